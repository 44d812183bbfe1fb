"""Convex pieces of a mesh by CoACD, made once in a process of its own while the user goes on.

Beside `solid.npz` (vertices, faces; m) come to lie `pieces.obj`, or `pieces.failed` with the reason. CoACD: Wei et al.,
Approximate convex decomposition for 3D meshes with collision-aware concavity and tree search, SIGGRAPH 2022.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

THRESHOLD = 0.08
"""Concavity that may stay, by CoACD's measure on a mesh scaled to 2: about 4 % of the machine's size."""
MOST_PIECES = 32
PIECE_VERTICES = 48
SEARCH = {"mcts_iterations": 60, "mcts_nodes": 15, "resolution": 1000, "preprocess_resolution": 40}
"""Finer searches take minutes and save a few per cent of the volume."""

LIMIT_S = 240
"""A mesh that takes longer keeps its convex hull."""

_started: dict[Path, subprocess.Popen[bytes]] = {}


@atexit.register
def _let_go() -> None:
    """What still runs goes on without this process; Popen would complain that nobody waited for it."""
    for child in _started.values():
        if child.poll() is None:
            child.returncode = 0


def state(folder: Path) -> str:
    """done, failed, running or none."""
    if (folder / "pieces.obj").is_file():
        return "done"
    if (folder / "pieces.failed").is_file():
        return "failed"
    return "running" if _alive(folder / "pieces.lock") else "none"


def reason(folder: Path) -> str:
    """Why there are no pieces."""
    with contextlib.suppress(OSError):
        return (folder / "pieces.failed").read_text(encoding="utf-8").strip()
    return ""


def start(folder: Path) -> None:
    """Begin the decomposition, unless it is done or under way."""
    child = _started.get(folder)
    if state(folder) != "none" or (child is not None and child.poll() is None):
        return
    code = "import sys; from layout.files.convex import main; main(sys.argv[1])"
    # one thread and a low priority: the user is at work
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    try:
        _started[folder] = subprocess.Popen(
            [sys.executable, "-c", code, str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env=environment,
        )
    except OSError as trouble:
        _write(folder / "pieces.failed", f"no process could be started: {trouble}")


on_wait: Callable[[], None] | None = None
"""Called once where somebody has to wait: the command line says so."""


def wait(folder: Path) -> str:
    """The state once nothing runs any more."""
    end = time.monotonic() + LIMIT_S + 30
    if on_wait is not None and state(folder) not in ("done", "failed"):
        on_wait()
    while time.monotonic() < end:
        child = _started.get(folder)
        running = state(folder) == "running" or (child is not None and child.poll() is None)
        if not running or state(folder) in ("done", "failed"):
            break
        time.sleep(0.1)
    return state(folder)


def main(folder: str) -> None:
    """Make the pieces of a folder's mesh; to be run in a process of its own."""
    place = Path(folder)
    lock = place / "pieces.lock"
    if not _take(lock):
        return
    try:
        with contextlib.suppress(AttributeError, OSError):
            os.nice(10)
        if hasattr(signal, "alarm"):
            # CoACD is one call into C: nothing but the default action of a signal ends it; the lock then is stale
            _write(place / "pieces.slow", "")
            signal.alarm(LIMIT_S)
        pieces = decompose(place / "solid.npz")
        if hasattr(signal, "alarm"):
            signal.alarm(0)
        rows, count = [], 0
        for number, (vertices, faces) in enumerate(pieces):
            rows.append(f"o piece_{number + 1}")
            rows += [f"v {x:.6g} {y:.6g} {z:.6g}" for x, y, z in vertices]
            rows += [f"f {a} {b} {c}" for a, b, c in faces + count + 1]
            count += len(vertices)
        _write(place / "pieces.obj", "\n".join(rows) + "\n")
    except BaseException as trouble:
        _write(place / "pieces.failed", " ".join(str(trouble).split())[:200] or type(trouble).__name__)
    finally:
        for left in (lock, place / "pieces.slow"):
            with contextlib.suppress(OSError):
                left.unlink()


def decompose(solid: Path) -> list[tuple[Any, Any]]:
    """Convex pieces of a mesh: vertices (n, 3) (m) and faces (m, 3) of each. Raises ValueError where there is none."""
    import coacd
    import numpy as np
    import trimesh

    held = np.load(solid)
    coacd.set_log_level("error")
    found = coacd.run_coacd(
        coacd.Mesh(held["vertices"], held["faces"]),
        threshold=THRESHOLD, max_convex_hull=MOST_PIECES, max_ch_vertex=PIECE_VERTICES, **SEARCH,
    )  # fmt: skip
    size = float(np.ptp(held["vertices"], axis=0).max())
    pieces = []
    for vertices, _ in found:
        points = np.asarray(vertices, dtype=float)
        spread = np.linalg.svd(points - points.mean(axis=0), compute_uv=False) if len(points) > 3 else np.zeros(3)
        if spread[2] > 1e-6 * size:
            hull = trimesh.convex.convex_hull(points)
            pieces.append((np.asarray(hull.vertices), np.asarray(hull.faces)))
    if not pieces:
        raise ValueError("CoACD found no piece with a volume")
    return pieces


def _take(lock: Path) -> bool:
    """Whether this process may work here; a lock whose process has died is taken over."""
    for _ in range(2):
        try:
            handle = os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
        except FileExistsError:
            if _alive(lock):
                return False
            with contextlib.suppress(OSError):
                lock.unlink()
            continue
        except OSError:
            return False
        with os.fdopen(handle, "w") as file:
            file.write(str(os.getpid()))
        return True
    return False


def _alive(lock: Path) -> bool:
    """Whether the process that holds a lock still runs. One that its alarm ended has left word that it is slow."""
    try:
        text = lock.read_text(encoding="utf-8")
        age_s = time.time() - lock.stat().st_mtime
    except OSError:
        return False
    if text.isdigit() and age_s < LIMIT_S + 60:
        if os.name == "nt":
            return True  # there is no signal that only asks
        try:
            os.kill(int(text), 0)
            if not _ended(lock.parent, int(text)):
                return True
        except ProcessLookupError:
            pass
        except OSError:
            return True
    elif not text and age_s < 5:
        return True  # just taken
    if (lock.parent / "pieces.slow").is_file():
        _write(lock.parent / "pieces.failed", f"CoACD crashed, or was stopped after {LIMIT_S} s")
    return False


def _ended(folder: Path, process: int) -> bool:
    """Whether a process was started here and has ended, though nobody has asked for its exit code."""
    child = _started.get(folder)
    return child is not None and child.pid == process and child.poll() is not None


def _write(path: Path, text: str) -> None:
    from layout.files.atomic import write_text

    with contextlib.suppress(OSError):
        write_text(path, text)
