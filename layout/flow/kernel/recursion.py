"""A row of single machines, part by part instead of event by event: same draws, same sums in the same order.

For part i at station j, along the row (A: there; S: starts; C: done; X: goes on; R: the server is free):

    A[i,j] = X[i,j-1] + link       S[i,j] = max(A[i,j], R[i-1,j])      C[i,j] = S[i,j] + times, with repairs
    X[i,j] = max(C[i,j], R[i - places[j+1], j+1])                      R[i,j] = max(C[i,j], X[i - out[j], j])

Parts are taken in blocks. A block whose times all lie within the window, in a row without what needs a second look
(`plain`), goes through `blocks`; every other part through `_part`, which cuts spans to the window and knows
calendar failures, doors, and several operations at a station. Both give what the events give.

Source: Dallery, Gershwin, "Manufacturing flow line systems", Queueing Systems 12 (1992); Heidergott, Olsder,
van der Woude, Max Plus at Work (2006).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from layout.flow.kernel.blocks import EARLIER, block, commit, moment, product_of, station
from layout.flow.kernel.draws import draw
from layout.flow.kernel.inventory import inventory
from layout.flow.kernel.jit import compiled, entry, inlined
from layout.flow.kernel.lanes import get, put, put_whole, whole
from layout.flow.kernel.parts import counted
from layout.flow.kernel.records import BLOCK, DONE, LEFT, LOG_FULL, SLOT
from layout.flow.kernel.tables import departures, links, modes, products, servers, streams
from layout.flow.kernel.uptime import active, first_due, remember, time_to, wait, work

_SLOT_WORDS = SLOT.itemsize // 8


@entry
def recur(run: Any, plan: Any) -> None:
    """Fill a run's records with one replication, as `kernel.simulate_run` does; LOG_FULL where the log is too short."""
    w, q = run[0], plan[0]
    _begin(w, q)
    going = True
    while going and w.status == DONE:
        if q.parts + BLOCK + 1 >= q.room or q.left + BLOCK + 1 >= w.n_log:
            w.status = LOG_FULL
            return
        if q.plain == 1 and _within(w, q):
            _keep(w, q, True)
            if block(w, q):
                commit(w, q)
                _shift(q, BLOCK)
                continue
            _keep(w, q, False)
            for k in range(q.cells):
                remember(w, station(q, k))
            q.plain = 0
        for lane in range(q.lag * q.skewed, 0, -1):  # parts that have passed so many lanes, and no more
            _part(w, q, -lane, lane * q.slots)
        i, q.skewed = 0, 0
        while going and i < BLOCK:
            going = _part(w, q, i, 0)
            i += 1
        _shift(q, i)
    _outside(w, q)
    if w.status == DONE:
        _end(w, q)


@compiled
def _begin(w: Any, q: Any) -> None:
    """First failures, as `kernel` draws them."""
    for k in range(q.cells):
        cell = station(q, k)
        for m in range(cell.mode0, cell.mode0 + cell.modes):
            modes(w, m).due = time_to(w, cell, m, False)
        first_due(w, cell)
    if q.arrivals >= 0:
        q.arrived = draw(w, q.arrivals)


@inlined
def _within(w: Any, q: Any) -> Any:
    """Whether every span to come begins in the window."""
    for k in range(q.cells):
        cell = station(q, k)
        if cell.free <= w.warmup or (cell.work == 1 and cell.ended <= w.warmup):
            return False
    return True


@compiled
def _copy(target: Any, source: Any, n: Any) -> None:
    for i in range(n):
        put(target, i, get(source, i))


@inlined
def _keep(w: Any, q: Any, now: Any) -> None:
    """Keep what a block changes, or have it back."""
    a, b, c = q.slots * _SLOT_WORDS, q.n_modes, q.n_streams
    for part in range(3):
        table = q.cell if part == 0 else (q.modes if part == 1 else q.streams)
        spare = q.spare + 8 * (0 if part == 0 else (a if part == 1 else a + b))
        n = a if part == 0 else (b if part == 1 else c)
        _copy(spare if now else table, table if now else spare, n)
    if now:
        put(q.spare, a + b + c, q.arrived)
    else:
        q.arrived = get(q.spare, a + b + c)


