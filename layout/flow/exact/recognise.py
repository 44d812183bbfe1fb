"""Is a line one that can be solved? Serial lines, single stations, carriers in a loop, fleets on one way.

Whatever a line uses that is not known here makes it none of them: fields are checked against a list of those that are.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any

from layout.flow.exact.mean_value import Stop
from layout.flow.paths import Paths, paths
from layout.model.distribution import Distribution
from layout.model.line import Line, LineProduct, Station
from layout.model.production import Failure
from layout.model.results import Moves

# Fields that have no say in throughput, or are understood here. With one product there are no set-ups and no choice of
# the next product, with one station for each operation no choice of a station.
_LINE = {"name", "layout", "floor", "time", "objectives", "safety", "products", "stations", "arms", "belts", "links",
         "fleets", "routing"}  # fmt: skip
_STATION = {"name", "machine", "model", "pose", "operations", "servers", "buffer_in", "buffer_out", "failures",
            "is_source", "arrivals", "is_sink", "power", "setup", "batch"}  # fmt: skip
_PRODUCT = {"name", "model", "mass_kg", "share", "route", "sources", "sinks"}
_HOST, _CARRIER = {"components", "releases"}, {"joined", "released", "circulates"}
_FLEET = {"name", "model", "units", "serves", "dispatch", "speed_m_s", "acceleration_m_s2", "power", "cycle"}


class UnsolvableError(Exception):
    """Why a line is none of the lines that can be solved."""


@dataclass(frozen=True)
class Work:
    """A station of a row: the times of its operations one after another, and how it fails."""

    name: str
    times: tuple[Distribution, ...]
    servers: int
    failures: Mapping[str, Failure]


@dataclass(frozen=True)
class Row:
    """Stations in a row, without transport times.

    buffers[i] : waiting places between station i and i + 1
    arrivals : time between parts that come from outside and wait without limit; None where parts always wait
    """

    stations: tuple[Work, ...]
    buffers: tuple[int, ...]
    arrivals: Distribution | None


@dataclass(frozen=True)
class Loop:
    """What goes round: how many, and where each of them spends its time (s) in a round."""

    what: str
    number: int
    stops: tuple[Stop, ...]


def row(line: Line, moves: Moves) -> Row:
    """A line as stations in a row. Raises UnsolvableError."""
    _only(line, _LINE, "the line")
    product = _one_product(line)
    _only(product, _PRODUCT, f"product {product.name!r}")
    graph, here = paths(line), product.sources[0]
    visits: list[tuple[Station, list[Distribution]]] = [(line.stations[here], [])]
    for operation in (*product.route, None):
        able = line.able(operation, product.name) if operation else product.sinks
        target = _single(able, f"stations for {operation!r}" if operation else "sinks")
        if target != here:
            _at_once(line, graph, here, target)
            visits.append((line.stations[target], []))
            here = target
        if operation:
            visits[-1][1].append(line.stations[here].operations[operation][product.name])
    for station, _ in visits:
        _plain(station, moves)
    if len({station.name for station, _ in visits}) < len(visits):
        raise UnsolvableError("parts come to a station twice")
    first, last = visits[0][0], visits[-1][0]
    if any(station.is_source for station, _ in visits[1:]) or not last.is_sink:
        raise UnsolvableError("sources or sinks lie in the middle")
    buffers = [a.buffer_out + b.buffer_in for (a, _), (b, _) in itertools.pairwise(visits)]
    ends = visits[0], visits[-1]
    if not visits[0][1] and len(visits) > 1:  # a dock that always has a part, or hands on what comes
        visits, buffers = visits[1:], buffers[1:]
    if not visits[-1][1] and len(visits) > 1:  # what comes there is gone
        visits, buffers = visits[:-1], buffers[:-1]
    if any(station.failures for station, times in ends if not times):
        raise UnsolvableError("a dock fails")
    if any(not times for _, times in visits):
        raise UnsolvableError("parts pass through a station where nothing is done")
    works = tuple(Work(s.name, tuple(times), s.servers, s.failures) for s, times in visits)
    return Row(works, tuple(buffers), first.arrivals)


def loop(line: Line, moves: Moves) -> Loop:
    """Carriers that go round among stations with room for all of them, or a fleet on its one way.

    Raises UnsolvableError.
    """
    return _fleet(line, moves) if line.fleets else _carriers(line, moves)


def _fleet(line: Line, moves: Moves) -> Loop:
    """Vehicles that bring what always waits at one dock to another, which takes it at once."""
    _only(line, _LINE, "the line")
    product = _one_product(line)
    _only(product, _PRODUCT, f"product {product.name!r}")
    name = _single(tuple(line.fleets), "fleets")
    fleet, times = line.fleets[name], moves.fleets.get(name)
    _only(fleet, _FLEET, f"fleet {name!r}")
    origin, target = product.sources[0], _single(product.sinks, "sinks")
    if paths(line).legs.get((origin, target)) != (name,):
        raise UnsolvableError("parts have another way than one fleet")
    if times is None:
        raise UnsolvableError(f"the moves of {name!r} are not known")
    if product.route or line.stations[origin].arrivals is not None:
        raise UnsolvableError("the fleet waits for parts")
    for station in (origin, target):
        _plain(line.stations[station], moves)
    i, j = times.stations.index(origin), times.stations.index(target)
    back = times.travel_s if times.empty_s is None else times.empty_s
    round_s = times.handover_s[i] + times.travel_s[i, j] + times.handover_s[j] + back[j, i]
    return Loop(name, fleet.units, (Stop(float(round_s), None),))


def _carriers(line: Line, moves: Moves) -> Loop:
    """Exponential stations that a carrier visits in turn; the part is loaded at the source and unloaded at the sink."""
    _only(line, _LINE, "the line")
    carriers = [p for p in line.products.values() if p.circulates]
    carrier = line.products[_single(tuple(p.name for p in carriers), "products that circulate")]
    hosts = tuple(p.name for p in line.products.values() if p is not carrier)
    host = line.products[_single(hosts, "products on the carriers")]
    _only(carrier, _PRODUCT | _CARRIER, f"product {carrier.name!r}")
    _only(host, _PRODUCT | _HOST, f"product {host.name!r}")
    if (
        not host.route
        or host.components != {host.route[0]: {carrier.name: 1}}
        or (host.releases != {host.route[-1]: {carrier.name: 1}})
    ):
        raise UnsolvableError("parts are not on one carrier from their first operation to their last")
    if carrier.route:
        raise UnsolvableError("carriers are worked on by themselves")
    names = [_single(line.able(op, host.name), f"stations for {op!r}") for op in host.route]
    if len(set(names)) < len(names):
        raise UnsolvableError("a station does several operations")
    first, last = line.stations[names[0]], line.stations[names[-1]]
    if host.sources != (first.name,) or not first.saturated or host.sinks != (last.name,):
        raise UnsolvableError("parts do not enter where they are loaded and leave where they are unloaded")
    graph, stops = paths(line), []
    for origin, target in zip(names, [*names[1:], names[0]], strict=True):
        legs = graph.legs.get((origin, target), ())
        if len(legs) != 1 or legs[0] not in line.links:
            raise UnsolvableError(f"carriers go from {origin!r} to {target!r} otherwise than by one link")
        if line.links[legs[0]].time_s > 0:
            stops.append(Stop(line.links[legs[0]].time_s, None))
    for operation, name in zip(host.route, names, strict=True):
        station = line.stations[name]
        _plain(station, moves, {"inlets"})
        work = station.operations[operation][host.name]
        room = station.inlets.get(carrier.name, 0) if name == names[0] else station.servers + station.buffer_in
        if work.kind != "exponential" or station.failures:
            raise UnsolvableError(f"{name!r} has no exponential time, or fails")
        if room < carrier.circulates:
            raise UnsolvableError(f"{name!r} has no room for all carriers")
        stops.append(Stop(work.mean_s, station.servers))
    return Loop(carrier.name, carrier.circulates, tuple(stops))


_WRITTEN = {"staff": "people", "buffer_in": "buffer", "buffer_out": "buffer"}  # field -> as scenarios have it


def _only(thing: Any, known: set[str], what: str) -> None:
    """Raise UnsolvableError where a field that is not known differs from its default."""
    for field in fields(thing):
        if field.name in known:
            continue
        default = field.default
        if default is MISSING and field.default_factory is not MISSING:
            default = field.default_factory()
        if getattr(thing, field.name) != default:
            raise UnsolvableError(f"{what} uses {_WRITTEN.get(field.name, field.name)!r}")


def _plain(station: Station, moves: Moves, known: set[str] | None = None) -> None:
    _only(station, _STATION | (known or set()), repr(station.name))
    doors = moves.doors.get(station.name)
    if doors is not None and doors.close_s + doors.open_s > 0:
        raise UnsolvableError(f"{station.name!r} has doors")


def _at_once(line: Line, graph: Paths, origin: str, target: str) -> None:
    legs = graph.legs.get((origin, target), ())
    carried = [name for name in legs if name not in line.links or line.links[name].time_s > 0]
    if carried:
        raise UnsolvableError(f"{carried[0]!r} carries parts from {origin!r} to {target!r}")
    if not legs:
        raise UnsolvableError(f"parts go from {origin!r} to {target!r} by way of others")


def _one_product(line: Line) -> LineProduct:
    product = line.products[_single(tuple(line.products), "products")]
    _single(product.sources, f"sources of {product.name!r}")
    return product


def _single(names: tuple[str, ...], what: str) -> str:
    if len(names) != 1:
        raise UnsolvableError(f"there are {len(names) or 'no'} {what}")
    return names[0]
