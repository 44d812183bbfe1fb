"""Numba's decorators with types that a checker can follow. Compiled code is kept on disk.

Nothing here makes an array, so reference counting is off (`_nrt`): it would cost several times the simulation.
Numba notices a change in a function's own file only; `records.RUN` carries a digest of all of them for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])
_OPTIONS: dict[str, Any] = {"cache": True, "_nrt": False, "error_model": "numpy"}


def compiled(function: F) -> F:
    """Machine code, made at the first call."""
    return cast(F, njit(**_OPTIONS)(function))


def inlined(function: F) -> F:
    """Machine code that melts into its callers."""
    return cast(F, njit(**_OPTIONS, forceinline=True)(function))
