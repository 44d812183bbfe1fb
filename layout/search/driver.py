"""The search, start to end: ask, evaluate, tell, in order; keep everything told; confirm the best on fresh streams, and
prove them among rigid bodies.

Candidate k is asked when candidate k - IN_FLIGHT has been told, whatever the number of workers, and results are told
in the order they were asked. What was told is in the run folder's journal before the next candidate is asked.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import optuna
from optuna.trial import FrozenTrial, create_trial

from layout import objective
from layout.errors import Problem, SearchError
from layout.files.runs import MEASURE_COLUMNS, RunFolder
from layout.model.results import Evaluation
from layout.model.scenario import Scenario
from layout.pipeline import Evaluator
from layout.rollout.learning import Learnt
from layout.search.final import confirm, fresh_streams, hour_of
from layout.search.journal import Journal
from layout.search.proving import prove_best, window
from layout.search.sampler import LayoutSampler
from layout.search.space import distributions
from layout.search.workers import Ticket, Workers

IN_FLIGHT = 8  # candidates asked but not told; a constant, so that the answer does not depend on --workers
WORST = -1e9  # told for a candidate whose figures are no numbers, such as the lead time where no part leaves


@dataclass(frozen=True)
class Progress:
    """How far a search is: for a progress bar.

    best_per_h : throughput of the best feasible candidate so far, None before there is one
    ceiling_per_h : what the machines alone would allow
    """

    told: int
    evaluations: int
    feasible: int
    best_per_h: float | None
    ceiling_per_h: float
    elapsed_s: float
    stage: str = "searching"


@dataclass(frozen=True)
class Run:
    """What a search found.

    best : the chosen evaluation, simulated again on fresh streams (or the least violating one if none is feasible, or
        the best of those that physics refused if it refused all)
    runners_up : the next best, simulated again likewise; those refused come last
    start : the scenario's start layout (or the first packing), simulated again likewise
    evaluations, feasible, crashed : how many candidates were told, were feasible, ended their process
    folder : the run folder, None if nothing was written
    proof_s : simulated time that a proof could take, 0 where nothing was proved
    learnt : what the flow simulation learnt from the proof of the best
    """

    scenario: Scenario
    best: Evaluation
    runners_up: tuple[Evaluation, ...]
    start: Evaluation
    evaluations: int
    feasible: int
    crashed: int
    ceiling_per_h: float
    folder: Path | None
    proof_s: float = 0.0
    learnt: Learnt = field(default_factory=dict)

    @property
    def all_refused(self) -> bool:
        """Whether physics refused every layout that could have been called best."""
        return self.best.verdict is not None and self.best.verdict.refused

    @property
    def refused(self) -> int:
        """How many layouts physics refused."""
        found = (self.best, *self.runners_up)
        return sum(evaluation.verdict is not None and evaluation.verdict.refused for evaluation in found)


def optimize(
    scenario: Scenario,
    *,
    evaluations: int = 300,
    seed: int | None = None,
    workers: int = 1,
    out: Path | str | None = None,
    resume: bool = False,
    prove_s: float | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> Run:
    """Search a scenario's best layout.

    evaluations : how many candidates to evaluate, those told before a resume included
    seed : of the search's random numbers (default: the scenario's)
    workers : processes; changes the time it takes, not the answer
    out : run folder to write; with `resume` one that exists
    prove_s : simulated time (s) for which the best few are run as rigid bodies, 0 for not at all (default: what a
        search of that size can afford, see `proving.window`)
    Raises SearchError where there is nothing to search, or where the folder can't be used.
    """
    if evaluations < 1 or workers < 1:
        raise SearchError(f"evaluations and workers must be at least 1 (got {evaluations} and {workers})")
    seed = scenario.spec.time.seed if seed is None else seed
    if not scenario.variables:
        raise SearchError(
            f"{scenario.path.name} has no design variables, so there is nothing to search; "
            "let a machine move (place: {x: [1, 8], y: [1, 6]}) or use 'layout evaluate'"
        )
    settings = {"evaluations": evaluations, "seed": seed, "in_flight": IN_FLIGHT, "prove_s": prove_s}
    folder = None if out is None else (RunFolder.open if resume else RunFolder.create)(Path(out), scenario, settings)
    if folder is not None:
        scenario = folder.scenario()  # the frozen one: what the run goes on with whatever becomes of the file
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    journal = Journal(folder.journal if folder else None)
    study = _Study(scenario, seed, journal, folder)
    with Workers(scenario, workers, seed) as pool:
        study.run(evaluations, pool, on_progress)
        if on_progress:
            on_progress(study.progress(evaluations, "confirming the best on fresh streams"))
        proof_s = window(prove_s, evaluations)
        run = _finish(scenario, study, pool, seed, evaluations, folder, proof_s, on_progress)
    if folder:
        hour, events = hour_of(scenario, run.best, seed, run.learnt)
        folder.finish(scenario, run.start, run.best, run.runners_up, {**_summary(run), "shown_hour": hour}, events)
    return run


class _Study:
    """The Optuna study in memory and the journal beside it."""

    def __init__(self, scenario: Scenario, seed: int, journal: Journal, folder: RunFolder | None) -> None:
        self.scenario = scenario
        with Evaluator(scenario) as evaluator:
            self.scale = evaluator.scales()
        self.sampler = LayoutSampler(scenario, seed, IN_FLIGHT)
        self.study = optuna.create_study(direction="maximize", sampler=self.sampler, storage=None)
        self.space = distributions(scenario.variables)
        self.journal = journal
        self.folder = folder
        self.trials: list[FrozenTrial] = []
        self._began = time.monotonic()
        refused = {_key(record["values"]): record for record in journal.refused().values()}
        for trial in journal.trials():
            self.study.add_trial(_refused(trial, refused.get(_key(trial.params))))
            self.trials.append(trial)
        if folder:
            folder.write_trials(scenario.variables, self.trials)

    def run(self, evaluations: int, pool: Workers, on_progress: Callable[[Progress], None] | None) -> None:
        """Draft, make and evaluate in the workers, and tell, until that many candidates are told."""
        pending: deque[Ticket] = deque()
        while len(self.trials) < evaluations:
            while len(self.trials) + len(pending) < evaluations and len(pending) < IN_FLIGHT:
                pending.append(pool.submit(self.sampler.draft(self.study, len(self.trials) + len(pending))))
            self._tell(pool.result(pending.popleft()))
            self._check_crashes()
            if on_progress:
                on_progress(self.progress(evaluations))

    def _tell(self, evaluation: Evaluation) -> None:
        value = (
            objective.score(evaluation.objectives, self.scenario.spec.objectives, self.scale)
            if evaluation.feasible
            else objective.infeasible_score(evaluation, self.scale)
        )
        values = evaluation.layout.values
        self.study.add_trial(
            create_trial(
                value=value if math.isfinite(value) else WORST,
                params=dict(values),
                distributions={name: domain for name, domain in self.space.items() if name in values},
                user_attrs=_record(evaluation),
                constraints={"violations": objective.total_violation(evaluation.violations)},
            )
        )
        frozen = self.study.get_trials(deepcopy=False)[-1]
        self.journal.add(frozen)
        self.trials.append(frozen)
        if self.folder:
            self.folder.append_trial(self.scenario.variables, frozen)

    def refuse(self, evaluations: Sequence[Evaluation]) -> None:
        """Keep which layouts physics refused: as infeasible they are told where the search goes on."""
        records = self.journal.refused()
        by_values = {_key(trial.params): trial.number for trial in reversed(self.trials)}
        for evaluation in evaluations:
            if evaluation.verdict is not None and evaluation.verdict.refused:
                records[by_values[_key(evaluation.layout.values)]] = {
                    "told": len(self.trials),
                    "values": dict(evaluation.layout.values),
                    "value": objective.infeasible_score(evaluation, self.scale),
                    "violation": objective.total_violation(evaluation.violations),
                }
        self.journal.refuse(records)

    def contenders(self) -> list[FrozenTrial]:
        """What was told, without those that physics refused before the search went on."""
        earlier = {_key(r["values"]) for r in self.journal.refused().values() if r["told"] < len(self.trials)}
        return [trial for trial in self.trials if _key(trial.params) not in earlier]

    def _check_crashes(self) -> None:
        """Give up where nothing but crashes was ever told: it is not the candidates' fault."""
        if len(self.trials) == 2 * IN_FLIGHT and all(t.user_attrs["state"] == "failed" for t in self.trials):
            raise SearchError(
                Problem(
                    f"the first {len(self.trials)} candidates all crashed",
                    value=self.trials[-1].user_attrs["violations"],
                    hint="'layout evaluate' with the scenario shows where",
                )
            )

    def progress(self, evaluations: int, stage: str = "searching") -> Progress:
        feasible = [t for t in self.trials if t.user_attrs["state"] == "feasible"]
        best = max(feasible, key=lambda t: t.value or 0.0, default=None)
        return Progress(
            told=len(self.trials),
            evaluations=evaluations,
            feasible=len(feasible),
            best_per_h=best.user_attrs["throughput_per_h"] if best else None,
            ceiling_per_h=self.scale["throughput"],
            elapsed_s=time.monotonic() - self._began,
            stage=stage,
        )


