"""Cross checks of a scenario: what no single field can know. Every finding carries its line and a hint."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from layout.errors import Problem
from layout.files.floor_checks import check_ways
from layout.files.group_checks import check_groups
from layout.files.polygons import fault
from layout.files.production_checks import check_production
from layout.files.routes import Network, check_routes
from layout.files.transport_checks import check_stops, check_transports
from layout.files.yaml import Document, KeyPath, did_you_mean
from layout.model.distribution import KINDS, Distribution
from layout.model.equip import on_rail, with_tool
from layout.model.floor import Place
from layout.model.joins import names_as
from layout.model.library import ArmModel, MachineModel, Model, PartModel, Point2, Rail, ToolModel, VehicleModel
from layout.model.places import grouped, instances
from layout.model.quantities import Choose, Range
from layout.model.scenario import GEOMETRIC, ScenarioSpec
from layout.model.transport import Conveyor, Direct, Robot, Vehicle

Polygon = tuple[Point2, ...]


class Findings(list[Problem]):
    """Problems of one document, in the order found."""

    def __init__(self, document: Document) -> None:
        super().__init__()
        self.document = document

    def add(self, what: str, *path: str | int, value: object = None, hint: str = "") -> None:
        """Note a problem at a path of the document."""
        self.append(self.document.problem(what, path, value, hint))


def check_names(spec: ScenarioSpec, document: Document) -> list[Problem]:
    """What can be checked without the models: names, references, areas, times and aims."""
    found = Findings(document)
    _names(spec, found)
    _time(spec, found)
    _floor(spec, found)
    _operations(spec, found)
    if spec.products or not spec.geometric:
        _ends(spec, found)
    _models(spec, found)
    _transports(spec, found)
    check_transports(spec, found.add)
    check_production(spec, found.add)
    check_groups(spec, found.add)
    if not fault(spec.floor.boundary):
        _places(spec, found)
        check_ways(spec, found.add)
    _objectives(spec, found)
    return list(found)


def check_models(spec: ScenarioSpec, models: Mapping[str, Model], document: Document) -> list[Problem]:
    """What needs the models: ports, sizes, payloads, and whether each route can be walked."""
    found = Findings(document)
    if not fault(spec.floor.boundary):
        _sizes(spec, models, found)
    _ports(spec, models, found)
    check_stops(spec, models, found.add)
    network = Network(spec, models)
    check_routes(spec, network, found.add)
    _payloads(spec, models, network, found)
    _prices(spec, models, found)
    return list(found)


def _names(spec: ScenarioSpec, found: Findings) -> None:
    groups: list[tuple[KeyPath, Mapping[str, object]]] = [
        (("machines",), spec.machines),
        (("transport",), spec.transport),
        (("products",), spec.products),
        (("floor", "obstacles"), spec.floor.obstacles),
        (("floor", "keep_clear"), spec.floor.keep_clear),
        (("floor", "fences"), spec.floor.fences),
        (("floor", "walkways", "exits"), spec.floor.walkways.exits if spec.floor.walkways else {}),
        (("safety", "detection"), spec.safety.detection),
        (("groups",), spec.groups),
        (("people",), spec.people),
        (("shifts",), spec.shifts),
        (("routing",), spec.routing),
    ]
    for path, group in groups:
        for name in group:
            if not name.strip() or name != name.strip() or not name.isprintable():
                found.add("a name must be readable text without spaces at its ends", *path, name, value=repr(name))
            elif "." in name or "/" in name or "\\" in name:
                hint = f"such as '{name.translate(str.maketrans('./' + chr(92), '---'))}'"
                found.add("a name must not hold '.', '/' or '\\'", *path, name, value=name, hint=hint)
    for name in spec.products:
        if name in KINDS:
            found.add("a product must not be named like a distribution", "products", name, value=name)
    for name in spec.transport:
        if name in spec.machines:
            hint = "rename one of them"
            found.add("a machine has this name too", "transport", name, value=name, hint=hint)
    for machine, entry in spec.machines.items():
        for instance in instances(machine, entry):
            if instance == machine:
                continue
            for kind in ("machines", "transport"):
                if instance in getattr(spec, kind):
                    what = f"the name is taken: {machine}'s copies are called {machine} 1, {machine} 2, ..."
                    found.add(what, kind, instance, value=instance, hint="rename it")


def _models(spec: ScenarioSpec, found: Findings) -> None:
    """Products, unless nothing is simulated, and of each machine either its model or its size."""
    if not spec.products and not spec.geometric:
        hint = f"add one; without products only {' and '.join(GEOMETRIC)} can be aims"
        found.add("there are no products", "products", hint=hint)
    for name, machine in spec.machines.items():
        if bool(machine.model) == (machine.box is not None):
            hint = "such as model: cnc_mill, or box: {width: 2 m, depth: 1 m}"
            found.add("needs a 'model' or a 'box', one of them", "machines", name, hint=hint)


def _time(spec: ScenarioSpec, found: Findings) -> None:
    time = spec.time
    if time.warmup_s is not None and time.warmup_s >= time.horizon_s:
        hint = f"the horizon is {time.horizon_s:g} s, warm-up included; make it longer or the warm-up shorter"
        key = "warmup" if "warmup_s" in time.model_fields_set else "horizon"
        found.add("the warm-up must be shorter than the horizon", "time", key, value=f"{time.warmup_s:g} s", hint=hint)


def _floor(spec: ScenarioSpec, found: Findings) -> None:
    wrong = fault(spec.floor.boundary)
    if wrong:
        found.add(f"the floor {wrong}", "floor", "boundary", hint="list its corners in order around it, in metres")
    for kind in ("obstacles", "keep_clear"):
        for name, area in getattr(spec.floor, kind).items():
            wrong = fault(area.polygon)
            if wrong:
                hint = "list its corners in order around it, in metres"
                found.add(f"the polygon {wrong}", "floor", kind, name, "polygon", hint=hint)


def _operations(spec: ScenarioSpec, found: Findings) -> None:
    """Products that operations name, and a machine for each step of each route."""
    able: dict[str, set[str]] = {}
    for machine, entry in spec.machines.items():
        for operation, times in entry.operations.items():
            if isinstance(times, Distribution):
                able.setdefault(operation, set()).update(spec.products)
                continue
            path = ("machines", machine, "operations", operation)
            if not times:
                found.add("names no product", *path, hint="write {product: time}, or one time for all products")
            able.setdefault(operation, set()).update(times)
            for product in times:
                if product not in spec.products:
                    hint = did_you_mean(product, [*spec.products, *KINDS], "products")
                    found.add("no product of that name", *path, product, value=product, hint=hint)
    for name, made in spec.products.items():
        for step, operation in enumerate(made.route):
            here = ("products", name, "route", step)
            if operation not in able:
                hint = did_you_mean(operation, able, "operations there are")
                if operation in spec.machines:
                    hint = f"that is a machine; a route names operations: {', '.join(able) or 'there are none'}"
                found.add("no machine does this operation", *here, value=operation, hint=hint)
            elif name not in able[operation]:
                makers = [m for m, e in spec.machines.items() if operation in e.operations]
                hint = f"add a time for it to the operations of {' or '.join(makers)}"
                found.add(f"no machine does this operation for {name}", *here, value=operation, hint=hint)


def _ends(spec: ScenarioSpec, found: Findings) -> None:
    """Where products enter and leave."""
    elsewhere = {"source": names_as(spec, "releases"), "sink": names_as(spec, "components")}
    for end, verb, key in (("source", "enter", "source: saturated"), ("sink", "leave", "sink: true")):
        names = [m for m, entry in spec.machines.items() if (entry.source if end == "source" else entry.sink)]
        if not names:
            found.add(f"parts can {verb} nowhere: no machine is a {end}", "machines", hint=f"give one '{key}'")
            continue
        for name, product in spec.products.items():
            if name in elsewhere[end] or (end == "source" and product.circulates is not None):
                continue
            wanted = getattr(product, end)
            if wanted is None and len(names) > 1:
                what = f"several machines are {end}s, so the product must name its own"
                found.add(what, "products", name, hint=f"add '{end}:' and one of {', '.join(names)}")
            elif wanted is not None and wanted not in spec.machines:
                hint = did_you_mean(wanted, names, f"{end}s")
                found.add("no machine of that name", "products", name, end, value=wanted, hint=hint)
            elif wanted is not None and wanted not in names:
                hint = f"give it '{key}', or use {' or '.join(names)}"
                found.add(f"this machine is no {end}", "products", name, end, value=wanted, hint=hint)


def _transports(spec: ScenarioSpec, found: Findings) -> None:
    for name, transport in spec.transport.items():
        if isinstance(transport, (Robot, Vehicle)):
            for i, machine in enumerate(transport.serves):
                if machine in transport.serves[:i]:
                    found.add("is served twice", "transport", name, "serves", i, value=machine, hint="name it once")
                _machine(spec, found, machine, "transport", name, "serves", i)
            continue
        _machine(spec, found, transport.from_, "transport", name, "from")
        _machine(spec, found, transport.to, "transport", name, "to")
        if transport.from_ == transport.to:
            hint = "a transport leads from one machine to another"
            found.add("begins and ends at the same machine", "transport", name, "to", value=transport.to, hint=hint)


def _machine(spec: ScenarioSpec, found: Findings, machine: str, *path: str | int) -> None:
    if machine in spec.machines:
        return
    hint = did_you_mean(machine, spec.machines, "machines")
    for name, entry in spec.machines.items():
        if machine in instances(name, entry):
            hint = f"name '{name}': a transport serves all copies of a machine"
    found.add("no machine of that name", *path, value=machine, hint=hint)


def placed(spec: ScenarioSpec) -> Iterator[tuple[KeyPath, str, Place | None, int]]:
    """Everything that stands on the floor: path of its place, its model, its place (None: as a group says, or a pin),
    how many copies may stand there."""
    members = {*grouped(spec), *spec.pins}
    for name, machine in spec.machines.items():
        count = sum(instance not in members for instance in instances(name, machine))
        yield ("machines", name, "place"), machine.model, machine.place if count else None, count
    for name, transport in spec.transport.items():
        if isinstance(transport, Robot):
            yield ("transport", name, "place"), transport.model, transport.place, 1
    for name, group in spec.groups.items():
        yield ("groups", name, "place"), "", group.place, 1


def ends(value: object) -> tuple[float, float]:
    """Least and greatest value of a fixed or free quantity."""
    if isinstance(value, Range):
        return value.low, value.high
    options = value.options if isinstance(value, Choose) else (value,)
    return float(min(options)), float(max(options))


def box(points: Polygon) -> tuple[float, float, float, float]:
    """Least x, least y, greatest x, greatest y."""
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    return min(xs), min(ys), max(xs), max(ys)


def _places(spec: ScenarioSpec, found: Findings) -> None:
    left, low, right, high = box(spec.floor.boundary)
    for path, _, place, count in placed(spec):
        if place is None:
            continue
        for key, value, first, last in (("x", place.x, left, right), ("y", place.y, low, high)):
            least, most = ends(value)
            if most < first or least > last:
                shown = f"{least:g} m" if least == most else f"{least:g} to {most:g} m"
                hint = f"the floor reaches from {first:g} to {last:g} m"
                found.add("lies wholly outside the floor", *path, key, value=shown, hint=hint)
        if count > 1 and not isinstance(place.x, (Range, Choose)) and not isinstance(place.y, (Range, Choose)):
            hint = "give x or y a range such as [1, 8], or write one machine entry for each"
            found.add(f"up to {count} machines would stand on one spot", *path, hint=hint)


def _has_power(spec: ScenarioSpec) -> bool:
    return any(getattr(r, "power", None) is not None for r in (*spec.machines.values(), *spec.transport.values()))


def _has_due(spec: ScenarioSpec) -> bool:
    sources = [machine.source for machine in spec.machines.values() if machine.source is not None]
    return any(order.due_s is not None for source in sources for order in source.schedule)


def _has_scrap(spec: ScenarioSpec) -> bool:
    return any(quality.scrap > 0 for machine in spec.machines.values() for quality in machine.quality.values())


def _has_trips(spec: ScenarioSpec) -> bool:
    return any(isinstance(t, Direct) and t.trips_per_h is not None for t in spec.transport.values())


_NEEDS: dict[str, tuple[Callable[[ScenarioSpec], bool], str]] = {
    "energy": (_has_power, "give machines or transports a power, such as {working: 5 kW, idle: 1 kW}"),
    "handling_effort": (_has_trips, "give a direct transport its trips per hour, such as trips: 12"),
    "scrap": (_has_scrap, "give a machine a quality, such as {drill: {scrap: 2 %}}"),
    "on_time": (_has_due, "give a source a schedule whose orders are due at some time"),
    "tardiness": (_has_due, "give a source a schedule whose orders are due at some time"),
}  # whether a scenario has what a measure measures, and what to do if not


def _objectives(spec: ScenarioSpec, found: Findings) -> None:
    if not spec.objectives:
        found.add("names no aim", "objectives", hint="write [{maximize: throughput}]")
    seen: set[str] = set()
    for i, objective in enumerate(spec.objectives):
        if bool(objective.maximize) == bool(objective.minimize):
            what = "needs 'maximize' or 'minimize', one of them"
            found.add(what, "objectives", i, hint="such as {minimize: floor_area}")
        elif objective.measure in seen:
            found.add("is an aim already", "objectives", i, value=objective.measure, hint="name each measure once")
        elif objective.measure in _NEEDS and not _NEEDS[objective.measure][0](spec):
            what, hint = "cannot be measured here", _NEEDS[objective.measure][1]
            found.add(what, "objectives", i, value=objective.measure, hint=hint)
        if objective.weight is None and any(other.weight is not None for other in spec.objectives):
            found.add("has no weight, but others have", "objectives", i, hint="give all of them one, or none")
        elif objective.weight is not None and "tolerance" in objective.model_fields_set:
            hint = "weights: the sum decides; tolerances: one after the other; leave one of them out"
            found.add("has both a weight and a tolerance", "objectives", i, hint=hint)
        seen |= {objective.maximize or "", objective.minimize or ""} - {""}


def _prices(spec: ScenarioSpec, models: Mapping[str, Model], found: Findings) -> None:
    """Investment is an aim only where something has a price."""
    owners = (*spec.machines.values(), *spec.transport.values())
    given = any(getattr(owner, "price", None) or getattr(owner, "price_per_m", 0.0) for owner in owners)
    if given or any(getattr(model, "price", 0.0) for model in models.values()):
        return
    for i, objective in enumerate(spec.objectives):
        if objective.measure == "investment":
            hint = "give machines, transports or their models a price, such as price: 120000"
            found.add("cannot be measured here", "objectives", i, value=objective.measure, hint=hint)


def _sizes(spec: ScenarioSpec, models: Mapping[str, Model], found: Findings) -> None:
    left, low, right, high = box(spec.floor.boundary)
    floor = sorted((right - left, high - low))
    for path, name, _, _ in placed(spec):
        model = models.get(name)
        robot = spec.transport.get(str(path[1])) if path[0] == "transport" else None
        if isinstance(model, ArmModel) and isinstance(robot, Robot):
            model = with_equipment(model, robot, models)
        if not isinstance(model, (MachineModel, ArmModel)):
            continue
        x0, y0, x1, y1 = box(model.footprint_m)
        size = sorted((x1 - x0, y1 - y0))
        if size[0] > floor[0] + 1e-9 or size[1] > floor[1] + 1e-9:
            rail = isinstance(model, ArmModel) and model.rail is not None
            value = f"{x1 - x0:g} x {y1 - y0:g} m"
            hint = f"the floor is {right - left:g} x {high - low:g} m; are the units right?"
            what = "with its rail it is larger than the floor" if rail else "is larger than the floor"
            key = ("rail", "length") if rail else ("model",)
            found.add(what, *path[:-1], *key, value=value, hint=hint)


def with_equipment(arm: ArmModel, robot: Robot, models: Mapping[str, Model]) -> ArmModel:
    """An arm with the tool and on the rail that the scenario gives it."""
    tool = models.get(robot.tool) if robot.tool is not None else None
    if isinstance(tool, ToolModel):
        arm = with_tool(arm, tool)
    if robot.rail is not None:
        arm = on_rail(arm, Rail(robot.rail.length_m, robot.rail.speed_m_s, robot.rail.acceleration_m_s2))
    return arm


def _ports(spec: ScenarioSpec, models: Mapping[str, Model], found: Findings) -> None:
    def model_of(machine: str) -> MachineModel | None:
        entry = spec.machines.get(machine)
        model = models.get(entry.model) if entry else None
        return model if isinstance(model, MachineModel) else None

    for name, transport in spec.transport.items():
        if isinstance(transport, Conveyor):
            for key, machine, way in (("from", transport.from_, "out"), ("to", transport.to, "in")):
                model = model_of(machine)
                if model and not model.port_for("out" if way == "out" else "in", "belt"):
                    hint = f"{model.name} has {_port_list(model)}"
                    found.add(f"this machine has no '{way}' port for a belt", "transport", name, key, value=machine,
                              hint=hint)  # fmt: skip
        elif isinstance(transport, (Robot, Vehicle)):
            by, who = ("arm", "an arm") if isinstance(transport, Robot) else ("vehicle", "a vehicle")
            for i, machine in enumerate(transport.serves):
                model = model_of(machine)
                if model and not any(by in port.by for port in model.ports.values()):
                    hint = f"{model.name} has {_port_list(model)}"
                    found.add(f"this machine has no port for {who}", "transport", name, "serves", i, value=machine,
                              hint=hint)  # fmt: skip


def _port_list(model: MachineModel) -> str:
    ports = [f"'{p.name}' ({p.kind}, {'/'.join(p.by)})" for p in model.ports.values()]
    return f"port{'s' if len(ports) > 1 else ''} {', '.join(ports)}" if ports else "no ports"


def _payloads(spec: ScenarioSpec, models: Mapping[str, Model], network: Network, found: Findings) -> None:
    for name, transport in spec.transport.items():
        model = models.get(transport.model) if isinstance(transport, (Robot, Vehicle)) else None
        key = "tool" if isinstance(transport, Robot) and transport.tool else "model"
        if isinstance(transport, Robot) and isinstance(model, ArmModel):
            arm = with_equipment(model, transport, models)
            most, how = arm.payload_kg - arm.tool_mass_kg, "its payload less its tool"
            if arm.tool is not None:
                how = f"its payload of {arm.payload_kg:g} kg less {arm.tool.name}'s {arm.tool_mass_kg:g} kg"
            if most <= 0:
                hint = f"{model.name} carries {arm.payload_kg:g} kg, the tool weighs {arm.tool_mass_kg:g} kg"
                found.add("the tool alone is the arm's whole payload", "transport", name, key, hint=hint)
                continue
            stronger = "take a stronger arm" + (" or a lighter tool" if arm.tool else "")
        elif isinstance(model, VehicleModel):
            most, how, stronger = model.payload_kg, "its payload", "take a stronger vehicle"
        else:
            continue
        for product, entry in spec.products.items():
            part = models.get(entry.model)
            mass = entry.mass_kg or (part.mass_kg if isinstance(part, PartModel) else 0.0)
            if mass > most and name in network.carriers(product):
                path = ("mass",) if entry.mass_kg else ("model",)
                hint = f"{model.name} carries {most:g} kg ({how}); {stronger}"
                found.add(f"too heavy for {name}", "products", product, *path, value=f"{mass:g} kg", hint=hint)
