"""Arms among their stations: what each can serve, in which configurations, and how long it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

import numpy as np

from layout.errors import LayoutError, Problem
from layout.model.line import Arm, Line, Station
from layout.model.pose import Array
from layout.model.results import ArmTimes, JointPath
from layout.motion import cache, tours, traffic, trajectory
from layout.motion import cell as cells
from layout.motion.around import Blocked
from layout.motion.cell import EMPTY, LOADED, Cell
from layout.motion.kinematics import Chain, chain_of
from layout.motion.ports import Place, PortReach, place_of, serve
from layout.motion.tours import Stop, Tour
from layout.motion.traffic import Flags
from layout.motion.trajectory import Way

Direction = Literal["in", "out"]
DIRECTIONS: tuple[Direction, Direction] = ("out", "in")


@dataclass(frozen=True, eq=False)
class Reach:
    """Whether an arm can serve a station.

    shortfall_m : by how much the tool misses the port that it misses most, or how much of the straight line in is
        blocked (m); 0 where ok
    reason : why not, empty where ok
    ports : port names by way: "out" where the arm takes parts away, "in" where it brings them
    found : by way, the pairs of configurations (approach, hand-over) that serve the port
    thing : what stands in the way, where the kinematics alone would allow it
    """

    ok: bool
    shortfall_m: float
    reason: str
    ports: Mapping[str, str]
    found: Mapping[str, PortReach]
    thing: str = ""


def reach(arm: Arm, station: Station, cell: Cell | None = None) -> Reach:
    """Whether the arm can hand over at the station's arm ports, where the two stand.

    A source needs a port to take parts out, a sink one to bring them in; any other station needs at least one of the
    two, and every one that it has must be served. A station without the port counts as missed by its whole distance.

    cell : what stands about the arm (`cells.cell_of`): then there must be a configuration, free by MARGIN_M at the
        approach, from which tool and part go in straight without contact
    """
    chain = chain_of(arm.model)
    places = _places(arm, station)
    needed = [way for way, wanted in (("out", station.is_source), ("in", station.is_sink)) if wanted]
    if not places or any(way not in places for way in needed):
        away = float(np.hypot(station.pose.x_m - arm.pose.x_m, station.pose.y_m - arm.pose.y_m))
        missing = " or ".join(f"'{way}'" for way in needed if way not in places) or "'in' or 'out'"
        return Reach(False, max(away, 1e-3), f"no arm port ({missing}) at {station.model.name}", {}, {})
    ports = {way: name for way, (_, name) in places.items()}
    found = {way: serve(chain, place) for way, (place, _) in places.items()}
    worst = max(found, key=lambda way: found[way].shortfall_m)
    reason = "" if found[worst].ok else f"port {ports[worst]}: {found[worst].reason}"
    answer = Reach(found[worst].ok, found[worst].shortfall_m, reason, ports, found)
    if cell is None or not answer.ok:
        return answer
    for way, (place, name) in places.items():
        port = tours.port_of(cell, Stop(station.name, name, place))
        if not port.any_free():
            thing, link, depth_m = port.worst()
            return Reach(False, max(depth_m, 1e-3), f"port {ports[way]}: {_through(thing, link)}", ports, found, thing)
    return answer


def arm_times(
    arm: Arm, stations: Mapping[str, Station], cell: Cell | None = None, moves: Flags | None = None
) -> ArmTimes:
    """Travel and handling times among the stations that the arm serves, and the configurations and paths behind them.

    One configuration is chosen for each port: those that make the sum of all moves that can occur small.
    Loaded moves go from where parts leave a station to where they enter the other, empty ones the other way about.

    cell : what stands about the arm; without it moves are direct and nothing is checked
    moves : (n, n) bool, which stations parts are carried between; without it all that sources and sinks allow
    Raises LayoutError where a station is not there, cannot be reached, or has no free way to it.
    """
    stops, problems = stops_of(arm, stations)
    if problems:
        raise LayoutError(problems)
    found = tour_of(arm, stations, stops, cell, moves)
    if found.blocked:
        raise LayoutError([Problem(blocked_words(arm, stops, b)) for b in found.blocked])
    return assembled(found, cell or cells.bare(arm.model), stops, arm)


@dataclass(frozen=True)
class Stops:
    """The ports that an arm serves, each once, and for each station the rows where parts leave it and enter it."""

    names: tuple[str, ...]
    stops: tuple[Stop, ...]
    leave: tuple[int, ...]
    enter: tuple[int, ...]


def stops_of(arm: Arm, stations: Mapping[str, Station]) -> tuple[Stops, list[Problem]]:
    """Where the arm goes, and what keeps it from going there (by its kinematics alone)."""
    problems: list[Problem] = []
    names, pairs = [], []
    for name in arm.serves:
        if name not in stations:
            problems.append(Problem(f"arm {arm.name!r} serves {name!r}, which is no station of this line"))
            continue
        got = reach(arm, stations[name])
        if not got.ok:
            text = f"arm {arm.name!r} cannot serve {name!r}: {got.reason} (by {got.shortfall_m:.3f} m)"
            problems.append(Problem(text))
            continue
        places = _places(arm, stations[name])
        out, into = places["out" if "out" in places else "in"], places["in" if "in" in places else "out"]
        names.append(name)
        pairs.append((Stop(name, out[1], out[0]), Stop(name, into[1], into[0])))
    stops = tuple(dict.fromkeys(stop for pair in pairs for stop in pair))
    row = {stop: k for k, stop in enumerate(stops)}
    leave, enter = tuple(row[a] for a, _ in pairs), tuple(row[b] for _, b in pairs)
    return Stops(tuple(names), stops, leave, enter), problems


def places_of(arm: Arm, stations: Mapping[str, Station]) -> list[Place]:
    """Every port that the arm serves, as it sees it."""
    found = (_places(arm, stations[name]) for name in arm.serves if name in stations)
    return [place for places in found for place, _ in places.values()]


def cell_in(line: Line, name: str) -> Cell:
    """What stands about an arm of a line: see `cell.cell_of`."""
    return cells.cell_of(line, name, places_of(line.arms[name], line.stations))


def tour_of(
    arm: Arm, stations: Mapping[str, Station], stops: Stops, cell: Cell | None = None, moves: Flags | None = None
) -> Tour:
    """The arm's moves at full speed, from the caches where they have been worked out before."""
    if cell is None:
        cell = cells.bare(arm.model)
    carried = traffic.passable(stops.names, stations) if moves is None else moves
    return cache.tour(cell, stops.stops, *_counts(stops, carried))


