"""Many poses of one machine at once: its footprint and the floor it needs, as arrays of polygons.

The search's constructive placement tries hundreds of poses for each machine; shapely takes them as one array.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import shapely

from layout.model.library import ArmModel, MachineModel
from layout.model.pose import Array

Ring = tuple[tuple[float, float], ...]


@dataclass(frozen=True, eq=False)
class Shape:
    """A model's outline (k, 2) and the floor it needs, service sides included (n, 2), in its own frame (m)."""

    footprint: Array
    envelope: Array


@lru_cache(maxsize=256)
def _shape(footprint: Ring, sides: tuple[float, float, float, float], more: tuple[Ring, ...]) -> Shape:
    outline = np.asarray(footprint, dtype=float)
    (x0, y0), (x1, y1) = outline.min(axis=0), outline.max(axis=0)
    front, back, left, right = sides
    strips = [shapely.box(x0, y0 - front, x1, y1 + back), shapely.box(x0 - left, y0, x1 + right, y1)]
    areas = [*strips, shapely.Polygon(outline), *(shapely.Polygon(ring) for ring in more)]
    needed = shapely.union_all(areas)  # the corners between two sides may be used by others
    if needed.geom_type != "Polygon" or needed.interiors:
        needed = shapely.convex_hull(needed)
    return Shape(outline, shapely.get_coordinates(shapely.orient_polygons(needed))[:-1])


def shape(model: MachineModel | ArmModel, more: tuple[Ring, ...] = ()) -> Shape:
    """Outline of a model and the floor it needs; more : further areas that it needs, such as docks (m, own frame)."""
    return _shape(tuple(model.footprint_m), _sides(model.service_m), more)


def _sides(service: Mapping[str, Any]) -> tuple[float, float, float, float]:
    front, back, left, right = (float(service.get(side, 0.0)) for side in ("front", "back", "left", "right"))
    return front, back, left, right


def polygons(outline: Array, poses: Array) -> Any:
    """Array of n shapely polygons: an outline (k, 2) at n poses (x_m, y_m, yaw_rad)."""
    return shapely.polygons(moved(outline, poses))


@lru_cache(maxsize=8192)
def polygon(outline: Shape, pose: tuple[float, float, float], needed: bool = False) -> Any:
    """A footprint (or the floor that the machine needs) at one pose, as a shapely polygon."""
    return polygons(outline.envelope if needed else outline.footprint, np.array([pose]))[0]


def moved(points: Array, poses: Array) -> Array:
    """(n, k, 2) float: points (k, 2) of a machine's frame in the world, for n poses (n, 3)."""
    c, s = np.cos(poses[:, 2]), np.sin(poses[:, 2])
    out = np.empty((len(poses), len(points), 2))
    out[:, :, 0] = poses[:, 0, None] + np.multiply.outer(c, points[:, 0]) - np.multiply.outer(s, points[:, 1])
    out[:, :, 1] = poses[:, 1, None] + np.multiply.outer(s, points[:, 0]) + np.multiply.outer(c, points[:, 1])
    return out


def wrist_radius_m(model: ArmModel, height_m: float) -> float:
    """How far from its first turning axis the arm's wrist centre gets at a height above the floor (m), or 0."""
    first = next(joint for joint in model.joints if not joint.prismatic)
    shoulder_m = float(np.asarray(first.origin)[2][3])
    rise = height_m - shoulder_m
    return math.sqrt(max(model.reach_m**2 - rise**2, 0.0))


def nearest_base(model: ArmModel, base: Array, points: Array) -> Array:
    """(n, 2) float (m): where an arm at (1 or n, 3) poses is to serve (1 or n, 2) points: a rail carries it along."""
    foot = base[:, :2]
    if model.rail is None:
        return np.broadcast_to(foot, np.broadcast_shapes(foot.shape, points.shape))
    along = np.column_stack([np.cos(base[:, 2]), np.sin(base[:, 2])])
    half = model.rail.length_m / 2
    at = np.clip(((points - foot) * along).sum(axis=1), -half, half)
    return np.asarray(foot + at[:, None] * along)


def tool_length_m(model: ArmModel) -> float:
    """From the wrist centre to the tool centre point (m), for tools straight out of the flange."""
    last = float(np.linalg.norm(np.asarray(model.joints[-1].origin)[:3, 3]))
    flange = float(np.linalg.norm(np.asarray(model.flange)[:3, 3]))
    return last + flange + float(np.linalg.norm(model.tcp_m))
