"""No test reads or writes the cache of whoever runs them: the whole session, its workers too, has an empty folder."""

from __future__ import annotations

import os
import shutil
import tempfile

import pytest

CACHE = "LINE_LAYOUT_CACHE"
_made: str | None = None


def pytest_configure(config: pytest.Config) -> None:
    global _made
    if not hasattr(config, "workerinput"):  # workers are started from here, and inherit what is set
        _made = os.environ[CACHE] = tempfile.mkdtemp(prefix="line-layout-tests-")


def pytest_unconfigure(config: pytest.Config) -> None:
    if _made is not None:
        shutil.rmtree(_made, ignore_errors=True)
