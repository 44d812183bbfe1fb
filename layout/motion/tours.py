"""Which configuration an arm takes at each port, and the ways between them: quick as a whole, and free.

Checking everything would cost too much, so it is checked as it is chosen. Costs start as lower bounds (direct moves,
lines at the tool's own limits); the choice by `clocks.choose` is checked; what turns out to be blocked or slower gets
its true cost, and the choice is made again, until one stands whose every cost is true. So a configuration whose moves
are blocked gives way to the next best where that is quicker than planning round.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from layout.model.pose import Array
from layout.motion import around, clocks, trajectory
from layout.motion.around import Blocked, blockage, tool_way_m
from layout.motion.cell import EMPTY, HANDOVER_MARGIN_M, LOADED, MARGIN_M, Cell
from layout.motion.kernels import Index
from layout.motion.lines import Line, lines, times_s
from layout.motion.ports import Place, serve
from layout.motion.trajectory import Way

HOME_WEIGHT = 0.01
"""Among configurations that are equally quick, the ones nearer to home win: this share of the time to get there."""

DETOUR = 1.6
"""What a blocked move is taken to cost, as a multiple of the direct one, until the way round has been planned: some
more than most turn out to cost, so that a free choice is tried first."""

NEVER_S = 1e4
"""Cost of a move that cannot be made."""

PLANS = 24
"""So many ways round are planned for one cell; after that the best choice so far stands, and what it lacks is said."""


@dataclass(frozen=True)
class Stop:
    """A port that the arm serves, and the station it belongs to."""

    station: str
    port: str
    place: Place


@dataclass(frozen=True, eq=False)
class Tour:
    """The moves of an arm at full speed; p stops.

    approach, handover : (p, dof) joint vectors
    lines : (p,) straight lines from approach to hand-over
    line_s : (2, p) least time (s) of each, empty and loaded
    move_s : (2, p, p) least time (s) of each move, empty and loaded; way_m : (p, p) way of the tool, loaded
    ways : (state, from, to) of the moves that go round something; all others are direct
    blocked : what cannot be done; then the times are no use
    """

    approach: Array
    handover: Array
    lines: tuple[Line, ...]
    line_s: Array
    move_s: Array
    way_m: Array
    ways: dict[tuple[int, int, int], Way]
    blocked: tuple[Blocked, ...]

    def way(self, state: int, a: int, b: int) -> Way:
        """The move from stop a to stop b."""
        known = self.ways.get((state, a, b))
        return known if known is not None else trajectory.direct(self.approach[a], self.approach[b])


ROUNDS = 1
"""So often a choice is made again because a direct move turned out to be blocked."""


class Port:
    """One stop's configurations, checked as they are asked for."""

    def __init__(self, cell: Cell, stop: Stop) -> None:
        self.cell, self.stop = cell, stop
        self.option = serve(cell.chain, stop.place)
        self._lines: list[Line | None] | None = None
        self.blocked_by: dict[int, tuple[str, str, float]] = {}  # thing, link, how far in from the approach (m)
        self.checked: set[int] = set()

    def __len__(self) -> int:
        return len(self.option.approach)

    @property
    def lines(self) -> list[Line | None]:
        """Each configuration's straight line, None where it cannot be followed closely."""
        if self._lines is None:
            option = self.option
            self._lines = lines(self.cell.chain, option.approach, option.handover, self.depth_m)
        return self._lines

    def free(self, k: int) -> bool:
        """Whether configuration k stands free at the approach, goes in straight and hands over without contact."""
        if k not in self.checked:
            self.checked.add(k)
            hit = self._hit(k)
            if hit is not None:
                self.blocked_by[k] = hit
        return k not in self.blocked_by

    def _hit(self, k: int) -> tuple[str, str, float] | None:
        found, cell = self.lines[k], self.cell
        if found is None:
            return "joint limits", "", self.depth_m
        if cell.movers is None or cell.surroundings is None:
            return None
        from layout.motion.collision import first_hit, free, gap

        if not free(cell.movers[LOADED], cell.surroundings, found.angles[0], MARGIN_M)[0]:
            _, thing = gap(cell.movers[LOADED], cell.surroundings, found.angles[0])
            return thing, "", self.depth_m
        hit = first_hit(cell.movers[LOADED], cell.surroundings, found.angles, HANDOVER_MARGIN_M, self.stop.station)
        if hit is not None:
            return hit.thing, hit.link, (1.0 - hit.share) * self.depth_m
        return None

    @property
    def depth_m(self) -> float:
        """Length of the straight line (m)."""
        return float(np.linalg.norm(self.stop.place.retreat_m))

    def any_free(self) -> bool:
        """Whether any configuration is free."""
        return any(self.free(k) for k in range(len(self)))

    def worst(self) -> tuple[str, str, float]:
        """Thing, link and way (m) of the configuration that gets farthest: for ports that none serves."""
        return min(self.blocked_by.values(), key=lambda hit: hit[2]) if self.blocked_by else ("", "", self.depth_m)


