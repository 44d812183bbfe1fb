import math
import re

import pytest
from scipy import stats

from layout.model.distribution import read_distribution

CASES = [
    ("95 s", 95.0, 0.0),
    ({"exponential": "6 h"}, 21600.0, 1.0),
    ({"erlang": {"mean": "10 s", "k": 4}}, 10.0, 0.5),
    ({"lognormal": {"mean": "95 s", "cv": 0.1}}, 95.0, 0.1),
    ({"gamma": {"mean": "95 s", "cv": "30 %"}}, 95.0, 0.3),
    ({"uniform": ["2 s", "4 s"]}, 3.0, 2 / math.sqrt(12) / 3),
    ({"geometric": {"p": "90 %", "cycle": "2 s"}}, 2 / 0.9, math.sqrt(0.1)),
    ({"empirical": ["7 s", "1 s", 2, "2 s"]}, 3.0, math.sqrt(5.5) / 3),
]


@pytest.mark.parametrize(("text", "mean", "cv"), CASES)
def test_mean_and_cv(text, mean, cv):
    found = read_distribution(text)
    assert (found.mean_s, found.cv) == (pytest.approx(mean), pytest.approx(cv))


@pytest.mark.parametrize("text", [text for text, _, _ in CASES] + [
    {"weibull": {"scale": "3 s", "shape": 1.7}}, {"triangular": ["1 s", "2 s", "5 s"]},
])  # fmt: skip
def test_scaled_times_keep_their_shape(text):
    found = read_distribution(text)
    longer = found.scaled(1.5)
    assert (longer.mean_s, longer.cv) == (pytest.approx(1.5 * found.mean_s), pytest.approx(found.cv))


def test_weibull_and_triangular_against_scipy():
    weibull = read_distribution({"weibull": {"scale": "3 s", "shape": 1.7}})
    frozen = stats.weibull_min(1.7, scale=3)
    assert weibull.mean_s == pytest.approx(frozen.mean())
    assert weibull.cv == pytest.approx(frozen.std() / frozen.mean())
    triangular = read_distribution({"triangular": {"low": 1, "mode": 2, "high": 5}})
    frozen = stats.triang(0.25, loc=1, scale=4)
    assert triangular.mean_s == pytest.approx(frozen.mean())
    assert triangular.cv == pytest.approx(frozen.std() / frozen.mean())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0 s", "more than zero"),
        ("-3 s", "more than zero"),
        ({"gauss": 3}, "unknown distribution 'gauss'"),
        ({"lognormal": {"mean": "3 s"}}, "lognormal takes"),
        ({"erlang": {"mean": "3 s", "k": 1.5}}, "whole number"),
        ({"uniform": ["4 s", "2 s"]}, "low"),
        ({"weibull": {"scale": "3 s", "shape": 0}}, "positive"),
        ({"geometric": {"p": 1.2, "cycle": "1 s"}}, "at most 1"),
        ({"geometric": {"p": 0, "cycle": "1 s"}}, "positive"),
        ({"empirical": []}, "a list of times"),
        ({"empirical": ["3 s", "-1 s"]}, "zero or more"),
        ({"empirical": ["3 kg"]}, "unknown unit"),
        ([1, 2], "expected a time"),
    ],
)
def test_refuses_with_a_sentence(text, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        read_distribution(text)
