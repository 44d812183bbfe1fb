"""Compiled kernels of time: how long moves take from rest to rest, and which configurations make the sum small."""

from __future__ import annotations

import math

import numpy as np

from layout.model.pose import Array
from layout.motion.kernels import Index, compiled


@compiled
def rest_to_rest(distance: float, speed: float, acceleration: float, jerk: float) -> float:
    """Least time (s) of a move from rest to rest under limits of speed, acceleration and jerk.

    The seven-segment profile in closed form (Biagiotti & Melchiorri, Trajectory Planning for Automatic Machines and
    Robots, Springer 2008, section 3.4):

        speed    ____        d long enough:  d / v + t_up
                /    \\       else it peaks below v: 2 t_up(d), or 4 (d / 2 j)^(1/3) where it peaks below a, too
               /      \\
    """
    d = abs(distance)
    if d == 0.0:
        return 0.0
    t_jerk = acceleration / jerk
    up = t_jerk + speed / acceleration if speed >= acceleration * t_jerk else 2.0 * math.sqrt(speed / jerk)
    if d >= speed * up:
        return d / speed + up
    half = 0.5 * t_jerk + math.sqrt(0.25 * t_jerk * t_jerk + d / acceleration)
    if half >= 2.0 * t_jerk:
        return 2.0 * half
    return float(4.0 * (0.5 * d / jerk) ** (1.0 / 3.0))


@compiled
def farthest(time: float, speed: float, acceleration: float, jerk: float) -> float:
    """The longest way that can be done from rest to rest in a time: the inverse of `rest_to_rest`."""
    t_jerk = acceleration / jerk
    up = t_jerk + speed / acceleration if speed >= acceleration * t_jerk else 2.0 * math.sqrt(speed / jerk)
    if time >= 2.0 * up:
        return speed * (time - up)
    if time >= 4.0 * t_jerk:
        half = 0.5 * time
        return acceleration * half * (half - t_jerk)
    return 2.0 * jerk * (0.25 * time) ** 3


@compiled
def slowest(first: Array, second: Array, limits: Array) -> float:
    """Least time (s) from one joint vector to another, all joints together; limits (3, n): speed, acceleration, jerk.

    From rest to rest every longer time is possible for a joint, so the slowest joint alone decides.
    """
    time = 0.0
    for i in range(len(first)):
        time = max(time, rest_to_rest(second[i] - first[i], limits[0, i], limits[1, i], limits[2, i]))
    return time


@compiled
def times(first: Array, second: Array, limits: Array) -> Array:
    """Move times (k, m) (s) between joint vectors (k, n) and (m, n)."""
    out = np.empty((len(first), len(second)))
    for i in range(len(first)):
        for j in range(len(second)):
            out[i, j] = slowest(first[i], second[j], limits)
    return out


# ---------------------------------------------------------------- which configuration at which place


@compiled
def choose(cost: Array, own: Array, first: Index, weight: Array) -> Index:
    """One candidate for each place so that the sum of costs is small: picks (p,) as rows of `cost`.

    cost : (m, m) between all candidates; own : (m,) of a candidate itself; first : (p + 1,) where each place's
    candidates begin; weight : (p, p) how much a pair of places counts.
    Coordinate descent from the start that suits each candidate of the first place best; a change must gain more than
    rounding, so that equal costs give equal picks.
    """
    places = len(first) - 1
    best, value = np.zeros(places, np.int64), 1e300
    pick = np.zeros(places, np.int64)
    for start in range(first[0], first[1]):
        for p in range(places):  # each place by itself, seen from the first one's candidate
            low = 1e300
            for c in range(first[p], first[p + 1]):
                total = own[c] + cost[start, c]
                if total < low - 1e-9:
                    low, pick[p] = total, c
        pick[0] = start
        for _ in range(50):
            moved = False
            for p in range(places):
                low, at = 1e300, pick[p]
                for k in range(-1, first[p + 1] - first[p]):
                    c = pick[p] if k < 0 else first[p] + k  # what it is now goes first: it wins ties
                    total = own[c]
                    for o in range(places):
                        if o != p:
                            total += weight[p, o] * cost[c, pick[o]]
                    if total < low - 1e-9:
                        low, at = total, c
                if at != pick[p]:
                    pick[p] = at
                    moved = True
            if not moved:
                break
        total = 0.0
        for p in range(places):
            total += own[pick[p]]
            for o in range(p):
                total += weight[p, o] * cost[pick[p], pick[o]]
        if total < value - 1e-9:
            value = total
            best[:] = pick
    return best


@compiled
def together(time: float, radii: Array, limits: Array) -> float:
    """The way (m) that joints add up to in a time, each from rest to rest at radii[k] a radian."""
    way = 0.0
    for i in range(len(radii)):
        way += radii[i] * farthest(time, limits[0, i], limits[1, i], limits[2, i])
    return way


@compiled
def quickest(distance: float, radii: Array, limits: Array) -> float:
    """A time (s) that no move of a point by `distance` (m) undercuts: joint k moves it by radii[k] a radian at most.

    The way is no longer than what all joints add up to, each from rest to rest: bisection on the time.
    """
    if distance <= 0.0:
        return 0.0
    low, high = 0.0, 0.5
    while together(high, radii, limits) < distance and high < 1e6:
        low, high = high, 2.0 * high
    for _ in range(30):
        time = 0.5 * (low + high)
        if together(time, radii, limits) < distance:
            low = time
        else:
            high = time
    return low


@compiled
def least_times(apart: Array, swing: Array, radii: Array, limits: Array) -> Array:
    """(p, p) lower bounds (s): a point goes `apart` (p, p) (m), joint 1 turns by `swing` (p, p) (rad); 0 on itself."""
    out = np.zeros(apart.shape)
    for a in range(len(apart)):
        for b in range(a):
            time = quickest(apart[a, b], radii, limits)
            if swing[a, b] > 0.0:
                time = max(time, rest_to_rest(swing[a, b], limits[0, 0], limits[1, 0], limits[2, 0]))
            out[a, b] = out[b, a] = time
    return out
