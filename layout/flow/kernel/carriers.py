"""What `run` has arms and vehicles do."""

from __future__ import annotations

from typing import Any

from layout.flow.kernel.arms import dispatch, grant, unit_rings, withdraw
from layout.flow.kernel.charging import charge, charger_rings, park
from layout.flow.kernel.cycles import in_turn
from layout.flow.kernel.jit import beside
from layout.flow.kernel.records import ARM_LOW, MAY_CHARGE, MAY_GRANT, MAY_WITHDRAW
from layout.flow.kernel.tables import arms


@beside
def carrier_rings(w: Any, a: Any) -> None:
    """The clock of unit a rings."""
    if arms(w, a).state < ARM_LOW:
        unit_rings(w, a)
    else:
        charger_rings(w, a)


@beside
def send_carriers(w: Any) -> None:
    """Arms and fleets with units that wait, if there may be a task for them."""
    looks, waiting, a = w.looks, 0, 0
    w.looks = 0
    while a < w.n_arms:
        arm = arms(w, a)
        if arm.idle > 0 and arm.bit & looks != 0:
            if arm.turns > 0:
                in_turn(w, a)
            else:
                while arm.idle > 0 and dispatch(w, a):
                    pass
        if arm.idle > 0:
            waiting |= arm.bit
        a += arm.units
    w.waiting = waiting


@beside
def settle_carriers(w: Any) -> None:
    """The first thing to do of those that are marked for them (`records.OF_CARRIERS`)."""
    if w.todo & MAY_GRANT != 0:
        grant(w)
    elif w.todo & MAY_WITHDRAW != 0:
        withdraw(w)
    elif w.todo & MAY_CHARGE != 0:
        charge(w)
    else:
        park(w)