def _counts(stops: Stops, carried: Flags) -> tuple[bytes, bytes]:
    """How often loaded and empty moves between stops count: (p, p) int64 as bytes, to be a cache key."""
    p = len(stops.stops)
    loaded, empty = np.zeros((p, p), np.int64), np.zeros((p, p), np.int64)
    fetched = traffic.fetched(carried)
    for i, (leave, enter) in enumerate(zip(stops.leave, stops.enter, strict=True)):
        for j in range(len(stops.names)):
            if carried[i, j] and leave != stops.enter[j]:
                loaded[leave, stops.enter[j]] += 1
            if fetched[i, j] and enter != stops.leave[j]:
                empty[enter, stops.leave[j]] += 1
    return loaded.tobytes(), empty.tobytes()


def blocked_words(arm: Arm, stops: Stops, blocked: Blocked) -> str:
    """A blocked move in words."""
    one, other = stops.stops[blocked.first], stops.stops[blocked.second]
    if blocked.first == blocked.second:
        return (
            f"arm {arm.name!r} cannot serve {one.station!r}: port {one.port}: {_through(blocked.thing, blocked.link)}"
        )
    what = f"past {blocked.thing!r}" if blocked.thing else "free of contact"
    return f"arm {arm.name!r} finds no way from {one.station!r} to {other.station!r} {what}"


def _through(thing: str, link: str) -> str:
    if thing == "joint limits":
        return "the tool cannot go straight from the retreated point to the hand-over"
    return f"only through {thing}" + (f", which {link} would hit" if link else "")


def served(arm: Arm, station: Station) -> tuple[Place, Place] | None:
    """Where the arm takes parts out of the station and where it brings them in; None where it has no arm port.

    Where parts pass one way only, or through one port, the two are the same.
    """
    places = _places(arm, station)
    if not places:
        return None
    return places["out" if "out" in places else "in"][0], places["in" if "in" in places else "out"][0]


def _places(arm: Arm, station: Station) -> dict[str, tuple[Place, str]]:
    """For each way that an arm can pass parts at the station: the port as the arm sees it, and its name."""
    out: dict[str, tuple[Place, str]] = {}
    ways = arm.ways_at(station)
    for way in DIRECTIONS:
        port = station.model.port_for(way, "arm")
        if port is not None and way in ways:
            out[way] = (place_of(arm.pose, station.pose, port), port.name)
    return out


# ---------------------------------------------------------------- what comes out


def assembled(tour: Tour, cell: Cell, stops: Stops, arm: Arm) -> ArmTimes:
    """An arm's times and paths at its speed: the same object for the same tour, names and speed."""
    return _assembled(_Paths(tour, cell.chain, cell.limits, stops, arm.speed), arm.model.grip_s)


