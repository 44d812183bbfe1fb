"""Vehicles: where they dock, their quickest free ways among what stands on the floor, and how long those take."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from layout.errors import LayoutError, Problem
from layout.model.library import Point2, Port, VehicleModel
from layout.model.line import Fleet, Line, Station
from layout.model.pose import Array, Pose, cos_sin
from layout.model.results import BeltTimes, FleetTimes
from layout.motion import belts as conveyors
from layout.motion.doors import trapezoid
from layout.motion.roads import Paths, Roads, Ways

DOCK_GAP_M = 0.05
"""A docked vehicle's nose stands this far from the machine's footprint: what docking to marks or contacts holds."""

LANE_MARGIN_M = 0.05
"""Free floor wanted at both sides of a driving vehicle, and around a turning one: how far it strays from its path."""

NARROWING_STEPS = 8
"""Halvings in the search for the width that would pass: to 1/256 of the vehicle's width."""

_KEPT = 512
"""Ways of so many fleets and floors are remembered."""

_DIGITS = 9
"""Places are rounded to so many decimals (m, rad) relative to the first dock: wherever the cell stands, it is equal."""


@dataclass(frozen=True, eq=False)
class Docks:
    """Where the vehicles of a fleet hand over, park and charge.

    stations : those of its stops that it can dock at
    poses : (k, 3) float, x (m), y (m), yaw (rad) of a vehicle at each dock; nose to the machine
    owners : (k,) the station each belongs to
    out, in_ : for each of `stations`, the row of the dock where parts are taken out and brought in
    missing : stations that have no port for vehicles
    """

    stations: tuple[str, ...]
    poses: Array
    owners: tuple[str, ...]
    out: tuple[int, ...]
    in_: tuple[int, ...]
    missing: tuple[str, ...]


def docks_of(fleet: Fleet, line: Line) -> Docks:
    """Docks at the first vehicle port of a station that gives parts out and the first that takes them in (one, where
    those are the same, or where the station is a source or a sink)."""
    poses: list[tuple[float, float, float]] = []
    names: list[str] = []
    owners: list[str] = []
    outs: list[int] = []
    ins: list[int] = []
    missing: list[str] = []
    for name in fleet.stops:
        station = line.stations.get(name)
        if station is None:
            continue
        rows: dict[str, int] = {}
        out, in_ = ports_of(station)
        if out is None or in_ is None:
            missing.append(name)
            continue
        for port in (out, in_):
            if port.name not in rows:
                rows[port.name] = len(poses)
                poses.append(dock(station, port, fleet.model))
                owners.append(name)
        names.append(name)
        outs.append(rows[out.name])
        ins.append(rows[in_.name])
    return Docks(tuple(names), np.array(poses).reshape(-1, 3), tuple(owners), tuple(outs), tuple(ins), tuple(missing))


def ports_of(station: Station) -> tuple[Port | None, Port | None]:
    """The vehicle ports where parts leave a station and where they enter it; the same where it has or needs one."""
    out, in_ = station.model.port_for("out", "vehicle"), station.model.port_for("in", "vehicle")
    if station.is_source and not station.is_sink:
        in_ = out
    elif station.is_sink and not station.is_source:
        out = in_
    return out or in_, in_ or out


def dock(station: Station, port: Port, vehicle: VehicleModel) -> tuple[float, float, float]:
    """x (m), y (m), yaw (rad) of a vehicle docked at a port: straight in front of it along its facing, nose to the
    machine, DOCK_GAP_M from the machine's footprint as far as that lies in the vehicle's way."""
    off_x, off_y, u, v = _docked(tuple(station.model.footprint_m), port, tuple(vehicle.footprint_m))
    pose, (c, s) = station.pose, cos_sin(station.pose.yaw_rad)
    x, y = pose.x_m + c * off_x - s * off_y, pose.y_m + s * off_x + c * off_y
    return x, y, math.atan2(0.0 - (s * u + c * v), 0.0 - (c * u - s * v))


@lru_cache(maxsize=1024)
def _docked(
    footprint: tuple[Point2, ...], port: Port, vehicle: tuple[Point2, ...]
) -> tuple[float, float, float, float]:
    """x, y (m) of a docked vehicle's middle in the machine's frame, and the unit vector that the port faces along."""
    size = math.hypot(*port.facing)
    facing = (port.facing[0] / size, port.facing[1] / size)
    at = (float(port.at_m[0]), float(port.at_m[1]))
    off = _standoff(footprint, at, facing, vehicle)
    return at[0] + off * facing[0], at[1] + off * facing[1], *facing


