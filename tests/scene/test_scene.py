from __future__ import annotations

import math
from pathlib import Path

import fcl
import numpy as np
import psutil
import pytest
import trimesh

from layout.errors import AssetError, SceneError
from layout.model.pose import Pose
from layout.scene import Scene
from layout.scene.meshes import hull_pieces, urdf_for_engine

FROM_ENGINE_M = 0.0005  # what layout.feasibility.clearance.ENGINE_ERROR_M says


def random_hull(rng: np.random.Generator, boxy: bool) -> trimesh.Trimesh:
    points = trimesh.creation.box(rng.uniform(0.2, 2.0, 3)).vertices if boxy else rng.normal(size=(20, 3)) * 0.5
    return trimesh.convex.convex_hull(points)


KEPT: list[np.ndarray] = []  # fcl.Convex points into the arrays it is given


def as_fcl(mesh: trimesh.Trimesh, pose: Pose) -> fcl.CollisionObject:
    faces = np.hstack([np.full((len(mesh.faces), 1), 3), mesh.faces]).ravel()
    points = np.array(mesh.vertices)
    KEPT.extend([faces, points])
    matrix = pose.matrix()
    return fcl.CollisionObject(fcl.Convex(points, len(mesh.faces), faces), fcl.Transform(matrix[:3, :3], matrix[:3, 3]))


def depth(a: trimesh.Trimesh, b: trimesh.Trimesh, pose: Pose) -> float:
    """Least translation that separates two convex bodies, by all separating axes."""
    turn = pose.matrix()[:3, :3]
    first, second = np.array(a.vertices), pose.apply(b.vertices)
    edges_a = first[a.edges_unique[:, 0]] - first[a.edges_unique[:, 1]]
    edges_b = second[b.edges_unique[:, 0]] - second[b.edges_unique[:, 1]]
    crossed = np.cross(edges_a[:, None], edges_b[None]).reshape(-1, 3)
    lengths = np.linalg.norm(crossed, axis=1)
    crossed = crossed[lengths > 1e-9] / lengths[lengths > 1e-9, None]
    axes = np.vstack([a.face_normals, np.array(b.face_normals) @ turn.T, crossed])
    on_a, on_b = first @ axes.T, second @ axes.T
    overlap = np.minimum(on_a.max(axis=0) - on_b.min(axis=0), on_b.max(axis=0) - on_a.min(axis=0))
    return float(overlap.min())


@pytest.mark.parametrize("boxy", [True, False])
def test_distances_agree_with_fcl(world, tmp_path: Path, boxy: bool) -> None:
    rng = np.random.default_rng(3 + boxy)
    apart = inside = 0
    for case in range(12):
        models, hulls = [], []
        for side in "ab":
            hull = random_hull(rng, boxy)
            hull.apply_translation((0, 0, rng.uniform(-0.5, 0.5)))  # fcl errs where faces lie in one plane
            model = world.machine(tmp_path, f"{side}{case}")
            world.write_hulls(model.hulls, [hull])
            models.append(model)
            hulls.append(hull)
        with Scene() as scene:
            for _ in range(20):
                x, y, yaw = rng.uniform(-2, 2), rng.uniform(-2, 2), rng.uniform(0, 7)
                scene.place(world.line(world.station("a", models[0], 0, 0), world.station("b", models[1], x, y, yaw)))
                got = scene.distances([("a", "b")], 5.0)[0]
                pose = Pose(x, y, yaw)
                exact = fcl.distance(as_fcl(hulls[0], Pose(0, 0)), as_fcl(hulls[1], pose), fcl.DistanceRequest())
                if exact > 0:
                    apart += 1
                else:
                    inside += 1
                    exact = -depth(hulls[0], hulls[1], pose)
                assert got == pytest.approx(exact, abs=FROM_ENGINE_M)
    assert apart > 50 and inside > 30


