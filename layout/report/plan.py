"""A floor plan of a line, as a manufacturing engineer would show it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import shapely
import shapely.ops
from shapely.geometry import LineString, Point, Polygon

from layout.model.line import Line
from layout.model.results import FlowMove, Moves, Violation
from layout.report import canvas, geometry, plan_flows, plan_frame, plan_marks, plan_safety
from layout.report.labels import Label, Placer, Ruler
from layout.scene.marks import marks
from layout.scene.subjects import reach_area

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Flows(Protocol):
    """What a plan shows of a simulation; FlowResult has it, and so has an outcome read from a run folder."""

    @property
    def moves(self) -> Sequence[FlowMove]:
        """How often each transport leg is used."""

    @property
    def bottleneck(self) -> str:
        """The resource that limits the line."""


def draw_line(
    line: Line,
    path: Path,
    *,
    moves: Moves | None = None,
    flow: Flows | None = None,
    violations: Iterable[Violation] = (),
    title: str = "",
    subtitle: str = "",
) -> Path:
    """Draw a line's floor plan into a PNG file, whole or not at all.

    moves : belts are drawn along the paths found by `motion`; without, straight from port to port
    flow : parts per hour as arrows, their width and colour by intensity
    violations : what they speak of is drawn red, numbered, and listed beside the plan
    """
    found = tuple(violations)
    with canvas.drawing():
        more = plan_safety.handles(plan_safety.kinds(line, moves))
        red = marks(line, found, moves)
        also = [volume.area for mark in red for volume in mark.volumes]
        frame = plan_frame.open_frame(line, found, title=title, subtitle=subtitle, more=more, also=also)
        axes = frame.axes
        placer = Placer(Ruler(axes), frame.limits)
        _floor(axes, line)
        _areas(axes, line)
        plan_safety.under(axes, line, moves, placer)
        _belts(axes, line, moves, placer)
        _stations(axes, line, flow, placer)
        _arms(axes, line, flow, placer)
        plan_safety.over(axes, line, placer)
        drawn = plan_flows.flows(axes, line, moves, flow, placer)
        badges = plan_marks.violations(axes, red, placer)
        _names(axes, line, flow, placer)
        plan_flows.rates(axes, drawn, placer)
        _area_names(axes, line, placer)
        for name, shape, colour in plan_safety.names(line, moves):
            _write(axes, placer.beside(name, shape, 7.5), placer, "normal", colour=colour, style="italic")
        _chevrons(axes, line, moves, flow, placer)
        placer.ruler.close()
        plan_frame.close_frame(frame, line, flow, drawn, badges, more)
        return canvas.save(frame.figure, path)


def _floor(axes: Axes, line: Line) -> None:
    from matplotlib.patches import Polygon as Patch

    floor = Patch(line.floor.boundary, closed=True, facecolor="white", edgecolor="none", zorder=0)
    axes.add_patch(floor)
    wall = Patch(
        line.floor.boundary, closed=True, fill=False, edgecolor=plan_frame.WALL, linewidth=2.6, joinstyle="miter",
        zorder=3,
    )  # fmt: skip
    axes.add_patch(wall)
    plan_frame.metre_grid(axes, line, floor)


def _areas(axes: Axes, line: Line) -> None:
    for area in line.floor.keep_clear.values():
        plan_marks.patch(axes, Polygon(area.polygon), plan_frame.STYLE["keep clear"], zorder=1.2)
    for area in line.floor.obstacles.values():
        plan_marks.patch(axes, Polygon(area.polygon), plan_frame.STYLE["obstacle"], zorder=3.1)


def _belts(axes: Axes, line: Line, moves: Moves | None, placer: Placer) -> None:
    for name, belt in line.belts.items():
        path = geometry.belt_path(line, name, moves)
        area = geometry.band(path, belt.width_m)
        plan_marks.patch(axes, area, plan_frame.STYLE["belt"], zorder=1.6)
        placer.avoid(LineString(path).buffer(belt.width_m / 2), 25)
    for name in line.links:
        start, end = geometry.link_path(line, name)
        if np.hypot(*(end - start)) > 1e-6:
            axes.plot(*np.array([start, end]).T, color="#8d98a6", linewidth=1, linestyle=(0, (1, 2)), zorder=2)


def _chevrons(axes: Axes, line: Line, moves: Moves | None, flow: Flows | None, placer: Placer) -> None:
    scale = plan_flows.Scale.of(flow)
    for name, belt in line.belts.items():
        per_h = plan_flows.per_hour(flow, name)
        path = geometry.belt_path(line, name, moves)
        plan_marks.chevrons(axes, path, belt.width_m, scale.colour(per_h) if per_h else "#8d98a6", placer)


def _stations(axes: Axes, line: Line, flow: Flows | None, placer: Placer) -> None:
    from matplotlib.collections import LineCollection

    for station in line.stations.values():
        shape = geometry.outline(station)
        style = plan_frame.STYLE[plan_frame.role(station)]
        if geometry.has_service(station.model):
            plan_marks.patch(axes, geometry.envelope(station), plan_frame.STYLE["service"], zorder=1.4)
        plan_marks.patch(axes, shape, style, zorder=4)
        if flow is not None and flow.bottleneck == station.name:
            _ring(axes, shape, placer)
        edges = list(geometry.front_edges(station))
        axes.add_collection(
            LineCollection(edges, colors=style["edgecolor"], linewidths=3.2, capstyle="butt", zorder=4.2)
        )
        for port in station.model.ports.values():
            if port.by == ("vehicle",) and not line.fleets:
                continue
            at = station.pose.apply([port.at_m])[0, :2]
            facing = station.pose.turn([port.facing])[0, :2]
            plan_marks.port(axes, at, facing, port.kind, placer.ruler)
            placer.mark(Point(at).buffer(placer.ruler.points(4.5 if port.kind == "inout" else 3.5)))


def _ring(axes: Axes, shape: Any, placer: Placer) -> None:
    """The bottleneck's outline: outside its own, so that front and colour stay visible."""
    around = shape.buffer(placer.ruler.points(2.6), join_style="mitre")
    plan_marks.patch(axes, around, plan_frame.STYLE["bottleneck"], zorder=4.1)


