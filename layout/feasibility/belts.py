"""Belts run over free floor: not through machines, obstacles or other belts, and not off the floor."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
import shapely

from layout.feasibility.convex import TOLERANCE_M
from layout.feasibility.ground import FACING, Areas, Ground, overlaps, worst
from layout.feasibility.riders import wide_parts
from layout.model.library import Port
from layout.model.line import Belt, Station
from layout.model.pose import Array
from layout.model.results import Violation
from layout.motion.belts import TOUCHING_M, heights, steepness_m

SCALE_M = 1.0

TOUCH = 1e-3
"""Share of a belt's width up to which an overlap is mere touching: corridors have mitred, rounded-off corners."""


LEAST_STUB_M = 0.01
"""A belt's first piece may touch its neighbours by this much before `quick_belt` counts it: `belt` looks closer."""


def belt(ground: Ground) -> list[Violation]:
    """A belt's corridor crosses something, or leaves the floor: by the length of belt (m) that does.

    The length is the overlapping area over the belt's width. Crossing: footprints, obstacles, areas to keep clear and
    other belts; and service areas (rule `service`). At the two stations it joins, a belt may start and end: there
    its first or last leg does not count. Through a fence it may pass: conveyors have openings there.

    What hangs over beyond a machine's footprint is in a belt's way where it hangs into the belt or the parts on it, and
    by the length of belt under it; higher up it is not.

    A belt that is too steep counts by the length (m) it lacks in plan, and a part too wide for it by what sticks out
    (m), however it lies.
    """
    line = ground.line
    found: list[tuple[tuple[str, ...], float]] = []
    blocked: list[tuple[tuple[str, ...], float]] = []
    corridors: list[tuple[Belt, Any]] = []
    for item in line.belts.values():
        times, whole = ground.belts[item.name], ground.corridors[item.name]
        path = times.path_m
        low, high = heights(item, line)
        found.append(((item.name,), steepness_m(times, high - low)))
        corridors.append((item, whole))
        own = {
            item.origin: _without_end(path, item.width_m, line.stations[item.origin], "out"),
            item.target: _without_end(path[::-1], item.width_m, line.stations[item.target], "in"),
        }
        found += _crossings(item, whole, own, ground.bodies, ground.body_polygons)
        for areas in (ground.site.obstacles, ground.site.keep_clear):
            found += _crossings(item, whole, {}, areas, ground.polygons(areas))
        off = shapely.area(shapely.difference(whole, ground.site.floor)) / item.width_m
        found.append(((item.name,), _beyond_touch(off, item)))
        blocked += _in_service(item, whole, own, ground)
    for i, (first, one) in enumerate(corridors):
        for second, other in corridors[i + 1 :]:
            if shapely.intersects(one, other):
                shared = shapely.area(shapely.intersection(one, other)) / max(first.width_m, second.width_m)
                found.append(((first.name, second.name), _beyond_touch(shared, first)))
    found += wide_parts(line) + _hanging(ground)
    return worst("belt", found, scale=SCALE_M) + worst("service", blocked)


def _hanging(ground: Ground) -> list[tuple[tuple[str, ...], float]]:
    """(belt, station) and the length of belt (m) that lies under pieces which hang into it or into the parts on it."""
    line = ground.line
    if not line.belts:
        return []
    whole = ground.solids
    kinds = np.array([(name in line.belts) - (name in line.stations) for name in whole.names])[whole.numbers]
    found: dict[tuple[str, str], list[Any]] = {}
    still = np.nonzero((kinds < 0) & ~whole.swings)[0]
    for i, j, gap in whole.near(np.nonzero(kinds > 0)[0], still, 0.0):
        item = line.belts[whole.owner(i)]
        if whole.overlap(i, j, gap) and whole.owner(j) not in (item.origin, item.target):
            found.setdefault((item.name, whole.owner(j)), []).append(shapely.Polygon(whole.outline(j)))
    return [
        ((name, other), _beyond_touch(_covered_m(ground, name, pieces), line.belts[name]))
        for (name, other), pieces in found.items()
    ]


def _covered_m(ground: Ground, name: str, pieces: list[Any]) -> float:
    under = shapely.intersection(ground.corridors[name], shapely.union_all(pieces))
    return float(shapely.area(under)) / ground.line.belts[name].width_m


def quick_belt(ground: Ground) -> list[Violation]:
    """What `belt` finds at least: whatever way a belt takes, it starts and ends straight out of its ports.

    The amount is the least way (m) that such a first piece, as long as the belt is wide, must move to be free.
    """
    line = ground.line
    if not line.belts:
        return []
    stubs = _stubs(ground)
    out = ground.site.outside(stubs.rings)
    found: list[tuple[tuple[str, ...], float]] = [((name,), far) for name, far in zip(stubs.names, out, strict=True)]
    for areas in (ground.bodies, ground.site.obstacles, ground.site.keep_clear):
        found += [
            ((name, other), depth if depth > LEAST_STUB_M else 0.0)
            for (name, other), depth in overlaps(stubs, areas)
            if other not in (line.belts[name].origin, line.belts[name].target)
        ]
    found += wide_parts(line)
    return worst("belt", found, scale=SCALE_M)


