"""Shifts: by hand, against SimPy with the same draws, and what must always hold."""

from dataclasses import replace

import numpy as np
import pytest
import simpy
from hypothesis import given, settings
from hypothesis import strategies as st

from layout.flow import simulate, trace
from layout.flow.network.hours import begins_on, switch_times
from layout.model.distribution import deterministic
from layout.model.production import Shift
from tests.flow.builders import exponential, failure, line, link, moves, product, serial, station, timed
from tests.flow.test_oracle import SEED, Draws

FAILS = {"f": failure(exponential(40.0), exponential(5.0)),
         "c": failure(exponential(60.0), exponential(3.0), "calendar")}  # fmt: skip


def shift(*on, every=100.0):
    return Shift(on=on, every=every)


@pytest.mark.parametrize(
    ("on", "begins", "times"),
    [
        ([(10.0, 30.0)], False, [10.0, 30.0]),
        ([(0.0, 30.0)], True, [30.0, 100.0]),
        ([(0.0, 30.0), (60.0, 100.0)], True, [30.0, 60.0]),
        ([(20.0, 40.0), (40.0, 70.0), (35.0, 50.0)], False, [20.0, 70.0]),
        ([(80.0, 120.0)], True, [20.0, 80.0]),
        ([(0.0, 100.0)], True, []),
        ([(0.0, 50.0), (50.0, 100.0)], True, []),
    ],
)
def test_switch_times(on, begins, times):
    assert begins_on(shift(*on)) == begins
    assert switch_times(shift(*on)) == times


def alone(work_s, on, failures=None, **time):
    entry = station("m", {"op": work_s}, source="saturated", sink=True, shift=on, failures=failures)
    return line([entry], [product(route=["op"], sources=["m"], sinks=["m"])], replications=1, **time)


def spells(made, until_s, states=("working", "down", "off_shift")):
    return [(e.start_s, e.end_s, e.state) for e in trace(made, moves(), seed=SEED, until_s=until_s)
            if e.state in states]  # fmt: skip


