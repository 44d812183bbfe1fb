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
def seen(px: float, py: float, qx: float, qy: float, edges: Array, first: Index, discs: Array, clear: float) -> bool:
    """Whether the straight line between two free points stays `clear` (m) away from every edge.

    discs : (r, 3) x, y and radius (m) of a circle around each ring; the floor's own is not looked at
    """
    limit = clear * clear
    low_x, high_x = min(px, qx) - clear, max(px, qx) + clear
    low_y, high_y = min(py, qy) - clear, max(py, qy) + clear
    for r in range(len(first) - 1):
        if r > 0:
            reach = clear + discs[r, 2]
            if _apart(discs[r, 0], discs[r, 1], px, py, qx, qy) >= reach * reach:
                continue
        for k in range(first[r], first[r + 1]):
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
                return False
    return True


@compiled
def sights(points: Array, edges: Array, first: Index, discs: Array, clear: float) -> Flags:
    """(n, n) bool: which of the free points (n, 2) see one another (see `seen`)."""
    n = len(points)
    out = np.zeros((n, n), np.bool_)
    for i in range(n):
        for j in range(i):
            out[i, j] = out[j, i] = seen(
                points[i, 0], points[i, 1], points[j, 0], points[j, 1], edges, first, discs, clear
            )
    return out


@compiled
def reached(points: Array, edges: Array, first: Index, discs: Array, clear: float) -> Flags:
    """(n,) bool: which of the free points (n, 2) can be got to from the first one, from point to point in sight."""
    n = len(points)
    out = np.zeros(n, np.bool_)
    queue = np.empty(n, np.int64)
    out[0] = True
    queue[0] = 0
    head, tail = 0, 1
    while head < tail:
        i = queue[head]
        head += 1
        for j in range(n):
            if not out[j] and seen(points[i, 0], points[i, 1], points[j, 0], points[j, 1], edges, first, discs, clear):
                out[j] = True
                queue[tail] = j
                tail += 1
    return out


@compiled
def quickest(costs: Array, ends: int) -> tuple[Array, Index]:
    """(k, n) least sums of costs from each of the first k = `ends` points, and the point before each on the way there.

    costs : (n, n) symmetric, 0 where there is no piece. Dijkstra's algorithm for dense graphs, without a heap; an end
    that is not reached has inf and -1.
    """
    n = len(costs)
    total, came = np.full((ends, n), np.inf), np.full((ends, n), -1, np.int64)
    for s in range(ends):
        open_ = np.ones(n, np.bool_)
        total[s, s] = 0.0
        waiting = ends
        while waiting > 0:
            near, at = np.inf, -1
            for i in range(n):
                if open_[i] and total[s, i] < near:
                    near, at = total[s, i], i
            if at < 0:
                break
            open_[at] = False
            if at < ends:
                waiting -= 1
            for j in range(n):
                cost = costs[at, j]
                if cost > 0.0 and near + cost < total[s, j]:
                    total[s, j] = near + cost
                    came[s, j] = at
    return total, came
