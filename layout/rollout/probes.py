"""Short runs of one belt, one arm or one vehicle alone with a part: what goes wrong at a speed, if anything does.

Each run has a world of its own, so that its answer hangs on nothing but what it is asked.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from layout.model.equip import hold_of
from layout.model.line import Arm, Belt, Fleet, Line, LineProduct
from layout.model.physical import Incident
from layout.model.pose import Array
from layout.model.results import ArmTimes, BeltTimes
from layout.motion import arms, moves, traffic
from layout.motion.drive import Drive, matrix
from layout.motion.kinematics import forward
from layout.rollout.arms import ArmActor
from layout.rollout.conveyors import BeltNews, Conveyor, courses
from layout.rollout.courses import passes_on
from layout.rollout.grip import needed
from layout.rollout.riders import TIPPED_RAD
from layout.rollout.stands import Stands, resting
from layout.scene.physics.arms import ArmBody
from layout.scene.physics.carriers import Carrier
from layout.scene.physics.world import GRAVITY_M_S2, World

PARTS = 2
"""Parts that ride: one to the stop, and one that queues behind it."""
SPARE_S = 10.0
"""A part on a belt has its way at belt speed twice, and this, to come to the end."""
LOST, AFTER_S = ("tipped", "fell"), 1.0
"""A part that leans does not go along with its belt: what follows so soon is what is the matter."""
SLID_M = 0.005
"""A part has slid on a deck when it is farther from where it stood: what rollers and the engine's contacts allow."""
SETTLE_S = 0.25
PLAN_S = 1.0 / 240.0
"""Over so long the acceleration of a planned path is taken."""


# ---------------------------------------------------------------- belts


def ride(line: Line, belts: Mapping[str, BeltTimes], name: str, product: str, speed_m_s: float) -> Incident | None:
    """What goes wrong first with parts of a product on a belt at a speed (m/s), from its entry to its stop.

    Two parts: the second follows as soon as there is room, and queues. A belt that takes parts over from another one
    takes them from that one, at that one's own speed, across the gap between the two.
    """
    made = {**line.belts, name: replace(line.belts[name], speed_m_s=speed_m_s)}
    feeder = _feeder(line, name, product)
    wanted = [belt for belt in (feeder, name) if belt]
    ends = [station for belt in wanted for station in (made[belt].origin, made[belt].target)]
    line = replace(line, belts=made)
    with World() as world:
        ways = courses(line, {belt: belts[belt] for belt in wanted}, world)
        replaced: dict[str, set[int]] = {}
        for way in ways.values():
            for station, pieces in way.replaced.items():
                replaced.setdefault(station, set()).update(pieces)
        world.build(replace(line, stations={station: line.stations[station] for station in ends}), replaced)
        run = _Ride(world, {belt: Conveyor(world, ways[belt]) for belt in wanted}, line.products[product], feeder, name)
        return run.until(sum(2 * PARTS * ways[belt].track.length_m / made[belt].speed_m_s for belt in wanted) + SPARE_S)


class _Ride:
    """Parts on one belt, or on two of which the first passes them on to the second."""

    def __init__(self, world: World, belts: dict[str, Conveyor], product: LineProduct, feeder: str, name: str) -> None:
        self._world, self._belts, self._product = world, belts, product
        self._feeder, self._name = feeder, name
        self._made, self._arrived = 0, 0
        self._clear = True
        self._waits: list[BeltNews] = []

    def until(self, most_s: float) -> Incident | None:
        """What goes wrong first; None where all parts arrive."""
        self._put()
        belt = self._belts[self._name]
        while self._world.now_s < most_s:
            self._world.step()
            for one in self._belts.values():
                if one.busy:
                    for news in one.after_step(self._world.now_s):
                        self._hear(news)
            wrong = [incident for one in self._belts.values() for incident in one.incidents]
            if wrong and (self._world.now_s > wrong[0].time_s + AFTER_S or any(i.kind in LOST for i in wrong)):
                return next((incident for incident in wrong if incident.kind in LOST), wrong[0])
            still = self._made == PARTS and all(rider.at_end or rider.asleep for rider in belt.riders)
            if still and self._arrived + len(belt.riders) >= PARTS and not self._waits:
                return wrong[0] if wrong else None
        at = belt.riders[0].at_m if belt.riders else (0.0, 0.0, 0.0)
        cause = f"it has not come to the end after {most_s:.0f} s"
        return Incident(most_s, "jammed", (self._name,), at, most_s, "s", cause, 0, self._product.name, most_s)

    def _put(self) -> None:
        part = self._world.parts.take(self._product, self._made)
        self._made += 1
        self._belts[self._feeder or self._name].enter(part, self._world.now_s)

    def _hear(self, news: BeltNews) -> None:
        if news.kind == "clear" and news.belt == (self._feeder or self._name) and self._made < PARTS:
            self._put()
        if news.belt == self._name:
            self._clear |= news.kind == "clear"
            if news.kind == "end" and self._belts[self._name].course.onward:
                self._arrived += 1
                self._belts[self._name].take(news.time_s).store()
        elif news.kind == "end":
            self._waits.append(news)
        if self._waits and self._clear:
            self._clear = False
            self._waits.pop()
            self._belts[self._name].enter(self._belts[self._feeder].take(news.time_s), news.time_s)


