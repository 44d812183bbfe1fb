"""How fast the line runs as rigid bodies, and how far it is from the flow simulation:
`python experiments/benchmarks/physics.py [--json] [--quick] [--plot FILE]`.

The flagship is `experiments/machining_cell.yaml` at its start layout. Processor seconds of one core, everything
included (bodies made, control, what is seen of them, the flow simulation beside them) unless a line says otherwise.

realtime_factor   simulated over processor seconds of a window of the flagship (10 minutes)
steps_made        share of the engine's steps that are made: where nothing moves time passes without them
setup_s           of the processor seconds, before the first step
flow_vs_physics   physics' over the flow simulation's processor seconds for each simulated second of the flagship:
                  the window above against an 8-h shift, one replication, compiled code warm
gap               for each scenario in experiments/: throughput among bodies over the flow simulation's, less 1,
                  with the same streams, between the first and the last part that left in both, replications 1 to 4:
                  `assumed`, and `learnt` after the flow simulation has learnt from replication 0 alone what elementary
                  moves take; 95 % intervals over windows. `moves` is how many elementary moves there are, `beyond`
                  those that after learning differ by more than 0.1 s and 3 %; `waits` what a drive waits for other
                  vehicles on average, as learnt, in these windows, and half the width of its interval (s)
traffic           for each scenario with several vehicles: throughput of whole shifts whose vehicles drive and wait for
                  one another (nothing else has a body) over the flow simulation's, less 1, with the same streams: as
                  assumed, and with what drives wait on average, taken from other streams; 95 % intervals
                  over shifts. `waits_s`: a drive's wait on average as learnt, and in those shifts
two_windows       wall-clock seconds of two windows one after the other in one process, over both at once in two
memory_kb_per_min what the process grows by for each simulated minute, after minute 10 of a window of an hour
profile           share of processor time by what it went to, sampled each millisecond
steps_per_s       ten parts on two belts, driven and stepped, as bodies alone
coarse            the flagship at 120 steps a second instead of 240: speed, greatest shift of a departure (s), incidents

Ratios hold on any machine, times on yours.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import signal
import statistics
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

import layout
from layout import flow, motion, processes
from layout.flow.control import Control
from layout.flow.departures import departures
from layout.flow.output.intervals import estimate
from layout.model.line import Layout, Line
from layout.model.physical import PhysicalRun
from layout.model.realise import realise
from layout.model.results import Moves
from layout.rollout.learning import learn, learnt_moves, relearnt
from layout.rollout.plant import Plant
from layout.rollout.prove import pooled
from layout.rollout.run import roll_out
from layout.rollout.waits import drive_through, driving
from layout.scene.physics.surfaces import straight
from layout.scene.physics.world import STEP_S, World

EXPERIMENTS = Path(__file__).parents[1]
SCENARIOS = sorted(path.stem for path in EXPERIMENTS.glob("*.yaml"))
FLAGSHIP = "machining_cell"
SHOWN_MOVES = 5
WORK = {
    ("plant.py", "__init__"): "bodies made",
    ("world.py", "step"): "engine's steps",
    ("surfaces.py", "drive"): "belts' surfaces",
    ("conveyors.py", "after_step"): "belts' looks",
    ("arms.py", "before_step"): "arms' set points",
    ("arms.py", "after_step"): "arms' looks",
    ("vehicles.py", "before_step"): "vehicles",
    ("vehicles.py", "after_step"): "vehicles",
    ("control.py", "advance"): "control",
}
"""What processor time went to, by the innermost of these functions: file and name."""


@dataclass(frozen=True)
class Times:
    """How long each figure is measured (simulated s), gaps for at least as long as `parts` take to leave."""

    window_s: float
    gap_s: float
    memory_s: float
    settled_s: float
    steps: int
    parts: int
    shifts: int
    windows: int


LONG = Times(600.0, 600.0, 3600.0, 600.0, 4_000, 10, 8, 4)
QUICK = Times(5.0, 10.0, 5.0, 1.0, 200, 0, 0, 1)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--json", action="store_true", help="print one JSON object, and nothing else")
    asked.add_argument("--quick", action="store_true", help="a few seconds of line only: does it all run?")
    asked.add_argument("--plot", type=Path, metavar="FILE", help="draw gaps and profile (PNG)")
    given = asked.parse_args()
    times = QUICK if given.quick else LONG
    figures = {
        **speed(times),
        "gap": gaps(times),
        "traffic": {name: found for name in SCENARIOS if (found := traffic(name, times.shifts)) is not None},
        "two_windows": two_windows(times.window_s / 2),
        "memory_kb_per_min": memory(times),
        "profile": profile(times.window_s),
        "steps_per_s": steps_per_s(times.steps),
        "coarse": coarse(times.window_s),
    }
    if given.plot:
        plot(figures, given.plot)
    print(json.dumps(figures)) if given.json else table(figures)


@cache
def planned(name: str) -> tuple[Line, Moves]:
    """A scenario of experiments/ at its start layout."""
    scenario = layout.load(EXPERIMENTS / f"{name}.yaml")
    line = realise(scenario, Layout(dict(scenario.start or {})))
    return line, motion.plan(line)


def speed(times: Times) -> dict[str, float]:
    """The flagship among bodies, and in the flow simulation."""
    line, moves = planned(FLAGSHIP)
    roll_out(line, moves, until_s=1.0)  # compiled code and files are there from now on
    setup_s = roll_out(line, moves, until_s=4 * STEP_S)[0].wall_s
    run, _ = roll_out(line, moves, until_s=times.window_s)
    shift = []
    for _ in range(20):
        began = time.process_time()
        flow.simulate(line, moves, replications=1)
        shift.append(time.process_time() - began)
    return {
        "realtime_factor": run.until_s / run.wall_s,
        "window_s": run.until_s,
        "steps_made": run.steps / round(run.until_s / STEP_S),
        "setup_s": setup_s,
        "flow_ms": 1e3 * statistics.median(shift),
        "flow_vs_physics": (run.wall_s / run.until_s) / (statistics.median(shift) / line.time.horizon_s),
    }


# ------------------------------------------------------------ flow and physics side by side


def window(given: tuple[str, int, float]) -> PhysicalRun:
    """One window of a scenario: name, replication, length (s)."""
    name, replication, until_s = given
    return roll_out(*planned(name), until_s=until_s, replication=replication)[0]


def gaps(times: Times) -> dict[str, Any]:
    """Each scenario's windows, two at a time; the first is learnt from, the others are judged."""
    lengths = {name: long_enough_s(name, times) for name in SCENARIOS}
    jobs = [(name, replication, lengths[name]) for name in SCENARIOS for replication in range(1 + times.windows)]
    with processes.context().Pool(2) as pool:
        runs = pool.map(window, jobs, chunksize=1)
    return {name: gap(name, [run for job, run in zip(jobs, runs, strict=True) if job[0] == name], times)
            for name in SCENARIOS}  # fmt: skip


