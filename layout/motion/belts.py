"""Belts: the way from port to port, how long parts take on it, how many it holds."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from layout.errors import LayoutError
from layout.model.line import Belt, Line, Station
from layout.model.pose import Array, Pose
from layout.model.results import BeltTimes

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

TOUCHING_M = 0.01
"""Ports closer than this touch: parts pass without a belt."""

ALIGNED_M = 1e-3
"""A straight belt may miss the line of its ports by so much ..."""

ALIGNED_COS = math.cos(math.radians(1.0))
"""... and their directions by one degree: frames are adjusted by more."""

SHARPEST_COS = math.cos(math.radians(91.0))
"""No corner turns a part by more than a right angle."""

OVERLAP_M2 = 1e-5
"""Less common area than this is touching, not crossing."""

DETOURS_M = (1.0, 2.5)
"""A belt that must go round something tries these distances beyond its ports: a machine's depth and some more."""

STEEPEST_RAD = math.radians(20.0)
"""Smooth belts carry parts up to slopes of 15 to 20 degrees; steeper ones need cleats, which are not modelled."""

TURN_SHARE = 0.375
"""Radius of the turn that parts make on a corner's table, as a share of the belt's width: they come to lie on it by the
other eighth before it turns, so that it carries them."""

LEVEL_M = 1e-3
"""Ports whose heights differ by no more are level: feet are adjusted by more."""

_GRAIN = 9
"""Lengths are compared at this many decimals (m), so that equal ways are equal however the cell is turned."""


Point = tuple[float, float]
Way = list[Point]


@dataclass(frozen=True)
class _End:
    """A belt port (m): where it is on the floor, its outward side, the least way out that clears the machine, and
    how high the belt's top lies."""

    at: Point
    facing: Point
    stub: float
    height: float

    def out(self, way: float) -> Point:
        """The point (m) that far out of the port."""
        return self.at[0] + way * self.facing[0], self.at[1] + way * self.facing[1]


def lay_out(belt: Belt, line: Line) -> BeltTimes:
    """The shortest way of a belt that is legal and free, with its times.

    It leaves the `out` port along its facing and arrives at the `in` port against its facing: straight where the two
    are in line, else with corners of a right angle at most (orthogonal in one of the ports' frames), every piece at
    least as long as the belt is wide. It should cross no footprint, obstacle or kept-clear area and stay on the floor;
    where no legal way is free, the shortest one is taken and the feasibility rules report it. Other belts are not seen.

    Where the ports differ in height the belt climbs evenly all along its way: its length is that of the slope.

    Raises LayoutError where a port is missing.
    """
    known = _LAID.get(id(line))
    if known is None or known[0] is not line:
        known = _LAID[id(line)] = (line, {})
        if len(_LAID) > _LINES:
            _LAID.popitem(last=False)
    if belt not in known[1]:
        known[1][belt] = _laid(belt, line)
    return known[1][belt]


_LAID: OrderedDict[int, tuple[Line, dict[Belt, BeltTimes]]] = OrderedDict()
_LINES = 4
"""The rules, the arms' surroundings and the plan ask for one line's belts in turn: so many lines are remembered."""


def _laid(belt: Belt, line: Line) -> BeltTimes:
    start, end = _ends(belt, line)
    if start is None or end is None:
        kind, name = ("out", belt.origin) if start is None else ("in", belt.target)
        raise LayoutError(f"belt {belt.name!r}: station {name!r} has no belt port {kind!r}")
    rise = end.height - start.height
    if math.dist(start.at, end.at) < TOUCHING_M:
        return _times(belt, [start.at, end.at], rise)
    blocked = _Blocked(belt, line)
    direct = _direct(start, end)
    if direct and blocked.free(direct, start, end):
        return _times(belt, direct, rise)
    shortest = direct
    for way in _ways(start, end, belt.width_m):
        if blocked.free(way, start, end):
            return _times(belt, way, rise)
        shortest = shortest or way
    # no legal way is free: the shortest one, or the stubs joined where the ports are too close for any
    way = shortest or _simple([start.at, start.out(start.stub), end.out(end.stub), end.at])
    return _times(belt, way, rise)


