"""Uniform numbers and logarithms straight from the bits of words, without branches: loops over them become SIMD code.

log x, with x = m 2^k and m in [sqrt 1/2, sqrt 2):  k log 2 + 2 atanh s,  s = (m - 1) / (m + 1)

Events and recursion (`kernel`, `recursion`) take the very same logarithm, so they see the same times to the last bit.
Source: the polynomial of fdlibm's e_log.c (Sun Microsystems, 1993), by fused multiply-add.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic

from layout.flow.kernel.jit import inlined

_ONE = np.uint64(0x3FF0000000000000)  # bits of 1.0
_ROOT = np.uint64(0x3FE6A09E667F3BCD)  # bits of sqrt 1/2
_UP = np.uint64(0x3FF0000000000000 - 0x3FE6A09E667F3BCD)
_FRACTION = np.uint64(0x000FFFFFFFFFFFFF)
_WHOLE = np.uint64(0x4330000000000000)  # bits of 2^52: whole numbers below it, put under them, become floats
_S12, _S52 = np.uint64(12), np.uint64(52)
_LOG_2 = 0.6931471805599453
_L1, _L2, _L3, _L4 = (
    6.666666666666735130e-01,
    3.999999999940941908e-01,
    2.857142874366239149e-01,
    2.222219843214978396e-01,
)
_L5, _L6, _L7 = 1.818357216161805012e-01, 1.531383769920937332e-01, 1.479819860511658591e-01


def _same_bits(name: str, result: Any, argument: Any, to: Any) -> Any:
    """A function that reads the bits of a number as those of another type."""

    def typing(typing_context: Any, x: Any) -> Any:
        return result(argument), lambda _, builder, __, given: builder.bitcast(given[0], to)

    typing.__name__ = name
    return intrinsic(typing)


def _fused(typing_context: Any, x: Any, y: Any, z: Any) -> Any:
    """x y + z, rounded once."""
    number = types.float64
    return number(number, number, number), lambda _, builder, __, given: builder.fma(*given)


def _selected(typing_context: Any, condition: Any, a: Any, b: Any) -> Any:
    """a if the condition holds, else b: by a move, not by a jump that may be guessed wrong."""

    def build(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        chosen = builder.select(*given)
        chosen.set_metadata("unpredictable", builder.module.add_metadata([]))
        return chosen

    return a(types.boolean, a, a), build


def _rare(typing_context: Any, condition: Any) -> Any:
    """The condition, which seldom holds: what is to be done then is put out of the way."""

    def build(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        bit = ir.IntType(1)
        expect = builder.module.declare_intrinsic("llvm.expect", [bit], ir.FunctionType(bit, [bit, bit]))
        return builder.call(expect, [given[0], bit(0)])

    return types.boolean(types.boolean), build


def _lowest(typing_context: Any, bits: Any) -> Any:
    """(bits) -> number of the lowest, where there is one."""
    return types.int64(types.int64), lambda _, builder, __, given: builder.cttz(given[0], ir.IntType(1)(1))


_word = _same_bits("word", types.uint64, types.float64, ir.IntType(64))
_float = _same_bits("number", types.float64, types.uint64, ir.DoubleType())
_fma: Any = intrinsic(_fused)
select: Any = intrinsic(_selected)
rarely: Any = intrinsic(_rare)
lowest_of: Any = intrinsic(_lowest)
as_word: Any = _same_bits("bits", types.int64, types.float64, ir.IntType(64))
as_time: Any = _same_bits("time", types.float64, types.int64, ir.DoubleType())


@inlined
def unit(word: Any) -> Any:
    """The upper 52 bits of a word as a number in the open interval (0, 1): (2 n + 1) / 2^53, exactly."""
    return _float((word >> _S12) | _ONE) - (1.0 - 2.0**-53)


@inlined
def log(x: Any) -> Any:
    """Natural logarithm of a positive normal number, to 2 units in the last place."""
    h = _word(x) + _UP
    k = _float((h >> _S52) | _WHOLE) - (4503599627370496.0 + 1023.0)
    m = _float((h & _FRACTION) + _ROOT)
    s = (m - 1.0) / (m + 1.0)
    z = s * s
    w = z * z
    odd = _fma(w, _fma(w, _fma(w, _L7, _L5), _L3), _L1)
    even = w * _fma(w, _fma(w, _L6, _L4), _L2)
    return _fma(k, _LOG_2, _fma(s, _fma(z, odd, even), s + s))
