"""Models from a person's own files: units guessed and said, flaws named, footprints, hulls, ports, digests."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import shapely
import trimesh

from layout.errors import Problem
from layout.files import cache, convex
from layout.files.meshes import read_meshes
from layout.files.ports import Solid
from layout.files.runs import RunFolder
from layout.files.scenario import check_scenario, load_scenario
from layout.files.surface import footprint, read_surface, simplify, winding
from layout.model.library import MachineModel, PartModel
from tests.files import shapes
from tests.files.own import refused, said, scenario

pytestmark = pytest.mark.usefixtures("own_cache")


FREE = {"front": 0.0, "back": 0.0, "left": 0.0, "right": 0.0}


# ---------------------------------------------------------------- units and axes


@pytest.mark.parametrize(
    ("kind", "longest", "name", "factor"),
    [
        ("machine", 2300, "a.stl", 1e-3),
        ("machine", 2.3, "a.stl", 1.0),
        ("machine", 90, "a.stl", 1e-2),
        ("machine", 2.3, "a.glb", 1.0),
        ("machine", 2300, "a.glb", 1e-3),
        ("machine", 2300, "a.ply", 1e-3),
        ("machine", 2.3, "a.obj", 1.0),
        ("machine", 2300, "a.3mf", 1e-3),
        ("part", 120, "a.stl", 1e-3),
        ("part", 0.12, "a.stl", 1.0),
        ("part", 1400, "a.stl", 1e-3),
    ],
)
def test_units_are_guessed_from_the_size_and_said(
    tmp_path: Path, kind: str, longest: float, name: str, factor: float
) -> None:
    path = shapes.put(tmp_path, trimesh.creation.box((longest, longest / 2, longest / 3)), name)
    surface = read_surface(path, kind, up="z")
    assert max(surface.size_m) == pytest.approx(longest * factor, rel=1e-5)
    notes = tuple(Problem(note.what, hint=note.hint) for note in surface.notes)
    said(notes, {1.0: "read as metres", 1e-2: "read as centimetres", 1e-3: "read as millimetres"}[factor])
    said(notes, "write 'unit: ")


def test_a_unit_that_is_given_is_not_discussed(tmp_path: Path) -> None:
    path = shapes.put(tmp_path, trimesh.creation.box((40, 30, 20)), "a.stl")
    assert read_surface(path, "machine", unit="in").notes == ()
    assert read_surface(path, "machine", unit="in").size_m == pytest.approx((1.016, 0.762, 0.508))


@pytest.mark.parametrize(
    ("size", "unit", "words"),
    [
        (1.2e6, None, "in no unit this is a machine's size"),
        (1e-3, None, "in no unit this is a machine's size"),
        (1.2, "mm", "as millimetres this machine would be 1.2 x 1.2 x 1.2 mm"),
        (1200.0, "m", "as metres this machine would be 1.2 x 1.2 x 1.2 km"),
    ],
)
def test_impossible_sizes_are_refused(home: Path, size: float, unit: str | None, words: str) -> None:
    shapes.put(home, trimesh.creation.box((size, size, size)), "press.stl")
    given = f"model: press.stl\n    unit: {unit}" if unit else "model: press.stl"
    problem = said(refused(scenario(home, ("model: press.stl", given))), words)
    assert problem.where == ("machines.press.unit" if unit else "machines.press.model")
    assert problem.line == (9 if unit else 8)
    assert problem.value == "press.stl"
    assert problem.hint


def test_glb_is_turned_upright_and_may_be_told_otherwise(tmp_path: Path) -> None:
    path = shapes.put(tmp_path, trimesh.creation.box((1.0, 2.0, 0.5)), "a.glb")
    assert read_surface(path, "machine").size_m == pytest.approx((1.0, 0.5, 2.0))
    assert read_surface(path, "machine", up="z").size_m == pytest.approx((1.0, 2.0, 0.5))
    notes = tuple(Problem(note.what, hint=note.hint) for note in read_surface(path, "machine").notes)
    said(notes, "turned to z-up")
    stl = shapes.put(tmp_path, trimesh.creation.box((1.0, 2.0, 0.5)), "a.stl")
    assert read_surface(stl, "machine").size_m == pytest.approx((1.0, 2.0, 0.5))
    assert read_surface(stl, "machine", up="y").size_m == pytest.approx((1.0, 0.5, 2.0))


def test_it_stands_on_the_floor_with_its_middle_at_the_origin(tmp_path: Path) -> None:
    mesh = shapes.c_frame(1000)
    mesh.apply_translation([5000, -700, 340])
    surface = read_surface(shapes.put(tmp_path, mesh, "a.stl"), "machine")
    low, high = surface.vertices.min(axis=0), surface.vertices.max(axis=0)
    assert np.allclose(low, [-0.4, -0.6, 0.0], atol=1e-5)
    assert np.allclose(high, [0.4, 0.6, 2.3], atol=1e-5)


# ---------------------------------------------------------------- flaws


def test_inside_out_is_mended_and_said(tmp_path: Path) -> None:
    mesh = shapes.c_frame()
    good = read_surface(shapes.put(tmp_path, mesh, "good.stl"), "machine")
    mesh.invert()
    surface = read_surface(shapes.put(tmp_path, mesh, "a.stl"), "machine")
    assert any("inside out" in note.what for note in surface.notes)
    assert not any("inside out" in note.what for note in good.notes)
    point = np.array([[0.0, 0.0, 0.3]])
    assert winding(surface.vertices, surface.faces, point)[0] == pytest.approx(1.0, abs=1e-6)


def test_holes_are_said(tmp_path: Path) -> None:
    mesh = shapes.c_frame()
    mesh.update_faces(np.arange(len(mesh.faces)) > 1)
    surface = read_surface(shapes.put(tmp_path, mesh, "a.stl"), "machine")
    assert not surface.closed
    assert any("not closed" in note.what for note in surface.notes)


def test_two_million_triangles_are_simplified_and_said(tmp_path: Path) -> None:
    path = shapes.put(tmp_path, shapes.waves(1000), "a.ply")
    surface = read_surface(path, "machine")
    assert surface.triangles == 2_000_012
    assert surface.size_m == pytest.approx((1.2, 1.2, 1.82), abs=0.01)
    assert len(surface.faces) <= 20_000
    assert sum(len(mesh.faces) for mesh in surface.scene.geometry.values()) <= 210_000
    assert any("2,000,012 triangles" in note.what for note in surface.notes)


def test_simplified_surfaces_stay_near_the_true_one() -> None:
    mesh = trimesh.creation.icosphere(subdivisions=6, radius=1.0)
    vertices, faces = simplify(np.asarray(mesh.vertices), np.asarray(mesh.faces), 5_000)
    assert len(faces) <= 5_000 < len(mesh.faces)
    assert np.abs(np.linalg.norm(vertices, axis=1) - 1.0).max() < 0.03


def nan(path: Path) -> None:
    raw = path.read_bytes()
    path.write_bytes(raw[:96] + np.float32("nan").tobytes() + raw[100:])


BROKEN: list[tuple[str, Callable[[Path], object], str]] = [
    ("empty", lambda path: path.write_bytes(b""), "the mesh file is empty"),
    ("text", lambda path: path.write_bytes(b"a shopping list, really"), "the mesh"),
    ("cut off", lambda path: path.write_bytes(path.read_bytes()[:400]), "the mesh"),
    ("nan", nan, "no finite number"),
    ("folder", lambda path: (path.unlink(), path.mkdir()), "is a folder"),
    ("gone", lambda path: path.unlink(), "there is no such file"),
]


@pytest.mark.parametrize(("spoil", "words"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN])
def test_broken_meshes_are_named_with_their_line(home: Path, spoil: Callable[[Path], object], words: str) -> None:
    spoil(shapes.put(home, shapes.c_frame(1000), "press.stl"))
    problem = said(refused(scenario(home)), words)
    assert (problem.where, problem.line) == ("machines.press.model", 8)
    assert problem.hint


def test_flat_meshes_and_foreign_formats_are_refused(home: Path) -> None:
    flat = trimesh.Trimesh([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], [[0, 1, 2], [0, 2, 3]])
    shapes.put(home, flat, "press.stl")
    said(refused(scenario(home)), "has no volume")
    (home / "press.step").write_text("ISO-10303-21;")
    said(refused(scenario(home, ("press.stl", "press.step"))), "export it as one of STL, OBJ, GLB")


# ---------------------------------------------------------------- footprints and hulls


def test_the_footprint_of_an_l_is_an_l(tmp_path: Path) -> None:
    surface = read_surface(shapes.put(tmp_path, shapes.l_shape(), "a.stl"), "machine")
    outline = shapely.Polygon(footprint(surface.vertices, surface.faces))
    assert outline.is_valid and outline.exterior.is_ccw
    assert outline.area == pytest.approx(3.0, abs=0.02)
    legs = trimesh.util.concatenate([shapes.box((0, 0, 0), (0.2, 1, 1)), shapes.box((1.8, 0, 0), (2, 1, 1))])
    surface = read_surface(shapes.put(tmp_path, legs, "b.stl"), "machine")
    assert shapely.Polygon(footprint(surface.vertices, surface.faces)).area == pytest.approx(2.0, abs=0.01)


def test_convex_pieces_keep_the_throat_open(home: Path) -> None:
    """The hollow of a C-frame is free once CoACD is through; until then the convex hull fills it, and that is said."""
    shapes.put(home, shapes.c_frame(1000), "press.stl")
    first, odd = check_scenario(scenario(home))
    model = first.models["press.stl"]
    assert isinstance(model, MachineModel)
    if model.hulls.name == "hull.obj":  # the other process may have been quick
        said(odd, "convex pieces are being made")
        assert Solid(model.hulls).depth_m((0.0, -0.2, 1.1)) > 0.1
    done = load_scenario(scenario(home))
    pieces = done.models["press.stl"]
    assert isinstance(pieces, MachineModel)
    assert pieces.hulls.name == "pieces.obj"
    assert 2 <= len(read_meshes(pieces.hulls)) <= convex.MOST_PIECES
    solid = Solid(pieces.hulls)
    assert solid.depth_m((0.0, -0.2, 1.1)) == 0.0
    assert solid.depth_m((0.0, 0.0, 0.3)) > 0.2
    assert solid.depth_m((0.0, 0.3, 1.1)) > 0.05
    assert first.digest == done.digest
    _, after = check_scenario(scenario(home))
    assert not any("convex" in problem.what for problem in after)


def test_convex_meshes_need_no_pieces(home: Path) -> None:
    shapes.put(home, trimesh.creation.box((1000, 600, 700)), "press.stl")
    model = check_scenario(scenario(home))[0].models["press.stl"]
    assert isinstance(model, MachineModel)
    assert model.hulls.name == "hull.obj"
    assert convex.state(model.hulls.parent) == "none"


def test_where_coacd_fails_the_convex_hull_stays(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shapes.put(home, shapes.c_frame(1010), "press.stl")
    monkeypatch.setattr(convex, "start", lambda folder: (folder / "pieces.failed").write_text("no luck") and None)
    made, odd = check_scenario(scenario(home))
    model = made.models["press.stl"]
    assert isinstance(model, MachineModel)
    assert model.hulls.name == "hull.obj"
    said(odd, "cannot be taken apart into convex pieces (no luck)")


def test_a_decomposition_that_dies_leaves_word(tmp_path: Path) -> None:
    (tmp_path / "pieces.lock").write_text("999999999")
    (tmp_path / "pieces.slow").write_text("")
    assert convex.state(tmp_path) != "running"
    assert convex.state(tmp_path) == "failed"
    assert "stopped" in convex.reason(tmp_path)


def test_the_cache_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os
    import time

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for number in range(4):
        folder = cache.cache_folder() / f"entry{number}"
        folder.mkdir()
        (folder / "visual.glb").write_bytes(bytes(1000))
        then = time.time() - (10 - number) * 86400
        os.utime(folder, (then, then))
    cache.entry("entry0")  # used just now
    cache.prune(2500)
    assert sorted(path.name for path in cache.cache_folder().iterdir()) == ["entry0", "entry3"]


# ---------------------------------------------------------------- in a scenario


def test_a_machine_and_a_part_from_meshes(home: Path) -> None:
    shapes.put(home, shapes.c_frame(1000), "press.stl")
    shapes.put(home, trimesh.creation.box((120, 80, 60)), "part.stl")
    path = scenario(
        home,
        ("model: lib/block,", "model: part.stl, mass: 2 kg,"),
        ("    ports:", "    service: {front: 1 m}\n    ports:"),
    )
    made = load_scenario(path)
    press, part = made.models["press.stl"], made.models["part.stl"]
    assert isinstance(press, MachineModel) and isinstance(part, PartModel)
    assert press.ports["bed"].at_m == (0.0, -0.3, 0.8)
    assert press.service_m["front"] == 1.0
    assert press.height_m == pytest.approx(2.3)
    assert part.mass_kg == 2.0
    assert part.grasp_m == pytest.approx((0.0, 0.0, 0.06))
    assert press.visual.is_file() and part.visual.is_file()


def test_a_part_needs_its_mass(home: Path) -> None:
    shapes.put(home, shapes.c_frame(1000), "press.stl")
    shapes.put(home, trimesh.creation.box((120, 80, 60)), "part.stl")
    problem = said(refused(scenario(home, ("model: lib/block,", "model: part.stl,"))), "mass is missing")
    assert problem.where == "products.blank.model"
    assert "add 'mass: 1.8 kg'" in problem.hint


def test_the_digest_follows_the_mesh(home: Path) -> None:
    shapes.put(home, shapes.c_frame(1000), "press.stl")
    path = scenario(home)
    first = check_scenario(path)[0].digest
    assert check_scenario(path)[0].digest == first
    shapes.put(home, shapes.c_frame(1020), "press.stl")
    assert check_scenario(path)[0].digest != first


SECOND = """  press 2:
    model: press.stl
    ports:
      bed: {kind: inout, by: [arm], at: [0, -0.2, 0.9], retreat: [0, -0.6, 0.1]}
    operations: {press: 30 s}
    place: {x: 7, y: 5}
