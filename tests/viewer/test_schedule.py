"""Choreography by hand: one arm, one belt, two parts; every place and time follows from the trace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from layout.model.library import Port
from layout.model.line import Belt, Line
from layout.model.results import ArmTimes, BeltTimes, Moves, TraceEvent
from layout.motion.kinematics import forward
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
