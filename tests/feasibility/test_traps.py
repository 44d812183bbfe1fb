"""Traps: layouts that look right and cannot be built, each beside a near miss that can; rule and subjects are named."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from layout.feasibility import RULES, check
from layout.model.library import Port
from layout.model.line import Belt, Line, LineProduct
from layout.scene import Scene

QUARTER = math.pi / 2


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    with Scene() as made:
        yield made


def broken(line: Line, scene: Scene) -> dict[tuple[str, ...], float]:
    """Amounts by rule and subjects, all rules judged in full."""
    found = check(line, scene, everything=True)
    assert all(v.amount > 0 and v.unit == "m" and v.rule in RULES for v in found)
    return {(v.rule, *v.subjects): v.amount for v in found}


def belt_ports(height: float = 0.8) -> dict[str, Port]:
    return {
        "in": Port("in", "in", ("belt",), (-0.5, 0.0, height), facing=(-1.0, 0.0)),
        "out": Port("out", "out", ("belt",), (0.5, 0.0, height), facing=(1.0, 0.0)),
    }


def dock_port(**more) -> dict[str, Port]:
    return {"dock": Port("dock", "inout", ("vehicle",), (0.0, -0.5, 0.8), facing=(0.0, -1.0), **more)}


# ---------------------------------------------------------------- doors


def beside_a_door(world, folder: Path, height: float, parts: bool = True) -> Line:
    """A belt runs past the machine where its door opens to: the panel sweeps from 0.6 m to 1.4 m above the floor."""
    doored = world.with_doors(folder)
    ends = world.machine(folder, f"ends {height}", ports=belt_ports(height))
    line = world.line(
        world.station("m", doored, 5.0, 4.0),
        world.station("a", ends, 5.9, 1.0, QUARTER), world.station("b", ends, 5.9, 7.0, QUARTER),
        Belt("belt", "a", "b", 0.3, 0.4, 0.4), products={"part": world.part(folder)},
    )  # fmt: skip
    ride = {name: replace(p, sources=("a",), sinks=("b",)) for name, p in line.products.items()}
    return replace(line, products=ride) if parts else replace(line, products={})


def test_a_door_into_a_belt(world, tmp_path: Path, scene: Scene) -> None:
    """The panel's end comes 1.1 m to the right of the machine's middle, the belt lies from 0.7 m to 1.1 m; along the
    belt the panel is 0.04 m thick, so it is free as soon as either moves by 0.4 m across: and 10 mm more."""
    found = broken(beside_a_door(world, tmp_path, 0.8), scene)
    assert found == {("door", "belt", "m"): pytest.approx(0.4 + 0.01, abs=0.003)}


def test_a_door_swings_over_a_low_conveyor(world, tmp_path: Path, scene: Scene) -> None:
    """Belt top at 0.45 m: parts of 0.1 m pass under the panel at 0.6 m. At 0.52 m they do not, the bare belt would."""
    assert broken(beside_a_door(world, tmp_path, 0.45), scene) == {}
    assert set(broken(beside_a_door(world, tmp_path, 0.52), scene)) == {("door", "belt", "m")}
    assert broken(beside_a_door(world, tmp_path, 0.52, parts=False), scene) == {}


def test_a_hatch_against_a_column(world, tmp_path: Path, scene: Scene) -> None:
    """A hatch of 0.4 m hinged at the right side: it lies along the side at work and stands out when it is open. The
    column beside the machine is met on the way, not at either end."""
    model = world.with_doors(tmp_path)
    model = replace(model, programs={"load": {"hatch": -QUARTER}, "work": {"hatch": 0.0}})

    def column(x: float) -> Line:
        ring = [(x, 4.25), (x + 0.1, 4.25), (x + 0.1, 4.35), (x, 4.35)]
        return world.line(world.station("m", model, 5.0, 4.0), obstacles={"column": {"polygon": ring}}, clearance=0.0)

    assert set(broken(column(5.72), scene)) == {("door", "column", "m")}  # 0.33 m from the hinge: inside its arc
    assert broken(column(5.90), scene) == {}  # 0.47 m from the hinge


def test_a_door_into_another_machines_door(world, tmp_path: Path, scene: Scene) -> None:
    """Both panels open to the right, one machine is turned round: they meet in the middle."""
    model = world.with_doors(tmp_path)
    facing = world.line(world.station("m", model, 4.0, 4.0), world.station("n", model, 5.6, 2.91, math.pi))
    assert ("door", "m", "n") in broken(facing, scene)
    apart = world.line(world.station("m", model, 4.0, 4.0), world.station("n", model, 5.6, 2.7, math.pi))
    assert broken(apart, scene) == {}


# ---------------------------------------------------------------- belts


def test_a_part_too_wide_for_its_belt(world, tmp_path: Path, scene: Scene) -> None:
    """A block of 0.2 m by 0.12 m lies lengthwise: 0.13 m of belt will do, 0.1 m will not."""
    ends = world.machine(tmp_path, ports=belt_ports())
    block = world.part(tmp_path)
    product = LineProduct("block", block, 1.0, 1.0, (), ("a",), ("b",))

    def line(width: float) -> Line:
        made = world.line(
            world.station("a", ends, 2, 4), world.station("b", ends, 6, 4), Belt("belt", "a", "b", 0.3, 0.4, width)
        )
        return replace(made, products={"block": product})

    assert broken(line(0.1), scene) == {("belt", "belt", "block"): pytest.approx(0.02)}
    assert broken(line(0.13), scene) == {}


def test_a_part_that_never_rides_the_belt_may_be_wide(world, tmp_path: Path, scene: Scene) -> None:
    ends = world.machine(tmp_path, ports=belt_ports())
    product = LineProduct("block", world.part(tmp_path), 1.0, 1.0, (), ("b",), ("a",))  # against the belt
    made = world.line(
        world.station("a", ends, 2, 4), world.station("b", ends, 6, 4), Belt("belt", "a", "b", 0.3, 0.4, 0.1)
    )
    assert broken(replace(made, products={"block": product}), scene) == {}


def test_a_belt_too_steep(world, tmp_path: Path, scene: Scene) -> None:
    """From 0.5 m up to 1.3 m at 20 degrees it takes 2.198 m."""
    low = world.machine(tmp_path, "low", ports=belt_ports(0.5))
    high = world.machine(tmp_path, "high", ports=belt_ports(1.3))

    def line(apart: float) -> Line:
        a, b = world.station("a", low, 2, 4), world.station("b", high, 3 + apart, 4)
        return world.line(a, b, Belt("belt", "a", "b", 0.3, 0.4, 0.4))

    wanted = 0.8 / math.tan(math.radians(20.0))
    assert broken(line(2.0), scene) == {("belt", "belt"): pytest.approx(wanted - 2.0)}
    assert broken(line(2.2), scene) == {}


def test_a_panel_hangs_into_a_belt(world, tmp_path: Path, scene: Scene) -> None:
    """A panel 0.2 m wide hangs out over the belt, from 1 m up: clear of parts of 0.1 m on a belt at 0.85 m, in the way
    of those on a belt at 0.95 m. Its footprint is the body's, beside the belt."""
    panel = world.machine(
        tmp_path, "panel",
        boxes=[((-0.5, -0.5, 0), (0.5, 0.5, 2)), ((-0.1, -1.0, 1.0), (0.1, -0.5, 1.3))],
        footprint=[(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)],
    )  # fmt: skip

    def line(height: float) -> Line:
        ends = world.machine(tmp_path, f"ends {height}", ports=belt_ports(height))
        made = world.line(
            world.station("a", ends, 2, 3), world.station("b", ends, 8, 3), world.station("m", panel, 5, 3.8),
            Belt("belt", "a", "b", 0.3, 0.4, 0.4),
        )  # fmt: skip
        return replace(made, products={"p": LineProduct("p", world.part(tmp_path), 1.0, 1.0, (), ("a",), ("b",))})

    assert broken(line(0.85), scene) == {}
    assert broken(line(0.95), scene) == {("belt", "belt", "m"): pytest.approx(0.2)}


