"""From replications, or from the batches of one long run, to the result."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from layout.flow.deadlock import Standstill
from layout.flow.kernel import records as rec
from layout.flow.network import Network
from layout.flow.output.bottleneck import active_periods_s, bottleneck
from layout.flow.output.intervals import estimates
from layout.flow.output.quantiles import quantile
from layout.flow.output.series import BATCHES, FEWEST_BATCHES, batch_estimate, correlated
from layout.flow.output.statistics import (
    EFFECTIVENESS,
    QUANTILES,
    Replication,
    average_moves,
    average_scrap,
    figure_names,
    figures,
)
from layout.model.results import Effectiveness, Estimate, FlowResult, Violation
from layout.units import duration

LEAST_PARTS = 5  # that must leave in each batch of a long run


@dataclass(frozen=True)
class Warmup:
    """How long it is (s), how it was found, and what to say about that."""

    length_s: float
    by: str = "given"
    warnings: tuple[str, ...] = ()


def result(
    network: Network,
    done: Sequence[Replication],
    stopped: Sequence[Standstill | None],
    warmup: Warmup,
    world: rec.World | None = None,
    warnings: Sequence[str] = (),
) -> FlowResult:
    """The result of these replications; `world` is that of a single one, whose batches then give the intervals."""
    level = network.line.time.level
    names = figure_names(done[0])
    samples = np.array([figures(r) for r in done])
    each = estimates(samples, level)
    found = dict(zip(names, each, strict=True))
    batches = 0
    said = [*warmup.warnings, *warnings, *_nothing_left(network, done, stopped, warmup)]
    if world is not None:
        batched, batches, odd = long_run(network, world, dict(zip(names, samples[0].tolist(), strict=True)), level)
        found.update(batched)
        said += odd
    stations = [s for s in done[0].stations if any(r.stations[s].done for r in done)]
    last = iter(each[-sum(map(len, done[0].shares.values())) :])  # of `figures`: the shares
    shares = {name: dict(zip(states, last, strict=False)) for name, states in done[0].shares.items()}
    means = {name: {state: share.mean for state, share in states.items()} for name, states in shares.items()}
    periods_s = active_periods_s(done)
    return FlowResult(
        throughput_per_h=found["throughput"],
        by_product={p: found[f"throughput.{p}"] for p in network.products if not network.line.products[p].joined},
        lead_time_s=found["lead_time"],
        wip=found["wip"],
        resources=means,
        moves=average_moves(network, done),
        bottleneck=bottleneck(network, done, means, periods_s),
        deadlocks=_deadlocks(stopped),
        samples_per_h=tuple(r.per_h for r in done),
        lead_time_quantiles_s={q: found[_quantile(q)] for q in QUANTILES},
        scrap_per_h=found["scrap"],
        rework_per_h=found["rework"],
        scrap_by_station=average_scrap(done),
        energy_kwh_per_h=_known(found["power"]),
        energy_kwh_per_part=_known(found["energy"]),
        on_time=_known(found["on_time"]),
        tardiness_s=_known(found["tardiness"]),
        effectiveness={s: Effectiveness(*(found[f"{kind}.{s}"] for kind in EFFECTIVENESS)) for s in stations},
        shares=shares,
        samples=_by_name(names, samples),
        warmup_s=warmup.length_s,
        warmup_by=warmup.by,
        replications=len(done),
        batches=batches,
        active_period_s=periods_s,
        warnings=tuple(said),
    )  # fmt: skip


def _nothing_left(
    network: Network, done: Sequence[Replication], stopped: Sequence[Standstill | None], warmup: Warmup
) -> tuple[str, ...]:
    """What to say where no part left in the window; a deadlock says it all."""
    if any(r.per_h > 0 for r in done) or any(stopped):
        return () if all(stopped) else _stalled(network, done, stopped)
    if any(r.last_s > 0 for r in done) and (stalled := _stalled(network, done, stopped)):
        return stalled
    what = f"no part left the line from {duration(warmup.length_s)} to {duration(network.line.time.horizon_s)}"
    if all(r.entered == 0 for r in done):
        return (f"{what}, and none came in: look at what its sources give by then, and at what they wait for",)
    if any(r.scrapped > 0 for r in done):
        return (f"{what}: parts were thrown away, none was good by then",)
    return (f"{what}: none was done by then; make the horizon longer, or look at what its machines wait for",)


def _stalled(network: Network, done: Sequence[Replication], stopped: Sequence[Standstill | None]) -> tuple[str, ...]:
    """What to say of replications where for most of the time no part left any more, and none may be missing."""
    line = network.line
    if any(station.schedule for station in line.stations.values()):
        return ()
    shifts = [s.shift for s in line.stations.values()] + [s.shift for s in line.staff.values()]
    longest_s = max([line.time.horizon_s / 2, *(2 * shift.every_s for shift in shifts if shift is not None)])
    last = [r.last_s for r, s in zip(done, stopped, strict=True)
            if s is None and r.inside > 0 and line.time.horizon_s - r.last_s > longest_s]  # fmt: skip
    if not last:
        return ()
    when = f"after {duration(min(last))}" if len(last) == 1 else f"after {duration(min(last))} to {duration(max(last))}"
    return (
        f"in {len(last)} of {len(done)} replications no part left {when}: part of the line waits for ever, it seems",
    )


def _by_name(names: list[str], samples: Any) -> dict[str, tuple[float, ...]]:
    """Each measure in every replication; those that none had anything of are left out."""
    found = dict(zip(names, map(tuple, samples.T.tolist()), strict=True))
    for k in np.flatnonzero(np.isnan(samples).any(axis=0)).tolist():
        known = tuple(math.nan if x != x else x for x in found.pop(names[k]))
        if any(x is not math.nan for x in known):  # one nan for all: equal results compare as equal
            found[names[k]] = known
    return found


def _quantile(q: float) -> str:
    return f"lead_time_{q * 100:.0f}"


def _known(found: Estimate) -> Estimate | None:
    return found if found.n else None


def long_run(
    network: Network, world: rec.World, whole: Mapping[str, float], level: float
) -> tuple[dict[str, Estimate], int, list[str]]:
    """Intervals from the batches of one run: what departures tell, that is throughput, lead times and WIP.

    Rates and WIP are cut into equal spans of time, lead times into equal numbers of parts. Returns the estimates by
    the names of `figures`, how many batches (0: the run was too short), and warnings.
    """
    start, end = float(world.run["warmup"][0]), float(world.run["horizon"][0])
    gone = world.departures
    good = gone[(gone["time"] > start) & (gone["kind"] == rec.LEFT)]
    if good.size < LEAST_PARTS * FEWEST_BATCHES:
        few = f"only {good.size} parts left in the one run: no intervals; make the horizon longer, or more replications"
        return {}, 0, [few]

    def cut(n: int) -> dict[str, Any]:
        edges = np.linspace(start, end, n + 1)
        hours = (end - start) / n / 3600
        lots = [np.sort(lot) for lot in np.array_split(good["lead"], n)]
        found = {
            "throughput": _counts(good["time"], edges) / hours,
            "scrap": _counts(gone["time"][gone["kind"] == rec.SCRAPPED], edges) / hours,
            "wip": np.diff(_stays(world, edges)) / (end - start) * n,
            "lead_time": np.array([lot.mean() for lot in lots]),
        }
        for i, product in enumerate(network.products):
            found[f"throughput.{product}"] = _counts(good["time"][good["product"] == i], edges) / hours
        for q in QUANTILES:
            found[_quantile(q)] = np.array([quantile(lot, q) for lot in lots])
        return found

    n = BATCHES
    batches = cut(n)
    looked_at = ("throughput", "lead_time", "wip")
    if any(correlated(batches[name]) for name in looked_at):
        n = FEWEST_BATCHES
        batches = cut(n)
    odd = [name.replace("_", " ") for name in looked_at if correlated(batches[name])]
    warnings = [f"the run is too short: its batch means of {', '.join(odd)} are correlated"] if odd else []
    return {name: batch_estimate(whole[name], values, level) for name, values in batches.items()}, n, warnings


def _counts(times: Any, edges: Any) -> Any:
    """How many of sorted times (s) fall into each span (edge, next edge]."""
    return np.diff(np.searchsorted(times, edges, side="right"))


def _stays(world: rec.World, edges: Any) -> Any:
    """(n,) float: time (s) that all parts together have spent in the line up to each edge (s)."""
    gone, parts = world.departures, world.parts
    free, p = np.zeros(parts.size, bool), int(world.run["free"][0])
    while p >= 0:
        free[p] = True
        p = int(parts["next"][p])
    inside = parts["entered"][~free]
    inside = inside[(inside >= 0.0) & (inside < np.inf)]  # the others are not in the line: at a source, or carriers
    entered = np.sort(np.concatenate([gone["time"] - gone["lead"], inside]))
    return _passed(entered, edges) - _passed(gone["time"], edges)


def _passed(times: Any, edges: Any) -> Any:
    """Sum of the time (s) passed since each of sorted times up to each edge."""
    before = np.searchsorted(times, edges, side="right")
    return edges * before - np.concatenate([[0.0], np.cumsum(times)])[before]


def _deadlocks(stopped: Sequence[Standstill | None]) -> tuple[Violation, ...]:
    """One violation for each cycle met; its amount is the time lost to it (h), averaged over all replications."""
    lost: dict[tuple[str, ...], float] = {}
    for found in stopped:
        if found is not None:
            lost[found.cycle] = lost.get(found.cycle, 0.0) + found.lost_s / 3600 / len(stopped)
    return tuple(Violation("deadlock", cycle, amount, "h") for cycle, amount in sorted(lost.items()))
