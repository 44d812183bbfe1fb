"""The best few are run among rigid bodies before one is called best; one that fails makes room for the next.

A round proves `ROUND` finalists side by side, whatever the number of workers; rounds go on until one has held. What
the rounds measure is learnt by pair of models, so it holds for every layout of the scenario: the start and the
finalists are simulated again with it, on the same fresh streams. What vehicles wait for one another is of each layout:
it is measured before the first round, and counts in the order of the finalists.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from layout import flow, motion, objective
from layout.errors import Problem, SearchError
from layout.files.recording import Recording
from layout.model.evaluation import Evaluation
from layout.model.line import Layout, Line
from layout.model.physical import TOLERATED, Proof, Verdict
from layout.model.realise import realise
from layout.model.results import Moves
from layout.model.scenario import Scenario
from layout.rollout.learning import Learnt, learn, learnt_moves
from layout.rollout.prove import judge, violations
from layout.rollout.run import roll_out
from layout.rollout.stalls import drain_s
from layout.rollout.waits import Driving, Waits, driving, leaving, vehicles
from layout.search.workers import Workers

WINDOW_S = 180.0  # simulated time of a proof: some seconds on a core that has nothing else to do
PARTS = 10  # good parts after which a proof may end sooner
LEAST_PARTS = 3  # a proof that has seen fewer leave goes on: what happens to a part on its last legs counts, too
LONGER = 10.0  # times the window is the most that it goes on, for parts to leave and for one of each product
ROUND = 2  # finalists proved side by side; a constant, so that the answer does not depend on --workers


@dataclass(frozen=True, eq=False)
class Judgement:
    """What a run among rigid bodies says of a finalist.

    learnt : what its elementary moves took more than assumed
    proof, recording : of that run; None where it was not made
    """

    verdict: Verdict
    learnt: Learnt
    proof: Proof | None = None
    recording: Recording | None = None


@dataclass(frozen=True)
class Proven:
    """The start and the finalists after their proofs, finalists best first; `learnt` is what the flow model learnt.

    best : the judgement of the first finalist; None where it had none
    """

    start: Evaluation
    finalists: tuple[Evaluation, ...]
    learnt: Learnt
    best: Judgement | None = None


def prove_best(
    scenario: Scenario, start: Evaluation, ranked: Sequence[Evaluation], pool: Workers, seed: int, replications: int,
    window_s: float, order: Callable[[Sequence[Evaluation]], list[int]],
) -> Proven:  # fmt: skip
    """Prove finalists in their order until one holds.

    ranked : finalists by the flow simulation, best first; infeasible ones are not proved
    seed, replications : of the fresh streams that gave their figures
    window_s : simulated time of a proof (s)
    order : of feasible evaluations, best first; asked again where vehicles wait for one another
    """
    feasible = [evaluation for evaluation in ranked if evaluation.feasible]
    drives = _drive(scenario, (start, *feasible), pool)
    assumed, driven, told = _by_waits(scenario, (start, *feasible), drives, pool, seed, replications, order)
    judged = {i: Judgement(Verdict(0.0, 0, d.incidents), {}) for i, d in enumerate(driven) if d and d.incidents}
    left = [i for i in range(1, len(assumed)) if told[i].feasible and i not in judged]
    for first in range(0, len(left), ROUND):
        calls = {i: pool.call(proof, assumed[i].layout, window_s, seed, driven[i]) for i in left[first : first + ROUND]}
        for i, call in calls.items():
            found = pool.answer(call)
            judged[i] = Judgement(Verdict(0.0, 0, reason=found), {}) if isinstance(found, str) else found
        if any(judged[i].verdict.proved for i in calls):
            break
    judged.pop(0, None)  # nobody proposes the start
    best = min((i for i, judgement in judged.items() if judgement.verdict.proved), default=None)
    known = judged[best].learnt if best is not None else {}
    if any(known.values()):
        told = _learning(scenario, assumed, known, driven, pool, seed, replications)
    start, *again = (_judged(evaluation, judged.get(i)) for i, evaluation in enumerate(told))
    places = sorted(range(len(again)), key=lambda i: _rank(again[i]))
    finalists = (*(again[i] for i in places), *(e for e in ranked if not e.feasible))
    return Proven(start, finalists, known, judged.get(places[0] + 1) if places else None)


def proof(scenario: Scenario, layout: Layout, window_s: float, seed: int, driven: Driving | None = None) -> Judgement:
    """Run a layout among rigid bodies, on the first of the streams of a seed. In a worker.

    driven : what its vehicles' driving says, where it is known
    """
    line = realise(scenario, layout)
    moves = motion.plan(line)
    driven = driving(line, moves) if driven is None else driven
    until_s = until(line, moves, window_s, seed)
    run, recording = roll_out(line, moves, until_s=until_s, seed=seed, record=True)
    judged = judge(line, moves, (run,), seed, until_s, driven)
    refusing = tuple(one for one in (*run.incidents, *judged.driving) if one.kind not in TOLERATED)
    parts = sum(departure.physical_s <= run.until_s for departure in run.departures)
    return Judgement(Verdict(run.until_s, parts, refusing), learn(line, run.moves), judged, recording)


def drive(scenario: Scenario, layout: Layout) -> Driving:
    """What vehicles of a layout wait for one another, and whether they block one another. In a worker."""
    line = realise(scenario, layout)
    return driving(line, motion.plan(line))


def _drive(scenario: Scenario, evaluations: Sequence[Evaluation], pool: Workers) -> list[Driving | None]:
    """What vehicles wait for one another, by layout; None where nobody knows yet. Layouts with one vehicle or none have
    nothing to wait for."""
    calls = [
        pool.call(drive, e.layout) if e.feasible and vehicles(realise(scenario, e.layout)) > 1 else None
        for e in evaluations
    ]
    found: list[Driving | None] = []
    for call in calls:
        if call is None:
            found.append(Driving({}))
            continue
        answer = pool.answer(call)
        found.append(None if isinstance(answer, str) else answer)
    return found


def _by_waits(
    scenario: Scenario, evaluations: Sequence[Evaluation], drives: Sequence[Driving | None], pool: Workers, seed: int,
    replications: int, order: Callable[[Sequence[Evaluation]], list[int]],
) -> tuple[list[Evaluation], list[Driving | None], list[Evaluation]]:  # fmt: skip
    """The start and the candidates, which are put into the order that they have when vehicles wait for one another;
    with how they drive, and simulated with that."""
    if not any(one is not None and one.waits_s for one in drives):
        return list(evaluations), list(drives), list(evaluations)
    told = _learning(scenario, evaluations, {}, drives, pool, seed, replications)
    good = [i for i in range(1, len(told)) if told[i].feasible]
    places = [0, *(good[k] for k in order([told[i] for i in good]))]
    places += [i for i in range(1, len(told)) if not told[i].feasible]
    return [evaluations[i] for i in places], [drives[i] for i in places], [told[i] for i in places]


def until(line: Line, moves: Moves, window_s: float, seed: int) -> float:
    """When the proof of a layout ends (s): after the window, sooner once `PARTS` have left, later while fewer than
    `LEAST_PARTS` have or none yet of a product that does leave, but not after `LONGER` windows, nor after the
    scenario's horizon."""
    most_s = min(LONGER * window_s, line.time.horizon_s)
    left, more_s = leaving(line, moves, seed=seed, until_s=most_s), drain_s(line)
    some_s, enough_s = (left[n - 1].time_s + more_s if len(left) >= n else math.inf for n in (LEAST_PARTS, PARTS))
    first_s = {part.product: part.time_s for part in reversed(left)}
    each_s = max(first_s.values(), default=0.0) + more_s
    return min(max(min(max(window_s, some_s), enough_s), each_s), most_s)


