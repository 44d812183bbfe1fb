"""How good the search is: `python experiments/benchmarks/search.py PART [--json]`.

flp         published machine layouts: how near the best known, how soon (`search.py flp --help`)
flp-keys    the same at equal numbers of evaluations, with one decoder for all samplers
scenarios   against other samplers on `experiments/*.yaml`: median and quartiles of the best throughput after some
            evaluations (`search.py scenarios --help`)
settings    speeds and buffers alone, or with places, judged by a formula (`search.py settings --help`)
noise       is the last word right as often as it says? Two exponential machines with places between them, whose
            throughput is known exactly (flow/exact); five finalists, shifts of an hour, 200 searches' last words, with
            2 to 6 places (the second is 1.6 % worse than the best) and with 10 to 14 (0.4 %, the tolerance is 1 %):
              best      share of them that chose the best
              right     share of them that chose the best, or one within the tolerance of it
              bounded   share in which the sentence in the report is true
              shifts    simulated of each finalist, median and most
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from pathlib import Path
from typing import Any

import search_flp
import search_scenarios
import search_settings

NOISE = """\
name: two machines
time: {horizon: 1 h, warmup: 10 min, replications: 4, seed: 3}
floor: {boundary: [[0, 0], [9, 0], [9, 6], [0, 6]]}
products: {block: {model: part_box, route: [fold, seal]}}
machines:
  folder: {model: case_sealer, source: saturated, operations: {fold: {exponential: 20 s}}, place: {x: 2, y: 3}}
  sealer:
    model: case_sealer
    sink: true
    operations: {seal: {exponential: 20 s}}
    buffer: {in: {choose: PLACES}}
    place: {x: 6, y: 3}
transport: {chute: {kind: direct, from: folder, to: sealer}}
"""
TOLERANCE = 0.01  # of the scenario's objective, as it stands if nothing is said


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = asked.add_subparsers(metavar="PART", required=True)
    part = parts.add_parser("noise")
    part.add_argument("--json", action="store_true", help="print one JSON object, and nothing else")
    part.add_argument("--runs", type=int, default=200)
    part.set_defaults(do=run_noise)
    search_flp.add_parts(parts)
    search_scenarios.add_part(parts)
    search_settings.add_part(parts)
    given = asked.parse_args()
    given.do(given)


def run_noise(given: argparse.Namespace) -> None:
    """The part `noise`, printed."""
    figures = noise(given.runs)
    if given.json:
        print(json.dumps(figures))
    else:
        for case, found in figures.items():
            print(f"{case:8}", *(f"{name} {value:.4g}" for name, value in found.items()), sep="   ")


class Here:
    """Evaluates in this process, with the calls of `search.workers.Workers`."""

    def __init__(self, evaluator: Any) -> None:
        self.evaluator = evaluator

    def submit(self, layout: Any, **options: Any) -> Any:
        return self.evaluator(layout, **options)

    def result(self, ticket: Any) -> Any:
        return ticket


def noise(runs: int) -> dict[str, dict[str, float]]:
    """The last words of `runs` searches, each with its own seed, on cases whose best is known."""
    return {"apart": last_words(range(2, 7), runs), "close": last_words(range(10, 15), runs)}


def last_words(places: range, runs: int) -> dict[str, float]:
    """How good the choice is among lines with so many places between the machines."""
    import optuna

    import layout
    from layout.pipeline import Evaluator
    from layout.search.final import chosen, confirm, fresh_streams

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scenario.yaml"
        path.write_text(NOISE.replace("PLACES", str(list(places))), encoding="utf-8")
        scenario = layout.load(path)
    name = scenario.variables[0].name
    options = tuple(scenario.variables[0].domain.options)
    domain = {name: optuna.distributions.CategoricalDistribution(options)}
    told = [
        optuna.trial.create_trial(
            params={name: room}, distributions=domain, value=0.0,
            user_attrs={"state": "feasible", "throughput_per_h": 1.0},
        )
        for room in options
    ]  # fmt: skip
    best = right = bounded = 0
    shifts = []
    with Evaluator(scenario) as evaluator:
        exact = {}
        for room in options:
            found = evaluator.with_exact(evaluator(layout_of({name: room})))
            exact[room] = found.exact_per_h
        for seed in range(runs):
            _, ranked = confirm(scenario, told, Here(evaluator), seed, {})
            sure = chosen(scenario, ranked, fresh_streams(scenario, seed)[1], {})
            short = 1 - exact[ranked[0].layout.values[name]] / max(exact.values())
            best += short == 0.0
            right += short <= TOLERANCE
            bounded += short <= sure.within * (1 + 1e-9) or short == 0.0
            shifts.append(sure.replications)
    return {
        "runs": runs,
        "best": best / runs,
        "right": right / runs,
        "bounded": bounded / runs,
        "stated": 0.95,
        "shifts": statistics.median(shifts),
        "most_shifts": max(shifts),
    }


def layout_of(values: dict[str, Any]) -> Any:
    from layout.model.line import Layout

    return Layout(values)


if __name__ == "__main__":
    main()
