"""Confidence intervals: means of independent samples with Student's t.

Source: Law, Simulation Modeling and Analysis, 5th ed., ch. 4.5 and 9.4.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from layout.model.results import Estimate

_SERIES = 300  # degrees of freedom up to which the distribution is summed; beyond, its expansion serves as well


@lru_cache(maxsize=4096)
def student_t(level: float, freedom: int) -> float:
    """t with P(|T| <= t) = level, for that many degrees of freedom; relative error below 1e-10.

    Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.3, 26.7.4 (finite sums), 26.7.5 (expansion).
    """
    from statistics import NormalDist  # with it come fractions, decimals and random numbers

    x = NormalDist().inv_cdf(0.5 + level / 2)
    if freedom > _SERIES:
        n, x2 = float(freedom), x * x
        return x * (
            1
            + (x2 + 1) / (4 * n)
            + ((5 * x2 + 16) * x2 + 3) / (96 * n**2)
            + (((3 * x2 + 19) * x2 + 17) * x2 - 15) / (384 * n**3)
            + ((((79 * x2 + 776) * x2 + 1482) * x2 - 1920) * x2 - 945) / (92160 * n**4)
        )
    log_height = math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2) - 0.5 * math.log(freedom * math.pi)
    t = x
    while True:  # the distribution is concave: Newton's steps from below never pass the root
        density = 2 * math.exp(log_height - (freedom + 1) / 2 * math.log1p(t * t / freedom))
        better = t + (level - _within(t, freedom)) / density
        if better <= t * (1 + 1e-15):
            return t
        t = better


def _within(t: float, freedom: int) -> float:
    """P(|T| <= t)."""
    angle = math.atan(t / math.sqrt(freedom))
    sine, square = math.sin(angle), math.cos(angle) ** 2
    odd = freedom % 2
    term, total = (math.cos(angle), 0.0) if odd else (1.0, 0.0)
    for k in range(2 + odd, freedom + 1, 2):
        total += term
        term *= square * (k - 1) / k
    return 2 / math.pi * (angle + sine * total) if odd else sine * total


def estimate(samples: Sequence[float], level: float) -> Estimate:
    """Mean and Student-t interval of independent samples; half_width is infinite from one sample alone.

    Samples that are nan (nothing to measure) are left out; with none left the mean is infinite.
    """
    known = [x for x in samples if not math.isnan(x)]
    n = len(known)
    if n == 0:
        return Estimate(math.inf, 0.0, level, 0)
    mean = math.fsum(known) / n
    if n == 1:
        return Estimate(mean, math.inf, level, 1)
    deviation = math.sqrt(math.fsum((x - mean) ** 2 for x in known) / (n - 1))
    return Estimate(mean, student_t(level, n - 1) * deviation / math.sqrt(n), level, n)


def estimates(samples: Any, level: float) -> list[Estimate]:
    """`estimate` of each column of samples (n, k), all at once."""
    n = len(samples)
    if n < 2:
        return [estimate(column, level) for column in samples.T.tolist()]
    means = samples.sum(axis=0) / n
    widths = np.sqrt(((samples - means) ** 2).sum(axis=0) / (n - 1)) * (student_t(level, n - 1) / math.sqrt(n))
    found = [Estimate(mean, width, level, n) for mean, width in zip(means.tolist(), widths.tolist(), strict=True)]
    for k in np.flatnonzero(np.isnan(means)).tolist():
        found[k] = estimate(samples[:, k].tolist(), level)
    return found
