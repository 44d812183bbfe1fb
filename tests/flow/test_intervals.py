"""Student's t, intervals, and whether they hold what they promise."""

from __future__ import annotations

import importlib.util
import math
from pathlib import Path

import numpy as np
import pytest
from scipy.special import stdtrit
from scipy.stats import binom

from layout.flow.output.intervals import estimate, estimates, student_t

SCRIPT = Path(__file__).parents[2] / "experiments" / "benchmarks" / "interval_coverage.py"


@pytest.mark.parametrize("freedom", [1, 2, 3, 9, 10, 29, 100, 299, 300, 301, 1000, 99_999])
@pytest.mark.parametrize("level", [0.5, 0.9, 0.95, 0.99, 0.9999])
def test_quantiles_are_those_of_students_t(level, freedom):
    assert student_t(level, freedom) == pytest.approx(stdtrit(freedom, 0.5 + level / 2), rel=1e-10)


def test_interval_by_hand():
    found = estimate([1.0, 2.0, 3.0, 4.0], 0.95)
    assert (found.mean, found.n) == (2.5, 4)
    assert found.half_width == pytest.approx(3.182446 * math.sqrt(5 / 3) / 2, rel=1e-6)


def test_one_sample_says_nothing_of_its_error():
    assert estimate([7.0], 0.95).half_width == math.inf


def test_what_was_not_measured_is_left_out():
    assert estimate([1.0, math.nan, 3.0], 0.9) == estimate([1.0, 3.0], 0.9)
    assert estimate([math.nan], 0.9).n == 0


def test_many_at_once():
    samples = np.random.default_rng(1).normal(10.0, 3.0, (8, 5))
    samples[2, 1] = math.nan
    samples[:, 4] = math.nan
    for found, column in zip(estimates(samples, 0.95), samples.T.tolist(), strict=True):
        alone = estimate(column, 0.95)
        assert (found.mean, found.half_width) == pytest.approx((alone.mean, alone.half_width), rel=1e-12)
        assert found.n == alone.n


def _benchmark():
    spec = importlib.util.spec_from_file_location("interval_coverage", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("way", ["replications", "batches"])
def test_intervals_hold_the_exact_figure(way):
    """As often as they promise, give or take what 100 runs can tell (99.9 %); the benchmark makes 1,000."""
    low, high = binom.interval(0.999, 100, 0.95)
    benchmark = _benchmark()
    for what, line, reading, exact in benchmark.cases(way):
        assert low <= 100 * benchmark.coverage(line, reading, exact, 100) <= high, what
