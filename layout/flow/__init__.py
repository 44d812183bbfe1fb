"""Event-driven simulation of a line, and exact bounds: a Line and its Moves in, a FlowResult out.

`docs/flow.md` says what each word means.
"""

from layout.flow.bounds import Ceiling, Limit, bound, ceiling
from layout.flow.compare import compare
from layout.flow.exact.figures import Analysis, Analytic, analyse
from layout.flow.paths import unconnected
from layout.flow.sensitivity import sensitivity
from layout.flow.simulation import simulate, trace

__all__ = [
    "Analysis",
    "Analytic",
    "Ceiling",
    "Limit",
    "analyse",
    "bound",
    "ceiling",
    "compare",
    "sensitivity",
    "simulate",
    "trace",
    "unconnected",
]
