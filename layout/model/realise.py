"""From scenario and layout to a concrete line: which values are free, and what they make when they are settled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from layout.errors import Problem, ScenarioError
from layout.model.distribution import Distribution
from layout.model.equip import on_rail, with_tool
from layout.model.floor import Place
from layout.model.library import ArmModel, MachineModel, PartModel, Rail, ToolModel, VehicleModel
from layout.model.line import WAYS, Arm, Belt, Fleet, Layout, Line, LineProduct, Link, Staff, Station, Way
from layout.model.places import instances, joined, own_places, seats
from layout.model.pose import Pose
from layout.model.quantities import Choose, Range
from layout.model.scenario import Machine, Scenario, ScenarioSpec, Variable
from layout.model.transport import Conveyor, Direct, Robot, Vehicle

T = TypeVar("T", Station, Arm)


def variables(spec: ScenarioSpec) -> tuple[Variable, ...]:
    """Every design variable of a scenario, in the file's order."""
    return tuple(
        Variable(f"{subject}.{field}", domain, subject, field)
        for subject, field, domain in _free_fields(spec)
        if isinstance(domain, (Choose, Range))
    )


def _free_fields(spec: ScenarioSpec) -> Iterator[tuple[str, str, Any]]:
    places = own_places(spec)
    for name, machine in spec.machines.items():
        yield name, "count", machine.count
        yield name, "buffer.in", machine.buffer.in_
        yield name, "buffer.out", machine.buffer.out
        for instance in instances(name, machine):
            yield from _place_fields(instance, places)
    for name, transport in spec.transport.items():
        if isinstance(transport, Robot):
            yield from _place_fields(name, places)
            yield name, "dispatch", transport.dispatch
        elif isinstance(transport, Conveyor):
            yield name, "speed", transport.speed_m_s
        elif isinstance(transport, Vehicle):
            yield name, "fleet", transport.fleet
            yield name, "speed", transport.speed_m_s
            yield name, "dispatch", transport.dispatch
    for name, group in spec.groups.items():
        yield from _place_fields(name, places)
        yield name, "mirror", group.mirror
    for name, people in spec.people.items():
        yield name, "number", people.number
    for operation, rule in spec.routing.items():
        yield operation, "routing", rule


def _place_fields(subject: str, places: Mapping[str, Place]) -> Iterator[tuple[str, str, Any]]:
    if subject in places:
        for field in ("x", "y", "yaw"):
            yield subject, field, getattr(places[subject], field)


def realise(scenario: Scenario, layout: Layout) -> Line:
    """The line that a layout makes of a scenario.

    Values for machines that a smaller `count` leaves out are not needed. Raises ScenarioError, naming every
    design variable that is missing.
    """
    spec = scenario.spec
    settle = _Settle(layout.values, scenario)
    stations: dict[str, Station] = {}
    names: dict[str, tuple[str, ...]] = {}
    for name, machine in spec.machines.items():
        count = int(settle(name, "count", machine.count))
        names[name] = instances(name, machine)[:count]
        model = scenario.models[machine.model]
        assert isinstance(model, MachineModel)
        for instance in names[name]:
            stations[instance] = _station(instance, name, machine, model, settle, spec)
    arms: dict[str, Arm] = {}
    belts: dict[str, Belt] = {}
    links: dict[str, Link] = {}
    fleets: dict[str, Fleet] = {}
    for name, transport in spec.transport.items():
        if isinstance(transport, Robot):
            arm = scenario.models[transport.model]
            assert isinstance(arm, ArmModel)
            arm = equipped(arm, transport, scenario)
            serves = tuple(i for machine in transport.serves for i in names[machine])
            pose = settle.pose(name)
            dispatch = str(settle(name, "dispatch", transport.dispatch))
            arms[name] = Arm(
                name, arm, pose, serves, dispatch, transport.speed, _ways(serves, stations),
                cycle=_named(transport.cycle, names), power=transport.power,
                price=_arm_price(arm) if transport.price is None else transport.price,
            )  # fmt: skip
            continue
        if isinstance(transport, Vehicle):
            fleets[name] = _fleet(name, transport, scenario, names, settle)
            continue
        for origin, target in _pairs(names[transport.from_], names[transport.to]):
            key = name if len(names[transport.from_]) * len(names[transport.to]) == 1 else f"{name} {origin}-{target}"
            if isinstance(transport, Conveyor):
                speed = float(settle(name, "speed", transport.speed_m_s))
                belts[key] = Belt(
                    key, origin, target, speed, transport.pitch_m, transport.width_m, transport.power,
                    transport.price, transport.price_per_m,
                )  # fmt: skip
            elif isinstance(transport, Direct):
                trips = transport.trips_per_h
                shared = None if trips is None else trips / (len(names[transport.from_]) * len(names[transport.to]))
                links[key] = Link(key, origin, target, transport.time_s, shared)
    line = Line(
        name=spec.name,
        layout=layout,
        floor=spec.floor,
        time=spec.time,
        objectives=spec.objectives,
        products=_products(scenario, stations),
        stations=stations,
        arms=arms,
        belts=belts,
        links=links,
        fleets=fleets,
        staff={
            name: Staff(
                name, int(settle(name, "number", people.number)), _named(people.runs, names),
                _named(people.repairs, names), _named(people.sets_up, names),
                spec.shifts[people.shift] if people.shift is not None else None,
            )
            for name, people in spec.people.items()
        },
        routing={name: str(settle(name, "routing", rule)) for name, rule in spec.routing.items()},
        safety=spec.safety,
    )  # fmt: skip
    settle.check(scenario)
    return line


