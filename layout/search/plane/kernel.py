"""Compiled: layouts decoded and annealed, by taking rectangles out and putting them back where they stand best.

Taking out neighbours and putting them back greedily, with lines left out by chance, follows SISR (Christiaens & Vanden
Berghe 2020, "Slack induction by string removals for vehicle routing problems"), accepted as in simulated annealing.

Arrays: see `places`.
"""

from __future__ import annotations

import numpy as np

from layout.flow.kernel.jit import apart, entry_with
from layout.search.plane import places
from layout.search.plane.places import (
    Array,
    Bits,
    Ints,
    X,
    Y,
    cost_of,
    drawn,
    least_cost,
    put,
    sort_in,
    take_out,
)


@apart
def choose(most: int, loose: Ints, size: Array, rect: Array, flow: Array, random: Bits, out: Ints, key: Array) -> int:
    """Which to take out, in `out`: some near one another, some with much flow between them, some by chance."""
    n = len(loose)
    seed = loose[int(drawn(random) * n)]
    k = min(1 + int(drawn(random) * most), n)
    way = drawn(random)
    for s in range(n):
        i = loose[s]
        if i == seed:
            key[i] = -np.inf
        elif way < 0.6:
            gap = abs(rect[X, i] - rect[X, seed]) + abs(rect[Y, i] - rect[Y, seed])
            key[i] = gap * (0.7 + 0.6 * drawn(random))
        elif way < 0.85:
            key[i] = -flow[i, seed] * (0.5 + drawn(random))
        else:
            key[i] = drawn(random)
    for t in range(k):
        pick = -1
        for s in range(n):
            if pick < 0 or key[loose[s]] < key[pick]:
                pick = loose[s]
        out[t] = pick
        key[pick] = np.inf
    return k


@apart
def shuffle(k: int, size: Array, weight: Array, random: Bits, out: Ints, key: Array) -> None:
    """The order in which the k taken out are put back: by chance, by flow, by size."""
    way = drawn(random)
    for t in range(k):
        i = out[t]
        lot = 0.5 + drawn(random)
        key[t] = lot if way < 0.5 else -weight[i] * lot if way < 0.75 else -size[i, 0] * size[i, 1] * lot
    for t in range(1, k):
        i, lot, s = out[t], key[t], t
        while s > 0 and key[s - 1] > lot:
            out[s], key[s] = out[s - 1], key[s - 1]
            s -= 1
        out[s], key[s] = i, lot


@apart
def copy(source: Array, turned: Ints, order: Ints, target: Array, target_turned: Ints, target_order: Ints) -> None:
    """One layout into another's arrays."""
    for i in range(source.shape[1]):
        for row in range(4):
            target[row, i], target_order[row, i] = source[row, i], order[row, i]
        target_turned[i] = turned[i]


@entry_with(places)
def anneal(
    size: Array, turns: Ints, loose: Ints, flow: Array, box: Array, limits: Array, rects: Array, turned: Ints,
    orders: Ints, rounds: int, hot: float, cold: float, most: int, blink: float, random: Bits, work: Array, out: Ints,
    active: Ints,
) -> float:  # fmt: skip
    """Search from a legal layout; how much less the best one found costs.

    rects (3, 4, n), turned (3, n), orders (3, 4, n) : [0] where it stands, [1] before the last round, [2] the best
    rounds : of taking out and putting back; most : rectangles taken out at once, at most
    hot, cold : first and last temperature, in the cost's unit
    blink : greatest chance that a line is left out; in most rounds it is far less
    work (8, n + 14) float; out, active (n,) int
    """
    n = rects.shape[2]
    rect, order, turn = rects[0], orders[0], turned[0]
    key, place, weight = work[6], work[7, n:], work[7]
    cost, best = 0.0, 0.0
    cooling = (cold / hot) ** (1.0 / max(rounds, 1))
    heat = hot
    for i in range(n):
        weight[i] = 0.0
        for j in range(n):
            weight[i] += flow[i, j]
    for _ in range(rounds):
        heat *= cooling
        left_out = blink * drawn(random) ** 3
        k = choose(most, loose, size, rect, flow, random, out, key)
        m, gone = n, 0.0
        for t in range(k):
            take_out(out[t], m, order)
            m -= 1
            gone += cost_of(out[t], m, rect, order, flow)
        shuffle(k, size, weight, random, out, key)
        limit, later = gone - heat * np.log(1.0 - drawn(random)), 0.0
        for t in range(k):
            key[t] = least_cost(out[t], m, rect, order, flow, work)
            later += key[t]
        back = 0.0
        for t in range(k):
            later -= key[t]
            back += put(
                out[t], m, size, turns, turn, rect, order, flow, box, limits, left_out, random,
                limit - back - later, work, active, place,
            )  # fmt: skip
            if back == np.inf:
                break
            m += 1
        if back < limit:
            cost += back - gone
            copy(rect, turn, order, rects[1], turned[1], orders[1])
            if cost < best - 1e-9:
                best = cost
                copy(rect, turn, order, rects[2], turned[2], orders[2])
        else:
            copy(rects[1], turned[1], orders[1], rect, turn, order)
    return -best