def _standoff(footprint: tuple[Point2, ...], at: Point2, facing: Point2, vehicle: tuple[Point2, ...]) -> float:
    """How far (m) in front of a port the docked vehicle's middle stands."""
    import shapely

    outline = np.asarray(footprint, dtype=float) - at
    ahead = outline @ np.array(facing)
    aside = outline @ np.array([facing[1], -facing[0]])  # the vehicle's left: it looks against the facing
    lows, highs = np.min(vehicle, axis=0), np.max(vehicle, axis=0)
    far = float(np.abs(ahead).max()) + 1.0
    band = shapely.box(-far, float(lows[1]) - DOCK_GAP_M, far, float(highs[1]) + DOCK_GAP_M)
    met = shapely.get_coordinates(shapely.intersection(shapely.Polygon(np.column_stack([ahead, aside])), band))
    return (float(met[:, 0].max()) if len(met) else 0.0) + DOCK_GAP_M + float(highs[0])


@dataclass(frozen=True)
class Body:
    """A vehicle's measures (m): half its width, the radius it needs to turn on the spot, its length, driving data."""

    half_m: float
    swing_m: float
    length_m: float
    speed_m_s: float
    acceleration_m_s2: float
    turn_rad_s: float
    dock_s: float

    @classmethod
    def of(cls, fleet: Fleet) -> Body:
        """Measures of a fleet's vehicles."""
        outline = np.asarray(fleet.model.footprint_m, dtype=float)
        return cls(
            float(np.abs(outline[:, 1]).max()),
            float(np.hypot(outline[:, 0], outline[:, 1]).max()),
            float(np.ptp(outline[:, 0])),
            fleet.speed_m_s,
            fleet.acceleration_m_s2,
            fleet.model.turn_rad_s,
            fleet.model.dock_s,
        )

    def wants(self, free_m: float, share: float = 1.0) -> tuple[float, float]:
        """Least distance (m) of its middle from what stands, driving and turning, with so much free floor around it,
        were it so much smaller."""
        return share * self.half_m + free_m, share * self.swing_m + free_m


def free_m(line: Line) -> float:
    """Free floor (m) around driving vehicles: `safety.gap` where the scenario asks for one, LANE_MARGIN_M at least."""
    return max(LANE_MARGIN_M, line.safety.gap_m or 0.0)


_WAYS: OrderedDict[bytes, Ways] = OrderedDict()


def fleet_times(fleet: Fleet, line: Line, belts: Mapping[str, BeltTimes] | None = None) -> FleetTimes:
    """A fleet's times among its stops.

    A vehicle backs straight out of its dock by its own length, drives in straight pieces from rest to rest (trapezoids
    of speed), turns on the spot in between, and drives the last piece straight into the next dock from a vehicle's
    length in front of it. Of all such ways it takes the one that is quickest, turns left out; other vehicles are not
    seen. It keeps LANE_MARGIN_M (or `safety.gap`) more than half its width from footprints, obstacles, fences, belts
    and the floor's edge, and turns where it has as much around its farthest corner.

    belts : as laid out; worked out where they are not given
    Raises LayoutError, naming them all, for stations without a vehicle port and stations without a way between them.
    """
    found = docks_of(fleet, line)
    problems = [
        Problem("no port for vehicles", f"{fleet.name}: {name}", hint="give it a port `by: [vehicle]`")
        for name in found.missing
    ]
    ways = _ways(fleet, line, found, belts, free_m(line))
    out, in_ = list(found.out), list(found.in_)
    loaded, empty = ways.time_s[np.ix_(out, in_)], ways.time_s[np.ix_(in_, out)]
    cut = {
        tuple(sorted((found.stations[i], found.stations[j])))
        for times in (loaded, empty)
        for i, j in np.argwhere(np.isinf(times)).tolist()
    }
    problems += [
        Problem(f"no free way for vehicles between {a} and {b}", fleet.name, hint="run `layout check` on this layout")
        for a, b in sorted(cut)
    ]
    if problems:
        raise LayoutError(problems)
    base = _base(found)
    np.fill_diagonal(loaded, 0.0)
    two = out != in_
    return FleetTimes(
        stations=found.stations,
        travel_s=loaded,
        handover_s=np.full(len(found.stations), fleet.model.handover_s),
        length_m=np.where(np.eye(len(out), dtype=bool), 0.0, ways.length_m[np.ix_(out, in_)]),
        paths=Paths(ways, base, found.out, found.in_, back=False),
        docks=found.poses[out],
        empty_s=empty if two else None,
        empty_paths=Paths(ways, base, found.in_, found.out, back=True) if two else {},
        docks_in=found.poses[in_] if two else None,
    )


