"""Library models: what a model.yaml says is checked against the files it names."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import numpy as np
import pytest
import trimesh

from layout.errors import AssetError
from layout.files import meshes
from layout.files.assets import library_folder, load_model, model_names, read_model
from layout.files.scenario import load_scenario
from layout.model.library import ArmModel, MachineModel, PartModel
from tests.files import library


@pytest.fixture
def press(tmp_path: Path) -> Path:
    return library.machine(tmp_path, "press", library.ARM_PORT.format(port="table", kind="inout"))


def edit(folder: Path, old: str, new: str, file: str = "model.yaml") -> None:
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1))


def test_a_machine(press: Path) -> None:
    model = load_model("./press", press.parent)
    assert isinstance(model, MachineModel)
    assert model.height_m == pytest.approx(1.2)
    assert model.footprint_m[0] == (-0.5, -0.4)
    assert model.service_m == {"front": 0.5, "back": 0.0, "left": 0.0, "right": 0.0}
    assert model.ports["table"].at_m == (0.0, -0.3, 1.2)
    assert model.port_for("in", "arm") is model.ports["table"]


def test_an_arm(tmp_path: Path) -> None:
    library.arm(tmp_path, "handler")
    model = load_model("handler", tmp_path)
    assert isinstance(model, ArmModel)
    assert [joint.name for joint in model.joints] == ["j1", "j2", "j3"]
    assert model.joints[0].speed == pytest.approx(math.pi / 2)
    assert model.home == pytest.approx((0, math.pi / 2, 0.1))
    assert model.height_m == pytest.approx(0.6)  # lies flat at home


def test_height_of_an_arm_that_stands_up(tmp_path: Path) -> None:
    edit(library.arm(tmp_path, "handler"), "home: [0, 90, 100]", "home: [30, 0, 100]")
    model = load_model("handler", tmp_path)
    assert isinstance(model, ArmModel)
    assert model.height_m == pytest.approx(0.5 + 0.1 + 0.8 + 0.1 + 0.1 + 0.2)


def test_a_part(tmp_path: Path) -> None:
    library.part(tmp_path, "block")
    model = load_model("block", tmp_path)
    assert isinstance(model, PartModel)
    assert (model.mass_kg, model.friction) == (2.0, 0.4)


def test_a_clockwise_footprint_is_turned(press: Path) -> None:
    edit(
        press,
        "[[-0.5, -0.4], [0.5, -0.4], [0.5, 0.4], [-0.5, 0.4]]",
        "[[-0.5, 0.4], [0.5, 0.4], [0.5, -0.4], [-0.5, -0.4]]",
    )
    model = load_model("press", press.parent)
    assert isinstance(model, MachineModel)
    area = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(model.footprint_m, model.footprint_m[1:], strict=False))
    assert area > 0


@pytest.mark.parametrize(
    ("old", "new", "where", "words"),
    [
        ("visual: visual.glb", "visual: nothing.glb", "visual", "there is no such mesh file"),
        ("hulls: hulls.obj", "hulls: ''", "hulls", "mesh"),
        ("kind: machine", "kind: mashine", "kind", "machine, arm, tool, vehicle, part"),
        ("kind: machine\n", "", "kind", "is missing"),
        ("name: press", "name: lathe", "name", "differs from its folder's name"),
        ("tool: [0, 0, -1]", "tool: [0, 0, -2]", "ports.table.tool", "unit vector"),
        ("tool: [0, 0, -1]", "tool: [0, 0, 0]", "ports.table.tool", "unit vector"),
        ("facing: [0, -1]", "facing: [1, -1]", "ports.table.facing", "length 1"),
        ("by: [arm]", "by: [amr]", "ports.table.by[0]", "did you mean 'arm'"),
        ("kind: inout", "kind: both", "ports.table.kind", "inout"),
        ("[0.5, -0.4], [0.5, 0.4]", "[0.5, 0.4], [0.5, -0.4]", "footprint", "crosses itself"),
        ("[0.5, -0.4], [0.5, 0.4], [-0.5, 0.4]", "[0.5, -0.4], [0, -0.4]", "footprint", "no area"),
        ("service: {front: 500 mm}", "service: {front: 500 kg}", "service.front", "unknown unit"),
        ("service: {front", "service: {frnt", "service.frnt", "did you mean 'front'"),
        ("at: [0, -0.3, 1.2]", "at: [0, -0.3]", "ports.table.at", "an entry too few"),
    ],
)
def test_wrong_model_files(press: Path, old: str, new: str, where: str, words: str) -> None:
    edit(press, old, new)
    with pytest.raises(AssetError) as caught:
        load_model("press", press.parent)
    assert any(p.where == where and words in f"{p.what} {p.hint}" and p.line for p in caught.value.problems), str(
        caught.value
    )


@pytest.mark.parametrize(
    ("old", "new", "where", "words"),
    [
        ("tip: tool", "tip: tol", "tip", "tool"),
        ("base: base", "base: bse", "base", "base"),
        ("urdf: arm.urdf", "urdf: amr.urdf", "urdf", "no such URDF"),
        ("urdf: arm.urdf", "urdf: pybullet_data:nothing/arm.urdf", "urdf", "no such URDF"),
        ("home: [0, 90, 100]", "home: [0, 90]", "home", "j1, j2, j3"),
        ("home: [0, 90, 100]", "home: [0, 190, 100]", "home[1]", "j2 goes from -114.592 to 114.592"),
        ("home: [0, 90, 100]", "home: [0, 90, 600]", "home[2]", "j3 goes from 0 to 500"),
        ("tool_mass: 1 kg", "tool_mass: 6 kg", "tool_mass", "whole payload"),
        ("  j1:", "  j9:", "joints.j9", "j1"),
        ("speed: 90", "speed: 0", "joints.j1.speed", "more than 0"),
    ],
)
def test_wrong_arms(tmp_path: Path, old: str, new: str, where: str, words: str) -> None:
    edit(library.arm(tmp_path, "handler"), old, new)
    with pytest.raises(AssetError) as caught:
        load_model("handler", tmp_path)
    assert any(p.where == where and words in f"{p.what} {p.hint}" and p.line for p in caught.value.problems), str(
        caught.value
    )


def test_a_urdf_that_names_a_missing_mesh(tmp_path: Path) -> None:
    folder = library.arm(tmp_path, "handler")
    mesh = '<link name="base"><visual><geometry><mesh filename="base.stl"/></geometry></visual></link>'
    edit(folder, '<link name="base"/>', mesh, "arm.urdf")
    with pytest.raises(AssetError, match=r"base\.stl"):
        load_model("handler", tmp_path)


def test_a_broken_urdf(tmp_path: Path) -> None:
    folder = library.arm(tmp_path, "handler")
    (folder / "arm.urdf").write_text("<robot name='x'><link")
    with pytest.raises(AssetError, match=r"URDF cannot be read as XML .*line 1"):
        load_model("handler", tmp_path)


BOX = "\n".join(
    ["o box", *(f"v {x} {y} {z}" for x in (0, 1) for y in (0, 1) for z in (0, 1)),
     "f 1 2 4 3", "f 5 7 8 6", "f 1 5 6 2", "f 3 4 8 7", "f 1 3 7 5", "f 2 6 8 4"]
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (BOX.replace("v 1 1 1", "v 1 nan 1"), "the mesh 'box' has a vertex that is no finite number"),
        (BOX.replace("v 1 1 1", "v 1 inf 1"), "no finite number"),
        ("", "is empty"),
        ("a shopping list\n", "no mesh that can be read as OBJ"),
        ("o empty\nv 0 0 0\nv 1 0 0\n", "no faces"),
        (BOX.replace("f 1 2 4 3", "f 1 2 99"), "not there"),
        (BOX.replace("v 1 1 1", "v 1 one 1"), "cannot be read"),
        ("f 1 2 3\n", "not there"),
    ],
)
@pytest.mark.parametrize("name", ["hulls", "visual"])
def test_broken_obj_meshes(press: Path, name: str, text: str, words: str) -> None:
    edit(press, "visual: visual.glb", "visual: visual.obj")
    shutil.copyfile(press / "hulls.obj", press / "visual.obj")
    (press / f"{name}.obj").write_text(text)
    with pytest.raises(AssetError) as caught:
        load_model("press", press.parent)
    assert words in str(caught.value)
    assert caught.value.problems[0].where == name
    assert name in caught.value.problems[0].value


def test_nan_in_a_glb(press: Path) -> None:
    raw = (press / "visual.glb").read_bytes()
    corner = np.float32(0.5).tobytes()
    at = raw.rindex(corner)
    (press / "visual.glb").write_bytes(raw[:at] + np.float32("nan").tobytes() + raw[at + 4 :])
    with pytest.raises(AssetError, match="no finite number"):
        load_model("press", press.parent)


@pytest.mark.parametrize("cut", [0, 3, 30, 500])
def test_a_glb_that_is_cut_off(press: Path, cut: int) -> None:
    (press / "visual.glb").write_bytes((press / "visual.glb").read_bytes()[:cut])
    with pytest.raises(AssetError, match=r"mesh cannot be read|is empty"):
        load_model("press", press.parent)


def test_a_mesh_in_another_format_goes_through_trimesh(press: Path) -> None:
    trimesh.creation.box((1, 0.8, 1.2)).export(press / "visual.stl")
    edit(press, "visual: visual.glb", "visual: visual.stl")
    assert isinstance(load_model("press", press.parent), MachineModel)


def test_hollow_hulls_are_a_warning(press: Path) -> None:
    ring = trimesh.creation.annulus(0.3, 0.4, 1.0)
    ring.apply_translation([0, 0, 0.5])
    ring.export(press / "hulls.obj")
    warnings = read_model("press", press.parent).warnings
    assert len(warnings) == 1
    assert "is not convex" in warnings[0].what


@pytest.mark.parametrize("shape", ["box", "icosphere", "cylinder", "capsule", "cone"])
def test_convex_shapes_count_as_convex(shape: str) -> None:
    mesh = {
        "box": lambda: trimesh.creation.box((1, 2, 3)),
        "icosphere": lambda: trimesh.creation.icosphere(subdivisions=2),
        "cylinder": lambda: trimesh.creation.cylinder(0.5, 3),
        "capsule": lambda: trimesh.creation.capsule(1, 0.5),
        "cone": lambda: trimesh.creation.cone(1, 2),
    }[shape]()
    vertices = np.asarray(mesh.vertices, dtype=np.float32).astype(float) + 100
    assert meshes.is_convex(vertices, mesh.faces)
    assert meshes.is_convex(vertices, mesh.faces[:, ::-1])  # inside out is convex too


def test_hulls_beyond_the_footprint_are_a_warning(press: Path) -> None:
    library.box(press, (1.4, 0.8, 1.2))
    warnings = read_model("press", press.parent).warnings
    assert "200 mm beyond the footprint" in warnings[0].what


def test_changed_files_are_read_again(press: Path) -> None:
    first = load_model("press", press.parent)
    assert load_model("press", press.parent) is first
    library.box(press, (1.0, 0.8, 1.1))
    assert load_model("press", press.parent).height_m == pytest.approx(1.1)  # type: ignore[union-attr]


def test_unknown_names_get_a_hint() -> None:
    with pytest.raises(AssetError, match="no such model in the library"):
        load_model("cnc_mil")
    with pytest.raises(AssetError, match=r"no model\.yaml"):
        load_model("./nothing")
    for name in ("", " ", "a\0b"):
        with pytest.raises(AssetError):
            load_model(name)


def test_the_library_loads_without_warnings() -> None:
    assert library_folder().is_dir()
    for name in model_names():
        assert read_model(name).warnings == (), name


def test_models_of_a_scenario_load_in_a_moment(root: Path) -> None:
    """Ten models cost less than 0.3 s, once the libraries behind are imported."""
    from time import process_time

    names = model_names()
    if len(names) < 10:
        pytest.skip("the library is not built")
    read_model("kuka_iiwa7")
    from layout.files import assets

    assets._cache.clear()
    meshes._look.cache_clear()
    started = process_time()
    for name in names:
        read_model(name)
    assert process_time() - started < 0.3 * len(names) / 10 * 2  # twice for a slow machine
    path = root / "again.yaml"
    path.write_text(library.SCENARIO)
    load_scenario(path)
