"""Machines from a URDF of one's own: the root link's geometry is the body, moving joints are axes."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np

from layout.errors import AssetError, Problem
from layout.files import cache
from layout.files.axes import own_axes, swept_box
from layout.files.collada import unit_of, without_collada
from layout.files.model_reader import Loaded
from layout.files.surface import LIMITS_M, footprint
from layout.files.urdf_tree import Array, Link, Shape, Tree, read_tree
from layout.files.xacro import plain_urdf
from layout.model.library import MachineModel, Port
from layout.packages import find_mesh

_FORMAT = "1"  # part of the cache key: raise it when the files below are written differently
ORIGIN = "layout_origin"


def machine_from_urdf(path: Path, ports: Mapping[str, Port], service: Mapping[str, float]) -> Loaded:
    """A machine from a URDF or xacro file. Its axes stay at their lower ends, since nobody says where they go.

    The box around the body (seen from above) gets its middle at the origin, its lowest point stands on the floor.
    Raises AssetError.
    """
    urdf, text = plain_urdf(path)
    files = [(path.name, text)]
    tree = read_tree(urdf)
    problems = [_at(problem, path) for problem in tree.faults()]
    shapes = [shape for link in tree.links.values() for shape in (*link.visuals, *link.collisions)]
    for name in dict.fromkeys(shape.file for shape in shapes if shape.file):
        found = find_mesh(name, urdf)
        if found is None:
            hint = f"looked for {path.parent / name}"
            problems.append(Problem("the URDF names a mesh that is not there", "", name, hint, str(path)))
        else:
            files.append((Path(name).name if Path(name).is_absolute() else name, found))
    if problems:
        raise AssetError(problems)
    body = _body(tree)
    if not any(link.visuals or link.collisions for link, _ in body):
        hint = "give the root link (or what is fixed to it) a visual and a collision geometry"
        raise AssetError(Problem("the URDF's root link has no geometry, so there is no machine", "", path.name, hint))
    folder = _prepare(tree, urdf, body, files)
    facts = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
    size = tuple(facts["size_m"])
    low, high = LIMITS_M["machine"]
    if not low <= max(size) <= high:
        shown = " x ".join(f"{edge:.4g}" for edge in size)
        hint = 'URDFs are in metres: scale its meshes (<mesh scale="0.001 0.001 0.001">) and origins'
        raise AssetError(Problem(f"the machine would measure {shown} m", "", path.name, hint, str(path)))
    moving = folder / "machine.urdf"
    axes = own_axes(read_tree(moving), lambda what, _, value, hint: problems.append(
        Problem(what, "", "" if value is None else str(value), hint, str(path))
    ))  # fmt: skip
    if problems:
        raise AssetError(problems)
    box = swept_box(read_tree(moving), axes, [tuple(axis.lower for axis in axes)]) if axes else None
    height = max(size[2], float(box[1][2]) if box else 0.0)
    model = MachineModel(
        name=path.name.split(".")[0], description=f"from {path.name}", visual=folder / "visual.glb",
        hulls=folder / "hulls.obj", height_m=height, footprint_m=tuple((x, y) for x, y in facts["footprint_m"]),
        service_m=service, ports=ports, source=f"the URDF {path.name}", urdf=moving if axes else None, axes=axes,
    )  # fmt: skip
    notes = []
    if axes:
        what = (
            f"{len(axes)} moving joint{'s stay' if len(axes) > 1 else ' stays'} at rest: "
            f"{', '.join(axis.name for axis in axes)}"
        )
        hint = "a folder with a model.yaml can say where they go: programs: {load: ..., work: ...}"
        notes.append(Problem(what, hint=hint))
    return Loaded(model, path.parent, tuple(files), tuple(notes), (size[0], size[1], height))


def _at(problem: Problem, path: Path) -> Problem:
    return Problem(problem.what, problem.where.removeprefix("urdf"), problem.value, problem.hint, str(path))


def _body(tree: Tree) -> list[tuple[Link, Array]]:
    """The root link and all that is fixed to it, each with its (4, 4) in the root's frame."""
    found = [(tree.links[tree.roots[0]], np.eye(4))]
    for link, frame in found:
        for joint in tree.below.get(link.name, ()):
            if not joint.driven:
                found.append((tree.links[joint.child], frame @ joint.origin))
    return found


