"""Run folders: what a search leaves behind, and what resuming, evaluating, viewing and reporting read again.

scenario.yaml   the scenario, frozen          run.json      settings, digest, version, summary
trials.csv      every candidate told          journal.log   the same for resuming (Optuna's format)
best.yaml, runner_up_1.yaml ...               results.json  start, best and runners-up on fresh streams
timings.json    seconds that each stage took: the one file in which equal searches differ
proof.json      what a run of the best layout as rigid bodies came to, and best.rec, its recording: where it was proved
best_hour.csv   what every resource of the best layout does in one hour: `shown_hour` of run.json
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Protocol

from layout.errors import Problem, SearchError
from layout.files.atomic import write_text
from layout.files.event_log import table
from layout.files.freeze import freeze
from layout.files.layouts import dump_layout
from layout.files.proofs import PROOF, RECORDING
from layout.files.results import evaluation_to_json
from layout.files.scenario import load_scenario
from layout.model.evaluation import Evaluation
from layout.model.results import TraceEvent
from layout.model.scenario import Scenario, Variable

COLUMNS = (
    "number",
    "state",
    "value",
    "throughput_per_h",
    "half_width",
    "replications",
    "bound_per_h",
    "lead_time_s",
    "wip",
    "handling_distance_m",
    "handling_effort_m_per_h",
    "floor_area_m2",
    "energy_kwh",
    "scrap_per_h",
    "on_time",
    "tardiness_s",
    "investment",
    "violations",
)


MEASURE_COLUMNS = {
    "throughput": "throughput_per_h",
    "lead_time": "lead_time_s",
    "wip": "wip",
    "handling_distance": "handling_distance_m",
    "handling_effort": "handling_effort_m_per_h",
    "floor_area": "floor_area_m2",
    "energy": "energy_kwh",
    "scrap": "scrap_per_h",
    "on_time": "on_time",
    "tardiness": "tardiness_s",
    "investment": "investment",
}
"""Column of trials.csv by measure."""


SETTLED = {"digest": "scenario (its file, or a model that it loads)", "seed": "seed", "in_flight": "version of layout",
           "pareto": "kind of search (one best, or a front)", "sampler": "sampler"}  # fmt: skip
"""What a run can't change half-way, by its name in run.json, in words."""


@dataclass(frozen=True)
class Found:
    """What a search found: evaluations, what is said of the search itself, and what the best layout's resources do in
    the hour that is shown of it."""

    start: Evaluation
    best: Evaluation
    runners_up: Sequence[Evaluation]
    search: Mapping[str, Any]
    hour: Sequence[TraceEvent] = ()


class Trial(Protocol):
    """What a told candidate offers here (Optuna's FrozenTrial does)."""

    @property
    def number(self) -> int:
        """Its place in the order of asking."""

    @property
    def value(self) -> float | None:
        """What the search was told."""

    @property
    def params(self) -> dict[str, Any]:
        """Design variables' values."""

    @property
    def user_attrs(self) -> dict[str, Any]:
        """The other columns."""


