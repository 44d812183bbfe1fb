"""Meshes and URDFs as people bring them, made for tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import trimesh


def box(low: tuple[float, float, float], high: tuple[float, float, float]) -> trimesh.Trimesh:
    """A box from corner to corner."""
    mesh = trimesh.creation.box(np.subtract(high, low))
    mesh.apply_translation(np.add(low, high) / 2)
    return mesh


def c_frame(scale: float = 1.0) -> trimesh.Trimesh:
    """A press with a throat, open to the front (-y): 0.8 m wide, 1.2 m deep, 2.3 m high, as one closed surface."""
    parts = [
        box((-0.4, -0.6, 0.0), (0.4, 0.6, 0.7)),
        box((-0.4, 0.1, 0.6), (0.4, 0.6, 2.2)),
        box((-0.4, -0.5, 1.5), (0.4, 0.3, 2.3)),
    ]
    mesh = trimesh.boolean.union(parts, engine="manifold")
    mesh.apply_scale(scale)
    return mesh


def l_shape() -> trimesh.Trimesh:
    """A machine whose plan is an L: 2 x 2 m less a corner of 1 x 1 m; 1 m high."""
    return trimesh.boolean.union([box((0, 0, 0), (2, 1, 1)), box((0, 0, 0), (1, 2, 1))], engine="manifold")


def waves(cells: int) -> trimesh.Trimesh:
    """A box of 1.2 x 1.2 x 1.8 m with a wavy lid of 2 cells^2 triangles."""
    line = np.linspace(-0.6, 0.6, cells + 1)
    x, y = np.meshgrid(line, line)
    z = 1.8 + 0.02 * np.sin(40 * x) * np.sin(40 * y)
    row = cells + 1
    i = (np.arange(cells)[:, None] * row + np.arange(cells)).ravel()
    faces = np.concatenate([np.stack([i, i + 1, i + row + 1], 1), np.stack([i, i + row + 1, i + row], 1)])
    lid = trimesh.Trimesh(np.stack([x, y, z], -1).reshape(-1, 3), faces, process=False)
    return trimesh.util.concatenate([lid, box((-0.6, -0.6, 0), (0.6, 0.6, 1.7))])


MACHINE_URDF = """<robot name="oven">
  <link name="body">
    <visual><geometry><box size="1 1.4 1.6"/></geometry><origin xyz="2 0 0.8"/></visual>
    <collision><geometry><box size="1 1.4 1.6"/></geometry><origin xyz="2 0 0.8"/></collision>
    <inertial><mass value="400"/><inertia ixx="100" iyy="100" izz="100" ixy="0" ixz="0" iyz="0"/></inertial>
  </link>
  <link name="foot"><visual><geometry><cylinder radius="0.1" length="0.2"/></geometry></visual></link>
  <link name="door">
    <collision><geometry><box size="0.8 0.04 0.6"/></geometry><origin xyz="0 0 0.3"/></collision>
  </link>
  <joint name="stand" type="fixed"><parent link="body"/><child link="foot"/><origin xyz="2 0 -0.1"/></joint>
  <joint name="lift" type="prismatic"><parent link="body"/><child link="door"/><origin xyz="2 -0.72 1.2"/>
    <axis xyz="0 0 1"/><limit lower="0" upper="0.6" velocity="0.5" effort="1"/></joint>
</robot>
"""


ARM_URDF = """<robot name="arm">
  <link name="world"/><link name="base"><collision><geometry><cylinder radius="0.15" length="0.3"/></geometry>
    <origin xyz="0 0 0.15"/></collision></link>
  <link name="l1"/><link name="l2"/><link name="l3"/><link name="l4"/><link name="l5"/><link name="l6"/>
  <link name="flange"/><link name="tool0"/><link name="hand"/><link name="left"/><link name="right"/>
  <joint name="stand" type="fixed"><parent link="world"/><child link="base"/></joint>
  {joints}
  <joint name="f" type="fixed"><parent link="l6"/><child link="flange"/></joint>
  <joint name="t" type="fixed"><parent link="flange"/><child link="tool0"/><origin xyz="0 0 0.02"/></joint>
  <joint name="h" type="fixed"><parent link="flange"/><child link="hand"/></joint>
  <joint name="finger1" type="prismatic"><parent link="hand"/><child link="left"/><axis xyz="0 1 0"/>
    <limit lower="0" upper="0.04" velocity="0.2" effort="1"/></joint>
  <joint name="finger2" type="prismatic"><parent link="hand"/><child link="right"/><axis xyz="0 -1 0"/>
    <limit lower="0" upper="0.04" velocity="0.2" effort="1"/><mimic joint="finger1"/></joint>
</robot>
""".format(
    joints="\n  ".join(
        f'<joint name="a{i + 1}" type="revolute"><parent link="{parent}"/><child link="l{i + 1}"/>'
        f'<origin xyz="{xyz}"/><axis xyz="{axis}"/><limit lower="-2.8" upper="2.8" velocity="3" effort="9"/></joint>'
        for i, (parent, xyz, axis) in enumerate(
            [("base", "0 0 0.4", "0 0 1"), ("l1", "0 0 0", "0 1 0"), ("l2", "0 0 0.6", "0 1 0"),
             ("l3", "0 0 0.3", "0 0 1"), ("l4", "0 0 0.3", "0 1 0"), ("l5", "0 0 0.1", "0 0 1")]
        )
    )
)  # fmt: skip
"""A six-axis arm with a two-finger gripper behind it, reach 1.2 m to its wrist."""


OWN = """name: own models
time: {horizon: 1 h, warmup: 5 min, replications: 3, seed: 1}
floor: {boundary: [[0, 0], [9, 0], [9, 7], [0, 7]]}
products: {blank: {model: lib/block, route: [press]}}
machines:
  infeed: {model: lib/dock, source: saturated, place: {x: 2, y: 2}}
  press:
    model: press.stl
    ports:
      bed: {kind: inout, by: [arm], at: [0, -0.3, 0.8], retreat: [0, -0.5, 0.1]}
    operations: {press: 20 s}
    place: {x: [3, 5], y: 4}
  outfeed: {model: lib/bin, sink: true, place: {x: 7, y: 2}}
transport:
  handler: {kind: robot, model: lib/handler, serves: [infeed, press, outfeed], place: {x: 4, y: 2}}
"""
"""A scenario whose machine is press.stl beside it."""


def put(folder: Path, mesh: trimesh.Trimesh, name: str) -> Path:
    """Write a mesh to a file; the ending says how."""
    path = folder / name
    mesh.export(path)
    return path
