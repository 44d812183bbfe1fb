"""The simulation against published and exact values: each must lie in the 99 % interval of the simulated figure."""

import numpy as np
import pytest

from layout.flow import bound, simulate
from layout.flow.output.intervals import student_t
from layout.model.distribution import Distribution
from tests.flow.builders import arm, arm_times, exponential, failure, line, moves, product, serial, station
from tests.flow.test_assembly import ring
from tests.reference import flow_values as values

LONG = {"horizon_s": 402_000.0, "warmup_s": 2_000.0, "replications": 24, "level": 0.99}
NARROW = 0.001  # greatest half-width, of the figure


def rate(given):
    """Throughput in parts per second."""
    found = simulate(given, moves()).throughput_per_h
    return found.mean / 3600, found.half_width / 3600


def holds(found, exact):
    mean, half_width = found
    assert half_width <= NARROW * exact
    assert mean == pytest.approx(exact, abs=half_width)


@pytest.mark.parametrize(("machines", "b"), values.HILLIER_BOLING)
def test_balanced_exponential_lines(machines, b):
    holds(rate(serial([exponential(1.0)] * machines, b, **LONG)), values.HILLIER_BOLING[machines, b])


@pytest.mark.parametrize(("machines", "b"), values.ERLANG_2)
@pytest.mark.parametrize("kind", [("erlang", (1.0, 2)), ("gamma", (1.0, 0.5**0.5))])
def test_erlang_lines_and_the_gamma_that_equals_them(machines, b, kind):
    holds(rate(serial([Distribution(*kind)] * machines, b, **LONG)), values.ERLANG_2[machines, b])


@pytest.mark.parametrize("order", [1, -1])
def test_a_line_and_its_mirror_image(order):
    times = [exponential(1 / rate) for rate in values.MIRRORED_RATES[::order]]
    holds(rate(serial(times, values.MIRRORED_PLACES[::order], **LONG)), values.MIRRORED)


@pytest.mark.parametrize("b", values.FAILING)
def test_machines_that_fail_while_working(b):
    mode = {"break": failure(exponential(100.0), exponential(10.0))}
    line_ = serial([exponential(1.0)] * 2, b, failures={0: mode, 1: mode}, **{**LONG, "horizon_s": 2_002_000.0})
    holds(rate(line_), values.FAILING[b])


@pytest.mark.parametrize("places", values.ALLOCATIONS)
def test_best_buffer_allocations(places):
    holds(rate(serial([exponential(1.0)] * 4, places, **LONG)), values.ALLOCATIONS[places])


def queue(service, replications):
    one = [station("m", {"work": service}, source=exponential(1 / values.UTILISATION), sink=True)]
    given = {**LONG, "horizon_s": 2_002_000.0, "replications": replications}
    return simulate(line(one, [product(sources=["m"], sinks=["m"])], **given), moves())


def controlled(samples, controls):
    """Mean and half-width without what chance did to the rate of arrivals and to the work that they brought.

    The figures are regressed on the controls' distances from what was asked for: control variates (Law, Simulation
    Modeling and Analysis, 11.4). Of a queue the interval narrows slowly: this saves half the parts and more.
    """
    y = np.array(samples)
    x = np.column_stack([np.ones(y.size), *(np.array(seen) - asked for seen, asked in controls)])
    fit = np.linalg.lstsq(x, y, rcond=None)[0]
    free = y.size - x.shape[1]
    variance = np.sum((y - x @ fit) ** 2) / free * np.linalg.inv(x.T @ x)[0, 0]
    return fit[0], student_t(LONG["level"], free) * variance**0.5


def test_mm1():
    found = queue(exponential(1.0), 220)
    seen = found.samples
    assert found.wip.low < values.MM1_L < found.wip.high
    assert found.lead_time_s.low < values.MM1_W < found.lead_time_s.high
    assert found.throughput_per_h.low < 3600 * values.UTILISATION < found.throughput_per_h.high
    controls = [(seen["throughput"], 3600 * values.UTILISATION), (seen["share.m.working"], values.UTILISATION)]
    holds(controlled(seen["wip"], controls), values.MM1_L)
    holds(controlled(seen["lead_time"], controls), values.MM1_W)
    assert found.resources["m"]["working"] == pytest.approx(values.UTILISATION, abs=0.001)


def test_md1():
    found = queue(1.0, 80)
    assert found.lead_time_s.low < values.MD1_WAIT + 1.0 < found.lead_time_s.high
    controls = [(found.samples["throughput"], 3600 * values.UTILISATION)]
    holds(controlled(found.samples["lead_time"], controls), values.MD1_WAIT + 1.0)


@pytest.mark.parametrize(("vehicles", "exact_per_h"), values.FLEET_ROUNDS_PER_H.items())
def test_vehicles_in_a_closed_network(vehicles, exact_per_h):
    """Docks of 2 and 1.5 min (exponential), 6 min under way in all: mean-value analysis."""
    given = ring([exponential(2.0), exponential(1.5)], vehicles, buffer=2, link_s=6.0, **LONG)  # 1 s for 1 min
    holds(rate(given), exact_per_h / 60)


