"""Whether parts can walk their routes: machines as nodes, what robots, belts and direct passages offer as edges."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from layout.files.yaml import Key
from layout.model.joins import does, enters, joiners, releasers
from layout.model.library import MachineModel, Model
from layout.model.scenario import ScenarioSpec
from layout.model.transport import Robot, Vehicle

Add = Callable[..., None]


class Network:
    """Which machine hands parts to which, and by what.

    A transport that names an unknown machine, or one whose ports do not suit it, is taken to go wherever it might be
    meant to go: that is reported elsewhere, and would only bring up findings that come of it here.

    edges : machine -> machine -> names of the transports between them
    """

    def __init__(self, spec: ScenarioSpec, models: Mapping[str, Model]) -> None:
        self.spec = spec
        self.models = models
        self.edges: dict[str, dict[str, list[str]]] = {name: {} for name in spec.machines}
        for name, transport in spec.transport.items():
            if isinstance(transport, (Robot, Vehicle)):
                by = "arm" if isinstance(transport, Robot) else "vehicle"
                served = [machine for machine in transport.serves if machine in spec.machines]
                if len(served) < len(transport.serves):
                    served = list(spec.machines)
                for origin in served:
                    for target in served:
                        if self._passes(origin, "out", by) and self._passes(target, "in", by):
                            self._join(origin, target, name)
                continue
            # A direct passage needs no port; it stands for whatever brings the part there.
            origins = [transport.from_] if transport.from_ in spec.machines else list(spec.machines)
            targets = [transport.to] if transport.to in spec.machines else list(spec.machines)
            for origin in origins:
                for target in targets:
                    self._join(origin, target, name)

    def _join(self, origin: str, target: str, transport: str) -> None:
        if origin != target:
            self.edges[origin].setdefault(target, []).append(transport)

    def _passes(self, machine: str, way: str, by: str) -> bool:
        """Whether a machine's model has such a port; models without any for this are reported elsewhere."""
        model = self.models.get(self.spec.machines[machine].model)
        if not isinstance(model, MachineModel) or not any(by in port.by for port in model.ports.values()):
            return True
        return model.port_for("out" if way == "out" else "in", by) is not None

    def steps(self, product: str) -> list[tuple[int, str, set[str]]]:
        """The stops of a product: (route index, label, machines), from where it begins (-1) to where it ends."""
        entry = self.spec.products[product]
        machines = self.spec.machines
        sources = {m for m, e in machines.items() if e.source and entry.source in (None, m)}
        sinks = {m for m, e in machines.items() if e.sink and entry.sink in (None, m)}
        begin = ("source", sources) if enters(self.spec, product) else ("release", releasers(self.spec, product))
        joined = joiners(self.spec, product)
        end = ("join", joined) if joined else ("sink", sinks)
        able = [
            (operation, {m for m, e in machines.items() if does(e, operation, product)}) for operation in entry.route
        ]
        return [(i - 1, label, where) for i, (label, where) in enumerate((begin, *able, end))]

    def reach(self, origins: Iterable[str], targets: set[str]) -> tuple[set[str], set[str]]:
        """Targets that parts get to from the origins, and the transports on the shortest ways there.

        A part that is at a target already stays. Parts may pass other machines, but no saturated source: it never has
        room.
        """
        reached: set[str] = set()
        carriers: set[str] = set()
        for origin in origins:
            if origin in targets:
                reached.add(origin)
                continue
            distance = self._distances(origin)
            back = [target for target in targets if target in distance]
            reached.update(back)
            seen = set(back)
            for here in back:
                for before, onward in self.edges.items():
                    if here in onward and distance.get(before, -2) == distance[here] - 1:
                        carriers.update(onward[here])
                        if before not in seen:
                            seen.add(before)
                            back.append(before)
        return reached, carriers

    def _distances(self, origin: str) -> dict[str, int]:
        """Fewest hops from a machine to each that parts can get to."""
        distance = {origin: 0}
        queue = [origin]
        for here in queue:
            source = self.spec.machines[here].source
            if here != origin and source is not None and source.saturated:
                continue
            for there in self.edges[here]:
                if there not in distance:
                    distance[there] = distance[here] + 1
                    queue.append(there)
        return distance

    def stands(self, product: str) -> tuple[list[set[str]], set[str], dict[tuple[int, str], str]]:
        """How a product goes along its route, parts that are sent back for rework included.

        Gives, for each of `steps`, the machines where parts then stand (all of the step where they get to none); the
        transports on the shortest ways there; and (step, machine) -> operation that it sends parts back from.
        """
        stops = self.steps(product)
        at: list[set[str]] = [set() for _ in stops]
        at[0] |= stops[0][2]
        carriers: set[str] = set()
        back: dict[tuple[int, str], str] = {}
        known = -1
        while known < (known := sum(map(len, at))):
            for k, (_, label, targets) in enumerate(stops[1:], 1):
                reached, used = self.reach(at[k - 1], targets)
                carriers |= used
                at[k] |= reached or targets
                for machine in reached if k < len(stops) - 1 else ():
                    quality = self.spec.machines[machine].quality.get(label)
                    if quality is None or quality.rework is None:
                        continue
                    first = next((j for j in range(k, 0, -1) if stops[j][1] == quality.rework.to), 0)
                    if first:
                        at[first - 1].add(machine)
                        back.setdefault((first, machine), label)
        return at, carriers, back

    def carriers(self, product: str) -> set[str]:
        """Transports that carry a product on the shortest ways along its route."""
        return self.stands(product)[1]

    def visited(self) -> set[str]:
        """Machines that some product can get to and is worked on, enters or leaves at, or passes."""
        seen: set[str] = set()
        for product in self.spec.products:
            seen.update(*self.stands(product)[0])
        for transport in self.spec.transport.values():
            if isinstance(transport, (Robot, Vehicle)):
                seen |= set(transport.stops if isinstance(transport, Vehicle) else transport.serves)
            else:
                seen |= {transport.from_, transport.to}
        return seen


