"""Fleets, shared zones and doors against SimPy (`simpy_cell`): the same draws, every leg of every unit alike."""

import numpy as np
import pytest

from layout.flow import trace
from layout.model.production import Battery
from layout.model.results import FleetTimes
from tests.flow.builders import exponential, fleet, line, moves, product, station
from tests.flow.simpy_cell import Row
from tests.flow.test_oracle import Draws
from tests.flow.test_zones import crowded_line

SEED, UNTIL_S = 5, 4000.0
UNIT_STATES = ("moving_empty", "moving_loaded", "handling", "charging")


def agree(given, times, least):
    ours = sorted((e.start_s, e.resource, e.state) for e in trace(given, times, seed=SEED, until_s=UNTIL_S)
                  if e.state in UNIT_STATES)  # fmt: skip
    oracle = Row(given, times, Draws(given, times), UNTIL_S)
    theirs = sorted(step for step in oracle.log if step[0] < UNTIL_S)
    assert len(ours) > least
    # the trace holds the hand-over that follows a move under way at the end, the model not yet
    n = min(len(ours), len(theirs))
    assert abs(len(ours) - len(theirs)) <= 2 * len(oracle.units)
    n -= 2 * len(oracle.units)
    assert [step[1:] for step in ours[:n]] == [step[1:] for step in theirs[:n]]
    assert [step[0] for step in ours[:n]] == pytest.approx([step[0] for step in theirs[:n]], abs=1e-9, rel=0)


@pytest.mark.parametrize("rule", ["first_come", "nearest", "longest_waiting", "pull"])
@pytest.mark.parametrize("units", [1, 2, 3])
@pytest.mark.parametrize("doors", [False, True])
def test_fleet(units, rule, doors):
    """Three machines with places before and after, times between stations at random, doors of 0.3 to 3 s."""
    random = np.random.default_rng(units)
    names = ["a", "m1", "m2", "m3", "z"]
    stations = [station("a", source="saturated"), station("z", sink=True)]
    stations += [station(f"m{i}", {f"op{i}": exponential(float(random.uniform(6, 12)))}, buffer=(1, i % 2))
                 for i in (1, 2, 3)]  # fmt: skip
    given = line(stations, [product(route=["op1", "op2", "op3"], sources=["a"], sinks=["z"])],
                 fleets=[fleet("carts", units, names, rule)])  # fmt: skip
    travel = random.uniform(1.0, 6.0, (5, 5)) * (1 - np.eye(5))
    served = FleetTimes(tuple(random.permutation(names).tolist()), travel, random.uniform(0.3, 1.5, 5),
                        np.zeros((5, 5)), {}, np.zeros((5, 3)))  # fmt: skip
    shut = {f"m{i}": tuple(random.uniform(0.3, 3.0, 2).tolist()) for i in (1, 2, 3)} if doors else {}
    agree(given, moves(fleets={"carts": served}, doors=shut), least=700)


@pytest.mark.parametrize("seed", range(24))
def test_arms_that_share_zones(seed):
    """Two or three arms, zones of any shape, times at random."""
    given, times = crowded_line(2 + seed % 2, seed)
    agree(given, times, least=300)


@pytest.mark.parametrize("rule", ["first_come", "nearest", "longest_waiting", "pull", "cycle"])
@pytest.mark.parametrize("units", [1, 2, 3])
@pytest.mark.parametrize("extras", ["park", "charge", "both"])
def test_fleet_between_tasks(units, rule, extras):
    """Two parking places, two chargers of one and two plugs; times at random."""
    random = np.random.default_rng(units)
    names, stops = ["a", "m1", "m2", "z"], ["yard 1", "yard 2", "plug 1", "plug 2"]
    stations = [station("a", source="saturated"), station("z", sink=True)]
    stations += [station(f"m{i}", {f"op{i}": exponential(float(random.uniform(6, 12)))}, buffer=(1, i % 2))
                 for i in (1, 2)]  # fmt: skip
    stations += [station(s, servers=1 + (s == "plug 2")) for s in stops]
    how = {}
    if extras != "charge":
        how["parking"] = ("yard 1", "yard 2")
    if extras != "park":
        how["chargers"] = ("plug 1", "plug 2")
        how["battery"] = Battery(lasts=90.0, charge=60.0, below=0.4, charger="plug")
    carts = fleet("carts", units, names, rule, ("m2", "a", "m1"), **how)
    given = line(stations, [product(route=["op1", "op2"], sources=["a"], sinks=["z"])], fleets=[carts])
    travel = random.uniform(1.0, 6.0, (8, 8)) * (1 - np.eye(8))
    served = FleetTimes(tuple(random.permutation(names + stops).tolist()), travel, random.uniform(0.3, 1.5, 8),
                        np.zeros((8, 8)), {}, np.zeros((8, 3)))  # fmt: skip
    agree(given, moves(fleets={"carts": served}), least=400)
