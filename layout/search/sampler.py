"""An Optuna sampler that knows where machines may stand.

The first candidates are legal packings along the flow (`packing`). From then on a good candidate that was told is
changed by one to three moves (shift, turn, swap, orbit its arm, pull, re-draw a setting); a change whose floor plan
is illegal is thrown away before anyone evaluates it. Each candidate's random numbers depend on the seed and its
number only, and it looks at no candidate younger than `lag` before it: so the same seed gives the same candidates on
any number of workers, and a resumed study goes on as if it had never stopped.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, TrialState

from layout import feasibility
from layout.errors import LayoutError
from layout.model.line import Layout
from layout.model.quantities import Choose, Range
from layout.model.realise import realise
from layout.model.scenario import Scenario
from layout.objective import total_violation
from layout.search.packing import Packer
from layout.search.space import distributions, nearest

Values = dict[str, Any]

PACKINGS = 24  # legal packings before learning begins
PACKING_TRIES = 6  # packings built for each of them; the least violating one is proposed
MOVE_TRIES = 40  # changes tried until one has a legal floor plan
RESTART = 0.06  # share of later candidates that are fresh packings


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
        self.variables = {variable.name: variable for variable in scenario.variables}
        self.packer = Packer(scenario)
        self.movable = [spot for spot in self.packer.spots.values() if spot.free]
        placed = {f"{spot.subject}.{field}" for spot in self.movable for field in ("x", "y", "yaw")}
        self.settings = [name for name in self.variables if name not in placed]

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """All of the scenario's variables are proposed together."""
        return distributions(self.scenario.variables)

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> Values:
        """One whole candidate."""
        rng = np.random.default_rng([self.seed, trial.number])
        done = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        told = [t for t in done if t.number <= trial.number - self.lag]
        if trial.number == 0 and self.scenario.start:
            return dict(self.scenario.start)
        if trial.number < PACKINGS or not told or rng.random() < RESTART:
            return self._packed(rng)
        parent = self._parent(rng, told)
        proposal = self._changed(rng, parent)
        return proposal

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """A parameter that is not the scenario's: drawn evenly."""
        rng = np.random.default_rng([self.seed, trial.number, 1])
        return optuna.samplers.RandomSampler(int(rng.integers(2**31))).sample_independent(
            study, trial, param_name, param_distribution
        )

    def _packed(self, rng: np.random.Generator) -> Values:
        best: tuple[float, Values] | None = None
        for _ in range(PACKING_TRIES):
            values: Values = {name: _draw(rng, self.variables[name].domain) for name in self.settings}
            values = self.packer.pack(rng, values)
            amount = self._illegal(values)
            if best is None or amount < best[0]:
                best = (amount, values)
            if amount == 0.0:
                break
        assert best is not None
        return best[1]

    def _parent(self, rng: np.random.Generator, told: Sequence[FrozenTrial]) -> Values:
        """One of the best so far: feasible ones first, better ones more often."""
        ranked = sorted(told, key=lambda t: (not _feasible(t), -(t.value or 0.0), t.number))
        place = min(int(rng.geometric(0.22)) - 1, len(ranked) - 1)
        return dict(ranked[place].params)

    def _changed(self, rng: np.random.Generator, parent: Values) -> Values:
        best: tuple[float, Values] | None = None
        for _ in range(MOVE_TRIES):
            values = dict(parent)
            for _ in range(1 + min(int(rng.geometric(0.65)) - 1, 2)):
                self._move(rng, values)
            if values == parent:
                continue
            amount = self._illegal(values)
            if best is None or amount < best[0]:
                best = (amount, values)
            if amount == 0.0:
                break
        return best[1] if best is not None else parent

    def _illegal(self, values: Values) -> float:
        """Sum of the floor plan's violations, each in units of its scale; infinite if it can't even be drawn."""
        try:
            return total_violation(feasibility.quick(realise(self.scenario, Layout(values))))
        except LayoutError:
            return math.inf

    def _move(self, rng: np.random.Generator, values: Values) -> None:
        moves: list[Callable[[np.random.Generator, Values], None]] = []
        if self.movable:
            moves += [self._shift] * 4 + [self._turn] + [self._orbit] * 2 + [self._pull] * 2
        if len(self.movable) > 1:
            moves += [self._swap]
        if self.settings:
            moves += [self._set] * (2 if self.movable else 1)
        if moves:
            moves[int(rng.integers(len(moves)))](rng, values)

    def _shift(self, rng: np.random.Generator, values: Values) -> None:
        """One machine a little or a lot (2 cm to 2 m)."""
        spot = self.movable[int(rng.integers(len(self.movable)))]
        x, y, yaw = spot.at(values)
        step = 0.02 * 100.0 ** float(rng.random())
        spot.put(values, x + step * float(rng.normal()), y + step * float(rng.normal()), yaw)

    def _turn(self, rng: np.random.Generator, values: Values) -> None:
        """One machine to another orientation."""
        spot = self.movable[int(rng.integers(len(self.movable)))]
        if isinstance(spot.yaw, (Range, Choose)):
            x, y, _ = spot.at(values)
            spot.put(values, x, y, _draw(rng, spot.yaw))

    def _swap(self, rng: np.random.Generator, values: Values) -> None:
        """Two machines change places."""
        one, other = (self.movable[int(i)] for i in rng.choice(len(self.movable), 2, replace=False))
        here, there = one.at(values), other.at(values)
        one.put(values, *there)
        other.put(values, *here)

    def _orbit(self, rng: np.random.Generator, values: Values) -> None:
        """One machine round the arm that serves it, turned with it."""
        pairs = [(s, arm) for s in self.movable for arm, served in self.packer.arms.items() if s.subject in served]
        if not pairs:
            return self._shift(rng, values)
        spot, arm = pairs[int(rng.integers(len(pairs)))]
        ax, ay, _ = self.packer.spots[arm].at(values)
        x, y, yaw = spot.at(values)
        angle = float(rng.normal(0.0, 0.6))
        c, s = math.cos(angle), math.sin(angle)
        turned = yaw + angle if isinstance(spot.yaw, Range) else yaw
        spot.put(values, ax + c * (x - ax) - s * (y - ay), ay + s * (x - ax) + c * (y - ay), turned)
        return None

    def _pull(self, rng: np.random.Generator, values: Values) -> None:
        """One machine towards another that it exchanges parts with."""
        spot = self.movable[int(rng.integers(len(self.movable)))]
        partners = list(self.packer.weights.get(spot.subject, {}))
        if not partners:
            return self._shift(rng, values)
        px, py, _ = self.packer.spots[partners[int(rng.integers(len(partners)))]].at(values)
        x, y, yaw = spot.at(values)
        part = float(rng.uniform(0.02, 0.5))
        spot.put(values, x + part * (px - x), y + part * (py - y), yaw)
        return None

    def _set(self, rng: np.random.Generator, values: Values) -> None:
        """One setting anew: near its value for ranges, any other option for choices."""
        name = self.settings[int(rng.integers(len(self.settings)))]
        domain = self.variables[name].domain
        if isinstance(domain, Range):
            width = (domain.high - domain.low) * 0.2
            values[name] = nearest(domain, float(values[name]) + float(rng.normal(0.0, width)))
        else:
            values[name] = _draw(rng, domain)


def _draw(rng: np.random.Generator, domain: Choose[Any] | Range) -> Any:
    if isinstance(domain, Range):
        return float(rng.uniform(domain.low, domain.high))
    return domain.options[int(rng.integers(len(domain.options)))]


def _feasible(trial: FrozenTrial) -> bool:
    constraints: Mapping[str, float] = trial.constraints
    return all(amount <= 0.0 for amount in constraints.values())
