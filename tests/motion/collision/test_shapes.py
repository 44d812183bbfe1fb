"""Pieces cover what they stand for, stand where the engine puts them, and know what may touch what."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from layout.files.assets import load_model
from layout.model.equip import on_rail, with_tool
from layout.model.library import Axis, Rail, ToolModel
from layout.motion.collision import first_hit, free, gap, gjk, mover, surroundings
from layout.motion.collision.mover import ARM, PART, TOOL
from layout.motion.collision.shapes import (
    MOST_CORNERS,
    PASSING,
    ROUNDED_M,
    SERVING,
    Piece,
    machine_pieces,
    prisms,
    thinned,
)
from layout.motion.collision.urdf_shapes import Solid, read_tree, rotation
from layout.scene import Scene


def covers(piece: Piece, points: np.ndarray, slack_m: float = 1e-8) -> bool:
    """Whether every point lies in the piece."""
    return bool((gjk.sticking_out(np.ascontiguousarray(points), piece.points) <= piece.round_m + slack_m).all())


def test_thinning_never_cuts_and_hardly_swells(rng) -> None:
    for count in (4, 12, 40, 400):
        points = rng.normal(size=(count, 3))
        points *= 0.2 / np.linalg.norm(points, axis=1)[:, None]
        piece = thinned(Solid(points))
        assert covers(piece, points) and piece.round_m <= 0.03
        assert len(piece.points) <= MOST_CORNERS or piece.round_m <= ROUNDED_M


def test_flat_solids_and_repeated_points_are_fine(rng) -> None:
    flat = rng.normal(size=(60, 3)) * [1.0, 1.0, 0.0]
    for points in (
        flat,
        np.repeat(flat[:3], 9, axis=0),
        np.zeros((12, 3)),
        rng.normal(size=(40, 1)) * [[1.0, 2.0, 3.0]],
    ):
        assert covers(thinned(Solid(points)), points)


def test_library_arms_are_covered_by_few_corners(arms) -> None:
    for arm in arms:
        for link in read_tree(arm.urdf).solids.values():
            for solid in link:
                piece = thinned(solid)
                assert covers(piece, solid.points)
                assert piece.round_m <= solid.round_m + ROUNDED_M


def test_arms_are_where_the_engine_puts_them(world, machines, arms) -> None:
    """Least distance of a whole arm to a machine, from the engine's own reading of the URDF."""
    rng = np.random.default_rng(11)
    compared = 0
    with Scene() as scene:
        for arm in arms:
            model = machines[int(rng.integers(len(machines)))]
            reach = arm.reach_m + 0.4
            line = world.line(world.arm("arm", arm, 5, 4, 0.7), world.station("s", model, 5 + reach, 4, 0.3))
            scene.place(line)
            moves, around = mover(arm), surroundings(line, "arm")
            bodies = moves.bodies._replace(low=np.zeros_like(moves.bodies.low), pairs=moves.bodies.pairs[:0])
            alone, slack = replace(moves, bodies=bodies), moves.bodies.round_m.max() + 0.0006
            low, high = (np.array([getattr(joint, key) for joint in arm.joints]) for key in ("lower", "upper"))
            for q in low + rng.random((12, len(low))) * (high - low):
                scene.set_joints("arm", q)
                wanted = scene.distances([("arm", "s")], 9.0, whole_arms=True)[0]
                got = gap(alone, around, q, "s")[0]
                if wanted <= 0 or not math.isfinite(wanted):
                    continue
                foot = scene.distances([("arm", "s")], 9.0)[0]
                compared += 1
                assert min(got, foot) == pytest.approx(wanted, abs=slack)
    assert compared > 20


# ---------------------------------------------------------------- arms


def test_arms_stand_free_at_home(world, arms) -> None:
    for arm in arms:
        around = surroundings(world.line(world.arm("arm", arm, 5, 4)), "arm")
        assert around.names == ("floor",)
        assert gap(mover(arm), around, arm.home)[0] > 0.0
        assert free(mover(arm), around, arm.home, 0.01).all()


