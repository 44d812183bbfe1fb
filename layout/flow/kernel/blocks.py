"""A block of parts through a plain row, four stations at a time: they lie in the lanes of vector registers.

A lane has so many stations, one after the other, its slots; the first station of a lane follows the last one of the
lane before. A step takes one part through each lane, each lane a part behind the one before it, slot by slot: what slot
s does in all lanes hangs on nothing but slot s - 1, the step before and what is long past. (A wavefront; Lamport, "The
parallel execution of DO loops", Communications of the ACM 17, 1974.)

`moments` has a row for each step: when the stations released their servers, slots 1, 2 ... and then slot 0, each with
its lanes, and zeros, so that even what the last slot looks at, slot 0 of the next lane, lies side by side. Lanes that
have no station (left) take parts in time -inf: their moments stay 0, the other figures mean nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from layout.flow.kernel.bits import lowest_of
from layout.flow.kernel.draws import draw, uniform
from layout.flow.kernel.jit import compiled, inlined
from layout.flow.kernel.lanes import (
    add_four,
    cell_at,
    count_late,
    gather,
    get,
    get_four,
    in_lane,
    larger,
    less,
    put,
    put_four,
    put_whole,
    shift_in,
    transpose,
    whole,
)
from layout.flow.kernel.parts import counted
from layout.flow.kernel.records import BLOCK, LANES, LEFT, SLOT
from layout.flow.kernel.streams import GOLDEN
from layout.flow.kernel.tables import departures, links, mixes, products, streams
from layout.flow.kernel.uptime import active, exponentials, work

_GOLDEN = np.uint64(GOLDEN)
SLOT_BYTES = SLOT.itemsize
EARLIER = LANES - 1  # parts whose products are kept from the block before
_DRAWN = 8 * (BLOCK + LANES)  # bytes of a lane's draws
_ROOM, _PERIODS, _FREE, _DUE, _WORKED, _ENDED, _STARVED, _WORKING, _BLOCKED = (
    SLOT.fields[name][1]  # type: ignore[index]
    for name in ("room", "periods", "free", "due", "worked", "ended", "starved", "working", "blocked")
)


@inlined
def station(q: Any, k: Any) -> Any:
    """Station k of the row."""
    return cell_at(q.cell + whole(q.order, k))


@inlined
def moment(q: Any, cell: Any, i: Any) -> Any:
    """The address of when part i of the block released its server at a station."""
    return q.moments + q.wide * (i + q.back) + cell.at


@inlined
def product_of(w: Any, q: Any) -> Any:
    """The product of the next part, drawn from the mix."""
    m = q.mix0
    if q.mix1 - m > 1:
        u = uniform(w, q.mix)
        while m < q.mix1 - 1 and u >= mixes(w, m).cumulative:
            m += 1
    return mixes(w, m).product


@compiled
def block(w: Any, q: Any) -> Any:
    """Take BLOCK parts through the row; lanes that do not lag behind one another yet do so afterwards.

    Whether all that happened lies within the window; what comes after it is not cut off.
    """
    if q.mix1 - q.mix0 > 1:
        for i in range(BLOCK):
            put_whole(q.kinds, EARLIER + i, product_of(w, q))
    if q.arrivals >= 0:
        for i in range(BLOCK):
            put(q.entered, q.parts + i, q.arrived)
            q.arrived += draw(w, q.arrivals)
    _fill(w, q)
    _steps(w, q)
    row = q.moments + q.wide * (q.back + BLOCK - 1)
    for slot in range(q.slots):
        at = q.cell + slot * SLOT_BYTES
        put_four(at + _FREE, get_four(row + cell_at(at).at))
    first, last = station(q, 0), station(q, q.cells - 1)
    if q.arrivals < 0:
        _enter(q.entered + 8 * q.parts, moment(q, first, q.late - 1), q.wide)
    latest = last.free + last.transit
    for k in range(q.cells):
        latest = max(latest, station(q, k).free)
    return latest <= w.horizon


@inlined
def _enter(entered: Any, moments: Any, wide: Any) -> None:
    """Parts enter the line as the first station takes them, or as it lets them go."""
    for i in range(BLOCK):
        put(entered, i, get(moments + wide * i, 0))


@compiled
def _fill(w: Any, q: Any) -> None:
    """Process times of a block, a row for each step. `draws` are constant where there is no station, or no work."""
    for k in range(q.cells):
        if station(q, k).work == 1:
            _draw(w, q, k, q.draws + k * _DRAWN)
    wide = 8 * LANES * q.slots
    for slot in range(q.slots):
        _spread(q.draws + slot * _DRAWN, q.slots * _DRAWN, q.times + 8 * LANES * slot, wide)


@inlined
def _spread(draws: Any, apart: Any, times: Any, wide: Any) -> None:
    for i in range(0, BLOCK, LANES):
        transpose(draws + 8 * i, apart, times + wide * i, wide)


@inlined
def _draw(w: Any, q: Any, k: Any, target: Any) -> None:
    """Process times of a block at station k; as long as lanes do not lag, it has no parts in the first steps."""
    lane = k // q.slots
    none = 0 if q.skewed == 1 else lane
    if q.n_products == 1:
        stream = whole(q.job, whole(q.jobs, 2 * k))
        s = streams(w, stream)
        if s.kind == 1:
            exponentials(target + 8 * none, BLOCK, s.key + np.uint64(s.n) * _GOLDEN, s.a)
            s.n += BLOCK - none
        else:
            for i in range(none, BLOCK):
                put(target, i, draw(w, stream))
    else:
        for i in range(none, BLOCK):
            put(target, i, draw(w, _stream(q, k, i - lane)))


@inlined
def _stream(q: Any, k: Any, i: Any) -> Any:
    """The process-time stream of part i of the block at station k."""
    return whole(q.job, whole(q.jobs, 2 * (k * q.n_products + whole(q.kinds, EARLIER + i))))


@compiled
def _steps(w: Any, q: Any) -> None:
    """What happens to a block, and the time in each state."""
    begin, wide, times = q.cell, q.wide, q.times
    end = begin + q.slots * SLOT_BYTES
    row = q.moments + wide * q.back
    there = get_four(row - wide + cell_at(end - SLOT_BYTES).at)
    arrivals, entered = q.arrivals >= 0, q.entered + 8 * q.parts
    entry = 0 if q.skewed == 1 else q.lag
    for i in range(BLOCK):
        there = shift_in(there, get(entered, i) if arrivals else 0.0)
        at = begin
        while at < end:
            cell = cell_at(at)
            here = row + cell.at
            time, free, worked = get_four(times), get_four(here - wide), get_four(at + _WORKED)
            start = larger(there, free)
            done = start + time
            if i < entry:
                put_four(q.coming, there)
                _enters(w, q, at, here, times, i + 1)
                there = get_four(here)
            else:
                spent, total = done - start, worked + time
                fail = less(start + (get_four(at + _DUE) - worked), done)
                if fail != 0:
                    put_four(q.coming, start)
                    while fail != 0:
                        lane = lowest_of(fail)
                        fail &= fail - 1
                        one = cell_at(at + 8 * lane)
                        one.since = get(q.coming, lane)
                        end_s = work(w, one, one.since, get(times, lane))
                        done = in_lane(done, lane, end_s)
                        spent = in_lane(spent, lane, end_s - one.since)
                        total = in_lane(total, lane, one.worked)
                room = get_four(here + cell.room) if cell.even == 1 else gather(here, at + _ROOM)
                there = larger(done, room)
                put_four(here, there)
                put_four(at + _WORKED, total)
                add_four(at + _STARVED, start - free)
                add_four(at + _WORKING, spent)
                add_four(at + _BLOCKED, there - done)
                count_late(at + _PERIODS, start, get_four(at + _ENDED))
                put_four(at + _ENDED, done)
            times += 8 * LANES
            at += SLOT_BYTES
        row += wide


@compiled
def _enters(w: Any, q: Any, at: Any, here: Any, times: Any, lanes: Any) -> None:
    """One slot in one of the first steps, when parts have come to its first lanes only."""
    for lane in range(lanes):
        cell, place = cell_at(at + 8 * lane), here + 8 * lane
        there, free = get(q.coming, lane), get(place - q.wide, 0)
        start = there if there > free else free
        cell.starved += start - free
        active(w, cell, start)
        cell.since = start
        done = work(w, cell, start, get(times, lane))
        cell.working += done - cell.since
        room = get(place + cell.room, 0)
        released = done if done > room else room
        cell.blocked += released - done
        cell.ended = done
        put(place, 0, released)


@compiled
def commit(w: Any, q: Any) -> None:
    """Count what a block has done, which lies within the window."""
    last = station(q, q.cells - 1)
    none = 0 if q.skewed == 1 else q.lag
    wide, kinds = q.wide, q.kinds + 8 * EARLIER
    lead, sojourn, left = w.lead, w.sojourn, q.left
    place, transit, entered = moment(q, last, 0), last.transit, q.entered + 8 * q.parts
    for i in range(none - q.lag, BLOCK - q.lag):
        now, came = get(place + wide * i, 0) + transit, get(entered, i)
        lead += now - came
        sojourn += counted(w, came, now)
        row = departures(w, left)
        left += 1
        row.product, row.kind = whole(kinds, i), LEFT
        row.time, row.lead, row.late = now, now - came, -np.inf
    w.lead, w.sojourn, q.left = lead, sojourn, left
    w.left += BLOCK - none
    w.left_counted += BLOCK - none
    if q.n_products == 1:
        products(w, whole(kinds, 0)).left += BLOCK - none
    else:
        for i in range(none - q.lag, BLOCK - q.lag):
            products(w, whole(kinds, i)).left += 1
    for k in range(q.cells):
        cell, lane = station(q, k), k // q.slots
        none = 0 if q.skewed == 1 else lane
        if cell.link >= 0:
            links(w, cell.link).moved += BLOCK - none
        if cell.work == 0:
            cell.periods = 0  # parts only pass
        elif q.n_products == 1:
            streams(w, _stream(q, k, 0)).done += BLOCK - none
        else:
            for i in range(none - lane, BLOCK - lane):
                streams(w, _stream(q, k, i)).done += 1
    q.skewed = 1
