"""Arms among stations: reach, times, the configurations behind them, and what must not change them."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from layout.errors import LayoutError
from layout.model.equip import on_rail
from layout.model.library import Port, Rail
from layout.model.line import Arm
from layout.model.pose import Pose
from layout.model.results import Moves
from layout.motion import arms, plan, ports, reach, straight_line
from layout.motion.belts import lay_out
from layout.motion.kinematics import chain_of, forward
from layout.motion.profile import linear_time, move_time, sample

FRONT = {"tool": (0.0, 1.0, 0.0), "retreat": (0.0, -0.4, 0.05)}
FIELDS = ("empty_s", "loaded_s", "pick_s", "place_s", "length_m")


@pytest.fixture(scope="module")
def around(table, tend):
    """around(model, [(angle, radius, yaw), ...]) -> (Arm, stations): tables about an arm."""

    def make(model, where, height=0.9, speed=1.0):
        stations = [
            table(f"t{k}", radius * math.cos(angle), radius * math.sin(angle), yaw, height=height)
            for k, (angle, radius, yaw) in enumerate(where)
        ]
        return tend(model, [s.name for s in stations], speed=speed), {s.name: s for s in stations}

    return make


RING = [(-2.0, 1.1, 0.3), (-0.5, 1.3, 2.0), (0.9, 1.2, -1.0), (2.2, 1.4, 0.0)]


# ---------------------------------------------------------------- reach


def test_configurations_take_the_tool_where_the_port_is(six, iiwa, panda, around, table) -> None:
    """Hand-over at `at`, tool along `tool`; approach at the retreated point with the same direction."""
    for model, radius, height in ((six, 1.2, 0.9), (iiwa, 0.5, 0.25), (panda, 0.5, 0.25)):
        arm, stations = around(model, [(0.7, radius, 0.4)], height)
        station = stations["t0"]
        got = reach(arm, station)
        assert got.ok and got.shortfall_m == 0.0 and got.reason == "" and got.ports == {"out": "top", "in": "top"}
        found = got.found["in"]
        assert 0 < len(found.approach) == len(found.handover) <= ports.CANDIDATES
        port = station.model.ports["top"]
        at = station.pose.apply([port.at_m])[0]
        for joints, place in ((found.handover, at), (found.approach, at + station.pose.turn([port.retreat_m])[0])):
            for pose in forward(model, joints):
                assert np.allclose(pose[:3, 3], place, atol=2e-4)
                assert np.allclose(pose[:3, 2], port.tool, atol=2e-3)


def test_the_straight_line_in_is_followed(six, around) -> None:
    """Between approach and hand-over no joint jumps: half-way in joint space is near half-way in space."""
    arm, stations = around(six, RING)
    for station in stations.values():
        found = reach(arm, station).found["in"]
        for approach, handover in zip(found.approach, found.handover, strict=True):
            half = forward(six, (approach + handover) / 2)[:3, 3]
            ends = forward(six, np.array([approach, handover]))[:, :3, 3]
            assert np.linalg.norm(half - ends.mean(axis=0)) < 0.1
            assert np.abs(approach - handover).max() < ports.LINE_STEPS * ports.LONGEST_STEP_RAD


def test_the_tool_turns_in_quarter_turns(six, around, table) -> None:
    """The gripper's x axis is along the port's facing, or a quarter turn from it."""
    arm, stations = around(six, [(0.7, 1.2, 0.4)])
    facing = Pose(0, 0, 0.4).turn([(0.0, -1.0, 0.0)])[0]
    for pose in forward(six, reach(arm, stations["t0"]).found["in"].handover):
        angle = math.degrees(math.acos(np.clip(pose[:3, 0] @ facing, -1, 1)))
        assert min(abs(angle - k) for k in (0, 90, 180)) < 0.1


def test_out_of_reach_says_how_far(six, around) -> None:
    """Beyond the sphere about the shoulder, the shortfall is the distance to it and grows metre for metre."""
    short = []
    for radius in (3.0, 4.0):
        arm, stations = around(six, [(0.3, radius, 0.0)])
        got = reach(arm, stations["t0"])
        assert not got.ok and "out of reach" in got.reason
        short.append(got.shortfall_m)
    wrist = 0.9 + 0.25 + 0.21 + 0.153  # the tool hangs straight down, retreated by 0.25 m
    lower = wrist - 0.25
    expected = [max(math.hypot(r, h - 0.97) for h in (wrist, lower)) - (0.16 + 0.98 + math.hypot(0.86, 0.15))
                for r in (3.0, 4.0)]  # fmt: skip
    assert short == pytest.approx(expected, abs=1e-9)


def test_a_retreated_point_out_of_reach_is_said(six, around) -> None:
    """The port itself is within reach; from 2 m above it the tool cannot come down."""
    arm, stations = around(six, [(0.3, 1.2, 0.0)])
    assert reach(arm, stations["t0"]).ok
    station = stations["t0"]
    tall = replace(
        station.model,
        ports={name: replace(port, retreat_m=(0.0, 0.0, 2.0)) for name, port in station.model.ports.items()},
    )
    got = reach(arm, replace(station, model=tall))
    assert not got.ok and got.shortfall_m > 0.1 and got.reason == "port top: its retreated point is out of reach"


def test_too_near_is_a_shortfall_too(six, around) -> None:
    arm, stations = around(six, [(0.3, 0.1, 0.0)])
    got = reach(arm, stations["t0"])
    assert not got.ok and got.shortfall_m >= ports.LEAST_MISS_M and got.reason.startswith("port top: ")


def test_ports_by_way(six, table, tend) -> None:
    """A source needs a way out, a sink a way in; a station with a port for each way has both served."""
    arm = tend(six, ["a"])
    both = {
        "in": Port("in", "in", ("arm",), (-0.2, 0.0, 0.9)),
        "out": Port("out", "out", ("arm",), (0.2, 0.0, 0.9)),
    }
    got = reach(arm, table("a", 1.2, 0.0, ports=both))
    assert got.ok and got.ports == {"out": "out", "in": "in"}
    assert reach(arm, table("a", 1.2, 0.0, ports=both, source=True)).ports == {"out": "out"}
    assert reach(arm, table("a", 1.2, 0.0, ports=both, sink=True)).ports == {"in": "in"}
    only = {"out": both["out"]}
    assert reach(arm, table("a", 1.2, 0.0, ports=only)).ok
    for station in (table("a", 1.2, 0.0, ports=only, sink=True), table("a", 1.2, 0.0, ports={})):
        got = reach(arm, station)
        assert not got.ok and "no arm port" in got.reason and got.shortfall_m == pytest.approx(1.2)


# ---------------------------------------------------------------- times


def test_times_are_those_of_the_moves(six, around) -> None:
    """Matrices against the joint moves between the configurations that come with them, and the path as sampled."""
    arm, stations = around(six, RING, speed=0.5)
    got = arms.arm_times(arm, stations)
    n = len(got.stations)
    hand = linear_time(0.25, 0.5)
    for i in range(n):
        least = 0.6 + 2 * max(hand, move_time(six, got.approach[i], got.handover[i], 0.5))
        assert least - 1e-9 <= got.pick_s[i] == got.place_s[i] <= 1.5 * least
        path = got.handing[i, "in"]
        assert 2 * path.time_s[-1] + 0.6 == pytest.approx(got.pick_s[i])
        assert np.allclose(path.angles[[0, -1]], [got.approach[i], got.handover[i]])
        for j in range(n):
            time = move_time(six, got.approach[i], got.approach[j], 0.5)
            assert got.empty_s[i, j] == got.loaded_s[i, j] == pytest.approx(time, abs=1e-9)
            path = forward(six, sample(six, got.approach[i], got.approach[j], 0.5, np.linspace(0, time, 400)))
            way = np.linalg.norm(np.diff(path[:, :3, 3], axis=0), axis=1).sum()
            assert got.length_m[i, j] == pytest.approx(way + 0.5, rel=2e-3)
    assert np.allclose(np.diag(got.empty_s), 0.0)
    at = [stations[name].pose.apply([(0, 0, 1.15)])[0] for name in got.stations]
    assert np.allclose(forward(six, got.approach)[:, :3, 3], at, atol=2e-4)


def test_two_ports_of_a_station_count_as_two_places(six, table, tend) -> None:
    """Loaded moves go from where parts leave to where they enter, empty ones the other way about."""
    both = {
        "in": Port("in", "in", ("arm",), (-0.3, 0.0, 0.9)),
        "out": Port("out", "out", ("arm",), (0.3, 0.0, 0.9), retreat_m=(0.0, 0.0, 0.4)),
    }
    stations = {s.name: s for s in (table("a", 1.2, 0.0), table("b", 0.0, 1.3, 0.5, ports=both))}
    got = arms.arm_times(tend(six, ["a", "b"]), stations)
    a, leave, enter = got.approach[0], got.approach[1], got.approach_in[1]
    assert got.loaded_s[0, 1] == pytest.approx(move_time(six, a, enter))
    assert got.loaded_s[1, 0] == pytest.approx(move_time(six, leave, a))
    assert got.empty_s[0, 1] == pytest.approx(move_time(six, a, leave))
    assert got.empty_s[1, 0] == pytest.approx(move_time(six, enter, a))
    assert got.empty_s[1, 1] == got.loaded_s[1, 1] == pytest.approx(move_time(six, enter, leave))
    assert got.pick_s[1] > got.place_s[1]
    assert np.array_equal(got.approach_in[0], got.approach[0])


def test_the_choice_is_no_worse_than_any_single_change(six, around) -> None:
    """No other configuration at one station makes the sum of all moves smaller."""
    arm, stations = around(six, RING)
    got = arms.arm_times(arm, stations)
    total = got.loaded_s.sum()
    options = [reach(arm, stations[name]).found["in"].approach for name in got.stations]
    for k, choices in enumerate(options):
        for q in choices:
            there = [move_time(six, q, got.approach[j]) for j in range(len(options)) if j != k]
            now = [got.loaded_s[k, j] for j in range(len(options)) if j != k]
            assert total + 2 * (sum(there) - sum(now)) >= total * 0.98  # home and hand-over moves count a little, too


@pytest.mark.parametrize("kind", ["six", "iiwa"])
def test_moving_the_whole_cell_changes_nothing(kind, six, iiwa, around) -> None:
    model = {"six": six, "iiwa": iiwa}[kind]
    scale, height = (1.0, 0.9) if kind == "six" else (0.4, 0.25)
    arm, stations = around(model, [(a, r * scale, yaw) for a, r, yaw in RING], height)
    if not all(reach(arm, s).ok for s in stations.values()):
        pytest.fail("the test's cell must be feasible")
    first = arms.arm_times(arm, stations)

    @settings(max_examples=15, deadline=None)
    @given(dx=st.floats(-20, 20), dy=st.floats(-20, 20), turn=st.floats(-7, 7))
    def holds(dx, dy, turn) -> None:
        moved = {name: _moved(s, dx, dy, turn) for name, s in stations.items()}
        got = arms.arm_times(_moved(arm, dx, dy, turn), moved)
        for field in FIELDS:
            assert np.allclose(getattr(got, field), getattr(first, field), rtol=0, atol=1e-9), field

    holds()


def _moved(thing, dx, dy, turn):
    from dataclasses import replace

    c, s = math.cos(turn), math.sin(turn)
    x, y, yaw = thing.pose.x_m, thing.pose.y_m, thing.pose.yaw_rad
    return replace(thing, pose=Pose(dx + c * x - s * y, dy + s * x + c * y, yaw + turn))


def test_a_mirrored_cell_is_as_quick(six, around) -> None:
    """The six-axis arm is the same on both sides of its xz plane."""
    arm, stations = around(six, RING)
    _, other = around(six, [(-angle, radius, -yaw) for angle, radius, yaw in RING])
    one, two = arms.arm_times(arm, stations), arms.arm_times(arm, other)
    for field in FIELDS:
        assert getattr(one, field).sum() == pytest.approx(getattr(two, field).sum(), rel=1e-6)


def test_caches_give_the_same_as_working_it_out(six, around) -> None:
    arm, stations = around(six, RING)
    first = arms.arm_times(arm, stations)
    assert arms.arm_times(arm, stations) is first
    for cached in (arms, ports):
        cached.clear_caches()
    again = arms.arm_times(arm, stations)
    assert again is not first
    for field in (*FIELDS, "approach", "handover"):
        assert np.array_equal(getattr(first, field), getattr(again, field)), field


def test_cached_arrays_cannot_be_spoilt(six, around) -> None:
    arm, stations = around(six, RING)
    with pytest.raises(ValueError, match="read-only"):
        arms.arm_times(arm, stations).loaded_s[0, 1] = 0.0


def test_models_of_the_same_name_do_not_mix(six, around) -> None:
    from dataclasses import replace

    arm, stations = around(six, RING)
    longer = replace(six, tcp_m=(0.0, 0.0, 0.3))
    first = arms.arm_times(arm, stations)
    other = arms.arm_times(replace(arm, model=longer), stations)
    assert chain_of(longer) is not chain_of(six) and chain_of(replace(six, payload_kg=1.0)) is chain_of(six)
    assert not np.allclose(first.approach, other.approach, atol=1e-4)


# ---------------------------------------------------------------- the whole line


def test_plan_names_everything_that_cannot_be(six, table, tend, belt, cell) -> None:
    line = cell(
        [table("near", 1.2, 0.0), table("far", 9.0, 0.0), table("bare", 0.0, 1.2, ports={})],
        [tend(six, ["near", "far", "bare", "gone"])],
        [belt("near", "bare")],
    )
    with pytest.raises(LayoutError) as error:
        plan(line)
    text = str(error.value)
    for part in ("cannot serve 'far'", "out of reach", "cannot serve 'bare'", "'gone'", "no belt port 'in'"):
        assert part in text
    straight_line(line)  # bounds are there for any line


WHERE = st.lists(
    st.tuples(st.floats(-math.pi, math.pi), st.floats(0.9, 1.6), st.floats(-3.0, 3.0), st.booleans()),
    min_size=2, max_size=5,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(where=WHERE, speed=st.floats(0.2, 1.0))
def test_straight_line_is_never_above_plan(six, table, tend, belt, cell, where, speed) -> None:
    stations = []
    for k, (angle, radius, yaw, front) in enumerate(where):
        more = FRONT if front else {}
        yaw = angle - math.pi / 2 if front else yaw
        radius += 0.35 if front else 0.0
        stations.append(table(f"t{k}", radius * math.cos(angle), radius * math.sin(angle), yaw, **more))
    arm = tend(six, [s.name for s in stations], speed=speed)
    assume(all(reach(arm, s).ok for s in stations))
    line = cell(stations, [arm], [belt("t0", "t1")])
    _below(straight_line(line), kinematic(line))


@settings(max_examples=15, deadline=None)
@given(where=st.lists(st.tuples(st.floats(-2.5, 2.5), st.floats(0.42, 0.6)), min_size=2, max_size=4))
def test_straight_line_is_never_above_plan_for_seven_axes(iiwa, panda, table, tend, cell, where) -> None:
    for model in (iiwa, panda):
        stations = [
            table(f"t{k}", r * math.cos(a), r * math.sin(a), 0.0, height=0.25) for k, (a, r) in enumerate(where)
        ]
        arm = tend(model, [s.name for s in stations])
        assume(all(reach(arm, s).ok for s in stations))
        line = cell(stations, [arm])
        _below(straight_line(line), kinematic(line))


@settings(max_examples=15, deadline=None)
@given(where=st.lists(st.tuples(st.floats(-4, 4), st.floats(0.9, 1.7), st.booleans()), min_size=2, max_size=4))
def test_straight_line_is_never_above_plan_on_a_rail(six, table, tend, cell, where) -> None:
    """Tables on both sides of a rail of 5 m, also beyond what the arm reaches from the rail's middle."""
    riding = on_rail(six, Rail(5.0, 1.5, 3.0))
    stations = [table(f"t{k}", x, y if left else -y) for k, (x, y, left) in enumerate(where)]
    arm = tend(riding, [s.name for s in stations])
    assume(all(reach(arm, s).ok for s in stations))
    line = cell(stations, [arm])
    _below(straight_line(line), kinematic(line))


