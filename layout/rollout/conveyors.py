"""One belt among bodies: parts are put on it, ride by friction, queue against a stop, and leave at its end.

The line's control says when a part enters (`enter`) and when the one at the end leaves (`take`); the belt says when its
entry is clear again, when its first part stands at the end, and when a part is lost. All that lies between is contact.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from layout.model.line import Line, LineProduct
from layout.model.physical import Incident
from layout.model.results import BeltTimes
from layout.motion.cell import MARGIN_M
from layout.rollout.courses import Course, course
from layout.rollout.grip import beyond_m
from layout.rollout.riders import GUIDE, LOOK_S, NEAR_M, Rider, Watch
from layout.rollout.tables import Tables
from layout.rollout.tracks import Leg
from layout.scene.physics.parts import Part
from layout.scene.physics.surfaces import Gate, Moving, corner, straight, turn_along
from layout.scene.physics.world import World

GATE_HIGH_M = 0.05
"""Stops of light conveyors rise some 50 mm above the belt: tall parts that hit them fast fall over."""
GATE_SLACK_M = 0.03
"""A part that goes on must be this far beyond the gate's line for the gate to rise behind it."""
NOSE_M = 0.02
"""Radius of the rollers that belts turn about where one hands over to the next: between them is a gap of twice that."""
OWN_STOP_M = 0.03
"""A station's own stop may stand this far before the gate, for parts that are longer than it was made for."""
STILL_M_S, STILL_RAD_S = 0.01, 0.05
"""Slower than this is standing ..."""
STOOD_M = 5e-4
"""... and so is less way than this in the last quarter of a second."""
SQUARE_RAD = 0.02
"""A part turned (or leaning) by less stands square."""
DROP_M = 3e-4
"""Parts are put down from so high: above the engine's penetration, below any bounce."""
APART_M = 0.03
"""Where an arm takes the first part, the next one stops this far behind it (zero-pressure accumulation), or farther
if the tool reaches beyond the part: it neither rubs one against the other nor touches the next one itself."""
ASLEEP_S = 0.25
"""A part of the queue that has stood for this long is held where it is until the queue moves on."""
GONE_M = 0.002
"""The part before a queue has gone when it is this far from where it stood."""


@dataclass(frozen=True)
class BeltNews:
    """What a belt reports.

    kind : "clear" (the part has moved on, and the next may enter), "end" (it stands at the end, or, where it goes on to
        another belt, is about to reach it), "lost" (it is on the belt no more)
    time_s : when; since_s : how long it took since it entered
    aside_m, turned_rad : at the end, how far beside its place and how far turned it stands
    queued : whether it was held up on the way, or, where it has moved on, up to there
    """

    kind: Literal["clear", "end", "lost"]
    belt: str
    part: Part
    time_s: float
    since_s: float
    aside_m: float = 0.0
    turned_rad: float = 0.0
    queued: bool = False


def half_longest_m(world: World, products: tuple[LineProduct, ...]) -> float:
    """Half the length (m) of the longest of some products, as they lie on belts."""
    forms = [world.parts.form(product) for product in products]
    return max((float(max(-form.low_m[0], form.high_m[0])) for form in forms), default=0.0)


def courses(line: Line, belts: dict[str, BeltTimes], world: World) -> dict[str, Course]:
    """Every laid-out belt's way among the stations; the world's stations are built without what they replace."""
    half = half_longest_m(world, tuple(line.products.values()))
    ways = {name: course(line.belts[name], times, line, half) for name, times in belts.items() if name in line.belts}
    return {
        name: replace(way, apart_m=_apart_m(way, line, world)) if way.rest_out is not None else way
        for name, way in ways.items()
    }


def _apart_m(way: Course, line: Line, world: World) -> float:
    """How far (m) behind a part that an arm takes at the end the next one stops, so that no tool touches it."""
    tools = [arm.model.tool for arm in line.arms.values() if way.belt.target in arm.serves]
    forms = [world.parts.form(product) for product in line.products.values()]
    reach = [beyond_m(tool, form) + MARGIN_M for tool in tools if tool is not None for form in forms]
    return max([APART_M, *reach])


