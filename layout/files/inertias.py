"""Masses and inertias of a robot's links, from its URDF: folded into one body for each driven joint."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import cast
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from layout.model.library import Inertia, Joint, Point3

Array = NDArray[np.float64]

MOVED = ("revolute", "continuous", "prismatic")


@dataclass(frozen=True)
class _Edge:
    """One joint of the URDF: its name, the link it carries, whether it is driven, and where it sits (4, 4)."""

    name: str
    child: str
    driven: bool
    origin: Array


def read_inertias(urdf: Path, base: str, tip: str, joints: tuple[Joint, ...]) -> tuple[Inertia, ...]:
    """The base's inertia, then that of what each joint carries up to the next one, in the joint's own frame.

    joints : the driven joints from `base` to `tip`, as `files.urdf.read_chain` gives them

    Fixed links are folded in; what else hangs on a link (fingers, linkages) counts as it stands at zero. The tip and
    what it carries is the tool and left out, except a tip that is moved by the last joint itself: that is the flange.
    Empty where the file cannot be read, or some joint carries no mass: the URDF's author did not think of it.
    """
    try:
        root = ElementTree.parse(urdf).getroot()
        links = {link.get("name", ""): _own(link) for link in root.iter("link")}
        below: dict[str, list[_Edge]] = {}
        for element in root.iter("joint"):
            parent, child = element.find("parent"), element.find("child")
            if parent is None or child is None:
                continue
            edge = _Edge(
                element.get("name", ""),
                child.get("link", ""),
                element.get("type", "") in MOVED,
                _frame(element.find("origin")),
            )
            below.setdefault(parent.get("link", ""), []).append(edge)
    except (ElementTree.ParseError, OSError, ValueError):
        return ()
    own = [joint.name for joint in joints]
    bodies: list[list[tuple[float, Array, Array]]] = [[] for _ in range(len(own) + 1)]
    queue: list[tuple[str, int, Array, bool]] = [(base, 0, np.eye(4), False)]
    seen = {base}
    while queue:
        link, body, frame, fixed = queue.pop()
        if link == tip and fixed:
            continue  # the tool
        mass, centre, tensor = links.get(link, (0.0, np.zeros(3), np.zeros((3, 3))))
        if mass > 0:
            turn = frame[:3, :3]
            bodies[body].append((mass, turn @ centre + frame[:3, 3], turn @ tensor @ turn.T))
        for edge in below.get(link, ()):
            if edge.child in seen or (link == tip and edge.name not in own):
                continue
            seen.add(edge.child)
            if edge.name in own:
                queue.append((edge.child, own.index(edge.name) + 1, np.eye(4), False))
            else:
                queue.append((edge.child, body, frame @ edge.origin, True))
    if any(not parts for parts in bodies[1:]):
        return ()
    return tuple(_together(parts) for parts in bodies)


def _together(parts: list[tuple[float, Array, Array]]) -> Inertia:
    """Several bodies as one: Steiner's parallel axis theorem."""
    total = sum(mass for mass, _, _ in parts)
    if not parts or total <= 0:
        return Inertia(0.0, (0.0, 0.0, 0.0), ((0.0, 0.0, 0.0),) * 3)
    centre = sum((mass * at for mass, at, _ in parts), np.zeros(3)) / total
    tensor = np.zeros((3, 3))
    for mass, at, own in parts:
        away = at - centre
        tensor += own + mass * (away @ away * np.eye(3) - np.outer(away, away))
    x, y, z = (float(v) for v in centre)
    rows = tuple(cast(Point3, tuple(float(v) for v in row)) for row in tensor)
    return Inertia(float(total), (x, y, z), (rows[0], rows[1], rows[2]))


def _own(link: ElementTree.Element) -> tuple[float, Array, Array]:
    """Mass (kg), centre (3,) (m) and inertia about it (3, 3) of a link in its frame; 0 kg where it has none."""
    inertial = link.find("inertial")
    nothing = 0.0, np.zeros(3), np.zeros((3, 3))
    if inertial is None:
        return nothing
    weight, spread = inertial.find("mass"), inertial.find("inertia")
    mass = float(weight.get("value", "0")) if weight is not None else 0.0
    if not (np.isfinite(mass) and mass > 0):
        return nothing
    frame, tensor = _frame(inertial.find("origin")), np.zeros((3, 3))
    if spread is not None:
        rows, columns = np.triu_indices(3)
        for row, column in zip(rows, columns, strict=True):
            value = float(spread.get("i" + "xyz"[row] + "xyz"[column], "0"))
            tensor[row, column] = tensor[column, row] = value if np.isfinite(value) else 0.0
    turn = frame[:3, :3]
    return mass, frame[:3, 3].copy(), turn @ tensor @ turn.T


def _frame(origin: ElementTree.Element | None) -> Array:
    """(4, 4) of an <origin>: fixed-axis roll, pitch, yaw."""
    out = np.eye(4)
    if origin is None:
        return out
    at = [float(v) for v in origin.get("xyz", "0 0 0").split()]
    roll, pitch, yaw = (float(v) for v in origin.get("rpy", "0 0 0").split())
    (sr, sp, sy), (cr, cp, cy) = np.sin([roll, pitch, yaw]), np.cos([roll, pitch, yaw])
    out[:3, :3] = [
        [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
        [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
        [-sp, cp * sr, cp * cr],
    ]
    out[:3, 3] = at
    if not np.isfinite(out).all():
        raise ValueError("no finite number")
    return out
