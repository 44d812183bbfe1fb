"""Compiled kernels: an arm's pieces against what stands around it and against one another, at rest and on the way.

`m` is an `arrays.Bodies`, `t` an `arrays.Things`, `serving` the number of the thing that the arm hands over at
(-1: none). Angles are in rad (m where prismatic), lengths in m. A pair is a moving piece and what it may come near: a
standing piece by its row, or another moving piece as -1 - its row.
Arrays are taken out of their tuples before the loops: numba counts references at every look-up in a tuple.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layout.model.pose import Array
from layout.motion import kernels
from layout.motion.collision.gjk import EXACT_M, between, compiled, inner

RESOLUTION_M = 1e-4
"""What comes nearer than the margin and this counts as a hit: the least step on the way follows from it."""

COARSE_M = 0.5
"""Moves are looked at in stretches in which nothing goes farther than this."""

PROBES = (0.5, 0.25, 0.75)
"""Places on a way, as shares, that are looked at before all of it where any hit will do."""

ROOM = 1024
"""Pairs that lists have space for at first."""

Index = NDArray[np.int64]
Flags = NDArray[np.bool_]


@inner
def place(links: Array, slides: Flags, q: Array, frame: Index, centre: Array, frames: Array, centres: Array) -> None:
    """Fills frames (dof + 1, 4, 4) of the base and of each joint, and the pieces' middles (n, 3), in the base frame."""
    frames[0] = 0.0
    for i in range(4):
        frames[0, i, i] = 1.0
    for k in range(len(q)):
        kernels.step(frames[k], links[k], frames[k + 1])
        kernels.drive(frames[k + 1], slides[k], q[k])
    for p in range(len(frame)):
        f, x, y, z = frame[p], centre[p, 0], centre[p, 1], centre[p, 2]
        for i in range(3):
            centres[p, i] = frames[f, i, 0] * x + frames[f, i, 1] * y + frames[f, i, 2] * z + frames[f, i, 3]


@inner
def put(frames: Array, f: int, own: Array, first: int, last: int, points: Array) -> None:
    """Fills rows of `points` with corners `own` of a piece on frame f, in the base frame."""
    a, b, c, d, e, g = (
        frames[f, 0, 0],
        frames[f, 0, 1],
        frames[f, 0, 2],
        frames[f, 1, 0],
        frames[f, 1, 1],
        frames[f, 1, 2],
    )
    h, i, j, u, v, w = (
        frames[f, 2, 0],
        frames[f, 2, 1],
        frames[f, 2, 2],
        frames[f, 0, 3],
        frames[f, 1, 3],
        frames[f, 2, 3],
    )
    for k in range(first, last):
        x, y, z = own[k, 0], own[k, 1], own[k, 2]
        points[k, 0] = a * x + b * y + c * z + u
        points[k, 1] = d * x + e * y + g * z + v
        points[k, 2] = h * x + i * y + j * z + w


@inner
def counts(frame: int, kind: int, low: bool, thing: int, when: int, serving: int) -> bool:
    """Whether a moving piece must keep off a group of pieces at all."""
    if frame == 0:
        return False
    if thing == 0:
        return low
    if thing == serving:
        return when != 1 and kind != 2
    return when != 2


@inner
def outside(box: Array, k: int, x: float, y: float, z: float) -> float:
    """Squared distance of a point from a box (row k: low corner, high corner)."""
    dx = max(box[k, 0] - x, x - box[k, 3], 0.0)
    dy = max(box[k, 1] - y, y - box[k, 4], 0.0)
    dz = max(box[k, 2] - z, z - box[k, 5], 0.0)
    return float(dx * dx + dy * dy + dz * dz)


@inner
def lists(room: int) -> tuple[Index, Array]:
    """Space for pairs and where to look first."""
    return np.empty((room, 2), dtype=np.int64), np.empty((room, 3))


