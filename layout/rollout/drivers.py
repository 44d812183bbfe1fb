"""Who drives a vehicle: it waits until the way is free, drives there, and makes room for those who have to pass."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from layout.model.library import Point3
from layout.model.line import Fleet
from layout.model.physical import Incident
from layout.model.results import FleetTimes
from layout.motion.drive import Drive, Place
from layout.rollout.traffic import Traffic, first_free

ASK_S = 0.25
"""A vehicle that has to wait looks again so often."""
STRANDED_S = 120.0
"""The same ones stand in its way for so long: they keep each other from moving."""
ROUND_S = 600.0
"""It has waited so long although others drive: they make room for one another, and none gets on."""

_ROOM = "'parking' for the fleet, where a vehicle can make room, or fewer vehicles"


class Driven(Protocol):
    """What is moved along the drives."""

    place: Place

    def stop(self, place: Place) -> None:
        """It stands still there."""

    def go(self, now: Place, then: Place) -> None:
        """It is at a place now, and at the other one after the coming step."""


@dataclass
class Fellows:
    """What vehicles know of one another. drives : those from dock to dock, each made once"""

    traffic: Traffic
    vehicles: Mapping[str, Driver]
    tell: Callable[[Incident], None]
    step_s: float
    drives: dict[tuple[str, Place, int, bool], Drive] = field(default_factory=dict)


@dataclass(eq=False)
class _Wish:
    """Where a vehicle wants to go, by which drive from where it is, since when, and when it looks again.

    barring, barred_s : who stood in its way when it looked last, each with when it set out last, and since when (s)
    """

    row: int
    bringing: bool
    since_s: float
    ask_s: float
    drive: Drive | None = None
    told: bool = False
    barring: Mapping[str, float] = field(default_factory=dict)
    barred_s: float = 0.0


class Driver:
    """Drives one vehicle of a fleet. `busy` while it has something to do.

    row, bringing : where it is docked: a row of the fleet's stations, on the side where parts are brought or taken
    set_out_s, came_from : when its last drive began, and the station where
    """

    def __init__(self, name: str, fleet: Fleet, times: FleetTimes, body: Driven, fellows: Fellows) -> None:
        self.name = name
        self.row, self.bringing = 0, False
        self.set_out_s, self.came_from = 0.0, ""
        self._fleet, self._times, self._body, self._fellows = fleet, times, body, fellows
        self._wish: _Wish | None = None
        self._drive: Drive | None = None
        self._began_s = 0.0
        self._no_room: tuple[int, frozenset[str]] | None = None
        self._hemmed_in = -1  # at which change of the traffic it last found no place to make room at
        self._done: Callable[[float], None] | None = None

    @property
    def busy(self) -> bool:
        """Whether it has to be looked after at every step."""
        return self._wish is not None or self._drive is not None

    @property
    def loaded(self) -> bool:
        """Whether it has a part."""
        return False

    @property
    def idle(self) -> bool:
        """Whether it may be sent out of the way: it stands, and has no part and no task."""
        return not self.busy and not self.loaded and self._done is None

    @property
    def place(self) -> Place:
        """Where it is."""
        return self._body.place

    def drove(self, station: str, since_s: float) -> bool:
        """Whether its last drive began at a station, and not before a time (s): else it had made room."""
        return self.came_from == station and self.set_out_s >= since_s - 1e-9

    @property
    def next_s(self) -> float:
        """When (s) it comes to where it drives, or looks again whether it may."""
        if self._drive is not None:
            return self._began_s + self._drive.time_s
        return self._wish.ask_s if self._wish is not None else math.inf

    def travel(self, station: str, bringing: bool, now_s: float, done: Callable[[float], None]) -> None:
        """Go to a station, to bring a part or to take one; `done(time)` once docked."""
        row = self._times.stations.index(station)
        self._done = done
        if self._at(row, bringing) and self._drive is None:
            self._arrived(now_s)
            return
        self._wish = _Wish(row, bringing, now_s, now_s)

    def make_room(self, now_s: float, passing: Sequence[tuple[str, Drive]]) -> bool:
        """Drive to another dock where it is in the way of none of those who want to pass, and if there is one, of
        nobody else who waits; whether there is such a dock. Where only idle ones stand at such docks, one leaves."""
        traffic, known = self._fellows.traffic, frozenset(name for name, _ in passing)
        if self._no_room == (traffic.changes, known):
            return False
        options = self._ways_out()
        others = [way for way in self._waiting() if way[0] not in known]
        found = first_free(traffic, self.name, options, passing, others, now_s)
        if found is None:
            self._hemmed_in = traffic.changes
            self._clear_a_dock(now_s, [(drive, place) for _, drive, place in options], passing)
            if traffic.still(now_s):
                self._no_room = traffic.changes, known
            return False
        row, drive = found
        self._set_out(drive, traffic.next_s(now_s), row, self.loaded)
        return True

    def _ways_out(self) -> list[tuple[int, Drive, Place]]:
        """Drives to all other docks with where they end, near ones first."""
        found = []
        for row in np.argsort(self._times.travel_s[self.row], kind="stable").tolist():
            if row != self.row:
                drive = self._drive_to(row, self.loaded)
                found.append((row, drive, drive.place(drive.time_s)))
        return found

    def _clear_a_dock(
        self, now_s: float, options: Sequence[tuple[Drive, Place]], passing: Sequence[tuple[str, Drive]]
    ) -> None:
        """Have an idle one leave a dock, so that there is one to make room at."""
        traffic, asked = self._fellows.traffic, {self.name, *(name for name, _ in passing)}
        for drive, place in options:
            if any(traffic.meets_standing(name, way, self.name, place) for name, way in passing):
                continue
            there = sorted(traffic.met(self.name, drive, now_s))
            if len(there) != 1 or there[0] in asked:
                continue
            other = self._fellows.vehicles[there[0]]
            if other.idle and other.make_room(now_s, [*passing, (self.name, drive)]):
                return

    # ------------------------------------------------------------ steps

    def before_step(self, now_s: float) -> None:
        """Set where it is to be after the coming step."""
        if self._wish is not None and self._drive is None and now_s >= self._wish.ask_s - 1e-9:
            self._ask(self._wish, now_s)
        if self._drive is not None and now_s >= self._began_s - 1e-9:
            t = max(now_s - self._began_s, 0.0)
            self._body.go(self._drive.place(t), self._drive.place(t + self._fellows.step_s))

    def after_step(self, now_s: float) -> None:
        """See whether it has come."""
        drive = self._drive
        if drive is None or now_s < self._began_s + drive.time_s - 1e-9:
            return
        self._drive = None
        self._body.stop(drive.place(drive.time_s))
        self._fellows.traffic.stand(self.name, self.place, now_s)
        if self._wish is None or self._at(self._wish.row, self._wish.bringing):
            self._wish = None
            self._arrived(now_s)
        else:
            self._wish.ask_s, self._wish.drive = now_s + ASK_S, None  # it made room, and lets those pass who waited

    def _arrived(self, now_s: float) -> None:
        done, self._done = self._done, None
        if done is not None:
            done(now_s)

    # ------------------------------------------------------------ driving

    def _ask(self, wish: _Wish, now_s: float) -> None:
        """Set out if the way is free; else see to it that who stands in the way makes room, and ask again later."""
        traffic = self._fellows.traffic
        drive = self._wanted(wish)
        start_s, standing = traffic.clear_at(self.name, drive, now_s)
        if start_s < math.inf:
            self._set_out(drive, start_s, wish.row, wish.bringing)
            return
        wish.ask_s = now_s + ASK_S
        others = [self._fellows.vehicles[name] for name in sorted(standing)]
        leave = [other.idle and other.make_room(now_s, [(self.name, drive)]) for other in others]
        if any(leave):
            return
        ways = [way for other in others if (way := other._way_past(self, drive, now_s)) is not None]
        barring = {other.name: other.set_out_s for other in others}
        if barring != wish.barring:
            wish.barring, wish.barred_s = barring, now_s
        waited_s = now_s - wish.since_s
        asked = ways and len(ways) == len(others) and self._yields(others)
        if asked and self.make_room(now_s, ways) and waited_s < ROUND_S:
            return
        told = any(other._wish is not None and other._wish.told for other in (self, *others))
        if (now_s - wish.barred_s > STRANDED_S or waited_s > ROUND_S) and not told:
            wish.told = True
            cause = f"it has no free way to {self._times.stations[wish.row]}"
            self._tell(now_s, "waiting", waited_s, "s", STRANDED_S, cause, sorted(standing), remedy=_ROOM)

    def _way_past(self, asker: Driver, wanted: Drive, now_s: float) -> tuple[str, Drive] | None:
        """What it would drive if who waits for it went away: where it wants to go, or, if it only has to make room,
        to a dock from where it bars that one no more."""
        if self._drive is not None:
            return None
        if self._wish is not None:
            return self.name, self._wanted(self._wish)
        traffic = self._fellows.traffic
        if not self.idle or self._hemmed_in != traffic.changes:
            return None
        for _, drive, place in self._ways_out():
            alone = traffic.met(self.name, drive, now_s) == {asker.name}
            if alone and not traffic.meets_standing(asker.name, wanted, self.name, place):
                return self.name, drive
        return None

    def _yields(self, others: Sequence[Driver]) -> bool:
        """Whether it makes room for others that cannot get on either: the later by name does, or whoever can."""
        changes = self._fellows.traffic.changes
        return self.name > min(other.name for other in others) or all(other._hemmed_in == changes for other in others)

    def _set_out(self, drive: Drive, start_s: float, row: int, bringing: bool) -> None:
        self._drive, self._began_s = drive, start_s
        self.set_out_s, self.came_from = start_s, self._times.stations[self.row]
        self._fellows.traffic.set_out(self.name, drive, start_s)
        self.row, self.bringing = row, bringing

    def _at(self, row: int, bringing: bool) -> bool:
        one_dock = self._times.docks_in is None
        return self.row == row and (one_dock or self.bringing == bringing)

    def _waiting(self) -> list[tuple[str, Drive]]:
        """All others that wait, with the drives that they wait to begin."""
        fellows = [other for other in self._fellows.vehicles.values() if other is not self and other._drive is None]
        return [(other.name, other._wanted(other._wish)) for other in fellows if other._wish is not None]

    def _wanted(self, wish: _Wish) -> Drive:
        if wish.drive is None:
            wish.drive = self._drive_to(wish.row, wish.bringing)
        return wish.drive

    def _drive_to(self, row: int, bringing: bool) -> Drive:
        x, y, yaw = (round(value, 6) for value in self.place)
        key = self._fleet.name, (x, y, yaw), row, bringing
        if key not in self._fellows.drives:
            self._fellows.drives[key] = self._new_drive(row, bringing)
        return self._fellows.drives[key]

    def _new_drive(self, row: int, bringing: bool) -> Drive:
        times = self._times
        split = times.docks_in is not None and not bringing
        path = (times.empty_paths if split else times.paths).get((self.row, row))
        docks = times.docks_in if bringing and times.docks_in is not None else times.docks
        x, y, yaw = (float(value) for value in docks[row])
        goal = (x, y, yaw)
        way = np.asarray(path, dtype=float) if path is not None else np.array([self.place[:2], goal[:2]])
        return Drive(self._fleet, way, self.place, goal)

    def _carried(self) -> tuple[int, str]:
        """Number and product of its part; -1 and "": none."""
        return -1, ""

    def _tell(
        self, now_s: float, kind: str, amount: float, unit: str, limit: float, cause: str, others: Sequence[str] = (),
        remedy: str = "",
    ) -> None:  # fmt: skip
        at: Point3 = (self.place[0], self.place[1], self._fleet.model.deck_m[2])
        subjects = (self.name, *others)
        self._fellows.tell(Incident(now_s, kind, subjects, at, amount, unit, cause, *self._carried(), limit, remedy))
