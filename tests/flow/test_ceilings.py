"""The bound with scrap, assembly, people, shifts, schedules and carriers, worked out by hand; and what it hangs on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layout.flow import bound, ceiling, hauls, simulate
from layout.flow.bounds.programme import Programme
from layout.flow.bounds.windows import on_share
from layout.model.line import Staff
from layout.model.production import Battery, Order, Quality, Rework, Shift
from tests.flow.builders import (
    exponential,
    failure,
    fleet,
    fleet_times,
    line,
    link,
    moves,
    product,
    serial,
    station,
    timed,
)

PER_H = 3600.0


def changed(made, name, **changes):
    """The line with other fields of one station."""
    return replace(made, stations={**made.stations, name: replace(made.stations[name], **changes)})


def test_scrap_and_rework_multiply_rates():
    """Of m2's parts a tenth is thrown away and a fifth goes back to op1: 0.7 of each round leave."""
    made = serial([2.0, 3.0, 1.0], 4)
    spoils = {"op2": Quality(scrap=0.1, rework=Rework(share=0.2, to="op1"))}
    made = changed(made, "m2", quality=spoils)
    made = replace(made, links={**made.links, "back": link("m2", "m1", name="back")})
    assert bound(made, moves()) == pytest.approx(PER_H / 3 * 0.7)
    slow = serial([4.0, 3.0, 1.0], 4)
    slow = changed(replace(slow, links={**slow.links, "back": link("m2", "m1", name="back")}), "m2", quality=spoils)
    # saturated sources take nothing back: what comes again is done where it stands, or not at all
    assert bound(slow, moves()) <= PER_H / 4 * 0.7 / 0.8 + 1e-6
    scrap = changed(serial([2.0, 3.0], 0), "m2", quality={"op2": Quality(scrap=0.25)})
    assert bound(scrap, moves()) == pytest.approx(PER_H / 3 * 0.75)
    again = changed(serial([2.0, 3.0], 0), "m2", quality={"op2": Quality(rework=Rework(share=0.5, to="op2"))})
    assert bound(again, moves()) == pytest.approx(PER_H / 6)


def assembly(frame_s=4.0, wheel_s=3.0, join_s=5.0, wheels=2, **host):
    """A frame takes wheels; frames and wheels come from sources of their own."""
    stations = [
        station("frames", {"weld": {"frame": frame_s}}, source="saturated"),
        station("wheels", {"turn": {"wheel": wheel_s}}, source="saturated"),
        station("bench", {"join": {"frame": join_s}}),
        station("out", sink=True),
    ]
    frame = replace(product("frame", ["weld", "join"], sources=["frames"], sinks=["out"]),
                    components={"join": {"wheel": wheels}}, **host)  # fmt: skip
    wheel = replace(product("wheel", ["turn"], sources=["wheels"], sinks=["bench"]), joined=True)
    links = [link("frames", "bench"), link("wheels", "bench"), link("bench", "out")]
    return line(stations, [frame, wheel], links=links)


def test_assembly_consumes_its_components():
    assert bound(assembly(), moves()) == pytest.approx(PER_H / 6)  # two wheels of 3 s
    assert bound(assembly(wheels=1), moves()) == pytest.approx(PER_H / 5)
    assert bound(assembly(join_s=7.0), moves()) == pytest.approx(PER_H / 7)
    spoilt = changed(assembly(), "bench", quality={"join": Quality(scrap=0.2)})
    assert bound(spoilt, moves()) == pytest.approx(PER_H / 5 * 0.8)  # components of scrap may have been saved
    (limit, *_) = ceiling(assembly(), moves()).limits
    assert (limit.resource, limit.part) == ("wheels", pytest.approx(1))


def carriers(number, load_s=3.0, work_s=10.0, back_s=6.0):
    """Parts ride on pallets from `load` to `unload`, pallets go back by a link."""
    stations = [
        station("load", {"load": {"part": load_s}}, source="saturated"),
        station("mill", {"mill": {"part": work_s}}, servers=4, buffer=(9, 0)),
        station("unload", {"unload": {"part": 1.0}}, sink=True),
    ]
    part = replace(product(route=["load", "mill", "unload"], sources=["load"], sinks=["unload"]),
                   components={"load": {"pallet": 1}}, releases={"unload": {"pallet": 1}})  # fmt: skip
    pallet = replace(product("pallet", [], share=0.0, sources=["unload"], sinks=["load"]),
                     joined=True, released=True, circulates=number)  # fmt: skip
    links = [link("load", "mill", 2.0), link("mill", "unload"), link("unload", "load", back_s)]
    return line(stations, [part, pallet], links=links)


