"""How hard an arm's joints may accelerate with what it carries.

A joint's drive gives a torque that does not change; the inertia it has to turn does. A model's accelerations hold at
its rated payload, in the pose where that turns hardest. With another load, in the pose where that one turns hardest:

                    T_links + T_rated              I(m) = max over poses of [ I_links + m r^2 ]
    a(m) = a_rated -------------------             T    = the motor's own inertia, reflected through its gear
                    T + I(m)

    joint o========o-------(m)     r: from the joint's axis to the tool centre point, where tool and part are lumped
           I_links     r

Drives are chosen so that the reflected inertia of the motor matches that of its load, as this accelerates the load
quickest (Pasch & Seering, "On the drive systems for high-performance machines", ASME J. Mechanisms, Transmissions and
Automation in Design 106(1), 1984): T = I(rated). An empty arm is therefore never more than twice as quick. Gravity,
friction and the load's own spread are left out; so is the heat in the motors. Speeds do not depend on the load.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from layout.model.library import ArmModel, Inertia
from layout.model.pose import Array
from layout.motion.kinematics import Chain, chain_of, z_to

MATCHED = 1.0
"""Reflected inertia of a drive, as a share of its load's at the rated payload: see above."""

GRID = 25
"""Each joint is tried at so many places of its range, and at zero, in looking for the pose that is hardest to turn."""

STARTS = 6
"""Poses that the search for the hardest one starts from."""

SWEEPS = 3
"""How often each joint is tried from each start."""


@dataclass(frozen=True, eq=False)
class Spread:
    """What a joint has to move in the poses where that is hardest.

    links : (k,) kg m^2 of the arm's own links about the joint's axis (kg where the joint slides)
    load : (k,) kg m^2 for each kg at the tool centre point (1 where the joint slides)
    """

    links: Array
    load: Array

    def at(self, mass_kg: float) -> float:
        """The most (kg m^2, kg) that the joint has to move with that mass at the tool centre point."""
        return float((self.links + mass_kg * self.load).max())


def limits_for(arm: ArmModel, mass_kg: float = 0.0) -> Array:
    """(3, dof) speed, acceleration and jerk of each joint while the arm carries its tool and `mass_kg` (kg).

    rad/s, rad/s^2, rad/s^3 (m where prismatic). Equal to the model's own at the rated payload, higher below, lower
    above it; jerk goes with the acceleration, as both come from the same torque. The model's own where the URDF has no
    masses, and where accelerations are the controller's limits whatever it carries (`accelerations: fixed`). Read-only.
    """
    chain = chain_of(arm)
    if not arm.inertias or arm.accelerations == "fixed":
        return chain.limits
    load = round(max(arm.tool_mass_kg + mass_kg, 0.0), 9)
    return _limits(chain, arm.inertias, round(arm.payload_kg, 9), load)


@lru_cache(maxsize=4096)
def _limits(chain: Chain, inertias: tuple[Inertia, ...], rated_kg: float, load_kg: float) -> Array:
    out: Array = chain.limits.copy()
    out[1:] *= [
        (1.0 + MATCHED) * full / (MATCHED * full + spread.at(load_kg)) if (full := spread.at(rated_kg)) > 0 else 1.0
        for spread in _spreads(chain, inertias, rated_kg)
    ]
    out.flags.writeable = False
    return out


def spreads(arm: ArmModel) -> tuple[Spread, ...]:
    """What each joint has to move; nothing for arms whose URDF has no masses."""
    return _spreads(chain_of(arm), arm.inertias, round(arm.payload_kg, 9)) if arm.inertias else ()


@lru_cache(maxsize=64)
def _spreads(chain: Chain, inertias: tuple[Inertia, ...], rated_kg: float) -> tuple[Spread, ...]:
    bodies = _bodies(chain, inertias)
    return tuple(_spread(chain, bodies, joint, rated_kg) for joint in range(chain.dof))


def _bodies(chain: Chain, inertias: tuple[Inertia, ...]) -> list[tuple[float, Array, Array]]:
    """Mass, centre (3,) and tensor (3, 3) of what each joint carries, in the chain's frames (axis along z)."""
    out = []
    for joint, body in zip(chain.joints, inertias[-chain.dof :], strict=True):
        turn = z_to(joint.axis)[:3, :3]
        tensor = turn.T @ np.array(body.tensor, dtype=float) @ turn
        out.append((body.mass_kg, turn.T @ np.array(body.centre_m, dtype=float), tensor))
    return out


def _spread(chain: Chain, bodies: list[tuple[float, Array, Array]], joint: int, rated_kg: float) -> Spread:
    """One joint's spread: coordinate ascent over the joints beyond it, with the rated load, a quarter of it, none."""
    if chain.slides[joint]:
        return Spread(np.array([sum(mass for mass, _, _ in bodies[joint:])]), np.ones(1))
    low, high = (np.where(chain.slides, end, np.clip(end, -np.pi, np.pi)) for end in (chain.lower, chain.upper))
    share = (np.arange(1, STARTS - 1)[:, None] * 0.6180339887498949 * (1.0 + np.arange(chain.dof))) % 1.0
    starts = np.vstack([np.clip(np.zeros(chain.dof), low, high), np.clip(chain.home, low, high)])
    starts = np.vstack([starts, low + share * (high - low)])
    links, load = [], []
    for mass_kg in (rated_kg, 0.25 * rated_kg, 0.0):
        poses = starts.copy()
        for _ in range(SWEEPS):
            for other in range(joint + 1, chain.dof):
                tried = np.append(np.linspace(low[other], high[other], GRID), np.clip(0.0, low[other], high[other]))
                many = np.repeat(poses, len(tried), axis=0)
                many[:, other] = np.tile(tried, len(poses))
                own, far = _turned(chain, bodies, joint, many)
                best = (own + mass_kg * far).reshape(len(poses), -1).argmax(axis=1)
                poses[:, other] = tried[best]
        own, far = _turned(chain, bodies, joint, poses)
        links.append(own)
        load.append(far)
    return Spread(np.concatenate(links), np.concatenate(load))


def _turned(chain: Chain, bodies: list[tuple[float, Array, Array]], joint: int, poses: Array) -> tuple[Array, Array]:
    """(k,) kg m^2 of the links, and (k,) m^2 of the tool centre point, about a joint's axis in poses (k, dof)."""
    frame = np.broadcast_to(np.eye(4), (len(poses), 4, 4))
    total = np.zeros(len(poses))
    for k in range(joint, chain.dof):
        if k > joint:
            frame = frame @ chain.links[k] @ _moved(bool(chain.slides[k]), poses[:, k])
        mass, centre, tensor = bodies[k]
        at = frame[:, :3, :3] @ centre + frame[:, :3, 3]
        axis = frame[:, 2, :3]  # the joint's axis as the body sees it
        total += np.einsum("ki,ij,kj->k", axis, tensor, axis) + mass * (at[:, :2] ** 2).sum(axis=1)
    tip = frame @ chain.links[-1]
    return total, (tip[:, :2, 3] ** 2).sum(axis=1)


def _moved(slides: bool, q: Array) -> Array:
    """(k, 4, 4) transforms of a joint at (k,) rad (m)."""
    out = np.zeros((len(q), 4, 4))
    out[:, [0, 1, 2, 3], [0, 1, 2, 3]] = 1.0
    if slides:
        out[:, 2, 3] = q
        return out
    out[:, 0, 0] = out[:, 1, 1] = np.cos(q)
    out[:, 1, 0] = np.sin(q)
    out[:, 0, 1] = -out[:, 1, 0]
    return out
