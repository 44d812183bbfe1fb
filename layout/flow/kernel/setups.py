"""Set-ups between products: which part a server takes next, and how long it takes to change over to it."""

from __future__ import annotations

from typing import Any

from layout.flow.kernel.draws import draw
from layout.flow.kernel.jit import compiled, inlined
from layout.flow.kernel.tables import changes, parts, servers, stations


@inlined
def change_over_s(w: Any, v: Any, product: Any) -> Any:
    """Time (s) that server v is to be set up for a product; where it needs none, it is ready for it at once."""
    server = servers(w, v)
    if server.last == product:
        return 0.0
    station = stations(w, server.station)
    if server.last >= 0 and station.setups >= 0:
        stream = changes(w, station.setups + server.last, product)
        if stream >= 0:
            time = draw(w, stream)
            if time > 0.0:
                return time
    changed_over(w, v, product)
    return 0.0


@inlined
def changed_over(w: Any, v: Any, product: Any) -> None:
    """Server v is set up for a product."""
    servers(w, v).last, servers(w, v).row = product, 0


@inlined
def next_in_row(w: Any, v: Any) -> None:
    """Server v begins one more part of the product that it is set up for."""
    servers(w, v).row += 1


@inlined
def _found(w: Any, p: Any, product: Any, same: Any) -> Any:
    """The first part of the queue from p on that is of the product, or that is not; and the one before it."""
    before = -1
    while p >= 0 and (parts(w, p).product == product) != same:
        before, p = p, parts(w, p).next
    return before, p


@compiled
def bring_forward(w: Any, v: Any) -> None:
    """Put the part that server v takes next at the head of its station's queue: one more of the same product until
    the batch is full, then one of another; if there is none of these, the queue stays as it is."""
    server = servers(w, v)
    station = stations(w, server.station)
    if server.last < 0:
        return
    same = server.row < station.batch
    before, p = _found(w, station.queue_head, server.last, same)
    if p >= 0:
        if before < 0:
            return
        parts(w, before).next = parts(w, p).next
        if station.queue_tail == p:
            station.queue_tail = before
    else:
        if station.used >= station.places:
            return
        before, p = _found(w, station.outside_head, server.last, same)
        if p < 0:
            return
        if before >= 0:
            parts(w, before).next = parts(w, p).next
        else:
            station.outside_head = parts(w, p).next
        if station.outside_tail == p:
            station.outside_tail = before
        station.used += 1
        station.load += 1
        if station.queue_head < 0:
            station.queue_tail = p
    parts(w, p).next = station.queue_head
    station.queue_head = p
