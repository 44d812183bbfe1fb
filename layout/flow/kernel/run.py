"""One replication, by the three-phase method: advance the time, do what is due, then do what has become possible.

Everything due at one instant is done before anything conditional is tried, so a result never hangs on the order in
which equal times come up. Within an instant: servers start, belts and links fill free places, finished parts move on,
arms and vehicles are sent, zones are granted, idle arms leave them; again and again until nothing more can happen.

Source: Tocher, The Art of Simulation, 1963 (three phases); Pidd, Computer Simulation in Management Science, ch. 6.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from layout.flow.kernel.bits import lowest_of, rarely
from layout.flow.kernel.carriers import carrier_rings, send_carriers, settle_carriers
from layout.flow.kernel.clocks import next_clock, set_clock
from layout.flow.kernel.direct import along_rows, lay_rows
from layout.flow.kernel.draws import draw
from layout.flow.kernel.inlets import put_in
from layout.flow.kernel.interruptions import attend, end_shift, fail, repair
from layout.flow.kernel.jit import apart, beside, compiled, entry, inlined
from layout.flow.kernel.marks import mark_feed, mark_push, mark_start, may_go_on
from layout.flow.kernel.parts import append, begun, counted, enter, made, new_part, note
from layout.flow.kernel.places import start
from layout.flow.kernel.records import (
    ACTIVE,
    ARM_CARRYING,
    AT_BELT,
    AT_STATION,
    DONE,
    FEED,
    IDLE,
    LOG_SHORT,
    MAY_ATTEND,
    MAY_KEEP,
    MAY_REPEAT,
    OF_CARRIERS,
    OF_STATIONS,
    OWNER_ARM,
    OWNER_BELT_IN,
    OWNER_BELT_OUT,
    OWNER_LINK,
    OWNER_SERVER,
    OWNER_SHIFT,
    PAUSED,
    RING_FAIL,
    RING_FINISH,
    RING_REPAIR,
    SETUP,
    STANDSTILL,
    START,
    T_DOWN,
    T_WAITING,
    TIME_STANDS_STILL,
    TO_REPAIR,
    WORKING,
)
from layout.flow.kernel.rooms import make_room, repeat
from layout.flow.kernel.servers import finish, note_held, note_wait, spent, worked_on
from layout.flow.kernel.shifts import next_switch, switch
from layout.flow.kernel.staff import book
from layout.flow.kernel.tables import (
    arms,
    belts,
    clocks,
    inlets,
    links,
    marks,
    modes,
    orders,
    parts,
    products,
    servers,
    set_marks,
    shifts,
    stations,
    when,
)
from layout.flow.kernel.waiting import nobody_stuck
from layout.flow.kernel.ways import feed, link_arrive, push

MOST_AT_ONCE = 1_000_000  # events at one instant: beyond it a line moves parts in no time at all, for ever


@entry
def simulate_run(run: Any) -> None:
    """Run the world to its horizon, or until it stands still; what happened is left in its records.

    A run that stops with LOG_SHORT goes on when called again, with status DONE and a longer log; a plant's
    that stops with PAUSED, having done all that is due up to `until`, goes on with status DONE and a later `until`.
    """
    w = run[0]
    if w.begun == 0:
        w.begun = 1
        _begin(w)
        _settle(w)
    while w.status == DONE:
        if 2 * w.logged > w.n_log:
            w.status = LOG_SHORT
            return
        if w.rows == 1:
            along_rows(w)
            if may_go_on(w) or w.status != DONE:
                _settle(w)
                continue
            if 2 * w.logged > w.n_log:
                continue
        now, k, more = next_clock(w)
        if now > w.until:
            if w.plant == 1:
                w.status = PAUSED
                return
            if now == np.inf:
                w.status = STANDSTILL
            break
        w.at_once = w.at_once + 1 if now == w.now else 0
        if w.at_once > MOST_AT_ONCE:
            w.status = TIME_STANDS_STILL
            break
        w.now, w.again = now, 0
        idle_failure = _ring(w, k)
        w.events += 1
        while (more or w.again == 1) and w.status == DONE:
            time, k, more = next_clock(w)
            if time > now:
                break
            idle_failure |= _ring(w, k)
            w.events += 1
        if may_go_on(w):
            _settle(w)
        if idle_failure and not _anything_moves(w):
            w.status = STANDSTILL
    if w.status == DONE or w.status == STANDSTILL:  # else the run is made again, or refused
        _end(w)


@beside
def _begin(w: Any) -> None:
    for v in range(w.n_servers):
        server = servers(w, v)
        for m in range(server.mode0, server.mode0 + server.modes):
            modes(w, m).due = draw(w, modes(w, m).between)
            if modes(w, m).calendar == 1 and modes(w, m).due < when(w, v):
                server.ring = RING_FAIL + m - server.mode0
                set_clock(w, v, modes(w, m).due)
    if w.rows == 1:
        lay_rows(w)
    w.todo, w.waiting = w.parking, -1
    for i in range(w.n_shifts):
        next_switch(w, i)
        if shifts(w, i).on == 0 and shifts(w, i).station >= 0:
            off = stations(w, shifts(w, i).station)
            off.off = 1
            for v in range(off.server0, off.server0 + off.servers):
                end_shift(w, v)
    for s in range(w.n_stations):
        station = stations(w, s)
        if station.saturated == 1:
            mark_start(w, s)
        elif station.arrivals >= 0:
            set_clock(w, station.clock, draw(w, station.arrivals))
        elif station.order < station.order1:
            set_clock(w, station.clock, orders(w, station.order).at)
    for i in range(w.n_inlets):
        inlet = inlets(w, i)
        for _ in range(inlet.initial):
            p = made(w, inlet.product)
            if p < 0:
                return
            parts(w, p).step = products(w, inlet.product).step1
            begun(w, p, inlet.station)
            put_in(w, p, i)


@compiled
def _ring(w: Any, k: Any) -> Any:
    """Do what clock k stands for. True for a failure of a server that does no work: nothing for parts comes of it."""
    owner, i = clocks(w, k).owner, clocks(w, k).index
    if owner == OWNER_SERVER:
        server = servers(w, i)
        ring = server.ring
        if ring == RING_FINISH:
            finish(w, i)
        elif ring == RING_REPAIR:
            idle = server.busy == IDLE
            repair(w, i)
            return idle
        else:
            idle = server.state != WORKING and server.state != SETUP
            fail(w, i, ring - RING_FAIL)
            return idle
    elif owner == OWNER_ARM:
        carrier_rings(w, i)
    elif owner == OWNER_BELT_OUT:
        set_clock(w, k, np.inf)
        belts(w, i).waiting, belts(w, i).since_blocked = 1, w.now
        mark_feed(w, belts(w, i).target)
    elif owner == OWNER_BELT_IN:
        set_clock(w, k, np.inf)
        mark_push(w, belts(w, i).origin)
    elif owner == OWNER_LINK:
        link_arrive(w, i)
    elif owner == OWNER_SHIFT:
        switch(w, i)
    else:
        _parts_arrive(w, i)
    return False


@beside
def _parts_arrive(w: Any, s: Any) -> None:
    """Parts come to source s from outside: one by chance, or those that are ordered for now."""
    station = stations(w, s)
    if station.arrivals >= 0:
        _wait_outside(w, s, new_part(w, s))
        set_clock(w, station.clock, w.now + draw(w, station.arrivals))
        return
    while station.order < station.order1 and orders(w, station.order).at <= w.now:
        order = orders(w, station.order)
        station.order += 1
        for _ in range(order.number):
            p = made(w, order.product)
            if p < 0:
                return
            parts(w, p).deadline = order.due
            begun(w, p, s)
            _wait_outside(w, s, p)
    set_clock(w, station.clock, orders(w, station.order).at if station.order < station.order1 else np.inf)


@inlined
def _wait_outside(w: Any, s: Any, p: Any) -> None:
    """A part stands outside source s, where there is room without limit, until it may start."""
    if p >= 0:
        station = stations(w, s)
        enter(w, p)
        station.outside_head, station.outside_tail = append(w, station.outside_head, station.outside_tail, p)
        mark_start(w, s)


@compiled
def _settle(w: Any) -> None:
    """Everything that can happen at this instant without time passing."""
    rounds = 0
    while w.status == DONE:
        rounds += 1
        if rounds > MOST_AT_ONCE:
            w.status = TIME_STANDS_STILL
        todo = w.todo
        if todo & OF_STATIONS != 0:
            _stations(w, lowest_of(todo))
        elif w.looks & w.waiting != 0:
            send_carriers(w)
        elif todo & MAY_KEEP != 0:
            make_room(w)
        elif todo & MAY_ATTEND != 0:
            attend(w)
        elif todo & OF_CARRIERS != 0:
            settle_carriers(w)
        elif todo & MAY_REPEAT != 0:
            repeat(w)
        else:
            return


@inlined
def _stations(w: Any, kind: Any) -> None:
    """One round of the stations that are marked for this; those marked behind the one at hand wait for the next."""
    w.todo &= ~(1 << kind)
    for word in range(w.n_words):
        i = kind * w.n_words + word
        bits = marks(w, i)
        while bits != 0:
            bit = bits & -bits
            set_marks(w, i, marks(w, i) & ~bit)
            s = 64 * word + lowest_of(bits)
            if kind == START:
                start(w, s)
            elif kind == FEED:
                feed(w, s)
            else:
                push(w, s)
            bits = marks(w, i) & -(bit << 1)


@apart
def _anything_moves(w: Any) -> Any:
    """Whether anything but the failures of idle machines is still to come."""
    for v in range(w.n_servers):
        if ACTIVE >> servers(w, v).state & 1:
            return True
    moving = 0
    for k in range(w.n_clocks):
        if clocks(w, k).owner != OWNER_SERVER and when(w, k) < np.inf:
            moving += 1
    return moving > 0


@beside
def _end(w: Any) -> None:
    """Book what lasts until the horizon: states, parts still inside, and in a trace what waits."""
    end = w.horizon
    w.wip_area += w.inside * counted(w, w.wip_since, end)
    for v in range(w.n_servers):
        server = servers(w, v)
        span = counted(w, server.since, end)
        spent(server, span)
        if rarely(w.tracing == 1):
            note_wait(w, v, end)
            s = server.station
            if server.asks == TO_REPAIR:
                note(w, server.since, end, AT_STATION, s, T_DOWN, worked_on(w, v), s, s)
    for q in range(w.n_staff):
        book(w, q, end)
    for k in range(w.n_belts):
        belt = belts(w, k)
        if belt.count == 0:
            belt.in_empty += counted(w, belt.since_empty, end)
        elif belt.waiting == 1:
            belt.in_blocked += counted(w, belt.since_blocked, end)
        _stay(w, belt.head, end)
        p = belt.head
        while rarely(w.tracing == 1) and p >= 0:
            note(w, parts(w, p).due, end, AT_BELT, k, T_WAITING, p, belt.origin, belt.target)
            p = parts(w, p).next
    for k in range(w.n_links):
        _stay(w, links(w, k).head, end)
    for s in range(w.n_stations):
        station = stations(w, s)
        _stay(w, station.queue_head, end)
        _stay(w, station.ready_head, end)
        _stay(w, station.outside_head, end)
        if rarely(w.tracing == 1):
            _note_queue(w, station.queue_head, s)
            _note_queue(w, station.outside_head, s)
            p = station.ready_head
            while p >= 0:
                note_held(w, p, s, end)
                p = parts(w, p).next
    for i in range(w.n_inlets):
        _stay(w, inlets(w, i).queue_head, end)
        if rarely(w.tracing == 1):
            _note_queue(w, inlets(w, i).queue_head, inlets(w, i).station)
    for v in range(w.n_servers):
        if servers(w, v).busy != IDLE or servers(w, v).lacks == 1:
            _found(w, servers(w, v).part, end)
    for a in range(w.n_arms):
        if arms(w, a).state == ARM_CARRYING:
            _found(w, arms(w, a).part, end)
    w.fluid = nobody_stuck(w)


@apart
def _note_queue(w: Any, p: Any, s: Any) -> None:
    """Note that the parts of a queue have waited at station s until the horizon."""
    while p >= 0:
        note(w, parts(w, p).since, w.horizon, AT_STATION, s, T_WAITING, p, s, s)
        p = parts(w, p).next


@compiled
def _stay(w: Any, p: Any, end: Any) -> None:
    """Count the parts of a queue that are in the line, and the time they have spent in it."""
    while p >= 0:
        _found(w, p, end)
        p = parts(w, p).next


@inlined
def _found(w: Any, p: Any, end: Any) -> None:
    """Count a part that is in the line at the end, and the time it has spent there."""
    if 0.0 <= parts(w, p).entered < np.inf:
        w.sojourn += counted(w, parts(w, p).entered, end)
        w.inside_found += 1
