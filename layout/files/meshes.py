"""Quick looks at mesh files: do they hold faces, are their vertices finite, is each piece convex.

OBJ and GLB, which the library uses, are read here with NumPy alone; other formats go through trimesh, whose import
takes a second. Results are remembered by path, size and time of change.
"""

from __future__ import annotations

import itertools
import json
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layout.errors import AssetError, Problem

Array = NDArray[np.float64]
Faces = NDArray[np.int64]

# A hull of float32 vertices bulges by rounding alone; below this share of its size a piece counts as convex.
CONVEX_TOLERANCE = 1e-3
# A piece thinner than this share of its size is a sheet without a volume.
FLAT = 1e-6
# Pieces of more faces times vertices than this are no hand-made hulls; testing them would be felt.
CONVEX_TEST_SIZE = 4_000_000


@dataclass(frozen=True)
class Piece:
    """One object of a mesh file: its name, whether it is convex, has a volume, and its number of faces."""

    name: str
    convex: bool
    faces: int
    solid: bool = True


@dataclass(frozen=True)
class MeshFacts:
    """What a look at a mesh file found. low_m, high_m : (3,) ends of its bounding box (m, the file's axes)."""

    low_m: tuple[float, float, float]
    high_m: tuple[float, float, float]
    pieces: tuple[Piece, ...]

    @property
    def size_m(self) -> tuple[float, float, float]:
        """Extents of the bounding box (m)."""
        x, y, z = (high - low for low, high in zip(self.low_m, self.high_m, strict=True))
        return (x, y, z)


def look(path: Path, *, convexity: bool = False) -> MeshFacts:
    """Facts of a mesh file. Raises AssetError where it is missing, broken, empty or holds a NaN.

    convexity : test each piece (else all count as convex and solid)
    """
    try:
        status = path.stat()
    except (OSError, ValueError):
        raise AssetError(Problem("there is no such mesh file", file=str(path), hint="check the path")) from None
    if not path.is_file():
        raise AssetError(Problem("is a folder, not a mesh file", file=str(path), hint="name the file inside it"))
    if not status.st_size:
        raise AssetError(Problem("the mesh file is empty", file=str(path), hint="export it again"))
    return _look(path, status.st_size, status.st_mtime_ns, convexity)


def glance(path: Path) -> str:
    """What is plainly wrong with an OBJ or STL file, as the end of a sentence; cheaper than `look`, with no facts."""
    try:
        if path.suffix.lower() == ".stl":
            _, vertices, faces = next(_read_stl(path))
            return "" if len(faces) and np.isfinite(vertices).all() else "has no faces, or vertices that are no number"
        raw = path.read_bytes()
    except (OSError, ValueError) as trouble:
        return f"cannot be read ({trouble})"
    if not re.search(rb"^\s*v\s", raw, re.MULTILINE) or not re.search(rb"^\s*f\s", raw, re.MULTILINE):
        return "has no faces"
    return "has vertices that are no number" if re.search(rb"\s-?(nan|inf)\b", raw, re.IGNORECASE) else ""


def vertices_of(path: Path) -> Array:
    """(n, 3) vertices of a mesh file, in its own unit and axes. Raises AssetError as `look` does."""
    look(path)
    return np.concatenate([vertices for _, vertices, _ in read_meshes(path)])


def read_meshes(path: Path) -> list[tuple[str, Array, Faces]]:
    """Name, vertices (n, 3) and faces (m, 3) of each mesh of a file. Raises AssetError where it cannot be read."""
    try:
        reader = {".obj": _read_obj, ".glb": _read_glb, ".stl": _read_stl}.get(path.suffix.lower(), _read_other)
        return list(reader(path))
    except AssetError:
        raise
    except Exception as trouble:
        # Mesh readers raise whatever they stumble over.
        what = " ".join(str(trouble).split())[:120] or type(trouble).__name__
        raise AssetError(
            Problem("the mesh cannot be read", value=what, hint="export it again", file=str(path))
        ) from None


@lru_cache(maxsize=512)
def _look(path: Path, size: int, changed_ns: int, convexity: bool) -> MeshFacts:
    meshes = read_meshes(path)
    for name, vertices, _ in meshes:
        if not np.isfinite(vertices).all():
            count = int((~np.isfinite(vertices).all(axis=1)).sum())
            some = "a vertex that is" if count == 1 else f"{count} vertices that are"
            what = f"the mesh {name!r} has {some} no finite number (NaN)"
            raise AssetError(Problem(what, file=str(path), hint="repair it in the CAD program and export it again"))
    if not any(len(vertices) for _, vertices, _ in meshes):
        what = f"holds no mesh that can be read as {path.suffix.removeprefix('.').upper() or 'one'}"
        raise AssetError(Problem(what, file=str(path), hint="is it the right file?"))
    meshes = [(name, vertices, faces) for name, vertices, faces in meshes if len(faces)]
    if not meshes:
        raise AssetError(Problem("the mesh has no faces", file=str(path), hint="export it as a surface mesh"))
    corners = np.concatenate([vertices[np.unique(faces)] for _, vertices, faces in meshes])
    low, high = corners.min(axis=0), corners.max(axis=0)
    return MeshFacts(
        low_m=(float(low[0]), float(low[1]), float(low[2])),
        high_m=(float(high[0]), float(high[1]), float(high[2])),
        pieces=tuple(
            Piece(
                name,
                not convexity or is_convex(vertices, faces),
                len(faces),
                not convexity or is_solid(vertices[np.unique(faces)]),
            )
            for name, vertices, faces in meshes
        ),
    )


