"""What wants to stand close to what: belts with their ports, arms with those they serve, partners along the routes."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import shapely

from layout.model.library import ArmModel, MachineModel, Port, VehicleModel
from layout.model.places import instances
from layout.model.pose import Array
from layout.model.realise import equipped, largest_line
from layout.model.scenario import Scenario
from layout.model.transport import Conveyor, Direct, Robot, Vehicle
from layout.search.shapes import Ring, moved
from layout.search.space import spots

Pose3 = tuple[float, float, float]


@dataclass(frozen=True)
class BeltTie:
    """A conveyor's two ends with their ports, by station name, and its width (m)."""

    ports: Mapping[str, Port]
    width_m: float

    @property
    def ends(self) -> Iterable[str]:
        """The two stations."""
        return self.ports.keys()

    def other(self, subject: str) -> str:
        """The station at the end that is not this one."""
        return next(name for name in self.ports if name != subject)


def port_at(port: Port, poses: Array) -> tuple[Array, Array]:
    """Place and outward direction, (n, 2) each, of a port at n poses of its machine."""
    at = moved(np.array([port.at_m[:2]]), poses)[:, 0]
    turns = np.column_stack([np.zeros((len(poses), 2)), poses[:, 2]])
    return at, moved(np.array([port.facing]), turns)[:, 0]


def at_edge(port: Port, model: MachineModel) -> Port:
    """A port moved out along its facing to where it leaves the machine's footprint, if it lies inside."""
    size = math.hypot(*port.facing)
    (x, y, z), (u, v) = port.at_m, (port.facing[0] / size, port.facing[1] / size)
    outline = shapely.Polygon(model.footprint_m)
    far = 2.0 * float(np.ptp(np.asarray(model.footprint_m), axis=0).sum())
    inside = shapely.intersection(shapely.LineString([(x, y), (x + u * far, y + v * far)]), outline)
    depth = max((math.hypot(a - x, b - y) for a, b in shapely.get_coordinates(inside)), default=0.0)
    return replace(port, at_m=(x + u * depth, y + v * depth, z), facing=(u, v))


def belt_cost(belt: BeltTie, subject: str, poses: Array, partner: Pose3) -> Array:
    """(n,) metres that a belt is long, and more where it does not leave and arrive straight out of its ports."""
    here, out = port_at(belt.ports[subject], poses)
    there, back = port_at(belt.ports[belt.other(subject)], np.array([partner]))
    way = there - here
    ahead, behind = (way * out).sum(axis=1), -(way * back).sum(axis=1)
    length = np.hypot(way[:, 0], way[:, 1])
    askew = 2 * length - ahead - behind
    too_short = np.maximum(belt.width_m - ahead, 0.0) + np.maximum(belt.width_m - behind, 0.0)
    cost: Array = length + 2.0 * askew + 5.0 * too_short
    return cost


def arms_of(scenario: Scenario) -> dict[str, tuple[str, ...]]:
    """The stations that each arm serves, all copies of them."""
    machines = scenario.spec.machines
    return {
        name: tuple(i for machine in transport.serves for i in instances(machine, machines[machine]))
        for name, transport in scenario.spec.transport.items()
        if isinstance(transport, Robot)
    }


def ports_of(scenario: Scenario) -> dict[tuple[str, str], tuple[Port, ...]]:
    """The ports through which each arm serves each of its stations, by (arm, station)."""
    line = largest_line(scenario)
    found: dict[tuple[str, str], tuple[Port, ...]] = {}
    for arm in line.arms.values():
        for name in arm.serves:
            station = line.stations[name]
            ports = (station.model.port_for(way, "arm") for way in arm.ways_at(station))
            found[arm.name, name] = tuple(dict.fromkeys(port for port in ports if port is not None))
    return found


def models_of(scenario: Scenario) -> dict[str, MachineModel | ArmModel]:
    """The model of every station and arm."""
    found: dict[str, MachineModel | ArmModel] = {}
    for spot in spots(scenario):
        model: object
        entry = scenario.spec.machines.get(spot.machine)
        if entry is None:
            robot = scenario.spec.transport[spot.machine]
            assert isinstance(robot, Robot)
            arm = scenario.models[robot.model]
            assert isinstance(arm, ArmModel)
            model = equipped(arm, robot, scenario)
        else:
            model = scenario.models[entry.model]
        assert isinstance(model, (MachineModel, ArmModel))
        found[spot.subject] = model
    return found


