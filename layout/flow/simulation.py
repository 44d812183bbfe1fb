"""Replications of a line: the door to the kernel."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from layout.errors import LayoutError, Problem
from layout.flow.deadlock import Standstill, standstill
from layout.flow.kernel import records as rec
from layout.flow.kernel.machine_code import Code
from layout.flow.network import Network, compile_line
from layout.flow.network.rows import run_row
from layout.flow.output.checks import check
from layout.flow.output.intervals import estimate
from layout.flow.output.series import mser5
from layout.flow.output.statistics import Replication, measure
from layout.flow.output.summary import Warmup, result
from layout.model.line import Line
from layout.model.results import FlowResult, Moves, TraceEvent

_BESIDE = ("layout.flow.kernel.run", "layout.flow.kernel.carriers", "layout.flow.kernel.direct")
simulate_run = Code("layout.flow.kernel.run", "simulate_run", rec.RUN, beside=_BESIDE)
FIRST_POOL = 512  # parts that a run has room for at first; doubled when a queue outgrows it
FIRST_TRACE = 4096
FIRST_LOG = 4096  # departures
MOST_THREADS = 4  # more would wait for Python, which is a third of a replication
MOST_SPANS = 1000  # into which a pilot's horizon is cut to find its warm-up


def simulate(
    line: Line,
    moves: Moves,
    *,
    seed: int | None = None,
    replications: int | None = None,
    first_replication: int = 0,
    over: Callable[[Sequence[Replication]], bool] | None = None,
) -> FlowResult:
    """Simulate a shift of the line, replicated: seed, replications, horizon, warm-up and level are the line's own.

    replications : exactly so many; left out, the line's `time.until` may ask for more than its own number
    first_replication : number of the first one: the same seed with other numbers gives fresh, independent streams.
    over : asked after each replication whether those done are enough, instead of counting them
    The same arguments always give the same bytes. One replication alone has its intervals from batch means.
    Raises LayoutError where a route cannot be followed, SelfCheckError where a result contradicts itself.
    """
    time = line.time
    n = time.replications if replications is None else replications
    if n < 1:
        raise LayoutError(Problem("a simulation needs at least one replication", value=str(n)))
    until = time.until if replications is None else None
    runs = _Runs(compile_line(line, moves), time.seed if seed is None else seed, first_replication)
    warmup = runs.warmup(n) if time.warmup_s is None else Warmup(time.warmup_s)
    done: list[Replication] = []
    stopped: list[Standstill | None] = []
    warnings: list[str] = []
    needed = 1 if over is not None else max(n, 1 if until is None else 2)
    while True:
        for replication, stands in runs.measured(range(len(done), needed), warmup.length_s):
            done.append(replication)
            stopped.append(stands)
        if over is not None:
            if over(done):
                break
        elif until is None or _precise([r.per_h for r in done], until, time.level):
            break
        elif len(done) >= time.at_most:
            most = f"{len(done)} replications, the most allowed"
            warnings.append(f"{most}: half the throughput's interval is still more than {100 * until:g} % of its mean")
            break
        needed += 1
    alone = runs.last if len(done) == 1 else None
    return result(runs.network, done, stopped, warmup, alone, warnings)


def _processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _is_worker() -> bool:
    """Whether this process is one of several that another one made."""
    processes = sys.modules.get("multiprocessing.process")
    return processes is not None and processes.parent_process() is not None


def _precise(samples: list[float], until: float, level: float) -> bool:
    """Whether half the interval is at most that part of the mean (Law, 5th ed., ch. 9.4.1, sequential procedure)."""
    found = estimate(samples, level)
    return found.half_width <= until * abs(found.mean)


def replicate(line: Line, moves: Moves, *, seed: int = 0, replications: int = 1) -> list[Replication]:
    """The figures of each replication by itself, those of the self-checks included."""
    runs = _Runs(compile_line(line, moves), seed)
    return [measure(runs.network, runs.world(i, line.time.warmup_s or 0.0)) for i in range(replications)]


@dataclass
class _Runs:
    """Makes the replications of one line; what they turn out to need room for is kept for the next."""

    network: Network
    seed: int
    first: int = 0
    pool: int = FIRST_POOL
    last: rec.World | None = None

    def world(self, number: int, warmup_s: float) -> rec.World:
        """The world that a replication ended in, until the next one is asked for; they count from 0."""
        horizon_s = self.network.line.time.horizon_s
        world, self.pool = run_once(
            self.network, self.seed, self.first + number, horizon_s, warmup_s, self.pool, used=self.last
        )
        self.last = world
        return world

    def measured(self, numbers: range, warmup_s: float) -> list[tuple[Replication, Standstill | None]]:
        """The figures of these replications, in order, and how each came to a standstill if it did.

        Threads share them, for compiled code runs beside Python; the process of a search's worker has one thread.
        """
        threads = 1 if _is_worker() else min(len(numbers), _processors(), MOST_THREADS)
        if threads < 2:
            return self._each(numbers, warmup_s)
        from concurrent.futures import ThreadPoolExecutor

        runs = [self, *(_Runs(self.network, self.seed, self.first, self.pool) for _ in range(threads - 1))]
        with ThreadPoolExecutor(threads - 1) as pool:
            others = [pool.submit(runs[i]._each, numbers[i::threads], warmup_s) for i in range(1, threads)]
            found = [self._each(numbers[::threads], warmup_s), *(other.result() for other in others)]
        return [found[i % threads][i // threads] for i in range(len(numbers))]

    def _each(self, numbers: range, warmup_s: float) -> list[tuple[Replication, Standstill | None]]:
        found = []
        for number in numbers:
            world = self.world(number, warmup_s)
            replication = measure(self.network, world)
            check(replication, self.network.line.time.horizon_s - warmup_s)
            found.append((replication, standstill(self.network, world)))
        return found

    def warmup(self, replications: int) -> Warmup:
        """By MSER-5, from the rate at which parts leave, averaged over the replications run as pilots."""
        horizon_s = self.network.line.time.horizon_s
        gone = [self.world(i, 0.0).departures["time"].copy() for i in range(replications)]
        each = sum(times.size for times in gone) // replications
        spans = 5 * min(max(each // 5, 20), MOST_SPANS // 5)
        series = np.mean([np.histogram(times, spans, (0.0, horizon_s))[0] for times in gone], axis=0)
        found_s = mser5(series) / spans * horizon_s
        if found_s <= horizon_s / 2:
            return Warmup(found_s, "MSER-5")
        late = f"no steady state: MSER-5 would leave out {found_s:.0f} s of {horizon_s:.0f} s; half is left out instead"
        return Warmup(horizon_s / 2, "MSER-5", (late,))


def run_once(
    network: Network,
    seed: int,
    replication: int,
    horizon_s: float,
    warmup_s: float,
    pool: int,
    trace: int = 0,
    used: rec.World | None = None,
    recursion: bool = True,
) -> tuple[rec.World, int]:
    """One replication: the world it ended in, with every departure, and the room for parts that it needed.

    By recursion where the line is a row (`rows`), else by events, to the same bits; traces are by events. Room is found
    by trying.
    used : the world of another replication without a trace that is not needed any more, whose memory may be taken
    recursion : whether a row may be run so
    """
    if horizon_s <= warmup_s:
        raise LayoutError(
            Problem("the warm-up leaves nothing to measure", value=f"{warmup_s} s", hint="make the horizon longer")
        )
    if recursion and trace == 0 and network.row is not None:
        return run_row(network, network.row, seed, replication, horizon_s, warmup_s), pool
    log = FIRST_LOG
    while True:
        world = network.start(seed, replication, horizon_s, warmup_s, pool, trace, log, used)
        used = None
        run = world.run
        simulate_run(run)
        while run["status"][0] == rec.LOG_SHORT:
            world = world.with_log(_log_needed(world))
            simulate_run(run)
        status = int(run["status"][0])
        if status == rec.LOG_FULL:
            log *= 4
        elif status == rec.POOL_FULL:
            pool *= 4
        elif status == rec.TRACE_FULL:
            trace *= 4
        elif status == rec.TIME_STANDS_STILL:
            raise LayoutError(Problem("parts go round in no time at all", hint="give moves or operations a time"))
        else:
            return world._replace(departures=world.departures[: int(run["logged"][0])]), pool


by_events = partial(run_once, recursion=False)


def _log_needed(world: rec.World) -> int:
    """Room for departures that is likely to do until the end, at the pace so far; memory is taken as it is written."""
    room, now, horizon = world.departures.size, float(world.run["now"][0]), float(world.run["horizon"][0])
    return int(room * min(max(2.0, 1.1 * horizon / now if now > 0 else 2.0), 64.0))


def trace(line: Line, moves: Moves, *, seed: int | None = None, until_s: float) -> list[TraceEvent]:
    """What every resource did up to until_s in replication 0: the very run that `simulate` makes, in order of start."""
    network = compile_line(line, moves)
    seed = line.time.seed if seed is None else seed
    world, _ = run_once(network, seed, 0, until_s, 0.0, FIRST_POOL, FIRST_TRACE)
    return events(network, world.trace[: int(world.run["traced"][0])].tolist(), until_s)


def events(network: Network, rows: Iterable[tuple[Any, ...]], until_s: float) -> list[TraceEvent]:
    """Rows of `records.TRACE` in words, up to until_s, in order of start; those that take no time are left out."""
    names = (network.stations, network.units, network.belts, network.links)
    operations = [o for p in network.products for o in (*network.line.products[p].route, "")]
    found = []
    for row in rows:
        kind, index, state, part, product, step, origin, target, start_s, end_s = row
        if start_s < min(end_s, until_s):
            found.append(TraceEvent(
                start_s=start_s,
                end_s=min(end_s, float(until_s)),
                resource=names[kind][index],
                state=rec.TRACE_STATES[state],
                part=part,
                product=network.products[product] if product >= 0 else "",
                origin=network.stations[origin] if origin >= 0 else "",
                target=network.stations[target] if target >= 0 else "",
                operation=operations[step] if state == rec.T_WORKING else "",
            ))  # fmt: skip
    return sorted(found, key=lambda e: (e.start_s, e.end_s, e.resource, e.part))
