"""What a report says of the search itself: what its stages did and cost."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.table import Table

from layout.report import words
from layout.report.measures import MEASURES, text, value_of
from layout.report.outcome import outcome_from_json
from layout.report.reader import Run
from layout.units import duration

STAGES = {
    "propose": ("propose", "a candidate is made, its floor plan legal if it can be"),
    "geometry": ("geometry", "collisions, reach, ways, in three dimensions"),
    "motion": ("motion", "travel and handling times"),
    "bound": ("bound", "throughput that it cannot pass; those below the best are not simulated"),
    "flow": ("flow simulation", "shifts, as many as it takes to see that it is not among the best"),
    "fresh streams": ("fresh streams", "the best few, simulated again"),
    "physics": ("physics", "the best of these, as rigid bodies"),
}


NUMBERS = {2: "two", 3: "three", 4: "four", 5: "five"}


def selected(found: Mapping[str, Any] | None) -> str:
    """How sure the choice is, in one sentence. found : `selection` of results.json; empty where there is none."""
    if not found or found.get("within") is None:
        return ""
    among, measure = int(found["among"]), str(found["measure"])
    called = MEASURES[measure].words if measure in MEASURES else f"the {measure}"
    said = f"With {words.percent(float(found['level']))} confidence it is the best of the {NUMBERS.get(among, among)}"
    within = float(found["within"])
    if within > 0:
        said += f", to within {up(within)} of {called}"
    else:
        said += f" in {called}"
    return f"{said} ({words.number(int(found['replications']), 0)} shifts of each, with the same chances)."


def up(share: float) -> str:
    """A share as a percentage with two figures, rounded up: it is a bound."""
    percent = 100 * share
    places = 2 if percent < 1 else 1
    return f"{words.number(math.ceil(percent * 10**places - 1e-9) / 10**places, places)} %"


def front_words(front: Mapping[str, Any]) -> str:
    """What was found of a front, in a sentence. front : `front` of results.json"""
    told = words.number(int(front["size"]), 0)
    share = words.percent(float(front["hypervolume"]))
    return (
        f"Front: {told} layout{'s' if int(front['size']) != 1 else ''} as the search saw it, hypervolume {share} "
        "of the box between the worst and the best figure of each objective."
    )


def front_table(found: Sequence[Mapping[str, Any]], shown: Sequence[str], measures: Sequence[str]) -> Table:
    """The members of a front for the terminal.

    found : best and runners-up, as in results.json; shown : names of the members; measures : the objectives
    """
    outcomes = {("best" if i == 0 else f"runner_up_{i}"): outcome_from_json(data) for i, data in enumerate(found)}
    members = {name: outcomes[name] for name in shown}
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("no other layout beats")
    columns = []
    for measure in measures:
        values = [value_of(outcome, measure) for outcome in members.values()]
        unit = MEASURES[measure].unit(max((abs(v.mean) for v in values if v), default=1.0))
        table.add_column(MEASURES[measure].words, justify="right")
        columns.append([text(value, unit) for value in values])
    for name, *cells in zip(members, *columns, strict=True):
        table.add_row(f"{name}.yaml", *cells)
    return table


@dataclass(frozen=True)
class StageRow:
    """A line of the table of stages, as text."""

    words: str
    note: str
    given: str
    passed: str
    spent: str
    each: str


def stage_rows(run: Run) -> list[StageRow]:
    """What each stage was given, let through and cost; nothing where the run does not say."""
    found = []
    for stage in run.search.get("stages") or ():
        name, given = str(stage["stage"]), int(stage["given"])
        spent_s = run.seconds.get(name)
        said, note = STAGES.get(name, (name, ""))
        found.append(
            StageRow(
                said,
                note,
                words.number(given, 0),
                words.number(int(stage["passed"]), 0),
                duration(spent_s) if spent_s is not None else words.NONE,
                duration(spent_s / given) if spent_s is not None and given else words.NONE,
            )
        )
    return found
