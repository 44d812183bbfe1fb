"""Mesh files as the engine can take them: convex pieces, one file for each colour, URDFs with absolute paths.

What is made from an asset is kept in a cache folder under the hash of what it was made from.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np

from layout import caches
from layout.errors import AssetError, Problem, SceneError
from layout.model.pose import Array
from layout.packages import find_mesh

SMOOTH_RAD = np.radians(28.0)
"""Faces that meet at a smaller angle are shaded as one round surface; machine sheet metal bends at more."""

_FORMAT = b"5"  # part of the cache key: raise it when the files below are written differently

Rgba = tuple[float, float, float, float]


@dataclass(frozen=True)
class Painted:
    """A mesh file (OBJ, m) of one colour (red, green, blue, alpha from 0 to 1)."""

    path: Path
    rgba: Rgba


def cache_folder() -> Path:
    """The user's cache for meshes."""
    return caches.folder("meshes")


def hull_pieces(path: Path) -> list[Array]:
    """Vertices (n, 3) (m) of each convex piece (`o` object) of an OBJ file.

    Raises SceneError where the file is missing or holds no vertices.
    """
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise SceneError(
            Problem("the collision hulls cannot be read", "hulls", str(error), "check the model's folder", str(path))
        ) from error
    pieces: list[list[list[float]]] = [[]]
    try:
        for row in text.splitlines():
            words = row.split()
            if words[:1] in (["o"], ["g"]) and pieces[-1]:
                pieces.append([])
            elif words[:1] == ["v"]:
                pieces[-1].append([float(word) for word in words[1:4]])
        found = [np.array(piece, dtype=float).reshape(-1, 3) for piece in pieces if piece]
    except ValueError as error:
        raise SceneError(Problem("the collision hulls are no OBJ file", "hulls", str(error), "", str(path))) from error
    if not found or any(len(piece) < 4 for piece in found):
        raise SceneError(
            Problem("each convex piece needs at least 4 vertices", "hulls", "", "export the hulls again", str(path))
        )
    return found


def painted(visual: Path) -> tuple[Painted, ...]:
    """The parts of a visual mesh (GLB or anything trimesh reads), one OBJ file for each colour.

    Raises SceneError where the mesh cannot be read.
    """
    try:
        content = visual.read_bytes()
    except OSError as error:
        raise SceneError(
            Problem("the visual mesh cannot be read", "visual", str(error), "check the model's folder", str(visual))
        ) from error
    digest = hashlib.sha256(_FORMAT + content).hexdigest()[:24]
    folder = cache_folder() / digest
    index = folder / "colours.txt"
    if not index.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        rows = []
        for number, (rgba, mesh) in enumerate(_by_colour(visual)):
            write_obj(mesh, folder / f"{number}.obj")
            rows.append(" ".join(f"{channel:.6f}" for channel in rgba))
        write_text(index, "\n".join(rows))
    found = []
    for number, row in enumerate(index.read_text().splitlines()):
        red, green, blue, alpha = (float(word) for word in row.split())
        found.append(Painted(folder / f"{number}.obj", (red, green, blue, alpha)))
    return tuple(found)


def _by_colour(visual: Path) -> list[tuple[Rgba, Any]]:
    """(colour, mesh) pairs of a mesh file, in world axes as the file gives them (m, z up)."""
    import trimesh

    try:
        meshes = trimesh.load_scene(visual).dump()
    except Exception as error:
        what = " ".join(str(error).split())[:200] or type(error).__name__
        raise SceneError(Problem("the visual mesh cannot be understood", "visual", what, "", str(visual))) from error
    groups: dict[Rgba, list[Any]] = {}
    for mesh in meshes:
        if isinstance(mesh, trimesh.Trimesh) and len(mesh.faces):
            groups.setdefault(_colour(mesh), []).append(mesh)
    if not groups:
        raise SceneError(Problem("the visual mesh holds no surface", "visual", "", "export it again", str(visual)))
    bare = []
    for rgba, members in groups.items():
        joined = trimesh.util.concatenate([trimesh.Trimesh(m.vertices, m.faces, process=False) for m in members])
        bare.append((rgba, joined))
    return bare


