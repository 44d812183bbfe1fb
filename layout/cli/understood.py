"""What a scenario was understood to say: as data, and in tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from layout.model.floor import Place
    from layout.model.line import Line
    from layout.model.scenario import Machine, Product, Scenario, ScenarioSpec


def _stands(spec: ScenarioSpec, name: str, place: Place | None) -> dict[str, str]:
    """Where something stands, in words: by its own place, pinned, or in a group."""
    from layout.files.words import place_words
    from layout.model.floor import Place
    from layout.model.places import grouped

    if name in spec.pins:
        pin = spec.pins[name]
        return place_words(Place.model_construct(x=pin.x, y=pin.y, yaw=pin.yaw))
    if place is not None:
        return place_words(place)
    group = next((group for member, group in grouped(spec).items() if member.startswith(name)), "")
    return {"x": f"in {group}", "y": "", "yaw": ""}


def understood(scenario: Scenario, line: Line) -> dict[str, Any]:
    """What was understood, as JSON-ready data; `line` has every machine that may be bought."""
    from layout.files.words import value_words
    from layout.model.transport import Conveyor, Robot, Vehicle

    spec = scenario.spec
    machines = []
    for name, machine in spec.machines.items():
        machines.append(
            {"name": name, "model": machine.model, "count": value_words(machine.count), "does": _does(machine),
             "buffers": f"{value_words(machine.buffer.in_)} in, {value_words(machine.buffer.out)} out",
             "place": _stands(spec, name, machine.place)}
        )  # fmt: skip
    transports: list[dict[str, Any]] = []
    for name, entry in spec.transport.items():
        if isinstance(entry, Robot):
            how = ", ".join(
                [entry.model]
                + [f"with {entry.tool}"] * (entry.tool is not None)
                + ([f"on a rail of {entry.rail.length_m:g} m"] if entry.rail else [])
                + [f"dispatch {value_words(entry.dispatch)}"]
            )
            between = ", ".join(entry.serves)
        elif isinstance(entry, Conveyor):
            how, between = f"{value_words(entry.speed_m_s)} m/s", f"{entry.from_} -> {entry.to}"
        elif isinstance(entry, Vehicle):
            how = f"{value_words(entry.fleet)} x {entry.model}, dispatch {value_words(entry.dispatch)}"
            between = ", ".join(entry.serves)
        else:
            trips = "" if entry.trips_per_h is None else f"{entry.trips_per_h:g} trips/h"
            times = f"{entry.time_s:g} s" if scenario.spec.products else ""
            how, between = ", ".join(filter(None, (times, trips))), f"{entry.from_} -> {entry.to}"
        transports.append({"name": name, "kind": entry.kind, "between": between, "how": how})
        if isinstance(entry, Robot):
            transports[-1]["place"] = _stands(spec, name, entry.place)
    products = [
        {"name": product.name, "model": spec.products[product.name].model, "mass_kg": product.mass_kg,
         "share": round(product.share, 4), "route": list(product.route), "with": _with(spec.products[product.name])}
        for product in line.products.values()
    ]  # fmt: skip
    free: dict[str, list[str]] = {}
    for variable in scenario.variables:
        free.setdefault(variable.subject, []).append(variable.field)
    return {
        "name": scenario.name,
        "digest": scenario.digest,
        "machines": machines,
        "transport": transports,
        "products": products,
        "people": [
            {
                "name": name,
                "number": value_words(people.number),
                "shift": people.shift or "always",
                "does": [
                    f"{verb} {', '.join(machines)}"
                    for verb, machines in (("run", people.runs), ("repair", people.repairs), ("set up", people.sets_up))
                    if machines
                ],
            }
            for name, people in spec.people.items()
        ],
        "routing": {operation: value_words(rule) for operation, rule in spec.routing.items()},
        "variables": {"count": len(scenario.variables), "of": free},
        "start": scenario.start is not None,
        "objectives": [f"{'maximize' if o.maximize else 'minimize'} {o.measure}" for o in spec.objectives],
        "bound_per_h": _bound(line),
    }


def _does(machine: Machine) -> list[str]:
    """What a machine does, a line for each thing."""
    from layout.files.words import value_words
    from layout.model.distribution import Distribution

    does = [
        f"{operation}: {value_words(times)}"
        if isinstance(times, Distribution)
        else f"{operation}: {', '.join(f'{product} {value_words(time)}' for product, time in times.items())}"
        for operation, times in machine.operations.items()
    ]
    for operation, quality in machine.quality.items():
        again = quality.rework
        said = [f"{100 * quality.scrap:.3g} % scrap"] * (quality.scrap > 0)
        said += [f"{100 * again.share:.3g} % back to {again.to}"] if again else []
        does.append(f"{operation}: {', '.join(said) or 'all good'}")
    if isinstance(machine.setup, Distribution):
        does.append(f"set-up {value_words(machine.setup)}")
    elif machine.setup:
        does += [
            f"set-up from {a} to {b}: {value_words(time)}"
            for a, row in machine.setup.items()
            for b, time in row.items()
        ]
    does += [f"{machine.batch} in a row"] * (machine.batch > 1)
    does += [f"blocking {machine.blocking}"] * (machine.blocking != "after")
    does += [f"shift {machine.shift}"] if machine.shift else []
    if machine.source is not None:
        source = machine.source
        how = f"a part every {value_words(source.arrivals)}" if source.arrivals else f"{len(source.schedule)} orders"
        does.append(f"source: {how}" if source.arrivals or source.schedule else "source")
    return does + ["sink"] * machine.sink


def _with(product: Product) -> list[str]:
    """What is joined to a product and parted from it."""
    said = [f"{operation}: + {number} {other}" for operation, others in product.components.items()
            for other, number in others.items()]  # fmt: skip
    said += [f"{operation}: - {number} {other}" for operation, others in product.releases.items()
             for other, number in others.items()]  # fmt: skip
    return said + ([f"{product.circulates} circulate"] if product.circulates else [])


def _bound(line: Line) -> float:
    """Good parts per hour that no layout of these machines can exceed: moves left out."""
    from layout import flow
    from layout.model.results import Moves

    return float(flow.bound(line, Moves()))


def print_understood(summary: dict[str, Any], console: Any) -> None:
    """Tables of what was understood."""
    from rich.table import Table

    def table(*columns: str, rows: list[list[str]]) -> None:
        made = Table(*columns, box=None, pad_edge=False, header_style="dim")
        for row in rows:
            made.add_row(*row)
        console.print()
        console.print(made)

    free = summary["variables"]["of"]
    start = "a start layout is given" if summary["start"] else "no start layout"
    console.print(f"{summary['name']}: {', then '.join(summary['objectives'])}", style="bold")
    rows = [[m["name"], m["model"], m["count"], "\n".join(m["does"]), m["buffers"]] for m in summary["machines"]]
    table("machine", "model", "count", "does", "buffers", rows=rows)
    rows = [[t["name"], t["kind"], t["between"], t["how"]] for t in summary["transport"]]
    if rows:
        table("transport", "kind", "between", "how", rows=rows)
    rows = [
        [
            p["name"],
            f"{p['mass_kg']:g} kg",
            f"{100 * p['share']:.3g} %",
            "\n".join([" -> ".join(p["route"]), *p["with"]]),
        ]
        for p in summary["products"]
    ]
    if rows:
        table("product", "mass", "share", "route", rows=rows)
    rows = [[p["name"], p["number"], "\n".join(p["does"]), p["shift"]] for p in summary["people"]]
    if rows:
        table("people", "number", "do", "shift", rows=rows)
    if summary["routing"]:
        table("operation", "goes to the machine by", rows=[list(row) for row in summary["routing"].items()])
    standing = [thing for thing in [*summary["machines"], *summary["transport"]] if "place" in thing]
    table("stands at", "x", "y", "yaw", rows=[[t["name"], *t["place"].values()] for t in standing])
    count = summary["variables"]["count"]
    console.print(f"\n{count} design variable{'' if count == 1 else 's'}, {start}")
    for subject, fields in free.items():
        console.print(f"  {subject}: {', '.join(fields)}", style="dim")
    if summary["products"]:
        console.print(f"at most {summary['bound_per_h']:.1f} good parts per hour, by the machines' times alone")
