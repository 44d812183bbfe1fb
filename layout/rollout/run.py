"""One run of a line among bodies, laid beside the flow simulation with the same streams."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from layout import flow
from layout.files.recording import RATE_HZ, Frame, PartPlace, Recorder, Recording
from layout.flow.control import Control
from layout.flow.departures import Left, departures
from layout.model.line import Line
from layout.model.physical import Departure, PhysicalRun
from layout.model.results import Moves, TraceEvent
from layout.rollout.plant import Plant
from layout.rollout.stalls import stalled
from layout.scene.physics.world import STEP_S, World

SHOWN = ("working", "down", "setup", "waiting", "blocked")


def roll_out(
    line: Line,
    moves: Moves,
    *,
    until_s: float,
    seed: int | None = None,
    replication: int = 0,
    step_s: float = STEP_S,
    record: bool = False,
) -> tuple[PhysicalRun, Recording | None]:
    """Run a line as rigid bodies from its start, part by part, with the flow simulation's decisions and streams.

    until_s : simulated time; a part lost on a belt, or vehicles that block one another, end the run there
    seed, replication : of the streams, the line's own and the first where left out
    step_s : of the engine; record : whether poses are recorded

    The same arguments give the same bytes. Raises LayoutError where a route cannot be followed or nothing is simulated,
    SceneError where a model's files cannot be loaded.
    """
    began_s = time.process_time()
    with World(step_s) as world:
        control = Control(line, moves, seed=seed, replication=replication, until_s=until_s, warmup_s=0.0)
        plant = Plant(world, line, moves, control)
        camera = _Camera(plant, line) if record else None
        made = 0
        while plant.now_s < until_s - step_s / 2 and not plant.stopped:
            before = world.steps
            plant.step(until_s)
            made += world.steps == before + 1
            if camera is not None:
                camera.look()
        result, events = control.result(), control.trace()
        end_s = min(plant.now_s, until_s)
        left = control.departures()
    incidents = plant.incidents
    if not plant.stopped:
        found = stalled(line, moves, left, seed=seed, replication=replication, end_s=end_s)
        incidents += [found] if found is not None else []
    window = replace(line, time=line.time.model_copy(update={"horizon_s": end_s, "warmup_s": 0.0, "until": None}))
    reference = flow.simulate(window, moves, seed=seed, replications=1, first_replication=replication)
    run = PhysicalRun(
        until_s=end_s,
        replication=replication,
        flow=result,
        reference=reference,
        incidents=tuple(sorted(incidents, key=lambda incident: incident.time_s)),
        moves=plant.table.gaps(),
        departures=_pairs(departures(line, moves, seed=seed, replication=replication, until_s=2 * end_s), left, end_s),
        steps=made,
        wall_s=time.process_time() - began_s,
    )
    return run, camera.finish(events) if camera is not None else None


def _pairs(first: Sequence[Left], second: Sequence[Left], end_s: float) -> tuple[Departure, ...]:
    """Parts of the flow run that left by then in either run, each with when it left in both."""
    found = {(part.made_at, part.nth): part.time_s for part in second}
    pairs = []
    for part in first:
        other_s = found.get((part.made_at, part.nth), math.nan)
        if part.time_s <= end_s or not math.isnan(other_s):
            pairs.append(Departure(part.part, part.product, part.time_s, other_s, part.made_at, part.nth))
    return tuple(pairs)


class _Camera:
    """Takes a frame whenever one is due."""

    def __init__(self, plant: Plant, line: Line) -> None:
        self._plant = plant
        self._recorder = Recorder(
            {name: body.dof for name, body in plant.bodies.items()},
            {name: len(line.stations[name].model.axes) for name in plant.doors},
            list(plant.carts),
            {},
        )
        self.look()

    def look(self) -> None:
        """Frames up to now; where time has passed without a step nothing has moved."""
        frame: Frame | None = None
        while self._recorder.frames <= self._plant.now_s * RATE_HZ + 1e-9:
            frame = frame or self._frame()
            self._recorder.add(frame)

    def finish(self, events: Sequence[TraceEvent]) -> Recording:
        """The recording, with what each resource was doing."""
        states: dict[str, list[list[object]]] = {}
        for event in events:
            if event.state in SHOWN:
                states.setdefault(event.resource, []).append([event.start_s, event.end_s, event.state])
        return self._recorder.finish({"states": states})

    def _frame(self) -> Frame:
        plant = self._plant
        parts = {}
        for part in plant.world.parts.there():
            (x, y, z), (a, b, c, d) = part.pose()
            parts[part.number] = PartPlace(part.form.product, (x, y, z), (a, b, c, d))
        return Frame(
            {name: body.state()[0] for name, body in plant.bodies.items()},
            {name: door.positions() for name, door in plant.doors.items()},
            {name: np.array(cart.place) for name, cart in plant.carts.items()},
            parts,
        )
