"""What commands take: a scenario file or a run folder, with or without a layout file."""

from __future__ import annotations

from pathlib import Path

from layout.errors import Problem, ScenarioError
from layout.files.layouts import load_layout
from layout.files.runs import RunFolder
from layout.files.scenario import load_scenario
from layout.model.line import Layout
from layout.model.scenario import Scenario


def scenario_and_layout(target: Path, layout: Path | None) -> tuple[Scenario, Layout]:
    """The scenario and the layout meant: the named one, else a run's best, else the scenario's start."""
    say_when_waiting()
    if target.is_dir():
        _check_run(target, best=layout is None)
        scenario = RunFolder(target).scenario()
        layout = layout or target / "best.yaml"
    else:
        scenario = load_scenario(target)
    if layout is not None:
        return scenario, load_layout(layout, scenario, _note)
    if scenario.variables and not scenario.start:
        raise ScenarioError(
            Problem(
                "the scenario leaves design variables open and gives no start layout",
                file=str(target),
                hint="name a layout file, add a start section, or run 'layout optimize'",
            )
        )
    return scenario, Layout(dict(scenario.start or {}))


def _check_run(folder: Path, *, best: bool) -> None:
    """Raise ScenarioError where a folder is no run's, or one that has not come to its end."""
    if not (folder / "run.json").is_file():
        hint = "give a scenario file, or a folder that 'layout optimize' wrote"
        raise ScenarioError(Problem("is a folder, but not of a run: it has no run.json", file=str(folder), hint=hint))
    if not (folder / "scenario.yaml").is_file():
        hint = "copy the scenario there, or run 'layout optimize' again"
        raise ScenarioError(Problem("the run has lost its scenario.yaml", file=str(folder), hint=hint))
    if best and not (folder / "best.yaml").is_file():
        hint = f"go on with 'layout optimize --resume {folder}', or name a layout file"
        raise ScenarioError(
            Problem("the run has not come to its end: it has no best.yaml", file=str(folder), hint=hint)
        )


def _note(problem: Problem) -> None:
    """A word on stderr that stops nothing."""
    import sys

    from layout.cli.console import Terminal
    from layout.cli.problems import print_problems

    print_problems([problem], Terminal(file=sys.stderr), "yellow")


def say_when_waiting() -> None:
    """Let the user know why it takes a while: convex pieces of a mesh of their own are being made."""
    import sys

    from layout.cli.console import Terminal
    from layout.files import convex

    def say() -> None:
        words = "taking a mesh apart into convex pieces (once; seconds, up to 4 minutes for large ones) ..."
        Terminal(file=sys.stderr).print(words, style="dim")

    convex.on_wait = say
