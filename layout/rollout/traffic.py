"""Vehicles keep out of each other's way: a drive is begun when it meets nobody, wherever the others then are.

Every drive under way is known to its end, and so is where it will stand. A new one is tried from now on, later and
later, until it stays clear of all of them at every moment (prioritised planning in space and time). Where only
vehicles that stand still are in the way, one that has nothing to do has to make room.

Source: Erdmann, Lozano-Perez, "On multiple moving objects", Algorithmica 2, 1987 (prioritised planning).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
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
EVERY = 5
LATER_S = EVERY * SAMPLE_S
"""A drive is tried so much later, and later again."""
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
    changes : how often one has set out or come to stand
    """

    def __init__(self, footprints: Mapping[str, tuple[Point2, ...]], stands: Mapping[str, Place]) -> None:
        self._outlines = {name: np.asarray(points, dtype=float) for name, points in footprints.items()}
        self._ways = {name: _Way(0.0, None, place) for name, place in stands.items()}
        self.changes = 0
        self._barred: dict[str, tuple[Drive, frozenset[str]]] = {}  # nothing has changed since it was to wait

    def set_out(self, name: str, drive: Drive, start_s: float) -> None:
        """A vehicle will drive from that time on (s): all others know."""
        self._ways[name] = _Way(start_s, drive, drive.place(0.0))
        self._barred.clear()
        self.changes += 1

    def stand(self, name: str, place: Place, now_s: float) -> None:
        """A vehicle stands there from now on."""
        self._ways[name] = _Way(now_s, None, place)
        self._barred.clear()
        self.changes += 1

    def still(self, now_s: float) -> bool:
        """Whether all stand."""
        return all(way.end_s <= now_s for way in self._ways.values())

    def clear_at(self, name: str, drive: Drive, now_s: float) -> tuple[float, frozenset[str]]:
        """When (s) a vehicle may set out at the earliest; inf where it is to wait, and for whom.

        Whom: vehicles that stand in its way and have no drive before them.
        """
        barred = self._barred.get(name)
        if barred is not None and barred[0] is drive:
            return math.inf, barred[1]
        last_s = max((way.end_s for way in self._ways.values()), default=now_s)
        most = min(max(last_s - now_s, 0.0) + LATER_S, MOST_LATER_S)
        own, others = self._sampled(name, drive, now_s, most)
        bars = any(_meet(own, others[other], 0) for other in others if self._ways[other].end_s <= now_s)
        for later in range(0 if bars else int(most / LATER_S) + 1):
            if not any(_meet(own, other, later * EVERY) for other in others.values()):
                return now_s + later * LATER_S, frozenset()
        standing = self.met(name, drive, max(last_s, now_s) + LATER_S)
        if last_s - now_s <= MOST_LATER_S:
            self._barred[name] = drive, standing
        return math.inf, standing

    def met(self, name: str, drive: Drive, start_s: float) -> frozenset[str]:
        """Vehicles that one would meet if it set out at that time (s)."""
        own, others = self._sampled(name, drive, start_s, 0.0)
        return frozenset(which for which, other in others.items() if _meet(own, other, 0))

    def meets_standing(self, name: str, drive: Drive, other: str, place: Place) -> bool:
        """Whether a vehicle's drive comes too close to another that stands at a place."""
        own = _Samples(self._outlines[name], drive.places(_grid(drive.time_s)))
        stands = np.tile(np.asarray(place, dtype=float), (len(own.places), 1))
        return _meet(own, _Samples(self._outlines[other], stands), 0)

    def _sampled(self, name: str, drive: Drive, start_s: float, most_s: float) -> tuple[_Samples, dict[str, _Samples]]:
        """A drive, and all others from `start_s` on until both are over, even if the drive begins `most_s` later."""
        own = _Samples(self._outlines[name], drive.places(_grid(drive.time_s)))
        others = {}
        for other, way in self._ways.items():
            if other != name:
                times = start_s + _grid(max(most_s + drive.time_s, way.end_s - start_s))
                others[other] = _Samples(self._outlines[other], way.places(times))
        return own, others


class _Samples:
    """A vehicle at every SAMPLE_S: (n, 3) places, and what its outline (k, 2) (m) covers there."""

    def __init__(self, outline: Array, places: Array) -> None:
        self.places, self._outline = places, outline
        self.radius_m = float(np.hypot(*outline.T).max())
        self._shapes = np.full(len(places), None, dtype=object)

    @functools.cached_property
    def steps(self) -> Array:
        """(n,) float: how far (m) any corner gets from one sample to the next, or came from the one before."""
        ahead = np.diff(self.places, axis=0)
        ahead[:, 2] = (ahead[:, 2] + math.pi) % (2 * math.pi) - math.pi
        way = np.hypot(ahead[:, 0], ahead[:, 1]) + self.radius_m * abs(ahead[:, 2])
        both: Array = np.maximum(np.append(way, 0.0), np.insert(way, 0, 0.0))
        return both

    def shapes(self, rows: Array) -> Array:
        """(m,) polygons at some of the samples."""
        missing = np.unique(rows[self._shapes[rows] == None])  # noqa: E711
        if len(missing):
            places, points = self.places[missing], self._outline
            cos, sin = np.cos(places[:, 2:3]), np.sin(places[:, 2:3])
            x = places[:, 0:1] + cos * points[:, 0] - sin * points[:, 1]
            y = places[:, 1:2] + sin * points[:, 0] + cos * points[:, 1]
            self._shapes[missing] = shapely.polygons(np.stack([x, y], axis=2))
        found: Array = self._shapes[rows]
        return found


def _meet(own: _Samples, other: _Samples, later: int) -> bool:
    """Whether two come too close if the first sets out so many samples later than the second's begin; at its end it
    stands."""
    there = np.arange(later, len(other.places))
    here = np.minimum(there - later, len(own.places) - 1)
    away = np.hypot(*(own.places[here, :2] - other.places[there, :2]).T)
    near = away <= own.radius_m + other.radius_m + 2 * NEAR_M
    if not near.any():
        return False
    here, there = here[near], there[near]
    between = (own.steps[here] + other.steps[there]) / 2
    return bool((shapely.distance(own.shapes(here), other.shapes(there)) - between < APART_M).any())


def _grid(lasts_s: float) -> Array:
    """Times (s) from 0 until so long has passed."""
    return np.arange(0.0, lasts_s + SAMPLE_S, SAMPLE_S)


def first_free(
    traffic: Traffic, name: str, drives: Sequence[tuple[int, Drive, Place]], passing: Sequence[tuple[str, Drive]],
    others: Sequence[tuple[str, Drive]], now_s: float,
) -> tuple[int, Drive] | None:  # fmt: skip
    """The first place of (row, drive there, place) that a vehicle can make room at now.

    There it is in the way of none who want to pass, and of none of the others unless it would be everywhere.
    """

    def bars(place: Place, ways: Sequence[tuple[str, Drive]]) -> bool:
        return any(traffic.meets_standing(other, way, name, place) for other, way in ways)

    second = None
    for row, drive, place in drives:
        if bars(place, passing) or traffic.met(name, drive, now_s):
            continue
        if not bars(place, others):
            return row, drive
        second = second or (row, drive)
    return second
