"""An arm as few rigid links: one for each driven joint, with everything that moves along with it folded in.

A URDF often has more links than joints (flanges, hands, markers), each of which costs the engine time in every step.
Here the fixed ones are folded into the driven ones: masses, inertias and convex hulls. Fingers are held where they
stand at zero. The tool is folded into the last link, the pedestal into the foot, a rail's bed becomes the foot.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from layout.errors import Problem, SceneError
from layout.model.library import ArmModel, Joint
from layout.model.pose import Array
from layout.scene import meshes, solids
from layout.scene.physics import shapes

DENSITY_KG_M3 = 1000.0
"""Of the convex hulls of a link whose URDF says no mass: of the links with masses in the library half have 850 to 1250
(cast aluminium around motors and gears, partly hollow)."""

SLACK = 1.2
"""A moment of inertia may be this much more than the link's collision hull allows: hulls are simplified. Some URDFs
have placeholders (0.1 kg m^2 for a finger of 0.1 kg); what no such body can have is replaced by an even spread."""

RAIL_DRIVE = 2.0
"""A rail's drive pushes this many times what its acceleration takes with the rated payload: room for the arm's own
reaction forces. Assumed; a rail's data sheet names its acceleration, not its force."""

DRIVE_LIMIT = 1e5
"""Torque (N m) or force (N) of a joint whose URDF names none: no limit that any arm of this size would reach."""

_MOVED = ("revolute", "continuous", "prismatic")


@dataclass
class _Group:
    """What moves with one joint: (mass, centre, tensor about it) of its bodies, its hulls (m), in the joint's frame."""

    bodies: list[tuple[float, Array, Array]] = field(default_factory=list)
    pieces: list[Array] = field(default_factory=list)


@dataclass(frozen=True)
class Linked:
    """A URDF with a link for each driven joint, as the engine reads it.

    path : the file; joints : names in the model's order; names : of the links, the foot first
    effort : (dof,) N m (N) that each drive gives at most; limited : (dof,) bool, whether the URDF says so
    masses_kg : of the links, the foot first; assumed : names of links whose mass is an assumption
    """

    path: Path
    joints: tuple[str, ...]
    names: tuple[str, ...]
    effort: Array
    limited: tuple[bool, ...]
    masses_kg: tuple[float, ...]
    assumed: tuple[str, ...]


def linked(model: ArmModel) -> Linked:
    """An arm with its tool, its pedestal and its rail as one multibody with a fixed foot, in the arm's frame.

    The file lies in the cache under the hash of what it says. Raises SceneError or AssetError where the URDF cannot be
    read.
    """
    root = _parsed(model.urdf)
    groups, names = _folded(model, root)
    own = model.joints[1:] if model.rail is not None else model.joints
    limits = {joint.get("name", ""): joint for joint in root.findall("joint")}
    assumed: list[str] = []
    bodies = []
    for name, group in zip(names, groups, strict=True):
        moving = name != names[0]
        if moving and not group.bodies:
            group.bodies.append(_even(group.pieces, None))
            assumed.append(name)
        bodies.append(_together(group.bodies))
    effort, limited = [], []
    for joint in own:
        element = limits[joint.name].find("limit")
        given = _number(element.get("effort")) if element is not None else 0.0
        limited.append(given > 0.0)
        effort.append(given if given > 0.0 else DRIVE_LIMIT)
    if model.rail is not None:
        carried = sum(mass for mass, _, _ in bodies[1:]) + max(model.payload_kg - model.tool_mass_kg, 0.0)
        effort.insert(0, RAIL_DRIVE * carried * model.rail.acceleration_m_s2)
        limited.insert(0, True)
    rows = [f'<robot name="{model.name}">']
    for name, group, (mass, centre, tensor) in zip(names, groups, bodies, strict=True):
        rows.append(f'  <link name="{name}">')
        if name == names[0]:  # it stands still
            mass, centre, tensor = 0.0, np.zeros(3), np.zeros((3, 3))
        rows += _inertial(mass, centre, tensor)
        if group.pieces:
            mesh = solids.hull_file([shapes.inset(piece) for piece in group.pieces])
            rows.append(f'    <collision><geometry><mesh filename="{mesh}"/></geometry></collision>')
        rows.append("  </link>")
    for place, (joint, most) in enumerate(zip(model.joints, effort, strict=True)):
        dynamics = limits[joint.name].find("dynamics") if joint.name in limits else None
        rows += _joint(joint, names[place], names[place + 1], most, dynamics)
    text = "\n".join([*rows, "</robot>"]) + "\n"
    path = meshes.cache_folder() / f"links-{hashlib.sha256(text.encode()).hexdigest()[:24]}.urdf"
    if not path.is_file():
        meshes.write_text(path, text)
    return Linked(
        path=path,
        joints=tuple(joint.name for joint in model.joints),
        names=tuple(names),
        effort=np.array(effort),
        limited=tuple(limited),
        masses_kg=tuple(mass for mass, _, _ in bodies),
        assumed=tuple(assumed),
    )


