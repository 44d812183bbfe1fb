"""Places of a station: parts arrive at them, take a server when one is free, and give them up when they depart."""

from __future__ import annotations

from typing import Any

import numpy as np

from layout.flow.kernel.bits import rarely
from layout.flow.kernel.inlets import complete, expect, expected, has_place, put_in, take_place
from layout.flow.kernel.jit import compiled, inlined
from layout.flow.kernel.marks import mark_start, wake
from layout.flow.kernel.parts import append, enter, from_outside, leave, new_part, note
from layout.flow.kernel.records import (
    AT_STATION,
    AT_TARGET,
    DONE,
    JOIN,
    LACKING,
    LEAVE,
    NOT_KEPT,
    ROUTING,
    STARVED,
    T_WAITING,
)  # fmt: skip
from layout.flow.kernel.servers import advance, let_go, note_held
from layout.flow.kernel.setups import bring_forward
from layout.flow.kernel.tables import able, hop, hops, parts, servers, service, stations, steps

_SHORTEST_QUEUE, _FIRST_FREE, _ROUND_ROBIN = ROUTING["shortest_queue"], ROUTING["first_free"], ROUTING["round_robin"]


@inlined
def arrive(w: Any, p: Any, s: Any) -> None:
    """A part comes to rest at station s, where its place is reserved; in a sink it leaves the line."""
    part, station = parts(w, p), stations(w, s)
    if part.goal >= 0 and part.goal != s:
        expect(w, p, part.goal, -1)
        expect(w, p, s, 1)
        if w.ruled == 1:
            wake(w)
    part.goal = -1
    part.claimed = 0
    role = service(w, s, part.step)
    if role == LEAVE:
        station.load -= 1
        leave(w, p)
        return
    if role <= JOIN:
        put_in(w, p, JOIN - role)
        return
    part.since = w.now
    station.queue_head, station.queue_tail = append(w, station.queue_head, station.queue_tail, p)
    mark_start(w, s)


@inlined
def crowd(w: Any, p: Any, step: Any, s: Any, goal: Any) -> Any:
    """What a part at station s chooses the least of: parts at or on their way to `goal`, for each of its servers.

    Infinite where the rule of its next operation keeps it from there for now; not looked at where there is no choice.
    """
    if step.rule != _SHORTEST_QUEUE:
        return 0.0 if _allowed(w, p, step, s, goal) else np.inf
    if step.able1 - step.able0 == 1:
        return 0.0
    return expected(w, p, goal) / stations(w, goal).servers


@compiled
def _allowed(w: Any, p: Any, step: Any, s: Any, goal: Any) -> Any:
    """Whether the rule lets a part go from station s to `goal`: it has a server free for it, or it is its turn."""
    if step.rule == _FIRST_FREE:
        station = stations(w, goal)
        on_their_way = station.load
        for v in range(station.server0, station.server0 + station.servers):
            if servers(w, v).part >= 0 or servers(w, v).held > 0:
                on_their_way -= 1
        return station.idle > on_their_way
    if parts(w, p).assigned >= 0:
        return goal == parts(w, p).assigned
    n = step.able1 - step.able0
    for i in range(n):
        c = able(w, step.able0 + (step.turn + i) % n)
        if hop(w, s, c) >= 0 and hops(w, s, c) <= parts(w, p).reach:
            return goal == c
    return False


@inlined
def choose(w: Any, p: Any, goal: Any) -> None:
    """The part is sent to `goal`; where stations take turns it is the next one's."""
    step = steps(w, parts(w, p).step)
    if step.rule == _ROUND_ROBIN and parts(w, p).assigned < 0:
        parts(w, p).assigned = goal
        if parts(w, p).kept < AT_TARGET:
            take_turn(w, step, goal)


@inlined
def take_turn(w: Any, step: Any, goal: Any) -> None:
    """`goal` has had its turn."""
    i = step.able0
    while able(w, i) != goal:
        i += 1
    step.turn = (i + 1 - step.able0) % (step.able1 - step.able0)
    wake(w)


