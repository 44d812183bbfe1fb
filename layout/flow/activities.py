"""What can happen in a line, each thing written once: parts enter, are worked on, wait, move on, leave.

Bound activities happen when a clock rings (`finish`, `fail`, `repair` ...); conditional ones when a place or a server has
become free (`start`, `feed`, `push`), and are asked for by a mark on the station, so that the order in which clocks
ring at one instant does not matter. `kernel` runs them; `records` says what the fields mean.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from layout.flow.clocks import set_clock
from layout.flow.draws import draw, uniform
from layout.flow.jit import compiled, inlined
from layout.flow.records import (
    AT_BELT,
    AT_LINK,
    AT_STATION,
    BLOCKED,
    DOWN,
    FAR,
    LEAVE,
    POOL_FULL,
    RING_FAIL,
    RING_FINISH,
    RING_NONE,
    RING_REPAIR,
    STARVED,
    T_DOWN,
    T_TRANSIT,
    T_WAITING,
    T_WORKING,
    TRACE_FULL,
    WORKING,
)
from layout.flow.tables import (
    able,
    belts,
    hop,
    hops,
    links,
    mixes,
    modes,
    parts,
    products,
    servers,
    service,
    stations,
    steps,
    trace,
    when,
)


@inlined
def counted(w: Any, start: Any, end: Any) -> Any:
    """How much of start .. end (s) lies in the window that is measured."""
    if start < w.warmup:
        start = w.warmup
    if end > w.horizon:
        end = w.horizon
    return end - start if end > start else 0.0


@compiled
def note(w: Any, start: Any, end: Any, kind: Any, index: Any, state: Any, part: Any, origin: Any, target: Any) -> None:
    """Write a line of the trace."""
    if end <= start:
        return
    if w.traced >= w.n_trace:
        w.status = TRACE_FULL
        return
    row = trace(w, w.traced)
    w.traced += 1
    row.start, row.end, row.kind, row.index, row.state = start, end, kind, index, state
    row.origin, row.target = origin, target
    row.part, row.product = -1, -1
    if part >= 0:
        row.part, row.product = parts(w, part).serial, steps(w, parts(w, part).step).product


@inlined
def mark_start(w: Any, s: Any) -> None:
    """Station s may have a server free and a part for it."""
    if stations(w, s).to_start == 0:
        stations(w, s).to_start = 1
        w.starts += 1
        w.last_start = s


@inlined
def mark_feed(w: Any, s: Any) -> None:
    """Station s may have room for what waits to get in."""
    if stations(w, s).to_feed == 0:
        stations(w, s).to_feed = 1
        w.feeds += 1
        w.last_feed = s


@inlined
def mark_push(w: Any, s: Any) -> None:
    """Station s may have a finished part that can move on."""
    if stations(w, s).to_push == 0:
        stations(w, s).to_push = 1
        w.pushes += 1
        w.last_push = s


# Parts in the line ----------------------------------------------------------------------------------------------------


@inlined
def _count_inside(w: Any, change: Any) -> None:
    w.wip_area += w.inside * counted(w, w.wip_since, w.now)
    w.wip_since = w.now
    w.inside += change


@inlined
def new_part(w: Any, s: Any) -> Any:
    """A part at source s, its product drawn from the mix; -1 where the pool is empty."""
    station = stations(w, s)
    p = w.free
    if p < 0:
        w.status = POOL_FULL
        return p
    w.free = parts(w, p).next
    m = station.mix0
    if station.mix1 - m > 1:
        u = uniform(w, station.mix)
        while m < station.mix1 - 1 and u >= mixes(w, m).cumulative:
            m += 1
    part = parts(w, p)
    part.product = mixes(w, m).product
    part.step = products(w, part.product).step0
    part.serial = w.serials
    w.serials += 1
    part.server = part.goal = part.next = part.prev = -1
    part.claimed, part.reach = 0, FAR
    part.entered = -1.0
    part.ready = part.since = w.now
    return p


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
    _count_inside(w, -1)
    w.left += 1
    w.sojourn += counted(w, part.entered, w.now)
    if w.warmup < w.now <= w.horizon:
        w.left_counted += 1
        products(w, part.product).left += 1
        w.lead += w.now - part.entered
    part.next = w.free
    w.free = p


@inlined
def append(w: Any, head: Any, tail: Any, p: Any) -> Any:
    """Put part p at the end of a queue: its new (head, tail)."""
    parts(w, p).next, parts(w, p).prev = -1, tail
    if tail >= 0:
        parts(w, tail).next = p
        return head, p
    return p, p


# Servers --------------------------------------------------------------------------------------------------------------


@inlined
def set_state(w: Any, v: Any, state: Any) -> None:
    """Server v changes state; the time in the old one is booked."""
    server = servers(w, v)
    if state == server.state:
        return
    span = counted(w, server.since, w.now)
    if server.state == WORKING:
        server.in_working += span
    elif server.state == BLOCKED:
        server.in_blocked += span
    elif server.state == DOWN:
        server.in_down += span
    else:
        server.in_starved += span
        stations(w, server.station).idle -= 1
    if state == STARVED:
        stations(w, server.station).idle += 1
    server.state, server.since = state, w.now


@inlined
def schedule(w: Any, v: Any) -> None:
    """Set server v's clock to the end of its work or to its next failure, whichever comes first."""
    server, now = servers(w, v), w.now
    time, ring = np.inf, RING_NONE
    if server.state == WORKING:
        time, ring = now + server.left, RING_FINISH
    for m in range(server.mode0, server.mode0 + server.modes):
        mode = modes(w, m)
        if mode.calendar == 1:
            due = mode.due + server.down
        elif server.state == WORKING:
            due = now + (mode.due - server.worked)
        else:
            continue
        if due < time:
            time, ring = max(due, now), RING_FAIL + m - server.mode0
    server.ring = ring
    set_clock(w, v, time)
    if w.tracing == 1 and server.state == WORKING:
        note(w, now, time, AT_STATION, server.station, T_WORKING, server.part, server.station, server.station)


