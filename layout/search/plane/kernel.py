"""Compiled: where one rectangle stands best among others, and the search by taking out and putting back.

    min  sum over pairs  flow[i, j] (|x_i - x_j| + |y_i - y_j|),   no two rectangles overlapping

A rectangle's cost at (x, y) is F(x) + G(y), both convex and piecewise linear, with their minima at weighted medians.
Where it may stand is the floor less the others, each grown by half its size:

        +-------+            Right of F's median, what keeps it from going left is a neighbour that it touches with
        |   j   |+---+       its left side: so x is at the median or at a grown neighbour's far edge, and y as near to
        |       || i |       G's median as the line through x is free. These m + 1 lines among m rectangles are all
        +-------++---+       there is to try; from the median outwards F rises, and the first line that can't be
                    ^ line   better than the best place so far ends the sweep.

Taking out neighbours and putting them back greedily, with lines left out by chance, follows SISR (Christiaens & Vanden
Berghe 2020, "Slack induction by string removals for vehicle routing problems"), accepted as in simulated annealing.

Arrays, all of them made by the caller (`search.Bench`), n rectangles:
rect (4, n) float: centre x, centre y, width, depth (m); size (n, 2) float: width and depth as given;
turned (n,) int: 1 for a quarter turn; flow (n, n) float, symmetric, no diagonal;
box (4,) float: the floor's low x, low y, high x, high y; limits (n, 4) float: the same for each centre;
order (4, n) int: the placed ones by x, by y, by left edge, by right edge; random (1,) uint64, not 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from layout.flow.kernel.jit import apart, entry, inlined

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
Bits = NDArray[np.uint64]

TOUCH_M = 1e-10
"""Overlap that rounding may leave between rectangles that touch."""

X, Y, W, H = 0, 1, 2, 3
BY_X, BY_Y, BY_LEFT, BY_RIGHT = 0, 1, 2, 3


@inlined
def drawn(random: Bits) -> float:
    """Evenly from [0, 1): xorshift64* (Vigna 2016)."""
    s = random[0]
    s ^= s >> np.uint64(12)
    s ^= s << np.uint64(25)
    s ^= s >> np.uint64(27)
    random[0] = s
    return float((s * np.uint64(2685821657736338717)) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@apart
def cost_of(i: int, m: int, rect: Array, order: Ints, flow: Array) -> float:
    """Cost of rectangle i with the m placed ones."""
    cost = 0.0
    for t in range(m):
        j = order[BY_X, t]
        cost += flow[i, j] * (abs(rect[X, i] - rect[X, j]) + abs(rect[Y, i] - rect[Y, j]))
    return cost


@apart
def profile(i: int, axis: int, m: int, rect: Array, order: Ints, flow: Array, work: Array) -> int:
    """Cost of rectangle i along an axis among the m placed, in rows 3 axis + 0, 1, 2 of `work`: corners, values there,
    slopes beyond; the slope before the first in place m. Returns the corner where it is least."""
    a, b, c = 3 * axis, 3 * axis + 1, 3 * axis + 2
    slope, value, least = 0.0, 0.0, 0
    first = rect[axis, order[axis, 0]]
    for t in range(m):
        j = order[axis, t]
        slope -= flow[i, j]
        value += flow[i, j] * (rect[axis, j] - first)
    work[c, m] = slope
    for t in range(m):
        j = order[axis, t]
        work[a, t] = rect[axis, j]
        if t > 0:
            value += slope * (work[a, t] - work[a, t - 1])
        work[b, t] = value
        if slope < 0.0:
            least = t
        slope += 2.0 * flow[i, j]
        work[c, t] = slope
    return least


@apart
def height(at: float, axis: int, m: int, work: Array) -> float:
    """The profile's value at a place."""
    a, b, c = 3 * axis, 3 * axis + 1, 3 * axis + 2
    if at <= work[a, 0]:
        return float(work[b, 0] + work[c, m] * (at - work[a, 0]))
    low, high = 0, m - 1
    while low < high:
        middle = (low + high + 1) >> 1
        if work[a, middle] <= at:
            low = middle
        else:
            high = middle - 1
    return float(work[b, low] + work[c, low] * (at - work[a, low]))


