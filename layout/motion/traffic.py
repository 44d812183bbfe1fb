"""Which moves of an arm can occur at all: only those must be possible, and only those count in the choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from layout.model.line import Arm, Line, Station

Flags = NDArray[np.bool_]


def carried(arm: Arm, line: Line) -> Flags:
    """(n, n) bool: whether parts can be carried from station i to station j of those that the arm serves.

    They are where a product goes from a station that made it what it is to one that can do its next operation, by the
    fewest hops over all transports, and the arm's leg is one of those hops.
    """
    return passed(arm.serves, line)


def passed(stations: Sequence[str], line: Line) -> Flags:
    """(n, n) bool: whether parts go in one hop from station i to station j of those named: see `carried`."""
    names = list(line.stations)
    at = {name: k for k, name in enumerate(names)}
    hops = np.full((len(names), len(names)), np.inf)
    crews = [*(a.serves for a in line.arms.values()), *(f.serves for f in line.fleets.values())]
    legs = [(a, b) for crew in crews for a in crew for b in crew if a != b]
    legs += [(b.origin, b.target) for b in line.belts.values()] + [(k.origin, k.target) for k in line.links.values()]
    for a, b in legs:
        if a in at and b in at and not line.stations[b].saturated:
            hops[at[a], at[b]] = 1.0
    np.fill_diagonal(hops, 0.0)
    one = hops == 1.0
    for k in range(len(names)):
        hops = np.minimum(hops, hops[:, k, None] + hops[None, k])
    wanted = np.zeros(hops.shape, dtype=bool)
    for name, product in line.products.items():
        here = [at[s] for s in product.sources if s in at]
        for operation in (*product.route, ""):
            there = [at[s] for s in (line.able(operation, name) if operation else product.sinks) if s in at]
            wanted[np.ix_(here, there)] = True
            here = there
    rows = np.array([at[name] for name in stations if name in at], dtype=int)
    out = np.zeros((len(rows), len(rows)), dtype=bool)
    for o, g in np.argwhere(wanted & np.isfinite(hops)):
        out |= one[np.ix_(rows, rows)] & (hops[o, rows][:, None] + 1.0 + hops[rows, g][None] == hops[o, g])
    return out


def passable(names: Sequence[str], stations: Mapping[str, Station]) -> Flags:
    """(n, n) bool: moves that stations allow by themselves: nothing is brought to a source or taken from a sink."""
    source = np.array([stations[n].is_source for n in names], dtype=bool)
    sink = np.array([stations[n].is_sink for n in names], dtype=bool)
    return np.asarray(~sink[:, None] & ~source[None])


def fetched(carried: Flags) -> Flags:
    """(n, n) bool: empty moves that follow from loaded ones: from where a part is put down, or from the first station,
    to where one is taken."""
    down: Flags = np.logical_or.reduce(carried, axis=0)
    up: Flags = np.logical_or.reduce(carried, axis=1)
    down = np.logical_or(down, np.arange(len(carried)) == 0)
    return np.asarray(down[:, None] & up[None])
