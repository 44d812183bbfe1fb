"""Changes of a candidate: small and large steps, turns, swaps, machines taken out and put back, settings drawn anew."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from layout.model.quantities import Choose, Range
from layout.model.realise import instances
from layout.model.results import Violation
from layout.model.scenario import Scenario
from layout.search.packing import Packer
from layout.search.space import Spot, Values, nearest

Move = Callable[[np.random.Generator, Values, Spot], None]

SET_STEP = 0.2  # standard deviation of a change of a range, as a share of its width
AIMED = 5  # weight of moves aimed at what is violated, among some ten others


class Moves:
    """The moves there are in one scenario. Each changes `values` in place, and keeps it within the domains."""

    def __init__(self, scenario: Scenario, packer: Packer) -> None:
        self.packer = packer
        self.movable = [spot for spot in packer.spots.values() if spot.free]
        self.domains = {variable.name: variable.domain for variable in scenario.variables}
        places = {f"{spot.subject}.{field}" for spot in self.movable for field in ("x", "y", "yaw")}
        self.settings = [name for name in self.domains if name not in places]
        machines = scenario.spec.machines
        self.copies = {
            variable.name: instances(variable.subject, machines[variable.subject])
            for variable in scenario.variables
            if variable.field == "count"
        }

    def standing(self, values: Values) -> list[Spot]:
        """What may be moved, less the copies that do not stand under these values."""
        return [spot for spot in self.movable if self.packer.copies.stands(spot.subject, values)]

    def settings_drawn(self, rng: np.random.Generator) -> Values:
        """Every setting that is no place, drawn evenly."""
        return {name: _draw(rng, self.domains[name]) for name in self.settings}

    def change(self, rng: np.random.Generator, values: Values) -> None:
        """One move, drawn by chance."""
        spots = self.standing(values)
        moves: list[Move] = []
        if spots:
            moves += [self._shift] * 4 + [self._turn] + [self._orbit] * 2 + [self._pull] * 2
        if len(spots) > 1:
            moves += [self._swap] + [self._replace] * 3
        sets = (2 if spots else 1) if self.settings else 0
        choice = int(rng.integers(len(moves) + sets))
        if choice >= len(moves):
            self._set(rng, values)
        else:
            moves[choice](rng, values, spots[int(rng.integers(len(spots)))])

    def mend(self, rng: np.random.Generator, values: Values, spot: Spot, violation: Violation) -> None:
        """A move of one that has part in a violation: aimed at it, or any that makes room."""
        mends: tuple[Move, ...]
        mends = (*[self._nudge] * 4, self._turn, self._orbit, self._pull, self._swap, *[self._replace] * 2)
        choice = int(rng.integers(len(mends) + AIMED))
        if choice < len(mends):
            mends[choice](rng, values, spot)
        else:
            self._aim(rng, values, spot, violation)

    def _aim(self, rng: np.random.Generator, values: Values, spot: Spot, violation: Violation) -> None:
        """By what is missing and a little more: towards the other where it is out of reach, else away from it.

        Away from who is no subject (a wall, an obstacle) is towards the middle of the floor.
        """
        x, y, yaw = spot.at(values)
        others = [name for name in violation.subjects if name != spot.subject and name in self.packer.spots]
        towards = violation.rule == "reach" or not others
        to_x, to_y = self.packer.spots[others[0]].at(values)[:2] if others else self.packer.middle
        way = np.array([to_x - x, to_y - y]) * (1.0 if towards else -1.0)
        if rng.random() < 0.7:  # straight along one wall: machines stand square to each other
            way[int(rng.integers(2))] = 0.0
        length = float(np.hypot(*way))
        if length > 0.0:
            step = (violation.amount * float(rng.uniform(1.0, 1.5)) + 0.01 * float(rng.random())) / length
            spot.put(values, x + step * float(way[0]), y + step * float(way[1]), yaw)

    def _shift(self, rng: np.random.Generator, values: Values, spot: Spot, least_m: float = 0.02) -> None:
        """A little or a lot: 2 cm to 2 m."""
        x, y, yaw = spot.at(values)
        step = least_m * 100.0 ** float(rng.random())
        spot.put(values, x + step * float(rng.normal()), y + step * float(rng.normal()), yaw)

    def _nudge(self, rng: np.random.Generator, values: Values, spot: Spot) -> None:
        """Out of the way: 1 cm to 1 m."""
        self._shift(rng, values, spot, 0.01)

    def _turn(self, rng: np.random.Generator, values: Values, spot: Spot) -> None:
        """To another orientation."""
        if isinstance(spot.yaw, (Range, Choose)):
            x, y, yaw = spot.at(values)
            spot.put(values, x, y, _draw(rng, spot.yaw, but=yaw))

    def _swap(self, rng: np.random.Generator, values: Values, spot: Spot) -> None:
        """Two machines change places."""
        spots = self.standing(values)
        other = spots[int(rng.integers(len(spots)))]
        here, there = spot.at(values), other.at(values)
        spot.put(values, *there)
        other.put(values, *here)

    def _replace(self, rng: np.random.Generator, values: Values, spot: Spot) -> None:
        """Up to three machines, taken out and put back where they fit best."""
        spots = self.standing(values)
        count = min(int(rng.integers(1, 4)), len(spots))
        others = [spots[int(i)].subject for i in rng.choice(len(spots), count, replace=False)]
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
        stands = self.packer.copies.stands
        partners = [name for name in self.packer.weights.get(spot.subject, {}) if stands(name, values)]
        if not partners:
            return self._shift(rng, values, spot)
        px, py, _ = self.packer.spots[partners[int(rng.integers(len(partners)))]].at(values)
        x, y, yaw = spot.at(values)
        part = float(rng.uniform(0.02, 0.5))
        return spot.put(values, x + part * (px - x), y + part * (py - y), yaw)

    def _set(self, rng: np.random.Generator, values: Values) -> None:
        """One setting anew: near its value for ranges, any other option for choices."""
        name = self.settings[int(rng.integers(len(self.settings)))]
        domain = self.domains[name]
        if isinstance(domain, Range):
            width = (domain.high - domain.low) * SET_STEP
            values[name] = nearest(domain, float(values[name]) + float(rng.normal(0.0, width)))
        elif name in self.copies:
            self._recount(rng, values, name, _draw(rng, domain, but=values[name]))
        else:
            values[name] = _draw(rng, domain, but=values[name])

    def _recount(self, rng: np.random.Generator, values: Values, name: str, count: int) -> None:
        """Another number of copies: new ones stand where they fit best; nothing changes where they don't fit."""
        stands, wanted = self.packer.copies.stands, {**values, name: count}
        added = {
            s.subject for s in self.standing(wanted) if s.subject in self.copies[name] and not stands(s.subject, values)
        }
        packed = self.packer.pack(rng, wanted, added)
        if packed is not None:
            values.clear()
            values.update(self.packer.copies.needed(packed))


def _draw(rng: np.random.Generator, domain: Choose[Any] | Range, but: Any = None) -> Any:
    """A value of the domain, evenly; another than `but` where there is a choice."""
    if isinstance(domain, Range):
        return float(rng.uniform(domain.low, domain.high))
    options = [option for option in domain.options if option != but] or list(domain.options)
    return options[int(rng.integers(len(options)))]
