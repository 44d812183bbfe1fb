"""Convex plan shapes: taking polygons apart, and how deep many pairs of them overlap at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from layout.model.pose import Array

TOLERANCE_M = 1e-6
"""What counts as nothing: coordinates are rounded far below it, and nobody sets up a machine to a micrometre."""
CONVEX_SLACK = 1e-9
"""Share of its hull's area that a polygon may lack and still count as convex: rounding of coordinates."""


def pieces_of(outline: Sequence[Sequence[float]] | Array) -> tuple[Array, ...]:
    """A simple polygon (k, 2) (m) as convex polygons, counter-clockwise; itself where it is convex already."""
    polygon = shapely.orient_polygons(shapely.Polygon(outline))
    if _convex(polygon):
        return (_ring(polygon),)
    parts: list[Any] = list(shapely.get_parts(shapely.constrained_delaunay_triangles(polygon)))
    merged = True
    while merged:  # Hertel and Mehlhorn: drop every diagonal that convexity does not need
        merged = False
        for i in range(len(parts)):
            for j in range(i + 1, len(parts)):
                both = shapely.union(parts[i], parts[j])
                if both.geom_type == "Polygon" and _convex(both):
                    parts[i] = both
                    del parts[j]
                    merged = True
                    break
            if merged:
                break
    return tuple(_ring(shapely.orient_polygons(shapely.simplify(part, 1e-9))) for part in parts)


def _convex(polygon: Any) -> bool:
    return bool(polygon.convex_hull.area - polygon.area <= CONVEX_SLACK * polygon.area)


def _ring(polygon: Any) -> Array:
    return np.asarray(polygon.exterior.coords, dtype=float)[:-1]


def padded(rings: Sequence[Array], size: int) -> Array:
    """(n, size, 2) float: rings (k, 2) of different lengths, their last point repeated."""
    out = np.empty((len(rings), size, 2))
    for row, ring in enumerate(rings):
        out[row, : len(ring)] = ring
        out[row, len(ring) :] = ring[-1]
    return out


def near(a: Array, b: Array, gap_m: float = 0.0) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows (i, j) of the polygons a (n, k, 2) and b (m, l, 2) whose boxes come closer than `gap_m` (m)."""
    a_low, a_high, b_low, b_high = a.min(axis=1), a.max(axis=1), b.min(axis=1), b.max(axis=1)
    apart = np.maximum(a_low[:, None] - b_high[None], b_low[None] - a_high[:, None]).max(axis=2)
    rows, columns = np.nonzero(apart < gap_m)
    return rows, columns


def depths(a: Array, b: Array) -> Array:
    """(n,) float (m): least distance that one convex polygon of each pair must move to be free of the other.

    a : (n, k, 2), b : (n, l, 2) float (m). Zero or less where they are apart. By separating axes: the least
    overlap of two convex polygons lies along the normal of one of their edges.
    """
    edges = np.concatenate([a[:, 1:] - a[:, :-1], a[:, :1] - a[:, -1:], b[:, 1:] - b[:, :-1], b[:, :1] - b[:, -1:]], 1)
    lengths = np.hypot(edges[:, :, 0], edges[:, :, 1])
    none = lengths < 1e-9  # from padding: any direction is harmless, since others are never shorter than the least
    lengths[none] = 1.0
    nx = np.where(none, 1.0, -edges[:, :, 1] / lengths)
    ny = np.where(none, 0.0, edges[:, :, 0] / lengths)
    on_a = a[:, None, :, 0] * nx[:, :, None] + a[:, None, :, 1] * ny[:, :, None]
    on_b = b[:, None, :, 0] * nx[:, :, None] + b[:, None, :, 1] * ny[:, :, None]
    overlap = np.minimum(on_a.max(axis=2) - on_b.min(axis=2), on_b.max(axis=2) - on_a.min(axis=2))
    return np.asarray(overlap.min(axis=1))
