"""Compiled functions as small as can be, with one that they call, and one that lies beside."""

from typing import Any

import numpy as np

from layout.flow.kernel.jit import beside, compiled, entry

ROW = np.dtype([("x", np.float64), ("n", np.int64)])
OTHER = np.dtype([("factor", np.float64)])


@compiled
def times(x: Any, factor: Any) -> Any:
    return x * factor


@entry
def multiply(rows: Any, others: Any) -> None:
    row = rows[0]
    row.x = times(row.x, others[0].factor)
    row.n += 1


@beside
def add(row: Any, number: Any) -> None:
    row.x = times(row.x, 2.0)
    row.n += number


@entry
def add_twice(rows: Any) -> None:
    row = rows[0]
    add(row, row.n)
    add(row, 1)
