"""How well stations are used, after ISO 22400-2.

    |------------------------- window x servers -------------------------|
    |---------------------- PBT, planned busy time -----------|off shift |
    |------ APT, production time -----|blocked, starved, down |
    |-- PRI x PQ, as planned --|

Source: ISO 22400-2:2014, Automation systems and integration - Key performance indicators for manufacturing operations
management, part 2: availability, effectiveness, quality ratio, overall equipment effectiveness index.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from layout.flow.kernel.records import World
from layout.flow.network import Network


class StationTimes(NamedTuple):
    """What a station's effectiveness comes from, over the window and all its servers.

    busy_s : planned busy time PBT; working_s : production time APT, doors included, set-up not
    planned_s : PRI x PQ: the mean process time, as planned, of each operation done
    done : produced quantity PQ: operations done; scrapped, reworked : those of them whose part was no good
    """

    busy_s: float
    working_s: float
    planned_s: float
    done: int
    scrapped: int
    reworked: int

    @property
    def effectiveness(self) -> tuple[float, float, float, float]:
        """Availability APT / PBT, effectiveness PRI x PQ / APT, quality GQ / PQ, and their product, OEE.

        nan where there is nothing to divide by; a station that never worked has an OEE of 0.
        """
        availability = self.working_s / self.busy_s if self.busy_s > 0 else math.nan
        effectiveness = self.planned_s / self.working_s if self.working_s > 0 else math.nan
        quality = (self.done - self.scrapped - self.reworked) / self.done if self.done else math.nan
        oee = availability * effectiveness * quality if self.done and self.working_s > 0 else availability * 0.0
        return availability, effectiveness, quality, oee


def station_times(
    network: Network, world: World, shares: Mapping[str, Mapping[str, float]], window_s: float
) -> dict[str, StationTimes]:
    """By station, of those that have operations; shares : of its states."""
    done = world.streams["done"].tolist()
    count = world.stations[_COUNTED].tolist()
    found = {}
    for s, operations in network.worked:
        name, (servers, scrapped, reworked) = network.stations[s], count[s]
        seconds, number = 0.0, 0
        for stream, mean_s in operations:
            seconds += mean_s * done[stream]
            number += done[stream]
        whole_s, share = window_s * servers, shares[name]
        busy_s = whole_s * (1 - share["off_shift"])
        working_s = min(whole_s * share["working"], busy_s)  # sums of spells round by themselves
        found[name] = StationTimes(busy_s, working_s, seconds, number, scrapped, reworked)
    return found


_COUNTED = ["servers", "scrapped", "reworked"]
