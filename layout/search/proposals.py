"""From a draft to a whole candidate: packings, and changes of a parent until the floor plan is legal.

This is the dear part of proposing, and it needs nothing but the draft, the scenario and the seed: a search does it in
its workers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from layout import feasibility
from layout.errors import LayoutError
from layout.feasibility.belts import quick_belt
from layout.feasibility.ground import Ground
from layout.feasibility.reach import quick_reach
from layout.model.line import Layout, Line
from layout.model.places import instances
from layout.model.pose import Array, Pose
from layout.model.quantities import Choose
from layout.model.realise import moved, realise
from layout.model.results import Violation
from layout.model.scenario import Scenario
from layout.model.transport import Conveyor
from layout.objective import total_violation
from layout.search.hauling import Hauling
from layout.search.legalise import ScenarioLegaliser
from layout.search.moves import Moves, drawn
from layout.search.packing import Packer
from layout.search.space import Values
from layout.search.surrogate import Distances, worth

PACKINGS = 16  # packings, and changes of the start, before learning begins
PACKING_TRIES = 6  # packings begun for each of them at most, until one finds a place for every machine
UNSERVED_M = 0.1  # what a hand-over through a machine's frame counts, when plans are compared
PACKING_REPAIRS = 60  # moves tried to mend a packing whose belts or reach the construction could not foresee
MOVE_TRIES = 40  # changes tried until one has a legal floor plan
IMPROVEMENTS = 6  # of the legaliser: a change need not be the least there is
CHOICES = (1, 2, 4)  # changes among which the surrogate chooses: one of these, by chance
CLIMB = (16, 128)  # changes tried after the first, where arms or single vehicles haul: at least, and at most
CLIMB_WORK = 12_800  # times the square of the number of stations: what vehicles' ways among them take grows like that
MOST_OPTIONS = 8  # of a setting, that the surrogate tells apart
SPACE = tuple(feasibility.FLAT[name] for name in ("overlap", "service", "obstacle", "keep_clear", "floor", "fence"))
"""What the legaliser sees to; those first that most often find something for their time."""
ANY = (1, 1e-12)
"""As a limit to what a plan violates: one violation will do."""
QUICK = (quick_reach, quick_belt)
"""The other rules of `feasibility.quick`."""


PLACE = ("x", "y", "yaw", "mirror")
"""Design variables that are about where things stand."""


@dataclass(frozen=True)
class Draft:
    """What a candidate will be made from: `parent` changed, or as it is (`keep`), or a fresh packing where None.

    mend : the parent is only made legal, with as little change as it takes
    of : the parent's number; move : the first change made of it, drawn by chance if empty
    slope : of the surrogate that chooses among several changes (see `surrogate.Surrogate`)
    """

    number: int
    parent: Values | None = None
    keep: bool = False
    mend: bool = False
    of: int | None = None
    move: str = ""
    slope: tuple[float, ...] = ()


@dataclass(frozen=True)
class _Plan:
    """How illegal a floor plan is: machines in each other's way (2), belts or reach only (1), nothing (0)."""

    stage: int
    violations: tuple[Violation, ...]

    @property
    def rank(self) -> tuple[int, float]:
        """Less is better."""
        return self.stage, total_violation(self.violations)


