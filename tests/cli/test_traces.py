"""`layout evaluate --trace --gantt`: the files it writes, and what it refuses before it simulates."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from layout.cli.main import app
from tests.files import library

run = CliRunner()
LINE = """name: two machines
time: {horizon: 150 min, warmup: 10 min, replications: 2, seed: 5}
floor: {boundary: [[0, 0], [12, 0], [12, 6], [0, 6]]}
products: {job: {model: lib/block, route: [first, second]}}
machines:
  raw: {model: lib/dock, source: saturated, place: {x: 1.5, y: 3}}
  a: {model: lib/press, operations: {first: {exponential: 20 s}}, place: {x: 4, y: 3}}
  b: {model: lib/press, operations: {second: {exponential: 20 s}}, buffer: {in: 5}, place: {x: 7, y: 3}}
  good: {model: lib/bin, sink: true, place: {x: 10, y: 3}}
transport:
  one: {kind: direct, from: raw, to: a, time: 1 s}
  two: {kind: direct, from: a, to: b, time: 1 s}
  three: {kind: direct, from: b, to: good, time: 1 s}
"""


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("line")
    library.build(folder / "lib")
    (folder / "line.yaml").write_text(LINE)
    return folder / "line.yaml"


def test_the_log_is_the_first_replication(line: Path, tmp_path: Path) -> None:
    result = run.invoke(app, ["evaluate", str(line), "--json", "--seed", "8", "--trace", "log"])
    assert result.exit_code == 0
    assert result.stderr.split() == ["log.csv", "log.json"]
    assert json.loads(result.stdout)["moves"]
    with (tmp_path / "log.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    arrived = sum(1 for row in rows if row["resource"] == "three" and 600 < float(row["end_s"]) < 9000)
    from layout.files.scenario import load_scenario
    from layout.pipeline import Evaluator

    with Evaluator(load_scenario(line)) as evaluator:
        flow = evaluator(seed=8, replications=2).flow
    assert flow is not None
    assert arrived / 8400 * 3600 == pytest.approx(flow.samples_per_h[0], abs=0.5)
    log = json.loads((tmp_path / "log.json").read_text())
    assert len(log["events"]) == len(rows)
    assert {"first", "second"} < {kind["name"] for kind in log["eventTypes"]}


def test_the_chart_shows_the_hour_asked_for(line: Path, tmp_path: Path) -> None:
    result = run.invoke(app, ["evaluate", str(line), "--gantt", "hour.svg", "--hour", "3"])
    assert result.exit_code == 0
    assert result.stdout.rstrip().endswith("hour.svg")
    text = (tmp_path / "hour.svg").read_text()
    assert "2:10" in text and "2:30" in text and "1:50" not in text
    run.invoke(app, ["evaluate", str(line), "--gantt", "usual.svg"])
    usual = (tmp_path / "usual.svg").read_text()
    assert "1:00" in usual and "2:00" in usual and "0:50" not in usual and "2:10" not in usual


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--trace", "log.xes"], "another suffix"),
        (["--trace", "no/log.csv"], "the folder is not there"),
        (["--gantt", "chart.gif"], "a chart is a PNG or an SVG file"),
        (["--gantt", "no/chart.png"], "the folder is not there"),
        (["--gantt", "chart.png", "--hour", "4"], "the shift has no such hour"),
        (["--hour", "2"], "--hour says which hour a chart shows"),
    ],
)
def test_refused_before_anything_slow(
    line: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], words: str
) -> None:
    def slow(*_: object, **__: object) -> None:
        raise AssertionError("it was evaluated")

    monkeypatch.setattr("layout.pipeline.Evaluator.__call__", slow)
    result = run.invoke(app, ["evaluate", str(line), *options])
    assert result.exit_code == 2
    assert words in " ".join(result.stderr.split())


def test_all_that_is_wrong_is_said_at_once(line: Path) -> None:
    result = run.invoke(app, ["evaluate", str(line), "--trace", "log.xes", "--gantt", "chart.gif", "--hour", "9"])
    said = " ".join(result.stderr.split())
    assert all(words in said for words in ("another suffix", "a chart is a PNG", "no such hour", "choose 1 to 3"))


def test_what_is_not_feasible_has_no_log(line: Path, tmp_path: Path) -> None:
    far = line.with_name("far.yaml")
    far.write_text(LINE.replace("x: 4, y: 3", "x: 7.1, y: 3"))
    result = run.invoke(app, ["evaluate", str(far), "--trace", "log.csv"])
    assert result.exit_code == 1
    assert "not simulated" in result.stderr
    assert not (tmp_path / "log.csv").exists()
