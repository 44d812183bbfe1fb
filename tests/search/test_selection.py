"""The choice among finalists is right as often as is said: normal figures whose means are known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from layout.report.search import selected
from layout.search.selection import LEVEL, needed, shortfall

STAGE = 20


def figures(rng: np.random.Generator, means: list[float], sds: list[float], shared: float, n: int) -> list[list[float]]:
    """Figures of candidates with common random numbers: a part of the noise is the same for all."""
    common = rng.normal(0, shared, n)
    return [(mean + common + rng.normal(0, sd, n)).tolist() for mean, sd in zip(means, sds, strict=True)]


@pytest.mark.parametrize(
    ("means", "sds", "shared"),
    [
        ([100.0, 99.0, 99.0, 99.0, 99.0], [2.0] * 5, 4.0),  # the hardest case: all others one zone below
        ([100.0, 99.0, 98.5], [0.5, 3.0, 3.0], 0.0),
        ([100.0, 99.9, 99.8, 95.0], [1.0, 1.0, 2.0, 5.0], 1.0),  # some within the zone: those are right, too
    ],
)
def test_the_choice_is_right_as_often_as_is_said(means: list[float], sds: list[float], shared: float) -> None:
    rng = np.random.default_rng(3)
    zone, runs, right, bounded = 1.0, 200, 0, 0
    for _ in range(runs):
        first = figures(rng, means, sds, shared, STAGE)
        n = needed(first, zone, STAGE)
        more = figures(rng, means, sds, shared, n - STAGE)
        samples = [a + b for a, b in zip(first, more, strict=True)]
        best = max(range(len(means)), key=lambda i, samples=samples: sum(samples[i]))
        short = max(means) - means[best]
        right += short < zone
        bounded += short <= shortfall(samples, best, STAGE) <= zone + 1e-9
    assert right / runs >= LEVEL
    assert bounded / runs >= LEVEL


def test_stages_by_hand() -> None:
    """Two candidates whose differences are 1 and -1 in turn: t of 95 % with 3 degrees of freedom is 2.3534."""
    first, second = [1.0, 0.0, 1.0, 0.0], [0.0, 1.0, 0.0, 1.0]
    spread = math.sqrt(4 / 3)
    assert needed([first, second], 0.1, 4) == math.ceil((2.35336 * spread / 0.1) ** 2)
    assert needed([first, second], 100.0, 4) == 4
    assert shortfall([first, second], 0, 4) == pytest.approx(2.35336 * spread / 2, rel=1e-4)
    assert needed([first], 0.1, 4) == 4 and shortfall([first], 0, 4) == 0.0


def test_what_is_better_beyond_doubt_falls_short_by_nothing() -> None:
    rng = np.random.default_rng(4)
    samples = figures(rng, [100.0, 90.0], [0.1, 0.1], 1.0, 30)
    assert shortfall(samples, 0, 30) == 0.0
    assert shortfall(samples, 1, 30) == pytest.approx(10.0, abs=0.5)


def test_the_sentence() -> None:
    found = {"measure": "throughput", "level": 0.95, "among": 5, "replications": 120, "within": 0.00412}
    assert selected(found) == (
        "With 95 % confidence it is the best of the five, to within 0.42 % of throughput "
        "(120 shifts of each, with the same chances)."
    )
    assert "best of the two in throughput (" in selected({**found, "among": 2, "within": 0.0})
    assert selected(None) == ""
