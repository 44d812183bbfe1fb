"""An arm with its tool and the part in its hand, as convex pieces that its joints move."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from layout.model.equip import RAIL_WIDTH_M
from layout.model.library import ArmModel
from layout.model.pose import Array
from layout.motion.collision import sweep
from layout.motion.collision.arrays import NOTHING, Bodies
from layout.motion.collision.shapes import Piece, hulls, prisms, thinned
from layout.motion.collision.urdf_shapes import Solid, box_points, moved, read_tree
from layout.motion.kinematics import Chain, _frames, chain_of
from layout.scene.solids import RAIL_HIGH_M

ARM, TOOL, PART = 0, 1, 2
"""What a piece belongs to."""

SAMPLES = 200
"""Configurations that tell which of an arm's pieces are always in touch."""

TOUCHING_SHARE = 0.95
"""Pairs that touch in more of them than this are in touch by design."""


@dataclass(frozen=True, eq=False)
class Mover:
    """What an arm moves. `names` (n,) by piece: its link, its tool, or "part". `key` is equal for equal content."""

    bodies: Bodies = field(repr=False)
    names: tuple[str, ...]
    reach_m: float
    key: bytes = field(repr=False)

    @property
    def dof(self) -> int:
        """Number of driven joints."""
        return len(self.bodies.slides)


_KNOWN: dict[tuple[int, bytes], tuple[ArmModel, Mover]] = {}
_MOST = 64


def mover(model: ArmModel, part_hull: Array | None = None) -> Mover:
    """An arm's pieces: links, pedestal, tool, and a part (n, 3) (m, frame of the tool centre point) if it holds one.

    Links count with their URDF's collision solids, each mesh (each object of an OBJ file) as its convex hull. Pieces on
    the same or on neighbouring joints cannot collide; nor do those that touch at home or nearly always.
    Made once for each arm and part. Raises AssetError or SceneError where files cannot be read.
    """
    part = b"" if part_hull is None else np.ascontiguousarray(part_hull, dtype=float).tobytes()
    known = _KNOWN.get((id(model), part))
    if known is not None and known[0] is model:
        return known[1]
    made = _make(model, None if part_hull is None else np.asarray(part_hull, dtype=float).reshape(-1, 3))
    if len(_KNOWN) >= _MOST:
        _KNOWN.clear()
    _KNOWN[id(model), part] = (model, made)
    return made


@dataclass(frozen=True, eq=False)
class Held:
    """A piece in the frame of the joint that moves it (0: it stands), with its name and kind."""

    piece: Piece
    frame: int
    name: str
    kind: int = ARM


def standing_pieces(model: ArmModel) -> list[Piece]:
    """What of an arm never moves, in its base frame: pedestal and base link; on a rail the bed, and what the carriage
    takes along it, swept from end to end."""
    chain = chain_of(model)
    held = _arm(model, chain)
    out = [item.piece for item in held if item.frame == 0]
    if model.rail is not None:
        still, half = _frames(chain, np.zeros(chain.dof))[0], np.array([model.rail.length_m / 2, 0.0, 0.0])
        for item in held:
            if item.frame == 1:
                points = moved(still, item.piece.points)
                out.append(thinned(Solid(np.vstack([points - half, points + half]), item.piece.round_m)))
    return out


def _arm(model: ArmModel, chain: Chain) -> list[Held]:
    """Links, pedestal and tool."""
    key = (chain, model.urdf, model.base, model.tip, model.mount_m, model.footprint_m, model.rail)
    return _arm_pieces(*key, None if model.tool is None else (model.tool.name, model.tool.hulls, model.seat_m))


@lru_cache(maxsize=64)
def _arm_pieces(chain, urdf, base, tip, mount_m, footprint_m, rail, tool) -> list[Held]:  # type: ignore[no-untyped-def]
    names = [joint.name for joint in chain.joints]
    tree = read_tree(urdf)
    home = np.eye(4)
    home[2, 3] = mount_m
    zero = {link: home @ pose for link, pose in tree.poses(base, dict.fromkeys(names, 0.0)).items()}
    frames = _frames(chain, np.zeros(chain.dof))
    back = [np.eye(4), *(np.linalg.inv(frame) for frame in frames)]
    own = 1 if rail is not None else 0
    out: list[Held] = []
    for link, solids in tree.solids.items():
        if link not in zero or not solids:
            continue
        moving = [names.index(name) + 1 for name in tree.above(link, base) if name in names]
        frame = max(moving, default=own)
        for solid in solids:
            points = moved(back[frame] @ zero[link], solid.points)
            out.append(Held(thinned(Solid(points, solid.round_m)), frame, link))
    if mount_m > 0.0:
        outline = np.array(footprint_m, dtype=float)
        if rail is not None:  # the footprint is the whole rail's: what rides on it is as long as that less the way
            reach = np.abs(outline[:, 0]) - rail.length_m / 2
            outline[:, 0] = np.sign(outline[:, 0]) * np.maximum(reach, 0.05)
        for points in prisms(outline, 0.0, mount_m):
            out.append(Held(thinned(Solid(moved(back[own], points))), own, "pedestal"))
    if rail is not None:
        xs = [x for x, _ in footprint_m]
        bed = box_points(
            np.array([min(xs), -RAIL_WIDTH_M / 2, 0.0]), np.array([max(xs), RAIL_WIDTH_M / 2, RAIL_HIGH_M])
        )
        out.append(Held(Piece(bed, 0.0), 0, "rail"))
    if tool is not None and tip in zero:
        for piece in hulls(tool[1]):
            points = moved(back[chain.dof] @ zero[tip], piece.points + np.array(tool[2]))
            out.append(Held(Piece(np.ascontiguousarray(points), piece.round_m), chain.dof, tool[0], TOOL))
    return out


