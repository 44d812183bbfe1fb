"""A line that stands still among bodies is refused, even if nothing else has gone wrong."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from layout import motion
from layout.files.scenario import load_scenario
from layout.model.line import Layout, Line
from layout.model.realise import realise
from layout.rollout.conveyors import BeltNews, Conveyor
from layout.rollout.plant import Plant
from layout.rollout.prove import judge
from layout.rollout.run import roll_out
from layout.rollout.stalls import drain_s

LINE = """
name: mini
time: {horizon: 1 h, warmup: 0 s, replications: 2, seed: 3}
floor: {boundary: [[0, 0], [8, 0], [8, 4], [0, 4]]}
products: {box: {model: part_box, route: [pack]}}
machines:
  dock: {model: dock_in, source: saturated, place: {x: 1.65, y: 2, yaw: 90}}
  packer: {model: packing_station, operations: {pack: 2 s}, sink: true, place: {x: 4.5, y: 2, yaw: 0}}
transport:
  belt: {kind: conveyor, from: dock, to: packer, speed: 0.5 m/s}
"""


@pytest.fixture
def line(tmp_path: Path) -> Line:
    (tmp_path / "line.yaml").write_text(LINE)
    return realise(load_scenario(tmp_path / "line.yaml"), Layout({}))


@pytest.mark.parametrize(("until_s", "stands"), [(30.0, False), (60.0, True)])
def test_a_belt_that_never_says_it_is_clear(
    line: Line, monkeypatch: pytest.MonkeyPatch, until_s: float, stands: bool
) -> None:
    """From 8 s on no part follows: those on the way still leave, and after that none does."""
    usual = Plant._hear

    def hear(plant: Plant, belt: Conveyor, news: Iterable[BeltNews]) -> None:
        usual(plant, belt, [item for item in news if item.kind != "clear" or item.time_s < 8.0])

    monkeypatch.setattr(Plant, "_hear", hear)
    moves = motion.plan(line)
    run, _ = roll_out(line, moves, until_s=until_s)
    assert [incident.kind for incident in run.incidents] == (["stalled"] if stands else [])
    proof = judge(line, moves, (run,), 3, until_s)
    assert proof.proved is not stands
    if stands:
        (incident,) = run.incidents
        last_s = max(left.physical_s for left in run.departures if left.physical_s == left.physical_s)
        owed = [left for left in run.departures if last_s < left.flow_s <= until_s - drain_s(line)]
        assert incident.time_s == last_s and incident.amount == len(owed) >= incident.limit
        assert incident.what == f"no box reached packer any more ({len(owed)} parts, limit 5 parts)"
        assert "no box reached packer" in proof.reasons[0]


def test_a_line_that_runs_is_not_stalled(line: Line) -> None:
    run, _ = roll_out(line, motion.plan(line), until_s=40.0)
    assert run.incidents == ()
