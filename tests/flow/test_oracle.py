"""The kernel against SimPy: the same lines written as processes, fed by the same draws, part by part the same times."""

import itertools

import numpy as np
import pytest
import simpy

from layout.flow import trace
from layout.flow.kernel.streams import name_key
from layout.flow.network import compile_line
from layout.model.distribution import Distribution
from tests.flow import drawn
from tests.flow.builders import (
    arm,
    arm_times,
    belt,
    belt_times,
    exponential,
    failure,
    line,
    link,
    moves,
    product,
    serial,
    station,
)

SEED, UNTIL_S = 5, 4000.0
LOGNORMAL = Distribution("lognormal", (1.2, 0.6))


class Draws:
    """The streams of replication 0, by name; of each either times or uniform numbers are asked."""

    AT_ONCE = 256

    def __init__(self, given, times):
        self.network = compile_line(given, times)
        self.world = self.network.start(SEED, 0, UNTIL_S, 0.0, 8, 0, 0)
        self.ahead = {}

    def __call__(self, *names):
        return self._next(names, drawn.times)

    def uniform(self, *names):
        return self._next(names, drawn.uniforms)

    def _next(self, names, draw):
        kind, left = self.ahead.get(names, (draw, None))
        assert kind is draw
        if not left:
            (found,) = np.flatnonzero(self.network.stream_names == np.uint64(name_key(*names)))
            left = draw(self.world, int(found), self.AT_ONCE)[::-1]
            self.ahead[names] = draw, left
        return left.pop()


class Machine:
    """One server that breaks down; `work` is done when the part is, whatever happens meanwhile, doors included."""

    def __init__(self, env, name, draw, operation, clock=None, doors=(0.0, 0.0)):
        self.env, self.name, self.draw, self.operation, self.clock = env, name, draw, operation, clock
        self.doors = doors
        self.worker = None
        self.up = env.event()
        self.up.succeed()
        self.left_to_failure = draw("between", name, "0", "mode") if clock else np.inf
        if clock == "calendar":
            env.process(self.calendar())

    def calendar(self):
        yield self.env.timeout(self.left_to_failure)
        while True:
            repair = self.draw("repair", self.name, "0", "mode")
            self.up = self.env.event()
            if self.worker is not None:
                self.worker.interrupt()
            yield self.env.timeout(repair)
            self.up.succeed()
            yield self.env.timeout(self.draw("between", self.name, "0", "mode"))

    def work(self, product="part"):
        yield self.up
        close_s, open_s = self.doors
        left = close_s + self.draw("process", self.name, self.operation, product) + open_s
        while left > 0:
            if self.clock == "operating":
                spell = min(left, self.left_to_failure)
                yield self.env.timeout(spell)
                left -= spell
                self.left_to_failure -= spell
                if left > 0:
                    yield self.env.timeout(self.draw("repair", self.name, "0", "mode"))
                    self.left_to_failure = self.draw("between", self.name, "0", "mode")
                continue
            began = self.env.now
            self.worker = self.env.active_process
            try:
                yield self.env.timeout(left)
                left = 0.0
            except simpy.Interrupt:
                left -= self.env.now - began
                self.worker = None
                yield self.up
            self.worker = None


def work_ends(given, times, name):
    """When parts are done at a station (s): the last spell of work on each."""
    done = {}
    for e in trace(given, times, seed=SEED, until_s=UNTIL_S):
        if e.resource == name and e.state == "working" and e.end_s < UNTIL_S:
            done[e.part] = e.end_s
    return sorted(done.values())


def agree(ours, theirs, least=500):
    n = min(len(ours), len(theirs))
    assert n > least
    assert abs(len(ours) - len(theirs)) <= 1
    assert ours[: n - 1] == pytest.approx(theirs[: n - 1], abs=1e-6)


