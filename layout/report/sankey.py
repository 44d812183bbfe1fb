"""Parts per hour between stations, as bands: as wide as what flows, from left to right, rework leading back below.

A topological picture (Sankey diagram): where stations stand on the floor does not matter; `plan_flows` shows that.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import shapely
from numpy.typing import NDArray

from layout.model.results import FlowMove
from layout.report import canvas
from layout.report.canvas import LIGHT, Theme
from layout.report.labels import Placer, Ruler, shortened
from layout.report.layers import Layers, Pair, Spot, layered
from layout.report.plan_flows import rate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]
BAR_IN = 0.13  # width of a station
PITCH_IN, NARROWEST_IN, WIDEST_IN = 1.35, 7.6, 12.0  # from layer to layer; the picture
LEAST_PITCH_IN, MOST_IN = 0.5, 40.0  # where that would put many layers too close, it grows
SIDE_IN = 0.55
BETWEEN_IN, PASSING_IN = 0.46, 0.16  # from a station, from a flow that only passes, to the next one in its layer
THICKEST_IN, THINNEST_IN = 1.7, 0.012  # of all that flows through a layer; of one band
LANE_IN = 0.09  # between the bands that lead back
HEAD_IN, TIER_IN = 0.42, 0.36  # a station's name and rate; where stations are close, every other one stands higher
TAIL_IN = 0.36  # what is thrown away, below a station
ROUNDS = 120  # of bringing spots level with what they are joined to
REWORK, SCRAP = canvas.STATE_COLOURS["blocked"], canvas.STATE_COLOURS["down"]


class Flows(Protocol):
    """What the picture needs; FlowResult and Outcome have it."""

    @property
    def moves(self) -> Sequence[FlowMove]:
        """How often parts pass from one station to another."""

    @property
    def bottleneck(self) -> str:
        """The resource that limits the line."""

    @property
    def scrap_by_station(self) -> Mapping[str, float]:
        """Parts thrown away per hour."""


@dataclass(frozen=True)
class Box:
    """A spot as placed: left edge x, top and height (in), y downwards."""

    x: float
    top: float
    tall: float

    @property
    def middle(self) -> float:
        """Half way down."""
        return self.top + self.tall / 2


def passed(moves: Sequence[FlowMove]) -> dict[Pair, float]:
    """(origin, target) -> parts per hour, by whatever transport."""
    total: dict[Pair, float] = {}
    for move in moves:
        if move.per_h > 0 and move.origin and move.target:
            total[move.origin, move.target] = total.get((move.origin, move.target), 0.0) + move.per_h
    return total


def in_order(moves: Sequence[FlowMove], resources: Sequence[str]) -> list[str]:
    """Resources as parts meet them: stations along the flow, then the others as they were."""
    stations = [name for name in layered(passed(moves)).stations if name in resources]
    return [*stations, *(name for name in resources if name not in set(stations))]


def draw_sankey(flow: Flows, path: Path, *, theme: Theme = LIGHT) -> Path:
    """Draw parts per hour between stations, and what is lost on the way, into a PNG or SVG file."""
    flows = passed(flow.moves)
    scrap = {name: per_h for name, per_h in flow.scrap_by_station.items() if per_h > 0}
    network = layered(flows)
    picture = _Picture(network, flows, scrap)
    with canvas.drawing(theme):
        figure = canvas.new_figure(picture.width, picture.height)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_xlim(0, picture.width)
        axes.set_ylim(picture.height, 0)
        axes.axis("off")
        picture.draw(axes, flow.bottleneck, theme)
        return canvas.save(figure, path)


class _Picture:
    """Places of everything, in inches from the top left corner."""

    def __init__(self, network: Layers, flows: Mapping[Pair, float], scrap: Mapping[str, float]) -> None:
        self.network, self.flows, self.scrap = network, flows, scrap
        columns = network.columns
        steps = max(len(columns) - 1, 1)
        least_in = min(2 * SIDE_IN + LEAST_PITCH_IN * steps, MOST_IN)
        self.width = max(NARROWEST_IN, least_in, min(2 * SIDE_IN + PITCH_IN * steps + 0.3, WIDEST_IN))
        self.pitch = (self.width - 2 * SIDE_IN - BAR_IN) / steps
        self.bar = min(BAR_IN, 0.4 * self.pitch)
        self.through = {name: self._through(name) for name in network.stations}
        most = max((sum(self._size(spot) for spot in column) for column in columns), default=1.0)
        crowd = max((len(column) for column in columns), default=1)
        self.scale = min(THICKEST_IN, 0.55 + 0.3 * crowd) / (most or 1.0)
        self.boxes = self._boxes()
        self.lanes = self._lanes()
        self.named: list[Any] = []  # boxes of names: where there is no room for one, it is left out
        low = max((box.top + box.tall for box in self.boxes.values()), default=0.0)
        below = sum(self.thick(flows[flow]) + LANE_IN for flow in network.back)
        self.floor = low + (TAIL_IN if self.scrap else 0.12)
        self.height = self.floor + below + (0.3 if network.back else 0.1)

    @property
    def narrow(self) -> bool:
        """Whether names would run into each other if all stood above their stations."""
        return self.pitch < 1.0

    def thick(self, per_h: float) -> float:
        """Width of a band (in)."""
        return max(per_h * self.scale, THINNEST_IN)

    def _through(self, name: str) -> float:
        into = sum(v for (_, target), v in self.flows.items() if target == name)
        out = sum(v for (origin, _), v in self.flows.items() if origin == name) + self.scrap.get(name, 0.0)
        return max(into, out)

    def _size(self, spot: Spot) -> float:
        return self.flows[spot.flow] if spot.flow else self.through[spot.name]

    def _boxes(self) -> dict[Spot, Box]:
        """Spots near the mean of those they are joined to, kept apart, in the order of their layer."""
        near: dict[Spot, list[tuple[Spot, float]]] = {}
        for flow, way in self.network.ways.items():
            for a, b in itertools.pairwise(way):
                near.setdefault(a, []).append((b, self.flows[flow]))
                near.setdefault(b, []).append((a, self.flows[flow]))
        tall = {spot: self.thick(self._size(spot)) for column in self.network.columns for spot in column}
        middle: dict[Spot, float] = {}
        for column in self.network.columns:
            _apart(column, [0.0] * len(column), tall, self._gaps(column), middle)
        for turn in range(ROUNDS):
            columns = self.network.columns if turn % 2 else self.network.columns[::-1]
            for column in columns:
                wanted = []
                for spot in column:
                    joined = near.get(spot, [])
                    whole = sum(w for _, w in joined)
                    mean = sum(middle[other] * w for other, w in joined) / whole if whole else middle[spot]
                    wanted.append(mean)
                _apart(column, wanted, tall, self._gaps(column), middle)
        above = HEAD_IN + (TIER_IN if self.narrow else 0.0)
        top = min((middle[s] - tall[s] / 2 - (0.0 if s.flow else above) for s in middle), default=0.0)
        return {
            spot: Box(SIDE_IN + spot.layer * self.pitch, at - tall[spot] / 2 - top + 0.08, tall[spot])
            for spot, at in middle.items()
        }

    def _gaps(self, column: Sequence[Spot]) -> list[float]:
        """Space between each spot of a layer and the next: for the name of this, and the scrap of that one."""
        return [
            (PASSING_IN if b.flow else BETWEEN_IN) + (TAIL_IN if not a.flow and a.name in self.scrap else 0.0)
            for a, b in itertools.pairwise(column)
        ]

    def _lanes(self) -> dict[Pair, float]:
        """How far below the floor each flow that leads back runs: short ones first, so that they lie inside."""
        layer = {spot.name: spot.layer for column in self.network.columns for spot in column if spot.flow is None}
        down, lanes = 0.0, {}
        for flow in sorted(self.network.back, key=lambda f: (layer.get(f[0], 0) - layer.get(f[1], 0), f)):
            lanes[flow] = down + self.thick(self.flows[flow]) / 2 + LANE_IN
            down += self.thick(self.flows[flow]) + LANE_IN
        return lanes

    # ------------------------------------------------------------ drawing

    def draw(self, axes: Axes, bottleneck: str, theme: Theme) -> None:
        placer = Placer(Ruler(axes), (0.02, 0.02, self.width - 0.02, self.height - 0.02))
        ports = self._ports()
        spots = {spot.name: box for spot, box in self.boxes.items() if spot.flow is None}
        for flow, way in self.network.ways.items():
            self._band(axes, ports[flow], way, theme)
        for flow in self.network.back:
            if flow[0] in spots and flow[1] in spots:
                self._loop(axes, flow, ports[flow], theme)
        for name, per_h in self.scrap.items():
            if name in spots:
                self._thrown_away(axes, spots[name], per_h, theme, placer)
        for name, box in spots.items():
            self._station(axes, name, box, name == bottleneck, theme)
            placer.take(shapely.box(box.x, box.top, box.x + self.bar, box.top + box.tall))
        for name, box in spots.items():
            self._name(axes, name, box, name == bottleneck, theme, placer)
        self._rates(axes, ports, theme, placer)
        placer.ruler.close()

    def _ports(self) -> dict[Pair, tuple[float, float]]:
        """flow -> y where it leaves its origin and comes to its target: in the order of where they lead."""
        spots = {spot.name: box for spot, box in self.boxes.items() if spot.flow is None}
        start: dict[Pair, float] = {}
        end: dict[Pair, float] = {}
        for name, box in spots.items():
            out = [f for f in self.flows if f[0] == name and f[1] in spots]
            into = [f for f in self.flows if f[1] == name and f[0] in spots]
            for side, flows, found in (("out", out, start), ("in", into, end)):
                y = box.top
                for flow in sorted(flows, key=lambda f: self._heading(f, side)):
                    thick = self.thick(self.flows[flow])
                    found[flow] = y + thick / 2
                    y += thick
        return {flow: (start[flow], end[flow]) for flow in self.flows if flow in start and flow in end}

    def _heading(self, flow: Pair, side: str) -> float:
        """How far down a flow's next spot lies, seen from its origin (or its last one, from its target)."""
        way = self.network.ways.get(flow)
        if way is None:
            return math.inf
        return self.boxes[way[1] if side == "out" else way[-2]].middle

    def _band(self, axes: Axes, port: tuple[float, float], way: Sequence[Spot], theme: Theme) -> None:
        flow = (way[0].name, way[-1].name)
        half = self.thick(self.flows[flow]) / 2
        points = [(self.boxes[way[0]].x + self.bar, port[0])]
        for spot in way[1:-1]:
            box = self.boxes[spot]
            points += [(box.x, box.middle), (box.x + self.bar, box.middle)]
        points.append((self.boxes[way[-1]].x, port[1]))
        line = np.concatenate([_curve(a, b) for a, b in zip(points[::2], points[1::2], strict=True)])
        edge = np.concatenate([line - [0, half], (line + [0, half])[::-1]])
        _fill(axes, edge, theme.accent, 0.42, 2)

    def _loop(self, axes: Axes, flow: Pair, port: tuple[float, float], theme: Theme) -> None:
        line = self._loop_line(flow, port)
        shape = shapely.LineString(line).buffer(self.thick(self.flows[flow]) / 2, cap_style="flat", join_style="round")
        for part in getattr(shape, "geoms", [shape]):
            _fill(axes, np.asarray(part.exterior.coords), REWORK, 0.8, 3, theme.paper)

    def _loop_line(self, flow: Pair, port: tuple[float, float]) -> Array:
        """Out of the origin, down, back along its lane, up and into the target."""
        spots = {spot.name: box for spot, box in self.boxes.items() if spot.flow is None}
        r = min(self.thick(self.flows[flow]) / 2 + 0.05, 0.3 * (self.pitch - self.bar))
        y = self.floor + self.lanes[flow]
        x0, x1 = spots[flow[0]].x + self.bar, spots[flow[1]].x
        order = sorted(self.lanes, key=self.lanes.__getitem__).index(flow)
        out = r + 0.03 + min(0.06 * order, 0.25 * self.pitch)
        scrap = self.thick(self.scrap[flow[0]]) + 0.08 if flow[0] in self.scrap else 0.0
        right, left = x0 + min(out + scrap, 0.85 * (self.pitch - self.bar)), x1 - out
        corners = [(x0, port[0]), (right, port[0]), (right, y), (left, y), (left, port[1]), (x1, port[1])]
        return _rounded(corners, r)

    def _thrown_away(self, axes: Axes, box: Box, per_h: float, theme: Theme, placer: Placer) -> None:
        """A stub that bends down out of the line, and what is lost there."""
        thick = self.thick(per_h)
        x, y = box.x + self.bar, box.top + box.tall - thick / 2
        r = thick / 2 + 0.06
        end = box.top + box.tall + 0.2
        line = _rounded([(x, y), (x + r + 0.02, y), (x + r + 0.02, end)], r)
        shape = shapely.LineString(line).buffer(thick / 2, cap_style="flat", join_style="round")
        _fill(axes, np.asarray(shape.exterior.coords), SCRAP, 0.9, 3, theme.paper)
        text = f"scrap {rate(per_h)}"
        w, h = placer.ruler(text, 7.6, "bold")
        at = (max(x + r - 0.02 - thick / 2 - w / 2, w / 2 + 0.03), end - 0.01)
        axes.text(*at, text, fontsize=7.6, fontweight="bold", color=_readable(SCRAP, theme), ha="center", va="center",
                  zorder=8, path_effects=_halo(theme))  # fmt: skip
        placer.take(shapely.box(at[0] - w / 2, at[1] - h / 2, at[0] + w / 2, at[1] + h / 2))

    def _station(self, axes: Axes, name: str, box: Box, limits: bool, theme: Theme) -> None:
        from matplotlib.patches import Rectangle

        colour = theme.second if limits else theme.ink
        axes.add_patch(Rectangle((box.x, box.top), self.bar, box.tall, facecolor=colour, linewidth=0, zorder=5))

    def _name(self, axes: Axes, name: str, box: Box, limits: bool, theme: Theme, placer: Placer) -> None:
        """A station's name and what passes it: above it, in two tiers where stations are close to each other."""
        layer = round((box.x - SIDE_IN) / self.pitch) if self.pitch else 0
        alone = sum(spot.flow is None for spot in self.network.columns[layer]) == 1
        raised = TIER_IN if self.narrow and alone and layer % 2 == 1 else 0.0
        size, weight = 8.2, "bold" if limits else "normal"
        said = _fitting(name, self.pitch * (1.95 if self.narrow and alone else 0.98), size, placer.ruler, weight)
        last = all(origin != name for origin, _ in self.network.ways)
        good = self.through[name] - self.scrap.get(name, 0.0) - sum(v for f, v in self.flows.items() if f[0] == name)
        flows = f"{rate(good)} good" if last else rate(self.through[name])
        width = max(placer.ruler(said, size, weight)[0], placer.ruler(flows, 7.2)[0])
        x = min(max(box.x + self.bar / 2, width / 2 + 0.03), self.width - width / 2 - 0.03)
        y = box.top - 0.11 - raised
        tall = placer.ruler(said, size, weight)[1]
        place = shapely.box(x - width / 2, y - 0.1 - tall, x + width / 2, y + 0.07)
        if any(place.intersects(other) for other in self.named):
            return
        self.named.append(place)
        placer.take(place)
        axes.text(x, y, flows, fontsize=7.2, color=theme.muted, ha="center", va="center", zorder=9,
                  path_effects=_halo(theme))  # fmt: skip
        axes.text(x, y - 0.12, said, fontsize=size, color=theme.second if limits else theme.ink, ha="center",
                  va="baseline", fontweight=weight, zorder=9, linespacing=1.0, path_effects=_halo(theme))  # fmt: skip
        if raised:
            axes.plot([box.x + self.bar / 2] * 2, [y + 0.09, box.top - 0.02], color=theme.rule, linewidth=0.8, zorder=1)

    def _rates(
        self, axes: Axes, ports: Mapping[Pair, tuple[float, float]], theme: Theme, placer: Placer
    ) -> None:  # fmt: skip
        """What a band carries, where its stations do not say it already."""
        for flow in sorted(ports, key=lambda f: -self.flows[f]):
            per_h = self.flows[flow]
            back = flow in self.network.back
            if back:
                line = self._loop_line(flow, ports[flow])
                y = self.floor + self.lanes[flow]
                xs = line[np.abs(line[:, 1] - y) < 1e-6, 0]
                points = [(xs.min() + share * (xs.max() - xs.min()), y) for share in (0.5, 0.3, 0.7, 0.15, 0.85)]
                text, colour = f"back {rate(per_h)}", _readable(REWORK, theme)
            elif (
                sum(f[0] == flow[0] for f in self.network.ways) == 1
                or sum(f[1] == flow[1] for f in self.network.ways) == 1
            ):
                continue
            else:
                way = self.network.ways[flow]
                first, then = self.boxes[way[0]], self.boxes[way[1]]
                end = then.middle if len(way) > 2 else ports[flow][1]
                line = _curve((first.x + self.bar, ports[flow][0]), (then.x, end))
                points = [tuple(line[round(share * 39)]) for share in (0.5, 0.4, 0.6, 0.3, 0.7, 0.22, 0.78)]
                text, colour = rate(per_h), theme.ink
            label = placer.at(text, points, 7.2, "bold")
            if label is not None:
                placer.take(label.box)
                paper = {"boxstyle": "square,pad=0.12", "facecolor": theme.paper, "linewidth": 0}
                axes.text(label.x, label.y, text, fontsize=7.2, fontweight="bold", color=colour, ha="center",
                          va="center", zorder=8, path_effects=_halo(theme), bbox=paper if back else None)  # fmt: skip


