"""The sheet a floor plan is drawn on: scale, metre grid, scale bar, title, legend, list of violations."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from layout.model.line import Line, Station
from layout.model.results import Violation
from layout.report import canvas, geometry
from layout.report.labels import shortened
from layout.report.plan_flows import Drawn, Scale, rate
from layout.report.plan_marks import RED
from layout.report.words import violation_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.patches import Polygon as Patch

WALL = "#39424e"
STYLE: dict[str, dict[str, Any]] = {
    "machine": {"facecolor": "#dbe4ef", "edgecolor": "#5f7897", "linewidth": 1.0},
    "source": {"facecolor": "#d8ecdf", "edgecolor": "#4c8a66", "linewidth": 1.0},
    "sink": {"facecolor": "#e8def2", "edgecolor": "#7f62a3", "linewidth": 1.0},
    "robot": {"facecolor": "#fbe3b5", "edgecolor": "#a8741a", "linewidth": 1.0},
    "reach": {"fill": False, "edgecolor": "#c99a45", "linewidth": 0.9, "linestyle": (0, (6, 3)), "alpha": 0.7},
    "service": {"fill": False, "edgecolor": "#9aa5b3", "linewidth": 0.8, "linestyle": (0, (3, 2))},
    "belt": {"facecolor": "#eef1f5", "edgecolor": "#8d98a6", "linewidth": 0.9},
    "obstacle": {"facecolor": "#e4e2de", "edgecolor": "#6e675c", "linewidth": 1.0, "hatch": "////"},
    "keep clear": {"facecolor": (0.95, 0.72, 0.1, 0.10), "edgecolor": "#a07a12", "linewidth": 0.8, "hatch": "\\\\\\",
                   "linestyle": (0, (4, 2))},
    "bottleneck": {"fill": False, "edgecolor": "#1b2430", "linewidth": 2.0},
}  # fmt: skip
_LEFT, _RIGHT, _TOP, _BOTTOM = 0.42, 2.45, 0.78, 0.82
_WIDEST, _TALLEST = 9.6, 7.6


@dataclass
class Frame:
    """A sheet: figure, axes in metres, the axes' limits (x0, y0, x1, y1)."""

    figure: Figure
    axes: Axes
    limits: tuple[float, float, float, float]
    title_in: float


def role(station: Station) -> str:
    """Which style a station has: source, sink or machine."""
    return "source" if station.is_source else "sink" if station.is_sink else "machine"


def open_frame(
    line: Line,
    found: Sequence[Violation],
    *,
    title: str,
    subtitle: str,
    more: Sequence[Any] = (),
    also: Sequence[Any] = (),
) -> Frame:
    """A sheet of the right size at a fixed scale.

    more : further entries of the legend; also : shapes (m) that must be on it, too
    """
    x0, y0, x1, y1 = geometry.extent(line)
    for shape in also:
        a, b, c, d = shape.bounds
        x0, y0, x1, y1 = min(x0, a), min(y0, b), max(x1, c), max(y1, d)
    pad = 0.02 * max(x1 - x0, y1 - y0) + 0.05
    x0, y0, x1, y1 = x0 - pad, y0 - pad, x1 + pad, y1 + pad
    w, h = x1 - x0, y1 - y0
    scale = min(_WIDEST / w, _TALLEST / h, 1.7)
    tall = max(h * scale, 4.2 + 0.21 * len(more) + 0.3 * min(len(found), 24))
    top = _TOP if subtitle else 0.55 if title else 0.25
    figure = canvas.new_figure(_LEFT + w * scale + _RIGHT, top + tall + _BOTTOM)
    width_in, height_in = figure.get_size_inches()
    axes = figure.add_axes(
        (_LEFT / width_in, (height_in - top - h * scale) / height_in, w * scale / width_in, h * scale / height_in)
    )
    axes.set_xlim(x0, x1)
    axes.set_ylim(y0, y1)
    axes.set_facecolor("#f4f5f7")
    for spine in axes.spines.values():
        spine.set_visible(False)
    if title:
        figure.text(
            _LEFT / width_in,
            1 - 0.30 / height_in,
            shortened(title, 80),
            fontsize=14,
            fontweight="bold",
            va="center",
            ha="left",
        )
    if subtitle:
        figure.text(
            _LEFT / width_in, 1 - 0.56 / height_in, shortened(subtitle, 120), fontsize=9.5, va="center", ha="left",
            color=canvas.LIGHT.muted,
        )  # fmt: skip
    return Frame(figure, axes, (x0, y0, x1, y1), top)


