"""What no plan can beat: travel and handling times from straight lines, without solving for joint angles."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from layout.model.line import Arm, Line
from layout.model.pose import Array
from layout.model.results import ArmTimes, Moves
from layout.motion import clocks
from layout.motion.arms import served
from layout.motion.belts import straight
from layout.motion.doors import doors_of
from layout.motion.kinematics import Chain, chain_of
from layout.motion.payload import limits_for
from layout.motion.ports import Place, targets
from layout.motion.profile import linear_time
from layout.motion.vehicles import least_times

SLACK = 1e-6
"""Taken off distances (m) and angles (rad), as joint angles are found to some accuracy only."""


def straight_line(line: Line) -> Moves:
    """Lower bounds of every time and length that `plan` gives, for any layout, feasible or not.

    Arm moves: the wrist centre must cover its distance with all joints (a rail among them) at the limits of the empty
    gripper, and joint 1 must swing through its angle (by the short way, as an arm may also reach over its back), except
    on a rail, which may do away with the swing. Hand-overs: straight in and out, and the grip.
    Belts: the straight line between the ports. A belt's `capacity` is that of the straight belt; it is no bound.
    Vehicles: straight lines between docks, and the net turn. Doors: what `plan` gives.
    Ports that are not there count 0.
    """
    return Moves(
        arms={name: _arm(arm, line) for name, arm in line.arms.items()},
        belts={name: straight(belt, line) for name, belt in line.belts.items()},
        doors=doors_of(line.stations),
        fleets={name: least_times(fleet, line) for name, fleet in line.fleets.items()},
    )


def _arm(arm: Arm, line: Line) -> ArmTimes:
    names = tuple(name for name in arm.serves if name in line.stations)
    pairs = tuple(served(arm, line.stations[name]) for name in names)
    return _times(chain_of(arm.model), limits_for(arm.model, 0.0).tobytes(), names, pairs, arm.speed, arm.model.grip_s)


@lru_cache(maxsize=1024)
def _times(
    chain: Chain,
    limits: bytes,
    names: tuple[str, ...],
    pairs: tuple[tuple[Place, Place] | None, ...],
    speed: float,
    grip_s: float,
) -> ArmTimes:
    """Bounds for ports as the arm sees them; pairs: where parts leave and enter each station, None without a port.

    limits : (3, dof) float as bytes, the highest that any joint may have
    """
    places = list(dict.fromkeys(place for pair in pairs if pair for place in pair))
    count = len(places)
    number = {place: k for k, place in enumerate(places)}
    # stations without a port count 0 everywhere: they look up the row and column beyond the last place
    leave = np.array([number[pair[0]] if pair else count for pair in pairs], dtype=int)
    enter = np.array([number[pair[1]] if pair else count for pair in pairs], dtype=int)
    time, way, hand = np.zeros((count + 1, count + 1)), np.zeros((count + 1, count + 1)), np.zeros(count + 1)
    if places:
        retreats = np.array([float(np.linalg.norm(place.retreat_m)) for place in places])
        hand[:count] = [2.0 * linear_time(retreat, speed) for retreat in retreats]
        poses = np.array([targets(place)[0] for place in places])
        away = np.array([targets(place)[1] for place in places])
        tools = poses[:, 0, :3, 3] + away
        apart = np.linalg.norm(tools[:, None] - tools[None], axis=2)
        most = np.frombuffer(limits).reshape(3, -1).copy()
        way[:count, :count] = apart + retreats[:, None] + retreats[None]
        time[:count, :count] = _least(chain, most, poses[:, :, :3, :3] @ chain.pivot.at_m + tools[:, None]) / speed
    return ArmTimes(
        stations=names,
        empty_s=time[np.ix_(enter, leave)],
        loaded_s=time[np.ix_(leave, enter)],
        pick_s=hand[leave] + grip_s,
        place_s=hand[enter] + grip_s,
        length_m=way[np.ix_(leave, enter)],
    )


def _least(chain: Chain, limits: Array, pivots: Array) -> Array:
    """(p, p) lower bounds (s) at limits (3, dof) between places where the pivot can be at points (p, 4, 3)."""
    pivot, flat = chain.pivot, pivots.reshape(-1, 3)
    apart = np.linalg.norm(flat[:, None] - flat[None], axis=2)
    swing = np.zeros_like(apart)
    if pivot.swings:
        local = (flat - pivot.shoulder[:3, 3]) @ pivot.shoulder[:3, :3]
        azimuth = np.arctan2(local[:, 1], local[:, 0])
        swing = abs(azimuth[:, None] - azimuth[None]) % math.pi
        swing = np.minimum(swing, math.pi - swing)
    p = len(pivots)
    nearest, least = (np.ascontiguousarray(m.reshape(p, 4, p, 4).min(axis=(1, 3))) for m in (apart, swing))
    return clocks.least_times(nearest - SLACK, least - SLACK, pivot.radii_m, limits)
