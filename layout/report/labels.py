"""Where labels go: inside their shape if they fit, else beside it with a leader line, never over one another.

All in metres on the floor plan. A candidate place costs what it covers; the cheapest wins.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]
LONGEST = 34


@dataclass(frozen=True)
class Label:
    """A label's place: centre (m), lines of text, size (pt), turn (degrees), its box, and where its leader ends."""

    x: float
    y: float
    text: str
    size: float
    rotation: float
    box: Any
    leader_to: tuple[float, float] | None = None


class Ruler:
    """Measures text on an axes of fixed scale. sizes in pt -> width, height in m."""

    def __init__(self, axes: Axes) -> None:
        self._axes = axes
        self._text = axes.text(0, 0, "", ha="center", va="center", linespacing=1.05)
        self._known: dict[tuple[str, float, str], tuple[float, float]] = {}
        (x0, _), (x1, _) = axes.transData.transform([(0, 0), (1, 0)])
        self.pixels_per_m = float(x1 - x0)

    def __call__(self, text: str, size: float, weight: str = "normal") -> tuple[float, float]:
        """Width and height (m) of a text."""
        key = (text, size, weight)
        if key not in self._known:
            self._text.set(text=text, fontsize=size, fontweight=weight)
            extent = self._text.get_window_extent()
            self._known[key] = (extent.width / self.pixels_per_m, extent.height / self.pixels_per_m)
        return self._known[key]

    def points(self, number: float) -> float:
        """Points (1/72 inch) in metres on the plan."""
        dpi = self._axes.figure.dpi
        return number * dpi / 72 / self.pixels_per_m

    def close(self) -> None:
        """Take the measuring text out of the picture."""
        self._text.remove()


