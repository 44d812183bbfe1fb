"""People: what a server needs one for, who is free for it, and the time that they spend.

A pool's people are alike: what counts is how many of them have something to do.
"""

from __future__ import annotations

from typing import Any

from layout.flow.kernel.jit import compiled, inlined
from layout.flow.kernel.parts import counted
from layout.flow.kernel.records import (
    MAY_ATTEND,
    NOTHING,
    TO_REPAIR,
    TO_RUN,
)
from layout.flow.kernel.tables import servers, staff, stations, tends


@inlined
def book(w: Any, q: Any, now: Any) -> None:
    """Add up what the people of pool q have done until now (s)."""
    pool = staff(w, q)
    span = counted(w, pool.since, now)
    pool.in_working += pool.busy * span
    if pool.on == 1:
        pool.in_waiting += (pool.number - pool.busy) * span
    else:
        pool.in_off += (pool.number - pool.busy) * span
    pool.since = now


@inlined
def occupy(w: Any, q: Any) -> None:
    """One of pool q has something to do from now on."""
    book(w, q, w.now)
    staff(w, q).busy += 1


@inlined
def _release(w: Any, q: Any) -> None:
    book(w, q, w.now)
    staff(w, q).busy -= 1
    w.todo |= MAY_ATTEND


@inlined
def _pools(w: Any, s: Any, purpose: Any) -> Any:
    """First and last of the pools, in `tends`, that do this at station s."""
    station = stations(w, s)
    if purpose == TO_RUN:
        return station.run0, station.run1
    if purpose == TO_REPAIR:
        return station.mend0, station.mend1
    return station.set0, station.set1


@compiled
def lacks(w: Any, v: Any, purpose: Any) -> Any:
    """Whether server v needs a person for this whom it has not got; who runs it may set it up as well."""
    server = servers(w, v)
    first, last = _pools(w, server.station, purpose)
    if first == last:
        return False
    if purpose == TO_RUN:
        return server.runner < 0
    if purpose == TO_REPAIR:
        return True
    for i in range(first, last):
        if tends(w, i) == server.runner:
            return False
    return server.helper < 0


@compiled
def someone(w: Any, v: Any, purpose: Any) -> Any:
    """The first pool, by name, with a person who is on shift and free to do this for server v; -1 if there is none."""
    first, last = _pools(w, servers(w, v).station, purpose)
    for i in range(first, last):
        pool = staff(w, tends(w, i))
        if pool.on == 1 and pool.busy < pool.number:
            return tends(w, i)
    return -1


@inlined
def ask(w: Any, v: Any, purpose: Any) -> None:
    """Server v waits for a person from now on."""
    servers(w, v).asks, servers(w, v).asked = purpose, w.now
    w.todo |= MAY_ATTEND


@inlined
def send_away(w: Any, v: Any) -> None:
    """Who set up or repaired server v is done."""
    server = servers(w, v)
    if server.helper >= 0:
        _release(w, server.helper)
        server.helper = -1


@compiled
def dismiss(w: Any, v: Any) -> None:
    """Nobody is needed at server v for now."""
    server = servers(w, v)
    server.asks = NOTHING
    send_away(w, v)
    if server.runner >= 0:
        _release(w, server.runner)
        server.runner = -1
