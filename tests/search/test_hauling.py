"""What vehicles can haul: by hand, against simulation, and as what leads the search."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
import optuna
import pytest
from scipy.stats import spearmanr

from layout import feasibility, flow, motion
from layout.errors import LayoutError
from layout.files.scenario import load_scenario
from layout.model.line import Layout
from layout.model.realise import realise
from layout.model.results import Moves
from layout.model.scenario import Scenario
from layout.motion.arms import arm_times
from layout.motion.cell import bare
from layout.motion.traffic import carried
from layout.motion.vehicles import fleet_times
from layout.search.hauling import Hauling
from layout.search.proposals import PACKINGS, Draft, Proposals
from layout.search.sampler import LayoutSampler
from layout.search.space import suggest
from layout.search.surrogate import worth

SHUTTLE = """\
name: shuttle
time: {horizon: 4 h, warmup: 30 min, replications: 2, seed: 3}
floor: {boundary: [[0, 0], [14, 0], [14, 10], [0, 10]], clearance: 200 mm}
products: {block: {model: part_box, route: [fold, seal]}}
machines:
  folder: {model: case_sealer, source: saturated, operations: {fold: 5 s}, place: {x: 2, y: 3}}
  sealer:
    model: case_sealer
    sink: true
    operations: {seal: 5 s}
    buffer: {in: 1}
    place: {x: [1, 13], y: [1, 9], yaw: [0, 90, 180, 270]}
transport: {cart: {kind: vehicle, model: amr, serves: [folder, sealer], fleet: {choose: [1, 2]}}}
start: {sealer: {x: 6, y: 3, yaw: 0}, cart: {fleet: 1}}
"""

SHOP = """\
name: shop
time: {horizon: 8 h, warmup: 30 min, replications: 4, seed: 3}
floor: {boundary: [[0, 0], [16, 0], [16, 11], [0, 11]], clearance: 150 mm}
products:
  bracket: {model: part_bracket, share: 70 %, route: [mill, wash]}
  shaft: {model: part_shaft, share: 30 %, route: [turn, wash]}
machines:
  goods in: {model: dock_in, source: saturated, place: {x: 1.65, y: 3, yaw: 90}}
  mill: {model: cnc_mill, count: 2, operations: {mill: 30 s}, buffer: {in: 2, out: 2}, PLACE}
  lathe: {model: cnc_lathe, operations: {turn: 20 s}, buffer: {in: 2, out: 2}, PLACE}
  washer: {model: part_washer, operations: {wash: 10 s}, buffer: {in: 2, out: 2}, PLACE}
  goods out: {model: dock_out, sink: true, place: {x: 1.65, y: 8, yaw: 90}}
transport:
  carts:
    kind: vehicle
    model: amr
    serves: [goods in, mill, lathe, washer, goods out]
    fleet: {choose: [1, 2]}
    dispatch: {choose: [first_come, nearest]}
