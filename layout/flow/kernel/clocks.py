"""One clock for whatever can happen next, and a tournament over them: the earliest is at the root.

    level 2           12               who is first of 0 .. 3, and when
    level 1       8        9     ...   of 0 1 | 2 3 | ...
    level 0      0 1      2 3    ...   the clocks' times; those that fill it up to a power of 2 are at infinity

A clock that is set plays its way up, one game a level, without a branch: it costs less than guessing wrong who wins.
A tie goes to the lower number. Two clocks that ring at the same time meet in a game before they do: until that time
comes nobody has to look for a second one.
Source: Knuth, The Art of Computer Programming 3, 5.4.1 (selection by tournament).
"""

from __future__ import annotations

from typing import Any

from layout.flow.kernel.bits import as_time, select
from layout.flow.kernel.jit import apart, inlined
from layout.flow.kernel.records import BY_PLANT, NEVER
from layout.flow.kernel.tables import n_leaves, set_when, set_when_word, set_winner, two_levels, when, when_word, winner


@inlined
def play(w: Any, k: Any, time: Any) -> Any:
    """Let clock k ring at a time (s), which is not now; infinity stops it. Returns (which rings next, when as bits)."""
    set_when(w, k, time)
    at, who, best, tied = k, k, when_word(w, k), NEVER
    for _ in range(two_levels(w)):
        at, who, best, tied = _game(w, at, who, best, tied)
        at, who, best, tied = _game(w, at, who, best, tied)
    if tied != NEVER:
        who = _settle(w, k, tied)
    return who, best


@apart
def _settle(w: Any, k: Any, tied: Any) -> Any:
    """Clock k has met others that ring at its time, or the winner's, such as `tied`: who wins is found by numbers."""
    w.tied = min(w.tied, tied)
    at, who, best = k, k, when_word(w, k)
    while at < 2 * n_leaves(w) - 2:
        rival = when_word(w, at ^ 1)
        if rival < best + (at & 1):
            who, best = winner(w, at ^ 1), rival
        at = n_leaves(w) + (at >> 1)
        set_winner(w, at, who)
    return who


@inlined
def _game(w: Any, at: Any, who: Any, best: Any, tied: Any) -> Any:
    """`who`, first of those below `at`, meets the first of those beside: (above, who wins, when as bits, last tie).

    Of a tie nobody is the winner yet (`_settle`), but of one at infinity, where it does not matter.
    """
    rival = when_word(w, at ^ 1)  # times from 0 on are ordered as their bits are
    tied = select(rival == best, best, tied)
    lost = rival < best
    best = select(lost, rival, best)
    who = select(lost, winner(w, at ^ 1), who)
    at = n_leaves(w) + (at >> 1)
    set_when_word(w, at, best)
    set_winner(w, at, who)
    return at, who, best, tied


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
def first(w: Any) -> Any:
    """Which clock rings next, and when, as bits."""
    root = 2 * n_leaves(w) - 2
    return winner(w, root), when_word(w, root)


@inlined
def alone(w: Any, k: Any, time: Any) -> Any:
    """Whether no clock but k, the `first`, rings at that very time, given as bits."""
    return time < w.tied or _no_rival(w, k, time)


@apart
def _no_rival(w: Any, k: Any, time: Any) -> Any:
    """`alone`, once there has been a tie; from now on the clocks are looked through each time."""
    w.tied = 0
    at, apart = k, 1
    for _ in range(two_levels(w)):
        apart = select(when_word(w, at ^ 1) == time, 0, apart)
        at = n_leaves(w) + (at >> 1)
        apart = select(when_word(w, at ^ 1) == time, 0, apart)
        at = n_leaves(w) + (at >> 1)
    return apart == 1


@inlined
def next_clock(w: Any) -> Any:
    """When the next clock rings (s), which one, and whether another does at that very time."""
    k, time = first(w)
    return as_time(time), k, not alone(w, k, time)