def hands_of(models: Mapping[str, MachineModel | ArmModel]) -> dict[str, Array]:
    """(2,) float (m): where parts are handed over, in each one's own frame: the middle of its ports; of an arm 0, 0."""
    return {
        name: np.mean([port.at_m[:2] for port in model.ports.values()], axis=0)
        if isinstance(model, MachineModel) and model.ports
        else np.zeros(2)
        for name, model in models.items()
    }


def belts_of(scenario: Scenario) -> tuple[BeltTie, ...]:
    """Every belt there can be, between all copies of its two machines."""
    machines, found = scenario.spec.machines, []
    for transport in scenario.spec.transport.values():
        if isinstance(transport, Conveyor):
            origin, target = (
                scenario.models[machines[transport.from_].model],
                scenario.models[machines[transport.to].model],
            )
            assert isinstance(origin, MachineModel) and isinstance(target, MachineModel)
            leaving, arriving = origin.port_for("out", "belt"), target.port_for("in", "belt")
            if leaving is None or arriving is None:
                continue
            for a in instances(transport.from_, machines[transport.from_]):
                for b in instances(transport.to, machines[transport.to]):
                    ports = {a: at_edge(leaving, origin), b: at_edge(arriving, target)}
                    found.append(BeltTie(ports, transport.width_m))
    return tuple(found)


def docks_of(scenario: Scenario) -> dict[str, tuple[Ring, ...]]:
    """The floor in front of each station's vehicle ports where vehicles come and stand: in the station's frame (m)."""
    machines, found = scenario.spec.machines, dict[str, tuple[Ring, ...]]()
    for transport in scenario.spec.transport.values():
        if not isinstance(transport, Vehicle):
            continue
        vehicle = scenario.models[transport.model]
        assert isinstance(vehicle, VehicleModel)
        length, width = (float(size) for size in np.ptp(np.asarray(vehicle.footprint_m), axis=0))
        for machine in transport.stops:
            model = scenario.models[machines[machine].model]
            assert isinstance(model, MachineModel)
            both = (model.port_for("out", "vehicle"), model.port_for("in", "vehicle"))
            rings = tuple(_ahead(at_edge(port, model), 2.0 * length, width) for port in both if port is not None)
            for name in instances(machine, machines[machine]):
                found[name] = found.get(name, ()) + rings
    return found


def _ahead(port: Port, length: float, width: float) -> Ring:
    """A rectangle straight in front of a port at its machine's edge (m)."""
    (x, y, _), (u, v), half = port.at_m, port.facing, width / 2
    a, b, c, d = x - v * half, y + u * half, x + v * half, y - u * half
    return ((a, b), (c, d), (c + u * length, d + v * length), (a + u * length, b + v * length))


def weights_of(scenario: Scenario, arms: Mapping[str, tuple[str, ...]]) -> dict[str, dict[str, float]]:
    """How much each pair of subjects wants to stand close: share of the flow between them, symmetric."""
    machines = scenario.spec.machines
    weights: dict[str, dict[str, float]] = {}

    def add(a: str, b: str, weight: float) -> None:
        for one, other in ((a, b), (b, a)):
            row = weights.setdefault(one, {})
            row[other] = row.get(other, 0.0) + weight

    for transport in scenario.spec.transport.values():
        if isinstance(transport, (Conveyor, Direct)):
            for a in instances(transport.from_, machines[transport.from_]):
                for b in instances(transport.to, machines[transport.to]):
                    add(a, b, 1.0 if isinstance(transport, Conveyor) else 0.5)
    for arm, served in arms.items():
        for station in served:
            add(arm, station, 0.5)
    for product in scenario.spec.products.values():
        able = [
            [i for name, m in machines.items() if operation in m.operations for i in instances(name, m)]
            for operation in product.route
        ]
        for here, there in itertools.pairwise(able):
            for a in here:
                for b in there:
                    if a != b:
                        add(a, b, product.share / (len(here) * len(there)))
    return weights
