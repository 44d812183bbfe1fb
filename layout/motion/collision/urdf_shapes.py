"""Collision geometry of a URDF's links, and where the links are for given joint positions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np

from layout.errors import AssetError, Problem, SceneError
from layout.model.pose import Array
from layout.packages import find_mesh
from layout.scene.meshes import hull_pieces

CYLINDER_SIDES = 12
"""Cylinders become prisms around them: their corners stand out by 1 / cos(15 degrees) - 1 = 3.5 % of the radius."""


@dataclass(frozen=True, eq=False)
class Solid:
    """A convex solid in its link's frame: the hull of `points` (n, 3) (m), rounded outwards by `round_m`."""

    points: Array
    round_m: float = 0.0


@dataclass(frozen=True, eq=False)
class Hinge:
    """A joint of the tree; `origin` (4, 4) from the parent link to the child at 0, `axis` (3,) unit vector."""

    name: str
    kind: str
    parent: str
    child: str
    origin: Array
    axis: Array
    rest: float

    def moved(self, q: float) -> Array:
        """(4, 4) from the parent link to the child with the joint at q (rad, m)."""
        turn = np.eye(4)
        if self.kind in ("revolute", "continuous"):
            turn[:3, :3] = rotation(self.axis, q)
        elif self.kind == "prismatic":
            turn[:3, 3] = q * self.axis
        return np.asarray(self.origin @ turn)


@dataclass(frozen=True, eq=False)
class Tree:
    """A URDF's links with their solids, and the joints between them."""

    solids: Mapping[str, tuple[Solid, ...]]
    hinges: tuple[Hinge, ...]

    @property
    def root(self) -> str:
        """The link that hangs on no joint."""
        children = {hinge.child for hinge in self.hinges}
        return next((link for link in self.solids if link not in children), next(iter(self.solids)))

    def poses(self, base: str, positions: Mapping[str, float]) -> dict[str, Array]:
        """(4, 4) pose of every link that hangs together with `base`, in its frame.

        positions : by joint name (rad, m); joints that it does not name stand at 0, or as near to it as they can
        """
        out = {base: np.eye(4)}
        grown = True
        while grown:
            grown = False
            for hinge in self.hinges:
                if (hinge.parent in out) == (hinge.child in out):
                    continue
                move = hinge.moved(positions.get(hinge.name, hinge.rest))
                if hinge.parent in out:
                    out[hinge.child] = out[hinge.parent] @ move
                else:
                    out[hinge.parent] = out[hinge.child] @ np.linalg.inv(move)
                grown = True
        return out

    def above(self, link: str, base: str) -> list[str]:
        """Names of the joints between `base` and a link, from the base outwards; empty where it lies above the base."""
        up = {hinge.child: hinge for hinge in self.hinges}
        found: list[str] = []
        while link != base:
            if link not in up:
                return []
            found.append(up[link].name)
            link = up[link].parent
        return found[::-1]


def read_tree(urdf: Path) -> Tree:
    """Links, joints and collision solids of a URDF file; read once while it does not change.

    Raises AssetError where the file cannot be read or a mesh is missing, SceneError where a mesh is broken.
    """
    try:
        stamp = urdf.stat().st_mtime_ns
    except OSError:
        stamp = 0
    return _read(urdf, stamp)


@lru_cache(maxsize=64)
def _read(urdf: Path, stamp: int) -> Tree:
    try:
        robot = ElementTree.parse(urdf).getroot()
    except (ElementTree.ParseError, OSError, ValueError) as error:
        raise AssetError(Problem("the URDF cannot be read", "urdf", str(error), "check the file", str(urdf))) from None
    solids: dict[str, tuple[Solid, ...]] = {}
    for link in robot.findall("link"):
        found: list[Solid] = []
        for collision in link.findall("collision"):
            pose, geometry = _origin(collision), collision.find("geometry")
            if geometry is not None and len(geometry):
                found += [Solid(moved(pose, s.points), s.round_m) for s in _shapes(geometry[0], urdf)]
        solids[link.get("name", "")] = tuple(found)
    if not solids:
        raise AssetError(Problem("the URDF has no links", "urdf", "", "a URDF has <link> and <joint>", str(urdf)))
    hinges = tuple(_hinge(joint) for joint in robot.findall("joint") if joint.find("parent") is not None)
    return Tree(solids, hinges)