def _parsed(urdf: Path) -> ElementTree.Element:
    try:
        return ElementTree.parse(urdf).getroot()
    except (ElementTree.ParseError, OSError, ValueError) as error:
        raise SceneError(Problem("the URDF cannot be read", "urdf", str(error), "check the file", str(urdf))) from error


def _folded(model: ArmModel, root: ElementTree.Element) -> tuple[list[_Group], list[str]]:
    """Groups and names of the links: the foot, then one for each of the model's joints."""
    pieces = solids.link_pieces(model.urdf)
    links = {link.get("name", ""): link for link in root.findall("link")}
    below: dict[str, list[ElementTree.Element]] = {}
    for joint in root.findall("joint"):
        parent = joint.find("parent")
        if parent is not None and joint.find("child") is not None:
            below.setdefault(parent.get("link", ""), []).append(joint)
    shift = 1 if model.rail is not None else 0
    own = {joint.name: place + shift + 1 for place, joint in enumerate(model.joints[shift:])}
    groups = [_Group() for _ in range(len(model.joints) + 1)]
    names = ["foot", *(joint.name for joint in model.joints)]
    raised = np.eye(4)
    raised[2, 3] = model.mount_m
    queue: list[tuple[str, int, Array]] = [(model.base, shift, raised)]
    seen = {model.base}
    while queue:
        name, place, frame = queue.pop()
        if name in links:
            group = groups[place]
            group.pieces += [piece @ frame[:3, :3].T + frame[:3, 3] for piece in pieces.get(name, ())]
            mass, centre, tensor = _own_body(links[name], pieces.get(name, ()))
            if mass > 0.0:
                turn = frame[:3, :3]
                group.bodies.append((mass, turn @ centre + frame[:3, 3], turn @ tensor @ turn.T))
        if name == model.tip and model.tool is not None:
            _add_tool(groups[place], model, frame)
        for joint in below.get(name, ()):
            child = joint.find("child")
            link = child.get("link", "") if child is not None else ""
            if link in seen:
                continue
            seen.add(link)
            if joint.get("name", "") in own:
                queue.append((link, own[joint.get("name", "")], np.eye(4)))
            else:
                queue.append((link, place, frame @ solids.origin(joint.find("origin"))))
    if model.rail is not None:
        low, high = solids.rail_box(model)
        groups[0].pieces.append(solids.box_vertices(low, high))
    elif model.mount_m > 0.0:
        flat = np.asarray(model.footprint_m, dtype=float)
        ends = [np.column_stack([flat, np.full(len(flat), z)]) for z in (0.0, model.mount_m)]
        groups[0].pieces.append(np.vstack(ends))
    return groups, names


def _add_tool(group: _Group, model: ArmModel, frame: Array) -> None:
    assert model.tool is not None
    seated = frame.copy()
    seated[:3, 3] += seated[:3, :3] @ np.asarray(model.seat_m, dtype=float)
    tool = [piece @ seated[:3, :3].T + seated[:3, 3] for piece in meshes.hull_pieces(model.tool.hulls)]
    group.pieces += tool
    group.bodies.append(_even(tool, model.tool.mass_kg))


def _own_body(link: ElementTree.Element, pieces: Sequence[Array]) -> tuple[float, Array, Array]:
    """Mass (kg), centre (3,) (m) and tensor about it (3, 3) of a link in its frame; even over its hulls without one."""
    inertial = link.find("inertial")
    weight = inertial.find("mass") if inertial is not None else None
    mass = _number(weight.get("value")) if weight is not None else 0.0
    if inertial is None or not mass > 0.0:
        return 0.0, np.zeros(3), np.zeros((3, 3))
    frame = solids.origin(inertial.find("origin"))
    spread, tensor = inertial.find("inertia"), np.zeros((3, 3))
    if spread is not None:
        for row, column in zip(*np.triu_indices(3), strict=True):
            tensor[row, column] = tensor[column, row] = _number(spread.get("i" + "xyz"[row] + "xyz"[column]))
    if pieces and not _possible(tensor, mass, np.vstack(pieces) - frame[:3, 3]):
        tensor = frame[:3, :3].T @ _even(pieces, mass)[2] @ frame[:3, :3]
    turn = frame[:3, :3]
    return mass, frame[:3, 3].copy(), turn @ tensor @ turn.T


