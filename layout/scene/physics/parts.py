"""Parts as rigid bodies: made once, moved from then on, used again when a part has left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pybullet as engine

from layout.model.library import PartModel
from layout.model.line import LineProduct
from layout.model.pose import Array
from layout.scene import bodies, meshes
from layout.scene.physics.masses import Spread, spread
from layout.scene.physics.shapes import convex_shape

State = Literal["free", "clamped", "led", "stored"]
Vector = Sequence[float]

PARKING_M = 1_000.0
"""Stored parts stand this far outside the line ..."""
PARKING_PITCH_M = 10.0
"""... and so far from one another."""

SURFACE_FRICTION = 1.0
"""Friction of all that does not move by itself: the engine multiplies, so a contact's is the part's own."""

_UPRIGHT = (0.0, 0.0, 0.0, 1.0)
_STILL = (0.0, 0.0, 0.0)


@dataclass(frozen=True, eq=False)
class Form:
    """What parts of one product have in common.

    low_m, high_m : (3,) corners of the bounding box in the model's frame
    """

    product: str
    model: PartModel
    mass_kg: float
    spread: Spread
    low_m: Array
    high_m: Array


@dataclass(eq=False)
class Part:
    """One part: a rigid body. Poses are of its model's frame (z up, origin on the underside's level).

    state : "free" falls and slides, "clamped" stands still where it is and is in the way, "led" is where it is put and
        in nobody's way, "stored" is out of the world
    number : the part's number in the run, -1 while it is nobody's
    """

    body: int
    form: Form
    client: int
    state: State = "stored"
    number: int = -1
    _there: tuple[Vector, Vector] = field(default=(_STILL, _UPRIGHT), repr=False)
    _back: tuple[Vector, Vector] = field(default=(_STILL, _UPRIGHT), repr=False)
    _moved: bool = field(default=False, repr=False)

    def __post_init__(self) -> None:
        turn = _quaternion(self.form.spread.axes)
        self._there = (self.form.spread.centre_m.tolist(), turn)
        self._back = engine.invertTransform(*self._there)
        self._moved = any(self._there[0]) or turn != _UPRIGHT

    def pose(self) -> tuple[Vector, Vector]:
        """Position (m) and rotation (quaternion x, y, z, w) of the model's frame."""
        at, turn = engine.getBasePositionAndOrientation(self.body, physicsClientId=self.client)
        return engine.multiplyTransforms(at, turn, *self._back) if self._moved else (at, turn)

    def centre(self) -> tuple[Vector, Vector]:
        """Position (m) of the centre of mass, and the rotation of the principal axes: cheaper than `pose`."""
        found: tuple[Vector, Vector] = engine.getBasePositionAndOrientation(self.body, physicsClientId=self.client)
        return found

    def velocity(self) -> tuple[Vector, Vector]:
        """Velocity of the centre of mass (m/s) and angular velocity (rad/s)."""
        found: tuple[Vector, Vector] = engine.getBaseVelocity(self.body, physicsClientId=self.client)
        return found

    def free(
        self, at_m: Vector | None = None, turn: Vector = _UPRIGHT, speed: Vector = _STILL, spin: Vector = _STILL
    ) -> None:
        """Let it fall and slide, from a pose (m, quaternion; None: where it is) with a velocity (m/s, rad/s)."""
        self._put(at_m, turn)
        self._enter(self.form.mass_kg)
        engine.resetBaseVelocity(self.body, speed, spin, physicsClientId=self.client)
        self.state = "free"

    def clamp(self, at_m: Vector | None = None, turn: Vector = _UPRIGHT) -> None:
        """Hold it still at a pose (m, quaternion; None: where it is), in the way of others."""
        self._put(at_m, turn)
        self._enter(0.0)
        self.state = "clamped"

    def lead(self, at_m: Vector, turn: Vector = _UPRIGHT) -> None:
        """Put it at a pose (m, quaternion) where nothing touches it."""
        self._put(at_m, turn)
        self._leave("led")

    def store(self) -> None:
        """Take it out of the world."""
        self._put((PARKING_M + PARKING_PITCH_M * self.body, PARKING_M, 0.0), _UPRIGHT)
        self._leave("stored")

    def _leave(self, state: State) -> None:
        if self.state != "led" or state == "stored":
            engine.setCollisionFilterGroupMask(self.body, -1, 0, 0, physicsClientId=self.client)
            self._weigh(0.0)
        self.state = state

    def _put(self, at_m: Vector | None, turn: Vector) -> None:
        if at_m is not None:
            at, how = engine.multiplyTransforms(at_m, turn, *self._there) if self._moved else (at_m, turn)
            engine.resetBasePositionAndOrientation(self.body, at, how, physicsClientId=self.client)

    def _enter(self, mass_kg: float) -> None:
        if self.state in ("led", "stored"):
            engine.setCollisionFilterGroupMask(self.body, -1, 1, -1, physicsClientId=self.client)
        self._weigh(mass_kg)

    def _weigh(self, mass_kg: float) -> None:
        """No mass: the body stands still whatever pushes it."""
        engine.resetBaseVelocity(self.body, _STILL, _STILL, physicsClientId=self.client)
        moments = self.form.spread.moments.tolist() if mass_kg > 0 else _STILL
        engine.changeDynamics(self.body, -1, mass=mass_kg, localInertiaDiagonal=moments, physicsClientId=self.client)


