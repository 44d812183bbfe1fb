"""The flow simulation as the controller of a plant that makes the moves, and takes its own time over them.

    plant                                                          kernel
    advance(now_s)  ------------------------------------------>    all that is due up to now_s
                    <------------------  commands begun since
    reached(unit), handed(unit), belt_end(belt), belt_clear(belt)  take effect at the next advance

All decisions are the kernel's: who fetches what, zones, places, failures, set-ups, people, streams. Processing, links,
failures and charging take their drawn or assumed times; arms, vehicles and belts are done when the plant says so. A
plant that takes the times assumed gives the very run that `simulate` and `trace` make.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import replace
from typing import Any

import numpy as np

from layout.errors import LayoutError, Problem
from layout.flow.commands import (
    Arrived,
    Begin,
    BeltEnter,
    BeltLeave,
    Carry,
    Come,
    Command,
    Ends,
    Fetch,
    Gone,
    Home,
    Made,
    Move,
)
from layout.flow.deadlock import standstill
from layout.flow.departures import Left, departed
from layout.flow.kernel import records as rec
from layout.flow.measured import Book, Leg, Riding, Row
from layout.flow.network import Network, compile_line
from layout.flow.output.checks import check
from layout.flow.output.statistics import measure
from layout.flow.output.summary import Warmup
from layout.flow.output.summary import result as summary
from layout.flow.simulation import FIRST_POOL, events, simulate_run
from layout.model.line import Line
from layout.model.results import FlowResult, Moves, TraceEvent

HOW = {rec.LEFT: "left", rec.SCRAPPED: "scrapped", rec.JOINED: "joined"}


class Control:
    """One replication of a line, run step by step by a plant.

    seed, until_s, warmup_s : the line's own where left out; without a warm-up of its own, none
    now_s : up to when it has come
    """

    def __init__(
        self,
        line: Line,
        moves: Moves,
        *,
        seed: int | None = None,
        replication: int = 0,
        until_s: float | None = None,
        warmup_s: float | None = None,
    ) -> None:
        """Raises LayoutError where a route cannot be followed."""
        time = line.time
        self.until_s = float(time.horizon_s if until_s is None else until_s)
        self.warmup_s = float((time.warmup_s or 0.0) if warmup_s is None else warmup_s)
        self.now_s = 0.0
        self.network = network = compile_line(line, moves)
        self._most = _most_at_once(network)
        pool = FIRST_POOL + 2 * self._most
        seed = time.seed if seed is None else seed
        self._world = network.start(seed, replication, self.until_s, self.warmup_s, pool, 8 * pool, 4 * pool)
        self._world.run["plant"] = 1
        self._book = Book(self._world, self.warmup_s)
        self._unit = {name: u for u, name in enumerate(network.units)}
        self._belt = {name: k for k, name in enumerate(network.belts)}
        self._operations = [o for p in network.products for o in (*line.products[p].route, "")]
        self._at: dict[int, int] = {}  # station of each part, or the last that it was at
        self._log: list[Any] = []
        self._reports: list[tuple[str, int]] = []
        self._soon: list[tuple[float, int, Command]] = []  # what the plant is told when its time comes
        self._told_soon = 0
        self._visits = [False] * self._world.servers.size  # whether a server's doors are closed
        self._next_s = -math.inf  # nothing is due before
        self._stands = self._ended = False

    @property
    def next_s(self) -> float:
        """When (s) there will be commands even if the plant reports nothing; infinity: never."""
        return self._next_s

    def begins_at(self, unit: str) -> str:
        """The station at which an arm or vehicle stands before the run begins; "" for home."""
        u = self._of(self._unit, unit, "arm or vehicle")
        arm, stations = self.network.world.arms[u], self.network.stations
        row = int(arm["position"])
        return stations[int(self.network.world.arm_of[int(arm["offset"]) + row])] if row < int(arm["n"]) else ""

    def advance(self, now_s: float) -> tuple[Command, ...]:
        """All that happens up to now_s, with what was reported since the last time as having happened just now.

        Returns the commands begun since, in order. Beyond until_s nothing happens. Raises ValueError where now_s goes
        back, or the run is over; LayoutError where parts go round in no time.
        """
        if now_s < self._next_s and self.now_s <= now_s:
            self.now_s = now_s
            return ()
        return self._advance(now_s)

    def reached(self, unit: str) -> None:
        """A unit has come to where it was sent. Raises ValueError unless it was on its way."""
        u = self._of(self._unit, unit, "arm or vehicle")
        leg = self._book.units[u].leg
        if leg is None or leg.reported > 0:
            raise ValueError(f"{unit!r} was sent nowhere, so it cannot have come")
        leg.reported = 1
        self._report("reached", u)

    def handed(self, unit: str) -> None:
        """A unit has picked its part up, or put it down. Raises ValueError unless it came to do so."""
        u = self._of(self._unit, unit, "arm or vehicle")
        leg = self._book.units[u].leg
        if leg is None or leg.handling is None or leg.reported != 1:
            raise ValueError(f"{unit!r} has no part to hand over")
        leg.reported = 2
        self._report("handed", u)

    def belt_clear(self, belt: str) -> None:
        """The begin of a belt is free again. Raises ValueError unless a part was put there."""
        k = self._of(self._belt, belt, "belt")
        if self._book.belts[k].clear:
            raise ValueError(f"the begin of belt {belt!r} was free already")
        self._book.belts[k].clear = True
        self._report("clear", k)

    def belt_end(self, belt: str) -> None:
        """The first part on a belt stands at its end. Raises ValueError where there is none, or it stood there."""
        k = self._of(self._belt, belt, "belt")
        book = self._book.belts[k]
        if not book.riding or book.ended:
            raise ValueError(f"no part of belt {belt!r} can have come to its end")
        book.ended = True
        self._report("end_of", k)

    def departures(self) -> tuple[Left, ...]:
        """The good parts that have left so far, in order."""
        return departed(self.network, self._book.rows)

    def trace(self) -> list[TraceEvent]:
        """What every resource did, as measured. Ends the run at now_s, unless it has come to until_s."""
        self._end()
        return events(self.network, (row for row in self._book.rows if row[0] < rec.MADE), self._horizon_s)

    def result(self) -> FlowResult:
        """The run's figures, as measured. Ends it at now_s, unless it has come to until_s.

        Raises LayoutError where that is within the warm-up, SelfCheckError where the result contradicts itself.
        """
        self._end()
        if self._horizon_s <= self.warmup_s:
            raise LayoutError(Problem("the warm-up leaves nothing to measure", value=f"{self.warmup_s} s"))
        found = measure(self.network, self._world)
        check(found, self._horizon_s - self.warmup_s)
        stopped = standstill(self.network, self._world)
        line = self.network.line
        ended = replace(line, time=line.time.model_copy(update={"horizon_s": self._horizon_s}))
        network = replace(self.network, line=ended)
        return summary(network, [found], [stopped], Warmup(self.warmup_s), self._world)

    @staticmethod
    def _of(numbers: dict[str, int], name: str, what: str) -> int:
        try:
            return numbers[name]
        except KeyError:
            raise ValueError(f"no {what} named {name!r}") from None

    def _report(self, what: str, index: int) -> None:
        self._reports.append((what, index))
        self._next_s = -math.inf

    def _advance(self, now_s: float) -> tuple[Command, ...]:
        if self._ended or not now_s >= self.now_s:
            raise ValueError("the run is over" if self._ended else f"from {self.now_s} s it cannot go to {now_s} s")
        first, self.now_s = self._next_s == -math.inf and self._world.run["begun"][0] == 0, now_s
        told: list[Command] = []
        if first:
            self._run(-1.0, told)
        to_s = min(now_s, self.until_s)
        if now_s <= self.until_s:
            for what, index in self._reports:
                getattr(self, f"_{what}")(index, to_s, told)
        self._reports.clear()
        while True:
            kernel_s = math.inf if self._stands else self._root_s()
            soon_s = self._soon[0][0] if self._soon else math.inf
            self._next_s = min(kernel_s, soon_s)
            if self._next_s > to_s:
                if self._next_s > self.until_s:
                    self._next_s = math.inf
                return tuple(told)
            while self._soon and self._soon[0][0] <= self._next_s:
                command = heapq.heappop(self._soon)[2]
                if isinstance(command, Arrived):
                    self._at[command.part] = self.network.stations.index(command.station)
                told.append(command)
            if kernel_s <= to_s and kernel_s == self._next_s:
                self._run(kernel_s, told)

    def _root_s(self) -> float:
        return float(self._world.when[-2])

    def _set_clock(self, k: int, time_s: float) -> None:
        """As `clocks.set_clock`."""
        when, winner = self._world.when, self._world.winner
        when[k] = time_s
        self._world.run["tied"] = 0  # another clock may ring then
        while k < when.size - 2:
            pair = k & ~1
            first, k = pair + int(when[pair + 1] < when[pair]), when.size // 2 + (k >> 1)
            when[k], winner[k] = when[first], winner[first]

    def _run(self, until_s: float, told: list[Command]) -> None:
        """Let the kernel do what is due up to until_s: one instant."""
        run = self._world.run
        if run["inside"][0] + self._most > self._world.parts.size // 2:
            self._world = _roomier(self._world)
            run = self._world.run
        run["until"], run["status"] = until_s, rec.DONE
        simulate_run(run)
        status = int(run["status"][0])
        if status == rec.STANDSTILL:
            self._stands = True
        elif status == rec.TIME_STANDS_STILL:
            raise LayoutError(Problem("parts go round in no time at all", hint="give moves or operations a time"))
        elif status not in (rec.PAUSED, rec.DONE):
            raise LayoutError(Problem("more parts begin or leave at one instant than there is room for"))
        self._tell(told)

    def _rows(self) -> list[Row]:
        """What the kernel has written since the last time: departures are kept, rows of the trace returned."""
        run = self._world.run
        rows: list[Row] = self._world.trace[: int(run["traced"][0])].tolist()
        if run["logged"][0]:
            self._log.append(self._world.departures[: int(run["logged"][0])].copy())
        run["traced"] = run["logged"] = 0
        return rows

    def _tell(self, told: list[Command]) -> None:
        """Commands from what the kernel has written."""
        stations, products = self.network.stations, self.network.products
        for row in self._rows():
            kind, index, state, part, product, _, _, target, start_s, end_s = row
            name = products[product] if product >= 0 else ""
            if kind == rec.AT_ARM and state in (rec.T_EMPTY, rec.T_LOADED):
                told.append(self._move(index, row))
                continue
            if kind == rec.AT_BELT:
                if self._stands and state == rec.T_WAITING and end_s == self.until_s:
                    continue  # waits there for ever
                told.append(self._ride(index, row, name))
                if state == rec.T_WAITING:
                    told.append(self._arrived(end_s, part, name, target))
                continue
            self._book.rows.append(row)
            if kind == rec.AT_STATION and state == rec.T_WORKING:
                told.append(self._begin(index, row, name))
            elif kind == rec.AT_ARM:
                self._book.units[index].left_s = float(self._world.arms["lasts"][index])
            elif kind == rec.AT_LINK:
                self._later(Arrived(end_s, part, name, stations[target]))
            elif kind == rec.MADE:
                self._at[part] = index
                told.append(Made(start_s, part, name, stations[index]))
            elif kind == rec.GONE:
                told.append(Gone(start_s, part, name, stations[self._at.pop(part)], HOW[state]))
            elif kind == rec.CAME:
                told.append(self._arrived(start_s, part, name, target))

    def _later(self, command: Arrived | Ends) -> None:
        self._told_soon += 1
        heapq.heappush(self._soon, (command.time_s, self._told_soon, command))

    def _arrived(self, time_s: float, part: int, product: str, s: int) -> Arrived:
        self._at[part] = s
        return Arrived(time_s, part, product, self.network.stations[s])

    def _move(self, u: int, row: Row) -> Move:
        """What unit u was sent to do, which the row is the travel of."""
        world, (*_, step, origin, target, start_s, _) = self._world, row
        arm, stations = world.arms[u], self.network.stations
        offset, matrix, n, at = (int(arm[name]) for name in ("offset", "offset2", "n", "position"))
        doing = int(arm["state"])
        unit, p = self._book.units[u], int(arm["part"])
        part, product = (int(world.parts["serial"][p]), int(world.parts["product"][p])) if p >= 0 else (-1, -1)
        kind: type[Move] = Come
        handling_s, handling = 0.0, None
        if doing == rec.ARM_CARRYING:
            kind, to = Carry, int(world.local[u, target])
            travel_s = world.loaded[matrix + int(world.local[u, origin]) * n + to]
            handling_s = world.place[offset + to]
        elif doing == rec.ARM_HOMING:
            kind, travel_s = Home, world.home[offset + at]
        else:
            if doing == rec.ARM_FETCHING:
                kind, to = Fetch, int(world.local[u, target])
                handling_s, step = world.pick[offset + to], int(world.parts["step"][p])
            else:
                to = int(arm["going"])
            travel_s = 0.0 if arm["there"] == 1 and at == to else world.empty[matrix + at * n + to]
        if kind is Fetch or kind is Carry:
            handling = (rec.AT_ARM, u, rec.T_HANDLING, part, product, step, target, target)
        unit.leg = Leg(row, handling, unit.left_s, start_s, home=kind is Home)
        return kind(
            start_s, self.network.units[u], stations[origin] if origin >= 0 else "",
            stations[target] if target >= 0 else "", part, self.network.products[product] if product >= 0 else "",
            float(travel_s), float(handling_s),
        )  # fmt: skip

    def _ride(self, k: int, row: Row, product: str) -> BeltEnter | BeltLeave:
        """A part was put on belt k, or left it."""
        book, name = self._book.belts[k], self.network.belts[k]
        _, _, state, part, _, _, _, target, start_s, end_s = row
        if state == rec.T_TRANSIT:
            book.riding.append(Riding(row, start_s + book.transit_s))
            book.clear = False
            return BeltEnter(start_s, name, part, product, book.transit_s, book.spacing_s)
        self._book.rode(book, book.riding[0], end_s)
        book.riding.popleft()
        book.left_s, book.ended = end_s, False
        return BeltLeave(end_s, name, part, product, self.network.stations[target])

    def _begin(self, s: int, row: Row, product: str) -> Begin:
        """A server of station s works, which the row is of."""
        world, (_, _, _, part, _, step, _, _, start_s, end_s) = self._world, row
        station = world.stations[s]
        first = int(station["server0"])
        v = first
        while int(world.parts["serial"][int(world.servers["part"][v])]) != part or world.servers["part"][v] < 0:
            v += 1
        server, name = world.servers[v], self.network.stations[s]
        closing_s, opens_s = 0.0, math.inf
        if station["doors"]:
            closing_s = 0.0 if self._visits[v] else float(station["closing"])
            after = int(server["following"])
            last = after == rec.SCRAP or int(world.service[s, after]) < 0
            finishes = int(server["ring"]) == rec.RING_FINISH and world.when[v] == end_s
            if last and finishes:
                opens_s = max(start_s, end_s - float(station["opening"]))
            self._visits[v] = not (last and finishes)
        self._later(Ends(end_s, name, v - first, part))
        return Begin(start_s, name, v - first, part, product, self._operations[step], end_s, closing_s, opens_s)

    def _reached(self, u: int, now_s: float, told: list[Command]) -> None:
        unit, arms = self._book.units[u], self._world.arms
        leg = unit.leg
        assert leg is not None
        self._book.travelled(unit, now_s)
        if leg.handling is None:
            self._done(u, now_s)
        elif arms["arriving"][u]:
            self._set_clock(int(arms["clock"][u]), now_s)

    def _handed(self, u: int, now_s: float, told: list[Command]) -> None:
        unit, arms = self._book.units[u], self._world.arms
        self._book.handled(unit, now_s)
        if arms["state"][u] == rec.ARM_CARRYING:
            part = int(arms["part"][u])
            product = self.network.products[int(self._world.parts["product"][part])]
            serial = int(self._world.parts["serial"][part])
            told.append(self._arrived(now_s, serial, product, int(arms["target"][u])))
        self._done(u, now_s)

    def _done(self, u: int, now_s: float) -> None:
        """Unit u has made its move."""
        unit, arms = self._book.units[u], self._world.arms
        self._book.arrived(unit, now_s)
        arms["left"][u], arms["ended"][u], arms["until"][u] = unit.left_s, now_s, now_s
        self._set_clock(int(arms["clock"][u]), now_s)

    def _clear(self, k: int, now_s: float, told: list[Command]) -> None:
        belts = self._world.belts
        belts["free_in"][k] = now_s
        clock = int(belts["clock_in"][k])
        if self._world.when[clock] == rec.BY_PLANT:
            self._set_clock(clock, now_s)

    def _end_of(self, k: int, now_s: float, told: list[Command]) -> None:
        belts = self._world.belts
        self._book.belts[k].riding[0].end_s = now_s
        self._world.parts["due"][int(belts["head"][k])] = now_s
        self._set_clock(int(belts["clock_out"][k]), now_s)

    def _end(self) -> None:
        """Book what lasts until the end, once."""
        if self._ended:
            return
        if self._next_s == -math.inf:
            self._advance(self.now_s)
        self._ended = True
        world, run = self._world, self._world.run
        self._horizon_s = self.until_s if self._stands else min(self.now_s, self.until_s)
        if not self._stands:
            charging = world.arms["state"] == rec.ARM_CHARGING
            beyond_s = np.minimum(world.when[world.arms["clock"]], self.until_s) - max(self._horizon_s, self.warmup_s)
            world.arms["in_charging"][charging] -= np.maximum(beyond_s, 0.0)[charging]
            run["horizon"] = run["until"] = self._horizon_s
            run["status"], run["plant"] = rec.DONE, 0
            simulate_run(run)
            for row in self._rows():
                if row[0] != rec.AT_BELT:
                    self._book.rows.append(row)
        self._book.close(self._horizon_s)
        self._book.write(world)
        empty = np.empty(0, rec.DEPARTURE)
        self._world = world._replace(departures=np.concatenate(self._log) if self._log else empty)


def _most_at_once(network: Network) -> int:
    """At least as many parts as can begin at one instant, and carriers and parts that are in no line yet."""
    world, line = network.world, network.line
    places = sum(int(world.stations[name].sum()) for name in ("places", "places_out"))
    orders: dict[float, int] = {}
    for at_s, number in zip(world.orders["at"].tolist(), world.orders["number"].tolist(), strict=True):
        orders[at_s] = orders.get(at_s, 0) + number
    carriers = sum(product.circulates for product in line.products.values())
    return places + int(world.inlets["places"].sum()) + max(orders.values(), default=0) + carriers + 64


def _roomier(world: rec.World) -> rec.World:
    """The same world with room for twice as many parts."""
    n = world.parts.size
    parts = np.zeros(2 * n, rec.PART)
    parts[:n] = world.parts
    parts["next"][n:-1] = np.arange(n + 1, 2 * n)
    parts["next"][-1] = int(world.run["free"][0])
    world.run["free"] = n
    bigger = world._replace(parts=parts, trace=np.zeros(16 * n, rec.TRACE), departures=np.empty(8 * n, rec.DEPARTURE))
    for name in ("parts", "trace", "departures"):
        world.run["address"][0][rec.TABLES.index(name)] = getattr(bigger, name).ctypes.data
    world.run["n_trace"], world.run["n_log"] = 16 * n, 8 * n
    return bigger
