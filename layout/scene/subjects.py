"""Everything of a line that a violation may name, as a shape: where it is on the floor, and between which heights."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import shapely

from layout.model.line import Arm, Fleet, Line, Station
from layout.model.pose import Array, Pose
from layout.model.results import FleetTimes, Moves
from layout.scene.solids import sweep_of

Area = Any
LINE_M = 0.06
"""Fences, light curtains and exits are drawn this far to either side of their lines."""
EXIT_M = 0.35
PERSON_M = 2.0
"""Height of a light curtain, a door or a way for people in pictures."""
SEEN_M = 0.02


@dataclass(frozen=True, eq=False)
class Shape:
    """A shapely area (m, world) between two heights (m)."""

    area: Area
    low_m: float
    high_m: float

    @property
    def there(self) -> bool:
        """Whether there is anything to draw."""
        return not self.area.is_empty and self.area.area > 0


def shapes(line: Line, moves: Moves | None = None) -> dict[str, Shape]:
    """Stations, arms, belts, areas, fences, exits, detection lines, fleets and their vehicles by name."""
    found: dict[str, Shape] = {}
    for name, area in line.floor.keep_clear.items():
        found[name] = Shape(shapely.Polygon(area.polygon), 0.0, SEEN_M)
    for name, area in line.floor.obstacles.items():
        found[name] = Shape(shapely.Polygon(area.polygon), 0.0, area.height_m)
    for name, fence in line.floor.fences.items():
        found[name] = Shape(shapely.buffer(shapely.LineString(fence.line), LINE_M), 0.0, fence.height_m)
    for name, at in (line.floor.walkways.exits if line.floor.walkways else {}).items():
        found[name] = Shape(shapely.buffer(shapely.Point(at), EXIT_M), 0.0, SEEN_M)
    for name, detection in line.safety.detection.items():
        found[name] = Shape(shapely.buffer(shapely.LineString(detection.line), LINE_M), 0.0, PERSON_M)
    for name, belt in line.belts.items():
        path = belt_path(line, name, moves)
        if path is not None:
            strip = shapely.buffer(
                shapely.LineString(path), belt.width_m / 2, cap_style="flat", join_style="mitre", mitre_limit=2.0
            )
            found[name] = Shape(strip, 0.0, _belt_top(line, name))
    for name, fleet in line.fleets.items():
        times = moves.fleets.get(name) if moves else None
        if times is None:
            continue
        found[name] = Shape(lanes(times, fleet.model.footprint_m), 0.0, SEEN_M)
        for member, dock in zip(fleet.members, first_docks(times, fleet.units), strict=True):
            corners = Pose(*dock).apply(fleet.model.footprint_m)
            found[member] = Shape(shapely.Polygon(corners), 0.0, fleet.model.height_m)
    things: tuple[Station | Arm, ...] = (*line.stations.values(), *line.arms.values())
    for thing in things:
        found[thing.name] = Shape(outline(thing), 0.0, thing.model.height_m)
    return found


def outline(thing: Station | Arm) -> Area:
    """A thing's footprint in the world."""
    return shapely.Polygon(thing.pose.apply(thing.model.footprint_m))


def service_area(thing: Station | Arm, sides: tuple[str, ...] = ("front", "back", "left", "right")) -> Area:
    """The free floor that it wants at some of its sides, in the world. Front is -y, left is -x."""
    points = np.asarray(thing.model.footprint_m, dtype=float)
    (x0, y0), (x1, y1) = points.min(axis=0), points.max(axis=0)
    need = {side: float(thing.model.service_m.get(side, 0.0)) if side in sides else 0.0 for side in
            ("front", "back", "left", "right")}  # fmt: skip
    strips = [
        (x0, y0 - need["front"], x1, y0),
        (x0, y1, x1, y1 + need["back"]),
        (x0 - need["left"], y0, x0, y1),
        (x1, y0, x1 + need["right"], y1),
    ]
    wanted = [shapely.box(*strip) for strip in strips if strip[2] - strip[0] > 1e-6 and strip[3] - strip[1] > 1e-6]
    return shapely.transform(shapely.union_all(wanted), thing.pose.apply)


def door_area(thing: Station) -> Shape:
    """Where a machine's moving parts go between loading and working, in the world; empty where nothing moves."""
    area, low_m, high_m = sweep_of(thing.model)
    return Shape(shapely.transform(area, thing.pose.apply) if not area.is_empty else area, low_m, high_m)