def straight(belt: Belt, line: Line) -> BeltTimes:
    """Lower bounds: the straight line between the ports; nothing where a port is missing."""
    start, end = _ends(belt, line)
    if start is None or end is None:
        return _times(belt, [(0.0, 0.0), (0.0, 0.0)], 0.0)
    return _times(belt, [start.at, end.at], end.height - start.height)


def heights(belt: Belt, line: Line) -> tuple[float, float]:
    """How high (m) the belt's top lies where it begins and where it ends; 0 where a port is missing."""
    origin, target = line.stations.get(belt.origin), line.stations.get(belt.target)
    start = origin.model.port_for("out", "belt") if origin else None
    end = target.model.port_for("in", "belt") if target else None
    return (float(start.at_m[2]) if start else 0.0), (float(end.at_m[2]) if end else 0.0)


def steepness_m(times: BeltTimes, rise_m: float) -> float:
    """How much longer (m) a belt would have to be in plan to climb no steeper than STEEPEST_RAD; 0 where it does."""
    flat = _length([(float(x), float(y)) for x, y in times.path_m])
    return max(0.0, abs(rise_m) / math.tan(STEEPEST_RAD) - flat) if abs(rise_m) > LEVEL_M else 0.0


def corridor(times: BeltTimes, width_m: float) -> BaseGeometry:
    """The floor that a belt of that width covers (shapely polygon, m); empty where it has no length."""
    import shapely

    if times.length_m <= 0.0:
        return shapely.Polygon()
    return _strip(times.path_m, width_m)


def _times(belt: Belt, way: Way, rise: float) -> BeltTimes:
    length_m = math.hypot(_length(way), rise)
    if len(way) == 2 and _length(way) < TOUCHING_M:
        length_m = 0.0
    tables, real_m = _tables(belt, way)
    return BeltTimes(
        transit_s=length_m / belt.speed_m_s,
        capacity=_places(belt, tables, length_m if not tables else real_m),
        spacing_s=(belt.pitch_m + max((end - begin for begin, end in tables), default=0.0)) / belt.speed_m_s,
        length_m=length_m,
        path_m=np.array(way, dtype=float),
    )


def saved_m(belt: Belt, times: BeltTimes) -> float:
    """How much shorter (m) the way of parts is on the tables of a belt's corners than the plan's through them."""
    way = [(float(x), float(y)) for x, y in times.path_m]
    tables, real_m = _tables(belt, way)
    return _length(way) - real_m if tables else 0.0


def _tables(belt: Belt, way: Way) -> tuple[list[tuple[float, float]], float]:
    """From where to where (m), along the way that parts take, each corner's table reaches; and that way's length."""
    found, along = [], 0.0
    for a, b, c in zip(way, way[1:], way[2:], strict=False):
        along += math.dist(a, b)
        ux, uy, vx, vy = b[0] - a[0], b[1] - a[1], c[0] - b[0], c[1] - b[1]
        turn = abs(math.atan2(ux * vy - uy * vx, ux * vx + uy * vy))
        half = belt.width_m / 2 * math.tan(turn / 2)
        within = 2 * half - TURN_SHARE * belt.width_m * (2 * math.tan(turn / 2) - turn)
        found.append((along - half, along - half + within))
        along += within - 2 * half
    return found, along + math.dist(way[-2], way[-1])


def _places(belt: Belt, tables: Sequence[tuple[float, float]], length_m: float) -> int:
    """How many parts a belt holds: one in each pitch, counted from its end, but never two on a table."""
    places, front = 0, length_m
    while (rear := front - belt.pitch_m) >= -1e-9:
        places += 1
        front = min([rear, *(begin for begin, end in tables if begin < front - 1e-9 and end > rear + 1e-9)])
    return max(1, places)


def _ends(belt: Belt, line: Line) -> tuple[_End | None, _End | None]:
    origin, target = line.stations.get(belt.origin), line.stations.get(belt.target)
    return _end(origin, "out", belt.width_m), _end(target, "in", belt.width_m)


