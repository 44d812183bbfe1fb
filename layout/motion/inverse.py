"""Which joint angles bring the tool somewhere: every solution where that can be had in closed form, else many.

Six-axis arms go to EAIK's subproblem decomposition (Ostermeier, Kuelz, Althoff, "Automatic geometric decomposition for
analytical inverse kinematics", IEEE RA-L 2025). What it cannot take apart, and arms with more or fewer axes, go to
damped least squares from fixed seeds. An arm on a rail has one joint too many: its carriage is put at places spread
over those from which the pose may be reached, and the arm is solved at each.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from layout.model.library import ArmModel
from layout.model.pose import Array
from layout.motion import kernels
from layout.motion.kinematics import Chain, chain_of

POSITION_M = 1e-4
"""A solution's tool centre point lies this close to the target ..."""

ANGLE_RAD = 1e-3
"""... and its tool is turned off by no more than this: a part would not notice either."""

VARIANTS = 8
"""At most so many variants by whole turns of one solution: two wrist joints of +-350 degrees give four."""

SEEDS = 96
"""Restarts of the numeric solver at most."""

HOPELESS = 48
"""The numeric solver gives up after so many restarts in a row that found nothing new: see docs/motion.md."""

WANTED = 8
"""The numeric solver stops at so many distinct solutions: as many as a six-axis arm commonly has."""

APART_RAD = 0.2
"""Numeric solutions closer than this, whole turns apart or not, count as one."""

PLACES = (9, 27)
"""Places of a carriage that are tried, evenly over those that can reach; more where the first gave nothing."""

RIDING_SEEDS = 12
"""Restarts of the numeric solver at each place of the carriage ..."""

RIDING_WANTED = 4
"""... and the solutions it stops at: there are many places, and the choice is made among all of them."""


@dataclass(frozen=True, eq=False)
class _Closed:
    """EAIK's robot for a chain, and how the tool is turned at zero angles (3, 3), which EAIK leaves out."""

    robot: Any
    turn: Array


def solutions(arm: ArmModel, target: ArrayLike) -> Array:
    """Joint vectors (k, dof) (rad, m) within the limits that bring the tool centre point to the target; k may be 0.

    target : (4, 4) float, pose of the tool centre point in the arm's base frame

    Each reaches it to POSITION_M and ANGLE_RAD. Arms with six revolute joints of a known family get all solutions
    there are, with their variants by whole turns (VARIANTS of each at most); others several distinct ones.
    The same target gives the same answer, in the same order.
    """
    return solve(chain_of(arm), np.array(target, dtype=float, order="C"))


def solve(chain: Chain, target: Array) -> Array:
    """`solutions` for a chain."""
    arm = chain.rides
    if arm is not None:
        return _riding(chain, arm, target)
    closed = _closed(chain)
    if closed is not None:
        found = _analytic(chain, closed, target)
        if len(found) or miss_m(chain, target) > POSITION_M:
            return found
        # lost to rounding, at the edge of the reach or near a singularity: descent still finds it
    return _numeric(chain, target, _seeds(chain), WANTED)


def carriages(chain: Chain, target: Array, count: int) -> Array:
    """(k,) places (m) of the carriage from which a pose may be reached, k <= count + 2; none where there are none.

    Evenly over the stretch of the rail from which the wrist centre is near enough, the one straight in front, and the
    nearest to home.
    """
    arm = chain.rides
    if arm is None:
        return np.empty(0)
    inside = np.linalg.inv(chain.links[0]) @ target @ [*arm.pivot.at_m, 1.0]
    x, y, ahead = inside[:3] - arm.pivot.shoulder[:3, 3]
    room = arm.pivot.reach_m**2 - x * x - y * y
    if room < 0.0:
        return np.empty(0)
    low, high = max(chain.lower[0], ahead - room**0.5), min(chain.upper[0], ahead + room**0.5)
    if low > high:
        return np.empty(0)
    even = low + (0.5 + np.arange(count)) / count * (high - low)
    return np.unique(np.round(np.append(even, np.clip([ahead, chain.home[0]], low, high)), 9))


