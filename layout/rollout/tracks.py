"""The way that parts take on a belt: straight legs that may climb, level turns on the tables of its corners.

At a right angle a turn's way is 0.16 of the belt's width shorter than the plan's, which goes through the corner.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from layout.model.library import Point2, Point3
from layout.motion.belts import TURN_SHARE

LEAST_M = 1e-6
"""Legs shorter than this are none ..."""
LEAST_RAD = 1e-3
"""... and corners flatter than this: ports are aligned no better."""


@dataclass(frozen=True)
class Leg:
    """A straight stretch: its ends (m, upper surface of the belt), where it begins on the track (m)."""

    start_m: Point3
    end_m: Point3
    begin_m: float

    @cached_property
    def length_m(self) -> float:
        """Its length, along the slope."""
        return math.dist(self.start_m, self.end_m)

    @cached_property
    def heading_rad(self) -> float:
        """The way it leads, in plan."""
        return math.atan2(self.end_m[1] - self.start_m[1], self.end_m[0] - self.start_m[0])

    def place(self, along_m: float) -> tuple[Point3, float]:
        """Point and heading (rad), so far (m) from its start."""
        share = along_m / self.length_m
        a, b = self.start_m, self.end_m
        at = (a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share)
        return at, self.heading_rad

    def find(self, x: float, y: float) -> tuple[float, float]:
        """How far along (m, on the slope) and how far to the left (m) a point of the plan lies."""
        ux, uy, stretch = self._plan
        x, y = x - self.start_m[0], y - self.start_m[1]
        return (x * ux + y * uy) * stretch, y * ux - x * uy

    @cached_property
    def _plan(self) -> tuple[float, float, float]:
        """Its direction in plan, and how much longer it is than its plan."""
        (ax, ay, _), (bx, by, _) = self.start_m, self.end_m
        flat = math.hypot(bx - ax, by - ay)
        return (bx - ax) / flat, (by - ay) / flat, self.length_m / flat


@dataclass(frozen=True)
class Turn:
    """A corner's level table: straight on to it, a turn on it, straight off it; angle_rad > 0 to the left.

    pivot_m, radius_m : of the turn of the middle line; start_rad : heading where the table begins
    spare_m : how far the table goes on before and behind the turn; begin_m : where on the track the table begins
    """

    pivot_m: Point3
    radius_m: float
    start_rad: float
    angle_rad: float
    spare_m: float
    begin_m: float

    @cached_property
    def arc_m(self) -> float:
        """Length of the turn itself."""
        return self.radius_m * abs(self.angle_rad)

    @cached_property
    def length_m(self) -> float:
        """Length of the middle line from edge to edge."""
        return self.arc_m + 2 * self.spare_m

    @cached_property
    def heading_rad(self) -> float:
        """Heading where it ends."""
        return self.start_rad + self.angle_rad

    def place(self, along_m: float) -> tuple[Point3, float]:
        """Point and heading (rad), so far (m) from its start."""
        turned = min(max(along_m - self.spare_m, 0.0), self.arc_m)
        heading = self.start_rad + math.copysign(turned / self.radius_m, self.angle_rad)
        x, y = self._at(heading)
        on = along_m - self.spare_m - turned
        return (x + on * math.cos(heading), y + on * math.sin(heading), self.pivot_m[2]), heading

    def find(self, x: float, y: float) -> tuple[float, float]:
        """How far along (m, on the middle line) and how far to the left (m) a point of the plan lies."""
        side = math.copysign(1.0, self.angle_rad)
        dx, dy = x - self.pivot_m[0], y - self.pivot_m[1]
        heading = math.atan2(side * dx, -side * dy)
        half = abs(self.angle_rad) / 2
        turned = math.remainder(side * (heading - self.start_rad) - half, 2 * math.pi) + half
        if 0.0 <= turned <= 2 * half:
            return self.spare_m + turned * self.radius_m, side * (self.radius_m - math.hypot(dx, dy))
        heading, along = (
            (self.start_rad, self.spare_m) if turned < half else (self.heading_rad, self.length_m - self.spare_m)
        )
        c, s = math.cos(heading), math.sin(heading)
        at = self._at(heading)
        dx, dy = x - at[0], y - at[1]
        return along + dx * c + dy * s, dy * c - dx * s

    def plan(self, width_m: float) -> list[Point2]:
        """Corners (m, about the pivot) of the table of a belt of that width: the inner one first."""
        side, middle = math.copysign(1.0, self.angle_rad), self.start_rad + self.angle_rad / 2
        inner = (self.radius_m - width_m / 2) / math.cos(self.angle_rad / 2)
        reach = width_m / math.cos(self.angle_rad / 2)
        headings, sizes = (self.start_rad, middle, self.heading_rad), (width_m, reach, width_m)
        x, y = inner * side * math.sin(middle), -inner * side * math.cos(middle)
        outer = [(x + s * side * math.sin(h), y - s * side * math.cos(h)) for h, s in zip(headings, sizes, strict=True)]
        return [(x, y), *outer]

    def _at(self, heading: float) -> Point2:
        """The point (m) of the turn where it leads that way."""
        side = math.copysign(self.radius_m, self.angle_rad)
        return self.pivot_m[0] + side * math.sin(heading), self.pivot_m[1] - side * math.cos(heading)


@dataclass(frozen=True)
class Track:
    """Legs and turns, one after the other."""

    pieces: tuple[Leg | Turn, ...]

    @cached_property
    def tables(self) -> tuple[tuple[float, float], ...]:
        """From where to where (m) each corner's table reaches."""
        turns = [piece for piece in self.pieces if isinstance(piece, Turn)]
        return tuple((turn.begin_m, turn.begin_m + turn.length_m) for turn in turns)

    @cached_property
    def length_m(self) -> float:
        """Length of the whole way that parts' middles take."""
        last = self.pieces[-1]
        return last.begin_m + last.length_m

    def place(self, along_m: float) -> tuple[Point3, float]:
        """Point (m) and heading (rad) on it; beyond its ends on their straight continuation."""
        for piece in self.pieces:
            if along_m < piece.begin_m + piece.length_m:
                return piece.place(along_m - piece.begin_m)
        last = self.pieces[-1]
        return last.place(along_m - last.begin_m)

    def find(self, x: float, y: float, hint: int = 0) -> tuple[float, float, int]:
        """How far along the track and to its left (m) a point of the plan lies, and on which piece.

        hint : the piece it was on, looked at first
        """
        count = len(self.pieces)
        best, found = math.inf, (0.0, 0.0, 0)
        for k in (hint, *range(hint + 1, count), *range(hint)):
            piece = self.pieces[k]
            along, left = piece.find(x, y)
            beyond = max(-along if k else 0.0, along - piece.length_m if k < count - 1 else 0.0, 0.0)
            if beyond == 0.0 and k == hint and abs(left) < NEAR_M:
                return piece.begin_m + along, left, k
            miss = math.hypot(beyond, left)
            if miss < best:
                best, found = miss, (piece.begin_m + along, left, k)
        return found


