"""People: by hand, against SimPy with the same draws, and what must always hold."""

from dataclasses import replace

import pytest
import simpy
from hypothesis import given, settings
from hypothesis import strategies as st

from layout.flow import simulate, trace
from layout.model.distribution import deterministic
from layout.model.line import Staff
from layout.model.production import Shift
from tests.flow.builders import exponential, failure, line, link, moves, product, serial, station, timed
from tests.flow.test_oracle import SEED, Draws, agree

FAILS = {"f": failure(exponential(40.0), exponential(5.0)),
         "c": failure(exponential(60.0), exponential(3.0), "calendar")}  # fmt: skip


def pair(work, *staff, failures=None, **more):
    """Machines m1 and m2, each a line of its own, always with a part."""
    stations = [station(f"m{i}", {f"op{i}": work[i - 1]}, source="saturated", sink=True, products=[f"p{i}"],
                        failures=(failures or {}).get(i), **more) for i in (1, 2)]  # fmt: skip
    products = [product(f"p{i}", [f"op{i}"], sources=[f"m{i}"], sinks=[f"m{i}"]) for i in (1, 2)]
    return line(stations, products, staff=staff, horizon_s=1200.0, replications=1)


def spells(made, until_s, *resources):
    return [(e.start_s, e.end_s, e.resource, e.state) for e in trace(made, moves(), seed=SEED, until_s=until_s)
            if e.resource in resources]  # fmt: skip


def test_one_person_runs_two_machines():
    """In turn: who asked first is tended first, m1 before m2 at the start."""
    made = pair((3.0, 5.0), Staff("people", 1, runs=("m1", "m2")))
    assert spells(made, 16.0, "m1", "m2") == [
        (0.0, 3.0, "m1", "working"),
        (0.0, 3.0, "m2", "unattended"),
        (3.0, 8.0, "m1", "unattended"),
        (3.0, 8.0, "m2", "working"),
        (8.0, 11.0, "m1", "working"),
        (8.0, 11.0, "m2", "unattended"),
        (11.0, 16.0, "m1", "unattended"),
        (11.0, 16.0, "m2", "working"),
    ]
    found = simulate(made, moves())
    assert found.resources["people"] == {"working": 1.0, "waiting": 0.0, "off_shift": 0.0}
    assert found.resources["m1"]["unattended"] == pytest.approx(5 / 8, abs=1e-12)
    assert found.throughput_per_h.mean == pytest.approx(2 * 3600 / 8, abs=1e-9)


def test_repairs_wait_for_a_person():
    """Both break down after 10 s of work and take 4 s: the second waits for the first, and is down meanwhile."""
    fails = {i: {"f": failure(deterministic(10.0), deterministic(4.0))} for i in (1, 2)}
    made = pair((5.0, 5.0), Staff("fitter", 1, repairs=("m1", "m2")), failures=fails)
    assert [s for s in spells(made, 30.0, "m1", "m2") if s[3] == "down"] == [
        (10.0, 14.0, "m1", "down"),
        (10.0, 18.0, "m2", "down"),
        (24.0, 28.0, "m1", "down"),
        (28.0, 30.0, "m2", "down"),
    ]


def test_set_ups_need_a_person():
    """Two products in turn on each machine, 1 s to change over by one fitter for both; one runs and sets up m3."""
    change = {"p": {"q": deterministic(2.0)}, "q": {"p": deterministic(2.0)}}
    stations = [
        station("a", {"load": {"p": 2.0}}, source="saturated"),
        station("b", {"load": {"q": 2.0}}, source="saturated"),
        station("m", {"op": {"p": 4.0, "q": 3.0}}, buffer=(6, 0), sink=True, setup=change),
    ]
    products = [product(n, ["load", "op"], sources=[s], sinks=["m"]) for n, s in (("p", "a"), ("q", "b"))]
    links = [link("a", "m"), link("b", "m", 1.0)]
    on = Shift(on=((0.0, 7.0),), every=20.0)
    plain = line(stations, products, links=links, staff=[Staff("fitter", 1, sets_up=("m",), shift=on)])
    assert spells(plain, 40.0, "m")[:0] == []
    assert [s for s in spells(plain, 40.0, "m") if s[3] in ("working", "setup", "unattended")] == [
        (2.0, 6.0, "m", "working"),
        (6.0, 8.0, "m", "setup"),  # begun on shift, finished after it
        (8.0, 11.0, "m", "working"),
        (11.0, 20.0, "m", "unattended"),
        (20.0, 22.0, "m", "setup"),
        (22.0, 26.0, "m", "working"),
        (26.0, 28.0, "m", "setup"),
        (28.0, 31.0, "m", "working"),
        (31.0, 40.0, "m", "unattended"),
    ]
    both = [Staff("fitter", 1, sets_up=("m",), runs=("m",))]
    found = simulate(line(stations, products, links=links, staff=both, warmup_s=600.0, replications=1), moves())
    assert found.resources["m"]["setup"] == pytest.approx(4 / 11, abs=0.005)
    assert found.resources["m"]["unattended"] == 0.0
    assert found.resources["fitter"]["working"] == pytest.approx(1, abs=1e-9)


def test_first_free_pool_by_name():
    made = pair((3.0, 3.0), Staff("b", 1, runs=("m1", "m2")), Staff("a", 1, runs=("m1",)))
    found = simulate(made, moves())
    assert found.resources["a"]["working"] == pytest.approx(1, abs=1e-9)
    assert found.resources["b"]["working"] == pytest.approx(1, abs=1e-9)
    assert found.throughput_per_h.mean == pytest.approx(2400, abs=1e-9)


