"""Compiled: convex pieces on a floor, who moves them, and how far apart they are. Imports numba; import it where it is
used.

Pieces are convex polygons (counter-clockwise) that only shift: piece p belongs to mover `mover[p]` (-1: stands still),
whose displacement is `d` (v, 2).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from layout.flow.kernel.jit import apart as alone
from layout.flow.kernel.jit import compiled, entry_with
from layout.model.pose import Array

Index = NDArray[np.int64]

ENOUGH_M = 1e-10
"""What is left of an overlap that the solver takes as nothing: a tenth of what `legalise` promises."""

WRONG_M = 1e-9
"""No overlap or missing clearance deeper than this is left, and none is acted upon."""


class Plan(NamedTuple):
    """Pieces, who moves them, and what keeps apart.

    verts (p, k, 2), corners (p,) : the corners (m) of each piece, and how many; held (p,) : so many the walls hold
    box (p, 4) : its least x, y and greatest x, y
    mover (p,) : who moves it, -1: it stands still
    pairs (m, 2), gaps (m,) : pieces that keep so far apart (m)
    slot (s + 1,) : pairs slot[i] to slot[i + 1] belong to the same two things, and are not taken apart in one go: once
        the deepest is free, others may be, too
    both (s, 2), around (s, 8) : who moves these two (-1: stands still), and the boxes of all pieces of either, the
        second one larger by the gap
    start (v + 1,), near : the slots that mover i has part in are near[start[i]:start[i + 1]]
    walls (w, 3) : half-planes x * a + y * b <= c; low, high (v, 2) : bounds of each mover's displacement (m)
    """

    verts: Array
    corners: Index
    held: Index
    box: Array
    mover: Index
    pairs: Index
    gaps: Array
    slot: Index
    both: Index
    around: Array
    start: Index
    near: Index
    walls: Array
    low: Array
    high: Array


@compiled
def _along(verts: Array, count: Index, a: int, b: int, dx: float, dy: float, i: int, out: Array) -> float:
    """How far piece b, shifted by (dx, dy), is from a along the outward normal of an edge: a's first, then b's."""
    own = i < count[a]
    piece, other = (a, b) if own else (b, a)
    k = i if own else i - count[a]
    j = k + 1 if k + 1 < count[piece] else 0
    px, py = verts[piece, k, 0], verts[piece, k, 1]
    ex, ey = verts[piece, j, 0] - px, verts[piece, j, 1] - py
    size = math.sqrt(ex * ex + ey * ey)
    if size < 1e-9:
        return -1e30
    nx, ny = ey / size, -ex / size
    sign = 1.0 if own else -1.0
    px, py = px - sign * dx, py - sign * dy
    s = 1e30
    for v in range(count[other]):
        s = min(s, nx * (verts[other, v, 0] - px) + ny * (verts[other, v, 1] - py))
    out[0], out[1] = sign * nx, sign * ny
    return s


@alone
def apart(verts: Array, count: Index, a: int, b: int, dx: float, dy: float, gap: float, out: Array) -> float:
    """Distance (m) of piece b, shifted by (dx, dy), from a; less than 0 by the way that frees them if they overlap.

    out (2,) becomes the direction from a to b along which they are so far apart. Of pieces farther apart than the gap
    any distance of at least the gap may be returned.
    """
    best, x, y = -1e30, 0.0, 0.0
    for i in range(count[a] + count[b]):
        s = _along(verts, count, a, b, dx, dy, i, out)
        if s > best:
            best, x, y = s, out[0], out[1]
    if 0.0 < best < gap:  # then their nearest points may be two corners
        least, wx, wy = 1e30, x, y
        for side in range(2):
            p, q, sign = (a, b, 1.0) if side == 0 else (b, a, -1.0)
            for i in range(count[p]):
                j = i + 1 if i + 1 < count[p] else 0
                px, py = verts[p, i, 0] - sign * dx, verts[p, i, 1] - sign * dy
                ex, ey = verts[p, j, 0] - verts[p, i, 0], verts[p, j, 1] - verts[p, i, 1]
                square = ex * ex + ey * ey
                for k in range(count[q]):
                    ux, uy = verts[q, k, 0] - px, verts[q, k, 1] - py
                    t = min(max((ux * ex + uy * ey) / square, 0.0), 1.0) if square > 0.0 else 0.0
                    ux, uy = ux - t * ex, uy - t * ey
                    if ux * ux + uy * uy < least:
                        least, wx, wy = ux * ux + uy * uy, sign * ux, sign * uy
        distance = math.sqrt(least)
        if distance > best + 1e-12:
            best, x, y = distance, wx / distance, wy / distance
    out[0], out[1] = x, y
    return best


@alone
def other_way(
    verts: Array, count: Index, a: int, b: int, dx: float, dy: float, rank: int, out: Array, found: Array
) -> float:
    """The same along edges' directions alone, of which `rank` better ones are left out; -1e30 where none is left."""
    n = count[a] + count[b]
    for i in range(n):
        found[i, 0] = _along(verts, count, a, b, dx, dy, i, out)
        found[i, 1], found[i, 2] = out[0], out[1]
    best = -1e30
    for _ in range(rank + 1):
        best = -1e30
        for i in range(n):
            if found[i, 0] > best:
                best, out[0], out[1] = found[i, 0], found[i, 1], found[i, 2]
        if best < -1e20:
            return best
        for i in range(n):
            if found[i, 1] * out[0] + found[i, 2] * out[1] > 1.0 - 1e-9:
                found[i, 0] = -1e30
    return best


