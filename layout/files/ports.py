"""Ports: from what a file says to the model's, and whether a tool, belt or vehicle can get to them at all."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from layout.errors import AssetError
from layout.files.meshes import read_meshes
from layout.files.surface import winding
from layout.model.library import Point2, Point3, Port
from layout.model.scenario import PortSpec

Array = NDArray[np.float64]
Add = Callable[..., None]  # what, path, value, hint

# A length that people wrote with three decimals is a unit vector to this.
UNIT_TOLERANCE = 2e-3

DEEP_M = 0.05
"""A hand-over point may lie this deep in what is solid: inside the part, or a jaw of the clamp that holds it."""
CLEAR_M = 0.01
"""The retreated tool may touch nothing deeper than this."""
BELT_INSIDE_M = 0.6
"""A belt ends at the machine's side, or this far inside it at most."""
WRONG_WAY_M = 0.1
"""A port faces into its machine where the way out is longer than the way back by more than this."""

FAR_M = 2.0
"""A hand-over point farther than this outside its machine's outline is a slip: cantilevered trays reach out less."""
HIGH_M = 10.0
"""Nothing is handed over higher above the floor."""


def make_port(name: str, given: PortSpec, add: Add) -> Port:
    """The port that a file describes. add : notes findings at paths relative to the port."""
    unit: dict[str, tuple[float, ...]] = {}
    for key, vector in (("tool", given.tool), ("facing", given.facing)):
        length = math.hypot(*vector)
        if abs(length - 1) > UNIT_TOLERANCE:
            hint = "scale it to length 1" if length else "write a direction of length 1, such as [0, -1]"
            add("must be a unit vector", (key,), list(vector), hint)
            length = length or 1.0
        unit[key] = tuple(value / length for value in vector)
    return Port(
        name=name, kind=given.kind, by=given.by, at_m=given.at, retreat_m=given.retreat,
        tool=cast(Point3, unit["tool"]), facing=cast(Point2, unit["facing"]),
    )  # fmt: skip


class Solid:
    """What of a machine is solid: convex pieces, or any surface (m, machine frame)."""

    def __init__(self, hulls: Path | None = None, surface: tuple[Array, NDArray[np.int64]] | None = None) -> None:
        self.surface = surface
        self.planes: list[Array] = []
        if hulls is None:
            return
        try:
            meshes = read_meshes(hulls)
        except AssetError:
            return
        for _, vertices, faces in meshes:
            if len(faces):
                self.planes.append(_planes(vertices, faces))

    def depth_m(self, point: Point3) -> float:
        """How deep a point lies inside; 0 outside. For a surface it is told to 1 cm, up to 10 cm."""
        if self.surface is not None:
            return self._surface_depth_m(np.array(point))
        here = np.array([*point, -1.0])
        return max((0.0, *(float(-(planes @ here).max()) for planes in self.planes)))

    def _surface_depth_m(self, point: Array) -> float:
        assert self.surface is not None
        steps = np.array([[x, y, z] for x in (-1, 0, 1) for y in (-1, 0, 1) for z in (-1, 0, 1)], dtype=float)
        steps /= np.maximum(np.linalg.norm(steps, axis=1), 1.0)[:, None]
        depth = 0.0
        for radius in (0.0, 0.01, 0.02, 0.05, 0.1):
            around = point + radius * steps if radius else point[None]
            if (winding(*self.surface, around) < 0.5).any():
                return depth
            depth = radius or 1e-3
        return depth


