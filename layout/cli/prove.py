"""layout prove: a run's best layout as rigid bodies."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer


def prove(
    run: Annotated[Path, typer.Argument(help="Run folder; its best layout is proved.")],
    window: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            help="Simulated time of each window (default: 10 min, longer until ten parts and one of each product have "
            "left and every move has been made, 1 h at most).",
            metavar="TIME",
        ),
    ] = None,
    windows: Annotated[
        int, typer.Option(help="How many; what is learnt from the first is judged on the rest.", min=1)
    ] = 2,
    workers: Annotated[Optional[int], typer.Option(help="Processes (default: all cores).", min=1)] = None,  # noqa: UP045
    json_: Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.")] = False,
) -> int:
    """Run the best layout among rigid bodies: does it work, and does the flow simulation tell the truth about it?

    Writes proof.json and best.rec, a recording of the first window, into the run folder, and its report anew. Exit code
    1 if it is refused.
    """
    import json

    from layout.cli import proofs
    from layout.cli.inputs import scenario_and_layout
    from layout.errors import LayoutError, Problem
    from layout.files.proofs import proof_to_json, write_proof
    from layout.files.results import evaluation_to_json
    from layout.pipeline import Evaluator
    from layout.report.run import write_report

    asked_s = proofs.window_s(window)
    if not run.is_dir():
        hint = "give a folder that 'layout optimize' wrote; a scenario file: layout evaluate FILE --fidelity physics"
        raise LayoutError(Problem("is no run folder", file=str(run), hint=hint))
    scenario, candidate = scenario_and_layout(run, None)
    with Evaluator(scenario) as evaluator:
        proven = evaluator.prove(
            candidate, window_s=asked_s, windows=windows, workers=workers or proofs.cores(), record=True
        )
    evaluation = evaluation_to_json(proven.evaluation, scenario)
    proof = proof_to_json(proven.proof, proven.evaluation, scenario) if proven.proof is not None else None
    if json_:
        typer.echo(json.dumps(proof if proof is not None else evaluation, indent=2))
    else:
        proofs.show(evaluation, proof)
    if proof is not None and proven.recording is not None:
        written = write_proof(run, proof, proven.recording)
        page = (write_report(run),) if (run / "results.json").exists() else ()  # a search that goes on has none yet
        for path in (*written, *page):
            typer.echo(str(path), err=json_)
    return proofs.code(proven)
