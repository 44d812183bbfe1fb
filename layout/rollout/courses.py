"""Where a belt's surface lies among its stations: how far it reaches into them, where parts enter and where they stop.

The plan's belt runs from port to port. Parts are put down, and picked, some way behind the ports: where that place lies
straight behind the port of a station that does nothing else, the belt reaches up to it. Where it does not, the station
draws parts in (and pushes them out) with a conveyor of its own at the belt's speed: the belt's surface goes on under
half a part, as far as nothing is in the way. Stations that only pass parts from belt to belt belong to the next belt.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import shapely

from layout.model.library import Point2, Port
from layout.model.line import Belt, Line, Station
from layout.model.pose import Array
from layout.model.results import BeltTimes
from layout.motion import belts as ways
from layout.rollout.tracks import Leg, Track, Turn, track
from layout.scene import meshes
from layout.scene.furniture import RAIL_HIGH_M, RAIL_WIDE_M

ASIDE_M = 0.02
"""A resting place may lie this far beside the line of its port ..."""
DEEPEST_M = 3.0
"""... and this far behind it: a station's conveyor, not another station's."""
SPARE_M = 0.02
"""A belt goes on this far beyond the parts that rest on it."""
BED_M = (0.06, 0.012)
"""Pieces of a station whose top lies between these depths below and heights above a belt's surface are its own bed: the
belt's moving surface takes their place. Roller frames stand 5 mm above the rollers."""
COVERED_M2 = 1e-4
"""Less common area of a bed and a belt is touching."""

OPENING_M = 0.2
"""Rails open to the belt's edge over so long a way before and behind a corner."""
STRIP_M = 0.005
"""Thickness of the strip that leads round the outside of a corner."""


@dataclass(frozen=True)
class Course:
    """A belt's way among its stations.

    rest_in, rest_out : where on the track (m) grasp points stand as parts enter, and where they stop; None where the
        station has no such place: then parts enter with their rear edge where the track begins, and stop with their
        front edge where it ends
    aside_out : how far to the left of the belt's middle (m) grasp points belong where they stop at `rest_out`
    here : whether parts enter where they already lie, coming from another belt
    onward : whether parts go on to another belt where they stop
    apart_m : how far behind a part that stands the next one is stopped where they do not touch (before arms, on tables)
    clear_m : width between the guides; guides : (8, 3) convex pieces (m) beside it
    replaced : by station, pieces of its hulls that the belt's surface takes the place of
    """

    belt: Belt
    track: Track
    rest_in: float | None = None
    rest_out: float | None = None
    aside_out: float = 0.0
    here: bool = False
    onward: bool = False
    apart_m: float = 0.0
    clear_m: float = 0.0
    guides: tuple[Array, ...] = ()
    replaced: dict[str, frozenset[int]] = field(default_factory=dict)


def course(belt: Belt, times: BeltTimes, line: Line, half_part_m: float) -> Course:
    """A belt's way; half_part_m : half the length of its longest part."""
    origin, target = line.stations[belt.origin], line.stations[belt.target]
    low, high = ways.heights(belt, line)
    plan = [(float(x), float(y)) for x, y in times.path_m]
    start, end = _port(origin, "out"), _port(target, "in")
    clear = belt.width_m - 2 * RAIL_WIDE_M
    here, onward = passes_on(origin, line), passes_on(target, line)
    before: list[Point2] = []
    after: list[Point2] = []
    rest_in = rest_out = None
    aside = 0.0
    if here:
        inner = _through(origin, start)
        before = inner[:-1]
        if math.dist(plan[0], plan[-1]) < ways.TOUCHING_M:
            plan = [plan[0]]
    else:
        deep, _ = _resting(origin, start, "in", line)
        reach = _reach(origin, start, deep, half_part_m, clear, low)
        before = [_behind(origin, start, reach)] if reach > 0 else []
        rest_in = None if deep is None else reach - deep
    if not onward:
        deep, aside = _resting(target, end, "out", line)
        reach = _reach(target, end, deep, half_part_m, clear, high)
        after = [_behind(target, end, reach)] if reach > 0 else []
        rest_out = None if deep is None else deep - reach
    if len(plan) > 1 and math.dist(plan[0], plan[-1]) < ways.TOUCHING_M:
        plan = [plan[0]] if before or after else plan
    if len(before) + len(plan) + len(after) < 2:
        after = [_behind(target, end, half_part_m)]
    way = track(plan, low, high, belt.width_m, before, after)
    return Course(
        belt=belt,
        track=way,
        rest_in=rest_in,
        rest_out=None if rest_out is None else way.length_m + rest_out,
        aside_out=aside,
        here=here,
        onward=onward,
        clear_m=clear,
        guides=tuple(_guides(plan, low, high, belt.width_m)),
        replaced=_replaced(((origin, [*before, plan[0]], low), (target, [plan[-1], *after], high)), belt.width_m),
    )