def belt_path(line: Line, name: str, moves: Moves | None) -> Array | None:
    """Centre line (k, 2) (m) of a belt: as laid out, else straight from port to port; None where a port is missing."""
    if moves is not None and name in moves.belts and len(moves.belts[name].path_m) >= 2:
        return np.asarray(moves.belts[name].path_m, dtype=float)[:, :2]
    belt = line.belts[name]
    ends: list[Array] = []
    ways: tuple[tuple[str, Literal["in", "out"]], ...] = ((belt.origin, "out"), (belt.target, "in"))
    for station, way in ways:
        port = line.stations[station].model.port_for(way, "belt")
        if port is None:
            return None
        ends.append(line.stations[station].pose.apply([port.at_m])[0, :2])
    return np.array(ends) if math.dist(*ends) > 1e-6 else None


def _belt_top(line: Line, name: str) -> float:
    port = line.stations[line.belts[name].origin].model.port_for("out", "belt")
    return float(port.at_m[2]) if port is not None else 0.8


def lanes(times: FleetTimes, footprint_m: tuple[tuple[float, float], ...]) -> Area:
    """The floor that a fleet drives on: its ways as wide as the vehicle."""
    half = max(abs(y) for _, y in footprint_m)
    ways = [
        shapely.LineString(path)
        for path in (*times.paths.values(), *times.empty_paths.values())
        if len(path) >= 2 and float(np.ptp(np.asarray(path), axis=0).max()) > 1e-6
    ]
    return shapely.buffer(shapely.union_all(ways), half, cap_style="square", join_style="round") if ways else _NOWHERE


def first_docks(times: FleetTimes, units: int) -> list[tuple[float, float, float]]:
    """Where each vehicle of a fleet stands at first: x, y (m), yaw (rad); where docks are few, behind one another."""
    docks = np.asarray(times.docks, dtype=float).reshape(-1, 3)
    found: list[tuple[float, float, float]] = []
    for number in range(units):
        x, y, yaw = docks[number % len(docks)] if len(docks) else (0.0, 0.0, 0.0)
        found.append((float(x), float(y), float(yaw)))
    return found


def docks_at(fleet: Fleet, moves: Moves | None, station: str) -> list[Pose]:
    """Where a fleet's vehicles dock at a station: nowhere, or at a place for each way."""
    times = moves.fleets.get(fleet.name) if moves else None
    if times is None or station not in times.stations:
        return []
    row = times.stations.index(station)
    places = [docks[row] for docks in (times.docks, times.docks_in) if docks is not None and np.any(docks[row])]
    return [Pose(*(float(number) for number in place)) for place in places]


def vehicle_at(fleet: Fleet, place: Pose) -> Shape:
    """A vehicle of a fleet where it stands."""
    return Shape(shapely.Polygon(place.apply(fleet.model.footprint_m)), 0.0, fleet.model.height_m)


def way_in(fleet: Fleet, place: Pose) -> Shape:
    """What a vehicle covers from its own length in front of a dock until it stands there."""
    xs = [x for x, _ in fleet.model.footprint_m]
    back = max(xs) - min(xs)
    points = [*fleet.model.footprint_m, *((x - back, y) for x, y in fleet.model.footprint_m)]
    return Shape(shapely.convex_hull(shapely.multipoints(place.apply(points))), 0.0, fleet.model.height_m)


def shoulder(arm: Arm, towards: Array | None = None) -> Array:
    """(3,) float (m): where an arm's reach is measured from; of one on a rail, with its carriage at its nearest."""
    x, z = 0.0, min(arm.model.mount_m + 0.35 * arm.model.reach_m, max(arm.model.height_m, 0.4))
    if arm.model.rail is not None and towards is not None:
        local = arm.pose.turn([np.asarray(towards[:2], dtype=float) - [arm.pose.x_m, arm.pose.y_m]])[0]
        back = Pose(0.0, 0.0, -2 * arm.pose.yaw_rad).turn([local])[0]
        x = float(np.clip(back[0], -arm.model.rail.length_m / 2, arm.model.rail.length_m / 2))
    at = arm.pose.apply([(x, 0.0)])[0]
    return np.array([at[0], at[1], z])


def reach_area(arm: Arm) -> Area:
    """The floor that an arm reaches over: a circle, drawn out along its rail."""
    half = arm.model.rail.length_m / 2 if arm.model.rail is not None else 0.0
    ends = arm.pose.apply([(-half, 0.0), (half, 0.0)])
    spine = shapely.LineString(ends) if half > 0 else shapely.Point(ends[0])
    return shapely.buffer(spine, arm.model.reach_m, quad_segs=24)


def port_places(line: Line, arm: Arm, station: Station) -> list[Array]:
    """(3,) float (m, world) each: the ports through which an arm serves a station, or the station's middle."""
    found = [station.pose.apply([port.at_m])[0] for port in station.model.ports.values() if "arm" in port.by]
    return found or [np.array([station.pose.x_m, station.pose.y_m, station.model.height_m / 2])]


_NOWHERE: Area = shapely.Polygon()
