"""Arms can do their work among what stands about them: free hand-overs, free ways between them, room for two arms.

These rules plan every move, so they are asked last, when nothing else is at fault; `motion.plan` finds their answers.
"""

from __future__ import annotations

from layout.feasibility.ground import Ground
from layout.model.line import Line
from layout.model.results import Violation
from layout.motion import arms, whole
from layout.motion.arms import Stops
from layout.motion.around import Blocked

LEAST_M = 0.001
"""What a blocked hand-over or way counts at least."""


def free_reach(ground: Ground) -> list[Violation]:
    """A station that an arm can hand over at only through something: by the blocked part of the straight line (m)."""
    return _blocked(ground.line, "reach")


def path(ground: Ground) -> list[Violation]:
    """A move for which no free way is found: by the part of the tool's direct way (m) that is blocked.

    Subjects: the arm, where the move begins and ends, and what is in the way, where that is a thing of the line.
    """
    return _blocked(ground.line, "path")


def zone(ground: Ground) -> list[Violation]:
    """Two arms of which one has no place to wait out of the other's way: by the distance (m) that is wanted there."""
    found, wrong = whole.works(ground.line)
    if wrong or any(work.tour.blocked for work in found.values()):
        return []
    return [
        Violation("zone", fault.arms, fault.amount_m, "m", 0.5, whole.fault_words(fault))
        for fault in whole.shared(found).faults
    ]


def _blocked(line: Line, rule: str) -> list[Violation]:
    found, _ = whole.works(line)
    worst: dict[tuple[str, ...], Violation] = {}
    for name, work in found.items():
        for blocked in work.tour.blocked:
            if (blocked.first == blocked.second) != (rule == "reach"):
                continue
            subjects = _subjects(line, name, work.stops, blocked)
            amount = max(blocked.amount_m, LEAST_M)
            if subjects not in worst or amount > worst[subjects].amount:
                reason = arms.blocked_words(work.arm, work.stops, blocked)
                worst[subjects] = Violation(rule, subjects, amount, "m", 0.5, reason)
    return list(worst.values())


def _subjects(line: Line, arm: str, stops: Stops, blocked: Blocked) -> tuple[str, ...]:
    stations = (stops.stops[blocked.first].station, stops.stops[blocked.second].station)
    names = {*line.stations, *line.arms, *line.belts, *line.floor.obstacles, *line.floor.fences}
    thing = (blocked.thing,) if blocked.thing in names else ()
    if blocked.first == blocked.second:
        return tuple(sorted({arm, stations[0]}))
    return tuple(dict.fromkeys((arm, *stations, *thing)))
