"""A stand-in for the simulation that costs nothing: what is promised by how far apart those stand who exchange parts.

Each pair that parts pass between has a distance: as the crow flies, or, where one arm serves both, the arc that the arm
turns. A candidate's worth is taken as linear in them. Before anything was told the slopes are minus the flow between
the pair; what is told of feasible candidates turns them by ridge regression, kept up to date one candidate at a time.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from layout.model.pose import Array
from layout.search.packing import Packer

FORGET = 0.995  # of what was told, with each feasible candidate
MOST = 1e8  # values beyond it stand for what is no number
NOWHERE = (0.0, 0.0, 0.0)
TRUST = 8.0  # feasible candidates that the flow-weighted distance weighs as much as


class Surrogate:
    """Of one study."""

    def __init__(self, prior: Array) -> None:
        size = len(prior)
        self._prior = prior
        self._count, self._mean, self._worth = 0.0, np.zeros(size), 0.0
        self._square, self._product = np.zeros((size, size)), np.zeros(size)
        self._spread = 0.0

    def learn(self, x: Array, value: float) -> None:
        """Take in the features of a feasible candidate that was told, and its value (more is better)."""
        if abs(value) > MOST:
            return
        self._count = FORGET * self._count + 1.0
        off, worth = x - self._mean, value - self._worth
        self._mean = self._mean + off / self._count
        self._worth += worth / self._count
        self._square = FORGET * self._square + np.outer(off, x - self._mean)
        self._product = FORGET * self._product + off * (value - self._worth)
        self._spread = FORGET * self._spread + worth * (value - self._worth)

    def slope(self) -> tuple[float, ...]:
        """What one metre more between each pair is worth, in standard deviations of the worth told."""
        size = len(self._prior)
        if not size or self._count < 2 or self._spread <= 0.0:
            return tuple(self._prior.tolist())
        scale = np.sqrt(np.diag(self._square) / self._count) + 1e-3
        unit = np.sqrt(self._spread / self._count)
        square = self._square / np.outer(scale, scale) + TRUST * np.eye(size)
        prior = self._prior * scale
        prior = prior / max(float(np.linalg.norm(prior)), 1e-9)
        slope = np.linalg.solve(square, self._product / (scale * unit) + TRUST * prior) / scale
        return tuple(slope.tolist())


class Distances:
    """The distances of a candidate, in the order of `pairs`: between hand-over places, or, where one arm serves both,
    the arc that it turns at half its reach.

    driven : pairs between which vehicles carry parts: they are left out where no arm serves both
    """

    def __init__(self, packer: Packer, driven: Collection[tuple[str, str]] = ()) -> None:
        names = list(packer.spots)
        self.packer = packer
        self.names = names
        self.pairs: list[tuple[str, str]] = [
            (a, b)
            for i, a in enumerate(names)
            for b in names[i + 1 :]
            if packer.weights.get(a, {}).get(b, 0.0) > 0.0
            and (packer.arm_between(a, b) or not {(a, b), (b, a)} & set(driven))
        ]
        arms = [packer.arm_between(a, b) for a, b in self.pairs]
        rows = {name: row for row, name in enumerate(names)}
        self._rows = (
            np.array(
                [(rows[a], rows[b], rows[arm] if arm else -1) for (a, b), arm in zip(self.pairs, arms, strict=True)]
            )
            .reshape(-1, 3)
            .T.astype(np.int64)
        )
        self._turned = np.nonzero(self._rows[2] >= 0)[0]
        self._reach_m = np.array([packer.reach_m(arm) if arm else 0.0 for arm in arms])
        self._hands = np.array([packer.hands[name] for name in names]).reshape(-1, 2).T

    def __call__(self, values: Mapping[str, Any]) -> Array:
        """(n,) float (m); 0 for pairs of which one does not stand."""
        stands = self.packer.copies.stands
        there = [stands(name, values) for name in self.names]
        x, y, yaw = (
            np.array(
                [spot.at(values) if so else NOWHERE for spot, so in zip(self.packer.spots.values(), there, strict=True)]
            )
            .reshape(-1, 3)
            .T
        )
        c, s, (u, v) = np.cos(yaw), np.sin(yaw), self._hands
        hand_x, hand_y = x + c * u - s * v, y + s * u + c * v
        a, b, arm = self._rows
        found: Array = np.hypot(hand_x[a] - hand_x[b], hand_y[a] - hand_y[b])
        k = self._turned
        if len(k):
            foot = arm[k]
            one, other = (np.arctan2(hand_y[i] - y[foot], hand_x[i] - x[foot]) for i in (a[k], b[k]))
            turn = np.abs(np.mod(one - other + np.pi, math.tau) - np.pi)
            found[k] = 0.5 * self._reach_m[k] * turn
        if not all(there):
            both = np.array(there)
            found[~(both[a] & both[b])] = 0.0
        return found


def worth(slope: Sequence[float], features: Array) -> float:
    """What a surrogate promises."""
    return float(np.dot(slope, features))
