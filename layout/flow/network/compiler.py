"""From a line and its moves to the arrays that the kernel runs on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np

from layout.errors import LayoutError, Problem
from layout.flow.kernel import records as rec
from layout.flow.kernel.streams import name_key, parameters, stream_keys
from layout.flow.network.attendance import Attendance
from layout.flow.network.chains import mark_rows
from layout.flow.network.crews import crew_tables, crews_of
from layout.flow.network.joining import Joining
from layout.flow.network.lists import chain, clock_table, crew_times, record_table, stream_table
from layout.flow.network.rows import Row, row_of
from layout.flow.paths import Paths, aboard, back_to, by_name, paths, unconnected
from layout.model.distribution import Distribution
from layout.model.line import Line
from layout.model.results import Moves


@dataclass(frozen=True)
class Network:
    """A line as arrays, and the names behind their numbers.

    crews : arms and fleets with times, in the order of their matrices
    units : the arms, and the vehicles of the fleets
    world : as at time 0, without the keys of the random streams
    stream_names : (streams,) uint64, hash of what each stream is for
    operations : (station, stream, mean time (s)) of each operation and product at each station
    """

    line: Line
    moves: Moves
    stations: tuple[str, ...]
    products: tuple[str, ...]
    crews: tuple[str, ...]
    units: tuple[str, ...]
    belts: tuple[str, ...]
    links: tuple[str, ...]
    staff: tuple[str, ...]
    paths: Paths
    world: rec.World
    stream_names: Any
    operations: tuple[tuple[int, int, float], ...]

    @cached_property
    def servers(self) -> tuple[list[int], list[int]]:
        """Of each station its first server, and how many it has."""
        return self.world.stations["server0"].tolist(), self.world.stations["servers"].tolist()

    @cached_property
    def worked(self) -> list[tuple[int, list[tuple[int, float]]]]:
        """Stations that do operations, in order, each with (stream, mean time (s)) of `operations`."""
        found: dict[int, list[tuple[int, float]]] = {}
        for s, stream, mean_s in self.operations:
            found.setdefault(s, []).append((stream, mean_s))
        return sorted(found.items())

    @cached_property
    def legs(self) -> list[tuple[str, str, str]]:
        """What `World.moved` counts: arm or fleet, origin, target; from home, the last origin, nothing is carried."""
        times = {crew: crew_times(self.moves, crew).stations for crew in self.crews}
        return [(crew, a, b) for crew, names in times.items() for a in (*names, "") for b in names]

    @cached_property
    def _onwards(self) -> dict[tuple[int, int], list[tuple[int, int, set[str]]]]:
        return {}

    def onwards(self, s: int, step: int) -> list[tuple[int, int, set[str]]]:
        """What parts at station s, bound for a step elsewhere, may go on to next: each station able to do it that a way
        leads to, the hops to there, and the first belts and stations on the way; "" where they leave the line."""
        found = self._onwards.get((s, step))
        if found is None:
            found, world, here = [], self.world, self.stations[s]
            hop, hops = world.hop[s].tolist(), world.hops[s].tolist()
            for goal in world.able[int(world.steps["able0"][step]) : int(world.steps["able1"][step])].tolist():
                b = hop[goal]
                if b >= 0:
                    legs = self.paths.legs[here, self.stations[b]]
                    names = {name if name in self.belts else self.stations[b] for name in legs}
                    leaves = world.service[b, step] == rec.LEAVE
                    found.append((goal, hops[goal], names | {""} if leaves else names))
            self._onwards[s, step] = found  # whole: shifts run in two threads
        return found

    @cached_property
    def row(self) -> Row | None:
        """The line as the recursion takes it, if it can."""
        return row_of(self)

    def start(
        self,
        seed: int,
        replication: int,
        horizon_s: float,
        warmup_s: float,
        pool: int,
        trace: int,
        log: int = 0,
        used: rec.World | None = None,
    ) -> rec.World:
        """The world of one replication at time 0, with room for that many parts, trace events and departures.

        used : a world that ran by events without a trace and is not needed any more: its memory and its room are taken
        """
        if used is None:
            parts, trace_ = np.zeros(pool, rec.PART), np.zeros(trace, rec.TRACE)
            world = self.world.fresh(parts, trace_, rec.log_of(log))
        else:
            world = self.world.again(used)
            parts = world.parts
            parts.view(np.uint8)[:] = 0
        following = parts["next"]
        following[:] = _numbers(following.size)
        following[-1:] = -1
        world.streams["key"] = stream_keys(self.stream_names, seed, replication)
        run = world.run
        run["horizon"] = run["until"] = horizon_s
        run["warmup"], run["tracing"] = warmup_s, int(trace > 0)
        run["rows"] &= trace == 0
        return world


@cache
def _numbers(n: int) -> Any:
    """1 .. n."""
    return np.arange(1, n + 1)


def compile_line(line: Line, moves: Moves) -> Network:
    """Arrays of a line. Raises LayoutError, naming every step of a route that nothing can do or bring parts to."""
    graph = paths(line, moves)
    problems = [_problem(*finding) for finding in unconnected(line, moves, graph)]
    problems += [
        Problem(f"product {p.name!r} takes no time at any station", hint="give an operation a time")
        for p in line.products.values()
        if not (p.joined or p.released or p.circulates)
        and not any(line.stations[s].operations[o][p.name].mean_s > 0 for o in p.route for s in line.able(o, p.name))
    ]
    if problems:
        raise LayoutError(problems)
    return _Compiler(line, moves, graph).network()


def _problem(product: str, origin: str, operation: str) -> Problem:
    if not origin:
        return Problem(f"no source makes product {product!r}", hint="make a machine its source")
    if not operation:
        return Problem(f"nothing takes {product!r} from {origin!r} out of the line", hint="add a sink and a transport")
    return Problem(
        f"nothing takes {product!r} from {origin!r} to a station that can do {operation!r}",
        hint="add the operation to a machine, or a transport between them",
    )


class _Compiler:
    """Builds the records one after another; streams are numbered as they are needed."""

    def __init__(self, line: Line, moves: Moves, graph: Paths) -> None:
        self.line, self.moves, self.paths = line, moves, graph
        self.stations = by_name(line.stations)
        self.products = by_name(line.products)
        self.crews = crews_of(line, moves)
        self.units = [u for c in self.crews for u in (line.fleets[c].members if c in line.fleets else (c,))]
        self.belts = [b for b in by_name(line.belts) if b in moves.belts]
        self.links = by_name(line.links)
        self.at = {name: i for i, name in enumerate(self.stations)}
        self.streams: list[tuple[int, float, float, float]] = []
        self.joining = Joining(line)
        self.samples: list[float] = []
        self.orders: list[dict[str, Any]] = []
        self.stream_names: list[int] = []
        self.numbers: dict[int, int] = {}
        self.clocks: list[tuple[int, int]] = []
        self.changes: list[list[int]] = []
        self.attendance = Attendance(line)
        self.operations: dict[int, tuple[int, int, float]] = {}

    def network(self) -> Network:
        servers, modes, stations, mixes = self._stations()
        steps, products, able, doing = self._steps()
        ruled = any(step["rule"] for step in steps)
        hop, hops = self._hops()
        arms, tables = crew_tables(self.line, self.moves, self.paths, stations, hop, ruled)
        for i, arm in enumerate(arms):
            arm["clock"] = self._clock(rec.OWNER_ARM, i)
        belts, links = self._belts(stations), self._links(stations)
        goes_on = bool(self.joining.inlets or self.joining.released)
        for s in stations:
            s["fed"] = int(s["belts_in"] >= 0 or s["links_in"] >= 0)
            s["pushes"] = int(s["belts_out"] >= 0 or s["links_out"] >= 0 or goes_on)
            if s["arrivals"] >= 0 or s["order"] < s["order1"]:
                s["clock"] = self._clock(rec.OWNER_SOURCE, s["row"])
        attendance = self.attendance.tables()
        attendance["shifts"]["clock"] = [self._clock(rec.OWNER_SHIFT, i) for i in range(attendance["shifts"].size)]
        when, winner = clock_table(len(self.clocks))
        run = np.zeros(1, rec.RUN)
        run["ruled"], run["tied"] = ruled, rec.NEVER
        run["befores"] = rec.MAY_KEEP * any(s["before"] for s in stations)
        run["parking"] = rec.MAY_PARK * any(arm.get("parks", 0) for arm in arms)
        world = rec.World(
            run=run,
            stations=record_table(stations, rec.STATION),
            servers=record_table(servers, rec.SERVER),
            modes=record_table(modes, rec.MODE),
            streams=stream_table(self.streams),
            samples=np.array(self.samples, float),
            ahead=np.zeros(0),
            parts=np.zeros(0, rec.PART),
            steps=record_table(steps, rec.STEP),
            products=record_table(products, rec.PRODUCT),
            mixes=record_table(mixes, rec.MIX),
            orders=record_table(self.orders, rec.ORDER),
            arms=record_table(arms, rec.ARM),
            belts=record_table(belts, rec.BELT),
            links=record_table(links, rec.LINK),
            clocks=np.array(self.clocks, dtype=[("owner", np.int64), ("index", np.int64)]),
            trace=np.zeros(0, rec.TRACE),
            departures=np.zeros(0, rec.DEPARTURE),
            able=np.array(able, np.int64),
            hop=hop,
            hops=hops,
            **attendance,
            changes=np.array(self.changes, np.int64).reshape(-1, len(self.products)),
            marks=np.zeros(3 * -(-len(stations) // 64), np.int64),
            when=when,
            winner=winner,
            **doing,
            **tables,
        ).addressed()
        mark_rows(self.line, self.moves, tuple(self.stations), tuple(self.links), world)
        names = np.array(self.stream_names, np.uint64)
        return Network(self.line, self.moves, tuple(self.stations), tuple(self.products), tuple(self.crews),
                       tuple(self.units), tuple(self.belts), tuple(self.links), self.attendance.staff, self.paths,
                       world, names, tuple(self.operations.values()))  # fmt: skip

    def _clock(self, owner: int, index: int) -> int:
        self.clocks.append((owner, index))
        return len(self.clocks) - 1

    def _stream(self, times: Distribution | None, *names: str) -> int:
        key = name_key(*names)
        if key not in self.numbers:
            self.numbers[key] = len(self.streams)
            self.streams.append(parameters(times, self.samples) if times else (7, 0.0, 1.0, 0.0))
            self.stream_names.append(key)
        return self.numbers[key]

    def _stations(self) -> tuple[list[Any], list[Any], list[Any], list[Any]]:
        servers: list[dict[str, Any]] = []
        modes: list[dict[str, Any]] = []
        stations: list[dict[str, Any]] = []
        mixes: list[dict[str, Any]] = []
        for i, name in enumerate(self.stations):
            station = self.line.stations[name]
            made = [p for p in self.products if name in self.line.products[p].sources and self._enters(p)]
            mix0, whole, sum_ = len(mixes), sum(self.line.products[p].share for p in made), 0.0
            for p in made:
                sum_ += self.line.products[p].share
                mixes.append({"product": self.products.index(p), "cumulative": sum_ / whole})
            source = station.is_source and bool(made)
            ordered = self._orders(name, made)
            self.orders += ordered
            joins = any(s == name for s, _ in self.joining.at)
            doors = self.moves.doors.get(name)
            stations.append({
                "row": i,
                "doors": int(doors is not None),
                "joins": int(joins),
                "fills": int(source or joins or bool(ordered)),
                "judges": int(bool(station.quality)),
                "batch": station.batch,
                "setups": self._setups(name),
                **self.attendance.station(i, station),
                "closing": doors.close_s if doors else 0.0,
                "opening": doors.open_s if doors else 0.0,
                "places": station.servers + station.buffer_in,
                "places_out": station.buffer_out,
                "server0": len(servers),
                "servers": station.servers,
                "idle": station.servers,
                "saturated": int(source and station.saturated),
                "arrivals": self._stream(station.arrivals, "arrivals", name) if source and station.arrivals else -1,
                "mix": self._stream(None, "mix", name) if len(made) > 1 else -1,
                "mix0": mix0,
                "mix1": len(mixes),
                "order": len(self.orders) - len(ordered),
                "order1": len(self.orders),
                **dict.fromkeys(("clock", "belts_in", "belts_out", "links_in", "links_out", "queue_head", "queue_tail",
                                 "ready_head", "ready_tail", "outside_head", "outside_tail"), -1),
            })  # fmt: skip
            for v in range(station.servers):
                servers.append({"station": i, "mode0": len(modes), "modes": len(station.failures), "part": -1,
                                "last": -1, "runner": -1, "helper": -1, "did": -1, "row_next": -1, "row_link": -1,
                                "ended": -1.0})  # fmt: skip
                self._clock(rec.OWNER_SERVER, len(servers) - 1)
                for mode in by_name(station.failures):
                    failure = station.failures[mode]
                    modes.append({
                        "calendar": int(failure.clock == "calendar"),
                        "between": self._stream(failure.between, "between", name, str(v), mode),
                        "repair": self._stream(failure.repair, "repair", name, str(v), mode),
                    })  # fmt: skip
        modes.append({"due": math.inf})  # never: of servers in a row that have none
        return servers, modes, stations, mixes

    def _enters(self, product: str) -> bool:
        """Whether it comes from outside: nothing releases it, and it does not circulate."""
        return not (self.line.products[product].released or self.line.products[product].circulates)

    def _orders(self, station: str, made: list[str]) -> list[dict[str, Any]]:
        rows = []
        for order in sorted(self.line.stations[station].schedule, key=lambda order: order.at_s):
            if order.product not in made:
                hint = f"products that do: {', '.join(made) or 'none'}"
                raise LayoutError(
                    Problem(f"{order.product!r} is ordered at {station!r} but cannot enter there", hint=hint)
                )
            rows.append({"product": self.products.index(order.product), "number": order.number, "at": order.at_s,
                         "due": math.inf if order.due_s is None else order.due_s})  # fmt: skip
        return rows

    def _setups(self, name: str) -> int:
        """The station's first row in `changes`, -1 where it has none: a row of streams for each product."""
        setup = self.line.stations[name].setup
        if not setup:
            return -1
        first = len(self.changes)
        for a in self.products:
            times = setup.get(a, {})
            self.changes.append([
                self._stream(times[b], "setup", name, a, b) if b in times and b != a else -1 for b in self.products
            ])  # fmt: skip
        return first

    def _steps(self) -> tuple[list[Any], list[Any], list[int], Any]:
        steps: list[dict[str, Any]] = []
        products: list[dict[str, Any]] = []
        able: list[int] = []
        roles: list[dict[int, int]] = []
        for number, name in enumerate(self.products):
            product = self.line.products[name]
            products.append({"step0": len(steps), "step1": len(steps) + len(product.route),
                             "carrier": int(product.circulates > 0)})  # fmt: skip
            for k, operation in enumerate((*product.route, None)):
                names = set(product.sinks if operation is None else self.line.able(operation, name))
                at = [self.at[s] for s in self.stations if s in names]
                steps.append({"product": number, "able0": len(able), "able1": len(able) + len(at),
                              "begins": self.joining.released_of(product.releases.get(operation or "", {})),
                              "aboard": self.joining.released_of(aboard(self.line, product, k)) if operation else -1,
                              "rule": rec.ROUTING[self.line.routing.get(operation or "", "shortest_queue")],
                              "progress": k / max(1, len(product.route))})  # fmt: skip
                able += at
                roles.append({
                    s: self._process(s, operation, name) if operation is not None
                    else rec.JOIN - self.joining.at[self.stations[s], name] if product.joined
                    else rec.LEAVE
                    for s in at
                })  # fmt: skip
        judged: list[dict[str, Any]] = []
        need = np.full((len(self.stations), len(steps)), -1, np.int64)
        quality = np.full((len(self.stations), len(steps)), -1, np.int64)
        service = np.full((len(self.stations), len(steps)), rec.PASS, np.int64)
        for k, role in enumerate(roles):
            for s, value in role.items():
                service[s, k] = value
                if value >= 0 and (chances := self._quality(s, steps, k)):
                    quality[s, k] = len(judged)
                    judged.append(chances)
                if value >= 0:
                    name, operation = self._operation(steps, k)
                    need[s, k] = self.joining.needs_of(
                        self.stations[s], self.line.products[name].components.get(operation, {})
                    )
        tables = {
            "service": service, "quality": quality, "qualities": record_table(judged, rec.QUALITY), "need": need,
            "inlets": record_table(self.joining.inlets, rec.INLET), "needs": record_table(self.joining.needs, rec.NEED),
            "released": record_table(self.joining.released, rec.RELEASED),
        }  # fmt: skip
        return steps, products, able, tables

    def _operation(self, steps: list[Any], k: int) -> tuple[str, str]:
        """Product and operation of a step that is not its route's end."""
        number = steps[k]["product"]
        first = next(i for i, step in enumerate(steps) if step["product"] == number)
        return self.products[number], self.line.products[self.products[number]].route[k - first]

    def _quality(self, s: int, steps: list[Any], k: int) -> dict[str, Any] | None:
        """The row of `qualities` of step k at a station, if its parts are not always good."""
        product, operation = self._operation(steps, k)
        route = self.line.products[product].route
        at = k - next(i for i, step in enumerate(steps) if step["product"] == steps[k]["product"])
        found = self.line.stations[self.stations[s]].quality.get(operation)
        if found is None or (found.scrap == 0 and found.rework is None):
            return None
        row = {"stream": self._stream(None, "quality", self.stations[s], route[at], product), "scrap": found.scrap,
               "rework": found.scrap}  # fmt: skip
        if found.rework is not None:
            row["rework"] = found.scrap + found.rework.share
            row["to"] = k - at + back_to(route, at, found.rework.to)
        return row

    def _process(self, s: int, operation: str, product: str) -> int:
        name = self.stations[s]
        times = self.line.stations[name].operations[operation][product]
        stream = self._stream(times, "process", name, operation, product)
        self.operations[stream] = (s, stream, times.mean_s)
        return stream

    def _belts(self, stations: list[Any]) -> list[Any]:
        belts: list[dict[str, Any]] = []
        for k, name in enumerate(self.belts):
            belt, times = self.line.belts[name], self.moves.belts[name]
            belts.append({
                "origin": self.at[belt.origin], "target": self.at[belt.target], "capacity": max(1, times.capacity),
                "transit": times.transit_s, "spacing": times.spacing_s, "head": -1, "tail": -1,
                "clock_in": self._clock(rec.OWNER_BELT_IN, k), "clock_out": self._clock(rec.OWNER_BELT_OUT, k),
                "free_in": -math.inf, "free_out": -math.inf,
            })  # fmt: skip
        chain(belts, stations, "belts")
        return belts

    def _links(self, stations: list[Any]) -> list[Any]:
        links: list[dict[str, Any]] = []
        for k, name in enumerate(self.links):
            link = self.line.links[name]
            links.append({
                "origin": self.at[link.origin], "target": self.at[link.target], "time": link.time_s,
                "head": -1, "tail": -1, "clock": self._clock(rec.OWNER_LINK, k) if link.time_s > 0 else -1,
            })  # fmt: skip
        chain(links, stations, "links")
        return links

    def _hops(self) -> tuple[Any, Any]:
        """(stations, stations) int: the first hop from row to column, -1 where there is no way; and how many hops."""
        n = len(self.stations)
        hop, hops = np.full((n, n), -1, np.int64), np.zeros((n, n), np.int64)
        for i, name in enumerate(self.stations):
            for target, (first, count) in self.paths.next_hops(name).items():
                hop[i, self.at[target]], hops[i, self.at[target]] = self.at[first], count
        return hop, hops
