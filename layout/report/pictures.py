"""A run folder's 3-D pictures and floor plans, drawn anew from its scenario and layouts."""

from __future__ import annotations

from pathlib import Path

from layout import motion
from layout.errors import LayoutError
from layout.files.layouts import load_layout
from layout.files.runs import RunFolder
from layout.model.line import Line
from layout.model.realise import realise
from layout.model.results import Moves
from layout.report.run import write_figures
from layout.scene import Scene, picture


def write_pictures(run: Path) -> tuple[Path, ...]:
    """Draw `start.png`, `best.png` (3-D), their floor plans and the charts into a run folder; their paths.

    Raises LayoutError where it is no run folder.
    """
    scenario = RunFolder(run).scenario()
    lines: dict[str, Line] = {}
    moves: dict[str, Moves] = {}
    drawn: list[Path] = []
    with Scene(visuals=True) as scene:
        for name in ("start", "best"):
            layout = load_layout(run / f"{name}.yaml", scenario)
            lines[name] = realise(scenario, layout)
            try:
                moves[name] = motion.plan(lines[name])
            except LayoutError:  # an infeasible layout whose ports are out of reach: drawn without its moves
                moves[name] = motion.straight_line(lines[name])
            path = run / f"{name}.png"
            picture(lines[name], moves[name], path, scene=scene)
            drawn.append(path)
    return (*drawn, *write_figures(run, lines, moves))
