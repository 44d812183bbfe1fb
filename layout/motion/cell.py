"""One arm and what it moves in: its own shape with and without a part, what stands about it, what its joints can do."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from layout.files.meshes import vertices_of
from layout.model.library import ArmModel, PartModel, Point3
from layout.model.line import Line
from layout.model.pose import Array
from layout.motion.kinematics import Chain, chain_of
from layout.motion.payload import limits_for
from layout.motion.ports import Place, targets

if TYPE_CHECKING:
    from layout.motion.collision import Mover, Surroundings

MARGIN_M = 0.010
"""Between stations nothing comes closer to arm, tool or part than this: settling, tracking and calibration of an
industrial arm together stay within a few millimetres."""

HANDOVER_MARGIN_M = 0.003
"""At a hand-over, where the tool has to go in: what repeatability and a fixture's tolerance leave."""

EMPTY, LOADED = 0, 1
"""Index of an arm's two states wherever there is something for both."""


@dataclass(frozen=True, eq=False)
class Cell:
    """What decides an arm's moves, all in its base frame. Equal cells share one, so it serves as a cache key.

    movers, limits : of the arm empty and loaded; limits (3, dof) as in `Chain`
    surroundings : None where nothing is to be checked: then moves are judged by their kinematics alone
    key : the same for equal content, on any machine
    """

    model: ArmModel
    chain: Chain
    limits: tuple[Array, Array]
    movers: tuple[Mover, Mover] | None
    surroundings: Surroundings | None
    key: bytes


def bare(model: ArmModel, mass_kg: float = 0.0) -> Cell:
    """An arm in empty space."""
    return _cell(chain_of(model), _Held(model), round(mass_kg, 9), None, None)


def cell_of(line: Line, arm: str, places: Iterable[Place]) -> Cell:
    """An arm of a line, among what stands within its reach, carrying the line's heaviest product at its places.

    Raises AssetError where a mesh cannot be read.
    """
    from layout.motion.collision import surroundings

    model = line.arms[arm].model
    mass_kg = max((product.mass_kg for product in line.products.values()), default=0.0)
    ups = {up for place in places for up in held_up(place)}
    box = part_box(tuple(dict.fromkeys(p.model for p in line.products.values())), tuple(sorted(ups)))
    around = _Known(surroundings(line, arm))
    return _cell(chain_of(model), _Held(model), round(mass_kg, 9), box, around)


class _Held:
    """A model as a cache key: by its joints and its files."""

    def __init__(self, model: ArmModel) -> None:
        self.model = model
        self.digest = _model_digest(model)
        self._all = (self.digest, model.urdf, model.tool.hulls if model.tool else None)

    def __hash__(self) -> int:
        return hash(self._all)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held) and other._all == self._all


class _Known:
    """Surroundings as a cache key."""

    def __init__(self, surroundings: Surroundings) -> None:
        self.surroundings = surroundings

    def __hash__(self) -> int:
        return hash(self.surroundings.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Known) and other.surroundings.key == self.surroundings.key


@lru_cache(maxsize=64)
def _cell(chain: Chain, held: _Held, mass_kg: float, box: Box | None, around: _Known | None) -> Cell:
    limits = (limits_for(held.model, 0.0), limits_for(held.model, mass_kg))
    movers = None
    if around is not None:
        movers = (_mover(held, None), _mover(held, box))
    content = [held.digest, *(fingerprint(array) for array in limits), fingerprint(box)]
    if movers is not None and around is not None:
        content += [movers[EMPTY].key, movers[LOADED].key, around.surroundings.key]
    key = hashlib.sha256(b"|".join(content)).digest()
    return Cell(held.model, chain, limits, movers, around.surroundings if around else None, key)


@lru_cache(maxsize=64)
def _mover(held: _Held, box: Box | None) -> Mover:
    from layout.motion.collision import mover

    return mover(held.model, None if box is None else np.array(box))


