"""Gaps and separation distances against the scenario's figures, by hand; what an arm sweeps, against its kinematics."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely

from layout.feasibility import Ground, check
from layout.feasibility.safety import arm_gap, separation
from layout.feasibility.sweeps import STEP_M, configurations, sweep_of
from layout.model.floor import Safety
from layout.model.library import Port
from layout.model.line import Line
from layout.model.results import ArmTimes, JointPath, Moves
from layout.scene import Scene

GAP = Safety(gap="500 mm")


@pytest.fixture(scope="module")
def scene():
    with Scene() as made:
        yield made


def amounts(line: Line, scene: Scene) -> dict[tuple[str, ...], float]:
    return {(v.rule, *v.subjects): v.amount for v in check(line, scene)}


# ---------------------------------------------------------------- doors


def test_a_door_opens_towards_a_machine(world, tmp_path: Path, scene: Scene) -> None:
    """The panel comes 1.1 m to the right of its machine's middle; the box beside it begins 0.3 m further."""
    doored, box = world.with_doors(tmp_path), world.machine(tmp_path)

    def line(x: float, **floor) -> Line:
        made = world.line(world.station("m", doored, 4, 4), world.station("b", box, x, 4), **floor)
        return replace(made, safety=GAP)

    near = line(4 + 1.1 + 0.3 + 0.5)
    assert amounts(near, scene) == {("gap", "b", "m"): pytest.approx(0.2, abs=0.003)}
    assert amounts(line(4 + 1.1 + 0.5 + 0.51), scene) == {}
    assert amounts(replace(near, safety=Safety()), scene) == {}  # nobody asked for a figure


def test_no_gap_counts_where_nobody_gets(world, tmp_path: Path, scene: Scene) -> None:
    """The same two machines in a closed fence, the exit outside; a door of 0.6 m in the fence lets people in."""
    doored, box = world.with_doors(tmp_path), world.machine(tmp_path)

    def line(end: float) -> Line:
        ring = [(2, 2), (8, 2), (8, 6), (2, 6), (2, 2 + end)]
        made = world.line(
            world.station("m", doored, 4, 4), world.station("b", box, 5.9, 4),
            fences={"guard": {"line": ring}}, walkways={"width": "600 mm", "exits": {"door": (0, 0)}},
        )  # fmt: skip
        return replace(made, safety=GAP)

    assert amounts(line(0.0), scene) == {}
    assert set(amounts(line(0.65), scene)) == {("gap", "b", "m")}


# ---------------------------------------------------------------- vehicles


def test_vehicles_keep_the_gap_or_say_what_is_missing(world, tmp_path: Path, scene: Scene) -> None:
    """A lane of 1.2 m for a cart of 0.6 m leaves 0.3 m at both sides: 0.2 m less than wanted."""
    port = {"dock": Port("dock", "inout", ("vehicle",), (0.0, -0.5, 0.8), facing=(0.0, -1.0))}
    model = world.machine(tmp_path, "docked", ports=port)

    def line(width: float) -> Line:
        walls = {
            "left": {"polygon": [(-5, 6), (6 - width / 2, 6), (6 - width / 2, 7.5), (-5, 7.5)]},
            "right": {"polygon": [(6 + width / 2, 6), (17, 6), (17, 7.5), (6 + width / 2, 7.5)]},
        }
        made = world.line(
            world.station("low", model, 3, 1.6, 3.141592653589793), world.station("high", model, 3, 12.4),
            world.fleet("carts", world.vehicle(tmp_path), 1, ["low", "high"]),
            obstacles=walls, boundary=[(-5, -1), (17, -1), (17, 15), (-5, 15)],
        )  # fmt: skip
        return replace(made, safety=GAP)

    assert amounts(line(1.6), scene) == {}
    assert amounts(line(1.2), scene) == {("gap", "carts", "high", "low"): pytest.approx(0.2, abs=0.5 / 256)}
    assert amounts(replace(line(1.2), safety=Safety()), scene) == {}


# ---------------------------------------------------------------- arms


