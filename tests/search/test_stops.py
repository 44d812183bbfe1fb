"""When a search ends: by hand-made candidates, and through the front door."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import layout
from layout.cli.main import app
from layout.errors import SearchError
from layout.files.scenario import load_scenario
from layout.model.scenario import Objective, Scenario
from layout.objective import improves
from layout.search.stops import Stops
from tests.search.conftest import write
from tests.search.test_final import ROW

SCALE = {"throughput": 200.0, "floor_area": 100.0}
FAST = Objective(maximize="throughput", tolerance=0.02)
SMALL = Objective(minimize="floor_area", tolerance=0.01)


def of(throughput: float, area: float = 40.0) -> dict[str, float]:
    return {"throughput": throughput, "floor_area": area}


def test_what_counts_as_an_improvement() -> None:
    aims = (FAST, SMALL)
    assert improves(of(103), of(100), aims, SCALE)
    assert not improves(of(101), of(100), aims, SCALE)  # within tolerance of both
    assert improves(of(99, 30), of(100), aims, SCALE)  # as fast, and smaller
    assert not improves(of(97, 1), of(100), aims, SCALE)


def test_patience_counts_from_the_last_improvement() -> None:
    stops = Stops((FAST, SMALL), SCALE, patience=3, timeout_s=None)
    for values in (of(90), None, of(95), of(95.5), None):
        stops.told(values)
        assert stops.why() is None
    stops.told(of(94))
    assert stops.why() == "nothing has improved for 3 evaluations"


def test_small_steps_add_up_to_an_improvement() -> None:
    stops = Stops((FAST,), SCALE, patience=3, timeout_s=None)
    for throughput in (100, 101, 101.5, 102.5, 103, 103.5):
        stops.told(of(throughput))
        assert stops.why() is None


def test_the_ceiling_ends_a_search_that_has_nothing_else_to_win() -> None:
    for aims, ends in (((FAST,), True), ((FAST, SMALL), False), ((SMALL,), False)):
        stops = Stops(aims, {"throughput": 100.0}, None, None)
        stops.told(of(98.1))
        assert (stops.why() is not None) == ends
    stops = Stops((FAST,), {"throughput": 100.0}, None, None)
    stops.told(of(97.9))
    assert stops.why() is None


def test_time_that_is_up() -> None:
    for timeout_s, why in ((1e-9, "the time of 1e-06 ms was up"), (1e9, None)):
        stops = Stops((FAST,), SCALE, None, timeout_s)
        assert stops.why() is None  # there is nothing to say anything of
        stops.told(None)
        assert stops.why() == why


def test_when_time_is_up_the_last_word_is_said(tmp_path: Path) -> None:
    found = layout.optimize(load_scenario(write(tmp_path, ROW)), timeout_s=1e-9, out=tmp_path / "run", prove_s=0.0)
    assert found.stopped.startswith("the time of") and found.evaluations == 1
    assert found.best.flow is not None and found.best.flow.replications >= 30
    assert json.loads((tmp_path / "run" / "run.json").read_text())["stopped"] == found.stopped


def test_a_search_says_why_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two settings to choose from: nothing improves for long. What each stage did is in results.json and the report."""
    monkeypatch.setattr("layout.report.pictures.write_pictures", lambda run: None)
    path, run = write(tmp_path, ROW), tmp_path / "run"
    given = ["optimize", str(path), "--prove", "off", "--patience", "5", "--workers", "1", "--out", str(run)]
    done = CliRunner().invoke(app, given)
    assert done.exit_code == 0, done.output
    assert "nothing has improved for 5 evaluations" in " ".join(done.output.split())
    search = json.loads((run / "results.json").read_text())["search"]
    assert search["stopped"] == "nothing has improved for 5 evaluations"
    assert search["evaluations"] < 20
    assert {s["stage"]: (s["given"], s["passed"]) for s in search["stages"]}["geometry"] == (search["evaluations"],) * 2
    assert set(json.loads((run / "timings.json").read_text())["seconds"]) == {s["stage"] for s in search["stages"]}
    with (run / "trials.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {int(row["replications"]) for row in rows} <= {2, 4, 6} and len(rows) == search["evaluations"]
    page = (run / "report.html").read_text()
    assert "<dt>Design variables</dt><dd>1</dd>" in page
    assert "flow simulation" in page and "nothing has improved for 5 evaluations" in page


def test_no_time_at_all_is_refused(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["optimize", str(write(tmp_path, ROW)), "--timeout", "0 s"])
    assert done.exit_code == 2 and "--timeout" in done.output


def test_no_patience_at_all_is_refused(cell: Scenario) -> None:
    with pytest.raises(SearchError, match="patience must be at least 1"):
        layout.optimize(cell, patience=0, prove_s=0.0)