_DIGESTS: dict[int, tuple[ArmModel, bytes]] = {}


def _model_digest(model: ArmModel) -> bytes:
    known = _DIGESTS.get(id(model))
    if known is not None and known[0] is model:
        return known[1]
    if len(_DIGESTS) >= 64:
        _DIGESTS.clear()
    chain = chain_of(model)
    parts = (chain.links, chain.slides, chain.lower, chain.upper, chain.home, chain.limits, model.payload_kg,
             model.tool_mass_kg, model.mount_m)  # fmt: skip
    digest = fingerprint(parts)
    _DIGESTS[id(model)] = (model, digest)
    return digest


def fingerprint(thing: Any) -> bytes:
    """SHA-256 of a value made of arrays, sequences, text and numbers."""
    digest = hashlib.sha256()
    _feed(digest, thing)
    return digest.digest()


def _feed(digest: Any, thing: Any) -> None:
    if isinstance(thing, np.ndarray):
        digest.update(f"{thing.dtype.str}{thing.shape}".encode())
        digest.update(np.ascontiguousarray(thing).tobytes())
    elif isinstance(thing, (tuple, list)):
        digest.update(f"[{len(thing)}".encode())
        for value in thing:
            _feed(digest, value)
    elif isinstance(thing, (str, bytes, int, float, np.generic, type(None))):
        digest.update(f"{type(thing).__name__}:{thing!r};".encode())
    else:
        raise TypeError(f"no fingerprint for {type(thing).__name__}")


# ---------------------------------------------------------------- the part in the hand

Box = tuple[Point3, ...]
"""Corners (8) of a box in the tool's frame (m)."""


@lru_cache(maxsize=4096)
def held_up(place: Place) -> tuple[Point3, ...]:
    """Where up is, seen from the tool, at a port: for each of the quarter turns in which the tool may hold the part."""
    found = {tuple(round(float(v), 6) + 0.0 for v in pose[2, :3]) for pose in targets(place)[0]}
    return tuple(sorted((x, y, z) for x, y, z in found))


@lru_cache(maxsize=256)
def part_box(models: Sequence[PartModel], ups: tuple[Point3, ...]) -> Box | None:
    """The box in the tool's frame that holds every product, upright at any of the ports, in any quarter turn about up.

    One box for all that an arm carries: a part that was picked from above and is put down from the front is held
    another way round in each of the two, and the box covers both.
    """
    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    for model in models:
        points = vertices_of(model.hulls) - np.asarray(model.grasp_m, dtype=float)
        for up in ups:
            turned = points @ _upright(np.array(up)).T
            for quarter in range(4):
                angle = quarter * math.pi / 2
                spun = turned @ _about(np.array(up), angle).T
                low, high = np.minimum(low, spun.min(axis=0)), np.maximum(high, spun.max(axis=0))
    if not np.isfinite(low).all():
        return None
    low, high = np.round(low, 6), np.round(high, 6)
    return tuple((float(x), float(y), float(z)) for x in (low[0], high[0]) for y in (low[1], high[1])
                 for z in (low[2], high[2]))  # fmt: skip


def _upright(up: Array) -> Array:
    """(3, 3) rotation that takes a part's z to `up`, its x to a tool axis square to it (or as near as may be)."""
    axis = np.eye(3)[int(np.argmin(np.abs(np.round(up, 6))))]
    x = axis - up * (up @ axis)
    x /= np.linalg.norm(x)
    return np.column_stack([x, np.cross(up, x), up])


def _about(axis: Array, angle: float) -> Array:
    """(3, 3) rotation about a unit axis."""
    x, y, z = axis
    skew = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    turn: Array = np.eye(3) + math.sin(angle) * skew + (1 - math.cos(angle)) * (skew @ skew)
    return turn


def clear_caches() -> None:
    """Forget what was found before: for tests and for measuring."""
    for cache in (_cell, _mover, held_up, part_box):
        cache.cache_clear()
