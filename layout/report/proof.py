"""A proof in words and tables, from the data of proof.json: for the terminal and for the page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from layout.errors import LayoutError, Problem
from layout.model.physical import MOVE_S, MOVE_SHARE, TOLERATED, WAIT, Incident
from layout.model.results import Estimate
from layout.report import words
from layout.report.words import Unit
from layout.units import duration

Data = Mapping[str, Any]
PER_H = Unit(1, "")
PERCENT = Unit(100, " %")
NOTHING = 5e-7  # no difference, but for what adding times up leaves
MOST_INCIDENTS = 12
MOST_UNSEEN = 6
KINDS = {
    "empty": "arm moves empty",
    "loaded": "arm moves a part",
    "pick": "arm picks",
    "place": "arm places",
    "home": "arm goes home",
    "open": "door opens",
    "close": "door closes",
    "belt transit": "part rides a belt",
    "belt spacing": "part makes room on a belt",
    "drive": "vehicle drives",
    "hand-over": "vehicle hands over",
    WAIT: "vehicle waits for others",
}
"""Kinds of elementary moves in words."""


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
        why = "; ".join(data["reasons"])
        if any(found["kind"] not in TOLERATED for found in data["incidents"]):
            return f"Refused after {ran} as rigid bodies: {why}."
        return f"Nothing went wrong over {ran} as rigid bodies, but the layout is not proved: {why}."
    parts = sum(data["parts"])
    traffic = data.get("traffic_gap")
    gap = _gap(traffic, "") if traffic else _gap(data["learnt_gap"], "")
    where = ", over hours of vehicles driving without bodies" if traffic else ""
    left = f"{parts} good part{'' if parts == 1 else 's'} left the line"
    slow = "; drives were at their limits" if data["incidents"] else ""
    return (
        f"Proved over {ran} as rigid bodies: nothing went wrong{slow}, {left}, and the flow simulation's throughput "
        f"is off by {gap} after learning{where}."
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
    if data.get("driven_gap"):
        note = "the same parts, against vehicles that drive without bodies"
        rows.append(("physics, windows", _gap(data["driven_gap"], ""), note))
    if data.get("traffic_gap"):
        note = "the same without bodies, against flow after learning; each judged on the others"
        rows.append(("driving, hours", _gap(data["traffic_gap"], ""), note))
    return rows


def kinds(data: Data) -> list[Kind]:
    """Moves by kind, in the order of the names."""
    alike: dict[str, list[Data]] = {}
    for move in data["moves"]:
        alike.setdefault(move["kind"], []).append(move)
    return [_kind(kind, found) for kind, found in sorted(alike.items())]


def incidents(data: Data) -> list[tuple[int, Incident]]:
    """What went wrong, each with its window (1: the first): what refuses a layout before what only costs time."""
    found = [
        (
            int(one["window"]) + 1,
            Incident(
                **{name: value for name, value in one.items() if name != "window"}
                | {"subjects": tuple(one["subjects"]), "at_m": tuple(one["at_m"])}
            ),
        )
        for one in data["incidents"]
    ]
    return sorted(found, key=lambda pair: pair[1].kind in TOLERATED)


def proof_tables(data: Data) -> list[RenderableType]:
    """A proof for the terminal."""
    tables: list[RenderableType] = [Text(verdict(data), "bold green" if data["proved"] else "bold red")]
    several = len(data["windows_s"]) > 1
    made = _table("good parts per hour", (">", "per hour"), "")
    for name, value, note in rates(data):
        made.add_row(name, Text(value, "bold" if name == "physics" else ""), Text(note, "dim"))
    tables.append(made)
    moves = _table("move", (">", "n"), (">", "assumed"), (">", "physical"), (">", "learnt"), (">", "off"), "worst")
    for kind in kinds(data):
        off = f"{kind.off} of {kind.different}" + (f", learnt {kind.off_learnt}" if kind.off else "")
        off = words.NONE if kind.kind == WAIT else off
        moves.add_row(
            KINDS.get(kind.kind, kind.kind), str(kind.n), seconds(kind.assumed_s), seconds(kind.physical_s),
            seconds(kind.learnt_s), off, Text(kind.worst, "dim"),
        )  # fmt: skip
    tables += [moves, Text(legend(), "dim")]
    if missed(data):
        tables.append(Text(missed(data), "yellow"))
    found = incidents(data)
    for window, incident in found[:MOST_INCIDENTS]:
        tables.append(Text(f"{f'Window {window}. ' if several else ''}{incident.sentence}"))
    if len(found) > MOST_INCIDENTS:
        tables.append(Text(f"and {len(found) - MOST_INCIDENTS} more", "dim"))
    return tables


def missed(data: Data) -> str:
    """Which elementary moves no window has seen, in one sentence; empty where there are none."""
    unseen = data.get("unseen", [])
    if not unseen:
        return ""
    named = [f"{KINDS.get(move['kind'], move['kind'])} ({_who(move)})" for move in unseen[:MOST_UNSEEN]]
    more = f" and {len(unseen) - MOST_UNSEEN} more" if len(unseen) > MOST_UNSEEN else ""
    few = "1 elementary move" if data["made"] == 1 else f"{data['made']} elementary moves"
    return f"Of {few} in an hour, {len(unseen)} not timed in these windows: {', '.join(named)}{more}."


def legend() -> str:
    """What the columns of moves say."""
    return (
        f"off: moves whose assumed time is more than {MOVE_S:g} s and {100 * MOVE_SHARE:g} % from the bodies'; "
        "times are means over all moves of a kind; waiting for others is no move of its own and hangs on the traffic"
    )


def seconds(value: float | None) -> str:
    """A time to the hundredth of a second."""
    return words.NONE if value is None or not math.isfinite(value) else f"{words.number(value, 2)} s"


@dataclass(frozen=True)
class Figure:
    """A throughput of the proof: whose, how much, and what to say of it."""

    name: str
    value: str
    note: str


@dataclass(frozen=True)
class Timed:
    """An elementary move in words: what, who and where, how often, times. `off`, `off_learnt`: whether the assumed time
    is too far from the bodies', before and after learning."""

    what: str
    who: str
    n: int
    assumed: str
    physical: str
    gap: str
    learnt: str
    learnt_gap: str
    off: bool
    off_learnt: bool


