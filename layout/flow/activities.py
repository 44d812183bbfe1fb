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


@inlined
def counted(w: Any, start: Any, end: Any) -> Any:
    """How much of start .. end (s) lies in the window that is measured."""
    run = w.run[0]
    return max(0.0, min(end, run.horizon) - max(start, run.warmup))


@compiled
def note(w: Any, start: Any, end: Any, kind: Any, index: Any, state: Any, part: Any, origin: Any, target: Any) -> None:
    """Write a line of the trace."""
    run = w.run[0]
    if end <= start:
        return
    if run.traced >= w.trace.size:
        run.status = TRACE_FULL
        return
    row = w.trace[run.traced]
    run.traced += 1
    row.start, row.end, row.kind, row.index, row.state = start, end, kind, index, state
    row.origin, row.target = origin, target
    row.part, row.product = -1, -1
    if part >= 0:
        row.part, row.product = w.parts[part].serial, w.steps[w.parts[part].step].product


@inlined
def mark_start(w: Any, s: Any) -> None:
    """Station s may have a server free and a part for it."""
    if w.stations[s].to_start == 0:
        w.stations[s].to_start = 1
        w.run[0].starts += 1


@inlined
def mark_feed(w: Any, s: Any) -> None:
    """Station s may have room for what waits to get in."""
    if w.stations[s].to_feed == 0:
        w.stations[s].to_feed = 1
        w.run[0].feeds += 1


@inlined
def mark_push(w: Any, s: Any) -> None:
    """Station s may have a finished part that can move on."""
    if w.stations[s].to_push == 0:
        w.stations[s].to_push = 1
        w.run[0].pushes += 1


# Parts in the line ----------------------------------------------------------------------------------------------------


@inlined
def _count_inside(w: Any, change: Any) -> None:
    run = w.run[0]
    run.wip_area += run.inside * counted(w, run.wip_since, run.now)
    run.wip_since = run.now
    run.inside += change


@inlined
def new_part(w: Any, s: Any) -> Any:
    """A part at source s, its product drawn from the mix; -1 where the pool is empty."""
    run, station = w.run[0], w.stations[s]
    p = run.free
    if p < 0:
        run.status = POOL_FULL
        return p
    run.free = w.parts[p].next
    m = station.mix0
    if station.mix1 - m > 1:
        u = uniform(w.streams, station.mix)
        while m < station.mix1 - 1 and u >= w.mixes[m].cumulative:
            m += 1
    part = w.parts[p]
    part.product = w.mixes[m].product
    part.step = w.products[part.product].step0
    part.serial = run.serials
    run.serials += 1
    part.server = part.goal = part.next = part.prev = -1
    part.claimed, part.reach = 0, FAR
    part.entered = -1.0
    part.ready = part.since = run.now
    return p


@inlined
def enter(w: Any, p: Any) -> None:
    """From here on the part counts as being in the line."""
    w.parts[p].entered = w.run[0].now
    w.run[0].entered += 1
    _count_inside(w, 1)


@inlined
def leave(w: Any, p: Any) -> None:
    """The part is a good one and leaves the line."""
    run, part = w.run[0], w.parts[p]
    _count_inside(w, -1)
    run.left += 1
    run.sojourn += counted(w, part.entered, run.now)
    if run.warmup < run.now <= run.horizon:
        run.left_counted += 1
        w.products[part.product].left += 1
        run.lead += run.now - part.entered
    part.next = run.free
    run.free = p


@inlined
def _append(parts: Any, head: Any, tail: Any, p: Any) -> Any:
    parts[p].next, parts[p].prev = -1, tail
    if tail >= 0:
        parts[tail].next = p
        return head, p
    return p, p


# Servers --------------------------------------------------------------------------------------------------------------


@inlined
def set_state(w: Any, v: Any, state: Any) -> None:
    """Server v changes state; the time in the old one is booked."""
    server, run = w.servers[v], w.run[0]
    if state == server.state:
        return
    span = counted(w, server.since, run.now)
    if server.state == WORKING:
        server.in_working += span
    elif server.state == BLOCKED:
        server.in_blocked += span
    elif server.state == DOWN:
        server.in_down += span
    else:
        server.in_starved += span
        w.stations[server.station].idle -= 1
    if state == STARVED:
        w.stations[server.station].idle += 1
    server.state, server.since = state, run.now


