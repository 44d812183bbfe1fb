"""What a line's controller tells a plant, by the names of the scenario.

Each is told with the time (s) at which the controller began it, and how long the flow simulation takes it to last.
A part's number is its own for ever: that of `TraceEvent.part` in the same run.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Move:
    """An arm or vehicle sets out, and hands a part over where it comes to.

    unit : arm, or vehicle of a fleet (`Fleet.members`)
    origin : station that it sets out from; "" from home
    target : station that it goes to; "" home
    part, product : part that it fetches or carries; -1 and "" where it goes alone
    travel_s, handling_s : of the way and of the hand-over, as assumed
    """

    time_s: float
    unit: str
    origin: str
    target: str
    part: int
    product: str
    travel_s: float
    handling_s: float


class Fetch(Move):
    """Without a part to `target`, to pick one up there."""

    __slots__ = ()


class Carry(Move):
    """With a part from where it was picked up to `target`, to put it down there."""

    __slots__ = ()


class Come(Move):
    """Without a part to `target`, to wait, park or charge there: no hand-over."""

    __slots__ = ()


class Home(Move):
    """Home, out of the way: no hand-over."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class BeltEnter:
    """A part is put on a belt at its begin: assumed to be at the end after transit_s, and others may follow after
    spacing_s."""

    time_s: float
    belt: str
    part: int
    product: str
    transit_s: float
    spacing_s: float


@dataclass(frozen=True, slots=True)
class BeltLeave:
    """The part that stands at the end of a belt goes into the station there; the next may move up."""

    time_s: float
    belt: str
    part: int
    product: str
    station: str


@dataclass(frozen=True, slots=True)
class Begin:
    """A server of a station works on a part until until_s; after a breakdown, or for a next operation, again.

    server : 0 ... of the station
    closing_s : its doors close first, and take so long; 0: they are closed, or there are none
    opens_s : when its doors begin to open again; infinity: not before until_s
    """

    time_s: float
    station: str
    server: int
    part: int
    product: str
    operation: str
    until_s: float
    closing_s: float
    opens_s: float


@dataclass(frozen=True, slots=True)
class Ends:
    """A server's work on a part ends, or is interrupted."""

    time_s: float
    station: str
    server: int
    part: int


@dataclass(frozen=True, slots=True)
class Made:
    """A part begins at a station: at a source (perhaps outside, waiting for room), released from another, or a carrier
    that stands there from the start."""

    time_s: float
    part: int
    product: str
    station: str


@dataclass(frozen=True, slots=True)
class Gone:
    """A part is no more; how: it "left" as a good one, was "scrapped", or "joined" to another at that station."""

    time_s: float
    part: int
    product: str
    station: str
    how: str


@dataclass(frozen=True, slots=True)
class Arrived:
    """A part is at a station, after its hand-over, its belt or a link."""

    time_s: float
    part: int
    product: str
    station: str


Command = Move | BeltEnter | BeltLeave | Begin | Ends | Made | Gone | Arrived
