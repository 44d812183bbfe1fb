"""Charts: where time goes, how the search went, start against best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from layout.model.results import Estimate
from layout.report import canvas, words
from layout.report.canvas import LIGHT, Theme
from layout.report.labels import shortened
from layout.report.measures import MEASURES, text, value_of
from layout.report.outcome import Outcome
from layout.report.reader import Aim, Trial

if TYPE_CHECKING:
    from matplotlib.axes import Axes

THROUGHPUT = Aim("throughput", True, 0.01)


class States(Protocol):
    """What the chart of state shares needs; FlowResult and Outcome have it."""

    @property
    def resources(self) -> Mapping[str, Mapping[str, float]]:
        """Name -> state -> share of time."""

    @property
    def bottleneck(self) -> str:
        """The resource that limits the line."""


def draw_states(flow: States, path: Path, *, theme: Theme = LIGHT) -> Path:
    """Stacked bars of each resource's state shares, the bottleneck marked; into a PNG file."""
    with canvas.drawing(theme):
        names = list(flow.resources)
        figure = canvas.new_figure(7.6, 1.0 + 0.3 * max(len(names), 1))
        axes = figure.add_axes((0.26, 0.4 / figure.get_figheight(), 0.72, 1 - 0.85 / figure.get_figheight()))
        states = canvas.state_order(state for of in flow.resources.values() for state in of)
        for state in states:
            _state_bars(axes, flow, names, state)
        axes.set_xlim(0, 1)
        axes.set_ylim(len(names) - 0.5, -0.5)
        marked = [("▸ " if name == flow.bottleneck else "") + shortened(name, 30) for name in names]
        axes.set_yticks(range(len(names)), marked)
        for name, tick in zip(names, axes.get_yticklabels(), strict=True):
            tick.set(color=theme.ink, fontweight="bold" if name == flow.bottleneck else "normal")
        axes.xaxis.set_major_formatter(lambda x, _: f"{100 * x:.0f} %")
        _bare(axes, theme)
        axes.grid(False)
        _state_legend(axes, states, theme)
        return canvas.save(figure, path)


def _state_bars(axes: Axes, flow: States, names: Sequence[str], state: str) -> None:
    order = canvas.state_order(s for of in flow.resources.values() for s in of)
    before = order[: order.index(state)]
    lefts = [sum(flow.resources[name].get(s, 0.0) for s in before) for name in names]
    widths = [flow.resources[name].get(state, 0.0) for name in names]
    colour = canvas.STATE_COLOURS.get(state, canvas.OTHER_STATE)
    axes.barh(range(len(names)), widths, left=lefts, height=0.66, color=colour, edgecolor=axes.get_facecolor(),
              linewidth=0.8)  # fmt: skip
    for i, (left, width) in enumerate(zip(lefts, widths, strict=True)):
        if width >= 0.07:
            axes.text(
                left + width / 2, i, f"{100 * width:.0f}", ha="center", va="center_baseline", fontsize=7.8,
                color=canvas.text_on(colour),
            )  # fmt: skip


def _state_legend(axes: Axes, states: Sequence[str], theme: Theme) -> None:
    from matplotlib.patches import Patch

    # Starved stations and waiting arms share a colour, so do working and moving with a part: one entry each.
    alike: dict[str, list[str]] = {}
    for state in states:
        alike.setdefault(canvas.STATE_COLOURS.get(state, canvas.OTHER_STATE), []).append(canvas.state_word(state))
    handles = [Patch(facecolor=colour, label=" / ".join(said)) for colour, said in alike.items()]
    axes.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(-0.005, 1.0), ncols=4, frameon=False, fontsize=7.8,
        handlelength=0.9, handleheight=0.9, columnspacing=1.3, borderaxespad=0.3, labelcolor=theme.ink,
    )  # fmt: skip


