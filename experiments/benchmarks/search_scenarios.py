"""The layout sampler and the general ones on scenarios with simulated throughput: `search.py scenarios`.

Each run (scenario, sampler, seed) asks for a candidate, makes and evaluates it, and tells it before the next one is
asked. All are given the scenario's start as their first candidate, the same streams and the scenario's replications. A
general sampler has the legaliser and decoder of the layout sampler, or ("raw") is evaluated as it says. What counts is
the throughput of the best candidate told so far, by the score of the search; where none was feasible, 0.

Every candidate told is a line of the run's own file in the journal folder, so a run that was stopped, or is wanted
longer, goes on; folders of several machines are merged by copying their files together. Runs go seed by seed, so that
whatever is there when it is stopped can be compared.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.trial import create_trial
from search_peers import MISSING, Pymoo

import layout
from layout import objective
from layout.errors import SearchError
from layout.model.line import Layout
from layout.model.scenario import Scenario
from layout.pipeline import Evaluator
from layout.search.proposals import Proposals
from layout.search.samplers import candidates
from layout.search.space import distributions

EXPERIMENTS = Path(__file__).parents[1]
AT = (100, 300, 1_000)
OTHERS = ("random", "tpe", "cma", "nsga2", "pymoo")
SAMPLERS = ("layout", *OTHERS, *(f"{name} raw" for name in OTHERS))
SMALL = """\
name: two machines
time: {horizon: 1 h, warmup: 10 min, replications: 2, seed: 3}
floor: {boundary: [[0, 0], [9, 0], [9, 7], [0, 7]]}
products: {block: {model: part_box, route: [fold, seal]}}
machines:
  folder: {model: case_sealer, source: saturated, operations: {fold: 20 s}, place: {x: 2, y: 3}}
  sealer:
    model: case_sealer
    sink: true
    operations: {seal: 20 s}
    place: {x: [1, 8], y: [1, 6], yaw: [0, 90, 180, 270]}
