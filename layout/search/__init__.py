"""The search: where candidates come from, who evaluates them, and which one is called best."""

from layout.search.driver import optimize
from layout.search.found import Progress, Run
from layout.search.sampler import LayoutSampler
from layout.search.space import suggest

__all__ = ["LayoutSampler", "Progress", "Run", "optimize", "suggest"]
