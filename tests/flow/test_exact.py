"""Lines of fixed times, worked out by hand: exact to 1e-9, each meaning of `docs/flow.md` in the smallest line."""

import math

import pytest

from layout.errors import LayoutError
from layout.flow import simulate, trace, unconnected
from layout.flow.simulation import replicate
from layout.model.distribution import deterministic
from layout.model.results import Estimate
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
from tests.flow.recursion import recursion

EXACT = pytest.approx


def leaves(given, times=None, until_s=1000.0):
    """When parts leave the last station: end of its work (s)."""
    last = list(given.stations)[-1]
    return [
        e.end_s for e in trace(given, times or moves(), until_s=until_s) if e.resource == last and e.state == "working"
    ]


@pytest.mark.parametrize("buffers", [(0, 0), (1, 0), (0, 2), (3, 1)])
def test_serial_line_equals_the_recursion(buffers):
    times = (2.0, 3.5, 1.25)
    given = serial(times, buffers, horizon_s=200.0)
    exact = recursion([[t] * 40 for t in times], buffers, 40)
    assert leaves(given, until_s=200.0)[:40] == EXACT(exact, abs=1e-9)


def test_shares_of_a_blocked_and_a_starved_machine():
    """1 s, 2 s, 1.6 s: the second always works, the first is blocked half the time, the third starved a fifth."""
    found = simulate(serial([1.0, 2.0, 1.6], 0, warmup_s=20.0, horizon_s=220.0), moves())
    assert found.throughput_per_h.mean == EXACT(1800.0)
    assert found.throughput_per_h.half_width == 0
    assert found.resources["m1"] == EXACT(
        {"working": 0.5, "setup": 0, "blocked": 0.5, "starved": 0, "down": 0, "off_shift": 0, "unattended": 0}
    )
    assert found.resources["m3"]["starved"] == EXACT(0.2)
    assert found.bottleneck == "m2"
    assert found.lead_time_s.mean == EXACT(2.0 + 2.0 + 1.6)
    assert found.wip.mean == EXACT(5.6 / 2)
    assert [(m.transport, m.per_h) for m in found.moves] == [("m1-m2", EXACT(1800)), ("m2-m3", EXACT(1800))]


def test_only_parts_that_leave_after_the_warm_up_and_up_to_the_horizon_count():
    found = simulate(serial([10.0], warmup_s=30.0, horizon_s=70.0), moves())
    assert found.throughput_per_h.mean == EXACT(4 * 3600 / 40)  # those of 40, 50, 60 and 70 s


def test_out_buffer_frees_the_machine():
    """2 s of work, then a machine of 100 s: two parts wait in the out-buffer before this one is blocked."""
    stations = [
        station("a", {"work": 2.0}, buffer=(0, 2), source="saturated"),
        station("b", {"more": 100.0}, sink=True),
    ]
    given = line(stations, [product(route=["work", "more"], sources=["a"], sinks=["b"])], links=[link("a", "b")])
    starts = [e.start_s for e in trace(given, moves(), until_s=150.0) if e.resource == "a" and e.state == "working"]
    assert starts == EXACT([0, 2, 4, 6, 102])


def test_servers_work_side_by_side():
    stations = [station("a", {"work": 9.0}, servers=3, source="saturated", sink=True)]
    given = line(stations, [product(sources=["a"], sinks=["a"])], warmup_s=90.0, horizon_s=180.0)
    found = simulate(given, moves())
    assert found.throughput_per_h.mean == EXACT(3600 / 3)
    assert found.resources["a"]["working"] == EXACT(1.0)


@pytest.mark.parametrize("clock", ["operating", "calendar"])
def test_failure_keeps_its_part_and_the_rest_is_done_after_the_repair(clock):
    """4 s of work; after 6 s up (it never waits, so both clocks agree) 5 s of repair, in which neither clock runs."""
    mode = {"jam": failure(deterministic(6.0), deterministic(5.0), clock)}
    told = [
        (e.start_s, e.end_s, e.state, e.part) for e in trace(serial([4.0], failures={0: mode}), moves(), until_s=20.0)
    ]
    assert told == [
        (0.0, 4.0, "working", 0),
        (4.0, 6.0, "working", 1),
        (6.0, 11.0, "down", 1),
        (11.0, 13.0, "working", 1),
        (13.0, 17.0, "working", 2),
        (17.0, 20.0, "down", 3 if clock == "operating" else -1),  # on the calendar it fails before the next part is in
    ]