def turning(world, folder: Path) -> tuple[Line, Moves]:
    """An arm that stretches out level at shoulder height and swings from straight ahead to its left."""
    arm = world.arm_model(folder)
    line = world.line(world.arm("r", arm, 4, 4), world.station("t", world.machine(folder), 9, 7))
    ahead = np.array([0.0, np.pi / 2, -np.pi / 2, 0.0, 0.0, 0.0])
    left = ahead + [np.pi / 2, 0, 0, 0, 0, 0]
    none = np.zeros((0, 0))
    path = JointPath(np.array([0.0, 1.0]), np.array([ahead, left]))
    times = ArmTimes((), none, none, np.zeros(0), np.zeros(0), none, loaded={(0, 1): path})
    return line, Moves(arms={"r": times})


def test_a_sweep_covers_the_quarter_that_the_arm_turns_through(world, tmp_path: Path) -> None:
    """Shoulder to flange: 0.8 + 0.1 + 0.6 m to the wrist, 0.05 + 0.06 m to the end of the last box; 0.08 m is half the
    widest box. What is measured to is no farther than the arm, and no nearer than it by more than the slack."""
    line, moves = turning(world, tmp_path)
    polygons, slack = sweep_of(line.arms["r"], moves.arms["r"])
    whole = shapely.union_all(polygons)
    reach = 0.8 + 0.1 + 0.6 + 0.05 + 0.06
    assert 0 <= slack < 0.05
    for angle in np.linspace(0, np.pi / 2, 19):
        tip = shapely.Point(4 + reach * np.cos(angle), 4 + reach * np.sin(angle))
        assert shapely.distance(whole, tip) <= slack + 0.003
    assert shapely.distance(whole, shapely.Point(4 + reach + 0.5, 4)) == pytest.approx(0.5, abs=slack + 0.003)
    assert shapely.distance(whole, shapely.Point(4, 4 - 0.5)) >= 0.25  # nothing behind it but half a link's width


def test_configurations_are_close(world, tmp_path: Path) -> None:
    """1.7 m from its axis, a quarter turn is a way of 2.67 m."""
    _, moves = turning(world, tmp_path)
    found = configurations(moves.arms["r"], np.array([1.7, 1.7, 1.0, 0.3, 0.3, 0.3]))
    swing = np.sort(found[:, 0])
    assert swing[0] == 0.0 and swing[-1] == pytest.approx(np.pi / 2)
    assert 1.7 * np.diff(swing).max() <= STEP_M + 1e-9
    assert len(found) < 2 * 2.67 / STEP_M


def test_separation_by_hand(world, tmp_path: Path) -> None:
    """S = 1.6 m/s x 0.5 s + 0.85 m = 1.65 m; the arm's end sweeps to 5.61 m, the curtain stands at 6.8 m."""
    line, moves = turning(world, tmp_path)
    curtain = {"curtain": {"line": [(6.8, 0), (6.8, 8)], "stopping": "0.5 s"}}

    def short(line_: Line) -> dict[tuple[str, ...], float]:
        ground = Ground(line_)
        ground.moves = moves  # planned elsewhere
        return {v.subjects: v.amount for v in separation(ground)}

    watched = replace(line, safety=Safety(detection=curtain))
    assert short(watched) == {("curtain", "r"): pytest.approx(1.65 - (6.8 - 5.61), abs=0.03)}
    far = {"curtain": {"line": [(7.3, 0), (7.3, 8)], "stopping": "0.5 s"}}
    assert short(replace(line, safety=Safety(detection=far))) == {}


def test_a_gap_beside_an_arms_sweep(world, tmp_path: Path) -> None:
    """A box 0.3 m beyond the arm's end: 0.2 m are missing. Where the arm serves it, it is meant to come close."""
    line, moves = turning(world, tmp_path)
    box = world.machine(tmp_path, "box")

    def short(serves: tuple[str, ...]) -> dict[tuple[str, ...], float]:
        stations = {"b": world.station("b", box, 5.61 + 0.3 + 0.5, 4.0)}
        arms = {"r": replace(line.arms["r"], serves=serves)}
        ground = Ground(replace(line, stations=stations, arms=arms, safety=GAP))
        ground.moves = moves
        return {v.subjects: v.amount for v in arm_gap(ground)}

    assert short(()) == {("b", "r"): pytest.approx(0.2, abs=0.03)}
    assert short(("b",)) == {}
