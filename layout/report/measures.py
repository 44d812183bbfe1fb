"""What a report says of a layout, measure by measure: words, units, which way is better."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from layout.model.results import Estimate
from layout.report import words
from layout.report.outcome import Outcome
from layout.report.words import Unit


@dataclass(frozen=True)
class Measure:
    """A measure for people. unit : from the size of its values (SI) to the unit they are shown in."""

    words: str
    note: str
    unit: Callable[[float], Unit]
    more_is_better: bool


MEASURES: dict[str, Measure] = {
    "throughput": Measure("throughput", "good parts per hour", lambda _: Unit(1, " /h"), True),
    "lead_time": Measure("lead time", "from entering to leaving the line", words.time_unit, False),
    "wip": Measure("parts in the line", "work in progress, time average", lambda _: Unit(1, ""), False),
    "handling_distance": Measure(
        "handling per part", "distance travelled for each good part", lambda _: Unit(1, " m"), False
    ),
    "handling_effort": Measure(
        "handling effort", "trips of the direct transports x distance", lambda _: Unit(1, " m/h"), False
    ),
    "floor_area": Measure("floor area", "of the box around everything", lambda _: Unit(1, " m²"), False),
    "energy": Measure("energy per part", "of all resources, for each good part", words.energy_unit, False),
    "scrap": Measure("scrap", "parts thrown away", lambda _: Unit(1, " /h"), False),
    "on_time": Measure("on time", "of the parts with a due time that left", lambda _: Unit(100, " %"), True),
    "investment": Measure("investment", "price of all that stands there", lambda _: Unit(1, ""), False),
    "tardiness": Measure("overdue", "mean, 0 for a part in time", words.time_unit, False),
}


def value_of(outcome: Outcome | None, measure: str) -> Estimate | None:
    """A measure's estimate; an exact figure has n = 0 and no interval."""
    if outcome is None:
        return None
    simulated = {
        "throughput": outcome.throughput_per_h, "lead_time": outcome.lead_time_s, "wip": outcome.wip,
        "energy": outcome.energy_kwh_per_part, "on_time": outcome.on_time, "tardiness": outcome.tardiness_s,
        "scrap": outcome.scrap_per_h if "scrap" in outcome.objectives else None,
    }.get(measure)  # fmt: skip
    if simulated is not None:
        return simulated
    exact = outcome.objectives.get(measure)
    return Estimate(exact, 0.0, 0.0, 0) if exact is not None else None


@dataclass(frozen=True)
class Row:
    """One line of a comparison: measure, its note, start and best as text, the change, and how to read it.

    verdict : better, worse, or empty where there is nothing to compare or the difference is within the intervals
    """

    words: str
    note: str
    start: str
    best: str
    change: str
    verdict: str


def comparison(start: Outcome | None, best: Outcome) -> list[Row]:
    """Start against best, for all that is known of either; the ceiling under the throughput."""
    per_h = Unit(1, " /h")
    rows: list[Row] = []
    for name, shown in MEASURES.items():
        before, after = value_of(start, name), value_of(best, name)
        if before is not None or after is not None:
            unit = shown.unit(max(abs(e.mean) for e in (before, after) if e is not None))
            rows.append(
                Row(shown.words, shown.note, text(before, unit), text(after, unit), *_changed(before, after, shown))
            )
        if name == "throughput":
            rows += _assumed(start, best)
            rows += _by_product(start, best, shown)
            for called, note, (old, new) in ceilings((start, best)):
                said = words.plain(old, per_h, 4), words.plain(new, per_h, 4)
                rows.append(Row(called, note, *said, words.change(old, new), ""))
    return rows


def ceilings(outcomes: Sequence[Outcome | None]) -> list[tuple[str, str, list[float | None]]]:
    """Rows of what theory says of each layout (per hour): what it is, in words, a note, and the figures.

    The exact throughput where every layout has one; else upper bounds, and the exact figures of those that have one.
    """
    found = [outcome for outcome in outcomes if outcome is not None]
    bounds = [outcome.bound_per_h if outcome is not None else None for outcome in outcomes]
    exact = [outcome.exact_per_h if outcome is not None else None for outcome in outcomes]
    rows = []
    if any(outcome.exact_per_h is None for outcome in found) and any(bounds):
        rows.append(("ceiling", "analytic upper bound of that layout: nothing waits, nothing blocks", bounds))
    if any(per_h is not None for per_h in exact):
        rows.append(("ceiling (exact)", "throughput in the long run, solved without simulation", exact))
    return rows


def _assumed(start: Outcome | None, best: Outcome) -> list[Row]:
    """Throughput before the flow simulation learnt from a physical run, where that changed anything."""
    before, after = (outcome.assumed_per_h if outcome is not None else None for outcome in (start, best))
    if before is None and after is None:
        return []
    before = before or value_of(start, "throughput")
    after = after or value_of(best, "throughput")
    shown = MEASURES["throughput"]
    unit = shown.unit(1.0)
    note = "before the flow simulation learnt from the run among rigid bodies"
    return [Row("as assumed", note, text(before, unit), text(after, unit), *_changed(before, after, shown))]


def _by_product(start: Outcome | None, best: Outcome, shown: Measure) -> list[Row]:
    """Throughput of each product, where there are several."""
    before = start.by_product if start is not None else {}
    names = list(dict.fromkeys([*best.by_product, *before]))
    unit = shown.unit(1.0)
    return [
        Row(
            f"of {name}",
            "",
            words.estimate(before.get(name), unit),
            words.estimate(best.by_product.get(name), unit),
            *_changed(before.get(name), best.by_product.get(name), shown),
        )
        for name in (names if len(names) > 1 else ())
    ]


def text(found: Estimate | None, unit: Unit) -> str:
    """An estimate with its interval, or an exact figure without."""
    if found is None:
        return words.NONE
    return words.estimate(found, unit) if found.n else words.plain(found.mean, unit, 3)


def significant(before: Estimate, after: Estimate) -> bool:
    """Whether two estimates differ by more than their intervals together explain (independent, root of squares)."""
    return abs(after.mean - before.mean) > math.hypot(before.half_width, after.half_width)


def _changed(before: Estimate | None, after: Estimate | None, shown: Measure) -> tuple[str, str]:
    if before is None or after is None:
        return "", ""
    changed = words.change(before.mean, after.mean)
    if before.mean == after.mean or not significant(before, after):
        return changed, ""
    return changed, "better" if (after.mean > before.mean) == shown.more_is_better else "worse"
