"""Rectangles on a plane: legal layouts, exact costs, optima that can be proved."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layout.search.plane.compact import compact
from layout.search.plane.plane import Placed, Plane, canonical, cost_of, extents, worst_overlap_m
from layout.search.plane.search import Bench, solve

EXACT = 1e-9


def _plain_cost(plane, placed):
    """The definition, pair by pair."""
    (x, y), n = placed.at.T, len(placed.at)
    return sum(plane.flow[i, j] * (abs(x[i] - x[j]) + abs(y[i] - y[j])) for i in range(n) for j in range(i))


@st.composite
def planes(draw, most=9):
    n = draw(st.integers(2, most))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    whole = draw(st.booleans())
    size = rng.integers(1, 9, (n, 2)).astype(float) if whole else rng.uniform(0.1, 9.0, (n, 2))
    flow = np.triu(rng.integers(0, 9, (n, n)) * (rng.random((n, n)) < draw(st.sampled_from([0.2, 1.0]))), 1)
    return Plane.open(size, flow + flow.T), rng


@settings(max_examples=40, deadline=None)
@given(planes())
def test_decoded_and_annealed_layouts_are_legal_and_cost_what_they_say(made):
    plane, rng = made
    bench = Bench(plane)
    sequence = rng.permutation(bench.loose)
    plain, polished = bench.decode(sequence, 0), bench.decode(sequence)
    annealed = bench.anneal(polished, 3, 200)
    for placed in (plain, polished, annealed):
        assert worst_overlap_m(plane, placed) <= EXACT
        assert placed.cost == pytest.approx(_plain_cost(plane, placed), rel=1e-12)
    assert polished.cost <= plain.cost * (1 + EXACT)
    assert annealed.cost <= polished.cost * (1 + EXACT)
    assert (bench.decode(sequence).at == polished.at).all()


@settings(max_examples=12, deadline=None)
@given(planes(most=7))
def test_compaction_never_costs_more_and_keeps_layouts_legal(made):
    plane, rng = made
    n = len(plane.size)
    pitch = plane.size.max() * 1.5
    at = np.column_stack([rng.permutation(n) % 3, rng.permutation(n)]) * pitch + plane.box[2] / 4
    turned = rng.integers(0, 2, n)
    loose = Placed(at, turned, cost_of(plane, at))
    placed = compact(plane, loose)
    assert placed.cost <= loose.cost
    assert worst_overlap_m(plane, placed) <= EXACT
    assert (placed.turned == turned).all()
    assert compact(plane, placed).cost == pytest.approx(placed.cost, rel=1e-6)


@settings(max_examples=25, deadline=None)
@given(planes(), st.integers(0, 7))
def test_copies_of_a_layout_look_alike(made, copy):
    """Mirrored, transposed and shifted, a layout costs the same and becomes the same one."""
    plane, rng = made
    bench = Bench(plane)
    placed = bench.decode(rng.permutation(bench.loose), 0)
    at, turned = placed.at - plane.box[2] / 2, placed.turned
    if copy & 1:
        at, turned = at[:, ::-1], 1 - turned
    at = at * (1 - (copy & 2), 1 - (copy & 4) / 2) + plane.box[2] / 2 + rng.uniform(-1, 1, 2)
    other = canonical(plane, Placed(at, turned, placed.cost))
    mine = canonical(plane, placed)
    assert cost_of(plane, other.at) == pytest.approx(placed.cost, rel=1e-9, abs=1e-9)
    assert worst_overlap_m(plane, other) <= 1e-8
    ties = np.abs(np.abs(mine.at[0, 0] - plane.box[2] / 2) - np.abs(mine.at[0, 1] - plane.box[2] / 2)) < 1e-6
    on_axis = (np.abs(mine.at - plane.box[2] / 2) < 1e-6).any()
    if not ties and not on_axis:
        assert other.at == pytest.approx(mine.at, abs=1e-6)
        assert (extents(plane, other.turned) == extents(plane, mine.turned)).all()


def _tied(n, pairs):
    flow = np.zeros((n, n))
    for i, j in pairs:
        flow[i, j] = flow[j, i] = 1.0 + (i + j) % 3
    return flow


def _least(size, flow):
    """No two rectangles' middles come closer than half the sum of their shorter sides."""
    short = size.min(axis=1)
    return float((np.triu(flow, 1) * (short[:, None] + short[None]) / 2).sum())


GRID = [(r * 3 + c, r * 3 + c + 1) for r in range(3) for c in range(2)] + [(i, i + 3) for i in range(6)]


@pytest.mark.parametrize(
    ("size", "pairs"),
    [
        (np.full((9, 2), 2.0), [(i, i + 1) for i in range(8)]),  # a chain of squares: a row meets the bound
        (np.full((9, 2), 2.0), GRID),  # the plan of a grid: the grid meets it
        (np.column_stack([np.arange(1, 8), np.full(7, 8.0)]), [(i, i + 1) for i in range(6)]),  # planks, side by side
        (np.full((5, 2), 3.0), [(0, i) for i in range(1, 5)]),  # a hub: one at each side
    ],
    ids=["chain", "grid", "planks", "hub"],
)
def test_optima_that_a_bound_proves_are_found(size, pairs):
    shuffled = np.random.default_rng(8).permutation(len(size))
    flow = _tied(len(size), pairs)[np.ix_(shuffled, shuffled)]
    size = size[shuffled]
    found = solve(Plane.open(size, flow), seed=1, rounds=1500, restarts=6)
    assert found.cost == pytest.approx(_least(size, flow), rel=1e-9)


def test_two_rows_of_planks_around_a_wide_hub():
    """A hub of 4 x 4 tied to eight 1 x 4 planks: along its sides, two deep, they cost 2.5 and 3.5.

    Nothing is nearer than 2.5 (half of 4 plus half of 1). A plank nearer than 3.5 lies along one of the hub's sides,
    less than 1 deep and less than 1 off its middle: two of them at one side would overlap.
    """
    size = np.array([(4.0, 4.0)] + [(1.0, 4.0)] * 8)
    flow = _tied(9, [])
    flow[0, 1:] = flow[1:, 0] = 1.0
    found = solve(Plane.open(size, flow), seed=2, rounds=3000, restarts=4)
    assert found.cost == pytest.approx(4 * 2.5 + 4 * 3.5, rel=1e-9)


def test_the_same_seed_gives_the_same_layout():
    rng = np.random.default_rng(0)
    flow = np.triu(rng.integers(0, 9, (12, 12)), 1).astype(float)
    plane = Plane.open(rng.uniform(1, 5, (12, 2)), flow + flow.T)
    first, second, third = (solve(plane, seed=seed, rounds=500) for seed in (4, 4, 5))
    assert (first.at == second.at).all() and (first.turned == second.turned).all()
    assert not np.array_equal(first.at, third.at)
