"""line-layout: where everything should stand, and how parts should flow.

>>> import layout
>>> scenario = layout.load("experiments/machining_cell.yaml")
>>> layout.evaluate(scenario).flow.throughput_per_h
>>> run = layout.optimize(scenario, evaluations=200, workers=2, out="runs/first")
>>> run.best.objectives
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from layout.model.evaluation import Evaluation
    from layout.model.line import Layout
    from layout.model.scenario import Scenario
    from layout.search import Run

__all__ = ["evaluate", "load", "optimize"]


def load(path: str | Path) -> Scenario:
    """Read and check a scenario file. ScenarioError or AssetError lists everything wrong with it at once."""
    from layout.files.scenario import load_scenario

    return load_scenario(Path(path))


def evaluate(
    scenario: Scenario,
    layout: Layout | str | Path | None = None,
    *,
    seed: int | None = None,
    replications: int | None = None,
) -> Evaluation:
    """Evaluate one layout of a scenario: a Layout, a layout file, or (left out) the scenario's start."""
    from layout.files.layouts import load_layout
    from layout.pipeline import Evaluator

    if isinstance(layout, (str, Path)):
        layout = load_layout(Path(layout), scenario)
    with Evaluator(scenario) as evaluator:
        return evaluator(layout, seed=seed, replications=replications)


def optimize(scenario: Scenario, **options: Any) -> Run:
    """Search the best layout; options as in `layout.search.optimize` (evaluations, seed, workers, out, ...)."""
    from layout.search import optimize as search

    return search(scenario, **options)
