"""Doors, rams and tables at work: they close before a machine works and open before its part is taken; arms wait.

A part that was put down on what moves (a table that runs in) goes along with it, and nothing touches it until it is
back: what happens to it in there is the process.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Literal

import numpy as np

from layout.model.line import Station
from layout.model.physical import Incident
from layout.model.pose import Array
from layout.motion.doors import door_steps
from layout.motion.moves import Steps
from layout.rollout.rides import Ride
from layout.rollout.watch import TOUCH_M
from layout.scene.physics.axes import AxesBody
from layout.scene.physics.parts import Part
from layout.scene.physics.world import World

STANDS = 1e-3
"""An axis stands where it should within this (m, rad): end switches have a hysteresis of about a millimetre."""

SLOW = 1e-2
"""... and no faster than this (m/s, rad/s)."""

PATIENCE_S = 2.0
"""Axes that are not there after this long beyond their time do not get there."""

LOOK_STEPS = 4

Program = Literal["load", "work"]
Done = Callable[[float, float], None]


class DoorActor:
    """The axes of one station. `busy` while they move; a command that comes meanwhile is done after that.

    tell : takes incidents; heeded : bodies whose contact is no incident
    stands : the part that stands where arms put it down, if there is one
    """

    def __init__(
        self,
        station: Station,
        body: AxesBody,
        world: World,
        tell: Callable[[Incident], None],
        heeded: Callable[[], Collection[int]] = tuple,
        stands: Callable[[], Part | None] = lambda: None,
    ) -> None:
        self.name = station.name
        self.table = _table(station, body)
        self._stands = stands
        self._ride: Ride | None = None
        self._station, self._body, self._world, self._tell, self._heeded = station, body, world, tell, heeded
        self._at: Program = "load"
        self._steps: Steps | None = None
        self._paths: dict[Program, Steps] = {}
        self._step, self._began_s, self._late_s = 0, 0.0, 0.0
        self._done: Done | None = None
        self._next: tuple[Program, Done | None] | None = None
        self._told: set[int] = set()

    @property
    def busy(self) -> bool:
        """Whether they have to be looked after at every step."""
        return self._steps is not None

    @property
    def open(self) -> bool:
        """Whether they stand as for loading, so that an arm may go in."""
        return self._steps is None and self._at == "load"

    def positions(self) -> Array:
        """Where its axes are (m; rad where they turn)."""
        return self._body.state()[0]

    def go(self, program: Program, now_s: float, done: Done | None = None) -> None:
        """Move to a program's positions; `done(time, how long it took)` once there."""
        if self._steps is not None:
            self._next = (program, done)
            return
        if program == self._at:
            if done is not None:
                done(now_s, 0.0)
            return
        if program not in self._paths:
            model = self._station.model
            self._paths[program] = door_steps(
                model, model.position(self._at), model.position(program), self._world.step_s
            )
        self._steps, self._done, self._at = self._paths[program], done, program
        self._step, self._began_s, self._late_s = 0, now_s, 0.0
        self._told.clear()
        self._body.wake()
        part = self._stands() if self.table is not None else None
        if part is not None and self.table is not None and (self._ride is None or not self._ride.goes_on(part)):
            self._ride = Ride(part, self._body, self.table)

    def before_step(self, now_s: float) -> None:
        """Set the motors for the coming step."""
        steps = self._steps
        if steps is not None and self._step < len(steps.angles):
            self._body.follow(steps.angles[self._step].tolist(), steps.speeds[self._step].tolist())
            self._step += 1

    def after_step(self, now_s: float) -> None:
        """See what has come about by the step."""
        steps = self._steps
        if steps is None:
            return
        if self._ride is not None:
            self._ride.move()
        if self._world.steps % LOOK_STEPS == 0:
            self._look(now_s)
        if self._step < len(steps.angles):
            return
        if self._late_s == 0.0:
            self._body.follow(steps.end.tolist(), [0.0] * len(steps.end))
        if not self._there(steps.end):
            self._late_s += self._world.step_s
            if self._late_s < PATIENCE_S:
                return
            off = float(np.abs(self._body.state()[0] - steps.end).max())
            cause = f"its axes stop {off * 1e3:.0f} mm (or mrad) before position '{self._at}'"
            self._say(now_s, "tracking", (), off, "m", cause, self._middle(), STANDS)
        self._steps = None
        self._body.sleep()
        if self._ride is not None and self._at == "load":
            self._ride.end()
            self._ride = None
        done, self._done = self._done, None
        if done is not None:
            done(now_s, now_s - self._began_s)
        if self._next is not None and self._steps is None:
            program, following = self._next
            self._next = None
            self.go(program, now_s, following)

    @property
    def body_name(self) -> str:
        """What its axes are called among bodies."""
        return self._world.name_of(self._body.body)

    def _there(self, end: Array) -> bool:
        positions, speeds = self._body.state()
        return bool(np.abs(positions - end).max() <= STANDS and np.abs(speeds).max() <= SLOW)

    def _look(self, now_s: float) -> None:
        heeded = self._heeded()
        for touch in self._body.touches(TOUCH_M):
            if touch.other in self._told or touch.other in heeded:
                continue
            self._told.add(touch.other)
            other = self._world.name_of(touch.other)
            cause = f"{self._world.name_of(self._body.body)} hits {other} on its way to position '{self._at}'"
            self._say(now_s, "collision", (other,), touch.force_n, "N", cause, touch.at_m, 0.0)

    def _middle(self) -> tuple[float, float, float]:
        return (self._station.pose.x_m, self._station.pose.y_m, self._station.model.height_m / 2)

    def _say(
        self,
        now_s: float,
        kind: str,
        others: tuple[str, ...],
        amount: float,
        unit: str,
        cause: str,
        at_m: tuple[float, float, float],
        limit: float,
    ) -> None:
        self._tell(Incident(now_s, kind, (self.name, *others), at_m, amount, unit, cause, limit=limit))


def _table(station: Station, body: AxesBody) -> int | None:
    """The link that carries what arms put down there; None where that stands still."""
    port = station.model.port_for("in", "arm") or station.model.port_for("out", "arm")
    return body.carrier(station.pose.apply([port.at_m])[0].tolist()) if port is not None else None
