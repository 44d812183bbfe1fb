"""Arms as few links: the same kinematics, masses and drives as their URDFs, whatever is folded in."""

from __future__ import annotations

import numpy as np
import pybullet as engine
import pytest

from layout.files.assets import load_model
from layout.model.equip import on_rail
from layout.model.library import ArmModel, Rail
from layout.model.pose import Array, Pose
from layout.motion.kinematics import forward
from layout.scene.physics.arms import ArmBody
from layout.scene.physics.links import linked
from layout.scene.physics.world import World

ARMS = ("kuka_iiwa7", "franka_panda", "xarm6", "arm_10kg_r1100", "arm_16kg_r2010", "arm_200kg_r2700")


def arm(name: str) -> ArmModel:
    model = load_model(name)
    assert isinstance(model, ArmModel)
    return model


def somewhere(model: ArmModel, seed: int) -> Array:
    rng = np.random.default_rng(seed)
    return np.array([rng.uniform(max(j.lower, -2.5), min(j.upper, 2.5)) for j in model.joints])


@pytest.mark.parametrize("name", ARMS)
def test_the_tool_is_where_the_kinematics_say(name: str) -> None:
    pose = Pose(1.2, -0.7, 0.9)
    for model in (arm(name), on_rail(arm(name), Rail(3.0, 1.5, 2.0))):
        with World() as world:
            body = ArmBody(world, "arm", model, pose)
            for seed in range(3):
                angles = somewhere(model, seed)
                body.put(angles)
                at, turn = body.tool()
                expected = pose.matrix() @ forward(model, angles)
                assert np.allclose(at, expected[:3, 3], atol=2e-6)
                assert np.allclose(
                    np.reshape(engine.getMatrixFromQuaternion(turn), (3, 3)), expected[:3, :3], atol=2e-6
                )


@pytest.mark.parametrize("name", ARMS)
def test_each_driven_joint_has_one_link(name: str) -> None:
    model = arm(name)
    found = linked(model)
    assert found.joints == tuple(joint.name for joint in model.joints)
    assert found.names == ("foot", *found.joints)
    assert all(mass > 0 for mass in found.masses_kg[1:])
    assert found.path == linked(model).path


def test_masses_add_up_with_the_tool() -> None:
    model = arm("arm_16kg_r2010")
    assert model.tool is not None
    found = linked(model)
    assert sum(found.masses_kg) == pytest.approx(
        sum(body.mass_kg for body in model.inertias) + model.tool.mass_kg, abs=0.02
    )
    assert found.effort.tolist() == [2400, 3400, 1500, 270, 260, 120]
    assert all(found.limited)
    assert found.assumed == ()


def test_impossible_inertias_are_replaced() -> None:
    """The Panda's URDF gives a finger of 0.1 kg 0.1 kg m^2: as if it were 1 m wide."""
    with World() as world:
        body = ArmBody(world, "panda", arm("franka_panda"), Pose(0.0, 0.0))
        hand = engine.getDynamicsInfo(body.body, body.dof - 1, physicsClientId=world.client)
        assert hand[0] == pytest.approx(0.2 + 0.81 + 0.2)  # flange link, hand, two fingers
        assert 1e-3 < max(hand[2]) < 0.03


def test_a_rail_carries_the_foot() -> None:
    model = arm("arm_16kg_r2010")
    with_rail = linked(on_rail(model, Rail(4.0, 2.0, 2.0)))
    assert with_rail.masses_kg[1] == pytest.approx(180.0)  # base and pedestal ride along
    moved = sum(with_rail.masses_kg) + model.payload_kg - model.tool_mass_kg
    assert with_rail.effort[0] == pytest.approx(2.0 * moved * 2.0)
