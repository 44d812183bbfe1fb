"""A recorded physical run to look at, as a simulated one is: nothing is simulated again."""

from __future__ import annotations

import bisect
from typing import Any

import numpy as np

from layout.files.recording import PartPlace, Recording
from layout.model.pose import Array
from layout.viewer.schedule import Moment, PartState


class Replay:
    """A recording as the viewer asks for it: `positions(t)` from 0 to `end_s`."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self.end_s = recording.end_s
        self._states: dict[str, tuple[list[float], list[Any]]] = {}
        for name, rows in recording.about.get("states", {}).items():
            self._states[name] = ([row[0] for row in rows], rows)

    def positions(self, time_s: float) -> Moment:
        """What is where at a time (s)."""
        frame = self._recording.at(time_s)
        return Moment(
            joints=frame.arms,
            parts={n: PartState(part.product, _matrix(part), "") for n, part in frame.parts.items()},
            states={name: self._state(name, time_s) for name in self._states},
            axes=frame.axes,
            vehicles={name: (float(p[0]), float(p[1]), float(p[2])) for name, p in frame.vehicles.items()},
        )

    def _state(self, name: str, time_s: float) -> str:
        starts, rows = self._states[name]
        at = bisect.bisect_right(starts, time_s) - 1
        return str(rows[at][2]) if at >= 0 and time_s < rows[at][1] else "idle"


def _matrix(part: PartPlace) -> Array:
    """(4, 4) float: a part's frame in the world."""
    x, y, z, w = np.asarray(part.turn) / np.linalg.norm(part.turn)
    pose = np.eye(4)
    pose[:3, :3] = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    pose[:3, 3] = part.at_m
    return pose
