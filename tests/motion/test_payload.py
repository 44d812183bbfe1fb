"""What a load does to an arm's accelerations: against a planar arm on paper, and over the whole library."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layout.files.assets import load_model, model_names
from layout.files.inertias import read_inertias
from layout.files.urdf import read_chain
from layout.model.equip import on_rail
from layout.model.library import ArmModel, Rail
from layout.motion.kinematics import chain_of
from layout.motion.payload import limits_for, spreads

ARMS = [model for model in map(load_model, model_names()) if isinstance(model, ArmModel)]

PLANAR = """<robot name="planar"><link name="base"><inertial><mass value="5"/></inertial></link>
  <link name="a"><inertial><origin xyz="0.3 0 0"/><mass value="4"/>
    <inertia ixx="0" iyy="0.1" izz="0.2" ixy="0" ixz="0" iyz="0"/></inertial></link>
  <link name="plate"><inertial><origin xyz="0.1 0 0"/><mass value="1"/></inertial></link>
  <link name="b"><inertial><origin xyz="0.2 0 0" rpy="0 0 1"/><mass value="2"/>
    <inertia ixx="0" iyy="0" izz="0.05" ixy="0" ixz="0" iyz="0"/></inertial></link>
  <link name="end"><inertial><mass value="3"/></inertial></link>
  <link name="finger"><inertial><mass value="7"/></inertial></link>
  <joint name="one" type="revolute"><parent link="base"/><child link="a"/><axis xyz="0 0 1"/>
    <limit lower="-3" upper="3" velocity="1" effort="1"/></joint>
  <joint name="bolt" type="fixed"><parent link="a"/><child link="plate"/><origin xyz="0.5 0 0"/></joint>
  <joint name="two" type="revolute"><parent link="plate"/><child link="b"/><origin xyz="0.2 0 0"/><axis xyz="0 0 1"/>
    <limit lower="-2.5" upper="2.5" velocity="2" effort="1"/></joint>
  <joint name="rest" type="fixed"><parent link="b"/><child link="end"/><origin xyz="0.4 0 0"/></joint>
  <joint name="grip" type="prismatic"><parent link="end"/><child link="finger"/><limit lower="0" upper="1"/></joint>
</robot>"""


@pytest.fixture(scope="module")
def planar(tmp_path_factory) -> ArmModel:
    path = tmp_path_factory.mktemp("planar") / "planar.urdf"
    path.write_text(PLANAR)
    joints, flange = read_chain(path, "base", "end")
    square = ((-0.1, -0.1), (0.1, -0.1), (0.1, 0.1), (-0.1, 0.1))
    return ArmModel(
        "planar", "", path, "base", "end", joints, flange, (0.1, 0.0, 0.0), (0.0, 1.0), square, {}, 1, 6.0, 1.2, 1.5,
        0.5, inertias=read_inertias(path, "base", "end", joints),
    )  # fmt: skip


def test_links_are_folded_and_the_tool_left_out(planar) -> None:
    base, first, second = planar.inertias
    assert (base.mass_kg, first.mass_kg, second.mass_kg) == (5.0, 5.0, 2.0)
    assert first.centre_m == pytest.approx(((4 * 0.3 + 1 * 0.6) / 5, 0, 0))
    # two masses 0.3 m apart: 4 x 1 / 5 x 0.3^2 beside the link's own
    assert first.tensor[2][2] == pytest.approx(0.2 + 0.8 * 0.09)
    assert first.tensor[1][1] == pytest.approx(0.1 + 0.8 * 0.09)
    assert second.centre_m == pytest.approx((0.2, 0, 0)) and second.tensor[2][2] == pytest.approx(0.05)


def test_planar_arm_on_paper(planar) -> None:
    """Stretched out: links of 0.7 m and 0.4 m, the tool 0.1 m beyond."""
    two = 0.05 + 2 * 0.2**2
    one = 0.2 + 4 * 0.3**2 + 1 * 0.6**2 + 0.05 + 2 * 0.9**2
    shoulder, elbow = spreads(planar)
    for mass in (0.0, 1.5, 6.0, 9.0):
        assert shoulder.at(mass) == pytest.approx(one + mass * 1.2**2)
        assert elbow.at(mass) == pytest.approx(two + mass * 0.5**2)
    rated = chain_of(planar).limits
    full = np.array([one + 6 * 1.2**2, two + 6 * 0.5**2])
    for part in (0.0, 2.0, 4.5):
        now = np.array([one + (1.5 + part) * 1.2**2, two + (1.5 + part) * 0.5**2])
        got = limits_for(planar, part)
        assert np.array_equal(got[0], rated[0])
        assert got[1:] == pytest.approx(rated[1:] * (2 * full / (full + now)))


def test_a_joint_that_cannot_stretch_counts_as_far_as_it_goes(planar) -> None:
    """The elbow held at 90 degrees at least: the hardest pose is the law of cosines' at 90 degrees."""
    bent = replace(planar, joints=(planar.joints[0], replace(planar.joints[1], lower=math.pi / 2)))
    one = 0.2 + 4 * 0.3**2 + 1 * 0.6**2 + 0.05 + 2 * (0.7**2 + 0.2**2)
    assert spreads(bent)[0].at(6.0) == pytest.approx(one + 6 * (0.7**2 + 0.5**2))