transport: {cart: {kind: vehicle, model: amr, serves: [folder, sealer], fleet: {choose: [1, 2]}}}
start: {sealer: {x: 6, y: 3, yaw: 0}, cart: {fleet: 1}}
"""
QUICK = ("layout", "random", "random raw")
Told = dict[str, Any]


def add_part(parts: Any) -> None:
    """The part `scenarios` of `search.py`."""
    part = parts.add_parser("scenarios", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    part.add_argument("files", nargs="*", type=Path, metavar="SCENARIO", help="default: all of experiments/")
    part.add_argument(
        "--samplers",
        default=",".join(SAMPLERS),
        help="separated by commas (default: %(default)s); tpe:300 makes 300 evaluations at most",
    )
    part.add_argument("--processes", type=int, default=1, help="runs at a time (default: %(default)s)")
    part.add_argument("--seeds", type=int, default=10, help="1 to this (default: %(default)s)")
    part.add_argument("--evaluations", type=int, default=AT[-1], help="of each run (default: %(default)s); 0: no runs")
    part.add_argument("--at", default=",".join(map(str, AT)), help="when they are compared (default: %(default)s)")
    part.add_argument("--journal", type=Path, metavar="FOLDER", help="where what is told is kept, to go on from")
    part.add_argument("--quick", action="store_true", help="three samplers, a few evaluations of two machines")
    part.add_argument("--json", action="store_true", help="print one JSON object, and nothing else")
    part.add_argument("--plot", type=Path, metavar="FILE", help="draw the best so far (PNG)")
    part.set_defaults(do=main)


def main(given: argparse.Namespace) -> None:
    """Run, and print or draw what came of it."""
    with tempfile.TemporaryDirectory() as folder:
        journal = given.journal or Path(folder) / "journal"
        if given.quick:
            small = Path(folder) / "two_machines.yaml"
            small.write_text(SMALL, encoding="utf-8")
            at = [2, 6]
            figures = measure(journal, [small], dict.fromkeys(QUICK, at[-1]), 2, at)
        else:
            wanted = [name.strip().partition(":") for name in given.samplers.split(",")]
            samplers = {name: min(int(most or given.evaluations), given.evaluations) for name, _, most in wanted}
            at = [int(n) for n in given.at.split(",")]
            if unknown := set(samplers) - set(SAMPLERS):
                raise SystemExit(f"no sampler {', '.join(sorted(unknown))}; there are {', '.join(SAMPLERS)}")
            files = given.files or sorted(EXPERIMENTS.glob("*.yaml"))
            figures = measure(journal, files, samplers, given.seeds, at, given.processes)
    if given.plot:
        plot(figures, given.plot)
    print(json.dumps(figures)) if given.json else table(figures, at)


def run(scenario: Scenario, sampler: str, seed: int, evaluations: int, evaluator: Evaluator, path: Path) -> list[Told]:
    """One run's candidates: those in the file, and as many more as are wanted, each kept before the next is asked."""
    name, _, raw = sampler.partition(" ")
    general = Pymoo(scenario, seed, not raw) if name == "pymoo" else candidates(name, scenario, seed, legal=not raw)
    proposals, space, scale = Proposals(scenario, seed), distributions(scenario.variables), evaluator.scales()
    study, told = optuna.create_study(direction="maximize"), _read(path)
    for each in told:
        _tell(study, space, each)
    with path.open("a", encoding="utf-8") as file:
        while len(told) < evaluations:
            values = proposals(general.draft(study, len(told)))
            evaluation = evaluator(Layout(values))
            feasible, aims = evaluation.feasible, scenario.spec.objectives
            told.append({
                "values": values,
                "value": objective.score(evaluation.objectives, aims, scale)
                if feasible else objective.infeasible_score(evaluation, scale),
                "violation": objective.total_violation(evaluation.violations),
                "per_h": evaluation.objectives["throughput"] if feasible else None,
            })  # fmt: skip
            file.write(json.dumps(told[-1]) + "\n")
            file.flush()
            _tell(study, space, told[-1])
    return told


def _tell(study: optuna.Study, space: Any, told: Told) -> None:
    values = told["values"]
    study.add_trial(
        create_trial(
            value=told["value"],
            params=values,
            distributions={name: space[name] for name in values},
            constraints={"violations": told["violation"]},
        )
    )


def _read(path: Path) -> list[Told]:
    """What a run's file holds; half a line at its end is cut off."""
    if not path.exists():
        return []
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if whole != content:
        path.write_bytes(whole)
    return [json.loads(line) for line in whole.splitlines()]


def best_so_far(told: Sequence[Told]) -> list[float]:
    """Throughput (1/h) of the best after each candidate."""
    found, best = [], (float("-inf"), 0.0)
    for each in told:
        if each["per_h"] is not None and each["value"] > best[0]:
            best = (each["value"], each["per_h"])
        found.append(best[1])
    return found


def measure(
    journal: Path, paths: Sequence[Path], samplers: Mapping[str, int], seeds: int, at: Sequence[int], processes: int = 1
) -> dict[str, Any]:
    """Runs what is not in the journal yet, and all that the journal then says of these scenarios.

    samplers : evaluations of each run, by name; 0 runs nothing
    at : numbers of evaluations after which the best is compared
    """
    journal.mkdir(parents=True, exist_ok=True)
    jobs = [
        (path, sampler, seed, many, _file(journal, path, sampler, seed))
        for seed in range(1, seeds + 1)
        for path in paths
        for sampler, many in samplers.items()
        if many
    ]
    if processes > 1:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(processes, context) as pool:
            done = [*pool.map(job, jobs)]
    else:
        done = [*map(job, jobs)]
    skipped = {sampler: why for (_, sampler, *_), why in zip(jobs, done, strict=True) if why}
    return {"scenarios": {path.stem: summary(journal, path, at) for path in paths}, "skipped": skipped}


