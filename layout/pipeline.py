"""The pipeline: a layout in, an evaluation out. Nothing else chains the stages."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Protocol

from layout import feasibility, flow, motion, objective
from layout.files.recording import Recording
from layout.model.evaluation import Evaluation
from layout.model.line import Layout
from layout.model.physical import Proof
from layout.model.realise import largest_line, realise
from layout.model.results import Moves, Violation
from layout.model.scenario import Scenario
from layout.rollout import prove as rollout
from layout.scene import Scene


@dataclass(frozen=True)
class Limits:
    """What can be said of a line without simulation.

    moves : whose times they are: "planned", "straight lines" where the layout breaks rules, "none" without a layout:
        then of all machines that may be bought, by their times alone
    violations : rules that the layout breaks
    """

    ceiling: flow.Ceiling
    analysis: flow.Analysis
    moves: str
    violations: tuple[Violation, ...] = ()


@dataclass(frozen=True, eq=False)
class Proven:
    """A layout at fidelity "physics": its evaluation, which incidents among rigid bodies make infeasible, their proof
    (None where the layout was infeasible before) and the recording of the first window, where asked for."""

    evaluation: Evaluation
    proof: Proof | None = None
    recording: Recording | None = None


class Against(Protocol):
    """What a search holds a candidate against, to spend no more on it than it is worth."""

    def hopeless(self, bound_per_h: float) -> bool:
        """Whether a candidate with this upper bound on its throughput need not be simulated."""

    def over(self, done: Sequence[Any]) -> bool:
        """Whether the replications done are enough."""


class Evaluator:
    """Evaluates candidates of one scenario. Holds the process's scene, so that bodies load once.

    Use as a context manager, or call `close` when done.
    """

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self._scene: Scene | None = None

    def __call__(
        self,
        layout: Layout | None = None,
        *,
        seed: int | None = None,
        replications: int | None = None,
        against: Against | None = None,
    ) -> Evaluation:
        """Evaluate a layout (default: the scenario's start).

        seed, replications : instead of the scenario's own
        against : decides whether it is simulated (if not, nothing is violated and `flow` is None), and how often
        Raises ScenarioError where the layout leaves a design variable without a value.
        """
        clock = _Clock()
        layout = layout if layout is not None else Layout(self.scenario.start or {})
        line = realise(self.scenario, layout)
        violations = feasibility.check(line, self.scene)
        clock.lap("geometry")
        if violations:
            bound_per_h = 0.0 if self.scenario.spec.geometric else flow.bound(line, motion.straight_line(line))
            clock.lap("bound")
            return Evaluation(layout, violations, bound_per_h, stage_s=clock.laps)
        moves = motion.plan(line)
        clock.lap("motion")
        if self.scenario.spec.geometric:
            values = objective.measure_plan(line, moves)
            clock.lap("objectives")
            return Evaluation(layout, (), 0.0, moves, objectives=values, stage_s=clock.laps)
        bound_per_h = flow.bound(line, moves)  # never above that of straight lines, whose times are lower bounds
        clock.lap("bound")
        if against is not None and against.hopeless(bound_per_h):
            return Evaluation(layout, (), bound_per_h, stage_s=clock.laps)
        over = None if against is None else against.over
        result = flow.simulate(line, moves, seed=seed, replications=replications, over=over)
        clock.lap("flow")
        return Evaluation(
            layout=layout,
            violations=result.deadlocks,
            bound_per_h=bound_per_h,
            moves=moves,
            flow=result,
            objectives=objective.measure(line, moves, result),
            stage_s=clock.laps,
        )

    def prove(
        self,
        layout: Layout | None = None,
        *,
        window_s: float | None = None,
        windows: int = 1,
        seed: int | None = None,
        replications: int | None = None,
        workers: int = 1,
        record: bool = False,
    ) -> Proven:
        """Evaluate a layout, and where nothing is wrong with it run it as rigid bodies.

        window_s : simulated time of each window (s; default: 10 minutes, longer where few parts leave)
        windows : how many, with replications 0, 1, ... of the seed
        seed, replications : of the flow simulation, instead of the scenario's own
        workers : processes for the windows; record : whether the first window is recorded
        """
        evaluation = self(layout, seed=seed, replications=replications)
        if not evaluation.feasible:
            return Proven(evaluation)
        clock = _Clock()
        proof, recording = rollout.prove(
            self.scenario, evaluation.layout, evaluation.moves,
            until_s=window_s, windows=windows, seed=seed, workers=workers, record=record,
        )  # fmt: skip
        clock.lap("physics")
        evaluation = replace(
            evaluation,
            violations=rollout.violations(proof.incidents),
            stage_s={**evaluation.stage_s, **clock.laps},
        )
        return Proven(evaluation, proof, recording)

    def limits(self, layout: Layout | None) -> Limits:
        """The ceiling of a layout, what it hangs on, and the analytic figure that applies; None: of any layout."""
        if layout is None:
            line = largest_line(self.scenario)
            return Limits(flow.ceiling(line, Moves()), flow.analyse(line, Moves()), "none")
        line = realise(self.scenario, layout)
        violations = feasibility.check(line, self.scene)
        moves = motion.straight_line(line) if violations else motion.plan(line)
        basis = "straight lines" if violations else "planned"
        return Limits(flow.ceiling(line, moves), flow.analyse(line, moves), basis, violations)

    def with_exact(self, evaluation: Evaluation) -> Evaluation:
        """The same, with the exact throughput in the long run where the line is one that can be solved.

        Moves that the evaluation came without (from another process) are planned again.
        """
        if evaluation.flow is None:
            return evaluation
        line = realise(self.scenario, evaluation.layout)
        figure = flow.analyse(line, evaluation.moves or motion.plan(line)).figure
        return replace(evaluation, exact_per_h=figure.per_h if figure is not None and figure.exact else None)

    def with_gains(self, evaluation: Evaluation, *, seed: int | None = None) -> Evaluation:
        """The same, with what one more percent of each resource's speed brings, and one more person: a simulation each.

        seed : that of the evaluation
        """
        if evaluation.flow is None or evaluation.moves is None:
            return evaluation
        line = realise(self.scenario, evaluation.layout)
        return replace(evaluation, gains=flow.sensitivity(line, evaluation.moves, seed=seed, base=evaluation.flow))

    @property
    def scene(self) -> Scene:
        """The scene of this process, made when first needed."""
        if self._scene is None:
            self._scene = Scene()
        return self._scene

    def scales(self) -> Mapping[str, float]:
        """What counts as 1 for each measure (see `objective.scales`), from the machines alone."""
        line = largest_line(self.scenario)
        return objective.scales(line, flow.bound(line, Moves()))

    def close(self) -> None:
        """Let the scene go."""
        if self._scene is not None:
            self._scene.close()
            self._scene = None

    def __enter__(self) -> Evaluator:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()


class _Clock:
    """Seconds spent in each stage."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self.laps[stage] = now - self._last
        self._last = now
