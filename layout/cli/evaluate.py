"""layout evaluate: one layout's figures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer


def evaluate(
    file: Annotated[Path, typer.Argument(help="Scenario file, or a run folder.")],
    layout: Annotated[Optional[Path], typer.Argument(help="Layout file (default: the scenario's start).")] = None,  # noqa: UP045
    json_: Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.")] = False,
    seed: Annotated[Optional[int], typer.Option(help="Seed of the simulation.", min=0)] = None,  # noqa: UP045
    replications: Annotated[Optional[int], typer.Option(help="Simulated shifts.", min=1)] = None,  # noqa: UP045
    trace: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            help="Event log of the first shift: .csv a table, .json OCEL 2.0, no suffix both.", metavar="FILE"
        ),
    ] = None,
    gantt: Annotated[Optional[Path], typer.Option(help="PNG or SVG: Gantt chart of an hour.", metavar="FILE")] = None,  # noqa: UP045
    hour: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(help="Which hour, 1 being the first (default: the first whole one after the warm-up).", min=1),
    ] = None,
) -> int:
    """Simulate one layout: throughput, bound, lead time, resource states. Exit code 1 if it is infeasible."""
    import json

    from layout.cli.inputs import scenario_and_layout
    from layout.cli.traces import writer
    from layout.files.results import evaluation_to_json
    from layout.pipeline import Evaluator

    scenario, candidate = scenario_and_layout(file, layout)
    write = writer(scenario, trace, gantt, hour)
    with Evaluator(scenario) as evaluator:
        evaluation = evaluator(candidate, seed=seed, replications=replications)
        evaluation = evaluator.with_exact(evaluator.with_gains(evaluation, seed=seed))
    written = write(evaluation, seed)
    if json_:
        typer.echo(json.dumps(evaluation_to_json(evaluation, scenario), indent=2))
    else:
        from layout.cli.console import Terminal
        from layout.report.tables import evaluation_tables

        Terminal().print(*evaluation_tables(evaluation_to_json(evaluation, scenario)), sep="\n")
    if (trace or gantt) and not written:
        typer.echo("not simulated, so there is no event log and no chart", err=True)
    for path in written:
        typer.echo(str(path), err=json_)
    return 0 if evaluation.feasible else 1
