"""Legal layouts to start from: machines are placed one by one where they fit, close to those they exchange parts with.

A greedy construction: fixed machines first, then arms, then along belts that lead to what stands already, and the
rest, big ones first (shuffled a little for variety). Each is given a few hundred poses; of those where footprint,
service floor and straight belts are free, the one with the least flow-weighted distance to what stands already is
kept. The poses are looked at from the cheapest on, so only few are tested against the floor plan.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from layout.model.library import ArmModel, Port
from layout.model.places import Seat
from layout.model.pose import Array
from layout.model.quantities import Choose, Range
from layout.model.scenario import Scenario
from layout.search.servable import Servable
from layout.search.shapes import Fixed, moved, nearest_base, shape, tool_length_m, wrist_radius_m
from layout.search.space import Copies, Spot, Values, spots
from layout.search.ties import (
    BeltTie,
    Pose3,
    arms_of,
    belt_cost,
    belts_of,
    docks_of,
    hands_of,
    models_of,
    port_at,
    ports_of,
    weights_of,
)

if TYPE_CHECKING:
    from layout.search.room import Room

OUT_OF_REACH = 1e6  # cost of a place from which an arm does not reach: more than any distance on a floor
TRIES = 480  # poses for each machine: enough that one fits on floors up to ~70 % full
MARGIN_M = 0.01  # more than the clearance asked for, so that rounding never decides
ARM_FILL = 0.9  # share of the arm's reach used by the construction, so that inverse kinematics has room

ASKEW = 1 - math.cos(math.radians(42))  # an arm farther aside than that hits the frame of the door that it reaches into

ARMS_APART = (0.6, 0.85)  # arms with a station in common stand so far apart, as shares of both reaches together


@dataclass
class _Placed:
    """What stands already: poses by subject, and the room taken."""

    poses: dict[str, Pose3]
    room: Room


class Packer:
    """Builds legal layouts of a scenario. Deterministic for a given random generator."""

    def __init__(self, scenario: Scenario) -> None:
        self.copies = Copies(scenario)
        self.spots = {spot.subject: spot for spot in spots(scenario)}
        self.mates = {
            name: [other for other, its in self.spots.items() if other != name and its.mover == spot.mover]
            for name, spot in self.spots.items()
        }
        self.models = models_of(scenario)
        docks = docks_of(scenario)
        self.shapes = {name: shape(model, docks.get(name, ())) for name, model in self.models.items()}
        self.arms = arms_of(scenario)
        self.ports = ports_of(scenario)
        self.servable = Servable(scenario)
        self.weights = weights_of(scenario, self.arms)
        self.hands = hands_of(self.models)
        self.belts = belts_of(scenario)
        self._belted: dict[str, list[BeltTie]] = {name: [] for name in self.spots}
        for belt in self.belts:
            for end in belt.ends:
                self._belted[end].append(belt)
        self._size = {name: found.size_m2 for name, found in self.shapes.items()}
        self._servers = {name: sum(name in served for served in self.arms.values()) for name in self.spots}
        self.fixed = scenario.spec.floor
        self.floor = shapely.Polygon(self.fixed.boundary)
        shapely.prepare(self.floor)
        self.middle = (float(self.floor.centroid.x), float(self.floor.centroid.y))
        self.gap_m = self.fixed.clearance_m + MARGIN_M

    @cached_property
    def _room(self) -> Room:
        """Room for everything that may stand; filled by nobody."""
        from layout.search.room import room_for

        number = {name: t for t, name in enumerate(self.shapes)}
        belts = [
            (*(number[end] for end in belt.ends), *(n for end in belt.ends for n in belt.ports[end].at_m[:2]),
             belt.width_m / 2)
            for belt in self.belts
        ]  # fmt: skip
        ties = np.array(belts, dtype=float).reshape(-1, 7)
        return room_for(list(self.shapes.values()), Fixed.of(self.fixed), ties, self.gap_m)

    @cached_property
    def _number(self) -> dict[str, int]:
        """Of each subject in the room."""
        return {name: t for t, name in enumerate(self.shapes)}

    def pack(
        self,
        rng: np.random.Generator,
        values: Mapping[str, Any],
        loose: Collection[str],
        force: bool = False,
        urgent: list[str] | None = None,
    ) -> Values | None:
        """A layout: `values` with the places of the `loose` subjects set anew; the rest stays.

        None where a machine found no free place, unless `force` puts it where it is least in the way. That machine
        is added to `urgent`: handed in again, it makes the machines in it choose before others.
        """
        from layout.search import room

        values = dict(values)
        movers = {self.spots[subject].mover for subject in loose}
        loose = {subject for subject, spot in self.spots.items() if spot.mover in movers}
        stays = [name for name in self.spots if name not in loose and self.copies.stands(name, values)]
        placed = _Placed({name: self.spots[name].at(values) for name in stays}, room.emptied(self._room))
        self._stand(placed, stays)
        for subject in self._order(rng, values, loose, stays, urgent or ()):
            spot = self.spots[subject]
            if spot.seat is None or not any(mate in placed.poses for mate in self.mates[subject]):
                best = self._best_pose(rng, spot, placed, force, values)
                if best is None:
                    if urgent is not None:
                        urgent.append(subject)
                    return None
                spot.put(values, *best)
            placed.poses[subject] = spot.at(values)
            self._stand(placed, [subject])
        return values

    def _stand(self, placed: _Placed, subjects: Sequence[str]) -> None:
        from layout.search.room import stand

        rows = np.array([self._number[name] for name in subjects], dtype=np.int64)
        stand(placed.room, rows, np.array([placed.poses[name] for name in subjects], dtype=float).reshape(-1, 3))

    def _order(
        self,
        rng: np.random.Generator,
        values: Mapping[str, Any],
        loose: Collection[str],
        stays: Sequence[str],
        urgent: Sequence[str],
    ) -> Iterator[str]:
        """Of what is loose: arms (the busiest first), what several arms share, along belts, then the rest, big ones
        first."""
        waiting = [name for name in self.spots if name in loose and self.copies.stands(name, values)]
        size = {name: self._size[name] * float(rng.lognormal(0.0, 0.4)) for name in waiting}
        done = set(stays)
        while waiting:
            following = min(
                waiting,
                key=lambda name: (
                    name not in self.arms,
                    -len(self.arms.get(name, ())),
                    -urgent.count(name),
                    -max(self._servers[name], 1),
                    not any(belt.other(name) in done for belt in self._belted[name]),
                    not self._belted[name],
                    -size[name],
                ),
            )
            yield following
            done.add(following)
            waiting.remove(following)

    def _best_pose(
        self, rng: np.random.Generator, spot: Spot, placed: _Placed, force: bool, values: Values
    ) -> Pose3 | None:
        mirrored = spot.mirrored(values) if spot.seat is not None else False
        poses = self._tries(rng, spot, placed.poses, mirrored)
        cost = self._cost(spot.subject, poses, placed.poses) + rng.normal(0.0, 0.05, len(poses))
        group = {spot.subject: poses}
        for mate in self.mates[spot.subject]:
            if self.copies.stands(mate, values):
                group[mate] = self._beside(spot, poses, mate, mirrored)
                cost += self._cost(mate, group[mate], placed.poses)
        ranked = np.argsort(cost, kind="stable")
        hopeful = ranked if force else ranked[: int(np.count_nonzero(cost <= OUT_OF_REACH))]
        row = self._first_legal(group, hopeful, placed)
        if row is not None:
            return _pose(poses[row])
        return _pose(poses[ranked[0]]) if force else None

    def _beside(self, spot: Spot, poses: Array, mate: str, mirrored: bool) -> Array:
        """(n, 3) poses of another member of a group, for poses of one."""
        assert spot.seat is not None
        return _joined(_parted(poses, spot.seat, mirrored), _seat(self.spots[mate]), mirrored)

    def _tries(self, rng: np.random.Generator, spot: Spot, placed: Mapping[str, Pose3], mirrored: bool) -> Array:
        """(n, 3) poses: near partners, facing an arm, ahead of a belt, and the rest anywhere the domains allow.

        mirrored : whether the group that it moves with, if any, is
        """
        poses = np.stack([_draw(rng, domain, TRIES) for domain in spot.coordinates().values()], axis=1)
        share = TRIES // 4
        for i, idea in enumerate((self._near, self._facing, self._ahead)):
            wanted = idea(rng, spot, placed, share)
            if wanted is not None:
                wanted = wanted if spot.seat is None else _parted(wanted, spot.seat, mirrored)
                x, y = _within(spot.x, wanted[:, 0]), _within(spot.y, wanted[:, 1])
                yaw = _within_angle(spot.yaw, wanted[:, 2])
                poses[i * share : (i + 1) * share] = np.column_stack([x, y, yaw])
        return poses if spot.seat is None else _joined(poses, spot.seat, mirrored)

    def _near(self, rng: np.random.Generator, spot: Spot, placed: Mapping[str, Pose3], n: int) -> Array | None:
        """(n, 3) poses about those it exchanges parts with; None where none stands."""
        partners = np.array([placed[name][:2] for name in self.weights.get(spot.subject, {}) if name in placed])
        if not len(partners):
            return None
        around = partners[rng.integers(len(partners), size=n)]
        distance, angle = rng.uniform(0.4, 2.8, n), rng.uniform(-np.pi, np.pi, n)
        off = np.column_stack([distance * np.cos(angle), distance * np.sin(angle)])
        return np.column_stack([around + off, _draw(rng, spot.yaw, n)])

    def _facing(self, rng: np.random.Generator, spot: Spot, placed: Mapping[str, Pose3], n: int) -> Array | None:
        """(n, 3) poses at which an arm that serves it reaches in comfortably; None where none stands."""
        arms = [arm for arm, served in self.arms.items() if spot.subject in served and arm in placed]
        if not arms:
            return None
        arm = arms[int(rng.integers(len(arms)))]
        ports = self.ports[arm, spot.subject]
        if not ports:
            return None
        port = ports[int(rng.integers(len(ports)))]
        model = self._arm(arm)
        wrist = np.array(port.at_m) - tool_length_m(model) * np.array(port.tool)
        most = ARM_FILL * wrist_radius_m(model, float(wrist[2]))
        angle, distance = rng.uniform(-np.pi, np.pi, n), rng.uniform(0.5 * most, most, n)
        yaw = _within_angle(spot.yaw, angle + np.pi - math.atan2(port.facing[1], port.facing[0]))
        x, y, turn = placed[arm]
        ride = rng.uniform(-0.5, 0.5, n) * model.rail.length_m if model.rail else np.zeros(n)
        foot = np.array([x, y]) + ride[:, None] * np.array([math.cos(turn), math.sin(turn)])
        at = foot + np.column_stack([distance * np.cos(angle), distance * np.sin(angle)])
        return np.column_stack([at - _turned(wrist[:2], yaw), yaw])

    def _ahead(self, rng: np.random.Generator, spot: Spot, placed: Mapping[str, Pose3], n: int) -> Array | None:
        """(n, 3) poses at which a belt to it runs straight; None where no belt leads to what stands."""
        belts = [belt for belt in self._belted[spot.subject] if belt.other(spot.subject) in placed]
        if not belts:
            return None
        belt = belts[int(rng.integers(len(belts)))]
        port, other = belt.ports[spot.subject], belt.other(spot.subject)
        (there,), (out,) = port_at(belt.ports[other], np.array([placed[other]]))
        back = math.atan2(-out[1], -out[0]) - math.atan2(port.facing[1], port.facing[0])
        yaw = _within_angle(spot.yaw, np.full(n, back))
        at = there + rng.uniform(1.05 * belt.width_m, belt.width_m + 2.0, n)[:, None] * out
        return np.column_stack([at - _turned(np.array(port.at_m[:2]), yaw), yaw])

    def _first_legal(self, group: Mapping[str, Array], ranked: Any, placed: _Placed) -> int | None:
        """The first row of ranked poses where all of a group may stand, each at its own (n, 3) poses.

        Footprints and service floor are free, straight belts to what stands are, too, and arms can serve.
        """
        from layout.search.room import first_free

        at = 0
        while True:
            began = at
            for subject, poses in group.items():
                at = first_free(placed.room, self._number[subject], poses, ranked, at)
                if at < 0:
                    return None
            if at == began or len(group) == 1:
                row = int(ranked[at])
                if all(self._served(subject, _pose(poses[row]), placed) for subject, poses in group.items()):
                    return row
                at += 1

    def _served(self, subject: str, pose: Pose3, placed: _Placed) -> bool:
        """Whether the arms that stand can serve it there, and it can serve what stands where it is an arm itself."""
        standing = placed.poses
        if subject in self.arms:
            return all(
                self.servable(subject, station, pose, standing[station])
                for station in self.arms[subject]
                if station in standing
            )
        return all(
            self.servable(arm, subject, standing[arm], pose)
            for arm, served in self.arms.items()
            if subject in served and arm in standing
        )

    def _cost(self, subject: str, poses: Array, placed: Mapping[str, Pose3]) -> Array:
        """Flow-weighted distance (m) to what stands already, and what an arm would miss to reach it."""
        cost = np.zeros(len(poses))
        for partner, weight in self.weights.get(subject, {}).items():
            if partner in placed:
                cost += weight * self._apart_m(subject, poses, partner, placed)
        for belt in self._belted[subject]:
            if belt.other(subject) in placed:
                cost += belt_cost(belt, subject, poses, placed[belt.other(subject)])
        if subject in self.arms:
            cost += self._arm_cost(subject, poses, placed)
        for arm, served in self.arms.items():
            if arm in placed and subject in served:
                cost += self._missed_m(arm, np.array([placed[arm]]), subject, poses)
        return cost

    def _arm_cost(self, arm: str, poses: Array, placed: Mapping[str, Pose3]) -> Array:
        """(n,) cost: room around an arm, stations in reach, other arms as near as shared stations need."""
        room = shapely.distance(shapely.points(poses[:, :2]), self.floor.exterior)
        cost: Array = 2.0 * np.maximum(self._arm(arm).reach_m - room, 0.0)
        for station in self.arms[arm]:
            if station in placed:
                at = np.repeat(np.array([placed[station]]), len(poses), axis=0)
                cost += self._missed_m(arm, poses, station, at)
        for other, served in self.arms.items():
            if other in placed and set(served) & set(self.arms[arm]):
                both = self._arm(arm).reach_m + self._arm(other).reach_m
                apart = np.hypot(*(poses[:, :2] - np.array(placed[other][:2])).T)
                cost += OUT_OF_REACH * (apart > ARMS_APART[1] * both)
                cost += 2.0 * np.maximum(ARMS_APART[0] * both - apart, 0.0)
        return cost

    def _apart_m(self, subject: str, poses: Array, partner: str, placed: Mapping[str, Pose3]) -> Array:
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

    def arm_between(self, subject: str, partner: str) -> str:
        """The first arm that serves both; empty where none does."""
        return next((arm for arm, served in self.arms.items() if subject in served and partner in served), "")

    def reach_m(self, arm: str) -> float:
        """How far an arm reaches (m)."""
        return self._arm(arm).reach_m

    def _arm(self, name: str) -> ArmModel:
        model = self.models[name]
        assert isinstance(model, ArmModel)
        return model

    def _missed_m(self, arm: str, base: Array, station: str, poses: Array) -> Array:
        """(n,) cost: what the arm misses at the port of the station that it misses most."""
        missed = [self._miss_m(arm, base, port, poses) for port in self.ports[arm, station]]
        return np.maximum.reduce(missed) if missed else np.zeros(len(poses))

    def _miss_m(self, arm: str, base: Array, port: Port, poses: Array) -> Array:
        """(n,) cost: how far a station's port is outside the arm's comfortable reach, weighed heavily.

        base : (n, 3) or (1, 3) poses of the arm; poses : (n, 3) of the station
        """
        model = self._arm(arm)
        wrist = np.array(port.at_m) - tool_length_m(model) * np.array(port.tool)
        away = np.array(port.at_m) + np.array(port.retreat_m) - tool_length_m(model) * np.array(port.tool)
        most = ARM_FILL * wrist_radius_m(model, float(wrist[2]))
        least = 0.25 * model.reach_m
        far, near = moved(wrist[None, :2], poses)[:, 0], moved(away[None, :2], poses)[:, 0]
        foot = nearest_base(model, base, far)
        far, near = far - foot, near - foot
        outside = np.maximum(np.hypot(far[:, 0], far[:, 1]) - most, 0.0)
        inside = np.maximum(least - np.hypot(near[:, 0], near[:, 1]), 0.0)
        facing = moved(np.array([port.facing]), np.column_stack([np.zeros((len(poses), 2)), poses[:, 2]]))[:, 0]
        toward = foot - moved(np.array([port.at_m[:2]]), poses)[:, 0]
        length = np.maximum(np.hypot(toward[:, 0], toward[:, 1]), 1e-9)
        turned = 1.0 - (facing * toward).sum(axis=1) / length
        cost: Array = OUT_OF_REACH * np.sign(outside + inside) + 20.0 * (outside + inside) + 2.0 * turned
        if math.hypot(*port.retreat_m[:2]) > abs(port.retreat_m[2]):  # into a door or under a hood: from its front only
            cost += OUT_OF_REACH * (turned > ASKEW) + 20.0 * np.maximum(turned - ASKEW / 2, 0.0)
        return cost


def _seat(spot: Spot) -> Seat:
    assert spot.seat is not None
    return spot.seat


def _joined(groups: Array, seat: Seat, mirrored: bool) -> Array:
    """(n, 3) poses of a member of a group at n poses: `places.joined` of many."""
    sign = -1.0 if mirrored else 1.0
    at = groups[:, :2] + _turned(np.array([sign * seat.x_m, seat.y_m]), groups[:, 2])
    return np.column_stack([at, groups[:, 2] + sign * seat.yaw_rad])


def _parted(members: Array, seat: Seat, mirrored: bool) -> Array:
    """(n, 3) poses of a group of which one member stands at n poses."""
    sign = -1.0 if mirrored else 1.0
    yaw = members[:, 2] - sign * seat.yaw_rad
    return np.column_stack([members[:, :2] - _turned(np.array([sign * seat.x_m, seat.y_m]), yaw), yaw])


def _turned(point: Array, yaw: Array) -> Array:
    """(n, 2) float: a point of a machine's frame, turned by n yaws."""
    return moved(point[None, :], np.column_stack([np.zeros((len(yaw), 2)), yaw]))[:, 0]


def _pose(row: Array) -> Pose3:
    x, y, yaw = (float(value) for value in row)
    return x, y, yaw


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
        angle = domain.low + np.mod(wanted - domain.low, 2 * np.pi)
        beyond = np.where(angle - domain.high <= domain.low + 2 * np.pi - angle, domain.high, domain.low)
        return np.where(angle <= domain.high, angle, beyond)
    options = np.asarray(domain.options if isinstance(domain, Choose) else [domain], dtype=float)
    apart = np.abs(np.mod(wanted[:, None] - options[None, :] + np.pi, 2 * np.pi) - np.pi)
    nearest: Array = options[apart.argmin(axis=1)]
    return nearest
