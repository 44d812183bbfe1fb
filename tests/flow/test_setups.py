"""Set-ups between products and batches: by hand, against SimPy with the same draws, and what must always hold."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import simpy
from hypothesis import given, settings
from hypothesis import strategies as st

from layout.flow import simulate, trace
from layout.model.distribution import deterministic
from tests.flow.builders import exponential, failure, line, link, moves, product, station, timed
from tests.flow.test_oracle import SEED, UNTIL_S, Draws

RANDOM = {"p": {"q": exponential(2.0)}, "q": {"p": exponential(1.0)}}


def fixed(a_s, b_s):
    return {"p": {"q": deterministic(a_s)}, "q": {"p": deterministic(b_s)}}


def alternating(setup, batch=1, *, servers=1, failures=None, places=6, work=None):
    """Products p and q come in turn, one each second, to a machine m that takes 4 s for p and 3 s for q."""
    stations = [
        station("a", {"load": {"p": 2.0}}, source="saturated"),
        station("b", {"load": {"q": 2.0}}, source="saturated"),
        station("m", {"op": work or {"p": 4.0, "q": 3.0}}, buffer=(places, 0), sink=True, setup=setup, batch=batch,
                servers=servers, failures=failures),
    ]  # fmt: skip
    products = [
        product("p", ["load", "op"], sources=["a"], sinks=["m"]),
        product("q", ["load", "op"], sources=["b"], sinks=["m"]),
    ]
    return line(stations, products, links=[link("a", "m"), link("b", "m", 1.0)], horizon_s=60.0, replications=1)


def spells(made, until_s, resource="m", states=("working", "setup")):
    return [(e.start_s, e.end_s, e.state, e.product) for e in trace(made, moves(), seed=SEED, until_s=until_s)
            if e.resource == resource and e.state in states]  # fmt: skip


def test_by_hand():
    """The first part needs none; then each change takes its own time."""
    found = spells(alternating(fixed(0.5, 1.5)), 25.0)
    assert found[:7] == [
        (2.0, 6.0, "working", "p"),
        (6.0, 6.5, "setup", "q"),
        (6.5, 9.5, "working", "q"),
        (9.5, 11.0, "setup", "p"),
        (11.0, 15.0, "working", "p"),
        (15.0, 15.5, "setup", "q"),
        (15.5, 18.5, "working", "q"),
    ]


def test_share_by_hand():
    """Cycle of p and q: 4 + .5 + 3 + 1.5 s, of which 2 s in set-up."""
    made = timed(alternating(fixed(0.5, 1.5)), horizon_s=100 * 9.0 + 100.0, warmup_s=100.0)
    states = simulate(made, moves()).resources["m"]
    assert states["setup"] == pytest.approx(2 / 9, abs=1e-9)
    assert states["working"] == pytest.approx(7 / 9, abs=1e-9)
    assert sum(states.values()) == pytest.approx(1, abs=1e-12)


def test_batches_by_hand():
    """Three of a product in a row as long as there are any: one change-over for three parts."""
    done = [p for *_, state, p in spells(alternating(fixed(0.5, 1.5), batch=3), 300.0) if state == "working"]
    runs = [len(list(run)) for _, run in itertools.groupby(done[4:])]
    assert set(runs[1:-1]) == {3}
    changes = [s for s in spells(alternating(fixed(0.5, 1.5), batch=3), 300.0) if s[2] == "setup"]
    assert len(changes) == pytest.approx(len(done) / 3, abs=2)


def test_batch_goes_on_where_nothing_else_waits():
    made = alternating(fixed(0.5, 1.5), batch=2)
    alone = replace(made, products={"p": made.products["p"]})
    assert {s[2] for s in spells(alone, 60.0)} == {"working"}
    assert len(spells(alone, 60.0)) == 15


def test_failures_in_a_setup():
    """A calendar failure interrupts the set-up, the rest of it follows; an operating clock does not age in it."""
    calendar = {"f": failure(deterministic(6.2), deterministic(2.0), "calendar")}
    states = ("working", "setup", "down")
    found = spells(alternating(fixed(0.5, 1.5), failures=calendar), 14.0, states=states)
    assert [s[:3] for s in found[:5]] == [
        (2.0, 6.0, "working"),
        (6.0, 6.2, "setup"),
        (6.2, 8.2, "down"),
        (8.2, pytest.approx(8.5), "setup"),
        (pytest.approx(8.5), pytest.approx(11.5), "working"),
    ]
    operating = {"f": failure(deterministic(4.2), deterministic(2.0))}
    found = spells(alternating(fixed(0.5, 1.5), failures=operating), 14.0, states=states)
    assert [s[:3] for s in found[:5]] == [
        (2.0, 6.0, "working"),
        (6.0, 6.5, "setup"),
        (6.5, pytest.approx(6.7), "working"),
        (pytest.approx(6.7), pytest.approx(8.7), "down"),
        (pytest.approx(8.7), pytest.approx(11.5), "working"),
    ]


@pytest.mark.parametrize("servers", [1, 2])
@pytest.mark.parametrize("batch", [1, 2, 5])
def test_against_simpy(batch, servers):
    """Two products come at random to a machine that changes over."""
    work = {"p": exponential(1.0), "q": exponential(1.5)}
    entry = station("m", {"op": work}, source=exponential(1.6), sink=True, setup=RANDOM, batch=batch, servers=servers)
    products = [product(n, ["op"], share=s, sources=["m"], sinks=["m"]) for n, s in (("p", 0.6), ("q", 0.4))]
    made = line([entry], products)
    ours = sorted((round(e.start_s, 6), e.state, e.product)
                  for e in trace(made, moves(), seed=SEED, until_s=UNTIL_S)
                  if e.resource == "m" and e.state in ("working", "setup"))  # fmt: skip
    draw, env, waiting, log = Draws(made, moves()), simpy.Environment(), [], []
    idle, changed = list(range(servers)), [env.event()]

    def tell():
        changed[0].succeed()
        changed[0] = env.event()

    def source():
        while True:
            yield env.timeout(draw("arrivals", "m"))
            waiting.append("p" if draw.uniform("mix", "m") < 0.6 else "q")
            tell()

    def machine(k):
        last, row = None, 0
        while True:
            while not waiting or idle[0] != k:
                yield changed[0]
            chosen = 0
            if batch > 1 and last is not None:
                chosen = next((i for i, p in enumerate(waiting) if (p == last) == (row < batch)), 0)
            name = waiting.pop(chosen)
            idle.remove(k)
            if last not in (None, name):
                log.append((round(env.now, 6), "setup", name))
                yield env.timeout(draw("setup", "m", last, name))
                row = 0
            row, last = row + 1, name
            log.append((round(env.now, 6), "working", name))
            yield env.timeout(draw("process", "m", "op", name))
            idle.append(k)
            idle.sort()
            tell()

    env.process(source())
    for k in range(servers):
        env.process(machine(k))
    env.run(UNTIL_S)
    n = min(len(ours), len(log)) - 5
    assert n > 2000 and abs(len(ours) - len(log)) < 3
    theirs = sorted(log)
    assert [s[1:] for s in ours[:n]] == [s[1:] for s in theirs[:n]]
    assert np.allclose([s[0] for s in ours[:n]], [s[0] for s in theirs[:n]], atol=2e-6, rtol=0)


def test_no_time_is_no_setup():
    """Bit for bit."""
    plain, timeless = (alternating(setup, failures=FAILS, work=WORK) for setup in ({}, fixed(0.0, 0.0)))
    plain, timeless = timed(plain, horizon_s=4000.0), timed(timeless, horizon_s=4000.0)
    assert simulate(timeless, moves()) == simulate(plain, moves())


FAILS = {
    "f": failure(exponential(40.0), exponential(5.0)),
    "c": failure(exponential(60.0), exponential(3.0), "calendar"),
}
WORK = {"p": exponential(3.0), "q": exponential(2.0)}


@settings(max_examples=20, deadline=None)
@given(batch=st.integers(1, 4), servers=st.integers(1, 3), places=st.integers(0, 5), seed=st.integers(0, 99))
def test_axioms(batch, servers, places, seed):
    """Shares sum to 1, nothing is lost (self-checks), and the order of the file changes nothing."""
    made = alternating(RANDOM, batch, servers=servers, failures=FAILS, places=places, work=WORK)
    made = timed(made, horizon_s=2000.0, warmup_s=100.0, seed=seed)
    found = simulate(made, moves())
    assert sum(found.resources["m"].values()) == pytest.approx(1, abs=1e-9)
    assert found.resources["m"]["setup"] > 0
    turned = {kind: dict(reversed(getattr(made, kind).items())) for kind in ("stations", "products", "links")}
    assert simulate(replace(made, **turned), moves()) == found
