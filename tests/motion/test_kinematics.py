"""Forward kinematics and Jacobian against PyBullet and against arms drawn on paper."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layout.files.assets import load_model, model_names
from layout.files.urdf import read_chain
from layout.model.equip import on_rail
from layout.model.library import ArmModel, Rail
from layout.motion.kinematics import chain_of, forward, jacobian

ARMS = tuple(name for name in model_names() if isinstance(load_model(name), ArmModel))


@pytest.fixture(scope="module")
def client():
    import pybullet

    number = pybullet.connect(pybullet.DIRECT)
    yield number
    pybullet.disconnect(number)


def spread(model: ArmModel, count: int, seed: int = 1) -> np.ndarray:
    chain = chain_of(model)
    return np.random.default_rng(seed).uniform(chain.lower, chain.upper, (count, chain.dof))


@pytest.mark.parametrize("name", ARMS)
def test_forward_agrees_with_pybullet(name, client) -> None:
    import pybullet as p

    model = load_model(name)
    body = p.loadURDF(str(model.urdf), useFixedBase=True, physicsClientId=client)
    joints, links = {}, {p.getBodyInfo(body, physicsClientId=client)[0].decode(): -1}
    for k in range(p.getNumJoints(body, physicsClientId=client)):
        info = p.getJointInfo(body, k, physicsClientId=client)
        joints[info[1].decode()], links[info[12].decode()] = k, k
    assert links[model.base] == -1
    for q in spread(model, 30):
        for joint, value in zip(model.joints, q, strict=True):
            p.resetJointState(body, joints[joint.name], value, physicsClientId=client)
        state = p.getLinkState(body, links[model.tip], computeForwardKinematics=1, physicsClientId=client)
        # PyBullet's base state is its centre of mass: the link's frame is what lies before it
        offset = p.getDynamicsInfo(body, -1, physicsClientId=client)
        inverse = p.invertTransform(offset[3], offset[4])
        at, turn = p.getBasePositionAndOrientation(body, physicsClientId=client)
        base = p.multiplyTransforms(at, turn, *inverse)
        at, turn = p.multiplyTransforms(*p.invertTransform(*base), state[4], state[5])
        at, turn = p.multiplyTransforms(at, turn, np.add(model.seat_m, model.tcp_m), (0, 0, 0, 1))
        pose = forward(model, q)
        at = np.add(at, (0, 0, model.mount_m))  # the chain starts on the floor, below the pedestal
        assert np.allclose(pose[:3, 3], at, atol=2e-5)  # PyBullet's URDF importer works in single precision
        assert np.allclose(pose[:3, :3], np.reshape(p.getMatrixFromQuaternion(turn), (3, 3)), atol=5e-5)
    p.removeBody(body, physicsClientId=client)


@pytest.fixture(scope="module")
def planar(tmp_path_factory) -> ArmModel:
    path = tmp_path_factory.mktemp("planar") / "planar.urdf"
    path.write_text("""<robot name="planar"><link name="base"/><link name="a"/><link name="b"/><link name="end"/>
      <joint name="one" type="revolute"><parent link="base"/><child link="a"/><axis xyz="0 0 1"/>
        <limit lower="-3" upper="3" velocity="1" effort="1"/></joint>
      <joint name="two" type="continuous"><parent link="a"/><child link="b"/><origin xyz="0.7 0 0"/><axis xyz="0 0 2"/>
        <limit velocity="2" effort="1"/></joint>
      <joint name="rest" type="fixed"><parent link="b"/><child link="end"/><origin xyz="0.4 0 0"/></joint></robot>""")
    joints, flange = read_chain(path, "base", "end")
    square = ((-0.1, -0.1), (0.1, -0.1), (0.1, 0.1), (-0.1, 0.1))
    return ArmModel(
        "planar", "", path, "base", "end", joints, flange, (0.1, 0.0, 0.0), (0.0, 0.0), square, {}, 1, 1, 1.2, 1, 0.5
    )


@settings(deadline=None)
@given(a=st.floats(-3, 3), b=st.floats(-6, 6))
def test_two_links_on_paper(planar, a, b) -> None:
    """x = l1 cos a + l2 cos(a + b), and its derivatives."""
    one, two = 0.7, 0.5  # the second link and the tool
    pose, slope = forward(planar, [a, b]), jacobian(planar, [a, b])
    x, y = one * math.cos(a) + two * math.cos(a + b), one * math.sin(a) + two * math.sin(a + b)
    assert np.allclose(pose[:3, 3], [x, y, 0.0], atol=1e-12)
    assert np.allclose(pose[:2, 0], [math.cos(a + b), math.sin(a + b)], atol=1e-12)
    assert np.allclose(slope[:2], [[-y, -two * math.sin(a + b)], [x, two * math.cos(a + b)]], atol=1e-12)
    assert np.allclose(slope[2:], [[0, 0], [0, 0], [0, 0], [1, 1]], atol=1e-12)


@pytest.mark.parametrize("name", ARMS)
def test_jacobian_is_the_derivative(name) -> None:
    model, step = load_model(name), 1e-6
    for q in spread(model, 10):
        slope, pose = jacobian(model, q), forward(model, q)
        for k in range(len(q)):
            move = np.zeros(len(q))
            move[k] = step
            high, low = forward(model, q + move), forward(model, q - move)
            turn = (high[:3, :3] - low[:3, :3]) / (2 * step) @ pose[:3, :3].T  # the cross-product matrix of the rate
            rate = [turn[2, 1], turn[0, 2], turn[1, 0]]
            assert np.allclose(slope[:, k], [*(high - low)[:3, 3] / (2 * step), *rate], atol=1e-7)


def test_many_at_once_are_the_same_as_one_by_one(six) -> None:
    many = spread(six, 5)
    assert np.array_equal(forward(six, many), np.array([forward(six, q) for q in many]))


def test_home_of_the_six_axis_arm_on_paper(six) -> None:
    """A2 up, A3 level, A5 down: the tool hangs 160 + 860 mm in front, 150 mm over the elbow, 363 mm below the wrist."""
    pose = forward(six, six.home)
    assert np.allclose(pose[:3, 3], [0.16 + 0.86, 0.0, 0.97 + 0.98 + 0.15 - 0.153 - 0.21], atol=1e-12)
    assert np.allclose(pose[:3, 2], [0, 0, -1], atol=1e-12)


def test_pivot_is_the_wrist(six, iiwa, panda) -> None:
    """No configuration takes the wrist centre farther than the data sheet's reach; a Panda has no wrist centre."""
    chain = chain_of(six)
    assert chain.pivot.reach_m == pytest.approx(0.16 + 0.98 + math.hypot(0.86, 0.15), abs=1e-9)  # 2013 mm
    assert chain.pivot.swings and len(chain.pivot.radii_m) == 3
    wrist = forward(six, spread(six, 200)) @ [*chain.pivot.at_m, 1.0]
    away = np.linalg.norm(wrist[:, :3] - chain.pivot.shoulder[:3, 3], axis=1)
    assert away.max() <= chain.pivot.reach_m and away.max() > 0.9 * chain.pivot.reach_m
    assert len(chain_of(iiwa).pivot.radii_m) == 4 and not chain_of(iiwa).pivot.swings
    assert len(chain_of(panda).pivot.radii_m) == 7
    for model in (iiwa, panda):
        chain = chain_of(model)
        points = forward(model, spread(model, 200)) @ [*chain.pivot.at_m, 1.0]
        away = np.linalg.norm(points[:, :3] - chain.pivot.shoulder[:3, 3], axis=1)
        assert away.max() <= chain.pivot.reach_m + 1e-12


