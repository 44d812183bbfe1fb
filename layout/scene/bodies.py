"""One machine, arm, tool, vehicle or part as rigid bodies of the engine: loaded once, moved from then on."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pybullet as engine

from layout.errors import Problem, SceneError
from layout.model.library import ArmModel, MachineModel, PartModel, ToolModel, VehicleModel
from layout.scene import meshes

HULL_MARGIN_M = 0.001
"""Bullet rounds convex meshes by this much outwards; distances are corrected for it (primitives are not rounded)."""

_MESH_SHAPE = engine.GEOM_MESH
_NO_TURN = (0.0, 0.0, 0.0, 1.0)
Vector = Sequence[float]
Shaped = MachineModel | PartModel | ToolModel | VehicleModel
"""Models of one rigid piece: a visual mesh and convex hulls. (What moves on a machine is a second body.)"""


@dataclass
class Body:
    """Engine ids of one thing.

    base : the multi-body that collides (and, where pictures are wanted, shows its first colour)
    shown : further multi-bodies, one for each other colour, that only show
    centre : position of the engine's base frame (its centre of mass) in the model's frame, and its rotation
    fixed : link indices that do not move against the base (-1 is the base itself)
    links : link indices that hold a collision shape
    joints : engine joint index of each driven joint, in the model's order
    tip : link index of the tool flange, -1 where there is none
    margin_m : rounding of the collision shapes, by link
    skins : bodies that show a link in the window: engine id, link, position and rotation in the link's frame
    """

    base: int
    shown: tuple[int, ...] = ()
    centre: tuple[Vector, Vector] = ((0.0, 0.0, 0.0), _NO_TURN)
    fixed: tuple[int, ...] = (-1,)
    links: tuple[int, ...] = (-1,)
    joints: tuple[int, ...] = ()
    tip: int = -1
    margin_m: dict[int, float] = field(default_factory=dict)
    client: int = 0
    skins: tuple[tuple[int, int, Vector, Vector], ...] = ()

    def move(self, position: Vector, turn: Vector = _NO_TURN) -> None:
        """Put the model's frame at a position (m) and a rotation (quaternion x, y, z, w)."""
        shift, twist = self.centre
        if any(shift) or tuple(twist) != _NO_TURN:
            at, how = engine.multiplyTransforms(position, turn, shift, twist)
        else:
            at, how = position, turn
        engine.resetBasePositionAndOrientation(self.base, at, how, physicsClientId=self.client)
        for body in self.shown:
            engine.resetBasePositionAndOrientation(body, position, turn, physicsClientId=self.client)
        self._dress_links()

    def bend(self, angles: Sequence[float]) -> None:
        """Set the driven joints (rad; m where prismatic)."""
        for joint, angle in zip(self.joints, angles, strict=True):
            engine.resetJointState(self.base, joint, float(angle), physicsClientId=self.client)
        self._dress_links()

    def _dress_links(self) -> None:
        frames: dict[int, tuple[Vector, Vector]] = {}
        for body, link, shift, twist in self.skins:
            if link not in frames:
                frames[link] = link_frame(self.base, link, self.client)
            at, how = engine.multiplyTransforms(*frames[link], shift, twist)
            engine.resetBasePositionAndOrientation(body, at, how, physicsClientId=self.client)


def load_rigid(model: Shaped, client: int, visuals: bool) -> Body:
    """A machine's body, a tool, vehicle or part: its convex pieces, and its coloured mesh where pictures are wanted.

    Raises SceneError.
    """
    pieces = meshes.hull_pieces(model.hulls)
    with quiet():
        collision = _call(
            engine.createCollisionShape,
            model.hulls,
            engine.GEOM_MESH,
            fileName=str(model.hulls),
            physicsClientId=client,
        )
        shapes = [_visual(part, client) for part in meshes.painted(model.visual)] if visuals else []
        base = _call(
            engine.createMultiBody,
            model.hulls,
            0,
            collision,
            shapes[0] if shapes else -1,
            physicsClientId=client,
        )
        shown = tuple(
            _call(engine.createMultiBody, model.visual, 0, -1, shape, physicsClientId=client) for shape in shapes[1:]
        )
    loaded = len(engine.getCollisionShapeData(base, -1, physicsClientId=client))
    if loaded != len(pieces):
        raise SceneError(
            Problem(
                f"the engine took {loaded} of {len(pieces)} convex pieces",
                "hulls",
                hint="give each piece its own 'o' line and at least 4 vertices that are not in one plane",
                file=str(model.hulls),
            )
        )
    return Body(base, shown, margin_m={-1: HULL_MARGIN_M}, client=client)


