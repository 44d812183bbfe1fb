"""A proof in words and tables, from the data of proof.json: for the terminal and for the page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from layout.model.physical import INCIDENTS, MOVE_S, MOVE_SHARE, TOLERATED
from layout.model.results import Estimate
from layout.report import words
from layout.report.words import Unit
from layout.units import duration

Data = Mapping[str, Any]
PER_H = Unit(1, "")
PERCENT = Unit(100, " %")
MOST_INCIDENTS = 12


@dataclass(frozen=True)
class Kind:
    """Elementary moves of one kind together: times (s) are means over all of them.

    worst : the one whose assumed time is farthest off, in words; off : how many are, before and after learning
    """

    kind: str
    n: int
    assumed_s: float
    physical_s: float
    learnt_s: float | None
    different: int
    off: int
    off_learnt: int
    worst: str


def verdict(data: Data) -> str:
    """Whether the layout is proved, and why not, in one sentence."""
    windows = data["windows_s"]
    ran = duration(max(windows)) if len(windows) == 1 else f"{len(windows)} windows of {duration(max(windows))}"
    if not data["proved"]:
        wrong = any(found["kind"] not in TOLERATED for found in data["incidents"])
        return f"{'Refused' if wrong else 'Not proved'} after {ran} as rigid bodies: {'; '.join(data['reasons'])}."
    parts = sum(data["parts"])
    gap = words.estimate(_estimate(data["learnt_gap"]), PERCENT)
    left = f"{parts} good part{'' if parts == 1 else 's'} left the line"
    slow = "; drives were at their limits" if data["incidents"] else ""
    return (
        f"Proved over {ran} as rigid bodies: nothing went wrong{slow}, {left}, and the flow simulation's throughput "
        f"is off by {gap} after learning."
    )


def rates(data: Data) -> list[tuple[str, str, str]]:
    """Good parts per hour: what, how many, and a remark."""
    seen = "parts that left in all three runs, first to last"
    judged = "learnt from window 1, judged on the others" if data["held_out"] else "learnt from that very window"
    rows = [
        ("bound", words.plain(data["bound_per_h"], PER_H, 4), "analytic upper bound"),
        ("flow, whole shifts", words.estimate(_estimate(data["shift_per_h"]), PER_H), "with warm-up left out"),
        ("flow, same windows", words.estimate(_estimate(data["flow_per_h"]), PER_H), seen),
        ("physics", words.estimate(_estimate(data["physical_per_h"]), PER_H), _gap(data["gap"])),
        ("flow after learning", words.estimate(_estimate(data["learnt_per_h"]), PER_H),
         f"{_gap(data['learnt_gap'], 'physics against it ')}; {judged}"),
    ]  # fmt: skip
    return rows


def kinds(data: Data) -> list[Kind]:
    """Moves by kind, in the order of the names."""
    alike: dict[str, list[Data]] = {}
    for move in data["moves"]:
        alike.setdefault(move["kind"], []).append(move)
    return [_kind(kind, found) for kind, found in sorted(alike.items())]


def incidents(data: Data) -> list[tuple[str, str, str, str, str, str]]:
    """What went wrong: window, time, what, who, how bad, cause; the first of them."""
    return [
        (
            str(found["window"] + 1),
            f"{found['time_s']:.1f} s",
            found["kind"],
            ", ".join(found["subjects"]) + (f" ({found['product']})" if found["product"] else ""),
            f"{words.significant(found['amount'])} {found['unit']}".strip()
            + (f" (limit {words.significant(found['limit'])})" if found["limit"] else ""),
            found["cause"],
        )
        for found in sorted(data["incidents"], key=lambda found: found["kind"] in TOLERATED)[:MOST_INCIDENTS]
    ]


def meanings(data: Data) -> list[tuple[str, str]]:
    """Kinds of incidents that occur, in words, and whether they refuse a layout."""
    seen = sorted({found["kind"] for found in data["incidents"]})
    return [(kind, INCIDENTS.get(kind, "") + (", no ground to refuse" if kind in TOLERATED else "")) for kind in seen]


def proof_tables(data: Data) -> list[RenderableType]:
    """A proof for the terminal."""
    tables: list[RenderableType] = [Text(verdict(data), "bold green" if data["proved"] else "bold red")]
    made = _table("good parts per hour", (">", "per hour"), "")
    for name, value, note in rates(data):
        made.add_row(name, Text(value, "bold" if name == "physics" else ""), Text(note, "dim"))
    tables.append(made)
    moves = _table("move", (">", "n"), (">", "assumed"), (">", "physical"), (">", "learnt"), (">", "off"), "worst")
    for kind in kinds(data):
        off = f"{kind.off} of {kind.different}" + (f", learnt {kind.off_learnt}" if kind.off else "")
        moves.add_row(
            kind.kind, str(kind.n), seconds(kind.assumed_s), seconds(kind.physical_s), seconds(kind.learnt_s),
            off, Text(kind.worst, "dim"),
        )  # fmt: skip
    tables += [moves, Text(legend(), "dim")]
    if data["incidents"]:
        wrong = _table((">", "window"), (">", "at"), "incident", "who", (">", "by"), "why")
        for row in incidents(data):
            wrong.add_row(*(Text(cell) for cell in row))
        tables.append(wrong)
        left_out = len(data["incidents"]) - MOST_INCIDENTS
        more = [f"and {left_out} more"] if left_out > 0 else []
        said = [*more, *(f"{kind}: {meaning}" for kind, meaning in meanings(data))]
        tables.append(Text("\n".join(said), "dim"))
    return tables


def legend() -> str:
    """What the columns of moves say."""
    return (
        f"off: moves whose assumed time is more than {MOVE_S:g} s and {100 * MOVE_SHARE:g} % from the bodies'; "
        "times are means over all moves of a kind"
    )


def seconds(value: float | None) -> str:
    """A time to the hundredth of a second."""
    return words.NONE if value is None or not math.isfinite(value) else f"{words.number(value, 2)} s"


def _kind(kind: str, moves: Sequence[Data]) -> Kind:
    n = sum(move["physical_s"]["n"] for move in moves)

    def mean(values: Sequence[float]) -> float:
        return float(sum(value * move["physical_s"]["n"] for value, move in zip(values, moves, strict=True)) / n)

    learnt = [move["learnt_s"] for move in moves]
    worst = max(moves, key=lambda move: abs(move["physical_s"]["mean"] - move["assumed_s"]))
    gap = worst["physical_s"]["mean"] - worst["assumed_s"]
    between = f"{worst['origin']} to {worst['target']}" if worst["origin"] != worst["target"] else worst["target"]
    who = worst["resource"] if between == worst["resource"] else f"{worst['resource']}, {between}"
    return Kind(
        kind=kind,
        n=n,
        assumed_s=mean([move["assumed_s"] for move in moves]),
        physical_s=mean([move["physical_s"]["mean"] for move in moves]),
        learnt_s=mean(learnt) if None not in learnt else None,
        different=len(moves),
        off=sum(not move["close"] for move in moves),
        off_learnt=sum(move["learnt_close"] is False for move in moves),
        worst=f"{who}: {'+' if gap >= 0 else '−'}{abs(gap):.2f} s",
    )


def _gap(data: Data, before: str = "") -> str:
    """'+0.4 ± 0.1 %': how far physics is from the flow simulation."""
    found = _estimate(data)
    said = words.estimate(found, PERCENT)
    sign = "+" if found is not None and found.mean > 0 and said != words.NONE else ""
    return f"{before or 'against flow '}{sign}{said}"


def _estimate(data: Data | None) -> Estimate | None:
    """From JSON, where what has no number is null."""
    if data is None or data["mean"] is None:
        return None
    half = math.inf if data["half_width"] is None else data["half_width"]
    return Estimate(data["mean"], half, data["level"], data["n"])


def _table(*heads: str | tuple[str, str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for head in heads:
        right = isinstance(head, tuple)
        table.add_column(head[1] if right else head, justify="right" if right else "left", no_wrap=right)  # type: ignore[arg-type]
    return table
