"""Space that two arms share: what of each one's work lies within the other's sweep, and homes outside of it.

Everything that an arm does is an element: handing over at a station (and waiting there), a move, the way home. What of
one arm comes nearer to anything of the other than MARGIN_M is inside the zone of the two; one of them at a time may be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from layout.model.pose import Array, Pose
from layout.model.results import Zone
from layout.motion import around, trajectory
from layout.motion.cell import EMPTY, LOADED
from layout.motion.kernels import Flags
from layout.motion.swept import Swept, shared, swept
from layout.motion.trajectory import Way
from layout.motion.work import Home, Work

ZONE_MARGIN_M = 0.05
"""Arms that run without knowing of one another keep at least this apart: both may be off their way by some
millimetres, and hulls leave room besides."""

TURNS_RAD = (0.0, 0.5, -0.5, 1.0, -1.0, 1.6, -1.6, 2.4, -2.4, 3.1)
"""Where home lies in the other arm's way, the arm parks with its first turning joint this far from home (rad)."""

RUNS = (0.5, 0.0, 1.0)
"""... and with its rail at these shares of its way."""


@dataclass(frozen=True)
class Fault:
    """Two arms that cannot share their space: neither home nor any parking place of `arms[0]` is out of the other's
    way by `amount_m` (m)."""

    arms: tuple[str, str]
    amount_m: float


@dataclass(frozen=True, eq=False)
class Shared:
    """Zones of a line, homes of the arms in them, and what keeps arms from sharing."""

    zones: tuple[Zone, ...] = ()
    homes: Mapping[str, Home] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()


def share(works: Mapping[str, Work]) -> Shared:
    """Zones of all pairs of arms that come near one another; none where they keep apart by themselves."""
    names = [name for name, work in works.items() if work.cell.movers is not None and work.stops.names]
    if len(names) < 2:
        return Shared()
    base = works[names[0]].arm.pose
    poses = {name: seen(base, works[name].arm.pose) for name in names}
    near = [(a, b) for k, a in enumerate(names) for b in names[k + 1 :] if _near(works[a], works[b])]
    sweeps = {name: _swept(works[name], poses[name], None) for pair in near for name in pair}
    meeting = [(a, b) for a, b in near if shared(sweeps[a], sweeps[b], ZONE_MARGIN_M)[0].any()]
    if not meeting:
        return Shared()
    homes: dict[str, Home] = {}
    faults: list[Fault] = []
    parked: dict[str, Swept] = {}
    while True:
        wanting = [name for name in names if any(name in pair for pair in meeting) and name not in homes]
        if not wanting:
            break
        for name in wanting:
            rivals = [b if a == name else a for a, b in near if name in (a, b)]
            found = _home(works[name], poses[name], rivals, sweeps, parked)
            if found is None:
                partner = next(b if a == name else a for a, b in meeting if name in (a, b))
                faults.append(Fault((name, partner), ZONE_MARGIN_M))
                return Shared(faults=tuple(faults))
            homes[name], parked[name] = found
            sweeps[name] = _swept(works[name], poses[name], homes[name])
        meeting = [(a, b) for a, b in near if shared(sweeps[a], sweeps[b], ZONE_MARGIN_M)[0].any()]
    zones = []
    for a, b in meeting:
        inside = dict(zip((a, b), shared(sweeps[a], sweeps[b], ZONE_MARGIN_M), strict=True))
        flags = {name: _flags(works[name], inside[name]) for name in (a, b)}
        columns: list[Any] = [{name: flags[name][k] for name in (a, b)} for k in range(5)]
        zones.append(Zone(f"{a} | {b}", (a, b), *columns))
    return Shared(tuple(zones), homes, ())


def _near(one: Work, other: Work) -> bool:
    """Whether the arms could touch at all."""
    if one.cell.movers is None or other.cell.movers is None:
        return False
    away = np.hypot(one.arm.pose.x_m - other.arm.pose.x_m, one.arm.pose.y_m - other.arm.pose.y_m)
    return bool(away < one.cell.movers[LOADED].reach_m + other.cell.movers[LOADED].reach_m + ZONE_MARGIN_M)


def seen(base: Pose, pose: Pose) -> Pose:
    """A pose in another's frame, rounded: the same for cells that are moved or turned as a whole."""
    ((x, y),) = Pose(0.0, 0.0, -base.yaw_rad).turn([[pose.x_m - base.x_m, pose.y_m - base.y_m]])
    return Pose(round(float(x), 9), round(float(y), 9), round(pose.yaw_rad - base.yaw_rad, 9))


