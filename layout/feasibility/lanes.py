"""Vehicles get from station to station, and stand free where they dock."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import shapely

from layout.feasibility import convex
from layout.feasibility.ground import Areas, Ground, overlaps, worst
from layout.model.line import Fleet
from layout.model.pose import Array, Pose
from layout.model.results import Violation
from layout.motion import vehicles

SCALE_M = 0.5


def lane(ground: Ground) -> list[Violation]:
    """No free way for a fleet between two stations, or no room at a dock.

    Between stations: how much narrower (m) the vehicle would have to be, its length shrinking alike; its whole width
    where nothing gets through. At a dock: how deep (m) the vehicle there, or on its last straight piece to it, overlaps
    what stands there (of its own machine only what is nearer than DOCK_GAP_M), the floor's edge, or the vehicle docked
    at another station. A docked vehicle in the service area of a machine that it does not serve counts as `service`:
    people need that floor, and vehicles wait where they docked last.
    """
    line = ground.line
    if not line.fleets:
        return []
    found: list[tuple[tuple[str, ...], float]] = []
    blocked: list[tuple[tuple[str, ...], float]] = []
    parked: list[tuple[Fleet, Areas]] = []
    corridors = _belts(ground)
    for fleet in line.fleets.values():
        docks = vehicles.docks_of(fleet, line)
        if not len(docks.poses):
            continue
        standing = docked(fleet, docks)
        coming = driving(fleet, docks)
        parked.append((fleet, standing))
        out = ground.site.outside(coming.rings)
        found += [((fleet.name, name), far) for name, far in zip(coming.names, out.tolist(), strict=True)]
        for areas in (ground.bodies, ground.site.obstacles, ground.site.fences, corridors):
            found += [((fleet.name, a, b), depth) for (a, b), depth in overlaps(coming, areas)]
        blocked += [((fleet.name, a, b), depth) for (a, b), depth in overlaps(standing, ground.service)]
        missing = vehicles.lacking(fleet, line, ground.belts)
        found += [((fleet.name, a, b), short) for a, b, short in missing]
    for (one, first), (other, second) in combinations(parked, 2):
        found += [((one.name, other.name, a, b), depth) for (a, b), depth in overlaps(first, second)]
    for fleet, standing in parked:
        if fleet.units > 1:
            found += [((fleet.name, a, b), depth) for (a, b), depth in overlaps(standing, standing, same=True)]
    return worst("lane", found, scale=SCALE_M) + worst("service", blocked)


def docked(fleet: Fleet, docks: vehicles.Docks) -> Areas:
    """What a fleet's vehicles cover at their docks, by station."""
    return _placed(convex.pieces_of(fleet.model.footprint_m), docks)


def driving(fleet: Fleet, docks: vehicles.Docks) -> Areas:
    """What a vehicle covers from a vehicle's length in front of each dock until it stands there."""
    length = vehicles.Body.of(fleet).length_m
    swept = []
    for piece in convex.pieces_of(fleet.model.footprint_m):
        both = shapely.multipoints(np.vstack([piece, piece - (length, 0.0)]))
        swept.append(shapely.get_coordinates(shapely.orient_polygons(shapely.convex_hull(both)))[:-1])
    return _placed(swept, docks)


def _placed(pieces: list[Array] | tuple[Array, ...], docks: vehicles.Docks) -> Areas:
    size = max(len(piece) for piece in pieces)
    rings: list[Array] = []
    names: list[str] = []
    for owner, (x, y, yaw) in zip(docks.owners, docks.poses.tolist(), strict=True):
        rings += [Pose(x, y, yaw).apply(piece) for piece in pieces]
        names += [owner] * len(pieces)
    return Areas(tuple(names), convex.padded(rings, size))


def _belts(ground: Ground) -> Areas:
    """Corridors of belts as convex pieces."""
    rings: list[Array] = []
    names: list[str] = []
    for name, corridor in ground.corridors.items():
        for part in shapely.get_parts(corridor):
            if not part.is_empty:
                pieces = convex.pieces_of(shapely.get_coordinates(part.exterior)[:-1])
                rings += pieces
                names += [name] * len(pieces)
    if not rings:
        return Areas((), np.empty((0, 4, 2)))
    return Areas(tuple(names), convex.padded(rings, max(len(ring) for ring in rings)))
