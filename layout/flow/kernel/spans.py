"""How the recursion reads and writes: rows of tables and numbers by address, and sums over spans of time."""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import from_dtype, types
from numba.extending import intrinsic

from layout.flow.kernel.records import AT_ONCE_S, CELL, DEPARTURE

ROW_BYTES = DEPARTURE.itemsize
CELL_BYTES, CELL_WORDS = CELL.itemsize, CELL.itemsize // 8
STARVED = CELL.fields["starved"][1]  # type: ignore[index]
_WORD, _NUMBER = ir.IntType(64), ir.DoubleType()


def _row_of(dtype: Any) -> Any:
    """A function of (address, row): the record in that row of a table."""
    row_type = from_dtype(dtype)

    def typing(typing_context: Any, address: Any, row: Any) -> Any:
        def build(context: Any, builder: Any, signature: Any, given: Any) -> Any:
            start = builder.mul(given[1], _WORD(dtype.itemsize))
            return builder.inttoptr(builder.add(given[0], start), context.get_value_type(row_type))

        return row_type(types.int64, types.int64), build

    return intrinsic(typing)


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


cell_at = _row_of(CELL)
get, put = _item(types.float64, _NUMBER)
whole, put_whole = _item(types.int64, _WORD)


def _sums_of_spans(typing_context: Any, sums: Any, spans: Any, n: Any) -> Any:
    """(address of 4 sums, address of n times S C R, n) -> how often S comes (AT_ONCE_S) after C of the part before.

    Adds S - R of the part before, C - S and R - C to the first three sums, part by part, in SIMD:

        ... C R | S C R | S C R ...      number: the four from S on
              -------                    less: the four from the R before on
            -------                      active: is S after the C before?
    """

    def build(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        four, flags = ir.VectorType(_NUMBER, 4), ir.VectorType(_WORD, 4)

        def at(address: Any, bytes_: int) -> Any:
            return builder.inttoptr(builder.add(address, _WORD(bytes_)), four.as_pointer())

        soon = ir.Constant(four, [AT_ONCE_S] * 4)
        target = at(given[0], 0)
        before, body, after = builder.block, builder.append_basic_block("add"), builder.append_basic_block("added")
        initial = builder.load(target, align=8)
        builder.branch(body)
        builder.position_at_end(body)
        i, total, count = builder.phi(_WORD), builder.phi(four), builder.phi(flags)
        here = builder.add(given[1], builder.mul(i, _WORD(24)))
        number, less, active = (builder.load(at(here, offset), align=8) for offset in (0, -8, -16))
        added = builder.fadd(total, builder.fsub(number, less))
        counted_ = builder.sub(
            count, builder.sext(builder.fcmp_ordered(">", number, builder.fadd(active, soon)), flags)
        )
        following = builder.add(i, _WORD(1))
        for phi, first, then in ((i, _WORD(0), following), (total, initial, added),
                                 (count, ir.Constant(flags, [0] * 4), counted_)):  # fmt: skip
            phi.add_incoming(first, before)
            phi.add_incoming(then, body)
        builder.cbranch(builder.icmp_signed("<", following, given[2]), body, after)
        builder.position_at_end(after)
        builder.store(added, target, align=8)
        return builder.extract_element(counted_, ir.IntType(32)(0))

    return types.int64(types.int64, types.int64, types.int64), build


sums: Any = intrinsic(_sums_of_spans)
