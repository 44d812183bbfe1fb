"""Compiled: the least displacement under linear constraints on differences of displacements.

A strictly convex quadratic program, solved by the dual active-set method of Goldfarb and Idnani (Mathematical
Programming 27, 1983), which is exact, finite, and tells when there is no solution. Called by `separation`.
"""

from __future__ import annotations

import math

from layout.flow.kernel.jit import apart as alone
from layout.flow.kernel.jit import compiled
from layout.model.pose import Array
from layout.search.pieces import ENOUGH_M, Index


@compiled
def _product(con: Index, normal: Array, free: Array, k: int, j: int) -> float:
    """Product of two constraints' coefficients: a constraint keeps normal @ (d[b] - d[a]) from becoming too small."""
    total = 0.0
    for e in range(2):
        m = con[k, e]
        if m >= 0:
            sign = 1.0 if e == 1 else -1.0
            for f in range(2):
                if con[j, f] == m:
                    other = 1.0 if f == 1 else -1.0
                    total += (
                        sign
                        * other
                        * (normal[k, 0] * normal[j, 0] * free[m, 0] + normal[k, 1] * normal[j, 1] * free[m, 1])
                    )
    return total


@compiled
def _value(con: Index, normal: Array, k: int, d: Array) -> float:
    """How far a constraint's movers are apart along its normal."""
    total = 0.0
    if con[k, 1] >= 0:
        total += normal[k, 0] * d[con[k, 1], 0] + normal[k, 1] * d[con[k, 1], 1]
    if con[k, 0] >= 0:
        total -= normal[k, 0] * d[con[k, 0], 0] + normal[k, 1] * d[con[k, 0], 1]
    return total


@compiled
def _step(con: Index, normal: Array, free: Array, k: int, t: float, d: Array) -> None:
    """Shift a constraint's movers apart along its normal."""
    for e in range(2):
        m = con[k, e]
        if m >= 0:
            sign = t if e == 1 else -t
            d[m, 0] += sign * normal[k, 0] * free[m, 0]
            d[m, 1] += sign * normal[k, 1] * free[m, 1]


@compiled
def _dropped(low: Array, drop: int, q: int, w: Array) -> None:
    """Cholesky's factor of q active constraints' products without one of them: its column is turned into the rest.

    w (q,) : scratch
    """
    for i in range(drop + 1, q):
        w[i - 1] = low[i, drop]
        for j in range(drop):
            low[i - 1, j] = low[i, j]
        for j in range(drop + 1, i + 1):
            low[i - 1, j - 1] = low[i, j]
    for k in range(drop, q - 1):
        size = math.sqrt(low[k, k] * low[k, k] + w[k] * w[k])
        c, s = size / low[k, k], w[k] / low[k, k]
        low[k, k] = size
        for i in range(k + 1, q - 1):
            low[i, k] = (low[i, k] + s * w[i]) / c
            w[i] = c * w[i] - s * low[i, k]


@compiled
def square(d: Array) -> float:
    """Sum of squares of a displacement (v, 2)."""
    total = 0.0
    for m in range(len(d)):
        total += d[m, 0] * d[m, 0] + d[m, 1] * d[m, 1]
    return total


@alone
def least(
    con: Index, normal: Array, least_m: Array, count: int, free: Array, d: Array, limit: float,
    q: int, active: Index, u: Array, product: Array, low: Array, r: Array,
) -> int:  # fmt: skip
    """The least displacement d (v, 2) that keeps `count` constraints normal @ (d[b] - d[a]) >= least_m.

    con (c, 2) int: movers a and b, -1 for what stands still; free (v, 2) float: 1 where a mover may shift, else 0
    Goes on from q active constraints with multipliers u (the factor of their products in `low`), for which d is least.
    Returns how many are active then; less than 0 where some contradict each other: those with u > 0. It ends
    early where the sum of squares exceeds the limit: every step makes it more.
    """
    for _ in range(20 * count + 100):
        if square(d) > limit + ENOUGH_M:
            break
        worst, p = ENOUGH_M / 2, -1
        for k in range(count):
            missing = least_m[k] - _value(con, normal, k, d)
            if missing > worst:
                worst, p = missing, k
        if p < 0:
            break
        up = 0.0
        own = _product(con, normal, free, p, p)
        for i in range(q):
            product[i] = _product(con, normal, free, active[i], p)
        while True:
            along = own
            for i in range(q):  # low @ y = product
                s = product[i]
                for k in range(i):
                    s -= low[i, k] * low[q, k]
                low[q, i] = s / low[i, i]
                along -= low[q, i] * low[q, i]
            for i in range(q - 1, -1, -1):
                s = low[q, i]
                for k in range(i + 1, q):
                    s -= low[k, i] * r[k]
                r[i] = s / low[i, i]
            missing = least_m[p] - _value(con, normal, p, d)
            t1, drop = 1e300, -1
            for i in range(q):
                if r[i] > 1e-12 and u[i] / r[i] < t1:
                    t1, drop = u[i] / r[i], i
            t2 = missing / along if along > 1e-9 else 1e300
            t = min(t1, t2)
            if t >= 1e300:
                for i in range(q):
                    u[i] = max(-r[i], 0.0)
                active[q], u[q] = p, 1.0
                return -q - 1
            if t2 < 1e300:
                _step(con, normal, free, p, t, d)
                for i in range(q):
                    _step(con, normal, free, active[i], -t * r[i], d)
            for i in range(q):
                u[i] -= t * r[i]
            up += t
            if t2 <= t1:
                active[q], u[q] = p, up
                low[q, q] = math.sqrt(max(along, 1e-14))
                q += 1
                break
            for i in range(drop, q - 1):
                active[i], u[i], product[i] = active[i + 1], u[i + 1], product[i + 1]
            _dropped(low, drop, q, r)
            q -= 1
    d[:] = 0.0  # what the multipliers say, without the steps' rounding
    for i in range(q):
        _step(con, normal, free, active[i], u[i], d)
    return q


@compiled
def mendable(con: Index, normal: Array, free: Array, k: int) -> int:
    """1 where a constraint's movers can do something about it, else 0: then it is left out."""
    return 1 if _product(con, normal, free, k, k) > 1e-12 else 0
