"""What a sampler remembers of one study: candidates told, best first, by arrangement; which moves paid off.

Everything is kept up to date as candidates are told; nothing is sorted or grouped anew.
"""

from __future__ import annotations

import bisect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import optuna
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from layout.search.proposals import Draft
from layout.search.space import Values

T = TypeVar("T")
Arrangement = tuple[Any, ...]
Rank = tuple[bool, float, int]

FORGET = 0.97  # of what is known of a move, with each candidate that it made
PRIOR = 4.0  # candidates that a move's share of successes is thought to rest on before any was told
INFEASIBLE = 1e12  # what a broken constraint counts where candidates are ranked by one number
LEAST = 0.2  # a move that never pays off is still made so often as this share of what it started with


@dataclass(frozen=True)
class Told:
    """A candidate told: what it is ranked by (less is better), its value (more is better), its values."""

    rank: Rank
    value: float
    values: Values

    @property
    def number(self) -> int:
        """Its trial's number."""
        return self.rank[2]

    @property
    def cost(self) -> float:
        """Less is better; those that break a constraint come after all that break none."""
        return self.rank[1] + (INFEASIBLE if self.rank[0] else 0.0)


class Memory:
    """Of one study.

    arrangement : what tells layouts apart at a glance, from their values
    """

    def __init__(self, study: optuna.Study, arrangement: Callable[[Values], Arrangement]) -> None:
        self.name = study.study_name
        self.signs = [1.0 if d == StudyDirection.MAXIMIZE else -1.0 for d in study.directions]
        self.drafts: list[Draft] = []
        self.told: dict[int, Told] = {}
        self.improved = -1  # number of the candidate that was better than all before it
        self.packed = [0, 0]  # fresh packings told, and how many of them broke no constraint
        self._arrangement = arrangement
        self._next, self._open = 0, list[int]()
        self._best: list[tuple[Rank, Arrangement]] = []
        self._variants: dict[Arrangement, list[tuple[Rank, Told]]] = {}
        self._paid: dict[str, list[float]] = {}

    def learn(self, trials: Sequence[FrozenTrial], last: int) -> list[Told]:
        """Take in what was told of candidates up to a number; those that are new."""
        stop = min(last + 1, len(trials))
        waiting, self._open = [*self._open, *range(self._next, stop)], []
        self._next = max(self._next, stop)
        new = []
        for number in waiting:
            trial = trials[number]
            if not trial.state.is_finished():
                self._open.append(number)
            elif trial.state == TrialState.COMPLETE:
                new.append(self._take(trial))
        return new

    def _take(self, trial: FrozenTrial) -> Told:
        values = trial.values
        # of several aims the sum decides: what is sought here is a good parent, not the best
        value = float(sum(sign * v for sign, v in zip(self.signs, values, strict=True)))
        entry = Told((not feasible(trial), -value, trial.number), value, trial.params)
        best = self._best[0][0] if self._best else None
        if best is None or entry.rank[:2] < best[:2]:
            self.improved = trial.number
        self.told[trial.number] = entry
        arrangement = self._arrangement(entry.values)
        variants = self._variants.setdefault(arrangement, [])
        before = variants[0][0] if variants else None
        bisect.insort(variants, (entry.rank, entry), key=lambda pair: pair[0])
        if before is None or entry.rank < before:
            if before is not None:
                del self._best[bisect.bisect_left(self._best, before, key=lambda pair: pair[0])]
            bisect.insort(self._best, (entry.rank, arrangement), key=lambda pair: pair[0])
        if trial.number < len(self.drafts):
            draft = self.drafts[trial.number]
            self._credit(draft, entry)
            if draft.parent is None:
                self.packed = [self.packed[0] + 1, self.packed[1] + (not entry.rank[0])]
        return entry

    def _credit(self, draft: Draft, entry: Told) -> None:
        parent = self.told.get(draft.of) if draft.of is not None else None
        if parent is not None and draft.move:
            paid = self._paid.setdefault(draft.move, [0.0, 0.0])
            paid[0] = FORGET * paid[0] + (entry.rank[:2] < parent.rank[:2])
            paid[1] = FORGET * paid[1] + 1.0

    def shares(self, start: Mapping[str, float]) -> dict[str, float]:
        """How often each move should be made: as at the start, and more by what it paid compared with the others."""
        successes, tries = (sum(paid[i] for paid in self._paid.values()) for i in (0, 1))
        usual = (successes + 1.0) / (tries + 4.0)
        found = {}
        for move, share in start.items():
            paid, made = self._paid.get(move, (0.0, 0.0))
            found[move] = share * max((paid + PRIOR * usual) / ((made + PRIOR) * usual), LEAST)
        return found

    def parent(self, rng: np.random.Generator) -> Told:
        """A good candidate of one of the good arrangements: so that one arrangement's many variants don't crowd out.

        One that breaks a constraint only where all do.
        """
        variants = self._variants[early(rng, _sound(self._best), 0.25)[1]]
        return early(rng, _sound(variants), 0.4)[1]


def _sound(ranked: Sequence[tuple[Rank, T]]) -> Sequence[tuple[Rank, T]]:
    """Of a ranked list those that break no constraint; all where there are none."""
    count = bisect.bisect_left(ranked, True, key=lambda entry: entry[0][0])
    return ranked[:count] if count else ranked


def early(rng: np.random.Generator, ranked: Sequence[T], chance: float) -> T:
    """One of a ranked list: the first with this chance, else the second with this chance, and so on."""
    return ranked[(int(rng.geometric(chance)) - 1) % len(ranked)]


def feasible(trial: FrozenTrial) -> bool:
    """Whether a told candidate breaks no constraint."""
    constraints: Mapping[str, float] = trial.constraints
    return all(amount <= 0.0 for amount in constraints.values())
