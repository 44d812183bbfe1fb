"""Proved before it is called best: who is proved, who makes room for whom, what the run folder keeps of it."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import layout
from layout import motion
from layout.cli.main import app
from layout.flow.departures import Left, departures
from layout.model.evaluation import Evaluation
from layout.model.line import Layout, Line
from layout.model.physical import Incident, Verdict
from layout.model.realise import realise
from layout.model.results import Estimate, Moves
from layout.model.scenario import Scenario
from layout.rollout.waits import Driving
from layout.search import Run, final, proving
from layout.search.journal import Journal
from tests.search import proofs

EVALUATIONS = 12


@pytest.fixture(scope="module")
def flat(cell: Scenario, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A search that proves nothing."""
    run = tmp_path_factory.mktemp("flat") / "run"
    return layout.optimize(cell, evaluations=EVALUATIONS, seed=2, workers=1, prove_s=0.0, out=run)


@pytest.fixture
def proved(cell: Scenario, flat: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Run]:
    """The same search with a made-up proof that refuses these of its layouts (by place, the best is 0)."""

    def search(proof: Any = proofs.refuses_named, refused: tuple[int, ...] = (), **options: Any) -> Run:
        names = [proofs.name(order(flat)[i]) for i in refused]
        monkeypatch.setenv(proofs.REFUSED, json.dumps(names))
        monkeypatch.setattr(proving, "proof", proof)
        run = options.pop("run", tmp_path / "run")
        if not run.exists():
            assert flat.folder is not None
            shutil.copytree(flat.folder, run)
        given = {"evaluations": EVALUATIONS, "seed": 2, "workers": 1, "prove_s": 60.0, **options}
        return layout.optimize(cell, out=run, resume=True, **given)

    return search


def order(run: Run) -> list[Layout]:
    return [run.best.layout, *(evaluation.layout for evaluation in run.runners_up)]


def files(run: Path) -> dict[str, bytes]:
    names = ("results.json", "run.json", "best.yaml", "best_hour.csv", "journal.log", "trials.csv")
    return {name: (run / name).read_bytes() for name in names}


def test_a_search_told_so_proves_nothing(flat: Run) -> None:
    assert len(order(flat)) == 5
    assert flat.proof_s == 0.0 and flat.best.verdict is None


@pytest.mark.parametrize(
    ("every_s", "last_s", "ends_s"),
    [(10.0, 100.0, 0.0), (40.0, 0.0, 180.0), (70.0, 210.0, 0.0), (170.0, 510.0, 0.0), (900.0, 0.0, 1800.0)],
)
def test_a_proof_lasts_until_three_parts_have_left_at_least_and_ten_at_most(
    cell: Scenario, monkeypatch: pytest.MonkeyPatch, every_s: float, last_s: float, ends_s: float
) -> None:
    """At a fixed time, or some seconds after a part has left."""

    def leave(line: Line, moves: Moves, seed: int, until_s: float) -> list[Left]:
        return [Left(every_s * (k + 1), "box", k, "dock", k) for k in range(int(until_s / every_s))]

    monkeypatch.setattr(proving, "leaving", leave)
    assert cell.start is not None
    line = realise(cell, Layout(dict(cell.start)))
    until_s = proving.until(line, motion.plan(line), proving.WINDOW_S, 1)
    assert until_s == (ends_s or last_s + proving.drain_s(line)) < line.time.horizon_s


