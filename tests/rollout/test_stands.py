"""What stations hold: one part at a port, the others in the magazine, each where it stood before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from layout.files.scenario import load_scenario
from layout.model.line import Layout, Line
from layout.model.realise import realise
from layout.rollout.stands import Stands, resting
from layout.scene.physics.world import World

CELL = Path(__file__).parents[2] / "experiments" / "machining_cell.yaml"


@pytest.fixture
def line() -> Line:
    scenario = load_scenario(CELL)
    return realise(scenario, Layout(scenario.start or {}))


@pytest.fixture
def world() -> Iterator[World]:
    with World() as made:
        yield made


def test_the_grasp_point_is_at_the_port(line: Line) -> None:
    mill, product = line.stations["mill 1"], line.products["bracket"]
    at, _ = resting(mill, product, "out", "arm")
    port = mill.model.port_for("out", "arm")
    assert port is not None
    expected = mill.pose.apply([port.at_m])[0] - [0.0, 0.0, product.model.grasp_m[2]]
    assert at == pytest.approx(expected)


def test_one_part_stands_at_a_port_and_the_others_are_out_of_the_world(line: Line, world: World) -> None:
    stands = Stands(line, world)
    for number in (1, 2):
        stands.make(number, "bracket", "mill 1")
    first = stands.present(1, "out", "arm")
    assert first.state == "clamped"
    second = stands.present(2, "out", "arm")
    assert (first.state, second.state) == ("stored", "clamped")
    stands.clear("mill 1", "in", "arm")
    assert second.state == "stored"
    again = stands.present(1, "out", "arm")
    assert again is first
    assert stands.give(1) is first
    assert stands.numbers("mill 1") == [2]


def test_a_part_stands_where_it_was_put_down(line: Line, world: World) -> None:
    stands = Stands(line, world)
    part = world.parts.take(line.products["bracket"], 7)
    at, turn = (5.0, 6.0, 1.0), (0.0, 0.0, 0.6, 0.8)
    part.free(at, turn)
    stands.take_in(part, "mill 1", "table")
    stands.clear("mill 1", "in", "arm")
    found = stands.present(7, "out", "arm")
    assert found.pose()[0] == pytest.approx(at)
    assert found.pose()[1] == pytest.approx(turn)


def test_bodies_are_used_again(line: Line, world: World) -> None:
    stands = Stands(line, world)
    for number in range(20):
        stands.make(number, "bracket", "mill 1")
        stands.present(number, "out", "arm")
        stands.remove(number)
    assert world.parts.made == 1
