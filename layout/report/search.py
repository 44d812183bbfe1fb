"""What a report says of the search itself: what its stages did and cost."""

from __future__ import annotations

from dataclasses import dataclass

from layout.report import words
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
