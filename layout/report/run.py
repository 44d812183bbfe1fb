"""A run folder's pictures and its report. Reads the run folder only."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from layout.errors import LayoutError, Problem
from layout.files.atomic import write_text
from layout.files.event_log import read_table
from layout.files.layouts import load_layout
from layout.files.proofs import PROOF, RECORDING
from layout.files.recording import read_recording
from layout.files.runs import RunFolder
from layout.model.line import Line
from layout.model.realise import realise
from layout.model.results import Moves, TraceEvent
from layout.motion.belts import lay_out
from layout.report import canvas, figures, sankey, words
from layout.report import proof as proofs
from layout.report.canvas import Theme
from layout.report.embedded import Picture, picture
from layout.report.front import front_view, members
from layout.report.gantt import draw_gantt
from layout.report.outcome import Outcome
from layout.report.page import render
from layout.report.plan import draw_line
from layout.report.plan_flows import rate
from layout.report.reader import Run, read_run
from layout.report.replay import Replay, replay
from layout.report.words import Unit

PAGE = "report.html"
HOUR = "best_hour.csv"


def write_plans(run: Path, lines: Mapping[str, Line], moves: Mapping[str, Moves] | None = None) -> tuple[Path, ...]:
    """Draw floor plans `<name>_plan.png` into a run folder, with what flows where as its results show; their paths.

    lines : "start", "best", "runner_up_1" ... -> the line
    moves : the same names -> travel times, whose belt paths the plan then follows
    Raises LayoutError where it is no run folder.
    """
    return tuple(_plans(read_run(run), lines, moves or {}))


def write_report(run: Path) -> Path:
    """Render a run folder's report.html, and draw its charts beside it; the page's path.

    A proof or a recording of the best layout is in the page, where there is one. LayoutError where it is no run folder,
    or where one of them cannot be read.
    """
    found = read_run(run)
    shown = _replay(found)
    proof = proofs.shown(found.proof, str(found.path / PROOF)) if found.proof is not None else None
    try:
        _charts(found)
        path = found.path / PAGE
        front = front_view(found, {name: _front_plan(found, name) for name in members(found)})
        write_text(path, render(found, _pictures(found), shown, proof, front))
    except OSError as error:
        raise LayoutError(
            Problem(
                "the report cannot be written",
                file=str(found.path),
                value=str(error),
                hint="check the folder's permissions",
            )
        ) from None
    return path


def _front_plan(run: Run, name: str) -> Picture | None:
    return picture(run.path / f"{name}_plan.png", f"Floor plan of {name}.yaml. {_where(members(run)[name])}")


def _replay(run: Run) -> Replay | None:
    """The recorded run of the best layout, for the page."""
    path = run.path / RECORDING
    if not path.is_file():
        return None
    scenario = RunFolder(run.path).scenario()
    line = realise(scenario, load_layout(run.path / "best.yaml", scenario))
    belts = {}
    for name, belt in line.belts.items():
        with contextlib.suppress(LayoutError):
            belts[name] = lay_out(belt, line)
    recording = read_recording(path)
    return replay(line, Moves(belts=belts), recording) if recording.frames else None


def _plans(run: Run, lines: Mapping[str, Line], moves: Mapping[str, Moves]) -> list[Path]:
    outcomes: dict[str, Outcome | None] = {"start": run.start, "best": run.best}
    outcomes |= {f"runner_up_{i + 1}": outcome for i, outcome in enumerate(run.runners_up)}
    drawn = []
    for name, line in lines.items():
        outcome = outcomes.get(name)
        drawn.append(
            draw_line(
                line,
                run.path / f"{name}_plan.png",
                moves=moves.get(name),
                flow=outcome if outcome is not None and outcome.moves else None,
                violations=outcome.violations if outcome is not None else (),
                title=_title(name, outcome),
                subtitle=_subtitle(run, outcome),
            )
        )
    return drawn


def _title(name: str, outcome: Outcome | None) -> str:
    if name == "best":
        return "Best layout" if outcome is None or outcome.feasible else "Least violating layout"
    return "Start layout" if name == "start" else f"Runner-up {name.rpartition('_')[2]}"


def _subtitle(run: Run, outcome: Outcome | None) -> str:
    if outcome is None:
        return run.name
    if not outcome.feasible:
        return f"{run.name} · not feasible"
    return f"{run.name} · {words.estimate(outcome.throughput_per_h, Unit(1, ''))} good parts per hour"


def _charts(run: Run) -> list[Path]:
    drawn = []
    events = read_table(run.path / HOUR) if run.shown_hour and (run.path / HOUR).is_file() else ()
    for suffix, theme in (("", canvas.LIGHT), ("_dark", canvas.DARK)):
        if run.trials:
            drawn.append(
                figures.draw_convergence(
                    run.trials, run.path / f"convergence{suffix}.png", aim=run.aims[0], ceiling_per_h=run.ceiling_per_h,
                    start=run.start, best=run.best, theme=theme,
                )
            )  # fmt: skip
        if run.best is not None and run.best.moves:
            drawn.append(sankey.draw_sankey(run.best, run.path / f"best_flow{suffix}.png", theme=theme))
        if events:
            drawn.append(_hour(run, events, run.path / f"best_hour{suffix}.png", theme))
    if run.best is not None and run.best.resources:
        drawn.append(figures.draw_states(run.best, run.path / "states.png"))
    if run.best is not None and run.best.feasible:
        drawn.append(figures.draw_comparison(run.start, run.best, run.path / "comparison.png"))
    return drawn


def _hour(run: Run, events: Sequence[TraceEvent], path: Path, theme: Theme) -> Path:
    """What the best layout's resources do in the hour that is shown."""
    best = run.best or Outcome(False)
    start_s = (run.shown_hour - 1) * 3600.0
    end_s = min(start_s + 3600.0, max(max(event.end_s for event in events), start_s + 1.0))
    order = sankey.in_order(best.moves, list(best.resources))
    return draw_gantt(events, path, start_s=start_s, end_s=end_s, order=order, bottleneck=best.bottleneck, theme=theme)


