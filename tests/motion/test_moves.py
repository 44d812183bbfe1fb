"""Set points of moves for each step of a clock: true in place and speed, whole steps, there and back."""

from __future__ import annotations

import numpy as np
import pytest

from layout.files.assets import load_model
from layout.model.library import ArmModel, MachineModel
from layout.model.results import JointPath
from layout.motion import moves, trajectory
from layout.motion.doors import door_steps, trapezoid, trapezoid_way
from layout.motion.kinematics import chain_of

STEP_S = 1.0 / 240.0


def path() -> tuple[ArmModel, JointPath]:
    model = load_model("arm_16kg_r2010")
    assert isinstance(model, ArmModel)
    home = np.array(model.home)
    chain = chain_of(model)
    way = trajectory.direct(home, home + [1.0, 0.4, -0.5, 0.2, 0.3, 2.0])
    return model, trajectory.joint_path(chain, way, chain.limits, 0.6, dense=True)


def test_speeds_lead_from_each_set_point_to_the_next() -> None:
    _, given = path()
    steps = moves.steps(given, STEP_S)
    following = np.vstack([steps.angles[1:], steps.end])
    assert np.allclose(steps.angles + steps.speeds * STEP_S, following, atol=1e-12)
    assert np.allclose(steps.angles[0], given.angles[0])
    assert np.array_equal(steps.end, given.angles[-1])
    assert abs(len(steps.angles) * STEP_S - given.time_s[-1]) <= STEP_S / 2


def test_set_points_lie_on_the_path_and_within_its_speeds() -> None:
    model, given = path()
    steps = moves.steps(given, STEP_S)
    clock = np.arange(len(steps.angles)) * given.time_s[-1] / len(steps.angles)
    for joint in range(len(model.joints)):
        exact = np.interp(clock, given.time_s, given.angles[:, joint])
        assert np.abs(steps.angles[:, joint] - exact).max() < 2e-4
    assert (np.abs(steps.speeds) <= 0.6 * chain_of(model).limits[0] * 1.003).all()
    harder = np.abs(np.diff(steps.speeds, axis=0)) / STEP_S
    assert (harder <= 0.36 * chain_of(model).limits[1] * 1.02 + 1e-6).all()


def test_the_way_back_is_the_same_way_in_its_own_time() -> None:
    _, given = path()
    there, back = moves.steps(given, STEP_S), moves.steps(given, STEP_S, 2.0 * float(given.time_s[-1]), backwards=True)
    assert np.allclose(back.angles[0], there.end)
    assert np.allclose(back.end, there.angles[0])
    assert len(back.angles) == pytest.approx(2 * len(there.angles), abs=1)


def test_a_sparse_path_does_not_swing_out() -> None:
    given = JointPath(np.array([0.0, 0.1, 1.0]), np.array([[0.0], [0.5], [0.5]]))
    angles = moves.steps(given, STEP_S).angles
    assert angles.min() >= 0.0
    assert angles.max() <= 0.5 + 1e-12


def test_a_path_without_length_has_no_steps() -> None:
    steps = moves.steps(JointPath(np.zeros(1), np.array([[0.3, 0.4]])), STEP_S)
    assert len(steps.angles) == 0
    assert steps.end.tolist() == [0.3, 0.4]


@pytest.mark.parametrize(("way", "speed", "acceleration"), [(0.725, 0.6, 2.0), (-0.05, 0.6, 2.0), (1.5, 0.5, 4.0)])
def test_doors_go_as_trapezoids(way: float, speed: float, acceleration: float) -> None:
    whole = trapezoid(way, speed, acceleration)
    clock = np.linspace(0.0, whole, 4001)
    gone = trapezoid_way(way, speed, acceleration, clock)
    rate = np.gradient(gone, clock)
    assert gone[0] == 0.0
    assert gone[-1] == pytest.approx(way)
    assert np.abs(rate).max() <= speed * 1.001
    assert np.abs(np.gradient(rate, clock))[3:-3].max() <= acceleration * 1.01
    assert gone[2000] == pytest.approx(way / 2.0)


def test_the_slowest_axis_decides() -> None:
    model = load_model("hydraulic_press")
    assert isinstance(model, MachineModel)
    load, work = model.position("load"), model.position("work")
    steps = door_steps(model, load, work, STEP_S)
    spans = [trapezoid(b - a, x.speed, x.acceleration) for a, b, x in zip(load, work, model.axes, strict=True)]
    assert steps.length_s == max(spans)
    assert steps.end.tolist() == list(work)
