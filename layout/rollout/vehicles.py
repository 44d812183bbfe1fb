"""Vehicles at work: they drive, dock, take a part over, carry it, give it away.

On the way a part stands on the deck by nothing but friction. Between a station and a deck it is driven (rollers under
it), in the vehicle's hand-over time.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from layout.model.line import Fleet, Line
from layout.model.results import FleetTimes
from layout.motion.drive import matrix
from layout.rollout.drivers import Driver, Fellows
from layout.rollout.stands import Stands, Vector, resting
from layout.scene.physics.carriers import Carrier
from layout.scene.physics.parts import Part
from layout.scene.physics.world import GRAVITY_M_S2

SLIP_M = 0.05
"""A part that has moved so far on its deck is no longer where rollers take it over."""
LOOK_S = 0.25
_GENTLER = "a lower acceleration ('layout limits' says how high it may be), or a part with more friction"
TOUCH_EVERY_S = 0.1
"""Contacts are looked at this often: a vehicle at 1.5 m/s comes 0.15 m further."""


class Vehicle(Driver):
    """One vehicle of a fleet, with its part."""

    def __init__(
        self, name: str, fleet: Fleet, times: FleetTimes, carrier: Carrier, line: Line, stands: Stands, fellows: Fellows
    ) -> None:
        super().__init__(name, fleet, times, carrier, fellows)
        self.part: Part | None = None
        self._line, self._stands = line, stands
        self._hand: _HandOver | None = None
        self._seat: Vector | None = None
        self._carrier = carrier
        self._met: set[str] = set()
        self._look_s = self._touch_s = 0.0
        self._lost = False

    @property
    def busy(self) -> bool:
        """Whether it has to be looked after at every step."""
        return super().busy or self._hand is not None

    @property
    def loaded(self) -> bool:
        """Whether it has a part."""
        return self.part is not None

    # ------------------------------------------------------------ tasks

    def take(self, number: int, station: str, now_s: float, done: Callable[[float], None]) -> None:
        """Take a part over from the station where it is docked."""
        part = self._stands.present(number, "out", "vehicle", led=self._inside(station))
        self._stands.give(number)
        deck = matrix(self.place) @ np.array([*self._fleet.model.deck_m, 1.0])
        at, turn = part.pose()
        self._hand = _HandOver(
            part, at, deck[:3], turn, turn, now_s, self._hand_s(station), station, False, self._inside(station)
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
            part, at, to, was, turn, now_s, self._hand_s(station), station, True, self._inside(station)
        )
        self._done, self.part = done, None

    # ------------------------------------------------------------ steps

    def before_step(self, now_s: float) -> None:
        """Set where it is to be after the coming step."""
        super().before_step(now_s)
        if self._hand is not None:
            self._hand.move(now_s + self._fellows.step_s)

    def after_step(self, now_s: float) -> None:
        """See what has come about by the step."""
        if self._hand is not None and now_s >= self._hand.end_s - 1e-9:
            self._handed(self._hand, now_s)
        if self._drive is not None and now_s >= max(self._touch_s, self._began_s):
            self._touch_s = now_s + TOUCH_EVERY_S
            self._feel(now_s)
        if self._drive is not None and self.part is not None and now_s >= max(self._look_s, self._began_s + LOOK_S):
            self._look_s = now_s + LOOK_S
            self._look(now_s)
        super().after_step(now_s)

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

    def _inside(self, station: str) -> bool:
        """Whether it hands over to the inside of a station: behind doors, or where arms come, too."""
        served = any(station in arm.serves for arm in self._line.arms.values())
        return served or bool(self._line.stations[station].model.axes)

    def _hand_s(self, station: str) -> float:
        return float(self._times.handover_s[self._times.stations.index(station)])

    # ------------------------------------------------------------ the part on the deck

    def _on_deck(self, part: Part) -> Vector:
        at = np.array([*part.pose()[0], 1.0])
        found: Vector = (np.linalg.inv(matrix(self.place)) @ at)[:3].tolist()
        return found

    def _feel(self, now_s: float) -> None:
        """Whether it has driven into anything; each is told once until it is clear of it."""
        met = dict(self._carrier.met())
        for name in sorted(met.keys() - self._met):
            self._tell(now_s, "collision", met[name], "m", 0.0, f"it drives into {name}", [name])
        self._met = set(met)

    def _look(self, now_s: float) -> None:
        part = self.part
        if part is None or self._seat is None or self._lost:
            return
        here = self._on_deck(part)
        slid = math.dist(here[:2], self._seat[:2])
        sunk = self._seat[2] - here[2]
        if sunk > SLIP_M:
            self._tell(now_s, "fell", sunk, "m", SLIP_M, "it fell off the deck", remedy=_GENTLER)
        elif slid > SLIP_M:
            holds, most = part.form.model.friction * GRAVITY_M_S2, self._fleet.acceleration_m_s2
            cause = (
                f"it slid on the deck: friction holds it up to {holds:.2f} m/s^2, the vehicle makes {most:.2f} m/s^2"
            )
            self._tell(now_s, "slipped", slid, "m", SLIP_M, cause, remedy=_GENTLER)
        self._lost = max(sunk, slid) > SLIP_M

    def _carried(self) -> tuple[int, str]:
        return (self.part.number, self.part.form.product) if self.part is not None else (-1, "")


@dataclass(eq=False)
class _HandOver:
    """A part on its way between a station and a deck: straight, evenly, turning as it goes.

    inside : the station takes parts over in its magazine, whose shape nobody knows: nothing touches them. So do those
        with doors, and those where arms hand over, too: arms are planned without what vehicles bring
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
