"""Legal layouts to start from: machines are placed one by one where they fit, close to those they exchange parts with.

A greedy construction: fixed machines first, then arms, what belts tie to a place, and the rest, big ones first
(shuffled a little for variety). Each is tried at a few hundred poses at once; of those where footprint and service
floor are free, the one with the least flow-weighted distance to what stands already is kept.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely

from layout.model.library import ArmModel, MachineModel, Port
from layout.model.pose import Array
from layout.model.quantities import Choose, Range
from layout.model.realise import instances
from layout.model.scenario import Conveyor, Direct, Robot, Scenario
from layout.search.shapes import Shape, moved, polygons, shape, tool_length_m, wrist_radius_m
from layout.search.space import Spot, spots

OUT_OF_REACH = 1e3  # cost of a place from which an arm does not reach: more than any distance on a floor
TRIES = 480  # poses tried for each machine: enough that one fits on floors up to ~70 % full
MARGIN_M = 0.01  # more than the clearance asked for, so that rounding never decides
ARM_FILL = 0.9  # share of the arm's reach used by the construction, so that inverse kinematics has room


@dataclass
class _Placed:
    """What stands already: poses by subject, solid outlines, and the floor that service needs."""

    poses: dict[str, tuple[float, float, float]] = field(default_factory=dict)
    bodies: list[Any] = field(default_factory=list)
    needs: list[Any] = field(default_factory=list)


@dataclass(frozen=True)
class _Belt:
    """A conveyor's two ends with their ports, by station name, and its width (m)."""

    ports: Mapping[str, Port]
    width_m: float

    @property
    def ends(self) -> Iterable[str]:
        return self.ports.keys()

    def other(self, subject: str) -> str:
        return next(name for name in self.ports if name != subject)