@inner
def near(
    m: Any, t: Any, centres: Array, reach: Array, own_reach: float, serving: int, pairs: Index, aims: Array
) -> int:
    """Fills pairs (k, 2) whose bounding volumes come nearer than a reach (m); gives how many there are.

    reach, own_reach : (n,) that of each moving piece to what stands; that of the arm's own pairs
    aims : (k, 3) from the middle of the other to that of the moving piece
    Where there are more than fit, only the first are filled in.
    """
    count = 0
    frame, radius, kind, low = m.frame, m.radius, m.kind, m.low
    box, middle, group, group_box, thing, when = t.box, t.middle, t.group, t.group_box, t.thing, t.when
    for p in range(len(frame) - 1, -1, -1):
        x, y, z = centres[p, 0], centres[p, 1], centres[p, 2]
        need = (radius[p] + reach[p]) ** 2
        for g in range(len(thing)):
            if not counts(frame[p], kind[p], low[p], thing[g], when[g], serving):
                continue
            c, s = group_box[g, 6], group_box[g, 7]
            u, w = c * x + s * y, c * y - s * x
            if outside(group_box, g, u, w, z) > need:
                continue
            for o in range(group[g], group[g + 1]):
                if outside(box, o, u, w, z) > need:
                    continue
                if count < len(pairs):
                    pairs[count, 0], pairs[count, 1] = p, o
                    aims[count, 0], aims[count, 1], aims[count, 2] = (
                        x - middle[o, 0],
                        y - middle[o, 1],
                        z - middle[o, 2],
                    )
                count += 1
    own = m.pairs
    for i in range(len(own)):
        a, p = own[i, 0], own[i, 1]
        x, y, z = centres[p, 0] - centres[a, 0], centres[p, 1] - centres[a, 1], centres[p, 2] - centres[a, 2]
        need = radius[a] + radius[p] + own_reach
        if x * x + y * y + z * z > need * need:
            continue
        if count < len(pairs):
            pairs[count, 0], pairs[count, 1] = p, -1 - a
            aims[count, 0], aims[count, 1], aims[count, 2] = x, y, z
        count += 1
    return count


@inner
def all_near(
    m: Any, t: Any, centres: Array, reach: Array, own_reach: float, serving: int, pairs: Index, aims: Array
) -> tuple[Index, Array, int]:
    """What `near` finds, in longer lists where the ones given are too short; how many there are."""
    count = near(m, t, centres, reach, own_reach, serving, pairs, aims)
    if count > len(pairs):
        pairs, aims = lists(2 * count)
        near(m, t, centres, reach, own_reach, serving, pairs, aims)
    return pairs, aims, count


@inner
def apart(
    m: Any, t: Any, p: int, o: int, frames: Array, points: Array, ready: Flags, v: Array, work: Array, low: float,
    high: float,
) -> float:  # fmt: skip
    """Distance of a pair as `gjk.between` gives it; puts pieces in place that are not `ready`."""
    start, rounds = m.start, m.round_m
    if not ready[p]:
        put(frames, m.frame[p], m.points, start[p], start[p + 1], points)
        ready[p] = True
    other, first, last, rounding = t.points, 0, 0, rounds[p]
    if o >= 0:
        first, last = t.start[o], t.start[o + 1]
        rounding += t.round_m[o]
    else:
        k = -1 - o
        if not ready[k]:
            put(frames, m.frame[k], m.points, start[k], start[k + 1], points)
            ready[k] = True
        other, first, last = points, start[k], start[k + 1]
        rounding += rounds[k]
    lower = low + rounding if low >= 0.0 else -1.0
    got = between(points, start[p], start[p + 1], other, first, last, v, work, lower, high + rounding)
    return float(got - rounding)


@compiled
def touching(m: Any, t: Any, many: Array) -> Flags:
    """(k, pairs) bool: which of the arm's own pairs touch, for configurations (k, dof). `t` is not looked at."""
    out = np.zeros((len(many), len(m.pairs)), dtype=np.bool_)
    n = len(m.frame)
    frames, centres, points = np.zeros((len(m.slides) + 1, 4, 4)), np.empty((n, 3)), np.empty((len(m.points), 3))
    v, work, ready = np.empty(3), np.empty((6, 3)), np.zeros(n, dtype=np.bool_)
    for k in range(len(many)):
        place(m.links, m.slides, many[k], m.frame, m.centre, frames, centres)
        ready[:] = False
        for i in range(len(m.pairs)):
            a, p = m.pairs[i, 0], m.pairs[i, 1]
            for axis in range(3):
                v[axis] = centres[p, axis] - centres[a, axis]
            out[k, i] = apart(m, t, p, -1 - a, frames, points, ready, v, work, 0.0, EXACT_M) <= 0.0
    return out


