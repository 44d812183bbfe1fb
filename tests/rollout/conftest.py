from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

HERE = Path(__file__)


def _load(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def blocks() -> ModuleType:
    return _load("physics_test_blocks", HERE.parents[1] / "scene" / "physics" / "blocks.py")


@pytest.fixture(scope="session")
def belts() -> ModuleType:
    return _load("rollout_test_belts", HERE.with_name("belts.py"))


@pytest.fixture(scope="session")
def world() -> ModuleType:
    return _load("line_test_world", HERE.parents[1] / "scene" / "world.py")


@pytest.fixture(scope="session")
def scene() -> ModuleType:
    path = Path(__file__).parents[1] / "scene" / "world.py"
    spec = importlib.util.spec_from_file_location("line_test_world", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
