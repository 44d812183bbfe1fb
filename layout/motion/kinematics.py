"""Where an arm's tool is: forward kinematics and the geometric Jacobian of its chain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from layout.model.library import ArmModel, Joint, Point3
from layout.model.pose import Array
from layout.motion import kernels

Matrix = tuple[tuple[float, ...], ...]


@dataclass(frozen=True, eq=False)
class Chain:
    """An arm's joints as arrays for the kernels. Equal arms share one chain, so it serves as a cache key.

    links : (dof + 1, 4, 4) float (m), through each joint's frame (axis along z) to the tool centre point
    slides : (dof,) bool, prismatic joints
    lower, upper, home : (dof,) float (rad, m)
    limits : (3, dof) float, speed, acceleration and jerk (rad/s .., m/s ..)
    """

    links: Array
    slides: NDArray[np.bool_]
    lower: Array
    upper: Array
    home: Array
    limits: Array
    joints: tuple[Joint, ...] = field(repr=False)

    @property
    def dof(self) -> int:
        """Number of driven joints."""
        return len(self.slides)

    @cached_property
    def arms_m(self) -> Array:
        """(dof,) the greatest distance (m) from each joint to the tool centre point, over all configurations."""
        steps = np.linalg.norm(self.links[1:, :3, 3], axis=1)
        steps = steps + np.where(self.slides, np.maximum(abs(self.lower), abs(self.upper)), 0.0)
        return np.cumsum(steps[::-1])[::-1].copy()


_CHAINS: dict[int, tuple[ArmModel, Chain]] = {}
_MOST_CHAINS = 64


def chain_of(arm: ArmModel) -> Chain:
    """The arm's chain, made once for each arm (and once for equal ones)."""
    known = _CHAINS.get(id(arm))
    if known is not None and known[0] is arm:
        return known[1]
    chain = _chain(arm.joints, arm.flange, arm.tcp_m, arm.home)
    if len(_CHAINS) >= _MOST_CHAINS:
        _CHAINS.clear()
    _CHAINS[id(arm)] = (arm, chain)
    return chain


@lru_cache(maxsize=64)
def _chain(joints: tuple[Joint, ...], flange: Matrix, tcp_m: Point3, home: tuple[float, ...]) -> Chain:
    links = np.empty((len(joints) + 1, 4, 4))
    back = np.eye(4)  # undoes the turn that brought the last joint's axis to z
    for k, joint in enumerate(joints):
        turn = _z_to(joint.axis)
        links[k] = back @ np.asarray(joint.origin, dtype=float) @ turn
        back = turn.T
    end = np.eye(4)
    end[:3, 3] = tcp_m
    links[-1] = back @ np.asarray(flange, dtype=float) @ end
    return Chain(
        links=links,
        slides=np.array([joint.prismatic for joint in joints], dtype=bool),
        lower=np.array([joint.lower for joint in joints], dtype=float),
        upper=np.array([joint.upper for joint in joints], dtype=float),
        home=np.array(home, dtype=float),
        limits=np.array([[j.speed, j.acceleration, j.jerk] for j in joints], dtype=float).T.copy(),
        joints=joints,
    )


def _z_to(axis: Sequence[float]) -> Array:
    """(4, 4) rotation that takes z to a unit vector; exact for the six axis directions."""
    z = np.asarray(axis, dtype=float)
    other = np.eye(3)[int(np.argmin(np.round(abs(z), 6)))]
    x = np.cross(other, z)
    x /= np.linalg.norm(x)
    if z[2] == 1.0:
        x = np.array([1.0, 0.0, 0.0])
    out = np.eye(4)
    out[:3, 0], out[:3, 1], out[:3, 2] = x, np.cross(z, x), z
    return out


def forward(arm: ArmModel, q: ArrayLike) -> Array:
    """Pose of the tool centre point in the arm's base frame.

    q : (dof,) or (m, dof) float (rad, m) -> (4, 4) or (m, 4, 4) float (m)
    """
    chain, given = chain_of(arm), np.array(q, dtype=float, order="C")
    if given.ndim == 1:
        return kernels.tool(chain.links, chain.slides, given)
    return kernels.tools(chain.links, chain.slides, given)


def jacobian(arm: ArmModel, q: ArrayLike) -> Array:
    """Geometric Jacobian (6, dof) at the tool centre point in the base frame: m/s above rad/s for each rad/s (m/s)."""
    chain, out = chain_of(arm), np.empty((6, len(arm.joints)))
    kernels.tool_and_jacobian(chain.links, chain.slides, np.array(q, dtype=float), out)
    return out