def _end(station: Station | None, way: Literal["in", "out"], width: float) -> _End | None:
    port = station.model.port_for(way, "belt") if station else None
    if station is None or port is None:
        return None
    size = math.hypot(*port.facing)
    unit = (port.facing[0] / size, port.facing[1] / size)
    inside = _depth((port.at_m[0], port.at_m[1]), unit, station.model.footprint_m)
    ((x, y),), ((fx, fy),) = station.pose.apply([port.at_m[:2]]), station.pose.turn([unit])
    return _End((float(x), float(y)), (float(fx), float(fy)), max(width, inside + 0.5 * width), float(port.at_m[2]))


@lru_cache(maxsize=1024)
def _depth(at: Point, facing: Point, footprint: tuple[Point, ...]) -> float:
    """How far (m) one has to go from a port along its facing to leave the machine's footprint for good."""
    far = 0.0
    for (ax, ay), (bx, by) in zip(footprint, footprint[1:] + footprint[:1], strict=True):
        ex, ey = bx - ax, by - ay
        across = facing[0] * ey - facing[1] * ex
        if abs(across) < 1e-12:
            continue
        along = ((ax - at[0]) * ey - (ay - at[1]) * ex) / across
        share = ((ax - at[0]) * facing[1] - (ay - at[1]) * facing[0]) / across
        if -1e-9 <= share <= 1.0 + 1e-9:
            far = max(far, along)
    return far


# ---------------------------------------------------------------- candidate ways


def _direct(start: _End, end: _End) -> Way | None:
    """The straight belt, where the ports are in line."""
    if start.facing[0] * end.facing[0] + start.facing[1] * end.facing[1] > -ALIGNED_COS:
        return None
    dx, dy = end.at[0] - start.at[0], end.at[1] - start.at[1]
    along = dx * start.facing[0] + dy * start.facing[1]
    across = abs(dy * start.facing[0] - dx * start.facing[1])
    aligned = along > 0.0 and across <= max(ALIGNED_M, along * math.tan(math.acos(ALIGNED_COS)))
    return [start.at, end.at] if aligned else None


def _ways(start: _End, end: _End, width: float) -> Iterator[Way]:
    """Legal ways from port to port other than the straight one, shortest first, fewest corners first among equals."""
    first, last = start.out(start.stub), end.out(end.stub)
    found: list[tuple[float, int, Way]] = []
    corner = _crossing(start, end)
    if corner is not None:
        found.append((round(_length([start.at, corner, end.at]), _GRAIN), 0, [corner]))
    frames = [start.facing] if _square(start.facing, end.facing) else [start.facing, end.facing]
    for c, s in frames:
        u0, v0 = c * first[0] + s * first[1], c * first[1] - s * first[0]
        u1, v1 = c * last[0] + s * last[1], c * last[1] - s * last[0]
        for (i, u), (j, v) in product(enumerate(_levels(u0, u1, width)), enumerate(_levels(v0, v1, width))):
            size = abs(u - u0) + abs(v - v0) + abs(u1 - u) + abs(v1 - v) + start.stub + end.stub
            across = () if (i and v == v0) or (j and u == u1) else ((u, v0), (u, v), (u1, v))
            along = () if (i and v == v1) or (j and u == u0) else ((u0, v), (u, v), (u, v1))
            for middle in filter(None, (across, along)):  # less those that come to the same
                inner = [(c * a - s * b, s * a + c * b) for a, b in middle]
                found.append((round(size, _GRAIN), 1 + min(i, 2) + min(j, 2), [first, *inner, last]))
    for _, _, inner in sorted(found, key=lambda item: item[:2]):
        way = _simple([start.at, *inner, end.at])
        if _legal(way, width, start, end):
            yield way


def _square(a: Point, b: Point) -> bool:
    """Whether two directions are parallel or at right angles, so that their frames are one."""
    return min(abs(a[0] * b[0] + a[1] * b[1]), abs(a[0] * b[1] - a[1] * b[0])) < 1e-9


def _levels(a: float, b: float, width: float) -> tuple[float, ...]:
    """Where a piece across may lie: at the ends, half-way, and around them on either side, closely and widely."""
    low, high = min(a, b), max(a, b)
    return a, b, 0.5 * (a + b), *(x for m in (2.0 * width, *DETOURS_M) for x in (low - m, high + m))


