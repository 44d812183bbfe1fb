"""Every rule on a layout made by hand, with the amount worked out by hand."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import shapely

from layout.feasibility import FLAT, RULES, check, envelopes, footprints, quick
from layout.model.library import Port
from layout.model.line import Belt, Line
from layout.scene import Scene

QUARTER = math.pi / 2
ENGINE_M = 0.001  # the clearance rule lets 0.5 mm pass; the engine errs by as much


@pytest.fixture(scope="module")
def scene():
    with Scene() as made:
        yield made


def amounts(line: Line, scene: Scene) -> dict[tuple[str, ...], float]:
    found = check(line, scene)
    assert all(v.scale > 0 and v.amount > 0 and v.unit == "m" and v.rule in RULES for v in found)
    assert all(v.subjects == tuple(sorted(v.subjects)) for v in found)
    return {(v.rule, *v.subjects): v.amount for v in found}


def test_a_good_line_breaks_nothing(world, tmp_path: Path, scene: Scene) -> None:
    box = world.machine(tmp_path, service={"front": 0.8})
    line = world.line(
        world.station("a", box, 2, 3), world.station("b", box, 4, 3), obstacles={"c": {"polygon": SQUARE}}
    )
    assert check(line, scene) == ()
    assert quick(line) == ()


SQUARE = [(9.0, 6.0), (9.4, 6.0), (9.4, 6.4), (9.0, 6.4)]


# ---------------------------------------------------------------- floor


def test_floor_by_the_farthest_corner(world, tmp_path: Path, scene: Scene) -> None:
    box = world.machine(tmp_path)
    assert amounts(world.line(world.station("a", box, 0.3, 4)), scene) == {("floor", "a"): pytest.approx(0.2)}
    corner = world.line(world.station("a", box, 0.2, 0.1))  # 0.3 m out to the left, 0.4 m below: 0.5 m to the corner
    assert amounts(corner, scene) == {("floor", "a"): pytest.approx(0.5)}
    assert amounts(world.line(world.station("a", box, 0.5, 0.5)), scene) == {}  # exactly on the border
    assert amounts(world.line(world.station("a", box, 0.5, 0.5, QUARTER)), scene) == {}


def test_floor_turned(world, tmp_path: Path, scene: Scene) -> None:
    box = world.machine(tmp_path)
    turned = world.line(world.station("a", box, 0.5, 4, math.pi / 4))  # half diagonal 0.7071
    assert amounts(turned, scene) == {("floor", "a"): pytest.approx(math.sqrt(0.5) - 0.5)}


def test_floor_with_a_notch(world, tmp_path: Path, scene: Scene) -> None:
    notched = [(0, 0), (10, 0), (10, 8), (5.2, 8), (5.2, 4), (4.8, 4), (4.8, 8), (0, 8)]
    box = world.machine(tmp_path)
    over = world.line(world.station("a", box, 5.0, 6.0), boundary=notched)  # the notch, 0.4 m wide, runs through it
    assert amounts(over, scene) == {("floor", "a"): pytest.approx(0.2, abs=1e-3)}
    tip = world.line(world.station("a", box, 5.3, 3.6), boundary=notched)  # 0.1 m of the notch's end
    found = amounts(tip, scene)
    assert set(found) == {("floor", "a")} and 0 < found["floor", "a"] <= 0.1 + 1e-9
    assert amounts(world.line(world.station("a", box, 5.0, 3.5), boundary=notched), scene) == {}


# ---------------------------------------------------------------- obstacles, areas, footprints


def test_obstacle_by_penetration(world, tmp_path: Path, scene: Scene) -> None:
    box = world.machine(tmp_path)
    line = world.line(world.station("a", box, 8.7, 6.2), obstacles={"column": {"polygon": SQUARE}})
    assert amounts(line, scene) == {("obstacle", "a", "column"): pytest.approx(0.2)}


def test_keep_clear_grows_while_going_in(world, tmp_path: Path, scene: Scene) -> None:
    box = world.machine(tmp_path)
    exit_way = {"exit": {"polygon": [(10, 0), (12, 0), (12, 3), (10, 3)]}}
    deep = [
        amounts(world.line(world.station("a", box, x, 1.5), keep_clear=exit_way), scene).get(
            ("keep_clear", "a", "exit")
        )
        for x in (9.5, 9.6, 10.0, 11.0)
    ]
    assert deep == [None, pytest.approx(0.1), pytest.approx(0.5), pytest.approx(1.5)]


def test_overlap_of_footprints(world, tmp_path: Path, scene: Scene) -> None:
    box = world.machine(tmp_path)
    found = amounts(world.line(world.station("b", box, 3, 3), world.station("a", box, 3.7, 3.2)), scene)
    assert found["overlap", "a", "b"] == pytest.approx(0.3)
    assert found["clearance", "a", "b"] == pytest.approx(0.1 + 0.3, abs=ENGINE_M)


def test_nothing_stands_in_the_arms_of_an_l(world, tmp_path: Path, scene: Scene) -> None:
    """Footprints need not be convex: what stands in the corner of an L does not overlap it."""
    ell = world.machine(
        tmp_path,
        "ell",
        boxes=[((-1, -1, 0), (1, -0.5, 1)), ((-1, -1, 0), (-0.5, 1, 1))],
        footprint=[(-1, -1), (1, -1), (1, -0.5), (-0.5, -0.5), (-0.5, 1), (-1, 1)],
    )
    small = world.machine(tmp_path, "small", boxes=[((-0.3, -0.3, 0), (0.3, 0.3, 1))])
    clear = world.line(world.station("ell", ell, 4, 4), world.station("s", small, 4.0, 4.0))
    assert amounts(clear, scene) == {}
    near = world.line(world.station("ell", ell, 4, 4), world.station("s", small, 3.7, 4.2))
    assert amounts(near, scene)["overlap", "ell", "s"] == pytest.approx(0.1)


# ---------------------------------------------------------------- service, clearance


def test_service_by_depth(world, tmp_path: Path, scene: Scene) -> None:
    served = world.machine(tmp_path, "served", service={"front": 0.8})
    box = world.machine(tmp_path)
    line = world.line(
        world.station("m", served, 4, 4), world.station("b", box, 4.2, 2.5)
    )  # its back at 3.0, front to 2.7
    assert amounts(line, scene) == {("service", "b", "m"): pytest.approx(0.3)}
    turned = world.line(world.station("m", served, 4, 4, QUARTER), world.station("b", box, 5.5, 4))  # front towards +x
    assert amounts(turned, scene) == {("service", "b", "m"): pytest.approx(0.3)}


def test_two_service_areas_may_share_floor(world, tmp_path: Path, scene: Scene) -> None:
    served = world.machine(tmp_path, "served", service={"front": 0.8})
    facing = world.line(world.station("m", served, 4, 5), world.station("n", served, 4, 3, math.pi))  # fronts 1 m apart
    assert amounts(facing, scene) == {}


def test_service_lies_on_the_floor(world, tmp_path: Path, scene: Scene) -> None:
    served = world.machine(tmp_path, "served", service={"left": 0.6})
    assert amounts(world.line(world.station("m", served, 0.9, 4)), scene) == {("service", "m"): pytest.approx(0.2)}


def test_service_is_blocked_by_a_column(world, tmp_path: Path, scene: Scene) -> None:
    served = world.machine(tmp_path, "served", service={"right": 1.0})
    line = world.line(world.station("m", served, 7.6, 6.2), obstacles={"column": {"polygon": SQUARE}})
    assert amounts(line, scene) == {("service", "column", "m"): pytest.approx(0.1)}  # to 9.1; the column begins at 9.0


def test_clearance_is_measured_between_hulls(world, tmp_path: Path, scene: Scene) -> None:
    box = world.machine(tmp_path)
    close = world.line(world.station("a", box, 3, 3), world.station("b", box, 4.04, 3), clearance="100 mm")
    assert amounts(close, scene) == {("clearance", "a", "b"): pytest.approx(0.06, abs=ENGINE_M)}
    right = world.line(world.station("a", box, 3, 3), world.station("b", box, 4.1, 3), clearance="100 mm")
    assert amounts(right, scene) == {}
    none = world.line(world.station("a", box, 3, 3), world.station("b", box, 4.04, 3), clearance="30 mm")
    assert amounts(none, scene) == {}


def test_clearance_sees_what_overhangs_the_footprint(world, tmp_path: Path, scene: Scene) -> None:
    panel = world.machine(
        tmp_path,
        "panel",
        boxes=[((-0.5, -0.5, 0), (0.5, 0.5, 2)), ((0.5, -0.1, 1.5), (0.9, 0.1, 1.7))],
        footprint=[(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)],
    )
    tall, low = (
        world.machine(tmp_path, "tall", boxes=[((-0.5, -0.5, 0), (0.5, 0.5, 2))]),
        world.machine(tmp_path, "low"),
    )
    beside = world.line(world.station("p", panel, 3, 3), world.station("t", tall, 4.45, 3))
    assert amounts(beside, scene) == {("clearance", "p", "t"): pytest.approx(0.1 - 0.05, abs=ENGINE_M)}
    under = world.line(world.station("p", panel, 3, 3), world.station("t", low, 4.2, 3))  # the panel hangs above it
    assert amounts(under, scene) == {}


# ---------------------------------------------------------------- belts


def belt_ports(height: float = 0.8) -> dict[str, Port]:
    return {
        "in": Port("in", "in", ("belt",), (-0.5, 0.0, height), facing=(-1.0, 0.0)),
        "out": Port("out", "out", ("belt",), (0.5, 0.0, height), facing=(1.0, 0.0)),
    }


def belted(world: Any, folder: Path, **floor: Any):
    ported = world.machine(folder, "ported", ports=belt_ports(), service={"right": 0.8, "front": 0.7})
    belt = Belt("belt", "a", "b", 0.3, 0.4, 0.4)
    return ported, belt


def test_a_belt_belongs_at_its_ports(world, tmp_path: Path, scene: Scene) -> None:
    ported, belt = belted(world, tmp_path)
    straight = world.line(world.station("a", ported, 2, 4), world.station("b", ported, 5, 4), belt)
    assert amounts(straight, scene) == {}
    short = world.line(world.station("a", ported, 2, 4), world.station("b", ported, 3.85, 4), belt, clearance="900 mm")
    assert "clearance" not in {rule for rule, *_ in amounts(short, scene)}  # 0.85 m apart, but the belt joins them


def test_a_belt_through_a_machine(world, tmp_path: Path, scene: Scene) -> None:
    """Where every way is blocked the shortest one counts: straight through 1 m of machine."""
    ported, belt = belted(world, tmp_path)
    wall = world.machine(tmp_path, "wall", boxes=[((-0.5, -2.4, 0), (0.5, 2.4, 1))])
    line = world.line(
        world.station("a", ported, 1.0, 2.5), world.station("b", ported, 9.0, 2.5), world.station("w", wall, 5, 2.5),
        belt,
        boundary=[(0, 0), (12, 0), (12, 5), (0, 5)],
    )  # fmt: skip
    assert amounts(line, scene) == {("belt", "belt", "w"): pytest.approx(1.0)}


def test_a_belt_through_obstacle_area_and_off_the_floor(world, tmp_path: Path, scene: Scene) -> None:
    ported, belt = belted(world, tmp_path)
    line = world.line(
        world.station("a", ported, 1.0, 2.5), world.station("b", ported, 9.0, 2.5), belt,
        boundary=[(0, 0), (4, 0), (4, 2.45), (4.5, 2.45), (4.5, 0), (12, 0), (12, 5), (0, 5)],
        obstacles={"column": {"polygon": [(5, 0), (5.5, 0), (5.5, 5), (5, 5)]}},
        keep_clear={"aisle": {"polygon": [(6.5, 0), (7.25, 0), (7.25, 5), (6.5, 5)]}},
    )  # fmt: skip
    found = amounts(line, scene)
    assert found == {
        ("belt", "belt"): pytest.approx(0.15 * 0.5 / 0.4),  # 0.15 m of its width, over 0.5 m
        ("belt", "belt", "column"): pytest.approx(0.5),
        ("belt", "aisle", "belt"): pytest.approx(0.75),
    }


def test_belts_that_cross(world, tmp_path: Path, scene: Scene) -> None:
    ported, belt = belted(world, tmp_path)
    other = Belt("cross", "c", "d", 0.3, 0.4, 0.4)
    line = world.line(
        world.station("a", ported, 1.0, 3.0), world.station("b", ported, 9.0, 3.0), belt,
        world.station("c", ported, 5.0, 1.3, QUARTER), world.station("d", ported, 5.0, 4.7, QUARTER), other,
        boundary=[(0, 0), (12, 0), (12, 7), (0, 7)],
    )  # fmt: skip
    assert amounts(line, scene)["belt", "belt", "cross"] == pytest.approx(0.4)


def test_a_belt_in_a_service_area(world, tmp_path: Path, scene: Scene) -> None:
    ported, belt = belted(world, tmp_path)
    served = world.machine(tmp_path, "served", service={"front": 0.8})
    line = world.line(
        world.station("a", ported, 2, 2), world.station("b", ported, 8, 2), world.station("m", served, 5, 3.2), belt
    )  # m's service reaches down to 1.9: over the belt's upper 0.3 m of 0.4 m, 1 m long
    assert amounts(line, scene) == {("service", "belt", "m"): pytest.approx(0.75)}


# ---------------------------------------------------------------- reach


def test_reach_by_what_is_missing(world, tmp_path: Path, scene: Scene) -> None:
    """The wrist, 0.15 m behind the tool, may be 1.6 m from the shoulder, which is 0.4 m above the floor."""
    port = Port(
        "table",
        "inout",
        ("arm",),
        (-0.5, 0.0, 0.4),
        tool=(1.0, 0.0, 0.0),
        retreat_m=(-0.2, 0.0, 0.0),
        facing=(-1.0, 0.0),
    )
    table = world.machine(tmp_path, "table", ports={"table": port})
    arm = world.arm_model(tmp_path)
    far = world.line(world.arm("r", arm, 2, 4, 0.3, serves=["t"]), world.station("t", table, 4.75, 4))
    assert amounts(far, scene) == {("reach", "r", "t"): pytest.approx(2.25 - 0.15 - 1.6, abs=1e-6)}
    assert {v.subjects: v.amount for v in quick(far)} == {("r", "t"): pytest.approx(0.5, abs=1e-6)}
    good = world.line(world.arm("r", arm, 2, 4, 0.3, serves=["t"]), world.station("t", table, 4.0, 4))
    assert amounts(good, scene) == {}


# ---------------------------------------------------------------- what others draw


def test_footprints_and_envelopes(world, tmp_path: Path) -> None:
    served = world.machine(tmp_path, "served", service={"front": 0.8, "left": 0.5})
    line = world.line(world.station("m", served, 4, 4, QUARTER), world.arm("r", world.arm_model(tmp_path), 1, 1))
    square = shapely.box(3.5, 3.5, 4.5, 4.5)
    assert footprints(line)["m"].symmetric_difference(square).area == pytest.approx(0)
    front_and_left = shapely.union(shapely.box(4.5, 3.5, 5.3, 4.5), shapely.box(3.5, 3.0, 4.5, 3.5))
    assert envelopes(line)["m"].symmetric_difference(front_and_left).area == pytest.approx(0)
    assert envelopes(line)["r"].is_empty
    assert footprints(line)["r"].area == pytest.approx(0.16)


def test_rules_are_named() -> None:
    assert RULES[:6] == ("floor", "obstacle", "keep_clear", "fence", "overlap", "service")
    assert len(RULES) == len(set(RULES))
    assert set(FLAT) < set(RULES)
