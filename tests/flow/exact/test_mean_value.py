"""Closed networks: published values, bounds, and Buzen's convolution as an oracle."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layout.flow.exact import two_machine
from layout.flow.exact.mean_value import Stop, mean_values
from tests.reference import flow_values as values


def test_fleet_between_two_docks():
    stops = [Stop(d) for d in values.DOCKS_MIN] + [Stop(values.TRAVEL_MIN, None)]
    found = mean_values(stops, 200)
    for vehicles, per_h in values.FLEET_ROUNDS_PER_H.items():
        assert 60 * found[vehicles - 1].throughput == pytest.approx(per_h, abs=5.1e-7)
    rates = [60 * one.throughput for one in found]
    assert all(a < b or b == pytest.approx(a) for a, b in itertools.pairwise(rates))
    assert rates[-1] == pytest.approx(values.FLEET_CEILING_PER_H) and max(rates) <= values.FLEET_CEILING_PER_H + 1e-9


def test_one_part_among_demands():
    found = mean_values([Stop(d) for d in values.DEMANDS], 300)
    assert found[0].throughput == pytest.approx(values.ALONE, rel=1e-12)
    assert found[-1].throughput == pytest.approx(values.CEILING, rel=1e-12)


def convolution(stops, customers):
    """Throughput with 1 ... customers customers from the normalising constants (J. P. Buzen, Comm. ACM 16, 1973)."""
    constants = np.eye(customers + 1)[0]
    for stop in stops:
        j = np.arange(1, customers + 1)
        busy = j if stop.servers is None else np.minimum(j, stop.servers)
        constants = np.convolve(constants, np.concatenate([[1.0], np.cumprod(stop.demand / busy)]))[: customers + 1]
    return constants[:-1] / constants[1:]


stop = st.builds(Stop, st.floats(0.05, 5.0), st.sampled_from([1, 1, 2, 3, 5, None]))


@settings(max_examples=60, deadline=None)
@given(st.lists(stop, min_size=1, max_size=5), st.integers(1, 40))
def test_convolution_and_littles_law(stops, customers):
    found = mean_values(stops, customers)
    assert [one.throughput for one in found] == pytest.approx(convolution(stops, customers).tolist(), rel=1e-9)
    for n, one in enumerate(found, start=1):
        assert sum(one.level) == pytest.approx(n)
        assert one.level == pytest.approx(tuple(one.throughput * w for w in one.wait))


@settings(max_examples=20, deadline=None)
@given(st.floats(0.2, 3.0), st.floats(0.2, 3.0), st.integers(0, 6))
def test_holes_go_round_in_a_two_machine_line(first, second, b):
    """b + 2 places, full or empty: two exponential machines are a closed network of two stations."""
    closed = mean_values([Stop(1 / first), Stop(1 / second)], b + 2)[-1].throughput
    assert closed == pytest.approx(two_machine.exponential(first, second, b), rel=1e-9)


def test_nobody_or_nothing_is_refused():
    with pytest.raises(ValueError, match="customer"):
        mean_values([Stop(1.0)], 0)
    with pytest.raises(ValueError, match="takes time"):
        mean_values([Stop(0.0)], 2)
