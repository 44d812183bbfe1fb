"""Vehicles that drive under the line's control, all else as assumed: what they wait for one another."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from layout import motion
from layout.files.scenario import load_scenario
from layout.flow.departures import departures
from layout.model.line import Layout
from layout.model.physical import WAIT, MoveGap
from layout.model.realise import realise
from layout.model.results import Estimate
from layout.rollout.drivers import Driver
from layout.rollout.learning import learn, learnt_moves, relearnt
from layout.rollout.run import roll_out
from layout.rollout.waits import Driving, FleetWaits, Tally, drive_through, driving, mean_s, shrunk

SHOP = load_scenario(Path(__file__).parents[2] / "experiments" / "job_shop_amr.yaml")


def shop(carts):
    line = realise(SHOP, Layout({**(SHOP.start or {}), "carts.fleet": carts}))
    return line, motion.plan(line)


def test_one_vehicle_alone_is_the_flow_simulation():
    line, moves = shop(1)
    driven = drive_through(line, moves, until_s=5400.0)
    flown = departures(line, moves, until_s=5400.0)
    assert len(flown) > 5
    assert [(left.made_at, left.nth) for left in driven.left] == [(left.made_at, left.nth) for left in flown]
    assert [left.time_s for left in driven.left] == pytest.approx([left.time_s for left in flown], abs=1e-6)
    assert all(tally.total_s == pytest.approx(0.0, abs=1e-6) for tally in driven.legs["carts"].values())
    assert driving(line, moves) == Driving({})


def test_vehicles_wait_and_the_same_again(monkeypatch):
    monkeypatch.setattr("layout.rollout.waits.WINDOW_S", 1800.0)
    line, moves = shop(2)
    found = driving(line, moves)
    waits = found.waits_s["carts"]
    assert waits.mean.mean > 0.0
    assert waits.mean.n == 4
    assert waits.legs_s
    assert driving(line, moves) == found
    assert not found.incidents


def test_who_hands_a_part_over_is_not_sent_away(monkeypatch):
    line, moves = shop(2)
    went = []

    def set_out(cart, *given):
        went.append(cart.hands_over)
        return usual(cart, *given)

    usual = Driver._set_out
    monkeypatch.setattr(Driver, "_set_out", set_out)
    drive_through(line, moves, until_s=1800.0)
    assert len(went) > 50
    assert not any(went)


def test_once_vehicles_are_stranded_none_drives_any_more(monkeypatch):
    line, moves = shop(2)
    monkeypatch.setattr("layout.rollout.drivers.STRANDED_S", 20.0)
    driven, free = (drive_through(line, moves, until_s=until_s) for until_s in (5400.0, 1800.0))
    (incident,) = driven.incidents
    assert incident.kind == "waiting"
    assert incident.time_s < 1800.0
    assert driven.left == free.left  # nothing leaves after that
    assert driven.flow.throughput_per_h.mean == 0.0


def test_a_drive_takes_as_much_longer_as_is_waited():
    line, moves = shop(2)
    waiting = {"carts": FleetWaits(Estimate(1.5, 0.2, 0.95, 2), {("saw", "mill"): 4.0})}
    times = moves.fleets["carts"]
    before, after = times.travel_s, learnt_moves(line, moves, {}, waiting).fleets["carts"].travel_s
    expected = np.where(before > 0, before + 1.5, before)
    expected[times.stations.index("saw"), times.stations.index("mill")] += 2.5
    assert after == pytest.approx(expected)
    seen = MoveGap(WAIT, "carts", "carts", "carts", 0.0, Estimate(2.3, 1.0, 0.95, 9))
    assert learn(line, [seen]) == {}  # what is waited in one window teaches nothing
    assert not seen.elementary and relearnt(line, [seen], {}, waiting) == (replace(seen, assumed_s=1.5),)
    assert np.array_equal(learnt_moves(line, moves, {}).fleets["carts"].travel_s, before)


def test_drives_by_themselves_are_elementary_and_waits_are_those_of_driving_without_bodies():
    line, moves = shop(2)
    line = replace(line, time=line.time.model_copy(update={"warmup_s": 0.0}))
    until_s = 125.0
    run, _ = roll_out(line, moves, until_s=until_s)
    alone = [gap for gap in run.moves if gap.kind == "drive"]
    assert alone and all(gap.elementary and gap.gap_s == pytest.approx(0.0, abs=0.02) for gap in alone)
    (waited,) = (gap for gap in run.moves if gap.kind == WAIT)
    legs = drive_through(line, moves, until_s=until_s).legs["carts"]
    mean = mean_s(legs)
    assert mean is not None and mean > 0.1
    assert waited.physical_s.n == sum(tally.n for (origin, target), tally in legs.items() if origin != target)
    assert waited.physical_s.mean == pytest.approx(mean, abs=0.05)


def test_the_interval_of_a_tally_is_students():
    times = [3.0, 5.0, 4.0, 9.0, 4.0]
    tally = sum((Tally(1, time, time**2) for time in times), Tally())
    expected = 2.776 * np.std(times, ddof=1) / np.sqrt(5)  # t table: 95 %, 4 degrees of freedom
    assert tally.half_width_s == pytest.approx(expected, rel=1e-3)
    assert Tally(1, 3.0, 9.0).half_width_s == np.inf


def test_legs_keep_as_much_of_their_own_mean_as_chance_does_not_explain():
    """Times made up of a leg's own mean and noise, both with known variances: the best linear predictor is known."""
    rng = np.random.default_rng(3)
    means, n = 5.0 + 2.0 * rng.standard_normal(400), 8
    times = means[:, None] + 6.0 * rng.standard_normal((400, n))
    legs = {(str(k), "there"): Tally(n, row.sum(), (row**2).sum()) for k, row in enumerate(times)}
    found = np.array(list(shrunk(legs).values()))
    weight = n * 2.0**2 / (n * 2.0**2 + 6.0**2)
    assert np.polyfit(times.mean(axis=1), found, 1)[0] == pytest.approx(weight, abs=0.06)
    assert found.mean() == pytest.approx(times.mean())
    error = ((found - means) ** 2).mean()
    assert error < 0.6 * ((times.mean(axis=1) - means) ** 2).mean() and error < 0.75 * means.var()


def test_where_legs_do_not_differ_all_take_the_mean_and_ways_back_are_shared_out():
    legs = {(name, "there"): Tally(4, 8.0, 40.0) for name in "abc"}
    assert shrunk(legs) == pytest.approx(dict.fromkeys(legs, 2.0))
    assert shrunk({**legs, ("there", "there"): Tally(2, 6.0, 18.0)}) == pytest.approx(dict.fromkeys(legs, 2.5))
    assert shrunk({("a", "b"): Tally(1, 3.0, 9.0)}) == {}