def test_a_folded_arm_hits_itself(world) -> None:
    arm = load_model("kuka_iiwa7")
    around = surroundings(world.line(world.arm("arm", arm, 5, 4)), "arm")
    folded = np.array([0.0, 2.0, 0.0, -2.09, 0.0, -1.6, 0.0])
    away, name = gap(mover(arm), around, folded)
    assert away < 0.05 and (name.startswith("lbr_iiwa_link") or name in ("pedestal", "floor"))


def test_an_arm_must_pass_its_own_base(world, arm16) -> None:
    """With a long bar in its hand, many a direct way leads through its own foot."""
    around = surroundings(world.line(world.arm("arm", arm16, 5, 4)), "arm")
    bar = np.array([[x, y, z] for x in (-0.6, 0.6) for y in (-0.03, 0.03) for z in (-0.03, 0.03)])
    rng, moves = np.random.default_rng(0), mover(arm16, bar)
    low, high = (np.array([getattr(joint, key) for joint in arm16.joints]) for key in ("lower", "upper"))
    many = low + rng.random((4000, 6)) * (high - low)
    many = many[free(moves, around, many, 0.01)]
    hits = [first_hit(moves, around, np.stack([a, b]), 0.01) for a, b in zip(many[:200], many[200:400], strict=True)]
    own = [hit for hit in hits if hit is not None and hit.thing in moves.names]
    assert own and {hit.thing for hit in own} & {"base_link", "link_1", "pedestal"}


def test_pairs_touch_neither_at_home_nor_always(arms) -> None:
    for arm in arms:
        b = mover(arm).bodies
        assert len(b.pairs) > 0
        assert (b.frame[b.pairs[:, 1]] > b.frame[b.pairs[:, 0]]).all()
        neighbours = b.frame[b.pairs[:, 1]] - b.frame[b.pairs[:, 0]] == 1
        assert (b.kind[b.pairs[neighbours, 1]] != ARM).all()


def test_the_part_and_the_tool_are_pieces(arm16) -> None:
    tool = ToolModel("claw", "", arm16.urdf, load_model("part_bracket").hulls, 1.0, (0.0, 0.0, 0.15), 0.4)
    hull = np.array([[x, y, z] for x in (-0.1, 0.1) for y in (-0.1, 0.1) for z in (0.0, 0.1)])
    bare, held = mover(with_tool(arm16, tool)), mover(with_tool(arm16, tool), hull)
    assert "claw" in bare.names and TOOL in bare.bodies.kind and PART not in bare.bodies.kind
    assert held.names[-1] == "part" and held.bodies.kind[-1] == PART and held.key != bare.key
    assert held.reach_m >= bare.reach_m and mover(with_tool(arm16, tool), hull).key == held.key
    at = held.bodies
    links = at.links[-1]
    corners = at.points[at.start[-2] :]
    assert np.allclose(np.sort(corners, axis=0), np.sort(hull @ links[:3, :3].T + links[:3, 3], axis=0))


def test_a_rail_takes_the_whole_arm_along(world, machines, arm16) -> None:
    arm = on_rail(arm16, Rail(4.0, 1.0, 1.0))
    moves = mover(arm)
    assert [n for n, f in zip(moves.names, moves.bodies.frame, strict=True) if f == 0] == ["rail"] and moves.dof == 7
    line = world.line(world.arm("arm", arm, 6, 4), world.station("s", machines[0], 9.2, 4))
    around = surroundings(line, "arm")
    assert "s" in around.names
    path = np.array([arm.home, arm.home])
    path[:, 0] = -2.0, 2.0
    hit = first_hit(moves, around, path, 0.01)
    assert hit is not None and hit.thing == "s" and hit.share > 0.3
    assert gap(moves, around, path[0])[0] > 0.0


# ---------------------------------------------------------------- machines


