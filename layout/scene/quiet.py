"""Imports the physics engine before anything else does, without the line that its C library prints to stderr."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator

NOISE = b"pybullet build time"


@contextlib.contextmanager
def _without(noise: bytes) -> Iterator[None]:
    """Hold back what is written to the process's stderr inside, and pass on all but the lines that begin so."""
    try:
        kept = os.dup(2)
    except OSError:  # no stderr at all: nothing to hold back
        yield
        return
    if sys.stderr is not None:
        sys.stderr.flush()
    with tempfile.TemporaryFile() as caught:
        os.dup2(caught.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            caught.seek(0)
            rest = b"".join(line for line in caught if not line.startswith(noise))
            with contextlib.suppress(OSError):
                os.write(2, rest)


if "pybullet" not in sys.modules:
    with _without(NOISE):
        import pybullet  # noqa: F401


@contextlib.contextmanager
def python_only() -> Iterator[None]:
    """Let only Python write to the terminal inside: the engine's window and the graphics driver chatter on stdout."""
    try:
        sys.stdout.flush()
        kept = os.dup(1)
    except (OSError, ValueError, AttributeError):
        yield
        return
    before, null = sys.stdout, os.open(os.devnull, os.O_WRONLY)
    mine = os.fdopen(os.dup(kept), "w", buffering=1, encoding=getattr(before, "encoding", None) or "utf-8")
    os.dup2(null, 1)
    try:
        sys.stdout = mine
        yield
    finally:
        sys.stdout = before
        os.dup2(kept, 1)
        mine.close()
        for handle in (kept, null):
            os.close(handle)
