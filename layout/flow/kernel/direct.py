"""Machines in a row, joined by links of no time: what the end of an operation brings about there, in one go.

`kernel` does this where nothing else happens at the instant and `chains` found that a finished part has one way only.
It comes to what marking stations and settling them would: the part goes on, or holds its machine; the machine takes
the next one; a part held before it moves up, and so on upstream.

    prev -> [queue] machine -> link -> [queue] machine -> ...
"""

from __future__ import annotations

from typing import Any

import numpy as np

from layout.flow.kernel.bits import as_time, select
from layout.flow.kernel.clocks import alone, first, play
from layout.flow.kernel.draws import drawn
from layout.flow.kernel.jit import apart, beside, inlined
from layout.flow.kernel.marks import mark_arms, mark_feed, may_go_on
from layout.flow.kernel.parts import active, enter, from_outside, leave
from layout.flow.kernel.records import (
    BLOCKED,
    DONE,
    DOWN,
    FAR,
    RING_FAIL,
    RING_FINISH,
    RING_NONE,
    STARVED,
    WORKING,
)
from layout.flow.kernel.tables import links, modes, parts, servers, service, stations, streams


@beside
def along_rows(w: Any) -> None:
    """Deal with what comes next as long as it is the end of an operation in a row, at an instant of its own."""
    v, time = first(w)
    began = w.now
    while True:
        now = as_time(time)
        if v >= w.n_servers or now > w.until or now == w.now or not alone(w, v, time):
            break
        server = servers(w, v)
        if server.in_row == 0 or server.ring != RING_FINISH:
            break
        w.now = now
        w.events += 1
        v, time = _finish(w, v, server.station, now)
    if w.now != began:
        w.again = w.at_once = 0


@inlined
def _finish(w: Any, v: Any, s: Any, now: Any) -> Any:
    """The work of server v at station s is done, and its part goes on along the row.

    Returns the `first` clock, or none of a server where something else is to be done before it rings.
    """
    server = servers(w, v)
    p = server.part
    station, part = stations(w, s), parts(w, p)
    following = server.row_next
    counts = 1 if now > w.warmup else 0
    role = server.only
    if role < 0:
        role = service(w, s, part.step)
    streams(w, role).done += counts
    part.step += 1
    server.worked += server.left
    server.in_working += _since(w, server, now)
    server.since = server.ended = now
    if following >= 0:
        after = stations(w, following)
        if after.used >= after.places:
            part.reach = FAR
            part.ready = part.since = now
            part.next = part.prev = -1
            station.ready_head = station.ready_tail = p
            server.left, server.busy, server.held, server.state = 0.0, 0, 1, BLOCKED
            return _rest(w, v, now)
        links(w, server.row_link).moved += counts
        _put(w, p, following, now)
    else:
        if server.row_link >= 0:
            links(w, server.row_link).moved += counts
        _leave(w, p)
    who, time = _take(w, v, s, WORKING, now)
    previous = server.row_prev
    if previous < 0:
        if server.row_fed == 1:
            mark_feed(w, s)
            mark_arms(w, s)
            w.todo |= w.befores
        who = _unless_stopped(w, who)
    elif stations(w, previous).ready_head >= 0:
        _move_up(w, s, previous)
        who, time = first(w)
        who = _unless_stopped(w, who)
    if following < 0:
        who = _unless_stopped(w, who)
    return who, time


@inlined
def _unless_stopped(w: Any, who: Any) -> Any:
    """The number given; more than any server has where there is something to settle, or the log or the pool is full."""
    return w.n_servers if may_go_on(w) or w.status != DONE or 2 * w.logged > w.n_log else who


@apart
def _move_up(w: Any, s: Any, previous: Any) -> None:
    """There is room at station s for the part that the machine before it holds; and so on upstream."""
    now = w.now
    counts = 1 if now > w.warmup else 0
    while previous >= 0:
        station = stations(w, previous)
        p = station.ready_head
        if p < 0:
            return
        station.ready_head = station.ready_tail = -1
        server = servers(w, station.server0)
        links(w, server.row_link).moved += counts
        _put(w, p, s, now)
        s = previous
        server.held = 0
        state = server.state
        if state == BLOCKED:
            server.in_blocked += _since(w, server, now)
            server.since = now
        _take(w, station.server0, s, state, now)
        previous = server.row_prev
    if servers(w, stations(w, s).server0).row_fed == 1:
        mark_feed(w, s)
        mark_arms(w, s)
        w.todo |= w.befores


