"""Machines that close a door before they work and open it afterwards."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layout.flow import bound, simulate, trace
from layout.model.distribution import deterministic
from tests.flow.builders import (
    arm,
    arm_times,
    belt,
    belt_times,
    exponential,
    failure,
    line,
    link,
    moves,
    product,
    serial,
    station,
    timed,
)

EXACT = pytest.approx


def work(made, times, until_s, name="m1"):
    return [(e.start_s, e.end_s, e.part) for e in trace(made, times, until_s=until_s)
            if e.resource == name and e.state == "working"]  # fmt: skip


def test_door_adds_its_times_to_the_cycle():
    """5 s of work, 2 s to close, 3 s to open: 10 s; without the door 5 s."""
    made = serial([5.0], horizon_s=1000.0)
    times = moves(doors={"m1": (2.0, 3.0)})
    assert simulate(made, times).throughput_per_h.mean == EXACT(360.0)
    assert simulate(made, moves()).throughput_per_h.mean == EXACT(720.0)
    assert simulate(made, times).resources["m1"]["working"] == EXACT(1.0)
    assert work(made, times, 20.0) == [(0.0, 10.0, 0), (10.0, 20.0, 1)]
    assert bound(made, times) == EXACT(360.0)


def test_door_stays_closed_between_two_operations_of_one_visit():
    """4 + 1 s of work behind one door of 2 + 3 s: 10 s."""
    one = station("m1", {"first": 4.0, "second": 1.0}, source="saturated", sink=True)
    made = line([one], [product(route=["first", "second"], sources=["m1"], sinks=["m1"])], horizon_s=1000.0)
    times = moves(doors={"m1": (2.0, 3.0)})
    assert work(made, times, 20.0) == [(0.0, 6.0, 0), (6.0, 10.0, 0), (10.0, 16.0, 1), (16.0, 20.0, 1)]
    assert bound(made, times) == EXACT(360.0)


@pytest.mark.parametrize("nothing_first", [True, False])
def test_operation_of_no_time_moves_no_door_by_itself(nothing_first):
    first, second = (0.0, 5.0) if nothing_first else (5.0, 0.0)
    one = station("m1", {"first": first, "second": second}, source="saturated", sink=True)
    made = line([one], [product(route=["first", "second"], sources=["m1"], sinks=["m1"])], horizon_s=1000.0)
    for doors in ((2.0, 3.0), (0.0, 5.0), (5.0, 0.0)):
        assert simulate(made, moves(doors={"m1": doors})).throughput_per_h.mean == EXACT(360.0)


def test_door_opens_and_closes_at_each_visit():
    """Out to the oven and back in again: two visits, two doors."""
    stations = [station("m1", {"first": 4.0, "third": 6.0}, source="saturated", sink=True), station("m2", {"mid": 1.0})]
    made = line(stations, [product(route=["first", "mid", "third"], sources=["m1"], sinks=["m1"])],
                links=[link("m1", "m2"), link("m2", "m1")])  # fmt: skip
    assert bound(made, moves(doors={"m1": (2.0, 3.0)})) == EXACT(3600 / (10.0 + 10.0))


def test_part_is_ready_when_the_door_is_open():
    """An arm fetches it then, not before: 1 + 7 + 2 s."""
    stations = [station("a", {"op": 7.0}, source="saturated"), station("z", sink=True)]
    made = line(stations, [product(route=["op"], sources=["a"], sinks=["z"])], arms=[arm("r", ["a", "z"])])
    times = moves({"r": arm_times(["a", "z"], [0.0, 3.0], pick_s=1.0, place_s=1.0)}, doors={"a": (1.0, 2.0)})
    picks = [e.start_s for e in trace(made, times, until_s=40.0)
             if e.resource == "r" and e.state == "handling" and e.target == "a"]  # fmt: skip
    assert picks[0] == EXACT(10.0)
    assert picks[1] == EXACT(24.0)  # in at 11, ready at 21, the arm comes from 3 m away


def test_door_of_a_machine_between_belts():
    stations = [station("a", source="saturated"), station("m", {"op": 4.0}), station("z", sink=True)]
    made = line(stations, [product(route=["op"], sources=["a"], sinks=["z"])], belts=[belt("a", "m"), belt("m", "z")],
                horizon_s=3600.0, warmup_s=600.0)  # fmt: skip
    belts = {"a~m": belt_times(5.0, 3, 1.0), "m~z": belt_times(5.0, 3, 1.0)}
    assert simulate(made, moves(belts=belts, doors={"m": (1.0, 1.5)})).throughput_per_h.mean == EXACT(3600 / 6.5, abs=2)


def test_door_of_a_station_on_the_way_stays_open():
    """A part that only passes through has nothing done to it."""
    stations = [station("a", source="saturated"), station("mid"), station("z", {"op": 2.0}, sink=True)]
    made = line(
        stations, [product(route=["op"], sources=["a"], sinks=["z"])], links=[link("a", "mid"), link("mid", "z")]
    )
    assert simulate(made, moves(doors={"mid": (50.0, 50.0)})) == simulate(made, moves())


def test_operating_clock_runs_while_the_door_moves():
    """Occupied 1 + 2 + 1 s for each part; after 6 s of that it fails, in the second part's work."""
    mode = {"jam": failure(deterministic(6.0), deterministic(5.0))}
    told = [(e.start_s, e.end_s, e.state, e.part) for e in
            trace(serial([2.0], failures={0: mode}), moves(doors={"m1": (1.0, 1.0)}), until_s=13.0)]  # fmt: skip
    assert told == [
        (0.0, 4.0, "working", 0),
        (4.0, 6.0, "working", 1),
        (6.0, 11.0, "down", 1),
        (11.0, 13.0, "working", 1),
    ]