@pytest.mark.parametrize(("clock", "first_s"), [("operating", 40.5), ("calendar", 3.5)])
def test_calendar_failures_go_on_while_a_machine_waits(clock, first_s):
    """A part every 10 s, 1 s of work: 3.5 s of work are over at 40.5 s."""
    mode = {"jam": failure(deterministic(3.5), deterministic(0.5), clock)}
    given = serial([1.0], failures={0: mode}, source=deterministic(10.0))
    down = [e for e in trace(given, moves(), until_s=100.0) if e.state == "down"]
    assert (down[0].start_s, down[0].end_s) == EXACT((first_s, first_s + 0.5))


def test_belt_carries_accumulates_and_spaces():
    """Transit 5 s, two places, 1 s between parts; the machine behind takes 10 s."""
    stations = [station("a", source="saturated"), station("b", {"work": 10.0}, sink=True)]
    given = line(stations, [product(sources=["a"], sinks=["b"])], belts=[belt("a", "b")], horizon_s=100.0)
    times = moves(belts={"a~b": belt_times(5.0, 2, 1.0)})
    events = [e for e in trace(given, times, until_s=100.0) if e.resource == "a~b" and e.state == "transit"]
    assert [e.start_s for e in events][:5] == EXACT([0, 1, 5, 15, 25])
    assert leaves(given, times, until_s=95.0) == EXACT([15.0 + 10 * i for i in range(9)])
    found = simulate(timed(given, warmup_s=50.0), times)
    assert found.throughput_per_h.mean == EXACT(360.0)
    assert found.resources["a~b"]["empty"] == 0


def test_belt_releases_no_faster_than_its_spacing():
    """Parts pile up behind a machine of 0.5 s that breaks down for 100 s; then they come 2 s apart."""
    stations = [
        station("a", source="saturated"),
        station("b", {"first": 0.5}, failures={"stop": failure(deterministic(0.8), deterministic(100.0))}, sink=True),
    ]
    given = line(stations, [product(route=["first"], sources=["a"], sinks=["b"])], belts=[belt("a", "b")])
    told = trace(given, moves(belts={"a~b": belt_times(4.0, 5, 2.0)}), until_s=120.0)
    work = [(e.part, e.start_s) for e in told if e.resource == "b" and e.state == "working"]
    assert work[:5] == [(0, 4.0), (1, 6.0), (1, EXACT(106.3)), (2, EXACT(106.5)), (3, EXACT(108.5))]


def test_arm_moves_empty_picks_carries_places():
    """Stations 2 m apart at 1 m/s, 3 s to pick, 4 s to place; at first it stands at `stations[0]`, the far one."""
    stations = [station("a", source="saturated"), station("b", {"work": 1.0}), station("out", sink=True)]
    given = line(stations, [product(sources=["a"], sinks=["out"])], arms=[arm("r", ["a", "b", "out"])], horizon_s=1e4)
    times = moves({"r": arm_times(["out", "a", "b"], [4.0, 0.0, 2.0], pick_s=3.0, place_s=4.0)})
    told = [(e.start_s, e.end_s, e.state, e.origin, e.target) for e in trace(given, times, until_s=30.0)
            if e.resource == "r"]  # fmt: skip
    assert told == [
        (0.0, 4.0, "moving_empty", "out", "a"),
        (4.0, 7.0, "handling", "a", "a"),
        (7.0, 9.0, "moving_loaded", "a", "b"),
        (9.0, 13.0, "handling", "b", "b"),
        (14.0, 17.0, "handling", "b", "b"),
        (17.0, 19.0, "moving_loaded", "b", "out"),
        (19.0, 23.0, "handling", "out", "out"),
        (23.0, 27.0, "moving_empty", "out", "a"),
        (27.0, 30.0, "handling", "a", "a"),
    ]
    cycle_s = 4 + 3 + 2 + 4 + 1 + 3 + 2 + 4
    found = simulate(timed(given, warmup_s=10.0 * cycle_s, horizon_s=110.0 * cycle_s), times)
    assert found.throughput_per_h.mean == EXACT(3600 / cycle_s)
    assert found.resources["r"] == EXACT(
        {"moving_empty": 4 / 23, "moving_loaded": 4 / 23, "handling": 14 / 23, "waiting": 1 / 23}
    )
    assert found.bottleneck == "r"
    assert {(m.origin, m.target): m.length_m for m in found.moves} == {("a", "b"): 2.0, ("b", "out"): 2.0}


