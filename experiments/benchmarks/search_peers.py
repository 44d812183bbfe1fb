"""The genetic algorithm of pymoo, asked and told as the search does. Needs the package pymoo, which nothing else here
does: `pip install pymoo`."""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np
import optuna

from layout.model.quantities import Range
from layout.model.scenario import Scenario
from layout.search.proposals import Draft
from layout.search.samplers import POPULATION
from layout.search.space import Copies, Values

MISSING = "" if importlib.util.find_spec("pymoo") else "the package pymoo is not installed (pip install pymoo)"


class Pymoo:
    """`MixedVariableGA`, generation by generation; the scenario's start is one of the first.

    legal : whether what it says is made legal before it is evaluated
    """

    def __init__(self, scenario: Scenario, seed: int, legal: bool) -> None:
        from pymoo.core.mixed import MixedVariableGA, MixedVariableSampling
        from pymoo.core.problem import Problem
        from pymoo.core.termination import NoTermination
        from pymoo.core.variable import Choice, Real

        self.legal, self.copies = legal, Copies(scenario)
        kinds = {
            v.name: Real(bounds=(v.domain.low, v.domain.high))
            if isinstance(v.domain, Range)
            else Choice(options=list(v.domain.options))
            for v in scenario.variables
        }
        self.problem = Problem(vars=kinds, n_obj=1)
        first = MixedVariableSampling()(self.problem, POPULATION, random_state=np.random.default_rng(seed))
        if scenario.start:
            first[0].X.update(scenario.start)
        self.algorithm = MixedVariableGA(pop_size=POPULATION, sampling=first)
        self.algorithm.setup(self.problem, termination=NoTermination(), seed=seed)
        self.asked: list[Any] = []
        self.told = 0

    def draft(self, study: optuna.Study, number: int) -> Draft:
        """What the algorithm says; its generation before that must have been told."""
        trials = study.get_trials(deepcopy=False)
        while len(self.asked) <= number:
            if self.asked:
                batch = self.asked[self.told :]
                for i, one in enumerate(batch):
                    one.set("F", np.array([-trials[self.told + i].value]))
                self.told = len(self.asked)
                self.algorithm.tell(infills=self.batch)
            self.batch = self.algorithm.ask()
            self.asked += list(self.batch)
        values: Values = {
            name: value.item() if isinstance(value, np.generic) else value
            for name, value in self.asked[number].X.items()
        }
        return Draft(number, self.copies.needed(values), keep=not self.legal, mend=self.legal)