def test_carriers_go_round():
    """A round takes 3 + 2 + 10 + 1 + 6 s."""
    assert bound(carriers(1), moves()) == pytest.approx(PER_H / 22)
    assert bound(carriers(4), moves()) == pytest.approx(4 * PER_H / 22)
    assert bound(carriers(20), moves()) == pytest.approx(PER_H / 3)
    (limit, *_) = ceiling(carriers(4), moves()).limits
    assert (limit.resource, limit.what, limit.part) == ("pallet", "carriers", pytest.approx(1))
    assert limit.rise_per_h == pytest.approx(0.04 * PER_H / 22)


def test_released_parts_leave_too():
    """Each crate is parted into three."""
    stations = [
        station("in", source="saturated"), station("bench", {"unpack": {"crate": 6.0}}),
        station("press", {"press": {"part": 1.5}}), station("out", sink=True),
    ]  # fmt: skip
    crate = replace(product("crate", ["unpack"], sources=["in"], sinks=["out"]), releases={"unpack": {"part": 3}})
    part = replace(product("part", ["press"], share=0.0, sources=["bench"], sinks=["out"]), released=True)
    links = [link("in", "bench"), link("bench", "press"), link("press", "out"), link("bench", "out")]
    assert bound(line(stations, [crate, part], links=links), moves()) == pytest.approx(4 * PER_H / 6)


def test_people_run_and_repair():
    made = serial([2.0, 3.0, 2.5], 4)
    two = replace(made, staff={"crew": Staff("crew", 1, runs=("m1", "m2"))})
    assert bound(two, moves()) == pytest.approx(PER_H / 5)
    assert bound(replace(made, staff={"crew": Staff("crew", 2, runs=("m1", "m2"))}), moves()) == pytest.approx(
        PER_H / 3
    )
    shared = {"a": Staff("a", 1, runs=("m1", "m2")), "b": Staff("b", 1, runs=("m2", "m3"))}
    assert bound(replace(made, staff=shared), moves()) == pytest.approx(PER_H / 3.75)  # 7.5 s for two
    crew = {"crew": Staff("crew", 1, runs=("m2",))}
    alone = replace(changed(serial([1.0, 8.0, 1.0], 4), "m2", servers=2), staff=crew)
    assert bound(alone, moves()) == pytest.approx(PER_H / 8)  # each server needs a person of its own
    mode = {"stop": failure(exponential(10.0), exponential(20.0))}
    fails = serial([2.0, 2.0], 4, failures={0: mode, 1: mode})
    assert bound(fails, moves()) == pytest.approx(PER_H / 6)
    fitter = replace(fails, staff={"fitter": Staff("fitter", 1, repairs=("m1", "m2"))})
    assert bound(fitter, moves()) == pytest.approx(PER_H / 8)  # 4 s of repair for each part at each machine


def test_shifts_scale_what_machines_and_people_can_do():
    day = Shift(on=((0.0, 28800.0),), every_s=86400.0)
    made = timed(serial([2.0, 3.0], 4), horizon_s=10 * 86400.0)
    assert bound(changed(made, "m2", shift=day), moves()) == pytest.approx(PER_H / 9)
    assert bound(replace(made, staff={"a": Staff("a", 1, runs=("m1",), shift=day)}), moves()) == pytest.approx(
        PER_H / 6, rel=1e-3
    )
    mode = {"stop": failure(exponential(10.0), exponential(5.0))}
    fails = changed(timed(serial([2.0, 3.0], 4, failures={1: mode}), horizon_s=86400.0), "m2", shift=day)
    assert bound(fails, moves()) == pytest.approx(PER_H / 9)  # it may be repaired by night


def test_people_finish_the_job_at_hand_when_their_shift_ends():
    """Jobs of 50 min, begun at 0 and 50 min of each shift of an hour in two: two of them, not 60 / 50."""
    hour = Shift(on=((0.0, 3600.0),), every_s=7200.0)
    made = timed(serial([3000.0, 1.0], 4), horizon_s=72_000.0, replications=1)
    made = replace(made, staff={"a": Staff("a", 1, runs=("m1",), shift=hour)})
    most = bound(made, moves())
    assert simulate(made, moves()).throughput_per_h.mean == pytest.approx(1.0) and 1.0 <= most < 1.2


