"""Compiled code kept in a file: made once, loaded without the compiler, made again where the file is broken."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from layout.flow.kernel import machine_code
from layout.flow.kernel.machine_code import Code
from tests.flow.tiny_kernel import OTHER, ROW


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    return tmp_path


def run(code):
    row, other = np.array([(1.5, 7)], ROW), np.array([(4.0,)], OTHER)
    code(row, other)
    return row[0].item()


def fresh():
    return Code("tests.flow.tiny_kernel", "multiply", ROW, OTHER)


def never(*_):
    raise AssertionError("compiled though there is a file")


def test_made_once(folder, monkeypatch):
    assert run(fresh()) == (6.0, 8)
    (file,) = folder.glob("*.o")
    monkeypatch.setattr(Code, "_made", never)
    assert run(fresh()) == (6.0, 8)
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(AssertionError):
        run(fresh())


def test_a_broken_file_is_made_again(folder):
    run(fresh())
    (file,) = folder.glob("*.o")
    whole = file.read_bytes()
    for content in (b"", whole[:100], whole[:-1] + bytes([whole[-1] ^ 1])):
        file.write_bytes(content)
        assert run(fresh()) == (6.0, 8)
        assert len(file.read_bytes()) == len(whole)


def test_other_types_are_other_code(folder):
    run(fresh())
    wider = np.dtype([*ROW.descr, ("more", np.float64)])
    row = np.array([(1.5, 7, 0.0)], wider)
    Code("tests.flow.tiny_kernel", "multiply", wider, OTHER)(row, np.array([(2.0,)], OTHER))
    assert row["x"][0] == 3.0
    assert len(list(folder.glob("*.o"))) == 2


def test_runs_where_no_file_can_be_kept(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file"))
    assert run(fresh()) == (6.0, 8)


@pytest.mark.parametrize("python", [sys.executable, "", "/bin/false", "/no/such/file"])
def test_what_lies_beside_is_made_here_where_no_other_process_can(python, folder, monkeypatch):
    here, elsewhere = [], python != sys.executable
    made_here = machine_code._made_beside
    monkeypatch.setattr(machine_code, "_made_beside", lambda *asked: here.append(asked) or made_here(*asked))
    monkeypatch.setattr(machine_code.sys, "executable", python)
    monkeypatch.setattr(machine_code.os, "cpu_count", lambda: 2)
    row = np.array([(1.5, 7)], ROW)
    for _ in "ab":  # from the file, the second time
        Code("tests.flow.tiny_kernel", "add_twice", ROW, beside=("tests.flow.tiny_kernel",))(row)
    assert row[0].item() == (24.0, 31)  # n: 7, 14, 15, 30, 31
    assert bool(here) == elsewhere


def test_a_later_process_needs_no_compiler(tmp_path):
    """The compiler is imported only where the code has to be made."""
    code = (
        "import sys; from layout.flow.simulation import simulate_run; from layout.flow.kernel.records import RUN\n"
        "simulate_run._load()\nprint('numba' in sys.modules)"
    )
    told = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
            for _ in "ab"]  # fmt: skip
    assert told[1] == "False\n"


def test_old_machine_code_goes_and_new_stays(tmp_path: Path) -> None:
    """Eight files of each function stay, the latest used."""
    for age in range(12):
        for name in ("simulate_run", "run_row"):
            file = tmp_path / f"{name}-{age:02d}.o"
            file.write_bytes(b"code")
            os.utime(file, (1e9 - age, 1e9 - age))
    machine_code._keep(tmp_path / "simulate_run-new.o", [b"code"])
    left = sorted(file.name for file in tmp_path.glob("*.o"))
    assert [name for name in left if name.startswith("simulate_run")] == [
        *(f"simulate_run-{age:02d}.o" for age in range(7)), "simulate_run-new.o"
    ]  # fmt: skip
    assert sum(name.startswith("run_row") for name in left) == 12
