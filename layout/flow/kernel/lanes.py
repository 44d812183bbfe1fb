"""How the recursion reads and writes: rows of tables and numbers by address, and four numbers at a time (SIMD).

A `Four` lives in a vector register: `+` and `-` are a number's, lane by lane, rounded the same.
"""

from __future__ import annotations

import operator
from typing import Any, cast

from llvmlite import ir  # type: ignore[import-untyped]
from numba import from_dtype, types
from numba.core.typing.templates import ConcreteTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model

from layout.flow.kernel.records import AT_ONCE_S, CELL, DEPARTURE, LANES

ROW_BYTES = DEPARTURE.itemsize
_INDEX, _WORD, _NUMBER = ir.IntType(32), ir.IntType(64), ir.DoubleType()
_FOUR, _FLAGS = ir.VectorType(_NUMBER, LANES), ir.VectorType(_WORD, LANES)


class Four(types.Type):
    """Four numbers."""

    def __init__(self) -> None:
        super().__init__("Four")


@register_model(Four)
class _Model(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _FOUR)  # type: ignore[no-untyped-call]


_four = Four()


def _operator(function: Any, instruction: str) -> None:
    cases = [cast(Any, signature)(_four, _four, _four)]
    cast(Any, infer_global)(function)(type("Template", (ConcreteTemplate,), {"key": function, "cases": cases}))

    def build(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        return getattr(builder, instruction)(*given)

    cast(Any, lower_builtin)(function, _four, _four)(build)


_operator(operator.add, "fadd")
_operator(operator.sub, "fsub")


def _cell_at(typing_context: Any, address: Any) -> Any:
    """The station whose fields lie there, LANES numbers apart."""
    kind = from_dtype(CELL)

    def build(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        return builder.inttoptr(given[0], context.get_value_type(kind))

    return kind(types.int64), build


def _item(kind: Any, native: Any) -> tuple[Any, Any]:
    """Functions of (address, i) and of (address, i, value): read a number, write it."""

    def place(builder: Any, given: Any) -> Any:
        return builder.gep(builder.inttoptr(given[0], native.as_pointer()), [given[1]])

    def reading(typing_context: Any, address: Any, i: Any) -> Any:
        return kind(types.int64, types.int64), lambda _, builder, __, given: builder.load(place(builder, given))

    def writing(typing_context: Any, address: Any, i: Any, value: Any) -> Any:
        def build(context: Any, builder: Any, signature: Any, given: Any) -> Any:
            builder.store(given[2], place(builder, given))
            return context.get_dummy_value()

        return types.void(types.int64, types.int64, kind), build

    return intrinsic(reading), intrinsic(writing)


cell_at: Any = intrinsic(_cell_at)
get, put = _item(types.float64, _NUMBER)
whole, put_whole = _item(types.int64, _WORD)


def _load(builder: Any, address: Any, native: Any = _FOUR) -> Any:
    return builder.load(builder.inttoptr(address, native.as_pointer()), align=8)


def _store(builder: Any, address: Any, value: Any) -> None:
    builder.store(value, builder.inttoptr(address, value.type.as_pointer()), align=8)


def _shuffled(builder: Any, a: Any, b: Any, *lanes: int) -> Any:
    return builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(_INDEX, LANES), list(lanes)))


def _get_four(typing_context: Any, address: Any) -> Any:
    return _four(types.int64), lambda _, builder, __, given: _load(builder, given[0])