def draw_convergence(
    trials: Sequence[Trial],
    path: Path,
    *,
    aim: Aim = THROUGHPUT,
    ceiling_per_h: float | None = None,
    start: Outcome | None = None,
    best: Outcome | None = None,
    theme: Theme = LIGHT,
) -> Path:
    """Every candidate and the best so far against evaluations, with the start's level and the ceiling; a PNG file.

    ceiling_per_h : what the machines alone would allow
    best : the winner as simulated again on fresh streams: drawn at the right edge with its interval
    """
    shown = MEASURES[aim.measure]
    figures = [(t.number + 1, v) for t in trials if t.feasible and (v := t.measured(aim.measure)) is not None]
    missed = [t.number + 1 for t in trials if not t.feasible and not t.outdone]
    level = value_of(start, aim.measure) if start is not None and start.feasible else None
    won = value_of(best, aim.measure) if best is not None and best.feasible else None
    known = [v for _, v in figures] + [v.mean for v in (level, won) if v is not None]
    unit = shown.unit(max(map(abs, known), default=1.0))
    ceiling = ceiling_per_h if aim.measure == "throughput" else None
    with canvas.drawing(theme):
        figure = canvas.new_figure(7.6, 3.7)
        axes = figure.add_axes((0.085, 0.13, 0.72, 0.78))
        last = max([t.number + 1 for t in trials], default=1)
        _dots(axes, figures, aim, unit, theme)
        low, high, ceiling_in_sight = _limits([v * unit.factor for v in known], ceiling)
        axes.set_ylim(low - (0.09 * (high - low) if missed else 0), high)
        axes.set_xlim(0, last + max(0.02 * last, 0.5))
        if missed:
            y = low - 0.055 * (high - low)
            axes.plot(missed, [y] * len(missed), "|", color=theme.muted, markersize=6, alpha=0.6, markeredgewidth=0.7)
        notes: list[tuple[float, str, str]] = []
        if ceiling is not None:
            said = f"machines alone {words.significant(ceiling, 4)}{unit.suffix}"
            if ceiling_in_sight:
                axes.axhline(ceiling, color=theme.muted, linewidth=1.1, linestyle=(0, (5, 3)))
                notes.append((ceiling, said, theme.muted))
            else:
                notes.append((high, f"↑ {said}", theme.muted))
        if level is not None:
            axes.axhline(level.mean * unit.factor, color=theme.second, linewidth=1.1)
            notes.append((level.mean * unit.factor, f"start {words.estimate(level, unit)}", theme.second))
        if won is not None:
            axes.errorbar(
                last, won.mean * unit.factor, yerr=won.half_width * unit.factor, fmt="D", markersize=5,
                color=theme.accent, ecolor=theme.accent, capsize=2.5, zorder=6, clip_on=False,
                markeredgecolor=theme.paper, markeredgewidth=0.8,
            )  # fmt: skip
            said = "best, simulated again" if won.n else "best"
            notes.append((won.mean * unit.factor, f"{said}\n{words.estimate(won, unit)}", theme.accent))
        _notes(axes, notes)
        if missed:
            axes.annotate(
                f"not feasible ({len(missed)})", (1, low - 0.055 * (high - low)), xycoords=("axes fraction", "data"),
                xytext=(7, 0), textcoords="offset points", fontsize=8, color=theme.muted, va="center",
            )  # fmt: skip
        axes.set_xlabel("evaluations", fontsize=8.5)
        _whole(axes)
        axes.set_title(
            f"{shown.words.capitalize()} ({unit.suffix.strip()})" if unit.suffix else shown.words.capitalize(),
            loc="left",
            fontsize=9.5,
            color=theme.ink,
            pad=8,
        )
        _bare(axes, theme)
        axes.grid(axis="y", color=theme.faint, linewidth=0.8)
        return canvas.save(figure, path)


def _dots(axes: Axes, figures: Sequence[tuple[int, float]], aim: Aim, unit: words.Unit, theme: Theme) -> None:
    if not figures:
        axes.set_yticks([])
        axes.text(
            0.5, 0.5, "no feasible candidate yet", transform=axes.transAxes, ha="center", color=theme.muted, fontsize=10
        )
        return
    xs, ys = (np.array(column, dtype=float) for column in zip(*sorted(figures), strict=True))
    ys = ys * unit.factor
    so_far = np.maximum.accumulate(ys) if aim.maximize else np.minimum.accumulate(ys)
    size = 9 if len(xs) < 600 else 4
    axes.scatter(xs, ys, s=size, color=theme.accent, alpha=0.32, linewidths=0, zorder=3)
    end = max(axes.get_xlim()[1], xs[-1])
    axes.step(np.append(xs, end), np.append(so_far, so_far[-1]), where="post", color=theme.accent, linewidth=1.8,
              zorder=4)  # fmt: skip


