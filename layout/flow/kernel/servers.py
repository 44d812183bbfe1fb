"""What a server does: it works, breaks down, is repaired, holds a finished part, is free again."""

from __future__ import annotations

from typing import Any

import numpy as np

from layout.flow.kernel.bits import rarely
from layout.flow.kernel.clocks import set_clock
from layout.flow.kernel.draws import bring, drawn, uniform
from layout.flow.kernel.inlets import complete, join
from layout.flow.kernel.jit import apart, compiled, inlined
from layout.flow.kernel.kept import give_up_place
from layout.flow.kernel.marks import mark_arms, mark_feed, mark_push, mark_start, wake
from layout.flow.kernel.parts import active, append, begun, counted, enter, gone, leave, made, note
from layout.flow.kernel.records import (
    ACTIVE,
    AT_STATION,
    AT_TARGET,
    AT_WORK,
    BEGINNING,
    BLOCKED,
    DONE,
    DOWN,
    FAR,
    IDLE,
    IN_BUFFER,
    LACKING,
    LEAVE,
    MAY_KEEP,
    MAY_REPEAT,
    NOT_KEPT,
    OFF_SHIFT,
    PASS,
    RING_FAIL,
    RING_FINISH,
    RING_NONE,
    SCRAP,
    SCRAPPED,
    SETTING_UP,
    SETUP,
    STARVED,
    T_BLOCKED,
    T_OFF_SHIFT,
    T_SETUP,
    T_UNATTENDED,
    T_WAITING,
    T_WORKING,
    TO_RUN,
    TO_SET_UP,
    UNATTENDED,
    WORKING,
)
from layout.flow.kernel.setups import change_over_s, changed_over, next_in_row
from layout.flow.kernel.staff import ask, dismiss, lacks, send_away
from layout.flow.kernel.tables import (
    modes,
    parts,
    qualities,
    quality,
    released,
    servers,
    service,
    shifts,
    stations,
    steps,
    streams,
    when,
)


@inlined
def spent(server: Any, span: Any) -> None:
    """Book a span of time (s) in the state that the server is in."""
    if server.state == WORKING:
        server.in_working += span
    elif server.state == BLOCKED:
        server.in_blocked += span
    elif server.state == DOWN:
        server.in_down += span
    elif server.state == SETUP:
        server.in_setup += span
    elif server.state == OFF_SHIFT:
        server.in_off += span
    elif server.state == UNATTENDED:
        server.in_unattended += span
    else:
        server.in_starved += span


@inlined
def set_state(w: Any, v: Any, state: Any) -> None:
    """Server v changes state; the time in the old one is booked."""
    server = servers(w, v)
    if state == server.state:
        return
    span = counted(w, server.since, w.now)
    spent(server, span)
    if rarely(w.tracing == 1):
        note_wait(w, v, w.now)
    if server.state == STARVED:
        stations(w, server.station).idle -= 1
    if state == STARVED:
        stations(w, server.station).idle += 1
        if w.ruled == 1:
            wake(w)
    if ACTIVE >> server.state & 1:
        server.ended = w.now
    if ACTIVE >> state & 1:
        active(w, server)
    server.state, server.since = state, w.now


@apart
def note_wait(w: Any, v: Any, now: Any) -> None:
    """Note what server v has waited for until now (s), and the finished parts that it holds."""
    server = servers(w, v)
    s, p = server.station, worked_on(w, v)
    if server.state == OFF_SHIFT:
        note(w, server.since, now, AT_STATION, s, T_OFF_SHIFT, p, s, s)
    elif server.state == UNATTENDED:
        note(w, server.since, now, AT_STATION, s, T_UNATTENDED, p, s, s)
    elif server.state == BLOCKED and p >= 0:  # not begun, for want of room
        note(w, server.since, now, AT_STATION, s, T_BLOCKED, p, s, s)
    if server.held > 0:
        p = stations(w, s).ready_head
        while p >= 0:
            if parts(w, p).server == v:
                note_held(w, p, s, now)
                parts(w, p).since = now
            p = parts(w, p).next


@apart
def note_held(w: Any, p: Any, s: Any, now: Any) -> None:
    """Note where finished part p of station s has been until now (s): in the out-buffer, or in a server.

    It blocks a server that could work; in one that is down, off shift, or busy with what it was parted from, it waits.
    """
    part, state = parts(w, p), T_WAITING
    if part.server >= 0 and servers(w, part.server).state == BLOCKED:
        state = T_BLOCKED
    note(w, part.since, now, AT_STATION, s, state, p, s, s)