def job(given: tuple[Path, str, int, int, Path]) -> str:
    """One run; why it cannot be made, or nothing."""
    path, sampler, seed, evaluations, file = given
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    if sampler.startswith("pymoo") and MISSING:
        return MISSING
    scenario = layout.load(path)
    try:
        with Evaluator(scenario) as evaluator:
            run(scenario, sampler, seed, evaluations, evaluator, file)
    except SearchError as error:
        return str(error)
    return ""


def _file(journal: Path, path: Path, sampler: str, seed: int | str) -> Path:
    return journal / f"{path.stem}.{sampler.replace(' ', '_')}.{seed}.jsonl"


def summary(journal: Path, path: Path, at: Sequence[int]) -> dict[str, Any]:
    """By sampler: after how many evaluations which median and quartiles, of how many runs; and each run's curve."""
    found = {}
    for sampler in SAMPLERS:
        files = sorted(journal.glob(_file(journal, path, sampler, "*").name))
        told = [each for each in map(_read, files) if each]
        if not told:
            continue
        curves = [best_so_far(each) for each in told]
        found[sampler] = {
            "at": {n: _quartiles([c[n - 1] for c in curves if len(c) >= n]) for n in at if n <= max(map(len, curves))},
            "feasible": statistics.fmean(each["per_h"] is not None for one in told for each in one),
            "curves": curves,
        }
    return found


def _quartiles(figures: Sequence[float]) -> dict[str, float]:
    lower, median, upper = np.quantile(figures, (0.25, 0.5, 0.75))
    return {"runs": len(figures), "lower": float(lower), "median": float(median), "upper": float(upper)}


def table(figures: dict[str, Any], at: Sequence[int]) -> None:
    """As Markdown: median (quartiles) of the best so far, parts an hour, and of how many runs."""
    for scenario, found in figures["scenarios"].items():
        print(f"| {scenario}: parts/h after | {' | '.join(f'{n:,}' for n in at)} | feasible |")
        print(f"|---|{'---|' * (len(at) + 1)}")
        for sampler, one in found.items():
            cells = [_cell(one["at"].get(n)) for n in at]
            print(f"| {sampler} | {' | '.join(cells)} | {one['feasible']:.0%} |")
        print()
    for sampler, reason in figures["skipped"].items():
        print(f"{sampler}: not run, {reason}")


def _cell(found: dict[str, float] | None) -> str:
    if found is None:
        return ""
    return f"{found['median']:.2f} ({found['lower']:.2f} to {found['upper']:.2f}; {found['runs']})"


def plot(figures: dict[str, Any], path: Path) -> None:
    """Median of the best so far over evaluations, quartiles shaded; dotted where the general samplers are raw."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    scenarios = figures["scenarios"]
    figure, sides = plt.subplots(1, len(scenarios), figsize=(1 + 4.5 * len(scenarios), 4), squeeze=False,
                                 layout="constrained")  # fmt: skip
    colours = {name: f"C{i}" for i, name in enumerate(("layout", *OTHERS))}
    for side, (scenario, found) in zip(sides[0], scenarios.items(), strict=True):
        for sampler, one in found.items():
            name, _, raw = sampler.partition(" ")
            length = min(map(len, one["curves"]))
            curves = np.array([curve[:length] for curve in one["curves"]])
            lower, median, upper = np.quantile(curves, (0.25, 0.5, 0.75), axis=0)
            count = np.arange(1, length + 1)
            side.plot(count, median, color=colours[name], ls=":" if raw else "-", lw=2 if name == "layout" else 1,
                      label=f"{sampler} ({len(curves)})")  # fmt: skip
            if not raw:
                side.fill_between(count, lower, upper, color=colours[name], alpha=0.15, lw=0)
        side.set_xscale("log")
        side.set_xlabel("evaluations")
        side.set_title(scenario.replace("_", " "))
        side.grid(alpha=0.3)
        side.legend(frameon=False, fontsize=7)
    sides[0][0].set_ylabel("parts/h of the best so far")
    figure.savefig(path, dpi=110)
