"""The parts `flp` and `flp-keys` of `search.py`: published machine layouts (rectangles, quarter turns, rectilinear).

flp         each instance as `layout import flp` and `layout optimize` treat it, one search a seed, on one core:
              ratio     the best cost found over the best known, median and worst of the seeds
              reached   seeds that reached the best known, and the CPU seconds it took them (median)
flp-keys    at equal numbers of evaluations: the same decoder and keys for `KeySampler` and Optuna's samplers, each
            decoded layout counts as one; median gap to the best known (%)

With `--journal FOLDER` each search that is done is kept there: stopped and started again, or with more seeds, only what
is missing is searched, and `--seeds 0` shows what there is.

Instances are read from `../shared/reference/flp` (or `--instances FOLDER`); those that are not there are left out.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import optuna
from optuna.samplers import BaseSampler
from optuna.trial import create_trial

from layout.files.flp import read_flp, scenario_text
from layout.files.scenario import load_scenario
from layout.search.plane.keys import KeySampler, decode_keys, space_of
from layout.search.plane.plane import Plane, terms_of, worst_overlap_m
from layout.search.plane.sampler import SEARCHES, PlaneSampler
from layout.search.plane.search import Bench

BEST_KNOWN = {
    "P6": 806.0,  # Yang & Peters 1998; proved optimal, as the next three
    "D6": 3079.5,  # Das 1993
    "WG6": 578.0,  # Welgama & Gibson 1993
    "D8": 10199.0,  # Das 1993
    "D12": 40421.0,  # Das 1993; best of five long runs
    "Du62": 3783018.5,  # Dunker et al. 2003 with machine 62 mended; best of one run of 900 s
}
FOLDER = Path(__file__).parents[3] / "shared/reference/flp"
COUNTS = (100, 300, 1000)
SHORT_S = 2.0


def kept(journal: Path | None, name: str, seeds: int, run: Callable[[int], Any]) -> list[Any]:
    """What runs with seeds from 0 on gave, and those of more seeds that the journal holds."""
    if journal is None:
        return [run(seed) for seed in range(seeds)]
    journal.mkdir(parents=True, exist_ok=True)
    for seed in range(seeds):
        file = journal / f"{name}.{seed}.json"
        if not file.exists():
            found = json.dumps(run(seed))
            file.write_text(found, encoding="utf-8")
    return [json.loads(file.read_text(encoding="utf-8")) for file in sorted(journal.glob(f"{name}.*.json"))]


def flp(names: list[str], seeds: int, seconds: float, folder: Path, journal: Path | None = None) -> dict[str, Any]:
    """Searches of each instance; each ends at the best known (where that is proved or nothing better is wanted) or
    after so many CPU seconds. Du62 is searched to the end."""
    found: dict[str, Any] = {}
    for name in names:
        path = folder / f"{name}.txt"
        if not path.is_file():
            found[name] = {"left out": f"{name}.txt is not in the folder of instances"}
            continue
        enough = None if name == "Du62" else BEST_KNOWN[name]
        runs = kept(journal, f"{name}_{seconds:g}s", seeds, partial(search, path, seconds=seconds, enough=enough))
        if not runs:
            continue
        ratios = [run["cost"] / BEST_KNOWN[name] for run in runs]
        reached = [run["reached_s"] for run in runs if run["reached_s"] is not None]
        found[name] = {
            "machines": runs[0]["machines"], "best known": BEST_KNOWN[name], "seeds": len(runs),
            "cost": statistics.median(run["cost"] for run in runs), "ratio": statistics.median(ratios),
            "worst": max(ratios), "reached": len(reached),
            "reached_s": statistics.median(reached) if reached else None,
            "evaluations": statistics.median(run["evaluations"] for run in runs),
            "curve": runs[0]["curve"],
        }  # fmt: skip
    return found


def search(path: Path, seed: int, seconds: float, enough: float | None) -> dict[str, Any]:
    """One search: drafts and proposals as a run's workers make them, told in order, CPU time of this process."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "case.yaml"
        file.write_text(scenario_text(read_flp(path), "case"), encoding="utf-8")
        scenario = load_scenario(file)
    terms = terms_of(scenario)
    assert terms is not None
    goal = BEST_KNOWN[path.stem]
    sampler = PlaneSampler(scenario, terms, seed, SEARCHES)
    study = optuna.create_study(sampler=sampler)
    space = sampler.infer_relative_search_space(study, None)  # type: ignore[arg-type]
    sampler.proposals(sampler.draft(study, SEARCHES))  # compiled before the clock starts
    began = time.process_time()
    best, reached_s, count, curve = float("inf"), None, 0, []
    while time.process_time() - began < seconds:
        values = sampler.proposals(sampler.draft(study, count))
        placed = terms.placed(values)
        assert worst_overlap_m(terms.plane, placed) < 1e-9
        study.add_trial(create_trial(value=placed.cost, params=values, distributions=space))
        count += 1
        spent = time.process_time() - began
        if placed.cost < best:
            best = placed.cost
            curve.append((round(spent, 3), best / goal))
        if reached_s is None and best <= goal * (1 + 1e-9):
            reached_s = spent
        if enough is not None and best <= enough * (1 + 1e-9):
            break
    curve.append((round(time.process_time() - began, 3), best / goal))
    return {
        "machines": len(terms.plane.size), "cost": best, "reached_s": reached_s, "evaluations": count, "curve": curve,
    }  # fmt: skip


def samplers() -> dict[str, Callable[[int], BaseSampler]]:
    """KeySampler and the general ones, by name; CMA-ES where its package is installed."""
    return {
        "keys (ours)": KeySampler,
        "random": lambda seed: optuna.samplers.RandomSampler(seed),
        "TPE": lambda seed: optuna.samplers.TPESampler(seed=seed),
        "NSGA-II": lambda seed: optuna.samplers.NSGAIISampler(seed=seed),
        "CMA-ES": lambda seed: optuna.samplers.CmaEsSampler(seed=seed),
    }