@inlined
def worked_on(w: Any, v: Any) -> Any:
    """The part of server v whose visit is not over, in a trace; -1 if there is none."""
    server = servers(w, v)
    return server.part if server.busy != IDLE or server.lacks == 1 else -1


@inlined
def schedule(w: Any, v: Any) -> None:
    """Set server v's clock to the end of its work or set-up or to its next failure, whichever comes first."""
    server, now = servers(w, v), w.now
    time, ring = np.inf, RING_NONE
    if server.state == WORKING or server.state == SETUP:
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
    if rarely(w.tracing == 1) and (server.state == WORKING or server.state == SETUP):
        state = T_WORKING if server.state == WORKING else T_SETUP
        shift = stations(w, server.station).shift
        if shift >= 0:
            time = min(time, when(w, shifts(w, shift).clock))
        note(w, now, time, AT_STATION, server.station, state, server.part, server.station, server.station)


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
        if station.joins == 1:
            if not complete(w, s, part.step):
                server.lacks = 1
                if station.careful == 1:
                    server.busy = IDLE  # nobody waits there; it needs a person again to go on
                    dismiss(w, v)
                set_state(w, v, LACKING)
                schedule_idle(w, v)
                return
            server.lacks = 0
        if station.careful == 1 and server.busy != AT_WORK and not _prepared(w, v):
            return
        if station.joins == 1:
            join(w, s, part.step)
        if part.entered < 0.0:
            enter(w, p)
        work = drawn(w, role)
        server.following = judged(w, p, s) if station.judges == 1 else part.step + 1
        if station.doors == 1:
            # Doors close when the part is in (the server was not busy with it before), and open after its last work.
            if server.busy == IDLE:
                work += station.closing
            if server.following == SCRAP or service(w, s, server.following) < 0:
                work += station.opening
        if work > 0.0:
            server.left, server.began, server.busy = work, now, AT_WORK
            _at_work(w, v)
            return
        if not _done(w, v, role):
            _scrap(w, v)
            return
    server.left, server.busy = 0.0, IDLE
    if station.careful == 1:
        dismiss(w, v)
    if part.kept >= AT_TARGET and (role == LEAVE or part.step != part.kept_step):
        give_up_place(w, p, s)
    if role == LEAVE:
        set_state(w, v, BLOCKED)
        leave(w, p)
        server.part = -1
    else:
        _hand_on(w, v, p)
        set_state(w, v, BLOCKED)
    schedule_idle(w, v)
    if server.held == 0:
        free_server(w, v)
    elif station.repeats == 1:
        w.todo |= MAY_REPEAT


@inlined
def _hand_on(w: Any, v: Any, p: Any) -> None:
    """A part of server v is ready for its transport: it takes a place of the out-buffer, or stays in the server."""
    part, s = parts(w, p), servers(w, v).station
    station = stations(w, s)
    part.since = w.now
    if part.again == 0:
        part.ready = w.now
    if service(w, s, part.step) != PASS:
        part.reach = 0  # it goes on here, and nowhere else
    station.ready_head, station.ready_tail = append(w, station.ready_head, station.ready_tail, p)
    mark_push(w, s)
    mark_arms(w, s)
    if part.kept == IN_BUFFER:
        part.server = -1
    elif station.out < station.places_out:
        station.out += 1
        part.server = -1
    else:
        part.server = v
        servers(w, v).held += 1


@apart
def _release(w: Any, v: Any, n: Any) -> None:
    """Parts of the products that row n of `released` names begin at server v, and those of the rows with it."""
    while n >= 0 and w.status == DONE:
        row = released(w, n)
        for _ in range(row.number):
            p = made(w, row.product)
            if p < 0:
                return
            begun(w, p, servers(w, v).station)
            if parts(w, p).entered < 0.0:
                enter(w, p)
            _hand_on(w, v, p)
        n = n + 1 if row.more == 1 else -1


@inlined
def let_go(w: Any, v: Any) -> None:
    """Server v holds one finished part less; with the last it is free, unless it works on another."""
    server = servers(w, v)
    server.held -= 1
    if server.held == 0 and server.busy == 0 and server.lacks == 0:
        free_server(w, v)


