"""Physical runs made before, on disk in the user's cache folder: proving the same layout again takes no time.

A run is found by its content: scenario, layout, seed, replication, simulated time, and the code that would make it.
Whatever is wrong with what lies there, the run is made again. Nothing in it is code.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import zlib
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from layout.errors import LayoutError
from layout.files.atomic import write_bytes
from layout.files.plain import from_plain, to_plain
from layout.files.recording import Recording, read_recording, write_recording
from layout.model.line import Layout
from layout.model.physical import PhysicalRun
from layout.model.scenario import Scenario
from layout.motion import cache

MOST_BYTES = 256 * 1024 * 1024
"""Size of the store; the files longest unused go first."""
_PACKAGES = ("pybullet", "numpy", "numba", "ruckig")


def key(scenario: Scenario, candidate: Layout, seed: int, replication: int, until_s: float) -> str:
    """Digest of all that a physical run hangs on."""
    values = sorted((name, repr(value)) for name, value in candidate.values.items())
    told = json.dumps([scenario.digest, values, seed, replication, until_s.hex(), _code()])
    return hashlib.sha256(told.encode()).hexdigest()


def load(name: str, record: bool) -> tuple[PhysicalRun, Recording | None] | None:
    """The run of that key with its recording, if that is wanted; None where either is not there."""
    where = _folder()
    if where is None:
        return None
    path, film = where / f"{name}.json.z", where / f"{name}.rec"
    try:
        run = from_plain(PhysicalRun, json.loads(zlib.decompress(path.read_bytes())))
        recording = read_recording(film) if record else None
        os.utime(path)
    except (OSError, zlib.error, ValueError, TypeError, KeyError, StopIteration, LayoutError):
        return None
    return run, recording


def keep(name: str, run: PhysicalRun, recording: Recording | None) -> None:
    """Put a run there; where that can't be done it is not kept."""
    where = _folder()
    if where is None:
        return
    with contextlib.suppress(OSError):
        where.mkdir(parents=True, exist_ok=True)
        if recording is not None:
            write_recording(recording, where / f"{name}.rec")
        write_bytes(where / f"{name}.json.z", zlib.compress(json.dumps(to_plain(run)).encode(), 6))
        _prune(where)


def _folder() -> Path | None:
    """Beside the store of planned moves; None where there is to be none."""
    try:
        found = cache.folder()
    except RuntimeError:  # no home folder
        return None
    if found is None:
        return None
    return (found if cache.FOLDER in os.environ else found.parent) / "rollout"


def _prune(where: Path) -> None:
    total = 0
    for path in sorted(where.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True):
        total += path.stat().st_size
        if total > MOST_BYTES:
            path.unlink()


@lru_cache(maxsize=1)
def _code() -> str:
    """Digest of this program and the versions of what it computes with."""
    digest = hashlib.sha256()
    here = Path(__file__).parents[1]
    for path in sorted(here.rglob("*.py")):
        digest.update(path.relative_to(here).as_posix().encode() + path.read_bytes())
    for name in _PACKAGES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            digest.update(f"{name} {metadata.version(name)}".encode())
    return digest.hexdigest()
