"""One arm at one port: where the tool goes there, and the joint angles that take it in and out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from layout.model.library import Point2, Point3, Port
from layout.model.pose import Array, Pose
from layout.motion import kernels
from layout.motion.inverse import miss_m, solve
from layout.motion.kinematics import Chain

CANDIDATES = 32
"""Pairs of configurations kept for each port, the nearest to home: the choice among stations is made from these.
More make no cell quicker, 16 cost a tenth of the travel time (docs/motion.md)."""

LINE_STEPS = 6
"""The straight line between approach and hand-over is checked at five points between."""

LONGEST_STEP_RAD = 0.7
"""A joint that turns more than this in one of the steps is passing a singularity."""

LEAST_MISS_M = 1e-3
"""A port that cannot be served is missed by at least this, so that the shortfall is never 0."""

_GRAIN = 9
"""Relative poses are rounded to this many decimals (m, quarter turns): moving a whole cell changes nothing."""


@dataclass(frozen=True)
class Place:
    """A port as one arm sees it: the port's data, and where its machine stands in the arm's base frame. Hashable."""

    at_m: Point3
    tool: Point3
    retreat_m: Point3
    facing: Point2
    x_m: float
    y_m: float
    quarters: float

    def pose(self) -> Pose:
        """The machine's pose in the arm's base frame."""
        return Pose(self.x_m, self.y_m, self.quarters * (math.pi / 2))


@dataclass(frozen=True, eq=False)
class PortReach:
    """Whether an arm can serve a port, and how.

    shortfall_m : by how much the tool misses at best (m), 0 where ok
    reason : why not, empty where ok
    approach, handover : (k, dof) float, pairs of joint vectors with the tool at the retreated point and at the
        hand-over: the straight line between them can be followed. Nearest to home first.
    """

    ok: bool
    shortfall_m: float
    reason: str
    approach: Array
    handover: Array


def place_of(arm: Pose, station: Pose, port: Port) -> Place:
    """The port seen from an arm's base; the same for cells that are moved or turned as a whole."""
    turn = (station.yaw_rad - arm.yaw_rad) / (math.pi / 2)
    ((x, y),) = Pose(0.0, 0.0, -arm.yaw_rad).turn([[station.x_m - arm.x_m, station.y_m - arm.y_m]])
    turn = round(turn - 4.0 * math.floor(turn / 4.0 + 0.5), _GRAIN)
    quarters = -2.0 if turn == 2.0 else turn
    x_m, y_m = round(float(x), _GRAIN), round(float(y), _GRAIN)
    return Place(port.at_m, port.tool, port.retreat_m, port.facing, x_m + 0.0, y_m + 0.0, quarters + 0.0)


@lru_cache(maxsize=4096)
def targets(place: Place) -> tuple[Array, Array]:
    """(4, 4, 4) hand-over poses of the tool in the arm's base frame, one for each quarter turn, and (3,) retreat (m).

    Tool z points along the port's `tool`; tool x starts along the port's `facing`, or up where the tool comes in
    from the front, and turns about z in quarter turns: a gripper holds a part from four sides.
    """
    pose = place.pose()
    z = pose.turn([place.tool])[0]
    z /= np.linalg.norm(z)
    facing = pose.turn([(*place.facing, 0.0)])[0]
    x = facing - z * (facing @ z)
    if np.linalg.norm(x) < 0.5:
        up = np.array([0.0, 0.0, 1.0])
        x = up - z * (up @ z)
    x /= np.linalg.norm(x)
    y = np.cross(z, x)
    out = np.zeros((4, 4, 4))
    out[:, :3, 2], out[:, 3, 3] = z, 1.0
    out[:, :3, 3] = pose.apply([place.at_m])[0]
    for spin, (first, second) in enumerate(((x, y), (y, -x), (-x, -y), (-y, x))):
        out[spin, :3, 0], out[spin, :3, 1] = first, second
    return out, pose.turn([place.retreat_m])[0]


@lru_cache(maxsize=2048)
def serve(chain: Chain, place: Place) -> PortReach:
    """How an arm serves a port."""
    poses, retreat = targets(place)
    at, retreated = _beyond(chain, poses, retreat)
    if max(at, retreated) > 0.0:
        return _no(chain, max(at, retreated), "out of reach" if at > 0.0 else "its retreated point is out of reach")
    found = [solve(chain, pose) for pose in poses]
    starts = np.vstack(found)
    if not len(starts):
        miss = min(miss_m(chain, pose) for pose in poses)
        return _no(chain, miss, "no joint angles within the limits bring the tool there in this direction")
    turns = abs(starts - chain.home) / chain.limits[0]
    far = turns.max(axis=1) + 0.1 * turns.sum(axis=1)  # the slowest joint counts, then all of them: few whole turns
    order = np.argsort(np.round(far, 6), kind="stable")
    starts = starts[order if chain.rides is None else _in_turn(starts[:, 0], order)]
    goal = poses[0, :3, 3] + retreat
    index, ends = kernels.follow_all(
        chain.links,
        chain.slides,
        chain.lower,
        chain.upper,
        starts,
        goal,
        LINE_STEPS,
        LONGEST_STEP_RAD,
        CANDIDATES,
    )
    if len(index):
        return PortReach(True, 0.0, "", ends, starts[index])
    raised = poses.copy()
    raised[:, :3, 3] = goal
    miss = min(miss_m(chain, pose) for pose in raised)
    if miss > LEAST_MISS_M:
        return _no(chain, miss, "no joint angles within the limits bring the tool to its retreated point")
    return _no(chain, miss, "the tool cannot go straight from the retreated point to the hand-over")


def _in_turn(places: Array, order: kernels.Index) -> kernels.Index:
    """An order (k,) in which each place of a carriage (k,) comes in turn, the first of each in the order given.

    Else all that are kept would stand where the carriage is nearest to home, reaching over to the side.
    """
    turn, seen = np.empty(len(order), dtype=int), dict[float, int]()
    for row in order:
        turn[row] = seen[places[row]] = seen.get(places[row], -1) + 1
    return order[np.argsort(turn[order], kind="stable")]


def _beyond(chain: Chain, poses: Array, retreat: Array) -> tuple[float, float]:
    """How far (m) hand-over and retreated point lie outside what the wrist centre can reach, from all along a rail."""
    points = poses[:, :3, :3] @ chain.pivot.at_m + poses[:, :3, 3]
    return float(chain.pivot.beyond(points).min()), float(chain.pivot.beyond(points + retreat).min())


def _no(chain: Chain, miss: float, reason: str) -> PortReach:
    nothing = np.empty((0, chain.dof))
    return PortReach(False, max(miss, LEAST_MISS_M), reason, nothing, nothing)


def clear_caches() -> None:
    """Forget what was found before: for tests and for measuring."""
    serve.cache_clear()
    targets.cache_clear()
