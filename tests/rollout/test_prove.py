"""Proofs: what is learnt from the first window is judged on the others, on any number of processes, and only once."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from layout import motion
from layout.files.plain import to_plain
from layout.files.recording import Recording
from layout.files.scenario import load_scenario
from layout.flow.departures import Left
from layout.model.line import Layout, Line
from layout.model.physical import Incident, Proof
from layout.model.realise import realise
from layout.model.results import Moves
from layout.model.scenario import Scenario
from layout.motion import cache
from layout.rollout import prove as proofs
from layout.rollout.learning import learn, relearnt
from layout.rollout.waits import Driving
from tests.tiny import write_line

WINDOW_S = 25.0
HERE = Layout({"dock.x": 1.8})


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    return load_scenario(write_line(tmp_path_factory.mktemp("tiny")))


@pytest.fixture(scope="module")
def proved(tiny: Scenario) -> tuple[Proof, Recording | None]:
    """Two windows, one after the other; kept in the session's cache folder."""
    return proofs.prove(tiny, HERE, until_s=WINDOW_S, windows=2, record=True)


def figures(proof: Proof) -> Any:
    """All of it but the time it took."""
    found = json.loads(json.dumps(to_plain(proof)))
    for window in found["windows"]:
        del window["wall_s"]
    return found


def test_what_the_first_window_teaches_is_judged_on_the_second(
    tiny: Scenario, proved: tuple[Proof, Recording | None]
) -> None:
    proof, recording = proved
    first, second = proof.windows
    assert (first.replication, second.replication) == (0, 1)
    assert first.departures != second.departures
    line = realise(tiny, HERE)
    learnt = learn(line, first.moves)
    assert learnt["belt spacing", "dock_in", "dock_out"] > 0
    assert proof.held_out and proof.learnt_moves == relearnt(line, second.moves, learnt)
    assert (proof.gap.n, proof.learnt_gap.n, proof.flow_per_h.n) == (2, 1, 2)
    assert proof.proved and proof.incidents == ()
    assert recording is not None and recording.end_s == pytest.approx(WINDOW_S, abs=0.04)


def test_one_window_is_judged_on_itself(tiny: Scenario, proved: tuple[Proof, Recording | None]) -> None:
    line = realise(tiny, HERE)
    run = proved[0].windows[0]
    proof = proofs.judge(line, motion.plan(line), (run,), 3, WINDOW_S)
    assert not proof.held_out and proof.moves == run.moves
    assert proof.learnt_moves == relearnt(line, run.moves, learn(line, run.moves))
    for before, after in zip(proof.moves, proof.learnt_moves, strict=True):
        assert abs(after.gap_s) <= abs(before.gap_s)  # one belt between two models: it learns that very gap
    assert proof.learnt_gap.n == 1


def test_vehicles_that_block_one_another_in_a_longer_drive_refuse_it(
    tiny: Scenario, proved: tuple[Proof, Recording | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = Incident(7000.0, "waiting", ("cart 1", "cart 2"), (0.0, 0.0, 0.0), 121.0, "s", "no way", limit=120.0)
    monkeypatch.setattr(proofs, "driving", lambda line, moves: Driving({}, (blocked,)))
    line = realise(tiny, HERE)
    proof = proofs.judge(line, motion.plan(line), proved[0].windows[:1], 3, WINDOW_S)
    assert not proof.proved and proof.incidents == () and proof.driving == (blocked,)
    assert proof.reasons[0].startswith("in hours of driving without bodies, after 7000.0 s")


def test_two_processes_find_the_same(
    tiny: Scenario, proved: tuple[Proof, Recording | None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(cache.FOLDER, str(tmp_path / "another cache"))
    proof, recording = proofs.prove(tiny, HERE, until_s=WINDOW_S, windows=2, workers=2, record=True)
    assert figures(proof) == figures(proved[0])
    assert recording is not None and recording.frames == round(WINDOW_S * 30) + 1


class RunAgainError(Exception):
    """A window was run."""


def test_a_window_is_run_once(
    tiny: Scenario, proved: tuple[Proof, Recording | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*given: Any, **named: Any) -> None:
        raise RunAgainError

    monkeypatch.setattr(proofs, "roll_out", refuse)
    proof, recording = proofs.prove(tiny, HERE, until_s=WINDOW_S, windows=2, record=True)
    assert figures(proof) == figures(proved[0]) and recording is not None
    other: dict[str, Any]
    for other in ({"seed": 4}, {"windows": 3}, {"until_s": WINDOW_S + 1.0}):
        with pytest.raises(RunAgainError):
            proofs.prove(tiny, HERE, **{"until_s": WINDOW_S, "windows": 2, **other})
    with pytest.raises(RunAgainError):
        proofs.prove(tiny, Layout({"dock.x": 1.7}), until_s=WINDOW_S, windows=2)


def test_a_window_lasts_until_ten_parts_and_one_of_each_product_have_left(
    tiny: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = realise(tiny, HERE)

    def found(every_s: float, rare_s: float = math.inf, windows: int = 1) -> float:
        def leave(line: Line, moves: Moves, seed: int, replication: int, until_s: float) -> list[Left]:
            left = [Left((every_s + replication) * (k + 1), "box", k, "dock", k) for k in range(200)]
            left = sorted([*left, Left(rare_s, "rare", 999, "dock", 999)])
            return [part for part in left if part.time_s <= until_s]

        monkeypatch.setattr(proofs, "leaving", leave)
        monkeypatch.setattr(proofs, "MOST_S", 3600.0)
        return proofs.long_enough_s(line, Moves(), 1, windows)

    line = replace(line, time=line.time.model_copy(update={"horizon_s": 8 * 3600.0}))
    assert found(10.0) == proofs.WINDOW_S
    assert found(100.0) == 1020.0  # whole minutes
    assert found(100.0, windows=3) == 1020.0
    assert found(101.0, windows=3) == 1080.0  # the last of the windows
    assert found(10.0, rare_s=1300.0) == 1320.0
    assert found(10.0, rare_s=4000.0) == proofs.WINDOW_S
    assert found(400.0) == proofs.MOST_S
    line = replace(line, time=line.time.model_copy(update={"horizon_s": 900.0}))
    assert found(100.0) == 900.0
