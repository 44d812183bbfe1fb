"""Every violation is drawn, each rule by its own mark, and where it is."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from layout.model.equip import on_rail
from layout.model.floor import Safety
from layout.model.library import Port, Rail
from layout.model.line import Belt, Line
from layout.model.results import BeltTimes, FleetTimes, Moves, Violation
from layout.scene import Scene, frame
from layout.scene.marks import Mark, marks
from layout.scene.overlays import envelopes, ports, reach
from layout.scene.overlays import violations as red_pieces
from layout.scene.pictures import render
from layout.scene.safety import rail_pieces, safety_pieces

RULES = (
    "floor", "obstacle", "keep_clear", "fence", "overlap", "service", "clearance", "gap", "belt", "reach", "door",
    "access", "lane", "walkway", "separation", "path", "zone", "payload", "a rule of tomorrow",
)  # fmt: skip


@pytest.fixture
def line(world: Any, tmp_path: Path) -> Line:
    hand = {"hand": Port("hand", "inout", ("arm",), (0.0, -0.3, 0.9), (0.0, 0.0, -1.0), (0.0, -0.6, 0.0))}
    cart = {"cart": Port("cart", "inout", ("vehicle",), (0.0, -0.5, 0.9))}
    belts = {"in": Port("in", "in", ("belt",), (-0.5, 0, 0.8), facing=(-1.0, 0.0)),
             "out": Port("out", "out", ("belt",), (0.5, 0, 0.8), facing=(1.0, 0.0))}  # fmt: skip
    box = world.machine(tmp_path, service={"front": 0.8}, ports=hand | cart | belts)
    arm = world.arm_model(tmp_path)
    made = world.line(
        world.station("a", box, 3, 4),
        world.station("b", box, 3.8, 4),
        world.station("door", world.with_doors(tmp_path), 9, 2, math.pi / 2),
        world.arm("arm", arm, 6, 4, serves=["a", "b"]),
        world.arm("rider", on_rail(arm, Rail(2.0, 1.0, 1.0)), 7.5, 6.5),
        world.fleet("carts", world.vehicle(tmp_path), 2, ["a", "door"]),
        Belt("belt", "a", "b", 0.3, 0.4, 0.4),
        obstacles={"column": {"polygon": [(2.4, 1), (2.8, 1), (2.8, 1.4), (2.4, 1.4)]}},
        keep_clear={"aisle": {"polygon": [(2.0, 3.6), (3.0, 3.6), (3.0, 4.4), (2.0, 4.4)]}},
        fences={"fence": {"line": [(0.5, 0.4), (0.5, 7.5), (4, 7.6)]}},
        walkways={"exits": {"exit": (11.3, 1.0)}},
    )
    return replace(made, safety=Safety(detection={"curtain": {"line": [(5.0, 2.4), (7.5, 2.4)], "stopping": 0.4}}))


@pytest.fixture
def moves() -> Moves:
    docks = np.array([[3, 3.0, math.pi / 2], [8.0, 2.0, 0.0]])
    ones = np.ones((2, 2))
    way = np.array([[3, 3.0], [3, 2.2], [8.0, 2.0]])
    fleet = FleetTimes(("a", "door"), ones, np.ones(2), ones, {(0, 1): way}, docks)
    belt = BeltTimes(1.0, 1, 1.0, 2.0, np.array([[3.5, 4.0], [4.5, 4.0]]))
    return Moves(belts={"belt": belt}, fleets={"carts": fleet})


def mark(line: Line, moves: Moves | None, rule: str, *subjects: str, amount: float = 0.2, unit: str = "m") -> Mark:
    (found,) = marks(line, [Violation(rule, tuple(sorted(subjects)), amount, unit)], moves)
    return found


@pytest.mark.parametrize("rule", RULES)
def test_no_rule_and_no_subject_is_left_out(line: Line, moves: Moves, rule: str) -> None:
    names = [*line.stations, *line.arms, *line.belts, "column", "aisle", "fence", "exit", "curtain", "carts", "carts 1"]
    for known in (moves, Moves(), None):
        for first in names:
            assert mark(line, known, rule, first).at_m.shape == (3,)
            for second in names:
                found = mark(line, known, rule, first, second)
                assert np.isfinite(found.at_m).all()
                drawn = [*found.volumes, *found.strokes]
                unlaid = known is not moves and {first, second} & {"carts", "carts 1", "belt"}
                assert drawn or unlaid, (rule, first, second)
                assert all(volume.there and volume.high_m > volume.low_m for volume in found.volumes)
    assert mark(line, moves, rule, "nobody").words.endswith("0.2 m")


def test_overlap_is_what_both_cover(line: Line) -> None:
    (volume,) = mark(line, None, "overlap", "a", "b").volumes
    assert volume.area.equals(shapely.box(3.3, 3.5, 3.5, 4.5))
    assert (volume.low_m, volume.high_m) == (0.0, 1.0)


def test_a_gap_is_an_arrow_between_the_nearest_places(line: Line) -> None:
    found = mark(line, None, "clearance", "arm", "b")
    (stroke,) = found.strokes
    assert stroke.heads == "both"
    assert sorted(stroke.points[:, 0]) == pytest.approx([4.3, 5.8])


def test_reach_points_from_the_arm_to_its_port(line: Line) -> None:
    found = mark(line, None, "reach", "arm", "a", amount=1.6)
    (stroke,) = found.strokes
    assert stroke.points[0, :2] == pytest.approx([6, 4]) and stroke.points[-1] == pytest.approx([3, 3.7, 0.9])
    missing = max(volume.area.distance(shapely.Point(6, 4)) for volume in found.volumes)
    assert missing == pytest.approx(1.5, abs=0.2)  # red begins where the reach ends
    rider = mark(line, None, "reach", "rider", "door")  # its carriage goes to the rail's near end
    assert rider.strokes[0].points[0, :2] == pytest.approx([8.5, 6.5])


def test_doors_lanes_and_ports_in_the_way_are_where_they_are(line: Line, moves: Moves, world: Any) -> None:
    near = replace(
        line, arms={**line.arms, "arm": replace(line.arms["arm"], pose=type(line.arms["arm"].pose)(9.55, 2.6))}
    )
    (volume,) = mark(near, None, "door", "arm", "door").volumes
    assert 0.6 <= volume.low_m < volume.high_m <= 1.4  # at the panel's height
    assert shapely.box(9.53, 1.7, 9.57, 3.1).buffer(1e-6).contains(volume.area)
    posted = replace(line, arms={"arm": replace(line.arms["arm"], pose=type(line.arms["arm"].pose)(3.0, 2.9))})
    lane = mark(posted, moves, "lane", "carts", "a", "arm")
    assert all(shapely.box(2.8, 2.7, 3.2, 3.1).buffer(1e-6).contains(volume.area) for volume in lane.volumes)
    access = mark(posted, moves, "access", "a", "arm")
    assert access.strokes[0].points[-1] == pytest.approx([3.0, 3.7, 0.9])
    apart = mark(line, moves, "lane", "carts", "a", "door")
    assert apart.strokes[0].dashed and len(apart.volumes) == 2


def test_people_find_their_way_dashed(line: Line) -> None:
    (stroke,) = mark(line, None, "walkway", "a").strokes
    assert stroke.dashed and stroke.points[-1, :2] == pytest.approx([11.3, 1.0])
    found = mark(line, None, "separation", "arm", "curtain")
    assert found.volumes[0].area.distance(shapely.LineString([(5.0, 2.4), (7.5, 2.4)])) <= 1.6 * 0.4 + 0.85


def test_overlays_hold_what_their_keys_say(line: Line, moves: Moves) -> None:
    arrows = ports(line)
    assert len(arrows) == 3  # arms', belts' and vehicles' ports, each in a colour
    assert len(ports(replace(line, fleets={}))) == 2
    unserved = replace(line, fleets={}, belts={}, arms={})
    assert len(ports(unserved)) == 3  # nobody serves them: all are shown
    (space,) = envelopes(line)
    assert space.mesh.volume == pytest.approx((2 * 0.8 - 0.2 * 0.8) * (2.0 - 0.02), rel=1e-3)
    rings, _ = reach(line)
    high = rings.mesh.bounds[1]
    assert high[2] == pytest.approx(0.35 * 1.5 + 1.5, abs=0.05)  # the sphere's pole above the shoulder
    assert high[0] == pytest.approx(7.5 + 1.0 + 1.5, abs=0.05)  # beyond the rail's end
    pieces = red_pieces(marks(line, [Violation(rule, ("a", "arm"), 0.1, "m") for rule in RULES], moves))
    assert all(len(piece.mesh.faces) for piece in pieces)
    assert red_pieces([]) == []


def test_fences_rails_and_exits_are_solid_things(line: Line, moves: Moves) -> None:
    pieces = safety_pieces(line, moves)
    tops = sorted(round(float(mesh.bounds[1][2]), 2) for mesh, _ in pieces)
    assert tops[-1] == pytest.approx(2.0, abs=0.01)  # the fence
    assert sum(abs(top) < 0.05 for top in tops) >= 3  # exit, lane and its edge lie on the floor
    beams, _ = rail_pieces(line.arms["rider"])
    assert np.ptp(beams[0].bounds[:, 0]) == pytest.approx(2.4) and rail_pieces(line.arms["arm"]) == []


def test_violations_are_red_in_pictures(line: Line, moves: Moves) -> None:
    found = [Violation("overlap", ("a", "b"), 0.2, "m"), Violation("nonsense", ("nobody",), 1.0, "h")]
    with Scene(visuals=True) as scene:
        plain = render(line, moves, width=480, height=300, labels=False, scene=scene).astype(int)
        marked = render(line, moves, width=480, height=300, labels=False, scene=scene, violations=found).astype(int)
        again = render(line, moves, width=480, height=300, labels=False, scene=scene).astype(int)
    column, row = frame(line, 1.6).pixels([(3.4, 4.0, 1.0)], 480, 300)[0].round().astype(int)
    assert marked[row, column, 0] - marked[row, column, 1] > 60 > plain[row, column, 0] - plain[row, column, 1]
    assert np.array_equal(plain, again)
    red = (marked[:, :, 0] > 170) & (marked[:, :, 1] < 60)
    assert red.sum() > 300  # plates with rule and amount


def test_doors_stand_open_and_vehicles_at_their_docks_in_pictures(line: Line, moves: Moves) -> None:
    image = render(line, moves, width=480, height=300, labels=False).astype(int)
    camera = frame(line, 1.6)
    cyan = (image[:, :, 0] < 90) & (image[:, :, 1] > 120) & (image[:, :, 2] > 120)
    rows, columns = np.nonzero(cyan)
    for x, y in ((3, 3.0), (8.0, 2.0)):
        u, v = camera.pixels([(x, y, 0.3)], 480, 300)[0]
        assert np.hypot(columns - u, rows - v).min() < 6
