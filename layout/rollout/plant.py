"""A line among bodies: it does what the line's control tells it, and reports when that is done.

Every command goes to the actor whose it is: belts, arms, vehicles, doors, and the stations' places. Where nothing moves
time passes without the engine: parts that stand, arms at rest and closed doors do not change.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from functools import partial
from typing import Protocol

from layout.flow import commands as told
from layout.flow.control import Control
from layout.model.line import Line
from layout.model.physical import WAIT, Incident
from layout.model.results import Moves
from layout.motion.drive import Place
from layout.rollout.arms import ArmActor, Made
from layout.rollout.conveyors import BeltNews, Conveyor, courses
from layout.rollout.courses import passes_on
from layout.rollout.doors import DoorActor
from layout.rollout.drivers import Fellows
from layout.rollout.riders import GUIDE
from layout.rollout.stands import Stands
from layout.rollout.timing import MoveTable
from layout.rollout.traffic import Traffic
from layout.rollout.vehicles import Vehicle
from layout.scene.physics.arms import ArmBody
from layout.scene.physics.axes import AxesBody
from layout.scene.physics.carriers import Carrier
from layout.scene.physics.parts import Part
from layout.scene.physics.world import World


class Actor(Protocol):
    """What moves by its own drives."""

    @property
    def busy(self) -> bool:
        """Whether it has to be looked after at every step."""

    def before_step(self, now_s: float) -> None:
        """Set its drives for the coming step."""

    def after_step(self, now_s: float) -> object:
        """See what has come about by the step."""


class Plant:
    """The bodies of a line under a control. `step` until `now_s` is late enough.

    incidents : what went wrong, in order of time; table : elementary moves as assumed and as made
    stopped : a part was lost on a belt, or vehicles block one another: what follows would not be the line any more
    """

    def __init__(self, world: World, line: Line, moves: Moves, control: Control) -> None:
        self.world, self.line, self.control, self._moves = world, line, control, moves
        self.incidents: list[Incident] = []
        self.table = MoveTable()
        self.stopped = False
        ways = courses(line, dict(moves.belts), world)
        replaced: dict[str, frozenset[int]] = {}
        for way in ways.values():
            for name, pieces in way.replaced.items():
                replaced[name] = replaced.get(name, frozenset()) | pieces
        world.build(line, replaced)
        self.stands = Stands(line, world)
        self.belts = {name: Conveyor(world, way) for name, way in ways.items()}
        self.doors = {
            name: DoorActor(
                station, AxesBody(world, station), world, self._tell, stands=partial(self.stands.at_hand, name)
            )
            for name, station in line.stations.items()
            if station.model.axes and station.model.urdf is not None
        }
        self.bodies = {name: ArmBody(world, name, arm.model, arm.pose) for name, arm in line.arms.items()}
        self.arms = {
            name: ArmActor(arm, moves.arms[name], self.bodies[name], world, line, self.stands, self._open, self._tell,
                           self._note, self._fixtures)
            for name, arm in line.arms.items()
        }  # fmt: skip
        for name, arm in self.arms.items():
            arm.begin_at(control.begins_at(name))
            for belt in self.belts.values():
                self.bodies[name].ignore(belt.stop)
        self.carts: dict[str, Vehicle] = {}
        self._fleets = {member: name for name, fleet in line.fleets.items() for member in fleet.members}
        self._back_s: dict[str, float] = {}
        self._launch(moves)
        self._passing: dict[int, tuple[Part, str]] = {}
        self._due: list[tuple[float, str]] = []
        self._through = {name for name, station in line.stations.items() if passes_on(station, line)}
        actors = (self.belts, self.doors, self.arms, self.carts)
        self._actors: list[Actor] = [actor for kind in actors for actor in kind.values()]
        self._entered: dict[tuple[str, int], told.BeltEnter] = {}
        self._entry: dict[str, int] = {}  # by belt: the part that is still at its begin
        self._went: dict[str, tuple[float, told.Move]] = {}

    def _launch(self, moves: Moves) -> None:
        """Vehicles, each at the dock where the control has it begin."""
        starts: dict[str, Place] = {}
        rows: dict[str, int] = {}
        for name, fleet in self.line.fleets.items():
            times = moves.fleets[name]
            for member in fleet.members:
                rows[member] = times.stations.index(self.control.begins_at(member))
                x, y, yaw = (float(value) for value in times.docks[rows[member]])
                starts[member] = (x, y, yaw)
        outlines = {m: fleet.model.footprint_m for fleet in self.line.fleets.values() for m in fleet.members}
        fellows = Fellows(Traffic(outlines, starts), self.carts, self._hear_driver, self.world.step_s)
        for name, fleet in self.line.fleets.items():
            times = moves.fleets[name]
            for member in fleet.members:
                body = Carrier(self.world, member, fleet.model, starts[member])
                cart = Vehicle(member, fleet, times, body, self.line, self.stands, fellows)
                cart.row = rows[member]
                self.carts[member] = cart

    # ------------------------------------------------------------ time

    @property
    def now_s(self) -> float:
        """Simulated time."""
        return self.world.now_s

    def step(self, until_s: float) -> None:
        """Do what the control tells, then make a step; or as many as pass before anything moves again."""
        now_s = self.now_s
        while True:
            commands = self.control.advance(now_s)
            for command in commands:
                self._do(command)
            if not commands and self.control.next_s > now_s:
                break
        for part, _ in self._passing.values():
            if part.state == "free":
                part.clamp()  # the next belt has no room for it yet
        while self._due and self._due[0][0] <= now_s:
            _, station = heapq.heappop(self._due)
            self._open_up(station)
        busy = [actor for actor in self._actors if actor.busy]
        if not busy:
            following_s = min(self.control.next_s, self._due[0][0] if self._due else until_s, until_s)
            steps = int((following_s - now_s) / self.world.step_s + 1e-6)
            if steps > 1:
                self.world.steps += steps
                return
        for actor in busy:
            actor.before_step(now_s)
        self.world.step()
        now_s = self.now_s
        for actor in busy:
            news = actor.after_step(now_s)
            if isinstance(actor, Conveyor) and isinstance(news, list) and (news or actor.incidents):
                self._hear(actor, news)

    # ------------------------------------------------------------ commands

    def _do(self, command: told.Command) -> None:
        match command:
            case told.Move():
                self._send(command)
            case told.Made():
                self.stands.make(command.part, command.product, command.station)
            case told.Gone():
                if self.stands.holds(command.part):
                    self.stands.remove(command.part)
                elif command.part in self._passing:
                    self.world.parts.give_back(self._passing.pop(command.part)[0])
            case told.Arrived():
                if self.stands.holds(command.part):
                    self.stands.move(command.part, command.station)
            case told.BeltEnter():
                self._put_on(command)
            case told.BeltLeave():
                self._take_off(command)
            case told.Begin():
                self._begin(command)

    def _send(self, command: told.Move) -> None:
        now_s = self.now_s
        arm = self.arms.get(command.unit)
        self._went[command.unit] = (now_s, command)
        if arm is not None:
            there = partial(self._reached_arm, arm, command)
            if command.travel_s > 0.0:
                arm.travel(command.origin, command.target, now_s, there)
            else:
                there(now_s)
            return
        cart = self.carts[command.unit]
        cart.travel(command.target, isinstance(command, told.Carry), now_s, partial(self._reached_cart, cart, command))

    def _reached_arm(self, arm: ArmActor, command: told.Move, now_s: float) -> None:
        self.control.reached(command.unit)
        done = partial(self._handed, command.unit)
        if isinstance(command, told.Fetch):
            arm.take(command.part, command.target, now_s, done)
        elif isinstance(command, told.Carry):
            arm.give(command.target, now_s, done)

    def _reached_cart(self, cart: Vehicle, command: told.Move, now_s: float) -> None:
        began_s, _ = self._went[command.unit]
        drives = command.travel_s > 0.0
        leg, whole_s = (command.origin, command.target), now_s - began_s
        if drives and cart.drove(command.origin, began_s):
            self.table.add("drive", command.unit, *leg, command.travel_s, now_s - cart.set_out_s)
        if not drives:  # it comes back from where it made room, or has not been away
            self._back_s[command.unit] = self._back_s.get(command.unit, 0.0) + whole_s
        elif len(self.carts) > 1:
            waited_s = whole_s - command.travel_s + self._back_s.pop(command.unit, 0.0)
            self.table.add(WAIT, *3 * (self._fleets[command.unit],), 0.0, waited_s)
        self.control.reached(command.unit)
        self._went[command.unit] = (now_s, command)
        if isinstance(command, told.Fetch):
            cart.take(command.part, command.target, now_s, partial(self._handed_cart, command))
        elif isinstance(command, told.Carry):
            cart.give(command.target, now_s, partial(self._handed_cart, command))

    def _handed_cart(self, command: told.Move, now_s: float) -> None:
        began_s, _ = self._went[command.unit]
        took_s = now_s - began_s
        self.table.add("hand-over", command.unit, command.target, command.target, command.handling_s, took_s)
        self._handed(command.unit, now_s)

    def _handed(self, unit: str, now_s: float) -> None:
        self.control.handed(unit)

    # ------------------------------------------------------------ belts

    def _put_on(self, command: told.BeltEnter) -> None:
        if command.part in self._passing:
            part, _ = self._passing.pop(command.part)
        else:
            part = self.stands.give(command.part)
        self._entered[command.belt, command.part] = command
        self._entry[command.belt] = command.part
        self.belts[command.belt].enter(part, self.now_s)

    def _take_off(self, command: told.BeltLeave) -> None:
        belt = self.belts[command.belt]
        part = belt.take(self.now_s)
        if command.station in self._through:
            self._passing[command.part] = (part, command.station)
            return
        station = self.line.stations[command.station]
        port = station.model.port_for("out", "arm") if belt.course.rest_out is not None else None
        self.stands.take_in(part, command.station, port.name if port is not None else "")

    def _hear(self, belt: Conveyor, news: Iterable[BeltNews]) -> None:
        self.incidents += belt.incidents
        belt.incidents.clear()
        for item in news:
            name, made = item.belt, belt.belt
            if item.kind == "clear":
                self.control.belt_clear(name)
                number = self._entry.pop(name)
                entered = self._entered.get((name, number))
                if all(rider.part.number != number for rider in belt.riders):
                    self._entered.pop((name, number), None)  # it has left already
                if entered is not None and not item.queued:
                    self.table.add("belt spacing", name, made.origin, made.target, entered.spacing_s, item.since_s)
            elif item.kind == "end":
                self.control.belt_end(name)
                number = item.part.number
                entered = self._entered.get((name, number))
                if self._entry.get(name) != number:
                    self._entered.pop((name, number), None)
                if entered is not None and not item.queued:
                    self.table.add("belt transit", name, made.origin, made.target, entered.transit_s, item.since_s)
            else:
                self.stopped = True

    # ------------------------------------------------------------ doors

    def _begin(self, command: told.Begin) -> None:
        door = self.doors.get(command.station)
        if door is None or self.line.stations[command.station].servers > 1:
            return  # what closes round several parts at once opens for each: it stays open here
        if command.closing_s > 0.0:
            door.go("work", self.now_s, partial(self._moved, command.station, "close", command.closing_s))
        if command.opens_s < float("inf"):
            heapq.heappush(self._due, (command.opens_s, command.station))

    def _open_up(self, station: str) -> None:
        assumed_s = self._moves.doors[station].open_s
        self.doors[station].go("load", self.now_s, partial(self._moved, station, "open", assumed_s))

    def _moved(self, station: str, kind: str, assumed_s: float, now_s: float, took_s: float) -> None:
        if took_s > 0.0:
            self.table.add(kind, station, station, station, assumed_s, took_s)

    def _open(self, station: str) -> bool:
        """Whether an arm may reach into a station."""
        door = self.doors.get(station)
        return door is None or door.open

    # ------------------------------------------------------------ what went wrong

    def _tell(self, incident: Incident) -> None:
        self.incidents.append(incident)

    def _hear_driver(self, incident: Incident) -> None:
        self._tell(incident)
        self.stopped |= incident.kind == "waiting"

    def _note(self, made: Made) -> None:
        kind = "empty" if made.kind == "leave home" else made.kind
        self.table.add(kind, made.arm, made.origin, made.target, made.assumed_s, made.physical_s)

    def _fixtures(self, station: str) -> tuple[str, ...]:
        """What a part may touch while it is handed over at a station: the belts there, and a table that moves."""
        belts = [b.name for b in self.line.belts.values() if station in (b.origin, b.target)]
        stops = [f"{name}'s stop" for name in belts]
        guides = [f"{GUIDE} of {name}" for name in belts]
        door = self.doors.get(station)
        tables = [door.body_name] if door is not None and door.table is not None else []
        return (*belts, *stops, *guides, *tables)
