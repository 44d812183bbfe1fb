"""Compiled kernels: an arm's pieces against what stands around it and against one another, at rest and on the way.

`m` is a `mover.Bodies`, `t` a `surroundings.Things`, `serving` the number of the thing that the arm hands over at
(-1: none). Angles are in rad (m where prismatic), lengths in m.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layout.model.pose import Array
from layout.motion import kernels
from layout.motion.collision.gjk import between, compiled

RESOLUTION_M = 1e-4
"""What comes nearer than the margin and this counts as a hit: the least step on the way follows from it."""

COARSE_M = 0.3
"""Moves are looked at in stretches in which nothing goes farther than this."""

Index = NDArray[np.int64]
Flags = NDArray[np.bool_]


@compiled
def place(m: Any, q: Array, frames: Array, centres: Array) -> None:
    """Fills frames (dof + 1, 4, 4) of the base and of each joint, and the pieces' middles (n, 3), in the base frame."""
    for i in range(4):
        for j in range(4):
            frames[0, i, j] = 1.0 if i == j else 0.0
    for k in range(len(q)):
        kernels.step(frames[k], m.links[k], frames[k + 1])
        kernels.drive(frames[k + 1], m.slides[k], q[k])
    for p in range(len(m.frame)):
        f, x, y, z = frames[m.frame[p]], m.centre[p, 0], m.centre[p, 1], m.centre[p, 2]
        for i in range(3):
            centres[p, i] = f[i, 0] * x + f[i, 1] * y + f[i, 2] * z + f[i, 3]


@compiled
def put(m: Any, p: int, frames: Array, points: Array) -> None:
    """Fills a piece's rows of `points` with its corners in the base frame."""
    f = frames[m.frame[p]]
    a, b, c, d, e, g = f[0, 0], f[0, 1], f[0, 2], f[1, 0], f[1, 1], f[1, 2]
    h, i, j, u, v, w = f[2, 0], f[2, 1], f[2, 2], f[0, 3], f[1, 3], f[2, 3]
    for k in range(m.start[p], m.start[p + 1]):
        x, y, z = m.points[k, 0], m.points[k, 1], m.points[k, 2]
        points[k, 0] = a * x + b * y + c * z + u
        points[k, 1] = d * x + e * y + g * z + v
        points[k, 2] = h * x + i * y + j * z + w


@compiled
def counts(m: Any, t: Any, p: int, g: int, serving: int) -> bool:
    """Whether a moving piece must keep off a group of pieces at all."""
    if m.frame[p] == 0:
        return False
    thing, when = t.thing[g], t.when[g]
    if thing == 0:
        return bool(m.low[p])
    if thing == serving:
        return when != 1 and m.kind[p] != 2
    return when != 2


@compiled
def outside(box: Array, x: float, y: float, z: float) -> float:
    """Squared distance of a point from a box (low corner, high corner)."""
    dx, dy, dz = max(box[0] - x, x - box[3]), max(box[1] - y, y - box[4]), max(box[2] - z, z - box[5])
    dx, dy, dz = max(dx, 0.0), max(dy, 0.0), max(dz, 0.0)
    return dx * dx + dy * dy + dz * dz


@compiled
def aim(v: Array, x: float, y: float, z: float, middle: Array) -> None:
    """v = from a middle to (x, y, z): where GJK looks first."""
    v[0], v[1], v[2] = x - middle[0], y - middle[1], z - middle[2]


@compiled
def apart(
    m: Any, a: int, b: int, frames: Array, centres: Array, points: Array, ready: Flags, v: Array, work: Array,
    low: float, high: float,
) -> float:  # fmt: skip
    """Distance of two moving pieces, as `gjk.between` gives it."""
    if not ready[a]:
        put(m, a, frames, points)
        ready[a] = True
    if not ready[b]:
        put(m, b, frames, points)
        ready[b] = True
    rounding = m.round_m[a] + m.round_m[b]
    start = m.start
    lower = low + rounding if low >= 0.0 else -1.0
    got = between(points, start[a], start[a + 1], points, start[b], start[b + 1], v, work, lower, high + rounding)
    return got - rounding


@compiled
def off(
    m: Any, t: Any, p: int, o: int, frames: Array, points: Array, ready: Flags, v: Array, work: Array, low: float,
    high: float,
) -> float:  # fmt: skip
    """Distance of a moving piece from a standing one, as `gjk.between` gives it."""
    if not ready[p]:
        put(m, p, frames, points)
        ready[p] = True
    rounding = m.round_m[p] + t.round_m[o]
    lower = low + rounding if low >= 0.0 else -1.0
    got = between(
        points, m.start[p], m.start[p + 1], t.points, t.start[o], t.start[o + 1], v, work, lower, high + rounding
    )
    return got - rounding


