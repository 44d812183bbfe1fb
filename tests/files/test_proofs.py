"""A proof's two files in a run folder: both or neither, and never half of one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from layout.files import proofs
from layout.files.proofs import PROOF, RECORDING, keep_proof, write_proof
from layout.files.recording import Frame, Recorder, Recording, read_recording


def film(frames: int = 3) -> Recording:
    recorder = Recorder({}, {}, [], {})
    for _ in range(frames):
        recorder.add(Frame({}, {}, {}, {}))
    return recorder.finish()


def data(windows_s: list[float], x: float = 1.0) -> dict[str, Any]:
    return {"scenario": "cell", "layout": {"mill": {"x": x}}, "windows_s": windows_s}


def shown(folder: Path) -> tuple[dict[str, Any], int]:
    return json.loads((folder / PROOF).read_text()), read_recording(folder / RECORDING).frames


def test_both_are_replaced(tmp_path: Path) -> None:
    write_proof(tmp_path, data([60.0]), film(2))
    write_proof(tmp_path, data([20.0]), film(5))
    assert shown(tmp_path) == (data([20.0]), 5)
    assert sorted(path.name for path in tmp_path.iterdir()) == [RECORDING, PROOF]
    assert (tmp_path / RECORDING).stat().st_mode == (tmp_path / PROOF).stat().st_mode


def test_what_cannot_be_written_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_proof(tmp_path, data([60.0]), film(2))

    def full(recording: Recording, path: Path) -> None:
        path.write_bytes(b"half of it")
        raise OSError("no space left")

    monkeypatch.setattr(proofs, "write_recording", full)
    with pytest.raises(OSError, match="no space"):
        write_proof(tmp_path, data([20.0]), film(5))
    assert shown(tmp_path) == (data([60.0]), 2)
    assert len(list(tmp_path.iterdir())) == 2


def test_a_recording_without_its_proof_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, text: str) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(proofs, "write_text", full)
    with pytest.raises(OSError, match="no space"):
        write_proof(tmp_path, data([20.0]), film(5))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("there", "kept"),
    [
        (data([600.0, 600.0]), True),
        (data([180.0]), True),
        (data([60.0]), False),
        (data([600.0], x=2.0), False),
        ({"of": "another kind"}, False),
    ],
)
def test_a_search_keeps_a_longer_proof_of_the_same_layout(there: dict[str, Any], kept: bool, tmp_path: Path) -> None:
    write_proof(tmp_path, there, film(2))
    keep_proof(tmp_path, data([180.0]), film(5))
    assert shown(tmp_path) == ((there, 2) if kept else (data([180.0]), 5))
