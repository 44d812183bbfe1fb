"""The controller of a plant: a plant that keeps to the times assumed repeats the simulation, to the bit."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layout import motion
from layout.errors import LayoutError
from layout.files.scenario import load_scenario
from layout.flow import simulate, trace
from layout.flow.commands import (
    Arrived,
    Begin,
    BeltEnter,
    BeltLeave,
    Carry,
    Come,
    Ends,
    Fetch,
    Gone,
    Home,
    Made,
)
from layout.flow.control import Control
from layout.flow.departures import departures
from layout.model.line import Layout
from layout.model.realise import realise
from layout.model.scenario import Quality
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
    timed,
    zone,
)
from tests.flow.plants import Plant
from tests.flow.test_assembly import assembly, ring
from tests.flow.test_axioms import FEW, cells
from tests.flow.test_charging import battery, lane
from tests.flow.test_charging import made as carts
from tests.flow.test_deadlock import swap
from tests.flow.test_zones import crowded

EXPERIMENTS = Path(__file__).parents[2] / "experiments"


def same(made, times, seed=1):
    """A plant that keeps to the times assumed makes the very run of the simulation. Returns it."""
    until_s = made.time.horizon_s
    control = Control(made, times, seed=seed)
    plant = Plant(control).run()
    assert control.departures() == departures(made, times, seed=seed, until_s=until_s)
    assert control.result() == simulate(made, times, seed=seed, replications=1)
    assert control.trace() == trace(made, times, seed=seed, until_s=until_s)
    return plant


@FEW
@given(cells())
def test_cells(cell):
    made, times = cell
    same(timed(made, horizon_s=1500.0), times)


@FEW
@given(crowded())
def test_arms_that_share_zones(cell):
    made, times = cell
    plant = same(timed(made, horizon_s=1000.0, warmup_s=100.0), times)
    assert any(isinstance(command, Carry) for command in plant.commands)


@pytest.mark.parametrize("more", [
    {"battery": battery(60.0, 100.0), "chargers": ("plug",)},
    {"parking": ("yard",)},
    {"parking": ("yard",), "battery": battery(60.0, 20.0, 0.3), "chargers": ("plug",), "units": 3},
    {"rule": "cycle", "cycle": ("source", "m"), "units": 2},
    {"rule": "nearest", "units": 3, "battery": battery(45.0, 400.0), "chargers": ("plug",)},
])  # fmt: skip
@pytest.mark.parametrize("handover_s", [0.0, 1.0])
def test_vehicles_that_park_and_charge(more, handover_s):
    plant = same(carts(arrivals=exponential(30.0), work=exponential(10.0), **more), lane(handover_s))
    if "parking" in more:
        assert any(isinstance(command, Come) and command.target == "yard" for command in plant.commands)


@st.composite
def belts(draw):
    """Machines in a row with a belt or a link between any two, a sink behind the last."""
    n = draw(st.integers(2, 4))
    mode = {"stop": failure(exponential(80.0), exponential(20.0), draw(st.sampled_from(["operating", "calendar"])))}
    stations = [
        station(f"m{i}", {f"op{i}": exponential(draw(st.floats(1.0, 9.0)))}, buffer=(draw(st.integers(0, 2)), 0),
                source="saturated" if i == 0 else None, failures=draw(st.sampled_from([None, mode])))
        for i in range(n)
    ]  # fmt: skip
    stations.append(station("out", sink=True))
    names = [s.name for s in stations]
    ways, links = {}, []
    for origin, target in pairwise(names):
        if draw(st.integers(0, 3)):
            spacing_s = draw(st.sampled_from([0.0, 0.5, 1.7]))
            ways[f"{origin}~{target}"] = belt_times(draw(st.floats(0.5, 8.0)), draw(st.integers(1, 4)), spacing_s)
        else:
            links.append(link(origin, target, draw(st.sampled_from([0.0, 2.0]))))
    route = [f"op{i}" for i in range(n)]
    made = line(stations, [product(route=route, sources=["m0"], sinks=["out"])],
                belts=[belt(*name.split("~")) for name in ways], links=links, horizon_s=800.0,
                warmup_s=50.0)  # fmt: skip
    return made, moves(belts=ways)


@FEW
@given(belts())
def test_belts(row):
    same(*row)


@FEW
@given(belts(), st.lists(st.floats(1.0, 3.0), min_size=7, max_size=7))
def test_a_slower_plant_is_never_faster(row, factors):
    """Part by part, in a row: nothing overtakes, so nothing can come of a delay but delay (monotony of max-plus)."""
    made, times = row
    slow = Control(made, times)
    Plant(slow, lambda command: factors[command.part % 7]).run()
    fast = departures(made, times, until_s=800.0)
    late = slow.departures()
    assert len(late) <= len(fast)
    assert all(a.part == b.part and a.time_s <= b.time_s + 1e-9 for a, b in zip(fast, late, strict=False))


@pytest.mark.parametrize("made", [
    assembly(exponential(3.0), exponential(1.0), number=2, source=exponential(4.0)),
    ring([3.0, 2.0, 4.0], 3, buffer=2),
    ring([exponential(3.0), exponential(2.0)], 2, buffer=1, link_s=1.0),
    serial([exponential(2.0)] * 3, 1, source=exponential(2.5)),
    serial([1.0, 1.0], failures={1: {"once": failure(exponential(30.0), exponential(200.0))}}, link_s=0.5),
])  # fmt: skip
def test_what_takes_no_moves(made):
    plant = same(made, moves())
    told = [c for c in plant.commands if isinstance(c, Made)]
    assert len({c.part for c in told}) == len(told)


def test_a_queue_without_limit_is_held():
    """128 parts come a second and one leaves every 2 s: the rest wait outside, and each is told once."""
    made = serial([2.0], source=1 / 128, horizon_s=40.0)
    plant = same(made, moves())
    assert [c.part for c in plant.commands if isinstance(c, Made)] == list(range(5120))


def test_a_standstill_is_a_standstill():
    """Two machines without places, parts that go round them in opposite ways, and failures that go on in vain."""
    for failures in (None, {"stop": failure(exponential(100.0), exponential(10.0), "calendar")}):
        made, times = swap(failures=failures)
        same(made, times)


def test_components_come_by_arm_and_vanish():
    names = ["a", "b", "weld", "out"]
    quality = {"weld": {"scrap": 0.2}}
    made = assembled(names, quality)
    times = arm_times(names, [0.0, 1.0, 3.0, 5.0], pick_s=0.5, place_s=0.25)
    plant = same(made, moves({"r": times}))
    gone = [c for c in plant.commands if isinstance(c, Gone)]
    assert {c.how for c in gone} == {"left", "joined", "scrapped"}
    assert all(c.station == {"left": "out", "joined": "weld", "scrapped": "weld"}[c.how] for c in gone)
    where = {}
    for c in plant.commands:  # every part is where the controller last said, all along
        match c:
            case Made() | Arrived():
                where[c.part] = c.station
            case Fetch():
                assert where[c.part] == c.target
            case Carry():
                assert where.pop(c.part) == c.origin
            case Begin():
                assert where[c.part] == c.station
            case Gone():
                assert where.pop(c.part) == c.station


def assembled(names, quality):
    stations = [
        station("a", source=exponential(9.0)),
        station("b", source="saturated"),
        station("weld", {"weld": {"host": 2.0}}, buffer=(1, 1), inlets={"wheel": 3},
                quality={k: Quality.model_validate(v) for k, v in quality.items()}),
        station("out", sink=True),
    ]  # fmt: skip
    products = [
        product("host", ["weld"], sources=["a"], sinks=["out"], components={"weld": {"wheel": 2}}),
        product("wheel", [], sources=["b"], sinks=["weld"], joined=True),
    ]
    return line(stations, products, arms=[arm("r", names)], horizon_s=2000.0)


def test_doors_by_hand():
    """Closed in 1 s before the first operation of a visit, open 0.5 s before the end of the last."""
    stations = [station("a", source="saturated"), station("m", {"one": 4.0, "two": 3.0}), station("z", sink=True)]
    made = line(stations, [product(route=["one", "two"], sources=["a"], sinks=["z"])],
                links=[link("a", "m"), link("m", "z")], horizon_s=20.0)  # fmt: skip
    plant = same(made, moves(doors={"m": (1.0, 0.5)}))
    work = [c for c in plant.commands if isinstance(c, Begin)]
    assert [(c.time_s, c.until_s, c.closing_s, c.opens_s, c.operation) for c in work[:3]] == [
        (0.0, 5.0, 1.0, np.inf, "one"), (5.0, 8.5, 0.0, 8.0, "two"), (8.5, 13.5, 1.0, np.inf, "one"),
    ]  # fmt: skip
    assert [(c.time_s, c.part) for c in plant.commands if isinstance(c, Ends)][:2] == [(5.0, 0), (8.5, 0)]


def cell(horizon_s=100.0):
    """A belt, an arm that picks and places, a machine and a sink: nothing is random."""
    names = ["in", "m", "z"]
    stations = [station("s", source=10.0), station("in"), station("m", {"work": 4.0}), station("z", sink=True)]
    made = line(stations, [product(sources=["s"], sinks=["z"])], arms=[arm("r", names)], belts=[belt("s", "in")],
                horizon_s=horizon_s, warmup_s=0.0)  # fmt: skip
    times = arm_times(names, [0.0, 2.0, 3.0], pick_s=0.5, place_s=1.0)
    return made, moves({"r": times}, {"s~in": belt_times(3.0, 2, 1.0)})


def test_a_part_by_hand():
    plant = same(*cell())
    first = [c for c in plant.commands if c.time_s < 26.0 and getattr(c, "part", 0) == 0]
    assert first == [
        Made(10.0, 0, "part", "s"),
        BeltEnter(10.0, "s~in", 0, "part", 3.0, 1.0),
        BeltLeave(13.0, "s~in", 0, "part", "in"),
        Arrived(13.0, 0, "part", "in"),
        Fetch(13.0, "r", "in", "in", 0, "part", 0.0, 0.5),
        Carry(13.5, "r", "in", "m", 0, "part", 2.0, 1.0),
        Arrived(16.5, 0, "part", "m"),
        Begin(16.5, "m", 0, 0, "part", "work", 20.5, 0.0, np.inf),
        Ends(20.5, "m", 0, 0),
        Fetch(20.5, "r", "m", "m", 0, "part", 0.0, 0.5),
        Carry(21.0, "r", "m", "z", 0, "part", 1.0, 1.0),
        Arrived(23.0, 0, "part", "z"),
        Gone(23.0, 0, "part", "z", "left"),
    ]


def test_what_a_slower_plant_took_is_what_is_counted():
    """Everything takes twice as long: 13 s a part by 2 x (0 + 0.5 + 2 + 1) + 2 x (0.5 + 1 + 1) of the arm."""
    made, times = cell(horizon_s=1000.0)
    control = Control(made, times)
    Plant(control, lambda command: 2.0).run()
    found = control.result()
    shares = found.resources["r"]
    # 10 + 2 x 3 on the belt, 7 by the arm, 4 at work, 5 by the arm; the arm goes back 4 s; every 20 s a part
    cycle_s = 7.0 + 4.0 + 5.0 + 6.0
    assert found.throughput_per_h.mean == pytest.approx(3600 / cycle_s, rel=0.05)
    assert shares["moving_loaded"] == pytest.approx(6.0 / cycle_s, rel=0.05)
    assert shares["handling"] == pytest.approx(6.0 / cycle_s, rel=0.05)
    assert sum(shares.values()) == pytest.approx(1.0, abs=1e-9)
    carried = [e.end_s - e.start_s for e in control.trace() if e.resource == "r" and e.state == "moving_loaded"]
    assert set(np.round(carried[:-1], 9)) <= {4.0, 2.0}


def test_a_plant_that_steps_is_late_by_less_than_a_step_each_time():
    made, times = cell(horizon_s=300.0)
    control = Control(made, times)
    Plant(control).run(step_s=1 / 240)
    exact = departures(made, times, until_s=300.0)
    found = control.departures()
    assert len(found) == len(exact)
    assert all(0.0 <= b.time_s - a.time_s < 6.5 / 240 for a, b in zip(exact, found, strict=True))
    again = Control(made, times)
    Plant(again).run(step_s=1 / 240)
    assert again.trace() == control.trace()


def test_the_end_may_come_early():
    """A run that is given up at 55 s is the run of a horizon of 55 s."""
    made, times = cell()
    control = Control(made, times)
    Plant(control).run(until_s=55.0)
    assert control.result() == simulate(timed(made, horizon_s=55.0), times, replications=1)
    assert control.trace() == trace(made, times, until_s=55.0)
    with pytest.raises(ValueError, match="over"):
        control.advance(60.0)


def test_arms_go_home_out_of_a_zone():
    names = ["in", "m", "z"]
    stations = [station("in", source=exponential(30.0)), station("m", {"work": 4.0}, buffer=(1, 1)),
                station("z", sink=True)]  # fmt: skip
    made = line(stations, [product(sources=["in"], sinks=["z"])], arms=[arm("r", names[:2]), arm("q", names[1:])],
                horizon_s=900.0)  # fmt: skip
    times = {"r": arm_times(names[:2], [0.0, 2.0], pick_s=0.5, place_s=0.5, home_m=1.0),
             "q": arm_times(names[1:], [0.0, 2.0], pick_s=0.5, place_s=0.0, home_m=1.0)}  # fmt: skip
    plant = same(made, moves(times, zones=[zone("m", times, {"r": ["m"], "q": ["m"]})]))
    homes = [c for c in plant.commands if isinstance(c, Home)]
    assert homes and all((c.target, c.travel_s, c.part) == ("", 1.0, -1) for c in homes)


def test_reports_that_make_no_sense_are_refused():
    made, times = cell()
    control = Control(made, times)
    assert control.advance(0.0) == ()
    assert control.next_s == 10.0
    belt_reports = control.belt_clear, control.belt_end
    for report in (control.reached, control.handed, *belt_reports):
        name = "s~in" if report in belt_reports else "r"
        with pytest.raises(ValueError, match=name):
            report(name)
        with pytest.raises(ValueError, match="nobody"):
            report("nobody")
    control.advance(10.0)
    control.belt_end("s~in")
    with pytest.raises(ValueError, match="s~in"):
        control.belt_end("s~in")
    assert any(isinstance(c, Fetch) for c in control.advance(11.0))
    with pytest.raises(ValueError, match="hand over"):
        control.handed("r")
    with pytest.raises(ValueError, match="cannot go"):
        control.advance(10.5)
    with pytest.raises(LayoutError, match="warm-up"):
        Control(made, times, warmup_s=50.0).result()


@pytest.mark.parametrize(
    ("name", "moves_of"),
    [
        ("machining_cell", motion.straight_line),
        ("packing_line", motion.plan),
        ("job_shop_amr", motion.plan),
        ("gearbox_assembly", motion.plan),
    ],
)
def test_the_scenarios(name, moves_of):
    scenario = load_scenario(EXPERIMENTS / f"{name}.yaml")
    made = realise(scenario, Layout(scenario.start or {}))
    made = replace(made, time=made.time.model_copy(update={"horizon_s": 1800.0, "warmup_s": 300.0, "until": None}))
    plant = same(made, moves_of(made), seed=4)
    assert sum(isinstance(command, Carry | BeltLeave) for command in plant.commands) > 20
