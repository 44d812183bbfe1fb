"""Between machines there is the gap that the floor asks for: in three dimensions, hull to hull."""

from __future__ import annotations

import numpy as np
import shapely

from layout.feasibility import convex
from layout.feasibility.ground import Areas, Ground, worst
from layout.model.results import Violation
from layout.scene import Scene

SCALE_M = 0.1

ENGINE_ERROR_M = 0.0005
"""How far the engine's distances are off at worst, against exact ones of 1,200 random pairs of hulls (tests/scene)."""


def clearance(ground: Ground, scene: Scene) -> list[Violation]:
    """Hulls of two stations or arm bases come closer than `floor.clearance`: by what is missing (m).

    Where a belt joins two stations it fills the gap between them: they only may not touch.
    """
    line = ground.line
    if all(station.model.is_box for station in line.stations.values()) and not line.arms:
        return _seen_from_above(ground, ground.bodies, line.floor.clearance_m)
    wanted = line.floor.clearance_m
    rings = ground.world([(scene.outline(thing.model),) for thing in ground.things]).rings
    if len(rings) < 2:
        return []
    rows, columns = convex.near(rings, rings, wanted + ENGINE_ERROR_M)
    pairs = [
        (ground.things[i].name, ground.things[j].name)
        for i, j in zip(rows.tolist(), columns.tolist(), strict=True)
        if i < j
    ]
    if not pairs:
        return []
    joined = _joined(ground)
    scene.place(line)
    gaps = scene.distances(pairs, wanted + ENGINE_ERROR_M)
    return worst(
        "clearance",
        [
            (pair, (0.0 if frozenset(pair) in joined else wanted) - gap - ENGINE_ERROR_M)
            for pair, gap in zip(pairs, gaps.tolist(), strict=True)
        ],
        scale=SCALE_M,
    )


def plan_gaps(ground: Ground) -> list[Violation]:
    """Hulls of two stations or arm bases, from above, come closer than `floor.clearance`: by what is missing (m)."""
    return _seen_from_above(ground, ground.hulls, ground.line.floor.clearance_m + ENGINE_ERROR_M)


def _seen_from_above(ground: Ground, areas: Areas, wanted: float) -> list[Violation]:
    joined = _joined(ground)
    rows, columns = convex.near(areas.rings, areas.rings, wanted)
    first = rows < columns
    i, j = rows[first], columns[first]
    short = wanted - shapely.distance(shapely.polygons(areas.rings[i]), shapely.polygons(areas.rings[j]))
    close = np.nonzero(short > 0)[0]
    pairs = [(areas.names[i[k]], areas.names[j[k]], float(short[k])) for k in close]
    return worst(
        "clearance",
        [((a, b), missing) for a, b, missing in pairs if a != b and frozenset((a, b)) not in joined],
        scale=SCALE_M,
    )


def _joined(ground: Ground) -> set[frozenset[str]]:
    """Pairs of stations with a belt between them."""
    return {frozenset((belt.origin, belt.target)) for belt in ground.line.belts.values()}