@compiled
def free(m: Any, t: Any, many: Array, margin: float, own: float, serving: int) -> Flags:
    """(k,) bool: whether all keeps more than `margin` off what stands there, and more than `own` off the arm itself."""
    n = len(m.frame)
    out = np.ones(len(many), dtype=np.bool_)
    frames, centres, points = np.zeros((len(m.slides) + 1, 4, 4)), np.empty((n, 3)), np.empty((len(m.points), 3))
    v, work, ready, reach = np.empty(3), np.empty((6, 3)), np.zeros(n, dtype=np.bool_), np.empty(n)
    links, slides, frame, centre = m.links, m.slides, m.frame, m.centre
    pairs, aims = lists(ROOM)
    reach[:] = margin
    for k in range(len(many)):
        place(links, slides, many[k], frame, centre, frames, centres)
        ready[:] = False
        pairs, aims, count = all_near(m, t, centres, reach, own, serving, pairs, aims)
        for i in range(count):
            wanted = margin if pairs[i, 1] >= 0 else own
            v[0], v[1], v[2] = aims[i, 0], aims[i, 1], aims[i, 2]
            got = apart(m, t, pairs[i, 0], pairs[i, 1], frames, points, ready, v, work, wanted, wanted + EXACT_M)
            if got <= wanted:
                out[k] = False
                break
    return out


@compiled
def touched(m: Any, t: Any, q: Array, margin: float, own: float, serving: int) -> tuple[int, int, float]:
    """A pair that is within its margin at q (dof,), and its distance (m) or more; -1 where there is none."""
    n = len(m.frame)
    frames, centres, points = np.zeros((len(m.slides) + 1, 4, 4)), np.empty((n, 3)), np.empty((len(m.points), 3))
    v, work, ready, reach = np.empty(3), np.empty((6, 3)), np.zeros(n, dtype=np.bool_), np.empty(n)
    place(m.links, m.slides, q, m.frame, m.centre, frames, centres)
    reach[:] = margin
    pairs, aims, count = all_near(m, t, centres, reach, own, serving, *lists(ROOM))
    for i in range(count):
        wanted = margin if pairs[i, 1] >= 0 else own
        v[0], v[1], v[2] = aims[i, 0], aims[i, 1], aims[i, 2]
        got = apart(m, t, pairs[i, 0], pairs[i, 1], frames, points, ready, v, work, wanted, wanted + EXACT_M)
        if got <= wanted:
            return pairs[i, 0], pairs[i, 1], got
    return -1, 0, np.inf


@compiled
def least(m: Any, t: Any, q: Array, serving: int) -> tuple[float, int, int]:
    """Least distance (m) and the pair that has it."""
    n = len(m.frame)
    frames, centres, points = np.zeros((len(m.slides) + 1, 4, 4)), np.empty((n, 3)), np.empty((len(m.points), 3))
    v, work, ready = np.empty(3), np.empty((6, 3)), np.zeros(n, dtype=np.bool_)
    place(m.links, m.slides, q, m.frame, m.centre, frames, centres)
    pairs, aims = lists(ROOM)
    best, piece, other, reach, reaches = np.inf, -1, 0, 0.05, np.empty(n)
    while True:  # nothing nearer than `best` is left out once `reach` is not less
        reaches[:] = reach
        pairs, aims, count = all_near(m, t, centres, reaches, reach, serving, pairs, aims)
        for i in range(count):
            v[0], v[1], v[2] = aims[i, 0], aims[i, 1], aims[i, 2]
            got = apart(m, t, pairs[i, 0], pairs[i, 1], frames, points, ready, v, work, -1.0, best)
            if got < best:
                best, piece, other = got, pairs[i, 0], pairs[i, 1]
        if best <= reach or reach > 1e4:
            return best, piece, other
        reach = best if best < np.inf else 4.0 * reach


