"""Workers begin as their parent is now, however long their server has been there."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from layout import processes


def test_a_worker_has_the_parents_variables_and_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for value in ("first", "second", None):
        if value is None:
            monkeypatch.delenv("LAYOUT_TEST_MARK")
        else:
            monkeypatch.setenv("LAYOUT_TEST_MARK", value)
        (folder := tmp_path / str(value)).mkdir()
        monkeypatch.chdir(folder)
        with ProcessPoolExecutor(1, processes.context(), processes.enter, (processes.environment(),)) as pool:
            assert pool.submit(os.getenv, "LAYOUT_TEST_MARK").result() == value
            assert pool.submit(os.getcwd).result() == str(folder)
