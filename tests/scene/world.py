"""Small machines, arms, parts and lines for tests: boxes, written as the library would have them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import trimesh

from layout.model.floor import Floor
from layout.model.library import (
    ArmModel,
    Axis,
    Joint,
    MachineModel,
    PartModel,
    Port,
    ToolModel,
    VehicleModel,
)
from layout.model.line import Arm, Belt, Fleet, Layout, Line, LineProduct, Station
from layout.model.pose import Pose
from layout.model.scenario import Time

Box = tuple[Sequence[float], Sequence[float]]  # low corner, high corner (m)

ROOM = [(0.0, 0.0), (12.0, 0.0), (12.0, 8.0), (0.0, 8.0)]


def solid(box: Box) -> trimesh.Trimesh:
    low, high = np.asarray(box[0], float), np.asarray(box[1], float)
    mesh = trimesh.creation.box(high - low)
    mesh.apply_translation((low + high) / 2)
    return mesh


def write_hulls(path: Path, pieces: Sequence[trimesh.Trimesh]) -> Path:
    rows, start = [], 1
    for number, piece in enumerate(pieces):
        rows.append(f"o piece{number}")
        rows += [f"v {x:.9f} {y:.9f} {z:.9f}" for x, y, z in piece.vertices]
        rows += [f"f {a} {b} {c}" for a, b, c in np.asarray(piece.faces) + start]
        start += len(piece.vertices)
    path.write_text("\n".join(rows) + "\n")
    return path


def write_visual(path: Path, boxes: Sequence[Box], colours: Sequence[tuple[int, int, int]]) -> Path:
    scene = trimesh.Scene()
    for number, box in enumerate(boxes):
        mesh = solid(box)
        material = trimesh.visual.material.PBRMaterial(
            name=f"m{number}", baseColorFactor=(*colours[number % len(colours)], 255)
        )
        mesh.visual = trimesh.visual.TextureVisuals(uv=np.zeros((len(mesh.vertices), 2)), material=material)
        scene.add_geometry(mesh, geom_name=f"g{number}")
    path.write_bytes(scene.export(file_type="glb"))
    return path


def machine(
    folder: Path,
    name: str = "box",
    boxes: Sequence[Box] = (((-0.5, -0.5, 0.0), (0.5, 0.5, 1.0)),),
    footprint: Sequence[tuple[float, float]] | None = None,
    service: Mapping[str, float] | None = None,
    ports: Mapping[str, Port] | None = None,
    colours: Sequence[tuple[int, int, int]] = ((200, 210, 220), (30, 90, 160), (240, 170, 20)),
) -> MachineModel:
    home = folder / name
    home.mkdir(parents=True, exist_ok=True)
    lows, highs = np.min([b[0] for b in boxes], axis=0), np.max([b[1] for b in boxes], axis=0)
    outline = footprint or [(lows[0], lows[1]), (highs[0], lows[1]), (highs[0], highs[1]), (lows[0], highs[1])]
    return MachineModel(
        name=name,
        description="a box",
        visual=write_visual(home / "visual.glb", boxes, colours),
        hulls=write_hulls(home / "hulls.obj", [solid(b) for b in boxes]),
        height_m=float(highs[2]),
        footprint_m=tuple((float(x), float(y)) for x, y in outline),
        service_m=dict.fromkeys(("front", "back", "left", "right"), 0.0) | dict(service or {}),
        ports=dict(ports or {}),
    )


def part(folder: Path, name: str = "part") -> PartModel:
    home = folder / name
    home.mkdir(parents=True, exist_ok=True)
    box = ((-0.1, -0.06, 0.0), (0.1, 0.06, 0.1))
    return PartModel(
        name=name,
        description="a block",
        visual=write_visual(home / "visual.glb", [box], [(190, 120, 50)]),
        hulls=write_hulls(home / "hulls.obj", [solid(box)]),
        mass_kg=1.0,
        friction=0.5,
        grasp_m=(0.0, 0.0, 0.05),
    )


URDF = """<?xml version="1.0"?>
<robot name="boxarm">
  <link name="world_base"/>
  <joint name="foot" type="fixed"><parent link="world_base"/><child link="pedestal"/><origin xyz="0 0 0"/></joint>
  <link name="pedestal">
    <inertial><origin xyz="0.02 0 0.1"/><mass value="50"/>
      <inertia ixx="1" iyy="1" izz="1" ixy="0" ixz="0" iyz="0"/></inertial>
    <visual><origin xyz="0 0 0.2"/><geometry><mesh filename="package://boxarm/meshes/pedestal.obj"/></geometry>
      <material name="grey"><color rgba="0.3 0.3 0.3 1"/></material></visual>
    <collision><origin xyz="0 0 0.2"/><geometry><box size="0.4 0.4 0.4"/></geometry></collision>
  </link>
  {links}
  <joint name="flange" type="fixed"><parent link="l6"/><child link="tool0"/>
    <origin rpy="0 1.5707963267948966 0"/></joint>
  <link name="tool0"/>
