"""Moves among obstacles: free all along, planned round, quick, within limits, and honest where there is no way."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from layout.errors import LayoutError
from layout.feasibility import paths
from layout.feasibility.ground import Ground
from layout.files.assets import load_model
from layout.model.equip import on_rail
from layout.model.library import Port, Rail
from layout.model.pose import Pose
from layout.model.scenario import Area, Fence
from layout.motion import arms, plan, trajectory, whole
from layout.motion.cell import EMPTY, HANDOVER_MARGIN_M, LOADED, MARGIN_M, part_box
from layout.motion.collision import free, gap
from layout.motion.kinematics import chain_of, forward
from layout.motion.payload import limits_for
from layout.motion.profile import LINEAR_ACCELERATION_M_S2, LINEAR_SPEED_M_S

ARMS = ("arm_10kg_r1100", "arm_16kg_r2010", "arm_200kg_r2700", "franka_panda", "kuka_iiwa7", "xarm6")


@pytest.fixture(autouse=True)
def _no_disk(monkeypatch):
    monkeypatch.setenv("LINE_LAYOUT_CACHE", "")
    arms.clear_caches()


def box(x, y, side, height) -> Area:
    h = side / 2
    return Area(polygon=[[x - h, y - h], [x + h, y - h], [x + h, y + h], [x - h, y + h]], height=f"{height} m")


def random_cell(model, rng, block, tend, work):
    """Three or four blocks about an arm at heights that it likes, and columns of any height between them."""
    reach = model.reach_m
    stations, obstacles, start = [], {}, rng.uniform(0, 2 * math.pi)
    count = int(rng.integers(3, 5))
    base = model.mount_m
    for k in range(count):
        angle = start + 2 * math.pi * k / count + rng.uniform(-0.3, 0.3)
        radius, high = rng.uniform(0.5, 0.75) * reach, base + rng.uniform(0.05, 0.3) * reach
        size = (0.25 * reach, 0.25 * reach, round(float(high), 3))
        at = (0.0, 0.0, size[2] + 0.05 * reach)  # a big gripper's jaws reach beyond its tool centre point
        ports = {"top": Port("top", "inout", ("arm",), at, retreat_m=(0.0, 0.0, 0.12 * reach))}
        x, y = radius * math.cos(angle), radius * math.sin(angle)
        stations.append(block(f"b{k}", x, y, angle, size, ports=ports))
        if rng.random() < 0.8:
            between, away = angle + math.pi / count, 0.6 * reach
            high = base + rng.uniform(0.1, 0.8) * reach
            obstacles[f"column {k}"] = box(away * math.cos(between), away * math.sin(between), 0.06 * reach, high)
    return work(stations, [tend(model, [s.name for s in stations])], obstacles=obstacles)


def dense(job, state, a, b, factor=10):
    """(k, dof) the true way of a move, at ten times the resolution that it was checked at."""
    limits = job.cell.limits[state]
    return trajectory.sample(job.tour.way(state, a, b), limits, trajectory.DENSE_S / factor * 4)[1]


@pytest.mark.parametrize("name", ARMS)
def test_no_hit_at_ten_times_the_resolution(name, block, tend, work) -> None:
    """Every move and hand-over that is given out keeps its margin at each of thousands of points along the true way."""
    model = load_model(name)
    rng = np.random.default_rng(ARMS.index(name))
    moves = round_about = 0
    for _ in range(12):
        line = random_cell(model, rng, block, tend, work)
        found, _ = whole.works(line)
        if not found or found["arm"].tour.blocked:
            continue
        job = found["arm"]
        cell, n = job.cell, len(job.stops.stops)
        for state in (EMPTY, LOADED):
            for a in range(n):
                for b in range(a):
                    way = dense(job, state, a, b)
                    kept = free(cell.movers[state], cell.surroundings, way, MARGIN_M - 1e-6)
                    assert kept.all(), (state, a, b, gap(cell.movers[state], cell.surroundings, way[~kept][0]))
                    moves += 1
            round_about += len(job.tour.ways)
        for row, stop in enumerate(job.stops.stops):
            line_in = job.tour.lines[row].angles
            share = np.linspace(0, len(line_in) - 1, 10 * len(line_in))
            way = np.column_stack([np.interp(share, range(len(line_in)), q) for q in line_in.T])
            margin = HANDOVER_MARGIN_M - 1e-6
            assert free(cell.movers[LOADED], cell.surroundings, way, margin, serving=stop.station).all()
        if moves >= 24 and round_about:
            break
    assert moves >= 12
    assert round_about > 0


@pytest.fixture
def two(block, tend, work):
    """two(model, obstacles, ...) -> Line: two blocks a quarter turn apart, before and beside an arm."""

    def make(model, obstacles=None, **more):
        stations = [block("left", 0.2, 1.2), block("right", 1.2, 0.2)]
        return work(stations, [tend(model, ["left", "right"])], obstacles=obstacles, **more)

    return make


@pytest.fixture(scope="module")
def big():
    return load_model("arm_16kg_r2010")


def test_a_column_in_the_way_is_gone_round(big, two) -> None:
    """Without the column the move is direct; with it, longer, through via points; and checked loaded and empty."""
    open_air = whole.works(two(big))[0]["arm"]
    assert not open_air.tour.ways
    blocked = whole.works(two(big, {"column": box(0.9, 0.9, 0.15, 2.5)}))[0]["arm"]
    assert not blocked.tour.blocked and {key[0] for key in blocked.tour.ways} == {EMPTY, LOADED}
    for state in (EMPTY, LOADED):
        assert blocked.tour.move_s[state, 0, 1] > open_air.tour.move_s[state, 0, 1]
    assert blocked.tour.way_m[0, 1] != pytest.approx(open_air.tour.way_m[0, 1], rel=1e-3)
    low = whole.works(two(big, {"column": box(0.9, 0.9, 0.15, 0.4)}))[0]["arm"]
    assert not low.tour.ways and low.tour.move_s == pytest.approx(open_air.tour.move_s)  # it reaches over a low one


def test_planned_ways_keep_the_limits(big, two) -> None:
    """Speed, acceleration and jerk along a way with via points, by differences; it starts and ends at rest."""
    job = whole.works(two(big, {"column": box(0.9, 0.9, 0.15, 2.5)}))[0]["arm"]
    for (state, _, _), way in job.tour.ways.items():
        limits = job.cell.limits[state]
        clock, angles = trajectory.sample(way, limits, 0.001)
        assert clock[-1] == pytest.approx(trajectory.duration_s(way, limits))
        assert np.allclose(angles[[0, -1]], way.points[[0, -1]], atol=1e-9)
        even = np.arange(0.0, clock[-1], 0.001)
        path = np.column_stack([np.interp(even, clock, q) for q in angles.T])
        rates = np.diff(path, axis=0) / 0.001
        assert (abs(rates).max(axis=0) <= limits[0] * 1.001).all()
        assert (abs(np.diff(rates, axis=0)).max(axis=0) / 0.001 <= limits[1] * 1.05).all()
        assert abs(rates[[0, -1]]).max() < 0.02
        for via in way.points[1:-1]:
            assert np.abs(angles - via).max(axis=1).min() < 1e-6


def test_passing_without_stopping_is_quicker(big) -> None:
    chain = chain_of(big)
    rng = np.random.default_rng(3)
    for _ in range(10):
        points = rng.uniform(0.3 * chain.lower, 0.3 * chain.upper, (4, 6))
        way = trajectory.blend(points, chain.limits)
        stop = trajectory.Way(points, np.zeros_like(points))
        assert trajectory.duration_s(way, chain.limits) <= trajectory.duration_s(stop, chain.limits) + 1e-9
        direct = trajectory.duration_s(trajectory.direct(points[0], points[-1]), chain.limits)
        assert trajectory.duration_s(way, chain.limits) >= direct - 1e-9


def test_polylines_say_how_far_off_they_are(big) -> None:
    """No point of the tool on the true way is farther from the polyline than `error_m`."""
    chain = chain_of(big)
    rng = np.random.default_rng(5)
    for _ in range(6):
        points = rng.uniform(0.4 * chain.lower, 0.4 * chain.upper, (3, 6))
        for way in (trajectory.direct(points[0], points[2]), trajectory.blend(points, chain.limits)):
            shape = trajectory.polyline(chain, way, chain.limits)
            _, true = trajectory.sample(way, chain.limits, 0.001)
            fine = np.concatenate(
                [np.linspace(a, b, 200) for a, b in zip(shape.angles, shape.angles[1:], strict=False)]
            )
            tools, near = forward(big, true)[:, :3, 3], forward(big, fine)[:, :3, 3]
            away = np.linalg.norm(tools[:, None] - near[None], axis=2).min(axis=1).max()
            grain = np.linalg.norm(np.diff(near, axis=0), axis=1).max() / 2
            assert away <= shape.error_m + grain


def test_no_way_is_a_violation_that_names_what_is_in_it(big, block, tend, work) -> None:
    """A hood over one of the stations: four walls and no lid low enough to lift over."""
    walls = {
        f"wall {k}": Area(polygon=polygon, height="3 m")
        for k, polygon in enumerate(
            [
                [[0.62, -0.6], [0.68, -0.6], [0.68, 0.6], [0.62, 0.6]],
                [[0.62, 0.6], [2.4, 0.6], [2.4, 0.66], [0.62, 0.66]],
                [[0.62, -0.66], [2.4, -0.66], [2.4, -0.6], [0.62, -0.6]],
            ]
        )
    }
    line = work([block("left", 0.0, 1.3), block("right", 1.3, 0.0)], [tend(big, ["left", "right"])], obstacles=walls)
    ground = Ground(line)
    found = [*paths.free_reach(ground), *paths.path(ground)]
    assert found
    for violation in found:
        assert violation.rule in ("reach", "path") and violation.amount > 0 and violation.unit == "m"
        assert "arm" in violation.subjects and "wall" in violation.reason
    with pytest.raises(LayoutError, match="wall"):
        plan(line)


def test_reach_only_through_a_fence_says_so(big, block, tend, work) -> None:
    fence = {"guard": Fence(line=[[0.9, -1.5], [0.9, 1.5]], height="2.5 m")}
    line = work([block("near", 0.0, 1.3), block("beyond", 1.4, 0.0)], [tend(big, ["near", "beyond"])], fences=fence)
    found, _ = whole.works(line)
    job = found["arm"]
    assert job.tour.blocked
    (violation,) = paths.free_reach(Ground(line)) or paths.path(Ground(line))
    assert "guard" in violation.reason
    got = arms.reach(line.arms["arm"], line.stations["near"], job.cell)
    assert got.ok


def test_reach_tells_its_reasons_apart(big, block, tend, work) -> None:
    lid = {"lid": Port("lid", "inout", ("arm",), (0.0, 0.0, 0.5), retreat_m=(0.0, 0.0, 0.3))}  # inside the block
    stations = [block("far", 6.0, 0.0), block("inner", 1.2, 0.0, ports=lid), block("good", 0.0, 1.2)]
    line = work(stations, [tend(big, ["inner", "good"])])
    cell = arms.cell_in(line, "arm")
    arm = line.arms["arm"]
    assert "out of reach" in arms.reach(arm, stations[0], cell).reason
    inner = arms.reach(arm, stations[1], cell)
    assert not inner.ok and "only through inner" in inner.reason and inner.thing == "inner"
    assert 0.1 < inner.shortfall_m <= 0.3  # the tool gets in by as much as lies above the block
    assert arms.reach(arm, stations[2], cell).ok
    assert arms.reach(arm, stations[1]).ok  # its joints would allow it


def test_the_straight_line_keeps_tool_and_joints_within_limits(big, block, tend, work) -> None:
    """Along the line the tool is straight to a millimetre; tool and joints keep speed and acceleration all along."""
    rng = np.random.default_rng(2)
    seen = 0
    for _ in range(6):
        angle = rng.uniform(0, 6)
        radius = rng.uniform(0.8, 1.5)
        stations = [block("a", radius * math.cos(angle), radius * math.sin(angle)), block("b", -1.2, 0.0)]
        job = whole.works(work(stations, [tend(big, ["a", "b"])]))[0].get("arm")
        if job is None or job.tour.blocked:
            continue
        for line in job.tour.lines:
            for limits in job.cell.limits:
                path = line.path(job.cell.chain, limits, 1.0)
                ends = forward(big, path.angles[[0, -1]])[:, :3, 3]
                points = forward(big, path.angles)[:, :3, 3] - ends[0]
                along = (ends[1] - ends[0]) / np.linalg.norm(ends[1] - ends[0])
                assert np.linalg.norm(points - np.outer(points @ along, along), axis=1).max() < 1e-3
                whole_s = line.time_s(limits)
                fine = np.linspace(0, whole_s, 2001)
                from layout.motion.lines import LINEAR, _along

                angles = _along(line.angles, line.way_m, whole_s, fine, LINEAR)
                rates = np.diff(angles, axis=0) / fine[1]
                assert (abs(rates).max(axis=0) <= limits[0] * 1.02).all()
                speeds = np.linalg.norm(np.diff(forward(big, angles)[:, :3, 3], axis=0), axis=1) / fine[1]
                assert speeds.max() <= LINEAR_SPEED_M_S * 1.01
                smooth = np.convolve(speeds, np.ones(40) / 40, mode="valid")
                assert abs(np.diff(smooth)).max() / fine[1] <= LINEAR_ACCELERATION_M_S2 * 1.1
                seen += 1
    assert seen


def test_a_heavier_part_slows_loaded_moves_only(big, two) -> None:
    light, heavy = (whole.works(two(big, mass=mass))[0]["arm"].tour for mass in (0.2, 14.0))
    assert np.allclose(light.move_s[EMPTY], heavy.move_s[EMPTY])
    assert heavy.move_s[LOADED, 0, 1] > light.move_s[LOADED, 0, 1]
    assert light.move_s[LOADED, 0, 1] >= light.move_s[EMPTY, 0, 1]
    assert (limits_for(big, 14.0)[1] < limits_for(big, 0.0)[1]).any()


def test_paths_are_those_of_the_times(big, two) -> None:
    line = two(big, {"column": box(0.9, 0.9, 0.15, 2.5)})
    line = replace(line, arms={"arm": replace(line.arms["arm"], speed=0.5)})
    times = plan(line).arms["arm"]
    for i in range(2):
        for j in range(2):
            for paths_of, table, ends in (
                (times.loaded, times.loaded_s, (times.approach[i], times.approach_in[j])),
                (times.empty, times.empty_s, (times.approach_in[i], times.approach[j])),
            ):
                path = paths_of[i, j]
                assert path.time_s[0] == 0.0 and path.time_s[-1] == pytest.approx(table[i, j])
                assert np.allclose(path.angles[[0, -1]], ends)
    assert times.home_s is None and not times.homing


def test_moving_the_whole_cell_changes_nothing_among_obstacles(big, two) -> None:
    first = plan(two(big, {"column": box(0.9, 0.9, 0.15, 2.5)})).arms["arm"]
    line = two(big)
    column = np.array(box(0.9, 0.9, 0.15, 2.5).polygon)
    for dx, dy, turn in ((3.0, -2.0, 0.7), (-11.0, 4.0, 2.5)):
        whole_pose = Pose(dx, dy, turn)

        def moved(thing, at=whole_pose):
            ((x, y),) = at.apply([(thing.pose.x_m, thing.pose.y_m)])
            return replace(thing, pose=Pose(float(x), float(y), thing.pose.yaw_rad + at.yaw_rad))

        floor = line.floor.model_copy(
            update={"obstacles": {"column": Area(polygon=whole_pose.apply(column).tolist(), height="2.5 m")}}
        )
        other = replace(
            line,
            floor=floor,
            stations={name: moved(s) for name, s in line.stations.items()},
            arms={name: moved(a) for name, a in line.arms.items()},
        )
        got = plan(other).arms["arm"]
        for field in ("loaded_s", "empty_s", "pick_s", "place_s", "length_m"):
            assert np.allclose(getattr(got, field), getattr(first, field), atol=1e-6), field


def test_only_moves_that_occur_must_be_possible(big, block, tend, work) -> None:
    """Parts go from left to right only; nothing is said about a loaded way back."""
    stations = [block("left", 0.2, 1.2, source=True), block("right", 1.2, 0.2, sink=True)]
    line = work(stations, [tend(big, ["left", "right"])])
    product = replace(line.products["cube"], sources=("left",), sinks=("right",))
    job = whole.works(replace(line, products={"cube": product}))[0]["arm"]
    assert job.carried.tolist() == [[False, True], [False, False]]
    assert job.fetched.tolist() == [[True, False], [True, False]]


def test_the_box_holds_the_part_however_it_is_held(part) -> None:
    """Picked from above and put down from the front: half a cube's edge to every side of the tool centre point."""
    corners = np.array(part_box((part,), ((0.0, 0.0, -1.0), (0.0, 1.0, 0.0))))
    assert corners.shape == (8, 3)
    assert np.allclose(np.abs(corners), 0.02, atol=1e-9)
    shifted = replace(part, grasp_m=(0.0, 0.0, 0.02))  # held at its top: it hangs below the tool
    corners = np.array(part_box((shifted,), ((0.0, 0.0, -1.0),)))
    assert corners[:, 2].min() == pytest.approx(0.0) and corners[:, 2].max() == pytest.approx(0.04)


def test_on_a_rail_the_carriage_stands_still_at_hand_overs(big, block, tend, work) -> None:
    riding = on_rail(big, Rail(4.0, 1.5, 2.0))
    stations = [block("left", -1.8, 1.2), block("right", 1.8, 1.1), block("back", 0.0, -1.3)]
    column = {"column": box(0.3, 1.2, 0.2, 2.5)}
    job = whole.works(work(stations, [tend(riding, ["left", "right", "back"])], obstacles=column))[0]["arm"]
    assert not job.tour.blocked
    for line in job.tour.lines:
        assert np.ptp(line.angles[:, 0]) < 1e-9
    for state in (EMPTY, LOADED):
        for a, b in ((0, 1), (1, 2), (0, 2)):
            assert free(job.cell.movers[state], job.cell.surroundings, dense(job, state, a, b), MARGIN_M - 1e-6).all()