""".replace("PLACE", "place: {x: [1, 15], y: [1, 10], yaw: [0, 90, 180, 270]}")


def loaded(folder: Path, text: str) -> Scenario:
    path = folder / "scenario.yaml"
    path.write_text(text, encoding="utf-8")
    return load_scenario(path)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    return loaded(tmp_path_factory.mktemp("shop"), SHOP)


def test_one_cart_between_two_machines_hauls_what_it_hauls(tmp_path: Path) -> None:
    """There, hand over, back: nothing else can happen, so the figure is the throughput."""
    scenario = loaded(tmp_path, SHUTTLE)
    assert scenario.start is not None
    line = realise(scenario, Layout(dict(scenario.start)))
    times = fleet_times(line.fleets["cart"], line)
    assert times.empty_s is None
    round_s = times.travel_s[0, 1] + times.handover_s.sum() + times.travel_s[1, 0]
    hauling = Hauling(scenario)
    assert hauling.carriers == ("cart",) and not hauling.arms and ("folder", "sealer") in hauling.pairs
    assert hauling(line) == pytest.approx([3600.0 / round_s])
    found = flow.simulate(line, motion.plan(line)).throughput_per_h.mean
    assert found == pytest.approx(3600.0 / round_s, rel=0.01)
    two = realise(scenario, Layout({**scenario.start, "cart.fleet": 2}))
    assert hauling(two) == pytest.approx([2 * 3600.0 / round_s])


def test_copies_share_what_their_machine_is_brought(shop: Scenario) -> None:
    """Two mills that change places make no difference."""
    proposals = Proposals(shop, 1)
    values = proposals(Draft(0))
    other = dict(values)
    for field in ("x", "y", "yaw"):
        other[f"mill 1.{field}"], other[f"mill 2.{field}"] = values[f"mill 2.{field}"], values[f"mill 1.{field}"]
    one, two = (proposals.hauling(realise(shop, Layout(each))) for each in (values, other))
    assert one == pytest.approx(two, rel=1e-9)


def test_it_ranks_layouts_as_simulation_does(tmp_path: Path) -> None:
    scenario = loaded(tmp_path, SHOP.replace("count: 2, ", ""))
    proposals = Proposals(scenario, 1)
    foretold, found = [], []
    for k in range(32):
        values = {**proposals(Draft(k)), "carts.fleet": 1, "carts.dispatch": "first_come"}
        line = realise(scenario, Layout(values))
        with suppress(LayoutError):
            foretold.append(float(proposals.hauling(line)[0]))
            found.append(flow.simulate(line, motion.plan(line)).throughput_per_h.mean)
    assert len(found) == len(foretold) >= 16
    assert spearmanr(foretold, found)[0] > 0.75


def test_an_arm_hauls_by_its_moves_alone(cell: Scenario) -> None:
    """Loaded moves with their hand-overs, empty ones from any place to any: summed up here part by part."""
    assert cell.start is not None
    line = realise(cell, Layout(dict(cell.start)))
    ((name, arm),) = line.arms.items()
    mass_kg = max(product.mass_kg for product in line.products.values())
    times = arm_times(arm, line.stations, bare(arm.model, mass_kg), carried(arm, line))
    row = {station: k for k, station in enumerate(times.stations)}
    hauls = {(a, b): parts for (who, a, b), parts in flow.hauls(line, Moves()).items() if who == name}
    spent = 0.0
    for (a, b), parts in hauls.items():
        spent += parts * float(times.pick_s[row[a]] + times.loaded_s[row[a], row[b]] + times.place_s[row[b]])
        for (c, _), others in hauls.items():
            spent += parts * others / sum(hauls.values()) * float(times.empty_s[row[b], row[c]])
    assert Hauling(cell)(line)[Hauling(cell).carriers.index(name)] == pytest.approx(3600.0 / spent)


def test_climbing_promises_more_and_stays_legal(shop: Scenario) -> None:
    proposals = Proposals(shop, 1)
    slope = tuple(proposals.prior.tolist())
    drawn = [{**proposals(Draft(k)), "carts.fleet": 1} for k in range(6)]
    legal = [values for values in drawn if not feasibility.quick(realise(shop, Layout(values)))]
    assert legal
    for k, values in enumerate(legal):
        climbed = proposals(Draft(100 + k, values, move="shift", slope=slope))
        assert worth(slope, proposals.features(climbed)) > worth(slope, proposals.features(values))
        line = realise(shop, Layout(climbed))
        assert feasibility.quick(line) == () and feasibility.ways(feasibility.Ground(line)) == ()


def test_what_a_setting_is_worth_is_not_decided_before_it_was_tried(shop: Scenario) -> None:
    """A draft that is about settings keeps the one that it has drawn, be it less than promised."""
    proposals = Proposals(shop, 1)
    slope = tuple(proposals.prior.tolist())
    values = {**proposals(Draft(0)), "carts.fleet": 1, "carts.dispatch": "nearest"}
    found = [proposals(Draft(50 + k, values, move="set", slope=slope)) for k in range(12)]
    assert {v["carts.fleet"] for v in found} == {1, 2}


def test_first_candidates_try_each_option_as_often(shop: Scenario) -> None:
    moves = Proposals(shop, 1).moves
    spread = [moves.settings_spread(7, k, PACKINGS) for k in range(PACKINGS)]
    for name in ("carts.fleet", "carts.dispatch"):
        counts = np.unique([str(v[name]) for v in spread], return_counts=True)[1]
        assert counts.tolist() == [PACKINGS // 2] * 2
    assert spread != [moves.settings_spread(8, k, PACKINGS) for k in range(PACKINGS)]


def test_what_was_told_of_options_is_learnt(shop: Scenario) -> None:
    """Told that only "nearest" is worth anything, later candidates nearly all have it."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize", sampler=LayoutSampler(shop, seed=1))
    for _ in range(40):
        trial = study.ask()
        study.tell(trial, float(suggest(trial, shop)["carts.dispatch"] == "nearest"))
    assert np.mean([trial.value for trial in study.trials[-16:]]) >= 0.6