@inlined
def _since(w: Any, server: Any, now: Any) -> Any:
    """How much of the time in the server's state lies in the window."""
    start = server.since if server.since > w.warmup else w.warmup
    span = now - start
    return span if span > 0.0 else 0.0


@inlined
def _put(w: Any, p: Any, s: Any, now: Any) -> None:
    """A part comes to station s; its machine takes it if it is free."""
    station, part = stations(w, s), parts(w, p)
    station.used += 1
    station.load += 1
    part.since = now
    if station.idle > 0:
        v = station.server0
        server = servers(w, v)
        server.in_starved += _since(w, server, now)
        station.idle = 0
        active(w, server)
        server.busy, server.state, server.since = 1, WORKING, now
        _begin(w, v, s, p, now)
    else:
        part.server = -1
        tail = station.queue_tail
        part.next, part.prev = -1, tail
        parts(w, select(tail < 0, p, tail)).next = select(tail < 0, -1, p)
        station.queue_head, station.queue_tail = select(tail < 0, p, station.queue_head), p


@inlined
def _take(w: Any, v: Any, s: Any, state: Any, now: Any) -> Any:
    """Server v of station s has given its part away: it takes the next, if it is up and there is one.

    Returns the `first` clock.
    """
    server, station = servers(w, v), stations(w, s)
    used = station.used
    if server.row_prev < 0 and used == station.places:  # else nobody asks
        station.room_since = now
    p = station.queue_head
    if state == DOWN:
        station.used = used - 1
        station.load -= 1
        server.part = -1
        return first(w)
    if p >= 0:
        head = parts(w, p).next
        station.queue_head = head
        station.queue_tail = select(head < 0, -1, station.queue_tail)
        station.used = used - 1
        station.load -= 1
    elif station.outside_head >= 0 or station.saturated == 1:
        p = _from_outside(w, s)
        if p < 0:
            station.used = used - 1
            station.load -= 1
            server.part = -1
            return first(w)
    else:
        station.used = used - 1
        station.load -= 1
        server.part = -1
        server.left, server.busy, server.state = 0.0, 0, STARVED
        station.idle = 1
        return _rest(w, v, now)
    if state == BLOCKED:
        active(w, server)
        server.busy, server.state = 1, WORKING
    return _begin(w, v, s, p, now)


@inlined
def _begin(w: Any, v: Any, s: Any, p: Any, now: Any) -> Any:
    """Server v of station s begins the next operation of a part. Returns the `first` clock."""
    server, part = servers(w, v), parts(w, p)
    role = server.only
    step = part.step
    if role < 0:
        role = service(w, s, step)
    left = drawn(w, role)
    time, ring = now + left, RING_FINISH
    n, m = server.modes, server.mode0
    if n == 1 and modes(w, m).calendar == 0:
        due = now + (modes(w, m).due - server.worked)
        fails = due < time
        ring = select(fails, RING_FAIL, RING_FINISH)
        time = select(fails, max(due, now), time)
    elif n > 0:
        time, ring = _first(w, server, time, now)
    who, word = play(w, v, time)
    server.part, part.server, server.following = p, v, step + 1
    server.left, server.began = left, now
    server.ring = ring
    w.events += 1
    return who, word


@apart
def _leave(w: Any, p: Any) -> None:
    """The part leaves the line."""
    leave(w, p)


@apart
def _from_outside(w: Any, s: Any) -> Any:
    """The next part for source s, where its operation begins at once; -1 where the pool is empty."""
    p = from_outside(w, s)
    if p >= 0 and parts(w, p).entered < 0.0:
        enter(w, p)
    return p


@apart
def _first(w: Any, server: Any, time: Any, now: Any) -> Any:
    """When work that would be done at a time stops or is done, and what for, where anything may come between."""
    ring = RING_FINISH
    for m in range(server.mode0, server.mode0 + server.modes):
        mode = modes(w, m)
        due = mode.due + server.down if mode.calendar == 1 else now + (mode.due - server.worked)
        if due < time:
            time, ring = max(due, now), RING_FAIL + m - server.mode0
    return time, ring


@inlined
def _rest(w: Any, v: Any, now: Any) -> Any:
    """Server v has nothing to do: only calendar failures are to come. Returns the `first` clock."""
    server = servers(w, v)
    time, ring = np.inf, RING_NONE
    for m in range(server.mode0, server.mode0 + server.modes):
        mode = modes(w, m)
        if mode.calendar == 1 and mode.due + server.down < time:
            time, ring = max(mode.due + server.down, now), RING_FAIL + m - server.mode0
    server.ring = ring
    return play(w, v, time)
