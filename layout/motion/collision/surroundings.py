"""What stands within an arm's reach, as convex pieces in the arm's base frame."""

from __future__ import annotations

import hashlib
import itertools
import math
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from layout.model.floor import FENCE_THICKNESS_M
from layout.model.library import ArmModel, MachineModel
from layout.model.line import Arm, Line
from layout.model.pose import Array, Pose
from layout.motion.belts import lay_out
from layout.motion.collision.arrays import Things
from layout.motion.collision.mover import mover, packed, standing_pieces
from layout.motion.collision.shapes import ALWAYS, Piece, hulls, machine_pieces, prisms, thinned, wall
from layout.motion.collision.urdf_shapes import Solid, prism_points

FLOOR_DEEP_M = 1.0

_GRAIN = 9
"""Relative poses are rounded to this many decimals (m, quarter turns): moving a whole cell changes nothing."""

FLOOR = "floor"


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What stands within an arm's reach. `key` is equal for equal content; `names` of things, "floor" first."""

    things: Things = field(repr=False)
    names: tuple[str, ...]
    key: bytes = field(repr=False)

    def number(self, name: str | None) -> int:
        """Row of a thing in `names`; -1 for None, and for what is not within reach."""
        return self.names.index(name) if name in self.names else -1


Place = tuple[float, float, float]  # x, y (m), quarter turns: a thing's frame in the arm's base frame


@dataclass(frozen=True, eq=False)
class Shape:
    """A thing in its own frame: pieces by when they count, its bounding cylinder about its frame's origin."""

    pieces: tuple[Piece, ...]
    middle: tuple[float, float]
    radius_m: float


@dataclass(frozen=True, eq=False)
class Group:
    """A thing's pieces of one kind, where they stand in the arm's base frame."""

    points: Array
    counts: NDArray[np.int64]
    round_m: Array
    box: Array
    middle: Array
    group_box: Array
    when: int


def relative(arm: Pose, thing: Pose) -> Place:
    """A thing's pose as the arm sees it, rounded; the same for cells that are moved or turned as a whole."""
    turn = (thing.yaw_rad - arm.yaw_rad) / (math.pi / 2)
    ((x, y),) = Pose(0.0, 0.0, -arm.yaw_rad).turn([[thing.x_m - arm.x_m, thing.y_m - arm.y_m]])
    turn = round(turn - 4.0 * math.floor(turn / 4.0 + 0.5), _GRAIN)
    return round(float(x), _GRAIN) + 0.0, round(float(y), _GRAIN) + 0.0, (-2.0 if turn == 2.0 else turn) + 0.0


_SHAPES: dict[int, tuple[object, Shape]] = {}
_MOST_SHAPES = 256


def _shape(model: MachineModel | ArmModel) -> Shape:
    """A model's shape, made once for each model object."""
    known = _SHAPES.get(id(model))
    if known is not None and known[0] is model:
        return known[1]
    shape = _shaped(tuple(machine_pieces(model) if isinstance(model, MachineModel) else standing_pieces(model)))
    if len(_SHAPES) >= _MOST_SHAPES:
        _SHAPES.clear()
    _SHAPES[id(model)] = (model, shape)
    return shape


def _shaped(pieces: tuple[Piece, ...]) -> Shape:
    if not pieces:
        return Shape((), (0.0, 0.0), 0.0)
    points = np.vstack([piece.points[:, :2] for piece in pieces])
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    rounding = max(piece.round_m for piece in pieces)
    radius = float(np.linalg.norm(points - middle, axis=1).max()) + rounding
    return Shape(pieces, (float(middle[0]), float(middle[1])), radius)


@lru_cache(maxsize=1024)
def _groups(shape: Shape, place: Place) -> tuple[Group, ...]:
    """A thing's pieces where it stands: computed once for each thing and relative pose."""
    pose = Pose(place[0], place[1], place[2] * (math.pi / 2))
    cos, sin = pose.matrix()[0, 0], pose.matrix()[1, 0]
    out = []
    for when in sorted({piece.when for piece in shape.pieces}):
        pieces = [piece for piece in shape.pieces if piece.when == when]
        points, start, rounds, _, _ = packed(pieces)
        turned = points + np.array([cos * pose.x_m + sin * pose.y_m, cos * pose.y_m - sin * pose.x_m, 0.0])
        first = start[:-1]
        low = np.minimum.reduceat(turned, first) - rounds[:, None]
        high = np.maximum.reduceat(turned, first) + rounds[:, None]
        world = np.ascontiguousarray(pose.apply(points))
        out.append(
            Group(
                points=world,
                counts=np.diff(start),
                round_m=rounds,
                box=np.hstack([low, high]),
                middle=np.add.reduceat(world, first) / np.diff(start)[:, None],
                group_box=np.array([*low.min(axis=0), *high.max(axis=0), cos, sin]),
                when=when,
            )
        )
    return tuple(out)


