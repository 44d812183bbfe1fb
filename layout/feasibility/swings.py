"""Doors swing where nothing stands at their height, and ports can be got at."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from layout.feasibility.ground import Ground, worst
from layout.feasibility.riders import width_m
from layout.feasibility.solids import local_of
from layout.model.library import Port
from layout.model.line import Arm, Station
from layout.model.pose import Array
from layout.model.results import Violation

SCALE_M = 0.2

DOOR_GAP_M = 0.01
"""What a moving door keeps from everything else: play in its guides and in how machines are set up."""

HAND_M = 0.05
"""Half of what a gripper's fingers and a small part take across their way in."""


def door(ground: Ground) -> list[Violation]:
    """A door, or another moving part of a machine, sweeps through something between `load` and `work`.

    By how far (m) the machine must be moved on the floor to be free of it, or what is missing to DOOR_GAP_M. Others are
    machines with their own doors' sweeps, arm bases and rails, obstacles, fences, belts with parts on them.
    """
    if not any(local_of(station.model).swings.any() for station in ground.line.stations.values()):
        return []
    whole = ground.solids
    found: list[tuple[tuple[str, ...], float]] = []
    for i, j, gap in whole.near(np.nonzero(whole.swings)[0], np.arange(len(whole)), DOOR_GAP_M):
        short = DOOR_GAP_M + (whole.depth_m(i, j) if whole.overlap(i, j, gap) else -gap)
        found.append(((whole.owner(i), whole.owner(j)), short))
    return worst("door", found, scale=SCALE_M)


def access(ground: Ground) -> list[Violation]:
    """A port that an arm uses is walled up: something stands in the hand's way from where it is clear of the machine
    to the hand-over, by the room (m) missing.

    The way is a straight one along the port's `retreat`, as wide as the widest product (at least 2 x HAND_M). Its own
    machine, the arms that serve it and the belts that end there do not count. What else an arm may hit on its way is
    for `reach` to find; docks of vehicles are `lane`'s, mouths of belts `belt`'s, operator sides `walkway`'s.
    """
    line = ground.line
    if not line.arms:
        return []
    used = {name: arms for name in line.stations if (arms := {a.name for a in line.arms.values() if name in a.serves})}
    ways = [
        (name, port)
        for name, arms in used.items()
        for port in ports_of(line.stations[name], (line.arms[arm] for arm in arms))
    ]
    if not ways:
        return []
    half = max([HAND_M, *(0.5 * width_m(product.model.hulls) for product in line.products.values())])
    whole = ground.solids.plus((name, _way_in(line.stations[name], port), half) for name, port in ways)
    size = len(ground.solids)
    still = np.nonzero(~ground.solids.swings)[0]
    belts = {name: {b.name for b in line.belts.values() if name in (b.origin, b.target)} for name in used}
    found = [
        ((whole.owner(i), whole.owner(j)), -gap)
        for i, j, gap in whole.near(np.arange(size, len(whole)), still, 0.0)
        if whole.owner(j) not in used[whole.owner(i)] | belts[whole.owner(i)]
    ]
    return worst("access", found, scale=SCALE_M)


def ports_of(station: Station, arms: Iterable[Arm]) -> list[Port]:
    """The ports through which arms serve a station: where parts leave and where they enter, as far as they need to."""
    ways = dict.fromkeys(way for arm in arms for way in arm.ways_at(station))
    ports = [station.model.port_for(way, "arm") for way in ways]
    return list({port.name: port for port in ports if port is not None}.values())


def _way_in(station: Station, port: Port) -> Array:
    """(2, 3) float (m, world): where the tool hands over at a port, and where it is clear of the machine."""
    at = np.asarray(port.at_m, dtype=float)
    return station.pose.apply([at, at + np.asarray(port.retreat_m, dtype=float)])
