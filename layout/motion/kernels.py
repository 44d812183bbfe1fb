"""Compiled kernels of the arms' kinematics: plain functions of arrays, numba underneath.

Everywhere: `links` (n + 1, 4, 4) leads from the base through each joint's frame (its axis along z) to the tool centre
point, `slides` (n,) says which joints are prismatic, angles are in rad and lengths in m.
Poses are (4, 4), base frame. This is the only file here that imports numba; import it where it is used.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

from layout.model.pose import Array

F = TypeVar("F", bound=Callable[..., Any])
Flags = NDArray[np.bool_]
Index = NDArray[np.int64]

ROTATION_WEIGHT_M = 0.5
"""One radian of tool orientation weighs as much as this many metres in the numeric solver."""

CONVERGED = 1e-8
"""The numeric solver stops at this error (m and weighted rad): far below what is asked of a solution."""


def compiled(function: F) -> F:
    """numba.njit with its cache on disk, and the function's own type for the checker."""
    return cast(F, numba.njit(cache=True, nogil=True)(function))


# ---------------------------------------------------------------- where the tool is


@compiled
def step(frame: Array, link: Array, out: Array) -> None:
    """out = frame @ link for rigid transforms."""
    for i in range(3):
        a, b, c = frame[i, 0], frame[i, 1], frame[i, 2]
        for j in range(4):
            out[i, j] = a * link[0, j] + b * link[1, j] + c * link[2, j]
        out[i, 3] += frame[i, 3]


@compiled
def drive(frame: Array, slides: bool, q: float) -> None:
    """Move a joint's frame by q about (or along) its own z axis, in place."""
    if slides:
        for i in range(3):
            frame[i, 3] += q * frame[i, 2]
        return
    c, s = math.cos(q), math.sin(q)
    for i in range(3):
        x, y = frame[i, 0], frame[i, 1]
        frame[i, 0] = c * x + s * y
        frame[i, 1] = c * y - s * x


@compiled
def tool(links: Array, slides: Flags, q: Array) -> Array:
    """Pose (4, 4) of the tool centre point."""
    frame, other = np.eye(4), np.eye(4)
    for k in range(len(q)):
        step(frame, links[k], other)
        drive(other, slides[k], q[k])
        frame, other = other, frame
    step(frame, links[len(q)], other)
    return other


@compiled
def tools(links: Array, slides: Flags, many: Array) -> Array:
    """Poses (m, 4, 4) for joint vectors (m, n)."""
    out = np.empty((len(many), 4, 4))
    for k in range(len(many)):
        out[k] = tool(links, slides, many[k])
    return out


@compiled
def tool_and_jacobian(links: Array, slides: Flags, q: Array, jacobian: Array) -> Array:
    """Pose (4, 4) of the tool centre point; fills the geometric Jacobian (6, n): linear above angular, base frame."""
    n = len(q)
    axes, points = np.empty((n, 3)), np.empty((n, 3))
    frame, other = np.eye(4), np.eye(4)
    for k in range(n):
        step(frame, links[k], other)
        drive(other, slides[k], q[k])
        for i in range(3):
            axes[k, i] = other[i, 2]
            points[k, i] = other[i, 3]
        frame, other = other, frame
    step(frame, links[n], other)
    for k in range(n):
        x, y, z = axes[k]
        if slides[k]:
            jacobian[0, k], jacobian[1, k], jacobian[2, k] = x, y, z
            jacobian[3, k] = jacobian[4, k] = jacobian[5, k] = 0.0
            continue
        a, b, c = other[0, 3] - points[k, 0], other[1, 3] - points[k, 1], other[2, 3] - points[k, 2]
        jacobian[0, k], jacobian[1, k], jacobian[2, k] = y * c - z * b, z * a - x * c, x * b - y * a
        jacobian[3, k], jacobian[4, k], jacobian[5, k] = x, y, z
    return other


