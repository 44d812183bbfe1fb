"""Where an arm is at each time of a planned move, and polylines that stand for it with a known error.

A move goes through via points: from rest to rest it is the closed form of `clocks.positions`; where it passes via
points without stopping, ruckig joins states (position and velocity) by time-optimal, jerk-limited pieces. ruckig's own
waypoints are never used: they call a web service.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Generic, TypeVar

import numpy as np

from layout.errors import LayoutError
from layout.model.pose import Array
from layout.model.results import JointPath
from layout.motion import clocks
from layout.motion.kernels import Index, compiled
from layout.motion.kinematics import Chain

DENSE_S = 0.004
"""A move is sampled this densely before it is thinned out: an arm that speeds up with 10 m/s^2 leaves the chord by
0.02 mm. What it can leave it by at most is worked out for each move (`Polyline.error_m`)."""

THINNED_M = 0.002
"""Thinning leaves the polyline this close to the samples, measured at the farthest point of the arm."""

SPEED_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Velocities tried at a via point, as shares of the highest that keeps all joints within their speeds."""

K = TypeVar("K")
Row = list[float]


@dataclass(frozen=True, eq=False)
class Way:
    """A move of all joints at full speed: points (m, dof) (rad, m) and velocities there (m, dof), 0 at the ends."""

    points: Array
    speeds: Array

    @property
    def stops(self) -> bool:
        """Whether it comes to rest at each of its points."""
        return not self.speeds.any()

    def back(self) -> Way:
        """The same way in the other direction."""
        return Way(self.points[::-1].copy(), -self.speeds[::-1].copy())


@dataclass(frozen=True, eq=False)
class Polyline:
    """Joint vectors (k, dof) whose straight joins no point of the arm leaves by more than error_m (m)."""

    angles: Array
    error_m: float


def direct(first: Array, second: Array) -> Way:
    """From rest to rest without a via point."""
    points = np.stack([first, second])
    return Way(points, np.zeros_like(points))


def duration_s(way: Way, limits: Array) -> float:
    """How long a move takes at full speed."""
    if way.stops:
        return float(sum(clocks.slowest(a, b, limits) for a, b in zip(way.points, way.points[1:], strict=False)))
    return float(sum(piece.duration for piece in _pieces(way, limits)))


def sample(way: Way, limits: Array, step_s: float = DENSE_S) -> tuple[Array, Array]:
    """Times (k,) (s) from 0 and joint vectors (k, dof) along a move, no farther than `step_s` apart."""
    if not way.stops:
        pieces = _pieces(way, limits)
        spans = np.array([float(piece.duration) for piece in pieces])
        if not any(profile.brake.duration > 0.0 for piece in pieces for profile in piece.profiles[0]):
            phases = [[(p.t, p.j, p.a[:7], p.v[:7], p.p[:7]) for p in piece.profiles[0]] for piece in pieces]
            return _phased(np.array(phases), spans, way.points, step_s)
    clock, rows, start = [np.zeros(1)], [way.points[:1]], 0.0
    for k in range(len(way.points) - 1):
        first, second = way.points[k], way.points[k + 1]
        span = float(clocks.slowest(first, second, limits)) if way.stops else float(spans[k])
        if span <= 0.0:
            continue
        times = np.linspace(0.0, span, max(int(np.ceil(span / step_s)), 8) + 1)[1:]
        if way.stops:
            angles = clocks.positions(first, second, limits, times)
        else:  # a velocity above its limit: not met
            angles = np.array([pieces[k].at_time(float(t))[0] for t in times])
            angles[-1] = second
        clock.append(start + times)
        rows.append(angles)
        start += span
    return np.concatenate(clock), np.concatenate(rows)


def polyline(chain: Chain, way: Way, limits: Array) -> Polyline:
    """A move as a polyline in joint space for collision checks: few points where joints go in proportion.

    Between samples dt apart, a joint that speeds up with a at most leaves the chord by a dt^2 / 8 at most, and a point
    of the arm by the sum of that over the joints, each times its lever (`levers_m`).
    """
    levers = levers_m(chain)
    if len(way.points) == 2 and bool(clocks.in_proportion(way.points[0], way.points[1], limits)):
        step = DENSE_S if way.points[0].tobytes() != way.points[1].tobytes() else 0.0
        return Polyline(way.points, THINNED_M + step * step / 8.0 * float(limits[1] @ levers))
    clock, angles = sample(way, limits)
    if len(angles) == 1:
        return Polyline(np.repeat(angles, 2, axis=0), 0.0)
    step = float(np.diff(clock).max())
    rest = step * step / 8.0 * float(limits[1] @ levers)
    kept = thin(angles, np.zeros(0), levers, THINNED_M)
    return Polyline(np.ascontiguousarray(angles[kept]), THINNED_M + rest)