def load_prop(model: PartModel, client: int) -> Body:
    """A part that is only shown, one body for each colour."""
    with quiet():
        shapes = [_visual(part, client) for part in meshes.painted(model.visual)]
        bodies = [_call(engine.createMultiBody, model.visual, 0, -1, s, physicsClientId=client) for s in shapes]
    return Body(bodies[0], tuple(bodies[1:]), client=client)


def load_shown(part: meshes.Painted, client: int) -> int:
    """A coloured mesh at the origin that only shows; its engine id."""
    with quiet():
        shape = _visual(part, client)
        return int(_call(engine.createMultiBody, part.path, 0, -1, shape, physicsClientId=client))


def load_arm(model: ArmModel, client: int, visuals: bool, window: bool = False) -> Body:
    """An arm from its URDF, base fixed. Raises SceneError where a joint or link is not in the engine's tree.

    window : give each coloured piece a body of its own, since the engine's window shows a link in one colour only
    """
    own = model.joints[1:] if model.rail is not None else model.joints
    tree = _load_tree(model.urdf, [joint.name for joint in own], model.tip, client, visuals)
    body = _body_of(tree, tree.links.get(model.base), client)
    body.tip = tree.links.get(model.tip, -1)
    if window and visuals:
        with quiet():
            body.skins = _skins(tree.base, client)
    return body


def load_moving(model: MachineModel, client: int, visuals: bool, window: bool = False) -> Body:
    """What moves on a machine (doors, rams): a body whose root is the machine's frame. Raises SceneError as `load_arm`.

    window : as for `load_arm`
    """
    assert model.urdf is not None
    tree = _load_tree(model.urdf, [axis.name for axis in model.axes], None, client, visuals)
    body = _body_of(tree, None, client)
    if window and visuals:
        with quiet():
            body.skins = _skins(tree.base, client)
    return body


@dataclass(frozen=True)
class _Tree:
    """A URDF as loaded: engine id, what the engine says of its joints, links by name, driven joints in our order."""

    base: int
    infos: tuple[Any, ...]
    links: dict[str, int]
    joints: tuple[int, ...]


def _load_tree(urdf: Path, joints: Sequence[str], tip: str | None, client: int, visuals: bool) -> _Tree:
    """A URDF with its base fixed; every named joint and link must be there."""
    flags = engine.URDF_USE_INERTIA_FROM_FILE | engine.URDF_MAINTAIN_LINK_ORDER
    if not visuals:
        flags |= engine.URDF_IGNORE_VISUAL_SHAPES
    path = meshes.urdf_for_engine(urdf)
    with quiet():
        base = _call(engine.loadURDF, urdf, str(path), useFixedBase=True, flags=flags, physicsClientId=client)
    infos = tuple(
        engine.getJointInfo(base, i, physicsClientId=client)
        for i in range(engine.getNumJoints(base, physicsClientId=client))
    )
    by_name = {info[1].decode(): info[0] for info in infos}
    links = {info[12].decode(): info[0] for info in infos}
    root = engine.getBodyInfo(base, physicsClientId=client)[0].decode()
    missing = [name for name in joints if name not in by_name]
    if missing or (tip is not None and tip not in {root, *links}):
        what = f"joints {', '.join(missing)}" if missing else f"link {tip}"
        raise SceneError(Problem(f"the engine does not find {what}", "urdf", file=str(urdf)))
    return _Tree(base, infos, links, tuple(by_name[name] for name in joints))