def keys(
    names: list[str], seeds: int, most: int, folder: Path, journal: Path | None = None, wanted: Sequence[str] = ()
) -> dict[str, Any]:
    """Median gap to the best known (%) after so many decoded layouts, by instance and sampler."""
    found: dict[str, Any] = {}
    for name in names:
        path = folder / f"{name}.txt"
        if not path.is_file():
            found[name] = {"left out": f"{name}.txt is not in the folder of instances"}
            continue
        instance = read_flp(path)
        plane = Plane.open(instance.size, instance.flow)
        bench, space = Bench(plane), space_of(plane)
        rows: dict[str, Any] = {}
        for called, make in samplers().items():
            if wanted and called.split()[0] not in wanted:
                continue
            file = f"{name}_{called.split()[0]}_{most}"
            runs = kept(journal, file, seeds, partial(keyed, bench, space, make, most))
            gaps = [[100 * (costs[k - 1] / BEST_KNOWN[name] - 1) for k in COUNTS if k <= most] for costs in runs]
            if gaps:
                rows[called] = {
                    "seeds": len(gaps), "gap_percent": [statistics.median(column) for column in zip(*gaps, strict=True)]
                }  # fmt: skip
        found[name] = {"counts": [k for k in COUNTS if k <= most], "samplers": rows}
    return found


def keyed(bench: Bench, space: Any, make: Callable[[int], BaseSampler], most: int, seed: int) -> list[float]:
    """The best cost after each of so many decoded layouts."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        study = optuna.create_study(sampler=make(seed))
    costs: list[float] = []
    for _ in range(most):
        trial = study.ask(space)
        placed = decode_keys(bench, trial.params)
        assert placed is not None
        study.tell(trial, placed.cost)
        costs.append(min([placed.cost, *costs[-1:]]))
    return costs


def draw(figures: dict[str, Any], path: Path) -> None:
    """Ratio to the best known against CPU seconds, one line for each instance (its first seed)."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7.2, 3.6))
    for name, found in figures.items():
        if "curve" in found:
            spent, ratio = zip(*found["curve"], strict=True)
            axes.step(spent, [100 * (value - 1) for value in ratio], where="post", label=name)
    axes.axhline(0.0, color="0.6", linewidth=0.8)
    axes.set(xscale="log", xlabel="CPU seconds, one core", ylabel="gap to the best known (%)", ylim=(-3.5, 12))
    axes.legend(frameon=False, fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=150)


def add_parts(parts: Any) -> None:
    """The parts `flp` and `flp-keys` of `search.py`."""
    for name, run in (("flp", run_flp), ("flp-keys", run_keys)):
        part = parts.add_parser(name, description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
        part.add_argument("names", nargs="*", default=[], help="instances (default: flp: all but Du62; flp-keys: D12)")
        part.add_argument("--seeds", type=int, default=10)
        part.add_argument("--short", action="store_true", help="three seeds, 2 s a search or 100 evaluations")
        part.add_argument("--instances", type=Path, default=FOLDER)
        part.add_argument("--journal", type=Path, metavar="FOLDER", help="where searches that are done are kept")
        part.add_argument("--json", action="store_true", help="print one JSON object, and nothing else")
        if name == "flp":
            part.add_argument("--seconds", type=float, default=60.0, help="CPU time of a search (default: %(default)s)")
            part.add_argument("--plot", type=Path, metavar="FILE", help="draw the first seed's searches (PNG)")
        else:
            part.add_argument("--evaluations", type=int, default=COUNTS[-1])
            part.add_argument("--samplers", default="", help="separated by commas (default: all)")
        part.set_defaults(do=run)


def run_flp(given: argparse.Namespace) -> None:
    """The part `flp`, printed, and drawn where that is asked for."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    names = given.names or [name for name in BEST_KNOWN if name != "Du62"]
    seeds, seconds = (3, SHORT_S) if given.short else (given.seeds, given.seconds)
    figures = flp(names, seeds, seconds, given.instances, given.journal)
    if given.plot:
        draw(figures, given.plot)
    print(json.dumps(figures) if given.json else table(figures))


def run_keys(given: argparse.Namespace) -> None:
    """The part `flp-keys`, printed."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    seeds, most = (3, COUNTS[0]) if given.short else (given.seeds, given.evaluations)
    wanted = [name.strip() for name in given.samplers.split(",") if name.strip()]
    figures = keys(given.names or ["D12"], seeds, most, given.instances, given.journal, wanted)
    print(json.dumps(figures) if given.json else table(figures))


def table(figures: dict[str, Any]) -> str:
    """The figures for people."""
    lines = []
    for name, found in figures.items():
        if "left out" in found:
            lines.append(f"{name}: left out, {found['left out']}")
        elif "ratio" in found:
            took = "" if found["reached_s"] is None else f", {found['reached_s']:.2f} s"
            lines.append(
                f"{name:5} {found['machines']:3} machines  cost {found['cost']:.10g}  ratio {found['ratio']:.5f} "
                f"(worst {found['worst']:.5f})  reached {found['reached']}/{found['seeds']}{took}"
            )
        else:
            lines.append(f"{name}, gap in % after {', '.join(map(str, found['counts']))} evaluations:")
            lines += [
                f"  {called:12} {'  '.join(f'{gap:6.2f}' for gap in rows['gap_percent'])}   {rows['seeds']} seeds"
                for called, rows in found["samplers"].items()
            ]
    return "\n".join(lines)
