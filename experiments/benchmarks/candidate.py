"""What one candidate costs, from layout to result: `python experiments/benchmarks/candidate.py [--json]`.

candidate_ms        median of feasible candidates of a search of the flagship cell, each new to the process:
                    feasibility, motion, 10 replications of an 8-h shift; on one core, all kernels warm
candidate_share     of that, by stage
infeasible_ms       median of those that are thrown away
proposal_ms         what the sampler takes to propose one
help_s              `layout --help`, whole process
two_worker_speedup  candidates a second of a search on two workers over one worker, the workers' start left out
memory_kb           growth of the process's memory for each of the last candidates
distinct_moves      arm moves planned, and asked for, by the whole search (see layout.motion.cache_info)

The cache on disk starts empty, in a temporary folder. Ratios hold on any machine, milliseconds on yours.
"""

from __future__ import annotations

import argparse
import dataclasses
import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

FLAGSHIP = Path(__file__).parents[1] / "machining_cell.yaml"


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--json", action="store_true", help="print one JSON object, and nothing else")
    asked.add_argument("--evaluations", type=int, default=400, help="candidates to time")
    asked.add_argument("--scenario", type=Path, default=FLAGSHIP)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = folder
        figures = candidates(given.scenario, given.evaluations)
        figures["help_s"] = help_s()
        figures["two_worker_speedup"] = speedup(given.scenario, max(given.evaluations, 40))
    if given.json:
        print(json.dumps(figures))
    else:
        table(figures)


def candidates(path: Path, count: int) -> dict[str, Any]:
    """A search of the scenario in this process, each proposal and evaluation timed."""
    import optuna
    import psutil

    import layout
    from layout import motion, objective
    from layout.model.line import Layout
    from layout.pipeline import Evaluator
    from layout.search.sampler import LayoutSampler
    from layout.search.space import suggest

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    scenario = layout.load(path)
    process = psutil.Process()
    spent: dict[bool, list[float]] = {True: [], False: []}
    stages: list[dict[str, float]] = []
    proposals: list[float] = []
    memory: list[int] = []
    with Evaluator(scenario) as evaluator:
        evaluator()  # compiles and loads what the first candidate needs
        evaluator(Layout(dict(scenario.start or {})), seed=1)
        study = optuna.create_study(direction="maximize", sampler=LayoutSampler(scenario, 1))
        scale = evaluator.scales()
        for _ in range(count):
            began = time.perf_counter()
            trial = study.ask()
            layout_ = Layout(suggest(trial, scenario))
            proposed = time.perf_counter()
            evaluation = evaluator(layout_)
            ended = time.perf_counter()
            proposals.append(proposed - began)
            spent[evaluation.feasible].append(ended - proposed)
            if evaluation.feasible:
                stages.append(dict(evaluation.stage_s))
            trial.set_constraint("violations", objective.total_violation(evaluation.violations))
            value = (
                objective.score(evaluation.objectives, scenario.spec.objectives, scale)
                if evaluation.feasible
                else objective.infeasible_score(evaluation, scale)
            )
            study.tell(trial, value)
            gc.collect()
            memory.append(process.memory_info().rss)
        info = dataclasses.asdict(motion.cache_info())
    half = memory[len(memory) // 2 :]
    return {
        "candidate_ms": 1e3 * statistics.median(spent[True]) if spent[True] else None,
        "candidate_share": _shares(stages),
        "infeasible_ms": 1e3 * statistics.median(spent[False]) if spent[False] else None,
        "proposal_ms": 1e3 * statistics.median(proposals),
        "feasible": len(spent[True]),
        "evaluations": count,
        "memory_kb": (half[-1] - half[0]) / 1024 / max(len(half) - 1, 1),
        "distinct_moves": info,
    }


def _shares(stages: list[dict[str, float]]) -> dict[str, float]:
    """Median seconds of each stage as shares of their sum."""
    if not stages:
        return {}
    medians = {name: statistics.median(laps[name] for laps in stages) for name in stages[0]}
    whole = sum(medians.values())
    return {name: seconds / whole for name, seconds in medians.items()}


def help_s() -> float:
    """Median seconds of five calls of `layout --help`."""
    command = [str(Path(sys.executable).with_name("layout")), "--help"]
    taken = []
    for _ in range(5):
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def speedup(path: Path, count: int) -> float:
    """Candidates a second with two workers over one, from the moment that every worker has delivered once."""
    return _rate(path, count, 2) / _rate(path, count, 1)


def _rate(path: Path, count: int, workers: int) -> float:
    """Candidates told a second by one search, the first ones (process start, first loads) left out."""
    import layout

    marks: list[tuple[int, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = folder
        layout.optimize(
            layout.load(path),
            evaluations=count,
            seed=2,
            workers=workers,
            on_progress=lambda progress: marks.append((progress.told, time.perf_counter())),
        )
    told = [mark for mark in marks if 24 <= mark[0] <= count]
    first, last = told[0], max(told, key=lambda mark: (mark[0], -mark[1]))
    return (last[0] - first[0]) / (last[1] - first[1])


def table(figures: dict[str, Any]) -> None:
    """The figures for people."""
    share = ", ".join(f"{name} {part:.0%}" for name, part in figures["candidate_share"].items())
    rows = [
        ("candidate_ms", figures["candidate_ms"], f"a feasible candidate ({figures['feasible']} of "
         f"{figures['evaluations']}); {share}"),
        ("infeasible_ms", figures["infeasible_ms"], "one that is thrown away"),
        ("proposal_ms", figures["proposal_ms"], "proposing it"),
        ("help_s", figures["help_s"], "layout --help"),
        ("two_worker_speedup", figures["two_worker_speedup"], "candidates a second, two workers over one"),
        ("memory_kb", figures["memory_kb"], "growth for each candidate, second half"),
    ]  # fmt: skip
    for name, value, what in rows:
        print(f"{name:20} {'-' if value is None else format(value, '.3g'):>8}   {what}")
    if figures["distinct_moves"] is not None:
        print(f"{'distinct_moves':20} {'':>8}   {figures['distinct_moves']}")


if __name__ == "__main__":
    main()
