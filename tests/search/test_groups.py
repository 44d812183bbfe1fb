"""Groups move as one, pinned subjects not at all: read, checked, realised, packed, changed and made legal."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from layout import feasibility
from layout.errors import ScenarioError
from layout.files.layouts import dump_layout, load_layout
from layout.files.scenario import load_scenario
from layout.model.line import Layout, Line
from layout.model.places import Seat, joined, parted
from layout.model.realise import realise
from layout.model.scenario import Scenario
from layout.search.legalise import ScenarioLegaliser
from layout.search.proposals import Draft, Proposals
from layout.search.space import Values
from tests.search.conftest import TIME, write

DOCK = "place: {x: [1, 11], y: [1, 8], yaw: [0, 90]}"
GROUPS = f"""\
name: groups
{TIME}
floor: {{boundary: [[0, 0], [12, 0], [12, 9], [0, 9]], clearance: 100 mm}}
products: {{part: {{model: part_bracket, route: [mill, turn, wash]}}}}
machines:
  dock: {{model: dock_in, source: saturated, {DOCK}}}
  mill: {{model: cnc_mill, count: 2, operations: {{mill: 60 s}}}}
  lathe: {{model: cnc_lathe, operations: {{turn: 40 s}}}}
  washer: {{model: part_washer, operations: {{wash: 40 s}}}}
  ship: {{model: dock_out, sink: true, {DOCK}}}
groups:
  pair:
    members: {{mill 1: {{x: -1.5, yaw: 90}}, mill 2: {{mirrors: mill 1}}}}
    mirror: {{choose: [false, true]}}
    place: {{x: [2, 10], y: [2, 7], yaw: [0, 90]}}
  row: {{row: [lathe, washer], gap: 1.2 m, place: {{x: [2, 10], y: [2, 7], yaw: {{range: [-180, 180]}}}}}}
pins: {{ship: {{x: 10, y: 6.5, yaw: 0}}}}
transport:
  a: {{kind: direct, from: dock, to: mill}}
  b: {{kind: direct, from: mill, to: lathe}}
  c: {{kind: direct, from: lathe, to: washer}}
  d: {{kind: direct, from: washer, to: ship}}
"""


@pytest.fixture(scope="module")
def groups(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    return load_scenario(write(tmp_path_factory.mktemp("groups"), GROUPS))


def place(line: Line, name: str) -> tuple[float, float, float]:
    pose = line.stations[name].pose
    return pose.x_m, pose.y_m, pose.yaw_rad


def check(line: Line) -> None:
    """Members keep their relative places; the pinned one stays."""
    first, second = place(line, "mill 1"), place(line, "mill 2")
    assert math.dist(first[:2], second[:2]) == pytest.approx(3.0)
    assert math.remainder(first[2] - second[2] - math.pi, math.tau) == pytest.approx(0.0, abs=1e-9)
    lathe, washer = line.stations["lathe"], line.stations["washer"]
    assert lathe.pose.yaw_rad == washer.pose.yaw_rad
    corners = washer.pose.apply(washer.model.footprint_m)
    inside = np.linalg.inv(lathe.pose.matrix())[:2, :2] @ (corners - [lathe.pose.x_m, lathe.pose.y_m]).T
    assert inside[0].min() - max(x for x, _ in lathe.model.footprint_m) == pytest.approx(1.2)
    assert place(line, "ship") == (10.0, 6.5, 0.0)


def test_variables_are_the_groups(groups: Scenario) -> None:
    assert [v.name for v in groups.variables] == [
        "dock.x", "dock.y", "dock.yaw", "pair.x", "pair.y", "pair.yaw", "pair.mirror", "row.x", "row.y", "row.yaw"
    ]  # fmt: skip


@pytest.mark.parametrize("mirrored", [False, True])
def test_there_and_back(mirrored: bool) -> None:
    seat, group = Seat("g", 1.2, -0.4, 0.7), (3.0, 4.0, 1.1)
    assert parted(joined(group, seat, mirrored), seat, mirrored) == pytest.approx(group)


def test_places_by_hand(groups: Scenario) -> None:
    values: Values = {
        "dock.x": 1.0, "dock.y": 1.0, "dock.yaw": 0.0, "pair.x": 5.0, "pair.y": 3.0, "pair.yaw": math.pi / 2,
        "pair.mirror": False, "row.x": 5.0, "row.y": 6.0, "row.yaw": 0.0,
    }  # fmt: skip
    line = realise(groups, Layout(values))
    assert place(line, "mill 1") == pytest.approx((5.0, 1.5, math.pi))
    assert place(line, "mill 2") == pytest.approx((5.0, 4.5, 0.0))
    mirrored = realise(groups, Layout({**values, "pair.mirror": True}))
    assert place(mirrored, "mill 1") == pytest.approx((5.0, 4.5, 0.0))
    check(line)
    check(mirrored)


def test_proposals_keep_groups_and_pins(groups: Scenario, tmp_path: Path) -> None:
    proposals, parent, legal, flipped = Proposals(groups, 1), None, 0, set()
    for number in range(14):
        values = proposals(Draft(number, parent))
        line = realise(groups, Layout(values))
        check(line)
        flipped.add(values["pair.mirror"])
        if not feasibility.quick(line):
            legal, parent = legal + 1, values
    assert legal >= 12 and flipped == {False, True}
    file = tmp_path / "layout.yaml"
    file.write_text(dump_layout(Layout(values), groups))
    assert load_layout(file, groups).values == values


def test_the_legaliser_moves_groups_as_one(groups: Scenario) -> None:
    legaliser, rng, legal = ScenarioLegaliser(groups), np.random.default_rng(1), 0
    for _ in range(10):
        values: Values = {"pair.mirror": False, "pair.yaw": 0.0, "row.yaw": float(rng.uniform(-3, 3)), "dock.yaw": 0.0}
        values |= {f"{name}.{axis}": float(rng.uniform(2, 7)) for name in ("dock", "pair", "row") for axis in "xy"}
        found, result = legaliser(values)
        line = realise(groups, Layout(found))
        check(line)
        if not result.left:
            legal += 1
            assert [v for v in feasibility.quick(line) if v.rule in feasibility.FLAT] == []
    assert legal >= 7


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    text = GROUPS.replace("[lathe, washer]", "[lathe, washr, mill 2]").replace("mirrors: mill 1", "mirrors: mil 1")
    text = text.replace("ship: {x: 10,", "shp: {x: 100,").replace(f"saturated, {DOCK}", "saturated")
    text = text.replace("lathe, operations: {turn: 40 s}", "lathe, operations: {turn: 40 s}, place: {x: 3, y: 3}")
    text = text.replace("  pair:\n", "  empty: {place: {x: 1, y: 1}}\n  pair:\n")
    with pytest.raises(ScenarioError) as trouble:
        load_scenario(write(tmp_path, text))
    found = {problem.where: problem for problem in trouble.value.problems}
    assert set(found) == {
        "machines.dock.place", "machines.washer.place", "machines.lathe.place", "groups.empty", "groups.row.row[1]",
        "groups.row.row[2]", "groups.pair.members.mill 2.mirrors", "pins.shp", "pins.shp.x",
    }  # fmt: skip
    assert found["groups.row.row[1]"].hint == "did you mean 'washer'?"
    assert "pair" in found["groups.row.row[2]"].what and "row" in found["machines.lathe.place"].hint
    with pytest.raises(ScenarioError, match="pin the group 'pair'"):
        load_scenario(write(tmp_path, GROUPS.replace("ship: {x: 10,", "mill 1: {x: 10,")))
