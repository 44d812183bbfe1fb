"""layout check: what is wrong with a scenario, what is odd, and what was understood."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

if TYPE_CHECKING:
    from layout.model.line import Line
    from layout.model.results import Violation


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

    from layout.cli.misfits import line_of, misfits
    from layout.cli.problems import as_data, print_problems
    from layout.cli.understood import print_understood, understood
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
    largest = line_of(scenario, most=True)
    odd = (*odd, *misfits(largest, file))
    summary = understood(scenario, largest)
    wanted = not json_ if draw is None else draw
    target = picture or (Path(f"{file.stem}.plan.png") if wanted else None)
    line = line_of(scenario)
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
    print_understood(summary, console)
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