def least_times(fleet: Fleet, line: Line) -> FleetTimes:
    """Lower bounds of what `fleet_times` gives, for any layout: out of the dock, a straight line from there into the
    next dock, and the net turn. Stations without a vehicle port count 0."""
    found, body = docks_of(fleet, line), Body.of(fleet)
    names = tuple(name for name in fleet.stops if name in line.stations)
    poses = found.poses
    backs = _approaches(poses, body.length_m)
    apart = np.hypot(*(backs[:, None] - poses[None, :, :2]).transpose(2, 0, 1)).reshape(len(poses), len(poses))
    turn = np.abs((poses[:, None, 2] - poses[None, :, 2] + math.pi) % (2 * math.pi) - math.pi)
    time = _drive(apart, body) + trapezoid(body.length_m, body.speed_m_s, body.acceleration_m_s2)
    time = time + turn / body.turn_rad_s + body.dock_s
    length = apart + body.length_m
    full_time, full_length, full_empty = (np.zeros((len(names), len(names))) for _ in range(3))
    docks = np.zeros((len(names), 3))
    rows = [names.index(name) for name in found.stations]
    out, in_ = list(found.out), list(found.in_)
    at = np.ix_(rows, rows)
    full_time[at], full_length[at] = time[np.ix_(out, in_)], length[np.ix_(out, in_)]
    full_empty[at] = time[np.ix_(in_, out)]
    docks[rows] = poses[out]
    for matrix in (full_time, full_length):
        np.fill_diagonal(matrix, 0.0)
    same = [row for row, i, j in zip(rows, out, in_, strict=True) if i == j]
    full_empty[same, same] = 0.0
    handover = np.full(len(names), fleet.model.handover_s)
    return FleetTimes(names, full_time, handover, full_length, {}, docks, full_empty if out != in_ else None)


def lacking(
    fleet: Fleet, line: Line, belts: Mapping[str, BeltTimes] | None = None, gap_m: float | None = None
) -> list[tuple[str, str, float]]:
    """Stations that the fleet cannot get to from the others: (station, one of the others, m).

    The amount is how much narrower the vehicle would have to be, its length shrinking alike; its whole width where
    nothing gets through, to 1/256 of its width else. With `gap_m`, so much free floor is wanted around the vehicle,
    and the amount is what is missing of it (all of it where not even LANE_MARGIN_M is left).
    """
    found = docks_of(fleet, line)
    if len(found.poses) < 2:
        return []
    wanted = LANE_MARGIN_M if gap_m is None else gap_m
    ways = _ways(fleet, line, found, belts, wanted)
    joined = np.isfinite(ways.time_s)
    main = int(joined.sum(axis=1).argmax())  # who gets to most; the first of them
    cut = [k for k in range(len(found.poses)) if not joined[main, k]]
    if not cut:
        return []
    body, base = Body.of(fleet), _base(found)
    roads = _roads(line, belts, base)
    approaches = _approaches(_local(found.poses, base), body.length_m)
    known: dict[tuple[int, float], Any] = {}

    def passes(start: int, end: int, share: float) -> bool:
        if (start, share) not in known:
            room = body.wants(wanted, share) if gap_m is None else body.wants(share * gap_m)
            known[start, share] = roads.reached(start, approaches, *room)
        return bool(known[start, share][end])

    if all(found.owners[k] == found.owners[main] for k in cut):
        main = next(
            (k for k in range(len(found.poses)) if k not in cut and found.owners[k] != found.owners[main]), main
        )
    result: dict[tuple[str, str], float] = {}
    for k in cut:
        low, high = 0.0, 1.0
        for _ in range(NARROWING_STEPS):
            share = 0.5 * (low + high)
            low, high = (share, high) if passes(main, k, share) else (low, share)
        pair = (found.owners[k], found.owners[main])
        whole = 2.0 * body.half_m if gap_m is None else gap_m
        result[pair] = max(result.get(pair, 0.0), whole * (1.0 - low))
    return [(station, other, amount) for (station, other), amount in result.items()]


