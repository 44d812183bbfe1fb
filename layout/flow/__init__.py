"""Event-driven simulation of a line, and exact bounds: a Line and its Moves in, a FlowResult out.

`docs/flow.md` says what each word means. Bounds and exact solutions are imported with the first call for them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from layout.flow.compare import compare
from layout.flow.paths import unconnected
from layout.flow.sensitivity import sensitivity
from layout.flow.simulation import simulate, trace

if TYPE_CHECKING:
    from layout.flow.bounds.ceiling import Ceiling, Limit, bound, ceiling, hauls
    from layout.flow.exact.figures import Analysis, Analytic, analyse

__all__ = [
    "Analysis",
    "Analytic",
    "Ceiling",
    "Limit",
    "analyse",
    "bound",
    "ceiling",
    "compare",
    "hauls",
    "sensitivity",
    "simulate",
    "trace",
    "unconnected",
]

_LATER = {
    **dict.fromkeys(("Ceiling", "Limit", "bound", "ceiling", "hauls"), "layout.flow.bounds"),
    **dict.fromkeys(("Analysis", "Analytic", "analyse"), "layout.flow.exact.figures"),
}


def __getattr__(name: str) -> Any:
    """What is imported when it is first asked for (PEP 562)."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_LATER[name]), name)
