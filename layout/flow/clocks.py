"""One clock for whatever can happen next, and a tournament over them: the earliest is at the root.

         1          tree[i] is the clock that rings first among those below i; a tie goes to the lower number
       /   \\
      2     3       setting a clock replays its path to the root: log2(n) games
     / \\   / \\
    0   1 2   3     leaves: clocks

Source: Knuth, The Art of Computer Programming 3, 5.4.1 (selection by tournament).
"""

from __future__ import annotations

from typing import Any

from layout.flow.jit import compiled
from layout.flow.tables import set_tree, set_when, tree, when


@compiled
def set_clock(w: Any, k: Any, time: Any) -> None:
    """Let clock k ring at a time (s); infinity stops it."""
    if when(w, k) == time:
        return
    set_when(w, k, time)
    winner, i = k, k + w.n_leaves
    while i > 1:
        other = tree(w, i ^ 1)
        theirs = when(w, other)
        if theirs < time or (theirs == time and other < winner):
            winner, time = other, theirs
        i >>= 1
        if tree(w, i) == winner and winner != k:
            return
        set_tree(w, i, winner)