@inner
def shares(
    way: Array, slides: Flags, p: int, last: int, radius: float, frames: Array, centres: Array, moves: Array, out: Array
) -> float:
    """Fills out[p] (dof,) with how far (m) at most each joint takes a piece that goes up to `moves` (dof,) from here.

    A revolute joint takes a point as far as the angle times its distance from the axis. That distance is now what it
    is; while the joints between turn, it grows no faster than they move the point; and it is never above `way`.
    Gives the sum.
    """
    x, y, z = centres[p, 0], centres[p, 1], centres[p, 2]
    beyond = 0.0  # how far the joints after this one take the piece
    for j in range(last - 1, -1, -1):
        far = way[p, j]
        if not slides[j] and moves[j] > 0.0:
            k = j + 1
            a, b, c = x - frames[k, 0, 3], y - frames[k, 1, 3], z - frames[k, 2, 3]
            zx, zy, zz = frames[k, 0, 2], frames[k, 1, 2], frames[k, 2, 2]
            u, v, w = zy * c - zz * b, zz * a - zx * c, zx * b - zy * a
            far = min(far, math.sqrt(u * u + v * v + w * w) + radius + beyond)
        out[p, j] = moves[j] * far
        beyond += out[p, j]
    return beyond


@inner
def at(path: Array, x: float, q: Array) -> None:
    """Fills q (dof,) with the point of a polyline at x (0 at its first row, k - 1 at its last)."""
    row = min(int(x), max(len(path) - 2, 0))
    to = min(row + 1, len(path) - 1)
    for j in range(len(q)):
        q[j] = path[row, j] + (x - row) * (path[to, j] - path[row, j])


@inner
def along(path: Array, x: float) -> Array:
    """The point (dof,) of a polyline at x."""
    q = np.empty(path.shape[1])
    at(path, x, q)
    return q


@inner
def spread(path: Array, a: float, b: float, q: Array, other: Array, moves: Array) -> None:
    """Fills moves (dof,) with how far each joint gets at most from q between places a and b of a polyline."""
    moves[:] = 0.0
    first, last = int(a) + 1, math.ceil(b)
    for row in range(first - 1, last + 1):
        at(path, min(max(float(row), a), b), other)
        for j in range(len(q)):
            moves[j] = max(moves[j], abs(other[j] - q[j]))


@inner
def until(path: Array, x: float, way: Array, frame: Index) -> float:
    """Where a stretch that begins at x ends, so that nothing goes farther than COARSE_M: at a row, or within one."""
    total, row = 0.0, int(x)
    while row < len(path) - 1:
        longest = 0.0
        for p in range(len(frame)):
            far = 0.0
            for j in range(frame[p]):
                far += abs(path[row + 1, j] - path[row, j]) * way[p, j]
            longest = max(longest, far)
        if x > row or (total == 0.0 and longest > COARSE_M):
            stretches = max(1, math.ceil(longest / COARSE_M))
            k = math.floor((x - row) * stretches + 0.5) + 1
            return row + 1.0 if k >= stretches else row + k / stretches
        total += longest
        if total > COARSE_M:
            break
        row += 1
    return float(row)


