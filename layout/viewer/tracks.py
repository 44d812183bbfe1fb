"""Where an arm's joints are at a time: its moves and hand-overs of a simulated run, one after the other."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from layout.model.line import Arm
from layout.model.pose import Array
from layout.model.results import ArmTimes, JointPath, TraceEvent
from layout.motion.profile import move_time, sample

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
        home = np.asarray(arm.model.home, dtype=float)
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
                goal = _ends(times, event.target, event.state == "moving_loaded")[0] if event.target else home
                path = _path(times, event)
                way = _along(path) if path is not None else self._direct(at, goal)
                self._motions.append(Motion(event.start_s, event.end_s, way))
                at = goal
            elif event.state == "handling":
                station = event.target or event.origin
                bringing = holding == event.part
                approach, hand = _ends(times, station, bringing)
                path = times.handing.get((times.stations.index(station), "in" if bringing else "out"))
                length = event.end_s - event.start_s
                own = max((length - self._arm.model.grip_s) / 2, 0.0)
                inwards = _along(path) if path is not None else _straight(approach, hand)
                way = _in_and_out(inwards, own / length if length > 0 else 0.0, eased=path is None)
                self._motions.append(Motion(event.start_s, event.end_s, way, hand))
                self.hand_overs.append(HandOver(event, event.end_s - own, station, bringing, hand))
                at, holding = approach, -1 if bringing else event.part

    def _direct(self, first: Array, second: Array) -> Callable[[float], Array]:
        arm = self._arm
        whole_s = move_time(arm.model, first, second, arm.speed)

        def at(share: float) -> Array:
            if share >= 1.0 or whole_s <= 0.0:
                return second
            return np.asarray(sample(arm.model, first, second, arm.speed, [share * whole_s])[0])

        return at


def _path(times: ArmTimes, event: TraceEvent) -> JointPath | None:
    """The path of a move, where the times have it. Without a target it goes home, without an origin it leaves it."""
    to = times.stations.index(event.target) if event.target else -1
    origin = times.stations.index(event.origin) if event.origin else -1
    if event.state == "moving_loaded":
        return times.loaded.get((origin, to))
    if to < 0:
        return times.homing.get(origin)
    return times.empty.get((origin, to)) if origin >= 0 else times.leaving.get(to)


def _along(path: JointPath) -> Callable[[float], Array]:
    """A joint path, stretched to its event's length."""
    clock, angles = np.asarray(path.time_s, dtype=float), np.asarray(path.angles, dtype=float)

    def at(share: float) -> Array:
        t = share * clock[-1]
        row = int(np.clip(np.searchsorted(clock, t) - 1, 0, max(len(clock) - 2, 0)))
        if len(clock) == 1 or clock[row + 1] <= clock[row]:
            return np.asarray(angles[-1])
        s = min(max((t - clock[row]) / (clock[row + 1] - clock[row]), 0.0), 1.0)
        return np.asarray(angles[row] + (angles[row + 1] - angles[row]) * s)

    return at


def _straight(first: Array, second: Array) -> Callable[[float], Array]:
    return lambda share: np.asarray(first + (second - first) * share)


def _in_and_out(inwards: Callable[[float], Array], own: float, eased: bool) -> Callable[[float], Array]:
    """In, grip, and back on the same way; own : share of the time for each way."""

    def at(share: float) -> Array:
        way = 1.0
        if own > 0:
            way = min(share / own, (1.0 - share) / own, 1.0)
        return inwards(_ease(way) if eased else max(way, 0.0))

    return at


def _ends(times: ArmTimes, station: str, bringing: bool) -> tuple[Array, Array]:
    """Joint vectors at a station's approach and hand-over, for parts brought in or taken out."""
    row = times.stations.index(station)
    approach = times.approach_in if bringing and times.approach_in is not None else times.approach
    hand = times.handover_in if bringing and times.handover_in is not None else times.handover
    assert approach is not None
    return np.asarray(approach[row], dtype=float), np.asarray((approach if hand is None else hand)[row], dtype=float)


def _ease(share: float) -> float:
    """Smooth from 0 to 1, at rest at both ends."""
    s = min(max(share, 0.0), 1.0)
    return s * s * s * (10 - 15 * s + 6 * s * s)
