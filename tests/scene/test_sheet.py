"""The contact sheet: every model is shown, whole, with its name below."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from layout.errors import SceneError
from layout.files.assets import library_folder, read_model
from layout.scene import Scene
from layout.scene.sheet import CAPTION_PX, CARD, COLUMNS, GAP_PX, TILE_PX, Entry, contact_sheet, portrait


def entry(name: str) -> Entry:
    loaded = read_model(name, library_folder())
    return Entry("Things", loaded.model, loaded.size_m, "what it does")


@pytest.mark.parametrize("name", ["conveyor_corner", "part_flange", "gripper_small", "amr", "kuka_iiwa7"])
def test_a_model_of_any_kind_fills_its_picture_and_is_not_cut(name: str) -> None:
    with Scene(visuals=True) as scene:
        image = portrait(entry(name), scene, 240, 200)
    drawn = (np.abs(image.astype(int) - CARD) > 3).any(axis=2)
    assert 0.05 < drawn.mean() < 0.9
    rows = np.flatnonzero(drawn.any(axis=1))
    assert rows[0] > 0, "nothing is cut off at the top"
    assert np.ptp(rows) > 0.5 * len(image), "it is as large as fits"


def test_sheet_has_a_card_for_each_model(tmp_path: Path) -> None:
    names = ["part_box", "part_shaft"]
    contact_sheet([entry(name) for name in names], tmp_path / "sheet.png")
    page = np.asarray(Image.open(tmp_path / "sheet.png"))
    rows = math.ceil(len(names) / COLUMNS)
    assert page.shape[1] == COLUMNS * (TILE_PX[0] + GAP_PX) + GAP_PX
    assert page.shape[0] > rows * (TILE_PX[1] + CAPTION_PX)
    for column in range(len(names)):
        left = GAP_PX + column * (TILE_PX[0] + GAP_PX)
        card = page[-(TILE_PX[1] + CAPTION_PX) :, left : left + TILE_PX[0]]
        assert len(np.unique(card.reshape(-1, 3), axis=0)) > 50
    empty = page[-(TILE_PX[1] + CAPTION_PX) :, GAP_PX + 2 * (TILE_PX[0] + GAP_PX) :]
    assert (empty == 255).all()


def test_sheet_says_where_it_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(SceneError, match="cannot be written"):
        contact_sheet([entry("part_box")], tmp_path / "nowhere" / "sheet.png")