def _hinge(joint: ElementTree.Element) -> Hinge:
    parent, child, axis, limit = (joint.find(tag) for tag in ("parent", "child", "axis", "limit"))
    along = np.array([1.0, 0.0, 0.0]) if axis is None else _numbers(axis, "xyz", (1.0, 0.0, 0.0))
    length = float(np.linalg.norm(along))
    rest = 0.0
    if limit is not None and joint.get("type") != "continuous":
        low, high = float(limit.get("lower", "0")), float(limit.get("upper", "0"))
        rest = min(max(0.0, low), high) if low <= high else 0.0
    return Hinge(
        name=joint.get("name", ""),
        kind=joint.get("type", "fixed"),
        parent="" if parent is None else parent.get("link", ""),
        child="" if child is None else child.get("link", ""),
        origin=_origin(joint),
        axis=along / length if length > 0 else along,
        rest=rest,
    )


def _shapes(shape: ElementTree.Element, urdf: Path) -> list[Solid]:
    if shape.tag == "box":
        corner = _numbers(shape, "size", (1.0, 1.0, 1.0)) / 2
        return [Solid(box_points(-corner, corner))]
    if shape.tag == "sphere":
        return [Solid(np.zeros((1, 3)), float(shape.get("radius", "1")))]
    if shape.tag in ("cylinder", "capsule"):
        radius, half = float(shape.get("radius", "1")), float(shape.get("length", "1")) / 2
        if shape.tag == "capsule":
            return [Solid(np.array([[0.0, 0.0, -half], [0.0, 0.0, half]]), radius)]
        return [Solid(prism_points(round_outline(radius, CYLINDER_SIDES), -half, half))]
    if shape.tag != "mesh":
        return []
    name = shape.get("filename", "")
    path = find_mesh(name, urdf)
    if path is None:
        hint = "put the meshes beside the URDF, or in a folder named after the package above it"
        raise AssetError(Problem("no such mesh", "urdf", name, hint, str(urdf)))
    scale = _numbers(shape, "scale", (1.0, 1.0, 1.0))
    return [Solid(points * scale) for points in _mesh(path)]


def _mesh(path: Path) -> list[Array]:
    """Points of a mesh: of each object of an OBJ file, of the whole of any other; each counts as its convex hull."""
    if path.suffix.lower() == ".obj":
        return hull_pieces(path)
    import trimesh

    try:
        mesh: Any = trimesh.load(path, force="mesh")
        points: Array = np.asarray(mesh.vertices, dtype=np.float64).reshape(-1, 3)
    except Exception as error:
        what = " ".join(str(error).split())[:200] or type(error).__name__
        raise SceneError(Problem("the mesh cannot be read", "urdf", what, "export it again", str(path))) from error
    return [points] if len(points) else []


def _numbers(element: ElementTree.Element, key: str, default: tuple[float, float, float]) -> Array:
    words = element.get(key, "").split()
    return np.array([float(word) for word in words] if len(words) == 3 else default, dtype=float)


def _origin(element: ElementTree.Element) -> Array:
    out, origin = np.eye(4), element.find("origin")
    if origin is not None:
        roll, pitch, yaw = _numbers(origin, "rpy", (0.0, 0.0, 0.0))
        x, y, z = np.eye(3)
        out[:3, :3] = rotation(z, yaw) @ rotation(y, pitch) @ rotation(x, roll)
        out[:3, 3] = _numbers(origin, "xyz", (0.0, 0.0, 0.0))
    return out


def rotation(axis: Array, angle: float) -> Array:
    """(3, 3) turn about a unit vector (Rodrigues)."""
    x, y, z = axis
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.asarray(np.eye(3) + math.sin(angle) * cross + (1.0 - math.cos(angle)) * (cross @ cross))


def moved(pose: Array, points: Array) -> Array:
    """Points (n, 3) taken through a (4, 4) transform."""
    return np.asarray(points @ pose[:3, :3].T + pose[:3, 3])


def box_points(low: Array, high: Array) -> Array:
    """(8, 3) corners of a box."""
    return np.array([[x, y, z] for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])])


def prism_points(outline: Array, low_m: float, high_m: float) -> Array:
    """(2 k, 3) corners of an upright prism over a plan outline (k, 2)."""
    flat = np.asarray(outline, dtype=float)
    levels = (np.full(len(flat), low_m), np.full(len(flat), high_m))
    return np.vstack([np.column_stack([flat, z]) for z in levels])


def round_outline(radius_m: float, sides: int) -> Array:
    """(sides, 2) corners of the regular polygon around a circle."""
    angles = (np.arange(sides) + 0.5) * (2 * math.pi / sides)
    return radius_m / math.cos(math.pi / sides) * np.column_stack([np.cos(angles), np.sin(angles)])
