"""Lines of the library and lines made up at random among bodies: everything begins, moves and ends where it should."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from layout import motion
from layout.files.recording import write_recording
from layout.files.scenario import load_scenario
from layout.flow.control import Control
from layout.model.line import Layout, Line
from layout.model.realise import realise
from layout.model.results import JointPath, Moves
from layout.motion import cache
from layout.rollout.conveyors import Conveyor
from layout.rollout.courses import Course
from layout.rollout.plant import Actor, Plant
from layout.rollout.run import roll_out
from layout.scene.physics.world import World

EXPERIMENTS = Path(__file__).parents[2] / "experiments"


def shipped(name: str) -> tuple[Line, Moves]:
    scenario = load_scenario(EXPERIMENTS / f"{name}.yaml")
    line = realise(scenario, Layout(scenario.start or {}))
    return line, motion.plan(line)


@pytest.fixture(scope="module")
def packing() -> tuple[Line, Moves]:
    return shipped("packing_line")


@pytest.fixture(scope="module")
def shop() -> tuple[Line, Moves]:
    return shipped("job_shop_amr")


def test_arms_begin_where_the_control_has_them(packing: tuple[Line, Moves]) -> None:
    """At home where they would stand in space that they share, else before their first station."""
    line, moves = packing
    control = Control(line, moves, until_s=60.0)
    assert control.begins_at("loader") == ""
    with World() as world:
        plant = Plant(world, line, moves, control)
        assert plant.bodies["loader"].state()[0] == pytest.approx(np.array(line.arms["loader"].model.home), abs=1e-9)
        times, station = moves.arms["picker"], control.begins_at("picker")
        assert times.approach is not None
        before = times.approach[times.stations.index(station)]
        assert plant.bodies["picker"].state()[0] == pytest.approx(before, abs=1e-9)


def test_an_arm_begins_where_it_parks_out_of_the_others_way(packing: tuple[Line, Moves]) -> None:
    """Its ways home end there, not at its model's home."""
    line, moves = packing
    loader = moves.arms["loader"]
    home = np.array(line.arms["loader"].model.home)
    parked = home + np.array([0.5, *np.zeros(len(home) - 1)])
    way = JointPath(np.array([0.0, 1.0]), np.array([home, parked]))
    turned = replace(loader, homing=dict.fromkeys(range(len(loader.stations)), way))
    elsewhere = replace(moves, arms={**moves.arms, "loader": turned})
    with World() as world:
        plant = Plant(world, line, elsewhere, Control(line, elsewhere, until_s=60.0))
        assert plant.bodies["loader"].state()[0] == pytest.approx(parked, abs=1e-9)


def test_vehicles_begin_at_docks_of_their_own(shop: tuple[Line, Moves]) -> None:
    line, moves = shop
    with World() as world:
        plant = Plant(world, line, moves, Control(line, moves, until_s=60.0))
        assert len({cart.row for cart in plant.carts.values()}) == 2
        times = moves.fleets["carts"]
        for cart in plant.carts.values():
            assert cart.place == pytest.approx(times.docks[cart.row])


def test_nothing_is_dropped_on_the_packing_line(packing: tuple[Line, Moves]) -> None:
    line, moves = packing
    run, _ = roll_out(line, moves, until_s=30.0)
    assert run.incidents == ()
    assert {gap.kind for gap in run.moves} >= {"empty", "loaded", "pick", "place", "belt transit"}


def test_doors_close_behind_what_vehicles_brought(shop: tuple[Line, Moves]) -> None:
    line, moves = shop
    run, _ = roll_out(line, moves, until_s=60.0)
    assert run.incidents == ()
    closed = [gap for gap in run.moves if gap.kind == "close"]
    assert closed
    for gap in closed:
        assert gap.physical_s.mean == pytest.approx(gap.assumed_s, abs=0.02)


def made_up(folder: Path, text: str) -> tuple[Line, Moves]:
    head = "name: mini\ntime: {horizon: 1 h, warmup: 0 s, replications: 2, seed: 3}\n"
    path = folder / "line.yaml"
    path.write_text(f"{head}floor: {{boundary: [[0, 0], [14, 0], [14, 10], [0, 10]]}}\n{text}")
    line = realise(load_scenario(path), Layout({}))
    return line, motion.plan(line)


