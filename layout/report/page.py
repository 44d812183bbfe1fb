"""The report as one HTML page that needs nothing else: pictures inside, nothing fetched."""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from layout.report import canvas, words
from layout.report.embedded import Picture
from layout.report.front import FrontView
from layout.report.headline import bottleneck_meaning, headline, stopping
from layout.report.layers import layered
from layout.report.measures import MEASURES, comparison, text, value_of
from layout.report.outcome import Outcome
from layout.report.proof import Shown
from layout.report.reader import Aim, Run
from layout.report.replay import Replay
from layout.report.sankey import passed
from layout.report.search import stage_rows

PLACES = ("start", "best", "start_plan", "best_plan", "flow", "hour", "convergence")
TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Segment:
    """A state's share in a bar."""

    word: str
    percent: str
    width: str
    colour: str
    ink: str


@dataclass(frozen=True)
class Bar:
    """A resource's time."""

    name: str
    limits: bool
    segments: tuple[Segment, ...]
    said: str


def render(
    run: Run,
    pictures: Mapping[str, Picture],
    replay: Replay | None = None,
    proof: Shown | None = None,
    front: FrontView | None = None,
) -> str:
    """The page's HTML.

    pictures : by their places on the page (PLACES); those missing are left out
    replay, proof : of the best layout as rigid bodies, where there is a recording or a proof
    front : of a search for several objectives
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    script = (TEMPLATES / "replay.js").read_text(encoding="utf-8")
    best = run.best
    found = best is not None and best.feasible
    least = best if best is not None and not found else None
    return environment.get_template("report.html.j2").render(
        run=run,
        facts=facts(run),
        found=found,
        headline=headline(run),
        compared=run.start is not None and run.start.throughput_per_h is not None,
        rows=comparison(run.start, best) if best is not None and found else [],
        pictures={**dict.fromkeys(PLACES), **pictures},
        bars=bars(best) if best is not None else [],
        legend=_legend(best) if best is not None else [],
        meaning=bottleneck_meaning(best) if best is not None else "",
        candidates=candidates(run) if found else None,
        least=least,
        start_violations=run.start.violations if run.start is not None else (),
        stopping=stopping(run),
        stages=stage_rows(run),
        front=None if front is None else replace(front, svg=Markup(front.svg), css=Markup(front.css)),
        goes_back=best is not None and bool(layered(passed(best.moves)).back),
        scrap=best is not None and any(per_h > 0 for per_h in best.scrap_by_station.values()),
        words=words,
        replay=replay,
        proof=proof,
        replay_data=Markup(replay.data.replace("<", "\\u003c") if replay is not None else ""),  # inside <script>
        script=Markup(script),
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii"),
        replications=best.throughput_per_h.n if best is not None and best.throughput_per_h is not None else 0,
        level=best.throughput_per_h.level if best is not None and best.throughput_per_h is not None else 0.95,
    )


def bars(outcome: Outcome) -> list[Bar]:
    """What each resource does with its time."""
    made = []
    for name, states in outcome.resources.items():
        order = [state for state in canvas.state_order(states) if states[state] > 0.0005]
        segments = tuple(
            Segment(
                canvas.state_word(state),
                words.percent(states[state]),
                f"{100 * states[state]:.2f}%",
                canvas.STATE_COLOURS.get(state, canvas.OTHER_STATE),
                canvas.text_on(canvas.STATE_COLOURS.get(state, canvas.OTHER_STATE)),
            )
            for state in order
        )
        said = ", ".join(f"{segment.word} {segment.percent}" for segment in segments)
        made.append(Bar(name, name == outcome.bottleneck, segments, said))
    return made


def _legend(outcome: Outcome) -> list[tuple[str, str]]:
    alike: dict[str, list[str]] = {}
    for state in canvas.state_order(
        {s for states in outcome.resources.values() for s, v in states.items() if v > 0.0005}
    ):
        alike.setdefault(canvas.STATE_COLOURS.get(state, canvas.OTHER_STATE), []).append(canvas.state_word(state))
    return [(colour, " / ".join(said)) for colour, said in alike.items()]


@dataclass(frozen=True)
class Candidates:
    """The best layouts side by side: names, rows of measures, and rows of design variables by subject.

    A cell is (text, whether it differs from the best layout's)
    """

    names: tuple[str, ...]
    measures: tuple[tuple[str, tuple[str, ...]], ...]
    variables: tuple[tuple[str, tuple[tuple[str, bool], ...]], ...]


def candidates(run: Run) -> Candidates | None:
    """Best and runners-up with their measures and design variables."""
    if run.best is None:
        return None
    outcomes = [run.best, *run.runners_up]
    measures = []
    for name, shown in MEASURES.items():
        values = [value_of(outcome, name) for outcome in outcomes]
        if any(values):
            unit = shown.unit(max(abs(v.mean) for v in values if v))
            measures.append((shown.words, tuple(text(v, unit) for v in values)))
    names: list[tuple[str, str]] = []
    for outcome in outcomes:
        names += [(subject, of) for subject, fields in outcome.layout.items() for of in fields]
    variables = []
    for subject, of in sorted(set(names), key=names.index):
        cells = [_cell(of, outcome.layout.get(subject, {}).get(of)) for outcome in outcomes]
        variables.append((f"{subject} · {of}", tuple((cell, cell != cells[0]) for cell in cells)))
    titles = ("best", *(f"no. {i + 2}" for i in range(len(run.runners_up))))
    return Candidates(titles, tuple(measures), tuple(variables))


def _cell(of: str, value: Any) -> str:
    """A design variable's value as people read it; layout files give metres, degrees and m/s."""
    if value is None:
        return words.NONE
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value).replace("_", " ")
    if not math.isfinite(value):
        return words.NONE
    if of in ("x", "y"):
        return f"{words.number(value, 2)} m"
    if of == "yaw":
        return f"{words.number(value, 0 if abs(value - round(value)) < 0.05 else 1)}°"
    if of == "speed":
        return f"{words.number(value, 2)} m/s"
    return words.number(value, 0) if float(value).is_integer() else words.significant(value, 3)


