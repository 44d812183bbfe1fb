"""How long things take to move: arms and vehicles among stations, parts on belts, doors. Geometry in, times out.

Light to import: numba, EAIK, ruckig and shapely come with the first call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from layout.model.line import Arm, Line, Station
from layout.model.results import Moves

if TYPE_CHECKING:
    from layout.motion.arms import Reach
    from layout.motion.cache import CacheInfo

__all__ = ["cache_info", "plan", "reach", "straight_line"]


def plan(line: Line) -> Moves:
    """Travel and handling times of every arm, belt, fleet and door of a line, with the ways behind them, and its zones.

    For lines that passed the feasibility rules. Raises LayoutError, naming all of them, where an arm cannot serve a
    station or finds no free way, a belt lacks a port, a vehicle finds no way or two arms cannot share their space.
    """
    from layout.motion.whole import plan as make

    return make(line)


def reach(arm: Arm, station: Station) -> Reach:
    """Whether an arm can hand over at a station where the two stand, and by how much it misses: see `arms.Reach`."""
    from layout.motion.arms import reach as find

    return find(arm, station)


def straight_line(line: Line) -> Moves:
    """Lower bounds of all times that `plan` gives, in a fraction of its time, for feasible and infeasible lines."""
    from layout.motion.bounds import straight_line as find

    return find(line)


def cache_info() -> CacheInfo:
    """How often arms' moves were found in memory, on disk, or worked out anew: see `cache.CacheInfo`."""
    from layout.motion.cache import info

    return info()
