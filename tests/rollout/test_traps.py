"""Layouts that only physics can refuse, through the front door: every rule holds, the flow simulation makes parts, and
the run among bodies says what goes wrong and why. Beside each stands one that is almost the same and works."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from layout import feasibility, flow, motion
from layout.files.assets import load_model
from layout.model.distribution import deterministic
from layout.model.library import ArmModel, Hold, MachineModel, Port, VehicleModel
from layout.model.line import Arm, Belt, Fleet, Line, LineProduct
from layout.model.physical import Incident
from layout.model.pose import Pose
from layout.rollout.run import roll_out
from layout.scene import Scene


def incidents(line: Line, until_s: float) -> tuple[Incident, ...]:
    """Of a run among bodies of a line that all earlier stages accept."""
    with Scene() as scene:
        assert feasibility.check(line, scene, everything=True) == ()
    moves = motion.plan(line)
    shift = line.time.model_copy(update={"horizon_s": 1800.0, "warmup_s": 0.0, "until": None})
    assert flow.simulate(replace(line, time=shift), moves, replications=1).throughput_per_h.mean > 0
    run, _ = roll_out(line, moves, until_s=until_s, seed=1)
    for incident in run.incidents:
        assert incident.amount > 0 and len(incident.cause) > 10
    if not run.incidents:
        assert any(not math.isnan(left.physical_s) for left in run.departures)
    return run.incidents


def the(kind: str, found: Sequence[Incident], subject: str, product: str) -> Incident:
    """The first incident of a kind: whose it is, and of what part."""
    incident = next((one for one in found if one.kind == kind), None)
    assert incident is not None, [(one.kind, one.subjects, one.cause) for one in found]
    assert subject in incident.subjects and incident.product == product
    return incident


def flowing(line: Line, product: LineProduct, origin: str = "from", target: str = "to") -> Line:
    """Parts of a product wait at one station, and are packed at another one, where they leave the line."""
    stations = dict(line.stations)
    stations[origin] = replace(stations[origin], is_source=True)
    packing = {"pack": {product.name: deterministic(1.0)}}
    stations[target] = replace(stations[target], is_sink=True, operations=packing)
    made = replace(product, route=("pack",), sources=(origin,), sinks=(target,))
    return replace(line, stations=stations, products={made.name: made})


# ---------------------------------------------------------------- belts


@pytest.mark.parametrize(("speed", "tips"), [(0.8, True), (0.3, False)])
def test_a_tall_part_tips_in_a_corner(belts, blocks, world, tmp_path, speed, tips) -> None:
    """It stands up to g b / h = 1.47 m/s^2; round 0.15 m that is 0.47 m/s."""
    line = flowing(belts.corner_line(world, tmp_path, speed), blocks.block((0.3, 0.06, 0.4), friction=0.5))
    line = replace(line, belts={"belt": replace(line.belts["belt"], pitch_m=1.5)})  # none is pushed by another one
    found = incidents(line, 14.5)
    assert bool(found) is tips
    if tips:
        assert "in a corner, where no more than 1.47 m/s^2" in the("tipped", found, "belt", "box").cause


@pytest.mark.parametrize(("speed", "tips"), [(1.0, True), (0.6, False)])
def test_a_tall_part_falls_over_the_stop_of_a_fast_belt(belts, blocks, world, tmp_path, speed, tips) -> None:
    line = flowing(belts.straight_line(world, tmp_path, 3.0, speed), blocks.block((0.12, 0.12, 0.3), friction=0.35))
    found = incidents(line, 14.0)
    assert bool(found) is tips
    if tips:
        assert "at the stop" in the("tipped", found, "belt", "box").cause


@pytest.mark.parametrize(("speed", "slips"), [(0.6, True), (0.3, False)])
def test_an_oily_part_slips_on_a_fast_belt(belts, blocks, world, tmp_path, speed, slips) -> None:
    line = flowing(belts.straight_line(world, tmp_path, 3.0, speed), blocks.block((0.2, 0.2, 0.1), friction=0.08))
    found = incidents(line, 12.0)
    assert bool(found) is slips
    if slips:
        assert "friction 0.08 takes 0.76 s" in the("slipped", found, "belt", "box").cause


@pytest.mark.parametrize(("degrees", "slips"), [(13.0, True), (10.0, False)])
def test_a_smooth_part_slips_on_a_steep_belt(belts, blocks, world, tmp_path, degrees, slips) -> None:
    """Friction 0.2 holds up to 11.3 degrees."""
    line = belts.straight_line(world, tmp_path, 3.0, 0.3, 3.0 * math.tan(math.radians(degrees)))
    found = incidents(flowing(line, blocks.block((0.2, 0.2, 0.1), friction=0.2)), 15.0)
    assert bool(found) is slips
    if slips:
        assert "slope of 13.0 degrees" in the("slipped", found, "belt", "box").cause


@pytest.mark.parametrize(("length", "jams"), [(0.6, True), (0.3, False)])
def test_a_long_part_jams_in_a_corner(belts, blocks, world, tmp_path, length, jams) -> None:
    line = flowing(belts.corner_line(world, tmp_path, 0.3), blocks.block((length, 0.2, 0.15)))
    line = replace(line, belts={"belt": replace(line.belts["belt"], pitch_m=0.9)})
    found = incidents(line, 16.0)
    assert bool(found) is jams
    if jams:
        assert "guide" in the("jammed", found, "belt", "box").cause


@pytest.mark.parametrize(("size", "falls"), [(0.025, True), (0.08, False)])
def test_a_gap_between_belts_swallows_small_parts(belts, blocks, world, tmp_path, size, falls) -> None:
    part = blocks.block((size, size, 0.6 * size), friction=0.4)
    found = incidents(flowing(belts.transfer_line(world, tmp_path, 0.3), part), 20.0)
    assert bool(found) is falls
    if falls:
        assert the("fell", found, "B", "box").cause == "through a gap in the belt's way"


# ---------------------------------------------------------------- arms


def cell(scene: ModuleType, folder: Path, arm: str, mass_kg: float, speed: float, hold: Hold) -> Line:
    """Two tables a quarter turn apart, 0.7 m from the arm."""
    port = Port("top", "inout", ("arm",), (0.0, 0.0, 0.75), (0.0, 0.0, -1.0), (0.0, 0.0, 0.25))
    desk: MachineModel = scene.machine(folder, "table", [((-0.2, -0.2, 0.0), (0.2, 0.2, 0.7))], ports={"top": port})
    model = load_model(arm)
    assert isinstance(model, ArmModel)
    arms = Arm("tender", replace(model, hold=hold), Pose(4.0, 4.0), ("from", "to"), "first_come", speed)
    stations = scene.station("from", desk, 4.0, 4.6), scene.station("to", desk, 4.6, 4.0)
    part = scene.part(folder)
    return flowing(scene.line(*stations, arms), LineProduct("block", part, mass_kg, 1.0, (), (), ()))


@pytest.mark.parametrize(("speed", "lost"), [(1.0, True), (0.4, False)])
def test_a_tool_that_holds_a_part_at_low_speed_only(
    scene: ModuleType, tmp_path: Path, speed: float, lost: bool
) -> None:
    """26 N at friction 0.5 against a weight of 19.6 N."""
    found = incidents(cell(scene, tmp_path, "arm_10kg_r1100", 2.0, speed, Hold(26.0, "jaws")), 10.0)
    assert bool(found) is lost
    if lost:
        dropped = the("dropped", found, "tender", "block")
        assert "jaws of 26 N hold 26.0 N at friction 0.5; the part takes" in dropped.cause
        assert dropped.amount > dropped.limit


@pytest.mark.parametrize(("mass", "weak"), [(3.9, True), (1.0, False)])
def test_an_arm_that_its_payload_overloads(scene: ModuleType, tmp_path: Path, mass: float, weak: bool) -> None:
    """xArm 6 carries 5 kg, its gripper and the part weigh less; but its URDF gives the second joint 50 N m."""
    found = incidents(cell(scene, tmp_path, "xarm6", mass, 1.0, Hold(5000.0, "jaws")), 12.0)
    assert bool(found) is weak
    if weak:
        assert "joint2 gives its 50 N m for more than 0.1 s" in the("saturated", found, "tender", "block").cause


def belt_to_arm(belts: ModuleType, blocks: ModuleType, scene: ModuleType, folder: Path, length_m: float) -> Line:
    """A belt turns a corner into an infeed of the library; an arm takes parts there to a table."""
    port = Port("top", "inout", ("arm",), (0.0, 0.0, 0.75), (0.0, 0.0, -1.0), (0.0, 0.0, 0.25))
    desk: MachineModel = scene.machine(folder, "table", [((-0.2, -0.2, 0.0), (0.2, 0.2, 0.7))], ports={"top": port})
    infeed, arm = load_model("infeed_station"), load_model("arm_10kg_r1100")
    assert isinstance(arm, ArmModel)
    stand = belts.stand(scene, folder, "stand", [belts.port("out", 0.2, 0.0, (1.0, 0.0))])
    made = scene.station("from", stand, 3.0, 6.3), scene.station("infeed", infeed, 4.0, 5.0)
    tender = Arm("tender", arm, Pose(4.0, 4.0), ("infeed", "to"), "first_come", 0.5)
    belt = Belt("belt", "from", "infeed", 0.3, 0.6, 0.4)
    part = blocks.block((length_m, 0.08, 0.06))
    part = replace(part, model=replace(part.model, grasp_m=(0.0, 0.0, 0.05)))
    return flowing(scene.line(*made, scene.station("to", desk, 4.6, 4.0), tender, belt), part)


@pytest.mark.parametrize(("length", "misplaced"), [(0.2, True), (0.14, False)])
def test_a_part_too_long_for_the_stop_at_which_an_arm_takes_it(
    belts: ModuleType, blocks: ModuleType, scene: ModuleType, tmp_path: Path, length: float, misplaced: bool
) -> None:
    """The stop is 81 mm behind the pick."""
    found = incidents(belt_to_arm(belts, blocks, scene, tmp_path, length), 18.0)
    assert bool(found) is misplaced
    if misplaced:
        assert "it was gripped 19" in the("misplaced", found, "tender", "box").cause


# ---------------------------------------------------------------- vehicles


def yard(blocks: ModuleType, scene: ModuleType, units: int, friction: float, acceleration: float, rack: bool) -> Line:
    """A dock where parts come in, one where they go out, and vehicles between them."""
    amr = load_model("amr")
    assert isinstance(amr, VehicleModel)
    models = {name: load_model(name) for name in ("dock_in", "dock_out", "pallet_rack")}
    stations = [scene.station("in", models["dock_in"], 1.65, 4.0, math.pi / 2)]
    stations.append(scene.station("out", models["dock_out"], 10.1, 4.0, -math.pi / 2))
    if rack:
        stations.append(scene.station("rack", models["pallet_rack"], 6.0, 7.3))
    parking = ("rack",) if rack else ()
    fleet = Fleet("carts", amr, units, ("in", "out"), "first_come", 1.2, acceleration, parking=parking)
    part = blocks.block((0.3, 0.2, 0.1), friction=friction)
    return flowing(scene.line(*stations, fleet), part, "in", "out")


@pytest.mark.parametrize(("acceleration", "slides"), [(5.0, True), (1.2, False)])
def test_a_vehicle_that_brakes_too_hard(blocks, scene, acceleration, slides) -> None:
    """Friction 0.15 holds up to 1.47 m/s^2."""
    found = incidents(yard(blocks, scene, 1, 0.15, acceleration, rack=False), 45.0)
    assert bool(found) is slides
    if slides:
        assert "slid on the deck" in the("slipped", found, "carts 1", "box").cause


@pytest.mark.parametrize("rack", [False, True])
def test_vehicles_that_cannot_pass(blocks, scene, rack) -> None:
    """Two vehicles with two docks: each stands where the other has to go. A third dock lets one make room."""
    found = incidents(yard(blocks, scene, 2, 0.4, 0.6, rack), 150.0)
    assert bool(found) is not rack
    if not rack:
        waiting = next(one for one in found if one.kind == "waiting")
        assert set(waiting.subjects) == {"carts 1", "carts 2"} and "no free way" in waiting.cause
