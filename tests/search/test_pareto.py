"""Several objectives: against brute force, against published examples worked by hand, and through the front door."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from typer.testing import CliRunner

import layout
from layout.cli.main import app
from layout.errors import SearchError
from layout.files.scenario import load_scenario
from layout.model.scenario import Objective, Scenario
from layout.search.pareto import (
    POPULATION,
    Population,
    crowding,
    front_of,
    hypervolume,
    ranks,
    share_of_box,
    spread,
    unbeaten,
    worth,
)  # fmt: skip
from layout.search.stops import Stops
from tests.search.conftest import write
from tests.search.test_final import ROW

POINTS = st.integers(1, 3).flatmap(
    lambda m: st.integers(1, 14).flatmap(lambda n: arrays(float, (n, m), elements=st.integers(0, 5).map(float)))
)


def beats(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    pairs = list(zip(one, other, strict=True))
    return all(a >= b for a, b in pairs) and any(a > b for a, b in pairs)


@settings(max_examples=150, deadline=None)
@given(POINTS)
def test_ranks_are_those_of_brute_force(worths: np.ndarray) -> None:
    left = dict(enumerate(map(tuple, worths.tolist())))
    expected = {}
    for rank in itertools.count():
        front = [i for i, one in left.items() if not any(beats(other, one) for other in left.values())]
        expected |= dict.fromkeys(front, rank)
        for i in front:
            del left[i]
        if not left:
            break
    assert ranks(worths).tolist() == [expected[i] for i in range(len(worths))]
    assert unbeaten(worths).tolist() == [expected[i] == 0 for i in range(len(worths))]


@settings(max_examples=150, deadline=None)
@given(POINTS)
def test_hypervolume_counts_the_unit_cells_that_are_beaten(worths: np.ndarray) -> None:
    cells = itertools.product(range(5), repeat=worths.shape[1])
    expected = sum(any(all(x >= c + 1 for x, c in zip(p, cell, strict=True)) for p in worths) for cell in cells)
    assert hypervolume(worths, [0.0] * worths.shape[1]) == pytest.approx(expected)


def test_crowding_by_hand() -> None:
    worths = np.array([[0.0, 10.0], [1.0, 9.0], [4.0, 2.0], [10.0, 0.0]])
    assert crowding(worths).tolist() == pytest.approx([np.inf, 0.4 + 0.8, 0.9 + 0.9, np.inf])
    assert spread(worths, 3) == [3, 2, 0]
    assert spread(worths, 9) == [3, 2, 1, 0]


def test_a_front_as_a_share_of_the_box() -> None:
    told = [(0.0, 0.0), (2.0, 1.0), (1.0, 2.0), (1.0, 1.0)]
    found = front_of(told, [(2.0, 1.0), None, (1.0, 0.5)])
    assert (found.size, found.shown) == (2, (0,))
    assert found.hypervolume == pytest.approx(3 / 4)
    assert share_of_box(np.array([[2.0, 3.0]]), np.array([[1.0, 3.0], [2.0, 3.0]])) == 1.0  # one does not vary
    assert front_of([], []).size == 0


def test_the_population_keeps_the_front_and_parents_come_from_its_wide_parts() -> None:
    population = Population(seed=1)
    rng = np.random.default_rng(5)
    for i in range(300):
        x = float(rng.random())
        population.tell(None if i % 7 == 0 else (x, (1 - x) * (0.5 if i % 3 else 1.0)), {"i": i})
    assert population.told == 300 and len(population.members) == POPULATION
    points = np.array([known for known, _ in population.members])
    assert (ranks(points) == 0).mean() > 0.9
    parents = [population.parent(number) for number in range(50)]
    assert parents == [population.parent(number) for number in range(50)]
    assert len({parent["i"] for parent in parents if parent}) > 10
    assert Population(seed=1).parent(0) is None


def test_patience_of_a_front_is_used_up_by_what_is_matched_already() -> None:
    aims = (Objective(maximize="throughput", tolerance=0.01), Objective(minimize="floor_area", tolerance=0.01))
    assert worth({"throughput": 2.0, "floor_area": 3.0}, aims) == (2.0, -3.0)
    stops = Stops(aims, {"throughput": 200.0}, patience=2, timeout_s=None, pareto=True)
    for throughput, area in ((100, 50), (90, 40), (80, 30), (90.5, 40)):
        stops.told({"throughput": float(throughput), "floor_area": float(area)})
        assert stops.why() is None
    stops.told({"throughput": 100.5, "floor_area": 50.2})
    assert stops.why() == "nothing has improved for 2 evaluations"


def test_a_front_needs_two_objectives(cell: Scenario) -> None:
    one = cell.spec.model_copy(update={"objectives": cell.spec.objectives[:1]})
    with pytest.raises(SearchError, match="there is no front to look for"):
        layout.optimize(
            type(cell)(one, cell.models, cell.variables, cell.start, cell.path, cell.digest), pareto=True, prove_s=0.0
        )


TRADE = ROW.replace("start:", "objectives: [{maximize: throughput}, {minimize: lead_time}]\nstart:").replace(
    "choose: [0, 2]", "choose: [0, 1, 2, 4, 8]"
)


def test_a_front_is_found_confirmed_and_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More room between two machines: more parts, and longer in the line. Every choice is on the front."""
    monkeypatch.setattr("layout.report.pictures.write_pictures", lambda run: None)
    path, run = write(tmp_path, TRADE), tmp_path / "run"
    given = [
        "optimize",
        str(path),
        "--prove",
        "off",
        "--pareto",
        "--evaluations",
        "30",
        "--workers",
        "1",
        "--out",
        str(run),
    ]
    done = CliRunner().invoke(app, given)
    assert done.exit_code == 0, done.output
    assert "hypervolume" in done.output
    results = json.loads((run / "results.json").read_text())
    front = results["search"]["front"]
    found = {"best": results["best"]}
    found |= {f"runner_up_{i + 1}": e for i, e in enumerate(results["runners_up"])}
    room = {found[name]["layout"]["sealer"]["buffer.in"] for name in front["shown"]}
    assert room == {0, 1, 2, 4, 8} and front["size"] == 5 and 0 < front["hypervolume"] <= 1
    assert all((run / f"{name}.yaml").is_file() for name in front["shown"])
    assert 'id="front"' in (run / "report.html").read_text()


def test_a_front_is_the_same_on_more_workers_and_when_resumed(tmp_path: Path) -> None:
    """The last four candidates have parents from the front."""
    free = TRADE.replace("place: {x: 6, y: 3}", "place: {x: [5, 8], y: [2, 4]}").replace(": 0}}", ": 0, x: 6, y: 3}}")
    scenario = load_scenario(write(tmp_path, free))
    assert len(scenario.variables) == 3
    one, two = tmp_path / "one", tmp_path / "two"
    layout.optimize(scenario, evaluations=20, seed=5, workers=1, out=one, pareto=True, prove_s=0.0)
    for evaluations, resume in ((17, False), (20, True)):
        layout.optimize(
            scenario, evaluations=evaluations, seed=5, workers=2, out=two, pareto=True, resume=resume, prove_s=0.0
        )
    for name in ("trials.csv", "results.json", "best.yaml"):
        assert (two / name).read_bytes() == (one / name).read_bytes(), name
