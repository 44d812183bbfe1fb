"""What arms sweep in plan on the moves they were planned: many small polygons, one for each configuration looked at."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import numpy as np
import shapely

from layout.model.line import Arm
from layout.model.pose import Array
from layout.model.results import ArmTimes

STEP_M = 0.08
"""Nothing of the arm goes farther between two configurations looked at: about as far as its slimmest links are wide, so
that no gap between two polygons is missed by more than millimetres."""

CORNERS = 16
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
    angles = configurations(times, bodies.way.max(axis=0))
    at = swept(bodies.links, bodies.slides, angles, points, frame)
    flat = arm.pose.apply(at.reshape(-1, 3)[:, :2]).reshape(len(angles), len(points), 2)
    polygons = shapely.convex_hull(shapely.linestrings(flat))  # multipoints take eight times as long to make
    _SWEPT[id(times)] = (times, arm, polygons, slack)
    if len(_SWEPT) > _KEPT:
        _SWEPT.popitem(last=False)
    return polygons, slack


def configurations(times: ArmTimes, way: Array) -> Array:
    """(s, dof) float: joint vectors along all of an arm's paths, so close that nothing goes farther than STEP_M.

    way : (dof,) how far (m) anything goes where a joint turns by a radian (slides by a metre)
    """
    paths = [
        np.asarray(path.angles, dtype=float)
        for group in (times.loaded, times.empty, times.handing, times.homing, times.leaving)
        for path in group.values()
    ]
    if not paths:
        out, in_ = times.approach, times.approach if times.approach_in is None else times.approach_in
        if out is None or in_ is None:
            return np.empty((0, len(way)))
        paths = [np.array([a, b]) for a in out for b in in_]
        for near, far in ((times.approach, times.handover), (times.approach_in, times.handover_in)):
            if near is not None and far is not None:
                paths += [np.array([a, b]) for a, b in zip(near, far, strict=True)]
    fine = []
    for path in paths:
        gone = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(path, axis=0)) @ way)])  # at most; it grows all along
        at = np.linspace(0.0, gone[-1], 1 + max(1, int(np.ceil(gone[-1] / STEP_M))))
        fine.append(np.column_stack([np.interp(at, gone, joint) for joint in path.T]))
    whole = np.concatenate(fine)
    grid = np.round(whole * (way / (0.25 * STEP_M))).astype(np.int64)  # ways share many configurations: one will do
    return np.ascontiguousarray(whole[np.unique(grid, axis=0, return_index=True)[1]])


_FEW: OrderedDict[int, tuple[Any, tuple[Array, Any, float]]] = OrderedDict()


def _few(bodies: Any) -> tuple[Array, Any, float]:
    """Few points that stand for a mover's pieces, the joint that moves each, and how much (m) the rest sticks out."""
    known = _FEW.get(id(bodies))
    if known is not None and known[0] is bodies:
        return known[1]
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
    made = np.vstack(found), np.concatenate(frames).astype(np.int64), slack
    _FEW[id(bodies)] = (bodies, made)
    if len(_FEW) > _KEPT:
        _FEW.popitem(last=False)
    return made


def _sphere(n: int) -> Array:
    """(n, 3) directions spread evenly (Fibonacci lattice)."""
    k = np.arange(n) + 0.5
    z, turn = 1.0 - 2.0 * k / n, k * np.pi * (3.0 - np.sqrt(5.0))
    r = np.sqrt(1.0 - z * z)
    return np.column_stack([r * np.cos(turn), r * np.sin(turn), z])
