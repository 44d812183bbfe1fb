"""Which of many ways among a few configurations are worth a closer look: one compiled call looks at them in turn."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from layout.model.pose import Array
from layout.motion.collision.check import OWN_MARGIN_M, rows_of
from layout.motion.collision.gjk import compiled
from layout.motion.collision.mover import Mover
from layout.motion.collision.surroundings import Surroundings
from layout.motion.collision.sweep import touched

Index = NDArray[np.int64]

FINE_PROBES = (0.5, 0.25, 0.75, 0.375, 0.625, 0.125, 0.875)
"""The same on straight joins of which a way is to be made: what shows here need not be worked out."""


class Choice:
    """Ways among a few configurations (n, dof), to be tried in order: rows of `ways` (k, m), -1 after the end."""

    def __init__(
        self, mover: Mover, surroundings: Surroundings, points: Array, ways: NDArray[np.int64], margin_m: float
    ) -> None:
        self._mover, self._surroundings, self._margin_m = mover, surroundings, margin_m
        self._points, self._ways = rows_of(mover, points), np.ascontiguousarray(ways, dtype=np.int64)
        self._stands = np.zeros(len(points), dtype=np.int64)
        self._joins = np.zeros((len(points), len(points)), dtype=np.int64)

    def promising(self, begin: int, lower: Array, upper: Array) -> int:
        """The first row from `begin` on that keeps within the joints' limits (dof,), and the margin at its points and
        at `FINE_PROBES` between them; the number of rows where there is none. No proof for what lies between."""
        return int(
            _promising(
                self._mover.bodies, self._surroundings.things, self._points, self._ways, begin, self._stands,
                self._joins, lower, upper, self._margin_m, min(self._margin_m, OWN_MARGIN_M),
            )
        )  # fmt: skip


@compiled
def _promising(
    m: Any, t: Any, points: Array, ways: Index, begin: int, stands: Index, joins: Index, lower: Array, upper: Array,
    margin: float, own: float,
) -> int:  # fmt: skip
    """The first row of `ways`, from `begin` on, with nothing in the way at its points and at a few places between.

    points : (n, dof) configurations; ways : (k, m) rows of them in the order they are passed, -1 after the end
    stands, joins : (n,), (n, n) what is known: 0 nothing, 1 free, 2 not; filled in. Ends of ways are taken to be free.
    lower, upper : (dof,) the joints' limits. Gives k where no row is left.
    """
    dof = points.shape[1]
    q = np.empty(dof)
    for k in range(begin, len(ways)):
        count, good = 0, True
        while count < ways.shape[1] and ways[k, count] >= 0:
            count += 1
        for i in range(1, count - 1):
            a = ways[k, i]
            if stands[a] == 0:
                inside = True
                for j in range(dof):
                    inside = inside and lower[j] <= points[a, j] <= upper[j]
                stands[a] = 1 if inside and touched(m, t, points[a], margin, own, -1)[0] < 0 else 2
            if stands[a] == 2:
                good = False
                break
        if not good:
            continue
        for i in range(count - 1):
            a, b = ways[k, i], ways[k, i + 1]
            if joins[a, b] == 0:
                joins[a, b] = joins[b, a] = 1
                for x in FINE_PROBES:
                    for j in range(dof):
                        q[j] = points[a, j] + x * (points[b, j] - points[a, j])
                    if touched(m, t, q, margin, own, -1)[0] >= 0:
                        joins[a, b] = joins[b, a] = 2
                        break
            if joins[a, b] == 2:
                good = False
                break
        if good:
            return k
    return len(ways)