def test_openings_stay_open(world, tmp_path: Path) -> None:
    """A C-shaped machine: a box in its throat is clear of it, though inside its convex hull."""
    c_frame = world.machine(
        tmp_path,
        "c",
        [((-0.5, -0.5, 0), (0.5, 0.5, 0.2)), ((-0.5, 0.3, 0), (0.5, 0.5, 2)), ((-0.5, -0.5, 1.8), (0.5, 0.5, 2))],
    )
    table = world.machine(tmp_path, "t", [((-0.1, -0.1, 0.9), (0.1, 0.1, 1.1))])
    with Scene() as scene:
        scene.place(world.line(world.station("c", c_frame, 2, 2), world.station("t", table, 2, 2)))
        assert scene.distances([("c", "t")], 1.0)[0] == pytest.approx(0.2, abs=FROM_ENGINE_M)
        scene.place(world.line(world.station("c", c_frame, 2, 2), world.station("t", table, 2, 2.25)))
        assert scene.distances([("c", "t")], 1.0)[0] == pytest.approx(-0.05, abs=FROM_ENGINE_M)
        scene.place(world.line(world.station("c", c_frame, 2, 2), world.station("t", table, 5, 2)))
        assert scene.distances([("c", "t")], 1.0)[0] == np.inf


def test_many_pieces_are_not_cut_at_sixteen(world, tmp_path: Path) -> None:
    comb = world.machine(tmp_path, "comb", [((0.1 * i, 0, 0), (0.1 * i + 0.05, 0.05, 0.5)) for i in range(40)])
    probe = world.machine(tmp_path, "probe", [((-0.01, -0.01, 0), (0.01, 0.01, 0.5))])
    with Scene() as scene:
        scene.place(world.line(world.station("comb", comb, 0, 0), world.station("probe", probe, 3.925, -0.11)))
        assert scene.distances([("comb", "probe")], 1.0)[0] == pytest.approx(0.1, abs=FROM_ENGINE_M)


def test_arms_stand_where_their_pose_says(world, tmp_path: Path) -> None:
    """The base's centre of mass is off its origin: a yaw of 90 degrees would show it."""
    model = world.arm_model(tmp_path)
    box = world.machine(tmp_path)
    with Scene() as scene:
        for x, y, yaw in ((2.0, 3.0, 0.0), (5.0, 1.0, math.pi / 2), (1.0, 1.0, 0.7)):
            scene.place(world.line(world.arm("arm", model, x, y, yaw), world.station("box", box, x + 1.5, y)))
            scene.set_joints("arm", [0, 0, 0, 0, 0, 0])
            tool = scene.tool("arm")  # stretched up: 1.3 m, then forearm 0.7 m, last link 0.05 m and tool 0.1 m ahead
            expected = Pose(x, y, yaw).apply([(0.85, 0.0, 1.3)])[0]
            assert tool[:3, 3] == pytest.approx(expected, abs=1e-5)
            half = 0.2 if yaw != 0.7 else 0.2 * (math.cos(0.7) + math.sin(0.7))
            gap = scene.distances([("arm", "box")], 2.0)[0]
            assert gap == pytest.approx(1.5 - 0.5 - half, abs=FROM_ENGINE_M)


def test_whole_arms_count_when_asked(world, tmp_path: Path) -> None:
    model, box = world.arm_model(tmp_path), world.machine(tmp_path, boxes=[((-0.1, -0.1, 1.2), (0.1, 0.1, 1.4))])
    with Scene() as scene:
        scene.place(world.line(world.arm("arm", model, 2, 2), world.station("box", box, 2.6, 2)))
        scene.set_joints("arm", [0, 0, 0, 0, 0, 0])
        base = scene.distances([("arm", "box")], 3.0)[0]
        whole = scene.distances([("arm", "box")], 3.0, whole_arms=True)[0]
    assert base == pytest.approx(math.hypot(0.3, 0.8), abs=FROM_ENGINE_M)  # the pedestal's edge: 0.2 m out, 0.4 m high
    assert whole < 0


