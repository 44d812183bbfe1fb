"""Moving axes of machines: read from the URDF, held against model.yaml, every slip named with its line."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from layout.errors import AssetError
from layout.files.assets import load_model, read_model
from layout.files.axes import axis_frames
from layout.model.library import ArmModel, MachineModel
from tests.files import library, shapes

URDF = """<robot name="press">
  <link name="origin"/>
  <link name="carriage"/>
  <link name="door">
    <visual><geometry><mesh filename="door.obj" scale="0.001 0.001 0.001"/></geometry></visual></link>
  <link name="flap">
    <collision><geometry><box size="0.2 0.02 0.3"/></geometry><origin xyz="0 0 0.15"/></collision></link>
  <joint name="mount" type="fixed"><parent link="origin"/><child link="carriage"/><origin xyz="0 -0.42 0.2"/></joint>
  <joint name="lift" type="prismatic"><parent link="carriage"/><child link="door"/><origin xyz="0.1 0 0"/>
    <axis xyz="0 0 2"/><limit lower="0" upper="0.7" velocity="1" effort="1"/></joint>
  <joint name="swing" type="revolute"><parent link="door"/><child link="flap"/>
    <origin xyz="0 0 0.6" rpy="0 0 1.5707963"/><axis xyz="1 0 0"/>
    <limit lower="-1.6" upper="1.6" velocity="1" effort="1"/></joint>
</robot>
"""

AXES = """urdf: machine.urdf
axes:
  lift: {speed: 0.5, acceleration: 1.5}
  swing: {speed: 90, acceleration: 180}
programs:
  load: {lift: 620, swing: 45}
  work: {lift: 0}
