"""Arms at work: they follow their planned paths by motors, wait for doors, grip, carry, and let go.

A move is over when its planned time has passed and the arm stands where it should: settling is measured, not assumed.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np

from layout.flow.commands import Carry, Fetch, Move
from layout.model.equip import GRAVITY_M_S2, hold_of
from layout.model.library import ArmModel
from layout.model.line import Arm, Line
from layout.model.physical import Incident
from layout.model.pose import Array, matrix, quaternion
from layout.model.results import ArmTimes, JointPath
from layout.motion import moves
from layout.motion.kinematics import chain_of, forward
from layout.motion.trajectory import levers_m
from layout.rollout.grip import needed
from layout.rollout.stands import Stands
from layout.rollout.watch import Watch
from layout.scene.physics.arms import TORN_M, ArmBody
from layout.scene.physics.parts import Part
from layout.scene.physics.world import World

SETTLED_M = 0.001
"""An arm stands where it should once its tool is this near: a tool that closes has some millimetres to spare."""

SETTLED_M_S = 0.01
"""... and moves no faster than this: what it still goes while the tool begins to close is less than a millimetre."""

PATIENCE_S = 2.0
"""An arm that does not come to rest in this time never will: its drives are too weak, or something is in the way."""

LOOK_STEPS = 4
"""An arm on its way is looked after once in so many steps: 60 times a second at 240 Hz. A part's acceleration is its
change of velocity from look to look: over some 17 ms, against noise."""

MISS_M = 0.02
"""A tool that closes farther than this from where the part is to be held does not hold it: half its opening or less."""

PLACED_M = 0.005
PLACED_RAD = np.radians(2.0)
"""A part put down with its grasp point farther from its place, or turned further, is misplaced: machines locate parts
by some millimetres of lead-in."""

TORN = 4.0
"""The grip gives way at this many times what the tool can hold along each axis: the engine then tears the part out."""

KEPT = 64
"""Moves whose set points are kept."""

Done = Callable[[float], None]


@dataclass(frozen=True, eq=False)
class _Leg:
    """One stretch of a task: set points, then rest there for a time (s). what : "travel", "in", "grip", "out"."""

    what: str
    steps: moves.Steps | None
    rest_s: float = 0.0


@dataclass(eq=False)
class _Task:
    """What the arm is at.

    kind : of the elementary move, in words: "empty", "loaded", "home", "pick", "place"
    number : of the part that is handed over, -1 where none is; waited_s : for the door
    """

    kind: str
    origin: str
    target: str
    legs: list[_Leg]
    assumed_s: float
    began_s: float
    done: Done
    number: int = -1
    part: Part | None = None
    waited_s: float = 0.0


@dataclass(frozen=True)
class Made:
    """A finished elementary move: what it was, how long it was planned to take and took (s), and how it went.

    settle_s : of physical_s, beyond the planned time; waited_s : for a door, not part of physical_s
    error_m, error_rad : the most that the tool, a joint was off its path
    """

    kind: str
    arm: str
    origin: str
    target: str
    assumed_s: float
    physical_s: float
    settle_s: float
    waited_s: float
    error_m: float
    error_rad: float


def settled(model: ArmModel, levers: Array, angles: Array, speeds: Array, end: Array) -> bool:
    """Whether an arm stands where it should: its tool near enough, and slow enough.

    levers : (dof,) how far the tool moves at most with each joint (m/rad; m/m)
    angles, speeds, end : (dof,) its joints, and where they should be
    """
    if float(np.abs(speeds) @ levers) > SETTLED_M_S:
        return False
    if float(np.abs(angles - end) @ levers) <= SETTLED_M:
        return True
    away = forward(model, angles)[:3, 3] - forward(model, end)[:3, 3]
    return float(np.linalg.norm(away)) <= SETTLED_M


class ArmActor:
    """One arm of a line. `busy` while it has something to do; give it a task only when it has none.

    ready : whether a station's doors are open for it; tell : takes incidents; note : takes finished moves
    fixtures : names of what a part may touch while it is handed over at a station (the station itself always)
    """

    def __init__(
        self,
        arm: Arm,
        times: ArmTimes,
        body: ArmBody,
        world: World,
        line: Line,
        stands: Stands,
        ready: Callable[[str], bool],
        tell: Callable[[Incident], None],
        note: Callable[[Made], None],
        fixtures: Callable[[str], Collection[str]] = lambda station: (),
    ) -> None:
        self.name = arm.name
        self.part: Part | None = None
        self._arm, self._times, self._body, self._world = arm, times, body, world
        self._line, self._stands, self._ready, self._note = line, stands, ready, note
        self._fixtures = fixtures
        self._hold = hold_of(arm.model)
        self._levers = levers_m(chain_of(arm.model))
        self._base = arm.pose.matrix()
        self._watch = Watch(arm, body, world.name_of, tell)
        self._paths: OrderedDict[tuple[str, str, str], moves.Steps] = OrderedDict()
        self._home = moves.home(arm, times)
        self._at = np.asarray(times.approach[0], dtype=float) if times.approach is not None else self._home
        self._task: _Task | None = None
        self._step = -1
        self._rest_s = 0.0
        self._late_s = 0.0
        self._planned_s = 0.0
        self._speed: Array | None = None
        self._lost: Part | None = None
        self._seat = np.eye(4)
        self._off_m = 0.0
        body.put(self._at)
        body.sleep()

    @property
    def busy(self) -> bool:
        """Whether it has to be looked after at every step."""
        return self._task is not None

    def stand(self, angles: Array) -> None:
        """Begin at a joint vector, at rest."""
        self._at = np.asarray(angles, dtype=float)
        self._body.wake()
        self._body.put(self._at)
        self._body.sleep()

    def begin_at(self, station: str) -> None:
        """Begin at rest before a station, "" at home."""
        known = bool(station) and self._times.approach is not None
        self.stand(moves.ends(self._times, station, False)[0] if known else self._home)

    # ------------------------------------------------------------ tasks

    def run(self, command: Move, now_s: float, reached: Done, handed: Done) -> None:
        """Do what the controller says: go there, `reached(time)`; then fetch or put down its part, `handed(time)`."""

        def there(at_s: float) -> None:
            reached(at_s)
            if isinstance(command, Fetch):
                self.take(command.part, command.target, at_s, handed)
            elif isinstance(command, Carry):
                self.give(command.target, at_s, handed)

        self.travel(command.origin, command.target, now_s, there)

    def travel(self, origin: str, target: str, now_s: float, done: Done) -> None:
        """Go from a station to another, with the part that it holds, if any; "" is home. `done(time)` once there."""
        loaded = self.part is not None or self._lost is not None
        kind = "loaded" if loaded else "empty" if target and origin else "home" if origin else "leave home"
        steps = self._travel(origin, target, loaded)
        self._begin(
            _Task(kind, origin, target, [_Leg("travel", steps)], self._assumed(kind, origin, target), now_s, done)
        )

    def take(self, number: int, station: str, now_s: float, done: Done) -> None:
        """Take a part from the station before which it stands: in, grip, out. It waits for the station's doors."""
        part = self._stands.present(number, "out", "arm")
        self._body.ignore(part.body)
        assumed_s = float(self._times.pick_s[self._times.stations.index(station)])
        legs = self._hand_over(station, False, assumed_s)
        self._begin(_Task("pick", station, station, legs, assumed_s, now_s, done, number, part))

    def give(self, station: str, now_s: float, done: Done) -> None:
        """Put its part into the station before which it stands: in, let go, out. It waits for the station's doors."""
        part = self.part if self.part is not None else self._lost
        assert part is not None, "an arm gives what it has taken"
        self._stands.clear(station, "in", "arm")
        assumed_s = float(self._times.place_s[self._times.stations.index(station)])
        legs = self._hand_over(station, True, assumed_s)
        self._begin(_Task("place", station, station, legs, assumed_s, now_s, done, part.number, part))

    # ------------------------------------------------------------ each step

    def before_step(self, now_s: float) -> None:
        """Set the motors for the coming step."""
        task = self._task
        if task is None:
            return
        leg = task.legs[0]
        if self.part is not None:
            self._body.bear(self.part.form.mass_kg * GRAVITY_M_S2)
        if self._step < 0:
            if leg.what == "in" and not self._ready(task.target):
                task.waited_s += self._world.step_s
                return
            self._step = 0
        if leg.steps is not None and self._step < len(leg.steps.angles):
            row = self._step
            self._body.follow(leg.steps.angles[row].tolist(), leg.steps.speeds[row].tolist())
            self._step += 1
            if self._step == len(leg.steps.angles):
                self._rest_s = leg.rest_s

    def after_step(self, now_s: float) -> None:
        """See what has come about by the step."""
        task = self._task
        if task is None or self._step < 0:
            return
        leg = task.legs[0]
        moving = leg.steps is not None and self._step < len(leg.steps.angles)
        if self._world.steps % LOOK_STEPS == 0:
            self._look(task, leg, now_s)
        if moving:
            return
        end = leg.steps.end if leg.steps is not None else self._at
        if leg.what == "grip":
            self._rest_s -= self._world.step_s
            if self._rest_s > 1e-9:
                return
        elif not self._settled(end):
            if self._late_s == 0.0:
                self._body.follow(end.tolist(), [0.0] * len(end))
            self._late_s += self._world.step_s
            if self._late_s < PATIENCE_S:
                return
            self._watch.stuck(now_s, end, *self._what(), self._way(task), SETTLED_M)
        else:
            self._body.follow(end.tolist(), [0.0] * len(end))
        self._next(task, leg, end, now_s)

    def _next(self, task: _Task, leg: _Leg, end: Array, now_s: float) -> None:
        self._at, self._step = end, -1
        if leg.what == "grip":
            if task.kind == "pick":
                self._grip(task, now_s)
            else:
                self._let_go(task, now_s)
        task.legs.pop(0)
        if task.legs:
            following = task.legs[0]
            self._planned_s += following.steps.length_s if following.steps is not None else following.rest_s
            self._rest_s, self._late_s = following.rest_s, 0.0
            return
        if task.part is not None and task.kind == "place":
            self._body.heed(task.part.body)
        self._task = None
        took_s = now_s - task.began_s - task.waited_s
        late_s = max(took_s - self._planned_s, 0.0)
        watch = self._watch
        self._note(
            Made(
                task.kind,
                self.name,
                task.origin,
                task.target,
                task.assumed_s,
                took_s,
                late_s,
                task.waited_s,
                watch.error_m,
                watch.error_rad,
            )
        )
        task.done(now_s)
        if self._task is None:
            self._body.sleep()

    # ------------------------------------------------------------ tool

    def _grip(self, task: _Task, now_s: float) -> None:
        """The tool has closed: the part is held where it is to the tool, if the tool is round it."""
        part = self._stands.give(task.number)
        planned = self._base @ forward(self._arm.model, self._at)
        pose = matrix(*part.pose())
        self._seat = np.linalg.inv(planned) @ pose
        grasp = pose @ np.array([*part.form.model.grasp_m, 1.0])
        at, _ = self._body.tool()
        self._off_m = float(np.linalg.norm(grasp[:3] - planned[:3, 3]))
        part.free()
        miss_m = float(np.linalg.norm(grasp[:3] - at))
        if miss_m > MISS_M:
            cause = f"the tool closed {miss_m * 1e3:.0f} mm beside where the part is to be held"
            self._drop(part, now_s, miss_m, "m", MISS_M, cause)
            return
        _, most = needed(self._hold, part.form.model.friction, 0.0, np.zeros(3), np.array([0.0, 0.0, 1.0]))
        self._body.grip(part.body, TORN * max(most, part.form.mass_kg))
        self.part, self._speed = part, None

    def _let_go(self, task: _Task, now_s: float) -> None:
        """The tool has opened: the station holds the part where it is."""
        station = self._line.stations[task.target]
        port = station.model.port_for("in", "arm")
        part = self.part
        if part is None:
            assert self._lost is not None  # somebody has put it where it was to go
            part, self._lost = self._lost, None
            expected = self._base @ forward(self._arm.model, self._at) @ self._seat
            part.clamp(expected[:3, 3].tolist(), quaternion(expected[:3, :3]))
            self._stands.take_in(part, task.target, port.name if port is not None else "")
            return
        self._body.let_go()
        planned = self._base @ forward(self._arm.model, self._at)
        expected, pose = planned @ self._seat, matrix(*part.pose())
        grasp = pose @ np.array([*part.form.model.grasp_m, 1.0])
        off_m = float(np.linalg.norm(grasp[:3] - planned[:3, 3]))
        turned = expected[:3, :3].T @ pose[:3, :3]
        off_rad = float(np.arccos(np.clip((np.trace(turned) - 1.0) / 2.0, -1.0, 1.0)))
        if off_m > PLACED_M or off_rad > PLACED_RAD:
            by_turn = off_m <= PLACED_M
            amount, unit, limit = (off_rad, "rad", float(PLACED_RAD)) if by_turn else (off_m, "m", PLACED_M)
            cause = (
                f"put down {off_m * 1e3:.1f} mm and {np.degrees(off_rad):.1f} degrees beside its place at "
                f"{task.target}; it was gripped {self._off_m * 1e3:.1f} mm beside"
            )
            what = (part.number, part.form.product)
            self._watch.say(now_s, "misplaced", (task.target,), amount, unit, cause, *what, limit)
        self._stands.take_in(part, task.target, port.name if port is not None else "")
        self.part = None

    def _drop(self, part: Part, now_s: float, amount: float, unit: str, limit: float, cause: str) -> None:
        """The part is no longer held: it falls. Somebody will have to bring it to where it was to go."""
        self._body.let_go()  # they touch again once the arm has been where it was to go
        self.part, self._lost = None, part
        self._watch.say(now_s, "dropped", (), amount, unit, cause, part.number, part.form.product, limit)

    # ------------------------------------------------------------ looking

    def _look(self, task: _Task, leg: _Leg, now_s: float) -> None:
        steps = leg.steps
        if steps is None:
            planned = self._at
        elif self._step < len(steps.angles):
            planned = steps.angles[self._step]
        else:
            planned = steps.end
        handing = leg.what != "travel"
        concerned = task.part.body if task.part is not None and handing else -1
        self._watch.look(
            now_s,
            planned,
            LOOK_STEPS * self._world.step_s,
            *self._what(),
            (concerned,) if concerned >= 0 else (),
            (task.target, *self._fixtures(task.target)) if handing else (),
            self._way(task),
            not handing,
        )
        if self.part is not None:
            self._heft(self.part, task, now_s)

    def _heft(self, part: Part, task: _Task, now_s: float) -> None:
        """Whether the tool still holds its part: by what the part's own motion takes, or because it is torn out."""
        speed = np.array(part.velocity()[0])
        last, self._speed = self._speed, speed
        if last is None:
            return
        acceleration = (speed - last) / (LOOK_STEPS * self._world.step_s)
        _, turn = self._body.tool()
        axis = matrix((0.0, 0.0, 0.0), turn)[:3, 2]
        form = part.form
        takes, most = needed(self._hold, form.model.friction, form.mass_kg, acceleration, axis)
        if takes > most:
            cause = (
                f"its {self._hold.by} of {self._hold.force_n:g} N hold {most:.1f} N at friction {form.model.friction:g}"
            )
            self._drop(part, now_s, takes, "N", most, f"{cause}; the part takes {takes:.1f} N {self._way(task)}")
        elif (slid_m := self._body.slid_m()) > TORN_M:
            names = {self._world.name_of(body) for body in self._world.touching(part.body)} - {self.name}
            by = f": it is stopped by {' and '.join(sorted(names))}" if names else ""
            cause = f"the part is torn out of the tool {self._way(task)}{by}"
            self._drop(part, now_s, slid_m, "m", TORN_M, cause)

    def _settled(self, end: Array) -> bool:
        angles, speeds, _ = self._body.state()
        return settled(self._arm.model, self._levers, angles, speeds, end)

    def _what(self) -> tuple[int, str]:
        return (self.part.number, self.part.form.product) if self.part is not None else (-1, "")

    def _way(self, task: _Task) -> str:
        if task.kind in ("pick", "place"):
            return f"on the {task.kind} at {task.target}"
        return f"on the way from {task.origin or 'home'} to {task.target or 'home'}"

    # ------------------------------------------------------------ paths

    def _begin(self, task: _Task) -> None:
        assert self._task is None, f"arm {self.name!r} is given a task while it has one"
        self._task, self._step, self._late_s = task, -1, 0.0
        first = task.legs[0]
        self._planned_s = first.steps.length_s if first.steps is not None else 0.0
        self._rest_s = first.rest_s
        self._watch.begin()
        self._speed = None
        self._body.wake()

    def _assumed(self, kind: str, origin: str, target: str) -> float:
        names = self._times.stations
        if kind == "loaded":
            return float(self._times.loaded_s[names.index(origin), names.index(target)])
        if kind == "empty":
            return float(self._times.empty_s[names.index(origin), names.index(target)])
        table, name = (self._times.home_s, origin) if kind == "home" else (self._times.leave_home_s, target)
        return float(table[names.index(name)]) if table is not None else 0.0

    def _travel(self, origin: str, target: str, loaded: bool) -> moves.Steps:
        key = (origin, target, "loaded" if loaded else "empty")
        if key not in self._paths:
            path = moves.travel(self._times, origin, target, loaded, dense=True)
            if path is None:  # from where it is, as it comes
                end = moves.ends(self._times, target, loaded)[0] if target else self._home
                path = moves.direct_path(self._arm, self._at, end)
            self._keep(key, path)
        return self._kept(key)

    def _hand_over(self, station: str, bringing: bool, whole_s: float) -> list[_Leg]:
        """In, grip, and out again on the same way, in the whole time that is planned for them."""
        key = (station, "in" if bringing else "out")
        if (*key, "there") not in self._paths or (*key, "back") not in self._paths:
            path = moves.handing(self._times, station, bringing, dense=True)
            if path is None:
                path = moves.direct_path(self._arm, *moves.ends(self._times, station, bringing))
            back_s = max(whole_s - self._arm.model.grip_s - float(path.time_s[-1]), 0.0)
            self._keep((*key, "there"), path)
            self._keep((*key, "back"), path, back_s, backwards=True)
        there, back = self._kept((*key, "there")), self._kept((*key, "back"))
        return [_Leg("in", there), _Leg("grip", None, self._arm.model.grip_s), _Leg("out", back)]

    def _keep(
        self, key: tuple[str, str, str], path: JointPath, length_s: float | None = None, backwards: bool = False
    ) -> None:
        self._paths[key] = moves.steps(path, self._world.step_s, length_s, backwards)
        if len(self._paths) > KEPT:
            self._paths.popitem(last=False)

    def _kept(self, key: tuple[str, str, str]) -> moves.Steps:
        self._paths.move_to_end(key)
        return self._paths[key]
