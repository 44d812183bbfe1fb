"""layout import: problems that others published, as scenarios."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Optional

import typer


def import_(
    kind: Annotated[
        Literal["flp"], typer.Argument(help="flp: a machine-layout instance (n; n sizes; n x n flows).", metavar="flp")
    ],
    file: Annotated[Path, typer.Argument(help="File to read.")],
    out: Annotated[Optional[Path], typer.Option(help="Scenario to write (default: <name>.yaml here).")] = None,  # noqa: UP045
) -> None:
    """Turn a published machine-layout instance into a scenario. Exit code 2 where the file is wrong."""
    import json

    from layout.errors import Problem, ScenarioError
    from layout.files.atomic import write_text
    from layout.files.flp import read_flp, scenario_text

    instance = read_flp(file)
    path = out or Path(f"{file.stem}.yaml")
    if path.exists():
        raise ScenarioError(Problem("there is such a file already", file=str(path), hint="choose another --out"))
    if not path.parent.is_dir():
        raise ScenarioError(Problem("there is no such folder", file=str(path.parent), hint="make it first"))
    write_text(path, scenario_text(instance, json.dumps(path.stem)))
    n, pairs = len(instance.size), int((instance.flow > 0).sum()) // 2
    typer.echo(f"Wrote {path}: {n} machines, {pairs} pairs with flow. Next: layout optimize {path}")