def test_the_pivot_of_an_arm_on_a_rail(six) -> None:
    """It is bounded by the arm's length from the rail, not from the rail's middle; and never leaves that."""
    riding = on_rail(six, Rail(5.0, 1.5, 2.0))
    pivot, arm = chain_of(riding).pivot, chain_of(six).pivot
    assert pivot.arm_m == pytest.approx(arm.reach_m) and not pivot.swings
    assert pivot.reach_m >= arm.reach_m + 2.5 and len(pivot.radii_m) == 4
    assert pivot.radii_m[1:] == pytest.approx(arm.radii_m) and pivot.radii_m[0] == 1.0
    height = arm.shoulder[2, 3]
    away = pivot.beyond([[0, 3, height], [2.5, 3, height], [5.5, 0, height], [-5.5, 4, height], [1, 1, height]])
    assert away + arm.reach_m == pytest.approx([3, 3, 3, 5, 1])
    for model in (six, riding):
        chain = chain_of(model)
        points = forward(model, spread(model, 2000)) @ [*chain.pivot.at_m, 1.0]
        outside = chain.pivot.beyond(points[:, :3])
        assert outside.max() <= 1e-12 and outside.max() > -0.2
        assert np.linalg.norm(points[:, :3] - chain.pivot.shoulder[:3, 3], axis=1).max() <= chain.pivot.reach_m


@settings(max_examples=20, deadline=None)
@given(x=st.floats(-1, 1), y=st.floats(-1, 1), z=st.floats(-1, 1))
def test_any_axis_turns_about_itself(tmp_path_factory, x, y, z) -> None:
    """A point on the joint's axis stays where it is, whichever way the axis points."""
    from layout.model.library import Joint

    size = math.sqrt(x * x + y * y + z * z)
    if size < 0.1:
        return
    axis = (x / size, y / size, z / size)
    unit = tuple(tuple(float(v) for v in row) for row in np.eye(4))
    joint = Joint("j", -3, 3, 1, 1, 1, unit, axis)
    model = ArmModel("j", "", None, "", "", (joint,), unit, axis, (0.0,), (), {}, 1, 1, 1, 1, 0)  # type: ignore[arg-type]
    for q in (-2.0, 0.0, 1.3):
        pose = forward(model, [q])
        assert np.allclose(pose[:3, 3], axis, atol=1e-12)
        cosine = (np.trace(pose[:3, :3]) - 1) / 2
        assert cosine == pytest.approx(math.cos(q), abs=1e-12)


def test_prismatic_joints_slide() -> None:
    from layout.model.library import Joint

    unit = tuple(tuple(float(v) for v in row) for row in np.eye(4))
    joints = (
        Joint("rail", 0, 2, 1, 1, 1, unit, (1.0, 0.0, 0.0), True),
        Joint("turn", -3, 3, 1, 1, 1, unit, (0, 0, 1.0)),
    )
    model = ArmModel("rail", "", None, "", "", joints, unit, (0.5, 0, 0), (0.0, 0.0), (), {}, 1, 1, 1, 1, 0)  # type: ignore[arg-type]
    assert np.allclose(forward(model, [1.5, math.pi / 2])[:3, 3], [1.5, 0.5, 0.0])
    assert np.allclose(jacobian(model, [1.5, 0.0]), [[1, 0], [0, 0.5], [0, 0], [0, 0], [0, 0], [0, 1]])
