"""Belts run over free floor: not through machines, obstacles or other belts, and not off the floor."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from layout import motion
from layout.feasibility.ground import FACING, TOLERANCE_M, Areas, Ground, worst
from layout.model.library import Port
from layout.model.line import Belt, Station
from layout.model.pose import Array
from layout.model.results import Violation

SCALE_M = 1.0

TOUCH = 1e-3
"""Share of a belt's width up to which an overlap is mere touching: corridors have mitred, rounded-off corners."""


def belt(ground: Ground) -> list[Violation]:
    """A belt's corridor crosses something, or leaves the floor: by the length of belt (m) that does.

    The length is the overlapping area over the belt's width. Crossing: footprints, obstacles, areas to keep clear and
    other belts; and service areas (rule `service`). At the two stations it joins, a belt may start and end: there
    its first or last leg does not count.
    """
    line = ground.line
    found: list[tuple[tuple[str, ...], float]] = []
    blocked: list[tuple[tuple[str, ...], float]] = []
    corridors: list[tuple[Belt, Any]] = []
    for item in line.belts.values():
        path = np.asarray(motion.belts.lay_out(item, line).path_m, dtype=float)
        whole = corridor(path, item.width_m)
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
    return worst("belt", found, scale=SCALE_M) + worst("service", blocked)


def corridor(path: Array, width_m: float) -> Any:
    """The floor under a belt: its centre line (k, 2) (m) widened to both sides, flat at the ends."""
    return shapely.buffer(shapely.LineString(path), width_m / 2, cap_style="flat", join_style="mitre")


def _without_end(path: Array, width_m: float, station: Station, way: str) -> Any | None:
    """The corridor without the leg that starts at a station's port; whole where that leg runs into the machine."""
    port = station.model.port_for("out" if way == "out" else "in", "belt")
    if port is None or len(path) < 2:
        return corridor(path, width_m)
    outwards = station.pose.turn([port.facing])[0]
    leg = path[1] - path[0]
    if float(leg @ outwards) < 0.5 * float(np.linalg.norm(leg)):
        return corridor(path, width_m)
    return corridor(path[1:], width_m) if len(path) > 2 else None


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
