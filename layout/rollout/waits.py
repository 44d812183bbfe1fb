"""How long vehicles wait for one another: they drive as they do among bodies, and all else takes the times assumed.

Nothing here has a body, so a shift passes in seconds: vehicles keep out of each other's way by the same rules, and are
where they would be at each step of the engine: who is a step late asks another tenth later, and who asks first drives.
What they wait hangs on the traffic, on who stands where and how often one drives there; so it is
no matter of models, but measured anew for each layout. It is no matter of single ways either: vehicles wait where the
others happen to be, and a flow simulation that is told of each way's own mean drives on other ways than they do.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from layout.flow import commands as told
from layout.flow.control import Control
from layout.flow.departures import Left, departures
from layout.flow.output.intervals import estimate
from layout.model.line import Fleet, Line
from layout.model.physical import Incident
from layout.model.results import Estimate, FleetTimes, FlowResult, Moves
from layout.motion.drive import Place
from layout.rollout.drivers import Driver, Fellows
from layout.rollout.traffic import Traffic
from layout.scene.physics.world import STEP_S

WINDOW_S = 4 * 3600.0
"""Simulated time of each replication, at most the line's horizon: a thousand drives of a busy fleet."""
REPLICATIONS = 4
LEVEL = 0.95

Waits = Mapping[str, Estimate]
"""By fleet, what a drive takes more because of other vehicles (s), on average; intervals are over replications."""


@dataclass(frozen=True)
class Tally:
    """What n drives took more than assumed in all (s), ways back from where vehicles made room included."""

    n: int = 0
    total_s: float = 0.0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.n + other.n, self.total_s + other.total_s)

    @property
    def mean_s(self) -> float | None:
        """Of a drive (s); None without drives."""
        return self.total_s / self.n if self.n else None


@dataclass(frozen=True)
class Driven:
    """One replication with vehicles that drive.

    flow, left : as of the flow simulation; incidents : vehicles that keep one another from moving
    waited : by fleet, what its drives took more than assumed
    """

    flow: FlowResult
    left: tuple[Left, ...]
    incidents: tuple[Incident, ...]
    waited: Mapping[str, Tally]


@dataclass(frozen=True)
class Shift:
    """One replication of driving: of which streams, how long (s), from when on it was counted (s), good parts per hour,
    and by fleet what its drives took more than assumed."""

    replication: int
    until_s: float
    warmup_s: float
    per_h: float
    waited: Mapping[str, Tally]


@dataclass(frozen=True)
class Driving:
    """What whole shifts of driving tell of a layout: waits, the incidents of all replications, and each of those."""

    waits_s: Waits
    incidents: tuple[Incident, ...] = ()
    shifts: tuple[Shift, ...] = ()


def driving(line: Line, moves: Moves) -> Driving:
    """What drives of each fleet take more, and who keeps whom from moving, with streams of their own; nothing where one
    vehicle is all there is."""
    if vehicles(line) < 2:
        return Driving({})
    first = line.time.replications  # the shifts' own streams are not looked at
    runs = [drive_through(line, moves, replication=first + k, until_s=WINDOW_S) for k in range(REPLICATIONS)]
    shifts = tuple(
        Shift(first + k, *span_s(line, WINDOW_S), run.flow.throughput_per_h.mean, run.waited)
        for k, run in enumerate(runs)
    )
    incidents = tuple(incident for run in runs for incident in run.incidents)
    return Driving(taught([shift.waited for shift in shifts]), incidents, shifts)


def taught(waited: Sequence[Mapping[str, Tally]]) -> Waits:
    """What fleets wait, from the drives of replications."""
    found = {}
    for name in waited[0]:
        known = [mean_s for one in waited if (mean_s := one[name].mean_s) is not None]
        if known:
            found[name] = estimate(known, LEVEL)
    return found


def span_s(line: Line, until_s: float) -> tuple[float, float]:
    """How long a run of driving is (s), and from when on it counts (s): the line's warm-up, at most the first half."""
    until_s = min(line.time.horizon_s, until_s)
    return until_s, min(line.time.warmup_s or 0.0, until_s / 2)


