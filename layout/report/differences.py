"""Several layouts side by side on the terminal: paired differences, and which of them are real."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from layout.model.evaluation import Evaluation
from layout.model.results import Difference
from layout.report import words
from layout.report.measures import MEASURES, ceilings, text, value_of
from layout.report.outcome import Outcome, outcome_of
from layout.report.tables import violations_table
from layout.report.words import Unit

PER_H = Unit(1, " /h")


def difference_tables(found: Mapping[str, Evaluation], differences: Sequence[Difference]) -> list[RenderableType]:
    """All of them against the first, measure by measure; then what can be said of their throughput, pair by pair."""
    outcomes = {name: outcome_of(evaluation) for name, evaluation in found.items()}
    tables: list[RenderableType] = [_measures(outcomes, differences)]
    verdicts = [_verdict(d) for d in differences if d.measure == "throughput"]
    if verdicts:
        tables.append(Padding(Group(*verdicts, _note(outcomes, differences)), (0, 0, 1, 0)))
    for name, outcome in outcomes.items():
        if outcome.violations:
            tables += [Text(f"{name}: not feasible", "bold red"), violations_table(outcome.violations)]
    return tables


def _measures(outcomes: Mapping[str, Outcome], differences: Sequence[Difference]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("")
    for name in outcomes:
        table.add_column(Text(name), justify="right")
    first = next(iter(outcomes))
    paired = {(d.measure, d.second): d for d in differences if d.first == first}
    for measure, shown in MEASURES.items():
        values = {name: value_of(outcome, measure) for name, outcome in outcomes.items()}
        known = [abs(found.mean) for found in values.values() if found is not None]
        if not known:
            continue
        unit = shown.unit(max(known))
        row = [Text(text(values[first], unit))]
        for name in [*outcomes][1:]:
            cell = Text(text(values[name], unit))
            difference = paired.get((measure, name))
            if difference is not None:
                cell.append(f"\n{_signed(difference, unit)}", _style(difference, shown.more_is_better))
            row.append(cell)
        table.add_row(shown.words, *row)
    for called, _, each in ceilings(list(outcomes.values())):
        table.add_row(called, *(words.plain(per_h, PER_H, 4) for per_h in each), style="dim")
    table.add_row("bottleneck", *(Text(outcome.bottleneck or words.NONE) for outcome in outcomes.values()))
    return table


def _signed(found: Difference, unit: Unit) -> str:
    """'+12.8 ± 0.4 /h', or '≈' before what may be chance."""
    shown = words.estimate(found.difference, unit)
    if not math.isfinite(found.difference.mean):
        return ""
    sign = "+" if found.difference.mean >= 0 else ""
    return f"{sign}{shown}" if found.real else f"≈ ({sign}{shown})"


def _style(found: Difference, more_is_better: bool) -> str:
    if not found.real:
        return "dim"
    return "green" if (found.difference.mean > 0) == more_is_better else "red"


def _verdict(found: Difference) -> Text:
    mean, half = found.difference.mean, found.difference.half_width
    if not found.real:
        within = f" (within {words.significant(half + abs(mean), 2)} /h)" if math.isfinite(half) else ""
        return Text(f"{found.first} and {found.second} make equally much, as far as the simulation can tell{within}.")
    more, less = (found.second, found.first) if mean > 0 else (found.first, found.second)
    size = f"{words.number(abs(mean), words.decimals(half, mean))} ± {words.number(half, words.decimals(half, mean))}"
    return Text.assemble((more, "bold"), f" makes {size} good parts per hour more than {less}: a real difference.")


def _note(outcomes: Mapping[str, Outcome], differences: Sequence[Difference]) -> Text:
    """How sure, and what pairing the runs has saved."""
    made = next(outcome.throughput_per_h for outcome in outcomes.values() if outcome.throughput_per_h is not None)
    of = [d for d in differences if d.measure == "throughput"]
    said = f"differences of pairs with the same chances, {100 * made.level:.4g} % intervals from {made.n} replications"
    if len(of) > 1:
        said += f", widened to hold for all {len(of)} pairs at once"
    saved = [d.variance_reduction for d in of if math.isfinite(d.variance_reduction)]
    if saved and min(saved) > 0.05:
        said += f"; the same chances took {words.percent(min(saved))} of the noise away"
    return Text(said, "dim")
