"""Where robots and vehicles go of themselves: cycles, parking places and chargers of a scenario."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from layout.files.yaml import did_you_mean
from layout.model.library import MachineModel, Model
from layout.model.quantities import Choose
from layout.model.scenario import ScenarioSpec
from layout.model.transport import Robot, Vehicle

Add = Callable[..., None]


def check_transports(spec: ScenarioSpec, add: Add) -> None:
    """Note cycles that cannot be, and machines for parking and charging that are not there."""
    for name, transport in spec.transport.items():
        if isinstance(transport, (Robot, Vehicle)):
            _cycle(spec, name, transport, add)
        if isinstance(transport, Vehicle):
            for path, machine in _stops(name, transport):
                if machine not in spec.machines:
                    hint = did_you_mean(machine, spec.machines, "machines")
                    add("no machine of that name", *path, value=machine, hint=hint)


def check_stops(spec: ScenarioSpec, models: Mapping[str, Model], add: Add) -> None:
    """Note machines for parking and charging that vehicles cannot dock at."""
    for name, transport in spec.transport.items():
        for path, machine in _stops(name, transport) if isinstance(transport, Vehicle) else ():
            model = models.get(spec.machines[machine].model) if machine in spec.machines else None
            if isinstance(model, MachineModel) and not any("vehicle" in port.by for port in model.ports.values()):
                hint = f"give {model.name} a port `by: [vehicle]`, or name a machine that has one"
                add("this machine has no port for a vehicle", *path, value=machine, hint=hint)


def _stops(name: str, vehicle: Vehicle) -> Iterable[tuple[tuple[str, ...], str]]:
    if vehicle.parking is not None:
        yield ("transport", name, "parking"), vehicle.parking
    if vehicle.battery is not None:
        yield ("transport", name, "battery", "charger"), vehicle.battery.charger


def _cycle(spec: ScenarioSpec, name: str, crew: Robot | Vehicle, add: Add) -> None:
    rules = crew.dispatch.options if isinstance(crew.dispatch, Choose) else (crew.dispatch,)
    if "cycle" in rules and not crew.cycle:
        hint = f"add `cycle: [{', '.join(crew.serves[:2])}, ...]`: the machines it takes parts from, in turn"
        add("a cycle needs the machines it goes round", "transport", name, "dispatch", value="cycle", hint=hint)
    if crew.cycle and "cycle" not in rules:
        hint = "add `dispatch: cycle`, or take the cycle out"
        add("has no effect with this dispatch rule", "transport", name, "cycle", value=", ".join(map(str, rules)),
            hint=hint)  # fmt: skip
    for i, machine in enumerate(crew.cycle):
        here = ("transport", name, "cycle", i)
        if machine not in crew.serves:
            hint = did_you_mean(machine, crew.serves, "machines that it serves")
            add("is not served", *here, value=machine, hint=hint)
        elif machine in spec.machines and spec.machines[machine].sink and not spec.machines[machine].source:
            add("no part is taken from a sink", *here, value=machine, hint="name machines that parts are taken from")
