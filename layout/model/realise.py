"""From scenario and layout to a concrete line: which values are free, and what they make when they are settled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from layout.errors import Problem, ScenarioError
from layout.model.distribution import Distribution
from layout.model.equip import on_rail, with_tool
from layout.model.library import ArmModel, MachineModel, PartModel, Rail, ToolModel, VehicleModel
from layout.model.line import WAYS, Arm, Belt, Fleet, Layout, Line, LineProduct, Link, Station, Way
from layout.model.pose import Pose
from layout.model.quantities import Choose, Range
from layout.model.scenario import Conveyor, Direct, Machine, Place, Robot, Scenario, ScenarioSpec, Variable, Vehicle


def instances(name: str, machine: Machine) -> tuple[str, ...]:
    """Names of the stations that a machine entry can become: "mill", or "mill 1", "mill 2" where there may be more."""
    most = max(machine.count.options) if isinstance(machine.count, Choose) else machine.count
    return (name,) if most == 1 else tuple(f"{name} {i + 1}" for i in range(most))


def variables(spec: ScenarioSpec) -> tuple[Variable, ...]:
    """Every design variable of a scenario, in the file's order."""
    return tuple(
        Variable(f"{subject}.{field}", domain, subject, field)
        for subject, field, domain in _free_fields(spec)
        if isinstance(domain, (Choose, Range))
    )


def _free_fields(spec: ScenarioSpec) -> Iterator[tuple[str, str, Any]]:
    for name, machine in spec.machines.items():
        yield name, "count", machine.count
        yield name, "buffer.in", machine.buffer.in_
        yield name, "buffer.out", machine.buffer.out
        for instance in instances(name, machine):
            yield from _place_fields(instance, machine.place)
    for name, transport in spec.transport.items():
        if isinstance(transport, Robot):
            yield from _place_fields(name, transport.place)
            yield name, "dispatch", transport.dispatch
        elif isinstance(transport, Conveyor):
            yield name, "speed", transport.speed_m_s
        elif isinstance(transport, Vehicle):
            yield name, "fleet", transport.fleet
            yield name, "speed", transport.speed_m_s
            yield name, "dispatch", transport.dispatch


def _place_fields(subject: str, place: Place) -> Iterator[tuple[str, str, Any]]:
    yield subject, "x", place.x
    yield subject, "y", place.y
    yield subject, "yaw", place.yaw


def realise(scenario: Scenario, layout: Layout) -> Line:
    """The line that a layout makes of a scenario.

    Values for machines that a smaller `count` leaves out are not needed. Raises ScenarioError, naming every
    design variable that is missing.
    """
    spec = scenario.spec
    settle = _Settle(layout.values)
    stations: dict[str, Station] = {}
    names: dict[str, tuple[str, ...]] = {}
    for name, machine in spec.machines.items():
        count = int(settle(name, "count", machine.count))
        names[name] = instances(name, machine)[:count]
        model = scenario.models[machine.model]
        assert isinstance(model, MachineModel)
        for instance in names[name]:
            stations[instance] = Station(
                name=instance,
                machine=name,
                model=model,
                pose=settle.pose(instance, machine.place),
                operations=_by_product(machine.operations, spec),
                servers=machine.servers,
                buffer_in=int(settle(name, "buffer.in", machine.buffer.in_)),
                buffer_out=int(settle(name, "buffer.out", machine.buffer.out)),
                failures=machine.failures,
                is_source=machine.source is not None,
                arrivals=machine.source.arrivals if machine.source else None,
                is_sink=machine.sink,
            )
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
            pose = settle.pose(name, transport.place)
            dispatch = str(settle(name, "dispatch", transport.dispatch))
            arms[name] = Arm(name, arm, pose, serves, dispatch, transport.speed, _ways(serves, stations))
            continue
        if isinstance(transport, Vehicle):
            fleets[name] = _fleet(name, transport, scenario, names, settle)
            continue
        for origin, target in _pairs(names[transport.from_], names[transport.to]):
            key = name if len(names[transport.from_]) * len(names[transport.to]) == 1 else f"{name} {origin}-{target}"
            if isinstance(transport, Conveyor):
                speed = float(settle(name, "speed", transport.speed_m_s))
                belts[key] = Belt(key, origin, target, speed, transport.pitch_m, transport.width_m)
            elif isinstance(transport, Direct):
                links[key] = Link(key, origin, target, transport.time_s)
    settle.check(scenario)
    return Line(
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
        safety=spec.safety,
    )


def largest_line(scenario: Scenario) -> Line:
    """The line with every machine that may be bought, other variables at their first value."""
    values = {
        v.name: (max(v.domain.options) if v.field == "count" else v.domain.options[0])
        if isinstance(v.domain, Choose)
        else v.domain.low
        for v in scenario.variables
    }
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
    )


class _Settle:
    """Looks values up in a layout and remembers what it missed."""

    def __init__(self, values: Mapping[str, Any]) -> None:
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

    def pose(self, subject: str, place: Place) -> Pose:
        return Pose(
            float(self(subject, "x", place.x)),
            float(self(subject, "y", place.y)),
            float(self(subject, "yaw", place.yaw)),
        )

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
    whole = sum(product.share for product in spec.products.values())
    made: dict[str, LineProduct] = {}
    for name, product in spec.products.items():
        model = scenario.models[product.model]
        assert isinstance(model, PartModel)
        made[name] = LineProduct(
            name=name,
            model=model,
            mass_kg=product.mass_kg if product.mass_kg is not None else model.mass_kg,
            share=product.share / whole,
            route=product.route,
            sources=tuple(s.name for s in stations.values() if s.is_source and product.source in (None, s.machine)),
            sinks=tuple(s.name for s in stations.values() if s.is_sink and product.sink in (None, s.machine)),
        )
    return made


def _pairs(origins: tuple[str, ...], targets: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for origin in origins:
        for target in targets:
            yield origin, target
