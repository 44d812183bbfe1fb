"""Event-driven simulation of a line, and exact bounds: a Line and its Moves in, a FlowResult out.

`docs/flow.md` says what each word means.
"""

from layout.flow.bounds import bound
from layout.flow.paths import unconnected
from layout.flow.simulation import simulate, trace

__all__ = ["bound", "simulate", "trace", "unconnected"]
