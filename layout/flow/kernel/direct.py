"""Machines in a row, joined by links of no time: what the end of an operation brings about there, in one go.

`run` does this where nothing else happens at the instant and `chains` found that a finished part has one way only.
It comes to what marking stations and settling them would: the part goes on, or holds its machine; the machine takes
the next one; a part held before it moves up, and so on upstream. Failures at work and their repairs are dealt with too.

    prev -> [queue] machine -> link -> [queue] machine -> ...
"""

from __future__ import annotations

from typing import Any

import numpy as np

from layout.flow.kernel.bits import as_time, as_word, select
from layout.flow.kernel.clocks import alone, first, play, set_clock
from layout.flow.kernel.draws import bring, draw, drawn, drawn_here
from layout.flow.kernel.jit import apart, beside, inlined
from layout.flow.kernel.marks import mark_arms, mark_feed, may_go_on
from layout.flow.kernel.parts import active, enter, from_outside, leave
from layout.flow.kernel.records import (
    AT_WORK,
    BLOCKED,
    DONE,
    DOWN,
    FAR,
    IDLE,
    RING_FAIL,
    RING_FINISH,
    RING_NONE,
    RING_REPAIR,
    STARVED,
    WORKING,
)
from layout.flow.kernel.tables import (
    link_at,
    links,
    mode_at,
    modes,
    parts,
    place_of,
    servers,
    service,
    station_at,
    stations,
    stream_at,
    streams,
)


@apart
def lay_rows(w: Any) -> None:
    """Note where the records lie that machines in a row need, and which of these are plain."""
    last = servers(w, w.n_servers - 1)
    for v in range(w.n_servers):
        server = servers(w, v)
        m = server.mode0 if server.modes > 0 else last.mode0 + last.modes  # never
        server.mode_at = place_of(modes(w, m))
        if server.in_row == 0:
            continue
        server.at, server.before_at = place_of(stations(w, server.station)), place_of(stations(w, server.row_before))
        if server.row_next >= 0:
            server.after_at = place_of(stations(w, server.row_next))
        if server.row_link >= 0:
            server.link_at = place_of(links(w, server.row_link))
        source = stations(w, server.station).fills
        server.stops = select(server.row_next < 0, 1, server.row_fed | source)
        if server.only >= 0:
            server.stream_at = place_of(streams(w, server.only))
            if streams(w, server.only).kind == 1 and server.modes <= 1 and modes(w, m).calendar == 0:
                server.plain = 1
                server.spare = modes(w, m).due


@beside
def along_rows(w: Any) -> None:
    """Deal with what comes next as long as it is of a machine in a row at work, at an instant of its own."""
    v, time = first(w)
    began = last = as_word(w.now)
    until, n = as_word(w.until), w.n_servers
    while v < n and time <= until and time != last and alone(w, v, time):
        server = servers(w, v)
        if server.in_row == 0:
            break
        now = as_time(time)
        if server.ring == RING_FINISH:
            w.now, last = now, time
            w.events += 1
            v, time = _finish(w, v, now)
        elif server.busy != AT_WORK or server.ring == RING_NONE:
            break
        else:
            w.now, last = now, time
            w.events += 1
            v, time = _mend(w, v, now) if server.ring == RING_REPAIR else _fail(w, v, now)
    if last != began:
        w.again = w.at_once = 0


@inlined
def _finish(w: Any, v: Any, now: Any) -> Any:
    """The work of server v is done, and its part goes on along the row.

    What the next event hangs on comes first: the processor does the rest meanwhile.
    Returns the `first` clock, or none of a server where something else is to be done before it rings.
    """
    server = servers(w, v)
    p = server.part
    following = server.row_next
    server.worked += server.left
    if following < 0:
        counts = _count(w, server, p, now)
        if server.row_link >= 0:
            link_at(server.link_at).moved += counts
        _leave(w, p)
    elif station_at(server.after_at).used >= station_at(server.after_at).places:
        _count(w, server, p, now)
        _hold(w, v, p, now)
        return _rest(w, v, now)
    who, time = _take(w, v, now)
    if following >= 0:
        link_at(server.link_at).moved += _count(w, server, p, now)
        who, time = _put(w, p, station_at(server.after_at), now, who, time)
    if station_at(server.before_at).ready_head >= 0:
        _move_up(w, server.station)
        who, time = first(w)
        who = _unless_stopped(w, who)
    if server.stops == 1:
        if server.row_fed == 1:
            _ask(w, server.station)
        who = _unless_stopped(w, who)
    return who, time


