"""Replications of a line: the door to the kernel."""

from __future__ import annotations

import numpy as np

from layout.errors import LayoutError, Problem
from layout.flow import records as rec
from layout.flow.deadlock import Standstill, standstill
from layout.flow.network import Network, compile_line
from layout.flow.statistics import (
    Replication,
    average_moves,
    average_shares,
    bottleneck,
    estimate,
    measure,
)
from layout.model.line import Line
from layout.model.results import FlowResult, Moves, TraceEvent, Violation

FIRST_POOL = 512  # parts that a run has room for at first; doubled when a queue outgrows it
FIRST_TRACE = 4096
FIRST_LOG = 4096  # departures


def simulate(
    line: Line,
    moves: Moves,
    *,
    seed: int | None = None,
    replications: int | None = None,
    first_replication: int = 0,
) -> FlowResult:
    """Simulate a shift of the line, replicated; seed, replications, horizon, warm-up and level are the line's own.

    first_replication : number of the first one: the same seed with other numbers gives fresh, independent streams.
    The same arguments always give the same bytes. Raises LayoutError where a route cannot be followed.
    """
    time = line.time
    seed = time.seed if seed is None else seed
    n = time.replications if replications is None else replications
    if n < 1:
        raise LayoutError(Problem("a simulation needs at least one replication", value=str(n)))
    network = compile_line(line, moves)
    done, stopped = [], []
    pool = FIRST_POOL
    for i in range(first_replication, first_replication + n):
        world, pool = run_once(network, seed, i, time.horizon_s, time.warmup_s or 0.0, pool)
        done.append(measure(network, world))
        stopped.append(standstill(network, world))
    return _result(network, done, stopped)


def replicate(line: Line, moves: Moves, *, seed: int = 0, replications: int = 1) -> list[Replication]:
    """The figures of each replication by itself, those of the self-checks included."""
    network, pool, done = compile_line(line, moves), FIRST_POOL, []
    for i in range(replications):
        world, pool = run_once(network, seed, i, line.time.horizon_s, line.time.warmup_s or 0.0, pool)
        done.append(measure(network, world))
    return done


def run_once(
    network: Network, seed: int, replication: int, horizon_s: float, warmup_s: float, pool: int, trace: int = 0
) -> tuple[rec.World, int]:
    """One replication: the world it ended in, with every departure, and the room for parts that it needed (found by
    trying)."""
    from layout.flow.kernel import simulate_run

    if horizon_s <= warmup_s:
        raise LayoutError(
            Problem("the warm-up leaves nothing to measure", value=f"{warmup_s} s", hint="make the horizon longer")
        )
    log = FIRST_LOG
    while True:
        world = network.start(seed, replication, horizon_s, warmup_s, pool, trace, log)
        run, gone = world.run, []
        simulate_run(run)
        while run["status"][0] == rec.LOG_TO_EMPTY:
            gone.append(world.departures[: int(run["logged"][0])].copy())
            run["logged"], run["status"] = 0, rec.DONE
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
            last = world.departures[: int(run["logged"][0])]
            return world._replace(departures=np.concatenate([*gone, last]) if gone else last), pool


def _result(network: Network, done: list[Replication], stopped: list[Standstill | None]) -> FlowResult:
    level = network.line.time.level
    shares = average_shares(done)
    return FlowResult(
        throughput_per_h=estimate([r.per_h for r in done], level),
        by_product={p: estimate([r.by_product[p] for r in done], level) for p in network.products},
        lead_time_s=estimate([r.lead_time_s for r in done], level),
        wip=estimate([r.wip for r in done], level),
        resources=shares,
        moves=average_moves(network, done),
        bottleneck=bottleneck(network, shares),
        deadlocks=_deadlocks(stopped),
        samples_per_h=tuple(r.per_h for r in done),
    )


def _deadlocks(stopped: list[Standstill | None]) -> tuple[Violation, ...]:
    """One violation for each cycle met; its amount is the time lost to it (h), averaged over all replications."""
    lost: dict[tuple[str, ...], float] = {}
    for found in stopped:
        if found is not None:
            lost[found.cycle] = lost.get(found.cycle, 0.0) + found.lost_s / 3600 / len(stopped)
    return tuple(Violation("deadlock", cycle, amount, "h") for cycle, amount in sorted(lost.items()))


def trace(line: Line, moves: Moves, *, seed: int | None = None, until_s: float) -> list[TraceEvent]:
    """What every resource did up to until_s in replication 0: the very run that `simulate` makes, in order of start."""
    network = compile_line(line, moves)
    seed = line.time.seed if seed is None else seed
    world, _ = run_once(network, seed, 0, until_s, 0.0, FIRST_POOL, FIRST_TRACE)
    names = (network.stations, network.units, network.belts, network.links)
    operations = [o for p in network.products for o in (*line.products[p].route, "")]
    events = []
    for row in world.trace[: int(world.run["traced"][0])].tolist():
        kind, index, state, part, product, step, origin, target, start_s, end_s = row
        if start_s < until_s:
            events.append(TraceEvent(
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
    return sorted(events, key=lambda e: (e.start_s, e.end_s, e.resource, e.part))
