"""Which elementary moves a line makes, and when it has made each once: by its control, with the times assumed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from layout.flow import commands as told
from layout.model.line import Line
from layout.model.physical import PhysicalRun
from layout.model.results import Moves
from layout.rollout.waits import drive_through

Key = tuple[str, str, str, str]
"""Kind, resource (of vehicles their fleet), origin and target of an elementary move."""


def repertoire(line: Line, moves: Moves, *, seed: int | None, replication: int, until_s: float) -> dict[Key, float]:
    """Elementary moves that are made by a time (s), each with when it is over for the first time (s)."""
    found: dict[Key, float] = {}
    fleets = {member: name for name, fleet in line.fleets.items() for member in fleet.members}
    under_way: dict[str, list[Key]] = {}  # by vehicle: how long it waits for others is seen when it is told the next

    def done(kind: str, resource: str, origin: str, target: str, time_s: float) -> None:
        if time_s <= until_s:
            key = kind, resource, origin, target
            found[key] = min(found.get(key, math.inf), time_s)

    def hear(command: told.Command) -> None:
        now_s = command.time_s
        match command:
            case told.Move() if command.unit in fleets:
                for key in under_way.pop(command.unit, []):
                    done(*key, now_s)
                under_way[command.unit] = _drives(command, fleets[command.unit])
            case told.Move():
                there_s = now_s + command.travel_s
                if command.travel_s > 0.0:
                    done(_travels(command), command.unit, command.origin, command.target, there_s)
                if isinstance(command, (told.Fetch, told.Carry)):
                    kind = "pick" if isinstance(command, told.Fetch) else "place"
                    done(kind, command.unit, command.target, command.target, there_s + command.handling_s)
            case told.BeltEnter():
                belt = line.belts[command.belt]
                ends = command.belt, belt.origin, belt.target
                done("belt spacing", *ends, now_s + command.spacing_s)
                done("belt transit", *ends, now_s + command.transit_s)
            case told.Begin() if command.station in moves.doors and line.stations[command.station].servers == 1:
                at = 3 * (command.station,)
                if command.closing_s > 0.0:
                    done("close", *at, now_s + command.closing_s)
                if command.opens_s < math.inf:
                    done("open", *at, command.opens_s + moves.doors[command.station].open_s)

    drive_through(line, moves, seed=seed, replication=replication, until_s=until_s, hear=hear)
    return found


def unseen(line: Line, made: Mapping[Key, float], runs: Iterable[PhysicalRun]) -> tuple[Key, ...]:
    """Those of a line's elementary moves that none of some physical runs has timed."""
    fleets = {member: name for name, fleet in line.fleets.items() for member in fleet.members}
    seen = {(gap.kind, fleets.get(gap.resource, gap.resource), gap.origin, gap.target) for r in runs for gap in r.moves}
    return tuple(sorted(key for key in made if key not in seen))


def _drives(command: told.Move, fleet: str) -> list[Key]:
    """What a vehicle makes for a command."""
    keys: list[Key] = [("drive", fleet, command.origin, command.target)] if command.travel_s > 0.0 else []
    if isinstance(command, (told.Fetch, told.Carry)):
        keys.append(("hand-over", fleet, command.target, command.target))
    return keys


def _travels(command: told.Move) -> str:
    if isinstance(command, told.Home):
        return "home"
    return "loaded" if isinstance(command, told.Carry) else "empty"
