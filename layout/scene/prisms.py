"""Areas of the floor as solids."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely


def extrude(area: Any, low_m: float, high_m: float) -> Any:
    """A polygon (or several) as a solid between two heights (m): one trimesh surface."""
    import trimesh

    solids = [
        _prism(part, low_m, high_m)
        for part in shapely.get_parts(area)
        if part.geom_type == "Polygon" and part.area > 1e-8
    ]
    return trimesh.util.concatenate(solids) if solids else trimesh.Trimesh()


def _prism(polygon: Any, low_m: float, high_m: float) -> Any:
    import trimesh

    polygon = shapely.orient_polygons(polygon)
    triangles = shapely.orient_polygons(shapely.get_parts(shapely.constrained_delaunay_triangles(polygon)))
    caps = shapely.get_coordinates(triangles).reshape(-1, 4, 2)[:, :3]
    flat, n = caps.reshape(-1, 2), 3 * len(caps)
    index = np.arange(n).reshape(-1, 3)
    points = [np.column_stack([flat, np.full(n, low_m)]), np.column_stack([flat, np.full(n, high_m)])]
    faces = [index[:, ::-1], index + n]
    start = 2 * n
    for ring in (polygon.exterior, *polygon.interiors):
        corners = shapely.get_coordinates(ring)[:-1]
        k = len(corners)
        a, b = start + np.arange(k), start + (np.arange(k) + 1) % k
        points += [np.column_stack([corners, np.full(k, low_m)]), np.column_stack([corners, np.full(k, high_m)])]
        faces += [np.column_stack([a, b, b + k]), np.column_stack([a, b + k, a + k])]
        start += 2 * k
    return trimesh.Trimesh(np.vstack(points), np.vstack(faces), process=False)
