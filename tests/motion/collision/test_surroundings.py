"""What an arm has around it: all that it can reach, in its own frame, the same wherever the cell stands."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layout.model.equip import on_rail
from layout.model.floor import FENCE_THICKNESS_M
from layout.model.library import Port, Rail
from layout.model.line import Belt
from layout.model.pose import Pose
from layout.motion.collision import surroundings
from layout.motion.collision import surroundings as asked
from layout.motion.collision.surroundings import relative

FLOOR = [[0, 0], [12, 0], [12, 8], [0, 8]]


def floor_of(world, **more):
    floor = world.line().floor.model_validate({"boundary": FLOOR, **more})
    return {"obstacles": floor.obstacles, "fences": floor.fences, "keep_clear": floor.keep_clear}


def moved(line, shift: Pose):
    """The same line elsewhere: stations and arms."""

    def go(pose: Pose) -> Pose:
        ((x, y),) = shift.apply([[pose.x_m, pose.y_m]])
        return Pose(float(x), float(y), pose.yaw_rad + shift.yaw_rad)

    return replace(
        line,
        stations={n: replace(s, pose=go(s.pose)) for n, s in line.stations.items()},
        arms={n: replace(a, pose=go(a.pose)) for n, a in line.arms.items()},
    )


def small_line(world, machines, arm16):
    return world.line(
        world.arm("arm", arm16, 6, 4, 0.25),
        world.arm("other", arm16, 8, 4, 0.5),
        world.station("b", machines[0], 7.5, 5.25, 0.5),
        world.station("a", machines[1], 4.5, 3.0, 1.5),
    )


@settings(max_examples=25, deadline=None)
@given(st.floats(-50, 50), st.floats(-50, 50), st.floats(-7, 7))
def test_moving_the_whole_cell_changes_nothing(world, machines, arm16, x: float, y: float, yaw: float) -> None:
    line = small_line(world, machines, arm16)
    here, there = surroundings(line, "arm"), surroundings(moved(line, Pose(x, y, yaw)), "arm")
    assert here.names == there.names
    for one, other in zip(here.things, there.things, strict=True):
        assert np.allclose(one, other, atol=5e-8)


def test_whole_metres_and_quarter_turns_give_the_same_key(world, machines, arm16) -> None:
    line = small_line(world, machines, arm16)
    keys = {
        surroundings(moved(line, Pose(x, y, q * math.pi / 2)), "arm").key
        for x, y, q in ((0, 0, 0), (3, -2, 0), (1, 1, 1), (0, 5, 2))
    }
    assert len(keys) == 1


def test_order_does_not_matter_but_content_does(world, machines, arm16) -> None:
    line = small_line(world, machines, arm16)
    base = surroundings(line, "arm")
    turned = replace(line, stations=dict(reversed(line.stations.items())))
    assert surroundings(turned, "arm").key == base.key
    nudged = replace(line, stations=line.stations | {"a": replace(line.stations["a"], pose=Pose(4.501, 3.0, 1.5))})
    renamed = replace(line, stations={"c": replace(line.stations["a"], name="c"), "b": line.stations["b"]})
    assert len({base.key, surroundings(nudged, "arm").key, surroundings(renamed, "arm").key}) == 3


def test_asking_again_costs_nothing_and_gives_the_same(world, machines, arm16) -> None:
    line = small_line(world, machines, arm16)
    first = asked(line, "arm")
    assert asked(line, "arm") is first
    assert asked(replace(line), "arm") is first


def test_only_what_is_within_reach_counts(world, machines, arm16) -> None:
    names = []
    for away in (1.5, 3.0, 30.0):
        line = world.line(world.arm("arm", arm16, 0, 0), world.station("s", machines[0], away, 0.0))
        names.append("s" in surroundings(line, "arm").names)
    assert names == [True, True, False]


def test_floor_posts_fences_and_other_arms(world, machines, arm16) -> None:
    more = floor_of(
        world,
        obstacles={"post": {"polygon": [[6.5, 4], [7, 4], [7, 4.5], [6.5, 4.5]], "height": 2.0}},
        fences={"east": {"line": [[7.5, 2], [7.5, 6], [6, 6]], "height": 1.8}},
        keep_clear={"aisle": {"polygon": [[5, 3], [6, 3], [6, 4]]}},
    )
    line = world.line(world.arm("arm", arm16, 6, 4), world.arm("other", arm16, 7, 5), **more)
    around = surroundings(line, "arm")
    assert around.names == ("floor", "east", "other", "post")
    t = around.things

    def corners(name: str) -> np.ndarray:
        groups = np.nonzero(t.thing == around.number(name))[0]
        return np.vstack([t.points[t.start[t.group[g]] : t.start[t.group[g + 1]]] for g in groups])

    assert corners("post").min(axis=0) == pytest.approx([0.5, 0.0, 0.0])
    assert corners("post").max(axis=0) == pytest.approx([1.0, 0.5, 2.0])
    half = FENCE_THICKNESS_M / 2
    assert corners("east").max(axis=0) == pytest.approx([1.5 + half, 2.0 + half, 1.8])
    assert corners("east").min(axis=0) == pytest.approx([-half, -2.0 - half, 0.0])
    assert corners("floor")[:, 2].max() == 0.0
    foot = corners("other")
    assert foot[:, 2].min() == pytest.approx(0.0, abs=1e-6) and foot[:, 2].max() < 1.2
    assert around.number(None) == -1 and around.number("nobody") == -1


def test_belts_are_solid_up_to_their_top(world, machines, arm16, tmp_path) -> None:
    out = Port("out", "out", ("belt",), (0.5, 0.0, 0.9), facing=(1.0, 0.0))
    into = Port("in", "in", ("belt",), (-0.5, 0.0, 0.7), facing=(-1.0, 0.0))
    first = world.machine(tmp_path, "first", ports={"out": out})
    second = world.machine(tmp_path, "second", ports={"in": into})
    belt = Belt("belt", "a", "b", 0.3, 0.4, 0.4)
    line = world.line(
        world.arm("arm", arm16, 5, 2.5), world.station("a", first, 3, 4), world.station("b", second, 7, 4), belt
    )
    around = surroundings(line, "arm")
    t, number = around.things, around.number("belt")
    (g,) = np.nonzero(t.thing == number)[0]
    points = t.points[t.start[t.group[g]] : t.start[t.group[g + 1]]]
    assert points.min(axis=0) == pytest.approx([-1.5, 1.3, 0.0]) and points.max(axis=0) == pytest.approx(
        [1.5, 1.7, 0.9]
    )
    assert points[points[:, 0] > 0][:, 2].max() == pytest.approx(0.7)


def test_a_railed_arm_blocks_its_whole_rail(world, arm16) -> None:
    line = world.line(world.arm("arm", arm16, 6, 4), world.arm("rider", on_rail(arm16, Rail(4.0, 1.0, 1.0)), 6, 5.5))
    t, around = surroundings(line, "arm").things, surroundings(line, "arm")
    (g,) = np.nonzero(t.thing == around.number("rider"))[0]
    points = t.points[t.start[t.group[g]] : t.start[t.group[g + 1]]]
    assert np.ptp(points[:, 0]) > 4.0 and points[:, 2].min() == pytest.approx(0.0, abs=1e-6)
    foot = surroundings(world.line(world.arm("arm", arm16, 6, 4), world.arm("rider", arm16, 6, 5.5)), "arm").things
    assert points[:, 2].max() == pytest.approx(
        foot.points[foot.points[:, 2] > 0][:, 2].max()
    )  # as high as its base link


def test_relative_poses_are_rounded_and_turned_into_one_turn() -> None:
    x, y, turn = relative(Pose(1, 1, math.pi / 2), Pose(1, 3, math.pi / 2 + 2 * math.pi))
    assert (x, y, turn) == (2.0, 0.0, 0.0)
    assert relative(Pose(0, 0, 0), Pose(0, 0, math.pi))[2] == relative(Pose(0, 0, 0), Pose(0, 0, -math.pi))[2] == -2.0
