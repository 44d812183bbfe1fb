"""Event logs of a simulated run: a table (CSV), and an object-centric log (OCEL 2.0, https://www.ocel-standard.org).

Times of a run count from its start; in a log the start is `EPOCH`, a Monday's midnight. An event is stamped with its
end, and says when it began, as process-mining tools have it.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from layout.errors import LayoutError, Problem
from layout.files.atomic import write_text
from layout.files.yaml import did_you_mean
from layout.model.line import Line
from layout.model.results import TraceEvent

EPOCH = datetime(2001, 1, 1, tzinfo=timezone.utc)
COLUMNS = (
    "part", "activity", "resource", "start_timestamp", "timestamp", "start_s", "end_s", "state", "product", "operation",
    "origin", "target",
)  # fmt: skip
TABLE, OBJECTS = (".csv",), (".json", ".jsonocel")
ACTIVITIES = {
    "moving_empty": "move empty",
    "moving_loaded": "carry",
    "transit": "carry",
    "waiting": "wait",
    "blocked": "be blocked",
    "down": "be down",
}
"""Words for what is no operation, by state; hand-overs are `pick` and `place`."""
DIGITS = 6  # of seconds: what a time stamp holds


def usual_hour(horizon_s: float, warmup_s: float) -> int:
    """The hour of the shift that is shown where nobody chose one (1: the first): the first whole one after the warm-up.

    Where the shift is over before that, its last.
    """
    return min(math.ceil(warmup_s / 3600 - 1e-9) + 1, hours(horizon_s))


def hours(horizon_s: float) -> int:
    """How many hours a shift has, the last one begun included."""
    return max(math.ceil(horizon_s / 3600 - 1e-9), 1)


def span_of(hour: int, horizon_s: float) -> tuple[float, float]:
    """Start and end (s) of an hour of the shift."""
    return (hour - 1) * 3600.0, min(hour * 3600.0, horizon_s)


def targets(path: Path) -> tuple[Path, ...]:
    """The files that `--trace PATH` means: one by its suffix, without a suffix a table and an object-centric log.

    Raises LayoutError for any other suffix, and where the folder is not there.
    """
    suffix = path.suffix.lower()
    if suffix not in (*TABLE, *OBJECTS, ""):
        hint = f"name it {path.stem}.csv (a table), {path.stem}.json (OCEL 2.0), or {path.stem} (both)"
        raise LayoutError(Problem("an event log has another suffix", file=str(path), value=path.suffix, hint=hint))
    if not path.parent.is_dir():
        raise LayoutError(Problem("the folder is not there", file=str(path.parent), hint="make it first"))
    found = (path,) if suffix else (path.with_name(f"{path.name}.csv"), path.with_name(f"{path.name}.json"))
    for each in (path, *found):
        if each.is_dir():
            raise LayoutError(Problem("is a folder, not a file", file=str(each), hint="name a file in it"))
    return found


def write_log(path: Path, line: Line, events: Sequence[TraceEvent]) -> tuple[Path, ...]:
    """Write a run's event log into the files that `targets` names; their paths. LayoutError where they can't be."""
    paths = targets(path)
    for each in paths:
        made = (
            table(events)
            if each.suffix.lower() in TABLE
            else json.dumps(object_log(line, events), separators=(",", ":"))
        )
        try:
            write_text(each, made)
        except OSError as error:
            raise LayoutError(Problem("the event log can't be written", file=str(each), value=str(error))) from None
    return paths


def table(events: Sequence[TraceEvent]) -> str:
    """A line for each event, in order of start; `COLUMNS` at the top."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    for event, activity in zip(events, activities(events), strict=True):
        rows.writerow((
            event.part if event.part >= 0 else "", activity, event.resource, stamp(event.start_s), stamp(event.end_s),
            round(event.start_s, DIGITS), round(event.end_s, DIGITS), event.state, event.product, event.operation,
            event.origin, event.target,
        ))  # fmt: skip
    return text.getvalue()