def test_one_part_alone_goes_through_its_demands_one_after_another():
    """A closed network of one part is a machine that does all the operations itself."""
    operations = {f"op{i}": exponential(t) for i, t in enumerate(values.DEMANDS)}
    one = [station("m", operations, source="saturated", sink=True)]
    given = line(
        one, [product(route=list(operations), sources=["m"], sinks=["m"])], **{**LONG, "horizon_s": 1_602_000.0}
    )
    holds(rate(given), values.ALONE)
    assert bound(given, moves()) / 3600 == pytest.approx(values.ALONE)


def test_bound_of_machines_in_a_row_is_the_slowest():
    assert bound(serial([exponential(t) for t in values.DEMANDS], 5), moves()) / 3600 == pytest.approx(values.CEILING)


def test_one_vehicle_is_an_arm():
    """Two and one and a half minutes at the docks, three minutes each way."""
    stations = [station("dock", {"work": 1e-6}, source="saturated"), station("out", sink=True)]
    given = line(stations, [product(sources=["dock"], sinks=["out"])], arms=[arm("cart", ["dock", "out"])],
                 horizon_s=570.0 * 1000)  # fmt: skip
    times = arm_times(["dock", "out"], [0.0, 180.0], pick_s=120.0, place_s=90.0)
    found = simulate(given, moves({"cart": times}))
    assert found.throughput_per_h.mean == pytest.approx(values.VEHICLE_ROUNDS_PER_H, rel=2e-3)
    assert bound(given, moves({"cart": times})) == pytest.approx(values.VEHICLE_ROUNDS_PER_H, rel=1e-6)


def cell(p, dispatch="pull", cycles=500, period=1.0):
    """Source, machines in a row, sink, one robot."""
    names = ["source", *(f"m{i + 1}" for i in range(len(p))), "sink"]
    stations = [station("source", source="saturated"), station("sink", sink=True)]
    stations += [station(f"m{i + 1}", {f"op{i + 1}": t}) for i, t in enumerate(p)]
    route = [f"op{i + 1}" for i in range(len(p))]
    given = line(stations, [product(route=route)], arms=[arm("robot", names, dispatch)],
                 warmup_s=100 * period, horizon_s=(100 + cycles) * period)  # fmt: skip
    return given, moves({"robot": arm_times(names, range(len(names)), pick_s=values.SETHI_E, place_s=values.SETHI_E)})


def cycle_s(p, period, dispatch="pull"):
    """Mean time between parts over whole cycles of the expected period (s): exact when the cell has that period."""
    given, times = cell(p, dispatch, period=period)
    return 3600 / simulate(given, times).throughput_per_h.mean


@pytest.mark.parametrize("p", [(1.0, 1.0), (3.0, 4.0), (0.5, 0.1), (2.0, 3.0, 1.0), (1.0, 1.5, 2.0, 2.5)])
def test_robot_that_limits_its_cell_runs_the_backward_cycle(p):
    """Pulling is the backward cycle where every machine is done before the robot is free for it."""
    exact = values.sethi_backward(p)
    assert cycle_s(p, exact) == pytest.approx(exact, rel=1e-9)
    given, times = cell(p)
    least = 2 * (len(p) + 1) * (values.SETHI_E + values.SETHI_D)  # there with parts, and once all the way back
    assert 3600 / bound(given, times) == pytest.approx(max(least, max(p) + 2 * values.SETHI_D + 4 * values.SETHI_E))


@pytest.mark.parametrize("p", [(7.0,), (0.5,), (60.0,)])
def test_one_machine_forward_is_backward(p):
    exact = values.sethi_forward(p)
    assert exact == values.sethi_backward(p)
    assert cycle_s(p, exact) == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize(("p", "late"), [((20.0, 5.0), 2.0), ((5.0, 30.0), 1.0)])
def test_robot_that_is_called_comes_later_than_one_that_waits_there(p, late):
    """Sethi's robot stands at the machine before it is done. Ours starts when it is: its empty move is added.

    (20, 5): m1 limits, the robot has put a part into the sink, 2 d away; (5, 30): m2 limits, it has loaded m1, d away.
    """
    exact = values.sethi_backward(p) + late
    assert cycle_s(p, exact) == pytest.approx(exact, rel=1e-9)


def test_operations_at_one_station_need_no_transport():
    one = [station("m", {"a": 2.0, "b": 3.0}, source="saturated", sink=True)]
    given = line(one, [product(route=["a", "b"], sources=["m"], sinks=["m"])], horizon_s=5000.0)
    assert simulate(given, moves()).throughput_per_h.mean == pytest.approx(720.0)


def test_links_that_take_time_fill_a_place_while_they_run():
    """Machines of 1 s, one place each: the place is reserved for the 4 s of the way, so a part every 5 s."""
    given = serial([1.0, 1.0], 0, link_s=4.0, warmup_s=100.0, horizon_s=600.0)
    assert simulate(given, moves()).throughput_per_h.mean == pytest.approx(720.0)
    assert bound(given, moves()) == pytest.approx(720.0)
