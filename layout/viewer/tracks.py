"""Where an arm's joints are at a time: its moves and hand-overs of a simulated run, one after the other."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from layout.model.line import Arm
from layout.model.pose import Array
from layout.model.results import ArmTimes, TraceEvent
from layout.motion import moves

MOVING = ("moving_empty", "moving_loaded")


@dataclass(frozen=True, eq=False)
class Motion:
    """An arm between two times (s); `at` gives its joints (dof,) at a share (0 to 1) of them.

    hand : of a hand-over, the joints at which the part changes hands
    """

    start_s: float
    end_s: float
    at: Callable[[float], Array]
    hand: Array | None = None


@dataclass(frozen=True)
class HandOver:
    """The part of an event changes hands between an arm and a station at a time (s)."""

    event: TraceEvent
    when_s: float
    station: str
    bringing: bool
    hand: Array


class ArmTrack:
    """An arm over a whole run: joint paths where its times have them, else joint moves from rest to rest.

    hand_overs : when parts change hands
    """

    def __init__(self, arm: Arm, times: ArmTimes | None, events: Sequence[TraceEvent]) -> None:
        self._arm = arm
        self._times = times
        self._motions: list[Motion] = []
        self.hand_overs: list[HandOver] = []
        home = moves.home(arm, times)
        if times is not None and times.approach is not None and len(times.approach):
            self._rest = np.asarray(times.approach[0], dtype=float)
            self._read(times, home, events)
        else:
            self._rest = home
        self._starts = [motion.start_s for motion in self._motions]
        if self._motions:
            self._rest = self._motions[0].at(0.0)

    def joints(self, t: float) -> Array:
        """(dof,) joint angles (rad; m where prismatic) at a time (s)."""
        number = bisect.bisect_right(self._starts, t) - 1
        if number < 0:
            return self._rest
        motion = self._motions[number]
        length = motion.end_s - motion.start_s
        return motion.at(min((t - motion.start_s) / length, 1.0) if length > 0 else 1.0)

    def _read(self, times: ArmTimes, home: Array, events: Sequence[TraceEvent]) -> None:
        at = self._rest
        if events and events[0].state in MOVING and not events[0].origin:
            at = home
        holding = -1
        for event in events:
            if event.state in MOVING:
                loaded = event.state == "moving_loaded"
                goal = moves.ends(times, event.target, loaded)[0] if event.target else home
                path = moves.travel(times, event.origin, event.target, loaded)
                way = moves.along(path) if path is not None else moves.direct(self._arm, at, goal)
                self._motions.append(Motion(event.start_s, event.end_s, way))
                at = goal
            elif event.state == "handling":
                station = event.target or event.origin
                bringing = holding == event.part
                approach, hand = moves.ends(times, station, bringing)
                path = moves.handing(times, station, bringing)
                length = event.end_s - event.start_s
                own = max((length - self._arm.model.grip_s) / 2, 0.0)
                inwards = moves.along(path) if path is not None else moves.straight(approach, hand)
                way = moves.in_and_out(inwards, own / length if length > 0 else 0.0, eased=path is None)
                self._motions.append(Motion(event.start_s, event.end_s, way, hand))
                self.hand_overs.append(HandOver(event, event.end_s - own, station, bringing, hand))
                at, holding = approach, -1 if bringing else event.part
