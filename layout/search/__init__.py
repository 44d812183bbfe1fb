"""The search: where candidates come from, who evaluates them, and which one is called best."""

from layout.search.driver import optimize
from layout.search.found import Progress, Run

__all__ = ["Progress", "Run", "optimize"]
