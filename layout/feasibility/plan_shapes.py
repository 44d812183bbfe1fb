"""A model seen from above, in its own frame, as convex pieces: footprint, hulls, and floor that it needs to be free."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import shapely

from layout.feasibility import convex
from layout.feasibility.convex import TOLERANCE_M
from layout.model.library import SIDES, ArmModel, MachineModel, Point2
from layout.model.pose import Array


@dataclass(frozen=True, eq=False)
class _Shape:
    """A model in its own frame (m): convex pieces of its footprint, and a rectangle for each side in need of floor."""

    pieces: tuple[Array, ...]
    strips: tuple[Array, ...]
    sides: tuple[str, ...]


@lru_cache(maxsize=1024)
def _shape(footprint: tuple[Point2, ...], service: tuple[float, ...]) -> _Shape:
    outline = np.asarray(footprint, dtype=float)
    (x0, y0), (x1, y1) = outline.min(axis=0), outline.max(axis=0)
    front, back, left, right = service
    boxes = {
        "front": (x0, y0 - front, x1, y0),
        "back": (x0, y1, x1, y1 + back),
        "left": (x0 - left, y0, x0, y1),
        "right": (x1, y0, x1 + right, y1),
    }
    wanted = [side for side, need in zip(SIDES, service, strict=True) if need > TOLERANCE_M]
    strips = tuple(np.array([(a, b), (c, b), (c, d), (a, d)]) for a, b, c, d in (boxes[side] for side in wanted))
    return _Shape(convex.pieces_of(outline), strips, tuple(wanted))


def shape_of(model: MachineModel | ArmModel) -> _Shape:
    """A model's plan shapes, made once."""
    service = tuple(float(model.service_m.get(side, 0.0)) for side in SIDES)
    return _shape(tuple((float(x), float(y)) for x, y in model.footprint_m), service)


_KNOWN: dict[int, tuple[object, tuple[Array, ...]]] = {}
_KEPT = 256


def plan_hulls(model: MachineModel | ArmModel) -> tuple[Array, ...]:
    """Convex rings (k, 2) (m, own frame), one for each piece of the footprint, that cover it and all that stands over.

    Made once for each model object; where nothing sticks out of the footprint, its very pieces. A machine counts with
    its doors as it is loaded, an arm with what of it never moves.

    Raises SceneError or AssetError where the model's files cannot be read.
    """
    known = _KNOWN.get(id(model))
    if known is not None and known[0] is model:
        return known[1]
    pieces = shape_of(model).pieces
    if not (isinstance(model, MachineModel) and model.is_box):
        pieces = _grown(model, pieces)
    if len(_KNOWN) >= _KEPT:
        _KNOWN.clear()
    _KNOWN[id(model)] = (model, pieces)
    return pieces


def _grown(model: MachineModel | ArmModel, pieces: tuple[Array, ...]) -> tuple[Array, ...]:
    """Each piece of a footprint with the outlines that stick out next to it."""
    footprint = shapely.buffer(shapely.Polygon(model.footprint_m), TOLERANCE_M, join_style="mitre")
    polygons = [shapely.Polygon(piece) for piece in pieces]
    outside: list[list[shapely.Geometry]] = [[] for _ in pieces]
    for outline in _outlines(model):
        for rest in shapely.get_parts(shapely.difference(outline, footprint)):
            if not rest.is_empty:
                outside[int(np.argmin(shapely.distance(polygons, rest)))].append(rest)
    grown = list(pieces)
    for number, more in enumerate(outside):
        if more:
            whole = shapely.convex_hull(shapely.union_all([polygons[number], *more]))
            grown[number] = convex.pieces_of(shapely.get_coordinates(whole)[:-1])[0]
    return tuple(grown)


def _outlines(model: MachineModel | ArmModel) -> Iterator[shapely.Geometry]:
    """Convex polygons (m, own frame): what each hull covers from above."""
    from layout.motion.collision.mover import standing_pieces
    from layout.motion.collision.shapes import PASSING, machine_pieces

    found = machine_pieces(model) if isinstance(model, MachineModel) else standing_pieces(model)
    for piece in found:
        if isinstance(model, ArmModel) or piece.when != PASSING:
            flat = shapely.convex_hull(shapely.multipoints(piece.points[:, :2]))
            yield shapely.buffer(flat, piece.round_m, join_style="mitre")
