"""Vehicles keep out of each other's way: a drive is begun when it meets nobody, wherever the others then are.

Every drive under way is known to its end, and so is where it will stand. A new one is tried from now on, later and
later, until it stays clear of all of them at every moment (prioritised planning in space and time). Where only
vehicles that stand still are in the way, one that has nothing to do has to make room.

Vehicles set out at whole multiples of SAMPLE_S: what a drive covers is then sampled once, whenever it is driven.

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
EVERY = 5
"""A drive is tried so many samples later, and later again ..."""
MOST_LATER = 600
"""... up to so many."""


class Traffic:
    """Where all vehicles are and will be.

    footprints : by vehicle, its outline (m) in its own frame
    changes : how often one has set out or come to stand
    """

    def __init__(self, footprints: Mapping[str, tuple[Point2, ...]], stands: Mapping[str, Place]) -> None:
        self._outlines = footprints
        self._samples: dict[tuple[tuple[Point2, ...], Drive | Place], _Samples] = {}
        self._standing: dict[tuple[_Samples, _Samples], bool] = {}
        self._ways = {name: _Way(0, None, self._stood(name, place)) for name, place in stands.items()}
        self.changes = 0
        self._barred: dict[str, tuple[Drive, frozenset[str]]] = {}  # nothing has changed since it was to wait

    def next_s(self, now_s: float) -> float:
        """When (s) a vehicle may set out next; one that is alone at any time."""
        return _tick(now_s) * SAMPLE_S if len(self._ways) > 1 else now_s

    def set_out(self, name: str, drive: Drive, start_s: float) -> None:
        """A vehicle will drive from that time on (s): all others know."""
        self._ways[name] = _Way(_tick(start_s), start_s + drive.time_s, self._driven(name, drive))
        self._barred.clear()
        self.changes += 1

    def stand(self, name: str, place: Place, now_s: float) -> None:
        """A vehicle stands there from now on."""
        self._ways[name] = _Way(_tick(now_s), None, self._stood(name, place))
        self._barred.clear()
        self.changes += 1

    def still(self, now_s: float) -> bool:
        """Whether all stand."""
        return all(way.end_s is None or way.end_s <= now_s for way in self._ways.values())

    def clear_at(self, name: str, drive: Drive, now_s: float) -> tuple[float, frozenset[str]]:
        """When (s) a vehicle may set out at the earliest; inf where it is to wait, and for whom.

        Whom: vehicles that stand in its way and have no drive before them.
        """
        if len(self._ways) == 1:
            return now_s, frozenset()
        barred = self._barred.get(name)
        if barred is not None and barred[0] is drive:
            return math.inf, barred[1]
        own, now, others = self._driven(name, drive), _tick(now_s), self._others(name)
        last = max(way.last for way in others.values())
        most = min(max(last - now, 0) + EVERY, MOST_LATER)
        waits = any(self._meet_standing(own, way) for way in others.values() if way.last <= now)
        moving = [way for way in others.values() if way.last > now]
        for start in range(now, now if waits else now + most + 1, EVERY):
            if not any(_meet(own, start, way) for way in moving):
                return start * SAMPLE_S, frozenset()
        standing = frozenset(which for which, way in others.items() if self._meet_standing(own, way))
        if last - now <= MOST_LATER:
            self._barred[name] = drive, standing
        return math.inf, standing

    def met(self, name: str, drive: Drive, start_s: float) -> frozenset[str]:
        """Vehicles that one would meet if it set out as soon as it may after that time (s)."""
        own, start = self._driven(name, drive), _tick(start_s)
        return frozenset(
            which
            for which, way in self._others(name).items()
            if (self._meet_standing(own, way) if way.last <= start else _meet(own, start, way))
        )

    def meets_standing(self, name: str, drive: Drive, other: str, place: Place) -> bool:
        """Whether a vehicle's drive comes too close to another that stands at a place."""
        return self._meet_standing(self._driven(name, drive), _Way(0, None, self._stood(other, place)))

    def _others(self, name: str) -> dict[str, _Way]:
        return {other: way for other, way in self._ways.items() if other != name}

    def _meet_standing(self, own: _Samples, way: _Way) -> bool:
        """Whether a drive comes too close to where a way ends."""
        key = own, way.samples.end
        if key not in self._standing:
            self._standing[key] = _meet(own, 0, _Way(0, None, way.samples.end))
        return self._standing[key]

    def _driven(self, name: str, drive: Drive) -> _Samples:
        key = self._outlines[name], drive
        if key not in self._samples:
            places = drive.places(np.arange(0.0, drive.time_s + SAMPLE_S, SAMPLE_S))
            self._samples[key] = _Samples(key[0], places, self._stood(name, drive.place(drive.time_s)))
        return self._samples[key]

    def _stood(self, name: str, place: Place) -> _Samples:
        x, y, yaw = place
        key = self._outlines[name], (round(x, 6), round(y, 6), round(yaw, 6))
        if key not in self._samples:
            self._samples[key] = _Samples(key[0], np.array([place]))
        return self._samples[key]


