"""What a plant's units and belts were measured to do, in the kernel's own words: times in each state, rows of a trace.

The kernel does not know how long a move will take that a plant makes, so it books none of it.

    told      reached(unit)  handed(unit)        told       belt_end(belt)     left
    |- travel -|- hand-over -|                   |- transit -|---- waits ------|
"""

from __future__ import annotations

import math
import struct
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from layout.flow.kernel import records as rec

Row = tuple[Any, ...]  # of `records.TRACE`
_ROW = struct.Struct("<8i2d")


class Rows:
    """Rows of a trace in little room: an hour of line has thousands."""

    def __init__(self) -> None:
        self._packed = bytearray()

    def append(self, row: Row) -> None:
        """One more."""
        self._packed += _ROW.pack(*row)

    def __iter__(self) -> Iterator[Row]:
        return _ROW.iter_unpack(self._packed)


@dataclass(slots=True)
class Leg:
    """A move under way. row : its travel in the trace; handling : the hand-over after it, without times; None: none.

    left_s : of the battery when it set out; reported : how many of its reports have come
    """

    row: Row
    handling: Row | None
    left_s: float
    start_s: float
    home: bool = False
    reached_s: float = math.inf
    reported: int = 0


@dataclass(slots=True)
class Unit:
    """An arm or vehicle. leg : what it does; then the time (s) in each state, in the window that is measured."""

    left_s: float
    leg: Leg | None = None
    empty_s: float = 0.0
    loaded_s: float = 0.0
    handling_s: float = 0.0


@dataclass(slots=True)
class Riding:
    """A part on a belt. row : of its transit, due_s : when it would be at the end, both as assumed."""

    row: Row
    due_s: float
    end_s: float = math.inf


@dataclass(slots=True)
class BeltBook:
    """A belt. riding : its parts, first one first; left_s : when the last one left; clear : others may enter;
    ended : its first part was reported to be at the end"""

    transit_s: float
    spacing_s: float
    riding: deque[Riding] = field(default_factory=deque)
    left_s: float = -math.inf
    clear: bool = True
    ended: bool = False


class Book:
    """Keeps the times of units and belts as reported, and the rows of the whole trace."""

    def __init__(self, world: rec.World, warmup_s: float) -> None:
        self.warmup_s = warmup_s
        self.rows = Rows()
        self.units = [Unit(left_s) for left_s in world.arms["left"].tolist()]
        belts = world.belts
        self.belts = [
            BeltBook(*times) for times in zip(belts["transit"].tolist(), belts["spacing"].tolist(), strict=True)
        ]

    def _counted(self, start_s: float, end_s: float) -> float:
        return max(0.0, end_s - max(start_s, self.warmup_s))

    def travelled(self, unit: Unit, end_s: float) -> None:
        """The way of the unit's move ends."""
        leg = unit.leg
        assert leg is not None
        if leg.row[2] == rec.T_LOADED:
            unit.loaded_s += self._counted(leg.start_s, end_s)
        else:
            unit.empty_s += self._counted(leg.start_s, end_s)
        leg.reached_s = end_s
        self.rows.append((*leg.row[:-1], end_s))

    def handled(self, unit: Unit, end_s: float) -> None:
        """Its hand-over ends."""
        leg = unit.leg
        assert leg is not None and leg.handling is not None
        unit.handling_s += self._counted(leg.reached_s, end_s)
        self.rows.append((*leg.handling, leg.reached_s, end_s))

    def arrived(self, unit: Unit, end_s: float) -> None:
        """Its move is over: what of its battery is left."""
        leg = unit.leg
        assert leg is not None
        unit.left_s = leg.left_s if leg.home else leg.left_s - (end_s - leg.start_s)
        unit.leg = None

    def rode(self, belt: BeltBook, part: Riding, left_s: float) -> None:
        """A part left its belt, or the run ended. It has run until it stood at the end, or in the queue before that.

        A part that found others before it is taken to have run for the transit time assumed.
        """
        behind = belt.left_s + belt.spacing_s > part.due_s or part is not belt.riding[0]
        ran_s = min(part.end_s, part.due_s) if behind else part.end_s
        self.rows.append((*part.row[:-1], ran_s))
        if ran_s < left_s:
            kind, index, _, *rest = part.row
            self.rows.append((kind, index, rec.T_WAITING, *rest[:-2], ran_s, left_s))

    def close(self, end_s: float) -> None:
        """The run ends: what is under way is booked until then."""
        for unit in self.units:
            if unit.leg is not None and unit.leg.reached_s == math.inf:
                self.travelled(unit, end_s)
            elif unit.leg is not None and unit.leg.handling is not None:
                self.handled(unit, end_s)
        for belt in self.belts:
            for part in belt.riding:
                self.rode(belt, part, end_s)

    def write(self, world: rec.World) -> None:
        """Put the units' times into the world."""
        for name in ("empty", "loaded", "handling"):
            world.arms[f"in_{name}"] = [getattr(unit, f"{name}_s") for unit in self.units]