def test_share_of_a_window_on_shift():
    time = serial([1.0, 1.0]).time
    spans = Shift(on=((0.0, 10.0), (20.0, 30.0)), every_s=40.0)
    share = lambda start, end: on_share(spans, time.model_copy(update={"warmup_s": start, "horizon_s": end}))  # noqa: E731
    assert share(0.0, 40.0) == 0.5 and share(0.0, 400.0) == 0.5
    assert share(5.0, 25.0) == 0.5 and share(10.0, 20.0) == 0.0 and share(40.0, 50.0) == 1.0
    assert share(35.0, 65.0) == pytest.approx(15.0 / 30.0)
    assert share(None, 400.0) == 1.0 and on_share(None, time) == 1.0


def test_orders_limit():
    orders = tuple(Order(at_s=100.0 * i, product="part", number=5) for i in range(4))
    made = timed(serial([1.0, 1.0]), horizon_s=250.0, warmup_s=50.0)
    assert bound(changed(made, "m1", schedule=orders), moves()) == pytest.approx(15 / 200 * PER_H)


def test_batteries_take_vehicles_away():
    """A round is 24 s of moves and hand-overs; 1000 s of them cost 250 s of charging. None goes on when empty."""
    names = ["a", "z"]
    stations = [station("a", {"op": 1e-3}, source="saturated", buffer=(0, 9)), station("z", sink=True),
                station("plug")]  # fmt: skip
    cart = fleet("carts", 2, names)
    times = moves(fleets={"carts": fleet_times(names, [0.0, 10.0], handover_s=2.0)})
    make = lambda f: line(stations, [product(route=["op"], sources=["a"], sinks=["z"])], fleets=[f],  # noqa: E731
                          horizon_s=3e7)  # fmt: skip
    assert bound(make(cart), times) == pytest.approx(2 * PER_H / 24)
    cell = Battery(lasts_s=1000.0, charge_s=250.0, charger="plug")
    assert bound(make(replace(cart, battery=cell, chargers=("plug",))), times) == pytest.approx(
        2 * PER_H / 30, rel=1e-4
    )
    slow = Battery(lasts_s=1000.0, charge_s=2000.0, charger="plug")
    alone = replace(cart, units=4, battery=slow, chargers=("plug",))
    assert bound(make(alone), times) == pytest.approx(PER_H / 48, rel=1e-3)  # one plug


def test_a_machine_that_stands_still_by_the_calendar_may_do_so_while_it_waits():
    """One place, a link of 10 s that reserves it: the repair may lie in those 10 s."""
    mode = {"stop": failure(exponential(90.0), exponential(10.0), "calendar")}
    made = serial([1.0, 10.0], 0, link_s=10.0, failures={1: mode})
    assert bound(made, moves()) == pytest.approx(PER_H / 20)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0.5, 20.0), min_size=2, max_size=5), st.sampled_from([0.0, 0.3, 4.0]))
def test_what_the_bound_hangs_on(times, link_s):
    """All parts sum to 1; what alone limits lifts the bound by its part of 1 %; the bound is that of `bound`."""
    made = serial(times, 1, link_s=link_s)
    found = ceiling(made, moves())
    assert found.per_h == pytest.approx(bound(made, moves()), rel=1e-9)
    assert sum(limit.part for limit in found.limits) == pytest.approx(1)
    for limit in found.limits:
        assert limit.rise_per_h <= 0.01 * found.per_h * (1 + 1e-6)
    if len(found.limits) == 1:
        faster = [t / 1.01 if f"m{i + 1}" == found.limits[0].resource else t for i, t in enumerate(times)]
        gain = bound(serial(faster, 1, link_s=link_s), moves()) - found.per_h
        if found.limits[0].what == "working time":
            assert gain <= found.limits[0].rise_per_h * (1 + 1e-6)


def test_places_that_nobody_waits_in_are_no_limit():
    """Hand-overs take no time: what limits is the machine's work, and 1 % more of it is 1 % more parts."""
    made = changed(serial([2.0, 5.0, 3.0]), "m3", quality={"op3": Quality(scrap=0.5)})
    (only,) = ceiling(made, moves()).limits
    assert (only.resource, only.what) == ("m2", "working time")
    assert only.rise_per_h == pytest.approx(0.01 * bound(made, moves()))


def test_two_equal_machines_lift_nothing_alone():
    found = ceiling(serial([3.0, 3.0], 2), moves())
    assert sum(limit.part for limit in found.limits) == pytest.approx(1)
    assert all(limit.rise_per_h == 0 for limit in found.limits)


