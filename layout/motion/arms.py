"""Arms among their stations: what each can serve, in which configurations, and how long it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from layout.errors import LayoutError
from layout.model.line import Arm, Station
from layout.model.pose import Array
from layout.model.results import ArmTimes
from layout.motion import clocks, kernels
from layout.motion.kinematics import Chain, chain_of
from layout.motion.ports import Place, PortReach, place_of, serve
from layout.motion.profile import linear_time

Way = Literal["in", "out"]
WAYS: tuple[Way, Way] = ("out", "in")

PATH_PIECES = 24
"""Pieces of the polyline that measures the tool's path: short by 0.1 % on a half turn."""

HOME_WEIGHT = 0.01
"""Among configurations that are equally quick, the ones nearer to home win: this share of the time to get there."""


@dataclass(frozen=True, eq=False)
class Reach:
    """Whether an arm can serve a station.

    shortfall_m : by how much the tool misses the port that it misses most (m); 0 where ok
    reason : why not, empty where ok
    ports : port names by way: "out" where the arm takes parts away, "in" where it brings them
    found : by way, the pairs of configurations (approach, hand-over) that serve the port
    """

    ok: bool
    shortfall_m: float
    reason: str
    ports: Mapping[str, str]
    found: Mapping[str, PortReach]


def reach(arm: Arm, station: Station) -> Reach:
    """Whether the arm can hand over at the station's arm ports, where the two stand.

    A source needs a port to take parts out, a sink one to bring them in; any other station needs at least one of the
    two, and every one that it has must be served. A station without the port counts as missed by its whole distance.
    """
    chain = chain_of(arm.model)
    places = _places(arm, station)
    needed = [way for way, wanted in (("out", station.is_source), ("in", station.is_sink)) if wanted]
    if not places or any(way not in places for way in needed):
        away = float(np.hypot(station.pose.x_m - arm.pose.x_m, station.pose.y_m - arm.pose.y_m))
        missing = " or ".join(f"'{way}'" for way in needed if way not in places) or "'in' or 'out'"
        return Reach(False, max(away, 1e-3), f"no arm port ({missing}) at {station.model.name}", {}, {})
    ports = {way: name for way, (_, name) in places.items()}
    found = {way: serve(chain, place) for way, (place, _) in places.items()}
    worst = max(found, key=lambda way: found[way].shortfall_m)
    reason = "" if found[worst].ok else f"port {ports[worst]}: {found[worst].reason}"
    return Reach(found[worst].ok, found[worst].shortfall_m, reason, ports, found)


def arm_times(arm: Arm, stations: Mapping[str, Station]) -> ArmTimes:
    """Travel and handling times among the stations that the arm serves, and the configurations they belong to.

    One configuration is chosen for each port: those that make the sum of all moves that can occur small.
    Loaded moves go from where parts leave a station to where they enter the other, empty ones the other way about.

    Raises LayoutError where a station is not there or cannot be reached.
    """
    chain = chain_of(arm.model)
    pairs: list[tuple[Place, Place]] = []
    problems = []
    for name in arm.serves:
        if name not in stations:
            problems.append(f"arm {arm.name!r} serves {name!r}, which is no station of this line")
            continue
        got = reach(arm, stations[name])
        if not got.ok:
            problems.append(f"arm {arm.name!r} cannot serve {name!r}: {got.reason} (by {got.shortfall_m:.3f} m)")
            continue
        pair = served(arm, stations[name])
        if pair is not None:
            pairs.append(pair)
    if problems:
        raise LayoutError("; ".join(problems))
    ends = tuple((stations[n].is_source, stations[n].is_sink) for n in arm.serves)
    return _times(chain, tuple(arm.serves), tuple(pairs), ends, arm.speed, arm.model.grip_s)


def served(arm: Arm, station: Station) -> tuple[Place, Place] | None:
    """Where the arm takes parts out of the station and where it brings them in; None where it has no arm port.

    Where parts pass one way only, or through one port, the two are the same.
    """
    places = _places(arm, station)
    if not places:
        return None
    return places["out" if "out" in places else "in"][0], places["in" if "in" in places else "out"][0]


def _places(arm: Arm, station: Station) -> dict[str, tuple[Place, str]]:
    """For each way that an arm can pass parts at the station: the port as the arm sees it, and its name."""
    out: dict[str, tuple[Place, str]] = {}
    for way in WAYS:
        port = station.model.port_for(way, "arm")
        wanted = not (way == "in" and station.is_source) and not (way == "out" and station.is_sink)
        if port is not None and (wanted or (station.is_source and station.is_sink)):
            out[way] = (place_of(arm.pose, station.pose, port), port.name)
    return out


