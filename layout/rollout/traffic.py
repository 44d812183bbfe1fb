"""Vehicles keep out of each other's way: a drive is begun when it meets nobody, wherever the others then are.

Every drive under way is known to its end, and so is where it will stand. A new one is tried from now on, later and
later, until it stays clear of all of them at every moment (prioritised planning in space and time). Where only
vehicles that stand still are in the way, one that has nothing to do has to make room.

Source: Erdmann, Lozano-Perez, "On multiple moving objects", Algorithmica 2, 1987 (prioritised planning).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import shapely

from layout.model.library import Point2
from layout.model.pose import Array
from layout.motion.drive import Drive, Place

APART_M = 0.05
"""Vehicles stay so far from one another: as far as they may stray from their paths (`motion.vehicles`)."""
SAMPLE_S = 0.1
"""Drives are compared this often: a vehicle at 1.5 m/s comes 0.15 m further."""
NEAR_M = 0.2
"""More than a vehicle moves between two samples and APART_M: farther apart, they do not meet."""
LATER_S = 0.5
MOST_LATER_S = 60.0


@dataclass(frozen=True)
class _Way:
    """A vehicle's drive from a time on; before it stands where that begins, after it where that ends."""

    start_s: float
    drive: Drive | None
    stands: Place

    @property
    def end_s(self) -> float:
        return self.start_s + (self.drive.time_s if self.drive is not None else 0.0)

    def places(self, times_s: Array) -> Array:
        """(n, 3) float: x, y (m), yaw (rad) at each time (s)."""
        if self.drive is None:
            return np.tile(np.asarray(self.stands, dtype=float), (len(times_s), 1))
        return self.drive.places(times_s - self.start_s)


class Traffic:
    """Where all vehicles are and will be.

    footprints : by vehicle, its outline (m) in its own frame
    """

    def __init__(self, footprints: Mapping[str, tuple[Point2, ...]], stands: Mapping[str, Place]) -> None:
        self._outlines = {name: np.asarray(points, dtype=float) for name, points in footprints.items()}
        self._radius = {name: float(np.hypot(*points.T).max()) for name, points in self._outlines.items()}
        self._ways = {name: _Way(0.0, None, place) for name, place in stands.items()}

    def set_out(self, name: str, drive: Drive, start_s: float) -> None:
        """A vehicle will drive from that time on (s): all others know."""
        self._ways[name] = _Way(start_s, drive, drive.place(0.0))

    def stand(self, name: str, place: Place, now_s: float) -> None:
        """A vehicle stands there from now on."""
        self._ways[name] = _Way(now_s, None, place)

    def clear_at(self, name: str, drive: Drive, now_s: float) -> tuple[float, frozenset[str]]:
        """When (s) a vehicle may set out at the earliest; inf where it is to wait, and for whom.

        Whom: vehicles that stand in its way and have no drive before them.
        """
        last_s = max((way.end_s for way in self._ways.values()), default=now_s)
        later = 0.0
        while later <= max(last_s - now_s, 0.0) + LATER_S and later <= MOST_LATER_S:
            if not self.met(name, drive, now_s + later):
                return now_s + later, frozenset()
            later += LATER_S
        standing = self.met(name, drive, max(last_s, now_s) + LATER_S)
        return math.inf, standing

    def met(self, name: str, drive: Drive, start_s: float) -> frozenset[str]:
        """Vehicles that one would meet if it set out at that time (s)."""
        own = _Way(start_s, drive, drive.place(0.0))
        found = set()
        for other, way in self._ways.items():
            if other == name:
                continue
            end_s = max(own.end_s, way.end_s)
            times = np.arange(start_s, end_s + SAMPLE_S, SAMPLE_S)
            if self._touch(name, own.places(times), other, way.places(times)):
                found.add(other)
        return frozenset(found)

    def meets_standing(self, name: str, drive: Drive, other: str, place: Place) -> bool:
        """Whether a vehicle's drive comes too close to another that stands at a place."""
        own = _Way(0.0, drive, drive.place(0.0)).places(np.arange(0.0, drive.time_s + SAMPLE_S, SAMPLE_S))
        return self._touch(name, own, other, np.tile(np.asarray(place, dtype=float), (len(own), 1)))

    def _touch(self, name: str, own: Array, other: str, there: Array) -> bool:
        near = np.hypot(*(own[:, :2] - there[:, :2]).T) <= self._radius[name] + self._radius[other] + 2 * NEAR_M
        if not near.any():
            return False
        gaps = shapely.distance(self._shapes(name, own[near]), self._shapes(other, there[near]))
        between = (self._steps(name, own) + self._steps(other, there))[near] / 2
        return bool((gaps - between < APART_M).any())

    def _steps(self, name: str, places: Array) -> Array:
        """(n,) float: how far (m) any corner gets from one sample to the next, or came from the one before."""
        ahead = np.diff(places, axis=0)
        ahead[:, 2] = (ahead[:, 2] + math.pi) % (2 * math.pi) - math.pi
        way = np.hypot(ahead[:, 0], ahead[:, 1]) + self._radius[name] * abs(ahead[:, 2])
        both: Array = np.maximum(np.append(way, 0.0), np.insert(way, 0, 0.0))
        return both

    def _shapes(self, name: str, places: Array) -> Array:
        points = self._outlines[name]
        cos, sin = np.cos(places[:, 2:3]), np.sin(places[:, 2:3])
        x = places[:, 0:1] + cos * points[:, 0] - sin * points[:, 1]
        y = places[:, 1:2] + sin * points[:, 0] + cos * points[:, 1]
        shapes: Array = shapely.polygons(np.stack([x, y], axis=2))
        return shapes


def first_free(
    traffic: Traffic, name: str, drives: Iterable[tuple[int, Drive, Place]], wanted: Iterable[tuple[str, Drive]],
    now_s: float,
) -> tuple[int, Drive] | None:  # fmt: skip
    """The first place of (row, drive there, place) that a vehicle can make room at now, and none of those who want to
    pass would meet it there."""
    passing = list(wanted)
    for row, drive, place in drives:
        if traffic.met(name, drive, now_s):
            continue
        if not any(traffic.meets_standing(other, way, name, place) for other, way in passing):
            return row, drive
    return None
