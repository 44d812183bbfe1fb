"""URDF chains: what is read, and what is said about files that are wrong."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from layout.errors import AssetError
from layout.files.urdf import read_chain

GOOD = """<robot name="r">
  <link name="world"/><link name="base"/><link name="one"/><link name="plate"/><link name="two"/><link name="tool"/>
  <joint name="stand" type="fixed"><parent link="world"/><child link="base"/><origin xyz="5 5 5"/></joint>
  <joint name="j1" type="revolute"><parent link="base"/><child link="one"/><origin xyz="0 0 0.4"/><axis xyz="0 0 1"/>
    <limit lower="-1" upper="2" velocity="3" effort="1"/></joint>
  <joint name="f" type="fixed"><parent link="one"/><child link="plate"/>
    <origin xyz="0.1 0 0" rpy="0 0 1.5707963"/></joint>
  <joint name="j2" type="prismatic"><parent link="plate"/><child link="two"/><origin xyz="0.2 0 0"/><axis xyz="0 3 0"/>
    <limit lower="0" upper="0.5" velocity="0.7" effort="1"/></joint>
  <joint name="g" type="fixed"><parent link="two"/><child link="tool"/><origin xyz="0 0 0.3"/></joint>
</robot>"""


@pytest.fixture
def write(tmp_path):
    def make(text: str):
        path = tmp_path / "r.urdf"
        path.write_text(text)
        return path

    return make


def test_fixed_links_are_folded_in_and_the_chain_starts_at_the_base(write) -> None:
    joints, flange = read_chain(write(GOOD), "base", "tool")
    assert [j.name for j in joints] == ["j1", "j2"]
    assert np.allclose(np.array(joints[0].origin)[:3, 3], [0, 0, 0.4])
    assert np.allclose(np.array(joints[1].origin)[:3, 3], [0.1, 0.2, 0], atol=1e-7)  # 0.2 along the turned x
    assert np.allclose(np.array(flange)[:3, 3], [0, 0, 0.3])
    assert (joints[0].lower, joints[0].upper, joints[0].speed) == (-1, 2, 3)
    assert joints[1].prismatic and joints[1].axis == (0, 1, 0)
    whole, _ = read_chain(write(GOOD), "world", "tool")
    assert np.allclose(np.array(whole[0].origin)[:3, 3], [5, 5, 5.4])


def test_overrides_replace_and_the_rest_follows(write) -> None:
    joints, _ = read_chain(write(GOOD), "base", "tool", {"j1": {"speed": 2.0, "upper": 1.0}, "j2": {"jerk": 9.0}})
    assert (joints[0].speed, joints[0].upper, joints[0].lower) == (2.0, 1.0, -1.0)
    assert (joints[0].acceleration, joints[0].jerk) == (5.0, 25.0)
    assert (joints[1].acceleration, joints[1].jerk) == (0.7 * 2.5, 9.0)


def test_continuous_joints_go_round_once_to_either_side(write) -> None:
    text = GOOD.replace('name="j1" type="revolute"', 'name="j1" type="continuous"')
    joints, _ = read_chain(write(text), "base", "tool")
    assert (joints[0].lower, joints[0].upper) == (-2 * math.pi, 2 * math.pi)


MASS = (
    '<link name="one"><inertial><mass value="{0}"/><inertia ixx="{1}" iyy="{1}" izz="{1}" ixy="0" ixz="0" iyz="0"/>'
    "</inertial></link>"
)
SECOND = '<joint name="x" type="fixed"><parent link="world"/><child link="two"/></joint>'
LIMIT = '<limit lower="-1" upper="2" velocity="3" effort="1"/>'


@pytest.mark.parametrize(
    ("text", "base", "tip", "overrides", "say"),
    [
        ("<robot", "base", "tool", {}, ["cannot be read"]),
        ("<robot name='r'/>", "base", "tool", {}, ["no links"]),
        (GOOD, "bose", "toool", {}, ["named 'bose'", "did you mean base", "named 'toool'", "mean tool"]),
        (GOOD, "tool", "base", {}, ["no joints lead from 'tool' to 'base'", "ends at 'world'"]),
        (GOOD, "two", "tool", {}, ["no driven joint"]),
        (GOOD.replace(LIMIT, ""), "base", "tool", {}, ["j1", "no limits", "no speed"]),
        (GOOD.replace(LIMIT, '<limit velocity="3" effort="1"/>'), "base", "tool", {}, ["j1", "no limits"]),
        (GOOD.replace('velocity="3"', 'velocity="0"'), "base", "tool", {}, ["j1", "no speed (got 0.0)"]),
        (GOOD.replace('velocity="3"', 'velocity="nan"'), "base", "tool", {}, ["j1", "no speed"]),
        (GOOD.replace('upper="2"', 'upper="-2"'), "base", "tool", {}, ["j1", "no range"]),
        (GOOD.replace('xyz="0 3 0"', 'xyz="0 0 0"'), "base", "tool", {}, ["j2", "no length"]),
        (GOOD.replace('type="prismatic"', 'type="floating"'), "base", "tool", {}, ["j2", "cannot have a joint"]),
        (GOOD.replace('<axis xyz="0 3 0"/>', '<mimic joint="j1"/>'), "base", "tool", {}, ["j2", "mimics"]),
        (GOOD, "base", "tool", {"j3": {"speed": 1.0}}, ["joints.j3", "does not drive", "did you mean j"]),
        (GOOD, "base", "tool", {"j1": {"sped": 1.0}}, ["joints.j1.sped", "no such key"]),
        (GOOD, "base", "tool", {"j1": {"acceleration": 0.0}}, ["joints.j1.acceleration", "above 0"]),
        (GOOD.replace('<parent link="world"/>', '<parent link="tool"/>'), "world", "tool", {}, ["form a loop"]),
        (GOOD.replace("</robot>", SECOND + "</robot>"), "base", "tool", {}, ["two joints carry link 'two'", "loop"]),
        (GOOD.replace('<link name="one"/>', '<link name="one"/><link name="x"/>'), "base", "tool", {},
         ["2 root links", "world, x", "join them by fixed joints"]),
        (GOOD.replace('<parent link="one"/>', '<parent link="onne"/>'), "base", "tool", {},
         ["joint 'f' names a parent link that is not there", "onne", "did you mean one"]),
        (GOOD.replace('<link name="one"/>', '<link name="one"/><link name="one"/>'), "base", "tool", {},
         ["two links are named 'one'"]),
        (GOOD.replace('name="f" type="fixed"', 'name="j1" type="fixed"'), "base", "tool", {},
         ["two joints are named 'j1'"]),
        (GOOD.replace('velocity="3"', 'velocity="fast"'), "base", "tool", {}, ["velocity", "no number", "fast"]),
        (GOOD.replace('xyz="0 0 0.4"', 'xyz="0 0.4"'), "base", "tool", {}, ["must be 3 numbers", "0 0.4"]),
        (GOOD.replace('<child link="one"/>', ""), "base", "tool", {}, ["names no child link"]),
        (GOOD.replace('<link name="one"/>', MASS.format("2", "0")), "base", "tool", {}, ["a mass but no inertia"]),
        (GOOD.replace('<link name="one"/>', MASS.format("2", "-1")), "base", "tool", {}, ["inertia is negative"]),
        (GOOD.replace('<link name="one"/>', MASS.format("-2", "1")), "base", "tool", {}, ["mass is below 0"]),
        (GOOD.replace('<link name="one"/>', MASS.format("two", "1")), "base", "tool", {}, ["is no number"]),
        (GOOD.replace("<robot ", '<robot xmlns:xacro="http://www.ros.org/wiki/xacro" ').replace(
            "</robot>", "<xacro:arm/></robot>"), "base", "tool", {}, ["xacro macros that nobody expanded"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(write, text, base, tip, overrides, say) -> None:
    with pytest.raises(AssetError) as error:
        read_chain(write(text), base, tip, overrides)
    assert "r.urdf" in str(error.value)
    for part in say:
        assert part in str(error.value)


def test_everything_wrong_is_said_at_once(write) -> None:
    text = GOOD.replace('velocity="3"', 'velocity="0"').replace('velocity="0.7"', 'velocity="-1"')
    with pytest.raises(AssetError) as error:
        read_chain(write(text), "base", "tool", {"no": {}})
    assert [p.where for p in error.value.problems] == ["joints.j1", "joints.j2", "joints.no"]


def test_a_missing_file_is_said(tmp_path) -> None:
    with pytest.raises(AssetError, match="no such URDF file"):
        read_chain(tmp_path / "none.urdf", "a", "b", {})


@pytest.mark.parametrize(
    "name", ["kuka_iiwa/model.urdf", "franka_panda/panda.urdf", "xarm/xarm6_robot.urdf", "r2d2.urdf"]
)
def test_frames_and_limits_are_those_of_another_reader(name: str) -> None:
    """yourdfpy as the oracle: origins, axes, limits and speeds of every joint."""
    import pybullet_data
    import yourdfpy

    from layout.files.urdf_tree import read_tree

    path = Path(pybullet_data.getDataPath()) / name
    tree = read_tree(path)
    other = yourdfpy.URDF.load(str(path), build_scene_graph=False, build_collision_scene_graph=False, load_meshes=False)
    assert tree.faults() == []
    assert list(tree.links) == [link.name for link in other.robot.links]
    assert len(tree.joints) == len(other.robot.joints)
    for mine, theirs in zip(tree.joints, other.robot.joints, strict=True):
        assert (mine.name, mine.type, mine.parent, mine.child) == (
            theirs.name, theirs.type, theirs.parent, theirs.child,
        )  # fmt: skip
        assert np.allclose(mine.origin, np.eye(4) if theirs.origin is None else theirs.origin)
        if mine.driven:
            assert np.allclose(mine.axis, theirs.axis)
            limit = theirs.limit
            wanted = (limit.lower, limit.upper, limit.velocity) if limit is not None else (None, None, None)
            assert (mine.lower, mine.upper, mine.speed) == wanted
