"""The flagship cell among bodies: what the flow simulation assumes comes about, but for what is on the belts."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from layout import motion
from layout.files.recording import Recording
from layout.files.scenario import load_scenario
from layout.model.line import Layout
from layout.model.physical import PhysicalRun
from layout.model.realise import realise
from layout.rollout.run import roll_out

CELL = Path(__file__).parents[2] / "experiments" / "machining_cell.yaml"
UNTIL_S = 150.0


@pytest.fixture(scope="module")
def cell() -> tuple[PhysicalRun, Recording]:
    scenario = load_scenario(CELL)
    line = realise(scenario, Layout(scenario.start or {}))
    run, recording = roll_out(line, motion.plan(line), until_s=UNTIL_S, record=True)
    assert recording is not None
    return run, recording


def test_nothing_goes_wrong_in_the_flagship_cell(cell: tuple[PhysicalRun, Recording]) -> None:
    run, _ = cell
    assert run.incidents == ()
    assert run.until_s == pytest.approx(UNTIL_S, abs=0.01)


def test_arms_and_doors_take_the_planned_time(cell: tuple[PhysicalRun, Recording]) -> None:
    run, _ = cell
    kinds = ("empty", "loaded", "pick", "place", "open", "close")
    for gap in run.moves:
        if gap.kind in kinds:
            assert abs(gap.gap_s) < max(0.03 * gap.assumed_s, 0.01), gap


def test_parts_leave_in_the_same_order_later_by_their_way_in_the_stations(cell: tuple[PhysicalRun, Recording]) -> None:
    run, _ = cell
    late = [d.physical_s - d.flow_s for d in run.departures if not math.isnan(d.physical_s)]
    assert late
    # 0.8 m more at 0.2 m/s in the infeed, 0.75 m more at 0.25 m/s in the outfeed
    assert late == pytest.approx([7.1] * len(late), abs=0.3)


def test_shares_sum_to_one(cell: tuple[PhysicalRun, Recording]) -> None:
    run, _ = cell
    for states in run.flow.resources.values():
        assert sum(states.values()) == pytest.approx(1.0)


def test_the_recording_has_every_thirtieth_of_a_second(cell: tuple[PhysicalRun, Recording]) -> None:
    _, recording = cell
    assert recording.end_s == pytest.approx(UNTIL_S, abs=0.05)
    assert recording.at(100.0).parts
    assert set(recording.at(0.0).arms) == {"tender"}
