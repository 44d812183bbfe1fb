"""What holds for every layout: a moved or mirrored cell breaks the same rules by the same amounts."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from layout.feasibility import check, convex, quick
from layout.model.library import Port
from layout.model.line import Belt, Line
from layout.model.pose import Pose
from layout.scene import Scene

ENGINE_M = 0.001
HERE = Pose(0, 0)


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    with Scene() as made:
        yield made


class Cell:
    """A random cell whose models are symmetric from left to right, so that its mirror image can be built."""

    def __init__(self, world: Any, folder: Path, seed: int) -> None:
        self.world = world
        rng = np.random.default_rng(seed)
        ports = {
            "table": Port("table", "inout", ("arm",), (0.0, -0.3, 1.0), (0.0, 1.0, 0.0), (0.0, -0.5, 0.0)),
            "out": Port("out", "out", ("belt",), (0.0, 0.6, 0.8), facing=(0.0, 1.0)),
            "in": Port("in", "in", ("belt",), (0.0, -0.6, 0.8), facing=(0.0, -1.0)),
        }
        slab, column = ((-0.5, -0.6, 0), (0.5, 0.6, 0.8)), ((-0.5, 0.2, 0.8), (0.5, 0.6, 1.9))
        tee = [(-0.5, -0.6), (0.5, -0.6), (0.5, 0.1), (0.8, 0.1), (0.8, 0.6), (-0.8, 0.6), (-0.8, 0.1), (-0.5, 0.1)]
        self.models = [
            world.machine(folder, "m0", [slab, column], service={"front": 0.6}, ports=ports),
            world.machine(
                folder, "m1", [slab, ((-0.8, 0.1, 0), (0.8, 0.6, 1))], tee, {"front": 0.3, "back": 0.4}, ports
            ),
        ]
        self.arm = world.arm_model(folder)
        self.poses = [(*rng.uniform(0.5, 5.0, 2), rng.uniform(0, 6.3)) for _ in range(6)]
        self.boundary = [(0, 0), (8, 0), (8, 5), (6, 5), (6, 8), (0, 8)]
        self.column = [(3, 3), (3.5, 3), (3.7, 3.4), (3, 3.5)]
        self.exit = [(7, 0), (8, 0), (8, 1.5), (7, 1.2)]

    def line(self, motion: Pose = HERE, mirror: bool = False) -> Line:
        def points(given: list[tuple[float, float]]) -> list[list[float]]:
            flat = np.array(given, dtype=float) * ([-1, 1] if mirror else [1, 1])
            return motion.apply(flat[::-1] if mirror else flat).tolist()

        placed = []
        for x, y, yaw in self.poses:
            x, yaw = (-x, -yaw) if mirror else (x, yaw)
            (x, y), *_ = motion.apply([(x, y)])
            placed.append((x, y, yaw + motion.yaw_rad))
        stations = [self.world.station(f"s{i}", self.models[i % 2], *pose) for i, pose in enumerate(placed[:5])]
        return self.world.line(
            *stations,
            self.world.arm("arm", self.arm, *placed[5], serves=["s0", "s1", "s2"]),
            Belt("belt", "s3", "s4", 0.3, 0.4, 0.4),
            boundary=points(self.boundary),
            obstacles={"column": {"polygon": points(self.column)}},
            keep_clear={"exit": {"polygon": points(self.exit)}},
        )


def amounts(line: Line, scene: Scene, everything: bool = True) -> dict[tuple[str, ...], float]:
    return {(v.rule, *v.subjects): v.amount for v in check(line, scene, everything=everything)}


def same(one: dict[tuple[str, ...], float], other: dict[tuple[str, ...], float], loose: set[str]) -> None:
    """Equal amounts; those of the engine within its error, where a hair's breadth may also make or unmake one."""
    for key in one.keys() | other.keys():
        near = ENGINE_M if key[0] in loose else 1e-6
        assert one.get(key, 0.0) == pytest.approx(other.get(key, 0.0), abs=near), key


