"""From results to objective values, and how two candidates are ranked.

The first objective decides. Inside its tolerance the next one does, and so on: for the search this is one number,
`score`, in which a full-scale change of an objective weighs as much as the tolerance of the ones before it; for the
final choice `best_first` compares value by value. Objectives with weights are summed instead, each as a share of its
scale.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from layout.model.evaluation import Evaluation
from layout.model.line import Arm, Belt, Fleet, Line, Station
from layout.model.results import FlowResult, Moves, Violation
from layout.model.scenario import Objective


def floor_area_m2(line: Line, moves: Moves | None = None) -> float:
    """Area (m2) of the box, along the floor's axes, around all footprints and belts."""
    corners = [station.pose.apply(station.model.footprint_m) for station in line.stations.values()]
    corners += [arm.pose.apply(arm.model.footprint_m) for arm in line.arms.values()]
    if moves is not None:
        for name, belt in moves.belts.items():
            half = line.belts[name].width_m / 2
            corners += [belt.path_m[:, :2] - half, belt.path_m[:, :2] + half]
    points = np.vstack(corners)
    width, depth = points.max(axis=0) - points.min(axis=0)
    return float(width * depth)


def handling_distance_m(flow: FlowResult) -> float:
    """Metres travelled by the parts for each good part that leaves."""
    rate = flow.throughput_per_h.mean
    return sum(move.per_h * move.length_m for move in flow.moves) / rate if rate > 0 else float("inf")


def handling_effort_m_per_h(line: Line) -> float:
    """Metres per hour between the machines that direct transports with `trips` join: along the floor's two axes,
    from middle to middle."""
    at = {name: station.pose for name, station in line.stations.items()}
    return math.fsum(
        link.trips_per_h
        * (abs(at[link.origin].x_m - at[link.target].x_m) + abs(at[link.origin].y_m - at[link.target].y_m))
        for link in line.links.values()
        if link.trips_per_h is not None
    )


def measure_plan(line: Line, moves: Moves) -> dict[str, float]:
    """The measures that where things stand decides alone (`scenario.GEOMETRIC`)."""
    values = {"floor_area": floor_area_m2(line, moves)}
    if any(link.trips_per_h is not None for link in line.links.values()):
        values["handling_effort"] = handling_effort_m_per_h(line)
    return values


def investment(line: Line, moves: Moves | None = None) -> float:
    """Price of all that stands there; belts by the metre as they are laid out."""
    lengths = {name: belt.length_m for name, belt in moves.belts.items()} if moves is not None else {}
    prices = [
        *(station.price for station in line.stations.values()),
        *(arm.price for arm in line.arms.values()),
        *(fleet.units * fleet.price for fleet in line.fleets.values()),
        *(belt.price + belt.price_per_m * lengths.get(name, 0.0) for name, belt in line.belts.items()),
    ]
    return math.fsum(prices)


def measure(line: Line, moves: Moves, flow: FlowResult) -> dict[str, float]:
    """Every measure of `scenario.MEASURES` that a simulated line has; where no part left, as bad as can be."""
    values = {
        "throughput": flow.throughput_per_h.mean,
        "lead_time": flow.lead_time_s.mean,
        "wip": flow.wip.mean,
        "handling_distance": handling_distance_m(flow),
        **measure_plan(line, moves),
    }
    invested = investment(line, moves)
    if invested > 0 or any(aim.measure == "investment" for aim in line.objectives):
        values["investment"] = invested
    if flow.energy_kwh_per_h is not None:
        values["energy"] = flow.energy_kwh_per_part.mean if flow.energy_kwh_per_part else math.inf
    if any(quality.scrap > 0 for station in line.stations.values() for quality in station.quality.values()):
        values["scrap"] = flow.scrap_per_h.mean
    if any(order.due_s is not None for station in line.stations.values() for order in station.schedule):
        values["on_time"] = flow.on_time.mean if flow.on_time else 0.0
        values["tardiness"] = flow.tardiness_s.mean if flow.tardiness_s else math.inf
    return values


def scales(line: Line, ceiling_per_h: float) -> dict[str, float]:
    """What counts as 1 for each measure: figures of the scenario that no layout changes.

    ceiling_per_h : throughput that the machines alone would allow
    """
    boundary = np.asarray(line.floor.boundary)
    x, y = boundary[:, 0], boundary[:, 1]
    area = 0.5 * abs(float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))))
    span = float(np.ptp(x) + np.ptp(y))
    diagonal = float(np.hypot(*(boundary.max(axis=0) - boundary.min(axis=0))))
    work_s = sum(p.share * _work_s(line, p.name, p.route) for p in line.products.values())
    power_kw = _power_kw(line)
    return {
        "throughput": max(ceiling_per_h, 1e-9),
        "lead_time": max(10 * work_s, 1.0),
        "tardiness": max(10 * work_s, 1.0),
        "energy": power_kw / max(ceiling_per_h, 1e-9) or 1.0,
        "scrap": max(ceiling_per_h, 1e-9),
        "on_time": 1.0,
        "wip": float(max(len(line.stations), 1)),
        "handling_distance": diagonal,
        "handling_effort": span * math.fsum(link.trips_per_h or 0.0 for link in line.links.values()) or 1.0,
        "floor_area": area,
        "investment": investment(line) or 1.0,
    }


def _power_kw(line: Line) -> float:
    """Power (kW) with everything at work."""
    resources: list[Station | Arm | Fleet | Belt] = [*line.stations.values(), *line.arms.values(), *line.belts.values()]
    resources += [fleet for fleet in line.fleets.values() for _ in range(fleet.units)]
    return math.fsum(r.power.working_w for r in resources if r.power is not None) / 1000


