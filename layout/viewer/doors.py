"""Where a machine's axes are at a time: they close when it begins to work on a part, and open at the end of that."""

from __future__ import annotations

import bisect
from collections.abc import Sequence

import numpy as np

from layout.model.library import MachineModel
from layout.model.pose import Array
from layout.model.results import DoorTimes, TraceEvent

TOGETHER_S = 1e-6
"""Two events of one part with less between them belong to one visit: work, repair, more work."""


class DoorTrack:
    """A machine's axes over a whole run.

    events : what its station did; a visit of a part is its work with all repairs in between
    end_s : where the run is cut off; doors do not open for that
    """

    def __init__(
        self, model: MachineModel, times: DoorTimes | None, events: Sequence[TraceEvent], end_s: float
    ) -> None:
        self._load = np.asarray(model.position("load"), dtype=float)
        self._work = np.asarray(model.position("work"), dtype=float)
        self._times = times if times is not None else DoorTimes(0.0, 0.0)
        self._end_s = end_s
        self._visits = _visits(events)
        self._starts = [start for start, _ in self._visits]
        self._longest = max((end - start for start, end in self._visits), default=0.0)

    def positions(self, t: float) -> Array:
        """(dof,) positions of the axes (m; rad where they turn) at a time (s)."""
        return np.asarray(self._load + (self._work - self._load) * self.closed(t))

    def closed(self, t: float) -> float:
        """0 where they stand as for loading, 1 as for work; several parts at once: as for the one most closed."""
        found = 0.0
        first = bisect.bisect_left(self._starts, t - self._longest)
        for start, end in self._visits[first : bisect.bisect_right(self._starts, t)]:
            if start <= t < end:
                closing = _share(t - start, self._times.close_s)
                opening = 1.0 if end >= self._end_s else _share(end - t, self._times.open_s)
                found = max(found, min(closing, opening))
        return found


def _share(passed_s: float, whole_s: float) -> float:
    """How far a move from rest to rest has got: half its time it speeds up, half it slows down."""
    if whole_s <= 0:
        return 1.0
    s = min(max(passed_s / whole_s, 0.0), 1.0)
    return 2 * s * s if s < 0.5 else 1 - 2 * (1 - s) ** 2


def _visits(events: Sequence[TraceEvent]) -> list[tuple[float, float]]:
    """From when to when (s) each part is worked on, in order of start."""
    open_: dict[int, list[float]] = {}
    found: list[list[float]] = []
    for event in sorted(events, key=lambda e: (e.start_s, e.end_s)):
        if event.part < 0 or event.state not in ("working", "down"):
            continue
        visit = open_.get(event.part)
        if visit is not None and event.start_s - visit[1] <= TOGETHER_S:
            visit[1] = max(visit[1], event.end_s)
        elif event.state == "working":
            open_[event.part] = [event.start_s, event.end_s]
            found.append(open_[event.part])
    return [(start, end) for start, end in found]