def _body_of(tree: _Tree, foot: int | None, client: int) -> Body:
    """A loaded URDF as a body; foot : the link whose frame stands on the floor, None for the root."""
    base, infos = tree.base, tree.infos
    driven = set(tree.joints)
    fixed = [-1]
    for info in infos:  # parents come before their children
        if info[16] in fixed and info[0] not in driven and info[2] == engine.JOINT_FIXED:
            fixed.append(info[0])
    stand: tuple[Vector, Vector] = ((0.0, 0.0, 0.0), _NO_TURN)
    if foot is not None:  # pose of the URDF's root in the frame of the link that stands on the floor
        inverse = engine.invertTransform(*link_frame(base, foot, client))
        stand = engine.multiplyTransforms(*inverse, *link_frame(base, -1, client))
    inertia = engine.getDynamicsInfo(base, -1, physicsClientId=client)
    margin_m: dict[int, float] = {}
    for link in (-1, *(info[0] for info in infos)):
        shapes = engine.getCollisionShapeData(base, link, physicsClientId=client)
        if shapes:
            margin_m[link] = HULL_MARGIN_M if any(shape[2] == _MESH_SHAPE for shape in shapes) else 0.0
    return Body(
        base=base,
        centre=engine.multiplyTransforms(*stand, inertia[3], inertia[4]),
        fixed=tuple(link for link in fixed if link in margin_m),
        links=tuple(margin_m),
        joints=tree.joints,
        margin_m=margin_m,
        client=client,
    )


def link_frame(base: int, link: int, client: int) -> tuple[Vector, Vector]:
    """Position (m) and rotation of a link's own frame (as the URDF has it) in the world; -1 is the root."""
    if link >= 0:
        state = engine.getLinkState(base, link, computeForwardKinematics=True, physicsClientId=client)
        return state[4], state[5]
    centre, turn = engine.getBasePositionAndOrientation(base, physicsClientId=client)
    inertia = engine.getDynamicsInfo(base, -1, physicsClientId=client)
    found: tuple[Vector, Vector] = engine.multiplyTransforms(
        centre, turn, *engine.invertTransform(inertia[3], inertia[4])
    )
    return found


def _skins(base: int, client: int) -> tuple[tuple[int, int, Vector, Vector], ...]:
    """Bodies that show what an arm's links show, each in its own colour; the links themselves become invisible."""
    found = []
    shapes = engine.getVisualShapeData(base, physicsClientId=client)
    for shape in shapes:
        link, kind, size, name, shift, twist, rgba = shape[1:8]
        what: dict[str, object]
        if kind == engine.GEOM_MESH:
            what = {"fileName": name.decode(), "meshScale": size}
        elif kind == engine.GEOM_BOX:
            what = {"halfExtents": [edge / 2 for edge in size]}
        elif kind in (engine.GEOM_CYLINDER, engine.GEOM_CAPSULE):
            what = {"length": size[0], "radius": size[1]}
        elif kind == engine.GEOM_SPHERE:
            what = {"radius": size[0]}
        else:
            continue
        drawn = engine.createVisualShape(kind, rgbaColor=rgba, physicsClientId=client, **what)
        found.append((int(engine.createMultiBody(0, -1, drawn, physicsClientId=client)), link, shift, twist))
    for link in {shape[1] for shape in shapes}:
        engine.changeVisualShape(base, link, rgbaColor=(0, 0, 0, 0), physicsClientId=client)
    return tuple(found)


def _visual(part: meshes.Painted, client: int) -> int:
    return int(
        _call(
            engine.createVisualShape,
            part.path,
            engine.GEOM_MESH,
            fileName=str(part.path),
            rgbaColor=part.rgba,
            specularColor=(0.25, 0.25, 0.25),
            physicsClientId=client,
        )
    )


def _call(function: Any, subject: Path, *args: Any, **kwargs: Any) -> Any:
    """An engine call that makes a body or shape; its failures become SceneError about `subject`."""
    try:
        made = function(*args, **kwargs)
    except engine.error as error:
        raise SceneError(
            Problem("the engine cannot load it", value=str(error), hint="check the file", file=str(subject))
        ) from error
    if isinstance(made, int) and made < 0:
        raise SceneError(Problem("the engine cannot load it", hint="check the file", file=str(subject)))
    return made


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep the engine's C-level chatter (about inertias, materials) out of the user's terminal."""
    try:
        sys.stdout.flush()
        saved = os.dup(1), os.dup(2)
    except (OSError, ValueError, AttributeError):
        yield
        return
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, 1)
        os.dup2(null, 2)
        yield
    finally:
        os.dup2(saved[0], 1)
        os.dup2(saved[1], 2)
        for handle in (*saved, null):
            os.close(handle)


def yaw_turn(yaw_rad: float) -> tuple[float, float, float, float]:
    """Quaternion (x, y, z, w) of a turn about z."""
    return (0.0, 0.0, float(np.sin(yaw_rad / 2)), float(np.cos(yaw_rad / 2)))
