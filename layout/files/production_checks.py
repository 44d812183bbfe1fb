"""How machines produce: set-ups, quality, assembly, carriers, people, shifts, schedules and routing of a scenario."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable

from layout import units
from layout.files.yaml import Key, did_you_mean
from layout.model.joins import does, enters, joiners, names_as
from layout.model.places import instances
from layout.model.scenario import Machine, ScenarioSpec

Add = Callable[..., None]


def check_production(spec: ScenarioSpec, add: Add) -> None:
    """Note what cannot be meant."""
    _shifts(spec, add)
    _people(spec, add)
    _machines(spec, add)
    _schedules(spec, add)
    _products(spec, add)
    _carriers(spec, add)
    _routing(spec, add)


def _shifts(spec: ScenarioSpec, add: Add) -> None:
    for name, shift in spec.shifts.items():
        here = ("shifts", name, "on")
        for i, (start, end) in enumerate(shift.on):
            shown = f"{units.duration(start)} to {units.duration(end)}"
            if end <= start:
                add("ends before it begins", *here, i, value=shown, hint="write [from, to], such as [0 h, 4 h]")
            elif end > shift.every_s:
                hint = f"it is repeated every {units.duration(shift.every_s)}; set 'every'"
                add("ends after the shift begins anew", *here, i, value=shown, hint=hint)
        for i, ((_, end), (start, _)) in enumerate(itertools.pairwise(shift.on)):
            if start < end:
                shown = f"begins at {units.duration(start)}"
                add("begins before the span above it ends", *here, i + 1, value=shown, hint="list them in order")


def _shift(spec: ScenarioSpec, shift: str | None, add: Add, *path: Key) -> None:
    if shift is not None and shift not in spec.shifts:
        hint = did_you_mean(shift, spec.shifts, "shifts")
        add("no shift of that name", *path, "shift", value=shift, hint=hint)


def _people(spec: ScenarioSpec, add: Add) -> None:
    copies = [i for name, machine in spec.machines.items() for i in (name, *instances(name, machine))]
    for name, people in spec.people.items():
        here = ("people", name)
        _shift(spec, people.shift, add, *here)
        if name in spec.machines or name in spec.transport:
            add("a machine or a transport has this name too", *here, value=name, hint="rename one of them")
        if not (people.runs or people.repairs or people.sets_up):
            add("have nothing to do", *here, hint="name machines under 'runs', 'repairs' or 'sets_up'")
        for key in ("runs", "repairs", "sets_up"):
            machines = getattr(people, key)
            for i, machine in enumerate(machines):
                _known(machine, copies, "no machine of that name", "machines", add, *here, key, i)
                if machine in machines[:i]:
                    add("is named twice", *here, key, i, value=machine, hint="name it once")


def _known(word: str, known: Iterable[str], what: str, kind: str, add: Add, *path: Key) -> bool:
    if word in known:
        return True
    add(what, *path, value=word, hint=did_you_mean(word, known, kind))
    return False


def _machines(spec: ScenarioSpec, add: Add) -> None:
    for name, machine in spec.machines.items():
        here = ("machines", name)
        _shift(spec, machine.shift, add, *here)
        if isinstance(machine.setup, dict):
            for origin, row in machine.setup.items():
                _known(origin, spec.products, "no product of that name", "products", add, *here, "setup", origin)
                for target in row:
                    what = "no product of that name"
                    _known(target, spec.products, what, "products", add, *here, "setup", origin, target)
                    if target == origin:
                        hint = "a set-up is between two products; remove it, or add its time to the process time"
                        add(
                            "is no change-over",
                            *here,
                            "setup",
                            origin,
                            target,
                            value=f"{origin} to {target}",
                            hint=hint,
                        )
        for operation, quality in machine.quality.items():
            path = (*here, "quality", operation)
            kind = "operations of this machine"
            if not _known(operation, machine.operations, "this machine has no such operation", kind, add, *path):
                continue
            share = quality.scrap + (quality.rework.share if quality.rework else 0.0)
            if share >= 1:
                hint = "scrap and rework must stay below 100 %"
                add("no part would ever pass", *path, value=f"{share:.0%}", hint=hint)
            if quality.rework:
                _rework(spec, name, operation, quality.rework.to, add, *path, "rework", "to")
        for product, places in machine.inlets.items():
            joined = [p for p in spec.products if name in joiners(spec, p)]
            what = "is not joined to anything here"
            if _known(product, joined, what, "products joined here", add, *here, "inlets", product):
                _inlet(spec, machine, product, places, add, *here, "inlets", product)


def _inlet(spec: ScenarioSpec, machine: Machine, product: str, places: int, add: Add, *path: Key) -> None:
    for host, entry in spec.products.items():
        for operation, components in entry.components.items():
            needed = components.get(product, 0) if does(machine, operation, host) else 0
            if places < needed:
                hint = f"'{operation}' takes {needed} of {product} for each {host}; give it {needed} places or more"
                add("has room for fewer than one operation takes", *path, value=places, hint=hint)
                return


def _rework(spec: ScenarioSpec, machine: str, operation: str, to: str, add: Add, *path: Key) -> None:
    for product, entry in spec.products.items():
        if operation not in entry.route or not does(spec.machines[machine], operation, product):
            continue
        before = entry.route[: entry.route.index(operation) + 1]
        if to not in before:
            hint = f"its operations up to '{operation}': {', '.join(before)}"
            add(f"the route of {product} has no such operation before", *path, value=to, hint=hint)
            return
        again = before[len(before) - 1 - before[::-1].index(to) :]
        twice = {c for o in again for c in entry.components.get(o, {}) if _circulates(spec, c)}
        twice |= {c for o in again[:-1] for c in entry.releases.get(o, {})}
        if twice:
            what = f"would join or release {', '.join(sorted(twice))} twice"
            add(what, *path, value=to, hint="send the parts back to a later operation")
            return


def _circulates(spec: ScenarioSpec, product: str) -> bool:
    return product in spec.products and spec.products[product].circulates is not None


def _schedules(spec: ScenarioSpec, add: Add) -> None:
    for name, machine in spec.machines.items():
        if machine.source is None:
            continue
        if machine.source.arrivals is not None and machine.source.schedule:
            hint = "give one of the two, or a source for each"
            add("has random arrivals and a schedule", "machines", name, "source", hint=hint)
        if "schedule" in machine.source.model_fields_set and not machine.source.schedule:
            hint = "list what comes, such as {at: 1 h, product: block, number: 20}, or write 'source: saturated'"
            add("orders nothing", "machines", name, "source", "schedule", hint=hint)
        enter = [p for p, e in spec.products.items() if e.source in (None, name) and enters(spec, p)]
        for i, order in enumerate(machine.source.schedule):
            path = ("machines", name, "source", "schedule", i)
            what = "no product of that name enters here"
            _known(order.product, enter, what, "products that do", add, *path, "product")
            if order.due_s is not None and order.due_s <= order.at_s:
                hint = f"it comes at {units.duration(order.at_s)}; both count from the start"
                add("is due before it comes", *path, "due", value=units.duration(order.due_s), hint=hint)


def _products(spec: ScenarioSpec, add: Add) -> None:
    passing = names_as(spec, "components").keys() | names_as(spec, "releases").keys()  # may have nothing done to them
    for name, product in spec.products.items():
        here = ("products", name)
        if not product.route and name not in passing:
            add("needs at least 1 entry", *here, "route", hint="list the operations it goes through")
        for key, verb in (("components", "joined"), ("releases", "parted")):
            for operation, others in getattr(product, key).items():
                path = (*here, key, operation)
                what = "its route has no such operation"
                _known(operation, product.route, what, "operations of its route", add, *path)
                for other in others:
                    known = [p for p in spec.products if p != name]
                    _known(other, known, f"nothing of that name can be {verb}", "products", add, *path, other)
        if name in _held(spec, name):
            hint = "what is joined to another ends in it, so one of the two cannot be a component of the other"
            add("would be part of itself", *here, "components", value=name, hint=hint)
        for key, kind, verb in (("sink", "components", "joined to"), ("source", "releases", "released from")):
            hosts = names_as(spec, kind).get(name)
            if hosts and getattr(product, key) is not None:
                hint = f"it is {verb} {', '.join(hosts)}; remove the {key}"
                add(f"has no {key} of its own", *here, key, value=getattr(product, key), hint=hint)


def _held(spec: ScenarioSpec, name: str) -> set[str]:
    """Products that a product is made of, directly or through others; carriers left out."""
    found: set[str] = set()
    todo = [name]
    while todo:
        for others in spec.products[todo.pop()].components.values():
            new = {o for o in others if o in spec.products and spec.products[o].circulates is None} - found
            found |= new
            todo.extend(new)
    return found


def _carriers(spec: ScenarioSpec, add: Add) -> None:
    for name, product in spec.products.items():
        if product.circulates is None:
            continue
        here = ("products", name)
        joined = joiners(spec, name)
        if not joined or name not in names_as(spec, "releases"):
            hint = "name it under 'components' of what it carries where that is loaded, under 'releases' where unloaded"
            add("circulates, but is not both joined and released", *here, "circulates", hint=hint)
            continue
        places = 0
        for machine in joined:
            entry = spec.machines[machine]
            needs = [n.get(name, 0) for p in spec.products.values() for n in p.components.values()]
            places += entry.inlets.get(name, 2 * max(needs)) * len(instances(machine, entry))
        if product.circulates > places:
            hint = f"'inlets: {{{name}: {product.circulates}}}' at {' or '.join(sorted(joined))} makes room"
            what = f"there are {places} places for them at the start"
            add(what, *here, "circulates", value=product.circulates, hint=hint)


def _routing(spec: ScenarioSpec, add: Add) -> None:
    wanted = {operation for product in spec.products.values() for operation in product.route}
    for operation in spec.routing:
        path = ("routing", operation)
        _known(operation, wanted, "no route has this operation", "operations", add, *path)