def check_routes(spec: ScenarioSpec, network: Network, add: Add) -> None:
    """Steps of routes that parts cannot go on to from a machine where the step before can take them."""
    for product, entry in spec.products.items():
        stops = network.steps(product)
        stands, _, back = network.stands(product)
        at_label = _ENDS[stops[0][1]]
        for k, (step, label, targets) in enumerate(stops[1:], 1):
            if not stands[k - 1] or not targets:
                break  # no machine, no source or no sink: reported as that
            stuck = {origin for origin in stands[k - 1] if not network.reach([origin], targets)[0]}
            again = {origin for origin in stuck if (k, origin) in back and origin not in stops[k - 1][2]}
            last = step == len(entry.route)
            goal = _ENDS[label] if last else f"'{label}'"
            for origin in sorted(again):
                what = f"nothing brings these parts from {origin} back to {goal} ({_list(targets)})"
                path: tuple[Key, ...] = ("machines", origin, "quality", back[k, origin], "rework", "to")
                add(what, *path, hint=_way_out(network, {origin}))
            if stuck - again:
                path = ("products", product, "route") if last else ("products", product, "route", step)
                what = f"nothing brings parts from {at_label} ({_list(stuck - again)}) to {goal} ({_list(targets)})"
                add(what, *path, value=None if last else label, hint=_way_out(network, stuck - again))
            at_label = f"'{label}'"


def _way_out(network: Network, stuck: set[str]) -> str:
    return f"let a robot serve both, or add a conveyor or a direct passage{_dead_end(network, stuck)}"


_ENDS = {
    "source": "the source", "release": "where it is released", "sink": "the sink", "join": "where it is joined",
}  # fmt: skip


def _dead_end(network: Network, machines: set[str]) -> str:
    """A word on machines that a transport names but whose ports let nothing out."""
    named = set()
    for transport in network.spec.transport.values():
        named |= set(transport.serves if isinstance(transport, (Robot, Vehicle)) else (transport.from_,))
    stuck = sorted(machine for machine in machines if machine in named and not network.edges[machine])
    return f"; the ports of {_list(set(stuck))} let no part out to it" if stuck else ""


def _list(names: set[str]) -> str:
    return ", ".join(sorted(names))
