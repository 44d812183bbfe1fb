"""Layouts as keys: n numbers from 0 to 1 that any sampler can propose, and a sampler that learns from what they gave.

The next rectangle to be placed is the one with the greatest flow to those that stand, times exp(BIAS (key - 1/2)).
Each goes where it costs least (`Bench.decode`). Whoever proposes keys sees nothing of the objective but what is told.

`KeySampler` is a separable covariance matrix adaptation evolution strategy (Ros & Hansen 2008, "A simple modification
in CMA-ES achieving linear time and space complexity"), with the constants given there, begun in the middle of the box.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, FloatDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from layout.model.pose import Array
from layout.search.plane.plane import Ints, Placed, Plane
from layout.search.plane.search import NEAR, PASSES, Bench

BIAS = 2.0
"""How much a key weighs: from one end to the other it changes an attraction by exp(2), about 7."""
SPREAD = 0.15
"""First standard deviation of keys; that of even ones is 0.29."""


def space_of(plane: Plane) -> dict[str, BaseDistribution]:
    """The keys of a plane, for Optuna."""
    return {f"key {i}": FloatDistribution(0.0, 1.0) for i in np.flatnonzero(~plane.fixed)}


def decode_keys(bench: Bench, keys: Mapping[str, float], passes: int = PASSES, near: int = NEAR) -> Placed | None:
    """The layout that keys stand for; None where a rectangle finds no place."""
    plane = bench.plane
    weights = np.ones(len(plane.size))
    for i in bench.loose:
        weights[i] = math.exp(BIAS * (keys[f"key {i}"] - 0.5))
    return bench.decode(_sequence(plane, bench.loose, weights), passes, near)


def _sequence(plane: Plane, loose: Ints, weights: Array) -> Ints:
    """The order of placing: by weighted flow to those that stand; at first, and between equals, by all their flow."""
    whole = plane.flow.sum(axis=1)
    drawn = plane.flow[:, plane.fixed].sum(axis=1) + 1e-9 * whole + 1e-12
    left = np.zeros(len(weights), dtype=bool)
    left[loose] = True
    sequence = np.empty(len(loose), dtype=np.int64)
    for t in range(len(loose)):
        sequence[t] = i = int(np.argmax(np.where(left, weights * drawn, -1.0)))
        left[i] = False
        drawn = drawn + plane.flow[i]
    return sequence


class KeySampler(BaseSampler):
    """Proposes keys, or any numbers from bounded ranges; studies of one objective, told one after another.

    seed : of all random numbers
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._strategy: _Strategy | None = None
        self._study = ""
        self._common, self._common_of = optuna.search_space.IntersectionSearchSpace(), ""

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """The numbers that the trials so far have in common."""
        if self._common_of != study.study_name:
            self._common, self._common_of = optuna.search_space.IntersectionSearchSpace(), study.study_name
        space = self._common.calculate(study)
        return {k: v for k, v in space.items() if isinstance(v, FloatDistribution) and not v.log and not v.single()}

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """One candidate; before the first is told the space is not known, and it is drawn evenly."""
        if not search_space:
            return {}
        names = list(search_space)
        if self._strategy is None or (study.study_name, names) != (self._study, self._strategy.names):
            self._strategy, self._study = _Strategy(names), study.study_name
        sign = -1.0 if study.direction == StudyDirection.MAXIMIZE else 1.0
        low = np.array([search_space[name].low for name in names])  # type: ignore[attr-defined]
        high = np.array([search_space[name].high for name in names])  # type: ignore[attr-defined]
        strategy = self._strategy
        for told in study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))[strategy.seen :]:
            known = all(name in told.params for name in names)
            at = (np.array([told.params[name] for name in names]) - low) / (high - low) if known else None
            strategy.tell(at, sign * (told.value if told.value is not None else math.inf))
        at = strategy.ask(np.random.default_rng([self.seed, trial.number]))
        return dict(zip(names, (low + at * (high - low)).tolist(), strict=True))

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """A parameter of another kind, or of the first candidate: drawn evenly."""
        rng = np.random.default_rng([self.seed, trial.number, *param_name.encode()])
        return RandomSampler(int(rng.integers(2**31))).sample_independent(study, trial, param_name, param_distribution)


class _Strategy:
    """Where the next candidates are drawn from: a normal distribution of independent numbers, learnt from what was
    told, `many` at a time."""

    def __init__(self, names: list[str]) -> None:
        self.names, n = names, len(names)
        self.seen = 0
        self.many = 4 + int(3 * math.log(n))
        share = np.log(self.many // 2 + 0.5) - np.log(np.arange(1, self.many // 2 + 1))
        self._share = share / share.sum()
        self._mass = 1.0 / float((self._share**2).sum())
        self._middle, self._step, self._variance = np.full(n, 0.5), SPREAD, np.ones(n)
        self._path, self._step_path, self._rounds = np.zeros(n), np.zeros(n), 0
        self._waiting: list[tuple[float, int, Array]] = []

    def ask(self, rng: np.random.Generator) -> Array:
        """A candidate, within 0 and 1."""
        drawn = rng.standard_normal(len(self._middle))
        return np.clip(self._middle + self._step * np.sqrt(self._variance) * drawn, 0.0, 1.0)

    def tell(self, at: Array | None, cost: float) -> None:
        """What a candidate cost; None: it had other numbers."""
        self.seen += 1
        if at is not None:
            self._waiting.append((cost, self.seen, at))
        if len(self._waiting) == self.many:
            best = sorted(self._waiting)[: len(self._share)]
            self._learn(np.array([row for _, _, row in best]))
            self._waiting = []

    def _learn(self, best: Array) -> None:
        n, mass = len(self._middle), self._mass
        for_path, for_step = 4 / (n + 4), (mass + 2) / (n + mass + 3)
        one = 2 / ((n + 1.3) ** 2 + mass) * (n + 2) / 3
        many = min(1 - one, 2 * (mass - 2 + 1 / mass) / ((n + 2) ** 2 + mass) * (n + 2) / 3)
        damping = 1 + for_step + 2 * max(0.0, math.sqrt((mass - 1) / (n + 1)) - 1)
        usual = math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n))
        moves = (best - self._middle) / self._step
        mean = self._share @ moves
        self._middle = self._middle + self._step * mean
        self._rounds += 1
        self._step_path = (1 - for_step) * self._step_path + math.sqrt(for_step * (2 - for_step) * mass) * (
            mean / np.sqrt(self._variance)
        )
        length = float(np.linalg.norm(self._step_path))
        steady = length / math.sqrt(1 - (1 - for_step) ** (2 * self._rounds)) < (1.4 + 2 / (n + 1)) * usual
        self._path = (1 - for_path) * self._path + steady * math.sqrt(for_path * (2 - for_path) * mass) * mean
        spread = self._share @ moves**2
        self._variance = (1 - one - many) * self._variance + one * self._path**2 + many * spread
        self._step *= math.exp(for_step / damping * (length / usual - 1))
