"""Blocks to push about: products of one convex piece each, written as the library would have them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from layout.model.library import PartModel
from layout.model.line import LineProduct
from layout.scene.solids import box_vertices, hull_file


def block(
    size_m: Sequence[float] = (0.3, 0.2, 0.15), mass_kg: float = 2.0, friction: float = 0.45, name: str = "box"
) -> LineProduct:
    """A block of a size (m) that stands on its underside, held at its top."""
    x, y, z = (float(edge) for edge in size_m)
    return product(name, [box_vertices((-x / 2, -y / 2, 0.0), (x / 2, y / 2, z))], mass_kg, friction, z)


def product(
    name: str, pieces: Sequence[np.ndarray], mass_kg: float, friction: float, grasp_m: float = 0.05
) -> LineProduct:
    hulls: Path = hull_file(pieces)
    model = PartModel(name, "test", hulls, hulls, mass_kg, friction, (0.0, 0.0, grasp_m))
    return LineProduct(name, model, mass_kg, 1.0, (), (), ())