def kinematic(line) -> Moves:
    """The line's moves with nothing in the way: tables of these tests stand in one another."""
    times = {name: arms.arm_times(arm, line.stations) for name, arm in line.arms.items()}
    return Moves(arms=times, belts={name: lay_out(belt, line) for name, belt in line.belts.items()})


def _below(least, most) -> None:
    assert least.arms.keys() == most.arms.keys() and least.belts.keys() == most.belts.keys()
    for name, times in least.arms.items():
        assert times.stations == most.arms[name].stations
        for field in FIELDS:
            assert (getattr(times, field) <= getattr(most.arms[name], field) + 1e-9).all(), field
    for name, belt in least.belts.items():
        assert belt.transit_s <= most.belts[name].transit_s + 1e-9
        assert belt.spacing_s <= most.belts[name].spacing_s  # corners space parts out


def test_straight_line_is_sharp_for_a_swing_of_joint_1(six, around) -> None:
    """Two like tables at the same distance: joint 1 alone moves, and the bound is the time itself."""
    arm, stations = around(six, [(0.0, 1.2, 0.0), (1.2, 1.2, 1.2)])
    line_arm = Arm("arm", six, Pose(0, 0), tuple(stations), "first_come", 1.0)
    most = arms.arm_times(line_arm, stations)
    from layout.motion.bounds import _arm

    least = _arm(arm, type("Line", (), {"stations": stations})())
    assert most.loaded_s[0, 1] == pytest.approx(least.loaded_s[0, 1], abs=1e-4)


def test_importing_motion_is_light() -> None:
    import subprocess
    import sys

    heavy = ("numba", "ruckig", "eaik", "shapely", "scipy")
    code = f"import sys, layout.motion; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
