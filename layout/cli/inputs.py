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
    if target.is_dir():
        scenario = RunFolder(target).scenario()
        layout = layout or target / "best.yaml"
    else:
        scenario = load_scenario(target)
    if layout is not None:
        return scenario, load_layout(layout, scenario)
    if scenario.variables and not scenario.start:
        raise ScenarioError(
            Problem(
                "the scenario leaves design variables open and gives no start layout",
                file=str(target),
                hint="name a layout file, add a start section, or run 'layout optimize'",
            )
        )
    return scenario, Layout(dict(scenario.start or {}))
