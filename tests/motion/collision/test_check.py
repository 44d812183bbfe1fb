"""Arms among machines: gaps against plain measuring and fcl, whole ways against ten times as many looks."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from layout.motion.collision import any_hit, first_hit, free, gap, mover, surroundings
from layout.motion.collision.check import OWN_MARGIN_M
from layout.motion.collision.sweep import RESOLUTION_M

PART = np.array([[x, y, z] for x in (-0.1, 0.1) for y in (-0.05, 0.05) for z in (-0.02, 0.2)])


@pytest.fixture(scope="module")
def cells():
    import importlib.util
    from pathlib import Path

    spec = importlib.util.spec_from_file_location("collision_cells", Path(__file__).parent / "cells.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_gap_is_the_least_of_all_pairs(world, machines, arms, cells, oracle) -> None:
    rng = np.random.default_rng(1)
    touching = 0

    def by_fcl(a: np.ndarray, b: np.ndarray) -> float:
        return oracle.distance(oracle.Body([a]), np.eye(4), oracle.Body([b]), np.eye(4))

    for case in range(8):
        arm = arms[case % len(arms)]
        line = cells.random_line(world, machines, arm, rng)
        moves, around = mover(arm, PART if case % 2 else None), surroundings(line, "arm")
        for k, q in enumerate(cells.random_angles(arm, rng, 6)):
            serving = "s0" if k % 2 else None
            best, name = gap(moves, around, q, serving)
            stands, own = cells.plain_gap(moves, around, arm, q, serving, by_fcl if k < 1 else cells.gjk.distance)
            if min(stands, own) > 0:
                assert best == pytest.approx(min(stands, own), abs=1e-7)
                assert name in (around.names if stands < own else moves.names)
            else:
                assert best <= 0.0
                touching += 1
    assert 4 < touching < 45


def test_free_says_what_gap_says(world, machines, arms, cells) -> None:
    rng = np.random.default_rng(2)
    counts = np.zeros(2)
    for arm in arms:
        line = cells.random_line(world, machines, arm, rng)
        moves, around = mover(arm, PART), surroundings(line, "arm")
        many = cells.random_angles(arm, rng, 30)
        for margin in (0.0, 0.02, 0.1):
            got = free(moves, around, many, margin, "s1")
            for q, ok in zip(many, got, strict=True):
                stands, own = cells.plain_gap(moves, around, arm, q, "s1")
                assert ok == (stands > margin and own > min(margin, OWN_MARGIN_M))
            counts += [got.sum(), (~got).sum()]
    assert counts.min() > 20


def margins(moves, around, arm, cells, q, margin: float) -> float:
    """By how much the nearest thing stays outside its margin (m); less than 0 where it comes inside."""
    stands, own = cells.plain_gap(moves, around, arm, q)
    return min(stands - margin, own - min(margin, OWN_MARGIN_M))


def test_ways_hold_between_the_looks(world, machines, arms, cells) -> None:
    """None: nothing comes nearer than the margin in between. A hit: there it does, and nothing does before."""
    rng = np.random.default_rng(3)
    found = {True: 0, False: 0}
    for case in range(48):
        arm = arms[case % len(arms)]
        line = cells.random_line(world, machines, arm, rng, 4)
        moves, around = mover(arm, PART), surroundings(line, "arm")
        margin = float(rng.choice([0.0, 0.01, 0.05]))
        starts = cells.random_angles(arm, rng, 200)
        starts = starts[free(moves, around, starts, margin + 0.02)]
        if not len(starts):
            continue
        rows = int(rng.integers(2, 5))
        path = starts[0] + np.cumsum(rng.normal(size=(rows, starts.shape[1])) * 0.35, axis=0)
        path[0] = starts[0]
        hit = first_hit(moves, around, path, margin)
        some = any_hit(moves, around, path, margin)
        assert (hit is None) == (some is None)
        found[hit is None] += 1
        end = 1.0 if hit is None else hit.share
        for share in np.linspace(0.0, end, 25)[: None if hit is None else -1]:
            assert margins(moves, around, arm, cells, at(path, share), margin) >= -1e-6
        for one in (hit, some):
            if one is not None:
                assert margins(moves, around, arm, cells, at(path, one.share), margin) <= RESOLUTION_M + 1e-9
                assert one.gap_m <= margin + RESOLUTION_M + 1e-9
                assert one.link in moves.names and one.thing in (*around.names, *moves.names)
                assert one.share >= hit.share
    assert min(found.values()) >= 5


def at(path: np.ndarray, share: float) -> np.ndarray:
    place = share * (len(path) - 1)
    row = min(int(place), len(path) - 2)
    return path[row] + (place - row) * (path[row + 1] - path[row])


def test_ways_hold_at_ten_times_the_resolution(world, machines, arms, cells) -> None:
    """The same with the compiled gaps, and steps so fine that nothing moves farther than a millimetre between them."""
    rng = np.random.default_rng(4)
    cleared = 0
    for case in range(40):
        arm = arms[case % len(arms)]
        line = cells.random_line(world, machines, arm, rng, 4)
        moves, around = mover(arm, PART), surroundings(line, "arm")
        starts = cells.random_angles(arm, rng, 100)
        starts = starts[free(moves, around, starts, 0.03)]
        if len(starts) < 2:
            continue
        path = np.stack([starts[0], starts[0] + 0.3 * (starts[1] - starts[0])])
        if first_hit(moves, around, path, 0.02) is not None:
            continue
        cleared += 1
        many = path[0] + np.linspace(0, 1, 3000)[:, None] * (path[1] - path[0])
        assert free(moves, around, many, 0.02 - 1e-6).all()
    assert cleared >= 10


def test_backwards_is_as_free_as_forwards(world, machines, arms, cells) -> None:
    rng = np.random.default_rng(5)
    for case in range(20):
        arm = arms[case % len(arms)]
        around = surroundings(cells.random_line(world, machines, arm, rng, 3), "arm")
        path = cells.random_angles(arm, rng, 3)
        one, other = first_hit(mover(arm), around, path, 0.01), first_hit(mover(arm), around, path[::-1].copy(), 0.01)
        assert (one is None) == (other is None)
        if one is not None and other is not None:
            assert one.share <= 1.0 - other.share + 1e-9


def test_the_same_way_cut_into_pieces_answers_the_same(world, machines, arm16, cells) -> None:
    rng = np.random.default_rng(6)
    for _ in range(15):
        around = surroundings(cells.random_line(world, machines, arm16, rng, 3), "arm")
        path = cells.random_angles(arm16, rng, 2) * 0.5
        fine = path[0] + np.sort(np.r_[0, 1, rng.random(40)])[:, None] * (path[1] - path[0])
        one, other = first_hit(mover(arm16), around, path, 0.0), first_hit(mover(arm16), around, fine, 0.0)
        assert (one is None) == (other is None)
        if one is not None and other is not None:
            place = other.share * (len(fine) - 1)
            reached = np.interp(place, np.arange(len(fine)), (fine - path[0])[:, 0] / (path[1] - path[0])[0])
            assert one.share == pytest.approx(reached, abs=1e-3)


def test_a_still_arm_and_a_single_configuration(world, machines, arm16, cells) -> None:
    line = world.line(world.arm("arm", arm16, 5, 5), world.station("s0", machines[0], 9, 5))
    around, home = surroundings(line, "arm"), np.array(arm16.home)
    assert first_hit(mover(arm16), around, home, 0.01) is None
    assert first_hit(mover(arm16), around, np.stack([home, home]), 0.01) is None
    assert first_hit(mover(arm16), around, home, 3.0) is not None
    assert bool(free(mover(arm16), around, home, 0.01)[0]) and math.isfinite(gap(mover(arm16), around, home)[0])


def test_a_swing_meets_a_post_where_geometry_says(world, arm16) -> None:
    """Joint 1 swings the stretched arm at a post: the first touch lies at the angle that the gap's zero gives."""
    home = np.array(arm16.home)
    area = world.line().floor.model_validate(
        {
            "boundary": [[0, 0], [12, 0], [12, 8], [0, 8]],
            "obstacles": {"post": {"polygon": [[6.2, 5.0], [6.4, 5.0], [6.4, 5.2], [6.2, 5.2]], "height": 3.0}},
        }
    )
    line = world.line(world.arm("arm", arm16, 6, 4), obstacles=area.obstacles)
    moves, around = mover(arm16), surroundings(line, "arm")
    path = np.stack([home, home])
    path[0, 0], path[1, 0] = -math.pi / 2, math.pi / 2
    hit = first_hit(moves, around, path, 0.0)
    assert hit is not None and hit.thing == "post" and hit.gap_m <= RESOLUTION_M
    low, high = 0.0, hit.share + 0.01
    for _ in range(50):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if gap(moves, around, at(path, middle))[0] > RESOLUTION_M else (low, middle)
    assert hit.share == pytest.approx(low, abs=1e-4)


