"""Guard fences on the floor: what they cover."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from layout.model.floor import FENCE_THICKNESS_M, Fence
from layout.model.pose import Array


def fence_rings(fence: Fence) -> list[Array]:
    """What each straight piece of a fence covers: rectangles (4, 2) (m), counter-clockwise, half its thickness longer
    at both ends, so that corners are closed."""
    half = FENCE_THICKNESS_M / 2
    rings = []
    for start, end in pairwise(np.asarray(fence.line, dtype=float)):
        size = float(np.hypot(*(end - start)))
        if size < 1e-9:
            continue
        u, v = (end - start) / size * half
        along, aside = np.array([u, v]), np.array([-v, u])
        rings.append(np.array([start - along - aside, end + along - aside, end + along + aside, start - along + aside]))
    return rings