def test_a_belt_passes_a_fence_a_machine_does_not(world, tmp_path: Path, scene: Scene) -> None:
    ends = world.machine(tmp_path, ports=belt_ports())
    things = world.station("a", ends, 2, 4), world.station("b", ends, 6, 4), Belt("belt", "a", "b", 0.3, 0.4, 0.4)
    assert broken(world.line(*things, fences={"guard": {"line": [(4, 0), (4, 8)]}}), scene) == {}
    through = broken(world.line(*things, fences={"guard": {"line": [(5.6, 0), (5.6, 8)]}}), scene)
    assert through == {("fence", "b", "guard"): pytest.approx(0.125)}  # it begins at 5.5, the fence ends at 5.625


# ---------------------------------------------------------------- ports


def test_a_port_behind_a_wall(world, tmp_path: Path, scene: Scene) -> None:
    """The hand comes in at 0.4 m above the floor, 0.1 m thick: a wall across its way stops it, a sill of 0.3 m not."""
    port = Port("t", "inout", ("arm",), (-0.5, 0.0, 0.4), (1.0, 0.0, 0.0), (-0.2, 0.0, 0.0), (-1.0, 0.0))
    table = world.machine(tmp_path, "table", ports={"t": port})
    arm = world.arm_model(tmp_path)

    def walled(height: float) -> Line:
        wall = {"polygon": [(3.14, 3.5), (3.16, 3.5), (3.16, 4.5), (3.14, 4.5)], "height": height}
        robot = world.arm("r", arm, 2, 4, 0.3, serves=["t"])
        return world.line(robot, world.station("t", table, 3.8, 4), obstacles={"wall": wall})

    assert broken(walled(2.0), scene)["access", "t", "wall"] == pytest.approx(0.05)
    assert not any(rule == "access" for rule, *_ in broken(walled(0.3), scene))
    sill = broken(walled(0.37), scene)
    assert sill["access", "t", "wall"] == pytest.approx(0.02)


