"""Recordings: where every body of a physical run was, thirty times a second, in one compact file.

    8 bytes     "LAYREC1\\n"
    4 bytes     length of the header (unsigned, little-endian)
    header      JSON: rate_hz, frames, arms / axes / vehicles (name -> numbers each), products, columns, about
    columns     one after another, each as the header's `columns` says: zlib-compressed little-endian numbers

Columns `arms`, `axes`, `vehicles` (int32, frames x numbers) hold joint positions in 1e-5 rad or m, and x, y, yaw, as
differences to the frame before. A part has a row in a frame only where it is new, has moved or is gone: `part`
(number), `frame`, `product` (of the header's list; -1: gone), `place` (int32, x, y, z in 1e-4 m), `turn` (int16, x, y,
z, w in 1 / 32767).
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layout.errors import LayoutError, Problem
from layout.files.atomic import write_bytes
from layout.model.pose import Array

RATE_HZ = 30
_MAGIC = b"LAYREC1\n"
_JOINT, _PLACE, _TURN = 1e-5, 1e-4, 1 / 32767
_KINDS = ("arms", "axes", "vehicles")
_COLUMNS = {"part": "<i4", "frame": "<i4", "product": "<i2", "place": "<i4", "turn": "<i2"}
Place = tuple[float, float, float]
Turn = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class PartPlace:
    """A part in a frame: its product, position (m) and turn (quaternion x, y, z, w) of its frame in the world."""

    product: str
    at_m: Place
    turn: Turn


@dataclass(frozen=True, eq=False)
class Frame:
    """Where everything was: joints by arm, axes by machine (rad, m), vehicles (x, y, yaw), parts by number."""

    arms: Mapping[str, Array]
    axes: Mapping[str, Array]
    vehicles: Mapping[str, Array]
    parts: Mapping[int, PartPlace]


class Recorder:
    """Collects frames.

    arms, axes : name -> number of joints; vehicles : names; about : what the recording is of, kept in its header
    """

    def __init__(
        self, arms: Mapping[str, int], axes: Mapping[str, int], vehicles: Sequence[str], about: Mapping[str, Any]
    ) -> None:
        self._sizes = {"arms": dict(arms), "axes": dict(axes), "vehicles": dict.fromkeys(vehicles, 3)}
        self._about = dict(about)
        self._rows: dict[str, list[NDArray[np.int32]]] = {kind: [] for kind in _KINDS}
        self._products: dict[str, int] = {}
        self._last: dict[int, tuple[int, ...]] = {}
        self._parts: list[tuple[int, ...]] = []

    @property
    def frames(self) -> int:
        """How many there are."""
        return len(self._rows["arms"])

    def add(self, frame: Frame) -> None:
        """One more frame, 1 / RATE_HZ after the last."""
        number = self.frames
        for kind in _KINDS:
            given: Mapping[str, Array] = getattr(frame, kind)
            values = [np.asarray(given[name], dtype=float) for name in self._sizes[kind]]
            whole = np.concatenate(values) if values else np.empty(0)
            self._rows[kind].append(np.rint(whole / _JOINT).astype(np.int32))
        for part in [part for part in self._last if part not in frame.parts]:
            del self._last[part]
            self._parts.append((part, number, -1, 0, 0, 0, 0, 0, 0, 0))
        for part, found in frame.parts.items():
            product = self._products.setdefault(found.product, len(self._products))
            place = (round(x / _PLACE) for x in found.at_m)
            turn = (round(x / _TURN) for x in found.turn)
            row = (product, *place, *turn)
            if self._last.get(part) != row:
                self._last[part] = row
                self._parts.append((part, number, *row))

    def finish(self, about: Mapping[str, Any] | None = None) -> Recording:
        """What was collected; `about` goes into its header, too."""
        tables = {}
        for kind in _KINDS:
            rows = self._rows[kind]
            tables[kind] = np.array(rows, np.int32).reshape(len(rows), sum(self._sizes[kind].values()))
        parts = np.array(self._parts, np.int64).reshape(-1, 10)
        columns = dict(zip(_COLUMNS, np.split(parts, (1, 2, 3, 6), axis=1), strict=True))
        columns |= {name: columns[name][:, 0] for name in ("part", "frame", "product")}
        return Recording(
            self.frames, self._sizes, tuple(self._products), tables, columns, {**self._about, **(about or {})}
        )


@dataclass(frozen=True, eq=False)
class Recording:
    """A recording to look at: `at(time_s)`. See the module for what the numbers mean.

    sizes : kind -> name -> numbers; tables : kind -> (frames, numbers); rows : column -> (rows, ...) of parts
    """

    frames: int
    sizes: Mapping[str, Mapping[str, int]]
    products: tuple[str, ...]
    tables: Mapping[str, NDArray[np.int32]]
    rows: Mapping[str, Any]
    about: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def _spans(self) -> dict[int, NDArray[np.int64]]:
        """Rows of each part, by time."""
        order = np.lexsort((self.rows["frame"], self.rows["part"]))
        numbers, starts = np.unique(np.asarray(self.rows["part"])[order], return_index=True)
        return dict(zip(map(int, numbers), np.split(order, starts[1:]), strict=False))

    @property
    def end_s(self) -> float:
        """Time of the last frame."""
        return max(self.frames - 1, 0) / RATE_HZ

    def at(self, time_s: float) -> Frame:
        """Where everything was at a time: the last frame before it."""
        number = min(max(int(time_s * RATE_HZ + 1e-9), 0), self.frames - 1)
        found: dict[str, dict[str, Array]] = {}
        for kind in _KINDS:
            row, first = self.tables[kind][number] * _JOINT, 0
            found[kind] = {}
            for name, size in self.sizes[kind].items():
                found[kind][name] = row[first : first + size]
                first += size
        return Frame(**found, parts=self._parts_at(number))

    def _parts_at(self, number: int) -> dict[int, PartPlace]:
        parts = {}
        for part, span in self._spans.items():
            last = int(np.searchsorted(self.rows["frame"][span], number, side="right")) - 1
            if last < 0 or self.rows["product"][span[last]] < 0:
                continue
            row = span[last]
            x, y, z = (float(value) * _PLACE for value in self.rows["place"][row])
            a, b, c, d = (float(value) * _TURN for value in self.rows["turn"][row])
            parts[part] = PartPlace(self.products[int(self.rows["product"][row])], (x, y, z), (a, b, c, d))
        return parts


def write_recording(recording: Recording, path: Path) -> None:
    """Write it whole or not at all. Raises OSError."""
    columns, blocks = [], []
    numbers: dict[str, Any] = {}
    for kind in _KINDS:
        table = recording.tables[kind]
        numbers[kind] = np.diff(table, axis=0, prepend=np.zeros((1, table.shape[1]), np.int32)).astype("<i4")
    numbers |= {name: np.asarray(recording.rows[name]).astype(kind) for name, kind in _COLUMNS.items()}
    for name, values in numbers.items():
        block = zlib.compress(np.ascontiguousarray(values.T).tobytes(), 6)
        blocks.append(block)
        columns.append({"name": name, "dtype": values.dtype.str, "shape": list(values.shape), "bytes": len(block)})
    header = {"rate_hz": RATE_HZ, "frames": recording.frames, **{kind: recording.sizes[kind] for kind in _KINDS},
              "products": list(recording.products), "columns": columns, "about": recording.about}  # fmt: skip
    text = json.dumps(header).encode()
    write_bytes(path, b"".join((_MAGIC, struct.pack("<I", len(text)), text, *blocks)))


def read_recording(path: Path) -> Recording:
    """Raises LayoutError where the file cannot be read or is no recording."""
    try:
        content = path.read_bytes()
        if content[: len(_MAGIC)] != _MAGIC:
            raise ValueError("it does not begin as one")
        (length,) = struct.unpack_from("<I", content, len(_MAGIC))
        at = len(_MAGIC) + 4 + length
        header = json.loads(content[at - length : at])
        if header["rate_hz"] != RATE_HZ:
            raise ValueError(f"it has {header['rate_hz']} frames a second, not {RATE_HZ}")
        found = {}
        for column in header["columns"]:
            plain = np.frombuffer(zlib.decompress(content[at : at + column["bytes"]]), column["dtype"])
            found[column["name"]] = plain.reshape(column["shape"][::-1]).T
            at += column["bytes"]
        tables = {kind: np.cumsum(found[kind], axis=0, dtype=np.int32) for kind in _KINDS}
        rows = {name: found[name] for name in _COLUMNS}
        sizes = {kind: header[kind] for kind in _KINDS}
        return Recording(header["frames"], sizes, tuple(header["products"]), tables, rows, header["about"])
    except OSError as error:
        raise LayoutError(Problem("the recording cannot be read", value=str(error), file=str(path))) from None
    except (ValueError, KeyError, TypeError, struct.error, zlib.error) as error:
        raise LayoutError(
            Problem("this is no recording", value=str(error), hint="make it again: layout prove", file=str(path))
        ) from None
