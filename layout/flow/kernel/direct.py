"""Machines in a row, joined by links of no time: what the end of an operation brings about there, in one go.

`kernel` does this where nothing else happens at the instant and `chains` found that a finished part has one way only.
It comes to what marking stations and settling them would: the part goes on, or holds its machine; the machine takes
the next one; a part held before it moves up, and so on upstream.

    prev -> [queue] machine -> link -> [queue] machine -> ...
"""

from __future__ import annotations

from typing import Any

from layout.flow.kernel.draws import draw
from layout.flow.kernel.jit import compiled, inlined
from layout.flow.kernel.parts import append, counted, enter, leave, mark_feed, new_part
from layout.flow.kernel.records import BLOCKED, DOWN, FAR, STARVED, WORKING
from layout.flow.kernel.servers import schedule, schedule_idle, set_state
from layout.flow.kernel.tables import links, parts, servers, service, stations, streams


@compiled
def finish_direct(w: Any, v: Any) -> None:
    """The work of server v is done, and its part goes on along the row."""
    server, now = servers(w, v), w.now
    s, p = server.station, server.part
    station, part = stations(w, s), parts(w, p)
    following = station.row_next
    server.worked += server.left
    if now > w.warmup:
        streams(w, service(w, s, part.step)).done += 1
    part.step += 1
    if following >= 0 and stations(w, following).used >= stations(w, following).places:
        part.reach = FAR
        part.ready = part.since = now
        part.next = part.prev = -1
        station.ready_head = station.ready_tail = p
        server.left, server.busy, server.held = 0.0, 0, 1
        set_state(w, v, BLOCKED)
        schedule_idle(w, v)
        return
    server.in_working += counted(w, server.since, now)
    server.since = server.ended = now
    if following >= 0:
        _move(w, p, station.row_link, following)
    else:
        if station.row_link >= 0 and now > w.warmup:
            links(w, station.row_link).moved += 1
        leave(w, p)
    while True:
        _next(w, v, s)
        previous = station.row_prev
        if previous < 0:
            if station.row_fed == 1:
                mark_feed(w, s)
                w.to_dispatch = 1
                w.to_room = w.befores
            return
        p = stations(w, previous).ready_head
        if p < 0:
            return
        station = stations(w, previous)
        station.ready_head = station.ready_tail = -1
        _move(w, p, station.row_link, s)
        s, v = previous, station.server0
        servers(w, v).held = 0


@inlined
def _move(w: Any, p: Any, k: Any, s: Any) -> None:
    """A part comes to station s by link k; its machine takes it if it is free."""
    if w.now > w.warmup:
        links(w, k).moved += 1
    station, part = stations(w, s), parts(w, p)
    station.used += 1
    station.load += 1
    part.since, part.server = w.now, -1
    if station.idle > 0:
        _begin(w, station.server0, s, p)
    else:
        station.queue_head, station.queue_tail = append(w, station.queue_head, station.queue_tail, p)


@inlined
def _next(w: Any, v: Any, s: Any) -> None:
    """Server v of station s has given its part away: it takes the next, if it is up and there is one."""
    server, station = servers(w, v), stations(w, s)
    if station.used == station.places:
        station.room_since = w.now
    station.used -= 1
    station.load -= 1
    server.part = -1
    if server.state == DOWN:
        return
    p = station.queue_head
    if p >= 0:
        station.queue_head = parts(w, p).next
        if station.queue_head < 0:
            station.queue_tail = -1
    elif station.outside_head >= 0 or station.saturated == 1:
        p = station.outside_head
        if p >= 0:
            station.outside_head = parts(w, p).next
            if station.outside_head < 0:
                station.outside_tail = -1
        else:
            p = new_part(w, s)
            if p < 0:
                return
        station.used += 1
        station.load += 1
    if p >= 0:
        _begin(w, v, s, p)
    else:
        server.left, server.busy = 0.0, 0
        set_state(w, v, STARVED)
        schedule_idle(w, v)


@inlined
def _begin(w: Any, v: Any, s: Any, p: Any) -> None:
    """Server v of station s, which is up and free, begins the next operation of a part."""
    server, part = servers(w, v), parts(w, p)
    if part.entered < 0.0:
        enter(w, p)
    server.part, part.server, server.following = p, v, part.step + 1
    server.left, server.began, server.busy = draw(w, service(w, s, part.step)), w.now, 1
    set_state(w, v, WORKING)
    schedule(w, v)
    w.events += 1