class Packer:
    """Builds legal layouts of a scenario. Deterministic for a given random generator."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.spots = {spot.subject: spot for spot in spots(scenario)}
        self.models = _models(scenario)
        self.arms = {
            name: tuple(i for m in t.serves for i in instances(m, scenario.spec.machines[m]))
            for name, t in scenario.spec.transport.items()
            if isinstance(t, Robot)
        }
        self.weights = _weights(scenario, self.arms)
        self.belts = _belts(scenario)
        floor = scenario.spec.floor
        self.floor = shapely.Polygon(floor.boundary)
        shapely.prepare(self.floor)
        self.taken = shapely.union_all(
            [shapely.Polygon(a.polygon) for a in (*floor.obstacles.values(), *floor.keep_clear.values())]
        )
        self.gap_m = floor.clearance_m

    def pack(
        self, rng: np.random.Generator, values: dict[str, Any], loose: Collection[str], force: bool = False
    ) -> dict[str, Any] | None:
        """A layout: `values` with the places of the `loose` subjects set anew; the rest stays.

        None where a machine found no free place, unless `force` puts it where it is least in the way.
        """
        values = dict(values)
        placed = _Placed()
        for subject in self._order(rng, loose):
            spot, outline = self.spots[subject], shape(self.models[subject])
            if subject in loose:
                best = self._best_pose(rng, spot, outline, placed, force)
                if best is None:
                    return None
                spot.put(values, *best)
            pose = spot.at(values)
            at = np.array([pose])
            for belt in self.belts:
                if subject in belt.ends and belt.other(subject) in placed.poses:
                    placed.bodies.append(self._corridors(belt, subject, at, placed)[0])
            placed.poses[subject] = pose
            placed.bodies.append(polygons(outline.footprint, at)[0])
            placed.needs.append(polygons(outline.envelope, at)[0])
        return values

    def _order(self, rng: np.random.Generator, loose: Collection[str]) -> list[str]:
        """What stays, arms (the busiest first), what belts tie to a place, then the rest, big ones first, shuffled."""
        belted = {end for belt in self.belts for end in belt.ends}
        size = {name: float(np.ptp(shape(model).envelope, axis=0).prod()) for name, model in self.models.items()}
        jitter = {name: size[name] * float(rng.lognormal(0.0, 0.4)) for name in self.spots}
        return sorted(
            self.spots,
            key=lambda name: (
                name in loose,
                name not in self.arms,
                -len(self.arms.get(name, ())),
                name not in belted,
                -jitter[name],
            ),
        )

    def _best_pose(
        self, rng: np.random.Generator, spot: Spot, outline: Shape, placed: _Placed, force: bool
    ) -> tuple[float, float, float] | None:
        poses = self._tries(rng, spot, placed.poses)
        legal = self._legal(spot.subject, outline, poses, placed)
        cost = self._cost(spot.subject, poses, placed.poses) + rng.normal(0.0, 0.05, len(poses))
        if not force and (not legal.any() or cost[legal].min() > OUT_OF_REACH):
            return None
        best = int(np.argmin(np.where(legal, cost, cost + 1e6)))
        x, y, yaw = (float(v) for v in poses[best])
        return x, y, yaw

    def _tries(self, rng: np.random.Generator, spot: Spot, placed: Mapping[str, tuple[float, float, float]]) -> Array:
        """(n, 3) poses: a third anywhere the domains allow, a third near partners, a third where an arm reaches it."""
        poses = np.stack([_draw(rng, domain, TRIES) for domain in spot.coordinates().values()], axis=1)
        third = TRIES // 3
        partners = np.array([placed[n][:2] for n in self.weights.get(spot.subject, {}) if n in placed])
        if len(partners):
            around = partners[rng.integers(len(partners), size=third)]
            distance, angle = rng.uniform(0.4, 2.8, third), rng.uniform(-np.pi, np.pi, third)
            poses[:third, 0] = _within(spot.x, around[:, 0] + distance * np.cos(angle))
            poses[:third, 1] = _within(spot.y, around[:, 1] + distance * np.sin(angle))
        arms = [arm for arm, served in self.arms.items() if spot.subject in served and arm in placed]
        port = self._port(spot.subject)
        if arms and port is not None:
            arm = arms[int(rng.integers(len(arms)))]
            model = self._arm(arm)
            wrist = np.array(port.at_m) - tool_length_m(model) * np.array(port.tool)
            most = ARM_FILL * wrist_radius_m(model, float(wrist[2]))
            angle = rng.uniform(-np.pi, np.pi, third)
            distance = rng.uniform(0.5 * most, most, third)
            facing = math.atan2(port.facing[1], port.facing[0])
            yaw = _within_angle(spot.yaw, angle + np.pi - facing)
            turned = moved(wrist[None, :2], np.column_stack([np.zeros((third, 2)), yaw]))[:, 0]
            rows = slice(third, 2 * third)
            poses[rows, 0] = _within(spot.x, placed[arm][0] + distance * np.cos(angle) - turned[:, 0])
            poses[rows, 1] = _within(spot.y, placed[arm][1] + distance * np.sin(angle) - turned[:, 1])
            poses[rows, 2] = yaw
        return poses

    def _legal(self, subject: str, outline: Shape, poses: Array, placed: _Placed) -> Any:
        """(n,) bool: the footprint is free, service floor is free, and straight belts to what stands are, too."""
        feet = polygons(outline.footprint, poses)
        boxes = polygons(outline.envelope, poses)
        legal = shapely.covers(self.floor, feet) & shapely.covers(self.floor, boxes)
        blocked = shapely.union_all([*placed.needs, self.taken])
        shapely.prepare(blocked)
        legal &= ~shapely.intersects(feet, blocked)
        if placed.bodies:
            solid = shapely.union_all(placed.bodies)
            shapely.prepare(solid)
            legal &= ~shapely.dwithin(feet, solid, self.gap_m + MARGIN_M)
            legal &= ~shapely.intersects(boxes, solid)
            for belt in self.belts:
                if subject in belt.ends and belt.other(subject) in placed.poses:
                    legal &= ~shapely.intersects(self._corridors(belt, subject, poses, placed), solid)
        return legal

    def _corridors(self, belt: _Belt, subject: str, poses: Array, placed: _Placed) -> Any:
        """(n,) polygons: the floor under a straight belt from a machine at n poses to its other end, less the tips."""
        here, _ = _port_at(belt.ports[subject], poses)
        other = belt.other(subject)
        there, _ = _port_at(belt.ports[other], np.array([placed.poses[other]]))
        inset = 0.02 * (there - here)
        lines = shapely.linestrings(np.stack([here + inset, there - inset], axis=1))
        return shapely.buffer(lines, belt.width_m / 2, cap_style="flat")

    def _cost(self, subject: str, poses: Array, placed: Mapping[str, tuple[float, float, float]]) -> Array:
        """Flow-weighted distance (m) to what stands already, and what an arm would miss to reach it."""
        cost = np.zeros(len(poses))
        for partner, weight in self.weights.get(subject, {}).items():
            if partner in placed:
                cost += weight * self._apart_m(subject, poses, partner, placed)
        for belt in self.belts:
            if subject in belt.ends and belt.other(subject) in placed:
                cost += _belt_cost(belt, subject, poses, placed[belt.other(subject)])
        for arm, served in self.arms.items():
            if arm == subject:
                room = shapely.distance(shapely.points(poses[:, :2]), self.floor.exterior)
                cost += 2.0 * np.maximum(self._arm(arm).reach_m - room, 0.0)
                for station in served:
                    if station in placed:
                        port = self._port(station)
                        at = np.repeat(np.array([placed[station]]), len(poses), axis=0)
                        cost += self._miss_m(arm, poses[:, :2], port, at)
            elif arm in placed and subject in served:
                cost += self._miss_m(arm, np.array([placed[arm][:2]]), self._port(subject), poses)
        return cost

    def _apart_m(
        self, subject: str, poses: Array, partner: str, placed: Mapping[str, tuple[float, float, float]]
    ) -> Array:
        """(n,) float: distance (m) of a machine at n poses from one that stands.

        Where one arm serves both it is the arc about that arm, at half its reach: what the arm's first axis must turn.
        """
        there = np.array(placed[partner][:2])
        for arm, served in self.arms.items():
            if subject in served and partner in served and arm in placed:
                here, to = poses[:, :2] - np.array(placed[arm][:2]), there - np.array(placed[arm][:2])
                cross, dot = here[:, 0] * to[1] - here[:, 1] * to[0], here @ to
                arc: Array = 0.5 * self._arm(arm).reach_m * np.abs(np.arctan2(cross, dot))
                return arc
        away: Array = np.hypot(*(poses[:, :2] - there).T)
        return away

    def _arm(self, name: str) -> ArmModel:
        model = self.models[name]
        assert isinstance(model, ArmModel)
        return model

    def _port(self, station: str) -> Port | None:
        model = self.models[station]
        return model.port_for("in", "arm") or model.port_for("out", "arm") if isinstance(model, MachineModel) else None

    def _miss_m(self, arm: str, base: Array, port: Port | None, poses: Array) -> Array:
        """(n,) cost: how far a station's port is outside the arm's comfortable reach, weighed heavily.

        base : (n, 2) or (1, 2) where the arm stands; poses : (n, 3) of the station
        """
        if port is None:
            return np.zeros(len(poses))
        model = self._arm(arm)
        wrist = np.array(port.at_m) - tool_length_m(model) * np.array(port.tool)
        away = np.array(port.at_m) + np.array(port.retreat_m) - tool_length_m(model) * np.array(port.tool)
        most = ARM_FILL * wrist_radius_m(model, float(wrist[2]))
        least = 0.25 * model.reach_m
        far = moved(wrist[None, :2], poses)[:, 0] - base
        near = moved(away[None, :2], poses)[:, 0] - base
        outside = np.maximum(np.hypot(far[:, 0], far[:, 1]) - most, 0.0)
        inside = np.maximum(least - np.hypot(near[:, 0], near[:, 1]), 0.0)
        facing = moved(np.array([port.facing]), np.column_stack([np.zeros((len(poses), 2)), poses[:, 2]]))[:, 0]
        toward = base - moved(np.array([port.at_m[:2]]), poses)[:, 0]
        length = np.maximum(np.hypot(toward[:, 0], toward[:, 1]), 1e-9)
        turned = 1.0 - (facing * toward).sum(axis=1) / length
        cost: Array = OUT_OF_REACH * np.sign(outside + inside) + 20.0 * (outside + inside) + 2.0 * turned
        return cost


def _port_at(port: Port, poses: Array) -> tuple[Array, Array]:
    """Place and outward direction, (n, 2) each, of a port at n poses of its machine."""
    at = moved(np.array([port.at_m[:2]]), poses)[:, 0]
    turns = np.column_stack([np.zeros((len(poses), 2)), poses[:, 2]])
    return at, moved(np.array([port.facing]), turns)[:, 0]


def _belt_cost(belt: _Belt, subject: str, poses: Array, partner: tuple[float, float, float]) -> Array:
    """(n,) metres that a belt is long, and more where it does not leave and arrive straight out of its ports."""
    here, out = _port_at(belt.ports[subject], poses)
    there, back = _port_at(belt.ports[belt.other(subject)], np.array([partner]))
    way = there - here
    ahead, behind = (way * out).sum(axis=1), -(way * back).sum(axis=1)
    length = np.hypot(way[:, 0], way[:, 1])
    askew = 2 * length - ahead - behind
    too_short = np.maximum(belt.width_m - ahead, 0.0) + np.maximum(belt.width_m - behind, 0.0)
    cost: Array = length + 2.0 * askew + 5.0 * too_short
    return cost


def _draw(rng: np.random.Generator, domain: float | Range | Choose[float], n: int) -> Array:
    if isinstance(domain, Range):
        return rng.uniform(domain.low, domain.high, n)
    if isinstance(domain, Choose):
        return np.asarray(domain.options, dtype=float)[rng.integers(len(domain.options), size=n)]
    return np.full(n, domain)


def _within(domain: float | Range | Choose[float], wanted: Array) -> Array:
    """(n,) the domain's values closest to the ones wanted."""
    if isinstance(domain, Range):
        return np.clip(wanted, domain.low, domain.high)
    if isinstance(domain, Choose):
        options: Array = np.asarray(domain.options, dtype=float)
        nearest: Array = options[np.abs(wanted[:, None] - options[None, :]).argmin(axis=1)]
        return nearest
    return np.full(len(wanted), domain)


