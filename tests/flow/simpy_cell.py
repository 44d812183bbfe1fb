"""A row of machines served by arms and fleets that share zones, as a SimPy model: written from docs/flow.md, with sets
for zones and lists for queues. Machines are processes, so are legs; one process decides when an instant is over."""

from dataclasses import dataclass, field

import numpy as np
import simpy


@dataclass
class Part:
    ready: float
    held: bool = False  # by the server, for want of a place in the out-buffer
    claimed: bool = False


@dataclass
class Unit:
    name: str
    crew: "Crew"
    at: str | None  # None: at home
    idle: bool = True
    held: frozenset = frozenset()
    task: tuple | None = None  # origin, part
    carrying: bool = False
    claim: tuple | None = None  # since, needs
    turn: int = 0
    left: float = np.inf  # of its battery
    low: bool = False


@dataclass
class Crew:
    """An arm or a fleet: stations -> row, times, zones as (name, Zone)."""

    rule: str
    serves: list
    empty: np.ndarray
    loaded: np.ndarray
    pick: np.ndarray
    place: np.ndarray
    home: np.ndarray | None
    leave: np.ndarray | None
    zones: list
    units: list = field(default_factory=list)
    cycle: tuple = ()
    parking: tuple = ()
    chargers: tuple = ()
    battery: object = None

    def row(self, name):
        return self.serves.index(name)


