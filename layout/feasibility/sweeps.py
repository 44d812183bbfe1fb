"""What arms sweep in plan on the moves they were planned: many small polygons, one for each configuration looked at."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import numpy as np
import shapely

from layout.model.line import Arm
from layout.model.pose import Array
from layout.model.results import ArmTimes

STEP = 0.03
"""No joint turns farther (rad) or slides farther (m) between two configurations looked at: less than a hand is wide at the
end of an arm of 2.7 m, so that no gap between two polygons is missed by more than millimetres."""

CORNERS = 12
"""So many points stand for all that one joint moves; how far the rest sticks out is added to them."""

_KEPT = 16
_SWEPT: OrderedDict[int, tuple[ArmTimes, Arm, Any, float]] = OrderedDict()


def sweep_of(arm: Arm, times: ArmTimes) -> tuple[Any, float]:
    """What an arm covers in plan on all its moves: (n,) shapely polygons (m, world), and how much (m) they may lack.

    The parts in its hand are left out. Without paths in `times` the moves are straight in joint space.
    """
    known = _SWEPT.get(id(times))
    if known is not None and known[0] is times and known[1] is arm:
        return known[2], known[3]
    from layout.feasibility.gaps import swept
    from layout.motion.collision.mover import mover

    bodies = mover(arm.model).bodies
    points, frame, slack = _few(bodies)
    angles = configurations(times)
    at = swept(bodies.links, bodies.slides, angles, points, frame)
    flat = arm.pose.apply(at.reshape(-1, 3)[:, :2])
    owner = np.repeat(np.arange(len(angles)), len(points))
    polygons = shapely.convex_hull(shapely.multipoints(flat, indices=owner))
    _SWEPT[id(times)] = (times, arm, polygons, slack)
    if len(_SWEPT) > _KEPT:
        _SWEPT.popitem(last=False)
    return polygons, slack


def configurations(times: ArmTimes) -> Array:
    """(s, dof) float: joint vectors along all of an arm's paths, no farther apart than STEP."""
    paths = [
        np.asarray(path.angles, dtype=float)
        for group in (times.loaded, times.empty, times.handing, times.homing, times.leaving)
        for path in group.values()
    ]
    if not paths:
        out, in_ = times.approach, times.approach if times.approach_in is None else times.approach_in
        if out is None or in_ is None:
            return np.empty((0, 0))
        paths = [np.array([a, b]) for a in out for b in in_]
        for near, far in ((times.approach, times.handover), (times.approach_in, times.handover_in)):
            if near is not None and far is not None:
                paths += [np.array([a, b]) for a, b in zip(near, far, strict=True)]
    fine = []
    for path in paths:
        ways = np.abs(np.diff(path, axis=0)).max(axis=1, initial=0.0)
        counts = np.maximum(1, np.ceil(ways / STEP)).astype(int)
        shares = np.concatenate([k + np.arange(n) / n for k, n in enumerate(counts)] + [[float(len(path) - 1)]])
        low = np.minimum(shares.astype(int), max(len(path) - 2, 0))
        share = (shares - low)[:, None]
        fine.append(path[low] * (1.0 - share) + path[np.minimum(low + 1, len(path) - 1)] * share)
    whole = np.concatenate(fine)
    grid = np.round(whole / (0.5 * STEP)).astype(np.int64)  # ways share many configurations: one of each is enough
    return np.ascontiguousarray(whole[np.unique(grid, axis=0, return_index=True)[1]])


def _few(bodies: Any) -> tuple[Array, Any, float]:
    """Few points that stand for a mover's pieces, the joint that moves each, and how much (m) the rest sticks out."""
    from layout.motion.collision.gjk import sticking_out

    found, frames, slack = [], [], 0.0
    owner = np.repeat(bodies.frame, np.diff(bodies.start))
    for frame in np.unique(bodies.frame):
        if frame == 0:
            continue  # the foot stands: it is a footprint, not a moving part
        own = np.ascontiguousarray(bodies.points[owner == frame])
        directions = _sphere(4 * CORNERS)
        picked = np.unique(np.argmax(own @ directions.T, axis=0))
        kept = own[picked]
        while len(kept) > CORNERS:  # drop the corner that the others cover best
            away = [sticking_out(kept[k : k + 1], np.delete(kept, k, axis=0))[0] for k in range(len(kept))]
            kept = np.delete(kept, int(np.argmin(away)), axis=0)
        kept = np.ascontiguousarray(kept)
        rounding = float(bodies.round_m[bodies.frame == frame].max())
        slack = max(slack, float(sticking_out(own, kept).max()) + rounding)
        found.append(kept)
        frames.append(np.full(len(kept), frame))
    return np.vstack(found), np.concatenate(frames).astype(np.int64), slack


def _sphere(n: int) -> Array:
    """(n, 3) directions spread evenly (Fibonacci lattice)."""
    k = np.arange(n) + 0.5
    z, turn = 1.0 - 2.0 * k / n, k * np.pi * (3.0 - np.sqrt(5.0))
    r = np.sqrt(1.0 - z * z)
    return np.column_stack([r * np.cos(turn), r * np.sin(turn), z])