def passes_on(station: Station, line: Line) -> bool:
    """Whether a station only passes parts from belt to belt: it does nothing to them, and nobody else serves it."""
    if station.operations or station.is_source or station.is_sink:
        return False
    ends = [belt.target for belt in line.belts.values()], [belt.origin for belt in line.belts.values()]
    served = [name for arm in line.arms.values() for name in arm.serves]
    served += [name for fleet in line.fleets.values() for name in fleet.stops]
    served += [name for link in line.links.values() for name in (link.origin, link.target)]
    return all(station.name in names for names in ends) and station.name not in served


def _port(station: Station, way: str) -> Port:
    port = station.model.port_for("in" if way == "in" else "out", "belt")
    assert port is not None  # laid-out belts have both
    return port


def _inward(port: Port) -> Array:
    facing = np.asarray(port.facing, dtype=float)
    return np.asarray(-facing / np.linalg.norm(facing))


def _behind(station: Station, port: Port, depth_m: float) -> Point2:
    """The point (m, world) that far inside a port."""
    ((x, y),) = station.pose.apply([np.asarray(port.at_m[:2]) + _inward(port) * depth_m])
    return float(x), float(y)


def _resting(station: Station, port: Port, way: str, line: Line) -> tuple[float | None, float]:
    """How deep behind a belt port an arm puts parts down ("in") or picks them ("out"), and how far to the left of the
    way in; None, 0 where that is not straight on.

    Only where an arm serves the station and it does nothing else.
    """
    if station.operations or not any(station.name in arm.serves for arm in line.arms.values()):
        return None, 0.0
    other = station.model.port_for("in" if way == "in" else "out", "arm")
    if other is None:
        return None, 0.0
    inward = _inward(port)
    off = np.asarray(other.at_m[:2]) - np.asarray(port.at_m[:2])
    deep, left = float(off @ inward), float(inward[0] * off[1] - inward[1] * off[0])
    return (deep, left) if 0.0 <= deep <= DEEPEST_M and abs(left) <= ASIDE_M else (None, 0.0)


def _reach(station: Station, port: Port, deep: float | None, half_part_m: float, width_m: float, top_m: float) -> float:
    """How far (m) a belt goes on behind a port: under the part at its resting place, or as far as there is room."""
    return _room(station, port, half_part_m, width_m, top_m) if deep is None else deep + half_part_m + SPARE_M


def _room(station: Station, port: Port, half_part_m: float, width_m: float, top_m: float) -> float:
    """How far (m) behind a port there is nothing above a belt's surface, up to half a part; width_m : between rails."""
    inward = _inward(port)
    across = np.array([-inward[1], inward[0]])
    room = half_part_m
    for piece in meshes.hull_pieces(station.model.hulls):
        off = piece[:, :2] - np.asarray(port.at_m[:2])
        deep, aside, heights = off @ inward, off @ across, piece[:, 2]
        above = heights.max() > top_m + BED_M[1] and heights.min() < top_m + 2 * half_part_m
        before = aside.min() < width_m / 2 and aside.max() > -width_m / 2 and deep.max() > 0
        if above and before:
            room = min(room, max(0.0, float(deep.min())))
    return room


