"""A tiny model library for tests: boxes for machines and parts, a three-axis arm, written in a moment."""

from __future__ import annotations

from pathlib import Path

import trimesh

URDF = """<robot name="arm">
  <link name="base"/><link name="shoulder"/><link name="elbow"/><link name="wrist"/><link name="tool"/>
  <joint name="j1" type="revolute"><parent link="base"/><child link="shoulder"/><origin xyz="0 0 0.5"/>
    <axis xyz="0 0 1"/><limit lower="-3" upper="3" velocity="2" effort="1"/></joint>
  <joint name="j2" type="revolute"><parent link="shoulder"/><child link="elbow"/><origin xyz="0 0 0.1"/>
    <axis xyz="0 1 0"/><limit lower="-2" upper="2" velocity="2" effort="1"/></joint>
  <joint name="j3" type="prismatic"><parent link="elbow"/><child link="wrist"/><origin xyz="0 0 0.8"/>
    <axis xyz="0 0 1"/><limit lower="0" upper="0.5" velocity="0.5" effort="1"/></joint>
  <joint name="fix" type="fixed"><parent link="wrist"/><child link="tool"/><origin xyz="0 0 0.1"/></joint>
</robot>
"""

ARM = """name: {name}
kind: arm
description: a small arm
urdf: arm.urdf
base: base
tip: tool
tcp: [0, 0, 0.2]
footprint: [[-0.2, -0.2], [0.2, -0.2], [0.2, 0.2], [-0.2, 0.2]]
payload: 5 kg
reach: 1.5 m
tool_mass: 1 kg
grip: 0.5 s
home: [0, 90, 100]
joints:
  j1: {{speed: 90, acceleration: 180, jerk: 900}}
"""

MACHINE = """name: {name}
kind: machine
description: a box
visual: visual.glb
hulls: hulls.obj
footprint: [[-0.5, -0.4], [0.5, -0.4], [0.5, 0.4], [-0.5, 0.4]]
service: {{front: 500 mm}}
ports:
"""

ARM_PORT = """  {port}:
    kind: {kind}
    by: [arm]
    at: [0, -0.3, 1.2]
    tool: [0, 0, -1]
    retreat: [0, 0, 0.2]
    facing: [0, -1]
"""

BELT_PORT = """  {port}:
    kind: {kind}
    by: [belt]
    at: [0, 0.4, 0.9]
    facing: [0, 1]
"""

PART = """name: {name}
kind: part
description: a block
visual: visual.glb
hulls: hulls.obj
mass: 2 kg
friction: 0.4
grasp: [0, 0, 0.05]
"""


def box(folder: Path, size: tuple[float, float, float]) -> None:
    """Write visual.glb and hulls.obj of a box that stands on the floor (m)."""
    mesh = trimesh.creation.box(size)
    mesh.apply_translation([0, 0, size[2] / 2])
    mesh.export(folder / "visual.glb")
    mesh.export(folder / "hulls.obj")


def machine(root: Path, name: str, *ports: str, size: tuple[float, float, float] = (1.0, 0.8, 1.2)) -> Path:
    """A box machine with ports given as text."""
    folder = root / name
    folder.mkdir(parents=True)
    text = MACHINE.format(name=name) + "".join(ports)
    (folder / "model.yaml").write_text(text if ports else text.replace("ports:\n", ""))
    box(folder, size)
    return folder


def arm(root: Path, name: str) -> Path:
    """A three-axis arm that carries 4 kg besides its tool."""
    folder = root / name
    folder.mkdir(parents=True)
    (folder / "model.yaml").write_text(ARM.format(name=name))
    (folder / "arm.urdf").write_text(URDF)
    return folder


def part(root: Path, name: str) -> Path:
    """A block of 2 kg."""
    folder = root / name
    folder.mkdir(parents=True)
    (folder / "model.yaml").write_text(PART.format(name=name))
    box(folder, (0.2, 0.1, 0.1))
    return folder


def build(root: Path) -> Path:
    """The whole library, in folders below `root`."""
    machine(root, "press", ARM_PORT.format(port="table", kind="inout"))
    machine(root, "dock", ARM_PORT.format(port="give", kind="out"), BELT_PORT.format(port="away", kind="out"))
    machine(root, "bin", ARM_PORT.format(port="take", kind="in"))
    machine(root, "transfer", ARM_PORT.format(port="table", kind="inout"), BELT_PORT.format(port="belt", kind="in"))
    machine(root, "shelf")
    arm(root, "handler")
    part(root, "block")
    return root


SCENARIO = """name: small cell
time: {horizon: 2 h, warmup: 10 min, replications: 5, seed: 3}
floor:
  boundary: [[0, 0], [8, 0], [8, 6], [0, 6]]
  obstacles:
    column: {polygon: [[7, 5], [7.4, 5], [7.4, 5.4], [7, 5.4]]}
products:
  bracket: {model: lib/block, mass: 1.8 kg, share: 70 %, route: [mill, wash]}
  flange: {model: lib/block, share: 30 %, route: [mill]}
machines:
  infeed:
    model: lib/dock
    source: saturated
    place: {x: 1, y: 3, yaw: 90}
  mill:
    model: lib/press
    count: {choose: [1, 2, 3]}
    operations:
      mill:
        bracket: {lognormal: {mean: 95 s, cv: 0.1}}
        flange: 80 s
    failures:
      spindle: {between: {exponential: 6 h}, repair: 12 min}
    buffer: {in: {choose: [0, 1, 2]}, out: 1}
    place: {x: [1, 7], y: [1, 5], yaw: [0, 90, 180, 270]}
  washer:
    model: lib/press
    operations: {wash: 40 s}
    place: {x: [1, 7], y: [1, 5]}
  outfeed:
    model: lib/bin
    sink: true
    place: {x: 7, y: 3, yaw: {range: [-180, 180]}}
transport:
  tender:
    kind: robot
    model: lib/handler
    serves: [infeed, mill, washer, outfeed]
    dispatch: {choose: [first_come, nearest]}
    place: {x: [2, 6], y: [2, 4]}
objectives: [{maximize: throughput, tolerance: 1 %}, {minimize: floor_area}]
start:
  mill: {count: 2, buffer.in: 1}
  mill 1: {x: 2, y: 1.5, yaw: 180}
  mill 2: {x: 4, y: 1.5, yaw: 180}
  washer: {x: 3.5, y: 4.5}
  outfeed: {yaw: -90}
  tender: {x: 3.5, y: 3, dispatch: nearest}
"""
