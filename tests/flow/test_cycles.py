"""Robots that take parts from machines in turn: dispatch rule `cycle`."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layout.errors import LayoutError
from layout.flow import simulate, trace
from tests.flow.builders import (
    arm,
    arm_times,
    belt,
    belt_times,
    fleet,
    fleet_times,
    line,
    moves,
    product,
    station,
    zone,
)
from tests.reference import flow_values as values

D, E = values.SETHI_D, values.SETHI_E


def cell(p, order, *, d=D, e=E, period=1.0, cycles=100, units=0):
    """Source 0, machines 1 .. m, sink, in a row; a robot (or vehicles) that unloads them in this order."""
    m = len(p)
    names = ["source", *(f"m{i + 1}" for i in range(m)), "sink"]
    stations = [station("source", source="saturated"), station("sink", sink=True)]
    stations += [station(f"m{i + 1}", {f"op{i + 1}": t}) for i, t in enumerate(p)]
    cycle = [names[i] for i in order]
    robot = arm("robot", names, "cycle", cycle)
    carts = fleet("carts", units, names, "cycle", cycle)
    at = [i * d for i in range(m + 2)]
    made = line(stations, [product(route=[f"op{i + 1}" for i in range(m)])], arms=[] if units else [robot],
                fleets=[carts] if units else [], warmup_s=50 * period, horizon_s=(50 + cycles) * period)  # fmt: skip
    if units:
        return made, moves(fleets={"carts": fleet_times(names, at, handover_s=e)})
    return made, moves({"robot": arm_times(names, at, pick_s=e, place_s=e)})


def parted(made, times, until_s):
    """When parts leave, from the trace of the robot."""
    return [e.end_s for e in trace(made, times, until_s=until_s) if e.state == "handling" and e.target == "sink"]


def cycle_s(p, order, **how):
    """Seconds between parts over 40 of them, late enough for the cell to be periodic."""
    made, times = cell(p, order, **how)
    gone = parted(made, times, 100 * (2 * (len(p) + 2) ** 2 * (D + E) + sum(p)))
    return (gone[80] - gone[40]) / 40


def backward(m):
    return tuple(range(m, -1, -1))


def forward(m):
    return tuple(range(m + 1))


@pytest.mark.parametrize(("p", "f", "b"), [((20.0, 5.0), 34.0, 26.0), ((5.0, 30.0), 44.0, 36.0)])
def test_sethi_with_two_machines(p, f, b):
    assert values.sethi_forward(p) == f
    assert values.sethi_backward(p) == b
    assert cycle_s(p, forward(2)) == pytest.approx(f, rel=1e-9)
    assert cycle_s(p, backward(2)) == pytest.approx(b, rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(p=st.lists(st.floats(0.1, 60.0), min_size=1, max_size=4).map(tuple))
def test_forward_and_backward_of_any_times(p):
    m = len(p)
    assert cycle_s(p, forward(m)) == pytest.approx(values.sethi_forward(p), rel=1e-9)
    assert cycle_s(p, backward(m)) == pytest.approx(values.sethi_backward(p), rel=1e-9)


def robot_alone(p, order, n, d=D, e=E):
    """When n parts leave: the robot's moves one after another, by hand. Machines that hold nothing are left out."""
    m, at, now = len(p), 0, 0.0
    ready = {}  # machine -> when its part is done
    gone, turn = [], 0
    while len(gone) < n:
        i = order[turn % len(order)]
        turn += 1
        if i > 0 and i not in ready:
            continue
        now += abs(at - i) * d
        now = max(now, ready.pop(i, 0.0)) + e + d + e
        at = i + 1
        if at <= m:
            ready[at] = now + p[at - 1]
        else:
            gone.append(now)
    return gone


@settings(max_examples=60, deadline=None)
@given(data=st.data(), m=st.integers(1, 4))
def test_any_order_is_the_robots_moves_one_after_another(data, m):
    """All m! cycles of one part each (Sethi et al., lemma 1), and what they take."""
    p = tuple(data.draw(st.floats(0.1, 60.0)) for _ in range(m))
    order = (0, *data.draw(st.permutations(range(1, m + 1))))
    made, times = cell(p, order)
    exact = robot_alone(p, order, 40)
    assert parted(made, times, exact[-1] + 1.0)[:40] == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_mirrored_cell(order):
    """The same cell with the rail's other end as its zero."""
    made, times = cell((20.0, 5.0), order)
    there = [3 - x for x in range(4)]
    mirrored = moves({"robot": arm_times(list(made.arms["robot"].serves), there, pick_s=E, place_s=E)})
    assert simulate(made, times) == simulate(made, mirrored)


def test_one_vehicle_is_an_arm():
    for order in (forward(2), backward(2)):
        made, times = cell((20.0, 5.0), order)
        carts, tours = cell((20.0, 5.0), order, units=1)
        assert parted(made, times, 900.0) == parted(carts, tours, 900.0)


def test_vehicles_go_round_by_themselves():
    """Two vehicles, forward, one machine of 20 s: while one waits there the other brings the next part."""
    made, times = cell((20.0,), forward(1), units=2)
    gone = parted(made, times, 2000.0)
    # m1 holds one part: pick 0.5 (the next one's place is kept from here on), and by then the other starts: 1 + 2 x 0.5
    assert gone[60] - gone[59] == pytest.approx(20.0 + 0.5 + 2.0, abs=1e-9)


