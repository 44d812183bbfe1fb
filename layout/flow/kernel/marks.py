"""What is to be looked at again: nothing conditional happens at once, but when all that is due at the instant is done.

A station gets a mark, in one bit of `marks` for each thing that it may do; `todo` says what there is to do at all. Then
the order in which clocks ring does not matter. Arms and vehicles share their bits of `looks` if there are many.
"""

from __future__ import annotations

from typing import Any

from layout.flow.kernel.jit import apart, inlined
from layout.flow.kernel.records import FEED, PUSH, START
from layout.flow.kernel.tables import marks, set_marks, stations


@inlined
def _mark(w: Any, kind: Any, s: Any) -> None:
    i = kind * w.n_words + (s >> 6)
    set_marks(w, i, marks(w, i) | 1 << (s & 63))
    w.todo |= 1 << kind


@inlined
def mark_start(w: Any, s: Any) -> None:
    """Station s may have a server free and a part for it."""
    _mark(w, START, s)


@inlined
def mark_feed(w: Any, s: Any) -> None:
    """Station s may have room for what waits to get in by belt or link."""
    if stations(w, s).fed == 1:
        _mark(w, FEED, s)


@inlined
def mark_push(w: Any, s: Any) -> None:
    """Station s may have a finished part that can move on by belt or link, or go on there."""
    if stations(w, s).pushes == 1:
        _mark(w, PUSH, s)


@inlined
def mark_arms(w: Any, s: Any) -> None:
    """A part is ready at station s, or there is room: arms and fleets may have a task."""
    w.looks |= stations(w, s).arms


@inlined
def may_go_on(w: Any) -> Any:
    """Whether there may be anything to do at this instant."""
    return w.todo | (w.looks & w.waiting) != 0


@apart
def wake(w: Any) -> None:
    """Finished parts that a rule held back may go on: wherever they stand, they are looked at again."""
    w.todo |= w.befores
    for s in range(w.n_stations):
        if stations(w, s).ready_head >= 0:
            mark_push(w, s)
    w.looks = -1
