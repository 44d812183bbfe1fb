"""What vehicles do between tasks: they charge where they have little left on their battery, else they go and park.

end of a task, little left   at the charger    a place there is free      full
|---------- empty_s ----------|..... waits .....|------ charging ------| waits for a task, or goes to park
"""

from __future__ import annotations

from typing import Any

import numpy as np

from layout.flow.kernel.arms import come, empty_s, rest
from layout.flow.kernel.bits import rarely
from layout.flow.kernel.clocks import set_clock
from layout.flow.kernel.jit import compiled, inlined
from layout.flow.kernel.parts import active, counted, note
from layout.flow.kernel.records import (
    ARM_CHARGING,
    ARM_COMING,
    ARM_LOW,
    ARM_QUEUING,
    ARM_TO_CHARGER,
    ARM_WAITING,
    AT_ARM,
    MAY_CHARGE,
    MAY_PARK,
    T_CHARGING,
)
from layout.flow.kernel.tables import arm_of, arms, stations, stop_at


@inlined
def _nearest(w: Any, a: Any, first: Any, number: Any) -> Any:
    """The row of the stop that unit a is at first; the one where it stands if that is among them."""
    best, least = -1, np.inf
    for i in range(first, first + number):
        row = stop_at(w, i)
        travel = 0.0 if arms(w, a).position == row else empty_s(w, a, row)
        if travel < least or (travel == least and row == arms(w, a).position):
            best, least = row, travel
    return best


@compiled
def charge(w: Any) -> None:
    """Units with little left set out for the nearest charger; those there are plugged in, in order of arrival."""
    w.todo &= ~MAY_CHARGE
    for a in range(w.n_arms):
        if arms(w, a).state == ARM_LOW:
            arms(w, a).going = _nearest(w, a, arms(w, a).charger0, arms(w, a).chargers)
            arms(w, a).state = ARM_TO_CHARGER
            come(w, a)
    while True:
        following, since = -1, np.inf
        for a in range(w.n_arms):
            arm = arms(w, a)
            if arm.state == ARM_QUEUING and arm.since < since:
                charger = stations(w, arm_of(w, arm.offset + arm.position))
                if charger.charging < charger.servers:
                    following, since = a, arm.since
        if following < 0:
            return
        _plug_in(w, following)


@inlined
def _plug_in(w: Any, a: Any) -> None:
    arm = arms(w, a)
    s = arm_of(w, arm.offset + arm.position)
    full = w.now + (arm.lasts - max(0.0, arm.left)) / arm.lasts * arm.charge
    arm.in_charging += counted(w, w.now, full)
    active(w, arm)
    arm.ended = full
    if rarely(w.tracing == 1):
        note(w, w.now, full, AT_ARM, a, T_CHARGING, -1, s, s)
    arm.state = ARM_CHARGING
    stations(w, s).charging += 1
    set_clock(w, arm.clock, full)


@compiled
def charger_rings(w: Any, a: Any) -> None:
    """Unit a has come to the charger, or is full."""
    arm = arms(w, a)
    w.todo |= MAY_CHARGE
    if arm.state == ARM_TO_CHARGER:
        arm.position, arm.there = arm.going, 1
        arm.state, arm.since = ARM_QUEUING, w.now
        set_clock(w, arm.clock, np.inf)
    else:
        stations(w, arm_of(w, arm.offset + arm.position)).charging -= 1
        arm.left = arm.lasts
        rest(w, a)


@compiled
def park(w: Any) -> None:
    """Units that have nothing to do go to the parking place that they are at first."""
    w.todo &= ~MAY_PARK
    for a in range(w.n_arms):
        arm = arms(w, a)
        if arm.state == ARM_WAITING and arm.parks > 0 and arm.turns == 0:
            row = _nearest(w, a, arm.park0, arm.parks)
            if row >= 0 and row != arm.position:
                arms(w, arm.lead).idle -= 1
                arm.state, arm.going = ARM_COMING, row
                come(w, a)
