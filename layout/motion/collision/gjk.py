"""Distance between two convex bodies given by their vertices: the algorithm of Gilbert, Johnson and Keerthi (1988).

The search keeps a simplex of the Minkowski difference A - B and walks towards the point of it nearest to the origin.
Two bounds close in on the distance: |v| for a point v of the difference, and the gap along v between the bodies'
supporting planes. Both hold whatever rounding does to the simplex, so an answer is proven by its bounds.
Everything is compiled; import it where it is used.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np

from layout.model.pose import Array

F = TypeVar("F", bound=Callable[..., Any])

EXACT_M = 1e-9
"""The search ends when its bounds are this close."""

TOUCHING_M = 1e-9
"""Bodies nearer than this touch: their distance is 0."""

SLIVER = 1e-8
"""Squared sine of a triangle's angle below which its inside is not trusted alone: edges are tried, too."""

FLAT_M = 1e-10
"""A tetrahedron lower than this has no inside."""

MOST_ROUNDS = 100
"""Polytopes need about as many rounds as they have facets on the way; no pair of the library needs 30."""


def compiled(function: F) -> F:
    """numba.njit with its cache on disk, and the function's own type for the checker."""
    return cast(F, numba.njit(cache=True, nogil=True, error_model="numpy")(function))


def inner(function: F) -> F:
    """The same for what only compiled functions call: without a way in from Python, which takes time to compile."""
    options: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    return cast(F, numba.njit(cache=True, nogil=True, error_model="numpy", **options)(function))


@inner
def _edge(ax: float, ay: float, az: float, bx: float, by: float, bz: float) -> float:
    """Share of b in the point of the segment a-b nearest to the origin."""
    ux, uy, uz = bx - ax, by - ay, bz - az
    square = ux * ux + uy * uy + uz * uz
    along = -(ax * ux + ay * uy + az * uz)
    if along <= 0.0 or square <= 0.0:
        return 0.0
    return 1.0 if along >= square else along / square


@inner
def _face(s: Array, i: int, j: int, k: int, weights: Array) -> float:
    """Fills (3,) the weights of the point of the triangle nearest to the origin; gives its squared distance.

    Edges and the inside are tried apart and the best is taken, so slivers and repeated corners do no harm.
    """
    ax, ay, az = s[i, 0], s[i, 1], s[i, 2]
    bx, by, bz = s[j, 0], s[j, 1], s[j, 2]
    cx, cy, cz = s[k, 0], s[k, 1], s[k, 2]
    ux, uy, uz, wx, wy, wz = bx - ax, by - ay, bz - az, cx - ax, cy - ay, cz - az
    nx, ny, nz = uy * wz - uz * wy, uz * wx - ux * wz, ux * wy - uy * wx
    area = nx * nx + ny * ny + nz * nz
    best: float = np.inf
    if area > 0.0:
        # areas of the three triangles between the origin's shadow and each edge, as shares of the whole
        qx, qy, qz = uy * az - uz * ay, uz * ax - ux * az, ux * ay - uy * ax
        rx, ry, rz = ay * wz - az * wy, az * wx - ax * wz, ax * wy - ay * wx
        c = -(nx * qx + ny * qy + nz * qz) / area
        b = -(nx * rx + ny * ry + nz * rz) / area
        a = 1.0 - b - c
        if a >= 0.0 and b >= 0.0 and c >= 0.0:
            px, py, pz = a * ax + b * bx + c * cx, a * ay + b * by + c * cy, a * az + b * bz + c * cz
            weights[0], weights[1], weights[2] = a, b, c
            best = px * px + py * py + pz * pz
            if area > SLIVER * (ux * ux + uy * uy + uz * uz) * (wx * wx + wy * wy + wz * wz):
                return best
    t = _edge(ax, ay, az, bx, by, bz)
    px, py, pz = ax + t * ux, ay + t * uy, az + t * uz
    square = px * px + py * py + pz * pz
    if square < best:
        best = square
        weights[0], weights[1], weights[2] = 1.0 - t, t, 0.0
    t = _edge(ax, ay, az, cx, cy, cz)
    px, py, pz = ax + t * wx, ay + t * wy, az + t * wz
    square = px * px + py * py + pz * pz
    if square < best:
        best = square
        weights[0], weights[1], weights[2] = 1.0 - t, 0.0, t
    t = _edge(bx, by, bz, cx, cy, cz)
    px, py, pz = bx + t * (cx - bx), by + t * (cy - by), bz + t * (cz - bz)
    square = px * px + py * py + pz * pz
    if square < best:
        best = square
        weights[0], weights[1], weights[2] = 0.0, 1.0 - t, t
    return best


