"""What a physical run teaches is learnt by pairs of models, and holds for other stations of the same models."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from layout import motion
from layout.files.scenario import load_scenario
from layout.flow.output.intervals import estimate
from layout.model.line import Layout, Line
from layout.model.physical import MoveGap
from layout.model.realise import realise
from layout.model.results import Moves
from layout.motion import belts
from layout.rollout.learning import learn, learnt_moves, relearnt
from layout.rollout.timing import MoveTable
from layout.rollout.tracks import track

CELL = Path(__file__).parents[2] / "experiments" / "machining_cell.yaml"


@pytest.fixture(scope="module")
def cell() -> tuple[Line, Moves]:
    scenario = load_scenario(CELL)
    line = realise(scenario, Layout(scenario.start or {}))
    return line, motion.plan(line)


def gaps(*rows: tuple[str, str, str, str, float, float]) -> tuple[MoveGap, ...]:
    table = MoveTable()
    for row in rows:
        table.add(*row)
    return table.gaps()


def test_nothing_learnt_changes_nothing(cell: tuple[Line, Moves]) -> None:
    line, moves = cell
    found = learnt_moves(line, moves, {})
    assert np.array_equal(found.arms["tender"].loaded_s, moves.arms["tender"].loaded_s)
    assert found.belts["infeed belt"].transit_s == moves.belts["infeed belt"].transit_s


def test_a_pick_is_learnt_for_all_machines_of_a_model(cell: tuple[Line, Moves]) -> None:
    line, moves = cell
    seen = gaps(("pick", "tender", "mill 1", "mill 1", 3.0, 3.4), ("pick", "tender", "mill 1", "mill 1", 3.0, 3.2))
    found = learnt_moves(line, moves, learn(line, seen)).arms["tender"]
    more = dict(zip(found.stations, found.pick_s - moves.arms["tender"].pick_s, strict=True))
    assert more["mill 1"] == pytest.approx(0.3)
    assert more["mill 2"] == pytest.approx(0.3)
    assert more["lathe"] == 0.0


def test_legs_settle_longer_but_no_leg_appears(cell: tuple[Line, Moves]) -> None:
    line, moves = cell
    found = learnt_moves(line, moves, learn(line, gaps(("loaded", "tender", "infeed", "mill 1", 1.0, 1.05)))).arms[
        "tender"
    ]
    given = moves.arms["tender"].loaded_s
    real = (given > 0) & np.isfinite(given)
    assert found.loaded_s[real] == pytest.approx(given[real] + 0.05)
    assert np.array_equal(found.loaded_s[~real], given[~real])
    assert np.array_equal(found.empty_s, moves.arms["tender"].empty_s)


def test_a_belt_is_so_much_longer_at_any_speed(cell: tuple[Line, Moves]) -> None:
    line, moves = cell
    speed = line.belts["infeed belt"].speed_m_s
    seen = gaps(("belt transit", "infeed belt", "dock", "infeed", 5.0, 5.0 + 0.8 / speed))
    found = learnt_moves(line, moves, learn(line, seen))
    assert found.belts["infeed belt"].transit_s - moves.belts["infeed belt"].transit_s == pytest.approx(0.8 / speed)
    assert found.belts["outfeed belt"].transit_s == moves.belts["outfeed belt"].transit_s


def test_what_corners_save_is_of_the_belt_and_the_rest_of_the_pair(cell: tuple[Line, Moves]) -> None:
    """Learnt on a straight belt, applied to one with corners between the same models, and the other way round."""
    line, moves = cell
    scenario = load_scenario(CELL)
    turned = realise(scenario, Layout({**(scenario.start or {}), "infeed.x": 4.6, "infeed.y": 2.2, "infeed.yaw": 0.0}))
    bent = belts.lay_out(turned.belts["infeed belt"], turned)
    belt, plan = turned.belts["infeed belt"], [(float(x), float(y)) for x, y in bent.path_m]
    corners = len(plan) - 2
    assert corners >= 1
    saved = bent.length_m - track(plan, 0.9, 0.9, belt.width_m).length_m
    assert saved == pytest.approx(corners * 0.375 * belt.width_m * (2 - np.pi / 2))
    straight_s, bent_s = 0.8 / belt.speed_m_s, (0.8 - saved) / belt.speed_m_s
    seen = {
        "straight": (line, gaps(("belt transit", "infeed belt", "dock", "infeed", 5.0, 5.0 + straight_s))),
        "bent": (turned, gaps(("belt transit", "infeed belt", "dock", "infeed", 9.0, 9.0 + bent_s))),
    }
    for on, rows in seen.values():
        learnt = learn(on, rows)
        assert learnt == {("belt transit", "dock_in", "infeed_station"): pytest.approx(0.8)}
        for judged, table in seen.values():
            (gap,) = relearnt(judged, table, learnt)
            assert gap.gap_s == pytest.approx(0.0)
        times = replace(moves, belts={"infeed belt": bent})
        assert learnt_moves(turned, times, learnt).belts["infeed belt"].transit_s == pytest.approx(
            bent.transit_s + bent_s
        )


def test_nothing_takes_less_than_no_time(cell: tuple[Line, Moves]) -> None:
    line, moves = cell
    seen = gaps(("close", "mill 1", "mill 1", "mill 1", 100.0, 0.0), ("empty", "tender", "mill 1", "lathe", 100.0, 0.0))
    found = learnt_moves(line, moves, learn(line, seen))
    assert found.doors["mill 1"].close_s == 0.0
    assert (found.arms["tender"].empty_s >= 0.0).all()


def test_intervals_of_moves_are_those_of_their_samples() -> None:
    seen = [3.4, 3.2, 3.9, 3.25]
    (found,) = gaps(*(("pick", "tender", "lathe", "lathe", 3.0 + k, took) for k, took in enumerate(seen)))
    wanted = estimate(seen, 0.95)
    assert found.assumed_s == pytest.approx(4.5)
    assert found.physical_s.mean == pytest.approx(wanted.mean)
    assert found.physical_s.half_width == pytest.approx(wanted.half_width)
    assert found.physical_s.n == 4
