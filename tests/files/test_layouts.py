"""Layout files read back to the very values that were written."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layout.errors import ScenarioError
from layout.files.layouts import dump_layout, layout_to_mapping, load_layout, read_value
from layout.files.scenario import load_scenario
from layout.model.line import Layout
from layout.model.quantities import Range
from layout.model.realise import realise
from layout.model.scenario import Scenario, Variable
from tests.files.library import SCENARIO


@pytest.fixture(scope="module")
def scenario(write: Callable[[str], Path]) -> Scenario:
    text = SCENARIO.replace(
        "objectives:", "  belt: {kind: conveyor, from: infeed, to: store, speed: {range: [0.1, 0.9]}}\nobjectives:"
    )
    text = text.replace(
        "transport:", "  store: {model: lib/transfer, place: {x: 3, y: 3, yaw: [0, 30, 33.3]}}\ntransport:"
    )
    return load_scenario(write(text.split("start:")[0]))


@pytest.fixture
def read(tmp_path: Path, scenario: Scenario) -> Callable[[str], Layout]:
    def from_text(text: str) -> Layout:
        path = tmp_path / "layout.yaml"
        path.write_text(text, encoding="utf-8")
        return load_layout(path, scenario)

    return from_text


def a_value(variable: Variable) -> st.SearchStrategy[Any]:
    domain = variable.domain
    if isinstance(domain, Range):
        return st.floats(domain.low, domain.high)
    return st.sampled_from(domain.options)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_round_trip_is_exact(scenario: Scenario, read: Callable[[str], Layout], data: st.DataObject) -> None:
    values = {v.name: data.draw(a_value(v), label=v.name) for v in scenario.variables}
    text = dump_layout(Layout(values), scenario, {"throughput_per_h": 31.25, "note": "a: b"})
    again = read(text)
    assert dict(again.values) == values
    assert all(type(again.values[name]) is type(value) for name, value in values.items())
    assert dump_layout(again, scenario, {"throughput_per_h": 31.25, "note": "a: b"}) == text


def some_layout(scenario: Scenario, **other: Any) -> dict[str, Any]:
    values = {v.name: v.domain.low if isinstance(v.domain, Range) else v.domain.options[0] for v in scenario.variables}
    return values | other


def test_written_in_the_units_of_people(scenario: Scenario) -> None:
    mapping = layout_to_mapping(Layout(some_layout(scenario, **{"mill 1.yaw": 1.5 * math.pi})), scenario)
    assert mapping["mill 1"] == {"x": 1.0, "y": 1.0, "yaw": 270}
    assert mapping["mill"] == {"count": 1, "buffer.in": 0}
    assert mapping["tender"] == {"x": 2.0, "y": 2.0, "dispatch": "first_come"}
    assert mapping["belt"] == {"speed": 0.1}
    assert mapping["store"] == {"yaw": 0}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("270", 1.5 * math.pi),
        ("-90", 1.5 * math.pi),
        ("450", math.pi / 2),
        ("90.00001", math.pi / 2),
        ("180 deg", math.pi),
    ],
)
def test_yaw_snaps_to_its_option(scenario: Scenario, read: Callable[[str], Layout], written: str, value: float) -> None:
    text = dump_layout(Layout(some_layout(scenario)), scenario).replace("yaw: 0}", f"yaw: {written}}}", 1)
    assert read(text).values["mill 1.yaw"] == value


def test_machines_that_a_count_leaves_out_need_no_place(scenario: Scenario, read: Callable[[str], Layout]) -> None:
    values = some_layout(scenario)
    for name in list(values):
        if name.startswith(("mill 2.", "mill 3.")):
            del values[name]
    layout = read(dump_layout(Layout(values), scenario))
    assert list(realise(scenario, layout).stations) == ["infeed", "mill 1", "washer", "outfeed", "store"]


@pytest.mark.parametrize(
    ("old", "new", "where", "words"),
    [
        ("layout:", "layuot:", "layout", "rename 'layuot' to 'layout'"),
        ("x: 1.0", "x: 0.99", "layout.mill 1.x", "is not from 1 m to 7 m"),
        ("yaw: 0}", "yaw: 1}", "layout.mill 1.yaw", "0 degrees, 90 degrees"),
        ("count: 1", "count: 1.0", "layout.mill.count", "whole number"),
        ("count: 1", "count: true", "layout.mill.count", "whole number"),
        ("count: 1,", "cuont: 1,", "layout.mill.cuont", "did you mean 'count'"),
        ("dispatch: first_come", "dispatch: 3", "layout.tender.dispatch", "name of a dispatch rule"),
        ("speed: 0.1", "speed: fast", "layout.belt.speed", "not a speed"),
        ("speed: 0.1", "speed: 100 mm", "layout.belt.speed", "unknown unit 'mm'"),
        ("  belt: {speed: 0.1}\n", "", "layout", "gives no speed for belt"),
        ("  tender:", "  tendr:", "layout.tendr", "did you mean 'tender'"),
    ],
)
def test_wrong_layouts(
    scenario: Scenario, read: Callable[[str], Layout], old: str, new: str, where: str, words: str
) -> None:
    text = dump_layout(Layout(some_layout(scenario)), scenario)
    assert old in text
    with pytest.raises(ScenarioError) as caught:
        read(text.replace(old, new, 1))
    problems = [p for p in caught.value.problems if p.where == where]
    assert problems, str(caught.value)
    assert any(words in f"{p.what} {p.hint}" and p.line and p.file.endswith("layout.yaml") for p in problems)


def test_a_layout_of_another_scenario_says_so(scenario: Scenario, read: Callable[[str], Layout]) -> None:
    with pytest.raises(ScenarioError, match="made for another scenario"):
        read("scenario: other\nlayout: {saw: {x: 1}}")


def test_buffers_may_be_nested_and_fixed_values_repeated(scenario: Scenario, read: Callable[[str], Layout]) -> None:
    text = dump_layout(Layout(some_layout(scenario)), scenario)
    nested = text.replace("buffer.in: 0", "buffer: {in: 2, out: 1}")
    assert read(nested).values["mill.buffer.in"] == 2
    with pytest.raises(ScenarioError, match="is fixed at 1 in the scenario"):
        read(text.replace("buffer.in: 0", "buffer: {in: 2, out: 3}"))


def test_numpy_values_and_values_outside_the_domain_are_written(scenario: Scenario) -> None:
    values = some_layout(scenario, **{"outfeed.yaw": np.float64(0.1234567890123), "mill.count": np.int64(2)})
    mapping = layout_to_mapping(Layout(values), scenario)
    assert read_value_of(scenario, "outfeed.yaw", mapping["outfeed"]["yaw"]) == values["outfeed.yaw"]
    assert type(mapping["mill"]["count"]) is int
    assert layout_to_mapping(Layout({"mill 1.yaw": 0.5}), scenario)["mill 1"]["yaw"] == "0.5 rad"


def read_value_of(scenario: Scenario, name: str, raw: object) -> object:
    return read_value(next(v for v in scenario.variables if v.name == name), raw)
