"""Single queues against textbook values."""

from __future__ import annotations

import math

import pytest

from layout.flow.exact.chains import solve
from layout.flow.exact.queues import poisson_exponential, poisson_general
from tests.reference import flow_values as values

LOAD = values.UTILISATION


def test_mm1_by_both_formulas():
    for found in (poisson_general(LOAD, 1.0, 1.0), poisson_exponential(LOAD, 1.0, 1)):
        assert found.level == pytest.approx(values.MM1_L)
        assert found.whole == pytest.approx(values.MM1_W)
        assert found.utilisation == pytest.approx(LOAD)
        assert found.level == pytest.approx(LOAD * found.whole)


def test_md1():
    assert poisson_general(LOAD, 1.0, 0.0).wait == pytest.approx(values.MD1_WAIT)
    assert poisson_general(LOAD / 30, 30.0, 0.0).wait == pytest.approx(30 * values.MD1_WAIT)


@pytest.mark.parametrize("servers", [1, 2, 5])
def test_mmc_is_its_chain(servers):
    load = 0.7 * servers
    most = 400

    def rates(n):
        if n < most:
            yield load, n + 1
        if n:
            yield float(min(n, servers)), n - 1

    level = solve(0, rates).mean(float)
    assert poisson_exponential(load, 1.0, servers).level == pytest.approx(level, rel=1e-9)


def test_an_overloaded_queue_grows_without_end():
    assert poisson_general(1.0, 1.0, 0.5).wait == math.inf
    assert poisson_exponential(2.5, 1.0, 2).level == math.inf