def is_convex(vertices: Array, faces: Faces) -> bool:
    """Whether every face's plane has all vertices on one side. vertices : (n, 3) float (m); faces : (m, 3) int."""
    used, index = np.unique(faces, return_inverse=True)
    points = vertices[used]
    points = points - points.mean(axis=0)
    corners = points[index.reshape(faces.shape)]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.linalg.norm(normals, axis=1)
    size = float(np.ptp(points, axis=0).max())
    keep = length > 1e-9 * size * size
    if not keep.any() or keep.sum() * len(points) > CONVEX_TEST_SIZE:
        return bool(keep.any())
    normals, corners = normals[keep] / length[keep, None], corners[keep]
    off = normals @ points.T - np.einsum("ij,ij->i", normals, corners[:, 0])[:, None]
    tolerance = CONVEX_TOLERANCE * size
    return bool(((off.max(axis=1) <= tolerance) | (off.min(axis=1) >= -tolerance)).all())


def is_solid(points: Array) -> bool:
    """Whether points (n, 3) (m) span a volume: at least 4 of them, not all in one plane."""
    if len(points) < 4:
        return False
    spread = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
    return bool(spread[2] > FLAT * spread[0])


Mesh = tuple[str, Array, Faces]


def _read_obj(path: Path) -> Iterator[Mesh]:
    vertices: list[list[str]] = []
    names: list[str] = []
    groups: list[list[tuple[int, int, int]]] = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("v "):
            vertices.append(line.split()[1:4])
        elif line.startswith("f "):
            corners = [int(word.split("/", 1)[0]) for word in line.split()[1:]]
            corners = [i - 1 if i > 0 else len(vertices) + i for i in corners]
            if not groups:
                names.append(path.stem)
                groups.append([])
            groups[-1] += [(corners[0], b, c) for b, c in itertools.pairwise(corners[1:])]
        elif line.startswith(("o ", "g ")):
            names.append(line[2:].strip())
            groups.append([])
    points = np.array(vertices, dtype=float).reshape(-1, 3)
    if not groups:
        yield path.stem, points, np.empty((0, 3), dtype=np.int64)
    for name, group in zip(names, groups, strict=True):
        faces = np.array(group, dtype=np.int64).reshape(-1, 3)
        if faces.size and (faces.min() < 0 or faces.max() >= len(points)):
            raise ValueError(f"a face of {name!r} names a vertex that is not there")
        # A NaN anywhere spoils the file, whether a face uses it or not: report it with the first object.
        yield name, points, faces


def _read_glb(path: Path) -> Iterator[Mesh]:
    raw = path.read_bytes()
    if len(raw) < 12:
        raise ValueError("not a whole GLB file")
    magic, _, total = struct.unpack_from("<4sII", raw)
    if magic != b"glTF" or total > len(raw):
        raise ValueError("not a whole GLB file")
    start, blob, scene = 12, b"", b""
    while start + 8 <= total:
        size, kind = struct.unpack_from("<I4s", raw, start)
        chunk = raw[start + 8 : start + 8 + size]
        scene, blob = (chunk, blob) if kind == b"JSON" else (scene, chunk if kind.startswith(b"BIN") else blob)
        start += 8 + size
    gltf = json.loads(scene)
    if gltf.get("extensionsRequired") or any("uri" in buffer for buffer in gltf.get("buffers", ())):
        yield from _read_other(path)
        return
    for i, mesh in enumerate(gltf.get("meshes", ())):
        for primitive in mesh["primitives"]:
            vertices = _accessor(gltf, blob, primitive["attributes"]["POSITION"]).astype(float)
            if primitive.get("mode", 4) != 4:
                continue
            faces = (
                _accessor(gltf, blob, primitive["indices"]).reshape(-1, 3)
                if "indices" in primitive
                else np.arange(len(vertices) - len(vertices) % 3).reshape(-1, 3)
            )
            yield mesh.get("name", f"mesh {i + 1}"), vertices, faces.astype(np.int64)


def _accessor(gltf: dict[str, Any], blob: bytes, index: int) -> NDArray[Any]:
    accessor = gltf["accessors"][index]
    view = gltf["bufferViews"][accessor["bufferView"]]
    dtype = np.dtype({5121: "<u1", 5123: "<u2", 5125: "<u4", 5126: "<f4"}[accessor["componentType"]])
    width = {"SCALAR": 1, "VEC3": 3}[accessor["type"]]
    start = view.get("byteOffset", 0) + accessor.get("byteOffset", 0)
    stride = view.get("byteStride", 0) or dtype.itemsize * width
    return np.ndarray((accessor["count"], width), dtype, blob, start, (stride, dtype.itemsize))


def _read_stl(path: Path) -> Iterator[Mesh]:
    raw = path.read_bytes()
    count = struct.unpack_from("<I", raw, 80)[0] if len(raw) >= 84 else -1
    if len(raw) == 84 + 50 * count:
        corners = np.ndarray((count, 3, 3), "<f4", raw, 84 + 12, (50, 12, 4)).reshape(-1, 3)
    elif raw.lstrip().startswith(b"solid"):
        words = (line.split() for line in raw.decode("utf-8", "replace").splitlines())
        corners = np.array([row[1:4] for row in words if row[:1] == ["vertex"]], dtype=np.float32).reshape(-1, 3)
    else:
        raise ValueError("not a whole STL file")
    yield path.stem, corners.astype(float), np.arange(len(corners) - len(corners) % 3, dtype=np.int64).reshape(-1, 3)


def _read_other(path: Path) -> Iterator[Mesh]:
    import trimesh

    loaded = trimesh.load_scene(path)
    for name, mesh in loaded.geometry.items():
        if hasattr(mesh, "faces"):
            yield str(name), np.asarray(mesh.vertices, dtype=float), np.asarray(mesh.faces, dtype=np.int64)
