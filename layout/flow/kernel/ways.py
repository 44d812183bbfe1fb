"""Belts and links: who may enter, who is let into a station that has room, and where a part with a choice goes."""

from __future__ import annotations

from typing import Any

import numpy as np

from layout.flow.kernel.bits import rarely
from layout.flow.kernel.clocks import due, set_clock
from layout.flow.kernel.inlets import expect, has_place, take_place
from layout.flow.kernel.jit import compiled, inlined
from layout.flow.kernel.marks import mark_push
from layout.flow.kernel.parts import append, counted, note, tell
from layout.flow.kernel.places import arrive, choose, crowd, depart, reserve, stay
from layout.flow.kernel.records import AT_BELT, AT_LINK, AT_TARGET, CAME, ON_BELT, PASS, T_TRANSIT, T_WAITING
from layout.flow.kernel.tables import able, belts, hop, hops, links, parts, service, stations, steps, when


@inlined
def link_send(w: Any, k: Any, p: Any, goal: Any) -> None:
    """A part leaves by link k; a link of no time puts it down at once."""
    link, part = links(w, k), parts(w, p)
    part.reach = hops(w, link.origin, goal) - 1
    choose(w, p, goal)
    reserve(w, p, link.target, goal)
    depart(w, p, link.origin)
    if link.time > 0.0:
        part.due = w.now + link.time
        if link.head < 0:
            set_clock(w, link.clock, part.due)
        link.head, link.tail = append(w, link.head, link.tail, p)
        if rarely(w.tracing == 1):
            note(w, w.now, part.due, AT_LINK, k, T_TRANSIT, p, link.origin, link.target)
    else:
        if w.now > w.warmup:
            link.moved += 1
        if rarely(w.tracing == 1):
            tell(w, w.now, w.now, CAME, link.target, CAME, p, link.origin, link.target)
        arrive(w, p, link.target)


@inlined
def link_arrive(w: Any, k: Any) -> None:
    """The first part on link k comes to its target."""
    link = links(w, k)
    p = link.head
    link.head = parts(w, p).next
    if link.head < 0:
        link.tail = -1
    set_clock(w, link.clock, parts(w, link.head).due if link.head >= 0 else np.inf)
    if w.now > w.warmup:
        link.moved += 1
    arrive(w, p, link.target)


@inlined
def belt_enter(w: Any, k: Any, p: Any, goal: Any) -> None:
    """A part is put on belt k."""
    belt, part = belts(w, k), parts(w, p)
    part.reach = hops(w, belt.origin, goal) - 1
    choose(w, p, goal)
    if part.kept == ON_BELT:
        belt.kept -= 1
    else:
        part.goal = goal
        expect(w, p, goal, 1)
    depart(w, p, belt.origin)
    part.due = due(w, w.now + belt.transit)
    belt.free_in = due(w, w.now + belt.spacing)
    if belt.count == 0:
        belt.in_empty += counted(w, belt.since_empty, w.now)
        set_clock(w, belt.clock_out, max(part.due, belt.free_out))
    belt.count += 1
    belt.head, belt.tail = append(w, belt.head, belt.tail, p)
    if rarely(w.tracing == 1):
        note(w, w.now, part.due, AT_BELT, k, T_TRANSIT, p, belt.origin, belt.target)


@inlined
def belt_leave(w: Any, k: Any) -> None:
    """The first part on belt k moves into its target station, which has room."""
    belt = belts(w, k)
    p = belt.head
    part = parts(w, p)
    if rarely(w.tracing == 1):
        tell(w, part.due, w.now, AT_BELT, k, T_WAITING, p, belt.origin, belt.target)
    belt.in_blocked += counted(w, belt.since_blocked, w.now)
    belt.waiting = 0
    belt.head = part.next
    belt.free_out = w.now + belt.spacing
    belt.count -= 1
    w.todo |= w.befores
    if belt.head >= 0:
        set_clock(w, belt.clock_out, max(parts(w, belt.head).due, belt.free_out))
    else:
        belt.tail = -1
        belt.since_empty = w.now
    if w.now > w.warmup:
        belt.moved += 1
    take_place(w, p, belt.target)
    arrive(w, p, belt.target)
    mark_push(w, belt.origin)