def long_enough_s(name: str, times: Times) -> float:
    """A window (s) in which so many parts leave in the flow simulation, and a tenth to spare."""
    if not times.parts:
        return times.gap_s
    left = departures(*planned(name), replication=1, until_s=planned(name)[0].time.horizon_s)
    return max(times.gap_s, 60.0 * math.ceil(1.1 * left[min(times.parts, len(left)) - 1].time_s / 60.0))


def gap(name: str, runs: Sequence[PhysicalRun], times: Times) -> dict[str, Any]:
    """Throughput and moves of one scenario in all windows but the first, before and after learning from that."""
    line, moves = planned(name)
    waiting = driving(line, moves).waits_s if times.shifts else {}  # whole shifts of driving: not where all is quick
    learnt = learn(line, runs[0].moves)
    better = learnt_moves(line, moves, learnt, waiting)
    judged = runs[1:]
    pairs = [[(d.flow_s, d.physical_s) for d in run.departures] for run in judged]
    both = relearnt(line, pooled(run.moves for run in judged), learnt, waiting)
    made = [move for move in both if move.elementary]
    return {
        "until_s": [run.until_s for run in runs],
        "windows": len(judged),
        "realtime_factor": sum(run.until_s for run in runs) / sum(run.wall_s for run in runs),
        "departures": sum(not math.isnan(physical_s) for both in pairs for _, physical_s in both),
        "incidents": [len(run.incidents) for run in runs],
        "assumed": interval(map(rate_gap, pairs)),
        "learnt": interval(rate_gap(paired(line, moves, better, run)) for run in judged),
        "moves": len(made),
        "beyond": [
            {"move": " ".join((move.resource, move.kind, move.origin, move.target)), "assumed_s": move.assumed_s,
             "gap_s": move.gap_s, "half_width_s": finite(move.physical_s.half_width), "n": move.physical_s.n}
            for move in sorted(made, key=lambda move: -abs(move.gap_s)) if not move.close
        ],
        "waits": {
            move.resource: [move.assumed_s, move.physical_s.mean, finite(move.physical_s.half_width)]
            for move in both if not move.elementary
        },
    }  # fmt: skip


