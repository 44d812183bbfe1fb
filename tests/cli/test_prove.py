"""layout evaluate --fidelity physics, and layout prove: the whole way from a file to a proof."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from layout.cli.main import app
from layout.files.recording import read_recording
from tests.tiny import write_line

CELL = Path(__file__).parents[2] / "experiments" / "machining_cell.yaml"


def run(*words: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, list(words))
    return result.exit_code, result.stdout, result.stderr


def test_a_layout_is_proved_and_recorded(tmp_path: Path) -> None:
    film = tmp_path / "cell.rec"
    code, out, err = run("evaluate", str(CELL), "--fidelity", "physics", "--window", "200 s", "--json",
                         "--recording", str(film), "--replications", "2")  # fmt: skip
    assert code == 0, err
    proof = json.loads(out)["proof"]
    assert proof["proved"]
    assert proof["incidents"] == []
    assert proof["gap"]["mean"] == pytest.approx(0.0, abs=0.02)
    assert proof["parts"] == [2]
    transits = [move for move in proof["moves"] if move["kind"] == "belt transit"]
    assert all(not move["close"] and move["learnt_close"] for move in transits)
    assert read_recording(film).end_s == pytest.approx(200.0, abs=0.1)


def test_a_window_in_which_nothing_leaves_proves_nothing() -> None:
    code, out, _ = run("evaluate", str(CELL), "--fidelity", "physics", "--window", "20 s", "--replications", "2")
    assert code == 1
    assert "ask for longer" in " ".join(out.split())


def test_a_search_and_prove_write_what_the_report_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, blank_charts: None
) -> None:
    monkeypatch.setattr("layout.report.pictures.write_pictures", lambda run: None)
    folder = tmp_path / "run"
    code, out, err = run("optimize", str(write_line(tmp_path)), "--evaluations", "2", "--workers", "1",
                         "--prove", "20 s", "--out", str(folder))  # fmt: skip
    assert code == 0, out + err
    first = json.loads((folder / "proof.json").read_text())
    assert first["layout"] == json.loads((folder / "results.json").read_text())["best"]["layout"]
    (window_s,) = first["windows_s"]  # until three parts have left, at most three times what was asked for
    assert 20.0 <= window_s <= 60.0 and first["parts"][0] >= 3 and not first["held_out"]
    assert read_recording(folder / "best.rec").end_s == pytest.approx(window_s, abs=0.04)
    page = (folder / "report.html").read_text()
    assert f"Proved over {window_s:.3g} s as rigid bodies" in page and 'id="replay-plan"' in page
    assert "One window has no interval" in page

    code, out, err = run("prove", str(folder), "--window", "25 s", "--workers", "1", "--json")
    assert code == 0, out + err
    proof = json.loads((folder / "proof.json").read_text())
    assert proof == json.loads(out) and proof["held_out"] and len(proof["windows_s"]) == 2
    page = (folder / "report.html").read_text()
    assert "Proved over 2 windows of 25 s" in page and "learnt from window 1, judged on the others" in page
    assert {path.name for path in folder.iterdir() if path.name.startswith(".")} == set()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["evaluate", str(CELL), "--window", "10 min"], "--fidelity physics"),
        (["evaluate", str(CELL), "--fidelity", "physics", "--window", "soon"], "soon"),
        (["prove", str(CELL)], "is no run folder"),
    ],
)
def test_what_cannot_be_asked_is_said(words: list[str], said: str) -> None:
    code, out, err = run(*words)
    assert code == 2
    assert said in " ".join((out + err).split())
