"""The arm's URDF: kinematics and limits as numbers, masses, inertia from the collision hulls (SI, rad)."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from . import arm, write
from .model import Model
from .palette import srgb
from .shapes import Array


@dataclass(frozen=True)
class Axis:
    """One axis: origin in the parent's frame (m), direction, range and speed (degrees), peak torque (N m)."""

    origin: tuple[float, float, float]
    axis: tuple[int, int, int]
    lower: float
    upper: float
    speed: float
    effort: float


# Peak torques of the gears, large enough for the library's accelerations at full stretch with 16 kg.
AXES = (
    Axis((0.0, 0.0, arm.PEDESTAL + arm.A1_HEIGHT), (0, 0, -1), -185, 185, 200, 2400),
    Axis((arm.A1_OFFSET, 0.0, 0.0), (0, 1, 0), -185, 65, 175, 3400),
    Axis((arm.UPPER, 0.0, 0.0), (0, 1, 0), -138, 175, 190, 1500),
    Axis((0.0, 0.0, arm.ELBOW), (-1, 0, 0), -350, 350, 430, 270),
    Axis((arm.FOREARM, 0.0, 0.0), (0, 1, 0), -130, 130, 430, 260),
    Axis((0.0, 0.0, 0.0), (-1, 0, 0), -350, 350, 630, 120),
)
# kg: robot 255 in all (without the pedestal of 115, which is part of base_link), gripper 3.5
MASSES = {
    "base_link": 65.0 + 115.0,
    "link_1": 78.0,
    "link_2": 38.0,
    "link_3": 48.0,
    "link_4": 17.0,
    "link_5": 7.0,
    "link_6": 2.0,
    "gripper": 3.5,
}
LINKS = (arm.base, arm.link_1, arm.link_2, arm.link_3, arm.link_4, arm.link_5, arm.link_6, arm.gripper)


def inertia(model: Model, mass: float) -> tuple[Array, Array]:
    """Centre of mass (3,) and inertia about it (3, 3) of the hulls filled evenly with `mass` (kg)."""
    volumes = np.array([h.volume for _, h in model.hulls])
    centres = np.array([h.center_mass for _, h in model.hulls])
    density = mass / volumes.sum()
    centre = volumes @ centres / volumes.sum()
    total = np.zeros((3, 3))
    for (_, hull), volume, at in zip(model.hulls, volumes, centres, strict=True):
        d = at - centre
        total += density * (hull.moment_inertia + volume * (d @ d * np.eye(3) - np.outer(d, d)))
    return centre, total


def _triple(values: Array | tuple[float, ...]) -> str:
    return " ".join(f"{float(v) + 0.0:.6g}" for v in values)


def _link(model: Model, folder: Path) -> list[str]:
    lines = [f'  <link name="{model.name}">']
    mass = MASSES[model.name]
    centre, tensor = inertia(model, mass)
    ixx, ixy, ixz, iyy, iyz, izz = tensor[np.triu_indices(3)]
    lines += [
        "    <inertial>",
        f'      <origin xyz="{_triple(np.round(centre, 5))}" rpy="0 0 0"/>',
        f'      <mass value="{mass:g}"/>',
        f'      <inertia ixx="{ixx:.5f}" ixy="{ixy:.5f}" ixz="{ixz:.5f}" '
        f'iyy="{iyy:.5f}" iyz="{iyz:.5f}" izz="{izz:.5f}"/>',
        "    </inertial>",
    ]
    for colour in sorted(model.visuals):
        rgba = " ".join(f"{c:.3f}" for c in (*srgb(colour), 1.0))
        file = f"meshes/{model.name}_{colour}.obj"
        write.visual_obj(model.mesh(colour), folder / file)
        lines += [
            f'    <visual name="{model.name}_{colour}">',
            f'      <geometry><mesh filename="{file}"/></geometry>',
            f'      <material name="{colour}"><color rgba="{rgba}"/></material>',
            "    </visual>",
        ]
    file = f"meshes/{model.name}_collision.obj"
    write.hulls_obj(model.hulls, folder / file)
    lines += [
        f'    <collision name="{model.name}">',
        f'      <geometry><mesh filename="{file}"/></geometry>',
        "    </collision>",
        "  </link>",
    ]
    return lines


def _joint(name: str, kind: str, parent: str, child: str, xyz: str, rpy: str, axis: Axis | None = None) -> list[str]:
    lines = [
        f'  <joint name="{name}" type="{kind}">',
        f'    <parent link="{parent}"/>',
        f'    <child link="{child}"/>',
        f'    <origin xyz="{xyz}" rpy="{rpy}"/>',
    ]
    if axis:
        lower, upper, speed = (float(np.radians(v)) for v in (axis.lower, axis.upper, axis.speed))
        lines += [
            f'    <axis xyz="{_triple(axis.axis)}"/>',
            f'    <limit lower="{lower:.6f}" upper="{upper:.6f}" effort="{axis.effort:g}" velocity="{speed:.6f}"/>',
            '    <dynamics damping="0" friction="0"/>',
        ]
    return [*lines, "  </joint>"]


def write_arm(folder: Path) -> None:
    """Write arm.urdf and its meshes below `folder`."""
    (folder / "meshes").mkdir(parents=True, exist_ok=True)
    lines = [
        '<?xml version="1.0"?>',
        "<!-- Six-axis arm, 16 kg, 2.013 m, on a 0.45 m pedestal. Built by assets/build.py: change it there. -->",
        '<robot name="arm_16kg_r2010">',
    ]
    models = [make() for make in LINKS]
    for model in models[:-1]:
        lines += _link(model, folder)
    # A frame only; the few grams keep engines from inventing a mass for it.
    lines += [
        '  <link name="tool0">',
        "    <inertial>",
        '      <mass value="0.01"/>',
        '      <inertia ixx="1e-05" ixy="0" ixz="0" iyy="1e-05" iyz="0" izz="1e-05"/>',
        "    </inertial>",
        "  </link>",
    ]
    lines += _link(models[-1], folder)
    for number, axis in enumerate(AXES, start=1):
        parent = "base_link" if number == 1 else f"link_{number - 1}"
        lines += _joint(f"joint_a{number}", "revolute", parent, f"link_{number}", _triple(axis.origin), "0 0 0", axis)
    half = f"{np.pi / 2:.12f}"
    lines += _joint("link_6_tool0", "fixed", "link_6", "tool0", _triple((arm.FLANGE, 0.0, 0.0)), f"0 {half} 0")
    lines += _joint("tool0_gripper", "fixed", "tool0", "gripper", "0 0 0", "0 0 0")
    write.text(folder / "arm.urdf", "\n".join([*lines, "</robot>"]) + "\n")
