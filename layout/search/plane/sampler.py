"""Candidates of a scenario that is a plane: a population that is annealed, one step a candidate.

Eight searches go side by side. A candidate goes on from what the same search told last, or from another of the eight
where that was better, with a fixed number of rounds at the temperature of its place in the cycle; so what a candidate
costs hangs on the number of machines only. A cycle goes from hot to cold; each is twice as long as the one before, so
that short runs end well and long ones cool slowly. Some cycles begin from scratch, the others from the best so far.
The last candidates of a cycle are compacted (`compact`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.trial import FrozenTrial, TrialState

from layout.model.line import Layout
from layout.model.scenario import Scenario
from layout.search.legalise import ScenarioLegaliser
from layout.search.plane.plane import Placed, Terms, canonical, cost_of, terms_of
from layout.search.plane.search import Bench, heat, polished
from layout.search.proposals import Draft, Proposals
from layout.search.sampler import LayoutSampler
from layout.search.space import Values, distributions

SEARCHES = 8
"""Searches side by side; as many candidates as a study may have in flight (`driver.IN_FLIGHT`)."""
FIRST_CYCLE = 4
"""Steps of each search in the first cycle."""
REHEATED = 0.25
"""How far a cycle that begins from the best has come on the scale of temperatures."""
ROUNDS = 1.5
"""Rounds of a candidate for each pair of machines, counted both ways."""
LEAST_ROUNDS, MOST_ROUNDS = 200, 20_000
LATE = 64
"""Candidates that may be told after a younger one and still be noticed."""
TRIES = 20
"""Sequences tried, at most, until one finds a place for every machine."""


def rounds_of(machines: int) -> int:
    """Rounds of a candidate."""
    return min(max(math.ceil(ROUNDS * machines**2), LEAST_ROUNDS), MOST_ROUNDS)


def longest_cycle(machines: int) -> int:
    """Steps of the longest cycle: 100 n^2 rounds up to 12 machines, beyond that as n^3."""
    return max(math.ceil(100 * machines**2 * max(1.0, machines / 12) / rounds_of(machines)), 1)


@dataclass(frozen=True)
class Step(Draft):
    """What a candidate will be made from: its parent (None: a new search), temperatures, whether it ends a cycle."""

    hot: float = 0.0
    cold: float = 0.0
    last: bool = False


@dataclass(frozen=True)
class Place:
    """Where a candidate stands: its cycle, the first candidate of that, its step in it, and how many there are."""

    cycle: int
    first: int
    step: int
    steps: int

    @classmethod
    def of(cls, number: int, longest: int) -> Place:
        """Of a candidate; longest : steps that a cycle has at most."""
        generation, begin, steps, cycle = number // SEARCHES, 0, min(FIRST_CYCLE, longest), 0
        while generation >= begin + steps:
            if steps == longest:  # from here on all cycles are alike
                more = (generation - begin) // steps
                begin, cycle = begin + more * steps, cycle + more
                break
            begin, steps, cycle = begin + steps, min(2 * steps, longest), cycle + 1
        return cls(cycle, begin * SEARCHES, generation - begin, steps)

    @property
    def fresh(self) -> bool:
        """Whether the cycle begins from scratch."""
        return self.cycle == 0 or self.cycle % 2 == 1

    def temperatures(self) -> tuple[float, float]:
        """At the candidate's begin and end."""
        begin = 0.0 if self.fresh else REHEATED
        return tuple(heat(begin + (1 - begin) * (self.step + k) / self.steps) for k in (0, 1))  # type: ignore[return-value]


class PlaneProposals:
    """Makes candidates of a scenario that is a plane. Random numbers depend on the seed and the draft's number only.

    mend : makes values legal that another sampler proposed
    """

    def __init__(self, terms: Terms, seed: int, mend: Callable[[Values], Values] = dict) -> None:
        self.terms, self.seed, self._mend = terms, seed, mend
        self._bench = Bench(terms.plane)

    def __call__(self, draft: Draft) -> Values:
        """The values of a candidate."""
        if draft.parent is not None and (draft.keep or not isinstance(draft, Step)):
            return self._mend(draft.parent) if draft.mend else dict(draft.parent)
        rng = np.random.default_rng([self.seed, draft.number, 0])
        placed = self._begun(rng) if draft.parent is None else self.terms.placed(draft.parent)
        if isinstance(draft, Step) and math.isfinite(placed.cost):
            seed = int(rng.integers(2**63))
            rounds = rounds_of(len(self._bench.loose))
            placed = self._bench.anneal(placed, seed, rounds, draft.hot, draft.cold, best=draft.last)
            placed = polished(self._bench, placed, seed + 1) if draft.last else placed
        return self.terms.values(canonical(self.terms.plane, placed))

    def _begun(self, rng: np.random.Generator) -> Placed:
        """A new layout; where no sequence finds a place for every machine, all in the middle, at no finite cost."""
        plane = self.terms.plane
        for _ in range(TRIES):
            placed = self._bench.decode(rng.permutation(self._bench.loose), 0)
            if placed is not None:
                return placed
        middle = np.where(plane.fixed[:, None], plane.at, (plane.box[:2] + plane.box[2:]) / 2)
        return Placed(middle, np.zeros(len(middle), np.int64), math.inf)


