"""A line seen from above: footprints, service envelopes, obstacles, fences and belts as arrays of polygons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely

from layout import motion
from layout.errors import LayoutError
from layout.feasibility import convex
from layout.feasibility.convex import TOLERANCE_M
from layout.feasibility.plan_shapes import plan_hulls, shape_of
from layout.feasibility.solids import Solids, solids
from layout.model.floor import Floor
from layout.model.library import Point2
from layout.model.line import Arm, Line, Station
from layout.model.pose import Array
from layout.model.results import BeltTimes, Moves, Violation
from layout.motion import belts as conveyors
from layout.motion.fences import fence_rings

FACING: dict[str, Point2] = {"front": (0.0, -1.0), "back": (0.0, 1.0), "left": (-1.0, 0.0), "right": (1.0, 0.0)}


@dataclass(frozen=True, eq=False)
class Areas:
    """Convex polygons (n, k, 2) (m, world) and the name that each belongs to."""

    names: tuple[str, ...]
    rings: Array

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def low(self) -> Array:
        """(n, 2) float (m): lower corner of each polygon's box."""
        return np.asarray(self.rings.min(axis=1))

    @cached_property
    def high(self) -> Array:
        """(n, 2) float (m): upper corner of each polygon's box."""
        return np.asarray(self.rings.max(axis=1))


@dataclass(frozen=True, eq=False)
class Site:
    """What does not change from candidate to candidate: the floor, its obstacles, areas to keep clear and fences."""

    floor: Any
    normals: Array | None
    offsets: Array
    obstacles: Areas
    keep_clear: Areas
    fences: Areas

    @classmethod
    def of(cls, floor: Floor) -> Site:
        """Taken from a floor; made once for each."""
        known = _SITES.get(id(floor))
        if known is not None and known[0] is floor:
            return known[1]
        boundary = shapely.orient_polygons(shapely.Polygon(floor.boundary))
        shapely.prepare(boundary)
        pieces = convex.pieces_of(floor.boundary)
        normals, offsets = None, np.empty(0)
        if len(pieces) == 1:  # outside of a convex floor is told by its edges, which is much faster
            edges = np.roll(pieces[0], -1, axis=0) - pieces[0]
            normals = np.column_stack([edges[:, 1], -edges[:, 0]]) / np.linalg.norm(edges, axis=1)[:, None]
            offsets = np.sum(normals * pieces[0], axis=1)
        site = cls(
            boundary,
            normals,
            offsets,
            _areas([(name, convex.pieces_of(area.polygon)) for name, area in floor.obstacles.items()]),
            _areas([(name, convex.pieces_of(area.polygon)) for name, area in floor.keep_clear.items()]),
            _areas([(name, fence_rings(fence)) for name, fence in floor.fences.items()]),
        )
        if len(_SITES) >= 64:
            _SITES.clear()
        _SITES[id(floor)] = (floor, site)
        return site

    def outside(self, rings: Array) -> Array:
        """(n,) float (m): how far each convex polygon (n, k, 2) sticks out of the floor, at its farthest.

        On a floor that is not convex, a polygon may cover a notch without a corner in it: then the radius of the
        largest circle in what is covered counts.
        """
        out = np.zeros(len(rings))
        if not len(rings):
            return out
        if self.normals is not None:
            beyond = (rings @ self.normals.T - self.offsets).max(axis=2)
            rows, corners = np.nonzero(beyond > TOLERANCE_M)
            if len(rows):
                np.maximum.at(out, rows, shapely.distance(shapely.points(rings[rows, corners]), self.floor))
            return out
        polygons = shapely.polygons(rings)
        for row in np.nonzero(~shapely.covers(self.floor, polygons))[0]:
            rest = shapely.difference(polygons[row], self.floor)
            farthest = shapely.distance(shapely.points(shapely.get_coordinates(rest)), self.floor).max(initial=0.0)
            inner = [
                shapely.length(shapely.maximum_inscribed_circle(part))
                for part in shapely.get_parts(rest)
                if part.area > TOLERANCE_M**2
            ]
            out[row] = max([farthest, *inner])
        return out


_SITES: dict[int, tuple[Floor, Site]] = {}


