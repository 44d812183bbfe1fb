"""Fleets of vehicles: several units that share stations, times and a dispatch rule."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layout import objective
from layout.errors import LayoutError
from layout.flow import bound, simulate, trace, unconnected
from layout.flow.simulation import replicate
from tests.flow.builders import (
    arm,
    arm_times,
    exponential,
    fleet,
    fleet_times,
    line,
    moves,
    product,
    station,
)
from tests.reference import flow_values as values

EXACT = pytest.approx
RULES = ["first_come", "nearest", "longest_waiting", "pull"]


def shuttle(units, work=1e-3, **time):
    """Parts wait at `a`; vehicles bring them to `z`, 10 m off, 2 s to hand over at either end."""
    names = ["a", "z"]
    stations = [station("a", {"op": work}, source="saturated", servers=8, buffer=(0, 8)), station("z", sink=True)]
    made = line(stations, [product(route=["op"], sources=["a"], sinks=["z"])], fleets=[fleet("carts", units, names)],
                **time)  # fmt: skip
    return made, moves(fleets={"carts": fleet_times(names, [0.0, 10.0], handover_s=2.0)})


def cell(rule, units=0, **time):
    """Two machines with a place before and after each, on a lane; vehicles, or an arm with the same times."""
    lane = {"source": 0.0, "m1": 2.0, "m2": 3.5, "sink": 6.0}
    stations = [
        station("source", source="saturated"),
        station("m1", {"op1": exponential(14.0)}, buffer=(1, 1)),
        station("m2", {"op2": exponential(12.0)}, buffer=(1, 1)),
        station("sink", sink=True),
    ]
    names, at_m = list(lane), list(lane.values())
    routes = [product(route=["op1", "op2"])]
    if units == 0:
        made = line(stations, routes, arms=[arm("r", names, rule)], **time)
        return made, moves({"r": arm_times(names, at_m, pick_s=0.5, place_s=0.5)})
    made = line(stations, routes, fleets=[fleet("r", units, names, rule)], **time)
    return made, moves(fleets={"r": fleet_times(names, at_m, handover_s=0.5)})


def driven(made, times, name, until_s):
    return [(e.start_s, e.end_s, e.state, e.origin, e.target) for e in trace(made, times, until_s=until_s)
            if e.resource == name]  # fmt: skip


@pytest.mark.parametrize("units", [1, 2, 3, 5])
def test_vehicles_on_a_loop(units):
    """Out 10 s, back 10 s, two hand-overs of 2 s: each vehicle brings a part every 24 s."""
    made, times = shuttle(units, horizon_s=24.0 * 110, warmup_s=24.0 * 10)
    found = simulate(made, times)
    assert found.throughput_per_h.mean == EXACT(units * 3600 / 24)
    assert bound(made, times) == EXACT(units * 3600 / 24)
    (move,) = found.moves
    assert (move.transport, move.origin, move.target, move.length_m) == ("carts", "a", "z", 10.0)
    assert move.per_h == EXACT(units * 150)
    assert set(found.resources) == {"a", "z", *(f"carts {i + 1}" for i in range(units))}
    for i in range(units):
        assert found.resources[f"carts {i + 1}"] == EXACT(
            {"moving_empty": 10 / 24, "moving_loaded": 10 / 24, "handling": 4 / 24, "waiting": 0.0}
        )
    assert found.bottleneck in made.fleets["carts"].members
    assert objective.handling_distance_m(found) == EXACT(10.0)


def test_vehicle_drives_empty_takes_over_carries_gives_away():
    """The first starts docked at `a`, the second at `z`, the third at `a` again."""
    made, times = shuttle(3, work=1.0)
    assert driven(made, times, "carts 1", 30.0) == [
        (1.0, 3.0, "handling", "a", "a"),
        (3.0, 13.0, "moving_loaded", "a", "z"),
        (13.0, 15.0, "handling", "z", "z"),
        (15.0, 25.0, "moving_empty", "z", "a"),
        (25.0, 27.0, "handling", "a", "a"),
        (27.0, 30.0, "moving_loaded", "a", "z"),
    ]
    assert driven(made, times, "carts 2", 13.0)[0] == (1.0, 11.0, "moving_empty", "z", "a")
    assert driven(made, times, "carts 3", 3.0) == [(1.0, 3.0, "handling", "a", "a")]


@pytest.mark.parametrize("rule", RULES)
def test_the_vehicle_that_is_there_first_goes(rule):
    """Vehicles stand at 0, 5 and 9 m; the part waits at 7 m: the third is 2 m off, the second 2 m as well."""
    names = ["w", "x", "y", "a", "z"]
    stations = [station("a", {"op": 1.0}, source="saturated"), station("z", sink=True)]
    stations += [station(name) for name in "wxy"]
    made = line(stations, [product(route=["op"], sources=["a"], sinks=["z"])], fleets=[fleet("c", 3, names, rule)])
    for at_m, first in (([0.0, 5.0, 9.0, 7.0, 20.0], "c 2"), ([0.0, 5.0, 8.5, 7.0, 20.0], "c 3")):
        times = moves(fleets={"c": fleet_times(names, at_m, handover_s=1.0)})
        picks = [e for e in trace(made, times, until_s=6.0) if e.state == "handling"]
        assert picks[0].resource == first


def test_nearest_takes_the_nearer_part_though_another_waits_longer():
    """From `z` it is 20 m to `far` and 29 m to `near`."""
    names = ["x", "far", "near", "z"]
    stations = [
        station("far", {"op": 1.0}, source="saturated"),
        station("near", {"op": 2.0}, source="saturated"),
        station("x"),
        station("z", sink=True),
    ]
    made = line(stations, [product(route=["op"], sources=["far", "near"], sinks=["z"])])
    times = moves(fleets={"c": fleet_times(names, [0.0, 50.0, 1.0, 30.0], speed_m_s=100.0, handover_s=3.0)})
    told = {}
    for rule in ("first_come", "nearest"):
        ruled = replace(made, fleets={"c": fleet("c", 1, names, rule)})
        told[rule] = [e.target for e in trace(ruled, times, until_s=40.0) if e.state == "handling" and e.target != "z"]
    assert told["first_come"][:4] == ["far", "near", "far", "near"]
    assert told["nearest"][:4] == ["far", "far", "far", "far"]


@pytest.mark.parametrize("rule", RULES)
def test_fleet_of_one_is_an_arm(rule):
    vehicles, as_driven = cell(rule, 1, horizon_s=20_000.0)
    armed, as_carried = cell(rule, horizon_s=20_000.0)
    ours, theirs = simulate(vehicles, as_driven), simulate(armed, as_carried)
    assert ours.samples_per_h == theirs.samples_per_h
    assert ours.lead_time_s == theirs.lead_time_s
    assert ours.moves == theirs.moves
    assert ours.resources["r 1"] == theirs.resources["r"]
    assert bound(vehicles, as_driven) == EXACT(bound(armed, as_carried))
    events = trace(vehicles, as_driven, until_s=3000.0)
    assert [replace(e, resource="r" if e.resource == "r 1" else e.resource) for e in events] == trace(
        armed, as_carried, until_s=3000.0
    )


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.integers(1, 4), st.floats(0.1, 30.0), st.floats(0.5, 30.0), st.booleans())
def test_more_vehicles_never_hurt_a_shuttle(units, work_s, cv, arrivals):
    """One way, one kind of part: each part arrives no later. (With several ways more vehicles can get in the way of
    the rule, as more servers can: Graham's anomalies, 1969.)"""
    made, times = shuttle(units, exponential(work_s), horizon_s=2000.0)
    if arrivals:
        stations = {**made.stations, "a": replace(made.stations["a"], arrivals=exponential(cv))}
        made = replace(made, stations=stations)
    more = replace(made, fleets={"carts": replace(made.fleets["carts"], units=units + 1)})

    def arrive(given_line):
        return sorted(e.end_s for e in trace(given_line, times, until_s=2000.0)
                      if e.state == "handling" and e.target == "z" and e.end_s < 2000.0)  # fmt: skip

    few, many = arrive(made), arrive(more)
    assert len(many) >= len(few)
    assert all(a <= b + 1e-9 for a, b in zip(many, few, strict=False))


@pytest.mark.parametrize("rule", RULES)
def test_a_second_vehicle_helps_a_cell_and_the_bound_holds(rule):
    found = [simulate(*cell(rule, units, horizon_s=100_000.0, warmup_s=1000.0, replications=6)) for units in (1, 2, 3)]
    per_h = [f.throughput_per_h.mean for f in found]
    assert per_h[1] > per_h[0] + found[0].throughput_per_h.half_width
    assert per_h[2] >= per_h[1] - found[1].throughput_per_h.half_width
    for units, mean in zip((1, 2, 3), per_h, strict=True):
        assert mean <= bound(*cell(rule, units)) * 1.002


def queue_of_vehicles(units, **time):
    """Parts arrive at random; each task takes 4 s back, 1 + 4 + 1 s there: M/D/k, loaded to 80 %."""
    names = ["a", "z"]
    between = exponential(10.0 / units / values.UTILISATION)
    stations = [station("a", {"op": 1e-6}, source=between, buffer=(0, 1000)), station("z", sink=True)]
    made = line(stations, [product(route=["op"], sources=["a"], sinks=["z"])], fleets=[fleet("carts", units, names)],
                **time)  # fmt: skip
    return made, moves(fleets={"carts": fleet_times(names, [0.0, 4.0], handover_s=1.0)})


@pytest.mark.parametrize("units", [1, 2, 3])
def test_fleet_is_a_queue_with_as_many_servers(units):
    assert values.md_k_wait(1) == EXACT(values.MD1_WAIT)
    made, times = queue_of_vehicles(units, horizon_s=200_000.0, warmup_s=5000.0, replications=10)
    found = simulate(made, times).lead_time_s
    assert found.half_width < 1.0
    assert found.mean == EXACT(10.0 * (1.0 + values.md_k_wait(units)), abs=found.half_width)


def test_fleets_and_arms_serve_the_same_stations():
    """An arm and two vehicles: nothing is lost, and three carry more than one."""
    vehicles, as_driven = cell("nearest", 2, horizon_s=20_000.0)
    names = list(vehicles.stations)
    both = replace(vehicles, arms={"tender": arm("tender", names)})
    times = replace(as_driven, arms={"tender": arm_times(names, [0.0, 2.0, 3.5, 6.0], pick_s=0.5, place_s=0.5)})
    for run in replicate(both, times, seed=3, replications=2):
        assert run.entered == run.left + run.inside
        assert run.wip * 20_000.0 == EXACT(run.sojourn_s, rel=1e-9)
        assert all(sum(shares.values()) == EXACT(1.0, abs=1e-9) for shares in run.shares.values())
    assert {m.transport for m in simulate(both, times).moves} == {"tender", "r"}
    shuffled = replace(both, stations=dict(reversed(both.stations.items())), fleets=dict(both.fleets))
    assert simulate(shuffled, times) == simulate(both, times)


def test_a_way_of_its_own_for_empty_vehicles():
    """Docks on two sides: the empty way back takes 4 s, and 3 s from the one side of a station to the other."""
    made, times = shuttle(1, horizon_s=18.0 * 110, warmup_s=18.0 * 10)
    there = replace(times.fleets["carts"], empty_s=np.array([[3.0, 10.0], [4.0, 3.0]]))
    assert simulate(made, moves(fleets={"carts": there})).throughput_per_h.mean == EXACT(3600 / 18)
    assert bound(made, moves(fleets={"carts": there})) == EXACT(3600 / 18)


def test_ways_that_no_vehicle_can_go_are_none():
    """`z` cannot be reached from `a`: unconnected. Nor does a vehicle start for a part that it cannot get to."""
    made, times = shuttle(2)
    blocked = replace(times.fleets["carts"], travel_s=np.array([[0.0, np.inf], [10.0, 0.0]]))
    assert unconnected(made, moves(fleets={"carts": blocked})) == (("part", "a", ""),)
    with pytest.raises(LayoutError, match="takes 'part' from 'a'"):
        simulate(made, moves(fleets={"carts": blocked}))
    one_way = replace(times.fleets["carts"], travel_s=np.array([[0.0, 10.0], [np.inf, 0.0]]))
    assert simulate(made, moves(fleets={"carts": one_way}), replications=1).throughput_per_h.mean == EXACT(1.0)


def test_a_fleet_without_times_carries_nothing_and_limits_nothing():
    made, times = shuttle(2)
    assert unconnected(made) == ()
    assert unconnected(made, moves()) == (("part", "a", ""),)
    assert bound(made, moves()) > bound(made, times)
    assert bound(made, moves()) == EXACT(3600 * 8 / 1e-3)


def test_a_fleet_of_none_carries_nothing():
    made, times = shuttle(0)
    assert unconnected(made) == unconnected(made, times) == (("part", "a", ""),)
    assert bound(made, times) == 0.0
    names = list(made.stations)
    both = replace(made, arms={"r": arm("r", names)})
    carried = moves({"r": arm_times(names, [0.0, 10.0], pick_s=2.0, place_s=2.0)}, fleets=times.fleets)
    assert simulate(both, carried).bottleneck == "r"


def test_a_swap_that_no_fleet_can_make_is_named():
    """Two machines without places and parts that go round them both ways: however many vehicles, they lock."""
    stations = [
        station("source", source="saturated"),
        station("m1", {"op": {"p": 5.0}, "end": {"q": 4.0}}),
        station("m2", {"op": {"q": 5.0}, "end": {"p": 4.0}}),
        station("sink", sink=True),
    ]
    products = [product(name, ["op", "end"], share=0.5) for name in "pq"]
    names = ["source", "m1", "m2", "sink"]
    made = line(stations, products, fleets=[fleet("carts", 3, names)], horizon_s=7200.0)
    (deadlock,) = simulate(made, moves(fleets={"carts": fleet_times(names, [0, 1, 2, 3], handover_s=0.5)})).deadlocks
    assert deadlock.subjects == ("m1", "m2")
