"""Compiled: least movement that takes convex pieces apart. Imports numba; import it where it is used.

Pieces are convex polygons (counter-clockwise) that only shift: piece p belongs to mover `mover[p]` (-1: stands still),
whose displacement is `d` (v, 2). For each pair of pieces one direction is chosen along which they are kept apart; then
the least displacement (sum of squares) is a strictly convex quadratic program (`quadratic`). The choice of directions
is improved one at a time.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from layout.flow.kernel.jit import apart as alone
from layout.flow.kernel.jit import compiled, entry_with
from layout.model.pose import Array
from layout.search import quadratic
from layout.search.quadratic import ENOUGH_M, Index, least, mendable

DIRECTIONS = 24  # of the search for a free place, on each ring
RINGS = 60


class Plan(NamedTuple):
    """Pieces, who moves them, and what keeps apart.

    verts (p, k, 2), corners (p,) : the corners (m) of each piece, and how many
    box (p, 4) : its least x, y and greatest x, y
    mover (p,) : who moves it, -1: it stands still
    pairs (m, 2), gaps (m,) : pieces that keep so far apart (m)
    slot (m,) : pairs of one number belong to the same two things, and are not taken apart in one go: once the deepest
        is free, others may be, too
    start (v + 1,), near : the pairs that mover i has part in are near[start[i]:start[i + 1]]
    walls (w, 3) : half-planes x * a + y * b <= c; low, high (v, 2) : bounds of each mover's displacement (m)
    """

    verts: Array
    corners: Index
    box: Array
    mover: Index
    pairs: Index
    gaps: Array
    slot: Index
    start: Index
    near: Index
    walls: Array
    low: Array
    high: Array


class Work(NamedTuple):
    """Room for the solver: see `work_for`."""

    con: Index
    pair_of: Index
    stuck_pair: Index
    active: Index
    held: Index
    walled: Index
    bound: Index
    chosen: Index
    rank: Index
    placed: Index
    dear: Index
    normal: Array
    least_m: Array
    weight: Array
    stuck: Array
    u: Array
    r: Array
    gram: Array
    factor: Array
    deepest: Array
    way: Array
    found: Array
    dear_weight: Array
    free: Array
    still: Array
    refer: Array
    d: Array
    best: Array


def work_for(plan: Plan) -> Work:
    """Room for one plan."""
    v, m, most, c = len(plan.low), len(plan.pairs), 2 * len(plan.low) + 2, 400
    slots = int(plan.slot.max(initial=-1)) + 1

    def ints(*shape: int) -> Index:
        return np.zeros(shape, dtype=np.int64)

    return Work(
        con=ints(c, 2), pair_of=ints(c), stuck_pair=ints(c), active=ints(most), held=ints(m),
        walled=ints(len(plan.verts), len(plan.walls)), bound=ints(v, 4), chosen=ints(slots),
        rank=ints(m), placed=ints(v), dear=ints(c), normal=np.zeros((c, 2)), least_m=np.zeros(c), weight=np.zeros(c),
        stuck=np.zeros(c), u=np.zeros(most), r=np.zeros(most), gram=np.zeros((most, most)),
        factor=np.zeros((most, most)), deepest=np.zeros(slots), way=np.zeros(2),
        found=np.zeros((2 * plan.verts.shape[1], 3)), dear_weight=np.zeros(c),
        free=np.where(plan.high - plan.low > 0.0, 1.0, 0.0), still=np.zeros((v, 2)), refer=np.zeros((v, 2)),
        d=np.zeros((v, 2)), best=np.zeros((v, 2)),
    )  # fmt: skip


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
def _shift(mover: Index, d: Array, p: int, axis: int) -> float:
    m = mover[p]
    return float(d[m, axis]) if m >= 0 else 0.0


@compiled
def pair_gap(
    verts: Array, count: Index, box: Array, mover: Index, d: Array, p: int, q: int, gap: float, out: Array
) -> float:
    """How far piece q is from piece p at displacements d (see `apart`); 1e9 where their boxes are farther than gap."""
    dx = _shift(mover, d, q, 0) - _shift(mover, d, p, 0)
    dy = _shift(mover, d, q, 1) - _shift(mover, d, p, 1)
    if (
        box[q, 0] + dx - box[p, 2] >= gap
        or box[p, 0] - box[q, 2] - dx >= gap
        or box[q, 1] + dy - box[p, 3] >= gap
        or box[p, 1] - box[q, 3] - dy >= gap
    ):
        return 1e9
    return apart(verts, count, p, q, dx, dy, gap, out)


@alone
def _beyond(verts: Array, count: Index, mover: Index, d: Array, walls: Array, p: int, w: int) -> float:
    """How far a piece sticks out of a wall (m), less than 0 where it does not."""
    far = -1e30
    for k in range(count[p]):
        far = max(far, walls[w, 0] * verts[p, k, 0] + walls[w, 1] * verts[p, k, 1])
    return float(far + walls[w, 0] * _shift(mover, d, p, 0) + walls[w, 1] * _shift(mover, d, p, 1) - walls[w, 2])


@entry_with(quadratic)
def shortfalls(
    verts: Array, count: Index, box: Array, mover: Index, pairs: Index, gaps: Array, walls: Array, d: Array,
    short: Array, beyond: Array, way: Array,
) -> None:  # fmt: skip
    """short (m,) becomes what each pair lacks of its gap (m), beyond (p,) how far each moving piece sticks out (m)."""
    for k in range(len(pairs)):
        short[k] = max(gaps[k] - pair_gap(verts, count, box, mover, d, pairs[k, 0], pairs[k, 1], gaps[k], way), 0.0)
    for p in range(len(verts)):
        beyond[p] = 0.0
        if mover[p] >= 0:
            for w in range(len(walls)):
                beyond[p] = max(beyond[p], _beyond(verts, count, mover, d, walls, p, w))


@alone
def settle(plan: Plan, work: Work, referred: bool) -> int:
    """Least displacement for one choice of directions; those not needed so far are chosen where pairs come too close.

    work.rank (m,) int: which of a pair's directions is taken, from the nearest way out where nothing has shifted (0)
    on; -1: the nearest where they come too close, or, if `referred`, that of work.refer (v, 2), where all is free
    work.d, pair_of and weight become the displacement, each constraint's pair (-1: wall or bound) and its multiplier.
    Returns the number of constraints, 0 where nothing is wrong; less than 0 where they contradict each other.
    """
    verts, count, mover, pairs, gaps, walls = plan.verts, plan.corners, plan.mover, plan.pairs, plan.gaps, plan.walls
    con, normal, least_m, d, way = work.con, work.normal, work.least_m, work.d, work.way
    movers, room, total, tight = len(plan.low), len(con), 0, 0
    work.held[:] = 0
    work.walled[:] = 0
    work.bound[:] = 0
    work.weight[:] = 0.0
    d[:] = 0.0
    for _ in range(60):
        before = total
        work.deepest[:] = ENOUGH_M
        for k in range(len(pairs)):
            if work.held[k] == 0:
                s = gaps[k] - pair_gap(verts, count, plan.box, mover, d, pairs[k, 0], pairs[k, 1], gaps[k], way)
                if s > work.deepest[plan.slot[k]]:
                    work.deepest[plan.slot[k]] = s
                    work.chosen[plan.slot[k]] = k
        for e in range(len(work.deepest)):
            if work.deepest[e] > ENOUGH_M and total < room:
                k = work.chosen[e]
                at = work.still if work.rank[k] >= 0 else work.refer if referred else d
                p, q = pairs[k, 0], pairs[k, 1]
                dx = _shift(mover, at, q, 0) - _shift(mover, at, p, 0)
                dy = _shift(mover, at, q, 1) - _shift(mover, at, p, 1)
                s = -1e30
                if work.rank[k] >= 0:
                    s = other_way(verts, count, p, q, dx, dy, work.rank[k], way, work.found)
                if s < -1e20:
                    s = apart(verts, count, p, q, dx, dy, 1e9, way)
                con[total, 0], con[total, 1] = mover[p], mover[q]
                normal[total, 0], normal[total, 1] = way[0], way[1]
                least_m[total] = gaps[k] - s + way[0] * dx + way[1] * dy
                work.pair_of[total] = k
                work.held[k] = 1
                total += mendable(con, normal, work.free, total)
        for p in range(len(verts)):
            m = mover[p]
            if m >= 0:
                for w in range(len(walls)):
                    if work.walled[p, w] == 0 and total < room:
                        s = _beyond(verts, count, mover, d, walls, p, w)
                        if s > ENOUGH_M:
                            con[total, 0], con[total, 1] = -1, m
                            normal[total, 0], normal[total, 1] = -walls[w, 0], -walls[w, 1]
                            least_m[total] = _beyond(verts, count, mover, work.still, walls, p, w)
                            work.pair_of[total] = -1
                            work.walled[p, w] = 1
                            total += mendable(con, normal, work.free, total)
        for m in range(movers):
            for e in range(4):
                axis, sign = e % 2, 1.0 if e < 2 else -1.0
                limit = plan.low[m, axis] if e < 2 else -plan.high[m, axis]
                if (
                    work.free[m, axis] > 0.0
                    and work.bound[m, e] == 0
                    and total < room
                    and limit - sign * d[m, axis] > ENOUGH_M
                ):
                    con[total, 0], con[total, 1] = -1, m
                    normal[total, 0], normal[total, 1] = 0.0, 0.0
                    normal[total, axis] = sign
                    least_m[total] = limit
                    work.pair_of[total] = -1
                    work.bound[m, e] = 1
                    total += 1
        if total > before:
            tight = least(con, normal, least_m, total, work.free, d, tight, work.active, work.u, work.gram,
                          work.factor, work.r)  # fmt: skip
        for i in range(abs(tight)):
            work.weight[work.active[i]] = work.u[i]
        if tight < 0:
            return -total
        if total == before:
            return total
        for i in range(tight):
            work.weight[work.active[i]] = 0.0
    return -total


@compiled
def _untangled(plan: Plan, work: Work, tries: int) -> int:
    """`settle`, with other directions for pairs whose ones contradict each other, the seldomest changed first."""
    total = -1
    for _ in range(tries):
        total = settle(plan, work, False)
        if total >= 0:
            return total
        best, seldomest, most = -1, 4, 0.0
        for i in range(-total):
            k = work.pair_of[i]
            if k >= 0 and work.weight[i] > 0.0:
                rank = work.rank[k]
                if rank < seldomest or (rank == seldomest and work.weight[i] > most):
                    best, seldomest, most = k, rank, work.weight[i]
        if best < 0:
            return total
        work.rank[best] = 1 if seldomest < 0 else seldomest + 1
    return total


@alone
def _clear(plan: Plan, work: Work, m: int) -> bool:
    """Whether mover m, where it is now, is free of walls and of what is placed already."""
    mover, pairs = plan.mover, plan.pairs
    for p in range(len(plan.verts)):
        if mover[p] == m:
            for w in range(len(plan.walls)):
                if _beyond(plan.verts, plan.corners, mover, work.refer, plan.walls, p, w) > ENOUGH_M:
                    return False
    for i in range(plan.start[m], plan.start[m + 1]):
        k = plan.near[i]
        p, q = pairs[k, 0], pairs[k, 1]
        other = mover[p] if mover[q] == m else mover[q]
        if other < 0 or work.placed[other]:
            s = pair_gap(plan.verts, plan.corners, plan.box, mover, work.refer, p, q, plan.gaps[k], work.way)
            if plan.gaps[k] - s > ENOUGH_M:
                return False
    return True


@compiled
def _put_back(plan: Plan, work: Work, order: Index, pinned: int, step_m: float) -> int:
    """Puts the movers back one by one, each where it is free nearest to where it was; -1, or who found no place."""
    d = work.refer
    work.placed[:] = 0
    d[:] = 0.0
    for i in range(len(order)):
        m = order[i]
        found = False
        for ring in range(RINGS):
            far = step_m * ring * (1.0 + 0.05 * ring)
            for turn in range(DIRECTIONS if ring else 1):
                angle = 2.0 * math.pi * turn / DIRECTIONS
                d[m, 0] = min(max(far * math.cos(angle), plan.low[m, 0]), plan.high[m, 0])
                d[m, 1] = min(max(far * math.sin(angle), plan.low[m, 1]), plan.high[m, 1])
                if i < pinned or _clear(plan, work, m):
                    found = True
                    break
            if found:
                break
        if not found:
            return int(m)
        work.placed[m] = 1
    return -1


@compiled
def _square(work: Work) -> float:
    total = 0.0
    for m in range(len(work.d)):
        total += work.d[m, 0] * work.d[m, 0] + work.d[m, 1] * work.d[m, 1]
    return total


@alone
def _kept(work: Work) -> float:
    """The sum of squares of the displacement, which becomes the best."""
    for m in range(len(work.d)):
        work.best[m, 0], work.best[m, 1] = work.d[m, 0], work.d[m, 1]
    return _square(work)


@compiled
def _improve(plan: Plan, work: Work, referred: bool, tries: int) -> None:
    """Other directions for the pairs that cost most, one at a time, as long as that makes the displacement less.

    work.best and best_rank hold the least displacement found, and its directions.
    """
    total = settle(plan, work, referred)
    cost = _kept(work)
    done, better = 0, True
    while better and done < tries:
        better = False
        many = 0
        for i in range(total):  # dearest pairs first
            if work.pair_of[i] >= 0 and work.weight[i] > 1e-9:
                j = many
                while j > 0 and work.dear_weight[j - 1] < work.weight[i]:
                    work.dear_weight[j], work.dear[j] = work.dear_weight[j - 1], work.dear[j - 1]
                    j -= 1
                work.dear_weight[j], work.dear[j] = work.weight[i], work.pair_of[i]
                many += 1
        for i in range(many):
            k = work.dear[i]
            own = work.rank[k]
            for other in range(4):  # on four sides of a rectangle
                if other == own or done >= tries:
                    continue
                work.rank[k] = other
                done += 1
                n = settle(plan, work, referred)
                found = _square(work)
                if n >= 0 and found < cost - 1e-9:
                    cost, own, total, better = found, other, n, True
                    _kept(work)
                    break
            work.rank[k] = own
            if better:
                break


@entry_with(quadratic)
def nearest(plan: Plan, work: Work, order: Index, pinned: int, step_m: float, tries: Index) -> int:
    """The least displacement that frees all, in work.best. Returns 0; or 1 where none was found.

    order : movers as they are put back where directions contradict each other, the first `pinned` of which cannot move
    tries (3,) : choices of directions until none contradict each other; orders of putting back; directions improved
    """
    work.rank[:] = -1
    referred = False
    if _untangled(plan, work, tries[0]) < 0:
        for i in range(tries[0] and len(work.weight)):
            work.stuck[i] = work.weight[i]
            work.stuck_pair[i] = work.pair_of[i]
        lost = 0
        for _ in range(tries[1]):
            lost = _put_back(plan, work, order, pinned, step_m)
            if lost < 0:
                break
            at = pinned
            while order[at] != lost:
                at += 1
            for i in range(at, pinned, -1):
                order[i] = order[i - 1]
            order[pinned] = lost
        if lost >= 0:
            return 1
        referred = True
        work.rank[:] = -1
    _improve(plan, work, referred, tries[2])
    return 0
