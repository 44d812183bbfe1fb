"""Which candidate is called best, and on which streams: by hand-made cases, and in a whole run."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import optuna
import pytest
from typer.testing import CliRunner

import layout
from layout.cli.main import app
from layout.files.results import evaluation_to_json
from layout.model.evaluation import Evaluation
from layout.model.line import Layout
from layout.model.results import Violation
from layout.model.scenario import Objective, Scenario
from layout.objective import best_first, deciding, improves, infeasible_score, score
from layout.search import final
from tests.search.conftest import CROWDED, OUT_OF_REACH, TIME, write

FAST_THEN_SMALL = (Objective(maximize="throughput", tolerance=0.02), Objective(minimize="floor_area", tolerance=0.0))
SCALE = {"throughput": 100.0, "floor_area": 50.0, "lead_time": 600.0}


def made(*pairs: tuple[float, float]) -> list[dict[str, float]]:
    return [{"throughput": t, "floor_area": a} for t, a in pairs]


@pytest.mark.parametrize(
    ("candidates", "order"),
    [
        (made((90, 40), (100, 40), (95, 40)), [1, 2, 0]),  # the first aim decides
        (made((100, 40), (99, 20), (98.5, 30)), [1, 2, 0]),  # within its tolerance the second does
        (made((100, 40), (97.9, 10)), [0, 1]),  # and not beyond it
        (made((100, 40), (100, 40)), [0, 1]),  # equals keep their order
        (made((100, 40), (98.5, 20), (97, 1)), [1, 0, 2]),  # 97 is within 2 % of 98.5, but that is not the best
        ([], []),
    ],
)
def test_best_first(candidates: list[dict[str, float]], order: list[int]) -> None:
    assert best_first(candidates, FAST_THEN_SMALL) == order


def test_best_first_with_figures_that_are_no_numbers() -> None:
    aims = (Objective(minimize="lead_time", tolerance=0.0), Objective(maximize="throughput"))
    values = [
        {"lead_time": math.nan, "throughput": 0.0},
        {"lead_time": 300.0, "throughput": 50.0},
        {"lead_time": math.inf, "throughput": 0.0},
    ]
    assert best_first([final.finite(v, aims) for v in values], aims)[0] == 1


def test_score_puts_the_aims_in_order() -> None:
    def of(throughput: float, area: float) -> float:
        return score({"throughput": throughput, "floor_area": area}, FAST_THEN_SMALL, SCALE)

    assert of(60, 30) > of(55, 10)
    assert of(60, 30) > of(60, 31)
    assert of(60, 20) > of(60.5, 45)  # half of the second scale outweighs half a hundredth of the first
    assert of(63, 50) > of(60, 0)  # the whole of the second scale weighs as much as the first's tolerance


def test_weights_make_a_sum_of_shares() -> None:
    aims = (Objective(maximize="throughput", weight=2.0), Objective(minimize="floor_area", weight=1.0))
    candidates = made((80, 40), (70, 20), (90, 50))
    assert [score(c, aims, SCALE) for c in candidates] == pytest.approx([1.6 - 0.8, 1.4 - 0.4, 1.8 - 1.0])
    assert best_first(candidates, aims, SCALE) == [1, 0, 2]
    assert improves(candidates[1], candidates[0], aims, SCALE)
    assert not improves({"throughput": 80.5, "floor_area": 40.0}, candidates[0], aims, SCALE)  # 0.01 of 2.4 in all


def test_what_decides_is_the_first_aim_or_the_weighted_sum(cell: Scenario) -> None:
    found = layout.evaluate(cell, replications=3)
    assert found.flow is not None
    fast, small = Objective(maximize="throughput"), Objective(minimize="floor_area")
    assert deciding(found, (fast, small), SCALE) == found.flow.samples_per_h
    assert deciding(found, (small, fast), SCALE) == ()
    late = Objective(minimize="lead_time")
    assert deciding(found, (late,), SCALE) == tuple(-x for x in found.flow.samples["lead_time"])
    weighed = tuple(aim.model_copy(update={"weight": w}) for aim, w in ((fast, 2.0), (small, 1.0)))
    area = found.objectives["floor_area"] / SCALE["floor_area"]
    assert deciding(found, weighed, SCALE) == pytest.approx([2 * x / 100 - area for x in found.flow.samples_per_h])


def test_an_infeasible_candidate_scores_less_the_more_it_violates() -> None:
    def of(*amounts: float, bound: float = 80.0) -> float:
        found = tuple(Violation("overlap", ("a", "b"), amount, "m", 0.5) for amount in amounts)
        return infeasible_score(Evaluation(Layout({}), found, bound), SCALE)

    assert of(0.1) > of(0.2) > of(0.2, 0.2)
    assert of(0.1, bound=90.0) > of(0.1)
    assert of(0.001) < score({"throughput": 1.0, "floor_area": 50.0}, FAST_THEN_SMALL, SCALE)


def trial(number: int, state: str, x: float, throughput: float = 0.0, area: float = 0.0, off: float = 0.0) -> Any:
    made = optuna.trial.create_trial(
        params={"x": x},
        distributions={"x": optuna.distributions.FloatDistribution(0.0, 10.0)},
        value=throughput / 100.0,
        user_attrs={
            "state": state,
            **dict.fromkeys(("lead_time_s", "wip", "handling_distance_m"), 1.0),
            "throughput_per_h": throughput,
            "floor_area_m2": area,
        },
        system_attrs={"constraints:violations": off},
    )
    made.number = number
    return made


class _Aims:
    class spec:  # noqa: N801
        objectives = FAST_THEN_SMALL


def finalists(*trials: Any) -> list[int]:
    return [t.number for t in final._finalists(_Aims, trials, SCALE)]  # type: ignore[arg-type]


def test_finalists_are_the_best_by_the_aims_in_turn_and_no_layout_twice() -> None:
    assert finalists(
        trial(0, "feasible", 1.0, 100.0, 40.0),
        trial(1, "infeasible", 2.0, off=0.1),
        trial(2, "feasible", 3.0, 99.0, 20.0),
        trial(3, "feasible", 3.0, 99.0, 20.0),
        trial(4, "feasible", 4.0, 90.0, 10.0),
    ) == [2, 0, 4]


def test_where_nothing_is_feasible_the_least_violating_come_first_and_crashes_last() -> None:
    assert finalists(
        trial(0, "failed", 1.0, off=1e6), trial(1, "infeasible", 2.0, off=3.0), trial(2, "infeasible", 3.0, off=0.5)
    ) == [2, 1, 0]


def test_the_winners_figures_come_from_fresh_streams(cell: Scenario, tmp_path: Path) -> None:
    run = layout.optimize(cell, evaluations=12, seed=1, workers=1, out=tmp_path / "run", prove_s=0.0)
    found = json.loads((tmp_path / "run" / "results.json").read_text())
    seed, replications = final.fresh_streams(cell, 1)
    assert seed not in (cell.spec.time.seed, 1)
    made = found["best"]["throughput_per_h"]["n"]
    again = layout.evaluate(cell, tmp_path / "run" / "best.yaml", seed=seed, replications=made)
    assert json.loads(json.dumps(evaluation_to_json(again, cell))) == found["best"]
    assert made >= replications == 30
    assert {e["throughput_per_h"]["n"] for e in (found["start"], *found["runners_up"])} == {made}
    assert found["search"]["selection"]["replications"] == made
    told = layout.evaluate(cell, run.best.layout)
    assert told.flow is not None and run.best.flow is not None
    assert told.flow.throughput_per_h.mean != run.best.flow.throughput_per_h.mean
    best = [dict(run.best.objectives), *(dict(e.objectives) for e in run.runners_up)]
    assert best_first(best, cell.spec.objectives)[0] == 0


ROW = f"""\
name: a row
{TIME}
floor: {{boundary: [[0, 0], [9, 0], [9, 6], [0, 6]]}}
products: {{block: {{model: part_box, route: [fold, seal]}}}}
machines:
  folder: {{model: case_sealer, source: saturated, operations: {{fold: {{exponential: 60 s}}}}, place: {{x: 2, y: 3}}}}
  sealer:
    model: case_sealer
    sink: true
    operations: {{seal: {{exponential: 60 s}}}}
    buffer: {{in: {{choose: [0, 2]}}}}
    place: {{x: 6, y: 3}}
