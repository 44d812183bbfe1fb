"""What is made once from a person's mesh and kept: a folder for each mesh and setting, bounded in size."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from pathlib import Path

from layout import caches

LIMIT_BYTES = 500_000_000
"""Beyond this the entries that nobody used for longest go."""
YOUNG_S = 3600.0
"""Entries used within this time stay whatever the size: some process may be reading them."""


def cache_folder() -> Path:
    """The user's cache for models."""
    return caches.folder("models")


def entry(key: str) -> Path:
    """The folder of one entry, whether it is there yet or not; marked as used now."""
    home = cache_folder() / key
    with contextlib.suppress(OSError):
        os.utime(home)
    return home


def fill(key: str, made: Path) -> Path:
    """Move a finished folder into the cache (another process may have been faster); make room for it first."""
    target = cache_folder() / key
    prune(LIMIT_BYTES)
    try:
        made.rename(target)
    except OSError:
        if not target.is_dir():
            raise
        shutil.rmtree(made, ignore_errors=True)
    return target


def workshop() -> Path:
    """A new empty folder beside the entries, to make one in."""
    return Path(tempfile.mkdtemp(prefix=".new-", dir=cache_folder()))


def prune(limit_bytes: int) -> None:
    """Remove the entries used longest ago until the rest is no larger than this; also what was left half-made."""
    now, total = time.time(), 0
    found = []
    for home in cache_folder().iterdir():
        with contextlib.suppress(OSError):
            used = home.stat().st_mtime
            size = sum(path.stat().st_size for path in home.rglob("*") if path.is_file())
            found.append((used, size, home))
    for used, size, home in sorted(found, key=lambda item: item[0], reverse=True):
        total += size
        old = now - used > YOUNG_S
        if old and (total > limit_bytes or home.name.startswith(".new-")):
            shutil.rmtree(home, ignore_errors=True)
            total -= size