@compiled
def touching(m: Any, many: Array) -> Flags:
    """(k, pairs) bool: which of the arm's own pairs touch, for configurations (k, dof)."""
    out = np.zeros((len(many), len(m.pairs)), dtype=np.bool_)
    n = len(m.frame)
    frames, centres, points = np.zeros((len(m.slides) + 1, 4, 4)), np.empty((n, 3)), np.empty((len(m.points), 3))
    v, work, ready = np.empty(3), np.empty((6, 3)), np.zeros(n, dtype=np.bool_)
    for k in range(len(many)):
        place(m, many[k], frames, centres)
        ready[:] = False
        for i in range(len(m.pairs)):
            a, b = m.pairs[i, 0], m.pairs[i, 1]
            aim(v, centres[a, 0], centres[a, 1], centres[a, 2], centres[b])
            out[k, i] = apart(m, a, b, frames, centres, points, ready, v, work, 0.0, 0.0) <= 0.0
    return out


@compiled
def free(m: Any, t: Any, many: Array, margin: float, own: float, serving: int) -> Flags:
    """(k,) bool: whether everything keeps `margin` off what stands there, and `own` off the arm itself."""
    n = len(m.frame)
    out = np.ones(len(many), dtype=np.bool_)
    frames, centres, points = np.zeros((len(m.slides) + 1, 4, 4)), np.empty((n, 3)), np.empty((len(m.points), 3))
    v, work, ready = np.empty(3), np.empty((6, 3)), np.zeros(n, dtype=np.bool_)
    for k in range(len(many)):
        place(m, many[k], frames, centres)
        ready[:] = False
        clear = True
        for p in range(n - 1, -1, -1):
            x, y, z = centres[p, 0], centres[p, 1], centres[p, 2]
            need = m.radius[p] + margin
            for g in range(len(t.thing)):
                if not counts(m, t, p, g, serving):
                    continue
                box = t.group_box[g]
                u, w = box[6] * x + box[7] * y, box[6] * y - box[7] * x
                if outside(box, u, w, z) > need * need:
                    continue
                for o in range(t.group[g], t.group[g + 1]):
                    if outside(t.box[o], u, w, z) > need * need:
                        continue
                    aim(v, x, y, z, t.middle[o])
                    if off(m, t, p, o, frames, points, ready, v, work, margin, margin) < margin:
                        clear = False
                        break
                if not clear:
                    break
            if not clear:
                break
        if clear:
            for i in range(len(m.pairs)):
                a, b = m.pairs[i, 0], m.pairs[i, 1]
                aim(v, centres[a, 0], centres[a, 1], centres[a, 2], centres[b])
                if math.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]) - m.radius[a] - m.radius[b] > own:
                    continue
                if apart(m, a, b, frames, centres, points, ready, v, work, own, own) < own:
                    clear = False
                    break
        out[k] = clear
    return out


@compiled
def least(m: Any, t: Any, q: Array, serving: int) -> tuple[float, int, int]:
    """Least distance (m), the moving piece, and what it comes near: a standing piece, or -1 - another moving one."""
    n = len(m.frame)
    frames, centres, points = np.zeros((len(m.slides) + 1, 4, 4)), np.empty((n, 3)), np.empty((len(m.points), 3))
    v, work, ready = np.empty(3), np.empty((6, 3)), np.zeros(n, dtype=np.bool_)
    place(m, q, frames, centres)
    best, piece, other = np.inf, -1, 0
    for p in range(n - 1, -1, -1):
        x, y, z = centres[p, 0], centres[p, 1], centres[p, 2]
        for g in range(len(t.thing)):
            if not counts(m, t, p, g, serving):
                continue
            box = t.group_box[g]
            u, w = box[6] * x + box[7] * y, box[6] * y - box[7] * x
            if math.sqrt(outside(box, u, w, z)) - m.radius[p] >= best:
                continue
            for o in range(t.group[g], t.group[g + 1]):
                if math.sqrt(outside(t.box[o], u, w, z)) - m.radius[p] >= best:
                    continue
                aim(v, x, y, z, t.middle[o])
                got = off(m, t, p, o, frames, points, ready, v, work, -1.0, best)
                if got < best:
                    best, piece, other = got, p, o
    for i in range(len(m.pairs)):
        a, b = m.pairs[i, 0], m.pairs[i, 1]
        aim(v, centres[a, 0], centres[a, 1], centres[a, 2], centres[b])
        if math.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]) - m.radius[a] - m.radius[b] >= best:
            continue
        got = apart(m, a, b, frames, centres, points, ready, v, work, -1.0, best)
        if got < best:
            best, piece, other = got, b, -1 - a
    return best, piece, other