@compiled
def difference(target: Array, pose: Array, out: Array) -> None:
    """Fills (6,): what leads from pose to target, m above rad (rotation vector), base frame."""
    for i in range(3):
        out[i] = target[i, 3] - pose[i, 3]
    # R = target pose^T; its rotation vector by the way that stays exact near 0 and near pi
    r = np.empty((3, 3))
    for i in range(3):
        for j in range(3):
            r[i, j] = target[i, 0] * pose[j, 0] + target[i, 1] * pose[j, 1] + target[i, 2] * pose[j, 2]
    x, y, z = r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1]
    sine = 0.5 * math.sqrt(x * x + y * y + z * z)
    cosine = 0.5 * (r[0, 0] + r[1, 1] + r[2, 2] - 1.0)
    angle = math.atan2(sine, cosine)
    if sine > 1e-6:
        factor = 0.5 * angle / sine
        out[3], out[4], out[5] = factor * x, factor * y, factor * z
    elif cosine > 0.0:
        out[3], out[4], out[5] = 0.5 * x, 0.5 * y, 0.5 * z
    else:  # half a turn: the axis is where R has its greatest diagonal entry
        k = 0
        if r[1, 1] > r[k, k]:
            k = 1
        if r[2, 2] > r[k, k]:
            k = 2
        length = math.sqrt(max(2.0 * (r[k, k] + 1.0), 1e-12))
        for i in range(3):
            out[3 + i] = angle * (r[i, k] + (1.0 if i == k else 0.0)) / length


@compiled
def path_length(links: Array, slides: Flags, first: Array, second: Array, pieces: int) -> float:
    """Way (m) of the tool centre point while all joints go in proportion from first to second, as a polyline."""
    total = 0.0
    before = tool(links, slides, first)
    for k in range(1, pieces + 1):
        now = tool(links, slides, first + (second - first) * (k / pieces))
        square = 0.0
        for i in range(3):
            square += (now[i, 3] - before[i, 3]) ** 2
        total += math.sqrt(square)
        before = now
    return total


# ---------------------------------------------------------------- the numeric solver


@compiled
def solve_spd(matrix: Array, right: Array, n: int) -> bool:
    """Cholesky in place: `right` becomes the solution. False where the matrix is not positive definite."""
    for i in range(n):
        for j in range(i + 1):
            total = matrix[i, j]
            for k in range(j):
                total -= matrix[i, k] * matrix[j, k]
            if i == j:
                if total <= 0.0:
                    return False
                matrix[i, i] = math.sqrt(total)
            else:
                matrix[i, j] = total / matrix[j, j]
    for i in range(n):
        total = right[i]
        for k in range(i):
            total -= matrix[i, k] * right[k]
        right[i] = total / matrix[i, i]
    for i in range(n - 1, -1, -1):
        total = right[i]
        for k in range(i + 1, n):
            total -= matrix[k, i] * right[k]
        right[i] = total / matrix[i, i]
    return True