</robot>
"""

LINK = """
  <joint name="j{n}" type="revolute"><parent link="{parent}"/><child link="l{n}"/><origin xyz="{origin}"/>
    <axis xyz="{axis}"/>
    <limit lower="-3" upper="3" effort="100" velocity="3"/></joint>
  <link name="l{n}">
    <inertial><origin xyz="{centre}"/><mass value="5"/>
      <inertia ixx="1" iyy="1" izz="1" ixy="0" ixz="0" iyz="0"/></inertial>
    <visual><origin xyz="{centre}"/><geometry><box size="{size}"/></geometry>
      <material name="orange"><color rgba="0.95 0.45 0.1 1"/></material></visual>
    <collision><origin xyz="{centre}"/><geometry><box size="{size}"/></geometry></collision>
  </link>
"""

# joint: parent, origin, axis, then the link's box: centre and size
CHAIN = [
    ("pedestal", (0, 0, 0.4), (0, 0, 1), (0, 0, 0.05), (0.3, 0.3, 0.1)),
    ("l1", (0, 0, 0.1), (0, 1, 0), (0, 0, 0.4), (0.16, 0.16, 0.8)),
    ("l2", (0, 0, 0.8), (0, 1, 0), (0.05, 0, 0), (0.2, 0.16, 0.16)),
    ("l3", (0.1, 0, 0), (1, 0, 0), (0.3, 0, 0), (0.6, 0.12, 0.12)),
    ("l4", (0.6, 0, 0), (0, 1, 0), (0.02, 0, 0), (0.08, 0.08, 0.08)),
    ("l5", (0.05, 0, 0), (1, 0, 0), (0.03, 0, 0), (0.06, 0.06, 0.06)),
]


def _text(numbers: Sequence[float]) -> str:
    return " ".join(f"{n:g}" for n in numbers)


def arm_model(folder: Path, name: str = "boxarm") -> ArmModel:
    """A six-axis arm of boxes: shoulder at 0.5 m, upper arm 0.8 m, forearm 0.7 m to the wrist, tool along x."""
    home = folder / name
    (home / "meshes").mkdir(parents=True, exist_ok=True)
    write_hulls(home / "meshes" / "pedestal.obj", [trimesh.creation.box((0.4, 0.4, 0.4))])
    links = ""
    for n, (parent, origin, axis, centre, size) in enumerate(CHAIN, 1):
        links += LINK.format(
            n=n, parent=parent, origin=_text(origin), axis=_text(axis), centre=_text(centre), size=_text(size)
        )
    urdf = home / "arm.urdf"
    urdf.write_text(URDF.format(links=links))
    joints = tuple(
        Joint(f"j{n}", -3.0, 3.0, 3.0, 8.0, 40.0, tuple(map(tuple, _shift(origin))), tuple(map(float, axis)))
        for n, (_, origin, axis, _, _) in enumerate(CHAIN, 1)
    )
    flange = np.eye(4)
    flange[:3, :3] = [[0, 0, 1], [0, 1, 0], [-1, 0, 0]]
    return ArmModel(
        name=name,
        description="boxes",
        urdf=urdf,
        base="world_base",
        tip="tool0",
        joints=joints,
        flange=tuple(map(tuple, flange)),
        tcp_m=(0.0, 0.0, 0.1),
        home=(0.0, -0.3, 0.6, 0.0, 0.5, 0.0),
        footprint_m=((-0.2, -0.2), (0.2, -0.2), (0.2, 0.2), (-0.2, 0.2)),
        service_m={},
        height_m=1.5,
        payload_kg=5.0,
        reach_m=1.5,
        tool_mass_kg=1.0,
        grip_s=0.5,
    )


DOORS = """<?xml version="1.0"?>
<robot name="doors">
  <link name="body"/>
  <joint name="slide" type="prismatic"><parent link="body"/><child link="panel"/>
    <origin xyz="0 -0.55 1.0"/><axis xyz="1 0 0"/><limit lower="0" upper="0.8" effort="1" velocity="1"/></joint>
  <link name="panel">
    <visual><geometry><mesh filename="panel.obj"/></geometry>
      <material name="blue"><color rgba="0.1 0.2 0.9 1"/></material></visual>
    <collision><geometry><mesh filename="panel.obj"/></geometry></collision>
  </link>
  <joint name="hatch" type="revolute"><parent link="body"/><child link="lid"/>
    <origin xyz="0.5 0 1.0"/><axis xyz="0 0 1"/><limit lower="0" upper="2" effort="1" velocity="1"/></joint>
  <link name="lid">
    <visual><origin xyz="0.02 0.2 0"/><geometry><box size="0.04 0.4 0.4"/></geometry>
      <material name="green"><color rgba="0.1 0.9 0.2 1"/></material></visual>
    <collision><origin xyz="0.02 0.2 0"/><geometry><box size="0.04 0.4 0.4"/></geometry></collision>
  </link>
