"""Settings learnt by CMA-ES: in range, the same again, and nearer to the best than chance gets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import optuna
import pytest
from optuna.trial import create_trial

from layout.files.scenario import load_scenario
from layout.model.quantities import Choose, Range
from layout.model.scenario import Scenario, Variable
from layout.search.proposals import Proposals
from layout.search.sampler import LayoutSampler
from layout.search.settings import Settings
from layout.search.space import Values, distributions
from tests.search.conftest import belt_line

SPEEDS = ("first.speed", "ab.speed", "bc.speed")
VARIABLES = [
    *(Variable(f"belt{i}.speed", Range(0.1, 0.4), f"belt{i}", "speed") for i in range(4)),
    Variable("mill.buffer.in", Choose((4, 1, 2)), "mill", "buffer.in"),
    Variable("mill.x", Range(0.0, 9.0), "mill", "x"),
    Variable("mill.count", Choose((1, 2)), "mill", "count"),
    Variable("arm.dispatch", Choose(("pull", "nearest")), "arm", "dispatch"),
]
BEST = {"belt0.speed": 0.15, "belt1.speed": 0.35, "belt2.speed": 0.2, "belt3.speed": 0.25, "mill.buffer.in": 2}


def cost(values: Values) -> float:
    return sum(((values[name] - best) / (0.3 if "belt" in name else 3.0)) ** 2 for name, best in BEST.items())


def learnt(seed: int, count: int) -> list[Values]:
    settings = Settings.of(VARIABLES, seed, None)
    assert settings is not None
    found = []
    for _ in range(count):
        found.append(settings.ask())
        settings.tell({**found[-1], "mill.x": 3.0, "arm.dispatch": "pull"}, cost(found[-1]))
    return found


def test_ranges_and_numbers_alone_in_range() -> None:
    for values in learnt(1, 40):
        assert set(values) == set(BEST)
        assert all(0.1 <= values[f"belt{i}.speed"] <= 0.4 for i in range(4)) and values["mill.buffer.in"] in (1, 2, 4)


def test_same_calls_same_settings() -> None:
    assert learnt(3, 30) == learnt(3, 30) != learnt(4, 30)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nearer_than_chance(seed: int) -> None:
    rng, found = np.random.default_rng(seed), learnt(seed, 150)
    chance = min(
        cost({name: rng.uniform(0.1, 0.4) if "belt" in name else rng.choice([1, 2, 4]) for name in BEST})
        for _ in range(1000)
    )
    assert min(map(cost, found)) < 0.3 * chance


def test_begins_anew_where_nothing_is_left_to_learn() -> None:
    """Thousands of candidates later it still looks elsewhere."""
    late = learnt(1, 3000)[-1500:]
    assert np.ptp([values["belt1.speed"] for values in late]) > 0.1


def test_too_few_ranges() -> None:
    assert Settings.of(VARIABLES[1:2] + VARIABLES[4:], 1, None) is None
    assert Settings.of(VARIABLES[4:], 1, None) is None


@pytest.fixture(scope="module")
def belts(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    """A belt line with three speeds to be found, too."""
    path: Path = belt_line(tmp_path_factory.mktemp("belts"))
    text = path.read_text()
    for name in ("from: A, to: B", "from: B, to: C"):
        text = text.replace(name, f"{name}, speed: {{range: [0.1 m/s, 0.4 m/s]}}")
    path.write_text(text)
    return load_scenario(path)


def search(made: Scenario, count: int, told: list[optuna.trial.FrozenTrial]) -> tuple[list[Values], optuna.Study]:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    sampler, proposals, space = LayoutSampler(made, 1, 2), Proposals(made, 1), distributions(made.variables)
    study = optuna.create_study()
    study.add_trials(told)
    found = [proposals(sampler.draft(study, len(told)))]
    while len(study.trials) < count:
        found.append(proposals(sampler.draft(study, len(study.trials) + 1)))
        value = sum((found[-2][name] - 0.3) ** 2 for name in SPEEDS)
        constraints = {"violations": float(len(study.trials) % 5 == 0)}
        study.add_trial(create_trial(value=value, params=found[-2], distributions=space, constraints=constraints))
    return found, study


def test_with_places_and_taken_up_again(belts: Scenario) -> None:
    whole, study = search(belts, 32, [])
    together = [values for values in whole[18:] if all(values[name] != whole[0][name] for name in SPEEDS)]
    assert len(together) >= 2 and len({values["A.x"] for values in whole}) > 10
    assert search(belts, 32, study.trials[:24])[0] == whole[24:]