@apart
def swap_out(
    i: int, j: int, m: int, size: Array, turns: Ints, turned: Ints, rect: Array, order: Ints, flow: Array, box: Array,
    limits: Array, random: Bits, work: Array, active: Ints, place: Array,
) -> bool:  # fmt: skip
    """Take out two and put them back, j first; whether that costs less (if not, they stand as before)."""
    for k in range(2):
        a = j if k else i
        take_out(a, m - k, order)
        for row in range(4):
            work[7, len(size) + 4 + 5 * k + row] = rect[row, a]
        work[7, len(size) + 8 + 5 * k] = turned[a]
    limit = cost_of(i, m - 2, rect, order, flow) + cost_of(j, m - 2, rect, order, flow)
    limit += flow[i, j] * (abs(rect[X, i] - rect[X, j]) + abs(rect[Y, i] - rect[Y, j]))
    limit *= 1 - 1e-12
    later = least_cost(i, m - 2, rect, order, flow, work)
    cost = put(
        j, m - 2, size, turns, turned, rect, order, flow, box, limits, 0.0, random, limit - later, work, active, place
    )  # fmt: skip
    if cost < np.inf:
        left = limit - cost
        cost = put(
            i, m - 1, size, turns, turned, rect, order, flow, box, limits, 0.0, random, left, work, active, place
        )  # fmt: skip
        if cost < np.inf:
            return True
        take_out(j, m - 1, order)
    for k in range(2):
        a = i if k else j
        b = 1 - k
        for row in range(4):
            rect[row, a] = work[7, len(size) + 4 + 5 * b + row]
        turned[a] = int(work[7, len(size) + 8 + 5 * b])
        sort_in(a, m - 2 + k, rect, order)
    return False


@entry_with(places)
def decode(
    size: Array, turns: Ints, flow: Array, box: Array, limits: Array, rect: Array, turned: Ints, order: Ints,
    sequence: Ints, m: int, passes: int, near: int, random: Bits, work: Array, active: Ints,
) -> float:  # fmt: skip
    """Put rectangles where they cost least, in a sequence, beside m that stand; 0, or inf where one finds no place.

    passes : rounds, in the same sequence, of taking each out and putting it back, as long as anything improves
    """
    place = work[7, rect.shape[1] :]
    for t in range(len(sequence)):
        cost = put(
            sequence[t], m, size, turns, turned, rect, order, flow, box, limits, 0.0, random, np.inf, work, active,
            place,
        )  # fmt: skip
        if cost == np.inf:
            return np.inf
        m += 1
    for _ in range(passes):
        better = False
        for t in range(len(sequence)):
            i = sequence[t]
            take_out(i, m, order)
            before = cost_of(i, m - 1, rect, order, flow)
            after = put(
                i, m - 1, size, turns, turned, rect, order, flow, box, limits, 0.0, random, before * (1 - 1e-12), work,
                active, place,
            )  # fmt: skip
            if after == np.inf:
                sort_in(i, m - 1, rect, order)
            else:
                better = True
        if better or near == 0:
            if not better:
                break
            continue
        for t in range(len(sequence)):
            i = sequence[t]
            for s in range(len(sequence)):
                j = sequence[s]
                work[6, s] = abs(rect[X, i] - rect[X, j]) + abs(rect[Y, i] - rect[Y, j]) if j != i else np.inf
            for _ in range(near):
                s = 0
                for r in range(len(sequence)):
                    if work[6, r] < work[6, s]:
                        s = r
                if work[6, s] == np.inf:
                    break
                work[6, s] = np.inf
                if swap_out(
                    i, sequence[s], m, size, turns, turned, rect, order, flow, box, limits, random, work, active, place
                ):
                    better = True
        if not better:
            break
    return 0.0
