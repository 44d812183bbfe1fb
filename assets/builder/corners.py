"""Corners of convex pieces that stand for round and flat things, few of each (m)."""

from collections.abc import Sequence

import numpy as np

from .shapes import Array, slot


def rings(axis: str, stops: Sequence[tuple[float, float]], at: tuple[float, float] = (0.0, 0.0), n: int = 10) -> Array:
    """(len(stops) n, 3) corners of circles about a line along `axis` through `at`; stops: (place along it, radius)."""
    along, across = {"x": (0, [1, 2]), "y": (1, [0, 2]), "z": (2, [0, 1])}[axis]
    angle = np.arange(n) * 2 * np.pi / n
    out = np.empty((len(stops), n, 3))
    for ring, (place, radius) in zip(out, stops, strict=True):
        ring[:, along] = place
        ring[:, across] = np.column_stack([np.cos(angle), np.sin(angle)]) * radius + np.asarray(at)
    return out.reshape(-1, 3)


def capsule(a: tuple[float, float], b: tuple[float, float], ra: float, rb: float, y0: float, y1: float) -> Array:
    """(32, 3) corners of a flat bar with round ends in the x-z plane, from y0 to y1."""
    return np.array([[u, y, v] for u, v in slot(a, b, ra, rb, 8) for y in (y0, y1)])
