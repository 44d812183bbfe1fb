"""Collision shapes for bodies that touch: boxes as such, other convex pieces less the rounding that the engine adds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pybullet as engine

from layout.errors import Problem, SceneError
from layout.model.pose import Array
from layout.scene import bodies, solids

FLAT_M = 1e-6
"""A corner may miss its bounding box's by so much for a piece to count as a box."""


def convex_shape(pieces: Sequence[Array], client: int) -> int:
    """A collision shape of convex pieces (n, 3) (m), as large as they are; its engine id.

    The engine has faces of boxes meet exactly, with up to four points of contact at once: a single box is made so.
    Raises SceneError where the engine does not take it.
    """
    box = box_of(pieces[0]) if len(pieces) == 1 else None
    with bodies.quiet():
        if box is not None:
            centre, half = box
            made = engine.createCollisionShape(
                engine.GEOM_BOX, halfExtents=half, collisionFramePosition=centre, physicsClientId=client
            )
        else:
            path = solids.hull_file([inset(piece) for piece in pieces])
            made = engine.createCollisionShape(engine.GEOM_MESH, fileName=str(path), physicsClientId=client)
    if made < 0:
        raise SceneError(Problem("the engine does not take a shape", value=f"{len(pieces)} convex pieces"))
    return int(made)


def box_of(piece: Array) -> tuple[list[float], list[float]] | None:
    """Centre and half edges (m) of a piece that is a box along the axes; None for any other."""
    low, high = piece.min(axis=0), piece.max(axis=0)
    corners = np.unique(np.round(piece / FLAT_M).astype(np.int64), axis=0)
    at_ends = np.minimum(np.abs(piece - low), np.abs(piece - high)) <= FLAT_M
    if len(corners) != 8 or not at_ends.all() or (high - low).min() <= 2 * FLAT_M:
        return None
    return ((low + high) / 2).tolist(), ((high - low) / 2).tolist()


def inset(piece: Array) -> Array:
    """A convex piece (n, 3) (m) drawn in towards its middle by the engine's rounding, along each axis."""
    low, high = piece.min(axis=0), piece.max(axis=0)
    middle, half = (low + high) / 2, (high - low) / 2
    share = np.maximum(half - bodies.HULL_MARGIN_M, 0.1 * half) / np.maximum(half, 1e-12)
    return np.asarray(middle + (piece - middle) * share)
