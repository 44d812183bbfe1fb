"""One layout's outcome as a report needs it: from an Evaluation, or from what a run folder says of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from layout.model.evaluation import Evaluation
from layout.model.physical import Incident, Verdict
from layout.model.results import Effectiveness, Estimate, FlowMove, Gain, Violation
from layout.report.canvas import ACTIVE_STATES

_MORE = ("scrap_per_h", "rework_per_h", "energy_kwh_per_h", "energy_kwh_per_part", "on_time", "tardiness_s")
_EFFECTIVENESS = ("availability", "effectiveness", "quality", "oee")


@dataclass(frozen=True)
class Outcome:
    """What is known of a layout. Estimates are None and mappings empty where it was not simulated.

    resources : name -> state -> share of time
    quantiles_s : "5 %", "50 %", "95 %" -> quantile of the lead time
    gains : what a little more of each resource brings, the greatest first
    scrap_by_station : parts thrown away per hour, where there are any
    objectives : measure -> value (SI)
    layout : subject -> field -> value, as layout files write them
    verdict : what a short run among rigid bodies says of it, where there was one
    assumed_per_h : throughput before the flow simulation learnt from such a run, where that changed it
    """

    feasible: bool
    violations: tuple[Violation, ...] = ()
    bound_per_h: float | None = None
    exact_per_h: float | None = None
    throughput_per_h: Estimate | None = None
    by_product: Mapping[str, Estimate] = field(default_factory=dict)
    lead_time_s: Estimate | None = None
    wip: Estimate | None = None
    resources: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    bottleneck: str = ""
    moves: tuple[FlowMove, ...] = ()
    scrap_by_station: Mapping[str, float] = field(default_factory=dict)
    objectives: Mapping[str, float] = field(default_factory=dict)
    layout: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    quantiles_s: Mapping[str, Estimate] = field(default_factory=dict)
    scrap_per_h: Estimate | None = None
    rework_per_h: Estimate | None = None
    energy_kwh_per_h: Estimate | None = None
    energy_kwh_per_part: Estimate | None = None
    on_time: Estimate | None = None
    tardiness_s: Estimate | None = None
    effectiveness: Mapping[str, Effectiveness] = field(default_factory=dict)
    gains: tuple[Gain, ...] = ()
    replications: int | None = None
    warmup_s: float | None = None
    warmup_by: str = "given"
    warnings: tuple[str, ...] = ()
    verdict: Verdict | None = None
    assumed_per_h: Estimate | None = None

    @property
    def handling_distance_m(self) -> float | None:
        """Metres travelled by parts for each good part."""
        return self.objectives.get("handling_distance")

    @property
    def stands_still(self) -> bool:
        """Whether parts wait for one another for ever."""
        return any(violation.rule == "deadlock" for violation in self.violations)

    @property
    def ceiling_per_h(self) -> float | None:
        """The exact throughput in the long run where it is known, else the upper bound."""
        return self.bound_per_h if self.exact_per_h is None else self.exact_per_h

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
            "quantiles_s": {f"{100 * q:g} %": found for q, found in flow.lead_time_quantiles_s.items()},
            "effectiveness": flow.effectiveness,
            "replications": flow.replications,
            "warmup_s": flow.warmup_s,
            "warmup_by": flow.warmup_by,
            "warnings": flow.warnings,
            **{name: getattr(flow, name) for name in _MORE},
            "scrap_by_station": flow.scrap_by_station,
        }
    return Outcome(
        feasible=evaluation.feasible,
        violations=evaluation.violations,
        bound_per_h=_finite(evaluation.bound_per_h),
        exact_per_h=evaluation.exact_per_h,
        objectives={name: value for name, value in evaluation.objectives.items() if math.isfinite(value)},
        gains=evaluation.gains,
        verdict=evaluation.verdict,
        assumed_per_h=evaluation.assumed_per_h,
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
        exact_per_h=_finite(data.get("exact_per_h")),
        throughput_per_h=_estimate(data.get("throughput_per_h")),
        by_product=_estimates(data.get("by_product")),
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
        scrap_by_station={str(name): float(per_h) for name, per_h in (data.get("scrap_by_station") or {}).items()},
        objectives={name: value for name, value in objectives.items() if value is not None},
        quantiles_s=_estimates(data.get("lead_time_quantiles_s")),
        effectiveness={
            str(station): Effectiveness(**kinds)
            for station, found in (data.get("effectiveness") or {}).items()
            if len(kinds := _estimates(found)) == len(_EFFECTIVENESS)
        },
        gains=tuple(
            Gain(str(g["resource"]), float(g["step"]), found, "people" if g.get("of") == "people" else "speed")
            for g in data.get("gains") or ()
            if (found := _estimate(g["per_h"])) is not None
        ),
        warmup_s=_finite((data.get("warmup") or {}).get("length_s")),
        warmup_by=str((data.get("warmup") or {}).get("by", "given")),
        replications=data.get("replications"),
        warnings=tuple(map(str, data.get("warnings") or ())),
        **{name: _estimate(data.get(name)) for name in _MORE},
        verdict=_verdict(data.get("verdict")),
        assumed_per_h=_estimate(data.get("assumed_per_h")),
        layout={
            str(s): dict(fields) for s, fields in (data.get("layout") or {}).items() if isinstance(fields, Mapping)
        },
    )


def _verdict(data: Mapping[str, Any] | None) -> Verdict | None:
    if data is None:
        return None
    incidents = tuple(
        Incident(**{**found, "subjects": tuple(found["subjects"]), "at_m": tuple(found["at_m"])})
        for found in data["incidents"]
    )
    return Verdict(float(data["until_s"]), int(data["parts"]), incidents, str(data["reason"]))


def _estimates(data: Mapping[str, Any] | None) -> dict[str, Estimate]:
    return {str(name): found for name, value in (data or {}).items() if (found := _estimate(value)) is not None}


def _estimate(data: Any) -> Estimate | None:
    if data is None or _finite(data["mean"]) is None:
        return None
    half_width = math.inf if data["half_width"] is None else float(data["half_width"])
    return Estimate(float(data["mean"]), half_width, float(data["level"]), int(data["n"]))


def _finite(value: Any) -> float | None:
    if value is None:
        return None
    number = float(value)
    return number if math.isfinite(number) else None
