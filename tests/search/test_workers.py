"""Workers crash, hang and raise: what of it reaches the run."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import ModuleType

import pytest

import layout
from layout.errors import AssetError, Problem, SearchError
from layout.model.line import Layout
from layout.model.scenario import Scenario
from layout.pipeline import Evaluator
from layout.search import driver
from layout.search.workers import Workers

# A module for the spawned processes to import: evaluators that go wrong at given candidates.
BROKEN = '''
import os, signal
from layout.errors import AssetError, Problem
from layout.pipeline import Evaluator

class Broken(Evaluator):
    """Goes wrong where the places add up to one of these."""
    at = {}

    def __call__(self, layout, *, seed=None, replications=None, against=None):
        places = [value for name, value in layout.values.items() if name.endswith((".x", ".y"))]
        wrong = self.at.get(round(sum(places), 9))
        if wrong == "segfault":
            os.kill(os.getpid(), signal.SIGSEGV)
        elif wrong == "once":
            mark = os.environ["LAYOUT_TEST_MARK"]
            if not os.path.exists(mark):
                open(mark, "w").close()
                os.kill(os.getpid(), signal.SIGKILL)
        elif wrong == "bug":
            raise ZeroDivisionError("by nothing")
        elif wrong == "ours":
            raise AssetError([Problem("a hull is open", where="mill", hint="close it"), Problem("so is another")])
        return super().__call__(layout, seed=seed, replications=replications, against=against)

class Segfault(Broken):
    at = {at!r}

class Everywhere(Evaluator):
    def __call__(self, layout, *, seed=None, replications=None, against=None):
        raise ZeroDivisionError("by nothing")
'''


@pytest.fixture(scope="module")
def told(cell: Scenario, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An undisturbed run."""
    run = tmp_path_factory.mktemp("told") / "run"
    layout.optimize(cell, evaluations=18, seed=2, workers=2, out=run, prove_s=0.0)
    return run


def rows(run: Path) -> list[dict[str, str]]:
    with (run / "trials.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def broken(told: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The module, importable here and in workers; candidate 2, and no other, meets what `at` says."""
    second = rows(told)[2]
    total = round(sum(float(value) for name, value in second.items() if name.endswith((".x", ".y")) and value), 9)
    (tmp_path / "broken_evaluators.py").write_text(BROKEN.replace("{at!r}", repr({total: "?"})))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "broken_evaluators", raising=False)
    import broken_evaluators  # type: ignore[import-not-found]

    yield broken_evaluators
    sys.modules.pop("broken_evaluators", None)


def go_wrong(broken: ModuleType, how: str) -> type[Evaluator]:
    """The evaluator that goes wrong in this way (processes read the module from disk)."""
    path = Path(str(broken.__file__))
    path.write_text(path.read_text().replace("'?'", repr(how)))
    return broken.Segfault  # type: ignore[no-any-return]


def search(scenario: Scenario, make: type[Evaluator], patch: pytest.MonkeyPatch, run: Path, **options: int) -> None:
    patch.setattr(driver, "Workers", partial(Workers, make=make))
    layout.optimize(scenario, **{"evaluations": 18, "seed": 2, "workers": 2, **options}, out=run, prove_s=0.0)


def test_a_segfault_costs_its_candidate_only(
    cell: Scenario, told: Path, broken: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    search(cell, go_wrong(broken, "segfault"), monkeypatch, tmp_path / "run")
    found, undisturbed = rows(tmp_path / "run"), rows(told)
    assert len(found) == 18
    assert [row["number"] for row in found if row["state"] == "failed"] == ["2"]
    assert found[2]["violations"] == "crash: the process was ended by SIGSEGV by 1 process"
    # those asked before it was told are as they were
    assert found[:2] + found[3:10] == undisturbed[:2] + undisturbed[3:10]
    assert (tmp_path / "run" / "best.yaml").exists()


def test_a_process_killed_once_is_tried_again(
    cell: Scenario, told: Path, broken: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LAYOUT_TEST_MARK", str(tmp_path / "mark"))
    search(cell, go_wrong(broken, "once"), monkeypatch, tmp_path / "run", evaluations=6, workers=1)
    assert (tmp_path / "mark").exists()
    assert rows(tmp_path / "run") == rows(told)[:6]


def test_a_defect_at_one_candidate_does_not_end_the_night(
    cell: Scenario, broken: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    search(cell, go_wrong(broken, "bug"), monkeypatch, tmp_path / "run", evaluations=6, workers=1)
    failed = [row for row in rows(tmp_path / "run") if row["state"] == "failed"]
    assert [row["violations"] for row in failed] == ["crash: ZeroDivisionError: by nothing by 1 process"]


def test_a_defect_at_every_candidate_does(
    cell: Scenario, broken: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(SearchError, match=r"first 16 candidates all crashed.*ZeroDivisionError"):
        search(cell, broken.Everywhere, monkeypatch, tmp_path / "run", workers=1)


def test_an_error_of_ours_comes_back_with_its_problems(
    cell: Scenario, broken: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(AssetError) as caught:
        search(cell, go_wrong(broken, "ours"), monkeypatch, tmp_path / "run", evaluations=6, workers=1)
    assert type(caught.value) is AssetError
    assert caught.value.problems == (
        Problem("a hull is open", where="mill", hint="close it"),
        Problem("so is another"),
    )


def test_a_worker_gives_what_the_evaluator_gives(cell: Scenario) -> None:
    assert cell.start is not None
    start = Layout(dict(cell.start))
    with Workers(cell, 1) as pool:
        found = pool.result(pool.submit(start, seed=4, replications=3))
    with Evaluator(cell) as evaluator:
        expected = evaluator(start, seed=4, replications=3)
    assert found.objectives == expected.objectives
    assert found.moves is None and found.flow == expected.flow