class Conveyor:
    """A belt with what rides on it. `busy` while it has to be stepped.

    incidents : what went wrong on it, in order of time
    rests : whether parts that stand in the queue are held still, which saves the engine their contacts
    """

    def __init__(self, world: World, way: Course, rests: bool = True) -> None:
        self.name = way.belt.name
        self.course, self.belt = way, way.belt
        self.riders: list[Rider] = []
        self.incidents: list[Incident] = []
        self._world, self._rests = world, rests
        self._track = way.track
        self._surfaces = _surfaces(world, way)
        own = [surface.body for surface in self._surfaces]
        self._gate = Gate(world, f"{self.name}'s stop", way.clear_m, GATE_HIGH_M)
        if way.guides:
            world.fix(f"{GUIDE} of {self.name}", way.guides)
        self._watch = Watch(world, self.name, way.track, way.belt.speed_m_s, [*own, self._gate.body])
        self._left: _Left | None = None
        self._gate_down = False
        self._clear: Rider | None = None
        self._tables = Tables(way.track, self._surfaces, way.belt.speed_m_s)
        pitch_m = way.belt.pitch_m
        self._apart_m = pitch_m + self._tables.longest_m
        self._room_m = max([pitch_m, *(end for begin, end in self._tables.reach if begin < pitch_m)])

    @property
    def stop(self) -> int:
        """The body that parts stop against. It stands in for whatever stops them there, so arms pass through it: they
        keep clear of what the station's model has."""
        return self._gate.body

    @property
    def busy(self) -> bool:
        """Whether anything rides on it or is just leaving it, or its entry is not yet clear."""
        return bool(self.riders) or self._left is not None or self._clear is not None

    # ------------------------------------------------------------ what the control does

    def enter(self, part: Part, now_s: float) -> None:
        """A part enters: from where it lies if that is on the belt's way, else it is put down at the entry, at rest."""
        entry = self._entry_m(part)
        if part.state == "stored" or not self._lies_here(part, entry):
            at, turn = self._upright(entry)
            part.free((at[0], at[1], at[2] + DROP_M), turn)
        elif part.state != "free":
            part.free()
        rider = Rider(part, entry, now_s, look_s=now_s)
        rider.locate(self._track)
        rider.settle()
        rider.begin_m, rider.stuck, rider.slips_s = rider.along_m, (now_s, rider.along_m), now_s
        self.riders.append(rider)
        self._watch.riding.add(part.body)
        self._clear = rider
        if len(self.riders) == 1:
            self._aim()
        for surface in self._surfaces:
            surface.run(True)

    def take(self, now_s: float) -> Part:
        """The part at the end leaves; it is where it is, and free or clamped as it was."""
        rider = self.riders.pop(0)
        self._watch.riding.discard(rider.part.body)
        centre, _ = rider.part.centre()
        self._left = _Left(rider.part, rider.part.number, tuple(centre))
        if self.course.onward:
            self._gate.away()
            self._gate_down = True
        return rider.part

    # ------------------------------------------------------------ steps

    def before_step(self, now_s: float) -> None:
        """Nothing: the world drives surfaces."""

    def after_step(self, now_s: float) -> list[BeltNews]:
        """See what has come about by the step."""
        if self._left is not None:
            self._see_off(self._left)
        news: list[BeltNews] = []
        self._clear_behind(now_s, news)
        for number, rider in enumerate(tuple(self.riders)):
            if now_s >= rider.look_s - 1e-9 and not rider.asleep:
                self._look(rider, self.riders[number - 1] if number else None, now_s, news)
                behind = self.riders[number + 1] if number + 1 < len(self.riders) else None
                if behind is not None and behind.waits and not self._barred(behind, rider):
                    self._wake()
        if any(item.kind == "lost" for item in news):
            lost = [item.part for item in news if item.kind == "lost"]
            self.riders = [rider for rider in self.riders if rider.part not in lost]
            self._watch.riding.difference_update(part.body for part in lost)
            self._wake()
            self._aim()
        if not self.busy:
            for surface in self._surfaces:
                surface.run(False)
        return news

    def _look(self, rider: Rider, before: Rider | None, now_s: float, news: list[BeltNews]) -> None:
        rider.locate(self._track)
        coarse_m = 1.2 * self.belt.speed_m_s * LOOK_S
        free_m = self._before_m(before)
        ahead = self._tables.ahead_m(rider, free_m)
        fine = ahead < coarse_m
        if self._barred(rider, before):
            rider.waits = rider.held = True
            self._rest(rider)
        if rider is self._clear:
            fine = self._see_clear(rider, now_s, news) < coarse_m or fine
        if rider.waits:
            return
        fine = self._tables.carry(rider, free_m, coarse_m) or fine
        if before is None and not rider.at_end:
            ahead = self._line_m(rider) - rider.front_m
            fine = fine or ahead < coarse_m
            if ahead < NEAR_M:
                rider.met_s = now_s
            if self._at_end(rider, ahead, now_s):
                rider.at_end = True
                place_m = 0.0
                if self.course.rest_out is not None:
                    place_m = self.course.aside_out - rider.grasp_left_m
                    self._centre(rider, place_m, now_s)
                news.append(
                    BeltNews(
                        "end",
                        self.name,
                        rider.part,
                        now_s,
                        now_s - rider.begin_s,
                        math.hypot(self._stop_m(rider) - rider.along_m, rider.left_m - place_m),
                        rider.aside_rad,
                        rider.held,
                    )
                )
        if now_s >= rider.still_s - 1e-9:
            rider.still_s = now_s + LOOK_S
            queues = self._queues(rider, before, now_s)
            found = self._watch.look(rider, now_s, queues)
            self.incidents += found
            if any(incident.kind == "fell" for incident in found):
                news.append(BeltNews("lost", self.name, rider.part, now_s, now_s - rider.begin_s))
                if rider is self._clear:
                    self._clear = None
                    news.insert(-1, BeltNews("clear", self.name, rider.part, now_s, now_s - rider.begin_s))
                return
            if self._rests and (self._close(rider, before) or (queues and self._settled(rider, before, now_s))):
                self._rest(rider)
                if rider is self._clear:
                    self._see_clear(rider, now_s, news)
        rider.look_s = now_s if fine else now_s + LOOK_S

    def _see_clear(self, rider: Rider, now_s: float, news: list[BeltNews]) -> float:
        """Whether the part that entered last has made room for the next; how far (m) it still has to go for that.

        Parts enter so far apart that none has to wait before a corner; behind one that waits there is room sooner.
        """
        room_m = self._room_m if rider.held else self._apart_m
        ahead_m = rider.begin_m + room_m - rider.along_m
        if ahead_m <= 0:
            self._clear = None
            since_s = now_s - rider.begin_s
            news.append(BeltNews("clear", self.name, rider.part, now_s, since_s, queued=rider.held))
        return ahead_m

    def _clear_behind(self, now_s: float, news: list[BeltNews]) -> None:
        """A part that left a belt shorter than the way to the next one's place makes room in the time of that way."""
        gone = self._clear
        if gone is None or gone in self.riders or self._left is not None:
            return
        since_s = now_s - gone.begin_s
        if since_s >= self._room_m / self.belt.speed_m_s - 1e-9:
            self._clear = None
            news.append(BeltNews("clear", self.name, gone.part, now_s, since_s, queued=gone.held))

    def _before_m(self, before: Rider | None) -> float:
        """As far as where (m) the way is free: to the rear of what is before it."""
        if before is not None:
            return before.rear_m
        return math.inf if self._left is None or self._left.moves else self._rear_m(self._left.part)

    def _barred(self, rider: Rider, before: Rider | None) -> bool:
        """Whether it stands before a table that another part is on, or within reach of one that is turned there."""
        free_m = self._before_m(before)
        if before is not None and free_m - rider.front_m < before.swing_m and self._tables.under(before):
            return True
        return self._tables.ahead_m(rider, free_m) < NEAR_M

    def _at_end(self, rider: Rider, ahead_m: float, now_s: float) -> bool:
        if self.course.onward:
            return ahead_m <= 1.5 * self.belt.speed_m_s * self._world.step_s
        if ahead_m > OWN_STOP_M or self._gate_down:
            return False
        if ahead_m > NEAR_M:
            return _still(rider) and _stood(rider, now_s)
        # a part that came turned swings on about the corner that met the gate
        return _still(rider) and (abs(rider.aside_rad) < SQUARE_RAD or _stood(rider, now_s))

    def _centre(self, rider: Rider, place_m: float, now_s: float) -> None:
        """Jaws on both sides of the stop put a part straight and so far (m) to the left of the belt's middle."""
        wrong = self._watch.arrived(rider, place_m, now_s)
        if wrong is not None:
            self.incidents.append(wrong)
            return
        at, heading = self._track.place(rider.along_m)
        yaw = heading + rider.quarters * math.pi / 2
        turn = (0.0, 0.0, math.sin(yaw / 2), math.cos(yaw / 2))
        left = (-math.sin(heading) * place_m, math.cos(heading) * place_m)
        rider.part.clamp((at[0] + left[0], at[1] + left[1], at[2] + rider.high_m), turn)
        rider.asleep = True
        rider.locate(self._track)

    def _queues(self, rider: Rider, before: Rider | None, now_s: float) -> bool:
        """Whether something before it holds it up: the gate, the part before it, one that left and is still there."""
        if rider.at_end or rider.met_s >= now_s - LOOK_S:
            return True
        held = False
        if before is not None:
            held = before.rear_m - rider.front_m < NEAR_M
        elif self._left is not None:
            held = self._rear_m(self._left.part) - rider.front_m < NEAR_M
        rider.held |= held
        return held

    def _close(self, rider: Rider, before: Rider | None) -> bool:
        """Whether it is to stop behind one that stands, without touching it: before arms, and on tables."""
        if self.course.rest_out is None and not self._tables.under(rider):
            return False
        if before is not None:
            stops = before.asleep or before.met_s > -math.inf
            gap_m = before.rear_m - rider.front_m if stops else math.inf
        elif self._left is not None and not self._left.moves:
            gap_m = self._rear_m(self._left.part) - rider.front_m
        else:
            gap_m = math.inf
        closes = gap_m < self._apart(rider)
        rider.held |= closes
        return closes

    def _apart(self, rider: Rider) -> float:
        """How far (m) behind a part that stands one stops; where it may be turned, so that it swings past it."""
        apart_m = self.course.apart_m or APART_M
        return apart_m + (rider.swing_m if self._tables.under(rider) else 0.0)

    def _settled(self, rider: Rider, before: Rider | None, now_s: float) -> bool:
        """Whether it has stood for long enough, and what it stands against does, too."""
        leader = before.asleep if before is not None else rider.at_end or self._left is not None
        if rider.lean_rad > SQUARE_RAD or not leader:
            return False
        return _stood(rider, now_s) and _still(rider)

    def _rest(self, rider: Rider) -> None:
        rider.asleep = True
        rider.part.clamp()

    def _wake(self) -> None:
        """Let those go on that nothing holds up any more, and those behind them."""
        before: Rider | None = None
        for rider in self.riders:
            if rider.asleep and not rider.at_end and self._free(rider, before) and not self._barred(rider, before):
                rider.asleep = rider.waits = False
                rider.part.free()
                rider.looks.clear()
                rider.look_s = rider.still_s = 0.0
                rider.stuck = (self._world.now_s, rider.along_m)
            before = rider

    def _free(self, rider: Rider, before: Rider | None) -> bool:
        """Whether what is before it moves, or is far from it."""
        if before is None:
            return self._left is None or self._left.moves
        return not before.asleep or before.rear_m - rider.front_m > self._apart(rider) + NEAR_M

    # ------------------------------------------------------------ the end

    def _see_off(self, left: _Left) -> None:
        """Whether the part that left last has moved on; until then what stands behind it goes on standing.

        Where it goes on to another belt, the next one is held at the line until the gate can rise behind it.
        """
        part = left.part
        away = part.state == "stored" or part.number != left.number
        form = part.form
        far_m = GONE_M if self.course.rest_out is None else float(form.high_m[2] - form.low_m[2])  # lifted off the belt
        if not left.moves and (away or math.dist(part.centre()[0], left.at_m) > far_m):
            left.moves = True
            self._wake()
        gone = left.moves
        if self.course.onward:
            first = self.riders[0] if self.riders else None
            if first is not None and not first.asleep:
                first.locate(self._track)
                if first.front_m >= self._track.length_m - GONE_M:
                    self._rest(first)
            gone = away or self._rear_m(part) > self._track.length_m + GATE_SLACK_M
        if gone:
            self._left, self._gate_down = None, False
            self._wake()
            self._aim()

    def _rear_m(self, part: Part) -> float:
        """Where on the track (or beyond its end) the rear of a part that left is."""
        (x, y, _), _ = part.pose()
        along, _, _ = self._track.find(x, y, len(self._track.pieces) - 1)
        return along + float(part.form.low_m[0])

    def _aim(self) -> None:
        """Put the gate up where the first part is to stop."""
        if not self.riders or self._gate_down:
            return
        at, heading = self._track.place(self._line_m(self.riders[0]))
        self._gate.stand(at, heading)

    def _stop_m(self, rider: Rider) -> float:
        """Where on the track (m) a part's frame is when it stands at the end."""
        if self.course.rest_out is not None:
            return self.course.rest_out - rider.grasp_m
        return self._track.length_m - rider.ahead_m

    def _line_m(self, rider: Rider) -> float:
        """Where on the track (m) the gate stands for a part."""
        return self._stop_m(rider) + rider.ahead_m

    # ------------------------------------------------------------ the entry

    def _entry_m(self, part: Part) -> float:
        if self.course.rest_in is not None:
            return self.course.rest_in - part.form.model.grasp_m[0]
        return -float(part.form.low_m[0])

    def _lies_here(self, part: Part, entry_m: float) -> bool:
        """Whether it lies on the belt's way, at its entry or up to its length before it."""
        (x, y, z), _ = part.pose()
        along, left, piece = self._track.find(x, y)
        (_, _, top), _ = self._track.pieces[piece].place(along - self._track.pieces[piece].begin_m)
        size = float(part.form.high_m[0] - part.form.low_m[0])
        near = abs(along - entry_m) <= (2 * size if self.course.here else size / 4)
        return near and abs(left) < self.belt.width_m / 2 and abs(z - top) < 0.05

    def _upright(self, along_m: float) -> tuple[tuple[float, float, float], tuple[float, float, float, float]]:
        """Pose of a part's frame on the belt, x along it."""
        at, heading = self._track.place(along_m)
        first = self._track.pieces[0]
        rise = (first.end_m[2] - first.start_m[2]) / first.length_m if isinstance(first, Leg) else 0.0
        flat = math.sqrt(1.0 - rise * rise)
        turn, _ = turn_along(np.array([flat * math.cos(heading), flat * math.sin(heading), rise]))
        return at, turn


