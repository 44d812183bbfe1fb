"""Ways round what stands between two configurations: a few good guesses first, then a search, then made short.

Guesses are what a person who programs an arm tries: draw the tool back farther, lift it, fold the arm towards home and
swing. Where none is free, RRT-Connect (Kuffner & LaValle, "RRT-Connect: an efficient approach to single-query path
planning", IEEE ICRA 2000) grows two trees in joint space, from a fixed seed. What comes out is shortened, passed
without stopping at its points (`trajectory.blend`), and checked once more along the very way that the arm will take.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from layout.model.pose import Array
from layout.motion import clocks, kernels, trajectory
from layout.motion.cell import LOADED, MARGIN_M, Cell
from layout.motion.kernels import Flags, Index
from layout.motion.kinematics import Chain
from layout.motion.ports import LONGEST_STEP_RAD
from layout.motion.trajectory import Way

BACK_M = (0.15, 0.35)
"""How much farther (m) than its approach point the tool is drawn back, against its own direction ..."""

LIFT_M = (0.2, 0.5)
"""... or lifted."""

FOLDS = (0.35, 0.7, 1.0)
"""How far the joints beyond the first go towards home, as shares."""

GROWTHS = 240
"""RRT-Connect gives up after so many growths: on the order of a quarter of a second."""

STRIDE_S = 0.25
"""A branch grows by what the slowest joint does in this time at full speed."""

SHORTEN = 1
"""Rounds of pulling via points in; a second gains 1 % of the time ..."""

WORTH = 0.03
"""... each time for a gain of at least this share of the time."""


PATH_PIECES = 24
"""Pieces of the polyline that measures the tool's path: short by 0.1 % on a half turn."""


@dataclass(frozen=True)
class Blocked:
    """A move that cannot be made.

    first, second : rows of the stops; equal where the stop itself cannot be served without contact
    amount_m : way of the tool (m) on the direct move that lies between the first hit from either end
    thing, link : what is in the way, and what of the arm would hit it
    """

    first: int
    second: int
    amount_m: float
    thing: str
    link: str


def free(cell: Cell, way: Way, state: int) -> bool:
    """Whether nothing comes nearer than MARGIN_M to arm, tool and part, all along a move."""
    if cell.movers is None or cell.surroundings is None:
        return True
    from layout.motion.collision import any_hit

    shape = trajectory.polyline(cell.chain, way, cell.limits[state])
    return any_hit(cell.movers[state], cell.surroundings, shape.angles, MARGIN_M + shape.error_m) is None


def same(cell: Cell, way: Way) -> bool:
    """Whether a direct move goes the same way empty and loaded: straight in joint space, whatever the limits."""
    if len(way.points) > 2:
        return False
    first, second = way.points
    return all(bool(clocks.in_proportion(first, second, limits)) for limits in cell.limits)


def blockage(cell: Cell, way: Way, state: int, a: int, b: int) -> Blocked:
    """What is in the way of a move that no way round was found for."""
    length = tool_way_m(cell, way)
    if cell.movers is None or cell.surroundings is None:
        return Blocked(a, b, length, "", "")
    from layout.motion.collision import first_hit

    shape = trajectory.polyline(cell.chain, way, cell.limits[state])
    margin = MARGIN_M + shape.error_m
    on = first_hit(cell.movers[state], cell.surroundings, shape.angles, margin)
    back = first_hit(cell.movers[state], cell.surroundings, np.ascontiguousarray(shape.angles[::-1]), margin)
    if on is None or back is None:
        return Blocked(a, b, length, "", "")
    return Blocked(a, b, max(1.0 - on.share - back.share, 0.01) * length, on.thing, on.link)