</robot>
"""


def with_doors(folder: Path, name: str = "doored", **more: Any) -> MachineModel:
    """A box of 1 m, a panel that slides 0.8 m to the right in front of it and a lid that swings at its right side."""
    made = machine(folder, name, **more)
    write_hulls(folder / name / "panel.obj", [trimesh.creation.box((0.6, 0.04, 0.8))])
    (folder / name / "doors.urdf").write_text(DOORS)
    slide = Axis("slide", "panel", -1, _rows(_shift((0, -0.55, 1.0))), (1.0, 0.0, 0.0), 0.0, 0.8, 0.5, 1.0)
    hatch = Axis("hatch", "lid", -1, _rows(_shift((0.5, 0, 1.0))), (0.0, 0.0, 1.0), 0.0, 2.0, 1.0, 2.0, False)
    programs = {"load": {"slide": 0.8}, "work": {"slide": 0.0, "hatch": 0.0}}
    return replace(made, urdf=folder / name / "doors.urdf", axes=(slide, hatch), programs=programs)


def tool(folder: Path, name: str = "claw") -> ToolModel:
    """A gripper: a block 0.1 m wide that reaches 0.2 m from the flange."""
    home = folder / name
    home.mkdir(parents=True, exist_ok=True)
    box = ((-0.05, -0.05, 0.0), (0.05, 0.05, 0.2))
    return ToolModel(
        name=name,
        description="a block",
        visual=write_visual(home / "visual.glb", [box], [(250, 0, 250)]),
        hulls=write_hulls(home / "hulls.obj", [solid(box)]),
        mass_kg=1.0,
        tcp_m=(0.0, 0.0, 0.2),
        grip_s=0.5,
    )


def vehicle(folder: Path, name: str = "cart") -> VehicleModel:
    """A flat cart, 0.8 m by 0.6 m, with a mast at its front so that one sees where it looks."""
    home = folder / name
    home.mkdir(parents=True, exist_ok=True)
    boxes = [((-0.4, -0.3, 0.05), (0.4, 0.3, 0.3)), ((0.3, -0.05, 0.3), (0.4, 0.05, 0.9))]
    return VehicleModel(
        name=name,
        description="a cart",
        visual=write_visual(home / "visual.glb", boxes, [(0, 200, 200), (30, 30, 30)]),
        hulls=write_hulls(home / "hulls.obj", [solid(box) for box in boxes]),
        height_m=0.9,
        footprint_m=((-0.4, -0.3), (0.4, -0.3), (0.4, 0.3), (-0.4, 0.3)),
        speed_m_s=1.0,
        acceleration_m_s2=0.5,
        turn_rad_s=1.0,
        dock_s=2.0,
        handover_s=4.0,
        payload_kg=100.0,
        deck_m=(-0.05, 0.0, 0.3),
    )


def fleet(name: str, model: VehicleModel, units: int = 2, serves: Sequence[str] = ()) -> Fleet:
    return Fleet(name, model, units, tuple(serves), "first_come", model.speed_m_s, model.acceleration_m_s2)


def _rows(matrix: np.ndarray) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(map(float, row)) for row in matrix)


def _shift(origin: Sequence[float]) -> np.ndarray:
    matrix = np.eye(4)
    matrix[:3, 3] = origin
    return matrix


def station(name: str, model: MachineModel, x: float, y: float, yaw: float = 0.0) -> Station:
    return Station(name, name, model, Pose(x, y, yaw), {}, 1, 0, 0, {}, False, None, False)


def arm(name: str, model: ArmModel, x: float, y: float, yaw: float = 0.0, serves: Sequence[str] = ()) -> Arm:
    return Arm(name, model, Pose(x, y, yaw), tuple(serves), "first_come", 1.0)


def line(*things: Station | Arm | Belt | Fleet, products: Mapping[str, PartModel] | None = None, **floor: Any) -> Line:
    made = Floor(**({"boundary": ROOM} | floor))
    return Line(
        name="test",
        layout=Layout(),
        floor=made,
        time=Time(),
        objectives=(),
        products={
            name: LineProduct(name, model, model.mass_kg, 1.0, (), (), ()) for name, model in (products or {}).items()
        },
        stations={t.name: t for t in things if isinstance(t, Station)},
        arms={t.name: t for t in things if isinstance(t, Arm)},
        belts={t.name: t for t in things if isinstance(t, Belt)},
        links={},
        fleets={t.name: t for t in things if isinstance(t, Fleet)},
    )
