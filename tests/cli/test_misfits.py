"""Parts that rigid bodies refuse wherever things stand are told before anything is searched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import layout.search
from layout.cli.main import app
from layout.errors import Problem, SearchError

LINE = """
name: mini
floor: {{boundary: [[0, 0], [8, 0], [8, 6], [0, 6]]}}
products: {{block: {{model: {model}, route: [look]}}}}
machines:
  dock: {{model: dock_in, source: saturated, place: {{x: 1.65, y: 2, yaw: 90}}}}
  infeed: {{model: infeed_station, place: {{x: 4, y: 2, yaw: 90}}}}
  eye: {{model: vision_station, operations: {{look: 5 s}}, sink: true, place: {{x: [4, 6], y: 4, yaw: 0}}}}
transport:
  belt: {{kind: conveyor, from: dock, to: infeed}}
  hand: {{kind: robot, model: arm_10kg_r1100, serves: [infeed, eye], place: {{x: 5, y: 2.6, yaw: 0}}}}
"""


@pytest.mark.parametrize(
    ("model", "command", "told"),
    [
        ("part_housing", ["check", "--no-draw"], True),
        ("part_bracket", ["check", "--no-draw"], False),
        ("part_housing", ["optimize"], True),
        ("part_bracket", ["optimize"], False),
        ("part_housing", ["optimize", "--prove", "off"], False),
    ],
)
def test_parts_too_long_for_where_they_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str, command: list[str], told: bool
) -> None:
    """A housing of 180 mm stops 9 mm before where an arm takes it from an infeed; a bracket of 160 mm does not."""

    def none(*_: Any, **__: Any) -> None:
        raise SearchError(Problem("nothing is searched here"))

    monkeypatch.setattr(layout.search, "optimize", none)
    monkeypatch.chdir(tmp_path)
    Path("mini.yaml").write_text(LINE.format(model=model))
    first, *more = command
    result = CliRunner().invoke(app, [first, "mini.yaml", *more])
    assert result.exit_code == (0 if first == "check" else 2), result.output
    said = " ".join(result.output.split())
    assert ("'block' is 9 mm too long for where it stops" in said) is told
