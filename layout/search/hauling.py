"""How many good parts an hour fleets and arms could haul, by the moves that they would make: it foretells throughput.

For one good part a vehicle or an arm moves loaded from station to station, hands over, and moves empty from wherever
parts are put down to wherever parts are taken, as if the one had nothing to do with the other. Vehicles' ways are those
planned among what stands on the floor; arms' moves are as if nothing stood about them. How many parts go where is known
before anything is placed (`flow.hauls`); copies of a machine share.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np

from layout import flow
from layout.model.line import Line
from layout.model.pose import Array
from layout.model.realise import largest_line
from layout.model.results import Moves
from layout.model.scenario import Scenario
from layout.motion import arms, traffic
from layout.motion.cell import bare
from layout.motion.vehicles import fleet_times


class Hauling:
    """Of one scenario.

    carriers : fleets and arms that carry parts; arms : whether there are arms among them
    pairs : stations that fleets carry parts between; stations : how many fleets stop at
    """

    def __init__(self, scenario: Scenario) -> None:
        self._parts: dict[str, dict[tuple[str, str], float]] = {}
        line = largest_line(scenario)
        if line.fleets or line.arms:
            machine = {name: station.machine for name, station in line.stations.items()}
            for (name, a, b), parts in flow.hauls(line, Moves()).items():
                if name in line.fleets or name in line.arms:
                    pairs = self._parts.setdefault(name, defaultdict(float))
                    pairs[machine[a], machine[b]] += parts
        self.carriers = tuple(self._parts)
        self.arms = any(name in line.arms for name in self.carriers)
        fleets = [name for name in self.carriers if name in line.fleets]
        joined = {pair for name in fleets for pair in self._parts[name]}
        stations = line.stations.values()
        self.stations = len({stop for name in fleets for stop in line.fleets[name].stops})
        self.pairs = frozenset((a.name, b.name) for a in stations for b in stations if (a.machine, b.machine) in joined)

    def __call__(self, line: Line) -> Array:
        """(k,) float (1/h), in the order of `carriers`.

        Raises LayoutError where a fleet has no way to a station, or an arm does not reach it.
        """
        return np.array([self._per_h(line, name) for name in self.carriers])

    def _per_h(self, line: Line, name: str) -> float:
        units, times = 1, _Times(line, name)
        if name in line.fleets:
            units = line.fleets[name].units
        wanted = _shared(line, times.stations, self._parts[name])
        loaded = float(np.sum(wanted * times.loaded_s, where=wanted > 0.0))
        up, down = wanted.sum(axis=1), wanted.sum(axis=0)
        both = np.outer(down, up)
        empty = float(np.sum(both * times.empty_s, where=both > 0.0)) / max(float(up.sum()), 1e-9)
        return 3600.0 * units / max(loaded + empty, 1e-9)


class _Times:
    """Seconds (n, n) of a vehicle or an arm between `stations`: loaded, with both hand-overs, and empty."""

    def __init__(self, line: Line, name: str) -> None:
        if name in line.fleets:
            fleet = fleet_times(line.fleets[name], line)
            self.stations = fleet.stations
            self.loaded_s = fleet.travel_s + fleet.handover_s[:, None] + fleet.handover_s[None]
            self.empty_s = fleet.travel_s if fleet.empty_s is None else fleet.empty_s
            return
        arm = line.arms[name]
        mass_kg = max((product.mass_kg for product in line.products.values()), default=0.0)
        times = arms.arm_times(arm, line.stations, bare(arm.model, mass_kg), traffic.carried(arm, line))
        self.stations = times.stations
        self.loaded_s = times.loaded_s + times.pick_s[:, None] + times.place_s[None]
        self.empty_s = times.empty_s


def _shared(line: Line, stations: tuple[str, ...], parts: dict[tuple[str, str], float]) -> Any:
    """(n, n) float: parts between stations, shared out among the copies of a machine that stand."""
    rows: dict[str, list[int]] = defaultdict(list)
    for k, name in enumerate(stations):
        rows[line.stations[name].machine].append(k)
    wanted = np.zeros((len(stations), len(stations)))
    for (a, b), many in parts.items():
        pairs = [(i, j) for i in rows[a] for j in rows[b] if i != j]
        for i, j in pairs:
            wanted[i, j] += many / len(pairs)
    return wanted
