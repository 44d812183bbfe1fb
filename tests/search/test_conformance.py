"""What every sampler keeps to: values in range, fixed ones and conditions honoured, the same again with the same seed,
and nothing lost by candidates that failed, were infeasible, or were told before the search was taken up again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState, create_trial

from layout import feasibility
from layout.errors import SearchError
from layout.files.scenario import load_scenario
from layout.model.line import Layout
from layout.model.quantities import Range
from layout.model.realise import realise
from layout.model.scenario import Scenario
from layout.search.proposals import Proposals
from layout.search.samplers import SAMPLERS, candidates
from layout.search.space import Copies, Values, distributions
from tests.search.conftest import TIME, write

LAG, MANY = 3, 24
SMALL = f"""\
name: small
{TIME}
floor: {{boundary: [[0, 0], [10, 0], [10, 7.5], [0, 7.5]], clearance: 100 mm}}
products: {{part: {{model: part_bracket, route: [mill, turn]}}}}
machines:
  dock: {{model: dock_in, source: saturated, place: {{x: 1.8, y: 1.6, yaw: 90}}}}
  mill:
    model: cnc_mill
    count: {{choose: [1, 2]}}
    operations: {{mill: 60 s}}
    buffer: {{in: {{choose: [1, 3]}}}}
    place: {{x: [3, 9], y: 5.1, yaw: 180}}
  lathe: {{model: cnc_lathe, operations: {{turn: 40 s}}, place: {{x: [3, 9], y: [1, 3.5], yaw: [0, 90, 180, 270]}}}}
  ship: {{model: dock_out, sink: true, place: {{x: 1.8, y: 4.6, yaw: 90}}}}
transport:
  a: {{kind: direct, from: dock, to: mill}}
  b: {{kind: direct, from: mill, to: lathe}}
  c: {{kind: direct, from: lathe, to: ship}}
"""
pytestmark = pytest.mark.parametrize("name", SAMPLERS)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    """Up to two mills, a lathe, docks that stand fast; a choice of buffers."""
    return load_scenario(write(tmp_path_factory.mktemp("small"), SMALL))


def tell(study: optuna.Study, scenario: Scenario, values: Values, state: str) -> None:
    """As the search tells a candidate."""
    if state == "failed":
        study.add_trial(create_trial(state=TrialState.FAIL))
        return
    space = distributions(scenario.variables)
    study.add_trial(
        create_trial(
            value=-9.0 if state == "infeasible" else -abs(values["lathe.x"] - 5.0) - values["mill.count"],
            params=values,
            distributions={name: space[name] for name in values},
            constraints={"violations": 0.7 if state == "infeasible" else 0.0},
        )
    )


def search(
    name: str, scenario: Scenario, count: int, seed: int = 1, state: Callable[[int], str] = lambda number: "feasible",
    told: optuna.Study | None = None, legal: bool = True,
) -> tuple[list[Values], optuna.Study]:  # fmt: skip
    """Candidates of a search, `LAG` of them always in flight; told : an earlier study, to go on with."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    sampler, proposals = candidates(name, scenario, seed, LAG, legal), Proposals(scenario, seed)
    study = optuna.create_study(direction="maximize")
    if told is not None:
        study.add_trials(told.trials)
    found: list[Values] = []
    pending: list[Values] = []
    for number in range(len(study.trials), count):
        if len(pending) == LAG:
            tell(study, scenario, pending.pop(0), state(len(study.trials)))
        pending.append(proposals(sampler.draft(study, number)))
        found.append(pending[-1])
    for values in pending:
        tell(study, scenario, values, state(len(study.trials)))
    return found, study


@pytest.mark.parametrize("legal", [True, False])
def test_in_range_and_whole(name: str, legal: bool, small: Scenario) -> None:
    """Places of a mill that does not stand have no values; what may not move stays; buffers and counts are searched."""
    copies, domains = Copies(small), {v.name: v.domain for v in small.variables}
    found, _ = search(name, small, MANY, legal=legal)
    for values in found:
        assert set(values) == {v.name for v in small.variables if copies.stands(v.subject, values)}
        for variable, value in values.items():
            domain = domains[variable]
            if isinstance(domain, Range):
                assert type(value) is float and domain.low <= value <= domain.high
            else:
                assert value in domain.options
        line = realise(small, Layout(values))
        assert (line.stations["dock"].pose.x_m, line.stations["mill 1"].pose.y_m) == (1.8, 5.1)
    assert {values["mill.count"] for values in found} == {1, 2}
    assert {values["mill.buffer.in"] for values in found} == {1, 3}


def test_floor_plans_are_legal(name: str, small: Scenario) -> None:
    """Before they are simulated: there is room for all on this floor."""
    found, _ = search(name, small, MANY)
    legal = [not feasibility.quick(realise(small, Layout(values))) for values in found]
    assert sum(legal) >= 0.9 * len(legal)


def test_same_seed_same_candidates(name: str, small: Scenario) -> None:
    first, _ = search(name, small, MANY)
    assert first == search(name, small, MANY)[0]
    assert first != search(name, small, MANY, seed=2)[0]


def test_taken_up_again(name: str, small: Scenario) -> None:
    """A search that was told so much before goes on as the one that never stopped."""
    whole, study = search(name, small, MANY, state=lambda number: "infeasible" if number % 4 == 1 else "feasible")
    told = optuna.create_study(direction="maximize")
    told.add_trials(study.trials[:19])
    assert search(name, small, MANY, told=told)[0] == whole[19:]


@pytest.mark.parametrize("state", ["infeasible", "failed"])
def test_bad_news_is_survived(name: str, state: str, small: Scenario) -> None:
    """Nothing but bad news, and bad news now and then."""
    assert len(search(name, small, MANY, state=lambda number: state)[0]) == MANY
    found, _ = search(name, small, MANY, state=lambda number: state if number % 3 else "feasible")
    assert len({tuple(values.items()) for values in found}) > MANY // 2


def test_fixed_values_are_kept(name: str, small: Scenario, tmp_path: Path) -> None:
    """A variable that is fixed in the scenario is no variable any more, whatever the sampler."""
    fixed = load_scenario(write(tmp_path, SMALL.replace("x: [3, 9], y: [1, 3.5]", "x: 5.5, y: [1.5, 3.5]")))
    for values in search(name, fixed, 6, state=lambda number: "failed")[0]:
        assert "lathe.x" not in values
        assert realise(fixed, Layout(values)).stations["lathe"].pose.x_m == 5.5


def test_unknown_names_are_refused(name: str, small: Scenario) -> None:
    with pytest.raises(SearchError, match="there are layout"):
        candidates(f"{name}x", small, 1)
