"""What `layout evaluate --fidelity physics` and `layout prove` share: windows as people write them, tables, files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from layout.errors import LayoutError, Problem
from layout.pipeline import Proven


def window_s(text: str | None) -> float | None:
    """Simulated time (s) of a window; None where nothing is said. Raises LayoutError where it is none."""
    from layout.units import parse

    if text is None:
        return None
    try:
        asked_s = parse(text, "time")
    except ValueError as error:
        raise LayoutError(Problem(str(error), where="--window", value=text)) from None
    if asked_s <= 0:
        raise LayoutError(Problem("a window takes some time", where="--window", value=text, hint="say 10 min"))
    return asked_s


def check_target(path: Path) -> None:
    """Raise LayoutError where no recording can be written to; before anything slow is done."""
    if path.is_dir():
        raise LayoutError(Problem("is a folder, not a file", file=str(path), hint="name a file in it"))
    if not path.parent.is_dir():
        raise LayoutError(Problem("the folder is not there", file=str(path.parent), hint="make it first"))


def cores() -> int:
    """Processes that windows may run on."""
    return os.cpu_count() or 1


def show(evaluation: dict[str, Any], proof: dict[str, Any] | None) -> None:
    """Print tables: the proof's, or what keeps the layout from one."""
    from layout.cli.console import Terminal
    from layout.report.proof import proof_tables
    from layout.report.tables import evaluation_tables

    tables = evaluation_tables(evaluation) if proof is None else proof_tables(proof)
    Terminal().print(*tables, sep="\n")
    if proof is None:
        Terminal().print("Infeasible before any physics, so it was not run as rigid bodies.")


def code(proven: Proven) -> int:
    """Exit code: 0 proved, 1 refused or infeasible."""
    return 0 if proven.proof is not None and proven.proof.proved and proven.evaluation.feasible else 1
