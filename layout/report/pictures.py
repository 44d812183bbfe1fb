"""A run folder's 3-D pictures and floor plans, drawn anew from its scenario and layouts."""

from __future__ import annotations

import contextlib
from pathlib import Path

from layout import motion
from layout.errors import LayoutError
from layout.files.layouts import load_layout
from layout.files.runs import RunFolder
from layout.model.line import Line
from layout.model.realise import realise
from layout.model.results import Moves
from layout.report.front import members
from layout.report.reader import read_run
from layout.report.run import write_plans
from layout.scene import Scene, picture


def write_pictures(run: Path) -> tuple[Path, ...]:
    """Draw `start.png`, `best.png` (3-D) and floor plans, of a front's layouts too, into a run folder.

    Returns their paths. Raises LayoutError where it is no run folder.
    """
    scenario = RunFolder(run).scenario()
    lines: dict[str, Line] = {}
    moves: dict[str, Moves] = {}
    drawn: list[Path] = []
    with Scene(visuals=True) as scene:
        for name in ("start", "best"):
            layout = load_layout(run / f"{name}.yaml", scenario)
            lines[name] = realise(scenario, layout)
            moves[name] = shown_moves(lines[name])
            path = run / f"{name}.png"
            picture(lines[name], moves[name], path, scene=scene)
            drawn.append(path)
    for name in members(read_run(run)):
        if name not in lines:
            lines[name] = realise(scenario, load_layout(run / f"{name}.yaml", scenario))
            moves[name] = shown_moves(lines[name])
    return (*drawn, *write_plans(run, lines, moves))


def shown_moves(line: Line) -> Moves:
    """A line's moves as far as they can be shown: where it cannot be built, belts and fleets one by one."""
    try:
        return motion.plan(line)
    except LayoutError:
        pass
    from layout.motion.belts import lay_out
    from layout.motion.vehicles import fleet_times

    bare = motion.straight_line(line)
    belts = dict(bare.belts)
    for name, belt in line.belts.items():
        with contextlib.suppress(LayoutError):
            belts[name] = lay_out(belt, line)
    fleets = dict(bare.fleets)
    for name, fleet in line.fleets.items():
        with contextlib.suppress(LayoutError):
            fleets[name] = fleet_times(fleet, line)
    return Moves(belts=belts, doors=bare.doors, fleets=fleets)
