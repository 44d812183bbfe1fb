"""Where a vehicle is at a time: its drives and hand-overs of a simulated run, one after the other."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from layout.model.line import Fleet
from layout.model.results import FleetTimes, TraceEvent
from layout.motion.drive import Drive, Place
from layout.viewer.tracks import MOVING


@dataclass(frozen=True)
class CartHandOver:
    """A part changes hands between a vehicle and a station at a time (s)."""

    event: TraceEvent
    when_s: float
    station: str
    bringing: bool


class CartTrack:
    """A vehicle over a whole run.

    number : which of its fleet it is, from 0: before it ever moves it stands at that dock (docks in turn)
    """

    def __init__(self, fleet: Fleet, times: FleetTimes, number: int, events: Sequence[TraceEvent]) -> None:
        self._times = times
        self._ways: list[tuple[TraceEvent, Drive]] = []
        self.hand_overs: list[CartHandOver] = []
        row = number % max(len(times.stations), 1)
        moves = [event for event in events if event.state in MOVING]
        if moves and moves[0].origin in times.stations:
            row = times.stations.index(moves[0].origin)
        elif events and events[0].target in times.stations:
            row = times.stations.index(events[0].target)
        at = self._rest = self._dock(row, bringing=bool(moves) and moves[0].state == "moving_empty")
        holding = -1
        for event in events:
            if event.state in MOVING and event.target in times.stations and event.origin in times.stations:
                loaded = event.state == "moving_loaded"
                key = times.stations.index(event.origin), times.stations.index(event.target)
                goal = self._dock(key[1], loaded)
                split = times.docks_in is not None and not loaded
                path = (times.empty_paths if split else times.paths).get(key)
                way = np.asarray(path, dtype=float) if path is not None else np.array([at[:2], goal[:2]])
                self._ways.append((event, Drive(fleet, way, at, goal)))
                at = goal
            elif event.state == "handling":
                bringing = holding == event.part
                when_s = (event.start_s + event.end_s) / 2
                self.hand_overs.append(CartHandOver(event, when_s, event.target or event.origin, bringing))
                holding = -1 if bringing else event.part
        self._starts = [event.start_s for event, _ in self._ways]

    def place(self, t: float) -> Place:
        """Where it is at a time (s)."""
        number = bisect.bisect_right(self._starts, t) - 1
        if number < 0:
            return self._rest
        event, drive = self._ways[number]
        length = event.end_s - event.start_s
        share = min((t - event.start_s) / length, 1.0) if length > 0 else 1.0
        return drive.place(share * drive.time_s)

    def _dock(self, row: int, bringing: bool) -> Place:
        docks = self._times.docks_in if bringing and self._times.docks_in is not None else self._times.docks
        x, y, yaw = (float(number) for number in np.asarray(docks, dtype=float)[row]) if len(docks) else (0.0, 0.0, 0.0)
        return x, y, yaw