@inner
def _around(s: Array) -> bool:
    """Whether the tetrahedron (4, 3) holds the origin: it lies inside all four faces.

    Flat ones say no: their signs are rounding, and an origin inside is as near to a face as counts as touching.
    """
    for face in range(4):
        i, j, k, other = (face + 1) % 4, (face + 2) % 4, (face + 3) % 4, face
        ux, uy, uz = s[j, 0] - s[i, 0], s[j, 1] - s[i, 1], s[j, 2] - s[i, 2]
        wx, wy, wz = s[k, 0] - s[i, 0], s[k, 1] - s[i, 1], s[k, 2] - s[i, 2]
        nx, ny, nz = uy * wz - uz * wy, uz * wx - ux * wz, ux * wy - uy * wx
        origin = -(nx * s[i, 0] + ny * s[i, 1] + nz * s[i, 2])
        apex = nx * (s[other, 0] - s[i, 0]) + ny * (s[other, 1] - s[i, 1]) + nz * (s[other, 2] - s[i, 2])
        area = nx * nx + ny * ny + nz * nz
        if origin * apex <= 0.0 or area < 1e-24 or apex * apex < FLAT_M * FLAT_M * area:
            return False
    return True


@inner
def _nearest(s: Array, n: int, weights: Array, best: Array) -> int:
    """Reduce the simplex (its first n rows) to the corners that carry its point nearest to the origin.

    Fills `best` (3,) with that point and gives the number of corners left; 0 where the origin is inside.
    """
    if n == 2:
        t = _edge(s[0, 0], s[0, 1], s[0, 2], s[1, 0], s[1, 1], s[1, 2])
        best[0] = s[0, 0] + t * (s[1, 0] - s[0, 0])
        best[1] = s[0, 1] + t * (s[1, 1] - s[0, 1])
        best[2] = s[0, 2] + t * (s[1, 2] - s[0, 2])
        if t <= 0.0:
            return 1
        if t >= 1.0:
            s[0, 0], s[0, 1], s[0, 2] = s[1, 0], s[1, 1], s[1, 2]
            return 1
        return 2
    if n == 4 and _around(s):
        return 0
    # a point nearer than before lies on a face that holds the newest corner, the last one
    i, j, k, least = 0, 1, n - 1, np.inf
    a = b = c = 0.0
    for face in range(1 if n == 3 else 3):
        first, second = 1 if face == 2 else 0, 1 if face == 0 else 2
        square = _face(s, first, second, n - 1, weights)
        if square < least:
            i, j, least = first, second, square
            a, b, c = weights[0], weights[1], weights[2]
    for x in range(3):
        best[x] = a * s[i, x] + b * s[j, x] + c * s[k, x]
    kept = 0
    if a > 0.0:
        for x in range(3):
            s[kept, x] = s[i, x]
        kept += 1
    if b > 0.0:
        for x in range(3):
            s[kept, x] = s[j, x]
        kept += 1
    if c > 0.0:
        for x in range(3):
            s[kept, x] = s[k, x]
        kept += 1
    return kept


