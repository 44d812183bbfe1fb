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

from layout.flow.jit import inlined
from layout.flow.tables import set_tree, set_when, tree, when


@inlined
def set_clock(w: Any, k: Any, time: Any) -> None:
    """Let clock k ring at a time (s); infinity stops it."""
    set_when(w, k, time)
    i = (k + w.n_leaves) >> 1
    while i >= 1:
        left, right = tree(w, 2 * i), tree(w, 2 * i + 1)
        set_tree(w, i, left if when(w, left) <= when(w, right) else right)
        i >>= 1
