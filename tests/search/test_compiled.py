"""Compiled code of the search kept on disk: never that of an older source."""

import importlib
import sys
from pathlib import Path

from numba.extending import is_jitted

from layout.flow.kernel import jit
from layout.flow.kernel.source import digest
from layout.search import legalise, pieces, room, separation
from layout.search.plane import kernel

INNER = "from layout.flow.kernel.jit import compiled\n\n@compiled\ndef grown(x):\n    return {}\n"
OUTER = (
    "from layout.flow.kernel.jit import entry_with\nimport grown_inner\nfrom grown_inner import grown\n\n"
    "@entry_with(grown_inner)\ndef answer(x):\n    return grown(x) + 1.0\n"
)


def test_a_change_in_another_file_is_noticed(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "grown_outer.py").write_text(OUTER)
    for term, wanted in (("2.0 * x", 7.0), ("2.0 * x + 30.0", 37.0)):
        (tmp_path / "grown_inner.py").write_text(INNER.format(term))
        for name in ("grown_inner", "grown_outer"):
            sys.modules.pop(name, None)
        importlib.invalidate_caches()
        assert importlib.import_module("grown_outer").answer(3.0) == wanted


def reached(function, seen):
    """Modules of all compiled code that compiled code calls."""
    if function not in seen:
        seen[function] = function.__module__
        for value in (function.__globals__.get(name) for name in function.__code__.co_names):
            if is_jitted(value):
                reached(value.py_func, seen)
    return set(seen.values())


def test_entries_name_every_file_whose_code_they_hold():
    for module, names in (
        (pieces, ("put", "shortfalls")),
        (separation, ("nearest",)),
        (room, ("first_free", "stand")),
        (kernel, ("anneal", "decode")),
    ):
        others = set().union(*(reached(getattr(module, name).py_func, {}) for name in names)) - {module.__name__}
        files = [jit.__file__, module.__file__, *(sys.modules[name].__file__ for name in sorted(others))]
        for name in names:
            assert getattr(module, name)._cache._cache_file._source_stamp == digest(map(Path, files))


def test_compiled_and_other_code_agree_on_what_is_wrong():
    assert pieces.WRONG_M == legalise.OVERLAP_M
