"""Published machine layouts: the format, all errors of a bad file at once, and the scenario made from it."""

from __future__ import annotations

import numpy as np
import pytest
from typer.testing import CliRunner

from layout.cli.main import app
from layout.errors import ScenarioError
from layout.files.flp import read_flp, rows_on, scenario_text
from layout.files.scenario import check_scenario
from layout.model.line import Layout
from layout.pipeline import Evaluator

GOOD = """\
3
4 2
3 3

2.5 1
0 5 0.5
5 0 2
0.5 2 0
"""


def _read(tmp_path, text):
    path = tmp_path / "case.txt"
    path.write_text(text)
    return read_flp(path)


def test_an_instance_is_read(tmp_path):
    instance = _read(tmp_path, GOOD)
    assert instance.size.tolist() == [[4, 2], [3, 3], [2.5, 1]]
    assert instance.flow[0].tolist() == [0, 5, 0.5]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["is empty"]),
        ("two\n", ["number of machines"]),
        ("1\n1 1\n0\n", ["number of machines"]),
        (GOOD.replace("4 2", "4 0").replace("0 5 0.5", "1 5 0.5"), ["width of machine 1", "flow to itself"]),
        (GOOD.replace("5 0 2", "4 0 -2"), ["from 2 to 3 must not be negative", "from 2 to 1", "from 3 to 2"]),
        (GOOD.replace("4 2", "4 wide").replace("0.5 2 0", "0.5 2 inf"), ["is not a number", "is not a number"]),
        (GOOD.replace("3 3\n", "3\n"), ["15 numbers after the first", "machine 2's length and width"]),
        (GOOD + "1 2 3\n", ["15 numbers after the first", "line 7 of those"]),
    ],
)
def test_everything_wrong_with_a_file_is_said_at_once(tmp_path, text, found):
    with pytest.raises(ScenarioError) as caught:
        _read(tmp_path, text)
    said = [str(problem) for problem in caught.value.problems]
    assert all(any(words in line for line in said) for words in found), said
    assert all(problem.file.endswith("case.txt") for problem in caught.value.problems)


def test_the_scenario_costs_what_the_instance_costs(tmp_path):
    """At any layout: flow x rectilinear distance between the middles, whichever way machines are turned."""
    instance = _read(tmp_path, GOOD)
    path = tmp_path / "case.yaml"
    path.write_text(scenario_text(instance, "case"))
    scenario, odd = check_scenario(path)
    assert not odd
    assert len(scenario.variables) == 9
    rng = np.random.default_rng(5)
    with Evaluator(scenario) as evaluator:
        start = evaluator()
        assert start.feasible and start.flow is None
        at = rows_on(float(scenario.spec.floor.boundary[2][0]), instance.size)
        assert start.objectives["handling_effort"] == pytest.approx(_effort(instance.flow, at))
        for _ in range(20):
            low, high = instance.size.max() / 2, scenario.spec.floor.boundary[2][0] - instance.size.max() / 2
            at, yaw = rng.uniform(low, high, (3, 2)), rng.choice([0.0, np.pi / 2], 3)
            names = [f"M{i + 1}" for i in range(3)]
            values = {f"{name}.{field}": float(v) for name, row, turn in zip(names, at, yaw, strict=True)
                      for field, v in (("x", row[0]), ("y", row[1]), ("yaw", turn))}  # fmt: skip
            evaluation = evaluator(Layout(values))
            extent = np.where((yaw > 0)[:, None], instance.size[:, ::-1], instance.size)
            apart = np.abs(at[:, None] - at[None]) - (extent[:, None] + extent[None]) / 2
            overlap = (apart.max(axis=2) < 0)[np.triu_indices(3, 1)].any()
            assert evaluation.feasible == (not overlap)
            if evaluation.feasible:
                assert evaluation.objectives["handling_effort"] == pytest.approx(_effort(instance.flow, at))


def _effort(flow, at):
    return float((np.triu(flow) * np.abs(at[:, None] - at[None]).sum(axis=2)).sum())


def test_touching_machines_are_legal_and_overlapping_ones_are_not(tmp_path):
    instance = _read(tmp_path, GOOD)
    path = tmp_path / "case.yaml"
    path.write_text(scenario_text(instance, "case"))
    scenario, _ = check_scenario(path)
    values = {"M1.x": 4.0, "M1.y": 5.0, "M1.yaw": 0.0, "M2.x": 7.5, "M2.y": 5.0, "M2.yaw": 0.0}
    touching = values | {"M3.x": 4.0, "M3.y": 7.25, "M3.yaw": np.pi / 2}
    with Evaluator(scenario) as evaluator:
        assert evaluator(Layout(touching)).feasible
        found = evaluator(Layout(touching | {"M3.y": 7.249}))
    assert {v.rule for v in found.violations} == {"overlap"}
    assert found.violations[0].amount == pytest.approx(0.001)


def test_the_command_writes_once_and_refuses_with_2(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "case.txt").write_text(GOOD)
    (tmp_path / "bad.txt").write_text("3\n1 1\n")
    run = CliRunner().invoke
    assert run(app, ["import", "flp", "case.txt"]).exit_code == 0
    assert (tmp_path / "case.yaml").is_file()
    again = run(app, ["import", "flp", "case.txt"])
    assert again.exit_code == 2
    assert "already" in again.output
    bad = run(app, ["import", "flp", "bad.txt", "--out", "bad.yaml"])
    assert bad.exit_code == 2
    assert not (tmp_path / "bad.yaml").exists()


def test_products_and_models_are_missed_where_they_are_needed(tmp_path):
    instance = _read(tmp_path, GOOD)
    path = tmp_path / "case.yaml"
    text = scenario_text(instance, "case").replace("minimize: handling_effort", "maximize: throughput")
    path.write_text(text.replace("box: {width: 4 m, depth: 2 m}", "count: 1"))
    with pytest.raises(ScenarioError) as caught:
        check_scenario(path)
    said = "\n".join(str(problem) for problem in caught.value.problems)
    assert "there are no products" in said
    assert "needs a 'model' or a 'box'" in said


def test_trips_are_shared_among_copies(tmp_path):
    """Two copies of a machine at the same distance cost what one costs."""
    instance = _read(tmp_path, GOOD)
    path = tmp_path / "case.yaml"
    text = scenario_text(instance, "case").split("start:")[0]
    path.write_text(text.replace("M1: {box", "M1: {count: 2, box"))
    scenario, _ = check_scenario(path)
    values = {f"{m}.yaw": 0.0 for m in ("M1 1", "M1 2", "M2", "M3")}
    values |= {"M2.x": 5.0, "M2.y": 5.0, "M3.x": 8.0, "M3.y": 5.0}
    values |= {"M1 1.x": 5.0, "M1 1.y": 8.0, "M1 2.x": 5.0, "M1 2.y": 2.0}
    with Evaluator(scenario) as evaluator:
        effort = evaluator(Layout(values)).objectives["handling_effort"]
    assert effort == pytest.approx(5 * 3 + 0.5 * 6 + 2 * 3)
