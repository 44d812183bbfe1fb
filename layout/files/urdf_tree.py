"""URDF files as trees of links and joints, with everything wrong about them named. Meshes are not loaded.

Format: wiki.ros.org/urdf/XML. Read here with the standard library alone: it takes a millisecond, and every finding
can say where it is.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from layout.errors import AssetError, Problem

Array = NDArray[np.float64]

DRIVEN = ("revolute", "continuous", "prismatic")
"""Joint types that one motor moves."""
TYPES = (*DRIVEN, "fixed", "floating", "planar")

MAX_BYTES = 20_000_000
"""URDFs are text that people read; vendors' largest have 200 kB."""


FARTHEST_M = 1e6
"""Lengths beyond this are slips."""


@dataclass(frozen=True, eq=False)
class Shape:
    """A link's geometry: `origin` (4, 4) in the link's frame.

    kind : mesh, box, cylinder or sphere
    size_m : box: its three edges; cylinder: radius and length; sphere: radius
    file, scale : of a mesh
    """

    kind: str
    origin: Array
    size_m: tuple[float, ...] = ()
    file: str = ""
    scale: tuple[float, ...] = (1.0, 1.0, 1.0)


@dataclass(frozen=True, eq=False)
class Link:
    """A link: what it shows, what it collides with, its mass (kg) and inertia (3, 3) (kg m^2), None where not given."""

    name: str
    visuals: tuple[Shape, ...]
    collisions: tuple[Shape, ...]
    mass_kg: float | None
    inertia: Array | None


@dataclass(frozen=True, eq=False)
class Edge:
    """A joint: from a parent link's frame by `origin` (4, 4) to the child's at zero; rad and rad/s, or m and m/s.

    lower, upper, speed : None where the file gives none; mimic : the joint it follows, empty where it does not
    """

    name: str
    type: str
    parent: str
    child: str
    origin: Array
    axis: tuple[float, float, float]
    lower: float | None
    upper: float | None
    speed: float | None
    mimic: str = ""

    @property
    def driven(self) -> bool:
        """Whether a motor moves it."""
        return self.type in DRIVEN


@dataclass(frozen=True, eq=False)
class Tree:
    """A URDF: links by name, joints in the file's order, and what is wrong with single elements."""

    file: Path
    links: dict[str, Link]
    joints: tuple[Edge, ...]
    problems: tuple[Problem, ...] = field(default=())

    @cached_property
    def above(self) -> dict[str, Edge]:
        """The joint that carries each link (the first, where a broken file has two)."""
        found: dict[str, Edge] = {}
        for joint in self.joints:
            found.setdefault(joint.child, joint)
        return found

    @property
    def roots(self) -> tuple[str, ...]:
        """Links that no joint carries: one, in a good file."""
        return tuple(name for name in self.links if name not in self.above)

    @cached_property
    def below(self) -> dict[str, list[Edge]]:
        """The joints that each link carries."""
        found: dict[str, list[Edge]] = {}
        for joint in self.joints:
            found.setdefault(joint.parent, []).append(joint)
        return found

    def walk(self) -> Iterator[Edge]:
        """Joints from the root outwards, parents first."""
        seen = set(self.roots)
        queue = list(self.roots)
        for link in queue:
            for joint in self.below.get(link, ()):
                if joint.child not in seen:
                    seen.add(joint.child)
                    queue.append(joint.child)
                    yield joint

    def faults(self) -> list[Problem]:
        """Everything that keeps it from being a tree of bodies."""
        return [*self.problems, *self._structure(), *self._masses()]

    def _structure(self) -> Iterator[Problem]:
        file = str(self.file)
        carried: dict[str, Edge] = {}
        whole = True
        for joint in self.joints:
            for end, name in (("parent", joint.parent), ("child", joint.child)):
                if name not in self.links:
                    what = f"joint {joint.name!r} names a {end} link that is not there"
                    whole = False
                    yield Problem(what, "urdf", name, near(name, self.links), file)
            if joint.child in carried:
                what = f"two joints carry link {joint.child!r}, so the chain forms a loop"
                whole = False
                value = f"{carried[joint.child].name}, {joint.name}"
                yield Problem(what, "urdf", value, "cut the loop: one joint for each link", file)
            carried[joint.child] = joint
        if not whole:
            return
        looped = [name for name in self.links if self._loops(name)]
        if looped:
            what, hint = f"the joints above {looped[-1]!r} form a loop", "cut the loop: a chain ends at its root"
            yield Problem(what, "urdf", ", ".join(looped[:6]), hint, file)
        elif len(self.roots) > 1:
            what = f"has {len(self.roots)} root links, so it falls apart"
            hint = f"join them by fixed joints to one of them, such as {self.roots[0]!r}"
            yield Problem(what, "urdf", ", ".join(self.roots[:6]), hint, file)

    def _loops(self, link: str) -> bool:
        seen = {link}
        while link in self.above:
            link = self.above[link].parent
            if link in seen:
                return True
            seen.add(link)
        return False

    def _masses(self) -> Iterator[Problem]:
        file = str(self.file)
        for link in self.links.values():
            where = f"links.{link.name}"
            mass, tensor = link.mass_kg, link.inertia
            if mass is not None and mass < 0:
                yield Problem("the link's mass is below 0", where, f"{mass:g} kg", "give its mass in kg", file)
            if tensor is None or not np.isfinite(tensor).all():
                continue
            least = float(np.linalg.eigvalsh(tensor)[0])
            largest = float(np.abs(tensor).max())
            shown = " ".join(f"{value:g}" for value in np.diag(tensor))
            if least < -1e-6 * largest:
                hint = "ixx, iyy and izz are above 0 and larger than ixy, ixz and iyz; export the CAD's inertia again"
                yield Problem("the link's inertia is negative about some axis", where, shown, hint, file)
            elif mass and not largest:
                hint = "give its inertia in kg m^2 (a block: m (b^2 + c^2) / 12), or leave <inertial> out"
                yield Problem("the link has a mass but no inertia", where, shown, hint, file)


