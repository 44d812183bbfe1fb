"""Places that are kept for parts not yet done."""

from __future__ import annotations

from typing import Any

from layout.flow.kernel.jit import apart
from layout.flow.kernel.marks import mark_arms, mark_feed, mark_push
from layout.flow.kernel.records import AT_TARGET, IN_BUFFER, JOIN, NOT_KEPT, ON_BELT
from layout.flow.kernel.tables import belts, inlets, parts, service, stations


@apart
def give_up_place(w: Any, p: Any, s: Any) -> None:
    """The part at station s does not need the place that was kept for it."""
    part = parts(w, p)
    if part.kept == IN_BUFFER:
        stations(w, s).out -= 1
    elif part.kept == AT_TARGET:
        role = service(w, part.kept_at, part.kept_step)
        if role <= JOIN:
            inlet = inlets(w, JOIN - role)
            if inlet.used == inlet.places:
                inlet.room_since = w.now
            inlet.used -= 1
        else:
            target = stations(w, part.kept_at)
            if target.used == target.places:
                target.room_since = w.now
            target.used -= 1
        mark_feed(w, part.kept_at)
        mark_arms(w, part.kept_at)
    elif part.kept == ON_BELT:
        belts(w, part.kept_at).kept -= 1
        mark_push(w, s)
    if part.kept >= AT_TARGET:
        role = service(w, part.goal, part.kept_step)
        if role <= JOIN:
            inlets(w, JOIN - role).load -= 1
        else:
            stations(w, part.goal).load -= 1
        part.goal = -1
    part.kept = NOT_KEPT
    w.todo |= w.befores
