"""How worker processes are begun.

Where the system forks safely (Linux), they are forked from a server that has imported what they need once: a worker is
ready within milliseconds and shares the code's memory with the others. Elsewhere each is a fresh interpreter, whose
imports take about two seconds. Neither inherits what the parent has loaded, its engine or its threads.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Mapping
from multiprocessing.context import BaseContext

PRELOADED = ("layout.search.forked",)
"""What the server imports: proofs, the scene, kernels and all else that a worker calls come with it."""


def context() -> BaseContext:
    """The context in which pools make their processes; each begins with `enter`."""
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload(list(PRELOADED))
    return found


def environment() -> dict[str, str]:
    """The variables that `enter` sets in a worker: this process's, of now."""
    return dict(os.environ)


def enter(variables: Mapping[str, str]) -> None:
    """In a new worker: take over the parent's environment, which may have changed since the server began."""
    for name in set(os.environ) - set(variables):
        del os.environ[name]
    os.environ.update(variables)
