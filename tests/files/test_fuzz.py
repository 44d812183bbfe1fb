"""Whatever the file holds, only LayoutError comes out of the loader."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from layout.errors import LayoutError
from layout.files.layouts import dump_layout, load_layout
from layout.files.scenario import check_scenario, load_scenario
from layout.model.line import Layout
from layout.model.scenario import Scenario
from tests.files.library import SCENARIO

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


def test_alias_bombs_stop_early(root: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join(itertools.repeat(f'*a{i - 1}', 10))}]" for i in range(1, 9)]
    path = root / "bomb.yaml"
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(LayoutError, match="do aliases"):
        check_scenario(path)
