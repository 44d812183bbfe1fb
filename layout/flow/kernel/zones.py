"""Space that arms share: one of them at a time inside a zone.

        outside        |      inside       |      outside
    ---- fetch ------> o -- pick -- carry -|-> o -- place
                       |<---- held ------->|
    a stretch goes from a place outside all zones to the next one; before it begins, all its zones are taken at once;
    each is given up on arrival at the first place after which the stretch needs it no more

An arm that waits for zones holds none, so no ring of waiting can arise (Havender, IBM Systems Journal 7, 1968). Zones
go to who has waited longest; a later claim passes an earlier one only where the two have no zone in common.
"""

from __future__ import annotations

from typing import Any

from layout.flow.kernel.jit import compiled, inlined
from layout.flow.kernel.records import MAY_GRANT
from layout.flow.kernel.tables import arms, carry, fetch, inside, local, way_out, zone_at, zones


@inlined
def way_needs(w: Any, a: Any, row: Any) -> Any:
    """Zones that arm a needs to go, without a part, to the station of that row, and to stand there."""
    arm = arms(w, a)
    if arm.there == 1 and arm.position == row:
        return inside(w, arm.offset + row)
    return fetch(w, arm.offset2 + arm.position * arm.n + row)


@inlined
def fetch_needs(w: Any, a: Any, origin: Any, target: Any) -> Any:
    """Zones of the stretch that begins with arm a fetching a part: the carrying belongs to it if the pick is inside."""
    arm = arms(w, a)
    needs = way_needs(w, a, local(w, a, origin))
    if inside(w, arm.offset + local(w, a, origin)) != 0:
        needs |= carry_needs(w, a, origin, target)
    return needs


@inlined
def carry_needs(w: Any, a: Any, origin: Any, target: Any) -> Any:
    """Zones that arm a needs to carry a part, and to get out again from where it puts it down."""
    arm = arms(w, a)
    at, to = local(w, a, origin), local(w, a, target)
    return carry(w, arm.offset2 + at * arm.n + to) | way_out(w, arm.offset + to)


@compiled
def may_go_on(w: Any, a: Any, origin: Any, target: Any) -> Any:
    """Whether arm a, standing inside a zone, may do a task from there.

    It may if it only leaves by zones that it has, or if all it needs is free and nobody else waits for any of it.
    """
    arm = arms(w, a)
    needs = fetch_needs(w, a, origin, target)
    if inside(w, arm.offset + local(w, a, origin)) == 0 and needs & ~arm.held == 0:
        return True
    for b in range(arm.zones):
        if needs >> b & 1:
            zone = zones(w, zone_at(w, arm.zone0 + b))
            if zone.claims > 0 or (zone.holder >= 0 and zone.holder != a):
                return False
    return True


@compiled
def claim(w: Any, a: Any, needs: Any) -> None:
    """Arm a waits for zones, outside of all."""
    arm = arms(w, a)
    arm.claims, arm.since = needs, w.now
    for b in range(arm.zones):
        if needs >> b & 1:
            zones(w, zone_at(w, arm.zone0 + b)).claims += 1
    w.todo |= MAY_GRANT


@compiled
def take(w: Any, a: Any, needs: Any) -> None:
    """Arm a gets zones that are free."""
    arm = arms(w, a)
    for b in range(arm.zones):
        if needs >> b & 1:
            zones(w, zone_at(w, arm.zone0 + b)).holder = a
    arm.held |= needs


@compiled
def give_up(w: Any, a: Any, keep: Any) -> None:
    """Arm a stands where it needs no zones but `keep`."""
    arm = arms(w, a)
    for b in range(arm.zones):
        if (arm.held & ~keep) >> b & 1:
            zones(w, zone_at(w, arm.zone0 + b)).holder = -1
    arm.held &= keep
    w.todo |= MAY_GRANT


@compiled
def granted(w: Any, a: Any) -> Any:
    """Give arm a what it claims if all of it is free and not claimed before it; else note that it was passed over."""
    arm = arms(w, a)
    free = True
    for b in range(arm.zones):
        if arm.claims >> b & 1:
            zone = zones(w, zone_at(w, arm.zone0 + b))
            if zone.holder >= 0 or zone.passed == w.rounds:
                free = False
    for b in range(arm.zones):
        if arm.claims >> b & 1:
            zone = zones(w, zone_at(w, arm.zone0 + b))
            if free:
                zone.claims -= 1
            else:
                zone.passed = w.rounds
    if free:
        needs = arm.claims
        arm.claims = 0
        take(w, a, needs)
    return free
