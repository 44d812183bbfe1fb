"""Machines, arms, tools and parts as convex pieces that are quick to measure and never smaller than the thing.

A piece is the hull of some points, rounded outwards: the points are corners of the thing's own hull, and the rounding
is the greatest distance by which a corner that was left out sticks out of the hull of those that were kept.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from layout.model.library import MachineModel
from layout.model.pose import Array
from layout.motion.collision import gjk
from layout.motion.collision.urdf_shapes import Solid, moved, prism_points, read_tree
from layout.scene.meshes import hull_pieces

MOST_CORNERS = 32
"""Hulls with more corners are thinned out ..."""

SLACK_M = 0.001
"""... to fewer, where these are enough for a rounding of a millimetre."""

ROUNDED_M = 0.010
"""A hull that would be rounded by more than this keeps more corners."""

SWEEP_STEP_RAD = math.radians(10.0)
"""A hinged door is swept in steps of this angle; the arc between is covered by rounding (0.4 % of the radius)."""

ALWAYS, PASSING, SERVING = 0, 1, 2
"""When a piece counts: always, for arms that do not serve the machine (doors anywhere), for one that does (open)."""


@dataclass(frozen=True, eq=False)
class Piece:
    """A convex piece: the hull of `points` (n, 3) (m), rounded by `round_m`; `when` it counts."""

    points: Array
    round_m: float
    when: int = ALWAYS


def thinned(solid: Solid, when: int = ALWAYS) -> Piece:
    """A solid as a piece of few corners that covers it."""
    points = corners(solid.points)
    if len(points) <= MOST_CORNERS:
        return Piece(points, solid.round_m, when)
    order, out = _thin(points, SLACK_M)
    wanted = max(4, int(np.searchsorted(-out, -ROUNDED_M, side="left")) + 1)
    kept = min(len(order), max(MOST_CORNERS, wanted))
    return Piece(np.ascontiguousarray(points[order[:kept]]), solid.round_m + float(out[kept - 1]), when)


def corners(points: Array) -> Array:
    """The corners of the convex hull of (n, 3) points: (k, 3); flat and repeated points are welcome."""
    from scipy.spatial import ConvexHull, QhullError

    unique = np.unique(np.round(np.asarray(points, dtype=float), 9), axis=0)
    if len(unique) <= 8:
        return np.ascontiguousarray(unique)
    try:
        return np.ascontiguousarray(unique[np.sort(ConvexHull(unique).vertices)])
    except QhullError:
        return np.ascontiguousarray(unique)


def _thin(points: Array, slack_m: float) -> tuple[Array, Array]:
    """Order (k,) in which to keep points, and how far (m) the rest sticks out after each; ends below the slack.

    Greedy: the point that sticks out farthest comes next (Dudley-like coresets need no more in practice).
    """
    middle = points.mean(axis=0)
    order = [int(np.argmax(np.linalg.norm(points - middle, axis=1)))]
    order.append(int(np.argmax(np.linalg.norm(points - points[order[0]], axis=1))))
    out = [math.inf]
    while True:
        away = gjk.sticking_out(points, np.ascontiguousarray(points[order]))
        far = int(np.argmax(away))
        out.append(float(away[far]))
        if away[far] <= slack_m or len(order) == len(points):
            return np.array(order), np.array(out)
        order.append(far)


# ---------------------------------------------------------------- machines


@lru_cache(maxsize=256)
def _hulls(path: Path, stamp: int) -> tuple[Piece, ...]:
    return tuple(thinned(Solid(points)) for points in hull_pieces(path))


def hulls(path: Path) -> tuple[Piece, ...]:
    """The convex pieces of a hulls file. Raises SceneError where it cannot be read."""
    try:
        stamp = path.stat().st_mtime_ns
    except OSError:
        stamp = 0
    return _hulls(path, stamp)


def machine_pieces(model: MachineModel) -> tuple[Piece, ...]:
    """A machine's convex pieces in its own frame: its body, its doors at `load`, its doors anywhere between.

    Raises SceneError or AssetError where its files cannot be read.
    """
    return (*hulls(model.hulls), *moving_pieces(model))


def moving_pieces(model: MachineModel) -> tuple[Piece, ...]:
    """What moves: at `load` for who serves the machine, swept from `load` to `work` for everybody else.

    Axes move one after another or together: every combination of their positions is covered.
    """
    if model.urdf is None:
        return ()
    tree = read_tree(model.urdf)
    names = [axis.name for axis in model.axes]
    load, work = (dict(zip(names, model.position(p), strict=True)) for p in ("load", "work"))
    at_load = tree.poses(tree.root, load)
    out: list[Piece] = []
    for link, solids in tree.solids.items():
        if not solids or link not in at_load:
            continue
        above = tree.above(link, tree.root)
        driving = [axis for axis in model.axes if axis.name in above and abs(load[axis.name] - work[axis.name]) > 1e-9]
        standing = [thinned(Solid(moved(at_load[link], s.points), s.round_m)) for s in solids]
        if not driving:
            out += standing
            continue
        out += [Piece(piece.points, piece.round_m, SERVING) for piece in standing]
        steps = []
        for axis in driving:
            way = abs(load[axis.name] - work[axis.name])
            count = 1 if axis.prismatic else max(1, math.ceil(way / SWEEP_STEP_RAD))
            steps.append(np.linspace(load[axis.name], work[axis.name], count + 1))
        for cell in itertools.product(*(range(len(s) - 1) for s in steps)):
            ends = [(s[k], s[k + 1]) for s, k in zip(steps, cell, strict=True)]
            poses = [
                tree.poses(tree.root, load | {axis.name: q for axis, q in zip(driving, qs, strict=True)})
                for qs in itertools.product(*ends)
            ]
            for solid in solids:
                points = np.vstack([moved(pose[link], solid.points) for pose in poses])
                arc = 0.0
                for axis, (a, b) in zip(driving, ends, strict=True):
                    if not axis.prismatic:
                        hinge = next(h for h in tree.hinges if h.name == axis.name)
                        arc += (1.0 - math.cos((b - a) / 2)) * max(
                            _radius(moved(pose[link], solid.points), pose[hinge.child], hinge.axis) for pose in poses
                        )
                out.append(thinned(Solid(points, solid.round_m + arc), PASSING))
    return tuple(out)


def _radius(points: Array, frame: Array, axis: Array) -> float:
    """Greatest distance (m) of points from an axis through a frame's origin."""
    along = frame[:3, :3] @ axis
    return float(np.linalg.norm(np.cross(points - frame[:3, 3], along), axis=1).max())


