"""Marks of a floor plan: patches, ports, chevrons, violations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely.ops
from numpy.typing import NDArray
from shapely.geometry import LineString, Point, Polygon

from layout.model.line import Line
from layout.model.results import Moves, Violation
from layout.report import geometry
from layout.report.labels import Placer, Ruler

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.patheffects import AbstractPathEffect

Array = NDArray[np.float64]
RED = "#c5161d"


def halo(width: float, colour: str = "white") -> AbstractPathEffect:
    """A light rim that lifts text and lines off what lies below."""
    from matplotlib.patheffects import withStroke

    return withStroke(linewidth=width, foreground=colour, alpha=0.85)


def patch(axes: Axes, shape: Any, style: Mapping[str, Any], zorder: float) -> None:
    """A shapely polygon (or several) as patches."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path as Outline

    for part in getattr(shape, "geoms", [shape]):
        if part.is_empty or part.area <= 0:
            continue
        rings = [np.asarray(ring.coords) for ring in (part.exterior, *part.interiors)]
        path = Outline.make_compound_path(*(Outline(ring, closed=True) for ring in rings))
        axes.add_patch(PathPatch(path, joinstyle="miter", **style, zorder=zorder))


def port(axes: Axes, at: Array, facing: Array, kind: str, ruler: Ruler) -> None:
    """A small triangle that points the way parts pass; two where they pass both ways."""
    from matplotlib.patches import Polygon as Patch

    size = ruler.points(3.4)
    side = np.array([-facing[1], facing[0]])
    ways = {"in": (-1,), "out": (1,)}.get(kind, (-1, 1))
    for way in ways:
        centre = at + (side * size * 0.75 * way if len(ways) == 2 else 0)
        tip = way * facing * size
        corners = [centre + tip, centre - 0.6 * tip + 0.75 * side * size, centre - 0.6 * tip - 0.75 * side * size]
        filled = way < 0
        axes.add_patch(
            Patch(
                corners, closed=True, facecolor="#344054" if filled else "white", edgecolor="#344054", linewidth=0.8,
                zorder=6,
            )
        )  # fmt: skip


def chevrons(axes: Axes, path: Array, width_m: float, colour: Any, placer: Placer) -> None:
    """Chevrons along a belt's centre line, in the way it runs; none under a label."""
    from matplotlib.collections import LineCollection

    length = LineString(path).length
    if length <= 0:
        return
    depth = 0.22 * width_m
    step = max(0.75 * width_m, placer.ruler.points(11))
    count = max(int((length - depth) // step), 1)
    marks = []
    for i in range(count):
        at, ahead = geometry.along(path, (i + 0.5) / count)
        side = np.array([-ahead[1], ahead[0]])
        mark = [at - ahead * depth + side * depth * 1.2, at + ahead * depth, at - ahead * depth - side * depth * 1.2]
        if placer.free(LineString(mark)):
            marks.append(mark)
    axes.add_collection(LineCollection(marks, colors=colour, linewidths=1.4, capstyle="round", zorder=1.8))


def violations(
    axes: Axes, line: Line, moves: Moves | None, found: Sequence[Violation], placer: Placer
) -> list[tuple[int, Violation]]:
    """Mark the subjects of violations red, with numbers; those numbers and their violations."""
    shapes = geometry.subject_shapes(line, moves)
    style = {"facecolor": (0.77, 0.09, 0.11, 0.13), "edgecolor": RED, "linewidth": 1.5}
    for name in dict.fromkeys(subject for violation in found for subject in violation.subjects):
        if name in shapes:
            patch(axes, shapes[name], style, zorder=5)
    listed = []
    for number, violation in enumerate(found, start=1):
        listed.append((number, violation))
        here = [shapes[name] for name in violation.subjects if name in shapes]
        here = places(line, violation, here)
        if here:
            _badge(axes, number, here, placer)
    return listed


def places(line: Line, violation: Violation, shapes: list[Any]) -> list[Any]:
    """What to show of a violation: the shapes of its subjects, but service floor where that is in the way.

    Of a thing that leaves the floor it is the part outside.
    """
    things = geometry.placed(line)
    owners = [things[name] for name in violation.subjects if name in things]
    if violation.rule == "service" and len(shapes) >= 2:
        for owner in owners:
            room = geometry.envelope(owner)
            for shape in shapes:
                if room.intersection(shape).area > 0 and not shape.equals(geometry.outline(owner)):
                    return [shape, room]
    if len(shapes) == 1 and owners:
        whole = geometry.envelope(owners[0]) if violation.rule == "service" else shapes[0]
        outside = whole.difference(Polygon(line.floor.boundary))
        if not outside.is_empty:
            return [outside, outside]
    return shapes


def _badge(axes: Axes, number: int, shapes: Sequence[Any], placer: Placer) -> None:
    if len(shapes) >= 2:
        common = shapes[0].intersection(shapes[1])
        if common.area > 0:
            patch(axes, common, {"facecolor": (0.77, 0.09, 0.11, 0.45), "edgecolor": "none"}, zorder=5.5)
            spot = common.representative_point()
        else:
            a, b = shapely.ops.nearest_points(shapes[0], shapes[1])
            axes.plot([a.x, b.x], [a.y, b.y], color=RED, linewidth=1.6, zorder=6.5)
            spot = Point((a.x + b.x) / 2, (a.y + b.y) / 2)
    else:
        x0, _, _, y1 = shapes[0].bounds
        spot = shapely.ops.nearest_points(shapes[0], Point(x0, y1))[0]
    ring = [(spot.x, spot.y)]
    for radius in (9, 16, 24, 34):
        r = placer.ruler.points(radius)
        ring += [(spot.x + r * np.cos(t), spot.y + r * np.sin(t)) for t in np.arange(0.785, 7, np.pi / 4)]
    label = placer.at("00", ring, 9, "bold")
    x, y = (label.x, label.y) if label else ring[0]
    placer.take(Point(x, y).buffer(placer.ruler.points(6.5)))
    if (x, y) != ring[0]:
        axes.plot([x, spot.x], [y, spot.y], color=RED, linewidth=0.8, zorder=9.5)
    axes.plot(x, y, "o", markersize=12.5, color=RED, markeredgecolor="white", markeredgewidth=0.8, zorder=10)
    axes.text(
        x, y, str(number), color="white", fontsize=7.5, fontweight="bold", ha="center", va="center_baseline", zorder=11
    )
