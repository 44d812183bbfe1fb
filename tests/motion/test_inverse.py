"""Inverse kinematics: every reachable pose is reached, inside the limits, and nothing else is claimed."""

from __future__ import annotations

import math

import numpy as np
import pytest

from layout.files.assets import load_model
from layout.motion import inverse, kernels
from layout.motion.inverse import ANGLE_RAD, POSITION_M, solutions
from layout.motion.kinematics import chain_of, forward


def misses(model, target, found) -> tuple[float, float]:
    """Greatest position (m) and angle (rad) error of solutions, by plain matrix algebra."""
    poses = forward(model, found)
    position = np.linalg.norm(poses[:, :3, 3] - target[:3, 3], axis=1).max()
    cosine = (np.einsum("kij,ij->k", poses[:, :3, :3], target[:3, :3]) - 1) / 2
    return float(position), float(np.arccos(np.clip(cosine, -1, 1)).max())


@pytest.mark.parametrize(("name", "count"), [("arm_16kg_r2010", 1000), ("kuka_iiwa7", 300), ("franka_panda", 300)])
def test_reachable_poses_are_reached(name, count) -> None:
    model = load_model(name)
    chain = chain_of(model)
    given = np.random.default_rng(7).uniform(chain.lower, chain.upper, (count, chain.dof))
    solved = 0
    for target in forward(model, given):
        found = solutions(model, target)
        solved += len(found) > 0
        if len(found):
            position, angle = misses(model, target, found)
            assert position < POSITION_M and angle < ANGLE_RAD
            assert (found >= chain.lower).all() and (found <= chain.upper).all()
    assert solved >= 0.995 * count


def test_six_axes_give_every_solution(six) -> None:
    """Among the solutions is the configuration that the pose was made from."""
    chain = chain_of(six)
    missed = 0
    for q in np.random.default_rng(3).uniform(chain.lower, chain.upper, (300, 6)):
        found = solutions(six, forward(six, q))
        turns = np.abs((found - q + np.pi) % (2 * np.pi) - np.pi)
        missed += not (len(found) and turns.max(axis=1).min() < 1e-5)
    assert missed <= 1


def test_variants_by_whole_turns_are_distinct_and_inside(six) -> None:
    chain = chain_of(six)
    found = solutions(six, forward(six, [0.3, -1.2, 1.4, 0.5, 0.9, 0.2]))
    assert len(found) > 8
    assert len({tuple(np.round(q, 5)) for q in found}) == len(found)
    for first in found:  # joint 6 goes round nearly twice, so each solution has its sister
        assert any(
            abs(abs(other[5] - first[5]) - 2 * np.pi) < 1e-6 and np.allclose(other[:5], first[:5]) for other in found
        )
    assert (found >= chain.lower).all() and (found <= chain.upper).all()


@pytest.mark.parametrize("away", [(3.0, 0.0, 0.5), (0.0, 0.0, 9.0), (0.05, 0.0, 0.6)])
def test_out_of_reach_gives_nothing(six, iiwa, away) -> None:
    target = np.eye(4)
    target[:3, :3] = [[1, 0, 0], [0, -1, 0], [0, 0, -1]]
    target[:3, 3] = away
    assert len(solutions(six, target)) == 0
    if away != (0.05, 0.0, 0.6):
        assert solutions(iiwa, target).shape == (0, 7)


def test_the_same_target_gives_the_same_answer(six, panda) -> None:
    for model in (six, panda):
        target = forward(model, model.home)
        assert np.array_equal(solutions(model, target), solutions(model, target))


def test_seven_axes_give_distinct_solutions(iiwa) -> None:
    found = solutions(iiwa, forward(iiwa, iiwa.home))
    assert len(found) == inverse.WANTED
    for k, q in enumerate(found):
        assert all(np.abs(q - other).max() >= inverse.APART_RAD for other in found[:k])


def test_numeric_and_closed_form_agree(six) -> None:
    """What descent finds for the six-axis arm is among the closed form's solutions."""
    chain = chain_of(six)
    seeds = inverse._seeds(chain)
    for q in np.random.default_rng(5).uniform(chain.lower, chain.upper, (30, 6)):
        target = forward(six, q)
        closed = solutions(six, target)
        numeric = kernels.search(
            chain.links, chain.slides, chain.lower, chain.upper, target, seeds, 8, inverse.APART_RAD, 48
        )
        assert len(numeric)
        for one in numeric:
            assert min(np.abs((closed - one + np.pi) % (2 * np.pi) - np.pi).max(axis=1)) < 1e-3


def test_fewer_axes_reach_what_they_can(tmp_path) -> None:
    """A four-axis arm with a rail joint (SCARA): the tool always points down, and such targets are found."""
    from layout.files.urdf import read_chain
    from layout.model.library import ArmModel

    path = tmp_path / "scara.urdf"
    path.write_text("""<robot name="scara"><link name="b"/><link name="1"/><link name="2"/><link name="3"/>
      <link name="4"/>
      <joint name="a" type="revolute"><parent link="b"/><child link="1"/><origin xyz="0 0 0.5"/><axis xyz="0 0 1"/>
        <limit lower="-2.5" upper="2.5" velocity="5" effort="1"/></joint>
      <joint name="c" type="revolute"><parent link="1"/><child link="2"/><origin xyz="0.35 0 0"/><axis xyz="0 0 1"/>
        <limit lower="-2.6" upper="2.6" velocity="5" effort="1"/></joint>
      <joint name="d" type="prismatic"><parent link="2"/><child link="3"/><origin xyz="0.3 0 0"/><axis xyz="0 0 -1"/>
        <limit lower="0" upper="0.3" velocity="1" effort="1"/></joint>
      <joint name="e" type="revolute"><parent link="3"/><child link="4"/><origin rpy="3.141592653589793 0 0"/>
        <axis xyz="0 0 1"/><limit lower="-6" upper="6" velocity="9" effort="1"/></joint></robot>""")
    joints, flange = read_chain(path, "b", "4")
    model = ArmModel(
        "scara", "", path, "b", "4", joints, flange, (0, 0, 0.1), (0, 0.5, 0.1, 0), (), {}, 1, 5, 0.65, 1, 0.3
    )
    chain = chain_of(model)
    solved = 0
    for q in np.random.default_rng(2).uniform(chain.lower, chain.upper, (100, 4)):
        target = forward(model, q)
        found = solutions(model, target)
        solved += len(found) > 0
        if len(found):
            assert max(misses(model, target, found)) < 1e-4
    assert solved >= 99
    tilted = forward(model, model.home)
    tilted[:3, :3] = tilted[:3, :3] @ [[1, 0, 0], [0, math.cos(0.3), -math.sin(0.3)], [0, math.sin(0.3), math.cos(0.3)]]
    assert len(solutions(model, tilted)) == 0