def _riding(chain: Chain, arm: Chain, target: Array) -> Array:
    """Solutions of an arm on a rail: those of the arm alone, for many places of its carriage."""
    onto, frame = np.linalg.inv(chain.links[0]), np.eye(4)
    closed, seeds = _closed(arm), _seeds(arm)[:RIDING_SEEDS]
    for count in PLACES:
        found = []
        for place in carriages(chain, target, count):
            frame[2, 3] = -place
            local = frame @ onto @ target
            own = _analytic(arm, closed, local) if closed else _numeric(arm, local, seeds, RIDING_WANTED)
            found.append(np.hstack([np.full((len(own), 1), place), own]))
        if any(map(len, found)):
            return np.vstack(found)
        if not found:
            return np.empty((0, chain.dof))
    if miss_m(chain, target) > POSITION_M:
        return np.empty((0, chain.dof))
    return _numeric(chain, target, _seeds(chain), WANTED)


def _numeric(chain: Chain, target: Array, seeds: Array, wanted: int) -> Array:
    """Distinct solutions by damped least squares, each with its variants by whole turns."""
    found = kernels.search(
        chain.links, chain.slides, chain.lower, chain.upper, target, seeds, wanted, APART_RAD, HOPELESS
    )
    if not len(found) or (chain.upper - chain.lower)[~chain.slides].max(initial=0.0) < 2 * np.pi:
        return found
    return _accept(chain, target, found)


def miss_m(chain: Chain, target: Array) -> float:
    """How far from the target the tool stays at best (m): position, and half a metre for each radian of orientation."""
    seeds = _seeds(chain)[:8]
    return float(kernels.nearest(chain.links, chain.slides, chain.lower, chain.upper, target, seeds))


def _analytic(chain: Chain, closed: _Closed, target: Array) -> Array:
    """EAIK's answers that hold: it also gives least-squares ones, which reach nothing."""
    bare = target.copy()
    bare[:3, :3] = target[:3, :3] @ closed.turn.T
    answers = closed.robot.calculate_IK(bare).Q
    if len(answers) == 0:
        return np.empty((0, chain.dof))
    return _accept(chain, target, np.array(answers, dtype=float, order="C"))


def _accept(chain: Chain, target: Array, given: Array) -> Array:
    """Those of (m, dof) joint vectors that reach the target, with their variants by whole turns inside the limits."""
    return kernels.accept(
        chain.links, chain.slides, chain.lower, chain.upper, target, given, POSITION_M, ANGLE_RAD, VARIANTS
    )


@lru_cache(maxsize=64)
def _closed(chain: Chain) -> _Closed | None:
    """EAIK's robot for an arm, None where it knows no way."""
    if chain.slides.any() or chain.dof != 6:
        return None
    frame, before = np.eye(4), np.zeros(3)
    axes, offsets = np.empty((chain.dof, 3)), np.empty((chain.dof + 1, 3))
    for k, link in enumerate(chain.links):
        frame = frame @ link
        offsets[k], before = frame[:3, 3] - before, frame[:3, 3]
        if k < chain.dof:
            axes[k] = frame[:3, 2]
    # EAIK tells families apart by axes that meet or are parallel: rounding in the URDF must not hide that
    axes, offsets = np.round(axes, 9), np.round(offsets, 9)
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    from eaik.IK_HP import HPRobot

    robot = HPRobot(axes, offsets)
    return _Closed(robot._robot, frame[:3, :3]) if robot.hasKnownDecomposition() else None


@lru_cache(maxsize=64)
def _seeds(chain: Chain) -> Array:
    """(SEEDS, dof) home, the middle of the ranges, then points spread over them."""
    middle = 0.5 * (chain.lower + chain.upper)
    return np.vstack([chain.home, middle, _spread(chain, SEEDS - 2)])


def _spread(chain: Chain, count: int) -> Array:
    """(count, dof) joint vectors spread evenly over the ranges: an additive recurrence, without a random generator.

    Source: M. Roberts, "The unreasonable effectiveness of quasirandom sequences" (2018): steps 1 / phi_d^k.
    """
    root = 2.0
    for _ in range(60):
        root = (1.0 + root) ** (1.0 / (chain.dof + 1))
    steps: Array = 1.0 / root ** np.arange(1.0, chain.dof + 1)
    share = (0.5 + np.arange(1.0, count + 1)[:, None] * steps) % 1.0
    low, high = np.maximum(chain.lower, -2 * np.pi), np.minimum(chain.upper, 2 * np.pi)
    low, high = np.where(chain.slides, chain.lower, low), np.where(chain.slides, chain.upper, high)
    out: Array = low + share * (high - low)
    return out
