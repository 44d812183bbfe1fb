"""How long vehicles wait for one another: they drive as they do among bodies, and all else takes the times assumed.

Nothing here has a body, so a shift passes in seconds: vehicles keep out of each other's way by the same rules, and are
where they would be. What they wait hangs on the traffic, on who stands where and how often one drives there; so it is
no matter of models, but measured anew for each layout, and from station to station: on one way they wait for a tenth of
a second on average, on another for ten.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from layout.flow import commands as told
from layout.flow.control import Control
from layout.flow.departures import Left
from layout.flow.output.intervals import estimate, student_t
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

Leg = tuple[str, str]
"""Station where a drive begins as the flow simulation sees it, and where it ends."""


@dataclass(frozen=True)
class Tally:
    """What n drives took more than assumed (s): sums of it and of its square."""

    n: int = 0
    total_s: float = 0.0
    squares_s2: float = 0.0

    @property
    def half_width_s(self) -> float:
        """Half width of the interval of their mean (s), as of independent drives; infinite for fewer than two."""
        if self.n < 2:
            return math.inf
        left_s2 = max(self.squares_s2 - self.total_s**2 / self.n, 0.0)
        return student_t(LEVEL, self.n - 1) * math.sqrt(left_s2 / (self.n - 1) / self.n)

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.n + other.n, self.total_s + other.total_s, self.squares_s2 + other.squares_s2)


@dataclass(frozen=True)
class FleetWaits:
    """What a fleet's drives take more because of other vehicles, on average.

    mean : of all drives (s); the interval is over replications
    legs_s : from station to station (s); those not seen take the mean
    seen : from station to station, the drives it is learnt from
    """

    mean: Estimate
    legs_s: Mapping[Leg, float] = field(default_factory=dict)
    seen: Mapping[Leg, Tally] = field(default_factory=dict)

    def leg_s(self, origin: str, target: str) -> float:
        """Of drives from station to station (s)."""
        return self.legs_s.get((origin, target), self.mean.mean)


Waits = Mapping[str, FleetWaits]
"""By fleet."""


@dataclass(frozen=True)
class Driven:
    """One replication with vehicles that drive.

    flow, left : as of the flow simulation; incidents : vehicles that keep one another from moving
    legs : by fleet and leg, what its drives took more than assumed; from a station to itself: what it took to come back
        from where a vehicle made room
    """

    flow: FlowResult
    left: tuple[Left, ...]
    incidents: tuple[Incident, ...]
    legs: Mapping[str, Mapping[Leg, Tally]]


@dataclass(frozen=True)
class Driving:
    """What whole shifts of driving tell of a layout: waits, and the incidents of all replications."""

    waits_s: Waits
    incidents: tuple[Incident, ...] = ()


def driving(line: Line, moves: Moves) -> Driving:
    """What drives of each fleet take more, and who keeps whom from moving, with streams of their own; nothing where one
    vehicle is all there is."""
    if vehicles(line) < 2:
        return Driving({})
    first = line.time.replications  # the shifts' own streams are not looked at
    runs = [drive_through(line, moves, replication=first + k, until_s=WINDOW_S) for k in range(REPLICATIONS)]
    found = {}
    for name in line.fleets:
        means = [mean_s(run.legs[name]) for run in runs]
        known = [mean for mean in means if mean is not None]
        if known:
            pooled: dict[Leg, Tally] = {}
            for leg, tally in (item for run in runs for item in run.legs[name].items()):
                pooled[leg] = pooled.get(leg, Tally()) + tally
            found[name] = FleetWaits(estimate(known, LEVEL), shrunk(pooled), pooled)
    return Driving(found, tuple(incident for run in runs for incident in run.incidents))


def mean_s(legs: Mapping[Leg, Tally]) -> float | None:
    """What a drive took more on average (s), ways back shared out among all; None without drives."""
    n = sum(tally.n for (origin, target), tally in legs.items() if origin != target)
    return math.fsum(tally.total_s for tally in legs.values()) / n if n else None


def shrunk(legs: Mapping[Leg, Tally]) -> dict[Leg, float]:
    """By leg, what its drives take more (s): its own mean, the nearer to that of all legs the fewer drives it had.

    Legs differ by chance, and because traffic differs: the weight of a leg's own mean is the share of the second in the
    variance of that mean. Source: Searle, Casella, McCulloch, "Variance Components", 1992, chapters 3.6 and 7 (one-way
    random model, analysis-of-variance estimates, best linear unbiased prediction).
    """
    drives = {leg: tally for leg, tally in legs.items() if leg[0] != leg[1]}
    n = sum(tally.n for tally in drives.values())
    if n <= len(drives):
        return {}  # every leg once: nothing tells chance from traffic
    mean = math.fsum(tally.total_s for tally in drives.values()) / n
    back = math.fsum(tally.total_s for leg, tally in legs.items() if leg[0] == leg[1]) / n
    within = math.fsum(tally.squares_s2 - tally.total_s**2 / tally.n for tally in drives.values()) / (n - len(drives))
    spread = math.fsum(tally.n * (tally.total_s / tally.n - mean) ** 2 for tally in drives.values())
    room = n - sum(tally.n**2 for tally in drives.values()) / n
    between = max((spread - (len(drives) - 1) * within) / room, 0.0) if room > 0 else 0.0
    found = {}
    for leg, tally in drives.items():
        own = tally.n * between / (tally.n * between + within) if between > 0 else 0.0
        found[leg] = back + mean + own * (tally.total_s / tally.n - mean)
    return found


def vehicles(line: Line) -> int:
    """How many vehicles a line has in all."""
    return sum(len(fleet.members) for fleet in line.fleets.values())


def drive_through(
    line: Line, moves: Moves, *, seed: int | None = None, replication: int = 0, until_s: float | None = None,
    hear: Callable[[told.Command], None] = lambda command: None,
) -> Driven:  # fmt: skip
    """Run a line whose vehicles drive.

    seed, until_s : the line's seed and horizon where left out, and at most that
    hear : takes every command of the line's control
    Nothing is counted in the line's warm-up, nor in more than the first half.

    The same arguments give the same result. Raises LayoutError where a route cannot be followed.
    """
    until_s = min(line.time.horizon_s, math.inf if until_s is None else until_s)
    warmup_s = min(line.time.warmup_s or 0.0, until_s / 2)
    control = Control(line, moves, seed=seed, replication=replication, until_s=until_s, warmup_s=warmup_s)
    plant = _Plant(line, moves, control, hear)
    plant.run()
    legs: dict[str, dict[Leg, Tally]] = {name: {} for name in line.fleets}
    for name, fleet in line.fleets.items():
        for leg, tally in (item for member in fleet.members for item in plant.carts[member].legs.items()):
            legs[name][leg] = legs[name].get(leg, Tally()) + tally
    return Driven(control.result(), tuple(control.departures()), tuple(plant.incidents), legs)


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
    """A vehicle that has a part or none, or hands one over. legs : what its drives took more than assumed."""

    has_part = hands_over = False

    def __init__(self, name: str, fleet: Fleet, times: FleetTimes, body: _Mark, fellows: Fellows) -> None:
        super().__init__(name, fleet, times, body, fellows)
        self.legs: dict[Leg, Tally] = {}

    @property
    def busy(self) -> bool:
        """Whether it drives, waits to, or hands a part over."""
        return super().busy or self.hands_over

    @property
    def loaded(self) -> bool:
        """Whether it has a part."""
        return self.has_part


@dataclass
class _Belt:
    due_s: deque[float] = field(default_factory=deque)
    free_s: float = -math.inf
    spacing_s: float = 0.0


class _Plant:
    """Does what the control tells, after the times assumed; vehicles drive."""

    def __init__(self, line: Line, moves: Moves, control: Control, hear: Callable[[told.Command], None]) -> None:
        self._control, self._hear = control, hear
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
        fellows = Fellows(Traffic(outlines, starts), self.carts, self.incidents.append, STEP_S)
        for name, fleet in line.fleets.items():
            for member in fleet.members:
                cart = _Cart(member, fleet, moves.fleets[name], _Mark(starts[member]), fellows)
                cart.row = moves.fleets[name].stations.index(control.begins_at(member))
                self.carts[member] = cart

    def run(self) -> None:
        """From instant to instant, to the end. Once vehicles keep one another from moving, none drives any more."""
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
            soon_s = min([control.next_s, *(cart.next_s for cart in driving)])
            if self._due:
                soon_s = min(soon_s, self._due[0][0])
            now_s = min(control.until_s, max(soon_s, now_s))

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
            leg, waited_s = (command.origin, command.target), now_s - command.time_s - command.travel_s
            cart.legs[leg] = cart.legs.get(leg, Tally()) + Tally(1, waited_s, waited_s**2)
        self._control.reached(cart.name)
        if isinstance(command, (told.Fetch, told.Carry)):
            cart.hands_over = True
            self._at(now_s + command.handling_s, partial(self._handed, cart, isinstance(command, told.Fetch)))

    def _handed(self, cart: _Cart, has_part: bool) -> None:
        cart.has_part, cart.hands_over = has_part, False
        self._control.handed(cart.name)
