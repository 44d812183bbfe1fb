"""Who waits for whom where arms and vehicles take parts in turn: for a part that only they could bring, or for room.

A unit waits for the station whose turn it is, or for those its part could go to. A station that has nothing to do
waits for who could bring it a part, and its finished parts wait for the unit that should take them.
"""

from __future__ import annotations

from typing import Any

from layout.flow.component_waits import FREE, HOLDS, LACKS, Waits, idle_since
from layout.flow.kernel import records as rec
from layout.flow.kernel.records import World
from layout.flow.network import Network


def idle_in_turn(world: World) -> bool:
    """Whether a unit with a cycle has nothing to do."""
    if not world.turns.size:
        return False
    arms = world.arms
    return bool(((arms["turns"] > 0) & (arms["state"] == rec.ARM_WAITING)).any())


def turn_waits(network: Network, world: World, lacks: Waits) -> Waits:
    """Of units with a cycle and of all stations that nothing happens at: for what each waits, and since when; where
    components are lacking, of the parts that stations hold, too. lacks : of `component_waits`
    """
    crews = _Crews(network, world, lacks)
    waits: Waits = {}
    for i, name in enumerate(network.stations):
        found = crews.station(i)
        if found is not None:
            waits[name] = found
        if lacks and (held := crews.held(i)) is not None:
            waits[HOLDS + name] = held
    for u, name in enumerate(network.units):
        arm = world.arms[u]
        if int(arm["turns"]) > 0 and int(arm["state"]) == rec.ARM_WAITING:
            waits[name] = ([crews.unit(arm)], float(arm["ended"]))
    return waits


_OF_SERVER = ["state", "part", "held"]


class _Crews:
    def __init__(self, network: Network, world: World, lacks: Waits) -> None:
        self.network, self.world, self.lacks = network, world, lacks
        line = network.line
        self.members = {c: line.fleets[c].members if c in line.fleets else (c,) for c in network.crews}
        self.in_turn = {c for c in network.crews if (line.fleets.get(c) or line.arms[c]).dispatch == "cycle"}
        self.resting = {u for u, arm in zip(network.units, world.arms, strict=True) if arm["state"] == rec.ARM_WAITING}

    def station(self, i: int) -> tuple[list[set[str]], float] | None:
        """None where something will happen by itself, or where nothing waits: nobody could bring it a part."""
        station, servers = self.world.stations[i], self.world.servers
        first, n = int(station["server0"]), int(station["servers"])
        lack = LACKS + self.network.stations[i]
        hungry = lack in self.lacks
        free = False
        for state, number, kept in servers[_OF_SERVER][first : first + n].tolist():
            away = number < 0 and state in (rec.DOWN, rec.OFF_SHIFT)  # and will be as before
            if not (away or state in (rec.STARVED, rec.BLOCKED) or (hungry and state == rec.LACKING)):
                return None
            free |= state == rec.STARVED or (away and not kept)
        waits = int(station["queue_head"]) >= 0 or int(station["outside_head"]) >= 0
        if free and waits and not hungry:
            return None
        ready = self.ready(i)
        since = max(
            [idle_since(self.world, v) for v in servers[first : first + n]] + [float(p["ready"]) for p in ready]
        )
        wanted = [self.part(i, part) for part in ready] + ([{lack}] if hungry else [])
        if int(station["used"]) < int(station["places"]):
            wanted.append(self.incoming(i))
        wanted = [each for each in wanted if each]
        return (wanted, since) if wanted else None

    def held(self, i: int) -> tuple[list[set[str]], float] | None:
        """For what the finished parts of station i wait, or the components that it lacks; None where it has neither, or
        works."""
        found = self.station(i)
        if found is None:
            return None
        lack = LACKS + self.network.stations[i]
        wanted = [self.part(i, part) for part in self.ready(i)] + ([{lack}] if lack in self.lacks else [])
        return (wanted, found[1]) if wanted else None

    def ready(self, i: int) -> list[Any]:
        found, p = [], int(self.world.stations[i]["ready_head"])
        while p >= 0:
            found.append(self.world.parts[p])
            p = int(self.world.parts[p]["next"])
        return found

    def hops(self, i: int, part: Any) -> list[tuple[int, bool]]:
        """Stations that a finished part of station i can go to next, and whether they have room for it."""
        world, step = self.world, int(part["step"])
        found = []
        for k in range(int(world.steps[step]["able0"]), int(world.steps[step]["able1"])):
            goal = int(world.able[k])
            b = int(world.hop[i, goal])
            if b >= 0 and int(world.hops[i, goal]) <= int(part["reach"]):
                role = int(world.service[b, step])
                place = world.inlets[rec.JOIN - role] if role <= rec.JOIN else world.stations[b]
                found.append((b, role == rec.LEAVE or int(place["used"]) < int(place["places"])))
        return found

    def part(self, i: int, part: Any) -> set[str]:
        """For what a finished part waits: room, or the units that have not come for it."""
        if int(part["claimed"]):
            return {FREE}
        stations, wanted = self.network.stations, set[str]()
        if int(self.world.service[i, int(part["step"])]) != rec.PASS:
            return {stations[i]}  # it goes on there, once there is room
        for b, room in self.hops(i, part):
            for name in self.network.paths.legs[stations[i], stations[b]]:
                if not room:
                    wanted.add(name if name in self.network.belts else stations[b])
                else:
                    wanted.update(self.members[name] if name in self.in_turn else {FREE})
        return wanted

    def incoming(self, i: int) -> set[str]:
        """Who could bring a part to station i."""
        stations, world = self.network.stations, self.world
        wanted = {FREE} if self.network.line.stations[stations[i]].is_source else set[str]()
        for (origin, target), names in self.network.paths.legs.items():
            for name in names if target == stations[i] else ():
                if name in self.in_turn:
                    wanted.update(self.members[name])
                elif name in self.members:
                    wanted.add(origin if set(self.members[name]) <= self.resting else FREE)
                elif name in self.network.belts:
                    empty = int(world.belts[self.network.belts.index(name)]["count"]) == 0
                    wanted.add(origin if empty else FREE)
                else:
                    empty = int(world.links[self.network.links.index(name)]["head"]) < 0
                    wanted.add(origin if empty else FREE)
        return wanted

    def unit(self, arm: Any) -> set[str]:
        """For what a unit waits at its turn: room for a part that is there, or a part."""
        world, stations = self.world, self.network.stations
        turns = world.turns[int(arm["turn0"]) : int(arm["turn0"]) + int(arm["turns"])]
        turn = turns[int(arm["turn"])]
        s = int(turn["station"])
        ready = [part for part in self.ready(s) if not int(part["claimed"])]
        if ready:
            hops = [hop for part in ready for hop in self.hops(s, part)]
            return {FREE if room else stations[b] for b, room in hops}
        if int(turn["feeders"]) < 0:
            return {stations[s]}
        return {stations[int(other)] for other in turns["station"]}
