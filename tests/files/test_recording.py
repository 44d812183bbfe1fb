"""Recordings come back from disk as they were written, as exactly as their units say, and say what is wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layout.errors import LayoutError
from layout.files.recording import RATE_HZ, Frame, PartPlace, Recorder, read_recording, write_recording

TURN = (0.0, 0.0, np.sin(0.3), np.cos(0.3))


def frame(step: int, parts: dict[int, float]) -> Frame:
    places = {n: PartPlace("box" if n % 2 else "lid", (x, 0.5, 0.9), TURN) for n, x in parts.items()}
    swing = 0.1 * step
    return Frame({"tender": np.array([swing, -swing])}, {"mill": np.array([0.725])},
                 {"carts 1": np.array([1.0 + swing, 2.0, 3.1])}, places)  # fmt: skip


def recorder() -> Recorder:
    return Recorder({"tender": 2}, {"mill": 1}, ["carts 1"], {"seed": 7})


def test_it_comes_back_as_it_was(tmp_path: Path) -> None:
    made = recorder()
    for step in range(50):
        made.add(frame(step, {1: 0.01 * step, 2: 3.0} if step < 40 else {2: 3.0}))
    write_recording(made.finish(), tmp_path / "line.rec")
    found = read_recording(tmp_path / "line.rec")
    assert (found.frames, found.end_s, dict(found.about)) == (50, 49 / RATE_HZ, {"seed": 7})
    for step in (0, 17, 49):
        then = found.at(step / RATE_HZ)
        assert then.arms["tender"] == pytest.approx([0.1 * step, -0.1 * step], abs=1e-5)
        assert then.vehicles["carts 1"] == pytest.approx([1 + 0.1 * step, 2, 3.1], abs=1e-5)
        assert sorted(then.parts) == ([1, 2] if step < 40 else [2])
    assert found.at(17 / RATE_HZ).parts[1].at_m == pytest.approx((0.17, 0.5, 0.9), abs=1e-4)
    assert found.at(17 / RATE_HZ).parts[1].turn == pytest.approx(TURN, abs=1e-4)
    assert {n: part.product for n, part in found.at(0.0).parts.items()} == {1: "box", 2: "lid"}


def test_what_stands_still_costs_nothing(tmp_path: Path) -> None:
    sizes = []
    for number in (100, 3000):
        made = recorder()
        for _ in range(number):
            made.add(frame(0, {n: 0.1 * n for n in range(20)}))
        write_recording(made.finish(), tmp_path / "line.rec")
        sizes.append((tmp_path / "line.rec").stat().st_size)
    assert sizes[1] < 1.2 * sizes[0]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.dictionaries(st.integers(0, 5), st.floats(-50, 50), max_size=4), min_size=1, max_size=12))
def test_parts_come_and_go(tmp_path_factory: pytest.TempPathFactory, steps: list[dict[int, float]]) -> None:
    made = recorder()
    for number, parts in enumerate(steps):
        made.add(frame(number, parts))
    path = tmp_path_factory.mktemp("rec") / "line.rec"
    write_recording(made.finish(), path)
    found = read_recording(path)
    for number, parts in enumerate(steps):
        then = found.at(number / RATE_HZ).parts
        assert {n: part.at_m[0] for n, part in then.items()} == pytest.approx(parts, abs=1e-4)


@pytest.mark.parametrize("content", [b"", b"LAYREC1\n", b"LAYREC1\n\x05\0\0\0{}abc", b"PNG and so on"])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "line.rec").write_bytes(content)
    with pytest.raises(LayoutError, match="no recording"):
        read_recording(tmp_path / "line.rec")
    with pytest.raises(LayoutError, match="cannot be read"):
        read_recording(tmp_path / "none.rec")