def _crossing(start: _End, end: _End) -> Point | None:
    """Where the ray out of one port meets the ray out of the other."""
    (ax, ay), (bx, by) = start.facing, end.facing
    across = ay * bx - ax * by
    if abs(across) < 1e-6:
        return None
    dx, dy = end.at[0] - start.at[0], end.at[1] - start.at[1]
    a, b = (dy * bx - dx * by) / across, (dy * ax - dx * ay) / across
    return start.out(a) if a > 0.0 and b > 0.0 else None


def _legal(way: Way, width: float, start: _End, end: _End) -> bool:
    """Whether no corner is too sharp and no piece too short: the first and last must clear their ports."""
    pieces = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(way)]
    sizes = [math.hypot(*piece) for piece in pieces]
    if len(way) < 2 or min(sizes) < width - 1e-9 or sizes[0] < start.stub - 1e-9 or sizes[-1] < end.stub - 1e-9:
        return False
    heads = [(x / size, y / size) for (x, y), size in zip(pieces, sizes, strict=True)]
    return all(a[0] * b[0] + a[1] * b[1] >= SHARPEST_COS for a, b in pairwise(heads))


def _simple(way: Way) -> Way:
    """Without repeated points, and without points on a straight stretch (turning back counts as a corner)."""
    kept = [way[0]]
    for point in way[1:]:
        if math.dist(point, kept[-1]) < 1e-9:
            continue
        if len(kept) > 1:
            (ax, ay), (bx, by) = kept[-2], kept[-1]
            ex, ey, fx, fy = bx - ax, by - ay, point[0] - bx, point[1] - by
            if abs(ex * fy - ey * fx) < 1e-9 and ex * fx + ey * fy > 0.0:
                kept.pop()
        kept.append(point)
    return kept


def _length(way: Way) -> float:
    return math.fsum(math.dist(a, b) for a, b in pairwise(way))


# ---------------------------------------------------------------- what is in the way


def _strip(way: Way | Array, width: float) -> Any:
    import shapely

    return shapely.LineString(way).buffer(0.5 * width, cap_style="flat", join_style="mitre")


@lru_cache(maxsize=1024)
def _outline(ring: tuple[Point, ...], pose: Pose | None) -> Any:
    """A polygon on the floor, from its machine's frame where it has one."""
    import shapely

    return shapely.Polygon(ring if pose is None else pose.apply(ring))


class _Blocked:
    """What a belt must not cross: other footprints, obstacles, kept-clear areas, the edge of the floor.

    Its own two stations count from the stubs on, since ports lie at their edge or inside.
    """

    def __init__(self, belt: Belt, line: Line) -> None:
        import shapely

        self.width = belt.width_m
        own = (belt.origin, belt.target)
        others = [s for s in line.stations.values() if s.name not in own] + list(line.arms.values())
        shapes = [_outline(item.model.footprint_m, item.pose) for item in others]
        areas = (*line.floor.obstacles.values(), *line.floor.keep_clear.values())
        self.others = shapely.STRtree([*shapes, *(_outline(area.polygon, None) for area in areas)])
        self.own = [_outline(s.model.footprint_m, s.pose) for s in (line.stations[name] for name in own)]
        self.floor = _outline(line.floor.boundary, None)

    def free(self, way: Way, start: _End, end: _End) -> bool:
        """Whether a belt along the way crosses nothing."""
        import shapely

        line = shapely.LineString(way)
        if len(self.others.query(line, predicate="intersects")):  # most ways fail here, at a tenth of the cost
            return False
        inner = [start.out(start.stub), *way[1:-1], end.out(end.stub)]
        apart = len(way) > 2 or line.length > start.stub + end.stub
        if apart and any(shape.intersects(shapely.LineString(inner)) for shape in self.own):
            return False
        strip = _strip(way, self.width)
        near = self.others.geometries[self.others.query(strip, predicate="intersects")]
        if any(shape.intersection(strip).area > OVERLAP_M2 for shape in near):
            return False
        if not self.floor.covers(strip) and strip.difference(self.floor).area > OVERLAP_M2:
            return False
        within = _strip(inner, self.width) if apart else None
        return within is None or all(shape.intersection(within).area <= OVERLAP_M2 for shape in self.own)