def _possible(tensor: Array, mass: float, points: Array) -> bool:
    """Whether a body of that mass within a hull (points (n, 3) (m) about its centre of mass) can have such a tensor.

    Moments are positive, none is more than the other two together, none is more than all mass at the farthest point.
    """
    least, middle, most = np.linalg.eigvalsh(tensor)
    farthest = float((points**2).sum(axis=1).max())
    return bool(least > 0.0 and least + middle >= most * (1.0 - 1e-6) and most <= SLACK * mass * farthest)


def _even(pieces: Sequence[Array], mass_kg: float | None) -> tuple[float, Array, Array]:
    """Mass spread evenly over convex pieces (m); without one it is DENSITY_KG_M3 times their volume."""
    import trimesh

    hulls = [trimesh.convex.convex_hull(np.asarray(piece, dtype=float)) for piece in pieces]
    volume = sum(float(hull.volume) for hull in hulls)
    if volume <= 0.0:
        return (mass_kg or 0.1), np.zeros(3), np.eye(3) * 1e-4
    mass = DENSITY_KG_M3 * volume if mass_kg is None else mass_kg
    density = mass / volume
    return _together(
        [(density * float(h.volume), np.asarray(h.center_mass), density * np.asarray(h.moment_inertia)) for h in hulls]
    )


def _together(parts: Sequence[tuple[float, Array, Array]]) -> tuple[float, Array, Array]:
    """Several bodies as one: Steiner's parallel axis theorem."""
    total = sum(mass for mass, _, _ in parts)
    if total <= 0.0:
        return 0.0, np.zeros(3), np.zeros((3, 3))
    centre = sum((mass * at for mass, at, _ in parts), np.zeros(3)) / total
    tensor = np.zeros((3, 3))
    for mass, at, own in parts:
        away = at - centre
        tensor += own + mass * (away @ away * np.eye(3) - np.outer(away, away))
    return total, centre, tensor


def _inertial(mass: float, centre: Array, tensor: Array) -> list[str]:
    entries = " ".join(f'i{"xyz"[i]}{"xyz"[j]}="{tensor[i, j]:.9g}"' for i, j in zip(*np.triu_indices(3), strict=True))
    return [
        f'    <inertial><origin xyz="{_text(centre)}" rpy="0 0 0"/><mass value="{mass:.9g}"/>',
        f"      <inertia {entries}/></inertial>",
    ]


def _joint(joint: Joint, parent: str, child: str, effort: float, dynamics: ElementTree.Element | None) -> list[str]:
    frame = np.asarray(joint.origin, dtype=float)
    kind = "prismatic" if joint.prismatic else "revolute"
    rows = [
        f'  <joint name="{joint.name}" type="{kind}">',
        f'    <parent link="{parent}"/><child link="{child}"/>',
        f'    <origin xyz="{_text(frame[:3, 3])}" rpy="{_text(_roll_pitch_yaw(frame[:3, :3]))}"/>',
        f'    <axis xyz="{_text(joint.axis)}"/>',
        f'    <limit lower="{joint.lower:.9g}" upper="{joint.upper:.9g}" effort="{effort:.9g}"'
        f' velocity="{joint.speed:.9g}"/>',
    ]
    if dynamics is not None:
        given = (f'{key}="{_number(dynamics.get(key)):.9g}"' for key in ("damping", "friction"))
        rows.append(f"    <dynamics {' '.join(given)}/>")
    return [*rows, "  </joint>"]


def _roll_pitch_yaw(turn: Array) -> tuple[float, float, float]:
    """Fixed-axis angles (rad) of a rotation (3, 3): the inverse of a URDF's rpy."""
    flat = math.hypot(turn[0, 0], turn[1, 0])
    pitch = math.atan2(-turn[2, 0], flat)
    if flat < 1e-9:  # gimbal lock: roll alone
        return math.atan2(-turn[1, 2], turn[1, 1]), pitch, 0.0
    return math.atan2(turn[2, 1], turn[2, 2]), pitch, math.atan2(turn[1, 0], turn[0, 0])


def _text(values: Sequence[float] | Array) -> str:
    return " ".join(f"{float(value):.12g}" for value in values)


def _number(text: str | None) -> float:
    """A URDF's number; 0 where there is none that can be used."""
    try:
        value = float(text or "0")
    except ValueError:
        return 0.0
    return value if math.isfinite(value) else 0.0
