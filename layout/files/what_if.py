"""A run's scenario with something settled by hand: subjects pinned where its best layout has them, zones forbidden."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from layout.errors import Problem, SearchError
from layout.files.atomic import write_text
from layout.files.freeze import freeze
from layout.files.layouts import layout_to_mapping, load_layout
from layout.files.polygons import fault
from layout.files.runs import RunFolder
from layout.files.yaml import did_you_mean
from layout.model.line import Layout
from layout.model.places import grouped, own_places
from layout.model.realise import realise
from layout.model.scenario import Scenario

PLACE = ("x", "y", "yaw")


def what_if(run: RunFolder, pins: Sequence[str], zones: Sequence[str], into: Path) -> Path:
    """Write the run's scenario anew; the path of its file. It starts from the run's best layout.

    pins : machines, arms or groups that stand fast where the best layout has them
    zones : polygons, as text [[x, y], ...] (m), that footprints keep clear of
    into : an empty folder
    Raises SearchError with all that is wrong with pins and zones.
    """
    scenario = run.scenario()
    best = load_layout(run.path / "best.yaml", scenario)
    areas, problems = _areas(zones)
    places = _places(scenario, best, pins, problems)
    if problems:
        raise SearchError(problems)
    freeze(scenario, into)
    from ruamel.yaml import YAML

    yaml, file = YAML(), into / "scenario.yaml"
    yaml.width = 1_000_000
    document = yaml.load(file.read_text(encoding="utf-8-sig"))
    if places:
        document["pins"] = {**(document.get("pins") or {}), **places}
    if areas:
        known = document["floor"].get("keep_clear") or {}
        number = sum(name.startswith("forbidden") for name in known)
        named = {f"forbidden {number + i}": {"polygon": area} for i, area in enumerate(areas, 1)}
        document["floor"]["keep_clear"] = {**known, **named}
    start = {
        subject: {name: value for name, value in fields.items() if subject not in places or name not in PLACE}
        for subject, fields in layout_to_mapping(best, scenario).items()
    }
    document["start"] = {subject: fields for subject, fields in start.items() if fields}
    text = io.StringIO()
    yaml.dump(document, text)
    write_text(file, text.getvalue())
    return file


def _places(
    scenario: Scenario, best: Layout, pins: Sequence[str], problems: list[Problem]
) -> dict[str, dict[str, float | str]]:
    spec = scenario.spec
    known, members = own_places(spec), grouped(spec)
    line = realise(scenario, best)
    poses = {name: station.pose for name, station in line.stations.items()}
    poses |= {name: arm.pose for name, arm in line.arms.items()}
    found: dict[str, dict[str, float | str]] = {}
    for name in pins:
        if name in members:
            hint = f"pin the group '{members[name]}'"
            problems.append(Problem("moves with its group", where="--pin", value=name, hint=hint))
        elif name not in known:
            copies = [subject for subject in known if subject.startswith(f"{name} ")]
            hint = f"name one of {', '.join(copies)}" if copies else did_you_mean(name, known, "there are")
            problems.append(Problem("no machine, arm or group of that name", where="--pin", value=name, hint=hint))
        elif name in poses:
            pose = poses[name]
            found[name] = {"x": pose.x_m, "y": pose.y_m, "yaw": _degrees(pose.yaw_rad)}
        elif name in spec.groups:
            x, y, yaw = (float(best.values.get(f"{name}.{field}", getattr(known[name], field))) for field in PLACE)
            found[name] = {"x": x, "y": y, "yaw": _degrees(yaw)}
        else:
            hint = "the best layout has fewer of it"
            problems.append(Problem("does not stand in the best layout", where="--pin", value=name, hint=hint))
    return found


def _degrees(yaw_rad: float) -> float | str:
    degrees = round(math.degrees(yaw_rad), 9)
    return degrees if math.radians(degrees) == yaw_rad else f"{yaw_rad!r} rad"


def _areas(zones: Sequence[str]) -> tuple[list[list[list[float]]], list[Problem]]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    found: list[list[list[float]]] = []
    problems: list[Problem] = []
    for zone in zones:
        hint = 'list its corners in order around it, in metres: "[[1, 2], [3, 2], [3, 4]]"'
        try:
            given: Any = YAML(typ="safe").load(zone)
            corners = [[float(x), float(y)] for x, y in given]
        except (YAMLError, TypeError, ValueError):
            problems.append(Problem("is no list of points", where="--forbid", value=zone, hint=hint))
            continue
        wrong = "needs at least 3 corners" if len(corners) < 3 else fault(tuple((x, y) for x, y in corners))
        if wrong:
            problems.append(Problem(f"the zone {wrong}", where="--forbid", value=zone, hint=hint))
        found.append(corners)
    return found, problems
