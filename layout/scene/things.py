"""What stands on the floor as one thing: a machine with its doors, an arm with its tool on its rail, a vehicle."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pybullet as engine

from layout.model.library import ArmModel, MachineModel, VehicleModel
from layout.model.pose import Array
from layout.scene import bodies, meshes, solids
from layout.scene.bodies import Body

CARRIAGE: meshes.Rgba = (0.30, 0.32, 0.35, 1.0)
CARRIAGE_HIGH_M = 0.05
Key = tuple[str, ...]
Standing = MachineModel | ArmModel | VehicleModel
Solid = tuple[int, int, float]
"""A collision shape: engine id, link, rounding (m)."""


@dataclass
class Thing:
    """Bodies that move together. Its frame is its model's, on the floor.

    body : the machine's body, the arm, the vehicle
    moving : a machine's axes; tool : a gripper at the flange, `seat_m` from the tip link's frame
    rail : bed of the rail and the space that the arm's foot takes along it (both collide), carriage (shown only)
    """

    body: Body
    moving: Body | None = None
    tool: Body | None = None
    bed: Body | None = None
    sweep: Body | None = None
    carriage: Body | None = None
    mount_m: float = 0.0
    seat_m: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def __post_init__(self) -> None:
        self._at, self._yaw, self._slide_m = (0.0, 0.0), 0.0, 0.0

    @property
    def dof(self) -> int:
        """How many driven joints (of a machine: axes) there are, the rail among them."""
        joints = self.moving.joints if self.moving is not None else self.body.joints
        return len(joints) + (self.bed is not None)

    def put(self, x_m: float, y_m: float, yaw_rad: float, z_m: float = 0.0) -> None:
        """Move everything; joints and axes stay as they are against one another."""
        self._at, self._yaw = (x_m, y_m), yaw_rad
        turn = bodies.yaw_turn(yaw_rad)
        for part in (self.moving, self.bed, self.sweep):
            if part is not None:
                part.move((x_m, y_m, z_m), turn)
        self._stand(z_m)

    def bend(self, positions: Sequence[float] | Array) -> None:
        """Set joints or axes (rad; m where prismatic), the rail first."""
        q = [float(position) for position in positions]
        if self.moving is not None:
            self.moving.bend(q)
            return
        if self.bed is not None:
            self._slide_m, q = q[0], q[1:]
            self._stand(0.0)
        self.body.bend(q)
        self._hold()

    def solids(self, whole: bool) -> list[Solid]:
        """The shapes that collide: of an arm what stands on the floor, and all of it where `whole`."""
        found = _solids(self.body, self.body.links if whole else self.body.fixed)
        if self.moving is not None:
            found += _solids(self.moving, self.moving.links)
        if self.bed is not None and self.sweep is not None:
            found = found if whole else _solids(self.sweep, self.sweep.links)
            found += _solids(self.bed, self.bed.links)
        if whole and self.tool is not None:
            found += _solids(self.tool, self.tool.links)
        return found

    def _stand(self, z_m: float) -> None:
        """Put the arm (or machine) where its frame, and its carriage, are."""
        x = self._at[0] + math.cos(self._yaw) * self._slide_m
        y = self._at[1] + math.sin(self._yaw) * self._slide_m
        turn = bodies.yaw_turn(self._yaw)
        self.body.move((x, y, z_m + self.mount_m), turn)
        if self.carriage is not None:
            self.carriage.move((x, y, z_m), turn)
        self._hold()

    def _hold(self) -> None:
        """The tool is where the flange is."""
        if self.tool is not None:
            flange = bodies.link_frame(self.body.base, self.body.tip, self.body.client)
            self.tool.move(*engine.multiplyTransforms(*flange, self.seat_m, (0.0, 0.0, 0.0, 1.0)))


def _solids(body: Body, links: Sequence[int]) -> list[Solid]:
    return [(body.base, link, body.margin_m[link]) for link in links]


def key_of(model: Standing) -> Key:
    """The same for models that load the same bodies."""
    if isinstance(model, ArmModel):
        tool = (str(model.tool.hulls), str(model.tool.visual), repr(model.seat_m)) if model.tool else ()
        rail = (repr(model.rail), repr(model.footprint_m)) if model.rail else ()
        return (model.name, str(model.urdf), model.tip, *tool, *rail)
    urdf = str(model.urdf) if isinstance(model, MachineModel) and model.axes else ""
    return (model.name, str(model.hulls), str(model.visual), urdf)


def load(model: Standing, client: int, visuals: bool, window: bool) -> Thing:
    """A model's bodies, at the origin. Raises SceneError where its files cannot be loaded."""
    if not isinstance(model, ArmModel):
        thing = Thing(bodies.load_rigid(model, client, visuals))
        if isinstance(model, MachineModel) and model.urdf is not None and model.axes:
            thing.moving = bodies.load_moving(model, client, visuals, window)
        return thing
    thing = Thing(bodies.load_arm(model, client, visuals, window), mount_m=model.mount_m, seat_m=model.seat_m)
    if model.tool is not None:
        thing.tool = bodies.load_rigid(model.tool, client, visuals)
    if model.rail is not None:
        low, high = solids.rail_box(model)
        thing.bed = _hulls([solids.box_vertices(low, high)], client)
        thing.put(0.0, 0.0, 0.0)
        foot = [piece for link in thing.body.fixed for piece in _pieces(thing.body, link)]
        carriage = _carriage(model)
        thing.sweep = _hulls(solids.along_rail([*foot, solids.box_vertices(*carriage)], model), client)
        if visuals:
            thing.carriage = _shown_box(*carriage, client)
    return thing


