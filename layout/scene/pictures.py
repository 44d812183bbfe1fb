"""Pictures of a line for people: the whole cell from an isometric viewpoint or from above, with names."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from layout.errors import Problem, SceneError
from layout.model.line import Line
from layout.model.pose import Array
from layout.model.results import Moves, Violation
from layout.scene import meshes
from layout.scene.bodies import yaw_turn
from layout.scene.cameras import Camera, frame, name_at, plan_view, standing, sun
from layout.scene.furniture import along, belt_heights, furniture
from layout.scene.marks import marks
from layout.scene.plates import INK, PAPER, Box, free_box
from layout.scene.red import draw_marks
from layout.scene.scene import Scene

LABEL_ABOVE_M = 0.12
SHOWN_PARTS_MOST = 40
"""No more parts are put on the belts of a picture than this: each costs time, and nobody counts them."""


def picture(
    line: Line,
    moves: Moves | None,
    path: Path,
    *,
    view: Literal["iso", "plan"] = "iso",
    width: int = 1600,
    height: int = 1000,
    labels: bool = True,
    names: Mapping[str, str] | None = None,
    scene: Scene | None = None,
    violations: Sequence[Violation] = (),
) -> None:
    """Write a PNG of a line; arms reach towards a station and parts lie on the belts where `moves` says how.

    Doors stand open, as they do while machines are loaded; vehicles stand at their docks where `moves` has them.

    violations : each is drawn in red, with its rule, amount and unit
    names : what to write instead of a thing's own name
    scene : one with visuals to take the picture in; a new one is made otherwise
    Raises SceneError where a model's files cannot be loaded or the file cannot be written.
    """
    image = render(
        line, moves, view=view, width=width, height=height, labels=labels, names=names, scene=scene,
        violations=violations,
    )  # fmt: skip
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format="PNG", optimize=True)
    try:
        meshes.write_bytes(Path(path), buffer.getvalue())
    except OSError as error:
        raise SceneError(Problem("the picture cannot be written", value=str(error), file=str(path))) from error


def render(
    line: Line,
    moves: Moves | None = None,
    *,
    view: Literal["iso", "plan"] = "iso",
    width: int = 1600,
    height: int = 1000,
    labels: bool = True,
    names: Mapping[str, str] | None = None,
    scene: Scene | None = None,
    violations: Sequence[Violation] = (),
) -> NDArray[np.uint8]:
    """(height, width, 3) uint8: what `picture` writes."""
    if scene is None:
        with Scene(visuals=True) as own:
            return render(
                line, moves, view=view, width=width, height=height, labels=labels, names=names, scene=own,
                violations=violations,
            )  # fmt: skip
    if not scene.visuals:
        raise SceneError(Problem("the scene holds no visuals", hint="make it with Scene(visuals=True)"))
    scene.place(line)
    scene.dress(furniture(line, moves))
    _pose_arms(scene, line, moves)
    _park_vehicles(scene, line, moves)
    shown = _lay_parts(scene, line, moves)
    aspect = width / height
    camera = plan_view(line, aspect) if view == "plan" else frame(line, aspect)
    image = scene.render(camera, width, height, sun=sun(line, camera))
    for body in shown:
        scene.park(body)
    taken: list[Box] = []
    if violations:
        image = draw_marks(image, camera, marks(line, violations, moves), taken)
    return _labelled(image, camera, line, names or {}, taken) if labels else image


def _park_vehicles(scene: Scene, line: Line, moves: Moves | None) -> None:
    """Each vehicle of a fleet at a dock, as far as there is one for it alone."""
    for name, times in (moves.fleets if moves else {}).items():
        fleet = line.fleets.get(name)
        if fleet is not None:
            for member, (x, y, yaw) in zip(fleet.members, np.asarray(times.docks, dtype=float), strict=False):
                scene.set_vehicle(member, float(x), float(y), float(yaw))


def _pose_arms(scene: Scene, line: Line, moves: Moves | None) -> None:
    """Arms stand before one of their stations: at the approach point, in the middle of what they serve."""
    for name in line.arms:
        times = moves.arms.get(name) if moves else None
        if times is not None and times.approach is not None and len(times.approach):
            scene.set_joints(name, times.approach[len(times.approach) // 2])


def _lay_parts(scene: Scene, line: Line, moves: Moves | None) -> list[Any]:
    """Parts on the belts, two pitches apart, products in turn."""
    shown: list[Any] = []
    models = [product.model for product in line.products.values()]
    if moves is None or not models:
        return shown
    for name, times in moves.belts.items():
        belt = line.belts.get(name)
        if belt is None or times.length_m < belt.pitch_m:
            continue
        start, end = belt_heights(line, belt)
        for at in np.arange(belt.pitch_m / 2, times.length_m, 2 * belt.pitch_m):
            if len(shown) >= SHOWN_PARTS_MOST:
                return shown
            share = float(at / times.length_m)
            (x, y), heading = along(np.asarray(times.path_m, dtype=float), share)
            body = scene.prop(models[len(shown) % len(models)])
            body.move((x, y, start + (end - start) * share), yaw_turn(heading))
            shown.append(body)
    return shown


# ---------------------------------------------------------------- names


def _labelled(
    image: NDArray[np.uint8], camera: Camera, line: Line, names: Mapping[str, str], taken: list[Box]
) -> NDArray[np.uint8]:
    """The picture with each thing's name above it, on a white plate; plates do not cover one another."""
    from PIL import Image, ImageDraw, ImageFont

    height, width = image.shape[:2]
    canvas = Image.fromarray(image).convert("RGBA")
    plates = Image.new("RGBA", canvas.size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(plates)
    size = max(round(height / 52), 9)
    font = ImageFont.load_default(size)
    things = sorted(standing(line), key=lambda thing: -_depth(camera, thing.pose.apply([(0.0, 0.0)])[0]))
    for thing in reversed(things):  # nearest first: they keep their places
        x, y, high = name_at(thing)
        (u, v), (u0, v0) = camera.pixels([(x, y, high + LABEL_ABOVE_M), (x, y, high)], width, height)
        text = names.get(thing.name, thing.name)
        left, upper, right, lower = draw.textbbox((0, 0), text, font=font)
        wide, tall = right - left + size * 0.9, lower - upper + size * 0.65
        box = free_box(u, v, wide, tall, taken, width, height)
        taken.append(box)
        middle = (box[0] + box[2]) / 2
        if abs(box[3] - v0) > size or abs(middle - u0) > size:
            draw.line([(middle, box[3]), (u0, v0)], fill=(*INK, 150), width=max(size // 9, 1))
        draw.rounded_rectangle(
            box, radius=size * 0.35, fill=(*PAPER, 225), outline=(*INK, 90), width=max(size // 12, 1)
        )
        draw.text((box[0] + size * 0.45 - left, box[1] + size * 0.32 - upper), text, font=font, fill=(*INK, 255))
    return np.asarray(Image.alpha_composite(canvas, plates).convert("RGB")).copy()


def _depth(camera: Camera, at: Array) -> float:
    return float(camera.axes()[2] @ (np.array([at[0], at[1], 0.0]) - np.asarray(camera.eye_m)))
