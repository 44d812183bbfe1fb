"""Flows on a floor plan: arrows whose width and colour say how many parts an hour take that way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import LineString

from layout.model.line import Line
from layout.model.results import FlowMove, Moves
from layout.report import geometry
from layout.report.labels import Placer

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]
LABELS = 14
# Light to dark of one hue, from "visible on white" to near black: intensity reads in grey print too.
_RAMP = ((0.55, 0.74, 0.86), (0.13, 0.47, 0.71), (0.03, 0.19, 0.42))
_THIN, _THICK = 1.0, 5.2


@dataclass(frozen=True)
class Scale:
    """Parts per hour -> width (pt) and colour, proportional from 0 to the biggest flow."""

    most: float

    @classmethod
    def of(cls, flow: Any) -> Scale:
        """The scale for a simulation's moves."""
        return cls(max((move.per_h for move in flow.moves), default=0.0) if flow is not None else 0.0)

    def share(self, per_h: float) -> float:
        """0 to 1."""
        return min(max(per_h / self.most, 0.0), 1.0) if self.most > 0 else 0.0

    def width(self, per_h: float) -> float:
        """Line width (pt)."""
        return _THIN + (_THICK - _THIN) * self.share(per_h)

    def colour(self, per_h: float) -> tuple[float, float, float]:
        """Colour of the ramp."""
        at = self.share(per_h) * 2
        i = min(int(at), 1)
        low, high = np.array(_RAMP[i]), np.array(_RAMP[i + 1])
        r, g, b = low + (high - low) * (at - i)
        return (float(r), float(g), float(b))


@dataclass(frozen=True)
class Drawn:
    """A flow as drawn: its move, its path (k, 2) (m), its colour."""

    move: FlowMove
    path: Array
    colour: tuple[float, float, float]


def per_hour(flow: Any, transport: str) -> float:
    """Parts per hour on a transport, all legs together."""
    return sum(move.per_h for move in flow.moves if move.transport == transport) if flow is not None else 0.0


def flows(axes: Axes, line: Line, moves: Moves | None, flow: Any, placer: Placer) -> list[Drawn]:
    """Draw an arrow for each leg of an arm, a fleet or a link, least first so that the biggest lie on top.

    A fleet's arrows follow the way that its vehicles drive, a little to the right: two directions stay apart.
    """
    if flow is None:
        return []
    scale = Scale.of(flow)
    drawn: list[Drawn] = []
    for i, move in enumerate(sorted((m for m in flow.moves if m.per_h > 0), key=lambda m: m.per_h)):
        if move.origin not in line.stations or move.target not in line.stations:
            continue
        colour = scale.colour(move.per_h)
        if move.transport in line.belts:
            path = geometry.belt_path(line, move.transport, moves)
            drawn.append(Drawn(move, path, colour))
            continue
        driven = _driven(moves, move)
        if driven is not None:
            path = geometry.aside(driven, placer.ruler.points(3.5))
            arrow(axes, path, scale.width(move.per_h), colour, placer, 7 + 0.001 * i)
            placer.avoid(LineString(path), 16)
            drawn.append(Drawn(move, path, colour))
            continue
        by = "arm" if move.transport in line.arms else "vehicle" if move.transport in line.fleets else "direct"
        start = geometry.port_at(line.stations[move.origin], "out", by)
        end = geometry.port_at(line.stations[move.target], "in", by)
        arm = line.arms.get(move.transport)
        pivot, clear_m = None, 0.0
        if arm is not None:
            pivot = np.array([arm.pose.x_m, arm.pose.y_m])
            clear_m = float(np.hypot(*np.transpose(arm.model.footprint_m)).max()) + 0.12
        if np.hypot(*(end - start)) < 1e-6:
            continue
        gap = placer.ruler.points(6)
        path = geometry.trimmed(geometry.swing(start, end, pivot, clear_m), gap, gap)
        arrow(axes, path, scale.width(move.per_h), colour, placer, 7 + 0.001 * i)
        placer.avoid(LineString(path), 16)
        drawn.append(Drawn(move, path, colour))
    return drawn


def _driven(moves: Moves | None, move: FlowMove) -> Array | None:
    """The way (k, 2) (m) that a fleet's vehicles drive with these parts; None where it is not known."""
    times = moves.fleets.get(move.transport) if moves is not None else None
    if times is None or move.origin not in times.stations or move.target not in times.stations:
        return None
    path = times.paths.get((times.stations.index(move.origin), times.stations.index(move.target)))
    if path is None or len(path) < 2 or LineString(path).length < 1e-6:
        return None
    return np.asarray(path, dtype=float)


def arrow(axes: Axes, path: Array, width_pt: float, colour: Any, placer: Placer, zorder: float) -> None:
    """A stroke with a head, on a light rim so that crossings read."""
    from matplotlib.patches import Polygon as Patch

    head_pt = 5.5 + 1.7 * width_pt
    head = min(placer.ruler.points(head_pt), 0.45 * LineString(path).length)
    shaft = geometry.trimmed(path, 0.0, head * 0.85) if LineString(path).length > 2 * head else path[:-1]
    tip = path[-1]
    neck = np.asarray(LineString(path).interpolate(LineString(path).length - head).coords[0])
    ahead = (tip - neck) / (float(np.hypot(*(tip - neck))) or 1.0)
    side = np.array([-ahead[1], ahead[0]]) * head * 0.42
    if len(shaft) >= 2:
        axes.plot(*shaft.T, color="white", linewidth=width_pt + 1.8, solid_capstyle="butt", alpha=0.9, zorder=zorder)
        axes.plot(*shaft.T, color=colour, linewidth=width_pt, solid_capstyle="butt", zorder=zorder + 0.0004)
    axes.add_patch(
        Patch([tip, neck + side, neck - side], closed=True, facecolor=colour, edgecolor="white", linewidth=0.7,
              zorder=zorder + 0.0006)
    )  # fmt: skip


def rates(axes: Axes, drawn: list[Drawn], placer: Placer) -> None:
    """Parts per hour at the biggest flows, where there is room for them."""
    for flow in sorted(drawn, key=lambda d: -d.move.per_h)[:LABELS]:
        spots = [tuple(geometry.along(flow.path, share)[0]) for share in (0.5, 0.42, 0.58, 0.34, 0.66, 0.27, 0.74, 0.2)]
        text = rate(flow.move.per_h)
        label = placer.at(text, spots, 7.6, "bold")
        if label is None:
            continue
        placer.take(label.box)
        axes.text(
            label.x, label.y, text, fontsize=7.6, fontweight="bold", color=flow.colour, ha="center",
            va="center_baseline", zorder=9,
            bbox={"boxstyle": "round,pad=0.18,rounding_size=0.5", "facecolor": "white", "edgecolor": flow.colour,
                  "linewidth": 0.6},
        )  # fmt: skip


def rate(per_h: float) -> str:
    """Parts per hour for a label: 3 figures are enough."""
    return f"{per_h:.0f}/h" if per_h >= 9.95 else f"{per_h:.1f}/h"
