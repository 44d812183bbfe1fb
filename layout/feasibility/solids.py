"""A line in three dimensions: convex pieces of all that stands or swings, and how close they come."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from layout.feasibility import convex
from layout.feasibility.convex import TOLERANCE_M
from layout.feasibility.riders import tallest_m
from layout.model.floor import Floor
from layout.model.library import ArmModel, MachineModel
from layout.model.line import Arm, Line, Station
from layout.model.pose import Array, Pose
from layout.model.results import BeltTimes
from layout.motion.belts import heights
from layout.motion.fences import fence_rings

RAIL_HIGH_M = 0.2
"""The rail of an arm stands about as high: floor tracks are 150 to 400 mm."""


@dataclass(frozen=True, eq=False)
class Solids:
    """n convex pieces: corners (m, 3) (m), row ranges (n + 1,), rounding (n,) (m), and which of them swing.

    names, numbers : (n,) number of each piece's owner among the names
    low, high : (n, 3) float (m), boxes, rounding included
    """

    points: Array
    start: NDArray[np.int64]
    rounds: Array
    names: tuple[str, ...]
    numbers: NDArray[np.int64]
    swings: NDArray[np.bool_]
    low: Array
    high: Array

    def __len__(self) -> int:
        return len(self.numbers)

    def owner(self, i: int) -> str:
        """Name of the thing that a piece belongs to."""
        return self.names[int(self.numbers[i])]

    def plus(self, pieces: Iterable[tuple[str, Array, float]]) -> Solids:
        """These and, after them, more pieces: owner, corners (k, 3) (m), rounding (m)."""
        more = _Kit.of(
            [(name, _Local.of([(points, round_m, False)]), -1) for name, points, round_m in pieces], self.names
        )
        return self.with_(more.stood(np.empty((0, 4))))

    def with_(self, more: Solids) -> Solids:
        """These and, after them, others that were made with these names first."""
        return Solids(
            np.vstack([self.points, more.points]),
            np.concatenate([self.start, self.start[-1] + more.start[1:]]),
            np.concatenate([self.rounds, more.rounds]),
            more.names,
            np.concatenate([self.numbers, more.numbers]),
            np.concatenate([self.swings, more.swings]),
            np.vstack([self.low, more.low]),
            np.vstack([self.high, more.high]),
        )

    def near(
        self, first: NDArray[np.int64], second: NDArray[np.int64], within_m: float
    ) -> list[tuple[int, int, float]]:
        """Pairs (i, j, gap in m) of pieces of different owners that come closer than `within_m`.

        first, second : rows of the pieces to measure against one another. Gaps are less than 0 where only the rounding
        of pieces overlaps; where they overlap themselves, less by no more than that (see `depth_m`).
        """
        from layout.feasibility.gaps import close, gaps

        pairs = close(self.low, self.high, self.numbers, first, second, within_m)
        i, j = np.ascontiguousarray(pairs[:, 0]), np.ascontiguousarray(pairs[:, 1])
        if not len(i):
            return []
        rounds = self.rounds[i] + self.rounds[j]
        found = gaps(self.points, self.start, i, j, within_m + float(rounds.max()) + TOLERANCE_M) - rounds
        kept = np.nonzero(found <= within_m)[0]
        return [(int(i[k]), int(j[k]), float(found[k])) for k in kept]

    def overlap(self, i: int, j: int, gap_m: float) -> bool:
        """Whether pieces with that gap between them (see `near`) overlap themselves."""
        return gap_m + float(self.rounds[i] + self.rounds[j]) <= 0.0

    def depth_m(self, i: int, j: int) -> float:
        """How far (m) one of two pieces that touch must be moved on the floor to be free of the other."""
        rings = [self.outline(k) for k in (i, j)]
        size = max(len(ring) for ring in rings)
        one, other = (convex.padded([ring], size) for ring in rings)
        return max(0.0, float(convex.depths(one, other)[0]) + float(self.rounds[i] + self.rounds[j]))

    def outline(self, i: int) -> Array:
        """(k, 2) float (m): a piece from above, without its rounding."""
        flat = self.points[self.start[i] : self.start[i + 1], :2]
        hull = shapely.orient_polygons(shapely.convex_hull(shapely.multipoints(flat)))
        return np.asarray(shapely.get_coordinates(hull)[: -1 if hull.geom_type == "Polygon" else None], dtype=float)


@dataclass(frozen=True, eq=False)
class _Local:
    """Pieces of one thing in its own frame."""

    points: Array
    counts: NDArray[np.int64]
    rounds: Array
    swings: NDArray[np.bool_]

    @classmethod
    def all(cls, some: Sequence[_Local]) -> _Local:
        """Of several together."""
        return cls(
            np.ascontiguousarray(np.vstack([np.empty((0, 3)), *(local.points for local in some)])),
            np.concatenate([np.empty(0, dtype=np.int64), *(local.counts for local in some)]),
            np.concatenate([np.empty(0), *(local.rounds for local in some)]),
            np.concatenate([np.empty(0, dtype=bool), *(local.swings for local in some)]),
        )

    @classmethod
    def of(cls, pieces: Iterable[tuple[Array, float, bool]]) -> _Local:
        """From corners (k, 3) (m), rounding (m), and whether it swings."""
        given = list(pieces)
        return cls(
            np.vstack([points for points, *_ in given]) if given else np.empty((0, 3)),
            np.array([len(points) for points, *_ in given], dtype=np.int64),
            np.array([rounding for _, rounding, _ in given], dtype=float),
            np.array([swings for *_, swings in given], dtype=bool),
        )


@dataclass(frozen=True, eq=False)
class _Kit:
    """Pieces of the same things, wherever these stand.

    local (m, 3) : corners, each in the frame that row `thing` (m,) of the frames says; the rest: see `Solids`
    """

    local: Array
    thing: NDArray[np.int64]
    start: NDArray[np.int64]
    rounds: Array
    names: tuple[str, ...]
    numbers: NDArray[np.int64]
    swings: NDArray[np.bool_]

    @classmethod
    def of(cls, parts: Sequence[tuple[str, _Local, int]], names: tuple[str, ...] = ()) -> _Kit:
        """From each thing's name, pieces and row of its frame (-1: in the world); `names` come first."""
        number = {name: k for k, name in enumerate(dict.fromkeys([*names, *(name for name, *_ in parts)]))}
        whole = _Local.all([local for _, local, _ in parts])
        pieces, points = [len(local.counts) for _, local, _ in parts], [len(local.points) for _, local, _ in parts]
        return cls(
            whole.points,
            np.repeat(np.array([row for *_, row in parts], dtype=np.int64), points),
            np.concatenate([[0], np.cumsum(whole.counts)]).astype(np.int64),
            whole.rounds,
            tuple(number),
            np.repeat(np.array([number[name] for name, *_ in parts], dtype=np.int64), pieces),
            whole.swings,
        )

    def stood(self, frames: Array) -> Solids:
        """In the world, for frames (t, 4): cosine and sine of the yaw, x and y (m)."""
        from layout.feasibility.gaps import stood

        points, low, high = stood(self.local, self.thing, frames, self.start, self.rounds)
        return Solids(points, self.start, self.rounds, self.names, self.numbers, self.swings, low, high)


