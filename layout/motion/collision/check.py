"""Whether an arm keeps clear of what stands around it and of itself: at rest, and all along a way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from layout.model.pose import Array
from layout.motion.collision import sweep
from layout.motion.collision.mover import Mover
from layout.motion.collision.surroundings import Surroundings

OWN_MARGIN_M = 0.005
"""An arm may come this near itself: its links are made to pass one another closely. Less where the margin is less."""


@dataclass(frozen=True)
class Hit:
    """Where a way is blocked.

    share : from 0 at the first configuration to 1 at the last; rows lie evenly between
    thing : what is come too near: a station, an arm, an obstacle, a fence, a belt, "floor", or a link of the arm itself
    link : the link, the tool's name, or "part"
    gap_m : their distance there, 0 or less where they touch
    """

    share: float
    thing: str
    link: str
    gap_m: float


def gap(mover: Mover, surroundings: Surroundings, angles: ArrayLike, serving: str | None = None) -> tuple[float, str]:
    """Least distance (m) between an arm at some joint angles (dof,) and everything else, and what is nearest.

    0 or less where they touch. The arm's own links count where they could collide; their names are given then.
    serving : the station that the arm hands over at: its doors stand open, and the part may touch it.
    """
    (q,) = rows_of(mover, angles)
    best, _, other = sweep.least(mover.bodies, surroundings.things, q, surroundings.number(serving))
    return float(best), _name(mover, surroundings, int(other))


def free(
    mover: Mover, surroundings: Surroundings, angles: ArrayLike, margin_m: float, serving: str | None = None
) -> NDArray[np.bool_]:
    """(k,) bool: which of many configurations (k, dof) keep more than the margin (m) everywhere."""
    many = rows_of(mover, angles)
    own = min(margin_m, OWN_MARGIN_M)
    return np.asarray(
        sweep.free(mover.bodies, surroundings.things, many, margin_m, own, surroundings.number(serving)), dtype=bool
    )


def first_hit(
    mover: Mover, surroundings: Surroundings, angles: ArrayLike, margin_m: float, serving: str | None = None
) -> Hit | None:
    """Where a polyline of joint vectors (k, dof) first leaves the margin (m); None where it never does.

    None is proven for every point between the rows. A hit comes nearer than the margin and `sweep.RESOLUTION_M`.
    """
    return _hit(mover, surroundings, angles, margin_m, serving, False)


def any_hit(
    mover: Mover, surroundings: Surroundings, angles: ArrayLike, margin_m: float, serving: str | None = None
) -> Hit | None:
    """Like `first_hit`, but any place will do: quicker where there is one."""
    return _hit(mover, surroundings, angles, margin_m, serving, True)


def _hit(
    mover: Mover, surroundings: Surroundings, angles: ArrayLike, margin_m: float, serving: str | None, some: bool
) -> Hit | None:
    path = rows_of(mover, angles)
    if not len(path):
        return None
    own = min(margin_m, OWN_MARGIN_M)
    at, piece, other, away = sweep.first(
        mover.bodies, surroundings.things, path, margin_m, own, surroundings.number(serving), some
    )
    if piece < 0:
        return None
    thing = _name(mover, surroundings, int(other))
    return Hit(float(at) / max(len(path) - 1, 1), thing, mover.names[piece], float(away))


def _name(mover: Mover, surroundings: Surroundings, other: int) -> str:
    if other < 0:
        return mover.names[-1 - other]
    things = surroundings.things
    return surroundings.names[int(things.thing[np.searchsorted(things.group, other, side="right") - 1])]


def rows_of(mover: Mover, angles: ArrayLike) -> Array:
    """Joint vectors as the kernels take them: (k, dof), finite. Raises ValueError where they are not."""
    rows = np.array(angles, dtype=float, ndmin=2, order="C")
    if rows.shape[1:] != (mover.dof,) or not np.isfinite(rows).all():
        raise ValueError(f"joint angles must be finite, {mover.dof} in each row: shape {rows.shape}")
    return rows
