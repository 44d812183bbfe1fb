"""Fences, walkways and detection lines of a scenario: whether they are on the floor, and lines at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from layout.model.library import Point2
from layout.model.scenario import ScenarioSpec

Add = Callable[..., None]

ON_FLOOR_M = 0.01
"""People round: an exit in the floor's edge may lie this far outside."""
SHORTEST_M = 0.01


def check_ways(spec: ScenarioSpec, add: Add) -> None:
    """Note fences, exits and detection lines that cannot be meant; the boundary must be a sound polygon."""
    import shapely

    floor = shapely.Polygon(spec.floor.boundary)
    left, low, right, high = (float(end) for end in floor.bounds)
    reaches = f"the floor reaches from {left:g} to {right:g} m in x, from {low:g} to {high:g} m in y"
    for name, fence in spec.floor.fences.items():
        _line(fence.line, floor, add, ("floor", "fences", name, "line"), reaches)
    for name, detection in spec.safety.detection.items():
        _line(detection.line, floor, add, ("safety", "detection", name, "line"), reaches)
    walkways = spec.floor.walkways
    if walkways is None:
        return
    for name, point in walkways.exits.items():
        off = float(floor.distance(shapely.Point(point)))
        if off > ON_FLOOR_M:
            what = f"the exit lies {off:.3g} m off the floor"
            add(what, "floor", "walkways", "exits", name, value=list(point), hint=f"{reaches}; put it on its edge")
    narrow = min(right - left, high - low)
    if walkways.width_m >= narrow:
        hint = f"the floor is {right - left:g} x {high - low:g} m; people need 0.6 to 1.2 m"
        add(
            "walkways are wider than the floor",
            "floor",
            "walkways",
            "width",
            value=f"{walkways.width_m:g} m",
            hint=hint,
        )


def _line(points: tuple[Point2, ...], floor: Any, add: Add, path: tuple[str, ...], reaches: str) -> None:
    import shapely

    line = shapely.LineString(points)
    shown = [list(point) for point in points]
    if line.length < SHORTEST_M:
        add("the line has no length", *path, value=shown, hint="list the points it leads through, in metres")
    elif not line.intersects(floor):
        add("the line lies wholly off the floor", *path, value=shown, hint=f"{reaches}; are the units right?")
