"""The last word: the best few are simulated again on streams nobody optimised against, and ranked by that."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from optuna.trial import FrozenTrial

from layout import flow, motion, objective
from layout.files.event_log import span_of, usual_hour
from layout.files.runs import MEASURE_COLUMNS
from layout.model.evaluation import Evaluation
from layout.model.line import Layout
from layout.model.realise import realise
from layout.model.results import TraceEvent
from layout.model.scenario import Objective, Scenario
from layout.rollout.learning import Learnt
from layout.search import pareto, selection
from layout.search.proving import known_moves
from layout.search.selection import Selection
from layout.search.space import Copies
from layout.search.workers import Workers

FINALISTS = 5
WEIGHTED = "weighted sum"
ZONE = 0.01  # tolerance where the deciding objective has none
CONTENDERS = 200  # told candidates among which the finalists are chosen by the objectives in turn
NO_NUMBER = 1e300
TURNS = (
    3  # times that finalists are chosen at most: where physics refuses all, others follow that are arranged otherwise
)
APART_M, APART_RAD = (
    0.5,
    math.pi / 4,
)  # what stands so far from where it stood, or faces so far off, is another arrangement


def confirm(
    scenario: Scenario,
    trials: Sequence[FrozenTrial],
    pool: Workers,
    seed: int,
    scale: Mapping[str, float],
    front: bool = False,
) -> tuple[Evaluation, list[Evaluation]]:
    """The start and the finalists, evaluated on fresh streams; finalists best first.

    They are simulated as often as it takes to tell them apart (see `selection`), at most `time.at_most` times. Where no
    candidate is feasible the finalists are the least violating ones, least first. Without a start in the scenario, the
    first candidate told stands for it.

    scale : what counts as 1 for each measure
    front : the finalists are members of the front as told, spread along it, instead of the best; none is told apart
    """
    aims = scenario.spec.objectives
    fresh, replications = fresh_streams(scenario, seed)
    finalists = [Layout(dict(trial.params)) for trial in _finalists(scenario, trials, scale, front)]
    start = Layout(Copies(scenario).needed(scenario.start) if scenario.start else dict(trials[0].params))
    again = _simulated(pool, (start, *finalists), fresh, replications)
    most = max(replications, scenario.spec.time.at_most)
    wanted = 0 if front else min(_wanted([e for e in again[1:] if e.feasible], aims, replications, scale), most)
    if wanted > replications:
        again = _simulated(pool, (start, *finalists), fresh, wanted)
    feasible = [evaluation for evaluation in again[1:] if evaluation.feasible]
    order = best_first(feasible, aims, scale)
    others = sorted(
        (evaluation for evaluation in again[1:] if not evaluation.feasible),
        key=lambda evaluation: objective.total_violation(evaluation.violations),
    )
    return again[0], [feasible[i] for i in order] + others


def best_first(evaluations: Sequence[Evaluation], aims: Sequence[Objective], scale: Mapping[str, float]) -> list[int]:
    """Order of feasible evaluations, best first."""
    return objective.best_first([finite(e.objectives, aims) for e in evaluations], aims, scale)


def _simulated(pool: Workers, layouts: Sequence[Layout], seed: int, replications: int) -> list[Evaluation]:
    tickets = [pool.submit(layout, seed=seed, replications=replications) for layout in layouts]
    return [pool.result(ticket) for ticket in tickets]


def _wanted(feasible: Sequence[Evaluation], aims: Sequence[Objective], stage: int, scale: Mapping[str, float]) -> int:
    """Replications that it takes to tell the finalists apart in what decides, to half of what counts as equal."""
    samples = [objective.deciding(evaluation, aims, scale) for evaluation in feasible]
    if not samples or not all(samples):
        return stage
    equal = max(
        objective.equal_within(e.objectives, aims, scale) or ZONE * objective.size(e.objectives, aims, scale)
        for e in feasible
    )
    return selection.needed(samples, selection.HALF * equal, stage) if equal > 0 else stage


def chosen(
    scenario: Scenario, ranked: Sequence[Evaluation], stage: int, scale: Mapping[str, float]
) -> Selection | None:
    """How sure it is that the first of the finalists is the best of those not refused; None where nothing varies.

    stage : replications of the first stage
    """
    feasible = [evaluation for evaluation in ranked if evaluation.feasible]
    aims = scenario.spec.objectives
    samples = [objective.deciding(evaluation, aims, scale) for evaluation in feasible]
    if len(samples) < 2 or not all(samples):
        return None
    size = objective.size(feasible[0].objectives, aims, scale)
    if size <= 0:
        return None
    within = selection.shortfall(samples, 0, stage) / size
    measure = WEIGHTED if objective.weighted(aims) else aims[0].measure
    return Selection(measure, selection.LEVEL, len(samples), len(samples[0]), within)


def fresh_streams(scenario: Scenario, seed: int) -> tuple[int, int]:
    """Seed of the last word, and replications of its first stage, for a search of that seed."""
    fresh = np.random.SeedSequence([scenario.spec.time.seed, seed, 1]).generate_state(1)[0]
    return int(fresh), max(selection.STAGE, scenario.spec.time.replications)


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
    moves = known_moves(line, learnt) if best.assumed_per_h is not None else motion.plan(line)
    events = flow.trace(line, moves, seed=fresh_streams(scenario, seed)[0], until_s=end_s)
    return hour, [event for event in events if event.end_s > start_s]


def _finalists(
    scenario: Scenario, trials: Sequence[FrozenTrial], scale: Mapping[str, float], front: bool = False
) -> list[FrozenTrial]:
    """The best as told, no layout twice: by the objectives in turn; where none is feasible, the least violating."""
    distinct = list({tuple(sorted(trial.params.items())): trial for trial in reversed(trials)}.values())
    feasible = [trial for trial in distinct if trial.user_attrs["state"] == "feasible"]
    if not feasible:
        return sorted(distinct, key=lambda t: (max(t.constraints.values(), default=0.0), t.number))[:FINALISTS]
    aims = scenario.spec.objectives
    if front:
        by_worth = {pareto.worth(finite(measures(trial), aims), aims): trial for trial in feasible}
        feasible, worths = list(by_worth.values()), np.array(list(by_worth))
        members = np.flatnonzero(pareto.unbeaten(worths))
        return [feasible[members[i]] for i in pareto.spread(worths[members], pareto.SHOWN)]
    feasible.sort(key=lambda trial: (-(trial.value or 0.0), trial.number))
    contenders = feasible[:CONTENDERS]
    order = objective.best_first([finite(measures(trial), aims) for trial in contenders], aims, scale)
    return [contenders[i] for i in order[:FINALISTS]]


def others(scenario: Scenario, trials: Sequence[FrozenTrial], refused: Sequence[Layout]) -> list[FrozenTrial]:
    """The feasible ones of told candidates that are arranged otherwise than all that physics refused.

    Where there are none, those that only differ from them in something.
    """
    gone = [layout.values for layout in refused]
    left = [t for t in trials if t.user_attrs["state"] == "feasible" and all(t.params != values for values in gone)]
    return [t for t in left if all(_otherwise(scenario, t.params, values) for values in gone)] or left


def _otherwise(scenario: Scenario, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether something stands elsewhere, or faces another way, or stands in one of two layouts only."""
    for variable in scenario.variables:
        far = {"x": APART_M, "y": APART_M, "yaw": APART_RAD}.get(variable.field)
        if far is None:
            continue
        if (variable.name in one) != (variable.name in other):
            return True
        off = float(one.get(variable.name, 0.0)) - float(other.get(variable.name, 0.0))
        if abs(math.remainder(off, 2 * math.pi) if variable.field == "yaw" else off) > far:
            return True
    return False


def finite(values: Mapping[str, float], aims: Sequence[Objective]) -> dict[str, float]:
    """Measures with the worst there is for those that are no numbers (the lead time where no part leaves)."""
    worst = {aim.measure: -aim.sign * NO_NUMBER for aim in aims}
    return {m: v if math.isfinite(v) else worst.get(m, NO_NUMBER) for m, v in values.items()}


def measures(trial: FrozenTrial) -> dict[str, float]:
    """The measures of a told candidate by which it is compared with others: those that its line has."""
    known = {measure: trial.user_attrs.get(column) for measure, column in MEASURE_COLUMNS.items()}
    known |= trial.user_attrs.get("compared", {})
    return {measure: float(value) for measure, value in known.items() if value is not None}
