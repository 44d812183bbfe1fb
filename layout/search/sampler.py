"""An Optuna sampler that knows where machines may stand.

The first candidates are legal packings along the flow (`packing`). From then on a good candidate that was told is
changed by one to three moves; which ones are made more often is learnt from what they brought, and of several changes
the one goes out that promises most by what the surrogate learnt (`surrogate`). Where nothing has improved for long,
fresh packings come in. Each candidate's random numbers depend on the seed and its number only, and it looks at no
candidate younger than `lag` before it: so the same seed gives the same candidates on any number of workers, and a
resumed study goes on as if it had never stopped.

The sampler chooses what a candidate is made from, a `Draft`; `Proposals` makes it, here or in another process.
"""

from __future__ import annotations

import math
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial

from layout.errors import LayoutError
from layout.model.line import Layout
from layout.model.scenario import Scenario
from layout.search.memory import Memory
from layout.search.moves import drawn
from layout.search.proposals import PACKINGS, Draft, Proposals
from layout.search.settings import Settings
from layout.search.space import Values, distributions
from layout.search.surrogate import Surrogate

RESTART = 0.06  # share of later candidates that are fresh packings, where all of these are legal; else so much less
LEARNT = 0.75  # share of changes of settings that are proposed by what was learnt of all of them
STALE = 60  # candidates without improvement after which that share has doubled, and so on


class LayoutSampler(BaseSampler):
    """Proposes layouts of one scenario, whole ones: every design variable that the candidate needs.

    scenario : whose variables the study's parameters are, or the path of its file
    seed : of all random numbers
    lag : candidates told but younger than this many before the one asked are not looked at (see module)

    Studies of any direction, and of several objectives. What a trial's constraints say (`Trial.set_constraint`; more
    than 0 is broken) ranks it after all that break none.
    """

    def __init__(self, scenario: Scenario | Path | str, seed: int, lag: int = 1) -> None:
        if not isinstance(scenario, Scenario):
            from layout.files.scenario import load_scenario

            scenario = load_scenario(Path(scenario))
        self.scenario = scenario
        self.seed = seed
        self.lag = lag
        self.proposals = Proposals(scenario, seed)
        self.packer = self.proposals.packer
        self.start = self.packer.copies.needed(scenario.start) if scenario.start else None
        self._space = distributions(scenario.variables)
        self._memory: Memory | None = None
        self._surrogate = Surrogate(self.proposals.prior)
        self._settings: Settings | None = None

    def reseed_rng(self) -> None:
        """Nothing: candidates depend on the seed and their number, in whatever thread or process they are asked."""

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """All of the scenario's variables are proposed together."""
        return dict(self._space)

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> Values:
        """One whole candidate."""
        values = self.proposals(self.draft(study, trial.number))
        return {name: value for name, value in values.items() if name in search_space}

    def draft(self, study: optuna.Study, number: int) -> Draft:
        """What candidate `number` will be made from, given what was told."""
        memory = self._memory
        if memory is None or memory.name != study.study_name:
            memory = self._memory = Memory(study, self._arrangement)
            self._surrogate = Surrogate(self.proposals.prior)
            self._settings = Settings.of(self.scenario.variables, self.seed, self.start)
        trials = study.get_trials(deepcopy=False)
        for each in range(len(memory.drafts), number + 1):
            for told in memory.learn(trials, each - self.lag):
                if self._settings is not None:
                    self._settings.tell(told.values, told.cost)
                if not told.rank[0]:
                    with suppress(LayoutError):  # whoever told it sees a way for vehicles where there is none
                        self._surrogate.learn(self.proposals.features(told.values), told.value)
            memory.drafts.append(self._draft(memory, each))
        return memory.drafts[number]

    def _draft(self, memory: Memory, number: int) -> Draft:
        if number == 0 and self.start:
            return Draft(number, self.start, keep=True)
        rng = np.random.default_rng([self.seed, number])
        movable, learnt = bool(self.proposals.moves.movable), self._settings is not None
        first = PACKINGS if movable or not learnt else 0
        made, sound = memory.packed
        restart = max(min(RESTART * 2.0 ** ((number - memory.improved) / STALE - 1.0), 0.3), RESTART)
        if number < first:
            return self._first(number)
        if not memory.told or rng.random() < restart * (sound + 1) / (made + 1):
            return Draft(number, self.start if number % 2 else None, slope=self._surrogate.slope())
        parent = memory.parent(rng)
        shares = memory.shares(self.proposals.moves.shares(parent.values))
        move = drawn(rng, shares)
        if move == "set" and self._settings is not None and not parent.rank[0] and rng.random() < LEARNT:
            return Draft(number, {**parent.values, **self._settings.ask()}, keep=True, of=parent.number, move=move)
        return Draft(number, dict(parent.values), of=parent.number, move=move, slope=self._surrogate.slope())

    def _first(self, number: int) -> Draft:
        """A packing or a change of the start, settings spread over their domains; half of these keep the start's."""
        slope = self._surrogate.slope()
        if not number % 2 or self.start is None:
            return Draft(number, slope=slope)
        moves = self.proposals.moves
        spread = moves.settings_spread(self.seed, number, PACKINGS) if number % 4 == 1 else {}
        settings = {name: value for name, value in spread.items() if name not in moves.copies}
        return Draft(number, {**self.start, **settings}, slope=slope)

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