def test_work_stops_and_goes_on():
    """7 s of work, at work from 10 to 30 s in each 40 s: what is left is done in the next round."""
    assert spells(alone(7.0, shift((10.0, 30.0), every=40.0)), 60.0) == [
        (0.0, 10.0, "off_shift"),
        (10.0, 17.0, "working"),
        (17.0, 24.0, "working"),
        (24.0, 30.0, "working"),
        (30.0, 50.0, "off_shift"),
        (50.0, 51.0, "working"),
        (51.0, 58.0, "working"),
        (58.0, 60.0, "working"),
    ]
    found = simulate(alone(7.0, shift((10.0, 30.0), every=40.0), horizon_s=4000.0), moves())
    assert found.resources["m"]["off_shift"] == pytest.approx(0.5, abs=1e-12)
    assert found.resources["m"]["working"] == pytest.approx(0.5, abs=1e-12)
    assert found.throughput_per_h.mean == pytest.approx(2000 // 7 / 4000 * 3600, abs=1e-9)
    assert found.effectiveness["m"].availability.mean == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("clock", ["operating", "calendar"])
def test_failure_clocks_stand_still(clock):
    """Due after 22 s of its clock: at 22 s on shift, not on the wall; the repair goes on off shift."""
    fails = {"f": failure(deterministic(22.0), deterministic(15.0), clock)}
    assert spells(alone(7.0, shift((0.0, 20.0), every=30.0), fails), 66.0, ("down", "off_shift")) == [
        (20.0, 30.0, "off_shift"),
        (32.0, 47.0, "down"),
        (50.0, 60.0, "off_shift"),
    ]
    fails = {"f": failure(deterministic(18.0), deterministic(5.0), clock)}
    assert spells(alone(7.0, shift((0.0, 20.0), every=30.0), fails), 66.0, ("down", "off_shift")) == [
        (18.0, 23.0, "down"),
        (23.0, 30.0, "off_shift"),
        (48.0, 53.0, "down"),
        (53.0, 60.0, "off_shift"),
    ]


def test_parts_come_and_go_off_shift():
    """m2 fills its waiting place while it is off (9 s), and what it has finished is taken away (43 s)."""
    stations = [
        station("m1", {"a": 3.0}, source="saturated"),
        station("m2", {"b": 4.0}, buffer=(1, 0), shift=shift((0.0, 10.0), every=30.0)),
        station("m3", {"c": 12.0}, sink=True),
    ]
    made = line(stations, [product(route=["a", "b", "c"], sources=["m1"], sinks=["m3"])],
                links=[link("m1", "m2"), link("m2", "m3")])  # fmt: skip
    found = [(e.start_s, e.end_s, e.resource, e.state) for e in trace(made, moves(), seed=1, until_s=50.0)
             if e.state in ("working", "blocked", "off_shift")]  # fmt: skip
    assert [s for s in found if s[2] == "m2"] == [
        (3.0, 7.0, "m2", "working"),
        (7.0, 10.0, "m2", "working"),
        (10.0, 30.0, "m2", "off_shift"),
        (30.0, 31.0, "m2", "working"),
        (31.0, 35.0, "m2", "working"),
        (35.0, 40.0, "m2", "blocked"),
        (40.0, 50.0, "m2", "off_shift"),
    ]
    assert [s[:2] for s in found if s[2] == "m1" and s[3] == "blocked"] == [(12.0, 31.0), (34.0, 43.0), (46.0, 50.0)]
    assert [s[:2] for s in found if s[2] == "m3"] == [(7.0, 19.0), (31.0, 43.0), (43.0, 50.0)]


@pytest.mark.parametrize("clock", ["operating", "calendar"])
def test_against_simpy(clock):
    """Two machines, the second at work 60 of each 100 s, with failures: as processes that are interrupted."""
    until_s = 4000.0
    fails = {"mode": failure(exponential(30.0), exponential(6.0), clock)}
    made = serial([exponential(1.0), exponential(0.9)], 3)
    late = replace(made.stations["m2"], shift=shift((20.0, 80.0)), failures=fails)
    made = replace(made, stations={**made.stations, "m2": late})
    ours = sorted(e.end_s for e in trace(made, moves(), seed=SEED, until_s=until_s)
                  if e.resource == "m2" and e.state == "down" and e.end_s < until_s)  # fmt: skip
    leaves = (
        simulate(timed(made, horizon_s=until_s), moves(), seed=SEED, replications=1).samples_per_h[0] * until_s / 3600
    )
    draw, env, done, repaired = Draws(made, moves()), simpy.Environment(), [], []
    places, queue = simpy.Resource(env, 4), simpy.Store(env)
    on, up, worker = [env.event()], [env.event()], []
    up[0].succeed()
    aging = [draw("between", "m2", "0", "mode")]

    def hours():
        while True:
            yield env.timeout(20.0)
            on[0].succeed()
            yield env.timeout(60.0)
            on[0] = env.event()
            for process in list(worker):
                process.interrupt("off")
            yield env.timeout(20.0)

    def first():
        while True:
            yield env.timeout(draw("process", "m1", "op1", "part"))
            place = places.request()
            yield place
            queue.put(place)

    def clock_of_failures():
        """The calendar clock: it runs while m2 is on shift and up."""
        while True:
            yield on[0]
            worker.append(env.active_process)
            began = env.now
            try:
                yield env.timeout(aging[0])
                worker.remove(env.active_process)
            except simpy.Interrupt:
                worker.remove(env.active_process)
                aging[0] -= env.now - began
                continue
            yield from breakdown()

    def breakdown():
        up[0] = env.event()
        for process in [p for p in worker if p is not env.active_process]:
            process.interrupt("down")
        yield env.timeout(draw("repair", "m2", "0", "mode"))
        repaired.append(env.now)
        aging[0] = draw("between", "m2", "0", "mode")
        up[0].succeed()

    def second():
        while True:
            place = yield queue.get()
            left = None
            while left is None or left > 1e-12:
                yield on[0] & up[0]
                if not (on[0].triggered and up[0].triggered):
                    continue
                left = draw("process", "m2", "op2", "part") if left is None else left
                spell = min(left, aging[0]) if clock == "operating" else left
                began = env.now
                worker.append(env.active_process)
                try:
                    yield env.timeout(spell)
                    worker.remove(env.active_process)
                except simpy.Interrupt:
                    worker.remove(env.active_process)
                    spell = env.now - began
                left -= spell
                if clock == "operating":
                    aging[0] -= spell
                    if aging[0] <= 1e-12:
                        yield from breakdown()
            done.append(env.now)
            places.release(place)

    for process in (hours, first, second):
        env.process(process())
    if clock == "calendar":
        env.process(clock_of_failures())
    env.run(until_s)
    assert len(repaired) > 40 and len(done) > 1000
    assert abs(len(ours) - len(repaired)) <= 1 and abs(round(leaves) - len(done)) <= 1
    n = min(len(ours), len(repaired))
    assert np.allclose(ours[:n], repaired[:n], atol=1e-6, rtol=0)


def shifted(on, **changes):
    made = serial([exponential(1.0), exponential(1.1), exponential(0.9)], 2, failures={1: FAILS, 2: FAILS},
                  horizon_s=2000.0, **changes)  # fmt: skip
    return replace(made, stations={n: replace(s, shift=on) for n, s in made.stations.items()})


@pytest.mark.parametrize(
    "on",
    [
        shift((0.0, 2000.0), every=2000.0),
        shift((0.0, 2000.0), every=9000.0),
        shift((0.0, 5.0), (5.0, 10.0), every=10.0),
    ],
)
def test_a_shift_without_end_is_none(on):
    """Bit for bit."""
    assert simulate(shifted(on), moves()) == simulate(shifted(None), moves())


@settings(max_examples=20, deadline=None)
@given(
    starts=st.lists(st.floats(0.0, 200.0), min_size=2, max_size=6, unique=True), every=st.floats(50.0, 300.0),
    seed=st.integers(0, 99),
)  # fmt: skip
def test_axioms(starts, every, seed):
    """Shares sum to 1, nothing is lost (self-checks), the share off shift is that of the clock."""
    starts = sorted(starts)
    on = shift(*zip(starts[::2], starts[1::2], strict=False), every=every)
    made = shifted(on, seed=seed)
    found = simulate(made, moves())
    time = np.arange(0.5, 20000.0) / 10 % every
    off = ~np.any([(time >= a) & (time < b) | (time + every >= a) & (time + every < b) | (time + 2 * every < b)
                   & (time + 2 * every >= a) | (time + 3 * every < b) & (time + 3 * every >= a)
                   | (time + 4 * every < b) & (time + 4 * every >= a)
                   for a, b in on.on], axis=0)  # fmt: skip
    for states in found.resources.values():
        assert sum(states.values()) == pytest.approx(1, abs=1e-9)
        assert states["off_shift"] <= off.mean() + 0.01
        assert states["off_shift"] + states["down"] >= off.mean() - 0.01