def solids(line: Line, frames: Array, belts: Mapping[str, BeltTimes]) -> Solids:
    """All pieces of a line in the world: machines, sweeps of their doors, arm bases, obstacles, fences, belts.

    frames (t, 4) : cosine and sine of the yaw, x and y (m) of stations and then arms
    belts : as laid out, by name; each reaches from the floor to the top of the tallest part that rides on it

    Raises SceneError or AssetError where a model's files cannot be read.
    """
    found = _kit(line).stood(frames)
    running = _belts(line, belts)
    if not running:
        return found
    return found.with_(_Kit.of([(name, local, -1) for name, local in running], found.names).stood(frames))


_KITS: dict[tuple[Any, ...], tuple[tuple[Any, ...], _Kit]] = {}


def _kit(line: Line) -> _Kit:
    """Pieces of all that stands, made once for the same things on the same floor."""
    things: tuple[Station | Arm, ...] = (*line.stations.values(), *line.arms.values())
    owners = (line.floor, *(thing.model for thing in things))
    key = (*map(id, owners), *(thing.name for thing in things))
    known = _KITS.get(key)
    if known is not None:
        return known[1]
    parts = [(thing.name, local_of(thing.model), row) for row, thing in enumerate(things)]
    parts = [(name, local, row) for name, local, row in parts if len(local.counts)]
    kit = _Kit.of([*parts, *((name, local, -1) for name, local in _fixed(line.floor))])
    if len(_KITS) >= _KEPT:
        _KITS.clear()
    _KITS[key] = (owners, kit)  # owners stay alive, for they are known by identity
    return kit


