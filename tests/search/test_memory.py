"""What the sampler remembers: whose children come next."""

from __future__ import annotations

import numpy as np
import optuna
from optuna.distributions import FloatDistribution
from optuna.trial import create_trial

from layout.search.memory import Memory


def memory(told: list[tuple[float, float, float]]) -> Memory:
    """Of candidates at x with a value and a violation; those of one whole number are one arrangement."""
    study = optuna.create_study(direction="maximize")
    for x, value, violation in told:
        space = {"x": FloatDistribution(0.0, 99.0)}
        study.add_trial(
            create_trial(value=value, params={"x": x}, distributions=space, constraints={"violations": violation})
        )
    found = Memory(study, lambda values: (int(values["x"]),))
    found.learn(study.get_trials(deepcopy=False), len(told))
    return found


def parents(of: Memory) -> set[int]:
    rng = np.random.default_rng(1)
    return {of.parent(rng).number for _ in range(300)}


def test_one_that_breaks_a_rule_is_a_parent_only_where_all_do() -> None:
    """However few break none, and however many arrangements there are beside theirs."""
    broken = [(float(i), -0.1, 0.2) for i in range(2, 12)] + [(1.5, -0.2, 0.2)]
    assert parents(memory([(1.0, 3.0, 0.0), *broken])) == {0}
    assert parents(memory([(1.0, 3.0, 0.0), *broken, (1.2, 2.0, 0.0), (50.0, 1.0, 0.0)])) == {0, 12, 13}
    assert len(parents(memory(broken))) > 3
