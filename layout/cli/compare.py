"""layout compare: what differs between scenarios or layouts, and which differences are real."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer


def compare(
    targets: Annotated[
        list[Path],
        typer.Argument(
            metavar="A B [C...]",
            help="Scenario files, run folders (their best layout), and layout files of the scenario before them. "
            "A run folder alone: its start and its best.",
        ),
    ],
    json_: Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.")] = False,
    seed: Annotated[Optional[int], typer.Option(help="Seed of all of them (default: the first's).", min=0)] = None,  # noqa: UP045
    replications: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(help="Simulated shifts of each (default: the first's).", min=2),
    ] = None,
) -> int:
    """Simulate scenarios or layouts with the same chances, and say which differences are real.

    Exit code 1 if one of them is infeasible.
    """
    import json

    from layout.cli.inputs import candidates
    from layout.files.results import comparison_to_json
    from layout.flow import compare as paired
    from layout.pipeline import Evaluator

    chosen = candidates(targets)
    first = next(iter(chosen.values()))[0].spec.time
    seed = first.seed if seed is None else seed
    replications = max(first.replications, 2) if replications is None else replications
    found = {}
    for name, (scenario, layout) in chosen.items():
        with Evaluator(scenario) as evaluator:
            found[name] = evaluator.with_exact(evaluator(layout, seed=seed, replications=replications))
    flows = {name: evaluation.flow for name, evaluation in found.items() if evaluation.flow is not None}
    differences = paired(flows, level=first.level) if len(flows) > 1 else ()
    if json_:
        scenarios = {name: scenario for name, (scenario, _) in chosen.items()}
        typer.echo(json.dumps(comparison_to_json(found, scenarios, differences), indent=2))
    else:
        from layout.cli.console import Terminal
        from layout.report.differences import difference_tables

        Terminal().print(*difference_tables(found, differences), sep="\n")
    return 0 if all(evaluation.feasible for evaluation in found.values()) else 1
