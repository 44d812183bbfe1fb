"""Choreography by hand: one arm, one belt, two parts; every place and time follows from the trace."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from layout.model.library import Port
from layout.model.line import Belt, Line
from layout.model.results import ArmTimes, BeltTimes, DoorTimes, FleetTimes, JointPath, Moves, TraceEvent
from layout.motion import sight
from layout.motion.kinematics import forward
from layout.motion.vehicles import Body
from layout.viewer.carts import Drive
from layout.viewer.schedule import Schedule

HOME = [np.array([0.1, -0.2, 0.5, 0.0, 0.4, 0.0]), np.array([1.4, -0.1, 0.6, 0.0, 0.3, 0.2])]
HAND = [HOME[0] + [0, 0.3, 0.1, 0, 0, 0], HOME[1] + [0, 0.25, 0.2, 0, 0, 0]]


def event(start: float, end: float, resource: str, state: str, part: int, origin: str, target: str = "") -> TraceEvent:
    return TraceEvent(start, end, resource, state, part, "gear" if part >= 0 else "", origin, target or origin)


TRACE = [
    event(0, 10, "in", "waiting", 0, "in"),
    event(4, 6.5, "arm", "handling", 0, "in"),  # 1 s in, 0.5 s grip, 1 s out: closed at 5.5
    event(6.5, 8.5, "arm", "moving_loaded", 0, "in", "mill"),
    event(8.5, 11, "arm", "handling", 0, "mill"),  # open at 10
    event(11, 30, "mill", "working", 0, "mill"),
    event(11, 13, "arm", "moving_empty", -1, "mill", "in"),
    event(2, 12, "belt", "transit", 1, "a", "b"),  # 3 m at 0.3 m/s
    event(4, 14, "belt", "transit", 2, "a", "b"),
    event(12, 20, "belt", "waiting", 1, "a", "b"),
    event(14, 25, "belt", "waiting", 2, "a", "b"),
]


@pytest.fixture
def line(world: Any, tmp_path: Path) -> Line:
    arm = world.arm("arm", world.arm_model(tmp_path), 3, 3, 0.5, serves=["in", "mill"])
    at = (arm.pose.matrix() @ forward(arm.model, HAND[0]))[:3, 3] - [5.0, 2.0, 0.0]
    table = {"table": Port("table", "inout", ("arm",), tuple(at.tolist()))}
    ends = {
        "in": Port("in", "in", ("belt",), (-0.5, 0.0, 0.8), facing=(-1.0, 0.0)),
        "out": Port("out", "out", ("belt",), (0.5, 0.0, 0.6), facing=(1.0, 0.0)),
    }
    held, ported = world.machine(tmp_path, "held", ports=table), world.machine(tmp_path, "ported", ports=ends)
    return world.line(
        world.station("in", held, 5, 2),
        world.station("mill", held, 3, 6),
        world.station("a", ported, 1, 1),
        world.station("b", ported, 5, 1),
        arm,
        Belt("belt", "a", "b", 0.3, 0.4, 0.4),
        products={"gear": world.part(tmp_path)},
    )


@pytest.fixture
def moves() -> Moves:
    zeros = np.zeros((2, 2))
    arm = ArmTimes(("in", "mill"), zeros, zeros, np.zeros(2), np.zeros(2), zeros, np.array(HOME), np.array(HAND))
    belt = BeltTimes(10.0, 7, 1.333, 3.0, np.array([[1.5, 1.0], [4.5, 1.0]]))
    return Moves({"arm": arm}, {"belt": belt})


def tool(line: Line, q: np.ndarray) -> np.ndarray:
    return line.arms["arm"].pose.matrix() @ forward(line.arms["arm"].model, q)


def grasp(pose: np.ndarray) -> np.ndarray:
    return pose[:3, 3] + pose[:3, :3] @ [0.0, 0.0, 0.05]


def test_joints_are_where_the_trace_says(line: Line, moves: Moves) -> None:
    schedule = Schedule(line, moves, TRACE)
    expected = {
        0: HOME[0],
        4: HOME[0],
        5.0: HAND[0],
        5.5: HAND[0],
        6.5: HOME[0],
        8.5: HOME[1],
        9.5: HAND[1],
        10: HAND[1],
    }
    expected |= {11: HOME[1], 13: HOME[0], 29: HOME[0]}
    for time_s, joints in expected.items():
        assert schedule.positions(time_s).joints["arm"] == pytest.approx(joints, abs=1e-6), time_s
    half = schedule.positions(4.5).joints["arm"]
    assert half == pytest.approx((HOME[0] + HAND[0]) / 2, abs=1e-6)


def test_a_part_goes_from_hand_to_hand(line: Line, moves: Moves) -> None:
    schedule = Schedule(line, moves, TRACE)
    waiting = schedule.positions(3.0).parts[0]
    assert waiting.holder == "in"
    assert grasp(waiting.pose) == pytest.approx(tool(line, HAND[0])[:3, 3])  # at the port, where the tool will come
    assert waiting.pose[:3, :3] == pytest.approx(np.eye(3))  # upright
    assert schedule.positions(5.4).parts[0].holder == "in"
    for time_s in (5.6, 7.3, 9.9):
        moment = schedule.positions(time_s)
        assert moment.parts[0].holder == "arm"
        assert grasp(moment.parts[0].pose) == pytest.approx(tool(line, moment.joints["arm"])[:3, 3])
    placed, later = schedule.positions(10.1).parts[0], schedule.positions(20.0).parts[0]
    assert placed.holder == later.holder == "mill"
    assert later.pose == pytest.approx(placed.pose)
    assert grasp(placed.pose) == pytest.approx(tool(line, HAND[1])[:3, 3])
    assert 0 not in schedule.positions(30.0).parts


def test_what_a_gripper_holds_does_not_turn_in_it(line: Line, moves: Moves) -> None:
    schedule = Schedule(line, moves, TRACE)
    held = []
    for time_s in (5.6, 7.0, 8.0, 9.9):
        moment = schedule.positions(time_s)
        held.append(np.linalg.inv(tool(line, moment.joints["arm"])) @ moment.parts[0].pose)
    assert all(pose == pytest.approx(held[0]) for pose in held)


def test_parts_queue_on_the_belt(line: Line, moves: Moves) -> None:
    schedule = Schedule(line, moves, TRACE)

    def place(number: int, time_s: float) -> list[float]:
        return schedule.positions(time_s).parts[number].pose[:3, 3].tolist()

    assert place(1, 7.0) == pytest.approx([3.0, 1.0, 0.7])  # half way, and half way up from 0.6 m to 0.8 m
    assert place(1, 15.0) == pytest.approx([4.5, 1.0, 0.8])
    assert place(2, 15.0)[0] == pytest.approx(4.1)  # one pitch behind the first
    assert place(2, 21.0)[0] == pytest.approx(4.4)  # the first left at 20 s: it moves up at belt speed
    assert place(2, 24.0)[0] == pytest.approx(4.5)
    assert 1 not in schedule.positions(20.0).parts


def test_states_are_those_of_the_trace(line: Line, moves: Moves) -> None:
    schedule = Schedule(line, moves, TRACE)
    assert schedule.positions(15).states["mill"] == "working"
    assert schedule.positions(7).states == {
        "in": "waiting", "mill": "idle", "a": "idle", "b": "idle", "arm": "moving_loaded"
    }  # fmt: skip


def test_nothing_jumps(line: Line, moves: Moves) -> None:
    schedule = Schedule(line, moves, TRACE)
    step = 0.01
    before = schedule.positions(0.0)
    for time_s in np.arange(step, 30.0, step):
        now = schedule.positions(time_s)
        assert np.abs(now.joints["arm"] - before.joints["arm"]).max() < 4.0 * step  # rad
        for number in now.parts.keys() & before.parts.keys():
            assert np.linalg.norm(now.parts[number].pose[:3, 3] - before.parts[number].pose[:3, 3]) < 8.0 * step  # m
        before = now


def test_a_time_asked_twice_gives_the_same(line: Line, moves: Moves) -> None:
    schedule = Schedule(line, moves, TRACE)
    first = schedule.positions(7.7)
    schedule.positions(29.0)
    again = schedule.positions(7.7)
    assert np.array_equal(first.joints["arm"], again.joints["arm"])
    assert np.array_equal(first.parts[0].pose, again.parts[0].pose)
    end = schedule.positions(99.0)
    assert end.states["arm"] == "idle"


def test_no_trace_and_no_moves(line: Line) -> None:
    moment = Schedule(line, Moves(), []).positions(3.0)
    assert moment.parts == {}
    assert moment.joints["arm"] == pytest.approx(line.arms["arm"].model.home)


def test_parts_in_one_station_stand_on_each_other(line: Line, moves: Moves) -> None:
    trace = [event(number, 30, "mill", "waiting", number, "mill") for number in range(3)]
    parts = Schedule(line, moves, trace).positions(20.0).parts
    heights = [float(parts[number].pose[2, 3]) for number in range(3)]
    assert heights[0] < heights[1] < heights[2]
    assert heights[2] - heights[1] == pytest.approx(heights[1] - heights[0])
    assert all(parts[number].pose[:2, 3] == pytest.approx(parts[0].pose[:2, 3]) for number in range(3))


# ---------------------------------------------------------------- true paths, doors, vehicles


def bent(first: list[float], second: list[float], duration_s: float) -> JointPath:
    """A path by way of a corner half way: joint 1 first, then the others."""
    middle = [second[0], *first[1:]]
    return JointPath(np.array([0.0, duration_s / 2, duration_s]), np.array([first, middle, second]))


def test_true_paths_are_played_where_there_are_some(line: Line, moves: Moves) -> None:
    arm = moves.arms["arm"]
    middle = [(a + b) / 2 + 0.1 for a, b in zip(HOME[0], HAND[0], strict=True)]
    inwards = JointPath(np.array([0.0, 0.5, 1.0]), np.array([HOME[0], middle, HAND[0]]))
    with_paths = replace(
        arm,
        loaded={(0, 1): bent(HOME[0], HOME[1], 2.0)},
        empty={(1, 0): bent(HOME[1], HOME[0], 4.0)},  # stretched to the event's 2 s
        handing={(0, "out"): inwards},
    )
    schedule = Schedule(line, replace(moves, arms={"arm": with_paths}), TRACE)
    corner = schedule.positions(7.5).joints["arm"]
    assert corner == pytest.approx([HOME[1][0], *HOME[0][1:]])
    assert schedule.positions(12.0).joints["arm"] == pytest.approx([HOME[0][0], *HOME[1][1:]])
    assert schedule.positions(4.5).joints["arm"] == pytest.approx(middle)  # on the way in ...
    assert schedule.positions(6.0).joints["arm"] == pytest.approx(middle)  # ... and out on the same way
    assert schedule.positions(5.25).joints["arm"] == pytest.approx(HAND[0])
    assert schedule.positions(9.5).joints["arm"] == pytest.approx(HAND[1])  # no path there: straight, as before


def test_arms_go_home_and_come_from_it(line: Line, moves: Moves) -> None:
    home = list(line.arms["arm"].model.home)
    arm = replace(moves.arms["arm"], homing={1: bent(HOME[1], home, 1.0)}, leaving={0: bent(home, HOME[0], 1.0)})
    trace = [
        event(0, 2, "arm", "moving_empty", -1, "", "in"),
        event(2, 4.5, "arm", "handling", 0, "in", "in"),
        event(4.5, 6, "arm", "moving_loaded", 0, "in", "mill"),
        event(6, 8.5, "arm", "handling", 0, "mill", "mill"),
        TraceEvent(9, 11, "arm", "moving_empty", -1, "", "mill", ""),
    ]
    schedule = Schedule(line, replace(moves, arms={"arm": arm}), trace)
    assert schedule.positions(0).joints["arm"] == pytest.approx(home)
    assert schedule.positions(1).joints["arm"] == pytest.approx([HOME[0][0], *home[1:]])
    assert schedule.positions(10).joints["arm"] == pytest.approx([home[0], *HOME[1][1:]])
    assert schedule.positions(11).joints["arm"] == pytest.approx(home)


def test_doors_close_before_work_and_open_after_it(world: Any, tmp_path: Path) -> None:
    model = world.with_doors(tmp_path)
    line = world.line(world.station("mill", model, 3, 3))
    trace = [
        event(10, 14, "mill", "working", 0, "mill"),
        event(14, 20, "mill", "down", 0, "mill"),
        event(20, 26, "mill", "working", 0, "mill"),
        event(30, 40, "mill", "working", 1, "mill"),
    ]
    schedule = Schedule(line, Moves(doors={"mill": DoorTimes(2.0, 3.0)}), trace)

    def slide(t: float) -> float:
        return float(schedule.positions(t).axes["mill"][0])

    assert slide(0) == slide(9.9) == pytest.approx(0.8)  # open
    assert slide(11) == pytest.approx(0.4)  # half way, half the time
    assert slide(10.5) == pytest.approx(0.8 * (1 - 2 * 0.25**2))
    for t in (12, 14, 17, 20, 22.9):  # closed while it works and while it is repaired
        assert slide(t) == pytest.approx(0.0)
    assert slide(24.5) == pytest.approx(0.4)
    assert slide(26) == slide(29) == pytest.approx(0.8)
    assert slide(39.9) == pytest.approx(0.0)  # the run ends in the middle of its work
    still = Schedule(line, Moves(), [])
    assert still.positions(3).axes["mill"] == pytest.approx([0.8, 0.0])


@pytest.fixture
def shop(world: Any, tmp_path: Path) -> tuple[Line, Moves]:
    """Two stations with vehicle ports at (0, 0) and (6, 3); a way with one corner, as motion.vehicles lays it."""
    cart = {"cart": Port("cart", "inout", ("vehicle",), (0.0, -0.5, 0.9))}
    box = world.machine(tmp_path, "cartbox", ports=cart)
    line = world.line(
        world.station("a", box, 2, 5),
        world.station("b", box, 8, 5, math.pi / 2),
        world.fleet("carts", world.vehicle(tmp_path), 2, ["a", "b"]),
        products={"gear": world.part(tmp_path)},
    )
    up, left = math.pi / 2, math.pi
    docks = np.array([[2.0, 4.0, up], [9.0, 5.0, left]])
    there = np.array([[2.0, 4.0], [2.0, 3.2], [9.8, 3.2], [9.8, 5.0], [9.0, 5.0]])
    zeros = np.zeros((2, 2))
    fleet = FleetTimes(("a", "b"), zeros, np.zeros(2), zeros, {(0, 1): there, (1, 0): there[::-1]}, docks)
    return line, Moves(fleets={"carts": fleet})


def test_a_vehicle_drives_as_its_times_say(shop: tuple[Line, Moves]) -> None:
    line, moves = shop
    fleet, times = line.fleets["carts"], moves.fleets["carts"]
    drive = Drive(fleet, times.paths[0, 1], tuple(times.docks[0]), tuple(times.docks[1]))
    (_, near, corner, far, _), body = times.paths[0, 1], Body.of(fleet)
    came = np.array([[-1, 2, 0], [2, -1, 1]])
    time, _ = sight.driven(
        times.docks, np.array([near, far, corner]), came,
        body.speed_m_s, body.acceleration_m_s2, body.turn_rad_s, body.dock_s,
    )  # fmt: skip
    assert drive.time_s == pytest.approx(time[0, 1])
    assert drive.place(0.0) == pytest.approx((2.0, 4.0, math.pi / 2))
    backing = 2 * math.sqrt(0.8 / 0.5)
    x, y, yaw = drive.place(backing / 2)
    assert (x, y, yaw) == pytest.approx((2.0, 3.6, math.pi / 2))  # backwards: it still looks at the machine
    turning = backing + math.pi / 4
    x, y, yaw = drive.place(turning)
    assert (x, y, yaw) == pytest.approx((2.0, 3.2, math.pi / 4))
    assert drive.place(drive.time_s)[:2] == pytest.approx((9.0, 5.0))
    assert math.cos(drive.place(drive.time_s)[2]) == pytest.approx(-1.0)
    seen = np.array([drive.place(t)[:2] for t in np.arange(0, drive.time_s, 0.01)])
    speed = np.hypot(*np.diff(seen, axis=0).T) / 0.01
    assert speed.max() == pytest.approx(1.0, abs=1e-6)  # and never faster
    way = shapely.LineString(times.paths[0, 1])
    assert max(way.distance(shapely.Point(at)) for at in seen) < 1e-9


def test_a_part_rides_on_the_deck(shop: tuple[Line, Moves]) -> None:
    line, moves = shop
    trace = [
        event(0, 4, "carts 1", "handling", 0, "a", "a"),
        event(0, 2, "a", "waiting", 0, "a"),
        event(4, 24, "carts 1", "moving_loaded", 0, "a", "b"),
        event(24, 28, "carts 1", "handling", 0, "b", "b"),
        event(28, 40, "b", "working", 0, "b"),
    ]
    schedule = Schedule(line, moves, trace)
    assert schedule.positions(1).parts[0].holder == "a"
    for t in (4.0, 9.0, 17.0, 23.0):
        moment = schedule.positions(t)
        x, y, yaw = moment.vehicles["carts 1"]
        assert moment.parts[0].holder == "carts 1"
        deck = [x - 0.05 * math.cos(yaw), y - 0.05 * math.sin(yaw), 0.3]
        assert moment.parts[0].pose[:3, 3] == pytest.approx(deck)
        assert moment.states["carts 1"] == "moving_loaded"
    assert schedule.positions(30).parts[0].pose[:3, 3] == pytest.approx([8.5, 5.0, 0.9])  # at the vehicle port
    assert schedule.positions(50).vehicles["carts 1"][:2] == pytest.approx((9.0, 5.0))
    assert schedule.positions(0).vehicles["carts 2"] == pytest.approx((9.0, 5.0, math.pi))  # never moved: the next dock
    before = schedule.positions(0.0)
    for t in np.arange(0.02, 40.0, 0.02):
        now = schedule.positions(t)
        assert math.dist(now.vehicles["carts 1"][:2], before.vehicles["carts 1"][:2]) < 0.06
        if 0 in now.parts and 0 in before.parts:
            assert np.linalg.norm(now.parts[0].pose[:3, 3] - before.parts[0].pose[:3, 3]) < 0.12
        before = now
