"""A recording shows what was recorded."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from layout.files.recording import Frame, PartPlace, Recorder
from layout.viewer import Replay


def test_what_was_recorded_is_shown() -> None:
    states = {"mill": [[0.0, 0.5, "working"], [0.8, 2.0, "down"]]}
    made = Recorder({"tender": 2}, {"mill": 1}, ["carts 1"], {"states": states})
    turns = [Rotation.from_euler("xyz", [0.1, 0.4, 0.05 * step]) for step in range(31)]
    for step, turn in enumerate(turns):
        x, y, z, w = turn.as_quat()
        made.add(
            Frame(
                {"tender": np.array([0.1 * step, 0.0])},
                {"mill": np.array([0.2])},
                {"carts 1": np.array([step, 2.0, 0.5])},
                {4: PartPlace("bracket", (0.1 * step, 1.0, 0.9), (x, y, z, w))} if step < 20 else {},
            )
        )
    shown = Replay(made.finish())
    assert shown.end_s == pytest.approx(1.0)
    half = shown.positions(0.5)
    assert half.joints["tender"] == pytest.approx([1.5, 0.0], abs=1e-5)
    assert half.vehicles["carts 1"] == pytest.approx((15.0, 2.0, 0.5), abs=1e-5)
    assert half.parts[4].product == "bracket"
    assert half.parts[4].pose[:3, 3] == pytest.approx([1.5, 1.0, 0.9], abs=1e-4)
    assert half.parts[4].pose[:3, :3] == pytest.approx(turns[15].as_matrix(), abs=2e-4)
    assert [shown.positions(t).states["mill"] for t in (0.2, 0.6, 0.9)] == ["working", "idle", "down"]
    assert shown.positions(0.9).parts == {}
