"""The search: where candidates come from, who evaluates them, and which one is called best."""

from layout.search.driver import Progress, Run, optimize

__all__ = ["Progress", "Run", "optimize"]
