"""A row of machines as SimPy, salabim and Ciw models, in the way their users write them.

`service[j][k]` is the time (s) of part k at machine j; `up[j]` and `down[j]` are the times to failure, counted while it
works, and to repair, in order (None: no failures). Between two machines lie `buffer` waiting places; the first machine
always has a part. Each model runs until so many parts have left, and returns the figures that people ask for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass
class Figures:
    """departures : when each part left (s); states : of each machine, state -> s; the rest in s and parts"""

    departures: list[float]
    states: list[dict[str, float]]
    lead_s: float
    wip_area: float


class _Book:
    """State times of the machines, parts in the line and their lead times."""

    def __init__(self, machines: int) -> None:
        self.states = [dict.fromkeys(("working", "down", "blocked", "starved"), 0.0) for _ in range(machines)]
        self.departures: list[float] = []
        self.entered: list[float] = []
        self.lead_s = self.wip_area = self.changed = 0.0
        self.inside = 0

    def enter(self, now: float) -> None:
        self._count(now, 1)
        self.entered.append(now)

    def leave(self, now: float) -> None:
        self._count(now, -1)
        self.lead_s += now - self.entered[len(self.departures)]
        self.departures.append(now)

    def _count(self, now: float, change: int) -> None:
        self.wip_area += self.inside * (now - self.changed)
        self.changed = now
        self.inside += change

    def figures(self) -> Figures:
        return Figures(self.departures, self.states, self.lead_s, self.wip_area)


def simpy_row(service: Any, up: Any, down: Any, buffer: int, parts: int) -> Figures:
    """Machines are processes, buffers are stores; a machine is blocked while it puts its part into a full one."""
    import simpy

    env = simpy.Environment()
    machines = len(service)
    buffers = [simpy.Store(env, buffer) for _ in range(machines - 1)]
    book = _Book(machines)
    done = env.event()

    def machine(j: int) -> Any:
        states = book.states[j]
        failures = iter(zip(up[j], down[j], strict=True)) if up else None
        to_failure, repair = next(failures) if failures else (float("inf"), 0.0)
        for k, left in enumerate(service[j]):
            began = env.now
            if j:
                yield buffers[j - 1].get()
                states["starved"] += env.now - began
            else:
                book.enter(began)
            while to_failure < left:
                began = env.now
                yield env.timeout(to_failure)
                states["working"] += env.now - began
                left -= to_failure
                began = env.now
                yield env.timeout(repair)
                states["down"] += env.now - began
                to_failure, repair = next(failures)  # type: ignore[arg-type]
            to_failure -= left
            began = env.now
            yield env.timeout(left)
            states["working"] += env.now - began
            if j < machines - 1:
                began = env.now
                yield buffers[j].put(k)
                states["blocked"] += env.now - began
            else:
                book.leave(env.now)
                if len(book.departures) == parts:
                    done.succeed()

    for j in range(machines):
        env.process(machine(j))
    env.run(done)
    return book.figures()


def salabim_row(service: Any, up: Any, down: Any, buffer: int, parts: int) -> Figures:
    """Machines are components, buffers are stores."""
    import salabim as sim

    sim.yieldless(False)
    machines = len(service)
    book = _Book(machines)
    env = sim.Environment(trace=False)
    buffers = [sim.Store(capacity=buffer) for _ in range(machines - 1)]

    class Part(sim.Component):  # type: ignore[misc]
        pass

    class Machine(sim.Component):  # type: ignore[misc]
        def setup(self, j: int) -> None:
            self.j = j

        def process(self) -> Any:
            j = self.j
            states = book.states[j]
            failures = iter(zip(up[j], down[j], strict=True)) if up else None
            to_failure, repair = next(failures) if failures else (float("inf"), 0.0)
            for left in service[j]:
                began = env.now()
                if j:
                    part = yield self.from_store(buffers[j - 1])
                    states["starved"] += env.now() - began
                else:
                    part = Part()
                    book.enter(began)
                while to_failure < left:
                    began = env.now()
                    yield self.hold(to_failure)
                    states["working"] += env.now() - began
                    left -= to_failure
                    began = env.now()
                    yield self.hold(repair)
                    states["down"] += env.now() - began
                    to_failure, repair = next(failures)  # type: ignore[arg-type]
                to_failure -= left
                began = env.now()
                yield self.hold(left)
                states["working"] += env.now() - began
                if j < machines - 1:
                    began = env.now()
                    yield self.to_store(buffers[j], part)
                    states["blocked"] += env.now() - began
                else:
                    book.leave(env.now())
                    if len(book.departures) == parts:
                        env.main().activate()

    for j in range(machines):
        Machine(j=j)
    env.run(sim.inf)
    return book.figures()


def ciw_row(service: Any, buffer: int, parts: int) -> list[float]:
    """Departures of the row without failures: Ciw has none that age with the work. All parts come at time 0."""
    import ciw

    machines = len(service)
    once = [ciw.dists.Sequential([0.0, float("inf")])] + [None] * (machines - 1)
    network = ciw.create_network(
        arrival_distributions=once,
        batching_distributions=[ciw.dists.Deterministic(parts)] + [ciw.dists.Deterministic(1)] * (machines - 1),
        service_distributions=[ciw.dists.Sequential(list(times)) for times in service],
        routing=[[float(i + 1 == j) for j in range(machines)] for i in range(machines)],
        number_of_servers=[1] * machines,
        queue_capacities=[float("inf")] + [buffer] * (machines - 1),
    )
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_customers(parts, method="Finish")
    return sorted(r.exit_date for r in simulation.get_all_records() if r.node == machines)
