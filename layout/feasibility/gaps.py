"""Compiled: distances of many pairs of convex pieces. Imports numba; import it where it is used."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from layout.model.pose import Array
from layout.motion import kernels
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


@compiled
def swept(links: Array, slides: NDArray[np.bool_], angles: Array, points: Array, frame: NDArray[np.int64]) -> Array:
    """(s, m, 3) float (m): points (m, 3) on joints' frames (0: the base's) at joint vectors (s, dof), base frame.

    links, slides : the chain's (see `motion.kinematics.Chain`)
    """
    out = np.empty((len(angles), len(points), 3))
    frames = np.zeros((angles.shape[1] + 1, 4, 4))
    for i in range(4):
        frames[0, i, i] = 1.0
    for s in range(len(angles)):
        for k in range(angles.shape[1]):
            kernels.step(frames[k], links[k], frames[k + 1])
            kernels.drive(frames[k + 1], slides[k], angles[s, k])
        for p in range(len(points)):
            f = frame[p]
            for i in range(3):
                out[s, p, i] = frames[f, i, 3]
                for j in range(3):
                    out[s, p, i] += frames[f, i, j] * points[p, j]
    return out
