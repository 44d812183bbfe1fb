"""The front of a search for several objectives, as a picture of the page: a click on a layout shows it below.

Links and `:target` do it, without a script: each member has a panel, and the picture's points lead to them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from layout.report import words
from layout.report.embedded import Picture
from layout.report.measures import MEASURES, text, value_of
from layout.report.outcome import Outcome
from layout.report.reader import Aim, Run
from layout.report.search import front_words
from layout.report.words import Unit

WIDTH, HEIGHT = 760, 430
LEFT, RIGHT, TOP, BOTTOM = 86, 24, 34, 58
MOST_DOTS = 2000  # candidates drawn behind the front, the best ones


@dataclass(frozen=True)
class Member:
    """A layout of the front. name : its file's; label : its number in the picture; rows : (measure, figure)"""

    name: str
    label: int
    rows: tuple[tuple[str, str], ...]
    plan: Picture | None
    first: bool


@dataclass(frozen=True)
class FrontView:
    """What the page shows: the picture (SVG), rules that mark the member that is looked at (CSS), the members with the
    one shown at first as the last, and a sentence."""

    svg: str
    css: str
    members: tuple[Member, ...]
    said: str


def members(run: Run) -> dict[str, Outcome]:
    """The front's layouts by the names of their files, by the first objective, best first; none without a front."""
    found = {"best": run.best} | {f"runner_up_{i + 1}": outcome for i, outcome in enumerate(run.runners_up)}
    shown = [name for name in (run.search.get("front") or {}).get("shown") or () if found.get(name) is not None]
    aim = run.aims[0]
    kept = {name: outcome for name in shown if (outcome := found[name]) is not None}
    worth = {name: _mean(outcome, aim) * (1 if aim.maximize else -1) for name, outcome in kept.items()}
    return {name: kept[name] for name in sorted(kept, key=lambda name: -worth[name])}


def front_view(run: Run, plans: Mapping[str, Picture | None]) -> FrontView | None:
    """What to show of a run's front; None where it has none. plans : floor plans by the members' names"""
    found = members(run)
    if not found or len(run.aims) < 2:
        return None
    first = "best" if "best" in found else next(iter(found))
    made = [
        Member(name, i + 1, tuple(_rows(outcome)), plans.get(name), name == first)
        for i, (name, outcome) in enumerate(found.items())
    ]
    css = "\n".join(
        f"#front:has(#front-{m.name}:target) .at-{m.name} circle {{ fill: var(--ink); stroke: var(--ink); }}"
        for m in made
    )
    return FrontView(
        svg=_svg(run, found, first),
        css=css,
        members=tuple(sorted(made, key=lambda member: member.first)),
        said=front_words(run.search["front"]),
    )


def _mean(outcome: Outcome, aim: Aim) -> float:
    value = value_of(outcome, aim.measure)
    return value.mean if value is not None else 0.0


def _rows(outcome: Outcome) -> list[tuple[str, str]]:
    rows = []
    for name, shown in MEASURES.items():
        value = value_of(outcome, name)
        if value is not None:
            rows.append((shown.words, text(value, shown.unit(abs(value.mean)))))
    return rows


class _Axis:
    """One objective along a side of the picture."""

    def __init__(self, aim: Aim, values: Sequence[float], start: float, end: float) -> None:
        from matplotlib.ticker import MaxNLocator

        self.aim = aim
        self.unit: Unit = MEASURES[aim.measure].unit(max(map(abs, values)))
        low, high = min(values) * self.unit.factor, max(values) * self.unit.factor
        margin = 0.06 * (high - low) or 0.05 * abs(high) or 1.0
        self._low, self._high, self._start, self._end = low - margin, high + margin, start, end
        ticks = [float(tick) for tick in MaxNLocator(6).tick_values(self._low, self._high)]
        self.ticks = [tick for tick in ticks if self._low <= tick <= self._high]
        step = ticks[1] - ticks[0]
        self.places = 0 if step >= 1 else 1 if step >= 0.1 else 2

    @property
    def title(self) -> str:
        """'throughput (/h), more is better'."""
        unit = self.unit.suffix.strip()
        called = MEASURES[self.aim.measure].words + (f" ({unit})" if unit else "")
        return f"{called}, {'more' if self.aim.maximize else 'less'} is better"

    def at(self, value: float) -> float:
        """Place of a value (SI) in the picture."""
        return self.place(value * self.unit.factor)

    def place(self, shown: float) -> float:
        """Place of a value in the axis's unit."""
        share = (shown - self._low) / (self._high - self._low)
        return self._start + share * (self._end - self._start)


def _svg(run: Run, found: Mapping[str, Outcome], first: str) -> str:
    up, along = run.aims[0], run.aims[1]
    points = {name: (_mean(o, along), _mean(o, up)) for name, o in found.items()}
    seen = sorted((t for t in run.trials if t.feasible), key=lambda t: -t.figures.get("value", 0.0))[:MOST_DOTS]
    told = [(t.measured(along.measure), t.measured(up.measure)) for t in seen]
    dots = [(x, y) for x, y in told if x is not None and y is not None]
    everywhere = [*points.values(), *dots]
    x_axis = _Axis(along, [x for x, _ in everywhere], LEFT, WIDTH - RIGHT)
    y_axis = _Axis(up, [y for _, y in everywhere], HEIGHT - BOTTOM, TOP)
    parts = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(_alt(run, found))}">']
    for tick in x_axis.ticks:
        x = x_axis.place(tick)
        parts.append(f'<line class="grid" x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{HEIGHT - BOTTOM}"/>')
        parts.append(_text(x, HEIGHT - BOTTOM + 20, words.number(tick, x_axis.places), "middle"))
    for tick in y_axis.ticks:
        y = y_axis.place(tick)
        parts.append(f'<line class="grid" x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}"/>')
        parts.append(_text(LEFT - 8, y + 4, words.number(tick, y_axis.places), "end"))
    parts.append(_text(WIDTH - RIGHT, HEIGHT - 14, x_axis.title, "end"))
    parts.append(_text(8, 18, y_axis.title, "start"))
    parts += [f'<circle class="told" cx="{x_axis.at(x):.1f}" cy="{y_axis.at(y):.1f}" r="2.2"/>' for x, y in dots]
    for i, (name, (x, y)) in enumerate(points.items()):
        px, py = x_axis.at(x), y_axis.at(y)
        marked = " first" if name == first else ""
        parts.append(
            f'<a href="#front-{name}" class="at-{name}{marked}" aria-label="layout {i + 1}">'
            f'<circle cx="{px:.1f}" cy="{py:.1f}" r="11"/>'
            f'<text x="{px:.1f}" y="{py + 4:.1f}" text-anchor="middle">{i + 1}</text></a>'
        )
    return "\n".join([*parts, "</svg>"])


def _text(x: float, y: float, said: str, anchor: str) -> str:
    return f'<text class="axis" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(said)}</text>'


def _alt(run: Run, found: Mapping[str, Outcome]) -> str:
    """The picture in words."""
    said = []
    for i, outcome in enumerate(found.values()):
        figures = []
        for aim in run.aims:
            value = value_of(outcome, aim.measure)
            if value is not None:
                shown = MEASURES[aim.measure]
                figures.append(f"{shown.words} {words.plain(value.mean, shown.unit(abs(value.mean)), 4)}")
        said.append(f"layout {i + 1}: {', '.join(figures)}")
    return "; ".join(said)
