"""Pictures as the page carries them: in itself, so that nothing is fetched."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Picture:
    """A picture of the page: data URIs (light, and dark where there is one), what it shows, its caption."""

    light: str
    alt: str
    caption: str = ""
    dark: str = ""


def picture(path: Path, alt: str, caption: str = "", dark: Path | None = None) -> Picture | None:
    """A PNG as a picture of the page; None where the file is missing or empty."""
    light = _uri(path)
    return Picture(light, alt, caption, (_uri(dark) if dark is not None else "") or "") if light else None


def _uri(path: Path) -> str | None:
    try:
        content = path.read_bytes()
    except OSError:
        return None
    return "data:image/png;base64," + base64.b64encode(content).decode("ascii") if content else None
