"""Surfaces that carry by friction, and plates that stop: driven boxes, turning corners, gates, guides.

A belt's body stays where it is and has the belt's speed: before every step its pose is set back and its velocity given
again, so that the engine's contacts see a surface that moves along. A corner turns about its inner corner likewise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pybullet as engine

from layout.model.library import Point3
from layout.model.pose import Array
from layout.scene import bodies
from layout.scene.physics.parts import PARKING_M
from layout.scene.physics.shapes import convex_shape
from layout.scene.physics.world import World
from layout.scene.solids import box_vertices

BELT_THICK_M = 0.08
LIFT_M_S = 0.03
_STILL = (0.0, 0.0, 0.0)
Vector = Sequence[float]


class Moving:
    """A surface that moves without going anywhere.

    piece : (n, 3) convex, in its own frame (m), which lies at `at_m` turned by `turn` (quaternion x, y, z, w)
    velocity_m_s : of all of it, in the world; spin_rad_s : about the vertical through `at_m`
    """

    def __init__(
        self, world: World, name: str, piece: Array, at_m: Vector, turn: Vector, velocity_m_s: Vector, spin_rad_s: float
    ) -> None:
        self._world, self._client = world, world.client
        shape = convex_shape([piece], world.client)
        with bodies.quiet():
            self.body = int(engine.createMultiBody(0, shape, -1, list(at_m), list(turn), physicsClientId=world.client))
        world.rough(self.body)
        world.names[self.body] = name
        self._at, self._turn = tuple(at_m), tuple(turn)
        self._velocity, self._spin = tuple(velocity_m_s), (0.0, 0.0, spin_rad_s)
        self._drives = False
        self._lifted, self._lift_to, self._most_m = 0.0, 0.0, LIFT_M_S * world.step_s

    def run(self, runs: bool) -> None:
        """Drive it, or let it stand."""
        if runs == self._drives:
            return
        self._drives = runs
        if runs:
            self._world.driven.append(self)
        else:
            self._world.driven.remove(self)
            self._set(_STILL, _STILL)

    def pace(self, velocity_m_s: Vector, spin_rad_s: float = 0.0, lifted_m: float = 0.0) -> None:
        """Another velocity (m/s) and spin from the next step on; lifted_m : how far it is to rise from where it was."""
        self._velocity, self._spin, self._lift_to = tuple(velocity_m_s), (0.0, 0.0, spin_rad_s), lifted_m

    def drive(self) -> None:
        """Before a step: put it back, and give it its speed."""
        rise = max(-self._most_m, min(self._most_m, self._lift_to - self._lifted))
        if rise == 0.0 and self._lifted == 0.0:
            self._set(self._velocity, self._spin)
            return
        vx, vy, vz = self._velocity
        self._set((vx, vy, vz + rise / self._world.step_s), self._spin)
        self._lifted += rise

    def _set(self, velocity: Vector, spin: Vector) -> None:
        x, y, z = self._at
        at = (x, y, z + self._lifted)
        engine.resetBasePositionAndOrientation(self.body, at, self._turn, physicsClientId=self._client)
        engine.resetBaseVelocity(self.body, velocity, spin, physicsClientId=self._client)


def straight(world: World, name: str, start_m: Point3, end_m: Point3, width_m: float, speed_m_s: float) -> Moving:
    """A belt whose upper surface leads from a point to another (m, on its middle line)."""
    a, b = np.asarray(start_m, dtype=float), np.asarray(end_m, dtype=float)
    length = float(np.linalg.norm(b - a))
    u = (b - a) / length
    turn, up = turn_along(u)
    piece = box_vertices((-length / 2, -width_m / 2, -BELT_THICK_M / 2), (length / 2, width_m / 2, BELT_THICK_M / 2))
    return Moving(world, name, piece, (a + b) / 2 - up * BELT_THICK_M / 2, turn, u * speed_m_s, 0.0)


def corner(world: World, name: str, pivot_m: Point3, plan: Array, spin_rad_s: float) -> Moving:
    """A level plate that turns about a point (m, at its upper surface); plan : (k, 2) convex, relative to that (m)."""
    piece = np.vstack([np.column_stack([plan, np.full(len(plan), z)]) for z in (-BELT_THICK_M, 0.0)])
    return Moving(world, name, piece, pivot_m, (0.0, 0.0, 0.0, 1.0), _STILL, spin_rad_s)


class Gate:
    """A plate across a belt that stops parts: up or away; its front is where parts stop."""

    THICK_M = 0.02

    def __init__(self, world: World, name: str, width_m: float, high_m: float) -> None:
        self._client = world.client
        half = width_m / 2
        self.body = world.fix(name, [box_vertices((0.0, -half, 0.0), (self.THICK_M, half, high_m))])
        self.away()

    def stand(self, at_m: Point3, heading_rad: float) -> None:
        """Put it up: the middle of its lower edge (m), on the side that parts come from, and their way (rad)."""
        turn = bodies.yaw_turn(heading_rad)
        engine.resetBasePositionAndOrientation(self.body, at_m, turn, physicsClientId=self._client)

    def away(self) -> None:
        """Take it out of the way."""
        at = (-PARKING_M, -PARKING_M - self.body, 0.0)
        engine.resetBasePositionAndOrientation(self.body, at, (0.0, 0.0, 0.0, 1.0), physicsClientId=self._client)


def turn_along(u: Array) -> tuple[tuple[float, float, float, float], Array]:
    """Quaternion that takes x to a unit vector by yaw, then pitch, and where it takes z."""
    yaw, pitch = math.atan2(u[1], u[0]), -math.asin(max(-1.0, min(1.0, float(u[2]))))
    cy, sy, cp, sp = math.cos(yaw / 2), math.sin(yaw / 2), math.cos(pitch / 2), math.sin(pitch / 2)
    up = np.array([math.sin(pitch) * math.cos(yaw), math.sin(pitch) * math.sin(yaw), math.cos(pitch)])
    return (-sp * sy, sp * cy, cp * sy, cp * cy), up
