"""From where an arm can serve a machine at all: into a door or under a hood it gets from its front only.

Whether a hand-over is free of contact hangs on where the arm's foot stands as seen from the port: how far off, and in
which direction. So that is asked once for each patch of the floor around the port, with nothing but the two standing
there, and remembered: the construction of layouts asks for thousands of places.
"""

from __future__ import annotations

import math
from dataclasses import replace

from layout.model.pose import Pose
from layout.model.realise import largest_line
from layout.model.scenario import Scenario
from layout.motion.arms import cell_in, reach

PATCH_M = 0.1
PATCH_RAD = math.radians(10.0)

Pose3 = tuple[float, float, float]


class Servable:
    """Answers for one scenario; remembers what was asked. Arms on rails are taken to find a place to serve from."""

    def __init__(self, scenario: Scenario) -> None:
        line = largest_line(scenario)
        bare = line.floor.model_copy(update={"obstacles": {}, "keep_clear": {}, "fences": {}})
        self._line = replace(line, floor=bare, belts={}, links={}, fleets={})
        self._known: dict[tuple[str, str, int, int], bool] = {}

    def __call__(self, arm: str, station: str, foot: Pose3, place: Pose3) -> bool:
        """Whether an arm that stands at `foot` could serve the station at `place` (x_m, y_m, yaw_rad)."""
        at = self._line.stations[station]
        ways = self._line.arms[arm].ways_at(at)
        port = next((port for way in ways if (port := at.model.port_for(way, "arm")) is not None), None)
        if port is None or self._line.arms[arm].model.rail is not None:
            return True
        pose = Pose(*place)
        x, y = pose.apply([port.at_m])[0][:2]
        away_x, away_y = foot[0] - x, foot[1] - y
        bearing = math.remainder(math.atan2(away_y, away_x) - pose.yaw_rad, math.tau)
        ring, sector = round(math.hypot(away_x, away_y) / PATCH_M), round(bearing / PATCH_RAD)
        key = (arm, at.machine, ring, sector)
        if key not in self._known:
            self._known[key] = self._ask(arm, station, port.at_m[:2], ring * PATCH_M, sector * PATCH_RAD)
        return self._known[key]

    def _ask(self, arm: str, station: str, port: tuple[float, float], far_m: float, bearing_rad: float) -> bool:
        """Whether the arm, so far from the port and in that direction in the station's frame, can hand over there."""
        x, y = port[0] + far_m * math.cos(bearing_rad), port[1] + far_m * math.sin(bearing_rad)
        turn = math.atan2(port[1] - y, port[0] - x)  # its first axis brings it round, whichever way it stands turned
        rider = replace(self._line.arms[arm], pose=Pose(x, y, turn), serves=(station,))
        alone = replace(self._line.stations[station], pose=Pose(0.0, 0.0, 0.0))
        line = replace(self._line, stations={station: alone}, arms={arm: rider})
        return reach(rider, alone, cell_in(line, arm)).ok