ARM = """products: {p: {model: part_bracket, mass: 1.8 kg, route: [a, b]}, q: {model: part_flange, route: [b]}}
machines:
  i: {model: dock_in, source: {arrivals: {exponential: 12 s}}, place: {x: 3.5, y: 5, yaw: 90}}
  a: {model: assembly_station, operations: {a: {exponential: 8 s}}, quality: {a: {scrap: 20 %}}, buffer: {in: 1},
      place: {x: 5, y: 6.6}}
  b: {model: vision_station, operations: {b: 5 s}, quality: {b: {rework: {share: 30 %, to: b}}},
      failures: {f: {between: {exponential: 60 s}, repair: {exponential: 10 s}}}, buffer: {in: 1, out: 1},
      place: {x: 5, y: 3.4, yaw: 180}}
  o: {model: dock_out, sink: true, place: {x: 6.5, y: 5, yaw: 270}}
transport:
  r: {kind: robot, RAILmodel: arm_16kg_r2010, speed: 60 %, serves: [i, a, b, o], place: {x: 5, y: 5}}
"""

JOINED = """products:
  p: {model: part_bracket, mass: 1.8 kg, route: [a], components: {a: {q: 1}}, source: i}
  q: {model: part_flange, route: [], source: j}
machines:
  i: {model: dock_in, source: saturated, place: {x: 3.4, y: 5.7, yaw: 90}}
  j: {model: dock_in, source: saturated, place: {x: 3.4, y: 4.3, yaw: 90}}
  a: {model: assembly_station, operations: {a: 8 s}, inlets: {q: 3}, buffer: {in: 1}, place: {x: 5, y: 6.6}}
  o: {model: dock_out, sink: true, place: {x: 6.6, y: 5, yaw: 270}}
transport:
  r: {kind: robot, model: arm_16kg_r2010, speed: 60 %, serves: [i, j, a, o], place: {x: 5, y: 5}}
"""

CARRIER = """products:
  p: {model: part_bracket, mass: 1.8 kg, route: [load, unload], components: {load: {f: 1}},
      releases: {unload: {f: 1}}, source: i}
  f: {model: part_flange, circulates: 2, route: []}
machines:
  i: {model: dock_in, source: saturated, place: {x: 3.4, y: 5, yaw: 90}}
  a: {model: assembly_station, operations: {load: 5 s}, inlets: {f: 2}, buffer: {in: 1, out: 1}, place: {x: 5, y: 6.6}}
  b: {model: assembly_station, operations: {unload: 5 s}, buffer: {in: 1, out: 2}, place: {x: 5, y: 3.4, yaw: 180}}
  o: {model: dock_out, sink: true, place: {x: 6.6, y: 5, yaw: 270}}
transport:
  r: {kind: robot, model: arm_16kg_r2010, speed: 60 %, serves: [i, a, b, o], place: {x: 5, y: 5}}
"""

LINKS = """products: {p: {model: part_bracket, route: [a, b]}}
machines:
  i: {model: dock_in, source: {arrivals: {exponential: 10 s}}, place: {x: 1, y: 5, yaw: 90}}
  a: {model: packing_station, operations: {a: {exponential: 8 s}}, quality: {a: {scrap: 20 %}}, buffer: {in: 2, out: 2},
      place: {x: 4, y: 5}}
  b: {model: packing_station, operations: {b: 6 s}, quality: {b: {rework: {share: 30 %, to: a}}},
      failures: {f: {between: {exponential: 60 s}, repair: {exponential: 10 s}}}, buffer: {in: 2}, place: {x: 7, y: 5}}
  o: {model: dock_out, sink: true, place: {x: 10, y: 5, yaw: 270}}
transport:
  t: {kind: direct, from: i, to: a, time: 3 s}
  u: {kind: direct, from: a, to: b, time: 5 s}
  v: {kind: direct, from: b, to: a}
  w: {kind: direct, from: b, to: o}
"""

BELTS = """products: {p: {model: part_box, route: [s, w]}}
machines:
  i: {model: dock_in, place: {x: 1.2, y: 5, yaw: 90},
      source: {schedule: [{at: 1 s, product: p}, {at: 1 s, product: p}, {at: 30 s, product: p}]}}
  k: {model: conveyor_belt, place: {x: 4, y: 5}}
  s: {model: case_sealer, operations: {s: 3 s}, place: {x: 7, y: 5}}
  w: {model: check_weigher, operations: {w: 2 s}, buffer: {in: 1}, place: {x: 9.5, y: 5}}
  o: {model: dock_out, sink: true, place: {x: 12.6, y: 5, yaw: 270}}
transport:
  b1: {kind: conveyor, from: i, to: k, pitch: 450 mm}
  b2: {kind: conveyor, from: k, to: s, pitch: 450 mm}
  l: {kind: direct, from: s, to: w, time: 2 s}
  m: {kind: direct, from: w, to: o}
"""


