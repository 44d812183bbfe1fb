"""How long things take to move: arms among their stations, parts on belts. Geometry in, times out.

Light to import: numba, EAIK, ruckig and shapely come with the first call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from layout.errors import LayoutError, Problem
from layout.model.line import Arm, Line, Station
from layout.model.results import Moves

if TYPE_CHECKING:
    from layout.motion.arms import Reach

__all__ = ["plan", "reach", "straight_line"]


def plan(line: Line) -> Moves:
    """Travel and handling times of every arm and belt of a line, with the configurations and ways behind them.

    For lines that passed the feasibility rules. Raises LayoutError, naming all of them, where an arm cannot serve a
    station or a belt lacks a port.
    """
    from layout.motion.arms import arm_times
    from layout.motion.belts import lay_out

    arms, belts = {}, {}
    problems: list[Problem] = []
    for name, arm in line.arms.items():
        try:
            arms[name] = arm_times(arm, line.stations)
        except LayoutError as error:
            problems += error.problems
    for name, belt in line.belts.items():
        try:
            belts[name] = lay_out(belt, line)
        except LayoutError as error:
            problems += error.problems
    if problems:
        raise LayoutError(problems)
    return Moves(arms=arms, belts=belts)


def reach(arm: Arm, station: Station) -> Reach:
    """Whether an arm can hand over at a station where the two stand, and by how much it misses: see `arms.Reach`."""
    from layout.motion.arms import reach as find

    return find(arm, station)


def straight_line(line: Line) -> Moves:
    """Lower bounds of all times that `plan` gives, in a fraction of its time, for feasible and infeasible lines."""
    from layout.motion.bounds import straight_line as find

    return find(line)