def _colour(mesh: Any) -> Rgba:
    """Base colour of a mesh's material, from 0 to 1; light grey where there is none."""
    material = getattr(mesh.visual, "material", None)
    raw = getattr(material, "baseColorFactor", None)
    linear = raw is not None  # glTF gives linear light, screens want sRGB (IEC 61966-2-1)
    if raw is None:
        raw = getattr(material, "diffuse", None)
    if raw is None and getattr(mesh.visual, "kind", None) in ("face", "vertex"):
        raw = mesh.visual.main_color
    if raw is None:
        return (0.75, 0.76, 0.78, 1.0)
    numbers = np.asarray(raw, dtype=float).ravel()
    if np.issubdtype(np.asarray(raw).dtype, np.integer) or numbers.max() > 1.0:
        numbers = numbers / 255.0
    if linear:
        low = numbers[:3] <= 0.0031308
        numbers[:3] = np.where(low, 12.92 * numbers[:3], 1.055 * numbers[:3] ** (1 / 2.4) - 0.055)
    red, green, blue = (round(float(channel), 4) for channel in numbers[:3])
    return (red, green, blue, round(float(numbers[3]), 4) if len(numbers) > 3 else 1.0)


def write_obj(mesh: Any, path: Path) -> None:
    """Write a trimesh surface as OBJ (m) with normals that keep edges sharp and round surfaces round."""
    import trimesh

    welded = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
    welded.merge_vertices(digits_vertex=6)
    welded.update_faces(welded.nondegenerate_faces())
    shaded = trimesh.graph.smooth_shade(welded, angle=SMOOTH_RAD) if len(welded.faces) else welded
    rows = ["o piece"]
    rows += [f"v {x:.6g} {y:.6g} {z:.6g}" for x, y, z in shaded.vertices]
    rows += [f"vn {x:.5g} {y:.5g} {z:.5g}" for x, y, z in shaded.vertex_normals]
    rows += [f"f {a}//{a} {b}//{b} {c}//{c}" for a, b, c in np.asarray(shaded.faces) + 1]
    write_text(path, "\n".join(rows) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a text file (UTF-8) whole or not at all."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file whole or not at all: others may be reading it."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


_MESH = re.compile(r"""(<mesh\b[^>]*?\bfilename\s*=\s*)(["'])(.*?)\2""", re.DOTALL)


def urdf_for_engine(urdf: Path) -> Path:
    """A copy of a URDF whose meshes are named by absolute paths, `package://` resolved, links in the tree's order.

    A package is looked for among the folders above the URDF. Raises AssetError with every mesh that is not found.
    """
    try:
        text = urdf.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise AssetError(Problem("the URDF cannot be read", "urdf", str(error), "check the path", str(urdf))) from error
    missing: list[str] = []

    def absolute(match: re.Match[str]) -> str:
        name = match[3]
        found = find_mesh(name, urdf)
        if found is None:
            missing.append(name)
            return match[0]
        return f"{match[1]}{match[2]}{found}{match[2]}"

    text = _MESH.sub(absolute, text)
    if missing:
        hint = "put the meshes beside the URDF, or in a folder named after the package above it"
        raise AssetError([Problem("no such mesh", "urdf", name, hint, str(urdf)) for name in dict.fromkeys(missing)])
    text = _root_first(text)
    digest = hashlib.sha256(_FORMAT + text.encode()).hexdigest()[:24]
    out = cache_folder() / f"{digest}.urdf"
    if not out.is_file():
        write_text(out, text)
    return out


def _root_first(text: str) -> str:
    """A URDF with its links from the root outwards.

    With `URDF_MAINTAIN_LINK_ORDER` the engine writes past its memory where the root is not the first link (UR's arms).
    """
    try:
        robot = ElementTree.fromstring(text)
    except ElementTree.ParseError:
        return text  # the engine says what is wrong
    links = {link.get("name", ""): link for link in robot.findall("link")}
    below: dict[str, list[str]] = {}
    for joint in robot.findall("joint"):
        parent, child = joint.find("parent"), joint.find("child")
        if parent is not None and child is not None:
            below.setdefault(parent.get("link", ""), []).append(child.get("link", ""))
    carried = {name for names in below.values() for name in names}
    order = [name for name in links if name not in carried]
    for name in order:
        order += [child for child in below.get(name, ()) if child in links and child not in order]
    if order == list(links) or len(order) < len(links):
        return text
    for link in links.values():
        robot.remove(link)
    for place, name in enumerate(order):
        robot.insert(place, links[name])
    return ElementTree.tostring(robot, encoding="unicode")
