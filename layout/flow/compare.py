"""Which differences between layouts are real: paired intervals from runs with the same random streams.

Replication i of each result has the same chances (common random numbers), so the pairs' differences vary less than the
results do.

Source: Law, Simulation Modeling and Analysis, 5th ed., ch. 10.2.1 (paired t), 10.3 (Bonferroni), 11.2 (common random
numbers).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence

import numpy as np

from layout.errors import LayoutError, Problem
from layout.flow.output.intervals import estimate
from layout.model.results import Difference, Estimate, FlowResult

MEASURES = ("throughput", "lead_time", "lead_time_95", "wip", "scrap", "rework", "energy", "on_time", "tardiness")


def compare(
    results: Mapping[str, FlowResult], measures: Sequence[str] = MEASURES, level: float = 0.95
) -> tuple[Difference, ...]:
    """Differences of all pairs of results, measure by measure: each later one less each earlier one.

    results : by name, two or more, simulated with the same seed and the same replications
    measures : keys of `FlowResult.samples`; those that the results do not share are left out
    level : for all pairs of one measure together (Bonferroni: of k pairs each has 1 - (1 - level) / k)
    Raises LayoutError where there is nothing to pair.
    """
    if len(results) < 2:
        raise LayoutError(Problem("a comparison needs at least two results", value=str(len(results))))
    numbers = {name: result.replications for name, result in results.items()}
    if len(set(numbers.values())) > 1:
        given = ", ".join(f"{name}: {n}" for name, n in numbers.items())
        hint = "simulate all of them with the same seed and number of replications"
        raise LayoutError(Problem("replications cannot be paired", value=given, hint=hint))
    pairs = list(itertools.combinations(results, 2))
    each = 1 - (1 - level) / len(pairs)
    found = []
    for measure in measures:
        if all(measure in result.samples for result in results.values()):
            for first, second in pairs:
                samples = results[first].samples[measure], results[second].samples[measure]
                found.append(_difference(measure, first, second, *samples, each))
    return tuple(found)


def _difference(
    measure: str, first: str, second: str, before: Sequence[float], after: Sequence[float], level: float
) -> Difference:
    difference = paired(before, after, level)
    apart = float(np.nanvar(before) + np.nanvar(after))
    saved = 1 - float(np.nanvar(np.subtract(after, before))) / apart if apart > 0 else 0.0
    real = math.isfinite(difference.half_width) and abs(difference.mean) > difference.half_width
    return Difference(measure, first, second, difference, saved, real)


def paired(before: Sequence[float], after: Sequence[float], level: float) -> Estimate:
    """Mean and interval of `after` less `before`, replication by replication; pairs with a nan are left out."""
    return estimate([b - a for a, b in zip(before, after, strict=True)], level)