@inlined
def reserve(w: Any, p: Any, s: Any, goal: Any) -> None:
    """Keep a place at station s for a part that is on its way to `goal`, unless one is kept already."""
    if parts(w, p).kept == AT_TARGET:
        return
    take_place(w, p, s)
    parts(w, p).goal = goal
    expect(w, p, goal, 1)


@compiled
def _resume(w: Any, s: Any) -> None:
    """Servers whose parts waited for components go on with those that are complete, the longest waiting first."""
    station = stations(w, s)
    while w.status == DONE:
        best, since = -1, np.inf
        for v in range(station.server0, station.server0 + station.servers):
            server = servers(w, v)
            if server.state == LACKING and server.since < since and complete(w, s, parts(w, server.part).step):
                best, since = v, server.since
        if best < 0:
            return
        advance(w, best)
        w.events += 1


@compiled
def _next_complete(w: Any, s: Any) -> Any:
    """Whether the part that comes next at station s has the components it needs; it takes no place yet."""
    station = stations(w, s)
    p = station.queue_head
    if p < 0:
        if station.outside_head < 0 and station.saturated == 1:
            station.outside_head = station.outside_tail = new_part(w, s)
        p = station.outside_head
    return p < 0 or complete(w, s, parts(w, p).step)


@compiled
def start(w: Any, s: Any) -> None:
    """Servers of station s that are up and free take the next part: of its queue, of the arrivals, of the stock."""
    station = stations(w, s)
    if station.joins == 1:
        _resume(w, s)
    while station.idle > 0 and w.status == DONE:
        v = station.server0
        while servers(w, v).state != STARVED:
            v += 1
        if station.batch > 1:
            bring_forward(w, v)
        p = station.queue_head
        if station.joins == 1 and not _next_complete(w, s):
            return
        if p >= 0:
            station.queue_head = parts(w, p).next
            if station.queue_head < 0:
                station.queue_tail = -1
        elif station.used < station.places and (station.outside_head >= 0 or station.saturated == 1):
            p = from_outside(w, s)
            if p < 0:
                return
            station.used += 1
            station.load += 1
        else:
            return
        if rarely(w.tracing == 1):
            note(w, parts(w, p).since, w.now, AT_STATION, s, T_WAITING, p, s, s)
        servers(w, v).part = p
        parts(w, p).server = v
        advance(w, v)
        w.events += 1


@inlined
def take_out(w: Any, p: Any, s: Any) -> None:
    """Part p is no longer one of those that wait at station s for their transport."""
    station, part = stations(w, s), parts(w, p)
    if part.prev >= 0:
        parts(w, part.prev).next = part.next
    else:
        station.ready_head = part.next
    if part.next >= 0:
        parts(w, part.next).prev = part.prev
    else:
        station.ready_tail = part.prev
    part.next = part.prev = -1


@inlined
def depart(w: Any, p: Any, s: Any) -> None:
    """A finished part leaves station s; one that was held for lack of room in the out-buffer moves up."""
    station, part = stations(w, s), parts(w, p)
    if rarely(w.tracing == 1):
        note_held(w, p, s, w.now)
    take_out(w, p, s)
    part.kept, part.again = NOT_KEPT, 0
    if part.entered < 0.0:
        enter(w, p)
    v = part.server
    if v < 0:
        held = station.ready_head
        while held >= 0 and parts(w, held).server < 0:
            held = parts(w, held).next
        if held < 0:
            station.out -= 1
            w.todo |= w.befores
            return
        if rarely(w.tracing == 1):
            note_held(w, held, s, w.now)
        p, v = held, parts(w, held).server
        parts(w, p).since = w.now
    parts(w, p).server = -1
    if servers(w, v).part == p:
        servers(w, v).part = -1
    let_go(w, v)


@inlined
def stay(w: Any, p: Any, s: Any) -> None:
    """A finished part goes on at station s itself, if there is room."""
    if has_place(w, p, s):
        reserve(w, p, s, s)
        depart(w, p, s)
        arrive(w, p, s)
