"""Doors and other axes of machines: how long a machine moves by itself round each part it works on."""

from __future__ import annotations

import math
from collections.abc import Mapping

from layout.model.library import MachineModel
from layout.model.line import Station
from layout.model.results import DoorTimes

STILL = 1e-9
"""Axes that move by less (m, rad) stand still."""


def trapezoid(way: float, speed: float, acceleration: float) -> float:
    """Least time (s) of a way (m or rad) from rest to rest under limits of speed and acceleration.

        speed   ____
               /    \\       way >= speed^2 / acceleration:  way / speed + speed / acceleration
              /      \\      else it peaks below:            2 sqrt(way / acceleration)

    Biagiotti & Melchiorri, Trajectory Planning for Automatic Machines and Robots, Springer 2008, section 3.2.
    """
    way = abs(way)
    if way * acceleration >= speed * speed:
        return way / speed + speed / acceleration
    return 2.0 * math.sqrt(way / acceleration)


def door_times(model: MachineModel) -> DoorTimes | None:
    """How long a machine closes before it works and opens before a part can be taken; None where nothing moves.

    All its axes move at once, each as a trapezoid of speed, from where they stand in the program "load" to where they
    stand in "work" (and back); the slowest counts.
    """
    ways = [work - load for load, work in zip(model.position("load"), model.position("work"), strict=True)]
    if all(abs(way) < STILL for way in ways):
        return None
    time_s = max(trapezoid(way, axis.speed, axis.acceleration) for way, axis in zip(ways, model.axes, strict=True))
    return DoorTimes(close_s=time_s, open_s=time_s)


def doors_of(stations: Mapping[str, Station]) -> dict[str, DoorTimes]:
    """Times by station, of those that have anything to close."""
    found = {name: door_times(station.model) for name, station in stations.items()}
    return {name: times for name, times in found.items() if times is not None}
