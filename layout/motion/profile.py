"""How long a joint move takes and where the joints are meanwhile: jerk-limited, from rest to rest, all joints together.

Least time and trajectory have a closed form (`clocks.rest_to_rest`, `clocks.positions`); tests hold the time against
ruckig's. Moves past via points are in `trajectory`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from layout.errors import LayoutError
from layout.model.library import ArmModel
from layout.model.pose import Array
from layout.motion import clocks
from layout.motion.kinematics import chain_of

LINEAR_SPEED_M_S = 2.0
"""The tool goes in and out of a machine on a straight line no faster than this: the most that controllers of six-axis
arms of this size take for a programmed straight line. A cell's `speed` slows it as it slows the joints."""

LINEAR_ACCELERATION_M_S2 = 5.0
"""Reaches LINEAR_SPEED_M_S in 0.4 s, as the joints reach theirs where a URDF says no more."""

LINEAR_JERK_M_S3 = 50.0
"""Reaches LINEAR_ACCELERATION_M_S2 in 0.1 s."""


def move_time(arm: ArmModel, q0: ArrayLike, q1: ArrayLike, speed: float = 1.0) -> float:
    """Least time (s) from rest at joint vector q0 (dof,) to rest at q1, all joints arriving together.

    speed : share of the arm's full speed, as an override on a teach pendant: the same path, stretched in time. Speeds
        scale with it, accelerations with its square and jerks with its cube, so that times scale with 1 / speed.
    """
    first, second = np.array(q0, dtype=float), np.array(q1, dtype=float)
    return float(clocks.slowest(first, second, chain_of(arm).limits)) / _checked(speed)


def linear_time(distance_m: float, speed: float = 1.0) -> float:
    """Least time (s) of a straight move of the tool from rest to rest, at the LINEAR_ limits scaled by `speed`."""
    full = clocks.rest_to_rest(distance_m, LINEAR_SPEED_M_S, LINEAR_ACCELERATION_M_S2, LINEAR_JERK_M_S3)
    return float(full) / _checked(speed)


def sample(arm: ArmModel, q0: ArrayLike, q1: ArrayLike, speed: float, times: ArrayLike) -> Array:
    """Joint vectors (n, dof) (rad, m) at times (n,) (s) after the start of the move that `move_time` measures.

    Before the start the arm stands at q0, after the end at q1.
    """
    first, second = np.array(q0, dtype=float), np.array(q1, dtype=float)
    clock = np.atleast_1d(np.asarray(times, dtype=float)) * _checked(speed)
    return clocks.positions(first, second, chain_of(arm).limits, clock)


def _checked(speed: float) -> float:
    if not speed > 0:
        raise LayoutError(f"an arm's speed must be above 0 (got {speed})")
    return speed
