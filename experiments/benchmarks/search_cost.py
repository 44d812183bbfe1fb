"""What a proposal of the layout sampler costs: `python experiments/benchmarks/search_cost.py [--json]`.

A job shop of 20 machines at any place, in quarter turns; CPU time of one process, all kernels warm.

draft_ms    choosing what a candidate is made from, with so many candidates told before (median of 200): what grows
legal_ms    the legaliser, on plans of 20 machines put down at random, median and the slowest of 300
propose_ms  making a whole candidate of a legal plan: moves, legaliser, surrogate, all rules that need no scene;
            median, mean and the slowest of 300
judge_ms    of that, the rules alone (the evaluation asks them again)
all_ms      choosing and making, with 2,000 told: the sampler's own time for a candidate, mean

With `--study N` this instead: a study of N candidates of 12 such machines, judged by flow-weighted distance alone
(nothing is simulated), asked and told through Optuna.

study_s     CPU seconds of it; gain: the first candidate's distance over the best one's
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

MODELS = ("cnc_mill", "cnc_lathe", "part_washer", "vision_station")
TOLD = (250, 500, 1000, 2000)


def shop(machines: int = 20) -> str:
    """A scenario of so many machines, docks included, that parts pass through in two ways."""
    names = [f"m{i}" for i in range(machines - 2)]
    place = "place: {x: [1, 21], y: [1, 15], yaw: [0, 90, 180, 270]}"
    rows = [
        f"  {name}: {{model: {MODELS[i % len(MODELS)]}, operations: {{op{i}: 30 s}}, {place}}}"
        for i, name in enumerate(names)
    ]
    there = [*names[::2], *names[1::2]]
    links = dict.fromkeys(
        [*itertools.pairwise(["dock", *names, "ship"]), *itertools.pairwise(["dock", *there, "ship"])]
    )
    text = [f"  t{i}: {{kind: direct, from: {a}, to: {b}, time: 5 s}}" for i, (a, b) in enumerate(links)]
    routes = [", ".join(f"op{name[1:]}" for name in way) for way in (names, there)]
    return "\n".join(
        [
            "name: shop of twenty",
            "time: {horizon: 1 h, warmup: 10 min, replications: 2}",
            "floor: {boundary: [[0, 0], [22, 0], [22, 16], [0, 16]], clearance: 200 mm}",
            "products:",
            f"  p: {{model: part_bracket, share: 50 %, route: [{routes[0]}]}}",
            f"  q: {{model: part_flange, share: 50 %, route: [{routes[1]}]}}",
            "machines:",
            f"  dock: {{model: dock_in, source: saturated, {place}}}",
            *rows,
            f"  ship: {{model: dock_out, sink: true, {place}}}",
            "transport:",
            *text,
        ]
    )


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--json", action="store_true", help="print one JSON object, and nothing else")
    asked.add_argument("--study", type=int, metavar="N", help="a study of so many candidates, judged by distance alone")
    given = asked.parse_args()
    figures = studied(given.study) if given.study else measured()
    if given.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:24} {value:8.3f}")


def loaded(text: str) -> Any:
    """The scenario of a text."""
    from layout.files.scenario import load_scenario

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shop.yaml"
        path.write_text(text, encoding="utf-8")
        return load_scenario(path)


def studied(candidates: int) -> dict[str, float]:
    """A study judged by distance alone."""
    import optuna

    from layout.search.proposals import Draft
    from layout.search.sampler import LayoutSampler
    from layout.search.space import suggest
    from layout.search.surrogate import Distances

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    scenario = loaded(shop(12))
    sampler = LayoutSampler(scenario, 1)
    features = Distances(sampler.packer)
    flow = [sampler.packer.weights[a][b] for a, b in features.pairs]

    def distance(trial: optuna.Trial) -> float:
        return float(features(suggest(trial, scenario)) @ flow)

    start = sampler.packing().values  # compiled before the clock starts
    for k in range(20):
        sampler.proposals(Draft(k, start))
    study = optuna.create_study(sampler=sampler)
    took_ms = _ms(lambda: study.optimize(distance, n_trials=candidates))
    return {"candidates": candidates, "study_s": took_ms / 1e3, "gain": study.trials[0].value / study.best_value}


def measured() -> dict[str, float]:
    import numpy as np
    import optuna
    from optuna.trial import create_trial

    from layout.search.legalise import ScenarioLegaliser
    from layout.search.proposals import Draft
    from layout.search.sampler import LayoutSampler
    from layout.search.space import distributions

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    scenario = loaded(shop())
    space = distributions(scenario.variables)
    sampler = LayoutSampler(scenario, 1)
    start = sampler.proposals(Draft(0))
    rng, figures = np.random.default_rng(1), dict[str, float]()
    legaliser = ScenarioLegaliser(scenario)

    plans = []
    for _ in range(300):
        values = dict(start)
        for spot in legaliser.spots:
            spot.put(values, *rng.uniform(1, 15, 2), float(rng.integers(4)) * np.pi / 2)
        plans.append(values)
    legaliser(plans[0])
    spent = [_ms(lambda values=values: legaliser(values)) for values in plans]  # type: ignore[misc]
    figures |= _spread("legal_ms", spent)

    study = optuna.create_study(direction="maximize")
    for told in TOLD:
        while len(study.trials) < told:
            changed = sampler.proposals.moves, dict(start)
            for _ in range(3):
                changed[0].change(rng, changed[1], "shift")
            value = -float(np.sum(sampler.proposals.features(changed[1])))
            for _ in range(50):
                study.add_trial(create_trial(params=changed[1], distributions=space, value=value + rng.normal()))
        sampler.draft(study, told - 1)
        drafts = []
        for _ in range(200):
            number = len(study.get_trials(deepcopy=False))
            drafts.append(_ms(lambda number=number: sampler.draft(study, number)))  # type: ignore[misc]
            study.add_trial(create_trial(params=changed[1], distributions=space, value=float(rng.normal())))
        figures |= _spread(f"draft_ms {told}", drafts)

    parent = next(draft for draft in reversed(sampler._memory.drafts) if draft.move)  # type: ignore[union-attr]
    proposals = sampler.proposals
    judged: list[float] = []
    plan = proposals._plan

    def timed(*given: Any, **named: Any) -> Any:
        began = time.process_time()
        found = plan(*given, **named)
        judged.append(1e3 * (time.process_time() - began))
        return found

    proposals._plan = timed  # type: ignore[method-assign]
    for k in range(20):
        proposals(_numbered(parent, k, start))
    judged.clear()
    whole = [_ms(lambda k=k: proposals(_numbered(parent, k, start))) for k in range(5000, 5300)]  # type: ignore[misc]
    figures |= _spread("propose_ms", whole)
    figures["judge_ms mean"] = sum(judged) / len(whole)
    figures["all_ms mean"] = figures["propose_ms mean"] + figures[f"draft_ms {TOLD[-1]} mean"]
    return figures


def _spread(name: str, spent: list[float]) -> dict[str, float]:
    return {name: statistics.median(spent), f"{name} mean": statistics.fmean(spent), f"{name} most": max(spent)}


def _numbered(draft: Any, number: int, parent: Any) -> Any:
    import dataclasses

    return dataclasses.replace(draft, number=number, parent=parent, move="")


def _ms(job: Callable[[], Any]) -> float:
    began = time.process_time()
    job()
    return 1e3 * (time.process_time() - began)


if __name__ == "__main__":
    main()
