"""Proof of a layout: physical runs side by side, judged against the flow simulation before and after it has learnt.

Both runs of a window draw the same streams, so that its parts can be matched one by one. Throughput is that between
the first and the last part which left in all runs compared: counting parts up to a fixed time would be off by up to
one part in so few.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

from layout import flow, motion, processes
from layout.files.recording import Recording
from layout.flow.departures import departures
from layout.flow.output.intervals import estimate
from layout.model.line import Layout, Line
from layout.model.physical import (
    TOLERATED,
    Incident,
    MoveGap,
    PhysicalRun,
    Proof,
)
from layout.model.realise import realise
from layout.model.results import Estimate, Moves, Violation
from layout.model.scenario import Scenario
from layout.rollout import store
from layout.rollout.learning import Learnt, learn, learnt_moves, relearnt
from layout.rollout.repertoire import Key, repertoire, unseen
from layout.rollout.run import roll_out
from layout.rollout.stalls import drain_s
from layout.rollout.waits import Driving, drive_through, driving, leaving, taught, vehicles
from layout.units import duration

WINDOW_S = 600.0
"""Simulated time of a window where nothing else is asked for, unless ..."""
PARTS = 10
"""... fewer parts leave in it, or none of a product that does leave: then it is longer, but ..."""
MOST_S = 3600.0
"""... not longer than this."""
SEEN_S = 1800.0
"""It is longer, too, until each elementary move has been made once in one of the windows, but for moves that come later
than this: those are named as not seen."""
LEVEL = 0.95


def prove(
    scenario: Scenario,
    candidate: Layout,
    moves: Moves | None = None,
    *,
    until_s: float | None = None,
    windows: int = 1,
    seed: int | None = None,
    workers: int = 1,
    record: bool = False,
) -> tuple[Proof, Recording | None]:
    """Run a layout as rigid bodies and lay it beside the flow simulation. The layout must be feasible.

    moves : its planned moves, where they are known already
    until_s : simulated time of each window, from the line's start; at most the scenario's horizon (default: see
        `long_enough_s`)
    windows : how many, with replications 0, 1, ... of the seed (default: the scenario's)
    workers : processes; their number changes nothing but the time it takes
    record : whether the first window's poses are recorded

    Windows run before are taken from the user's cache folder. Raises LayoutError where a route cannot be followed,
    SceneError where a model's files cannot be loaded.
    """
    line = realise(scenario, candidate)
    moves = moves if moves is not None else motion.plan(line)
    seed = line.time.seed if seed is None else seed
    driven = driving(line, moves)
    if until_s is None:
        until_s = max(
            long_enough_s(line, moves, seed, windows),
            all_made_s(line, moves, seed, windows),
        )
    until_s = min(until_s, line.time.horizon_s)
    names = [store.key(scenario, candidate, seed, k, until_s) for k in range(windows)]
    found = {k: kept for k in range(windows) if (kept := store.load(names[k], record and k == 0)) is not None}
    missing = [k for k in range(windows) if k not in found]
    tasks = [(line, moves, until_s, seed, k, record and k == 0) for k in missing]
    if workers > 1 and len(tasks) > 1:
        count, given = min(workers, len(tasks)), (processes.environment(),)
        with ProcessPoolExecutor(count, processes.context(), processes.enter, given) as pool:
            made = list(pool.map(_window, *zip(*tasks, strict=True)))
    else:
        made = [_window(*task) for task in tasks]
    for k, (run, film) in zip(missing, made, strict=True):
        store.keep(names[k], run, film)
        found[k] = run, film
    runs = tuple(found[k][0] for k in range(windows))
    return judge(line, moves, runs, seed, until_s, driven), found[0][1]


def long_enough_s(line: Line, moves: Moves, seed: int, windows: int) -> float:
    """Simulated time (s) in which `PARTS` good parts leave, and one of each product, in each window; whole minutes."""
    most_s, needed_s = min(MOST_S, line.time.horizon_s), WINDOW_S
    for k in range(windows):
        left = leaving(line, moves, seed=seed, replication=k, until_s=most_s)
        first_s = {part.product: part.time_s for part in reversed(left)}
        tenth_s = left[PARTS - 1].time_s if len(left) >= PARTS else most_s
        needed_s = max(needed_s, tenth_s, *first_s.values())
    return min(60.0 * math.ceil(needed_s / 60.0), most_s)


def all_made_s(line: Line, moves: Moves, seed: int, windows: int) -> float:
    """Simulated time (s) in which each elementary move that is made by `SEEN_S` is made once, in one of the windows;
    whole minutes."""
    most_s = min(SEEN_S, line.time.horizon_s)
    first_s: dict[Key, float] = {}
    for k in range(windows):
        for key, time_s in repertoire(line, moves, seed=seed, replication=k, until_s=most_s).items():
            first_s[key] = min(time_s, first_s.get(key, math.inf))
    return min(60.0 * math.ceil((max(first_s.values(), default=0.0) + drain_s(line)) / 60.0), most_s)


def _window(
    line: Line, moves: Moves, until_s: float, seed: int, replication: int, record: bool
) -> tuple[PhysicalRun, Recording | None]:
    return roll_out(line, moves, until_s=until_s, seed=seed, replication=replication, record=record)


def judge(
    line: Line, moves: Moves, runs: tuple[PhysicalRun, ...], seed: int, asked_s: float, driven: Driving | None = None
) -> Proof:
    """What windows with the same seed say of a layout. driven : what its vehicles' driving says, where it is known."""
    learnt = learn(line, runs[0].moves)
    driven = driving(line, moves) if driven is None else driven
    better = learnt_moves(line, moves, learnt, driven.waits_s)
    made: dict[Key, float] = {}
    for run in runs:
        hour_s = min(MOST_S, line.time.horizon_s)
        made |= repertoire(line, moves, seed=seed, replication=run.replication, until_s=hour_s)
    held_out = len(runs) > 1
    rates = [_rates(line, better, run, seed) for run in runs]
    judged = slice(1, None) if held_out else slice(None)
    learnt_gap = _estimate([physical / flow - 1 for _, physical, flow in rates[judged]])
    proof = Proof(
        windows=runs,
        seed=seed,
        asked_s=asked_s,
        flow_per_h=_estimate([flow for flow, _, _ in rates]),
        physical_per_h=_estimate([physical for _, physical, _ in rates]),
        learnt_per_h=_estimate([flow for _, _, flow in rates]),
        gap=_estimate([physical / flow - 1 for flow, physical, _ in rates]),
        learnt_gap=learnt_gap,
        moves=pooled(run.moves for run in runs),
        learnt_moves=relearnt(line, pooled(run.moves for run in runs[judged]), learnt, driven.waits_s),
        held_out=held_out,
        traffic_gap=traffic_gap(line, moves, driven),
        driven_gap=_driven_gap(line, moves, learnt, [runs[k] for k in range(len(runs))[judged]], seed),
        made=len(made),
        unseen=unseen(line, made, runs),
        driving=driven.incidents,
    )
    return replace(proof, reasons=tuple(_reasons(proof)))


def traffic_gap(line: Line, moves: Moves, driven: Driving) -> Estimate | None:
    """Good parts per hour in hours of driving without bodies over the flow simulation's with waits, less 1.

    Each is judged on the waits that the others taught. None where vehicles are alone or stuck.
    """
    if len(driven.shifts) < 2 or driven.incidents:
        return None
    gaps = []
    for k, shift in enumerate(driven.shifts):
        waits = taught([other.waited for i, other in enumerate(driven.shifts) if i != k])
        span = {"horizon_s": shift.until_s, "warmup_s": shift.warmup_s, "until": None}
        known = replace(line, time=line.time.model_copy(update=span))
        flown = flow.simulate(
            known, learnt_moves(line, moves, {}, waits), replications=1, first_replication=shift.replication
        )
        if flown.throughput_per_h.mean > 0:
            gaps.append(shift.per_h / flown.throughput_per_h.mean - 1)
    return _estimate(gaps) if gaps else None


def _driven_gap(line: Line, moves: Moves, learnt: Learnt, runs: Sequence[PhysicalRun], seed: int) -> Estimate | None:
    """Windows of bodies against vehicles that drive without; None where vehicles are alone."""
    if vehicles(line) < 2:
        return None
    better, gaps = learnt_moves(line, moves, learnt), []
    for run in runs:
        driven = drive_through(line, better, seed=seed, replication=run.replication, until_s=2 * run.until_s)
        driven_s = {(part.made_at, part.nth): part.time_s for part in driven.left}
        both = [
            (part.physical_s, driven_s[part.made_at, part.nth])
            for part in run.departures
            if math.isfinite(part.physical_s) and (part.made_at, part.nth) in driven_s
        ]
        if len(both) > 1:
            bodies, without = (max(column) - min(column) for column in zip(*both, strict=True))
            gaps.append(without / max(bodies, 1e-9) - 1)
    return _estimate(gaps) if gaps else None


def _rates(line: Line, better: Moves, run: PhysicalRun, seed: int) -> tuple[float, float, float]:
    """Good parts per hour of a window: flow simulation, bodies, learnt flow simulation; nan where too few left."""
    later = departures(line, better, seed=seed, replication=run.replication, until_s=2 * run.until_s)
    learnt_s = {(part.made_at, part.nth): part.time_s for part in later}
    times = [
        (part.flow_s, part.physical_s, learnt_s[part.made_at, part.nth])
        for part in run.departures
        if math.isfinite(part.physical_s) and (part.made_at, part.nth) in learnt_s
    ]
    if len(times) < 2:
        return math.nan, math.nan, math.nan
    flow, physical, learnt = (
        (len(times) - 1) * 3600.0 / max(max(column) - min(column), 1e-9) for column in zip(*times, strict=True)
    )
    return flow, physical, learnt


def _estimate(samples: Sequence[float]) -> Estimate:
    found = estimate(samples, LEVEL)
    return found if found.n else Estimate(math.nan, 0.0, LEVEL, 0)


def pooled(tables: Iterable[Iterable[MoveGap]]) -> tuple[MoveGap, ...]:
    """Moves of several windows as one table: means over all moves, intervals as of independent means."""
    alike: dict[tuple[str, str, str, str], list[MoveGap]] = {}
    for gap in (gap for table in tables for gap in table):
        alike.setdefault((gap.resource, gap.kind, gap.origin, gap.target), []).append(gap)
    return tuple(found[0] if len(found) == 1 else _pool(found) for _, found in sorted(alike.items()))


def _pool(gaps: Sequence[MoveGap]) -> MoveGap:
    n = sum(gap.physical_s.n for gap in gaps)

    def mean(values: Iterable[float]) -> float:
        return math.fsum(value * gap.physical_s.n for value, gap in zip(values, gaps, strict=True)) / n

    half = math.sqrt(math.fsum((gap.physical_s.half_width * gap.physical_s.n) ** 2 for gap in gaps)) / n
    physical = Estimate(mean(gap.physical_s.mean for gap in gaps), half, gaps[0].physical_s.level, n)
    return replace(gaps[0], assumed_s=mean(gap.assumed_s for gap in gaps), physical_s=physical)


def _reasons(proof: Proof) -> list[str]:
    """Why a layout is refused."""
    said = [*_told(proof.incidents), *(f"in hours of driving without bodies, {told}" for told in _told(proof.driving))]
    if said:
        return said
    if not proof.learnt_gap.n:
        shown = duration(proof.asked_s)
        return [f"fewer than two parts left the line within {shown}, so its throughput says nothing: ask for longer"]
    return said


def _told(incidents: Sequence[Incident]) -> list[str]:
    """The first of each kind that refuses a layout, and how many there are."""
    first: dict[str, list[Incident]] = {}
    for incident in incidents:
        if incident.kind not in TOLERATED:
            first.setdefault(incident.kind, []).append(incident)
    said = []
    for incident, *more in first.values():
        again = f", and such a thing {len(more)} time{'s' if len(more) > 1 else ''} more" if more else ""
        said.append(f"after {incident.time_s:.1f} s {incident.what}{again}")
    return said


def violations(incidents: Iterable[Incident]) -> tuple[Violation, ...]:
    """Incidents as what the layout breaks: one for each kind and each doer, the worst of them, how many and when."""
    alike: dict[tuple[str, str], list[Incident]] = {}
    for incident in incidents:
        if incident.kind not in TOLERATED:
            alike.setdefault((incident.kind, incident.subjects[0]), []).append(incident)
    said = []
    for (kind, _), found in alike.items():
        worst = max(found, key=lambda incident: incident.amount)
        times = f"{len(found)} times, first " if len(found) > 1 else ""
        carried = f", {worst.product}" if worst.product else ""
        advice = f"; try {worst.advice}" if worst.advice else ""
        reason = f"{times}after {found[0].time_s:.1f} s{carried}: {worst.cause}{advice}"
        scale = worst.limit or max(worst.amount, 1e-9)
        said.append(Violation(kind, worst.subjects, worst.amount, worst.unit, scale, reason))
    return tuple(said)
