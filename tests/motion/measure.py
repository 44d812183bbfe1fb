"""The figures of docs/motion.md, measured: `python tests/motion/measure.py`. Not a test: nothing is asserted."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from layout.files.assets import load_model, model_names
from layout.model.equip import on_rail
from layout.model.library import ArmModel, MachineModel, Rail
from layout.model.line import Arm, Station
from layout.model.pose import Pose
from layout.motion import arms, bounds, ports, reach
from layout.motion.inverse import solve
from layout.motion.kinematics import chain_of, forward

MACHINES = ("cnc_mill", "cnc_lathe", "part_washer", "vision_station", "infeed_station", "outfeed_station")


def main() -> None:
    """Print everything."""
    for name in model_names():
        model = load_model(name)
        if isinstance(model, ArmModel):
            inverse(model)
            inverse(replace(on_rail(model, Rail(4.0, 1.5, 2.0)), name=f"{name} on a rail of 4 m"))
    cells()


def inverse(model: ArmModel) -> None:
    """Success, number of solutions and time of inverse kinematics on 1000 reachable poses, and of a hopeless one."""
    chain = chain_of(model)
    given = np.random.default_rng(11).uniform(chain.lower, chain.upper, (1001, chain.dof))
    targets = forward(model, given)
    solve(chain, targets[0])
    counts, spans, worst = [], [], np.zeros(2)
    for target in targets[1:]:
        start = time.perf_counter()
        found = solve(chain, target)
        spans.append(1e3 * (time.perf_counter() - start))
        counts.append(len(found))
        if len(found):
            worst = np.maximum(worst, misses(forward(model, found), target))
    solved = sum(count > 0 for count in counts)
    print(
        f"{model.name}: {solved} of 1000 solved, {np.mean(counts):.1f} solutions, "
        f"worst {1e3 * worst[0]:.4f} mm and {worst[1]:.1e} rad; "
        f"median {np.median(spans):.3f} ms, mean {np.mean(spans):.3f}, 99 % {np.percentile(spans, 99):.3f}"
    )
    away = targets[0].copy()
    away[0, 3] += 1.5 * chain.pivot.reach_m
    solve(chain, away)
    print(f"    unreachable pose: {1e3 * timed(lambda: solve(chain, away)):.3f} ms")


def misses(poses: np.ndarray, target: np.ndarray) -> tuple[float, float]:
    """Greatest position (m) and angle (rad) between poses (k, 4, 4) and a target."""
    turn = poses[:, :3, :3] @ target[:3, :3].T
    sines = np.stack([turn[:, 2, 1] - turn[:, 1, 2], turn[:, 0, 2] - turn[:, 2, 0], turn[:, 1, 0] - turn[:, 0, 1]])
    angles = np.arctan2(0.5 * np.linalg.norm(sines, axis=0), 0.5 * (np.trace(turn, axis1=1, axis2=2) - 1.0))
    return float(np.linalg.norm(poses[:, :3, 3] - target[:3, 3], axis=1).max()), float(angles.max())


def timed(call: Callable[[], object], times: int = 20) -> float:
    """Median seconds of a call."""
    spans = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        spans.append(time.perf_counter() - start)
    return float(np.median(spans))


def random_cell(model: ArmModel, rng: np.random.Generator) -> tuple[Arm, dict[str, Station]]:
    """Six machines of the library around an arm, their ports towards it."""
    stations, start = {}, rng.uniform(0, 2 * math.pi)
    for k, name in enumerate(MACHINES):
        machine = load_model(name)
        assert isinstance(machine, MachineModel)
        port = next(port for port in machine.ports.values() if "arm" in port.by)
        angle = start + 2 * math.pi * k / len(MACHINES) + rng.uniform(-0.2, 0.2)
        yaw = angle + math.pi - math.atan2(port.facing[1], port.facing[0]) + rng.uniform(-0.3, 0.3)
        at = Pose(0, 0, yaw).apply([port.at_m[:2]])[0]
        radius = rng.uniform(1.2, 1.7)
        pose = Pose(radius * math.cos(angle) - at[0], radius * math.sin(angle) - at[1], yaw)
        stations[name] = Station(name, name, machine, pose, {}, 1, 0, 0, {}, False, None, False)
    return Arm("arm", model, Pose(0, 0), tuple(stations), "first_come", 1.0), stations


def feasible(count: int) -> list[tuple[Arm, dict[str, Station]]]:
    """That many random cells in which the arm serves all machines."""
    model = load_model("arm_16kg_r2010")
    assert isinstance(model, ArmModel)
    rng = np.random.default_rng(0)
    found: list[tuple[Arm, dict[str, Station]]] = []
    while len(found) < count:
        arm, stations = random_cell(model, rng)
        if all(reach(arm, station).ok for station in stations.values()):
            found.append((arm, stations))
    return found


def cells() -> None:
    """Cost of reach, times and bounds for six machines; how near bounds come; how many configurations are enough."""
    chosen = feasible(60)
    line = type("Line", (), {})
    spans: dict[str, list[float]] = {"reach": [], "arm_times": [], "bounds": [], "all cached": []}
    ratios: list[float] = []
    for cached in (ports, arms):
        cached.clear_caches()
    bounds._times.cache_clear()
    for arm, stations in chosen:
        holder = line()
        holder.stations = stations
        clock = [time.perf_counter()]
        for station in stations.values():
            reach(arm, station)
        clock.append(time.perf_counter())
        most = arms.arm_times(arm, stations)
        clock.append(time.perf_counter())
        least = bounds._arm(arm, holder)
        clock.append(time.perf_counter())
        arms.arm_times(arm, stations)
        clock.append(time.perf_counter())
        for name, span in zip(spans, np.diff(clock), strict=True):
            spans[name].append(1e3 * span)
        off = ~np.eye(len(most.stations), dtype=bool)
        ratios.append(float((least.loaded_s[off] / most.loaded_s[off]).mean()))
    print("six machines, one arm (ms, median): " + ", ".join(f"{k} {np.median(v):.2f}" for k, v in spans.items()))
    print(f"bound / plan of loaded moves: {np.mean(ratios):.2f}")
    keep = ports.CANDIDATES
    for count in (8, 16, 32, 128):
        ports.CANDIDATES = count
        for cached in (ports, arms):
            cached.clear_caches()
        total = np.mean([arms.arm_times(arm, stations).loaded_s.sum() for arm, stations in chosen])
        print(f"    {count} configurations a port: sum of loaded moves {total:.2f} s")
    ports.CANDIDATES = keep


if __name__ == "__main__":
    main()
