"""The compiled search on a plane: layouts decoded from sequences, annealed, compacted."""

from __future__ import annotations

import math

import numpy as np

from layout.model.pose import Array
from layout.search.plane import kernel
from layout.search.plane.compact import compact
from layout.search.plane.places import Bits
from layout.search.plane.plane import Ints, Placed, Plane, cost_of, extents

HOT, COLD = 0.15, 0.002
"""First and last temperature of a search from scratch: shares of a layout's mean cost for each rectangle."""
MOST_OUT = 5
"""Rectangles taken out at once, at most."""
BLINK = 0.3
"""Greatest chance that a line of places is left out; in half of the rounds it is less than an eighth of this."""
PASSES = 20
"""Rounds of taking each rectangle out and putting it back, at most; four or five find nothing better any more."""

NEAR = 6
"""Nearest neighbours with which each rectangle is taken out, in pairs."""


class Bench:
    """Arrays of the compiled search for one plane; not for several threads at once."""

    def __init__(self, plane: Plane) -> None:
        n = len(plane.size)
        self.plane = plane
        self.loose = np.flatnonzero(~plane.fixed)
        self._turns = plane.turns.astype(np.int64)
        self._rects, self._orders = np.zeros((3, 4, n)), np.zeros((3, 4, n), np.int64)
        self._turned = np.zeros((3, n), np.int64)
        self._work, self._out, self._active = np.zeros((8, n + 14)), np.zeros(n, np.int64), np.zeros(n, np.int64)

    def decode(self, sequence: Ints, passes: int = PASSES, near: int = NEAR) -> Placed | None:
        """Rectangles put where they cost least in a sequence, then each taken out and put back until nothing improves.

        sequence : all that are not fixed; passes : rounds of that at most, 0 for none
        None where a rectangle finds no place. The same sequence gives the same layout.
        """
        plane = self.plane
        standing = np.flatnonzero(plane.fixed)
        self._set(plane.at, np.zeros(len(plane.size), np.int64))
        rect, order = self._rects[0], self._orders[0]
        order[:, : len(standing)] = [standing[np.argsort(key[standing], kind="stable")] for key in _keys(rect)]
        stuck = kernel.decode(
            plane.size, self._turns, plane.flow, plane.box, plane.limits, rect, self._turned[0], order,
            np.ascontiguousarray(sequence, dtype=np.int64), len(standing), passes, near, _seeded(0), self._work,
            self._active,
        )  # fmt: skip
        return None if stuck else self._found(0)

    def anneal(
        self, placed: Placed, seed: int, rounds: int, hot: float = HOT, cold: float = COLD, *, best: bool = True
    ) -> Placed:
        """Rectangles taken out and put back, as simulated annealing accepts it.

        hot, cold : first and last temperature, shares of the layout's mean cost for each rectangle
        best : whether the best layout seen is the answer, else the last one
        """
        plane = self.plane
        if not len(self.loose) or placed.cost <= 0.0:
            return placed
        self._set(placed.at, placed.turned)
        unit = placed.cost / len(self.loose)
        kernel.anneal(
            plane.size, self._turns, self.loose, plane.flow, plane.box, plane.limits, self._rects, self._turned,
            self._orders, rounds, hot * unit, cold * unit, MOST_OUT, BLINK, _seeded(seed), self._work, self._out,
            self._active,
        )  # fmt: skip
        return self._found(2 if best else 1)

    def _set(self, at: Array, turned: Ints) -> None:
        rect = np.vstack([at.T, extents(self.plane, turned).T])
        self._rects[:], self._turned[:] = rect, turned
        self._orders[:] = np.array([np.argsort(key, kind="stable") for key in _keys(rect)])

    def _found(self, row: int) -> Placed:
        at = self._rects[row, :2].T.copy()
        return Placed(at, self._turned[row].copy(), cost_of(self.plane, at))


def _keys(rect: Array) -> tuple[Array, ...]:
    """What the four orders of the kernel go by."""
    return rect[0], rect[1], rect[0] - rect[2] / 2, rect[0] + rect[2] / 2


def _seeded(seed: int) -> Bits:
    """State of the kernel's random numbers."""
    return np.random.SeedSequence(seed).generate_state(1, np.uint64) | np.uint64(1)


def heat(share: float) -> float:
    """Temperature of a search that has come so far, from 0 to 1."""
    return float(HOT * (COLD / HOT) ** share)


def solve(plane: Plane, seed: int, rounds: int, restarts: int = 1) -> Placed | None:
    """The best layout of a few searches from scratch, each annealed, compacted, and both again at the end.

    rounds : of taking out and putting back, for each; None where a rectangle finds no place
    """
    bench, best = Bench(plane), None
    rng = np.random.default_rng(seed)
    for _ in range(restarts):
        placed = bench.decode(rng.permutation(bench.loose), 0)
        if placed is None:
            continue
        placed = polished(bench, bench.anneal(placed, int(rng.integers(2**63)), rounds), int(rng.integers(2**63)))
        if best is None or placed.cost < best.cost:
            best = placed
    return best


def polished(bench: Bench, placed: Placed, seed: int) -> Placed:
    """Compacted, and annealed a little at the lowest temperature, in turn, as long as it helps."""
    rounds = 20 * len(bench.loose)
    before = math.inf
    while placed.cost < before * (1 - 1e-9):
        before = placed.cost
        placed = compact(bench.plane, placed)
        placed = bench.anneal(placed, seed, rounds, COLD, COLD / 10)
    return placed
