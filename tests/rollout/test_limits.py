"""Limits found among bodies, against closed forms where there are some."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import ModuleType

import pytest

from layout.files.assets import load_model
from layout.model.library import ArmModel, Hold, MachineModel, Port, VehicleModel
from layout.model.line import Arm, Fleet, Line, LineProduct
from layout.model.physical import Incident
from layout.model.pose import Pose
from layout.motion.belts import lay_out
from layout.rollout.limits import WITHIN, limits, search, subjects
from layout.rollout.probes import ArmBench, haul, ride

G = 9.81


def incident(value: float) -> Incident:
    return Incident(0.0, "tipped", ("belt",), (0.0, 0.0, 0.0), value, "m/s", f"at {value}")


@pytest.mark.parametrize(("edge", "now"), [(0.7, 0.2), (0.05, 0.2), (1.9, 0.2), (0.21, 0.2)])
def test_bisection_finds_the_edge(edge: float, now: float) -> None:
    limit, beyond, wrong = search(lambda v: incident(v) if v > edge else None, now, 0.04, 2.0)
    assert limit is not None and beyond is not None and wrong is not None
    assert limit <= edge < beyond <= limit * (1 + WITHIN) * 1.000001
    assert wrong.amount == beyond


def test_no_limit_and_no_speed() -> None:
    assert search(lambda v: None, 0.2, 0.04, 2.0) == (2.0, None, None)
    assert search(incident, 0.2, 0.04, 2.0) == (None, 0.04, incident(0.04))
    assert search(incident, 0.2, 0.2, 2.0) == (None, 0.2, incident(0.2))


def test_the_first_speed_that_goes_wrong_counts() -> None:
    """Something that goes wrong at 0.5 m/s, and well again at 1 m/s."""
    limit, _, _ = search(lambda v: incident(v) if 0.45 < v < 0.8 else None, 0.3, 0.1, 2.0)
    assert limit == pytest.approx(0.45, rel=WITHIN)


def belt_limit(line: Line, product, now: float = 0.2) -> tuple[float | None, float | None, Incident | None]:
    line = replace(line, products={product.name: product})
    times = {name: lay_out(belt, line) for name, belt in line.belts.items()}
    return search(partial(ride, line, times, next(iter(line.belts)), product.name), now, 0.1, 2.0)


def test_an_oily_part_is_limited_by_its_friction(belts, blocks, world, tmp_path) -> None:
    """It slips where it takes longer than half a second after the first quarter to reach 0.9 of the belt's speed:
    over the quarter of a second around t it goes mu g t, so v = mu g (0.2 + 0.5 - 0.117) / 0.9, to one look."""
    part = blocks.block((0.2, 0.2, 0.1), friction=0.08)
    limit, _, wrong = belt_limit(belts.straight_line(world, tmp_path, 3.0, 0.2), part)
    assert limit == pytest.approx(0.08 * G * (0.2 + 0.5 - 0.117) / 0.9, rel=0.08)
    assert wrong is not None and wrong.kind == "slipped"


def test_a_tall_part_is_limited_by_the_stop(belts, blocks, world, tmp_path) -> None:
    """A block that meets a stop 50 mm high turns about its upper edge: its momentum about that edge is kept, and lifts
    its centre over it; v^2 = 2 g k^2 (r - d) / d^2 with d = h - 0.05, r^2 = b^2 + d^2, k^2 = (b^2 + h^2) / 3 + r^2
    (Housner, "The behavior of inverted pendulum structures during earthquakes", Bull. Seism. Soc. Am. 53, 1963)."""
    part = blocks.block((0.12, 0.12, 0.3), friction=0.35)
    line = replace(belts.straight_line(world, tmp_path, 3.0, 0.2), products={"box": part})
    limit, _, _ = belt_limit(line, part, 0.4)
    assert limit is not None
    b, h, d = 0.06, 0.15, 0.1
    r = math.hypot(b, d)
    k2 = (b * b + h * h) / 3 + r * r
    assert limit == pytest.approx(math.sqrt(2 * G * k2 * (r - d)) / d, rel=0.05)
    wrong = ride(line, {"belt": lay_out(line.belts["belt"], line)}, "belt", "box", 1.1 * limit)
    assert wrong is not None and wrong.kind == "tipped" and "at the stop" in wrong.cause


def test_a_tall_part_is_limited_by_the_corner(belts, blocks, world, tmp_path) -> None:
    """v^2 / r = g b / h for a point; its ends are farther out, and where the corner begins they are pulled sideways."""
    part = blocks.block((0.3, 0.06, 0.4), friction=0.5)
    line = belts.corner_line(world, tmp_path, 0.2)
    limit, _, wrong = belt_limit(line, part, 0.4)
    assert wrong is not None and wrong.kind == "tipped"
    assert limit is not None
    least = math.sqrt(0.15 * G * 0.03 / 0.2)
    assert limit == pytest.approx(least, rel=0.15)
    line = replace(line, products={"box": part})
    times = {"belt": lay_out(line.belts["belt"], line)}
    assert [ride(line, times, "belt", "box", limit * k) is None for k in (0.6, 0.8, 1.1, 1.3)] == [
        True,
        True,
        False,
        False,
    ]


def test_no_speed_is_slow_enough_for_a_slope_that_is_too_steep(belts, blocks, world, tmp_path) -> None:
    line = belts.straight_line(world, tmp_path, 3.0, 0.3, 3.0 * math.tan(math.radians(13.0)))
    limit, beyond, wrong = belt_limit(line, blocks.block((0.2, 0.2, 0.1), friction=0.2))
    assert (limit, beyond) == (None, 0.1)
    assert wrong is not None and "slope" in wrong.cause


def test_parts_come_from_the_belt_before(belts, blocks, world, tmp_path) -> None:
    """A part smaller than the gap between two belts does not come over it at any speed; a larger one does."""
    line = belts.transfer_line(world, tmp_path, 0.3)
    for size, falls in ((0.025, True), (0.08, False)):
        part = blocks.block((size, size, 0.6 * size), friction=0.4)
        made = replace(line, products={"box": part})
        times = {name: lay_out(belt, made) for name, belt in made.belts.items()}
        found = ride(made, times, "B", "box", 0.3)
        assert (found is not None) is falls
        assert found is None or ("gap" in found.cause and found.subjects == ("B",))


# ---------------------------------------------------------------- arms and vehicles


def cell(scene: ModuleType, folder: Path, hold: Hold) -> Line:
    port = Port("top", "inout", ("arm",), (0.0, 0.0, 0.75), (0.0, 0.0, -1.0), (0.0, 0.0, 0.25))
    desk: MachineModel = scene.machine(folder, "table", [((-0.2, -0.2, 0.0), (0.2, 0.2, 0.7))], ports={"top": port})
    model = load_model("arm_10kg_r1100")
    assert isinstance(model, ArmModel)
    left = replace(scene.station("left", desk, 4.0, 4.7), is_source=True)
    right = replace(scene.station("right", desk, 4.7, 4.0), is_sink=True)
    arm = Arm("tender", replace(model, hold=hold), Pose(4.0, 4.0), ("left", "right"), "first_come", 0.3)
    part = scene.part(folder)
    block = LineProduct("block", part, 2.0, 1.0, (), ("left",), ("right",))
    line: Line = scene.line(left, right, arm, products={"block": part})
    return replace(line, products={"block": block})


def test_a_payload_is_limited_by_what_its_path_takes(scene: ModuleType, tmp_path: Path) -> None:
    """m |a + g| <= 2 mu F along the planned path, a with the square of the speed."""
    line = cell(scene, tmp_path, Hold(26.0, "jaws"))
    assert subjects(line) == [("tender", "block")]
    (limit,) = limits(line, None, subjects(line))  # type: ignore[arg-type]
    assert limit.leg == ("left", "right") and limit.formula is not None and limit.limit is not None
    assert limit.limit == pytest.approx(limit.formula, rel=0.05)
    assert limit.incident is not None and limit.incident.kind == "dropped"
    assert limit.beyond is not None and limit.limit < limit.beyond <= limit.limit * (1 + WITHIN) * 1.000001
    assert not limit.broken and limit.margin == pytest.approx(limit.limit / 0.3 - 1)
    bench = ArmBench(line, "tender", "block")
    (leg,) = bench.legs
    ok = [bench.carry(leg, limit.limit * k) is None for k in (0.5, 0.9, 1.06, 1.3)]
    assert ok == [True, True, False, False]


def test_a_strong_tool_has_no_limit(scene: ModuleType, tmp_path: Path) -> None:
    line = cell(scene, tmp_path, Hold(500.0, "jaws"))
    (limit,) = limits(line, None, subjects(line))  # type: ignore[arg-type]
    assert (limit.limit, limit.beyond, limit.incident, limit.formula) == (1.0, None, None, None)


def test_a_tool_that_cannot_even_lift_its_part(scene: ModuleType, tmp_path: Path) -> None:
    line = cell(scene, tmp_path, Hold(15.0, "jaws"))  # holds 15 N; the part weighs 19.6 N
    (limit,) = limits(line, None, subjects(line))  # type: ignore[arg-type]
    assert limit.limit is None and limit.broken and limit.formula == 0.0


@pytest.mark.parametrize("friction", [0.1, 0.3])
def test_a_deck_holds_parts_up_to_their_friction(blocks, friction: float) -> None:
    model = load_model("amr")
    assert isinstance(model, VehicleModel)
    fleet = Fleet("carts", model, 1, (), "first_come", 1.2, 0.5)
    part = blocks.block((0.3, 0.2, 0.1), friction=friction)
    limit, _, wrong = search(partial(haul, fleet, part), 0.5, 0.1, 8.0)
    assert limit == pytest.approx(friction * G, rel=0.04)
    assert wrong is not None and wrong.kind == "slipped"
    tall = blocks.block((0.1, 0.1, 0.5), friction=0.6)
    limit, _, wrong = search(partial(haul, fleet, tall), 0.5, 0.1, 8.0)
    assert wrong is not None and wrong.kind == "tipped"
    assert limit == pytest.approx(G * 0.05 / 0.25, rel=0.06)