class Ground:
    """One candidate's plan. Everything is worked out once, when first asked for."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.site = Site.of(line.floor)
        self.things: tuple[Station | Arm, ...] = (*line.stations.values(), *line.arms.values())
        self._shapes = [shape_of(thing.model) for thing in self.things]

    @cached_property
    def bodies(self) -> Areas:
        """Footprints of stations and arm bases."""
        return self.world([shape.pieces for shape in self._shapes])

    @cached_property
    def hulls(self) -> Areas:
        """The same with what of their hulls sticks out: raises SceneError or AssetError where files cannot be read."""
        return self.world([plan_hulls(thing.model) for thing in self.things])

    @cached_property
    def service(self) -> Areas:
        """Floor that must be free at the sides of each thing."""
        return self.world([shape.strips for shape in self._shapes])

    @cached_property
    def sides(self) -> tuple[str, ...]:
        """Which side each of `service` lies at."""
        return tuple(side for shape in self._shapes for side in shape.sides)

    def polygons(self, areas: Areas) -> Any:
        """(n,) shapely polygons of areas."""
        return shapely.polygons(areas.rings) if len(areas) else np.empty(0, dtype=object)

    @cached_property
    def body_polygons(self) -> Any:
        """(n,) shapely polygons of `bodies`."""
        return self.polygons(self.bodies)

    @cached_property
    def service_polygons(self) -> Any:
        """(n,) shapely polygons of `service`."""
        return self.polygons(self.service)

    @cached_property
    def belts(self) -> dict[str, BeltTimes]:
        """Belts as laid out, by name."""
        return {name: conveyors.lay_out(belt, self.line) for name, belt in self.line.belts.items()}

    @cached_property
    def corridors(self) -> dict[str, Any]:
        """The floor that each belt covers: shapely polygons (m), by name."""
        return {name: conveyors.corridor(times, self.line.belts[name].width_m) for name, times in self.belts.items()}

    @cached_property
    def moves(self) -> Moves | None:
        """The planned moves; None where there is no plan."""
        try:
            return motion.plan(self.line)
        except LayoutError:
            return None

    @cached_property
    def solids(self) -> Solids:
        """Everything as convex pieces in three dimensions."""
        return solids(self.line, self._frames, self.belts)

    def world(self, local: Sequence[Sequence[Array]]) -> Areas:
        """Convex polygons of each thing's own frame (in the order of `things`) in the world."""
        rings: list[Array] = []
        names: list[str] = []
        owners: list[int] = []
        for row, (thing, parts) in enumerate(zip(self.things, local, strict=True)):
            rings += parts
            names += [thing.name] * len(parts)
            owners += [row] * len(parts)
        if not rings:
            return Areas((), np.empty((0, 4, 2)))
        flat = convex.padded(rings, max(len(ring) for ring in rings))
        frames = self._frames[owners]
        cos, sin, x, y = (frames[:, k, None] for k in range(4))
        out = np.empty_like(flat)
        out[:, :, 0] = x + cos * flat[:, :, 0] - sin * flat[:, :, 1]
        out[:, :, 1] = y + sin * flat[:, :, 0] + cos * flat[:, :, 1]
        return Areas(tuple(names), out)

    @cached_property
    def frames(self) -> dict[str, tuple[float, float, float, float]]:
        """Cosine and sine of the yaw, x, y (m) of each thing by name: for single points, where arrays are slow."""
        rows = self._frames.tolist()
        return {thing.name: (row[0], row[1], row[2], row[3]) for thing, row in zip(self.things, rows, strict=True)}

    @cached_property
    def _frames(self) -> Array:
        """(n, 4) float: cosine and sine of the yaw, x, y of each thing."""
        poses = np.array([(t.pose.yaw_rad, t.pose.x_m, t.pose.y_m) for t in self.things]).reshape(-1, 3)
        cos, sin = np.cos(poses[:, 0]), np.sin(poses[:, 0])
        cos[np.abs(cos) < 1e-12], sin[np.abs(sin) < 1e-12] = 0.0, 0.0  # quarter turns are exact, as in `Pose`
        return np.column_stack([cos, sin, poses[:, 1:]])


def footprints(line: Line) -> dict[str, Any]:
    """What each station and arm base covers on the floor: shapely polygons (m, world) by name."""
    return {thing.name: shapely.Polygon(thing.pose.apply(thing.model.footprint_m)) for thing in Ground(line).things}


def envelopes(line: Line) -> dict[str, Any]:
    """The floor that must be free at the sides of each thing: shapely (multi)polygons (m), empty where none."""
    ground = Ground(line)
    found: dict[str, list[Any]] = {thing.name: [] for thing in ground.things}
    for name, polygon in zip(ground.service.names, ground.service_polygons, strict=True):
        found[name].append(polygon)
    return {name: shapely.union_all(parts) for name, parts in found.items()}


def worst(
    rule: str, found: Sequence[tuple[tuple[str, ...], float]], unit: str = "m", scale: float = 0.5
) -> list[Violation]:
    """One violation for each set of subjects, with its greatest amount; nothing where it is within rounding."""
    amounts: dict[tuple[str, ...], float] = {}
    for subjects, amount in found:
        if amount > TOLERANCE_M:
            key = tuple(sorted(set(subjects)))
            amounts[key] = max(amounts.get(key, 0.0), float(amount))
    return [Violation(rule, subjects, amounts[subjects], unit, scale) for subjects in sorted(amounts)]


def overlaps(a: Areas, b: Areas, same: bool = False) -> list[tuple[tuple[str, str], float]]:
    """Names and depth (m) of every overlapping pair of different names; `same` where a and b are one list."""
    if not len(a) or not len(b):
        return []
    rows, columns = np.nonzero(np.maximum(a.low[:, None] - b.high[None], b.low[None] - a.high[:, None]).max(axis=2) < 0)
    pairs = [
        (i, j)
        for i, j in zip(rows.tolist(), columns.tolist(), strict=True)
        if a.names[i] != b.names[j] and not (same and i >= j)
    ]
    if not pairs:
        return []
    first, second = np.array(pairs).T
    deep = convex.depths(a.rings[first], b.rings[second])
    return [
        ((a.names[i], b.names[j]), depth)
        for (i, j), depth in zip(pairs, deep.tolist(), strict=True)
        if depth > TOLERANCE_M
    ]


def _areas(named: Sequence[tuple[str, Sequence[Array]]]) -> Areas:
    rings = [ring for _, parts in named for ring in parts]
    if not rings:
        return Areas((), np.empty((0, 4, 2)))
    names = tuple(name for name, parts in named for _ in parts)
    return Areas(names, convex.padded(rings, max(len(ring) for ring in rings)))
