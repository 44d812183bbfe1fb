"""Parts on a table that runs into the machine: they go along, come back to where they stood, and hinder nobody."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from layout.files.assets import load_model
from layout.model.library import MachineModel
from layout.model.physical import Incident
from layout.model.pose import matrix
from layout.rollout.doors import DoorActor
from layout.rollout.stands import Stands
from layout.scene.physics.axes import AxesBody
from layout.scene.physics.world import World


class Bench:
    """A library machine with a part on its port for arms."""

    def __init__(self, scene: ModuleType, folder: Path, world: World, model: str) -> None:
        machine = load_model(model)
        assert isinstance(machine, MachineModel)
        self.line = scene.line(
            scene.station("it", machine, 4.0, 5.0, np.pi / 2), products={"block": scene.part(folder)}
        )
        self.world, self.incidents = world, list[Incident]()
        world.build(self.line)
        self.stands = Stands(self.line, world)
        station = self.line.stations["it"]
        self.door = DoorActor(
            station, AxesBody(world, station), world, self.incidents.append, stands=lambda: self.stands.at_hand("it")
        )
        self.stands.make(1, "block", "it")
        self.part = self.stands.present(1, "in", "arm")

    def go(self, program: str) -> None:
        self.door.go(program, self.world.now_s)  # type: ignore[arg-type]
        while self.door.busy:
            self.door.before_step(self.world.now_s)
            self.world.step()
            self.door.after_step(self.world.now_s)


def test_a_part_runs_in_with_its_table_and_out_again(scene: ModuleType, tmp_path: Path) -> None:
    with World() as world:
        bench = Bench(scene, tmp_path, world, "hydraulic_press")
        assert bench.door.table is not None
        home = bench.part.pose()
        for _ in range(2):
            bench.go("work")
            # the table's stroke is 480 mm, towards the machine's back: world -x where it faces +x
            moved = np.subtract(bench.part.pose()[0], home[0])
            assert moved == pytest.approx([-0.48, 0.0, 0.0], abs=2e-3)
            assert bench.part.state == "led"
            bench.go("load")
            assert np.hstack(bench.part.pose()) == pytest.approx(np.hstack(home)) and bench.part.state == "clamped"
        assert bench.incidents == []


def test_what_is_taken_away_meanwhile_stays_away(scene: ModuleType, tmp_path: Path) -> None:
    with World() as world:
        bench = Bench(scene, tmp_path, world, "hydraulic_press")
        bench.go("work")
        bench.stands.remove(1)  # scrapped in there
        bench.go("load")
        assert bench.part.state == "stored" and bench.stands.at_hand("it") is None


def test_a_part_behind_a_door_stays_where_it_stands(scene: ModuleType, tmp_path: Path) -> None:
    with World() as world:
        bench = Bench(scene, tmp_path, world, "cnc_mill")
        home = bench.part.pose()
        assert bench.door.table is None
        bench.go("work")
        assert bench.part.pose() == home and bench.part.state == "clamped"


def test_a_matrix_is_what_its_quaternion_says() -> None:
    half = np.sin(np.pi / 4)
    turned = matrix((1.0, 2.0, 3.0), (0.0, 0.0, half, half))
    assert turned @ [1.0, 0.0, 0.0, 1.0] == pytest.approx([1.0, 3.0, 3.0, 1.0])
