"""A reader sees the old file or the new one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from layout.files.atomic import write_bytes, write_text


def test_new_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    write_text(path, "größe: 1\r\n")
    assert path.read_bytes() == "größe: 1\r\n".encode()
    path.chmod(0o640)
    write_bytes(path, b"two")
    assert path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o777 == 0o640
    assert os.listdir(tmp_path) == ["a.yaml"]


def test_a_failure_leaves_the_old_file_and_no_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.yaml"
    write_text(path, "old")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_text(path, "new")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.yaml"]


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_text(tmp_path / "no" / "a.yaml", "x")