def metre_grid(axes: Axes, line: Line, floor: Patch) -> None:
    """Grid lines on the floor, each metre where that is readable; ticks outside."""
    from matplotlib.collections import LineCollection

    x0, y0, x1, y1 = geometry.extent(line)
    step = max(geometry.nice_step(max(x1 - x0, y1 - y0), 45), 1.0)
    xs, ys = (
        np.arange(np.ceil(a / step - 1e-9), np.floor(b / step + 1e-9) + 1) * step + 0.0 for a, b in ((x0, x1), (y0, y1))
    )
    lines = [[(x, y0), (x, y1)] for x in xs] + [[(x0, y), (x1, y)] for y in ys]
    grid = LineCollection(lines, colors="#e6e9ee", linewidths=0.7, zorder=0.5)
    axes.add_collection(grid)
    grid.set_clip_path(floor)
    label = max(geometry.nice_step(max(x1 - x0, y1 - y0), 16), 1.0)
    axes.set_xticks([x for x in xs if abs(x / label - round(x / label)) < 1e-9])
    axes.set_yticks([y for y in ys if abs(y / label - round(y / label)) < 1e-9])
    axes.tick_params(length=0, labelsize=7.5, pad=3)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_major_formatter("{x:g}")


def close_frame(
    frame: Frame,
    line: Line,
    flow: Any,
    drawn: Sequence[Drawn],
    badges: Sequence[tuple[int, Violation]],
    more: Sequence[Any] = (),
) -> None:
    """Scale bar, legend (`more`: further entries), and what the numbered marks mean."""
    _scale_bar(frame)
    below = _legend(frame, line, flow, drawn, more)
    _list(frame, badges, below)


def _scale_bar(frame: Frame) -> None:
    from matplotlib.patches import Rectangle

    x0, _, x1, _ = frame.limits
    axes = frame.axes
    width_in, height_in = frame.figure.get_size_inches()
    per_m = axes.get_position().width * width_in / (x1 - x0)
    unit = max(geometry.nice_step((x1 - x0) / 8, 1), 0.5)
    unit = 1.0 if unit < 1 else unit
    bottom = axes.get_position().y0 * height_in - 0.56
    left = _LEFT + (-x0 + np.ceil(x0)) * per_m if x0 < 0 else _LEFT
    for i in range(2):
        frame.figure.add_artist(
            Rectangle(
                ((left + i * unit * per_m) / width_in, bottom / height_in), unit * per_m / width_in, 0.055 / height_in,
                facecolor=WALL if i == 0 else "white", edgecolor=WALL, linewidth=0.8,
                transform=frame.figure.transFigure,
            )
        )  # fmt: skip
    for i, text in enumerate(("0", f"{unit:g}", f"{2 * unit:g} m")):
        frame.figure.text(
            (left + i * unit * per_m) / width_in, (bottom + 0.085) / height_in, text, fontsize=7.5, ha="center",
            va="bottom", color=canvas.LIGHT.muted,
        )  # fmt: skip


