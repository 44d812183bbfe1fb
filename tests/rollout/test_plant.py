"""Lines of the library and lines made up at random among bodies: everything begins, moves and ends where it should."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from layout import motion
from layout.files.scenario import load_scenario
from layout.flow.control import Control
from layout.model.line import Layout, Line
from layout.model.realise import realise
from layout.model.results import Moves
from layout.rollout.plant import Plant
from layout.rollout.run import roll_out
from layout.scene.physics.world import World

EXPERIMENTS = Path(__file__).parents[2] / "experiments"


def shipped(name: str) -> tuple[Line, Moves]:
    scenario = load_scenario(EXPERIMENTS / f"{name}.yaml")
    line = realise(scenario, Layout(scenario.start or {}))
    return line, motion.plan(line)


@pytest.fixture(scope="module")
def packing() -> tuple[Line, Moves]:
    return shipped("packing_line")


@pytest.fixture(scope="module")
def shop() -> tuple[Line, Moves]:
    return shipped("job_shop_amr")


def test_arms_begin_where_the_control_has_them(packing: tuple[Line, Moves]) -> None:
    """At home where they would stand in space that they share, else before their first station."""
    line, moves = packing
    control = Control(line, moves, until_s=60.0)
    assert control.begins_at("loader") == ""
    with World() as world:
        plant = Plant(world, line, moves, control)
        assert plant.bodies["loader"].state()[0] == pytest.approx(np.array(line.arms["loader"].model.home), abs=1e-9)
        times, station = moves.arms["picker"], control.begins_at("picker")
        assert times.approach is not None
        before = times.approach[times.stations.index(station)]
        assert plant.bodies["picker"].state()[0] == pytest.approx(before, abs=1e-9)


def test_vehicles_begin_at_docks_of_their_own(shop: tuple[Line, Moves]) -> None:
    line, moves = shop
    with World() as world:
        plant = Plant(world, line, moves, Control(line, moves, until_s=60.0))
        assert len({cart.row for cart in plant.carts.values()}) == 2
        times = moves.fleets["carts"]
        for cart in plant.carts.values():
            assert cart.place == pytest.approx(times.docks[cart.row])


def test_nothing_is_dropped_on_the_packing_line(packing: tuple[Line, Moves]) -> None:
    line, moves = packing
    run, _ = roll_out(line, moves, until_s=30.0)
    assert run.incidents == ()
    assert {gap.kind for gap in run.moves} >= {"empty", "loaded", "pick", "place", "belt transit"}


def test_doors_close_behind_what_vehicles_brought(shop: tuple[Line, Moves]) -> None:
    line, moves = shop
    run, _ = roll_out(line, moves, until_s=60.0)
    assert run.incidents == ()
    closed = [gap for gap in run.moves if gap.kind == "close"]
    assert closed
    for gap in closed:
        assert gap.physical_s.mean == pytest.approx(gap.assumed_s, abs=0.02)
