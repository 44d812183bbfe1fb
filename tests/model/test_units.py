import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layout import units


@pytest.mark.parametrize(
    ("text", "dimension", "value"),
    [
        ("62 s", "time", 62.0),
        ("4 h", "time", 14400.0),
        ("1.5min", "time", 90.0),
        (30, "time", 30.0),
        ("350 mm", "length", 0.35),
        ("-1.2 m", "length", -1.2),
        ("0.3 m/s", "speed", 0.3),
        ("18 m/min", "speed", 0.3),
        ("70 %", "fraction", 0.7),
        (0.7, "fraction", 0.7),
        (90, "angle", math.pi / 2),
        ("1.5708 rad", "angle", 1.5708),
        ("1e-3 h", "time", 3.6),
    ],
)
def test_parse(text, dimension, value):
    assert units.parse(text, dimension) == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize(
    ("text", "dimension", "words"),
    [
        ("62 sx", "time", "unknown unit 'sx'"),
        ("fast", "speed", "0.3 m/s"),
        (True, "time", "expected a time"),
        (float("nan"), "time", "finite"),
        (None, "length", "expected a length"),
        ("1e999 s", "time", "finite"),
    ],
)
def test_refuses_with_a_sentence(text, dimension, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        units.parse(text, dimension)


@given(st.floats(1e-3, 1e7))
def test_duration_reads_back(seconds):
    assert units.parse(units.duration(seconds), "time") == pytest.approx(seconds, rel=6e-3)