@inlined
def schedule(w: Any, v: Any) -> None:
    """Set server v's clock to the end of its work or to its next failure, whichever comes first."""
    server, now = w.servers[v], w.run[0].now
    time, ring = np.inf, RING_NONE
    if server.state == WORKING:
        time, ring = now + server.left, RING_FINISH
    for m in range(server.mode0, server.mode0 + server.modes):
        mode = w.modes[m]
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
    if w.run[0].tracing == 1 and server.state == WORKING:
        note(w, now, time, AT_STATION, server.station, T_WORKING, server.part, server.station, server.station)


@compiled
def advance(w: Any, v: Any) -> None:
    """The part at server v goes on: its next operation here, out of the line, or to wait for its transport."""
    server, now = w.servers[v], w.run[0].now
    p = server.part
    part = w.parts[p]
    s = server.station
    station = w.stations[s]
    while True:
        role = w.service[s, part.step]
        if role < 0:
            break
        if part.entered < 0.0:
            enter(w, p)
        work = draw(w.streams, role)
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
    station.ready_head, station.ready_tail = _append(w.parts, station.ready_head, station.ready_tail, p)
    mark_push(w, s)
    w.run[0].arms = 1
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
    if w.servers[v].modes > 0:
        schedule(w, v)


@inlined
def free_server(w: Any, v: Any) -> None:
    """Server v has given its part away: a place is free, and it may start the next one."""
    server, run = w.servers[v], w.run[0]
    station = w.stations[server.station]
    server.part = -1
    if server.state != DOWN:
        set_state(w, v, STARVED)
        schedule_idle(w, v)
    if station.used == station.places:
        station.room_since = run.now
    station.used -= 1
    station.load -= 1
    mark_start(w, server.station)
    mark_feed(w, server.station)
    run.arms = 1


@inlined
def finish(w: Any, v: Any) -> None:
    """The work of server v is done."""
    server = w.servers[v]
    server.worked += server.left
    w.parts[server.part].step += 1
    w.parts[server.part].reach = FAR
    advance(w, v)


@inlined
def fail(w: Any, v: Any, mode_number: Any) -> None:
    """Server v breaks down: it keeps its part, and its other clocks stand still until it is repaired."""
    server, run = w.servers[v], w.run[0]
    mode = w.modes[server.mode0 + mode_number]
    if server.state == WORKING:
        spent = run.now - server.began
        server.left = max(0.0, server.left - spent)
        server.worked = server.worked + spent if mode.calendar == 1 else mode.due
    mode.due = (run.now - server.down if mode.calendar == 1 else server.worked) + draw(w.streams, mode.between)
    repair_s = draw(w.streams, mode.repair)
    server.down += repair_s
    set_state(w, v, DOWN)
    server.ring = RING_REPAIR
    set_clock(w, v, run.now + repair_s)
    if run.tracing == 1:
        note(w, run.now, run.now + repair_s, AT_STATION, server.station, T_DOWN, server.part, server.station,
             server.station)  # fmt: skip


@inlined
def repair(w: Any, v: Any) -> None:
    """Server v runs again: it goes on with its part's work, holds a finished part, or may take the next."""
    server = w.servers[v]
    if server.part < 0:
        set_state(w, v, STARVED)
        mark_start(w, server.station)
    elif server.busy == 1:
        server.began = w.run[0].now
        set_state(w, v, WORKING)
    else:
        set_state(w, v, BLOCKED)
    schedule(w, v)


# Stations -------------------------------------------------------------------------------------------------------------


@inlined
def arrive(w: Any, p: Any, s: Any) -> None:
    """A part comes to rest at station s, where its place is reserved; in a sink it leaves the line."""
    part, station, run = w.parts[p], w.stations[s], w.run[0]
    if part.goal >= 0 and part.goal != s:
        w.stations[part.goal].load -= 1
        station.load += 1
    part.goal = -1
    part.claimed = 0
    if w.service[s, part.step] == LEAVE:
        station.load -= 1
        leave(w, p)
        return
    part.since = run.now
    station.queue_head, station.queue_tail = _append(w.parts, station.queue_head, station.queue_tail, p)
    mark_start(w, s)


@inlined
def fits(w: Any, p: Any, s: Any) -> Any:
    """Whether station s has a place for the part; what leaves the line there needs none."""
    return w.stations[s].used < w.stations[s].places or w.service[s, w.parts[p].step] == LEAVE


