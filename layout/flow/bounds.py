"""The most good parts per hour that a line could make in the long run, whatever the luck and the dispatching.

A linear programme over the rates of parts (1/s): how much each source gives, which of the machines able to do an
operation does how much of it, which transport takes how much of each hop. What limits:

    machine    sum of rate x (mean time + doors) / availability                <= servers
    places     sum of rate x (time / availability + hand-over while reserved)  <= servers + in-buffer
    arm        sum of rate x (pick + loaded move + place) + empty moves        <= 1, a fleet: its vehicles
    zone       the same of all its arms, so far as inside                      <= 1
    belt       rate                                                            <= 1 / spacing, capacity / transit
    arrivals   rate                                                            <= 1 / mean interarrival time

Availability is 1 / (1 + sum of repair / between). Empty moves are bounded by the cheapest way to join each place where
an arm puts parts down with the places where it picks them up (a transportation problem: every task but the first starts
where the one before ended; an arm that stands in a zone may go by its home). Little's law on the places of a station
gives the second row: from the dispatch on, a place is taken. Every relaxation errs on the high side.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np

from layout.flow.masks import HeldTimes
from layout.flow.paths import Paths, by_name, paths, unconnected
from layout.model.line import Line, Station
from layout.model.results import Moves

Terms = dict[int, float]  # variable -> coefficient
Hop = tuple[str, str, bool]  # origin, target, whether the parts leave the line there


def bound(line: Line, moves: Moves) -> float:
    """Upper bound on good parts per hour, in the long run. A transport without times in `moves` does not limit.

    0 where a product cannot be made: sooner or later its parts would fill the line.
    """
    known = _known(line, moves)
    if not line.products or unconnected(line, known):
        return 0.0
    return _Programme(line, moves, paths(line, known)).solve() * 3600


def _known(line: Line, moves: Moves) -> Moves | None:
    """The moves to judge the ways by: none unless they are complete."""
    pairs = ((line.arms, moves.arms), (line.belts, moves.belts), (line.fleets, moves.fleets))
    return moves if all(wanted.keys() <= given.keys() for wanted, given in pairs) else None


def availability(station: Station) -> float:
    """Share of the time that a station which never waits can work."""
    ratio = sum(f.repair.mean_s / f.between.mean_s for f in station.failures.values())
    return 1 / (1 + ratio)


@dataclass(frozen=True)
class _Crew:
    """Times (s) of an arm or of a fleet's vehicles: hand-overs (n,), least moves (n, n) from row to column."""

    stations: tuple[str, ...]
    units: int
    pick: Any
    place: Any
    loaded: Any
    empty: Any

    def task_s(self, origin: str, target: str) -> float:
        """Least time of a task, empty move left out; 0 where it cannot be done at all."""
        i, j = self.stations.index(origin), self.stations.index(target)
        least = float(self.pick[i] + self.loaded[i, j] + self.place[j])
        return least if math.isfinite(least) else 0.0


