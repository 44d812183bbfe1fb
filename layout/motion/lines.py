"""The straight line of the tool between approach and hand-over: joint angles along it, and how quickly it can be gone.

approach  s = 1  o                 the tool's own limits give s(t); where a joint would be asked for more than it
                 |                 can at any point of the line, all of the line is stretched in time
hand-over s = 0  o  ==[part]==
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from layout.model.pose import Array
from layout.model.results import JointPath
from layout.motion import kernels, trajectory
from layout.motion.clocks import gone, phases, rest_to_rest
from layout.motion.kernels import Flags, compiled
from layout.motion.kinematics import Chain
from layout.motion.ports import LINE_STEPS, LONGEST_STEP_RAD
from layout.motion.profile import LINEAR_ACCELERATION_M_S2, LINEAR_JERK_M_S3, LINEAR_SPEED_M_S

BETWEEN = 4
"""Each of the LINE_STEPS is followed in so many: 24 in all, some 20 mm of the tool's way."""

CLOCK = 48
"""Instants of the line at which the joints' speed, acceleration and jerk are held against their limits."""

LINEAR = np.array([LINEAR_SPEED_M_S, LINEAR_ACCELERATION_M_S2, LINEAR_JERK_M_S3])


@dataclass(frozen=True, eq=False)
class Line:
    """One straight line of the tool, from the approach to the hand-over.

    angles : (k, dof) joint vectors at even steps of the tool's way; way_m : its length
    """

    angles: Array
    way_m: float

    def time_s(self, limits: Array) -> float:
        """Least time (s) from rest to rest: the tool within its LINEAR_ limits, each joint within its own."""
        return float(_line_time(self.angles, self.way_m, limits, LINEAR))

    def path(self, chain: Chain, limits: Array, speed: float, dense: bool = False) -> JointPath:
        """Joint vectors over time from the approach to the hand-over, at a share of full speed.

        dense : see `trajectory.joint_path`
        """
        whole = self.time_s(limits)
        if whole <= 0.0:
            return JointPath(np.zeros(1), self.angles[-1:])
        clock = np.linspace(0.0, whole, max(int(np.ceil(whole / trajectory.DENSE_S)), 8) + 1)
        if dense:  # smooth between the configurations that were worked out
            from scipy.interpolate import CubicSpline

            share = _along(np.array([[0.0], [1.0]]), self.way_m, whole, clock, LINEAR)[:, 0]
            curve = CubicSpline(np.linspace(0.0, 1.0, len(self.angles)), self.angles)
            return JointPath(clock / speed, np.asarray(curve(share)))
        angles = _along(self.angles, self.way_m, whole, clock, LINEAR)
        kept = trajectory.thin(angles, clock, trajectory.levers_m(chain), trajectory.THINNED_M)
        return JointPath(clock[kept] / speed, np.ascontiguousarray(angles[kept]))


def line(chain: Chain, approach: Array, handover: Array, way_m: float) -> Line | None:
    """The straight line (m) between two configurations that `ports.serve` found; None where it cannot be followed."""
    goal = kernels.tool(chain.links, chain.slides, approach)[:3, 3].copy()
    ok, angles = _trace(
        chain.links, chain.slides, chain.lower, chain.upper, handover, approach, goal, LINE_STEPS, BETWEEN,
        LONGEST_STEP_RAD,
    )  # fmt: skip
    if not ok:
        return None
    return Line(np.ascontiguousarray(angles[::-1]), way_m)


def lines(chain: Chain, approach: Array, handover: Array, way_m: float) -> list[Line | None]:
    """`line` for many pairs of configurations (k, dof)."""
    ok, angles = _trace_all(
        chain.links, chain.slides, chain.lower, chain.upper, handover, approach, LINE_STEPS, BETWEEN, LONGEST_STEP_RAD
    )
    return [Line(angles[k], way_m) if ok[k] else None for k in range(len(ok))]


def times_s(given: list[Line | None], limits: Array) -> Array:
    """(k,) `Line.time_s` of each, infinite where there is none."""
    out = np.full(len(given), np.inf)
    rows = [k for k, found in enumerate(given) if found is not None]
    if rows:
        some = [found for found in given if found is not None]
        out[rows] = _line_times(np.stack([found.angles for found in some]), some[0].way_m, limits, LINEAR)
    return out


