"""An Optuna sampler that knows where machines may stand.

The first candidates are legal packings along the flow (`packing`). From then on a good candidate that was told is
changed by one to three moves (shift, turn, swap, orbit its arm, pull, re-draw a setting); a change whose floor plan
is illegal is thrown away before anyone evaluates it. Each candidate's random numbers depend on the seed and its
number only, and it looks at no candidate younger than `lag` before it: so the same seed gives the same candidates on
any number of workers, and a resumed study goes on as if it had never stopped.
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

from layout import feasibility
from layout.feasibility.belts import quick_belt
from layout.feasibility.ground import Ground
from layout.feasibility.reach import quick_reach
from layout.model.line import Layout
from layout.model.realise import instances, realise
from layout.model.results import Violation
from layout.model.scenario import Conveyor, Scenario
from layout.objective import total_violation
from layout.search.moves import Moves
from layout.search.packing import Packer
from layout.search.space import Values, distributions

T = TypeVar("T")

PACKINGS = 16  # packings, and changes of the start, before learning begins
PACKING_TRIES = 6  # packings begun for each of them at most, until one finds a place for every machine
PACKING_REPAIRS = 60  # moves tried to mend a packing whose belts or reach the construction could not foresee
MOVE_TRIES = 40  # changes tried until one has a legal floor plan
RESTART = 0.06  # share of later candidates that are fresh packings
QUICK = (*(feasibility.FLAT[name] for name in ("overlap", "service", "obstacle", "keep_clear", "floor")),
         quick_reach, quick_belt)  # fmt: skip
"""The rules of `feasibility.quick`, those first that most often find something for their time."""


@dataclass(frozen=True)
class _Plan:
    """How illegal a floor plan is: machines in each other's way (2), belts or reach only (1), nothing (0)."""

    stage: int
    violations: tuple[Violation, ...]

    @property
    def rank(self) -> tuple[int, float]:
        """Less is better."""
        return self.stage, total_violation(self.violations)


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
        self.packer = Packer(scenario)
        self.moves = Moves(scenario, self.packer)
        self.start = self.packer.copies.needed(scenario.start) if scenario.start else None
        machines = scenario.spec.machines
        self.belt_ends: dict[str, tuple[str, ...]] = {}
        for name, belt in scenario.spec.transport.items():
            if isinstance(belt, Conveyor):
                ends = [instances(machine, machines[machine]) for machine in (belt.from_, belt.to)]
                self.belt_ends[name] = (*ends[0], *ends[1])
                self.belt_ends |= {f"{name} {a}-{b}": (a, b) for a in ends[0] for b in ends[1]}
        self._known: tuple[str, dict[int, _Told]] = ("", {})

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """All of the scenario's variables are proposed together."""
        return distributions(self.scenario.variables)

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> Values:
        """One whole candidate."""
        rng = np.random.default_rng([self.seed, trial.number])
        if trial.number == 0 and self.start:
            return dict(self.start)
        told = self._told(study, trial.number - self.lag)
        if trial.number < PACKINGS or not told or rng.random() < RESTART:
            return self._changed(rng, self.start) if self.start and trial.number % 2 else self._packed(rng)
        return self._changed(rng, self._parent(rng, told))

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
        return Layout(self._packed(np.random.default_rng([self.seed, 0])))

    def _packed(self, rng: np.random.Generator) -> Values:
        values = self.moves.settings_drawn(rng)
        loose = {spot.subject for spot in self.moves.standing(values)}
        urgent: list[str] = []
        for attempt in range(PACKING_TRIES):
            packed = self.packer.pack(rng, values, loose, attempt == PACKING_TRIES - 1, urgent)
            if packed is not None:
                break
        assert packed is not None
        return self._repaired(rng, packed, PACKING_REPAIRS)

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
        facing = tuple((s.subject, round(s.at(values)[2] / (math.pi / 4))) for s in self.moves.standing(values))
        rings = []
        for arm, served in self.packer.arms.items():
            x, y, _ = spots[arm].at(values)
            places = {s: spots[s].at(values) for s in served if stands(s, values)}
            rings.append(tuple(sorted(places, key=lambda s: math.atan2(places[s][1] - y, places[s][0] - x))))
        return facing, tuple(rings)

    def _changed(self, rng: np.random.Generator, parent: Values) -> Values:
        best: tuple[_Plan, Values] | None = None
        for _ in range(MOVE_TRIES):
            values = dict(parent)
            for _ in range(1 + min(int(rng.geometric(0.65)) - 1, 2)):
                self.moves.change(rng, values)
            if values == parent:
                continue
            plan = self._plan(values, best[0].rank if best else None)
            if best is None or plan.rank < best[0].rank:
                best = (plan, values)
            if not plan.violations:
                return values
        return self._repaired(rng, best[1], MOVE_TRIES) if best is not None else parent

    def _repaired(self, rng: np.random.Generator, values: Values, tries: int) -> Values:
        """The values with whoever stands in the way moved, as long as that makes the floor plan less illegal."""
        plan = self._plan(values)
        for _ in range(tries):
            standing = {spot.subject: spot for spot in self.moves.standing(values)}
            faults = [(v, [standing[s] for s in self._involved(v) if s in standing]) for v in plan.violations]
            faults = [(violation, spots) for violation, spots in faults if spots]
            if not faults:
                break
            violation, spots = faults[int(rng.integers(len(faults)))]
            trial = dict(values)
            self.moves.mend(rng, trial, spots[int(rng.integers(len(spots)))], violation)
            found = self._plan(trial, plan.rank)
            if found.rank < plan.rank:
                values, plan = trial, found
        return values

    def _involved(self, violation: Violation) -> list[str]:
        """Who could move to mend it: for a belt its two ends, too."""
        ends = [end for belt in violation.subjects for end in self.belt_ends.get(belt, ())]
        return list(dict.fromkeys([*violation.subjects, *ends]))

    def _plan(self, values: Values, limit: tuple[int, float] | None = None) -> _Plan:
        """What the floor plan of these values violates: belts and reach in full once nothing else is at fault.

        With a limit, looking stops where the plan is known to rank no better; not all it violates is listed then.
        """
        line = realise(self.scenario, Layout(values))
        ground = Ground(line)
        found: list[Violation] = []
        for rule in QUICK:
            found += rule(ground)
            if found and limit is not None and (2, total_violation(found)) >= limit:
                return _Plan(2, tuple(found))
        if found:
            return _Plan(2, tuple(found))
        violations = feasibility.ways(line)
        return _Plan(1 if violations else 0, violations)


def _early(rng: np.random.Generator, ranked: Sequence[T], chance: float) -> T:
    """One of a ranked list: the first with this chance, else the second with this chance, and so on."""
    return ranked[(int(rng.geometric(chance)) - 1) % len(ranked)]


def _feasible(trial: FrozenTrial) -> bool:
    constraints: Mapping[str, float] = trial.constraints
    return all(amount <= 0.0 for amount in constraints.values())