@compiled
def shift(mover: Index, d: Array, p: int, axis: int) -> float:
    """How far a piece is displaced along an axis."""
    m = mover[p]
    return float(d[m, axis]) if m >= 0 else 0.0


@compiled
def boxes_gap(box: Array, mover: Index, d: Array, p: int, q: int) -> float:
    """How far the boxes of two pieces are apart at displacements d along x or y: never more than the pieces are."""
    dx = shift(mover, d, q, 0) - shift(mover, d, p, 0)
    dy = shift(mover, d, q, 1) - shift(mover, d, p, 1)
    along_x = max(box[q, 0] + dx - box[p, 2], box[p, 0] - box[q, 2] - dx)
    along_y = max(box[q, 1] + dy - box[p, 3], box[p, 1] - box[q, 3] - dy)
    return float(max(along_x, along_y))


@compiled
def pair_gap(
    verts: Array, count: Index, box: Array, mover: Index, d: Array, p: int, q: int, gap: float, out: Array
) -> float:
    """How far piece q is from piece p at displacements d (see `apart`); 1e9 where their boxes are farther than gap."""
    if boxes_gap(box, mover, d, p, q) >= gap:
        return 1e9
    dx = shift(mover, d, q, 0) - shift(mover, d, p, 0)
    dy = shift(mover, d, q, 1) - shift(mover, d, p, 1)
    return apart(verts, count, p, q, dx, dy, gap, out)


@compiled
def near(plan: Plan, d: Array, e: int) -> bool:
    """Whether the boxes of a slot's two things, at displacements d, come closer than the gap."""
    a, b, box = plan.both[e, 0], plan.both[e, 1], plan.around
    ax = ay = bx = by = 0.0
    if a >= 0:
        ax, ay = d[a, 0], d[a, 1]
    if b >= 0:
        bx, by = d[b, 0], d[b, 1]
    return bool(
        box[e, 4] + bx < box[e, 2] + ax
        and box[e, 0] + ax < box[e, 6] + bx
        and box[e, 5] + by < box[e, 3] + ay
        and box[e, 1] + ay < box[e, 7] + by
    )


@alone
def beyond_m(verts: Array, count: Index, mover: Index, d: Array, walls: Array, p: int, w: int) -> float:
    """How far a piece sticks out of a wall (m), less than 0 where it does not."""
    far = -1e30
    for k in range(count[p]):
        far = max(far, walls[w, 0] * verts[p, k, 0] + walls[w, 1] * verts[p, k, 1])
    return float(far + walls[w, 0] * shift(mover, d, p, 0) + walls[w, 1] * shift(mover, d, p, 1) - walls[w, 2])


