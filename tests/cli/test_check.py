"""layout check: exit codes, what it prints, and that errors are words, not tracebacks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from layout.cli.main import app
from tests.files import library

run = CliRunner()


@pytest.fixture(scope="module")
def cell(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cell")
    library.build(folder / "lib")
    path = folder / "cell.yaml"
    path.write_text(library.SCENARIO)
    return path


def variant(cell: Path, name: str, *changes: tuple[str, str]) -> Path:
    text = library.SCENARIO
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = cell.with_name(name)
    path.write_text(text)
    return path


def test_a_good_scenario(cell: Path) -> None:
    result = run.invoke(app, ["check", str(cell), "--no-draw"])
    assert result.exit_code == 0, result.output
    assert "small cell: maximize throughput, then minimize floor_area" in result.stdout
    assert "17 design variables, a start layout is given" in result.stdout
    for name in ("infeed", "mill", "washer", "outfeed", "tender", "bracket", "flange"):
        assert name in result.stdout
    assert result.stderr == ""


def test_json_of_a_good_scenario(cell: Path) -> None:
    result = run.invoke(app, ["check", str(cell), "--json"])
    assert result.exit_code == 0
    made = json.loads(result.stdout)
    assert made["valid"] is True
    assert made["problems"] == made["warnings"] == []
    assert [machine["name"] for machine in made["machines"]] == ["infeed", "mill", "washer", "outfeed"]
    assert made["variables"]["of"]["mill"] == ["count", "buffer.in"]
    assert made["products"][0]["share"] == 0.7


def test_a_bad_scenario(cell: Path) -> None:
    path = variant(cell, "bad.yaml", ("share: 70 %", "share: 170 %"), ("sink: true", "sink: maybe"))
    result = run.invoke(app, ["check", str(path)])
    assert result.exit_code == 2
    assert result.stdout == ""
    assert f"{path}:8  products.bracket.share\n    must be at most 1 (got 170 %)\n" in result.stderr
    assert "machines.outfeed.sink" in result.stderr
    assert "2 problems" in result.stderr
    assert "Traceback" not in result.output


def test_json_of_a_bad_scenario(cell: Path) -> None:
    path = variant(cell, "bad.yaml", ("route: [mill, wash]", "route: [mill, wsh]"))
    result = run.invoke(app, ["check", str(path), "--json"])
    assert result.exit_code == 2
    made = json.loads(result.stdout)
    assert made["valid"] is False
    assert made["problems"] == [
        {"file": str(path), "line": 8, "where": "products.bracket.route[1]", "what": "no machine does this operation",
         "value": "wsh", "hint": "did you mean 'wash'?"}
    ]  # fmt: skip


def test_oddities_are_shown_and_do_no_harm(cell: Path) -> None:
    path = variant(cell, "odd.yaml", ("share: 30 %", "share: 35 %"), ("out: 1}", "out: 5000}"))
    result = run.invoke(app, ["check", str(path), "--no-draw"])
    assert result.exit_code == 0
    assert "sum to 100 %" in result.stdout
    assert "2 warnings" in result.stdout


def test_a_scenario_without_start(cell: Path) -> None:
    path = cell.with_name("nostart.yaml")
    path.write_text(library.SCENARIO.split("start:")[0])
    result = run.invoke(app, ["check", str(path), "--no-draw"])
    assert result.exit_code == 0, result.output
    assert "no start layout" in result.stdout


def test_markup_in_names_is_printed_as_it_stands(cell: Path) -> None:
    path = variant(cell, "markup.yaml", ("name: small cell", 'name: "[red]cell[/blue]"'))
    result = run.invoke(app, ["check", str(path), "--no-draw"])
    assert result.exit_code == 0, result.output
    assert "[red]cell[/blue]" in result.stdout


def test_picture(cell: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run.invoke(app, ["check", str(cell), "--picture", "floor.png"]).exit_code == 0
    assert (tmp_path / "floor.png").read_bytes().startswith(b"\x89PNG")
    assert run.invoke(app, ["check", str(cell), "--draw"]).exit_code == 0
    assert (tmp_path / "floor.3d.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "cell.plan.png").exists() and (tmp_path / "cell.3d.png").exists()
    assert run.invoke(app, ["check", str(cell), "--picture", "floor.svg"]).exit_code == 0
    assert "<svg" in (tmp_path / "floor.svg").read_text() and "infeed" in (tmp_path / "floor.svg").read_text()
    result = run.invoke(app, ["check", str(cell), "--picture", "no/such/folder.png"])
    assert result.exit_code == 2
    assert "Traceback" not in result.output


@pytest.mark.parametrize("name", ["nothing.yaml", ".", "", "a\nb"])
def test_no_such_file(name: str) -> None:
    result = run.invoke(app, ["check", name])
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_every_violation_is_listed_with_amount_and_unit(cell: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "mill 2: {x: 4, y: 1.5, yaw: 180}" in library.SCENARIO
    path = variant(cell, "crowded.yaml", ("mill 2: {x: 4, y: 1.5, yaw: 180}", "mill 2: {x: 2.3, y: 1.5, yaw: 180}"))
    result = run.invoke(app, ["check", str(path), "--json"])
    assert result.exit_code == 0, result.output
    made = json.loads(result.stdout)
    assert made["pictures"] == [] and list(tmp_path.iterdir()) == []
    (overlap,) = [found for found in made["violations"] if found["rule"] == "overlap"]
    assert overlap["subjects"] == ["mill 1", "mill 2"] and overlap["unit"] == "m" and overlap["amount"] > 0.1
    told = run.invoke(app, ["check", str(path)])
    assert "1  overlap: mill 1, mill 2 by" in told.stdout
    assert f"{len(made['violations'])} rules are broken by the start layout" in told.stdout
    assert (tmp_path / "crowded.3d.png").exists()


def test_an_infeasible_layout_can_be_looked_at(cell: Path, monkeypatch) -> None:
    """It stands still, and its violations are shown from the beginning."""
    import layout.scene.display
    import layout.viewer

    shown: dict[str, Any] = {}
    monkeypatch.setattr(layout.scene.display, "problem_with_display", lambda: None)
    monkeypatch.setattr(
        layout.viewer,
        "view",
        lambda line, moves, run, headline, **more: shown.update(more, end_s=run.end_s, said=headline),
    )
    path = variant(cell, "crowded.yaml", ("mill 2: {x: 4, y: 1.5, yaw: 180}", "mill 2: {x: 2.3, y: 1.5, yaw: 180}"))
    result = run.invoke(app, ["view", str(path)])
    assert result.exit_code == 1, result.output
    assert shown["end_s"] == 0.0 and shown["said"].startswith("not feasible")
    assert shown["overlays"] == "v" and "overlap" in {violation.rule for violation in shown["violations"]}
    assert run.invoke(app, ["view", str(path), "--overlays", "pe"]).exit_code == 1
    assert shown["overlays"] == "pe"


@pytest.mark.parametrize(("fidelity", "shown_as"), [("flow", "Schedule"), ("physics", "Replay")])
def test_a_layout_can_be_looked_at_as_rigid_bodies(monkeypatch, fidelity: str, shown_as: str) -> None:
    import layout.scene.display
    import layout.viewer

    shown: list[Any] = []
    monkeypatch.setattr(layout.scene.display, "problem_with_display", lambda: None)
    monkeypatch.setattr(layout.viewer, "view", lambda line, moves, run, headline, **more: shown.append(run))
    flagship = Path(__file__).parents[2] / "experiments" / "machining_cell.yaml"
    result = run.invoke(app, ["view", str(flagship), "--fidelity", fidelity, "--minutes", "0.1"])
    assert result.exit_code == 0, result.output
    assert ("6 s as rigid bodies first" in result.output) is (fidelity == "physics")
    (played,) = shown
    assert type(played).__name__ == shown_as
    if fidelity == "physics":
        assert played.end_s == pytest.approx(6.0, abs=0.04)
        assert set(played.positions(3.0).joints) == {"tender"}


def test_production_is_told(cell: Path) -> None:
    """People and what they do, set-ups, quality and routing, as they were understood."""
    more = "\npeople: {fitters: {number: {choose: [1, 2]}, repairs: [mill]}}\nrouting: {mill: round_robin}\nmachines:\n"
    path = variant(cell, "staffed.yaml", ("\nmachines:\n", more), ("\nstart:\n", "\nstart:\n  fitters: {number: 2}\n"))
    data = json.loads(run.invoke(app, ["check", str(path), "--json"]).stdout)
    assert data["people"] == [{"name": "fitters", "number": "1 or 2", "shift": "always", "does": ["repair mill"]}]
    assert data["routing"] == {"mill": "round_robin"}
    assert data["variables"]["of"]["fitters"] == ["number"]