class Placer:
    """Knows what is taken on the plan and finds places for labels."""

    def __init__(self, ruler: Ruler, frame: tuple[float, float, float, float]) -> None:
        self.ruler = ruler
        self.frame = shapely.box(*frame)
        self._taken: list[Any] = []
        self._costs: list[tuple[Any, float]] = []
        self._marks: list[Any] = []

    def take(self, shape: Any) -> None:
        """Nothing may cover this."""
        self._taken.append(shape)

    def avoid(self, shape: Any, weight: float) -> None:
        """Covering this costs `weight` for each share of the label's box."""
        self._costs.append((shape, weight))

    def mark(self, shape: Any) -> None:
        """A small mark that a label should not even touch."""
        self._marks.append(shape)

    def free(self, shape: Any) -> bool:
        """Whether no label lies there."""
        return not any(taken.intersects(shape) for taken in self._taken)

    def cost(self, boxes: Any) -> Array:
        """boxes : (n,) shapely boxes -> (n,) cost; what leaves the frame or covers a label costs 1000 and more."""
        area = np.maximum(shapely.area(boxes), 1e-9)
        total: Array = 1e5 * (area - shapely.area(shapely.intersection(boxes, self.frame))) / area
        total[total > 0.1] += 1000
        for shapes, price in ((self._taken, 1000.0), (self._marks, 35.0)):
            if shapes:
                hits = shapely.STRtree(shapes).query(boxes, predicate="intersects")
                total += price * np.bincount(hits[0], minlength=len(boxes))
        if self._costs:
            costly = np.array([shape for shape, _ in self._costs])
            weights = np.array([weight for _, weight in self._costs])
            rows, columns = shapely.STRtree(costly).query(boxes)
            common = shapely.intersection(boxes[rows], costly[columns])
            flat = shapely.area(costly[columns]) > 0
            share = np.where(flat, shapely.area(common) / area[rows], shapely.length(common) / np.sqrt(area[rows]))
            total += np.bincount(rows, weights[columns] * share, minlength=len(boxes))
        return total

    def inside(
        self, name: str, shape: Any, sizes: Sequence[float], weight: str = "normal", most: float = 34.0
    ) -> Label | None:
        """The best place within a shape, largest size first; None where it does not fit well enough."""
        pad = self.ruler.points(1.5)
        xs, ys = _grid(shape.bounds, 13)
        middle = shape.representative_point() if not shape.contains(shape.centroid) else shape.centroid
        reach = max(shape.bounds[2] - shape.bounds[0], shape.bounds[3] - shape.bounds[1])
        xs, ys = np.append(xs, middle.x), np.append(ys, middle.y)
        off = np.hypot(xs - middle.x, ys - middle.y) / reach
        best: tuple[float, Label] | None = None
        for rank, size in enumerate(sizes):
            for turned, text in ((False, w) for w in wraps(name)):
                best = _better(best, self._try(text, size, weight, turned, xs, ys, off, shape, pad), 6.0 * rank)
            if shape.bounds[3] - shape.bounds[1] > 1.6 * (shape.bounds[2] - shape.bounds[0]):
                best = _better(
                    best, self._try(wraps(name)[0], size, weight, True, xs, ys, off, shape, pad), 6.0 * rank + 9
                )
        return best[1] if best is not None and best[0] <= most else None

    def _try(
        self,
        text: str,
        size: float,
        weight: str,
        turned: bool,
        xs: Array,
        ys: Array,
        off: Array,
        shape: Any,
        pad: float,
    ) -> tuple[float, Label] | None:
        w, h = self.ruler(text, size, weight)
        if turned:
            w, h = h, w
        boxes = shapely.box(xs - w / 2 - pad, ys - h / 2 - pad, xs + w / 2 + pad, ys + h / 2 + pad)
        fits = shapely.covers(shape, boxes)
        if not fits.any():
            return None
        boxes, at = boxes[fits], np.flatnonzero(fits)
        cost = self.cost(boxes) + 14 * off[at] + 2.5 * text.count("\n")
        i = int(np.argmin(cost))
        return float(cost[i]), Label(
            float(xs[at[i]]), float(ys[at[i]]), text, size, 90.0 if turned else 0.0, shapely.box(*boxes[i].bounds)
        )

    def beside(self, name: str, shape: Any, size: float, weight: str = "normal") -> Label:
        """The best place around a shape, with a leader to it where it stands apart."""
        x0, y0, x1, y1 = shape.bounds
        cx, cy = (x0 + x1) / 2, (y0 + y1) / 2
        gap = self.ruler.points(5)
        candidates: list[tuple[float, Label]] = []
        for text in wraps(name)[:3]:
            w, h = self.ruler(text, size, weight)
            angles = np.arange(0, 2 * np.pi, np.pi / 18)
            for ring in (0.0, 1.0, 2.0, 3.5, 5.5, 8.0):
                away = gap + ring * self.ruler.points(9)
                xs = cx + np.cos(angles) * ((x1 - x0) / 2 + away + w / 2)
                ys = cy + np.sin(angles) * ((y1 - y0) / 2 + away + h / 2)
                pad = self.ruler.points(1.5)
                boxes = shapely.box(xs - w / 2 - pad, ys - h / 2 - pad, xs + w / 2 + pad, ys + h / 2 + pad)
                cost = self.cost(boxes) + 4 * ring + 3 * text.count("\n") + 2 * (np.abs(np.sin(angles)) < 0.9)
                i = int(np.argmin(cost))
                near = shapely.ops.nearest_points(shape, shapely.Point(xs[i], ys[i]))[0]
                inner = shape.buffer(-self.ruler.points(3))
                if not inner.is_empty:
                    near = shapely.ops.nearest_points(inner, shapely.Point(xs[i], ys[i]))[0]
                candidates.append(
                    (float(cost[i]), Label(float(xs[i]), float(ys[i]), text, size, 0.0, boxes[i], (near.x, near.y)))
                )
        return min(candidates, key=lambda item: item[0])[1]

    def at(self, text: str, points: Iterable[tuple[float, float]], size: float, weight: str = "normal") -> Label | None:
        """The first-best of given centres (early ones are preferred a little); None where all are taken."""
        xs, ys = np.array(list(points)).T
        w, h = self.ruler(text, size, weight)
        pad = self.ruler.points(1.2)
        boxes = shapely.box(xs - w / 2 - pad, ys - h / 2 - pad, xs + w / 2 + pad, ys + h / 2 + pad)
        cost = self.cost(boxes) + np.linspace(0, 12, len(xs))
        i = int(np.argmin(cost))
        if cost[i] >= 1000:
            return None
        return Label(float(xs[i]), float(ys[i]), text, size, 0.0, boxes[i])


def _better(best: tuple[float, Label] | None, new: tuple[float, Label] | None, extra: float) -> Any:
    if new is None:
        return best
    new = (new[0] + extra, new[1])
    return new if best is None or new[0] < best[0] else best


def _grid(bounds: tuple[float, float, float, float], count: int) -> tuple[Array, Array]:
    x0, y0, x1, y1 = bounds
    xs, ys = np.meshgrid(np.linspace(x0, x1, count + 2)[1:-1], np.linspace(y0, y1, count + 2)[1:-1])
    return xs.ravel(), ys.ravel()


def shortened(name: str, most: int = LONGEST) -> str:
    """A name that fits on a plan; the middle gives way, since ends tell instances apart."""
    name = " ".join(name.split())
    if len(name) <= most:
        return name
    tail = most // 3
    return name[: most - tail - 1].rstrip() + "…" + name[-tail:].lstrip()


def wraps(name: str) -> list[str]:
    """Ways to break a name into lines: one line first, then two, three and four."""
    name = shortened(name)
    found = [name]
    for lines in (2, 3, 4):
        width = max(-(-len(name) // lines), 4)
        for extra in range(0, 9):
            broken = textwrap.wrap(name, width + extra, break_long_words=False, break_on_hyphens=True)
            if len(broken) == lines and max(map(len, broken)) <= width + extra:
                found.append("\n".join(broken))
                break
    return list(dict.fromkeys(found))
