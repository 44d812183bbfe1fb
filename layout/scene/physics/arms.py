"""An arm among rigid bodies: driven by motors in its joints, holding parts by a constraint that gives way."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pybullet as engine

from layout.errors import Problem, SceneError
from layout.model.library import ArmModel, Point3
from layout.model.pose import Array, Pose, quaternion
from layout.scene import bodies
from layout.scene.physics.links import linked
from layout.scene.physics.world import World, rest

POSITION_GAIN, SPEED_GAIN = 0.8, 1.0
"""Of the joints' position control: an arm within its torques follows a jerk-limited path to some milliradians."""

CATCH_UP = 1.25
"""A drive may turn this much faster than the joint's rated speed to make up for what it lags behind."""

TORN_M = 0.010
"""A held part that is this far from where it was gripped has been torn out of the tool. (Its weight alone lets it hang
0.9 mm low, where `bear` is not used: constraints take back a fifth of an offset in each step, g dt^2 / 0.2.)"""

_NO_TURN = (0.0, 0.0, 0.0, 1.0)
Vector = Sequence[float]
Framed = tuple[Vector, Vector]


@dataclass(frozen=True)
class Touch:
    """Where a moving body meets another one: their engine ids and links, place (m), how deep (m) and how hard (N)."""

    body: int
    link: int
    other: int
    other_link: int
    at_m: Point3
    depth_m: float
    force_n: float


@dataclass(frozen=True)
class Gap:
    """The nearest place between an arm's link (-1: what it holds) and another body: distance (m), place there (m)."""

    link: int
    other: int
    distance_m: float
    at_m: Point3


