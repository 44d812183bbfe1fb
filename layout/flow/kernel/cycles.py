"""What units do that take parts from stations in turn, over and over: dispatch rule `cycle`.

    end of place       there          part ready, room at its target
    |----- empty_s -----|...... waits ......|-pick_s-|---- loaded_s ----|-place_s-|  the next turn

Source: Sethi, Sriskandarajah, Sorger, Blazewicz, Kubiak, "Sequencing of parts and robot moves in a robotic cell", Int.
J. Flexible Manufacturing Systems 4, 1992.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from layout.flow.kernel.arms import aim, come, empty_s, send
from layout.flow.kernel.inlets import room_since
from layout.flow.kernel.jit import compiled, inlined
from layout.flow.kernel.records import ARM_COMING, ARM_WAITING
from layout.flow.kernel.tables import arms, belts, feeder_at, inside, links, local, parts, stations, turns
from layout.flow.kernel.zones import claim, way_needs


@compiled
def in_turn(w: Any, a: Any) -> None:
    """Let the waiting units of those led by a go on with their cycle, each by itself, in order."""
    for unit in range(a, a + arms(w, a).units):
        if arms(w, unit).state == ARM_WAITING:
            _go_on(w, unit)


@inlined
def _go_on(w: Any, a: Any) -> None:
    """Unit a goes to the station whose turn it is, or takes a part there."""
    arm = arms(w, a)
    turn, skipped = arm.turn, 0
    while _in_vain(w, arm.turn0 + turn):
        turn = turn + 1 if turn + 1 < arm.turns else 0
        skipped += 1
        if skipped == arm.turns:
            return
    arm.turn = turn
    s = turns(w, arm.turn0 + turn).station
    row = local(w, a, s)
    if (arm.there == 0 or arm.position != row) and inside(w, arm.offset + row) == 0:
        needs = way_needs(w, a, row) if arm.zones > 0 else 0
        if arm.held == 0 and needs == 0 and empty_s(w, a, row) == 0.0:
            arm.position, arm.there = row, 1
        else:
            if arm.held == 0 or needs & ~arm.held == 0:  # else it stands in a zone, and goes home first
                arms(w, arm.lead).idle -= 1
                arm.state, arm.going = ARM_COMING, row
                if needs & ~arm.held == 0:
                    come(w, a)
                else:
                    claim(w, a, needs)
            return
    best_p, best_target, best_goal = -1, -1, -1
    best_request = best_ready = np.inf
    p = stations(w, s).ready_head
    while p >= 0:
        part = parts(w, p)
        if part.claimed == 0:
            goal, target = aim(w, arm.lead, s, p)
            if goal >= 0:
                request = max(part.ready, room_since(w, p, target))
                if request < best_request or (request == best_request and part.ready < best_ready):
                    best_request, best_ready = request, part.ready
                    best_p, best_target, best_goal = p, target, goal
        p = part.next
    if best_p >= 0 and send(w, a, best_p, s, best_target, best_goal):
        arm.turn = turn + 1 if turn + 1 < arm.turns else 0


@inlined
def _in_vain(w: Any, turn: Any) -> Any:
    """Whether nothing is to be had: no part is there or can come there by other transports."""
    of = turns(w, turn)
    if of.feeders < 0:
        return False
    for i in range(of.feeder0, of.feeder0 + of.feeders):
        station = stations(w, feeder_at(w, i))
        if station.used > 0 or station.load > 0 or station.out > 0:
            return False
        k = station.belts_in
        while k >= 0:
            if belts(w, k).count > 0:
                return False
            k = belts(w, k).next_in
        k = station.links_in
        while k >= 0:
            if links(w, k).head >= 0:
                return False
            k = links(w, k).next_in
    return True
