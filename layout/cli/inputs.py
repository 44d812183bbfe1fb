"""What commands take: a scenario file or a run folder, with or without a layout file."""

from __future__ import annotations

from pathlib import Path

from layout.errors import Problem, ScenarioError
from layout.files.layouts import load_layout
from layout.files.runs import RunFolder
from layout.files.scenario import load_scenario
from layout.files.yaml import read_document
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


def candidates(targets: list[Path]) -> dict[str, tuple[Scenario, Layout]]:
    """By name: each scenario with its start, each run with its best, each layout file with the scenario before it.

    A run alone stands for its start and its best. Raises ScenarioError where there are fewer than two.
    """
    if len(targets) == 1 and targets[0].is_dir():
        scenario, best = scenario_and_layout(targets[0], None)
        if scenario.variables and not scenario.start:
            hint = "name layout files behind it"
            raise ScenarioError(Problem("the run has no start to compare with", file=str(targets[0]), hint=hint))
        return {"start": (scenario, Layout(dict(scenario.start or {}))), "best": (scenario, best)}
    found: dict[str, tuple[Scenario, Layout]] = {}
    here: Path | None = None
    for target in targets:
        if here is not None and target.is_file() and _is_layout(target):
            candidate = scenario_and_layout(here, target)
        else:
            here = target
            candidate = scenario_and_layout(target, None)
        name = target.stem if target.stem not in found else str(target)
        found[name if name not in found else f"{name} ({len(found) + 1})"] = candidate
    if len(found) < 2:
        hint = "give two scenarios, a scenario and a layout file, or a run folder"
        raise ScenarioError(Problem("there is nothing to compare with", file=str(targets[0]), hint=hint))
    return found


def _is_layout(path: Path) -> bool:
    """Whether a file holds a layout, not a scenario."""
    data = read_document(path).data
    return isinstance(data, dict) and "layout" in data and "machines" not in data


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
