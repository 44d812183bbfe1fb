"""The trace: what each resource did, as the run counted it."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layout.flow import simulate, trace
from layout.model.production import Shift
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
    station,
)

HORIZON_S = 4000.0


def shares(events, resource, servers=1):
    """State -> share of the time of one server, from events alone."""
    spent = {}
    for event in events:
        if event.resource == resource:
            spent[event.state] = spent.get(event.state, 0.0) + event.end_s - event.start_s
    return {state: time / HORIZON_S / servers for state, time in spent.items()}


@settings(deadline=None, max_examples=25)
@given(
    buffers=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=3, max_size=3),
    servers=st.lists(st.integers(1, 3), min_size=3, max_size=3),
    breaks=st.booleans(),
)
def test_shares_of_the_trace_are_those_of_the_run(buffers, servers, breaks):
    mode = {"wear": failure(exponential(90.0), exponential(20.0))} if breaks else {}
    names = ["a", "b", "c"]
    stations = [
        station(name, {f"cut {name}": exponential(10.0)}, buffer=buffer, servers=number, failures=mode,
                source="saturated" if name == "a" else None)
        for name, buffer, number in zip(names, buffers, servers, strict=True)
    ] + [station("out", sink=True)]  # fmt: skip
    links = [link("b", "c"), link("c", "out", 2.0)]
    made = line(stations, [product(route=[f"cut {n}" for n in names], sources=["a"], sinks=["out"])], links=links,
                arms=[arm("robot", ["a", "b"])], warmup_s=0.0, horizon_s=HORIZON_S, replications=2)  # fmt: skip
    times = moves({"robot": arm_times(["a", "b"], [0.0, 2.0], pick_s=1.0, place_s=1.0)})
    counted = simulate(made, times, replications=1).resources
    events = trace(made, times, until_s=HORIZON_S)
    for name, number in zip(names, servers, strict=True):
        found = shares(events, name, number)
        for state in ("working", "blocked", "down"):
            assert found.get(state, 0.0) == pytest.approx(counted[name][state], abs=1e-9), (name, state)
    assert {(e.resource, e.operation) for e in events if e.state == "working"} <= {(n, f"cut {n}") for n in names}
    assert all(e.operation == "" for e in events if e.state != "working")


def test_a_held_part_is_blocked_until_it_moves_up():
    """A fast station before a slow one: with one place after it, a part waits there and the next one is blocked."""
    stations = [
        station("fast", {"cut": 1.0}, buffer=(0, 1), source="saturated"),
        station("slow", {"mill": 10.0}),
        station("out", sink=True),
    ]
    made = line(stations, [product(route=["cut", "mill"], sources=["fast"], sinks=["out"])],
                links=[link("fast", "slow"), link("slow", "out")])  # fmt: skip
    seen = [(e.start_s, e.end_s, e.state, e.part) for e in trace(made, moves(), until_s=30.0) if e.resource == "fast"]
    assert seen == [
        (0.0, 1.0, "working", 0), (1.0, 2.0, "working", 1), (2.0, 3.0, "working", 2), (2.0, 11.0, "waiting", 1),
        (3.0, 11.0, "blocked", 2), (11.0, 12.0, "working", 3), (11.0, 21.0, "waiting", 2), (12.0, 21.0, "blocked", 3),
        (21.0, 22.0, "working", 4), (21.0, 30.0, "waiting", 3), (22.0, 30.0, "blocked", 4),
    ]  # fmt: skip


@pytest.mark.parametrize("blocking", ["after", "before"])
def test_a_machine_is_in_one_state_at_a_time(blocking):
    """It may break down or go off shift while it is blocked; its finished part waits in it, and may be taken away."""
    stations = [
        station("dock", source=exponential(9.0)),
        station("saw", {"cut": exponential(5.0)}, blocking=blocking, shift=Shift(on=((0.0, 300.0),), every=400.0),
                failures={"calendar": failure(exponential(60.0), exponential(10.0), "calendar")}),
        station("mill", {"mill": exponential(11.0)}, failures={"long": failure(exponential(200.0), exponential(60.0))}),
        station("out", sink=True),
    ]  # fmt: skip
    made = line(stations, [product(route=["cut", "mill"], sources=["dock"], sinks=["out"])],
                belts=[belt("dock", "saw")], links=[link("saw", "mill"), link("mill", "out")],
                horizon_s=HORIZON_S)  # fmt: skip
    times = moves(belts={"dock~saw": belt_times(6.0, 3)})
    counted = simulate(made, times, replications=1).resources["saw"]
    events = trace(made, times, until_s=HORIZON_S)
    at_saw = shares(events, "saw")
    for state in ("working", "blocked", "down", "off_shift"):
        assert at_saw[state] == pytest.approx(counted[state], abs=1e-9) and counted[state] > 0.01, state
    states = sorted((e.start_s, e.end_s) for e in events if e.resource == "saw" and e.state != "waiting")
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(states))
    at = {}
    for event in events:
        at.setdefault(event.part, []).append((event.start_s, event.end_s))
    at.pop(-1)
    assert all(a[1] <= b[0] for stays in at.values() for a, b in itertools.pairwise(sorted(stays)))


def test_what_waits_at_the_end_is_in_the_trace():
    """Outside a source, and in the queue on a belt: as much of it as a longer run tells of the same time."""
    stations = [station("dock", source=4.0), station("saw", {"cut": 30.0}), station("out", sink=True)]
    made = line(stations, [product(route=["cut"], sources=["dock"], sinks=["out"])], belts=[belt("dock", "saw")],
                links=[link("saw", "out")])  # fmt: skip
    times = moves(belts={"dock~saw": belt_times(2.0, 3)})
    longer = [e for e in trace(made, times, until_s=400.0) if e.start_s < 100.0]
    assert sorted((e.start_s, min(e.end_s, 100.0), e.resource, e.part) for e in longer) == sorted(
        (e.start_s, e.end_s, e.resource, e.part) for e in trace(made, times, until_s=100.0)
    )
