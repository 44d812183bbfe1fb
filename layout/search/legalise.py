"""The legal floor plan nearest to one that is not: overlaps removed and clearances restored with the least movement.

What may move shifts in x and y, within its bounds; nothing turns. The movement is measured by the square root of the
sum of all squared shifts. Which side of one another two things pass is a choice for each pair of pieces: first the
nearest way out, then whatever direction makes the movement less; for each choice the least movement is exact
(`separation`). Where things are pushed into a corner, all are put back one by one, each to the free place nearest to
where it was, and the movement is made least from there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from layout.feasibility import convex
from layout.feasibility.clearance import ENGINE_ERROR_M
from layout.model.floor import Floor
from layout.model.pose import Array, Pose
from layout.model.quantities import Range
from layout.model.results import Violation
from layout.model.scenario import Scenario
from layout.search.shapes import BODY, FOOT, HULL, SERVICE, Fixed, parts_of, shape
from layout.search.space import Copies, Spot, Values, spots
from layout.search.ties import Pose3, belts_of, models_of

OVERLAP_M = 1e-9
"""No overlap or missing clearance deeper than this is left, and none is acted upon."""


@dataclass(frozen=True)
class Thing:
    """What stands on the floor, as the legaliser sees it.

    bodies, service : convex rings (k, 2) (m) of its own frame: what it covers, and what others must leave free
    hulls : one for each body, round it: what the clearance is kept between; empty where it is the bodies
    low, high : bounds (m) of x and y of the pose; (-inf, inf) where it may go anywhere, its own x and y where pinned
    rigid : things of one name here move together
    """

    name: str
    bodies: tuple[Array, ...]
    service: tuple[Array, ...]
    pose: Pose
    low: tuple[float, float]
    high: tuple[float, float]
    rigid: str = ""
    hulls: tuple[Array, ...] = ()


@dataclass(frozen=True)
class Legal:
    """What came of it.

    names, at : who stands where (x_m, y_m, yaw_rad): as given where there is nothing to do, or where no legal
        plan was found
    moved_m : root of the sum of squared shifts
    left : what is still wrong; empty if, and only if, the plan is legal. What things that are pinned do to one another
        or to the floor is left while all else is mended
    why : in words what stands in the way; empty where nothing does
    """

    names: tuple[str, ...]
    at: tuple[Pose3, ...]
    moved_m: float
    left: tuple[Violation, ...] = ()
    why: str = ""

    @cached_property
    def poses(self) -> Mapping[str, Pose]:
        """Poses by name."""
        return {name: Pose(*row) for name, row in zip(self.names, self.at, strict=True)}


@dataclass(frozen=True, eq=False)
class _Skeleton:
    """What is the same in all plans of the same things.

    local (p, k, 2), corners (p,), held (p,) : pieces in the frame of the thing that `owner` (p,) says (see
        `pieces.Plan`); what stands still comes last, in the world, its owner after the last thing
    pieces : thing and kind of each piece that moves; names : whose each piece is; index : number of each mover
    rows, gaps, slot, both, start, near, mover : see `separation.Plan`; rules : that say so
    things : kept alive, since their shapes are known by identity; standing : their names
    """

    local: Array
    corners: Any
    held: Any
    owner: Any
    pieces: tuple[tuple[int, str], ...]
    names: tuple[str, ...]
    index: Mapping[str, int]
    movers: Any
    mover: Any
    rows: Any
    slot: Any
    both: Any
    start: Any
    near: Any
    gaps: Array
    rules: tuple[str, ...]
    things: tuple[Thing, ...]
    standing: tuple[str, ...]


class Legaliser:
    """Legalises plans of one floor.

    gap_m : clearance (m) between the bodies of two things; joined : pairs that may touch, since a belt fills the gap
    improvements : directions tried that might make the movement less
    """

    def __init__(
        self, floor: Floor, gap_m: float, joined: Collection[frozenset[str]] = (), improvements: int = 24
    ) -> None:
        self.tries = np.array([40, 4, improvements])
        self.floor, self.gap_m, self.joined = floor, gap_m, frozenset(joined)
        self._known: dict[tuple[Any, ...], _Skeleton] = {}

    @cached_property
    def _fixed(self) -> Fixed:
        return Fixed.of(self.floor)

    def __call__(self, things: Sequence[Thing]) -> Legal:
        """The nearest legal plan, or the one given and what is wrong with it."""
        at = np.array([(t.pose.x_m, t.pose.y_m, t.pose.yaw_rad) for t in things]).reshape(-1, 3)
        bounds = np.array([(*t.low, *t.high) for t in things]).reshape(-1, 4)
        return self.legal(self.skeleton(things), at, bounds)

    def legal(self, skeleton: _Skeleton, at: Array, bounds: Array) -> Legal:
        """The same for poses (n, 3) and bounds (n, 4) (low x, low y, high x, high y) of a skeleton's things."""
        return _Plan(self, skeleton, at, bounds).legal()

    def skeleton(self, things: Sequence[Thing]) -> _Skeleton:
        """What is the same in all plans of these things."""
        key = tuple((t.name, t.rigid, id(t.bodies), id(t.service), id(t.hulls)) for t in things)
        if key not in self._known:
            if len(self._known) >= 256:
                self._known.clear()
            self._known[key] = self._made(things)
        return self._known[key]

    def _made(self, things: Sequence[Thing]) -> _Skeleton:
        still = self._fixed.rings
        index = {n: i for i, n in enumerate(dict.fromkeys(t.rigid or t.name for t in things))}
        movers = [index[t.rigid or t.name] for t in things]
        parts = [
            (number, kind, ring)
            for number, thing in enumerate(things)
            for kind, ring in parts_of(thing.bodies, thing.service, thing.hulls)
        ]
        rings = [ring for *_, ring in (*parts, *still)]
        corners = np.array([len(ring) for ring in rings], dtype=np.int64)
        pieces = tuple((number, kind) for number, kind, _ in parts)
        rows, slot, both, start, near, gaps, rules = self._pairs(things, pieces, [rule for rule, _, _ in still])
        return _Skeleton(
            local=convex.padded(rings, int(corners.max(initial=1))),
            corners=corners,
            held=np.where([*(kind == HULL for _, kind in pieces), *(False for _ in still)], 0, corners),
            owner=np.array([number for number, _ in pieces] + [len(things)] * len(still), dtype=np.int64),
            pieces=pieces,
            names=(*(things[number].name for number, _ in pieces), *(name for _, name, _ in still)),
            index=index,
            movers=np.array(movers, dtype=np.int64),
            mover=np.array([movers[number] for number, _ in pieces] + [-1] * len(still), dtype=np.int64),
            rows=rows, slot=slot, both=both, start=start, near=near, gaps=gaps, rules=rules, things=tuple(things),
            standing=tuple(thing.name for thing in things),
        )  # fmt: skip

    def _pairs(self, things: Sequence[Thing], pieces: Sequence[tuple[int, str]], still: Sequence[str]) -> Any:
        """Which pieces keep apart; pieces : (thing, kind) of what moves, still : rules of what does not."""
        rows, gaps, rules = [], [], []
        owners: list[tuple[str, str | int]] = []
        for p, (one, kind) in enumerate(pieces):
            for q, (two, other) in enumerate(pieces[p + 1 :], p + 1):
                a, b = things[one], things[two]
                both = {kind, other} <= {BODY, HULL}
                if one == two or (a.rigid and a.rigid == b.rigid) or not (both or _floor_for_one(kind, other)):
                    continue
                touching = not both or frozenset((a.name, b.name)) in self.joined
                rows.append((p, q))
                owners.append((a.rigid or a.name, b.rigid or b.name))
                gaps.append(0.0 if touching else self.gap_m)
                rules.append("overlap" if both else "service")
            for q, rule in enumerate(still, len(pieces)):
                if kind in (BODY, FOOT) or (kind == SERVICE and rule in ("obstacle", "fence", "floor")):
                    rows.append((p, q))
                    owners.append((things[one].rigid or things[one].name, q))
                    gaps.append(0.0)
                    rules.append("service" if kind == SERVICE else rule)
        number = {owner: i for i, owner in enumerate(dict.fromkeys(owners))}
        order = sorted(range(len(owners)), key=lambda k: number[owners[k]])
        slot = np.searchsorted([number[owners[k]] for k in order], range(len(number) + 1)).astype(np.int64)
        movers = {name: i for i, name in enumerate(dict.fromkeys(t.rigid or t.name for t in things))}
        ends = [[movers[end] if isinstance(end, str) else -1 for end in owner] for owner in number]
        mine = [[e for e, two in enumerate(ends) if mover in two] for mover in movers.values()]
        start = np.cumsum([0, *map(len, mine)], dtype=np.int64)
        near = np.array([e for one in mine for e in one], dtype=np.int64)
        pairs = np.array([rows[k] for k in order], dtype=np.int64).reshape(-1, 2)
        sides = np.array(ends, dtype=np.int64).reshape(-1, 2)
        wanted = np.array([gaps[k] for k in order], dtype=float)
        return pairs, slot, sides, start, near, wanted, tuple(rules[k] for k in order)


