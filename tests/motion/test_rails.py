"""Arms on a linear axis: what is out of reach for sure, and what mirrored and moved cells have in common."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layout.feasibility import Ground
from layout.feasibility.reach import shortfall_m
from layout.model.equip import on_rail
from layout.model.library import Rail
from layout.motion import ports, reach
from layout.motion.kinematics import chain_of, forward

RAIL = Rail(5.0, 1.5, 3.0)


@pytest.fixture(scope="module")
def riding(six):
    return on_rail(six, RAIL)


@settings(max_examples=60, deadline=None)
@given(x=st.floats(-6, 6), y=st.floats(-3.5, 3.5), yaw=st.floats(-3.1, 3.1))
def test_what_is_called_too_far_is_out_of_reach(riding, table, tend, cell, x, y, yaw) -> None:
    """The quick bound never refuses what the arm reaches, and beyond the ends of the rail it is sharp."""
    arm, station = tend(riding, ["t"]), table("t", x, y)
    line = cell([station], [arm])
    missing = shortfall_m(Ground(line), arm, station)
    if missing > 0.0:
        assert not reach(arm, station).ok
    beyond = max(abs(x) - RAIL.length_m / 2, 0.0)
    if math.hypot(beyond, y) > 2.4:
        assert missing > 0.0


def test_a_rail_brings_within_reach_what_stands_beside_it(six, riding, table, tend) -> None:
    for x in (-3.5, -2.0, 0.0, 2.0, 3.5):
        station = table("t", x, 1.0)
        answer = reach(tend(riding, ["t"]), station)
        assert answer.ok and reach(tend(six, ["t"]), station).ok == (abs(x) < 1.5)
        place = ports.place_of(tend(riding, ["t"]).pose, station.pose, station.model.ports["top"])
        found = ports.serve(chain_of(riding), place)
        assert (np.abs(found.approach[:, 0]) <= RAIL.length_m / 2).all()
        assert (np.abs(found.approach[:, 0] - x) < 2.1).all(), "never farther from it than the arm is long"
    assert not reach(tend(riding, ["t"]), table("t", 5.2, 1.0)).ok


@pytest.mark.parametrize("yaw", [0.4, math.pi / 2, -2.5])
def test_a_turned_rail_reaches_the_same(riding, table, tend, yaw) -> None:
    """The whole cell turned about the rail's middle: the same joint angles."""
    cos, sin = math.cos(yaw), math.sin(yaw)
    for x, y in ((2.8, 1.1), (-3.3, -0.9), (0.2, 1.4)):
        here = table("t", x, y)
        there = table("t", cos * x - sin * y, sin * x + cos * y, yaw)
        ahead, turned = tend(riding, ["t"]), tend(riding, ["t"], yaw=yaw)
        port = here.model.ports["top"]
        one = ports.serve(chain_of(riding), ports.place_of(ahead.pose, here.pose, port))
        other = ports.serve(chain_of(riding), ports.place_of(turned.pose, there.pose, port))
        assert one.ok and np.allclose(one.approach, other.approach, atol=1e-6)


def test_the_carriage_carries_the_arm_along_x(riding, six) -> None:
    q = np.array(six.home)
    for place in (-2.5, 0.3, 2.5):
        moved = forward(riding, [place, *q])
        assert np.allclose(moved[:3, 3], forward(six, q)[:3, 3] + [place, 0, 0])
        assert np.allclose(moved[:3, :3], forward(six, q)[:3, :3])


def test_the_rail_stands_still_while_the_tool_goes_in(riding, table, tend) -> None:
    for x in (-2.7, 0.4, 2.9):
        station = table("t", x, 1.1)
        place = ports.place_of(tend(riding, ["t"]).pose, station.pose, station.model.ports["top"])
        found = ports.serve(chain_of(riding), place)
        assert found.ok and np.array_equal(found.approach[:, 0], found.handover[:, 0])
