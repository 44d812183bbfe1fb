"""What streams give out next, drawn in compiled loops: a call from Python costs a thousand times the draw."""

from typing import Any

import numpy as np

from layout.flow.kernel import draws
from layout.flow.kernel.jit import entry


@entry
def _times(run: Any, stream: Any, out: Any) -> None:
    for i in range(out.size):
        out[i] = draws.draw(run[0], stream)


@entry
def _uniforms(run: Any, stream: Any, out: Any) -> None:
    for i in range(out.size):
        out[i] = draws.uniform(run[0], stream)


def times(world: Any, stream: int, count: int) -> list[float]:
    """The next times (s) of a stream."""
    out = np.empty(count)
    _times(world.run, stream, out)
    return out.tolist()


def uniforms(world: Any, stream: int, count: int) -> list[float]:
    """The next numbers in (0, 1) of a stream."""
    out = np.empty(count)
    _uniforms(world.run, stream, out)
    return out.tolist()