@compiled
def advance(w: Any, v: Any) -> None:
    """The part at server v goes on: its next operation here, out of the line, or to wait for its transport."""
    server, now = servers(w, v), w.now
    p = server.part
    part = parts(w, p)
    s = server.station
    station = stations(w, s)
    while True:
        role = service(w, s, part.step)
        if role < 0:
            break
        if part.entered < 0.0:
            enter(w, p)
        work = draw(w, role)
        if work > 0.0:
            server.left, server.began, server.busy = work, now, 1
            set_state(w, v, WORKING)
            schedule(w, v)
            return
        part.step += 1
        part.reach = FAR
    server.left, server.busy = 0.0, 0
    if role == LEAVE:
        set_state(w, v, BLOCKED)
        leave(w, p)
        free_server(w, v)
        return
    part.ready = now
    station.ready_head, station.ready_tail = append(w, station.ready_head, station.ready_tail, p)
    mark_push(w, s)
    w.to_dispatch = 1
    set_state(w, v, BLOCKED)
    if station.out < station.places_out:
        station.out += 1
        part.server = -1
        free_server(w, v)
    else:
        schedule_idle(w, v)


@inlined
def schedule_idle(w: Any, v: Any) -> None:
    """A server that does not work has only calendar failures to come."""
    if servers(w, v).modes > 0:
        schedule(w, v)
    else:
        set_clock(w, v, np.inf)


@inlined
def free_server(w: Any, v: Any) -> None:
    """Server v has given its part away: a place is free, and it may start the next one."""
    server = servers(w, v)
    station = stations(w, server.station)
    server.part = -1
    if server.state != DOWN:
        set_state(w, v, STARVED)
        schedule_idle(w, v)
    if station.used == station.places:
        station.room_since = w.now
    station.used -= 1
    station.load -= 1
    mark_start(w, server.station)
    mark_feed(w, server.station)
    w.to_dispatch = 1


@inlined
def finish(w: Any, v: Any) -> None:
    """The work of server v is done."""
    server = servers(w, v)
    server.worked += server.left
    parts(w, server.part).step += 1
    parts(w, server.part).reach = FAR
    advance(w, v)


@inlined
def fail(w: Any, v: Any, mode_number: Any) -> None:
    """Server v breaks down: it keeps its part, and its other clocks stand still until it is repaired."""
    server = servers(w, v)
    mode = modes(w, server.mode0 + mode_number)
    if server.state == WORKING:
        spent = w.now - server.began
        server.left = max(0.0, server.left - spent)
        server.worked = server.worked + spent if mode.calendar == 1 else mode.due
    mode.due = (w.now - server.down if mode.calendar == 1 else server.worked) + draw(w, mode.between)
    repair_s = draw(w, mode.repair)
    server.down += repair_s
    set_state(w, v, DOWN)
    server.ring = RING_REPAIR
    set_clock(w, v, w.now + repair_s)
    if w.tracing == 1:
        note(w, w.now, w.now + repair_s, AT_STATION, server.station, T_DOWN, server.part, server.station,
             server.station)  # fmt: skip


@inlined
def repair(w: Any, v: Any) -> None:
    """Server v runs again: it goes on with its part's work, holds a finished part, or may take the next."""
    server = servers(w, v)
    if server.part < 0:
        set_state(w, v, STARVED)
        mark_start(w, server.station)
    elif server.busy == 1:
        server.began = w.now
        set_state(w, v, WORKING)
    else:
        set_state(w, v, BLOCKED)
    schedule(w, v)


# Stations -------------------------------------------------------------------------------------------------------------


