"""Clearance of library models against python-fcl: 1,000 random pairs, by our kernel and by the scene's engine."""

from __future__ import annotations

import math

import numpy as np
import pytest

from layout.model.pose import Pose
from layout.motion.collision import gjk
from layout.motion.collision.shapes import PASSING, machine_pieces
from layout.scene import Scene

PAIRS = 1000
FROM_ENGINE_M = 0.0005  # what layout.feasibility.clearance.ENGINE_ERROR_M says
FAR_M = 6.0


def solids(model):
    """A machine's convex pieces as they stand while it is served."""
    return [piece for piece in machine_pieces(model) if piece.when != PASSING]


def clearance(a, b, pose: Pose) -> float:
    """Least distance (m) between the pieces of two things, nearest boxes first."""
    moved = [np.ascontiguousarray(pose.apply(piece.points)) for piece in b]
    low_a, high_a = (np.array([f(p.points, axis=0) for p in a]) for f in (np.min, np.max))
    low_b, high_b = (np.array([f(p, axis=0) for p in moved]) for f in (np.min, np.max))
    apart = np.maximum(0.0, np.maximum(low_a[:, None] - high_b[None], low_b[None] - high_a[:, None]))
    bound = np.linalg.norm(apart, axis=2)
    best = math.inf
    for k in np.argsort(bound, axis=None):
        i, j = divmod(int(k), len(b))
        if bound[i, j] >= best:
            break
        best = min(best, gjk.distance(a[i].points, moved[j]) - a[i].round_m - b[j].round_m)
    return best


@pytest.fixture(scope="module")
def cases(machines, oracle):
    """(first, second, pose, fcl's distance): two models, the second where it may stand beside or in the first."""
    rng = np.random.default_rng(7)
    pieces = [solids(model) for model in machines]
    bodies = [oracle.Body([piece.points for piece in one]) for one in pieces]
    found = []
    for _ in range(PAIRS):
        i, j = (int(k) for k in rng.integers(len(machines), size=2))
        pose = Pose(*(float(x) for x in rng.uniform(-2.5, 2.5, 2)), float(rng.choice([0, 0.5, 1, 1.5]) * math.pi))
        if rng.random() < 0.7:
            pose = Pose(pose.x_m, pose.y_m, float(rng.uniform(0, 7)))
        found.append((i, j, pose, oracle.distance(bodies[i], np.eye(4), bodies[j], pose.matrix())))
    return found


def test_no_piece_of_the_library_had_to_be_rounded(machines) -> None:
    assert all(piece.round_m == 0.0 for model in machines for piece in solids(model))


def test_our_distances_are_exact(machines, cases) -> None:
    pieces = [solids(model) for model in machines]
    apart = 0
    for i, j, pose, wanted in cases:
        got = clearance(pieces[i], pieces[j], pose)
        if wanted <= 0.0:
            assert got <= 0.0
        else:
            apart += 1
            assert got == pytest.approx(wanted, abs=1e-7)
    assert len(machines) >= 6 and apart > PAIRS / 2 and len(cases) - apart > PAIRS / 20


def test_the_scenes_distances_are_those_of_fcl(world, machines, cases) -> None:
    with Scene() as scene:
        for i, j, pose, wanted in cases:
            first, second = machines[i], machines[j]
            things = world.station("a", first, 0, 0), world.station("b", second, pose.x_m, pose.y_m, pose.yaw_rad)
            scene.place(world.line(*things))
            got = scene.distances([("a", "b")], FAR_M)[0]
            where = (first.name, second.name, pose)
            if wanted <= 0.0:
                assert got <= FROM_ENGINE_M, where
            elif wanted < FAR_M - FROM_ENGINE_M:
                assert got == pytest.approx(wanted, abs=FROM_ENGINE_M), where
