"""What a viewer lays over a line: ports, service envelopes, reach, violations; coloured surfaces one sees through."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely

from layout.model.library import Port
from layout.model.line import Arm, Line, Station
from layout.model.pose import Array
from layout.scene.cameras import standing
from layout.scene.furniture import Piece
from layout.scene.marks import Mark, leave
from layout.scene.meshes import Rgba
from layout.scene.prisms import extrude
from layout.scene.subjects import outline, reach_area, service_area, shoulder

PORT_COLOURS: dict[str, Rgba] = {
    "arm": (0.92, 0.49, 0.05, 1.0),
    "belt": (0.10, 0.36, 0.72, 1.0),
    "vehicle": (0.11, 0.55, 0.27, 1.0),
    "direct": (0.45, 0.30, 0.65, 1.0),
}
ENVELOPE: Rgba = (0.20, 0.50, 0.85, 0.22)
REACH: Rgba = (0.90, 0.55, 0.08, 1.0)
REACH_FILL: Rgba = (0.95, 0.62, 0.12, 0.10)
RED: Rgba = (0.80, 0.08, 0.10, 0.55)
RED_LINE: Rgba = (0.80, 0.05, 0.08, 1.0)
OUTLINE: Rgba = (0.80, 0.08, 0.10, 0.16)

ENVELOPE_HIGH_M = 2.0
"""People work up to this height."""
ARROW_M = 0.7
SHAFT_M = 0.032
HEAD_M = 0.22
LINE_M = 0.018
BESIDE_M = 0.26
MERIDIANS = 8


def ports(line: Line) -> list[Piece]:
    """An arrow at each port in use: into the machine where parts enter, out of it where they leave, or both.

    The colour is that of the transport. A station that none serves shows all of its ports.
    """
    by_colour: dict[str, list[Any]] = {}
    for station in line.stations.values():
        outer, served = outline(station), _served_by(line, station.name)
        taken: list[Array] = []
        for port in station.model.ports.values():
            kind = next((kind for kind in port.by if kind in served), "" if served else port.by[0])
            if kind:
                by_colour.setdefault(kind, []).append(_port_arrow(station, port, outer, taken))
    return [Piece(_joined(meshes), PORT_COLOURS[kind]) for kind, meshes in by_colour.items()]


def _served_by(line: Line, station: str) -> set[str]:
    """Kinds of the transports that come to a station."""
    found = {"arm" for arm in line.arms.values() if station in arm.serves}
    found |= {"vehicle" for fleet in line.fleets.values() if station in fleet.stops}
    found |= {"belt" for belt in line.belts.values() if station in (belt.origin, belt.target)}
    return found | {"direct" for link in line.links.values() if station in (link.origin, link.target)}


def _port_arrow(station: Station, port: Port, outer: Any, taken: list[Array]) -> Any:
    """The arrow in front of a port; beside those that are there already."""
    at = station.pose.apply([port.at_m])[0]
    out = station.pose.turn([port.facing])[0]
    edge = leave(outer, at[:2], out)
    while any(np.hypot(*(edge - other)) < BESIDE_M * 0.9 for other in taken):
        edge = edge + BESIDE_M * np.array([-out[1], out[0]])
    taken.append(edge)
    near, far = np.array([*edge, at[2]]), np.array([*(edge + out * ARROW_M), at[2]])
    if port.kind == "in":
        return arrow(far, near)
    if port.kind == "out":
        return arrow(near, far)
    return _joined([arrow((near + far) / 2, near), arrow((near + far) / 2, far)])


def envelopes(line: Line) -> list[Piece]:
    """The space that people need at the machines' sides, as high as a person."""
    areas = [service_area(thing) for thing in standing(line)]
    whole = shapely.intersection(shapely.union_all(areas), shapely.Polygon(line.floor.boundary))
    return [Piece(extrude(whole, 0.02, ENVELOPE_HIGH_M), ENVELOPE)] if whole.area > 1e-6 else []


