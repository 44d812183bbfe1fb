"""Compiled: where there is room for a machine among what stands. Imports numba; import it where it is used.

Everything is convex pieces, of the kinds that `shapes.parts_of` tells apart. Hulls keep a gap from one another and
bodies stay clear of the floor that others need for service; that floor may be shared with others' service floor, and
may lie in areas to keep clear.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from layout.feasibility import convex
from layout.flow.kernel.jit import compiled, entry_with
from layout.model.pose import Array
from layout.search import pieces
from layout.search.pieces import WRONG_M, Index, apart
from layout.search.shapes import BODY, FOOT, HULL, SERVICE, Fixed, Shape, parts_of

SOLID, CLEAR, BELT = "solid", "clear", "belt"
KINDS = (BODY, FOOT, HULL, SERVICE, SOLID, CLEAR, BELT)
"""Of things (see `parts_of`), of what stands anyway, where neither or no bodies may be, and of belts."""

BELT_ENDS = 0.02
"""Share of a straight belt left out at both ends, where it meets its machines."""


class Room(NamedTuple):
    """Pieces of all things that may stand, by thing, then of what stands anyway, then room for belts.

    local (p, k, 2), corners (p,) : corners (m), each in the frame of its thing, and how many; held (p,) : so many that
        the walls hold
    kind (p,) : its row among `KINDS`
    gaps (kinds, kinds) : how far (m) a piece that is put somewhere keeps off those of each kind that stand, 0: it does
        not overlap them, less: they do not matter
    start (t + 2,) : thing i's pieces are start[i]:start[i + 1], the last entry's belts
    walls (w, 3) : the floor's hull, x * a + y * b <= c
    belts (b, 7) : two things, the port's x and y (m) in the frame of each, half the width (m)
    verts, box, hull, at : pieces in the world, boxes of pieces and of things, poses of things
    stands (t,) : 1 where a thing stands; running (1,) : how many belts do, the last pieces but b
    way (2,) : for `apart`
    """

    local: Array
    corners: Index
    held: Index
    kind: Index
    gaps: Array
    start: Index
    walls: Array
    belts: Array
    verts: Array
    box: Array
    hull: Array
    at: Array
    stands: Index
    running: Index
    way: Array


def room_for(shapes: Sequence[Shape], fixed: Fixed, belts: Array, gap_m: float) -> Room:
    """Room for things that keep a gap from one another and from belts; none of them stands."""
    own = [parts_of(s.bodies, s.service, s.hulls) for s in shapes]
    own.append([(CLEAR if rule == "keep_clear" else SOLID, ring) for rule, _, ring in fixed.rings])
    whole = [piece for some in own for piece in some] + [(BELT, np.zeros((4, 2)))] * (2 * len(belts))
    size = max((len(ring) for _, ring in whole), default=1)
    local = convex.padded([ring for _, ring in whole], size)
    t = len(shapes)
    corners = np.array([len(ring) for _, ring in whole], dtype=np.int64)
    return Room(
        local,
        corners,
        np.where([kind == HULL for kind, _ in whole], 0, corners),
        np.array([KINDS.index(kind) for kind, _ in whole], dtype=np.int64),
        _gaps(gap_m),
        np.cumsum([0, *map(len, own)], dtype=np.int64),
        fixed.walls,
        belts,
        local.copy(),
        np.concatenate([local.min(axis=1), local.max(axis=1)], axis=1),
        np.zeros((t, 4)), np.zeros((t, 3)), np.zeros(t, dtype=np.int64), np.zeros(1, dtype=np.int64), np.zeros(2),
    )  # fmt: skip


def _gaps(gap_m: float) -> Array:
    """See `Room`; a belt runs up to machines, and may cross their service floor where only it could go elsewhere."""
    found = np.full((len(KINDS), len(KINDS)), -1.0)
    for kinds, others, wanted in (
        ((BODY, HULL), (BODY, HULL), gap_m),
        ((BODY, FOOT), (BELT,), gap_m),
        ((BODY, FOOT), (SERVICE, SOLID, CLEAR), 0.0),
        ((SERVICE,), (BODY, FOOT, SOLID, BELT), 0.0),
        ((BELT,), (BODY, FOOT, BELT), 0.0),
    ):
        for kind in kinds:
            for other in others:
                found[KINDS.index(kind), KINDS.index(other)] = wanted
    return found


def emptied(room: Room) -> Room:
    """The same with nothing standing, to be filled apart from the other."""
    return room._replace(
        verts=room.verts.copy(), box=room.box.copy(), hull=room.hull.copy(), at=room.at.copy(),
        stands=np.zeros_like(room.stands), running=np.zeros_like(room.running), way=np.zeros(2),
    )  # fmt: skip


@compiled
def _boxed(room: Room, p: int) -> None:
    box, verts = room.box, room.verts
    box[p, 0], box[p, 1], box[p, 2], box[p, 3] = 1e30, 1e30, -1e30, -1e30
    for k in range(room.corners[p]):
        for e in range(2):
            box[p, e] = min(box[p, e], verts[p, k, e])
            box[p, 2 + e] = max(box[p, 2 + e], verts[p, k, e])


@compiled
def _put(room: Room, t: int, x: float, y: float, yaw: float) -> None:
    """Put a thing's pieces at a pose."""
    c, s = math.cos(yaw), math.sin(yaw)
    c, s = (0.0 if abs(c) < 1e-12 else c), (0.0 if abs(s) < 1e-12 else s)
    room.at[t, 0], room.at[t, 1], room.at[t, 2] = x, y, yaw
    hull = room.hull
    hull[t, 0], hull[t, 1], hull[t, 2], hull[t, 3] = 1e30, 1e30, -1e30, -1e30
    for p in range(room.start[t], room.start[t + 1]):
        for k in range(room.local.shape[1]):
            u, v = room.local[p, k, 0], room.local[p, k, 1]
            room.verts[p, k, 0], room.verts[p, k, 1] = x + c * u - s * v, y + s * u + c * v
        _boxed(room, p)
        for e in range(2):
            hull[t, e] = min(hull[t, e], room.box[p, e])
            hull[t, 2 + e] = max(hull[t, 2 + e], room.box[p, 2 + e])


