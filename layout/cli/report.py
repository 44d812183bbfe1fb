"""`layout report`: a run folder's HTML report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def report(run: Annotated[Path, typer.Argument(help="a folder that 'layout optimize --out' wrote")]) -> None:
    """Write report.html and its figures into a run folder, and print the page's path."""
    from layout.report.pictures import write_pictures
    from layout.report.run import write_report

    if (run / "scenario.yaml").exists() and (run / "best.yaml").exists() and not (run / "best.png").exists():
        write_pictures(run)
    typer.echo(write_report(run))
