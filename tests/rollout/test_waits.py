"""Vehicles that drive under the line's control, all else as assumed: what they wait for one another."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from layout import motion
from layout.files.scenario import load_scenario
from layout.flow import simulate
from layout.flow.departures import departures
from layout.model.line import Layout
from layout.model.physical import WAIT, Incident, MoveGap
from layout.model.realise import realise
from layout.model.results import Estimate
from layout.rollout.drivers import Driver
from layout.rollout.learning import learn, learnt_moves, relearnt
from layout.rollout.prove import traffic_gap
from layout.rollout.run import roll_out
from layout.rollout.waits import Driving, Shift, Tally, drive_through, driving, leaving, span_s

SHOP = load_scenario(Path(__file__).parents[2] / "experiments" / "job_shop_amr.yaml")


def shop(carts):
    line = realise(SHOP, Layout({**(SHOP.start or {}), "carts.fleet": carts}))
    return line, motion.plan(line)


def test_one_vehicle_alone_is_the_flow_simulation():
    line, moves = shop(1)
    driven = drive_through(line, moves, until_s=5400.0, step_s=1e-6)
    flown = departures(line, moves, until_s=5400.0)
    assert len(flown) > 5
    assert [(left.made_at, left.nth) for left in driven.left] == [(left.made_at, left.nth) for left in flown]
    assert [left.time_s for left in driven.left] == pytest.approx([left.time_s for left in flown], abs=1e-3)
    assert driven.waited["carts"].n > 10 and driven.waited["carts"].total_s == pytest.approx(0.0, abs=1e-3)
    assert driving(line, moves) == Driving({})


@pytest.mark.parametrize("replication", [0, 1])
def test_bodies_drive_as_vehicles_without_bodies_to_the_step(replication):
    """Two that are ready in the same instant fetch different parts as soon as one of them is a step late."""
    line, moves = shop(3)
    run, _ = roll_out(line, moves, until_s=1200.0, replication=replication)
    driven = drive_through(line, moves, until_s=1200.0, replication=replication)
    there = {(left.made_at, left.nth): left.time_s for left in driven.left}
    both = {(left.made_at, left.nth): left.physical_s for left in run.departures if left.physical_s == left.physical_s}
    assert len(both) > 4 and not run.incidents
    assert both == pytest.approx(there, abs=1e-6)


def test_vehicles_wait_and_the_same_again(monkeypatch):
    monkeypatch.setattr("layout.rollout.waits.WINDOW_S", 1800.0)
    line, moves = shop(2)
    found = driving(line, moves)
    waits = found.waits_s["carts"]
    assert waits.mean > 0.0
    assert waits.n == 4
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
    waiting = {"carts": Estimate(1.5, 0.2, 0.95, 2)}
    times = moves.fleets["carts"]
    before, after = times.travel_s, learnt_moves(line, moves, {}, waiting).fleets["carts"].travel_s
    expected = np.where(before > 0, before + 1.5, before)
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
    driven = drive_through(line, moves, until_s=until_s).waited["carts"]
    assert driven.mean_s is not None and driven.mean_s > 0.1
    assert waited.physical_s.n == driven.n
    assert waited.physical_s.mean == pytest.approx(driven.mean_s, abs=0.05)


def test_hours_of_driving_are_judged_on_what_the_others_taught():
    """Shifts whose vehicles drive as in the flow simulation, with a known wait in each drive: no gap is left."""
    line, moves = shop(2)
    span = span_s(line, 3600.0)
    assert span == (3600.0, 1800.0)  # its warm-up is 45 min: at most the first half
    flown = replace(line, time=line.time.model_copy(update={"horizon_s": span[0], "warmup_s": span[1]}))
    waiting = learnt_moves(line, moves, {}, {"carts": Estimate(2.0, 0.0, 0.95, 4)})
    shifts = [
        Shift(k, *span, simulate(flown, waiting, replications=1, first_replication=k).throughput_per_h.mean,
              {"carts": Tally(10, 20.0)})
        for k in (3, 4, 5)
    ]  # fmt: skip
    taught_s = Driving({}, (), tuple(shifts))
    assert traffic_gap(line, moves, taught_s) == Estimate(0.0, 0.0, 0.95, 3)
    odd = replace(shifts[0], waited={"carts": Tally(10, 120.0)})  # what it says of itself does not count for it
    gap = traffic_gap(line, moves, replace(taught_s, shifts=(odd, *shifts[1:])))
    assert gap is not None and gap.mean > 0.0
    stuck = replace(taught_s, incidents=(Incident(1.0, "waiting", ("a", "b"), (0.0, 0.0, 0.0), 1.0, "s", ""),))
    assert traffic_gap(line, moves, stuck) is None and traffic_gap(line, moves, Driving({})) is None


def test_parts_that_leave_are_told_with_vehicles_that_wait():
    line, moves = shop(2)
    told = leaving(line, moves, seed=5, replication=1, until_s=3600.0)
    assert tuple(told) == drive_through(line, moves, seed=5, replication=1, until_s=3600.0).left
    assert told[-1].time_s > departures(line, moves, seed=5, replication=1, until_s=3600.0)[len(told) - 1].time_s
    alone, times = shop(1)
    assert leaving(alone, times, seed=5, until_s=3600.0) == departures(alone, times, seed=5, until_s=3600.0)
