"""What python-fcl says: exact distances of triangle meshes, by another algorithm (trees of boxes, each triangle)."""

from __future__ import annotations

from collections.abc import Sequence

import fcl
import numpy as np
from scipy.spatial import ConvexHull


def triangles(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Corners and triangles of a convex hull."""
    hull = ConvexHull(points)
    return np.ascontiguousarray(hull.points), np.ascontiguousarray(hull.simplices)


class Body:
    """Convex pieces (n, 3) (m) as one fcl model of triangles, and one by one as solids."""

    def __init__(self, pieces: Sequence[np.ndarray]) -> None:
        points, faces, start = [], [], 0
        self.pieces = list(pieces)
        self.planes = [ConvexHull(piece).equations for piece in pieces]
        for piece in pieces:
            corners, hull = triangles(piece)
            points.append(corners)
            faces.append(hull + start)
            start += len(corners)
        self.model = fcl.BVHModel()
        self.model.beginModel(start, sum(len(f) for f in faces))
        self.model.addSubModel(np.vstack(points), np.vstack(faces))
        self.model.endModel()

    def at(self, pose: np.ndarray) -> fcl.CollisionObject:
        return fcl.CollisionObject(self.model, fcl.Transform(pose[:3, :3], pose[:3, 3]))


def distance(a: Body, at_a: np.ndarray, b: Body, at_b: np.ndarray) -> float:
    """Distance (m) of two bodies' surfaces, 0 where they cross, and where one holds a corner of the other."""
    request, result = fcl.DistanceRequest(), fcl.DistanceResult()
    found = fcl.distance(a.at(at_a), b.at(at_b), request, result)
    if found <= 0.0 or _inside(a, at_a, b, at_b) or _inside(b, at_b, a, at_a):
        return 0.0
    return float(found)


def _inside(a: Body, at_a: np.ndarray, b: Body, at_b: np.ndarray) -> bool:
    """Whether a piece of `a` holds the first corner of a piece of `b`: surfaces that do not cross may be nested."""
    step = np.linalg.inv(at_a) @ at_b
    corners = np.array([piece[0] for piece in b.pieces]) @ step[:3, :3].T + step[:3, 3]
    return any((p[:, :3] @ corners.T + p[:, 3:] < -1e-9).all(axis=0).any() for p in a.planes)
