"""All moves of a line together."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping

from layout.errors import LayoutError, Problem
from layout.model.line import Line
from layout.model.results import Moves
from layout.motion import arms, traffic, zones
from layout.motion.belts import lay_out
from layout.motion.doors import doors_of
from layout.motion.work import Work
from layout.motion.zones import Shared

_last: tuple[Line, dict[str, Work], list[Problem]] | None = None
_shared: OrderedDict[tuple[object, ...], Shared] = OrderedDict()

MOST_SHARED = 256
"""Sets of arms whose zones are remembered."""


def works(line: Line) -> tuple[Mapping[str, Work], list[Problem]]:
    """The work of each arm that can serve its stations as far as its joints go, and why the others cannot.

    The last line's answer is kept: the feasibility rules ask for it, then `plan`.
    """
    global _last
    if _last is not None and _last[0] is line:
        return _last[1], _last[2]
    found: dict[str, Work] = {}
    problems: list[Problem] = []
    for name, arm in line.arms.items():
        stops, wrong = arms.stops_of(arm, line.stations)
        if wrong:
            problems += wrong
            continue
        cell = arms.cell_in(line, name)
        moves = traffic.carried(arm, line) if line.products else traffic.passable(stops.names, line.stations)
        tour = arms.tour_of(arm, line.stations, stops, cell, moves)
        found[name] = Work(arm, stops, cell, tour, moves, traffic.fetched(moves))
    _last = (line, found, problems)
    return found, problems


def shared(found: Mapping[str, Work]) -> Shared:
    """Zones of arms that work in one another's space; for arms whose tours are not blocked."""
    if len(found) < 2:
        return Shared()
    base = next(iter(found.values())).arm.pose
    key = tuple(
        (name, work.tour, work.stops, work.carried.tobytes(), zones.seen(base, work.arm.pose))
        for name, work in found.items()
    )
    if key not in _shared:
        _shared[key] = zones.share(found)
        if len(_shared) > MOST_SHARED:
            _shared.popitem(last=False)
    return _shared[key]


def plan(line: Line) -> Moves:
    """See `motion.plan`."""
    belts, fleets = {}, {}
    problems: list[Problem] = []
    for name, belt in line.belts.items():
        try:
            belts[name] = lay_out(belt, line)
        except LayoutError as error:
            problems += error.problems
    if problems:  # what stands about the arms is not known without the belts
        for arm in line.arms.values():
            problems += arms.stops_of(arm, line.stations)[1]
        raise LayoutError(problems)
    found, wrong = works(line)
    problems += wrong
    for work in found.values():
        problems += [Problem(arms.blocked_words(work.arm, work.stops, b)) for b in work.tour.blocked]
    if line.fleets and not problems:
        from layout.motion.vehicles import fleet_times

        for name, fleet in line.fleets.items():
            try:
                fleets[name] = fleet_times(fleet, line, belts)
            except LayoutError as error:
                problems += error.problems
    rooms = shared(found) if not problems else Shared()
    problems += [Problem(fault_words(fault)) for fault in rooms.faults]
    if problems:
        raise LayoutError(problems)
    times = {name: work.times(rooms.homes.get(name)) for name, work in found.items()}
    return Moves(arms=times, belts=belts, doors=doors_of(line.stations), fleets=fleets, zones=rooms.zones)


def fault_words(fault: zones.Fault) -> str:
    """What keeps two arms from sharing their space, in words."""
    one, other = fault.arms
    return f"arm {one!r} finds no place to wait that is out of the way of arm {other!r}"
