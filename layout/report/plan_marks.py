"""Marks of a floor plan: patches, ports, chevrons, violations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import LineString, Point

from layout.model.results import Violation
from layout.report import geometry
from layout.report.labels import Placer, Ruler
from layout.scene.marks import Mark, Stroke

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


def violations(axes: Axes, drawn: Sequence[Mark], placer: Placer) -> list[tuple[int, Violation]]:
    """Draw each violation red, with its number; those numbers and their violations."""
    pale = {"facecolor": (0.77, 0.09, 0.11, 0.10), "edgecolor": RED, "linewidth": 1.3}
    strong = {"facecolor": (0.77, 0.09, 0.11, 0.42), "edgecolor": RED, "linewidth": 0.6}
    shown: list[Any] = []
    for shape in (shape for mark in drawn for shape in mark.outlines):
        if not any(shape is other for other in shown):  # a thing that breaks several rules is drawn once
            shown.append(shape)
            patch(axes, shape.area, pale, zorder=5)
    for mark in drawn:
        for shape in mark.volumes:
            patch(axes, shape.area, strong, zorder=5.5)
        for stroke in mark.strokes:
            _stroke(axes, stroke, placer)
    for number, mark in enumerate(drawn, start=1):
        _badge(axes, number, mark, placer)
    return [(number, mark.violation) for number, mark in enumerate(drawn, start=1)]


def _stroke(axes: Axes, stroke: Stroke, placer: Placer) -> None:
    from matplotlib.patches import Polygon as Patch

    points = stroke.points[:, :2]
    style = (0, (4, 2.5)) if stroke.dashed else "solid"
    axes.plot(*points.T, color=RED, linewidth=1.5, linestyle=style, zorder=6.5, path_effects=[halo(3.0)])
    heads: dict[str, tuple[tuple[int, int], ...]] = {"none": (), "end": ((-2, -1),), "both": ((-2, -1), (1, 0))}
    for before, tip in heads[stroke.heads]:
        way = points[tip] - points[before]
        length = float(np.hypot(*way))
        if length < 1e-6:
            continue
        ahead = way / length
        long = min(placer.ruler.points(7), 0.45 * float(LineString(points).length))
        side, neck = np.array([-ahead[1], ahead[0]]) * long * 0.4, points[tip] - ahead * long
        axes.add_patch(Patch([points[tip], neck + side, neck - side], closed=True, facecolor=RED, zorder=6.6))


def _badge(axes: Axes, number: int, mark: Mark, placer: Placer) -> None:
    """The violation's number at its place, or beside it with a line."""
    x0, y0 = float(mark.at_m[0]), float(mark.at_m[1])
    ring = [(x0, y0)]
    for radius in (9, 16, 24, 34, 48):
        r = placer.ruler.points(radius)
        ring += [(x0 + r * np.cos(t), y0 + r * np.sin(t)) for t in np.arange(0.785, 7, np.pi / 4)]
    label = placer.at("00", ring, 9, "bold")
    x, y = (label.x, label.y) if label else ring[0]
    placer.take(Point(x, y).buffer(placer.ruler.points(6.5)))
    if (x, y) != ring[0]:
        axes.plot([x, x0], [y, y0], color=RED, linewidth=0.8, zorder=9.5)
        axes.plot(x0, y0, "o", markersize=2.5, color=RED, zorder=9.5)
    axes.plot(x, y, "o", markersize=12.5, color=RED, markeredgecolor="white", markeredgewidth=0.8, zorder=10)
    axes.text(
        x, y, str(number), color="white", fontsize=7.5, fontweight="bold", ha="center", va="center_baseline", zorder=11
    )