def interval(values: Iterable[float | None]) -> list[float | None]:
    """Mean and half width (95 %) of what there is; None where that says nothing."""
    found = estimate([value for value in values if value is not None], 0.95)
    return [finite(found.mean) if found.n else None, finite(found.half_width) if found.n > 1 else None]


def finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def paired(line: Line, moves: Moves, learnt: Moves, run: PhysicalRun) -> list[tuple[float, float]]:
    """When each part leaves in the flow simulation that has learnt, and among bodies."""
    far_s, replication = 2 * run.until_s, run.replication
    which = {
        left.part: (left.made_at, left.nth)
        for left in departures(line, moves, replication=replication, until_s=far_s)
    }  # fmt: skip
    made = {which[d.part]: d.physical_s for d in run.departures}
    now = departures(line, learnt, replication=replication, until_s=far_s)
    return [(left.time_s, made.get((left.made_at, left.nth), math.nan)) for left in now]


def rate_gap(pairs: Sequence[tuple[float, float]]) -> float | None:
    """How much faster the second leaves than the first, between the first and the last part that left in both."""
    common = [pair for pair in pairs if not math.isnan(pair[1])]
    if len(common) < 2:
        return None
    spans = [max(times) - min(times) for times in zip(*common, strict=True)]
    return spans[0] / spans[1] - 1.0


def traffic(name: str, shifts: int) -> dict[str, Any] | None:
    """Whole shifts of a scenario whose vehicles drive, beside the flow simulation; None where they are alone."""
    line, moves = planned(name)
    if not shifts or sum(len(fleet.members) for fleet in line.fleets.values()) < 2:
        return None
    waiting = driving(line, moves).waits_s
    learnt = learnt_moves(line, moves, {}, waiting)
    found: dict[str, list[float]] = {"assumed": [], "learnt": []}
    means: dict[str, list[float]] = {fleet: [] for fleet in waiting}
    stuck = 0
    for replication in range(shifts):
        driven = drive_through(line, moves, replication=replication)
        stuck += len(driven.incidents)
        for fleet in waiting:
            means[fleet].append(driven.waited[fleet].mean_s or 0.0)
        for which, times in (("assumed", moves), ("learnt", learnt)):
            flown = flow.simulate(line, times, replications=1, first_replication=replication)
            found[which].append(driven.flow.throughput_per_h.mean / flown.throughput_per_h.mean - 1.0)
    gaps = {which: estimate(values, 0.95) for which, values in found.items()}
    return {
        "waits_s": {fleet: [wait.mean, wait.half_width, *interval(means[fleet])] for fleet, wait in waiting.items()},
        **{which: [gap.mean, gap.half_width] for which, gap in gaps.items()},
        "shifts": shifts,
        "incidents": stuck,
    }