@dataclass(eq=False)
class _Left:
    """The part that left last, where its centre was then (m), and whether it has moved since."""

    part: Part
    number: int
    at_m: tuple[float, ...]
    moves: bool = False


def _still(rider: Rider) -> bool:
    (vx, vy, _), (_, _, spin) = rider.part.velocity()
    return math.hypot(vx, vy) < STILL_M_S and abs(spin) < STILL_RAD_S


def _stood(rider: Rider, now_s: float) -> bool:
    """Whether it has made no way for long enough."""
    looks = rider.looks
    return bool(looks) and now_s - looks[0][0] >= ASLEEP_S - 2 * LOOK_S and abs(looks[0][1] - rider.along_m) < STOOD_M


def _surfaces(world: World, way: Course) -> list[Moving]:
    """The bodies of a belt; where it meets another belt it ends at its rollers."""
    found = []
    pieces, width, speed = way.track.pieces, way.belt.width_m, way.belt.speed_m_s
    for number, piece in enumerate(pieces):
        if isinstance(piece, Leg):
            u = np.subtract(piece.end_m, piece.start_m) / piece.length_m
            first = NOSE_M if number == 0 and way.here else 0.0
            last = NOSE_M if number == len(pieces) - 1 and way.onward else 0.0
            start, end = np.add(piece.start_m, first * u), np.subtract(piece.end_m, last * u)
            found.append(straight(world, way.belt.name, tuple(start), tuple(end), width, speed))
        else:
            plan = np.array(piece.plan(width))
            found.append(corner(world, way.belt.name, piece.pivot_m, plan, 0.0))
    return found
