"""Where a series' start-up ends, and whether batches are independent."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layout.flow.output.series import batch_estimate, correlated, mser5


def by_definition(series):
    y = np.asarray(series, float)
    y = y[: y.size // 5 * 5].reshape(-1, 5).mean(axis=1)
    spread = [np.sum((y[d:] - y[d:].mean()) ** 2) / (y.size - d) ** 2 for d in range(y.size - 5)]
    return 5 * int(np.argmin(spread)) if spread else 0


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(30, 400), st.floats(-8, 8))
def test_mser5_is_what_its_definition_says(seed, n, bias):
    noise = np.random.default_rng(seed).normal(5.0, 1.0, n)
    series = noise + bias * np.exp(-np.arange(n) / 20)
    assert mser5(series) == by_definition(series)


def test_start_up_is_left_out():
    noise = np.random.default_rng(1).normal(100.0, 1.0, 500)
    noise[:83] -= 50.0
    assert mser5(noise) == 85


def test_short_and_steady_series_are_kept_whole():
    assert mser5([1.0] * 20) == 0
    assert mser5([3.0] * 500) == 0


def autoregressive(phi, n, random):
    x, noise = np.zeros(n), random.normal(size=n)
    for i in range(1, n):
        x[i] = phi * x[i - 1] + noise[i]
    return x


def test_correlated_batches_are_found_and_independent_ones_are_not():
    random = np.random.default_rng(2)
    found = [correlated(random.normal(size=30)) for _ in range(1000)]
    assert 0.03 < np.mean(found) < 0.07  # a test at 5 %
    assert np.mean([correlated(autoregressive(0.7, 30, random)) for _ in range(200)]) > 0.8
    assert not correlated([4.0] * 30)


def test_interval_of_batches():
    found = batch_estimate(3.0, [1.0, 2.0, 3.0, 4.0, 5.0], 0.95)
    assert found.mean == 3.0
    assert found.half_width == pytest.approx(2.776445 * np.sqrt(2.5 / 5), rel=1e-6)
    assert found.n == 5
