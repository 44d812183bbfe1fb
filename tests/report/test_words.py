import pytest

from layout.model.results import Estimate, Violation
from layout.report import words
from layout.report.words import Unit

PER_H = Unit(1, " /h")


@pytest.mark.parametrize(
    ("mean", "half", "said"),
    [
        (112.42, 0.61, "112.4 ± 0.6 /h"),
        (131.17, 1.21, "131.2 ± 1.2 /h"),
        (131.17, 2.4, "131 ± 2 /h"),
        (131.17, 0.041, "131.17 ± 0.04 /h"),
        (131.17, 0.0141, "131.170 ± 0.014 /h"),
        (1312.6, 24.0, "1\u202f313 ± 24 /h"),
        (0.0, 0.0, "0 ± 0 /h"),
        (60.0, 0.0, "60.00 ± 0.00 /h"),
        (55.5, float("nan"), "55.5 /h"),
        (float("nan"), 1.0, "–"),
    ],
)
def test_an_estimate_has_the_digits_its_interval_justifies(mean, half, said):
    assert words.estimate(Estimate(mean, half, 0.95, 10), PER_H) == said


def test_nothing_is_a_dash():
    assert words.estimate(None, PER_H) == words.plain(None, PER_H) == words.number(float("inf")) == "–"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (107.5, 131.2, "+22 %"), (16.4, 11.4, "−30 %"), (100, 100.04, "±0 %"), (100, 105.4, "+5.4 %"),
        (0, 5, ""), (None, 5, ""), (1.0, 30.0, "+2\u202f900 %"),
    ],
)  # fmt: skip
def test_change(before, after, said):
    assert words.change(before, after) == said


def test_times_are_shown_in_a_unit_of_their_size():
    assert words.estimate(Estimate(412, 5.3, 0.95, 10), words.time_unit(412)) == "6.87 ± 0.09 min"
    assert [words.time_unit(s).suffix for s in (80, 119, 121, 8000)] == [" s", " s", " min", " h"]


@pytest.mark.parametrize(("share", "said"), [(0.934, "93 %"), (0.012, "1.2 %"), (0, "0 %"), (1, "100 %")])
def test_percent(share, said):
    assert words.percent(share) == said


def test_violation():
    assert words.violation_words(Violation("keep_clear", ("a", "b"), 0.5, "m2")) == "keep clear: a, b, 0.5\u00a0m²"
    assert words.amount(Violation("reach", ("a",), 12.0, "mm")) == "12\u00a0mm"