@compiled
def descend(
    links: Array, slides: Flags, lower: Array, upper: Array, target: Array, q: Array, iterations: int, longest: float
) -> float:
    """Damped least squares from q, in place, clamped to the limits; gives the weighted error left (m).

    Damping grows with the error (Sugihara, "Solvability-unconcerned inverse kinematics by the Levenberg-Marquardt
    method", IEEE T-RO 27(5), 2011); no step is longer than `longest` (rad). Gives up where it makes no headway.
    """
    n = len(q)
    jacobian, error = np.empty((6, n)), np.empty(6)
    matrix, move = np.empty((n, n)), np.empty(n)
    best, stuck = 1e300, 0
    weight = ROTATION_WEIGHT_M
    size = 1e300
    for _ in range(iterations):
        pose = tool_and_jacobian(links, slides, q, jacobian)
        difference(target, pose, error)
        for i in range(3, 6):
            error[i] *= weight
            for k in range(n):
                jacobian[i, k] *= weight
        square = 0.0
        for i in range(6):
            square += error[i] * error[i]
        size = math.sqrt(square)
        if size < CONVERGED:
            return size
        if size > 0.98 * best:
            stuck += 1
            if stuck > 6:
                return size
        else:
            stuck = 0
        best = min(best, size)
        damping = 0.05 * square + 1e-10
        for i in range(n):
            for j in range(i + 1):
                total = 0.0
                for k in range(6):
                    total += jacobian[k, i] * jacobian[k, j]
                matrix[i, j] = total
            # a joint that stands at a limit and would be driven out is held there
            move[i] = 0.0
            for k in range(6):
                move[i] += jacobian[k, i] * error[k]
        for i in range(n):
            held = (q[i] <= lower[i] and move[i] < 0.0) or (q[i] >= upper[i] and move[i] > 0.0)
            if held:
                move[i] = 0.0
                for j in range(n):
                    if j < i:
                        matrix[i, j] = 0.0
                    elif j > i:
                        matrix[j, i] = 0.0
                matrix[i, i] = 1.0
            matrix[i, i] += damping
        if not solve_spd(matrix, move, n):
            return size
        length = 0.0
        for i in range(n):
            length = max(length, abs(move[i]))
        factor = 1.0 if length <= longest else longest / length
        for i in range(n):
            q[i] = min(max(q[i] + factor * move[i], lower[i]), upper[i])
    difference(target, tool(links, slides, q), error)
    for i in range(3):
        error[3 + i] *= weight
    return math.sqrt((error * error).sum())


@compiled
def search(
    links: Array,
    slides: Flags,
    lower: Array,
    upper: Array,
    target: Array,
    seeds: Array,
    wanted: int,
    apart: float,
    hopeless: int,
) -> Array:
    """Up to `wanted` solutions (k, n) from the seeds (m, n), tried in order; no two closer than `apart` (rad, m).

    Whole turns of a joint make no other solution. Stops after `hopeless` seeds in a row that gave nothing new.
    """
    n, turn = len(lower), 2.0 * math.pi
    found = np.empty((wanted, n))
    count, idle = 0, 0
    for s in range(len(seeds)):
        if idle == hopeless or count == wanted:
            break
        idle += 1
        q = seeds[s].copy()
        if descend(links, slides, lower, upper, target, q, 80, 0.6) > 1e-6:
            continue
        new = True
        for k in range(count):
            most = 0.0
            for i in range(n):
                away = abs(found[k, i] - q[i])
                if not slides[i]:
                    away %= turn
                    away = min(away, turn - away)
                most = max(most, away)
            if most < apart:
                new = False
                break
        if new:
            found[count] = q
            count += 1
            idle = 0
    return found[:count]


@compiled
def nearest(links: Array, slides: Flags, lower: Array, upper: Array, target: Array, seeds: Array) -> float:
    """The least weighted error (m) that is left from any of the seeds (m, n)."""
    best = 1e300
    for s in range(len(seeds)):
        q = seeds[s].copy()
        best = min(best, descend(links, slides, lower, upper, target, q, 60, 0.6))
    return best


