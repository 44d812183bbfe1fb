from __future__ import annotations

import importlib.util
from functools import lru_cache
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from layout.errors import LayoutError
from layout.files.assets import load_model, model_names
from layout.model.library import ArmModel, MachineModel


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"collision_{path.stem}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def oracle() -> ModuleType:
    return _module(Path(__file__).parent / "oracle.py")


@pytest.fixture(scope="session")
def world() -> ModuleType:
    return _module(Path(__file__).parents[2] / "scene" / "world.py")


@lru_cache
def _library() -> tuple:
    models = []
    for name in model_names():
        try:
            models.append(load_model(name))
        except LayoutError:  # a model that cannot be read is the assets' tests' business
            continue
    return tuple(models)


@pytest.fixture(scope="session")
def machines() -> list[MachineModel]:
    return [model for model in _library() if isinstance(model, MachineModel)]


@pytest.fixture(scope="session")
def arms() -> list[ArmModel]:
    return [model for model in _library() if isinstance(model, ArmModel)]


@pytest.fixture(scope="session")
def arm16() -> ArmModel:
    return load_model("arm_16kg_r2010")


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20)
