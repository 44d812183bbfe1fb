"""Inverse kinematics: every reachable pose is reached, inside the limits, and nothing else is claimed."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from layout.files.assets import load_model, model_names
from layout.model.equip import on_rail, with_tool
from layout.model.library import ArmModel, Joint, Rail, ToolModel
from layout.motion import inverse, kernels
from layout.motion.inverse import ANGLE_RAD, POSITION_M, solutions
from layout.motion.kinematics import chain_of, forward


def misses(model, target, found) -> tuple[float, float]:
    """Greatest position (m) and angle (rad) error of solutions, by plain matrix algebra."""
    poses = forward(model, found)
    position = np.linalg.norm(poses[:, :3, 3] - target[:3, 3], axis=1).max()
    cosine = (np.einsum("kij,ij->k", poses[:, :3, :3], target[:3, :3]) - 1) / 2
    return float(position), float(np.arccos(np.clip(cosine, -1, 1)).max())


def library_arms() -> list[ArmModel]:
    """Every arm of the library as it comes, with each tool, and on a rail: new ones come by themselves."""
    models = [load_model(name) for name in model_names()]
    tools = [model for model in models if isinstance(model, ToolModel)]
    out = []
    for arm in models:
        if isinstance(arm, ArmModel):
            out += [arm, *(replace(with_tool(arm, tool), name=f"{arm.name}+{tool.name}") for tool in tools)]
            out.append(replace(on_rail(arm, Rail(4.0, 1.5, 2.0)), name=f"{arm.name}+rail"))
    return out


@pytest.mark.parametrize("model", library_arms(), ids=lambda model: model.name)
def test_reachable_poses_are_reached(model) -> None:
    """At least 99.5 % of poses made from joint angles inside the limits (1,000 each: measure.py)."""
    chain, count = chain_of(model), 200
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


def test_a_carriage_stands_where_the_arm_reaches(six) -> None:
    """On a rail of 6 m: solutions from many places, none farther from the target than the arm is long."""
    riding = on_rail(six, Rail(6.0, 1.5, 2.0))
    chain = chain_of(riding)
    target = np.eye(4)
    target[:3, :3] = [[1, 0, 0], [0, -1, 0], [0, 0, -1]]
    for along in (-4.0, -3.0, -0.7, 0.0, 2.2, 4.5):
        target[:3, 3] = along, 1.2, 0.9
        found = solutions(riding, target)
        assert len(np.unique(found[:, 0])) >= 3
        assert (np.abs(found[:, 0]) <= 3.0).all() and (np.abs(found[:, 0] - along) < 2.1).all()
        for place in np.unique(found[:, 0]):  # at each place all that the arm alone has there
            local = target.copy()
            local[0, 3] -= place
            own = found[found[:, 0] == place][:, 1:]
            assert np.allclose(np.sort(own, axis=0), np.sort(solutions(six, local), axis=0), atol=1e-6)
    assert inverse.carriages(chain, target, 9).max() <= 3.0
    target[:3, 3] = 5.2, 0.0, 0.9
    assert solutions(riding, target).shape == (0, 7)
    assert solutions(riding, np.diag([1.0, -1.0, -1.0, 1.0]) + [[0] * 4, [0, 0, 0, 3.0], [0] * 4, [0] * 4]).size == 0


def test_a_rail_along_another_way(six) -> None:
    """A rail that runs up a wall, as a URDF may have it: the first joint slides along z."""
    up = Joint("lift", 0.0, 1.5, 1.0, 1.0, 5.0, six.joints[0].origin, (0.0, 0.0, 1.0), True)
    first = replace(six.joints[0], origin=tuple(tuple(float(v) for v in row) for row in np.eye(4)))
    lifted = replace(six, joints=(up, first, *six.joints[1:]), home=(0.2, *six.home))
    chain = chain_of(lifted)
    for q in np.random.default_rng(9).uniform(chain.lower, chain.upper, (50, 7)):
        target = forward(lifted, q)
        found = solutions(lifted, target)
        assert len(found) and max(misses(lifted, target, found)) < 1e-4
        assert (found >= chain.lower).all() and (found <= chain.upper).all()


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
