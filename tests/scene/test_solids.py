"""Files of convex hulls: what they hold, and that they are made once for the same points."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from layout.scene import meshes, solids


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(meshes, "cache_folder", lambda: tmp_path)
    return tmp_path


def test_hulls_hold_corners_and_no_inner_points(folder: Path) -> None:
    cube = solids.box_vertices((0, 0, 0), (1, 1, 1))
    path = solids.hull_file([np.vstack([cube, [[0.5, 0.5, 0.5]]]), cube + 3.0])
    first, second = meshes.hull_pieces(path)
    assert sorted(first.tolist()) == sorted(cube.tolist())
    assert sorted(second.tolist()) == sorted((cube + 3.0).tolist())


def test_hulls_are_made_once(folder: Path) -> None:
    pieces = [solids.box_vertices((0, 0, 0), (1, 1, 1)), solids.box_vertices((2, 0, 0), (3, 1, 1))]
    path = solids.hull_file(pieces)
    path.write_text("kept")
    assert solids.hull_file([piece.copy() for piece in pieces]).read_text() == "kept"
    assert solids.hull_file([np.vstack(pieces)]) != path  # the same points as one piece
    assert len(list(folder.iterdir())) == 2
