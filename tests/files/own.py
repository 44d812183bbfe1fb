"""Scenarios with models of one's own, and what is said of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from layout.errors import LayoutError, Problem
from layout.files.scenario import check_scenario
from tests.files import shapes


def scenario(folder: Path, *changes: tuple[str, str], name: str = "own") -> Path:
    text = shapes.OWN
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = folder / f"{name}.yaml"
    path.write_text(text)
    return path


def said(problems: tuple[Problem, ...], words: str) -> Problem:
    found = [problem for problem in problems if words in f"{problem.what} {problem.hint}"]
    assert found, "\n".join(map(str, problems))
    return found[0]


def refused(path: Path) -> tuple[Problem, ...]:
    with pytest.raises(LayoutError) as caught:
        check_scenario(path)
    return caught.value.problems
