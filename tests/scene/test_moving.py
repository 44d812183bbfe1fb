"""Doors, tools, rails and vehicles of a scene: where they stand, and that they count."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest
import shapely

from layout.errors import SceneError
from layout.model.equip import on_rail, with_tool
from layout.model.library import Rail
from layout.motion.kinematics import forward
from layout.scene import Scene
from layout.scene.solids import moving_pieces, rail_box, sweep_of

FROM_ENGINE_M = 0.0005


def test_doors_stand_open_and_move_with_their_machine(world, tmp_path: Path) -> None:
    model, probe = (
        world.with_doors(tmp_path),
        world.machine(tmp_path, "probe", [((-0.01, -0.01, 0.9), (0.01, 0.01, 1))]),
    )
    with Scene() as scene:
        # open, the panel covers x 0.5 to 1.1 at y -0.57 to -0.53; the machine is turned by a quarter
        turned = world.station("mill", model, 3, 3, math.pi / 2)
        at = turned.pose.apply([(0.8, -0.9)])[0]
        scene.place(world.line(turned, world.station("probe", probe, *at)))
        assert scene.distances([("mill", "probe")], 2.0)[0] == pytest.approx(0.9 - 0.57 - 0.01, abs=FROM_ENGINE_M)
        scene.set_axes("mill", [0.0, 0.0])  # closed: x -0.3 to 0.3
        gap = math.hypot(0.8 - 0.01 - 0.3, 0.9 - 0.57 - 0.01)
        assert scene.distances([("mill", "probe")], 2.0)[0] == pytest.approx(min(gap, math.hypot(0.29, 0.39)), abs=1e-3)
        scene.set_axes("mill", [0.8, 0.0])
        assert scene.distances([("mill", "probe")], 2.0)[0] == pytest.approx(0.32, abs=FROM_ENGINE_M)
        with pytest.raises(SceneError, match="2 axes"):
            scene.set_axes("mill", [0.1])
        scene.set_axes("mill", [0.0, 0.0])
        scene.place(world.line(turned, world.station("probe", probe, *at)))  # placed anew, it is open again
        assert scene.distances([("mill", "probe")], 2.0)[0] == pytest.approx(0.32, abs=FROM_ENGINE_M)


def test_the_engine_and_our_own_frames_put_doors_in_the_same_place(world, tmp_path: Path) -> None:
    model, rng = world.with_doors(tmp_path), np.random.default_rng(4)
    tip = world.machine(tmp_path, "tip", [((-0.01, -0.01, 1.0), (0.01, 0.01, 1.02))])
    with Scene() as scene:
        for _ in range(6):
            q = [rng.uniform(0, 0.8), rng.uniform(0, 2.0)]
            piece = moving_pieces(model, q)[1]  # the lid
            far = piece[np.argmax(np.hypot(piece[:, 0], piece[:, 1]))]
            out = far[:2] / np.linalg.norm(far[:2])
            scene.place(
                world.line(world.station("mill", model, 0, 0), world.station("tip", tip, *(far[:2] + 0.3 * out)))
            )
            scene.set_axes("mill", q)
            points = shapely.convex_hull(shapely.multipoints(piece[:, :2]))
            corner = shapely.box(-0.01, -0.01, 0.01, 0.01)
            there = shapely.affinity.translate(corner, *(far[:2] + 0.3 * out))
            others = [shapely.box(-0.5, -0.5, 0.5, 0.5)]
            others += [shapely.convex_hull(shapely.multipoints(moving_pieces(model, q)[0][:, :2]))]
            exact = min(there.distance(shape) for shape in [points, *others])
            assert scene.distances([("mill", "tip")], 2.0)[0] == pytest.approx(exact, abs=FROM_ENGINE_M)


def test_outline_and_sweep_hold_the_door_wherever_it_goes(world, tmp_path: Path) -> None:
    model = world.with_doors(tmp_path)
    swing = replace(model, programs={"load": {"hatch": math.pi / 2, "slide": 0.8}, "work": {}})
    area, low, high = sweep_of(swing)
    lid = 0.5 + math.hypot(0.02, 0.0), 0.4
    assert area.contains(shapely.Point(lid))  # closed
    assert area.contains(shapely.Point(0.12, 0.02))  # swung inwards by a quarter
    assert area.contains(shapely.Point(0.5 - 0.26, 0.27))  # half way, well inside the quarter circle
    assert not area.contains(shapely.Point(0.5 - 0.32, 0.32))
    assert (low, high) == pytest.approx((0.6, 1.4))
    with Scene() as scene:
        outline = scene.outline(swing)
    assert outline[:, 0].max() == pytest.approx(1.1) and outline[:, 1].min() == pytest.approx(-0.57)
    assert sweep_of(world.machine(tmp_path))[0].is_empty


@pytest.mark.parametrize("yaw", [0.0, math.pi / 2, 0.7])
def test_a_rail_carries_its_arm_and_the_tool_hangs_at_the_flange(world, tmp_path: Path, yaw: float) -> None:
    model = on_rail(with_tool(world.arm_model(tmp_path), world.tool(tmp_path)), Rail(3.0, 1.5, 1.0))
    rng = np.random.default_rng(0)
    arm = world.arm("arm", model, 5, 4, yaw)
    with Scene() as scene:
        scene.place(world.line(arm))
        for _ in range(5):
            q = [rng.uniform(-1.5, 1.5), *rng.uniform(-2, 2, 6)]
            scene.set_joints("arm", q)
            assert scene.tool("arm") == pytest.approx(arm.pose.matrix() @ forward(model, q), abs=1e-5)
        with pytest.raises(SceneError, match="7 joints"):
            scene.set_joints("arm", [0.0] * 6)


def test_rails_count_with_all_that_the_foot_takes(world, tmp_path: Path) -> None:
    model = on_rail(world.arm_model(tmp_path), Rail(3.0, 1.5, 1.0))  # foot 0.4 m wide and high
    (low, *_), (high, half, top) = rail_box(model)
    assert (low, high) == (-1.7, 1.7)
    tall = world.machine(tmp_path, "tall", [((-0.1, -0.1, 0.25), (0.1, 0.1, 1.0))])
    flat = world.machine(tmp_path, "flat", [((-0.1, -0.1, 0.0), (0.1, 0.1, top))])
    with Scene() as scene:
        arm = world.arm("arm", model, 5, 4)
        # beside the rail's end: the foot comes there, though it now stands in the middle
        scene.place(world.line(arm, world.station("tall", tall, 5 + 1.4, 4 + 0.8), world.station("flat", flat, 7.2, 4)))
        pairs = [("arm", "tall"), ("arm", "flat")]
        gaps = scene.distances(pairs, 3.0)
        assert gaps[0] == pytest.approx(min(0.5, math.hypot(0.8 - 0.1 - half, 0.25 - top - 0.05)), abs=FROM_ENGINE_M)
        assert gaps[1] == pytest.approx(2.2 - 0.1 - 1.7, abs=FROM_ENGINE_M)
        assert scene.distances(pairs, 3.0, whole_arms=True)[1] == pytest.approx(0.4, abs=FROM_ENGINE_M)
        scene.set_joints("arm", [1.5, *[0.0] * 6])
        assert scene.distances(pairs, 3.0) == pytest.approx(gaps, abs=1e-6)


def test_a_tool_counts_with_the_whole_arm(world, tmp_path: Path) -> None:
    bare = world.arm_model(tmp_path)
    box = world.machine(tmp_path, boxes=[((-0.1, -0.1, 1.25), (0.1, 0.1, 1.35))])
    gaps = []
    for model in (bare, with_tool(bare, world.tool(tmp_path))):
        with Scene() as scene:  # stretched out, the flange ends 0.75 m ahead at a height of 1.3 m
            scene.place(world.line(world.arm("arm", model, 2, 2), world.station("box", box, 3.6, 2)))
            scene.set_joints("arm", [0.0] * 6)
            gaps.append(scene.distances([("arm", "box")], 3.0, whole_arms=True)[0])
            assert scene.distances([("arm", "box")], 3.0)[0] == pytest.approx(math.hypot(1.3, 0.85), abs=FROM_ENGINE_M)
    assert gaps[0] - gaps[1] == pytest.approx(0.14, abs=FROM_ENGINE_M)  # the last link ends 0.06 m beyond the flange


def test_vehicles_stand_where_they_are_put(world, tmp_path: Path) -> None:
    box = world.machine(tmp_path)
    carts = world.fleet("carts", world.vehicle(tmp_path), 2)
    line = world.line(world.station("box", box, 3, 3), carts)
    with Scene() as scene:
        scene.place(line)
        assert np.isinf(scene.distances([("carts 1", "box"), ("carts 2", "box")], 5.0)).all()
        scene.set_vehicle("carts 2", 3, 1.6, math.pi / 2)  # its nose ahead: 0.4 m
        assert scene.distances([("carts 2", "box")], 5.0)[0] == pytest.approx(1.0 - 0.5 + 0.4 - 0.4, abs=FROM_ENGINE_M)
        scene.place(line)
        assert np.isinf(scene.distances([("carts 2", "box")], 5.0)).all()


def test_a_used_scene_with_moving_things_answers_like_a_new_one(world, tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    door, cart = world.with_doors(tmp_path), world.vehicle(tmp_path)
    rails = [on_rail(world.arm_model(tmp_path), Rail(length, 1.5, 1.0)) for length in (2.0, 3.0)]

    def line(count: int):
        things = [world.station(f"s{i}", door, *rng.uniform(1, 6, 2), rng.uniform(0, 6)) for i in range(count)]
        arms = [world.arm(f"a{i}", rails[(i + count) % 2], *rng.uniform(1, 6, 2), rng.uniform(0, 6)) for i in range(2)]
        return world.line(*things, *arms, world.fleet("carts", cart, count % 3))

    with Scene() as used:
        for made in [line(count) for count in (4, 2, 5, 3)]:
            names = [*made.stations, *made.arms]
            pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
            used.place(made)
            used.set_axes("s0", [0.3, 1.0])
            used.set_joints("a0", rng.uniform(-0.9, 0.9, 7))
            used.place(made)
            with Scene() as fresh:
                fresh.place(made)
                for whole in (False, True):
                    assert used.distances(pairs, 2.0, whole) == pytest.approx(fresh.distances(pairs, 2.0, whole))


def test_memory_stays_flat_with_moving_things(world, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    door, cart = world.with_doors(tmp_path), world.vehicle(tmp_path)
    arm = on_rail(with_tool(world.arm_model(tmp_path), world.tool(tmp_path)), Rail(3.0, 1.5, 1.0))

    def once() -> None:
        stations = [world.station(f"s{i}", door, *rng.uniform(0, 9, 2), rng.uniform(0, 6)) for i in range(6)]
        scene.place(world.line(*stations, world.arm("arm", arm, *rng.uniform(0, 9, 2)), world.fleet("carts", cart, 3)))
        scene.set_axes("s1", [0.2, 0.4])
        scene.set_joints("arm", [0.5] * 7)
        scene.set_vehicle("carts 1", 1, 2, 3)
        scene.distances([("s0", "s1"), ("s2", "arm"), ("s3", "s4"), ("s5", "carts 1")], 1.0, whole_arms=True)

    with Scene() as scene:
        for _ in range(100):
            once()
        before = psutil.Process().memory_info().rss
        for _ in range(400):
            once()
        grown = psutil.Process().memory_info().rss - before
    assert grown < 2e6


def test_what_does_not_move_as_named_is_said(world, tmp_path: Path) -> None:
    model = world.with_doors(tmp_path)
    wrong = replace(model, axes=(replace(model.axes[0], name="flap"), model.axes[1]))
    with Scene() as scene, pytest.raises(SceneError, match="flap"):
        scene.place(world.line(world.station("mill", wrong, 3, 3)))