class Row:
    """`order`: stations from source to sink; each part visits all."""

    def __init__(self, line, times, draw, until_s):
        self.line, self.times, self.draw, self.env = line, times, draw, simpy.Environment()
        (product,) = line.products.values()
        ends = product.sources + product.sinks
        machines = sorted(s for s, station in line.stations.items() if station.operations and s not in ends)
        self.order = [*product.sources, *machines, *product.sinks]
        inner = self.order[1:-1]
        self.places = {s: 1 + line.stations[s].buffer_in for s in inner}
        self.used = dict.fromkeys(inner, 0)
        self.room_since = dict.fromkeys(self.order, 0.0)
        self.queue = {s: simpy.Store(self.env) for s in inner}
        self.waiting = {s: [] for s in self.order[:-1]}
        self.out = dict.fromkeys(self.order[:-1], 0)
        self.freed = {}
        self.plugs = {s: simpy.Resource(self.env, station.servers) for s, station in line.stations.items()}
        self.leaves, self.log = [], []
        self.crews = [self.crew(name) for name in sorted([*line.arms, *line.fleets])]
        self.units = [u for c in self.crews for u in c.units]
        self.changed = self.env.event()
        for s in self.order[:-1]:
            self.env.process(self.machine(s))
        self.env.process(self.instants())
        self.tell()
        self.env.run(until_s)

    def crew(self, name):
        if name in self.line.fleets:
            fleet, times = self.line.fleets[name], self.times.fleets[name]
            crew = Crew(fleet.dispatch, list(times.stations), times.travel_s, times.travel_s, times.handover_s,
                        times.handover_s, None, None, [])  # fmt: skip
            crew.cycle = fleet.cycle if fleet.dispatch == "cycle" else ()
            crew.parking, crew.chargers, crew.battery = fleet.parking, fleet.chargers, fleet.battery
            docks = [s for s in times.stations if s in fleet.serves]
            crew.units = [Unit(f"{name} {i + 1}", crew, docks[i % len(docks)]) for i in range(fleet.units)]
            for unit in crew.units:
                unit.left = fleet.battery.lasts_s if fleet.battery else np.inf
            return crew
        times = self.times.arms[name]
        zones = [z for z in self.times.zones if name in z.arms and all(self.enters(z, a) for a in z.arms)]
        crew = Crew(self.line.arms[name].dispatch, list(times.stations), times.empty_s, times.loaded_s, times.pick_s,
                    times.place_s, times.home_s, times.leave_home_s, [(z.name, name, z) for z in zones])  # fmt: skip
        first = crew.serves[0]
        crew.units = [Unit(name, crew, None if self.standing(crew, first) else first)]
        return crew

    @staticmethod
    def enters(z, arm):
        return any(of[arm].any() for of in (z.stands, z.loaded, z.empty, z.homing, z.leaving))

    # ---------------------------------------------------------------- zones

    def standing(self, crew, s):
        return frozenset(n for n, a, z in crew.zones if s is not None and z.stands[a][crew.row(s)])

    def way(self, crew, kind, i, j):
        found = set()
        for n, a, z in crew.zones:
            mask = z.leaving[a] if i is None else getattr(z, kind)[a][crew.row(i)]
            if mask[crew.row(j)]:
                found.add(n)
        return frozenset(found) | self.standing(crew, i) | self.standing(crew, j)

    def way_out(self, crew, s):
        if not self.standing(crew, s):
            return frozenset()
        return self.standing(crew, s) | {n for n, a, z in crew.zones if z.homing[a][crew.row(s)]}

    def carrying(self, crew, s):
        after = self.following(s)
        return self.way(crew, "loaded", s, after) | self.way_out(crew, after)

    def fetching(self, unit, s):
        needs = self.way(unit.crew, "empty", unit.at, s)
        return needs | self.carrying(unit.crew, s) if self.standing(unit.crew, s) else needs

    def release(self, unit, keep):
        if unit.held - keep:
            unit.held &= keep
            self.tell()

    def grant(self):
        claims = sorted((u.claim[0], i, u) for i, u in enumerate(self.units) if u.claim)
        passed = set()
        for _, _, unit in claims:
            needs = unit.claim[1]
            if needs & (passed | {n for u in self.units for n in u.held}):
                passed |= needs
            else:
                unit.held, unit.claim = frozenset(needs), None
                self.env.process(self.carry(unit) if unit.carrying else self.fetch(unit))

    # ------------------------------------------------------------- machines

    def following(self, s):
        return self.order[self.order.index(s) + 1]

    def machine(self, s):
        operations = list(self.line.stations[s].operations)
        doors = self.times.doors.get(s)
        while True:
            if s in self.queue:
                yield self.queue[s].get()
            if operations:
                work = self.draw("process", s, operations[0], "part")
                if doors:
                    work = work + doors.close_s + doors.open_s
                yield self.env.timeout(work)
            part = Part(self.env.now)
            self.waiting[s].append(part)
            if self.out[s] < self.line.stations[s].buffer_out:
                self.out[s] += 1
            else:
                part.held = True
                self.freed[s] = self.env.event()
                self.tell()
                yield self.freed[s]
            if s in self.used:
                if self.used[s] == self.places[s]:
                    self.room_since[s] = self.env.now
                self.used[s] -= 1
            self.tell()

    def depart(self, s, part):
        self.waiting[s].remove(part)
        held = part if part.held else next((p for p in self.waiting[s] if p.held), None)
        if held is None:
            self.out[s] -= 1
        else:
            held.held = False
            self.freed[s].succeed()

    # ---------------------------------------------------------------- units

    def tell(self):
        if not self.changed.triggered:
            self.changed.succeed()

    def instants(self):
        while True:
            yield self.changed
            for _ in range(6):
                yield self.env.timeout(0)
            self.changed = self.env.event()
            for crew in self.crews:
                for unit in crew.units if crew.cycle else ():
                    if unit.idle:
                        self.go_on(unit)
                while not crew.cycle and self.dispatch(crew):
                    pass
            self.grant()
            for unit in self.units:
                if unit.idle and unit.held:
                    unit.idle = False
                    self.env.process(self.home(unit))
                elif unit.low:
                    unit.low = False
                    self.env.process(self.charge(unit))
                elif unit.idle and unit.crew.parking and not unit.crew.cycle and unit.at not in unit.crew.parking:
                    unit.idle = False
                    self.env.process(self.drive(unit, min(unit.crew.parking, key=lambda s: self.travel(unit, s))))

    # -------------------------------------------------------- between tasks

    def go_on(self, unit):
        cycle = unit.crew.cycle
        held = [s == self.order[0] or self.used[s] > 0 or bool(self.waiting[s]) for s in cycle]
        if not any(held):
            return
        while not held[unit.turn]:
            unit.turn = (unit.turn + 1) % len(cycle)
        s = cycle[unit.turn]
        if self.travel(unit, s) > 0:
            unit.idle = False
            self.env.process(self.drive(unit, s))
            return
        unit.at, target = s, self.following(s)
        parts = [p for p in self.waiting[s] if not p.claimed]
        if not parts or (target in self.used and self.used[target] == self.places[target]):
            return
        self.start(unit, s, min(parts, key=lambda p: (max(p.ready, self.room_since[target]), p.ready)))
        unit.turn = (unit.turn + 1) % len(cycle)

    def drive(self, unit, s):
        yield self.leg(unit, "moving_empty", self.travel(unit, s))
        unit.at, unit.idle = s, True
        self.tell()

    def charge(self, unit):
        battery = unit.crew.battery
        s = min(unit.crew.chargers, key=lambda s: self.travel(unit, s))
        yield self.leg(unit, "moving_empty", self.travel(unit, s))
        unit.at = s
        with self.plugs[s].request() as plug:
            yield plug
            self.log.append((self.env.now, unit.name, "charging"))
            yield self.env.timeout((1 - max(0.0, unit.left) / battery.lasts_s) * battery.charge_s)
        unit.left, unit.idle = battery.lasts_s, True
        self.tell()

    def travel(self, unit, s):
        crew = unit.crew
        return crew.leave[crew.row(s)] if unit.at is None else crew.empty[crew.row(unit.at), crew.row(s)]

    def dispatch(self, crew):
        idle = [u for u in crew.units if u.idle]
        found = []
        for s in self.order[:-1]:
            target = self.following(s)
            if not idle or s not in crew.serves or target not in crew.serves:
                continue
            if target in self.used and self.used[target] == self.places[target]:
                continue
            unit = min(idle, key=lambda u: self.travel(u, s))
            for part in self.waiting[s]:
                if not part.claimed:
                    request = max(part.ready, self.room_since[target])
                    key = {
                        "first_come": (request, part.ready),
                        "longest_waiting": (part.ready, request),
                        "nearest": (self.travel(unit, s), request, part.ready),
                        "pull": (-self.order.index(s), request, part.ready),
                    }[crew.rule]
                    found.append((key, self.order.index(s), part.ready, s, part, unit))
        if not found:
            return False
        *_, s, part, unit = min(found, key=lambda f: f[:3])
        needs = self.fetching(unit, s)
        if unit.held:
            leaves = not self.standing(unit.crew, s) and needs <= unit.held
            others = {n for u in self.units if u is not unit for n in u.held | (u.claim[1] if u.claim else frozenset())}
            if not leaves and needs & others:
                return False
            unit.held |= needs
        self.start(unit, s, part, needs)
        return True

    def start(self, unit, s, part, needs=frozenset()):
        part.claimed, unit.idle, unit.task, unit.carrying = True, False, (s, part), False
        target = self.following(s)
        if target in self.used:
            self.used[target] += 1
        if needs - unit.held:
            unit.claim = (self.env.now, needs)
        else:
            self.env.process(self.fetch(unit))

    def leg(self, unit, state, time_s):
        if time_s > 0:
            self.log.append((self.env.now, unit.name, state))
        unit.left -= time_s
        return self.env.timeout(time_s)

    def fetch(self, unit):
        crew, (s, part) = unit.crew, unit.task
        yield self.leg(unit, "moving_empty", self.travel(unit, s))
        self.release(unit, self.carrying(crew, s) if self.standing(crew, s) else frozenset())
        yield self.leg(unit, "handling", crew.pick[crew.row(s)])
        self.depart(s, part)
        unit.carrying = True
        self.tell()
        needs = self.carrying(crew, s)
        if needs - unit.held:
            assert not unit.held
            unit.claim = (self.env.now, needs)
        else:
            yield from self.carry(unit)

    def carry(self, unit):
        crew, (s, _) = unit.crew, unit.task
        target = self.following(s)
        yield self.leg(unit, "moving_loaded", crew.loaded[crew.row(s), crew.row(target)])
        self.release(unit, self.way_out(crew, target))
        yield self.leg(unit, "handling", crew.place[crew.row(target)])
        if target in self.queue:
            self.queue[target].put(1)
        else:
            self.leaves.append(self.env.now)
        battery = crew.battery
        unit.low = battery is not None and unit.left < battery.below * battery.lasts_s
        unit.at, unit.idle, unit.task, unit.carrying = target, not unit.low, None, False
        self.tell()

    def home(self, unit):
        yield self.leg(unit, "moving_empty", unit.crew.home[unit.crew.row(unit.at)])
        unit.at, unit.idle = None, True
        self.release(unit, frozenset())
        self.tell()
