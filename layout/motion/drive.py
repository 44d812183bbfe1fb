"""How a vehicle drives a way: it backs out of its dock, turns on the spot at corners, drives, and docks."""

from __future__ import annotations

import bisect
import functools
import itertools
import math
from dataclasses import dataclass

import numpy as np

from layout.model.line import Fleet
from layout.model.pose import Array

Place = tuple[float, float, float]
"""x, y (m), yaw (rad)."""


@dataclass(frozen=True)
class _Leg:
    """A stretch of a way: from one place to another in a time (s); straight, or a turn on the spot, or standing."""

    first: Place
    second: Place
    length_m: float
    time_s: float

    @functools.cached_property
    def turned_rad(self) -> float:
        """From the first heading to the second, the short way."""
        return _between(self.first[2], self.second[2])


class Drive:
    """One way of a vehicle, as `motion.vehicles` times it: straight pieces from rest to rest, turns in between.

    path : (k, 2) float (m); the first piece is driven backwards, out of the dock
    """

    def __init__(self, fleet: Fleet, path: Array, first: Place, last: Place) -> None:
        self._fleet = fleet
        self._legs: list[_Leg] = []
        points = [np.asarray(point, dtype=float) for point in path]
        x, y, yaw = first
        run: list[Array] = [np.array([x, y])]
        if len(points) >= 2:
            self._drive(run[0], points[1], yaw)
            run = [points[1]]
        for before, after in itertools.pairwise(points[1:]):
            step = after - before
            if math.hypot(*step) < 1e-9:
                continue
            ahead = math.atan2(step[1], step[0])
            if abs(_between(yaw, ahead)) > 1e-6:
                self._drive(run[0], run[-1], yaw)
                self._turn(run[-1], yaw, ahead)
                yaw, run = ahead, [before]
            run.append(after)
        if len(run) > 1:
            self._drive(run[0], run[-1], yaw)
        self._turn(run[-1], yaw, last[2])
        self._legs.append(_Leg((*run[-1].tolist(), last[2]), last, 0.0, fleet.model.dock_s))
        self._ends: list[float] = np.cumsum([leg.time_s for leg in self._legs]).tolist()

    @property
    def time_s(self) -> float:
        """How long the way takes."""
        return self._ends[-1]

    def place(self, t: float) -> Place:
        """Where the vehicle is at a time (s) after it set out."""
        row = min(bisect.bisect_left(self._ends, t), len(self._legs) - 1)
        leg = self._legs[row]
        share = self._share(leg, t - (self._ends[row] - leg.time_s))
        (x, y, yaw), (to_x, to_y, _) = leg.first, leg.second
        return x + (to_x - x) * share, y + (to_y - y) * share, yaw + leg.turned_rad * share

    def places(self, times_s: Array) -> Array:
        """(n, 3) float: `place` at each time (s); before it set out where it starts, after it came where it ends."""
        t = np.clip(times_s, 0.0, self.time_s)
        rows = np.minimum(np.searchsorted(self._ends, t), len(self._legs) - 1)
        first, change, length, lasts, top = (values[rows] for values in self._table)
        t = np.clip(t - (np.array(self._ends)[rows] - lasts), 0.0, lasts)
        a = self._fleet.acceleration_m_s2
        speeding = top / a
        way = np.where(
            t < speeding,
            a * t * t / 2,
            np.where(t > lasts - speeding, length - a * (lasts - t) ** 2 / 2, top * (t - speeding / 2)),
        )
        even = np.divide(t, lasts, out=np.ones_like(t), where=lasts > 0)
        share = np.divide(way, length, out=even, where=(length > 0) & (lasts > 0))
        found: Array = first + change * share[:, None]
        return found

    @functools.cached_property
    def _table(self) -> tuple[Array, ...]:
        """By leg: (k, 3) its first place and the change to its second, (k,) its length, time and highest speed."""
        legs = self._legs
        first = np.array([leg.first for leg in legs])
        change = np.array([(*np.subtract(leg.second[:2], leg.first[:2]), leg.turned_rad) for leg in legs])
        length = np.array([leg.length_m for leg in legs])
        top = np.minimum(self._fleet.speed_m_s, np.sqrt(self._fleet.acceleration_m_s2 * length))
        return first, change, length, np.array([leg.time_s for leg in legs]), top

    def _share(self, leg: _Leg, t: float) -> float:
        """How far along a leg: at full speed after speeding up and before slowing down, as far as there is room."""
        if leg.time_s <= 0:
            return 1.0
        if leg.length_m <= 0:
            return min(max(t / leg.time_s, 0.0), 1.0)
        a = self._fleet.acceleration_m_s2
        top = min(self._fleet.speed_m_s, math.sqrt(a * leg.length_m))
        t = min(max(t, 0.0), leg.time_s)
        speeding = top / a
        if t < speeding:
            way = a * t * t / 2
        elif t > leg.time_s - speeding:
            way = leg.length_m - a * (leg.time_s - t) ** 2 / 2
        else:
            way = top * (t - speeding / 2)
        return way / leg.length_m

    def _drive(self, first: Array, second: Array, yaw: float) -> None:
        length = float(np.hypot(*(second - first)))
        if length < 1e-9:
            return
        v, a = self._fleet.speed_m_s, self._fleet.acceleration_m_s2
        time_s = length / v + v / a if length * a >= v * v else 2 * math.sqrt(length / a)
        self._legs.append(_Leg((*first.tolist(), yaw), (*second.tolist(), yaw), length, time_s))

    def _turn(self, at: Array, yaw: float, ahead: float) -> None:
        angle = abs(_between(yaw, ahead))
        if angle > 1e-6:
            time_s = angle / self._fleet.model.turn_rad_s
            self._legs.append(_Leg((*at.tolist(), yaw), (*at.tolist(), ahead), 0.0, time_s))


def matrix(place: Place) -> Array:
    """(4, 4) float: a vehicle's frame in the world."""
    x, y, yaw = place
    pose = np.eye(4)
    pose[:2, :2] = [[math.cos(yaw), -math.sin(yaw)], [math.sin(yaw), math.cos(yaw)]]
    pose[:2, 3] = x, y
    return pose


def _between(a: float, b: float) -> float:
    """The turn from one heading to another (rad), the short way."""
    return (b - a + math.pi) % (2 * math.pi) - math.pi
