"""A Gantt chart of part of a simulated shift: a row for each resource, coloured by what it does, marked by product."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from layout.model.results import TraceEvent
from layout.report import canvas
from layout.report.canvas import LIGHT, Theme
from layout.report.labels import shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_IN, ROW_IN, AXIS_IN, HEAD_IN = 10.5, 0.27, 0.34, 0.62
STRIP_S = 1200.0
"""Longest time in one strip: a move of some seconds is still seen."""
MOST_LINES = 40
"""Of more rows than this there is one strip: three would make a picture nobody looks at."""
EDGE = 0.26
"""Share of a bar's height that its product's colour takes."""
MOVING = ("moving_empty", "moving_loaded", "handling")
PRODUCT_COLOURS = ("#009e73", "#8a4fd0", "#f0e442", "#5f6b7a", "#ff7fbf", "#12c2c2", "#9c6b2f", "#a4d65e")
"""Of products, in order of their names; then from the start again. Apart from those of the states."""


@dataclass(frozen=True)
class Bar:
    """A stretch of a row: from start_s to end_s, what it shows, whose product, in which of the row's lanes."""

    start_s: float
    end_s: float
    state: str
    product: str = ""
    lane: int = 0
    part: int = -1


@dataclass
class Row:
    """A resource: its bars, and how many of them it can have at once."""

    name: str
    bars: list[Bar] = field(default_factory=list)
    lanes: int = 1


def rows(events: Iterable[TraceEvent], start_s: float, end_s: float, order: Sequence[str] = ()) -> list[Row]:
    """The rows of a chart from start_s to end_s: those named in `order` first; resources without an event are left out.

    A station has a lane for each part that it works on at once; a belt moves as long as a part is on its way, and is
    blocked while one waits at its end. Parts in buffers are not shown: the resource does nothing with them.
    """
    seen: dict[str, list[TraceEvent]] = {}
    for event in sorted(events, key=lambda e: (e.start_s, e.end_s)):
        if event.start_s < end_s and event.end_s > start_s:
            seen.setdefault(event.resource, []).append(event)
    place = {name: i for i, name in enumerate(order)}
    made = [
        _row(name, seen[name], start_s, end_s) for name in sorted(seen, key=lambda n: (place.get(n, len(place)), n))
    ]
    return [row for row in made if row.bars]


def _row(name: str, events: Sequence[TraceEvent], start_s: float, end_s: float) -> Row:
    if any(event.state == "transit" or (event.state == "waiting" and event.origin != event.target) for event in events):
        bars = [Bar(a, b, "moving") for a, b in _union(e for e in events if e.state == "transit")]
        bars += [Bar(a, b, "blocked") for a, b in _union(e for e in events if e.state != "transit")]
        lanes = [0] * len(bars)
    else:
        events = [event for event in events if event.state != "waiting"]
        lanes = [0] * len(events) if any(event.state in MOVING for event in events) else _lanes(events)
        bars = [
            Bar(e.start_s, e.end_s, e.state, e.product, lane, e.part) for e, lane in zip(events, lanes, strict=True)
        ]  # fmt: skip
    clipped = [replace(b, start_s=max(b.start_s, start_s), end_s=min(b.end_s, end_s)) for b in bars]
    return Row(name, clipped, max(lanes, default=0) + 1)


def _union(events: Iterable[TraceEvent]) -> list[tuple[float, float]]:
    """The time that events cover, as spans in order."""
    spans: list[tuple[float, float]] = []
    for event in sorted(events, key=lambda e: e.start_s):
        if spans and event.start_s <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], event.end_s))
        else:
            spans.append((event.start_s, event.end_s))
    return spans


def _lanes(events: Sequence[TraceEvent]) -> list[int]:
    """A lane for each event: a part keeps one through its visit, the first that is free then."""
    visits: list[list[int]] = []  # events of one part, the next beginning where the one before ends
    latest: dict[int, list[int]] = {}
    for i, event in enumerate(events):
        visit = latest.get(event.part, []) if event.part >= 0 else []
        if not visit or event.start_s > events[visit[-1]].end_s + 1e-6:
            visit = []
            visits.append(visit)
        visit.append(i)
        latest[event.part] = visit
    free_at: list[float] = []
    lanes = [0] * len(events)
    for visit in visits:
        start_s = events[visit[0]].start_s
        lane = next((k for k, free in enumerate(free_at) if free <= start_s + 1e-9), len(free_at))
        free_at += [0.0] * (lane + 1 - len(free_at))
        free_at[lane] = max(events[i].end_s for i in visit)
        for i in visit:
            lanes[i] = lane
    return lanes


def draw_gantt(
    events: Iterable[TraceEvent],
    path: Path,
    *,
    start_s: float,
    end_s: float,
    order: Sequence[str] = (),
    bottleneck: str = "",
    theme: Theme = LIGHT,
) -> Path:
    """Draw what every resource does from start_s to end_s (s of the shift) into a PNG or SVG file.

    events : of a trace; others than those in that time may be among them
    order : names of resources, as they should stand below each other
    """
    shown = rows(events, start_s, end_s, order)
    products = sorted({bar.product for row in shown for bar in row.bars if bar.product})
    lines = sum(_height(row) for row in shown) or 1.0
    strips = max(1, math.ceil((end_s - start_s) / STRIP_S - 1e-9)) if lines <= MOST_LINES else 1
    strip_in = lines * ROW_IN + AXIS_IN
    with canvas.drawing(theme):
        figure = canvas.new_figure(WIDTH_IN, HEAD_IN + strips * strip_in)
        left_in = 0.25 + 0.068 * max((len(shortened(row.name, 26)) for row in shown), default=4)
        span_s = (end_s - start_s) / strips
        for i in range(strips):
            tall = figure.get_figheight()
            bottom = 1 - (HEAD_IN + (i + 1) * strip_in - AXIS_IN) / tall
            axes = figure.add_axes((left_in / WIDTH_IN, bottom, 1 - (left_in + 0.1) / WIDTH_IN, lines * ROW_IN / tall))
            _strip(axes, shown, start_s + i * span_s, start_s + (i + 1) * span_s, products, bottleneck, theme)
        _legends(figure, shown, products, theme)
        return canvas.save(figure, path)