def _through(station: Station, out: Port) -> list[Point2]:
    """The way (m, world) inside a station that passes parts on, from its in port to its out port."""
    into = _port(station, "in")
    a, b = np.asarray(into.at_m[:2]), np.asarray(out.at_m[:2])
    u, v = _inward(into), -_inward(out)
    cross = u[0] * v[1] - u[1] * v[0]
    points = [a, b]
    if abs(cross) > 1e-6:
        d = b - a
        points = [a, a + u * ((d[0] * v[1] - d[1] * v[0]) / cross), b]
    return [(float(x), float(y)) for x, y in station.pose.apply(points)]


def _guides(plan: Sequence[Point2], low_m: float, high_m: float, width_m: float) -> list[Array]:
    """Rails on both sides of a belt's straight stretches, and round the outside of its corners.

    Parts swing out as they turn: before and behind a corner the rails open to the belt's edges, where a strip leads
    round it. There is none at the inside.
    """
    if len(plan) < 2 or sum(math.dist(a, b) for a, b in pairwise(plan)) < ways.TOUCHING_M:
        return []
    pieces = track(plan, low_m, high_m, width_m).pieces
    found = []
    for number, piece in enumerate(pieces):
        if isinstance(piece, Leg):
            opens = [0 <= k < len(pieces) and isinstance(pieces[k], Turn) for k in (number - 1, number + 1)]
            found += [_rail(piece, side, opens, width_m / 2) for side in (1.0, -1.0)]
        else:
            found += _strip(piece, width_m)
    return found


def _rail(leg: Leg, side: float, opened: Sequence[bool], half_m: float) -> Array:
    """The rail on one side of a straight stretch; opened : whether there are tables at its start and at its end.

    It begins and ends at tables as thin as their strips; between two of them that are close it gets no thicker than
    the way lets it.
    """
    u = np.subtract(leg.end_m, leg.start_m) / leg.length_m
    n = side * np.array([-math.sin(leg.heading_rad), math.cos(leg.heading_rad), 0.0])
    a, b = np.asarray(leg.start_m), np.asarray(leg.end_m)
    share = min(1.0, leg.length_m / max(OPENING_M * sum(opened), 1e-9))
    flat = [a + half_m * n, b + half_m * n]
    for end, way, opens in zip((a, b), (u, -u), opened, strict=True):
        if opens:
            flat.append(end + (half_m - STRIP_M) * n)
        deep = STRIP_M + share * (RAIL_WIDE_M - STRIP_M)
        flat.append(end + (half_m - deep) * n + share * OPENING_M * opens * way)
    return np.vstack([np.add(flat, (0, 0, -0.02)), np.add(flat, (0, 0, RAIL_HIGH_M))])


def _strip(turn: Turn, width_m: float) -> list[Array]:
    """The strip round the outside of a corner."""
    corners = np.array(turn.plan(width_m))
    outer = corners[1:]
    inner = outer + (corners[0] - outer) * (STRIP_M / width_m)
    found = []
    for k in (0, 1):
        flat = np.vstack([outer[k : k + 2], inner[k : k + 2]]) + turn.pivot_m[:2]
        found.append(
            np.vstack([np.column_stack([flat, np.full(4, turn.pivot_m[2] + z)]) for z in (-0.02, RAIL_HIGH_M)])
        )
    return found


def _replaced(leads: Sequence[tuple[Station, Sequence[Point2], float]], width_m: float) -> dict[str, frozenset[int]]:
    """By station, its pieces that lie where the belt's surface runs inside it."""
    found: dict[str, frozenset[int]] = {}
    for station, lead, top in leads:
        if len(lead) < 2:
            continue
        strip = shapely.LineString(lead).buffer(width_m / 2, cap_style="flat", join_style="mitre")
        beds = set()
        for number, piece in enumerate(meshes.hull_pieces(station.model.hulls)):
            if top - BED_M[0] <= piece[:, 2].max() <= top + BED_M[1]:
                plan = shapely.convex_hull(shapely.multipoints(station.pose.apply(piece)[:, :2]))
                if plan.intersection(strip).area > COVERED_M2:
                    beds.add(number)
        if beds:
            found[station.name] = frozenset(beds)
    return found
