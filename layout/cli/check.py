"""layout check: what is wrong with a scenario, what is odd, and what was understood."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

if TYPE_CHECKING:
    from layout.model.line import Line
    from layout.model.results import Violation
    from layout.model.scenario import Scenario


def check(
    file: Annotated[Path, typer.Argument(help="Scenario file.")],
    draw: Annotated[
        Optional[bool],  # noqa: UP045
        typer.Option(
            "--draw/--no-draw", help="Draw <scenario>.plan.png and <scenario>.3d.png here (default: unless --json)."
        ),
    ] = None,
    picture: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Draw the floor plan to this PNG or SVG file, the 3-D picture beside it.", metavar="PNG"),
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.")] = False,
) -> int:
    """Check a scenario: every error and oddity with its line, and what was understood. Exit code 2 on errors."""
    import json
    from dataclasses import asdict

    from layout.cli.problems import as_data, print_problems
    from layout.errors import LayoutError
    from layout.files.scenario import check_scenario

    try:
        scenario, odd = check_scenario(file)
    except LayoutError as error:
        if not json_:
            raise
        problems = [as_data(problem) for problem in error.problems]
        typer.echo(json.dumps({"valid": False, "problems": problems, "warnings": []}, indent=2))
        return 2
    summary = _summary(scenario)
    wanted = not json_ if draw is None else draw
    target = picture or (Path(f"{file.stem}.plan.png") if wanted else None)
    line = _line(scenario)
    violations = _violations(line)
    summary["violations"] = [asdict(violation) for violation in violations]
    summary["pictures"] = []
    if target is not None:
        solid = target.with_name(f"{target.stem.removesuffix('.plan')}.3d.png")
        summary["pictures"] = [str(path) for path in _draw(line, violations, target, solid)]
    if json_:
        warnings = [as_data(problem) for problem in odd]
        typer.echo(json.dumps({"valid": True, "problems": [], "warnings": warnings, **summary}, indent=2))
        return 0
    from layout.cli.console import Terminal

    console = Terminal()
    _print(summary, console)
    if odd:
        console.print()
        print_problems(odd, console, "yellow")
    console.print()
    for number, violation in enumerate(violations, start=1):
        console.print(f"{number}  {violation}", style="yellow", soft_wrap=True)
    if violations:
        where = "the start layout" if scenario.start is not None or not scenario.variables else "machines side by side"
        count = "1 rule is" if len(violations) == 1 else f"{len(violations)} rules are"
        console.print(f"{count} broken by {where}", style="yellow", soft_wrap=True)
    for path in summary["pictures"]:
        console.print(f"picture: {path}", soft_wrap=True)
    return 0


def _line(scenario: Scenario, *, most: bool = False) -> Line:
    """The line as the start has it; where there is none, machines packed along the flow.

    most : all machines that may be bought stand there
    """
    from layout.model.line import Layout
    from layout.model.quantities import Range
    from layout.model.realise import realise

    if scenario.variables and scenario.start is None and not most:
        from layout.search.sampler import LayoutSampler

        return realise(scenario, LayoutSampler(scenario, scenario.spec.time.seed).packing())
    values: dict[str, Any] = {}
    for variable in scenario.variables:
        domain = variable.domain
        values[variable.name] = (domain.low + domain.high) / 2 if isinstance(domain, Range) else domain.options[0]
    values |= scenario.start or {}
    if most:
        for variable in scenario.variables:
            if variable.field == "count" and not isinstance(variable.domain, Range):
                values[variable.name] = max(variable.domain.options)
    return realise(scenario, Layout(values))


def _violations(line: Line) -> tuple[Violation, ...]:
    """Every rule that a line breaks, each judged in full."""
    from layout import feasibility
    from layout.scene import Scene

    with Scene() as scene:
        return feasibility.check(line, scene, everything=True)


def _draw(line: Line, violations: Sequence[Violation], flat: Path, solid: Path) -> tuple[Path, Path]:
    """Draw a line's floor plan and its 3-D picture with every violation in red."""
    from layout.report.pictures import shown_moves
    from layout.report.plan import draw_line
    from layout.scene import picture

    moves = shown_moves(line)
    draw_line(line, flat, moves=moves, violations=violations)
    picture(line, moves, solid, violations=violations)
    return flat, solid


def _summary(scenario: Scenario) -> dict[str, Any]:
    """What was understood, as JSON-ready data."""
    from layout.files.words import place_words, value_words
    from layout.model.distribution import Distribution
    from layout.model.scenario import Conveyor, Robot, Vehicle

    spec, line = scenario.spec, _line(scenario, most=True)
    machines = []
    for name, machine in spec.machines.items():
        does = [
            f"{operation}: {value_words(times)}"
            if isinstance(times, Distribution)
            else f"{operation}: {', '.join(f'{product} {value_words(time)}' for product, time in times.items())}"
            for operation, times in machine.operations.items()
        ]
        does += ["source"] * (machine.source is not None) + ["sink"] * machine.sink
        machines.append(
            {"name": name, "model": machine.model, "count": value_words(machine.count), "does": does,
             "buffers": f"{value_words(machine.buffer.in_)} in, {value_words(machine.buffer.out)} out",
             "place": place_words(machine.place)}
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
            how, between = f"{entry.time_s:g} s", f"{entry.from_} -> {entry.to}"
        transports.append({"name": name, "kind": entry.kind, "between": between, "how": how})
        if isinstance(entry, Robot):
            transports[-1]["place"] = place_words(entry.place)
    products = [
        {"name": product.name, "model": spec.products[product.name].model, "mass_kg": product.mass_kg,
         "share": round(product.share, 4), "route": list(product.route)}
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
        "variables": {"count": len(scenario.variables), "of": free},
        "start": scenario.start is not None,
        "objectives": [f"{'maximize' if o.maximize else 'minimize'} {o.measure}" for o in spec.objectives],
        "bound_per_h": _bound(line),
    }


def _bound(line: Line) -> float:
    """Good parts per hour that no layout of these machines can exceed: moves left out."""
    from layout import flow
    from layout.model.results import Moves

    return float(flow.bound(line, Moves()))


def _print(summary: dict[str, Any], console: Any) -> None:
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
        [p["name"], f"{p['mass_kg']:g} kg", f"{100 * p['share']:.3g} %", " -> ".join(p["route"])]
        for p in summary["products"]
    ]
    table("product", "mass", "share", "route", rows=rows)
    standing = [thing for thing in [*summary["machines"], *summary["transport"]] if "place" in thing]
    table("stands at", "x", "y", "yaw", rows=[[t["name"], *t["place"].values()] for t in standing])
    console.print(f"\n{summary['variables']['count']} design variables, {start}")
    for subject, fields in free.items():
        console.print(f"  {subject}: {', '.join(fields)}", style="dim")
    console.print(f"at most {summary['bound_per_h']:.1f} good parts per hour, by the machines' times alone")
