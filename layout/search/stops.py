"""When a search ends before its evaluations are used up."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from layout import objective
from layout.model.scenario import Objective
from layout.units import duration

USED = "all evaluations used"


class Stops:
    """Looks at each candidate told, in order. The clock decides where a time was given, and nowhere else.

    scale : what counts as 1 for each measure; of throughput, what the machines alone would allow
    patience : evaluations without an improvement after which the search ends, None: never
    pareto : an improvement is a candidate that no earlier one matches within the tolerances of all objectives
    timeout_s : time (s) after which no more candidates are asked for, None: never
    """

    def __init__(
        self,
        aims: Sequence[Objective],
        scale: Mapping[str, float],
        patience: int | None,
        timeout_s: float | None,
        pareto: bool = False,
    ) -> None:
        self._aims, self._scale = aims, scale
        self._patience, self._timeout_s, self._pareto = patience, timeout_s, pareto
        self._began = time.monotonic()
        self._told = self._improved = 0
        self._best: list[Mapping[str, float]] = []  # that improvements are measured by: the last, of a front all
        self._reached = False

    def told(self, values: Mapping[str, float] | None) -> None:
        """One more candidate was told. values : its measures, None where it is not feasible."""
        self._told += 1
        if values is None:
            return
        if all(self._improves(values, known) for known in self._best):
            self._best = [*self._best, values] if self._pareto else [values]
            self._improved = self._told
        self._reached = self._reached or self._at_ceiling(values)

    def why(self) -> str | None:
        """Why the search ends here, None if it goes on: as it does until there is a candidate to say anything of."""
        if not self._told:
            return None
        if self._reached:
            return "the best layout makes what the machines alone would allow"
        if self._patience is not None and self._told - self._improved >= self._patience:
            return f"nothing has improved for {self._patience} evaluations"
        if self._timeout_s is not None and time.monotonic() - self._began >= self._timeout_s:
            return f"the time of {duration(self._timeout_s)} was up"
        return None

    def _improves(self, values: Mapping[str, float], on: Mapping[str, float]) -> bool:
        if not self._pareto:
            return objective.improves(values, on, self._aims, self._scale)
        return any(
            aim.sign * (values[aim.measure] - on[aim.measure]) > aim.tolerance * abs(on[aim.measure])
            for aim in self._aims
        )

    def _at_ceiling(self, values: Mapping[str, float]) -> bool:
        """Whether the only objective is within its tolerance of what no layout can pass."""
        if len(self._aims) > 1 or self._aims[0].maximize != "throughput":
            return False
        return values["throughput"] >= (1 - self._aims[0].tolerance) * self._scale["throughput"]
