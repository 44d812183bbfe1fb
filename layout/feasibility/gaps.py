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
def stood(
    local: Array, thing: NDArray[np.int64], frames: Array, start: NDArray[np.int64], rounds: Array
) -> tuple[Array, Array, Array]:
    """Points (m, 3) where their things stand, and boxes (n, 3) (low, high) of their pieces, rounding included.

    thing (m,) : row of frames (t, 4), cosine and sine of the yaw, x and y; -1 for what is in the world already
    """
    points, n = local.copy(), len(rounds)
    low, high = np.empty((n, 3)), np.empty((n, 3))
    for i in range(n):
        for e in range(3):
            low[i, e], high[i, e] = np.inf, -np.inf
        for p in range(start[i], start[i + 1]):
            t = thing[p]
            if t >= 0:
                c, s = frames[t, 0], frames[t, 1]
                points[p, 0] = frames[t, 2] + c * local[p, 0] - s * local[p, 1]
                points[p, 1] = frames[t, 3] + s * local[p, 0] + c * local[p, 1]
            for e in range(3):
                low[i, e] = min(low[i, e], points[p, e])
                high[i, e] = max(high[i, e], points[p, e])
        for e in range(3):
            low[i, e] -= rounds[i]
            high[i, e] += rounds[i]
    return points, low, high


@compiled
def close(
    low: Array,
    high: Array,
    owner: NDArray[np.int64],
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    within_m: float,
) -> NDArray[np.int64]:
    """(k, 2) int: pieces of different owners, one of the first and one of the second, whose boxes come so close."""
    found, count = np.empty((64, 2), dtype=np.int64), 0
    for i in first:
        for j in second:
            if owner[i] == owner[j]:
                continue
            if (
                low[i, 0] - high[j, 0] <= within_m
                and low[j, 0] - high[i, 0] <= within_m
                and low[i, 1] - high[j, 1] <= within_m
                and low[j, 1] - high[i, 1] <= within_m
                and low[i, 2] - high[j, 2] <= within_m
                and low[j, 2] - high[i, 2] <= within_m
            ):
                if count == len(found):
                    more = np.empty((2 * count, 2), dtype=np.int64)
                    more[:count] = found
                    found = more
                found[count, 0], found[count, 1] = i, j
                count += 1
    return found[:count].copy()


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