class PlaneSampler(BaseSampler):
    """Proposes layouts of a scenario that is a plane (see `terms_of`).

    seed : of all random numbers
    lag : candidates told but younger than this many before the one asked are not looked at; at most `SEARCHES` matter
    """

    def __init__(self, scenario: Scenario, terms: Terms, seed: int, lag: int = 1) -> None:
        if lag > SEARCHES:
            raise ValueError(f"lag must be at most {SEARCHES} (got {lag})")
        self.scenario, self.terms, self.seed = scenario, terms, seed
        self.proposals = PlaneProposals(terms, seed)
        self.start = dict(scenario.start) if scenario.start else None
        self._longest = longest_cycle(int((~terms.plane.fixed).sum()))
        self._told: dict[int, tuple[float, Values]] = {}
        self._seen, self._study = 0, ""

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """All of the scenario's variables are proposed together."""
        return distributions(self.scenario.variables)

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> Values:
        """One whole candidate."""
        return self.proposals(self.draft(study, trial.number))

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """A parameter that is not the scenario's: drawn evenly."""
        rng = np.random.default_rng([self.seed, trial.number, 1])
        return RandomSampler(int(rng.integers(2**31))).sample_independent(study, trial, param_name, param_distribution)

    def reseed_rng(self) -> None:
        """Nothing: candidates depend on the seed and their number, in whatever thread or process they are asked."""

    def packing(self) -> Layout:
        """A first layout where the scenario gives none."""
        return Layout(self.proposals(Draft(0)))

    def draft(self, study: optuna.Study, number: int) -> Draft:
        """What candidate `number` will be made from, given what was told."""
        if number == 0 and self.start:
            return Draft(number, self.start, keep=True)
        place = Place.of(number, self._longest)
        hot, cold = place.temperatures()
        self._learn(study, number - SEARCHES)
        told, parent = self._told, None
        if place.step:
            first = max(number - 2 * SEARCHES + 1, place.first)
            rivals = [k for k in range(first, number - SEARCHES + 1) if k in told]
            if rivals:
                rng = np.random.default_rng([self.seed, number])
                own = [number - SEARCHES] if number - SEARCHES in told else []
                parent = min([*own, int(rng.choice(rivals))], key=lambda k: told[k][0])
        elif not place.fresh:
            known = [k for k in told if k <= number - SEARCHES]
            parent = min(known, key=lambda k: (told[k][0], k), default=None)
        values = dict(told[parent][1]) if parent is not None else None
        return Step(number, values, hot=hot, cold=cold, last=place.step == place.steps - 1)

    def _learn(self, study: optuna.Study, last: int) -> None:
        """Costs and values of the legal candidates told up to a number; those told late are waited for a while."""
        if self._study != study.study_name:
            self._study, self._told, self._seen = study.study_name, {}, 0
        trials = study.get_trials(deepcopy=False)
        for number in range(max(self._seen - LATE, 0), min(last + 1, len(trials))):
            trial = trials[number]
            if number in self._told or trial.state != TrialState.COMPLETE:
                continue
            if all(amount <= 0.0 for amount in trial.constraints.values()):
                cost = cost_of(self.terms.plane, self.terms.placed(trial.params).at)
                self._told[number] = cost, trial.params
        self._seen = max(self._seen, last + 1)


def sampler_of(scenario: Scenario, seed: int, lag: int = 1) -> LayoutSampler | PlaneSampler:
    """The sampler that knows most of a scenario."""
    terms = terms_of(scenario)
    return LayoutSampler(scenario, seed, lag) if terms is None else PlaneSampler(scenario, terms, seed, lag)


def proposals_of(scenario: Scenario, seed: int) -> Proposals | PlaneProposals:
    """What makes candidates from that sampler's drafts."""
    terms = terms_of(scenario)
    if terms is None:
        return Proposals(scenario, seed)
    legaliser = ScenarioLegaliser(scenario)
    return PlaneProposals(terms, seed, lambda values: legaliser(values)[0])
