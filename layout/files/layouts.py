"""Layout files: the values of a candidate, by subject and field, in the units people use.

scenario: machining cell
digest: 3f2a...
layout:
  mill 1: {x: 2.1, y: 4.0, yaw: 90}         # m, degrees
  tender: {x: 4, y: 3, dispatch: nearest}
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from layout import units
from layout.errors import Problem, ScenarioError
from layout.files.group_checks import homeless
from layout.files.yaml import Document, KeyPath, did_you_mean, read_document
from layout.model.line import Layout
from layout.model.places import instances, own_places
from layout.model.quantities import Choose, Range
from layout.model.scenario import Scenario, ScenarioSpec, Variable
from layout.model.transport import Conveyor, Robot, Vehicle

# What rounding in a file may cost: a value this near to its domain is snapped to it (m, rad, m/s).
SNAP = 1e-6

_DIMENSIONS = {"x": "length", "y": "length", "yaw": "angle", "speed": "speed"}
_TURN = 2 * math.pi


def load_layout(path: Path, scenario: Scenario, note: Callable[[Problem], None] | None = None) -> Layout:
    """A layout file as the values of a scenario's design variables. Raises ScenarioError with all findings.

    note : told where the file fits but was made for another scenario, or for this one before it or its models changed
    """
    document = read_document(Path(path))
    data = document.data
    if not isinstance(data, dict) or "layout" not in data:
        keys = data if isinstance(data, dict) else ()
        near = [key for key in keys if did_you_mean(key, ["layout"]).startswith("did")]
        hint = f"rename '{near[0]}' to 'layout'" if near else "write 'layout:' and below it a line for each subject"
        raise ScenarioError(document.problem("is missing", ("layout",), hint=hint))
    values, problems = parse_start(document, ("layout",), scenario.spec, scenario.variables)
    if problems and data.get("scenario") not in (None, scenario.name):
        what = "this layout was made for another scenario"
        problems.insert(0, document.problem(what, ("scenario",), data["scenario"], f"this one is '{scenario.name}'"))
    if problems:
        raise ScenarioError(problems)
    if note is not None:
        if data.get("scenario") not in (None, scenario.name):
            what, hint = "made for another scenario", f"this one is '{scenario.name}'; its values fit, so they are used"
            note(document.problem(what, ("scenario",), data["scenario"], hint))
        elif data.get("digest") not in (None, scenario.digest):
            hint = "its values fit, so they are used; its figures may differ from those found then"
            note(
                document.problem("the scenario or its models have changed since this was made", ("digest",), hint=hint)
            )
    return Layout(values)


def dump_layout(layout: Layout, scenario: Scenario, extra: Mapping[str, Any] | None = None) -> str:
    """A layout as the text of a layout file that `load_layout` reads back to the same values.

    extra : more keys for the head of the file (figures for people; they are not read back)
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.comments import CommentedMap

    body = CommentedMap()
    for subject, fields in layout_to_mapping(layout, scenario).items():
        body[subject] = CommentedMap(fields)
        body[subject].fa.set_flow_style()
    head = {"scenario": scenario.name, "digest": scenario.digest, **(extra or {})}
    yaml = YAML(typ="rt")
    yaml.width = 1_000_000
    yaml.allow_unicode = True
    text = io.StringIO()
    yaml.dump(CommentedMap({**head, "layout": body}), text)
    return text.getvalue()


def layout_to_mapping(layout: Layout, scenario: Scenario) -> dict[str, dict[str, Any]]:
    """Subject -> field -> value in the units people use (m, degrees, m/s), in the scenario's order."""
    made: dict[str, dict[str, Any]] = {}
    for variable in scenario.variables:
        if variable.name in layout.values:
            value = _written(variable, layout.values[variable.name])
            made.setdefault(variable.subject, {})[variable.field] = value
    return made


