"""Which lines are rows of single machines, in which every part goes the same way: they are run by recursion.

A line qualifies only by what is known here. Whatever a line, station, product, link or failure has besides must be
at its default, so that a line with something new goes by events until the recursion has learnt it.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from layout.flow.kernel import records as rec
from layout.flow.kernel.machine_code import Code
from layout.flow.kernel.records import BLOCK, LANES, PLAN, SLOT
from layout.model.distribution import Distribution
from layout.model.line import Line, LineProduct, Link, Station
from layout.model.production import Failure
from layout.model.results import Moves

if TYPE_CHECKING:
    from layout.flow.network import Network

recur = Code("layout.flow.kernel.recursion", "recur", rec.RUN, PLAN)
MOST_PLACES = 4096  # before one station: the past that a block must know
_KNOWN: dict[type, set[str]] = {
    Line: {"name", "layout", "floor", "time", "objectives", "products", "stations", "links", "safety"},
    Station: {"name", "machine", "model", "pose", "operations", "servers", "buffer_in", "buffer_out", "failures",
              "is_source", "arrivals", "is_sink", "power"},
    LineProduct: {"name", "model", "mass_kg", "share", "route", "sources", "sinks"},
    Link: {"name", "origin", "target", "time_s"},
    Failure: {"clock", "between", "repair"},
    Moves: {"doors"},
}  # fmt: skip
_EMPTY: dict[type, set[str]] = {Line: {"arms", "belts"}}  # without a default


@dataclass(frozen=True)
class Row:
    """A line as the recursion takes it.

    stations : in the order of the row, the last one left out where it only takes parts out of the line
    plan, cells : tables as at time 0, without addresses; places : (stations,) bytes from the first cell to each
    jobs : (stations, products, 2) int, first and last place in `job`; job : numbers of process-time streams
    mean_s : time of the slowest station for a part, and between arrivals: at most so often can a part leave, and enter
    capacity : parts that are inside at most, those outside and on the last link left out
    """

    stations: tuple[str, ...]
    plan: Any
    cells: Any
    places: Any
    jobs: Any
    job: Any
    mean_s: tuple[float, float]
    capacity: int


def row_of(network: Network) -> Row | None:
    """The line as a row; None where it is more than that."""
    line, moves = network.line, network.moves
    order = _order(line)
    if order is None or not _plain_things(line, moves):
        return None
    stations = [line.stations[name] for name in order]
    ways = [_visits(line, product, order) for product in line.products.values()]
    known = [way for way in ways if way is not None]
    if len(known) < len(ways):
        return None
    at = np.array([[way.count(k) for way in known] for k in range(len(order))])  # operations by station and product
    exit_ = not at[-1].any()
    if exit_ and (stations[-1].failures or len(order) == 1):
        return None
    worked = at[:-1] if exit_ else at
    if not (exit_ or worked[-1].all()) or worked[0].any() != worked[0].all():
        return None  # parts would overtake
    return _Builder(network, order, exit_, worked).row()


def _plain_things(line: Line, moves: Moves) -> bool:
    """Whether nothing has anything that the recursion does not know."""
    things = [line, moves, *line.stations.values(), *line.products.values(), *line.links.values()]
    things += [mode for station in line.stations.values() for mode in station.failures.values()]
    return all(_only_known(thing) for thing in things)


def _only_known(thing: Any) -> bool:
    known, empty = _KNOWN[type(thing)], _EMPTY.get(type(thing), set())
    if isinstance(thing, BaseModel):
        fields = {name: field for name, field in type(thing).model_fields.items() if name not in known}
        defaults = {name: field.get_default(call_default_factory=True) for name, field in fields.items()}
        if any(default is PydanticUndefined for default in defaults.values()):
            return False
    else:
        defaults = {}
        for field in dataclasses.fields(thing):
            if field.name in known:
                continue
            if field.name in empty:
                defaults[field.name] = {}
            elif field.default is not dataclasses.MISSING:
                defaults[field.name] = field.default
            elif field.default_factory is not dataclasses.MISSING:
                defaults[field.name] = field.default_factory()
            else:
                return False
    return all(getattr(thing, name) == default for name, default in defaults.items())


def _order(line: Line) -> list[str] | None:
    """Stations from the only source to the only sink along the only links; None where there are others."""
    following = {link.origin: link.target for link in line.links.values()}
    if len(following) < len(line.links) or len(line.links) != len(line.stations) - 1:
        return None
    starts = set(line.stations) - set(following.values())
    if len(starts) != 1:
        return None
    order = [starts.pop()]
    while order[-1] in following and len(order) <= len(line.stations):
        order.append(following[order[-1]])
    stations = [line.stations[name] for name in order]
    if len(order) != len(line.stations) or any(s.servers != 1 or s.buffer_in + s.buffer_out > MOST_PLACES
                                               for s in stations):  # fmt: skip
        return None
    ends = [s.is_source for s in stations], [s.is_sink for s in stations]
    if ends != ([True] + [False] * (len(order) - 1), [False] * (len(order) - 1) + [True]):
        return None
    return order


def _visits(line: Line, product: LineProduct, order: list[str]) -> list[int] | None:
    """Places in the row where a product's operations are done, in turn; None if not one after the other."""
    if product.sources != (order[0],) or product.sinks != (order[-1],):
        return None
    places = []
    for operation in product.route:
        able = line.able(operation, product.name)
        if len(able) != 1:
            return None
        places.append(order.index(able[0]))
    return places if places == sorted(places) else None


