"""The design space as Optuna sees it, and as geometry sees it: which variables place which subject."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution
from optuna.trial import Trial

from layout.model.places import Seat, instances, joined, own_places, parted, seats, subjects
from layout.model.quantities import Choose, Range
from layout.model.scenario import Scenario, Variable

Values = dict[str, Any]


def distributions(variables: Sequence[Variable]) -> dict[str, BaseDistribution]:
    """Optuna's search space: one distribution for each design variable, by name."""
    return {variable.name: _distribution(variable.domain) for variable in variables}


def _distribution(domain: Choose[Any] | Range) -> BaseDistribution:
    if isinstance(domain, Range):
        return FloatDistribution(domain.low, domain.high)
    return CategoricalDistribution(domain.options)


def suggest(trial: Trial, scenario: Scenario) -> Values:
    """The values that the study's sampler proposes for a trial, noted in it; only those that the candidate needs.

    Any of Optuna's samplers will do: numbers of copies are asked first, and places of those that do not stand are not.
    """
    copies, values = Copies(scenario), Values()
    for variable in sorted(scenario.variables, key=lambda v: v.field != "count"):
        name, domain = variable.name, variable.domain
        if not copies.stands(variable.subject, values):
            continue
        if isinstance(domain, Range):
            values[name] = trial.suggest_float(name, domain.low, domain.high)
        else:
            values[name] = trial.suggest_categorical(name, domain.options)
    return values


class Copies:
    """Which copies of a machine stand, where the search chooses how many: the others have no values."""

    def __init__(self, scenario: Scenario) -> None:
        self._subjects = {variable.name: variable.subject for variable in scenario.variables}
        self._places = {
            instance: (f"{name}.count", number)
            for name, machine in scenario.spec.machines.items()
            if isinstance(machine.count, Choose)
            for number, instance in enumerate(instances(name, machine))
        }

    def stands(self, subject: str, values: Mapping[str, Any]) -> bool:
        """Whether a subject is part of the line under these values."""
        if subject not in self._places:
            return True
        count, number = self._places[subject]
        return number < int(values[count])

    def needed(self, values: Mapping[str, Any]) -> Values:
        """The values without those of copies that do not stand."""
        return {name: value for name, value in values.items() if self.stands(self._subjects[name], values)}


@dataclass(frozen=True)
class Spot:
    """The place of one subject (a station or an arm): each coordinate fixed, or free within a domain.

    mover : whose the coordinates are: the subject itself, or the group that it moves with, where it has a `seat`
    mirror : whether that group is mirrored
    """

    subject: str
    machine: str
    x: float | Range | Choose[float]
    y: float | Range | Choose[float]
    yaw: float | Range | Choose[float]
    mover: str
    seat: Seat | None = None
    mirror: bool | Choose[bool] = False

    @property
    def free(self) -> bool:
        """Whether the search may move it."""
        return any(isinstance(domain, (Range, Choose)) for domain in (self.x, self.y, self.yaw))

    def coordinates(self) -> dict[str, float | Range | Choose[float]]:
        """Domain by field name, of the mover."""
        return {"x": self.x, "y": self.y, "yaw": self.yaw}

    def mirrored(self, values: Mapping[str, Any]) -> bool:
        """Whether the group is mirrored under these values."""
        return bool(values[f"{self.mover}.mirror"]) if isinstance(self.mirror, Choose) else self.mirror

    def anchor(self, values: Mapping[str, Any]) -> tuple[float, float, float]:
        """x_m, y_m, yaw_rad of the mover under these values."""
        (x, at_x), (y, at_y), (yaw, at_yaw) = self._named
        return (
            float(values[x]) if x else at_x,
            float(values[y]) if y else at_y,
            float(values[yaw]) if yaw else at_yaw,
        )

    @cached_property
    def _named(self) -> tuple[tuple[str, float], ...]:
        """For x, y and yaw: the design variable and 0, or no name and the value."""
        return tuple(
            (f"{self.mover}.{field}", 0.0) if isinstance(domain, (Range, Choose)) else ("", domain)
            for field, domain in self.coordinates().items()
        )

    def at(self, values: Mapping[str, Any]) -> tuple[float, float, float]:
        """x_m, y_m, yaw_rad under these values."""
        anchor = self.anchor(values)
        return anchor if self.seat is None else joined(anchor, self.seat, self.mirrored(values))

    def put(self, values: dict[str, Any], x_m: float, y_m: float, yaw_rad: float) -> None:
        """Set the free coordinates to the nearest that their domains allow."""
        wanted = x_m, y_m, yaw_rad
        if self.seat is not None:
            wanted = parted(wanted, self.seat, self.mirrored(values))
        for (field, domain), at in zip(self.coordinates().items(), wanted, strict=True):
            if isinstance(domain, (Range, Choose)):
                found = nearest_angle(domain, at) if field == "yaw" else nearest(domain, at)
                values[f"{self.mover}.{field}"] = float(found)

    def shift(self, values: dict[str, Any], dx_m: float, dy_m: float) -> None:
        """Move the mover, as far as ranges of x and y allow."""
        for field, domain, by in (("x", self.x, dx_m), ("y", self.y, dy_m)):
            if isinstance(domain, Range):
                name = f"{self.mover}.{field}"
                values[name] = float(nearest(domain, float(values[name]) + by))


def nearest(domain: Range | Choose[Any], wanted: float) -> float:
    """The domain's value closest to the one wanted."""
    if isinstance(domain, Range):
        return min(max(wanted, domain.low), domain.high)
    return float(min(domain.options, key=lambda option: abs(option - wanted)))


def nearest_angle(domain: Range | Choose[Any], wanted: float) -> float:
    """The domain's angle (rad) closest to the one wanted, whole turns apart or not."""
    if isinstance(domain, Choose):
        return float(min(domain.options, key=lambda option: abs(math.remainder(option - wanted, math.tau))))
    angle = domain.low + (wanted - domain.low) % math.tau
    if angle <= domain.high:
        return angle
    return domain.high if angle - domain.high <= domain.low + math.tau - angle else domain.low


def spots(scenario: Scenario) -> tuple[Spot, ...]:
    """The place of every station instance and arm, in the file's order."""
    spec, found = scenario.spec, []
    places, members = own_places(spec), seats(spec, scenario.models)
    for subject, entry in subjects(spec).items():
        seat = members.get(subject)
        mover = subject if seat is None else seat.group
        place, mirror = places[mover], False if seat is None else spec.groups[seat.group].mirror
        found.append(Spot(subject, entry, place.x, place.y, place.yaw, mover, seat, mirror))
    return tuple(found)
