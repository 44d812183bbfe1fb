"""A linear programme whose rows have names: what is the most, which rows limit it, and by how much."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Terms = dict[int, float]  # variable -> coefficient
# Rows whose part of the optimum is smaller count as not limiting (rounding of the solver).
_LEAST_PART = 1e-6
# Solved anew for at most so many rows, the ones that matter most first.
_MOST_ROWS = 12


@dataclass(frozen=True)
class Row:
    """The sum of `terms` is at most `limit`: a resource, and what of it there is no more of."""

    resource: str
    what: str
    terms: Terms
    limit: float


@dataclass(frozen=True)
class Limit:
    """A row that limits the optimum.

    part : how much of the optimum hangs on it (its dual times its limit over the optimum); all parts sum to 1
    rise : by how much the optimum rises where this row alone has 1 % more; 0 where another limits as well
    """

    row: Row
    part: float
    rise: float


class Programme:
    """Maximises the sum of `gain` over variables that are not negative."""

    def __init__(self) -> None:
        self.size = 0
        self.gain: Terms = {}
        self.rows: list[Row] = []
        self.equal: list[Terms] = []  # sums that are 0

    def variable(self) -> int:
        """A new one, by its number."""
        self.size += 1
        return self.size - 1

    def at_most(self, resource: str, what: str, terms: Terms, limit: float) -> None:
        """Add a row; one that cannot limit is left out."""
        if math.isfinite(limit) and any(value > 0 for value in terms.values()):
            self.rows.append(Row(resource, what, dict(terms), limit))

    def no_more(self, terms: Terms) -> None:
        """Add a row: the sum is at most 0."""
        self.rows.append(Row("", "", terms, 0.0))

    def most(self) -> float:
        """The optimum; infinite where nothing limits it."""
        found = self._solve(self.gain, self.rows)
        return max(0.0, float(-found.fun)) if found.status == 0 else math.inf

    def rates(self, gain: Terms) -> Any:
        """(size,) float: the variables where another gain is at its optimum; where it is 1, if nothing limits it."""
        found = self._solve(gain, self.rows)
        return found.x if found.status == 0 else self._solve(gain, [*self.rows, Row("", "", gain, 1.0)]).x

    def limits(self) -> tuple[float, tuple[Limit, ...]]:
        """The optimum, and what limits it, the greatest part first."""
        found = self._solve(self.gain, self.rows)
        if found.status != 0 or found.fun >= 0:
            return (0.0 if found.status == 0 else math.inf), ()
        most = float(-found.fun)
        parts = {
            i: -float(dual) * row.limit / most
            for i, (row, dual) in enumerate(zip(self.rows, found.ineqlin.marginals, strict=True))
        }
        binding = sorted((i for i in parts if parts[i] > _LEAST_PART), key=lambda i: (-round(parts[i], 9), i))
        limits = []
        for i in binding[:_MOST_ROWS]:
            row = self.rows[i]
            eased = Row(row.resource, row.what, row.terms, 1.01 * row.limit)
            more = self._solve(self.gain, [*self.rows[:i], eased, *self.rows[i + 1 :]])
            rise = math.inf if more.status != 0 else max(0.0, float(-more.fun) - most)
            limits.append(Limit(self.rows[i], parts[i], rise if rise > _LEAST_PART * most * 0.01 else 0.0))
        return most, tuple(limits)

    def _solve(self, gain: Terms, rows: Sequence[Row]) -> Any:
        from scipy.optimize import linprog

        cost = np.zeros(self.size)
        for variable, value in gain.items():
            cost[variable] -= value
        return linprog(
            cost,
            A_ub=_matrix([row.terms for row in rows], self.size),
            b_ub=np.array([row.limit for row in rows], dtype=float),
            A_eq=_matrix(self.equal, self.size),
            b_eq=np.zeros(len(self.equal)),
            method="highs",
        )


def _matrix(rows: list[Terms], n: int) -> Any:
    matrix = np.zeros((len(rows), n))
    for i, terms in enumerate(rows):
        for j, value in terms.items():
            matrix[i, j] = value
    return matrix