def test_a_proof_lasts_until_one_of_each_product_has_left(cell: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    def leave(line: Line, moves: Moves, seed: int, until_s: float) -> list[Left]:
        products = ["box"] * 12 + ["rare"] + ["box"] * 30 + ["never in time"]
        left = [Left(50.0 * (k + 1), product, k, "dock", k) for k, product in enumerate(products)]
        return [part for part in left if part.time_s <= until_s]

    monkeypatch.setattr(proving, "leaving", leave)
    assert cell.start is not None
    line = realise(cell, Layout(dict(cell.start)))
    assert proving.until(line, motion.plan(line), proving.WINDOW_S, 1) == 650.0 + proving.drain_s(line)


def test_the_best_stays_best_when_it_holds(flat: Run, proved: Callable[..., Run]) -> None:
    run = proved(refused=(1,))
    found = order(flat)
    assert order(run) == [found[0], found[2], found[3], found[4], found[1]]
    assert run.best.verdict is not None and run.best.verdict.proved and run.best.verdict.until_s == 60.0
    assert run.runners_up[0].verdict is None  # the first round held one


@pytest.mark.parametrize(("refused", "places"), [((0,), [1, 2, 3, 4, 0]), ((0, 1, 3), [2, 4, 0, 1, 3])])
def test_one_that_fails_is_replaced_by_the_next(
    flat: Run, proved: Callable[..., Run], refused: tuple[int, ...], places: list[int], tmp_path: Path
) -> None:
    run = proved(refused=refused)
    assert order(run) == [order(flat)[i] for i in places]
    assert run.best.feasible and run.refused == len(refused) and not run.all_refused
    results = json.loads((tmp_path / "run" / "results.json").read_text())
    assert results["best"]["verdict"]["incidents"] == []
    last = results["runners_up"][-1]
    assert not last["feasible"] and last["violations"][0]["rule"] == "tipped"
    assert "the belt is too fast" in last["violations"][0]["reason"]
    assert last["verdict"]["incidents"][0]["kind"] == "tipped"
    assert last["throughput_per_h"] is not None
    assert "feasible: false" in (tmp_path / "run" / "runner_up_4.yaml").read_text()
    facts = json.loads((tmp_path / "run" / "run.json").read_text())
    assert (facts["proof_s"], facts["refused"]) == (60.0, len(refused))


def test_where_all_finalists_fail_the_next_few_are_proved(flat: Run, proved: Callable[..., Run]) -> None:
    run = proved(refused=(0, 1, 2, 3, 4))
    best, *rest = order(run)
    assert best not in order(flat) and rest[-5:] == order(flat)
    assert run.best.verdict is not None and run.best.verdict.proved and run.refused == 5 and not run.all_refused
    assert run.start.flow is not None and flat.best.flow is not None and run.best.flow is not None
    assert run.best.flow.throughput_per_h.mean <= flat.best.flow.throughput_per_h.mean


def test_those_follow_first_that_are_arranged_otherwise(cell: Scenario, flat: Run) -> None:
    assert flat.folder is not None
    told = [t for t in Journal(flat.folder / "journal.log").trials() if t.user_attrs["state"] == "feasible"]
    best = flat.best.layout
    left = final.others(cell, told, [best])
    assert left and all(t.params != best.values for t in left)
    off = {v.name: {"x": 0.5, "y": 0.5, "yaw": math.pi / 4}.get(v.field, math.inf) for v in cell.variables}
    moved = [[name for name, value in t.params.items() if far(value, best.values.get(name), off[name])] for t in left]
    assert all(moved) or not any(moved)
    assert final.others(cell, told, [Layout(dict(t.params)) for t in told]) == []


def far(value: Any, other: Any, limit: float) -> bool:
    if limit == math.inf:
        return False
    return other is None or abs(math.remainder(value - other, 2 * math.pi) if limit > 0.6 else value - other) > limit


def test_any_number_of_workers_ends_the_same(proved: Callable[..., Run], tmp_path: Path) -> None:
    found = []
    for workers in (1, 3):
        proved(refused=(0, 1), workers=workers, run=tmp_path / f"run {workers}")
        found.append(files(tmp_path / f"run {workers}"))
        del found[-1]["journal.log"]  # it names the process that wrote it
    assert found[0] == found[1]


def test_resuming_changes_nothing_and_going_on_leaves_the_refused_out(
    flat: Run, proved: Callable[..., Run], tmp_path: Path
) -> None:
    proved(refused=(0, 1))
    before = files(tmp_path / "run")
    proved(refused=(0, 1))
    assert files(tmp_path / "run") == before
    first, second = order(flat)[:2]
    records = Journal(tmp_path / "run" / "journal.log").refused()
    assert {proofs.name(Layout(record["values"])) for record in records.values()} == {
        proofs.name(first),
        proofs.name(second),
    }
    assert all(record["told"] == EVALUATIONS and record["violation"] > 0 for record in records.values())
    further = proved(refused=(0, 1), evaluations=EVALUATIONS + 2)
    assert first not in order(further) and second not in order(further)
    assert further.refused == 0


def test_where_physics_refuses_all_it_is_said(cell: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layout.report.pictures.write_pictures", lambda run: None)
    monkeypatch.setattr(proving, "proof", proofs.refuses_all)
    run = tmp_path / "run"
    command = ["optimize", str(cell.path), "--evaluations", "5", "--workers", "1", "--out", str(run)]
    done = CliRunner().invoke(app, [*command, "--prove", "30 s"])
    assert done.exit_code == 1, done.output
    assert "best layouts were refused as rigid bodies" in " ".join(done.output.split())
    assert "2 times" in done.output and "No feasible layout" not in done.output
    assert "Every layout that could be called best was refused" in (run / "report.html").read_text()
    facts = json.loads((run / "run.json").read_text())
    results = json.loads((run / "results.json").read_text())
    assert facts["refused"] == 1 + sum(e["verdict"] is not None for e in results["runners_up"])


def test_what_was_learnt_is_in_all_figures_and_what_was_assumed_beside_them(
    flat: Run, proved: Callable[..., Run], tmp_path: Path
) -> None:
    run = proved(proofs.doors_take_longer)
    for after, before in ((run.best, flat.best), (run.start, flat.start)):
        assert after.flow is not None and before.flow is not None and after.assumed_per_h is not None
        assert after.assumed_per_h == before.flow.throughput_per_h
        assert after.flow.throughput_per_h.mean < 0.95 * before.flow.throughput_per_h.mean
        assert after.objectives["throughput"] == after.flow.throughput_per_h.mean
    results = json.loads((tmp_path / "run" / "results.json").read_text())
    assert results["best"]["assumed_per_h"]["mean"] > results["best"]["throughput_per_h"]["mean"]


def test_a_proof_that_breaks_refuses_nothing(flat: Run, proved: Callable[..., Run]) -> None:
    run = proved(proofs.breaks)
    assert order(run) == order(flat) and run.best.feasible
    assert all(e.verdict is not None and not e.verdict.proved for e in (run.best, *run.runners_up))
    assert run.best.verdict is not None and run.best.verdict.reason == "ZeroDivisionError: by nothing"


@pytest.mark.parametrize("text", ["0 s", "-3 min", "three", "3 parts"])
def test_prove_takes_a_time_or_off(text: str, cell: Scenario) -> None:
    done = CliRunner().invoke(app, ["optimize", str(cell.path), "--prove", text])
    assert done.exit_code == 2 or "--prove" in str(done.exception)


def test_incidents_become_one_violation_for_each_doer_and_kind() -> None:
    def incident(kind: str, doer: str, at_s: float, amount: float) -> Incident:
        return Incident(at_s, kind, (doer, "part 3"), (0.0, 0.0, 0.0), amount, "deg", f"cause {amount:g}", 3, "", 10.0)

    found = proving.violations(
        [incident("tipped", "a", 1.0, 20.0), incident("tipped", "b", 2.0, 15.0), incident("tipped", "a", 3.0, 30.0),
         incident("fell", "a", 4.0, 40.0)]
    )  # fmt: skip
    assert [(v.rule, v.subjects, v.amount, v.scale) for v in found] == [
        ("tipped", ("a", "part 3"), 30.0, 10.0),
        ("tipped", ("b", "part 3"), 15.0, 10.0),
        ("fell", ("a", "part 3"), 40.0, 10.0),
    ]
    assert found[0].reason.startswith("2 times, first after 1.0 s: cause 30; try a slower belt")


def test_a_real_proof_says_how_far_it_went(cell: Scenario) -> None:
    assert cell.start is not None
    window_s = 12.0 / proving.LONGER  # in which no part leaves
    found = proving.proof(cell, Layout(dict(cell.start)), window_s, 5)
    assert found.verdict.until_s == pytest.approx(12.0) and found.verdict.parts == 0
    assert found.verdict == proving.proof(cell, Layout(dict(cell.start)), window_s, 5).verdict
    assert any(pair[0] == "pick" for pair in found.learnt)
    assert found.proof is not None and found.proof.incidents == ()
    assert found.recording is not None and found.recording.end_s == pytest.approx(12.0, abs=0.1)


class AskedError(Exception):
    """How long a run was asked for."""


@pytest.mark.parametrize("parts", [1, 3])
def test_a_proof_ends_once_enough_parts_have_left(parts: int, cell: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    def roll_out(line: Line, moves: Moves, *, until_s: float, seed: int, record: bool) -> None:
        raise AskedError(until_s, [left.time_s for left in departures(line, moves, seed=seed, until_s=until_s)])

    monkeypatch.setattr(proving, "PARTS", parts)
    monkeypatch.setattr(proving, "roll_out", roll_out)
    assert cell.start is not None
    line = realise(cell, Layout(dict(cell.start)))
    with pytest.raises(AskedError) as asked:
        proving.proof(cell, Layout(dict(cell.start)), 900.0, 5)
    until_s, left_s = asked.value.args
    assert until_s == pytest.approx(left_s[parts - 1] + proving.drain_s(line)) and until_s < 900.0


class Inline:
    """Workers that do nothing by themselves: a drive tells what it is given, and waits make a layout worse."""

    def __init__(self, drives: dict[str, Driving]) -> None:
        self.drives = drives
        self.proved: list[str] = []

    def call(self, job: Callable[..., Any], *given: Any) -> Any:
        if job is proving.drive:
            return self.drives[proofs.name(given[0])]
        if job is proving.with_learnt:
            evaluation, _, waits, *_ = given
            waited_s = waits["carts"].mean if waits else 0.0
            return replace(evaluation, objectives={"throughput": evaluation.objectives["throughput"] - waited_s})
        assert job is proving.proof
        self.proved.append(proofs.name(given[0]))
        return proving.Judgement(Verdict(60.0, 3), {})

    def answer(self, call: Any) -> Any:
        return call


def test_what_vehicles_wait_counts_before_the_first_proof(cell: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    """The best as assumed waits longest, the third blocks its own way: the second and the fourth are proved."""
    stuck = Incident(70.0, "waiting", ("carts 1",), (0.0, 0.0, 0.0), 120.0, "s", "it has no free way")
    layouts = [Layout({"dock.x": float(i)}) for i in range(5)]
    waits = [5.0, 9.0, 2.0, 0.0, 1.0]
    drives = {
        proofs.name(one): Driving({"carts": Estimate(waits[i], 0.1, 0.95, 2)}, (stuck,) if i == 3 else ())
        for i, one in enumerate(layouts)
    }
    pool = Inline(drives)
    monkeypatch.setattr(proving, "realise", lambda scenario, candidate: None)
    monkeypatch.setattr(proving, "vehicles", lambda line: 2)
    start, *ranked = (Evaluation(one, (), 50.0, objectives={"throughput": 40.0 - i}) for i, one in enumerate(layouts))

    def by_rate(evaluations: Sequence[Evaluation]) -> list[int]:
        return sorted(range(len(evaluations)), key=lambda i: -evaluations[i].objectives["throughput"])

    found = proving.prove_best(cell, start, ranked, pool, 1, 10, 60.0, by_rate)  # type: ignore[arg-type]
    assert [e.layout.values["dock.x"] for e in found.finalists] == [2.0, 4.0, 1.0, 3.0]
    assert pool.proved == [proofs.name(layouts[2]), proofs.name(layouts[4])]
    assert found.start.objectives == {"throughput": 35.0}
    assert [e.feasible for e in found.finalists] == [True, True, True, False]
    assert found.finalists[-1].violations[0].rule == "waiting"
