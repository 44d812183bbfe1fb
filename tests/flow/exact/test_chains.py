"""Markov chains of serial lines: published values to the printed digits, axioms, both solvers."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layout.errors import LayoutError
from layout.flow.exact import chains
from layout.flow.exact.chains import Machine, Mode, geometric_line, solve, tandem
from layout.flow.exact.phases import PhaseType, erlang, exponential, fitted, followed, interrupted
from tests.reference import flow_values as values

DIGITS = 5.1e-7  # six printed digits
ONE = Machine(exponential(1.0))


@pytest.mark.parametrize(("machines", "b"), values.HILLIER_BOLING)
def test_balanced_exponential_lines(machines, b):
    found = tandem([ONE] * machines, [b] * (machines - 1))
    assert found.throughput == pytest.approx(values.HILLIER_BOLING[machines, b], abs=DIGITS)


@pytest.mark.parametrize(("machines", "b"), values.ERLANG_2)
def test_erlang_lines(machines, b):
    found = tandem([Machine(erlang(1.0, 2))] * machines, [b] * (machines - 1))
    assert found.throughput == pytest.approx(values.ERLANG_2[machines, b], abs=DIGITS)


def test_a_line_and_its_mirror_image():
    line = [Machine(exponential(rate)) for rate in values.MIRRORED_RATES]
    forward, back = tandem(line, values.MIRRORED_PLACES), tandem(line[::-1], values.MIRRORED_PLACES[::-1])
    assert forward.throughput == pytest.approx(values.MIRRORED, abs=DIGITS)
    assert back.throughput == pytest.approx(forward.throughput, rel=1e-10)


@pytest.mark.parametrize("b", values.FAILING)
def test_machines_that_fail_while_working(b):
    failing = Machine(exponential(1.0), (Mode(0.01, exponential(0.1)),))
    found = tandem([failing] * 2, [b])
    assert found.throughput == pytest.approx(values.FAILING[b], abs=DIGITS)
    assert found.shares[0]["down"] == pytest.approx(found.throughput * 0.01 / 0.1, rel=1e-9)


@pytest.mark.parametrize("machines", values.GEOMETRIC)
def test_geometric_failures(machines):
    found = geometric_line(
        [values.GEOMETRIC_FAILURE] * machines,
        [values.GEOMETRIC_REPAIR] * machines,
        [values.GEOMETRIC_PLACES] * (machines - 1),
    )
    assert found.throughput == pytest.approx(values.GEOMETRIC[machines], abs=DIGITS)
    for shares in found.shares:
        assert sum(shares.values()) == pytest.approx(1)
        assert shares["working"] == pytest.approx(found.throughput, rel=1e-9)


@pytest.mark.parametrize("best", values.ALLOCATIONS)
def test_best_buffer_allocation_by_full_enumeration(best):
    total = sum(best)
    every = {
        split: tandem([ONE] * 4, split).throughput
        for split in itertools.product(range(total + 1), repeat=3)
        if sum(split) == total
    }
    assert max(every, key=lambda split: round(every[split], 9)) == best
    assert every[best] == pytest.approx(values.ALLOCATIONS[best], abs=DIGITS)
    if total == 4:
        assert min(every.values()) == pytest.approx(values.WORST_OF_FOUR_PLACES, abs=DIGITS)


machine = st.builds(
    lambda mean, scv, rate, repair, calendar: Machine(
        fitted(mean, scv), (Mode(rate, exponential(repair), calendar),) if rate > 0.02 else ()
    ),
    st.floats(0.3, 3.0), st.floats(0.34, 3.0), st.floats(0.0, 0.3), st.floats(0.1, 2.0), st.booleans(),
)  # fmt: skip


@settings(max_examples=20, deadline=None)
@given(st.lists(machine, min_size=3, max_size=3), st.integers(0, 2), st.integers(0, 2))
def test_axioms_of_random_lines(line, a, b):
    found = tandem(line, (a, b))
    for one, shares in zip(line, found.shares, strict=True):
        assert sum(shares.values()) == pytest.approx(1)
        assert shares["working"] == pytest.approx(found.throughput * one.work.mean, rel=1e-7)  # flow is conserved
        if one.failures and not one.failures[0].calendar:
            mode = one.failures[0]
            assert shares["down"] == pytest.approx(shares["working"] * mode.rate * mode.repair.mean, rel=1e-7)
    assert found.shares[0]["starved"] == 0 and found.shares[-1]["blocked"] == 0
    assert tandem(line, (a + 1, b)).throughput >= found.throughput - 1e-9
    if all(not mode.calendar for one in line for mode in one.failures):
        # with symmetric phases only: exponential stand-ins of the same means
        line = [Machine(exponential(1 / one.work.mean), one.failures) for one in line]
        assert tandem(line[::-1], (b, a)).throughput == pytest.approx(tandem(line, (a, b)).throughput, rel=1e-7)


def test_failures_folded_into_the_service_or_kept_apart():
    work, modes = erlang(2.0, 2), (Mode(0.1, erlang(1.0, 2)), Mode(0.05, exponential(0.5)))
    apart = tandem([Machine(work, modes)] * 3, (1, 0))
    folded = tandem([Machine(interrupted(work, [(m.rate, m.repair) for m in modes]))] * 3, (1, 0))
    assert apart.throughput == pytest.approx(folded.throughput, rel=1e-9)
    assert apart.wip == pytest.approx(folded.wip)


def test_a_calendar_clock_runs_while_the_machine_waits():
    modes = [Machine(exponential(1.0), (Mode(0.1, exponential(0.5), c),)) for c in (False, True)]
    operating, calendar = (tandem([m, ONE], [1]) for m in modes)
    assert calendar.shares[0]["down"] == pytest.approx(0.2 / 1.2, rel=1e-9)  # never mind what else it does
    assert calendar.throughput < operating.throughput


def test_iteration_and_factorisation_agree(monkeypatch):
    line, places = [Machine(exponential(1.0), (Mode(0.01, exponential(0.1)),))] * 3, (4, 5)
    direct = tandem(line, places)
    monkeypatch.setattr(chains, "_DIRECT", 10)
    assert tandem(line, places).throughput == pytest.approx(direct.throughput, rel=1e-10)


def test_states_that_are_left_for_good_have_no_share():
    following = {"once": [(1.0, "a")], "a": [(2.0, "b")], "b": [(1.0, "a")]}
    chain = solve("once", lambda s: following[s])
    assert dict(zip(chain.states, chain.shares, strict=True)) == pytest.approx({"once": 0, "a": 1 / 3, "b": 2 / 3})
    with pytest.raises(LayoutError, match="no single steady state"):
        solve("once", lambda s: [(1.0, "a"), (1.0, "b")] if s == "once" else [])


def test_too_many_states_are_refused():
    with pytest.raises(LayoutError, match="more than 100 states"):
        tandem([ONE] * 5, [3] * 4, most_states=100)


@settings(max_examples=50, deadline=None)
@given(st.floats(0.01, 100.0), st.floats(0.07, 20.0))
def test_fitted_moments(mean, scv):
    made = fitted(mean, scv)
    assert (made.mean, made.scv) == (pytest.approx(mean), pytest.approx(scv))
    assert made.start.sum() == pytest.approx(1) and np.all(made.start >= 0) and np.all(made.leave >= -1e-12)


def test_phase_type_times():
    assert erlang(3.0, 4).scv == pytest.approx(1 / 4)
    assert followed(exponential(1.0), 0.5, exponential(0.25)).mean == pytest.approx(1 + 0.5 * 4)
    work, repair = erlang(2.0, 2), fitted(5.0, 2.0)
    made = interrupted(work, [(0.1, repair)])
    stops, spread = 0.1 * 2.0, 5.0**2 * 3.0
    assert made.mean == pytest.approx(2 + stops * 5)
    assert made.scv * made.mean**2 == pytest.approx(2.0**2 / 2 * (1 + 0.1 * 5) ** 2 + stops * spread)
    assert PhaseType(np.array([0.5, 0.5]), -np.eye(2)).scv == pytest.approx(1)


def test_rare_states_cost_no_digits():
    """The start state, and the last one found, are left at once and seen again once in ages."""
    rare = tandem([Machine(exponential(1.0), (Mode(1e-18, exponential(1.0)),)), ONE], [0])
    assert rare.throughput == pytest.approx(2 / 3, rel=1e-12)
    quick = tandem([Machine(exponential(50.0)), ONE], [15])
    assert quick.throughput == pytest.approx(1.0, rel=1e-12)
