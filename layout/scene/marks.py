"""What to draw of a violation: red volumes, arrows and outlines, one way for each rule, for plans, pictures, windows.

A rule that is not known here is drawn all the same: the outlines of what it names, and what lies between them.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import shapely
import shapely.ops

from layout.model.line import Arm, Fleet, Line, Station
from layout.model.pose import Array
from layout.model.results import Moves, Violation
from layout.scene import subjects
from layout.scene.subjects import PERSON_M, SEEN_M, Shape

THIN_M = 0.05
"""Half the width of the wall that shows where two things come too close."""
HAND_M = 0.12
"""Half the width of a hand's way to a port, as drawn."""


@dataclass(frozen=True, eq=False)
class Stroke:
    """A line through points (k, 3) (m), with arrow heads at its ends."""

    points: Array
    heads: Literal["none", "end", "both"] = "none"
    dashed: bool = False


@dataclass(frozen=True, eq=False)
class Mark:
    """One violation as drawn.

    volumes : what is wrong, in red; strokes : lines and arrows; outlines : what it speaks of
    at_m : (3,) where its number or words are tied to
    """

    violation: Violation
    volumes: tuple[Shape, ...]
    strokes: tuple[Stroke, ...]
    outlines: tuple[Shape, ...]
    at_m: Array

    @property
    def words(self) -> str:
        """Rule, amount and unit."""
        unit = {"m2": "m²", "m3": "m³"}.get(self.violation.unit, self.violation.unit)
        return f"{self.violation.rule.replace('_', ' ')} {self.violation.amount:.3g} {unit}".strip()


@dataclass(frozen=True, eq=False)
class _Case:
    """A violation with what it names: shapes in its order, stations and arms among them, areas to keep clear last."""

    line: Line
    violation: Violation
    named: Mapping[str, Shape]
    moves: Moves | None = None

    @property
    def fleets(self) -> list[Fleet]:
        return [self.line.fleets[name] for name in self.violation.subjects if name in self.line.fleets]

    @property
    def shapes(self) -> list[Shape]:
        return list(self.named.values())

    @property
    def stations(self) -> list[Station]:
        return [self.line.stations[name] for name in self.violation.subjects if name in self.line.stations]

    @property
    def arms(self) -> list[Arm]:
        return [self.line.arms[name] for name in self.violation.subjects if name in self.line.arms]

    def others(self, *names: str) -> list[Shape]:
        return [shape for name, shape in self.named.items() if name not in names]


_Drawn = tuple[list[Shape], list[Stroke]]


def marks(line: Line, violations: Sequence[Violation], moves: Moves | None = None) -> list[Mark]:
    """A mark for each violation, in their order; none is left out, whatever its rule or subjects."""
    known = subjects.shapes(line, moves)
    return [_mark(line, violation, known, moves) for violation in violations]


def _mark(line: Line, violation: Violation, known: Mapping[str, Shape], moves: Moves | None) -> Mark:
    named = {name: known[name] for name in dict.fromkeys(violation.subjects) if name in known}
    if not named:  # such as "mill.table" or "tender: elbow": what their first words name
        for subject in violation.subjects:
            best = max((name for name in known if subject.startswith(name)), key=len, default=None)
            if best is not None:
                named[best] = known[best]
    case = _Case(line, violation, named, moves)
    volumes, strokes = _HOW.get(violation.rule, _between)(case)
    volumes = [volume for volume in volumes if volume.there]
    if not volumes and not strokes:
        volumes, strokes = _between(case)
    if not volumes and not strokes:
        volumes = [Shape(shape.area, shape.low_m, shape.high_m) for shape in case.shapes if shape.there]
    return Mark(violation, tuple(volumes), tuple(strokes), tuple(case.shapes), _anchor(line, volumes, strokes))


def _anchor(line: Line, volumes: Sequence[Shape], strokes: Sequence[Stroke]) -> Array:
    if volumes:
        biggest = max(volumes, key=lambda shape: shape.area.area)
        spot = biggest.area.representative_point()
        return np.array([spot.x, spot.y, biggest.high_m])
    if strokes:
        points = strokes[0].points
        return np.asarray((points[0] + points[-1]) / 2 if strokes[0].heads == "both" else points[-1], dtype=float)
    x, y = line.floor.boundary[0]  # nothing on the floor has that name: its number stands at the floor's first corner
    return np.array([x, y, 0.0])


