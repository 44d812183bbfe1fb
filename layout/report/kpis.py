"""One layout's figures for the terminal: what it makes, how surely, what limits it, and what would help."""

from __future__ import annotations

from dataclasses import replace

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from layout.model.results import Estimate, Gain
from layout.report import words
from layout.report.headline import bottleneck_meaning
from layout.report.measures import MEASURES, text, value_of
from layout.report.outcome import Outcome
from layout.report.words import Unit

PER_H = Unit(1, " /h")
MOST_GAINS = 4


def figures(outcome: Outcome) -> RenderableType:
    """Measures with their intervals, one below the other."""
    table = Table(box=None, show_header=False, padding=(0, 3, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(style="dim")
    for name, shown in MEASURES.items():
        found = value_of(outcome, name)
        if found is None:
            continue
        style = "bold" if name == "throughput" else ""
        table.add_row(shown.words, Text(text(found, shown.unit(found.mean)), style), shown.note)
        if name == "throughput" and len(outcome.by_product) > 1:
            for product, each in outcome.by_product.items():
                table.add_row(Text(f"  {product}"), words.estimate(each, PER_H), "")
        if name == "lead_time":
            for quantile, each in outcome.quantiles_s.items():
                table.add_row(f"  {quantile} within", words.estimate(each, words.time_unit(found.mean)), "")
    for row in _more(outcome):
        table.add_row(*row)
    if outcome.ceiling_per_h:
        note = "analytic upper bound" if outcome.exact_per_h is None else "exact, in the long run"
        table.add_row("ceiling", words.plain(outcome.ceiling_per_h, PER_H, 4), note)
    if not outcome.feasible:
        table.add_row(Text("not feasible", "bold red"), "", "")
    notes = [Text(warning, "yellow") for warning in outcome.warnings]
    made = outcome.throughput_per_h
    if made is None and outcome.feasible:
        notes.insert(0, Text(words.NOT_SIMULATED, "dim"))
    if made is not None and made.n:
        notes.insert(0, Text(_how(outcome, made), "dim"))
    return Group(table, *notes)


def _more(outcome: Outcome) -> list[tuple[str, str, str]]:
    """Figures of lines that have them, beside the measures: rework, power."""
    rows = []
    if outcome.rework_per_h is not None and outcome.rework_per_h.mean > 0:
        rows.append(("rework", words.estimate(outcome.rework_per_h, PER_H), "parts worked on again"))
    if outcome.energy_kwh_per_h is not None:
        rows.append(("power", words.estimate(outcome.energy_kwh_per_h, Unit(1, " kW")), "all resources, time average"))
    return rows


def _how(outcome: Outcome, made: Estimate) -> str:
    runs = f"{made.n} batches of one run" if outcome.replications == 1 else f"{made.n} replications"
    said = f"±: {100 * made.level:.4g} % interval from {runs}" if made.n > 1 else "one run: no intervals"
    if outcome.warmup_s is not None and outcome.warmup_by != "given":
        length = words.plain(outcome.warmup_s, words.time_unit(outcome.warmup_s))
        said += f"; the first {length} left out ({outcome.warmup_by})"
    return said


def advice(outcome: Outcome) -> RenderableType:
    """What limits the line, what one more percent of speed or one more person brings where, and what that means."""
    said = bottleneck_meaning(outcome)
    fastest = next((gain for gain in outcome.gains if gain.of == "speed"), None)
    if fastest is not None and fastest.resource != outcome.bottleneck and _is_real(fastest):
        said += f" The throughput follows the speed of {fastest.resource} most."
    parts: list[RenderableType] = [Padding(Text(said), (0, 0, 1, 0))]
    if outcome.gains and not outcome.stands_still:
        parts.append(gains_table(outcome))
    return Group(*parts)


def gains_table(outcome: Outcome) -> RenderableType:
    """What would bring more parts than chance explains, the most telling first."""
    made = outcome.throughput_per_h
    real = [gain for gain in outcome.gains if _is_real(gain)]
    if not real:
        speeds = [gain for gain in outcome.gains if gain.of == "speed"]
        tried = [_what(replace(speeds[0], resource="any one resource"))] if speeds else []
        tried += ["one more person anywhere"] if len(speeds) < len(outcome.gains) else []
        said = f"{' or '.join(tried)} brings nothing that can be told from chance."
        return Padding(Text(said, "dim"), (0, 0, 1, 0))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("")
    table.add_column("brings", justify="right", no_wrap=True)
    table.add_column("", justify="right", style="dim", no_wrap=True)
    for gain in real[:MOST_GAINS]:
        table.add_row(Text(_what(gain)), _signed(gain), _share(gain, made))
    return table


def _what(gain: Gain) -> str:
    """'1 % more speed of mill', 'one more person among fitters'."""
    more = "one more person among" if gain.of == "people" else f"{100 * gain.step:g} % more speed of"
    return f"{more} {gain.resource}"


def _is_real(gain: Gain) -> bool:
    return gain.per_h.mean > gain.per_h.half_width


def _signed(gain: Gain) -> str:
    return f"+{words.estimate(gain.per_h, PER_H)}"


def _share(gain: Gain, made: Estimate | None) -> str:
    return words.change(made.mean, made.mean + gain.per_h.mean) if made is not None else ""
