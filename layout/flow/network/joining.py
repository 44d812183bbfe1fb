"""Assembly, disassembly and carriers of a line: the inlets, what operations take from them, what they release.

              load: components {pallet: 1}                 unload: releases {pallet: 1}
pallets in inlet --+                                         +--> a pallet begins, goes back by its route
part --------------+--> operation --> ... part, pallet ... --+--> the part goes on
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from layout.errors import LayoutError, Problem
from layout.flow.paths import back_to, by_name
from layout.model.line import Line, LineProduct


@dataclass
class Joining:
    """Rows of `records.INLET`, `NEED` and `RELEASED` for a line.

    inlets : in the order of stations, then products; at : (station, product) -> row
    Raises LayoutError, naming each inlet that is too small, carriers without a place, and rework that leads back over
    something that cannot be done twice.
    """

    line: Line
    inlets: list[dict[str, Any]] = field(default_factory=list)
    needs: list[dict[str, Any]] = field(default_factory=list)
    released: list[dict[str, Any]] = field(default_factory=list)
    at: dict[tuple[str, str], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        problems: list[Problem] = []
        stations, products = by_name(self.line.stations), by_name(self.line.products)
        for s, station in enumerate(stations):
            wanted: dict[str, int] = {}
            for host in self.line.products.values():
                for operation, components in host.components.items():
                    if station in self.line.able(operation, host.name):
                        for name, number in components.items():
                            wanted[name] = max(wanted.get(name, 0), number)
            for name in by_name(wanted):
                places = self.line.stations[station].inlets.get(name, 2 * wanted[name])
                if places < wanted[name]:
                    what = (
                        f"an operation at {station!r} takes {wanted[name]} of {name!r}, its inlet has room for {places}"
                    )
                    problems.append(Problem(what, hint="give the inlet more places"))
                self.at[station, name] = len(self.inlets)
                self.inlets.append({"station": s, "product": products.index(name), "places": places, "initial": 0,
                                    "queue_head": -1, "queue_tail": -1})  # fmt: skip
        for name in products:
            self._fill(self.line.products[name], problems)
            self._rework(self.line.products[name], problems)
        if problems:
            raise LayoutError(problems)

    def _fill(self, carrier: LineProduct, problems: list[Problem]) -> None:
        """Carriers stand at the start in the inlets that join them, in turn."""
        here = [row for (_, name), row in self.at.items() if name == carrier.name]
        places = sum(int(self.inlets[row]["places"]) for row in here)
        if carrier.circulates > places:
            what = (
                f"{carrier.circulates} of {carrier.name!r} circulate, the inlets that join them have room for {places}"
            )
            problems.append(Problem(what, hint="give the inlets more places, or let fewer circulate"))
            return
        left = carrier.circulates
        while left:
            for row in here:
                if left and self.inlets[row]["initial"] < self.inlets[row]["places"]:
                    self.inlets[row]["initial"] += 1
                    self.inlets[row]["used"] = self.inlets[row]["load"] = self.inlets[row]["initial"]
                    left -= 1

    def _rework(self, product: LineProduct, problems: list[Problem]) -> None:
        for station in self.line.stations.values():
            for k, operation in enumerate(product.route):
                quality = station.quality.get(operation)
                if (
                    quality is None
                    or quality.rework is None
                    or station.name not in self.line.able(operation, product.name)
                ):
                    continue
                back = back_to(product.route, k, quality.rework.to)
                joined = {c for o in product.route[back : k + 1] for c in product.components.get(o, {})
                          if self.line.products[c].circulates}  # fmt: skip
                again = joined | {c for o in product.route[back:k] for c in product.releases.get(o, {})}
                for name in by_name(again):
                    what = f"rework from {operation!r} to {quality.rework.to!r} would join or release {name!r} twice"
                    problems.append(Problem(what, hint="send the parts back to a later operation"))

    def needs_of(self, station: str, components: Mapping[str, int]) -> int:
        """First row of `needs` of an operation's components at a station; -1 where it takes none."""
        rows = [{"inlet": self.at[station, name], "number": components[name]} for name in by_name(components)]
        return _together(self.needs, rows)

    def released_of(self, numbers: Mapping[str, int]) -> int:
        """First row of `released` of so many parts of some products; -1 where there are none."""
        products = by_name(self.line.products)
        rows = [{"product": products.index(name), "number": numbers[name]} for name in by_name(numbers)]
        return _together(self.released, rows)


def _together(table: list[dict[str, Any]], rows: list[dict[str, Any]]) -> int:
    if not rows:
        return -1
    table += [{**row, "more": int(i < len(rows) - 1)} for i, row in enumerate(rows)]
    return len(table) - len(rows)