def test_part_passes_through_a_station_without_an_operation():
    """Belt, infeed, arm: the infeed has one place and takes no time."""
    stations = [station("dock", source="saturated"), station("infeed"), station("m", {"work": 5.0}, sink=True)]
    given = line(stations, [product(sources=["dock"], sinks=["m"])], arms=[arm("r", ["infeed", "m"])],
                 belts=[belt("dock", "infeed")])  # fmt: skip
    times = moves(
        {"r": arm_times(["infeed", "m"], [0, 1], pick_s=1, place_s=1)}, {"dock~infeed": belt_times(7.0, 9, 1.0)}
    )
    work = [e for e in trace(given, times, until_s=30.0) if e.resource == "m" and e.state == "working"]
    assert work[0].start_s == EXACT(7 + 1 + 1 + 1)
    assert work[1].start_s == EXACT(15 + 1 + 1 + 1 + 1)  # the arm's way back, pick, way, place


def test_parts_choose_the_shortest_queue_and_then_the_first_name():
    machines = [station(f"m{i}", {"work": t}, buffer=(5, 0)) for i, t in ((1, 4.0), (2, 4.0), (10, 4.0))]
    stations = [station("a", source=deterministic(1.0)), *machines, station("out", sink=True)]
    links = [link("a", m.name) for m in machines] + [link(m.name, "out") for m in machines]
    given = line(stations, [product(sources=["a"], sinks=["out"])], links=links)
    work = [(e.start_s, e.resource) for e in trace(given, moves(), until_s=6.5) if e.state == "working"]
    assert work == [(1.0, "m1"), (2.0, "m2"), (3.0, "m10"), (5.0, "m1"), (6.0, "m2")]


def test_little_holds_and_nothing_is_lost():
    given = serial([exponential(1.0)] * 3, 2, source=exponential(1.5), warmup_s=100.0, horizon_s=5000.0)
    for run in replicate(given, moves(), seed=3, replications=3):
        assert run.wip * 4900.0 == EXACT(run.sojourn_s, rel=1e-9)
        assert run.entered == run.left + run.inside


def test_parts_that_wait_at_a_saturated_source_are_not_in_the_line():
    stations = [station("a", source="saturated"), station("b", {"work": 8.0}, sink=True)]
    given = line(
        stations, [product(sources=["a"], sinks=["b"])], links=[link("a", "b")], warmup_s=80.0, horizon_s=160.0
    )
    found = simulate(given, moves())
    assert found.wip.mean == EXACT(1.0)
    assert found.lead_time_s.mean == EXACT(8.0)
    assert found.resources["a"]["blocked"] == EXACT(1.0)


def test_a_line_that_makes_nothing_has_an_endless_lead_time():
    found = simulate(serial([1000.0], horizon_s=100.0), moves())
    assert found.throughput_per_h == Estimate(0.0, 0.0, 0.99, 2)
    assert found.lead_time_s.mean == math.inf


def test_unconnected_steps_are_named_and_refused():
    stations = [station("a", source="saturated"), station("b", {"work": 1.0}), station("c", sink=True)]
    given = line(stations, [product(route=["work", "paint"], sources=["a"], sinks=["c"])], links=[link("b", "c")])
    assert unconnected(given) == (("part", "a", "work"), ("part", "b", "paint"))
    with pytest.raises(LayoutError, match="'work'"):
        simulate(given, moves())
    armed = line(stations, [product(sources=["a"], sinks=["c"])], arms=[arm("r", ["a", "b", "c"])])
    assert unconnected(armed) == ()
    assert unconnected(armed, moves()) == (("part", "a", "work"), ("part", "b", ""))


def test_a_warm_up_as_long_as_the_horizon_is_refused():
    with pytest.raises(LayoutError, match="warm-up"):
        simulate(serial([1.0], warmup_s=100.0, horizon_s=100.0), moves())
