"""What belongs to a line but to no model: floor, columns, marked areas, belts. Coloured meshes, in metres."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from layout.model.line import Belt, Line
from layout.model.pose import Array
from layout.model.results import BeltTimes, Moves
from layout.scene.cameras import standing
from layout.scene.meshes import Rgba
from layout.scene.prisms import extrude
from layout.scene.safety import rail_pieces, safety_pieces

FLOOR: Rgba = (0.86, 0.87, 0.88, 1.0)
FLOOR_EDGE: Rgba = (0.36, 0.39, 0.43, 1.0)
FLOOR_GRID: Rgba = (0.79, 0.80, 0.815, 1.0)
COLUMN: Rgba = (0.60, 0.60, 0.585, 1.0)
PEDESTAL: Rgba = (0.30, 0.32, 0.35, 1.0)
HAZARD_YELLOW: Rgba = (0.95, 0.76, 0.10, 1.0)
HAZARD_BLACK: Rgba = (0.16, 0.16, 0.17, 1.0)
KEEP_CLEAR: Rgba = (0.93, 0.80, 0.77, 1.0)
SERVICE: Rgba = (0.76, 0.84, 0.90, 1.0)
BELT: Rgba = (0.17, 0.18, 0.20, 1.0)
RAIL: Rgba = (0.70, 0.73, 0.76, 1.0)
LEG: Rgba = (0.45, 0.48, 0.52, 1.0)
DRIVE: Rgba = (0.20, 0.38, 0.58, 1.0)

LIFT_M = 0.004
"""Layers painted on the floor lie this far above one another, so that the renderer can tell them apart."""
STRIPE_M = 0.22
BAND_M = 0.10
GRID_M = 1.0
MOST_LINES = 50  # of the floor's grid, each way: wider floors get a coarser one

BELT_THICK_M = 0.08
RAIL_WIDE_M = 0.035
RAIL_HIGH_M = 0.05
LEG_WIDE_M = 0.05
LEG_PITCH_M = 1.1


@dataclass(frozen=True, eq=False)
class Piece:
    """A trimesh surface (m, world) and its colour."""

    mesh: Any
    rgba: Rgba


def furniture(line: Line, moves: Moves | None = None, service: bool = True) -> list[Piece]:
    """Everything to show around the machines of a line; belts where `moves` holds their paths.

    service : paint the machines' service areas on the floor
    """
    pieces = _floor(line)
    if service:
        pieces += _service(line)
    for area in line.floor.keep_clear.values():
        pieces += _hazard(shapely.Polygon(area.polygon))
    for area in line.floor.obstacles.values():
        pieces.append(Piece(extrude(shapely.Polygon(area.polygon), 0.0, area.height_m), COLUMN))
    pieces += [Piece(mesh, rgba) for mesh, rgba in safety_pieces(line, moves)]
    for arm in line.arms.values():
        pieces += [Piece(mesh, rgba) for mesh, rgba in rail_pieces(arm)]
        if arm.model.mount_m > 0 and arm.model.rail is None:  # on a rail it is a part of the carriage
            pedestal = shapely.Polygon(arm.pose.apply(arm.model.footprint_m))
            pieces.append(Piece(extrude(pedestal, 0.0, arm.model.mount_m), PEDESTAL))
    for name, times in (moves.belts if moves else {}).items():
        if name in line.belts:
            pieces += belt_pieces(line.belts[name], times, *belt_heights(line, line.belts[name]))
    return pieces


# ---------------------------------------------------------------- the floor


def _floor(line: Line) -> list[Piece]:
    area = shapely.Polygon(line.floor.boundary)
    rim = shapely.difference(shapely.buffer(area, 0.07, join_style="mitre"), area)
    x0, y0, x1, y1 = area.bounds
    wider = 10.0 ** max(math.ceil(math.log10(max(x1 - x0, y1 - y0) / MOST_LINES)), 0)
    half, pitch = 0.008 * wider, GRID_M * wider
    across = np.arange(math.ceil(x0), math.floor(x1) + 1e-9, pitch)
    along = np.arange(math.ceil(y0), math.floor(y1) + 1e-9, pitch)
    grid = [shapely.box(x - half, y0, x + half, y1) for x in across]
    grid += [shapely.box(x0, y - half, x1, y + half) for y in along]
    lines = shapely.intersection(shapely.union_all(grid), area)
    return [
        Piece(extrude(area, -0.12, 0.0), FLOOR),
        Piece(extrude(rim, -0.12, LIFT_M), FLOOR_EDGE),
        Piece(extrude(lines, -0.01, LIFT_M), FLOOR_GRID),
    ]


def _hazard(area: Any) -> list[Piece]:
    """An area that must stay free: a pale fill inside a yellow and black band."""
    inner = shapely.buffer(area, -BAND_M, join_style="mitre")
    band = shapely.difference(area, inner)
    x0, y0, x1, y1 = area.bounds
    tall = y1 - y0
    starts = np.arange(x0 - tall - STRIPE_M, x1 + STRIPE_M, STRIPE_M)
    half = STRIPE_M / 2
    stripes = [shapely.Polygon([(x, y0), (x + half, y0), (x + half + tall, y1), (x + tall, y1)]) for x in starts]
    black = shapely.intersection(band, shapely.union_all(stripes))
    return [
        Piece(extrude(inner, -0.01, 3 * LIFT_M), KEEP_CLEAR),
        Piece(extrude(band, -0.01, 3 * LIFT_M), HAZARD_YELLOW),
        Piece(extrude(black, -0.01, 4 * LIFT_M), HAZARD_BLACK),
    ]


def _service(line: Line) -> list[Piece]:
    """The floor that people need around machines, where it lies on the floor."""
    areas = []
    for thing in standing(line):
        outline = np.asarray(thing.model.footprint_m, dtype=float)
        sides = thing.model.service_m
        (x0, y0), (x1, y1) = outline.min(axis=0), outline.max(axis=0)
        for a, b, c, d in (
            (x0, y0 - sides.get("front", 0.0), x1, y0),
            (x0, y1, x1, y1 + sides.get("back", 0.0)),
            (x0 - sides.get("left", 0.0), y0, x0, y1),
            (x1, y0, x1 + sides.get("right", 0.0), y1),
        ):
            if c - a > 1e-6 and d - b > 1e-6:
                areas.append(shapely.Polygon(thing.pose.apply([(a, b), (c, b), (c, d), (a, d)])))
    if not areas:
        return []
    whole = shapely.intersection(shapely.union_all(areas), shapely.Polygon(line.floor.boundary))
    fill = shapely.buffer(whole, -0.02, join_style="mitre")
    return [Piece(extrude(fill, -0.01, 2 * LIFT_M), SERVICE)] if fill.area > 1e-6 else []


# ---------------------------------------------------------------- belts


def belt_heights(line: Line, belt: Belt) -> tuple[float, float]:
    """Heights (m) of a belt's upper surface where it starts and where it ends."""
    start = line.stations[belt.origin].model.port_for("out", "belt")
    end = line.stations[belt.target].model.port_for("in", "belt")
    low = start.at_m[2] if start else 0.8
    return low, end.at_m[2] if end else low


