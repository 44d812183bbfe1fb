"""Groups and pins of a scenario: whether everybody has one place, and whom they name."""

from __future__ import annotations

from collections.abc import Callable

from layout.files.yaml import KeyPath, did_you_mean
from layout.model.floor import Group, Place
from layout.model.places import grouped, instances, subjects
from layout.model.scenario import ScenarioSpec
from layout.model.transport import Robot

Add = Callable[..., None]


def check_groups(spec: ScenarioSpec, add: Add) -> None:
    """Note members that there are not, or that have two places or none, and pins of what cannot be pinned."""
    known, taken = subjects(spec), dict[str, str]()
    for name, group in spec.groups.items():
        if name in known or name in spec.machines or name in spec.transport:
            add("a machine or transport has this name too", "groups", name, value=name, hint="rename the group")
        _members(name, group, add)
        for member, path in _named(name, group):
            if member not in known:
                add("no machine or arm of that name", *path, value=member, hint=_meant(spec, member))
            elif member in taken:
                other = f"group '{taken[member]}'" if taken[member] != name else "this group"
                add(f"is in {other} already", *path, value=member, hint="name it once")
            taken.setdefault(member, name)
    _placed(spec, add)
    for name, pin in spec.pins.items():
        if name in taken:
            hint = f"pin the group '{taken[name]}' instead"
            add("is a member of a group, which moves as one", "pins", name, value=name, hint=hint)
        elif name not in known and name not in spec.groups:
            add("no machine, arm or group of that name", "pins", name, value=name, hint=_meant(spec, name))
        _on_floor(spec, name, pin.x, pin.y, add)


def _named(name: str, group: Group) -> list[tuple[str, KeyPath]]:
    paths: list[tuple[str, KeyPath]] = [(member, ("groups", name, "members", member)) for member in group.members]
    return paths + [(member, ("groups", name, "row", i)) for i, member in enumerate(group.row)]


def _members(name: str, group: Group, add: Add) -> None:
    if bool(group.members) == bool(group.row):
        hint = "write members: {mill: {x: 0, y: 0}, lathe: {x: 1.8, y: 0}}, or row: [mill, lathe]"
        add("needs 'members' or 'row', one of them", "groups", name, hint=hint)
    for member, seat in group.members.items():
        if seat.mirrors is None:
            continue
        path = ("groups", name, "members", member, "mirrors")
        other = group.members.get(seat.mirrors)
        if other is None:
            hint = did_you_mean(seat.mirrors, [m for m in group.members if m != member], "members")
            add("no member of that name", *path, value=seat.mirrors, hint=hint)
        elif other.mirrors is not None:
            add("names one that mirrors another itself", *path, value=seat.mirrors, hint="give one of them its place")
        elif seat.model_fields_set - {"mirrors"}:
            given = ", ".join(sorted(seat.model_fields_set - {"mirrors"}))
            add(f"takes its place from '{seat.mirrors}'", *path[:-1], value=given, hint=f"leave out {given}")


def _holders(spec: ScenarioSpec) -> list[tuple[tuple[str, str], Place | None, tuple[str, ...]]]:
    """Where a place may be written, the place, and the subjects that it is of: of machines and arms."""
    holders = [(("machines", name), machine.place, instances(name, machine)) for name, machine in spec.machines.items()]
    arms = {name: t for name, t in spec.transport.items() if isinstance(t, Robot)}
    return holders + [(("transport", name), arm.place, (name,)) for name, arm in arms.items()]


def _loose(spec: ScenarioSpec, place: Place | None, copies: tuple[str, ...]) -> list[str]:
    members = grouped(spec)
    return [] if place is not None else [copy for copy in copies if copy not in members and copy not in spec.pins]


def homeless(spec: ScenarioSpec) -> set[str]:
    """Machines and arms that should have a place and have none: `check_groups` says so."""
    return {copy for _, place, copies in _holders(spec) for copy in _loose(spec, place, copies)}


def _placed(spec: ScenarioSpec, add: Add) -> None:
    """Everybody has one place: of its own, or its group's."""
    members = grouped(spec)
    for path, place, copies in _holders(spec):
        inside = [copy for copy in copies if copy in members]
        loose = _loose(spec, place, copies)
        if loose:
            hint = "add 'place:', or make it a member of a group"
            shown = None if len(copies) == 1 else ", ".join(loose)
            add("is missing", *path, "place", value=shown, hint=hint)
        elif place is not None and len(inside) == len(copies):
            hint = f"leave it out: it stands where group '{members[inside[0]]}' says"
            add("has a place of its own, and one in a group", *path, "place", hint=hint)


def _on_floor(spec: ScenarioSpec, name: str, x: float, y: float, add: Add) -> None:
    for key, at, axis in (("x", x, 0), ("y", y, 1)):
        low, high = (end(point[axis] for point in spec.floor.boundary) for end in (min, max))
        if not low <= at <= high:
            hint = f"the floor reaches from {low:g} to {high:g} m"
            add("lies outside the floor", "pins", name, key, value=f"{at:g} m", hint=hint)


def _meant(spec: ScenarioSpec, name: str) -> str:
    if name in spec.machines:
        return f"name one of its copies: {', '.join(instances(name, spec.machines[name]))}"
    return did_you_mean(name, subjects(spec), "there are")
