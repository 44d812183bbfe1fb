"""Evaluations as plain data: what `layout evaluate --json` prints and run folders hold."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from layout.files.layouts import layout_to_mapping
from layout.model.results import Estimate, Evaluation
from layout.model.scenario import Scenario


def evaluation_to_json(evaluation: Evaluation, scenario: Scenario) -> dict[str, Any]:
    """The evaluation as JSON-ready data. The same file and seed give the same data; times spent are left out."""
    flow = evaluation.flow
    return {
        "scenario": scenario.name,
        "feasible": evaluation.feasible,
        "violations": [
            {"rule": v.rule, "subjects": list(v.subjects), "amount": v.amount, "unit": v.unit, "reason": v.reason}
            for v in evaluation.violations
        ],
        "bound_per_h": evaluation.bound_per_h,
        "throughput_per_h": _estimate(flow.throughput_per_h) if flow else None,
        "by_product": {name: _estimate(e) for name, e in flow.by_product.items()} if flow else {},
        "lead_time_s": _estimate(flow.lead_time_s) if flow else None,
        "wip": _estimate(flow.wip) if flow else None,
        "resources": {name: dict(states) for name, states in flow.resources.items()} if flow else {},
        "bottleneck": flow.bottleneck if flow else None,
        "moves": [asdict(move) for move in flow.moves] if flow else [],
        "objectives": dict(evaluation.objectives),
        "layout": layout_to_mapping(evaluation.layout, scenario),
    }


def _estimate(estimate: Estimate) -> dict[str, float | int]:
    return asdict(estimate)
