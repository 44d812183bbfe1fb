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
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, TrialState

from layout import feasibility
from layout.model.line import Layout
from layout.model.quantities import Choose, Range
from layout.model.realise import instances, realise
from layout.model.results import Violation
from layout.model.scenario import Conveyor, Scenario
from layout.objective import total_violation
from layout.search.packing import Packer
from layout.search.space import Spot, distributions, nearest

Values = dict[str, Any]
T = TypeVar("T")

PACKINGS = 16  # packings, and changes of the start, before learning begins
PACKING_TRIES = 6  # packings begun for each of them at most, until one finds a place for every machine
PACKING_REPAIRS = 60  # moves tried to mend a packing whose belts or reach the construction could not foresee
MOVE_TRIES = 40  # changes tried until one has a legal floor plan
RESTART = 0.06  # share of later candidates that are fresh packings


@dataclass(frozen=True)
class _Plan:
    """How illegal a floor plan is: machines in each other's way (2), belts or reach only (1), nothing (0)."""

    stage: int
    violations: tuple[Violation, ...]

    @property
    def rank(self) -> tuple[int, float]:
        """Less is better."""
        return self.stage, total_violation(self.violations)


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
        machines = scenario.spec.machines
        self.belt_ends = {
            name: (*instances(t.from_, machines[t.from_]), *instances(t.to, machines[t.to]))
            for name, t in scenario.spec.transport.items()
            if isinstance(t, Conveyor)
        }
        self._arrangements: dict[int, tuple[Any, ...]] = {}
        self.loose = frozenset(spot.subject for spot in self.movable)
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
            return (
                self._changed(rng, dict(self.scenario.start))
                if self.scenario.start and trial.number % 2
                else self._packed(rng)
            )
        return self._changed(rng, self._parent(rng, told))

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """A parameter that is not the scenario's: drawn evenly."""
        rng = np.random.default_rng([self.seed, trial.number, 1])
        return optuna.samplers.RandomSampler(int(rng.integers(2**31))).sample_independent(
            study, trial, param_name, param_distribution
        )

    def _packed(self, rng: np.random.Generator) -> Values:
        for attempt in range(PACKING_TRIES):
            values: Values = {name: _draw(rng, self.variables[name].domain) for name in self.settings}
            packed = self.packer.pack(rng, values, self.loose, force=attempt == PACKING_TRIES - 1)
            if packed is not None:
                break
        assert packed is not None
        return self._repaired(rng, packed, PACKING_REPAIRS)

    def _parent(self, rng: np.random.Generator, told: Sequence[FrozenTrial]) -> Values:
        """A good candidate of one of the good arrangements: so that one arrangement's many variants don't crowd out."""
        ranked = sorted(told, key=lambda t: (not _feasible(t), -(t.value or 0.0), t.number))
        arrangements: dict[tuple[Any, ...], list[FrozenTrial]] = {}
        for trial in ranked:
            arrangements.setdefault(self._arrangement(trial), []).append(trial)
        variants = _early(rng, list(arrangements.values()), 0.25)
        return dict(_early(rng, variants, 0.4).params)

    def _arrangement(self, trial: FrozenTrial) -> tuple[Any, ...]:
        """What tells layouts apart at a glance: who stands where around each arm, and which way everyone faces."""
        if trial.number not in self._arrangements:
            at = {spot.subject: spot.at(trial.params) for spot in self.movable}
            facing = tuple(round(at[spot.subject][2] / (math.pi / 4)) for spot in self.movable)
            rings = []
            for arm, served in self.packer.arms.items():
                x, y, _ = self.packer.spots[arm].at(trial.params)
                places = {s: self.packer.spots[s].at(trial.params) for s in served}
                rings.append(tuple(sorted(served, key=lambda s: math.atan2(places[s][1] - y, places[s][0] - x))))
            self._arrangements[trial.number] = (facing, tuple(rings))
        return self._arrangements[trial.number]

    def _changed(self, rng: np.random.Generator, parent: Values) -> Values:
        best: tuple[_Plan, Values] | None = None
        for _ in range(MOVE_TRIES):
            values = dict(parent)
            for _ in range(1 + min(int(rng.geometric(0.65)) - 1, 2)):
                self._move(rng, values)
            if values == parent:
                continue
            plan = self._plan(values)
            if best is None or plan.rank < best[0].rank:
                best = (plan, values)
            if not plan.violations:
                return values
        return self._repaired(rng, best[1], MOVE_TRIES) if best is not None else parent

    def _repaired(self, rng: np.random.Generator, values: Values, tries: int) -> Values:
        """The values with whoever stands in the way moved, as long as that makes the floor plan less illegal."""
        plan = self._plan(values)
        for _ in range(tries):
            guilty = {subject for violation in plan.violations for subject in violation.subjects}
            spots = [spot for spot in self.movable if spot.subject in self._involved(guilty)]
            if not spots:
                break
            trial = dict(values)
            spot = spots[int(rng.integers(len(spots)))]
            mends = (*[self._nudge] * 4, self._turn, self._orbit, self._pull, self._swap, *[self._replace] * 2)
            mend = mends[int(rng.integers(len(mends)))]
            mend(rng, trial, spot)
            found = self._plan(trial)
            if found.rank < plan.rank:
                values, plan = trial, found
        return values

    def _involved(self, guilty: set[str]) -> set[str]:
        """Who could move to mend it: for a belt its two ends."""
        ends = {end for belt in guilty for end in self.belt_ends.get(belt, ())}
        return guilty | ends

    def _plan(self, values: Values) -> _Plan:
        """What the floor plan of these values violates: belts and reach in full once nothing else is at fault."""
        line = realise(self.scenario, Layout(values))
        if violations := feasibility.quick(line):
            return _Plan(2, violations)
        violations = feasibility.ways(line)
        return _Plan(1 if violations else 0, violations)

    def _move(self, rng: np.random.Generator, values: Values) -> None:
        moves: list[Callable[[np.random.Generator, Values, Spot], None]] = []
        if self.movable:
            moves += [self._shift] * 4 + [self._turn] + [self._orbit] * 2 + [self._pull] * 2
        if len(self.movable) > 1:
            moves += [self._swap] + [self._replace] * 3
        sets = (2 if self.movable else 1) if self.settings else 0
        choice = int(rng.integers(len(moves) + sets))
        if choice >= len(moves):
            self._set(rng, values)
        else:
            moves[choice](rng, values, self.movable[int(rng.integers(len(self.movable)))])

    def _shift(self, rng: np.random.Generator, values: Values, spot: Spot) -> None:
        """A little or a lot (2 cm to 2 m)."""
        x, y, yaw = spot.at(values)
        step = 0.02 * 100.0 ** float(rng.random())
        spot.put(values, x + step * float(rng.normal()), y + step * float(rng.normal()), yaw)

    def _nudge(self, rng: np.random.Generator, values: Values, spot: Spot) -> None:
        """Out of the way: 1 cm to 1 m."""
        x, y, yaw = spot.at(values)
        step = 0.01 * 100.0 ** float(rng.random())
        spot.put(values, x + step * float(rng.normal()), y + step * float(rng.normal()), yaw)

    def _turn(self, rng: np.random.Generator, values: Values, spot: Spot) -> None:
        """To another orientation."""
        if isinstance(spot.yaw, (Range, Choose)):
            x, y, _ = spot.at(values)
            spot.put(values, x, y, _draw(rng, spot.yaw))

    def _swap(self, rng: np.random.Generator, values: Values, spot: Spot) -> None:
        """Two machines change places."""
        other = self.movable[int(rng.integers(len(self.movable)))]
        here, there = spot.at(values), other.at(values)
        spot.put(values, *there)
        other.put(values, *here)

    def _replace(self, rng: np.random.Generator, values: Values, spot: Spot) -> None:
        """Up to three machines, taken out and put back where they fit best."""
        count = min(int(rng.integers(1, 4)), len(self.movable))
        others = [self.movable[int(i)].subject for i in rng.choice(len(self.movable), count, replace=False)]
        packed = self.packer.pack(rng, values, {spot.subject, *others[1:]})
        if packed is not None:
            values.update(packed)

    def _orbit(self, rng: np.random.Generator, values: Values, spot: Spot) -> None:
        """Round the arm that serves it, turned with it where any yaw is allowed."""
        arms = [arm for arm, served in self.packer.arms.items() if spot.subject in served]
        if not arms:
            return self._shift(rng, values, spot)
        ax, ay, _ = self.packer.spots[arms[int(rng.integers(len(arms)))]].at(values)
        x, y, yaw = spot.at(values)
        angle = float(rng.normal(0.0, 0.6))
        c, s = math.cos(angle), math.sin(angle)
        turned = yaw + angle if isinstance(spot.yaw, Range) else yaw
        return spot.put(values, ax + c * (x - ax) - s * (y - ay), ay + s * (x - ax) + c * (y - ay), turned)

    def _pull(self, rng: np.random.Generator, values: Values, spot: Spot) -> None:
        """Towards another that it exchanges parts with."""
        partners = list(self.packer.weights.get(spot.subject, {}))
        if not partners:
            return self._shift(rng, values, spot)
        px, py, _ = self.packer.spots[partners[int(rng.integers(len(partners)))]].at(values)
        x, y, yaw = spot.at(values)
        part = float(rng.uniform(0.02, 0.5))
        return spot.put(values, x + part * (px - x), y + part * (py - y), yaw)

    def _set(self, rng: np.random.Generator, values: Values) -> None:
        """One setting anew: near its value for ranges, any other option for choices."""
        name = self.settings[int(rng.integers(len(self.settings)))]
        domain = self.variables[name].domain
        if isinstance(domain, Range):
            width = (domain.high - domain.low) * 0.2
            values[name] = nearest(domain, float(values[name]) + float(rng.normal(0.0, width)))
        else:
            values[name] = _draw(rng, domain)


def _early(rng: np.random.Generator, ranked: Sequence[T], chance: float) -> T:
    """One of a ranked list: the first with this chance, else the second with this chance, and so on."""
    return ranked[(int(rng.geometric(chance)) - 1) % len(ranked)]


def _draw(rng: np.random.Generator, domain: Choose[Any] | Range) -> Any:
    if isinstance(domain, Range):
        return float(rng.uniform(domain.low, domain.high))
    return domain.options[int(rng.integers(len(domain.options)))]


def _feasible(trial: FrozenTrial) -> bool:
    constraints: Mapping[str, float] = trial.constraints
    return all(amount <= 0.0 for amount in constraints.values())