"""


def test_one_mesh_with_different_ports_is_two_models(home: Path) -> None:
    shapes.put(home, shapes.c_frame(1000), "press.stl")
    path = scenario(
        home, ("  outfeed:", SECOND + "  outfeed:"), ("serves: [infeed, press,", "serves: [infeed, press, press 2,")
    )
    made = load_scenario(path)
    ports = [made.models[made.spec.machines[name].model].ports["bed"].at_m for name in ("press", "press 2")]  # type: ignore[union-attr]
    assert ports == [(0.0, -0.3, 0.8), (0.0, -0.2, 0.9)]


def test_ports_in_the_scenario_replace_a_library_models(home: Path) -> None:
    ports = "{model: lib/press, service: {back: 200 mm}, ports: {side: {kind: inout, by: [arm], at: [0.45, 0, 1.2]," \
            " facing: [1, 0]}}, operations: {press: 9 s}, place: {x: 7, y: 5}}"  # fmt: skip
    shutil.copytree(home / "lib" / "press", home / "again")
    bed = "    ports:\n      bed: {kind: inout, by: [arm], at: [0, -0.3, 0.8], retreat: [0, -0.5, 0.1]}\n"
    path = scenario(
        home,
        ("  outfeed:", f"  other: {ports}\n  outfeed:"),
        ("infeed, press,", "infeed, press, other,"),
        ("model: press.stl\n" + bed, "model: lib/press\n"),
    )
    made = load_scenario(path)
    plain = made.models[made.spec.machines["press"].model]
    other = made.models[made.spec.machines["other"].model]
    assert isinstance(plain, MachineModel) and isinstance(other, MachineModel)
    assert list(plain.ports) == ["table"] and plain.service_m["front"] == 0.5
    assert list(other.ports) == ["side"] and other.service_m == {**FREE, "back": 0.2}
    assert plain.hulls == other.hulls


def test_unit_means_nothing_for_library_models(home: Path) -> None:
    path = scenario(home, ("{model: lib/dock,", "{model: lib/dock, unit: mm,"))
    shapes.put(home, shapes.c_frame(1000), "press.stl")
    problem = said(refused(path), "means nothing here")
    assert problem.where == "machines.infeed.unit"


def test_a_mesh_without_ports_says_so(home: Path) -> None:
    shapes.put(home, shapes.c_frame(1000), "press.stl")
    text = "  a: {kind: direct, from: infeed, to: press}\n  b: {kind: direct, from: press, to: outfeed}\n"
    lines = shapes.OWN.split("    ports:\n")
    rest = lines[1].split("\n", 1)[1]
    (home / "bare.yaml").write_text(lines[0] + rest[: rest.index("  handler:")] + text)
    _, odd = check_scenario(home / "bare.yaml")
    said(odd, "a file has no ports")


@pytest.mark.parametrize(
    ("old", "new", "where", "words"),
    [
        ("at: [0, -0.3, 0.8]", "at: [0, 0, 0.3]", "ports.bed.at", "inside its own machine"),
        ("at: [0, -0.3, 0.8]", "at: [0, -0.3, -0.1]", "ports.bed.at", "100 mm below the floor"),
        ("at: [0, -0.3, 0.8]", "at: [0, -0.3, 800]", "ports.bed.at", "800 m above the floor"),
        ("at: [0, -0.3, 0.8]", "at: [0, -3, 0.8]", "ports.bed.at", "2.40 m away from its machine"),
        ("retreat: [0, -0.5, 0.1]", "retreat: [0, 0.6, 0.1]", "ports.bed.retreat", "after the retreat"),
        ("retreat: [0, -0.5, 0.1]", "retreat: [0, 1.6, 0]", "ports.bed.retreat", "leads through the machine"),
        ("retreat: [0, -0.5, 0.1]", "retreat: [0, -0.5, 0.1], facing: [0, 1]", "ports.bed.facing", "faces into"),
        (
            "by: [arm], at: [0, -0.3, 0.8]",
            "by: [arm, belt], at: [0, 0.03, 0.8]",
            "ports.bed.at",
            "mm inside the machine",
        ),
        ("retreat: [0, -0.5, 0.1]", "retreat: [0, -0.5, 0.1], tool: [0, 0, -2]", "ports.bed.tool", "unit vector"),
    ],
)
def test_ports_that_nothing_can_serve(home: Path, old: str, new: str, where: str, words: str) -> None:
    shapes.put(home, shapes.c_frame(1000), "press.stl")
    problem = said(refused(scenario(home, (old, new))), words)
    assert problem.where == f"machines.press.{where}"
    assert problem.line == 10 and problem.value and problem.hint


def test_winding_numbers_tell_inside_from_outside() -> None:
    mesh = shapes.c_frame()
    points = np.random.default_rng(1).uniform([-0.6, -0.8, -0.2], [0.6, 0.8, 2.5], (300, 3))
    inside = winding(np.asarray(mesh.vertices), np.asarray(mesh.faces), points) > 0.5
    x, y, z = points.T
    truth = (abs(x) < 0.4) & (
        ((abs(y) < 0.6) & (z > 0) & (z < 0.7))
        | ((y > 0.1) & (y < 0.6) & (z > 0.6) & (z < 2.2))
        | ((y > -0.5) & (y < 0.3) & (z > 1.5) & (z < 2.3))
    )
    assert (inside == truth).all()


def test_runs_take_meshes_and_urdfs_along(home: Path) -> None:
    cells = home / "cells"
    cells.mkdir()
    (cells / "lib").symlink_to(home / "lib")
    shapes.put(home, shapes.c_frame(1000), "press.stl")
    mesh = '<mesh filename="base.stl"/>'
    shapes.put(home, trimesh.creation.cylinder(0.15, 0.3), "base.stl")
    urdf = shapes.ARM_URDF.replace('<cylinder radius="0.15" length="0.3"/>', mesh)
    (home / "arm.urdf").write_text(urdf)
    path = scenario(cells, ("model: press.stl", "model: ../press.stl"), ("model: lib/handler", "model: ../arm.urdf"))
    made = RunFolder.create(home / "run", load_scenario(path), {"evaluations": 1, "seed": 0, "in_flight": 8})
    for name in ("press.stl", "arm.urdf", "base.stl"):
        (home / name).unlink()
    shutil.rmtree(home / "cells")
    frozen = made.scenario()
    assert frozen.digest == made.settings()["digest"]
    assert {model.name for model in frozen.models.values()} >= {"press", "arm"}
