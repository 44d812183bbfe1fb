"""What has been worked out before: in memory, and on disk for other processes and later runs.

The disk holds one SQLite file in the user's cache folder, shared by all processes. It is a convenience: whatever is
wrong with it (locked, full, torn, of another version), the answer is worked out again. Nothing in it is code.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import time
import zlib
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from layout import caches
from layout.motion import tours
from layout.motion.around import Blocked
from layout.motion.cell import Cell
from layout.motion.lines import Line
from layout.motion.tours import Stop, Tour
from layout.motion.trajectory import Way

MOST_TOURS = 512
"""Tours kept in memory: some 30 kB each."""

MOST_BYTES = 256 * 1024 * 1024
"""Size of the disk's store; the entries longest unused go first."""

FOLDER = "LINE_LAYOUT_CACHE"
"""Environment variable: another folder for the store, or empty for none."""

_HEADER = b"tour1"


@dataclass
class CacheInfo:
    """Counts since the process began (or `clear`): tours asked for, and where each was found.

    computed : worked out anew; moves : single moves checked or planned for those
    """

    memory: int = 0
    disk: int = 0
    computed: int = 0
    moves: int = 0
    entries: int = 0


_info = CacheInfo()
_memory: OrderedDict[tuple[bytes, tuple[Stop, ...], bytes, bytes], Tour] = OrderedDict()
_store: tuple[int, Path, Store | None] | None = None


def tour(cell: Cell, stops: tuple[Stop, ...], loaded: bytes, empty: bytes) -> Tour:
    """`tours.tour`, worked out once. loaded, empty : (p, p) int64 counts as bytes."""
    key = (cell.key, stops, loaded, empty)
    found = _memory.get(key)
    if found is not None:
        _memory.move_to_end(key)
        _info.memory += 1
        return found
    name, store = _name(key), None
    if cell.surroundings is not None:  # without checks a tour is worked out sooner than it is read
        store = _disk()
        found = store.get(name, cell.chain.dof, len(stops)) if store is not None else None
    if found is not None:
        _info.disk += 1
    else:
        p = len(stops)
        counts = (np.frombuffer(table, np.int64).reshape(p, p).astype(float) for table in (loaded, empty))
        before = tours.COUNTS.moves
        found = tours.tour(cell, stops, *counts)
        _info.computed += 1
        _info.moves += tours.COUNTS.moves - before
        if store is not None:
            store.put(name, pack(found))
    _memory[key] = found
    if len(_memory) > MOST_TOURS:
        _memory.popitem(last=False)
    return found


def info() -> CacheInfo:
    """Counts so far."""
    return CacheInfo(_info.memory, _info.disk, _info.computed, _info.moves, len(_memory))


def clear() -> None:
    """Forget what is in memory and begin to count anew; the disk keeps what it has."""
    global _info, _store
    _memory.clear()
    _info = CacheInfo()
    if _store is not None and _store[2] is not None and _store[0] == os.getpid():
        _store[2].close()
    _store = None


@lru_cache(maxsize=1)
def _version() -> bytes:
    """Digest of the code that makes tours: what another version stored is not found."""
    digest = hashlib.sha256(_HEADER)
    here = Path(__file__).parent
    for path in sorted(here.rglob("*.py")):
        try:
            digest.update(path.relative_to(here).as_posix().encode() + path.read_bytes())
        except OSError:
            continue
    return digest.digest()


def _name(key: tuple[bytes, tuple[Stop, ...], bytes, bytes]) -> bytes:
    cell, stops, loaded, empty = key
    digest = hashlib.sha256(_version())
    for part in (cell, repr(stops).encode(), loaded, empty):
        digest.update(len(part).to_bytes(4, "little") + part)
    return digest.digest()


# ---------------------------------------------------------------- the store


def folder() -> Path | None:
    """Where the store lies; None where there is to be none."""
    given = os.environ.get(FOLDER)
    if given is not None:
        return Path(given).expanduser() if given else None
    return caches.place("motion")


def _disk() -> Store | None:
    """This process's store; a forked process opens its own."""
    global _store
    try:
        wanted = folder()
    except RuntimeError:  # no home folder
        return None
    if wanted is None:
        return None
    if _store is None or _store[0] != os.getpid() or _store[1] != wanted:
        _store = (os.getpid(), wanted, Store.open(wanted))
    return _store[2]