@dataclass(frozen=True)
class _Way:
    """What a vehicle covers from a time on (in SAMPLE_S); before it stands where that begins, after it where that
    ends. end_s : when it is there (s), None where it stands all the time."""

    start: int
    end_s: float | None
    samples: _Samples

    @property
    def last(self) -> int:
        """From when on it stands (in SAMPLE_S)."""
        return self.start + len(self.samples.places) - 1 if self.end_s is not None else self.start


class _Samples:
    """A vehicle at every SAMPLE_S: (n, 3) places, its outline of k corners there; `end` is where it then stands.

    radius_m, inner_m : of the circles about its frame's origin round the outline and inside it
    """

    def __init__(self, outline: tuple[Point2, ...], places: Array, end: _Samples | None = None) -> None:
        self.places, self._outline = places, np.asarray(outline, dtype=float)
        self.radius_m = float(np.hypot(*self._outline.T).max())
        self.inner_m = _inner_m(outline)
        self.end = end or self

    @functools.cached_property
    def steps(self) -> Array:
        """(n,) float: how far (m) any corner gets from one sample to the next, or came from the one before."""
        ahead = np.diff(self.places, axis=0)
        ahead[:, 2] = (ahead[:, 2] + math.pi) % (2 * math.pi) - math.pi
        way = np.hypot(ahead[:, 0], ahead[:, 1]) + self.radius_m * abs(ahead[:, 2])
        both: Array = np.maximum(np.append(way, 0.0), np.insert(way, 0, 0.0))
        return both

    @functools.cached_property
    def shapes(self) -> Array:
        """(n,) polygons: what it covers."""
        points, cos, sin = self._outline, np.cos(self.places[:, 2:3]), np.sin(self.places[:, 2:3])
        x = self.places[:, 0:1] + cos * points[:, 0] - sin * points[:, 1]
        y = self.places[:, 1:2] + sin * points[:, 0] + cos * points[:, 1]
        found: Array = shapely.polygons(np.stack([x, y], axis=2))
        return found


@functools.cache
def _inner_m(outline: tuple[Point2, ...]) -> float:
    """Radius (m) of the largest circle about the origin inside an outline; 0 where the origin is outside."""
    shape, origin = shapely.Polygon(outline), shapely.Point(0.0, 0.0)
    return float(shape.exterior.distance(origin)) if shape.contains(origin) else 0.0


def _meet(own: _Samples, start: int, way: _Way) -> bool:
    """Whether two come too close if the first sets out then (in SAMPLE_S): from there on until both stand."""
    other = way.samples
    last = max(len(own.places), way.last - start + 1, 1)
    here = np.minimum(np.arange(last), len(own.places) - 1)
    since = np.arange(start - way.start, start - way.start + last)
    there = np.minimum(np.maximum(since, 0), len(other.places) - 1)
    away = np.hypot(*(own.places[here, :2] - other.places[there, :2]).T)
    free = away - (own.steps[here] + other.steps[there]) / 2 - APART_M
    if (free < own.inner_m + other.inner_m).any():
        return True
    near = free < own.radius_m + other.radius_m
    if not near.any():
        return False
    here, there = here[near], there[near]
    apart = shapely.distance(own.shapes[here], other.shapes[there]) - (own.steps[here] + other.steps[there]) / 2
    return bool((apart < APART_M).any())


def _tick(now_s: float) -> int:
    """The first multiple of SAMPLE_S from a time on (s)."""
    return math.ceil(now_s / SAMPLE_S - 1e-6)


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
