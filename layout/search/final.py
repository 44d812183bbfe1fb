"""The last word: the best few are simulated again on streams nobody optimised against, and ranked by that."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from optuna.trial import FrozenTrial

from layout import flow, objective
from layout.files.event_log import span_of, usual_hour
from layout.files.runs import MEASURE_COLUMNS
from layout.model.line import Layout
from layout.model.realise import realise
from layout.model.results import Evaluation, TraceEvent
from layout.model.scenario import Objective, Scenario
from layout.rollout.learning import Learnt
from layout.search.proving import known_moves
from layout.search.space import Copies
from layout.search.workers import Workers

FINALISTS = 5
CONTENDERS = 200  # told candidates among which the finalists are chosen by the objectives in turn
REPLICATIONS = 30
NO_NUMBER = 1e300


def confirm(
    scenario: Scenario, trials: Sequence[FrozenTrial], pool: Workers, seed: int
) -> tuple[Evaluation, list[Evaluation]]:
    """The start and the finalists, evaluated on fresh streams; finalists best first.

    Where no candidate is feasible the finalists are the least violating ones, least first. Without a start in the
    scenario, the first candidate told stands for it.
    """
    aims = scenario.spec.objectives
    fresh, replications = fresh_streams(scenario, seed)
    finalists = [Layout(dict(trial.params)) for trial in _finalists(scenario, trials)]
    start = Layout(Copies(scenario).needed(scenario.start) if scenario.start else dict(trials[0].params))
    tickets = [pool.submit(layout, seed=fresh, replications=replications) for layout in (start, *finalists)]
    again = [pool.result(ticket) for ticket in tickets]
    feasible = [evaluation for evaluation in again[1:] if evaluation.feasible]
    others = sorted(
        (evaluation for evaluation in again[1:] if not evaluation.feasible),
        key=lambda evaluation: objective.total_violation(evaluation.violations),
    )
    order = objective.best_first([finite(e.objectives, aims) for e in feasible], aims)
    return again[0], [feasible[i] for i in order] + others


def fresh_streams(scenario: Scenario, seed: int) -> tuple[int, int]:
    """Seed and replications of the last word, for a search of that seed."""
    fresh = np.random.SeedSequence([scenario.spec.time.seed, seed, 1]).generate_state(1)[0]
    return int(fresh), max(REPLICATIONS, scenario.spec.time.replications)


def hour_of(scenario: Scenario, best: Evaluation, seed: int, learnt: Learnt) -> tuple[int, list[TraceEvent]]:
    """The hour of a layout's shift that reports show, and what its resources do then; nothing if it was not simulated.

    It is of the first of the runs that gave the layout's figures, for a search of that seed.
    learnt : what its moves take more, where its figures hold that
    """
    if best.flow is None:
        return 0, []
    line = realise(scenario, best.layout)
    hour = usual_hour(line.time.horizon_s, best.flow.warmup_s)
    start_s, end_s = span_of(hour, line.time.horizon_s)
    moves = known_moves(line, learnt if best.assumed_per_h is not None else {})
    events = flow.trace(line, moves, seed=fresh_streams(scenario, seed)[0], until_s=end_s)
    return hour, [event for event in events if event.end_s > start_s]


def _finalists(scenario: Scenario, trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    """The best as told, no layout twice: by the objectives in turn; where none is feasible, the least violating."""
    distinct = list({tuple(sorted(trial.params.items())): trial for trial in reversed(trials)}.values())
    feasible = [trial for trial in distinct if trial.user_attrs["state"] == "feasible"]
    if not feasible:
        return sorted(distinct, key=lambda t: (max(t.constraints.values(), default=0.0), t.number))[:FINALISTS]
    aims = scenario.spec.objectives
    feasible.sort(key=lambda trial: (-(trial.value or 0.0), trial.number))
    contenders = feasible[:CONTENDERS]
    order = objective.best_first([finite(measures(trial), aims) for trial in contenders], aims)
    return [contenders[i] for i in order[:FINALISTS]]


def finite(values: Mapping[str, float], aims: Sequence[Objective]) -> dict[str, float]:
    """Measures with the worst there is for those that are no numbers (the lead time where no part leaves)."""
    worst = {aim.measure: -aim.sign * NO_NUMBER for aim in aims}
    return {m: v if math.isfinite(v) else worst.get(m, NO_NUMBER) for m, v in values.items()}


def measures(trial: FrozenTrial) -> dict[str, float]:
    """The measures a told candidate was recorded with: those that its line has."""
    known = {measure: trial.user_attrs.get(column) for measure, column in MEASURE_COLUMNS.items()}
    return {measure: float(value) for measure, value in known.items() if value is not None}
