"""Violations drawn over a picture: red volumes one sees through everything, arrows, and plates with rule and amount."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from layout.model.pose import Array
from layout.scene.cameras import Camera
from layout.scene.marks import Mark, Stroke
from layout.scene.plates import PAPER, Box, free_box
from layout.scene.subjects import Shape

RED = (197, 22, 29)
FINE = 2
"""Marks are drawn on a canvas so many times finer, and brought down to the picture's size: smooth edges."""


def draw_marks(image: NDArray[np.uint8], camera: Camera, marks: Sequence[Mark], taken: list[Box]) -> NDArray[np.uint8]:
    """The picture (h, w, 3) with all marks on it; their plates are added to `taken` (pixels).

    Numbers are those of the marks' order, from 1.
    """
    from PIL import Image, ImageDraw

    height, width = image.shape[:2]
    layer = Image.new("RGBA", (width * FINE, height * FINE), (*RED, 0))
    for mark in marks:
        for shape in mark.outlines:
            _volume(layer, camera, shape, 10, 110)
    for mark in marks:
        for shape in mark.volumes:
            _volume(layer, camera, shape, 95, 255)
    draw = ImageDraw.Draw(layer)
    for mark in marks:
        for stroke in mark.strokes:
            _stroke(draw, camera, stroke, layer.size)
    small = layer.resize((width, height), Image.Resampling.LANCZOS)
    canvas = Image.alpha_composite(Image.fromarray(image).convert("RGBA"), small)
    plates = Image.new("RGBA", canvas.size, (0, 0, 0, 0))
    _plates(ImageDraw.Draw(plates), camera, marks, taken, width, height)
    return np.asarray(Image.alpha_composite(canvas, plates).convert("RGB")).copy()


def _volume(layer: Any, camera: Camera, shape: Shape, fill: int, line: int) -> None:
    """A prism as seen from the camera: its silhouette filled, its edges drawn."""
    from PIL import Image, ImageDraw

    width, height = layer.size
    edge = max(round(height / 700), 1)
    for part in shapely.get_parts(shape.area):
        if part.geom_type != "Polygon" or part.area <= 0:
            continue
        ring = np.asarray(part.simplify(0.002).exterior.coords)[:-1]
        heights = (shape.low_m, shape.high_m)
        rings = [camera.pixels(np.column_stack([ring, np.full(len(ring), z)]), width, height) for z in heights]
        points = np.vstack(rings)
        corner = np.floor(np.clip(points.min(axis=0) - edge, 0, [width, height])).astype(int)
        far = np.ceil(np.clip(points.max(axis=0) + edge + 1, 0, [width, height])).astype(int)
        if (far <= corner).any():
            continue
        rings = [row - corner for row in rings]
        patch = Image.new("RGBA", (int(far[0] - corner[0]), int(far[1] - corner[1])), (*RED, 0))
        draw = ImageDraw.Draw(patch)
        after = [np.roll(row, -1, axis=0) for row in rings]
        sides = np.stack([rings[0], after[0], after[1], rings[1]], axis=1)
        for face in (*rings, *sides):
            draw.polygon([tuple(p) for p in face], fill=(*RED, fill))
        _edges(draw, rings, ring, (*RED, line), edge)
        layer.alpha_composite(patch, (int(corner[0]), int(corner[1])))


def _edges(draw: Any, rings: Sequence[Array], ring: Array, colour: tuple[int, ...], width: int) -> None:
    """The prism's rims, and its upright edges at corners (a round rim has none)."""
    for row in rings:
        draw.line([tuple(p) for p in (*row, row[0])], fill=colour, width=width)
    before, after = ring - np.roll(ring, 1, axis=0), np.roll(ring, -1, axis=0) - ring
    turn = np.abs(before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0])
    sharp = turn > 0.5 * np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
    for low, high, corner in zip(*rings, sharp, strict=True):
        if corner:
            draw.line([tuple(low), tuple(high)], fill=colour, width=width)


def _stroke(draw: Any, camera: Camera, stroke: Stroke, size: tuple[int, int]) -> None:
    points = camera.pixels(stroke.points, *size)
    thick = max(round(size[1] / 330), 2)
    pieces = _dashes(points, 5.0 * thick) if stroke.dashed else [points]
    for colour, wide in (((255, 255, 255, 200), thick * 2), ((*RED, 255), thick)):
        for piece in pieces:
            draw.line([tuple(p) for p in piece], fill=colour, width=wide, joint="curve")
    heads = {"none": (), "end": ((-2, -1),), "both": ((-2, -1), (1, 0))}[stroke.heads]
    for before, tip in heads:
        way = points[tip] - points[before]
        length = float(np.hypot(*way))
        if length < 1e-6:
            continue
        ahead = way / length
        long = min(6.0 * thick, max(0.45 * float(np.hypot(*np.ptp(points, axis=0))), 3.0 * thick))
        side = np.array([-ahead[1], ahead[0]]) * long * 0.42
        neck = points[tip] - ahead * long
        draw.polygon([tuple(points[tip]), tuple(neck + side), tuple(neck - side)], fill=(*RED, 255))


def _dashes(points: Array, dash: float) -> list[Array]:
    """A polyline (k, 2) in dashes of a length (pixels), with gaps as long."""
    lengths = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    count = max(1, math.ceil(lengths[-1] / dash / 2))
    found = []
    for k in range(count):
        at = np.linspace(2 * k, 2 * k + 1, 4) * lengths[-1] / (2 * count - 1)
        found.append(np.column_stack([np.interp(at, lengths, points[:, i]) for i in (0, 1)]))
    return found


def _plates(draw: Any, camera: Camera, marks: Sequence[Mark], taken: list[Box], width: int, height: int) -> None:
    """Number, rule, amount and unit of each mark near it, white on red, tied to it by a line."""
    from PIL import ImageFont

    size = max(round(height / 56), 9)
    font = ImageFont.load_default(size)
    order = sorted(range(len(marks)), key=lambda i: float(camera.pixels([marks[i].at_m], width, height)[0, 1]))
    texts = []
    for i in reversed(order):  # the lowest in the picture first: the others go above
        u, v = (float(n) for n in camera.pixels([marks[i].at_m], width, height)[0])
        u, v = min(max(u, 0.0), float(width)), min(max(v, 0.0), float(height))
        text = f"{i + 1}  {marks[i].words}"
        left, upper, right, lower = draw.textbbox((0, 0), text, font=font)
        wide, tall = right - left + size * 0.9, lower - upper + size * 0.65
        box = free_box(u, v - size, wide, tall, taken, width, height)
        taken.append(box)
        texts.append((text, box, (u, v), (left, upper)))
    for _, box, (u, v), _ in texts:
        middle = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        draw.line([middle, (u, v)], fill=(*PAPER, 220), width=max(size // 5, 2))
        draw.line([middle, (u, v)], fill=(*RED, 255), width=max(size // 9, 1))
        r = size * 0.2
        draw.ellipse([u - r, v - r, u + r, v + r], fill=(*RED, 255), outline=(*PAPER, 255))
    for text, box, _, (left, upper) in texts:
        draw.rounded_rectangle(box, radius=size * 0.35, fill=(*RED, 240), outline=(*PAPER, 255), width=1)
        draw.text((box[0] + size * 0.45 - left, box[1] + size * 0.32 - upper), text, font=font, fill=(*PAPER, 255))