def joint_path(chain: Chain, way: Way, limits: Array, speed: float, dense: bool = False) -> JointPath:
    """A move at a share of full speed: times and joint vectors between which straight lines are true to THINNED_M.

    dense : all samples, DENSE_S apart at full speed: then speeds and accelerations are true as well
    """
    clock, angles = sample(way, limits)
    if dense:
        return JointPath(clock / speed, angles)
    kept = thin(angles, clock, levers_m(chain), THINNED_M)
    return JointPath(clock[kept] / speed, np.ascontiguousarray(angles[kept]))


@lru_cache(maxsize=64)
def levers_m(chain: Chain) -> Array:
    """(dof,) how far a point of the arm, its tool or its part moves at most for each rad (m) of a joint. Read-only."""
    lengths = np.linalg.norm(chain.links[1:, :3, 3], axis=1)
    strokes = np.where(chain.slides, np.maximum(abs(chain.lower), abs(chain.upper)), 0.0)
    beyond = np.cumsum((lengths + np.append(strokes[1:], 0.0))[::-1])[::-1]
    out: Array = np.where(chain.slides, 1.0, beyond + BODY_M)
    out.flags.writeable = False
    return out


BODY_M = 0.25
"""What stands out sideways or beyond the tool centre point: half a link's thickness, half a part."""


