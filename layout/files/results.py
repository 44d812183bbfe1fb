"""Evaluations as plain data: what `layout evaluate --json` prints and run folders hold."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from layout.files.layouts import layout_to_mapping
from layout.model.evaluation import Evaluation
from layout.model.results import Difference, Estimate
from layout.model.scenario import Scenario

_MORE = ("scrap_per_h", "rework_per_h", "energy_kwh_per_h", "energy_kwh_per_part", "on_time", "tardiness_s")
_EFFECTIVENESS = ("availability", "effectiveness", "quality", "oee")


def evaluation_to_json(evaluation: Evaluation, scenario: Scenario) -> dict[str, Any]:
    """The evaluation as JSON-ready data. The same file and seed give the same data; times spent are left out."""
    flow = evaluation.flow
    data = {
        "scenario": scenario.name,
        "feasible": evaluation.feasible,
        "violations": [
            {"rule": v.rule, "subjects": list(v.subjects), "amount": v.amount, "unit": v.unit, "reason": v.reason}
            for v in evaluation.violations
        ],
        "bound_per_h": evaluation.bound_per_h,
        "exact_per_h": evaluation.exact_per_h,
        "throughput_per_h": _estimate(flow.throughput_per_h) if flow else None,
        "assumed_per_h": _estimate(evaluation.assumed_per_h),
        "verdict": asdict(evaluation.verdict) if evaluation.verdict else None,
        "by_product": {name: _estimate(e) for name, e in flow.by_product.items()} if flow else {},
        "lead_time_s": _estimate(flow.lead_time_s) if flow else None,
        "lead_time_quantiles_s": {f"{100 * q:g} %": _estimate(e) for q, e in flow.lead_time_quantiles_s.items()}
        if flow
        else {},
        "wip": _estimate(flow.wip) if flow else None,
        **{name: _estimate(getattr(flow, name)) if flow else None for name in _MORE},
        "effectiveness": {
            station: {kind: _estimate(getattr(found, kind)) for kind in _EFFECTIVENESS}
            for station, found in flow.effectiveness.items()
        }
        if flow
        else {},
        "resources": {name: dict(states) for name, states in flow.resources.items()} if flow else {},
        "bottleneck": flow.bottleneck if flow else None,
        "active_period_s": dict(flow.active_period_s) if flow else {},
        "gains": [
            {"resource": g.resource, "of": g.of, "step": g.step, "per_h": _estimate(g.per_h)} for g in evaluation.gains
        ],
        "moves": [asdict(move) for move in flow.moves] if flow else [],
        "scrap_by_station": dict(flow.scrap_by_station) if flow else {},
        "objectives": dict(evaluation.objectives),
        "warmup": {"length_s": flow.warmup_s, "by": flow.warmup_by} if flow else None,
        "replications": flow.replications if flow else None,
        "warnings": list(flow.warnings) if flow else [],
        "layout": layout_to_mapping(evaluation.layout, scenario),
    }
    return {name: finite(value) for name, value in data.items()}


def comparison_to_json(
    evaluations: Mapping[str, Evaluation], scenarios: Mapping[str, Scenario], differences: Sequence[Difference]
) -> dict[str, Any]:
    """Evaluations by name, and their paired differences, as JSON-ready data."""
    return {
        "results": {name: evaluation_to_json(found, scenarios[name]) for name, found in evaluations.items()},
        "differences": [finite(asdict(d)) for d in differences],
    }


def finite(data: Any) -> Any:
    """The same data for JSON, which has no infinity: what has no number, or no interval, is null."""
    if isinstance(data, dict):
        return {key: finite(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [finite(value) for value in data]
    return None if isinstance(data, float) and not math.isfinite(data) else data


def _estimate(estimate: Estimate | None) -> dict[str, float | int] | None:
    return None if estimate is None else asdict(estimate)