def along(path_m: Array, share: float) -> tuple[Array, float]:
    """The point (2,) at a share (0 to 1) of a polyline's length (k, 2) (m), and the heading there (rad)."""
    legs = np.diff(path_m, axis=0)
    lengths = np.linalg.norm(legs, axis=1)
    ends = np.cumsum(lengths)
    if not len(ends) or ends[-1] <= 0:
        return np.asarray(path_m[0], dtype=float), 0.0
    at = min(max(share, 0.0), 1.0) * ends[-1]
    leg = min(int(np.searchsorted(ends, at, side="left")), len(legs) - 1)
    while lengths[leg] <= 0 and leg + 1 < len(legs):
        leg += 1
    into = (at - (ends[leg] - lengths[leg])) / max(lengths[leg], 1e-12)
    return path_m[leg] + legs[leg] * into, math.atan2(legs[leg][1], legs[leg][0])


def belt_pieces(belt: Belt, times: BeltTimes, start_m: float, end_m: float) -> list[Piece]:
    """A conveyor: dark belt between two rails, on legs, with its drive below. Heights are those of the belt's top."""
    import trimesh

    path = _clean(np.asarray(times.path_m, dtype=float))
    if len(path) < 2:
        return []
    half = belt.width_m / 2
    heights = start_m + (end_m - start_m) * _shares(path)
    inner = half - RAIL_WIDE_M
    pieces = [
        Piece(_sweep(path, heights, -inner, inner, -BELT_THICK_M * 0.6, 0.0), BELT),
        Piece(
            trimesh.util.concatenate(
                [
                    _sweep(path, heights, inner, half, -BELT_THICK_M - 0.02, RAIL_HIGH_M),
                    _sweep(path, heights, -half, -inner, -BELT_THICK_M - 0.02, RAIL_HIGH_M),
                ]
            ),
            RAIL,
        ),
    ]
    legs, length = [], float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum())
    count = max(2, math.ceil(length / LEG_PITCH_M) + 1)
    inset = min(0.12, length / 4) / length
    for share in np.linspace(inset, 1 - inset, count):
        at, heading = along(path, float(share))
        top = start_m + (end_m - start_m) * float(share) - BELT_THICK_M
        for side in (half - LEG_WIDE_M / 2, -half + LEG_WIDE_M / 2):
            legs.append(_box(at, heading, (0.0, side), (LEG_WIDE_M, LEG_WIDE_M), 0.0, top))
        legs.append(_box(at, heading, (0.0, 0.0), (0.03, 2 * half - 2 * LEG_WIDE_M), 0.18 * top, 0.18 * top + 0.04))
    pieces.append(Piece(trimesh.util.concatenate(legs), LEG))
    if length > 0.6:
        at, heading = along(path, 0.5 + 0.25 / count)
        top = (start_m + end_m) / 2 - BELT_THICK_M - 0.02
        pieces.append(Piece(_box(at, heading, (0.0, 0.0), (0.32, belt.width_m * 0.55), top - 0.17, top), DRIVE))
    return pieces