@inlined
def _send_kept(w: Any, s: Any, p: Any) -> Any:
    """Put a part for which a place is kept on the belt, or on a link to the station, where that is."""
    part = parts(w, p)
    if part.kept == ON_BELT:
        belt = belts(w, part.kept_at)
        if w.now >= belt.free_in:
            belt_enter(w, part.kept_at, p, part.goal)
            return True
        if when(w, belt.clock_in) != belt.free_in:
            set_clock(w, belt.clock_in, belt.free_in)
        return False
    k = stations(w, s).links_out
    while k >= 0:
        if links(w, k).target == part.kept_at:
            link_send(w, k, p, part.goal)
            return True
        k = links(w, k).next_out
    return False


@compiled
def send(w: Any, s: Any, p: Any) -> Any:
    """Put a finished part of station s on a belt or link, towards the station with the shortest queue for its servers.

    A belt that is only waiting for its spacing is asked again when that is over. True if the part went.
    """
    part, now = parts(w, p), w.now
    if part.kept >= AT_TARGET:
        return _send_kept(w, s, p)
    step = steps(w, part.step)
    best_load, best_goal, best_belt, best_link = np.inf, -1, -1, -1
    for i in range(step.able0, step.able1):
        goal = able(w, i)
        b = hop(w, s, goal)
        if b < 0 or hops(w, s, goal) > part.reach:
            continue
        load = crowd(w, p, step, s, goal)
        if load >= best_load:
            continue
        k = stations(w, s).belts_out
        while k >= 0:
            belt = belts(w, k)
            if belt.target == b and belt.count + belt.kept < belt.capacity:
                if now >= belt.free_in:
                    best_load, best_goal, best_belt, best_link = load, goal, k, -1
                    break
                if when(w, belt.clock_in) != belt.free_in:
                    set_clock(w, belt.clock_in, belt.free_in)
            k = belt.next_out
        if best_goal == goal or not has_place(w, p, b):
            continue
        k = stations(w, s).links_out
        while k >= 0:
            if links(w, k).target == b:
                best_load, best_goal, best_belt, best_link = load, goal, -1, k
                break
            k = links(w, k).next_out
    if best_belt >= 0:
        belt_enter(w, best_belt, p, best_goal)
    elif best_link >= 0:
        link_send(w, best_link, p, best_goal)
    return best_goal >= 0


@compiled
def push(w: Any, s: Any) -> None:
    """Finished parts of station s, in the order they became so, leave by belt or link if they can."""
    p = stations(w, s).ready_head
    while p >= 0:
        following = parts(w, p).next
        if parts(w, p).claimed == 0:
            if service(w, s, parts(w, p).step) != PASS:
                stay(w, p, s)
            else:
                send(w, s, p)
        p = following


@inlined
def _wants(w: Any, p: Any, s: Any, target: Any) -> Any:
    """Whether the way of a part at station s can lead over `target`."""
    step = steps(w, parts(w, p).step)
    for i in range(step.able0, step.able1):
        goal = able(w, i)
        near = hop(w, s, goal) == target and hops(w, s, goal) <= parts(w, p).reach
        if near and (step.rule == 0 or crowd(w, p, step, s, goal) < np.inf):
            return True
    return False


@compiled
def feed(w: Any, s: Any) -> None:
    """Fill the room at station s from belts and links: who has waited longest comes first, ties by order."""
    station = stations(w, s)
    while True:
        oldest, from_belt, from_link, first = np.inf, -1, -1, -1
        k = station.belts_in
        while k >= 0:
            belt = belts(w, k)
            if belt.waiting == 1 and belt.since_blocked < oldest and has_place(w, belt.head, s):
                oldest, from_belt = belt.since_blocked, k
            k = belt.next_in
        k = station.links_in
        while k >= 0:
            origin = links(w, k).origin
            p = stations(w, origin).ready_head
            while p >= 0:
                if (
                    parts(w, p).claimed == 0
                    and parts(w, p).ready < oldest
                    and _wants(w, p, origin, s)
                    and has_place(w, p, s)
                ):
                    oldest, from_belt, from_link, first = parts(w, p).ready, -1, k, p
                    break
                p = parts(w, p).next
            k = links(w, k).next_in
        if from_belt >= 0:
            belt_leave(w, from_belt)
        elif from_link < 0 or not send(w, links(w, from_link).origin, first):
            return
