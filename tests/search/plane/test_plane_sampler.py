"""Scenarios that are planes: which are, that every candidate is legal, and that the seed decides."""

from __future__ import annotations

import csv

import numpy as np
import optuna
import pytest

from layout.files.flp import Instance, scenario_text
from layout.files.scenario import load_scenario
from layout.model.line import Layout
from layout.pipeline import Evaluator
from layout.search import optimize
from layout.search.plane.plane import cost_of, terms_of
from layout.search.plane.sampler import SEARCHES, PlaneSampler, sampler_of

SIZES = np.array([(4.0, 2.0), (3.0, 3.0), (2.0, 1.0), (1.0, 5.0), (2.0, 2.0)])
FLOW = np.array([[0, 9, 0, 2, 1], [9, 0, 4, 0, 3], [0, 4, 0, 5, 0], [2, 0, 5, 0, 7], [1, 3, 0, 7, 0]], dtype=float)


@pytest.fixture
def scenario_of(tmp_path):
    def made(change=lambda text: text):
        path = tmp_path / "case.yaml"
        path.write_text(change(scenario_text(Instance(SIZES, FLOW), "case")))
        return load_scenario(path)

    return made


def _hindered(text):
    """A gap between machines, a pinned machine, a column, a pillar of keep-clear floor, a narrow range, fixed yaws."""
    text = text.replace(
        "clearance: 0 m",
        """clearance: 200 mm
  obstacles: {column: {polygon: [[7, 7], [8, 7], [8, 9], [7, 9]]}}
  keep_clear: {exit: {polygon: [[0, 0], [3, 0], [3, 2], [0, 2]]}}""",
    )
    lines = []
    for line in text.split("start:")[0].splitlines():
        if line.startswith("  M2:"):
            line = "  M2: {box: {width: 3 m, depth: 3 m}, place: {x: 10, y: 10, yaw: 0}}"
        if line.startswith("  M3:"):
            line = "  M3: {box: {width: 2 m, depth: 1 m}, place: {x: [2, 6], y: [0, 18], yaw: 90}}"
        if line.startswith("  M5:"):
            line = "  M5: {box: {width: 2 m, depth: 2 m}, place: {x: 5, y: [0, 18], yaw: [180, 0]}}"
        lines.append(line)
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("change", [lambda text: text, _hindered], ids=["open", "hindered"])
def test_every_candidate_is_legal_and_costs_what_the_search_thinks(scenario_of, change):
    scenario = scenario_of(change)
    terms = terms_of(scenario)
    study = optuna.create_study(sampler=sampler_of(scenario, seed=3))
    with Evaluator(scenario) as evaluator:
        for _ in range(40):
            trial = study.ask()
            values = _suggested(study, trial, scenario)
            evaluation = evaluator(Layout(values))
            assert evaluation.feasible, evaluation.violations
            effort = evaluation.objectives["handling_effort"]
            assert effort == pytest.approx(cost_of(terms.plane, terms.placed(values).at), rel=1e-9)
            study.tell(trial, effort)
    assert {variable.name for variable in scenario.variables} == set(values)


def _suggested(study, trial, scenario):
    space = study.sampler.infer_relative_search_space(study, trial)
    return {name: trial._suggest(name, domain) for name, domain in space.items()}


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("{minimize: handling_effort", "{minimize: floor_area"),
        lambda text: text.replace("boundary: [[0, 0],", "boundary: [[-1, 0],"),
        lambda text: text.replace("yaw: [0, 90]", "yaw: [0, 45]", 1),
        lambda text: text.replace("depth: 2 m}", "depth: 2 m}, service: {front: 1 m}", 1),
        lambda text: text.replace("clearance: 0 m", "obstacles: {bay: {polygon: [[0, 0], [1, 0], [0, 1]]}}"),
    ],
    ids=["other aim", "askew floor", "half turns", "service floor", "triangle"],
)
def test_what_is_more_than_rectangles_is_no_plane(scenario_of, change):
    assert terms_of(scenario_of(change)) is None


def test_candidates_depend_on_the_seed_their_number_and_what_was_told_long_before(scenario_of):
    scenario = scenario_of()

    def run(seed, lag):
        sampler = PlaneSampler(scenario, terms_of(scenario), seed, lag)
        study = optuna.create_study(sampler=sampler)
        pending, told = [], []
        for _ in range(6 * SEARCHES):
            trial = study.ask()
            values = _suggested(study, trial, scenario)
            pending.append((trial, cost_of(sampler.terms.plane, sampler.terms.placed(values).at)))
            told.append(values)
            if len(pending) == lag:
                study.tell(*pending.pop(0))
        return told

    assert run(1, 1) == run(1, SEARCHES)
    assert run(1, 1) != run(2, 1)
    with pytest.raises(ValueError, match="lag"):
        PlaneSampler(scenario, terms_of(scenario), 1, SEARCHES + 1)


def test_a_study_ends_at_the_optimum_and_writes_its_folder(scenario_of, tmp_path):
    """Against all that 15 searches from scratch find."""
    from layout.search.plane.search import solve

    scenario = scenario_of()
    run = optimize(scenario, evaluations=5 * SEARCHES, seed=1, out=tmp_path / "run")
    best = min(solve(terms_of(scenario).plane, seed, rounds=300).cost for seed in range(15))
    assert run.best.objectives["handling_effort"] == pytest.approx(best, rel=1e-9)
    assert run.best.flow is None and run.best.feasible and not run.proof_s
    with (tmp_path / "run" / "trials.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 5 * SEARCHES
    assert min(float(row["handling_effort_m_per_h"]) for row in rows) == pytest.approx(best, rel=1e-9)
