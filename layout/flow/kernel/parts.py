"""Parts in the line: they enter, stand in queues, leave and are counted."""

from __future__ import annotations

from typing import Any

import numpy as np

from layout.flow.kernel.bits import rarely
from layout.flow.kernel.draws import uniform
from layout.flow.kernel.jit import apart, inlined
from layout.flow.kernel.records import (
    AT_ONCE_S,
    FAR,
    GONE,
    JOINED,
    LEFT,
    LOG_FULL,
    MADE,
    NOT_KEPT,
    POOL_FULL,
    SCRAPPED,
    TRACE_FULL,
)
from layout.flow.kernel.tables import departures, mixes, parts, products, stations, steps, trace


@inlined
def counted(w: Any, start: Any, end: Any) -> Any:
    """How much of start .. end (s) lies in the window that is measured."""
    if start < w.warmup:
        start = w.warmup
    if end > w.horizon:
        end = w.horizon
    return end - start if end > start else 0.0


@apart
def note(w: Any, start: Any, end: Any, kind: Any, index: Any, state: Any, part: Any, origin: Any, target: Any) -> None:
    """Write a line of the trace."""
    if end > start:
        tell(w, start, end, kind, index, state, part, origin, target)


@apart
def tell(w: Any, start: Any, end: Any, kind: Any, index: Any, state: Any, part: Any, origin: Any, target: Any) -> None:
    """`note`, of what may take no time."""
    if w.traced >= w.n_trace:
        w.status = TRACE_FULL
        return
    row = trace(w, w.traced)
    w.traced += 1
    row.start, row.end, row.kind, row.index, row.state = start, end, kind, index, state
    row.origin, row.target = origin, target
    row.part, row.product, row.step = -1, -1, -1
    if part >= 0:
        row.part, row.step = parts(w, part).serial, parts(w, part).step
        row.product = steps(w, row.step).product


@inlined
def _count_inside(w: Any, change: Any) -> None:
    w.wip_area += w.inside * counted(w, w.wip_since, w.now)
    w.wip_since = w.now
    w.inside += change


@inlined
def made(w: Any, product: Any) -> Any:
    """A part of a product, at the begin of its route; -1 where the pool is empty."""
    p = w.free
    if p < 0:
        w.status = POOL_FULL
        return p
    w.free = parts(w, p).next
    part = parts(w, p)
    part.product = product
    part.step = products(w, part.product).step0
    part.serial = w.serials
    w.serials += 1
    part.server = part.goal = part.assigned = part.next = part.prev = -1
    part.claimed, part.reach, part.kept, part.again = 0, FAR, NOT_KEPT, 0
    part.entered, part.deadline = np.inf if products(w, product).carrier == 1 else -1.0, np.inf
    part.ready = part.since = w.now
    return p


@inlined
def new_part(w: Any, s: Any) -> Any:
    """A part at source s, its product drawn from the mix; -1 where the pool is empty."""
    station = stations(w, s)
    m = station.mix0
    if station.mix1 - m > 1:
        u = uniform(w, station.mix)
        while m < station.mix1 - 1 and u >= mixes(w, m).cumulative:
            m += 1
    p = made(w, mixes(w, m).product)
    begun(w, p, s)
    return p


@inlined
def from_outside(w: Any, s: Any) -> Any:
    """The next part for source s; -1 where the pool is empty.

    What waits outside is in the line since it arrived; a new part is so once its operation begins or it leaves s.
    """
    station = stations(w, s)
    p = station.outside_head
    if p < 0:
        return new_part(w, s)
    station.outside_head = parts(w, p).next
    if station.outside_head < 0:
        station.outside_tail = -1
    return p


@inlined
def begun(w: Any, p: Any, s: Any) -> None:
    """Write in the trace that part p began at station s."""
    if rarely(w.tracing == 1) and p >= 0:
        tell(w, w.now, w.now, MADE, s, MADE, p, s, s)


@inlined
def enter(w: Any, p: Any) -> None:
    """From here on the part counts as being in the line."""
    parts(w, p).entered = w.now
    w.entered += 1
    _count_inside(w, 1)


@inlined
def leave(w: Any, p: Any) -> None:
    """The part is a good one and leaves the line."""
    part = parts(w, p)
    w.left += 1
    if w.warmup < w.now <= w.horizon:
        w.left_counted += 1
        products(w, part.product).left += 1
        w.lead += w.now - part.entered
    gone(w, p, LEFT)


@inlined
def gone(w: Any, p: Any, kind: Any) -> None:
    """The part is in the line no more: it left, was scrapped, or became part of another. It is counted and logged.

    A carrier, which entered at infinity, never was in the line.
    """
    part = parts(w, p)
    if rarely(w.tracing == 1):
        tell(w, w.now, w.now, GONE, -1, kind, p, -1, -1)
    if part.entered < np.inf:
        _count_inside(w, -1)
        w.sojourn += counted(w, part.entered, w.now)
        if kind == SCRAPPED:
            w.scrapped += 1
        elif kind == JOINED:
            w.joined += 1
        if w.logged < w.n_log:
            row = departures(w, w.logged)
            w.logged += 1
            row.product, row.kind = part.product, kind
            row.time, row.lead, row.late = w.now, w.now - part.entered, w.now - part.deadline
        else:
            w.status = LOG_FULL
    part.next = w.free
    w.free = p


@inlined
def active(w: Any, who: Any) -> None:
    """A server or a unit begins to do something: a new active period, unless it has not waited at all."""
    if w.horizon > w.now > who.ended + AT_ONCE_S:
        who.periods = who.periods + 1 if who.ended > w.warmup else 1


@inlined
def append(w: Any, head: Any, tail: Any, p: Any) -> Any:
    """Put part p at the end of a queue: its new (head, tail)."""
    parts(w, p).next, parts(w, p).prev = -1, tail
    if tail >= 0:
        parts(w, tail).next = p
        return head, p
    return p, p
