"""layout bound: the most that a line could make, what limits it, and the analytic figures that apply."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

if TYPE_CHECKING:
    from layout.pipeline import Limits


def bound(
    file: Annotated[Path, typer.Argument(help="Scenario file, or a run folder.")],
    layout: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Layout file (default: the scenario's start; without one, machine times alone)."),
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.")] = False,
) -> int:
    """Say what limits a line without simulating it: its ceiling, what one percent more of what would bring, and the
    exact or approximate figure where one applies. The layout need not be feasible."""
    import json

    from layout.cli.inputs import scenario_and_layout
    from layout.files.scenario import load_scenario
    from layout.pipeline import Evaluator

    candidate = None
    if layout is not None or file.is_dir():
        scenario, candidate = scenario_and_layout(file, layout)
    else:
        scenario = load_scenario(file)
        if scenario.start is not None or not scenario.variables:
            scenario, candidate = scenario_and_layout(file, None)
    with Evaluator(scenario) as evaluator:
        found = evaluator.limits(candidate)
    if json_:
        typer.echo(json.dumps(_as_data(scenario.name, found), indent=2))
        return 0
    from layout.cli.console import Terminal

    _print(scenario.name, found, Terminal())
    return 0


def _as_data(name: str, found: Limits) -> dict[str, Any]:
    from dataclasses import asdict

    from layout.files.results import finite

    figure = found.analysis.figure
    data = {
        "scenario": name,
        "moves": found.moves,
        "rules_broken": len(found.violations),
        "bound_per_h": found.ceiling.per_h,
        "limits": [asdict(limit) for limit in found.ceiling.limits],
        "analytic": asdict(figure) if figure is not None else None,
        "no_analytic_because": found.analysis.reason or None,
    }
    return {name: finite(value) for name, value in data.items()}


_MOVES = {
    "planned": "moves as planned for this layout",
    "straight lines": "moves on straight lines: the layout breaks rules",
    "none": "no layout: all machines that may be bought, by their times alone",
}


def _print(name: str, found: Limits, console: Any) -> None:
    from math import isfinite

    from rich.table import Table

    from layout.report import words
    from layout.report.words import Unit

    per_h = Unit(1, " /h")

    def table(*columns: str) -> Table:
        made = Table(box=None, pad_edge=False, header_style="dim")
        for i, column in enumerate(columns):
            made.add_column(column, justify="right" if 0 < i < 3 and column != "how" else "left", no_wrap=i < 3)
        return made

    console.print(name, style="bold", soft_wrap=True)
    console.print(_MOVES[found.moves], style="dim", soft_wrap=True)
    console.print()
    figures = table("", "good parts", "how")
    figure, most = found.analysis.figure, found.ceiling.per_h
    shown = words.plain(most, per_h, 4) if isfinite(most) else "no limit"
    figures.add_row("ceiling", shown, "linear programme, always true")
    if figure is not None:
        kind = "exact" if figure.exact else "approximate"
        figures.add_row(kind, words.plain(figure.per_h, per_h, 4), f"{figure.method} ({figure.source})")
    console.print(figures)
    if figure is None:
        console.print(f"no exact figure: {found.analysis.reason}", style="dim", soft_wrap=True)
    elif figure.lead_time_s is not None and isfinite(figure.lead_time_s):
        unit = words.time_unit(figure.lead_time_s)
        console.print(f"time in the line {words.plain(figure.lead_time_s, unit, 4)} on average", soft_wrap=True)
    if not found.ceiling.limits:
        return
    console.print()
    limits = table("the ceiling hangs on", "share", "1 % more of it", "what")
    for limit in found.ceiling.limits:
        rise = f"+{words.significant(limit.rise_per_h)} /h" if limit.rise_per_h > 0 else "nothing alone"
        limits.add_row(limit.resource, words.percent(limit.part), rise, limit.what)
    console.print(limits)
