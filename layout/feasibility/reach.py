"""Every arm reaches the ports of the stations that it serves."""

from __future__ import annotations

import math
from functools import lru_cache

from layout import motion
from layout.feasibility.convex import TOLERANCE_M
from layout.feasibility.ground import Ground
from layout.model.library import Port
from layout.model.line import Arm, Station
from layout.model.results import Violation
from layout.motion.kinematics import Chain, chain_of

_Frame = tuple[float, float, float, float]  # cosine and sine of the yaw, x, y

LEAST_M = 0.001
"""What a hand-over counts that is out of reach for other reasons than distance (joint limits, the arm in itself)."""


def reach(ground: Ground) -> list[Violation]:
    """An arm cannot get its tool to a station: by what is missing (m), after its kinematics."""
    found: list[Violation] = []
    for arm, station in _served(ground):
        answer = motion.reach(arm, station)
        if not answer.ok:
            found.append(_missed(arm, station, max(answer.shortfall_m, LEAST_M), answer.reason))
    return found


def quick_reach(ground: Ground) -> list[Violation]:
    """What `reach` finds at least: the wrist would have to be farther out than the arm is long (m)."""
    found = [(arm, station, shortfall_m(ground, arm, station)) for arm, station in _served(ground)]
    return [_missed(*miss, "out of reach") for miss in found if miss[2] > TOLERANCE_M]


def _missed(arm: Arm, station: Station, amount_m: float, reason: str) -> Violation:
    words = f"arm {arm.name!r} cannot serve {station.name!r}: {reason}"
    return Violation("reach", tuple(sorted({arm.name, station.name})), amount_m, "m", 0.5, words)


def shortfall_m(ground: Ground, arm: Arm, station: Station) -> float:
    """Least distance (m) by which an arm misses a port of a station that it needs; 0 where it may reach them all.

    Wherever the tool is turned about its own axis, the wrist centre stands at a known place behind it, up to what the
    tool is offset sideways; and it gets no farther from the shoulder than the chain is long, wherever on its rail
    the shoulder is.
    """
    ports = (station.model.port_for(way, "arm") for way in arm.ways_at(station))
    needed = {port.name: port for port in ports if port is not None}
    frames = ground.frames[arm.name], ground.frames[station.name]
    return max((_port_shortfall_m(arm, *frames, port) for port in needed.values()), default=0.0)


def _port_shortfall_m(arm: Arm, base: _Frame, machine: _Frame, port: Port) -> float:
    ahead, aside, (start, end), limit = _wrist(chain_of(arm.model))
    (x0, y0), (x1, y1), z0 = _moved(base, start[0], start[1]), _moved(base, end[0], end[1]), start[2]
    along = x1 - x0, y1 - y0, end[2] - z0
    square = along[0] ** 2 + along[1] ** 2 + along[2] ** 2
    (ax, ay, az), (rx, ry, rz) = port.at_m, port.retreat_m
    share = ahead / math.hypot(*port.tool)
    bx, by, bz = ax + port.tool[0] * share, ay + port.tool[1] * share, az + port.tool[2] * share
    away = 0.0
    for x, y, z in ((bx, by, bz), (bx + rx, by + ry, bz + rz)):  # at the hand-over, and where it begins
        u, v = _moved(machine, x, y)
        u, v, w = u - x0, v - y0, z - z0
        part = min(max((u * along[0] + v * along[1] + w * along[2]) / square, 0.0), 1.0) if square else 0.0
        away = max(away, math.hypot(u - part * along[0], v - part * along[1], w - part * along[2]))
    return max(0.0, away - limit - aside)


def _moved(frame: _Frame, x: float, y: float) -> tuple[float, float]:
    """A point of a thing's frame on the floor (m)."""
    cos, sin, x0, y0 = frame
    return x0 + cos * x - sin * y, y0 + sin * x + cos * y


@lru_cache(maxsize=64)
def _wrist(chain: Chain) -> tuple[float, float, tuple[tuple[float, ...], ...], float]:
    """From the tool centre point to the wrist centre along tool z and aside of it; the shoulder's way; reach (m)."""
    x, y, z = (float(n) for n in chain.pivot.at_m)
    track = tuple(tuple(float(n) for n in point) for point in chain.pivot.track_m)
    return z, math.hypot(x, y), track, float(chain.pivot.arm_m)


def _served(ground: Ground) -> list[tuple[Arm, Station]]:
    line = ground.line
    return [(arm, line.stations[name]) for arm in line.arms.values() for name in arm.serves if name in line.stations]