def _within_angle(domain: float | Range | Choose[float], wanted: Array) -> Array:
    """(n,) the domain's angles (rad) closest to the ones wanted, whole turns apart or not."""
    if isinstance(domain, Range):
        return np.clip(domain.low + np.mod(wanted - domain.low, 2 * np.pi), domain.low, domain.high)
    options = np.asarray(domain.options if isinstance(domain, Choose) else [domain], dtype=float)
    apart = np.abs(np.mod(wanted[:, None] - options[None, :] + np.pi, 2 * np.pi) - np.pi)
    nearest: Array = options[apart.argmin(axis=1)]
    return nearest


def _models(scenario: Scenario) -> dict[str, MachineModel | ArmModel]:
    found: dict[str, MachineModel | ArmModel] = {}
    for spot in spots(scenario):
        entry = scenario.spec.machines.get(spot.machine)
        if entry is None:
            robot = scenario.spec.transport[spot.machine]
            assert isinstance(robot, Robot)
            model = scenario.models[robot.model]
        else:
            model = scenario.models[entry.model]
        assert isinstance(model, (MachineModel, ArmModel))
        found[spot.subject] = model
    return found


def _belts(scenario: Scenario) -> tuple[_Belt, ...]:
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
                    found.append(_Belt({a: leaving, b: arriving}, transport.width_m))
    return tuple(found)


def _weights(scenario: Scenario, arms: Mapping[str, tuple[str, ...]]) -> dict[str, dict[str, float]]:
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
