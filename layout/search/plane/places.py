"""Compiled: where one rectangle stands best among others.

    min  sum over pairs  flow[i, j] (|x_i - x_j| + |y_i - y_j|),   no two rectangles overlapping

A rectangle's cost at (x, y) is F(x) + G(y), both convex and piecewise linear, with their minima at weighted medians.
Where it may stand is the floor less the others, each grown by half its size:

        +-------+            Right of F's median, what keeps it from going left is a neighbour that it touches with
        |   j   |+---+       its left side: so x is at the median or at a grown neighbour's far edge, and y as near to
        |       || i |       G's median as the line through x is free. These m + 1 lines among m rectangles are all
        +-------++---+       there is to try; from the median outwards F rises, and the first line that can't be
                    ^ line   better than the best place so far ends the sweep.

Arrays, all of them made by the caller (`search.Bench`), n rectangles:
rect (4, n) float: centre x, centre y, width, depth (m); size (n, 2) float: width and depth as given;
turned (n,) int: 1 for a quarter turn; flow (n, n) float, symmetric, no diagonal;
box (4,) float: the floor's low x, low y, high x, high y; limits (n, 4) float: the same for each centre;
order (4, n) int: the placed ones by x, by y, by left edge, by right edge; random (1,) uint64, not 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from layout.flow.kernel.jit import apart, inlined

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
