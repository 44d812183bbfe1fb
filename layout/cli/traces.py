"""What `layout evaluate` writes of one simulated shift: its event log, and a Gantt chart of one hour."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from layout.errors import LayoutError, Problem
from layout.model.evaluation import Evaluation
from layout.model.scenario import Scenario


def writer(
    scenario: Scenario, trace: Path | None, gantt: Path | None, hour: int | None
) -> Callable[[Evaluation, int | None], list[Path]]:
    """Check what is asked for before anything slow is done; the function that then writes it, and returns the paths.

    The function takes the evaluation and the seed it was made with, and writes replication 0 of that very run.
    Raises LayoutError where a file can't be written there, or the shift has no such hour.
    """
    from layout.files.event_log import hours, span_of, targets, usual_hour, write_log

    horizon_s = scenario.spec.time.horizon_s
    problems: list[Problem] = []
    try:
        if trace is not None:
            targets(trace)
    except LayoutError as error:
        problems += error.problems
    if gantt is not None:
        problems += _problems_with_picture(gantt)
    if hour is not None and gantt is None:
        problems.append(Problem("--hour says which hour a chart shows", hint="add --gantt FILE.png"))
    if hour is not None and hour > hours(horizon_s):
        hint = f"choose 1 to {hours(horizon_s)}"
        problems.append(Problem("the shift has no such hour", where="--hour", value=str(hour), hint=hint))
    if problems:
        raise LayoutError(problems)

    def write(evaluation: Evaluation, seed: int | None) -> list[Path]:
        from layout import flow
        from layout.model.realise import realise
        from layout.report.gantt import draw_gantt
        from layout.report.sankey import in_order

        found = evaluation.flow
        if (trace is None and gantt is None) or found is None or evaluation.moves is None:
            return []
        line = realise(scenario, evaluation.layout)
        events = flow.trace(line, evaluation.moves, seed=seed, until_s=horizon_s)
        written = list(write_log(trace, line, events)) if trace is not None else []
        if gantt is not None:
            start_s, end_s = span_of(hour or usual_hour(horizon_s, found.warmup_s), horizon_s)
            order, limits = in_order(found.moves, list(found.resources)), found.bottleneck
            try:
                draw_gantt(events, gantt, start_s=start_s, end_s=end_s, order=order, bottleneck=limits)
            except OSError as error:
                raise LayoutError(Problem("the chart can't be written", file=str(gantt), value=str(error))) from None
            written.append(gantt)
        return written

    return write


def _problems_with_picture(path: Path) -> list[Problem]:
    if path.suffix.lower() not in (".png", ".svg"):
        hint = f"name it {path.stem}.png or {path.stem}.svg"
        return [Problem("a chart is a PNG or an SVG file", file=str(path), value=path.suffix, hint=hint)]
    if path.is_dir():
        return [Problem("is a folder, not a file", file=str(path), hint="name a file in it")]
    if not path.parent.is_dir():
        return [Problem("the folder is not there", file=str(path.parent), hint="make it first")]
    return []
