"""What the line as rigid bodies came to: incidents, elementary moves as assumed and as measured, both runs compared."""

from __future__ import annotations

import math
from dataclasses import dataclass

from layout.model.library import Point3
from layout.model.results import Estimate, FlowResult

INCIDENTS = {
    "tipped": "a part leans further than it can stand",
    "fell": "a part left what carried it",
    "slipped": "a part does not go along with what carries it",
    "pushed": "a part was moved aside or turned where nothing should do that",
    "jammed": "a part does not get on, and nothing is before it",
    "climbed": "a part stands on another one",
    "dropped": "a tool lost its part",
    "misplaced": "a part was put down beside its place",
    "tracking": "an arm does not follow its planned path",
    "saturated": "a drive is at its limit",
    "near miss": "bodies came closer than they may",
    "collision": "bodies touched that must not",
    "waiting": "vehicles keep each other from moving",
    "stalled": "parts stopped leaving the line",
}
"""What can go wrong among rigid bodies: kind -> in words."""

TOLERATED = ("saturated",)
"""Incidents that cost time, which the table of moves measures, and nothing else: a layout is not refused for them."""

WAIT = "wait in traffic"
"""The kind of what vehicles of a fleet wait for others on their drives, ways back from where they made room included:
no elementary move, but what comes of the traffic."""

MOVE_S, MOVE_SHARE = 0.1, 0.03
"""How far an elementary move's assumed time may be from that of bodies: so many seconds, or that share of it."""

_SAID = {
    "tipped": "{part} tipped over on {on}",
    "fell": "{part} fell off {on}",
    "slipped": "{part} slipped on {on}",
    "pushed": "{part} was pushed out of line on {on}",
    "jammed": "{part} got stuck on {on}",
    "climbed": "{part} climbed up on {on}",
    "dropped": "{who} lost {part}",
    "misplaced": "{part} lay beside its place at {on}",
    "tracking": "{who} left its planned path{carrying}",
    "saturated": "a drive of {who} was at its limit{carrying}",
    "near miss": "{who} came too close to {others}{carrying}",
    "collision": "{who} touched {others}{carrying}",
    "waiting": "{who} waited for {others} and could not go on",
    "stalled": "no {part} reached {who} any more",
}

_HOW_FAST = "('layout limits' says how fast it may be)"
_REMEDIES = {
    "tipped": f"a slower belt {_HOW_FAST}, a wider corner, or a part that stands lower",
    "fell": "a wider belt, one belt instead of two that meet, or longer parts",
    "slipped": f"a slower belt {_HOW_FAST}, a gentler slope, or a part with more friction",
    "pushed": "more room beside the belt, or a straight piece of belt after the corner or gap",
    "jammed": "a wider belt or corner, or a part that fits between the guides",
    "climbed": f"a slower belt {_HOW_FAST}, or parts with blunter ends",
    "dropped": f"a slower arm {_HOW_FAST}, a tool that holds more, a lighter part, or one that fits where it is put",
    "misplaced": "a longer straight piece of belt before it is taken, a part short enough for where it stops there "
    "('layout check' says), or a slower arm",
    "tracking": "a slower arm, a lighter load, or a stronger arm",
    "saturated": "a slower arm where its drives are to be spared: it costs time, and nothing else",
    "near miss": "a larger clearance, or another place for what it passes",
    "collision": "a larger clearance, or another place for what it touches",
    "waiting": "fewer vehicles, wider lanes, or docks farther apart",
    "stalled": "to look at the recording ('layout view --recording') for what the first part in the queue waits for",
}


@dataclass(frozen=True)
class Incident:
    """Something that went wrong among the bodies of a line.

    time_s : when it began; kind : key of `INCIDENTS`; subjects : names of what took part, whose doing it is first
    part : number of the part (-1: none), product : its product (empty: none)
    at_m : place (x, y, z) (m, world); amount, unit : how bad, and limit : beyond what it is an incident
    cause : in words; remedy : what to try, where more is known than the kind
    """

    time_s: float
    kind: str
    subjects: tuple[str, ...]
    at_m: Point3
    amount: float
    unit: str
    cause: str
    part: int = -1
    product: str = ""
    limit: float = 0.0
    remedy: str = ""

    @property
    def what(self) -> str:
        """What happened, in words: who, which part, how bad; without time and place."""
        carrying = f" with {self._part}" if self.product else ""
        others = " and ".join(self.subjects[1:]) or "something"
        said = _SAID.get(self.kind, "{who}: {kind}").format(
            part=self._part, on=self.subjects[-1], who=self.subjects[0], others=others, carrying=carrying,
            kind=self.kind,
        )  # fmt: skip
        return f"{said} ({self.how_bad})"

    @property
    def how_bad(self) -> str:
        """Its amount and limit in units for people: '34°, limit 30°'."""
        limit = f", limit {_shown(self.limit, self.unit)}" if self.limit else ""
        return f"{_shown(self.amount, self.unit)}{limit}"

    @property
    def where(self) -> str:
        """Its place: 'x 3.20 m, y 1.05 m, 0.90 m high'."""
        x, y, z = self.at_m
        return f"x {x:.2f} m, y {y:.2f} m, {z:.2f} m high"

    @property
    def advice(self) -> str:
        """What to try against it."""
        return self.remedy or _REMEDIES.get(self.kind, "")

    @property
    def sentence(self) -> str:
        """When, where, what, why and what to try, as sentences."""
        said = f"After {self.time_s:.1f} s, at {self.where}: {self.what}: {self.cause}."
        return f"{said} Try {self.advice}." if self.advice and self.kind not in TOLERATED else said

    @property
    def _part(self) -> str:
        number = f"part {self.part}" if self.part >= 0 else "a part"
        return f"{self.product} ({number})" if self.product and self.part >= 0 else self.product or number


