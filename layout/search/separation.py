"""Compiled: least movement that takes convex pieces apart. Imports numba; import it where it is used.

For each pair of pieces one direction is chosen along which they are kept apart; then the least displacement (sum of
squares) is a strictly convex quadratic program (`quadratic`). The choice of directions is improved one at a time.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from layout.flow.kernel.jit import apart as alone
from layout.flow.kernel.jit import compiled, entry_with
from layout.model.pose import Array
from layout.search import pieces, quadratic
from layout.search.pieces import (
    ENOUGH_M,
    WRONG_M,
    Index,
    Plan,
    apart,
    beyond_m,
    boxes_gap,
    near,
    other_way,
    pair_gap,
    shift,
)
from layout.search.quadratic import least, mendable, square

DIRECTIONS = 24  # of the search for a free place, on each ring
RINGS = 60
MANY = 40
"""Directions at once with which trying another one costs more than usual: it grows with their square, and counts so."""


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
    order: Index
    area: Array
    normal: Array
    least_m: Array
    weight: Array
    stuck: Array
    u: Array
    r: Array
    product: Array
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
    slots = len(plan.both)

    def ints(*shape: int) -> Index:
        return np.zeros(shape, dtype=np.int64)

    return Work(
        con=ints(c, 2), pair_of=ints(c), stuck_pair=ints(c), active=ints(most), held=ints(m),
        walled=ints(len(plan.verts), len(plan.walls)), bound=ints(v, 4), chosen=ints(slots),
        rank=ints(m), placed=ints(v), dear=ints(c), order=ints(v), area=np.zeros(v),
        normal=np.zeros((c, 2)), least_m=np.zeros(c), weight=np.zeros(c),
        stuck=np.zeros(c), u=np.zeros(most), r=np.zeros(most), product=np.zeros(most),
        factor=np.zeros((most, most)), deepest=np.zeros(slots), way=np.zeros(2),
        found=np.zeros((2 * plan.verts.shape[1], 3)), dear_weight=np.zeros(c),
        free=np.where(plan.high - plan.low > 0.0, 1.0, 0.0), still=np.zeros((v, 2)), refer=np.zeros((v, 2)),
        d=np.zeros((v, 2)), best=np.zeros((v, 2)),
    )  # fmt: skip


@alone
def settle(plan: Plan, work: Work, referred: bool, limit: float) -> int:
    """Least displacement for one choice of directions; those not needed so far are chosen where pairs come too close.

    work.rank (m,) int: which of a pair's directions is taken, from the nearest way out where nothing has shifted (0)
    on; -1: the nearest where they come too close, or, if `referred`, that of work.refer (v, 2), where all is free
    work.d, pair_of and weight become the displacement, each constraint's pair (-1: wall or bound) and its multiplier.
    Returns the number of constraints, 0 where nothing is wrong; less than 0 where they contradict each other, or where
    the sum of squares reaches the limit, since more constraints never make it less.
    """
    verts, count, mover, pairs, gaps, walls = plan.verts, plan.corners, plan.mover, plan.pairs, plan.gaps, plan.walls
    held = plan.held
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
        for e in range(len(plan.both)):
            if not near(plan, d, e):
                continue
            for k in range(plan.slot[e], plan.slot[e + 1]):
                p, q = pairs[k, 0], pairs[k, 1]
                if work.held[k] == 0 and gaps[k] - boxes_gap(plan.box, mover, d, p, q) > work.deepest[e]:
                    s = gaps[k] - pair_gap(verts, count, plan.box, mover, d, p, q, gaps[k], way)
                    if s > work.deepest[e]:
                        work.deepest[e] = s
                        work.chosen[e] = k
        for e in range(len(work.deepest)):
            if work.deepest[e] > ENOUGH_M and total < room:
                k = work.chosen[e]
                at = work.still if work.rank[k] >= 0 else work.refer if referred else d
                p, q = pairs[k, 0], pairs[k, 1]
                dx = shift(mover, at, q, 0) - shift(mover, at, p, 0)
                dy = shift(mover, at, q, 1) - shift(mover, at, p, 1)
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
                        s = beyond_m(verts, held, mover, d, walls, p, w)
                        if s > ENOUGH_M:
                            con[total, 0], con[total, 1] = -1, m
                            normal[total, 0], normal[total, 1] = -walls[w, 0], -walls[w, 1]
                            least_m[total] = beyond_m(verts, held, mover, work.still, walls, p, w)
                            work.pair_of[total] = -1
                            work.walled[p, w] = 1
                            total += mendable(con, normal, work.free, total)
        for m in range(movers):
            for e in range(4):
                axis, sign = e % 2, 1.0 if e < 2 else -1.0
                least_way = plan.low[m, axis] if e < 2 else -plan.high[m, axis]
                if (
                    work.free[m, axis] > 0.0
                    and work.bound[m, e] == 0
                    and total < room
                    and least_way - sign * d[m, axis] > ENOUGH_M
                ):
                    con[total, 0], con[total, 1] = -1, m
                    normal[total, 0], normal[total, 1] = 0.0, 0.0
                    normal[total, axis] = sign
                    least_m[total] = least_way
                    work.pair_of[total] = -1
                    work.bound[m, e] = 1
                    total += 1
        if total > before:
            tight = least(con, normal, least_m, total, work.free, d, limit, tight, work.active, work.u, work.product,
                          work.factor, work.r)  # fmt: skip
        for i in range(abs(tight)):
            work.weight[work.active[i]] = work.u[i]
        if tight < 0 or square(work.d) >= limit:
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
        total = settle(plan, work, False, np.inf)
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
                if beyond_m(plan.verts, plan.held, mover, work.refer, plan.walls, p, w) > ENOUGH_M:
                    return False
    for i in range(plan.start[m], plan.start[m + 1]):
        e = plan.near[i]
        other = plan.both[e, 0] if plan.both[e, 1] == m else plan.both[e, 1]
        if (other < 0 or work.placed[other]) and near(plan, work.refer, e):
            for k in range(plan.slot[e], plan.slot[e + 1]):
                p, q = pairs[k, 0], pairs[k, 1]
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


@alone
def _kept(work: Work) -> float:
    """The sum of squares of the displacement, which becomes the best."""
    for m in range(len(work.d)):
        work.best[m, 0], work.best[m, 1] = work.d[m, 0], work.d[m, 1]
    return square(work.d)


@compiled
def _improve(plan: Plan, work: Work, referred: bool, tries: int) -> None:
    """Other directions for the pairs that cost most, one at a time, as long as that makes the displacement less.

    work.best is the least displacement found.
    """
    total = settle(plan, work, referred, np.inf)
    cost = _kept(work)
    done, better = 0.0, True
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
                done += max(1.0, (total / MANY) ** 2)
                n = settle(plan, work, referred, cost - 1e-9)
                if n >= 0:
                    cost, own, total, better = square(work.d), other, n, True
                    _kept(work)
                    break
            work.rank[k] = own
            if better:
                break


@compiled
def _ordered(plan: Plan, work: Work) -> int:
    """Movers as they are put back, in work.order, and how many of them, the first ones, cannot move.

    Then those that stand well, then the others, big ones before small.
    """
    order, fault, area = work.order, work.placed, work.area
    fault[:] = 0
    area[:] = 0.0
    for e in range(len(plan.both)):
        if not near(plan, work.still, e):
            continue
        for k in range(plan.slot[e], plan.slot[e + 1]):
            p, q, gap = plan.pairs[k, 0], plan.pairs[k, 1], plan.gaps[k]
            if (
                gap - pair_gap(plan.verts, plan.corners, plan.box, plan.mover, work.still, p, q, gap, work.way)
                > WRONG_M
            ):
                for side in range(2):
                    if plan.both[e, side] >= 0:
                        fault[plan.both[e, side]] = 1
    for p in range(len(plan.verts)):
        m = plan.mover[p]
        if m >= 0:
            area[m] += (plan.box[p, 2] - plan.box[p, 0]) * (plan.box[p, 3] - plan.box[p, 1])
            for w in range(len(plan.walls)):
                if beyond_m(plan.verts, plan.held, plan.mover, work.still, plan.walls, p, w) > WRONG_M:
                    fault[m] = 1
    pinned = 0
    for m in range(len(area)):
        if plan.high[m, 0] <= plan.low[m, 0] and plan.high[m, 1] <= plan.low[m, 1]:
            area[m], fault[m] = np.inf, 0
            pinned += 1
    for m in range(len(area)):
        i = m
        while i > 0 and (
            fault[order[i - 1]] > fault[m] or (fault[order[i - 1]] == fault[m] and area[order[i - 1]] < area[m])
        ):
            order[i] = order[i - 1]
            i -= 1
        order[i] = m
    return pinned


@entry_with(pieces, quadratic)
def nearest(plan: Plan, work: Work, step_m: float, tries: Index) -> int:
    """The least displacement that frees all, in work.best. Returns 0; or 1 where none was found.

    step_m : between places tried where directions contradict each other and movers are put back one by one
    tries (3,) : choices of directions until none contradict each other; orders of putting back; directions improved
    """
    work.rank[:] = -1
    referred = False
    if _untangled(plan, work, tries[0]) < 0:
        for i in range(tries[0] and len(work.weight)):
            work.stuck[i] = work.weight[i]
            work.stuck_pair[i] = work.pair_of[i]
        lost, order, pinned = 0, work.order, _ordered(plan, work)
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
