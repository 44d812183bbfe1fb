"""Published machine-layout instances (facility layout with fixed rectangles): read, and written as scenarios.

    n
    length width            one line for each machine
    ...
    f_11 f_12 ... f_1n      flows: symmetric, each entry f_ij + f_ji, so that each pair counts once
    ...

A length of 1 becomes 1 m, a flow of 1 one trip per hour; the objective is then the sum of flow x rectilinear distance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from layout.errors import Problem, ScenarioError
from layout.files.yaml import read_bytes
from layout.model.pose import Array

MOST = 500
"""Machines that an instance may have; published ones have 125 at most."""
_FORMAT = "the format is: n; n lines 'length width'; n lines of n flows"


@dataclass(frozen=True, eq=False)
class Instance:
    """Rectangles that may be turned by 90 degrees, on an open field.

    size (n, 2) float (m): extent along x and y; flow (n, n) float (trips per hour), symmetric, no diagonal
    """

    size: Array
    flow: Array


@dataclass(frozen=True)
class _Row:
    line: int
    words: tuple[str, ...]


def read_flp(path: Path) -> Instance:
    """Read an instance. Raises ScenarioError with everything that is wrong with it."""
    text = read_bytes(path, ScenarioError).decode("utf-8", errors="replace")
    rows = [_Row(number, tuple(line.split())) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    reader = _Reader(str(path))
    instance = reader.read(rows)
    if instance is None:
        raise ScenarioError(reader.problems)
    return instance


class _Reader:
    """Collects every finding of one file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def add(self, line: int, what: str, value: str = "", hint: str = "") -> None:
        self.problems.append(Problem(what, value=value, hint=hint, file=self.file, line=line))

    def read(self, rows: list[_Row]) -> Instance | None:
        if not rows:
            self.add(0, "is empty", hint=_FORMAT)
            return None
        first = rows[0].words[0]
        if not first.isdecimal() or not 2 <= int(first) <= MOST:
            self.add(rows[0].line, f"must begin with the number of machines, from 2 to {MOST}", first, _FORMAT)
            return None
        n = int(first)
        numbers = [(row.line, self._number(row.line, word)) for row in rows for word in row.words][1:]
        if len(numbers) != 2 * n + n * n:
            self._shape(rows, n, len(numbers))
            return None
        values = np.array([math.nan if value is None else value for _, value in numbers])
        lines = [line for line, _ in numbers]
        size, flow = values[: 2 * n].reshape(n, 2), values[2 * n :].reshape(n, n)
        for k in np.flatnonzero(values[: 2 * n] <= 0):
            what = f"the {'width' if k % 2 else 'length'} of machine {k // 2 + 1} must be more than 0"
            self.add(lines[k], what, f"{values[k]:g}")
        self._flows(flow, lines[2 * n :], n)
        return None if self.problems else Instance(size, flow)

    def _number(self, line: int, word: str) -> float | None:
        try:
            value = float(word)
        except ValueError:
            value = math.nan
        if math.isfinite(value):
            return value
        self.add(line, "is not a number", word[:40], "numbers are separated by spaces, with a point for decimals")
        return None

    def _shape(self, rows: list[_Row], n: int, found: int) -> None:
        """Too many or too few numbers: which lines are to blame, if lines are as the format has them."""
        wanted = 2 * n + n * n
        self.add(0, f"{n} machines need {wanted} numbers after the first", str(found), _FORMAT)
        if len(rows[0].words) != 1:
            self.add(rows[0].line, "the first line holds the number of machines alone", " ".join(rows[0].words)[:40])
        for k, row in enumerate(rows[1 : 2 * n + 1]):
            want, what = (
                (2, f"machine {k + 1}'s length and width") if k < n else (n, f"the flows of machine {k - n + 1}")
            )
            if len(row.words) != want:
                self.add(row.line, f"should hold {what}: {want} numbers", f"{len(row.words)} of them")
        if len(rows) != 2 * n + 1:
            self.add(rows[-1].line, f"should be line {2 * n + 1} of those that are not empty", f"it is {len(rows)}")

    def _flows(self, flow: Array, lines: list[int], n: int) -> None:
        for i, j in zip(*np.nonzero(flow < 0), strict=True):
            self.add(lines[i * n + j], f"the flow from {i + 1} to {j + 1} must not be negative", f"{flow[i, j]:g}")
        for i in np.flatnonzero(np.diag(flow) > 0):
            what = f"machine {i + 1} has a flow to itself, which no layout changes"
            self.add(lines[i * n + i], what, f"{flow[i, i]:g}", "write 0")
        for i, j in zip(*np.nonzero(np.triu(np.abs(flow - flow.T) > 0)), strict=True):
            self.add(
                lines[j * n + i],
                f"the flow from {j + 1} to {i + 1} differs from that from {i + 1} to {j + 1}",
                f"{flow[j, i]:g} and {flow[i, j]:g}",
                f"write their sum, {flow[i, j] + flow[j, i]:g}, in both places",
            )


def floor_side_m(size: Array) -> float:
    """Side (m) of a square floor that keeps no good layout out: no machine is ever farther from the rest than needed,
    so the sum of the longer sides always does, and far less where there are many."""
    longest = size.max(axis=1)
    return float(min(longest.sum(), 4 * math.sqrt(np.prod(size, axis=1).sum()) + 4 * longest.max()))


def rows_on(side: float, size: Array) -> Array:
    """(n, 2) float (m): a legal start, machines in their order, in rows from the floor's lower left corner."""
    places = np.empty_like(size)
    x = y = depth = 0.0
    for k, (width, high) in enumerate(size):
        if x + width > math.sqrt(np.prod(size, axis=1).sum()) * 1.2 and x > 0:
            x, y, depth = 0.0, y + depth, 0.0
        places[k] = x + width / 2, y + high / 2
        x, depth = x + width, max(depth, high)
    return places + (side - np.array([places[:, 0].max(), y + depth])) / 2


def scenario_text(instance: Instance, name: str) -> str:
    """An instance as a scenario: boxes, direct transports with their trips, handling effort as the one aim."""
    n, side = len(instance.size), floor_side_m(instance.size)
    start = rows_on(side, instance.size)
    called = [f"M{i + 1}" for i in range(n)]
    rows = [
        f"name: {name}",
        "description: a published machine layout; positions and quarter turns are free, distances are rectilinear",
        "",
        "floor:",
        f"  boundary: [[0, 0], [{side:.9g}, 0], [{side:.9g}, {side:.9g}], [0, {side:.9g}]]",
        "  clearance: 0 m",
        "",
        "machines:",
    ]
    place = f"place: {{x: [0, {side:.9g}], y: [0, {side:.9g}], yaw: [0, 90]}}"
    for i, (width, depth) in enumerate(instance.size):
        rows.append(f"  {called[i]}: {{box: {{width: {width:.12g} m, depth: {depth:.12g} m}}, {place}}}")
    rows += ["", "transport:"]
    for i in range(n):
        for j in range(i + 1, n):
            if instance.flow[i, j] > 0:
                a, b = called[i], called[j]
                trips = f"{instance.flow[i, j]:.12g}"
                rows.append(f"  {a}-{b}: {{kind: direct, from: {a}, to: {b}, trips: {trips}}}")
    rows += ["", "objectives: [{minimize: handling_effort, tolerance: 0 %}]", "", "start:"]
    rows += [f"  {called[i]}: {{x: {x:.12g}, y: {y:.12g}, yaw: 0}}" for i, (x, y) in enumerate(start)]
    return "\n".join(rows) + "\n"
