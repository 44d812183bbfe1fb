"""Parts that stand where a belt ends and an arm takes them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from layout.cli.main import app
from layout.feasibility.riders import long_parts
from layout.files.scenario import load_scenario
from layout.model.line import Layout
from layout.model.realise import realise

CELL = Path(__file__).parents[2] / "experiments" / "machining_cell.yaml"


@pytest.mark.parametrize(("model", "too_long_m"), [
    ("part_bracket", 0.0),   # 160 mm long
    ("part_housing", 0.009),  # 180 mm
    ("part_shaft", 0.039),  # 240 mm
])  # fmt: skip
def test_a_part_longer_than_the_place_behind_the_port_sticks_in_the_stop(
    model: str, too_long_m: float, tmp_path: Path
) -> None:
    """The infeed station's stop begins 81 mm behind its port for arms; half a part has to stand before it."""
    path = tmp_path / "cell.yaml"
    path.write_text(CELL.read_text().replace("model: part_bracket", f"model: {model}"))
    scenario = load_scenario(path)
    found = dict(long_parts(realise(scenario, Layout(dict(scenario.start or {})))))
    assert found == {("infeed", "bracket"): pytest.approx(too_long_m, abs=0.0011), ("infeed", "flange"): 0.0}
    result = CliRunner().invoke(app, ["check", str(path), "--json", "--no-draw"])
    warned = [problem["where"] for problem in json.loads(result.stdout)["warnings"]]
    assert warned == (["machines.infeed"] if too_long_m else [])
