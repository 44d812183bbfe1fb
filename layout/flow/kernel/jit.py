"""How the kernel is compiled: as machine code of one or two pieces, which `machine_code` keeps on disk.

Numba makes of every function something of its own that is optimised, callable and cached. The kernel has more than a
hundred that only compiled code calls, and few that Python calls (`entry`). The hundred end here as LLVM code that
nobody has optimised or loaded; an entry links them in, and the whole is optimised once: a quarter of the time.

Nothing here makes an array, so reference counting is off (`_nrt`): it would cost several times the simulation.
Numba notices a change in a function's own file only; `records.RUN` carries a `digest` of all of them for it, and
`entry_with` takes one as the mark of what is up to date.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar, cast

import llvmlite.binding as llvm  # type: ignore[import-untyped]
import numba
from llvmlite import ir
from numba.core import cgutils, compiler, funcdesc, ir_utils, lowering, ssa, transforms, typed_passes, untyped_passes
from numba.core.codegen import CPUCodeLibrary
from numba.core.targetconfig import ConfigStack
from numba.core.types.functions import BaseFunction
from numba.np import arrayobj, linalg

from layout.flow.kernel.source import digest

F = TypeVar("F", bound=Callable[..., Any])
_njit: Any = numba.njit
_single: Any = ssa.reconstruct_ssa
_canonical: Any = transforms.canonicalize_cfg
_definitions: Any = ir_utils.build_definitions
_APART: set[Callable[..., Any]] = set()
_BESIDE: dict[str, dict[str, Callable[..., Any]]] = {}
_OPTIONS: dict[str, Any] = {"_nrt": False, "error_model": "numpy"}


def entry(function: F) -> F:
    """Machine code that Python calls: through `machine_code.Code`, or, compiled for the process, as it is."""
    return cast(F, _njit(**_OPTIONS, cache=True, no_cfunc_wrapper=True)(function))


def entry_with(*modules: ModuleType) -> Callable[[F], F]:
    """An entry into which code of these modules is compiled, too: renewed on disk when any of their files changes."""

    def made(function: F) -> F:
        found = entry(function)
        files = [__file__, function.__code__.co_filename, *(str(module.__file__) for module in modules)]
        cast(Any, found)._cache._cache_file._source_stamp = digest(map(Path, files))
        return found

    return made


def compiled(function: F) -> F:
    """Machine code that compiled code calls, or that melts into it: as LLVM sees fit."""
    return cast(F, _piece(function, forceinline=False))


def inlined(function: F) -> F:
    """Machine code that melts into its callers."""
    return cast(F, _piece(function, forceinline=True))


def apart(function: F) -> F:
    """Machine code that stays out of its callers, for it is seldom called or a loop of its own: they are shorter."""
    _APART.add(function)
    return compiled(function)


def beside(function: F) -> F:
    """Machine code that an entry calls with a run and whole numbers, and that returns nothing: see `beside_code`."""
    symbol = f"layout_{function.__name__}"
    _BESIDE.setdefault(function.__module__, {})[symbol] = function

    @cache
    def there(types: Any) -> Any:
        outer = numba.types.ExternalFunction(symbol, numba.types.void(*types))
        return _piece((lambda w: outer(w)) if len(types) == 1 else (lambda w, i: outer(w, i)), forceinline=True)

    called: Any = _piece(function)
    called.get_call_template = lambda args, kws: there(_plain(args)).get_call_template(args, kws)
    called.get_overload = lambda args: there(_plain(args)).get_overload(args)
    return cast(F, called)


def _piece(function: Callable[..., Any], **options: Any) -> Any:
    piece = _njit(**_OPTIONS, **options, pipeline_class=_PieceCompiler)(function)
    template = piece.get_call_template

    def get_call_template(args: Any, kws: Any) -> Any:
        """Numba's own, without a version for each constant that is passed."""
        return template(_plain(args), kws)

    def add_overload(result: Any) -> None:
        """Numba's own would offer the piece to Python as well."""
        piece.overloads[tuple(result.signature.args)] = result

    piece.get_call_template, piece.add_overload = get_call_template, add_overload
    return piece