@pytest.mark.parametrize("seed", range(4))
def test_moving_the_whole_cell_changes_nothing(world, tmp_path: Path, scene: Scene, seed: int) -> None:
    cell = Cell(world, tmp_path, seed)
    here = amounts(cell.line(), scene)
    assert len(here) > 3
    for motion in (Pose(3, -2, math.pi / 2), Pose(-20, 7, 0.4), Pose(1, 1, -2.0)):
        same(here, amounts(cell.line(motion), scene), {"clearance"})


@pytest.mark.parametrize("seed", range(4))
def test_a_mirrored_cell_breaks_the_same_rules(world, tmp_path: Path, scene: Scene, seed: int) -> None:
    """All but reach and belts: the arm is not symmetric in its limits, and of two ways equally long either will do."""
    cell = Cell(world, tmp_path, seed)
    here, there = amounts(cell.line(), scene), amounts(cell.line(mirror=True), scene)
    kept = [{k: v for k, v in found.items() if k[0] != "reach" and "belt" not in k} for found in (here, there)]
    assert kept[0]
    same(*kept, {"clearance"})


@pytest.mark.parametrize("seed", range(12))
def test_what_fails_quickly_fails(world, tmp_path: Path, scene: Scene, seed: int) -> None:
    line = Cell(world, tmp_path, seed).line()
    fast, slow = quick(line), amounts(line, scene)
    for violation in fast:
        if violation.rule != "belt":
            assert violation.amount <= slow[(violation.rule, *violation.subjects)] + 1e-6, violation
        else:
            assert any(rule == "belt" and "belt" in subjects for rule, *subjects in slow), violation
    staged = amounts(line, scene, everything=False)
    assert bool(staged) == bool(slow)


def test_alternating_lines_get_a_fresh_scenes_answers(world, tmp_path: Path) -> None:
    cells = [Cell(world, tmp_path / str(seed), seed) for seed in range(3)]
    fresh = []
    for cell in cells:
        with Scene() as scene:
            fresh.append(check(cell.line(), scene))
    with Scene() as scene:
        for _ in range(3):
            assert [check(cell.line(), scene) for cell in cells] == fresh


def test_depth_is_the_least_way_out() -> None:
    """Random convex pairs: moved apart by the depth along some direction they are free, by less they never are."""
    import shapely

    rng = np.random.default_rng(0)
    checked = 0
    for _ in range(40):
        a, b = (
            np.asarray(shapely.multipoints(rng.normal(size=(7, 2)) + shift).convex_hull.exterior.coords)[:-1]
            for shift in ((0, 0), (1, 0.5))
        )
        size = max(len(a), len(b)) + 2
        depth = convex.depths(convex.padded([a], size), convex.padded([b], size))[0]
        one, other = shapely.Polygon(a), shapely.Polygon(b)
        if depth <= 0:
            assert not one.intersects(other) or one.intersection(other).area < 1e-9
            continue
        checked += 1
        angles = np.linspace(0, 2 * np.pi, 720)
        free = {}
        for share in (0.98, 1.02):
            away = np.column_stack([np.cos(angles), np.sin(angles)]) * depth * share
            moved = [shapely.Polygon(b + step) for step in away]
            free[share] = any(one.intersection(polygon).area < 1e-9 for polygon in moved)
        assert free == {0.98: False, 1.02: True}
    assert checked > 15


def test_convex_pieces_cover_the_polygon() -> None:
    import shapely

    rng = np.random.default_rng(2)
    for _ in range(30):
        angles = np.sort(rng.uniform(0, 2 * np.pi, 9))
        star = np.column_stack([np.cos(angles), np.sin(angles)]) * rng.uniform(0.3, 2.0, 9)[:, None]
        polygon = shapely.Polygon(star)
        if not polygon.is_valid or np.diff(angles).max() > 3:
            continue
        pieces = [shapely.Polygon(piece) for piece in convex.pieces_of(star)]
        assert sum(piece.area for piece in pieces) == pytest.approx(polygon.area)
        assert shapely.union_all(pieces).symmetric_difference(polygon).area == pytest.approx(0, abs=1e-9)
        assert all(piece.convex_hull.area == pytest.approx(piece.area) for piece in pieces)