def _stubs(ground: Ground) -> Areas:
    """The first piece of each belt at both ends, (n, 4, 2) (m)."""
    names: list[str] = []
    rings: list[list[tuple[float, float]]] = []
    for item in ground.line.belts.values():
        ends = _ports(item, ground)
        apart = math.dist(ends[0][:2], ends[1][:2]) if len(ends) == 2 else 0.0
        if apart < TOUCHING_M:
            continue
        length, half = min(item.width_m, apart), item.width_m / 2
        for x, y, u, v in ends:
            a, b, c, d = x - v * half, y + u * half, x + v * half, y - u * half
            names.append(item.name)
            rings.append([(a, b), (c, d), (c + u * length, d + v * length), (a + u * length, b + v * length)])
    return Areas(tuple(names), np.array(rings, dtype=float).reshape(-1, 4, 2))


def _ports(item: Belt, ground: Ground) -> list[tuple[float, float, float, float]]:
    """Place (m) and outward direction in the world of a belt's ports, as far as there are any."""
    ends: tuple[tuple[str, Literal["in", "out"]], ...] = ((item.origin, "out"), (item.target, "in"))
    found = []
    for name, way in ends:
        port = ground.line.stations[name].model.port_for(way, "belt")
        if port is not None:
            cos, sin, x0, y0 = ground.frames[name]
            (x, y), (u, v) = port.at_m[:2], port.facing
            size = math.hypot(u, v)
            u, v = u / size, v / size
            found.append((x0 + cos * x - sin * y, y0 + sin * x + cos * y, cos * u - sin * v, sin * u + cos * v))
    return found


def _strip(path: Array, width_m: float) -> Any:
    """The floor under a part of a belt: its centre line (k, 2) (m) widened to both sides, flat at the ends."""
    return shapely.buffer(shapely.LineString(path), width_m / 2, cap_style="flat", join_style="mitre")


def _without_end(path: Array, width_m: float, station: Station, way: Literal["in", "out"]) -> Any | None:
    """The corridor without the leg that starts at a station's port; whole where that leg runs into the machine."""
    port = station.model.port_for(way, "belt")
    if port is None or len(path) < 2:
        return _strip(path, width_m)
    outwards = station.pose.turn([port.facing])[0]
    leg = path[1] - path[0]
    if float(leg @ outwards) < 0.5 * float(np.linalg.norm(leg)):
        return _strip(path, width_m)
    return _strip(path[1:], width_m) if len(path) > 2 else None


def _crossings(
    item: Belt, whole: Any, own: dict[str, Any | None], areas: Areas, polygons: Any
) -> list[tuple[tuple[str, ...], float]]:
    """(belt, name) and the length of belt (m) that lies in each area."""
    found: dict[str, float] = {}
    if not len(areas):
        return []
    for row in np.nonzero(shapely.intersects(whole, polygons))[0]:
        name = areas.names[row]
        shape = own.get(name, whole)
        if shape is not None:
            crossed = float(shapely.area(shapely.intersection(shape, polygons[row]))) / item.width_m
            found[name] = found.get(name, 0.0) + crossed
    return [((item.name, name), _beyond_touch(length, item)) for name, length in found.items()]


def _in_service(
    item: Belt, whole: Any, own: dict[str, Any | None], ground: Ground
) -> list[tuple[tuple[str, ...], float]]:
    """(belt, station) and the length of belt (m) in each service area; at a belt's port it may cross that side's."""
    areas = ground.service
    found: list[tuple[tuple[str, ...], float]] = []
    if not len(areas):
        return found
    for row in np.nonzero(shapely.intersects(whole, ground.service_polygons))[0]:
        name, side = areas.names[row], ground.sides[row]
        shape = own.get(name, whole)
        if shape is None or (name in own and side == _port_side(item, ground.line.stations[name])):
            continue
        crossed = float(shapely.area(shapely.intersection(shape, ground.service_polygons[row]))) / item.width_m
        found.append(((item.name, name), _beyond_touch(crossed, item)))
    return found


def _port_side(item: Belt, station: Station) -> str:
    """The side of a station's box at which a belt leaves or arrives."""
    port: Port | None = station.model.port_for("out" if station.name == item.origin else "in", "belt")
    facing = np.asarray(port.facing if port else (0.0, -1.0))
    return max(FACING, key=lambda side: float(facing @ np.asarray(FACING[side])))


def _beyond_touch(length_m: float, item: Belt) -> float:
    return length_m if length_m > max(TOUCH * item.width_m, TOLERANCE_M) else 0.0
