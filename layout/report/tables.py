"""Tables for the terminal. The same figures as on the page, in the same words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from layout.model.results import Evaluation, Violation
from layout.report import canvas, words
from layout.report.measures import MEASURES, comparison, text, value_of
from layout.report.outcome import Outcome, outcome_from_json, outcome_of
from layout.report.words import Unit

Found = Evaluation | Outcome | Mapping[str, Any]
BAR = 24
_COLOURS = {
    "working": "blue", "moving_loaded": "blue", "moving": "blue", "handling": "bright_blue", "moving_empty": "cyan",
    "setup": "magenta", "blocked": "yellow", "down": "red",
    "starved": "bright_black", "waiting": "bright_black", "empty": "bright_black",
    "off_shift": "bright_black",
}  # fmt: skip
# Each state has its own letter-like mark too, so that the bars read without colour.
_MARKS = {
    "working": "█", "moving_loaded": "█", "moving": "█", "empty": "·", "handling": "▓", "moving_empty": "▒",
    "setup": "s", "blocked": "b", "down": "x", "starved": "·", "waiting": "·", "off_shift": " ",
}  # fmt: skip


def evaluation_tables(found: Found) -> list[RenderableType]:
    """One layout for the terminal: what it makes, who limits it, and what stands in the way.

    found : an Evaluation, or the data of `layout evaluate --json`
    """
    outcome = _outcome(found)
    tables: list[RenderableType] = [_figures(outcome)]
    if outcome.resources:
        tables.append(resources_table(outcome))
    if outcome.violations:
        tables.append(violations_table(outcome.violations))
    return tables


def comparison_table(start: Found | None, best: Found) -> Table:
    """Start against best, measure by measure, with the change in %."""
    table = _table()
    table.add_column("")
    for head in ("start", "best", "change"):
        table.add_column(head, justify="right")
    for row in comparison(_outcome(start) if start is not None else None, _outcome(best)):
        style = {"better": "green", "worse": "red"}.get(row.verdict, "")
        table.add_row(row.words, row.start, Text(row.best, "bold"), Text(row.change, style))
    return table


def _outcome(found: Found) -> Outcome:
    if isinstance(found, Outcome):
        return found
    return outcome_of(found) if isinstance(found, Evaluation) else outcome_from_json(found)


def resources_table(outcome: Outcome) -> Table:
    """What each resource does with its time: a bar, and its shares."""
    table = _table()
    table.add_column("resource")
    table.add_column("time", no_wrap=True)
    table.add_column("busy", justify="right")
    table.add_column("of which and else", style="dim")
    for name, states in outcome.resources.items():
        limits = name == outcome.bottleneck
        table.add_row(
            Text(name + (" ◂ bottleneck" if limits else ""), "bold" if limits else ""),
            state_bar(states),
            words.percent(outcome.busy(name)),
            Text(", ".join(f"{canvas.state_word(s)} {words.percent(states[s])}" for s in _worth_saying(states))),
        )
    return table


def state_bar(states: Mapping[str, float], width: int = BAR) -> Text:
    """State shares as a bar of `width` characters."""
    bar, done, total = Text(), 0, 0.0
    for state in canvas.state_order(states):
        total += states[state]
        end = min(round(total * width), width)
        bar.append(_MARKS.get(state, "?") * (end - done), _COLOURS.get(state, "white"))
        done = max(done, end)
    bar.append(" " * (width - done))
    return bar


def violations_table(violations: Sequence[Violation]) -> Table:
    """What stands in the way of a layout."""
    table = _table()
    table.add_column("violated", style="red")
    table.add_column("who")
    table.add_column("by", justify="right")
    for violation in violations:
        table.add_row(words.rule(violation), Text(", ".join(violation.subjects)), words.amount(violation))
    return table


def _figures(outcome: Outcome) -> Table:
    table = _table(show_header=False)
    table.add_column("")
    table.add_column("", justify="right")
    table.add_column("", style="dim")
    for name, shown in MEASURES.items():
        found = value_of(outcome, name)
        if found is not None:
            style = "bold" if name == "throughput" else ""
            note = shown.note
            if name == "throughput" and found.n:
                note += f"; {100 * found.level:.0f} % interval from {found.n} replications"
            table.add_row(shown.words, Text(text(found, shown.unit(found.mean)), style), note)
            for product, each in outcome.by_product.items() if name == "throughput" else ():
                if len(outcome.by_product) > 1:
                    table.add_row(Text(f"  {product}"), words.estimate(each, Unit(1, " /h")), "")
    if outcome.bound_per_h is not None:
        table.add_row("ceiling", words.plain(outcome.bound_per_h, Unit(1, " /h"), 4), "analytic upper bound")
    if not outcome.feasible:
        table.add_row(Text("not feasible", "bold red"), "", "")
    return table


def _table(show_header: bool = True) -> Table:
    return Table(box=box.SIMPLE_HEAD, pad_edge=False, show_header=show_header)


def _worth_saying(states: Mapping[str, float]) -> list[str]:
    return [state for state in canvas.state_order(states) if states[state] >= 0.005]
