"""Measures of a simulated line: which it has, and what they are where no part left."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from layout.flow import simulate
from layout.model.line import Belt
from layout.model.production import Order, Power, Quality
from layout.model.results import BeltTimes, Estimate, Moves
from layout.model.scenario import MEASURES, Objective
from layout.objective import investment, measure, scales
from tests.flow.builders import fleet, moves, serial

ALWAYS = {"throughput", "lead_time", "wip", "handling_distance", "floor_area"}
LINE = serial([2.0, 4.0], horizon_s=400.0)


def with_station(**changes):
    return replace(LINE, stations={**LINE.stations, "m1": replace(LINE.stations["m1"], **changes)})


def test_a_plain_line_has_the_plain_measures():
    assert set(measure(LINE, moves(), simulate(LINE, moves()))) == ALWAYS
    assert set(MEASURES) - ALWAYS == {"energy", "scrap", "on_time", "tardiness", "investment", "handling_effort"}


def test_energy_is_that_of_each_good_part():
    line = with_station(power=Power(working_w=3600.0))
    found = simulate(line, moves())
    energy = measure(line, moves(), found)["energy"]
    # One part every 4 s, of which the machine works 2 s: 7,200 Ws
    assert energy == pytest.approx(0.002, rel=0.03)
    assert measure(line, moves(), replace(found, energy_kwh_per_part=None))["energy"] == math.inf


def test_scrap_and_due_times_are_measured_where_there_are_any():
    found = simulate(LINE, moves())
    known = replace(found, scrap_per_h=Estimate(2.5, 0, 0.9, 4), on_time=Estimate(0.8, 0, 0.9, 4),
                    tardiness_s=Estimate(7.0, 0, 0.9, 4))  # fmt: skip
    scrapping = with_station(quality={"op1": Quality(scrap=0.1)})
    assert measure(scrapping, moves(), known)["scrap"] == 2.5
    ordered = with_station(schedule=(Order(at_s=0.0, product="part", due_s=60.0),))
    values = measure(ordered, moves(), known)
    assert (values["on_time"], values["tardiness"]) == (0.8, 7.0)
    values = measure(ordered, moves(), found)
    assert (values["on_time"], values["tardiness"]) == (0.0, math.inf)


def test_investment_is_the_price_of_all_that_stands_there():
    carts = replace(fleet("carts", 3, ["m1", "m2"]), price=20.0)
    line = replace(with_station(price=100.0), fleets={"carts": carts})
    belt = Belt("belt", "m1", "m2", 0.2, 0.4, 0.4, price=7.0, price_per_m=2.0)
    laid = Moves(belts={"belt": BeltTimes(10.0, 5, 2.0, 4.5, np.zeros((2, 2)))})
    assert investment(line) == 160.0
    assert investment(replace(line, belts={"belt": belt}), laid) == 160.0 + 7.0 + 9.0
    found = simulate(LINE, moves())
    assert measure(with_station(price=100.0), moves(), found)["investment"] == 100.0
    aimed = replace(LINE, objectives=(Objective(minimize="investment"),))
    assert measure(aimed, moves(), found)["investment"] == 0.0  # nothing that has a price stands there


def test_every_measure_has_a_scale():
    carts = replace(fleet("carts", 3, ["m1", "m2"]), power=Power(working_w=500.0))
    found = scales(replace(with_station(power=Power(working_w=2500.0)), fleets={"carts": carts}), 100.0)
    assert set(found) == set(MEASURES)
    assert found["energy"] == pytest.approx(4.0 / 100)
    assert all(scale > 0 for scale in [*found.values(), *scales(LINE, 0.0).values()])
