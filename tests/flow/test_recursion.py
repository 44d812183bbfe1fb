"""Rows by recursion and by events: the same figures, to the last bit; and which lines count as rows."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layout.flow import simulation
from layout.flow.kernel import records
from layout.flow.network import compile_line
from layout.flow.network.rows import run_row
from layout.flow.output.statistics import measure
from layout.model.distribution import Distribution, deterministic
from layout.model.results import Moves
from tests.flow.builders import belt, belt_times, exponential, failure, line, link, moves, product, serial, station

MANY = settings(max_examples=150, deadline=None, derandomize=True)


def both(made, times, seed=1):
    """Figures and departures of one replication, by recursion and by events."""
    network = compile_line(made, times)
    assert network.row is not None
    window = made.time.horizon_s, made.time.warmup_s
    first = run_row(network, network.row, seed, 0, *window)
    second = simulation.by_events(network, seed, 0, *window, simulation.FIRST_POOL)[0]
    return [(repr(measure(network, world)), world.departures.tolist()) for world in (first, second)]


@st.composite
def times(draw):
    mean = draw(st.floats(0.3, 4.0))
    kind = draw(st.sampled_from(["exponential", "deterministic", "whole", "erlang", "gamma", "lognormal", "weibull",
                                 "triangular", "uniform"]))  # fmt: skip
    match kind:
        case "whole":  # many things at one instant
            return deterministic(float(draw(st.integers(1, 3))))
        case "erlang":
            return Distribution(kind, (mean, draw(st.integers(1, 20))))
        case "gamma" | "lognormal":
            return Distribution(kind, (mean, draw(st.floats(0.1, 2.0))))
        case "weibull":
            return Distribution(kind, (mean, draw(st.floats(0.6, 3.0))))
        case "triangular":
            return Distribution(kind, (0.5 * mean, mean, 2.0 * mean))
        case "uniform":
            return Distribution(kind, (0.5 * mean, 1.5 * mean))
        case _:
            return Distribution(kind, (mean,))


@st.composite
def failures(draw, clocks):
    """None, one or two modes; some with times that meet those of the work."""
    modes = {}
    for name in draw(st.sampled_from([(), (), ("tool",), ("tool", "drive")])):
        between = draw(st.sampled_from([exponential(20.0), exponential(150.0), deterministic(12.0)]))
        repair = draw(st.sampled_from([exponential(5.0), deterministic(2.0), Distribution("gamma", (8.0, 1.5))]))
        modes[name] = failure(between, repair, draw(st.sampled_from(clocks)))
    return modes


@st.composite
def rows(draw, general):
    """Rows of one to six machines. The general ones have all that the recursion knows, the others what is quick."""
    n = draw(st.integers(1, 6))
    products = ["p", "q", "r"][: draw(st.integers(1, 3))]
    dock, exit_ = (general and draw(st.booleans()), general and draw(st.booleans()))
    clocks = ["operating", "calendar"] if general else ["operating"]
    source = draw(st.sampled_from(["saturated", "saturated", exponential(2.5), exponential(6.0), deterministic(3.0)]))
    routes = {p: [] for p in products}
    stations = (
        [station("a dock", source=source, buffer=(0, draw(st.integers(0, 2))), products=products)] if dock else []
    )
    for k in range(n):
        operations = {}
        for o in range(draw(st.integers(1, 2)) if general else 1):
            name = f"op{k}.{o}"
            # A station may let a product pass; the first and the last one work on all, so that nobody overtakes.
            done = [p for p in products if not general or (o == 0 and k in (0, n - 1)) or draw(st.booleans())]
            if done:
                operations[name] = {p: draw(st.just(deterministic(0.0)) | times() if o else times()) for p in done}
            for p in done:
                routes[p].append(name)
        stations.append(station(
            f"m{k}", operations, buffer=(draw(st.integers(0, 4)), draw(st.integers(0, 2)) if general else 0),
            failures=draw(failures(clocks)), source=source if k == 0 and not dock else None,
            sink=k == n - 1 and not exit_, products=products,
        ))  # fmt: skip
    if exit_:
        stations.append(station("z exit", sink=True, products=products))
    names = [s.name for s in stations]
    inner = st.sampled_from([0.0, 0.0, 1.0, 2.5]) if general else st.just(0.0)
    links = [link(a, b, draw(inner)) for a, b in itertools.pairwise(names)]
    made = line(
        stations,
        [product(p, routes[p], share=draw(st.floats(0.1, 1.0)), sources=names[:1], sinks=names[-1:]) for p in products],
        links=links, horizon_s=draw(st.sampled_from([30.0, 400.0, 2500.0])),
        warmup_s=draw(st.sampled_from([0.0, 7.0, 25.0])),
    )  # fmt: skip
    doors = {name: (draw(st.sampled_from([0.0, 0.5])), 0.25) for name in names[1:-1] if general and draw(st.booleans())}
    return made, moves(doors=doors)


@MANY
@given(rows(general=False), st.integers(0, 5))
def test_plain_rows_by_recursion_equal_events(row, seed):
    by_recursion, by_events = both(*row, seed)
    assert by_recursion == by_events


@MANY
@given(rows(general=True), st.integers(0, 5))
def test_rows_by_recursion_equal_events(row, seed):
    by_recursion, by_events = both(*row, seed)
    assert by_recursion == by_events


@pytest.mark.parametrize("source", ["saturated", exponential(1.4)])
def test_a_long_row_over_many_blocks(source):
    stop = {"stop": failure(exponential(100.0), exponential(10.0))}
    made = serial([exponential(1.0)] * 12, 5, failures=dict.fromkeys(range(12), stop), source=source, horizon_s=2e4,
                  warmup_s=700.0)  # fmt: skip
    by_recursion, by_events = both(made, moves())
    assert len(by_events[1]) > 10_000
    assert by_recursion == by_events


@pytest.mark.parametrize("n", [1, 2, 4, 5, 8, 9])
def test_rows_that_fill_all_lanes_and_rows_that_do_not(n):
    """Places of every number, so that what makes room is never the same for neighbouring lanes."""
    buffers = [(7 * k) % 4 for k in range(n)]
    stop = {"stop": failure(exponential(60.0), exponential(4.0))}
    made = serial([exponential(1.0 + 0.1 * k) for k in range(n)], buffers[1:], horizon_s=4e3, warmup_s=50.0,
                  failures=dict.fromkeys(range(0, n, 2), stop))  # fmt: skip
    by_recursion, by_events = both(made, moves())
    assert len(by_events[1]) > 1000
    assert by_recursion == by_events


def test_arrivals_that_outrun_the_row_wait_outside():
    by_recursion, by_events = both(serial([exponential(2.0)] * 3, 1, source=exponential(0.5), horizon_s=9e3), moves())
    assert "inside=1" in by_events[0]
    assert by_recursion == by_events


def test_simulate_takes_the_recursion_by_itself(monkeypatch):
    made = serial([exponential(1.0)] * 3, 2, horizon_s=1000.0)
    expected = simulation.simulate(made, moves())
    monkeypatch.setattr(simulation, "by_events", None)
    assert simulation.simulate(made, moves()) == expected


FAILING = {"stop": failure(exponential(50.0), exponential(5.0), "calendar")}


@pytest.mark.parametrize("change", [
    {"servers": 2}, {"blocking": "before"}, {"batch": 2}, {"setup": {"part": {"part": exponential(1.0)}}},
    {"inlets": {"part": 1}}, {"is_source": True}, {"is_sink": True}, {"operations": {}},
    {"schedule": ("order",)}, {"quality": {"op2": "some"}}, {"shift": "early"},
])  # fmt: skip
def test_a_station_with_more_is_left_to_events(change):
    made = serial([exponential(1.0)] * 3, 2)
    assert compile_line(made, moves()).row is not None
    network = compile_line(made, moves())
    changed = replace(made, stations={**made.stations, "m2": replace(made.stations["m2"], **change)})
    assert replace(network, line=changed).row is None


def test_a_line_with_more_is_left_to_events():
    a, b = station("a", {"x": 1.0}, source="saturated"), station("b", {"y": 1.0}, sink=True)
    route = [product(route=["x", "y"], sources=["a"], sinks=["b"])]
    linked = compile_line(line([a, b], route, links=[link("a", "b")]), moves())
    assert linked.row is not None
    assert compile_line(line([a, b], route, belts=[belt("a", "b")]), moves(belts={"a~b": belt_times(1.0)})).row is None
    assert replace(linked, moves=Moves(zones=("zone",))).row is None
    for change in ({"staff": {"crew": "people"}}, {"routing": {"x": "round_robin"}}, {"fleets": {"carts": "three"}}):
        assert replace(linked, line=replace(linked.line, **change)).row is None
    for change in ({"joined": True}, {"circulates": 3}, {"components": {"x": {"p": 1}}}):
        changed = replace(linked.line, products={"part": replace(route[0], **change)})
        assert replace(linked, line=changed).row is None
    overtaking = [product("p", ["x", "y"], sources=["a"], sinks=["b"]), product("q", ["x"], sources=["a"], sinks=["b"])]
    a, b = (station(s, {o: 1.0}, source=source, sink=not source, products=products)
            for s, o, source, products in (("a", "x", "saturated", "pq"), ("b", "y", None, "p")))  # fmt: skip
    assert compile_line(line([a, b], overtaking, links=[link("a", "b")]), moves()).row is None


def test_log_and_room_grow_where_a_guess_is_short(monkeypatch):
    from layout.flow.network import rows as module

    made = serial([exponential(1.0)] * 3, 2, horizon_s=3000.0)
    expected = both(made, moves())[1]
    monkeypatch.setattr(module, "_parts", lambda horizon_s, mean_s: 40)
    assert both(made, moves())[0] == expected
    assert np.isfinite(np.array([row[2] for row in expected[1]])).all()


def test_a_log_that_somebody_looks_at_is_not_written_again():
    n = 1 << 15
    first = records.log_of(n)
    first["time"] = 1.0
    held = first["time"][10:20]
    del first
    second = records.log_of(n)
    second["time"] = 2.0
    assert (held == 1.0).all()
    assert not np.shares_memory(held, second)
    address = second.ctypes.data
    del second
    assert records.log_of(n - 1).ctypes.data == address  # nobody looks at it any more
