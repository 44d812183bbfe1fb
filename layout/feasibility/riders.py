"""Which products ride on which belts, and whether they fit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import shapely

from layout.model.library import Point2, Point3
from layout.model.line import Line
from layout.scene.meshes import hull_pieces

OVER_M = 0.005
"""What rises less above a belt's surface holds no part back."""
SLACK_M = 0.001
"""Parts that touch by less than this fit."""


def wide_parts(line: Line) -> list[tuple[tuple[str, ...], float]]:
    """(belt, product) and what sticks out (m) of each product that is wider than a belt it rides on.

    Its width is the least distance between two parallel lines that it fits between in plan: so it lies lengthwise.
    """
    if not line.belts or not line.products:
        return []
    riders = _riders(line)
    return [
        ((belt.name, name), width_m(line.products[name].model.hulls) - belt.width_m)
        for belt in line.belts.values()
        for name in riders[belt.name]
    ]


@lru_cache(maxsize=256)
def width_m(hulls: Path) -> float:
    """Least width (m) of a part's hulls in plan; it lies across an edge of their convex hull."""
    points = np.vstack([piece[:, :2] for piece in hull_pieces(hulls)])
    hull = shapely.get_coordinates(shapely.convex_hull(shapely.multipoints(points)))
    edges = np.diff(hull, axis=0)
    normals = np.column_stack([edges[:, 1], -edges[:, 0]]) / np.hypot(*edges.T)[:, None]
    return float(np.ptp(hull @ normals.T, axis=0).min())


def long_parts(line: Line) -> list[tuple[tuple[str, str], float]]:
    """(station, product) and by how much (m) each product that a belt brings to where arms take it is too long for the
    place: it stands lengthwise with its grasp point at the port, and its front in the station's own end."""
    if not line.belts or not line.products:
        return []
    riders, found = _riders(line), dict[tuple[str, str], float]()
    for belt in line.belts.values():
        station = line.stations[belt.target].model
        port, way = station.port_for("out", "arm"), station.port_for("in", "belt")
        if port is None or way is None:
            continue
        place = station.hulls, port.at_m, way.facing, way.at_m[2]
        for name in riders[belt.name]:
            part = line.products[name].model
            found[belt.target, name] = _too_long_m(*place, part.hulls, part.grasp_m)
    return list(found.items())


@lru_cache(maxsize=256)
def _too_long_m(station: Path, port_m: Point3, facing: Point2, belt_m: float, part: Path, grasp_m: Point3) -> float:
    """How far (m) the front of a part is in what a station has behind its port for arms.

    station, part : their hulls; facing : the way that the belt's port looks; belt_m : height of the belt
    """
    points = np.vstack(hull_pieces(part)) - np.asarray(grasp_m)
    front, half = float(points[:, 0].max()), width_m(part) / 2 - SLACK_M
    low, high = belt_m + OVER_M, port_m[2] + float(points[:, 2].max())
    ahead = -np.asarray(facing, dtype=float)
    deepest = 0.0
    for piece in hull_pieces(station):
        if piece[:, 2].max() < low or piece[:, 2].min() > high:
            continue
        flat = piece[:, :2] - np.asarray(port_m[:2])
        along, left = flat @ ahead, flat @ np.array([-ahead[1], ahead[0]])
        if left.max() > -half and left.min() < half and along.min() > 0.0:
            deepest = max(deepest, front - float(along.min()))
    return deepest if deepest > SLACK_M else 0.0


@lru_cache(maxsize=256)
def height_m(hulls: Path) -> float:
    """Height (m) of a part's hulls above its underside."""
    return float(max(piece[:, 2].max() for piece in hull_pieces(hulls)))


def tallest_m(line: Line, belt: str) -> float:
    """Height (m) of the tallest product that rides on a belt; 0 where none does."""
    return max((height_m(line.products[name].model.hulls) for name in _riders(line)[belt]), default=0.0)


_KNOWN: dict[int, tuple[Line, dict[str, tuple[str, ...]]]] = {}


def _riders(line: Line) -> dict[str, tuple[str, ...]]:
    known = _KNOWN.get(id(line))
    if known is None or known[0] is not line:
        _KNOWN.clear()  # one line is judged at a time, by several rules
        known = _KNOWN[id(line)] = (line, _ridden(line))
    return known[1]


def _ridden(line: Line) -> dict[str, tuple[str, ...]]:
    """Products by belt: those with a step of their route on a way that leads over it.

    Between two steps a part may pass stations that do nothing to any product (buffers, a belt's end).
    """
    hops: dict[str, set[str]] = {}
    pairs = [(belt.origin, belt.target) for belt in line.belts.values()]
    pairs += [(link.origin, link.target) for link in line.links.values()]
    crews = [arm.serves for arm in line.arms.values()] + [fleet.serves for fleet in line.fleets.values()]
    pairs += [(a, b) for serves in crews for a in serves for b in serves]
    for origin, target in pairs:
        hops.setdefault(origin, set()).add(target)
    back: dict[str, set[str]] = {}
    for origin, targets in hops.items():
        for target in targets:
            back.setdefault(target, set()).add(origin)
    passing = {s.name for s in line.stations.values() if not s.operations and not s.is_source and not s.is_sink}
    found: dict[str, list[str]] = {name: [] for name in line.belts}
    for name, product in line.products.items():
        steps = [set(product.sources), *(set(line.able(operation, name)) for operation in product.route)]
        steps.append(set(product.sinks))
        legs = [(_spread(a, hops, passing), _spread(b, back, passing)) for a, b in pairwise(steps)]
        for belt in line.belts.values():
            if any(belt.origin in ahead and belt.target in behind for ahead, behind in legs):
                found[belt.name].append(name)
    return {name: tuple(names) for name, names in found.items()}


def _spread(start: Iterable[str], hops: Mapping[str, set[str]], passing: set[str]) -> set[str]:
    """Stations from which a part may go on: the start, and what passes it on from there."""
    seen = set(start)
    queue = list(seen)
    while queue:
        for target in hops.get(queue.pop(), ()):
            if target in passing and target not in seen:
                seen.add(target)
                queue.append(target)
    return seen
