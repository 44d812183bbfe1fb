"""The part `settings` of `search.py`: how near samplers get to the best settings, where nothing is simulated.

Six docks with a belt each to an infeed. What is to be made small is the squared distance from the best settings, as
shares of their ranges, weighed 1 to 10:

straight     of the six belts' speeds and the room in front of three infeeds (0 to 10 parts)
turned       the same along axes that mix them all
choices      the room in front of all six alone, its options in an order drawn by chance
with places  as straight, and the infeeds may be moved: the length of the belts is added

Figures: the median over seeds of what is left after so many candidates, as a share of what settings drawn by chance
have on average (0 is the best there is), eight candidates being in flight.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.trial import create_trial

from layout.files.scenario import load_scenario
from layout.model.quantities import Range
from layout.model.scenario import Scenario
from layout.search.proposals import Proposals
from layout.search.samplers import candidates
from layout.search.space import Values, distributions
from layout.search.surrogate import Distances

AT = (50, 100, 200)
IN_FLIGHT = 8
CHAINS = 6
CASES = ("straight", "turned", "choices", "with places")
SAMPLERS = ("layout", "tpe", "cma")


def add_part(parts: Any) -> None:
    """The part `settings` of `search.py`."""
    part = parts.add_parser("settings", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    part.add_argument("--seeds", type=int, default=10, help="1 to this (default: %(default)s)")
    part.add_argument("--evaluations", type=int, default=AT[-1], help="of each run (default: %(default)s)")
    part.add_argument("--cases", default=",".join(CASES), help="separated by commas (default: %(default)s)")
    part.add_argument("--samplers", default=",".join(SAMPLERS), help="separated by commas (default: %(default)s)")
    part.add_argument("--json", action="store_true", help="print one JSON object, and nothing else")
    part.set_defaults(do=main)


def main(given: argparse.Namespace) -> None:
    """Runs, printed."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    at = [n for n in AT if n < given.evaluations] + [given.evaluations]
    figures: dict[str, Any] = {"at": at}
    for case in given.cases.split(","):
        rows = {name: [left(case, name, seed, at) for seed in range(1, given.seeds + 1)]
                for name in given.samplers.split(",")}  # fmt: skip
        figures[case] = {
            name: {"median": [statistics.median(column) for column in zip(*runs, strict=True)], "runs": runs}
            for name, runs in rows.items()
        }
    if given.json:
        print(json.dumps(figures))
        return
    for case in given.cases.split(","):
        print(f"{case}: left after {', '.join(map(str, at))} candidates, medians of {given.seeds} seeds")
        for name, found in figures[case].items():
            print(f"  {name:8}", *(f"{value:8.4f}" for value in found["median"]))


def scenario(places: bool, choices: bool = False) -> Scenario:
    """Docks in a row; infeeds in front of them, or where the search wants them."""
    rows, speeds = [], []
    for i in range(CHAINS):
        y = 2 + 2 * i
        place = f"x: [3, 8], y: [{y - 0.8}, {y + 0.8}], yaw: 90" if places else f"x: 3.6, y: {y}, yaw: 90"
        room = "{choose: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]}" if i % 2 or choices else "1"
        speeds.append("0.3 m/s" if choices else "{range: [0.1 m/s, 0.5 m/s]}")
        rows.append(f"  dock{i}: {{model: dock_in, source: saturated, place: {{x: 1.65, y: {y}, yaw: 90}}}}")
        rows.append(f"  feed{i}: {{model: carton_infeed, sink: true, operations: {{put{i}: 5 s}}, "
                    f"buffer: {{in: {room}}}, place: {{{place}}}}}")  # fmt: skip
    text = "\n".join([
        "name: settings",
        "time: {horizon: 1 h, warmup: 10 min, replications: 2}",
        f"floor: {{boundary: [[0, 0], [10, 0], [10, {2 * CHAINS + 2}], [0, {2 * CHAINS + 2}]], clearance: 100 mm}}",
        "products:",
        *(f"  p{i}: {{model: part_box, source: dock{i}, sink: feed{i}, route: [put{i}]}}" for i in range(CHAINS)),
        "machines:", *rows,
        "transport:",
        *(f"  belt{i}: {{kind: conveyor, from: dock{i}, to: feed{i}, speed: {speeds[i]}, "
          "pitch: 450 mm}" for i in range(CHAINS)),
    ])  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "settings.yaml"
        path.write_text(text, encoding="utf-8")
        return load_scenario(path)


class Aim:
    """What is to be made small, drawn by chance for each seed."""

    def __init__(self, made: Scenario, case: str, seed: int) -> None:
        rng = np.random.default_rng([seed, CASES.index(case)])
        self.settings = [v for v in made.variables if v.field not in ("x", "y", "yaw")]
        n = len(self.settings)
        self.best = rng.uniform(0.1, 0.9, n)
        for k, variable in enumerate(self.settings):
            if not isinstance(variable.domain, Range):
                last = len(variable.domain.options) - 1
                self.best[k] = round(self.best[k] * last) / last
        # in no order, where there are choices alone
        self.order = [rng.permutation(11) for _ in self.settings] if case == "choices" else None
        self.weights = rng.permutation(np.geomspace(1.0, 10.0, n))
        self.turn = np.linalg.qr(rng.normal(size=(n, n)))[0] if case == "turned" else np.eye(n)
        self.usual = statistics.fmean(self._of(rng.random(n)) for _ in range(2000))
        self.features = Distances(Proposals(made, seed).packer) if case == "with places" else None
        self.flow: list[float] = []
        if self.features is not None:
            self.flow = [self.features.packer.weights[a][b] for a, b in self.features.pairs]

    def _of(self, shares: Any) -> float:
        return float(self.weights @ (self.turn @ (shares - self.best)) ** 2)

    def settings_left(self, values: Values) -> float:
        """Of the settings alone."""
        shares = [_share(v.domain, values[v.name]) for v in self.settings]
        if self.order is not None:
            shares = [row[round(10 * share)] / 10 for row, share in zip(self.order, shares, strict=True)]
        return self._of(np.array(shares)) / self.usual

    def __call__(self, values: Values) -> float:
        """Of it all: belts of 20 m count as much as settings drawn by chance."""
        belts = float(self.features(values) @ self.flow) / 40.0 if self.features is not None else 0.0
        return self.settings_left(values) + belts


def _share(domain: Any, value: Any) -> float:
    if isinstance(domain, Range):
        return (float(value) - domain.low) / (domain.high - domain.low)
    return float(domain.options.index(value)) / (len(domain.options) - 1)


def left(case: str, name: str, seed: int, at: list[int]) -> list[float]:
    """The best so far after so many candidates."""
    made = scenario(case == "with places", case == "choices")
    aim = Aim(made, case, seed)
    sampler, proposals, space = (
        candidates(name, made, seed, IN_FLIGHT),
        Proposals(made, seed),
        distributions(made.variables),
    )
    study, pending, best = optuna.create_study(direction="minimize"), list[Values](), [float("inf")]
    for number in range(at[-1] + IN_FLIGHT):
        if len(pending) == IN_FLIGHT or number >= at[-1]:
            values = pending.pop(0)
            value = aim(values)
            best.append(min(best[-1], value))
            study.add_trial(
                create_trial(value=value, params=values, distributions={n: space[n] for n in values},
                             constraints={"violations": 0.0})
            )  # fmt: skip
        if number < at[-1]:
            pending.append(proposals(sampler.draft(study, number)))
    return [best[n] for n in at]
