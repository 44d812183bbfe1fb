"""Corners of a belt: tables that turn each part to the belt's next stretch, one part at a time.

A table is a short conveyor as wide as the belt. A part runs on to it; as soon as its middle is well on the table that
rises by 2 mm, swings the part round, and sinks as it hands it over. (Right-angle transfers of package conveyors work
like this; a belt that only bends on the spot would drag one end of the part over the other stretch.) No part runs on
to a table that another one is still on.
"""

from __future__ import annotations

import math

from layout.rollout.riders import NEAR_M, Rider
from layout.rollout.tracks import Track, Turn
from layout.scene.physics.surfaces import Moving

LIFT_M = 0.002
"""A table rises by so much as it turns: the stretches before and behind it let go of the part."""


class Tables:
    """The tables of one belt; surfaces : the bodies of its track's pieces."""

    def __init__(self, track: Track, surfaces: list[Moving], speed_m_s: float) -> None:
        self.reach = track.tables
        self._speed = speed_m_s
        pieces = zip(track.pieces, surfaces, strict=True)
        self._turns = [(piece, surface) for piece, surface in pieces if isinstance(piece, Turn)]

    @property
    def longest_m(self) -> float:
        """Length of the longest of them along the way; 0 where there is none."""
        return max((end - begin for begin, end in self.reach), default=0.0)

    def under(self, rider: Rider) -> bool:
        """Whether a part is partly on one, or about to be."""
        return any(rider.front_m > begin - NEAR_M and rider.rear_m < end for begin, end in self.reach)

    def ahead_m(self, rider: Rider, rear_m: float) -> float:
        """How far (m) it is to a table that it must not run on to; infinite where there is none.

        rear_m : where the rear of what is before it is: a table beyond that is free
        """
        barred = (begin for begin, end in self.reach if rider.front_m < begin + NEAR_M and rear_m < end)
        return min((begin - rider.front_m for begin in barred), default=math.inf)

    def carry(self, rider: Rider, rear_m: float, near_m: float) -> bool:
        """Have the table that a part is on or comes to do what is due; whether something else is due within `near_m`.

        rear_m : where the rear of what is before it is: a table under that is not its own yet
        """
        soon = False
        for (turn, surface), (begin, end) in zip(self._turns, self.reach, strict=True):
            if rider.front_m < begin - near_m or rider.rear_m > end or rear_m < end:
                continue
            starts_m = turn.begin_m + turn.spare_m - rider.along_m
            ends_m = starts_m + turn.arc_m
            soon |= 0 < starts_m < near_m or 0 < ends_m < near_m
            if starts_m > 0 or ends_m <= 0:
                heading = turn.start_rad if starts_m > 0 else turn.heading_rad
                surface.pace((self._speed * math.cos(heading), self._speed * math.sin(heading), 0.0))
            else:
                surface.pace((0.0, 0.0, 0.0), math.copysign(self._speed / turn.radius_m, turn.angle_rad), LIFT_M)
        return soon