# ---------------------------------------------------------------- ways


def _ways(fleet: Fleet, line: Line, found: Docks, belts: Mapping[str, BeltTimes] | None, free: float) -> Ways:
    if not len(found.poses):
        return Ways(found.poses, np.zeros((0, 2)), np.zeros((0, 0), np.int64), np.zeros((0, 0)), np.zeros((0, 0)))
    base, body = _base(found), Body.of(fleet)
    docks = _local(found.poses, base)
    roads = _roads(line, belts, base)
    key = b"".join([docks.tobytes(), roads.key, repr((body, free)).encode()])
    known = _WAYS.get(key)
    if known is not None:
        _WAYS.move_to_end(key)
        return known
    made = _find(docks, body, roads, free)
    _WAYS[key] = made
    if len(_WAYS) > _KEPT:
        _WAYS.popitem(last=False)
    return made


def _find(docks: Array, body: Body, roads: Roads, free: float) -> Ways:
    from layout.motion import sight

    drive = body.speed_m_s, body.acceleration_m_s2
    points, came = roads.quickest(_approaches(docks, body.length_m), *body.wants(free), *drive)
    time, length = sight.driven(docks, points, came, *drive, body.turn_rad_s, body.dock_s)
    return Ways(docks, points, came, time, length)


def _drive(way: Array, body: Body) -> Array:
    """Seconds of straight pieces (m) from rest to rest: `trapezoid` of an array."""
    v, a = body.speed_m_s, body.acceleration_m_s2
    return np.where(way * a >= v * v, way / v + v / a, 2.0 * np.sqrt(way / a))


def _approaches(docks: Array, length_m: float) -> Array:
    """(k, 2) float (m): points a vehicle's length in front of docks (k, 3)."""
    return docks[:, :2] - length_m * np.column_stack([np.cos(docks[:, 2]), np.sin(docks[:, 2])])


def _base(found: Docks) -> Pose:
    x, y, yaw = found.poses[0].tolist() if len(found.poses) else (0.0, 0.0, 0.0)
    return Pose(x, y, yaw)


def _local(poses: Array, base: Pose) -> Array:
    """Poses (k, 3) in the first dock's frame, rounded; yaw from -pi to pi."""
    back = Pose(0.0, 0.0, -base.yaw_rad)
    out = np.column_stack([back.apply(poses[:, :2] - (base.x_m, base.y_m)), poses[:, 2] - base.yaw_rad])
    out[:, 2] = (out[:, 2] + 1e-7) % (2.0 * math.pi) - 1e-7  # 1e-7: so that rounding never makes whole turns of 0
    return np.round(out, _DIGITS) + 0.0


def _roads(line: Line, belts: Mapping[str, BeltTimes] | None, base: Pose) -> Roads:
    """All that vehicles must not touch, in a frame."""
    if belts is None:
        belts = {name: conveyors.lay_out(belt, line) for name, belt in line.belts.items()}
    rings = [np.asarray(line.floor.boundary, dtype=float), *standing_rings(line, belts)]
    whole = np.concatenate([ring[:, :2] for ring in rings]) - (base.x_m, base.y_m)
    local = np.round(Pose(0.0, 0.0, -base.yaw_rad).apply(whole), _DIGITS) + 0.0
    return Roads(local, np.cumsum([0, *map(len, rings)]))


def standing_rings(line: Line, belts: Mapping[str, BeltTimes]) -> list[Array]:
    """Outlines (k, 2) (m, world) of what stands on the floor: machines, arms, obstacles, fences, belts."""
    import shapely

    from layout.motion.fences import fence_rings

    things: list[Any] = [*line.stations.values(), *line.arms.values()]
    rings = [thing.pose.apply(thing.model.footprint_m) for thing in things]
    rings += [np.asarray(area.polygon, dtype=float) for area in line.floor.obstacles.values()]
    for fence in line.floor.fences.values():
        rings += fence_rings(fence)
    for name, times in belts.items():
        strip = conveyors.corridor(times, line.belts[name].width_m)
        rings += [shapely.get_coordinates(part.exterior)[:-1] for part in shapely.get_parts(strip) if part.area > 0.0]
    return rings


__all__ = ["DOCK_GAP_M", "LANE_MARGIN_M", "Body", "Docks", "dock", "docks_of", "fleet_times", "lacking", "least_times"]
