"""A row of single machines, part by part instead of event by event: same draws, same sums in the same order.

For part i at station j, along the row (A: there; S: starts; C: done; X: goes on; R: the server is free):

    A[i,j] = X[i,j-1] + link       S[i,j] = max(A[i,j], R[i-1,j])      C[i,j] = S[i,j] + times, with repairs
    X[i,j] = max(C[i,j], R[i - places[j+1], j+1])                      R[i,j] = max(C[i,j], X[i - out[j], j])

Parts are taken in blocks. A block whose times all lie within the window, in a row without what needs a second look
(`Plan.plain`), goes through `_block`; every other part through `_part`, which cuts spans to the window and knows
calendar failures, doors, and several operations at a station. Both give what the events give.

Source: Dallery, Gershwin, "Manufacturing flow line systems", Queueing Systems 12 (1992); Heidergott, Olsder,
van der Woude, Max Plus at Work (2006).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import from_dtype, types
from numba.extending import intrinsic

from layout.flow.bits import log, unit
from layout.flow.draws import draw, hashed, uniform
from layout.flow.jit import compiled, entry, inlined
from layout.flow.parts import counted
from layout.flow.records import AT_ONCE_S, BLOCK, CELL, DEPARTURE, DONE, LEFT, LOG_FULL
from layout.flow.streams import GOLDEN
from layout.flow.tables import departures, links, mixes, modes, products, servers, streams

_GOLDEN = np.uint64(GOLDEN)

_ROW_BYTES = DEPARTURE.itemsize
_CELL_BYTES, _CELL_WORDS = CELL.itemsize, CELL.itemsize // 8
_STARVED = CELL.fields["starved"][1]  # type: ignore[index]
_WORD, _NUMBER = ir.IntType(64), ir.DoubleType()


def _row_of(dtype: Any) -> Any:
    """A function of (address, row): the record in that row of a table."""
    row_type = from_dtype(dtype)

    def typing(typing_context: Any, address: Any, row: Any) -> Any:
        def build(context: Any, builder: Any, signature: Any, given: Any) -> Any:
            start = builder.mul(given[1], _WORD(dtype.itemsize))
            return builder.inttoptr(builder.add(given[0], start), context.get_value_type(row_type))

        return row_type(types.int64, types.int64), build

    return intrinsic(typing)


def _item(kind: Any, native: Any) -> tuple[Any, Any]:
    """Functions of (address, i) and of (address, i, value): read a number, write it."""

    def place(builder: Any, given: Any) -> Any:
        return builder.gep(builder.inttoptr(given[0], native.as_pointer()), [given[1]])

    def reading(typing_context: Any, address: Any, i: Any) -> Any:
        return kind(types.int64, types.int64), lambda _, builder, __, given: builder.load(place(builder, given))

    def writing(typing_context: Any, address: Any, i: Any, value: Any) -> Any:
        def build(context: Any, builder: Any, signature: Any, given: Any) -> Any:
            builder.store(given[2], place(builder, given))
            return context.get_dummy_value()

        return types.void(types.int64, types.int64, kind), build

    return intrinsic(reading), intrinsic(writing)


_cell = _row_of(CELL)
_get, _put = _item(types.float64, _NUMBER)
_whole, _put_whole = _item(types.int64, _WORD)


def _sums_of_spans(typing_context: Any, sums: Any, spans: Any, n: Any) -> Any:
    """(address of 4 sums, address of n times S C R, n) -> how often S comes (AT_ONCE_S) after C of the part before.

    Adds S - R of the part before, C - S and R - C to the first three sums, part by part, in SIMD:

        ... C R | S C R | S C R ...      number: the four from S on
              -------                    less: the four from the R before on
            -------                      active: is S after the C before?
    """

    def build(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        four, flags = ir.VectorType(_NUMBER, 4), ir.VectorType(_WORD, 4)

        def at(address: Any, bytes_: int) -> Any:
            return builder.inttoptr(builder.add(address, _WORD(bytes_)), four.as_pointer())

        soon = ir.Constant(four, [AT_ONCE_S] * 4)
        target = at(given[0], 0)
        before, body, after = builder.block, builder.append_basic_block("add"), builder.append_basic_block("added")
        initial = builder.load(target, align=8)
        builder.branch(body)
        builder.position_at_end(body)
        i, total, count = builder.phi(_WORD), builder.phi(four), builder.phi(flags)
        here = builder.add(given[1], builder.mul(i, _WORD(24)))
        number, less, active = (builder.load(at(here, offset), align=8) for offset in (0, -8, -16))
        added = builder.fadd(total, builder.fsub(number, less))
        counted_ = builder.sub(
            count, builder.sext(builder.fcmp_ordered(">", number, builder.fadd(active, soon)), flags)
        )
        following = builder.add(i, _WORD(1))
        for phi, first, then in ((i, _WORD(0), following), (total, initial, added),
                                 (count, ir.Constant(flags, [0] * 4), counted_)):  # fmt: skip
            phi.add_incoming(first, before)
            phi.add_incoming(then, body)
        builder.cbranch(builder.icmp_signed("<", following, given[2]), body, after)
        builder.position_at_end(after)
        builder.store(added, target, align=8)
        return builder.extract_element(counted_, ir.IntType(32)(0))

    return types.int64(types.int64, types.int64, types.int64), build


_sums: Any = intrinsic(_sums_of_spans)


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
            _block(w, q)
            if q.last <= w.horizon:
                _commit(w, q)
                _shift(q, BLOCK)
                continue
            _keep(w, q, False)
            q.plain = 0
        i = 0
        while going and i < BLOCK:
            going = _part(w, q, i)
            i += 1
        _shift(q, i)
    _outside(w, q)
    if w.status == DONE:
        _end(w, q)


@compiled
def _begin(w: Any, q: Any) -> None:
    """First failures, as `kernel` draws them."""
    for k in range(q.cells):
        cell = _cell(q.cell, k)
        for m in range(cell.mode0, cell.mode0 + cell.modes):
            modes(w, m).due = draw(w, modes(w, m).between)
        _first_due(w, cell)
    if q.arrivals >= 0:
        q.arrived = draw(w, q.arrivals)


@inlined
def _first_due(w: Any, cell: Any) -> None:
    cell.due = np.inf
    for m in range(cell.mode0, cell.mode0 + cell.modes):
        if modes(w, m).calendar == 0 and modes(w, m).due < cell.due:
            cell.due = modes(w, m).due


@inlined
def _within(w: Any, q: Any) -> Any:
    """Whether every span to come begins in the window."""
    for k in range(q.cells):
        cell = _cell(q.cell, k)
        if cell.free <= w.warmup or (cell.work == 1 and cell.ended <= w.warmup):
            return False
    return True


@compiled
def _copy(target: Any, source: Any, n: Any) -> None:
    for i in range(n):
        _put(target, i, _get(source, i))


@inlined
def _keep(w: Any, q: Any, now: Any) -> None:
    """Keep what a block changes, or have it back."""
    a, b, c = q.cells * _CELL_WORDS, q.n_modes, q.n_streams
    for part in range(3):
        table = q.cell if part == 0 else (q.modes if part == 1 else q.streams)
        spare = q.spare + 8 * (0 if part == 0 else (a if part == 1 else a + b))
        n = a if part == 0 else (b if part == 1 else c)
        _copy(spare if now else table, table if now else spare, n)
    if now:
        _put(q.spare, a + b + c, q.arrived)
    else:
        q.arrived = _get(q.spare, a + b + c)


@compiled
def _shift(q: Any, n: Any) -> None:
    """Make the last parts the past of the next block."""
    q.parts += n
    for k in range(q.cells):
        row = q.spans + 24 * k * q.row
        _copy(row, row + 24 * n, 3 * q.back)
        row = q.gone + 8 * k * q.row
        _copy(row, row + 8 * n, q.back)


@compiled
def _exponentials(target: Any, n: Any, key: Any, mean: Any) -> None:
    """n exponential times from draws key + 1 ... of a stream on; two loops, for each fits the processor's window."""
    z = key
    for i in range(n):
        z += _GOLDEN
        _put(target, i, unit(hashed(z)))
    for i in range(n):
        _put(target, i, -mean * log(_get(target, i)))


