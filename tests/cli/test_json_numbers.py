"""What machines read: JSON that any reader takes, where the line made nothing too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from layout.cli.main import app

STILL = """name: a line that stands still
time: {horizon: 20 s, warmup: 0 s, replications: 2}
floor: {boundary: [[0, 0], [9, 0], [9, 6], [0, 6]]}
products: {block: {model: part_bracket, route: [pack]}}
machines:
  infeed: {model: infeed_station, source: saturated, place: {x: 2, y: 3}}
  pack: {model: packing_station, sink: true, operations: {pack: 60 s}, place: {x: 6, y: 3}}
transport: {chute: {kind: direct, from: infeed, to: pack}}
"""


def strict(text: str) -> Any:
    def refuse(word: str) -> float:
        raise AssertionError(f"{word} is no JSON")

    return json.loads(text, parse_constant=refuse)


@pytest.mark.parametrize("command", ["evaluate", "compare", "bound", "check"])
def test_a_line_that_makes_nothing_is_read_by_any_json_reader(command: str) -> None:
    Path("still.yaml").write_text(STILL)
    Path("again.yaml").write_text(STILL)
    files = ["still.yaml", "again.yaml"] if command == "compare" else ["still.yaml"]
    said = CliRunner().invoke(app, [command, *files, "--json"])
    assert said.exit_code == 0, said.output
    data = strict(said.stdout)
    if command == "evaluate":
        assert data["throughput_per_h"]["mean"] == 0
        assert data["lead_time_s"]["mean"] is None
        assert data["objectives"]["lead_time"] is None
        assert data["wip"]["mean"] == 1


def test_a_line_that_makes_nothing_has_its_tables() -> None:
    Path("still.yaml").write_text(STILL)
    said = CliRunner().invoke(app, ["evaluate", "still.yaml"])
    assert said.exit_code == 0, said.output
    assert "0 ± 0 /h" in said.stdout
    assert "parts in the line" in said.stdout
