"""Settings proposed by CMA-ES: ranges, and choices among numbers, as shares between 0 and 1.

Choices are cut into equal parts of that range, in the order of their numbers. What was told of any candidate is learnt
from, whoever proposed it: ranks are all that counts. The same calls in the same order give the same settings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from layout.model.pose import Array
from layout.model.quantities import Choose, Range
from layout.model.scenario import Variable
from layout.search.space import Values

SPREAD = 0.25  # standard deviation of the first ones, as a share of each range
NEVER = ("x", "y", "yaw", "mirror", "count")  # fields that are about where things stand
LEAST = 2  # ranges: it is no better than chance at choices alone


class Settings:
    """Of one study.

    start : values that the first ones are drawn about, where there are any
    """

    def __init__(self, variables: Sequence[Variable], seed: int, start: Mapping[str, Any] | None) -> None:
        self.domains = {v.name: v.domain for v in variables if _counts(v)}
        self.seed, self._made, self._told = seed, 0, list[tuple[Array, float]]()
        n = len(self.domains)
        self._cma = self._new(self._shares(start) if start is not None else np.full(n, 0.5))

    @classmethod
    def of(cls, variables: Sequence[Variable], seed: int, start: Mapping[str, Any] | None) -> Settings | None:
        """None where there are too few ranges to learn anything of."""
        ranges = [v for v in variables if v.field not in NEVER and isinstance(v.domain, Range)]
        return cls(variables, seed, start) if len(ranges) >= LEAST else None

    def ask(self) -> Values:
        """One candidate's settings."""
        shares = zip(self.domains, self._cma.ask().tolist(), strict=True)
        return {name: _value(self.domains[name], share) for name, share in shares}

    def tell(self, values: Mapping[str, Any], cost: float) -> None:
        """What became of a candidate; cost : less is better."""
        self._told.append((self._shares(values), cost))
        if len(self._told) == self._cma.population_size:
            self._cma.tell(self._told)
            self._told = []
            if self._cma.should_stop():  # nothing left to learn there: once more from anywhere
                self._cma = self._new(np.random.default_rng([self.seed, self._made]).random(len(self.domains)))

    def _new(self, middle: Array) -> Any:
        from cmaes import CMA  # type: ignore[import-untyped]  # it takes a second to be imported

        self._made += 1
        bounds = np.column_stack([np.zeros(len(middle)), np.ones(len(middle))])
        return CMA(
            np.clip(middle, 0.1, 0.9),
            SPREAD,
            bounds,
            seed=int(np.random.default_rng([self.seed, self._made, 1]).integers(2**31)),
        )

    def _shares(self, values: Mapping[str, Any]) -> Array:
        return np.array([_share(domain, values[name]) for name, domain in self.domains.items()])


def _counts(variable: Variable) -> bool:
    if variable.field in NEVER:
        return False
    domain = variable.domain
    return isinstance(domain, Range) or all(type(option) in (int, float) for option in domain.options)


def _value(domain: Choose[Any] | Range, share: float) -> Any:
    if isinstance(domain, Range):
        return float(min(max(domain.low + share * (domain.high - domain.low), domain.low), domain.high))
    options = sorted(domain.options)
    return options[min(int(share * len(options)), len(options) - 1)]


def _share(domain: Choose[Any] | Range, value: Any) -> float:
    if isinstance(domain, Range):
        return float((value - domain.low) / (domain.high - domain.low)) if domain.high > domain.low else 0.5
    return (sorted(domain.options).index(value) + 0.5) / len(domain.options)