@inlined
def _count(w: Any, server: Any, p: Any, now: Any) -> Any:
    """The operation of part p is done. Returns 1 if that lies in the window, else 0."""
    part = parts(w, p)
    counts = 1 if now > w.warmup else 0
    stream = server.stream_at
    if server.only < 0:
        stream = place_of(streams(w, service(w, server.station, part.step)))
    stream_at(stream).done += counts
    part.step += 1
    server.in_working += _since(w, server, now)
    server.since = server.ended = now
    return counts


@inlined
def _unless_stopped(w: Any, who: Any) -> Any:
    """The number given; more than any server has where there is something to settle, or the log or the pool is full."""
    return w.n_servers if may_go_on(w) or w.status != DONE or 2 * w.logged > w.n_log else who


@apart
def _ask(w: Any, s: Any) -> None:
    """There is room at station s for what others bring there."""
    mark_feed(w, s)
    mark_arms(w, s)
    w.todo |= w.befores


@inlined
def _hold(w: Any, v: Any, p: Any, now: Any) -> None:
    """There is no room for part p of server v: it stays there, ready to go."""
    server, part = servers(w, v), parts(w, p)
    station = station_at(server.at)
    part.server, part.reach, part.ready = v, FAR, now
    part.next = part.prev = -1
    station.ready_head = station.ready_tail = p
    server.left, server.busy, server.held, server.state = 0.0, IDLE, 1, BLOCKED


@apart
def _move_up(w: Any, s: Any) -> None:
    """There is room at station s for the part that the machine before it holds; and so on upstream."""
    now = w.now
    counts = 1 if now > w.warmup else 0
    room, before = stations(w, s), station_at(servers(w, stations(w, s).server0).before_at)
    while before.ready_head >= 0 and room.used < room.places:
        v = before.server0
        server = servers(w, v)
        link_at(server.link_at).moved += counts
        _put(w, before.ready_head, room, now, -1, 0)
        before.ready_head = before.ready_tail = -1
        server.held = 0
        if server.state == BLOCKED:
            server.in_blocked += _since(w, server, now)
            server.busy, server.state, server.since = AT_WORK, WORKING, now
            _take(w, v, now)
            if server.state == WORKING:
                active(w, server)
        else:  # down
            if server.row_fed == 1 and before.used == before.places:
                before.room_since = now
            before.used -= 1
            before.load -= 1
            server.part = -1
        room, before = before, station_at(server.before_at)
    server = servers(w, room.server0)
    if server.row_fed == 1:
        _ask(w, server.station)


@inlined
def _since(w: Any, server: Any, now: Any) -> Any:
    """How much of the time in the server's state lies in the window."""
    return now - max(server.since, w.warmup) if now > w.warmup else 0.0


@inlined
def _put(w: Any, p: Any, station: Any, now: Any, who: Any, time: Any) -> Any:
    """A part comes to a station, where there is room; its machine takes it if it is free.

    Returns the `first` clock, which is (who, time) if the machine is busy.
    """
    station.used += 1
    station.load += 1
    if station.idle > 0:
        v = station.server0
        server = servers(w, v)
        who, time = _begin(w, v, p, now)
        server.in_starved += _since(w, server, now)
        station.idle = 0
        active(w, server)
        server.busy, server.state, server.since = AT_WORK, WORKING, now
    else:
        tail = station.queue_tail
        parts(w, p).next = -1
        parts(w, select(tail < 0, p, tail)).next = select(tail < 0, -1, p)
        station.queue_head, station.queue_tail = select(tail < 0, p, station.queue_head), p
    return who, time


