"""Conformance of the sampler: whole proposals in range, that depend on seed, number and what was told only."""

from __future__ import annotations

import csv
import math
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.trial import TrialState

import layout
from layout import feasibility
from layout.files.scenario import load_scenario
from layout.model.line import Layout
from layout.model.quantities import Choose, Range
from layout.model.realise import realise
from layout.model.scenario import Scenario
from layout.search.moves import Moves
from layout.search.packing import Packer
from layout.search.proposals import Draft
from layout.search.sampler import PACKINGS, LayoutSampler
from layout.search.space import Copies, Values, distributions, suggest
from tests.search.conftest import JOB_SHOP, cell_text, write

SCENARIOS = ("cell", "line", "shop", "crowded", "out_of_reach")
MANY = PACKINGS + 14
FEW = PACKINGS + 4


@pytest.fixture(params=SCENARIOS)
def scenario(request: pytest.FixtureRequest) -> Scenario:
    return request.getfixturevalue(request.param)  # type: ignore[no-any-return]


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    yield
    optuna.logging.set_verbosity(before)


def study_of(scenario: Scenario, seed: int = 1, lag: int = 2) -> optuna.Study:
    return optuna.create_study(direction="maximize", sampler=LayoutSampler(scenario, seed, lag))


def worth(values: Values) -> float:
    """A stand-in for an evaluation."""
    return -sum(abs(v) for v in values.values() if isinstance(v, float))


def ask_and_tell(study: optuna.Study, scenario: Scenario, upto: int, lag: int = 2) -> list[Values]:
    """Proposals, told `lag` later, every third of them as infeasible."""
    asked: list[Any] = []
    found = []
    for number in range(len(study.trials), upto):
        if len(asked) == lag:
            tell(study, asked.pop(0))
        trial = study.ask()
        assert trial.number == number
        found.append(suggest(trial, scenario))
        asked.append(trial)
    for trial in asked:
        tell(study, trial)
    return found


def tell(study: optuna.Study, trial: Any) -> None:
    trial.set_constraint("violations", 0.4 if trial.number % 3 == 2 else 0.0)
    study.tell(trial, worth(trial.params))


def test_proposals_are_whole_and_in_range(scenario: Scenario) -> None:
    study = study_of(scenario)
    copies, domains = Copies(scenario), {v.name: v.domain for v in scenario.variables}
    for values in ask_and_tell(study, scenario, MANY):
        assert values == copies.needed(values)
        for name, value in values.items():
            domain = domains[name]
            if isinstance(domain, Range):
                assert type(value) is float and domain.low <= value <= domain.high
            else:
                assert value in domain.options
        realise(scenario, Layout(values))  # raises where a value is missing
    # nothing was replaced by a value of its own, as Optuna does with what is out of range
    assert all(set(t.params) == set(copies.needed(t.params)) for t in study.trials)


def test_proposals_keep_what_is_fixed(tmp_path: Path) -> None:
    text = cell_text().replace("place: {x: [2, 8], y: [2, 6]}", "place: {x: 3.6, y: {choose: [3, 4, 5]}}")
    text = text.replace("  tender: {x: 3.6, y: 4, dispatch: pull}", "  tender: {y: 4, dispatch: pull}")
    scenario = load_scenario(write(tmp_path, text))
    for values in ask_and_tell(study_of(scenario), scenario, MANY):
        assert "tender.x" not in values and "tender.yaw" not in values
        assert values["tender.y"] in (3.0, 4.0, 5.0)
        arm = realise(scenario, Layout(values)).arms["tender"]
        assert (arm.pose.x_m, arm.pose.yaw_rad) == (3.6, 0.0)


@pytest.mark.parametrize("name", ["cell", "line", "shop"])
def test_the_same_seed_number_and_told_give_the_same(name: str, request: pytest.FixtureRequest) -> None:
    scenario = request.getfixturevalue(name)
    first = ask_and_tell(study_of(scenario), scenario, FEW)
    assert first == ask_and_tell(study_of(scenario), scenario, FEW)
    assert first != ask_and_tell(study_of(scenario, seed=2), scenario, FEW)


def test_told_before_and_taken_up_again(cell: Scenario) -> None:
    """A study that holds what was told before goes on as the one that never stopped."""
    whole = study_of(cell)
    expected = ask_and_tell(whole, cell, MANY)[MANY - 6 :]
    resumed = study_of(cell)
    for trial in whole.trials[: MANY - 6]:
        resumed.add_trial(trial)
    assert ask_and_tell(resumed, cell, MANY) == expected