@dataclass
class Counts:
    """How often something dear was done since the process began: for `cache.info`."""

    moves: int = 0


COUNTS = Counts()


class _Edges:
    """Moves between configurations of different stops: free or not, and how long they take."""

    def __init__(self, cell: Cell, q: Array) -> None:
        self.cell, self.q = cell, q
        self.ways: dict[tuple[int, int, int], Way | None] = {}  # a < b; None where blocked and not planned
        self.planned: set[tuple[int, int, int]] = set()
        self.plans = 0
        self.scout = around.Scout(cell)

    def direct(self, state: int, a: int, b: int) -> Way | None:
        """The direct move, None where something is in the way (or a way round has been planned: then that)."""
        key = (state, a, b)
        if key not in self.ways:
            COUNTS.moves += 1
            way = trajectory.direct(self.q[a], self.q[b])
            loaded = self.ways.get((LOADED, a, b))
            same = state == EMPTY and loaded is not None and loaded.stops and around.same(self.cell, loaded)
            self.ways[key] = way if same or around.free(self.cell, way, state) else None
        return self.ways[key]

    def plan(self, state: int, a: int, b: int) -> Way | None:
        """A way round, None where none is found."""
        key = (state, a, b)
        if key not in self.planned and self.ways.get(key) is None:
            self.planned.add(key)
            self.plans += 1
            COUNTS.moves += 1
            other = self.ways.get((1 - state, a, b))
            self.ways[key] = self.scout.plan(self.q[a], self.q[b], state, other)
        return self.ways[key]


def tour(cell: Cell, stops: tuple[Stop, ...], loaded: Array, empty: Array) -> Tour:
    """Configurations and moves among stops that can all be served (`ports.serve`).

    loaded, empty : (p, p) how often each move counts; 0 where it never occurs
    """
    ports = [port_of(cell, stop) for stop in stops]
    first = np.cumsum([0] + [len(port) for port in ports]).astype(np.int64)
    approach = np.concatenate([port.option.approach for port in ports])
    counts = np.stack([empty + empty.T, loaded + loaded.T])
    np.einsum("sii->si", counts)[:] = 0.0
    weight = counts.sum(axis=0)
    pairs = [(a, b) for a in range(len(ports)) for b in range(a + 1, len(ports)) if weight[a, b]]
    cost = _bounds(cell, ports, first, pairs, counts)
    hand = np.concatenate([times_s(port.lines, cell.limits[LOADED]) for port in ports])
    chain = cell.chain
    homeward = clocks.times(chain.home[None, :], approach, cell.limits[EMPTY])[0]
    share = np.repeat(0.5 * weight.sum(axis=1), np.diff(first))
    never = NEVER_S * np.maximum(share, 1.0)
    own = np.where(
        np.isfinite(hand), share * (2.0 * np.where(np.isfinite(hand), hand, 0.0) + HOME_WEIGHT * homeward), never
    )
    for port, start in zip(ports, first, strict=False):
        for k, found in enumerate(port.lines):
            if found is None:
                port.free(k)  # says why not
        for k in port.blocked_by:  # by the rule of reach, or for another tour
            own[start + k] = never[start + k]
    edges = _Edges(cell, approach)
    settled: set[tuple[int, int]] = set()
    rounds = 0
    while True:
        picks = clocks.choose(cost, own, first, weight)
        if _stands(ports, first, picks, own, never):
            continue
        if any(len(port.blocked_by) == len(port) for port in ports):
            break  # one that cannot be served: the ways between the others are not asked for
        changed = False
        for a, b in pairs:
            i, j = int(picks[a]), int(picks[b])
            if (i, j) in settled or own[i] >= NEVER_S or own[j] >= NEVER_S:
                continue
            times, known = _edge_times(cell, edges, counts[:, a, b], i, j, plan=False)
            value = float(times @ counts[:, a, b]) / weight[a, b]
            if known:
                settled.add((i, j))
            if value > cost[i, j] + 1e-9:
                cost[i, j] = cost[j, i] = value
                changed = True
        if changed and rounds < ROUNDS:
            rounds += 1
            continue
        rest = [(a, b) for a, b in pairs if (int(picks[a]), int(picks[b])) not in settled]
        rest = [(a, b) for a, b in rest if own[picks[a]] < NEVER_S and own[picks[b]] < NEVER_S]
        if not rest or edges.plans >= PLANS:
            break
        for a, b in rest:
            i, j = int(picks[a]), int(picks[b])
            times, _ = _edge_times(cell, edges, counts[:, a, b], i, j, plan=True)
            settled.add((i, j))
            cost[i, j] = cost[j, i] = float(times @ counts[:, a, b]) / weight[a, b]
        if all(cost[picks[a], picks[b]] < 0.1 * NEVER_S for a, b in rest):
            break
    return _result(cell, ports, first, picks, edges, counts)


