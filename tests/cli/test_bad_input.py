"""What customers bring: each case is a clear error (exit 2), or a named violation (exit 1), never a traceback."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trimesh
from typer.testing import CliRunner

from layout.cli import main
from layout.cli.main import app
from tests.files import library, shapes

run = CliRunner()
MESH = '<link name="shoulder"><visual><geometry><mesh filename="{}"/></geometry></visual></link>'


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    library.build(folder / "lib")
    return folder


def refused(*arguments: str, words: str) -> str:
    result = run.invoke(app, list(arguments))
    said = " ".join(result.stderr.split())
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert "Traceback" not in said
    assert words in said, said
    return said


def change(file: str, old: str, new: str) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        text = (folder / file).read_text()
        assert old in text
        (folder / file).write_text(text.replace(old, new, 1))

    return edit


def written(file: str, content: bytes) -> Callable[[Path], None]:
    return lambda folder: (folder / file).write_bytes(content) and None


def flat(folder: Path) -> None:
    (folder / "hulls.obj").write_text("o a\nv 0 0 0\nv 1 0 0\nv 0 1 0\nv 1 1 0\nf 1 2 3\nf 2 4 3\n")


def folder_for_mesh(folder: Path) -> None:
    (folder / "hulls.obj").unlink()
    (folder / "hulls.obj").mkdir()


BAD_MODELS: list[tuple[str, str, Callable[[Path], Any], str]] = [
    ("missing mesh", "press", lambda f: (f / "visual.glb").unlink(), "visual there is no such mesh file"),
    ("nan", "press", written("hulls.obj", b"o a\nv nan 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"), "a vertex that is no"),
    ("empty mesh", "press", written("hulls.obj", b""), "the mesh file is empty"),
    ("text glb", "press", written("visual.glb", b"a shopping list, really"), "not a whole GLB file"),
    ("short glb", "press", written("visual.glb", b"glTF"), "not a whole GLB file"),
    ("text obj", "press", written("hulls.obj", b"a shopping list\n"), "no mesh that can be read as OBJ"),
    ("folder", "press", folder_for_mesh, "is a folder, not a mesh file"),
    ("flat hull", "press", flat, "has no volume"),
    ("hulls in stl", "press", change("model.yaml", "hulls.obj", "hulls.stl"), "hulls must be an OBJ file"),
    ("unknown key", "press", change("model.yaml", "service:", "servise:"), "did you mean 'service'"),
    ("missing key", "press", change("model.yaml", "hulls: hulls.obj\n", ""), "hulls is missing"),
    ("no link", "handler", change("model.yaml", "tip: tool", "tip: toool"), "no link named 'toool'"),
    ("no xml", "handler", written("arm.urdf", b"name: x\n"), "cannot be read as XML"),
    ("half xml", "handler", written("arm.urdf", library.URDF[:300].encode()), "cannot be read as XML"),
    ("html", "handler", written("arm.urdf", b"<html><body/></html>"), "no <robot> at its root"),
    ("nan urdf", "handler", change("arm.urdf", 'xyz="0 0 0.5"', 'xyz="0 0 nan"'), "origin of joint 'j1' is no finite"),
    ("urdf mesh", "handler", change("arm.urdf", '<link name="shoulder"/>', MESH.format("a.stl")), "that is not there"),
    ("package", "handler", change("arm.urdf", '<link name="shoulder"/>', MESH.format("package://b/a.stl")),
     "a folder named after its package"),
    ("web", "handler", change("arm.urdf", '<link name="shoulder"/>', MESH.format("http://b/a.stl")), "that is not"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "model", "spoil", "words"), BAD_MODELS, ids=[case[0] for case in BAD_MODELS])
def test_bad_models(home: Path, name: str, model: str, spoil: Callable[[Path], Any], words: str) -> None:
    folder = home / name.replace(" ", "_")
    shutil.copytree(home / "lib" / model, folder)
    change("model.yaml", f"name: {model}", f"name: {folder.name}")(folder)
    spoil(folder)
    path = home / f"{folder.name}.yaml"
    path.write_text(library.SCENARIO.replace(f"model: lib/{model}", f"model: ./{folder.name}"))
    said = refused("check", str(path), words=words)
    assert "model.yaml:" in said


def test_meshes_of_a_package_are_found_and_belong_to_the_model(home: Path) -> None:
    from layout.files.assets import read_model

    folder = home / "pack" / "robot"
    shutil.copytree(home / "lib" / "handler", folder)
    change("model.yaml", "name: handler", "name: robot")(folder)
    change("arm.urdf", '<link name="shoulder"/>', MESH.format("package://pack/a.obj"))(folder)
    shutil.copyfile(home / "lib" / "press" / "hulls.obj", home / "pack" / "a.obj")
    assert ("package://pack/a.obj", home / "pack" / "a.obj") in read_model("./robot", folder.parent).files
    (home / "pack" / "a.obj").write_text("nothing")
    from layout.errors import AssetError

    with pytest.raises(AssetError, match="has no faces"):
        read_model("./robot", folder.parent)


def stl(mesh: trimesh.Trimesh) -> Callable[[Path], object]:
    return lambda folder: mesh.export(folder / "press.stl")


def with_nan(folder: Path) -> None:
    raw = (folder / "press.stl").read_bytes()
    (folder / "press.stl").write_bytes(raw[:96] + b"\x00\x00\xc0\x7f" + raw[100:])


def urdf(old: str, new: str) -> Callable[[Path], object]:
    assert old in shapes.ARM_URDF
    return lambda folder: (folder / "arm.urdf").write_text(shapes.ARM_URDF.replace(old, new, 1))


TWICE = '<joint name="x" type="fixed"><parent link="base"/><child link="l3"/></joint>'
LIMIT = 'lower="-2.8" upper="2.8" velocity="3"'
INERTIA = '<link name="l2"><inertial><mass value="3"/><inertia ixx="{0}" iyy="{0}" izz="{0}"/></inertial></link>'
OWN_MODELS: list[tuple[str, tuple[str, str] | None, Callable[[Path], object] | None, str]] = [
    ("1.2 km", None, stl(shapes.box((0, 0, 0), (1.2e6, 1e6, 1e6))), "would be 1.2 x 1 x 1 km in millimetres"),
    ("1.2 mm", ("model: press.stl", "model: press.stl, unit: mm"), stl(shapes.box((0, 0, 0), (1.2, 1, 1))),
     "write 'unit: m'"),
    ("nan", None, with_nan, "no finite number"),
    ("no surface", None, lambda folder: (folder / "press.stl").write_text("solid x\nendsolid x\n"), "the mesh"),
    ("folder", None, lambda folder: ((folder / "press.stl").unlink(), (folder / "press.stl").mkdir()), "is a folder"),
    ("gone", None, lambda folder: (folder / "press.stl").unlink(), "there is no such file"),
    ("port inside", ("at: [0, -0.3, 0.8]", "at: [0, 0, 0.4]"), None, "inside its own machine"),
    ("port inwards", ("retreat: [0, -0.5, 0.1]", "retreat: [0, -0.5, 0.1], facing: [0, 1]"), None, "faces into"),
    ("loop", None, urdf('<parent link="world"/>', '<parent link="l6"/>'), "form a loop"),
    ("two parents", None, urdf("</robot>", TWICE + "</robot>"), "two joints carry link 'l3'"),
    ("two roots", None, urdf('<link name="l1"/>', '<link name="l1"/><link name="x"/>'), "has 2 root links"),
    ("no limits", None, urdf(LIMIT, 'velocity="3"'), "the joint has no limits"),
    ("no speed", None, urdf(LIMIT, LIMIT.replace('"3"', '"0"')), "the joint has no speed"),
    ("no inertia", None, urdf('<link name="l2"/>', INERTIA.format("0")), "a mass but no inertia"),
    ("minus inertia", None, urdf('<link name="l2"/>', INERTIA.format("-1")), "inertia is negative"),
    ("no mesh", None, urdf('<cylinder radius="0.15" length="0.3"/>', '<mesh filename="gone.stl"/>'), "is not there"),
    ("too heavy", ("payload: 9 kg", "payload: 1 kg"), None, "too heavy for handler"),
    ("no package", ("model: arm.urdf", 'model: "package://nowhere/arm.urdf"'), None, "no such file in any package"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "change_", "spoil", "words"), OWN_MODELS, ids=[case[0] for case in OWN_MODELS])
def test_bad_files_of_ones_own(
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    change_: tuple[str, str] | None,
    spoil: Callable[[Path], object] | None,
    words: str,
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "cell"
    folder.mkdir()
    shutil.copytree(home / "lib", folder / "lib")
    text = shapes.OWN.replace("model: lib/handler", "model: arm.urdf, payload: 9 kg")
    text = text.replace(
        "  press:\n    model: press.stl\n    ports:\n      bed: {", "  press: {model: press.stl, ports: {bed: {"
    )
    text = text.replace("0.1]}\n    operations: {press: 20 s}\n    place: {x: [3, 5], y: 4}\n",
                        "0.1]}}, operations: {press: 20 s}, place: {x: 3, y: 4}}\n")  # fmt: skip
    shapes.put(folder, shapes.box((0, 0, 0), (800, 1000, 700)), "press.stl")
    (folder / "arm.urdf").write_text(shapes.ARM_URDF)
    (folder / "cell.yaml").write_text(text)
    assert run.invoke(app, ["check", str(folder / "cell.yaml"), "--no-draw"]).exit_code == 0
    before = sorted(path.name for path in folder.iterdir())
    if change_:
        assert change_[0] in text
        (folder / "cell.yaml").write_text(text.replace(*change_, 1))
    if spoil:
        spoil(folder)
    said = refused("check", str(folder / "cell.yaml"), words=words)
    assert "->" in said  # what to try
    refused("evaluate", str(folder / "cell.yaml"), words=words)
    refused("optimize", str(folder / "cell.yaml"), "--out", str(folder / "run"), words=words)
    assert {path.name for path in folder.iterdir()} <= set(before)  # nothing half-written
    assert not list((tmp_path / "cache").rglob(".new-*"))


BAD_FILES: list[tuple[str, bytes, str]] = [
    ("empty", b"", "is empty"),
    ("binary", bytes(range(256)) * 20, "is not UTF-8 text"),
    ("utf16", library.SCENARIO.encode("utf-16"), "is not UTF-8 text"),
    ("large", b"\xa5" * 10_000_000, "too large"),
    ("list", b"- a\n- b\n", "must be a mapping"),
    ("documents", library.SCENARIO.encode() + b"---\n" + library.SCENARIO.encode(), "more than one YAML document"),
    ("tab", library.SCENARIO.replace("model: lib/dock", "model:\tlib/dock").encode(), "a tab where YAML wants spaces"),
    ("bomb", b"a: &a [x, x, x, x, x, x, x, x, x]\n" + b"".join(
        f"{c}: &{c} [{', '.join(['*' + p] * 9)}]\n".encode() for p, c in zip("abcdef", "bcdefg", strict=True)
    ), "holds more than 300000 values"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "raw", "words"), BAD_FILES, ids=[case[0] for case in BAD_FILES])
def test_bad_files(tmp_path: Path, name: str, raw: bytes, words: str) -> None:
    (tmp_path / f"{name}.yaml").write_bytes(raw)
    refused("evaluate", str(tmp_path / f"{name}.yaml"), words=words)
    assert [path.name for path in tmp_path.iterdir()] == [f"{name}.yaml"]  # nothing half-written


@pytest.mark.parametrize("ends", ["crlf", "bom"])
def test_windows_files_are_as_good(home: Path, ends: str) -> None:
    text = library.SCENARIO.encode()
    (home / f"{ends}.yaml").write_bytes(text.replace(b"\n", b"\r\n") if ends == "crlf" else b"\xef\xbb\xbf" + text)
    assert run.invoke(app, ["check", str(home / f"{ends}.yaml"), "--no-draw"]).exit_code == 0


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("wash: 40 s", "wash: 1e-320", "at least 1 ms"),
        ("wash: 40 s", "wash: 1,5 s", "write a decimal point: 1.5 s"),
        ("wash: 40 s", "wash: {weibull: {scale: 40 s, shape: 0.001}}", "shape must be from 0.1"),
        ("horizon: 2 h", "horizon: 9e99", "must be at most"),
        ("seed: 3", "seed: 3, level: 95", "from 50 % to 99.99 %"),
        ("yaw: 90}", "yaw: 90 m}", "for an angle"),
        ("mass: 1.8 kg", "mass: 18 kg", "too heavy for tender"),
        ("[8, 0], [8, 6], [0, 6]]", "[8, 6]]", "needs at least 3 corners"),
        ("[8, 0], [8, 6], [0, 6]]", "[8, 0], [8, 0.3], [0, 0.3]]", "is larger than the floor"),
    ],
)
def test_bad_values(home: Path, old: str, new: str, words: str) -> None:
    assert old in library.SCENARIO
    (home / "value.yaml").write_text(library.SCENARIO.replace(old, new, 1))
    refused("check", str(home / "value.yaml"), words=words)


def test_level_in_percent(home: Path) -> None:
    from layout.files.scenario import load_scenario

    (home / "level.yaml").write_text(library.SCENARIO.replace("seed: 3", "seed: 3, level: 90 %"))
    assert load_scenario(home / "level.yaml").spec.time.level == pytest.approx(0.9)


def test_an_arm_that_reaches_nothing_is_a_violation(home: Path) -> None:
    text = library.SCENARIO.replace("place: {x: [2, 6], y: [2, 4]}", "place: {x: 7.6, y: 0.4}")
    (home / "far.yaml").write_text(text.replace("tender: {x: 3.5, y: 3, ", "tender: {"))
    result = run.invoke(app, ["evaluate", str(home / "far.yaml")])
    assert result.exit_code == 1
    assert "reach: the arm cannot get its tool" in " ".join(result.stdout.split())


def test_runs_that_are_none(home: Path, tmp_path: Path) -> None:
    refused("evaluate", str(tmp_path), words="not of a run")
    (tmp_path / "run.json").write_text("{}")
    refused("evaluate", str(tmp_path), words="has lost its scenario.yaml")
    (tmp_path / "scenario.yaml").write_text(library.SCENARIO)
    refused("evaluate", str(tmp_path), words="layout optimize --resume")


def test_layout_files_of_other_scenarios(home: Path) -> None:
    from layout.files.layouts import dump_layout
    from layout.files.scenario import load_scenario
    from layout.model.line import Layout

    (home / "cell.yaml").write_text(library.SCENARIO)
    scenario = load_scenario(home / "cell.yaml")
    text = dump_layout(Layout(dict(scenario.start or {})), scenario)
    cases = {
        text: "",
        text.replace(scenario.digest, "0" * 64): "have changed since this was made",
        text.replace("small cell", "large cell"): "made for another scenario",
    }
    for content, words in cases.items():
        (home / "best.yaml").write_text(content)
        result = run.invoke(app, ["evaluate", str(home / "cell.yaml"), str(home / "best.yaml"), "--json"])
        assert result.exit_code in (0, 1)
        json.loads(result.stdout)
        assert words in " ".join(result.stderr.split()) if words else result.stderr == ""


DIRECT = """name: two machines
time: {horizon: 120 h, warmup: 10 h, replications: 10, seed: 5}
floor: {boundary: [[0, 0], [12, 0], [12, 6], [0, 6]]}
products: {job: {model: lib/block, route: [first, second]}}
machines:
  raw: {model: lib/dock, source: saturated, place: {x: 1.5, y: 3}}
  a: {model: lib/press, operations: {first: {exponential: 1 s}}, place: {x: 4, y: 3}}
  b: {model: lib/press, operations: {second: {exponential: 1 s}}, buffer: {in: 5}, place: {x: 7, y: 3}}
  good: {model: lib/bin, sink: true, place: {x: 10, y: 3}}
transport:
  one: {kind: direct, from: raw, to: a}
  two: {kind: direct, from: a, to: b}
  three: {kind: direct, from: b, to: good}
"""


def layout(*arguments: str) -> subprocess.CompletedProcess[str]:
    code = "from layout.cli.main import run; run()"
    environment = {**os.environ, "PYTHONPATH": str(Path(main.__file__).parents[2])}
    return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, env=environment)


def test_json_is_all_and_the_same_twice_and_is_what_is_published(home: Path) -> None:
    """Two exponential machines of rate 1 with 5 places between them: 0.875 per s (n = 5: (n + 2) / (n + 3))."""
    path = home / "direct.yaml"
    path.write_text(DIRECT)
    made = [layout("evaluate", str(path), "--json") for _ in range(2)]
    assert made[0].stdout == made[1].stdout
    rate = json.loads(made[0].stdout)["throughput_per_h"]
    assert abs(rate["mean"] - 0.875 * 3600) < 2 * rate["half_width"]
