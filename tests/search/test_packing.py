"""Packings are legal where there is room, on cells, belt lines and job shops alike."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import optuna
import pytest
import shapely
from optuna.trial import create_trial

import layout
from layout import feasibility
from layout.files.scenario import load_scenario
from layout.model.library import MachineModel, Port
from layout.model.line import Layout
from layout.model.quantities import Choose, Range
from layout.model.realise import realise
from layout.model.scenario import Scenario
from layout.pipeline import Evaluator
from layout.search.packing import Packer, _within_angle
from layout.search.sampler import PACKINGS, LayoutSampler
from layout.search.shapes import moved, shape
from layout.search.space import Spot, nearest_angle
from layout.search.ties import at_edge, belts_of, weights_of

FLAGSHIP = Path(__file__).parents[2] / "experiments" / "machining_cell.yaml"


def proposals(scenario: Scenario, seed: int, count: int) -> list[Layout]:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=LayoutSampler(scenario, seed, 8))
    return [Layout(dict(study.ask().relative_params)) for _ in range(count)]


@pytest.mark.parametrize("name", ["cell", "line", "shop"])
@pytest.mark.parametrize("seed", [1, 2])
def test_most_first_candidates_are_feasible(name: str, seed: int, request: pytest.FixtureRequest) -> None:
    scenario = request.getfixturevalue(name)
    with Evaluator(scenario) as evaluator:
        found = [evaluator(each, replications=2) for each in proposals(scenario, seed, PACKINGS)]
    assert np.mean([evaluation.feasible for evaluation in found]) >= 0.6
    assert len({tuple(sorted(e.layout.values.items())) for e in found}) == len(found)


def test_a_packing_without_force_breaks_no_rule_of_the_plan(shop: Scenario) -> None:
    packer = Packer(shop)
    loose = set(packer.spots)
    for seed in range(12):
        values = packer.pack(np.random.default_rng(seed), {"lathe.buffer.in": 1}, loose)
        if values is not None:
            assert feasibility.quick(realise(shop, Layout(values))) == ()


def test_what_is_not_loose_stays(cell: Scenario) -> None:
    assert cell.start is not None
    packer, start = Packer(cell), dict(cell.start)
    values = packer.pack(np.random.default_rng(1), start, {"washer"})
    assert values is not None and values != start
    assert {name for name in start if values[name] != start[name]} <= {"washer.x", "washer.y", "washer.yaw"}


def test_no_room_is_said_and_force_places_all_the_same(crowded: Scenario) -> None:
    packer, urgent = Packer(crowded), []  # type: ignore[var-annotated]
    loose = set(packer.spots)
    assert packer.pack(np.random.default_rng(1), {}, loose, urgent=urgent) is None
    assert len(urgent) == 1 and urgent[0] in loose
    forced = packer.pack(np.random.default_rng(1), {}, loose, force=True)
    assert forced is not None and len(forced) == 12


def test_same_random_numbers_same_packing(line: Scenario) -> None:
    def packed(seed: int) -> object:
        packer = Packer(line)
        return packer.pack(np.random.default_rng(seed), {"first.speed": 0.2}, set("ABCDE"))

    assert packed(4) == packed(4) != packed(5)


def test_two_arms_with_a_station_in_common(tmp_path: Path) -> None:
    place = "place: {x: [0.8, 11.2], y: [0.8, 7.2], yaw: [0, 90, 180, 270]}"
    text = f"""\
name: two arms
time: {{horizon: 1 h, warmup: 10 min, replications: 2}}
floor: {{boundary: [[0, 0], [12, 0], [12, 8], [0, 8]], clearance: 150 mm}}
products: {{p: {{model: part_bracket, route: [mill, check, wash]}}}}
machines:
  dock: {{model: dock_in, source: saturated, {place}}}
  mill: {{model: cnc_mill, operations: {{mill: 60 s}}, {place}}}
  hand: {{model: assembly_station, operations: {{check: 12 s}}, {place}}}
  washer: {{model: part_washer, operations: {{wash: 25 s}}, {place}}}
  ship: {{model: dock_out, sink: true, {place}}}
transport:
  left: {{kind: robot, model: arm_16kg_r2010, serves: [dock, mill, hand], {place}}}
  right: {{kind: robot, model: arm_16kg_r2010, serves: [hand, washer, ship], {place}}}
