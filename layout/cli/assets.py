"""layout assets: the models of the library."""

from __future__ import annotations

from typing import Annotated, Any

import typer


def assets(json_: Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.")] = False) -> None:
    """List the library: machines, arms and parts, their size, ports and what they carry."""
    import json

    from layout.errors import AssetError
    from layout.files.assets import library_folder, model_names, read_model

    rows: list[dict[str, Any]] = []
    broken: list[Any] = []
    for name in model_names():
        try:
            rows.append(_row(read_model(name, library_folder())))
        except AssetError as error:
            broken += error.problems
    if json_:
        typer.echo(json.dumps(rows, indent=2))
    else:
        _print(rows)
    if broken:
        raise AssetError(broken)


def _row(loaded: Any) -> dict[str, Any]:
    from layout.model.library import ArmModel, MachineModel

    model = loaded.model
    row = {
        "name": model.name,
        "kind": "machine" if isinstance(model, MachineModel) else "arm" if isinstance(model, ArmModel) else "part",
        "size_m": [round(value, 3) for value in loaded.size_m],
        "description": model.description,
        "source": model.source,
    }
    if isinstance(model, MachineModel):
        row["ports"] = {port.name: {"kind": port.kind, "by": list(port.by)} for port in model.ports.values()}
    elif isinstance(model, ArmModel):
        row |= {"payload_kg": model.payload_kg, "tool_mass_kg": model.tool_mass_kg, "reach_m": model.reach_m}
    else:
        row["mass_kg"] = model.mass_kg
    return row


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
    order = {"machine": 0, "arm": 1, "part": 2}
    for row in sorted(rows, key=lambda row: (order[row["kind"]], row["name"])):
        if row["kind"] == "machine":
            carries = ", ".join(
                f"{name} ({port['kind']}, {'/'.join(port['by'])})" for name, port in row["ports"].items()
            )
        elif row["kind"] == "arm":
            payload = row["payload_kg"] - row["tool_mass_kg"]
            carries = f"{payload:g} kg within {row['reach_m']:g} m"
        else:
            carries = f"{row['mass_kg']:g} kg"
        size = " x ".join(f"{value:.2f}" for value in row["size_m"])
        table.add_row(row["name"], row["kind"], size, carries, *([row["description"]] if wide else []))
    console.print(table)
