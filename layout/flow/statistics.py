"""From replications to estimates: confidence intervals, averages, the bottleneck.

Source: Law, Simulation Modeling and Analysis, 5th ed., ch. 9 (replication/deletion).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from layout.flow.network import Network, crew_times
from layout.flow.records import World
from layout.model.results import Estimate, FlowMove

STATION_STATES = ("working", "setup", "blocked", "starved", "down", "off_shift")


@dataclass(frozen=True)
class Replication:
    """What one replication measured over its window.

    per_h : good parts per hour; by_product the same for each product
    lead_time_s : mean over the parts that left, nan if none did
    wip : time average of parts in the line
    sojourn_s : time that parts spent in the line within the window, part by part: Little's law makes it
        wip times the window's length
    shares : resource -> state -> share of the window
    moves_per_h : (transport, origin, target) -> parts per hour
    entered, left, inside : parts over the whole run; entered = left + inside
    """

    per_h: float
    by_product: Mapping[str, float]
    lead_time_s: float
    wip: float
    sojourn_s: float
    shares: Mapping[str, Mapping[str, float]]
    moves_per_h: Mapping[tuple[str, str, str], float]
    entered: int
    left: int
    inside: int


def measure(network: Network, world: World) -> Replication:
    """Read a replication's figures off the world it ended in."""
    run = world.run[0]
    window_s = float(run["horizon"] - run["warmup"])
    hours = window_s / 3600
    left = int(run["left_counted"])
    return Replication(
        per_h=left / hours,
        by_product={p: int(n) / hours for p, n in zip(network.products, world.products["left"].tolist(), strict=True)},
        lead_time_s=float(run["lead"]) / left if left else math.nan,
        wip=float(run["wip_area"]) / window_s,
        sojourn_s=float(run["sojourn"]),
        shares={**_stations(network, world), **_arms(network, world, window_s), **_belts(network, world, window_s)},
        moves_per_h=_moves(network, world, hours),
        entered=int(run["entered"]),
        left=int(run["left"]),
        inside=int(run["inside_found"]),
    )


def _stations(network: Network, world: World) -> dict[str, dict[str, float]]:
    shares = {}
    servers = world.servers
    working, blocked = servers["in_working"].tolist(), servers["in_blocked"].tolist()
    starved, down = servers["in_starved"].tolist(), servers["in_down"].tolist()
    first, count = world.stations["server0"].tolist(), world.stations["servers"].tolist()
    for name, a, n in zip(network.stations, first, count, strict=True):
        sums = {"working": sum(working[a : a + n]), "setup": 0.0, "blocked": sum(blocked[a : a + n]),
                "starved": sum(starved[a : a + n]), "down": sum(down[a : a + n]), "off_shift": 0.0}  # fmt: skip
        whole = sum(sums.values())
        shares[name] = {state: value / whole for state, value in sums.items()}
    return shares


def _arms(network: Network, world: World, window_s: float) -> dict[str, dict[str, float]]:
    shares = {}
    for name, arm in zip(network.units, world.arms, strict=True):
        empty, loaded, handling = (float(arm[f"in_{state}"]) / window_s for state in ("empty", "loaded", "handling"))
        shares[name] = {"moving_empty": empty, "moving_loaded": loaded, "handling": handling,
                        "waiting": max(0.0, 1.0 - empty - loaded - handling)}  # fmt: skip
    return shares


def _belts(network: Network, world: World, window_s: float) -> dict[str, dict[str, float]]:
    shares = {}
    for name, belt in zip(network.belts, world.belts, strict=True):
        empty, blocked = float(belt["in_empty"]) / window_s, float(belt["in_blocked"]) / window_s
        shares[name] = {"empty": empty, "moving": max(0.0, 1.0 - empty - blocked), "blocked": blocked}
    return shares


def _moves(network: Network, world: World, hours: float) -> dict[tuple[str, str, str], float]:
    line, moves = network.line, network.moves
    used: dict[tuple[str, str, str], float] = {}
    moved = world.moved.tolist()
    at = 0
    for crew in network.crews:
        stations = crew_times(moves, crew).stations
        for origin in stations:
            for target in stations:
                if moved[at]:
                    used[crew, origin, target] = moved[at] / hours
                at += 1
        at += len(stations)  # from home nothing is carried
    for name, n in zip(network.belts, world.belts["moved"].tolist(), strict=True):
        used[name, line.belts[name].origin, line.belts[name].target] = n / hours
    for name, n in zip(network.links, world.links["moved"].tolist(), strict=True):
        used[name, line.links[name].origin, line.links[name].target] = n / hours
    return used


def estimate(samples: Sequence[float], level: float) -> Estimate:
    """Mean and Student-t interval of independent samples; half_width is infinite from one sample alone.

    Samples that are nan (nothing to measure) are left out; with none left the mean is infinite.
    """
    from scipy.special import stdtrit

    known = [x for x in samples if not math.isnan(x)]
    n = len(known)
    if n == 0:
        return Estimate(math.inf, 0.0, level, 0)
    mean = math.fsum(known) / n
    if n == 1:
        return Estimate(mean, math.inf, level, 1)
    deviation = math.sqrt(math.fsum((x - mean) ** 2 for x in known) / (n - 1))
    return Estimate(mean, float(stdtrit(n - 1, 0.5 + level / 2)) * deviation / math.sqrt(n), level, n)


def average_shares(replications: Sequence[Replication]) -> dict[str, dict[str, float]]:
    """Resource -> state -> share of time, over all replications."""
    n = len(replications)
    return {
        name: {state: math.fsum(r.shares[name][state] for r in replications) / n for state in shares}
        for name, shares in replications[0].shares.items()
    }


def average_moves(network: Network, replications: Sequence[Replication]) -> tuple[FlowMove, ...]:
    """Every transport leg that was used, and how often on average."""
    n = len(replications)
    keys = dict.fromkeys(key for r in replications for key in r.moves_per_h)
    return tuple(
        FlowMove(*key, math.fsum(r.moves_per_h.get(key, 0.0) for r in replications) / n, _length(network, *key))
        for key in sorted(keys)
    )


def _length(network: Network, transport: str, origin: str, target: str) -> float:
    if transport in network.crews:
        times = crew_times(network.moves, transport)
        return float(times.length_m[times.stations.index(origin), times.stations.index(target)])
    if transport in network.belts:
        return float(network.moves.belts[transport].length_m)
    return 0.0


def bottleneck(network: Network, shares: Mapping[str, Mapping[str, float]]) -> str:
    """The station (working, down, set-up) or arm (not waiting) that is active most; empty if none ever is.

    A fleet is judged by the mean of its vehicles, and named by the busiest of them.
    """
    active = {s: shares[s]["working"] + shares[s]["down"] + shares[s]["setup"] for s in network.stations}
    for crew in network.crews:
        fleet = network.line.fleets.get(crew)
        busy = {u: 1.0 - shares[u]["waiting"] for u in (fleet.members if fleet else (crew,))}
        if busy:
            active[max(busy, key=lambda unit: busy[unit])] = math.fsum(busy.values()) / len(busy)
    best = max(active, key=lambda name: active[name], default="")
    return best if best and active[best] > 0 else ""