def door_machine(world, folder, prismatic: bool, parent: int = -1):
    """A frame of 2 m x 1 m with a door in its front, that slides to the left or swings out."""
    post = [((-1.0, -0.5, 0.0), (-0.9, 0.5, 2.0)), ((0.9, -0.5, 0.0), (1.0, 0.5, 2.0))]
    model = world.machine(folder, "doored", boxes=post)
    kind, axis = ("prismatic", "1 0 0") if prismatic else ("revolute", "0 0 1")
    urdf = model.hulls.parent / "axes.urdf"
    urdf.write_text(
        f"""<robot name="m"><link name="body"/><link name="door"><collision><origin xyz="0.4 -0.02 1"/>
        <geometry><box size="0.8 0.04 1.8"/></geometry></collision></link>
        <joint name="door" type="{kind}"><parent link="body"/><child link="door"/><origin xyz="-0.4 -0.5 0"/>
        <axis xyz="{axis}"/><limit lower="-2" upper="2" velocity="1" effort="1"/></joint></robot>"""
    )
    origin = tuple(map(tuple, np.eye(4)))
    vector = (1.0, 0.0, 0.0) if prismatic else (0.0, 0.0, 1.0)
    axes = (Axis("door", "door", -1, origin, vector, -2.0, 2.0, 1.0, 1.0, prismatic),)
    open_at = -0.9 if prismatic else -math.pi / 2
    return replace(model, urdf=urdf, axes=axes, programs={"load": {"door": open_at}, "work": {"door": 0.0}})


@pytest.mark.parametrize("prismatic", [True, False])
def test_doors_cover_every_position_between(world, tmp_path, prismatic: bool) -> None:
    model = door_machine(world, tmp_path, prismatic)
    pieces = machine_pieces(model)
    swept = [piece for piece in pieces if piece.when == PASSING]
    corners = np.array([[x, y, z] for x in (0.0, 0.8) for y in (-0.04, 0.0) for z in (0.1, 1.9)])
    for share in np.linspace(0.0, 1.0, 41):
        q = model.position("load")[0] * (1 - share)
        turn = np.eye(3) if prismatic else rotation(np.array([0.0, 0.0, 1.0]), q)
        at = corners @ turn.T + [-0.4 + (q if prismatic else 0.0), -0.5, 0.0]
        for corner in at:
            assert min(gjk.sticking_out(corner[None], p.points)[0] - p.round_m for p in swept) <= 1e-8
    (still,) = [piece for piece in pieces if piece.when == SERVING]
    assert len(still.points) == 8 and max(p.round_m for p in swept) <= (0.0 if prismatic else 0.004)


@pytest.mark.parametrize("prismatic", [True, False])
def test_doors_stand_open_for_who_serves_only(world, tmp_path, arm16, prismatic: bool) -> None:
    model = door_machine(world, tmp_path, prismatic)
    line = world.line(world.arm("arm", arm16, 6, 3), world.station("s", model, 6, 5.0))
    around = surroundings(line, "arm")
    rng = np.random.default_rng(0)
    low, high = (np.array([getattr(joint, key) for joint in arm16.joints]) for key in ("lower", "upper"))
    many = low + rng.random((20000, 6)) * (high - low)
    passing, serving = (free(mover(arm16), around, many, 0.0, who) for who in (None, "s"))
    assert (serving & ~passing).sum() > 10  # through the open door
    if prismatic:
        assert not (passing & ~serving).any()  # the sweep holds the open position


def test_prisms_of_an_angle_leave_its_corner_open() -> None:
    angle = [(0, 0), (2, 0), (2, 1), (1, 1), (1, 2), (0, 2)]
    pieces = prisms(angle, 0.0, 1.0)
    inside, outside = np.array([[0.5, 1.5, 0.5]]), np.array([[1.5, 1.5, 0.5]])
    assert min(gjk.distance(inside, piece) for piece in pieces) == 0.0
    assert min(gjk.distance(outside, piece) for piece in pieces) == pytest.approx(0.5, abs=1e-9)
