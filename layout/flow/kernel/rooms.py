"""Blocking other than after service: places kept before a part is begun, and parts worked on again that cannot leave.

Source: Dallery, Gershwin, "Manufacturing flow line systems", Queueing Systems 12, 1992 (blocking before service);
Perros, Queueing Networks with Blocking, 1994 (repetitive service).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from layout.flow.kernel.inlets import expect, has_place, take_place
from layout.flow.kernel.jit import compiled, inlined
from layout.flow.kernel.places import crowd, take_out, take_turn
from layout.flow.kernel.records import (
    AT_TARGET,
    BEGINNING,
    BLOCKED,
    FAR,
    IDLE,
    IN_BUFFER,
    LEAVE,
    MAY_KEEP,
    MAY_REPEAT,
    NEEDS_NONE,
    ON_BELT,
    PASS,
    ROUTING,
)
from layout.flow.kernel.servers import advance, go_on
from layout.flow.kernel.tables import (
    able,
    arms,
    belts,
    hop,
    links,
    loaded,
    local,
    parts,
    servers,
    service,
    stations,
    steps,
    streams,
)

_ROUND_ROBIN = ROUTING["round_robin"]


@compiled
def make_room(w: Any) -> None:
    """Places to servers that wait for one before they begin: by the time they began to wait, ties by order."""
    w.todo &= ~MAY_KEEP
    before, last = -np.inf, -1
    while True:
        following, since = -1, np.inf
        for v in range(w.n_servers):
            server = servers(w, v)
            if (
                server.state == BLOCKED
                and server.busy == BEGINNING
                and (server.since > before or (server.since == before and v > last))
                and server.since < since
            ):
                following, since = v, server.since
        if following < 0:
            return
        before, last = since, following
        if _keep(w, following):
            go_on(w, following)


@compiled
def _keep(w: Any, v: Any) -> Any:
    """Keep a place for the part of server v, for after its visit. True if there is one, or none is needed.

    Of the stations that can do its next operation the one with the fewest parts for its servers, among those with room
    on the way there, as for a part that is done.
    """
    server = servers(w, v)
    s, p = server.station, server.part
    part, station = parts(w, p), stations(w, s)
    number = part.step
    while service(w, s, number) >= 0:
        number += 1
    part.kept_step = number
    if service(w, s, number) != PASS:
        part.kept = NEEDS_NONE
        return True
    if station.places_out > 0:
        if station.out >= station.places_out:
            return False
        station.out += 1
        part.kept = IN_BUFFER
        return True
    now_at = part.step
    part.step = number
    found = _keep_further_on(w, s, p)
    part.step = now_at
    return found


@compiled
def _keep_further_on(w: Any, s: Any, p: Any) -> Any:
    """Keep a place on a belt or at a station, for a part of station s whose visit there is over in thought."""
    part = parts(w, p)
    step = steps(w, part.step)
    part.assigned, part.reach = -1, FAR
    best, best_goal, best_kind, best_at = np.inf, -1, NEEDS_NONE, -1
    for i in range(step.able0, step.able1):
        goal = able(w, i)
        b = hop(w, s, goal)
        if b < 0:
            continue
        load = crowd(w, p, step, s, goal)
        if load >= best:
            continue
        k = stations(w, s).belts_out
        while k >= 0:
            if belts(w, k).target == b and belts(w, k).count + belts(w, k).kept < belts(w, k).capacity:
                best, best_goal, best_kind, best_at = load, goal, ON_BELT, k
                break
            k = belts(w, k).next_out
        if best_goal == goal or not carried(w, s, b):
            continue
        if service(w, b, part.step) == LEAVE:
            best, best_goal, best_kind, best_at = load, goal, NEEDS_NONE, -1
        elif has_place(w, p, b):
            best, best_goal, best_kind, best_at = load, goal, AT_TARGET, b
    if best_goal < 0:
        return False
    part.kept, part.kept_at = best_kind, best_at
    if best_kind == ON_BELT:
        belts(w, best_at).kept += 1
    elif best_kind == AT_TARGET:
        take_place(w, p, best_at)
    if best_kind >= AT_TARGET:
        part.goal = best_goal
        expect(w, p, best_goal, 1)
        if step.rule == _ROUND_ROBIN:
            take_turn(w, step, best_goal)
    return True


@inlined
def carried(w: Any, s: Any, b: Any) -> Any:
    """Whether a link, an arm or a fleet leads from station s to station b."""
    k = stations(w, s).links_out
    while k >= 0:
        if links(w, k).target == b:
            return True
        k = links(w, k).next_out
    a = 0
    while a < w.n_arms:
        arm = arms(w, a)
        origin, target = local(w, a, s), local(w, a, b)
        if origin >= 0 and target >= 0 and loaded(w, arm.offset2 + origin * arm.n + target) < np.inf:
            return True
        a += arm.units
    return False


@compiled
def repeat(w: Any) -> None:
    """Servers that cannot give their finished part away, and no unit is on its way for it, work on it again."""
    w.todo &= ~MAY_REPEAT
    for s in range(w.n_stations):
        station = stations(w, s)
        if station.repeats == 1:
            for v in range(station.server0, station.server0 + station.servers):
                server = servers(w, v)
                if server.state == BLOCKED and server.busy == IDLE and server.part >= 0 and _can_repeat(w, v):
                    _again(w, v)


@inlined
def _can_repeat(w: Any, v: Any) -> Any:
    """Whether server v holds its part, nothing is on the way for it, and its operation neither joins nor releases."""
    server = servers(w, v)
    if server.did < 0:
        return False  # the part only passes through
    part = parts(w, server.part)
    plain = stations(w, server.station).joins == 0 and steps(w, server.did).begins < 0
    return plain and part.server == v and part.claimed == 0


@inlined
def _again(w: Any, v: Any) -> None:
    """Server v does its last operation once more: it counts as done once only."""
    server = servers(w, v)
    s, p = server.station, server.part
    part, station = parts(w, p), stations(w, s)
    take_out(w, p, s)
    server.held -= 1
    if w.now > w.warmup:
        streams(w, service(w, s, server.did)).done -= 1
        if part.step <= server.did:
            station.reworked -= 1
    part.step, part.again = server.did, 1
    if station.careful == 1:
        server.row -= 1
    advance(w, v)
