"""The engine's world: gravity, a fixed step, what stands still, and the parts; everything else is put into it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from types import TracebackType
from typing import Protocol

import numpy as np
import pybullet as engine
import shapely

from layout.errors import Problem, SceneError
from layout.model.line import Line
from layout.model.pose import Array, Pose
from layout.scene import bodies, meshes
from layout.scene.physics.parts import SURFACE_FRICTION, Parts
from layout.scene.physics.shapes import convex_shape

STEP_S = 1.0 / 240.0
GRAVITY_M_S2 = 9.81
ITERATIONS = 50
"""Rounds of the engine's solver: parts that queue on a running belt climb on one another with fewer."""
FENCE_LOW_M = 0.15
FENCE_THICK_M = 0.04


CONTACT_KEPT = 0.1
"""How far, in sizes of the shape, a point of contact may drift before the engine forgets it. Belts are put back at
every step, so points drift by the way of a step: with the engine's own 0.02 a small part stands on one or two of them,
sinks by 1 mm and turns by 30 degrees over 0.7 m of belt; with 0.1 by 0.3 mm and 0.5 degrees."""
TOUCH_M = 1e-3
"""The engine lists pairs that come close; those no farther apart touch."""


class Surface(Protocol):
    """What is driven at every step before the engine moves on: a belt, a turning corner."""

    def drive(self) -> None:
        """Put it where it belongs and give it its speed."""


class World:
    """Rigid bodies that move by the engine's steps. Use as a context manager, or call `close` when done.

    step_s : time of a step; iterations : rounds of the contact solver

    Raises SceneError where the engine does not start.
    """

    def __init__(self, step_s: float = STEP_S, iterations: int = ITERATIONS) -> None:
        with bodies.quiet():
            self.client: int = engine.connect(engine.DIRECT)
        if self.client < 0:
            raise SceneError(Problem("the physics engine does not start"))
        self.step_s = step_s
        engine.setPhysicsEngineParameter(
            fixedTimeStep=step_s,
            numSolverIterations=iterations,
            numSubSteps=0,
            contactBreakingThreshold=CONTACT_KEPT,
            enableFileCaching=0,
            deterministicOverlappingPairs=1,
            physicsClientId=self.client,
        )
        engine.setGravity(0.0, 0.0, -GRAVITY_M_S2, physicsClientId=self.client)
        self.parts = Parts(self.client)
        self.names: dict[int, str] = {}
        self.driven: list[Surface] = []
        self.steps = 0

    # ------------------------------------------------------------ life

    def close(self) -> None:
        """Let the engine go; a second call does nothing."""
        if self.client >= 0:
            if engine.isConnected(self.client):
                with bodies.quiet():
                    engine.disconnect(self.client)
            self.client = -1

    def __enter__(self) -> World:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    # ------------------------------------------------------------ time

    @property
    def now_s(self) -> float:
        """Simulated time."""
        return self.steps * self.step_s

    def step(self) -> None:
        """One step: driven surfaces first, then the engine."""
        for surface in self.driven:
            surface.drive()
        engine.stepSimulation(physicsClientId=self.client)
        self.steps += 1

    # ------------------------------------------------------------ what stands still

    def fix(self, name: str, pieces: Sequence[Array], pose: Pose | None = None) -> int:
        """A body of convex pieces (n, 3) (m; in the frame of `pose`) that never moves; its engine id."""
        if not pieces:
            raise SceneError(Problem("nothing to put into the world", value=name))
        shape = convex_shape(pieces, self.client)
        at, turn = ((pose.x_m, pose.y_m, 0.0), bodies.yaw_turn(pose.yaw_rad)) if pose else ((0.0,) * 3, (0, 0, 0, 1))
        with bodies.quiet():
            body = int(
                engine.createMultiBody(0, shape, -1, at, turn, useMaximalCoordinates=1, physicsClientId=self.client)
            )
        self.rough(body)
        rest(body, self.client)
        self.names[body] = name
        return body

    def rough(self, body: int, link: int = -1) -> None:
        """Give a body's link the friction of all that is no part: a contact's friction is then the part's."""
        engine.changeDynamics(
            body, link, lateralFriction=SURFACE_FRICTION, restitution=0.0, physicsClientId=self.client
        )

    def build(self, line: Line, without: Mapping[str, Collection[int]] | None = None) -> None:
        """Floor, obstacles, fences and stations of a line, as they stand; not arms, vehicles, doors or belts.

        without : by station, convex pieces left out (numbers in its hulls' file), such as those that belts replace
        Raises SceneError where a model's files cannot be loaded.
        """
        with bodies.quiet():
            plane = engine.createCollisionShape(engine.GEOM_PLANE, planeNormal=(0, 0, 1), physicsClientId=self.client)
            floor = int(engine.createMultiBody(0, plane, -1, useMaximalCoordinates=1, physicsClientId=self.client))
        self.rough(floor)
        rest(floor, self.client)
        self.names[floor] = "floor"
        for name, area in line.floor.obstacles.items():
            self.fix(name, _prisms(shapely.Polygon(area.polygon), 0.0, area.height_m))
        for name, fence in line.floor.fences.items():
            walls = [
                shapely.LineString(leg).buffer(FENCE_THICK_M / 2, cap_style="square") for leg in pairwise(fence.line)
            ]
            self.fix(name, [piece for wall in walls for piece in _prisms(wall, FENCE_LOW_M, fence.height_m)])
        for station in line.stations.values():
            out = set((without or {}).get(station.name, ()))
            pieces = [piece for i, piece in enumerate(meshes.hull_pieces(station.model.hulls)) if i not in out]
            if pieces:
                self.fix(station.name, pieces, station.pose)

    def touching(self, body: int) -> list[int]:
        """Bodies that touch a body, as of the last step; each once, in order."""
        points = engine.getContactPoints(body, physicsClientId=self.client)
        others = (point[2] for point in points if point[8] <= TOUCH_M)
        return sorted(set(others))

    def name_of(self, body: int) -> str:
        """What a body is called; a part by its product, anything unknown by its number."""
        part = self.parts.of(body)
        return part.form.product if part is not None else self.names.get(body, f"body {body}")


def rest(body: int, client: int) -> None:
    """Let a body sleep at once: the engine leaves out its contacts with all that sleeps, too."""
    for state in (engine.ACTIVATION_STATE_ENABLE_SLEEPING, engine.ACTIVATION_STATE_SLEEP):
        engine.changeDynamics(body, -1, activationState=state, physicsClientId=client)


def _prisms(area: shapely.Polygon, low_m: float, high_m: float) -> list[Array]:
    """Convex prisms (n, 3) (m) that fill a polygon between two heights: itself where it is convex, else triangles."""
    area = shapely.normalize(area)
    if shapely.area(shapely.convex_hull(area)) - shapely.area(area) < 1e-6:
        flats: Iterable[shapely.Polygon] = [area]
    else:
        flats = shapely.get_parts(shapely.constrained_delaunay_triangles(area))
    found = []
    for flat in flats:
        ring = shapely.get_coordinates(flat)[:-1]
        found.append(np.vstack([np.column_stack([ring, np.full(len(ring), z)]) for z in (low_m, high_m)]))
    return found
