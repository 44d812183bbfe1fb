"""A person's mesh file as a surface in metres, z up, standing on the floor: units guessed, flaws named and mended.

Reads STL, OBJ, GLB, PLY, 3MF, OFF and DAE through trimesh.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layout.errors import AssetError, Problem

Array = NDArray[np.float64]
Faces = NDArray[np.int64]

SUFFIXES = (".stl", ".obj", ".glb", ".ply", ".3mf", ".off", ".dae")
"""Mesh formats that may stand at `model:`."""

FARTHEST = 1e9
"""Coordinates beyond this are no place in any unit."""

UNITS = {"m": 1.0, "mm": 1e-3, "cm": 1e-2, "in": 0.0254}
WORDS = {"m": "metres", "mm": "millimetres", "cm": "centimetres", "in": "inches"}

SIZES_M = {"machine": (0.2, 15.0), "part": (0.005, 1.5)}
"""Longest edges that machines and parts commonly have: the first unit that gives one of these is taken."""
LIMITS_M = {"machine": (0.02, 60.0), "part": (0.0005, 10.0)}
"""Beyond these the unit is wrong, whatever anybody says."""

# By format, the likeliest unit first. GLB and DAE carry metres, 3MF its own unit; CAD writes STL in millimetres.
_ORDER = {".glb": ("m", "mm", "cm", "in"), ".dae": ("m", "mm", "cm", "in")}
_USUAL = ("mm", "m", "cm", "in")

MOST_BYTES = 1_000_000_000
MOST_TEXT_BYTES = 300_000_000
"""Text (OBJ, DAE, ASCII STL) is read at about 20 MB/s."""
SHOWN_FACES = 200_000
"""Pictures and hulls of larger meshes are made from a simplified copy."""
SOLID_FACES = 20_000
"""What convex pieces, footprints and checks of ports work on."""
CELLS = (400, 280, 200, 140, 100, 70, 50, 35, 25, 16, 8)
"""Grids for simplifying: cells along the longest edge."""


@dataclass(frozen=True)
class Note:
    """Something to tell about a mesh: what, and what to try."""

    what: str
    hint: str = ""


@dataclass(frozen=True, eq=False)
class Surface:
    """A mesh as read: its trimesh scene, moved and scaled; all faces in one; what there is to say.

    vertices, faces : (n, 3) (m), (m, 3); simplified to at most `SOLID_FACES`
    size_m : edges of the bounding box of the whole mesh
    triangles : how many the file has
    """

    scene: Any
    vertices: Array
    faces: Faces
    size_m: tuple[float, float, float]
    triangles: int
    closed: bool
    notes: tuple[Note, ...]


def read_surface(path: Path, kind: str, unit: str | None = None, up: str | None = None) -> Surface:
    """Read a mesh file for a machine or a part (`kind`); unit, up : what the user says, else guessed.

    The box around it (seen from above) gets its middle at the origin, its lowest point stands on the floor.
    Raises AssetError where it cannot be used.
    """
    scene, meshes = _load(path)
    vertices, faces = _all(meshes)
    if not len(faces):
        hint = "export it as a surface mesh (not lines, points or curves)"
        raise AssetError(Problem("the mesh has no faces", value=path.name, hint=hint))
    if not np.isfinite(vertices).all() or np.abs(vertices).max() > FARTHEST:
        count = int((~(np.abs(vertices) <= FARTHEST).all(axis=1)).sum())
        some = "a vertex that is" if count == 1 else f"{count} vertices that are"
        hint = "repair it in the CAD program and export it again"
        raise AssetError(Problem(f"the mesh has {some} no finite number (NaN)", value=path.name, hint=hint))
    notes: list[Note] = []
    turn = np.eye(4)
    if up is None and path.suffix.lower() == ".glb":
        up = "y"
        notes.append(
            Note("GLB files are y-up by their standard: turned to z-up", "write 'up: z' if it lies on its side")
        )
    if up == "y":
        turn[:3, :3] = [[1, 0, 0], [0, 0, -1], [0, 1, 0]]
    used = _used(vertices, faces)
    corner = np.array([used.min(axis=0), used.max(axis=0)])
    extents = np.abs(np.ptp(corner @ turn[:3, :3].T, axis=0))
    factor, note = _unit(path, scene, extents, kind, unit)
    if note:
        notes.insert(0, note)
    turn[:3, :3] *= factor
    placed = corner @ turn[:3, :3].T
    low, high = placed.min(axis=0), placed.max(axis=0)
    turn[:3, 3] = -(low[0] + high[0]) / 2, -(low[1] + high[1]) / 2, -low[2]
    size = high - low
    if size.min() < 1e-6 * size.max() or size.max() <= 0:
        hint = "it lies in one plane: give it a thickness"
        raise AssetError(Problem("the mesh has no volume", value=_sizes(size), hint=hint))
    count = len(faces)
    if count > SHOWN_FACES:
        meshes = _thin(meshes)
        vertices, faces = _all(meshes)
    scene = _moved(meshes, turn)
    vertices, faces = simplify(vertices @ turn[:3, :3].T + turn[:3, 3], faces, SOLID_FACES)
    faces, closed, more = _sound(vertices, faces)
    notes += more
    if count > SHOWN_FACES:
        what = f"has {count:,} triangles: pictures show a simplified copy, hulls are made from one too"
        notes.append(Note(what, "export it coarser (0.5 mm is fine for a machine) to see every detail"))
    width, depth, height = (float(edge) for edge in size)
    return Surface(scene, vertices, faces, (width, depth, height), count, closed, tuple(notes))


def _load(path: Path) -> tuple[Any, list[Any]]:
    """The file as trimesh's scene, and its surfaces, each where its node puts it."""
    try:
        if path.is_dir():
            raise AssetError(Problem("is a folder, not a mesh file", value=path.name, hint="name the file inside it"))
        size = path.stat().st_size
    except (OSError, ValueError):
        raise AssetError(Problem("there is no such mesh file", value=path.name, hint=f"looked for {path}")) from None
    if not size:
        raise AssetError(Problem("the mesh file is empty", value=path.name, hint="export it again"))
    suffix = path.suffix.lower()
    if size > (MOST_TEXT_BYTES if suffix in (".obj", ".dae") else MOST_BYTES):
        what = f"the mesh file is too large ({size / 1e6:.0f} MB)"
        raise AssetError(Problem(what, value=path.name, hint="export it coarser, or as binary STL or PLY"))
    if suffix == ".stl" and size > MOST_TEXT_BYTES and not _binary(path, size):
        what = f"the mesh file is too large as text ({size / 1e6:.0f} MB)"
        raise AssetError(Problem(what, value=path.name, hint="export it as binary STL"))
    import trimesh

    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # what they warn of is found below, or does no harm
            scene: Any = trimesh.load_scene(path, process=False)
            held = [mesh for mesh in scene.dump() if isinstance(mesh, trimesh.Trimesh) and len(mesh.faces)]
            for mesh in held:
                corners = np.asarray(mesh.faces)
                if (
                    np.asarray(mesh.vertices).shape[1:] != (3,)
                    or corners.min() < 0
                    or corners.max() >= len(mesh.vertices)
                ):
                    raise ValueError("a face names a vertex that is not there")
        return scene, held
    except Exception as trouble:
        # Mesh readers raise whatever they stumble over.
        what = " ".join(str(trouble).split())[:160] or type(trouble).__name__
        raise AssetError(
            Problem(f"the mesh cannot be read ({what})", value=path.name, hint="export it again; is it the right file?")
        ) from None