def homed(times: ArmTimes, ways: Sequence[Way], cell: Cell, stops: Stops, speed: float) -> ArmTimes:
    """The times with those of the ways (p,) from each stop to where the arm waits, empty, and back."""
    limits, n = cell.limits[EMPTY], range(len(stops.names))
    spans = np.array([trajectory.duration_s(way, limits) for way in ways]) / speed
    going = _Homing(tuple(ways[row] for row in stops.enter), cell.chain, limits, speed)
    coming = _Homing(tuple(ways[row].back() for row in stops.leave), cell.chain, limits, speed)
    return replace(
        times,
        home_s=spans[list(stops.enter)],
        leave_home_s=spans[list(stops.leave)],
        homing=trajectory.Lazy(tuple(n), going.path),
        leaving=trajectory.Lazy(tuple(n), coming.path),
    )


@dataclass(frozen=True, eq=False)
class _Homing:
    """Makes the paths to or from home when asked."""

    ways: tuple[Way, ...]
    chain: Chain
    limits: Array
    speed: float

    def path(self, i: int, dense: bool) -> JointPath:
        """Between station i and home."""
        return trajectory.joint_path(self.chain, self.ways[i], self.limits, self.speed, dense)


@dataclass(frozen=True, eq=False)
class _Paths:
    """Makes the paths of a tour when asked; a key for the times that come with them."""

    tour: Tour
    chain: Chain
    limits: tuple[Array, Array]
    stops: Stops
    speed: float

    def __hash__(self) -> int:
        return hash((id(self.tour), self.stops, self.speed))

    def __eq__(self, other: object) -> bool:
        mine = (self.stops, self.speed)
        return isinstance(other, _Paths) and other.tour is self.tour and (other.stops, other.speed) == mine

    def loaded(self, key: tuple[int, int], dense: bool) -> JointPath:
        """From where parts leave station i to where they enter station j."""
        return self._move(LOADED, self.stops.leave[key[0]], self.stops.enter[key[1]], dense)

    def empty(self, key: tuple[int, int], dense: bool) -> JointPath:
        """From where parts enter station i to where they leave station j."""
        return self._move(EMPTY, self.stops.enter[key[0]], self.stops.leave[key[1]], dense)

    def handing(self, key: tuple[int, str], dense: bool) -> JointPath:
        """Into station i: empty where a part is taken out ("out"), loaded where one is brought ("in")."""
        i, way = key
        row, state = (self.stops.leave[i], EMPTY) if way == "out" else (self.stops.enter[i], LOADED)
        return self.tour.lines[row].path(self.chain, self.limits[state], self.speed, dense)

    def _move(self, state: int, a: int, b: int, dense: bool) -> JointPath:
        return trajectory.joint_path(self.chain, self.tour.way(state, a, b), self.limits[state], self.speed, dense)


@lru_cache(maxsize=1024)
def _assembled(paths: _Paths, grip_s: float) -> ArmTimes:
    tour, stops, speed = paths.tour, paths.stops, paths.speed
    leave, enter = np.array(stops.leave, dtype=int), np.array(stops.enter, dtype=int)
    depth = np.array([line.way_m for line in tour.lines])
    hand = tour.line_s.sum(axis=0) / speed + grip_s  # one of the two ways is gone loaded, the other empty
    loaded, empty = np.ix_(leave, enter), np.ix_(enter, leave)
    n = range(len(stops.names))
    pairs = tuple((i, j) for i in n for j in n)
    ways: tuple[tuple[int, str], ...] = tuple((i, way) for i in n for way in DIRECTIONS)
    out = ArmTimes(
        stations=stops.names,
        empty_s=tour.move_s[EMPTY][empty] / speed,
        loaded_s=tour.move_s[LOADED][loaded] / speed,
        pick_s=hand[leave],
        place_s=hand[enter],
        length_m=tour.way_m[loaded] + depth[leave][:, None] + depth[enter][None],
        approach=tour.approach[leave],
        handover=tour.handover[leave],
        approach_in=tour.approach[enter],
        handover_in=tour.handover[enter],
        loaded=trajectory.Lazy(pairs, paths.loaded),
        empty=trajectory.Lazy(pairs, paths.empty),
        handing=trajectory.Lazy(ways, paths.handing),
    )
    for array in vars(out).values():
        if isinstance(array, np.ndarray):
            array.flags.writeable = False  # cached: shared by all who ask
    return out


def clear_caches() -> None:
    """Forget what was found before: for tests and for measuring."""
    _assembled.cache_clear()
    tours.clear_caches()
    cells.clear_caches()
    cache.clear()