def test_one_sampler_serves_two_studies(cell: Scenario) -> None:
    sampler = LayoutSampler(cell, 1, 2)
    for _ in range(2):
        study = optuna.create_study(direction="maximize", sampler=sampler)
        assert ask_and_tell(study, cell, MANY) == ask_and_tell(study_of(cell), cell, MANY)


@pytest.mark.parametrize("told", ["infeasible", "failed", "pruned", "huge"])
def test_bad_news_is_survived(shop: Scenario, told: str) -> None:
    study = study_of(shop, lag=1)
    for _ in range(PACKINGS + 4):
        trial = study.ask()
        suggest(trial, shop)
        if told == "failed":
            study.tell(trial, state=TrialState.FAIL)
        elif told == "pruned":
            study.tell(trial, state=TrialState.PRUNED)
        else:
            trial.set_constraint("violations", math.inf if told == "huge" else 1.0)
            study.tell(trial, -1e9 if told == "huge" else -0.5)
    assert all(t.params for t in study.trials)


def test_good_candidates_are_followed(shop: Scenario) -> None:
    """With what is told as its own worth, later proposals are worth more than the first ones."""
    study = study_of(shop, lag=1)
    found = ask_and_tell(study, shop, 80, lag=1)
    assert np.mean([worth(v) for v in found[-20:]]) > np.mean([worth(v) for v in found[:16]])


def test_floor_plans_are_judged_as_the_rules_do(scenario: Scenario) -> None:
    proposals = LayoutSampler(scenario, 1).proposals
    moves, rng = proposals.moves, np.random.default_rng(2)
    for _ in range(6):
        settings = moves.settings_drawn(rng)
        loose = {spot.subject for spot in moves.standing(settings)}
        values = proposals.packer.pack(rng, settings, loose, force=True)
        assert values is not None
        for spot in moves.standing(values):
            if rng.random() < 0.3:
                moves.change(rng, values)
            else:
                moves._shift(rng, values, spot)
        line = realise(scenario, Layout(values))
        expected = feasibility.quick(line) or feasibility.ways(feasibility.Ground(line))
        found = proposals._plan(values)
        if expected:
            assert sorted(map(str, found.violations)) == sorted(map(str, expected))
        else:  # then only arms that do not get into a machine may be at fault
            assert {violation.rule for violation in found.violations} <= {"reach"}
        assert proposals._plan(values, (2, 1e9)).rank == found.rank
        if found.violations:
            assert proposals._plan(values, found.rank).rank >= (1, 0.0)


def test_the_example_of_the_docs_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = Path(layout.__file__).parents[1] / "docs" / "search.md"
    code = page.read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
    (tmp_path / "cell.yaml").write_text(cell_text())
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(compile(code, str(page), "exec"), names)
    study = names["study"]
    assert len(study.trials) == 5 and study.best_value > 0.0
    assert study.best_trial.constraints == {"violations": 0.0}


@pytest.mark.parametrize("direction", ["minimize", "maximize"])
def test_both_directions(shop: Scenario, direction: str) -> None:
    """What is told with the other sign in a study of the other direction makes no difference."""
    study = optuna.create_study(direction=direction, sampler=LayoutSampler(shop, 1))
    sign = 1.0 if direction == "maximize" else -1.0
    for _ in range(FEW + 4):
        trial = study.ask()
        study.tell(trial, sign * worth(suggest(trial, shop)))
    expected = optuna.create_study(direction="maximize", sampler=LayoutSampler(shop, 1))
    for trial in study.trials[:-1]:
        expected.add_trial(optuna.trial.create_trial(
            value=sign * (trial.value or 0.0), params=trial.params, distributions=trial.distributions
        ))  # fmt: skip
    assert suggest(expected.ask(), shop) == study.trials[-1].params


def test_several_objectives_and_fixed_parameters(shop: Scenario) -> None:
    sampler = LayoutSampler(shop, 1)
    study = optuna.create_study(directions=["maximize", "minimize"], sampler=sampler)
    for _ in range(PACKINGS + 2):
        trial = study.ask()
        values = suggest(trial, shop)
        study.tell(trial, [worth(values), values["mill.x"]])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        study.sampler = optuna.samplers.PartialFixedSampler({"mill.x": 4.5}, sampler)
    assert suggest(study.ask(), shop)["mill.x"] == 4.5


