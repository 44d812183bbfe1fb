from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.files import library


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the tiny library in lib/."""
    folder = tmp_path_factory.mktemp("scenarios")
    library.build(folder / "lib")
    return folder


@pytest.fixture(scope="session")
def write(root: Path) -> Callable[[str], Path]:
    """Writes a scenario's text to a file of its own beside the library."""
    numbers = itertools.count()

    def to_file(text: str) -> Path:
        path = root / f"scenario_{next(numbers)}.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return to_file


@pytest.fixture(scope="module")
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def home(tmp_path: Path) -> Path:
    library.build(tmp_path / "lib")
    return tmp_path