# ------------------------------------------------------------ the rest


def two_windows(length_s: float) -> float:
    """Wall-clock time of two windows of the flagship, one after the other over side by side; both warm."""
    jobs, taken = [(FLAGSHIP, replication, length_s) for replication in (0, 1)], []
    for count in (1, 2):
        with processes.context().Pool(count) as pool:
            pool.map(window, [(FLAGSHIP, 0, 1.0)] * 2 * count, chunksize=1)
            began = time.perf_counter()
            pool.map(window, jobs, chunksize=1)
            taken.append(time.perf_counter() - began)
    return taken[0] / taken[1]


def memory(times: Times) -> float:
    """Slope of the process's size (kB) over simulated minutes."""
    line, moves = planned(FLAGSHIP)
    page_kb = os.sysconf("SC_PAGE_SIZE") / 1024
    at_min, size_kb = [], []
    with World() as world:
        plant = Plant(world, line, moves, Control(line, moves, until_s=times.memory_s))
        look_s = times.settled_s
        while plant.now_s < times.memory_s - STEP_S / 2 and not plant.stopped:
            plant.step(times.memory_s)
            if plant.now_s >= look_s:
                look_s += times.memory_s / 60
                at_min.append(plant.now_s / 60)
                size_kb.append(int(Path("/proc/self/statm").read_text().split()[1]) * page_kb)
    return statistics.linear_regression(at_min, size_kb).slope


def profile(length_s: float) -> dict[str, float]:
    """Share of processor time by work, from the function that was at work when a clock of 1 ms rang."""
    seen: Counter[str] = Counter()

    def look(_: int, frame: FrameType | None) -> None:
        at = frame
        while at is not None:
            code = at.f_code
            work = WORK.get((Path(code.co_filename).name, code.co_name))
            if work is not None:
                seen[work] += 1
                return
            at = at.f_back
        seen["rest"] += 1

    line, moves = planned(FLAGSHIP)
    before = signal.signal(signal.SIGPROF, look)
    signal.setitimer(signal.ITIMER_PROF, 1e-3, 1e-3)
    try:
        roll_out(line, moves, until_s=length_s)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        signal.signal(signal.SIGPROF, before)
    return {work: count / seen.total() for work, count in seen.most_common()}


def steps_per_s(steps: int) -> float:
    """Ten parts that ride on two belts of 30 m."""
    line, _ = planned(FLAGSHIP)
    product = next(iter(line.products.values()))
    with World() as world:
        for row in (0.0, 2.0):
            belt = straight(world, f"belt {row:g}", (0.0, row, 1.0), (30.0, row, 1.0), 0.5, 0.5)
            belt.run(True)
            for place in range(5):
                world.parts.take(product).free((1.0 + place, row, 1.0))
        for _ in range(100):
            world.step()
        began = time.process_time()
        for _ in range(steps):
            world.step()
        return steps / (time.process_time() - began)


def coarse(length_s: float) -> dict[str, Any]:
    """The flagship at two lengths of step."""
    fine, rough = (roll_out(*planned(FLAGSHIP), until_s=length_s, step_s=step_s)[0] for step_s in (STEP_S, 2 * STEP_S))
    shifts = [
        abs(a.physical_s - b.physical_s)
        for a, b in zip(fine.departures, rough.departures, strict=True)
        if not math.isnan(a.physical_s + b.physical_s)
    ]
    return {
        "realtime_factor": [run.until_s / run.wall_s for run in (fine, rough)],
        "departures": len(shifts),
        "shift_s": max(shifts, default=None),
        "incidents": [len(run.incidents) for run in (fine, rough)],
    }