def tool_way_m(cell: Cell, way: Way) -> float:
    """Way (m) of the tool centre point on a loaded move, between its stops."""
    chain = cell.chain
    if len(way.points) == 2 and same(cell, way):
        return float(kernels.path_length(chain.links, chain.slides, way.points[0], way.points[1], PATH_PIECES))
    _, angles = trajectory.sample(way, cell.limits[LOADED])
    some = np.ascontiguousarray(angles[np.unique(np.r_[np.arange(0, len(angles), 4), len(angles) - 1])])
    points = kernels.tools(chain.links, chain.slides, some)[:, :3, 3]
    return float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())


class Scout:
    """Looks for ways round in one cell; what it found out about single configurations and joins serves all of them."""

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        self._stands: dict[tuple[int, bytes], bool] = {}
        self._joined: dict[tuple[int, bytes, bytes], bool] = {}
        self._moved: dict[tuple[bytes, float, float], Array | None] = {}

    def plan(self, first: Array, second: Array, state: int, hint: Way | None = None) -> Way | None:
        """A free way between two configurations that has no free direct move; None where none is found.

        hint : a way between the two that was found for the other state (empty, loaded)
        """
        cell, limits = self.cell, self.cell.limits[state]
        if hint is not None and len(hint.points) > 2:
            way = _passable(cell, hint.points, state)
            if way is not None:
                return way
        vias = list(self._guesses(first, second))
        points, ways = _listed(first, second, vias)
        times = np.round(clocks.spans(points, ways, limits), 9)
        ways = ways[np.argsort(times, kind="stable")]
        rough: list[Array] = []
        if cell.movers is not None and cell.surroundings is not None:
            from layout.motion.collision import Choice

            choice = Choice(cell.movers[state], cell.surroundings, points, ways, MARGIN_M + 2 * trajectory.THINNED_M)
            k = choice.promising(0, cell.chain.lower, cell.chain.upper)
            while k < len(ways):
                passed = points[ways[k][ways[k] >= 0]]
                way = trajectory.blend(passed, limits)
                if free(cell, way, state):
                    return _shorten(cell, way, state, guessed=True)
                rough.append(passed)
                k = choice.promising(k + 1, cell.chain.lower, cell.chain.upper)
        for passed in rough:
            if all(self.joined(a, b, state) for a, b in itertools.pairwise(passed)):
                stop = Way(passed, np.zeros_like(passed))
                if free(cell, stop, state):
                    return _shorten(cell, stop, state, guessed=True)
        points_or_none = _grow(cell, first, second, state)
        if points_or_none is None:
            return None
        stop = Way(points_or_none, np.zeros_like(points_or_none))
        return _shorten(cell, _passable(cell, points_or_none, state) or stop, state)

    def stands(self, q: Array, state: int) -> bool:
        """Whether a configuration is within the joint limits and free, by a little more than a move has to."""
        key = (state, q.tobytes())
        if key not in self._stands:
            inside = bool((q >= self.cell.chain.lower).all() and (q <= self.cell.chain.upper).all())
            self._stands[key] = inside and _clear(self.cell, q, state)
        return self._stands[key]

    def joined(self, one: Array, other: Array, state: int) -> bool:
        """Whether the straight join of two points in joint space is free; what is with a part is without one."""
        ends = (one.tobytes(), other.tobytes())
        for known in (state, LOADED):
            for key in ((known, *ends), (known, *ends[::-1])):
                if key in self._joined and (known == state or self._joined[key]):
                    return self._joined[key]
        found = _joined(self.cell, one, other, state)
        self._joined[state, ends[0], ends[1]] = found
        return found

    def moved(self, q: Array, back: float = 0.0, up: float = 0.0) -> Array | None:
        """The configuration with the tool drawn back or lifted in a straight line, None where that is not possible."""
        key = (q.tobytes(), back, up)
        if key not in self._moved:
            self._moved[key] = _moved(self.cell.chain, q, back, up)
        return self._moved[key]

    def _guesses(self, first: Array, second: Array) -> Iterator[list[Array]]:
        """Lists of via points."""
        chain, home = self.cell.chain, self.cell.chain.home
        swing = _swinging(chain)
        middle = 0.5 * (first + second)

        def folded(q: Array, share: float) -> Array:
            return np.where(swing, q, q + share * (home - q))

        drawn = [(self.moved(first, back=way), self.moved(second, back=way)) for way in BACK_M]
        drawn += [(self.moved(first, up=way), self.moved(second, up=way)) for way in LIFT_M]
        for one, other in [*drawn, *((folded(first, share), folded(second, share)) for share in FOLDS)]:
            if one is not None:
                yield [one]
            if other is not None:
                yield [other]
            if one is not None and other is not None:
                yield [one, other]
        for share in FOLDS:
            yield [folded(middle, share)]
            for one, other in drawn[: len(BACK_M)]:
                if one is not None and other is not None:
                    yield [one, folded(middle, share), other]
        yield [folded(first, 1.0), home.copy(), folded(second, 1.0)]
        for turn in (-np.pi, np.pi):  # the other way about
            opposite = np.where(swing & ~chain.slides, middle + turn, middle)
            yield [folded(first, 1.0), folded(opposite, 1.0), folded(second, 1.0)]


