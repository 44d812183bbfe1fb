"""The ways parts can take: which transport links which stations, and the fewest hops from one to another."""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from layout.errors import LayoutError, Problem
from layout.model.line import Fleet, Line, LineProduct
from layout.model.results import FleetTimes, Moves


def by_name(names: Iterable[str]) -> list[str]:
    """Names in natural order, "mill 2" before "mill 10": the order in which all ties are broken.

    The order in a file breaks none, so that it never matters.
    """
    return sorted(names, key=_natural)


@lru_cache(4096)
def _natural(name: str) -> tuple[list[tuple[int, str]], str]:
    return [(int(t), "") if t.isdigit() else (-1, t) for t in _TOKENS(name)], name


_TOKENS = re.compile(r"\d+|\D+").findall


@dataclass(frozen=True)
class Paths:
    """Hops between stations.

    legs : (origin, target) -> names of the transports that carry parts there in one hop
    following : origin -> its targets, in order
    """

    legs: Mapping[tuple[str, str], tuple[str, ...]]
    following: Mapping[str, tuple[str, ...]]
    closed: frozenset[str]
    _known: dict[str, dict[str, tuple[str, int]]] = field(default_factory=dict, compare=False, repr=False)

    def next_hops(self, origin: str) -> Mapping[str, tuple[str, int]]:
        """Station -> first hop on the way there with the fewest hops, and their number; ties: the first by name.

        No way leads through a saturated source: it never has room.
        """
        found = self._known.get(origin)
        if found is None:
            found = self._known[origin] = self._searched(origin)
        return found

    def _searched(self, origin: str) -> dict[str, tuple[str, int]]:
        first = {origin: (origin, 0)}
        queue = deque([origin])
        while queue:
            here = queue.popleft()
            if here in self.closed and here != origin:
                continue
            for target in self.following.get(here, ()):
                if target not in first:
                    first[target] = (target if here == origin else first[here][0], first[here][1] + 1)
                    queue.append(target)
        return first

    def path(self, origin: str, target: str) -> list[tuple[str, str]]:
        """The hops from origin to target, as parts take them."""
        legs = []
        while origin != target:
            following = self.next_hops(origin)[target][0]
            legs.append((origin, following))
            origin = following
        return legs


def paths(line: Line, moves: Moves | None = None) -> Paths:
    """The transport graph of a line; with `moves`, only hops whose times are known and finite."""
    legs: dict[tuple[str, str], list[str]] = {}
    for name in by_name((*line.arms, *line.fleets)):
        for origin, target in _carried(line, name, moves):
            legs.setdefault((origin, target), []).append(name)
    for name in by_name(line.belts):
        if moves is None or name in moves.belts:
            legs.setdefault((line.belts[name].origin, line.belts[name].target), []).append(name)
    for name in by_name(line.links):
        legs.setdefault((line.links[name].origin, line.links[name].target), []).append(name)
    following: dict[str, set[str]] = {}
    for origin, target in legs:
        if origin in line.stations and target in line.stations:
            following.setdefault(origin, set()).add(target)
    return Paths(
        legs={pair: tuple(names) for pair, names in legs.items()},
        following={origin: tuple(by_name(targets)) for origin, targets in following.items()},
        closed=frozenset(s.name for s in line.stations.values() if s.saturated),
    )


def _carried(line: Line, name: str, moves: Moves | None) -> list[tuple[str, str]]:
    """The hops of an arm or a fleet."""
    crew = line.fleets.get(name) or line.arms[name]
    serves = [s for s in crew.serves if s in line.stations]
    if isinstance(crew, Fleet) and crew.units < 1:
        return []
    if moves is None:
        return [(a, b) for a in serves for b in serves if a != b]
    times = moves.fleets.get(name) if name in line.fleets else moves.arms.get(name)
    if times is None:
        return []
    served = set(serves)
    loaded = (times.travel_s if isinstance(times, FleetTimes) else times.loaded_s).tolist()
    return [
        (a, b)
        for i, a in enumerate(times.stations)
        for j, b in enumerate(times.stations)
        if i != j and a in served and b in served and math.isfinite(loaded[i][j])
    ]


def unconnected(line: Line, moves: Moves | None = None, graph: Paths | None = None) -> tuple[tuple[str, str, str], ...]:
    """Steps of routes that cannot be taken: (product, station it would leave, operation it needs next).

    The station is empty where no source makes the product, the operation where it should leave the line. With `moves`,
    a transport whose times are missing carries nothing. Empty if every part can always go on. graph : their paths
    """
    graph = graph or paths(line, moves)
    found: dict[tuple[str, str, str], None] = {}

    def step(name: str, here: set[str], operation: str) -> set[str]:
        """Where parts that stand `here` have their next operation done; what has no way there is noted."""
        product = line.products[name]
        able = set(line.able(operation, name)) if operation else set(product.sinks)
        following: set[str] = set()
        for origin in by_name(here):
            if origin in able:
                following.add(origin)
                continue
            reached = able & graph.next_hops(origin).keys()
            if not reached:
                found[name, origin, operation] = None
            following |= reached
        return following or able

    for name in by_name(line.products):
        product = line.products[name]
        if not product.sources:
            found[name, "", product.route[0] if product.route else ""] = None
        before = [
            set(product.sources) | _dropped(line, name),
            *(set[str]() for _ in product.route),
        ]  # where parts stand before each step
        known = -1
        while known < (known := sum(map(len, before))):
            for k, operation in enumerate(product.route):
                after = step(name, before[k], operation)
                before[k + 1] |= after
                for s in after:
                    quality = line.stations[s].quality.get(operation)
                    if quality is not None and quality.rework is not None:
                        before[back_to(product.route, k, quality.rework.to)].add(s)
            step(name, before[-1], "")
    return tuple(found)


def _dropped(line: Line, carrier: str) -> set[str]:
    """Stations that scrap parts which have got the carrier, so that it goes back from there."""
    if not line.products[carrier].circulates:
        return set()
    return {
        station.name
        for product in line.products.values()
        for k, operation in enumerate(product.route)
        for station in line.stations.values()
        if operation in station.quality
        and station.quality[operation].scrap > 0
        and product.name in station.operations.get(operation, {})
        and carrier in aboard(line, product, k)
    }


def back_to(route: Sequence[str], k: int, operation: str) -> int:
    """Step of a route that parts go back to from step k: the last one of that name up to there.

    Raises LayoutError where there is none.
    """
    for i in range(k, -1, -1):
        if route[i] == operation:
            return i
    raise LayoutError(
        Problem(f"the route has no {operation!r} up to {route[k]!r} to send parts back to", hint="name one before it")
    )


def aboard(line: Line, product: LineProduct, k: int) -> dict[str, int]:
    """The carriers that a part of a product has got while step k of its route is done: carrier -> how many."""
    got: dict[str, int] = {}
    for i, operation in enumerate(product.route[: k + 1]):
        for name, number in product.components.get(operation, {}).items():
            if line.products[name].circulates:
                got[name] = got.get(name, 0) + number
        for name, number in product.releases.get(operation, {}).items() if i < k else ():
            if name in got:
                got[name] -= number
    return {name: number for name, number in got.items() if number > 0}
