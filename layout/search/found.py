"""What a search is asked, how far it is, and what it found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from layout.files.recording import Recording
from layout.model.evaluation import Evaluation
from layout.model.physical import Proof
from layout.model.scenario import Scenario
from layout.rollout.learning import Learnt
from layout.search.pareto import Front
from layout.search.selection import Selection
from layout.search.stages import Stage
from layout.search.stops import USED


@dataclass(frozen=True)
class Progress:
    """How far a search is: for a progress bar.

    evaluations : how many there will be at most, None where only the clock ends it
    best : measures of the best feasible candidate so far, None before there is one
    aim : the first objective's measure
    ceiling_per_h : what the machines alone would allow, 0 where nothing is simulated
    """

    told: int
    evaluations: int | None
    feasible: int
    best: Mapping[str, float] | None
    aim: str
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
    stopped : why it ended, in words
    stages : what each stage cost, and how many candidates it let through
    proof, recording : of the best among rigid bodies, where it was run
    front : where a front was looked for: what was found of it, its members among best and runners-up
    selection : how sure it is that the best is the best of the finalists, None where nothing varies or none is feasible
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
    stopped: str = USED
    stages: tuple[Stage, ...] = ()
    proof: Proof | None = None
    recording: Recording | None = None
    selection: Selection | None = None
    front: Front | None = None

    @property
    def all_refused(self) -> bool:
        """Whether physics refused every layout that could have been called best."""
        return self.best.verdict is not None and self.best.verdict.refused

    @property
    def refused(self) -> int:
        """How many layouts physics refused."""
        found = (self.best, *self.runners_up)
        return sum(evaluation.verdict is not None and evaluation.verdict.refused for evaluation in found)


def search_facts(run: Run) -> dict[str, Any]:
    """What `results.json` says of the search itself; what hangs on the clock is not in it."""
    return {
        "evaluations": run.evaluations,
        "stopped": run.stopped,
        "selection": None if run.selection is None else asdict(run.selection),
        "front": None if run.front is None else front_facts(run.front),
        "stages": [{"stage": stage.name, "given": stage.given, "passed": stage.passed} for stage in run.stages],
    }


def front_facts(front: Front) -> dict[str, Any]:
    """What `results.json` says of a front."""
    shown = ["best" if i == 0 else f"runner_up_{i}" for i in front.shown]
    return {"size": front.size, "hypervolume": front.hypervolume, "shown": shown}


def summary(run: Run) -> dict[str, Any]:
    """What `run.json` says of the search once it has ended."""
    return {
        "evaluations": run.evaluations,
        "feasible_share": run.feasible / run.evaluations,
        "bound_per_h": run.ceiling_per_h,
        "stopped": run.stopped,
        "proof_s": run.proof_s,
        "refused": run.refused,
    }
