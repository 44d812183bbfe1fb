"""Plane poses and what they do to points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Pose:
    """Where a machine frame stands on the floor: x_m, y_m (m) and yaw_rad (counter-clockwise, rad)."""

    x_m: float
    y_m: float
    yaw_rad: float = 0.0

    def matrix(self) -> Array:
        """transform : (4, 4) float, machine frame to world."""
        c, s = cos_sin(self.yaw_rad)
        return np.array([[c, -s, 0, self.x_m], [s, c, 0, self.y_m], [0, 0, 1, 0], [0, 0, 0, 1.0]])

    def apply(self, points: object) -> Array:
        """points : (n, 2) or (n, 3) float (m) in the machine frame -> the same in the world."""
        given = np.atleast_2d(np.asarray(points, dtype=float))
        c, s = cos_sin(self.yaw_rad)
        out = given.copy()
        out[:, 0] = self.x_m + c * given[:, 0] - s * given[:, 1]
        out[:, 1] = self.y_m + s * given[:, 0] + c * given[:, 1]
        return out

    def turn(self, vectors: object) -> Array:
        """Directions (n, 2) or (n, 3) turned by the yaw, not moved."""
        return Pose(0.0, 0.0, self.yaw_rad).apply(vectors)


def quaternion(turn: Array) -> tuple[float, float, float, float]:
    """A rotation (3, 3) as x, y, z, w (Shepperd's method: the greatest of the four is taken from the diagonal)."""
    t = np.array([turn[0, 0], turn[1, 1], turn[2, 2], np.trace(turn)])
    k = int(np.argmax(t))
    q = np.empty(4)
    if k == 3:
        q[:] = (turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1], 1 + t[3])
    else:
        i, j, m = k, (k + 1) % 3, (k + 2) % 3
        q[i] = 1 - t[3] + 2 * turn[i, i]
        q[j], q[m] = turn[j, i] + turn[i, j], turn[m, i] + turn[i, m]
        q[3] = turn[m, j] - turn[j, m]
    q /= np.linalg.norm(q)
    return float(q[0]), float(q[1]), float(q[2]), float(q[3])


def cos_sin(angle_rad: float) -> tuple[float, float]:
    """Exact at quarter turns, so that a machine turned by 90 degrees keeps its exact size."""
    quarter = angle_rad / (math.pi / 2)
    if abs(quarter - round(quarter)) < 1e-12:
        return ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))[round(quarter) % 4]
    return math.cos(angle_rad), math.sin(angle_rad)


def matrix(at: Sequence[float], turn: Sequence[float]) -> Array:
    """(4, 4) of a position (m) and a rotation (quaternion x, y, z, w)."""
    x, y, z, w = turn
    out = np.eye(4)
    out[:3, :3] = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    out[:3, 3] = tuple(at)
    return out