def _bounds(cell: Cell, ports: list[Port], first: Index, pairs: list[tuple[int, int]], counts: Array) -> Array:
    """(m, m) mean time (s) of the direct moves between configurations."""
    out = np.zeros((int(first[-1]), int(first[-1])))
    same = cell.limits[EMPTY] is cell.limits[LOADED] or np.array_equal(*cell.limits)
    for a, b in pairs:
        one, other = ports[a].option.approach, ports[b].option.approach
        idle, full = counts[:, a, b]
        block = clocks.times(one, other, cell.limits[LOADED])
        if not same and idle:
            block = full * block + idle * clocks.times(one, other, cell.limits[EMPTY])
            block /= full + idle
        out[first[a] : first[a + 1], first[b] : first[b + 1]] = block
        out[first[b] : first[b + 1], first[a] : first[a + 1]] = block.T
    return out


def _stands(ports: list[Port], first: Index, picks: Index, own: Array, never: Array) -> bool:
    """Check the picked configurations for contact; whether the choice must be made again with what was found."""
    changed = False
    for port, c, start in zip(ports, picks, first, strict=False):
        k = int(c - start)
        if k not in port.checked and not port.free(k):
            own[c] = never[c]
            changed = changed or len(port.blocked_by) < len(port)
    return changed


def _edge_times(cell: Cell, edges: _Edges, counts: Array, i: int, j: int, *, plan: bool) -> tuple[Array, bool]:
    """(2,) time (s) of the moves between two configurations that occur, and whether they are the true ones."""
    times, known = np.zeros(2), True
    for state in (LOADED, EMPTY):
        if not counts[state]:
            continue
        way = edges.direct(state, i, j)
        if way is None and plan:
            way = edges.plan(state, i, j)
        if way is not None:
            times[state] = trajectory.duration_s(way, cell.limits[state])
        elif plan or (state, i, j) in edges.planned:
            times[state] = NEVER_S
        else:
            known = False
            times[state] = DETOUR * clocks.slowest(edges.q[i], edges.q[j], cell.limits[state])
    return times, known


def _result(cell: Cell, ports: list[Port], first: Index, picks: Index, edges: _Edges, counts: Array) -> Tour:
    p = len(ports)
    chosen = [int(c - start) for c, start in zip(picks, first, strict=False)]
    approach = np.array([port.option.approach[k] for port, k in zip(ports, chosen, strict=True)])
    handover = np.array([port.option.handover[k] for port, k in zip(ports, chosen, strict=True)])
    blocked = []
    for row, (port, k) in enumerate(zip(ports, chosen, strict=True)):
        if not port.free(k):
            thing, link, depth = port.worst()
            blocked.append(Blocked(row, row, depth, thing, link))
    lines = tuple(_own(port.lines[k]) or _no_line(port, k) for port, k in zip(ports, chosen, strict=True))
    line_s = np.array([[found.time_s(limits) for found in lines] for limits in cell.limits])
    move_s, way_m = np.zeros((2, p, p)), np.zeros((p, p))
    ways: dict[tuple[int, int, int], Way] = {}
    bad = {b.first for b in blocked}
    for a in range(p):
        for b in range(a + 1, p):
            i, j = int(picks[a]), int(picks[b])
            straight = trajectory.direct(approach[a], approach[b])
            for state in (EMPTY, LOADED):
                way: Way | None = straight
                if counts[state, a, b] and not bad:
                    way = edges.direct(state, i, j)
                    if way is None:
                        way = edges.plan(state, i, j)
                    if way is None:
                        blocked.append(blockage(cell, straight, state, a, b))
                if way is not None and len(way.points) > 2:
                    ways[state, a, b], ways[state, b, a] = way, way.back()
                move_s[state, a, b] = move_s[state, b, a] = trajectory.duration_s(way or straight, cell.limits[state])
                if state == LOADED:
                    way_m[a, b] = way_m[b, a] = tool_way_m(cell, way or straight)
    return Tour(approach, handover, lines, line_s, move_s, way_m, ways, tuple(blocked))


def _own(found: Line | None) -> Line | None:
    """A line that does not keep those of all the other configurations in memory."""
    return None if found is None else Line(found.angles.copy(), found.way_m)


def _no_line(port: Port, k: int) -> Line:
    """A line that cannot be followed, for the record of a tour that is blocked anyway."""
    return Line(np.stack([port.option.approach[k]] * 25), port.depth_m)


@lru_cache(maxsize=64)
def port_of(cell: Cell, stop: Stop) -> Port:
    """A stop's configurations; what has been checked of them is remembered."""
    return Port(cell, stop)


def clear_caches() -> None:
    """Forget what was found before: for tests and for measuring."""
    port_of.cache_clear()