def _listed(first: Array, second: Array, vias: list[list[Array]]) -> tuple[Array, Index]:
    """Points (n, dof), each once, and ways from first to second as rows of them (k, m), -1 where there are no more."""
    rows: dict[bytes, int] = {}
    points: list[Array] = []

    def row(q: Array) -> int:
        key = q.tobytes()
        if key not in rows:
            rows[key] = len(points)
            points.append(q)
        return rows[key]

    start, end = row(first), row(second)
    ways = np.full((len(vias), 2 + max(map(len, vias))), -1, dtype=np.int64)
    for k, between in enumerate(vias):
        way = [start, *map(row, between), end]
        ways[k, : len(way)] = way
    return np.array(points), ways


def _passable(cell: Cell, points: Array, state: int) -> Way | None:
    """The way through points without stopping if it is free, else stopping at each if that is, else None."""
    way = trajectory.blend(points, cell.limits[state])
    if not way.stops and free(cell, way, state):
        return way
    stop = Way(points, np.zeros_like(points))
    return stop if free(cell, stop, state) else None


def _shorten(cell: Cell, way: Way, state: int, guessed: bool = False) -> Way:
    """Leave via points out, and pull the others towards the line between their neighbours, as long as it stays free.

    guessed : one of the guesses, of which those with fewer points have been tried
    """
    limits = cell.limits[state]
    best, time = way, trajectory.duration_s(way, limits)
    k = len(best.points) if guessed and len(best.points) <= 4 else 1
    while len(best.points) > 3 and k < len(best.points) - 1:
        made = trajectory.blend(np.delete(best.points, k, axis=0), limits)
        took = trajectory.duration_s(made, limits)
        if took < time and free(cell, made, state):
            best, time = made, took
        else:
            k += 1
    for _ in range(SHORTEN):
        before = time
        for k in range(1, len(best.points) - 1):
            points = best.points.copy()
            points[k] += 0.5 * (0.5 * (points[k - 1] + points[k + 1]) - points[k])
            if not _clear(cell, points[k], state):
                continue
            made = trajectory.blend(points, limits)
            took = trajectory.duration_s(made, limits)
            if took < (1.0 - WORTH) * time and free(cell, made, state):
                best, time = made, took
        if time == before:
            break
    return best


def _swinging(chain: Chain) -> Flags:
    """(dof,) bool: the joints that carry the arm about, which are a rail and the first that turns."""
    turns = np.flatnonzero(~chain.slides)
    last = int(turns[0]) if len(turns) else -1
    return np.asarray(np.arange(chain.dof) <= last)


