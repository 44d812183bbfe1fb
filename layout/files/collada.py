"""URDFs without COLLADA: the engine shows such meshes in one colour, so they become OBJ files, one for each."""

from __future__ import annotations

import hashlib
import shutil
from copy import deepcopy
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np

from layout.errors import AssetError, Problem
from layout.files import cache
from layout.packages import find_mesh

_FORMAT = "1"  # part of the cache key: raise it when the files below are written differently
GREY = (0.75, 0.76, 0.78, 1.0)


def without_collada(urdf: Path) -> Path:
    """The URDF itself, or a copy in the cache whose DAE meshes are OBJ files. Raises AssetError where one is broken.

    Sizes follow the DAE's own unit, as every reader of URDFs has them; its up-axis is left, as ROS does.
    """
    root = ElementTree.parse(urdf).getroot()
    used = {name for name in _names(root) if name.lower().endswith(".dae")}
    found = {name: path for name in sorted(used) if (path := find_mesh(name, urdf)) is not None}
    if not found:
        return urdf
    whole = hashlib.sha256(f"{_FORMAT}{urdf}".encode() + urdf.read_bytes())
    for name, path in found.items():
        whole.update(name.encode() + path.read_bytes())
    key = f"urdf-{whole.hexdigest()[:28]}"
    target = cache.entry(key) / urdf.name
    if target.is_file():
        return target
    shutil.rmtree(target.parent, ignore_errors=True)
    made = cache.workshop()
    try:
        home = cache.cache_folder() / key
        pieces = {name: _convert(path, made, number) for number, (name, path) in enumerate(found.items())}
        for link in root.findall("link"):
            for part in [*link.findall("visual"), *link.findall("collision")]:
                _replace(link, part, pieces, home)
        for mesh in root.iter("mesh"):
            name = mesh.get("filename", "")
            there = find_mesh(name, urdf) if name not in pieces and not name.startswith(str(home)) else None
            if there is not None:
                mesh.set("filename", str(there))
        (made / urdf.name).write_text(ElementTree.tostring(root, encoding="unicode"), encoding="utf-8")
        return cache.fill(key, made) / urdf.name
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise


def _names(root: ElementTree.Element) -> list[str]:
    return [mesh.get("filename", "") for mesh in root.iter("mesh")]


Pieces = list[tuple[str, tuple[float, ...]]]


def _convert(path: Path, folder: Path, number: int) -> Pieces:
    """OBJ files (m) of a DAE file, one for each colour: name and colour (red, green, blue, alpha)."""
    import trimesh

    try:
        scene: Any = trimesh.load_scene(path)
        meshes = [mesh for mesh in scene.dump() if isinstance(mesh, trimesh.Trimesh) and len(mesh.faces)]
    except Exception as trouble:
        # Mesh readers raise whatever they stumble over.
        what = " ".join(str(trouble).split())[:160] or type(trouble).__name__
        raise AssetError(Problem(f"a mesh that the URDF names cannot be read ({what})", "", path.name)) from None
    groups: dict[tuple[float, ...], list[Any]] = {}
    for mesh in meshes:
        groups.setdefault(_colour(mesh), []).append(mesh)
    if not groups:
        raise AssetError(Problem("a mesh that the URDF names has no faces", "", path.name, "export it again"))
    factor = unit_of(scene)
    made: Pieces = []
    for colour, members in groups.items():
        joined: Any = trimesh.util.concatenate([trimesh.Trimesh(m.vertices, m.faces, process=False) for m in members])
        name = f"{number}_{len(made)}.obj"
        rows = ["o mesh", *(f"v {x:.6g} {y:.6g} {z:.6g}" for x, y, z in np.asarray(joined.vertices) * factor)]
        rows += [f"f {a} {b} {c}" for a, b, c in np.asarray(joined.faces) + 1]
        (folder / name).write_text("\n".join(rows) + "\n", encoding="utf-8")
        made.append((name, colour))
    return made


def unit_of(scene: Any) -> float:
    """Metres that one unit of a mesh file is, by what the file says; 1 where it does not."""
    words = str(getattr(scene, "units", "") or "").split("*")
    try:
        return float(words[0]) if len(words) == 2 and words[1].strip() == "meters" else 1.0
    except ValueError:
        return 1.0


def _colour(mesh: Any) -> tuple[float, ...]:
    raw = getattr(getattr(mesh.visual, "material", None), "baseColorFactor", None)
    if raw is None:
        raw = getattr(getattr(mesh.visual, "material", None), "diffuse", None)
    if raw is None:
        return GREY
    numbers = np.asarray(raw, dtype=float).ravel()
    numbers = numbers / 255.0 if numbers.max() > 1.0 else numbers
    return tuple(round(float(value), 4) for value in (*numbers[:3], 1.0))


def _replace(link: ElementTree.Element, part: ElementTree.Element, pieces: dict[str, Pieces], home: Path) -> None:
    """Put the OBJ files of a DAE mesh in its place: one `<visual>` (or `<collision>`) for each colour."""
    mesh = part.find("geometry/mesh")
    if mesh is None or mesh.get("filename", "") not in pieces:
        return
    at = list(link).index(part)
    link.remove(part)
    for offset, (name, colour) in enumerate(pieces[mesh.get("filename", "")]):
        copy = deepcopy(part)
        for old in copy.findall("material"):
            copy.remove(old)
        shown = copy.find("geometry/mesh")
        assert shown is not None
        shown.set("filename", str(home / name))
        if part.tag == "visual":
            material = ElementTree.SubElement(copy, "material", name=f"colour {name}")
            ElementTree.SubElement(material, "color", rgba=" ".join(f"{value:g}" for value in colour))
        if offset and copy.get("name"):
            copy.set("name", f"{copy.get('name')}_{offset}")
        link.insert(at + offset, copy)
