"""How fast the flow simulation is: `python experiments/benchmarks/flow.py [--json] [--quick] [--plot FILE]`.

The row: 10 machines, exponential times of mean 1 s, failures that age with the work (exponential, 100 s up, 10 s down),
buffers of 5, the first machine never starved, 100,000 parts. All see the same times, drawn once from our streams, and
must agree on when each part leaves (1e-9) before anything is timed. Ratios are of processor seconds a part.

heap_vs_simpy        SimPy over our events
recursion_vs_simpy   SimPy over our recursion, which the row qualifies for (same bytes as the events)
heap_vs_salabim      salabim over our events (on fewer parts, for it takes long)
heap_vs_ciw          Ciw over our events, both on the row without failures: Ciw's do not age with the work (fewer parts)
heap_ns, recursion_ns   for each part and machine, figures included
shift_ms             an 8-h shift of the flagship cell at its start layout, 10 replications (median, warm)
first_call_s         wall clock of a new process, nothing compiled yet: start, imports, a small line by events, end
later_call_s         the same again, from what the first one left on disk
scaling              seconds by number of machines (10,000 parts) and of parts (10 machines), and log-log slopes

Peers book state times, parts in the line and lead times as we do. Ratios hold on any machine, times on yours.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from layout.flow import simulation
from layout.flow.kernel.records import World
from layout.flow.kernel.streams import name_key
from layout.flow.network import Network, compile_line
from layout.flow.network.rows import run_row
from layout.flow.output.statistics import measure
from layout.model.distribution import Distribution
from layout.model.floor import Floor
from layout.model.library import MachineModel, PartModel
from layout.model.line import Layout, Line, LineProduct, Link, Station
from layout.model.pose import Pose
from layout.model.results import Moves
from layout.model.scenario import Failure, Time

FLAGSHIP = Path(__file__).parents[1] / "machining_cell.yaml"
SEED, BUFFER, MACHINES = 1, 5, 10
BOX = MachineModel("box", "", Path("none"), Path("none"), 1.0, ((0, 0), (1, 0), (1, 1), (0, 1)), {}, {})
PART = PartModel("part", "", Path("none"), Path("none"), 1.0, 0.5, (0.0, 0.0, 0.0))
FLOOR = Floor(boundary=((0, 0), (9, 0), (9, 7), (0, 7)))
STOP = Failure(
    clock="operating", between=Distribution("exponential", (100.0,)), repair=Distribution("exponential", (10.0,))
)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--json", action="store_true", help="print one JSON object, and nothing else")
    asked.add_argument("--quick", action="store_true", help="a few parts only: does it all run?")
    asked.add_argument("--plot", type=Path, metavar="FILE", help="draw the scaling (PNG)")
    asked.add_argument("--small", action="store_true", help=argparse.SUPPRESS)  # for first_call_s, in a new process
    given = asked.parse_args()
    if given.small:
        return small()
    parts = 1_000 if given.quick else 100_000
    figures = {"parts": parts, **ratios(parts), "shift_ms": shift_ms(3 if given.quick else 30), **calls(given.quick),
               "scaling": scaling(given.quick)}  # fmt: skip
    if given.plot:
        plot(figures["scaling"], given.plot)
    print(json.dumps(figures)) if given.json else table(figures)


def row(machines: int, failures: bool = True, servers: int = 1) -> Line:
    """Machines "m1", "m2" ... one after the other."""
    stations = {
        f"m{j + 1}": Station(
            name=f"m{j + 1}", machine="box", model=BOX, pose=Pose(0, 0), servers=servers,
            operations={f"op{j + 1}": {"part": Distribution("exponential", (1.0,))}},
            buffer_in=BUFFER if j else 0, buffer_out=0, failures={"stop": STOP} if failures else {},
            is_source=j == 0, arrivals=None, is_sink=j == machines - 1,
        )
        for j in range(machines)
    }  # fmt: skip
    names = list(stations)
    links = {f"{a}-{b}": Link(f"{a}-{b}", a, b, 0.0) for a, b in itertools.pairwise(names)}
    route = tuple(f"op{j + 1}" for j in range(machines))
    return Line(
        name="row", layout=Layout(), floor=FLOOR, time=Time(horizon_s=3600.0, warmup_s=0.0, replications=1, seed=SEED),
        objectives=(), products={"part": LineProduct("part", PART, 1.0, 1.0, route, (names[0],), (names[-1],))},
        stations=stations, arms={}, belts={}, links=links,
    )  # fmt: skip


def by_events(network: Network, until_s: float) -> World:
    """The row's world after one replication by events."""
    return simulation.by_events(network, SEED, 0, until_s, 0.0, simulation.FIRST_POOL)[0]


def by_recursion(network: Network, until_s: float) -> World:
    """The same by recursion."""
    row = network.row
    assert row is not None
    return run_row(network, row, SEED, 0, until_s, 0.0)


RUNS: dict[str, Callable[[Network, float], World]] = {"events": by_events, "recursion": by_recursion}


