"""Shapes that follow from a model and no file holds: doors in any position, rails, what a foot sweeps along one."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import shapely

from layout.errors import Problem, SceneError
from layout.model.library import ArmModel, MachineModel
from layout.model.pose import Array
from layout.packages import find_mesh
from layout.scene import meshes

RAIL_HIGH_M = 0.16
"""Height of a floor track's bed: of published tracks for arms of 10 to 200 kg 0.15 to 0.4 m, without the carriage."""
HULLS_FORMAT = b"1"
"""Part of the name of kept files of hulls: raise it when they are written differently."""
ROUND_SIDES = 24
SWEEP_STEPS = 9
"""A swinging door is looked at in so many positions between open and closed: 11 degrees apart for a quarter turn."""

Transform = Array


def axis_frames(model: MachineModel, positions: Sequence[float] | Array) -> list[Transform]:
    """(4, 4) float for each axis: its link's frame in the machine's, at positions (m; rad where it turns)."""
    frames: list[Transform] = []
    for axis, q in zip(model.axes, positions, strict=True):
        before = frames[axis.parent] if axis.parent >= 0 else np.eye(4)
        frames.append(before @ np.asarray(axis.origin, dtype=float) @ _step(axis.axis, float(q), axis.prismatic))
    return frames


def moving_pieces(model: MachineModel, positions: Sequence[float] | Array) -> list[Array]:
    """Vertices (n, 3) (m, machine frame) of each convex piece that an axis carries, at positions.

    Raises SceneError where the URDF or one of its meshes cannot be read.
    """
    if model.urdf is None or not model.axes:
        return []
    by_link = link_pieces(model.urdf)
    found = []
    for axis, frame in zip(model.axes, axis_frames(model, positions), strict=True):
        found += [piece @ frame[:3, :3].T + frame[:3, 3] for piece in by_link.get(axis.link, ())]
    return found


def program_positions(model: MachineModel) -> list[Array]:
    """Positions of a machine's axes on their way from load to work, both ends included; (dof,) each."""
    start, end = (np.asarray(model.position(program), dtype=float) for program in ("load", "work"))
    if not len(start) or np.allclose(start, end):
        return [start]
    return [start + (end - start) * share for share in np.linspace(0.0, 1.0, SWEEP_STEPS)]


@functools.lru_cache(maxsize=256)
def door_sweep(key: _ModelKey) -> tuple[Any, float, float]:
    """What a machine's axes cover in plan while they go from load to work: polygon (m, machine frame), low and high."""
    steps = [moving_pieces(key.model, positions) for positions in program_positions(key.model)]
    if not steps or not steps[0]:
        return shapely.Polygon(), 0.0, 0.0
    swept = []
    for row in range(len(steps[0])):
        flats = [step[row][:, :2] for step in steps]
        pairs = zip(flats, flats[1:] or flats, strict=False)
        swept += [shapely.convex_hull(shapely.multipoints(np.vstack(pair))) for pair in pairs]
    heights = np.concatenate([piece[:, 2] for step in steps for piece in step])
    return shapely.union_all(swept), float(heights.min()), float(heights.max())


class _ModelKey:
    """A machine model as a key of a cache: equal where its files and programs are."""

    def __init__(self, model: MachineModel) -> None:
        self.model = model
        programs = tuple((name, tuple(sorted(at.items()))) for name, at in sorted(model.programs.items()))
        self._key = (model.name, model.urdf, model.axes, programs)

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ModelKey) and self._key == other._key


def sweep_of(model: MachineModel) -> tuple[Any, float, float]:
    """`door_sweep` of a model; an empty polygon where nothing moves."""
    return door_sweep(_ModelKey(model))


