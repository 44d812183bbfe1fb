"""Replications are added while a candidate can still be among the best: against normal figures whose truth is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from layout.model.line import Layout
from layout.model.scenario import Objective, Scenario, ScenarioSpec, Time
from layout.objective import outdone_score, score
from layout.pipeline import Evaluator
from layout.search.racing import CONFIDENCE, Race, looks, race


@dataclass
class Made:
    per_h: float = 0.0
    lead_time_s: float = 0.0


def spec(*aims: Objective, **time: object) -> ScenarioSpec:
    return ScenarioSpec.model_construct(time=Time.model_validate(time), objectives=aims)


def against(rival: np.ndarray, **changed: object) -> Race:
    made = race(spec(Objective(maximize="throughput", tolerance=0.01), replications=10), rival.tolist())
    assert made is not None
    return made


def ran(made: Race, figures: np.ndarray) -> int:
    """How many replications a candidate with these figures gets."""
    done: list[Made] = []
    for figure in figures:
        done.append(Made(float(figure)))
        if made.over(done):
            return len(done)
    raise AssertionError("the race does not end")


def test_looks_double_up_to_three_times_the_scenarios_replications() -> None:
    assert looks(10) == (4, 8, 16, 30)
    assert looks(2) == (2, 4, 6)
    assert looks(64) == (4, 8, 16, 32, 64, 128, 192)


def test_the_hopeless_stop_early_and_the_good_get_three_times_as_many() -> None:
    rng = np.random.default_rng(1)
    shared, own = rng.normal(0, 1, 30), rng.normal(0, 1, (2, 30))
    rival = 100 + shared + own[0]
    assert ran(against(rival), 80 + shared + own[1]) == 4
    assert ran(against(rival), 100 + shared + own[1]) == 30
    assert ran(against(np.array([])), 80 + shared) == 30  # nothing to be held against


def test_equal_figures_get_what_the_scenario_says() -> None:
    """A line without chance, or a change that changes nothing, needs no more."""
    rival = np.full(30, 60.0)
    assert ran(against(rival), rival) == 16  # the first look at ten or more
    assert ran(against(rival), 0.9 * rival) == 4


def test_a_candidate_within_tolerance_is_seldom_given_up() -> None:
    """At the edge of the tolerance: at most the stated share of 800, two standard errors of them allowed."""
    rng = np.random.default_rng(2)
    tries, lost = 800, 0
    for _ in range(tries):
        shared, own = rng.normal(0, 2, 30), rng.normal(0, 1, (2, 30))
        made = Race("throughput", 1.0, tuple(100 + shared + own[0]), 0.0, 0.01, 10, looks(10))
        lost += ran(made, 99 + shared + own[1]) < 16
    assert lost / tries <= 1 - CONFIDENCE + 2 * (0.05 * 0.95 / tries) ** 0.5


def test_kind_streams_do_not_make_a_candidate_look_better() -> None:
    """The first four replications bring 5 more to everybody; a candidate was run on these alone."""
    kind = np.array([5.0] * 4 + [0.0] * 26)
    made = race(spec(Objective(maximize="throughput"), replications=10), (90 + kind).tolist(), at=90.2)
    assert made is not None
    assert made.compared([94.0] * 4) == pytest.approx(89.2)
    assert made.compared((91 + kind).tolist()) == pytest.approx(91.2)
    assert against(np.array([])).compared([1.0, 2.0]) == 1.5


def test_less_is_better_where_the_aim_says_so() -> None:
    made = race(spec(Objective(minimize="lead_time", tolerance=0.02), replications=10), [300.0, 310.0, 290.0, 305.0])
    assert made is not None
    assert made.over([Made(lead_time_s=x) for x in (400.0, 411.0, 389.0, 406.0)])
    assert not made.over([Made(lead_time_s=x) for x in (200.0, 211.0, 189.0, 206.0)])
    assert not made.hopeless(0.0)  # a bound on throughput says nothing of lead times


def test_a_bound_below_the_best_is_hopeless_beyond_tolerance_only() -> None:
    made = against(np.full(10, 60.0))
    assert made.hopeless(59.3) and not made.hopeless(59.5)
    assert not against(np.array([])).hopeless(0.0)


def test_what_the_bound_rules_out_is_not_simulated(cell: Scenario) -> None:
    start = Layout(dict(cell.start or {}))
    with Evaluator(cell) as evaluator:
        for per_h, simulated in ((1e6, False), (1.0, True)):
            made = race(cell.spec, [per_h] * 6, per_h)
            assert made is not None
            found = evaluator(start, against=made)
            assert not found.violations and (found.flow is not None) == found.feasible == simulated
    scale = {"throughput": 1e6, "floor_area": 100.0}
    value = outdone_score(found.bound_per_h, cell.spec.objectives, scale)
    least = {"throughput": found.bound_per_h, "floor_area": 100.0}
    assert value == pytest.approx(score(least, cell.spec.objectives, scale))


@pytest.mark.parametrize(
    ("aims", "time"),
    [
        ((Objective(minimize="floor_area"),), {"replications": 10}),
        ((Objective(maximize="throughput"),), {"replications": 1}),
        ((Objective(maximize="throughput"),), {"replications": 10, "until": 0.01}),
    ],
)
def test_no_race_where_there_is_none_to_run(aims: tuple[Objective, ...], time: dict[str, object]) -> None:
    assert race(spec(*aims, **time), [1.0, 2.0]) is None
