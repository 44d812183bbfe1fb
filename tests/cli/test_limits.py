"""layout limits: what it prints and gives as data, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from layout.cli.main import app

CELL = Path(__file__).parents[2] / "experiments" / "machining_cell.yaml"

run = CliRunner()


def test_flagship_arm() -> None:
    result = run.invoke(app, ["limits", str(CELL), "--only", "tender", "--only", "flange", "--json"])
    assert result.exit_code == 0, result.output
    made = json.loads(result.stdout)
    assert made["violations"] == []
    (limit,) = made["limits"]
    assert (limit["kind"], limit["resource"], limit["product"], limit["now"]) == ("arm", "tender", "flange", 0.6)
    assert limit["limit"] >= 0.6 and limit["margin"] >= 0 and limit["too_fast"] is False


def test_a_belt_that_is_too_fast(tmp_path: Path) -> None:
    text = CELL.read_text()
    old = "outfeed belt: {kind: conveyor, from: outfeed, to: shipping, speed: 0.25 m/s"
    assert old in text
    path = tmp_path / "fast.yaml"
    path.write_text(text.replace(old, old.replace("0.25 m/s", "1.8 m/s")))
    result = run.invoke(app, ["limits", str(path), "--only", "outfeed belt", "--only", "flange"])
    assert result.exit_code == 1, result.output
    assert "outfeed belt" in result.stdout and "1.80 m/s" in result.stdout and "−" in result.stdout
    assert "1 of 1 too fast already" in result.stdout


@pytest.mark.parametrize("name", ["tendr", "mill"])
def test_a_name_that_nothing_has(name: str) -> None:
    result = run.invoke(app, ["limits", str(CELL), "--only", name])
    assert result.exit_code == 2
    assert name in result.stderr and "Traceback" not in result.output


def test_an_infeasible_layout(tmp_path: Path) -> None:
    text = CELL.read_text()
    assert "mill 2: {x: 6.7, y: 6.9, yaw: 0}" in text
    path = tmp_path / "crowded.yaml"
    path.write_text(text.replace("mill 2: {x: 6.7, y: 6.9, yaw: 0}", "mill 2: {x: 5.6, y: 6.9, yaw: 0}"))
    result = run.invoke(app, ["limits", str(path)])
    assert result.exit_code == 1, result.output
    assert "infeasible" in result.stdout
    data = json.loads(run.invoke(app, ["limits", str(path), "--json"]).stdout)
    assert data["limits"] == [] and data["violations"]