def test_what_pays_off_is_made_more_often(shop: Scenario) -> None:
    """Shifts that always better their parent, other moves that never do."""
    sampler = LayoutSampler(shop, 1)
    study, value = optuna.create_study(direction="maximize", sampler=sampler), 0.0
    space = distributions(shop.variables)
    values = sampler.proposals(Draft(0))
    made: list[str] = []
    for number in range(PACKINGS + 120):
        draft = sampler.draft(study, number)
        made.append(draft.move)
        value = value + 1.0 if draft.move == "shift" else value - 0.5 * bool(draft.move)
        study.add_trial(optuna.trial.create_trial(value=value, params=values, distributions=space))
    start, late = sampler.proposals.moves.shares(values), [move for move in made[-60:] if move]
    assert late.count("shift") / len(late) > 1.5 * start["shift"] / sum(start.values())


def test_the_start_comes_first(cell: Scenario) -> None:
    assert ask_and_tell(study_of(cell), cell, 1) == [dict(cell.start or {})]


def test_values_of_copies_that_do_not_stand_are_left_out(cell: Scenario) -> None:
    found = ask_and_tell(study_of(cell), cell, MANY)
    assert {values["mill.count"] for values in found} == {1, 2}
    for values in found:
        assert ("mill 2.x" in values) == (values["mill.count"] == 2)


def test_a_start_with_more_copies_than_it_counts(tmp_path: Path) -> None:
    text = cell_text().replace("  washer: {x: 3.6", "  mill 2: {x: 8, y: 2, yaw: 0}\n  washer: {x: 3.6")
    scenario = load_scenario(write(tmp_path, text))
    assert scenario.start is not None and "mill 2.x" in scenario.start
    assert "mill 2.x" not in ask_and_tell(study_of(scenario), scenario, 1)[0]


@pytest.mark.parametrize("name", ["_shift", "_nudge", "_turn", "_swap", "_replace", "_orbit", "_pull"])
def test_every_move_stays_within_the_domains(scenario: Scenario, name: str) -> None:
    packer = Packer(scenario)
    moves = Moves(scenario, packer)
    domains = {v.name: v.domain for v in scenario.variables}
    rng = np.random.default_rng(3)
    start = moves.settings_drawn(rng)
    values = packer.pack(rng, start, {s.subject for s in moves.standing(start)}, force=True)
    assert values is not None
    for spot in moves.standing(values):
        getattr(moves, name)(rng, values, spot)
        for variable, value in values.items():
            domain = domains[variable]
            inside = domain.low <= value <= domain.high if isinstance(domain, Range) else value in domain.options
            assert inside, (variable, value)


def test_every_kind_of_setting_is_searched(tmp_path: Path) -> None:
    """Counts, buffers, dispatch rules and belt speeds change, end to end, and reach the simulated line."""
    text = cell_text().replace("buffer: {in: 1}", "buffer: {in: {choose: [1, 2, 3]}, out: {choose: [0, 1]}}")
    text = text.replace("speed: 0.3 m/s", "speed: {range: [0.1 m/s, 0.4 m/s]}").split("start:")[0]
    scenario = load_scenario(write(tmp_path, text))
    run = layout.optimize(scenario, evaluations=30, seed=1, workers=2, out=tmp_path / "run", prove_s=0.0)
    with (tmp_path / "run" / "trials.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    columns = {name: {row[i] for row in rows[1:]} for i, name in enumerate(rows[0])}
    assert columns["mill.count"] == {"1", "2"}
    assert columns["outfeed.buffer.in"] == {"1", "2", "3"}
    assert columns["outfeed.buffer.out"] == {"0", "1"}
    assert columns["tender.dispatch"] == {"first_come", "nearest", "pull"}
    assert len(columns["belt.speed"]) > 5
    line = realise(scenario, run.best.layout)
    assert run.best.feasible and line.belts["belt"].speed_m_s == run.best.layout.values["belt.speed"]


def test_settings_alone_are_searched(tmp_path: Path) -> None:
    """No machine may move: only buffers are to be chosen."""
    text = JOB_SHOP
    places = iter(("1,1,0", "3.5,2,0", "6.5,2,0", "8.5,2,0", "1.5,5.5,0", "4,6,0"))
    while "place: {x: [1, 11]" in text:
        x, y, yaw = next(places).split(",")
        text = text.replace("place: {x: [1, 11], y: [1, 8], yaw: {range: [-180, 180]}}",
                            f"place: {{x: {x}, y: {y}, yaw: {yaw}}}", 1)  # fmt: skip
    scenario = load_scenario(write(tmp_path, text))
    assert [v.name for v in scenario.variables] == ["lathe.buffer.in"]
    found = ask_and_tell(study_of(scenario), scenario, 20)
    assert {values["lathe.buffer.in"] for values in found} == set(Choose((1, 2, 4)).options)
