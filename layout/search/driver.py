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
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import optuna
from optuna.trial import FrozenTrial, create_trial

from layout import objective
from layout.errors import Problem, SearchError, plain_interrupts
from layout.files.proofs import keep_proof, proof_to_json
from layout.files.runs import MEASURE_COLUMNS, Found, RunFolder
from layout.model.evaluation import Evaluation
from layout.model.scenario import Scenario
from layout.pipeline import Against, Evaluator
from layout.rollout.learning import Learnt
from layout.search.final import TURNS, best_first, chosen, confirm, finite, fresh_streams, hour_of, measures, others
from layout.search.found import Progress, Run, search_facts, summary
from layout.search.journal import Journal
from layout.search.pareto import Front, Population, front_of, worth
from layout.search.proposals import PACKINGS, Draft
from layout.search.proving import WINDOW_S, Judgement, prove_best
from layout.search.racing import Race, race
from layout.search.sampler import LayoutSampler
from layout.search.samplers import candidates
from layout.search.space import distributions
from layout.search.stages import stages
from layout.search.stops import USED, Stops
from layout.search.workers import Ticket, Workers

IN_FLIGHT = 8  # candidates asked but not told; a constant, so that the answer does not depend on --workers
EVALUATIONS = 300  # where neither a number of evaluations nor a time is given
WORST = -1e9  # told for a candidate whose figures are no numbers, such as the lead time where no part leaves


@plain_interrupts()
def optimize(
    scenario: Scenario,
    *,
    evaluations: int | None = None,
    seed: int | None = None,
    workers: int = 1,
    out: Path | str | None = None,
    resume: bool = False,
    prove_s: float | None = None,
    patience: int | None = None,
    timeout_s: float | None = None,
    pareto: bool = False,
    sampler: str = "layout",
    on_progress: Callable[[Progress], None] | None = None,
) -> Run:
    """Search a scenario's best layout.

    evaluations : how many candidates to evaluate at most, those told before a resume included (default: 300, or as
        many as there is time for where a time is given)
    seed : of the search's random numbers (default: the scenario's)
    workers : processes; changes the time it takes, not the answer
    out : run folder to write; with `resume` one that exists
    prove_s : simulated time (s) for which the best few are run as rigid bodies, 0 for not at all (default:
        `proving.WINDOW_S`)
    patience : the search ends when nothing has improved for so many evaluations
    timeout_s : time (s) after which no more candidates are asked for; the last word is said after it. This is the
        only thing that the clock decides: with it, the same seed may end elsewhere
    pareto : look for the layouts that no other beats in all objectives, instead of the best by the objectives in turn
    sampler : who proposes candidates, one of `samplers.SAMPLERS`
    Raises SearchError where there is nothing to search, or where the folder can't be used.
    """
    for name, given in (("evaluations", evaluations), ("workers", workers), ("patience", patience)):
        if given is not None and given < 1:
            raise SearchError(f"{name} must be at least 1 (got {given})")
    if evaluations is None and timeout_s is None:
        evaluations = EVALUATIONS
    seed = scenario.spec.time.seed if seed is None else seed
    if not scenario.variables:
        raise SearchError(
            f"{scenario.path.name} has no design variables, so there is nothing to search; "
            "let a machine move (place: {x: [1, 8], y: [1, 6]}) or use 'layout evaluate'"
        )
    aims = scenario.spec.objectives
    if pareto and (len(aims) < 2 or objective.weighted(aims)):
        raise SearchError(
            Problem(
                "there is no front to look for",
                where="objectives",
                value=", ".join(aim.measure for aim in aims),
                hint="name two objectives or more, without weights",
            )
        )
    settings = {
        "evaluations": evaluations,
        "asked": evaluations,
        "seed": seed,
        "in_flight": IN_FLIGHT,
        "prove_s": prove_s,
        "patience": patience,
        "pareto": pareto or None,
        "sampler": sampler,
    }
    candidates(sampler, scenario, seed)  # before anything is written: can it search this scenario?
    folder = None if out is None else (RunFolder.open if resume else RunFolder.create)(Path(out), scenario, settings)
    if folder is not None:
        scenario = folder.scenario()  # the frozen one: what the run goes on with whatever becomes of the file
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    journal = Journal(folder.journal if folder else None)
    study = _Study(scenario, seed, journal, folder, pareto, sampler)
    with Workers(scenario, workers, seed) as pool:
        stops = Stops(aims, study.scale, patience, timeout_s, pareto)
        stopped = study.run(evaluations, pool, stops, on_progress)
        if on_progress:
            on_progress(study.progress(evaluations, "confirming the best on fresh streams"))
        proof_s = 0.0 if scenario.spec.geometric else WINDOW_S if prove_s is None else prove_s
        run = _finish(scenario, study, pool, seed, stopped, folder, proof_s, on_progress)
    if folder:
        hour, events = hour_of(scenario, run.best, seed, run.learnt)
        found = Found(run.start, run.best, run.runners_up, search_facts(run), events)
        folder.finish(scenario, found, {**summary(run), "shown_hour": hour}, {s.name: s.spent_s for s in run.stages})
        if run.proof is not None and run.recording is not None:
            keep_proof(folder.path, proof_to_json(run.proof, run.best, scenario), run.recording)
    return run


