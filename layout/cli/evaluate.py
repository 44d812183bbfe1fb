"""layout evaluate: one layout's figures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Optional

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
    fidelity: Annotated[
        Literal["flow", "physics"], typer.Option(help="flow: events; physics: after that, every part a rigid body.")
    ] = "flow",
    window: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Simulated time among rigid bodies (default: as of 'layout prove').", metavar="TIME"),
    ] = None,
    recording: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Recording of the rigid bodies, for 'layout view --recording'.", metavar="FILE"),
    ] = None,
) -> int:
    """Simulate one layout: throughput, bound, lead time, resource states. Exit code 1 if it is infeasible."""
    if fidelity == "physics":
        return _physics(file, layout, json_, seed, replications, window, recording, (trace, gantt))
    import json

    from layout.cli.inputs import scenario_and_layout
    from layout.cli.traces import writer
    from layout.files.results import evaluation_to_json
    from layout.pipeline import Evaluator

    _refuse({"--window": window, "--recording": recording}, "say --fidelity physics")
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


def _physics(
    file: Path, layout: Path | None, json_: bool, seed: int | None, replications: int | None, window: str | None,
    recording: Path | None, charts: tuple[Path | None, Path | None],
) -> int:  # fmt: skip
    """One layout as rigid bodies."""
    import json

    from layout.cli import proofs
    from layout.cli.inputs import scenario_and_layout
    from layout.files.proofs import proof_to_json
    from layout.files.recording import write_recording
    from layout.files.results import evaluation_to_json
    from layout.pipeline import Evaluator

    _refuse(dict(zip(("--trace", "--gantt"), charts, strict=True)), "leave --fidelity physics out for it")
    asked_s = proofs.window_s(window)
    if recording is not None:
        proofs.check_target(recording)
    scenario, candidate = scenario_and_layout(file, layout)
    with Evaluator(scenario) as evaluator:
        proven = evaluator.prove(
            candidate, window_s=asked_s, seed=seed, replications=replications, record=recording is not None
        )
    evaluation = evaluation_to_json(proven.evaluation, scenario)
    proof = proof_to_json(proven.proof, proven.evaluation, scenario) if proven.proof is not None else None
    if json_:
        typer.echo(json.dumps({**evaluation, "proof": proof}, indent=2))
    else:
        proofs.show(evaluation, proof)
    if recording is not None and proven.recording is not None:
        write_recording(proven.recording, recording)
        typer.echo(str(recording), err=json_)
    return proofs.code(proven)


def _refuse(given: dict[str, object], hint: str) -> None:
    """Raise LayoutError where options were given that this fidelity has no use for."""
    from layout.errors import LayoutError, Problem

    problems = [
        Problem("does not go with this fidelity", where=name, value=str(value), hint=hint)
        for name, value in given.items()
        if value is not None
    ]
    if problems:
        raise LayoutError(problems)