def reach(line: Line) -> list[Piece]:
    """How far each arm gets: rings on the floor and at its shoulder, and meridians of the sphere above them."""
    lines: list[Any] = []
    discs: list[Any] = []
    for arm in line.arms.values():
        area = reach_area(arm)
        ring = shapely.difference(area, shapely.buffer(area, -2 * LINE_M))
        height = float(shoulder(arm)[2])
        lines.append(extrude(ring, 0.03, 0.03 + LINE_M))
        lines.append(extrude(ring, height - LINE_M / 2, height + LINE_M / 2))
        lines += [tube(points) for points in _meridians(arm, height)]
        discs.append(extrude(area, height - 0.002, height + 0.002))
    return [Piece(_joined(lines), REACH), Piece(_joined(discs), REACH_FILL)] if lines else []


def _meridians(arm: Arm, height_m: float) -> list[Array]:
    """Quarter circles from the ring at the shoulder up to the pole above it; of a rail from its nearer end."""
    radius = arm.model.reach_m
    half = arm.model.rail.length_m / 2 if arm.model.rail is not None else 0.0
    found = []
    rise = np.linspace(0.0, math.pi / 2, 13)
    for k in range(MERIDIANS):
        angle = 2 * math.pi * k / MERIDIANS
        cos = 0.0 if abs(math.cos(angle)) < 1e-9 else math.cos(angle)
        foot = half * (cos > 0) - half * (cos < 0)
        local = np.column_stack([foot + radius * np.cos(rise) * cos, radius * np.cos(rise) * math.sin(angle)])
        found.append(np.column_stack([arm.pose.apply(local), height_m + radius * np.sin(rise)]))
    return found


def violations(marks: Sequence[Mark]) -> list[Piece]:
    """Red volumes and arrows of each violation, and pale ones of what it speaks of."""
    pieces: list[Piece] = []
    outlines: list[Any] = []
    for shape in (shape for mark in marks for shape in mark.outlines):
        if not any(shape is other for other in outlines):
            outlines.append(shape)
    solid = [extrude(v.area, v.low_m + 0.01, v.high_m + 0.02) for mark in marks for v in mark.volumes]
    pale = [extrude(shapely.buffer(s.area, 0.02), s.low_m + 0.005, s.high_m + 0.02) for s in outlines if s.there]
    strokes: list[Any] = []
    for mark in marks:
        for stroke in mark.strokes:
            points = np.asarray(stroke.points, dtype=float)
            strokes.append(tube(points, SHAFT_M))
            strokes += [_head(points[-2], points[-1])] if stroke.heads in ("end", "both") else []
            strokes += [_head(points[1], points[0])] if stroke.heads == "both" else []
    for meshes, rgba in ((strokes, RED_LINE), (solid, RED), (pale, OUTLINE)):
        kept = [mesh for mesh in meshes if len(mesh.faces)]
        if kept:
            pieces.append(Piece(_joined(kept), rgba))
    return pieces


def arrow(start: Array, end: Array) -> Any:
    """A shaft with a head at its end (m)."""
    way = end - start
    length = float(np.linalg.norm(way))
    neck = end - way / max(length, 1e-9) * min(HEAD_M, 0.6 * length)
    return _joined([tube(np.array([start, neck]), SHAFT_M), _head(start, end)])


def _head(before: Array, tip: Array) -> Any:
    import trimesh

    way = np.asarray(tip - before, dtype=float)
    length = float(np.linalg.norm(way))
    high = min(HEAD_M, 0.6 * length)
    cone = trimesh.creation.cone(radius=max(0.42 * high, 0.02), height=max(high, 0.02), sections=16)
    frame: Any = trimesh.geometry.align_vectors(  # type: ignore[no-untyped-call]
        [0, 0, 1], way / max(length, 1e-9)
    )
    frame[:3, 3] = tip - way / max(length, 1e-9) * max(high, 0.02)
    cone.apply_transform(frame)
    return cone


def tube(points: Array, radius_m: float = LINE_M / 2) -> Any:
    """A thin eight-sided bar along a polyline (k, 3) (m)."""
    import trimesh

    bars = [
        trimesh.creation.cylinder(radius=radius_m, segment=[a, b], sections=8)
        for a, b in itertools.pairwise(points)
        if np.linalg.norm(b - a) > 1e-6
    ]
    return _joined(bars) if bars else trimesh.Trimesh()


def _joined(meshes: Sequence[Any]) -> Any:
    import trimesh

    return trimesh.util.concatenate(list(meshes))
