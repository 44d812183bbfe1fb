"""Distances of convex bodies: against closed forms, other algorithms, and the bounds that prove them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog, minimize

from layout.motion.collision import gjk

EXACT_M = 1e-7


def turn(rng: np.random.Generator) -> np.ndarray:
    q, r = np.linalg.qr(rng.normal(size=(3, 3)))
    return q * np.sign(np.diag(r))


def random_body(rng: np.random.Generator) -> np.ndarray:
    """Clouds, slabs, needles, boxes, discs, points; some with repeated corners, some turned."""
    kind, count = rng.integers(7), int(rng.integers(1, 40))
    points = rng.normal(size=(count, 3)) * rng.uniform(0.01, 1)
    if kind == 1:
        points[:, rng.integers(3)] = 0.0
    elif kind == 2:
        points = np.repeat(points, 3, axis=0)
    elif kind == 3:
        points = np.array(np.meshgrid(*[[-1.0, 1.0]] * 3)).reshape(3, -1).T * rng.uniform(0.02, 1, 3)
    elif kind == 4:
        points[:, :2] = 0.0
    elif kind == 5:
        points *= 0.3 / np.linalg.norm(points, axis=1)[:, None]
    elif kind == 6:
        angle = np.arange(24) * (math.pi / 12)
        ring = np.column_stack([np.cos(angle), np.sin(angle), 0 * angle]) * rng.uniform(0.1, 1)
        points = np.vstack([ring, ring + [0.0, 0.0, rng.choice([0.0, 1e-9, 0.2])]])
    return np.ascontiguousarray(points @ turn(rng) if rng.random() < 0.5 else points)


def random_pair(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    a, b = random_body(rng), random_body(rng) + rng.normal(size=3) * rng.uniform(0, 2)
    if rng.random() < 0.2:  # a corner on a corner, or next to it
        b = b - b[0] + a[0]
        if rng.random() < 0.5:
            b = b + rng.normal(size=3) * 10.0 ** rng.uniform(-12, -1)
    if rng.random() < 0.1:  # faces in one plane
        a[:, 2], b[:, 2] = np.round(a[:, 2], 1), np.round(b[:, 2], 1)
    return a, b


def gap_by_lp(a: np.ndarray, b: np.ndarray) -> float:
    """Least largest coordinate of the difference of two points, one of each hull: 0 if, and only if, they touch."""
    n, m = len(a), len(b)
    rows = np.zeros((6, n + m + 1))
    rows[:3, :n], rows[:3, n:-1] = a.T, -b.T
    rows[3:] = -rows[:3]
    rows[:, -1] = -1.0
    ones = np.zeros((2, n + m + 1))
    ones[0, :n] = ones[1, n:-1] = 1.0
    cost = np.r_[np.zeros(n + m), 1.0]
    return float(linprog(cost, rows, np.zeros(6), ones, [1.0, 1.0], [(0, None)] * (n + m + 1)).x[-1])


def test_every_answer_is_proven_by_its_bounds(rng) -> None:
    apart, touching = 0, []
    for _ in range(30_000):
        a, b = random_pair(rng)
        upper, lower = gjk.certificate(a, b)
        if upper == 0.0:
            touching.append((a, b))
        elif upper > EXACT_M:  # nearer ones are exact by their size
            assert upper - lower <= EXACT_M
            apart += 1
    assert apart > 10_000 and len(touching) > 5_000
    for a, b in touching[:: len(touching) // 300]:
        assert gap_by_lp(a, b) < EXACT_M


def test_it_agrees_with_a_quadratic_program(rng) -> None:
    for _ in range(40):
        a, b = rng.normal(size=(8, 3)), rng.normal(size=(6, 3)) + rng.normal(size=3) * 2
        both = np.vstack([a, -b])
        sums = [
            {"type": "eq", "fun": lambda x: x[:8].sum() - 1, "jac": lambda x: np.r_[np.ones(8), np.zeros(6)]},
            {"type": "eq", "fun": lambda x: x[8:].sum() - 1, "jac": lambda x: np.r_[np.zeros(8), np.ones(6)]},
        ]
        found = minimize(
            lambda x, m=both: float(((x @ m) ** 2).sum()),
            np.r_[np.full(8, 1 / 8), np.full(6, 1 / 6)],
            jac=lambda x, m=both: 2 * m @ (x @ m),
            bounds=[(0, 1)] * 14,
            constraints=sums,
            method="SLSQP",
            options={"ftol": 1e-15, "maxiter": 500},
        )
        assert gjk.distance(a, b) == pytest.approx(math.sqrt(max(found.fun, 0.0)), abs=2e-4)


def test_it_agrees_with_fcl_on_random_polytopes(oracle, rng) -> None:
    for _ in range(400):
        a, b = rng.normal(size=(12, 3)) * 0.4, rng.normal(size=(12, 3)) * 0.4
        pose = np.eye(4)
        pose[:3, :3], pose[:3, 3] = turn(rng), rng.normal(size=3)
        exact = oracle.distance(oracle.Body([a]), np.eye(4), oracle.Body([b]), pose)
        assert gjk.distance(a, b @ pose[:3, :3].T + pose[:3, 3]) == pytest.approx(exact, abs=EXACT_M)


BOX = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)])


@pytest.mark.parametrize(
    ("shift", "wanted"),
    [
        ((1.25, 0.0, 0.0), 0.25),
        ((1.3, 1.4, 0.0), 0.5),
        ((1.1, 1.2, 1.2), 0.3),
        ((1.0, 0.0, 0.0), 0.0),
        ((1.0, 1.0, 1.0), 0.0),
        ((0.0, 0.0, 0.0), 0.0),
        ((0.999, 0.3, -0.2), 0.0),
        ((0.0, 0.0, 1.0 + 1e-6), 1e-6),
    ],
)
def test_boxes_by_hand(shift, wanted: float) -> None:
    assert gjk.distance(BOX, BOX + shift) == pytest.approx(wanted, abs=1e-9)


def test_flat_and_thin_things() -> None:
    square = BOX[BOX[:, 2] < 0] + [0.0, 0.0, 0.5]
    assert gjk.distance(square, square + [0.0, 0.0, 0.2]) == pytest.approx(0.2, abs=1e-9)
    assert gjk.distance(square, square + [1.5, 0.0, 0.0]) == pytest.approx(0.5, abs=1e-9)
    assert gjk.distance(square, square) == 0.0
    point, line = np.zeros((1, 3)), np.array([[1.0, -2.0, 0.0], [1.0, 3.0, 0.0], [1.0, 0.5, 0.0]])
    assert gjk.distance(point, line) == pytest.approx(1.0, abs=1e-9)
    assert gjk.distance(point, np.repeat(point, 5, axis=0)) == 0.0
    through = np.array([[0.0, 0.0, -3.0], [0.0, 0.0, 3.0]])
    assert gjk.distance(square, through) == 0.0
    assert gjk.distance(square, through + [0.7, 0.0, 0.0]) == pytest.approx(0.2, abs=1e-9)


seeds = st.integers(0, 2**32 - 1)
lengths = st.floats(1e-3, 3.0)


@settings(max_examples=200, deadline=None)
@given(seeds)
def test_order_and_place_do_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = random_pair(rng)
    base = gjk.distance(a, b)
    assert gjk.distance(b, a) == pytest.approx(base, abs=EXACT_M)
    shift, turned = rng.normal(size=3) * 3, turn(rng)
    assert gjk.distance(a + shift, b + shift) == pytest.approx(base, abs=EXACT_M)
    a2, b2 = np.ascontiguousarray(a @ turned), np.ascontiguousarray(b @ turned)
    assert gjk.distance(a2, b2) == pytest.approx(base, abs=EXACT_M)
    assert gjk.distance(a[rng.permutation(len(a))], b) == pytest.approx(base, abs=EXACT_M)
    assert gjk.distance(2 * a, 2 * b) == pytest.approx(2 * base, abs=2 * EXACT_M)


@settings(max_examples=200, deadline=None)
@given(seeds, lengths)
def test_a_copy_moved_beyond_its_width_is_that_far_away(seed: int, far: float) -> None:
    """Along a face's normal: a body of width w moved by w + far is `far` away from itself."""
    rng = np.random.default_rng(seed)
    turned, size = turn(rng), rng.uniform(0.01, 1.0, 3)
    box = np.ascontiguousarray((BOX * size) @ turned)
    axis = int(rng.integers(3))
    assert gjk.distance(box, box + (size[axis] + far) * turned[axis]) == pytest.approx(far, abs=EXACT_M)


