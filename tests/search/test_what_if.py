"""Going on by hand from a run's best layout: subjects pinned where it has them, zones forbidden; samplers by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import layout
from layout.cli.main import app
from layout.errors import SearchError
from layout.files.layouts import load_layout
from layout.files.runs import RunFolder
from layout.files.scenario import load_scenario
from layout.files.what_if import what_if
from layout.model.line import Layout
from layout.model.realise import realise
from tests.search.conftest import write
from tests.search.test_conformance import SMALL


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short search by another sampler."""
    folder = tmp_path_factory.mktemp("run")
    scenario = load_scenario(write(folder, SMALL))
    layout.optimize(scenario, evaluations=12, seed=1, workers=1, out=folder / "run", sampler="random", prove_s=0.0)
    return folder / "run"


def test_pinned_and_forbidden(run: Path, tmp_path: Path) -> None:
    """Written into the new scenario, which starts from the best; what was pinned has no variables any more."""
    old = RunFolder(run).scenario()
    best = load_layout(run / "best.yaml", old)
    place = realise(old, best).stations["lathe"].pose
    zone = "[[0, 0], [1, 0], [1, 1]]"
    new = load_scenario(what_if(RunFolder(run), ["lathe", "mill 1"], [zone, zone], tmp_path))
    assert {v.name for v in new.variables} == {"mill.count", "mill.buffer.in", "mill 2.x"}
    assert new.start == {name: best.values[name] for name in ("mill.count", "mill.buffer.in")} | (
        {"mill 2.x": best.values["mill 2.x"]} if "mill 2.x" in best.values else {}
    )
    line = realise(new, Layout(new.start))
    assert line.stations["lathe"].pose == place
    assert [area.polygon for area in new.spec.floor.keep_clear.values()] == [((0, 0), (1, 0), (1, 1))] * 2
    assert list(new.spec.floor.keep_clear) == ["forbidden 1", "forbidden 2"]


def test_all_that_is_wrong_is_said_at_once(run: Path, tmp_path: Path) -> None:
    zones = ["[[0, 0], [1, 0]]", "here", "[[0, 0], [1, 1], [1, 0], [0, 1]]"]
    with pytest.raises(SearchError) as trouble:
        what_if(RunFolder(run), ["lath", "mill"], zones, tmp_path)
    assert [problem.value for problem in trouble.value.problems] == [*zones, "lath", "mill"]
    assert trouble.value.problems[3].hint == "did you mean 'lathe'?"
    assert trouble.value.problems[4].hint == "name one of mill 1, mill 2"
    assert not list(tmp_path.iterdir())


def test_on_the_command_line(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    asked = ["--from", str(run), "--pin", "lathe", "--forbid", "[[8, 0], [10, 0], [10, 1]]", "--evaluations", "4"]
    done = CliRunner().invoke(app, ["optimize", *asked, "--prove", "off", "--workers", "1", "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert "forbidden 1" in (out / "scenario.yaml").read_text()
    assert json.loads((out / "run.json").read_text())["sampler"] == "layout"
    refused = CliRunner().invoke(app, ["optimize", "--pin", "lathe", str(run / "scenario.yaml")])
    assert refused.exit_code != 0


def test_taken_up_again_with_another_sampler(run: Path) -> None:
    with pytest.raises(SearchError, match="another sampler"):
        layout.optimize(
            RunFolder(run).scenario(), evaluations=13, seed=1, out=run, resume=True, sampler="tpe", prove_s=0.0
        )


@pytest.mark.parametrize(("sampler", "words"), [("tpf", "there are layout, tpe"), ("grid", "fix some variables")])
def test_refused_before_anything_is_written(sampler: str, words: str, tmp_path: Path) -> None:
    scenario = layout.load(Path(layout.__file__).parents[1] / "experiments" / "machining_cell.yaml")
    with pytest.raises(SearchError, match=words):
        layout.optimize(scenario, evaluations=3, out=tmp_path / "out", sampler=sampler, prove_s=0.0)
    assert not (tmp_path / "out").exists()
