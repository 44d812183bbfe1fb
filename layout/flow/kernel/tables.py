"""How compiled code reaches its tables: `stations(w, s).used`, `hop(w, s, goal)`, `when(w, k)`.

`w` is the run's record (`records.RUN`), which holds the address of each table: functions pass one pointer to one
another, and a row is an address away. Passing the tables as arrays costs more than all the simulation does.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import from_dtype, types
from numba.extending import intrinsic

from layout.flow.kernel import records as rec

_BYTE, _WORD = ir.IntType(8), ir.IntType(64)


def _constant(builder: Any, load: Any) -> Any:
    """What stays the same all through a run: it is read once, however much is written in between."""
    load.set_metadata("invariant.load", builder.module.add_metadata([]))
    return load


def _field(builder: Any, record: Any, offset: int, kind: Any) -> Any:
    """The constant that stands `offset` bytes into the run's record."""
    pointer = builder.gep(builder.bitcast(record, _BYTE.as_pointer()), [_WORD(offset)])
    return _constant(builder, builder.load(builder.bitcast(pointer, kind.as_pointer())))


def address(builder: Any, record: Any, table: str, kind: Any) -> Any:
    """Where a table lies: a pointer to things of that kind."""
    offset = rec.RUN.fields["address"][1] + 8 * rec.TABLES.index(table)  # type: ignore[index]
    return _field(builder, record, offset, kind.as_pointer())


def _rows(table: str, dtype: Any) -> Any:
    """A function of (w, row): the record in that row, to read and to write."""
    row_type = from_dtype(dtype)

    def typing(typing_context: Any, w: Any, row: Any) -> Any:
        def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            record, number = arguments
            start = builder.mul(number, _WORD(dtype.itemsize))
            place = builder.gep(address(builder, record, table, _BYTE), [start])
            return builder.bitcast(place, context.get_value_type(row_type))

        return row_type(w, types.int64), build

    typing.__name__ = table
    return intrinsic(typing)


def _lying(name: str, dtype: Any) -> Any:
    """A function of (address): the record that lies there, to read and to write."""
    row_type = from_dtype(dtype)

    def typing(typing_context: Any, place: Any) -> Any:
        def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return builder.inttoptr(arguments[0], context.get_value_type(row_type))

        return row_type(types.int64), build

    typing.__name__ = name
    return intrinsic(typing)


def _place(typing_context: Any, record: Any) -> Any:
    """(record) -> its address."""
    return types.int64(record), lambda _, builder, __, arguments: builder.ptrtoint(arguments[0], _WORD)


def _values(table: str, dtype: Any) -> Any:
    """A function of (w, i): the number in that place."""
    item_type = from_dtype(np.dtype(dtype))

    def typing(typing_context: Any, w: Any, i: Any) -> Any:
        def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            record, number = arguments
            start = address(builder, record, table, context.get_value_type(item_type))
            load = builder.load(builder.gep(start, [number]))
            return load if table in (*rec.CHANGING, "ahead") else _constant(builder, load)

        return item_type(w, types.int64), build

    typing.__name__ = table
    return intrinsic(typing)


def _matrix(table: str, columns: str) -> Any:
    """A function of (w, i, j): the whole number in row i, column j; `columns` is the field of w that counts them."""

    def typing(typing_context: Any, w: Any, i: Any, j: Any) -> Any:
        def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            record, row, column = arguments
            width = _field(builder, record, rec.RUN.fields[columns][1], _WORD)  # type: ignore[index]
            place = builder.add(builder.mul(row, width), column)
            return _constant(builder, builder.load(builder.gep(address(builder, record, table, _WORD), [place])))

        return types.int64(w, types.int64, types.int64), build

    typing.__name__ = table
    return intrinsic(typing)


def _constant_of_run(name: str) -> Any:
    """A function of (w): a field of the run that stays the same all through it."""

    def typing(typing_context: Any, w: Any) -> Any:
        def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return _field(builder, arguments[0], rec.RUN.fields[name][1], _WORD)  # type: ignore[index]

        return types.int64(w), build

    typing.__name__ = name
    return intrinsic(typing)


def _setter(table: str, dtype: Any) -> Any:
    """A function of (w, i, value): put a number in that place."""
    item_type = from_dtype(np.dtype(dtype))

    def typing(typing_context: Any, w: Any, i: Any, value: Any) -> Any:
        def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            record, number, new = arguments
            start = address(builder, record, table, context.get_value_type(item_type))
            builder.store(new, builder.gep(start, [number]))
            return context.get_dummy_value()

        return types.void(w, types.int64, item_type), build

    typing.__name__ = f"set_{table}"
    return intrinsic(typing)


stations = _rows("stations", rec.STATION)
servers = _rows("servers", rec.SERVER)
modes = _rows("modes", rec.MODE)
place_of: Any = intrinsic(_place)
station_at = _lying("station_at", rec.STATION)
mode_at = _lying("mode_at", rec.MODE)
stream_at = _lying("stream_at", rec.STREAM)
link_at = _lying("link_at", rec.LINK)
samples = _values("samples", np.float64)
ahead = _values("ahead", np.float64)
set_ahead = _setter("ahead", np.float64)
streams = _rows("streams", rec.STREAM)
parts = _rows("parts", rec.PART)
steps = _rows("steps", rec.STEP)
inlets = _rows("inlets", rec.INLET)
needs = _rows("needs", rec.NEED)
released = _rows("released", rec.RELEASED)
qualities = _rows("qualities", rec.QUALITY)
products = _rows("products", rec.PRODUCT)
mixes = _rows("mixes", rec.MIX)
orders = _rows("orders", rec.ORDER)
arms = _rows("arms", rec.ARM)
zones = _rows("zones", rec.ZONE)
turns = _rows("turns", rec.TURN)
belts = _rows("belts", rec.BELT)
links = _rows("links", rec.LINK)
clocks = _rows("clocks", rec.CLOCK)
trace = _rows("trace", rec.TRACE)
departures = _rows("departures", rec.DEPARTURE)
able = _values("able", np.int64)
hop = _matrix("hop", "n_stations")
hops = _matrix("hops", "n_stations")
service = _matrix("service", "n_steps")
need = _matrix("need", "n_steps")
quality = _matrix("quality", "n_steps")
changes = _matrix("changes", "n_products")
staff = _rows("staff", rec.STAFF)
shifts = _rows("shifts", rec.SHIFT)
tends = _values("tends", np.int64)
switches = _values("switches", np.float64)
local = _matrix("local", "n_stations")
arm_at = _values("arm_at", np.int64)
arm_of = _values("arm_of", np.int64)
pick = _values("pick", np.float64)
place = _values("place", np.float64)
empty = _values("empty", np.float64)
loaded = _values("loaded", np.float64)
carried_to = _matrix("carried_to", "n_stations")
home = _values("home", np.float64)
moved = _values("moved", np.int64)
set_moved = _setter("moved", np.int64)
feeder_at = _values("feeder_at", np.int64)
stop_at = _values("stop_at", np.int64)
zone_at = _values("zone_at", np.int64)
fetch = _values("fetch", np.int64)
carry = _values("carry", np.int64)
inside = _values("inside", np.int64)
way_out = _values("way_out", np.int64)
marks = _values("marks", np.int64)
set_marks = _setter("marks", np.int64)
when = _values("when", np.float64)
set_when = _setter("when", np.float64)
when_word = _values("when", np.int64)  # the bits of a time
set_when_word = _setter("when", np.int64)
n_leaves = _constant_of_run("n_leaves")
two_levels = _constant_of_run("two_levels")
winner = _values("winner", np.int64)
set_winner = _setter("winner", np.int64)
