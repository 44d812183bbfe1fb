"""The terminal, as commands print on it."""

from __future__ import annotations

from typing import Any

from rich.console import Console


class Terminal(Console):
    """A console that takes names for what they are, and lets `layout evaluate ... | head` end quietly."""

    def __init__(self, **options: Any) -> None:
        super().__init__(highlight=False, markup=False, **options)

    def on_broken_pipe(self) -> None:
        """The reader went away: `cli.main` knows what to do, rich would end the program as if it had failed."""
        raise