def _shown(amount: float, unit: str) -> str:
    """An amount in a unit for people."""
    if unit == "rad":
        return f"{math.degrees(amount):.3g}°"
    if unit == "m" and abs(amount) < 1:
        return f"{1e3 * amount:.3g} mm"
    return f"{amount:.3g} {unit}".strip()


@dataclass(frozen=True)
class MoveGap:
    """One elementary move as the flow simulation assumes it, and as bodies made it (s).

    kind : "empty", "pick", "loaded", "place", "home", "belt transit", "belt spacing", "close", "open", "drive", ...
        and `WAIT`, which is none
    resource : whose move it is; origin, target : station names, equal for what happens in place
    assumed_s : mean of what was assumed; physical_s : mean of what was measured, over `physical_s.n` moves
    """

    kind: str
    resource: str
    origin: str
    target: str
    assumed_s: float
    physical_s: Estimate

    @property
    def gap_s(self) -> float:
        """How much longer the bodies took (s)."""
        return self.physical_s.mean - self.assumed_s

    @property
    def elementary(self) -> bool:
        """Whether one resource makes it by itself: all but waiting for others."""
        return self.kind != WAIT

    @property
    def close(self) -> bool:
        """Whether the assumed time is near enough: within `MOVE_S` or `MOVE_SHARE`."""
        return abs(self.gap_s) <= max(MOVE_S, MOVE_SHARE * self.assumed_s)


@dataclass(frozen=True)
class Departure:
    """A part that left the line: when in the flow simulation and when among bodies (s; nan: not yet).

    part : its number in the flow simulation; made_at, nth : it was the nth (from 0) that began at that station
    """

    part: int
    product: str
    flow_s: float
    physical_s: float
    made_at: str = ""
    nth: int = -1


@dataclass(frozen=True, eq=False)
class PhysicalRun:
    """A line run as rigid bodies, beside the flow simulation with the same streams.

    until_s : simulated time from the start; replication : of which streams
    flow : the physical run's figures, of the same kind as the flow simulation's; reference : the flow simulation's own
        over the same window
    moves : every elementary move, assumed and measured
    departures : parts in the order of the flow simulation
    steps, wall_s : engine steps made, and the processor time (s) they took
    """

    until_s: float
    replication: int
    flow: FlowResult
    reference: FlowResult
    incidents: tuple[Incident, ...]
    moves: tuple[MoveGap, ...]
    departures: tuple[Departure, ...]
    steps: int = 0
    wall_s: float = 0.0


@dataclass(frozen=True)
class Verdict:
    """What a short physical run says of a layout before it may be called best.

    until_s : simulated time it covers (s); parts : good parts that left the line in it
    incidents : those for which the layout is refused
    reason : why the layout could not be run among rigid bodies; empty where it was
    """

    until_s: float
    parts: int
    incidents: tuple[Incident, ...] = ()
    reason: str = ""

    @property
    def refused(self) -> bool:
        """Something went wrong among the bodies."""
        return bool(self.incidents)

    @property
    def proved(self) -> bool:
        """It was run among bodies, and nothing went wrong."""
        return not self.incidents and not self.reason


@dataclass(frozen=True, eq=False)
class Proof:
    """Whether a layout works as rigid bodies, and how far the flow simulation is from them.

    windows : physical runs, one for each replication from 0
    seed : of their streams; asked_s : simulated time asked for each
    flow_per_h, physical_per_h : good parts per hour between the first and the last part that left in both runs, so
        that no window ends in the middle of a part; learnt_per_h : the flow simulation's with what was learnt
    gap, learnt_gap : physical over flow throughput, less 1; intervals are over windows
    moves : elementary moves, all windows together; learnt_moves : those of the judged windows, assumed as learnt
    traffic_gap : where several vehicles drive: good parts per hour of hours of driving without bodies over the flow
        simulation's with what was learnt, less 1; each is judged on the waits that the others taught
    driven_gap : good parts per hour of bodies over those of vehicles that drive without, in the same windows, less 1
    made, unseen : how many elementary moves the line makes in an hour, and those of them (kind, resource or fleet,
        origin, target) that no window has timed
    held_out : what was learnt from the first window was judged on the others; else on that very window
    driving : vehicles that kept one another from moving in whole shifts of driving without bodies
    reasons : why the layout is refused, in words; none: it is proved
    """

    windows: tuple[PhysicalRun, ...]
    seed: int
    asked_s: float
    flow_per_h: Estimate
    physical_per_h: Estimate
    learnt_per_h: Estimate
    gap: Estimate
    learnt_gap: Estimate
    moves: tuple[MoveGap, ...]
    learnt_moves: tuple[MoveGap, ...]
    held_out: bool
    traffic_gap: Estimate | None = None
    driven_gap: Estimate | None = None
    made: int = 0
    unseen: tuple[tuple[str, str, str, str], ...] = ()
    driving: tuple[Incident, ...] = ()
    reasons: tuple[str, ...] = ()

    @property
    def proved(self) -> bool:
        """Whether it works, and the flow simulation is near enough to say how well."""
        return not self.reasons

    @property
    def incidents(self) -> tuple[Incident, ...]:
        """What went wrong in all windows, one after the other."""
        return tuple(incident for run in self.windows for incident in run.incidents)
