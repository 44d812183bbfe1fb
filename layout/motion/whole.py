"""All moves of a line together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from layout.errors import LayoutError, Problem
from layout.model.line import Arm, Line
from layout.model.results import ArmTimes, Moves
from layout.motion import arms, traffic
from layout.motion.arms import Stops
from layout.motion.belts import lay_out
from layout.motion.cell import Cell
from layout.motion.doors import doors_of
from layout.motion.tours import Tour


@dataclass(frozen=True, eq=False)
class Work:
    """One arm's work in a line: where it goes, among what, and how."""

    arm: Arm
    stops: Stops
    cell: Cell
    tour: Tour

    def times(self) -> ArmTimes:
        """Its times and paths at the arm's speed; without the moves to and from home."""
        return arms.assembled(self.tour, self.cell, self.stops, self.arm)


_last: tuple[Line, dict[str, Work], list[Problem]] | None = None


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
        moves = traffic.carried(arm, line) if line.products else None
        found[name] = Work(arm, stops, cell, arms.tour_of(arm, line.stations, stops, cell, moves))
    _last = (line, found, problems)
    return found, problems


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
    if problems:
        raise LayoutError(problems)
    times = {name: work.times() for name, work in found.items()}
    return Moves(arms=times, belts=belts, doors=doors_of(line.stations), fleets=fleets)