@compiled
def _trace(
    links: Array,
    slides: Flags,
    lower: Array,
    upper: Array,
    first: Array,
    last: Array,
    goal: Array,
    steps: int,
    between: int,
    longest: float,
) -> tuple[bool, Array]:
    """Joint vectors (steps x between + 1, n) from `first` to `last`, the tool on the line to `goal` (3,).

    The coarse steps are those of `kernels.follow`, so that an arm with more joints than it needs ends where it did
    there; the points between start from the mean of their neighbours.
    """
    n, count = len(first), steps * between
    out = np.empty((count + 1, n))
    target = kernels.tool(links, slides, first)
    start = target[:3, 3].copy()
    low, high = kernels.loose(slides, first)
    q = first.copy()
    out[0] = first
    for k in range(1, steps + 1):
        for i in range(3):
            target[i, 3] = start[i] + (goal[i] - start[i]) * k / steps
        if kernels.descend(links, slides, low, high, target, q, 12, longest) > 1e-6:
            return False, out
        out[k * between] = q
    for i in range(n):
        if abs(out[count, i] - last[i]) > 1e-3:
            return False, out
    out[count] = last
    for k in range(count):
        if k % between == 0:
            continue
        base = k - k % between
        share = (k - base) / between
        for i in range(n):
            q[i] = out[base, i] + share * (out[base + between, i] - out[base, i])
        for i in range(3):
            target[i, 3] = start[i] + (goal[i] - start[i]) * k / count
        if kernels.descend(links, slides, low, high, target, q, 12, longest) > 1e-6:
            return False, out
        out[k] = q
    for k in range(count + 1):
        for i in range(n):
            if out[k, i] < lower[i] - 1e-6 or out[k, i] > upper[i] + 1e-6:
                return False, out
            out[k, i] = min(max(out[k, i], lower[i]), upper[i])
    return True, out


@compiled
def _trace_all(
    links: Array, slides: Flags, lower: Array, upper: Array, first: Array, last: Array, steps: int, between: int,
    longest: float,
) -> tuple[Flags, Array]:  # fmt: skip
    """`_trace` for many pairs (k, n), from `last` to `first`: whether it holds (k,), angles (k, rows, n)."""
    count, n = first.shape
    ok, out = np.zeros(count, dtype=np.bool_), np.empty((count, steps * between + 1, n))
    for k in range(count):
        goal = kernels.tool(links, slides, last[k])[:3, 3].copy()
        good, angles = _trace(links, slides, lower, upper, first[k], last[k], goal, steps, between, longest)
        ok[k] = good
        if good:
            out[k] = angles[::-1]
    return ok, out


@compiled
def _line_times(angles: Array, way: float, limits: Array, linear: Array) -> Array:
    """(k,) `_line_time` of lines (k, m, n) that are equally long."""
    out = np.empty(len(angles))
    for k in range(len(angles)):
        out[k] = _line_time(angles[k], way, limits, linear)
    return out


@compiled
def _line_time(angles: Array, way: float, limits: Array, linear: Array) -> float:
    """`Line.time_s`: the tool's own time, times the worst ratio of what a joint is asked for to what it can.

    Stretched c times in time, a joint needs 1 / c of the speed, 1 / c^2 of the acceleration, 1 / c^3 of the jerk: so
    one factor for the whole line, the greatest asked for anywhere, keeps all limits. Not the least time: slowing down
    just where it is hard would be quicker.
    """
    time = rest_to_rest(way, linear[0], linear[1], linear[2])
    if time <= 0.0:
        return 0.0
    count, n = angles.shape
    ramp, up, even = phases(way, linear[0], linear[1], linear[2])
    h = 1.0 / (count - 1)
    worst = 1.0
    for m in range(CLOCK + 1):
        p, v, a, j = gone(time * m / CLOCK, ramp, up, even, linear[2])
        s, s1, s2, s3 = p / way, v / way, a / way, j / way
        at = min(max(int(s / h + 0.5), 2), count - 3)
        for i in range(n):
            q0, q1, q2, q3, q4 = (
                angles[at - 2, i],
                angles[at - 1, i],
                angles[at, i],
                angles[at + 1, i],
                angles[at + 2, i],
            )
            d1 = (q0 - 8.0 * q1 + 8.0 * q3 - q4) / (12.0 * h)
            d2 = (-q0 + 16.0 * q1 - 30.0 * q2 + 16.0 * q3 - q4) / (12.0 * h * h)
            d3 = (-q0 + 2.0 * q1 - 2.0 * q3 + q4) / (2.0 * h * h * h)
            u = s - at * h  # from the grid point to where the tool is
            d1 += u * d2 + 0.5 * u * u * d3
            d2 += u * d3
            worst = max(worst, abs(d1 * s1) / limits[0, i])
            worst = max(worst, np.sqrt(abs(d2 * s1 * s1 + d1 * s2) / limits[1, i]))
            most = abs(d3 * s1 * s1 * s1) + abs(3.0 * d2 * s1 * s2) + abs(d1 * s3)
            worst = max(worst, (most / limits[2, i]) ** (1.0 / 3.0))
    return time * worst


@compiled
def _along(angles: Array, way: float, whole: float, clock: Array, linear: Array) -> Array:
    """(m, n) joint vectors at times (m,) (s) of a line that takes `whole` (s)."""
    count, n = angles.shape
    out = np.empty((len(clock), n))
    time = rest_to_rest(way, linear[0], linear[1], linear[2])
    ramp, up, even = phases(way, linear[0], linear[1], linear[2])
    for m in range(len(clock)):
        s = 1.0
        if whole > 0.0 and clock[m] < whole:
            s = gone(clock[m] * (time / whole), ramp, up, even, linear[2])[0] / way
        at = min(int(s * (count - 1)), count - 2)
        share = s * (count - 1) - at
        for i in range(n):
            out[m, i] = angles[at, i] + share * (angles[at + 1, i] - angles[at, i])
    return out
