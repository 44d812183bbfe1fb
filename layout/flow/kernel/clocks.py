"""One clock for whatever can happen next, and a tournament over them: the earliest is at the root.

    level 2           12               who is first of 0 .. 3, and when
    level 1       8        9     ...   of 0 1 | 2 3 | ...
    level 0      0 1      2 3    ...   the clocks' times; those that fill it up to a power of 2 are at infinity

A clock that is set plays its way up, one game a level, without a branch: it costs less than guessing wrong who wins.
A tie goes to the lower number.
Source: Knuth, The Art of Computer Programming 3, 5.4.1 (selection by tournament).
"""

from __future__ import annotations

from typing import Any

from layout.flow.kernel.bits import select
from layout.flow.kernel.jit import apart, inlined
from layout.flow.kernel.records import BY_PLANT
from layout.flow.kernel.tables import n_leaves, set_when, set_when_word, set_winner, two_levels, when, when_word, winner


@inlined
def play(w: Any, k: Any, time: Any) -> None:
    """Let clock k ring at a time (s), which is not now; infinity stops it."""
    set_when(w, k, time)
    at, who, best = k, k, when_word(w, k)
    for _ in range(two_levels(w)):
        at, who, best = _game(w, at, who, best)
        at, who, best = _game(w, at, who, best)


@inlined
def _game(w: Any, at: Any, who: Any, best: Any) -> Any:
    """`who`, first of those below `at`, meets the first of those beside: (above, who wins, when as bits)."""
    rival = when_word(w, at ^ 1)  # times from 0 on are ordered as their bits are
    lost = rival < best + (at & 1)
    best = select(lost, rival, best)
    who = select(lost, winner(w, at ^ 1), who)
    at = n_leaves(w) + (at >> 1)
    set_when_word(w, at, best)
    set_winner(w, at, who)
    return at, who, best


@apart
def set_clock(w: Any, k: Any, time: Any) -> None:
    """Let clock k ring at a time (s); infinity stops it."""
    if time == w.now:
        w.again = 1
    if time != when(w, k):
        play(w, k, time)


@inlined
def due(w: Any, time: Any) -> Any:
    """When a unit or a belt is done (s): at the time assumed, or when the plant says so."""
    return BY_PLANT if w.plant == 1 else time


@inlined
def next_clock(w: Any) -> Any:
    """When the next clock rings (s), which one, and whether another does at that very time."""
    root = 2 * n_leaves(w) - 2
    at = k = winner(w, root)
    time, apart = when_word(w, root), 1
    for _ in range(two_levels(w)):
        apart = select(when_word(w, at ^ 1) == time, 0, apart)
        at = n_leaves(w) + (at >> 1)
        apart = select(when_word(w, at ^ 1) == time, 0, apart)
        at = n_leaves(w) + (at >> 1)
    return when(w, root), k, apart == 0
