"""Dataclasses as plain data and back, bit for bit."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layout.files.plain import from_plain, to_plain
from layout.model.results import Estimate


@dataclass(frozen=True)
class Nest:
    name: str
    at: tuple[float, int]
    many: tuple[Estimate, ...]
    table: Mapping[float, Mapping[str, float]]
    maybe: Estimate | None = None


numbers = st.floats(allow_nan=False)
estimates = st.builds(Estimate, numbers, numbers, numbers, st.integers())
tables = st.dictionaries(numbers, st.dictionaries(st.text(), numbers))


@settings(max_examples=25, deadline=None)
@given(
    st.builds(
        Nest, st.text(), st.tuples(numbers, st.integers()), st.lists(estimates).map(tuple), tables,
        st.none() | estimates,
    )
)  # fmt: skip
def test_there_and_back(nest: Nest) -> None:
    assert from_plain(Nest, json.loads(json.dumps(to_plain(nest)))) == nest


def test_nan_comes_back() -> None:
    found = from_plain(Estimate, json.loads(json.dumps(to_plain(Estimate(math.nan, math.inf, 0.95, 1)))))
    assert math.isnan(found.mean) and found.half_width == math.inf


@pytest.mark.parametrize(
    "data", [{"mean": 1.0}, {"mean": "1", "half_width": 0.0, "level": 0.9, "n": 1}, {"mean": 1.0, "x": 2.0}]
)
def test_other_data_are_refused(data: dict) -> None:
    with pytest.raises((TypeError, ValueError)):
        from_plain(Estimate, data)