class Parts:
    """The parts of one world, by product."""

    def __init__(self, client: int) -> None:
        self._client = client
        self._forms: dict[str, Form] = {}
        self._shapes: dict[str, int] = {}
        self._idle: dict[str, list[Part]] = {}
        self._by_body: dict[int, Part] = {}

    def take(self, product: LineProduct, number: int = -1) -> Part:
        """A part of a product, stored: put it somewhere with `free` or `clamp`. Raises SceneError as its files may."""
        idle = self._idle.setdefault(product.name, [])
        part = idle.pop() if idle else self._made(product)
        part.number = number
        return part

    def give_back(self, part: Part) -> None:
        """The part has left: its body waits for the next of its product."""
        part.store()
        part.number = -1
        self._idle[part.form.product].append(part)

    def of(self, body: int) -> Part | None:
        """The part whose body it is; None where it is no part's."""
        return self._by_body.get(body)

    def form(self, product: LineProduct) -> Form:
        """What parts of a product have in common."""
        known = self._forms.get(product.name)
        if known is None:
            pieces = meshes.hull_pieces(product.model.hulls)
            points = np.vstack(pieces)
            known = self._forms[product.name] = Form(
                product.name,
                product.model,
                product.mass_kg,
                spread(pieces, product.mass_kg),
                points.min(axis=0),
                points.max(axis=0),
            )
        return known

    def there(self) -> list[Part]:
        """Parts that somebody has and that are not stored, in the order in which their bodies were made."""
        return [part for part in self._by_body.values() if part.number >= 0 and part.state != "stored"]

    @property
    def made(self) -> int:
        """How many bodies there are, stored ones too."""
        return len(self._by_body)

    def _made(self, product: LineProduct) -> Part:
        form = self.form(product)
        where = form.spread
        if product.name not in self._shapes:
            pieces = [(piece - where.centre_m) @ where.axes for piece in meshes.hull_pieces(product.model.hulls)]
            self._shapes[product.name] = convex_shape(pieces, self._client)
        with bodies.quiet():
            body = int(
                engine.createMultiBody(
                    form.mass_kg,
                    self._shapes[product.name],
                    -1,
                    useMaximalCoordinates=1,
                    physicsClientId=self._client,
                )
            )
        engine.changeDynamics(
            body,
            -1,
            lateralFriction=form.model.friction / SURFACE_FRICTION,
            spinningFriction=0.0,
            rollingFriction=0.0,
            restitution=0.0,
            linearDamping=0.0,
            angularDamping=0.0,
            physicsClientId=self._client,
        )
        part = Part(body, form, self._client)
        part.store()
        self._by_body[body] = part
        return part


def _quaternion(axes: Array) -> tuple[float, float, float, float]:
    """(x, y, z, w) of a rotation (3, 3)."""
    if np.array_equal(axes, np.eye(3)):
        return _UPRIGHT
    from scipy.spatial.transform import Rotation

    x, y, z, w = Rotation.from_matrix(axes).as_quat().tolist()
    return (x, y, z, w)