def moved(line: Line, layout: Layout, poses: Mapping[str, Pose]) -> Line:
    """The line with its stations and arms at other poses, by name, as a layout says that differs in places only."""
    return replace(
        line,
        layout=layout,
        stations={name: _at(station, poses[name]) for name, station in line.stations.items()},
        arms={name: _at(arm, poses[name]) for name, arm in line.arms.items()},
    )


def _at(thing: T, pose: Pose) -> T:
    """`dataclasses.replace` of the pose, at a tenth of its time: every candidate moves everything."""
    found = object.__new__(type(thing))
    found.__dict__.update(thing.__dict__, pose=pose)
    return found


def _station(
    instance: str, name: str, machine: Machine, model: MachineModel, settle: _Settle, spec: ScenarioSpec
) -> Station:
    source = machine.source
    return Station(
        name=instance,
        machine=name,
        model=model,
        pose=settle.pose(instance),
        operations=_by_product(machine.operations, spec),
        servers=machine.servers,
        buffer_in=int(settle(name, "buffer.in", machine.buffer.in_)),
        buffer_out=int(settle(name, "buffer.out", machine.buffer.out)),
        failures=machine.failures,
        is_source=source is not None,
        arrivals=source.arrivals if source else None,
        is_sink=machine.sink,
        schedule=tuple(sorted(source.schedule, key=lambda order: order.at_s)) if source else (),
        blocking=machine.blocking,
        setup=_setup(machine.setup, spec),
        batch=machine.batch,
        quality=machine.quality,
        inlets=_inlets(machine, spec),
        shift=spec.shifts[machine.shift] if machine.shift is not None else None,
        power=machine.power,
        price=model.price if machine.price is None else machine.price,
    )


def _arm_price(arm: ArmModel) -> float:
    """Price of an arm with its tool."""
    return arm.price + (arm.tool.price if arm.tool is not None else 0.0)


def _setup(
    setup: Distribution | Mapping[str, Mapping[str, Distribution]] | None, spec: ScenarioSpec
) -> Mapping[str, Mapping[str, Distribution]]:
    if isinstance(setup, Distribution):
        return {a: {b: setup for b in spec.products if b != a} for a in spec.products}
    return setup or {}


def _inlets(machine: Machine, spec: ScenarioSpec) -> dict[str, int]:
    """Places for each product that operations of this machine join to others."""
    places: dict[str, int] = {}
    for name, product in spec.products.items():
        for operation, components in product.components.items():
            times = machine.operations.get(operation, {})
            if isinstance(times, Distribution) or name in times:
                for component, number in components.items():
                    places[component] = max(places.get(component, 0), 2 * number)
    return {component: machine.inlets.get(component, least) for component, least in places.items()}


