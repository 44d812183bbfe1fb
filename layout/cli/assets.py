"""layout assets: the models of the library."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

KINDS = {"machine": "Machines and stations", "arm": "Arms", "tool": "Tools", "vehicle": "Vehicles", "part": "Parts"}


def assets(
    sheet: Annotated[
        Path | None, typer.Option("--sheet", metavar="FILE.png", help="Write a picture of every model to this file.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.")] = False,
) -> None:
    """List the library: machines, arms, tools, vehicles and parts, their size, ports and what they carry."""
    import json

    from layout.errors import AssetError
    from layout.files.assets import library_folder, model_names, read_model

    loaded: list[Any] = []
    broken: list[Any] = []
    for name in model_names():
        try:
            loaded.append(read_model(name, library_folder()))
        except AssetError as error:
            broken += error.problems
    rows = [_row(model) for model in loaded]
    if sheet is not None:
        _draw(loaded, rows, sheet)
    if json_:
        typer.echo(json.dumps(rows, indent=2))
    else:
        _print(rows)
        if sheet is not None:
            typer.echo(f"contact sheet: {sheet}")
    if broken:
        raise AssetError(broken)


def _kind(model: Any) -> str:
    return type(model).__name__.removesuffix("Model").lower()


def _row(loaded: Any) -> dict[str, Any]:
    from layout.model.library import ArmModel, MachineModel, ToolModel, VehicleModel

    model = loaded.model
    row = {
        "name": model.name,
        "kind": _kind(model),
        "size_m": [round(value, 3) for value in loaded.size_m],
        "description": model.description,
        "source": model.source,
    }
    if isinstance(model, MachineModel):
        row["ports"] = {port.name: {"kind": port.kind, "by": list(port.by)} for port in model.ports.values()}
        row["axes"] = [axis.name for axis in model.axes]
    elif isinstance(model, ArmModel):
        row |= {
            "payload_kg": model.payload_kg,
            "tool": model.tool.name if model.tool else None,
            "tool_mass_kg": model.tool.mass_kg if model.tool else model.tool_mass_kg,
            "reach_m": model.reach_m,
        }
    elif isinstance(model, ToolModel):
        row |= {"mass_kg": model.mass_kg, "grip_s": model.grip_s}
    elif isinstance(model, VehicleModel):
        row |= {"payload_kg": model.payload_kg, "speed_m_s": model.speed_m_s}
    else:
        row["mass_kg"] = model.mass_kg
    return row


def _carries(row: dict[str, Any]) -> str:
    """Ports and axes of a machine, load of an arm or a vehicle, mass of a tool or a part."""
    if row["kind"] == "machine":
        ports = [f"{name} ({port['kind']}, {'/'.join(port['by'])})" for name, port in row["ports"].items()]
        return ", ".join([*ports, *(["moves: " + ", ".join(row["axes"])] if row["axes"] else [])])
    if row["kind"] == "arm":
        return f"{row['payload_kg'] - row['tool_mass_kg']:g} kg within {row['reach_m']:g} m"
    if row["kind"] == "vehicle":
        return f"{row['payload_kg']:g} kg at {row['speed_m_s']:g} m/s"
    if row["kind"] == "tool":
        return f"{row['mass_kg']:g} kg, grips in {row['grip_s']:g} s"
    return f"{row['mass_kg']:g} kg"


def _draw(loaded: list[Any], rows: list[dict[str, Any]], path: Path) -> None:
    from layout.scene.sheet import Entry, contact_sheet

    order = list(KINDS)
    pairs = sorted(zip(loaded, rows, strict=True), key=lambda pair: (order.index(pair[1]["kind"]), pair[1]["name"]))
    entries = []
    for item, row in pairs:
        if row["kind"] == "machine":
            by = sorted({name for port in item.model.ports.values() for name in port.by} - {"direct"})
            text = ("served by " + ", ".join(by)) if by else "no hand-over"
            text += f"; moves: {', '.join(row['axes'])}" if row["axes"] else ""
        else:
            text = _carries(row)
        entries.append(Entry(KINDS[row["kind"]], item.model, item.size_m, text))
    contact_sheet(entries, path)


def _print(rows: list[dict[str, Any]]) -> None:
    from rich.table import Table

    from layout.cli.console import Terminal

    table = Table(box=None, pad_edge=False)
    table.add_column("model", no_wrap=True, style="bold")
    table.add_column("kind")
    table.add_column("size (m)", no_wrap=True)
    table.add_column("ports, or what it carries")
    console = Terminal()
    wide = console.width >= 120
    if wide:
        table.add_column("description")
    order = list(KINDS)
    for row in sorted(rows, key=lambda row: (order.index(row["kind"]), row["name"])):
        size = " x ".join(f"{value:.2f}" for value in row["size_m"])
        table.add_row(row["name"], row["kind"], size, _carries(row), *([row["description"]] if wide else []))
    console.print(table)
