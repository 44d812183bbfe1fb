"""What carries parts: how much each transport must do for given rates of hops, as rows of the linear programme."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np

from layout.flow.bounds.programme import Programme, Terms
from layout.flow.bounds.windows import counted_s
from layout.flow.network.masks import HeldTimes
from layout.flow.paths import Paths
from layout.model.line import Line
from layout.model.results import Moves

Hop = tuple[str, str, bool]  # origin, target, whether the parts end there: they take no place of the station


@dataclass(frozen=True)
class Crew:
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

    def longest_s(self) -> float:
        """Most time under way for one task and the way from there to wherever."""
        longest = [float(np.max(times, where=np.isfinite(times), initial=0.0)) for times in
                   (self.empty, self.pick, self.loaded, self.place, self.empty)]  # fmt: skip
        return sum(longest)


class Carriage:
    """The transports of a line, and what they do."""

    def __init__(self, line: Line, moves: Moves, ways: Paths, programme: Programme) -> None:
        self.line, self.moves, self.ways, self.programme = line, moves, ways, programme
        self.held = HeldTimes(line, moves)
        crews = {name: self._crew(name) for name in (*line.arms, *line.fleets)}
        self.crews = {name: crew for name, crew in crews.items() if crew is not None}
        self.hauls: dict[tuple[str, str, str], list[int]] = defaultdict(list)  # transport, origin, target -> rates

    def _crew(self, name: str) -> Crew | None:
        """None where its times are not known."""
        if name in self.line.fleets:
            fleet = self.moves.fleets.get(name)
            if fleet is None:
                return None
            units = self.line.fleets[name].units
            empty_s = fleet.travel_s if fleet.empty_s is None else fleet.empty_s
            return Crew(fleet.stations, units, fleet.handover_s, fleet.handover_s, fleet.travel_s, empty_s)
        arm = self.moves.arms.get(name)
        if arm is None:
            return None
        return Crew(arm.stations, 1, arm.pick_s, arm.place_s, arm.loaded_s, self.held.least_empty_s(name))

    def least_s(self, origin: str, target: str) -> float:
        """Least time from one station to the next, whatever carries the part."""
        least = math.inf
        for transport in self.ways.legs[origin, target]:
            if transport in self.crews:
                least = min(least, self.crews[transport].task_s(origin, target))
            elif transport in self.moves.belts:
                least = min(least, self.moves.belts[transport].transit_s)
            else:
                least = min(least, self.line.links[transport].time_s if transport in self.line.links else 0.0)
        return least if math.isfinite(least) else 0.0

    def add(self, flows: dict[Hop, Terms], places: dict[str, Terms]) -> None:
        """Share each hop out among its transports, add up what each of them has to do, and the places held."""
        load: dict[str, Terms] = defaultdict(lambda: defaultdict(float))
        down: dict[str, dict[str, Terms]] = defaultdict(lambda: defaultdict(dict))  # arm -> station -> parts put down
        up: dict[str, dict[str, Terms]] = defaultdict(lambda: defaultdict(dict))
        for (origin, target, ending), flow in flows.items():
            balance = {y: -factor for y, factor in flow.items()}
            for transport in self.ways.legs[origin, target]:
                z = self.programme.variable()
                balance[z] = 1.0
                self.hauls[transport, origin, target].append(z)
                self._reserve(transport, origin, target, ending, z, places)
                if transport in self.crews:
                    crew = self.crews[transport]
                    load[transport][z] = crew.task_s(origin, target)
                    self.held.task(transport, origin, target, z)
                    down[transport][target][z] = 1.0
                    up[transport][origin][z] = 1.0
                elif transport in self.line.belts:
                    load[transport][z] = 1 / self._most(transport)
            self.programme.equal.append(balance)
        for transport, terms in load.items():
            if transport in down:
                self._empty_moves(transport, terms, down[transport], up[transport])
            self._limit(transport, terms)
        for zone, terms in zip(self.held.zones, self.held.terms, strict=True):
            self.programme.at_most(zone.name, "time of the arms inside", terms, 1.0)

    def _limit(self, transport: str, terms: Terms) -> None:
        fleet = self.line.fleets.get(transport)
        if fleet is None:
            what = "handling and moves" if transport in self.crews else "parts on the belt"
            self.programme.at_most(transport, what, terms, 1.0)
            return
        self.programme.at_most(transport, "handling and moves", terms, fleet.units)
        if fleet.battery is None:
            return
        # a full charge at the beginning is for nothing, and so is what the last task takes beyond an empty battery
        start, end = counted_s(self.line.time)
        battery, free = fleet.battery, fleet.units * fleet.battery.charge_s / (end - start)
        beyond_s = max(0.0, self.crews[transport].longest_s() - battery.below * battery.lasts_s)
        each = battery.charge_s / (battery.lasts_s + beyond_s)
        charging = {z: time * each for z, time in terms.items()}
        both = {z: value + charging.get(z, 0.0) for z, value in terms.items()}
        self.programme.at_most(transport, "handling, moves and charging", both, fleet.units + free)
        if fleet.chargers:
            spots = sum(self.line.stations[name].servers for name in fleet.chargers if name in self.line.stations)
            self.programme.at_most(transport, "chargers", charging, spots + free)

    def _most(self, transport: str) -> float:
        """Most parts per second on a belt."""
        times = self.moves.belts.get(transport)
        if times is None or transport not in self.line.belts:
            return math.inf
        by_spacing = 1 / times.spacing_s if times.spacing_s > 0 else math.inf
        return min(by_spacing, max(1, times.capacity) / times.transit_s if times.transit_s > 0 else math.inf)

    def _reserve(
        self, transport: str, origin: str, target: str, ending: bool, z: int, places: dict[str, Terms]
    ) -> None:
        """Places that are taken while parts are handed over."""
        crew = self.crews.get(transport)
        if not ending:
            if crew is not None:
                places[target][z] += crew.task_s(origin, target)
            elif transport in self.line.links:
                places[target][z] += self.line.links[transport].time_s
        if crew is not None and self.line.stations[origin].buffer_out == 0:
            places[origin][z] += float(crew.pick[crew.stations.index(origin)])

    def _empty_moves(self, transport: str, load: Terms, down: dict[str, Terms], up: dict[str, Terms]) -> None:
        """As many empty moves start at a station as parts were put down there, and end there as are picked up."""
        crew = self.crews[transport]
        starts: dict[str, Terms] = {b: {z: -f for z, f in terms.items()} for b, terms in down.items()}
        ends: dict[str, Terms] = {a: {z: -f for z, f in terms.items()} for a, terms in up.items()}
        for b in down:
            for a in up:
                empty_s = float(crew.empty[crew.stations.index(b), crew.stations.index(a)])
                if math.isfinite(empty_s):
                    e = self.programme.variable()
                    starts[b][e] = ends[a][e] = 1.0
                    load[e] = empty_s
                    self.held.empty(transport, b, a, e)
        self.programme.equal += [*starts.values(), *ends.values()]
