"""Belts: ways by hand, what they hold, what they go round."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from layout.errors import LayoutError
from layout.model.library import Port
from layout.motion.belts import corridor, heights, lay_out, steepness_m, straight

BLOCK = {"polygon": [[1.8, -0.4], [2.2, -0.4], [2.2, 0.4], [1.8, 0.4]]}


def test_straight(table, belt, cell) -> None:
    """Out at x = 0.4, in at x = 2.6: 2.2 m at 0.25 m/s, four parts of 0.5 m pitch."""
    got = lay_out(belt("a", "b"), cell([table("a", 0, 0), table("b", 3, 0)]))
    assert got.length_m == pytest.approx(2.2)
    assert got.transit_s == pytest.approx(8.8)
    assert (got.capacity, got.spacing_s) == (4, 2.0)
    assert np.allclose(got.path_m, [[0.4, 0], [2.6, 0]])


def test_corner(table, belt, cell) -> None:
    """Out to the right, in from below: 1.6 m along, 2.6 m up (the port is 0.4 m from the centre)."""
    got = lay_out(belt("a", "b"), cell([table("a", 0, 0), table("b", 2, 3, math.pi / 2)]))
    assert np.allclose(got.path_m, [[0.4, 0], [2, 0], [2, 2.6]])
    assert got.length_m == pytest.approx(1.6 + 2.6)
    # the corner's table, 0.25 m of the parts' way from 1.45 m on, takes one part at a time: five stand from 1.65 m to
    # 4.15 m, the last of them on it; before 1.45 m there is room for two
    table_m = 0.3 - 0.375 * 0.3 * (2.0 - math.pi / 2)
    assert got.capacity == 7
    assert got.spacing_s == pytest.approx((0.5 + table_m) / 0.25)


def test_two_corners(table, belt, cell) -> None:
    """Both ports along x, 1 m apart across: the sum of the two distances, with the step half-way or at an end."""
    got = lay_out(belt("a", "b"), cell([table("a", 0, 0), table("b", 3, 1)]))
    assert got.length_m == pytest.approx(2.2 + 1.0)
    assert len(got.path_m) == 4
    assert np.allclose(np.diff(got.path_m, axis=0)[[0, 2], 1], 0.0)


def test_back_again(table, belt, cell) -> None:
    """The target's port faces the same way as the origin's: out by the stub, across, back in (a U)."""
    got = lay_out(belt("a", "b"), cell([table("a", 0, 0), table("b", 0, 2, math.pi)]))
    assert got.length_m == pytest.approx(0.3 + 2.0 + 0.3)


def test_every_piece_is_at_least_as_long_as_the_belt_is_wide(table, belt, cell) -> None:
    """A step of 0.1 m across cannot be made with a belt of 0.3 m in two corners: it has to go round."""
    got = lay_out(belt("a", "b"), cell([table("a", 0, 0), table("b", 3, 0.1)]))
    assert np.linalg.norm(np.diff(got.path_m, axis=0), axis=1).min() >= 0.3 - 1e-9
    assert got.length_m > 2.3


def test_a_hair_out_of_line_is_straight(table, belt, cell) -> None:
    got = lay_out(belt("a", "b"), cell([table("a", 0, 0), table("b", 3, 0.0005)]))
    assert len(got.path_m) == 2


@pytest.mark.parametrize("kind", ["obstacles", "keep_clear", "station", "arm"])
def test_goes_round_what_stands_in_the_way(table, belt, cell, tend, six, kind) -> None:
    ends = [table("a", 0, 0), table("b", 4, 0)]
    more = {kind: {"thing": BLOCK}} if kind in ("obstacles", "keep_clear") else {}
    if kind == "station":
        ends.append(table("c", 2, 0))
    line = cell(ends, [tend(six, (), 2.0, 0.0)] if kind == "arm" else [], **more)
    got = lay_out(belt("a", "b"), line)
    strip = corridor(got, 0.3)
    from shapely import box

    assert strip.intersection(box(1.8, -0.3, 2.2, 0.3)).area < 1e-4
    assert 3.2 < got.length_m < 6.0


def test_stays_on_the_floor(table, belt, cell) -> None:
    """A U that may only be made to one side."""
    floor = [[-2, -0.5], [6, -0.5], [6, 5], [-2, 5]]
    line = cell([table("a", 0, 0), table("b", 4, 0)], boundary=floor, obstacles={"thing": BLOCK})
    got = lay_out(belt("a", "b"), line)
    assert got.path_m[:, 1].min() >= -0.35


def test_where_nothing_is_free_the_shortest_is_taken(table, belt, cell) -> None:
    wall = {"polygon": [[1.9, -40], [2.1, -40], [2.1, 40], [1.9, 40]]}
    got = lay_out(belt("a", "b"), cell([table("a", 0, 0), table("b", 4, 0)], obstacles={"wall": wall}))
    assert np.allclose(got.path_m, [[0.4, 0], [3.6, 0]])


def test_a_belt_that_climbs(table, belt, cell) -> None:
    """From 0.9 m to 1.5 m over 2.2 m in plan: the slope is longer. 15 degrees are not too steep, 31 are."""
    line = cell([table("a", 0, 0), table("b", 3, 0, height=1.5)])
    got = lay_out(belt("a", "b"), line)
    assert got.length_m == pytest.approx(math.hypot(2.2, 0.6))
    assert got.transit_s == pytest.approx(got.length_m / 0.25)
    assert heights(belt("a", "b"), line) == (0.9, 1.5)
    assert steepness_m(got, 0.6) == 0.0
    assert steepness_m(got, 1.3) == steepness_m(got, -1.3) == pytest.approx(1.3 / math.tan(math.radians(20)) - 2.2)
    assert straight(belt("a", "b"), line).length_m == pytest.approx(got.length_m)


def test_touching_ports_need_no_belt(table, belt, cell) -> None:
    line = cell([table("a", 0, 0), table("b", 0.805, 0)])
    got = lay_out(belt("a", "b"), line)
    assert (got.length_m, got.transit_s, got.capacity) == (0.0, 0.0, 1)
    assert corridor(got, 0.3).is_empty


def test_ports_too_close_for_any_way_still_get_one(table, belt, cell) -> None:
    got = lay_out(belt("a", "b"), cell([table("a", 0, 0), table("b", 0.9, 0.5)]))
    assert math.isfinite(got.length_m) and got.length_m > 0.5


def test_ports_inside_the_machine_clear_it_first(table, belt, cell) -> None:
    """A port 0.3 m inside: the belt turns only when it is out of the machine."""
    ports = {
        "in": Port("in", "in", ("belt",), (-0.1, 0.0, 0.9), facing=(-1.0, 0.0)),
        "out": Port("out", "out", ("belt",), (0.1, 0.0, 0.9), facing=(1.0, 0.0)),
    }
    line = cell([table("a", 0, 0, ports=ports), table("b", 2, 3, math.pi / 2)])
    got = lay_out(belt("a", "b"), line)
    assert np.allclose(got.path_m, [[0.1, 0], [2, 0], [2, 2.6]])
    got = lay_out(belt("a", "b"), cell([table("a", 0, 0, ports=ports), table("b", 0, 2, math.pi)]))
    assert got.path_m[1][0] >= 0.4 + 0.15 - 1e-9


def test_missing_ports_are_named(table, belt, cell) -> None:
    with pytest.raises(LayoutError, match="'b' has no belt port 'in'"):
        lay_out(belt("a", "b"), cell([table("a", 0, 0), table("b", 3, 0, ports={})]))


def test_corridor_is_as_wide_as_the_belt(table, belt, cell) -> None:
    got = lay_out(belt("a", "b"), cell([table("a", 0, 0), table("b", 3, 0)]))
    assert corridor(got, 0.3).area == pytest.approx(2.2 * 0.3)


PLACES = st.tuples(st.floats(-5, 5), st.floats(-5, 5), st.floats(-math.pi, math.pi))


@settings(deadline=None)
@given(place=PLACES, moved=PLACES)
def test_axioms(table, belt, cell, place, moved) -> None:
    """Never shorter than the straight line; leaves and arrives along the facings; moving the cell changes nothing."""
    x, y, yaw = place
    assume(math.hypot(x, y) > 1.5)
    stations = [table("a", 0, 0), table("b", x, y, yaw)]
    line = cell(stations)
    got = lay_out(belt("a", "b"), line)
    least = straight(belt("a", "b"), line)
    assert least.length_m <= got.length_m + 1e-9 and least.transit_s <= got.transit_s + 1e-9
    first, last = got.path_m[1] - got.path_m[0], got.path_m[-1] - got.path_m[-2]
    assert first[0] / np.linalg.norm(first) > 0.999
    assert last @ [math.cos(yaw), math.sin(yaw)] / np.linalg.norm(last) > 0.999
    dx, dy, turn = moved
    c, s = math.cos(turn), math.sin(turn)
    there = [table(t.name, dx + c * t.pose.x_m - s * t.pose.y_m, dy + s * t.pose.x_m + c * t.pose.y_m,
                   t.pose.yaw_rad + turn) for t in stations]  # fmt: skip
    again = lay_out(belt("a", "b"), cell(there))
    assert again.length_m == pytest.approx(got.length_m, abs=1e-8)