def _binary(path: Path, size: int) -> bool:
    with path.open("rb") as file:
        head = file.read(84)
    return len(head) == 84 and size == 84 + 50 * int.from_bytes(head[80:84], "little")


def _moved(meshes: list[Any], transform: Array) -> Any:
    """A scene of surfaces, each moved by (4, 4), in its own colour."""
    import trimesh

    made = trimesh.Scene()
    for mesh in meshes:
        mesh.vertices = np.asarray(mesh.vertices) @ transform[:3, :3].T + transform[:3, 3]
        made.add_geometry(mesh)
    return made


def _all(meshes: list[Any]) -> tuple[Array, Faces]:
    """All surfaces in one: vertices (n, 3), faces (m, 3)."""
    points, corners, count = [np.empty((0, 3))], [np.empty((0, 3), dtype=np.int64)], 0
    for mesh in meshes:
        points.append(np.asarray(mesh.vertices, dtype=float))
        corners.append(np.asarray(mesh.faces, dtype=np.int64) + count)
        count += len(mesh.vertices)
    return np.concatenate(points), np.concatenate(corners)


def _used(vertices: Array, faces: Faces) -> Array:
    """The vertices that some face has."""
    mask = np.zeros(len(vertices), dtype=bool)
    mask[faces.ravel()] = True
    return vertices if mask.all() else vertices[mask]