@inlined
def arrive(w: Any, p: Any, s: Any) -> None:
    """A part comes to rest at station s, where its place is reserved; in a sink it leaves the line."""
    part, station = parts(w, p), stations(w, s)
    if part.goal >= 0 and part.goal != s:
        stations(w, part.goal).load -= 1
        station.load += 1
    part.goal = -1
    part.claimed = 0
    if service(w, s, part.step) == LEAVE:
        station.load -= 1
        leave(w, p)
        return
    part.since = w.now
    station.queue_head, station.queue_tail = append(w, station.queue_head, station.queue_tail, p)
    mark_start(w, s)


@inlined
def fits(w: Any, p: Any, s: Any) -> Any:
    """Whether station s has a place for the part; what leaves the line there needs none."""
    return stations(w, s).used < stations(w, s).places or service(w, s, parts(w, p).step) == LEAVE


@inlined
def crowd(w: Any, step: Any, s: Any) -> Any:
    """Parts at or on their way to station s, for each of its servers; not looked at where there is no choice."""
    if step.able1 - step.able0 == 1:
        return 0.0
    return stations(w, s).load / stations(w, s).servers


@inlined
def reserve(w: Any, p: Any, s: Any, goal: Any) -> None:
    """Keep a place at station s for a part that is on its way to `goal`."""
    if service(w, s, parts(w, p).step) != LEAVE:
        stations(w, s).used += 1
    parts(w, p).goal = goal
    stations(w, goal).load += 1


@compiled
def start(w: Any, s: Any) -> None:
    """Servers of station s that are up and free take the next part: of its queue, of the arrivals, of the stock."""
    station = stations(w, s)
    while station.idle > 0 and w.status == 0:
        p = station.queue_head
        if p >= 0:
            station.queue_head = parts(w, p).next
            if station.queue_head < 0:
                station.queue_tail = -1
        elif station.used < station.places and (station.outside_head >= 0 or station.saturated == 1):
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
        else:
            return
        if w.tracing == 1:
            note(w, parts(w, p).since, w.now, AT_STATION, s, T_WAITING, p, s, s)
        v = station.server0
        while servers(w, v).state != STARVED:
            v += 1
        servers(w, v).part = p
        parts(w, p).server = v
        advance(w, v)
        w.events += 1


@inlined
def depart(w: Any, p: Any, s: Any) -> None:
    """A finished part leaves station s; one that was held for lack of room in the out-buffer moves up."""
    station, part = stations(w, s), parts(w, p)
    if w.tracing == 1:
        note(w, part.ready, w.now, AT_STATION, s, T_WAITING, p, s, s)
    if part.prev >= 0:
        parts(w, part.prev).next = part.next
    else:
        station.ready_head = part.next
    if part.next >= 0:
        parts(w, part.next).prev = part.prev
    else:
        station.ready_tail = part.prev
    part.next = part.prev = -1
    if part.entered < 0.0:
        enter(w, p)
    v = part.server
    if v < 0:
        held = station.ready_head
        while held >= 0 and parts(w, held).server < 0:
            held = parts(w, held).next
        if held < 0:
            station.out -= 1
            return
        v = parts(w, held).server
        parts(w, held).server = -1
    part.server = -1
    free_server(w, v)


# Belts and links ------------------------------------------------------------------------------------------------------


@inlined
def link_send(w: Any, k: Any, p: Any, goal: Any) -> None:
    """A part leaves by link k; a link of no time puts it down at once."""
    link, part = links(w, k), parts(w, p)
    part.reach = hops(w, link.origin, goal) - 1
    reserve(w, p, link.target, goal)
    depart(w, p, link.origin)
    if link.time > 0.0:
        part.due = w.now + link.time
        if link.head < 0:
            set_clock(w, link.clock, part.due)
        link.head, link.tail = append(w, link.head, link.tail, p)
        if w.tracing == 1:
            note(w, w.now, part.due, AT_LINK, k, T_TRANSIT, p, link.origin, link.target)
    else:
        if w.now > w.warmup:
            link.moved += 1
        arrive(w, p, link.target)


@inlined
def link_arrive(w: Any, k: Any) -> None:
    """The first part on link k comes to its target."""
    link = links(w, k)
    p = link.head
    link.head = parts(w, p).next
    if link.head < 0:
        link.tail = -1
    set_clock(w, link.clock, parts(w, link.head).due if link.head >= 0 else np.inf)
    if w.now > w.warmup:
        link.moved += 1
    arrive(w, p, link.target)


