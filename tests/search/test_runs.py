"""Same seed, same answer: on any number of workers, after a kill, after Ctrl-C, after a torn line."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import optuna
import pytest
from typer.testing import CliRunner

import layout
from layout import flow
from layout.cli.main import app
from layout.errors import SearchError
from layout.files.event_log import read_table, span_of
from layout.files.layouts import load_layout
from layout.files.runs import COLUMNS, RunFolder
from layout.files.scenario import load_scenario
from layout.model.realise import realise
from layout.model.scenario import Scenario
from layout.pipeline import Evaluator
from layout.search.final import fresh_streams
from tests.search.conftest import cell_text, write

EVALUATIONS = 26
SAME = ("trials.csv", "results.json", "best.yaml", "best_hour.csv", "start.yaml", "run.json", "journal.log")
SOURCE = Path(layout.__file__).parents[1]


def content(run: Path, without: tuple[str, ...] = ()) -> dict[str, bytes]:
    return {name: (run / name).read_bytes() for name in SAME if name not in without}


@pytest.fixture(scope="module")
def whole(cell: Scenario, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nothing disturbed."""
    run = tmp_path_factory.mktemp("whole") / "run"
    layout.optimize(cell, evaluations=EVALUATIONS, seed=5, workers=2, out=run, prove_s=0.0)
    return run


@pytest.fixture
def copy(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "run"))


@pytest.mark.parametrize("workers", [1, 3])
def test_any_number_of_workers_ends_the_same(cell: Scenario, whole: Path, tmp_path: Path, workers: int) -> None:
    layout.optimize(cell, evaluations=EVALUATIONS, seed=5, workers=workers, out=tmp_path / "run", prove_s=0.0)
    # the journal names the process that wrote it
    assert content(tmp_path / "run", ("journal.log",)) == content(whole, ("journal.log",))


def test_another_seed_ends_otherwise(cell: Scenario, whole: Path, tmp_path: Path) -> None:
    layout.optimize(cell, evaluations=4, seed=6, out=tmp_path / "run", prove_s=0.0)
    told = (tmp_path / "run" / "trials.csv").read_text().splitlines()
    assert told[:2] == (whole / "trials.csv").read_text().splitlines()[:2]  # the start
    assert told[2] != (whole / "trials.csv").read_text().splitlines()[2]


def test_trials_are_those_of_the_journal(cell: Scenario, whole: Path) -> None:
    with (whole / "trials.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [*COLUMNS, *(v.name for v in cell.variables)]
    told = optuna.load_study(
        study_name="layout",
        storage=optuna.storages.JournalStorage(
            optuna.storages.journal.JournalFileBackend(str(whole / "journal.log")),
        ),
    ).get_trials()
    assert len(rows) == len(told) == EVALUATIONS
    for row, trial in zip(rows, told, strict=True):
        known = {"number": trial.number, "value": trial.value, **trial.user_attrs, **trial.params}
        assert row == {name: "" if known.get(name) is None else str(known[name]) for name in row}
        assert row["mill 2.x"] == "" or trial.params["mill.count"] == 2


def test_an_hour_of_the_best_layout_is_kept(cell: Scenario, whole: Path) -> None:
    """The hour after the warm-up, of the first of the runs that gave its figures: as many parts leave in it."""
    hour = json.loads((whole / "run.json").read_text())["shown_hour"]
    events = read_table(whole / "best_hour.csv")
    start_s, end_s = span_of(hour, cell.spec.time.horizon_s)
    assert all(start_s < event.end_s and event.start_s < event.end_s <= end_s for event in events)
    resources = json.loads((whole / "results.json").read_text())["best"]["resources"]
    assert {event.resource for event in events} <= set(resources)
    best = load_layout(whole / "best.yaml", cell)
    with Evaluator(cell) as evaluator:
        evaluation = evaluator(best, seed=fresh_streams(cell, 5)[0], replications=2)
    assert evaluation.moves is not None
    again = flow.trace(realise(cell, best), evaluation.moves, seed=fresh_streams(cell, 5)[0], until_s=end_s)
    assert [(e.resource, e.state, e.part) for e in again if e.end_s > start_s] == [
        (e.resource, e.state, e.part) for e in events
    ]


def test_a_cycle_may_be_chosen(tmp_path: Path) -> None:
    """Candidates that go round in their cycle are drawn and simulated as such."""
    given = cell_text().replace(
        "[first_come, nearest, pull]}", "[cycle, pull]}\n    cycle: [outfeed, washer, mill, dock]"
    )
    chosen = load_scenario(write(tmp_path, given.replace("dispatch: pull}", "dispatch: cycle}")))
    layout.optimize(chosen, evaluations=12, seed=5, out=tmp_path / "run", prove_s=0.0)
    with (tmp_path / "run" / "trials.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["tender.dispatch"] for row in rows} == {"cycle", "pull"}
    assert rows[0]["tender.dispatch"] == "cycle" and float(rows[0]["throughput_per_h"]) > 0
    start = load_layout(tmp_path / "run" / "start.yaml", chosen)
    assert realise(chosen, start).arms["tender"].cycle == ("outfeed", "washer", "mill 1", "dock")


def disturbed(scenario: Path, run: Path, signal_: signal.Signals, after: int) -> subprocess.CompletedProcess[str]:
    """`layout optimize` in a session of its own, sent a signal once so many candidates were told."""
    command = [sys.executable, "-c", "from layout.cli.main import run; run()", "optimize", str(scenario)]
    command += ["--evaluations", str(EVALUATIONS), "--seed", "5", "--workers", "2", "--prove", "off", "--out", str(run)]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
    )
    while process.poll() is None and lines(run / "trials.csv") < 1 + after:
        time.sleep(0.005)
    workers = children(process.pid)
    if signal_ == signal.SIGKILL:
        process.kill()
    else:
        os.killpg(process.pid, signal_)  # a terminal sends Ctrl-C to everyone in the foreground
    out, err = process.communicate()  # returns when the last worker has let go of its ends of the pipes
    for _ in range(1000):
        if not any(alive(pid) for pid in workers):
            break
        time.sleep(0.02)
    else:
        pytest.fail("processes are left over")
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in found.read_text().split()] if found.exists() else []


def alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    try:
        return status.read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_killed_and_resumed_is_as_if_nothing_had_been(cell: Scenario, whole: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    killed = disturbed(cell.path, run, signal.SIGKILL, after=12)
    assert killed.returncode == -signal.SIGKILL
    assert 12 <= lines(run / "trials.csv") - 1 < EVALUATIONS
    assert not (run / "results.json").exists()
    layout.optimize(cell, evaluations=EVALUATIONS, seed=5, workers=1, out=run, resume=True, prove_s=0.0)
    assert content(run, ("journal.log",)) == content(whole, ("journal.log",))


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("after", [0, 9])
def test_ctrl_c_says_how_to_go_on(
    cell: Scenario, whole: Path, tmp_path: Path, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    stopped = disturbed(cell.path, run, signal.SIGINT, after)
    assert stopped.returncode == 130
    assert stopped.stderr == ""
    assert f"layout optimize --resume {run}" in stopped.stdout.replace("\n", "")
    told = (run / "trials.csv").read_text().splitlines()
    assert told == (whole / "trials.csv").read_text().splitlines()[: len(told)]
    assert len(told) >= 1 + after
    if not after:
        return
    monkeypatch.setattr("layout.report.pictures.write_pictures", lambda run: None)
    resumed = CliRunner().invoke(app, ["optimize", "--resume", str(run), "--workers", "2"])
    assert resumed.exit_code == 0, resumed.output
    assert content(run, ("journal.log",)) == content(whole, ("journal.log",))


def test_a_torn_line_and_a_lock_left_behind_cost_one_candidate(cell: Scenario, whole: Path, copy: Path) -> None:
    journal = (copy / "journal.log").read_bytes()
    (copy / "journal.log").write_bytes(journal[:-25])
    (copy / "journal.log.lock").symlink_to(copy / "journal.log")
    told = (copy / "trials.csv").read_text().splitlines(keepends=True)
    (copy / "trials.csv").write_text("".join(told[:-3]) + told[-3][:8])
    layout.optimize(cell, evaluations=EVALUATIONS, seed=5, workers=1, out=copy, resume=True, prove_s=0.0)
    assert content(copy, ("journal.log",)) == content(whole, ("journal.log",))


def test_resuming_a_finished_run_changes_nothing(cell: Scenario, whole: Path, copy: Path) -> None:
    layout.optimize(cell, evaluations=EVALUATIONS, seed=5, workers=1, out=copy, resume=True, prove_s=0.0)
    assert content(copy) == content(whole)


def test_a_finished_run_can_go_on_further(cell: Scenario, whole: Path, tmp_path: Path) -> None:
    for evaluations, resume in ((11, False), (EVALUATIONS, True)):
        layout.optimize(cell, evaluations=evaluations, seed=5, out=tmp_path / "run", resume=resume, prove_s=0.0)
    assert content(tmp_path / "run", ("journal.log",)) == content(whole, ("journal.log",))


def test_resume_takes_the_run_folders_scenario(copy: Path) -> None:
    scenario = RunFolder(copy).scenario()
    assert scenario.digest == json.loads((copy / "run.json").read_text())["digest"]


def test_another_seed_is_refused(cell: Scenario, copy: Path) -> None:
    before = content(copy)
    with pytest.raises(SearchError, match=r"another seed.*got 9.*it was 5"):
        layout.optimize(cell, evaluations=EVALUATIONS, seed=9, out=copy, resume=True, prove_s=0.0)
    assert content(copy) == before


def test_another_scenario_is_refused(copy: Path, tmp_path: Path) -> None:
    other = load_scenario(write(tmp_path, cell_text().replace("95 s", "96 s")))
    with pytest.raises(SearchError, match="another scenario"):
        layout.optimize(other, evaluations=EVALUATIONS, seed=5, out=copy, resume=True, prove_s=0.0)


def test_a_folder_that_is_no_run_is_refused(cell: Scenario, tmp_path: Path) -> None:
    with pytest.raises(SearchError, match="not a run folder"):
        layout.optimize(cell, evaluations=4, out=tmp_path, resume=True, prove_s=0.0)


def test_a_folder_with_something_in_it_is_refused(cell: Scenario, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(SearchError, match="something in the run folder already"):
        layout.optimize(cell, evaluations=4, out=tmp_path, prove_s=0.0)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_nothing_to_search_is_said(cell: Scenario, tmp_path: Path) -> None:
    text = cell_text().split("start:")[0].replace("{choose: [1, 2]}", "1")
    for free, fixed in (("[1, 9]", "3.6"), ("[1, 7]", "2"), ("[0, 90, 180, 270]", "180"), ("[2, 8]", "3.6"),
                        ("[2, 6]", "4"), ("{choose: [first_come, nearest, pull]}", "pull")):  # fmt: skip
        text = text.replace(free, fixed)
    scenario = load_scenario(write(tmp_path, text))
    with pytest.raises(SearchError, match="no design variables"):
        layout.optimize(scenario, evaluations=4, prove_s=0.0)