def plot(figures: dict[str, Any], path: Path) -> None:
    """Throughput gaps by scenario, and where processor time goes."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
    names = list(figures["gap"])
    for offset, which in enumerate(("assumed", "learnt")):
        shown = [100 * (figures["gap"][name][which][0] or 0.0) for name in names]
        left.barh([k + 0.4 * offset for k in range(len(names))], shown, 0.4,
                  label={"assumed": "as assumed", "learnt": "after learning"}[which])  # fmt: skip
    left.set_yticks([k + 0.2 for k in range(len(names))], names)
    left.set_xlabel("throughput, physics against flow (%)")
    left.legend(frameon=False)
    right.barh(list(figures["profile"]), [100 * share for share in figures["profile"].values()])
    right.set_xlabel("share of processor time (%)")
    figure.savefig(path, dpi=150)


def share(value: float | None) -> str:
    return "-" if value is None else f"{value:+.3%}"


def table(figures: dict[str, Any]) -> None:
    """The figures for people."""
    rows = [
        ("realtime_factor", f"flagship, {figures['window_s']:g} s, bodies made in {figures['setup_s']:.2f} s"),
        ("steps_made", "of the engine's steps"),
        ("flow_vs_physics", f"8 h in the flow simulation {figures['flow_ms']:.2f} ms"),
        ("two_windows", "times as fast on two cores"),
        ("memory_kb_per_min", "of simulated line"),
        ("steps_per_s", "10 parts, 2 belts"),
    ]
    for name, what in rows:
        print(f"{name:20} {figures[name]:>10.4g}   {what}")
    for work, part in figures["profile"].items():
        print(f"{'profile':20} {part:>10.1%}   {work}")
    rough = figures["coarse"]
    speeds = rough["realtime_factor"]
    print(
        f"{'120 Hz':20} {speeds[1]:>10.4g}   times real time, 240 Hz {speeds[0]:.4g}; {rough['departures']} departures"
    )
    print(f"{'':20} {'':>10}   within {rough['shift_s']} s, incidents {rough['incidents']}")
    for name, found in figures["gap"].items():
        (before, wide), (after, half) = found["assumed"], found["learnt"]
        print(
            f"gap {name:16} {share(after):>10}   +- {share(half)} after learning, as assumed {share(before)} +- "
            f"{share(wide)}; {found['departures']} departures"
        )
        about = f"{found['realtime_factor']:.1f} times real time, incidents {found['incidents']}"
        print(f"{'':20} {'':>10}   {found['windows']} windows of {found['until_s'][0]:.0f} s; {about}")
        print(f"{'':20} {len(found['beyond']):>10}   of {found['moves']} moves differ by more than 0.1 s and 3 %")
        for move in found["beyond"][:SHOWN_MOVES]:
            half = f" +- {move['half_width_s']:.3f}" if move["half_width_s"] is not None else ""
            print(
                f"{'':20} {move['gap_s']:>+10.3f} s{half}  {move['move']}, learnt {move['assumed_s']:.3f} s, "
                f"{move['n']} times"
            )
        for fleet, (learnt_s, seen_s, half_s) in found["waits"].items():
            print(f"{'':20} {seen_s:>+10.2f} s +- {half_s:.2f}  {fleet}: a drive waits, learnt {learnt_s:.2f} s")
    for name, found in figures["traffic"].items():
        waited = ", ".join(
            f"{fleet} {mean:.2f} +- {half:.2f} s (these shifts {here:.2f} +- {wide:.2f} s)"
            for fleet, (mean, half, here, wide) in found["waits_s"].items()
        )
        (before, _), (after, half) = found["assumed"], found["learnt"]
        print(
            f"traffic {name:12} {after:>+10.2%}   +- {half:.2%} with waits of {waited} a drive, {before:+.2%} without"
        )
        print(f"{'':20} {found['incidents']:>10}   incidents in {found['shifts']} shifts")


if __name__ == "__main__":
    main()