def _legend(frame: Frame, line: Line, flow: Any, drawn: Sequence[Drawn], more: Sequence[Any]) -> float:
    """Draw the legend beside the plan; its lower end in figure coordinates."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    roles = {role(station) for station in line.stations.values()}
    handles: list[Any] = []
    for name, words in (("source", "parts enter"), ("machine", "machine"), ("sink", "parts leave")):
        if name in roles:
            handles.append(Patch(**STYLE[name], label=words))
    if line.arms:
        handles.append(Patch(**STYLE["robot"], label="robot"))
        reach = STYLE["reach"]
        handles.append(
            Line2D([], [], color=reach["edgecolor"], linewidth=1.1, linestyle=(0, (4, 2)), label="reach of a robot")
        )
    if line.stations:
        handles.append(Line2D([], [], color=STYLE["machine"]["edgecolor"], linewidth=3.2, label="front of a machine"))
    if any(geometry.has_service(p.model) for p in geometry.placed(line).values()):
        handles.append(Patch(**STYLE["service"], label="floor kept free for service"))
    if any(s.model.ports for s in line.stations.values()):
        handles.append(_triangle("#344054", "port in"))
        handles.append(_triangle("white", "port out"))
    if line.belts:
        handles.append(Patch(**STYLE["belt"], label="belt"))
    if line.links:
        handles.append(Line2D([], [], color="#8d98a6", linewidth=1, linestyle=(0, (1, 2)), label="direct hand-over"))
    if line.floor.obstacles:
        handles.append(Patch(**STYLE["obstacle"], label="obstacle"))
    if line.floor.keep_clear:
        handles.append(Patch(**STYLE["keep clear"], label="to be kept clear"))
    handles += more
    if flow is not None and flow.bottleneck:
        handles.append(Patch(**STYLE["bottleneck"], label="bottleneck"))
    options: dict[str, Any] = {
        "loc": "upper left", "frameon": False, "fontsize": 8.3, "labelspacing": 0.55, "handlelength": 1.9,
        "borderaxespad": 0, "borderpad": 0, "alignment": "left", "labelcolor": canvas.LIGHT.ink,
        "title_fontproperties": {"weight": "bold", "size": 8.8},
    }  # fmt: skip
    width_in, height_in = frame.figure.get_size_inches()
    left = 1 - (_RIGHT - 0.28) / width_in
    top = float(frame.axes.get_position().y1)
    groups: list[tuple[str | None, list[Any]]] = [(None, handles)]
    if drawn:
        scale = Scale.of(flow)
        groups.append(("Parts per hour", _samples(scale)))
    for title, group in groups:
        legend = frame.figure.legend(handles=group, title=title, bbox_to_anchor=(left, top), **options)
        extent = legend.get_window_extent()
        top = extent.y0 / (height_in * frame.figure.dpi) - 0.2 / height_in
    return float(top)


def _triangle(face: str, label: str) -> Any:
    from matplotlib.lines import Line2D

    return Line2D(
        [], [], linestyle="none", marker="v" if face != "white" else "^", markersize=5.5, markerfacecolor=face,
        markeredgecolor="#344054", markeredgewidth=0.8, label=label,
    )  # fmt: skip


def _samples(scale: Scale) -> list[Any]:
    from matplotlib.lines import Line2D

    most = scale.most
    step = geometry.nice_step(most, 4)
    values = [step, 2 * step, most] if most > 2.3 * step else [step, most]
    return [Line2D([], [], color=scale.colour(v), linewidth=scale.width(v), label=rate(v)) for v in values]


def _list(frame: Frame, badges: Sequence[tuple[int, Violation]], top: float) -> None:
    if not badges:
        return
    width_in, height_in = frame.figure.get_size_inches()
    left, dpi = 1 - (_RIGHT - 0.28) / width_in, frame.figure.dpi
    head = frame.figure.text(left, top, "What stands in the way", fontsize=8.8, fontweight="bold", va="top", color=RED)
    top = head.get_window_extent().y0 / (height_in * dpi) - 0.07 / height_in
    for count, (number, violation) in enumerate(badges):
        rest = len(badges) - count
        if top * height_in < 0.6 and rest > 1:
            frame.figure.text(left, top, f"and {rest} more", fontsize=8, va="top", color=RED)
            return
        text = "\n".join(textwrap.wrap(violation_words(violation), 34)[:4])
        frame.figure.text(left, top, str(number), fontsize=8, fontweight="bold", va="top", color=RED)
        item = frame.figure.text(left + 0.19 / width_in, top, text, fontsize=8, va="top", linespacing=1.15)
        top = item.get_window_extent().y0 / (height_in * dpi) - 0.07 / height_in