def leaving(line: Line, moves: Moves, *, seed: int, replication: int = 0, until_s: float) -> Sequence[Left]:
    """Good parts that leave by a time (s), as far as that can be told without bodies: vehicles drive, and wait."""
    if vehicles(line) > 1:
        return drive_through(line, moves, seed=seed, replication=replication, until_s=until_s).left
    return departures(line, moves, seed=seed, replication=replication, until_s=until_s)


def vehicles(line: Line) -> int:
    """How many vehicles a line has in all."""
    return sum(len(fleet.members) for fleet in line.fleets.values())


def drive_through(
    line: Line, moves: Moves, *, seed: int | None = None, replication: int = 0, until_s: float | None = None,
    step_s: float = STEP_S, hear: Callable[[told.Command], None] = lambda command: None,
) -> Driven:  # fmt: skip
    """Run a line whose vehicles drive.

    seed, until_s : the line's seed and horizon where left out, and at most that
    step_s : of the bodies that it stands in for; hear : takes every command of the line's control
    Nothing is counted in the line's warm-up, nor in more than the first half.

    The same arguments give the same result. Raises LayoutError where a route cannot be followed.
    """
    until_s, warmup_s = span_s(line, math.inf if until_s is None else until_s)
    control = Control(line, moves, seed=seed, replication=replication, until_s=until_s, warmup_s=warmup_s)
    plant = _Plant(line, moves, control, hear, step_s)
    plant.run()
    waited = {
        name: sum((plant.carts[member].waited for member in fleet.members), Tally())
        for name, fleet in line.fleets.items()
    }
    return Driven(control.result(), tuple(control.departures()), tuple(plant.incidents), waited)


class _Mark:
    """Where a vehicle is."""

    def __init__(self, place: Place) -> None:
        self.place = place

    def stop(self, place: Place) -> None:
        """It stands still there."""
        self.place = place

    def go(self, now: Place, then: Place) -> None:
        """It is at a place now."""
        self.place = now


class _Cart(Driver):
    """A vehicle that has a part or none, or hands one over. waited : what its drives took more than assumed."""

    def __init__(self, name: str, fleet: Fleet, times: FleetTimes, body: _Mark, fellows: Fellows) -> None:
        super().__init__(name, fleet, times, body, fellows)
        self.waited = Tally()
        self._has_part, self._takes, self._handed_s = False, False, math.inf

    @property
    def hands_over(self) -> bool:
        """Whether it hands a part over."""
        return self._handed_s < math.inf

    @property
    def busy(self) -> bool:
        """Whether it drives, waits to, or hands a part over."""
        return super().busy or self.hands_over

    @property
    def loaded(self) -> bool:
        """Whether it has a part."""
        return self._has_part

    @property
    def next_s(self) -> float:
        """When (s) it has handed over, comes to where it drives, or looks again whether it may."""
        return min(self._handed_s, super().next_s)

    def hand_over(self, takes: bool, until_s: float, done: Callable[[float], None]) -> None:
        """Take a part, or give it away; `done(time)` after that."""
        self._has_part, self._takes, self._handed_s, self._done = False, takes, until_s, done

    def after_step(self, now_s: float) -> None:
        """See whether it has handed over, or has come."""
        if now_s >= self._handed_s - 1e-9:
            self._has_part, self._handed_s = self._takes, math.inf
            self._arrived(now_s)
        super().after_step(now_s)


@dataclass
class _Belt:
    due_s: deque[float] = field(default_factory=deque)
    free_s: float = -math.inf
    spacing_s: float = 0.0


