"""Where a vehicle is on its way: at once for many times as for each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from layout.files.scenario import load_scenario
from layout.model.line import Layout, Line
from layout.model.realise import realise
from layout.motion.drive import Drive

SHOP = Path(__file__).parents[2] / "experiments" / "job_shop_amr.yaml"


@pytest.fixture(scope="module")
def line() -> Line:
    scenario = load_scenario(SHOP)
    return realise(scenario, Layout(dict(scenario.start or {})))


def test_places_are_those_of_each_time(line: Line) -> None:
    path = np.array([[0.0, 0.0], [-0.6, 0.0], [-0.6, 4.0], [-0.5, 4.0], [3.0, 7.0]])
    drive = Drive(line.fleets["carts"], path, (0.0, 0.0, 0.0), (3.0, 7.0, -3.0))
    times = np.linspace(0.0, drive.time_s, 400)
    each = [drive.place(float(t)) for t in times]
    assert np.allclose(drive.places(times), each, rtol=0, atol=1e-12)


def test_it_stands_where_it_starts_and_ends(line: Line) -> None:
    drive = Drive(line.fleets["carts"], np.array([[0.0, 0.0], [2.0, 0.0]]), (0.0, 0.0, 0.0), (2.0, 0.0, 1.0))
    assert drive.places(np.array([-5.0, drive.time_s + 5.0])).tolist() == [[0.0, 0.0, 0.0], [2.0, 0.0, 1.0]]
