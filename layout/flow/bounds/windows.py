"""The time that counts, and how much of it machines and people are at work."""

from __future__ import annotations

import math

from layout.model.production import Shift
from layout.model.scenario import Time


def counted_s(time: Time) -> tuple[float, float]:
    """(start, end) (s) of what counts. A warm-up found by MSER-5 is at most half of the horizon."""
    return (time.horizon_s / 2 if time.warmup_s is None else time.warmup_s), time.horizon_s


def on_share(shift: Shift | None, time: Time) -> float:
    """Most of the counted time that a shift can cover (0 to 1); 1 without a shift."""
    if shift is None:
        return 1.0
    start, end = counted_s(time)
    if time.warmup_s is None:  # wherever it begins
        return min(1.0, _on_s(shift, end) / (end - start))
    return min(1.0, max(0.0, (_on_s(shift, end) - _on_s(shift, start)) / (end - start)))


def ends_per_s(shift: Shift | None, time: Time) -> float:
    """Most ends of spans of a shift in the counted time, per second of it; 0 without a shift."""
    if shift is None:
        return 0.0
    start, end = counted_s(time)
    return len(shift.on) * (math.floor((end - start) / shift.every_s) + 1) / (end - start)


def _on_s(shift: Shift, until_s: float) -> float:
    """Time on shift from 0 to `until_s`."""
    whole = math.floor(until_s / shift.every_s)
    rest = until_s - whole * shift.every_s
    each = sum(max(0.0, min(end, shift.every_s) - start) for start, end in shift.on)
    return whole * each + sum(max(0.0, min(end, rest) - start) for start, end in shift.on)
