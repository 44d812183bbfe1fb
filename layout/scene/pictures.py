"""Pictures of a line for people."""

from __future__ import annotations


def picture() -> None: ...
