"""Output series of one run: where its start-up ends, and what batches of it say about the whole."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from layout.flow.output.intervals import student_t
from layout.model.results import Estimate

BATCHES = 30  # more do not help an interval (Schmeiser, Operations Research 30, 1982)
FEWEST_BATCHES = 20
_CORRELATED = 1.6449  # one-sided 95 % point of the normal distribution


def mser5(series: Any) -> int:
    """How many values at the start of a series (n,) to leave out: a multiple of 5, where its mean is surest.

    Of means of 5 values each, Y_1 .. Y_m, the first d are left out, d minimising sum (Y_i - mean)^2 / (m - d)^2 over
    those that remain. The last 5 of the Y always remain: the spread of fewer says nothing.
    Source: White, "An effective truncation heuristic for bias reduction in simulation output", Simulation 69, 1997;
    White, Cobb, Spratt, "A comparison of five steady-state truncation heuristics", WSC 2000 (MSER-5).
    """
    y = np.asarray(series, float)
    y = y[: y.size // 5 * 5].reshape(-1, 5).mean(axis=1)
    if y.size <= 5:
        return 0
    y = y - y.mean()  # sums of squares stay exact
    left = np.arange(y.size, 0, -1)
    sums, squares = np.cumsum(y[::-1])[::-1], np.cumsum((y * y)[::-1])[::-1]
    spread = (squares - sums * sums / left) / left**2
    return 5 * int(np.argmin(spread[: y.size - 5]))


def correlated(batches: Any) -> bool:
    """Whether batch means (n,) follow one another too closely to count as independent (5 % test).

    Von Neumann's ratio of the mean square successive difference to the variance, as lag-1 correlation.
    Source: Fishman, "Grouping observations in digital simulation", Management Science 24, 1978.
    """
    x = np.asarray(batches, float) - np.mean(batches)
    total = float(np.sum(x * x))
    if total <= 0.0:
        return False
    n = x.size
    ratio = 1 - float(np.sum(np.diff(x) ** 2)) / (2 * total)
    return ratio * math.sqrt((n * n - 1) / (n - 2)) > _CORRELATED


def batch_estimate(mean: float, batches: Any, level: float) -> Estimate:
    """An interval about a run's mean from the spread of its batch means (n,): Student's t, n - 1 degrees of freedom.

    Source: Law, Simulation Modeling and Analysis, 5th ed., ch. 9.5.3.
    """
    n = len(batches)
    deviation = float(np.std(batches, ddof=1))
    return Estimate(mean, student_t(level, n - 1) * deviation / math.sqrt(n), level, n)