@pytest.mark.parametrize("clock", ["operating", "calendar"])
@pytest.mark.parametrize("buffers", [(0, 0), (2, 1)])
@pytest.mark.parametrize("doors", [(0.0, 0.0), (0.2, 0.35)])
def test_serial_line_with_failures(clock, buffers, doors):
    mode = {"mode": failure(exponential(30.0), Distribution("lognormal", (6.0, 0.8)), clock)}
    given = serial([exponential(1.0), LOGNORMAL, exponential(0.9)], buffers, failures=dict.fromkeys(range(3), mode))
    times = moves(doors={"m1": doors, "m3": doors})
    draw, env, done = Draws(given, times), simpy.Environment(), []
    places = [simpy.Resource(env, 1 + b) for b in (0, *buffers)]
    queues = [simpy.Store(env) for _ in range(3)]

    def run(j):
        machine = Machine(env, f"m{j + 1}", draw, f"op{j + 1}", clock, doors if j != 1 else (0.0, 0.0))
        while True:
            place = (yield queues[j].get()) if j else None
            yield from machine.work()
            if j == 2:
                done.append(env.now)
            else:
                following = places[j + 1].request()
                yield following
                queues[j + 1].put(following)
            if j:
                places[j].release(place)

    for j in range(3):
        env.process(run(j))
    env.run(UNTIL_S)
    agree(work_ends(given, times, "m3"), done)


def test_belt_into_a_machine_that_fails():
    mode = {"mode": failure(exponential(40.0), exponential(8.0))}
    stations = [station("a", source="saturated"), station("m", {"op": exponential(1.0)}, buffer=(1, 0), failures=mode,
                                                          sink=True)]  # fmt: skip
    given = line(stations, [product(route=["op"], sources=["a"], sinks=["m"])], belts=[belt("a", "m")])
    times = moves(belts={"a~m": belt_times(6.0, 5, 0.7)})
    draw, env, done = Draws(given, times), simpy.Environment(), []
    on_belt, at_end, queue = simpy.Resource(env, 5), simpy.Store(env), simpy.Store(env)
    places = simpy.Resource(env, 2)

    def load():
        while True:
            slot = on_belt.request()
            yield slot
            at_end.put((slot, env.now + 6.0))
            yield env.timeout(0.7)

    def release():
        last = -np.inf
        while True:
            slot, due = yield at_end.get()
            yield env.timeout(max(0.0, due - env.now, last + 0.7 - env.now))
            place = places.request()
            yield place
            last = env.now
            on_belt.release(slot)
            queue.put(place)

    def run():
        machine = Machine(env, "m", draw, "op", "operating")
        while True:
            place = yield queue.get()
            yield from machine.work()
            done.append(env.now)
            places.release(place)

    for process in (load, release, run):
        env.process(process())
    env.run(UNTIL_S)
    agree(work_ends(given, times, "m"), done)


def test_merge_of_two_products_with_shares():
    """One source, two machines for a product each, a third for both: who waited longest goes first."""
    stations = [
        station("a", source="saturated"),
        station("m1", {"op": {"p": exponential(1.0)}}, buffer=(1, 0)),
        station("m2", {"op": {"q": exponential(2.0)}}, buffer=(1, 0)),
        station("m3", {"last": LOGNORMAL}, products=("p", "q"), buffer=(1, 0), sink=True),
    ]
    products = [product(name, ["op", "last"], share=share, sources=["a"], sinks=["m3"])
                for name, share in (("p", 0.7), ("q", 0.3))]  # fmt: skip
    links = [link("a", "m1"), link("a", "m2"), link("m1", "m3"), link("m2", "m3")]
    given = line(stations, products, links=links)
    draw, env, done, made = Draws(given, moves()), simpy.Environment(), [], []
    places = {m: simpy.Resource(env, 2) for m in ("m1", "m2", "m3")}
    queues = {m: simpy.Store(env) for m in places}
    machine_of = {"p": "m1", "q": "m2"}

    def source():
        while True:
            name = "p" if draw.uniform("mix", "a") < 0.7 else "q"
            made.append(name)
            place = places[machine_of[name]].request()
            yield place
            queues[machine_of[name]].put((name, place))

    def run(m):
        machine = Machine(env, m, draw, "op" if m != "m3" else "last")
        while True:
            name, place = yield queues[m].get()
            yield from machine.work(name)
            if m == "m3":
                done.append(env.now)
            else:
                following = places["m3"].request()
                yield following
                queues["m3"].put((name, following))
            places[m].release(place)

    env.process(source())
    for m in places:
        env.process(run(m))
    env.run(UNTIL_S)
    agree(work_ends(given, moves(), "m3"), done)
    assert made.count("p") / len(made) == pytest.approx(0.7, abs=0.03)