# ---------------------------------------------------------------- a line

_Way = tuple[Array, tuple[float, ...], float]

_LATEST: OrderedDict[tuple[int, str], tuple[Line, Surroundings]] = OrderedDict()
_BELTS: OrderedDict[int, tuple[Line, dict[str, _Way]]] = OrderedDict()
_KNOWN: OrderedDict[tuple[object, ...], Surroundings] = OrderedDict()
_MOST_LATEST, _MOST_KNOWN = 32, 64


def surroundings(line: Line, arm_name: str) -> Surroundings:
    """Everything that stands within the reach of an arm of a line, whatever it holds of the line's products.

    Stations with their doors, obstacles and fences with their heights, belts from the floor to their top, the floor,
    and of other arms what stands. Not: kept-clear areas, vehicles, the arm's own foot.
    Moving or turning the whole line gives the same answer. Raises AssetError or SceneError where files cannot be read.
    """
    latest = _LATEST.get((id(line), arm_name))
    if latest is not None and latest[0] is line:
        return latest[1]
    found = _look(line, line.arms[arm_name])
    _LATEST[id(line), arm_name] = (line, found)
    while len(_LATEST) > _MOST_LATEST:
        _LATEST.popitem(last=False)
    return found


def _look(line: Line, arm: Arm) -> Surroundings:
    reach = _reach_m(arm.model, line)
    near: list[tuple[str, Shape, Place]] = []
    for name, shape, place in _things(line, arm):
        if not shape.pieces:
            continue
        c, s = _turn(place)
        x, y = (
            place[0] + c * shape.middle[0] - s * shape.middle[1],
            place[1] + s * shape.middle[0] + c * shape.middle[1],
        )
        if math.hypot(x, y) - shape.radius_m < reach:
            near.append((name, shape, place))
    near.sort(key=lambda item: item[0])
    key = (reach, *near)
    known = _KNOWN.get(key)
    if known is None:
        known = _KNOWN[key] = _joined(near, reach)
        while len(_KNOWN) > _MOST_KNOWN:
            _KNOWN.popitem(last=False)
    else:
        _KNOWN.move_to_end(key)
    return known


def _turn(place: Place) -> tuple[float, float]:
    matrix = Pose(0.0, 0.0, place[2] * (math.pi / 2)).matrix()
    return float(matrix[0, 0]), float(matrix[1, 0])


def _things(line: Line, arm: Arm) -> Iterator[tuple[str, Shape, Place]]:
    for station in line.stations.values():
        yield station.name, _shape(station.model), relative(arm.pose, station.pose)
    for other in line.arms.values():
        if other.name != arm.name:
            yield other.name, _shape(other.model), relative(arm.pose, other.pose)
    for name, area in line.floor.obstacles.items():
        yield name, _column(_seen(arm.pose, area.polygon), area.height_m), (0.0, 0.0, 0.0)
    for name, fence in line.floor.fences.items():
        yield name, _fence(_seen(arm.pose, fence.line), fence.height_m), (0.0, 0.0, 0.0)
    for name, (path, heights, width_m) in _belts(line).items():
        yield name, _belt(_seen(arm.pose, path), heights, width_m), (0.0, 0.0, 0.0)


Outline = tuple[tuple[float, float], ...]


def _seen(arm: Pose, points: object) -> Outline:
    """World points (n, 2) (m) in the arm's base frame, rounded."""
    shifted = np.asarray(points, dtype=float) - [arm.x_m, arm.y_m]
    turned = np.round(Pose(0.0, 0.0, -arm.yaw_rad).turn(shifted), _GRAIN) + 0.0
    return tuple((float(x), float(y)) for x, y in turned)


@lru_cache(maxsize=1024)
def _column(outline: Outline, height_m: float) -> Shape:
    return _shaped(tuple(thinned(Solid(points)) for points in prisms(outline, 0.0, height_m)))


@lru_cache(maxsize=1024)
def _fence(points: Outline, height_m: float) -> Shape:
    walls = (wall(a, b, FENCE_THICKNESS_M, height_m) for a, b in itertools.pairwise(points))
    return _shaped(tuple(Piece(corners, 0.0) for corners in walls))