class ArmBody:
    """One arm. Joint vectors are in its model's order (rad; m where prismatic), a rail first.

    body : engine id; names : of its links, the foot (-1) first; effort : (dof,) N m (N) of each drive at most
    limited : (dof,) bool, whether the URDF says so
    held : body that the tool holds, -1 without

    Raises SceneError where the URDF cannot be loaded.
    """

    def __init__(self, world: World, name: str, model: ArmModel, pose: Pose) -> None:
        made = linked(model)
        self._client = world.client
        flags = engine.URDF_USE_INERTIA_FROM_FILE | engine.URDF_MAINTAIN_LINK_ORDER
        with bodies.quiet():
            self.body = int(
                engine.loadURDF(
                    str(made.path),
                    (pose.x_m, pose.y_m, 0.0),
                    bodies.yaw_turn(pose.yaw_rad),
                    useFixedBase=True,
                    flags=flags,
                    physicsClientId=self._client,
                )
            )
        self.names, self.effort, self.limited = made.names, made.effort, made.limited
        count = engine.getNumJoints(self.body, physicsClientId=self._client)
        found = tuple(engine.getJointInfo(self.body, k, physicsClientId=self._client)[1].decode() for k in range(count))
        if found != made.joints:
            raise SceneError(Problem("the engine takes the arm's joints differently", "urdf", value=str(found)))
        self._model = model
        self._joints = tuple(range(count))
        self._drives = [
            (k, float(force), joint.speed * CATCH_UP)
            for k, (force, joint) in enumerate(zip(self.effort, model.joints, strict=True))
        ]
        for link in (-1, *self._joints):
            world.rough(self.body, link)
            engine.changeDynamics(
                self.body,
                link,
                linearDamping=0.0,
                angularDamping=0.0,
                maxJointVelocity=1e3,
                physicsClientId=self._client,
            )
        world.names[self.body] = name
        self._name_of, self._parts = world.name_of, world.parts
        self._tip = count - 1
        frame = np.asarray(model.flange, dtype=float)
        frame = frame @ np.block([[np.eye(3), np.reshape(model.tcp_m, (3, 1))], [np.zeros((1, 3)), np.ones((1, 1))]])
        self._tcp: Framed = (frame[:3, 3].tolist(), quaternion(frame[:3, :3]))
        self.held = -1
        self._through: set[int] = set()
        self._grip, self._hold = -1, (_NO_TURN[:3], _NO_TURN)
        self.put(model.home)

    @property
    def dof(self) -> int:
        """How many joints are driven."""
        return len(self._joints)

    # ------------------------------------------------------------ moving

    def put(self, angles: Sequence[float] | Array) -> None:
        """Stand at a joint vector, at rest, held there. Not for an arm that holds something."""
        for joint, angle in zip(self._joints, angles, strict=True):
            engine.resetJointState(self.body, joint, float(angle), 0.0, physicsClientId=self._client)
        self.follow([float(angle) for angle in angles], [0.0] * self.dof)

    def follow(self, angles: Sequence[float], speeds: Sequence[float]) -> None:
        """Drive towards a joint vector with speeds (rad/s, m/s), as far as the drives' torques go, until told anew."""
        body, client, mode = self.body, self._client, engine.POSITION_CONTROL
        for (joint, force, most), angle, speed in zip(self._drives, angles, speeds, strict=True):
            engine.setJointMotorControl2(
                body,
                joint,
                mode,
                angle,
                speed,
                force=force,
                positionGain=POSITION_GAIN,
                velocityGain=SPEED_GAIN,
                maxVelocity=most,
                physicsClientId=client,
            )

    def state(self) -> tuple[Array, Array, Array]:
        """Joint vector, speeds, and what the drives gave in the last step (N m; N where prismatic)."""
        found = engine.getJointStates(self.body, self._joints, physicsClientId=self._client)
        rows = np.array([(row[0], row[1], row[3]) for row in found])
        return rows[:, 0], rows[:, 1], rows[:, 2]

    def sleep(self) -> None:
        """At rest from now on: the engine leaves it, and what it holds, as they are until something wakes them."""
        for body in (self.body, self.held):
            if body >= 0:
                rest(body, self._client)

    def wake(self) -> None:
        """Take part in the engine's steps again, however slowly it moves."""
        for body in (self.body, self.held):
            if body >= 0:
                rouse(body, self._client)

    # ------------------------------------------------------------ holding

    def tool(self) -> Framed:
        """Position (m) and rotation (quaternion) of the tool centre point, z away from the flange."""
        state = engine.getLinkState(self.body, self._tip, computeForwardKinematics=True, physicsClientId=self._client)
        found: Framed = engine.multiplyTransforms(state[4], state[5], *self._tcp)
        return found

    def grip(self, body: int, most_n: float) -> None:
        """Hold a body as it now is to the tool, by a constraint of `most_n` (N) along each axis at most."""
        self.wake()
        state = engine.getLinkState(self.body, self._tip, computeForwardKinematics=True, physicsClientId=self._client)
        centre = state[0], state[1]  # of the link's mass: constraints are seen from there
        at, turn = engine.getBasePositionAndOrientation(body, physicsClientId=self._client)
        self._hold = engine.multiplyTransforms(*engine.invertTransform(*centre), at, turn)
        self.ignore(body)
        self._grip = int(
            engine.createConstraint(
                self.body,
                self._tip,
                body,
                -1,
                engine.JOINT_FIXED,
                (0.0, 0.0, 0.0),
                self._hold[0],
                (0.0, 0.0, 0.0),
                self._hold[1],
                _NO_TURN,
                physicsClientId=self._client,
            )
        )
        engine.changeConstraint(self._grip, maxForce=most_n, physicsClientId=self._client)
        self.held = body

    def bear(self, weight_n: float) -> None:
        """Pass the held body's weight (N) on to the tool for the coming step.

        It is what the constraint would do, but without hanging low: its impulse is known before the step.
        """
        at, _ = engine.getBasePositionAndOrientation(self.held, physicsClientId=self._client)
        for body, link, force in ((self.held, -1, weight_n), (self.body, self._tip, -weight_n)):
            engine.applyExternalForce(
                body, link, (0.0, 0.0, force), at, engine.WORLD_FRAME, physicsClientId=self._client
            )

    def let_go(self) -> int:
        """Open the tool; the body that it held, -1 without. They touch again from `heed` on."""
        body = self.held
        if body >= 0:
            engine.removeConstraint(self._grip, physicsClientId=self._client)
            rouse(body, self._client)
            self.held, self._grip = -1, -1
        return body

    def ignore(self, body: int) -> None:
        """Arm and a body go through one another: the part that the tool is about to grip or has put down, a stop."""
        self._pass(body, 0)
        self._through.add(body)

    def heed(self, body: int) -> None:
        """Arm and a body touch again: the tool is clear of it."""
        self._pass(body, 1)
        self._through.discard(body)

    def _pass(self, body: int, touch: int) -> None:
        for link in (-1, *self._joints):
            engine.setCollisionFilterPair(self.body, body, link, -1, touch, physicsClientId=self._client)

    def slid_m(self) -> float:
        """How far (m) the held body is from where it was gripped, in the tool's frame."""
        state = engine.getLinkState(self.body, self._tip, computeForwardKinematics=True, physicsClientId=self._client)
        at, _ = engine.getBasePositionAndOrientation(self.held, physicsClientId=self._client)
        there, _ = engine.multiplyTransforms(state[0], state[1], *self._hold)
        return float(np.linalg.norm(np.subtract(at, there)))

    # ------------------------------------------------------------ who is near

    def touches(self, beyond_m: float, leave_out: Collection[int] = ()) -> list[Touch]:
        """Contacts of the arm, and of what it holds, that are deeper than so much (m) or pushed at all."""
        found = []
        for mine in (self.body, self.held):
            if mine < 0:
                continue
            for point in engine.getContactPoints(bodyA=mine, physicsClientId=self._client):
                one, other = (point[1], point[3]), (point[2], point[4])
                if one[0] != mine:
                    one, other = other, one
                if other[0] in leave_out or other[0] in (self.body, self.held):
                    continue
                if mine == self.body and one[1] == -1:
                    continue  # its foot stands where it stands
                if point[8] < -beyond_m or (point[8] <= 0.0 and point[9] > 0.0):
                    x, y, z = point[5]
                    found.append(Touch(mine, one[1], *other, (x, y, z), -float(point[8]), float(point[9])))
        return found

    def nearest(self, within_m: float, leave_out: Collection[int] = ()) -> Gap | None:
        """The nearest place of the arm's moving links, and what it holds (link -1), to any body; None where none is
        within so much (m)."""
        client, best = self._client, None
        mine = [(self.body, link) for link in self._joints] + ([(self.held, -1)] if self.held >= 0 else [])
        for body, link in mine:
            low, high = engine.getAABB(body, link, physicsClientId=client)
            low, high = [v - within_m for v in low], [v + within_m for v in high]
            around = engine.getOverlappingObjects(low, high, physicsClientId=client) or ()
            for other in sorted({pair[0] for pair in around}):
                if other in (self.body, self.held) or other in self._through or other in leave_out:
                    continue
                if link == 0 and self._model.rail is not None and self._name_of(other) == "floor":
                    continue  # the rail's carriage runs on it
                part = self._parts.of(other)
                if part is not None and part.state == "led":
                    continue  # nothing touches it
                points = engine.getClosestPoints(body, other, within_m, linkIndexA=link, physicsClientId=client)
                for point in points:
                    if best is None or point[8] < best.distance_m:
                        x, y, z = point[5]
                        best = Gap(link, other, float(point[8]), (x, y, z))
        return best


def rouse(body: int, client: int) -> None:
    """Wake a body and keep it awake: the engine would put to sleep what moves slowly for two seconds."""
    for state in (engine.ACTIVATION_STATE_WAKE_UP, engine.ACTIVATION_STATE_DISABLE_SLEEPING):
        engine.changeDynamics(body, -1, activationState=state, physicsClientId=client)
