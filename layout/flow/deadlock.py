"""Who waits for whom: parts that can never move again because each waits for a place that another one holds.

A station is stuck when it is full, no server of it will ever be free again by itself, and every finished part it
holds can only go to stations or belts that are stuck as well. The stuck set is what is left after taking out, again
and again, all that has a way out (the greatest fixpoint of the wait-for graph). Source: Coffman, Elphick, Shoshani,
"System deadlocks", Computing Surveys 3, 1971.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from layout.flow.kernel import records as rec
from layout.flow.kernel.records import World
from layout.flow.network import Network
from layout.flow.paths import by_name
from layout.flow.turn_waits import idle_in_turn, turn_waits


@dataclass(frozen=True)
class Standstill:
    """A deadlock: each of `cycle` waits for the next and the last for the first; time lost to it (s)."""

    cycle: tuple[str, ...]
    lost_s: float


def standstill(network: Network, world: World) -> Standstill | None:
    """The deadlock that a run ended in, if it did."""
    still = int(world.run["status"][0]) == rec.STANDSTILL
    in_turn = idle_in_turn(world)
    if not still and not in_turn and not _suspicious(world):
        return None
    waits = _waits(network, world) | (turn_waits(network, world) if in_turn else {})
    stuck = _stuck(waits)
    if not stuck and not still:
        return None
    run = world.run[0]
    if not stuck:
        lacking = _lacking(network, world)
        if lacking:
            return Standstill(lacking, float(run["horizon"] - run["now"]))
        if _finished(network, world):
            return None
        return Standstill(tuple(sorted(waits)) or network.stations[:1], float(run["horizon"] - run["now"]))
    since = max(waits[name][1] for name in _cycle(waits, stuck))
    return Standstill(_cycle(waits, stuck), float(run["horizon"]) - since)


def _finished(network: Network, world: World) -> bool:
    """Whether all that was ordered is done, and no more comes; components that nothing waits for may be left."""
    ordered = any(station.schedule for station in network.line.stations.values())
    return ordered and (int(world.run[0]["inside"]) == 0 or world.inlets.size > 0)


def _lacking(network: Network, world: World) -> tuple[str, ...]:
    """A station where a part waits for components that nothing brings any more, and the products that it lacks."""
    for s, name in enumerate(network.stations):
        first, n = int(world.stations[s]["server0"]), int(world.stations[s]["servers"])
        waiting = [int(world.stations[s]["queue_head"]), int(world.stations[s]["outside_head"])]
        waiting += [int(v["part"]) for v in world.servers[first : first + n] if v["lacks"]]
        for p in waiting:
            row = int(world.need[s, int(world.parts[p]["step"])]) if p >= 0 else -1
            lacks = []
            while row >= 0:
                inlet = world.inlets[int(world.needs[row]["inlet"])]
                if int(inlet["waiting"]) < int(world.needs[row]["number"]):
                    lacks.append(network.products[int(inlet["product"])])
                row = row + 1 if world.needs[row]["more"] else -1
            if lacks:
                return (name, *lacks)
    return ()


def _suspicious(world: World) -> bool:
    """Cheap: a station that is full, with every server holding a finished part, and that is no mere source."""
    stations = world.stations
    full = (stations["used"] >= stations["places"]) & (stations["saturated"] == 0) & (stations["idle"] == 0)
    return bool(full.any())


_DOING = ["part", "lacks", "held", "busy", "state"]
_BUSY = _DOING.index("busy")
_FULL = ["used", "places", "server0", "servers", "ready_head"]
_BLOCKED = ["count", "kept", "capacity", "waiting", "target", "since_blocked"]
Waits = dict[str, tuple[list[set[str]], float]]  # who -> (for each part that it holds, whom that waits for), since


def _waits(network: Network, world: World) -> Waits:
    """Stations that are full and only hold parts that wait for a place, and belts that are full behind a waiting part.

    People are nobody's: who waits for a place holds none.
    """
    waits: Waits = {}
    stations = world.stations[_FULL].tolist()
    doing = world.servers[_DOING].tolist()
    for i, (name, (used, places, first, n, p)) in enumerate(zip(network.stations, stations, strict=True)):
        if used < places or not all(_held(world, i, *doing[v]) for v in range(first, first + n)):
            continue
        wanted, since = [], 0.0
        while p >= 0:
            part = world.parts[p]
            wanted.append(_wanted(network, world, i, part, int(part["step"])))
            since = max(since, float(part["ready"]))
            p = int(part["next"])
        for v in range(first, first + n):
            if doing[v][_BUSY] == rec.IDLE:
                continue
            server = world.servers[v]
            part = world.parts[int(server["part"])]
            if server["busy"] == rec.AT_WORK:  # again, in vain
                wanted.append(_wanted(network, world, i, part, int(server["following"])))
                since = max(since, float(part["ready"]))
            elif not int(world.stations[i]["places_out"]):
                wanted.append(_wanted(network, world, i, part, int(part["kept_step"])))
                since = max(since, float(server["since"]))
        waits[name] = (wanted, since)
    belts = world.belts[_BLOCKED].tolist()
    for name, (count, kept, capacity, waiting, target, since) in zip(network.belts, belts, strict=True):
        if waiting and count + kept >= capacity:
            waits[name] = ([{network.stations[target]}], since)
    return waits


def _held(world: World, s: int, part: int, lacks: int, held: int, busy: int, state: int) -> bool:
    """Whether a server of station s, in this state, does nothing more for its part until that finds a place, however
    often it works on it again."""
    if part < 0 or lacks:
        return held > 0 and busy == rec.IDLE and not lacks
    if busy == rec.BEGINNING:
        return state == rec.BLOCKED
    return busy == rec.IDLE or bool(world.parts[part]["again"] and not world.stations[s]["judges"])


def _wanted(network: Network, world: World, s: int, part: Any, number: int) -> set[str]:
    """Stations and belts that could take a part of station s at a step; "" where nothing more keeps it there."""
    if int(part["claimed"]) or int(part["kept"]) >= rec.AT_TARGET:
        return {""}
    if int(world.service[s, number]) != rec.PASS:
        return {network.stations[s]}  # it goes on there, once there is room
    reach = int(part["reach"])
    return set().union(*(names for hops, names in network.onwards(s, number) if hops <= reach))


def _stuck(waits: Waits) -> set[str]:
    """Those of `waits` that wait for nothing but each other."""
    stuck = set(waits)
    while True:
        free = {name for name in stuck if any(wanted - stuck for wanted in waits[name][0])}
        if not free:
            return stuck
        stuck -= free


def _cycle(waits: Waits, stuck: set[str]) -> tuple[str, ...]:
    """A ring of the stuck ones, from its first name on."""
    here = by_name(stuck)[0]
    seen: list[str] = []
    while here not in seen:
        seen.append(here)
        here = by_name(next(wanted & stuck for wanted in waits[here][0] if wanted))[0]
    ring = seen[seen.index(here) :]
    start = ring.index(by_name(ring)[0])
    return tuple(ring[start:] + ring[:start])
