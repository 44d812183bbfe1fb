"""Changes of a candidate: steps, turns, swaps, plans mirrored and compacted, machines lined up or packed again, and
settings drawn anew."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from layout.model.places import instances
from layout.model.pose import Array
from layout.model.quantities import Choose, Range
from layout.model.results import Violation
from layout.model.scenario import Scenario
from layout.search.packing import Packer
from layout.search.shapes import moved
from layout.search.space import Spot, Values, nearest

Move = Callable[[np.random.Generator, Values, Spot], None]

START: dict[str, float] = {
    "shift": 4.0, "turn": 1.0, "orbit": 2.0, "pull": 2.0, "swap": 1.0, "replace": 3.0, "align": 1.0, "compact": 0.5,
    "mirror": 0.5, "set": 2.0,
}  # fmt: skip
"""How often each move is made, relative to the others, before it is known which of them pay off."""

SET_STEP = 0.2  # standard deviation of a change of a range, as a share of its width
AIMED = 5  # weight of moves aimed at what is violated, among some ten others


class Moves:
    """The moves there are in one scenario. Each changes `values` in place, and keeps it within the domains."""

    def __init__(self, scenario: Scenario, packer: Packer) -> None:
        self.packer = packer
        self.movable = [spot for spot in packer.spots.values() if spot.free]
        self.domains = {variable.name: variable.domain for variable in scenario.variables}
        places = {f"{spot.mover}.{field}" for spot in self.movable for field in ("x", "y", "yaw")}
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

    def settings_spread(self, seed: int, number: int, many: int) -> Values:
        """Every setting that is no place, for one of so many candidates, over which each is spread evenly."""
        values: Values = {}
        for k, name in enumerate(self.settings):
            rng = np.random.default_rng([seed, k, number // many])
            share = (float(rng.permutation(many)[number % many]) + float(rng.random())) / many
            domain = self.domains[name]
            if isinstance(domain, Range):
                values[name] = domain.low + share * (domain.high - domain.low)
            else:
                values[name] = domain.options[int(share * len(domain.options))]
        return values

    def shares(self, values: Values) -> dict[str, float]:
        """The moves that can change these values, and how often each is made at the start."""
        spots = self.standing(values)
        none = set[str]()
        if not spots:
            none = set(START) - {"set"}
        elif len(spots) == 1:
            none |= {"swap", "replace", "compact", "mirror"}
        if not any(isinstance(spot.yaw, (Range, Choose)) for spot in spots):
            none.add("turn")
        if not self.packer.arms:
            none.add("orbit")
        if not self.settings:
            none.add("set")
        return {name: share for name, share in START.items() if name not in none}

    def change(self, rng: np.random.Generator, values: Values, move: str = "") -> None:
        """One move: the one named, or one drawn by chance."""
        if not move:
            move = drawn(rng, self.shares(values))
        if move == "set":
            return self._set(rng, values)
        spots = self.standing(values)
        if move == "turn":
            spots = [spot for spot in spots if isinstance(spot.yaw, (Range, Choose))]
        moves: dict[str, Move] = {
            "shift": self._shift, "turn": self._turn, "orbit": self._orbit, "pull": self._pull, "swap": self._swap,
            "replace": self._replace, "align": self._align, "compact": self._compact, "mirror": self._mirror,
        }  # fmt: skip
        return moves[move](rng, values, spots[int(rng.integers(len(spots)))])

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

    def _align(self, rng: np.random.Generator, values: Values, spot: Spot) -> None:
        """In line with another that it exchanges parts with, or any: by edges, middles or hand-over places."""
        stands = self.packer.copies.stands
        others = [name for name in self.packer.weights.get(spot.subject, {}) if stands(name, values)]
        others = others or [name for name in self.packer.spots if name != spot.subject and stands(name, values)]
        if not others:
            return self._shift(rng, values, spot)
        other = self.packer.spots[others[int(rng.integers(len(others)))]]
        axis, what = int(rng.integers(2)), int(rng.integers(4))
        here, there = (self._lines(s.subject, s.at(values))[what][axis] for s in (spot, other))
        at = list(spot.at(values))
        at[axis] += there - here
        return spot.put(values, *at)

    def _lines(self, subject: str, pose: tuple[float, float, float]) -> tuple[Array, Array, Array, Array]:
        """Lower corner, upper corner and middle of the box round a footprint, and where parts are handed over (m)."""
        outline = moved(self.packer.shapes[subject].footprint, np.array([pose]))[0]
        low, high = outline.min(axis=0), outline.max(axis=0)
        return low, high, (low + high) / 2, moved(self.packer.hands[subject][None, :], np.array([pose]))[0, 0]

    def _compact(self, rng: np.random.Generator, values: Values, spot: Spot) -> None:
        """Everything nearer to one of them, along x, along y or both."""
        x, y, _ = spot.at(values)
        way, part = int(rng.integers(3)), float(rng.uniform(0.02, 0.2))
        for each in self.standing(values):
            ex, ey, yaw = each.at(values)
            each.put(values, ex + (x - ex) * part * (way != 1), ey + (y - ey) * part * (way != 0), yaw)

    def _mirror(self, rng: np.random.Generator, values: Values, spot: Spot) -> None:
        """All that one arm serves on the other side of it, or a few neighbours about their middle."""
        spots = self.standing(values)
        arms = [arm for arm, served in self.packer.arms.items() if spot.subject in served]
        if arms:
            arm = arms[int(rng.integers(len(arms)))]
            x, y, _ = self.packer.spots[arm].at(values)
            some = [each for each in spots if each.subject in self.packer.arms[arm]]
        else:
            x, y, _ = spot.at(values)
            some = sorted(spots, key=lambda s: math.dist(s.at(values)[:2], (x, y)))[: int(rng.integers(2, 6))]
            x, y = (float(n) for n in np.mean([each.at(values)[:2] for each in some], axis=0))
        across = rng.random() < 0.5
        for each in some:
            ex, ey, yaw = each.at(values)
            each.put(values, *((2 * x - ex, ey, -yaw) if across else (ex, 2 * y - ey, math.pi - yaw)))

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


def drawn(rng: np.random.Generator, shares: Mapping[str, float]) -> str:
    """One of the names, each with its share."""
    ends = np.cumsum(list(shares.values()))
    row = int(np.searchsorted(ends, float(rng.random()) * ends[-1], side="right"))
    return list(shares)[min(row, len(ends) - 1)]


def _draw(rng: np.random.Generator, domain: Choose[Any] | Range, but: Any = None) -> Any:
    """A value of the domain, evenly; another than `but` where there is a choice."""
    if isinstance(domain, Range):
        return float(rng.uniform(domain.low, domain.high))
    options = [option for option in domain.options if option != but] or list(domain.options)
    return options[int(rng.integers(len(options)))]