@inlined
def _prepared(w: Any, v: Any) -> Any:
    """Whether server v may begin the work of its part's visit; if not, it is set up, or waits for room or a person."""
    server = servers(w, v)
    if server.busy == IDLE:
        server.busy = BEGINNING
    if stations(w, server.station).before == 1 and parts(w, server.part).kept == NOT_KEPT:
        w.todo |= MAY_KEEP
        set_state(w, v, BLOCKED)
        schedule_idle(w, v)
        return False
    if lacks(w, v, TO_RUN):
        _wait_for_person(w, v, TO_RUN)
        return False
    if server.busy == BEGINNING:
        setup_s = change_over_s(w, v, parts(w, server.part).product)
        if setup_s > 0.0:
            server.left, server.busy = setup_s, SETTING_UP
    if server.busy == SETTING_UP:
        if lacks(w, v, TO_SET_UP):
            _wait_for_person(w, v, TO_SET_UP)
        else:
            server.began = w.now
            set_state(w, v, SETUP)
            schedule(w, v)
        return False
    server.busy = IDLE
    next_in_row(w, v)
    return True


@inlined
def _wait_for_person(w: Any, v: Any, purpose: Any) -> None:
    ask(w, v, purpose)
    set_state(w, v, UNATTENDED)
    schedule_idle(w, v)


@compiled
def _at_work(w: Any, v: Any) -> None:
    """Server v is at work on its part."""
    set_state(w, v, WORKING)
    schedule(w, v)
    if servers(w, v).plain == 1:
        bring(servers(w, v))


@compiled
def go_on(w: Any, v: Any) -> None:
    """Server v goes on with the work for its part, or with what comes before that, if it may."""
    server = servers(w, v)
    if server.busy != AT_WORK:
        advance(w, v)
    elif lacks(w, v, TO_RUN):
        _wait_for_person(w, v, TO_RUN)
    else:
        server.began = w.now
        _at_work(w, v)


@inlined
def judged(w: Any, p: Any, s: Any) -> Any:
    """The step that a part goes on to after its next operation at station s; SCRAP: it is thrown away."""
    step = parts(w, p).step
    q = quality(w, s, step)
    if q >= 0:
        chances = qualities(w, q)
        u = uniform(w, chances.stream)
        if u < chances.scrap:
            return SCRAP
        if u < chances.rework:
            return chances.to
    return step + 1


@inlined
def _done(w: Any, v: Any, stream: Any) -> Any:
    """The operation of server v is done. True if its part goes on."""
    server = servers(w, v)
    part = parts(w, server.part)
    counts = w.warmup < w.now <= w.horizon
    if counts:
        streams(w, stream).done += 1
    if server.following == SCRAP:
        _release(w, v, steps(w, part.step).aboard)
        return False
    if server.following > part.step:
        _release(w, v, steps(w, part.step).begins)
    if server.following <= part.step and counts:
        stations(w, server.station).reworked += 1
    server.did = part.step
    part.step = server.following
    part.reach, part.assigned = FAR, -1
    return True


@inlined
def _scrap(w: Any, v: Any) -> None:
    """The part of server v is thrown away: it leaves at once, and takes no transport."""
    server = servers(w, v)
    server.left, server.busy = 0.0, IDLE
    if stations(w, server.station).careful == 1:
        dismiss(w, v)
    if w.warmup < w.now <= w.horizon:
        stations(w, server.station).scrapped += 1
    if parts(w, server.part).kept != NOT_KEPT:
        give_up_place(w, server.part, server.station)
    gone(w, server.part, SCRAPPED)
    server.part = -1
    set_state(w, v, BLOCKED)
    schedule_idle(w, v)
    if server.held == 0:
        free_server(w, v)


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
    server.part = server.did = -1
    if server.state != DOWN and server.state != OFF_SHIFT:
        set_state(w, v, STARVED)
    if station.used == station.places:
        station.room_since = w.now
    station.used -= 1
    station.load -= 1
    w.todo |= w.befores
    if station.queue_head >= 0 or station.fills == 1:
        mark_start(w, server.station)
    mark_feed(w, server.station)
    mark_arms(w, server.station)


@inlined
def finish(w: Any, v: Any) -> None:
    """The work of server v is done, or its set-up."""
    server = servers(w, v)
    if server.busy == SETTING_UP:
        server.busy = IDLE
        send_away(w, v)
        changed_over(w, v, parts(w, server.part).product)
        advance(w, v)
        return
    server.worked += server.left
    if _done(w, v, service(w, server.station, parts(w, server.part).step)):
        advance(w, v)
    else:
        _scrap(w, v)
