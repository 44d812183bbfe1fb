"""When a shift begins and ends, whatever way its spans are written."""

from __future__ import annotations

from layout.model.production import Shift


def _spans(shift: Shift) -> list[tuple[float, float]]:
    """What of a round is worked: spans (s) within 0 .. every, rising, with time between them."""
    every, cut = shift.every_s, []
    for start, end in shift.on:
        if end - start >= every:
            return [(0.0, every)]
        first = start % every
        last = first + (end - start)
        cut += [(first, last)] if last <= every else [(first, every), (0.0, last - every)]
    joined: list[tuple[float, float]] = []
    for start, end in sorted(cut):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        elif end > start:
            joined.append((start, end))
    return joined


def begins_on(shift: Shift) -> bool:
    """Whether time 0 is in a span."""
    return _spans(shift)[0][0] == 0.0


def switch_times(shift: Shift) -> list[float]:
    """Times (s) after 0, up to the end of the round, at which the shift begins or ends; none: it never does."""
    every, spans = shift.every_s, _spans(shift)
    ends = [time if time > 0.0 else every for span in spans for time in span]
    return sorted(time for time in ends if ends.count(time) == 1)
