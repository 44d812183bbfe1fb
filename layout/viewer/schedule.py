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
from layout.model.line import Line, Station
from layout.model.pose import Array
from layout.model.results import Moves, TraceEvent
from layout.motion.drive import Place, matrix
from layout.motion.kinematics import forward
from layout.viewer import carts
from layout.viewer.belts import BeltQueue
from layout.viewer.doors import DoorTrack
from layout.viewer.tracks import ArmTrack

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
    """Everything at one time: joint vectors (dof,) by arm (rad, m), parts by number, states by resource.

    axes : positions (dof,) of each machine's axes (m, rad), of machines that have some
    vehicles : x, y (m), yaw (rad) of each vehicle
    """

    joints: Mapping[str, Array]
    parts: Mapping[int, PartState]
    states: Mapping[str, str]
    axes: Mapping[str, Array] = field(default_factory=dict)
    vehicles: Mapping[str, Place] = field(default_factory=dict)


@dataclass
class _Stage:
    """A part with one holder from a time on."""

    start_s: float
    kind: Literal["station", "arm", "vehicle", "belt", "link"]
    name: str
    target: str = ""
    end_s: float = math.inf
    pose: Array = field(default_factory=lambda: np.eye(4))
    glide: Array = field(default_factory=lambda: np.zeros(3))
    placed: bool = False


class Schedule:
    """A run to look at. `positions(t)` answers for any time from 0 to `end_s`."""

    def __init__(self, line: Line, moves: Moves, trace: Sequence[TraceEvent]) -> None:
        self.line = line
        self.moves = moves
        self.end_s = max((event.end_s for event in trace), default=0.0)
        self._changes: dict[int, list[_Stage]] = {}
        self._product: dict[int, str] = {}
        self._gone: dict[int, float] = {}
        self._belts: dict[str, BeltQueue] = {}
        self._busy: dict[str, tuple[list[float], list[TraceEvent]]] = {}
        ordered = sorted(trace, key=lambda e: (e.start_s, e.end_s))
        by_name: dict[str, list[TraceEvent]] = {}
        for event in ordered:
            by_name.setdefault(event.resource, []).append(event)
        self._arms = {
            name: ArmTrack(arm, moves.arms.get(name), by_name.get(name, [])) for name, arm in line.arms.items()
        }
        self._doors = {
            name: DoorTrack(station.model, moves.doors.get(name), by_name.get(name, []), self.end_s)
            for name, station in line.stations.items()
            if station.model.axes
        }
        self._carts = {
            member: carts.CartTrack(fleet, moves.fleets[name], number, by_name.get(member, []))
            for name, fleet in line.fleets.items()
            if name in moves.fleets
            for number, member in enumerate(fleet.members)
        }
        self._decks = {member: fleet.model.deck_m for fleet in line.fleets.values() for member in fleet.members}
        self._hand_over()
        self._read_parts(ordered)
        self._read_states(ordered)

    def positions(self, time_s: float) -> Moment:
        """What is where at a time (s); before 0 and after the end, as at 0 and at the end."""
        t = min(max(time_s, 0.0), self.end_s)
        joints = {name: track.joints(t) for name, track in self._arms.items()}
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
        return Moment(
            joints,
            parts,
            {name: self._state_at(name, t) for name in self._busy},
            {name: track.positions(t) for name, track in self._doors.items()},
            {name: track.place(t) for name, track in self._carts.items()},
        )

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

    # ------------------------------------------------------------ hand-overs

    def _hand_over(self) -> None:
        """Parts go from stations to arms and vehicles, and back."""
        for name, track in self._arms.items():
            arm = self.line.arms[name]
            for change in track.hand_overs:
                stage = _Stage(change.when_s, "station" if change.bringing else "arm",
                               change.station if change.bringing else name, end_s=change.event.end_s)  # fmt: skip
                stage.pose = arm.pose.matrix() @ forward(arm.model, change.hand)  # the tool; its part follows below
                stage.placed = change.bringing
                self._changes.setdefault(change.event.part, []).append(stage)
        for name, cart in self._carts.items():
            for hand in cart.hand_overs:
                kind: Literal["station", "vehicle"] = "station" if hand.bringing else "vehicle"
                stage = _Stage(hand.when_s, kind, hand.station if hand.bringing else name, end_s=hand.event.end_s)
                if kind == "vehicle":
                    stage.pose[:3, 3] = self._decks[name]
                self._changes.setdefault(hand.event.part, []).append(stage)

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
                by_arm = stage.placed and before is not None and before.kind == "arm"
                stage.pose = stage.pose @ before.pose if by_arm and before else self._stand(stage.name, number, before)
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

    def _stand(self, name: str, number: int, before: _Stage | None = None) -> Array:
        """Pose of a part that a station holds and no arm has placed: upright at its port, where it came in."""
        station = self.line.stations.get(name)
        if station is None:
            return np.eye(4)
        pose = station.pose.matrix()
        port = _resting_port(station, "vehicle" if before is not None and before.kind == "vehicle" else "")
        if port is not None:
            drop = self._grasp(number)[2] if "arm" in port.by else 0.0
            pose[:3, 3] = station.pose.apply([port.at_m])[0] - [0.0, 0.0, drop]
        return pose

    def _pose(self, number: int, stage: _Stage, t: float, joints: Mapping[str, Array] | None) -> Array:
        if stage.kind == "arm":
            arm = self.line.arms[stage.name]
            q = joints[stage.name] if joints is not None else self._arms[stage.name].joints(t)
            return np.asarray(arm.pose.matrix() @ forward(arm.model, q) @ stage.pose)
        if stage.kind == "vehicle":
            pose = matrix(self._carts[stage.name].place(t)) @ stage.pose
        elif stage.kind == "belt":
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
        shown = {"working", "down", "waiting", "blocked"}
        for name in [*self.line.stations, *self.line.arms, *self._carts]:
            arm = name in self.line.arms or name in self._carts
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


def _resting_port(station: Station, came_by: str = "") -> Port | None:
    """The port where a station shows its part: where an arm takes it, else where a belt or a vehicle does.

    came_by : the transport that brought it, whose port then comes first unless an arm takes the part
    """
    ways: tuple[Literal["out", "in"], ...] = ("out", "in")
    kinds = ("arm", *((came_by,) if came_by else ()), "belt", "vehicle", "direct")
    found = (station.model.port_for(way, by) for way in ways for by in kinds)
    return next((port for port in found if port is not None), None)