def _make(model: ArmModel, part: Array | None) -> Mover:
    chain = chain_of(model)
    held = list(_arm(model, chain))
    if part is not None:
        held.append(Held(thinned(Solid(moved(chain.links[-1], part))), chain.dof, "part", PART))
    bodies, reach = _bodies(chain, held, model.rail is not None)
    pairs = _pairs(chain, bodies)
    bodies = bodies._replace(pairs=pairs)
    digest = hashlib.blake2b(digest_size=16)
    for array in bodies:
        digest.update(np.ascontiguousarray(array).tobytes())
    digest.update("\0".join(item.name for item in held).encode())
    return Mover(bodies, tuple(item.name for item in held), reach, digest.digest())


def packed(pieces: Iterable[Piece]) -> tuple[Array, NDArray[np.int64], Array, Array, Array]:
    """Corners, row ranges, roundings, and bounding spheres (centre, radius with rounding) of pieces."""
    given = list(pieces)
    start = np.cumsum([0, *(len(piece.points) for piece in given)]).astype(np.int64)
    points = np.vstack([piece.points for piece in given]) if given else np.empty((0, 3))
    rounds = np.array([piece.round_m for piece in given], dtype=float)
    centre = np.array([(p.points.min(axis=0) + p.points.max(axis=0)) / 2 for p in given]).reshape(-1, 3)
    radius = np.array([np.linalg.norm(p.points - c, axis=1).max() for p, c in zip(given, centre, strict=True)])
    return np.ascontiguousarray(points, dtype=float), start, rounds, centre, radius.reshape(-1) + rounds


def _bodies(chain: Chain, held: list[Held], rides: bool) -> tuple[Bodies, float]:
    """The kernels' arrays, and how far (m) from the base's origin anything can get."""
    points, start, rounds, centre, radius = packed(item.piece for item in held)
    frame = np.array([item.frame for item in held], dtype=np.int64)
    way = np.zeros((len(held), chain.dof))
    lengths = np.linalg.norm(chain.links[:, :3, 3], axis=1)
    strokes = np.where(chain.slides, np.maximum(abs(chain.lower), abs(chain.upper)), 0.0)
    reach = 0.0
    for k, item in enumerate(held):
        far = float(np.linalg.norm(item.piece.points, axis=1).max()) + item.piece.round_m
        for j in range(item.frame - 1, -1, -1):
            way[k, j] = 1.0 if chain.slides[j] else far
            far += lengths[j] + strokes[j]
        reach = max(reach, far)
    # what turns about the first upright axis keeps its height: it needs no look at the floor
    upright = (2 if rides else 1) if len(chain.links) > 1 else 0
    bodies = Bodies(
        links=np.ascontiguousarray(chain.links),
        slides=np.ascontiguousarray(chain.slides),
        points=points,
        start=start,
        frame=frame,
        round_m=rounds,
        centre=centre,
        radius=radius,
        kind=np.array([item.kind for item in held], dtype=np.int64),
        low=frame > upright,
        way=way,
        pairs=np.empty((0, 2), dtype=np.int64),
    )
    return bodies, reach


def _pairs(chain: Chain, bodies: Bodies) -> NDArray[np.int64]:
    """Pieces of one arm that may collide with one another."""
    frame, kind = bodies.frame, bodies.kind
    every = [
        (a, b)
        for a in range(len(frame))
        for b in range(len(frame))
        if frame[b] - frame[a] > 1 or (frame[b] - frame[a] == 1 and kind[b] != ARM)
    ]
    if not every:
        return np.empty((0, 2), dtype=np.int64)
    pairs = np.array(every, dtype=np.int64)
    rng = np.random.default_rng(0)
    many = chain.lower + rng.random((SAMPLES, chain.dof)) * (chain.upper - chain.lower)
    touching = sweep.touching(bodies._replace(pairs=pairs), NOTHING, np.vstack([chain.home, many]))
    keep = ~touching[0] & (touching[1:].mean(axis=0) <= TOUCHING_SHARE)
    return np.ascontiguousarray(pairs[keep])