# ---------------------------------------------------------------- how each rule is drawn


def _between(case: _Case) -> _Drawn:
    """What two things share; where they share nothing, the gap between them."""
    shared = _shared(case.shapes)
    return (shared, []) if shared else _gap(case)


def _shared(shapes: Sequence[Shape]) -> list[Shape]:
    """Volumes that any two of the shapes have in common in plan, between heights that both have (or on the floor)."""
    found = []
    for i, a in enumerate(shapes):
        for b in shapes[i + 1 :]:
            area = _areas(shapely.intersection(a.area, b.area))
            if area.area > 1e-6:
                low, high = max(a.low_m, b.low_m), min(a.high_m, b.high_m)
                if high - low < SEEN_M:
                    low, high = min(low, high), min(low, high) + SEEN_M
                found.append(Shape(area, low, high))
    return found


def _areas(shape: Any) -> Any:
    """The polygons of a shape: two areas that touch share lines and points, too."""
    return shapely.union_all([part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"])


def _gap(case: _Case) -> _Drawn:
    """A thin wall and an arrow with two heads between the nearest places of two things."""
    volumes, strokes = [], []
    shapes = [shape for shape in case.shapes if shape.there]
    for a, b in itertools.pairwise(shapes):
        near, far = shapely.ops.nearest_points(a.area, b.area)
        high = max(min(a.high_m, b.high_m), SEEN_M)
        low = min(max(a.low_m, b.low_m), high - SEEN_M)
        if near.distance(far) > 1e-6:
            wall = shapely.buffer(shapely.LineString([near, far]), THIN_M, cap_style="flat")
            volumes.append(Shape(wall, low, high))
            ends = np.array([[near.x, near.y, high], [far.x, far.y, high]])
            strokes.append(Stroke(ends, "both"))
        else:
            volumes.append(Shape(shapely.buffer(near, 2 * THIN_M), low, high))
    return volumes, strokes


def _off_floor(case: _Case) -> _Drawn:
    floor = shapely.Polygon(case.line.floor.boundary)
    return [Shape(_areas(shapely.difference(s.area, floor)), s.low_m, s.high_m) for s in case.shapes], []


def _service(case: _Case) -> _Drawn:
    """What stands on the floor that a machine needs free; of one alone, what of that floor lies beyond the edge."""
    volumes = _parked(case)
    if volumes:
        return volumes, []
    things: list[Station | Arm] = [*case.stations, *case.arms]
    for thing in things:
        room = subjects.service_area(thing)
        for other in case.others(thing.name):
            taken = _areas(shapely.intersection(room, other.area))
            if taken.area > 1e-6:
                volumes.append(Shape(taken, 0.0, max(min(other.high_m, PERSON_M), SEEN_M)))
    if not volumes and len(case.named) == 1 and things:
        floor = shapely.Polygon(case.line.floor.boundary)
        volumes.append(Shape(_areas(shapely.difference(subjects.service_area(things[0]), floor)), 0.0, SEEN_M))
    return volumes, []


def _belt(case: _Case) -> _Drawn:
    return (_shared(case.shapes), []) if len(case.named) > 1 else _off_floor(case)


def _reach(case: _Case) -> _Drawn:
    """An arrow from the arm to each port that it serves there; what is missing of the way in a thick wall."""
    volumes: list[Shape] = []
    strokes: list[Stroke] = []
    for arm in case.arms:
        for station in case.stations:
            for port in subjects.port_places(case.line, arm, station):
                start = subjects.shoulder(arm, port)
                strokes.append(Stroke(np.array([start, port]), "end"))
                beyond = float(np.linalg.norm(port - start)) - arm.model.reach_m
                missing = min(max(beyond, case.violation.amount if case.violation.unit == "m" else 0.0, 0.05),
                              float(np.linalg.norm(port - start)))  # fmt: skip
                tip = port + (start - port) * missing / max(float(np.linalg.norm(port - start)), 1e-9)
                if np.hypot(*(tip - port)[:2]) > 1e-6:
                    wall = shapely.buffer(shapely.LineString([tip[:2], port[:2]]), THIN_M, cap_style="flat")
                    low, high = min(tip[2], port[2]), max(tip[2], port[2])
                    volumes.append(Shape(wall, low - THIN_M, high + THIN_M))
    return volumes, strokes


def _path(case: _Case) -> _Drawn:
    """Where an arm finds no free way: dashed from the arm to what it serves there, and to what is in the way."""
    strokes: list[Stroke] = []
    volumes: list[Shape] = []
    for arm in case.arms:
        for station in case.stations:
            port = subjects.port_places(case.line, arm, station)[0]
            start = subjects.shoulder(arm, port)
            top = (start + port) / 2 + [0.0, 0.0, 0.25 * float(np.linalg.norm(port - start))]
            share = np.linspace(0.0, 1.0, 17)[:, None]
            strokes.append(
                Stroke((1 - share) ** 2 * start + 2 * share * (1 - share) * top + share**2 * port, "end", True)
            )
        reach = subjects.reach_area(arm)
        for name, shape in case.named.items():
            if name not in case.line.stations and name not in case.line.arms:
                volumes.append(Shape(_areas(shapely.intersection(reach, shape.area)), shape.low_m, shape.high_m))
    if len(case.arms) > 1:
        volumes += _zone(case)[0]
    return volumes, strokes


def _door(case: _Case) -> _Drawn:
    """The part of a door's way that something else takes; the whole way of the door where that is not in plan."""
    volumes: list[Shape] = []
    ways = [(station.name, subjects.door_area(station)) for station in case.stations]
    ways = [(name, way) for name, way in ways if way.there]
    for name, way in ways:
        volumes += [v for other in case.others(name) for v in _shared([way, other])]
    for i, (_, way) in enumerate(ways):
        for _, other in ways[i + 1 :]:
            volumes += _shared([way, other])
    return volumes or [way for _, way in ways], []


def _access(case: _Case) -> _Drawn:
    """A hand's way to each arm port, as far as others stand in it, with an arrow; all of it where none does in plan."""
    taken: list[Shape] = []
    arrows: list[Stroke] = []
    ways: list[tuple[Shape, Stroke]] = []
    for station in case.stations:
        for port in station.model.ports.values():
            if "arm" not in port.by:
                continue
            at = np.asarray(port.at_m, dtype=float)
            inner, outer = station.pose.apply([at, at + np.asarray(port.retreat_m, dtype=float)])
            area = shapely.buffer(shapely.LineString([inner[:2], outer[:2]]), HAND_M)
            way = Shape(area, min(inner[2], outer[2]) - HAND_M, max(inner[2], outer[2]) + HAND_M)
            ways.append((way, Stroke(np.array([outer, inner]), "end")))
            found = [v for other in case.others(station.name) for v in _shared([way, other])]
            taken += found
            arrows += [ways[-1][1]] if found else []
    return (taken, arrows) if taken else ([way for way, _ in ways], [stroke for _, stroke in ways])


def leave(outline: Any, at: Array, out: Array) -> Array:
    """Where a way outwards from a port (m) leaves the machine's footprint."""
    ray = shapely.LineString([at, at + out * 20.0])
    inside = shapely.intersection(ray, outline)
    if inside.is_empty:
        return at
    ends = shapely.get_coordinates(inside)
    return np.asarray(ends[int(np.argmax((ends - at) @ out))])


def _lane(case: _Case) -> _Drawn:
    """At a dock: what stands where the vehicle does, or drives in. Between stations: both docks, their way dashed."""
    volumes: list[Shape] = []
    strokes: list[Stroke] = []
    floor = shapely.Polygon(case.line.floor.boundary)
    for fleet in case.fleets:
        docks = {name: places for name in case.named if (places := subjects.docks_at(fleet, case.moves, name))}
        ways = {name: [subjects.way_in(fleet, place) for place in places] for name, places in docks.items()}
        for name, shapes in ways.items():
            for way in shapes:
                volumes += [v for other in case.others(name, fleet.name) for v in _shared([way, other])]
                outside = _areas(shapely.difference(way.area, floor))
                volumes.append(Shape(outside, way.low_m, way.high_m))
        for one, other in itertools.combinations(ways, 2):
            volumes += [v for a in ways[one] for b in ways[other] for v in _shared([a, b])]
        if any(volume.there for volume in volumes):
            continue
        volumes += [way for shapes in ways.values() for way in shapes]
        for one, other in itertools.combinations(docks, 2):
            ends = np.array([[p.x_m, p.y_m, 0.1] for p in (docks[one][0], docks[other][0])])
            strokes.append(Stroke(ends, "both", dashed=True))
    lanes = [shape for name, shape in case.named.items() if name in case.line.fleets]
    others = [shape for name, shape in case.named.items() if name not in case.line.fleets]
    if not any(volume.there for volume in volumes):
        volumes += [v for lane in lanes for other in others for v in _shared([lane, other])]
    return volumes, strokes


def _parked(case: _Case) -> list[Shape]:
    """Docked vehicles of the fleets named, on service floor of the machines named."""
    found = []
    for fleet in case.fleets:
        for name in case.named:
            for place in subjects.docks_at(fleet, case.moves, name):
                stands = subjects.vehicle_at(fleet, place)
                for thing in case.stations:
                    taken = _areas(shapely.intersection(subjects.service_area(thing), stands.area))
                    if thing.name != name and taken.area > 1e-6:
                        found.append(Shape(taken, 0.0, stands.high_m))
    return found


def _walkway(case: _Case) -> _Drawn:
    """The floor in front of the station that no free way leads from, and dashed the way that should be there."""
    volumes: list[Shape] = []
    strokes: list[Stroke] = []
    exits = [np.asarray(at, dtype=float) for at in _exits(case).values()]
    for station in case.stations:
        front = subjects.service_area(station, ("front",))
        front = front if not front.is_empty else subjects.outline(station)
        volumes.append(Shape(front, 0.0, SEEN_M))
        middle = front.centroid
        if exits:
            to = min(exits, key=lambda at: middle.distance(shapely.Point(at)))
            strokes.append(Stroke(np.array([[middle.x, middle.y, 0.05], [*to, 0.05]]), "end", True))
    return volumes, strokes


def _exits(case: _Case) -> Mapping[str, tuple[float, float]]:
    exits = dict(case.line.floor.walkways.exits) if case.line.floor.walkways else {}
    return {name: exits[name] for name in case.violation.subjects if name in exits} or exits


def _separation(case: _Case) -> _Drawn:
    """From the detection line to what moves behind it: the arm's reach where that is nearer than its foot."""
    volumes: list[Shape] = []
    strokes: list[Stroke] = []
    for name in case.violation.subjects:
        detection = case.line.safety.detection.get(name)
        if detection is None:
            continue
        seen = shapely.LineString(detection.line)
        need_m = detection.approach_m_s * detection.stopping_s + detection.intrusion_m
        band = shapely.buffer(seen, need_m, cap_style="flat")
        for arm in case.arms:
            danger = subjects.reach_area(arm)
            taken = _areas(shapely.intersection(band, danger))
            volumes.append(Shape(taken, 0.0, SEEN_M))
            near, far = shapely.ops.nearest_points(seen, shapely.Point(arm.pose.x_m, arm.pose.y_m))
            strokes.append(Stroke(np.array([[near.x, near.y, 1.0], [far.x, far.y, 1.0]]), "both"))
    return (volumes, strokes) if strokes else _gap(case)


def _zone(case: _Case) -> _Drawn:
    """The floor that several arms reach over."""
    volumes = []
    for i, one in enumerate(case.arms):
        for other in case.arms[i + 1 :]:
            common = _areas(shapely.intersection(subjects.reach_area(one), subjects.reach_area(other)))
            volumes.append(Shape(common, 0.0, SEEN_M))
    return volumes, []


def _payload(case: _Case) -> _Drawn:
    """A column on the arm that carries too much, with an arrow down: a weight."""
    volumes, strokes = [], []
    for arm in case.arms:
        shape = case.named[arm.name]
        volumes.append(shape)
        at = subjects.shoulder(arm)
        top = shape.high_m + 0.8
        strokes.append(Stroke(np.array([[at[0], at[1], top], [at[0], at[1], shape.high_m]]), "end"))
    return volumes, strokes


_HOW: Mapping[str, Callable[[_Case], _Drawn]] = {
    "floor": _off_floor,
    "obstacle": _between,
    "keep_clear": _between,
    "overlap": _between,
    "service": _service,
    "clearance": _between,
    "gap": _between,
    "belt": _belt,
    "reach": _reach,
    "path": _path,
    "door": _door,
    "access": _access,
    "lane": _lane,
    "walkway": _walkway,
    "separation": _separation,
    "zone": _zone,
    "payload": _payload,
}
