"""Which resource limits the line: the one that is active longest without a break.

A resource is active while it works, is set up or is down, moves or hands over: while others may wait for it. It is not
while it waits: starved, blocked, off shift, without a task. Waiting of no length does not end an active period.

Source: Roser, Nakano, Tanaka, "A practical bottleneck detection method", WSC 2001.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from layout.flow.network import Network
from layout.flow.output.statistics import Replication, active_share


def active_periods_s(replications: Sequence[Replication]) -> dict[str, float]:
    """Resource -> mean length (s) of an uninterrupted active period; periods are cut at the window's ends."""
    return {name: _mean_s([r.active[name] for r in replications]) for name in replications[0].active}


def _mean_s(found: Sequence[tuple[float, int]]) -> float:
    spent = [(seconds, periods) for seconds, periods in found if seconds > 0]
    return math.fsum(s for s, _ in spent) / sum(n for _, n in spent) if spent else 0.0


def bottleneck(
    network: Network,
    replications: Sequence[Replication],
    shares: Mapping[str, Mapping[str, float]],
    periods_s: Mapping[str, float],
) -> str:
    """The station, arm or vehicle with the longest mean active period; empty if none is ever active.

    A fleet is judged by all its vehicles together, and named by the busiest of them. Of equals the one that is active
    more of the time counts, then the first by name. periods_s : of `active_periods_s`
    """
    busy = {name: active_share(states) for name, states in shares.items()}
    rank = {s: (periods_s[s], busy[s]) for s in network.stations}
    for crew in network.crews:
        fleet = network.line.fleets.get(crew)
        units = fleet.members if fleet else (crew,)
        if units:
            mean_s = _mean_s([r.active[u] for r in replications for u in units])
            rank[max(units, key=lambda u: busy[u])] = mean_s, math.fsum(busy[u] for u in units) / len(units)
    best = max(rank, key=lambda name: rank[name], default="")
    return best if best and rank[best][0] > 0 else ""
