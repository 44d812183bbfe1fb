"""Plane shapes of a line, from the model alone: what a floor plan draws."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString, Point, Polygon

from layout.model.library import ArmModel, MachineModel
from layout.model.line import Arm, Line, Station
from layout.model.results import Moves

Array = NDArray[np.float64]


def placed(line: Line) -> dict[str, Station | Arm]:
    """Everything that has a footprint, by name."""
    return {**line.stations, **line.arms}


def outline(thing: Station | Arm) -> Polygon:
    """Footprint in the world (m)."""
    return Polygon(thing.pose.apply(thing.model.footprint_m))


def has_service(model: MachineModel | ArmModel) -> bool:
    """Whether it needs free floor on any side."""
    return any(value > 0 for value in model.service_m.values())


def envelope(thing: Station | Arm) -> Any:
    """The free floor it wants at its sides (m, world); strips along the footprint's box. Front is -y, left is -x."""
    x0, y0, x1, y1 = _box(thing.model)
    need = thing.model.service_m
    strips = [
        (x0, y0 - need.get("front", 0.0), x1, y0),
        (x0, y1, x1, y1 + need.get("back", 0.0)),
        (x0 - need.get("left", 0.0), y0, x0, y1),
        (x1, y0, x1 + need.get("right", 0.0), y1),
    ]
    wanted = [shapely.box(*strip) for strip in strips if strip[2] > strip[0] and strip[3] > strip[1]]
    return shapely.transform(shapely.union_all(wanted), thing.pose.apply)


def front_edges(thing: Station | Arm) -> Iterator[Array]:
    """The edges of the footprint at its very front, (2, 2) each (m, world)."""
    points = list(thing.model.footprint_m)
    _, y0, _, y1 = _box(thing.model)
    tolerance = 0.02 * (y1 - y0)
    for a, b in zip(points, points[1:] + points[:1], strict=True):
        if a[1] - y0 <= tolerance and b[1] - y0 <= tolerance:
            yield thing.pose.apply([a, b])


def _box(model: MachineModel | ArmModel) -> tuple[float, float, float, float]:
    points = np.asarray(model.footprint_m, dtype=float)
    return (*points.min(axis=0), *points.max(axis=0))


def port_at(station: Station, way: str, by: str) -> Array:
    """Where a transport hands over (2,) (m, world); the footprint's middle where the model has no such port."""
    port = station.model.port_for("in" if way == "in" else "out", by)
    if port is None:
        middle = outline(station).representative_point()
        return np.array([middle.x, middle.y])
    return station.pose.apply([port.at_m])[0, :2]


def belt_path(line: Line, name: str, moves: Moves | None) -> Array:
    """Centre line (k, 2) of a belt (m): as laid out by `motion`, else straight from port to port."""
    if moves is not None and name in moves.belts and len(moves.belts[name].path_m) >= 2:
        return np.asarray(moves.belts[name].path_m, dtype=float)[:, :2]
    belt = line.belts[name]
    return np.array(
        [port_at(line.stations[belt.origin], "out", "belt"), port_at(line.stations[belt.target], "in", "belt")]
    )


def link_path(line: Line, name: str) -> Array:
    """A direct hand-over, straight from one station to the other, (2, 2) (m)."""
    link = line.links[name]
    return np.array(
        [port_at(line.stations[link.origin], "out", "direct"), port_at(line.stations[link.target], "in", "direct")]
    )


def aside(path: Array, by_m: float) -> Array:
    """A path (k, 2) (m) moved to its right, so that there and back lie side by side; itself where that fails."""
    moved = LineString(path).simplify(1e-6).offset_curve(-by_m, join_style="mitre", mitre_limit=2.0)
    if moved.geom_type != "LineString" or moved.is_empty:  # ways that double back on themselves fall to pieces
        return path
    found: Array = shapely.get_coordinates(moved)
    return found


def swing(start: Array, end: Array, pivot: Array | None, clear_m: float = 0.5, count: int = 60) -> Array:
    """A curve (count, 2) from start to end on which both directions of a pair stay apart.

    It bows towards `pivot` (an arm's base: there the floor is free) but stays `clear_m` away from it, and bows more
    when the pivot lies to the left of the way than to the right. Past a pivot that lies on the way it goes on the left.

              ,--.           bow: height of the parabola over the chord;
           ,-'    `-.        at a share t of the chord it is 4 t (1 - t) times that
      start --------- end
    """
    way = end - start
    length = float(np.hypot(*way))
    if length < 1e-9:
        return np.array([start, end])
    left = np.array([-way[1], way[0]]) / length
    bow = 0.18 * length
    if pivot is not None:
        t = min(max(float(np.dot(pivot - start, way)) / length**2, 0.2), 0.8)
        aside, rise = float(np.dot(pivot - start, left)), 4 * t * (1 - t)
        room = (abs(aside) - clear_m) / rise
        if room > 0.1:
            bow = min(0.22 * length, room) * (1.0 if aside > 0 else -0.45)
        else:
            bow = max(bow, min((aside + clear_m) / rise, 0.7 * length))
    control = start + 0.5 * way + 2 * bow * left
    s = np.linspace(0, 1, count)[:, None]
    curve: Array = (1 - s) ** 2 * start + 2 * s * (1 - s) * control + s**2 * end
    return curve


def trimmed(path: Array, at_start: float, at_end: float) -> Array:
    """A path without its first and last metres; the middle half where it is too short for that."""
    line = LineString(path)
    whole = line.length
    if whole <= 0:
        return path
    if at_start + at_end > 0.6 * whole:
        at_start = at_end = 0.2 * whole
    from shapely.ops import substring

    return np.asarray(substring(line, at_start, whole - at_end).coords, dtype=float)


def along(path: Array, share: float) -> tuple[Array, Array]:
    """Point (2,) and unit direction (2,) at a share of the path's length."""
    line = LineString(path)
    at = line.length * share
    step = max(line.length * 0.01, 1e-6)
    p, a, b = (line.interpolate(min(max(d, 0.0), line.length)) for d in (at, at - step, at + step))
    direction = np.array([b.x - a.x, b.y - a.y])
    size = float(np.hypot(*direction)) or 1.0
    return np.array([p.x, p.y]), direction / size


def band(path: Array, width_m: float) -> Any:
    """A belt's area around its centre line."""
    return LineString(path).buffer(width_m / 2, cap_style="flat", join_style="mitre")


def extent(line: Line) -> tuple[float, float, float, float]:
    """Box around the floor and all that stands in or beside it (m): x0, y0, x1, y1."""
    shapes = [Polygon(line.floor.boundary)]
    shapes += [Polygon(area.polygon) for area in (*line.floor.obstacles.values(), *line.floor.keep_clear.values())]
    shapes += [outline(thing) for thing in placed(line).values()]
    shapes += [LineString(fence.line) for fence in line.floor.fences.values()]
    shapes += [LineString(detection.line) for detection in line.safety.detection.values()]
    shapes += [Point(at) for at in (line.floor.walkways.exits if line.floor.walkways else {}).values()]
    boxes = np.array([shape.bounds for shape in shapes])
    return (*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0))


def nice_step(span: float, most: int) -> float:
    """The least of 1, 2, 5, 10, 20 ... (times a power of ten) that cuts a span into at most so many pieces."""
    rough = span / max(most, 1)
    power = 10.0 ** math.floor(math.log10(rough)) if rough > 0 else 1.0
    return next(step * power for step in (1, 2, 5, 10) if step * power >= rough * (1 - 1e-9))
