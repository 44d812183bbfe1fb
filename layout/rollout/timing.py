"""Elementary moves side by side: what the flow simulation assumes, and what the bodies took."""

from __future__ import annotations

import math
from dataclasses import dataclass

from layout.flow.output.intervals import student_t
from layout.model.physical import MoveGap
from layout.model.results import Estimate

Key = tuple[str, str, str, str]
LEVEL = 0.95


@dataclass
class _Times:
    """Sums of one move's times (s).

    Source: Welford, Technometrics 4, 1962: mean_s and squares_s2, the sum of squared distances from it, one by one.
    """

    n: int = 0
    assumed_s: float = 0.0
    mean_s: float = 0.0
    squares_s2: float = 0.0

    def add(self, assumed_s: float, physical_s: float) -> None:
        self.n += 1
        self.assumed_s += assumed_s
        before = physical_s - self.mean_s
        self.mean_s += before / self.n
        self.squares_s2 += before * (physical_s - self.mean_s)

    def estimate(self) -> Estimate:
        half = math.inf
        if self.n > 1:
            half = student_t(LEVEL, self.n - 1) * math.sqrt(self.squares_s2 / (self.n - 1) / self.n)
        return Estimate(self.mean_s, half, LEVEL, self.n)


class MoveTable:
    """Collects moves by kind, resource, origin and target."""

    def __init__(self) -> None:
        self._found: dict[Key, _Times] = {}

    def add(self, kind: str, resource: str, origin: str, target: str, assumed_s: float, physical_s: float) -> None:
        """One more move that was assumed to take so long (s), and took so long."""
        self._found.setdefault((kind, resource, origin, target), _Times()).add(assumed_s, physical_s)

    def gaps(self) -> tuple[MoveGap, ...]:
        """Each elementary move, by resource, kind, origin and target."""
        order = sorted(self._found.items(), key=lambda item: (item[0][1], item[0][0], *item[0][2:]))
        return tuple(MoveGap(*key, times.assumed_s / times.n, times.estimate()) for key, times in order)
