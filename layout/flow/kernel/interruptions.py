"""What interrupts a server: failures and repairs, the ends of shifts, the want of people."""

from __future__ import annotations

from typing import Any

import numpy as np

from layout.flow.kernel.bits import rarely
from layout.flow.kernel.clocks import set_clock
from layout.flow.kernel.draws import draw
from layout.flow.kernel.jit import apart, compiled, inlined
from layout.flow.kernel.marks import mark_start
from layout.flow.kernel.parts import note
from layout.flow.kernel.records import (
    AT_STATION,
    BLOCKED,
    DOWN,
    IDLE,
    LACKING,
    MAY_ATTEND,
    MAY_REPEAT,
    NOTHING,
    OFF_SHIFT,
    RING_NONE,
    RING_REPAIR,
    SETUP,
    STARVED,
    T_DOWN,
    TO_REPAIR,
    TO_RUN,
    WORKING,
)
from layout.flow.kernel.servers import go_on, schedule, set_state, worked_on
from layout.flow.kernel.staff import ask, dismiss, lacks, occupy, send_away, someone
from layout.flow.kernel.tables import (
    modes,
    servers,
    stations,
)


@inlined
def _interrupt(w: Any, v: Any) -> None:
    """What server v does stops, and is to be gone on with later; whoever tends it may go."""
    server = servers(w, v)
    spent = w.now - server.began
    if server.state == WORKING:
        server.left = max(0.0, server.left - spent)
        server.worked += spent
    elif server.state == SETUP:
        server.left = max(0.0, server.left - spent)
    if stations(w, server.station).careful == 1:
        dismiss(w, v)


@inlined
def _stop_clock(w: Any, v: Any) -> None:
    servers(w, v).ring = RING_NONE
    set_clock(w, v, np.inf)


@apart
def fail(w: Any, v: Any, mode_number: Any) -> None:
    """Server v breaks down: it keeps its part, and its other clocks stand still until it is repaired."""
    server = servers(w, v)
    mode = modes(w, server.mode0 + mode_number)
    _interrupt(w, v)
    if mode.calendar == 0:
        server.worked = mode.due
    mode.due = (w.now - server.down if mode.calendar == 1 else server.worked) + draw(w, mode.between)
    server.broken = mode_number
    set_state(w, v, DOWN)
    if lacks(w, v, TO_REPAIR):
        ask(w, v, TO_REPAIR)
        _stop_clock(w, v)
    else:
        mend(w, v)


@inlined
def mend(w: Any, v: Any) -> None:
    """The repair of server v begins."""
    server = servers(w, v)
    repair_s = draw(w, modes(w, server.mode0 + server.broken).repair)
    server.down += w.now - server.since + repair_s
    server.ring = RING_REPAIR
    set_clock(w, v, w.now + repair_s)
    if rarely(w.tracing == 1):
        s = server.station
        note(w, server.since, w.now + repair_s, AT_STATION, s, T_DOWN, worked_on(w, v), s, s)


@apart
def repair(w: Any, v: Any) -> None:
    """Server v is repaired."""
    send_away(w, v)
    _back(w, v)


@compiled
def _back(w: Any, v: Any) -> None:
    """Server v goes on with its part, holds a finished part, or may take the next, if it is on shift."""
    server = servers(w, v)
    if stations(w, server.station).off == 1:
        set_state(w, v, OFF_SHIFT)
        _stop_clock(w, v)
    elif server.part < 0 and server.held == 0:
        set_state(w, v, STARVED)
        mark_start(w, server.station)
        schedule(w, v)
    elif server.lacks == 1:
        set_state(w, v, LACKING)
        mark_start(w, server.station)
        schedule(w, v)
    elif server.busy == IDLE:
        set_state(w, v, BLOCKED)
        if stations(w, server.station).repeats == 1:
            w.todo |= MAY_REPEAT
        schedule(w, v)
    else:
        go_on(w, v)


@compiled
def end_shift(w: Any, v: Any) -> None:
    """Server v stops, and all its clocks stand still; a repair under way goes on."""
    if servers(w, v).state != DOWN:
        _interrupt(w, v)
        set_state(w, v, OFF_SHIFT)
        _stop_clock(w, v)


@compiled
def begin_shift(w: Any, v: Any) -> None:
    """Server v is on shift again."""
    server = servers(w, v)
    if server.state == OFF_SHIFT:
        server.down += w.now - server.since
        _back(w, v)


@compiled
def attend(w: Any) -> None:
    """People who are free go to who needs one: first come, first served; ties by station, then by server."""
    w.todo &= ~MAY_ATTEND
    while True:
        following, since = -1, np.inf
        for v in range(w.n_servers):
            server = servers(w, v)
            if server.asks != NOTHING and server.asked < since and someone(w, v, server.asks) >= 0:
                following, since = v, server.asked
        if following < 0:
            return
        server = servers(w, following)
        purpose = server.asks
        pool = someone(w, following, purpose)
        server.asks = NOTHING
        occupy(w, pool)
        if purpose == TO_RUN:
            server.runner = pool
        else:
            server.helper = pool
        if purpose == TO_REPAIR:
            mend(w, following)
        else:
            go_on(w, following)