@compiled
def shares(m: Any, p: int, frames: Array, centres: Array, moves: Array, half: float, out: Array) -> None:
    """Fills out (dof,) with how far (m) at most each joint takes a piece within `half` of a move, to either side.

    A revolute joint takes a point as far as the angle times its distance from the axis. That distance is now what it
    is; while the joints between turn, it grows no faster than they move the point; and it is never above `m.way`.
    """
    x, y, z, radius = centres[p, 0], centres[p, 1], centres[p, 2], m.radius[p]
    beyond = 0.0  # how far the joints after this one take the piece
    for j in range(m.frame[p] - 1, -1, -1):
        way = m.way[p, j]
        if not m.slides[j] and moves[j] > 0.0:
            f = frames[j + 1]
            a, b, c = x - f[0, 3], y - f[1, 3], z - f[2, 3]
            u, v, w = f[1, 2] * c - f[2, 2] * b, f[2, 2] * a - f[0, 2] * c, f[0, 2] * b - f[1, 2] * a
            way = min(way, math.sqrt(u * u + v * v + w * w) + radius + beyond)
        out[j] = moves[j] * half * way
        beyond += out[j]


@compiled
def first(
    m: Any, t: Any, path: Array, margin: float, own: float, serving: int, any_hit: bool
) -> tuple[float, int, int, float]:
    """Where on a polyline of joint vectors (k, dof) something first comes nearer than its margin.

    Gives the place (0 at the first row, k - 1 at the last; -1 where nothing does), the moving piece, what it comes near
    (as `least`), and their distance (m). `any_hit`: some place will do.

    A stretch is looked at in its middle. Pairs that are farther apart there than their margin and the way that they can
    make within the stretch are clear of one another all along it; for the others both halves are looked at.
    """
    n, dof = len(m.frame), len(m.slides)
    frames, centres, points = np.zeros((dof + 1, 4, 4)), np.empty((n, 3)), np.empty((len(m.points), 3))
    v, work, ready = np.empty(3), np.empty((6, 3)), np.zeros(n, dtype=np.bool_)
    q, moves, share = np.empty(dof), np.empty(dof), np.empty((n, dof))
    reach, fresh = np.empty(n), np.zeros(n, dtype=np.bool_)
    standing, own_pairs = len(t.round_m), len(m.pairs)
    room = max(256, 8 * (standing + own_pairs))
    list_a, list_b = np.empty(room, dtype=np.int64), np.empty(room, dtype=np.int64)
    seen = np.empty((room, 3))
    stack = np.empty((64, 2))
    level, begin, end = np.empty(64, dtype=np.int64), np.empty(64, dtype=np.int64), np.empty(64, dtype=np.int64)
    last = max(len(path) - 1, 1)
    for row in range(last):
        to = path[min(row + 1, len(path) - 1)]
        longest = 0.0
        for j in range(dof):
            moves[j] = abs(to[j] - path[row, j])
        for p in range(n):
            way = 0.0
            for j in range(m.frame[p]):
                way += moves[j] * m.way[p, j]
            longest = max(longest, way)
        stretches = max(1, math.ceil(longest / COARSE_M))
        for stretch in range(stretches):
            hit_at, hit_p, hit_o = -1.0, -1, 0
            until = np.inf
            # the stack holds stretches to look at, the next on top; each with the pairs that its parent left open
            stack[0, 0], stack[0, 1], level[0], begin[0], end[0] = (
                stretch / stretches,
                (stretch + 1) / stretches,
                0,
                0,
                0,
            )
            depth = 1
            while depth > 0:
                depth -= 1
                a, b, deep = stack[depth, 0], stack[depth, 1], level[depth]
                if a >= until:
                    continue
                low_row, high_row = begin[depth], end[depth]
                middle, half = 0.5 * (a + b), 0.5 * (b - a)
                for j in range(dof):
                    q[j] = path[row, j] + middle * (to[j] - path[row, j])
                place(m, q, frames, centres)
                ready[:] = False
                fresh[:] = True
                kept = high_row
                here = False
                if deep == 0:
                    # every pair whose bounding volumes come near enough
                    for p in range(n - 1, -1, -1):
                        if m.frame[p] == 0:
                            continue
                        shares(m, p, frames, centres, moves, half, share[p])
                        fresh[p] = False
                        way = 0.0
                        for j in range(m.frame[p]):
                            way += share[p, j]
                        reach[p] = way
                        need = m.radius[p] + margin + way
                        x, y, z = centres[p, 0], centres[p, 1], centres[p, 2]
                        for g in range(len(t.thing)):
                            if not counts(m, t, p, g, serving):
                                continue
                            box = t.group_box[g]
                            u, w = box[6] * x + box[7] * y, box[6] * y - box[7] * x
                            if outside(box, u, w, z) > need * need:
                                continue
                            for o in range(t.group[g], t.group[g + 1]):
                                if outside(t.box[o], u, w, z) > need * need:
                                    continue
                                if kept >= len(list_a):
                                    list_a, list_b, seen = more(list_a), more(list_b), more_rows(seen)
                                aim(v, x, y, z, t.middle[o])
                                list_a[kept], list_b[kept] = p, o
                                seen[kept, 0], seen[kept, 1], seen[kept, 2] = v[0], v[1], v[2]
                                kept += 1
                    for i in range(own_pairs):
                        p, o = m.pairs[i, 1], m.pairs[i, 0]
                        if kept >= len(list_a):
                            list_a, list_b, seen = more(list_a), more(list_b), more_rows(seen)
                        aim(v, centres[p, 0], centres[p, 1], centres[p, 2], centres[o])
                        list_a[kept], list_b[kept] = p, -1 - o
                        seen[kept, 0], seen[kept, 1], seen[kept, 2] = v[0], v[1], v[2]
                        kept += 1
                    low_row, high_row = 0, kept
                    kept = high_row
                for i in range(low_row, high_row):
                    p, o = list_a[i], list_b[i]
                    if fresh[p]:
                        shares(m, p, frames, centres, moves, half, share[p])
                        fresh[p] = False
                        way = 0.0
                        for j in range(m.frame[p]):
                            way += share[p, j]
                        reach[p] = way
                    v[0], v[1], v[2] = seen[i, 0], seen[i, 1], seen[i, 2]
                    if o >= 0:
                        limit, need = margin, margin + reach[p]
                        hit = limit + RESOLUTION_M
                        got = off(m, t, p, o, frames, points, ready, v, work, hit, max(need, hit))
                    else:
                        way = 0.0
                        for j in range(m.frame[-1 - o], m.frame[p]):
                            way += share[p, j]
                        limit, need = own, own + way
                        hit = limit + RESOLUTION_M
                        x, y, z = (
                            centres[p, 0] - centres[-1 - o, 0],
                            centres[p, 1] - centres[-1 - o, 1],
                            centres[p, 2] - centres[-1 - o, 2],
                        )
                        if math.sqrt(x * x + y * y + z * z) - m.radius[p] - m.radius[-1 - o] > max(need, hit):
                            continue
                        got = apart(m, p, -1 - o, frames, centres, points, ready, v, work, hit, max(need, hit))
                    if got >= need and got >= hit:
                        continue
                    if got <= hit:
                        here = True
                        if middle < until:
                            until, hit_at, hit_p, hit_o = middle, middle, p, o
                        if any_hit:
                            break
                    if kept >= len(list_a):
                        list_a, list_b, seen = more(list_a), more(list_b), more_rows(seen)
                    list_a[kept], list_b[kept] = p, o
                    seen[kept, 0], seen[kept, 1], seen[kept, 2] = v[0], v[1], v[2]
                    kept += 1
                if here and any_hit:
                    break
                if kept > high_row:
                    if not here:
                        stack[depth, 0], stack[depth, 1] = middle, b
                        level[depth], begin[depth], end[depth] = deep + 1, high_row, kept
                        depth += 1
                    stack[depth, 0], stack[depth, 1] = a, middle
                    level[depth], begin[depth], end[depth] = deep + 1, high_row, kept
                    depth += 1
            if hit_p >= 0:
                for j in range(dof):
                    q[j] = path[row, j] + hit_at * (to[j] - path[row, j])
                place(m, q, frames, centres)
                ready[:] = False
                v[0] = v[1] = v[2] = 0.0
                if hit_o >= 0:
                    gap = off(m, t, hit_p, hit_o, frames, points, ready, v, work, -1.0, np.inf)
                else:
                    gap = apart(m, hit_p, -1 - hit_o, frames, centres, points, ready, v, work, -1.0, np.inf)
                return row + hit_at, hit_p, hit_o, gap
    return -1.0, -1, 0, np.inf


@compiled
def more(rows: Index) -> Index:
    """A longer copy of a list."""
    out = np.empty(2 * len(rows), dtype=np.int64)
    out[: len(rows)] = rows
    return out


@compiled
def more_rows(rows: Array) -> Array:
    """A longer copy of a list of vectors."""
    out = np.empty((2 * len(rows), 3))
    out[: len(rows)] = rows
    return out