def with_learnt(
    scenario: Scenario, evaluation: Evaluation, learnt: Learnt, waits: Waits | None, seed: int, replications: int
) -> Evaluation:
    """The evaluation with the figures of the learnt moves; as it was where they change nothing. In a worker.

    waits : what its vehicles wait for one another; None: not known yet
    """
    line = realise(scenario, evaluation.layout)
    moves = known_moves(line, learnt, waits)
    result = flow.simulate(line, moves, seed=seed, replications=replications)
    if evaluation.flow is None or result.throughput_per_h == evaluation.flow.throughput_per_h:
        return evaluation
    figure = flow.analyse(line, moves).figure
    return replace(
        evaluation,
        violations=result.deadlocks,
        bound_per_h=flow.bound(line, moves),
        flow=result,
        objectives=objective.measure(line, moves, result),
        exact_per_h=figure.per_h if figure is not None and figure.exact else None,
        assumed_per_h=evaluation.flow.throughput_per_h,
    )


def _learning(
    scenario: Scenario, evaluations: Sequence[Evaluation], learnt: Learnt, driven: Sequence[Driving | None],
    pool: Workers, seed: int, replications: int,
) -> list[Evaluation]:  # fmt: skip
    calls = []
    for evaluation, one in zip(evaluations, driven, strict=True):
        given = replace(evaluation, moves=None), learnt, one.waits_s if one else None, seed, replications
        calls.append(pool.call(with_learnt, *given) if evaluation.feasible else None)
    found = []
    for evaluation, call in zip(evaluations, calls, strict=True):
        if call is None:
            found.append(evaluation)
            continue
        answer = pool.answer(call)
        if isinstance(answer, str):
            raise SearchError(Problem("a finalist cannot be simulated with what was learnt", value=answer))
        found.append(answer)
    return found


def _judged(evaluation: Evaluation, judgement: Judgement | None) -> Evaluation:
    if judgement is None:
        return evaluation
    verdict = judgement.verdict
    return replace(evaluation, verdict=verdict, violations=(*evaluation.violations, *violations(verdict.incidents)))


def _rank(evaluation: Evaluation) -> int:
    """Proved ones first, then those that were not refused, refused ones last; equals keep their order."""
    if not evaluation.feasible:
        return 2
    return 0 if evaluation.verdict is not None and evaluation.verdict.proved else 1


def known_moves(line: Line, learnt: Learnt, waits: Waits | None = None) -> Moves:
    """A line's moves with what was learnt, and what its vehicles wait for one another (None: not known yet)."""
    moves = motion.plan(line)
    return learnt_moves(line, moves, learnt, driving(line, moves).waits_s if waits is None else waits)
