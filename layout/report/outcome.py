"""One layout's outcome as a report needs it: from an Evaluation, or from what a run folder says of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from layout.model.results import Estimate, Evaluation, FlowMove, Violation
from layout.report.canvas import ACTIVE_STATES


@dataclass(frozen=True)
class Outcome:
    """What is known of a layout. Estimates are None and mappings empty where it was not simulated.

    resources : name -> state -> share of time
    objectives : measure -> value (SI)
    layout : subject -> field -> value, as layout files write them
    """

    feasible: bool
    violations: tuple[Violation, ...] = ()
    bound_per_h: float | None = None
    throughput_per_h: Estimate | None = None
    by_product: Mapping[str, Estimate] = field(default_factory=dict)
    lead_time_s: Estimate | None = None
    wip: Estimate | None = None
    resources: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    bottleneck: str = ""
    moves: tuple[FlowMove, ...] = ()
    objectives: Mapping[str, float] = field(default_factory=dict)
    layout: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def handling_distance_m(self) -> float | None:
        """Metres travelled by parts for each good part."""
        return self.objectives.get("handling_distance")

    @property
    def floor_area_m2(self) -> float | None:
        """Area of the box around everything."""
        return self.objectives.get("floor_area")

    def busy(self, resource: str) -> float:
        """Share of time that a resource is active."""
        return sum(share for state, share in self.resources.get(resource, {}).items() if state in ACTIVE_STATES)


def outcome_of(evaluation: Evaluation) -> Outcome:
    """An evaluation's outcome, its layout left out (values are in radians there, in degrees in files)."""
    flow = evaluation.flow
    known: dict[str, Any] = {}
    if flow is not None:
        known = {
            "throughput_per_h": flow.throughput_per_h,
            "by_product": flow.by_product,
            "lead_time_s": flow.lead_time_s,
            "wip": flow.wip,
            "resources": flow.resources,
            "bottleneck": flow.bottleneck,
            "moves": flow.moves,
        }
    return Outcome(
        feasible=evaluation.feasible,
        violations=evaluation.violations,
        bound_per_h=_finite(evaluation.bound_per_h),
        objectives={name: value for name, value in evaluation.objectives.items() if math.isfinite(value)},
        **known,
    )


def outcome_from_json(data: Mapping[str, Any]) -> Outcome:
    """The outcome in the data of `layout evaluate --json`; ValueError, KeyError or TypeError where it is none."""
    objectives = {name: _finite(value) for name, value in (data.get("objectives") or {}).items()}
    return Outcome(
        feasible=bool(data["feasible"]),
        violations=tuple(
            Violation(
                rule=str(v["rule"]),
                subjects=tuple(map(str, v["subjects"])),
                amount=float(v["amount"]),
                unit=str(v["unit"]),
                reason=str(v.get("reason") or ""),
            )
            for v in data.get("violations") or ()
        ),
        bound_per_h=_finite(data.get("bound_per_h")),
        throughput_per_h=_estimate(data.get("throughput_per_h")),
        by_product={n: e for n, v in (data.get("by_product") or {}).items() if (e := _estimate(v)) is not None},
        lead_time_s=_estimate(data.get("lead_time_s")),
        wip=_estimate(data.get("wip")),
        resources={
            str(name): {str(state): float(share) for state, share in states.items()}
            for name, states in (data.get("resources") or {}).items()
        },
        bottleneck=str(data.get("bottleneck") or ""),
        moves=tuple(
            FlowMove(str(m["transport"]), str(m["origin"]), str(m["target"]), float(m["per_h"]), float(m["length_m"]))
            for m in data.get("moves") or ()
        ),
        objectives={name: value for name, value in objectives.items() if value is not None},
        layout={
            str(s): dict(fields) for s, fields in (data.get("layout") or {}).items() if isinstance(fields, Mapping)
        },
    )


def _estimate(data: Any) -> Estimate | None:
    if data is None or _finite(data["mean"]) is None:
        return None
    return Estimate(float(data["mean"]), float(data["half_width"]), float(data["level"]), int(data["n"]))


def _finite(value: Any) -> float | None:
    if value is None:
        return None
    number = float(value)
    return number if math.isfinite(number) else None
