"""Every arm reaches the ports of the stations that it serves."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Literal

import numpy as np

from layout import motion
from layout.feasibility.ground import Ground, worst
from layout.model.library import Port
from layout.model.line import Arm, Station
from layout.model.results import Violation
from layout.motion.kinematics import Chain, chain_of

LEAST_M = 0.001
"""What a hand-over counts that is out of reach for other reasons than distance (joint limits, the arm in itself)."""


def reach(ground: Ground) -> list[Violation]:
    """An arm cannot get its tool to a station: by what is missing (m), after its kinematics."""
    found: list[tuple[tuple[str, ...], float]] = []
    for arm, station in _served(ground):
        answer = motion.reach(arm, station)
        if not answer.ok:
            found.append(((arm.name, station.name), max(answer.shortfall_m, LEAST_M)))
    return worst("reach", found)


def quick_reach(ground: Ground) -> list[Violation]:
    """What `reach` finds at least: the wrist would have to be farther out than the arm is long (m)."""
    return worst("reach", [((arm.name, station.name), shortfall_m(arm, station)) for arm, station in _served(ground)])


def shortfall_m(arm: Arm, station: Station) -> float:
    """Least distance (m) by which an arm misses a port of a station that it needs; 0 where it may reach them all.

    Wherever the tool is turned about its own axis, the wrist centre stands at a known place behind it, up to what the
    tool is offset sideways; and it gets no farther from the shoulder than the chain is long.
    """
    needed = []
    ways: tuple[tuple[Literal["in", "out"], bool], ...] = (("in", station.is_source), ("out", station.is_sink))
    for way, one_end in ways:
        port = station.model.port_for(way, "arm")
        if port is not None and (not one_end or (station.is_source and station.is_sink)):
            needed.append(_port_shortfall_m(arm, station, port))
    return max(needed, default=0.0)


def _port_shortfall_m(arm: Arm, station: Station, port: Port) -> float:
    ahead, aside, shoulder, limit = _wrist(chain_of(arm.model))
    length = math.sqrt(sum(t * t for t in port.tool))
    behind = [a + t * ahead / length for a, t in zip(port.at_m, port.tool, strict=True)]
    points = station.pose.apply([behind, [b + r for b, r in zip(behind, port.retreat_m, strict=True)]])
    away = np.linalg.norm(points - arm.pose.apply([shoulder]), axis=1)
    return max(0.0, float(away.max()) - limit - aside)


@lru_cache(maxsize=64)
def _wrist(chain: Chain) -> tuple[float, float, tuple[float, ...], float]:
    """From the tool centre point to the wrist centre along tool z and aside of it; the shoulder; its reach (m)."""
    x, y, z = (float(n) for n in chain.pivot.at_m)
    return z, math.hypot(x, y), tuple(float(n) for n in chain.pivot.shoulder[:3, 3]), float(chain.pivot.reach_m)


def _served(ground: Ground) -> list[tuple[Arm, Station]]:
    line = ground.line
    return [(arm, line.stations[name]) for arm in line.arms.values() for name in arm.serves if name in line.stations]