@compiled
def _fill(w: Any, q: Any, k: Any, target: Any) -> None:
    """Process times of a block at station k."""
    if q.n_products == 1:
        stream = _whole(q.job, _whole(q.jobs, 2 * k))
        s = streams(w, stream)
        if s.kind == 1:
            _exponentials(target, BLOCK, s.key + np.uint64(s.n) * _GOLDEN, s.a)
            s.n += BLOCK
        else:
            for i in range(BLOCK):
                _put(target, i, draw(w, stream))
    else:
        for i in range(BLOCK):
            at = 2 * (k * q.n_products + _whole(q.kinds, i))
            _put(target, i, draw(w, _whole(q.job, _whole(q.jobs, at))))


@compiled
def _block(w: Any, q: Any) -> None:
    """A block of parts within the window, through a plain row: when parts start and are done, then the spans."""
    for i in range(BLOCK):
        _put_whole(q.kinds, i, _product(w, q))
    for k in range(q.cells):
        _cell(q.cell, k).booked = 0
        row = q.times + 8 * k * q.stride
        if _cell(q.cell, k).work == 1:
            _fill(w, q, k, row)
        else:
            for i in range(BLOCK):
                _put(row, i, 0.0)
    size, stride, first = 24 * q.row, 8 * q.stride, q.spans + 24 * q.back
    cell_0, cells = q.cell, q.cells
    start = done = 0.0
    for i in range(BLOCK):
        there = 0.0
        if q.arrivals >= 0:
            there = q.arrived
            _put(q.entered, q.parts + i, there)
            q.arrived = there + draw(w, q.arrivals)
        spans, times, at = first + 24 * i, q.times + 8 * i, cell_0
        end = cell_0 + cells * _CELL_BYTES
        while at < end:
            while at < end:
                cell = _cell(at, 0)
                free = _get(spans, -1)
                time = _get(times, 0)
                start = there if there > free else free
                done = start + time
                if start + (cell.due - cell.worked) < done:
                    break
                cell.worked += time
                room = _get(spans + cell.room, 0)
                there = done if done > room else room
                _put(spans, 0, start)
                _put(spans, 1, done)
                _put(spans, 2, there)
                spans += size
                times += stride
                at += _CELL_BYTES
            if at < end:
                there = _stopped(w, at, spans, i, start, _get(times, 0))
                spans += size
                times += stride
                at += _CELL_BYTES
        there += _cell(cell_0, cells - 1).transit
        departures(w, q.left + i).time = there
        q.last = there
    for k in range(q.cells):
        cell = _cell(q.cell, k)
        _book(cell_0 + k * _CELL_BYTES, first + k * size, BLOCK)
        cell.ended, cell.free = _get(first + k * size, 3 * BLOCK - 2), _get(first + k * size, 3 * BLOCK - 1)
    if q.arrivals < 0:
        for i in range(BLOCK):
            _put(q.entered, q.parts + i, _get(first, 3 * i + 2 * q.late))