def _apart(
    column: Sequence[Spot],
    wanted: Sequence[float],
    tall: Mapping[Spot, float],
    gaps: Sequence[float],
    middle: dict[Spot, float],
) -> None:
    """Middles as near to the wanted ones as their order and the gaps between them allow.

    Least squares, each weighing as much as flows there (pool adjacent violators): what joins them then lies level.
    """
    offsets = [0.0]
    for (a, b), gap in zip(itertools.pairwise(column), gaps, strict=True):
        offsets.append(offsets[-1] + tall[a] / 2 + gap + tall[b] / 2)
    blocks: list[tuple[float, float, int]] = []  # mean, weight, how many
    for spot, y, offset in zip(column, wanted, offsets, strict=True):
        blocks.append((y - offset, tall[spot], 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (high, more, many), (low, less, few) = blocks.pop(), blocks.pop()
            blocks.append(((high * more + low * less) / (more + less), more + less, many + few))
    free = [mean for mean, _, count in blocks for _ in range(count)]
    for spot, y, offset in zip(column, free, offsets, strict=True):
        middle[spot] = y + offset


def _curve(a: tuple[float, float], b: tuple[float, float], points: int = 40) -> Array:
    """A smooth way from a to b that leaves and arrives level: a cubic Bezier curve, (points, 2)."""
    t = np.linspace(0, 1, points)[:, None]
    mid = (a[0] + b[0]) / 2
    p = np.array([a, (mid, a[1]), (mid, b[1]), b])
    curve: Array = (1 - t) ** 3 * p[0] + 3 * (1 - t) ** 2 * t * p[1] + 3 * (1 - t) * t**2 * p[2] + t**3 * p[3]
    return curve


def _rounded(corners: Sequence[tuple[float, float]], radius: float) -> Array:
    """A way along corners, rounded: (k, 2)."""
    points = [np.array(corners[0])]
    for a, b, c in zip(corners, corners[1:], corners[2:], strict=False):
        a_, b_, c_ = map(np.array, (a, b, c))
        r = min(radius, 0.5 * float(np.hypot(*(b_ - a_))), 0.5 * float(np.hypot(*(c_ - b_))))
        start, end = (
            b_ + (a_ - b_) * (r / (np.hypot(*(a_ - b_)) or 1)),
            b_ + (c_ - b_) * (r / (np.hypot(*(c_ - b_)) or 1)),
        )
        for t in np.linspace(0, 1, 9):
            points.append((1 - t) ** 2 * start + 2 * (1 - t) * t * b_ + t**2 * end)
    points.append(np.array(corners[-1]))
    return np.array(points)


def _fill(axes: Axes, edge: Array, colour: str, alpha: float, zorder: float, rim: str = "none") -> None:
    from matplotlib.patches import Polygon

    axes.add_patch(Polygon(edge, closed=True, facecolor=colour, alpha=alpha, linewidth=0, zorder=zorder))
    if rim != "none":
        axes.add_patch(Polygon(edge, closed=True, facecolor="none", edgecolor=rim, linewidth=0.7, zorder=zorder + 0.1))


def _fitting(name: str, room_in: float, size: float, ruler: Ruler, weight: str) -> str:
    """A name in one line or two that is no wider than the room; its middle gives way where it must."""
    words = name.split()
    tries = [name]
    tries += ["\n".join((" ".join(words[:k]), " ".join(words[k:]))) for k in range(1, len(words))]
    fitting = [text for text in tries if ruler(text, size, weight)[0] <= room_in]
    if fitting:
        return min(fitting, key=lambda text: (text.count("\n"), ruler(text, size, weight)[0]))
    for most in range(len(name), 3, -1):
        if ruler(shortened(name, most), size, weight)[0] <= room_in:
            return shortened(name, most)
    return shortened(name, 4)


def _halo(theme: Theme) -> list[object]:
    from matplotlib.patheffects import withStroke

    return [withStroke(linewidth=2.2, foreground=theme.paper)]


def _readable(colour: str, theme: Theme) -> str:
    """The colour as text: darker on white, lighter on black."""
    channels = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    towards = 0 if theme.paper == LIGHT.paper else 255
    return "#" + "".join(f"{round(c + 0.35 * (towards - c)):02x}" for c in channels)