def _arms(axes: Axes, line: Line, flow: Flows | None, placer: Placer) -> None:
    for arm in line.arms.values():
        base, style = Point(arm.pose.x_m, arm.pose.y_m), plan_frame.STYLE["robot"]
        plan_marks.patch(axes, reach_area(arm), plan_frame.STYLE["reach"], zorder=4.6)
        if geometry.has_service(arm.model):
            plan_marks.patch(axes, geometry.envelope(arm), plan_frame.STYLE["service"], zorder=1.4)
        shape = geometry.outline(arm)
        plan_marks.patch(axes, shape, style, zorder=4)
        if flow is not None and flow.bottleneck == arm.name:
            _ring(axes, shape, placer)
        axes.plot(base.x, base.y, "o", color=style["edgecolor"], markersize=4.2, zorder=4.4)
        placer.mark(base.buffer(placer.ruler.points(2.2)))


def _names(axes: Axes, line: Line, flow: Flows | None, placer: Placer) -> None:
    shapes = {name: geometry.outline(thing) for name, thing in geometry.placed(line).items()}
    waiting: list[str] = []
    limits = flow.bottleneck if flow is not None else ""
    # Small shapes have the fewest places: they go first.
    for name in sorted(shapes, key=lambda n: shapes[n].area):
        weight = "bold" if name == limits else "normal"
        label = placer.inside(name, shapes[name], (9.5, 8.5, 7.5, 6.8), weight)
        if label is None:
            waiting.append(name)
            continue
        _write(axes, label, placer, weight)
    for shape in shapes.values():
        placer.avoid(shape, 140)
    for name in waiting:
        weight = "bold" if name == limits else "normal"
        _write(axes, placer.beside(name, shapes[name], 8.5, weight), placer, weight)


def _area_names(axes: Axes, line: Line, placer: Placer) -> None:
    for areas, colour in (
        (line.floor.obstacles, plan_frame.STYLE["obstacle"]["edgecolor"]),
        (line.floor.keep_clear, plan_frame.STYLE["keep clear"]["edgecolor"]),
    ):
        for name, area in areas.items():
            shape = Polygon(area.polygon)
            label = placer.inside(name, shape, (8, 7, 6.5), most=40) or placer.beside(name, shape, 7.5)
            _write(axes, label, placer, "normal", colour=colour, style="italic")


def _write(
    axes: Axes, label: Label, placer: Placer, weight: str, colour: str = canvas.LIGHT.ink, style: str = "normal"
) -> None:
    placer.take(label.box)
    extra: dict[str, Any] = {}
    if label.leader_to is not None:
        near = shapely.ops.nearest_points(label.box, Point(label.leader_to))[0]
        (x, y), thin = label.leader_to, 0.7
        axes.plot([near.x, x], [near.y, y], color=colour, linewidth=thin, alpha=0.8, zorder=8)
        axes.plot(*label.leader_to, "o", color=colour, markersize=1.8, zorder=8)
    extra["path_effects"] = [plan_marks.halo(2.2)]
    axes.text(
        label.x, label.y, label.text, fontsize=label.size, fontweight=weight, fontstyle=style, color=colour,
        rotation=label.rotation, ha="center", va="center", linespacing=1.05, zorder=9, **extra,
    )  # fmt: skip