def test_turns_without_a_part_to_come_are_left_out():
    """From an empty line the backward cycle takes the source's part first; the robot never stands at the empty m2."""
    made, times = cell((20.0, 5.0), backward(2))
    told = trace(made, times, until_s=30.0)
    steps = [(e.start_s, e.state, e.origin, e.target) for e in told if e.resource == "robot"]
    assert steps == [
        (0.0, "handling", "source", "source"),
        (0.5, "moving_loaded", "source", "m1"),
        (1.5, "handling", "m1", "m1"),
        # m2 is empty and nothing but the robot feeds it: it waits at m1, done at 22, though the source has a part
        (22.0, "handling", "m1", "m1"),
        (22.5, "moving_loaded", "m1", "m2"),
        (23.5, "handling", "m2", "m2"),
        (24.0, "moving_empty", "m2", "source"),
        (26.0, "handling", "source", "source"),
        (26.5, "moving_loaded", "source", "m1"),
        (27.5, "handling", "m1", "m1"),
        (28.0, "moving_empty", "m1", "m2"),
        (29.0, "handling", "m2", "m2"),
        (29.5, "moving_loaded", "m2", "sink"),
    ]


def test_a_turn_that_a_belt_feeds_is_waited_for_once_something_is_under_way():
    """source - robot - m1 - belt - m2 - robot - sink, backward: the first part is there before m2 has its turn."""
    names = ["source", "m1", "m2", "sink"]
    stations = [station("source", source="saturated"), station("m1", {"a": 4.0}), station("m2", {"b": 3.0}),
                station("sink", sink=True)]  # fmt: skip
    made = line(stations, [product(route=["a", "b"])], arms=[arm("robot", names, "cycle", ["m2", "source"])],
                belts=[belt("m1", "m2", name="belt")])  # fmt: skip
    times = moves({"robot": arm_times(names, [0, 1, 2, 3], pick_s=E, place_s=E)}, {"belt": belt_times(5.0)})
    handed = [e for e in trace(made, times, until_s=40.0) if e.resource == "robot" and e.state == "handling"]
    taken = [(e.start_s, e.origin) for e in handed if e.start_s > 0 and e.origin in ("source", "m2")]
    # m1 is done at 6; m2 at 6 + 5 + 3 = 14; sink at 16; back to the source (3 d) at 19, m1 at 21 .. 25, m2 33
    assert taken == [(14.0, "m2"), (19.0, "source"), (33.0, "m2"), (38.0, "source")]


def test_a_robot_waits_outside_the_space_it_shares():
    """Two robots hand over at a machine between them; both would wait there for their turn, and do so outside."""
    names = {"left": ["source", "m1"], "right": ["m1", "sink"]}
    stations = [station("source", source="saturated"), station("m1", {"a": 10.0}), station("sink", sink=True)]
    made = line(stations, [product(route=["a"])],
                arms=[arm("left", names["left"], "cycle", ["source"]), arm("right", names["right"], "cycle", ["m1"])],
                )  # fmt: skip
    times = {"left": arm_times(names["left"], [0, 2], pick_s=E, place_s=E, home_m=0),
             "right": arm_times(names["right"], [2, 4], pick_s=E, place_s=E, home_m=4)}  # fmt: skip
    shared = moves(times, zones=[zone("m1", times, {"left": ["m1"], "right": ["m1"]})])
    free = moves(times)
    apart = [e.end_s for e in trace(made, free, until_s=500.0) if e.target == "sink" and e.state == "handling"]
    gone = [e.end_s for e in trace(made, shared, until_s=500.0) if e.target == "sink" and e.state == "handling"]
    # alone: done, pick .5 and the left one stands at m1 with the next part: placed 3 after its own pick began
    # shared: it is 2 m away when m1 is done, and the left one 2 m away when that has gone
    assert apart[20] - apart[19] == pytest.approx(10.0 + 0.5 + 2.0 + 0.5 + 0.5, abs=1e-9)
    assert gone[20] - gone[19] > apart[20] - apart[19]
    inside = [e for e in trace(made, shared, until_s=500.0) if e.resource == "right" and e.target == "m1"]
    for coming, pick in zip(inside[0::2], inside[1::2], strict=False):
        assert coming.state == "moving_empty"
        assert pick.start_s == coming.end_s  # it does not stand there waiting


def test_a_cycle_that_cannot_go_on_is_named():
    """Nobody takes parts from m2: it waits for the robot, which stands at m1 with no room for its part."""
    for source in ("saturated", 50.0):
        made, times = cell((20.0, 5.0), (0, 1), period=34.0)
        made = replace(made, stations={**made.stations, "source": station("source", source=source)})
        found = simulate(made, times)
        (deadlock,) = found.deadlocks
        assert deadlock.subjects == ("m2", "robot")
        assert deadlock.amount * 3600 > 0.9 * 150 * 34.0 - 200.0
        assert found.throughput_per_h.mean == 0
        assert sum(found.resources["robot"].values()) == pytest.approx(1.0)


def test_a_cycle_that_goes_on_is_no_deadlock():
    for order in (forward(2), backward(2), (1, 0, 2)):
        for until in (50.0, 61.0, 77.7, 100.1):
            made, times = cell((20.0, 5.0), order)
            short = replace(made, time=made.time.model_copy(update={"horizon_s": until, "warmup_s": 0.0}))
            assert simulate(short, times).deadlocks == ()


def test_permuted_names_and_files_change_nothing():
    made, times = cell((20.0, 5.0, 7.0), (0, 2, 3, 1))
    turned = replace(made, stations=dict(reversed(made.stations.items())))
    assert simulate(made, times) == simulate(turned, times)


@pytest.mark.parametrize(("cycle", "words"), [((), "no cycle"), (("source", "m9"), "does not serve")])
def test_cycles_that_cannot_be(cycle, words):
    made, times = cell((20.0, 5.0), forward(2))
    robot = replace(made.arms["robot"], cycle=cycle)
    with pytest.raises(LayoutError, match=words):
        simulate(replace(made, arms={"robot": robot}), times)
