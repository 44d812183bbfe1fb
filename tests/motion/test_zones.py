"""Two arms that share space: what lies inside, homes outside, and that swept hulls hold everything that moves."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from layout.feasibility import paths
from layout.feasibility.ground import Ground
from layout.files.assets import load_model
from layout.model.line import Arm
from layout.model.pose import Pose
from layout.motion import arms, plan, whole
from layout.motion.cell import EMPTY
from layout.motion.collision import mover
from layout.motion.collision.gjk import distance
from layout.motion.kinematics import _frames, chain_of
from layout.motion.swept import shared, swept
from layout.motion.zones import ZONE_MARGIN_M


@pytest.fixture(autouse=True)
def _no_disk(monkeypatch):
    monkeypatch.setenv("LINE_LAYOUT_CACHE", "")
    arms.clear_caches()
    whole._shared.clear()


@pytest.fixture(scope="module")
def model():
    return load_model("arm_10kg_r1100")


@pytest.fixture
def pair(model, block, work):
    """pair(apart) -> Line: two arms face one another over a block that both serve; each has one of its own behind."""

    def make(apart, turn=0.0, dx=0.0, dy=0.0):
        high = model.mount_m + 0.25
        size = (0.3, 0.3, round(high, 3))
        stations = [
            block("a", -0.65, 0.0, 0, size),
            block("mid", apart / 2, 0.0, 0, size),
            block("b", apart + 0.65, 0.0, 0, size),
        ]
        crew = [
            Arm("left", model, Pose(0.0, 0.0, 0.0), ("a", "mid"), "first_come", 1.0),
            Arm("right", model, Pose(apart, 0.0, math.pi), ("mid", "b"), "first_come", 1.0),
        ]
        at = Pose(dx, dy, turn)

        def moved(thing):
            ((x, y),) = at.apply([(thing.pose.x_m, thing.pose.y_m)])
            return replace(thing, pose=Pose(float(x), float(y), thing.pose.yaw_rad + turn))

        return work([moved(s) for s in stations], [moved(a) for a in crew])

    return make


def test_a_shared_station_lies_in_the_zone_and_what_is_behind_does_not(pair) -> None:
    moves = plan(pair(1.3))
    (zone,) = moves.zones
    assert zone.arms == ("left", "right")
    assert zone.stands["left"].tolist() == [False, True] and zone.stands["right"].tolist() == [True, False]
    for name, (own, mid) in {"left": (0, 1), "right": (1, 0)}.items():
        times = moves.arms[name]
        assert zone.loaded[name][own, mid] and zone.empty[name][mid, own]
        assert zone.homing[name][mid] and times.home_s[mid] > 0.0
        assert np.isfinite(times.home_s).all() and np.isfinite(times.leave_home_s).all()
        there, back = times.homing[mid], times.leaving[mid]
        assert there.time_s[-1] == pytest.approx(times.home_s[mid])
        assert np.allclose(there.angles[0], times.approach_in[mid]) and np.allclose(
            back.angles[-1], times.approach[mid]
        )
        assert np.allclose(there.angles[-1], back.angles[0])


def test_homes_lie_outside_of_all_that_the_other_does(pair) -> None:
    line = pair(1.3)
    found, _ = whole.works(line)
    rooms = whole.shared(found)
    assert set(rooms.homes) == {"left", "right"}
    for name, other in (("left", "right"), ("right", "left")):
        job, rival = found[name], found[other]
        stand = swept(job.cell.chain, [job.cell.movers[EMPTY]], [(rooms.homes[name].angles[None],)], job.arm.pose)
        lines = [(line.angles,) for line in rival.tour.lines]
        sweep = swept(rival.cell.chain, [rival.cell.movers[1]] * len(lines), lines, rival.arm.pose)
        assert not shared(stand, sweep, ZONE_MARGIN_M)[0].any()


def test_arms_far_apart_share_nothing(pair) -> None:
    far = pair(1.3)
    crew = {name: replace(arm, serves=(arm.serves[0 if name == "left" else 1],) * 1) for name, arm in far.arms.items()}
    assert plan(replace(far, arms=crew)).zones == ()


def test_moving_both_changes_nothing(pair) -> None:
    one, two = plan(pair(1.3)).zones[0], plan(pair(1.3, turn=2.1, dx=4.0, dy=-7.0)).zones[0]
    for field in ("stands", "loaded", "empty", "homing", "leaving"):
        for name in ("left", "right"):
            assert np.array_equal(getattr(one, field)[name], getattr(two, field)[name]), field


def test_no_place_to_wait_is_a_violation(pair, model, block) -> None:
    """An arm that can hardly turn stands with its tool where the other one works."""
    stiff = replace(model, joints=(replace(model.joints[0], lower=-0.55, upper=0.55), *model.joints[1:]))
    line = pair(1.1)
    crew = {
        "left": replace(line.arms["left"], serves=("a", "mid")),
        "right": replace(line.arms["right"], model=stiff, serves=("mid", "top")),
    }
    high = line.stations["mid"].model.height_m
    stations = {**line.stations, "top": block("top", 0.55, 0.3, 0.0, (0.2, 0.2, high))}
    near = replace(line, arms=crew, stations=stations)
    found = paths.zone(Ground(near)) or [*paths.free_reach(Ground(near)), *paths.path(Ground(near))]
    (violation,) = found
    assert violation.rule == "zone" and set(violation.subjects) == {"left", "right"}
    assert violation.amount > 0 and violation.unit == "m" and "no place to wait" in violation.reason


def test_hulls_hold_all_that_moves(model) -> None:
    """Every corner of every piece, at any time of a move, lies within the hulls and what they are said to miss."""
    chain, shape = chain_of(model), mover(model)
    rng = np.random.default_rng(1)
    bodies = shape.bodies
    for _ in range(3):
        ends = rng.uniform(0.4 * chain.lower, 0.4 * chain.upper, (2, chain.dof))
        space = swept(chain, [shape], [(ends,)], Pose(0, 0))
        hulls = [space.points[a:b] for a, b in zip(space.start, space.start[1:], strict=False)]
        for share in rng.uniform(0, 1, 8):
            frames = _frames(chain, ends[0] + share * (ends[1] - ends[0]))
            for p in rng.choice(np.flatnonzero(bodies.frame > 0), 6):
                corner = bodies.points[bodies.start[p]]
                at = (frames[bodies.frame[p] - 1] @ [*corner, 1.0])[:3]
                assert min(distance(at[None], hull) for hull in hulls) <= space.bulge_m + 1e-9