def parse_start(
    document: Document, path: KeyPath, spec: ScenarioSpec, variables: Iterable[Variable]
) -> tuple[dict[str, Any], list[Problem]]:
    """Values by variable name (SI, radians) from the mapping at a path of a document, and all that is wrong there.

    Values of machines that the given counts leave out may be missing.
    """
    given = document.get(path)
    by_name = {(v.subject, v.field): v for v in variables}
    fixed = _fixed(spec)
    unplaced = homeless(spec)
    subjects = list(dict.fromkeys(subject for subject, _ in [*by_name, *fixed]))
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    if not isinstance(given, dict):
        given = {}
        problems.append(document.problem("must be a mapping of 'subject: {field: value}' lines", path))
    for subject, fields in given.items():
        here = (*path, subject)
        if subject not in subjects:
            hint = did_you_mean(subject, subjects, "there are")
            ruled = [v.subject for v in by_name.values() if v.field == subject == "routing"]
            if ruled:
                hint = f"give it by operation: {ruled[0]}: {{routing: ...}}"
            problems.append(
                document.problem("no machine, transport, people or operation of that name", here, subject, hint)
            )
        elif not isinstance(fields, dict):
            problems.append(document.problem("must be a mapping, such as {x: 2.1, y: 4}", here, fields))
        else:
            for field, raw in _flat(fields).items():
                at = (*here, field) if field in fields else (*here, *field.split("."))
                variable = by_name.get((subject, field))
                if variable is None and (subject, field) in fixed:
                    if not _same(fixed[subject, field], _parsed(field, raw)):
                        value = _human(field, fixed[subject, field])
                        hint = "leave it out, or let the scenario choose it"
                        problems.append(document.problem(f"is fixed at {value} in the scenario", at, raw, hint))
                elif variable is None and subject in unplaced and field in ("x", "y", "yaw"):
                    continue  # told where the place is missing
                elif variable is None:
                    known = [f for s, f in [*by_name, *fixed] if s == subject]
                    hint = did_you_mean(field, known, "it has")
                    problems.append(document.problem("no design variable of that name", at, raw, hint))
                else:
                    try:
                        values[variable.name] = read_value(variable, raw)
                    except ValueError as trouble:
                        what, _, hint = str(trouble).partition("; ")
                        values[variable.name] = None
                        problems.append(document.problem(what, at, raw, hint))
    left_out: dict[str, list[Variable]] = {}
    for variable in by_name.values():
        if variable.name not in values and _needed(variable, spec, values):
            left_out.setdefault(variable.subject, []).append(variable)
    meant = {problem.hint for problem in problems if problem.hint.startswith("did you mean")}
    for subject, missing in left_out.items():
        if f"did you mean '{subject}'?" in meant:
            continue
        what = f"gives no {_and([variable.field for variable in missing])} for {subject}"
        add = ", ".join(f"{variable.field} {_domain(variable)}" for variable in missing)
        hint = f"add {add}" if subject in given else f"under '{subject}:' add {add}"
        problems.append(document.problem(what, (*path, subject) if subject in given else path, hint=hint))
    return values, problems