@settings(max_examples=100, deadline=None)
@given(seeds)
def test_questions_that_need_no_exact_answer_are_answered_right(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = random_pair(rng)
    true = gjk.distance(a, b)
    low, high = sorted(rng.uniform(0.0, 2.0 * true + 0.01, 2))
    got = gjk.asked(a, b, rng.normal(size=3), low, high)
    if got >= high:
        assert true >= high - EXACT_M
    elif got <= low:
        assert true <= low + EXACT_M
    else:
        assert low - EXACT_M <= true <= high + EXACT_M and got <= true + EXACT_M


def test_a_bad_first_direction_only_costs_time(rng) -> None:
    for _ in range(300):
        a, b = random_pair(rng)
        true = gjk.distance(a, b)
        for v in (np.zeros(3), rng.normal(size=3), 1e-8 * rng.normal(size=3), b.mean(axis=0) - a.mean(axis=0)):
            assert gjk.asked(a, b, v, -1.0, math.inf) == pytest.approx(true, abs=EXACT_M)


def test_how_far_points_stick_out() -> None:
    points = np.array([[0.0, 0.0, 0.8], [0.1, 0.1, 0.1], [0.9, 0.9, 0.0]])
    out = gjk.sticking_out(points, BOX)
    assert out == pytest.approx([0.3, 0.0, math.hypot(0.4, 0.4)], abs=1e-9)
