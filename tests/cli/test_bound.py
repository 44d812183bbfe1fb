"""layout bound: what it prints and what it gives as data."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from layout.cli.main import app
from tests.files import library

run = CliRunner()

ROW = """name: three sealers
time: {horizon: 2 h, warmup: 10 min, replications: 3, seed: 3}
floor: {boundary: [[0, 0], [12, 0], [12, 6], [0, 6]]}
products:
  box: {model: part_box, route: [fold, fill, seal]}
machines:
  folder: {model: case_sealer, source: saturated, operations: {fold: {exponential: 1 min}}, place: {x: 2, y: 3}}
  filler: {model: case_sealer, buffer: {in: 1}, operations: {fill: {exponential: 1 min}}, place: {x: 6, y: 3}}
  sealer: {model: case_sealer, buffer: {in: 1}, operations: {seal: {exponential: 60}}, sink: true, place: {x: 9, y: 3}}
transport:
  chute 1: {kind: direct, from: folder, to: filler}
  chute 2: {kind: direct, from: filler, to: sealer}
"""


@pytest.fixture(scope="module")
def cell(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cell")
    library.build(folder / "lib")
    path = folder / "cell.yaml"
    path.write_text(library.SCENARIO)
    return path


def written(text: str, name: str = "line.yaml") -> str:
    Path(name).write_text(text)
    return name


def test_a_row_has_an_exact_figure() -> None:
    """Three exponential machines of 1 min with one place between: 0.670466 of 60 an hour."""
    result = run.invoke(app, ["bound", written(ROW), "--json"])
    assert result.exit_code == 0, result.output
    made = json.loads(result.stdout)
    assert made["bound_per_h"] == pytest.approx(60)
    assert made["analytic"]["exact"] and made["analytic"]["per_h"] == pytest.approx(60 * 0.670466, abs=1e-4)
    assert made["analytic"]["method"].startswith("Markov chain of")
    assert sum(limit["part"] for limit in made["limits"]) == pytest.approx(1)
    told = run.invoke(app, ["bound", "line.yaml"])
    assert told.exit_code == 0
    assert "three sealers" in told.stdout and "60.00 /h" in told.stdout and "40.23 /h" in told.stdout
    assert "exact" in told.stdout and "nothing alone" in told.stdout and "working time" in told.stdout


def test_one_machine_that_limits() -> None:
    path = written(ROW.replace("fill: {exponential: 1 min}", "fill: {exponential: 2 min}"))
    (limit,) = json.loads(run.invoke(app, ["bound", path, "--json"]).stdout)["limits"]
    assert (limit["resource"], limit["what"]) == ("filler", "working time")
    assert limit["rise_per_h"] == pytest.approx(0.3) and limit["part"] == pytest.approx(1)


def test_evaluate_takes_the_exact_figure_for_its_ceiling() -> None:
    path = written(ROW)
    made = json.loads(run.invoke(app, ["evaluate", path, "--json"]).stdout)
    assert made["exact_per_h"] == pytest.approx(60 * 0.670466, abs=1e-4)
    assert made["exact_per_h"] < made["bound_per_h"]
    assert "exact, in the long run" in run.invoke(app, ["evaluate", path]).stdout


def test_no_exact_figure_says_why(cell: Path) -> None:
    result = run.invoke(app, ["bound", str(cell)])
    assert result.exit_code == 0, result.output
    assert "no exact figure: there are 2 products" in result.stdout
    assert "the ceiling hangs on" in result.stdout and "Traceback" not in result.output


def test_an_infeasible_layout_has_a_ceiling(cell: Path) -> None:
    crowded = cell.with_name("crowded.yaml")
    crowded.write_text(library.SCENARIO.replace("mill 2: {x: 4, y: 1.5", "mill 2: {x: 2.3, y: 1.5"))
    made = json.loads(run.invoke(app, ["bound", str(crowded), "--json"]).stdout)
    assert made["moves"] == "straight lines" and made["rules_broken"] > 0 and made["bound_per_h"] > 0
    assert "the layout breaks rules" in run.invoke(app, ["bound", str(crowded)]).stdout


def test_without_a_layout_it_is_the_machines_that_limit(cell: Path) -> None:
    open_ = cell.with_name("nostart.yaml")
    open_.write_text(library.SCENARIO.split("start:")[0])
    made = json.loads(run.invoke(app, ["bound", str(open_), "--json"]).stdout)
    assert made["moves"] == "none"
    assert {limit["resource"] for limit in made["limits"]} <= {"mill 1", "mill 2", "mill 3", "washer"}
    start = json.loads(run.invoke(app, ["bound", str(cell), "--json"]).stdout)
    assert start["bound_per_h"] <= made["bound_per_h"]


@pytest.mark.parametrize("arguments", [["nothing.yaml"], ["line.yaml", "--layout", "nothing.yaml"]])
def test_bad_input(arguments: list[str]) -> None:
    written(ROW)
    result = run.invoke(app, ["bound", *arguments])
    assert result.exit_code == 2 and "Traceback" not in result.output and "no such file" in result.output
