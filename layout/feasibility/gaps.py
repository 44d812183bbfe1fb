"""Compiled: distances of many pairs of convex pieces. Imports numba; import it where it is used."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from layout.model.pose import Array
from layout.motion.collision.gjk import between, compiled


@compiled
def gaps(
    points: Array, start: NDArray[np.int64], first: NDArray[np.int64], second: NDArray[np.int64], limit_m: float
) -> Array:
    """(k,) float (m): distance between pieces first[i] and second[i], 0 where they touch; at least `limit_m` beyond it.

    points (n, 3) float (m): corners, piece p being rows start[p] to start[p + 1]
    """
    out, v, work = np.empty(len(first)), np.empty(3), np.empty((6, 3))
    for i in range(len(first)):
        a0, a1, b0, b1 = start[first[i]], start[first[i] + 1], start[second[i]], start[second[i] + 1]
        for x in range(3):
            v[x] = points[a0, x] - points[b0, x]
        out[i] = between(points, a0, a1, points, b0, b1, v, work, -1.0, limit_m)
    return out
