"""Which machines stand in a row, so that the end of an operation there can be dealt with in one go (`direct`).

A machine qualifies only by what is known here: whatever else a station, product or line has must be at its default.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from layout.flow.kernel.records import LEAVE, World
from layout.flow.paths import by_name
from layout.model.line import Line, LineProduct, Station
from layout.model.results import Moves

_KNOWN = {
    Station: {"name", "machine", "model", "pose", "operations", "servers", "buffer_in", "buffer_out", "failures",
              "is_source", "arrivals", "is_sink", "power"},
    LineProduct: {"name", "model", "mass_kg", "share", "route", "sources", "sinks"},
    Line: {"name", "layout", "floor", "time", "objectives", "products", "stations", "links", "arms", "belts", "fleets",
           "safety"},
}  # fmt: skip
_POSITIVE = {"exponential", "erlang", "gamma", "lognormal", "weibull", "triangular", "uniform"}  # never 0 s


def mark_rows(line: Line, moves: Moves, stations: tuple[str, ...], links: tuple[str, ...], world: World) -> None:
    """Fill in what `records.SERVER` says of rows."""
    if all(line.links[name].time_s > 0 for name in links) or not all(map(_usual, (line, *line.products.values()))):
        return
    served = {s for arm in line.arms.values() for s in arm.serves} | {s for f in line.fleets.values() for s in f.serves}
    passed = _passed(line, world, stations)
    plain = [
        s not in passed and name not in moves.doors and _machine(line.stations[name]) for s, name in enumerate(stations)
    ]
    ways = [line.links[name] for name in links]
    table = world.servers[world.stations["server0"]]  # a copy: the first server of each station
    for s, name in enumerate(stations):
        into = [k for k, way in enumerate(ways) if way.target == name]
        out = [k for k, way in enumerate(ways) if way.origin == name]
        brought = name in served or any(belt.target == name for belt in line.belts.values())
        table[s]["row_fed"] = int(bool(into) or brought)
        table[s]["row_before"] = stations.index(ways[into[0]].origin) if len(into) == 1 and not brought else s
        roles = set(world.service[s][world.service[s] >= 0].tolist())
        table[s]["only"] = roles.pop() if len(roles) == 1 else -1
        ends = {_end(world, s, int(k)) for k in np.flatnonzero(world.service[s] >= 0)}
        if not plain[s] or line.stations[name].buffer_out > 0 or len(ends) != 1:
            continue
        role, n = ends.pop()
        if (role, n) == (LEAVE, s):
            table[s]["in_row"] = 1
        elif (
            n >= 0 and n != s and (plain[n] or role == LEAVE)
            and len(out) == 1 and ways[out[0]].time_s == 0 and ways[out[0]].target == stations[n]
            and name not in served and all(belt.origin != name for belt in line.belts.values())
        ):  # fmt: skip
            table[s]["in_row"], table[s]["row_link"], table[s]["row_next"] = 1, out[0], -1 if role == LEAVE else n
    world.run["rows"] = int(table["in_row"].any())
    for s in range(len(stations)):
        before = table[s]["row_before"]
        if not (table[before]["in_row"] and table[before]["row_next"] == s):
            table[s]["row_before"] = s
        elif before != s:
            table[s]["row_fed"] = 0
    for field in ("in_row", "row_next", "row_before", "row_link", "row_fed", "only"):
        world.servers[field] = table[field][world.servers["station"]]


def _usual(thing: Any) -> bool:
    """Whether all that is not known here is at its default."""
    for field in dataclasses.fields(thing):
        if field.name in _KNOWN[type(thing)]:
            continue
        made = field.default_factory
        default = field.default if made is dataclasses.MISSING else made()
        if getattr(thing, field.name) != default:
            return False
    return True


def _machine(station: Station) -> bool:
    times = [t for by_product in station.operations.values() for t in by_product.values()]
    return (
        station.servers == 1
        and _usual(station)
        and all(t.kind in _POSITIVE or (t.kind == "deterministic" and t.mean_s > 0) for t in times)
    )


def _passed(line: Line, world: World, stations: tuple[str, ...]) -> set[int]:
    """Stations that parts come to, or are made at, without an operation there."""
    passed = set()
    for i, name in enumerate(by_name(line.products)):
        product = line.products[name]
        here = {s for s, station in enumerate(stations) if station in product.sources}
        first = int(world.products[i]["step0"])
        for k in range(first, first + len(product.route) + 1):
            able = world.able[int(world.steps[k]["able0"]) : int(world.steps[k]["able1"])].tolist()
            waiting = list(here - set(able))
            passed |= set(waiting) if k == first else set()
            seen = set(waiting)
            while waiting:
                a = waiting.pop()
                for b in {int(world.hop[a, goal]) for goal in able} - seen - set(able) - {-1}:
                    passed.add(b)
                    seen.add(b)
                    waiting.append(b)
            here = set(able)
    return passed


def _end(world: World, s: int, step: int) -> tuple[int, int]:
    """Role and station of what comes after a step at station s; station -1 where there is a choice."""
    following = world.steps[step + 1]
    able = world.able[int(following["able0"]) : int(following["able1"])]
    if len(able) != 1:
        return 0, -1
    role = int(world.service[able[0], step + 1])
    return (role if role == LEAVE else 0), int(able[0])
