"""Phase-type times: how long a small Markov chain takes to end. Sums of exponential stages, mixtures, repairs between.

M. F. Neuts, Matrix-Geometric Solutions in Stochastic Models (1981), ch. 2.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from layout.model.pose import Array


@dataclass(frozen=True, eq=False)
class PhaseType:
    """A random time of m phases.

    start : (m,) float, probability of starting in each phase; sums to 1
    inner : (m, m) float, rates from phase to phase (per unit of time), on the diagonal minus all rates out
    """

    start: Array
    inner: Array

    @property
    def size(self) -> int:
        """Number of phases."""
        return len(self.start)

    @property
    def leave(self) -> Array:
        """Rate at which the time ends, by phase: (m,) float."""
        return np.asarray(np.maximum(0.0, -self.inner.sum(axis=1)), dtype=float)

    def moment(self, k: int) -> float:
        """Mean of the k-th power: k! start (-inner)^-k 1."""
        row: Array = self.start
        for _ in range(k):
            row = np.asarray(np.linalg.solve(-self.inner.T, row), dtype=float)
        return math.factorial(k) * float(row.sum())

    @property
    def mean(self) -> float:
        """Expected value."""
        return self.moment(1)

    @property
    def scv(self) -> float:
        """Squared coefficient of variation."""
        return self.moment(2) / self.mean**2 - 1


def exponential(rate: float) -> PhaseType:
    """Exponential time of this rate."""
    return PhaseType(np.ones(1), np.array([[-float(rate)]]))


def erlang(mean: float, k: int) -> PhaseType:
    """Sum of k equal exponential times."""
    rate = k / mean
    return PhaseType(np.eye(k)[0], rate * (np.eye(k, k=1) - np.eye(k)))


def fitted(mean: float, scv: float, most: int = 16) -> PhaseType:
    """A phase-type time with this mean and squared coefficient of variation (not below 1 / most).

    Below 1 a mixture of Erlang times of k - 1 and k stages, above 1 two exponentials with balanced means.
    H. C. Tijms, A First Course in Stochastic Models (2003), app. B.
    """
    if scv > 1 + 1e-12:
        p = (1 + math.sqrt((scv - 1) / (scv + 1))) / 2
        return PhaseType(np.array([p, 1 - p]), -np.diag([2 * p / mean, 2 * (1 - p) / mean]))
    scv = max(scv, 1 / most)
    k = max(1, math.ceil(1 / scv - 1e-12))
    # with probability p the first of the k stages is left out
    p = (k * scv - math.sqrt(max(0.0, k * (1 + scv) - k * k * scv))) / (1 + scv) if k > 1 else 0.0
    made = erlang(k / ((k - p) / mean), k)
    start = np.zeros(k)
    start[0] = 1 - p
    if k > 1:
        start[1] = p
    return PhaseType(start, made.inner)


def interrupted(work: PhaseType, failures: Sequence[tuple[float, PhaseType]]) -> PhaseType:
    """Time to completion of `work` on a machine that fails only while it works, and goes on after the repair.

    failures : (rate, repair time) of each mode
    D. P. Gaver, "A waiting line with interrupted service", J. R. Stat. Soc. B 24 (1962) 73-90.
    """
    m = work.size
    size = m * (1 + sum(repair.size for _, repair in failures))
    inner = np.zeros((size, size))
    inner[:m, :m] = work.inner - sum(rate for rate, _ in failures) * np.eye(m)
    at = m
    for rate, repair in failures:
        k = repair.size
        block = slice(at, at + m * k)  # ordered by phase of the work, then phase of the repair
        inner[:m, block] = rate * np.kron(np.eye(m), repair.start[None, :])
        inner[block, block] = np.kron(np.eye(m), repair.inner)
        inner[block, :m] = np.kron(np.eye(m), repair.leave[:, None])
        at += m * k
    return PhaseType(np.concatenate([work.start, np.zeros(size - m)]), inner)


def followed(first: PhaseType, probability: float, second: PhaseType) -> PhaseType:
    """`first`, and with this probability `second` after it."""
    a, b = first.size, second.size
    inner = np.zeros((a + b, a + b))
    inner[:a, :a], inner[a:, a:] = first.inner, second.inner
    inner[:a, a:] = probability * np.outer(first.leave, second.start)
    return PhaseType(np.concatenate([first.start, np.zeros(b)]), inner)
