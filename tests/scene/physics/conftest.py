from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def blocks() -> ModuleType:
    path = Path(__file__).with_name("blocks.py")
    spec = importlib.util.spec_from_file_location("physics_test_blocks", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
