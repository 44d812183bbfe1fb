"""Decomposition of long lines against Markov chains: the errors that docs/flow.md states."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from layout.flow.exact import decomposition
from layout.flow.exact.chains import Machine, geometric_line, tandem
from layout.flow.exact.phases import exponential
from layout.flow.exact.two_machine import phase_type
from tests.flow.exact.validation import rows


def test_errors_are_those_that_are_stated():
    for what, exact, found, most in rows():
        assert abs(found / exact - 1) <= most, what


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(0.5, 2.0), min_size=3, max_size=3), st.integers(0, 5), st.integers(0, 5))
@example([0.5, 2.0, 0.5], 5, 5)
def test_random_exponential_lines(rates, a, b):
    times = [exponential(rate) for rate in rates]
    found = decomposition.phase_type_line(times, (a, b))
    assert found.spread < 1e-6 * found.throughput
    exact = tandem([Machine(time) for time in times], (a, b)).throughput
    assert found.throughput == pytest.approx(exact, rel=0.05)  # worst: a fast machine between two slow ones
    assert found.throughput <= min(rates)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.floats(0.005, 0.05), min_size=3, max_size=3),
    st.lists(st.floats(0.05, 0.5), min_size=3, max_size=3),
    st.tuples(st.integers(4, 12), st.integers(4, 12)),
)
@example([0.03125, 0.03125, 0.046875], [0.0625, 0.5, 0.0625], (6, 10))  # 2.04 %
def test_random_geometric_lines(failure, repair, places):
    found = decomposition.geometric_line(failure, repair, places)
    assert found.spread < 1e-6
    assert found.throughput == pytest.approx(geometric_line(failure, repair, places).throughput, rel=0.03)


def test_two_machines_need_no_approximation():
    times = [exponential(1.0), exponential(1.5)]
    assert decomposition.phase_type_line(times, [3]).throughput == pytest.approx(phase_type(*times, 3).throughput)


def test_a_long_line_converges():
    found = decomposition.phase_type_line([exponential(1.0)] * 12, [4] * 11)
    assert found.spread < 1e-6 and 0.6 < found.throughput < 0.8
    mirrored = [a + b for a, b in zip(found.levels, found.levels[::-1], strict=True)]
    assert mirrored == pytest.approx([6.0] * 11, rel=1e-4)  # of 6 levels, parts one way, holes the other