def until(network: Network, parts: int) -> float:
    """When that many parts have left (s)."""
    rate = 0.5
    while True:
        times = by_recursion(network, parts / rate).departures["time"]
        if times.size >= parts:
            return float(times[parts - 1])
        rate *= 0.7


def seconds(what: Callable[[], Any], repeats: int) -> float:
    """Least processor time of a few calls: what others do on the machine can only add to it."""
    taken = []
    for _ in range(repeats):
        gc.collect()
        began = time.process_time()
        what()
        taken.append(time.process_time() - began)
    return min(taken)


def drawn(network: Network, machines: int, parts: int, failures: bool) -> tuple[Any, Any, Any]:
    """Process times, and times to failure and to repair, in the order in which our streams give them out."""
    from layout.flow.kernel.draws import draw  # needs the compiler, which `--small` must not load
    from layout.flow.kernel.jit import entry

    @entry
    def fill(run: Any, stream: Any, out: Any) -> None:
        for i in range(out.size):
            out[i] = draw(run[0], stream)

    world = network.start(SEED, 0, 1.0, 0.0, 1, 0, 0)
    numbers = {int(key): i for i, key in enumerate(network.stream_names)}

    def times(count: int, *names: str) -> list[float]:
        stream = numbers[name_key(*names)]
        out = np.empty(count)
        fill(world.run, stream, out)
        return list(out.tolist())

    names = [f"m{j + 1}" for j in range(machines)]
    inside = 10 * machines * (BUFFER + 1)  # more than can be in the line: the first machine always has a part
    service = [times(parts + inside, "process", m, f"op{j + 1}", "part") for j, m in enumerate(names)]
    if not failures:
        return service, None, None
    stops = parts // 50 + 100
    return service, *([times(stops, kind, m, "0", "stop") for m in names] for kind in ("between", "repair"))


def agree(ours: Any, theirs: Any) -> None:
    """Every part leaves at the same time for both, to 1e-9."""
    if len(ours) != len(theirs) or not np.allclose(ours, theirs, rtol=1e-9, atol=0.0):
        raise SystemExit("the models do not agree on when parts leave")


