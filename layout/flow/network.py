"""From a line and its moves to the arrays that the kernel runs on."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from layout.errors import LayoutError, Problem
from layout.flow import records as rec
from layout.flow.paths import Paths, by_name, paths, unconnected
from layout.flow.streams import name_key, parameters, stream_keys
from layout.model.distribution import Distribution
from layout.model.line import Line
from layout.model.results import Moves


@dataclass(frozen=True)
class Network:
    """A line as arrays, and the names behind their numbers.

    world : as at time 0, without the keys of the random streams
    stream_names : (streams,) uint64, hash of what each stream is for
    """

    line: Line
    moves: Moves
    stations: tuple[str, ...]
    products: tuple[str, ...]
    arms: tuple[str, ...]
    belts: tuple[str, ...]
    links: tuple[str, ...]
    paths: Paths
    world: rec.World
    stream_names: Any

    def start(self, seed: int, replication: int, horizon_s: float, warmup_s: float, pool: int, trace: int) -> rec.World:
        """The world of one replication at time 0, with room for `pool` parts and `trace` trace events."""
        parts = np.zeros(pool, rec.PART)
        parts["next"] = np.arange(1, pool + 1)
        parts["next"][-1] = -1
        world = self.world.fresh(parts, np.zeros(trace, rec.TRACE))
        world.streams["key"] = stream_keys(self.stream_names, seed, replication)
        run = world.run
        run["horizon"], run["warmup"], run["tracing"] = horizon_s, warmup_s, int(trace > 0)
        return world


def compile_line(line: Line, moves: Moves) -> Network:
    """Arrays of a line. Raises LayoutError, naming every step of a route that nothing can do or bring parts to."""
    problems = [_problem(*finding) for finding in unconnected(line, moves)]
    problems += [
        Problem(f"product {p.name!r} takes no time at any station", hint="give an operation a time")
        for p in line.products.values()
        if not any(line.stations[s].operations[o][p.name].mean_s > 0 for o in p.route for s in line.able(o, p.name))
    ]
    if problems:
        raise LayoutError(problems)
    return _Compiler(line, moves).network()


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

    def __init__(self, line: Line, moves: Moves) -> None:
        self.line, self.moves = line, moves
        self.stations = by_name(line.stations)
        self.products = by_name(line.products)
        self.arms = [a for a in by_name(line.arms) if a in moves.arms]
        self.belts = [b for b in by_name(line.belts) if b in moves.belts]
        self.links = by_name(line.links)
        self.at = {name: i for i, name in enumerate(self.stations)}
        self.paths = paths(line, moves)
        self.streams: list[tuple[int, float, float, float]] = []
        self.stream_names: list[int] = []
        self.numbers: dict[int, int] = {}
        self.clocks: list[tuple[int, int]] = []

    def network(self) -> Network:
        servers, modes, stations, mixes = self._stations()
        steps, products, able, service = self._steps()
        arms, tables = self._arms()
        belts, links = self._belts(stations), self._links(stations)
        for s in stations:
            if s["arrivals"] >= 0:
                s["clock"] = self._clock(rec.OWNER_SOURCE, s["row"])
        leaves = 1
        while leaves < len(self.clocks):
            leaves *= 2
        leaves = max(2, leaves)
        tree = np.zeros(2 * leaves, np.int64)
        tree[leaves:] = np.arange(leaves)
        for i in range(leaves - 1, 0, -1):
            tree[i] = tree[2 * i]
        run = np.zeros(1, rec.RUN)
        hop, hops = self._hops()
        world = rec.World(
            run=run,
            stations=_table(stations, rec.STATION),
            servers=_table(servers, rec.SERVER),
            modes=_table(modes, rec.MODE),
            streams=_stream_table(self.streams),
            parts=np.zeros(0, rec.PART),
            steps=_table(steps, rec.STEP),
            products=_table(products, rec.PRODUCT),
            mixes=_table(mixes, rec.MIX),
            arms=_table(arms, rec.ARM),
            belts=_table(belts, rec.BELT),
            links=_table(links, rec.LINK),
            clocks=np.array(self.clocks, dtype=[("owner", np.int64), ("index", np.int64)]),
            trace=np.zeros(0, rec.TRACE),
            able=np.array(able, np.int64),
            hop=hop,
            hops=hops,
            service=service,
            when=np.full(leaves, np.inf),
            tree=tree,
            **tables,
        )
        names = np.array(self.stream_names, np.uint64)
        return Network(self.line, self.moves, tuple(self.stations), tuple(self.products), tuple(self.arms),
                       tuple(self.belts), tuple(self.links), self.paths, world, names)  # fmt: skip

    def _clock(self, owner: int, index: int) -> int:
        self.clocks.append((owner, index))
        return len(self.clocks) - 1

    def _stream(self, times: Distribution | None, *names: str) -> int:
        key = name_key(*names)
        if key not in self.numbers:
            self.numbers[key] = len(self.streams)
            self.streams.append(parameters(times) if times else (7, 0.0, 1.0, 0.0))
            self.stream_names.append(key)
        return self.numbers[key]

    def _stations(self) -> tuple[list[Any], list[Any], list[Any], list[Any]]:
        servers: list[dict[str, Any]] = []
        modes: list[dict[str, Any]] = []
        stations: list[dict[str, Any]] = []
        mixes: list[dict[str, Any]] = []
        for i, name in enumerate(self.stations):
            station = self.line.stations[name]
            made = [p for p in self.products if name in self.line.products[p].sources]
            mix0, whole, sum_ = len(mixes), sum(self.line.products[p].share for p in made), 0.0
            for p in made:
                sum_ += self.line.products[p].share
                mixes.append({"product": self.products.index(p), "cumulative": sum_ / whole})
            source = station.is_source and bool(made)
            stations.append({
                "row": i,
                "places": station.servers + station.buffer_in,
                "places_out": station.buffer_out,
                "server0": len(servers),
                "servers": station.servers,
                "idle": station.servers,
                "saturated": int(source and station.arrivals is None),
                "arrivals": self._stream(station.arrivals, "arrivals", name) if source and station.arrivals else -1,
                "mix": self._stream(None, "mix", name) if len(made) > 1 else -1,
                "mix0": mix0,
                "mix1": len(mixes),
                **dict.fromkeys(("clock", "belts_in", "belts_out", "links_in", "links_out", "queue_head", "queue_tail",
                                 "ready_head", "ready_tail", "outside_head", "outside_tail"), -1),
            })  # fmt: skip
            for v in range(station.servers):
                servers.append({"station": i, "mode0": len(modes), "modes": len(station.failures), "part": -1})
                self._clock(rec.OWNER_SERVER, len(servers) - 1)
                for mode in by_name(station.failures):
                    failure = station.failures[mode]
                    modes.append({
                        "calendar": int(failure.clock == "calendar"),
                        "between": self._stream(failure.between, "between", name, str(v), mode),
                        "repair": self._stream(failure.repair, "repair", name, str(v), mode),
                    })  # fmt: skip
        return servers, modes, stations, mixes

    def _steps(self) -> tuple[list[Any], list[Any], list[int], Any]:
        steps: list[dict[str, Any]] = []
        products: list[dict[str, Any]] = []
        able: list[int] = []
        roles: list[dict[int, int]] = []
        for number, name in enumerate(self.products):
            product = self.line.products[name]
            products.append({"step0": len(steps)})
            for k, operation in enumerate((*product.route, None)):
                names = set(product.sinks if operation is None else self.line.able(operation, name))
                at = [self.at[s] for s in self.stations if s in names]
                steps.append({"product": number, "able0": len(able), "able1": len(able) + len(at),
                              "progress": k / len(product.route)})  # fmt: skip
                able += at
                roles.append({s: rec.LEAVE if operation is None else self._process(s, operation, name) for s in at})
        service = np.full((len(self.stations), len(steps)), rec.PASS, np.int64)
        for k, role in enumerate(roles):
            for s, value in role.items():
                service[s, k] = value
        return steps, products, able, service

    def _process(self, s: int, operation: str, product: str) -> int:
        name = self.stations[s]
        return self._stream(
            self.line.stations[name].operations[operation][product], "process", name, operation, product
        )

    def _arms(self) -> tuple[list[Any], dict[str, Any]]:
        arms: list[dict[str, Any]] = []
        local = np.full((len(self.arms), len(self.stations)), -1, np.int64)
        arm_of: list[int] = []
        arm_at: list[int] = []
        flat: dict[str, list[Any]] = {"pick": [], "place": [], "empty": [], "loaded": []}
        offset2 = 0
        for a, name in enumerate(self.arms):
            times, arm = self.moves.arms[name], self.line.arms[name]
            rows = [self.at.get(s, -1) for s in times.stations]
            n = len(rows)
            served = [r if s in arm.serves else -1 for r, s in zip(rows, times.stations, strict=True)]
            for row, s in enumerate(served):
                if s >= 0:
                    local[a, s] = row
            reachable = sorted(s for s in served if s >= 0)
            arms.append({"n": n, "stops": len(reachable), "offset": len(arm_of), "offset2": offset2, "part": -1,
                         "rule": rec.RULES[arm.dispatch], "clock": self._clock(rec.OWNER_ARM, a)})  # fmt: skip
            arm_of += rows
            arm_at += reachable + [-1] * (n - len(reachable))
            offset2 += n * n
            flat["pick"].append(times.pick_s)
            flat["place"].append(times.place_s)
            flat["empty"].append(np.ravel(times.empty_s))
            loaded = np.array(times.loaded_s, float)
            loaded[~np.isfinite(loaded)] = np.inf
            np.fill_diagonal(loaded, np.inf)
            flat["loaded"].append(loaded.ravel())
        tables = {k: np.concatenate([np.zeros(0), *(np.asarray(v, float) for v in vs)]) for k, vs in flat.items()}
        return arms, {"local": local, "arm_at": np.array(arm_at, np.int64), "arm_of": np.array(arm_of, np.int64),
                      "moved": np.zeros(offset2, np.int64), **tables}  # fmt: skip

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
        _chain(belts, stations, "belts")
        return belts

    def _links(self, stations: list[Any]) -> list[Any]:
        links: list[dict[str, Any]] = []
        for k, name in enumerate(self.links):
            link = self.line.links[name]
            links.append({
                "origin": self.at[link.origin], "target": self.at[link.target], "time": link.time_s,
                "head": -1, "tail": -1, "clock": self._clock(rec.OWNER_LINK, k),
            })  # fmt: skip
        _chain(links, stations, "links")
        return links

    def _hops(self) -> tuple[Any, Any]:
        """(stations, stations) int: the first hop from row to column, -1 where there is no way; and how many hops."""
        n = len(self.stations)
        hop, hops = np.full((n, n), -1, np.int64), np.zeros((n, n), np.int64)
        for i, name in enumerate(self.stations):
            for target, (first, count) in self.paths.next_hops(name).items():
                hop[i, self.at[target]], hops[i, self.at[target]] = self.at[first], count
        return hop, hops


def _chain(ways: list[dict[str, Any]], stations: list[Any], kind: str) -> None:
    """String the belts (or links) of each station together, in order: those that come in, and those that go out."""
    for k in reversed(range(len(ways))):
        for end, station in (("in", stations[ways[k]["target"]]), ("out", stations[ways[k]["origin"]])):
            ways[k][f"next_{end}"] = station[f"{kind}_{end}"]
            station[f"{kind}_{end}"] = k


def _table(rows: Iterable[dict[str, Any]], dtype: Any) -> Any:
    names = dtype.names
    return np.array([tuple(row.get(n, 0) for n in names) for row in rows], dtype=dtype)


def _stream_table(streams: list[tuple[int, float, float, float]]) -> Any:
    table = np.zeros(len(streams), rec.STREAM)
    for i, (kind, a, b, c) in enumerate(streams):
        table[i] = (kind, 0, 0, a, b, c)
    return table