@lru_cache(maxsize=1024)
def _times(
    chain: Chain,
    names: tuple[str, ...],
    pairs: tuple[tuple[Place, Place], ...],
    ends: tuple[tuple[bool, bool], ...],
    speed: float,
    grip_s: float,
) -> ArmTimes:
    """`arm_times` for ports as the arm sees them; pairs: where parts leave and enter each station."""
    n = len(names)
    places = list(dict.fromkeys(place for pair in pairs for place in pair))
    number = {place: k for k, place in enumerate(places)}
    leave = np.array([number[pair[0]] for pair in pairs], dtype=int)
    enter = np.array([number[pair[1]] for pair in pairs], dtype=int)
    options = [serve(chain, place) for place in places]
    first = np.cumsum([0] + [len(option.approach) for option in options])
    cost = np.empty((first[-1], first[-1]))
    for a, place in enumerate(places):
        for b in range(a, len(places)):
            block = _block(chain, place, places[b])
            cost[first[a] : first[a + 1], first[b] : first[b + 1]] = block
            cost[first[b] : first[b + 1], first[a] : first[a + 1]] = block.T
    handling = np.concatenate([_handling(chain, place) for place in places])
    visits, weight = np.zeros(len(places)), np.zeros((len(places), len(places)))
    for i in range(n):
        for j in range(n):
            loaded, empty = not ends[i][1] and not ends[j][0], not ends[j][1]
            for counts, a, b in ((loaded, leave[i], enter[j]), (empty, enter[i], leave[j])):
                if counts and a != b:
                    weight[a, b] += 1.0
                    weight[b, a] += 1.0
                    visits[a] += 0.5
                    visits[b] += 0.5
    homeward = np.concatenate([clocks.times(chain.home[None, :], o.approach, chain.limits)[0] for o in options])
    share = np.repeat(visits, np.diff(first))
    picks = clocks.choose(cost, share * (2.0 * handling + HOME_WEIGHT * homeward), first, weight)
    between = cost[np.ix_(picks, picks)] / speed
    own = handling[picks] / speed
    hand = 2.0 * own + grip_s
    approach = np.array([options[k].approach[c - first[k]] for k, c in enumerate(picks)])
    handover = np.array([options[k].handover[c - first[k]] for k, c in enumerate(picks)])
    way = _ways(chain, approach, tuple(float(np.linalg.norm(place.retreat_m)) for place in places))
    out = ArmTimes(
        stations=names,
        empty_s=between[np.ix_(enter, leave)],
        loaded_s=between[np.ix_(leave, enter)],
        pick_s=hand[leave],
        place_s=hand[enter],
        length_m=way[np.ix_(leave, enter)],
        approach=approach[leave],
        handover=handover[leave],
        approach_in=approach[enter],
        handover_in=handover[enter],
    )
    for array in vars(out).values():
        if isinstance(array, np.ndarray):
            array.flags.writeable = False  # cached: shared by all who ask
    return out


@lru_cache(maxsize=16384)
def _block(chain: Chain, one: Place, other: Place) -> Array:
    """(k, m) move times (s) at full speed between all configurations at two ports."""
    return clocks.times(serve(chain, one).approach, serve(chain, other).approach, chain.limits)


@lru_cache(maxsize=16384)
def _handling(chain: Chain, place: Place) -> Array:
    """(k,) time (s) at full speed from the approach to the hand-over, for each configuration.

    The tool goes straight at the LINEAR_ limits, and no joint may be asked for more than its own.
    """
    option = serve(chain, place)
    straight = linear_time(float(np.linalg.norm(place.retreat_m)))
    return np.array(
        [
            max(straight, clocks.slowest(a, b, chain.limits))
            for a, b in zip(option.approach, option.handover, strict=True)
        ]
    )


def _ways(chain: Chain, approach: Array, retreats: tuple[float, ...]) -> Array:
    """(p, p) way of the tool (m) between ports, straight moves in and out included."""
    out = np.empty((len(approach), len(approach)))
    for a, first in enumerate(approach):
        for b in range(a, len(approach)):
            way = 0.0 if a == b else _way(chain, first.tobytes(), approach[b].tobytes())
            out[a, b] = out[b, a] = way + retreats[a] + retreats[b]
    return out


@lru_cache(maxsize=65536)
def _way(chain: Chain, first: bytes, second: bytes) -> float:
    """Way of the tool (m) of one joint move."""
    one, other = np.frombuffer(first).copy(), np.frombuffer(second).copy()
    return float(kernels.path_length(chain.links, chain.slides, one, other, PATH_PIECES))


def clear_caches() -> None:
    """Forget what was found before: for tests and for measuring."""
    for cache in (_times, _block, _handling, _way):
        cache.cache_clear()
