"""What moves on a machine among rigid bodies: doors and rams, driven by motors in their joints."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pybullet as engine

from layout.errors import Problem, SceneError
from layout.model.line import Station
from layout.model.pose import Array
from layout.scene import bodies
from layout.scene.physics.arms import CATCH_UP, POSITION_GAIN, SPEED_GAIN, Touch, rouse
from layout.scene.physics.links import DRIVE_LIMIT
from layout.scene.physics.world import World, rest

BELOW_M = 0.3
"""What a part is put down on lies no farther below where a tool holds it: that of the highest part there is."""


class AxesBody:
    """The moving axes of a station that stands in a world: positions in its model's order (m; rad where they turn).

    They pass through their own machine, whose guides are not modelled. body : engine id; it is called "mill's door".
    Raises SceneError where the URDF cannot be loaded or nothing moves.
    """

    def __init__(self, world: World, station: Station) -> None:
        model = station.model
        if model.urdf is None or not model.axes:
            raise SceneError(Problem("nothing moves on this machine", value=station.name))
        self._client = world.client
        loaded = bodies.load_moving(model, world.client, False)
        loaded.move((station.pose.x_m, station.pose.y_m, 0.0), bodies.yaw_turn(station.pose.yaw_rad))
        self.body = loaded.base
        self._joints = loaded.joints
        self._drives = []
        for joint, axis in zip(self._joints, model.axes, strict=True):
            most = float(engine.getJointInfo(self.body, joint, physicsClientId=self._client)[10])
            self._drives.append((joint, most if most > 0.0 else DRIVE_LIMIT, axis.speed * CATCH_UP))
        own = [body for body, name in world.names.items() if name == station.name]
        for link in (-1, *range(engine.getNumJoints(self.body, physicsClientId=self._client))):
            world.rough(self.body, link)
            engine.changeDynamics(self.body, link, linearDamping=0.0, angularDamping=0.0, physicsClientId=self._client)
            for other in own:
                engine.setCollisionFilterPair(self.body, other, link, -1, 0, physicsClientId=self._client)
        world.names[self.body] = f"{station.name}'s {', '.join(axis.name for axis in model.axes)}"
        self.put(model.position("load"))
        self.sleep()

    def put(self, positions: Sequence[float] | Array) -> None:
        """Stand at positions, at rest, held there."""
        for joint, position in zip(self._joints, positions, strict=True):
            engine.resetJointState(self.body, joint, float(position), 0.0, physicsClientId=self._client)
        self.follow([float(position) for position in positions], [0.0] * len(self._joints))

    def follow(self, positions: Sequence[float], speeds: Sequence[float]) -> None:
        """Drive towards positions with speeds (m/s, rad/s), as far as the drives' forces go, until told anew."""
        for (joint, force, most), position, speed in zip(self._drives, positions, speeds, strict=True):
            engine.setJointMotorControl2(
                self.body,
                joint,
                engine.POSITION_CONTROL,
                position,
                speed,
                force=force,
                positionGain=POSITION_GAIN,
                velocityGain=SPEED_GAIN,
                maxVelocity=most,
                physicsClientId=self._client,
            )

    def state(self) -> tuple[Array, Array]:
        """Positions and speeds."""
        found = engine.getJointStates(self.body, self._joints, physicsClientId=self._client)
        return np.array([row[0] for row in found]), np.array([row[1] for row in found])

    def carrier(self, at_m: Sequence[float]) -> int | None:
        """The link that a part held at a point (m) would be put down on; None where that does not move.

        No part may be there yet.
        """
        low = (at_m[0], at_m[1], at_m[2] - BELOW_M)
        body, link = engine.rayTest(list(at_m), low, physicsClientId=self._client)[0][:2]
        return int(link) if body == self.body and link >= 0 else None

    def place(self, link: int) -> tuple[Sequence[float], Sequence[float]]:
        """Position (m) and rotation (quaternion) of a link's frame."""
        found = engine.getLinkState(self.body, link, computeForwardKinematics=1, physicsClientId=self._client)
        return found[4], found[5]

    def touches(self, beyond_m: float) -> list[Touch]:
        """Contacts that are deeper than so much (m) or pushed at all."""
        found = []
        for point in engine.getContactPoints(bodyA=self.body, physicsClientId=self._client):
            one, other = (point[1], point[3]), (point[2], point[4])
            if one[0] != self.body:
                one, other = other, one
            if point[8] < -beyond_m or (point[8] <= 0.0 and point[9] > 0.0):
                x, y, z = point[5]
                found.append(Touch(*one, *other, (x, y, z), -float(point[8]), float(point[9])))
        return found

    def sleep(self) -> None:
        """At rest from now on: the engine leaves them as they are until something wakes them."""
        rest(self.body, self._client)

    def wake(self) -> None:
        """Take part in the engine's steps again, however slowly they move."""
        rouse(self.body, self._client)