def _and(words: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def read_value(variable: Variable, raw: object) -> Any:
    """A written value as the design variable's own, snapped to its domain. ValueError where it lies outside."""
    value = _parsed(variable.field, raw)
    domain = variable.domain
    turns = (0.0, _TURN, -_TURN) if variable.field == "yaw" else (0.0,)
    if isinstance(value, float):
        if isinstance(domain, Range):
            for turn in turns:
                if domain.low - SNAP <= value + turn <= domain.high + SNAP:
                    return min(max(value + turn, domain.low), domain.high)
        else:
            for turn in turns:
                nearest = min(domain.options, key=lambda option: abs(option - value - turn))
                if abs(nearest - value - turn) <= SNAP:
                    return nearest
    elif isinstance(domain, Choose) and any(value == option for option in domain.options):
        return value
    raise ValueError(f"is not {_domain(variable)}; choose one there, or widen the scenario's")


def _parsed(field: str, raw: object) -> Any:
    if field in _DIMENSIONS:
        return units.parse(raw, _DIMENSIONS[field])
    if field == "mirror":
        if not isinstance(raw, bool):
            raise ValueError("must be true or false")
        return raw
    if field in ("dispatch", "routing"):
        if not isinstance(raw, str):
            raise ValueError(f"must be the name of a {field} rule")
        return raw
    if isinstance(raw, bool) or not isinstance(raw, int):
        raise ValueError("must be a whole number")
    return raw


def _same(fixed: Any, value: Any) -> bool:
    return abs(fixed - value) <= SNAP if isinstance(fixed, float) and isinstance(value, float) else bool(fixed == value)


def _flat(fields: Mapping[str, Any]) -> dict[str, Any]:
    """`buffer: {in: 1}` is as good as `buffer.in: 1`."""
    flat: dict[str, Any] = {}
    for field, raw in fields.items():
        if isinstance(raw, dict):
            flat |= {f"{field}.{below}": value for below, value in raw.items()}
        else:
            flat[field] = raw
    return flat


def _fixed(spec: ScenarioSpec) -> dict[tuple[str, str], Any]:
    """What the scenario settles itself: (subject, field) -> value."""
    given: dict[tuple[str, str], Any] = {}
    for name, machine in spec.machines.items():
        given |= {(name, "count"): machine.count}
        given |= {(name, "buffer.in"): machine.buffer.in_, (name, "buffer.out"): machine.buffer.out}
    for name, transport in spec.transport.items():
        if isinstance(transport, Robot):
            given[name, "dispatch"] = transport.dispatch
        elif isinstance(transport, Conveyor):
            given[name, "speed"] = transport.speed_m_s
        elif isinstance(transport, Vehicle):
            given |= {(name, "fleet"): transport.fleet, (name, "dispatch"): transport.dispatch}
            given[name, "speed"] = transport.speed_m_s
    for subject, place in own_places(spec).items():
        given |= {(subject, "x"): place.x, (subject, "y"): place.y, (subject, "yaw"): place.yaw}
    given |= {(name, "mirror"): group.mirror for name, group in spec.groups.items()}
    given |= {(name, "number"): people.number for name, people in spec.people.items()}
    given |= {(operation, "routing"): rule for operation, rule in spec.routing.items()}
    return {key: value for key, value in given.items() if not isinstance(value, (Choose, Range))}


def _needed(variable: Variable, spec: ScenarioSpec, values: Mapping[str, Any]) -> bool:
    """Whether a variable needs a value, given how many of its machine the values ask for."""
    for name, machine in spec.machines.items():
        names = instances(name, machine)
        if variable.subject in names and variable.subject != name and isinstance(machine.count, Choose):
            count = values.get(f"{name}.count", max(machine.count.options))
            return count is not None and names.index(variable.subject) < count  # None: what was given is wrong
    return True


def _written(variable: Variable, value: Any) -> Any:
    """A value in the units of the file, such that it reads back to the same."""
    value = _plain(value)
    if not isinstance(value, float) or variable.field != "yaw":
        return value
    with suppress(ValueError):
        for candidate in _degrees(value):
            if read_value(variable, candidate) == value:
                return candidate
    return f"{value!r} rad"


def _degrees(value_rad: float) -> Iterable[int | float]:
    """Ways to write an angle in degrees, shortest first."""
    degrees = math.degrees(value_rad)
    if float(round(degrees)) == round(degrees, 9):
        yield round(degrees)
    for digits in (1, 3, 6, 9, 12, 13, 14):
        yield round(degrees, digits)
    yield degrees
    yield math.nextafter(degrees, math.inf)
    yield math.nextafter(degrees, -math.inf)


def _plain(value: Any) -> Any:
    """NumPy scalars as Python's own."""
    return value.item() if hasattr(value, "item") else value


def _human(field: str, value: Any) -> str:
    if field == "yaw":
        return f"{math.degrees(value):.6g} degrees"
    unit = {"x": " m", "y": " m", "speed": " m/s"}.get(field, "")
    return f"{value:.6g}{unit}" if isinstance(value, float) else f"{value}{unit}"


def _domain(variable: Variable) -> str:
    domain, field = variable.domain, variable.field
    if isinstance(domain, Range):
        return f"from {_human(field, domain.low)} to {_human(field, domain.high)}"
    return f"one of {', '.join(_human(field, option) for option in domain.options)}"