def _named(machines: Iterable[str], names: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Stations of machines; a single copy ("mill 2") may be named by itself."""
    copies = {copy for standing in names.values() for copy in standing}
    return tuple(i for machine in machines for i in (names.get(machine) or ((machine,) if machine in copies else ())))


def largest_line(scenario: Scenario) -> Line:
    """The line with all machines, vehicles, people, places and speed it may have; other variables at first values."""
    values: dict[str, Any] = {}
    for v in scenario.variables:
        most = v.field in ("count", "fleet", "number", "buffer.in", "buffer.out", "speed")
        if isinstance(v.domain, Choose):
            values[v.name] = max(v.domain.options) if most else v.domain.options[0]
        else:
            values[v.name] = v.domain.high if most else v.domain.low
    return realise(scenario, Layout(values))


def equipped(arm: ArmModel, robot: Robot, scenario: Scenario) -> ArmModel:
    """An arm with the tool and on the rail that the scenario gives it."""
    if robot.tool is not None:
        tool = scenario.models[robot.tool]
        assert isinstance(tool, ToolModel)
        arm = with_tool(arm, tool)
    if robot.rail is not None:
        rail = Rail(robot.rail.length_m, robot.rail.speed_m_s, robot.rail.acceleration_m_s2)
        arm = on_rail(arm, rail)
    return arm


def _ways(serves: tuple[str, ...], stations: Mapping[str, Station]) -> dict[str, tuple[Way, ...]]:
    """How an arm passes parts at each station: out where it could bring them on, in where it could get any from.

    Two arms that hand over at a station with a port for each way need not both reach both.
    """

    def passes(name: str, way: Way) -> bool:
        station = stations[name]
        one_way = station.is_source != station.is_sink
        shut = one_way and (station.is_sink if way == "out" else station.is_source)
        return not shut and station.model.port_for(way, "arm") is not None

    def ways(name: str) -> tuple[Way, ...]:
        others = [other for other in serves if other != name]
        return tuple(way for way in WAYS if any(passes(other, "in" if way == "out" else "out") for other in others))

    return {name: ways(name) or WAYS for name in serves}


def _fleet(
    name: str, vehicle: Vehicle, scenario: Scenario, names: Mapping[str, tuple[str, ...]], settle: _Settle
) -> Fleet:
    model = scenario.models[vehicle.model]
    assert isinstance(model, VehicleModel)
    speed = settle(name, "speed", vehicle.speed_m_s)
    return Fleet(
        name=name,
        model=model,
        units=int(settle(name, "fleet", vehicle.fleet)),
        serves=tuple(i for machine in vehicle.serves for i in names[machine]),
        dispatch=str(settle(name, "dispatch", vehicle.dispatch)),
        speed_m_s=model.speed_m_s if speed is None else float(speed),
        acceleration_m_s2=vehicle.acceleration_m_s2 or model.acceleration_m_s2,
        cycle=_named(vehicle.cycle, names),
        parking=_named([vehicle.parking] if vehicle.parking is not None else [], names),
        chargers=_named([vehicle.battery.charger] if vehicle.battery else [], names),
        battery=vehicle.battery,
        power=vehicle.power,
        price=model.price if vehicle.price is None else vehicle.price,
    )


class _Settle:
    """Looks values up in a layout and remembers what it missed."""

    def __init__(self, values: Mapping[str, Any], scenario: Scenario) -> None:
        self._spec = scenario.spec
        self._places, self._seats = own_places(scenario.spec), seats(scenario.spec, scenario.models)
        self.values = values
        self.missing: list[str] = []

    def __call__(self, subject: str, field: str, given: Any) -> Any:
        if not isinstance(given, (Choose, Range)):
            return given
        name = f"{subject}.{field}"
        if name in self.values:
            return self.values[name]
        self.missing.append(name)
        return given.options[0] if isinstance(given, Choose) else given.low

    def pose(self, subject: str) -> Pose:
        seat = self._seats.get(subject)
        if seat is None:
            return Pose(*self._place(subject))
        mirrored = bool(self(seat.group, "mirror", self._spec.groups[seat.group].mirror))
        return Pose(*joined(self._place(seat.group), seat, mirrored))

    def _place(self, subject: str) -> tuple[float, float, float]:
        place = self._places[subject]
        x, y, yaw = (float(self(subject, field, getattr(place, field))) for field in ("x", "y", "yaw"))
        return x, y, yaw

    def check(self, scenario: Scenario) -> None:
        if self.missing:
            raise ScenarioError(
                [
                    Problem(
                        "the layout gives no value",
                        where=name,
                        hint="add it to the layout file or the scenario's start",
                    )
                    for name in dict.fromkeys(self.missing)
                ]
            )


def _by_product(
    operations: Mapping[str, Distribution | Mapping[str, Distribution]], spec: ScenarioSpec
) -> dict[str, Mapping[str, Distribution]]:
    return {
        operation: dict.fromkeys(spec.products, times) if isinstance(times, Distribution) else dict(times)
        for operation, times in operations.items()
    }


def _products(scenario: Scenario, stations: Mapping[str, Station]) -> dict[str, LineProduct]:
    spec = scenario.spec
    joins = {name: product.components for name, product in spec.products.items()}
    parts = {name: product.releases for name, product in spec.products.items()}
    joined = {name: _where(name, joins, stations) for name in spec.products}
    released = {name: _where(name, parts, stations) for name in spec.products}
    enters = [name for name in spec.products if not released[name] and spec.products[name].circulates is None]
    whole = sum(spec.products[name].share for name in enters)
    made: dict[str, LineProduct] = {}
    for name, product in spec.products.items():
        model = scenario.models[product.model]
        assert isinstance(model, PartModel)
        made[name] = LineProduct(
            name=name,
            model=model,
            mass_kg=product.mass_kg if product.mass_kg is not None else model.mass_kg,
            share=product.share / whole if name in enters else 0.0,
            route=product.route,
            sources=released[name]
            if name not in enters
            else tuple(s.name for s in stations.values() if s.is_source and product.source in (None, s.machine)),
            sinks=joined[name]
            or tuple(s.name for s in stations.values() if s.is_sink and product.sink in (None, s.machine)),
            components=product.components,
            releases=product.releases,
            joined=bool(joined[name]),
            released=bool(released[name]),
            circulates=product.circulates or 0,
        )
    return made


def _where(
    name: str, of: Mapping[str, Mapping[str, Mapping[str, int]]], stations: Mapping[str, Station]
) -> tuple[str, ...]:
    """Stations whose operations join a product to others (or part it from them)."""
    return tuple(
        station.name
        for station in stations.values()
        if any(
            name in products and host in station.operations.get(operation, {})
            for host, operations in of.items()
            for operation, products in operations.items()
        )
    )


def _pairs(origins: tuple[str, ...], targets: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for origin in origins:
        for target in targets:
            yield origin, target
