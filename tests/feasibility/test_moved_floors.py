"""The rules of ways, doors and gaps, for any floor: moved, turned or mirrored as a whole it breaks the same ones."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layout.feasibility import Ground
from layout.feasibility.floor import fence
from layout.feasibility.lanes import lane
from layout.feasibility.safety import gap
from layout.feasibility.swings import access, door
from layout.feasibility.walkways import walkway
from layout.model.floor import Safety
from layout.model.library import MachineModel, Port
from layout.model.line import Line
from layout.model.pose import Pose

RULES = (fence, lane, walkway, gap, access, door)

NEAR_M = {"walkway": 0.8 / 128 + 0.005, "lane": 0.6 / 256 + 1e-4, "gap": 0.3 / 256 + 1e-4}
"""Widths are found by halving, and circles have corners: so much may change where something is only just free."""

PLACE = st.tuples(st.floats(0.7, 7.3), st.floats(0.7, 7.3), st.floats(-math.pi, math.pi))
MOVE = st.tuples(st.floats(-40, 40), st.floats(-40, 40), st.floats(-math.pi, math.pi))


@pytest.fixture(scope="module")
def models(world, tmp_path_factory) -> Iterator[dict[str, Any]]:
    """Models that are their own mirror images: one with a dock, one with an operator side and a port, and a cart; and
    one with doors, which is not."""
    home: Path = tmp_path_factory.mktemp("models")
    dock = {"dock": Port("dock", "inout", ("vehicle",), (0.0, -0.5, 0.8), facing=(0.0, -1.0))}
    port = {"table": Port("table", "inout", ("arm",), (0.0, -0.4, 1.1), (0.0, 1.0, 0.0), (0.0, -0.5, 0.0))}
    yield {
        "docked": world.machine(home, "docked", ports=dock),
        "served": world.machine(home, "served", service={"front": 0.8}, ports=port),
        "doored": world.with_doors(home),
        "cart": world.vehicle(home),
        "arm": world.arm_model(home),
    }


def line(world, models: dict[str, Any], places, move: Pose, mirror: bool = False) -> Line:
    def points(given: list[tuple[float, float]]) -> list[list[float]]:
        flat = np.array(given, dtype=float) * ([-1, 1] if mirror else [1, 1])
        return move.apply(flat).tolist()

    kinds: list[MachineModel] = [models[k] for k in ("docked", "docked", "served", "served" if mirror else "doored")]
    stations = []
    for k, (x, y, yaw) in enumerate(places):
        ((x, y),) = points([(x, y)])
        stations.append(world.station(f"s{k}", kinds[k], x, y, (-yaw if mirror else yaw) + move.yaw_rad))
    ((x, y),) = points([(4.0, 4.0)])
    made = world.line(
        *stations,
        world.arm("arm", models["arm"], x, y, move.yaw_rad, ["s2"]),
        world.fleet("carts", models["cart"], 2, ["s0", "s1"]),
        boundary=points([(0, 0), (9, 0), (9, 6), (8, 6), (8, 8), (0, 8)]),
        obstacles={"column": {"polygon": points([(3, 5.5), (3.4, 5.5), (3.2, 6.1)])}},
        fences={"guard": {"line": points([(0, 3), (2, 3), (2, 1.1)])}},
        walkways={"width": "800 mm", "exits": {"door": points([(9, 1)])[0]}},
    )
    return replace(made, safety=Safety(gap="300 mm"))


def amounts(given: Line) -> dict[tuple[str, ...], float]:
    ground = Ground(given)
    return {(v.rule, *v.subjects): v.amount for rule in RULES for v in rule(ground)}


def same(one: dict[tuple[str, ...], float], other: dict[tuple[str, ...], float]) -> None:
    for key in one.keys() | other.keys():
        assert one.get(key, 0.0) == pytest.approx(other.get(key, 0.0), abs=NEAR_M.get(key[0], 1e-5)), key


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(places=st.lists(PLACE, min_size=4, max_size=4), move=MOVE)
def test_a_moved_floor_breaks_the_same_rules(world, models, places, move) -> None:
    here = amounts(line(world, models, places, Pose(0, 0, 0)))
    same(here, amounts(line(world, models, places, Pose(*move))))


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(places=st.lists(PLACE, min_size=3, max_size=3))
def test_a_mirrored_floor_breaks_the_same_rules(world, models, places) -> None:
    same(
        amounts(line(world, models, places, Pose(0, 0, 0))),
        amounts(line(world, models, places, Pose(0, 0, 0), mirror=True)),
    )
