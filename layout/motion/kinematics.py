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
class Pivot:
    """A point fixed to the tool, and how the first joints move it. Times and reach are bounded by it.

    at_m : (3,) in the tool's frame: the wrist centre, where the last three axes meet, else the tool centre point
    radii_m : (k,) the greatest distance (m) from each joint that moves it (1 where the joint is prismatic)
    shoulder : (4, 4) joint 1's frame at zero; the pivot is never farther than `reach_m` from its origin
    swings : whether joint 1 alone turns the plane through its axis and the pivot (all but laterally offset arms)
    track_m : (2, 3) the way (m) of the frame from which `arm_m` is measured: from end to end of a rail, else one point
    arm_m : the pivot is never farther than this (m) from some point of the track; without a rail it is `reach_m`
    """

    at_m: Array
    radii_m: Array
    shoulder: Array
    reach_m: float
    swings: bool
    track_m: Array
    arm_m: float

    def beyond(self, points: ArrayLike) -> Array:
        """How far (m) points (..., 3) lie outside what the pivot can reach: above 0 they are out of reach for sure.

        Within (below 0) they may be reached: from the carriage's nearest place, if at all, where the arm rides a rail.
        """
        away = np.asarray(points, dtype=float) - self.track_m[0]
        along = self.track_m[1] - self.track_m[0]
        length = float(along @ along)
        if length > 0.0:
            away = away - np.clip(away @ along / length, 0.0, 1.0)[..., None] * along
        out: Array = np.linalg.norm(away, axis=-1) - self.arm_m
        return out


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
    def rides(self) -> Chain | None:
        """The arm alone, in its carriage's frame, where the first joint slides and more than one follow; else None."""
        if not self.slides[0] or self.dof < 3:
            return None
        return Chain(
            links=self.links[1:].copy(),
            slides=self.slides[1:].copy(),
            lower=self.lower[1:].copy(),
            upper=self.upper[1:].copy(),
            home=self.home[1:].copy(),
            limits=self.limits[:, 1:].copy(),
            joints=self.joints[1:],
        )

    @cached_property
    def pivot(self) -> Pivot:
        """The point of the tool that the fewest joints move: the wrist centre where there is one."""
        return _pivot(self)


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
        turn = z_to(joint.axis)
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


def z_to(axis: Sequence[float]) -> Array:
    """(4, 4) rotation that takes z to a unit vector; exact for the six axis directions."""
    z = np.asarray(axis, dtype=float)
    other = np.eye(3)[1 if abs(z[0]) > 0.9 else 0]
    x = other - z * (other @ z)
    x /= np.linalg.norm(x)
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


def _pivot(chain: Chain) -> Pivot:
    frames = _frames(chain, chain.home)
    at, last = np.zeros(3), chain.dof
    wrist = _meeting(frames[chain.dof - 3 : chain.dof]) if chain.dof >= 6 and not chain.slides[-3:].any() else None
    if wrist is not None:
        at, last = (np.linalg.inv(frames[-1]) @ [*wrist, 1.0])[:3], chain.dof - 3
    held = np.linalg.inv(frames[last - 1]) @ frames[-1] @ [*at, 1.0]  # in the frame of the last joint that moves it
    lengths = np.append(np.linalg.norm(chain.links[1:last, :3, 3], axis=1), np.linalg.norm(held[:3]))
    strokes = np.where(chain.slides, np.maximum(abs(chain.lower), abs(chain.upper)), 0.0)[:last]
    to_pivot = np.cumsum((lengths + np.append(strokes[1:], 0.0))[::-1])[::-1]
    track, arm_m = np.repeat(chain.links[0][None, :3, 3], 2, axis=0), float(to_pivot[0] + strokes[0])
    if chain.slides[0] and last > 1:
        # from the joint that the carriage carries, as far as the rail goes
        foot = chain.links[0] @ chain.links[1]
        track = foot[:3, 3] + np.outer([chain.lower[0], chain.upper[0]], chain.links[0][:3, 2])
        arm_m = float(to_pivot[1] + strokes[1])
    return Pivot(
        at_m=at,
        radii_m=np.where(chain.slides[:last], 1.0, to_pivot),
        shoulder=chain.links[0],
        reach_m=float(to_pivot[0] + strokes[0]),
        swings=_swings(chain, at),
        track_m=track,
        arm_m=arm_m,
    )


def _frames(chain: Chain, q: Array) -> Array:
    """(dof + 1, 4, 4) frames of the joints after they moved, then of the tool, all in the base frame."""
    out, frame = np.empty_like(chain.links), np.eye(4)
    for k, link in enumerate(chain.links):
        frame = frame @ link
        if k < chain.dof:
            kernels.drive(frame, bool(chain.slides[k]), float(q[k]))
        out[k] = frame
    return out


def _meeting(frames: Array) -> Array | None:
    """The point (3,) (m) where the z axes of some frames meet to a tenth of a millimetre, None where they do not."""
    z, p = frames[:, :3, 2], frames[:, :3, 3]
    across = np.eye(3) - z[:, :, None] * z[:, None, :]
    if np.linalg.matrix_rank(across.sum(axis=0), tol=1e-6) < 3:
        return None
    point: Array = np.linalg.solve(across.sum(axis=0), (across @ p[:, :, None]).sum(axis=0)[:, 0])
    misses = np.linalg.norm(across @ (point - p)[:, :, None], axis=1)
    return point if misses.max() < 1e-4 else None


def _swings(chain: Chain, at: Array) -> bool:
    """Whether the pivot's azimuth about joint 1, seen from its turned frame, is always the same (or opposite)."""
    if chain.slides[0]:
        return False
    azimuths = []
    for share in (0.13, 0.29, 0.41, 0.57, 0.71, 0.83):
        shares = (share * (1.0 + np.arange(chain.dof)) * 1.618) % 1.0
        frames = _frames(chain, chain.lower + shares * (chain.upper - chain.lower))
        x, y, _, _ = np.linalg.inv(frames[0]) @ frames[-1] @ [*at, 1.0]
        if np.hypot(x, y) > 1e-3:
            azimuths.append(np.arctan2(y, x))
    spread = [np.sin(a - azimuths[0]) for a in azimuths]
    return len(azimuths) > 1 and bool(np.max(np.abs(spread)) < 1e-6)