class RunFolder:
    """A run folder on disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.journal = path / "journal.log"
        self.trials = path / "trials.csv"

    @classmethod
    def create(cls, path: Path, scenario: Scenario, settings: Mapping[str, Any]) -> RunFolder:
        """A new run folder with the scenario frozen in it. SearchError where something is there already."""
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise SearchError(
                Problem(
                    "there is something in the run folder already",
                    file=str(path),
                    hint=f"choose another --out, or go on with --resume {path}",
                )
            )
        path.mkdir(parents=True, exist_ok=True)
        folder = cls(path)
        freeze(scenario, path)
        folder._write_settings(folder._frozen(), settings)
        return folder

    @classmethod
    def open(cls, path: Path, scenario: Scenario, settings: Mapping[str, Any]) -> RunFolder:
        """A run folder to go on with. SearchError where it is none, or of another scenario or seed."""
        folder = cls(path)
        known = folder.settings()
        wanted = {"digest": scenario.digest, **settings}
        for name, words in SETTLED.items():
            if known.get(name) != wanted[name]:
                shown = name in ("seed", "sampler")  # hashes tell people nothing
                raise SearchError(
                    Problem(
                        f"the run was made with another {words}, so going on would not end where it would have",
                        file=str(path / "run.json"),
                        value=str(wanted[name]) if shown else "",
                        hint=f"it was {known.get(name)}; start a new run" if shown else "start a new run",
                    )
                )
        folder._write_settings(scenario, settings)
        return folder

    def settings(self) -> dict[str, Any]:
        """What run.json says."""
        try:
            found = json.loads((self.path / "run.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise SearchError(
                Problem(
                    "not a run folder: run.json can't be read",
                    file=str(self.path),
                    value=str(error),
                    hint="give a folder that 'layout optimize --out' wrote",
                )
            ) from None
        if not isinstance(found, dict):
            raise SearchError(Problem("run.json does not hold a run's settings", file=str(self.path)))
        return found

    def scenario(self) -> Scenario:
        """The frozen scenario."""
        self.settings()
        return self._frozen()

    def _frozen(self) -> Scenario:
        return load_scenario(self.path / "scenario.yaml")

    def _write_settings(self, scenario: Scenario, settings: Mapping[str, Any]) -> None:
        content = {
            "name": scenario.name,
            "digest": scenario.digest,
            "version": _version(),
            "objectives": [
                {
                    "measure": o.measure,
                    "sense": "maximize" if o.maximize else "minimize",
                    "tolerance": o.tolerance,
                    "weight": o.weight,
                }
                for o in scenario.spec.objectives
            ],
            **settings,
        }
        write_text(self.path / "run.json", json.dumps(content, indent=2) + "\n")

    def write_trials(self, variables: Sequence[Variable], trials: Sequence[Trial]) -> None:
        """trials.csv anew, with these candidates."""
        write_text(
            self.trials, _rows([[*COLUMNS, *(v.name for v in variables)], *(_row(t, variables) for t in trials)])
        )

    def append_trial(self, variables: Sequence[Variable], trial: Trial) -> None:
        """One more line of trials.csv."""
        with self.trials.open("a", encoding="utf-8", newline="") as file:
            file.write(_rows([_row(trial, variables)]))

    def finish(
        self, scenario: Scenario, found: Found, summary: Mapping[str, Any], timings: Mapping[str, float]
    ) -> None:
        """Write what the search found. timings : seconds by stage"""
        start, best, runners_up, hour = found.start, found.best, found.runners_up, found.hour
        results = {
            "search": found.search,
            "start": evaluation_to_json(start, scenario),
            "best": evaluation_to_json(best, scenario),
            "runners_up": [evaluation_to_json(evaluation, scenario) for evaluation in runners_up],
        }
        write_text(self.path / "results.json", json.dumps(results, indent=1) + "\n")
        write_text(self.path / "timings.json", json.dumps({"seconds": timings}, indent=1) + "\n")
        if hour:
            write_text(self.path / "best_hour.csv", table(hour))
        named = {"start": start, "best": best}
        named |= {f"runner_up_{i + 1}": evaluation for i, evaluation in enumerate(runners_up)}
        texts = {
            name: dump_layout(evaluation.layout, scenario, _headline(evaluation)) for name, evaluation in named.items()
        }
        known = self.path / "best.yaml"
        if not known.exists() or known.read_text(encoding="utf-8") != texts["best"]:
            for name in (PROOF, RECORDING):  # of a layout that is not the best any more
                (self.path / name).unlink(missing_ok=True)
        for name, text in texts.items():
            write_text(self.path / f"{name}.yaml", text)
        self._write_settings(scenario, {**self.settings(), **summary})


def _headline(evaluation: Evaluation) -> dict[str, Any]:
    flow = evaluation.flow
    if not evaluation.feasible:
        return {"feasible": False, "violations": [str(violation) for violation in evaluation.violations]}
    if flow is None:
        return {"feasible": True, **{measure: round(value, 3) for measure, value in evaluation.objectives.items()}}
    return {
        "feasible": True,
        "throughput_per_h": round(flow.throughput_per_h.mean, 3),
        "half_width": round(flow.throughput_per_h.half_width, 3),
    }


def _row(trial: Trial, variables: Sequence[Variable]) -> list[Any]:
    known = {"number": trial.number, "value": trial.value, **trial.user_attrs}
    return [known.get(column) for column in COLUMNS] + [trial.params.get(v.name) for v in variables]


def _rows(rows: Sequence[Sequence[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _version() -> str:
    try:
        return version("line-layout")
    except PackageNotFoundError:
        return "unknown"