class _Programme:
    """Rows and columns of the linear programme."""

    def __init__(self, line: Line, moves: Moves, ways: Paths) -> None:
        self.line, self.moves, self.ways = line, moves, ways
        self.hops: dict[str, dict[str, tuple[str, int]]] = {}
        self.top: list[float] = []  # upper limit of each variable
        self.at_most: list[tuple[Terms, float]] = []
        self.equal: list[Terms] = []
        self.work: dict[str, Terms] = defaultdict(lambda: defaultdict(float))  # station -> busy servers
        self.places: dict[str, Terms] = defaultdict(lambda: defaultdict(float))  # station -> places taken
        self.flow: dict[Hop, Terms] = defaultdict(lambda: defaultdict(float))  # hop -> rate
        self.held = HeldTimes(line, moves)
        crews = {name: self._crew(name) for name in (*line.arms, *line.fleets)}
        self.crews = {name: crew for name, crew in crews.items() if crew is not None}

    def _crew(self, name: str) -> _Crew | None:
        """None where its times are not known."""
        if name in self.line.fleets:
            fleet = self.moves.fleets.get(name)
            if fleet is None:
                return None
            units = self.line.fleets[name].units
            empty_s = fleet.travel_s if fleet.empty_s is None else fleet.empty_s
            return _Crew(fleet.stations, units, fleet.handover_s, fleet.handover_s, fleet.travel_s, empty_s)
        arm = self.moves.arms.get(name)
        if arm is None:
            return None
        return _Crew(arm.stations, 1, arm.pick_s, arm.place_s, arm.loaded_s, self.held.least_empty_s(name))

    def variable(self, top: float = math.inf) -> int:
        self.top.append(top)
        return len(self.top) - 1

    def solve(self) -> float:
        """Most parts per second."""
        from scipy.optimize import linprog

        sources = self._sources()
        self._routes(sources)
        self._hops()
        for name, terms in self.work.items():
            self.at_most.append((terms, self.line.stations[name].servers))
        for name, terms in self.places.items():
            station = self.line.stations[name]
            self.at_most.append((terms, station.servers + station.buffer_in))
        n = len(self.top)
        cost = np.zeros(n)
        cost[list(sources.values())] = -1
        found = linprog(
            cost,
            A_ub=_matrix([terms for terms, _ in self.at_most], n),
            b_ub=[limit for _, limit in self.at_most],
            A_eq=_matrix(self.equal, n),
            b_eq=np.zeros(len(self.equal)),
            bounds=[(0, top) for top in self.top],
            method="highs",
        )
        return float(-found.fun) if found.status == 0 else math.inf

    def _sources(self) -> dict[str, int]:
        """The rate of each source that makes something."""
        used = {s for product in self.line.products.values() for s in product.sources}
        rates = {}
        for name in by_name(used):
            arrivals = self.line.stations[name].arrivals
            rates[name] = self.variable(1 / arrivals.mean_s if arrivals and arrivals.mean_s > 0 else math.inf)
        return rates

    def _routes(self, sources: dict[str, int]) -> None:
        """Rates of each product between the stations of one step and of the next."""
        whole: dict[str, float] = defaultdict(float)
        for product in self.line.products.values():
            for s in product.sources:
                whole[s] += product.share
        for name in by_name(self.line.products):
            product = self.line.products[name]
            rate_in: dict[str, Terms] = {s: {sources[s]: product.share / whole[s]} for s in product.sources}
            stays: set[int] = set()  # flows of parts that are done further where they are: doors stay closed
            for k, operation in enumerate((*product.route, None)):
                able = set(self.line.able(operation, name) if operation else product.sinks)
                rate_out: dict[str, Terms] = defaultdict(dict)
                for origin in by_name(rate_in):
                    balance = {k: -v for k, v in rate_in[origin].items()}
                    for target in self._targets(origin, able):
                        y = self.variable()
                        balance[y] = 1.0
                        rate_out[target][y] = 1.0
                        if k > 0 and origin == target:
                            stays.add(y)
                        for a, b in self.ways.path(origin, target, self.hops):
                            self.flow[a, b, operation is None and b == target][y] += 1.0
                    self.equal.append(balance)
                if operation:
                    self._book(rate_out, operation, name, stays)
                rate_in = rate_out

    def _targets(self, origin: str, able: set[str]) -> list[str]:
        """A station that can do the next operation itself does it; else every one that parts can reach."""
        if origin not in self.hops:
            self.hops[origin] = self.ways.next_hops(origin)
            for target in list(self.hops[origin]):
                if target not in self.hops:
                    self.hops[target] = self.ways.next_hops(target)
        return [origin] if origin in able else by_name(able & self.hops[origin].keys())

    def _book(self, rates: dict[str, Terms], operation: str, product: str, stays: set[int]) -> None:
        for name, terms in rates.items():
            station = self.line.stations[name]
            doors = self.moves.doors.get(name)
            doors_s = doors.close_s + doors.open_s if doors else 0.0
            work_s = station.operations[operation][product].mean_s
            for y, factor in terms.items():
                busy_s = (work_s if y in stays else work_s + doors_s) / availability(station)
                self.work[name][y] += factor * busy_s
                self.places[name][y] += factor * busy_s

    def _hops(self) -> None:
        """Share each hop out among its transports, and add up what each of them has to do."""
        load: dict[str, Terms] = defaultdict(lambda: defaultdict(float))
        down: dict[str, dict[str, Terms]] = defaultdict(lambda: defaultdict(dict))  # arm -> station -> parts put down
        up: dict[str, dict[str, Terms]] = defaultdict(lambda: defaultdict(dict))
        for (origin, target, leaving), flow in self.flow.items():
            balance = {y: -factor for y, factor in flow.items()}
            for transport in self.ways.legs[origin, target]:
                z = self.variable()
                balance[z] = 1.0
                self._reserve(transport, origin, target, leaving, z)
                if transport in self.crews:
                    load[transport][z] = self.crews[transport].task_s(origin, target)
                    self.held.task(transport, origin, target, z)
                    down[transport][target][z] = 1.0
                    up[transport][origin][z] = 1.0
                elif transport in self.line.belts:
                    load[transport][z] = 1 / self._limit(transport)
            self.equal.append(balance)
        for transport, terms in load.items():
            if transport in down:
                self._empty_moves(transport, terms, down[transport], up[transport])
            self.at_most.append((terms, self.crews[transport].units if transport in self.crews else 1.0))
        self.at_most += [(terms, 1.0) for terms in self.held.terms if terms]

    def _limit(self, transport: str) -> float:
        """Most parts per second on a belt."""
        times = self.moves.belts.get(transport)
        if times is None or transport not in self.line.belts:
            return math.inf
        by_spacing = 1 / times.spacing_s if times.spacing_s > 0 else math.inf
        return min(by_spacing, max(1, times.capacity) / times.transit_s if times.transit_s > 0 else math.inf)

    def _reserve(self, transport: str, origin: str, target: str, leaving: bool, z: int) -> None:
        """Places that are taken while parts are handed over."""
        crew = self.crews.get(transport)
        if not leaving:
            if crew is not None:
                self.places[target][z] += crew.task_s(origin, target)
            elif transport in self.line.links:
                self.places[target][z] += self.line.links[transport].time_s
        if crew is not None and self.line.stations[origin].buffer_out == 0:
            self.places[origin][z] += float(crew.pick[crew.stations.index(origin)])

    def _empty_moves(self, transport: str, load: Terms, down: dict[str, Terms], up: dict[str, Terms]) -> None:
        """As many empty moves start at a station as parts were put down there, and end there as are picked up."""
        crew = self.crews[transport]
        starts: dict[str, Terms] = {b: {z: -f for z, f in terms.items()} for b, terms in down.items()}
        ends: dict[str, Terms] = {a: {z: -f for z, f in terms.items()} for a, terms in up.items()}
        for b in down:
            for a in up:
                empty_s = float(crew.empty[crew.stations.index(b), crew.stations.index(a)])
                if math.isfinite(empty_s):
                    e = self.variable()
                    starts[b][e] = ends[a][e] = 1.0
                    load[e] = empty_s
                    self.held.empty(transport, b, a, e)
        self.equal += [*starts.values(), *ends.values()]


def _matrix(rows: list[Terms], n: int) -> Any:
    matrix = np.zeros((len(rows), n))
    for i, terms in enumerate(rows):
        for j, value in terms.items():
            matrix[i, j] = value
    return matrix
