"""What a replication measured over its window, read off the world it ended in."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from layout.flow.kernel import records as rec
from layout.flow.kernel.records import World
from layout.flow.network import Network, crew_times
from layout.flow.output.effectiveness import StationTimes, station_times
from layout.flow.output.energy import mean_power_w
from layout.flow.output.quantiles import quantiles
from layout.model.results import FlowMove

WAITING = frozenset(("starved", "blocked", "off_shift", "unattended", "waiting"))  # states of a resource not active
QUANTILES = (0.05, 0.5, 0.95)
_RUN = ["horizon", "warmup", "left_counted", "lead", "wip_area", "sojourn", "entered", "left", "scrapped", "joined",
        "inside_found"]  # fmt: skip
_SPENT = ["in_working", "in_setup", "in_blocked", "in_starved", "in_down", "in_off", "in_unattended"]


class Replication(NamedTuple):
    """What one replication measured over its window.

    per_h : good parts per hour; by_product the same for each product
    lead_time_s : mean over the parts that left, nan if none did; its quantiles in the order of QUANTILES
    wip : time average of parts in the line
    sojourn_s : time that parts spent in the line within the window, part by part: Little's law makes it
        wip times the window's length
    scrap_per_h, rework_per_h : parts thrown away, and sent back; scrap_by_station : where, per hour
    on_time, tardiness_s : share of the parts with a deadline that left by it, and their mean time overdue; nan: none
    power_w : mean electric power of everything; nan where nothing has one
    shares : resource -> state -> share of the window
    stations : times and counts behind each station's effectiveness
    active : server's or unit's resource -> (time (s) in active periods, how many of them)
    moves_per_h : (transport, origin, target) -> parts per hour
    entered, left, scrapped, joined, inside : parts over the whole run; entered = the sum of the others
    last_s : when (s) the last part left, was scrapped, or became part of another; 0 if none did
    """

    per_h: float
    by_product: Mapping[str, float]
    lead_time_s: float
    lead_time_quantiles_s: tuple[float, ...]
    wip: float
    sojourn_s: float
    scrap_per_h: float
    rework_per_h: float
    scrap_by_station: Mapping[str, float]
    on_time: float
    tardiness_s: float
    power_w: float
    shares: Mapping[str, Mapping[str, float]]
    stations: Mapping[str, StationTimes]
    active: Mapping[str, tuple[float, int]]
    moves_per_h: Mapping[tuple[str, str, str], float]
    entered: int
    left: int
    scrapped: int
    joined: int
    inside: int
    last_s: float


def measure(network: Network, world: World) -> Replication:
    """Read a replication's figures off the world it ended in."""
    horizon_s, warmup_s, left, lead_s, area_s, sojourn_s, entered, gone, scrapped, joined, inside = world.run[
        _RUN
    ].item()
    window_s = horizon_s - warmup_s
    hours = window_s / 3600
    shares = {
        **_stations(network, world, window_s),
        **_arms(network, world, window_s),
        **_belts(network, world, window_s),
        **_staff(network, world, window_s),
    }
    quantiles_s, late_s, thrown = _departures(network, world, warmup_s, all_good=not (scrapped or joined))
    stations = station_times(network, world, shares, window_s)
    return Replication(
        per_h=left / hours,
        by_product={p: n / hours for p, n in zip(network.products, world.products["left"].tolist(), strict=True)},
        lead_time_s=lead_s / left if left else math.nan,
        lead_time_quantiles_s=quantiles_s,
        wip=area_s / window_s,
        sojourn_s=sojourn_s,
        scrap_per_h=thrown / hours,
        rework_per_h=sum([times.reworked for times in stations.values()]) / hours,
        scrap_by_station={name: times.scrapped / hours for name, times in stations.items() if times.scrapped},
        on_time=float(np.mean(late_s <= 0.0)) if late_s.size else math.nan,
        tardiness_s=float(np.mean(np.maximum(late_s, 0.0))) if late_s.size else math.nan,
        power_w=mean_power_w(network.line, shares),
        shares=shares,
        stations=stations,
        active=_active(network, world, shares, window_s),
        moves_per_h=_moves(network, world, hours),
        entered=entered,
        left=gone,
        scrapped=scrapped,
        joined=joined,
        inside=inside,
        last_s=float(world.departures["time"][-1]) if world.departures.size else 0.0,
    )


def _departures(
    network: Network, world: World, warmup_s: float, *, all_good: bool
) -> tuple[tuple[float, ...], Any, int]:
    """Of the good parts that left in the window: quantiles of lead times (s), and times past the deadline (s) of those
    that have one; and how many parts were scrapped in it."""
    gone = world.departures
    gone = gone[int(gone["time"].searchsorted(warmup_s, side="right")) :]
    scrapped = 0
    if not all_good:
        kind = gone["kind"]
        scrapped = int(np.count_nonzero(kind == rec.SCRAPPED))
        gone = gone[kind == rec.LEFT]
    late_s = gone["late"][: gone.size if network.world.orders.size else 0]
    return quantiles(gone["lead"], QUANTILES), late_s[late_s > -math.inf], scrapped


def _stations(network: Network, world: World, window_s: float) -> dict[str, dict[str, float]]:
    shares = {}
    spent = world.servers[_SPENT].tolist()
    for name, a, n in zip(network.stations, *network.servers, strict=True):
        working, setup, blocked, starved, down, off, unattended = (
            spent[a] if n == 1 else [sum(times) for times in zip(*spent[a : a + n], strict=True)]
        )
        whole_s = n * window_s
        shares[name] = {"working": working / whole_s, "setup": setup / whole_s, "blocked": blocked / whole_s,
                        "starved": starved / whole_s, "down": down / whole_s, "off_shift": off / whole_s,
                        "unattended": unattended / whole_s}  # fmt: skip
    return shares


