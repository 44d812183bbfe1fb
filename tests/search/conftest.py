"""Small scenarios to search: the cell that `layout new` writes, a belt line, a job shop, and cells that cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest
import trimesh

from layout.cli.new import text
from layout.files.scenario import load_scenario
from layout.model.scenario import Scenario

STATION = """\
name: station
kind: machine
description: a manual station on a belt line
visual: visual.glb
hulls: hulls.obj
footprint: [[-0.4, -0.3], [0.4, -0.3], [0.4, 0.3], [-0.4, 0.3]]
service: {front: 700 mm}
ports:
  into: {kind: in, by: [belt, direct], at: [-0.4, 0, 0.9], facing: [-1, 0]}
  out: {kind: out, by: [belt, direct], at: [0.4, 0, 0.9], facing: [1, 0]}
"""

TIME = "time: {horizon: 1 h, warmup: 10 min, replications: 2, seed: 3}"

BELT_LINE = f"""\
name: belt line
{TIME}
floor: {{boundary: [[0, 0], [14, 0], [14, 8], [0, 8]], clearance: 100 mm}}
products: {{part: {{model: part_bracket, route: [a, b, c, d, e]}}}}
machines:
  dock: {{model: dock_in, source: saturated, place: {{x: 1.8, y: 4, yaw: 90}}}}
STATIONS
  ship: {{model: dock_out, sink: true, place: {{x: 12.2, y: 4, yaw: 270}}}}
transport:
  first: {{kind: conveyor, from: dock, to: A, speed: {{range: [0.1 m/s, 0.4 m/s]}}}}
  ab: {{kind: conveyor, from: A, to: B}}
  bc: {{kind: conveyor, from: B, to: C}}
  cd: {{kind: conveyor, from: C, to: D}}
  de: {{kind: conveyor, from: D, to: E}}
  last: {{kind: conveyor, from: E, to: ship}}
objectives: [{{maximize: throughput, tolerance: 2 %}}, {{minimize: floor_area}}]
"""

JOB_SHOP = f"""\
name: job shop
{TIME}
floor: {{boundary: [[0, 0], [12, 0], [12, 6], [10, 6], [10, 9], [0, 9]], clearance: 200 mm}}
products:
  p: {{model: part_bracket, share: 60 %, route: [mill, turn, check]}}
  q: {{model: part_flange, share: 40 %, route: [turn, wash]}}
machines:
  dock: {{model: dock_in, source: saturated, PLACE}}
  mill: {{model: cnc_mill, operations: {{mill: 60 s}}, PLACE}}
  lathe: {{model: cnc_lathe, operations: {{turn: 40 s}}, buffer: {{in: {{choose: [1, 2, 4]}}}}, PLACE}}
  camera: {{model: vision_station, operations: {{check: 20 s}}, PLACE}}
  washer: {{model: part_washer, operations: {{wash: 30 s}}, PLACE}}
  ship: {{model: dock_out, sink: true, PLACE}}
transport:
  a: {{kind: direct, from: dock, to: mill, time: 20 s}}
  b: {{kind: direct, from: dock, to: lathe, time: 20 s}}
  c: {{kind: direct, from: mill, to: lathe, time: 20 s}}
  d: {{kind: direct, from: lathe, to: camera, time: 20 s}}
  e: {{kind: direct, from: lathe, to: washer, time: 20 s}}
  f: {{kind: direct, from: camera, to: ship, time: 20 s}}
  g: {{kind: direct, from: washer, to: ship, time: 20 s}}
objectives: [{{maximize: throughput, tolerance: 2 %}}, {{minimize: floor_area}}]
""".replace("PLACE", "place: {x: [1, 11], y: [1, 8], yaw: {range: [-180, 180]}}")

CROWDED = f"""\
name: crowded
{TIME}
floor: {{boundary: [[0, 0], [3.4, 0], [3.4, 3.4], [0, 3.4]]}}
products: {{part: {{model: part_bracket, route: [mill, turn]}}}}
machines:
  dock: {{model: dock_in, source: saturated, PLACE}}
  mill: {{model: cnc_mill, operations: {{mill: 60 s}}, PLACE}}
  lathe: {{model: cnc_lathe, operations: {{turn: 40 s}}, PLACE}}
  ship: {{model: dock_out, sink: true, PLACE}}