def _limits(values: Sequence[float], ceiling: float | None) -> tuple[float, float, bool]:
    """A range that shows the candidates well, and whether the ceiling lies in it: not where it would flatten them."""
    if not values:
        return 0.0, 1.15 * (ceiling or 1.0), True
    low, high = min(values), max(values)
    in_sight = ceiling is not None and ceiling - high <= 1.5 * max(high - low, 0.05 * abs(high))
    if ceiling is not None and in_sight:
        low, high = min(low, ceiling), max(high, ceiling)
    spread = (high - low) or max(abs(high) * 0.1, 1e-6)
    return (max(low - 0.06 * spread, 0.0) if low >= 0 else low - 0.06 * spread), high + 0.06 * spread, in_sight


def _notes(axes: Axes, notes: Sequence[tuple[float, str, str]]) -> None:
    """Words at the right edge, pushed apart where their levels are close."""
    low, high = axes.get_ylim()
    tall = axes.get_window_extent().height * 72 / canvas.DPI  # pt
    floor = -1e9
    for y, said, colour in sorted(notes, key=lambda note: note[0]):
        lines = said.count("\n") + 1
        centre = (y - low) / (high - low) * tall
        centre = max(centre, floor + 5.5 * lines)
        floor = centre + 5.5 * lines + 2
        axes.annotate(
            said, (1, low + centre / tall * (high - low)), xycoords=("axes fraction", "data"), xytext=(7, 0),
            textcoords="offset points", fontsize=8, color=colour, va="center", linespacing=1.15, annotation_clip=False,
        )  # fmt: skip


def _whole(axes: Axes) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=7))


def _bare(axes: Axes, theme: Theme) -> None:
    for side, spine in axes.spines.items():
        spine.set_visible(side == "bottom")
        spine.set_color(theme.rule)
    axes.tick_params(length=0, labelsize=8.2)
    axes.set_axisbelow(True)


def draw_comparison(start: Outcome | None, best: Outcome, path: Path, *, theme: Theme = LIGHT) -> Path:
    """Small multiples, one for each measure: start against best, with intervals and the change; a PNG file."""
    rows = [m for m in MEASURES if value_of(best, m) is not None or (start and value_of(start, m) is not None)]
    with canvas.drawing(theme):
        figure = canvas.new_figure(7.6, 0.35 + 0.72 * max(len(rows), 1))
        for i, measure in enumerate(rows):
            axes = figure.add_axes((0.25, 1 - (i + 0.88) / max(len(rows), 1), 0.44, 0.62 / max(len(rows), 1)))
            _pair(axes, measure, start, best, theme)
        return canvas.save(figure, path)


def _pair(axes: Axes, measure: str, start: Outcome | None, best: Outcome, theme: Theme) -> None:
    shown = MEASURES[measure]
    pair: list[tuple[str, Estimate | None, Any]] = [
        ("start", value_of(start, measure) if start else None, theme.grey_bar),
        ("best", value_of(best, measure), theme.accent),
    ]
    most = max((e.mean for _, e, _ in pair if e), default=1.0) or 1.0
    unit = shown.unit(most)
    for y, (label, found, colour) in enumerate(pair):
        axes.text(-0.02 * most, y, label, ha="right", va="center", fontsize=8, color=theme.muted)
        if found is None:
            axes.text(0.01 * most, y, "not simulated", va="center", fontsize=8, color=theme.muted)
            continue
        half = found.half_width if found.n else 0.0
        axes.barh(y, found.mean, height=0.72, color=colour)
        if half:
            axes.errorbar(found.mean, y, xerr=half, color=theme.ink, linewidth=1, capsize=2)
        axes.text(
            found.mean + half + 0.025 * most, y, text(found, unit), va="center_baseline", fontsize=8.2,
            color=theme.ink,
        )  # fmt: skip
    changed = words.change(pair[0][1].mean if pair[0][1] else None, pair[1][1].mean if pair[1][1] else None)
    axes.text(1.56, 0.5, changed, transform=axes.transAxes, fontsize=11, fontweight="bold", ha="right", va="center",
              color=theme.ink)  # fmt: skip
    axes.text(-0.14, 0.5, shown.words, transform=axes.transAxes, fontsize=9, ha="right", va="center", color=theme.ink)
    axes.set_xlim(0, most * 1.02)
    axes.set_ylim(1.55, -0.55)
    axes.axis("off")