def _clean(path: Array) -> Array:
    keep = np.ones(len(path), dtype=bool)
    keep[1:] = np.linalg.norm(np.diff(path, axis=0), axis=1) > 1e-6
    return path[keep]


def _shares(path: Array) -> Array:
    lengths = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    return np.asarray(lengths / lengths[-1])


def _sweep(path: Array, heights: Array, right: float, left: float, low: float, high: float) -> Any:
    """A bar along a path (k, 2) whose cross-section spans right..left (m, across) and low..high (m, above heights)."""
    import trimesh

    legs = np.diff(path, axis=0)
    legs = legs / np.linalg.norm(legs, axis=1)[:, None]
    normals = np.column_stack([-legs[:, 1], legs[:, 0]])
    before, after = np.vstack([normals[:1], normals]), np.vstack([normals, normals[-1:]])
    mitre = before + after
    mitre = mitre / np.maximum(1.0 + np.sum(before * after, axis=1), 0.2)[:, None]
    rings = []
    for across, above in ((right, low), (left, low), (left, high), (right, high)):
        rings.append(np.column_stack([path + mitre * across, heights + above]))
    vertices = np.stack(rings, axis=1).reshape(-1, 3)
    faces = []
    for i in range(len(path) - 1):
        for k in range(4):
            a, b = 4 * i + k, 4 * i + (k + 1) % 4
            faces += [[a, b + 4, b], [a, a + 4, b + 4]]
    last = 4 * (len(path) - 1)
    faces += [[0, 1, 2], [0, 2, 3], [last, last + 2, last + 1], [last, last + 3, last + 2]]
    mesh = trimesh.Trimesh(vertices, faces, process=False)
    if mesh.volume < 0:
        mesh.invert()
    return mesh


def _box(
    at: Array, heading: float, shift: tuple[float, float], size: tuple[float, float], low: float, high: float
) -> Any:
    """An upright box of a plan size (m) about `at` + `shift`, both turned by a heading (rad)."""
    cos, sin = math.cos(heading), math.sin(heading)
    corners = [
        (shift[0] + u * size[0] / 2, shift[1] + v * size[1] / 2) for u, v in ((-1, -1), (1, -1), (1, 1), (-1, 1))
    ]
    plan = shapely.Polygon([(at[0] + cos * u - sin * v, at[1] + sin * u + cos * v) for u, v in corners])
    return extrude(plan, low, high)
