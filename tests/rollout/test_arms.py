"""Arms at work as bodies: what they take to hand parts over, and what they can't do; each trap beside a near miss."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from layout.files.assets import load_model
from layout.flow.commands import Carry, Come, Fetch
from layout.model.equip import hold_of
from layout.model.library import ArmModel, Hold, MachineModel, Port
from layout.model.line import Arm, Line
from layout.model.physical import INCIDENTS, Incident
from layout.model.pose import Pose
from layout.motion.arms import arm_times
from layout.motion.doors import door_times
from layout.motion.kinematics import chain_of, forward
from layout.motion.trajectory import levers_m
from layout.rollout.arms import ArmActor, Made, settled
from layout.rollout.doors import DoorActor
from layout.rollout.grip import ABOVE_M, beyond_m, needed
from layout.rollout.stands import Stands
from layout.scene.physics.arms import ArmBody
from layout.scene.physics.axes import AxesBody
from layout.scene.physics.world import GRAVITY_M_S2, World
from layout.scene.solids import box_vertices, hull_file


@dataclass
class Bench:
    """A world with a line of one arm; `steps` until what it is at is done."""

    world: World
    line: Line
    speed: float = 1.0
    doors: dict[str, DoorActor] = field(default_factory=dict)
    interlock: bool = True
    incidents: list[Incident] = field(default_factory=list)
    made: list[Made] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.world.build(self.line)
        self.stands = Stands(self.line, self.world)
        (arm,) = self.line.arms.values()
        self.times = arm_times(arm, self.line.stations)
        self.body = ArmBody(self.world, arm.name, arm.model, arm.pose)
        for name, station in self.line.stations.items():
            if station.model.axes:
                body = AxesBody(self.world, station)
                self.doors[name] = DoorActor(station, body, self.world, self.incidents.append)
        self.actor = ArmActor(
            arm, self.times, self.body, self.world, self.line, self.stands,
            lambda station: not self.interlock or station not in self.doors or self.doors[station].open,
            self.incidents.append, self.made.append,
        )  # fmt: skip

    @property
    def kinds(self) -> set[str]:
        return {incident.kind for incident in self.incidents}

    def step(self) -> None:
        actors = [self.actor, *self.doors.values()]
        for actor in actors:
            actor.before_step(self.world.now_s)
        self.world.step()
        for actor in actors:
            actor.after_step(self.world.now_s)

    def until_idle(self, most_s: float = 30.0) -> None:
        end_s = self.world.now_s + most_s
        while self.actor.busy and self.world.now_s < end_s:
            self.step()
        assert not self.actor.busy

    def carry(self, number: int, origin: str, target: str) -> None:
        nothing = lambda now_s: None  # noqa: E731
        self.actor.take(number, origin, self.world.now_s, nothing)
        self.until_idle()
        self.actor.travel(origin, target, self.world.now_s, nothing)
        self.until_idle()
        self.actor.give(target, self.world.now_s, nothing)
        self.until_idle()


def table(scene: ModuleType, folder: Path) -> MachineModel:
    port = Port("top", "inout", ("arm",), (0.0, 0.0, 0.75), (0.0, 0.0, -1.0), (0.0, 0.0, 0.25))
    box = ((-0.2, -0.2, 0.0), (0.2, 0.2, 0.7))
    made: MachineModel = scene.machine(folder, "table", boxes=[box], ports={"top": port})
    return made


def cell(
    scene: ModuleType, folder: Path, mass_kg: float, speed: float = 1.0, hold: Hold | None = None,
    arm: str = "arm_10kg_r1100",
) -> Line:  # fmt: skip
    """Two tables a quarter turn apart, 0.7 m from the arm."""
    model = load_model(arm)
    assert isinstance(model, ArmModel)
    model = replace(model, hold=hold if hold is not None else Hold(5000.0, "jaws"))
    desk = table(scene, folder)
    line: Line = scene.line(
        scene.station("left", desk, 4.0, 4.7),
        scene.station("right", desk, 4.7, 4.0),
        Arm("tender", model, Pose(4.0, 4.0), ("left", "right"), "first_come", speed),
        products={"block": replace(scene.part(folder), mass_kg=mass_kg)},
    )
    return line


def carried(line: Line, fixture: bool = False) -> Bench:
    with World() as world:
        bench = Bench(world, line)
        if fixture:
            path = bench.times.loaded[0, 1]
            middle = forward(line.arms["tender"].model, path.angles[len(path.angles) // 2])
            x, y, z = (line.arms["tender"].pose.matrix() @ middle)[:3, 3]
            top = float(z) - 0.05 - 0.035  # below the part's underside on its planned way
            world.fix("beam", [box_vertices((x - 0.02, y - 0.02, 0.0), (x + 0.02, y + 0.02, top))])
        bench.stands.make(1, "block", "left")
        bench.carry(1, "left", "right")
        return bench


def test_moves_take_their_planned_time_and_parts_come_to_their_place(scene: ModuleType, tmp_path: Path) -> None:
    line = cell(scene, tmp_path, 2.0)
    with World() as world:
        bench = Bench(world, line)
        bench.stands.make(1, "block", "left")
        bench.carry(1, "left", "right")
        assert bench.incidents == []
        assert [made.kind for made in bench.made] == ["pick", "loaded", "place"]
        for made in bench.made:
            assert made.physical_s == pytest.approx(made.assumed_s, abs=4.5 * world.step_s)
            assert made.settle_s <= 4.5 * world.step_s
            assert made.error_m < 0.002
        part = bench.stands.present(1, "out", "arm")
        at, _ = part.pose()
        assert np.allclose(at, (4.7, 4.0, 0.7), atol=0.002)
        assert part.state == "clamped"


def test_commands_are_done_in_turn_and_reported(scene: ModuleType, tmp_path: Path) -> None:
    line = cell(scene, tmp_path, 2.0)
    with World() as world:
        bench = Bench(world, line)
        bench.stands.make(1, "block", "right")
        times = bench.times
        for command in (
            Fetch(0.0, "tender", "left", "right", 1, "block", times.empty_s[0, 1], times.pick_s[1]),
            Carry(0.0, "tender", "right", "left", 1, "block", times.loaded_s[1, 0], times.place_s[0]),
            Come(0.0, "tender", "left", "right", -1, "", times.empty_s[0, 1], 0.0),
        ):
            began_s = world.now_s
            told: list[float] = []
            bench.actor.run(command, began_s, told.append, told.append)
            bench.until_idle()
            planned = np.cumsum([command.travel_s, command.handling_s])[: len(told)]
            assert np.subtract(told, began_s) == pytest.approx(planned, abs=5 * world.step_s)
            assert len(told) == (1 if isinstance(command, Come) else 2)
        assert bench.incidents == []
        assert bench.stands.numbers("left") == [1]


def test_friction_grips_and_suction_in_numbers() -> None:
    still, down = np.zeros(3), np.array([0.0, 0.0, -1.0])
    weight = 2.0 * GRAVITY_M_S2
    assert needed(Hold(50.0, "jaws"), 0.4, 2.0, still, down) == pytest.approx((weight, 40.0))
    assert needed(Hold(50.0, "suction"), 0.4, 2.0, still, down) == pytest.approx((weight, 50.0))
    level = np.array([0.0, 1.0, 0.0])  # the face looks sideways: all of the weight is friction's
    assert needed(Hold(50.0, "suction"), 0.4, 2.0, still, level) == pytest.approx((weight / 0.4, 50.0))
    falling = np.array([0.0, 0.0, -GRAVITY_M_S2])
    assert needed(Hold(50.0, "jaws"), 0.4, 2.0, falling, down)[0] == pytest.approx(0.0)
    up = needed(Hold(50.0, "suction"), 0.4, 2.0, np.array([0.0, 0.0, 5.0]), down)
    assert up == pytest.approx((weight + 10.0, 50.0))


def test_a_hold_that_nobody_states_suits_the_payload() -> None:
    model = load_model("franka_panda")
    assert isinstance(model, ArmModel)
    assert hold_of(model) == Hold(70.0, "jaws")
    usual = hold_of(replace(model, hold=None))
    takes, gives = needed(usual, 0.4, 3.0 - 0.73, np.array([0.0, 0.0, GRAVITY_M_S2]), np.array([0.0, 0.0, -1.0]))
    assert gives == pytest.approx(2.0 * takes)


@pytest.mark.parametrize("hold", [Hold(26.0, "jaws"), Hold(32.0, "suction")])
@pytest.mark.parametrize(("speed", "held"), [(1.0, False), (0.4, True)])
def test_a_payload_is_held_at_low_speed_and_dropped_at_high(
    scene: ModuleType, tmp_path: Path, speed: float, held: bool, hold: Hold
) -> None:
    """Friction is 0.5; its weight is 19.6 N."""
    bench = carried(cell(scene, tmp_path, 2.0, speed, hold))
    assert ("dropped" not in bench.kinds) == held
    if not held:
        dropped = next(incident for incident in bench.incidents if incident.kind == "dropped")
        assert dropped.amount > dropped.limit == pytest.approx(hold.force_n)
        assert f"its {hold.by} of {hold.force_n:g} N hold" in dropped.cause
        assert (dropped.part, dropped.product, dropped.subjects) == (1, "block", ("tender",))
    else:
        assert bench.incidents == []


def test_a_weak_arm_sags_and_a_strong_one_does_not(scene: ModuleType, tmp_path: Path) -> None:
    weak = carried(cell(scene, tmp_path, 80.0))
    assert {"tracking", "saturated"} <= weak.kinds
    assert weak.kinds <= set(INCIDENTS)
    assert carried(cell(scene, tmp_path, 3.0)).incidents == []


def test_an_arm_sags_into_a_fixture(scene: ModuleType, tmp_path: Path) -> None:
    weak = carried(cell(scene, tmp_path, 80.0), fixture=True)
    hit = [incident for incident in weak.incidents if incident.kind == "collision"]
    assert any("beam" in incident.subjects for incident in hit)
    assert carried(cell(scene, tmp_path, 3.0), fixture=True).incidents == []


@pytest.mark.parametrize(("gap_m", "near"), [(0.0015, True), (0.02, False)])
def test_a_part_that_passes_too_near_is_a_near_miss(
    scene: ModuleType, tmp_path: Path, gap_m: float, near: bool
) -> None:
    line = cell(scene, tmp_path, 2.0, 0.5)
    arm = line.arms["tender"]
    with World() as world:
        bench = Bench(world, line)
        path = bench.times.loaded[0, 1]
        shares = np.linspace(0.0, path.time_s[-1], 200)
        angles = np.array([np.interp(shares, path.time_s, joint) for joint in path.angles.T]).T
        way = (arm.pose.matrix() @ forward(arm.model, angles))[:, :3, 3]
        x, y, _ = way[100]
        over = np.hypot(way[:, 0] - x, way[:, 1] - y) < 0.15
        top = float(way[over, 2].min()) - 0.05 - gap_m
        world.fix("beam", [box_vertices((x - 0.02, y - 0.02, 0.0), (x + 0.02, y + 0.02, top))])
        bench.stands.make(1, "block", "left")
        bench.carry(1, "left", "right")
        assert [incident.kind for incident in bench.incidents] == (["near miss"] if near else [])
        if near:
            assert bench.incidents[0].subjects == ("tender", "beam")
            assert 0.0005 < bench.incidents[0].amount < 0.003


@pytest.mark.parametrize(("off_m", "placed"), [(0.003, True), (0.008, False)])
def test_a_part_gripped_beside_its_place_is_put_down_beside_it(
    scene: ModuleType, tmp_path: Path, off_m: float, placed: bool
) -> None:
    line = cell(scene, tmp_path, 2.0)
    with World() as world:
        bench = Bench(world, line)
        part = world.parts.take(line.products["block"], 1)
        part.clamp((4.0 + off_m, 4.7, 0.7))
        bench.stands.take_in(part, "left", "top")
        bench.carry(1, "left", "right")
        assert bench.kinds == (set() if placed else {"misplaced"})
        if not placed:
            assert bench.incidents[0].amount == pytest.approx(off_m, abs=0.001)
            assert "gripped 8.0 mm beside" in bench.incidents[0].cause


@pytest.mark.parametrize(("off_m", "held"), [(0.018, True), (0.022, False)])
def test_a_tool_that_closes_beside_its_part_does_not_hold_it(
    scene: ModuleType, tmp_path: Path, off_m: float, held: bool
) -> None:
    with World() as world:
        line = cell(scene, tmp_path, 2.0)
        bench = Bench(world, line)
        part = world.parts.take(line.products["block"], 1)
        part.clamp((4.0 + off_m, 4.7, 0.7))
        bench.stands.take_in(part, "left", "top")
        bench.carry(1, "left", "right")
        assert ("dropped" not in bench.kinds) is held
        if not held:
            dropped = next(incident for incident in bench.incidents if incident.kind == "dropped")
            assert dropped.amount == pytest.approx(off_m, abs=1e-3) and dropped.limit == 0.02


def test_an_arm_is_there_once_its_tool_is() -> None:
    """Within a millimetre, at a centimetre a second at most; what one joint is off another may make good."""
    model = load_model("arm_16kg_r2010")
    assert isinstance(model, ArmModel)
    levers, end, rest = levers_m(chain_of(model)), np.array(model.home), np.zeros(len(model.joints))
    at = forward(model, end)[:3, 3]
    shoulder, elbow = ((forward(model, end + 1e-4 * np.eye(len(end))[k])[:3, 3] - at) / 1e-4 for k in (1, 2))
    back = float(shoulder @ elbow / (elbow @ elbow))
    good = end + 0.4e-3 * np.array([0.0, 1.0, -back, *rest[3:]])
    assert np.abs(good - end) @ levers > 0.001 > np.linalg.norm(forward(model, good)[:3, 3] - at)
    assert settled(model, levers, good, rest, end)
    assert not settled(model, levers, end + np.array([0.002, *rest[1:]]), rest, end)
    for speed_rad_s, slow in ((0.003, True), (0.02, False)):
        assert settled(model, levers, end, np.array([speed_rad_s, *rest[1:]]), end) is slow


# ---------------------------------------------------------------- doors


def milling(scene: ModuleType, folder: Path) -> Line:
    mill, arm = load_model("cnc_mill"), load_model("arm_16kg_r2010")
    cube = hull_file([box_vertices((-0.02, -0.02, 0.0), (0.02, 0.02, 0.04))])
    assert isinstance(mill, MachineModel)
    assert isinstance(arm, ArmModel)
    line: Line = scene.line(
        scene.station("mill", mill, 4.0, 5.0),
        Arm("tender", arm, Pose(3.87, 2.4, np.pi / 2), ("mill",), "first_come", 1.0),
        products={"block": replace(scene.part(folder), hulls=cube, grasp_m=(0.0, 0.0, 0.02))},
    )
    return line


def test_doors_take_their_planned_time(scene: ModuleType, tmp_path: Path) -> None:
    line = milling(scene, tmp_path)
    planned = door_times(line.stations["mill"].model)
    assert planned is not None
    with World() as world:
        bench = Bench(world, line)
        door, took = bench.doors["mill"], []
        for program in ("work", "load"):
            door.go(program, world.now_s, lambda now_s, length_s: took.append(length_s))
            while door.busy:
                bench.step()
            assert door.open == (program == "load")
        assert took == pytest.approx([planned.close_s, planned.open_s], abs=2 * world.step_s)
        assert bench.incidents == []


@pytest.mark.parametrize("interlock", [True, False])
def test_an_arm_waits_for_a_door_that_is_not_yet_open(scene: ModuleType, tmp_path: Path, interlock: bool) -> None:
    line = milling(scene, tmp_path)
    with World() as world:
        bench = Bench(world, line, interlock=interlock)
        door = bench.doors["mill"]
        door.go("work", world.now_s)
        if not interlock:  # it stays shut
            while door.busy:
                bench.step()
        door_s = 2.0 * door_times(line.stations["mill"].model).close_s  # type: ignore[union-attr]
        bench.stands.make(1, "block", "mill")
        bench.actor.take(1, "mill", world.now_s, lambda now_s: None)
        if interlock:  # shuts, then opens again
            door.go("load", world.now_s)
            bench.until_idle()
            assert bench.made[0].waited_s == pytest.approx(door_s, abs=5 * world.step_s)
            assert bench.incidents == []
        else:
            bench.until_idle()
            hit = [incident for incident in bench.incidents if incident.kind == "collision"]
            assert any("mill's door" in incident.subjects for incident in hit)


def test_how_far_a_tool_reaches_beyond_its_part(scene: ModuleType, tmp_path: Path) -> None:
    """Jaws beside a block of 200 mm, 100 mm high: their corners, whichever way they are turned about the axis."""
    palm = box_vertices((-0.3, -0.3, 0.0), (0.3, 0.3, 0.1))  # above the block's top
    jaw = box_vertices((0.1, -0.02, 0.1), (0.14, 0.02, 0.2))
    slanted = jaw + np.array([0.1, 0.0, 0.0]) * (jaw[:, 2:] < 0.15)  # 0.1 m farther out at its upper end
    lower = (0.2 - (0.19 - 0.05 - ABOVE_M)) / 0.1  # share of the jaw's height from its lower end up to the block's top
    for pieces, corner in (([palm, jaw], 0.14), ([palm, slanted], 0.14 + 0.1 * lower)):
        tool = replace(scene.tool(tmp_path), hulls=hull_file(pieces), tcp_m=(0.0, 0.0, 0.19))
        with World() as world:
            form = world.parts.form(next(iter(cell(scene, tmp_path, 1.0).products.values())))
            assert beyond_m(tool, form) == pytest.approx(np.hypot(corner, 0.02) - 0.1)