@inner
def between(
    a: Array, a0: int, a1: int, b: Array, b0: int, b1: int, v: Array, work: Array, low: float, high: float
) -> float:
    """Distance (m) between the convex hulls of rows a0..a1 of `a` and b0..b1 of `b` ((n, 3) float, m); 0 if they touch.

    v : (3,) in: where to look first, about from b to a (any direction will do); out: the direction that separates them
        most of those that were looked at
    work : (6, 3) float, scratch
    low, high : what the caller wants to know. At `high` or more, some proven lower bound that is at least `high` is
        given; at `low` or less an upper bound that is at most `low`; between the two, where low >= 0, a lower bound.
        With low < 0 and high infinite the distance is exact to `EXACT_M`.
    """
    vx, vy, vz = v[0], v[1], v[2]
    square = vx * vx + vy * vy + vz * vz
    if not square > 0.0:
        vx, vy, vz, square = 1.0, 0.0, 0.0, 1.0
    s, weights, best = work[:4], work[4], work[5]
    n, upper, lower = 0, np.inf, 0.0
    for _ in range(MOST_ROUNDS):
        least, ia = np.inf, a0
        for i in range(a0, a1):
            along = vx * a[i, 0] + vy * a[i, 1] + vz * a[i, 2]
            if along < least:
                least, ia = along, i
        most, ib = -np.inf, b0
        for i in range(b0, b1):
            along = vx * b[i, 0] + vy * b[i, 1] + vz * b[i, 2]
            if along > most:
                most, ib = along, i
        proven = (least - most) / np.sqrt(square)
        if proven > lower:
            lower = proven
            v[0], v[1], v[2] = vx, vy, vz
        if lower >= high or upper - lower <= EXACT_M or (low >= 0.0 and lower > low and upper < high):
            break
        s[n, 0], s[n, 1], s[n, 2] = a[ia, 0] - b[ib, 0], a[ia, 1] - b[ib, 1], a[ia, 2] - b[ib, 2]
        if n == 0:
            best[0], best[1], best[2] = s[0, 0], s[0, 1], s[0, 2]
            n = 1
        else:
            n = _nearest(s, n + 1, weights, best)
            if n == 0:
                return 0.0
        found = best[0] * best[0] + best[1] * best[1] + best[2] * best[2]
        if found <= TOUCHING_M * TOUCHING_M:
            return 0.0
        length = np.sqrt(found)
        if length >= upper:  # rounding has the last word: no progress is left in the numbers
            break
        upper = length
        vx, vy, vz, square = best[0], best[1], best[2], found
        if upper <= low:
            break
    if lower <= 0.0:
        v[0], v[1], v[2] = vx, vy, vz
    if lower >= high or (low >= 0.0 and lower > low and upper < high):
        return lower
    return upper


@compiled
def distance(a: Array, b: Array) -> float:
    """Distance (m) between the convex hulls of (n, 3) and (m, 3) points, exact to 1e-9 m; 0 where they touch."""
    v = np.empty(3)
    for x in range(3):
        v[x] = a[:, x].mean() - b[:, x].mean()
    return between(a, 0, len(a), b, 0, len(b), v, np.empty((6, 3)), -1.0, np.inf)


@compiled
def certificate(a: Array, b: Array) -> tuple[float, float]:
    """Distance as `distance` gives it, and the lower bound that proves it (m): for tests."""
    v = np.empty(3)
    for x in range(3):
        v[x] = a[:, x].mean() - b[:, x].mean()
    upper = between(a, 0, len(a), b, 0, len(b), v, np.empty((6, 3)), -1.0, np.inf)
    least, most = np.inf, -np.inf
    for k in range(len(a)):
        least = min(least, v[0] * a[k, 0] + v[1] * a[k, 1] + v[2] * a[k, 2])
    for k in range(len(b)):
        most = max(most, v[0] * b[k, 0] + v[1] * b[k, 1] + v[2] * b[k, 2])
    return upper, (least - most) / np.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2])


@compiled
def sticking_out(points: Array, kept: Array) -> Array:
    """(n,) distance (m) of each point (n, 3) from the convex hull of others (m, 3)."""
    out, v, work = np.empty(len(points)), np.empty(3), np.empty((6, 3))
    for k in range(len(points)):
        for x in range(3):
            v[x] = points[k, x] - kept[0, x]
        out[k] = between(points, k, k + 1, kept, 0, len(kept), v, work, -1.0, np.inf)
    return out


@compiled
def asked(a: Array, b: Array, v: Array, low: float, high: float) -> float:
    """`between` for whole arrays: for tests."""
    return between(a, 0, len(a), b, 0, len(b), v.copy(), np.empty((6, 3)), low, high)