@inlined
def _book(at: Any, spans: Any, end: Any) -> None:
    """Add the spans of the block's parts up to `end` to the time in each state."""
    cell = _cell(at, 0)
    if end > cell.booked:
        periods = _sums(at + _STARVED, spans + 24 * cell.booked, end - cell.booked)
        if cell.work == 1:
            cell.periods += periods
    cell.booked = end + 1


@compiled
def _stopped(w: Any, at: Any, spans: Any, i: Any, start: Any, time: Any) -> Any:
    """Part i of a block at one station where a failure interrupts its work: when it goes on."""
    cell = _cell(at, 0)
    _book(at, spans - 24 * i, i)
    cell.starved += start - _get(spans, -1)
    cell.ended = _get(spans, -2)
    _active(w, cell, start)
    cell.since = start
    done = _work(w, cell, start, time)
    cell.working += done - cell.since
    there = max(done, _get(spans + cell.room, 0))
    cell.blocked += there - done
    _put(spans, 0, start)
    _put(spans, 1, done)
    _put(spans, 2, there)
    return there


@inlined
def _product(w: Any, q: Any) -> Any:
    m = q.mix0
    if q.mix1 - m > 1:
        u = uniform(w, q.mix)
        while m < q.mix1 - 1 and u >= mixes(w, m).cumulative:
            m += 1
    return mixes(w, m).product