def test_a_used_scene_answers_like_a_new_one(world, tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    models = [world.machine(tmp_path, f"m{i}", [((-0.3 - i / 10, -0.4, 0), (0.3, 0.4, 1 + i / 5))]) for i in range(3)]
    arm = world.arm_model(tmp_path)

    def line(count: int):
        things = [world.station(f"s{i}", models[i % 3], *rng.uniform(1, 4, 2), rng.uniform(0, 6)) for i in range(count)]
        return world.line(*things, world.arm("arm", arm, *rng.uniform(1, 4, 2), rng.uniform(0, 6)))

    lines = [line(count) for count in (6, 2, 5, 3, 6)]
    with Scene() as used:
        for made in lines:
            names = [*made.stations, *made.arms]
            pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
            used.place(made)
            with Scene() as fresh:
                fresh.place(made)
                assert np.array_equal(used.distances(pairs, 2.0), fresh.distances(pairs, 2.0))


def test_memory_stays_flat(world, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    models = [world.machine(tmp_path, f"m{i}") for i in range(4)]
    arm = world.arm_model(tmp_path)

    def once() -> None:
        stations = [world.station(f"s{i}", models[i % 4], *rng.uniform(0, 9, 2), rng.uniform(0, 6)) for i in range(8)]
        line = world.line(*stations, world.arm("arm", arm, *rng.uniform(0, 9, 2)))
        scene.place(line)
        scene.distances([("s0", "s1"), ("s2", "arm"), ("s3", "s4")], 1.0)

    with Scene() as scene:
        for _ in range(100):
            once()
        before = psutil.Process().memory_info().rss
        for _ in range(500):
            once()
        grown = psutil.Process().memory_info().rss - before
    assert grown < 2e6  # loading anew would leak 265 to 429 kB each time: over 130 MB


def test_outline_is_what_the_hulls_cover(world, tmp_path: Path) -> None:
    wide = world.machine(
        tmp_path,
        boxes=[((-0.5, -0.5, 0), (0.5, 0.5, 1)), ((0.5, 0, 0.8), (0.9, 0.1, 1))],
        footprint=[(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5)],
    )
    with Scene() as scene:
        outline = scene.outline(wide)
    assert outline.min(axis=0) == pytest.approx([-0.5, -0.5])
    assert outline.max(axis=0) == pytest.approx([0.9, 0.5])


def test_what_cannot_be_loaded_is_said(world, tmp_path: Path) -> None:
    model = world.machine(tmp_path)
    with Scene() as scene:
        with pytest.raises(SceneError, match="no such thing"):
            scene.distances([("a", "b")], 1.0)
        model.hulls.unlink()
        with pytest.raises(SceneError, match="hulls"):
            scene.place(world.line(world.station("a", model, 1, 1)))
        flat = world.machine(tmp_path, "flat")
        flat.hulls.write_text("o a\nv 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
        with pytest.raises(SceneError, match="at least 4 vertices"):
            scene.place(world.line(world.station("a", flat, 1, 1)))
    with pytest.raises(SceneError, match="closed"):
        scene.place(world.line())
    scene.close()


def test_missing_meshes_of_an_arm_are_named(world, tmp_path: Path) -> None:
    model = world.arm_model(tmp_path)
    (model.urdf.parent / "meshes" / "pedestal.obj").unlink()
    with pytest.raises(AssetError, match=r"package://boxarm/meshes/pedestal\.obj"):
        urdf_for_engine(model.urdf)


def test_pieces_are_read_object_by_object(world, tmp_path: Path) -> None:
    boxes = [((0, 0, 0), (1, 1, 1)), ((2, 0, 0), (3, 1, 2))]
    pieces = hull_pieces(world.machine(tmp_path, boxes=boxes).hulls)
    assert [piece.max(axis=0).tolist() for piece in pieces] == [[1, 1, 1], [3, 1, 2]]
