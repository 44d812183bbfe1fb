"""Who waits for whom: parts that can never move again because each waits for a place, or a component, of another one.

A station is stuck when it is full, no server of it will ever be free again by itself, and every finished part it
holds can only go to stations or belts that are stuck as well; or when what its next part lacks only such ones have.
The stuck set is what is left after taking out, again and again, all that has a way out (the greatest fixpoint of the
wait-for graph). Source: Coffman, Elphick, Shoshani, "System deadlocks", Computing Surveys 3, 1971.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from layout.flow.component_waits import FREE, HOLDS, LACKS, Waits, component_waits, still_enters
from layout.flow.kernel import records as rec
from layout.flow.kernel.records import World
from layout.flow.network import Network
from layout.flow.paths import by_name
from layout.flow.turn_waits import idle_in_turn, turn_waits


@dataclass(frozen=True)
class Standstill:
    """A deadlock: each of `cycle` waits for the next and the last for the first, or for a component that is nowhere;
    time lost to it (s)."""

    cycle: tuple[str, ...]
    lost_s: float


def standstill(network: Network, world: World) -> Standstill | None:
    """The deadlock that a run ended in, if it did."""
    stands = int(world.run["status"][0]) == rec.STANDSTILL
    in_turn = idle_in_turn(world)
    if not stands and not in_turn and (world.run["fluid"][0] or not _suspicious(world)):
        return None
    run = world.run[0]
    waits: Waits = {}
    for nothing_comes in (False, True)[: 1 + stands]:
        lacks, lacked = component_waits(network, world, nothing_comes=nothing_comes)
        waits = _waits(network, world, lacks) | (turn_waits(network, world, lacks) if in_turn else {}) | lacks
        stuck = _stuck(waits)
        if stuck:
            cycle = _cycle(waits, stuck)
            since = max(waits[name][1] for name in cycle)
            return Standstill(_told(cycle, waits, stuck, lacked), float(run["horizon"]) - since)
    if not stands or _finished(network, world):
        return None
    names = dict.fromkeys(name.lstrip(LACKS + HOLDS) for name in by_name(waits))
    return Standstill(tuple(names) or network.stations[:1], float(run["horizon"] - run["now"]))


def _finished(network: Network, world: World) -> bool:
    """Whether all that was ordered is done, and no more comes; components that nothing waits for may be left."""
    ordered = any(station.schedule for station in network.line.stations.values())
    return ordered and (int(world.run[0]["inside"]) == 0 or world.inlets.size > 0)


def _suspicious(world: World) -> bool:
    """Cheap: a station that is full, with every server holding a finished part, and that is no mere source; or parts
    that wait where components are joined to them, or a full inlet."""
    stations, by_first_free = world.stations, _by_first_free(world)
    full = (stations["idle"] == 0) & (stations["saturated"] == 0)
    if (full & (stations["used"] >= stations["places"]) if not by_first_free else full).any():
        return True
    if not world.needs.size:
        return False
    waiting = (stations["queue_head"] >= 0) | (stations["outside_head"] >= 0)
    return bool(
        world.servers["lacks"].any()
        or ((stations["joins"] == 1) & waiting).any()
        or (world.inlets["used"] >= world.inlets["places"]).any()
    )


def _by_first_free(world: World) -> bool:
    """Whether parts are held back until a server is free."""
    return bool(world.run["ruled"][0]) and bool((world.steps["rule"] == _FIRST_FREE).any())


_FIRST_FREE = rec.ROUTING["first_free"]
_AWAY = (rec.DOWN, rec.OFF_SHIFT)
_DOING = ["part", "lacks", "held", "busy", "state", "following", "since"]
_FULL = ["used", "places", "server0", "servers", "ready_head", "places_out"]
_BLOCKED = ["count", "kept", "capacity", "waiting", "target", "since_blocked", "head"]


class _Part(NamedTuple):
    """What is looked at of a part: fields of `records.PART`."""

    step: int
    next: int
    ready: float
    claimed: int
    kept: int
    kept_step: int
    reach: int
    assigned: int


_OF_PART = list(_Part._fields)


def _waits(network: Network, world: World, lacks: Waits) -> Waits:
    """Stations that are full and only hold parts that wait for a place, and belts that are full behind a waiting part.

    People are nobody's: who waits for a place holds none. lacks : of `component_waits`.
    """
    waits: Waits = {}
    stations, parts = world.stations[_FULL].tolist(), world.parts[_OF_PART]
    doing = world.servers[_DOING].tolist()
    first_free = _by_first_free(world)
    looks = bool(lacks) or first_free  # at who holds parts without being full
    for i, (name, (used, places, first, n, p, places_out)) in enumerate(zip(network.stations, stations, strict=True)):
        if used < places and not looks:
            continue
        hungry = bool(lacks) and LACKS + name in lacks
        servers = doing[first : first + n]
        held = all(_held(world, i, hungry, *server[:5]) for server in servers)
        if hungry and used > _present(world, i):
            continue  # what is on its way may be worked on
        if first_free and any(part < 0 and not kept and state in _AWAY for part, _, kept, _, state, _, _ in servers):
            continue  # a server that will be free
        full = held and used >= places
        if not full and not (looks and (held or (lacks and _rests(network, world, i)))):
            continue
        wanted, since = ([{LACKS + name}], lacks[LACKS + name][1]) if hungry else ([], 0.0)
        while p >= 0:
            part = _Part(*parts[p].item())
            wanted.append(_wanted(network, world, lacks, i, part, part.step))
            since = max(since, part.ready)
            p = part.next
        for number, lacking, _, busy, _, following, began in servers:
            if busy == rec.IDLE or lacking:
                continue
            part = _Part(*parts[number].item())
            if busy == rec.AT_WORK:  # again, in vain
                wanted.append(_wanted(network, world, lacks, i, part, following))
                since = max(since, part.ready)
            elif not places_out:
                wanted.append(_wanted(network, world, lacks, i, part, part.kept_step))
                since = max(since, began)
        if full:
            waits[name] = (wanted, since)
        if looks and wanted:
            waits[HOLDS + name] = (wanted, since)
    belts = world.belts[_BLOCKED].tolist()
    for name, (count, kept, capacity, waiting, target, since, p) in zip(network.belts, belts, strict=True):
        if not waiting or (count + kept < capacity and not lacks):
            continue
        place = _place(world, lacks, network.stations[target], target, int(parts["step"][p]))
        for kind in (("",) if count + kept >= capacity else ()) + ((HOLDS,) if lacks else ()):
            waits[kind + name] = ([{place}], since)
    return waits


def _present(world: World, s: int) -> int:
    """Parts in the servers and in the queue of a station."""
    station = world.stations[s]
    first, p = int(station["server0"]), int(station["queue_head"])
    n = int((world.servers["part"][first : first + int(station["servers"])] >= 0).sum())
    while p >= 0:
        n, p = n + 1, int(world.parts[p]["next"])
    return n


def _rests(network: Network, world: World, s: int) -> bool:
    """Whether servers of station s hold finished parts or have nothing to do, now and for what comes from outside."""
    station = world.stations[s]
    first, n = int(station["server0"]), int(station["servers"])
    for v in world.servers[first : first + n]:
        if v["part"] >= 0 and not _held(world, s, False, *v[_DOING].item()[:5]):
            return False
    waiting = station["queue_head"] >= 0 or station["outside_head"] >= 0
    given, now_s = network.line.stations[network.stations[s]], float(world.run[0]["now"])
    return not waiting and not any(still_enters(given, p, now_s) for p in network.line.products.values())


def _held(world: World, s: int, hungry: bool, part: int, lacks: int, held: int, busy: int, state: int) -> bool:
    """Whether a server of station s, in this state, does nothing more for its part until that finds a place, however
    often it works on it again; or nothing at all until components come, where the station is hungry."""
    if part < 0:
        return (held > 0 or hungry) and busy == rec.IDLE
    if lacks:
        return hungry
    if busy == rec.BEGINNING:
        return state == rec.BLOCKED
    return busy == rec.IDLE or bool(world.parts[part]["again"] and not world.stations[s]["judges"])


def _wanted(network: Network, world: World, lacks: Waits, s: int, part: _Part, number: int) -> set[str]:
    """Stations and belts that could take a part of station s at a step; "" where nothing more keeps it there."""
    if part.claimed or part.kept >= rec.AT_TARGET:
        return {FREE}
    if int(world.service[s, number]) != rec.PASS:
        return {network.stations[s]}  # it goes on there, once there is room
    ways = [(goal, names) for goal, hops, names in network.onwards(s, number) if hops <= part.reach]
    if rule := int(world.steps["rule"][number]):
        if rule == _FIRST_FREE:
            return {HOLDS + network.stations[goal] for goal, _ in ways}
        ways = _in_turn(world, part, world.steps[number], ways)
    found: set[str] = set().union(*[names for _, names in ways])
    if not world.inlets.size:
        return found
    at = {name: i for i, name in enumerate(network.stations)}
    return {_place(world, lacks, name, at[name], number) if name in at else name for name in found}


def _in_turn(world: World, part: _Part, step: Any, ways: list[tuple[int, set[str]]]) -> list[tuple[int, set[str]]]:
    """The way to the one station whose turn it is."""
    if part.assigned >= 0:
        return [way for way in ways if way[0] == part.assigned]
    first, n = int(step["able0"]), int(step["able1"] - step["able0"])
    after = {int(world.able[first + (int(step["turn"]) + i) % n]): i for i in range(n)}
    return sorted(ways, key=lambda way: after[way[0]])[:1]


def _place(world: World, lacks: Waits, name: str, s: int, number: int) -> str:
    """Who has to do something for a part to find a place at a station at a step: a full inlet waits for what else is
    joined there."""
    role = int(world.service[s, number])
    if role > rec.JOIN:
        return name
    inlet = world.inlets[rec.JOIN - role]
    if int(inlet["used"]) < int(inlet["places"]):
        return FREE
    return LACKS + name if LACKS + name in lacks else name


def _stuck(waits: Waits) -> set[str]:
    """Those of `waits` that wait for nothing but each other. Who holds parts goes on with any of them, who lacks
    components with all of these. Who is not known to wait for anything is not stuck."""
    stuck = set(waits)
    while True:
        free = {name for name in stuck if _goes_on(name, waits[name][0], stuck)}
        if not free:
            return stuck
        stuck -= free


def _goes_on(name: str, wanted: list[set[str]], stuck: set[str]) -> bool:
    if name.startswith(LACKS):
        return not any(each <= stuck for each in wanted)
    return not wanted or not all(each <= stuck for each in wanted)


def _cycle(waits: Waits, stuck: set[str]) -> tuple[str, ...]:
    """A ring of the stuck ones, from its first name on; or the one alone whose parts have nowhere to go, or which
    lacks what is nowhere."""
    here = by_name(stuck)[0]
    seen: list[str] = []
    while here not in seen:
        seen.append(here)
        if here.startswith(LACKS):
            ways = [wanted for wanted in waits[here][0] if wanted <= stuck]
            if not all(ways):
                return (here,)
        else:
            ways = [wanted & stuck for wanted in waits[here][0] if wanted]
            if not ways:
                return (here,)
        here = by_name(ways[0])[0]
    ring = seen[seen.index(here) :]
    start = ring.index(by_name([name for name in ring if not name.startswith((LACKS, HOLDS))] or ring)[0])
    return tuple(ring[start:] + ring[:start])


def _told(cycle: tuple[str, ...], waits: Waits, stuck: set[str], lacked: dict[str, list[str]]) -> tuple[str, ...]:
    """The names of a ring, with what a station lacks after its own."""
    names: dict[str, None] = {}
    for name in cycle:
        names[name.lstrip(LACKS + HOLDS)] = None
        if len(waits[name][0]) < len(lacked.get(name, ())):
            names |= dict.fromkeys(lacked[name])
        elif name in lacked:
            names |= {lack: None for lack, wanted in zip(lacked[name], waits[name][0], strict=True) if wanted <= stuck}
    return tuple(names)
