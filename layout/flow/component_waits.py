"""Who waits for components: a station where a part waits for some, and where others of them are or may come from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from layout.flow.kernel import records as rec
from layout.flow.kernel.records import World
from layout.flow.network import Network
from layout.model.line import LineProduct, Station

Waits = dict[
    str, tuple[list[set[str]], float]
]  # who -> (for each part that it holds or lacks, whom that waits for), since
FREE = ""  # something that will happen by itself
LACKS = "\n"  # before a station's name: its want of components, or of parts to join them to
HOLDS = "\t"  # before a station's or belt's name: the parts there, whether or not there is room for more


def lacking(world: World, s: int) -> dict[int, float]:
    """Products that the first part that waits at station s lacks, and since when (s) it has waited for them."""
    station = world.stations[s]
    if not station["joins"]:
        return {}
    first, n = int(station["server0"]), int(station["servers"])
    servers = world.servers[first : first + n]
    waiting = [(int(v["part"]), float(v["since"])) for v in servers if v["lacks"]]
    head = int(station["queue_head"]) if station["queue_head"] >= 0 else int(station["outside_head"])
    idle = [idle_since(world, v) for v in servers if v["part"] < 0 and not v["held"]]
    if head >= 0 and idle:
        waiting.append((head, max(*idle, float(world.parts[head]["since"]))))
    found: dict[int, float] = {}
    for p, since in waiting:
        row = int(world.need[s, int(world.parts[p]["step"])])
        while row >= 0:
            inlet = world.inlets[int(world.needs[row]["inlet"])]
            if int(inlet["waiting"]) < int(world.needs[row]["number"]):
                found.setdefault(int(inlet["product"]), since)
            row = row + 1 if world.needs[row]["more"] else -1
    return found


def idle_since(world: World, server: Any) -> float:
    """Since when (s) a server has had nothing to do, whatever shifts and failures it has been through meanwhile.

    A failure by the calendar ends an active period as work does: of what has such, the beginning of its last work.
    """
    modes = world.modes[int(server["mode0"]) : int(server["mode0"]) + int(server["modes"])]
    return float(server["began"] if modes["calendar"].any() else max(server["ended"], 0.0))


def component_waits(network: Network, world: World, *, nothing_comes: bool) -> tuple[Waits, dict[str, list[str]]]:
    """Of each station that lacks components, for each of them, the stations and belts that it could come from; and the
    names of what it lacks. A station with a full inlet and nothing to join it to lacks any product that it joins to.

    nothing_comes : nothing moves any more, wherever it is
    """
    waits: Waits = {}
    lacked: dict[str, list[str]] = {}
    if not world.needs.size:
        return waits, lacked
    holders = {} if nothing_comes else _holders(network, world)
    full = world.inlets[world.inlets["used"] >= world.inlets["places"]]
    for s, name in enumerate(network.stations):
        lacks = lacking(world, s)
        inlets = full[full["station"] == s]
        if lacks:
            wanted = [_suppliers(network, holders, network.products[c], name) for c in lacks]
            waits[LACKS + name] = (wanted, max(lacks.values()))
            lacked[LACKS + name] = [network.products[c] for c in lacks]
        elif inlets.size and not _has_parts(world, s):
            parts = {network.products[int(inlet["product"])] for inlet in inlets}
            hosts = [
                h
                for h, host in network.line.products.items()
                if any(parts & c.keys() for c in host.components.values())
            ]
            first = int(world.stations[s]["server0"])
            servers = world.servers[first : first + int(world.stations[s]["servers"])]
            since = max(idle_since(world, v) for v in servers)
            # where no more of them come at all, what is left over is nobody's loss
            found = set().union(*(_suppliers(network, holders, h, name) for h in hosts)) or {FREE}
            waits[LACKS + name] = ([found], since)
            lacked[LACKS + name] = hosts
    return waits, lacked


def _has_parts(world: World, s: int) -> bool:
    """Whether parts wait or stand at station s, finished ones left out: they are joined to once it is at work."""
    station = world.stations[s]
    if station["queue_head"] >= 0 or station["outside_head"] >= 0:
        return True
    first, n = int(station["server0"]), int(station["servers"])
    servers = world.servers[first : first + n]
    return bool(((servers["part"] >= 0) & (servers["busy"] != rec.IDLE)).any())


def _suppliers(network: Network, holders: dict[str, set[tuple[str, bool]]], product: str, station: str) -> set[str]:
    """Where a product is, or what it may be released from; what waits in the station's own inlet is not enough."""
    todo, seen = [product], {product}
    while todo:
        released = todo.pop()
        hosts = {h for h, host in network.line.products.items() if any(released in r for r in host.releases.values())}
        todo += hosts - seen
        seen |= hosts
    return {
        where and HOLDS + where
        for name in seen
        for where, in_inlet in holders.get(name, ())
        if not in_inlet or (where != station and network.line.products[name].released)
    }


def _holders(network: Network, world: World) -> dict[str, set[tuple[str, bool]]]:
    """Product -> (station or belt, whether in an inlet) where parts of it are or still enter; FREE for those under
    way."""
    found: dict[str, set[tuple[str, bool]]] = defaultdict(set)

    def note(head: int, where: str, *, in_inlet: bool = False) -> None:
        for product in _chain(world, head):
            found[network.products[product]].add((where, in_inlet))

    line, now = network.line, float(world.run[0]["now"])
    for s, name in enumerate(network.stations):
        station = world.stations[s]
        for queue in ("queue_head", "ready_head", "outside_head"):
            note(int(station[queue]), name)
        for v in range(int(station["server0"]), int(station["server0"]) + int(station["servers"])):
            if world.servers[v]["part"] >= 0:
                found[network.products[int(world.parts[int(world.servers[v]["part"])]["product"])]].add((name, False))
        given = line.stations[name]
        for product in line.products.values():
            if still_enters(given, product, now):
                found[product.name].add((name, False))
    for inlet in world.inlets:
        note(int(inlet["queue_head"]), network.stations[int(inlet["station"])], in_inlet=True)
    for belt, name in zip(world.belts, network.belts, strict=True):
        note(int(belt["head"]), name)
    for link in world.links:
        note(int(link["head"]), FREE)
    for arm in world.arms:
        if arm["state"] != rec.ARM_WAITING and arm["part"] >= 0:
            found[network.products[int(world.parts[int(arm["part"])]["product"])]].add((FREE, False))
    return found


def still_enters(station: Station, product: LineProduct, now_s: float) -> bool:
    """Whether parts of a product may yet come into the line at a station."""
    if station.name not in product.sources or product.released or product.circulates:
        return False
    return not station.schedule or any(o.product == product.name and o.at_s > now_s for o in station.schedule)


def _chain(world: World, p: int) -> Iterator[int]:
    """Products of a queue's parts from p on."""
    while p >= 0:
        yield int(world.parts[p]["product"])
        p = int(world.parts[p]["next"])
