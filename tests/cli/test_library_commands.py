"""layout new, schema and assets."""

from __future__ import annotations

import functools
import json
from pathlib import Path

import jsonschema
import pytest
from typer.testing import CliRunner

from layout.cli.main import app
from layout.files.assets import examples_folder, model_names
from layout.files.scenario import check_scenario
from layout.files.yaml import read_document
from tests.files import library

run = CliRunner()


@functools.cache
def schema() -> jsonschema.Draft202012Validator:
    """What the command prints, found to be a schema."""
    result = run.invoke(app, ["schema"])
    assert result.exit_code == 0
    made = json.loads(result.stdout)
    jsonschema.Draft202012Validator.check_schema(made)
    return jsonschema.Draft202012Validator(made)


@pytest.mark.parametrize("name", ["cell", "my cell.yaml", "bracket-line_2", "4711", "ünï: [x]"])
def test_new_writes_a_scenario_that_loads_clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    result = run.invoke(app, ["new", name])
    assert result.exit_code == 0, result.output
    path = tmp_path / (name if name.endswith(".yaml") else f"{name}.yaml")
    assert path.read_text(encoding="utf-8").startswith("# yaml-language-server: $schema=")
    scenario, odd = check_scenario(path)
    assert odd == ()
    assert scenario.start
    schema().validate(read_document(path).data)
    before = path.read_bytes()
    again = run.invoke(app, ["new", name])
    assert again.exit_code == 2
    assert "already" in again.stderr
    assert path.read_bytes() == before


def test_the_new_scenarios_start_can_be_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run.invoke(app, ["new", "cell"]).exit_code == 0
    made = json.loads(run.invoke(app, ["check", "cell.yaml", "--json", "--draw"]).stdout)
    assert made["violations"] == []
    assert made["bound_per_h"] > 30  # one mill at 95 s does 38 parts per hour


def test_new_in_a_missing_folder(tmp_path: Path) -> None:
    result = run.invoke(app, ["new", str(tmp_path / "no" / "cell")])
    assert result.exit_code == 2
    assert "no such folder" in result.stderr


def test_schema_takes_what_the_loader_takes(tmp_path: Path) -> None:
    (tmp_path / "cell.yaml").write_text(library.SCENARIO)
    schema().validate(read_document(tmp_path / "cell.yaml").data)
    for path in examples_folder().glob("*.yaml"):
        document = read_document(path)
        if "machines" in document.data:
            schema().validate(document.data)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("dispatch: {choose", "dispatch: {chose"),
        ("model: lib/dock", "modell: lib/dock"),
        ("count: {choose: [1, 2, 3]}", "count: {range: [1, 3]}"),
        ("sink: true", "sink: often"),
        ("{lognormal: {mean", "{lognormal: {men"),
    ],
)
def test_schema_refuses_what_the_loader_refuses(tmp_path: Path, old: str, new: str) -> None:
    assert old in library.SCENARIO
    (tmp_path / "cell.yaml").write_text(library.SCENARIO.replace(old, new, 1))
    with pytest.raises(jsonschema.ValidationError):
        schema().validate(read_document(tmp_path / "cell.yaml").data)


def test_assets_lists_the_library() -> None:
    result = run.invoke(app, ["assets"])
    assert result.exit_code == 0, result.output
    assert all(name in result.stdout for name in model_names())
    rows = json.loads(run.invoke(app, ["assets", "--json"]).stdout)
    assert sorted(row["name"] for row in rows) == list(model_names())
    assert {row["kind"] for row in rows} == {"machine", "arm", "tool", "vehicle", "part"}


def test_new_begins_with_an_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run.invoke(app, ["new", "mine", "--example", "machining_cell"]).exit_code == 0
    assert run.invoke(app, ["check", "mine.yaml", "--no-draw"]).exit_code == 0
    refused = run.invoke(app, ["new", "other", "--example", "no such"])
    assert refused.exit_code == 2
    assert "there is gearbox_assembly, job_shop_amr, machining_cell, packing_line" in refused.stderr
    assert not (tmp_path / "other.yaml").exists()
