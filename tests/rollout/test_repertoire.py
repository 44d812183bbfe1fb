"""Elementary moves of a line: told before any body moves, the same that bodies make, and until when to wait for all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from layout import motion
from layout.files.proofs import proof_to_json
from layout.files.scenario import load_scenario
from layout.model.evaluation import Evaluation
from layout.model.line import Layout, Line
from layout.model.realise import realise
from layout.model.results import Moves
from layout.report.proof import missed
from layout.rollout import prove as proofs
from layout.rollout.repertoire import repertoire, unseen
from layout.rollout.run import roll_out
from layout.rollout.waits import Driving
from tests.tiny import write_line

EXPERIMENTS = Path(__file__).parents[2] / "experiments"


def shipped(name: str) -> tuple[Line, Moves]:
    scenario = load_scenario(EXPERIMENTS / f"{name}.yaml")
    line = realise(scenario, Layout(scenario.start or {}))
    return line, motion.plan(line)


@pytest.mark.parametrize(("name", "until_s"), [("machining_cell", 45.0), ("job_shop_amr", 65.0)])
def test_bodies_make_the_moves_that_the_control_tells(name: str, until_s: float) -> None:
    line, moves = shipped(name)
    run, _ = roll_out(line, moves, until_s=until_s)
    fleets = {member: fleet for fleet, one in line.fleets.items() for member in one.members}
    timed = {(gap.kind, fleets.get(gap.resource, gap.resource), gap.origin, gap.target)
             for gap in run.moves if gap.elementary}  # fmt: skip
    told = repertoire(line, moves, seed=None, replication=0, until_s=until_s)
    soon = repertoire(line, moves, seed=None, replication=0, until_s=until_s - 10.0)  # bodies settle, belts go further
    made = {key for key in soon if key[0] != "drive"}  # who has made room there has not driven for it
    assert len(made) >= 2 and made <= timed <= told.keys()
    assert unseen(line, told, [run]) == tuple(sorted(told.keys() - timed))
    assert set(unseen(line, told, [])) == told.keys()
    assert all(0.0 <= time_s <= until_s for time_s in told.values())


def test_a_window_lasts_until_all_moves_were_made_in_one_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    line, moves = shipped("machining_cell")
    first_s = [{"a": 30.0, "b": 700.0}, {"a": 500.0, "b": 640.0, "c": 20.0}]

    def known(*given: Any, replication: int, until_s: float, **named: Any) -> dict[Any, float]:
        return {(key, "", "", ""): time_s for key, time_s in first_s[replication].items() if time_s <= until_s}

    monkeypatch.setattr(proofs, "repertoire", known)
    assert proofs.all_made_s(line, moves, 1, 1) == 720.0  # whole minutes, some seconds to spare
    assert proofs.all_made_s(line, moves, 1, 2) == 660.0
    first_s[0]["rare"] = 2000.0
    assert proofs.all_made_s(line, moves, 1, 1) == 720.0
    first_s[0]["late"] = 1799.0
    assert proofs.all_made_s(line, moves, 1, 1) == proofs.SEEN_S


def test_what_no_window_saw_is_named(tmp_path: Path) -> None:
    scenario = load_scenario(write_line(tmp_path))
    layout = Layout({"dock.x": 1.8})
    line = realise(scenario, layout)
    moves = motion.plan(line)
    run, _ = roll_out(line, moves, until_s=3.0)  # nothing has come to the belt's end yet
    proof = proofs.judge(line, moves, (run,), 3, 3.0, Driving({}))
    assert proof.made == 2 and proof.unseen == (("belt transit", "belt", "dock", "exit"),)
    data = proof_to_json(proof, Evaluation(layout, (), 900.0), scenario)
    said = missed(data)
    assert said == (
        "Of 2 elementary moves in an hour, 1 not timed in these windows: part rides a belt (belt, dock to exit)."
    )
    assert missed(proof_to_json(replace(proof, unseen=()), Evaluation(layout, (), 900.0), scenario)) == ""
