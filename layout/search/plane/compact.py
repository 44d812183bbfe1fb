"""Compaction by linear programming: who is left of or below whom stays, positions become the best there are.

Along one axis, of rectangles that overlap seen along the other one, the order stays:

    min sum flow d   with   d >= x_i - x_j,  d >= x_j - x_i,   x_j - x_i >= (w_i + w_j) / 2  where i is left of j

Then the other axis; whoever has become free of another along it need not keep an order any more. It goes on as long as
anything improves. (Compaction at the end of a search: Goncalves & Resende 2015, EJOR 246.)
"""

from __future__ import annotations

import numpy as np

from layout.model.pose import Array
from layout.search.plane.plane import Ints, Placed, Plane, cost_of, extents, worst_overlap_m

TOUCH_M = 1e-9
GAIN = 1e-9
"""Share of the cost below which a round of compaction has improved nothing."""


def compact(plane: Plane, placed: Placed) -> Placed:
    """The layout compacted; never one that costs more, or whose rectangles overlap."""
    while True:
        at = placed.at
        for axis in (0, 1):
            at = _along(plane, at, extents(plane, placed.turned), axis)
        found = Placed(at, placed.turned, cost_of(plane, at))
        if found.cost >= placed.cost * (1 - GAIN) or worst_overlap_m(plane, found) > TOUCH_M:
            return placed
        placed = found


def _along(plane: Plane, at: Array, extent: Array, axis: int) -> Array:
    """Centres (n, 2) after one linear program along an axis."""
    from scipy.optimize import linprog  # they take a while to be imported, and most searches are none of planes
    from scipy.sparse import coo_array

    n, other = len(at), 1 - axis
    gap = (extent[:, None] + extent[None]) / 2
    level = np.abs(at[:, None, other] - at[None, :, other]) < gap[..., other] - TOUCH_M
    below, above = (row.astype(np.int64) for row in np.nonzero(level & (at[:, None, axis] < at[None, :, axis])))
    i, j = np.nonzero(np.triu(plane.flow, 1))
    pairs, orders = len(i), len(below)
    rows = np.arange(pairs)
    ones = np.ones(pairs)
    entries = [
        (rows, i, ones), (rows, j, -ones), (rows, n + rows, -ones),
        (pairs + rows, i, -ones), (pairs + rows, j, ones), (pairs + rows, n + rows, -ones),
        (2 * pairs + np.arange(orders), below, np.ones(orders)),
        (2 * pairs + np.arange(orders), above, -np.ones(orders)),
    ]  # fmt: skip
    row, column, value = (np.concatenate([entry[k] for entry in entries]) for k in range(3))
    matrix = coo_array((value, (row, column)), shape=(2 * pairs + orders, n + pairs)).tocsr()
    limit = np.concatenate([np.zeros(2 * pairs), -gap[below, above, axis]])
    low = np.maximum(plane.box[axis] + extent[:, axis] / 2, plane.limits[:, axis])
    high = np.minimum(plane.box[2 + axis] - extent[:, axis] / 2, plane.limits[:, 2 + axis])
    low, high = np.where(plane.fixed, at[:, axis], low), np.where(plane.fixed, at[:, axis], high)
    bounds = np.vstack([np.column_stack([low, high]), np.tile((0.0, np.inf), (pairs, 1))])
    cost = np.concatenate([np.zeros(n), plane.flow[i, j]])
    found = linprog(cost, A_ub=matrix, b_ub=limit, bounds=bounds, method="highs")
    if found.x is None:
        return at
    moved = at.copy()
    moved[:, axis] = _apart(found.x[:n], below, above, gap[below, above, axis])
    return moved


def _apart(x: Array, below: Ints, above: Ints, gap: Array) -> Array:
    """Places as the solver gives them, to within its tolerance of 1e-7, moved apart until nothing overlaps."""
    x = x.copy()
    rank = np.argsort(x[below], kind="stable")
    for k in rank:
        x[above[k]] = max(x[above[k]], x[below[k]] + gap[k])
    return x
