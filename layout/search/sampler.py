"""An Optuna sampler that knows where machines may stand.

The first candidates are legal packings along the flow (`packing`). From then on a good candidate that was told is
changed by one to three moves (shift, turn, swap, orbit its arm, pull, re-draw a setting); a change whose floor plan
is illegal is thrown away before anyone evaluates it. Each candidate's random numbers depend on the seed and its
number only, and it looks at no candidate younger than `lag` before it: so the same seed gives the same candidates on
any number of workers, and a resumed study goes on as if it had never stopped.

The sampler chooses what a candidate is made from, a `Draft`; `Proposals` makes it, here or in another process.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, TrialState

from layout.model.line import Layout
from layout.model.scenario import Scenario
from layout.search.proposals import Draft, Proposals
from layout.search.space import Values, distributions

T = TypeVar("T")

PACKINGS = 16  # packings, and changes of the start, before learning begins
RESTART = 0.06  # share of later candidates that are fresh packings


@dataclass(frozen=True)
class _Told:
    """A candidate told: what it is ranked by (less is better), what it looks like, its values."""

    key: tuple[bool, float, int]
    arrangement: tuple[Any, ...]
    values: Values


class LayoutSampler(BaseSampler):
    """Proposes layouts of one scenario.

    scenario : whose variables the study's parameters are
    seed : of all random numbers
    lag : candidates told but younger than this many before the one asked are not looked at (see module)
    """

    def __init__(self, scenario: Scenario, seed: int, lag: int = 1) -> None:
        self.scenario = scenario
        self.seed = seed
        self.lag = lag
        self.proposals = Proposals(scenario, seed)
        self.packer = self.proposals.packer
        self.start = self.packer.copies.needed(scenario.start) if scenario.start else None
        self._known: tuple[str, dict[int, _Told]] = ("", {})

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """All of the scenario's variables are proposed together."""
        return distributions(self.scenario.variables)

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> Values:
        """One whole candidate."""
        return self.proposals(self.draft(study, trial.number))

    def draft(self, study: optuna.Study, number: int) -> Draft:
        """What candidate `number` will be made from, given what was told."""
        if number == 0 and self.start:
            return Draft(number, self.start, keep=True)
        rng = np.random.default_rng([self.seed, number])
        told = self._told(study, number - self.lag)
        if number < PACKINGS or not told or rng.random() < RESTART:
            return Draft(number, self.start if number % 2 else None)
        return Draft(number, self._parent(rng, told))

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """A parameter that is not the scenario's: drawn evenly."""
        rng = np.random.default_rng([self.seed, trial.number, 1])
        return optuna.samplers.RandomSampler(int(rng.integers(2**31))).sample_independent(
            study, trial, param_name, param_distribution
        )

    def packing(self) -> Layout:
        """A first layout where the scenario gives none: machines packed along the flow, mended as far as it goes."""
        return Layout(self.proposals(Draft(0)))

    def _told(self, study: optuna.Study, last: int) -> list[_Told]:
        """Candidates told up to a number, best first."""
        if self._known[0] != study.study_name:
            self._known = (study.study_name, {})
        known, found = self._known[1], []
        for trial in study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)):
            if trial.number <= last:
                if trial.number not in known:
                    key = (not _feasible(trial), -(trial.value or 0.0), trial.number)
                    known[trial.number] = _Told(key, self._arrangement(trial.params), trial.params)
                found.append(known[trial.number])
        return sorted(found, key=lambda entry: entry.key)

    def _parent(self, rng: np.random.Generator, told: Sequence[_Told]) -> Values:
        """A good candidate of one of the good arrangements: so that one arrangement's many variants don't crowd out."""
        arrangements: dict[tuple[Any, ...], list[_Told]] = {}
        for entry in told:
            arrangements.setdefault(entry.arrangement, []).append(entry)
        variants = _early(rng, list(arrangements.values()), 0.25)
        return dict(_early(rng, variants, 0.4).values)

    def _arrangement(self, values: Values) -> tuple[Any, ...]:
        """What tells layouts apart at a glance: who stands where around each arm, and which way everyone faces."""
        stands, spots = self.packer.copies.stands, self.packer.spots
        facing = tuple(
            (s.subject, round(s.at(values)[2] / (math.pi / 4))) for s in self.proposals.moves.standing(values)
        )
        rings = []
        for arm, served in self.packer.arms.items():
            x, y, _ = spots[arm].at(values)
            places = {s: spots[s].at(values) for s in served if stands(s, values)}
            rings.append(tuple(sorted(places, key=lambda s: math.atan2(places[s][1] - y, places[s][0] - x))))
        return facing, tuple(rings)


def _early(rng: np.random.Generator, ranked: Sequence[T], chance: float) -> T:
    """One of a ranked list: the first with this chance, else the second with this chance, and so on."""
    return ranked[(int(rng.geometric(chance)) - 1) % len(ranked)]


def _feasible(trial: FrozenTrial) -> bool:
    constraints: Mapping[str, float] = trial.constraints
    return all(amount <= 0.0 for amount in constraints.values())
