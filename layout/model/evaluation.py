"""What the pipeline says of one candidate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from layout.model.line import Layout
from layout.model.physical import Verdict
from layout.model.results import Estimate, FlowResult, Gain, Moves, Violation


@dataclass(frozen=True)
class Evaluation:
    """One candidate's outcome. Stops at the first stage that fails; `bound_per_h` is always there.

    bound_per_h : analytic upper bound on throughput
    flow : what the simulation found; None where it was not reached, or where all aims are geometric
    objectives : measure -> value, for every measure that could be computed (see `scenario.MEASURES`)
    gains : what a little more of each resource brings, the greatest first, where that was asked for
    exact_per_h : throughput in the long run from an exact solution, where there is one and it was asked for
    verdict : what a short run among rigid bodies says of it, where there was one
    assumed_per_h : throughput before the flow simulation learnt from such a run, where that changed it
    """

    layout: Layout
    violations: tuple[Violation, ...]
    bound_per_h: float
    moves: Moves | None = None
    flow: FlowResult | None = None
    objectives: Mapping[str, float] = field(default_factory=dict)
    gains: tuple[Gain, ...] = ()
    exact_per_h: float | None = None
    verdict: Verdict | None = None
    assumed_per_h: Estimate | None = None
    stage_s: Mapping[str, float] = field(default_factory=dict)

    @property
    def feasible(self) -> bool:
        """Nothing is violated and the line was measured."""
        return not self.violations and bool(self.objectives)
