"""One clock for whatever can happen next, and a tournament over them, sixteen to a game: the earliest is at the root.

    level 1   least of 0..15 | least of 16..31 | ...       up to 16 clocks there is no level above level 0
    level 0   0 1 2 ...   15 | 16 ...          |           clocks; the rest is at infinity

A game compares sixteen times at once (SIMD) without a branch: a binary tournament loses more by guessing wrong than
it saves in comparisons. A tie goes to the lower number.
Source: Knuth, The Art of Computer Programming 3, 5.4.1 (selection by tournament).
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from layout.flow.kernel.jit import compiled, inlined
from layout.flow.kernel.records import BY_PLANT, GAME
from layout.flow.kernel.tables import address, level, set_when

_TIMES = ir.VectorType(ir.DoubleType(), GAME)


def _sixteen(builder: Any, record: Any, first: Any) -> tuple[Any, Any]:
    """The sixteen times from clock `first` on, and the least of them."""
    start = address(builder, record, "when", ir.DoubleType())
    times = builder.load(builder.bitcast(builder.gep(start, [first]), _TIMES.as_pointer()), align=8)
    fmin = cgutils.get_or_insert_function(  # type: ignore[no-untyped-call]
        builder.module, ir.FunctionType(ir.DoubleType(), [_TIMES]), f"llvm.vector.reduce.fmin.v{GAME}f64"
    )
    return times, builder.call(fmin, [times], fastmath=("nnan",))


def _least(typing_context: Any, w: Any, first: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _sixteen(builder, *arguments)[1]

    return types.float64(w, types.int64), build


def _lowest(typing_context: Any, bits: Any) -> Any:
    return types.int64(types.int64), lambda _, builder, __, given: builder.cttz(given[0], ir.IntType(1)(1))


def _winners(typing_context: Any, w: Any, first: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        times, least = _sixteen(builder, *arguments)
        one = builder.insert_element(ir.Constant(_TIMES, ir.Undefined), least, ir.IntType(32)(0))
        lanes = ir.Constant(ir.VectorType(ir.IntType(32), GAME), [0] * GAME)
        equal = builder.fcmp_ordered("==", times, builder.shuffle_vector(one, ir.Constant(_TIMES, ir.Undefined), lanes))
        return builder.zext(builder.bitcast(equal, ir.IntType(GAME)), ir.IntType(64))

    return types.int64(w, types.int64), build


_lowest_of: Any = intrinsic(_lowest)  # (bits) -> number of the lowest
_least_of: Any = intrinsic(_least)  # (w, first) -> the least of sixteen times
_winners_of: Any = intrinsic(_winners)  # (w, first) -> which of the sixteen have it (bits)


@compiled
def set_clock(w: Any, k: Any, time: Any) -> None:
    """Let clock k ring at a time (s); infinity stops it."""
    if time == w.now:
        w.again = 1
    set_when(w, k, time)
    for i in range(1, w.n_levels):
        game = k // GAME
        least = _least_of(w, level(w, i - 1) + GAME * game)
        k = game
        set_when(w, level(w, i) + k, least)


@inlined
def due(w: Any, time: Any) -> Any:
    """When a unit or a belt is done (s): at the time assumed, or when the plant says so."""
    return BY_PLANT if w.plant == 1 else time


@inlined
def next_clock(w: Any) -> Any:
    """The clock that rings first, and whether another may ring at that very time."""
    bits = _winners_of(w, level(w, w.n_levels - 1))
    k, ties = _lowest_of(bits), bits & (bits - 1)
    for i in range(w.n_levels - 2, -1, -1):
        bits = _winners_of(w, level(w, i) + GAME * k)
        k, ties = GAME * k + _lowest_of(bits), ties | bits & (bits - 1)
    return k, ties != 0