@compiled
def _close(room: Room, p: int, q: int, gap: float) -> bool:
    """Whether two pieces are nearer than a gap (0: they overlap)."""
    box = room.box
    if (
        box[q, 0] - box[p, 2] >= gap
        or box[p, 0] - box[q, 2] >= gap
        or box[q, 1] - box[p, 3] >= gap
        or box[p, 1] - box[q, 3] >= gap
    ):
        return False
    return bool(apart(room.verts, room.corners, p, q, 0.0, 0.0, gap, room.way) < gap - WRONG_M)


@compiled
def _near(room: Room, p: int, q: int) -> bool:
    """Whether a piece is nearer to one that stands than those of their kinds may be."""
    gap = room.gaps[room.kind[p], room.kind[q]]
    return gap >= 0.0 and _close(room, p, q, gap)


@compiled
def _meets(room: Room, p: int, own: int) -> bool:
    """Whether a piece is too near to another thing or to a belt."""
    box, hull = room.box, room.hull
    most = 0.0
    for kind in range(room.gaps.shape[1]):
        most = max(most, room.gaps[room.kind[p], kind])
    for t in range(len(room.stands)):
        if (
            room.stands[t] == 0
            or t == own
            or hull[t, 0] - box[p, 2] >= most
            or box[p, 0] - hull[t, 2] >= most
            or hull[t, 1] - box[p, 3] >= most
            or box[p, 1] - hull[t, 3] >= most
        ):
            continue
        for q in range(room.start[t], room.start[t + 1]):
            if _near(room, p, q):
                return True
    first = room.start[len(room.stands) + 1]
    q = first
    while q < first + room.running[0] and not _near(room, p, q):
        q += 1
    return bool(q < first + room.running[0])


