"""Doors: trapezoids worked out by hand, and what counts where several axes move."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layout.model.library import Axis
from layout.motion.doors import door_times, doors_of, trapezoid

SPEED, ACCELERATION = st.floats(0.01, 5.0), st.floats(0.01, 20.0)
STILL = tuple(tuple(float(i == j) for j in range(4)) for i in range(4))


def axis(name: str, speed: float, acceleration: float, upper: float = 2.0) -> Axis:
    return Axis(name, name, -1, STILL, (1.0, 0.0, 0.0), 0.0, upper, speed, acceleration)


def test_a_door_by_hand(table) -> None:
    """620 mm at 0.5 m/s and 1 m/s^2: 0.25 m are lost to speeding up and slowing down, 0.5 s each; 0.37 m at speed."""
    door = replace(
        table("a", 0, 0).model,
        axes=(axis("door", 0.5, 1.0),),
        programs={"load": {"door": 0.62}, "work": {"door": 0.0}},
    )
    times = door_times(door)
    assert times is not None
    assert times.close_s == times.open_s == pytest.approx(0.5 + 0.37 / 0.5 + 0.5)


def test_a_short_way_never_reaches_full_speed() -> None:
    """0.09 m at 1 m/s^2: half of it takes sqrt(2 x 0.045) = 0.3 s."""
    assert trapezoid(0.09, 0.5, 1.0) == pytest.approx(0.6)
    assert trapezoid(-0.09, 0.5, 1.0) == pytest.approx(0.6)
    assert trapezoid(0.0, 0.5, 1.0) == 0.0


def test_the_slowest_axis_counts(table) -> None:
    """A ram of 0.3 m at 0.1 m/s and 0.2 m/s^2 takes 3.5 s, the door beside it 1.74 s."""
    model = replace(
        table("a", 0, 0).model,
        axes=(axis("door", 0.5, 1.0), axis("ram", 0.1, 0.2)),
        programs={"load": {"door": 0.62}, "work": {"ram": 0.3}},
    )
    times = door_times(model)
    assert times is not None and times.close_s == pytest.approx(3.5)


def test_who_moves_nothing_has_no_times(table) -> None:
    plain = table("a", 0, 0)
    same = replace(plain.model, axes=(axis("door", 0.5, 1.0),), programs={"load": {"door": 0.2}, "work": {"door": 0.2}})
    assert door_times(plain.model) is None and door_times(same) is None
    assert doors_of({"a": plain, "b": replace(plain, model=same)}) == {}


@given(way=st.floats(0.0, 10.0), more=st.floats(0.0, 10.0), speed=SPEED, acceleration=ACCELERATION)
def test_a_trapezoid_is_never_faster_than_its_limits(way, more, speed, acceleration) -> None:
    """Longer than way / speed; growing with the way; two moves never beat one over both ways."""
    time = trapezoid(way, speed, acceleration)
    assert time >= way / speed - 1e-12
    assert trapezoid(way + more, speed, acceleration) >= time - 1e-9
    assert time + trapezoid(more, speed, acceleration) >= trapezoid(way + more, speed, acceleration) - 1e-9
