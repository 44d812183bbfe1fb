"""Where every joint and every part is at a time: a pure function of a simulated run's trace and its moves.

The trace says who did what from when to when; the moves say by which configurations and along which paths. Between
them lie hand-overs: the gripper closes or opens half way through a `handling` event, and there the part changes hands.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from layout.errors import AssetError
from layout.files.meshes import look
from layout.model.library import Port
from layout.model.line import Arm, Line, Station
from layout.model.pose import Array
from layout.model.results import ArmTimes, Moves, TraceEvent
from layout.motion.kinematics import forward
from layout.motion.profile import move_time, sample
from layout.viewer.belts import BeltQueue

GLIDE_S = 0.8
"""Where two places of a part do not meet (a belt's end and the stop beyond it), it glides over in this time."""
STACKED = 5
"""So many parts in a station's buffer are stacked; the rest of a full store stands in the topmost."""


@dataclass(frozen=True, eq=False)
class PartState:
    """A part: its product, its pose (4, 4) (part frame to world, m), and who has it."""

    product: str
    pose: Array
    holder: str


@dataclass(frozen=True, eq=False)
class Moment:
    """Everything at one time: joint vectors (dof,) by arm (rad, m), parts by number, states by resource."""

    joints: Mapping[str, Array]
    parts: Mapping[int, PartState]
    states: Mapping[str, str]


@dataclass(frozen=True, eq=False)
class _Motion:
    """An arm from start to end: first to second joint vector, by its profile, or (`straight`) into a machine and out.

    out_s, in_s : of a hand-over, how long it goes out to the hand-over and how long it comes back
    """

    start_s: float
    end_s: float
    first: Array
    second: Array
    straight: bool = False
    out_s: float = 0.0
    in_s: float = 0.0


@dataclass
class _Stage:
    """A part with one holder from a time on."""

    start_s: float
    kind: Literal["station", "arm", "belt", "link"]
    name: str
    target: str = ""
    end_s: float = math.inf
    pose: Array = field(default_factory=lambda: np.eye(4))
    glide: Array = field(default_factory=lambda: np.zeros(3))


class Schedule:
    """A run to look at. `positions(t)` answers for any time from 0 to `end_s`."""

    def __init__(self, line: Line, moves: Moves, trace: Sequence[TraceEvent]) -> None:
        self.line = line
        self.moves = moves
        self.end_s = max((event.end_s for event in trace), default=0.0)
        self._arms: dict[str, list[_Motion]] = {}
        self._rest: dict[str, Array] = {}
        self._changes: dict[int, list[_Stage]] = {}
        self._product: dict[int, str] = {}
        self._gone: dict[int, float] = {}
        self._belts: dict[str, BeltQueue] = {}
        self._busy: dict[str, tuple[list[float], list[TraceEvent]]] = {}
        ordered = sorted(trace, key=lambda e: (e.start_s, e.end_s))
        for name, arm in line.arms.items():
            self._read_arm(arm, [e for e in ordered if e.resource == name])
        self._read_parts(ordered)
        self._read_states(ordered)

    def positions(self, time_s: float) -> Moment:
        """What is where at a time (s); before 0 and after the end, as at 0 and at the end."""
        t = min(max(time_s, 0.0), self.end_s)
        joints = {name: self._joints_at(name, t) for name in self.line.arms}
        parts = {}
        waiting: dict[str, list[tuple[float, int]]] = {}
        for number, stages in self._changes.items():
            if stages[0].start_s <= t < self._gone[number]:
                at = bisect.bisect_right([stage.start_s for stage in stages], t) - 1
                stage = stages[at]
                parts[number] = PartState(self._product[number], self._pose(number, stage, t, joints), stage.name)
                if stage.kind == "station":
                    waiting.setdefault(stage.name, []).append((stage.start_s, number))
        for held in waiting.values():
            self._stack([parts[number] for _, number in sorted(held)])
        return Moment(joints, parts, {name: self._state_at(name, t) for name in self._busy})

    def _stack(self, parts: Sequence[PartState]) -> None:
        """Parts that one station holds stand on each other, the first come lowest; a full store shows a few."""
        height = 0.0
        for part in parts[:STACKED]:
            part.pose[2, 3] += height
            height += self._height_m(part.product)
        for part in parts[STACKED:]:
            part.pose[2, 3] += height

    def _height_m(self, product: str) -> float:
        made = self.line.products.get(product)
        if made is None:
            return 0.0
        try:
            return look(made.model.hulls).size_m[2]
        except AssetError:
            return 0.0

    # ------------------------------------------------------------ arms

    def _read_arm(self, arm: Arm, events: Sequence[TraceEvent]) -> None:
        times = self.moves.arms.get(arm.name)
        motions: list[_Motion] = []
        at = np.asarray(arm.model.home, dtype=float)
        if times is not None and times.approach is not None and len(times.approach):
            at = np.asarray(times.approach[0], dtype=float)
        self._rest[arm.name] = at
        holding = -1
        for event in events:
            if times is None or times.approach is None:
                break
            if event.state in ("moving_empty", "moving_loaded"):
                goal, _ = _ends(times, event.target, bringing=event.state == "moving_loaded")
                motions.append(_Motion(event.start_s, event.end_s, at, goal))
                at = goal
            elif event.state == "handling":
                bringing = holding == event.part
                approach, hand = _ends(times, event.target or event.origin, bringing)
                own = max((event.end_s - event.start_s - arm.model.grip_s) / 2, 0.0)
                motions.append(_Motion(event.start_s, event.end_s, approach, hand, True, own, own))
                self._change(event, arm, bringing, event.end_s - own, hand)
                at, holding = approach, -1 if bringing else event.part
        self._arms[arm.name] = motions

    def _change(self, event: TraceEvent, arm: Arm, bringing: bool, when_s: float, hand: Array) -> None:
        """A part goes from a station to an arm or back."""
        station = event.target or event.origin
        kind: Literal["station", "arm"] = "station" if bringing else "arm"
        stage = _Stage(when_s, kind, station if bringing else arm.name, end_s=event.end_s)
        stage.pose = arm.pose.matrix() @ forward(arm.model, hand)  # the tool; the part in it follows below
        self._changes.setdefault(event.part, []).append(stage)

    def _joints_at(self, name: str, t: float) -> Array:
        motions = self._arms[name]
        number = bisect.bisect_right([m.start_s for m in motions], t) - 1
        if number < 0:
            return self._rest[name]
        m = motions[number]
        if m.straight:
            if t >= m.end_s or t <= m.start_s:
                return m.first
            if t < m.start_s + m.out_s:
                share = _ease((t - m.start_s) / m.out_s)
            elif t > m.end_s - m.in_s:
                share = _ease((m.end_s - t) / m.in_s)
            else:
                share = 1.0
            return np.asarray(m.first + (m.second - m.first) * share)
        if t >= m.end_s or m.end_s <= m.start_s:
            return m.second
        arm = self.line.arms[name]
        clock = (t - m.start_s) / (m.end_s - m.start_s) * move_time(arm.model, m.first, m.second, arm.speed)
        return np.asarray(sample(arm.model, m.first, m.second, arm.speed, [clock])[0])

    # ------------------------------------------------------------ parts

    def _read_parts(self, ordered: Sequence[TraceEvent]) -> None:
        for event in ordered:
            if event.part < 0:
                continue
            self._product.setdefault(event.part, event.product)
            self._gone[event.part] = max(self._gone.get(event.part, 0.0), event.end_s)
            stages = self._changes.setdefault(event.part, [])
            if event.resource in self.line.belts:
                stages.append(_Stage(event.start_s, "belt", event.resource, event.target))
            elif event.resource in self.line.links:
                stages.append(_Stage(event.start_s, "link", event.resource, event.target, event.end_s))
            elif event.resource in self.line.stations:
                stages.append(_Stage(event.start_s, "station", event.resource))
        for number, stages in self._changes.items():
            stages.sort(key=lambda stage: stage.start_s)
            kept: list[_Stage] = []
            for stage in stages:
                if not kept or (stage.kind, stage.name) != (kept[-1].kind, kept[-1].name):
                    kept.append(stage)
            self._changes[number] = kept
        self._fill_belts()
        for number, stages in self._changes.items():
            self._chain(number, stages)

    def _fill_belts(self) -> None:
        runs: dict[str, list[tuple[float, float, int]]] = {}
        for number, stages in self._changes.items():
            for stage, after in zip(stages, [*stages[1:], None], strict=True):
                if stage.kind == "belt":
                    left = after.start_s if after else self._gone[number]
                    runs.setdefault(stage.name, []).append((stage.start_s, left, number))
        for name, run in runs.items():
            times = self.moves.belts.get(name)
            if times is not None:
                self._belts[name] = BeltQueue(self.line, self.line.belts[name], times, run)

    def _chain(self, number: int, stages: list[_Stage]) -> None:
        """Poses of a part from holder to holder: each begins where the one before ended, as far as it can."""
        before: _Stage | None = None
        for stage in stages:
            last = None if before is None else self._pose(number, before, stage.start_s, None)
            if stage.kind == "arm":
                tool = stage.pose
                stage.pose = np.linalg.inv(tool) @ self._gripped(last, tool, number)
            elif stage.kind == "station":
                placed = before is not None and before.kind == "arm"
                stage.pose = stage.pose @ before.pose if placed and before else self._stand(stage.name, number)
            elif stage.kind == "link":
                stage.pose = self._stand(stage.target, number)
            if last is not None and stage.kind != "arm":
                stage.glide = last[:3, 3] - self._pose(number, stage, stage.start_s, None)[:3, 3]
            before = stage

    def _gripped(self, last: Array | None, tool: Array, number: int) -> Array:
        """Pose of a part as a gripper takes it: turned as it was, its grasp point in the tool centre point."""
        pose = np.eye(4)
        pose[:3, :3] = last[:3, :3] if last is not None else np.eye(3)
        pose[:3, 3] = tool[:3, 3] - pose[:3, :3] @ self._grasp(number)
        return pose

    def _grasp(self, number: int) -> Array:
        product = self.line.products.get(self._product[number])
        return np.asarray(product.model.grasp_m if product else (0.0, 0.0, 0.0), dtype=float)

    def _stand(self, name: str, number: int) -> Array:
        """Pose of a part that a station holds and no arm has placed: upright at its port."""
        station = self.line.stations.get(name)
        if station is None:
            return np.eye(4)
        pose = station.pose.matrix()
        port = _resting_port(station)
        if port is not None:
            drop = self._grasp(number)[2] if "arm" in port.by else 0.0
            pose[:3, 3] = station.pose.apply([port.at_m])[0] - [0.0, 0.0, drop]
        return pose

    def _pose(self, number: int, stage: _Stage, t: float, joints: Mapping[str, Array] | None) -> Array:
        if stage.kind == "arm":
            arm = self.line.arms[stage.name]
            q = joints[stage.name] if joints is not None else self._joints_at(stage.name, t)
            return np.asarray(arm.pose.matrix() @ forward(arm.model, q) @ stage.pose)
        if stage.kind == "belt":
            queue = self._belts.get(stage.name)
            pose = queue.pose(number, t) if queue is not None else self._stand(stage.target, number)
        else:
            pose = stage.pose.copy()
        glide_s = stage.end_s - stage.start_s if stage.kind == "link" else GLIDE_S
        rest = 1.0 - (t - stage.start_s) / glide_s if glide_s > 0 else 0.0
        if rest > 0:
            pose[:3, 3] += stage.glide * rest
        return pose

    # ------------------------------------------------------------ states

    def _read_states(self, ordered: Sequence[TraceEvent]) -> None:
        shown = {"working", "down", "waiting"}
        for name in [*self.line.stations, *self.line.arms]:
            arm = name in self.line.arms
            events = [e for e in ordered if e.resource == name and (arm or e.state in shown)]
            self._busy[name] = ([e.start_s for e in events], events)

    def _state_at(self, name: str, t: float) -> str:
        """What a resource does: its state of the trace, or `idle`."""
        starts, events = self._busy[name]
        found = "idle"
        for event in reversed(events[max(bisect.bisect_right(starts, t) - 8, 0) : bisect.bisect_right(starts, t)]):
            if event.start_s <= t < event.end_s:
                if event.state in ("working", "down"):
                    return event.state
                found = event.state
        return found


def _ends(times: ArmTimes, station: str, bringing: bool) -> tuple[Array, Array]:
    """Joint vectors at a station's approach and hand-over, for parts brought in or taken out."""
    row = times.stations.index(station)
    approach = times.approach_in if bringing and times.approach_in is not None else times.approach
    hand = times.handover_in if bringing and times.handover_in is not None else times.handover
    assert approach is not None
    return np.asarray(approach[row], dtype=float), np.asarray((approach if hand is None else hand)[row], dtype=float)


def _resting_port(station: Station) -> Port | None:
    """The port where a station shows its part: where an arm takes it, else where a belt does."""
    ways: tuple[Literal["out", "in"], ...] = ("out", "in")
    found = (station.model.port_for(way, by) for way in ways for by in ("arm", "belt", "direct"))
    return next((port for port in found if port is not None), None)


def _ease(share: float) -> float:
    """Smooth from 0 to 1, at rest at both ends."""
    s = min(max(share, 0.0), 1.0)
    return s * s * s * (10 - 15 * s + 6 * s * s)