transport:
  a: {{kind: direct, from: dock, to: mill}}
  b: {{kind: direct, from: mill, to: lathe}}
  c: {{kind: direct, from: lathe, to: ship}}
""".replace("PLACE", "place: {x: [0.5, 2.9], y: [0.5, 2.9], yaw: [0, 90, 180, 270]}")

OUT_OF_REACH = f"""\
name: out of reach
{TIME}
floor: {{boundary: [[0, 0], [12, 0], [12, 8], [0, 8]]}}
products: {{part: {{model: part_bracket, route: [wash]}}}}
machines:
  dock: {{model: dock_in, source: saturated, place: {{x: 1.8, y: 2.6, yaw: 90}}}}
  washer: {{model: part_washer, operations: {{wash: 30 s}}, place: {{x: [6, 11], y: [1, 7], yaw: [0, 90, 180, 270]}}}}
  ship: {{model: dock_out, sink: true, place: {{x: 1.8, y: 5.4, yaw: 90}}}}
transport:
  arm: {{kind: robot, model: arm_16kg_r2010, serves: [dock, washer, ship], place: {{x: 3, y: 4}}}}
"""


def cell_text(name: str = "cell.yaml") -> str:
    """What `layout new` writes, with a shorter shift."""
    shift = "time: {horizon: 8 h, warmup: 30 min, replications: 10, seed: 1}"
    assert shift in text(Path(name))
    return text(Path(name)).replace(shift, TIME)


def belt_line(folder: Path) -> Path:
    """The belt line in a folder, with the model of its stations."""
    model = folder / "station"
    model.mkdir()
    (model / "model.yaml").write_text(STATION)
    box = trimesh.creation.box((0.8, 0.6, 0.9))
    box.apply_translation([0, 0, 0.45])
    box.export(model / "visual.glb")
    box.export(model / "hulls.obj")
    place = "place: {x: [1, 13], y: [1, 7], yaw: [0, 90, 180, 270]}"
    stations = "\n".join(f"  {n.upper()}: {{model: station, operations: {{{n}: 30 s}}, {place}}}" for n in "abcde")
    path = folder / "line.yaml"
    path.write_text(BELT_LINE.replace("STATIONS", stations))
    return path


def write(folder: Path, content: str) -> Path:
    """A scenario file in a folder."""
    path = folder / "scenario.yaml"
    path.write_text(content)
    return path


@pytest.fixture(scope="session")
def cell(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    """The cell of `layout new`: an arm, one or two mills, a start layout with one."""
    return load_scenario(write(tmp_path_factory.mktemp("cell"), cell_text()))


@pytest.fixture(scope="session")
def line(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    """Five stations between two docks, belts only."""
    return load_scenario(belt_line(tmp_path_factory.mktemp("line")))


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    """Six machines at any angle on an L-shaped floor, direct passages only."""
    return load_scenario(write(tmp_path_factory.mktemp("shop"), JOB_SHOP))


@pytest.fixture(scope="session")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    """Four machines that fit on the floor one at a time, but not together."""
    return load_scenario(write(tmp_path_factory.mktemp("crowded"), CROWDED))


@pytest.fixture(scope="session")
def out_of_reach(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    """A fixed arm and a washer that may only stand beyond its reach."""
    return load_scenario(write(tmp_path_factory.mktemp("far"), OUT_OF_REACH))


@pytest.fixture(autouse=True)
def quick_pictures(coarse_pictures: None, blank_charts: None) -> None:
    """Run folders' pictures are looked at elsewhere."""