@compiled
def _shift(q: Any, n: Any) -> None:
    """Make the last parts the past of the next block."""
    q.parts += n
    for i in range(EARLIER):
        put_whole(q.kinds, i, whole(q.kinds, n + i))
    _copy(q.moments, q.moments + q.wide * n, q.wide // 8 * (q.back + q.lag))
    for k in range(q.cells):
        row = q.gone + 8 * k * q.past
        _copy(row, row + 8 * n, q.back)


@inlined
def _leaves(w: Any, q: Any, number: Any, product: Any, now: Any) -> None:
    entered = get(q.entered, number)
    w.left += 1
    if now > w.warmup:
        w.left_counted += 1
        products(w, product).left += 1
        w.lead += now - entered
    w.sojourn += counted(w, entered, now)
    row = departures(w, q.left)
    q.left += 1
    row.product, row.kind = product, LEFT
    row.time, row.lead, row.late = now, now - entered, -np.inf


@compiled
def _part(w: Any, q: Any, i: Any, first: Any) -> Any:
    """Part i of a block through the row, cut to the window; from station `first` on, if it has passed those before.

    False when it starts after the horizon: no more follow.
    """
    number, horizon = q.parts + i, w.horizon
    there, entered = 0.0, -1.0
    if first > 0:
        product, entered = whole(q.kinds, EARLIER + i), get(q.entered, number)
        there = get(moment(q, station(q, first - 1), i), 0)
    else:
        product = product_of(w, q)
        put_whole(q.kinds, EARLIER + i, product)
        if q.arrivals >= 0:
            there = entered = q.arrived
            q.arrived = there + draw(w, q.arrivals)
    place, going = -1, True
    for k in range(first, q.cells):
        cell = station(q, k)
        here, gone = moment(q, cell, i), q.gone + 8 * (i + q.back + k * q.past)
        begin = max(there, cell.free)
        start = wait(w, cell, cell.free, begin, False)
        if k == 0:
            going = start <= horizon
            if q.arrivals < 0 and q.late == 0:
                entered = start
        if there <= horizon < start:
            place = _at_station(w, cell, _QUEUE if k > 0 else _OUTSIDE)
        done = start
        job = whole(q.jobs, 2 * (k * q.n_products + product))
        end = whole(q.jobs, 2 * (k * q.n_products + product) + 1)
        busy = False
        while job < end:
            stream = whole(q.job, job)
            time = draw(w, stream)
            if cell.doors == 1:
                if not busy:
                    time += cell.closing
                if job == end - 1:
                    time += cell.opening
            if time > 0.0:
                if not busy:
                    active(w, cell, start)
                    cell.since, busy = start, True
                done = work(w, cell, done, time)
            if w.warmup < done <= horizon:
                streams(w, stream).done += 1
            job += 1
        if busy:
            cell.working += counted(w, cell.since, done)
            cell.ended = done
            if start <= horizon < done:
                place = w.n_links + 3 * w.n_stations + cell.server
        there = max(done, get(here + cell.room, 0))
        put(gone, 0, there)
        release = max(done, get(gone, -cell.out))
        if done <= horizon < there:
            place = _at_station(w, cell, _READY)
        cell.free = wait(w, cell, done, release, True)
        put(here, 0, release)
        if k == 0 and q.arrivals < 0 and q.late == 1:
            entered = there
        if cell.link >= 0:
            if there <= horizon < there + cell.transit:
                place = cell.link
            there += cell.transit
            if w.warmup < there <= horizon:
                links(w, cell.link).moved += 1
    put(q.entered, number, entered)
    if there <= horizon:
        _leaves(w, q, number, product, there)
    elif entered <= horizon:
        _stands(q, number, place)
    return going


# The order in which `kernel` counts, at the end, the parts that are still inside: links, stations, servers.
_QUEUE, _READY, _OUTSIDE = 0, 1, 2


@inlined
def _at_station(w: Any, cell: Any, queue: Any) -> Any:
    return w.n_links + 3 * cell.station + queue


@inlined
def _stands(q: Any, number: Any, place: Any) -> None:
    """A part is in the line when the run ends. Those of one place follow one another."""
    if whole(q.count, place) == 0:
        put_whole(q.first, place, number)
    put_whole(q.count, place, whole(q.count, place) + 1)


@inlined
def _outside(w: Any, q: Any) -> None:
    """Parts that have come and wait outside when the run ends."""
    while q.arrivals >= 0 and q.arrived <= w.horizon:
        if q.parts >= q.room:
            w.status = LOG_FULL
            return
        put(q.entered, q.parts, q.arrived)
        _stands(q, q.parts, _at_station(w, station(q, 0), _OUTSIDE))
        q.parts += 1
        q.arrived += draw(w, q.arrivals)


@compiled
def _end(w: Any, q: Any) -> None:
    """Book what is left into the run's records."""
    w.entered = q.parts
    while w.entered > 0 and get(q.entered, w.entered - 1) > w.horizon:
        w.entered -= 1
    inventory(w, q)
    for place in range(q.n_places):
        first = whole(q.first, place)
        for number in range(first, first + whole(q.count, place)):
            w.sojourn += counted(w, get(q.entered, number), w.horizon)
            w.inside_found += 1
    for v in range(w.n_servers):
        servers(w, v).in_starved = w.horizon - w.warmup
    for k in range(q.cells):
        cell = station(q, k)
        server = servers(w, cell.server)
        server.in_starved, server.in_working, server.in_blocked = cell.starved, cell.working, cell.blocked
        server.in_down, server.periods, server.ended = cell.failed, cell.periods, cell.ended
    w.logged = q.left