@dataclass(frozen=True)
class Shown:
    """A proof as the page shows it. incidents : when, and what; more : how many are left out"""

    proved: bool
    refused: bool
    verdict: str
    figures: tuple[Figure, ...]
    note: str
    kinds: tuple[Timed, ...]
    moves: tuple[Timed, ...]
    incidents: tuple[tuple[str, Incident], ...]
    more: int
    missed: str = ""
    legend: str = (
        f"A difference is red where it is more than {MOVE_S:g} s and {100 * MOVE_SHARE:g} % of the assumed time"
    )


def shown(data: Data, path: str) -> Shown:
    """A proof for the page, from the data of proof.json. LayoutError where they are none; path : of that file."""
    try:
        several = len(data["windows_s"]) > 1
        found = incidents(data)
        return Shown(
            proved=bool(data["proved"]),
            refused=any(one.kind not in TOLERATED for _, one in found),
            verdict=verdict(data),
            figures=_figures(data),
            note=_note(data),
            kinds=tuple(_timed_kind(kind) for kind in kinds(data)),
            moves=tuple(_timed(move) for move in data["moves"]),
            incidents=tuple(
                (f"{one.time_s:.1f} s" + (f", window {window}" if several else ""), one)
                for window, one in found[:MOST_INCIDENTS]
            ),
            more=max(len(found) - MOST_INCIDENTS, 0),
            missed=missed(data),
        )
    except (KeyError, TypeError, ValueError, AttributeError, ZeroDivisionError) as error:
        hint = "make it again: layout prove RUN"
        raise LayoutError(
            Problem("the proof cannot be understood", file=path, value=f"{type(error).__name__}: {error}", hint=hint)
        ) from None


def _figures(data: Data) -> tuple[Figure, ...]:
    """The three throughputs side by side."""
    flow, physical, learnt = (
        words.estimate(_estimate(data[f"{name}_per_h"]), PER_H) for name in ("flow", "physical", "learnt")
    )
    judged = "learnt from window 1, judged on the others" if data["held_out"] else "judged on what it learnt from"
    gap, learnt_gap = (_gap(data[name], "physics against it: ") for name in ("gap", "learnt_gap"))
    few = "" if data["gap"]["n"] else "too few parts to say"
    return (
        Figure("Flow simulation as assumed", flow, few or gap),
        Figure("Flow simulation after learning", learnt, few or f"{learnt_gap}, {judged}"),
        Figure("Rigid bodies (physics)", physical, _parts(data)),
    )


