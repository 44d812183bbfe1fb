"""A robot arm's URDF: kinematics and limits as numbers, masses, inertia from the collision hulls (SI, rad)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from . import write
from .model import Model
from .palette import srgb
from .shapes import Array

MOST_CORNERS = 32  # of a convex piece: arms are checked for hits all along their ways


@dataclass(frozen=True)
class Axis:
    """One axis: origin in the parent's frame (m), direction, range and speed (degrees), peak torque (N m)."""

    origin: tuple[float, float, float]
    axis: tuple[int, int, int]
    lower: float
    upper: float
    speed: float
    effort: float


@dataclass(frozen=True)
class Robot:
    """A six-axis arm: its links from the base on (shapes in their joint's frame), axes, masses (kg).

    flange : from the wrist centre to the mounting face, along x (m)
    """

    name: str
    comment: str
    links: tuple[Callable[[], Model], ...]
    axes: tuple[Axis, ...]
    masses: Mapping[str, float]
    flange: float


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


def _link(model: Model, mass: float, folder: Path) -> list[str]:
    lines = [f'  <link name="{model.name}">']
    centre, tensor = inertia(model, mass)
    ixx, ixy, ixz, iyy, iyz, izz = tensor[np.triu_indices(3)]
    lines += [
        "    <inertial>",
        f'      <origin xyz="{_triple(np.round(centre, 5))}" rpy="0 0 0"/>',
        f'      <mass value="{mass:g}"/>',
        f'      <inertia ixx="{ixx:.6f}" ixy="{ixy:.6f}" ixz="{ixz:.6f}" '
        f'iyy="{iyy:.6f}" iyz="{iyz:.6f}" izz="{izz:.6f}"/>',
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
    many = [name for name, hull in model.hulls if len(hull.vertices) > MOST_CORNERS]
    if many:
        raise ValueError(f"{model.name}: pieces with more than {MOST_CORNERS} corners: {', '.join(many)}")
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


def write_arm(robot: Robot, folder: Path) -> None:
    """Write arm.urdf and its meshes below `folder`."""
    (folder / "meshes").mkdir(parents=True, exist_ok=True)
    lines = [
        '<?xml version="1.0"?>',
        f"<!-- {robot.comment} Built by assets/build.py: change it there. -->",
        f'<robot name="{robot.name}">',
    ]
    for make in robot.links:
        model = make()
        lines += _link(model, robot.masses[model.name], folder)
    # A frame only; the few grams keep engines from inventing a mass for it.
    lines += [
        '  <link name="tool0">',
        "    <inertial>",
        '      <mass value="0.01"/>',
        '      <inertia ixx="1e-05" ixy="0" ixz="0" iyy="1e-05" iyz="0" izz="1e-05"/>',
        "    </inertial>",
        "  </link>",
    ]
    for number, axis in enumerate(robot.axes, start=1):
        parent = "base_link" if number == 1 else f"link_{number - 1}"
        lines += _joint(f"joint_a{number}", "revolute", parent, f"link_{number}", _triple(axis.origin), "0 0 0", axis)
    half = f"{np.pi / 2:.12f}"
    lines += _joint("link_6_tool0", "fixed", "link_6", "tool0", _triple((robot.flange, 0.0, 0.0)), f"0 {half} 0")
    write.text(folder / "arm.urdf", "\n".join([*lines, "</robot>"]) + "\n")
