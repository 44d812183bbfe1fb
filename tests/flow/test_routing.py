"""Rules by which parts choose a machine: by hand, against SimPy, and where they may not matter."""

from dataclasses import replace

import pytest
import simpy

from layout.flow import simulate, trace
from layout.flow.simulation import replicate
from tests.flow.builders import arm, arm_times, exponential, line, link, moves, product, serial, station
from tests.flow.test_oracle import SEED, UNTIL_S, Draws, agree

RULES = ("shortest_queue", "first_free", "round_robin")


def parallel(times, rule, *, link_s=0.0, buffer=0, source="saturated", **more):
    """A source, machines side by side that all do the same, a sink."""
    names = [f"m{i + 1}" for i in range(len(times))]
    stations = [station("source", source=source), station("sink", sink=True)]
    stations += [station(m, {"work": t}, buffer=(buffer, 0)) for m, t in zip(names, times, strict=True)]
    links = [x for m in names for x in (link("source", m, link_s), link(m, "sink"))]
    return line(stations, [product()], links=links, routing={"work": rule}, **more)


def visits(given, until_s=UNTIL_S):
    """(part, machine, start, end) of each spell of work, in the order of parts."""
    events = trace(given, moves(), seed=SEED, until_s=until_s)
    return sorted((e.part, e.resource, e.start_s, e.end_s) for e in events if e.state == "working")


@pytest.mark.parametrize(("rule", "rate"), [("round_robin", 1.0), ("first_free", 11 / 6), ("shortest_queue", 11 / 6)])
def test_three_machines_by_hand(rule, rate):
    """1, 2 and 3 s: in turn, each round waits for the slowest; else all work all the time."""
    (found,) = replicate(parallel([1.0, 2.0, 3.0], rule, horizon_s=6060.5, warmup_s=60.5), moves())
    assert found.per_h == pytest.approx(rate * 3600, rel=1e-9)


def test_round_robin_goes_round_in_the_order_of_names():
    assert [m for _, m, *_ in visits(parallel([1.0, 2.0, 3.0], "round_robin"), 90.0)][:7] == [
        "m1", "m2", "m3", "m1", "m2", "m3", "m1",
    ]  # fmt: skip


def test_products_take_turns_of_their_own():
    """Two products that alternate: with one turn for both, each would always get the same machine."""
    stations = [station(f"s{p}", source="saturated", operations={f"make {p}": {p: 1.0}}) for p in "pq"]
    stations += [station(m, {"work": 0.5}, products=("p", "q")) for m in ("m1", "m2")] + [station("sink", sink=True)]
    products = [product(p, [f"make {p}", "work"], sources=[f"s{p}"]) for p in "pq"]
    links = [link(f"s{p}", m) for p in "pq" for m in ("m1", "m2")] + [link(m, "sink") for m in ("m1", "m2")]
    given = line(stations, products, links=links, routing={"work": "round_robin"})
    events = [e for e in trace(given, moves(), seed=1, until_s=60.0) if e.state == "working" and e.operation == "work"]
    for name in "pq":
        machines = [e.resource for e in sorted(events, key=lambda e: e.start_s) if e.product == name]
        assert machines[:6] == ["m1", "m2"] * 3


def test_first_free_waits_where_it_stands():
    """Places before the machines stay empty; the shortest queue fills them."""
    waiting = {
        rule: {e.resource for e in trace(parallel([3.0, 4.0], rule, buffer=2), moves(), seed=1, until_s=200.0)
               if e.state == "waiting"}
        for rule in ("first_free", "shortest_queue")
    }  # fmt: skip
    assert waiting["first_free"] == set()
    assert waiting["shortest_queue"] == {"m1", "m2"}


def test_first_free_against_simpy():
    """Random arrivals, 0.5 s of way: the first machine by name that is free and nobody is on the way to."""
    given = parallel([exponential(1.0), exponential(1.5)], "first_free", link_s=0.5, buffer=3, source=exponential(1.1))
    draw, env, done = Draws(given, moves()), simpy.Environment(), []
    free, changed, waiting = {"m1": True, "m2": True}, [env.event()], simpy.Store(env)

    def tell():
        changed[0].succeed()
        changed[0] = env.event()

    def arrivals():
        while True:
            yield env.timeout(draw("arrivals", "source"))
            waiting.put(env.now)

    def serve(m):
        yield env.timeout(0.5)
        yield env.timeout(draw("process", m, "work", "part"))
        done.append(env.now)
        free[m] = True
        tell()

    def feed():
        while True:
            yield waiting.get()
            while not any(free.values()):
                yield changed[0]
            m = "m1" if free["m1"] else "m2"
            free[m] = False
            env.process(serve(m))

    env.process(arrivals())
    env.process(feed())
    env.run(UNTIL_S)
    agree(sorted(end for *_, end in visits(given) if end < UNTIL_S), done)


def test_round_robin_against_simpy():
    given = parallel([exponential(1.0), exponential(1.5), exponential(0.5)], "round_robin", link_s=0.5, buffer=1)
    draw, env, done = Draws(given, moves()), simpy.Environment(), []
    places = {m: simpy.Resource(env, 2) for m in ("m1", "m2", "m3")}
    queues = {m: simpy.Store(env) for m in places}

    def feed():
        while True:
            for m in places:
                place = places[m].request()
                yield place
                env.process(go(m, place))

    def go(m, place):
        yield env.timeout(0.5)
        queues[m].put(place)

    def run(m):
        while True:
            place = yield queues[m].get()
            yield env.timeout(draw("process", m, "work", "part"))
            done.append(env.now)
            places[m].release(place)

    env.process(feed())
    for m in places:
        env.process(run(m))
    env.run(UNTIL_S)
    agree(sorted(end for *_, end in visits(given) if end < UNTIL_S), done)


@pytest.mark.parametrize("rule", RULES)
def test_an_arm_keeps_the_rules(rule):
    """One arm, machines of 40 and 4 s: in turn both get the same number; else the quick one gets more."""
    names = ["source", "m1", "m2", "sink"]
    stations = [station("source", source="saturated"), station("m1", {"work": 40.0}, buffer=(1, 0)),
                station("m2", {"work": 4.0}, buffer=(1, 0)), station("sink", sink=True)]  # fmt: skip
    given = line(stations, [product()], arms=[arm("r", names)], routing={"work": rule})
    times = moves({"r": arm_times(names, [0.0, 1.0, 2.0, 3.0], pick_s=0.2, place_s=0.2)})
    events = trace(given, times, seed=1, until_s=2000.0)
    work = [e.resource for e in events if e.state == "working"]
    one, two = work.count("m1"), work.count("m2")
    assert abs(one - two) <= 3 if rule == "round_robin" else two > 3 * one
    if rule == "first_free":
        assert not any(e.state == "waiting" and e.resource in ("m1", "m2") for e in events)


def test_where_there_is_no_choice_no_rule_matters():
    given = serial([exponential(1.0)] * 3)
    same = {repr(simulate(replace(given, routing=dict.fromkeys(("op2", "op3"), rule)), moves())) for rule in RULES}
    assert len(same) == 1


def test_order_in_the_file_does_not_matter():
    for rule in RULES:
        given = parallel([exponential(1.0), exponential(1.5), exponential(0.5)], rule, buffer=1)
        turned = replace(given, stations=dict(reversed(given.stations.items())),
                         links=dict(reversed(given.links.items())))  # fmt: skip
        assert repr(simulate(turned, moves())) == repr(simulate(given, moves()))