def test_nothing_limits_and_nothing_is_made():
    programme = Programme()
    programme.gain[programme.variable()] = 1.0
    assert programme.limits() == (float("inf"), ())
    assert ceiling(line([station("a", source="saturated")], []), moves()).per_h == 0


FEW = settings(max_examples=15, deadline=None, derandomize=True)
SHORT = {"horizon_s": 6000.0, "warmup_s": 600.0, "replications": 3}


def never_above(made, times, parts):
    """The simulation is not above the bound, but for its interval and the parts that lay in the line before."""
    found = simulate(made, times).throughput_per_h
    window_h = (made.time.horizon_s - made.time.warmup_s) / PER_H
    assert found.low <= bound(made, times) + parts / window_h


@FEW
@given(st.data())
def test_no_row_is_above_its_bound(data):
    """Scrap, rework, failures on both clocks, orders, places."""
    count = data.draw(st.integers(2, 4))
    means = data.draw(st.lists(st.floats(2.0, 20.0), min_size=count, max_size=count))
    places = data.draw(st.lists(st.integers(0, 3), min_size=count - 1, max_size=count - 1))
    clock = data.draw(st.sampled_from(["operating", "calendar"]))
    modes = {0: {"stop": failure(exponential(300.0), exponential(40.0), clock)}}
    link_s = data.draw(st.sampled_from([0.0, 6.0]))
    times = [exponential(m) if data.draw(st.booleans()) else m for m in means]
    made = serial(times, places, failures=modes, link_s=link_s, **SHORT)
    where = data.draw(st.integers(1, count))
    again = data.draw(st.sampled_from([None, Rework(share=0.3, to=f"op{where}")]))
    quality = Quality(scrap=data.draw(st.sampled_from([0.0, 0.2])), rework=again)
    made = changed(made, f"m{where}", quality={f"op{where}": quality})
    if data.draw(st.booleans()):
        orders = tuple(Order(at_s=700.0 * i, product="part", number=20) for i in range(9))
        made = changed(made, "m1", schedule=orders)
    never_above(made, moves(), parts=sum(places) + count)


@FEW
@given(st.integers(1, 3), st.floats(20.0, 400.0), st.floats(10.0, 400.0), st.sampled_from([0.1, 0.3]))
def test_no_fleet_with_batteries_is_above_its_bound(units, lasts_s, charge_s, below):
    names = ["a", "z", "plug"]
    stations = [station("a", source="saturated", servers=9), station("z", sink=True), station("plug")]
    battery = Battery(lasts_s=lasts_s, charge_s=charge_s, below=below, charger="plug")
    cart = replace(fleet("carts", units, names[:2]), battery=battery, chargers=("plug",))
    made = line(stations, [product(route=["op"], sources=["a"], sinks=["z"])], fleets=[cart], **SHORT)
    made = changed(made, "a", operations={"op": {"part": exponential(0.5)}})
    never_above(made, moves(fleets={"carts": fleet_times(names, [0.0, 10.0, 12.0], handover_s=2.0)}), parts=units + 1)


times = st.floats(2.0, 15.0)
places = st.integers(0, 3)
random_or_not = st.booleans()


def drawn(data, mean_s):
    """A process time of this mean, exponential or always the same."""
    return exponential(mean_s) if data.draw(random_or_not) else mean_s


@FEW
@given(st.data(), times, times, times, st.integers(1, 3))
def test_no_assembly_is_above_its_bound(data, frame_s, wheel_s, join_s, wheels):
    """Components by links of some seconds, inlets of any size, scrap before and after, failures."""
    made = assembly(*(drawn(data, mean_s) for mean_s in (frame_s, wheel_s, join_s)), wheels)
    made = timed(made, **SHORT)
    link_s = data.draw(st.sampled_from([0.0, 7.0]))
    made = replace(made, links={k: replace(v, time_s=link_s) for k, v in made.links.items()})
    inlet = wheels + data.draw(places)
    buffer = data.draw(places)
    spoils = {"join": Quality(scrap=data.draw(st.sampled_from([0.0, 0.2])))}
    made = changed(made, "bench", inlets={"wheel": inlet}, buffer_in=buffer, quality=spoils)
    mode = {
        "stop": failure(exponential(300.0), exponential(40.0), data.draw(st.sampled_from(["operating", "calendar"])))
    }
    lost = {"turn": Quality(scrap=data.draw(st.sampled_from([0.0, 0.15])))}
    made = changed(made, "wheels", failures=mode if data.draw(random_or_not) else {}, quality=lost)
    # parts on the way by link have reserved their places
    never_above(made, moves(), parts=buffer + inlet + 2)


