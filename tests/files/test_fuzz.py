"""Whatever the file holds, only LayoutError comes out of the loader."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from layout.errors import LayoutError
from layout.files.layouts import dump_layout, load_layout
from layout.files.own_arm import arm_from_urdf
from layout.files.scenario import check_scenario, load_scenario
from layout.files.surface import read_surface
from layout.model.line import Layout
from layout.model.scenario import Scenario
from tests.files import shapes
from tests.files.library import SCENARIO
from tests.files.test_cell_errors import CELL, fill

LINES = SCENARIO.splitlines()
# What breaks parsers: YAML's own marks, odd numbers, wrong types, other alphabets.
SHARDS = [
    "~", "null", "{}", "[]", "[[]]", "{a: b}", "0", "-1", "1e999", "-.inf", ".nan", "0x1F", "0o17", "1_000", "12:30",
    "yes", "2024-01-01", "''", '"', "'", "|", ">", "&a", "*a", "!!int x", "!!set {a}", "!x y", "<<: *a", "<<: 3",
    "? a", "- ", ": ", "# ", "%YAML 1.1", "---", "...", "\t", "\u0000", "\u2028", "é", "机", "{choose: []}",
    "{range: [1]}", "{choose: {a: 1}}", "[1, 2, 3]", "true", "9" * 400, "1e308 m", "mill", "lib/press", "..", "/",
    "{uniform: [1, 1]}", "{erlang: {mean: 1, k: 2.5}}",
]  # fmt: skip
SETTINGS = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


def load(root: Path, raw: bytes) -> None:
    path = root / "fuzz.yaml"
    path.write_bytes(raw)
    try:
        check_scenario(path)
    except LayoutError as error:
        assert error.problems
        assert all(str(problem) and problem.file for problem in error.problems)


@SETTINGS
@given(line=st.integers(0, len(LINES) - 1), text=st.text(max_size=30) | st.sampled_from(SHARDS))
@example(line=5, text="products: {b: {model: x, route: [a], share: 1e-320}}")
def test_a_line_replaced_by_garbage(root: Path, line: int, text: str) -> None:
    made = [*LINES[:line], text, *LINES[line + 1 :]]
    load(root, "\n".join(made).encode("utf-8", "surrogatepass"))


@SETTINGS
@given(data=st.data())
def test_a_value_replaced_by_garbage(root: Path, data: st.DataObject) -> None:
    line = data.draw(st.sampled_from([i for i, text in enumerate(LINES) if ": " in text]))
    colons = [i for i in range(len(LINES[line])) if LINES[line].startswith(": ", i)]
    at = data.draw(st.sampled_from(colons)) + 2
    rest = LINES[line][at:]
    end = min((rest.index(mark) for mark in ",]}" if mark in rest), default=len(rest))
    shard = data.draw(st.sampled_from(SHARDS) | st.text(max_size=12) | st.floats().map(repr) | st.integers().map(str))
    made = [*LINES[:line], LINES[line][:at] + shard + rest[end:], *LINES[line + 1 :]]
    load(root, "\n".join(made).encode("utf-8", "surrogatepass"))


@SETTINGS
@given(line=st.integers(0, len(LINES) - 1), other=st.integers(0, len(LINES) - 1), indent=st.integers(0, 8))
def test_lines_moved_and_indented(root: Path, line: int, other: int, indent: int) -> None:
    made = [*LINES]
    moved = made.pop(line)
    made.insert(other, " " * indent + moved.strip())
    load(root, "\n".join(made).encode())


@SETTINGS
@given(raw=st.binary(max_size=60))
def test_bytes(root: Path, raw: bytes) -> None:
    load(root, raw)


@pytest.fixture(scope="module")
def scenario(write: Callable[[str], Path]) -> Scenario:
    return load_scenario(write(SCENARIO))


@SETTINGS
@given(data=st.data())
def test_layout_files(root: Path, scenario: Scenario, data: st.DataObject) -> None:
    assert scenario.start is not None
    lines = dump_layout(Layout(scenario.start), scenario).splitlines()
    line = data.draw(st.integers(0, len(lines) - 1))
    spots = range(len(lines[line]) + 1)
    start, end = sorted(data.draw(st.tuples(st.sampled_from(spots), st.sampled_from(spots))))
    lines[line] = lines[line][:start] + data.draw(st.sampled_from(SHARDS)) + lines[line][end:]
    path = root / "fuzz_layout.yaml"
    path.write_bytes("\n".join(lines).encode())
    try:
        load_layout(path, scenario)
    except LayoutError as error:
        assert all(str(problem) and problem.file for problem in error.problems)


CELL_LINES = CELL.splitlines()
CELL_SHARDS = [
    *SHARDS, "lib/gripper", "press.stl", "arm.urdf", "package://x/y.urdf", "x.step", "../x.obj", "/", "lib", "[0, 0]",
    "[[0, 0], [1, 1]]", "[[0, 0], [0, 0]]", "{a: [0, 0]}", "{kind: in, by: [arm], at: [0, 0, 9e9]}", "1e-9 m",
    "furlong",
]  # fmt: skip


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with models of every kind, and files of one's own: a mesh, and a URDF."""
    root = tmp_path_factory.mktemp("cells")
    fill(root)
    shapes.put(root, shapes.box((0, 0, 0), (1000, 800, 1200)), "press.stl")
    (root / "arm.urdf").write_text(shapes.ARM_URDF)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(root / "cache"))
        yield root