def _unit(path: Path, scene: Any, extents: Array, kind: str, given: str | None) -> tuple[float, Note | None]:
    """Factor to metres, and what to say about it. Raises AssetError where no unit makes sense."""
    longest = float(extents.max())
    suffix = path.suffix.lower()
    least, most = LIMITS_M[kind]
    if given is not None:
        size = longest * UNITS[given]
        if not least <= size <= most:
            fits = [unit for unit in _USUAL if _common(longest * UNITS[unit], kind)]
            hint = f"as {WORDS[fits[0]]} it would be {_sizes(extents * UNITS[fits[0]])}: write 'unit: {fits[0]}'"
            what = f"as {WORDS[given]} this {kind} would be {_sizes(extents * UNITS[given])}"
            hint = hint if fits else "check the export's unit"
            raise AssetError(Problem(what, where="unit", value=path.name, hint=hint))
        return UNITS[given], None
    order: tuple[str, ...] = _ORDER.get(suffix, _USUAL)
    named = {"meters": "m", "meter": "m", "millimeters": "mm", "millimeter": "mm", "centimeters": "cm",
             "centimeter": "cm", "inches": "in", "inch": "in", "0.001 * meters": "mm", "0.01 * meters": "cm",
             "0.0254 * meters": "in"}.get(str(getattr(scene, "units", "") or ""))  # fmt: skip
    if named:
        order = (named, *(unit for unit in order if unit != named))
    for unit in order:
        if _common(longest * UNITS[unit], kind):
            other = next((o for o in ("m", "mm") if o != unit), "m")
            what = f"read as {WORDS[unit]}: {_sizes(extents * UNITS[unit])}"
            if named and unit != named:
                what += f", though the file says {WORDS[named]}"
            return UNITS[unit], Note(what, f"write 'unit: {other}' if that is wrong")
    low, high = SIZES_M[kind]
    shown = " x ".join(f"{edge:.4g}" for edge in extents)
    what = (
        f"in no unit this is a {kind}'s size: {shown} would be {_sizes(extents * UNITS[order[0]])} in {WORDS[order[0]]}"
    )
    hint = f"a {kind} measures {low:g} to {high:g} m; scale the mesh, or say what its numbers are: 'unit: mm'"
    raise AssetError(Problem(what, value=path.name, hint=hint))


def _common(size_m: float, kind: str) -> bool:
    low, high = SIZES_M[kind]
    return low <= size_m <= high


def _sizes(extents_m: Array) -> str:
    """A box for people: '1.20 x 0.90 x 1.80 m', '80 x 40 x 12 mm'."""
    longest = float(np.max(extents_m))
    if longest < 0.5:
        return " x ".join(f"{edge * 1e3:.3g}" for edge in extents_m) + " mm"
    if longest >= 1000:
        return " x ".join(f"{edge / 1e3:.3g}" for edge in extents_m) + " km"
    return " x ".join(f"{edge:.2f}" for edge in extents_m) + " m"


def simplify(vertices: Array, faces: Faces, most: int) -> tuple[Array, Faces]:
    """The same surface with at most about `most` faces: vertices in one cell of a grid become one (their mean).

    Rossignac and Borrel, Multi-resolution 3D approximations for rendering complex scenes, 1993.
    """
    if len(faces) <= 10 * most:
        vertices, faces = _weld(vertices, faces, 1e-6)
    for cells in CELLS:
        if len(faces) <= most:
            break
        vertices, faces = _weld(vertices, faces, 1.0 / cells)
    return vertices, faces


def _weld(vertices: Array, faces: Faces, cell: float) -> tuple[Array, Faces]:
    """Join vertices in one cell (a share of the longest edge); drop faces that become lines, or twice the same."""
    low = vertices.min(axis=0)
    size = float((vertices.max(axis=0) - low).max())
    if size <= 0:
        return vertices, faces
    grid = ((vertices - low) * (1.0 / (cell * size)) + 0.5).astype(np.int64)
    span = grid.max(axis=0) + 1
    code = (grid[:, 0] * span[1] + grid[:, 1]) * span[2] + grid[:, 2]
    order = np.argsort(code, kind="stable")
    new = np.empty(len(code), dtype=bool)
    new[0] = True
    np.not_equal(code[order[1:]], code[order[:-1]], out=new[1:])
    inverse = np.empty(len(code), dtype=np.int64)
    inverse[order] = np.cumsum(new) - 1
    corners = inverse[faces]
    a, b, c = corners.T
    corners = corners[(a != b) & (b != c) & (c != a)]
    if not len(corners):
        return vertices, faces
    counts = np.bincount(inverse)
    joined = np.column_stack([np.bincount(inverse, vertices[:, k]) / counts for k in range(3)])
    turned = np.argmin(corners, axis=1)
    canonical = np.take_along_axis(corners, (turned[:, None] + np.arange(3)) % 3, axis=1)
    many = len(joined)
    if many < 2_000_000:  # so that the code below fits 63 bits
        key = (canonical[:, 0] * many + canonical[:, 1]) * many + canonical[:, 2]
        canonical = canonical[np.sort(np.unique(key, return_index=True)[1])]
    mask = np.zeros(many, dtype=bool)
    mask[canonical.ravel()] = True
    return joined[mask], (np.cumsum(mask) - 1)[canonical]