"""
    path = tmp_path / "two.yaml"
    path.write_text(text)
    scenario = load_scenario(path)
    with Evaluator(scenario) as evaluator:
        found = [evaluator(each, replications=2).feasible for each in proposals(scenario, 1, PACKINGS)]
    assert np.mean(found) >= 0.6


def test_later_candidates_of_the_flagship_are_mostly_feasible() -> None:
    """Changes of the start, once it was told as good: their floor plans are tested before they are proposed."""
    scenario = layout.load(FLAGSHIP)
    sampler = LayoutSampler(scenario, 1, 1)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    space = sampler.infer_relative_search_space(study, None)  # type: ignore[arg-type]
    start = dict(scenario.start or {})
    for _ in range(PACKINGS):
        study.add_trial(create_trial(params=start, distributions=space, value=1.0))
    with Evaluator(scenario) as evaluator:
        found = [evaluator(Layout(dict(study.ask().relative_params)), replications=2).feasible for _ in range(16)]
    assert np.mean(found) >= 0.75


def test_poses_of_outlines() -> None:
    outline = np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 1.0], [0.0, 1.0]])
    poses = np.array([[0.0, 0.0, 0.0], [1.0, 1.0, math.pi / 2]])
    assert moved(outline, poses)[1] == pytest.approx(np.array([[1, 1], [1, 3], [0, 3], [0, 1]]))


def test_needed_floor_is_the_footprint_and_its_service_sides(cell: Scenario) -> None:
    model = cell.models["part_washer"]
    assert isinstance(model, MachineModel)
    found = shape(model, (((0.0, 2.0), (0.0, 1.0), (3.0, 1.0), (3.0, 2.0)),))
    assert shapely.Polygon(found.footprint).bounds == pytest.approx((-0.5, -0.55, 0.5, 0.55))
    assert shapely.multipoints(np.vstack(found.service[:-1])).bounds == pytest.approx((-1.0, -1.25, 0.5, 1.05))
    assert found.service[-1].tolist() == [[0.0, 2.0], [0.0, 1.0], [3.0, 1.0], [3.0, 2.0]]
    assert found.size_m2 == pytest.approx(4.0 * 3.25)


def test_ports_inside_a_machine_move_to_its_edge(cell: Scenario) -> None:
    model = cell.models["part_washer"]
    assert isinstance(model, MachineModel)
    inside = Port("p", "in", ("belt",), at_m=(0.1, 0.0, 0.9), facing=(0.0, -2.0))
    assert at_edge(inside, model).at_m == pytest.approx((0.1, -0.55, 0.9))
    outside = Port("p", "in", ("belt",), at_m=(0.1, -0.8, 0.9), facing=(0.0, -1.0))
    assert at_edge(outside, model).at_m == pytest.approx((0.1, -0.8, 0.9))


def test_ties(line: Scenario) -> None:
    assert [tuple(belt.ends) for belt in belts_of(line)] == [
        ("dock", "A"), ("A", "B"), ("B", "C"), ("C", "D"), ("D", "E"), ("E", "ship")
    ]  # fmt: skip
    weights = weights_of(line, {})
    assert weights["A"]["B"] == weights["B"]["A"] == 2.0  # its belt, and the whole of the flow
    assert "C" not in weights["A"]


@pytest.mark.parametrize(
    ("domain", "wanted", "found"),
    [
        (Choose((0.0, 90.0, 180.0, 270.0)), 350.0, 0.0),
        (Choose((0.0, 90.0, 180.0, 270.0)), -100.0, 270.0),
        (Range(-180.0, 180.0), 190.0, -170.0),
        (Range(-180.0, 180.0), 540.0, 180.0),
        (Range(0.0, 90.0), 100.0, 90.0),
        (Range(0.0, 90.0), -10.0, 0.0),
        (Range(0.0, 90.0), 405.0, 45.0),
    ],
)
def test_angles_go_to_the_nearest_whole_turns_apart_or_not(
    domain: Choose[float] | Range, wanted: float, found: float
) -> None:
    inside: Choose[float] | Range
    if isinstance(domain, Range):
        inside = Range(math.radians(domain.low), math.radians(domain.high))
    else:
        inside = Choose(tuple(math.radians(option) for option in domain.options))
    for angle in (nearest_angle(inside, math.radians(wanted)), *_within_angle(inside, np.radians([wanted]))):
        assert math.remainder(math.degrees(angle) - found, 360.0) == pytest.approx(0.0, abs=1e-9)


def test_spots_go_to_the_nearest_that_is_allowed(cell: Scenario) -> None:
    washer: Spot = Packer(cell).spots["washer"]
    values: dict[str, float] = {}
    washer.put(values, 20.0, -3.0, math.radians(100))
    assert washer.at(values) == pytest.approx((9.0, 1.0, math.pi / 2))
    dock = Packer(cell).spots["dock"]
    dock.put(values, 5.0, 5.0, 0.0)
    assert dock.at(values) == pytest.approx((2.0, 4.0, math.pi / 2))
