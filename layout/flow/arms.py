"""What an arm does: it takes a waiting part by its dispatch rule, fetches it, carries it, waits where it put it down.

dispatch            end of pick                  end of place
|--empty_s--|-pick_s-|------loaded_s-----|-place_s-|
place at the target  place at the origin           part at the target, arm free
is reserved          is free
"""

from __future__ import annotations

from typing import Any

import numpy as np

from layout.flow.clocks import set_clock
from layout.flow.jit import compiled, inlined
from layout.flow.parts import counted, note
from layout.flow.places import arrive, crowd, depart, fits, reserve
from layout.flow.records import (
    ARM_CARRYING,
    ARM_FETCHING,
    ARM_WAITING,
    AT_ARM,
    RULES,
    T_EMPTY,
    T_HANDLING,
    T_LOADED,
)
from layout.flow.tables import (
    able,
    arm_at,
    arm_of,
    arms,
    empty,
    hop,
    hops,
    loaded,
    local,
    moved,
    parts,
    pick,
    place,
    set_moved,
    stations,
    steps,
)

_FIRST_COME, _NEAREST = RULES["first_come"], RULES["nearest"]
_LONGEST_WAITING, _PULL = RULES["longest_waiting"], RULES["pull"]


@compiled
def dispatch(w: Any, a: Any) -> None:
    """Send a waiting arm to the finished part that its rule puts first, if there is one with room at its target.

    A request is made when the part is ready and its target has room. Ties: earlier request, earlier ready, order.
    """
    arm, now = arms(w, a), w.now
    best_p, best_from, best_to, best_goal = -1, -1, -1, -1
    best_1 = best_2 = best_3 = np.inf
    for i in range(arm.stops):
        s = arm_at(w, arm.offset + i)
        row = local(w, a, s) * arm.n
        p = stations(w, s).ready_head
        while p >= 0:
            part = parts(w, p)
            if part.claimed == 0:
                step = steps(w, part.step)
                load, goal, target = np.inf, -1, -1
                for j in range(step.able0, step.able1):
                    c = able(w, j)
                    b = hop(w, s, c)
                    if b < 0 or hops(w, s, c) > part.reach:
                        continue
                    if local(w, a, b) < 0 or loaded(w, arm.offset2 + row + local(w, a, b)) == np.inf:
                        continue
                    queue = crowd(w, step, c)
                    if queue < load and fits(w, p, b):
                        load, goal, target = queue, c, b
                if goal >= 0:
                    request = max(part.ready, stations(w, target).room_since)
                    key_1, key_2, key_3 = request, part.ready, 0.0
                    if arm.rule == _NEAREST:
                        key_1, key_2, key_3 = (
                            empty(w, arm.offset2 + arm.position * arm.n + local(w, a, s)),
                            key_1,
                            key_2,
                        )
                    elif arm.rule == _LONGEST_WAITING:
                        key_1, key_2 = key_2, key_1
                    elif arm.rule == _PULL:
                        key_1, key_2, key_3 = -step.progress, key_1, key_2
                    if key_1 < best_1 or (key_1 == best_1 and (key_2 < best_2 or (key_2 == best_2 and key_3 < best_3))):
                        best_1, best_2, best_3 = key_1, key_2, key_3
                        best_p, best_from, best_to, best_goal = p, s, target, goal
            p = part.next
    if best_p < 0:
        return
    parts(w, best_p).claimed = 1
    parts(w, best_p).reach = hops(w, best_from, best_goal) - 1
    reserve(w, best_p, best_to, best_goal)
    at = local(w, a, best_from)
    reached = now + empty(w, arm.offset2 + arm.position * arm.n + at)
    picked = reached + pick(w, arm.offset + at)
    arm.in_empty += counted(w, now, reached)
    arm.in_handling += counted(w, reached, picked)
    if w.tracing == 1:
        was = arm_of(w, arm.offset + arm.position)
        note(w, now, reached, AT_ARM, a, T_EMPTY, -1, was, best_from)
        note(w, reached, picked, AT_ARM, a, T_HANDLING, best_p, best_from, best_from)
    arm.part, arm.origin, arm.target, arm.state = best_p, best_from, best_to, ARM_FETCHING
    set_clock(w, arm.clock, picked)


@inlined
def picked_up(w: Any, a: Any) -> None:
    """The arm has the part in its gripper and carries it off; the place it stood in is free."""
    arm, now = arms(w, a), w.now
    depart(w, arm.part, arm.origin)
    at, to = local(w, a, arm.origin), local(w, a, arm.target)
    reached = now + loaded(w, arm.offset2 + at * arm.n + to)
    placed = reached + place(w, arm.offset + to)
    arm.in_loaded += counted(w, now, reached)
    arm.in_handling += counted(w, reached, placed)
    if w.tracing == 1:
        note(w, now, reached, AT_ARM, a, T_LOADED, arm.part, arm.origin, arm.target)
        note(w, reached, placed, AT_ARM, a, T_HANDLING, arm.part, arm.target, arm.target)
    arm.state = ARM_CARRYING
    set_clock(w, arm.clock, placed)


@inlined
def put_down(w: Any, a: Any) -> None:
    """The part stands at its target; the arm waits there for its next task."""
    arm = arms(w, a)
    at, to = local(w, a, arm.origin), local(w, a, arm.target)
    if w.now > w.warmup:
        leg = arm.offset2 + at * arm.n + to
        set_moved(w, leg, moved(w, leg) + 1)
    p = arm.part
    arm.state, arm.position, arm.part = ARM_WAITING, to, -1
    w.to_dispatch = 1
    set_clock(w, arm.clock, np.inf)
    arrive(w, p, arm.target)
