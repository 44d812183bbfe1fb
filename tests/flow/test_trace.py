"""The trace: what each resource did, as the run counted it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layout.flow import simulate, trace
from tests.flow.builders import arm, arm_times, exponential, failure, line, link, moves, product, station

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