# ---------------------------------------------------------------- people


def fenced(world, folder: Path, gap: float) -> Line:
    """An operator side behind a fence across the floor with an opening; the exit lies on the other side."""
    served = world.machine(folder, "served", service={"front": 0.8})
    left, right = [(0.0, 2.0), (4.0, 2.0)], [(4.0 + gap + 0.05, 2.0), (12.0, 2.0)]
    return world.line(
        world.station("m", served, 6, 5),
        fences={"left": {"line": left}, "right": {"line": right}},
        walkways={"width": "800 mm", "exits": {"door": (6.0, 0.0)}},
    )


def test_a_walkway_cut_off(world, tmp_path: Path, scene: Scene) -> None:
    """Fences are 50 mm thick and end 25 mm beyond their last point: 0.85 m between points leave 0.8 m."""
    assert broken(fenced(world, tmp_path, 0.8), scene) == {}
    found = broken(fenced(world, tmp_path, 0.75), scene)
    assert found == {("walkway", "m"): pytest.approx(0.05, abs=0.8 / 128)}
    assert broken(fenced(world, tmp_path, -0.05), scene) == {("walkway", "m"): pytest.approx(0.8)}


def test_nobody_climbs_over_a_belt(world, tmp_path: Path, scene: Scene) -> None:
    ends = world.machine(tmp_path, "ends", boxes=[((-0.5, -0.5, 0), (0.5, 0.5, 1))], ports=belt_ports())
    served = world.machine(tmp_path, "served", service={"front": 0.8})

    def line(*exits: tuple[float, float]) -> Line:
        return world.line(
            world.station("a", ends, 0.5, 2), world.station("b", ends, 11.5, 2), world.station("m", served, 6, 5),
            Belt("belt", "a", "b", 0.3, 0.4, 0.4),
            walkways={"width": "800 mm", "exits": {str(k): at for k, at in enumerate(exits)}},
        )  # fmt: skip

    assert set(broken(line((6.0, 0.0)), scene)) == {("walkway", "m")}
    assert broken(line((6.0, 0.0), (6.0, 8.0)), scene) == {}


