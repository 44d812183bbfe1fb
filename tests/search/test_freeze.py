"""A run folder stands on its own: models named by a path come along."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from layout.cli.new import text
from layout.files.assets import library_folder
from layout.files.runs import RunFolder
from layout.files.scenario import load_scenario


@pytest.mark.parametrize("name", ["../models/cnc_mill", "my_mill"])
def test_models_come_along(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "cells"
    source = (folder / name).resolve()
    folder.mkdir()
    shutil.copytree(library_folder() / "cnc_mill", source)
    sheet = source / "model.yaml"
    sheet.write_text(sheet.read_text().replace("name: cnc_mill", f"name: {source.name}"), encoding="utf-8")
    path = folder / "cell.yaml"
    path.write_text(text(path).replace("model: cnc_mill", f"model: {name}"), encoding="utf-8")
    made = RunFolder.create(tmp_path / "run", load_scenario(path), {"evaluations": 1, "seed": 0, "in_flight": 8})
    shutil.rmtree(folder)
    if source.exists():
        shutil.rmtree(source)
    frozen = made.scenario()
    assert frozen.digest == made.settings()["digest"]
    assert any(model.name == source.name for model in frozen.models.values())