@apart
def free(
    c: float, middle: float, depth: float, south: float, north: float, base: float, m: int, count: int, active: Ints,
    rect: Array, work: Array, best: float, place: Array,
) -> float:  # fmt: skip
    """The best free place on the line x = c among the `count` rectangles that it crosses: its cost if below `best`.

    middle : y that costs least; base : cost without y's part
    """
    for up in range(2):
        y, cost = middle, base + height(middle, Y, m, work)
        again = cost < best
        while again:
            again = False
            for t in range(count):
                j = active[t if up else count - 1 - t]
                half = 0.5 * (rect[H, j] + depth)
                if rect[Y, j] - half + TOUCH_M < y < rect[Y, j] + half - TOUCH_M:
                    y, again = (rect[Y, j] + half if up else rect[Y, j] - half), True
            if again:
                cost = base + height(y, Y, m, work)
                again = cost < best
        if cost < best and south <= y <= north:
            best, place[0], place[1] = cost, c, y
        if y == middle:
            break
    return best


@inlined
def _join(k: int, count: int, active: Ints, rect: Array) -> None:
    t = count
    while t > 0 and rect[Y, active[t - 1]] > rect[Y, k]:
        active[t] = active[t - 1]
        t -= 1
    active[t] = k


@apart
def best_place(
    i: int, width: float, depth: float, m: int, rect: Array, order: Ints, box: Array, limits: Array, blink: float,
    random: Bits, best: float, work: Array, active: Ints, place: Array, middles: Array,
) -> float:  # fmt: skip
    """Least cost of rectangle i, so wide and deep, among the m placed, if below `best`: then `place` is where.

    middles : corners of its profiles, in `work`, where they are least
    blink : chance that a line is left out
    """
    west, south = max(box[0] + width / 2, limits[i, 0]), max(box[1] + depth / 2, limits[i, 1])
    east, north = min(box[2] - width / 2, limits[i, 2]), min(box[3] - depth / 2, limits[i, 3])
    if west > east + TOUCH_M or south > north + TOUCH_M:
        return best
    if m == 0:
        place[0], place[1] = (west + east) / 2, (south + north) / 2
        return 0.0
    x, y = min(max(middles[0], west), east), min(max(middles[1], south), north)
    least = height(y, Y, m, work)
    for side in range(2):
        # active: rectangles that the line crosses; they come and go in the order of their edges
        count, come, go = 0, 0, 0
        for t in range(m):
            j = order[BY_Y, t]
            half = 0.5 * (rect[W, j] + width)
            if rect[X, j] - half + TOUCH_M < x < rect[X, j] + half - TOUCH_M:
                active[count] = j
                count += 1
        base = height(x, X, m, work)
        if side == 0 and base + least < best and not (blink > 0.0 and drawn(random) < blink):
            best = free(x, y, depth, south, north, base, m, count, active, rect, work, best, place)
        if side == 0:
            while go < m:
                j = order[BY_RIGHT, go]
                c = rect[X, j] + 0.5 * (rect[W, j] + width)
                go += 1
                if c <= x:
                    continue
                base = height(c, X, m, work)
                if c > east or base + least >= best:
                    break
                while come < m:
                    k = order[BY_LEFT, come]
                    edge = rect[X, k] - 0.5 * (rect[W, k] + width)
                    if edge >= c - TOUCH_M:
                        break
                    if edge >= x - TOUCH_M:
                        _join(k, count, active, rect)
                        count += 1
                    come += 1
                kept = 0
                for t in range(count):
                    k = active[t]
                    if rect[X, k] + 0.5 * (rect[W, k] + width) > c + TOUCH_M:
                        active[kept] = k
                        kept += 1
                count = kept
                if blink > 0.0 and drawn(random) < blink:
                    continue
                best = free(c, y, depth, south, north, base, m, count, active, rect, work, best, place)
        else:
            go, come = m - 1, m - 1
            while go >= 0:
                j = order[BY_LEFT, go]
                c = rect[X, j] - 0.5 * (rect[W, j] + width)
                go -= 1
                if c >= x:
                    continue
                base = height(c, X, m, work)
                if c < west or base + least >= best:
                    break
                while come >= 0:
                    k = order[BY_RIGHT, come]
                    edge = rect[X, k] + 0.5 * (rect[W, k] + width)
                    if edge <= c + TOUCH_M:
                        break
                    if edge <= x + TOUCH_M:
                        _join(k, count, active, rect)
                        count += 1
                    come -= 1
                kept = 0
                for t in range(count):
                    k = active[t]
                    if rect[X, k] - 0.5 * (rect[W, k] + width) < c - TOUCH_M:
                        active[kept] = k
                        kept += 1
                count = kept
                if blink > 0.0 and drawn(random) < blink:
                    continue
                best = free(c, y, depth, south, north, base, m, count, active, rect, work, best, place)
    return best