@compiled
def _commit(w: Any, q: Any) -> None:
    """Count a block that has left within the window."""
    for i in range(BLOCK):
        _leaves(w, q, q.parts + i, _whole(q.kinds, i), departures(w, q.left).time)
    for k in range(q.cells):
        cell = _cell(q.cell, k)
        if cell.link >= 0:
            links(w, cell.link).moved += BLOCK
        if cell.work == 1 and q.n_products == 1:
            streams(w, _whole(q.job, _whole(q.jobs, 2 * k))).done += BLOCK
        elif cell.work == 1:
            for i in range(BLOCK):
                at = 2 * (k * q.n_products + _whole(q.kinds, i))
                streams(w, _whole(q.job, _whole(q.jobs, at))).done += 1


@inlined
def _leaves(w: Any, q: Any, number: Any, product: Any, now: Any) -> None:
    entered = _get(q.entered, number)
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
def _work(w: Any, cell: Any, start: Any, left: Any) -> Any:
    """When work (s) is done that begins at `start`, with the failures that come between; as `servers` does it."""
    now = start
    while True:
        time, ring = now + left, -1
        for m in range(cell.mode0, cell.mode0 + cell.modes):
            mode = modes(w, m)
            due = mode.due + cell.down if mode.calendar == 1 else now + (mode.due - cell.worked)
            if due < time:
                time, ring = max(due, now), m
        if ring < 0:
            cell.worked += left
            return time
        mode = modes(w, ring)
        spent = time - now
        left = max(0.0, left - spent)
        cell.worked = cell.worked + spent if mode.calendar == 1 else mode.due
        cell.working += counted(w, cell.since, time)
        now = _down(w, cell, mode, time)
        _first_due(w, cell)


@inlined
def _down(w: Any, cell: Any, mode: Any, now: Any) -> Any:
    """A failure at `now`: when it is repaired."""
    mode.due = (now - cell.down if mode.calendar == 1 else cell.worked) + draw(w, mode.between)
    repair = draw(w, mode.repair)
    cell.down += repair
    cell.since = now + repair
    cell.failed += counted(w, now, cell.since)
    return cell.since


@inlined
def _active(w: Any, cell: Any, now: Any) -> None:
    """As `parts.active`."""
    if w.horizon > now > cell.ended + AT_ONCE_S:
        cell.periods = cell.periods + 1 if cell.ended > w.warmup else 1


@compiled
def _wait(w: Any, cell: Any, start: Any, end: Any, blocked: Any) -> Any:
    """The server has nothing to do from start to end but to fail by the calendar: when it is ready for more."""
    now = start
    while cell.calendar == 1:
        due, ring = np.inf, -1
        for m in range(cell.mode0, cell.mode0 + cell.modes):
            if modes(w, m).calendar == 1 and modes(w, m).due + cell.down < due:
                due, ring = max(modes(w, m).due + cell.down, now), m
        if due > end or due > w.horizon:
            break
        _idle(w, cell, now, due, blocked)
        _active(w, cell, due)
        now = _down(w, cell, modes(w, ring), due)
        cell.ended = now
        end = max(end, now)
    _idle(w, cell, now, end, blocked)
    return end


@inlined
def _idle(w: Any, cell: Any, start: Any, end: Any, blocked: Any) -> None:
    if blocked:
        cell.blocked += counted(w, start, end)
    else:
        cell.starved += counted(w, start, end)


