"""Legal layouts to start from: machines are placed one by one where they fit, close to those they exchange parts with.

A greedy construction: fixed machines first, then arms, then the rest in an order that follows the flow (shuffled a
little for variety). Each is tried at a few hundred poses at once; of those where footprint and service floor are
free, the one with the least flow-weighted distance to what stands already is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import shapely

from layout.model.library import ArmModel, MachineModel, Port
from layout.model.pose import Array
from layout.model.quantities import Choose, Range
from layout.model.realise import instances
from layout.model.scenario import Conveyor, Direct, Robot, Scenario
from layout.search.shapes import Shape, moved, polygons, shape, tool_length_m, wrist_radius_m
from layout.search.space import Spot, nearest, spots

TRIES = 320  # poses tried for each machine: enough that one fits on floors up to ~70 % full
ARM_FILL = 0.93  # share of the arm's reach used by the construction, so that inverse kinematics has room


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
        floor = scenario.spec.floor
        self.floor = shapely.Polygon(floor.boundary)
        self.taken = shapely.union_all(
            [shapely.Polygon(a.polygon) for a in (*floor.obstacles.values(), *floor.keep_clear.values())]
        )
        self.gap_m = floor.clearance_m

    def pack(self, rng: np.random.Generator, values: dict[str, Any]) -> dict[str, Any]:
        """A layout: `values` with every free place set anew; the rest stays."""
        values = dict(values)
        placed: dict[str, tuple[float, float, float]] = {}
        bodies: list[Any] = []
        needs: list[Any] = []
        for subject in self._order(rng):
            spot, outline = self.spots[subject], shape(self.models[subject])
            if spot.free:
                pose = self._best_pose(rng, spot, outline, placed, bodies, needs)
                spot.put(values, *pose)
            pose = spot.at(values)
            placed[subject] = pose
            at = np.array([pose])
            bodies.append(polygons(outline.footprint, at)[0])
            needs.append(polygons(outline.envelope, at)[0])
        return values

    def _order(self, rng: np.random.Generator) -> list[str]:
        """Fixed ones, arms (the busiest first), then the rest along the flow with a little shuffling."""
        rank = {name: i for i, name in enumerate(self.spots)}
        jitter = {name: rank[name] + rng.normal(0.0, 1.5) for name in self.spots}
        return sorted(
            self.spots,
            key=lambda name: (
                self.spots[name].free,
                name not in self.arms,
                -len(self.arms.get(name, ())),
                jitter[name],
            ),
        )

    def _best_pose(
        self,
        rng: np.random.Generator,
        spot: Spot,
        outline: Shape,
        placed: Mapping[str, tuple[float, float, float]],
        bodies: list[Any],
        needs: list[Any],
    ) -> tuple[float, float, float]:
        poses = self._tries(rng, spot, placed)
        legal = self._legal(outline, poses, bodies, needs)
        cost = self._cost(spot.subject, poses, placed) + rng.normal(0.0, 0.05, len(poses))
        best = int(np.argmin(np.where(legal, cost, cost + 1e6)))
        x, y, yaw = (float(v) for v in poses[best])
        return x, y, yaw

    def _tries(self, rng: np.random.Generator, spot: Spot, placed: Mapping[str, tuple[float, float, float]]) -> Array:
        """(n, 3) poses: anywhere the domains allow, half of them around what it exchanges parts with."""
        poses = np.stack([_draw(rng, domain, TRIES) for domain in spot.coordinates().values()], axis=1)
        partners = [name for name in self.weights.get(spot.subject, {}) if name in placed]
        if partners:
            for i in range(TRIES // 2):
                x, y, _ = placed[partners[int(rng.integers(len(partners)))]]
                distance, angle = rng.uniform(0.4, 2.8), rng.uniform(-np.pi, np.pi)
                for column, wanted in ((0, x + distance * np.cos(angle)), (1, y + distance * np.sin(angle))):
                    domain = (spot.x, spot.y)[column]
                    poses[i, column] = domain if isinstance(domain, float) else nearest(domain, wanted)
        return poses

    def _legal(self, outline: Shape, poses: Array, bodies: list[Any], needs: list[Any]) -> Any:
        feet = polygons(outline.footprint, poses)
        boxes = polygons(outline.envelope, poses)
        legal = shapely.covers(self.floor, shapely.union(feet, boxes))
        legal &= ~shapely.intersects(feet, shapely.union_all([*needs, self.taken]))
        if bodies:
            solid = shapely.union_all(bodies)
            legal &= shapely.distance(feet, solid) > self.gap_m
            legal &= ~shapely.intersects(boxes, solid)
        return legal

    def _cost(self, subject: str, poses: Array, placed: Mapping[str, tuple[float, float, float]]) -> Array:
        """Flow-weighted distance (m) to what stands already, and what an arm would miss to reach it."""
        cost = np.zeros(len(poses))
        for partner, weight in self.weights.get(subject, {}).items():
            if partner in placed:
                away = poses[:, :2] - np.array(placed[partner][:2])
                cost += weight * np.hypot(away[:, 0], away[:, 1])
        for arm, served in self.arms.items():
            if arm == subject:
                for station in served:
                    if station in placed:
                        port = self._port(station)
                        at = np.array([placed[station]])
                        for pose_index in range(len(poses)):
                            cost[pose_index] += self._miss_m(arm, poses[pose_index], port, at)[0]
            elif arm in placed and subject in served:
                cost += self._miss_m(arm, np.array(placed[arm]), self._port(subject), poses)
        return cost

    def _port(self, station: str) -> Port | None:
        model = self.models[station]
        return model.port_for("in", "arm") or model.port_for("out", "arm") if isinstance(model, MachineModel) else None

    def _miss_m(self, arm: str, base: Array, port: Port | None, poses: Array) -> Array:
        """(n,) cost: how far the port of a station at n poses is outside the arm's comfortable reach, heavily weighed."""
        if port is None:
            return np.zeros(len(poses))
        model = self.models[arm]
        assert isinstance(model, ArmModel)
        wrist = np.array(port.at_m) - tool_length_m(model) * np.array(port.tool)
        away = np.array(port.at_m) + np.array(port.retreat_m) - tool_length_m(model) * np.array(port.tool)
        most = ARM_FILL * wrist_radius_m(model, float(wrist[2]))
        least = 0.25 * model.reach_m
        far = moved(wrist[None, :2], poses)[:, 0] - base[:2]
        near = moved(away[None, :2], poses)[:, 0] - base[:2]
        outside = np.maximum(np.hypot(far[:, 0], far[:, 1]) - most, 0.0)
        inside = np.maximum(least - np.hypot(near[:, 0], near[:, 1]), 0.0)
        facing = moved(np.array([port.facing]), np.column_stack([np.zeros((len(poses), 2)), poses[:, 2]]))[:, 0]
        toward = base[:2] - moved(np.array([port.at_m[:2]]), poses)[:, 0]
        length = np.maximum(np.hypot(toward[:, 0], toward[:, 1]), 1e-9)
        turned = 1.0 - (facing * toward).sum(axis=1) / length
        return 20.0 * (outside + inside) + 2.0 * turned


def _draw(rng: np.random.Generator, domain: float | Range | Choose[float], n: int) -> Array:
    if isinstance(domain, Range):
        return rng.uniform(domain.low, domain.high, n)
    if isinstance(domain, Choose):
        return np.asarray(domain.options, dtype=float)[rng.integers(len(domain.options), size=n)]
    return np.full(n, domain)


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
        for here, there in zip(able, able[1:], strict=False):
            for a in here:
                for b in there:
                    if a != b:
                        add(a, b, product.share / (len(here) * len(there)))
    return weights