def test_people_on_a_shift_finish_their_job():
    """At work 0 to 10 s in each 20 s: the part begun at 9 s is done by 12 s, the next begins at 20 s."""
    made = pair((3.0, 50.0), Staff("people", 1, runs=("m1",), shift=Shift(on=((0.0, 10.0),), every=20.0)))
    assert spells(made, 23.0, "m1") == [
        (0.0, 3.0, "m1", "working"),
        (3.0, 6.0, "m1", "working"),
        (6.0, 9.0, "m1", "working"),
        (9.0, 12.0, "m1", "working"),
        (12.0, 20.0, "m1", "unattended"),
        (20.0, 23.0, "m1", "working"),
    ]
    assert simulate(made, moves()).resources["people"] == pytest.approx(
        {"working": 0.6, "waiting": 0.0, "off_shift": 0.4}, abs=1e-9
    )


class Pool:
    """People who decide whom to go to when all that happens at an instant has happened."""

    def __init__(self, env, number):
        self.env, self.free, self.asked, self.changed = env, number, [], env.event()
        env.process(self.decide())

    def tell(self):
        if not self.changed.triggered:
            self.changed.succeed()

    def request(self, j):
        event = self.env.event()
        self.asked.append((self.env.now, j, event))
        self.tell()
        return event

    def release(self):
        self.free += 1
        self.tell()

    def decide(self):
        while True:
            yield self.changed
            for _ in range(9):
                yield self.env.timeout(0)
            self.changed = self.env.event()
            self.asked.sort(key=lambda request: request[:2])
            while self.free and self.asked:
                self.free -= 1
                self.asked.pop(0)[2].succeed()


@pytest.mark.parametrize("people", [1, 2])
@pytest.mark.parametrize("duty", ["runs", "repairs"])
def test_against_simpy(people, duty):
    """Three machines in a row, one or two people for all of them: a resource, first come, first served."""
    mode = {"mode": failure(exponential(30.0), exponential(6.0))} if duty == "repairs" else {}
    made = serial([exponential(1.0), exponential(0.8), exponential(0.9)], 2, failures=dict.fromkeys(range(3), mode))
    made = replace(made, staff={"people": Staff("people", people, **{duty: ("m1", "m2", "m3")})})
    until_s = 4000.0
    draw, env, done = Draws(made, moves()), simpy.Environment(), []
    pool = Pool(env, people)
    places = [simpy.Resource(env, 1 + b) for b in (0, 2, 2)]
    queues = [simpy.Store(env) for _ in range(3)]

    def run(j):
        name = f"m{j + 1}"
        fails_after = draw("between", name, "0", "mode") if mode else None
        while True:
            place = (yield queues[j].get()) if j else None
            if duty == "runs":
                yield pool.request(j)
                yield env.timeout(draw("process", name, f"op{j + 1}", "part"))
                pool.release()
            else:
                left = draw("process", name, f"op{j + 1}", "part")
                while left >= fails_after:
                    yield env.timeout(fails_after)
                    left -= fails_after
                    yield pool.request(j)
                    yield env.timeout(draw("repair", name, "0", "mode"))
                    pool.release()
                    fails_after = draw("between", name, "0", "mode")
                yield env.timeout(left)
                fails_after -= left
            if j == 2:
                done.append(env.now)
            else:
                following = places[j + 1].request()
                yield following
                queues[j + 1].put(following)
            if j:
                places[j].release(place)

    for j in range(3):
        env.process(run(j))
    env.run(until_s)
    last = {}
    for e in trace(made, moves(), seed=SEED, until_s=until_s):
        if e.resource == "m3" and e.state == "working" and e.end_s < until_s:
            last[e.part] = e.end_s
    agree(sorted(last.values()), done)


def tended(*staff, **changes):
    made = serial([exponential(1.0), exponential(1.1), exponential(0.9)], 2, failures={1: FAILS, 2: FAILS},
                  horizon_s=2000.0, **changes)  # fmt: skip
    return replace(made, staff={p.name: p for p in staff})


def test_enough_people_are_none():
    """Bit for bit, as many people as there are servers."""
    all_ = ("m1", "m2", "m3")
    found = simulate(tended(Staff("a", 3, runs=all_), Staff("b", 3, repairs=all_)), moves())
    plain = simulate(tended(), moves())
    assert {name: found.resources[name] for name in all_} == {name: plain.resources[name] for name in all_}
    assert found.samples["lead_time"] == plain.samples["lead_time"]
    assert found.samples_per_h == plain.samples_per_h


@settings(max_examples=20, deadline=None)
@given(
    numbers=st.tuples(st.integers(1, 3), st.integers(1, 2)),
    duties=st.tuples(*[st.sets(st.sampled_from(["m1", "m2", "m3"])) for _ in range(4)]),
    at_work=st.floats(10.0, 100.0), seed=st.integers(0, 99),
)  # fmt: skip
def test_axioms(numbers, duties, at_work, seed):
    """Shares sum to 1, nothing is lost (self-checks), the order of the file changes nothing, all goes on."""
    runs_a, mends_a, runs_b, mends_b = (tuple(sorted(d)) for d in duties)
    a = Staff("a", numbers[0], runs=runs_a, repairs=mends_a, shift=Shift(on=((0.0, at_work),), every=100.0))
    b = Staff("b", numbers[1], runs=runs_b, repairs=mends_b)
    found = simulate(tended(a, b, seed=seed), moves())
    for states in found.resources.values():
        assert sum(states.values()) == pytest.approx(1, abs=1e-9)
        assert min(states.values()) >= -1e-12
    assert found.throughput_per_h.mean > 0
    assert not found.deadlocks
    turned = tended(b, a, seed=seed)
    turned = replace(turned, stations=dict(reversed(turned.stations.items())))
    assert simulate(turned, moves()) == found
    more = simulate(timed(tended(a, b, seed=seed), seed=seed), moves())
    assert more == found
