"""Upper bounds on good parts per hour, by linear programming."""

from layout.flow.bounds.ceiling import Ceiling, Limit, bound, ceiling, hauls

__all__ = ["Ceiling", "Limit", "bound", "ceiling", "hauls"]