def _feeder(line: Line, name: str, product: str) -> str:
    """The belt from which a belt takes parts of a product over directly; empty where none."""
    origin = line.belts[name].origin
    if not passes_on(line.stations[origin], line):
        return ""
    before = [belt for belt in line.belts.values() if belt.target == origin]
    return next((belt.name for belt in before if rides(line, belt, product)), before[0].name)


def rides(line: Line, belt: Belt, product: str) -> bool:
    """Whether parts of a product pass over a belt."""
    only = replace(line, products={product: line.products[product]})
    return bool(traffic.passed((belt.origin, belt.target), only)[0, 1])


# ---------------------------------------------------------------- arms


@dataclass(frozen=True)
class Leg:
    """A way of an arm with a part. peak_m_s2 : acceleration of the part at the arm's full speed, at most
    holds : the share of full speed up to which m (a + g) of the planned path stays within what the tool can hold
    """

    origin: str
    target: str
    peak_m_s2: float
    holds: float


class ArmBench:
    """One arm alone with parts of one product: it takes one, carries it along a leg of its, and puts it down.

    Nothing else stands there: an arm that stays as near to its path as paths keep away from things hits none.
    """

    def __init__(self, line: Line, name: str, product: str) -> None:
        self._line, self._arm, self._product = line, line.arms[name], line.products[product]
        self._cell = arms.cell_in(line, name)
        self._carried = traffic.carried(self._arm, line)
        only = replace(line, products={product: self._product})
        flags = traffic.passed(self._arm.serves, only)
        pairs = [(self._arm.serves[i], self._arm.serves[j]) for i, j in np.argwhere(flags).tolist()]
        times = self._times(self._at(1.0))
        found = [self._leg(times, origin, target) for origin, target in pairs]
        self.legs = tuple(sorted(found, key=lambda leg: (leg.holds, -leg.peak_m_s2)))

    def carry(self, leg: Leg, speed: float) -> Incident | None:
        """What goes wrong first on a leg at a share of the arm's full speed."""
        arm = self._at(speed)
        times = self._times(arm)
        told: list[Incident] = []
        with World() as world:
            stands = Stands(self._line, world)
            body = ArmBody(world, arm.name, arm.model, arm.pose)
            actor = ArmActor(arm, times, body, world, self._line, stands, lambda _: True, told.append, lambda _: None)
            actor.stand(moves.ends(times, leg.origin, False)[0])
            stands.make(0, self._product.name, leg.origin)
            tasks = [
                lambda: actor.give(leg.target, world.now_s, lambda _: None),
                lambda: actor.travel(leg.origin, leg.target, world.now_s, lambda _: None),
                lambda: actor.take(0, leg.origin, world.now_s, lambda _: None),
            ]
            while (tasks or actor.busy) and not told:
                if not actor.busy:
                    tasks.pop()()
                actor.before_step(world.now_s)
                world.step()
                actor.after_step(world.now_s)
        return told[0] if told else None

    def _at(self, speed: float) -> Arm:
        return replace(self._arm, speed=speed)

    def _times(self, arm: Arm) -> ArmTimes:
        return arms.arm_times(arm, self._line.stations, self._cell, self._carried)

    def _leg(self, times: ArmTimes, origin: str, target: str) -> Leg:
        """Acceleration (k, 3) of the part's centre along the planned path goes with the square of the speed."""
        base = self._arm.pose.matrix()
        hand = base @ forward(self._arm.model, moves.ends(times, origin, False)[1])
        at, turn = resting(self._line.stations[origin], self._product, "out", "arm")
        centre = np.linalg.inv(hand) @ np.array([*self._centre(at, turn), 1.0])
        pulls, axes = [np.zeros((1, 3))], [base[None, :3, 2]]
        for steps in self._ways(times, origin, target):
            tools = base @ forward(self._arm.model, np.vstack([steps.angles, steps.end]))
            way = (tools @ centre)[:, :3]
            pulls.append(np.diff(way, 2, axis=0) / PLAN_S**2)
            axes.append(tools[1:-1, :3, 2])
        pull = np.vstack(pulls)
        return Leg(origin, target, float(np.linalg.norm(pull, axis=1).max()), self._holds(pull, np.vstack(axes)))

    def _ways(self, times: ArmTimes, origin: str, target: str) -> list[moves.Steps]:
        """Out of the origin, to the target, and into that, as planned."""
        out = moves.handing(times, origin, False, dense=True)
        paths = [moves.travel(times, origin, target, True, dense=True), moves.handing(times, target, True, dense=True)]
        found = [moves.steps(path, PLAN_S) for path in paths if path is not None]
        if out is not None:
            whole_s = float(times.pick_s[times.stations.index(origin)]) - self._arm.model.grip_s
            found.append(moves.steps(out, PLAN_S, whole_s - float(out.time_s[-1]), backwards=True))
        return [steps for steps in found if len(steps.angles) > 1]

    def _centre(self, at: Sequence[float], turn: Sequence[float]) -> Array:
        """The centre of mass (m) of a part that stands there."""
        from scipy.spatial.transform import Rotation

        with World() as world:
            form = world.parts.form(self._product)
        centre: Array = np.asarray(at) + Rotation.from_quat(turn).apply(form.spread.centre_m)
        return centre

    def _holds(self, pull: Array, axes: Array) -> float:
        hold, friction, mass = hold_of(self._arm.model), self._product.model.friction, self._product.mass_kg

        def over(share: float) -> bool:
            for a, axis in zip(pull, axes, strict=True):
                takes, most = needed(hold, friction, mass, a * share * share, axis)
                if takes > most:
                    return True
            return False

        if not over(1.0):
            return math.inf
        low, high = 0.0, 1.0
        while high - low > 1e-3:
            middle = (low + high) / 2
            low, high = (low, middle) if over(middle) else (middle, high)
        return low