NEAR_M = 0.15
"""A point this close to the piece it was last on is still there."""


def track(
    plan: Sequence[Point2],
    low_m: float,
    high_m: float,
    width_m: float,
    before: Sequence[Point2] = (),
    after: Sequence[Point2] = (),
) -> Track:
    """The track of a belt.

    plan : corners of its middle line (m), at least two, apart; low_m, high_m : height of its surface at both ends; its
        straight legs share the climb evenly, but for half a width (a quarter of the leg at most) next to tables
    before, after : corners (m) of level leads, up to its start and on from its end
    """
    points = [*before, *plan, *after]
    climbs = range(len(before), len(before) + len(plan) - 1)
    if abs(high_m - low_m) < LEAST_M:
        climbs, points = range(0), _straightened(points)
    heads = [math.atan2(b[1] - a[1], b[0] - a[0]) for a, b in pairwise(points)]
    angles = [math.remainder(b - a, 2 * math.pi) for a, b in pairwise(heads)]
    radius = width_m * TURN_SHARE
    trims = [0.0, *(width_m / 2 * math.tan(abs(angle) / 2) for angle in angles), 0.0]
    flats = [max(math.dist(a, b) - trims[i] - trims[i + 1], 0.0) for i, (a, b) in enumerate(pairwise(points))]
    level = [
        [min(width_m / 2, flat / 4) if trims[i + k] > LEAST_M and i in climbs else 0.0 for k in (0, 1)]
        for i, flat in enumerate(flats)
    ]
    climbed = sum(flats[i] - sum(level[i]) for i in climbs)
    pieces: list[Leg | Turn] = []
    along, height = 0.0, low_m
    for i, flat in enumerate(flats):
        c, s = math.cos(heads[i]), math.sin(heads[i])
        start = (points[i][0] + trims[i] * c, points[i][1] + trims[i] * s)
        end = (start[0] + flat * c, start[1] + flat * s)
        first, last = level[i]
        for begin, size, rises in (
            (0.0, first, False),
            (first, flat - first - last, i in climbs),
            (flat - last, last, False),
        ):
            if size > LEAST_M:
                top = height + (high_m - low_m) * size / climbed if rises else height
                a, b = ((start[0] + d * c, start[1] + d * s) for d in (begin, begin + size))
                pieces.append(Leg((*a, height), (*b, top), along))
                along, height = along + pieces[-1].length_m, top
        if i < len(angles) and abs(angles[i]) > LEAST_RAD:
            side, spare = math.copysign(radius, angles[i]), trims[i + 1] * (1.0 - 2 * TURN_SHARE)
            pivot = (end[0] + spare * c - side * s, end[1] + spare * s + side * c, height)
            pieces.append(Turn(pivot, radius, heads[i], angles[i], spare, along))
            along += pieces[-1].length_m
    return Track(tuple(pieces))


def _straightened(points: Sequence[Point2]) -> list[Point2]:
    """Without points that repeat the one before or lie on a straight stretch."""
    kept = [points[0]]
    for point in points[1:]:
        if math.dist(point, kept[-1]) < LEAST_M:
            continue
        if len(kept) > 1:
            (ax, ay), (bx, by) = kept[-2], kept[-1]
            turn = math.atan2(point[1] - by, point[0] - bx) - math.atan2(by - ay, bx - ax)
            if abs(math.remainder(turn, 2 * math.pi)) < LEAST_RAD:
                kept.pop()
        kept.append(point)
    return kept
