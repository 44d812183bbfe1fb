"""Vehicles: docks, ways and times by hand; what they go round; what holds for any floor."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import shortest_path

from layout import motion
from layout.errors import LayoutError
from layout.model.library import Port, VehicleModel
from layout.model.line import Fleet, Line
from layout.motion import vehicles
from layout.motion.vehicles import DOCK_GAP_M, LANE_MARGIN_M, Body, docks_of, fleet_times, lacking, least_times

PORT = {"p": Port("p", "inout", ("vehicle",), (0.0, -0.3, 0.9), facing=(0.0, -1.0))}
AMR = VehicleModel(
    "amr", "", Path("v"), Path("h"), 0.3, ((-0.4, -0.3), (0.4, -0.3), (0.4, 0.3), (-0.4, 0.3)), 1.5, 0.5, 1.0, 4.0, 6.0,
    100.0,
)  # fmt: skip


def fleet_of(stations, units: int = 1, model: VehicleModel = AMR) -> Fleet:
    names = tuple(s.name for s in stations)
    return Fleet("carts", model, units, names, "nearest", model.speed_m_s, model.acceleration_m_s2)


def facing_pair(table, apart: float):
    """Two tables, ports towards each other, their fronts `apart` metres from one another along y."""
    return [table("a", 0, 0, math.pi, ports=PORT), table("b", 0, apart + 0.6, ports=PORT)]


def test_a_dock_lies_straight_in_front_of_its_port(table, cell) -> None:
    """The table's front is at y = -0.3; 50 mm further is the vehicle's nose, 0.4 m before its middle."""
    ports = {"p": replace(PORT["p"], at_m=(0.1, -0.1, 0.9))}
    stations = [table("a", 0, 0, ports=ports), table("b", 5, 0, math.pi / 2, ports=ports)]
    docks = docks_of(fleet_of(stations), cell(stations))
    assert docks.poses[0] == pytest.approx([0.1, -0.3 - DOCK_GAP_M - 0.4, math.pi / 2])
    assert docks.poses[1] == pytest.approx([5 + 0.75, 0.1, math.pi])


def test_a_dock_counts_what_is_in_the_vehicles_way_only(table, cell) -> None:
    """A bay as wide as the vehicle and its gaps: it drives in. A narrower one keeps it out."""

    def bay(half: float):
        return (
            (-0.9, -0.9),
            (-half, -0.9),
            (-half, 0.0),
            (half, 0.0),
            (half, -0.9),
            (0.9, -0.9),
            (0.9, 0.5),
            (-0.9, 0.5),
        )

    for half, front in ((0.36, 0.0), (0.34, -0.9)):
        stations = [table("a", 0, 0, ports={"p": replace(PORT["p"], at_m=(0.0, 0.0, 0.9))}, footprint=bay(half))]
        assert docks_of(fleet_of(stations), cell(stations)).poses[0][1] == pytest.approx(front - DOCK_GAP_M - 0.4)


def test_face_to_face_by_hand(table, cell) -> None:
    """Fronts 10 m apart: docks 9.1 m apart, approach points 7.5 m. Out by 0.8 m: 2 sqrt(0.8 / 0.5) s, as it never
    reaches 1.5 m/s; half a turn; 8.3 m on, the last 0.8 of them into the dock: 8.3 / 1.5 + 1.5 / 0.5 s; docking."""
    stations = facing_pair(table, 10.0)
    times = fleet_times(fleet_of(stations), cell(stations))
    by_hand = 2 * math.sqrt(0.8 / 0.5) + (8.3 / 1.5 + 3.0) + 4.0
    turns = math.pi  # it leaves the dock looking at the machine and must look the other way
    assert times.travel_s == pytest.approx(np.array([[0, by_hand + turns], [by_hand + turns, 0]]))
    assert times.length_m[0, 1] == pytest.approx(9.1)
    assert times.handover_s == pytest.approx([6.0, 6.0])


def test_round_a_wall(table, cell) -> None:
    """Between the two stands a wall from the left edge to x = 1: it is passed at its end, at least half a width off."""
    stations = facing_pair(table, 10.0)
    wall = {"wall": {"polygon": [[-50, 5.2], [1.0, 5.2], [1.0, 5.4], [-50, 5.4]]}}
    line = cell(stations, obstacles=wall)
    times = fleet_times(fleet_of(stations), line)
    way = shapely.LineString(times.paths[0, 1])
    room = shapely.distance(way, shapely.Polygon(wall["wall"]["polygon"]))
    assert room == pytest.approx(0.3 + LANE_MARGIN_M, abs=0.25) and room >= 0.3 + LANE_MARGIN_M - 1e-6
    assert times.paths[0, 1][2] == pytest.approx([1.0 + 0.5 + LANE_MARGIN_M, 5.3])  # it turns once, 0.5 m from there
    assert times.length_m[0, 1] == pytest.approx(2 * 0.8 + 2 * math.hypot(1.55, 3.75))


def test_a_lane_as_wide_as_the_vehicle_wants(table, cell) -> None:
    """Two walls with a lane of 0.6 m + 2 x 50 mm between them let it through; 5 cm less does not, and says so."""
    stations = facing_pair(table, 12.0)

    def walled(width: float) -> Line:
        left = {"polygon": [[-50, 4], [-width / 2, 4], [-width / 2, 8], [-50, 8]]}
        right = {"polygon": [[width / 2, 4.5], [50, 4.5], [50, 7.5], [width / 2, 7.5]]}
        return cell(stations, obstacles={"left": left, "right": right})

    fleet = fleet_of(stations)
    wide, narrow = walled(0.7), walled(0.65)
    assert fleet_times(fleet, wide).length_m[0, 1] == pytest.approx(11.1, abs=0.01)
    assert lacking(fleet, wide) == []
    ((station, other, short),) = lacking(fleet, narrow)
    assert {station, other} == {"a", "b"}
    assert short == pytest.approx(0.05, abs=0.6 / 256)
    with pytest.raises(LayoutError, match="no free way for vehicles between a and b"):
        fleet_times(fleet, narrow)


def test_nothing_gets_through_a_closed_wall(table, cell) -> None:
    stations = facing_pair(table, 12.0)
    fence = {"fence": {"line": [[-50, 6], [50, 6]]}}
    line = cell(stations)
    line = replace(line, floor=line.floor.model_validate({"boundary": line.floor.boundary, "fences": fence}))
    ((*_, short),) = lacking(fleet_of(stations), line)
    assert short == pytest.approx(0.6)


def test_a_dock_for_each_way(table, cell) -> None:
    """In at the back, out at the front: loaded moves lead from fronts to backs, empty ones from backs to fronts."""
    ports = {
        "out": Port("out", "out", ("vehicle",), (0.0, -0.3, 0.9), facing=(0.0, -1.0)),
        "in": Port("in", "in", ("vehicle",), (0.0, 0.3, 0.9), facing=(0.0, 1.0)),
    }
    stations = [table("a", 0, 0, ports=ports), table("b", 0, -12, ports=ports)]
    times = fleet_times(fleet_of(stations), cell(stations))
    assert times.empty_s is not None and times.docks_in is not None
    assert times.docks[:, 1] == pytest.approx([-0.75, -12.75]) and times.docks_in[:, 1] == pytest.approx([0.75, -11.25])
    assert times.travel_s[0, 1] < times.travel_s[1, 0]  # a's front looks at b's back
    assert times.empty_s[1, 0] == pytest.approx(times.travel_s[0, 1])  # the same way back
    assert times.empty_s[0, 0] > 0 and times.travel_s[0, 0] == 0


def test_what_is_missing_is_named(table, cell) -> None:
    stations = [table("a", 0, 0, ports={}), table("b", 5, 0, ports=PORT)]
    with pytest.raises(LayoutError, match="no port for vehicles"):
        fleet_times(fleet_of(stations), cell(stations))
    assert least_times(fleet_of(stations), cell(stations)).travel_s == pytest.approx(np.zeros((2, 2)))


def test_in_the_plan_and_in_the_bounds(table, cell) -> None:
    stations = facing_pair(table, 10.0)
    line = replace(cell(stations), fleets={"carts": fleet_of(stations)})
    planned, bound = motion.plan(line).fleets["carts"], motion.straight_line(line).fleets["carts"]
    assert (bound.travel_s <= planned.travel_s + 1e-9).all() and bound.travel_s[0, 1] > 0


PLACE = st.tuples(st.floats(0, 16), st.floats(0, 16), st.floats(-math.pi, math.pi))


def shop(table, cell, places, move=(0.0, 0.0, 0.0), mirror: bool = False) -> tuple[Line, Fleet]:
    dx, dy, turn = move
    c, s = math.cos(turn), math.sin(turn)

    def there(x: float, y: float) -> tuple[float, float]:
        x = -x if mirror else x
        return dx + c * x - s * y, dy + s * x + c * y

    stations = [
        table(f"s{k}", *there(x, y), turn + (-yaw if mirror else yaw), ports=PORT)
        for k, (x, y, yaw) in enumerate(places)
    ]
    column = [there(x, y) for x, y in ((7.6, 7.8), (8.3, 7.8), (8.2, 8.9))]
    edge = [there(x, y) for x, y in ((-4, -4), (20, -4), (20, 20), (-4, 20))]
    return cell(stations, boundary=edge, obstacles={"column": {"polygon": column}}), fleet_of(stations)


@settings(deadline=None, max_examples=40)
@given(
    places=st.lists(PLACE, min_size=3, max_size=5),
    move=st.tuples(st.floats(-50, 50), st.floats(-50, 50), st.floats(-3.1, 3.1)),
)
def test_axioms(table, cell, places, move) -> None:
    """Moved and mirrored floors have the same times; every way is free; no time is below its bound."""
    assume(all(math.dist(a[:2], b[:2]) > 3.6 for k, a in enumerate(places) for b in places[:k]))
    line, fleet = shop(table, cell, places)
    assume(not lacking(fleet, line))
    times = fleet_times(fleet, line)
    body = Body.of(fleet)
    columns = [shapely.Polygon(area.polygon) for area in line.floor.obstacles.values()]
    bodies = {name: shapely.Polygon(s.pose.apply(s.model.footprint_m)) for name, s in line.stations.items()}
    for (i, j), path in times.paths.items():
        way = shapely.LineString(path[1:-1]) if len(path) > 3 else shapely.Point(path[1])
        assert shapely.distance(way, [*columns, *bodies.values()]).min() >= body.half_m + LANE_MARGIN_M - 1e-5
        corners = shapely.points(path[1:-1])
        for solid in (*columns, *bodies.values()):
            assert shapely.distance(corners, solid).min() >= body.swing_m + LANE_MARGIN_M - 1e-5
        assert times.length_m[i, j] == pytest.approx(shapely.LineString(path).length)
    assert (least_times(fleet, line).travel_s <= times.travel_s + 1e-7).all()
    moved = fleet_times(*reversed(shop(table, cell, places, move)))
    assert moved.travel_s == pytest.approx(times.travel_s, abs=1e-6)
    mirrored = fleet_times(*reversed(shop(table, cell, places, mirror=True)))
    assert mirrored.length_m == pytest.approx(times.length_m, abs=1e-6)  # of two equal ways either may be taken ...
    assert mirrored.travel_s == pytest.approx(times.travel_s, abs=2 * math.pi)  # ... whose turns may differ


def test_moving_the_cell_computes_nothing_anew(table, cell) -> None:
    places = [(0, 0, 0.0), (6, 0, 1.0), (0, 7, 2.0), (9, 9, 3.0)]
    fleet_times(*reversed(shop(table, cell, places)))
    known = len(vehicles._WAYS)
    line, fleet = shop(table, cell, places, (16.0, -8.0, math.pi / 2))
    fleet_times(fleet, line)
    assert len(vehicles._WAYS) == known


def test_parking_places_and_chargers_are_stops_too(table, cell) -> None:
    """Ways lead there as to any dock; what is served keeps its own times to the bit."""
    stations = [table(name, 4.0 * k, 0, ports=PORT) for k, name in enumerate(("a", "b", "yard", "plug"))]
    plain = fleet_of(stations[:2])
    both = replace(plain, parking=("yard",), chargers=("plug",))
    line = cell(stations)
    ours, theirs = fleet_times(plain, line), fleet_times(both, line)
    assert theirs.stations == ("a", "b", "yard", "plug") == least_times(both, line).stations
    assert np.isfinite(theirs.travel_s).all()
    assert (theirs.travel_s[:2, :2] == ours.travel_s).all()
    assert theirs.travel_s[0, 1] == pytest.approx(theirs.travel_s[2, 3], rel=1e-9)
    assert (least_times(both, line).travel_s <= theirs.travel_s + 1e-9).all()
    shut = [*stations[:3], table("plug", 12.0, 0, ports={})]
    with pytest.raises(LayoutError, match="no port for vehicles"):
        fleet_times(both, cell(shut))


def oracle(line: Line, fleet: Fleet) -> np.ndarray:
    """Seconds on the road, turns left out, among the places in front of docks: by shapely and scipy."""
    body, floor = Body.of(fleet), shapely.Polygon(line.floor.boundary)
    drive_m, turn_m = (need - 1e-6 for need in body.wants(LANE_MARGIN_M))
    solid = [shapely.Polygon(area.polygon) for area in line.floor.obstacles.values()]
    solid += [shapely.Polygon(s.pose.apply(s.model.footprint_m)) for s in line.stations.values()]
    docks = docks_of(fleet, line).poses
    ends = docks[:, :2] - body.length_m * np.column_stack([np.cos(docks[:, 2]), np.sin(docks[:, 2])])
    corners = np.array(turning_points(line, body))
    free = shapely.distance(shapely.points(corners)[:, None], np.array(solid)).min(axis=1) >= turn_m
    free &= shapely.contains(floor.buffer(-turn_m), shapely.points(corners))
    points = np.vstack([ends, corners[free]])
    costs = np.zeros((len(points), len(points)))
    v, a = body.speed_m_s, body.acceleration_m_s2
    for i in range(len(points)):
        for j in range(i):
            lane, way = shapely.LineString(points[[i, j]]), math.dist(points[i], points[j])
            if way > 1e-6 and shapely.distance(lane, solid).min() >= drive_m:
                costs[i, j] = costs[j, i] = way / v + v / a if way * a >= v * v else 2.0 * math.sqrt(way / a)
    return shortest_path(costs, directed=False)[: len(ends), : len(ends)]


def turning_points(line: Line, body: Body) -> list[tuple[float, float]]:
    """In the lanes along both sides of each convex corner, as far beyond it as turning needs, and on its bisector; in
    front of the middles of sides that are shorter than a turn is wide."""
    drive, turn = body.wants(LANE_MARGIN_M)
    far, found = math.sqrt(turn**2 - drive**2), []
    rings = [np.asarray(area.polygon, dtype=float) for area in line.floor.obstacles.values()]
    for ring in (*rings, *(s.pose.apply(s.model.footprint_m) for s in line.stations.values())):
        ring = ring if shapely.LinearRing(ring).is_ccw else ring[::-1]
        for k, at in enumerate(ring):
            before, after = at - ring[k - 1], ring[(k + 1) % len(ring)] - at
            u, w = before / np.hypot(*before), after / np.hypot(*after)
            n, m = np.array([u[1], -u[0]]), np.array([w[1], -w[0]])
            half = math.sqrt(0.5 * (1 + u @ w))
            beyond = max(far, min(drive * math.tan(math.acos(half)), 3 * drive))
            out = max(turn, min(drive / half, 3 * drive))
            if np.hypot(*after) < 2 * turn:
                found.append(at + after / 2 + turn * m)
            found += [at + drive * n + beyond * u, at + drive * m - beyond * w, at + out * (n + m) / np.hypot(*(n + m))]
    return [(float(x), float(y)) for x, y in found]


@pytest.mark.parametrize("seed", range(6))
def test_ways_are_the_quickest_there_are(table, cell, seed: int) -> None:
    """Against a visibility graph by shapely and shortest paths by scipy, on floors that leave some room."""
    rng = np.random.default_rng(seed)
    places: list[tuple[float, float, float]] = []
    while len(places) < 5:
        x, y, yaw = rng.uniform(0, 14), rng.uniform(0, 14), rng.uniform(-math.pi, math.pi)
        if all(math.dist((x, y), p[:2]) > 3.6 for p in places) and math.dist((x, y), (8, 8)) > 3.0:
            places.append((float(x), float(y), float(yaw)))
    line, fleet = shop(table, cell, places)
    if lacking(fleet, line):
        pytest.skip("a dock is walled in")
    ways = vehicles._ways(fleet, line, docks_of(fleet, line), None, LANE_MARGIN_M)
    body, wanted = Body.of(fleet), oracle(line, fleet)
    for i, j in ((i, j) for i in range(5) for j in range(5) if i != j):
        legs = np.hypot(*np.diff(ways.path(i, j)[1:-1], axis=0).T)
        v, a = body.speed_m_s, body.acceleration_m_s2
        spent = sum(way / v + v / a if way * a >= v * v else 2.0 * math.sqrt(way / a) for way in legs)
        assert spent == pytest.approx(wanted[i, j], abs=1e-4)
