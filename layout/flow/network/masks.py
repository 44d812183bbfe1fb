"""Zones that arms share: which of its zones an arm needs for each leg and at each place, and for how long at least."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from layout.errors import LayoutError, Problem
from layout.flow.kernel.records import MOST_ZONES
from layout.model.line import Line
from layout.model.results import ArmTimes, FleetTimes, Moves, Zone


@dataclass(frozen=True)
class Masks:
    """One arm's zones; index order is that of its times, home being row n.

    numbers : which zones its bits stand for
    fetch, carry : (n + 1, n) int, needed by the way from row to column and by standing at both ends
    inside, way_out : (n,) int, where it stands inside; what it needs to stand there and to go home from there
    """

    numbers: list[int]
    fetch: Any
    carry: Any
    inside: Any
    way_out: Any


class Shared:
    """The zones of a line. Those that fewer than two arms ever enter keep nobody out, and are left out."""

    def __init__(self, line: Line, moves: Moves) -> None:
        self.zones: list[Zone] = []
        for zone in sorted(moves.zones, key=lambda z: z.name):
            arms = [a for a in dict.fromkeys(zone.arms) if a in line.arms and a in moves.arms]
            if sum(_enters(zone, arm) for arm in arms) > 1:
                self.zones.append(zone)

    @property
    def count(self) -> int:
        """How many zones there are."""
        return len(self.zones)

    def of(self, name: str, times: ArmTimes | FleetTimes) -> Masks:
        """Those of one arm. Raises LayoutError where it stands in one and has no times to its home and back."""
        n = len(times.stations)
        numbers = [z for z, zone in enumerate(self.zones) if name in zone.arms and _enters(zone, name)]
        if len(numbers) > MOST_ZONES:
            raise LayoutError(Problem(f"{name!r} shares more than {MOST_ZONES} zones", value=str(len(numbers))))
        fetch, carry = np.zeros((n + 1, n), np.int64), np.zeros((n + 1, n), np.int64)
        inside, homing = np.zeros(n, np.int64), np.zeros(n, np.int64)
        for bit, z in enumerate(numbers):
            zone, one = self.zones[z], np.int64(1) << np.int64(bit)
            stands = _bools(zone.stands, name, (n,))
            ends = stands[:, None] | stands[None, :]
            fetch[:n] |= one * (_bools(zone.empty, name, (n, n)) | ends)
            fetch[n] |= one * (_bools(zone.leaving, name, (n,)) | stands)
            carry[:n] |= one * (_bools(zone.loaded, name, (n, n)) | ends)
            inside |= one * stands
            homing |= one * _bools(zone.homing, name, (n,))
        if isinstance(times, ArmTimes) and inside.any():
            _check_home(name, times, inside)
        return Masks(numbers, fetch, carry, inside, np.where(inside != 0, inside | homing, 0))


def _bools(of: Mapping[str, Any], name: str, shape: tuple[int, ...]) -> Any:
    return np.asarray(of.get(name, np.zeros(shape)), dtype=bool)


def _enters(zone: Zone, arm: str) -> bool:
    """Whether an arm is ever inside."""
    masks = (zone.stands, zone.loaded, zone.empty, zone.homing, zone.leaving)
    return any(np.any(mask[arm]) for mask in masks if arm in mask)


def _check_home(name: str, times: ArmTimes, inside: Any) -> None:
    home_s, leave_home_s = times.home_s, times.leave_home_s
    known = home_s is not None and np.isfinite(home_s[inside != 0]).all()
    if known and leave_home_s is not None and np.isfinite(leave_home_s).all():
        return
    raise LayoutError(
        Problem(f"{name!r} shares space with another arm and has no way home from there", hint="plan its way home")
    )


class HeldTimes:
    """For each zone, the least time (s) that what the arms do keeps it: variable of a linear programme -> time."""

    def __init__(self, line: Line, moves: Moves) -> None:
        self.moves = moves
        self.zones = Shared(line, moves).zones
        self.terms: list[dict[int, float]] = [{} for _ in self.zones]

    def least_empty_s(self, arm: str) -> Any:
        """(n, n) s: an arm that stands in a zone may go home and come from there."""
        times = self.moves.arms[arm]
        stands = any(np.any(zone.stands.get(arm, False)) for zone in self.zones)
        if not stands or times.home_s is None or times.leave_home_s is None:
            return times.empty_s
        return np.minimum(times.empty_s, times.home_s[:, None] + times.leave_home_s[None, :])

    def task(self, arm: str, origin: str, target: str, variable: int) -> None:
        """A part is picked, carried and placed."""
        for zone, terms in zip(self.zones, self.terms, strict=True):
            if arm not in zone.arms:
                continue
            times = self.moves.arms[arm]
            i, j = times.stations.index(origin), times.stations.index(target)
            stands = _bools(zone.stands, arm, times.pick_s.shape)
            passes = stands[i] or stands[j] or _bools(zone.loaded, arm, times.loaded_s.shape)[i, j]
            held_s = (stands[i] * times.pick_s[i] + stands[j] * times.place_s[j]
                      + (times.loaded_s[i, j] if passes else 0.0))  # fmt: skip
            if 0 < held_s < np.inf:
                terms[variable] = float(held_s)

    def empty(self, arm: str, start: str, end: str, variable: int) -> None:
        """The way between two tasks: direct, or by the arm's home where that keeps the zone for less."""
        for zone, terms in zip(self.zones, self.terms, strict=True):
            if arm not in zone.arms:
                continue
            times = self.moves.arms[arm]
            i, j = times.stations.index(start), times.stations.index(end)
            n = len(times.stations)
            stands, homing, leaving = (_bools(of, arm, (n,)) for of in (zone.stands, zone.homing, zone.leaving))
            passes = stands[i] or stands[j] or _bools(zone.empty, arm, (n, n))[i, j]
            held_s = times.empty_s[i, j] if passes else 0.0
            if times.home_s is not None and times.leave_home_s is not None:
                out_s = times.home_s[i] if stands[i] or homing[i] else 0.0
                held_s = min(held_s, out_s + (times.leave_home_s[j] if stands[j] or leaving[j] else 0.0))
            if 0 < held_s < np.inf:
                terms[variable] = float(held_s)