"""


@pytest.fixture
def press(tmp_path: Path) -> Path:
    folder = library.machine(tmp_path, "press", library.ARM_PORT.format(port="table", kind="inout"))
    (folder / "machine.urdf").write_text(URDF)
    shapes.put(folder, shapes.box((-300, -20, 0), (300, 0, 500)), "door.obj")
    text = (folder / "model.yaml").read_text().replace("footprint:", AXES + "footprint:")
    (folder / "model.yaml").write_text(text)
    return folder


def test_axes_and_programs_are_si(press: Path) -> None:
    model = load_model("press", press.parent)
    assert isinstance(model, MachineModel)
    lift, swing = model.axes
    assert (lift.name, lift.link, lift.parent, lift.prismatic) == ("lift", "door", -1, True)
    assert (swing.name, swing.link, swing.parent, swing.prismatic) == ("swing", "flap", 0, False)
    assert (lift.speed, lift.acceleration) == (0.5, 1.5)
    assert (swing.speed, swing.acceleration) == pytest.approx((math.pi / 2, math.pi))
    assert lift.axis == (0.0, 0.0, 1.0)
    assert np.array(lift.origin)[:3, 3] == pytest.approx([0.1, -0.42, 0.2])  # the fixed joint is folded in
    assert model.position("load") == pytest.approx((0.62, math.pi / 4))
    assert model.position("work") == (0.0, -1.6)  # not named: its lower end
    assert model.urdf == press / "machine.urdf"


def test_frames_follow_the_parents(press: Path) -> None:
    model = load_model("press", press.parent)
    assert isinstance(model, MachineModel)
    door, flap = axis_frames(model.axes, (0.3, 0.5))
    assert door[:3, 3] == pytest.approx([0.1, -0.42, 0.5])
    assert flap[:3, 3] == pytest.approx([0.1, -0.42, 1.1])
    # turned a quarter about z, then 0.5 rad about its own x, which lies along the machine's y
    assert flap[:3, 2] == pytest.approx([math.sin(0.5), 0.0, math.cos(0.5)], abs=1e-6)


def test_frames_are_those_of_another_reader(press: Path) -> None:
    import yourdfpy

    path = press / "machine.urdf"
    path.write_text(path.read_text().replace("0 0 2", "0 0 1"))  # yourdfpy takes an axis as it is, not its direction
    robot = yourdfpy.URDF.load(str(path), load_meshes=False, build_scene_graph=True)
    model = load_model("press", press.parent)
    assert isinstance(model, MachineModel)
    for lift, swing in ((0.0, 0.0), (0.4, -1.1), (0.62, 0.7)):
        robot.update_cfg({"lift": lift, "swing": swing})
        for axis, frame in zip(model.axes, axis_frames(model.axes, (lift, swing)), strict=True):
            assert np.allclose(robot.get_transform(axis.link, "origin"), frame, atol=1e-9)


def test_height_and_files_know_what_moves(press: Path) -> None:
    loaded = read_model("press", press.parent)
    # up: 0.2 + 0.62 to the door's frame, 0.6 to the flap's, 0.3 long, 0.02 thick, turned by 45 degrees
    flap = 0.3 * math.cos(math.pi / 4) + 0.01 * math.sin(math.pi / 4)
    assert loaded.model.height_m == pytest.approx(0.82 + 0.6 + flap, abs=1e-6)  # type: ignore[union-attr]
    assert {label for label, _ in loaded.files} >= {"machine.urdf", "door.obj"}


@pytest.mark.parametrize(
    ("file", "old", "new", "where", "words"),
    [
        ("model.yaml", "  swing: {speed: 90, acceleration: 180}\n", "", "axes", "nobody says how fast: 'swing'"),
        ("model.yaml", "  lift: {speed", "  lifd: {speed", "axes.lifd", "did you mean 'lift'"),
        ("model.yaml", "speed: 0.5, ", "", "axes.lift.speed", "is missing"),
        ("model.yaml", "speed: 0.5", "speed: 0", "axes.lift.speed", "more than 0"),
        ("model.yaml", "acceleration: 1.5", "acceleration: -1", "axes.lift.acceleration", "more than 0"),
        ("model.yaml", "load: {lift: 620", "load: {lift: 720", "programs.load.lift", "lift goes from 0 to 700 mm"),
        ("model.yaml", "swing: 45", "swing: 145", "programs.load.swing", "swing goes from -91.6732 to 91.6732 degrees"),
        ("model.yaml", "load: {lift: 620", "load: {left: 620", "programs.load.left", "did you mean 'lift'"),
        ("model.yaml", "  work: {lift: 0}", "  wrok: {lift: 0}", "programs.wrok", "must be one of load, work"),
        ("model.yaml", "urdf: machine.urdf\n", "", "axes", "needs a URDF"),
        ("model.yaml", "urdf: machine.urdf", "urdf: mashine.urdf", "urdf", "no such URDF file"),
        ("machine.urdf", 'filename="door.obj"', 'filename="dor.obj"', "urdf", "names a mesh that is not there"),
        ("machine.urdf", '<limit lower="0" upper="0.7" velocity="1" effort="1"/>', "", "urdf", "no limits ('lift')"),
        ("machine.urdf", 'axis xyz="0 0 2"', 'axis xyz="0 0 0"', "urdf", "axis has no length ('lift')"),
        ("machine.urdf", '<axis xyz="1 0 0"/>', '<axis xyz="1 0 0"/><mimic joint="lift"/>', "urdf", "mimics another"),
        ("machine.urdf", 'type="prismatic"', 'type="planar"', "urdf", "of a type that no machine has"),
        ("machine.urdf", '<parent link="door"/>', '<parent link="dor"/>', "urdf", "names a parent link"),
        ("machine.urdf", '<link name="carriage"/>', '<link name="carriage"/><link name="x"/>', "urdf", "2 root links"),
        ("machine.urdf", '<parent link="origin"/>', '<parent link="flap"/>', "urdf", "form a loop"),
        ("machine.urdf", '<link name="carriage"/>', '<link name="carriage"><inertial><mass value="2"/>'
         '<inertia ixx="0" iyy="0" izz="0" ixy="0" ixz="0" iyz="0"/></inertial></link>', "", "a mass but no inertia"),
    ],
)  # fmt: skip
def test_slips_are_named(press: Path, file: str, old: str, new: str, where: str, words: str) -> None:
    text = (press / file).read_text()
    assert old in text
    (press / file).write_text(text.replace(old, new, 1))
    with pytest.raises(AssetError) as caught:
        load_model("press", press.parent)
    found = [p for p in caught.value.problems if words in f"{p.what} {p.hint}"]
    assert found, str(caught.value)
    assert not where or found[0].where == where
    assert found[0].hint or "more than 0" in words or "must be one of" in words
    assert found[0].line or found[0].file.endswith(".urdf")


def test_axes_without_programs_are_odd(press: Path) -> None:
    path = press / "model.yaml"
    path.write_text(path.read_text().replace("  work: {lift: 0}\n", ""))
    assert any("no program 'work'" in problem.what for problem in read_model("press", press.parent).warnings)


TOOL = """name: gripper
kind: tool
description: a gripper
visual: visual.glb
hulls: hulls.obj
mass: 1.5 kg
tcp: [0, 0, 0.12]
grip: 0.3 s
"""


def tool(root: Path, mass: str = "1.5 kg") -> Path:
    folder = root / "gripper"
    folder.mkdir(parents=True)
    (folder / "model.yaml").write_text(TOOL.replace("1.5 kg", mass))
    library.box(folder, (0.1, 0.06, 0.12))
    return folder


def test_an_arm_comes_with_its_tool(tmp_path: Path) -> None:
    arm = library.arm(tmp_path, "handler")
    tool(arm)
    with (arm / "model.yaml").open("a") as file:
        file.write("tool: ./gripper\n")
    loaded = read_model("handler", tmp_path)
    model = loaded.model
    assert isinstance(model, ArmModel)
    assert model.tool is not None and model.tool.name == "gripper"
    assert (model.tool_mass_kg, model.tcp_m, model.grip_s) == (1.5, (0.0, 0.0, 0.12), 0.3)
    assert any(label.startswith("./gripper/") for label, _ in loaded.files)


@pytest.mark.parametrize(
    ("line", "mass", "words"),
    [
        ("tool: ./griper", "1 kg", "no model.yaml in this folder"),
        ("tool: part_bracket", "1 kg", "must be the model of a tool"),
        ("tool: ./gripper", "6 kg", "the arm's whole payload"),
    ],
)
def test_tools_that_do_not_fit(tmp_path: Path, line: str, mass: str, words: str) -> None:
    arm = library.arm(tmp_path, "handler")
    tool(arm, mass)
    with (arm / "model.yaml").open("a") as file:
        file.write(f"{line}\n")
    with pytest.raises(AssetError) as caught:
        load_model("handler", tmp_path)
    assert any(p.where == "tool" and words in p.what and p.line for p in caught.value.problems), str(caught.value)
