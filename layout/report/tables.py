"""Tables for the terminal. The same figures as on the page, in the same words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from layout.model.evaluation import Evaluation
from layout.model.results import Violation
from layout.report import canvas, words
from layout.report.canvas import ACTIVE_STATES
from layout.report.kpis import advice, figures
from layout.report.measures import comparison
from layout.report.outcome import Outcome, outcome_from_json, outcome_of

Found = Evaluation | Outcome | Mapping[str, Any]
BAR = 24
NARROW_BAR = 12
# Terminals narrower than this get the narrow bar, so that the words beside it stay on their line.
WIDE = 100
_COLOURS = {
    "working": "blue", "moving_loaded": "blue", "moving": "blue", "handling": "bright_blue", "moving_empty": "cyan",
    "setup": "magenta", "charging": "green", "blocked": "yellow", "down": "red",
    "starved": "bright_black", "waiting": "bright_black", "empty": "bright_black",
    "off_shift": "bright_black", "unattended": "green",
}  # fmt: skip
# Each state has its own letter-like mark too, so that the bars read without colour.
_MARKS = {
    "working": "█", "moving_loaded": "█", "moving": "█", "empty": "·", "handling": "▓", "moving_empty": "▒",
    "setup": "s", "charging": "c", "blocked": "b", "down": "x", "starved": "·", "waiting": "·", "off_shift": " ",
    "unattended": "p",
}  # fmt: skip


def evaluation_tables(found: Found) -> list[RenderableType]:
    """One layout for the terminal: what it makes, who limits it, and what stands in the way.

    found : an Evaluation, or the data of `layout evaluate --json`
    """
    outcome = _outcome(found)
    tables: list[RenderableType] = [figures(outcome)]
    if outcome.resources:
        tables.append(resources_table(outcome))
    if outcome.bottleneck:
        tables.append(advice(outcome))
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


class _Fitted:
    """A renderable made for the width that there is."""

    def __init__(self, make: Callable[[int], RenderableType]) -> None:
        self._make = make

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield self._make(options.max_width)


def resources_table(outcome: Outcome) -> RenderableType:
    """What each resource does with its time: a bar, the share it is busy, and the rest in words."""
    return _Fitted(lambda width: _resources(outcome, width))


def _resources(outcome: Outcome, width: int) -> RenderableType:
    bar = BAR if width >= WIDE else NARROW_BAR
    names = {name: name + (" ◂ bottleneck" if name == outcome.bottleneck else "") for name in outcome.resources}
    beside = max(
        width - max(map(len, names.values()), default=0) - bar - len("100 %") - (20 if outcome.effectiveness else 12),
        16,
    )
    table = _table()
    table.add_column("resource")
    table.add_column("time", no_wrap=True)
    table.add_column("busy", justify="right", no_wrap=True)
    rated = bool(outcome.effectiveness)
    if rated:
        table.add_column("OEE", justify="right", no_wrap=True)
    table.add_column("", style="dim")
    for name, states in outcome.resources.items():
        oee = outcome.effectiveness[name].oee.mean if name in outcome.effectiveness else None
        table.add_row(
            Text(names[name], "bold" if name == outcome.bottleneck else ""),
            state_bar(states, bar),
            words.percent(outcome.busy(name)),
            *(("" if oee is None else words.percent(oee),) if rated else ()),
            Text(_joined([_share(state, states[state]) for state in _worth_saying(states)], ", ", beside)),
        )
    seen = canvas.state_order({state for states in outcome.resources.values() for state in _shown(states)})
    alike: dict[str, list[str]] = {}
    for state in seen:
        alike.setdefault(_MARKS.get(state, "?"), []).append(canvas.state_word(state))
    marks = [f"{mark} {', '.join(meanings)}" for mark, meanings in alike.items() if mark.strip()]
    return Group(table, Padding(Text(_joined(marks, "   ", width - 1), "dim"), (0, 0, 1, 1)))


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


def violations_table(violations: Sequence[Violation]) -> RenderableType:
    """What stands in the way of a layout."""
    table = _table()
    table.add_column("violated", style="red")
    table.add_column("who")
    table.add_column("by", justify="right", no_wrap=True)
    why = any(violation.reason for violation in violations)
    if why:
        table.add_column("why", style="dim")
    for violation in violations:
        who, reason = Text(", ".join(violation.subjects)), (Text(violation.reason),) if why else ()
        table.add_row(words.rule(violation), who, words.amount(violation), *reason)
    rules = {violation.rule: words.rule(violation) for violation in violations if violation.rule in words.MEANINGS}
    meanings = Text("\n".join(f"{name}: {words.MEANINGS[rule]}" for rule, name in rules.items()), "dim")
    return Group(table, Padding(meanings, (0, 0, 1, 1))) if rules else table


def _table(show_header: bool = True) -> Table:
    return Table(box=box.SIMPLE_HEAD, pad_edge=False, show_header=show_header)


def _shown(states: Mapping[str, float]) -> list[str]:
    return [state for state in canvas.state_order(states) if states[state] >= 0.005]


def _worth_saying(states: Mapping[str, float]) -> list[str]:
    """States to put in words: those that the share of busy time does not say already."""
    active = [state for state in states if state in ACTIVE_STATES and states[state] >= 0.005]
    return [state for state in _shown(states) if len(active) != 1 or state not in active]


def _share(state: str, share: float) -> str:
    """'blocked 31 %'; what the word means stands below the table."""
    return f"{canvas.state_word(state).split(' (')[0]} {words.percent(share)}"


def _joined(items: Sequence[str], between: str, width: int) -> str:
    """Items on lines of at most `width`; no line ends inside an item (rich breaks at no-break spaces, too)."""
    lines: list[str] = []
    for item in items:
        if lines and len(lines[-1]) + len(between) + len(item) <= width:
            lines[-1] += between + item
        else:
            lines.append(item)
    return f"{between.rstrip()}\n".join(lines)