@pytest.mark.parametrize(
    ("text", "until_s", "late_s"),
    [
        pytest.param(LINKS, 120.0, (0.0, 0.0), id="links, arrivals, scrap, rework, failures"),
        pytest.param(ARM.replace("RAIL", ""), 110.0, (-0.1, 0.1), id="an arm from source to sink"),
        pytest.param(ARM.replace("RAIL", "rail: {length: 2 m}, "), 110.0, (-0.1, 0.1), id="an arm on a rail"),
        pytest.param(JOINED, 60.0, (-0.1, 0.1), id="assembly"),
        pytest.param(CARRIER, 90.0, (-0.1, 0.1), id="carriers come back"),
        # 2 m more at 0.3 m/s through the conveyor that passes parts on
        pytest.param(BELTS, 60.0, (6.0, 7.5), id="a belt through a station into a machine, a schedule"),
    ],
)
def test_parts_leave_when_the_flow_simulation_says(
    tmp_path: Path, text: str, until_s: float, late_s: tuple[float, float]
) -> None:
    line, moves = made_up(tmp_path, text)
    run, _ = roll_out(line, moves, until_s=until_s)
    assert run.incidents == ()
    left = [part for part in run.departures if part.flow_s < until_s - 10.0]
    assert left
    for part in left:
        assert late_s[0] - 1e-9 <= part.physical_s - part.flow_s <= late_s[1] + 1e-9
    for states in run.flow.resources.values():
        assert sum(states.values()) == pytest.approx(1.0)


class Restless:
    """Never at rest, and does nothing."""

    busy = True

    def before_step(self, now_s: float) -> None:
        pass

    def after_step(self, now_s: float) -> None:
        pass


class EveryStep(Plant):
    """Makes every step of the engine, also where nothing moves."""

    def __init__(self, world: World, line: Line, moves: Moves, control: Control) -> None:
        super().__init__(world, line, moves, control)
        restless: Actor = Restless()
        self._actors.append(restless)


class Loose(Conveyor):
    """Lets the engine hold up the parts of its queue."""

    def __init__(self, world: World, way: Course) -> None:
        super().__init__(world, way, rests=False)


def test_what_saves_time_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Skipped steps where nothing moves, and parts held still in queues."""
    line, moves = made_up(tmp_path, BELTS)
    saving, _ = roll_out(line, moves, until_s=60.0)
    monkeypatch.setattr("layout.rollout.run.Plant", EveryStep)
    monkeypatch.setattr("layout.rollout.plant.Conveyor", Loose)
    whole, _ = roll_out(line, moves, until_s=60.0)
    assert whole.steps == pytest.approx(60.0 * 240, abs=1)
    assert saving.steps < 0.6 * whole.steps
    assert len(saving.departures) == 3
    for a, b in zip(saving.departures, whole.departures, strict=True):
        assert a.physical_s == pytest.approx(b.physical_s, abs=1 / 240 + 1e-9)
    assert saving.incidents == whole.incidents == ()


def fingerprint(folder: Path) -> str:
    """Of all that a run of the flagship cell comes to, and of its recording."""
    line, moves = shipped("machining_cell")
    run, recording = roll_out(line, moves, until_s=30.0, record=True)
    assert recording is not None
    write_recording(recording, folder / "line.rec")
    figures = repr((run.until_s, run.steps, run.departures, run.moves, run.incidents, run.flow.resources))
    return hashlib.sha256(figures.encode() + (folder / "line.rec").read_bytes()).hexdigest()


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    """Twice in this process, and in another one, which finds none of the arms' paths in its cache."""
    code = f"""
import importlib.util, pathlib
spec = importlib.util.spec_from_file_location("lines", {__file__!r})
lines = importlib.util.module_from_spec(spec)
spec.loader.exec_module(lines)
print(lines.fingerprint(pathlib.Path({str(tmp_path)!r})))
"""
    cold = os.environ | {cache.FOLDER: str(tmp_path / "no paths yet")}
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=cold)
    other = found.stdout.strip()
    assert [fingerprint(tmp_path), fingerprint(tmp_path)] == [other, other]


def test_bodies_are_used_again(tmp_path: Path) -> None:
    """A long run has no more bodies than a short one."""
    line, moves = made_up(tmp_path, LINKS.replace("quality: {b: {rework: {share: 30 %, to: a}}},", ""))
    made = []
    for until_s in (300.0, 3000.0):
        with World() as world:
            plant = Plant(world, line, moves, Control(line, moves, until_s=until_s))
            while plant.now_s < until_s - 0.01:
                plant.step(until_s)
            made.append(world.parts.made)
            alive = len(plant.stands.numbers("a")) + len(plant.stands.numbers("b")) + len(plant.stands.numbers("i"))
            assert alive <= world.parts.made
            assert len(plant.control.departures()) > until_s / 40
    assert made[1] <= 2 * made[0]
