"""Every arm reaches the ports of the stations that it serves."""

from __future__ import annotations

import math

import numpy as np

from layout import motion
from layout.feasibility.ground import Ground, worst
from layout.model.library import ArmModel, Port
from layout.model.line import Arm, Station
from layout.model.results import Violation

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
    """What `reach` finds at least: the wrist would have to be farther out than the arm's datasheet allows (m)."""
    return worst("reach", [((arm.name, station.name), shortfall_m(arm, station)) for arm, station in _served(ground)])


def shortfall_m(arm: Arm, station: Station) -> float:
    """Least distance (m) by which every arm port of a station is too far from an arm; 0 where one may be in reach.

    The wrist centre stands behind the tool centre point, against the tool's direction; it gets no farther from the
    first joint's axis than `reach_m`. What a tool stands off that line sideways is given to the arm.
    """
    ports = [port for port in station.model.ports.values() if "arm" in port.by]
    return min((_port_shortfall_m(arm, station, port) for port in ports), default=0.0)


def _port_shortfall_m(arm: Arm, station: Station, port: Port) -> float:
    ahead, aside = _tool(arm.model)
    at = station.pose.apply([port.at_m])[0]
    tool = station.pose.turn([port.tool])[0]
    wrist = at - tool * ahead
    axis = arm.pose.apply([np.asarray(arm.model.joints[0].origin)[:3, 3]])[0]
    away = math.hypot(wrist[0] - axis[0], wrist[1] - axis[1])
    return max(0.0, away - arm.model.reach_m - aside)


def _tool(model: ArmModel) -> tuple[float, float]:
    """From the wrist centre to the tool centre point: along the tool's direction, and at most aside of it (m)."""
    flange = np.asarray(model.flange, dtype=float)
    tip = flange[:3, :3].T @ flange[:3, 3] + np.asarray(model.tcp_m)  # in the tip's axes, from the last joint's frame
    last = np.asarray(model.joints[-1].origin, dtype=float)[:3, 3]
    return float(tip[2]), float(math.hypot(tip[0], tip[1]) + np.linalg.norm(last))


def _served(ground: Ground) -> list[tuple[Arm, Station]]:
    line = ground.line
    return [(arm, line.stations[name]) for arm in line.arms.values() for name in arm.serves if name in line.stations]
