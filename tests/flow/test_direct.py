"""Machines in a row, dealt with in one go: the same run as by marking and settling, to the last bit."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layout.flow.network import compile_line
from layout.flow.output.statistics import measure
from layout.flow.simulation import by_events
from tests.flow.builders import (
    arm,
    arm_times,
    belt,
    belt_times,
    exponential,
    failure,
    line,
    link,
    moves,
    product,
    serial,
    station,
)

HORIZON_S, WARMUP_S = 900.0, 60.0
TIMES = st.one_of(st.sampled_from((1.0, 2.0, 3.0)), st.floats(0.2, 5.0).map(exponential))
FAILURES = st.dictionaries(
    st.sampled_from("abc"),
    st.builds(
        lambda between, repair, clock: failure(exponential(between), exponential(repair), clock),
        st.floats(5.0, 100.0), st.floats(1.0, 20.0), st.sampled_from(("operating", "calendar")),
    ),
    max_size=2,
)  # fmt: skip


def assert_same(made, times, machines, pool=512):
    """Both ways give the same figures, departures and events; `machines` go the direct way. pool: parts at first."""
    network = compile_line(made, times)
    table = network.world.servers
    assert [network.stations[s] for s in table["station"][table["in_row"] == 1]] == machines
    ways = []
    for direct in (True, False):
        if not direct:
            table["in_row"] = 0
        world, _ = by_events(network, 3, 0, HORIZON_S, WARMUP_S, pool)
        ways.append((measure(network, world), world.departures.tobytes(), world.run["events"][0]))
    assert ways[0] == ways[1]
    assert ways[0][0].left > 0


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.data())
def test_a_row(data):
    n = data.draw(st.integers(2, 6))
    times = data.draw(st.lists(TIMES, min_size=n, max_size=n))
    places = data.draw(st.lists(st.integers(0, 3), min_size=n - 1, max_size=n - 1))
    failing = {i: data.draw(FAILURES) for i in range(n)}
    source = data.draw(st.sampled_from(("saturated", exponential(3.0), 2.0)))
    made = serial(times, places, failures=failing, source=source)
    assert_same(made, moves(), [f"m{i + 1}" for i in range(n)])


@settings(max_examples=20, deadline=None, derandomize=True)
@given(st.data())
def test_a_row_between_other_things(data):
    """A belt or an arm brings parts and takes them away; a second way joins in the middle; two products."""
    mix = ("red", "blue")

    def work(name, places):
        return station(name, {f"{name} op": {p: data.draw(TIMES) for p in mix}}, buffer=(places, 0), products=mix,
                       failures=data.draw(FAILURES))  # fmt: skip

    stations = [
        station("source", source=data.draw(st.sampled_from(("saturated", exponential(2.0)))), products=mix),
        *(work(name, data.draw(st.integers(0, 2))) for name in ("a", "b", "c", "d", "e")),
        station("sink", sink=True, products=mix),
    ]  # fmt: skip
    by_arm = data.draw(st.booleans())
    made = line(
        stations,
        [product("red", [f"{m} op" for m in "abcde"], share=2.0), product("blue", [f"{m} op" for m in "bcde"])],
        arms=[arm("robot", ["source", "a"])] if by_arm else [],
        belts=([] if by_arm else [belt("source", "a")]) + [belt("source", "b"), belt("d", "e")],
        links=[link(x, y) for x, y in ("ab", "bc", "cd")] + [link("e", "sink")],
    )  # fmt: skip
    times = moves(
        {"robot": arm_times(["source", "a"], [0.0, 1.0])} if by_arm else {},
        {b: belt_times(3.0, 4, 0.5) for b in made.belts},
    )
    assert_same(made, times, list("bce" if by_arm else "abce"))


@settings(max_examples=20, deadline=None, derandomize=True)
@given(st.data())
def test_a_row_with_a_source_in_its_middle(data):
    """What comes from outside takes the place that falls free before the part that the machine before it holds."""
    mix = ("red", "blue")
    fed = {"m1": "saturated", "m2": data.draw(st.sampled_from((exponential(4.0), exponential(1.5), 2.0)))}
    stations = [
        station(name, {f"{name} op": {p: data.draw(TIMES) for p in (mix[:1] if name == "m1" else mix)}}, products=mix,
                buffer=(0 if name == "m1" else data.draw(st.integers(0, 2)), 0), failures=data.draw(FAILURES),
                source=fed.get(name), sink=name == "m3")
        for name in ("m1", "m2", "m3")
    ]  # fmt: skip
    made = line(
        stations,
        [product(p, [f"{m} op" for m in ("m1", "m2", "m3")[i:]], sources=[f"m{i + 1}"], sinks=["m3"])
         for i, p in enumerate(mix)],
        links=[link("m1", "m2"), link("m2", "m3")],
    )  # fmt: skip
    assert_same(made, moves(), ["m1", "m2", "m3"])


def test_a_queue_that_outgrows_the_room_for_parts():
    """Room that is mapped for itself, so that a look before its begin would end the process."""
    assert_same(serial([0.1, 5.0], [3000]), moves(), ["m1", "m2"], pool=1024)


def test_a_row_into_a_sink_of_its_own():
    made = line(
        [station("source", source="saturated"), station("a", {"a op": exponential(2.0)}, buffer=(1, 0)),
         station("b", {"b op": exponential(2.0)}), station("sink", sink=True)],
        [product(route=["a op", "b op"])],
        links=[link("source", "a"), link("a", "b"), link("b", "sink")],
    )  # fmt: skip
    assert_same(made, moves(), ["a", "b"])


@pytest.mark.parametrize(
    "change",
    [
        {"servers": 2},
        {"buffer": (1, 1)},
        {"doors": True},
    ],
)
def test_what_is_more_than_a_row_is_settled(change):
    doors = {"m2": (1.0, 1.0)} if change.pop("doors", False) else None
    stations = [
        station("m1", {"op1": exponential(1.0)}, source="saturated"),
        station("m2", {"op2": exponential(1.0)}, **change),
        station("m3", {"op3": exponential(1.0)}, sink=True),
    ]
    made = line(stations, [product(route=["op1", "op2", "op3"], sources=["m1"], sinks=["m3"])],
                links=[link("m1", "m2"), link("m2", "m3")])  # fmt: skip
    assert_same(made, moves(doors=doors), ["m1", "m3"] if "buffer" in change else ["m3"])