def ratios(parts: int) -> dict[str, Any]:
    """Seconds a part of peers over ours."""
    import flow_peers as peers

    network, bare = compile_line(row(MACHINES), Moves()), compile_line(row(MACHINES, failures=False), Moves())
    end_s = until(network, parts)
    ours = by_events(network, end_s)
    if not np.array_equal(ours.departures, by_recursion(network, end_s).departures):
        raise SystemExit("events and recursion do not agree")
    few = max(parts // 20, min(parts, 500))
    taken: dict[str, float] = {}

    def peer(name: str, count: int, network: Network, model: Callable[..., Any], failures: bool = True) -> None:
        given = drawn(network, MACHINES, count, failures)
        began = time.process_time()
        made = model(*given, BUFFER, count) if failures else model(given[0], BUFFER, count)
        taken[name] = min(taken.get(name, math.inf), (time.process_time() - began) / count)
        agree(by_events(network, until(network, count)).departures["time"], getattr(made, "departures", made))
        if failures and count == parts:
            check(network, ours, made, end_s)

    def mine(name: str, network: Network, run: Callable[[Network, float], World], end_s: float) -> None:
        found = seconds(lambda: measure(network, run(network, end_s)), 5) / parts
        taken[name] = min(taken.get(name, math.inf), found)

    for _ in range(2):  # turn and turn about: a machine has slow seconds, which are not to fall on one side only
        peer("simpy", parts, network, peers.simpy_row)
        mine("heap", network, by_events, end_s)
        mine("recursion", network, by_recursion, end_s)
        peer("salabim", few, network, peers.salabim_row)
        peer("ciw", few, bare, peers.ciw_row, failures=False)
        mine("heap", network, by_events, end_s)
        mine("bare", bare, by_events, until(bare, parts))
    return {
        "heap_vs_simpy": taken["simpy"] / taken["heap"],
        "recursion_vs_simpy": taken["simpy"] / taken["recursion"],
        "heap_vs_salabim": taken["salabim"] / taken["heap"],
        "heap_vs_ciw": taken["ciw"] / taken["bare"],
        "heap_ns": 1e9 * taken["heap"] / MACHINES,
        "recursion_ns": 1e9 * taken["recursion"] / MACHINES,
        "simpy_s": taken["simpy"] * parts,
        "heap_s": taken["heap"] * parts,
        "recursion_s": taken["recursion"] * parts,
        "parts_of_salabim_and_ciw": few,
    }


def check(network: Network, world: World, theirs: Any, end_s: float) -> None:
    """State times of the last machine, work in progress and lead time are the same figures, too."""
    ours = measure(network, world)
    share = ours.shares[network.stations[-1]]
    pairs = [(ours.wip * end_s, theirs.wip_area), (ours.lead_time_s * ours.left, theirs.lead_s)]
    pairs += [(share[state] * end_s, theirs.states[-1][state]) for state in ("working", "down", "starved")]
    if any(abs(a - b) > 1e-6 * max(a, b) for a, b in pairs):
        raise SystemExit(f"the models do not agree on their figures: {pairs}")


def shift_ms(repeats: int) -> float:
    """Median (wall clock: replications run in threads) of the flow simulation of the flagship's start layout."""
    import layout
    from layout import flow, motion
    from layout.model.realise import realise

    scenario = layout.load(FLAGSHIP)
    line = realise(scenario, Layout(dict(scenario.start or {})))
    moves = motion.plan(line)
    taken = []
    for _ in range(repeats + 2):  # the first two warm it up
        began = time.perf_counter()
        flow.simulate(line, moves, replications=10)
        taken.append(time.perf_counter() - began)
    return 1e3 * statistics.median(taken[2:])


def calls(quick: bool) -> dict[str, float]:
    """Wall clock of two new processes, one after the other, from start to end.

    The compiled code's folder is empty for the first (quick: as it is). Python may keep bytecode, as it does
    where the package is installed.
    """
    taken = []
    with tempfile.TemporaryDirectory() as folder:
        environment = dict(os.environ) if quick else {**os.environ, "NUMBA_CACHE_DIR": folder}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for _ in range(2):
            began = time.perf_counter()
            subprocess.run([sys.executable, __file__, "--small"], env=environment, check=True)
            taken.append(time.perf_counter() - began)
    return {"first_call_s": taken[0], "later_call_s": taken[1]}


def small() -> None:
    """A simulation of three stations of two machines each: the process for `calls`."""
    from layout import flow

    flow.simulate(row(3, servers=2), Moves())


def scaling(quick: bool) -> dict[str, Any]:
    """Seconds of one replication by number of machines and by number of parts, and the slope of a log-log fit."""
    machines = (10, 20) if quick else (10, 20, 50, 100, 200)
    parts = (1_000, 2_000) if quick else (10_000, 30_000, 100_000, 300_000, 1_000_000)
    rows = {n: compile_line(row(n), Moves()) for n in machines}
    cases = {"machines": [(n, rows[n], parts[0]) for n in machines],
             "parts": [(n, rows[machines[0]], n) for n in parts]}  # fmt: skip
    found: dict[str, Any] = {}
    for what, given in cases.items():
        found[what] = {"n": [n for n, _, _ in given]}
        for name, run in RUNS.items():
            taken = []
            for _, network, count in given:
                end_s = until(network, count)
                taken.append(seconds(lambda run=run, network=network, end_s=end_s: run(network, end_s), 3))
            found[what][name] = {"s": taken, "slope": float(np.polyfit(np.log(found[what]["n"]), np.log(taken), 1)[0])}
    return found


def plot(found: dict[str, Any], path: Path) -> None:
    """Seconds over machines and over parts, both axes logarithmic."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, sides = plt.subplots(1, 2, figsize=(9, 3.8), sharey=True, layout="constrained")
    titles = {"machines": f"{found['parts']['n'][0]:,} parts", "parts": f"{found['machines']['n'][0]} machines"}
    for side, what in zip(sides, ("machines", "parts"), strict=True):
        for name, marker in zip(RUNS, "os", strict=False):
            curve = found[what][name]
            side.loglog(found[what]["n"], curve["s"], marker=marker, label=f"{name} (slope {curve['slope']:.2f})")
        side.set_xlabel(what)
        side.set_title(titles[what])
        side.grid(alpha=0.3)
        side.legend(frameon=False)
    sides[0].set_ylabel("seconds of one replication")
    figure.savefig(path, dpi=150)


def table(figures: dict[str, Any]) -> None:
    """The figures for people."""
    few = figures["parts_of_salabim_and_ciw"]
    rows = [
        (
            "heap_vs_simpy",
            f"{figures['parts']:,} parts: SimPy {figures['simpy_s']:.2f} s, events {figures['heap_s']:.4f} s",
        ),
        ("recursion_vs_simpy", f"recursion {1e3 * figures['recursion_s']:.2f} ms"),
        ("heap_vs_salabim", f"salabim on {few:,} parts, seconds a part"),
        ("heap_vs_ciw", f"Ciw on {few:,} parts, seconds a part; no failures for both"),
        ("heap_ns", "a part and machine"),
        ("recursion_ns", "a part and machine"),
        ("shift_ms", "8 h of the flagship cell, 10 replications"),
        ("first_call_s", "a new process, nothing compiled"),
        ("later_call_s", "a new process"),
    ]
    for name, what in rows:
        print(f"{name:20} {figures[name]:>8.3g}   {what}")
    for what, curves in figures["scaling"].items():
        for name in RUNS:
            print(
                f"{'slope':20} {curves[name]['slope']:>8.2f}   {name}, {what} {curves['n'][0]:,} to {curves['n'][-1]:,}"
            )


if __name__ == "__main__":
    main()
