"""Pictures of a run of the flagship, from its frozen scenario. The engine's own pictures are tests/scene's concern."""

import contextlib
import shutil
from pathlib import Path

from layout.files.layouts import dump_layout
from layout.files.scenario import load_scenario
from layout.model.line import Layout
from layout.report import pictures, write_report

FLAGSHIP = Path(__file__).parents[2] / "experiments" / "machining_cell.yaml"


def test_plans_of_start_and_best(fake, tmp_path, monkeypatch, coarse_pictures):
    monkeypatch.setattr(pictures, "Scene", lambda visuals: contextlib.nullcontext())
    monkeypatch.setattr(pictures, "picture", lambda line, moves, path, scene: None)
    scenario = load_scenario(FLAGSHIP)
    run = fake.write_run(tmp_path / "run", {"start": fake.infeasible_data(), "best": fake.outcome_data()})
    shutil.copy(FLAGSHIP, run / "scenario.yaml")
    for name in ("start", "best"):
        (run / f"{name}.yaml").write_text(dump_layout(Layout(dict(scenario.start)), scenario))
    names = {path.name for path in pictures.write_pictures(run)}
    assert {"start_plan.png", "best_plan.png"} <= names
    assert "Floor plans with flows" in write_report(run).read_text(encoding="utf-8")
    assert {"states.png", "convergence.png", "comparison.png"} <= {path.name for path in run.iterdir()}