def _moves(work: Work) -> list[tuple[int, int, int, int, int]]:
    """State, stations i and j, stops a and b of each move that can occur."""
    n, stops = len(work.stops.names), work.stops
    out = []
    for i in range(n):
        for j in range(n):
            if work.carried[i, j]:
                out.append((LOADED, i, j, stops.leave[i], stops.enter[j]))
            if work.fetched[i, j]:
                out.append((EMPTY, i, j, stops.enter[i], stops.leave[j]))
    return out


def _swept(work: Work, pose: Pose, home: Home | None) -> Swept:
    """Elements in order: a stand for each station, the moves of `_moves`, a way home for each stop."""
    cell, tour, stops = work.cell, work.tour, work.stops
    assert cell.movers is not None
    shapes: dict[tuple[int, int, int], Array] = {}
    movers, elements = [], []
    for leave, enter in zip(stops.leave, stops.enter, strict=True):
        movers.append(cell.movers[LOADED])
        elements.append(tuple(tour.lines[row].angles for row in dict.fromkeys((leave, enter))))
    for state, _, _, a, b in _moves(work):
        key = (state, min(a, b), max(a, b))
        if key not in shapes:
            shapes[key] = trajectory.polyline(cell.chain, tour.way(*key), cell.limits[state]).angles
        movers.append(cell.movers[state])
        elements.append((shapes[key],))
    for way in home.ways if home is not None else ():
        movers.append(cell.movers[EMPTY])
        elements.append((trajectory.polyline(cell.chain, way, cell.limits[EMPTY]).angles,))
    return swept(cell.chain, movers, elements, pose)


def _home(
    work: Work, pose: Pose, rivals: list[str], sweeps: Mapping[str, Swept], parked: Mapping[str, Swept]
) -> tuple[Home, Swept] | None:
    """Home, or the nearest parking place to it, that stands free, out of the rivals' way, and can be reached.

    The way there must not touch a rival that has gone home itself.
    """
    cell = work.cell
    assert cell.movers is not None
    scout = around.Scout(cell)
    for angles in _parks(work):
        if not scout.stands(angles, EMPTY):
            continue
        stand = swept(cell.chain, [cell.movers[EMPTY]], [(angles[None],)], pose)
        if any(shared(stand, sweeps[rival], ZONE_MARGIN_M)[0].any() for rival in rivals if rival in sweeps):
            continue
        ways = [_way(scout, row, angles) for row in work.tour.approach]
        known = tuple(way for way in ways if way is not None)
        if len(known) < len(ways):
            continue
        home = Home(angles, known)
        shapes = [(trajectory.polyline(cell.chain, way, cell.limits[EMPTY]).angles,) for way in known]
        going = swept(cell.chain, [cell.movers[EMPTY]] * len(shapes), shapes, pose)
        if any(shared(going, parked[rival], ZONE_MARGIN_M)[0].any() for rival in rivals if rival in parked):
            continue
        return home, stand
    return None


def _way(scout: around.Scout, first: Array, second: Array) -> Way | None:
    way = trajectory.direct(first, second)
    return way if around.free(scout.cell, way, EMPTY) else scout.plan(first, second, EMPTY)


def _parks(work: Work) -> Iterator[Array]:
    """Home, then home turned about by the first joint that turns, then the same at other places of a rail."""
    chain = work.cell.chain
    turning = np.flatnonzero(~chain.slides)
    sliding = [k for k in range(chain.dof) if chain.slides[k] and (not len(turning) or k < turning[0])]
    seen = set()
    for run in (None, *RUNS) if sliding else (None,):
        for turn in TURNS_RAD:
            q = chain.home.copy()
            if run is not None:
                q[sliding[0]] = chain.lower[sliding[0]] + run * (chain.upper[sliding[0]] - chain.lower[sliding[0]])
            if len(turning):
                q[turning[0]] += turn
            if q.tobytes() not in seen and (q >= chain.lower).all() and (q <= chain.upper).all():
                seen.add(q.tobytes())
                yield q


def _flags(work: Work, inside: Flags) -> tuple[Flags, Flags, Flags, Flags, Flags]:
    """(n,) stands, (n, n) loaded and empty moves, (n,) ways home and (n,) from home that lie inside."""
    n = len(work.stops.names)
    loaded, empty = np.zeros((n, n), dtype=bool), np.zeros((n, n), dtype=bool)
    moves = _moves(work)
    for k, (state, i, j, _, _) in enumerate(moves):
        (loaded if state == LOADED else empty)[i, j] = inside[n + k]
    ways = inside[n + len(moves) :]
    homing, leaving = (
        np.array([ways[row] for row in rows], dtype=bool) for rows in (work.stops.enter, work.stops.leave)
    )
    return inside[:n].copy(), loaded, empty, homing, leaving