@inlined
def _take(w: Any, v: Any, now: Any) -> Any:
    """Server v is up and gives its part away: it takes the next, if there is one. Returns the `first` clock."""
    server = servers(w, v)
    station = station_at(server.at)
    p = station.queue_head
    leaves = 1
    if p < 0 and (station.outside_head >= 0 or station.saturated == 1):
        p = _from_outside(w, server.station)
        leaves = 0
    if p >= 0:
        who, time = _begin(w, v, p, now)
    else:
        who, time = _rest(w, v, now)
    if server.row_fed == 1 and station.used == station.places:  # else nobody asks
        station.room_since = now
    if p >= 0:
        if leaves == 1:
            head = parts(w, p).next
            station.queue_head = head
            station.queue_tail = select(head < 0, -1, station.queue_tail)
            station.used -= 1
            station.load -= 1
    else:
        station.used -= 1
        station.load -= 1
        station.idle = 1
        server.part = -1
        server.left, server.busy, server.state = 0.0, IDLE, STARVED
    return who, time


@inlined
def _begin(w: Any, v: Any, p: Any, now: Any) -> Any:
    """Server v begins the next operation of part p. Returns the `first` clock."""
    server, step = servers(w, v), parts(w, p).step
    if server.plain == 1:
        left = drawn_here(w, server)
        due = now + server.spare
        ring = select(due < now + left, RING_FAIL, RING_FINISH)
        time = min(now + left, max(due, now))
    else:
        role = server.only
        if role < 0:
            role = service(w, server.station, step)
        left = drawn(w, role)
        time, ring = _first(w, server, now + left, now)
    who, word = play(w, v, time)
    server.part, server.following = p, step + 1
    server.left, server.began = left, now
    server.ring = ring
    server.spare = mode_at(server.mode_at).due - (server.worked + left)  # where it is plain
    w.events += 1
    return who, word


@inlined
def _rest(w: Any, v: Any, now: Any) -> Any:
    """Server v has nothing to do: only calendar failures are to come. Returns the `first` clock."""
    server = servers(w, v)
    time = np.inf
    server.ring = RING_NONE
    if server.plain == 0:
        time, server.ring = _first(w, server, np.inf, now)
    return play(w, v, time)


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
    """When work that would be done at a time stops or is done, and what for; what comes where there is none (never)."""
    works = time < np.inf
    ring = RING_FINISH if works else RING_NONE
    for m in range(server.mode0, server.mode0 + server.modes):
        mode = modes(w, m)
        if mode.calendar == 0 and not works:
            continue
        due = mode.due + server.down if mode.calendar == 1 else now + (mode.due - server.worked)
        if due < time:
            time, ring = max(due, now), RING_FAIL + m - server.mode0
    return time, ring


@apart
def _fail(w: Any, v: Any, now: Any) -> Any:
    """Server v breaks down at its work, as in `interruptions`. Returns the `first` clock."""
    server = servers(w, v)
    server.broken = server.ring - RING_FAIL
    mode = modes(w, server.mode0 + server.broken)
    spent = now - server.began
    server.left = max(0.0, server.left - spent)
    server.worked = server.worked + spent if mode.calendar == 1 else mode.due
    mode.due = (now - server.down if mode.calendar == 1 else server.worked) + draw(w, mode.between)
    repair_s = draw(w, mode.repair)
    server.down += repair_s
    server.in_working += _since(w, server, now)
    server.state, server.since, server.ended = DOWN, now, now
    server.ring = RING_REPAIR
    set_clock(w, v, now + repair_s)
    return first(w)


@apart
def _mend(w: Any, v: Any, now: Any) -> Any:
    """Server v is repaired, and goes on with its work. Returns the `first` clock."""
    server = servers(w, v)
    server.in_down += _since(w, server, now)
    server.state, server.since, server.ended, server.began = WORKING, now, now, now
    time, ring = _first(w, server, now + server.left, now)
    server.ring = ring
    if server.plain == 1:
        bring(server)
    set_clock(w, v, time)
    return first(w)