class _Builder:
    """Builds the tables of one row."""

    def __init__(self, network: Network, order: list[str], exit_: bool, worked: Any) -> None:
        self.network, self.exit, self.worked = network, exit_, worked
        self.order = order[:-1] if exit_ else order
        self.at = [network.stations.index(name) for name in self.order]
        self.links = {network.line.links[name].origin: k for k, name in enumerate(network.links)}

    def row(self) -> Row:
        network, order = self.network, self.order
        line, world = network.line, network.world
        stations = [line.stations[name] for name in order]
        places = [1 + station.buffer_in for station in stations[1:]] + [1]  # of the next
        outs = [station.buffer_out for station in stations[:-1]] + [0]
        back = max([*places, *outs, LANES])
        slots = max(2, -(-len(order) // LANES))
        cells = np.zeros(slots, SLOT)
        wide = 8 * LANES * (slots + 1)
        for k in range(slots * LANES):
            slot, lane = k % slots, k // slots
            next_ = k + 1 if k + 1 < len(order) else slot + 1  # where there is none, as in the first lane
            room = _moment((k + 1) % slots, (k + 1) // slots, slots) - _moment(slot, lane, slots)
            room -= wide * (places[next_ - 1] if next_ < len(order) else 1)
            cells["at"][slot, lane], cells["room"][slot, lane] = _moment(slot, lane, slots), room
        cells["even"] = (cells["room"] == cells["room"][:, :1]).all(axis=1, keepdims=True)
        for k, station in enumerate(stations):
            doors = network.moves.doors.get(station.name)
            link = self.links.get(station.name, -1)
            server = int(world.stations["server0"][self.at[k]])
            modes = station.failures.values()
            for name, value in {
                "station": self.at[k], "server": server, "mode0": world.servers["mode0"][server], "modes": len(modes),
                "calendar": int(any(mode.clock == "calendar" for mode in modes)), "out": outs[k], "link": link,
                "transit": line.links[network.links[link]].time_s if link >= 0 else 0.0,
                "doors": int(doors is not None), "closing": doors.close_s if doors else 0.0,
                "opening": doors.open_s if doors else 0.0, "work": int(self.worked[k].any()), "ended": -1.0,
            }.items():  # fmt: skip
                cells[name][k % slots, k // slots] = value
        jobs, job = self.jobs()
        plan = np.zeros(1, PLAN)
        first = world.stations[self.at[0]]
        for name, value in {
            "cells": len(order), "slots": slots, "lag": (len(order) - 1) // slots, "wide": wide,
            "n_products": len(network.products), "arrivals": first["arrivals"],
            "mix": first["mix"], "mix0": first["mix0"], "mix1": first["mix1"], "late": int(not self.worked[0].any()),
            "plain": int(self.plain(cells)), "back": back, "past": back + BLOCK,
            "n_modes": world.modes.size * (rec.MODE.itemsize // 8),
            "n_streams": world.streams.size * (rec.STREAM.itemsize // 8),
            "n_places": len(network.links) + 3 * len(network.stations) + world.servers.size,
        }.items():  # fmt: skip
            plan[name] = value
        slowest, between = self.mean_s(), line.stations[order[0]].arrivals
        capacity = sum(places) + sum(outs) + 2
        at = np.array([k % slots * SLOT.itemsize + 8 * (k // slots) for k in range(len(order))])
        return Row(
            tuple(order), plan, cells, at, jobs, job, (slowest, between.mean_s if between else slowest), capacity
        )

    def jobs(self) -> tuple[Any, Any]:
        """Where each product's process-time streams at each station are, and all of them."""
        network, world = self.network, self.network.world
        jobs = np.zeros((len(self.order), len(network.products), 2), np.int64)
        job: list[int] = []
        for p, name in enumerate(network.products):
            route, step0 = network.line.products[name].route, int(world.products["step0"][p])
            for k, s in enumerate(self.at):
                roles = [int(world.service[s, step0 + n]) for n in range(len(route))]
                mine = [role for role in roles if role >= 0]
                jobs[k, p] = len(job), len(job) + len(mine)
                job += mine
        return jobs, np.array(job, np.int64)

    def plain(self, cells: Any) -> bool:
        """Whether blocks can go through without a second look: one operation of some time a station, no more."""
        line = self.network.line
        times = [d for name in self.order for by in line.stations[name].operations.values()
                 for d in by.values()]  # fmt: skip
        one = all((at == at[0]).all() and at[0] <= 1 for at in self.worked)
        return (
            one
            and not any(cells[name].any() for name in ("calendar", "doors", "out"))
            and not any(line.links[self.network.links[self.links[name]]].time_s for name in self.order[:-1])
            and all(map(_never_zero, times))
        )

    def mean_s(self) -> float:
        """Mean time of the slowest station for a part (s)."""
        line = self.network.line
        whole = sum(p.share for p in line.products.values())
        return max(
            sum(p.share / whole * line.stations[name].operations[o][p.name].mean_s for p in line.products.values()
                for o in p.route if p.name in line.stations[name].operations.get(o, {}))
            for name in self.order
        )  # fmt: skip


def _moment(slot: int, lane: int, slots: int) -> int:
    """Bytes from a part's row of `moments` to when it released the station there (see `kernel.blocks`)."""
    return 8 * LANES * (slots + 1) * lane + 8 * LANES * ((slot - 1) % slots) + 8 * lane


def _never_zero(times: Distribution) -> bool:
    """Whether every draw is some time, and no underflow."""
    p = times.parameters
    match times.kind:
        case "deterministic":
            return p[0] > 0.0
        case "gamma" | "lognormal":
            return p[1] <= 3.0
        case kind:
            return kind in ("exponential", "erlang", "weibull", "triangular", "uniform")


def run_row(network: Network, row: Row, seed: int, replication: int, horizon_s: float, warmup_s: float) -> rec.World:
    """One replication of a row: the world with its figures and departures."""
    log, room = (_parts(horizon_s, mean_s) + row.capacity for mean_s in row.mean_s)
    while True:
        world = network.start(seed, replication, horizon_s, warmup_s, 1, 0, log)
        plan, cells = row.plan.copy(), row.cells.copy()
        n, past, slots, lag, places = (int(plan[name][0]) for name in ("cells", "past", "slots", "lag", "n_places"))
        words = cells.nbytes // 8 + int(plan["n_modes"][0] + plan["n_streams"][0]) + 1
        draws = np.full((LANES * slots, BLOCK + LANES), -np.inf)
        draws[:n] = 0.0
        tables = {
            "cell": _aligned(cells), "order": row.places, "jobs": row.jobs, "job": row.job, "draws": _aligned(draws),
            "times": _aligned(np.empty((BLOCK, slots, LANES))),
            "moments": _aligned(np.zeros((past + lag, slots + 1, LANES))), "gone": np.zeros((n, past)),
            "entered": np.empty(room), "kinds": np.full(LANES - 1 + BLOCK, world.mixes["product"][plan["mix0"][0]]),
            "first": np.zeros(places, np.int64), "count": np.zeros(places, np.int64), "coming": np.empty(LANES),
            "merged": np.empty(8 * rec.STRETCH), "spare": np.empty(words), "modes": world.modes,
            "streams": world.streams,
        }  # fmt: skip
        ahead = np.empty((world.modes.size, 2, rec.STOPS))
        tables["cell"]["ahead"] = ahead.ctypes.data + ahead[:1].nbytes * cells["mode0"]
        for name, table in tables.items():
            plan[name] = table.ctypes.data
        plan["room"] = room
        plan["log"] = world.departures.ctypes.data + rec.DEPARTURE.fields["time"][1]  # type: ignore[index]
        recur(world.run, plan)
        run = world.run
        if run["status"][0] != rec.LOG_FULL:
            run["free"] = -1
            return world._replace(departures=world.departures[: int(run["logged"][0])], parts=_inside(tables))
        log, room = 2 * log, 2 * room


def _aligned(table: Any) -> Any:
    """A copy that begins where a line of the processor's cache does."""
    room = np.empty(table.nbytes + 64, np.uint8)
    start = -room.ctypes.data % 64
    copy = room[start : start + table.nbytes].view(table.dtype).reshape(table.shape)
    copy[...] = table
    return copy


def _inside(tables: dict[str, Any]) -> Any:
    """The parts that are in the line when the run ends; of each only when it entered."""
    found = [tables["entered"][a : a + n] for a, n in zip(tables["first"], tables["count"], strict=True) if n]
    parts = np.zeros(sum(map(len, found)), rec.PART)
    parts["entered"] = np.concatenate(found) if found else ()
    return parts


def _parts(horizon_s: float, mean_s: float) -> int:
    """Room for the parts that come in a time, nearly always enough."""
    n = horizon_s / mean_s
    return int(1.05 * n + 8.0 * math.sqrt(n)) + 2 * BLOCK
