"""Samplers by name, behind one seam: `draft(study, number)` says what candidate `number` is made from.

The layout sampler drafts changes of what was told. General samplers of Optuna are asked for every design variable that
the candidate needs; the legaliser takes overlaps out of what they say, what is still in the way of belts or reach is
moved on (`Proposals`), and the sampler is told what became of the values that it asked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np
import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, Trial, TrialState

from layout.errors import Problem, SearchError
from layout.model.quantities import Choose, Range
from layout.model.scenario import Scenario
from layout.search.plane.sampler import sampler_of
from layout.search.proposals import Draft
from layout.search.space import Copies, Values, distributions, suggest

LEVELS = 5  # values of a range that a grid tries
LARGEST_GRID = 1_000_000
POPULATION = 24  # of NSGA-II: Optuna's 50 leave few generations to searches of some hundred candidates


class Candidates(Protocol):
    """What the search asks."""

    def draft(self, study: optuna.Study, number: int) -> Draft:
        """What candidate `number` will be made from, given what was told up to `lag` before it.

        study : holds what was told; trial `number` is not in it yet
        """


def candidates(name: str, scenario: Scenario, seed: int, lag: int = 1, legal: bool = True) -> Candidates:
    """A sampler of `SAMPLERS`.

    lag : candidates younger than this many before the one drafted are not looked at
    legal : whether what a general sampler says is made legal before it is evaluated
    Raises SearchError where there is none of that name, or where it cannot search this scenario.
    """
    if name not in SAMPLERS:
        raise SearchError(
            Problem("no sampler of that name", where="--sampler", value=name, hint=f"there are {', '.join(SAMPLERS)}")
        )
    make = _GENERAL.get(name)
    return sampler_of(scenario, seed, lag) if make is None else General(scenario, make(scenario, seed), lag, legal)


class General:
    """A sampler of Optuna, asked and told in a study of its own, in the order that the search asks and is told.

    So it may keep a state: a resumed search asks and tells it the same once more before it goes on. Its first candidate
    is the scenario's start, where there is one; a grid has its own points only.
    """

    def __init__(self, scenario: Scenario, sampler: BaseSampler, lag: int = 1, legal: bool = True) -> None:
        self.scenario, self.sampler, self.lag, self.legal = scenario, sampler, lag, legal
        self._name = ""
        self._asked: list[tuple[Trial, Values]] = []
        self._told = 0

    def draft(self, study: optuna.Study, number: int) -> Draft:
        """What the sampler says, to be made legal."""
        if self._name != study.study_name:
            if self._name:
                raise SearchError("a general sampler serves one study; make another")
            self._name = study.study_name
            self._own = optuna.create_study(directions=study.directions, sampler=self.sampler)
            if self.scenario.start and not isinstance(self.sampler, Grid):
                self._own.enqueue_trial(self._started(self.scenario.start))
        trials = study.get_trials(deepcopy=False)
        while len(self._asked) <= number:
            while self._told <= len(self._asked) - self.lag and self._told < len(trials):
                self._tell(self._asked[self._told][0], trials[self._told])
                self._told += 1
            trial = self._own.ask()
            self._asked.append((trial, _suggested(trial, self.scenario, isinstance(self.sampler, _Cma))))
        values = self._asked[number][1]
        return Draft(number, dict(values), keep=not self.legal, mend=self.legal)

    def _started(self, start: Mapping[str, Any]) -> Values:
        """The scenario's start, as the sampler would say it."""
        if not isinstance(self.sampler, _Cma):
            return dict(start)
        domains = {v.name: v.domain for v in self.scenario.variables}
        return {
            name: domain.options.index(value) + 0.5 if isinstance(domain := domains[name], Choose) else value
            for name, value in start.items()
        }

    def _tell(self, asked: Trial, told: FrozenTrial) -> None:
        if told.state != TrialState.COMPLETE:
            self._own.tell(asked, state=TrialState.FAIL)
            return
        if not isinstance(self.sampler, _Cma):  # which knows of no constraints
            for name, amount in told.constraints.items():
                asked.set_constraint(name, amount)
        self._own.tell(asked, list(told.values))


def _suggested(trial: Trial, scenario: Scenario, numbers: bool) -> Values:
    """Values for a trial; numbers : whether choices are asked for as numbers, by a sampler that knows nothing else."""
    if not numbers:
        return suggest(trial, scenario)
    copies, values = Copies(scenario), Values()
    for variable in sorted(scenario.variables, key=lambda v: v.field != "count"):
        domain = variable.domain
        if isinstance(domain, Range):
            found: Any = trial.suggest_float(variable.name, domain.low, domain.high)
        else:
            number = trial.suggest_float(variable.name, 0.0, float(len(domain.options)))
            found = domain.options[min(int(number), len(domain.options) - 1)]
        values[variable.name] = found
    return copies.needed(values)


class _Cma(optuna.samplers.CmaEsSampler):
    """CMA-ES over all variables as numbers."""


class Grid(BaseSampler):
    """Every combination of the options and of evenly spaced values of the ranges, in an order drawn by chance.

    Where a choice leaves variables unneeded, combinations that differ in these alone are the same candidate.
    """

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self.axes = {v.name: _levels(v.domain) for v in scenario.variables}
        self.space = distributions(scenario.variables)
        self.size = math.prod(len(axis) for axis in self.axes.values())
        if self.size > LARGEST_GRID:
            raise SearchError(
                Problem(
                    f"a grid over {len(self.axes)} design variables has {float(self.size):.2g} points",
                    where="--sampler",
                    value="grid",
                    hint=f"it takes at most {LARGEST_GRID:,}: fix some variables, or use another sampler",
                )
            )
        rng = np.random.default_rng([seed, 0])
        self._first = int(rng.integers(self.size))
        self._step = int(rng.integers(1, self.size + 1))
        while math.gcd(self._step, self.size) != 1:  # then every point comes once
            self._step += 1

    def reseed_rng(self) -> None:
        """Nothing: points depend on the seed and the trial's number."""

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """All variables."""
        return self.space

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> Values:
        """One point of the grid."""
        left, point = (self._first + trial.number * self._step) % self.size, {}
        for name, axis in self.axes.items():
            left, at = divmod(left, len(axis))
            point[name] = axis[at]
        return point

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """There is none: a grid is over the scenario's variables."""
        raise SearchError(f"{param_name} is no design variable of the scenario")


def _levels(domain: Range | Choose[Any]) -> tuple[Any, ...]:
    if isinstance(domain, Choose):
        return domain.options
    return tuple(float(value) for value in np.linspace(domain.low, domain.high, LEVELS))


_GENERAL: Mapping[str, Callable[[Scenario, int], BaseSampler]] = {
    "tpe": lambda scenario, seed: optuna.samplers.TPESampler(seed=seed),
    "cma": lambda scenario, seed: _Cma(seed=seed, warn_independent_sampling=False),
    "nsga2": lambda scenario, seed: optuna.samplers.NSGAIISampler(population_size=POPULATION, seed=seed),
    "random": lambda scenario, seed: optuna.samplers.RandomSampler(seed),
    "grid": Grid,
}

SAMPLERS: tuple[str, ...] = ("layout", *_GENERAL)
"""Names for `--sampler`."""