def _height(row: Row) -> float:
    """Of a row, in rows with one lane."""
    return 1.0 if row.lanes == 1 else 0.3 + 0.5 * row.lanes


def _strip(
    axes: Axes, shown: Sequence[Row], start_s: float, end_s: float, products: Sequence[str], bottleneck: str,
    theme: Theme,
) -> None:  # fmt: skip
    top, ticks = 0.0, []
    for row in shown:
        tall = _height(row)
        axes.broken_barh([(start_s, end_s - start_s)], (top + 0.09, tall - 0.18), facecolors=theme.faint, zorder=1)
        step = (tall - 0.18) / row.lanes
        seen = [bar for bar in row.bars if bar.start_s <= end_s and bar.end_s >= start_s]
        for lane in range(row.lanes):
            _bars(axes, [bar for bar in seen if bar.lane == lane], top + 0.09 + lane * step, step, products, theme)
        ticks.append(top + tall / 2)
        top += tall
    axes.set_xlim(start_s, end_s)
    axes.set_ylim(top or 1.0, 0)
    axes.set_yticks(ticks, [("▸ " if r.name == bottleneck else "") + shortened(r.name, 26) for r in shown])
    for row, tick in zip(shown, axes.get_yticklabels(), strict=True):
        tick.set(color=theme.ink, fontweight="bold" if row.name == bottleneck else "normal")
    every = next((s for s in (60, 120, 300, 600, 900, 1800, 3600) if (end_s - start_s) / s <= 11), 7200)
    first = math.ceil(start_s / every - 1e-9) * every
    at = [first + every * i for i in range(int((end_s - first) / every + 1e-9) + 1)]
    axes.set_xticks(at, [clock(t) for t in at])
    axes.tick_params(length=0, labelsize=8.2)
    axes.grid(axis="x", color=theme.rule, linewidth=0.6, zorder=0.5)
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _bars(axes: Axes, bars: Sequence[Bar], top: float, tall: float, products: Sequence[str], theme: Theme) -> None:
    gap = 0.02
    for state in canvas.state_order({bar.state for bar in bars}):
        spans = [(bar.start_s, bar.end_s - bar.start_s) for bar in bars if bar.state == state]
        colour = canvas.STATE_COLOURS.get(state, canvas.OTHER_STATE)
        axes.broken_barh(spans, (top + gap, tall - 2 * gap), facecolors=colour, linewidth=0, zorder=2)
    after = [
        b.start_s for a, b in itertools.pairwise(bars) if -1 < a.part != b.part > -1 and b.start_s - a.end_s < 1e-6
    ]
    axes.vlines(after, top + gap, top + tall - gap, color=theme.paper, linewidth=0.5, zorder=4)
    if len(products) > 1:
        edge = max(EDGE * (tall - 2 * gap), 0.12)
        for number, product in enumerate(products):
            spans = [(bar.start_s, bar.end_s - bar.start_s) for bar in bars if bar.product == product]
            if spans:
                axes.broken_barh(
                    spans, (top + tall - gap - edge, edge), facecolors=product_colour(number), linewidth=0, zorder=3
                )


def product_colour(number: int) -> str:
    """Of the product with that number among all, by name."""
    return PRODUCT_COLOURS[number % len(PRODUCT_COLOURS)]


def clock(time_s: float) -> str:
    """A time of the shift as h:mm."""
    minutes = round(time_s / 60)
    return f"{minutes // 60}:{minutes % 60:02d}"


def _legends(figure: Figure, shown: Sequence[Row], products: Sequence[str], theme: Theme) -> None:
    from matplotlib.patches import Patch

    alike: dict[str, list[str]] = {}
    for state in canvas.state_order({bar.state for row in shown for bar in row.bars}):
        alike.setdefault(canvas.STATE_COLOURS.get(state, canvas.OTHER_STATE), []).append(canvas.state_word(state))
    handles = [Patch(facecolor=colour, label=" / ".join(said)) for colour, said in alike.items()]
    handles.append(Patch(facecolor=theme.faint, edgecolor=theme.rule, linewidth=0.6, label="nothing to do"))
    tall = figure.get_figheight()
    style: dict[str, Any] = {
        "loc": "upper left", "frameon": False, "fontsize": 8.2, "handlelength": 0.9, "handleheight": 0.9,
        "columnspacing": 1.4, "borderaxespad": 0.0, "labelcolor": theme.ink,
    }  # fmt: skip
    figure.legend(handles=handles, ncols=9, bbox_to_anchor=(0.012, 1 - 0.06 / tall), **style)
    if len(products) > 1:
        marks = [Patch(facecolor="none", label="Lower edge, the product:")]
        marks += [Patch(facecolor=product_colour(i), label=shortened(p, 22)) for i, p in enumerate(products[:7])]
        marks += [Patch(facecolor="none", label=f"and {len(products) - 7} more")] if len(products) > 7 else []
        figure.legend(handles=marks, ncols=9, bbox_to_anchor=(0.012, 1 - 0.3 / tall), **style)
