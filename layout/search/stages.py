"""What each stage of a search cost, and how many candidates it let through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from optuna.trial import FrozenTrial

from layout.model.evaluation import Evaluation


@dataclass(frozen=True)
class Stage:
    """One stage: how many candidates it was given, how many it let through, seconds of all processes together."""

    name: str
    given: int
    passed: int
    spent_s: float


def stages(
    trials: Sequence[FrozenTrial], confirmed: Sequence[Evaluation], confirm_s: float, proof_s: float
) -> tuple[Stage, ...]:
    """The stages of a search, in their order.

    confirmed : the finalists
    confirm_s, proof_s : what simulating them on fresh streams took, and running them as rigid bodies
    """
    spent = [trial.user_attrs.get("stage_s", {}) for trial in trials]
    feasible = sum(trial.user_attrs["state"] == "feasible" for trial in trials)
    outdone = sum(trial.user_attrs["state"] == "outdone" for trial in trials)
    simulated = feasible + sum("flow" in laps for t, laps in zip(trials, spent, strict=True) if not _feasible(t))
    legal = simulated + outdone
    flows: tuple[tuple[str, int, int], ...] = (
        ("propose", len(trials), len(trials)),
        ("geometry", len(trials), legal),
        ("motion", legal, legal),
        ("bound", legal, simulated),
        ("flow", simulated, feasible),
    )
    if simulated and not any("flow" in laps for laps in spent):
        flows = flows[:-2]  # nothing is simulated where all aims are geometric
    found = [Stage(name, given, passed, sum(laps.get(name, 0.0) for laps in spent)) for name, given, passed in flows]
    holds = [e for e in confirmed if not e.violations or e.verdict is not None]
    found.append(Stage("fresh streams", len(confirmed), len(holds), confirm_s))
    proved = [e.verdict for e in confirmed if e.verdict is not None]
    if proved:
        found.append(Stage("physics", len(proved), sum(not verdict.refused for verdict in proved), proof_s))
    return tuple(found)


def _feasible(trial: FrozenTrial) -> bool:
    return bool(trial.user_attrs["state"] == "feasible")
