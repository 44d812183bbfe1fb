"""Traps of arms: cells whose plan is fine and whose arm cannot work; rule, subjects and reason are named.

Each stands beside a near miss that differs by one figure and passes. The arm stands at (0, 0) and serves `a`, the trap,
and `b`, a plain table of 0.8 m at (0, -1.3). It is the library's arm of 16 kg and 2.01 m.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from layout.feasibility import check
from layout.files.assets import load_model
from layout.model.library import ArmModel, MachineModel, PartModel, Port
from layout.model.line import Line
from layout.model.results import Violation
from layout.scene import Scene

FLOOR = {"boundary": [(-5, -5), (5, -5), (5, 5), (-5, 5)], "clearance": 0.0}


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    with Scene() as made:
        yield made


@pytest.fixture(scope="module")
def robot() -> ArmModel:
    model = load_model("arm_16kg_r2010")
    assert isinstance(model, ArmModel)
    return model


class Bench:
    """Makes cells of boxes."""

    def __init__(self, world, folder: Path, robot: ArmModel) -> None:
        self.world, self.folder, self.robot = world, folder, robot

    def table(self, high: float = 0.8, half: float = 0.2) -> MachineModel:
        """A block; parts are taken from above, 0.1 m over its top."""
        port = Port("top", "inout", ("arm",), (0.0, 0.0, high + 0.1), (0.0, 0.0, -1.0), (0.0, 0.0, 0.25))
        box = ((-half, -half, 0.0), (half, half, high))
        return self.world.machine(self.folder, f"table {high} {half}", boxes=[box], ports={"top": port})

    def frame(self, wide: float, deep: float) -> MachineModel:
        """A machine of 1 m with an opening in its front, from 0.7 m to 1.4 m; the port lies `deep` inside."""
        half = wide / 2
        boxes = [
            ((-0.5, 0.0, 0.0), (-half, 0.5, 1.6)),
            ((half, 0.0, 0.0), (0.5, 0.5, 1.6)),
            ((-half, 0.0, 0.0), (half, 0.5, 0.7)),
            ((-half, 0.0, 1.4), (half, 0.5, 1.6)),
        ]
        port = Port("in", "inout", ("arm",), (0.0, deep, 1.05), (0.0, 1.0, 0.0), (0.0, -deep - 0.25, 0.0))
        return self.world.machine(self.folder, f"frame {wide} {deep}", boxes=boxes, ports={"in": port})

    def bar(self, long: float) -> PartModel:
        model = self.world.part(self.folder, f"bar {long}")
        box = ((-long / 2, -0.025, 0.0), (long / 2, 0.025, 0.1))
        self.world.write_hulls(model.hulls, [self.world.solid(box)])
        return model

    def cell(self, station: MachineModel, x: float, y: float, *more, part: PartModel | None = None, **floor) -> Line:
        world = self.world
        things = (
            world.arm("arm", self.robot, 0, 0, 0, ("a", "b")),
            world.station("a", station, x, y),
            world.station("b", self.table(), 0, -1.3),
        )
        products = None if part is None else {"part": part}
        return world.line(*things, *more, products=products, **(FLOOR | floor))


@pytest.fixture
def bench(world, tmp_path: Path, robot: ArmModel) -> Bench:
    return Bench(world, tmp_path, robot)


def only(line: Line, scene: Scene) -> Violation:
    """The one thing that is wrong with a line."""
    (found,) = check(line, scene, everything=True)
    assert found.amount > 0.0 and found.unit == "m"
    return found


def named(found: Violation, thing: str) -> bool:
    """Whether the reason says that `a` can be served only through a thing."""
    return (
        (found.rule, found.subjects) == ("reach", ("a", "arm"))
        and "'a': port" in found.reason
        and (f"only through {thing}" in found.reason)
    )


def column(x: float, y: float, high: float) -> dict[str, object]:
    ring = [(x, y), (x + 0.2, y), (x + 0.2, y + 0.2), (x, y + 0.2)]
    return {"column": {"polygon": ring, "height": high}}


def test_an_elbow_through_a_column(bench: Bench, scene: Scene) -> None:
    """A column between arm and table, up to the ceiling. It may stand aside, or end below the arm."""

    def cell(y: float, high: float) -> Line:
        return bench.cell(bench.table(), 1.4, 0.0, part=bench.bar(0.2), obstacles=column(0.55, y, high))

    assert named(only(cell(-0.1, 3.0), scene), "column")
    assert check(cell(0.5, 3.0), scene) == ()
    assert check(cell(-0.1, 0.9), scene) == ()


def test_a_reach_only_through_a_fence(bench: Bench, scene: Scene) -> None:
    """Fences of 2.2 m are not reached over; one of 0.8 m is, and one that ends before the table is passed."""

    def cell(start: float, end: float, high: float) -> Line:
        fences = {"guard": {"line": [(0.9, start), (0.9, end)], "height": high}}
        return bench.cell(bench.table(), 1.4, 0.0, part=bench.bar(0.2), fences=fences)

    assert named(only(cell(-1.0, 1.0, 2.2), scene), "guard")
    assert check(cell(-1.0, 1.0, 0.8), scene) == ()
    assert check(cell(0.5, 1.5, 2.2), scene) == ()


def test_a_tool_hits_a_door_frame(bench: Bench, scene: Scene) -> None:
    """The hand must go 0.3 m into an opening of 0.1 m; one of 0.25 m lets it in."""
    found = only(bench.cell(bench.frame(0.1, 0.3), 0.0, 1.3), scene)
    assert named(found, "a") and "gripper_parallel would hit" in found.reason
    assert check(bench.cell(bench.frame(0.25, 0.3), 0.0, 1.3), scene) == ()


def test_an_arm_that_must_pass_its_own_base(bench: Bench, scene: Scene) -> None:
    """A bar of 0.5 m to be laid down beside the arm's own foot: 0.5 m from its middle there is no room, 0.7 m is fine;
    and so is 0.5 m with nothing in the hand to hit."""

    def cell(x: float, long: float) -> Line:
        return bench.cell(bench.table(0.3, 0.1), x, 0.0, part=bench.bar(long))

    found = only(cell(0.5, 0.5), scene)
    assert any(named(found, link) for link in ("base_link", "link_1"))
    assert check(cell(0.7, 0.5), scene) == ()
    assert check(cell(0.5, 0.05), scene) == ()


def test_a_carried_part_too_wide_for_a_gap(bench: Bench, scene: Scene) -> None:
    """An opening of 0.45 m: a bar of 0.4 m goes in, one of 0.5 m does not, however the hand is turned."""

    def cell(long: float) -> Line:
        return bench.cell(bench.frame(0.45, 0.1), 0.0, 1.3, part=bench.bar(long))

    assert named(only(cell(0.5), scene), "a")
    assert check(cell(0.4), scene) == ()


def test_an_arm_through_another_arms_pedestal(bench: Bench, scene: Scene) -> None:
    """A low table in the lee of a small arm's pedestal of 0.7 m: 0.33 m apart the part in the hand hits it."""
    other = load_model("kuka_iiwa7")

    def cell(gap: float) -> Line:
        world, x = bench.world, 1.2 + gap
        small = (
            world.arm("other", other, x, 0, 0, ("c", "d")),
            world.station("c", bench.table(), x + 0.6, 0.0),
            world.station("d", bench.table(), x + 0.3, 0.55),
        )
        return bench.cell(bench.table(0.3, 0.1), 1.2, 0.0, *small, part=bench.bar(0.3))

    assert named(only(cell(0.33), scene), "other")
    assert check(cell(0.45), scene) == ()
