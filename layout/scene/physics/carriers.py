"""Vehicles as rigid bodies: moved along their drives, never pushed; parts ride on their decks by friction."""

from __future__ import annotations

import math

import pybullet as engine

from layout.model.library import VehicleModel
from layout.scene import bodies, meshes
from layout.scene.physics.shapes import convex_shape
from layout.scene.physics.world import World

TOUCH_M = 1e-3
"""Bodies that overlap by more have met: hulls and the engine are that exact."""

Place = tuple[float, float, float]
"""x, y (m), yaw (rad)."""


class Carrier:
    """One vehicle. It goes exactly where it is told: what it meets does not stop it."""

    def __init__(self, world: World, name: str, model: VehicleModel, place: Place) -> None:
        self._world = world
        self.name = name
        shape = convex_shape(meshes.hull_pieces(model.hulls), world.client)
        with bodies.quiet():
            self.body = int(engine.createMultiBody(0, shape, -1, physicsClientId=world.client))
        world.rough(self.body)
        world.names[self.body] = name
        self.place = place
        self.stop(place)

    def stop(self, place: Place) -> None:
        """It stands still there."""
        self._put(place, (0.0, 0.0, 0.0), 0.0)

    def go(self, now: Place, then: Place) -> None:
        """It is at a place now, and at the other one after the coming step."""
        step_s = self._world.step_s
        turn = (then[2] - now[2] + math.pi) % (2 * math.pi) - math.pi
        self._put(now, ((then[0] - now[0]) / step_s, (then[1] - now[1]) / step_s, 0.0), turn / step_s)

    def met(self) -> list[tuple[str, float]]:
        """What it has driven into, other than parts and the floor, by name, and how deep (m)."""
        client, found = self._world.client, []
        low, high = engine.getAABB(self.body, -1, physicsClientId=client)
        near = engine.getOverlappingObjects(low, high, physicsClientId=client) or ()
        for other in sorted({body for body, _ in near}):
            name = self._world.names.get(other, "floor")
            if other == self.body or name == "floor" or self._world.parts.of(other) is not None:
                continue
            points = engine.getClosestPoints(self.body, other, 0.0, physicsClientId=client)
            deep = max((-point[8] for point in points), default=0.0)
            if deep > TOUCH_M:
                found.append((name, deep))
        return found

    def _put(self, place: Place, speed: tuple[float, float, float], spin: float) -> None:
        self.place = place
        client = self._world.client
        engine.resetBasePositionAndOrientation(
            self.body, (place[0], place[1], 0.0), bodies.yaw_turn(place[2]), physicsClientId=client
        )
        engine.resetBaseVelocity(self.body, speed, (0.0, 0.0, spin), physicsClientId=client)
