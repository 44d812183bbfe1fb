"""layout limits: how fast belts, arms and vehicles may go with each product, by rigid-body physics."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

if TYPE_CHECKING:
    from layout.model.line import Line
    from layout.model.results import Violation
    from layout.rollout.limits import Limit


def limits(
    file: Annotated[Path, typer.Argument(help="Scenario file, or a run folder.")],
    layout: Annotated[Optional[Path], typer.Argument(help="Layout file (default: the scenario's start).")] = None,  # noqa: UP045
    only: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            help="A belt, arm or fleet, or a product, to look at; can be given several times.", metavar="NAME"
        ),
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.")] = False,
) -> int:
    """Find how fast each belt, arm and vehicle may go before a part slips, tips, jams or is dropped, and what happens
    then. Exit code 1 if something is too fast already, or the layout is infeasible."""
    import json

    from layout import motion
    from layout.cli.inputs import scenario_and_layout
    from layout.model.realise import realise
    from layout.rollout import limits as found

    scenario, candidate = scenario_and_layout(file, layout)
    line = realise(scenario, candidate)
    subjects = _chosen(found.subjects(line), only or [])
    violations = _violations(line)
    made: list[Limit] = []
    if not violations:
        made = _followed(found.limits(line, motion.plan(line), subjects), subjects, quiet=json_)
    if json_:
        typer.echo(json.dumps(_as_data(line.name, made, violations), indent=2))
    else:
        _print(line.name, made, violations)
    return 1 if violations or any(limit.broken for limit in made) else 0


def _chosen(subjects: list[tuple[str, str]], only: list[str]) -> list[tuple[str, str]]:
    """Those that are meant. Raises ScenarioError for a name that none of them has."""
    from layout.errors import Problem, ScenarioError
    from layout.files.yaml import did_you_mean

    known = list(dict.fromkeys(name for pair in subjects for name in pair))
    unknown = [name for name in only if name not in known]
    if unknown:
        what = "carries nothing, and is nothing that is carried by a belt, an arm or a vehicle"
        raise ScenarioError(
            [Problem(what, "--only", value=name, hint=did_you_mean(name, known, "there are")) for name in unknown]
        )
    carriers = [name for name in only if any(name == pair[0] for pair in subjects)]
    products = [name for name in only if name not in carriers]
    return [
        (carrier, product)
        for carrier, product in subjects
        if (not carriers or carrier in carriers) and (not products or product in products)
    ]


def _violations(line: Line) -> tuple[Violation, ...]:
    from layout import feasibility
    from layout.scene import Scene

    with Scene() as scene:
        return feasibility.check(line, scene)


def _followed(found: Any, subjects: list[tuple[str, str]], *, quiet: bool) -> list[Limit]:
    """All of them, with a bar on the terminal while they are found."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from layout.cli.console import Terminal

    console = Terminal(stderr=True)
    off = quiet or not console.is_terminal
    columns = (BarColumn(bar_width=14), MofNCompleteColumn(), TextColumn("{task.description}"))
    made = []
    with Progress(*columns, console=console, transient=True, disable=off) as progress:
        task = progress.add_task("", total=len(subjects))
        for carrier, product in subjects:
            progress.update(task, description=f"{product} on {carrier}")
            made.append(next(found))
            progress.advance(task)
    return made


def _as_data(name: str, made: list[Limit], violations: tuple[Violation, ...]) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "scenario": name,
        "violations": [asdict(violation) for violation in violations],
        "limits": [{**asdict(limit), "margin": limit.margin, "too_fast": limit.broken} for limit in made],
    }


def _print(name: str, made: list[Limit], violations: tuple[Violation, ...]) -> None:
    from rich.table import Table

    from layout.cli.console import Terminal

    console = Terminal()
    console.print(name, style="bold", soft_wrap=True)
    if violations:
        for number, violation in enumerate(violations, start=1):
            console.print(f"{number}  {violation}", style="yellow", soft_wrap=True)
        console.print("the layout is infeasible, so there is nothing to run", style="yellow", soft_wrap=True)
        return
    console.print("the highest value at which nothing goes wrong among rigid bodies", style="dim", soft_wrap=True)
    console.print()
    table = Table(box=None, pad_edge=False, header_style="dim")
    for i, column in enumerate(("", "with", "now", "limit", "margin", "what happens above it")):
        table.add_column(column, justify="right" if 2 <= i <= 4 else "left", no_wrap=i < 5, overflow="fold")
    for limit in made:
        style = "red" if limit.broken else None
        table.add_row(limit.resource, limit.product, _figure(limit, limit.now), *_found(limit), style=style)
    console.print(table)
    fast = sum(limit.broken for limit in made)
    if fast:
        console.print(f"{fast} of {len(made)} too fast already", style="red", soft_wrap=True)


def _figure(limit: Limit, value: float) -> str:
    from layout.report import words

    if not limit.unit:  # a share of full speed
        return f"{100 * value:.0f} %"
    return words.plain(value, words.Unit(1, f" {words.pretty_unit(limit.unit)}"))


def _found(limit: Limit) -> tuple[str, str, str]:
    """The limit, the margin, and what happens above the limit."""
    from layout.report import words

    more = limit.beyond is None and bool(limit.unit)  # an arm has no speed above its full one
    if limit.incident is None or limit.beyond is None:
        top = _figure(limit, limit.top)
        told = f"nothing up to {top}" if more else "held and followed at full speed"
    else:
        told = f"{limit.incident.kind} at {_figure(limit, limit.beyond)}: {limit.incident.cause}"
        if limit.formula is not None:
            told += f" (by formula: {_figure(limit, limit.formula)})"
    if limit.limit is None:
        return "none", words.NONE, told
    sign = "> " if more else ""
    margin = f"{'+' if limit.margin >= 0 else '−'}{100 * abs(limit.margin):.0f} %"
    return f"{sign}{_figure(limit, limit.limit)}", f"{sign}{margin}", told
