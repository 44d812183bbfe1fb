"""Figures that a scenario keeps in CSV files beside it: measured times (`empirical`), and the orders of a schedule."""

from __future__ import annotations

import copy
import csv
import io
from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from layout import units
from layout.errors import Problem
from layout.files.yaml import Document, Key, KeyPath, did_you_mean

MOST_ROWS = 1_000_000
COLUMNS = ("at", "product", "number", "due")
Row = tuple[int, dict[str, str]]  # line in the file, cells by column


def references(data: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, MutableMapping[Any, Any], str]]:
    """Each place of a scenario that names a CSV file: its path, the mapping that holds the name, and the key."""
    if isinstance(data, list):
        for i, item in enumerate(data):
            yield from references(item, (*path, i))
    if not isinstance(data, dict):
        return
    for key, value in data.items():
        here: tuple[Key, ...] = (*path, key)
        if key == "empirical" and isinstance(value, dict) and isinstance(value.get("file"), str):
            yield (*here, "file"), value, "file"
        elif key == "schedule" and isinstance(value, str) and path[-1:] == ("source",):
            yield here, data, key
        else:
            yield from references(value, here)


def inline(document: Document, folder: Path) -> tuple[Document, bytes]:
    """The document with the contents of its CSV files in it, and those files' bytes.

    What is wrong with them joins the document's problems, with file and line.
    """
    data = copy.deepcopy(document.data)
    problems: list[Problem] = []
    elsewhere: dict[KeyPath, tuple[str, int]] = {}
    contents = b""
    for path, holder, key in list(references(data)):
        name = holder[key]
        try:
            raw = (folder / name).read_bytes()
        except (OSError, ValueError) as trouble:
            reason = getattr(trouble, "strerror", None) or str(trouble)
            near = [file.name for file in folder.glob("*.csv")]
            hint = did_you_mean(name, near, "CSV files there") if near else "give its path from the scenario's folder"
            problems.append(document.problem(f"cannot be read: {reason}", path, name, hint))
            raw = None
        found = _Table(folder / name, raw, problems) if raw is not None else None
        contents += raw or b""
        if key == "schedule":
            orders = found.orders() if found else []
            holder[key] = [order for _, order in orders]
            elsewhere |= {(*path, i): (str(folder / name), line) for i, (line, _) in enumerate(orders)}
        else:
            _parent(data, path[:-2])[path[-2]] = (found.times(holder, document, path[:-1]) if found else []) or [1.0]
    return replace(document, data=data, problems=(*document.problems, *problems), elsewhere=elsewhere), contents


def _parent(data: Any, path: KeyPath) -> Any:
    for key in path:
        data = data[key]
    return data


def _time(text: str) -> float:
    return units.parse(text, "time")


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise ValueError("not a whole number; write how many parts come, such as 20")
    return int(text)


class _Table:
    """A CSV file's rows, and a list to put its problems on."""

    def __init__(self, path: Path, raw: bytes, problems: list[Problem]) -> None:
        self.path, self.problems = path, problems
        self.columns: list[str] = []
        self.rows: list[Row] = []
        try:
            text = raw.decode("utf-8-sig")
            first = text.partition("\n")[0]
            reader = csv.DictReader(io.StringIO(text), delimiter=";" if ";" in first and "," not in first else ",")
            self.columns = [name.strip() for name in reader.fieldnames or ()]
            reader.fieldnames = self.columns
            for row in reader:
                cells = {name: (cell or "").strip() for name, cell in row.items() if name is not None}
                if any(cells.values()):
                    self.rows.append((reader.line_num, cells))
        except (UnicodeDecodeError, csv.Error) as error:
            self._add("is no CSV text", 1, hint=str(error))
            return
        if not self.rows:
            self._add("has no rows below its head", 1, hint="the first line names the columns")
        elif len(self.rows) > MOST_ROWS:
            self._add("has too many rows", 1, len(self.rows), f"at most {MOST_ROWS}")
            self.rows = self.rows[:1]

    def _add(self, what: str, line: int, value: object = "", hint: str = "") -> None:
        self.problems.append(Problem(what, "", str(value), hint, str(self.path), line))

    def _has(self, column: str) -> bool:
        if self.columns and column not in self.columns:
            self._add(f"has no column '{column}'", 1, hint=did_you_mean(column, self.columns, "columns"))
            return False
        return bool(self.rows)

    def times(self, holder: MutableMapping[str, Any], document: Document, path: KeyPath) -> list[float]:
        """A column of times (s)."""
        column, unit = holder.get("column", self.columns[0] if len(self.columns) == 1 else None), holder.get("unit", "")
        unknown = set(holder) - {"file", "column", "unit"}
        if unknown or column is None:
            what = "names no column" if column is None else "unknown key"
            hint = f"write {{file: ..., column: {' or '.join(self.columns) or '...'}, unit: s}}"
            self.problems.append(document.problem(what, (*path, *sorted(unknown)[:1]), hint=hint))
            return []
        found: list[float] = []
        for line, cells in self.rows if self._has(str(column)) else ():
            cell = cells[str(column)]
            number = self._read(_time, f"{cells[str(column)]} {unit}".strip(), line)
            if number is not None and number >= 0:
                found.append(number)
            elif number is not None:
                self._add("a time is less than nothing", line, cell)
        return found

    def _read(self, read: Callable[[str], Any], cell: str, line: int) -> Any:
        try:
            return read(cell)
        except ValueError as error:
            what, _, hint = str(error).partition("; ")
            self._add(what, line, cell, hint)
            return None

    def orders(self) -> list[tuple[int, dict[str, Any]]]:
        """A schedule's orders, each with its line."""
        unknown = [name for name in self.columns if name not in COLUMNS]
        if unknown:
            self._add(f"unknown column '{unknown[0]}'", 1, hint=did_you_mean(unknown[0], COLUMNS, "columns"))
        found = []
        for line, cells in self.rows if self._has("at") and self._has("product") else ():
            order: dict[str, Any] = {"product": cells["product"]}
            for name in ("at", "due"):
                if cells.get(name):
                    order[name] = self._read(_time, cells[name], line)
            if cells.get("number"):
                order["number"] = self._read(_whole, cells["number"], line)
            if "at" not in order:
                self._add("gives no time", line, hint="write when the parts come under 'at', such as 90 min")
            elif None not in order.values():
                found.append((line, order))
        return found