# ---------------------------------------------------------------- vehicles


def carts(world, folder: Path, *things, units: int = 1, **floor) -> Line:
    stations = [thing.name for thing in things if "dock" in getattr(thing.model, "ports", {})]
    return world.line(*things, world.fleet("carts", world.vehicle(folder), units, stations), **floor)


def test_a_lane_5_cm_too_narrow(world, tmp_path: Path, scene: Scene) -> None:
    """The cart is 0.6 m wide and wants 50 mm at both sides."""
    model = world.machine(tmp_path, "docked", ports=dock_port())

    def line(width: float) -> Line:
        walls = {
            "left": {"polygon": [(0, 4), (6 - width / 2, 4), (6 - width / 2, 5.5), (0, 5.5)]},
            "right": {"polygon": [(6 + width / 2, 4), (12, 4), (12, 5.5), (6 + width / 2, 5.5)]},
        }
        low, high = world.station("low", model, 3, 0.6, math.pi), world.station("high", model, 3, 9.4)
        room = [(0, 0), (12, 0), (12, 10), (0, 10)]
        return carts(world, tmp_path, low, high, obstacles=walls, boundary=room)

    assert broken(line(0.70), scene) == {}
    found = broken(line(0.65), scene)
    assert found == {("lane", "carts", "high", "low"): pytest.approx(0.05, abs=0.6 / 256)}


def test_a_dock_in_another_machines_service_area(world, tmp_path: Path, scene: Scene) -> None:
    """The cart's nose is 50 mm before the machine, its tail 0.8 m further. People need the other machine's front."""
    model = world.machine(tmp_path, "docked", ports=dock_port())
    served = world.machine(tmp_path, "served", service={"front": 0.8})

    def line(x: float) -> Line:
        a, b = world.station("a", model, 3, 5), world.station("b", model, 9, 5)
        return carts(world, tmp_path, a, b, world.station("m", served, x, 5.5))

    assert broken(line(4.15), scene) == {}  # the cart's side at 3.3, the service area from 3.65 on
    assert broken(line(3.75), scene)["service", "a", "carts", "m"] == pytest.approx(0.05)


def test_a_dock_in_another_machine(world, tmp_path: Path, scene: Scene) -> None:
    model = world.machine(tmp_path, "docked", ports=dock_port())
    box = world.machine(tmp_path, "box")

    def line(y: float) -> Line:
        a, b = world.station("a", model, 3, 6), world.station("b", model, 9, 6)
        return carts(
            world, tmp_path, a, b, world.station("m", box, 3, y), boundary=[(0, -2), (12, -2), (12, 8), (0, 8)]
        )

    found = broken(line(4.5), scene)  # 0.5 m of room for a cart of 0.8 m
    assert found["lane", "a", "carts", "m"] >= 0.35
    assert ("lane", "a", "b", "carts") in found  # nor does it get there
    assert broken(line(1.0), scene) == {}


def test_two_docks_in_one_place(world, tmp_path: Path, scene: Scene) -> None:
    """Machines at right angles share the floor before them: no matter for one cart, but two cannot stand there."""
    model = world.machine(tmp_path, "docked", ports=dock_port())

    def line(units: int, x: float) -> Line:
        a, b = world.station("a", model, 5, 6), world.station("b", model, x, 4.7, QUARTER)
        return carts(world, tmp_path, a, b, units=units)

    assert broken(line(1, 3.7), scene) == {}
    assert set(broken(line(2, 3.7), scene)) == {("lane", "a", "b", "carts")}
    assert broken(line(2, 3.0), scene) == {}
