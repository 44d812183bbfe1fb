"""Two machines in a row, nothing to plan: what one more place between them, or a quicker machine, is worth."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from layout.cli.main import app

ROW = """name: a row
time: {horizon: 4 h, warmup: 10 min, replications: 8, seed: 3}
floor: {boundary: [[0, 0], [9, 0], [9, 6], [0, 6]]}
products: {block: {model: part_bracket, route: [saw, mill]}}
machines:
  saw: {model: band_saw, source: saturated, operations: {saw: {exponential: 60 s}}, place: {x: 2, y: 3}}
  mill:
    model: cnc_mill
    sink: true
    operations: {mill: {exponential: 50 s}}
    buffer: {in: {choose: [0, 2]}}
    place: {x: 6, y: 3}
transport: {chute: {kind: direct, from: saw, to: mill}}
start: {mill: {buffer.in: 0}}
"""
run = CliRunner()


@pytest.fixture
def row() -> Path:
    path = Path("row.yaml")
    path.write_text(ROW)
    Path("roomy.yaml").write_text("layout: {mill: {buffer.in: 2}}\n")
    return path


def compared(*arguments: str) -> dict:
    result = run.invoke(app, ["compare", *arguments, "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_layout_against_the_start(row: Path) -> None:
    data = compared("row.yaml", "roomy.yaml")
    assert list(data["results"]) == ["row", "roomy"]
    found = {d["measure"]: d for d in data["differences"]}["throughput"]
    assert found["real"]
    assert found["difference"]["mean"] > found["difference"]["half_width"] > 0
    both = [data["results"][name]["throughput_per_h"]["mean"] for name in ("row", "roomy")]
    assert found["difference"]["mean"] == pytest.approx(both[1] - both[0])


def test_the_exact_throughput_of_both(row: Path) -> None:
    """Two exponential machines without doors: idle is the second with chance (1 - r) / (1 - r^(b + 3)), r = 50 / 60."""
    row.write_text(ROW.replace("band_saw", "case_sealer").replace("cnc_mill", "case_sealer"))
    found = compared("row.yaml", "roomy.yaml")["results"]
    for name, places in (("row", 0), ("roomy", 2)):
        idle = (1 - 50 / 60) / (1 - (50 / 60) ** (places + 3))
        assert found[name]["exact_per_h"] == pytest.approx(72 * (1 - idle))
        assert found[name]["exact_per_h"] < found[name]["bound_per_h"]
    assert "ceiling (exact)" in run.invoke(app, ["compare", "row.yaml", "roomy.yaml"]).stdout


def test_equal_layouts_do_not_differ(row: Path) -> None:
    Path("same.yaml").write_text(ROW)
    data = compared("row.yaml", "same.yaml")
    assert all(not d["real"] and d["difference"]["mean"] == 0 for d in data["differences"])


def test_all_pairs_of_three_hold_together(row: Path) -> None:
    Path("quick.yaml").write_text(ROW.replace("50 s", "40 s"))
    data = compared("row.yaml", "roomy.yaml", "quick.yaml", "--replications", "12")
    found = [d for d in data["differences"] if d["measure"] == "throughput"]
    assert [(d["first"], d["second"]) for d in found] == [("row", "roomy"), ("row", "quick"), ("roomy", "quick")]
    assert all(d["difference"]["level"] == pytest.approx(1 - 0.05 / 3) and d["difference"]["n"] == 12 for d in found)
    said = run.invoke(app, ["compare", "row.yaml", "roomy.yaml", "quick.yaml"])
    words = " ".join(said.stdout.split())
    assert "roomy makes" in words and "a real difference" in words and "for all 3 pairs at once" in words


def test_an_infeasible_one_is_named(row: Path) -> None:
    Path("crowded.yaml").write_text(ROW.replace("x: 6, y: 3", "x: 2.5, y: 3"))
    said = run.invoke(app, ["compare", "row.yaml", "crowded.yaml"])
    assert said.exit_code == 1
    assert "crowded: not feasible" in said.stdout and "overlap" in said.stdout


@pytest.mark.parametrize("arguments", [["row.yaml"], ["roomy.yaml", "row.yaml"], ["row.yaml", "nothing.yaml"]])
def test_what_cannot_be_compared_is_refused(row: Path, arguments: list[str]) -> None:
    said = run.invoke(app, ["compare", *arguments])
    assert said.exit_code == 2
    assert "Traceback" not in said.output


def test_evaluate_says_what_limits_the_row_and_what_would_help(row: Path) -> None:
    said = run.invoke(app, ["evaluate", "row.yaml"])
    assert said.exit_code == 0, said.output
    for words in ("95 % within", "OEE", "1 % more speed of", "bottleneck"):
        assert words in said.stdout
    data = json.loads(run.invoke(app, ["evaluate", "row.yaml", "--json"]).stdout)
    assert {gain["resource"] for gain in data["gains"]} == {"saw", "mill"}
    assert data["effectiveness"]["saw"]["quality"]["mean"] == 1
    assert set(data["lead_time_quantiles_s"]) == {"5 %", "50 %", "95 %"}
