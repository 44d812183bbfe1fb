"""Who stands where by the scenario: at a place of its own, pinned, or in a group that moves as one."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from layout.model.floor import Group, Place
from layout.model.library import ArmModel, MachineModel, Model
from layout.model.quantities import Choose
from layout.model.scenario import Machine, ScenarioSpec
from layout.model.transport import Robot

Offset = tuple[float, float, float]


@dataclass(frozen=True)
class Seat:
    """A member's place in its group: x, y (m) and yaw (rad) in the group's frame, before the group is mirrored."""

    group: str
    x_m: float
    y_m: float
    yaw_rad: float


def instances(name: str, machine: Machine) -> tuple[str, ...]:
    """Names of the stations that a machine entry can become: "mill", or "mill 1", "mill 2" where there may be more."""
    most = max(machine.count.options) if isinstance(machine.count, Choose) else machine.count
    return (name,) if most == 1 else tuple(f"{name} {i + 1}" for i in range(most))


def subjects(spec: ScenarioSpec) -> dict[str, str]:
    """Everything that stands on the floor, arms last: the entry that it is of, by its own name."""
    found = {instance: name for name, machine in spec.machines.items() for instance in instances(name, machine)}
    return found | {name: name for name, transport in spec.transport.items() if isinstance(transport, Robot)}


def grouped(spec: ScenarioSpec) -> dict[str, str]:
    """Group of each subject that is a member of one."""
    return {member: name for name, group in spec.groups.items() for member in (*group.members, *group.row)}


def own_places(spec: ScenarioSpec) -> Mapping[str, Place]:
    """The place of each subject that has one of its own, and of each group: what is pinned stands fast."""
    found: Mapping[str, Place] = _remembered(_OWN, spec, lambda: _own_places(spec))
    return found


def seats(spec: ScenarioSpec, models: Mapping[str, Model]) -> Mapping[str, Seat]:
    """The place of each member in its group."""
    found: Mapping[str, Seat] = _remembered(_SEATS, models, lambda: _seats(spec, models)) if spec.groups else {}
    return found


def _remembered(known: dict[int, tuple[object, Any]], of: object, make: Callable[[], Any]) -> Any:
    """What was made of an object, made once: every candidate asks."""
    found = known.get(id(of))
    if found is None or found[0] is not of:
        if len(known) >= 64:
            known.clear()
        found = known[id(of)] = (of, make())
    return found[1]


_OWN: dict[int, tuple[object, Any]] = {}
_SEATS: dict[int, tuple[object, Any]] = {}


def _own_places(spec: ScenarioSpec) -> dict[str, Place]:
    members, found = grouped(spec), dict[str, Place]()
    for subject, entry in subjects(spec).items():
        holder = spec.machines.get(entry) or spec.transport[entry]
        place = holder.place if isinstance(holder, (Machine, Robot)) else None
        if subject not in members and place is not None:
            found[subject] = place
    found |= {name: group.place for name, group in spec.groups.items()}
    for subject, pin in spec.pins.items():
        if subject in found:
            found[subject] = Place.model_construct(x=pin.x, y=pin.y, yaw=pin.yaw)
    return found


def _seats(spec: ScenarioSpec, models: Mapping[str, Model]) -> dict[str, Seat]:
    found: dict[str, Seat] = {}
    for name, group in spec.groups.items():
        for member, (x, y, yaw) in (_row(group, spec, models) if group.row else _own(group)).items():
            found[member] = Seat(name, x, y, yaw)
    return found


def _own(group: Group) -> dict[str, Offset]:
    found: dict[str, Offset] = {}
    for name, member in group.members.items():
        other = group.members.get(member.mirrors) if member.mirrors is not None else None
        found[name] = (member.x, member.y, member.yaw) if other is None else (-other.x, other.y, -other.yaw)
    return found


def _row(group: Group, spec: ScenarioSpec, models: Mapping[str, Model]) -> dict[str, Offset]:
    """Side by side along the group's x, with its gap between their footprints' boxes, the whole about its middle."""
    entries, boxes = subjects(spec), dict[str, tuple[float, float]]()
    for name in group.row:
        holder = spec.machines.get(entries[name]) or spec.transport[entries[name]]
        model = models.get(holder.model) if isinstance(holder, (Machine, Robot)) else None
        xs = [x for x, _ in model.footprint_m] if isinstance(model, (MachineModel, ArmModel)) else [0.0]
        boxes[name] = min(xs), max(xs)
    length = sum(high - low for low, high in boxes.values()) + group.gap_m * (len(boxes) - 1)
    at, found = -length / 2, dict[str, Offset]()
    for name, (low, high) in boxes.items():
        found[name] = (at - low, 0.0, 0.0)
        at += high - low + group.gap_m
    return found


def joined(group: Offset, seat: Seat, mirrored: bool) -> Offset:
    """Pose x, y (m), yaw (rad) of a member of a group that stands at a pose."""
    x, y, yaw = group
    sign = -1.0 if mirrored else 1.0
    c, s = _turn(yaw)
    dx, dy = sign * seat.x_m, seat.y_m
    return x + c * dx - s * dy, y + s * dx + c * dy, yaw + sign * seat.yaw_rad


def parted(member: Offset, seat: Seat, mirrored: bool) -> Offset:
    """The pose of a group of which one member stands at a pose."""
    x, y, yaw = member
    sign = -1.0 if mirrored else 1.0
    turn = yaw - sign * seat.yaw_rad
    c, s = _turn(turn)
    dx, dy = sign * seat.x_m, seat.y_m
    return x - c * dx + s * dy, y - s * dx - c * dy, turn


def _turn(angle_rad: float) -> tuple[float, float]:
    """Cosine and sine, exact at quarter turns."""
    quarter = angle_rad / (math.pi / 2)
    if abs(quarter - round(quarter)) < 1e-12:
        return ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))[round(quarter) % 4]
    return math.cos(angle_rad), math.sin(angle_rad)
