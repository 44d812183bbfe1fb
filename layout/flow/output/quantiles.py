"""Quantiles of times, of a few by sorting them, of many by looking only where a quantile lies."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

MANY = 10_000  # values: fewer are sorted faster than counted
_MANTISSA = 10  # bits of it that tell bins apart: a thousand to an octave


def quantile(ordered: Any, q: float) -> float:
    """The q quantile of sorted values (n,), linear between them; nan of none.

    Source: Hyndman and Fan, The American Statistician 50, 1996, definition 7.
    """
    n = int(ordered.size)
    if n == 0:
        return math.nan
    i, j, part = _place(n, q)
    return _between(float(ordered[i]), float(ordered[j]), part)


def quantiles(values: Any, wanted: Sequence[float]) -> tuple[float, ...]:
    """As `quantile`, of values (n,) from 0 on in any order.

    Such numbers are ordered as their bits are: the upper ones tell into which bin each falls, and only the bins that
    hold a quantile are sorted. Where that makes more bins than values, all are.
    """
    n = int(values.size)
    if n >= MANY:
        values = np.ascontiguousarray(values)
        bins = values.view(np.int64) >> (52 - _MANTISSA)
        bins -= bins.min()
        if int(bins.max()) < n:
            ends = np.cumsum(np.bincount(bins))
            return tuple([_within(values, bins, ends, q) for q in wanted])
    ordered = np.sort(values)
    return tuple([quantile(ordered, q) for q in wanted])


def _within(values: Any, bins: Any, ends: Any, q: float) -> float:
    """The q quantile of values (n,) in these bins (n,), of which so many values lie in each and all before it."""
    i, j, part = _place(int(values.size), q)
    first, last = ends.searchsorted((i, j), side="right").tolist()
    near = np.sort(values[bins == first] if first == last else values[(bins >= first) & (bins <= last)])
    below = int(ends[first - 1]) if first > 0 else 0
    return _between(float(near[i - below]), float(near[j - below]), part)


def _place(n: int, q: float) -> tuple[int, int, float]:
    """The places of the values beside the q quantile of n sorted ones, and how far it lies from one to the other."""
    place = q * (n - 1)
    i = int(place)
    return i, min(i + 1, n - 1), place - i


def _between(below: float, above: float, part: float) -> float:
    return below + part * (above - below)