def _planes(vertices: Array, faces: NDArray[np.int64]) -> Array:
    """(k, 4) outward planes n x - d of a convex piece's faces."""
    corners = vertices[faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.linalg.norm(normals, axis=1)
    keep = length > 1e-12
    normals, corners = normals[keep] / length[keep, None], corners[keep]
    offsets = np.einsum("ij,ij->i", normals, corners[:, 0])
    middle = vertices[np.unique(faces)].mean(axis=0)
    sign = np.where(normals @ middle <= offsets, 1.0, -1.0)
    return np.column_stack([normals * sign[:, None], offsets * sign])


def check_ports(
    ports: Mapping[str, Port], outline: tuple[Point2, ...], solid: Solid, add: Add
) -> None:  # fmt: skip
    """Ports that nothing can serve, since the machine itself is in the way. add : path starts with the port's name."""
    for port in ports.values():
        lost = _lost(port, outline)
        if lost:
            add(lost, (port.name, "at"), list(port.at_m), "x, y, z in the machine's frame: metres, or text with a unit")
            continue
        if "arm" in port.by:
            for what, key, hint in _arm(port, solid):
                add(what, (port.name, key), list(getattr(port, f"{key}_m")), hint)
        if port.by != ("direct",):
            wrong = _facing(port, outline)
            if wrong:
                add(wrong[0], (port.name, wrong[1]), list(port.facing if wrong[1] == "facing" else port.at_m), wrong[2])


def _lost(port: Port, outline: tuple[Point2, ...]) -> str:
    """What is wrong with a place that no machine of this outline can hand over at; empty where nothing is."""
    import shapely

    x, y, z = port.at_m
    if z < 0.0:
        return f"the port lies {-z * 1e3:.0f} mm below the floor"
    if z > HIGH_M:
        return f"the port lies {z:.4g} m above the floor"
    away = float(shapely.Polygon(outline).distance(shapely.Point(x, y)))
    return f"the port lies {away:.2f} m away from its machine" if away > FAR_M else ""


def _arm(port: Port, solid: Solid) -> Iterator[tuple[str, str, str]]:
    deep = solid.depth_m(port.at_m)
    if deep > DEEP_M:
        what = f"the port lies inside its own machine, at least {deep * 1e3:.0f} mm deep"
        yield what, "at", "move it to where the part is held: x, y, z in the machine's frame, front towards -y"
        return
    x, y, z = (a + b for a, b in zip(port.at_m, port.retreat_m, strict=True))
    deep = solid.depth_m((x, y, z))
    if deep > CLEAR_M:
        what = f"after the retreat the tool is still inside the machine, {deep * 1e3:.0f} mm deep"
        yield what, "retreat", "lengthen it, or turn it to where the machine is open"
        return
    for share in (0.25, 0.5, 0.75):
        way: Point3 = tuple(a + share * b for a, b in zip(port.at_m, port.retreat_m, strict=True))  # type: ignore[assignment]
        deep = solid.depth_m(way)
        if deep > DEEP_M:
            what = f"the retreat leads through the machine itself ({deep * 1e3:.0f} mm deep)"
            yield what, "retreat", "turn it to where the machine is open"
            return


def _facing(port: Port, outline: tuple[Point2, ...]) -> tuple[str, str, str] | None:
    """What is wrong with the side a port is served from: what, key, hint."""
    import shapely

    polygon: shapely.Polygon = shapely.Polygon(outline)
    x, y, _ = port.at_m
    dx, dy = port.facing
    span = math.hypot(*(float(edge) for edge in np.ptp(np.array(outline), axis=0))) + math.hypot(x, y) + 1.0
    ways = [
        float(shapely.LineString([(x, y), (x + s * dx * span, y + s * dy * span)]).intersection(polygon).length)
        for s in (1, -1)
    ]
    if ways[0] > ways[1] + WRONG_WAY_M:
        hint = f"turn it outwards: [{-dx + 0.0:.3g}, {-dy + 0.0:.3g}]"
        return "the port faces into its own machine", "facing", hint
    if ("belt" in port.by or "vehicle" in port.by) and ways[0] > BELT_INSIDE_M:
        what = f"the port lies {ways[0] * 1e3:.0f} mm inside the machine's outline"
        return what, "at", "move it to the side where the belt or vehicle comes, or turn 'facing' to the nearest side"
    return None
