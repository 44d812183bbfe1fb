"""What every picture shares: colours, fonts, an Agg canvas without pyplot's global state, atomic files."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from layout.files.atomic import write_bytes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 160


@dataclass(frozen=True)
class Theme:
    """Colours of a chart: paper, ink and what lies between."""

    paper: str
    ink: str
    muted: str
    rule: str
    faint: str
    accent: str
    second: str
    grey_bar: str


LIGHT = Theme("#ffffff", "#1b2430", "#5b6675", "#d5dae1", "#eceff3", "#0b5c9e", "#c2570c", "#c3cad4")
DARK = Theme("#161b22", "#e6eaf0", "#9aa6b5", "#39424e", "#252c36", "#63b3ed", "#f0a35e", "#56616f")

# State -> colour: blues where it works, grey where it waits, warm where it is held up. The set keeps its order of
# lightness for the three common colour-vision deficiencies (after Okabe & Ito 2008, "Color Universal Design").
STATE_COLOURS: dict[str, str] = {
    "working": "#0072b2",
    "moving_loaded": "#0072b2",
    "moving": "#0072b2",
    "handling": "#4fa3d8",
    "moving_empty": "#a5d0ee",
    "setup": "#cc79a7",
    "charging": "#56b08f",
    "blocked": "#e69f00",
    "down": "#a63603",
    "starved": "#d3d9e0",
    "waiting": "#d3d9e0",
    "empty": "#d3d9e0",
    "off_shift": "#eef0f3",
    "unattended": "#f4a582",
}
OTHER_STATE = "#8c96a3"
STATE_WORDS: dict[str, str] = {
    "moving_loaded": "moving with a part",
    "moving": "carrying",
    "moving_empty": "moving empty",
    "handling": "picking and placing",
    "setup": "set-up",
    "off_shift": "off shift",
    "unattended": "unattended (nobody free)",
    "starved": "starved (no part)",
    "blocked": "blocked (no room)",
}
ACTIVE_STATES = ("working", "setup", "moving", "moving_empty", "moving_loaded", "handling")


def state_word(state: str) -> str:
    """A state for people."""
    return STATE_WORDS.get(state, state.replace("_", " "))


def state_order(states: Iterable[str]) -> list[str]:
    """States in the palette's order, unknown ones last."""
    known = list(STATE_COLOURS)
    return sorted(set(states), key=lambda s: (known.index(s) if s in known else len(known), s))


def text_on(colour: str) -> str:
    """Black or white, whichever reads better on a colour (WCAG relative luminance)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#ffffff" if 1.05 / (luminance + 0.05) > (luminance + 0.05) / 0.05 else "#10161d"


@lru_cache(maxsize=1)
def _fonts() -> list[str]:
    from matplotlib import font_manager

    have = {font.name for font in font_manager.fontManager.ttflist}
    wanted = ("Inter", "Source Sans 3", "Liberation Sans", "Arial", "Helvetica", "DejaVu Sans", "Noto Sans CJK SC")
    return [name for name in wanted if name in have] or ["sans-serif"]


@contextlib.contextmanager
def drawing(theme: Theme = LIGHT) -> Iterator[None]:
    """Matplotlib set up for our pictures; left as it was found.

    Names are user text: `$` in them is no mathematics, and a glyph that no font has is drawn as a box, not warned of.
    """
    import matplotlib

    settings: dict[Any, Any] = {
        "font.family": _fonts(),
        "font.size": 9,
        "text.parse_math": False,
        "text.color": theme.ink,
        "axes.edgecolor": theme.rule,
        "axes.labelcolor": theme.muted,
        "axes.facecolor": theme.paper,
        "figure.facecolor": theme.paper,
        "xtick.color": theme.muted,
        "ytick.color": theme.muted,
        "hatch.linewidth": 0.5,
        "path.simplify": True,
    }
    with matplotlib.rc_context(settings), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from")
        warnings.filterwarnings("ignore", message=r"Matplotlib currently does not support")
        yield


def new_figure(width_in: float, height_in: float) -> Figure:
    """An empty figure on an Agg canvas."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width_in, height_in), dpi=DPI)
    FigureCanvasAgg(figure)
    return figure


def save(figure: Figure, path: Path) -> Path:
    """Write a PNG (an SVG where the path ends so), whole or not at all."""
    write_bytes(Path(path), svg(figure) if Path(path).suffix.lower() == ".svg" else png(figure))
    return Path(path)


def svg(figure: Figure) -> bytes:
    """A figure as SVG, texts as texts; the same figure gives the same bytes."""
    import matplotlib

    content = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "layout", "svg.fonttype": "none"}):
        figure.savefig(
            content, format="svg", metadata={"Date": None, "Creator": None}, bbox_inches="tight", pad_inches=0.15
        )
    return content.getvalue()


def png(figure: Figure) -> bytes:
    """A figure as PNG; the same figure gives the same bytes."""
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=DPI, metadata={"Software": None}, bbox_inches="tight", pad_inches=0.15)
    return content.getvalue()
