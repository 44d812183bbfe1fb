"""A belt between two stands on the floor, ready to run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from layout.files.assets import load_model
from layout.model.library import MachineModel, Port
from layout.model.line import Belt, Line, LineProduct
from layout.model.physical import Incident
from layout.motion.belts import lay_out
from layout.rollout.conveyors import BeltNews, Conveyor, courses
from layout.scene.physics.parts import Part
from layout.scene.physics.world import World

TOP_M = 0.9


def port(kind: str, x: float, y: float, facing: tuple[float, float], z: float = TOP_M) -> Port:
    return Port(kind, kind, ("belt",), (x, y, z), facing=facing)  # type: ignore[arg-type]


def stand(helpers: object, folder: Path, name: str, ports: Sequence[Port]) -> MachineModel:
    """A low block on the floor with belt ports above it."""
    box = ((-0.2, -0.2, 0.0), (0.2, 0.2, 0.3))
    return helpers.machine(folder, name, [box], ports={p.name: p for p in ports})  # type: ignore[attr-defined]


class Rig:
    """A world with a line's belts; `run` steps it and keeps what the belts report."""

    def __init__(self, line: Line, products: Sequence[LineProduct], step_s: float = 1 / 240, **more: bool) -> None:
        self.line = replace(line, products={p.name: p for p in products})
        self.world = World(step_s)
        times = {name: lay_out(belt, self.line) for name, belt in self.line.belts.items()}
        ways = courses(self.line, times, self.world)
        replaced: dict[str, set[int]] = {}
        for way in ways.values():
            for name, numbers in way.replaced.items():
                replaced.setdefault(name, set()).update(numbers)
        self.world.build(self.line, replaced)
        self.belts = {name: Conveyor(self.world, way, **more) for name, way in ways.items()}
        self.times = times
        self.news: list[BeltNews] = []

    def __enter__(self) -> Rig:
        return self

    def __exit__(self, *_: object) -> None:
        self.world.close()

    def put(self, belt: str, product: str, number: int = 0) -> Part:
        part = self.world.parts.take(self.line.products[product], number)
        self.belts[belt].enter(part, self.world.now_s)
        return part

    def run(self, until_s: float, each: Callable[[BeltNews], None] | None = None) -> Rig:
        """Step until a time; `each` sees the news as it comes."""
        while self.world.now_s < until_s - 1e-9:
            self.world.step()
            for belt in self.belts.values():
                if belt.busy:
                    for news in belt.after_step(self.world.now_s):
                        self.news.append(news)
                        if each:
                            each(news)
        return self

    @property
    def incidents(self) -> list[Incident]:
        return [incident for belt in self.belts.values() for incident in belt.incidents]

    def kinds(self) -> list[str]:
        return [incident.kind for incident in self.incidents]

    def first(self, kind: str) -> BeltNews:
        return next(news for news in self.news if news.kind == kind)


def straight_line(
    helpers: object, folder: Path, length_m: float, speed: float, rise_m: float = 0.0, **more: float
) -> Line:
    """One belt along x from (1, 1)."""
    a = stand(helpers, folder, "from", [port("out", 0.2, 0.0, (1.0, 0.0))])
    b = stand(helpers, folder, "to", [port("in", -0.2, 0.0, (-1.0, 0.0), TOP_M + rise_m)])
    first = helpers.station("from", a, 0.8, 1.0)  # type: ignore[attr-defined]
    last = helpers.station("to", b, 1.2 + length_m, 1.0)  # type: ignore[attr-defined]
    belt = Belt("belt", "from", "to", speed, more.get("pitch", 0.45), more.get("width", 0.4))
    return helpers.line(first, last, belt)  # type: ignore[attr-defined, no-any-return]


def corner_line(
    helpers: object, folder: Path, speed: float, width_m: float = 0.4, leg_m: float = 1.5, rise_m: float = 0.0
) -> Line:
    """One belt along x from (1, 1), then to the left, along y."""
    a = stand(helpers, folder, "from", [port("out", 0.2, 0.0, (1.0, 0.0))])
    b = stand(helpers, folder, "to", [port("in", 0.0, -0.2, (0.0, -1.0), TOP_M + rise_m)])
    first = helpers.station("from", a, 0.8, 1.0)  # type: ignore[attr-defined]
    last = helpers.station("to", b, 1.0 + leg_m, 1.2 + leg_m)  # type: ignore[attr-defined]
    return helpers.line(first, last, Belt("belt", "from", "to", speed, 0.45, width_m))  # type: ignore[attr-defined, no-any-return]


def transfer_line(helpers: object, folder: Path, speed: float, model: str = "conveyor_belt") -> Line:
    """Belt A, a conveyor of the library that passes parts on, and belt B: along x, or to the right at a corner."""
    between = load_model(model)
    a = stand(helpers, folder, "from", [port("out", 0.2, 0.0, (1.0, 0.0))])
    if model == "conveyor_belt":
        b = stand(helpers, folder, "to", [port("in", -0.2, 0.0, (-1.0, 0.0))])
        places = [(0.8, 3.0), (3.5, 3.0), (6.2, 3.0)]
    else:
        b = stand(helpers, folder, "to", [port("in", 0.0, 0.2, (0.0, 1.0))])
        places = [(0.8, 3.15), (2.9, 3.0), (3.05, 0.9)]
    stands = [
        helpers.station(name, made, *at)  # type: ignore[attr-defined]
        for name, made, at in zip(("from", "mid", "to"), (a, between, b), places, strict=True)
    ]
    belts = Belt("A", "from", "mid", speed, 0.45, 0.4), Belt("B", "mid", "to", speed, 0.45, 0.4)
    return helpers.line(*stands, *belts)  # type: ignore[attr-defined, no-any-return]


def passing(rig: Rig) -> Callable[[BeltNews], None]:
    """What the control does with parts that belt A passes on to belt B: as soon as B is clear."""
    waits: list[BeltNews] = []
    clear = [True]

    def each(news: BeltNews) -> None:
        if (news.belt, news.kind) == ("A", "end"):
            waits.append(news)
        clear[0] = clear[0] or (news.belt, news.kind) == ("B", "clear")
        if waits and clear[0]:
            waits.pop()
            clear[0] = False
            rig.belts["B"].enter(rig.belts["A"].take(news.time_s), news.time_s)

    return each
