"""Reads a run folder: what a search left behind, and nothing else."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from layout.errors import LayoutError, Problem
from layout.files.proofs import PROOF
from layout.files.runs import COLUMNS, MEASURE_COLUMNS
from layout.report.outcome import Outcome, outcome_from_json

LEAST_PER_H = 1e-3
"""A ceiling below this says that none was found."""
HINT = "give a folder that 'layout optimize --out' wrote"


@dataclass(frozen=True)
class Trial:
    """One candidate of a search: its place in the order of asking, what became of it, its figures by column."""

    number: int
    state: str
    figures: Mapping[str, float]
    violations: str = ""

    @property
    def feasible(self) -> bool:
        """Simulated, nothing violated."""
        return self.state == "feasible"

    @property
    def outdone(self) -> bool:
        """Nothing violated, but not simulated: its bound is below the best."""
        return self.state == "outdone"

    def measured(self, measure: str) -> float | None:
        """A measure's value, by its name in the scenario."""
        return self.figures.get(MEASURE_COLUMNS.get(measure, measure))


@dataclass(frozen=True)
class Aim:
    """An objective: what is measured, whether more or less of it is better, its tolerance, its weight where the sum
    decides."""

    measure: str
    maximize: bool
    tolerance: float
    weight: float | None = None


@dataclass(frozen=True)
class Run:
    """A run folder, read. `facts` is run.json as it stands, `search` what results.json says of the search itself,
    `seconds` what each of its stages took, `proof` proof.json, if that is of the best layout."""

    path: Path
    name: str
    facts: Mapping[str, Any]
    aims: tuple[Aim, ...]
    start: Outcome | None
    best: Outcome | None
    runners_up: tuple[Outcome, ...] = ()
    trials: tuple[Trial, ...] = ()
    variables: tuple[str, ...] = field(default=())
    search: Mapping[str, Any] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    proof: Mapping[str, Any] | None = None

    @property
    def shown_hour(self) -> int:
        """The hour of the best layout's shift that is shown (1: the first); 0: none."""
        found = _number(self.facts.get("shown_hour"))
        return int(found) if found is not None and 1 <= found < 1e6 else 0

    @property
    def ceiling_per_h(self) -> float | None:
        """Analytic upper bound on throughput over all layouts: what the machines alone would allow."""
        found = _number(self.facts.get("bound_per_h"))
        return found if found is not None and found > LEAST_PER_H else None


def read_run(path: Path) -> Run:
    """Read a run folder. LayoutError names the file that is missing or broken."""
    path = Path(path)
    if not path.is_dir():
        raise LayoutError(Problem("not a run folder", file=str(path), hint=HINT))
    facts = _json(path / "run.json")
    results = _json(path / "results.json")
    timings = _json(path / "timings.json") if (path / "timings.json").is_file() else {}
    trials, variables = _trials(path / "trials.csv")
    try:
        runners_up = tuple(outcome_from_json(data) for data in results.get("runners_up") or ())
        start, best = (outcome_from_json(results[key]) if results.get(key) else None for key in ("start", "best"))
        aims = tuple(
            Aim(
                str(aim["measure"]),
                str(aim.get("sense", "maximize")) != "minimize",
                float(aim.get("tolerance") or 0),
                _number(aim.get("weight")),
            )
            for aim in facts.get("objectives") or ()
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise LayoutError(
            Problem(
                "the results cannot be understood", file=str(path), value=f"{type(error).__name__}: {error}", hint=HINT
            )
        ) from None
    return Run(
        path=path,
        name=str(facts.get("name") or path.resolve().name),
        facts=facts,
        aims=aims or (Aim("throughput", True, 0.01),),
        start=start,
        best=best,
        runners_up=runners_up,
        trials=trials,
        variables=variables,
        search=results.get("search") or {},
        seconds={name: taken for name, s in timings.get("seconds", {}).items() if (taken := _number(s)) is not None},
        proof=_proof(path, best),
    )


def _proof(path: Path, best: Outcome | None) -> dict[str, Any] | None:
    """proof.json, if it is of the best layout."""
    if best is None or not (path / PROOF).exists():
        return None
    found = _json(path / PROOF)
    return found if found.get("layout") == best.layout else None


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        hint = "the search has not ended yet; wait, or go on with --resume" if path.name == "results.json" else HINT
        raise LayoutError(Problem(f"{path.name} is not there", file=str(path.parent), hint=hint)) from None
    except (OSError, ValueError) as error:
        raise LayoutError(Problem("cannot be read", file=str(path), value=str(error), hint=HINT)) from None
    if not isinstance(found, dict):
        raise LayoutError(Problem("does not hold a run's data", file=str(path), hint=HINT))
    return found


def _trials(path: Path) -> tuple[tuple[Trial, ...], tuple[str, ...]]:
    """trials.csv; a line that was cut off while it was written is left out."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file)
            names = tuple(rows.fieldnames or ())
            trials = tuple(trial for row in rows if (trial := _trial(row)) is not None)
    except FileNotFoundError:
        return (), ()
    except (OSError, ValueError, csv.Error) as error:
        raise LayoutError(Problem("cannot be read", file=str(path), value=str(error), hint=HINT)) from None
    return trials, tuple(name for name in names if name not in COLUMNS)


def _trial(row: Mapping[str, str | None]) -> Trial | None:
    try:
        count = int(row.get("number") or "")
    except ValueError:
        return None
    figures = {name: value for name in COLUMNS[2:-1] if (value := _number(row.get(name))) is not None}
    return Trial(count, row.get("state") or "failed", figures, row.get("violations") or "")


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None