@pytest.mark.parametrize("arm", ARMS, ids=lambda arm: arm.name)
def test_rated_at_the_rated_payload_and_falling_with_the_load(arm) -> None:
    rated = chain_of(arm).limits
    assert limits_for(arm, arm.payload_kg - arm.tool_mass_kg) == pytest.approx(rated)
    before = limits_for(arm, 0.0)
    assert (before[1] >= rated[1] * (1 - 1e-12)).all() and (before[1] <= 2 * rated[1]).all()
    for mass in np.linspace(0.1, 2.0, 8) * arm.payload_kg:
        now = limits_for(arm, mass)
        assert np.array_equal(now[0], rated[0])
        assert (now[1:] <= before[1:] * (1 + 1e-12)).all() and (now > 0).all()
        before = now
    assert (before[1] < rated[1]).any() or not arm.inertias or arm.accelerations == "fixed"


@pytest.mark.parametrize("arm", [arm for arm in ARMS if arm.inertias], ids=lambda arm: arm.name)
def test_no_pose_is_harder_than_the_hardest(arm) -> None:
    """In 2000 random poses no joint has to move more than 1 % beyond what the search for the hardest pose found."""
    from layout.motion import payload

    chain = chain_of(arm)
    bodies = payload._bodies(chain, arm.inertias)
    poses = np.random.default_rng(5).uniform(chain.lower, chain.upper, (2000, chain.dof))
    for joint, spread in enumerate(spreads(arm)):
        if chain.slides[joint]:
            continue
        links, load = payload._turned(chain, bodies, joint, poses)
        for mass in (arm.tool_mass_kg, arm.payload_kg):
            assert (links + mass * load).max() <= 1.01 * spread.at(mass)


@settings(max_examples=30, deadline=None)
@given(one=st.floats(0, 50), other=st.floats(0, 50))
def test_more_load_never_accelerates_harder(planar, one, other) -> None:
    light, heavy = sorted((one, other))
    assert (limits_for(planar, heavy) <= limits_for(planar, light)).all()


def test_a_rail_carries_the_whole_robot(planar) -> None:
    riding = on_rail(planar, Rail(3.0, 1.5, 2.0))
    assert spreads(riding)[0].at(0.0) == pytest.approx(5 + 5 + 2) and spreads(riding)[0].at(6.0) == pytest.approx(18)
    assert np.allclose(limits_for(riding, 1.0)[:, 1:], limits_for(planar, 1.0))
    assert limits_for(riding, 0.0)[1, 0] == pytest.approx(2.0 * 36 / (18 + 13.5))


def test_without_masses_the_limits_stay(planar) -> None:
    bare = replace(planar, inertias=())
    assert np.array_equal(limits_for(bare, 0.0), chain_of(bare).limits)
    assert np.array_equal(limits_for(bare, 99.0), chain_of(bare).limits)
    assert np.array_equal(limits_for(replace(planar, accelerations="fixed"), 0.0), chain_of(planar).limits)


def test_a_urdf_without_masses_says_nothing(tmp_path) -> None:
    path = tmp_path / "bare.urdf"
    path.write_text(PLANAR.replace('<mass value="2"/>', ""))
    joints, _ = read_chain(path, "base", "end")
    assert read_inertias(path, "base", "end", joints) == ()


def test_asked_again_is_the_same_array(planar) -> None:
    assert limits_for(planar, 1.0) is limits_for(planar, 1.0)
    with pytest.raises(ValueError, match="read-only"):
        limits_for(planar, 1.0)[0, 0] = 1.0