class Proposals:
    """Makes candidates of one scenario. Random numbers depend on the seed and the draft's number only."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self.scenario = scenario
        self.seed = seed
        self.packer = Packer(scenario)
        self.moves = Moves(scenario, self.packer)
        self.legaliser = ScenarioLegaliser(scenario, IMPROVEMENTS)
        self.hauling = Hauling(scenario)
        self.distances = Distances(self.packer, self.hauling.pairs)
        weights, arms = self.packer.weights, self.packer.arm_between
        flows = [0.0 if arms(a, b) in self.hauling.carriers else -weights[a][b] for a, b in self.distances.pairs]
        self._options = [
            (name, option)
            for name, domain in self.moves.domains.items()
            if name in self.moves.settings and isinstance(domain, Choose) and len(domain.options) <= MOST_OPTIONS
            for option in domain.options
        ]
        docks = self.hauling.stations
        self.climb = CLIMB[0] if self.hauling.arms else min(max(CLIMB_WORK // max(docks, 1) ** 2, CLIMB[0]), CLIMB[1])
        self.prior = np.array([*flows, *([1.0] if self.hauling.carriers else []), *(0.0 for _ in self._options)])
        self._set = [v.name for v in scenario.variables if v.field not in PLACE]
        self._last: tuple[tuple[Any, ...], Line] | None = None
        machines = scenario.spec.machines
        self.belt_ends: dict[str, tuple[str, ...]] = {}
        for name, belt in scenario.spec.transport.items():
            if isinstance(belt, Conveyor):
                ends = [instances(machine, machines[machine]) for machine in (belt.from_, belt.to)]
                self.belt_ends[name] = (*ends[0], *ends[1])
                self.belt_ends |= {f"{name} {a}-{b}": (a, b) for a in ends[0] for b in ends[1]}

    def __call__(self, draft: Draft) -> Values:
        """The values of a candidate."""
        rng = np.random.default_rng([self.seed, draft.number, 0])
        if draft.parent is None:
            return self._packed(rng, draft)
        if draft.keep:
            return dict(draft.parent)
        return self._mended(rng, draft.parent) if draft.mend else self._changed(rng, draft, draft.parent)

    def features(self, values: Values) -> Array:
        """(n,) what the surrogate goes by: distances, what the carrier that hauls least can haul (1/h), and 1 for each
        option chosen of settings.

        Raises LayoutError where vehicles have no way to a station or arms don't reach it.
        """
        found = [self.distances(values)]
        if self.hauling.carriers:
            found.append(self.hauling(self._line(values)).min(keepdims=True))
        if self._options:
            found.append(np.array([float(values.get(name) == option) for name, option in self._options]))
        return np.concatenate(found)

    def _mended(self, rng: np.random.Generator, values: Values) -> Values:
        """The nearest floor plan that is legal; where belts or reach want more, what is in the way is moved on."""
        found, _ = self.legaliser(values)
        return self._repaired(rng, found, PACKING_REPAIRS)

    def _packed(self, rng: np.random.Generator, draft: Draft) -> Values:
        values = self.moves.settings_spread(self.seed, draft.number, PACKINGS)
        loose = {spot.subject for spot in self.moves.standing(values)}
        urgent: list[str] = []
        for attempt in range(PACKING_TRIES):
            packed = self.packer.pack(rng, values, loose, attempt == PACKING_TRIES - 1, urgent)
            if packed is not None:
                break
        assert packed is not None
        values = self._repaired(rng, packed, PACKING_REPAIRS)
        climbs = self.hauling.carriers and draft.slope and not self._plan(values, ANY).violations
        return self._climbed(rng, draft, values) if climbs else values

    def _changed(self, rng: np.random.Generator, draft: Draft, parent: Values) -> Values:
        best: tuple[_Plan, Values] | None = None
        choice = CHOICES[int(rng.integers(len(CHOICES)))] if draft.slope and not self._climbs(parent) else 1
        tried = 0
        while tried < MOVE_TRIES:
            some: list[tuple[bool, float, int, Values]] = []  # not legal, less promising and later ones come last
            while len(some) < choice and tried < MOVE_TRIES:
                tried += 1
                values = dict(parent)
                self.moves.change(rng, values, draft.move if tried <= MOVE_TRIES // 2 else "")
                for _ in range(min(int(rng.geometric(0.65)) - 1, 2)):
                    self.moves.change(rng, values)
                values, legal = self.legaliser(values)
                if values != parent:
                    promise = (self._promise(draft, values) or 0.0) if choice > 1 else 0.0
                    some.append((bool(legal.left), -promise, tried, values))
            for wrong, _, _, values in sorted(some, key=lambda entry: entry[:3]):
                plan = self._plan(values, best[0].rank if best else None, spaced=not wrong)
                if not plan.violations:
                    return self._climbed(rng, draft, values)
                if best is None or plan.rank < best[0].rank:
                    best = (plan, values)
        return self._repaired(rng, best[1], MOVE_TRIES) if best is not None else parent

    def _climbed(self, rng: np.random.Generator, draft: Draft, values: Values) -> Values:
        """Legal values changed on and on; a change that promises more is kept, and its move made more often.

        Only where arms haul, or vehicles that are alone in their fleets: their moves tell most of what a simulation
        would. Several vehicles wait for one another, the more the less room is left to them, and nothing here foretells
        that. Settings stay where the draft is about them, or nothing is known of them yet.
        """
        promise = self._promise(draft, values) if self._climbs(values) else None
        if promise is None:
            return values
        shares = dict(self.moves.shares(values))
        if draft.move == "set" or draft.number < PACKINGS:
            shares.pop("set", None)
        won, made = dict.fromkeys(shares, 1.0), dict.fromkeys(shares, 2.0)
        for _ in range(self.climb if shares else 0):
            move = drawn(rng, {name: share * won[name] / made[name] for name, share in shares.items()})
            made[move] += 1.0
            trial = dict(values)
            self.moves.change(rng, trial, move)
            trial, legal = self.legaliser(trial)
            if trial == values or legal.left:
                continue
            promised = self._promise(draft, trial)
            if promised is None or promised <= promise:
                continue
            if not self._plan(trial, ANY, spaced=True).violations:
                values, promise = trial, promised
                won[move] += 1.0
        return values

    def _climbs(self, values: Values) -> bool:
        """Whether something hauls under these values, and no two vehicles of a fleet get in each other's way."""
        return bool(self.hauling.carriers) and all(f.units < 2 for f in self._line(values).fleets.values())

    def _promise(self, draft: Draft, values: Values) -> float | None:
        """What the surrogate promises; None where it cannot: a dock is walled in, an arm does not reach."""
        try:
            return worth(draft.slope, self.features(values)) if draft.slope else None
        except LayoutError:
            return None

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

    def _plan(self, values: Values, limit: tuple[int, float] | None = None, spaced: bool = False) -> _Plan:
        """What the floor plan of these values violates: belts and reach in full once nothing else is at fault.

        With a limit, looking stops where the plan is known to rank no better; not all it violates is listed then.
        spaced : the legaliser found nothing, or nothing any more, that is in the way of anything
        """
        line = self._line(values)
        ground = Ground(line)
        found: list[Violation] = []
        for rule in QUICK if spaced else (*SPACE, *QUICK):
            found += rule(ground)
            if found and limit is not None and (2, total_violation(found)) >= limit:
                return _Plan(2, tuple(found))
        if found:
            return _Plan(2, tuple(found))
        enough = None if limit is None else lambda some: (1, total_violation(some)) >= limit
        violations = feasibility.ways(ground, spaced, enough) or self._unserved(values, line)
        return _Plan(1 if violations else 0, violations)

    def _line(self, values: Values) -> Line:
        """The line under these values; the last one with its machines moved, where nothing else is different."""
        key, layout = tuple(values.get(name) for name in self._set), Layout(values)
        if self._last is not None and self._last[0] == key:
            line = self._last[1]
            spots = self.packer.spots
            return moved(line, layout, {s: Pose(*spots[s].at(values)) for s in (*line.stations, *line.arms)})
        line = realise(self.scenario, layout)
        self._last = key, line
        return line

    def _unserved(self, values: Values, line: Line) -> tuple[Violation, ...]:
        """Stations that an arm would only get into through their frames."""
        at = {
            name: spot.at(values)
            for name, spot in self.packer.spots.items()
            if name in line.stations or name in line.arms
        }
        return tuple(
            Violation("reach", (arm, station), UNSERVED_M, "m")
            for arm, served in self.packer.arms.items()
            for station in served
            if station in at and not self.packer.servable(arm, station, at[arm], at[station])
        )
