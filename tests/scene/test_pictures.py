from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from PIL import Image

from layout.errors import SceneError
from layout.model.floor import Area
from layout.model.line import Belt, Line
from layout.model.results import BeltTimes, Moves
from layout.scene import Camera, Scene, frame, picture, plan_view
from layout.scene.cameras import extent
from layout.scene.furniture import along, furniture
from layout.scene.meshes import painted
from layout.scene.pictures import render
from layout.scene.prisms import extrude

WIDTH, HEIGHT = 320, 200


@pytest.fixture
def line(world: Any, tmp_path: Path) -> Line:
    red = world.machine(tmp_path, "red", [((-0.8, -0.8, 0), (0.8, 0.8, 1.5))], colours=[(255, 0, 0)])
    green = world.machine(tmp_path, "green", [((-0.8, -0.8, 0), (0.8, 0.8, 1.5))], colours=[(0, 255, 0)])
    return world.line(
        world.station("r", red, 3, 4),
        world.station("g", green, 9, 4),
        world.arm("arm", world.arm_model(tmp_path), 6, 6),
        Belt("belt", "r", "g", 0.3, 0.4, 0.5),
        products={"p": world.part(tmp_path)},
        obstacles={"column": {"polygon": [(1, 1), (1.4, 1), (1.4, 1.4), (1, 1.4)]}},
        keep_clear={"exit": {"polygon": [(9.9, 2.4), (10.6, 2.4), (10.6, 3.1), (9.9, 3.1)]}},
    )


@pytest.fixture
def moves() -> Moves:
    return Moves(belts={"belt": BeltTimes(20.0, 10, 1.3, 4.4, np.array([[3.8, 4.0], [6, 4.0], [6, 3.0], [8.2, 3.0]]))})


def at(image: np.ndarray, camera: Camera, point: tuple[float, float, float]) -> np.ndarray:
    column, row = camera.pixels([point], WIDTH, HEIGHT)[0]
    return image[round(row), round(column)].astype(int)


@pytest.mark.parametrize("view", ["iso", "plan"])
def test_everything_is_where_the_camera_says(line: Line, moves: Moves, view: Any) -> None:
    image = render(line, moves, view=view, width=WIDTH, height=HEIGHT, labels=False)
    assert image.shape == (HEIGHT, WIDTH, 3) and image.dtype == np.uint8
    aspect = WIDTH / HEIGHT
    camera = plan_view(line, aspect) if view == "plan" else frame(line, aspect)
    red, green = at(image, camera, (3, 4, 1.5)), at(image, camera, (9, 4, 1.5))
    assert red[0] > 120 and red[1] < 60
    assert green[1] > 120 and green[0] < 60
    belt = at(image, camera, (6, 3.5, 0.8))
    assert belt.max() < 110  # dark
    assert at(image, camera, (10.25, 2.75, 0))[0] > at(image, camera, (10.25, 2.75, 0))[2]  # the fire exit is reddish
    assert np.ptp(at(image, camera, (10.25, 5.8, 0))) < 15  # plain floor is grey


def test_a_camera_holds_everything(line: Line) -> None:
    for aspect in (0.7, 1.0, 2.2):
        for azimuth in np.linspace(-3, 3, 7):
            for elevation in (0.2, 0.7, math.pi / 2):
                camera = frame(line, aspect, azimuth, elevation)
                pixels = camera.pixels(extent(line), 1000 * aspect, 1000) / [1000 * aspect, 1000]
                assert pixels.min() > 0 and pixels.max() < 1
                assert max(np.ptp(pixels, axis=0)) > 0.8  # and is not farther than need be


def test_a_camera_holds_high_columns(line: Line) -> None:
    tall = {"column": Area(polygon=((5.0, 5.0), (5.4, 5.0), (5.4, 5.4)), height_m=7.0)}
    high = replace(line, floor=line.floor.model_copy(update={"obstacles": tall}))
    for azimuth in np.linspace(-3, 3, 7):
        pixels = frame(high, 1.6, azimuth).pixels([(5.0, 5.0, 7.0), (5.4, 5.4, 7.0)], 1600, 1000) / [1600, 1000]
        assert pixels.min() > 0 and pixels.max() < 1