def _carriage(model: ArmModel) -> tuple[Array, Array]:
    """Corners of the plate that the arm stands on, above the rail's bed: as long as the arm's own footprint.

    It reaches up to the mount of an arm that has one.
    """
    assert model.rail is not None
    (low, low_y, _), (high, high_y, top) = solids.rail_box(model)
    half = model.rail.length_m / 2
    return np.array([low + half, low_y, top]), np.array(
        [high - half, high_y, max(top + CARRIAGE_HIGH_M, model.mount_m)]
    )


def _pieces(body: Body, link: int) -> list[Array]:
    """Vertices (n, 3) (m, world) of a link's collision shapes, where it now is."""
    found = []
    if link >= 0:
        state = engine.getLinkState(body.base, link, computeForwardKinematics=True, physicsClientId=body.client)
        centre = state[0], state[1]
    else:
        centre = engine.getBasePositionAndOrientation(body.base, physicsClientId=body.client)
    for shape in engine.getCollisionShapeData(body.base, link, physicsClientId=body.client):
        kind, size, name, shift, twist = shape[2:7]
        at, how = engine.multiplyTransforms(*centre, shift, twist)
        turn = np.reshape(engine.getMatrixFromQuaternion(how), (3, 3))
        if kind == engine.GEOM_MESH:
            pieces = solids.mesh_pieces(Path(name.decode()), size)
        elif kind == engine.GEOM_BOX:
            pieces = [solids.primitive("box", size)]
        elif kind in (engine.GEOM_CYLINDER, engine.GEOM_CAPSULE):  # the engine gives length and radius
            pieces = [solids.primitive("cylinder" if kind == engine.GEOM_CYLINDER else "capsule", (size[1], size[0]))]
        else:
            pieces = [solids.primitive("sphere", (size[0], 0.0))]
        found += [piece @ turn.T + np.asarray(at) for piece in pieces]
    return found


def _hulls(pieces: Sequence[Array], client: int) -> Body:
    """Convex pieces (m) that collide and do not show."""
    path = solids.hull_file(pieces)
    with bodies.quiet():
        shape = engine.createCollisionShape(engine.GEOM_MESH, fileName=str(path), physicsClientId=client)
        hidden = engine.createVisualShape(  # without one, pictures would show what collides
            engine.GEOM_BOX, halfExtents=[1e-4] * 3, visualFramePosition=[0, 0, -1.0], physicsClientId=client
        )
        base = int(engine.createMultiBody(0, shape, hidden, physicsClientId=client))
    return Body(base, margin_m={-1: bodies.HULL_MARGIN_M}, client=client)


def _shown_box(low: Array, high: Array, client: int) -> Body:
    with bodies.quiet():
        shape = engine.createVisualShape(
            engine.GEOM_BOX,
            halfExtents=((high - low) / 2).tolist(),
            visualFramePosition=((high + low) / 2).tolist(),
            rgbaColor=CARRIAGE,
            physicsClientId=client,
        )
        return Body(int(engine.createMultiBody(0, -1, shape, physicsClientId=client)), client=client)
