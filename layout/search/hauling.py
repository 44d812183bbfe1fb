"""How many good parts an hour a fleet could haul, by the ways that its vehicles would drive: it foretells throughput.

For one good part the vehicles drive loaded along the ways between docks, hand over, and drive empty from wherever parts
are put down to wherever parts are taken, as if the one had nothing to do with the other. How many parts go where is
known before anything is placed (`flow.hauls`); copies of a machine share.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np

from layout import flow
from layout.model.line import Fleet, Line
from layout.model.pose import Array
from layout.model.realise import largest_line
from layout.model.results import FleetTimes, Moves
from layout.model.scenario import Scenario
from layout.motion.vehicles import fleet_times


class Hauling:
    """Of one scenario.

    fleets : those that carry parts; pairs : stations that they carry parts between; stations : how many they stop at
    """

    def __init__(self, scenario: Scenario) -> None:
        self._parts: dict[str, dict[tuple[str, str], float]] = {}
        line = largest_line(scenario)
        if line.fleets:
            machine = {name: station.machine for name, station in line.stations.items()}
            for (name, a, b), parts in flow.hauls(line, Moves()).items():
                if name in line.fleets:
                    pairs = self._parts.setdefault(name, defaultdict(float))
                    pairs[machine[a], machine[b]] += parts
        self.fleets = tuple(self._parts)
        joined = {pair for pairs in self._parts.values() for pair in pairs}
        stations = line.stations.values()
        self.stations = len({name for name in self.fleets for name in line.fleets[name].stops})
        self.pairs = frozenset((a.name, b.name) for a in stations for b in stations if (a.machine, b.machine) in joined)

    def __call__(self, line: Line) -> Array:
        """(f,) float (1/h), in the order of `fleets`. Raises LayoutError where a fleet has no way to a station."""
        return np.array([self._per_h(line, line.fleets[name], self._parts[name]) for name in self.fleets])

    def _per_h(self, line: Line, fleet: Fleet, parts: dict[tuple[str, str], float]) -> float:
        times = fleet_times(fleet, line)
        wanted = _shared(line, times, parts)
        loaded = float(np.sum(wanted * (times.travel_s + times.handover_s[:, None] + times.handover_s[None])))
        up, down = wanted.sum(axis=1), wanted.sum(axis=0)
        empty_s = times.travel_s if times.empty_s is None else times.empty_s
        empty = float(down @ empty_s @ up) / max(float(up.sum()), 1e-9)
        return 3600.0 * fleet.units / max(loaded + empty, 1e-9)


def _shared(line: Line, times: FleetTimes, parts: dict[tuple[str, str], float]) -> Any:
    """(n, n) float: parts between the stations of `times`, shared out among the copies that stand."""
    rows: dict[str, list[int]] = defaultdict(list)
    for k, name in enumerate(times.stations):
        rows[line.stations[name].machine].append(k)
    wanted = np.zeros((len(times.stations), len(times.stations)))
    for (a, b), many in parts.items():
        pairs = [(i, j) for i in rows[a] for j in rows[b] if i != j]
        for i, j in pairs:
            wanted[i, j] += many / len(pairs)
    return wanted
