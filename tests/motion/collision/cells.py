"""Random cells round an arm, and how near the arm is to everything: plainly, piece by piece, with fcl."""

from __future__ import annotations

import math

import numpy as np

from layout.model.pose import Pose
from layout.motion.collision import gjk
from layout.motion.collision.mover import PART
from layout.motion.collision.shapes import PASSING, SERVING
from layout.motion.kinematics import chain_of


def random_line(world, machines, arm_model, rng, count: int = 5, **floor):
    """A line of one arm, "arm", among machines that stand anywhere round it, at times in one another."""
    pose = Pose(*(float(x) for x in rng.uniform(3, 9, 2)), float(rng.uniform(0, 7)))
    things = [world.arm("arm", arm_model, pose.x_m, pose.y_m, pose.yaw_rad)]
    for k in range(count):
        model = machines[int(rng.integers(len(machines)))]
        away, angle = arm_model.reach_m * rng.uniform(0.7, 1.2) + 0.5, rng.uniform(0, 2 * math.pi)
        x, y = pose.x_m + away * math.cos(angle), pose.y_m + away * math.sin(angle)
        things.append(world.station(f"s{k}", model, float(x), float(y), float(rng.uniform(0, 7))))
    return world.line(*things, **floor)


def random_angles(arm_model, rng, count: int) -> np.ndarray:
    chain = chain_of(arm_model)
    return chain.lower + rng.random((count, chain.dof)) * (chain.upper - chain.lower)


def frames(arm_model, q: np.ndarray) -> list[np.ndarray]:
    """Of the base and of each joint after it moved; by plain matrices."""
    chain, out = chain_of(arm_model), [np.eye(4)]
    for k in range(chain.dof):
        move = np.eye(4)
        if chain.slides[k]:
            move[2, 3] = q[k]
        else:
            c, s = math.cos(q[k]), math.sin(q[k])
            move[:2, :2] = [[c, -s], [s, c]]
        out.append(out[-1] @ chain.links[k] @ move)
    return out


def placed(mover, arm_model, q: np.ndarray) -> list[np.ndarray]:
    """Corners of each moving piece in the base frame."""
    b, at = mover.bodies, frames(arm_model, q)
    rows = [slice(b.start[k], b.start[k + 1]) for k in range(len(b.frame))]
    return [
        np.ascontiguousarray(b.points[r] @ at[f][:3, :3].T + at[f][:3, 3]) for r, f in zip(rows, b.frame, strict=True)
    ]


def plain_gap(mover, around, arm_model, q, serving=None, measure=gjk.distance) -> tuple[float, float]:
    """Least distance (m) to what stands, and among the arm's own pairs, every pair looked at."""
    b, t = mover.bodies, around.things
    pieces, number = placed(mover, arm_model, q), around.number(serving)
    low, high = (np.array([f(corners, axis=0) for corners in pieces]) for f in (np.min, np.max))
    stands = own = math.inf
    for g, (thing, when) in enumerate(zip(t.thing, t.when, strict=True)):
        served = thing == number
        if when == (PASSING if served else SERVING):
            continue
        for o in range(t.group[g], t.group[g + 1]):
            points = t.points[t.start[o] : t.start[o + 1]]
            boxes = np.maximum(0.0, np.maximum(points.min(axis=0) - high, low - points.max(axis=0)))
            bounds = np.linalg.norm(boxes, axis=1) - b.round_m - t.round_m[o]
            for p in np.nonzero(bounds < stands)[0]:
                if b.frame[p] == 0 or (served and b.kind[p] == PART) or (thing == 0 and not b.low[p]):
                    continue
                if bounds[p] < stands:
                    stands = min(stands, measure(pieces[p], points) - b.round_m[p] - t.round_m[o])
    for a, p in b.pairs:
        own = min(own, measure(pieces[a], pieces[p]) - b.round_m[a] - b.round_m[p])
    return stands, own