# ---------------------------------------------------------------- vehicles


def haul(fleet: Fleet, product: LineProduct, acceleration_m_s2: float) -> Incident | None:
    """What goes wrong with a part on a deck that speeds up and brakes at that rate: it slides, or falls over."""
    fleet = replace(fleet, acceleration_m_s2=acceleration_m_s2)
    way_m = 1.5 * fleet.speed_m_s**2 / acceleration_m_s2 + 0.1
    drive = Drive(fleet, np.array([[0.0, 0.0], [way_m, 0.0]]), (0.0, 0.0, 0.0), (way_m, 0.0, 0.0))
    with World() as world:
        cart = Carrier(world, fleet.name, fleet.model, (0.0, 0.0, 0.0))
        part = world.parts.take(product, 0)
        part.free(fleet.model.deck_m)
        while world.now_s < SETTLE_S:
            world.step()
        seat = np.array([*part.pose()[0], 1.0])
        began_s, ends_s = world.now_s, drive.time_s - fleet.model.dock_s + SETTLE_S
        while (t := world.now_s - began_s) < ends_s:
            cart.go(drive.place(t), drive.place(t + world.step_s))
            world.step()
            at, (qx, qy, _, _) = part.pose()
            there = drive.place(t + world.step_s)
            slid = float(np.linalg.norm((np.linalg.inv(matrix(there)) @ [*at, 1.0] - seat)[:2]))
            lean = math.acos(max(-1.0, 1.0 - 2.0 * (qx * qx + qy * qy)))
            place = (float(at[0]), float(at[1]), float(at[2]))
            if lean > TIPPED_RAD:
                cause = f"it falls over on the deck at {acceleration_m_s2:.2f} m/s^2"
                return Incident(
                    world.now_s, "tipped", (fleet.name,), place, lean, "rad", cause, 0, product.name, TIPPED_RAD
                )
            if slid > SLID_M and lean < TIPPED_RAD / 6:
                holds = product.model.friction * GRAVITY_M_S2
                cause = f"friction {product.model.friction:g} holds it up to {holds:.2f} m/s^2"
                return Incident(world.now_s, "slipped", (fleet.name,), place, slid, "m", cause, 0, product.name, SLID_M)
    return None
