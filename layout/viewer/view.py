"""The window: a line with its parts moving as simulated."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from layout.errors import Problem, SceneError
from layout.model.line import Line
from layout.model.pose import Array, quaternion
from layout.model.results import Moves, Violation
from layout.scene import Scene
from layout.scene.bodies import Body
from layout.scene.cameras import name_at, standing
from layout.scene.display import problem_with_display
from layout.scene.furniture import furniture
from layout.scene.marks import Mark, marks
from layout.scene.overlays import envelopes, ports, reach
from layout.scene.overlays import violations as shown_violations
from layout.scene.quiet import python_only
from layout.scene.window import INK, Window
from layout.viewer.schedule import Moment

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
FRAME_S = 1 / 30
NAME_ABOVE_M = 0.25
WORDS_APART_M = 0.3
KEYS_SIZE = 0.9
STATE_COLOURS = {
    "working": (0.05, 0.45, 0.20),
    "down": (0.80, 0.10, 0.10),
    "waiting": (0.75, 0.45, 0.0),
    "blocked": (0.75, 0.45, 0.0),
}
OVERLAYS = {"p": "ports", "e": "service envelopes", "h": "reach", "v": "violations"}
KEYS = (
    "space: pause    + / -: faster, slower    r: from the start    q: close    "
    "names: green works, orange waits, red is down"
)
PORT_WORDS = "ports: orange for arms, blue for belts, green for vehicles; arrows point the way parts go"
RED = (0.48, 0.0, 0.02)


class Course(Protocol):
    """What there is to see: a simulated run (`Schedule`) or a recorded one (`Replay`)."""

    end_s: float

    def positions(self, time_s: float) -> Moment:
        """What is where at a time (s)."""


@dataclass
class Clock:
    """Time of the run that is shown: paused, slowed down or sped up by keys; begins again after its end."""

    end_s: float
    speed: float = 1.0
    now_s: float = 0.0
    paused: bool = False

    def press(self, keys: set[str]) -> None:
        """Do what the keys say."""
        if " " in keys:
            self.paused = not self.paused
        if keys & {"+", "="}:
            self.speed = next((s for s in SPEEDS if s > self.speed), SPEEDS[-1])
        if keys & {"-", "_"}:
            self.speed = next((s for s in reversed(SPEEDS) if s < self.speed), SPEEDS[0])
        if "r" in keys:
            self.now_s = 0.0

    def pass_by(self, real_s: float) -> None:
        """Let real time (s) pass."""
        if self.paused or self.end_s <= 0:
            return
        self.now_s += real_s * self.speed
        if self.now_s >= self.end_s:
            self.now_s %= self.end_s

    def text(self) -> str:
        """The time shown and how fast it goes."""
        minutes, seconds = divmod(int(self.now_s), 60)
        return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}   {self.speed:g}x{'   paused' if self.paused else ''}"


def view(
    line: Line,
    moves: Moves,
    course: Course,
    headline: str = "",
    *,
    seconds: float | None = None,
    speed: float = 1.0,
    start_s: float = 0.0,
    photograph: Path | None = None,
    each_frame: Callable[[float], None] | None = None,
    violations: Sequence[Violation] = (),
    overlays: str = "",
) -> None:
    """Open a window on a line and let its parts move along a course, until it is closed (or for some real seconds).

    headline : shown above the line, such as its throughput
    speed : times real time; start_s : where in the run to begin (s)
    photograph : PNG to write of what the window shows at the end (without texts)
    each_frame : called with the run's time after each frame
    violations : shown by the overlay "v", each with its rule and amount
    overlays : those to begin with, by their keys ("pe" for ports and envelopes; see OVERLAYS)

    Raises SceneError where no window can be opened.
    """
    problem = problem_with_display()
    if problem:
        raise SceneError(problem)
    with python_only(), Scene(gui=True, title=f"layout: {line.name}") as scene:
        window = Window(scene)
        with window.until_closed():
            with window.still():
                scene.place(line)
                scene.dress(furniture(line, moves))
                window.look(line)
                found = marks(line, violations, moves)
                for key, pieces in (
                    ("p", ports(line)),
                    ("e", envelopes(line)),
                    ("h", reach(line)),
                    ("v", shown_violations(found)),
                ):
                    scene.lay_over(key, pieces, shown=key in overlays)
            stage = _Stage(scene, window, line, found, overlays)
            clock = Clock(course.end_s, speed, start_s)
            stage.show(course, clock, headline)
            began = last = time.monotonic()
            while window.open and (seconds is None or last - began < seconds):
                keys = window.pressed()
                if "q" in keys:
                    break
                clock.press(keys)
                stage.press(keys)
                now = time.monotonic()
                clock.pass_by(now - last)
                last = now
                stage.show(course, clock, headline)
                if each_frame is not None:
                    each_frame(clock.now_s)
                time.sleep(max(FRAME_S - (time.monotonic() - now), 0.001))
            if photograph is not None and window.open:
                _write_png(photograph, window)


class _Stage:
    """Bodies of the parts that are on view, overlays, and the texts."""

    def __init__(self, scene: Scene, window: Window, line: Line, found: Sequence[Mark], overlays: str) -> None:
        self._scene = scene
        self._window = window
        self._line = line
        self._marks = found
        self._on = {key for key in overlays if key in OVERLAYS}
        self._spare: dict[str, list[Body]] = {}
        self._shown: dict[int, tuple[str, Body]] = {}
        self._states: dict[str, str] = {}
        self._last: dict[str | int, Array] = {}
        self._window.text("keys", KEYS, size=KEYS_SIZE, on_screen=(0.03, 0.150))
        self._tell()

    def press(self, keys: set[str]) -> None:
        """Show and hide overlays."""
        for key in keys & OVERLAYS.keys():
            self._on ^= {key}
            self._scene.show_overlay(key, key in self._on)
        if keys & OVERLAYS.keys():
            self._tell()

    def _tell(self) -> None:
        """The line that says which overlays there are and which are on; the violations' amounts."""
        words = "    ".join(
            f"{key}: {'hide' if key in self._on else 'show'} {what}" + (f" ({len(self._marks)})" if key == "v" else "")
            for key, what in OVERLAYS.items()
        )
        self._window.text("overlays", words, size=KEYS_SIZE, on_screen=(0.03, 0.185))
        if "p" in self._on:
            self._window.text("port words", PORT_WORDS, size=KEYS_SIZE, on_screen=(0.03, 0.220))
        else:
            self._window.wipe("port words")
        for number, (mark, at) in enumerate(zip(self._marks, _apart(self._marks), strict=True), start=1):
            if "v" in self._on:
                self._window.text(f"violation {number}", f"{number}  {mark.words}", at, 1.3, RED)
            else:
                self._window.wipe(f"violation {number}")

    def show(self, course: Course, clock: Clock, headline: str) -> None:
        """Put everything where it is at the clock's time."""
        moment = course.positions(clock.now_s)
        if headline:
            self._window.text("headline", headline, size=1.9, on_screen=(0.03, 0.06))
        if course.end_s > 0:
            self._window.text("clock", clock.text(), size=1.3, on_screen=(0.03, 0.11))
        for thing in standing(self._line):
            state = moment.states.get(thing.name, "idle")
            if self._states.get(thing.name) != state:
                self._states[thing.name] = state
                x, y, high = name_at(thing)
                at = (x, y, high + NAME_ABOVE_M)
                self._window.text(thing.name, thing.name, at, 1.2, STATE_COLOURS.get(state, INK))
        with self._window.still():  # else a picture may be taken between an arm's move and that of its tool
            self._place(moment)
        self._window.draw()

    def _place(self, moment: Moment) -> None:
        """Put arms, doors, vehicles and parts where they are; bodies of parts are used again."""
        for name, angles in moment.joints.items():
            if self._changed(name, angles):
                self._scene.set_joints(name, angles)
        for name, positions in moment.axes.items():
            if self._changed(name, positions):
                self._scene.set_axes(name, positions)
        for name, place in moment.vehicles.items():
            if self._changed(name, place):
                self._scene.set_vehicle(name, *place)
        for number in [n for n in self._shown if n not in moment.parts]:
            product, body = self._shown.pop(number)
            self._last.pop(number, None)
            self._scene.park(body)
            self._spare.setdefault(product, []).append(body)
        for number, part in moment.parts.items():
            if number not in self._shown:
                self._shown[number] = (part.product, self._take(part.product))
            if self._changed(number, part.pose):
                self._shown[number][1].move(part.pose[:3, 3].tolist(), quaternion(part.pose[:3, :3]))

    def _changed(self, key: str | int, value: object) -> bool:
        """Whether something is elsewhere than in the last picture: each body that is moved costs time."""
        now = np.asarray(value, dtype=float)
        before = self._last.get(key)
        if before is not None and np.array_equal(before, now):
            return False
        self._last[key] = now.copy()
        return True

    def _take(self, product: str) -> Body:
        spare = self._spare.get(product)
        return spare.pop() if spare else self._scene.prop(self._line.products[product].model)


def _apart(found: Sequence[Mark]) -> list[tuple[float, float, float]]:
    """Where the words of each violation stand: above its place, and above one another where places are the same."""
    taken: list[Array] = []
    for mark in found:
        at = np.asarray(mark.at_m, dtype=float) + [0.0, 0.0, NAME_ABOVE_M]
        while any(np.hypot(*(at - other)[:2]) < 1.0 and abs(at[2] - other[2]) < WORDS_APART_M for other in taken):
            at = at + [0.0, 0.0, WORDS_APART_M]
        taken.append(at)
    return [(float(at[0]), float(at[1]), float(at[2])) for at in taken]


def _write_png(path: Path, window: Window) -> None:
    import io

    from PIL import Image

    from layout.scene.meshes import write_bytes

    buffer = io.BytesIO()
    Image.fromarray(window.photograph()).save(buffer, format="PNG")
    try:
        write_bytes(path, buffer.getvalue())
    except OSError as error:
        raise SceneError(Problem("the picture cannot be written", value=str(error), file=str(path))) from error