class Store:
    """Tours on disk, by key. Every method gives up quietly where the disk will not."""

    def __init__(self, connection: sqlite3.Connection, most_bytes: int) -> None:
        self._db, self._most = connection, most_bytes
        self._written = 0

    @classmethod
    def open(cls, folder: Path, most_bytes: int = MOST_BYTES) -> Store | None:
        """The store in a folder, made if need be; one that is torn is begun anew."""
        path = folder / "tours.sqlite"
        for attempt in range(2):
            try:
                folder.mkdir(parents=True, exist_ok=True)
                db = sqlite3.connect(path, timeout=2.0, isolation_level=None, check_same_thread=False)
                db.execute("pragma journal_mode = wal")
                db.execute("pragma synchronous = off")
                db.execute(
                    "create table if not exists tours"
                    " (key blob primary key, used integer not null, size integer not null, data blob not null)"
                )
                db.execute("create index if not exists by_use on tours (used)")
                store = cls(db, most_bytes)
                store.shrink()
                return store
            except sqlite3.OperationalError:
                return None
            except sqlite3.DatabaseError:  # no database, or a torn one
                if attempt:
                    return None
                for name in ("tours.sqlite", "tours.sqlite-wal", "tours.sqlite-shm"):
                    (folder / name).unlink(missing_ok=True)
            except OSError:
                return None
        return None

    def get(self, key: bytes, dof: int, stops: int) -> Tour | None:
        """A tour, None where there is none, or none that can be read."""
        try:
            row = self._db.execute("select data, used from tours where key = ?", (key,)).fetchone()
            if row is None:
                return None
            found = unpack(bytes(row[0]), dof, stops)
            if found is None:
                self._db.execute("delete from tours where key = ?", (key,))
            elif _now() - int(row[1]) > 3600:
                self._db.execute("update tours set used = ? where key = ?", (_now(), key))
            return found
        except (sqlite3.Error, OSError):
            return None

    def put(self, key: bytes, data: bytes) -> None:
        """Keep a tour."""
        try:
            self._db.execute("insert or replace into tours values (?, ?, ?, ?)", (key, _now(), len(data), data))
            self._written += len(data)
            if self._written > self._most // 16:
                self.shrink()
        except (sqlite3.Error, OSError):
            return

    def shrink(self) -> None:
        """Let the entries go that were not used for longest, until the rest is small enough."""
        self._written = 0
        over = self.size_bytes() - self._most
        if over <= 0:
            return
        over += self._most // 8
        freed, gone = 0, []
        for key, size in self._db.execute("select key, size from tours order by used, rowid"):
            gone.append((key,))
            freed += size
            if freed >= over:
                break
        self._db.execute("begin immediate")
        self._db.executemany("delete from tours where key = ?", gone)
        self._db.execute("commit")
        self._db.execute("vacuum")

    def size_bytes(self) -> int:
        """Bytes of all entries."""
        return int(self._db.execute("select coalesce(sum(size), 0) from tours").fetchone()[0])

    def close(self) -> None:
        """Let the file go."""
        self._db.close()


def _now() -> int:
    return int(time.time())


# ---------------------------------------------------------------- tours as bytes


def pack(tour: Tour) -> bytes:
    """A tour as bytes: a header in JSON, then arrays of float64, guarded by a checksum."""
    keys = sorted(tour.ways)
    arrays = [tour.approach, tour.handover, tour.line_s, tour.move_s, tour.way_m]
    arrays += [line.angles for line in tour.lines]
    for key in keys:
        arrays += [tour.ways[key].points, tour.ways[key].speeds]
    head = {
        "shapes": [list(array.shape) for array in arrays],
        "lines": [line.way_m for line in tour.lines],
        "ways": [list(key) for key in keys],
        "blocked": [[b.first, b.second, b.amount_m, b.thing, b.link] for b in tour.blocked],
    }
    text = json.dumps(head, separators=(",", ":")).encode()
    body = len(text).to_bytes(4, "little") + text + b"".join(np.ascontiguousarray(a, "<f8").tobytes() for a in arrays)
    return _HEADER + zlib.crc32(body).to_bytes(4, "little") + body


def unpack(data: bytes, dof: int, stops: int) -> Tour | None:
    """The tour again; None where the bytes are not those of a tour of that many joints and stops."""
    start = len(_HEADER) + 4
    body = data[start:]
    if data[: len(_HEADER)] != _HEADER or zlib.crc32(body).to_bytes(4, "little") != data[len(_HEADER) : start]:
        return None
    try:
        size = int.from_bytes(body[:4], "little")
        head: Mapping[str, Any] = json.loads(body[4 : 4 + size])
        at, arrays = 4 + size, []
        for shape in head["shapes"]:
            count = int(np.prod(shape))
            arrays.append(np.frombuffer(body, "<f8", count, at).reshape(shape).copy())
            at += 8 * count
        approach, handover, line_s, move_s, way_m = arrays[:5]
        if at != len(body) or approach.shape != (stops, dof) or move_s.shape != (2, stops, stops):
            return None
        lines = tuple(Line(a, float(w)) for a, w in zip(arrays[5 : 5 + stops], head["lines"], strict=True))
        rest = iter(arrays[5 + stops :])
        ways = {(int(s), int(a), int(b)): Way(next(rest), next(rest)) for s, a, b in head["ways"]}
        blocked = tuple(Blocked(int(i), int(j), float(m), str(t), str(k)) for i, j, m, t, k in head["blocked"])
    except (ValueError, KeyError, TypeError, IndexError, StopIteration):
        return None
    return Tour(approach, handover, lines, line_s, move_s, way_m, ways, blocked)
