"""Two-machine lines: published values to the printed digits, closed forms against Markov chains."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from layout.flow.exact import chains, two_machine
from layout.flow.exact.chains import Machine, Mode
from layout.flow.exact.phases import erlang, exponential, fitted, interrupted
from tests.reference import flow_values as values

DIGITS = 5.1e-7  # six printed digits
rates = st.floats(0.1, 5.0)
chances = st.floats(0.01, 0.9)


@pytest.mark.parametrize("b", [b for k, b in values.HILLIER_BOLING if k == 2])
def test_balanced_exponential(b):
    assert two_machine.exponential(1.0, 1.0, b) == pytest.approx(values.HILLIER_BOLING[2, b], abs=DIGITS)
    assert two_machine.exponential(1.0, 1.0, b) == pytest.approx((b + 2) / (b + 3), rel=1e-12)


@pytest.mark.parametrize("b", values.FAILING)
def test_failing(b):
    assert two_machine.failing((1, 1), (0.01, 0.01), (0.1, 0.1), b) == pytest.approx(values.FAILING[b], abs=DIGITS)


@pytest.mark.parametrize(("p1", "p2", "places"), values.BERNOULLI)
def test_bernoulli(p1, p2, places):
    assert two_machine.bernoulli(p1, p2, places) == pytest.approx(values.BERNOULLI[p1, p2, places], abs=DIGITS)


def test_geometric():
    f, r, n = values.GEOMETRIC_FAILURE, values.GEOMETRIC_REPAIR, values.GEOMETRIC_PLACES
    assert two_machine.geometric((f, f), (r, r), n).throughput == pytest.approx(values.GEOMETRIC[2], abs=DIGITS)


def test_erlang():
    half = erlang(1.0, 2)
    assert two_machine.phase_type(half, half, 0).throughput == pytest.approx(values.ERLANG_2[2, 0], abs=DIGITS)


@settings(max_examples=30, deadline=None)
@given(rates, rates, st.integers(0, 8))
def test_exponential_is_its_chain_and_its_phases(first, second, b):
    exact = two_machine.exponential(first, second, b)
    assert chains.tandem([Machine(exponential(first)), Machine(exponential(second))], [b]).throughput == (
        pytest.approx(exact, rel=1e-9)
    )
    assert two_machine.phase_type(exponential(first), exponential(second), b).throughput == (
        pytest.approx(exact, rel=1e-9)
    )
    assert two_machine.exponential(second, first, b) == pytest.approx(exact, rel=1e-9)  # the mirrored line


@settings(max_examples=25, deadline=None)
@given(
    st.tuples(rates, rates), st.tuples(st.floats(0, 0.2), st.floats(0, 0.2)), st.floats(0.05, 1.0), st.integers(0, 5),
    st.integers(1, 3), st.floats(0.3, 4.0),
)  # fmt: skip
@example((3.6565106522753545, 0.1405713048520369), (5e-324, 0.0), 0.05, 5, 2, 0.3)  # parts gather in the buffer
@example((5.0, 0.1), (0.0, 1e-300), 0.12, 4, 3, 0.3046875)
@example((4.8, 5.0), (1e-300, 1e-300), 0.05, 0, 2, 0.3046875)  # next to never down, but down for long
def test_level_by_level_is_the_chain(speeds, failure, repair, b, k, scv):
    """Phase-type services, failures folded into the service or kept apart; Erlang repairs."""
    works = [erlang(1 / speeds[0], k), fitted(1 / speeds[1], scv)]
    mend = erlang(1 / repair, 2)
    machines = [Machine(w, (Mode(f, mend),) if f else ()) for w, f in zip(works, failure, strict=True)]
    found = two_machine.phase_type(*(interrupted(w, [(f, mend)]) for w, f in zip(works, failure, strict=True)), b)
    exact = chains.tandem(machines, [b])
    assert found.throughput == pytest.approx(exact.throughput, rel=1e-8)
    waiting_done = exact.shares[0]["blocked"]
    assert found.level == pytest.approx(exact.wip[1] + waiting_done, rel=1e-7, abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(st.tuples(chances, chances), st.tuples(chances, chances), st.integers(4, 14))
def test_geometric_closed_form_is_its_chain(failure, repair, places):
    found = two_machine.geometric(failure, repair, places)
    exact = chains.geometric_line(failure, repair, [places])
    assert found.throughput == pytest.approx(exact.throughput, rel=1e-8)
    assert found.level == pytest.approx(exact.wip[0], rel=1e-7)
    assert found.starved == pytest.approx(exact.shares[1]["starved"], abs=1e-9)
    assert found.blocked == pytest.approx(exact.shares[0]["blocked"], abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(chances, chances, st.integers(1, 6))
def test_bernoulli_closed_form_is_its_chain(p1, p2, places):
    def slot(level):
        for one, makes in ((p1, True), (1 - p1, False)):
            for two, takes in ((p2, True), (1 - p2, False)):
                gone = takes and level > 0
                come = makes and (level < places or gone)
                yield one * two, level + come - gone

    chain = chains.solve(0, slot)
    assert two_machine.bernoulli(p1, p2, places) == pytest.approx(p2 * chain.mean(lambda n: n > 0), rel=1e-9)


def test_long_buffers_do_not_overflow():
    assert two_machine.geometric((0.3, 0.01), (0.1, 0.5), 5000).throughput == pytest.approx(0.25, rel=1e-6)
    assert two_machine.geometric((0.01, 0.3), (0.5, 0.1), 5000).throughput == pytest.approx(0.25, rel=1e-6)
    assert two_machine.exponential(0.5, 3.0, 5000) == pytest.approx(0.5, rel=1e-9)
    with pytest.raises(ValueError, match="4 places"):
        two_machine.geometric((0.1, 0.1), (0.1, 0.1), 3)
