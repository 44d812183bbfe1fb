"""How often intervals hold the exact figure: `python experiments/benchmarks/interval_coverage.py [--runs N] [--json]`.

Lines whose exact figures are known are simulated again and again, each time with a seed of its own. A
95 % interval should do so 95 % of the time: of 1,000 runs, 93 to 97 %.

replications   10 runs of 2,000 s, after a warm-up of 200 s; Student's t
batches        one run of 20,000 s, after a warm-up of 200 s; batch means

Exact: two exponential machines of rate 1 with b places between them, (b + 2) / (b + 3) parts a second; M/M/1 at .5: two
parts in the system, for two mean service times (Gross et al., Fundamentals of Queueing Theory, ch. 2).
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path

from layout.flow import simulate
from layout.model.distribution import Distribution
from layout.model.floor import Floor
from layout.model.library import MachineModel, PartModel
from layout.model.line import Layout, Line, LineProduct, Link, Station
from layout.model.pose import Pose
from layout.model.results import Estimate, FlowResult, Moves
from layout.model.scenario import Time

BOX = MachineModel("box", "", Path("none"), Path("none"), 1.0, ((0, 0), (1, 0), (1, 1), (0, 1)), {}, {})
PART = PartModel("part", "", Path("none"), Path("none"), 1.0, 0.5, (0.0, 0.0, 0.0))
FLOOR = Floor(boundary=((0, 0), (9, 0), (9, 7), (0, 7)))
WARMUP_S, LEVEL = 200.0, 0.95
WAYS = {"replications": (2_000.0, 10), "batches": (20_000.0, 1)}  # horizon (s), replications


def row(times_s: list[float], buffer: int, arrivals_s: float | None, horizon_s: float, replications: int) -> Line:
    """Exponential machines in a row, the first never starved or with random arrivals."""
    n = len(times_s)
    names = [f"m{i + 1}" for i in range(n)]
    stations = {
        name: Station(
            name=name, machine=name, model=BOX, pose=Pose(0, 0),
            operations={f"op {name}": {"part": Distribution("exponential", (mean_s,))}},
            servers=1, buffer_in=buffer if i else 0, buffer_out=0, failures={}, is_source=i == 0,
            arrivals=Distribution("exponential", (arrivals_s,)) if i == 0 and arrivals_s else None, is_sink=i == n - 1,
        )
        for i, (name, mean_s) in enumerate(zip(names, times_s, strict=True))
    }  # fmt: skip
    links = {f"to {b}": Link(f"to {b}", a, b, 0.0) for a, b in itertools.pairwise(names)}
    route = tuple(f"op {name}" for name in names)
    time = Time(horizon_s=WARMUP_S + horizon_s, warmup_s=WARMUP_S, replications=replications)
    product = LineProduct("part", PART, 1.0, 1.0, route, (names[0],), (names[-1],))
    return Line("row", Layout(), FLOOR, time, (), {"part": product}, stations, {}, {}, links)


Reading = Callable[[FlowResult], Estimate]


def cases(way: str) -> Iterator[tuple[str, Line, Reading, float]]:
    """What, its line, the estimate to read, the exact figure."""
    horizon_s, replications = WAYS[way]
    for buffer in (0, 5):
        line = row([1.0, 1.0], buffer, None, horizon_s, replications)
        exact = 3600 * (buffer + 2) / (buffer + 3)
        yield f"throughput, 2 machines, b = {buffer}", line, lambda result: result.throughput_per_h, exact
    queue = row([1.0], 0, 2.0, horizon_s, replications)
    yield "time in system, M/M/1 at .5", queue, lambda result: result.lead_time_s, 2.0
    yield "parts in system, M/M/1 at .5", queue, lambda result: result.wip, 1.0


def coverage(line: Line, reading: Reading, exact: float, runs: int) -> float:
    """Share of runs, with seeds 0, 1 ..., whose interval holds the exact figure."""
    line = Line(**{**vars(line), "time": line.time.model_copy(update={"level": LEVEL})})
    held = 0
    for seed in range(runs):
        found = reading(simulate(line, Moves(), seed=seed))
        held += found.low <= exact <= found.high
    return held / runs


def main() -> None:
    """Print how often the intervals hold the exact figures, and the error of that share itself (95 %)."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    found = {
        f"{way}: {what}": coverage(line, reading, exact, asked.runs)
        for way in WAYS
        for what, line, reading, exact in cases(way)
    }
    if asked.json:
        print(json.dumps({"runs": asked.runs, "level": LEVEL, "coverage": found}, indent=2))
        return
    error = 1.96 * math.sqrt(LEVEL * (1 - LEVEL) / asked.runs)
    for what, share in found.items():
        print(f"{what:55s} {share:7.1%} (± {error:.1%})")


if __name__ == "__main__":
    main()
