"""How the mass of a part is spread: convex pieces filled evenly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from layout.model.pose import Array

SKEW = 1e-6
"""Products of inertia below this share of the greatest moment are rounding: the model's axes are principal ones."""


@dataclass(frozen=True, eq=False)
class Spread:
    """Where a body's mass lies.

    centre_m : (3,) centre of mass in the model's frame; axes : (3, 3) principal axes, as columns, in that frame
    moments : (3,) principal moments (kg m^2)
    """

    centre_m: Array
    axes: Array
    moments: Array


def spread(pieces: Sequence[Array], mass_kg: float) -> Spread:
    """The mass (kg) spread evenly over convex pieces (n, 3) (m); where pieces overlap it counts twice."""
    import trimesh

    hulls: list[Any] = [trimesh.convex.convex_hull(np.asarray(piece, dtype=float)) for piece in pieces]
    volumes = np.array([hull.volume for hull in hulls])
    centres = np.array([hull.center_mass for hull in hulls])
    density = mass_kg / volumes.sum()
    centre = volumes @ centres / volumes.sum()
    tensor = np.zeros((3, 3))
    for hull, volume, at in zip(hulls, volumes, centres, strict=True):
        off = at - centre
        tensor += density * (hull.moment_inertia + volume * (off @ off * np.eye(3) - np.outer(off, off)))
    skew = np.abs(tensor - np.diag(np.diag(tensor))).max()
    if skew <= SKEW * np.diag(tensor).max():
        return Spread(centre, np.eye(3), np.diag(tensor).copy())
    moments, axes = np.linalg.eigh(tensor)
    if np.linalg.det(axes) < 0:
        axes = -axes
    return Spread(centre, axes, moments)