@inlined
def belt_enter(w: Any, k: Any, p: Any, goal: Any) -> None:
    """A part is put on belt k."""
    belt, part = belts(w, k), parts(w, p)
    part.goal = goal
    part.reach = hops(w, belt.origin, goal) - 1
    stations(w, goal).load += 1
    depart(w, p, belt.origin)
    part.due = w.now + belt.transit
    belt.free_in = w.now + belt.spacing
    if belt.count == 0:
        belt.in_empty += counted(w, belt.since_empty, w.now)
        set_clock(w, belt.clock_out, max(part.due, belt.free_out))
    belt.count += 1
    belt.head, belt.tail = append(w, belt.head, belt.tail, p)
    if w.tracing == 1:
        note(w, w.now, part.due, AT_BELT, k, T_TRANSIT, p, belt.origin, belt.target)


@inlined
def belt_leave(w: Any, k: Any) -> None:
    """The first part on belt k moves into its target station, which has room."""
    belt = belts(w, k)
    p = belt.head
    part = parts(w, p)
    if w.tracing == 1:
        note(w, part.due, w.now, AT_BELT, k, T_WAITING, p, belt.origin, belt.target)
    belt.in_blocked += counted(w, belt.since_blocked, w.now)
    belt.waiting = 0
    belt.head = part.next
    belt.free_out = w.now + belt.spacing
    belt.count -= 1
    if belt.head >= 0:
        set_clock(w, belt.clock_out, max(parts(w, belt.head).due, belt.free_out))
    else:
        belt.tail = -1
        belt.since_empty = w.now
    if w.now > w.warmup:
        belt.moved += 1
    if service(w, belt.target, part.step) != LEAVE:
        stations(w, belt.target).used += 1
    arrive(w, p, belt.target)
    mark_push(w, belt.origin)


@compiled
def send(w: Any, s: Any, p: Any) -> Any:
    """Put a finished part of station s on a belt or link, towards the station with the shortest queue for its servers.

    A belt that is only waiting for its spacing is asked again when that is over. True if the part went.
    """
    part, now = parts(w, p), w.now
    step = steps(w, part.step)
    best_load, best_goal, best_belt, best_link = np.inf, -1, -1, -1
    for i in range(step.able0, step.able1):
        goal = able(w, i)
        b = hop(w, s, goal)
        if b < 0 or hops(w, s, goal) > part.reach:
            continue
        load = crowd(w, step, goal)
        if load >= best_load:
            continue
        k = stations(w, s).belts_out
        while k >= 0:
            belt = belts(w, k)
            if belt.target == b and belt.count < belt.capacity:
                if now >= belt.free_in:
                    best_load, best_goal, best_belt, best_link = load, goal, k, -1
                    break
                if when(w, belt.clock_in) != belt.free_in:
                    set_clock(w, belt.clock_in, belt.free_in)
            k = belt.next_out
        if best_goal == goal or not fits(w, p, b):
            continue
        k = stations(w, s).links_out
        while k >= 0:
            if links(w, k).target == b:
                best_load, best_goal, best_belt, best_link = load, goal, -1, k
                break
            k = links(w, k).next_out
    if best_belt >= 0:
        belt_enter(w, best_belt, p, best_goal)
    elif best_link >= 0:
        link_send(w, best_link, p, best_goal)
    return best_goal >= 0


@compiled
def push(w: Any, s: Any) -> None:
    """Finished parts of station s, in the order they became so, leave by belt or link if they can."""
    p = stations(w, s).ready_head
    while p >= 0:
        following = parts(w, p).next
        if parts(w, p).claimed == 0:
            send(w, s, p)
        p = following


@inlined
def _wants(w: Any, p: Any, s: Any, target: Any) -> Any:
    """Whether the way of a part at station s can lead over `target`."""
    step = steps(w, parts(w, p).step)
    for i in range(step.able0, step.able1):
        goal = able(w, i)
        if hop(w, s, goal) == target and hops(w, s, goal) <= parts(w, p).reach:
            return True
    return False


@compiled
def feed(w: Any, s: Any) -> None:
    """Fill the room at station s from belts and links: who has waited longest comes first, ties by order."""
    station = stations(w, s)
    while True:
        oldest, from_belt, from_link, first = np.inf, -1, -1, -1
        k = station.belts_in
        while k >= 0:
            belt = belts(w, k)
            if belt.waiting == 1 and belt.since_blocked < oldest and fits(w, belt.head, s):
                oldest, from_belt = belt.since_blocked, k
            k = belt.next_in
        k = station.links_in
        while k >= 0:
            origin = links(w, k).origin
            p = stations(w, origin).ready_head
            while p >= 0:
                if (
                    parts(w, p).claimed == 0
                    and parts(w, p).ready < oldest
                    and _wants(w, p, origin, s)
                    and fits(w, p, s)
                ):
                    oldest, from_belt, from_link, first = parts(w, p).ready, -1, k, p
                    break
                p = parts(w, p).next
            k = links(w, k).next_in
        if from_belt >= 0:
            belt_leave(w, from_belt)
        elif from_link < 0 or not send(w, links(w, from_link).origin, first):
            return