@compiled
def first(
    m: Any, t: Any, path: Array, margin: float, own: float, serving: int, any_hit: bool
) -> tuple[float, int, int, float]:
    """Where on a polyline of joint vectors (k, dof) something first comes nearer than its margin.

    Gives the place (0 at the first row, k - 1 at the last; -1 where nothing does), the pair, and its distance (m).
    any_hit : some place will do

    A stretch is looked at in its middle. Pairs that are farther apart there than their margin and the way that they can
    make within the stretch are clear of one another all along it; for the others both halves are looked at.
    """
    if any_hit:  # most ways that are blocked are blocked at one of a few places
        for k in range(len(PROBES)):
            at_probe = PROBES[k] * (len(path) - 1)
            hit_p, hit_o, away = touched(m, t, along(path, at_probe), margin, own, serving)
            if hit_p >= 0:
                return at_probe, hit_p, hit_o, away
    n, dof = len(m.frame), len(m.slides)
    links, slides, frame, centre, radius, way = m.links, m.slides, m.frame, m.centre, m.radius, m.way
    frames, centres, points = np.zeros((dof + 1, 4, 4)), np.empty((n, 3)), np.empty((len(m.points), 3))
    v, work, ready = np.empty(3), np.empty((6, 3)), np.zeros(n, dtype=np.bool_)
    q, other, moves = np.empty(dof), np.empty(dof), np.empty(dof)
    share, reach = np.empty((n, dof)), np.empty(n)
    pairs, aims = lists(ROOM)
    stack, rows = np.empty((64, 2)), np.empty((64, 2), dtype=np.int64)
    start, finish = 0.0, float(len(path) - 1)
    while True:
        stop = until(path, start, way, frame)
        found, hit_p, hit_o = np.inf, -1, 0
        # stretches to look at, the next one on top, each with the rows of the pairs that its parent left open
        stack[0, 0], stack[0, 1] = start, stop
        rows[0, 0] = rows[0, 1] = -1
        depth = 1
        while depth > 0:
            depth -= 1
            a, b, begin, end = stack[depth, 0], stack[depth, 1], rows[depth, 0], rows[depth, 1]
            if a >= found:
                continue
            middle = 0.5 * (a + b)
            at(path, middle, q)
            spread(path, a, b, q, other, moves)
            place(links, slides, q, frame, centre, frames, centres)
            ready[:] = False
            if begin < 0:
                for p in range(n):
                    reach[p] = margin + shares(way, slides, p, frame[p], radius[p], frames, centres, moves, share)
                own_reach = own
                for p in range(n):
                    own_reach = max(own_reach, own + reach[p] - margin)
                begin = 0
                pairs, aims, end = all_near(m, t, centres, reach, own_reach, serving, pairs, aims)
            else:
                reach[:] = -1.0
            kept, here = end, False
            if end + (end - begin) > len(pairs):
                more, further = lists(2 * (end + (end - begin)))
                for i in range(end):
                    more[i, 0], more[i, 1] = pairs[i, 0], pairs[i, 1]
                    further[i, 0], further[i, 1], further[i, 2] = aims[i, 0], aims[i, 1], aims[i, 2]
                pairs, aims = more, further
            for i in range(begin, end):
                p, o = pairs[i, 0], pairs[i, 1]
                if reach[p] < 0.0:
                    reach[p] = margin + shares(way, slides, p, frame[p], radius[p], frames, centres, moves, share)
                need, hit = reach[p], margin + RESOLUTION_M
                if o < 0:
                    need, hit = own, own + RESOLUTION_M
                    for j in range(frame[-1 - o], frame[p]):
                        need += share[p, j]
                v[0], v[1], v[2] = aims[i, 0], aims[i, 1], aims[i, 2]
                got = apart(m, t, p, o, frames, points, ready, v, work, hit, max(need, hit))
                if got >= max(need, hit):
                    continue
                if got <= hit:
                    here = True
                    if middle < found:
                        found, hit_p, hit_o = middle, p, o
                    if any_hit:
                        break
                    if need <= hit:  # nothing moves far enough here for an earlier place to matter
                        continue
                pairs[kept, 0], pairs[kept, 1] = p, o
                aims[kept, 0], aims[kept, 1], aims[kept, 2] = v[0], v[1], v[2]
                kept += 1
            if here and any_hit:
                break
            if kept > end:
                if not here:
                    stack[depth, 0], stack[depth, 1], rows[depth, 0], rows[depth, 1] = middle, b, end, kept
                    depth += 1
                stack[depth, 0], stack[depth, 1], rows[depth, 0], rows[depth, 1] = a, middle, end, kept
                depth += 1
        if hit_p >= 0:
            at(path, found, q)
            place(links, slides, q, frame, centre, frames, centres)
            ready[:] = False
            v[:] = 0.0
            return found, hit_p, hit_o, apart(m, t, hit_p, hit_o, frames, points, ready, v, work, -1.0, np.inf)
        if stop >= finish:
            return -1.0, -1, 0, np.inf
        start = stop