@inlined
def reserve(w: Any, p: Any, s: Any, goal: Any) -> None:
    """Keep a place at station s for a part that is on its way to `goal`."""
    if w.service[s, w.parts[p].step] != LEAVE:
        w.stations[s].used += 1
    w.parts[p].goal = goal
    w.stations[goal].load += 1


@compiled
def start(w: Any, s: Any) -> None:
    """Servers of station s that are up and free take the next part: of its queue, of the arrivals, of the stock."""
    station, run = w.stations[s], w.run[0]
    while station.idle > 0 and run.status == 0:
        p = station.queue_head
        if p >= 0:
            station.queue_head = w.parts[p].next
            if station.queue_head < 0:
                station.queue_tail = -1
        elif station.used < station.places and (station.outside_head >= 0 or station.saturated == 1):
            p = station.outside_head
            if p >= 0:
                station.outside_head = w.parts[p].next
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
        if run.tracing == 1:
            note(w, w.parts[p].since, run.now, AT_STATION, s, T_WAITING, p, s, s)
        v = station.server0
        while w.servers[v].state != STARVED:
            v += 1
        w.servers[v].part = p
        w.parts[p].server = v
        advance(w, v)
        run.events += 1


@inlined
def depart(w: Any, p: Any, s: Any) -> None:
    """A finished part leaves station s; one that was held for lack of room in the out-buffer moves up."""
    station, part = w.stations[s], w.parts[p]
    if w.run[0].tracing == 1:
        note(w, part.ready, w.run[0].now, AT_STATION, s, T_WAITING, p, s, s)
    if part.prev >= 0:
        w.parts[part.prev].next = part.next
    else:
        station.ready_head = part.next
    if part.next >= 0:
        w.parts[part.next].prev = part.prev
    else:
        station.ready_tail = part.prev
    part.next = part.prev = -1
    if part.entered < 0.0:
        enter(w, p)
    v = part.server
    if v < 0:
        held = station.ready_head
        while held >= 0 and w.parts[held].server < 0:
            held = w.parts[held].next
        if held < 0:
            station.out -= 1
            return
        v = w.parts[held].server
        w.parts[held].server = -1
    part.server = -1
    free_server(w, v)


# Belts and links ------------------------------------------------------------------------------------------------------


@inlined
def link_send(w: Any, k: Any, p: Any, goal: Any) -> None:
    """A part leaves by link k; a link of no time puts it down at once."""
    link, part, run = w.links[k], w.parts[p], w.run[0]
    part.reach = w.hops[link.origin, goal] - 1
    reserve(w, p, link.target, goal)
    depart(w, p, link.origin)
    if link.time > 0.0:
        part.due = run.now + link.time
        if link.head < 0:
            set_clock(w, link.clock, part.due)
        link.head, link.tail = _append(w.parts, link.head, link.tail, p)
        if run.tracing == 1:
            note(w, run.now, part.due, AT_LINK, k, T_TRANSIT, p, link.origin, link.target)
    else:
        if run.now > run.warmup:
            link.moved += 1
        arrive(w, p, link.target)


@inlined
def link_arrive(w: Any, k: Any) -> None:
    """The first part on link k comes to its target."""
    link, run = w.links[k], w.run[0]
    p = link.head
    link.head = w.parts[p].next
    if link.head < 0:
        link.tail = -1
    set_clock(w, link.clock, w.parts[link.head].due if link.head >= 0 else np.inf)
    if run.now > run.warmup:
        link.moved += 1
    arrive(w, p, link.target)


@inlined
def belt_enter(w: Any, k: Any, p: Any, goal: Any) -> None:
    """A part is put on belt k."""
    belt, part, run = w.belts[k], w.parts[p], w.run[0]
    part.goal = goal
    part.reach = w.hops[belt.origin, goal] - 1
    w.stations[goal].load += 1
    depart(w, p, belt.origin)
    part.due = run.now + belt.transit
    belt.free_in = run.now + belt.spacing
    if belt.count == 0:
        belt.in_empty += counted(w, belt.since_empty, run.now)
        set_clock(w, belt.clock_out, max(part.due, belt.free_out))
    belt.count += 1
    belt.head, belt.tail = _append(w.parts, belt.head, belt.tail, p)
    if run.tracing == 1:
        note(w, run.now, part.due, AT_BELT, k, T_TRANSIT, p, belt.origin, belt.target)


