"""Machines and arms from a person's own URDF files: what is read, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import trimesh

from layout.errors import AssetError
from layout.files.meshes import read_meshes
from layout.files.own_arm import arm_from_urdf
from layout.files.scenario import check_scenario
from layout.model.library import ArmModel, MachineModel
from tests.files import shapes
from tests.files.own import refused, said, scenario

pytestmark = pytest.mark.usefixtures("own_cache")


def test_a_machine_from_a_urdf(home: Path) -> None:
    (home / "oven.urdf").write_text(shapes.MACHINE_URDF)
    path = scenario(home, ("model: press.stl", "model: oven.urdf"), ("at: [0, -0.3, 0.8], retreat: [0, -0.5, 0.1]",
                    "at: [0, -0.7, 1], retreat: [0, -0.3, 0]"))  # fmt: skip
    made, odd = check_scenario(path)
    model = made.models["oven.urdf"]
    assert isinstance(model, MachineModel)
    assert [axis.name for axis in model.axes] == ["lift"]
    assert model.axes[0].speed == 0.5
    # the body is 1 x 1.4 x 1.6 m; the foot under it stands on the floor
    assert np.ptp(model.footprint_m, axis=0) == pytest.approx([1.0, 1.4])
    assert np.mean(model.footprint_m, axis=0) == pytest.approx([0.0, 0.0], abs=1e-6)
    assert model.height_m == pytest.approx(1.8 + 0.2)  # the lowered door ends 0.2 m above the body
    assert np.array(model.axes[0].origin)[:3, 3] == pytest.approx([0.0, -0.72, 1.4])
    low = np.concatenate([vertices for _, vertices, _ in read_meshes(model.hulls)]).min(axis=0)
    assert low[2] == pytest.approx(0.0, abs=1e-6)
    said(odd, "1 moving joint stays at rest: lift")


def test_an_arm_from_a_urdf(home: Path) -> None:
    path = home / "arm.urdf"
    path.write_text(shapes.ARM_URDF)
    loaded = arm_from_urdf(path, tip=None, payload_kg=None)
    model = loaded.model
    assert isinstance(model, ArmModel)
    assert [joint.name for joint in model.joints] == [f"a{i}" for i in range(1, 7)]  # no fingers
    assert (model.base, model.tip) == ("world", "tool0")
    assert model.reach_m == pytest.approx(1.3, abs=0.05)  # 0.6 + 0.6 m, and 0.1 m to the last joint
    assert all(joint.lower <= angle <= joint.upper for joint, angle in zip(model.joints, model.home, strict=True))
    for words in ("6 joints from 'world' to 'tool0'", "a URDF has no payload", "no accelerations"):
        said(loaded.warnings, words)
    named = arm_from_urdf(path, tip="flange", payload_kg=8.0)
    assert isinstance(named.model, ArmModel)
    assert (named.model.tip, named.model.payload_kg) == ("flange", 8.0)
    assert not any("payload" in problem.what for problem in named.warnings)
    with pytest.raises(AssetError, match=r"no such link.*did you mean flange"):
        arm_from_urdf(path, tip="flnge", payload_kg=8.0)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('<joint name="a6" type="revolute">', '<joint name="a6" type="planar">', "joint 'a6', which is planar"),
        ('<joint name="a6" type="revolute">', '<joint name="a6" type="floating">', "joint 'a6', which is floating"),
        ('<joint name="a6" type="revolute">', '<joint name="a6" type="revolute"><mimic joint="a5"/>',
         "joint 'a6', which mimics 'a5'"),
    ],
)  # fmt: skip
def test_an_arm_that_ends_early_says_where(home: Path, old: str, new: str, words: str) -> None:
    path = home / "arm.urdf"
    assert old in shapes.ARM_URDF
    bare = shapes.ARM_URDF.replace('name="finger1" type="prismatic"', 'name="finger1" type="fixed"')
    path.write_text(bare.replace(old, new, 1))
    loaded = arm_from_urdf(path, tip=None, payload_kg=5.0)
    assert isinstance(loaded.model, ArmModel) and len(loaded.model.joints) == 5
    said(loaded.warnings, words)


def test_its_home_is_a_posture_to_wait_in(home: Path) -> None:
    from layout.motion.kinematics import forward

    (home / "arm.urdf").write_text(shapes.ARM_URDF)
    model = arm_from_urdf(home / "arm.urdf", tip=None, payload_kg=5.0).model
    assert isinstance(model, ArmModel)
    tool = np.asarray(forward(model, np.array(model.home)))
    assert tool[2, 2] < -0.8  # points down
    assert 0.1 < tool[2, 3] < 1.2
    assert 0.2 < np.hypot(*tool[:2, 3]) < 1.2


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('lower="-2.8" upper="2.8" velocity="3" effort="9"', 'velocity="3" effort="9"', "the joint has no limits"),
        ('velocity="3"', 'velocity="0"', "the joint has no speed (got 0.0)"),
        ('<parent link="l3"/>', '<parent link="l33"/>', "names a parent link that is not there (got l33)"),
        ('<parent link="world"/>', '<parent link="l6"/>', "form a loop"),
        ('<link name="l1"/>', '<link name="l1"/><link name="spare"/>', "has 2 root links"),
        ('<link name="l2"/>', '<link name="l2"><inertial><mass value="3"/><inertia ixx="-1" iyy="1" izz="1"/>'
         "</inertial></link>", "inertia is negative"),
        ('<link name="l2"/>', '<link name="l2"><inertial><mass value="3"/><inertia ixx="0" iyy="0" izz="0"/>'
         "</inertial></link>", "a mass but no inertia"),
        ('<link name="l2"/>', '<link name="l2"><inertial><mass value="-3"/></inertial></link>', "mass is below 0"),
        ('<cylinder radius="0.15" length="0.3"/>', '<mesh filename="gone.stl"/>', "a mesh that is not there"),
        ('<axis xyz="0 1 0"/><limit lower="-2.8"', '<axis xyz="0 0 0"/><limit lower="-2.8"', "axis has no length"),
        ('<axis xyz="0 1 0"/><limit lower="-2.8"', '<axis xyz="0 1"/><limit lower="-2.8"', "must be 3 numbers"),
        ('<origin xyz="0 0 0.6"/>', '<origin xyz="0 0 600"/>', "would reach"),
        ('name="a3" type="revolute"', 'name="a3" type="revolut"', "no type that URDF knows"),
        ('effort="9"/></joint>\n  <joint name="a4"', 'effort="9"/><mimic joint="a1"/></joint>\n  <joint name="a4"',
         "mimics another one"),
    ],
)  # fmt: skip
def test_bad_urdfs_are_named(home: Path, old: str, new: str, words: str) -> None:
    shapes.put(home, shapes.c_frame(1000), "press.stl")
    assert old in shapes.ARM_URDF
    (home / "arm.urdf").write_text(shapes.ARM_URDF.replace(old, new, 1))
    path = scenario(home, ("model: lib/handler", "model: arm.urdf"))
    problems = refused(path)
    assert any(words in str(problem) for problem in problems), problems
    assert all(problem.hint for problem in problems)


def test_an_arm_is_no_mesh_and_a_part_is_no_urdf(home: Path) -> None:
    shapes.put(home, shapes.c_frame(1000), "press.stl")
    said(refused(scenario(home, ("model: lib/handler", "model: press.stl"))), "a mesh alone is no arm")
    (home / "arm.urdf").write_text(shapes.ARM_URDF)
    said(refused(scenario(home, ("model: lib/block", "model: arm.urdf"))), "a part is a mesh")


def test_the_engine_gets_links_from_the_root_outwards(tmp_path: Path) -> None:
    """With the root last, as in UR's files, PyBullet writes past its memory."""
    import re

    from layout.scene.meshes import urdf_for_engine

    link = '<link name="world"/>'
    path = tmp_path / "arm.urdf"
    path.write_text(shapes.ARM_URDF.replace(link, "", 1).replace("</robot>", f"{link}</robot>"))
    names = re.findall(r'<link name="(\w+)"', urdf_for_engine(path).read_text())
    assert names[:4] == ["world", "base", "l1", "l2"]
    assert len(names) == shapes.ARM_URDF.count("<link ")