def test_bound_divides_door_times_by_availability():
    mode = {"jam": failure(exponential(90.0), exponential(10.0))}
    made = serial([exponential(4.0)], failures={0: mode}, horizon_s=200_000.0, replications=4)
    times = moves(doors={"m1": (0.5, 0.5)})
    assert bound(made, times) == EXACT(3600 / (5.0 * (1 + 1 / 9)))
    found = simulate(made, times).throughput_per_h
    assert abs(found.mean - bound(made, times)) < max(found.half_width, 2.0)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(st.lists(st.floats(0.2, 5.0), min_size=2, max_size=4), st.integers(0, 2), st.booleans())
def test_doors_of_no_time_change_nothing(means, places, fails):
    mode = {"jam": failure(exponential(40.0), exponential(4.0))} if fails else {}
    made = serial([exponential(t) for t in means], places, failures={0: mode}, horizon_s=600.0)
    shut = moves(doors=dict.fromkeys(made.stations, (0.0, 0.0)))
    assert simulate(made, shut) == simulate(made, moves())
    assert trace(made, shut, until_s=300.0) == trace(made, moves(), until_s=300.0)
    assert bound(made, shut) == bound(made, moves())


@settings(max_examples=20, deadline=None, derandomize=True)
@given(st.lists(st.floats(0.2, 5.0), min_size=1, max_size=4), st.integers(0, 2), st.floats(0.1, 3.0))
def test_fixed_times_with_doors_are_longer_fixed_times(means, places, doors_s):
    """The same line, its doors counted to the work."""
    made = timed(serial(means, places), horizon_s=600.0)
    longer = timed(serial([t + doors_s for t in means], places), horizon_s=600.0)
    shut = moves(doors=dict.fromkeys(made.stations, (doors_s / 2, doors_s / 2)))
    last = f"m{len(means)}"
    ours, theirs = work(made, shut, 300.0, last), work(longer, moves(), 300.0, last)
    assert np.array(ours) == EXACT(np.array(theirs), abs=1e-9)
