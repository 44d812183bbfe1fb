"""Blocking before service and repetitive service: by hand, exact values, against SimPy, and what must always hold."""

from dataclasses import replace

import numpy as np
import pytest
import simpy
from hypothesis import given, settings
from hypothesis import strategies as st

from layout.flow import simulate, trace
from layout.model.distribution import Distribution
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
)
from tests.flow.test_oracle import SEED, UNTIL_S, Draws, agree
from tests.flow.test_reference import controlled
from tests.reference import flow_values as values

FAILS = {"f": failure(exponential(40.0), exponential(5.0)),
         "c": failure(exponential(60.0), exponential(3.0), "calendar")}  # fmt: skip


def blocked(made, kind, *names):
    return replace(made, stations={
        n: replace(s, blocking=kind) if not names or n in names else s for n, s in made.stations.items()
    })  # fmt: skip


def spells(made, until_s, resource, times=None):
    return [(e.start_s, e.end_s) for e in trace(made, times or moves(), seed=SEED, until_s=until_s)
            if e.resource == resource and e.state == "working"]  # fmt: skip


def test_a_place_is_kept_before_the_work():
    """3 s, then 5 s, one place: the first begins when the second has given its part away."""
    made = blocked(serial([3.0, 5.0], 0, horizon_s=808.0, warmup_s=8.0, replications=1), "before")
    assert spells(made, 20.0, "m1") == [(0.0, 3.0), (8.0, 11.0), (16.0, 19.0)]
    assert spells(made, 20.0, "m2") == [(3.0, 8.0), (11.0, 16.0), (19.0, 20.0)]
    found = simulate(made, moves())
    assert found.throughput_per_h.mean == pytest.approx(450.0, abs=1e-9)
    assert found.resources["m1"]["blocked"] == pytest.approx(5 / 8, abs=1e-9)
    assert found.resources["m2"]["starved"] == pytest.approx(3 / 8, abs=1e-9)


def test_a_place_of_the_out_buffer():
    made = serial([3.0, 5.0], 0)
    made = blocked(
        replace(made, stations={**made.stations, "m1": replace(made.stations["m1"], buffer_out=1)}), "before"
    )
    assert spells(made, 25.0, "m1") == [(0.0, 3.0), (3.0, 6.0), (8.0, 11.0), (13.0, 16.0), (18.0, 21.0), (23.0, 25.0)]


def test_a_place_on_a_belt():
    """One place on a belt of 4 s: the next part is begun when the belt is empty."""
    stations = [station("a", {"op": 3.0}, source="saturated", blocking="before"), station("z", {"end": 2.0}, sink=True)]
    made = line(stations, [product(route=["op", "end"], sources=["a"], sinks=["z"])], belts=[belt("a", "z")])
    assert spells(made, 20.0, "a", moves(belts={"a~z": belt_times(4.0, 1)})) == [(0.0, 3.0), (7.0, 10.0), (14.0, 17.0)]


def test_a_place_that_an_arm_brings_the_part_to():
    """The place at m2 is free at 4.5 + 1 + 5 s, when its part has left the line."""
    stations = [station("m1", {"a": 3.0}, source="saturated", blocking="before"), station("m2", {"b": 5.0}, sink=True)]
    made = line(stations, [product(route=["a", "b"], sources=["m1"], sinks=["m2"])], arms=[arm("r", ["m1", "m2"])])
    times = moves({"r": arm_times(["m1", "m2"], [0.0, 1.0], pick_s=0.5, place_s=0.5)})
    assert spells(made, 25.0, "m1", times) == [(0.0, 3.0), (10.0, 13.0), (21.0, 24.0)]
    assert spells(made, 25.0, "m2", times) == [(5.0, 10.0), (16.0, 21.0)]


def test_work_again():
    """3 s, then 5 s: every second part of the first machine is worked on twice; it counts once."""
    made = blocked(serial([3.0, 5.0], 0, horizon_s=609.0, warmup_s=9.0, replications=1), "repeat", "m1")
    assert spells(made, 20.0, "m2") == [(3.0, 8.0), (9.0, 14.0), (15.0, 20.0)]
    found = simulate(made, moves())
    assert found.throughput_per_h.mean == pytest.approx(600.0, abs=1e-9)
    assert found.resources["m1"]["working"] == pytest.approx(1.0, abs=1e-9)
    assert found.effectiveness["m1"].effectiveness.mean == pytest.approx(0.5, abs=1e-9)
    assert found.resources["m2"]["starved"] == pytest.approx(1 / 6, abs=1e-9)


