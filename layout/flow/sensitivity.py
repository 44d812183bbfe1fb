"""What a little more brings: the line simulated again with one resource faster, or with one more person, on the same
random streams.

It answers what the bottleneck is beyond doubt: the resource whose speed the throughput follows. A machine's process
times shrink, an arm's or a fleet's moves and hand-overs, a belt's transit and the least time between its parts. A pool
of people has no speed and comes in whole numbers: it gets one person more.

Source: finite differences with common random numbers: Glasserman and Yao, "Some guidelines and guarantees for common
random numbers", Management Science 38, 1992.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, TypeVar

from layout.errors import LayoutError, Problem
from layout.flow.compare import paired
from layout.flow.paths import by_name
from layout.flow.simulation import simulate
from layout.model.line import Line
from layout.model.results import ArmTimes, FleetTimes, FlowResult, Gain, Moves

Times = TypeVar("Times", ArmTimes, FleetTimes)
_TIMES = ("empty_s", "loaded_s", "pick_s", "place_s", "home_s", "leave_home_s", "travel_s", "handover_s")


def sensitivity(
    line: Line,
    moves: Moves,
    names: Iterable[str] | None = None,
    *,
    step: float = 0.01,
    seed: int | None = None,
    base: FlowResult | None = None,
) -> tuple[Gain, ...]:
    """Good parts per hour gained by making each resource `step` faster, or by one more person; the greatest first.

    names : stations, arms, fleets, belts and pools of people; all that have times of their own, and all pools, if left
        out
    base : the line's result as it is, with the same seed, where it is known
    Costs a simulation each. Raises LayoutError for an unknown name.
    """
    at_work = [name for name, station in line.stations.items() if station.operations]
    known = by_name([*at_work, *moves.arms, *moves.fleets, *moves.belts, *line.staff])
    chosen = known if names is None else list(names)
    unknown = [name for name in chosen if name not in known]
    if unknown:
        hint = f"one of {', '.join(known)}"
        raise LayoutError([Problem("nothing to make faster", value=name, hint=hint) for name in unknown])
    base = base or simulate(line, moves, seed=seed)
    line = replace(line, time=line.time.model_copy(update={"warmup_s": base.warmup_s}))
    gains = []
    for name in chosen:
        changed = (_one_more(line, name), moves) if name in line.staff else _faster(line, moves, name, 1 / (1 + step))
        better = simulate(*changed, seed=seed, replications=base.replications)
        per_h = paired(base.samples_per_h, better.samples_per_h, line.time.level)
        gains.append(Gain(name, 1.0, per_h, "people") if name in line.staff else Gain(name, step, per_h))
    return tuple(sorted(gains, key=lambda gain: -gain.per_h.mean))


def _one_more(line: Line, name: str) -> Line:
    """The line with one more person in a pool."""
    pool = line.staff[name]
    return replace(line, staff={**line.staff, name: replace(pool, number=pool.number + 1)})


def _faster(line: Line, moves: Moves, name: str, factor: float) -> tuple[Line, Moves]:
    """The line with one resource's times multiplied."""
    if name in line.stations:
        station = line.stations[name]
        operations = {
            operation: {product: times.scaled(factor) for product, times in by_product.items()}
            for operation, by_product in station.operations.items()
        }
        return replace(line, stations={**line.stations, name: replace(station, operations=operations)}), moves
    if name in moves.belts:
        belt = moves.belts[name]
        faster = replace(belt, transit_s=belt.transit_s * factor, spacing_s=belt.spacing_s * factor)
        return line, replace(moves, belts={**moves.belts, name: faster})
    if name in moves.arms:
        return line, replace(moves, arms={**moves.arms, name: _scaled(moves.arms[name], factor)})
    return line, replace(moves, fleets={**moves.fleets, name: _scaled(moves.fleets[name], factor)})


def _scaled(times: Times, factor: float) -> Times:
    known: dict[str, Any] = {field: getattr(times, field, None) for field in _TIMES}
    return replace(times, **{field: value * factor for field, value in known.items() if value is not None})