@lru_cache(maxsize=1024)
def _belt(path: Outline, heights: tuple[float, ...], width_m: float) -> Shape:
    """A conveyor from the floor to the belt's top, one piece for each straight stretch, corners filled."""
    pieces = []
    last = len(path) - 2
    for k, ((ax, ay), (bx, by)) in enumerate(itertools.pairwise(path)):
        length = math.hypot(bx - ax, by - ay)
        if length < 1e-9:
            continue
        ux, uy, half = (bx - ax) / length, (by - ay) / length, width_m / 2
        before, after = (0.0 if k == 0 else half), (0.0 if k == last else half)
        ends = ((ax - ux * before, ay - uy * before), (bx + ux * after, by + uy * after))
        ring = [(x - s * uy * half, y + s * ux * half) for x, y in ends for s in (-1.0, 1.0)]
        tops = (heights[k], heights[k], heights[k + 1], heights[k + 1])
        corners = [(x, y, z) for (x, y), top in zip(ring, tops, strict=True) for z in (0.0, top)]
        pieces.append(Piece(np.array(corners), 0.0))
    return _shaped(tuple(pieces))


def _belts(line: Line) -> dict[str, _Way]:
    """By name: way (k, 2) (m, world), height of the top at each of its points, width; of belts that have both ports."""
    known = _BELTS.get(id(line))
    if known is not None and known[0] is line:
        return known[1]
    out: dict[str, _Way] = {}
    for name, belt in line.belts.items():
        ends = line.stations.get(belt.origin), line.stations.get(belt.target)
        start = ends[0].model.port_for("out", "belt") if ends[0] else None
        end = ends[1].model.port_for("in", "belt") if ends[1] else None
        if start is None or end is None:
            continue
        times = lay_out(belt, line)
        if times.length_m <= 0.0:
            continue
        way = np.asarray(times.path_m, dtype=float)
        along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(way, axis=0), axis=1))])
        tops = start.at_m[2] + (end.at_m[2] - start.at_m[2]) * along / along[-1]
        out[name] = (way, tuple(round(float(z), _GRAIN) for z in tops), belt.width_m)
    _BELTS[id(line)] = (line, out)
    while len(_BELTS) > 4:
        _BELTS.popitem(last=False)
    return out


def _joined(near: list[tuple[str, Shape, Place]], reach: float) -> Surroundings:
    names, thing, groups = [FLOOR], [0], [_floor(reach)]
    for name, shape, place in near:
        names.append(name)
        for group in _groups(shape, place):
            groups.append(group)
            thing.append(len(names) - 1)
    things = Things(
        points=np.vstack([group.points for group in groups]),
        start=np.concatenate([[0], np.cumsum(np.concatenate([group.counts for group in groups]))]).astype(np.int64),
        round_m=np.concatenate([group.round_m for group in groups]),
        box=np.vstack([group.box for group in groups]),
        middle=np.vstack([group.middle for group in groups]),
        group=np.cumsum([0, *(len(group.counts) for group in groups)]).astype(np.int64),
        group_box=np.array([group.group_box for group in groups]),
        thing=np.array(thing, dtype=np.int64),
        when=np.array([group.when for group in groups], dtype=np.int64),
    )
    digest = hashlib.blake2b("\0".join(names).encode(), digest_size=16)
    for array in (things.points, things.start, things.round_m, things.group, things.thing, things.when):
        digest.update(array.tobytes())
    return Surroundings(things, tuple(names), digest.digest())


@lru_cache(maxsize=64)
def _floor(reach: float) -> Group:
    size = round(2.0 * reach + 1.0, 3)
    ring = np.array([[-size, -size], [size, -size], [size, size], [-size, size]])
    slab = Piece(prism_points(ring, -FLOOR_DEEP_M, 0.0), 0.0, ALWAYS)
    return _groups(Shape((slab,), (0.0, 0.0), size), (0.0, 0.0, 0.0))[0]


def part_reach_m(line: Line) -> float:
    """How far (m) any of the line's products sticks out from where a tool holds it."""
    far = 0.0
    for product in line.products.values():
        grasp = np.asarray(product.model.grasp_m)
        for piece in hulls(product.model.hulls):
            far = max(far, float(np.linalg.norm(piece.points - grasp, axis=1).max()) + piece.round_m)
    return far


def _reach_m(model: ArmModel, line: Line) -> float:
    """Distance from the base's axis beyond which nothing that the arm moves can be."""
    bare = mover(model)
    return bare.reach_m + part_reach_m(line)