@SETTINGS
@given(data=st.data())
def test_a_value_of_a_cell_replaced_by_garbage(cells: Path, data: st.DataObject) -> None:
    line = data.draw(st.sampled_from([i for i, text in enumerate(CELL_LINES) if ": " in text]))
    text = CELL_LINES[line]
    at = data.draw(st.sampled_from([i for i in range(len(text)) if text.startswith(": ", i)])) + 2
    rest = text[at:]
    end = min((rest.index(mark) for mark in ",]}" if mark in rest), default=len(rest))
    shard = data.draw(st.sampled_from(CELL_SHARDS) | st.text(max_size=12) | st.floats().map(repr))
    made = [*CELL_LINES[:line], text[:at] + shard + rest[end:], *CELL_LINES[line + 1 :]]
    load(cells, "\n".join(made).encode("utf-8", "surrogatepass"))


@SETTINGS
@given(line=st.integers(0, len(CELL_LINES) - 1), text=st.text(max_size=30) | st.sampled_from(CELL_SHARDS))
def test_a_line_of_a_cell_replaced_by_garbage(cells: Path, line: int, text: str) -> None:
    made = [*CELL_LINES[:line], text, *CELL_LINES[line + 1 :]]
    load(cells, "\n".join(made).encode("utf-8", "surrogatepass"))


@SETTINGS
@given(data=st.data())
def test_urdfs(cells: Path, data: st.DataObject) -> None:
    """A piece of a URDF replaced by garbage: named, or still an arm."""
    text = shapes.ARM_URDF
    start = data.draw(st.integers(0, len(text) - 1))
    end = min(start + data.draw(st.integers(0, 60)), len(text))
    garbage = [
        "",
        "0",
        "nan",
        "inf",
        "-1",
        "1e999",
        "<",
        "/>",
        "&amp;",
        "<link/>",
        '<joint name="a1"/>',
        "l1",
        "a\u0000",
    ]
    shard = data.draw(st.sampled_from(garbage) | st.text(max_size=8))
    path = cells / "fuzz.urdf"
    path.write_bytes((text[:start] + shard + text[end:]).encode("utf-8", "surrogatepass"))
    try:
        arm_from_urdf(path, tip=None, payload_kg=None)
    except LayoutError as error:
        assert all(str(problem) for problem in error.problems)


@functools.cache
def mesh_bytes(ending: str) -> bytes:
    mesh = shapes.box((0, 0, 0), (1, 1, 1))
    made = mesh.export(file_type=ending)
    return made.encode() if isinstance(made, str) else bytes(made)


@SETTINGS
@given(ending=st.sampled_from(["stl", "obj", "glb", "ply", "3mf", "off", "dae"]), data=st.data())
def test_meshes(cells: Path, ending: str, data: st.DataObject) -> None:
    """Bytes of a mesh changed, cut or put in: named, or still a surface."""
    raw = mesh_bytes(ending)
    at = data.draw(st.integers(0, len(raw)))
    cut = data.draw(st.integers(0, 40) | st.just(len(raw)))
    path = cells / f"fuzz.{ending}"
    path.write_bytes(raw[:at] + data.draw(st.binary(max_size=12)) + raw[at + cut :])
    try:
        read_surface(path, "machine")
    except LayoutError as error:
        assert all(str(problem) for problem in error.problems)


def test_alias_bombs_stop_early(root: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join(itertools.repeat(f'*a{i - 1}', 10))}]" for i in range(1, 9)]
    path = root / "bomb.yaml"
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(LayoutError, match="do aliases"):
        check_scenario(path)
