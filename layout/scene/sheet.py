"""A contact sheet of the model library: a picture of every model with its name, its size and what it is for."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pybullet as engine
import shapely
from numpy.typing import NDArray

from layout.errors import Problem, SceneError
from layout.model.floor import Floor
from layout.model.library import ArmModel, MachineModel, Model
from layout.model.line import Arm, Layout, Line, Station
from layout.model.pose import Array, Pose
from layout.model.scenario import Time
from layout.scene import meshes
from layout.scene.cameras import frame, sun
from layout.scene.furniture import Piece, furniture
from layout.scene.plates import INK, PAPER
from layout.scene.prisms import extrude
from layout.scene.scene import PARKING_M, Scene

TILE_PX = (400, 340)
CAPTION_PX = 78
GAP_PX = 14
COLUMNS = 6
AZIMUTH_RAD = math.radians(-58.0)
ELEVATION_RAD = math.radians(24.0)
"""Fronts show, and enough of the top to see what lies on it."""
FAINT = (104, 112, 122)
CARD = (246, 247, 249)
"""The colour that pictures have where nothing is, so that they melt into their cards."""
PLATE: meshes.Rgba = (0.88, 0.895, 0.91, 1.0)


@dataclass(frozen=True)
class Entry:
    """One model on the sheet: `heading` is the group it stands under, `line` what is written below its name."""

    heading: str
    model: Model
    size_m: tuple[float, float, float]
    line: str


def contact_sheet(entries: Sequence[Entry], path: Path) -> None:
    """Write a PNG that shows every model once, in the groups' order.

    Raises SceneError where a model's files cannot be loaded or the picture cannot be written.
    """
    buffer = io.BytesIO()
    _sheet(entries).save(buffer, format="PNG", optimize=True)
    try:
        meshes.write_bytes(Path(path), buffer.getvalue())
    except OSError as error:
        raise SceneError(Problem("the picture cannot be written", value=str(error), file=str(path))) from error


def portrait(entry: Entry, scene: Scene, width: int, height: int) -> NDArray[np.uint8]:
    """(height, width, 3) uint8: one model on a round plate; machines as they are loaded, arms at home."""
    line = _alone(entry)
    scene.place(line)
    x, y, _ = entry.size_m
    radius = 0.58 * math.hypot(x, y)
    low, high = _bounds(scene)
    # a plate as thin as the thing is small, so that it does not lift what lies on it
    plate = Piece(extrude(shapely.Point(0, 0).buffer(radius, quad_segs=24), -0.02 * radius, 0.0), PLATE)
    scene.dress([plate, *furniture(line, service=False)[3:]])
    framed = _framed(line, low, high, radius)
    camera = frame(framed, width / height, AZIMUTH_RAD, ELEVATION_RAD)
    return scene.render(camera, width, height, sun=sun(framed, camera))


def _bounds(scene: Scene) -> tuple[Array, Array]:
    """Lower and upper corner (m) of everything that is not parked: an arm's height is known in its pose only."""
    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    for number in range(engine.getNumBodies(physicsClientId=scene.client)):
        body = engine.getBodyUniqueId(number, physicsClientId=scene.client)
        for link in range(-1, engine.getNumJoints(body, physicsClientId=scene.client)):
            a, b = engine.getAABB(body, link, physicsClientId=scene.client)
            if max(map(abs, (*a, *b))) < PARKING_M / 2 and a != b:
                low, high = np.minimum(low, a), np.maximum(high, b)
    return low, high


def _framed(line: Line, low: Array, high: Array, radius_m: float) -> Line:
    """What the camera must hold: the box round what is shown, standing on its plate."""
    none = {"front": 0.0, "back": 0.0, "left": 0.0, "right": 0.0}
    (x0, y0), (x1, y1) = (low[:2], high[:2])
    box = ((float(x0), float(y0)), (float(x1), float(y0)), (float(x1), float(y1)), (float(x0), float(y1)))
    stand_in = MachineModel("box", "", Path(), Path(), float(high[2]), box, none, {})
    station = Station("box", "box", stand_in, Pose(0.0, 0.0, 0.0), {}, 1, 0, 0, {}, False, None, False)
    r = 0.85 * radius_m  # the plate's rim may leave the picture, the thing may not
    left, right, front, back = min(-r, box[0][0]), max(r, box[1][0]), min(-r, box[0][1]), max(r, box[2][1])
    floor = Floor(boundary=((left, front), (right, front), (right, back), (left, back)))
    return replace(line, floor=floor, stations={"box": station}, arms={})