def _plain(types: Any) -> Any:
    """Types of arguments, without a type for each constant."""
    return tuple(numba.types.unliteral(kind) for kind in types)  # type: ignore[no-untyped-call]


class _Piece(CPUCodeLibrary):
    """LLVM code of one function, to be linked into others."""

    apart = False

    def add_ir_module(self, ir_module: Any) -> None:
        """The code as it is: it is optimised where it is linked in."""
        for function in ir_module.functions:
            if self.apart and not function.is_declaration:
                function.attributes.add("noinline")
        self._final_module = llvm.parse_assembly(cast(Any, cgutils).normalize_ir_text(str(ir_module)))

    def finalize(self) -> None:
        self._finalized = True


def _lower(state: Any) -> None:
    """Numba's NativeLowering without wrappers and without an executable."""
    context, flags = state.targetctx, state.flags
    describe: Any = funcdesc.PythonFunctionDescriptor.from_specialized_function
    description = describe(
        state.func_ir, state.typemap, state.return_type, state.calltypes, mangler=context.mangler,
        inline=flags.forceinline, noalias=flags.noalias, abi_tags=[flags.get_mangle_string()],
    )  # fmt: skip
    made: Any = _Piece
    library = state.library = made(context.codegen(), state.func_id.func_qualname)
    library.apart = state.func_id.func in _APART
    with context.push_code_library(library):
        lower: Any = cast(Any, lowering.Lower)(context, library, description, state.func_ir, state.metadata)
        lower.lower()
    library.finalize()

    def key(*arguments: Any) -> Any:
        """What numba knows the piece by; called where Python calls it, as tests do."""
        return _whole(state.func_id.func)(*arguments)

    # Who calls it links what it calls, too.
    context.insert_user_function(key, description, list(dict.fromkeys((library, *library._linking_libraries))))
    state["cr"] = compiler._LowerResult(description, lower.call_helper, cfunc=key, env=lower.env)


def object_code(function: Callable[..., Any], tables: list[Any], symbol: str) -> bytes:
    """Machine code of an entry, as an object file with one C function: addresses of tables in, 0 out if all is well.

    What lies `beside` is called by its C names, which the object file of `beside_code` has.
    """
    types = tuple(map(cast(Any, numba).typeof, tables))
    with _without_blas(), _remembered(), _uncollected():
        done = _njit(**_OPTIONS, pipeline_class=_PieceCompiler)(function)._compiler.compile(types, None)
    context = done.target_context

    def define(module: Any) -> None:
        word = ir.IntType(64)
        outer = ir.Function(module, ir.FunctionType(ir.IntType(32), [word] * len(types)), symbol)
        builder = ir.IRBuilder(outer.append_basic_block())
        arrays = []
        for table, kind, given in zip(tables, types, outer.args, strict=True):
            array = context.make_array(kind)(context, builder)
            size = context.get_constant(numba.types.intp, table.itemsize)
            address = builder.inttoptr(given, array.data.type)
            one = ir.Constant(ir.ArrayType(word, 1), [word(1)])
            cast(Any, arrayobj).populate_array(array, address, one, one, size, None)
            arrays.append(array._getvalue())
        inner = context.declare_function(module, done.fndesc)
        status, _ = context.call_conv.call_function(builder, inner, done.signature.return_type, types, arrays)
        builder.ret(builder.zext(status.is_error, ir.IntType(32)))

    return _object_file([done], define, {symbol})


def beside_code(modules: Sequence[str], table: Any) -> bytes:
    """Machine code of all that lies `beside` in these modules, for runs of a table like this one."""
    run = cast(Any, numba).typeof(table).dtype
    functions = {symbol: function for module in modules for symbol, function in _BESIDE[module].items()}
    made = {}
    with _without_blas(), _remembered(), _uncollected():
        for symbol, function in functions.items():
            types = (run, *[numba.types.int64] * (function.__code__.co_argcount - 1))
            made[symbol] = _njit(**_OPTIONS, pipeline_class=_PieceCompiler)(function)._compiler.compile(types, None)

    def define(module: Any) -> None:
        for symbol, done in made.items():
            context, kinds = done.target_context, done.signature.args
            there: Any = funcdesc.ExternalFunctionDescriptor
            outer = context.declare_external_function(module, there(symbol, done.signature.return_type, kinds))
            builder = ir.IRBuilder(outer.append_basic_block())
            given = [context.get_argument_value(builder, *both) for both in zip(kinds, outer.args, strict=True)]
            inner = context.declare_function(module, done.fndesc)
            context.call_conv.call_function(builder, inner, done.signature.return_type, kinds, given)
            builder.ret(context.get_dummy_value())

    return _object_file(list(made.values()), define, set(made))