def _floor_for_one(kind: str, other: str) -> bool:
    """Whether one of two pieces covers floor that the other wants free."""
    return SERVICE in (kind, other) and not {kind, other}.isdisjoint({BODY, FOOT})


class _Plan:
    """One plan's arrays, and the steps to a legal one."""

    def __init__(self, legaliser: Legaliser, skeleton: _Skeleton, poses: Array, bounds: Array) -> None:
        from layout.search import pieces

        self.poses, self.skeleton, self.tries = poses, skeleton, legaliser.tries
        self.size_m = legaliser._fixed.size_m
        v = len(skeleton.index)
        self.plan = pieces.Plan(
            np.empty_like(skeleton.local), skeleton.corners, skeleton.held, np.empty((len(skeleton.local), 4)),
            skeleton.mover, skeleton.rows, skeleton.gaps, skeleton.slot, skeleton.both,
            np.empty((len(skeleton.both), 8)), skeleton.start, skeleton.near, legaliser._fixed.walls,
            np.empty((v, 2)), np.empty((v, 2)),
        )  # fmt: skip
        pieces.put(self.plan, skeleton.local, skeleton.owner, poses, bounds, skeleton.movers)

    def legal(self) -> Legal:
        """The nearest legal plan, if there is one to be found."""
        from layout.search import separation

        nothing = np.zeros_like(self.plan.low)
        if not self._short(nothing)[0]:
            return self._at(nothing)
        work = separation.work_for(self.plan)
        if separation.nearest(self.plan, work, self.size_m / 230.0, self.tries):
            return self._at(nothing, self.wrong(nothing), self._why(work))
        left = self.wrong(work.best)
        names = sorted({name for violation in left for name in violation.subjects})
        return self._at(work.best, left, f"{' and '.join(names)} may not move where they would have to" if left else "")

    def _at(self, d: Array, left: Sequence[Violation] = (), why: str = "") -> Legal:
        at = self.poses.copy()
        at[:, :2] += d[self.skeleton.movers]
        return Legal(
            self.skeleton.standing, tuple(map(tuple, at.tolist())), float(np.sqrt((d * d).sum())), tuple(left), why
        )

    def _short(self, d: Array) -> tuple[bool, Array, Array]:
        """Whether anything is wrong at these shifts; what pairs lack of their gaps and pieces of the floor (m)."""
        from layout.search import pieces

        short, beyond = np.empty(len(self.skeleton.rows)), np.empty(len(self.skeleton.names))
        return pieces.shortfalls(self.plan, d, short, beyond, np.empty(2)), short, beyond

    def wrong(self, d: Array) -> list[Violation]:
        """Every rule broken at these shifts, by how much (m)."""
        wrong, short, beyond = self._short(d)
        if not wrong:
            return []
        most: dict[tuple[str, tuple[str, ...]], float] = {}
        for k in np.nonzero(short > OVERLAP_M)[0].tolist():
            p, q = self.skeleton.rows[k]
            rule, amount = self.skeleton.rules[k], float(short[k])
            if rule == "overlap" and amount <= self.skeleton.gaps[k]:
                rule = "clearance"
            elif rule == "overlap":
                amount -= float(self.skeleton.gaps[k])
            key = rule, tuple(sorted({self.skeleton.names[p], self.skeleton.names[q]} - {""}))
            most[key] = max(most.get(key, 0.0), amount)
        for p in np.nonzero(beyond > OVERLAP_M)[0].tolist():
            key = "service" if self.skeleton.pieces[p][1] == SERVICE else "floor", (self.skeleton.names[p],)
            most[key] = max(most.get(key, 0.0), float(beyond[p]))
        return [Violation(rule, subjects, amount, "m") for (rule, subjects), amount in most.items()]

    def _why(self, work: Any) -> str:
        """Who has no room next to whom, in words."""
        names: list[str] = []
        walls = False
        for k in work.stuck_pair[work.stuck > 0.0].tolist():
            if k < 0:
                walls = True
            else:
                names += [self.skeleton.names[row] for row in self.skeleton.rows[k]]
        listed = sorted(set(names) - {""})
        who = ", ".join(listed[:-1]) + (" and " if len(listed) > 1 else "") + listed[-1] if listed else "the machines"
        between = " between walls and bounds" if walls else ""
        return f"{who} need more room than there is{between}, and put back one by one some find no place"