def _work_s(line: Line, product: str, route: Sequence[str]) -> float:
    """Least process time (s) of a product along its route."""
    total = 0.0
    for operation in route:
        times = [line.stations[name].operations[operation][product].mean_s for name in line.able(operation, product)]
        total += min(times, default=0.0)
    return total


WEIGHTED_TOLERANCE = 0.01  # of a weighted sum, where it has to be said what counts as equal


def weighted(objectives: Sequence[Objective]) -> bool:
    """Whether the objectives are summed by their weights."""
    return objectives[0].weight is not None


def score(values: Mapping[str, float], objectives: Sequence[Objective], scale: Mapping[str, float]) -> float:
    """One number to maximise: objectives in order, each weighed by the tolerances of those before it, or by weights."""
    total, weight = 0.0, 1.0
    for aim in objectives:
        factor = weight if aim.weight is None else aim.weight
        total += factor * aim.sign * values[aim.measure] / scale[aim.measure]
        weight *= aim.tolerance
    return total


def equal_within(values: Mapping[str, float], objectives: Sequence[Objective], scale: Mapping[str, float]) -> float:
    """How far apart two candidates may be in what decides (see `deciding`) to count as equal."""
    if not weighted(objectives):
        return objectives[0].tolerance * abs(values[objectives[0].measure])
    return WEIGHTED_TOLERANCE * size(values, objectives, scale)


def size(values: Mapping[str, float], objectives: Sequence[Objective], scale: Mapping[str, float]) -> float:
    """What differences in what decides are given as shares of: the first objective's figure, or the sum of all terms of
    the weighted sum, whatever their signs."""
    if not weighted(objectives):
        return abs(values[objectives[0].measure])
    return math.fsum((aim.weight or 0.0) * abs(values[aim.measure]) / scale[aim.measure] for aim in objectives)


def improves(
    values: Mapping[str, float],
    on: Mapping[str, float],
    objectives: Sequence[Objective],
    scale: Mapping[str, float],
) -> bool:
    """Whether the first objective in which two candidates differ by more than its tolerance speaks for `values`; of
    weighted sums, whether it is better by more than what counts as equal."""
    if weighted(objectives):
        gained = score(values, objectives, scale) - score(on, objectives, scale)
        return gained > equal_within(on, objectives, scale)
    for aim in objectives:
        gained = aim.sign * (values[aim.measure] - on[aim.measure])
        if abs(gained) > aim.tolerance * abs(on[aim.measure]):
            return gained > 0
    return False


def infeasible_score(evaluation: Evaluation, scale: Mapping[str, float]) -> float:
    """Stand-in value of a candidate that was not simulated: its bound, shrunk by how much it violates."""
    return evaluation.bound_per_h / scale["throughput"] / (1.0 + total_violation(evaluation.violations)) - 1.0


def outdone_score(bound_per_h: float, objectives: Sequence[Objective], scale: Mapping[str, float]) -> float:
    """Value of a legal candidate that was not simulated because its bound is below the best: that of its bound, with
    the other objectives at full scale."""
    total = bound_per_h / scale["throughput"]
    weight = objectives[0].tolerance
    for aim in objectives[1:]:
        total += weight * min(aim.sign, 0.0)
        weight *= aim.tolerance
    return total


def total_violation(violations: Sequence[Violation]) -> float:
    """Sum of violations, each in units of its own scale."""
    return sum(v.amount / v.scale for v in violations)


def deciding(evaluation: Evaluation, objectives: Sequence[Objective], scale: Mapping[str, float]) -> tuple[float, ...]:
    """What decides, in each replication, more is better: the first objective's figure, or the weighted sum.

    Empty where it does not vary from replication to replication, or has no figure in one. In weighted sums a measure
    without a figure for each replication counts with that of all together.
    """
    samples = evaluation.flow.samples if evaluation.flow is not None else {}
    aims = objectives if weighted(objectives) else objectives[:1]
    varying = {aim.measure: samples[aim.measure] for aim in aims if aim.measure in samples}
    if not varying:
        return ()
    n = len(next(iter(varying.values())))
    if not weighted(objectives):
        found = [aims[0].sign * figure for figure in varying[aims[0].measure]]
    else:
        known = evaluation.objectives
        found = [
            score({**known, **{name: figures[i] for name, figures in varying.items()}}, aims, scale) for i in range(n)
        ]
    return tuple(found) if all(map(math.isfinite, found)) else ()


def best_first(
    candidates: Sequence[Mapping[str, float]], objectives: Sequence[Objective], scale: Mapping[str, float] | None = None
) -> list[int]:
    """Order of candidates' measures, best first: by each objective in turn among those within tolerance of its best, or
    by their weighted sum.

    scale : needed for weighted sums
    """
    if weighted(objectives):
        return sorted(range(len(candidates)), key=lambda i: (-score(candidates[i], objectives, scale or {}), i))
    remaining = list(range(len(candidates)))
    order: list[int] = []
    while remaining:
        tied = remaining
        for aim in objectives:
            worth = {i: aim.sign * candidates[i][aim.measure] for i in tied}
            top = max(worth.values())
            tied = [i for i in tied if worth[i] >= top - aim.tolerance * abs(top)]
        last = objectives[-1]
        winner = max(tied, key=lambda i: (last.sign * candidates[i][last.measure], -i))
        order.append(winner)
        remaining.remove(winner)
    return order
