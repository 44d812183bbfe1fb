"""A model under construction: visuals by colour, and the convex pieces that collide in their stead."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import trimesh
from scipy.spatial import ConvexHull, HalfspaceIntersection

from .palette import PALETTE
from .shapes import Array, turn

GRID = 1e-5  # m: coordinates are rounded to it, so that the last bits of a float never reach a file
MOST_CORNERS = 32  # of a hull: distances between hulls are asked for all along every path of an arm
NEARLY_A_BOX = 0.97  # share of its box that a hull fills, from which on the box stands for it: bevels are millimetres
MOST_PLANES = 18  # a convex body of n planes has at most 2 n - 4 corners


@dataclass(frozen=True)
class Axis:
    """A link that slides or turns, and how it is driven (m, m/s, m/s^2; degrees, degrees/s, /s^2 where it turns).

    link : its shape at position 0, in the machine's frame; `at` is a point of the axis there (m)
    travel : its ends; load, work : where it stands while parts are handed over and while the machine works
    """

    name: str
    link: "Model"
    mass_kg: float
    direction: tuple[float, float, float]
    travel: tuple[float, float]
    speed: float
    acceleration: float
    load: float
    work: float
    at: tuple[float, float, float] = (0.0, 0.0, 0.0)
    turns: bool = False


class Model:
    """Collects coloured meshes and hulls (m) under one name."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.visuals: dict[str, list[trimesh.Trimesh]] = {}
        self.hulls: list[tuple[str, trimesh.Trimesh]] = []
        self.moving: list[Axis] = []

    def add(self, colour: str, *meshes: trimesh.Trimesh, hull: str | None = None) -> None:
        """Add meshes of one colour; with `hull`, the convex hull of each collides under that name."""
        if colour not in PALETTE:
            raise KeyError(f"colour {colour!r} is not in the palette")
        self.visuals.setdefault(colour, []).extend(meshes)
        if hull:
            for mesh in meshes:
                self.hull(hull, mesh.vertices)

    def hull(self, name: str, points: Sequence[Sequence[float]] | Array) -> None:
        """Add the convex hull of `points` (n, 3) in metres."""
        self.hulls.append((f"{name}_{len(self.hulls):02d}", lean(convex(points))))

    def solid(self, name: str, lo: Sequence[float], hi: Sequence[float]) -> None:
        """Add a box-shaped hull between two corners (m)."""
        self.hull(name, [[x, y, z] for x in (lo[0], hi[0]) for y in (lo[1], hi[1]) for z in (lo[2], hi[2])])

    def axis(self, name: str, mass_kg: float, **given: Any) -> "Model":
        """A new moving link, to be filled in the machine's own coordinates with the axis at 0 (see `Axis`)."""
        link = Model(name)
        self.moving.append(Axis(name, link, mass_kg, **given))
        return link

    def turned(self, degrees: float) -> "Model":
        """The same model turned about z; only for models without moving axes."""
        out = Model(self.name)
        out.visuals = {c: [turn(mesh, degrees, (0, 0, 1)) for mesh in meshes] for c, meshes in self.visuals.items()}
        out.hulls = [(name, convex(turn(mesh, degrees, (0, 0, 1)).vertices)) for name, mesh in self.hulls]
        return out

    def mesh(self, colour: str) -> trimesh.Trimesh:
        """All meshes of one colour as one."""
        return trimesh.util.concatenate(self.visuals[colour])

    def volume(self) -> float:
        """Volume of the visuals, m^3."""
        return float(sum(m.volume for meshes in self.visuals.values() for m in meshes))


def convex(points: Sequence[Sequence[float]] | Array) -> trimesh.Trimesh:
    """Convex hull of points (n, 3): only corners, on the grid, faces outwards."""
    grid = np.unique(np.round(np.asarray(points, dtype=float) / GRID) * GRID, axis=0)
    hull = ConvexHull(grid)
    corners = np.sort(hull.vertices)
    index = {int(old): new for new, old in enumerate(corners)}
    faces = []
    centre = grid[corners].mean(axis=0)
    for simplex, equation in zip(hull.simplices, hull.equations, strict=True):
        a, b, c = (grid[i] for i in simplex)
        outwards = np.cross(b - a, c - a) @ equation[:3] > 0
        face = [index[int(i)] for i in (simplex if outwards else simplex[::-1])]
        start = face.index(min(face))
        faces.append(face[start:] + face[:start])
    if not np.all(hull.equations[:, :3] @ centre + hull.equations[:, 3] < 0):
        raise ValueError("a hull is flat")
    return trimesh.Trimesh(vertices=grid[corners], faces=sorted(faces), process=False)


def lean(hull: trimesh.Trimesh) -> trimesh.Trimesh:
    """A hull of few corners round a hull: its box where that fits, else its largest faces and its box together.

    It never cuts anything off: every plane touches the hull from outside.
    """
    lo, hi = hull.bounds
    if hull.volume >= NEARLY_A_BOX * float(np.prod(hi - lo)):
        return convex([[x, y, z] for x in (lo[0], hi[0]) for y in (lo[1], hi[1]) for z in (lo[2], hi[2])])
    if len(hull.vertices) <= MOST_CORNERS:
        return hull
    normals = [np.array(n, dtype=float) for n in (*np.eye(3), *-np.eye(3))]
    # faces in the order of their area, the largest first; a face that leans little against one taken adds nothing
    order = sorted(range(len(hull.faces)), key=lambda k: (-round(float(hull.area_faces[k]), 9), k))
    for apart in (0.995, 0.97, 0.9, 0.8):
        chosen = list(normals)
        for k in order:
            if max(float(hull.face_normals[k] @ n) for n in chosen) < apart:
                chosen.append(hull.face_normals[k])
        if len(chosen) <= MOST_PLANES:
            break
    planes = np.array([[*n, -float((hull.vertices @ n).max())] for n in chosen[:MOST_PLANES]])
    return convex(HalfspaceIntersection(planes, hull.vertices.mean(axis=0)).intersections)
