"""The kernel's machine code in a file, run without the compiler: a process that finds it never imports numba.

`Code` stands for one compiled function: it loads the file with LLVM's linker, or has it made first (`jit.object_code`).
The file's name tells source, types, compiler and processor apart. Files lie in NUMBA_CACHE_DIR, or else in the user's
cache. What lies `beside` an entry is compiled by another process meanwhile, where there is a processor for it.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import importlib
import os
import pickle
import subprocess
import sys
import tempfile
import threading
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from layout import caches
from layout.errors import LayoutError, Problem

_SYMBOL = "layout_entry"
_KEPT = 8  # files of one function: versions of the source, or processors that share a folder


class Code:
    """A function of tables of records, whose dtypes are `types`, that `module` defines as an `entry`.

    beside : modules of what lies `beside` it, and is called with a row of the first of its tables
    """

    def __init__(self, module: str, name: str, *types: Any, beside: tuple[str, ...] = ()) -> None:
        self.module, self.name, self.types, self.beside = module, name, types, beside
        self._call: Any = None
        self._engine: Any = None
        self._lock = threading.Lock()

    def __call__(self, *tables: Any) -> None:
        """Run it on tables of those dtypes; it sees the first row of each. Other threads go on meanwhile."""
        if self._call is None:
            with self._lock:
                if self._call is None:
                    self._load()
        if self._call(*(table.ctypes.data for table in tables)) != 0:
            raise LayoutError(Problem("compiled code stopped with an error", f"{self.module}.{self.name}"))

    def _load(self) -> None:
        import llvmlite.binding as llvm  # type: ignore[import-untyped]

        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        file = _folder() / f"{self.name}-{self._key(llvm)}.o"
        try:
            codes = _checked(file.read_bytes())
            _used(file)
        except (OSError, ValueError):
            codes = self._made()
            _keep(file, codes)
        target = llvm.Target.from_default_triple().create_target_machine(codemodel="jitdefault", jit=True)
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), target)
        for code in codes:
            self._engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        self._engine.finalize_object()
        address = self._engine.get_function_address(_SYMBOL)
        self._call = ctypes.CFUNCTYPE(ctypes.c_int32, *[ctypes.c_void_p] * len(self.types))(address)

    def _made(self) -> list[bytes]:
        """Object files, which may call one another."""
        with _Other(self.beside, self.types[0]) if self.beside else contextlib.nullcontext() as other:
            from layout.flow.kernel.jit import object_code

            function = getattr(importlib.import_module(self.module), self.name)
            code = object_code(function.py_func, [np.zeros(1, dtype) for dtype in self.types], _SYMBOL)
            return [code] if other is None else [code, other.code()]

    def _key(self, llvm: Any) -> str:
        features = llvm.get_host_cpu_features().flatten()
        facts = [version("numba"), version("llvmlite"), llvm.get_process_triple(), llvm.get_host_cpu_name(), features]
        facts += [repr(dtype) for dtype in self.types]  # the run's holds a digest of the source
        return hashlib.blake2b("\n".join(facts).encode(), digest_size=12).hexdigest()


class _Other:
    """Another process that compiles what lies `beside` entries in these modules, for runs of that dtype."""

    def __init__(self, modules: tuple[str, ...], dtype: Any) -> None:
        self._asked = modules, dtype
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> _Other:
        if sys.executable and (os.cpu_count() or 1) > 1:
            path = os.pathsep.join(filter(None, sys.path))
            with contextlib.suppress(OSError):
                self._process = subprocess.Popen(
                    [sys.executable, "-c", f"from {__name__} import _answer; _answer()"],
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                    env={**os.environ, "PYTHONPATH": path},
                )  # fmt: skip
        if self._process is not None and self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.write(pickle.dumps(self._asked))
                self._process.stdin.close()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def code(self) -> bytes:
        """What it made; made here where there is no such process, or it failed."""
        if self._process is not None and self._process.stdout is not None:
            with self._process.stdout as told, contextlib.suppress(ValueError):
                (code,) = _checked(told.read())
                return code
        return _made_beside(*self._asked)


def _made_beside(modules: tuple[str, ...], dtype: Any) -> bytes:
    from layout.flow.kernel.jit import beside_code

    for module in modules:
        importlib.import_module(module)
    return beside_code(modules, np.zeros(1, dtype))


def _answer() -> None:
    """The other process: asked on its standard input, it answers on its standard output."""
    sys.stdout.buffer.write(_sealed([_made_beside(*pickle.load(sys.stdin.buffer))]))


def _folder() -> Path:
    given = os.environ.get("NUMBA_CACHE_DIR")
    if given:
        return Path(given)
    return caches.place("kernel")


def _sealed(codes: list[bytes]) -> bytes:
    """Machine code with a checksum before it."""
    content = pickle.dumps(codes)
    return hashlib.blake2b(content, digest_size=16).digest() + content


def _checked(sealed: bytes) -> list[bytes]:
    """What was sealed; ValueError where the file is broken."""
    content = sealed[16:]
    if hashlib.blake2b(content, digest_size=16).digest() != sealed[:16]:
        raise ValueError("broken file")
    codes: list[bytes] = pickle.loads(content)
    return codes


def _keep(file: Path, codes: list[bytes]) -> None:
    """Write the file whole or not at all; where that is not possible, the next process compiles again."""
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent, suffix=".tmp")
        with os.fdopen(handle, "wb") as new:
            new.write(_sealed(codes))
        os.replace(name, file)
        _prune(file)


def _used(file: Path) -> None:
    """Note that the file is in use, so that it is not among the first to be deleted."""
    with contextlib.suppress(OSError):
        os.utime(file)


def _prune(newest: Path) -> None:
    """Delete what is older than the last `_KEPT` files of that function; one that is loaded counts as new."""
    older = [file for file in newest.parent.glob(f"{newest.name.rsplit('-', 1)[0]}-*.o") if file != newest]
    older.sort(key=lambda file: file.stat().st_mtime, reverse=True)
    for file in older[_KEPT - 1 :]:
        file.unlink()
