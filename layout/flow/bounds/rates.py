"""Rates of parts along their routes, as variables of the linear programme: scrap, rework, joining and parting."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass

from layout.flow.bounds.programme import Programme, Terms
from layout.flow.bounds.windows import counted_s
from layout.flow.paths import Paths, by_name
from layout.model.line import Line, LineProduct


@dataclass(frozen=True)
class Step:
    """Parts of a product that go from one station to another, and what is done there; `rate` is their variable.

    hops : stations they pass on the way, pairwise
    operation : None where they end; number : of the step on the route
    stays : they were worked on at this station before, and never left it
    """

    rate: int
    product: str
    number: int
    operation: str | None
    origin: str
    target: str
    hops: tuple[tuple[str, str], ...]
    stays: bool


class Rates:
    """Every step of every product, with the balances that link their rates. Good parts that leave are the gain."""

    def __init__(self, line: Line, ways: Paths, programme: Programme) -> None:
        self.line, self.ways, self.programme = line, ways, programme
        self.steps: list[Step] = []
        self._done: dict[tuple[str, str, str], Terms] = defaultdict(dict)  # product, operation, station -> rate
        self._ended: dict[tuple[str, str], Terms] = defaultdict(dict)  # product, station -> rate
        self._sources()
        for name in by_name(line.products):
            self._route(line.products[name])
        for name in by_name(line.products):
            self._join(name)
            self._part(line.products[name])

    def _sources(self) -> None:
        """The rate at which each source gives each product."""
        self._given: dict[tuple[str, str], Terms] = {}
        entering = [p for p in self.line.products.values() if not p.released and not p.circulates]
        start, end = counted_s(self.line.time)
        # what waits outside through a night may all be made on the next day's shift
        changing = any(station.shift for station in self.line.stations.values()) or any(
            staff.shift for staff in self.line.staff.values()
        )
        longer = end / (end - start) if changing else 1.0
        for name in by_name({s for product in entering for s in product.sources}):
            station = self.line.stations[name]
            made = [p for p in entering if name in p.sources]
            if station.schedule:
                for product in made:
                    orders = [o.number for o in station.schedule if o.product == product.name and o.at_s <= end]
                    rate = self.programme.variable()
                    self._given[product.name, name] = {rate: 1.0}
                    self.programme.at_most(name, f"orders of {product.name}", {rate: 1.0}, sum(orders) / (end - start))
                continue
            whole = sum(product.share for product in made)
            rate = self.programme.variable()
            for product in made:
                self._given[product.name, name] = {rate: product.share / whole}
            if station.arrivals is not None and station.arrivals.mean_s > 0:
                self.programme.at_most(name, "arrivals", {rate: 1.0}, longer / station.arrivals.mean_s)

    def _begin(self, product: LineProduct, station: str) -> Terms:
        if (product.name, station) not in self._given:
            self._given[product.name, station] = {self.programme.variable(): 1.0}
        return self._given[product.name, station]

    def _route(self, product: LineProduct) -> None:
        """What comes to a station for its next step goes on from there."""
        inflow: dict[tuple[int, str], Terms] = defaultdict(lambda: defaultdict(float))
        for name in product.sources:
            for rate, factor in self._begin(product, name).items():
                inflow[0, name][rate] += factor
        queue, seen = deque(inflow), set(inflow)
        outflow: dict[tuple[int, str], list[int]] = {}
        while queue:
            number, origin = here = queue.popleft()
            operation = product.route[number] if number < len(product.route) else None
            able = set(self.line.able(operation, product.name) if operation else product.sinks)
            outflow[here] = []
            for target in self._targets(origin, able):
                rate = self.programme.variable()
                outflow[here].append(rate)
                stays = origin == target and (number > 0 or bool(self.line.stations[origin].quality))
                hops = tuple(self.ways.path(origin, target))
                self.steps.append(Step(rate, product.name, number, operation, origin, target, hops, stays))
                if operation is None:
                    self._ended[product.name, target][rate] = 1.0
                    if not product.joined and not product.circulates:
                        self.programme.gain[rate] = 1.0
                    continue
                self._done[product.name, operation, target][rate] = 1.0
                for following, part in self._after(product, number, target):
                    if part > 0:
                        inflow[following, target][rate] += part
                        if (following, target) not in seen:
                            seen.add((following, target))
                            queue.append((following, target))
        for here, rates in outflow.items():
            balance = {rate: -factor for rate, factor in inflow[here].items()}
            for rate in rates:
                balance[rate] = balance.get(rate, 0.0) + 1.0
            self.programme.equal.append(balance)

    def _after(self, product: LineProduct, number: int, station: str) -> list[tuple[int, float]]:
        """The steps that may follow a step, with their shares; what is left is scrap."""
        quality = self.line.stations[station].quality.get(product.route[number])
        if quality is None:
            return [(number + 1, 1.0)]
        again = quality.rework.share if quality.rework else 0.0
        found = [(number + 1, 1.0 - quality.scrap - again)]
        if quality.rework:
            back = [k for k in range(number + 1) if product.route[k] == quality.rework.to]
            found.append((back[-1] if back else number, again))
        return found

    def _targets(self, origin: str, able: set[str]) -> list[str]:
        """A station that can do the next operation itself does it; else every one that parts can reach."""
        return [origin] if origin in able else by_name(able & self.ways.next_hops(origin).keys())

    def _spoiled(self, product: LineProduct) -> bool:
        """Whether some parts of a product are not done just once at every step."""
        return any(
            operation in station.quality and product.name in station.operations.get(operation, {})
            for station in self.line.stations.values()
            for operation in product.route
        )

    def _join(self, component: str) -> None:
        """As many of a component end at a station as its operations join to others.

        Where parts of a host are done again or thrown away: no more than a set for each time it is done, in all no
        less than a set for each good part.
        """
        hosts = [(host, operation, products[component]) for host, operation, products in _all(self.line, "components")
                 if component in products]  # fmt: skip
        spoiled = any(self._spoiled(host) for host, _, _ in hosts)
        for name in self.line.products[component].sinks if hosts else ():
            balance = dict(self._ended[component, name])
            for host, operation, number in hosts:
                for rate in self._done[host.name, operation, name]:
                    balance[rate] = balance.get(rate, 0.0) - number
            (self.programme.no_more if spoiled else self.programme.equal.append)(balance)
        if spoiled:
            needed: Terms = defaultdict(float)
            for host, _, number in hosts:
                for rate in self._ends(host.name):
                    needed[rate] += number
            for rate in self._ends(component):
                needed[rate] -= 1.0
            self.programme.no_more(needed)

    def _part(self, product: LineProduct) -> None:
        """As many of a product begin at a station as its operations part from others.

        Where hosts may be thrown away, their carriers are free before.
        """
        hosts = [(host, operation, products[product.name]) for host, operation, products in _all(self.line, "releases")
                 if product.name in products]  # fmt: skip
        spoiled = any(self._spoiled(host) for host, _, _ in hosts)
        if not hosts or (spoiled and product.circulates):
            return
        for name in product.sources:
            balance = dict(self._begin(product, name))
            for host, operation, number in hosts:
                for rate in self._done[host.name, operation, name]:
                    balance[rate] = balance.get(rate, 0.0) - number
            (self.programme.no_more if spoiled else self.programme.equal.append)(balance)

    def _ends(self, product: str) -> list[int]:
        return [rate for (name, _), rates in self._ended.items() if name == product for rate in rates]


def _all(line: Line, what: str) -> list[tuple[LineProduct, str, Mapping[str, int]]]:
    """(host, operation, product -> number) of everything that operations join (`components`) or part (`releases`)."""
    return [
        (host, operation, products)
        for host in line.products.values()
        for operation, products in getattr(host, what).items()
        if operation in host.route
    ]
