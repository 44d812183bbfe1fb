"""Plan shapes as convex pieces: of machines and arms, of what stands on the floor anyway; many poses at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from layout.feasibility import convex
from layout.feasibility.ground import Areas, Site
from layout.feasibility.plan_shapes import plan_hulls, shape_of
from layout.model.floor import Floor
from layout.model.library import ArmModel, MachineModel
from layout.model.pose import Array

Ring = tuple[tuple[float, float], ...]

BODY, FOOT, HULL, SERVICE = "body", "foot", "hull", "service"
"""What a piece of a thing keeps apart: of a body both a foot's and a hull's (see `parts_of`), or of service floor."""

NOTCH_M2 = 1e-9
"""Notches of the floor smaller than this are rounding."""


@dataclass(frozen=True, eq=False)
class Shape:
    """A model in its own frame (m): its outline (k, 2), convex pieces of it, what others must leave free, and hulls."""

    footprint: Array
    bodies: tuple[Array, ...]
    service: tuple[Array, ...]
    hulls: tuple[Array, ...] = ()

    @property
    def size_m2(self) -> float:
        """Area of the box around all of it."""
        whole = np.vstack([self.footprint, *self.service])
        return float(np.ptp(whole, axis=0).prod())


def shape(model: MachineModel | ArmModel, more: tuple[Ring, ...] = ()) -> Shape:
    """Of a model; more : further convex areas that must be free, such as docks (m, own frame)."""
    own = shape_of(model)
    docks = tuple(np.asarray(ring, dtype=float) for ring in more)
    return Shape(np.asarray(model.footprint_m, dtype=float), own.pieces, (*own.strips, *docks), plan_hulls(model))


def parts_of(bodies: Sequence[Array], service: Sequence[Array], hulls: Sequence[Array] = ()) -> list[tuple[str, Array]]:
    """Kind and ring (k, 2) (m) of all pieces of a thing.

    Hulls, one for each body, keep the clearance from one another. The bodies are within them: as feet they stay on the
    floor and off all that stands there and off service floor. A piece that is its own hull is a body, and does both.
    """
    found: list[tuple[str, Array]] = []
    for body, hull in zip(bodies, hulls or bodies, strict=True):
        found += [(BODY, body)] if hull is body else [(FOOT, body), (HULL, hull)]
    return found + [(SERVICE, ring) for ring in service]


@dataclass(frozen=True, eq=False)
class Fixed:
    """What stands on a floor anyway.

    rings : rule that it breaks to stand there, name, and convex ring (k, 2) (m); the floor's own notches, too
    walls (w, 3) : half-planes x * a + y * b <= c of the floor's hull; size_m : the diagonal of its box
    """

    rings: tuple[tuple[str, str, Array], ...]
    walls: Array
    size_m: float

    @classmethod
    def of(cls, floor: Floor) -> Fixed:
        """Taken from a floor."""
        site = Site.of(floor)
        found = [
            (rule, name, ring)
            for rule, areas in (("obstacle", site.obstacles), ("keep_clear", site.keep_clear), ("fence", site.fences))
            for name, ring in _rings(areas)
        ]
        hull = shapely.convex_hull(site.floor)
        for notch in shapely.get_parts(shapely.difference(hull, site.floor)):
            if notch.area > NOTCH_M2:
                found += [
                    ("floor", "", ring) for ring in convex.pieces_of(shapely.get_coordinates(notch.exterior)[:-1])
                ]
        ring = shapely.get_coordinates(shapely.orient_polygons(hull))[:-1]
        edges = np.roll(ring, -1, axis=0) - ring
        normals = np.column_stack([edges[:, 1], -edges[:, 0]]) / np.linalg.norm(edges, axis=1)[:, None]
        walls = np.column_stack([normals, (normals * ring).sum(axis=1)])
        return cls(tuple(found), walls, float(np.hypot(*np.ptp(ring, axis=0))))


def _rings(areas: Areas) -> list[tuple[str, Array]]:
    return [(name, convex_ring(ring)) for name, ring in zip(areas.names, areas.rings, strict=True)]


def convex_ring(ring: Array) -> Array:
    """A ring without the repetitions that pad it."""
    keep = np.linalg.norm(ring - np.roll(ring, 1, axis=0), axis=1) > 0.0
    return ring[keep] if keep.any() else ring


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