@compiled
def accept(
    links: Array,
    slides: Flags,
    lower: Array,
    upper: Array,
    target: Array,
    given: Array,
    position: float,
    angle: float,
    most: int,
) -> Array:
    """Of candidates (m, n), those that reach the target within `position` (m) and `angle` (rad): (k, n).

    Each comes in every variant by whole turns that lies inside the limits, `most` at most, nearest the middle first;
    duplicates are left out.
    """
    n = len(lower)
    out = np.empty((len(given) * most, n))
    count = 0
    error = np.empty(6)
    turn = 2.0 * math.pi
    low, high, pick = np.empty(n), np.empty(n, np.int64), np.empty(n, np.int64)
    for m in range(len(given)):
        inside = True
        for i in range(n):
            q = given[m, i]
            if not math.isfinite(q):
                inside = False
                break
            if slides[i]:
                low[i], high[i] = q, 0
                inside = lower[i] - 1e-9 <= q <= upper[i] + 1e-9
            else:
                first = math.ceil((lower[i] - 1e-9 - q) / turn)
                low[i] = q + turn * first
                high[i] = math.floor((upper[i] + 1e-9 - low[i]) / turn)
                inside = high[i] >= 0
            if not inside:
                break
        if not inside:
            continue
        difference(target, tool(links, slides, given[m]), error)
        if error[0] ** 2 + error[1] ** 2 + error[2] ** 2 > position**2:
            continue
        if error[3] ** 2 + error[4] ** 2 + error[5] ** 2 > angle**2:
            continue
        start = count
        pick[:] = 0
        while True:  # all variants by whole turns; the farthest from the middle makes room where there are too many
            far, worst = -1.0, -1
            for i in range(n):
                out[count, i] = min(max(low[i] + turn * pick[i], lower[i]), upper[i])
            new = True
            for k in range(start):
                if np.max(np.abs(out[k] - out[count])) < 1e-6:
                    new = False
                    break
            if new:
                if count - start < most - 1:
                    count += 1
                else:
                    for k in range(start, count + 1):
                        away = 0.0
                        for i in range(n):
                            if not slides[i]:
                                away += abs(out[k, i] - 0.5 * (lower[i] + upper[i]))
                        if away > far + 1e-9:
                            far, worst = away, k
                    out[worst] = out[count]
            i = 0
            while i < n and pick[i] == high[i]:
                pick[i] = 0
                i += 1
            if i == n:
                break
            pick[i] += 1
    return out[:count].copy()


@compiled
def loose(slides: Flags, q: Array) -> tuple[Array, Array]:
    """Limits (n,), (n,) for following a line: none, but a rail under an arm of six axes or more is held where it is.

    Joints that turn take the tool in and out quicker than the whole robot is moved; the line stays that of the arm.
    """
    low, high = np.full(len(q), -1e9), np.full(len(q), 1e9)
    if len(q) > 6 and slides[0] and not slides[1:].any():
        low[0] = high[0] = q[0]
    return low, high


@compiled
def follow(
    links: Array, slides: Flags, lower: Array, upper: Array, q: Array, goal: Array, steps: int, longest: float
) -> bool:
    """Move the tool on a straight line from where q has it to the point `goal` (3,), orientation kept; q in place.

    A rail stands still meanwhile (`loose`).

    False where the line leaves the limits or the reach, or a joint turns more than `longest` (rad) in one of the
    `steps`: it passes a singularity, so it is another branch.
    """
    n = len(q)
    target = tool(links, slides, q)
    start = target[:3, 3].copy()
    before = q.copy()
    low, high = loose(slides, q)
    for k in range(1, steps + 1):
        for i in range(3):
            target[i, 3] = start[i] + (goal[i] - start[i]) * k / steps
        if descend(links, slides, low, high, target, q, 12, longest) > 1e-6:
            return False
        for i in range(n):
            if abs(q[i] - before[i]) > longest or q[i] < lower[i] - 1e-9 or q[i] > upper[i] + 1e-9:
                return False
            before[i] = q[i]
    for i in range(n):
        q[i] = min(max(q[i], lower[i]), upper[i])
    return True


@compiled
def follow_all(
    links: Array,
    slides: Flags,
    lower: Array,
    upper: Array,
    starts: Array,
    goal: Array,
    steps: int,
    longest: float,
    most: int,
) -> tuple[Index, Array]:
    """The first `most` of starts (m, n) that can be followed to `goal`: (k,) their indices, (k, n) where they end."""
    index = np.empty(min(len(starts), most), np.int64)
    ends = np.empty((len(index), starts.shape[1]))
    count = 0
    for m in range(len(starts)):
        if count == len(index):
            break
        q = starts[m].copy()
        if follow(links, slides, lower, upper, q, goal, steps, longest):
            index[count] = m
            ends[count] = q
            count += 1
    return index[:count], ends[:count]
