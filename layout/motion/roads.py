"""The floor as vehicles see it: a visibility graph among the corners of what stands there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from layout.model.pose import Array, Pose
from layout.motion.kernels import Flags, Index


class Roads:
    """Lanes among outlines: where a vehicle may turn, and between which points it may drive straight.

    outlines : (m, 2) float (m), simple polygons one after another: the floor's edge, then what stands on it
    begins : (r + 1,) the row where each begins

    A vehicle turns on the spot where its farthest corner clears everything by a margin, and drives straight where its
    sides do. The points where a quickest way may bend lie at the corners of what stands there: on the lines along both
    sides, as far beyond the corner as turning needs, and on the corner's bisector (`sight.turning_points`). Round the
    end of something narrow, such as a fence, it may bend once only: in front of the middle of that end.
    """

    def __init__(self, outlines: Array, begins: Index) -> None:
        from layout.motion import sight

        self.edges, self.first, self.discs = sight.oriented(outlines, begins)

    @property
    def key(self) -> bytes:
        """The same for the same floor."""
        return self.edges.tobytes() + self.first.tobytes()

    def reached(self, start: int, ends: Array, driving_m: float, turning_m: float) -> Flags:
        """(k,) bool: which of the points (k, 2) (m) there is a way to from the one of that row."""
        from layout.motion import sight

        return sight.reached(start, ends, self.edges, self.first, self.discs, driving_m, turning_m)

    def quickest(
        self, ends: Array, driving_m: float, turning_m: float, speed_m_s: float, acceleration_m_s2: float
    ) -> tuple[Array, Index]:
        """The quickest ways among points (k, 2) (m), turns left out: see `sight.quickest`."""
        from layout.motion import sight

        floor = self.edges, self.first, self.discs
        return sight.quickest(ends, *floor, driving_m, turning_m, speed_m_s, acceleration_m_s2)


@dataclass(frozen=True, eq=False)
class Ways:
    """Quickest ways between docks, in the first dock's frame.

    docks : (k, 3) x, y (m), yaw (rad); points, came : of `sight.quickest`
    time_s, length_m : (k, k); inf where there is none
    """

    docks: Array
    points: Array
    came: Index
    time_s: Array
    length_m: Array

    def path(self, i: int, j: int) -> Array:
        """(q, 2) float (m), from dock to dock; that place alone from a dock to itself."""
        from layout.motion import sight

        if i == j:
            return self.docks[i : i + 1, :2]
        return np.vstack([self.docks[i, :2], sight.trail(self.points, self.came, i, j), self.docks[j, :2]])


@dataclass(frozen=True, eq=False)
class Paths(Mapping[tuple[int, int], Array]):
    """Station i, station j -> (q, 2) float (m, world): the way from dock `out[i]` to dock `in_[j]`, as asked for.

    back : whether there is a way from a station to itself
    """

    ways: Ways
    base: Pose
    out: tuple[int, ...]
    in_: tuple[int, ...]
    back: bool

    def __getitem__(self, pair: tuple[int, int]) -> Array:
        i, j = pair
        if not (0 <= i < len(self.out) and 0 <= j < len(self.in_)) or (i == j and not self.back):
            raise KeyError(pair)
        return self.base.apply(self.ways.path(self.out[i], self.in_[j]))

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return ((i, j) for i in range(len(self.out)) for j in range(len(self.in_)) if self.back or i != j)

    def __len__(self) -> int:
        return len(self.out) * len(self.in_) - (0 if self.back else min(len(self.out), len(self.in_)))
