"""Compiled kernels of the floor: what stands close to a point, and which points can be joined by a straight lane.

Edges are segments (m, 4): x, y of both ends (m), of all rings of the floor one after another; `first` (r + 1,) says
where each ring begins. Free space lies to the right of every edge.
"""

from __future__ import annotations

import math

import numpy as np

from layout.model.pose import Array
from layout.motion.kernels import Flags, Index, compiled


@compiled
def _apart(px: float, py: float, ax: float, ay: float, bx: float, by: float) -> float:
    """Squared distance of a point from a segment."""
    ux, uy = bx - ax, by - ay
    size = ux * ux + uy * uy
    share = 0.0
    if size > 0.0:
        share = min(1.0, max(0.0, ((px - ax) * ux + (py - ay) * uy) / size))
    dx, dy = ax + share * ux - px, ay + share * uy - py
    return dx * dx + dy * dy


@compiled
def rooms(points: Array, edges: Array, first: Index) -> Array:
    """(n,) float (m): distance of each point (n, 2) from the nearest edge; negative where it is not free.

    Ring 0 is the floor's boundary, the others are what stands there.
    """
    out = np.empty(len(points))
    for i in range(len(points)):
        x, y = points[i, 0], points[i, 1]
        near, free = 1e300, True
        for r in range(len(first) - 1):
            inside = False
            for k in range(first[r], first[r + 1]):
                ax, ay, bx, by = edges[k, 0], edges[k, 1], edges[k, 2], edges[k, 3]
                near = min(near, _apart(x, y, ax, ay, bx, by))
                if (ay > y) != (by > y) and x < ax + (y - ay) / (by - ay) * (bx - ax):
                    inside = not inside
            if inside != (r == 0):
                free = False
        out[i] = math.sqrt(near) if free else -math.sqrt(near)
    return out


@compiled
def sights(points: Array, edges: Array, clear: float) -> Flags:
    """(n, n) bool: whether the straight line between two free points (n, 2) stays `clear` (m) away from every edge."""
    n = len(points)
    out = np.zeros((n, n), np.bool_)
    limit = clear * clear
    for i in range(n):
        px, py = points[i, 0], points[i, 1]
        for j in range(i):
            qx, qy = points[j, 0], points[j, 1]
            low_x, high_x = min(px, qx) - clear, max(px, qx) + clear
            low_y, high_y = min(py, qy) - clear, max(py, qy) + clear
            seen = True
            for k in range(len(edges)):
                ax, ay, bx, by = edges[k, 0], edges[k, 1], edges[k, 2], edges[k, 3]
                if (
                    (ax < low_x and bx < low_x)
                    or (ax > high_x and bx > high_x)
                    or (ay < low_y and by < low_y)
                    or (ay > high_y and by > high_y)
                ):
                    continue
                side_a = (qx - px) * (ay - py) - (qy - py) * (ax - px)
                side_b = (qx - px) * (by - py) - (qy - py) * (bx - px)
                side_p = (bx - ax) * (py - ay) - (by - ay) * (px - ax)
                side_q = (bx - ax) * (qy - ay) - (by - ay) * (qx - ax)
                if (
                    (side_a * side_b < 0.0 and side_p * side_q < 0.0)
                    or _apart(ax, ay, px, py, qx, qy) < limit
                    or _apart(bx, by, px, py, qx, qy) < limit
                    or _apart(px, py, ax, ay, bx, by) < limit
                    or _apart(qx, qy, ax, ay, bx, by) < limit
                ):
                    seen = False
                    break
            out[i, j] = out[j, i] = seen
    return out
