"""The space that an arm sweeps, as convex hulls of its links at consecutive places, and whether two arms share any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from layout.model.pose import Array, Pose
from layout.motion import kernels, trajectory
from layout.motion.collision.gjk import between
from layout.motion.kernels import Flags, Index, compiled
from layout.motion.kinematics import Chain

if TYPE_CHECKING:
    from layout.motion.collision import Mover

STRIDE_M = 0.25
"""From one place to the next no point of the arm goes farther than this: long enough for few hulls, short enough for
arcs to bulge out of them by a few millimetres (what they do is worked out, `Swept.bulge_m`)."""


@dataclass(frozen=True, eq=False)
class Swept:
    """Space swept by some moves of an arm, in one frame.

    points : (m, 3) corners; start : (n + 1,) row range of each hull; box : (n, 6) low and high corner of each
    owner : (e + 1,) range of hulls of each element (a move, a stand)
    bulge_m : by how much the true shape may stand out of the hulls (roundings of the pieces included)
    """

    points: Array
    start: Index
    box: Array
    owner: Index
    bulge_m: float


def swept(chain: Chain, movers: Sequence[Mover], elements: Sequence[tuple[Array, ...]], pose: Pose) -> Swept:
    """What elements sweep. Each element is polylines of joint vectors (k, dof); movers : the arm as it is in each."""
    blocks, starts, owner = [], [np.zeros(1, np.int64)], [0]
    hulls, rows, bulge = 0, 0, 0.0
    levers = trajectory.levers_m(chain)
    for mover, lines in zip(movers, elements, strict=True):
        points, begin, frame, rounding = _links(mover)
        for line in lines:
            angles, off = _dense(line, levers)
            bulge = max(bulge, off + rounding)
            made, ends = _hulls(chain.links, chain.slides, angles, points, begin, frame)
            blocks.append(made)
            starts.append(ends + rows)
            rows += len(made)
            hulls += len(ends)
        owner.append(hulls)
    flat = np.vstack(blocks) if blocks else np.empty((0, 3))
    flat = np.ascontiguousarray(pose.apply(flat)) if len(flat) else flat
    start = np.concatenate(starts)
    box = np.empty((hulls, 6))
    if hulls:
        box[:, :3] = np.minimum.reduceat(flat, start[:-1], axis=0)
        box[:, 3:] = np.maximum.reduceat(flat, start[:-1], axis=0)
    return Swept(flat, start, box, np.array(owner, dtype=np.int64), bulge)


def shared(one: Swept, other: Swept, margin_m: float) -> tuple[Flags, Flags]:
    """Which elements of each come nearer than a margin (m) to any element of the other."""
    margin = margin_m + one.bulge_m + other.bulge_m
    a, b = np.zeros(len(one.owner) - 1, dtype=np.bool_), np.zeros(len(other.owner) - 1, dtype=np.bool_)
    _meet(one.points, one.start, one.box, one.owner, other.points, other.start, other.box, other.owner, margin, a, b)
    return a, b


def _dense(line: Array, levers: Array) -> tuple[Array, float]:
    """A polyline with points between, STRIDE_M apart at most, and how far arcs bulge out of their chords (m).

    Between two joint vectors dq apart, a point's acceleration over the share of the way is at most
    sum(lever dq) sum(dq); a chord is left by an eighth of that.
    """
    line = np.atleast_2d(line)
    rows, bulge = [line[:1]], 0.0
    for k in range(len(line) - 1):
        move = np.abs(line[k + 1] - line[k])
        pieces = max(int(np.ceil(float(levers @ move) / STRIDE_M)), 1)
        share = np.arange(1, pieces + 1)[:, None] / pieces
        rows.append(line[k] + share * (line[k + 1] - line[k]))
        bulge = max(bulge, float(levers @ move) * float(move.sum()) / pieces**2 / 8.0)
    return np.ascontiguousarray(np.concatenate(rows)), bulge


def _links(mover: Mover) -> tuple[Array, Index, Index, float]:
    """Corners (m, 3), row ranges and frames of one hull for each joint's links, and the greatest rounding (m)."""
    return _links_of(_Keyed(mover))


class _Keyed:
    def __init__(self, mover: Mover) -> None:
        self.mover = mover

    def __hash__(self) -> int:
        return hash(self.mover.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Keyed) and other.mover.key == self.mover.key