def read_tree(urdf: Path) -> Tree:
    """A URDF file. Raises AssetError where it is missing, no XML, no URDF, or without links."""
    hint = "it must be well-formed URDF; expand xacro files first"
    try:
        if urdf.is_dir():
            raise AssetError(
                Problem("is a folder, not a URDF file", "urdf", str(urdf), "name the file in it", str(urdf))
            )
        if not urdf.is_file():
            raise AssetError(Problem("there is no such URDF file", "urdf", str(urdf), "check the path", str(urdf)))
        if urdf.stat().st_size > MAX_BYTES:
            what = "is too large to be a URDF"
            raise AssetError(Problem(what, "urdf", str(urdf), "is it the right file?", str(urdf)))
        root = ElementTree.parse(urdf).getroot()
    except (ElementTree.ParseError, OSError, ValueError, LookupError) as error:
        raise AssetError(Problem("the URDF cannot be read as XML", "urdf", str(error), hint, str(urdf))) from None
    if root.tag != "robot":
        raise AssetError(Problem("the URDF has no <robot> at its root", "urdf", f"<{root.tag}>", hint, str(urdf)))
    if any(element.tag.startswith("{http") and "xacro" in element.tag for element in root.iter()):
        what, hint = "holds xacro macros that nobody expanded", "name it .xacro, or expand it: xacro in > out.urdf"
        raise AssetError(Problem(what, "urdf", urdf.name, hint, str(urdf)))
    tree = _Reader(urdf).read(root)
    if not tree.links:
        raise AssetError(Problem("the URDF has no links", "urdf", "", "a URDF has <link> and <joint>", str(urdf)))
    return tree


