"""No test reads or writes the cache of whoever runs them: the whole session, its workers too, has an empty folder."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from typing import Any

import pytest

CACHE = "LINE_LAYOUT_CACHE"
_made: str | None = None


def pytest_configure(config: pytest.Config) -> None:
    global _made
    if not hasattr(config, "workerinput"):  # workers are started from here, and inherit what is set
        _made = os.environ[CACHE] = tempfile.mkdtemp(prefix="line-layout-tests-")


def pytest_unconfigure(config: pytest.Config) -> None:
    if _made is not None:
        shutil.rmtree(_made, ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first: at the end, what is left is shared out among the workers."""
    items.sort(key=lambda item: item.path.name not in ("test_docs.py", "test_benchmarks.py"))


@pytest.fixture
def coarse_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """3-D pictures as large as asked for, of pixels an eighth as fine, and charts a quarter as large: for tests that
    are not about what they show."""
    from layout.report import canvas
    from layout.scene import Scene, scene

    whole, coarse = Scene.render, 4

    def render(self: Scene, camera: Any, width: int = 1600, height: int = 1000, fine: int = 2, sun: Any = None) -> Any:
        image = whole(self, camera, -(-width // coarse), -(-height // coarse), 1, sun)
        return image.repeat(coarse, axis=0).repeat(coarse, axis=1)[:height, :width]

    monkeypatch.setattr(Scene, "render", render)
    monkeypatch.setattr(scene, "SUN_PX", scene.SUN_PX // coarse)
    monkeypatch.setattr(canvas, "DPI", canvas.DPI // coarse)


@pytest.fixture
def blank_charts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Charts and floor plans are set up, and saved without being drawn: for tests that look at words beside them."""
    from PIL import Image

    from layout.report import canvas

    def png(figure: Any) -> bytes:
        content = io.BytesIO()
        width_in, height_in = figure.get_size_inches()
        Image.new("L", (round(50 * width_in), round(50 * height_in)), 255).save(content, "PNG")
        return content.getvalue()

    monkeypatch.setattr(canvas, "png", png)
