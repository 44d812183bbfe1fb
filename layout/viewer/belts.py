"""Parts on an accumulating belt: they run at belt speed until they meet the one ahead, and move up when it leaves."""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence

import numpy as np

from layout.model.line import Belt, Line
from layout.model.pose import Array
from layout.model.results import BeltTimes
from layout.scene.furniture import along, belt_heights


class BeltQueue:
    """Where each part on a belt is.

    run : (entered_s, left_s, number) of each part that was on it; a belt keeps their order
    """

    def __init__(self, line: Line, belt: Belt, times: BeltTimes, run: Sequence[tuple[float, float, int]]) -> None:
        self._speed = belt.speed_m_s
        self._pitch = belt.pitch_m
        self._length = times.length_m
        self._path = np.asarray(times.path_m, dtype=float)
        self._heights = belt_heights(line, belt)
        ordered = sorted(run)
        self._entered = {number: entered for entered, _, number in ordered}
        self._points: dict[int, tuple[list[float], list[float]]] = {}
        lefts = [left for _, left, _ in ordered]
        for row, (entered, left, number) in enumerate(ordered):
            ahead = sorted(gone for gone in lefts[:row] if gone > entered)
            self._points[number] = self._course(entered, left, ahead)

    def _course(self, entered: float, left: float, ahead: Sequence[float]) -> tuple[list[float], list[float]]:
        """Times (s) and way along the belt (m) of a part's corners: run, stop behind those ahead, move up, run."""
        times, way = [entered], [0.0]
        for gone_count, until in enumerate([*ahead, left]):
            stop = max(self._length - self._pitch * (len(ahead) - gone_count), 0.0)
            start = times[-1]
            if until <= start:
                continue
            there = start + max(stop - way[-1], 0.0) / self._speed
            if there < until:
                times += [there, until]
                way += [max(stop, way[-1]), max(stop, way[-1])]
            else:
                times.append(until)
                way.append(way[-1] + (until - start) * self._speed)
        return times, way

    def way_m(self, number: int, t: float) -> float:
        """How far along the belt (m) a part is at a time (s)."""
        times, way = self._points[number]
        if t <= times[0]:
            return way[0]
        if t >= times[-1]:
            return way[-1]
        at = bisect.bisect_right(times, t)
        span = times[at] - times[at - 1]
        return way[at - 1] + (way[at] - way[at - 1]) * (t - times[at - 1]) / span if span > 0 else way[at]

    def pose(self, number: int, t: float) -> Array:
        """(4, 4) float: a part's pose on the belt, upright, its x axis along it."""
        share = self.way_m(number, t) / self._length if self._length > 0 else 1.0
        at, heading = along(self._path, share)
        pose = np.eye(4)
        cos, sin = math.cos(heading), math.sin(heading)
        pose[:2, :2] = [[cos, -sin], [sin, cos]]
        pose[:2, 3] = at
        pose[2, 3] = self._heights[0] + (self._heights[1] - self._heights[0]) * share
        return pose
