"""Machines and parts from a person's own mesh file: made once, kept in the cache by the file's hash."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from layout.errors import AssetError, Problem
from layout.files import cache, convex
from layout.files.model_reader import Loaded
from layout.files.ports import Solid
from layout.files.surface import Surface, footprint, read_surface
from layout.model.library import MachineModel, PartModel, Point2, Port

_FORMAT = "1"  # part of the cache key: raise it when the files below are written differently

SIDE_FREE = 0.97
"""A mesh that fills this share of its convex hull needs no pieces."""


@dataclass(frozen=True)
class Prepared:
    """What was made from a mesh file. folder : visual.glb, hull.obj, solid.npz, and pieces.obj once it is made."""

    folder: Path
    size_m: tuple[float, float, float]
    footprint_m: tuple[Point2, ...]
    closed: bool
    convex: bool
    notes: tuple[tuple[str, str], ...]


def prepare(path: Path, kind: str, unit: str | None = None, up: str | None = None) -> Prepared:
    """A mesh file made ready: in metres, on the floor, with pictures and hull. Raises AssetError.

    kind : machine or part
    """
    key = _key(path, kind, unit, up)
    folder = cache.entry(key)
    if not (folder / "facts.json").is_file():
        shutil.rmtree(folder, ignore_errors=True)  # half of it may be left where a disk was full
        folder = _make(key, read_surface(path, kind, unit, up))
    facts = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
    return Prepared(
        folder=folder,
        size_m=tuple(facts["size_m"]),
        footprint_m=tuple((x, y) for x, y in facts["footprint_m"]),
        closed=facts["closed"],
        convex=facts["convex"],
        notes=tuple((what, hint) for what, hint in facts["notes"]),
    )


def _key(path: Path, kind: str, unit: str | None, up: str | None) -> str:
    try:
        status = path.stat()
    except (OSError, ValueError):
        raise AssetError(Problem("there is no such mesh file", value=path.name, hint=f"looked for {path}")) from None
    if path.is_dir():
        raise AssetError(Problem("is a folder, not a mesh file", value=path.name, hint="name the file inside it"))
    content = _hash(path, status.st_size, status.st_mtime_ns)
    settings = json.dumps([_FORMAT, path.suffix.lower(), kind, unit, up, convex.THRESHOLD, convex.SEARCH])
    return hashlib.sha256(f"{content}{settings}".encode()).hexdigest()[:32]


@lru_cache(maxsize=256)
def _hash(path: Path, size: int, changed_ns: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() if hasattr(hashlib, "file_digest") else _slow(file)


def _slow(file: Any) -> str:
    whole = hashlib.sha256()  # Python 3.10 has no file_digest
    while block := file.read(1 << 20):
        whole.update(block)
    return whole.hexdigest()


def _make(key: str, surface: Surface) -> Path:
    import trimesh

    made = cache.workshop()
    try:
        # All of the surface counts, not its simplified copy alone: pictures may show more corners.
        shown = np.concatenate([np.asarray(m.vertices) for m in surface.scene.geometry.values()])
        hull = trimesh.convex.convex_hull(np.concatenate([surface.vertices, shown]))
        corners = np.asarray(surface.vertices)[surface.faces]
        volume = float(np.einsum("ij,ij->i", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])).sum()) / 6
        (made / "visual.glb").write_bytes(surface.scene.export(file_type="glb"))
        (made / "hull.obj").write_text(_obj(hull), encoding="utf-8")
        np.savez(made / "solid.npz", vertices=surface.vertices, faces=surface.faces)
        facts = {
            "size_m": surface.size_m,
            "footprint_m": footprint(surface.vertices, surface.faces),
            "closed": surface.closed,
            "convex": bool(volume >= SIDE_FREE * float(hull.volume)),
            "notes": [[note.what, note.hint] for note in surface.notes],
        }
        (made / "facts.json").write_text(json.dumps(facts), encoding="utf-8")
        return cache.fill(key, made)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise


def _obj(hull: Any) -> str:
    rows = ["o hull", *(f"v {x:.6g} {y:.6g} {z:.6g}" for x, y, z in hull.vertices)]
    return "\n".join([*rows, *(f"f {a} {b} {c}" for a, b, c in np.asarray(hull.faces) + 1)]) + "\n"


def machine_from_mesh(
    path: Path, ports: Mapping[str, Port], service: Mapping[str, float], *,
    unit: str | None, up: str | None, wait: bool,
) -> Loaded:  # fmt: skip
    """A machine from a mesh file. wait : until its convex pieces are made; else its convex hull does meanwhile.

    Raises AssetError.
    """
    ready = prepare(path, "machine", unit, up)
    hulls, notes = _hulls(ready, wait)
    model = MachineModel(
        name=path.stem, description=f"from {path.name}", visual=ready.folder / "visual.glb", hulls=hulls,
        height_m=ready.size_m[2], footprint_m=ready.footprint_m, service_m=service, ports=ports,
        source=f"the mesh {path.name}",
    )  # fmt: skip
    return Loaded(model, path.parent, ((path.name, path),), _problems(ready, notes), ready.size_m)


def solid_of(path: Path, unit: str | None, up: str | None) -> Solid:
    """What of a machine's mesh is solid, for checks of ports: its surface, or its hull where it is not closed."""
    ready = prepare(path, "machine", unit, up)
    if not ready.closed:
        pieces = ready.folder / "pieces.obj"
        return Solid(pieces if pieces.is_file() else None)
    held = np.load(ready.folder / "solid.npz")
    return Solid(surface=(held["vertices"], held["faces"]))


def part_from_mesh(
    path: Path, mass_kg: float, *, unit: str | None, up: str | None
) -> Loaded:  # fmt: skip
    """A part from a mesh file: held at the middle of its top; its convex hull collides. Raises AssetError."""
    ready = prepare(path, "part", unit, up)
    model = PartModel(
        name=path.stem, description=f"from {path.name}", visual=ready.folder / "visual.glb",
        hulls=ready.folder / "hull.obj", mass_kg=mass_kg, friction=0.5, grasp_m=(0.0, 0.0, ready.size_m[2]),
        source=f"the mesh {path.name}",
    )  # fmt: skip
    return Loaded(model, path.parent, ((path.name, path),), _problems(ready, []), ready.size_m)


def _hulls(ready: Prepared, wait: bool) -> tuple[Path, list[tuple[str, str]]]:
    """The file of collision hulls there is now, and what to say about it."""
    whole = ready.folder / "hull.obj"
    if ready.convex:
        return whole, []
    convex.start(ready.folder)
    now = convex.wait(ready.folder) if wait else convex.state(ready.folder)
    if now == "done":
        return ready.folder / "pieces.obj", []
    if now == "failed":
        what = f"cannot be taken apart into convex pieces ({convex.reason(ready.folder)}): its convex hull collides"
        return whole, [(what, "its hollows count as filled; close the mesh's holes, or simplify it")]
    what = "its convex pieces are being made (once, in the background): until then its convex hull collides"
    return whole, [(what, "its hollows count as filled until then; 'evaluate' and 'optimize' wait for the pieces")]


def _problems(ready: Prepared, more: list[tuple[str, str]]) -> tuple[Problem, ...]:
    return tuple(Problem(what, hint=hint) for what, hint in (*ready.notes, *more))
