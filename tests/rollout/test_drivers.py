"""Vehicles that drive, without bodies: none keeps another from getting on for ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from layout import motion
from layout.files.scenario import load_scenario
from layout.model.line import Layout
from layout.model.physical import Incident
from layout.model.realise import realise
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


def done_at(scenario: str, errands: dict[str, str], until_s: float = 300.0) -> tuple[dict[str, float], list[Incident]]:
    """One vehicle for each errand (from: to), all sent at once: when each has come, and what went wrong."""
    loaded = load_scenario(EXPERIMENTS / f"{scenario}.yaml")
    line = realise(loaded, Layout({**(loaded.start or {}), "carts.fleet": len(errands)}))
    fleet, times = line.fleets["carts"], motion.plan(line).fleets["carts"]
    rows = dict(zip(fleet.members, (times.stations.index(name) for name in errands), strict=True))
    places = {name: tuple(float(value) for value in times.docks[row]) for name, row in rows.items()}
    found, wrong = {}, []
    drivers: dict[str, Driver] = {}
    fellows = Fellows(Traffic(dict.fromkeys(rows, fleet.model.footprint_m), places), drivers, wrong.append, 1 / 240)
    for (name, row), target in zip(rows.items(), errands.values(), strict=True):
        drivers[name] = Driver(name, fleet, times, Mark(places[name]), fellows)
        drivers[name].row = row
        drivers[name].travel(target, True, 0.0, lambda now_s, name=name: found.__setitem__(name, now_s))
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
