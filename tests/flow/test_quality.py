"""Scrap and rework: by hand, from the draws themselves; against SimPy; and what must not change anything."""

from dataclasses import replace

import pytest
import simpy

from layout.flow import simulate, trace, unconnected
from layout.flow.simulation import replicate
from layout.model.production import Quality
from tests.flow.builders import exponential, line, link, moves, product, serial, station
from tests.flow.test_oracle import SEED, UNTIL_S, Draws, agree


def quality(scrap=0.0, rework=0.0, to=""):
    return Quality.model_validate({"scrap": scrap, "rework": {"share": rework, "to": to} if rework else None})


def with_quality(given, **stations):
    """The line, with quality by station and operation."""
    changed = {s: replace(given.stations[s], quality=q) for s, q in stations.items()}
    return replace(given, stations={**given.stations, **changed})


def test_scrap_by_hand():
    """A machine of 2 s: part n is thrown away where draw n of its stream lies below the share."""
    given = with_quality(serial([2.0], horizon_s=2000.5), m1={"op1": quality(0.3)})
    draw = Draws(given, moves())
    bad = sum(draw.uniform("quality", "m1", "op1", "part") < 0.3 for _ in range(1000))
    (found,) = replicate(given, moves(), seed=SEED)
    assert (found.entered, found.left, found.scrapped, found.inside) == (1001, 1000 - bad, bad, 1)
    assert found.stations["m1"].scrapped == bad
    assert found.per_h == pytest.approx((1000 - bad) / 2000.5 * 3600, rel=1e-9)
    assert found.scrap_per_h == pytest.approx(bad / 2000.5 * 3600, rel=1e-9)


def test_rework_on_the_spot_by_hand():
    """Sent back to the operation of the same machine, a part stays in it: each round takes 2 s more."""
    given = with_quality(serial([2.0], horizon_s=2000.5), m1={"op1": quality(0.0, 0.4, "op1")})
    draw = Draws(given, moves())
    again = sum(draw.uniform("quality", "m1", "op1", "part") < 0.4 for _ in range(1000))
    (found,) = replicate(given, moves(), seed=SEED)
    assert (found.left, found.scrapped, found.stations["m1"].reworked) == (1000 - again, 0, again)
    assert found.stations["m1"].done == 1000


def test_door_moves_once_for_all_rounds_and_opens_for_scrap():
    """Two operations in one machine with a door: what is thrown away after the first is taken out at once."""
    made = station("m", {"a": 3.0, "b": 5.0}, source="saturated", sink=True)
    given = line([made], [product(route=["a", "b"], sources=["m"], sinks=["m"])], horizon_s=4000.0)
    given = with_quality(given, m={"a": quality(0.2), "b": quality(0.0, 0.3, "b")})
    times = moves(doors={"m": (0.5, 0.25)})
    draw = Draws(given, times)
    now, left, scrapped = 0.0, 0, 0
    while True:
        now += 0.5 + 3.0
        good = draw.uniform("quality", "m", "a", "part") >= 0.2
        while good:
            now += 5.0
            if draw.uniform("quality", "m", "b", "part") >= 0.3:
                break
        now += 0.25
        if now > 4000.0:
            break
        left, scrapped = left + good, scrapped + (not good)
    (found,) = replicate(given, times, seed=SEED)
    assert (found.left, found.scrapped) == (left, scrapped)


def test_row_against_simpy():
    """m2 scraps and repeats its own work, m3 sends parts back to m2 by a link, where they wait among those of m1."""
    given = serial([exponential(1.0), exponential(0.6), exponential(0.5)], [30, 30])
    given = replace(given, links={**given.links, "back": link("m3", "m2", name="back")})
    given = with_quality(given, m2={"op2": quality(0.1, 0.15, "op2")}, m3={"op3": quality(0.05, 0.2, "op2")})
    draw, env, done = Draws(given, moves()), simpy.Environment(), []
    chances = {"m2": (0.1, 0.25), "m3": (0.05, 0.25)}
    places = {"m1": simpy.Resource(env, 1), "m2": simpy.Resource(env, 31), "m3": simpy.Resource(env, 31)}
    queues = {m: simpy.Store(env) for m in places}
    onward = {"m1": "m2", "m2": "m3"}

    def run(m):
        while True:
            place = (yield queues[m].get()) if m != "m1" else None
            u = 1.0
            while True:
                yield env.timeout(draw("process", m, f"op{m[1]}", "part"))
                if m in chances:
                    u = draw.uniform("quality", m, f"op{m[1]}", "part")
                if m == "m3":
                    done.append(env.now)
                if m != "m2" or not chances[m][0] <= u < chances[m][1]:
                    break
            scrap, rework = chances.get(m, (0.0, 0.0))
            target = "m2" if m == "m3" and scrap <= u < rework else onward.get(m)
            if u >= scrap and target:
                following = places[target].request()
                yield following
                queues[target].put(following)
            if place:
                places[m].release(place)

    for m in places:
        env.process(run(m))
    env.run(UNTIL_S)
    ours = [e.end_s for e in trace(given, moves(), seed=SEED, until_s=UNTIL_S)
            if e.resource == "m3" and e.state == "working" and e.end_s < UNTIL_S]  # fmt: skip
    agree(ours, done)


def test_yield_and_rework_rate():
    """Share good q of what does not go back: 1 - scrap / (1 - rework) in all, and 1 / (1 - rework) rounds each."""
    given = with_quality(serial([exponential(1.0)], horizon_s=400_000.0), m1={"op1": quality(0.1, 0.2, "op1")})
    (found,) = replicate(given, moves(), seed=3)
    assert found.left / (found.left + found.scrapped) == pytest.approx(1 - 0.1 / 0.8, abs=0.003)
    assert found.stations["m1"].done / (found.left + found.scrapped) == pytest.approx(1 / 0.8, abs=0.005)
    assert found.entered == found.left + found.scrapped + found.inside


def test_no_scrap_and_no_rework_change_nothing():
    given = serial([exponential(1.0)] * 3, 2)
    perfect = with_quality(given, m2={"op2": Quality()}, m3={"op3": Quality()})
    assert repr(simulate(perfect, moves())) == repr(simulate(given, moves()))


def test_parts_that_cannot_go_back_are_named():
    given = with_quality(serial([1.0, 1.0, 1.0]), m3={"op3": quality(0.0, 0.2, "op2")})
    assert unconnected(given) == (("part", "m3", "op2"),)
