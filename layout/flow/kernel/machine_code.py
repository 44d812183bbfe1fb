"""The kernel's machine code in a file, run without the compiler: a process that finds it never imports numba.

`Code` stands for one compiled function: it loads the file with LLVM's linker, or has it made first (`jit.object_code`).
The file's name tells source, types, compiler and processor apart. Files lie in NUMBA_CACHE_DIR, or else in the user's
cache.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import importlib
import os
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
    """A function of tables of records, whose dtypes are `types`, that `module` defines as an `entry`."""

    def __init__(self, module: str, name: str, *types: Any) -> None:
        self.module, self.name, self.types = module, name, types
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
            code = _checked(file.read_bytes())
            _used(file)
        except (OSError, ValueError):
            code = self._made()
            _keep(file, code)
        target = llvm.Target.from_default_triple().create_target_machine(codemodel="jitdefault", jit=True)
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), target)
        self._engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        self._engine.finalize_object()
        address = self._engine.get_function_address(_SYMBOL)
        self._call = ctypes.CFUNCTYPE(ctypes.c_int32, *[ctypes.c_void_p] * len(self.types))(address)

    def _made(self) -> bytes:
        from layout.flow.kernel.jit import object_code

        function = getattr(importlib.import_module(self.module), self.name)
        return object_code(function.py_func, [np.zeros(1, dtype) for dtype in self.types], _SYMBOL)

    def _key(self, llvm: Any) -> str:
        features = llvm.get_host_cpu_features().flatten()
        facts = [version("numba"), version("llvmlite"), llvm.get_process_triple(), llvm.get_host_cpu_name(), features]
        facts += [repr(dtype) for dtype in self.types]  # the run's holds a digest of the source
        return hashlib.blake2b("\n".join(facts).encode(), digest_size=12).hexdigest()


def _folder() -> Path:
    given = os.environ.get("NUMBA_CACHE_DIR")
    if given:
        return Path(given)
    return caches.place("kernel")


def _checked(content: bytes) -> bytes:
    """Machine code without the checksum before it; ValueError where a file is broken."""
    code = content[16:]
    if hashlib.blake2b(code, digest_size=16).digest() != content[:16]:
        raise ValueError("broken file")
    return code


def _keep(file: Path, code: bytes) -> None:
    """Write the file whole or not at all; where that is not possible, the next process compiles again."""
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent, suffix=".tmp")
        with os.fdopen(handle, "wb") as new:
            new.write(hashlib.blake2b(code, digest_size=16).digest() + code)
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