class _Reader:
    """Reads the XML and collects what is wrong with single elements."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def read(self, root: ElementTree.Element) -> Tree:
        links: dict[str, Link] = {}
        for element in root.findall("link"):
            name = element.get("name", "")
            if name in links:
                self.add(f"two links are named {name!r}", "", "rename one of them")
            links[name] = self.link(name, element)
        joints: dict[str, Edge] = {}
        for element in root.findall("joint"):
            name = element.get("name", "")
            if name in joints:
                self.add(f"two joints are named {name!r}", "", "rename one of them")
            edge = self.joint(name, element)
            if edge is not None:
                joints[name] = edge
        return Tree(self.file, links, tuple(joints.values()), tuple(self.problems))

    def add(self, what: str, value: str = "", hint: str = "", where: str = "urdf") -> None:
        self.problems.append(Problem(what, where, value, hint, str(self.file)))

    def link(self, name: str, element: ElementTree.Element) -> Link:
        who = f"link {name!r}"
        mass: float | None = None
        tensor: Array | None = None
        inertial = element.find("inertial")
        if inertial is not None:
            given = inertial.find("mass")
            mass = self.number(given, "value", who) if given is not None else None
            spread = inertial.find("inertia")
            if spread is not None:
                xx, xy, xz, yy, yz, zz = (
                    self.number(spread, key, who) or 0.0 for key in ("ixx", "ixy", "ixz", "iyy", "iyz", "izz")
                )
                tensor = np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])
        shapes = {kind: tuple(self.shapes(element, kind, who)) for kind in ("visual", "collision")}
        return Link(name, shapes["visual"], shapes["collision"], mass, tensor)

    def shapes(self, element: ElementTree.Element, kind: str, who: str) -> Iterator[Shape]:
        for part in element.findall(kind):
            geometry = part.find("geometry")
            origin = self.frame(part, f"a {kind} of {who}")
            for given in geometry if geometry is not None else ():
                if given.tag == "mesh":
                    scale = self.numbers(given, "scale", 3, who) or (1.0, 1.0, 1.0)
                    if self.sound(scale, f"the mesh scale of {who}"):
                        yield Shape("mesh", origin, (), given.get("filename", ""), scale)
                elif given.tag in ("box", "cylinder", "sphere", "capsule"):
                    keys = ("radius", "length") if given.tag in ("cylinder", "capsule") else ("radius",)
                    size = (
                        self.numbers(given, "size", 3, who) or (0.0, 0.0, 0.0)
                        if given.tag == "box"
                        else tuple(self.number(given, key, who) or 0.0 for key in keys)
                    )
                    if self.sound(size, f"the {given.tag} of {who}"):
                        yield Shape("cylinder" if given.tag == "capsule" else given.tag, origin, size)

    def sound(self, values: tuple[float, ...], what: str) -> bool:
        """Whether numbers are finite and no distance to the moon; noted where not."""
        if all(abs(value) < FARTHEST_M for value in values):
            return True
        shown = " ".join(f"{value:g}" for value in values)
        self.add(f"{what} is no finite number of metres", shown, "repair it")
        return False

    def joint(self, name: str, element: ElementTree.Element) -> Edge | None:
        who, where = f"joint {name!r}", f"joints.{name}"
        ends = {}
        for end in ("parent", "child"):
            given = element.find(end)
            if given is None or not given.get("link"):
                self.add(f"{who} names no {end} link", "", f'give it a <{end} link="..."/>', where)
                return None
            ends[end] = given.get("link", "")
        kind = element.get("type", "")
        if kind not in TYPES:
            self.add(f"{who} has no type that URDF knows", kind, f"use one of {', '.join(TYPES)}", where)
            return None
        axis = element.find("axis")
        x, y, z = (self.numbers(axis, "xyz", 3, who) if axis is not None else None) or (1.0, 0.0, 0.0)
        limit, mimic = element.find("limit"), element.find("mimic")
        lower, upper, speed = (
            self.number(limit, key, who, where) if limit is not None else None for key in ("lower", "upper", "velocity")
        )
        follows = "" if mimic is None else mimic.get("joint", "") or "?"
        origin = self.frame(element, who)
        return Edge(name, kind, ends["parent"], ends["child"], origin, (x, y, z), lower, upper, speed, follows)

    def frame(self, element: ElementTree.Element, who: str) -> Array:
        origin = element.find("origin")
        if origin is None:
            return np.eye(4)
        xyz = self.numbers(origin, "xyz", 3, who) or (0.0, 0.0, 0.0)
        rpy = self.numbers(origin, "rpy", 3, who) or (0.0, 0.0, 0.0)
        if not all(abs(value) < FARTHEST_M for value in (*xyz, *rpy)):
            self.add(f"the origin of {who} is no finite number", "", "repair its <origin xyz= rpy=>")
            return np.eye(4)
        return pose(xyz, rpy)

    def number(self, element: ElementTree.Element, key: str, who: str, where: str = "urdf") -> float | None:
        """A number; None where there is none. One that is not finite is left to who uses it."""
        text = element.get(key)
        if text is None:
            return None
        try:
            return float(text)
        except ValueError:
            self.add(f"the {key} of {who} is no number", text[:40], "write a number, such as 0.5", where)
            return None

    def numbers(self, element: ElementTree.Element, key: str, count: int, who: str) -> tuple[float, ...] | None:
        text = element.get(key)
        if text is None:
            return None
        try:
            values = tuple(float(word) for word in text.split())
        except ValueError:
            values = ()
        if len(values) == 1 and key == "scale":
            values *= 3
        if len(values) != count:
            self.add(f"the {key} of {who} must be {count} numbers", text[:40], f'write {key}="0 0 1"')
            return None
        return values


def pose(xyz: Iterable[float], rpy: Iterable[float]) -> Array:
    """(4, 4) from a URDF origin: turned about the fixed x, y, z by roll, pitch, yaw (rad), then moved (m)."""
    roll, pitch, yaw = rpy
    cr, sr, cp, sp, cy, sy = (f(a) for a in (roll, pitch, yaw) for f in (math.cos, math.sin))
    made = np.eye(4)
    made[:3, :3] = [
        [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
        [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
        [-sp, cp * sr, cp * cr],
    ]
    made[:3, 3] = list(xyz)
    return made


def moved(edge: Edge, value: float) -> Array:
    """(4, 4) from the parent link's frame to the child's when the joint stands at a value (rad, m)."""
    turn = np.eye(4)
    length = math.hypot(*edge.axis)
    axis = np.array(edge.axis) / length if length else np.array([1.0, 0.0, 0.0])
    if edge.type == "prismatic":
        turn[:3, 3] = axis * value
    elif edge.driven:
        cross = np.array([[0.0, -axis[2], axis[1]], [axis[2], 0.0, -axis[0]], [-axis[1], axis[0], 0.0]])
        turn[:3, :3] += math.sin(value) * cross + (1 - math.cos(value)) * cross @ cross
    return edge.origin @ turn


def near(name: str, known: Iterable[str]) -> str:
    """A hint that names what may have been meant."""
    names = list(known)
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    return f"did you mean {' or '.join(close)}?" if close else f"there are {', '.join(names[:12])}"