def _prepare(tree: Tree, urdf: Path, body: list[tuple[Link, Array]], files: list[tuple[str, Path]]) -> Path:
    """The cache's folder with the body as visual.glb and hulls.obj, and what moves as machine.urdf."""
    plain = without_collada(urdf)  # also where the entry below is there: its meshes may have been cleared away
    content = [(label, str(file), hashlib.sha256(file.read_bytes()).hexdigest()) for label, file in files]
    key = hashlib.sha256(json.dumps([_FORMAT, str(urdf), content]).encode()).hexdigest()[:32]
    folder = cache.entry(key)
    if (folder / "facts.json").is_file():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    import trimesh as loaded_trimesh

    trimesh: Any = loaded_trimesh  # half typed
    shown, pieces = trimesh.Scene(), []
    for link, frame in body:
        for shape in link.visuals or link.collisions:
            for mesh in _meshes(shape, urdf):
                mesh.apply_transform(frame @ shape.origin)
                shown.add_geometry(mesh)
        for shape in link.collisions or link.visuals:
            meshes = _meshes(shape, urdf)
            if meshes:
                hull = trimesh.convex.convex_hull(np.concatenate([mesh.vertices for mesh in meshes]))
                hull.apply_transform(frame @ shape.origin)
                pieces.append(hull)
    if not pieces:
        raise AssetError(Problem("none of the root link's meshes can be read", "", urdf.name, "are they empty?"))
    whole = trimesh.util.concatenate([trimesh.Trimesh(p.vertices, p.faces, process=False) for p in pieces])
    low, high = whole.bounds
    shift = np.array([-(low[0] + high[0]) / 2, -(low[1] + high[1]) / 2, -low[2]])
    for piece in (whole, *pieces):
        piece.apply_translation(shift)
    for mesh in shown.geometry.values():
        mesh.apply_translation(shift)
    made = cache.workshop()
    try:
        (made / "visual.glb").write_bytes(shown.export(file_type="glb"))
        rows, count = [], 0
        for number, piece in enumerate(pieces):
            rows.append(f"o piece_{number + 1}")
            rows += [f"v {x:.6g} {y:.6g} {z:.6g}" for x, y, z in piece.vertices]
            rows += [f"f {a} {b} {c}" for a, b, c in np.asarray(piece.faces) + count + 1]
            count += len(piece.vertices)
        (made / "hulls.obj").write_text("\n".join(rows) + "\n", encoding="utf-8")
        (made / "machine.urdf").write_text(_moving(plain, body, shift), encoding="utf-8")
        outline = footprint(np.asarray(whole.vertices), np.asarray(whole.faces))
        facts = {"size_m": [float(edge) for edge in high - low], "footprint_m": outline}
        (made / "facts.json").write_text(json.dumps(facts), encoding="utf-8")
        return cache.fill(key, made)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise


def _meshes(shape: Shape, urdf: Path) -> list[Any]:
    """Surfaces of a geometry in its own frame. Raises AssetError where a mesh cannot be read."""
    import trimesh as loaded_trimesh

    trimesh: Any = loaded_trimesh  # its helpers are half typed
    if shape.kind == "box":
        return [trimesh.creation.box(shape.size_m)] if min(shape.size_m) > 0 else []
    if shape.kind == "sphere":
        return [trimesh.creation.icosphere(subdivisions=2, radius=shape.size_m[0])] if shape.size_m[0] > 0 else []
    if shape.kind == "cylinder":
        return [trimesh.creation.cylinder(shape.size_m[0], shape.size_m[1], 32)] if min(shape.size_m) > 0 else []
    path = find_mesh(shape.file, urdf)
    if path is None:
        return []
    try:
        scene = trimesh.load_scene(path, process=False)
        found = [mesh for mesh in scene.dump() if isinstance(mesh, trimesh.Trimesh)]
    except Exception as trouble:
        # Mesh readers raise whatever they stumble over.
        what = " ".join(str(trouble).split())[:160] or type(trouble).__name__
        hint = "export it again"
        raise AssetError(Problem(f"a mesh that the URDF names cannot be read ({what})", "", shape.file, hint)) from None
    found = [mesh for mesh in found if len(mesh.faces)]
    for mesh in found:
        if not np.isfinite(mesh.vertices).all():
            what = "a mesh that the URDF names has vertices that are no number"
            raise AssetError(Problem(what, "", shape.file, "repair it and export it again"))
        factor = unit_of(scene) if path.suffix.lower() == ".dae" else 1.0
        mesh.apply_scale([edge * factor for edge in shape.scale])
    return found


def _moving(urdf: Path, body: list[tuple[Link, Array]], shift: Array) -> str:
    """The URDF with a root at the machine's origin, the body's geometry left out, and meshes by absolute paths."""
    root = ElementTree.parse(urdf).getroot()
    still = {link.name for link, _ in body}
    for link in root.findall("link"):
        if link.get("name") in still:
            for part in [*link.findall("visual"), *link.findall("collision")]:
                link.remove(part)
    for mesh in root.iter("mesh"):
        found = find_mesh(mesh.get("filename", ""), urdf)
        if found is not None:
            mesh.set("filename", str(found))
    root.append(ElementTree.Element("link", name=ORIGIN))
    joint = ElementTree.SubElement(root, "joint", name=f"{ORIGIN}_joint", type="fixed")
    ElementTree.SubElement(joint, "origin", xyz=" ".join(f"{value:.9g}" for value in shift))
    ElementTree.SubElement(joint, "parent", link=ORIGIN)
    ElementTree.SubElement(joint, "child", link=body[0][0].name)
    return ElementTree.tostring(root, encoding="unicode")
