"""Whether all that waits at the end of a run can go on in time: then nobody need look for a deadlock (`flow.deadlock`).

The same greatest fixpoint, of a line without rules and components: all that is full and only holds parts that are done
is taken for stuck, and freed where a part of it can go to what is not. A doubt leaves it stuck.
"""

from __future__ import annotations

from typing import Any

from layout.flow.kernel.jit import apart, inlined
from layout.flow.kernel.records import AT_TARGET, BEGINNING, BLOCKED, IDLE, LEAVE, PASS
from layout.flow.kernel.rooms import carried
from layout.flow.kernel.tables import able, belts, hop, hops, parts, servers, service, stations, steps


@apart
def nobody_stuck(w: Any) -> Any:
    """1 where nothing waits for ever, 0 where something may."""
    if w.n_inlets > 0 or w.ruled == 1:
        return 0
    stuck = 0
    for s in range(w.n_stations):
        stations(w, s).stuck = 1 if _full(w, s) else 0
        stuck += stations(w, s).stuck
    for k in range(w.n_belts):
        belt = belts(w, k)
        belt.stuck = 1 if belt.waiting == 1 and belt.count + belt.kept >= belt.capacity else 0
        stuck += belt.stuck
    freed = 1
    while freed > 0 and stuck > 0:
        freed = 0
        for s in range(w.n_stations):
            if stations(w, s).stuck == 1 and _goes_on(w, s):
                stations(w, s).stuck = 0
                freed += 1
        for k in range(w.n_belts):
            if belts(w, k).stuck == 1 and stations(w, belts(w, k).target).stuck == 0:
                belts(w, k).stuck = 0
                freed += 1
        stuck -= freed
    return 1 if stuck == 0 else 0


@inlined
def _full(w: Any, s: Any) -> Any:
    """Whether station s has no place, and none of its servers does anything for its part until that finds one."""
    station = stations(w, s)
    if station.used < station.places:
        return False
    for v in range(station.server0, station.server0 + station.servers):
        server = servers(w, v)
        if server.part < 0:
            waits = server.held > 0 and server.busy == IDLE
        elif server.busy == BEGINNING:
            waits = server.state == BLOCKED
        else:
            waits = server.busy == IDLE or parts(w, server.part).again == 1
        if not waits:
            return False
    return True


@inlined
def _goes_on(w: Any, s: Any) -> Any:
    """Whether a finished part of station s can go to what is not stuck."""
    p = stations(w, s).ready_head
    while p >= 0:
        part = parts(w, p)
        if part.claimed != 0 or part.kept >= AT_TARGET:
            return True
        if service(w, s, part.step) == PASS:
            step = steps(w, part.step)
            for i in range(step.able0, step.able1):
                goal = able(w, i)
                b = hop(w, s, goal)
                if b >= 0 and hops(w, s, goal) <= part.reach and _takes(w, s, b, part.step):
                    return True
        p = part.next
    return False


@inlined
def _takes(w: Any, s: Any, b: Any, step: Any) -> Any:
    """Whether what leads from station s to station b is not stuck: a belt, or the station itself."""
    if service(w, b, step) == LEAVE:
        return True
    k = stations(w, s).belts_out
    while k >= 0:
        if belts(w, k).target == b and belts(w, k).stuck == 0:
            return True
        k = belts(w, k).next_out
    return stations(w, b).stuck == 0 and carried(w, s, b)