def test_ways_that_begin_in_contact_end_at_once(world, machines, arm16, cells) -> None:
    """The first hit is at the very start, or as near to it as nothing moves by more than the resolution."""
    rng = np.random.default_rng(8)
    moves, begun = mover(arm16, PART), 0
    for _ in range(10):
        around = surroundings(cells.random_line(world, machines, arm16, rng), "arm")
        many = cells.random_angles(arm16, rng, 60)
        for a, b in itertools.pairwise(many):
            if gap(moves, around, a)[0] <= 0.0:
                begun += 1
                hit = first_hit(moves, around, np.stack([a, b]), 0.01)
                assert hit is not None and hit.share <= 1e-3
                assert any_hit(moves, around, np.stack([a, b]), 0.01) is not None
    assert begun > 30


@pytest.mark.parametrize("bad", [[math.nan] * 6, [0.0] * 5, [[0.0] * 7], [math.inf] + [0.0] * 5])
def test_angles_that_are_none_are_refused(world, arm16, bad) -> None:
    around = surroundings(world.line(world.arm("arm", arm16, 5, 4)), "arm")
    for ask in (lambda: gap(mover(arm16), around, bad), lambda: free(mover(arm16), around, bad, 0.0)):
        with pytest.raises(ValueError, match="6 in each row"):
            ask()
    with pytest.raises(ValueError, match="6 in each row"):
        first_hit(mover(arm16), around, bad, 0.0)
    assert free(mover(arm16), around, np.empty((0, 6)), 0.0).shape == (0,)


def test_bent_ways_in_many_short_rows(world, machines, arms, cells) -> None:
    """Stretches over several rows: no row, and nothing between them, comes nearer than the margin before the hit."""
    rng = np.random.default_rng(9)
    found = {True: 0, False: 0}
    for case in range(30):
        arm = arms[case % len(arms)]
        moves, around = mover(arm, PART), surroundings(cells.random_line(world, machines, arm, rng, 4), "arm")
        starts = cells.random_angles(arm, rng, 100)
        starts = starts[free(moves, around, starts, 0.03)]
        if not len(starts):
            continue
        turns = rng.normal(size=(70, starts.shape[1])) * 0.02 + rng.normal(size=starts.shape[1]) * 0.02
        path = starts[0] + np.vstack([0 * turns[:1], np.cumsum(turns, axis=0)])
        hit = first_hit(moves, around, path, 0.01)
        found[hit is None] += 1
        end = 1.0 if hit is None else hit.share
        fine = np.array([at(path, share) for share in np.linspace(0.0, end, 1500)[: None if hit is None else -1]])
        assert free(moves, around, fine, 0.01 - 1e-6).all()
    assert min(found.values()) >= 5
