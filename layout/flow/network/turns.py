"""Cycles of arms and fleets as tables: the stations they take parts from in turn, and what feeds these."""

from __future__ import annotations

from collections.abc import Mapping

from layout.errors import LayoutError, Problem
from layout.flow.paths import Paths, by_name
from layout.model.line import Arm, Fleet, Line

CYCLE = "cycle"


def turns_of(crew: Arm | Fleet, line: Line, paths: Paths) -> list[tuple[str, list[str] | None]]:
    """Stations in turn, each with those from which parts come there by others than this crew, itself first.

    None instead where a source is among these: there will always be parts. Raises LayoutError where there is no cycle,
    or it names stations that the crew does not serve.
    """
    if crew.dispatch != CYCLE:
        return []
    wrong = [s for s in dict.fromkeys(crew.cycle) if s not in crew.serves or s not in line.stations]
    problems = [Problem(f"{crew.name!r} takes parts in its cycle from what it does not serve", value=s) for s in wrong]
    if not crew.cycle:
        hint = "give it `cycle: [...]`, the machines it takes parts from in turn"
        problems.append(Problem(f"{crew.name!r} has dispatch 'cycle' and no cycle", hint=hint))
    if problems:
        raise LayoutError(problems)
    brought = _brought(crew, paths)
    sources = {s for product in line.products.values() for s in product.sources if line.stations[s].is_source}
    found: list[tuple[str, list[str] | None]] = []
    for station in crew.cycle:
        feeders = _feeders(station, brought)
        found.append((station, None if sources & set(feeders) else feeders))
    return found


def _brought(crew: Arm | Fleet, paths: Paths) -> Mapping[str, set[str]]:
    """Station -> where parts come from by other transports than this crew."""
    brought: dict[str, set[str]] = {}
    for (origin, target), transports in paths.legs.items():
        if any(name != crew.name for name in transports):
            brought.setdefault(target, set()).add(origin)
    return brought


def _feeders(station: str, brought: Mapping[str, set[str]]) -> list[str]:
    found = [station]
    for here in found:
        found += by_name(brought.get(here, set()) - set(found))
    return found