def _key(values: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    return tuple(sorted(values.items()))


def _refused(trial: FrozenTrial, record: Mapping[str, Any] | None) -> FrozenTrial:
    """The trial as it is told once physics has refused its layout."""
    if record is None:
        return trial
    return create_trial(
        value=record["value"],
        params=trial.params,
        distributions=trial.distributions,
        user_attrs={**trial.user_attrs, "state": "infeasible"},
        constraints={"violations": record["violation"]},
    )


def _record(evaluation: Evaluation) -> dict[str, Any]:
    """What `trials.csv` says of a candidate, beside its values: of violations not the reasons, which are sentences."""
    flow = evaluation.flow
    crashed = any(violation.rule == "crash" for violation in evaluation.violations)
    return {
        "state": "feasible" if evaluation.feasible else "failed" if crashed else "infeasible",
        **{column: evaluation.objectives.get(measure) for measure, column in MEASURE_COLUMNS.items()},
        "half_width": flow.throughput_per_h.half_width if flow else None,
        "bound_per_h": evaluation.bound_per_h,
        "violations": "; ".join(str(replace(violation, reason="")) for violation in evaluation.violations),
    }


def _finish(
    scenario: Scenario,
    study: _Study,
    pool: Workers,
    seed: int,
    evaluations: int,
    folder: RunFolder | None,
    proof_s: float,
    on_progress: Callable[[Progress], None] | None,
) -> Run:
    start, ranked = confirm(scenario, study.contenders() or study.trials, pool, seed)
    with Evaluator(scenario) as evaluator:
        start, *ranked = (evaluator.with_exact(evaluation) for evaluation in (start, *ranked))
    learnt: Learnt = {}
    if proof_s and ranked[0].feasible:
        if on_progress:
            on_progress(study.progress(evaluations, "proving the best among rigid bodies"))
        proven = prove_best(scenario, start, ranked, pool, *fresh_streams(scenario, seed), proof_s)
        start, ranked, learnt = proven.start, list(proven.finalists), proven.learnt
        study.refuse(ranked)
    return Run(
        scenario=scenario,
        best=ranked[0],
        runners_up=tuple(ranked[1:]),
        start=start,
        evaluations=len(study.trials),
        feasible=study.progress(evaluations).feasible,
        crashed=sum(trial.user_attrs["state"] == "failed" for trial in study.trials),
        ceiling_per_h=study.scale["throughput"],
        folder=folder.path if folder else None,
        proof_s=proof_s,
        learnt=learnt,
    )


def _summary(run: Run) -> dict[str, Any]:
    return {
        "evaluations": run.evaluations,
        "feasible_share": run.feasible / run.evaluations,
        "bound_per_h": run.ceiling_per_h,
        "sampler": "layout",
        "stopped": "all evaluations used",
        "proof_s": run.proof_s,
        "refused": run.refused,
    }
