"""Gaps and distances that keep people safe, against the scenario's figures: no claim of conformity to any standard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import shapely

from layout.feasibility.convex import TOLERANCE_M
from layout.feasibility.ground import Ground, worst
from layout.feasibility.lanes import driving
from layout.feasibility.sweeps import sweep_of
from layout.feasibility.walkways import CORNER
from layout.model.results import Violation
from layout.motion import vehicles

SCALE_M = 0.5

NARROWEST_M = 0.01
"""The narrowest place of a gap is where it is less than this wider than at its narrowest."""

ENTRY_M = 0.18
"""People get through openings wider than this (ISO 13857: slots above 180 mm admit the body)."""


def gap(ground: Ground) -> list[Violation]:
    """Between doors or vehicles and what stands there is less room than `safety.gap` (ISO 13854), in m.

    A gap in plan counts, not a touch (`door` and `lane` see to that), and only where people get to. Doors: from their
    sweep to other machines, arm bases, obstacles, fences and belts. Vehicles: the free floor around them on their way,
    by what is missing of it on the widest way between two stations; at their docks, and on the last piece to them, the
    gap to all but the machine served.
    """
    line, wanted = ground.line, ground.line.safety.gap_m
    if not wanted:
        return []
    found: list[tuple[tuple[str, ...], float]] = []
    standing = _standing(ground)
    open_ = _Open(ground)
    sweeps: dict[str, list[Any]] = {}
    whole = ground.solids
    for k in np.nonzero(whole.swings)[0].tolist():
        sweeps.setdefault(whole.owner(k), []).append(shapely.convex_hull(shapely.multipoints(whole.outline(k))))
    for name, pieces in sweeps.items():
        found += _caught(name, pieces, 0.0, standing, {name}, wanted, open_)
    for fleet in line.fleets.values():
        lanes = driving(fleet, vehicles.docks_of(fleet, line))
        for name, ring in zip(lanes.names, lanes.rings, strict=True):
            found += [
                ((fleet.name, *subjects), short)
                for subjects, short in _caught(name, [shapely.Polygon(ring)], 0.0, standing, {name}, wanted, open_)
            ]
        if not vehicles.lacking(fleet, line, ground.belts):  # else `lane` says it
            cut = vehicles.lacking(fleet, line, ground.belts, max(wanted, vehicles.LANE_MARGIN_M))
            found += [((fleet.name, a, b), short) for a, b, short in cut]
    return worst("gap", found, scale=SCALE_M)


def arm_gap(ground: Ground) -> list[Violation]:
    """Between what an arm sweeps on its planned moves and what stands there is less room than `safety.gap`, in m.

    In plan, where people get to, to everything that the arm does not serve (and the belts there); what the sweep passes
    over counts as no gap. Nothing where the line has no plan.
    """
    line, wanted = ground.line, ground.line.safety.gap_m
    if not wanted or not line.arms or ground.moves is None:
        return []
    standing, open_ = _standing(ground), _Open(ground)
    found: list[tuple[tuple[str, ...], float]] = []
    for name, arm in line.arms.items():
        sweep, slack = sweep_of(arm, ground.moves.arms[name])
        own = {name, *arm.serves, *(b.name for b in line.belts.values() if {b.origin, b.target} & set(arm.serves))}
        found += _caught(name, sweep, slack, standing, own, wanted, open_)
    return worst("gap", found, scale=SCALE_M)


def separation(ground: Ground) -> list[Violation]:
    """A line of detection is nearer to what an arm sweeps on its planned moves, in plan, than S = K T + C (ISO 13855):
    by what is missing (m)."""
    line = ground.line
    if not line.safety.detection or not line.arms or ground.moves is None:
        return []
    found: list[tuple[tuple[str, ...], float]] = []
    for name, arm in line.arms.items():
        sweep, slack = sweep_of(arm, ground.moves.arms[name])
        for label, detection in line.safety.detection.items():
            least = detection.approach_m_s * detection.stopping_s + detection.intrusion_m
            far = float(shapely.distance(sweep, shapely.LineString(detection.line)).min(initial=np.inf)) - slack
            found.append(((name, label), least - max(0.0, far)))
    return worst("separation", found, scale=SCALE_M)


def _standing(ground: Ground) -> dict[str, Any]:
    """Everything that stands on the floor, in plan: shapely geometries (m) by name."""
    parts: dict[str, list[Any]] = {}
    for areas in (ground.bodies, ground.site.obstacles, ground.site.fences):
        for name, polygon in zip(areas.names, ground.polygons(areas), strict=True):
            parts.setdefault(name, []).append(polygon)
    found = {name: shapely.union_all(polygons) for name, polygons in parts.items()}
    return found | {name: belt for name, belt in ground.corridors.items() if not belt.is_empty}


def _caught(
    mover: str,
    pieces: Any,
    slack: float,
    standing: Mapping[str, Any],
    exempt: Iterable[str],
    wanted: float,
    open_: _Open,
) -> list[tuple[tuple[str, ...], float]]:
    """(mover, thing) and the room missing (m) where a body may be caught between the two."""
    names = [name for name in standing if name not in exempt]
    shapes = np.asarray(pieces, dtype=object)
    if not names or not len(shapes):
        return []
    tree = shapely.STRtree(shapes)
    found: list[tuple[tuple[str, ...], float]] = []
    for name in names:
        thing = standing[name]
        far = float(tree.query_nearest(thing, return_distance=True)[1][0])
        room = far - slack
        if far > TOLERANCE_M and room < wanted:
            near = shapes[tree.query(thing, predicate="dwithin", distance=far + NARROWEST_M)]
            face = shapely.intersection(shapely.union_all(shapely.buffer(near, far + NARROWEST_M)), thing)
            if open_.at(face):
                found.append(((mover, name), wanted - max(0.0, room)))
    return found


class _Open:
    """Where people get to: from the exits of the walkways, where there are any; everywhere else."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._rooms: Any = None

    def at(self, place: Any) -> bool:
        """Whether people get to a place (shapely, m)."""
        walkways = self._ground.line.floor.walkways
        if walkways is None:
            return True
        if self._rooms is None:
            self._rooms = shapely.union_all(self._reached(shapely.multipoints(list(walkways.exits.values()))))
        return bool(shapely.distance(self._rooms, place) <= 0.5 * ENTRY_M + 1e-3)

    def _reached(self, exits: Any) -> Any:
        half = 0.5 * ENTRY_M
        taken = shapely.union_all(
            shapely.buffer(list(_standing(self._ground).values()), half - TOLERANCE_M, quad_segs=4)
        )
        rooms = shapely.get_parts(shapely.difference(shapely.buffer(self._ground.site.floor, -half), taken))
        return rooms[shapely.distance(rooms, exits) <= CORNER * half + 1e-3]
