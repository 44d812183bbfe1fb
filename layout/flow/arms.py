"""What an arm does: it takes a waiting part by its dispatch rule, fetches it, carries it, waits where it put it down.

    dispatch            end of pick                  end of place
    |--empty_s--|-pick_s-|------loaded_s-----|-place_s-|
    place at the target  place at the origin           part at the target, arm free
    is reserved          is free
"""

from __future__ import annotations

from typing import Any

import numpy as np

from layout.flow.activities import arrive, counted, depart, fits, note, reserve
from layout.flow.clocks import set_clock
from layout.flow.jit import compiled, inlined
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

_FIRST_COME, _NEAREST = RULES["first_come"], RULES["nearest"]
_LONGEST_WAITING, _PULL = RULES["longest_waiting"], RULES["pull"]


@compiled
def dispatch(w: Any, a: Any) -> None:
    """Send a waiting arm to the finished part that its rule puts first, if there is one with room at its target.

    A request is made when the part is ready and its target has room. Ties: earlier request, earlier ready, order.
    """
    arm, now = w.arms[a], w.run[0].now
    best_p, best_from, best_to, best_goal = -1, -1, -1, -1
    best_1 = best_2 = best_3 = np.inf
    for i in range(arm.stops):
        s = w.arm_at[arm.offset + i]
        row = w.local[a, s] * arm.n
        p = w.stations[s].ready_head
        while p >= 0:
            part = w.parts[p]
            if part.claimed == 0:
                step = w.steps[part.step]
                load, goal, target = np.inf, -1, -1
                for j in range(step.able0, step.able1):
                    c = w.able[j]
                    b = w.hop[s, c]
                    if b < 0 or w.hops[s, c] > part.reach:
                        continue
                    if w.local[a, b] < 0 or w.loaded[arm.offset2 + row + w.local[a, b]] == np.inf:
                        continue
                    queue = w.stations[c].load / w.stations[c].servers
                    if queue < load and fits(w, p, b):
                        load, goal, target = queue, c, b
                if goal >= 0:
                    request = max(part.ready, w.stations[target].room_since)
                    key_1, key_2, key_3 = request, part.ready, 0.0
                    if arm.rule == _NEAREST:
                        key_1, key_2, key_3 = w.empty[arm.offset2 + arm.position * arm.n + w.local[a, s]], key_1, key_2
                    elif arm.rule == _LONGEST_WAITING:
                        key_1, key_2 = key_2, key_1
                    elif arm.rule == _PULL:
                        key_1, key_2, key_3 = -step.progress, key_1, key_2
                    if key_1 < best_1 or (
                        key_1 == best_1 and (key_2 < best_2 or (key_2 == best_2 and key_3 < best_3))
                    ):
                        best_1, best_2, best_3 = key_1, key_2, key_3
                        best_p, best_from, best_to, best_goal = p, s, target, goal
            p = part.next
    if best_p < 0:
        return
    w.parts[best_p].claimed = 1
    w.parts[best_p].reach = w.hops[best_from, best_goal] - 1
    reserve(w, best_p, best_to, best_goal)
    at = w.local[a, best_from]
    reached = now + w.empty[arm.offset2 + arm.position * arm.n + at]
    picked = reached + w.pick[arm.offset + at]
    arm.in_empty += counted(w, now, reached)
    arm.in_handling += counted(w, reached, picked)
    if w.run[0].tracing == 1:
        was = w.arm_of[arm.offset + arm.position]
        note(w, now, reached, AT_ARM, a, T_EMPTY, -1, was, best_from)
        note(w, reached, picked, AT_ARM, a, T_HANDLING, best_p, best_from, best_from)
    arm.part, arm.origin, arm.target, arm.state = best_p, best_from, best_to, ARM_FETCHING
    set_clock(w, arm.clock, picked)


@inlined
def picked_up(w: Any, a: Any) -> None:
    """The arm has the part in its gripper and carries it off; the place it stood in is free."""
    arm, now = w.arms[a], w.run[0].now
    depart(w, arm.part, arm.origin)
    at, to = w.local[a, arm.origin], w.local[a, arm.target]
    reached = now + w.loaded[arm.offset2 + at * arm.n + to]
    placed = reached + w.place[arm.offset + to]
    arm.in_loaded += counted(w, now, reached)
    arm.in_handling += counted(w, reached, placed)
    if w.run[0].tracing == 1:
        note(w, now, reached, AT_ARM, a, T_LOADED, arm.part, arm.origin, arm.target)
        note(w, reached, placed, AT_ARM, a, T_HANDLING, arm.part, arm.target, arm.target)
    arm.state = ARM_CARRYING
    set_clock(w, arm.clock, placed)


@inlined
def put_down(w: Any, a: Any) -> None:
    """The part stands at its target; the arm waits there for its next task."""
    arm, run = w.arms[a], w.run[0]
    at, to = w.local[a, arm.origin], w.local[a, arm.target]
    if run.now > run.warmup:
        w.moved[arm.offset2 + at * arm.n + to] += 1
    p = arm.part
    arm.state, arm.position, arm.part = ARM_WAITING, to, -1
    run.arms = 1
    set_clock(w, arm.clock, np.inf)
    arrive(w, p, arm.target)
