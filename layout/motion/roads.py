"""The floor as vehicles see it: a visibility graph among the corners of what stands there."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from layout.model.pose import Array
from layout.motion.kernels import Flags

SLACK_M = 1e-6
"""Points and lanes may be this much closer than asked for: they lie exactly at the distance, up to rounding."""

LONGEST_MITRE = 3.0
"""At sharp corners the lanes along both sides meet far out; nobody looks farther than this many times the clearance."""


class Roads:
    """Lanes among outlines: where a vehicle may turn, and between which points it may drive straight.

    boundary : (k, 2) float (m), the floor's edge; rings : (k, 2) each, what stands on it. Simple polygons.

    A vehicle turns on the spot where its farthest corner clears everything by a margin, and drives straight where its
    sides do. The points where a quickest way may bend lie at the corners of what stands there: on the lines along both
    sides, as far beyond the corner as turning needs, and on the corner's bisector. Round the end of something narrow,
    such as a fence, it may bend once only: in front of the middle of that end.

             b . . p2          v  a corner; p1, p2 in the lanes along its two sides, b on its bisector
        p1 . . +
           |   v------
           |   |
    """

    def __init__(self, boundary: Array, rings: Sequence[Array]) -> None:
        loops = [_oriented(boundary, clockwise=True), *(_oriented(ring, clockwise=False) for ring in rings)]
        self.edges = np.concatenate([np.hstack([loop, np.roll(loop, -1, axis=0)]) for loop in loops])
        self.first = np.cumsum([0, *(len(loop) for loop in loops)]).astype(np.int64)
        before = np.concatenate([np.roll(loop, 1, axis=0) for loop in loops])
        middles = np.array([0.5 * (loop.min(axis=0) + loop.max(axis=0)) for loop in loops])
        far = [float(np.hypot(*(loop - middle).T).max()) for loop, middle in zip(loops, middles, strict=True)]
        self.discs = np.column_stack([middles, far])
        self._corners = _Corners.of(before, self.edges[:, :2], self.edges[:, 2:])
        self._ends = _Ends.of(loops)

    @property
    def key(self) -> bytes:
        """The same for the same floor."""
        return self.edges.tobytes() + self.first.tobytes()

    def points(self, ends: Array, driving_m: float, turning_m: float) -> tuple[Array, Flags]:
        """Points (n, 2) (m) that a way may lead over, the ends (k, 2) first; which of the ends are free (k,)."""
        from layout.motion import sight

        points = np.vstack([ends, self._corners.points(driving_m, turning_m), self._ends.points(turning_m)])
        fits = sight.rooms(points, self.edges, self.first) >= turning_m - SLACK_M
        free = fits[: len(ends)].copy()
        fits[: len(ends)] = True
        return np.ascontiguousarray(points[fits]), free

    def joined(self, start: Array, end: Array, driving_m: float, turning_m: float) -> bool:
        """Whether there is a way between two points (2,) (m)."""
        from layout.motion import sight

        points, free = self.points(np.array([start, end]), driving_m, turning_m)
        if not free.all():
            return False
        return bool(sight.reached(points, self.edges, self.first, self.discs, driving_m - SLACK_M)[1])

    def graph(self, ends: Array, driving_m: float, turning_m: float) -> tuple[Array, Flags]:
        """Points (n, 2) (m), the ends (k, 2) first, and which of them see one another (n, n)."""
        from layout.motion import sight

        points, free = self.points(ends, driving_m, turning_m)
        seen = sight.sights(points, self.edges, self.first, self.discs, driving_m - SLACK_M)
        lost = np.nonzero(~free)[0]
        seen[lost] = False
        seen[:, lost] = False
        return points, seen

    def quickest(
        self, ends: Array, driving_m: float, turning_m: float, cost: Callable[[Array], Array]
    ) -> dict[tuple[int, int], Array]:
        """Points (q, 2) of the way with the least sum of costs (of pieces by their lengths) for each pair of ends."""
        from layout.motion import sight

        points, seen = self.graph(ends, driving_m, turning_m)
        steps = points[None] - points[:, None]
        lengths = np.hypot(steps[:, :, 0], steps[:, :, 1])
        costs = np.where(seen & (lengths > SLACK_M), cost(lengths), 0.0)
        k = len(ends)
        total, came = sight.quickest(costs, k)
        found: dict[tuple[int, int], Array] = {}
        for i in range(k):
            for j in range(i + 1, k):
                if lengths[i, j] <= SLACK_M:
                    found[i, j] = points[[i, j]]
                elif np.isfinite(total[i, j]):
                    way = [j]
                    while way[-1] != i:
                        way.append(int(came[i, way[-1]]))
                    found[i, j] = points[way[::-1]]
        return found | {(j, i): path[::-1] for (i, j), path in found.items()}


def _oriented(ring: Array, clockwise: bool) -> Array:
    """A ring with its inside to the right (clockwise) or to the left, without repeated points."""
    ring = ring[np.hypot(*(ring - np.roll(ring, 1, axis=0)).T) > SLACK_M]
    x, y = ring.T
    area = float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))
    return ring if (area < 0.0) == clockwise else ring[::-1]


class _Corners:
    """Corners that a way may bend at: unit normals to the free side, and directions, of the edges that meet there."""

    def __init__(self, at: Array, u: Array, w: Array) -> None:
        self.at, self.u, self.w = at, u, w
        self.n, self.m = np.column_stack([u[:, 1], -u[:, 0]]), np.column_stack([w[:, 1], -w[:, 0]])
        self.cos = np.sqrt(np.maximum(0.5 * (1.0 + np.sum(u * w, axis=1)), 1e-12))  # of half the turn
        self.middle = (self.n + self.m) / np.maximum(np.hypot(*(self.n + self.m).T), 1e-9)[:, None]

    @classmethod
    def of(cls, before: Array, at: Array, after: Array) -> _Corners:
        u, w = at - before, after - at
        u, w = u / np.hypot(*u.T)[:, None], w / np.hypot(*w.T)[:, None]
        turns = u[:, 0] * w[:, 1] - u[:, 1] * w[:, 0] > 1e-9
        return cls(at[turns], u[turns], w[turns])

    def points(self, driving_m: float, turning_m: float) -> Array:
        """(n, 2) float (m): where a vehicle that needs so much room to both sides, and to turn, may go round."""
        h, r = driving_m, max(turning_m, driving_m)
        mitre = h * np.sqrt(np.maximum(1.0 / self.cos**2 - 1.0, 0.0))
        beyond = np.maximum(np.sqrt(r * r - h * h), np.minimum(mitre, LONGEST_MITRE * h))[:, None]
        out = np.maximum(r, np.minimum(h / self.cos, LONGEST_MITRE * h))[:, None]
        points = np.vstack(
            [
                self.at + h * self.n + beyond * self.u,
                self.at + h * self.m - beyond * self.w,
                self.at + out * self.middle,
            ]
        )
        return np.unique(np.round(points, 9), axis=0)


class _Ends:
    """Sides of what stands on the floor with a corner at either end: their middles, half lengths and free sides."""

    def __init__(self, middle: Array, half: Array, normal: Array) -> None:
        self.middle, self.half, self.normal = middle, half, normal

    @classmethod
    def of(cls, loops: Sequence[Array]) -> _Ends:
        parts = []
        for loop in loops:
            u = np.roll(loop, -1, axis=0) - loop
            turns = np.roll(u, 1, axis=0)[:, 0] * u[:, 1] - np.roll(u, 1, axis=0)[:, 1] * u[:, 0] > 1e-9
            sides = turns & np.roll(turns, -1)
            parts.append(np.hstack([loop, u])[sides])
        found = np.concatenate(parts)
        at, u = found[:, :2], found[:, 2:]
        size = np.hypot(u[:, 0], u[:, 1])
        return cls(at + 0.5 * u, 0.5 * size, np.column_stack([u[:, 1], -u[:, 0]]) / size[:, None])

    def points(self, turning_m: float) -> Array:
        """(n, 2) float (m): in front of sides that a vehicle can go round in one turn."""
        short = self.half < turning_m
        return np.asarray(self.middle[short] + turning_m * self.normal[short])