def _object_file(made: list[Any], define: Callable[[Any], None], symbols: set[str]) -> bytes:
    """The C functions that `define` adds to a module, with the pieces made for them: linked, optimised, emitted."""
    codegen = made[0].library.codegen
    whole: Any = codegen.create_library("kernel")
    for done in made:
        for library in dict.fromkeys((done.library, *done.library._linking_libraries)):
            whole.add_linking_library(library)
    module = whole.create_ir_module("kernel")
    define(module)
    whole.add_ir_module(module)
    linked = whole._final_module
    for library in whole._linking_libraries:
        linked.link_in(library._get_module_for_linking(), preserve=True)
    linked.verify()
    for defined in linked.functions:
        if not defined.is_declaration and defined.name not in symbols:
            defined.linkage = "internal"
    _optimise(linked, codegen._tm)
    return bytes(codegen._tm.emit_object(linked))


def _optimise(module: Any, machine: Any) -> None:
    """LLVM's usual passes; short inlining, loops not unrolled: more takes half as long again and brings nothing."""
    options = llvm.create_pipeline_tuning_options(speed_level=2)
    options.loop_unrolling = options.slp_vectorization = False
    options.loop_vectorization, options.loop_interleaving = True, False
    options.inlining_threshold = 60
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)


@contextmanager
def _remembered() -> Iterator[None]:
    """Numba looks up anew what `+` of two numbers gives wherever it stands: a fifth of the compilation."""
    found: dict[Any, Any] = {}
    look_up = BaseFunction.get_call_type

    def get_call_type(self: Any, context: Any, args: Any, kws: Any) -> Any:
        if kws:
            return look_up(self, context, args, kws)
        key = (self, tuple(args))
        if key not in found:
            found[key] = look_up(self, context, args, kws)
        return found[key]

    BaseFunction.get_call_type = get_call_type  # type: ignore[method-assign]
    try:
        yield
    finally:
        BaseFunction.get_call_type = look_up  # type: ignore[method-assign]


@contextmanager
def _without_blas() -> Iterator[None]:
    """Numba looks for scipy's linear algebra, a project dependency that the kernel does not use: half a second."""
    look_for: Any = linalg.ensure_blas
    linalg.ensure_blas = lambda: None
    try:
        from numba.np import arraymath  # noqa: F401
    finally:
        linalg.ensure_blas = look_for
    yield


@contextmanager
def _uncollected() -> Iterator[None]:
    """A compiler makes much that lasts and refers to itself: looking through it for rubbish finds little."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


@cache
def _whole(function: Callable[..., Any]) -> Any:
    return _njit(**_OPTIONS)(function)


class _PieceCompiler(compiler.CompilerBase):
    """Of numba's passes those that the kernel's plain code needs, without the checks and lists kept for other code."""

    def _compile_core(self) -> Any:
        state: Any = self.state
        with cast(Any, ConfigStack)().enter(state.flags.copy()):
            for step in (
                _run(untyped_passes.TranslateByteCode),
                _run(untyped_passes.FixupArgs),
                _single_assignment,
                _run(typed_passes.NopythonTypeInference),
                _plain_assignment,
                _lower,
                _run(typed_passes.NoPythonBackend),
            ):
                step(state)
        return state.cr


def _run(made: Any) -> Any:
    return made().run_pass


def _single_assignment(state: Any) -> None:
    code = state.func_ir
    code.generator_info = None
    code.blocks = _canonical(code.blocks)
    state.func_ir = _single(code)
    code._definitions = _definitions(code.blocks)


def _plain_assignment(state: Any) -> None:
    code = state.func_ir = cast(Any, typed_passes.PreLowerStripPhis)()._strip_phi_nodes(state.func_ir)
    code._definitions = _definitions(code.blocks)
    code.blocks = _canonical(code.blocks)