@inlined
def belt_leave(w: Any, k: Any) -> None:
    """The first part on belt k moves into its target station, which has room."""
    belt, run = w.belts[k], w.run[0]
    p = belt.head
    part = w.parts[p]
    if run.tracing == 1:
        note(w, part.due, run.now, AT_BELT, k, T_WAITING, p, belt.origin, belt.target)
    belt.in_blocked += counted(w, belt.since_blocked, run.now)
    belt.waiting = 0
    belt.head = part.next
    belt.free_out = run.now + belt.spacing
    belt.count -= 1
    if belt.head >= 0:
        set_clock(w, belt.clock_out, max(w.parts[belt.head].due, belt.free_out))
    else:
        belt.tail = -1
        belt.since_empty = run.now
    if run.now > run.warmup:
        belt.moved += 1
    if w.service[belt.target, part.step] != LEAVE:
        w.stations[belt.target].used += 1
    arrive(w, p, belt.target)
    mark_push(w, belt.origin)


@compiled
def send(w: Any, s: Any, p: Any) -> Any:
    """Put a finished part of station s on a belt or link, towards the station with the shortest queue for its servers.

    A belt that is only waiting for its spacing is asked again when that is over. True if the part went.
    """
    part, now = w.parts[p], w.run[0].now
    step = w.steps[part.step]
    best_load, best_goal, best_belt, best_link = np.inf, -1, -1, -1
    for i in range(step.able0, step.able1):
        goal = w.able[i]
        b = w.hop[s, goal]
        if b < 0 or w.hops[s, goal] > part.reach:
            continue
        load = w.stations[goal].load / w.stations[goal].servers
        if load >= best_load:
            continue
        k = w.stations[s].belts_out
        while k >= 0:
            belt = w.belts[k]
            if belt.target == b and belt.count < belt.capacity:
                if now >= belt.free_in:
                    best_load, best_goal, best_belt, best_link = load, goal, k, -1
                    break
                if w.when[belt.clock_in] != belt.free_in:
                    set_clock(w, belt.clock_in, belt.free_in)
            k = belt.next_out
        if best_goal == goal or not fits(w, p, b):
            continue
        k = w.stations[s].links_out
        while k >= 0:
            if w.links[k].target == b:
                best_load, best_goal, best_belt, best_link = load, goal, -1, k
                break
            k = w.links[k].next_out
    if best_belt >= 0:
        belt_enter(w, best_belt, p, best_goal)
    elif best_link >= 0:
        link_send(w, best_link, p, best_goal)
    return best_goal >= 0


@compiled
def push(w: Any, s: Any) -> None:
    """Finished parts of station s, in the order they became so, leave by belt or link if they can."""
    p = w.stations[s].ready_head
    while p >= 0:
        following = w.parts[p].next
        if w.parts[p].claimed == 0:
            send(w, s, p)
        p = following


@inlined
def _wants(w: Any, p: Any, s: Any, target: Any) -> Any:
    """Whether the way of a part at station s can lead over `target`."""
    step = w.steps[w.parts[p].step]
    for i in range(step.able0, step.able1):
        goal = w.able[i]
        if w.hop[s, goal] == target and w.hops[s, goal] <= w.parts[p].reach:
            return True
    return False


@compiled
def feed(w: Any, s: Any) -> None:
    """Fill the room at station s from belts and links: who has waited longest comes first, ties by order."""
    station = w.stations[s]
    while True:
        oldest, from_belt, from_link, first = np.inf, -1, -1, -1
        k = station.belts_in
        while k >= 0:
            belt = w.belts[k]
            if belt.waiting == 1 and belt.since_blocked < oldest and fits(w, belt.head, s):
                oldest, from_belt = belt.since_blocked, k
            k = belt.next_in
        k = station.links_in
        while k >= 0:
            origin = w.links[k].origin
            p = w.stations[origin].ready_head
            while p >= 0:
                if w.parts[p].claimed == 0 and w.parts[p].ready < oldest and _wants(w, p, origin, s) and fits(w, p, s):
                    oldest, from_belt, from_link, first = w.parts[p].ready, -1, k, p
                    break
                p = w.parts[p].next
            k = w.links[k].next_in
        if from_belt >= 0:
            belt_leave(w, from_belt)
        elif from_link < 0 or not send(w, w.links[from_link].origin, first):
            return
