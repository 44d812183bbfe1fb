"""What moves on a machine: machine.urdf, a root link `body` without geometry and a link for each axis (SI, rad)."""

from pathlib import Path

import numpy as np
import trimesh

from . import write
from .model import Axis, Model
from .palette import srgb
from .shapes import Array, shift

GRAVITY = 9.81  # m/s^2
RESERVE = 2.0  # the drive is good for twice what holding and starting take


def write_machine(model: Model, folder: Path) -> None:
    """Write machine.urdf and its meshes below `folder`; nothing where nothing moves."""
    if not model.moving:
        return
    (folder / "meshes").mkdir(parents=True, exist_ok=True)
    lines = [
        '<?xml version="1.0"?>',
        f"<!-- What moves on {model.name}; its body is visual.glb. Built by assets/build.py: change it there. -->",
        f'<robot name="{model.name}">',
        '  <link name="body"/>',
    ]
    for axis in model.moving:
        lines += _link(axis, folder)
    for axis in model.moving:
        lines += _joint(axis)
    write.text(folder / "machine.urdf", "\n".join([*lines, "</robot>"]) + "\n")


def _link(axis: Axis, folder: Path) -> list[str]:
    local = tuple(-v for v in axis.at)
    hulls = [(name, shift(hull, *local)) for name, hull in axis.link.hulls]
    centre, tensor = _inertia([hull for _, hull in hulls], axis.mass_kg)
    ixx, ixy, ixz, iyy, iyz, izz = tensor[np.triu_indices(3)].round(4) + 0.0
    lines = [
        f'  <link name="{axis.name}_link">',
        "    <inertial>",
        f'      <origin xyz="{_triple(np.round(centre, 4))}" rpy="0 0 0"/>',
        f'      <mass value="{axis.mass_kg:g}"/>',
        f'      <inertia ixx="{ixx:.4f}" ixy="{ixy:.4f}" ixz="{ixz:.4f}" '
        f'iyy="{iyy:.4f}" iyz="{iyz:.4f}" izz="{izz:.4f}"/>',
        "    </inertial>",
    ]
    for colour in sorted(axis.link.visuals):
        rgba = " ".join(f"{c:.3f}" for c in (*srgb(colour), 1.0))
        file = f"meshes/{axis.name}_{colour}.obj"
        write.visual_obj(shift(axis.link.mesh(colour), *local), folder / file)
        lines += [
            f'    <visual name="{axis.name}_{colour}">',
            f'      <geometry><mesh filename="{file}"/></geometry>',
            f'      <material name="{colour}"><color rgba="{rgba}"/></material>',
            "    </visual>",
        ]
    file = f"meshes/{axis.name}_collision.obj"
    write.hulls_obj(hulls, folder / file)
    return [
        *lines,
        f'    <collision name="{axis.name}">',
        f'      <geometry><mesh filename="{file}"/></geometry>',
        "    </collision>",
        "  </link>",
    ]


def _joint(axis: Axis) -> list[str]:
    factor = np.pi / 180 if axis.turns else 1.0
    lever = max(float(np.linalg.norm(hull.vertices - axis.at, axis=1).max()) for _, hull in axis.link.hulls)
    force = axis.mass_kg * (GRAVITY + axis.acceleration * factor * (lever if axis.turns else 1.0))
    effort = RESERVE * force * (lever if axis.turns else 1.0)
    return [
        f'  <joint name="{axis.name}" type="{"revolute" if axis.turns else "prismatic"}">',
        '    <parent link="body"/>',
        f'    <child link="{axis.name}_link"/>',
        f'    <origin xyz="{_triple(axis.at)}" rpy="0 0 0"/>',
        f'    <axis xyz="{_triple(axis.direction)}"/>',
        f'    <limit lower="{axis.travel[0] * factor:.6g}" upper="{axis.travel[1] * factor:.6g}" '
        f'effort="{effort:.3g}" velocity="{axis.speed * factor:.6g}"/>',
        "  </joint>",
    ]


def _inertia(hulls: list[trimesh.Trimesh], mass_kg: float) -> tuple[Array, Array]:
    """Centre of mass (3,) and inertia about it (3, 3), the mass spread evenly over the hulls."""
    volumes = np.array([hull.volume for hull in hulls])
    centres = np.array([hull.center_mass for hull in hulls])
    centre = volumes @ centres / volumes.sum()
    total = np.zeros((3, 3))
    for hull, volume, at in zip(hulls, volumes, centres, strict=True):
        d = at - centre
        total += mass_kg / volumes.sum() * (hull.moment_inertia + volume * (d @ d * np.eye(3) - np.outer(d, d)))
    return centre, total


def _triple(values: Array | tuple[float, ...]) -> str:
    return " ".join(f"{float(v) + 0.0:.6g}" for v in values)