@inlined
def _edge(by: int, i: int, rect: Array) -> float:
    if by == BY_LEFT:
        return float(rect[X, i] - 0.5 * rect[W, i])
    return float(rect[X, i] + 0.5 * rect[W, i] if by == BY_RIGHT else rect[by, i])


@apart
def sort_in(i: int, m: int, rect: Array, order: Ints) -> None:
    """Rectangle i joins the m placed."""
    for by in range(4):
        edge, t = _edge(by, i, rect), m
        while t > 0 and _edge(by, order[by, t - 1], rect) > edge:
            order[by, t] = order[by, t - 1]
            t -= 1
        order[by, t] = i


@apart
def take_out(i: int, m: int, order: Ints) -> None:
    """Rectangle i leaves the m placed."""
    for by in range(4):
        t = 0
        while order[by, t] != i:
            t += 1
        while t < m - 1:
            order[by, t] = order[by, t + 1]
            t += 1


@apart
def put(
    i: int, m: int, size: Array, turns: Ints, turned: Ints, rect: Array, order: Ints, flow: Array, box: Array,
    limits: Array, blink: float, random: Bits, limit: float, work: Array, active: Ints, place: Array,
) -> float:  # fmt: skip
    """Put rectangle i where it costs least among the m placed, turned if `turns[i]`.

    Its cost; inf where no place costs less than `limit`.
    """
    best, x, y, turn = limit, 0.0, 0.0, -1
    if m > 0:
        place[2] = rect[X, order[BY_X, profile(i, X, m, rect, order, flow, work)]]
        place[3] = rect[Y, order[BY_Y, profile(i, Y, m, rect, order, flow, work)]]
    for other in range(2):
        now = 1 - turned[i] if other else turned[i]
        if other and (turns[i] == 0 or size[i, 0] == size[i, 1]):
            continue
        cost = best_place(
            i, size[i, now], size[i, 1 - now], m, rect, order, box, limits, blink, random, best, work, active, place,
            place[2:],
        )  # fmt: skip
        if cost < best:
            best, x, y, turn = cost, place[0], place[1], now
    if turn < 0:
        return np.inf
    rect[X, i], rect[Y, i], turned[i] = x, y, turn
    rect[W, i], rect[H, i] = size[i, turn], size[i, 1 - turn]
    sort_in(i, m, rect, order)
    return best


@apart
def least_cost(i: int, m: int, rect: Array, order: Ints, flow: Array, work: Array) -> float:
    """Cost of rectangle i at its medians: none of its places among the m placed costs less."""
    if m == 0:
        return 0.0
    cost = work[1, profile(i, X, m, rect, order, flow, work)]
    return float(cost + work[4, profile(i, Y, m, rect, order, flow, work)])


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


@entry
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


@entry
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