def test_collada_meshes_become_obj_in_metres(tmp_path: Path) -> None:
    """A DAE in two colours is drawn as two meshes of its true size."""
    from layout.files.axes import link_points
    from layout.files.urdf_tree import read_tree

    parts = [shapes.box((-10, -10, 0), (10, 10, 5)), shapes.box((-5, -5, 5), (5, 5, 10))]
    for part, colour in zip(parts, ([255, 0, 0, 255], [0, 0, 255, 255]), strict=True):
        part.visual = trimesh.visual.TextureVisuals(
            material=trimesh.visual.material.PBRMaterial(baseColorFactor=colour)
        )
    dae = trimesh.exchange.dae.export_collada(parts).decode()
    (tmp_path / "base.dae").write_text(dae)
    urdf = shapes.ARM_URDF.replace("<collision><geometry>", "<visual><geometry>", 1)
    urdf = urdf.replace('<cylinder radius="0.15" length="0.3"/>', '<mesh filename="base.dae" scale="0.01 0.01 0.01"/>')
    urdf = urdf.replace('<origin xyz="0 0 0.15"/></collision>', "</visual>")
    (tmp_path / "arm.urdf").write_text(urdf)
    model = arm_from_urdf(tmp_path / "arm.urdf", tip=None, payload_kg=5.0).model
    assert isinstance(model, ArmModel)
    tree = read_tree(model.urdf)
    shown = tree.links["base"].visuals
    assert len(shown) == 2 and all(shape.file.endswith(".obj") for shape in shown)
    assert np.ptp(link_points(tree, "base"), axis=0) == pytest.approx([0.2, 0.2, 0.1], rel=1e-4)