@FEW
@given(st.data(), st.integers(1, 6), times, times, st.floats(0.0, 20.0))
def test_no_ring_of_carriers_is_above_its_bound(data, number, load_s, work_s, back_s):
    made = carriers(number, drawn(data, load_s), drawn(data, work_s), back_s)
    made = changed(timed(made, **SHORT), "load", inlets={"pallet": number})
    lost = {"mill": Quality(scrap=data.draw(st.sampled_from([0.0, 0.2])))}  # the pallet is unloaded at the mill
    if data.draw(random_or_not):
        back = {**made.links, "scrapped": link("mill", "load", back_s, name="scrapped")}
        made = changed(replace(made, links=back), "mill", quality=lost)
    made = changed(made, "mill", servers=data.draw(st.integers(1, 3)), buffer_in=data.draw(places))
    never_above(made, moves(), parts=number)


@FEW
@given(st.data(), st.lists(times, min_size=2, max_size=4))
def test_no_tended_row_is_above_its_bound(data, means):
    """Pools that share machines and repairs, machines and people on shifts that begin and end within the window."""
    count = len(means)
    names = [f"m{i + 1}" for i in range(count)]
    clock = data.draw(st.sampled_from(["operating", "calendar"]))
    fails = {i: {"stop": failure(exponential(200.0), exponential(30.0), clock)} for i in range(data.draw(places))
             if i < count}  # fmt: skip
    buffers = data.draw(st.lists(places, min_size=count - 1, max_size=count - 1))
    made = serial([drawn(data, m) for m in means], buffers, failures=fails, **SHORT)
    breaks = Shift(on=((200.0, 400.0), (500.0, 800.0)), every_s=1000.0)
    spans = st.sampled_from([None, Shift(on=((0.0, 900.0),), every_s=1500.0), breaks])
    some = st.lists(st.sampled_from(names), max_size=count, unique=True).map(tuple)
    pools = {
        name: Staff(name, data.draw(st.integers(1, 2)), runs=data.draw(some), repairs=data.draw(some),
                    shift=data.draw(spans))
        for name in ("crew", "fitters")
    }  # fmt: skip
    made = replace(made, staff=pools)
    for name in names:
        made = changed(made, name, shift=data.draw(spans))
    never_above(made, moves(), parts=sum(buffers) + count)


def test_hauls_for_each_good_part_by_hand():
    """Two products in a ratio of 3 to 1 share a vehicle; of the second's parts half are thrown away."""
    stations = [
        station("in", source="saturated"),
        station("a", {"a": {"p": 5.0}}),
        station("b", {"b": {"q": 5.0}}, quality={"b": Quality(scrap=0.5)}),
        station("out", sink=True),
    ]
    names = [s.name for s in stations]
    ends: dict[str, Any] = {"sources": ("in",), "sinks": ("out",)}
    products = [product("p", ["a"], share=3.0, **ends), product("q", ["b"], share=1.0, **ends)]
    made = line(stations, products=products, fleets=[fleet("carts", 2, names)])
    found = hauls(made, moves())
    good = 3.0 + 0.5
    assert found == {
        ("carts", "in", "a"): pytest.approx(3.0 / good),
        ("carts", "a", "out"): pytest.approx(3.0 / good),
        ("carts", "in", "b"): pytest.approx(1.0 / good),
        ("carts", "b", "out"): pytest.approx(0.5 / good),
    }


def test_hauls_of_products_with_sources_of_their_own_count_alike():
    stations = [
        station("x", {"x": {"p": 1.0}}, source="saturated"),
        station("y", {"y": {"q": 9.0}}, source="saturated"),
        station("out", sink=True),
    ]
    products = [
        product("p", ["x"], sources=("x",), sinks=("out",)),
        product("q", ["y"], sources=("y",), sinks=("out",)),
    ]
    made = line(stations, products=products, links=[link("x", "out"), link("y", "out")])
    assert hauls(made, moves()) == {
        ("x-out", "x", "out"): pytest.approx(0.5),
        ("y-out", "y", "out"): pytest.approx(0.5),
    }


def test_hauls_where_nothing_limits():
    """No work takes any time: for each part that leaves one is carried all the same."""
    made = serial([0.0, 0.0], 0)
    assert hauls(made, moves()) == {(k.name, k.origin, k.target): pytest.approx(1.0) for k in made.links.values()}
