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


@inlined
def set_clock(w: Any, k: Any, time: Any) -> None:
    """Let clock k ring at a time (s); infinity stops it."""
    when, tree = w.when, w.tree
    when[k] = time
    i = (k + when.size) >> 1
    while i >= 1:
        left, right = tree[2 * i], tree[2 * i + 1]
        tree[i] = left if when[left] <= when[right] else right
        i >>= 1
