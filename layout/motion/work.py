"""One arm's work in a line: its moves, and where it waits when others need the space."""

from __future__ import annotations

from dataclasses import dataclass

from layout.model.line import Arm
from layout.model.pose import Array
from layout.model.results import ArmTimes
from layout.motion import arms
from layout.motion.arms import Stops
from layout.motion.cell import Cell
from layout.motion.kernels import Flags
from layout.motion.tours import Tour
from layout.motion.trajectory import Way


@dataclass(frozen=True, eq=False)
class Home:
    """Where an arm stands while the other works: joint vector (dof,), and the way there from each stop, empty."""

    angles: Array
    ways: tuple[Way, ...]


@dataclass(frozen=True, eq=False)
class Work:
    """One arm's work in a line: where it goes, among what, and how."""

    arm: Arm
    stops: Stops
    cell: Cell
    tour: Tour
    carried: Flags
    fetched: Flags

    def times(self, home: Home | None = None) -> ArmTimes:
        """Its times and paths at the arm's speed; with the moves to and from home where it has one to go to."""
        times = arms.assembled(self.tour, self.cell, self.stops, self.arm)
        return times if home is None else arms.homed(times, home.ways, self.cell, self.stops, self.arm.speed)
