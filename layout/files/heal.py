"""A scenario with mistakes made whole, so that the checks behind the schema can run and all findings come at once.

What is wrong is replaced by something harmless. Nothing made here is ever simulated: it serves to look for further
mistakes, and findings that a replacement itself may have caused are left out.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from layout.errors import Problem
from layout.files.schema import error_paths, keys_at
from layout.files.yaml import Document, KeyPath, did_you_mean, dotted
from layout.model.distribution import KINDS
from layout.model.scenario import ScenarioSpec

# Replacing one thing can bring up another, such as a key that is missing now.
ROUNDS = 6
# What the search may set, and the start then gives.
_FREE = ("place", "count", "buffer", "dispatch", "speed", "kind")
_SQUARE = [[0, 0], [1, 0], [1, 1]]
_EVERYWHERE = [[-1e4, -1e4], [1e4, -1e4], [1e4, 1e4], [-1e4, 1e4]]


@dataclass(frozen=True)
class Healed:
    """A scenario made whole, the paths of what was replaced in it, and those that keys were moved to."""

    spec: ScenarioSpec
    paths: tuple[KeyPath, ...]
    guessed: tuple[KeyPath, ...] = ()

    def hides(self, problem: Problem) -> bool:
        """Whether a finding may come of a replacement."""
        if problem.where in map(dotted, self.guessed):
            return True
        section, _, rest = problem.where.partition(".")
        for path in self.paths:
            here = dotted(path)
            if problem.where == here or problem.where.startswith((f"{here}.", f"{here}[")):
                return True
            if len(path) > 2 and problem.where == dotted(path[:-1]):
                return True
            if path[0] == section and section in ("time", "objectives"):
                return True
            free = path[0] in ("machines", "transport") and (len(path) < 3 or path[2] in _FREE)
            if free and section == "start" and (not rest or rest.startswith(str(path[1] if len(path) > 1 else ""))):
                return True
            if problem.where == path[0]:
                return True
        return False


def heal(document: Document) -> Healed | None:
    """The document with its mistakes replaced; None where too little of it is left to look any further."""
    data = copy.deepcopy(document.data)
    paths: list[KeyPath] = []
    guessed: list[KeyPath] = []
    for _ in range(ROUNDS):
        try:
            return Healed(ScenarioSpec.model_validate(data), tuple(paths), tuple(guessed))
        except ValidationError as trouble:
            mended: list[KeyPath] = []
            for kind, path in list(error_paths(trouble, replace(document, data=data))):
                if any(path[: len(done)] == done for done in mended):
                    continue
                meant = kind == "extra_forbidden" and _nearest(replace(document, data=data), path)
                if meant:
                    guessed.append((*path[:-1], meant))
                replaced = _rename(data, path, meant) if meant else _mend(data, path, kind == "extra_forbidden")
                if replaced is None:
                    return None
                mended.append(replaced)
            paths += mended
    return None


def lost(document: Document) -> bool:
    """Whether the YAML's own problems cost it a machine, product or transport, so that names point nowhere."""
    sections = ("machines", "products", "transport")
    return any(p.where.count(".") <= 1 and p.where.split(".")[0] in sections for p in document.problems)


def _nearest(document: Document, path: KeyPath) -> str:
    """The key that an unknown one was probably meant to be."""
    known = keys_at(ScenarioSpec.model_json_schema(by_alias=True), document, path[:-1])
    hint = did_you_mean(str(path[-1]), known)
    return hint.split("'")[1] if hint.startswith("did") else ""


def _rename(data: dict[str, Any], path: KeyPath, meant: str) -> KeyPath:
    """Take an unknown key for the one that was meant, unless that is there too."""
    holder = _at(data, path[:-1])
    value = holder.pop(path[-1])
    holder.setdefault(meant, value)
    return path


def _mend(data: dict[str, Any], path: KeyPath, unknown: bool) -> KeyPath | None:
    """Replace or remove what is wrong at a path; the path of what was replaced, None where that cannot be done."""
    if unknown:
        return path if _drop(data, path) else None
    cut, value = _replacement(data, path)
    if cut is None:
        return path if _drop(data, path) else None
    holder = _at(data, cut[:-1])
    if not isinstance(holder, dict):
        return None
    holder[str(cut[-1])] = value
    return cut


def _replacement(data: dict[str, Any], path: KeyPath) -> tuple[KeyPath | None, Any]:
    """Which part around a path to replace, and by what; None for the part where leaving it out will do."""
    operations = list(_operations(data))
    step = operations[0] if operations else "work"
    match path:
        case ("name",):
            return path, "x"
        case ("floor",) | ("floor", "boundary", *_):
            return (path, {"boundary": _EVERYWHERE}) if len(path) == 1 else (path[:2], _EVERYWHERE)
        case ("floor", "fences", _, *_):
            return path[:3], {"line": [[0, 0], [1, 0]]}
        case ("floor", "walkways", *_):
            return path[:2], None
        case ("safety", *_):
            return path[:1], {}
        case ("machines", _, "ports", *_):
            return path[:3], {}
        case ("transport", _, "rail", *_):
            return path[:3], None
        case ("floor", _, _, *_):
            return path[:3], {"polygon": _SQUARE}
        case ("objectives" | "time" | "start", *_):
            return None, None
        case ("products", _, "route", *_):
            return path[:3], [step]
        case ("machines", machine, "operations", operation, *rest):
            times = _at(data, ("machines", machine, "operations", operation))
            each = rest and isinstance(times, dict) and rest[0] in times and rest[0] not in KINDS
            return path[: 5 if each else 4], "1 s"
        case ("machines", _, "failures", _, *_):
            return path[:4], {"between": "10 h", "repair": "1 min"}
        case ("machines", _, "source", *_):
            return path[:3], "saturated"
        case ("machines", _, "sink"):
            return path, True
        case (_, _, "model"):
            return path, "?"
        case (_, _, "place") | (_, _, "place", "x" | "y", *_):
            return (path, {"x": 0, "y": 0}) if len(path) == 3 else (path[:4], 0)
        case ("transport", _, "serves", *_):
            return path[:3], list(data.get("machines") or {})
        case ("transport", name, "kind"):
            return path, _kind(_at(data, ("transport", name)))
        case ("transport", name) if isinstance(_at(data, path), dict):
            return (*path, "kind"), _kind(_at(data, path))
    return None, None


def _kind(entry: Any) -> str:
    """The kind of a transport by what else it says."""
    return "robot" if "serves" in entry else "direct" if "time" in entry else "conveyor"


def _operations(data: dict[str, Any]) -> Iterator[str]:
    machines = data.get("machines")
    for machine in machines.values() if isinstance(machines, dict) else ():
        operations = machine.get("operations") if isinstance(machine, dict) else None
        yield from operations if isinstance(operations, dict) else ()


def _at(data: Any, path: KeyPath) -> Any:
    for key in path:
        try:
            data = data[key]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def _drop(data: Any, path: KeyPath) -> bool:
    """Leave out what stands at a path, so that it gets its default; a list is left out as a whole."""
    while path and isinstance(path[-1], int):
        path = path[:-1]
    holder = _at(data, path[:-1])
    if not path or not isinstance(holder, dict) or path[-1] not in holder:
        return False
    del holder[path[-1]]
    return True
