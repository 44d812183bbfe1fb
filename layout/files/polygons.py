"""Whether a polygon is one: simple, with an area."""

from __future__ import annotations

import re
from collections.abc import Sequence

# Smaller than a fingertip (m2): no floor, column or machine.
LEAST_AREA_M2 = 1e-6


def fault(points: Sequence[tuple[float, float]]) -> str:
    """What is wrong with a polygon, as the end of a sentence; empty if it is simple and has an area."""
    import shapely
    from shapely.validation import explain_validity

    if any(abs(value) > 1e6 for point in points for value in point):
        return "reaches more than 1000 km"
    polygon = shapely.Polygon(points)
    if polygon.area < LEAST_AREA_M2 and (
        polygon.is_valid or shapely.MultiPoint(points).convex_hull.area < LEAST_AREA_M2
    ):
        return "has no area"
    if polygon.is_valid:
        return ""
    where = re.search(r"\[(\S+) (\S+)\]", explain_validity(polygon))
    return f"crosses itself at ({float(where[1]):.4g}, {float(where[2]):.4g})" if where else "crosses itself"
