"""The controller of a plant: a plant that keeps to the times assumed repeats the simulation, to the bit."""

from hypothesis import given

from layout.flow import simulate, trace
from layout.flow.control import Control
from layout.flow.departures import departures
from tests.flow.builders import timed
from tests.flow.plants import Plant
from tests.flow.test_axioms import FEW, cells


def same(made, times, seed=1):
    """A plant that keeps to the times assumed: the simulation, to the bit."""
    until_s = made.time.horizon_s
    control = Control(made, times, seed=seed)
    Plant(control).run()
    assert control.departures() == departures(made, times, seed=seed, until_s=until_s)
    assert control.result() == simulate(made, times, seed=seed, replications=1)
    assert control.trace() == trace(made, times, seed=seed, until_s=until_s)
    return control


@FEW
@given(cells())
def test_a_plant_that_keeps_to_the_times_assumed_repeats_the_simulation(cell):
    made, times = cell
    same(timed(made, horizon_s=1500.0), times)
