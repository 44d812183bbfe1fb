"""Elementary moves side by side: what the flow simulation assumes, and what the bodies took."""

from __future__ import annotations

from dataclasses import dataclass, field

from layout.flow.output.intervals import estimate
from layout.model.physical import MoveGap

Key = tuple[str, str, str, str]
LEVEL = 0.95


@dataclass
class _Times:
    assumed_s: list[float] = field(default_factory=list)
    physical_s: list[float] = field(default_factory=list)


class MoveTable:
    """Collects moves by kind, resource, origin and target."""

    def __init__(self) -> None:
        self._found: dict[Key, _Times] = {}

    def add(self, kind: str, resource: str, origin: str, target: str, assumed_s: float, physical_s: float) -> None:
        """One more move that was assumed to take so long (s), and took so long."""
        times = self._found.setdefault((kind, resource, origin, target), _Times())
        times.assumed_s.append(assumed_s)
        times.physical_s.append(physical_s)

    def gaps(self) -> tuple[MoveGap, ...]:
        """Each elementary move, by resource, kind, origin and target."""
        order = sorted(self._found.items(), key=lambda item: (item[0][1], item[0][0], *item[0][2:]))
        return tuple(
            MoveGap(*key, sum(times.assumed_s) / len(times.assumed_s), estimate(times.physical_s, LEVEL))
            for key, times in order
        )
