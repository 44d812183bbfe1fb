"""Vehicles that drive, without bodies: none keeps another from getting on for ever."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from layout.files.scenario import load_scenario
from layout.model.line import Layout
from layout.model.physical import Incident
from layout.model.realise import realise
from layout.motion.vehicles import fleet_times
from layout.rollout.drivers import Driver, Fellows
from layout.rollout.traffic import Traffic

EXPERIMENTS = Path(__file__).parents[2] / "experiments"


class Mark:
    """Where a vehicle is."""

    def __init__(self, place):
        self.place = place

    def stop(self, place):
        self.place = place

    def go(self, now, then):
        self.place = now


def done_at(scenario, errands, serves=None, until_s=300.0, places=None):
    """One vehicle for each errand (from: to; "": none), sent at once: when each has come, and what went wrong.

    places : of stations that do not stand as at the start
    serves : the stations that have docks for the vehicle that stands first at one of them; None: all of them
    """
    loaded = load_scenario(EXPERIMENTS / f"{scenario}.yaml")
    line = realise(loaded, Layout({**(loaded.start or {}), **(places or {}), "carts.fleet": 1}))
    wrong: list[Incident] = []
    found: dict[str, float] = {}
    drivers: dict[str, Driver] = {}
    at = {}
    for name in errands:
        fleet = line.fleets["carts"]
        if serves is not None:
            fleet = replace(fleet, serves=serves[name])
        times = fleet_times(fleet, replace(line, fleets={"carts": fleet}))
        row = times.stations.index(name)
        at[name] = fleet, times, row, tuple(float(value) for value in times.docks[row])
    traffic = Traffic(
        dict.fromkeys(errands, fleet.model.footprint_m), {name: place for name, (*_, place) in at.items()}
    )
    fellows = Fellows(traffic, drivers, wrong.append, 1 / 240)
    for name, (fleet, times, row, place) in at.items():
        drivers[name] = Driver(name, fleet, times, Mark(place), fellows)
        drivers[name].row = row
        if errands[name]:
            drivers[name].travel(errands[name], True, 0.0, lambda now_s, name=name: found.__setitem__(name, now_s))
    now_s = 0.0
    while now_s < until_s:
        for driver in drivers.values():
            driver.after_step(now_s)
        for driver in drivers.values():
            driver.before_step(now_s)
        now_s = max(now_s + 1e-6, min(driver.next_s for driver in drivers.values()))
    return found, wrong


@pytest.mark.parametrize("scenario, errands", [
    ("job_shop_amr", {"mill": "lathe", "lathe": "mill"}),
    ("job_shop_amr", {"mill": "lathe", "lathe": "washer", "washer": "mill"}),
    ("gearbox_assembly", {"unloading": "loading", "assembly 2": "unloading", "loading": "test bench"}),
])  # fmt: skip
def test_all_get_on_when_docks_are_wanted_in_turn(scenario, errands):
    found, wrong = done_at(scenario, errands)
    assert len(found) == len(errands)
    assert not wrong


def test_an_idle_one_leaves_the_only_dock_where_another_can_make_room():
    """Two that change places need a third dock; there one stands that has nothing to do, and one more of its own."""
    three, own = ("mill", "lathe", "saw"), ("saw", "oven")
    serves = {"mill": three, "lathe": three, "saw": own}
    found, wrong = done_at("job_shop_amr", {"mill": "lathe", "lathe": "mill", "saw": ""}, serves)
    assert len(found) == 2
    assert not wrong


@pytest.mark.parametrize("errands", [
    {"lathe": "blanks", "blanks": "lathe"},  # who is later by name cannot back out of the lathe
    {"blanks": "lathe", "lathe": ""},  # nor can one that has nothing to do
])  # fmt: skip
def test_who_is_hemmed_in_is_let_out(errands):
    """Docks face to face: one cannot be left while somebody stands at the other."""
    face = {"lathe.x": 3.066, "lathe.y": 5.988, "lathe.yaw": math.pi}
    found, wrong = done_at("gearbox_assembly", errands, places=face)
    assert set(found) == {name for name in errands if errands[name]}
    assert not wrong


def test_who_can_make_room_nowhere_is_told_once_with_what_to_do():
    two = ("mill", "lathe")
    found, wrong = done_at("job_shop_amr", {"mill": "lathe", "lathe": "mill"}, dict.fromkeys(two, two), until_s=150.0)
    assert not found
    (incident,) = wrong
    assert incident.kind == "waiting"
    assert "parking" in incident.remedy