def test_a_part_that_can_leave_at_that_instant_is_not_worked_on_again():
    """Both done at the same time, whatever their names."""
    for names in (("m1", "m2"), ("y", "x")):
        stations = [station(names[0], {"a": 3.0}, source="saturated", blocking="repeat"),
                    station(names[1], {"b": 3.0}, sink=True)]  # fmt: skip
        made = line(stations, [product(route=["a", "b"], sources=[names[0]], sinks=[names[1]])], links=[link(*names)])
        assert spells(made, 12.0, names[1]) == [(3.0, 6.0), (6.0, 9.0), (9.0, 12.0)]


@pytest.mark.parametrize("b", [0, 1, 4])
def test_two_machines_with_one_place_more_are_those_blocked_after(b):
    """Of two machines, before with b + 1 places is after with b: the place is the held part's (Dallery & Gershwin)."""
    time = {"horizon_s": 4000.0, "warmup_s": 100.0}
    times = [exponential(1.0), Distribution("lognormal", (1.1, 0.6))]
    before = simulate(blocked(serial(times, b + 1, **time), "before"), moves())
    after = simulate(serial(times, b, **time), moves())
    assert before.samples_per_h == after.samples_per_h


@pytest.mark.parametrize("kind", ["before", "repeat"])
def test_against_simpy(kind):
    """Three machines in a row that may fail while they work."""
    mode = {"mode": failure(exponential(30.0), exponential(5.0))}
    times = [exponential(1.0), Distribution("lognormal", (1.2, 0.6)), exponential(0.9)]
    made = blocked(serial(times, (2, 1), failures=dict.fromkeys(range(3), mode)), kind)
    draw, env, done = Draws(made, moves()), simpy.Environment(), []
    places = [simpy.Resource(env, 1 + b) for b in (0, 2, 1)]
    queues = [simpy.Store(env) for _ in range(3)]

    def work(j, fails):
        left = draw("process", f"m{j + 1}", f"op{j + 1}", "part")
        while left >= fails[0]:
            yield env.timeout(fails[0])
            left -= fails[0]
            yield env.timeout(draw("repair", f"m{j + 1}", "0", "mode"))
            fails[0] = draw("between", f"m{j + 1}", "0", "mode")
        yield env.timeout(left)
        fails[0] -= left

    def run(j):
        fails = [draw("between", f"m{j + 1}", "0", "mode")]
        while True:
            place = (yield queues[j].get()) if j else None
            if j == 2:
                yield from work(j, fails)
                done.append(env.now)
            else:
                following = None
                if kind == "before":
                    following = places[j + 1].request()
                    yield following
                yield from work(j, fails)
                while following is None:
                    if places[j + 1].count < places[j + 1].capacity:
                        following = places[j + 1].request()
                    else:
                        yield from work(j, fails)
                queues[j + 1].put(following)
            if j:
                places[j].release(place)

    for j in range(3):
        env.process(run(j))
    env.run(UNTIL_S)
    last = {}
    for e in trace(made, moves(), seed=SEED, until_s=UNTIL_S):
        if e.resource == "m3" and e.state == "working" and e.end_s < UNTIL_S:
            last[e.part] = e.end_s
    agree(sorted(last.values()), done)


LONG = {"horizon_s": 251_000.0, "warmup_s": 1_000.0, "replications": 12, "level": 0.99}


def holds(made, exact):
    found = simulate(made, moves()).throughput_per_h
    assert found.half_width <= 0.001 * found.mean
    assert found.mean / 3600 == pytest.approx(exact, abs=found.half_width / 3600)


@pytest.mark.parametrize(("p1", "p2", "n"), values.BERNOULLI)
def test_bernoulli_machines(p1, p2, n):
    times = [Distribution("geometric", (p, 1.0)) for p in (p1, p2)]
    holds(blocked(serial(times, n - 1, **LONG), "repeat"), values.BERNOULLI[p1, p2, n])


