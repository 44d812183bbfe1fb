"""What an arm does between two stations and at one: which of its paths, and where its joints are along it.

A hand-over goes in along the path of that port, grips (or lets go), and comes out on the same way:

    pick_s, place_s  =  in  +  grip_s  +  out        in, out: one of them loaded, the other empty
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from layout.model.line import Arm
from layout.model.pose import Array
from layout.model.results import ArmTimes, JointPath
from layout.motion import trajectory
from layout.motion.kinematics import chain_of
from layout.motion.profile import move_time, sample


def ends(times: ArmTimes, station: str, bringing: bool) -> tuple[Array, Array]:
    """Joint vectors at a station's approach and hand-over, for parts brought in or taken out."""
    row = times.stations.index(station)
    approach = times.approach_in if bringing and times.approach_in is not None else times.approach
    hand = times.handover_in if bringing and times.handover_in is not None else times.handover
    assert approach is not None
    return np.asarray(approach[row], dtype=float), np.asarray((approach if hand is None else hand)[row], dtype=float)


def home(arm: Arm, times: ArmTimes | None) -> Array:
    """(dof,) where an arm waits out of the way: where its planned ways home end (home may lie in another arm's way, and
    it parks elsewhere), else its model's home."""
    path = next(iter(times.homing.values()), None) if times is not None else None
    return np.asarray(arm.model.home if path is None else path.angles[-1], dtype=float)


def travel(times: ArmTimes, origin: str, target: str, loaded: bool, dense: bool = False) -> JointPath | None:
    """The path from station to station, where the times have it; "" stands for home.

    dense : with its true speeds, where it can be had (see `trajectory.joint_path`)
    """
    first = times.stations.index(origin) if origin else -1
    last = times.stations.index(target) if target else -1
    if loaded:
        return _of(times.loaded, (first, last), dense)
    if last < 0:
        return _of(times.homing, first, dense)
    return _of(times.empty, (first, last), dense) if first >= 0 else _of(times.leaving, last, dense)


def handing(times: ArmTimes, station: str, bringing: bool, dense: bool = False) -> JointPath | None:
    """The path from a station's approach in to the hand-over, where the times have it; `dense` as for `travel`."""
    return _of(times.handing, (times.stations.index(station), "in" if bringing else "out"), dense)


def _of(paths: Mapping[Any, JointPath], key: Any, dense: bool) -> JointPath | None:
    if dense and isinstance(paths, trajectory.Lazy) and key in paths:
        return paths.dense(key)
    return paths.get(key)


def along(path: JointPath) -> Callable[[float], Array]:
    """Where the joints are at a share (0 to 1) of a path's time."""
    clock, angles = np.asarray(path.time_s, dtype=float), np.asarray(path.angles, dtype=float)

    def at(share: float) -> Array:
        t = share * clock[-1]
        row = int(np.clip(np.searchsorted(clock, t) - 1, 0, max(len(clock) - 2, 0)))
        if len(clock) == 1 or clock[row + 1] <= clock[row]:
            return np.asarray(angles[-1])
        s = min(max((t - clock[row]) / (clock[row + 1] - clock[row]), 0.0), 1.0)
        return np.asarray(angles[row] + (angles[row + 1] - angles[row]) * s)

    return at


def in_and_out(inwards: Callable[[float], Array], own: float, eased: bool) -> Callable[[float], Array]:
    """In, grip, and back on the same way; own : share of the time for each way."""

    def at(share: float) -> Array:
        way = 1.0
        if own > 0:
            way = min(share / own, (1.0 - share) / own, 1.0)
        return inwards(_ease(way) if eased else max(way, 0.0))

    return at


def straight(first: Array, second: Array) -> Callable[[float], Array]:
    """Between two joint vectors by shares, where there is no path."""
    return lambda share: np.asarray(first + (second - first) * share)


def direct(arm: Arm, first: Array, second: Array) -> Callable[[float], Array]:
    """The quickest move from rest to rest by shares of its time, where there is no path."""
    whole_s = move_time(arm.model, first, second, arm.speed)

    def at(share: float) -> Array:
        if share >= 1.0 or whole_s <= 0.0:
            return second
        return np.asarray(sample(arm.model, first, second, arm.speed, [share * whole_s])[0])

    return at


def direct_path(arm: Arm, first: Array, second: Array) -> JointPath:
    """The quickest move from rest to rest as a dense path, where there is none that was planned."""
    chain = chain_of(arm.model)
    return trajectory.joint_path(chain, trajectory.direct(first, second), chain.limits, arm.speed, dense=True)


def _ease(share: float) -> float:
    """Smooth from 0 to 1, at rest at both ends."""
    s = min(max(share, 0.0), 1.0)
    return s * s * s * (10 - 15 * s + 6 * s * s)


# ---------------------------------------------------------------- step by step


@dataclass(frozen=True, eq=False)
class Steps:
    """Set points of a move for each step of a fixed clock: (k, dof).

    angles : rad (m) where the joints are when the step begins; speeds : rad/s (m/s) that take them to where they are
    when the next one does; end : (dof,) where they come to rest
    """

    angles: Array
    speeds: Array
    end: Array
    length_s: float


def steps(path: JointPath, step_s: float, length_s: float | None = None, backwards: bool = False) -> Steps:
    """A path at each step of a clock, true in speed where the path is dense.

    length_s : stretched to this time; backwards : from its end to its start
    The path takes a whole number of steps, the one nearest to its time.
    """
    clock, angles = np.asarray(path.time_s, dtype=float), np.asarray(path.angles, dtype=float)
    kept = np.append(True, np.diff(clock) > 0.0)
    clock, angles = clock[kept], angles[kept]
    if backwards:
        clock, angles = clock[-1] - clock[::-1], angles[::-1]
    own_s = float(clock[-1])
    whole_s = own_s if length_s is None else max(length_s, 0.0)
    if own_s <= 0.0 or whole_s <= 0.0:
        nothing = np.empty((0, angles.shape[1]))
        return Steps(nothing, nothing, angles[-1].copy(), whole_s)
    now = np.linspace(0.0, own_s, max(round(whole_s / step_s), 1) + 1)
    from scipy.interpolate import CubicSpline, PchipInterpolator

    dense = len(clock) > _DENSE  # a curve through a few points far apart must not swing out beyond them
    curve = CubicSpline(clock, angles, bc_type="clamped") if dense else PchipInterpolator(clock, angles)
    out = np.asarray(curve(now))
    out[-1] = angles[-1]
    return Steps(out[:-1], np.diff(out, axis=0) / step_s, out[-1].copy(), whole_s)


_DENSE = 100
"""A path of so many points is a dense one, which goes smoothly through all of them."""