_LOCALS: dict[int, tuple[object, _Local]] = {}
_FIXED: dict[int, tuple[Floor, list[tuple[str, _Local]]]] = {}
_KEPT = 256


def local_of(model: MachineModel | ArmModel) -> _Local:
    """A model's pieces in its own frame, made once for each model object; doors as swept from `load` to `work`."""
    known = _LOCALS.get(id(model))
    if known is not None and known[0] is model:
        return known[1]
    local = _Local.of(_machine(model) if isinstance(model, MachineModel) else _foot(model))
    if len(_LOCALS) >= _KEPT:
        _LOCALS.clear()
    _LOCALS[id(model)] = (model, local)
    return local


def _machine(model: MachineModel) -> Iterable[tuple[Array, float, bool]]:
    from layout.motion.collision.shapes import ALWAYS, PASSING, machine_pieces

    for piece in machine_pieces(model):
        if piece.when in (ALWAYS, PASSING):
            yield piece.points, piece.round_m, piece.when == PASSING


def _foot(model: ArmModel) -> Iterable[tuple[Array, float, bool]]:
    from layout.motion.collision.mover import standing_pieces

    if model.rail is None:
        yield from ((piece.points, piece.round_m, False) for piece in standing_pieces(model))
        return
    for ring in convex.pieces_of(model.footprint_m):
        yield prism(ring, 0.0, max(model.mount_m, RAIL_HIGH_M)), 0.0, False


def _fixed(floor: Floor) -> list[tuple[str, _Local]]:
    """Obstacles and fences: the same for every candidate."""
    known = _FIXED.get(id(floor))
    if known is not None and known[0] is floor:
        return known[1]
    found = [
        (name, _Local.of((prism(ring, 0.0, area.height_m), 0.0, False) for ring in convex.pieces_of(area.polygon)))
        for name, area in floor.obstacles.items()
    ]
    found += [
        (name, _Local.of((prism(ring, 0.0, fence.height_m), 0.0, False) for ring in fence_rings(fence)))
        for name, fence in floor.fences.items()
    ]
    if len(_FIXED) >= _KEPT:
        _FIXED.clear()
    _FIXED[id(floor)] = (floor, found)
    return found


def _belts(line: Line, belts: Mapping[str, BeltTimes]) -> list[tuple[str, _Local]]:
    return [
        (name, _Local.of((piece, 0.0, False) for piece in _belt_pieces(line, name, times.path_m)))
        for name, times in belts.items()
        if times.length_m > 0.0
    ]


def _belt_pieces(line: Line, name: str, path: Array) -> list[Array]:
    """Corners (k, 3) (m, world) of a belt with parts on it: a piece for each straight stretch, corners filled."""
    belt = line.belts[name]
    low, high = heights(belt, line)
    steps = np.hypot(*np.diff(path, axis=0).T)
    tops = low + (high - low) * np.concatenate([[0.0], np.cumsum(steps)]) / steps.sum() + tallest_m(line, name)
    found, half, last = [], belt.width_m / 2, len(path) - 2
    for k, ((ax, ay), (bx, by)) in enumerate(pairwise(path.tolist())):
        yaw, length = math.atan2(by - ay, bx - ax), float(steps[k])
        x0, x1 = (0.0 if k == 0 else -half), length + (0.0 if k == last else half)
        ring = Pose(ax, ay, yaw).apply([(x0, -half), (x1, -half), (x1, half), (x0, half)])
        z = np.array([tops[k], tops[k + 1], tops[k + 1], tops[k]])
        found.append(np.vstack([np.column_stack([ring, np.zeros(4)]), np.column_stack([ring, z])]))
    return found


def prism(ring: Array | Sequence[Sequence[float]], low_m: float, high_m: float) -> Array:
    """(2 k, 3) float (m): corners of a ring (k, 2) between two heights."""
    flat = np.asarray(ring, dtype=float)
    return np.vstack([np.column_stack([flat, np.full(len(flat), z)]) for z in (low_m, high_m)])
