"""Guard fences, exits, light curtains, vehicle lanes and rails, as coloured meshes (m, world)."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import shapely

from layout.model.line import Arm, Line
from layout.model.pose import Array
from layout.model.results import Moves
from layout.scene import solids
from layout.scene.meshes import Rgba
from layout.scene.prisms import extrude
from layout.scene.subjects import EXIT_M, lanes

POST: Rgba = (0.95, 0.76, 0.10, 1.0)
MESH: Rgba = (0.16, 0.17, 0.19, 1.0)
EXIT: Rgba = (0.14, 0.56, 0.33, 1.0)
CURTAIN: Rgba = (0.92, 0.80, 0.12, 1.0)
BEAM: Rgba = (0.80, 0.16, 0.14, 1.0)
LANE: Rgba = (0.83, 0.86, 0.80, 1.0)
LANE_EDGE: Rgba = (0.95, 0.93, 0.80, 1.0)
BED: Rgba = (0.55, 0.58, 0.62, 1.0)
TRACK: Rgba = (0.78, 0.80, 0.82, 1.0)

POST_M = 0.06
POST_PITCH_M = 1.5
WIRE_M = 0.006
WIRE_PITCH_M = 0.1
LOW_M = 0.15
"""The mesh begins this far above the floor: there is room to sweep, and none for a body (ISO 13857: 180 mm)."""
CURTAIN_HIGH_M = 1.2
BEAMS_M = (0.3, 0.7, 1.1)
"""Heights of three beams, as ISO 13855 has them for a whole body."""
LAYER_M = 0.004

Coloured = tuple[Any, Rgba]


def safety_pieces(line: Line, moves: Moves | None = None) -> list[Coloured]:
    """Everything of a line's safety on its floor: (trimesh surface, colour)."""
    pieces: list[Coloured] = []
    for fence in line.floor.fences.values():
        pieces += _fence(np.asarray(fence.line, dtype=float), fence.height_m)
    for at in (line.floor.walkways.exits if line.floor.walkways else {}).values():
        disc = shapely.buffer(shapely.Point(at), EXIT_M)
        pieces.append((extrude(disc, -0.01, 6 * LAYER_M), EXIT))  # above areas that it lies in
    for detection in line.safety.detection.values():
        pieces += _curtain(np.asarray(detection.line, dtype=float))
    return pieces + _lanes(line, moves)


def rail_pieces(arm: Arm) -> list[Coloured]:
    """A floor track: a bed with two tracks on it, where an arm has one. (Its carriage moves with the arm.)"""
    if arm.model.rail is None:
        return []
    (x0, y0, _), (x1, y1, top) = solids.rail_box(arm.model)
    beams, tracks = [], []
    wide = 0.16
    for a, b in ((y0, y0 + wide), (y1 - wide, y1)):
        beams.append(extrude(_local(arm, x0, a, x1, b), 0.0, top - 0.03))
        middle = (a + b) / 2
        tracks.append(extrude(_local(arm, x0, middle - 0.025, x1, middle + 0.025), top - 0.03, top))
    count = max(2, math.ceil((x1 - x0) / 0.8) + 1)
    for x in np.linspace(x0 + 0.06, x1 - 0.06, count):
        beams.append(extrude(_local(arm, x - 0.06, y0 + wide, x + 0.06, y1 - wide), 0.0, top - 0.07))
    for x in (x0, x1 - 0.05):
        tracks.append(extrude(_local(arm, x, y0, x + 0.05, y1), 0.0, top + 0.05))
    return [(_joined(beams), BED), (_joined(tracks), TRACK)]


def _local(arm: Arm, x0: float, y0: float, x1: float, y1: float) -> Any:
    return shapely.Polygon(arm.pose.apply([(x0, y0), (x1, y0), (x1, y1), (x0, y1)]))


def _fence(line: Array, height_m: float) -> list[Coloured]:
    posts, wires = [], []
    for a, b in itertools.pairwise(line):
        length = float(np.linalg.norm(b - a))
        if length < 1e-6:
            continue
        count = max(1, math.ceil(length / POST_PITCH_M))
        shares = np.linspace(0.0, 1.0, count + 1)
        posts += [_upright(a + (b - a) * share, b - a, POST_M, POST_M, 0.0, height_m) for share in shares]
        rows = np.arange(LOW_M, height_m - 0.02, WIRE_PITCH_M * 2)
        wires += [_bar(a, b, float(z), WIRE_M) for z in (*rows, height_m - 0.03)]
        wires += [_bar(a, b, float(z), 0.03) for z in (LOW_M, height_m - 0.03)]
        uprights = np.linspace(0.0, 1.0, max(1, round(length / WIRE_PITCH_M)) + 1)
        wires += [_upright(a + (b - a) * s, b - a, WIRE_M, WIRE_M, LOW_M, height_m - 0.03) for s in uprights]
    return [(_joined(posts), POST), (_joined(wires), MESH)] if posts else []


def _curtain(line: Array) -> list[Coloured]:
    posts, beams = [], []
    for a, b in itertools.pairwise(line):
        if float(np.linalg.norm(b - a)) < 1e-6:
            continue
        posts += [_upright(at, b - a, 0.09, 0.09, 0.0, CURTAIN_HIGH_M) for at in (a, b)]
        beams += [_bar(a, b, z, 0.012) for z in BEAMS_M]
    return [(_joined(posts), CURTAIN), (_joined(beams), BEAM)] if posts else []


def _lanes(line: Line, moves: Moves | None) -> list[Coloured]:
    areas = [
        lanes(times, line.fleets[name].model.footprint_m)
        for name, times in (moves.fleets if moves else {}).items()
        if name in line.fleets
    ]
    whole = shapely.intersection(shapely.union_all(areas), shapely.Polygon(line.floor.boundary)) if areas else None
    if whole is None or whole.is_empty:
        return []
    inner = shapely.buffer(whole, -0.04)
    return [
        (extrude(inner, -0.01, 1.5 * LAYER_M), LANE),
        (extrude(shapely.difference(whole, inner), -0.01, 1.7 * LAYER_M), LANE_EDGE),
    ]


def _upright(at: Array, along: Array, wide: float, deep: float, low: float, high: float) -> Any:
    import trimesh

    u = along / np.linalg.norm(along)
    frame = np.eye(4)
    frame[:2, 0], frame[:2, 1] = u, (-u[1], u[0])
    frame[:3, 3] = [at[0], at[1], (low + high) / 2]
    return trimesh.creation.box((wide, deep, high - low), frame)


def _bar(a: Array, b: Array, z: float, thick: float) -> Any:
    import trimesh

    u = (b - a) / np.linalg.norm(b - a)
    frame = np.eye(4)
    frame[:2, 0], frame[:2, 1] = u, (-u[1], u[0])
    frame[:3, 3] = [*((a + b) / 2), z]
    return trimesh.creation.box((float(np.linalg.norm(b - a)), thick, thick), frame)


def _joined(meshes: list[Any]) -> Any:
    import trimesh

    return trimesh.util.concatenate(meshes)
