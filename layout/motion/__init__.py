"""How long things take to move: arms and vehicles among stations, parts on belts, doors. Geometry in, times out.

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
    """Travel and handling times of every arm, belt, fleet and door of a line, with the ways behind them.

    For lines that passed the feasibility rules. Raises LayoutError, naming all of them, where an arm cannot serve a
    station, a belt lacks a port or a vehicle finds no way.
    """
    from layout.motion.arms import arm_times
    from layout.motion.belts import lay_out
    from layout.motion.doors import doors_of

    arms, belts, fleets = {}, {}, {}
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
    if line.fleets and not problems:
        from layout.motion.vehicles import fleet_times

        for name, fleet in line.fleets.items():
            try:
                fleets[name] = fleet_times(fleet, line, belts)
            except LayoutError as error:
                problems += error.problems
    if problems:
        raise LayoutError(problems)
    return Moves(arms=arms, belts=belts, doors=doors_of(line.stations), fleets=fleets)


def reach(arm: Arm, station: Station) -> Reach:
    """Whether an arm can hand over at a station where the two stand, and by how much it misses: see `arms.Reach`."""
    from layout.motion.arms import reach as find

    return find(arm, station)


def straight_line(line: Line) -> Moves:
    """Lower bounds of all times that `plan` gives, in a fraction of its time, for feasible and infeasible lines."""
    from layout.motion.bounds import straight_line as find

    return find(line)
