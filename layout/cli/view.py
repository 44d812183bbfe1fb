"""layout view: the line in 3-D, its parts moving as simulated."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Optional

import typer


def view(
    target: Annotated[Path, typer.Argument(help="Scenario file, or a run folder (its best layout).")],
    layout: Annotated[Optional[Path], typer.Argument(help="Layout file (default: the scenario's start).")] = None,  # noqa: UP045
    minutes: Annotated[float, typer.Option(help="Simulated minutes to show; then it begins again.", min=0.1)] = 30.0,
    begin: Annotated[float, typer.Option(help="Simulated minute to begin at.", min=0.0)] = 0.0,
    speed: Annotated[float, typer.Option(help="Times real time (keys + and - change it).", min=0.1, max=100.0)] = 1.0,
    seconds: Annotated[Optional[float], typer.Option(help="Close after so many seconds.", min=0.0)] = None,  # noqa: UP045
    overlays: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Keys of the overlays to begin with: p ports, e service envelopes, h reach, v violations."),
    ] = None,
    fidelity: Annotated[
        Literal["flow", "physics"], typer.Option(help="flow: as simulated; physics: run as rigid bodies first.")
    ] = "flow",
    recording: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Recording of a physical run of that layout to show instead.", metavar="FILE"),
    ] = None,
    picture: Annotated[Optional[Path], typer.Option(help="PNG of the window's last view.", metavar="PNG")] = None,  # noqa: UP045
) -> int:
    """Look at a layout in 3-D while it runs. An infeasible one stands still with its violations; exit code 1.

    Needs a display; the report of a run has a 3-D picture without one.
    """
    from layout.errors import SceneError
    from layout.scene.display import problem_with_display

    problem = problem_with_display()
    if problem:  # before anything slow is done
        raise SceneError(problem)

    from layout import flow
    from layout.cli.inputs import scenario_and_layout
    from layout.files.recording import read_recording
    from layout.model.realise import realise
    from layout.model.results import TraceEvent
    from layout.pipeline import Evaluator
    from layout.report.pictures import shown_moves
    from layout.units import duration
    from layout.viewer import Replay, Schedule
    from layout.viewer import view as show

    scenario, candidate = scenario_and_layout(target, layout)
    line = realise(scenario, candidate)
    recorded = Replay(read_recording(recording)) if recording is not None else None
    with Evaluator(scenario) as evaluator:
        evaluation = evaluator(candidate)
    if fidelity == "physics" and recorded is None and evaluation.feasible and evaluation.moves is not None:
        from layout.rollout.run import roll_out

        typer.echo(f"{duration(minutes * 60.0)} as rigid bodies first", err=True)
        run, film = roll_out(line, evaluation.moves, until_s=minutes * 60.0, record=True)
        for incident in run.incidents:
            typer.echo(incident.sentence, err=True)
        recorded = Replay(film) if film is not None else None
    trace: list[TraceEvent] = []
    if evaluation.flow is not None and evaluation.moves is not None:
        moves = evaluation.moves
        if recorded is None:
            trace = flow.trace(line, moves, until_s=minutes * 60.0)
        found = evaluation.flow.throughput_per_h
        headline = f"{found.mean:.1f} +- {found.half_width:.1f} good parts per hour"
    else:
        moves = shown_moves(line)
        headline = f"not feasible: {evaluation.violations[0]}"
        for violation in evaluation.violations:
            typer.echo(str(violation), err=True)
    show(
        line,
        moves,
        recorded if recorded is not None else Schedule(line, moves, trace),
        headline,
        seconds=seconds,
        speed=speed,
        start_s=min(begin, minutes) * 60.0,
        photograph=picture,
        violations=evaluation.violations,
        overlays=overlays if overlays is not None else "" if evaluation.feasible else "v",
    )
    return 0 if evaluation.feasible else 1