@entry_with()
def shortfalls(plan: Plan, d: Array, short: Array, beyond: Array, way: Array) -> bool:
    """Whether anything is wrong at displacements d.

    short (m,) becomes what each pair lacks of its gap (m), beyond (p,) how far each moving piece sticks out (m).
    """
    verts, count, box, mover, pairs, gaps = plan.verts, plan.corners, plan.box, plan.mover, plan.pairs, plan.gaps
    wrong = False
    for e in range(len(plan.both)):
        close = near(plan, d, e)
        for k in range(plan.slot[e], plan.slot[e + 1]):
            short[k] = 0.0
            if close:
                apart_m = pair_gap(verts, count, box, mover, d, pairs[k, 0], pairs[k, 1], gaps[k], way)
                short[k] = max(gaps[k] - apart_m, 0.0)
                wrong = wrong or short[k] > WRONG_M
    for p in range(len(verts)):
        beyond[p] = 0.0
        if mover[p] >= 0:
            for w in range(len(plan.walls)):
                beyond[p] = max(beyond[p], beyond_m(verts, plan.held, mover, d, plan.walls, p, w))
            wrong = wrong or beyond[p] > WRONG_M
    return wrong


@entry_with()
def put(plan: Plan, local: Array, owner: Index, poses: Array, bounds: Array, movers: Index) -> None:
    """Fill verts, box, around, low and high of a plan.

    local (p, k, 2) : corners (m) in the frame of the thing that owner (p,) says, one beyond the last: in the world
    poses (n, 3), bounds (n, 4) : of the things, and low x, y and high x, y (m) of each; movers (n,) : who moves them
    """
    verts, box, low, high = plan.verts, plan.box, plan.low, plan.high
    low[:] = -np.inf
    high[:] = np.inf
    for i in range(len(poses)):
        m = movers[i]
        for axis in range(2):
            low[m, axis] = max(low[m, axis], min(bounds[i, axis] - poses[i, axis], 0.0))
            high[m, axis] = min(high[m, axis], max(bounds[i, 2 + axis] - poses[i, axis], 0.0))
    for p in range(len(verts)):
        x = y = s = 0.0
        c = 1.0
        if owner[p] < len(poses):
            x, y, yaw = poses[owner[p], 0], poses[owner[p], 1], poses[owner[p], 2]
            c, s = math.cos(yaw), math.sin(yaw)  # quarter turns are exact, as in `Pose`
            c, s = (0.0 if abs(c) < 1e-12 else c), (0.0 if abs(s) < 1e-12 else s)
        box[p, 0], box[p, 1], box[p, 2], box[p, 3] = 1e30, 1e30, -1e30, -1e30
        for k in range(verts.shape[1]):
            u, v = local[p, k, 0], local[p, k, 1]
            verts[p, k, 0], verts[p, k, 1] = x + c * u - s * v, y + s * u + c * v
            for axis in range(2):
                box[p, axis] = min(box[p, axis], verts[p, k, axis])
                box[p, 2 + axis] = max(box[p, 2 + axis], verts[p, k, axis])
    around = plan.around
    for e in range(len(plan.both)):
        gap = 0.0
        for side in range(2):
            for axis in range(2):
                around[e, 4 * side + axis], around[e, 4 * side + 2 + axis] = 1e30, -1e30
        for k in range(plan.slot[e], plan.slot[e + 1]):
            gap = max(gap, plan.gaps[k])
            for i in range(2):
                p = plan.pairs[k, i]
                side = 0 if plan.mover[p] == plan.both[e, 0] else 1
                for axis in range(2):
                    around[e, 4 * side + axis] = min(around[e, 4 * side + axis], box[p, axis])
                    around[e, 4 * side + 2 + axis] = max(around[e, 4 * side + 2 + axis], box[p, 2 + axis])
        for axis in range(2):
            around[e, 4 + axis] -= gap
            around[e, 6 + axis] += gap
