"""Keys: legal layouts from any numbers, and a sampler that learns."""

from __future__ import annotations

import numpy as np
import optuna
import pytest

from layout.search.plane.keys import KeySampler, decode_keys, space_of
from layout.search.plane.plane import Plane, cost_of, worst_overlap_m
from layout.search.plane.search import Bench


def _plane():
    rng = np.random.default_rng(3)
    flow = np.triu(rng.integers(0, 9, (10, 10)), 1).astype(float)
    return Plane.open(rng.integers(1, 6, (10, 2)).astype(float), flow + flow.T)


def _best(sampler, objective, count):
    study = optuna.create_study(sampler=sampler)
    study.optimize(objective, n_trials=count)
    return study


def test_keys_make_legal_layouts_the_same_each_time():
    plane = _plane()
    bench, rng = Bench(plane), np.random.default_rng(1)
    costs = set()
    for _ in range(20):
        keys = {name: float(rng.random()) for name in space_of(plane)}
        placed = decode_keys(bench, keys)
        assert worst_overlap_m(plane, placed) <= 1e-9
        assert placed.cost == pytest.approx(cost_of(plane, placed.at), rel=1e-12)
        assert decode_keys(bench, keys).cost == placed.cost
        assert placed.cost <= decode_keys(bench, keys, passes=0).cost
        costs.add(placed.cost)
    assert len(costs) > 10


def test_the_sampler_learns_and_its_seed_decides():
    """On a bowl in ten numbers it comes far closer than chance, whichever way the study goes."""

    def bowl(trial):
        return sum((trial.suggest_float(f"k{i}", -1.0, 3.0) - 0.2 * i) ** 2 for i in range(10))

    found = _best(KeySampler(1), bowl, 250)
    chance = _best(optuna.samplers.RandomSampler(1), bowl, 250)
    assert found.best_value < 0.15 * chance.best_value
    assert [t.value for t in _best(KeySampler(1), bowl, 60).trials] == [t.value for t in found.trials[:60]]
    up = optuna.create_study(direction="maximize", sampler=KeySampler(1))
    up.optimize(lambda trial: -bowl(trial), n_trials=60)
    assert [-t.value for t in up.trials] == [t.value for t in found.trials[:60]]


def test_failed_trials_and_other_parameters_are_survived():
    def odd(trial):
        x = trial.suggest_float("x", 0.0, 1.0)
        trial.suggest_categorical("c", ["a", "b"])
        if trial.number % 3 == 0:
            raise ValueError("no")
        return x

    study = optuna.create_study(sampler=KeySampler(2))
    study.optimize(odd, n_trials=40, catch=ValueError)
    assert study.best_value < 0.1