class ScenarioLegaliser:
    """Legalises candidates of one scenario: whoever stands under their values shifts within its domain.

    A coordinate that is fixed, or one of a few values, stays.
    """

    def __init__(self, scenario: Scenario, improvements: int = 24) -> None:
        self.copies = Copies(scenario)
        self.spots = spots(scenario)
        models = models_of(scenario)
        self._shapes = {spot.subject: shape(models[spot.subject]) for spot in self.spots}
        joined = {frozenset(belt.ends) for belt in belts_of(scenario)}
        floor = scenario.spec.floor
        rounding_m = 0.0 if scenario.spec.geometric else ENGINE_ERROR_M  # what a gap measured between hulls may be off
        self.legaliser = Legaliser(floor, floor.clearance_m + rounding_m, joined, improvements)
        domains = [(spot.x, spot.y) for spot in self.spots]
        self._ranged = np.array([[isinstance(d, Range) for d in both] for both in domains]).reshape(-1, 2)
        self._low, self._high = (
            np.array([[getattr(d, end, 0.0) for d in both] for both in domains]).reshape(-1, 2)
            for end in ("low", "high")
        )
        self._skeletons: dict[tuple[int, ...], tuple[_Skeleton, Array, Array, Any]] = {}

    def __call__(self, values: Values, pinned: Collection[str] = ()) -> tuple[Values, Legal]:
        """The values with the places of the nearest legal plan, and what came of it; pinned : subjects that stay."""
        rows = tuple(row for row, spot in enumerate(self.spots) if self.copies.stands(spot.subject, values))
        standing = [self.spots[row] for row in rows]
        if rows not in self._skeletons:
            made, some = self.legaliser.skeleton([self._thing(spot) for spot in standing]), list(rows)
            self._skeletons[rows] = made, self._low[some], self._high[some], self._ranged[some]
        skeleton, least, most, ranged = self._skeletons[rows]
        anchors = np.array([spot.anchor(values) for spot in standing]).reshape(-1, 3)
        at = anchors.copy()
        for row, spot in enumerate(standing):
            if spot.seat is not None:
                at[row] = spot.at(values)
        if pinned:
            ranged = ranged & np.array([[spot.subject not in pinned] for spot in standing])
        here = at[:, :2]
        low, high = (np.where(ranged, here + (ends - anchors[:, :2]), here) for ends in (least, most))
        legal = self.legaliser.legal(skeleton, at, np.concatenate([low, high], axis=1))
        found, done = dict(values), set[str]()
        if legal.moved_m > 0.0:
            for spot, (x, y, _), (new_x, new_y, _) in zip(standing, at.tolist(), legal.at, strict=True):
                if (x, y) != (new_x, new_y) and spot.mover not in done:
                    done.add(spot.mover)
                    spot.shift(found, new_x - x, new_y - y)
        return found, legal

    def _thing(self, spot: Spot) -> Thing:
        """What it is, wherever it stands."""
        own, rigid = self._shapes[spot.subject], "" if spot.seat is None else spot.seat.group
        here = Pose(0.0, 0.0)
        return Thing(spot.subject, own.bodies, own.service, here, (0.0, 0.0), (0.0, 0.0), rigid, own.hulls)
