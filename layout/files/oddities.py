"""What is odd in a scenario though it is legal: most often a wrong unit or something forgotten."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from layout.errors import Problem
from layout.files.checks import Findings, box, ends, placed
from layout.files.routes import Network
from layout.files.yaml import Document, KeyPath
from layout.model.distribution import Distribution
from layout.model.joins import enters
from layout.model.library import ArmModel, MachineModel, Model
from layout.model.places import instances
from layout.model.production import Shift
from layout.model.quantities import Range
from layout.model.scenario import ScenarioSpec, Variable
from layout.model.transport import Conveyor, Direct, Vehicle
from layout.units import duration

# No machine on a shop floor is longer; a mesh in millimetres is a thousand times too large.
LONGEST_MACHINE_M = 50.0
# Accumulating belts for unit loads run up to about 1 m/s; sorters faster.
FASTEST_BELT_M_S = 2.0
# People reach over what is lower (ISO 13857: guards of less than 1.4 m are no protection by themselves).
LOWEST_FENCE_M = 1.4
# ISO 13855 counts with people who walk at 1.6 m/s; slower ones are a slip of the unit.
SLOWEST_APPROACH_M_S = 0.5
# More waiting places than any floor has room for.
LARGEST_BUFFER = 1000


def oddities(
    spec: ScenarioSpec, models: Mapping[str, Model], variables: tuple[Variable, ...], document: Document
) -> tuple[Problem, ...]:
    """Everything odd in a scenario that loads."""
    found = Findings(document)
    _sizes(spec, models, found)
    _times(spec, found)
    _parts(spec, found)
    _transports(spec, models, found)
    _unused(spec, models, found)
    _places(spec, found)
    _fences(spec, found)
    _arrivals(spec, found)
    _attendance(spec, found)
    if not variables:
        hint = "let x or y be a range such as [1, 8], or a count {choose: [1, 2]}"
        found.add("nothing is free, so there is nothing to optimise", hint=hint)
    return tuple(found)


def _sizes(spec: ScenarioSpec, models: Mapping[str, Model], found: Findings) -> None:
    for path, name, _, _ in placed(spec):
        model = models.get(name)
        if isinstance(model, (MachineModel, ArmModel)):
            x0, y0, x1, y1 = box(model.footprint_m)
            size = max(x1 - x0, y1 - y0, model.height_m)
            if size > LONGEST_MACHINE_M:
                hint = "is its mesh in mm? models are in metres"
                found.add(f"measures {size:.4g} m", *path[:-1], "model", value=name, hint=hint)


def _operations(spec: ScenarioSpec) -> Iterator[tuple[str, str, str, Distribution]]:
    """Machine, operation, product, time."""
    for machine, entry in spec.machines.items():
        for operation, times in entry.operations.items():
            if isinstance(times, Distribution):
                yield from ((machine, operation, product, times) for product in spec.products)
            else:
                yield from ((machine, operation, product, time) for product, time in times.items())


def _times(spec: ScenarioSpec, found: Findings) -> None:
    said: set[tuple[str, str]] = set()
    for machine, operation, product, time in _operations(spec):
        if time.mean_s > spec.time.horizon_s and (machine, operation) not in said:
            said.add((machine, operation))
            what = f"takes {duration(time.mean_s)} on average, longer than the whole horizon"
            hint = f"the horizon is {duration(spec.time.horizon_s)}; is the unit right?"
            path: KeyPath = ("machines", machine, "operations", operation)
            each = not isinstance(spec.machines[machine].operations[operation], Distribution)
            found.add(what, *path, *([product] if each else []), hint=hint)
    for machine, entry in spec.machines.items():
        for mode, failure in entry.failures.items():
            if failure.repair.mean_s > failure.between.mean_s:
                what = "repairs take longer than the time between failures: it is down most of the time"
                found.add(what, "machines", machine, "failures", mode, hint="are the two mixed up?")
        for key, free in (("in", entry.buffer.in_), ("out", entry.buffer.out)):
            if ends(free)[1] > LARGEST_BUFFER:
                hint = "a buffer this large never fills; is it meant?"
                found.add("is a huge buffer", "machines", machine, "buffer", key, value=int(ends(free)[1]), hint=hint)


def _parts(spec: ScenarioSpec, found: Findings) -> None:
    for name, entry in spec.machines.items():
        here = [e for p, e in spec.products.items() if entry.source and e.source in (None, name) and enters(spec, p)]
        given = any("share" in product.model_fields_set for product in here)
        whole = sum(product.share for product in here)
        if given and abs(whole - 1) > 1e-6:
            what = f"the shares of the products that enter at {name} do not sum to 100 %"
            found.add(what, "products", value=f"{whole:.4g}", hint="they are scaled to a sum of 100 %")
    wanted = {operation for product in spec.products.values() for operation in product.route}
    for machine, entry in spec.machines.items():
        for operation, times in entry.operations.items():
            path = ("machines", machine, "operations", operation)
            if operation not in wanted:
                found.add("no route has this operation", *path, hint="remove it, or add it to a route")
                continue
            for product in () if isinstance(times, Distribution) else times:
                if product in spec.products and operation not in spec.products[product].route:
                    found.add(f"the route of {product} does not have this operation", *path, product)


def _transports(spec: ScenarioSpec, models: Mapping[str, Model], found: Findings) -> None:
    ports: dict[tuple[str, str], str] = {}
    for name, transport in spec.transport.items():
        if not isinstance(transport, Conveyor):
            continue
        fastest = ends(transport.speed_m_s)[1]
        if fastest > FASTEST_BELT_M_S:
            hint = "belts for parts run at 0.1 to 1 m/s; is the unit right?"
            found.add("a fast belt", "transport", name, "speed", value=f"{fastest:g} m/s", hint=hint)
        copies = {end: len(instances(end, spec.machines[end])) for end in (transport.from_, transport.to)}
        for one, other in ((transport.from_, transport.to), (transport.to, transport.from_)):
            if copies[other] > 1:
                what = f"up to {copies[other]} belts, one for each {other}, would share one port of {one}"
                found.add(what, "transport", name, hint="a belt port serves one belt; use stations of their own")
        for key, machine, way in (("from", transport.from_, "out"), ("to", transport.to, "in")):
            model = models[spec.machines[machine].model]
            port = model.port_for("out" if way == "out" else "in", "belt") if isinstance(model, MachineModel) else None
            if port and (machine, port.name) in ports:
                what = f"shares the port '{port.name}' with {ports[machine, port.name]}"
                found.add(what, "transport", name, key, value=machine, hint="both belts would start or end there")
            elif port:
                ports[machine, port.name] = name
    for name, transport in spec.transport.items():
        if isinstance(transport, Vehicle):
            most, docks = ends(transport.fleet)[1], sum(len(instances(at, spec.machines[at])) for at in transport.stops)
            if most >= max(docks, 2):
                what = f"{most:.0f} vehicles with {docks} docks block one another: each stands where another has to go"
                hint = "fewer vehicles, or one more dock: 'parking' at a machine where none has to go"
                found.add(what, "transport", name, "fleet", hint=hint)
    used = set().union(*(Network(spec, models).carriers(product) for product in spec.products))
    for name, transport in spec.transport.items():
        counted = isinstance(transport, Direct) and transport.trips_per_h is not None
        if name not in used and not (counted and spec.geometric):
            hint = "routes have a shorter way, or none here"
            found.add("no product's shortest way uses this transport", "transport", name, hint=hint)


def _unused(spec: ScenarioSpec, models: Mapping[str, Model], found: Findings) -> None:
    if not spec.products:
        return
    visited = Network(spec, models).visited()
    for machine, entry in spec.machines.items():
        if machine not in visited:
            what = "parts never come here"
            hint = "let a transport serve it, or remove it" if entry.operations else "it does nothing; remove it?"
            found.add(what, "machines", machine, hint=hint)


def _places(spec: ScenarioSpec, found: Findings) -> None:
    left, low, right, high = box(spec.floor.boundary)
    for path, _, place, _ in placed(spec):
        if place is None:
            continue
        for key, value, first, last in (("x", place.x, left, right), ("y", place.y, low, high)):
            if isinstance(value, Range) and (value.low < first or value.high > last):
                shown = f"{value.low:g} to {value.high:g} m"
                hint = f"the floor reaches from {first:g} to {last:g} m"
                found.add("reaches beyond the floor", *path, key, value=shown, hint=hint)
    for kind in ("obstacles", "keep_clear"):
        for name, area in getattr(spec.floor, kind).items():
            x0, y0, x1, y1 = box(area.polygon)
            if x1 < left or x0 > right or y1 < low or y0 > high:
                found.add("lies outside the floor", "floor", kind, name, hint="are the coordinates in metres?")


def _fences(spec: ScenarioSpec, found: Findings) -> None:
    left, low, right, high = box(spec.floor.boundary)
    for name, fence in spec.floor.fences.items():
        if fence.height_m < LOWEST_FENCE_M:
            hint = "people reach over it; guard fences are 1.4 to 2.4 m high"
            found.add("a low fence", "floor", "fences", name, "height", value=f"{fence.height_m:g} m", hint=hint)
        off = [point for point in fence.line if not (left <= point[0] <= right and low <= point[1] <= high)]
        if off:
            hint = f"the floor reaches from {left:g} to {right:g} m in x, from {low:g} to {high:g} m in y"
            found.add("the fence leads off the floor", "floor", "fences", name, "line", value=list(off[0]), hint=hint)
    for name, detection in spec.safety.detection.items():
        if detection.approach_m_s < SLOWEST_APPROACH_M_S:
            hint = "ISO 13855 counts with 1.6 m/s, or 2 m/s for hands; is the unit right?"
            shown = f"{detection.approach_m_s:g} m/s"
            found.add("people come faster than this", "safety", "detection", name, "approach", value=shown, hint=hint)


def _arrivals(spec: ScenarioSpec, found: Findings) -> None:
    """Sources that bring parts faster than the machines can work, where one source feeds everything."""
    sources = [(name, entry.source) for name, entry in spec.machines.items() if entry.source]
    if len(sources) != 1 or not sources[0][1] or not sources[0][1].arrivals:
        return
    between_s = sources[0][1].arrivals.mean_s / len(instances(sources[0][0], spec.machines[sources[0][0]]))
    whole = sum(product.share for product in spec.products.values())
    for operation in {step for product in spec.products.values() for step in product.route}:
        able = {machine for machine, done, _, _ in _operations(spec) if done == operation}
        servers = sum(spec.machines[m].servers * len(instances(m, spec.machines[m])) for m in able)
        load = 0.0
        for name, product in spec.products.items():
            quickest = [t.mean_s for _, done, made, t in _operations(spec) if done == operation and made == name]
            load += product.route.count(operation) * product.share / whole * min(quickest, default=0.0)
        share = load / between_s / max(servers, 1)
        if share > 1:
            what = f"parts arrive faster than '{operation}' can be done ({share:.0%} of its capacity)"
            hint = f"{', '.join(sorted(able))} will be the bottleneck and a queue grows at the source"
            found.add(what, "machines", sources[0][0], "source", hint=hint)


def _attendance(spec: ScenarioSpec, found: Findings) -> None:
    """Machines and people who are never at work, and machines that never are when those who run them are."""
    horizon_s = spec.time.horizon_s
    for kind in ("machines", "people"):
        for name, entry in getattr(spec, kind).items():
            if entry.shift is not None and not _meet(spec.shifts[entry.shift], None, horizon_s):
                hint = f"the horizon is {duration(horizon_s)}"
                found.add("is off shift until the horizon ends", kind, name, "shift", value=entry.shift, hint=hint)
    for machine, entry in spec.machines.items():
        groups = {name: group for name, group in spec.people.items() if machine in group.runs}
        if entry.shift is None or not groups:
            continue
        at_work = spec.shifts[entry.shift]
        if not any(
            group.shift is None or _meet(at_work, spec.shifts[group.shift], horizon_s) for group in groups.values()
        ):
            hint = "; ".join(f"{name} work on shift {group.shift}" for name, group in groups.items())
            found.add("nobody who runs it is there when it works", "machines", machine, "shift", value=entry.shift,
                      hint=hint)  # fmt: skip


def _meet(one: Shift, other: Shift | None, horizon_s: float) -> bool:
    """Whether two shifts have some time in common before the horizon (None: always at work)."""
    spans = _spans(other, horizon_s) if other is not None else iter([(0.0, horizon_s)])
    start, end = next(spans, (horizon_s, horizon_s))
    for first, last in _spans(one, horizon_s):
        while end <= first:
            start, end = next(spans, (horizon_s, horizon_s))
            if start >= horizon_s:
                return False
        if max(first, start) < min(last, end):
            return True
    return False


def _spans(shift: Shift, horizon_s: float) -> Iterator[tuple[float, float]]:
    """Spans at work, in order, up to the horizon."""
    for n in range(math.ceil(horizon_s / shift.every_s)):
        for start, end in sorted(shift.on):
            if start + n * shift.every_s < horizon_s:
                yield start + n * shift.every_s, min(end + n * shift.every_s, horizon_s)