def _arms(network: Network, world: World, window_s: float) -> dict[str, dict[str, float]]:
    shares = {}
    states = ("empty", "loaded", "handling", "charging", "lasts")
    spent = zip(*(world.arms[s if s == "lasts" else f"in_{s}"].tolist() for s in states), strict=True)
    for name, (*times, lasts_s) in zip(network.units, spent, strict=True):
        empty, loaded, handling, charging = (time / window_s for time in times)
        shares[name] = {"moving_empty": empty, "moving_loaded": loaded, "handling": handling,
                        "waiting": max(0.0, 1.0 - empty - loaded - handling - charging)}  # fmt: skip
        if lasts_s > 0.0:
            shares[name]["charging"] = charging
    return shares


def _belts(network: Network, world: World, window_s: float) -> dict[str, dict[str, float]]:
    shares = {}
    spent = zip(world.belts["in_empty"].tolist(), world.belts["in_blocked"].tolist(), strict=True)
    for name, (in_empty, in_blocked) in zip(network.belts, spent, strict=True):
        empty, blocked = in_empty / window_s, in_blocked / window_s
        shares[name] = {"empty": empty, "moving": max(0.0, 1.0 - empty - blocked), "blocked": blocked}
    return shares


def _staff(network: Network, world: World, window_s: float) -> dict[str, dict[str, float]]:
    """Of each pool, averaged over its people."""
    shares: dict[str, dict[str, float]] = {}
    if not network.staff:
        return shares
    spent = zip(*(world.staff[f"in_{state}"].tolist() for state in ("working", "waiting", "off")), strict=True)
    for name, times, number in zip(network.staff, spent, world.staff["number"].tolist(), strict=True):
        working, waiting, off = (time / (number * window_s) for time in times)
        shares[name] = {"working": working, "waiting": waiting, "off_shift": off}
    return shares


def active_share(shares: Mapping[str, float]) -> float:
    """Share of time that a resource is active: all but waiting for something else, or nobody being there."""
    return sum([share for state, share in shares.items() if state not in WAITING])


def _active(
    network: Network, world: World, shares: Mapping[str, Mapping[str, float]], window_s: float
) -> dict[str, tuple[float, int]]:
    """Stations' servers together, each unit by itself."""
    found = {}
    periods = world.servers["periods"].tolist()
    for name, a, n in zip(network.stations, *network.servers, strict=True):
        found[name] = active_share(shares[name]) * n * window_s, periods[a] if n == 1 else sum(periods[a : a + n])
    for name, number in zip(network.units, world.arms["periods"].tolist(), strict=True):
        found[name] = active_share(shares[name]) * window_s, number
    return found


def _moves(network: Network, world: World, hours: float) -> dict[tuple[str, str, str], float]:
    line = network.line
    used = {leg: n / hours for leg, n in zip(network.legs, world.moved.tolist(), strict=True) if n}
    for name, n in zip(network.belts, world.belts["moved"].tolist(), strict=True):
        used[name, line.belts[name].origin, line.belts[name].target] = n / hours
    for name, n in zip(network.links, world.links["moved"].tolist(), strict=True):
        used[name, line.links[name].origin, line.links[name].target] = n / hours
    return used


def figures(replication: Replication) -> list[float]:
    """All that a replication measured, in the order of `figure_names`; nan where there was nothing."""
    r = replication
    energy = r.power_w / 1000 / r.per_h if r.per_h > 0 else math.nan
    found = [r.per_h, r.lead_time_s, *r.lead_time_quantiles_s, r.wip, r.scrap_per_h, r.rework_per_h, r.power_w / 1000,
             energy, r.on_time, r.tardiness_s, *r.by_product.values()]  # fmt: skip
    for times in r.stations.values():
        found += times.effectiveness
    for shares in r.shares.values():
        found += shares.values()
    return found


def figure_names(replication: Replication) -> list[str]:
    """What `figures` are: the keys of `FlowResult.samples`."""
    r = replication
    names = ["throughput", "lead_time", "lead_time_5", "lead_time_50", "lead_time_95", "wip", "scrap", "rework",
             "power", "energy", "on_time", "tardiness"]  # fmt: skip
    names += [f"throughput.{product}" for product in r.by_product]
    names += [f"{kind}.{name}" for name in r.stations for kind in EFFECTIVENESS]
    names += [f"share.{name}.{state}" for name, shares in r.shares.items() for state in shares]
    return names


EFFECTIVENESS = ("availability", "effectiveness", "quality", "oee")


def average_moves(network: Network, replications: Sequence[Replication]) -> tuple[FlowMove, ...]:
    """Every transport leg that was used, and how often on average."""
    n = len(replications)
    keys = dict.fromkeys(key for r in replications for key in r.moves_per_h)
    return tuple(
        FlowMove(*key, math.fsum(r.moves_per_h.get(key, 0.0) for r in replications) / n, _length(network, *key))
        for key in sorted(keys)
    )


def average_scrap(replications: Sequence[Replication]) -> dict[str, float]:
    """Station -> parts thrown away there per hour, on average; only where there are any."""
    n = len(replications)
    names = dict.fromkeys(name for r in replications for name in r.scrap_by_station)
    return {name: math.fsum(r.scrap_by_station.get(name, 0.0) for r in replications) / n for name in sorted(names)}


def _length(network: Network, transport: str, origin: str, target: str) -> float:
    if transport in network.crews:
        times = crew_times(network.moves, transport)
        return float(times.length_m[times.stations.index(origin), times.stations.index(target)])
    if transport in network.belts:
        return float(network.moves.belts[transport].length_m)
    return 0.0
