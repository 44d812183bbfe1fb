"""What moves on a machine: the axes of its URDF, where its programs put them, and how much room they take there."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from layout.errors import AssetError
from layout.files.meshes import vertices_of
from layout.files.model_file import AxisFile
from layout.files.urdf import ACCELERATION_PER_SPEED, driven_joint
from layout.files.urdf_tree import Array, Edge, Link, Tree, moved
from layout.files.yaml import did_you_mean
from layout.model.library import Axis
from layout.packages import find_mesh

Add = Callable[[str, tuple[str | int, ...], object, str], None]

# People round limits and positions alike to a tenth of a degree (or millimetre).
ROUNDED = 2e-3


def read_axes(tree: Tree, given: Mapping[str, AxisFile], add: Add) -> tuple[Axis, ...]:
    """The driven joints of a machine's URDF, from its root outwards, with the speeds that model.yaml gives them.

    add : notes a finding: what, path in model.yaml, value, hint
    """
    axes: list[Axis] = []
    index: dict[str, tuple[int, Array]] = {root: (-1, np.eye(4)) for root in tree.roots}
    named = [joint.name for joint in tree.joints if joint.driven]
    for name in given:
        if name not in named:
            add("the URDF has no such axis", ("axes", name), name, did_you_mean(name, named, "it has"))
    for joint in tree.walk():
        parent, frame = index[joint.parent]
        origin = frame @ joint.origin
        if not joint.driven:
            if joint.type != "fixed":
                hint = "only revolute, continuous and prismatic joints drive a machine's axes"
                add(f"axis {joint.name!r} is of a type that no machine has", ("urdf",), joint.type, hint)
            index[joint.child] = (parent, origin)
            continue
        axis = _axis(joint, parent, origin, given.get(joint.name), str(tree.file), add)
        if axis is None:
            index[joint.child] = (parent, origin)
            continue
        index[joint.child] = (len(axes), np.eye(4))
        axes.append(axis)
    return tuple(axes)


def _axis(joint: Edge, parent: int, origin: Array, given: AxisFile | None, file: str, add: Add) -> Axis | None:
    per_unit = 1e-3 if joint.type == "prismatic" else math.pi / 180
    unit = "m/s" if joint.type == "prismatic" else "degrees/s"
    if given is None:
        hint = f"add 'axes: {{{joint.name}: {{speed: ..., acceleration: ...}}}}' ({unit}), or make the joint fixed"
        add(f"moves, but nobody says how fast: {joint.name!r}", ("axes",), None, hint)
        return None
    per_speed = 1.0 if joint.type == "prismatic" else per_unit
    figures = {"speed": given.speed * per_speed, "acceleration": given.acceleration * per_speed}
    made, problems = driven_joint(joint, origin, figures, file)
    for problem in problems:
        hint = problem.hint.replace(", or override the range in model.yaml", "")
        add(f"{problem.what} ({joint.name!r})", ("urdf",), problem.value or None, hint)
    if made is None:
        return None
    return Axis(
        name=made.name, link=joint.child, parent=parent, origin=made.origin, axis=made.axis, lower=made.lower,
        upper=made.upper, speed=made.speed, acceleration=made.acceleration, prismatic=made.prismatic,
    )  # fmt: skip


def own_axes(tree: Tree, add: Add) -> tuple[Axis, ...]:
    """The axes of a URDF that has no model.yaml: speeds as it says, accelerations by `ACCELERATION_PER_SPEED`."""
    known: dict[str, AxisFile] = {}
    for joint in tree.joints:
        if joint.driven:
            speed = joint.speed if joint.speed and math.isfinite(joint.speed) and joint.speed > 0 else None
            if speed is None:
                hint = "give it a velocity limit above 0"
                add(f"the joint has no speed ({joint.name!r})", (), joint.speed, hint)
                speed = 1.0
            speed *= 1.0 if joint.type == "prismatic" else 180 / math.pi
            known[joint.name] = AxisFile(speed=speed, acceleration=ACCELERATION_PER_SPEED * speed)
    return read_axes(tree, known, add)


def read_programs(
    axes: tuple[Axis, ...], given: Mapping[str, Mapping[str, float]], add: Add
) -> dict[str, dict[str, float]]:
    """Positions of the axes by program, from mm and degrees to m and rad."""
    by_name = {axis.name: axis for axis in axes}
    made: dict[str, dict[str, float]] = {}
    for program, positions in given.items():
        made[program] = {}
        for name, value in positions.items():
            path = ("programs", program, name)
            axis = by_name.get(name)
            if axis is None:
                add("the machine has no such axis", path, name, did_you_mean(name, by_name, "it has"))
                continue
            factor, unit = (1e-3, "mm") if axis.prismatic else (math.pi / 180, "degrees")
            place = value * factor
            if not axis.lower - ROUNDED <= place <= axis.upper + ROUNDED:
                hint = f"{name} goes from {axis.lower / factor:.6g} to {axis.upper / factor:.6g} {unit}"
                add("is beyond the axis' range", path, value, hint)
            made[program][name] = min(max(place, axis.lower), axis.upper)
    return made


def axis_frames(axes: tuple[Axis, ...], position: tuple[float, ...]) -> list[Array]:
    """(4, 4) of each axis' link in the machine's frame when the axes stand at a position (m, rad)."""
    frames: list[Array] = []
    for axis, value in zip(axes, position, strict=True):
        kind = "prismatic" if axis.prismatic else "revolute"
        step = moved(Edge(axis.name, kind, "", "", np.array(axis.origin), axis.axis, None, None, None), value)
        frames.append(step if axis.parent < 0 else frames[axis.parent] @ step)
    return frames


def link_points(tree: Tree, name: str) -> Array:
    """(n, 3) points (m, link frame) that span what a link and what is fixed to it holds; collision shapes, if any."""
    found = [_points(tree.links[name], tree.file)]
    for joint in tree.below.get(name, ()):
        if not joint.driven:
            points = link_points(tree, joint.child)
            found.append(points @ joint.origin[:3, :3].T + joint.origin[:3, 3])
    return np.concatenate(found)


def _points(link: Link, urdf: Path) -> Array:
    found = [np.empty((0, 3))]
    for shape in link.collisions or link.visuals:
        if shape.kind == "mesh":
            path = find_mesh(shape.file, urdf)
            if path is None:
                continue  # reported where the tree was read
            try:
                points = vertices_of(path) * np.array(shape.scale)
            except AssetError:
                continue
        else:
            points = _corners(shape.kind, shape.size_m)
        found.append(points @ shape.origin[:3, :3].T + shape.origin[:3, 3])
    return np.concatenate(found)


def _corners(kind: str, size: tuple[float, ...]) -> Array:
    """Corners (8, 3) of the box around a primitive (m)."""
    if kind == "box":
        half = [edge / 2 for edge in size]
    else:
        half = [size[0], size[0], size[1] / 2 if kind == "cylinder" else size[0]]
    return np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]) * half


def swept_box(tree: Tree, axes: tuple[Axis, ...], positions: list[tuple[float, ...]]) -> tuple[Array, Array] | None:
    """Lowest and highest corner (3,) (m, machine frame) of all that moves, over some positions; None where nothing."""
    found = []
    points = [link_points(tree, axis.link) for axis in axes]
    for position in positions:
        for frame, link in zip(axis_frames(axes, position), points, strict=True):
            if len(link):
                found.append(link @ frame[:3, :3].T + frame[:3, 3])
    if not found:
        return None
    whole = np.concatenate(found)
    return whole.min(axis=0), whole.max(axis=0)
