"""A model under construction: visuals by colour, and the convex pieces that collide in their stead."""

from collections.abc import Sequence

import numpy as np
import trimesh
from scipy.spatial import ConvexHull

from .palette import PALETTE
from .shapes import Array

GRID = 1e-5  # m: coordinates are rounded to it, so that the last bits of a float never reach a file


class Model:
    """Collects coloured meshes and hulls (m) under one name."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.visuals: dict[str, list[trimesh.Trimesh]] = {}
        self.hulls: list[tuple[str, trimesh.Trimesh]] = []

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
        self.hulls.append((f"{name}_{len(self.hulls):02d}", convex(points)))

    def solid(self, name: str, lo: Sequence[float], hi: Sequence[float]) -> None:
        """Add a box-shaped hull between two corners (m)."""
        self.hull(name, [[x, y, z] for x in (lo[0], hi[0]) for y in (lo[1], hi[1]) for z in (lo[2], hi[2])])

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
