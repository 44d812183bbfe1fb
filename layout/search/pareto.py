"""Several objectives at once: which candidates are beaten in all of them, and whom to build the next ones on.

Worths are (n, m) float, more is better in each of the m objectives (see `worth`).

Sources: Deb et al., A Fast and Elitist Multiobjective Genetic Algorithm: NSGA-II, IEEE Transactions on Evolutionary
Computation 6, 2002 (ranks, crowding, tournaments); Durillo et al., On the Effect of the Steady-State Selection Scheme
in Multi-Objective Genetic Algorithms, EMO 2009 (one at a time); While et al., A Faster Algorithm for Calculating
Hypervolume, IEEE Transactions on Evolutionary Computation 10, 2006 (slicing).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from layout.model.pose import Array
from layout.model.scenario import Objective

POPULATION = 40  # candidates that parents are drawn from
SHOWN = 12  # members of the front that are simulated again and shown, at most


def worth(values: Mapping[str, float], objectives: Sequence[Objective]) -> tuple[float, ...]:
    """Measures as numbers of which more is better."""
    return tuple(aim.sign * values[aim.measure] for aim in objectives)


def ranks(worths: Array) -> Array:
    """(n,) int: 0 for those that no other beats, 1 for those that only rank 0 beats, and so on.

    One beats another by being no worse in any objective and better in one.
    """
    n = len(worths)
    no_worse = (worths[:, None, :] >= worths[None, :, :]).all(axis=2)
    better = (worths[:, None, :] > worths[None, :, :]).any(axis=2)
    beats = no_worse & better
    found = np.zeros(n, int)
    left = np.ones(n, bool)
    rank = 0
    while left.any():
        front = left & ~(beats & left[:, None]).any(axis=0)
        found[front] = rank
        left &= ~front
        rank += 1
    return found


def unbeaten(worths: Array) -> Array:
    """(n,) bool: `ranks` is 0; in little memory, for many candidates."""
    order = np.lexsort(-worths.T[::-1])  # best in the first objective first: whoever beats another comes before it
    kept: list[int] = []
    for i in order:
        front = worths[kept]
        no_worse = (front >= worths[i]).all(axis=1)
        if not (no_worse & (front > worths[i]).any(axis=1)).any():
            kept.append(int(i))
    found = np.zeros(len(worths), bool)
    found[kept] = True
    return found


def crowding(worths: Array) -> Array:
    """(n,) float: how far apart each one's neighbours along the front are, as a share of its extent, summed over the
    objectives; infinite at its ends."""
    n, m = worths.shape
    found = np.zeros(n)
    for k in range(m):
        order = np.argsort(worths[:, k], kind="stable")
        column = worths[order, k]
        extent = column[-1] - column[0]
        found[order[[0, -1]]] = np.inf
        if extent > 0 and n > 2:
            found[order[1:-1]] += (column[2:] - column[:-2]) / extent
    return found


def hypervolume(worths: Array, reference: Sequence[float]) -> float:
    """Volume between a reference point and the front: of what is beaten by some candidate and beats the reference."""
    points = np.asarray(worths, float) - np.asarray(reference, float)
    return _volume(points[(points > 0).all(axis=1)])


def _volume(points: Array) -> float:
    if len(points) == 0:
        return 0.0
    if points.shape[1] == 1:
        return float(points.max())
    points = points[np.argsort(-points[:, 0], kind="stable")]
    ends = np.append(points[1:, 0], 0.0)
    total = 0.0
    for i, (start, end) in enumerate(zip(points[:, 0], ends, strict=True)):
        if start > end:
            total += float(start - end) * _volume(points[: i + 1, 1:])
    return total


def share_of_box(worths: Array, told: Array) -> float:
    """Hypervolume of a front as a share of the box between the worst and the best figure told of each objective."""
    worst, best = told.min(axis=0), told.max(axis=0)
    wide = best > worst  # an objective in which all are equal adds nothing
    if not wide.any():
        return 1.0
    scaled = (worths[:, wide] - worst[wide]) / (best[wide] - worst[wide])
    return hypervolume(np.clip(scaled, 0.0, None), [0.0] * int(wide.sum()))


def spread(worths: Array, count: int) -> list[int]:
    """So many of a front's members, spread along it: the most crowded are left out, one at a time. In order of the
    first objective, best first."""
    kept = list(range(len(worths)))
    while len(kept) > count:
        kept.pop(int(np.argmin(crowding(worths[kept]))))
    return sorted(kept, key=lambda i: tuple(-worths[i]))


@dataclass(frozen=True)
class Front:
    """A front that was found.

    size : candidates told that no other told one beats
    hypervolume : of these, as a share of the box between the worst and the best figure told of each objective
    shown : which of the finalists no other of them beats, by their figures on fresh streams
    """

    size: int
    hypervolume: float
    shown: tuple[int, ...]


def front_of(told: Sequence[tuple[float, ...]], finalists: Sequence[tuple[float, ...] | None]) -> Front:
    """The front among worths told, and among those of the finalists; None for one that is not feasible."""
    known = [(i, found) for i, found in enumerate(finalists) if found is not None]
    if not told or not known:
        return Front(0, 0.0, ())
    points = np.array(sorted(set(told)))
    best = points[unbeaten(points)]
    first = unbeaten(np.array([found for _, found in known]))
    shown = tuple(i for (i, _), of in zip(known, first, strict=True) if of)
    return Front(len(best), share_of_box(best, points), shown)


@dataclass
class Population:
    """The candidates that parents are drawn from: the best told so far by rank, among equals the least crowded."""

    seed: int
    members: list[tuple[tuple[float, ...], Mapping[str, Any]]] = field(default_factory=list)
    told: int = 0

    def tell(self, worths: tuple[float, ...] | None, values: Mapping[str, Any]) -> None:
        """One more candidate, in order; None for one that is not feasible. Equal figures are kept once."""
        self.told += 1
        if worths is None or any(known == worths for known, _ in self.members):
            return
        self.members.append((worths, values))
        points = np.array([known for known, _ in self.members])
        found = ranks(points)
        if len(self.members) > POPULATION:
            last = np.flatnonzero(found == found.max())
            del self.members[int(last[np.argmin(crowding(points[last]))])]

    def parent(self, number: int) -> Mapping[str, Any] | None:
        """The parent of candidate `number`: the better of two, by rank, then by crowding; None before there is any."""
        if not self.members:
            return None
        points = np.array([known for known, _ in self.members])
        found = ranks(points)
        apart = np.zeros(len(points))
        for rank in range(found.max() + 1):
            of = np.flatnonzero(found == rank)
            apart[of] = crowding(points[of])
        rng = np.random.default_rng([self.seed, number, 2])
        first, second = (int(i) for i in rng.integers(len(points), size=2))
        better = (found[first], -apart[first]) <= (found[second], -apart[second])
        return self.members[first if better else second][1]
