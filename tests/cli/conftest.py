from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, coarse_pictures: None) -> None:
    """Commands draw and write where they are called."""
    monkeypatch.chdir(tmp_path)