def _parts(data: Data) -> str:
    left, windows = sum(data["parts"]), data["windows_s"]
    ran = f"{len(windows)} windows of {duration(max(windows))}" if len(windows) > 1 else duration(max(windows))
    return f"{left} good part{'' if left == 1 else 's'} in {ran}"


def _note(data: Data) -> str:
    """What the three figures are of."""
    said = (
        "Good parts per hour between the first and the last part that left in all three runs, on the same random "
        "streams: a window begins with an empty line, so they are not those of whole shifts"
    )
    shift = _estimate(data["shift_per_h"])
    if shift is not None:
        said += f" ({words.estimate(shift, PER_H)} by the flow simulation as assumed)"
    if len(data["windows_s"]) > 1:
        return f"{said}. ± is the half-width of the {words.percent(data['gap']['level'])} interval over the windows."
    return f"{said}. One window has no interval; 'layout prove' runs two, and judges what is learnt on the second."


def _timed_kind(kind: Kind) -> Timed:
    return Timed(
        what=KINDS.get(kind.kind, kind.kind),
        who=f"most off: {kind.worst}" if kind.off else "",
        n=kind.n,
        assumed=seconds(kind.assumed_s),
        physical=seconds(kind.physical_s),
        gap=_more(kind.physical_s - kind.assumed_s),
        learnt=seconds(kind.learnt_s),
        learnt_gap=_more(kind.physical_s - kind.learnt_s if kind.learnt_s is not None else None),
        off=kind.off > 0,
        off_learnt=kind.off_learnt > 0,
    )


def _timed(move: Data) -> Timed:
    mean = float(move["physical_s"]["mean"])
    return Timed(
        what=KINDS.get(move["kind"], str(move["kind"])),
        who=_who(move),
        n=int(move["physical_s"]["n"]),
        assumed=seconds(move["assumed_s"]),
        physical=seconds(mean),
        gap=_more(mean - move["assumed_s"]),
        learnt=seconds(move["learnt_s"]),
        learnt_gap=_more(move["learnt_gap_s"]),
        off=move["close"] is False,
        off_learnt=move["learnt_close"] is False,
    )


def _more(gap_s: float | None) -> str:
    """'+0.35 s'."""
    if gap_s is None:
        return words.NONE
    said = seconds(gap_s)
    return said if gap_s < 0 or said == seconds(0.0) else f"+{said}"


def _who(move: Data) -> str:
    origin, target = move["origin"] or "home", move["target"] or "home"
    between = f"{origin} to {target}" if origin != target else target
    return str(move["resource"] if between == move["resource"] else f"{move['resource']}, {between}")


def _kind(kind: str, moves: Sequence[Data]) -> Kind:
    n = sum(move["physical_s"]["n"] for move in moves)

    def mean(values: Sequence[float]) -> float:
        return float(sum(value * move["physical_s"]["n"] for value, move in zip(values, moves, strict=True)) / n)

    learnt = [move["learnt_s"] for move in moves]
    worst = max(moves, key=lambda move: abs(move["physical_s"]["mean"] - move["assumed_s"]))
    gap = worst["physical_s"]["mean"] - worst["assumed_s"]
    said = f"{_who(worst)}: {'+' if gap >= 0 else '−'}{abs(gap):.2f} s"
    if kind == WAIT:
        half = worst["physical_s"]["half_width"]
        said = f"{_who(worst)}: in all a drive" + (f", ± {seconds(half)}" if half is not None else "")
    return Kind(
        kind=kind,
        n=n,
        assumed_s=mean([move["assumed_s"] for move in moves]),
        physical_s=mean([move["physical_s"]["mean"] for move in moves]),
        learnt_s=mean(learnt) if None not in learnt else None,
        different=len(moves),
        off=sum(move["close"] is False for move in moves),
        off_learnt=sum(move["learnt_close"] is False for move in moves),
        worst=said,
    )


def _gap(data: Data, before: str = "against flow ") -> str:
    """'+0.4 ± 0.1 %': how far physics is from the flow simulation."""
    found = _estimate(data)
    if found is not None and abs(found.mean) < NOTHING:
        found = replace(found, mean=0.0)
    said = words.estimate(found, PERCENT)
    if found is not None and not math.isfinite(found.half_width):
        said = f"{words.number(100 * found.mean, 2)} %"
    sign = "+" if found is not None and found.mean > 0 and said != words.NONE else ""
    return f"{before}{sign}{said}"


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