def _put_four(typing_context: Any, address: Any, value: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        _store(builder, *given)
        return context.get_dummy_value()

    return types.void(types.int64, _four), build


def _add_four(typing_context: Any, address: Any, value: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        _store(builder, given[0], builder.fadd(_load(builder, given[0]), given[1]))
        return context.get_dummy_value()

    return types.void(types.int64, _four), build


def _gather(typing_context: Any, address: Any, offsets: Any) -> Any:
    """Lane by lane what stands so many bytes, read at `offsets`, from the lane's place at `address`."""

    def build(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        away, found = _load(builder, given[1], _FLAGS), ir.Constant(_FOUR, ir.Undefined)
        for lane in range(LANES):
            place = builder.add(builder.add(given[0], _WORD(8 * lane)), builder.extract_element(away, _INDEX(lane)))
            number = builder.load(builder.inttoptr(place, _NUMBER.as_pointer()))
            found = builder.insert_element(found, number, _INDEX(lane))
        return found

    return _four(types.int64, types.int64), build


def _larger(typing_context: Any, a: Any, b: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        return builder.select(builder.fcmp_ordered(">", *given), *given)

    return _four(_four, _four), build


def _less(typing_context: Any, a: Any, b: Any) -> Any:
    """In which lanes a < b: bits."""

    def build(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        bits = builder.bitcast(builder.fcmp_ordered("<", *given), ir.IntType(LANES))
        return builder.zext(bits, _WORD)

    return types.int64(_four, _four), build


def _in_lane(typing_context: Any, value: Any, lane: Any, number: Any) -> Any:
    """The value, with another number in one lane: in registers, for what is written by parts is slow to read whole."""

    def build(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        value, lane, number = given
        first = ir.Constant(ir.VectorType(_INDEX, LANES), [0] * LANES)

        def everywhere(one: Any, kind: Any) -> Any:
            undefined = ir.Constant(kind, ir.Undefined)
            return builder.shuffle_vector(builder.insert_element(undefined, one, _INDEX(0)), undefined, first)

        lanes = ir.Constant(_FLAGS, list(range(LANES)))
        here = builder.icmp_unsigned("==", lanes, everywhere(lane, _FLAGS))
        return builder.select(here, everywhere(number, _FOUR), value)

    return _four(_four, types.int64, types.float64), build


def _count_late(typing_context: Any, address: Any, start: Any, ended: Any) -> Any:
    """Add 1 to the whole numbers at an address where start is more than AT_ONCE_S after ended."""

    def build(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        soon = builder.fadd(given[2], ir.Constant(_FOUR, [AT_ONCE_S] * LANES))
        late = builder.sext(builder.fcmp_ordered(">", given[1], soon), _FLAGS)  # 0 or -1
        _store(builder, given[0], builder.sub(_load(builder, given[0], _FLAGS), late))
        return context.get_dummy_value()

    return types.void(types.int64, _four, _four), build


def _shift_in(typing_context: Any, value: Any, first: Any) -> Any:
    """Each lane's number in the next lane, and another in the first."""

    def build(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        return builder.insert_element(_shuffled(builder, given[0], given[0], 0, 0, 1, 2), given[1], _INDEX(0))

    return _four(_four, types.float64), build


def _transpose(typing_context: Any, source: Any, apart: Any, target: Any, stride: Any) -> Any:
    """Four numbers of each of four rows that lie `apart` bytes apart, to four columns, `stride` bytes apart."""

    def build(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        source, apart, target, stride = given
        a, b, c, d = (_load(builder, builder.add(source, builder.mul(apart, _WORD(k)))) for k in range(4))
        ab, ab_ = _shuffled(builder, a, b, 0, 4, 2, 6), _shuffled(builder, a, b, 1, 5, 3, 7)
        cd, cd_ = _shuffled(builder, c, d, 0, 4, 2, 6), _shuffled(builder, c, d, 1, 5, 3, 7)
        for k, (x, y) in enumerate(((ab, cd), (ab_, cd_))):
            low, high = _shuffled(builder, x, y, 0, 1, 4, 5), _shuffled(builder, x, y, 2, 3, 6, 7)
            for row, column in ((k, low), (k + 2, high)):
                _store(builder, builder.add(target, builder.mul(stride, _WORD(row))), column)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64, types.int64), build


get_four: Any = intrinsic(_get_four)
put_four: Any = intrinsic(_put_four)
add_four: Any = intrinsic(_add_four)
gather: Any = intrinsic(_gather)
larger: Any = intrinsic(_larger)
less: Any = intrinsic(_less)
in_lane: Any = intrinsic(_in_lane)
count_late: Any = intrinsic(_count_late)
shift_in: Any = intrinsic(_shift_in)
transpose: Any = intrinsic(_transpose)
