"""Inlets: where components of a product wait at the station that joins them to it; and what an operation releases."""

from __future__ import annotations

from typing import Any

from layout.flow.kernel.bits import rarely
from layout.flow.kernel.jit import compiled, inlined
from layout.flow.kernel.marks import mark_arms, mark_feed, mark_push, mark_start, wake
from layout.flow.kernel.parts import append, gone, note
from layout.flow.kernel.records import AT_STATION, JOIN, JOINED, LEAVE, T_WAITING
from layout.flow.kernel.tables import inlets, need, needs, parts, service, stations


@inlined
def take_place(w: Any, p: Any, s: Any) -> None:
    """A place at station s is kept for a part: of the station, or of the inlet where it is joined to another."""
    role = service(w, s, parts(w, p).step)
    if role <= JOIN:
        inlets(w, JOIN - role).used += 1
    elif role != LEAVE:
        stations(w, s).used += 1


@inlined
def has_place(w: Any, p: Any, s: Any) -> Any:
    """Whether station s has a place for the part; what leaves the line there needs none."""
    role = service(w, s, parts(w, p).step)
    if role <= JOIN:
        return inlets(w, JOIN - role).used < inlets(w, JOIN - role).places
    return role == LEAVE or stations(w, s).used < stations(w, s).places


@inlined
def room_since(w: Any, p: Any, s: Any) -> Any:
    """Since when (s) station s has had a place for the part."""
    role = service(w, s, parts(w, p).step)
    return inlets(w, JOIN - role).room_since if role <= JOIN else stations(w, s).room_since


@inlined
def expect(w: Any, p: Any, s: Any, change: Any) -> None:
    """One part more (or less) is at station s, or on its way there."""
    role = service(w, s, parts(w, p).step)
    if role <= JOIN:
        inlets(w, JOIN - role).load += change
    else:
        stations(w, s).load += change


@inlined
def expected(w: Any, p: Any, s: Any) -> Any:
    """Parts at station s, or in its inlet for the part's product, or on their way there."""
    role = service(w, s, parts(w, p).step)
    return inlets(w, JOIN - role).load if role <= JOIN else stations(w, s).load


@inlined
def put_in(w: Any, p: Any, i: Any) -> None:
    """A part stands in inlet i, where its place is reserved."""
    inlet = inlets(w, i)
    parts(w, p).since = w.now
    inlet.waiting += 1
    inlet.queue_head, inlet.queue_tail = append(w, inlet.queue_head, inlet.queue_tail, p)
    mark_start(w, inlet.station)


@compiled
def complete(w: Any, s: Any, step: Any) -> Any:
    """Whether all the components that a step takes at station s wait in its inlets."""
    n = need(w, s, step)
    if n < 0:
        return True
    while True:
        row = needs(w, n)
        if inlets(w, row.inlet).waiting < row.number:
            return False
        if row.more == 0:
            return True
        n += 1


@compiled
def join(w: Any, s: Any, step: Any) -> None:
    """The components of a step at station s become part of another; their places are free."""
    n = need(w, s, step)
    if n < 0:
        return
    more = 1
    while more == 1:
        row = needs(w, n)
        inlet = inlets(w, row.inlet)
        for _ in range(row.number):
            p = inlet.queue_head
            inlet.queue_head = parts(w, p).next
            if rarely(w.tracing == 1):
                note(w, parts(w, p).since, w.now, AT_STATION, s, T_WAITING, p, s, s)
            gone(w, p, JOINED)
        if inlet.queue_head < 0:
            inlet.queue_tail = -1
        if inlet.used == inlet.places:
            inlet.room_since = w.now
        inlet.used -= row.number
        inlet.load -= row.number
        inlet.waiting -= row.number
        more = row.more
        n += 1
    mark_feed(w, s)
    mark_push(w, s)
    mark_arms(w, s)
    w.todo |= w.befores
    if w.ruled == 1:
        wake(w)
