"""Parts in a row over time, of the recursion: those that enter and those that leave, merged.

Which comes first nobody can foretell, so there is no branch: times from 0 on are ordered as their bits are. Each step
of a merge waits for the one before it; so four stretches are merged side by side, while the products of four that are
merged already are added in their order. Where a stretch begins is found by bisection (Deo, Jain, Medidi, "An optimal
parallel algorithm for merging using multiselection", Information Processing Letters 50, 1994).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from layout.flow.kernel.jit import compiled, inlined
from layout.flow.kernel.lanes import ROW_BYTES, get, put, whole
from layout.flow.kernel.parts import counted
from layout.flow.kernel.records import STRETCH


@compiled
def inventory(w: Any, q: Any) -> None:
    """Add up the parts in the line over the time that is measured (`wip_area`)."""
    put(q.entered, w.entered, np.inf)
    put(q.log + ROW_BYTES * q.left, 0, np.inf)
    comes, goes, events = q.entered, q.log, w.entered + q.left
    ends, area, since = (comes + 8 * w.entered, goes + ROW_BYTES * q.left), 0.0, w.warmup
    done, now = q.merged, q.merged + 32 * STRETCH
    for i in range(4 * STRETCH):
        put(done, i, 0.0)
    while events >= 4 * STRETCH:
        a = (comes, goes)
        b = _later(a, ends)
        c = _later(b, ends)
        d = _later(c, ends)
        comes_a, goes_a, inside_a = a[0], a[1], _inside(q, a)
        comes_b, goes_b, inside_b = b[0], b[1], _inside(q, b)
        comes_c, goes_c, inside_c = c[0], c[1], _inside(q, c)
        comes_d, goes_d, inside_d = d[0], d[1], _inside(q, d)
        since_a, since_b, since_c, since_d = since, _since(w, q, b), _since(w, q, c), _since(w, q, d)
        for i in range(STRETCH):
            comes_a, goes_a, since_a, inside_a = _next(comes_a, goes_a, since_a, inside_a, now + 8 * i)
            comes_b, goes_b, since_b, inside_b = _next(comes_b, goes_b, since_b, inside_b, now + 8 * (STRETCH + i))
            comes_c, goes_c, since_c, inside_c = _next(comes_c, goes_c, since_c, inside_c, now + 8 * (2 * STRETCH + i))
            comes_d, goes_d, since_d, inside_d = _next(comes_d, goes_d, since_d, inside_d, now + 8 * (3 * STRETCH + i))
            area = area + get(done, 4 * i) + get(done, 4 * i + 1) + get(done, 4 * i + 2) + get(done, 4 * i + 3)
        comes, goes, since = comes_d, goes_d, since_d
        events -= 4 * STRETCH
        done, now = now, done
    for i in range(4 * STRETCH):
        area += get(done, i)
    inside = _inside(q, (comes, goes))
    for _ in range(events):
        comes, goes, since, inside = _next(comes, goes, since, inside, now)
        area += get(now, 0)
    w.wip_area = area + inside * counted(w, since, w.horizon)
    w.inside = int(inside)


@inlined
def _next(comes: Any, goes: Any, since: Any, inside: Any, product: Any) -> Any:
    """One event: what comes next, since when, how many are inside. The parts times the time until then are written."""
    came, gone = get(comes, 0), get(goes, 0)
    now = came if came < gone else gone
    leaves = (whole(goes, 0) - whole(comes, 0)) >> 63  # -1 or 0
    now = now if now > since else since
    put(product, 0, inside * (now - since))
    return comes + 8 + 8 * leaves, goes - ROW_BYTES * leaves, now, inside + (1 + 2 * leaves)


@inlined
def _inside(q: Any, at: Any) -> Any:
    return float((at[0] - q.entered) // 8 - (at[1] - q.log) // ROW_BYTES)


@inlined
def _since(w: Any, q: Any, at: Any) -> Any:
    """When the last event before a place was, if the time was measured by then."""
    since = w.warmup
    if at[0] > q.entered:
        since = max(since, get(at[0], -1))
    if at[1] > q.log:
        since = max(since, get(at[1] - ROW_BYTES, 0))
    return since


@inlined
def _later(at: Any, ends: Any) -> Any:
    """The place in both lists a stretch later: where entering n of it is no later than leaving STRETCH - n - 1."""
    low = max(0, STRETCH - (ends[1] - at[1]) // ROW_BYTES)
    high = min(STRETCH, (ends[0] - at[0]) // 8)
    while low < high:
        n = (low + high) >> 1
        if get(at[0], n) <= get(at[1] + ROW_BYTES * (STRETCH - n - 1), 0):
            low = n + 1
        else:
            high = n
    return at[0] + 8 * low, at[1] + ROW_BYTES * (STRETCH - low)
