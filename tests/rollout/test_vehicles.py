"""Vehicles among bodies: they arrive when assumed, carry parts by friction, and never drive through each other."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely

from layout import motion
from layout.files.assets import load_model
from layout.files.scenario import load_scenario
from layout.model.library import ArmModel
from layout.model.line import Arm, Layout, Line
from layout.model.physical import Incident
from layout.model.pose import Pose
from layout.model.realise import realise
from layout.model.results import FleetTimes
from layout.rollout.drivers import Fellows
from layout.rollout.stands import Stands
from layout.rollout.traffic import Traffic
from layout.rollout.vehicles import Vehicle
from layout.scene.physics.carriers import Carrier
from layout.scene.physics.world import World

SHOP = Path(__file__).parents[2] / "experiments" / "job_shop_amr.yaml"


class Shop:
    """The job shop with some carts, each docked at a station. arms : stations that an arm serves, too"""

    def __init__(self, world: World, docked: list[str], arms: Sequence[str] = ()) -> None:
        scenario = load_scenario(SHOP)
        start = {**(scenario.start or {}), "carts.fleet": len(docked)}
        self.line: Line = realise(scenario, Layout(start))
        model = load_model("arm_10kg_r1100")
        assert isinstance(model, ArmModel)
        tender = Arm("tender", model, Pose(1.0, 1.0), tuple(arms), "first_come", 1.0)
        self.line = replace(self.line, arms={"tender": tender} if arms else {})
        self.times: FleetTimes = motion.plan(replace(self.line, arms={})).fleets["carts"]
        self.world, self.incidents, self.done = world, list[Incident](), dict[str, float]()
        world.build(self.line)
        self.stands = Stands(self.line, world)
        fleet = self.line.fleets["carts"]
        rows = [self.times.stations.index(name) for name in docked]
        places = [tuple(float(x) for x in self.times.docks[row]) for row in rows]
        names = [f"carts {i + 1}" for i in range(len(docked))]
        traffic = Traffic(dict.fromkeys(names, fleet.model.footprint_m), dict(zip(names, places, strict=True)))  # type: ignore[arg-type]
        self.carts: dict[str, Vehicle] = {}
        fellows = Fellows(traffic, self.carts, self.incidents.append, world.step_s)
        for name, row, place in zip(names, rows, places, strict=True):
            carrier = Carrier(world, name, fleet.model, place)  # type: ignore[arg-type]
            self.carts[name] = Vehicle(name, fleet, self.times, carrier, self.line, self.stands, fellows)
            self.carts[name].row = row

    def run(self, until_s: float) -> float:
        """Least distance of two vehicles on the way (m)."""
        outline = shapely.Polygon(self.line.fleets["carts"].model.footprint_m)
        least = np.inf
        while self.world.now_s < until_s:
            for cart in self.carts.values():
                if cart.busy:
                    cart.before_step(self.world.now_s)
            self.world.step()
            for cart in self.carts.values():
                if cart.busy:
                    cart.after_step(self.world.now_s)
            if self.world.steps % 12 == 0:
                shapes = [moved(outline, *cart.place) for cart in self.carts.values()]
                least = min([least, *(a.distance(b) for a, b in itertools.combinations(shapes, 2))])
        return float(least)

    def tell(self, name: str) -> object:
        return lambda now_s: self.done.__setitem__(name, now_s)


def moved(shape: shapely.Polygon, x: float, y: float, yaw: float) -> shapely.Polygon:
    turned = shapely.affinity.rotate(shape, yaw, (0, 0), use_radians=True)
    return shapely.affinity.translate(turned, x, y)


def test_it_takes_a_part_along_in_the_assumed_time() -> None:
    with World() as world:
        shop = Shop(world, ["saw"])
        cart = shop.carts["carts 1"]
        shop.stands.make(1, "bracket", "saw")
        cart.take(1, "saw", 0.0, shop.tell("taken"))  # type: ignore[arg-type]
        shop.run(6.1)
        assert shop.done["taken"] == pytest.approx(6.0, abs=0.01)
        row, goal = shop.times.stations.index("saw"), shop.times.stations.index("mill")
        cart.travel("mill", True, world.now_s, shop.tell("there"))  # type: ignore[arg-type]
        began, assumed = world.now_s, float(shop.times.travel_s[row, goal])
        shop.run(began + assumed + 1.0)
        assert shop.done["there"] - began == pytest.approx(assumed, abs=0.02)
        cart.give("mill", world.now_s, shop.tell("given"))  # type: ignore[arg-type]
        shop.run(world.now_s + 6.1)
        assert shop.stands.numbers("mill") == [1]
        assert not shop.incidents


@pytest.mark.parametrize("served", [False, True])
def test_what_it_brings_stands_in_no_arms_way(served: bool) -> None:
    """At its port where nobody else hands over; where an arm does, the station draws it in."""
    with World() as world:
        shop = Shop(world, ["assembly"], arms=["assembly"] if served else [])
        cart = shop.carts["carts 1"]
        shop.stands.make(1, "housing", "saw")
        cart.part = shop.stands.give(1)
        cart.give("assembly", 0.0, shop.tell("given"))  # type: ignore[arg-type]
        shop.run(6.1)
        assert shop.stands.numbers("assembly") == [1]
        assert [part.state for part in world.parts.there()] == ([] if served else ["clamped"])


def test_two_that_change_places_do_not_touch() -> None:
    with World() as world:
        shop = Shop(world, ["mill", "lathe"])
        shop.carts["carts 1"].travel("lathe", True, 0.0, shop.tell("1"))  # type: ignore[arg-type]
        shop.carts["carts 2"].travel("mill", True, 0.0, shop.tell("2"))  # type: ignore[arg-type]
        assert shop.run(90.0) >= 0.05 - 1e-6
        assert sorted(shop.done) == ["1", "2"]
        assert not shop.incidents


def test_who_has_nothing_to_do_makes_room() -> None:
    with World() as world:
        shop = Shop(world, ["mill", "lathe", "saw"])
        shop.carts["carts 1"].travel("lathe", True, 0.0, shop.tell("1"))  # type: ignore[arg-type]
        assert shop.run(60.0) >= 0.05 - 1e-6
        assert shop.done.keys() == {"1"}
        assert not shop.incidents


def test_who_made_room_where_it_is_sent_later_has_not_driven_there_for_that() -> None:
    with World() as world:
        shop = Shop(world, ["mill", "lathe"])
        cart = shop.carts["carts 2"]
        shop.carts["carts 1"].travel("lathe", True, 0.0, shop.tell("1"))  # type: ignore[arg-type]
        shop.run(60.0)
        made_room_at = shop.times.stations[cart.row]
        assert made_room_at != "lathe" and cart.drove("lathe", 0.0)
        now_s = world.now_s
        cart.travel(made_room_at, cart.bringing, now_s, shop.tell("2"))  # type: ignore[arg-type]
        assert "2" in shop.done  # it stands there already
        assert not cart.drove("lathe", now_s)


def test_what_it_drives_into_is_told_once() -> None:
    with World() as world:
        shop = Shop(world, ["saw"])
        x, y, yaw = shop.carts["carts 1"].place
        corners = np.array(list(itertools.product((-0.1, 0.1), (-0.1, 0.1), (0.0, 0.5))))
        behind = np.array([x - 1.0 * np.cos(yaw), y - 1.0 * np.sin(yaw), 0.0])  # it backs out of its dock
        world.fix("crate", [corners + behind])
        shop.carts["carts 1"].travel("mill", True, 0.0, shop.tell("there"))  # type: ignore[arg-type]
        shop.run(4.0)
        (incident,) = shop.incidents
        assert incident.kind == "collision"
        assert incident.subjects == ("carts 1", "crate")
        assert incident.amount > 0.0