def _moved(chain: Chain, q: Array, back: float = 0.0, up: float = 0.0) -> Array | None:
    """The configuration with the tool drawn back or lifted in a straight line, None where that cannot be followed."""
    pose = kernels.tool(chain.links, chain.slides, q)
    goal = pose[:3, 3] - back * pose[:3, 2] + [0.0, 0.0, up]
    out = q.copy()
    ok = kernels.follow(chain.links, chain.slides, chain.lower, chain.upper, out, goal, 6, LONGEST_STEP_RAD)
    return out if ok else None


def _clear(cell: Cell, q: Array, state: int) -> bool:
    if cell.movers is None or cell.surroundings is None:
        return True
    from layout.motion.collision import free as keeps

    return bool(keeps(cell.movers[state], cell.surroundings, q, MARGIN_M + 2 * trajectory.THINNED_M)[0])


# ---------------------------------------------------------------- search


def _grow(cell: Cell, first: Array, second: Array, state: int) -> Array | None:
    """RRT-Connect: (k, dof) points from first to second whose straight joins in joint space are free."""
    chain, speeds = cell.chain, cell.limits[state][0]
    rng = np.random.default_rng(0)
    low, high = np.minimum(first, second), np.maximum(first, second)
    low, high = np.minimum(low, chain.home), np.maximum(high, chain.home)
    spread = 0.25 * (high - low) + 0.3
    near_low, near_high = np.maximum(low - spread, chain.lower), np.minimum(high + spread, chain.upper)
    trees: list[tuple[list[Array], list[int]]] = [([first], [-1]), ([second], [-1])]
    grown, side = 0, 0
    while grown < GROWTHS:
        one, other = trees[side], trees[1 - side]
        near = rng.random() < 0.7
        goal = rng.uniform(near_low, near_high) if near else rng.uniform(chain.lower, chain.upper)
        grown += 1
        at = _towards(cell, one, goal, speeds, state)
        while at >= 0 and grown < GROWTHS:  # the other tree grows to the new point as far as it can
            grown += 1
            to = _towards(cell, other, one[0][at], speeds, state)
            if to < 0:
                break
            if np.array_equal(other[0][to], one[0][at]):
                way = _trace(one, at)[::-1] + _trace(other, to)[1:]
                return _cut(cell, np.array(way if side == 0 else way[::-1]), state)
        side = 1 - side
    return None


def _towards(cell: Cell, tree: tuple[list[Array], list[int]], goal: Array, speeds: Array, state: int) -> int:
    """Grow a tree by one branch towards a point: index of the new point, -1 where something is in the way."""
    points, parents = tree
    away = np.max(np.abs(np.array(points) - goal) / speeds, axis=1)
    base = int(np.argmin(away))
    if away[base] <= 1e-9:
        return base
    share = min(1.0, STRIDE_S / away[base])
    new = goal.copy() if share >= 1.0 else points[base] + share * (goal - points[base])
    if not _joined(cell, points[base], new, state):
        return -1
    points.append(new)
    parents.append(base)
    return len(points) - 1


def _joined(cell: Cell, one: Array, other: Array, state: int) -> bool:
    """Whether the straight join of two points in joint space is free, with room for what blending adds."""
    if cell.movers is None or cell.surroundings is None:
        return True
    from layout.motion.collision import any_hit

    margin = MARGIN_M + 2 * trajectory.THINNED_M
    return any_hit(cell.movers[state], cell.surroundings, np.stack([one, other]), margin) is None


def _trace(tree: tuple[list[Array], list[int]], at: int) -> list[Array]:
    """Points from a leaf to the root."""
    points, parents = tree
    out = []
    while at >= 0:
        out.append(points[at])
        at = parents[at]
    return out


def _cut(cell: Cell, points: Array, state: int) -> Array:
    """Leave out points that a straight join can skip: from each point to the farthest that can be had."""
    kept, at = [points[0]], 0
    while at < len(points) - 1:
        for to in range(len(points) - 1, at, -1):
            if to == at + 1 or _joined(cell, points[at], points[to], state):
                break
        kept.append(points[to])
        at = to
    return np.array(kept)