def _alone(entry: Entry) -> Line:
    """A line of nothing but the model; what is neither machine nor arm stands there like a machine."""
    model = entry.model
    half_x, half_y = max(entry.size_m[0], 0.02) / 2, max(entry.size_m[1], 0.02) / 2
    box = ((-half_x, -half_y), (half_x, -half_y), (half_x, half_y), (-half_x, half_y))
    stations: dict[str, Station] = {}
    arms: dict[str, Arm] = {}
    if isinstance(model, ArmModel):
        arms[model.name] = Arm(model.name, model, Pose(0.0, 0.0, 0.0), (), "first_come", 1.0)
    else:
        if not isinstance(model, MachineModel):
            none = {"front": 0.0, "back": 0.0, "left": 0.0, "right": 0.0}
            model = MachineModel(
                model.name, model.description, model.visual, model.hulls, entry.size_m[2], box, none, {}
            )  # fmt: skip
        stations[model.name] = Station(
            model.name, model.name, model, Pose(0.0, 0.0, 0.0), {}, 1, 0, 0, {}, False, None, False
        )
    return Line(model.name, Layout(), Floor(boundary=box), Time(), (), {}, stations, arms, {}, {})


def _sheet(entries: Sequence[Entry]) -> Any:
    """The whole page as a Pillow image."""
    from PIL import Image, ImageDraw, ImageFont

    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(entry.heading, []).append(entry)
    wide, tall = TILE_PX
    cell = tall + CAPTION_PX
    head = 58
    rows = sum(math.ceil(len(group) / COLUMNS) for group in groups.values())
    width = COLUMNS * (wide + GAP_PX) + GAP_PX
    height = rows * (cell + GAP_PX) + len(groups) * head + GAP_PX
    page = Image.new("RGB", (width, height), PAPER)
    draw = ImageDraw.Draw(page)
    bold, plain = ImageFont.load_default(23), ImageFont.load_default(17)
    title = ImageFont.load_default(30)
    top = 0
    for heading, group in groups.items():
        draw.text((GAP_PX + 2, top + 16), heading, font=title, fill=INK)
        top += head
        for number, entry in enumerate(group):
            left = GAP_PX + (number % COLUMNS) * (wide + GAP_PX)
            upper = top + (number // COLUMNS) * (cell + GAP_PX)
            draw.rounded_rectangle((left, upper, left + wide, upper + cell), radius=10, fill=CARD)
            with Scene(visuals=True) as scene:  # one at a time: memory stays that of the largest model
                picture = Image.fromarray(portrait(entry, scene, wide - 12, tall - 10))
            page.paste(picture, (left + 6, upper + 6))
            draw.text((left + 14, upper + tall + 2), entry.model.name, font=bold, fill=INK)
            for row, text in enumerate(_fitted((_size(entry.size_m), entry.line), draw, plain, wide - 28)):
                draw.text((left + 14, upper + tall + 30 + 21 * row), text, font=plain, fill=FAINT)
        top += math.ceil(len(group) / COLUMNS) * (cell + GAP_PX)
    return page


def _fitted(texts: Iterable[str], draw: Any, font: Any, wide: int) -> list[str]:
    """Texts cut to a width (pixels), with an ellipsis where something is left out."""
    out = []
    for text in texts:
        shown = text
        while draw.textlength(shown, font=font) > wide:
            shown = shown.removesuffix("…")[:-1].rstrip() + "…"
        out.append(shown)
    return out


def _size(size_m: tuple[float, float, float]) -> str:
    if max(size_m) < 0.6:
        return " x ".join(f"{value * 1e3:.0f}" for value in size_m) + " mm"
    return " x ".join(f"{value:.2f}" for value in size_m) + " m"