def read_table(path: Path) -> tuple[TraceEvent, ...]:
    """The events of a table, as `table` writes it. LayoutError names the line that can't be understood."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file)
            return tuple(_event(row) for row in rows)
    except (OSError, ValueError, KeyError, TypeError, csv.Error) as error:
        raise LayoutError(
            Problem("the event log can't be read", file=str(path), value=f"{type(error).__name__}: {error}")
        ) from None


def _event(row: Mapping[str, str]) -> TraceEvent:
    start_s, end_s = float(row["start_s"]), float(row["end_s"])
    if not (math.isfinite(start_s) and math.isfinite(end_s)):
        raise ValueError(f"no time: {row['start_s']}, {row['end_s']}")
    return TraceEvent(
        start_s, end_s, row["resource"], row["state"], int(row["part"] or -1), row["product"], row["origin"],
        row["target"], row["operation"],
    )  # fmt: skip


def activities(events: Iterable[TraceEvent]) -> list[str]:
    """What each event is, in words: its operation, or what its state is called.

    Of the two hand-overs of a part by one arm or vehicle the first is a pick, the second a place.
    """
    holding: dict[str, int] = {}
    said = []
    for event in events:
        if event.state == "working":
            said.append(event.operation or "work")
        elif event.state == "handling":
            has = holding.get(event.resource, -1) == event.part
            holding[event.resource] = -1 if has else event.part
            said.append("place" if has else "pick")
        else:
            if event.state == "moving_loaded":
                holding[event.resource] = event.part
            said.append(ACTIVITIES.get(event.state, event.state.replace("_", " ")))
    return said


def stamp(time_s: float) -> str:
    """A time of the run (s) as a time stamp after ISO 8601, to the microsecond."""
    return (EPOCH + timedelta(seconds=time_s)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def object_log(line: Line, events: Sequence[TraceEvent]) -> dict[str, Any]:
    """The events as OCEL 2.0 (JSON): parts, products, machines and transports as objects, events in order of end.

    An object's id is its type and its name: "machine mill 1". Relations of an event: the part is its "item", who does
    it its "resource"; what moves goes "from" a machine "to" another. A part "is a" product.
    """
    objects = _Objects(line)
    said = activities(events)
    order = sorted(range(len(events)), key=lambda i: (events[i].end_s, events[i].start_s, i))
    made = [_object_event(number, events[i], said[i], objects) for number, i in enumerate(order)]
    fields = (("start_timestamp", "time"), ("duration_s", "float"), ("state", "string"))
    return {
        "eventTypes": [
            {"name": name, "attributes": [{"name": field, "type": kind} for field, kind in fields]}
            for name in sorted(set(said))
        ],
        "objectTypes": [
            {"name": kind, "attributes": [{"name": field, "type": "string"} for field in given]}
            for kind, given in FIELDS.items()
        ],
        "events": made,
        "objects": objects.known(),
    }


FIELDS: Mapping[str, tuple[str, ...]] = {
    "part": ("product",),
    "product": ("name",),
    "machine": ("name", "model"),
    "transport": ("name", "kind"),
    "people": ("name",),
}
"""Attributes of the objects, by type."""


def _object_event(number: int, event: TraceEvent, activity: str, objects: _Objects) -> dict[str, Any]:
    related = [(objects.resource(event.resource), "resource")]
    if event.part >= 0:
        related.append((objects.part(event), "item"))
    if event.origin != event.target:
        related += [(objects.resource(n), q) for n, q in ((event.origin, "from"), (event.target, "to")) if n]
    elif event.origin and event.origin != event.resource:
        related.append((objects.resource(event.origin), "at"))
    return {
        "id": f"event {number}",
        "type": activity,
        "time": stamp(event.end_s),
        "attributes": [
            {"name": "start_timestamp", "value": stamp(event.start_s)},
            {"name": "duration_s", "value": round(event.end_s - event.start_s, DIGITS)},
            {"name": "state", "value": event.state},
        ],
        "relationships": [{"objectId": each, "qualifier": qualifier} for each, qualifier in related],
    }


class _Objects:
    """Objects met so far. Those of the line are known from the start, parts with their first event."""

    def __init__(self, line: Line) -> None:
        self._line = line
        kinds = {
            **dict.fromkeys(line.arms, "robot"),
            **{vehicle: "vehicle" for fleet in line.fleets.values() for vehicle in fleet.members},
            **dict.fromkeys(line.belts, "conveyor"),
            **dict.fromkeys(line.links, "direct"),
        }
        self._types = {
            **dict.fromkeys(line.staff, "people"),
            **dict.fromkeys(kinds, "transport"),
            **dict.fromkeys(line.stations, "machine"),
        }
        self._made: dict[str, dict[str, Any]] = {}
        for name in line.products:
            self._add("product", name, name=name)
        for name, station in line.stations.items():
            self._add("machine", name, name=name, model=station.model.name)
        for name, kind in kinds.items():
            self._add("transport", name, name=name, kind=kind)
        for name in line.staff:
            self._add("people", name, name=name)

    def resource(self, name: str) -> str:
        """The id of a machine, a transport or a pool of people. LayoutError where the line has none of that name."""
        if name not in self._types:
            hint = did_you_mean(name, self._types, "there are")
            raise LayoutError(Problem("an event names a resource that the line does not have", value=name, hint=hint))
        return f"{self._types[name]} {name}"

    def part(self, event: TraceEvent) -> str:
        """The id of the part of an event."""
        name = f"part {event.part}"
        if name not in self._made:
            self._add("part", str(event.part), event.start_s, product=event.product)
            self._made[name]["relationships"] = [{"objectId": f"product {event.product}", "qualifier": "is a"}]
        return name

    def known(self) -> list[dict[str, Any]]:
        """All of them."""
        return list(self._made.values())

    def _add(self, kind: str, called: str, since_s: float = 0.0, /, **given: str) -> None:
        self._made[f"{kind} {called}"] = {
            "id": f"{kind} {called}",
            "type": kind,
            "attributes": [{"name": n, "time": stamp(since_s), "value": value} for n, value in given.items()],
            "relationships": [],
        }
