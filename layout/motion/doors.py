"""Doors and other axes of machines: how long a machine moves by itself round each part it works on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from layout.model.library import MachineModel
from layout.model.line import Station
from layout.model.pose import Array
from layout.model.results import DoorTimes
from layout.motion.moves import Steps

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


def trapezoid_way(way: float, speed: float, acceleration: float, times: ArrayLike) -> Array:
    """How far (n,) (m or rad) the move that `trapezoid` measures has got at times (n,) (s) after its start."""
    whole = trapezoid(way, speed, acceleration)
    far = abs(way)
    up = min(speed / acceleration, whole / 2.0)
    t = np.clip(np.asarray(times, dtype=float), 0.0, whole)
    back = np.minimum(t, whole - t)  # the second half is the first one seen from the end
    ramp = 0.5 * acceleration * np.minimum(back, up) ** 2
    gone = ramp + acceleration * up * np.maximum(back - up, 0.0)
    gone = np.where(t > whole / 2.0, far - gone, gone)
    return np.asarray(np.copysign(gone, way))


def door_steps(model: MachineModel, first: Sequence[float], last: Sequence[float], step_s: float) -> Steps:
    """Set points of a machine's axes on their way between two positions, each as a trapezoid of speed."""
    ways = [b - a for a, b in zip(first, last, strict=True)]
    spans = [trapezoid(way, axis.speed, axis.acceleration) for way, axis in zip(ways, model.axes, strict=True)]
    whole_s = max(spans, default=0.0)
    now = np.linspace(0.0, whole_s, max(round(whole_s / step_s), 1) + 1)
    rows = [
        a + trapezoid_way(way, axis.speed, axis.acceleration, now)
        for a, way, axis in zip(first, ways, model.axes, strict=True)
    ]
    out = np.array(rows).T
    out[-1] = last
    return Steps(out[:-1], np.diff(out, axis=0) / step_s, out[-1].copy(), whole_s)


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