# ---------------------------------------------------------------- things without a model


def prisms(outline: Sequence[Sequence[float]] | Array, low_m: float, high_m: float) -> list[Array]:
    """A polygon (k, 2) between two heights as convex prisms, each its corners (n, 3)."""
    import shapely

    polygon = shapely.Polygon(outline)
    whole = shapely.convex_hull(polygon)
    if whole.area - polygon.area <= 1e-9 * whole.area:
        rings = [shapely.get_coordinates(whole)[:-1]]
    else:
        rings = [
            shapely.get_coordinates(p)[:3] for p in shapely.get_parts(shapely.constrained_delaunay_triangles(polygon))
        ]
    return [prism_points(ring, low_m, high_m) for ring in rings]


def wall(first: Sequence[float], second: Sequence[float], thick_m: float, high_m: float) -> Array:
    """(8, 3) corners of an upright wall between two points on the floor, a little longer than the line at both ends."""
    a, b = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    length = float(np.linalg.norm(b - a))
    along = (b - a) / length if length > 0 else np.array([1.0, 0.0])
    along, across = along * (thick_m / 2), np.array([-along[1], along[0]]) * (thick_m / 2)
    return prism_points(
        np.array([a - along - across, b + along - across, b + along + across, a - along + across]), 0.0, high_m
    )