@compiled
def _part(w: Any, q: Any, i: Any) -> Any:
    """Part i of a block through the row, cut to the window. False when it starts after the horizon: no more follow."""
    product = _product(w, q)
    number, horizon = q.parts + i, w.horizon
    there, entered = 0.0, -1.0
    if q.arrivals >= 0:
        there = entered = q.arrived
        q.arrived = there + draw(w, q.arrivals)
    place, going = -1, True
    for k in range(q.cells):
        cell = _cell(q.cell, k)
        at = i + q.back + k * q.row
        spans, gone = q.spans + 24 * at, q.gone + 8 * at
        begin = max(there, cell.free)
        start = _wait(w, cell, cell.free, begin, False)
        if k == 0:
            going = start <= horizon
            if q.arrivals < 0 and q.late == 0:
                entered = start
        if there <= horizon < start:
            place = _at_station(w, cell, _QUEUE if k > 0 else _OUTSIDE)
        done = start
        job = _whole(q.jobs, 2 * (k * q.n_products + product))
        end = _whole(q.jobs, 2 * (k * q.n_products + product) + 1)
        busy = False
        while job < end:
            stream = _whole(q.job, job)
            time = draw(w, stream)
            if cell.doors == 1:
                if not busy:
                    time += cell.closing
                if job == end - 1:
                    time += cell.opening
            if time > 0.0:
                if not busy:
                    _active(w, cell, start)
                    cell.since, busy = start, True
                done = _work(w, cell, done, time)
            if w.warmup < done <= horizon:
                streams(w, stream).done += 1
            job += 1
        if busy:
            cell.working += counted(w, cell.since, done)
            cell.ended = done
            if start <= horizon < done:
                place = w.n_links + 3 * w.n_stations + cell.server
        there = max(done, _get(spans + cell.room, 0))
        _put(gone, 0, there)
        release = max(done, _get(gone, -cell.out))
        if done <= horizon < there:
            place = _at_station(w, cell, _READY)
        cell.free = _wait(w, cell, done, release, True)
        _put(spans, 1, cell.ended)
        _put(spans, 2, release)
        if k == 0 and q.arrivals < 0 and q.late == 1:
            entered = there
        if cell.link >= 0:
            if there <= horizon < there + cell.transit:
                place = cell.link
            there += cell.transit
            if w.warmup < there <= horizon:
                links(w, cell.link).moved += 1
    _put(q.entered, number, entered)
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
    if _whole(q.count, place) == 0:
        _put_whole(q.first, place, number)
    _put_whole(q.count, place, _whole(q.count, place) + 1)


@inlined
def _outside(w: Any, q: Any) -> None:
    """Parts that have come and wait outside when the run ends."""
    while q.arrivals >= 0 and q.arrived <= w.horizon:
        if q.parts >= q.room:
            w.status = LOG_FULL
            return
        _put(q.entered, q.parts, q.arrived)
        _stands(q, q.parts, _at_station(w, _cell(q.cell, 0), _OUTSIDE))
        q.parts += 1
        q.arrived += draw(w, q.arrivals)


@compiled
def _end(w: Any, q: Any) -> None:
    """Book what is left into the run's records."""
    w.entered = q.parts
    while w.entered > 0 and _get(q.entered, w.entered - 1) > w.horizon:
        w.entered -= 1
    _inventory(w, q)
    for place in range(q.n_places):
        first = _whole(q.first, place)
        for number in range(first, first + _whole(q.count, place)):
            w.sojourn += counted(w, _get(q.entered, number), w.horizon)
            w.inside_found += 1
    for v in range(w.n_servers):
        servers(w, v).in_starved = w.horizon - w.warmup
    for k in range(q.cells):
        cell = _cell(q.cell, k)
        server = servers(w, cell.server)
        server.in_starved, server.in_working, server.in_blocked = cell.starved, cell.working, cell.blocked
        server.in_down, server.periods, server.ended = cell.failed, cell.periods, cell.ended
    w.logged = q.left


@inlined
def _inventory(w: Any, q: Any) -> None:
    """Parts in the line, over time: those that enter and those that leave, merged.

    Which comes first nobody can foretell, so there is no branch: times from 0 on are ordered as their bits are.
    """
    _put(q.entered, w.entered, np.inf)
    departures(w, q.left).time = np.inf
    inside, since, area = 0.0, w.warmup, 0.0
    comes, goes = q.entered, q.log
    for _ in range(w.entered + q.left):
        now = min(_get(comes, 0), _get(goes, 0))
        leaves = (_whole(goes, 0) - _whole(comes, 0)) >> 63  # -1 or 0
        comes += 8 + 8 * leaves
        goes -= _ROW_BYTES * leaves
        now = now if now > since else since
        area += inside * (now - since)
        since = now
        inside += 1 + 2 * leaves
    w.wip_area = area + inside * counted(w, since, w.horizon)
    w.inside = int(inside)