@lru_cache(maxsize=64)
def _links_of(keyed: _Keyed) -> tuple[Array, Index, Index, float]:
    bodies = keyed.mover.bodies
    blocks, frames = [], []
    for frame in sorted({int(f) for f in bodies.frame if f > 0}):
        pieces = np.flatnonzero(bodies.frame == frame)
        blocks.append(_corners(np.vstack([bodies.points[bodies.start[p] : bodies.start[p + 1]] for p in pieces])))
        frames.append(frame)
    start = np.cumsum([0] + [len(block) for block in blocks]).astype(np.int64)
    points = np.ascontiguousarray(np.vstack(blocks)) if blocks else np.empty((0, 3))
    return points, start, np.array(frames, dtype=np.int64), float(max(bodies.round_m, default=0.0))


def _corners(points: Array) -> Array:
    """The corners of a cloud's convex hull; all of a flat one."""
    from scipy.spatial import ConvexHull, QhullError

    try:
        return np.asarray(points[ConvexHull(points).vertices])
    except (QhullError, ValueError):
        return points


@compiled
def _hulls(
    links: Array, slides: Flags, angles: Array, points: Array, start: Index, frame: Index
) -> tuple[Array, Index]:
    """Corners of each link at each two consecutive places, base frame, and where each hull ends."""
    count, n, bodies = len(angles), angles.shape[1], len(frame)
    steps = max(count - 1, 1)
    out = np.empty((steps * 2 * len(points), 3))
    ends = np.empty(steps * bodies, np.int64)
    frames = np.zeros((count, n + 1, 4, 4))
    for k in range(count):
        for i in range(4):
            frames[k, 0, i, i] = 1.0
        for j in range(n):
            kernels.step(frames[k, j], links[j], frames[k, j + 1])
            frames[k, j + 1, 3, 3] = 1.0
            kernels.drive(frames[k, j + 1], slides[j], angles[k, j])
    row = 0
    for k in range(steps):
        for b in range(bodies):
            for which in range(2):
                f = frames[min(k + which, count - 1), frame[b]]
                for p in range(start[b], start[b + 1]):
                    x, y, z = points[p, 0], points[p, 1], points[p, 2]
                    for i in range(3):
                        out[row, i] = f[i, 0] * x + f[i, 1] * y + f[i, 2] * z + f[i, 3]
                    row += 1
            ends[k * bodies + b] = row
    return out, ends


@compiled
def _apart(a: Array, b: Array) -> float:
    """Squared distance (m) of two boxes (6,)."""
    square = 0.0
    for i in range(3):
        gap = max(a[i] - b[3 + i], b[i] - a[3 + i], 0.0)
        square += gap * gap
    return square


@compiled
def _around(box: Array, first: int, last: int) -> Array:
    """The box (6,) of some boxes."""
    out: Array = box[first].copy()
    for k in range(first + 1, last):
        for i in range(3):
            out[i] = min(out[i], box[k, i])
            out[3 + i] = max(out[3 + i], box[k, 3 + i])
    return out


@compiled
def _meet(
    a: Array,
    a_start: Index,
    a_box: Array,
    a_owner: Index,
    b: Array,
    b_start: Index,
    b_box: Array,
    b_owner: Index,
    margin: float,
    a_in: Flags,
    b_in: Flags,
) -> None:
    """Marks elements whose hulls come within the margin of one another; pairs that are both marked are left out."""
    v, work, limit = np.empty(3), np.empty((6, 3)), margin * margin
    b_whole = np.empty((len(b_in), 6))
    for j in range(len(b_in)):
        b_whole[j] = _around(b_box, b_owner[j], b_owner[j + 1])
    for i in range(len(a_in)):
        whole = _around(a_box, a_owner[i], a_owner[i + 1])
        for j in range(len(b_in)):
            if (a_in[i] and b_in[j]) or _apart(whole, b_whole[j]) > limit:
                continue
            met = False
            for h in range(a_owner[i], a_owner[i + 1]):
                if _apart(a_box[h], b_whole[j]) > limit:
                    continue
                for k in range(b_owner[j], b_owner[j + 1]):
                    if _apart(a_box[h], b_box[k]) > limit:
                        continue
                    for x in range(3):
                        v[x] = 0.5 * (a_box[h, x] + a_box[h, 3 + x] - b_box[k, x] - b_box[k, 3 + x])
                    got = between(a, a_start[h], a_start[h + 1], b, b_start[k], b_start[k + 1], v, work, margin, margin)
                    if got < margin:
                        met = True
                        break
                if met:
                    break
            if met:
                a_in[i], b_in[j] = True, True
