"""A single machine of a row under the recursion: its failures and repairs, at work and while it has nothing to do."""

from __future__ import annotations

from typing import Any

import numpy as np

from layout.flow.kernel.bits import log, unit
from layout.flow.kernel.draws import draw, hashed
from layout.flow.kernel.jit import compiled, inlined
from layout.flow.kernel.lanes import get, put
from layout.flow.kernel.parts import counted
from layout.flow.kernel.records import AT_ONCE_S, STOPS
from layout.flow.kernel.streams import GOLDEN
from layout.flow.kernel.tables import modes, streams

_GOLDEN, _LAST = np.uint64(GOLDEN), STOPS - 1


@compiled
def exponentials(target: Any, n: Any, key: Any, mean: Any) -> None:
    """n exponential times from draws key + 1 ... of a stream on; two loops, for each fits the processor's window."""
    z = key
    for i in range(n):
        z += _GOLDEN
        put(target, i, unit(hashed(z)))
    for i in range(n):
        put(target, i, -mean * log(get(target, i)))


@inlined
def time_to(w: Any, cell: Any, m: Any, repair: Any) -> Any:
    """The next time to failure, or to repair, of mode m. Exponential ones are drawn STOPS at a time (SIMD)."""
    stream = modes(w, m).repair if repair else modes(w, m).between
    s = streams(w, stream)
    if s.kind != 1:
        return draw(w, stream)
    drawn = _drawn(cell, m, repair)
    if s.n & _LAST == 0:
        exponentials(drawn, STOPS, s.key + np.uint64(s.n) * _GOLDEN, s.a)
    s.n += 1
    return get(drawn, (s.n - 1) & _LAST)


@inlined
def _drawn(cell: Any, m: Any, repair: Any) -> Any:
    return cell.ahead + 8 * STOPS * (2 * (m - cell.mode0) + (1 if repair else 0))


@compiled
def remember(w: Any, cell: Any) -> None:
    """Draw again what was drawn ahead, after the streams have been set back."""
    for m in range(cell.mode0, cell.mode0 + cell.modes):
        for repair in (False, True):
            s = streams(w, modes(w, m).repair if repair else modes(w, m).between)
            exponentials(_drawn(cell, m, repair), STOPS, s.key + np.uint64(s.n - (s.n & _LAST)) * _GOLDEN, s.a)


@inlined
def first_due(w: Any, cell: Any) -> None:
    """Find the operating failure that comes first."""
    cell.due = np.inf
    for m in range(cell.mode0, cell.mode0 + cell.modes):
        if modes(w, m).calendar == 0 and modes(w, m).due < cell.due:
            cell.due = modes(w, m).due


@compiled
def work(w: Any, cell: Any, start: Any, left: Any) -> Any:
    """When work (s) is done that begins at `start`, with the failures that come between; as `servers` does it."""
    now = start
    while True:
        time, ring = now + left, -1
        for m in range(cell.mode0, cell.mode0 + cell.modes):
            mode = modes(w, m)
            due = mode.due + cell.down if mode.calendar == 1 else now + (mode.due - cell.worked)
            if due < time:
                time, ring = max(due, now), m
        if ring < 0:
            cell.worked += left
            return time
        mode = modes(w, ring)
        spent = time - now
        left = max(0.0, left - spent)
        cell.worked = cell.worked + spent if mode.calendar == 1 else mode.due
        cell.working += counted(w, cell.since, time)
        now = _down(w, cell, ring, time)
        first_due(w, cell)


@inlined
def _down(w: Any, cell: Any, m: Any, now: Any) -> Any:
    """A failure of mode m at `now`: when it is repaired."""
    mode = modes(w, m)
    mode.due = (now - cell.down if mode.calendar == 1 else cell.worked) + time_to(w, cell, m, False)
    repair = time_to(w, cell, m, True)
    cell.down += repair
    cell.since = now + repair
    cell.failed += counted(w, now, cell.since)
    return cell.since


@inlined
def active(w: Any, cell: Any, now: Any) -> None:
    """As `parts.active`."""
    if w.horizon > now > cell.ended + AT_ONCE_S:
        cell.periods = cell.periods + 1 if cell.ended > w.warmup else 1


@compiled
def wait(w: Any, cell: Any, start: Any, end: Any, blocked: Any) -> Any:
    """The server has nothing to do from start to end but to fail by the calendar: when it is ready for more."""
    now = start
    while cell.calendar == 1:
        due, ring = np.inf, -1
        for m in range(cell.mode0, cell.mode0 + cell.modes):
            if modes(w, m).calendar == 1 and modes(w, m).due + cell.down < due:
                due, ring = max(modes(w, m).due + cell.down, now), m
        if due > end or due > w.horizon:
            break
        _idle(w, cell, now, due, blocked)
        active(w, cell, due)
        now = _down(w, cell, ring, due)
        cell.ended = now
        end = max(end, now)
    _idle(w, cell, now, end, blocked)
    return end


@inlined
def _idle(w: Any, cell: Any, start: Any, end: Any, blocked: Any) -> None:
    if blocked:
        cell.blocked += counted(w, start, end)
    else:
        cell.starved += counted(w, start, end)