RAIL = {"source": 0.0, "m1": 2.0, "m2": 3.5, "sink": 6.0}


@pytest.mark.parametrize("rule", ["first_come", "nearest", "longest_waiting", "pull"])
def test_cell_served_by_an_arm(rule):
    """Two machines with a waiting place before and after each, one arm on a rail, four dispatch rules."""
    stations = [
        station("source", source="saturated"),
        station("m1", {"op1": exponential(14.0)}, buffer=(1, 1)),
        station("m2", {"op2": exponential(12.0)}, buffer=(1, 1)),
        station("sink", sink=True),
    ]
    given = line(stations, [product(route=["op1", "op2"])], arms=[arm("r", list(RAIL), rule)])
    times = moves({"r": arm_times(list(RAIL), list(RAIL.values()), pick_s=0.4, place_s=0.6)})
    ours = [e.end_s for e in trace(given, times, seed=SEED, until_s=UNTIL_S)
            if e.resource == "r" and e.state == "handling" and e.origin == "sink" and e.end_s < UNTIL_S]  # fmt: skip
    agree(ours, Cell(Draws(given, times), rule).leaves, least=150)


class Cell:
    """The same cell as a SimPy model: parts are (since when they wait, where)."""

    ORDER = ("source", "m1", "m2", "sink")

    def __init__(self, draw, rule):
        self.env, self.draw, self.rule, self.leaves = simpy.Environment(), draw, rule, []
        self.used = {"m1": 0, "m2": 0}
        self.room_since = {"m1": 0.0, "m2": 0.0, "sink": 0.0}
        self.arrived = {m: simpy.Store(self.env) for m in self.used}
        self.out = {m: simpy.Container(self.env, 1, init=1) for m in self.used}  # free places of the out-buffer
        self.waiting = {"source": [0.0], "m1": [], "m2": []}
        self.taken_from_machine = dict.fromkeys(self.used)
        self.changed = self.env.event()
        for m in self.used:
            self.env.process(self.machine(m))
        self.env.process(self.arm())
        self.env.run(UNTIL_S)

    def tell(self):
        self.changed.succeed()
        self.changed = self.env.event()

    def machine(self, m):
        while True:
            yield self.arrived[m].get()
            yield self.env.timeout(self.draw("process", m, f"op{m[1]}", "part"))
            self.waiting[m].append(self.env.now)
            self.tell()
            yield self.out[m].get(1)
            if self.used[m] == 2:
                self.room_since[m] = self.env.now
            self.used[m] -= 1
            self.tell()

    def best(self, at):
        found = []
        for place, following in itertools.pairwise(self.ORDER):
            if self.waiting[place] and self.used.get(following, 0) < 2:
                ready = self.waiting[place][0]
                request = max(ready, self.room_since[following])
                key = {
                    "first_come": (request, ready),
                    "longest_waiting": (ready, request),
                    "nearest": (abs(RAIL[at] - RAIL[place]), request),
                    "pull": (-self.ORDER.index(place), request),
                }[self.rule]
                found.append((key, place, following))
        return min(found)[1:] if found else None

    def arm(self):
        at = "source"
        while True:
            while (task := self.best(at)) is None:
                yield self.changed
                yield self.env.timeout(0)
            place, following = task
            self.waiting[place].pop(0)
            if following != "sink":
                self.used[following] += 1
            yield self.env.timeout(abs(RAIL[at] - RAIL[place]) + 0.4)
            if place == "source":
                self.waiting["source"].append(self.env.now)
            else:
                self.out[place].put(1)
            yield self.env.timeout(abs(RAIL[place] - RAIL[following]) + 0.6)
            if following == "sink":
                self.leaves.append(self.env.now)
            else:
                self.arrived[following].put(1)
            at = following
            yield self.env.timeout(0)
