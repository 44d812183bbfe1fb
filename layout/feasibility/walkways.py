"""People get from every operator side to an exit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely

from layout.feasibility.convex import TOLERANCE_M
from layout.feasibility.ground import Ground, worst
from layout.model.results import Violation

SCALE_M = 0.5

ROUND = 8
"""Segments in a quarter of the circles that obstacles grow by: a corner is passed at 0.5 % less than half the width."""

CORNER = 1.4143
"""An exit may lie in a right-angled corner of the floor: a disc that touches both walls is so many radii from it."""

STEPS = 7
"""Halvings in the search for the widest way that there is: to 1/128 of the width asked for."""


def walkway(ground: Ground) -> list[Violation]:
    """From a machine's operator side there is no free way of the stated width to an exit: by the width missing (m).

    The operator side is the front, where the model wants service floor there. The way is that of a disc of the
    walkway's width that touches the side's service area at one end and the exit at the other; footprints, obstacles,
    belts, fences and the floor's edge block it, vehicle lanes and areas to keep clear do not.
    """
    wanted = ground.line.floor.walkways
    if wanted is None:
        return []
    rows = [k for k, side in enumerate(ground.sides) if side == "front"]
    if not rows:
        return []
    names = [ground.service.names[k] for k in rows]
    fronts = ground.service_polygons[rows]
    exits = shapely.multipoints(list(wanted.exits.values()))
    solid = [ground.body_polygons, ground.polygons(ground.site.obstacles), ground.polygons(ground.site.fences)]
    solid.append(np.array([belt for belt in ground.corridors.values() if not belt.is_empty], dtype=object))
    blocks = np.concatenate(solid)
    room = _Room(ground.site.floor, blocks)
    cut = np.nonzero(~room.reached(fronts, exits, wanted.width_m))[0]
    found = []
    for k in cut.tolist():
        low, high = 0.0, 1.0
        for _ in range(STEPS):
            share = 0.5 * (low + high)
            low, high = (share, high) if room.reached(fronts, exits, share * wanted.width_m)[k] else (low, share)
        found.append(((names[k],), wanted.width_m * (1.0 - low)))
    return worst("walkway", found, scale=SCALE_M)


class _Room:
    """Free floor for discs among blocks (n,) (shapely polygons) on a floor."""

    def __init__(self, floor: Any, blocks: Any) -> None:
        self.floor, self.blocks = floor, blocks
        self._known: dict[tuple[float, int], Any] = {}

    def reached(self, sides: Sequence[Any], exits: Any, width_m: float) -> Any:
        """(n,) bool: which sides (n,) a disc of that width can touch that also can touch one of the exits."""
        key = (width_m, len(sides))
        if key not in self._known:
            self._known[key] = self._reached(sides, exits, width_m)
        return self._known[key]

    def _reached(self, sides: Sequence[Any], exits: Any, width_m: float) -> Any:
        half = 0.5 * width_m
        taken = shapely.union_all(shapely.buffer(self.blocks, half - TOLERANCE_M, quad_segs=ROUND))
        middle = shapely.difference(shapely.buffer(self.floor, TOLERANCE_M - half, quad_segs=ROUND), taken)
        rooms = shapely.get_parts(middle)
        rooms = rooms[shapely.area(rooms) > 0.0]
        near = rooms[shapely.distance(rooms, exits) <= CORNER * half + TOLERANCE_M]
        if not len(near):
            return np.zeros(len(sides), dtype=bool)
        return shapely.distance(np.asarray(sides)[:, None], near[None]).min(axis=1) <= half + TOLERANCE_M
