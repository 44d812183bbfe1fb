"""Vehicles at work: they wait until the way is free, drive, dock, take a part over, carry it, give it away.

On the way a part stands on the deck by nothing but friction. Between a station and a deck it is driven (rollers under
it), in the vehicle's hand-over time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from layout.model.library import Point3
from layout.model.line import Fleet, Line
from layout.model.physical import Incident
from layout.model.results import FleetTimes
from layout.motion.drive import Drive, Place, matrix
from layout.rollout.stands import Stands, Vector, resting
from layout.rollout.traffic import Traffic, first_free
from layout.scene.physics.carriers import Carrier
from layout.scene.physics.parts import Part

ASK_S = 0.25
"""A vehicle that has to wait looks again so often."""
STRANDED_S = 120.0
"""Nobody gets out of its way for so long: they keep each other from moving."""
SLIP_M = 0.05
"""A part that has moved so far on its deck is no longer where rollers take it over."""
LOOK_S = 0.25


@dataclass(eq=False)
class _Wish:
    """Where a vehicle wants to go, since when, and when it looks again."""

    row: int
    bringing: bool
    since_s: float
    ask_s: float
    told: bool = False


class Vehicle:
    """One vehicle of a fleet. `busy` while it has something to do.

    row, bringing : where it is docked: a row of the fleet's stations, on the side where parts are brought or taken
    set_out_s, came_from : when its last drive began, and the station where
    """

    def __init__(
        self,
        name: str,
        fleet: Fleet,
        times: FleetTimes,
        carrier: Carrier,
        line: Line,
        stands: Stands,
        fellows: Fellows,
    ) -> None:
        self.name = name
        self.row, self.bringing = 0, False
        self.part: Part | None = None
        self.set_out_s, self.came_from = 0.0, ""
        self._fleet, self._times, self._carrier = fleet, times, carrier
        self._line, self._stands, self._fellows = line, stands, fellows
        self._wish: _Wish | None = None
        self._drive: Drive | None = None
        self._began_s = 0.0
        self._hand: _HandOver | None = None
        self._done: Callable[[float], None] | None = None
        self._seat: Vector | None = None
        self._look_s = 0.0
        self._lost = False

    @property
    def busy(self) -> bool:
        """Whether it has to be looked after at every step."""
        return self._wish is not None or self._drive is not None or self._hand is not None

    @property
    def idle(self) -> bool:
        """Whether it may be sent out of the way: it stands, and has no part and no task."""
        return not self.busy and self.part is None and self._done is None

    @property
    def place(self) -> Place:
        """Where it is."""
        return self._carrier.place

    # ------------------------------------------------------------ tasks

    def travel(self, station: str, bringing: bool, now_s: float, done: Callable[[float], None]) -> None:
        """Go to a station, to bring a part or to take one; `done(time)` once docked."""
        row = self._times.stations.index(station)
        self._done = done
        if self._at(row, bringing) and self._drive is None:
            self._arrived(now_s)
            return
        self._wish = _Wish(row, bringing, now_s, now_s)

    def take(self, number: int, station: str, now_s: float, done: Callable[[float], None]) -> None:
        """Take a part over from the station where it is docked."""
        part = self._stands.present(number, "out", "vehicle", led=self._doors(station))
        self._stands.give(number)
        deck = matrix(self.place) @ np.array([*self._fleet.model.deck_m, 1.0])
        at, turn = part.pose()
        self._hand = _HandOver(
            part, at, deck[:3], turn, turn, now_s, self._hand_s(station), station, False, self._doors(station)
        )
        self._done = done

    def give(self, station: str, now_s: float, done: Callable[[float], None]) -> None:
        """Give its part to the station where it is docked."""
        part = self.part
        assert part is not None
        self._stands.clear(station, "in", "vehicle")
        target = self._line.stations[station]
        to, turn = resting(target, self._line.products[part.form.product], "in", "vehicle")
        at, was = part.pose()
        self._hand = _HandOver(
            part, at, to, was, turn, now_s, self._hand_s(station), station, True, self._doors(station)
        )
        self._done, self.part = done, None

    def make_room(self, now_s: float, wanted: list[tuple[str, Drive]]) -> bool:
        """Drive to another dock where it is in nobody's way; whether there is one."""
        options = []
        for row in np.argsort(self._times.travel_s[self.row], kind="stable").tolist():
            if row != self.row:
                drive = self._drive_to(row, self.part is not None)
                options.append((row, drive, drive.place(drive.time_s)))
        found = first_free(self._fellows.traffic, self.name, options, wanted, now_s)
        if found is None:
            return False
        row, drive = found
        self._set_out(drive, now_s, row, self.part is not None)
        return True

    # ------------------------------------------------------------ steps

    def before_step(self, now_s: float) -> None:
        """Set where it is to be after the coming step."""
        if self._wish is not None and self._drive is None and now_s >= self._wish.ask_s:
            self._ask(self._wish, now_s)
        if self._drive is not None and now_s >= self._began_s:
            step_s = self._fellows.step_s
            t = now_s - self._began_s
            self._carrier.go(self._drive.place(t), self._drive.place(t + step_s))
        if self._hand is not None:
            self._hand.move(now_s + self._fellows.step_s)

    def after_step(self, now_s: float) -> None:
        """See what has come about by the step."""
        if self._hand is not None and now_s >= self._hand.end_s - 1e-9:
            self._handed(self._hand, now_s)
        drive = self._drive
        if drive is None:
            return
        if self.part is not None and now_s >= self._look_s:
            self._look_s = now_s + LOOK_S
            self._look(now_s)
        if now_s >= self._began_s + drive.time_s - 1e-9:
            self._drive = None
            self._carrier.stop(drive.place(drive.time_s))
            self._fellows.traffic.stand(self.name, self.place, now_s)
            if self._wish is None or self._at(self._wish.row, self._wish.bringing):
                self._wish = None
                self._arrived(now_s)
            else:
                self._wish.ask_s = now_s  # it only made room, and goes on from here

    def _arrived(self, now_s: float) -> None:
        done, self._done = self._done, None
        if done is not None:
            done(now_s)

    def _handed(self, hand: _HandOver, now_s: float) -> None:
        self._hand = None
        part = hand.part
        if hand.giving:
            port = None if hand.inside else self._line.stations[hand.station].model.port_for("in", "vehicle")
            self._stands.take_in(part, hand.station, port.name if port is not None else "")
        else:
            part.free()
            self.part, self._lost = part, False
            self._seat = self._on_deck(part)
        self._arrived(now_s)

    # ------------------------------------------------------------ driving

    def _ask(self, wish: _Wish, now_s: float) -> None:
        """Set out if the way is free; else see to it that who stands in the way makes room, and ask again later."""
        traffic = self._fellows.traffic
        drive = self._drive_to(wish.row, wish.bringing)
        start_s, standing = traffic.clear_at(self.name, drive, now_s)
        if start_s < math.inf:
            self._set_out(drive, start_s, wish.row, wish.bringing)
            return
        wish.ask_s = now_s + ASK_S
        others = [self._fellows.vehicles[name] for name in sorted(standing)]
        for other in others:
            if other.idle:
                other.make_room(now_s, [(self.name, drive)])
        waiting = [other for other in others if other._wish is not None and other._drive is None]
        if waiting and len(waiting) == len(others) and self.name > min(other.name for other in waiting):
            passing = [(o.name, o._drive_to(o._wish.row, o._wish.bringing)) for o in waiting if o._wish is not None]
            self.make_room(now_s, passing)
        elif now_s - wish.since_s > STRANDED_S and not wish.told:
            wish.told = True
            cause = f"it has no free way to {self._times.stations[wish.row]}"
            self._tell(now_s, "waiting", now_s - wish.since_s, "s", STRANDED_S, cause, sorted(standing))

    def _set_out(self, drive: Drive, start_s: float, row: int, bringing: bool) -> None:
        self._drive, self._began_s = drive, start_s
        self.set_out_s, self.came_from = start_s, self._times.stations[self.row]
        self._fellows.traffic.set_out(self.name, drive, start_s)
        self.row, self.bringing = row, bringing
        self._look_s = start_s + LOOK_S

    def _at(self, row: int, bringing: bool) -> bool:
        one_dock = self._times.docks_in is None
        return self.row == row and (one_dock or self.bringing == bringing)

    def _drive_to(self, row: int, bringing: bool) -> Drive:
        times = self._times
        split = times.docks_in is not None and not bringing
        path = (times.empty_paths if split else times.paths).get((self.row, row))
        docks = times.docks_in if bringing and times.docks_in is not None else times.docks
        x, y, yaw = (float(value) for value in docks[row])
        goal = (x, y, yaw)
        way = np.asarray(path, dtype=float) if path is not None else np.array([self.place[:2], goal[:2]])
        return Drive(self._fleet, way, self.place, goal)

    def _doors(self, station: str) -> bool:
        return bool(self._line.stations[station].model.axes)

    def _hand_s(self, station: str) -> float:
        return float(self._times.handover_s[self._times.stations.index(station)])

    # ------------------------------------------------------------ the part on the deck

    def _on_deck(self, part: Part) -> Vector:
        at = np.array([*part.pose()[0], 1.0])
        found: Vector = (np.linalg.inv(matrix(self.place)) @ at)[:3].tolist()
        return found

    def _look(self, now_s: float) -> None:
        part = self.part
        if part is None or self._seat is None or self._lost:
            return
        here = self._on_deck(part)
        slid = math.dist(here[:2], self._seat[:2])
        sunk = self._seat[2] - here[2]
        if sunk > SLIP_M:
            self._tell(now_s, "fell", sunk, "m", SLIP_M, "it fell off the deck")
        elif slid > SLIP_M:
            self._tell(now_s, "slipped", slid, "m", SLIP_M, "it slid on the deck")
        self._lost = max(sunk, slid) > SLIP_M

    def _tell(
        self, now_s: float, kind: str, amount: float, unit: str, limit: float, cause: str, others: Sequence[str] = ()
    ) -> None:
        at: Point3 = (self.place[0], self.place[1], self._fleet.model.deck_m[2])
        number, product = (self.part.number, self.part.form.product) if self.part is not None else (-1, "")
        self._fellows.tell(Incident(now_s, kind, (self.name, *others), at, amount, unit, cause, number, product, limit))


@dataclass
class Fellows:
    """What vehicles know of one another."""

    traffic: Traffic
    vehicles: Mapping[str, Vehicle]
    tell: Callable[[Incident], None]
    step_s: float


@dataclass(eq=False)
class _HandOver:
    """A part on its way between a station and a deck: straight, evenly, turning as it goes.

    inside : the station has doors, and takes parts over in its magazine, whose shape nobody knows: nothing touches them
    """

    part: Part
    first: Vector
    last: Vector
    turn: Vector
    turned: Vector
    start_s: float
    lasts_s: float
    station: str
    giving: bool
    inside: bool

    @property
    def end_s(self) -> float:
        """When it is over."""
        return self.start_s + self.lasts_s

    def move(self, now_s: float) -> None:
        """Put the part where it is at a time (s)."""
        share = min((now_s - self.start_s) / self.lasts_s, 1.0) if self.lasts_s > 0 else 1.0
        at = [a + (b - a) * share for a, b in zip(self.first, self.last, strict=True)]
        turn = self.turned if share >= 0.5 else self.turn
        if self.inside:
            self.part.lead(at, turn)
        else:
            self.part.clamp(at, turn)
