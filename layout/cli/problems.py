"""Problems on the terminal: place, finding and hint of each, in the order of the files' lines."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from layout.errors import Problem

if TYPE_CHECKING:
    from rich.console import Console


def print_problems(problems: Sequence[Problem], console: Console | None = None, style: str = "red") -> None:
    """Print problems below each other (default: on stderr), with their number where there are several."""
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    console = console or Console(file=sys.stderr, highlight=False)
    for problem in problems:
        place = ":".join(text for text in (problem.file, str(problem.line) if problem.line else "") if text)
        head = Text()
        if place:
            head.append(place, "bold")
        if problem.where:
            head.append(f"{'  ' if place else ''}{problem.where}", "cyan")
        # one line however long: editors and terminals make file:line a link
        if head:
            console.print(head, soft_wrap=True)
        found = Text(problem.what, style)
        if problem.value:
            found.append(f" (got {problem.value})", "default")
        console.print(Padding(found, (0, 0, 0, 4 if head else 0), expand=False))
        if problem.hint:
            console.print(Padding(Text(f"-> {problem.hint}", "dim"), (0, 0, 0, 4), expand=False))
    if len(problems) > 1:
        kind = "problems" if style == "red" else "warnings"
        console.print(Text(f"\n{len(problems)} {kind}", f"bold {style}"))


def as_data(problem: Problem) -> dict[str, Any]:
    """A problem for JSON."""
    return {
        "file": problem.file,
        "line": problem.line,
        "where": problem.where,
        "what": problem.what,
        "value": problem.value,
        "hint": problem.hint,
    }