def facts(run: Run) -> list[tuple[str, str]]:
    """How it was found, as pairs."""
    known = run.facts
    between = "; " if run.aims[0].weight is not None else "; then "
    aims = between.join(_aim(aim, len(run.aims)) for aim in run.aims)
    pairs: Sequence[tuple[str, Any]] = (
        ("Aim", aims),
        ("Search", stopping(run)),
        ("Stopped because", known.get("stopped")),
        ("Physics", proofs(run)),
        ("Sampler", known.get("sampler")),
        ("Design variables", len(run.variables) or None),
        ("Seed", known.get("seed")),
        ("Workers", known.get("workers")),
        ("Scenario digest", known.get("digest")),
        ("Version", known.get("version")),
    )
    return [(name, str(value)) for name, value in pairs if value not in (None, "")]


def _aim(aim: Aim, among: int) -> str:
    """'least floor area (within 1 % counts as equal)'."""
    said = f"{'most' if aim.maximize else 'least'} "
    said += MEASURES[aim.measure].words if aim.measure in MEASURES else aim.measure
    if aim.weight is not None:
        return f"{said} (weight {aim.weight:g})"
    return said + (f" (within {words.percent(aim.tolerance)} counts as equal)" if aim.tolerance and among > 1 else "")


def proofs(run: Run) -> str:
    """What became of the best few as rigid bodies; empty where none was run."""
    outcomes = [outcome for outcome in (run.best, *run.runners_up) if outcome is not None and outcome.verdict]
    if not outcomes or outcomes[0].verdict is None:
        return ""
    said = f"best layout {words.verdict_words(outcomes[0].verdict)}"
    refused = sum(outcome.verdict is not None and outcome.verdict.refused for outcome in outcomes[1:])
    others = "1 other was refused" if refused == 1 else f"{refused} others were refused"
    return f"{said}; {others}" if refused else said
