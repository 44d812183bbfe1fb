"""Where the project keeps what it has once worked out, on the user's disk."""

from __future__ import annotations

import functools
import os
import tempfile
from pathlib import Path


def place(kind: str) -> Path:
    """Where the cache of this kind (`models`, `kernel`, ...) belongs; RuntimeError where there is no home folder."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "line-layout" / kind


def folder(kind: str) -> Path:
    """The folder itself, which can be written to; where that is not possible, one that lasts as long as this process's
    temporary files."""
    try:
        found = place(kind)
        found.mkdir(parents=True, exist_ok=True)
        if os.access(found, os.W_OK):
            return found
    except (OSError, RuntimeError):
        pass
    return _temporary(kind)


@functools.cache
def _temporary(kind: str) -> Path:
    return Path(tempfile.mkdtemp(prefix=f"line-layout-{kind}-"))