def _thin(meshes: list[Any]) -> list[Any]:
    """Surfaces simplified to `SHOWN_FACES` in all, each in its colour."""
    import trimesh

    whole = sum(len(mesh.faces) for mesh in meshes)
    made = []
    for mesh in meshes:
        most = max(1000, int(SHOWN_FACES * len(mesh.faces) / whole))
        vertices, faces = np.asarray(mesh.vertices, dtype=float), np.asarray(mesh.faces, dtype=np.int64)
        plain = trimesh.Trimesh(*simplify(vertices, faces, most), process=False)
        material = getattr(mesh.visual, "material", None)
        if material is not None:
            visuals: Any = trimesh.visual.TextureVisuals
            plain.visual = visuals(material=material)
        made.append(plain)
    return made


def _sound(vertices: Array, faces: Faces) -> tuple[Faces, bool, list[Note]]:
    """Faces turned outwards, whether the surface is closed, and what there is to say."""
    edges = np.sort(faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    _, times = np.unique(edges[:, 0] * (len(vertices) + 1) + edges[:, 1], return_counts=True)
    open_edges = int((times == 1).sum())
    notes: list[Note] = []
    if open_edges:
        hint = "fine for footprint and hulls; close its holes in the CAD program for exact checks of ports"
        notes.append(Note(f"the mesh is not closed: {open_edges} edges have a face on one side only", hint))
    a, b, c = (vertices[faces[:, k]] - vertices.mean(axis=0) for k in range(3))
    volume = float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum()) / 6
    box = float(np.prod(np.ptp(vertices, axis=0)))
    if volume < -1e-3 * box:
        hint = "its faces were turned; 'flip normals' in the CAD program mends the file"
        notes.append(Note("the mesh is inside out: its faces look inwards", hint))
        faces = faces[:, ::-1]
    return faces, open_edges == 0, notes


def footprint(vertices: Array, faces: Faces) -> tuple[tuple[float, float], ...]:
    """The outline on the floor (m), counter-clockwise: the mesh seen from above, its convex hull where in pieces."""
    import shapely

    hull: Any = shapely.convex_hull(shapely.multipoints(vertices[:, :2]))
    corners = vertices[faces][:, :, :2]
    (ax, ay), (bx, by), (cx, cy) = (corners[:, k].T for k in range(3))
    area = np.abs((bx - ax) * (cy - ay) - (cx - ax) * (by - ay)) / 2
    shadows = shapely.polygons(corners[area > 1e-9])
    outline = hull
    if len(shadows):
        # Gaps narrower than 4 cm are closed: nothing stands in them.
        seen: Any = shapely.union_all(shapely.make_valid(shadows)).buffer(0.02, join_style="mitre")
        seen = seen.buffer(-0.02, join_style="mitre")
        if seen.geom_type == "Polygon" and seen.area < 0.93 * hull.area:
            outline = shapely.Polygon(seen.exterior)
    simple: Any = outline.simplify(0.004)
    if simple.geom_type != "Polygon" or not simple.is_valid or simple.area < 1e-6:
        simple = hull
    ring = shapely.get_coordinates(shapely.orient_polygons(simple))[:-1]
    return tuple((round(float(x), 4), round(float(y), 4)) for x, y in ring)


def winding(vertices: Array, faces: Faces, points: Array) -> Array:
    """(n,) how often the surface goes round each point: 1 inside, 0 outside, between where it has holes.

    Jacobson et al., Robust inside-outside segmentation using generalized winding numbers, 2013; the solid angle of a
    triangle after van Oosterom and Strackee, 1983.
    """
    found = np.empty(len(points))
    for i, point in enumerate(points):
        a, b, c = (vertices[faces[:, k]] - point for k in range(3))
        la, lb, lc = (np.linalg.norm(v, axis=1) for v in (a, b, c))
        above = np.einsum("ij,ij->i", a, np.cross(b, c))
        below = la * lb * lc + np.einsum("ij,ij->i", a, b) * lc
        below += np.einsum("ij,ij->i", b, c) * la + np.einsum("ij,ij->i", c, a) * lb
        found[i] = np.arctan2(above, below).sum() / (2 * np.pi)
    return found