def _pictures(run: Run) -> dict[str, Picture]:
    best = "Best layout" if run.best is not None and run.best.feasible else "Least violating layout"
    wanted = {
        "start": picture(run.path / "start.png", "Start layout in 3-D", "Start layout"),
        "best": picture(run.path / "best.png", f"{best} in 3-D", best),
        "start_plan": picture(run.path / "start_plan.png", f"Floor plan of the start layout. {_where(run.start)}", ""),
        "best_plan": picture(run.path / "best_plan.png", f"Floor plan of the {best.lower()}. {_where(run.best)}", ""),
        "convergence": picture(
            run.path / "convergence.png",
            "Each candidate's value and the best so far against the number of evaluations",
            dark=run.path / "convergence_dark.png",
        ),
        "flow": picture(
            run.path / "best_flow.png",
            f"Parts per hour between stations. {_passes(run.best)}",
            dark=run.path / "best_flow_dark.png",
        ),
        "hour": picture(
            run.path / "best_hour.png",
            f"What each resource does in hour {run.shown_hour} of a simulated shift",
            dark=run.path / "best_hour_dark.png",
        ),
    }
    if not any(trial.feasible for trial in run.trials):
        wanted["convergence"] = None
    return {name: found for name, found in wanted.items() if found is not None}


def _passes(outcome: Outcome | None) -> str:
    """The flow picture in words."""
    flows = sankey.passed(outcome.moves) if outcome is not None else {}
    return "; ".join(f"{origin} to {target} {rate(per_h)}" for (origin, target), per_h in list(flows.items())[:40])


def _where(outcome: Outcome | None) -> str:
    """A floor plan in words."""
    if outcome is None:
        return ""
    spots = [
        f"{subject} at x {words.number(float(fields['x']), 1)} m, y {words.number(float(fields['y']), 1)} m"
        for subject, fields in outcome.layout.items()
        if all(isinstance(fields.get(axis), (int, float)) for axis in ("x", "y"))
    ]
    return "; ".join(spots[:40])