def rail_box(model: ArmModel) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Low and high corner (m, arm frame) of a rail's bed: as wide as a track is, as long as the arm's footprint."""
    from layout.model.equip import RAIL_WIDTH_M

    xs = [x for x, _ in model.footprint_m]
    return (min(xs), -RAIL_WIDTH_M / 2, 0.0), (max(xs), RAIL_WIDTH_M / 2, RAIL_HIGH_M)


def box_vertices(low: Sequence[float] | Array, high: Sequence[float] | Array) -> Array:
    """(8, 3) float (m): corners of a box."""
    return np.array([[x, y, z] for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])])


def along_rail(pieces: Sequence[Array], model: ArmModel) -> list[Array]:
    """Convex pieces (n, 3) (m, arm frame, carriage in the middle) swept along the whole rail."""
    assert model.rail is not None
    half = np.array([model.rail.length_m / 2, 0.0, 0.0])
    return [np.vstack([piece - half, piece + half]) for piece in pieces]


def hull_file(pieces: Sequence[Array]) -> Path:
    """An OBJ file with an `o` object for the convex hull of each piece (n, 3) (m), made once: kept by the points."""
    given = [np.ascontiguousarray(piece, dtype=float) for piece in pieces]
    digest = hashlib.sha256(HULLS_FORMAT)
    for points in given:
        digest.update(len(points).to_bytes(8, "little") + points.tobytes())
    path = meshes.cache_folder() / f"hulls-{digest.hexdigest()[:24]}.obj"
    if path.is_file():
        return path
    import trimesh

    rows: list[str] = []
    start = 1
    for number, points in enumerate(given):
        hull = trimesh.convex.convex_hull(points)
        rows.append(f"o piece{number}")
        rows += [f"v {x:.9g} {y:.9g} {z:.9g}" for x, y, z in hull.vertices]
        rows += [f"f {a} {b} {c}" for a, b, c in np.asarray(hull.faces) + start]
        start += len(hull.vertices)
    meshes.write_text(path, "\n".join(rows) + "\n")
    return path


# ---------------------------------------------------------------- collision shapes of a URDF's links


def primitive(kind: str, size: Sequence[float]) -> Array:
    """Vertices (m) of a box (edges), cylinder or capsule (radius, length along z) or sphere (radius).

    A round shape becomes a prism that holds it.
    """
    if kind == "box":
        half = np.asarray(size, dtype=float) / 2
        return box_vertices(-half, half)
    turn = np.arange(ROUND_SIDES) * 2 * np.pi / ROUND_SIDES
    radius = float(size[0]) / np.cos(np.pi / ROUND_SIDES)
    half_m = float(size[1]) / 2 if kind == "cylinder" else float(size[0]) + (size[1] / 2 if kind == "capsule" else 0.0)
    ring = np.column_stack([radius * np.cos(turn), radius * np.sin(turn)])
    return np.vstack([np.column_stack([ring, np.full(ROUND_SIDES, z)]) for z in (-half_m, half_m)])


def mesh_pieces(path: Path, scale: Sequence[float] = (1.0, 1.0, 1.0)) -> list[Array]:
    """Vertices (n, 3) (m) of each convex piece of a mesh file: of an OBJ its objects, of others the whole."""
    if path.suffix.lower() == ".obj":
        return [piece * np.asarray(scale, dtype=float) for piece in meshes.hull_pieces(path)]
    import trimesh

    try:
        loaded: Any = trimesh.load(path, force="mesh")
        return [np.asarray(loaded.convex_hull.vertices, dtype=float) * np.asarray(scale, dtype=float)]
    except Exception as error:
        what = " ".join(str(error).split())[:200] or type(error).__name__
        raise SceneError(Problem("the collision mesh cannot be understood", "urdf", what, "", str(path))) from error


@functools.lru_cache(maxsize=256)
def link_pieces(urdf: Path) -> dict[str, tuple[Array, ...]]:
    """Collision pieces (n, 3) (m, link frame) of each link of a URDF."""
    try:
        root = ElementTree.parse(urdf).getroot()
    except (ElementTree.ParseError, OSError, ValueError) as error:
        raise SceneError(Problem("the URDF cannot be read", "urdf", str(error), "check the file", str(urdf))) from error
    found: dict[str, tuple[Array, ...]] = {}
    for link in root.iter("link"):
        pieces: list[Array] = []
        for shape in link.findall("collision"):
            frame = origin(shape.find("origin"))
            pieces += [piece @ frame[:3, :3].T + frame[:3, 3] for piece in _geometry(shape.find("geometry"), urdf)]
        found[link.get("name", "")] = tuple(pieces)
    return found


def _geometry(element: Any, urdf: Path) -> list[Array]:
    for shape in element if element is not None else ():
        if shape.tag == "mesh":
            name = shape.get("filename", "")
            path = find_mesh(name, urdf)
            if path is None:
                raise SceneError(Problem("no such mesh", "urdf", name, "put it beside the URDF", str(urdf)))
            return mesh_pieces(path, _numbers(shape.get("scale", "1 1 1")))
        if shape.tag == "box":
            return [primitive("box", _numbers(shape.get("size", "0 0 0")))]
        if shape.tag in ("cylinder", "capsule", "sphere"):
            return [primitive(shape.tag, [float(shape.get("radius", 0)), float(shape.get("length", 0))])]
    return []


def origin(element: Any) -> Transform:
    """(4, 4) float (m): the frame of a URDF's <origin>."""
    frame = np.eye(4)
    if element is not None:
        roll, pitch, yaw = _numbers(element.get("rpy", "0 0 0"))
        for turn, axis in ((yaw, (0, 0, 1)), (pitch, (0, 1, 0)), (roll, (1, 0, 0))):
            frame = frame @ _step(axis, turn, False)
        frame[:3, 3] = _numbers(element.get("xyz", "0 0 0"))
    return frame


def _numbers(text: str) -> list[float]:
    return [float(word) for word in text.split()]


def _step(axis: Sequence[float], q: float, prismatic: bool) -> Transform:
    """(4, 4) float: a joint's move by q (m or rad) along or about an axis (Rodrigues)."""
    frame = np.eye(4)
    u = np.asarray(axis, dtype=float)
    u = u / np.linalg.norm(u)
    if prismatic:
        frame[:3, 3] = u * q
    else:
        k = np.array([[0, -u[2], u[1]], [u[2], 0, -u[0]], [-u[1], u[0], 0]])
        frame[:3, :3] = np.eye(3) + np.sin(q) * k + (1 - np.cos(q)) * k @ k
    return frame