def test_pictures_are_written_whole(line: Line, moves: Moves, tmp_path: Path) -> None:
    path = tmp_path / "line.png"
    path.write_text("old")
    with Scene(visuals=True) as scene:
        picture(line, moves, path, width=WIDTH, height=HEIGHT, names={"r": "press"}, scene=scene)
        first = Image.open(path).copy()
        picture(line, moves, path, width=WIDTH, height=HEIGHT, names={"r": "press"}, scene=scene)
        assert np.array_equal(np.asarray(first), np.asarray(Image.open(path)))  # the scene is as it was
    assert first.size == (WIDTH, HEIGHT)
    assert [p.name for p in tmp_path.glob("*.png")] == ["line.png"]
    with pytest.raises(SceneError, match="written"):
        picture(line, None, tmp_path / "no" / "where.png", width=64, height=40)
    with Scene() as bare, pytest.raises(SceneError, match="visuals"):
        picture(line, None, path, scene=bare)


def test_colours_are_kept_apart_and_cached(world: Any, tmp_path: Path) -> None:
    boxes = [((i, 0, 0), (i + 0.5, 1, 1)) for i in range(20)]
    colours = [(10 * i, 255 - 10 * i, 40) for i in range(20)]
    model = world.machine(tmp_path, "bright", boxes, colours=colours)
    first = painted(model.visual)
    assert len(first) == 20  # more than the engine takes in one array of shapes
    assert painted(model.visual) == first and all(part.path.is_file() for part in first)


def test_gltf_colours_are_linear(world: Any, tmp_path: Path) -> None:
    (part,) = painted(world.machine(tmp_path, colours=[(55, 128, 255)]).visual)
    assert part.rgba == pytest.approx((0.5029, 0.7354, 1.0, 1.0), abs=2e-3)


def test_extruded_areas_are_solid() -> None:
    ring = shapely.box(0, 0, 3, 2).difference(shapely.box(1, 0.5, 2, 1.5))
    solid = extrude(ring, 0.5, 2.0)
    solid.merge_vertices()
    assert solid.is_watertight
    assert solid.volume == pytest.approx(5.0 * 1.5)


def test_along_a_path() -> None:
    path = np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 1.0]])
    for share, expected in (
        (0.0, (0, 0)),
        (1 / 3, (1, 0)),
        (2 / 3, (2, 0)),
        (5 / 6, (2, 0.5)),
        (1.0, (2, 1)),
        (7, (2, 1)),
    ):
        assert along(path, share)[0] == pytest.approx(expected)
    assert along(path, 0.9)[1] == pytest.approx(math.pi / 2)


def test_belts_are_drawn_at_their_height(line: Line, moves: Moves) -> None:
    pieces = furniture(line, moves)
    assert len(pieces) > len(furniture(line, None))
    assert all(np.isfinite(piece.mesh.vertices).all() and len(piece.mesh.faces) for piece in pieces)
    belt = max((p for p in pieces if p.rgba[0] < 0.2), key=lambda p: p.mesh.bounds[1][2])
    assert belt.mesh.bounds[1][2] == pytest.approx(0.8)


@pytest.mark.parametrize("yaw", [0, 90, 180, 270])
def test_an_arm_at_home_is_whole_in_the_picture(yaw: int, tmp_path: Path) -> None:
    """Where it stands higher than all about it and reaches out over its foot, to whatever side."""

    import layout
    from layout.model.line import Layout
    from layout.model.realise import realise
    from layout.motion.kinematics import forward

    cell = f"""
name: low
floor: {{boundary: [[-6, -6], [6, -6], [6, 6], [-6, 6]]}}
products: {{box: {{model: part_box, route: [pass]}}}}
machines:
  in: {{model: infeed_station, source: saturated, operations: {{pass: 1 s}}, place: {{x: -1, y: 0, yaw: 90}}}}
  out: {{model: outfeed_station, sink: true, place: {{x: 1, y: 0, yaw: 270}}}}
transport: {{arm: {{kind: robot, model: arm_16kg_r2010, serves: [in, out], place: {{x: 0, y: 0, yaw: {yaw}}}}}}}
"""
    (tmp_path / "low.yaml").write_text(cell, encoding="utf-8")
    line = realise(layout.load(tmp_path / "low.yaml"), Layout({}))
    arm = line.arms["arm"]
    tool = np.asarray(forward(arm.model, np.array(arm.model.home)))[:3, 3]
    high = (*arm.pose.apply(tool[None, :2])[0], arm.model.height_m)
    pixels = frame(line, 1.6).pixels([high], 1600, 1000)[0] / [1600, 1000]
    assert (pixels > 0.0).all() and (pixels < 1.0).all()
