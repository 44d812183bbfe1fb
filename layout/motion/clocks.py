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
def phases(distance: float, speed: float, acceleration: float, jerk: float) -> tuple[float, float, float]:
    """How `rest_to_rest` is made up (s): each ramp of the acceleration, the whole speeding up, the even run between."""
    d = abs(distance)
    if d == 0.0:
        return 0.0, 0.0, 0.0
    ramp = acceleration / jerk
    up = ramp + speed / acceleration if speed >= acceleration * ramp else 2.0 * math.sqrt(speed / jerk)
    if d >= speed * up:
        return min(ramp, 0.5 * up), up, d / speed - up
    half = 0.5 * ramp + math.sqrt(0.25 * ramp * ramp + d / acceleration)
    if half >= 2.0 * ramp:
        return ramp, half, 0.0
    ramp = (0.5 * d / jerk) ** (1.0 / 3.0)
    return ramp, 2.0 * ramp, 0.0


@compiled
def gone(time: float, ramp: float, up: float, even: float, jerk: float) -> tuple[float, float, float, float]:
    """Way, speed, acceleration and jerk at a time (s) after the start of a profile made up as `phases` says."""
    whole = 2.0 * up + even
    if whole <= 0.0:
        return 0.0, 0.0, 0.0, 0.0
    t = min(max(time, 0.0), whole)
    back = t > 0.5 * whole
    if back:  # the second half is the first one seen from the end
        t = whole - t
    most = jerk * ramp
    peak = most * (up - ramp)
    if t < ramp:
        p, v, a, j = jerk * t * t * t / 6.0, 0.5 * jerk * t * t, jerk * t, jerk
    elif t < up - ramp:
        u = t - ramp
        v0 = 0.5 * jerk * ramp * ramp
        p, v, a, j = jerk * ramp**3 / 6.0 + v0 * u + 0.5 * most * u * u, v0 + most * u, most, 0.0
    elif t < up:
        u = up - t
        p = 0.5 * peak * up - (peak * u - jerk * u * u * u / 6.0)
        v, a, j = peak - 0.5 * jerk * u * u, jerk * u, -jerk
    else:
        p, v, a, j = 0.5 * peak * up + peak * (t - up), peak, 0.0, 0.0
    if back:
        return peak * (up + even) - p, v, -a, j
    return p, v, a, j


@compiled
def positions(first: Array, second: Array, limits: Array, clock: Array) -> Array:
    """(m, n) joint vectors at times (m,) (s) after the start of the quickest move between two joint vectors.

    The slowest joint runs its own quickest profile. Each other joint goes in proportion to it where its limits allow:
    where all do, the way is straight in joint space, whatever the load. A joint that would have to accelerate harder
    than it can runs its own quickest profile, stretched in time to the slowest's: speeds by 1 / k, accelerations by
    1 / k^2, jerks by 1 / k^3. All keep their limits and arrive together, and the way back is the same way.
    """
    n, time, lead = len(first), 0.0, 0
    for i in range(n):
        own = rest_to_rest(second[i] - first[i], limits[0, i], limits[1, i], limits[2, i])
        if own > time:
            time, lead = own, i
    way = second[lead] - first[lead]
    ramp0, up0, even0 = phases(way, limits[0, lead], limits[1, lead], limits[2, lead])
    jerk0 = limits[2, lead]
    hard0 = jerk0 * ramp0
    peak0 = hard0 * (up0 - ramp0)
    out = np.empty((len(clock), n))
    for i in range(n):
        d = second[i] - first[i]
        ramp, up, even, jerk, share, k = ramp0, up0, even0, jerk0, 0.0, 1.0
        if d != 0.0:
            share = d / way
            most = abs(share) * (1.0 - 1e-9)
            if most * peak0 > limits[0, i] or most * hard0 > limits[1, i] or most * jerk0 > limits[2, i]:
                ramp, up, even = phases(d, limits[0, i], limits[1, i], limits[2, i])
                jerk, k, share = limits[2, i], (2.0 * up + even) / time, (1.0 if d > 0.0 else -1.0)
            elif way < 0.0:
                share = -share
        for m in range(len(clock)):
            if clock[m] >= time:
                out[m, i] = second[i]
            elif d == 0.0 or clock[m] <= 0.0:
                out[m, i] = first[i]
            else:
                out[m, i] = first[i] + share * gone(clock[m] * k, ramp, up, even, jerk)[0]
    return out


@compiled
def in_proportion(first: Array, second: Array, limits: Array) -> bool:
    """Whether all joints of `positions` go in proportion: then the way is straight in joint space."""
    n, time, lead = len(first), 0.0, 0
    for i in range(n):
        own = rest_to_rest(second[i] - first[i], limits[0, i], limits[1, i], limits[2, i])
        if own > time:
            time, lead = own, i
    way = abs(second[lead] - first[lead])
    if way == 0.0:
        return True
    ramp, up, _ = phases(way, limits[0, lead], limits[1, lead], limits[2, lead])
    jerk = limits[2, lead]
    for i in range(n):
        most = abs(second[i] - first[i]) / way * (1.0 - 1e-9)
        if most * jerk * ramp * (up - ramp) > limits[0, i] or most * jerk * ramp > limits[1, i]:
            return False
        if most * jerk > limits[2, i]:
            return False
    return True


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
def spans(points: Array, ways: Index, limits: Array) -> Array:
    """(k,) s: how long ways take that stop at each of their points. ways (k, m) rows of points (n, dof), or -1."""
    out = np.zeros(len(ways))
    for k in range(len(ways)):
        for i in range(ways.shape[1] - 1):
            if ways[k, i + 1] < 0:
                break
            out[k] += slowest(points[ways[k, i]], points[ways[k, i + 1]], limits)
    return out


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
