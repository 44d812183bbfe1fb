"""What arms and vehicles do: one takes a waiting part by the dispatch rule, fetches it, carries it, waits there.

dispatch            end of pick                  end of place
|--empty_s--|-pick_s-|------loaded_s-----|-place_s-|
place at the target  place at the origin           part at the target, unit free
is reserved          is free

The vehicles of a fleet are units that share one dispatch rule and one table of times; an arm is a fleet of one. Before
either leg an arm may have to wait for the zones that it shares with others (`zones`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from layout.flow.kernel.bits import rarely
from layout.flow.kernel.clocks import due, set_clock
from layout.flow.kernel.inlets import has_place, room_since
from layout.flow.kernel.jit import compiled, inlined
from layout.flow.kernel.parts import active, counted, note
from layout.flow.kernel.places import arrive, choose, crowd, depart, reserve
from layout.flow.kernel.records import (
    ARM_CARRYING,
    ARM_COMING,
    ARM_FETCHING,
    ARM_HOMING,
    ARM_LOW,
    ARM_WAITING,
    AT_ARM,
    AT_TARGET,
    MAY_CHARGE,
    MAY_GRANT,
    MAY_WITHDRAW,
    ON_BELT,
    RULES,
    T_EMPTY,
    T_HANDLING,
    T_LOADED,
)
from layout.flow.kernel.tables import (
    able,
    arm_at,
    arm_of,
    arms,
    carried_to,
    empty,
    home,
    hops,
    inside,
    loaded,
    local,
    moved,
    parts,
    pick,
    place,
    set_moved,
    stations,
    steps,
    way_out,
)
from layout.flow.kernel.zones import carry_needs, claim, fetch_needs, give_up, granted, may_go_on, take

_FIRST_COME, _NEAREST = RULES["first_come"], RULES["nearest"]
_LONGEST_WAITING, _PULL = RULES["longest_waiting"], RULES["pull"]


@inlined
def _nearest_unit(w: Any, a: Any, s: Any) -> Any:
    """The unit without a task that is first at station s, of those led by a; -1 where none can come. And its time."""
    lead, row = arms(w, a), local(w, a, s)
    best, least = -1, np.inf
    for u in range(a, a + lead.units):
        if arms(w, u).state == ARM_WAITING:
            travel = empty_s(w, u, row)
            if travel < least:
                best, least = u, travel
    return best, least


@compiled
def dispatch(w: Any, a: Any) -> Any:
    """Send a waiting unit to the finished part that the rule puts first, if there is one with room at its target.

    a : first of the units that share their tasks; of those waiting, the one that is there first goes
    A request is made when the part is ready and its target has room. Ties: earlier request, earlier ready, order.
    True if one was sent.
    """
    arm = arms(w, a)
    best_p, best_from, best_to, best_goal, best_unit = -1, -1, -1, -1, -1
    best_1 = best_2 = best_3 = np.inf
    for i in range(arm.stops):
        s = arm_at(w, arm.offset + i)
        p = stations(w, s).ready_head
        unit, travel = a, 0.0
        if p >= 0 and (arm.units > 1 or arm.rule == _NEAREST):
            unit, travel = _nearest_unit(w, a, s)
            if unit < 0:
                continue
        while p >= 0:
            part = parts(w, p)
            if part.claimed == 0:
                goal, target = aim(w, a, s, p)
                if goal >= 0:
                    request = max(part.ready, room_since(w, p, target))
                    key_1, key_2, key_3 = request, part.ready, 0.0
                    if arm.rule == _NEAREST:
                        key_1, key_2, key_3 = travel, key_1, key_2
                    elif arm.rule == _LONGEST_WAITING:
                        key_1, key_2 = key_2, key_1
                    elif arm.rule == _PULL:
                        key_1, key_2, key_3 = -steps(w, part.step).progress, key_1, key_2
                    if key_1 < best_1 or (key_1 == best_1 and (key_2 < best_2 or (key_2 == best_2 and key_3 < best_3))):
                        best_1, best_2, best_3 = key_1, key_2, key_3
                        best_p, best_from, best_to, best_goal, best_unit = p, s, target, goal, unit
            p = part.next
    return best_p >= 0 and send(w, best_unit, best_p, best_from, best_to, best_goal)


@inlined
def aim(w: Any, a: Any, s: Any, p: Any) -> Any:
    """Where units led by a can bring finished part p of station s: its goal, the next station on the way there; or -1.

    Of the stations that can do its next operation the one with the fewest parts for its servers, among those with room.
    """
    arm, part = arms(w, a), parts(w, p)
    row = local(w, a, s)
    if part.kept >= AT_TARGET:
        to = part.kept_at
        if (
            part.kept == ON_BELT
            or local(w, a, to) < 0
            or loaded(w, arm.offset2 + row * arm.n + local(w, a, to)) == np.inf
        ):
            return -1, -1
        return part.goal, to
    step = steps(w, part.step)
    load, goal, target = np.inf, -1, -1
    for j in range(step.able0, step.able1):
        c = able(w, j)
        b = carried_to(w, arm.offset + row, c)
        if b < 0 or hops(w, s, c) > part.reach:
            continue
        queue = crowd(w, p, step, s, c)
        if queue < load and has_place(w, p, b):
            load, goal, target = queue, c, b
    return goal, target


@compiled
def send(w: Any, a: Any, p: Any, origin: Any, target: Any, goal: Any) -> Any:
    """Unit a is to fetch a part and bring it to the target, if its zones let it. True if it does."""
    arm = arms(w, a)
    if arm.held != 0 and not may_go_on(w, a, origin, target):
        return False
    parts(w, p).claimed = 1
    parts(w, p).reach = hops(w, origin, goal) - 1
    choose(w, p, goal)
    reserve(w, p, target, goal)
    arms(w, arm.lead).idle -= 1
    arm.part, arm.origin, arm.target, arm.state = p, origin, target, ARM_FETCHING
    if arm.zones > 0:
        needs = fetch_needs(w, a, origin, target)
        if arm.held == 0 and needs != 0:
            claim(w, a, needs)
            return True
        take(w, a, needs)
    _fetch(w, a)
    return True


@inlined
def empty_s(w: Any, a: Any, row: Any) -> Any:
    """How long (s) unit a takes to where parts are taken out at the station of that row."""
    arm = arms(w, a)
    if arm.there == 1 and arm.position == row:
        return 0.0
    return empty(w, arm.offset2 + arm.position * arm.n + row)


@compiled
def come(w: Any, a: Any) -> None:
    """Unit a sets out for the station of row `going`, without a part to fetch there."""
    arm = arms(w, a)
    reached = due(w, w.now + empty_s(w, a, arm.going))
    arm.in_empty += counted(w, w.now, reached)
    arm.left -= reached - w.now
    active(w, arm)
    arm.ended = reached
    if rarely(w.tracing == 1):
        was = arm_of(w, arm.offset + arm.position) if arm.position < arm.n else -1
        note(w, w.now, reached, AT_ARM, a, T_EMPTY, -1, was, arm_of(w, arm.offset + arm.going))
    set_clock(w, arm.clock, reached)


@inlined
def _came(w: Any, a: Any) -> None:
    """It stands there, outside all zones."""
    arm = arms(w, a)
    arm.position, arm.there = arm.going, 1
    if arm.held != 0:
        give_up(w, a, 0)
    rest(w, a)


@inlined
def _under_way(w: Any, a: Any, reached: Any, done: Any, keep: Any) -> None:
    """Arm a reaches a place, and is done there; the zones that it needs from there on are kept."""
    arm = arms(w, a)
    if arm.held & ~keep != 0:
        arm.arriving, arm.until, arm.keep = 1, done, keep
        set_clock(w, arm.clock, reached)
    else:
        set_clock(w, arm.clock, done)


@compiled
def _fetch(w: Any, a: Any) -> None:
    """Unit a sets out for its part."""
    arm, now = arms(w, a), w.now
    at = local(w, a, arm.origin)
    reached = due(w, now + empty_s(w, a, at))
    picked = due(w, reached + pick(w, arm.offset + at))
    arm.in_empty += counted(w, now, reached)
    arm.in_handling += counted(w, reached, picked)
    arm.left -= picked - now
    active(w, arm)
    arm.ended = picked
    if rarely(w.tracing == 1):
        was = arm_of(w, arm.offset + arm.position) if arm.position < arm.n else -1
        note(w, now, reached, AT_ARM, a, T_EMPTY, -1, was, arm.origin)
        note(w, reached, picked, AT_ARM, a, T_HANDLING, arm.part, arm.origin, arm.origin)
    keep = 0
    if arm.held != 0 and inside(w, arm.offset + at) != 0:
        keep = inside(w, arm.offset + at) | carry_needs(w, a, arm.origin, arm.target)
    _under_way(w, a, reached, picked, keep)


@compiled
def _carry(w: Any, a: Any) -> None:
    """Unit a carries its part off."""
    arm, now = arms(w, a), w.now
    at, to = local(w, a, arm.origin), local(w, a, arm.target)
    reached = due(w, now + loaded(w, arm.offset2 + at * arm.n + to))
    placed = due(w, reached + place(w, arm.offset + to))
    arm.in_loaded += counted(w, now, reached)
    arm.in_handling += counted(w, reached, placed)
    arm.left -= placed - now
    active(w, arm)
    arm.ended = placed
    if rarely(w.tracing == 1):
        note(w, now, reached, AT_ARM, a, T_LOADED, arm.part, arm.origin, arm.target)
        note(w, reached, placed, AT_ARM, a, T_HANDLING, arm.part, arm.target, arm.target)
    _under_way(w, a, reached, placed, way_out(w, arm.offset + to))


@compiled
def unit_rings(w: Any, a: Any) -> None:
    """The clock of unit a has come."""
    arm = arms(w, a)
    if arm.arriving == 1:
        arm.arriving = 0
        give_up(w, a, arm.keep)
        set_clock(w, arm.clock, arm.until)
    elif arm.state == ARM_FETCHING:
        _picked_up(w, a)
    elif arm.state == ARM_CARRYING:
        _put_down(w, a)
    elif arm.state == ARM_COMING:
        _came(w, a)
    else:
        _home(w, a)


@inlined
def _picked_up(w: Any, a: Any) -> None:
    """The unit has the part and carries it off, once it may; the place where it stood is free."""
    arm = arms(w, a)
    depart(w, arm.part, arm.origin)
    arm.state = ARM_CARRYING
    if arm.zones > 0 and arm.held == 0:
        needs = carry_needs(w, a, arm.origin, arm.target)
        if needs != 0:
            set_clock(w, arm.clock, np.inf)
            claim(w, a, needs)
            return
    _carry(w, a)


@inlined
def _put_down(w: Any, a: Any) -> None:
    """The part stands at its target; the unit waits there for its next task."""
    arm = arms(w, a)
    at, to = local(w, a, arm.origin), local(w, a, arm.target)
    if w.now > w.warmup:
        leg = arm.offset2 + at * arm.n + to
        set_moved(w, leg, moved(w, leg) + 1)
    p = arm.part
    arm.position, arm.there, arm.part = to, 0, -1
    if arm.left < arm.least:
        arm.state = ARM_LOW
        w.todo |= MAY_CHARGE
        set_clock(w, arm.clock, np.inf)
    else:
        rest(w, a)
    if arm.held != 0:
        w.todo |= MAY_WITHDRAW
    arrive(w, p, arm.target)


@inlined
def rest(w: Any, a: Any) -> None:
    """Unit a waits for its next task."""
    arm = arms(w, a)
    arm.state = ARM_WAITING
    arms(w, arm.lead).idle += 1
    w.looks |= arm.bit
    w.waiting |= arm.bit
    w.todo |= w.parking
    set_clock(w, arm.clock, np.inf)


@inlined
def _home(w: Any, a: Any) -> None:
    """The arm has come home, outside all zones."""
    arms(w, a).position, arms(w, a).there = arms(w, a).n, 0
    give_up(w, a, 0)
    rest(w, a)


@compiled
def withdraw(w: Any) -> None:
    """Arms that stand in a zone and have nothing to do go home."""
    w.todo &= ~MAY_WITHDRAW
    for a in range(w.n_arms):
        arm = arms(w, a)
        if arm.state == ARM_WAITING and arm.held != 0:
            reached = due(w, w.now + home(w, arm.offset + arm.position))
            arm.in_empty += counted(w, w.now, reached)
            active(w, arm)
            arm.ended = reached
            if rarely(w.tracing == 1):
                note(w, w.now, reached, AT_ARM, a, T_EMPTY, -1, arm_of(w, arm.offset + arm.position), -1)
            arm.state = ARM_HOMING
            arms(w, arm.lead).idle -= 1
            set_clock(w, arm.clock, reached)


@compiled
def grant(w: Any) -> None:
    """Zones to those who wait for them: by the time they began to, ties by order."""
    w.todo &= ~MAY_GRANT
    w.rounds += 1
    before, last = -np.inf, -1
    while True:
        following, since = -1, np.inf
        for a in range(w.n_arms):
            arm = arms(w, a)
            if arm.claims != 0 and (arm.since > before or (arm.since == before and a > last)) and arm.since < since:
                following, since = a, arm.since
        if following < 0:
            return
        before, last = since, following
        if granted(w, following):
            if arms(w, following).state == ARM_FETCHING:
                _fetch(w, following)
            elif arms(w, following).state == ARM_COMING:
                come(w, following)
            else:
                _carry(w, following)