@compiled
def _free(room: Room, t: int) -> bool:
    """Whether a thing is free where it is put."""
    for p in range(room.start[t], room.start[t + 1]):
        for w in range(len(room.walls)):
            for k in range(room.held[p]):
                far = room.walls[w, 0] * room.verts[p, k, 0] + room.walls[w, 1] * room.verts[p, k, 1]
                if far > room.walls[w, 2] + WRONG_M:
                    return False
    still = len(room.stands)
    for p in range(room.start[t], room.start[t + 1]):
        for q in range(room.start[still], room.start[still + 1]):
            if _near(room, p, q):
                return False
        if _meets(room, p, t):
            return False
    return True


@compiled
def _belt(room: Room, b: int, p: int) -> bool:
    """Make piece p the floor under a belt that runs straight between its things, less its ends; is there any?"""
    ends = room.way
    x0 = y0 = x1 = y1 = 0.0
    for e in range(2):
        t = int(room.belts[b, e])
        c, s = math.cos(room.at[t, 2]), math.sin(room.at[t, 2])
        u, v = room.belts[b, 2 + 2 * e], room.belts[b, 3 + 2 * e]
        ends[0], ends[1] = room.at[t, 0] + c * u - s * v, room.at[t, 1] + s * u + c * v
        if e == 0:
            x0, y0 = ends[0], ends[1]
        else:
            x1, y1 = ends[0], ends[1]
    u, v = x1 - x0, y1 - y0
    size = math.sqrt(u * u + v * v)
    if size < WRONG_M:
        return False
    x0, y0, x1, y1 = x0 + BELT_ENDS * u, y0 + BELT_ENDS * v, x1 - BELT_ENDS * u, y1 - BELT_ENDS * v
    u, v = room.belts[b, 6] * u / size, room.belts[b, 6] * v / size
    verts = room.verts
    verts[p, 0, 0], verts[p, 0, 1] = x0 + v, y0 - u
    verts[p, 1, 0], verts[p, 1, 1] = x1 + v, y1 - u
    verts[p, 2, 0], verts[p, 2, 1] = x1 - v, y1 + u
    verts[p, 3, 0], verts[p, 3, 1] = x0 - v, y0 + u
    _boxed(room, p)
    return True


@compiled
def _joins(room: Room, b: int, t: int) -> bool:
    """Whether a belt runs from a thing to one that stands."""
    one, two = int(room.belts[b, 0]), int(room.belts[b, 1])
    return (one == t and room.stands[two] == 1) or (two == t and room.stands[one] == 1)


@entry_with(pieces)
def first_free(room: Room, t: int, poses: Array, order: Index, first: int) -> int:
    """Row of `order`, from `first` on, of the first of n poses (n, 3) where a thing is free; -1 where there is none.

    Belts to what stands count as they run straight.
    """
    scratch = room.start[len(room.stands) + 1] + len(room.belts)
    for i in range(first, len(order)):
        row = order[i]
        _put(room, t, poses[row, 0], poses[row, 1], poses[row, 2])
        if not _free(room, t):
            continue
        free = True
        for b in range(len(room.belts)):
            if _joins(room, b, t) and _belt(room, b, scratch) and _meets(room, scratch, t):
                free = False
                break
        if free:
            return i
    return -1


@entry_with(pieces)
def stand(room: Room, things: Index, poses: Array) -> None:
    """Let things stand at poses (n, 3), with the belts to what stands already."""
    for i in range(len(things)):
        t = things[i]
        _put(room, t, poses[i, 0], poses[i, 1], poses[i, 2])
        for b in range(len(room.belts)):
            if _joins(room, b, t) and _belt(room, b, room.start[len(room.stands) + 1] + room.running[0]):
                room.running[0] += 1
        room.stands[t] = 1