transport: {{chute: {{kind: direct, from: folder, to: sealer}}}}
start: {{sealer: {{buffer.in: 0}}}}
"""


def test_run_and_report_have_the_exact_throughput_of_start_and_best(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two exponential machines of 60 /h: (b + 2) / (b + 3) of it."""
    monkeypatch.setattr("layout.report.pictures.write_pictures", lambda run: None)
    path, run = write(tmp_path, ROW), tmp_path / "run"
    done = CliRunner().invoke(
        app, ["optimize", str(path), "--prove", "off", "--evaluations", "6", "--workers", "1", "--out", str(run)]
    )
    assert done.exit_code == 0, done.output
    assert "ceiling (exact)" in done.output and "40.00 /h" in done.output and "48.00 /h" in done.output
    found = json.loads((run / "results.json").read_text())
    assert found["start"]["exact_per_h"] == pytest.approx(60 * 2 / 3)
    assert found["best"]["exact_per_h"] == pytest.approx(60 * 4 / 5)
    page = (run / "report.html").read_text()
    assert "ceiling (exact)" in page and "48.00 /h" in page and "60.00 /h" not in page


@pytest.mark.parametrize(("content", "blamed"), [(CROWDED, ("lathe",)), (OUT_OF_REACH, ("arm", "washer"))])
def test_no_feasible_layout_ends_with_the_least_violating_one(
    content: str, blamed: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("layout.report.pictures.write_pictures", lambda run: None)
    path, run = write(tmp_path, content), tmp_path / "run"
    done = CliRunner().invoke(
        app, ["optimize", str(path), "--prove", "off", "--evaluations", "10", "--workers", "1", "--out", str(run)]
    )
    assert done.exit_code == 1, done.output
    assert "No feasible layout found" in done.output
    assert all(name in done.output for name in blamed)
    results = json.loads((run / "results.json").read_text())
    assert not results["best"]["feasible"] and results["best"]["violations"]
    assert "feasible: false" in (run / "best.yaml").read_text()
    least = layout.load(path)
    told = {row.split(",")[1] for row in (run / "trials.csv").read_text().splitlines()[1:]}
    assert told == {"infeasible"}
    found = layout.evaluate(least, run / "best.yaml")
    assert [v["rule"] for v in results["best"]["violations"]] == [v.rule for v in found.violations]