@compiled
def thin(angles: Array, clock: Array, levers: Array, tolerance: float) -> Index:
    """Indices of the samples (k, n) to keep, so that straight lines between them are within a tolerance (m) of all.

    With a clock (k,) each sample is compared with the line at its time, without (empty) with the line's nearest point.
    """
    count, n = angles.shape
    kept = np.empty(count, np.int64)
    kept[0], used, at = 0, 1, 0
    while at < count - 1:
        low, high, step = at + 1, count - 1, 8  # low is fine: no sample between; gallop, then halve
        while low < high:
            probe = min(low + step, high)
            if _close(angles, clock, levers, tolerance, at, probe, n):
                low = probe
                step *= 2
            else:
                high = probe - 1
                step = max((high - low + 1) // 2, 1)
        at = low
        kept[used] = at
        used += 1
    return kept[:used].copy()


@compiled
def _close(angles: Array, clock: Array, levers: Array, tolerance: float, i: int, j: int, n: int) -> bool:
    square = 0.0
    for d in range(n):
        square += (levers[d] * (angles[j, d] - angles[i, d])) ** 2
    for k in range(i + 1, j):
        if len(clock) > 0:
            share = (clock[k] - clock[i]) / (clock[j] - clock[i])
        else:
            share = 0.0
            for d in range(n):
                share += levers[d] ** 2 * (angles[j, d] - angles[i, d]) * (angles[k, d] - angles[i, d])
            share = min(max(share / square, 0.0), 1.0) if square > 0.0 else 0.0
        off = 0.0
        for d in range(n):
            off += levers[d] * abs(angles[k, d] - angles[i, d] - share * (angles[j, d] - angles[i, d]))
        if off > tolerance:
            return False
    return True


def blend(points: Array, limits: Array) -> Way:
    """A way through points (m, dof) that need not stop at those between: velocities there that make it quick.

    At each point the direction is that from the point before to the point after, the magnitude a share of the highest
    that all joints allow; shares are chosen one after the other, twice, for the least time of the pieces next to it.
    """
    stop = Way(points, np.zeros_like(points))
    inner = len(points) - 2
    if inner < 1:
        return stop
    fast = np.zeros_like(points)
    for k in range(1, inner + 1):
        along = points[k + 1] - points[k - 1]
        ratio = np.max(np.abs(along) / limits[0])
        if ratio > 0.0:
            fast[k] = along / ratio * 0.999
    join = _joiner(limits.tobytes())
    rows = points.tolist()
    choice = [[(share * v).tolist() for share in SPEED_SHARES] for v in fast]
    spans: dict[tuple[int, int, int], float] = {}
    picks = [0] * len(points)

    def span(k: int, one: int, other: int) -> float:
        key = (k, one, other)
        if key not in spans:
            piece = join(rows[k], rows[k + 1], choice[k][one], choice[k + 1][other])
            spans[key] = np.inf if piece is None else float(piece.duration)
        return spans[key]

    def through(k: int, share: int) -> float:
        return round(span(k - 1, picks[k - 1], share) + span(k, share, picks[k + 1]), 9)

    for _ in range(2 if inner > 1 else 1):
        for k in range(1, inner + 1):
            picks[k] = _least(partial(through, k))
    speeds = np.array([choice[k][pick] for k, pick in enumerate(picks)])
    return Way(points, speeds)


def _least(time_s: Callable[[int], float]) -> int:
    """The share of SPEED_SHARES with the least time, the lowest of equals, found downhill from the middle one."""
    best = len(SPEED_SHARES) // 2
    known = {s: time_s(s) for s in (best - 1, best, best + 1)}
    while True:
        best = min(known, key=lambda s: (known[s], s))
        beyond = [s for s in (best - 1, best + 1) if s not in known and 0 <= s < len(SPEED_SHARES)]
        if not beyond:
            return best
        known.update((s, time_s(s)) for s in beyond)


@compiled
def _phased(phases: Array, spans: Array, points: Array, step_s: float) -> tuple[Array, Array]:
    """Times (k,) and places (k, n) along ruckig's trajectories, one after the other, from their phases of even jerk.

    phases (m, n, 5, 7): duration, and jerk, acceleration, velocity, place at the start; spans (m,) (s) of the pieces,
    points (m + 1, n) their ends.
    """
    count = 1
    for piece in range(len(spans)):
        if spans[piece] > 0.0:
            count += max(int(np.ceil(spans[piece] / step_s)), 8)
    clock, out = np.empty(count), np.empty((count, points.shape[1]))
    clock[0], out[0], row, start = 0.0, points[0], 1, 0.0
    for piece in range(len(spans)):
        if spans[piece] <= 0.0:
            continue
        steps = max(int(np.ceil(spans[piece] / step_s)), 8)
        for d in range(points.shape[1]):
            own = phases[piece, d]
            m, gone = 0, 0.0
            for k in range(1, steps):
                u = spans[piece] * k / steps - gone
                while m < 6 and u > own[0, m]:
                    u -= own[0, m]
                    gone += own[0, m]
                    m += 1
                j, a, v, p = own[1, m], own[2, m], own[3, m], own[4, m]
                out[row + k - 1, d] = p + u * (v + u * (0.5 * a + u * j / 6.0))
            out[row + steps - 1, d] = points[piece + 1, d]
        for k in range(1, steps + 1):
            clock[row + k - 1] = start + spans[piece] * k / steps
        row += steps
        start += spans[piece]
    return clock, out


def _pieces(way: Way, limits: Array) -> list[Any]:
    """ruckig's trajectories from point to point."""
    key = limits.tobytes()
    known = _joined.get(way)
    if known is not None and known[0] == key:
        _joined.move_to_end(way)
        return known[1]
    join, points, speeds = _joiner(key), way.points.tolist(), way.speeds.tolist()
    found = []
    for k in range(len(points) - 1):
        piece = join(points[k], points[k + 1], speeds[k], speeds[k + 1], keep=True)
        if piece is None:
            raise LayoutError(f"ruckig finds no move between {points[k]} and {points[k + 1]}")
        found.append(piece)
    _joined[way] = key, found
    if len(_joined) > _MOST_JOINED:
        _joined.popitem(last=False)
    return found


_MOST_JOINED = 256
"""Ways whose trajectories are kept: ruckig's take some 10 kB each, far more than the way that they are made from."""

_joined: OrderedDict[Way, tuple[bytes, list[Any]]] = OrderedDict()


class _Joiner:
    """Joins states by ruckig; setting it up costs more than a trajectory, so one serves all ways at the same limits."""

    def __init__(self, limits: Array) -> None:
        from ruckig import InputParameter, Result, Ruckig, Trajectory

        self._dof = limits.shape[1]
        self._new, self._good = Trajectory, (Result.Working, Result.Finished)
        self._ruckig, self._wanted, self._scratch = Ruckig(self._dof), InputParameter(self._dof), Trajectory(self._dof)
        self._wanted.max_velocity, self._wanted.max_acceleration, self._wanted.max_jerk = limits.tolist()

    def __call__(self, first: Row, second: Row, speed: Row, other: Row, *, keep: bool = False) -> Any:
        """The trajectory, None where there is none. Without `keep` it is good until the next call."""
        self._wanted.current_position, self._wanted.target_position = first, second
        self._wanted.current_velocity, self._wanted.target_velocity = speed, other
        trajectory = self._new(self._dof) if keep else self._scratch
        return trajectory if self._ruckig.calculate(self._wanted, trajectory) in self._good else None


@lru_cache(maxsize=16)
def _joiner(limits: bytes) -> _Joiner:
    return _Joiner(np.frombuffer(limits).reshape(3, -1))


class Lazy(Mapping[K, JointPath], Generic[K]):
    """Paths that are worked out when they are asked for: the simulation never asks. Picklable where `make` is.

    make : (key, dense) -> path
    """

    def __init__(self, keys: tuple[K, ...], make: Callable[[K, bool], JointPath]) -> None:
        self._keys, self._make = keys, make
        self._made: dict[K, JointPath] = {}

    def __getitem__(self, key: K) -> JointPath:
        if key not in self._made:
            self._made[key] = self._make(self._known(key), False)
        return self._made[key]

    def dense(self, key: K) -> JointPath:
        """A path that is true in speed and acceleration, too (see `joint_path`). Not kept: it is long."""
        return self._make(self._known(key), True)

    def _known(self, key: K) -> K:
        if key not in self._keys:
            raise KeyError(key)
        return key

    def __iter__(self) -> Iterator[K]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)
