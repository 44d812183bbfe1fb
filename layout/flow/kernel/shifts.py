"""Shifts: when servers and people come and go."""

from __future__ import annotations

from typing import Any

from layout.flow.kernel.clocks import set_clock
from layout.flow.kernel.interruptions import begin_shift, end_shift
from layout.flow.kernel.jit import compiled
from layout.flow.kernel.records import MAY_ATTEND
from layout.flow.kernel.staff import book
from layout.flow.kernel.tables import shifts, staff, stations, switches


@compiled
def next_switch(w: Any, i: Any) -> None:
    """Set the clock of shift i to its next beginning or end."""
    shift = shifts(w, i)
    set_clock(w, shift.clock, shift.turn * shift.every + switches(w, shift.at))
    shift.at += 1
    if shift.at == shift.switch1:
        shift.at = shift.switch0
        shift.turn += 1


@compiled
def switch(w: Any, i: Any) -> None:
    """Shift i begins, or ends; at the horizon it is too late for that."""
    shift = shifts(w, i)
    if w.now >= w.horizon:
        set_clock(w, shift.clock, w.now + 1.0)
        return
    next_switch(w, i)
    shift.on = 1 - shift.on
    if shift.staff >= 0:
        book(w, shift.staff, w.now)
        staff(w, shift.staff).on = shift.on
        w.todo |= MAY_ATTEND
    else:
        station = stations(w, shift.station)
        station.off = 1 - shift.on
        for v in range(station.server0, station.server0 + station.servers):
            if shift.on == 1:
                begin_shift(w, v)
            else:
                end_shift(w, v)