@pytest.mark.parametrize("machines", values.GEOMETRIC)
def test_cycles_with_geometric_failures(machines):
    """What chance did to the time down for each hour of work is taken out: of long lines it blurs nearly all."""
    failure_, repair = values.GEOMETRIC_FAILURE, values.GEOMETRIC_REPAIR
    mode = {"f": failure(Distribution("geometric", (failure_, 1.0)), Distribution("geometric", (repair, 1.0)))}
    made = serial([1.0] * machines, values.GEOMETRIC_PLACES - 2, failures=dict.fromkeys(range(machines), mode),
                  **{**LONG, "horizon_s": 501_000.0, "replications": 24})  # fmt: skip
    seen = simulate(made, moves()).samples
    shares = {j: [np.array(seen[f"share.m{j + 1}.{state}"]) for state in ("down", "working")] for j in range(machines)}
    controls = [(down / working, failure_ / repair) for down, working in shares.values()]
    mean, half_width = controlled(seen["throughput"], controls)
    assert half_width <= 0.0005 * mean
    assert mean / 3600 == pytest.approx(values.GEOMETRIC[machines], abs=half_width / 3600)


def ring(kind):
    """Two machines, and products that go round them in opposite ways."""
    stations = [
        station("source", source="saturated"),
        station("m1", {"op": {"p": 5.0}, "end": {"q": 4.0}}, blocking=kind),
        station("m2", {"op": {"q": 5.0}, "end": {"p": 4.0}}, blocking=kind),
        station("sink", sink=True),
    ]
    products = [product(name, ["op", "end"], share=0.5) for name in "pq"]
    ways = [link("source", "m1"), link("source", "m2"), link("m1", "m2"), link("m2", "m1"), link("m1", "sink"),
            link("m2", "sink")]  # fmt: skip
    return line(stations, products, links=ways, horizon_s=7200.0, warmup_s=600.0)


@pytest.mark.parametrize("kind", ["before", "repeat"])
def test_deadlock_is_named(kind):
    (found,) = simulate(ring(kind), moves()).deadlocks
    assert found.subjects == ("m1", "m2")
    assert found.amount > 1.5


@settings(max_examples=20, deadline=None)
@given(
    kinds=st.tuples(*[st.sampled_from(["after", "before", "repeat"])] * 3),
    buffers=st.tuples(*[st.tuples(st.integers(0, 2), st.integers(0, 2))] * 3),
    transport=st.sampled_from(["links", "belts", "arm"]), servers=st.integers(1, 2), seed=st.integers(0, 99),
)  # fmt: skip
def test_axioms(kinds, buffers, transport, servers, seed):
    """Shares sum to 1, nothing is lost (self-checks), the order of the file changes nothing, all goes on."""
    names = ["m1", "m2", "m3"]
    stations = [
        station(n, {f"op{i}": exponential(2.0)}, buffer=buffers[i], blocking=kinds[i], failures=FAILS,
                source="saturated" if i == 0 else None, servers=servers if i == 1 else 1)
        for i, n in enumerate(names)
    ]  # fmt: skip
    stations.append(station("out", sink=True))
    pairs = list(zip(names, ["m2", "m3", "out"], strict=True))
    ways, times = {}, moves()
    if transport == "links":
        ways = {"links": [link(*p) for p in pairs]}
    elif transport == "belts":
        ways = {"belts": [belt(*p) for p in pairs]}
        times = moves(belts={f"{a}~{b}": belt_times(3.0, 2, 0.5) for a, b in pairs})
    else:
        ways = {"arms": [arm("r", [*names, "out"])]}
        times = moves({"r": arm_times([*names, "out"], [0.0, 0.3, 0.6, 0.9])})
    made = line(stations, [product(route=["op0", "op1", "op2"], sources=["m1"], sinks=["out"])], seed=seed,
                horizon_s=2000.0, warmup_s=100.0, **ways)  # fmt: skip
    found = simulate(made, times)
    for states in found.resources.values():
        assert sum(states.values()) == pytest.approx(1, abs=1e-9)
    assert found.throughput_per_h.mean > 0
    assert not found.deadlocks
    turned = replace(made, stations=dict(reversed(made.stations.items())))
    assert simulate(turned, times) == found


def test_a_part_that_only_passes_through_is_not_worked_on_again():
    """At a station without an operation for it; the one before it, which had one, was."""
    stations = [
        station("a", {"op": 1.0}, source="saturated"), station("between"), station("b", {"next": 5.0}),
        station("sink", sink=True),
    ]  # fmt: skip
    links = [link("a", "between"), link("between", "b"), link("b", "sink")]
    made = line(stations, [product(route=["op", "next"], sources=["a"])], links=links)
    found = simulate(blocked(made, "repeat", "between"), moves())
    assert found.samples == simulate(made, moves()).samples
    assert found.throughput_per_h.mean == pytest.approx(719.0)