class _Study:
    """The Optuna study in memory and the journal beside it."""

    def __init__(
        self, scenario: Scenario, seed: int, journal: Journal, folder: RunFolder | None, pareto: bool, sampler: str
    ) -> None:
        self.scenario = scenario
        with Evaluator(scenario) as evaluator:
            self.scale = evaluator.scales()
        self.sampler = candidates(sampler, scenario, seed, IN_FLIGHT)
        self.study = optuna.create_study(direction="maximize", storage=None)
        self.space = distributions(scenario.variables)
        self.journal = journal
        self.folder = folder
        self.trials: list[FrozenTrial] = []
        self.population = Population(seed) if pareto else None
        self._rivals: list[FrozenTrial | None] = []
        self._feasible = 0
        self._best: FrozenTrial | None = None
        self._worths: list[tuple[float, ...] | None] = []
        self._began = time.monotonic()
        refused = {_key(record["values"]): record for record in journal.refused().values()}
        for trial in journal.trials():
            as_told = _refused(trial, refused.get(_key(trial.params)))
            self.study.add_trial(as_told)
            self._keep(trial, as_told)
        if folder:
            folder.write_trials(scenario.variables, self.trials)

    @property
    def ceiling_per_h(self) -> float:
        """What the machines alone would allow."""
        return self.scale["throughput"]

    def run(
        self, evaluations: int | None, pool: Workers, stops: Stops, on_progress: Callable[[Progress], None] | None
    ) -> str:
        """Draft, make and evaluate in the workers, and tell, until that many candidates are told; why it ended."""
        pending: deque[Ticket] = deque()
        most = math.inf if evaluations is None else evaluations
        for trial in self.trials:
            stops.told(self._measures(trial))
        while len(self.trials) < most:
            if stopped := stops.why():
                return stopped
            while len(self.trials) + len(pending) < most and len(pending) < IN_FLIGHT:
                number = len(self.trials) + len(pending)
                pending.append(pool.submit(self._draft(number), against=self._race(number)))
            ticket = pending.popleft()
            self._tell(pool.result(ticket), ticket.against)
            stops.told(self._measures(self.trials[-1]))
            self._check_crashes()
            if on_progress:
                on_progress(self.progress(evaluations))
        return stops.why() or USED

    def _measures(self, trial: FrozenTrial) -> Mapping[str, float] | None:
        """A told candidate's measures, None where it is not feasible."""
        feasible = trial.user_attrs["state"] == "feasible"
        return finite(measures(trial), self.scenario.spec.objectives) if feasible else None

    def _draft(self, number: int) -> Draft:
        """What a candidate is made from. On the way to a front its parents come from the front, and chance chooses the
        moves: what the sampler has learnt is about one best."""
        draft = self.sampler.draft(self.study, number)
        sampler = self.sampler
        if self.population is None or number < PACKINGS or not isinstance(sampler, LayoutSampler):
            return draft
        if draft.parent in (None, sampler.start):
            return draft
        for i in range(self.population.told, number - IN_FLIGHT + 1):
            self.population.tell(self._worths[i], self.trials[i].params)
        parent = self.population.parent(number)
        return draft if parent is None else Draft(number, dict(parent))

    def _race(self, number: int) -> Race | None:
        """Whom a candidate is held against: the best of those told `IN_FLIGHT` or more before it."""
        if self.population is not None:
            return None
        rival = self._rivals[number - IN_FLIGHT] if number >= IN_FLIGHT else None
        if rival is None:
            return race(self.scenario.spec, ())
        first = self.scenario.spec.objectives[0].measure
        return race(self.scenario.spec, rival.user_attrs["samples"], measures(rival)[first])

    def _keep(self, trial: FrozenTrial, as_told: FrozenTrial) -> None:
        """One more candidate; the best so far is the one that later ones are held against."""
        best = self._rivals[-1] if self._rivals else None
        raced = as_told.user_attrs["state"] == "feasible" and as_told.user_attrs.get("samples")
        if raced and (best is None or (as_told.value or 0.0) > (best.value or 0.0)):
            best = as_told
        self._rivals.append(best)
        known = self._measures(as_told)
        self._worths.append(None if known is None else worth(known, self.scenario.spec.objectives))
        self.trials.append(trial)
        if trial.user_attrs["state"] == "feasible":
            self._feasible += 1
            if self._best is None or (trial.value or 0.0) > (self._best.value or 0.0):
                self._best = trial

    def _tell(self, evaluation: Evaluation, against: Against | None) -> None:
        aims = self.scenario.spec.objectives
        record = _record(evaluation, aims[0].measure)
        if evaluation.feasible:
            if isinstance(against, Race) and record["samples"]:
                record["compared"] = {aims[0].measure: against.compared(record["samples"])}
            value = objective.score({**evaluation.objectives, **record["compared"]}, aims, self.scale)
        elif not evaluation.violations:
            value = objective.outdone_score(evaluation.bound_per_h, aims, self.scale)
        else:
            value = objective.infeasible_score(evaluation, self.scale)
        values = evaluation.layout.values
        self.study.add_trial(
            create_trial(
                value=value if math.isfinite(value) else WORST,
                params=dict(values),
                distributions={name: domain for name, domain in self.space.items() if name in values},
                user_attrs=record,
                constraints={"violations": objective.total_violation(evaluation.violations)},
            )
        )
        frozen = self.study.get_trials(deepcopy=False)[-1]
        self.journal.add(frozen)
        self._keep(frozen, frozen)
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

    def front(self, ranked: Sequence[Evaluation]) -> Front:
        """What the search found of the front. ranked : its members as simulated again, and those that proved none"""
        aims = self.scenario.spec.objectives
        told = [known for known in self._worths if known is not None]
        again = [worth(finite(e.objectives, aims), aims) if e.feasible else None for e in ranked]
        return front_of(told, again)

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

    def progress(self, evaluations: int | None, stage: str = "searching") -> Progress:
        spec = self.scenario.spec
        return Progress(
            told=len(self.trials),
            evaluations=evaluations,
            feasible=self._feasible,
            best=None if self._best is None else measures(self._best),
            aim=spec.objectives[0].measure,
            ceiling_per_h=0.0 if spec.geometric else self.ceiling_per_h,
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


def _record(evaluation: Evaluation, first: str) -> dict[str, Any]:
    """What `trials.csv` says of a candidate, beside its values: of violations not the reasons, which are sentences.

    What is not in the table: `samples` of the first objective, replication by replication, what it is as `compared`
    with other candidates (see `racing`), and `stage_s`.
    """
    flow = evaluation.flow
    return {
        "state": _state(evaluation),
        "replications": flow.replications if flow else 0,
        **{column: evaluation.objectives.get(measure) for measure, column in MEASURE_COLUMNS.items()},
        "half_width": flow.throughput_per_h.half_width if flow else None,
        "bound_per_h": evaluation.bound_per_h,
        "violations": "; ".join(str(replace(violation, reason="")) for violation in evaluation.violations),
        "samples": list(flow.samples.get(first, ())) if flow and evaluation.feasible else [],
        "compared": {},
        "stage_s": dict(evaluation.stage_s),
    }


def _state(evaluation: Evaluation) -> str:
    """What became of a candidate; `outdone`: legal, and not simulated because its bound is below the best."""
    if evaluation.feasible:
        return "feasible"
    if not evaluation.violations:
        return "outdone"
    return "failed" if any(violation.rule == "crash" for violation in evaluation.violations) else "infeasible"


def _finish(
    scenario: Scenario,
    study: _Study,
    pool: Workers,
    seed: int,
    stopped: str,
    folder: RunFolder | None,
    proof_s: float,
    on_progress: Callable[[Progress], None] | None,
) -> Run:
    began, proof_spent_s = time.monotonic(), 0.0
    fresh, stage = fresh_streams(scenario, seed)
    told, found = study.contenders() or study.trials, list[Evaluation]()
    learnt: Learnt = {}
    judgement: Judgement | None = None
    for _ in range(TURNS):
        start, ranked = confirm(scenario, told, pool, seed, study.scale, study.population is not None)
        with Evaluator(scenario) as evaluator:
            start, *ranked = (evaluator.with_exact(evaluation) for evaluation in (start, *ranked))
        if not proof_s or not ranked[0].feasible or ranked[0].flow is None:
            found += ranked
            break
        if on_progress:
            on_progress(study.progress(len(study.trials), "proving the best among rigid bodies"))
        before = time.monotonic()
        order = partial(best_first, aims=scenario.spec.objectives, scale=study.scale)
        proven = prove_best(scenario, start, ranked, pool, fresh, ranked[0].flow.replications, proof_s, order)
        proof_spent_s += time.monotonic() - before
        start, learnt = proven.start, proven.learnt
        found += proven.finalists
        holds = proven.finalists[0].feasible
        if holds or judgement is None:
            judgement = proven.best
        told = [] if holds else others(scenario, told, [evaluation.layout for evaluation in found])
        if not told:
            break
    ranked = sorted(found, key=lambda evaluation: not evaluation.feasible)
    study.refuse(ranked)
    return Run(
        scenario=scenario,
        best=ranked[0],
        runners_up=tuple(ranked[1:]),
        start=start,
        evaluations=len(study.trials),
        feasible=study.progress(None).feasible,
        crashed=sum(trial.user_attrs["state"] == "failed" for trial in study.trials),
        ceiling_per_h=study.ceiling_per_h,
        folder=folder.path if folder else None,
        proof_s=proof_s,
        learnt=learnt,
        stopped=stopped,
        selection=chosen(scenario, ranked, stage, study.scale) if study.population is None else None,
        front=study.front(ranked) if study.population is not None else None,
        stages=stages(study.trials, ranked, time.monotonic() - began - proof_spent_s, proof_spent_s),
        proof=judgement.proof if judgement is not None else None,
        recording=judgement.recording if judgement is not None else None,
    )
