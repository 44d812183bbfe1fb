"""Vehicles that drive under the line's control, all else as assumed: what they wait for one another."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from layout import motion
from layout.files.scenario import load_scenario
from layout.flow.departures import departures
from layout.model.line import Layout
from layout.model.physical import MoveGap
from layout.model.realise import realise
from layout.model.results import Estimate
from layout.rollout.learning import WAIT, learn, learnt_moves, relearnt
from layout.rollout.waits import Driving, drive_through, driving

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
    assert driven.waits_s["carts"][0] == pytest.approx(0.0, abs=1e-6)
    assert driving(line, moves) == Driving({})


def test_vehicles_wait_and_the_same_again(monkeypatch):
    monkeypatch.setattr("layout.rollout.waits.WINDOW_S", 1800.0)
    line, moves = shop(2)
    found = driving(line, moves)
    waits = found.waits_s["carts"]
    assert waits.mean > 0.0
    assert waits.n == 2
    assert driving(line, moves) == found
    assert not found.incidents


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
    before, after = moves.fleets["carts"].travel_s, learnt_moves(line, moves, {}, waiting).fleets["carts"].travel_s
    drives = before > 0
    assert after[drives] == pytest.approx(before[drives] + 1.5)
    assert not after[~drives].any()
    seen = (MoveGap(WAIT, "carts 2", "carts 2", "carts 2", 0.0, Estimate(7.0, 1.0, 0.95, 9)),)
    assert learn(line, seen) == {}  # what is waited in one window teaches nothing
    assert relearnt(line, seen, {}, waiting)[0].assumed_s == 1.5
    assert np.array_equal(learnt_moves(line, moves, {}).fleets["carts"].travel_s, before)