class _Plant:
    """Does what the control tells, after the times assumed; vehicles drive."""

    def __init__(
        self, line: Line, moves: Moves, control: Control, hear: Callable[[told.Command], None], step_s: float
    ) -> None:
        self._control, self._hear, self._step_s = control, hear, step_s
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._calls = 0
        self._belts = {name: _Belt() for name in line.belts}
        self.incidents: list[Incident] = []
        self.carts: dict[str, _Cart] = {}
        starts, outlines = dict[str, Place](), {}
        for name, fleet in line.fleets.items():
            times = moves.fleets[name]
            for member in fleet.members:
                x, y, yaw = (float(v) for v in times.docks[times.stations.index(control.begins_at(member))])
                starts[member], outlines[member] = (x, y, yaw), fleet.model.footprint_m
        fellows = Fellows(Traffic(outlines, starts), self.carts, self.incidents.append, step_s)
        for name, fleet in line.fleets.items():
            for member in fleet.members:
                cart = _Cart(member, fleet, moves.fleets[name], _Mark(starts[member]), fellows)
                cart.row = moves.fleets[name].stations.index(control.begins_at(member))
                self.carts[member] = cart

    def run(self) -> None:
        """From step to step, less those in which nothing happens. Once vehicles keep one another from moving, none
        drives any more."""
        control, now_s = self._control, 0.0
        while True:
            while self._due and self._due[0][0] <= now_s:
                heapq.heappop(self._due)[2]()
            driving = () if self.incidents else self.carts.values()
            for cart in driving:
                if cart.next_s <= now_s + 1e-9:
                    cart.after_step(now_s)
            for command in control.advance(now_s):
                self._hear(command)
                self._obey(command, now_s)
            for cart in driving:  # as among bodies: who is told to go asks after that
                if cart.next_s <= now_s + 1e-9:
                    cart.before_step(now_s)
            if now_s >= control.until_s:
                return
            soon_s = min([control.next_s, *(cart.next_s - 1e-9 for cart in driving)])
            if self._due:
                soon_s = min(soon_s, self._due[0][0])
            if soon_s > now_s:
                now_s = min(control.until_s, self._step_at(soon_s))

    def _step_at(self, time_s: float) -> float:
        """The first step that is not before a time (s)."""
        if time_s == math.inf:
            return time_s
        step = math.floor(time_s / self._step_s)
        while step * self._step_s < time_s:
            step += 1
        return step * self._step_s

    def _at(self, time_s: float, call: Callable[[], None]) -> None:
        self._calls += 1
        heapq.heappush(self._due, (time_s, self._calls, call))

    def _obey(self, command: told.Command, now_s: float) -> None:
        control = self._control
        match command:
            case told.Move() if command.unit in self.carts:
                cart = self.carts[command.unit]
                cart.travel(command.target, isinstance(command, told.Carry), now_s, partial(self._come, cart, command))
            case told.Move():
                reached_s = command.time_s + command.travel_s
                self._at(reached_s, partial(control.reached, command.unit))
                if isinstance(command, (told.Fetch, told.Carry)):
                    self._at(reached_s + command.handling_s, partial(control.handed, command.unit))
            case told.BeltEnter():
                belt = self._belts[command.belt]
                belt.due_s.append(command.time_s + command.transit_s)
                belt.spacing_s = command.spacing_s
                self._at(command.time_s + command.spacing_s, partial(control.belt_clear, command.belt))
                if len(belt.due_s) == 1:
                    self._at(max(belt.due_s[0], belt.free_s), partial(control.belt_end, command.belt))
            case told.BeltLeave():
                belt = self._belts[command.belt]
                belt.due_s.popleft()
                belt.free_s = command.time_s + belt.spacing_s
                if belt.due_s:
                    self._at(max(belt.due_s[0], belt.free_s), partial(control.belt_end, command.belt))

    def _come(self, cart: _Cart, command: told.Move, now_s: float) -> None:
        if command.time_s > self._control.warmup_s:
            drives = command.origin != command.target  # else it comes back from where it made room, or was not away
            cart.waited += Tally(int(drives), now_s - command.time_s - command.travel_s)
        self._control.reached(cart.name)
        if isinstance(command, (told.Fetch, told.Carry)):
            handed = partial(self._handed, cart.name)
            cart.hand_over(isinstance(command, told.Fetch), now_s + command.handling_s, handed)

    def _handed(self, name: str, _: float) -> None:
        self._control.handed(name)
